/*
 * Copyright (c) 2026 The pptpd authors
 *
 * Permission to use, copy, modify, and distribute this software for any
 * purpose with or without fee is hereby granted, provided that the above
 * copyright notice and this permission notice appear in all copies.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
 * WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
 * MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
 * ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 * WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
 * ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
 * OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
 */

/*
 * The supervisor: the first process, as root.  It starts the parent, and at
 * the parent's request the engines: fork and exec of this very program with a
 * role, in an address space of its own that never held the configuration.  A
 * process with a filter on its system calls could not start another without
 * one, and one that starts others should not do anything else.  If the parent
 * dies, its engines end, and it is started again.
 *
 * It holds no descriptor but a socket to the parent, from which it reads
 * struct supervisor_request and nothing else, and that of the child that it
 * is about to start.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <net/if.h>
#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <imsg.h>
#include <paths.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "log.h"
#include "pptpd.h"

#define ENGINES_TIMEOUT	1	/* s for engines to follow their parent */
#define DELAY_MAX	60	/* s between two starts */
#define DELAY_RESET	60000	/* ms of service that make up for the past */

static void	 detach(void);
static void	 start(unsigned int, int, uint32_t);
static void	 raise_limit(uint32_t);
static void	 start_parent(int, short, void *);
static void	 request_event(int, short, void *);
static int	 request_receive(int, struct supervisor_request *, int *);
static void	 request_close(void);
static void	 serving(void);
static void	 signal_handler(int, short, void *);
static void	 reap(void);
static void	 log_end(unsigned int, int);
static int	 alive(void);
static void	 everybody_gone(void);
static void	 kill_engines(int, short, void *);
static void	 end_of(unsigned int);

static char		**parent_argv;
static char		 *program;
static char		*engine_flags;
static int		 debug;
static int		 null_fd = -1;
static int		 detach_fd = -1;	/* who waits for service */
static int		 once;		/* there is no second start */
static pid_t		 pids[PROC_MAX];
static int		 request_fd = -1;
static struct event	 ev_request, ev_start, ev_kill;
static int		 served;	/* any parent ever did */
static uint64_t		 served_since;	/* ms, this one, 0: not yet */
static unsigned int	 delay;
static int		 stopping;
static int		 exit_status;

void
supervisor(int argc, char *argv[], char *flags, int n_debug, int n_once)
{
	struct event	 ev_hup, ev_term, ev_int, ev_chld;
	char		 flag_role[] = "-P", *role;
	int		 i;

	program = argv[0];
	engine_flags = flags;
	debug = n_debug;
	once = n_once;
	if ((role = strdup(process_name(PROC_PARENT))) == NULL ||
	    (parent_argv = calloc(argc + 3, sizeof(*parent_argv))) == NULL)
		err(1, NULL);
	parent_argv[0] = program;
	parent_argv[1] = flag_role;
	parent_argv[2] = role;
	for (i = 1; i < argc; i++)
		parent_argv[i + 2] = argv[i];

	if ((null_fd = open(_PATH_DEVNULL, O_RDWR | O_CLOEXEC)) == -1)
		err(1, _PATH_DEVNULL);
	signal(SIGPIPE, SIG_IGN);
	if (!debug)
		detach();
	log_init(debug, LOG_DAEMON);
	log_procinit("supervisor");

	event_init();
	evtimer_set(&ev_start, start_parent, NULL);
	evtimer_set(&ev_kill, kill_engines, NULL);
	signal_set(&ev_hup, SIGHUP, signal_handler, NULL);
	signal_set(&ev_term, SIGTERM, signal_handler, NULL);
	signal_set(&ev_int, SIGINT, signal_handler, NULL);
	signal_set(&ev_chld, SIGCHLD, signal_handler, NULL);
	signal_add(&ev_hup, NULL);
	signal_add(&ev_term, NULL);
	signal_add(&ev_int, NULL);
	signal_add(&ev_chld, NULL);

	/* A name without a slash may be anywhere in PATH. */
	if (unveil(strchr(program, '/') != NULL ? program : "/", "x") == -1)
		fatal("unveil %s", program);
	/*
	 * stdio   the event loop, wait for children, their standard streams
	 * proc    start and end them, with enough descriptors
	 * exec    start them
	 * recvfd  an engine's socket to the parent
	 *
	 * What is executed is a parent or an engine and confines itself.  On
	 * Linux it would inherit whatever is in force here, so "exec" stands
	 * for little more than no_new_privs there: what keeps this process
	 * from harm is that it takes 8 octets from the parent and compares
	 * them with a table.
	 */
	if (pledge("stdio proc exec recvfd", NULL) == -1)
		fatal("pledge");

	start_parent(-1, 0, NULL);
	event_dispatch();
	exit(exit_status);
}

/*
 * Leave the terminal, but let who started us wait, and see what goes wrong,
 * until there is service.
 */
static void
detach(void)
{
	int	fd[2], status;
	pid_t	pid;
	char	c;

	if (pipe2(fd, O_CLOEXEC) == -1)
		err(1, "pipe");
	switch (pid = fork()) {
	case -1:
		err(1, "fork");
	case 0:
		break;
	default:
		close(fd[1]);
		if (read(fd[0], &c, sizeof(c)) == sizeof(c))
			_exit(0);
		if (waitpid(pid, &status, 0) == -1 || !WIFEXITED(status))
			_exit(1);
		_exit(WEXITSTATUS(status));
	}
	close(fd[0]);
	detach_fd = fd[1];
	if (setsid() == -1)
		err(1, "setsid");
}

/*
 * The delay in s before something that ended after so many ms of service is
 * started again: none at first, then more and more.
 */
unsigned int
restart_delay(unsigned int *next, uint64_t service)
{
	unsigned int	s;

	if (service >= DELAY_RESET)
		*next = 0;
	s = *next;
	*next = s == 0 ? 1 : s * 2 < DELAY_MAX ? s * 2 : DELAY_MAX;
	return (s);
}

/* Takes the child's end of its socket. */
static void
start(unsigned int proc, int fd, uint32_t nofile)
{
	char		 flag_role[] = "-P", role[32], *argv[5];
	sigset_t	 all, old;

	/* What is for the child shall not be taken for ours. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	pids[proc] = fork();
	if (pids[proc] != 0)
		sigprocmask(SIG_SETMASK, &old, NULL);
	switch (pids[proc]) {
	case -1:
		/* The parent sees that its socket has no other end. */
		log_warn("fork");
		pids[proc] = 0;
		close(fd);
		return;
	case 0:
		break;
	default:
		close(fd);
		return;
	}

	signal(SIGHUP, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (proc != PROC_PARENT && !debug && (dup2(null_fd, 0) == -1 ||
	    dup2(null_fd, 1) == -1 || dup2(null_fd, 2) == -1))
		fatal("dup2");
	if (fd != CHILD_FD) {
		if (dup2(fd, CHILD_FD) == -1)
			fatal("dup2");
	} else if (fcntl(fd, F_SETFD, 0) == -1)
		fatal("fcntl");
	/* Nor anything that pptpd was started with. */
	closefrom(CHILD_FD + 1);
	/*
	 * Its own session: what a terminal sends to all is for us to pass on,
	 * and kill(0) of one engine is not for the others.
	 */
	if (setsid() == -1)
		fatal("setsid");
	if (nofile != 0)
		raise_limit(nofile);
	if (proc == PROC_PARENT) {
		execvp(program, parent_argv);
		fatal("%s", program);
	}

	(void)strlcpy(role, process_name(proc), sizeof(role));
	argv[0] = program;
	argv[1] = flag_role;
	argv[2] = role;
	argv[3] = strcmp(engine_flags, "-") != 0 ? engine_flags : NULL;
	argv[4] = NULL;
	execvp(program, argv);
	fatal("%s", program);
}

/* So many descriptors, however low the soft limit is. */
static void
raise_limit(uint32_t nofile)
{
	struct rlimit	rl;
	rlim_t		hard;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		fatal("getrlimit");
	if (rl.rlim_cur >= nofile)
		return;
	/* Root may raise the hard limit, too. */
	hard = rl.rlim_max;
	if (rl.rlim_max != RLIM_INFINITY && rl.rlim_max < nofile)
		rl.rlim_max = nofile;
	rl.rlim_cur = nofile;
	if (setrlimit(RLIMIT_NOFILE, &rl) == 0)
		return;
	log_warn("cannot have %u descriptors for all sessions", nofile);
	/* As many as there may be, then. */
	rl.rlim_cur = rl.rlim_max = hard;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
		log_warn("setrlimit");
}

static void
start_parent(int n_fd, short event, void *arg)
{
	int	fd[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) == -1)
		fatal("socketpair");
	request_fd = fd[0];
	event_set(&ev_request, request_fd, EV_READ | EV_PERSIST,
	    request_event, NULL);
	event_add(&ev_request, NULL);
	served_since = 0;
	exit_status = 1;
	start(PROC_PARENT, fd[1], 0);
	if (pids[PROC_PARENT] == 0)
		everybody_gone();
}

static void
request_close(void)
{
	if (request_fd == -1)
		return;
	event_del(&ev_request);
	close(request_fd);
	request_fd = -1;
}

/*
 * 1: there is one, with a descriptor or -1; 0: not now; -1: there will be no
 * more, or this is none.
 */
static int
request_receive(int sock, struct supervisor_request *rq, int *fd)
{
	union {
		struct cmsghdr	hdr;
		char		buf[CMSG_SPACE(sizeof(int))];
	}		 control;
	struct cmsghdr	*cmsg;
	struct msghdr	 msg;
	struct iovec	 iov;
	ssize_t		 n;

	*fd = -1;
	iov.iov_base = rq;
	iov.iov_len = sizeof(*rq);
	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = control.buf;
	/* For one and no more. */
	msg.msg_controllen = CMSG_LEN(sizeof(int));
	n = recvmsg(sock, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n == -1)
		return (errno == EAGAIN || errno == EINTR ? 0 : -1);
	if (n == 0)
		return (-1);
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg != NULL && cmsg->cmsg_level == SOL_SOCKET &&
	    cmsg->cmsg_type == SCM_RIGHTS &&
	    cmsg->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(cmsg), sizeof(*fd));
	if (n != sizeof(*rq) || (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ||
	    rq->proc >= PROC_MAX || rq->nofile > NOFILE_MAX)
		return (-1);
	return (1);
}

static void
request_event(int sock, short event, void *arg)
{
	struct supervisor_request	rq;
	int				fd;

	switch (request_receive(sock, &rq, &fd)) {
	case 0:
		return;
	case 1:
		if (rq.proc == PROC_PARENT && fd == -1) {
			serving();
			return;
		}
		if (rq.proc == PROC_PARENT)
			break;
		/* There is one of each; the parent has lost the old one. */
		if (pids[rq.proc] != 0)
			end_of(rq.proc);
		if (fd != -1)
			start(rq.proc, fd, rq.nofile);
		return;
	}
	/* It has ended, or else it shall. */
	if (fd != -1)
		close(fd);
	request_close();
	if (pids[PROC_PARENT] != 0)
		kill(pids[PROC_PARENT], SIGKILL);
}

static void
serving(void)
{
	served = 1;
	served_since = monotonic_ms();
	if (detach_fd == -1)
		return;
	(void)dup2(null_fd, 0);
	(void)dup2(null_fd, 1);
	(void)dup2(null_fd, 2);
	if (write(detach_fd, "", 1) == -1)
		log_warn("write");
	close(detach_fd);
	detach_fd = -1;
}

static void
signal_handler(int sig, short event, void *arg)
{
	switch (sig) {
	case SIGHUP:
		/* One that starts reads the configuration anyway. */
		if (pids[PROC_PARENT] != 0 && served_since != 0)
			kill(pids[PROC_PARENT], SIGHUP);
		break;
	case SIGTERM:
	case SIGINT:
		stopping = 1;
		if (pids[PROC_PARENT] != 0)
			kill(pids[PROC_PARENT], SIGTERM);
		else {
			/* Between two parents: nothing to be told. */
			exit_status = 0;
			if (!alive())
				everybody_gone();
		}
		break;
	case SIGCHLD:
		reap();
		break;
	}
}

static void
reap(void)
{
	struct timeval	 tv = { ENGINES_TIMEOUT, 0 };
	unsigned int	 proc;
	pid_t		 pid;
	int		 status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (proc = 0; proc < PROC_MAX; proc++)
			if (pids[proc] == pid)
				break;
		if (proc == PROC_MAX)
			continue;
		pids[proc] = 0;
		log_end(proc, status);
		if (proc != PROC_PARENT)
			continue;
		if (WIFEXITED(status))
			exit_status = WEXITSTATUS(status);
		else	/* Stopped before it could see to that itself. */
			exit_status = !stopping || WTERMSIG(status) != SIGTERM;
		request_close();
		evtimer_add(&ev_kill, &tv);
		if (alive())
			continue;
		everybody_gone();
		return;
	}
	if (pids[PROC_PARENT] == 0 && evtimer_pending(&ev_kill, NULL) &&
	    !alive())
		everybody_gone();
}

static void
log_end(unsigned int proc, int status)
{
	if (WIFSIGNALED(status))
		log_warnx("the %s died of signal %d", process_name(proc),
		    WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0 && (served || proc != PROC_PARENT))
		log_warnx("the %s ended with status %d", process_name(proc),
		    WEXITSTATUS(status));
}

static int
alive(void)
{
	unsigned int	proc;

	for (proc = 0; proc < PROC_MAX; proc++)
		if (pids[proc] != 0)
			return (1);
	return (0);
}

/* Only now are all addresses and devices free for another parent. */
static void
everybody_gone(void)
{
	struct timeval	 tv = { 0, 0 };
	uint64_t	 service = 0;

	evtimer_del(&ev_kill);
	if (stopping || once || !served || exit_status == 0)
		exit(exit_status);
	if (served_since != 0)
		service = monotonic_ms() - served_since;
	tv.tv_sec = restart_delay(&delay, service);
	if (tv.tv_sec == 0)
		log_warnx("starting again");
	else
		log_warnx("starting again in %lld s", (long long)tv.tv_sec);
	evtimer_add(&ev_start, &tv);
}

/* They saw that the parent is gone and had the time to tell the clients. */
static void
kill_engines(int fd, short event, void *arg)
{
	struct timeval	 tv = { ENGINES_TIMEOUT, 0 };
	unsigned int	 proc;

	for (proc = 0; proc < PROC_MAX; proc++)
		if (proc != PROC_PARENT && pids[proc] != 0) {
			log_warnx("the %s does not end, killing it",
			    process_name(proc));
			kill(pids[proc], SIGKILL);
		}
	evtimer_add(&ev_kill, &tv);
}

static void
end_of(unsigned int proc)
{
	int	status;

	kill(pids[proc], SIGKILL);
	/* Mostly it has ended by itself. */
	if (waitpid(pids[proc], &status, 0) == pids[proc] &&
	    !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
		log_end(proc, status);
	pids[proc] = 0;
}
