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
 * What pledge(2) and unveil(2) leave to each process of pptpd.
 */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>

#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"
#include "confine.h"

/* What a process may want, and which ones can have it. */
struct op {
	const char	*name;
	int		(*run)(void);
	unsigned int	 on_linux;
	unsigned int	 on_openbsd;
};

static int	 is_linux;
static int	 violation;		/* the signal that it ends with */
static pid_t	 test_pid;

/* Below confine_dir. */
static char	 subdir[64], file[64], later[64], other[64], missing[64];

/* Opened before, as pptpd does. */
static int	 fd_pair[2], fd_fds[2], fd_tcp[2], fd_udp, fd_udp_peer;
static int	 fd_listen_tcp, fd_listen_unix, fd_route, fd_new, fd_file;
static struct sockaddr_in	 udp_peer;

/* What run_op() is to do. */
static const struct op	*op;
static const struct process *as;

static void
make_file(const char *path)
{
	FILE	*f;

	if ((f = fopen(path, "w")) == NULL || fputs("f", f) == EOF ||
	    fclose(f) == EOF)
		die(path);
}

static int
can_read(const char *path)
{
	char	c;
	int	fd, good;

	if ((fd = open(path, O_RDONLY)) == -1)
		return (0);
	good = read(fd, &c, 1) == 1 && c == 'f';
	close(fd);
	return (good);
}

/* Which errno it is differs. */
static int
denied(int rv)
{
	return (rv == -1 && (errno == EACCES || errno == ENOENT));
}

static void
set_up(void)
{
	struct utsname	u;

	if (uname(&u) == -1)
		die("uname");
	is_linux = strcmp(u.sysname, "Linux") == 0;
	violation = is_linux ? SIGSYS : SIGABRT;
	test_pid = getpid();

	(void)snprintf(subdir, sizeof(subdir), "%s/a", confine_dir);
	(void)snprintf(file, sizeof(file), "%s/a/file", confine_dir);
	(void)snprintf(later, sizeof(later), "%s/a/later", confine_dir);
	(void)snprintf(other, sizeof(other), "%s/other", confine_dir);
	(void)snprintf(missing, sizeof(missing), "%s/b/none", confine_dir);
	if (mkdir(subdir, 0755) == -1)
		die(subdir);
	make_file(file);
	make_file(other);
}

static void
clean_up(void)
{
	(void)unlink(later);
	(void)unlink(file);
	(void)unlink(other);
	if (rmdir(subdir) == -1 || rmdir(confine_dir) == -1)
		die(confine_dir);
}

static int
tcp_socket(struct sockaddr_in *sin)
{
	socklen_t	len = sizeof(*sin);
	int		fd;

	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		die("socket");
	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)sin, sizeof(*sin)) == -1 ||
	    getsockname(fd, (struct sockaddr *)sin, &len) == -1)
		die("bind");
	return (fd);
}

static void
open_all(void)
{
	struct sockaddr_un	 sun;
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(udp_peer);

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd_pair) == -1 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, fd_fds) == -1)
		die("socketpair");

	fd_listen_tcp = tcp_socket(&sin);
	if (listen(fd_listen_tcp, 5) == -1)
		die("listen");
	fd_tcp[0] = tcp_socket(&udp_peer);
	if (connect(fd_tcp[0], (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    (fd_tcp[1] = accept(fd_listen_tcp, NULL, NULL)) == -1)
		die("connect");

	if ((fd_listen_unix = socket(AF_UNIX, SOCK_STREAM, 0)) == -1)
		die("socket");
	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/sock",
	    confine_dir);
	if (bind(fd_listen_unix, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    listen(fd_listen_unix, 5) == -1 || unlink(sun.sun_path) == -1)
		die(sun.sun_path);
	if (fcntl(fd_listen_tcp, F_SETFL, O_NONBLOCK) == -1 ||
	    fcntl(fd_listen_unix, F_SETFL, O_NONBLOCK) == -1)
		die("fcntl");

	if ((fd_udp = socket(AF_INET, SOCK_DGRAM, 0)) == -1 ||
	    (fd_udp_peer = socket(AF_INET, SOCK_DGRAM, 0)) == -1 ||
	    (fd_new = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		die("socket");
	memset(&udp_peer, 0, sizeof(udp_peer));
	udp_peer.sin_family = AF_INET;
	udp_peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd_udp_peer, (struct sockaddr *)&udp_peer,
	    sizeof(udp_peer)) == -1 || getsockname(fd_udp_peer,
	    (struct sockaddr *)&udp_peer, &len) == -1)
		die("bind");

	/* A netlink socket on Linux, where it has the same name. */
	if ((fd_route = socket(AF_ROUTE, SOCK_RAW, 0)) == -1)
		die("AF_ROUTE");
	if ((fd_file = open(file, O_RDONLY)) == -1)
		die(file);
}

/*
 * Operations.  Where the arguments make no sense the answer is an error, which
 * is as good: the process was allowed to ask.
 */
static int
op_memory(void)
{
	size_t	 i, size;
	char	*p, *q;

	for (i = 0; i < 24; i++) {
		size = (size_t)1 << i;
		if ((p = malloc(size)) == NULL)
			return (-1);
		memset(p, 1, size);
		if ((q = realloc(p, size * 2)) == NULL)
			return (-1);
		free(q);
	}
	return (0);
}

static int
op_io(void)
{
	struct iovec	iov[2];
	char		a[2], b[2];

	if (write(fd_pair[0], "abcd", 4) != 4 || read(fd_pair[1], a, 2) != 2)
		return (-1);
	iov[0].iov_base = a;
	iov[1].iov_base = b;
	iov[0].iov_len = iov[1].iov_len = 1;
	if (readv(fd_pair[1], iov, 2) != 2 || a[0] != 'c' || b[0] != 'd')
		return (-1);
	if (writev(fd_pair[0], iov, 2) != 2 || send(fd_pair[0], "x", 1, 0) != 1)
		return (-1);
	if (read(fd_pair[1], a, 2) != 2)
		return (-1);
	if (fcntl(fd_pair[0], F_SETFL, O_NONBLOCK) == -1 ||
	    fcntl(fd_pair[0], F_GETFL) == -1 ||
	    fcntl(fd_pair[0], F_SETFD, FD_CLOEXEC) == -1)
		return (-1);
	return (close(fd_pair[0]));
}

static int
op_stdio(void)
{
	FILE	*f;
	char	 line[16];

	if ((f = fdopen(fd_pair[0], "w")) == NULL)
		return (-1);
	if (fprintf(f, "%s\n", "hello") < 0 || fclose(f) == EOF)
		return (-1);
	if ((f = fdopen(fd_pair[1], "r")) == NULL ||
	    fgets(line, sizeof(line), f) == NULL)
		return (-1);
	(void)isatty(STDIN_FILENO);
	return (strcmp(line, "hello\n") == 0 ? 0 : -1);
}

static int
op_time(void)
{
	struct timespec	 ts;
	struct timeval	 tv;
	struct tm	 tm;
	time_t		 t;
	char		 s[64];

	t = time(NULL);
	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1 ||
	    gettimeofday(&tv, NULL) == -1 || localtime(&t) == NULL ||
	    localtime_r(&t, &tm) == NULL)
		return (-1);
	return (strftime(s, sizeof(s), "%c %Z", &tm) == 0 ? -1 : 0);
}

static int
op_random(void)
{
	uint32_t	a[4];

	arc4random_buf(a, sizeof(a));
	return ((a[0] | a[1] | a[2] | a[3]) == 0 ? -1 : 0);
}

static int
op_syslog(void)
{
	syslog(LOG_DEBUG, "sandbox_test");
	closelog();
	syslog(LOG_DEBUG, "sandbox_test");
	return (0);
}

static void
event_seen(int fd, short event, void *arg)
{
	int	*seen = arg;

	if (++*seen == 3)
		event_loopexit(NULL);
}

static int
op_event(void)
{
	struct event	ev_read, ev_signal, ev_timer;
	struct timeval	tv = { 0, 1000 };
	int		seen = 0;

	event_set(&ev_read, fd_pair[1], EV_READ, event_seen, &seen);
	signal_set(&ev_signal, SIGUSR1, event_seen, &seen);
	evtimer_set(&ev_timer, event_seen, &seen);
	if (event_add(&ev_read, NULL) == -1 ||
	    signal_add(&ev_signal, NULL) == -1 ||
	    evtimer_add(&ev_timer, &tv) == -1)
		return (-1);
	if (write(fd_pair[0], "x", 1) != 1 || raise(SIGUSR1) != 0)
		return (-1);
	event_dispatch();
	return (seen == 3 ? 0 : -1);
}

static int
op_wait(void)
{
	return (waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD ? 0 : -1);
}

static int
op_sendfd(void)
{
	struct msghdr	 msg;
	struct cmsghdr	*cmsg;
	struct iovec	 iov;
	char		 c = 'x';
	union {
		struct cmsghdr	hdr;
		unsigned char	buf[CMSG_SPACE(sizeof(int))];
	} control;

	memset(&msg, 0, sizeof(msg));
	memset(&control, 0, sizeof(control));
	iov.iov_base = &c;
	iov.iov_len = 1;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = control.buf;
	msg.msg_controllen = sizeof(control.buf);
	cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd_pair[0], sizeof(int));
	return (sendmsg(fd_fds[0], &msg, 0) == 1 ? 0 : -1);
}

static int
op_recvfd(void)
{
	struct msghdr	 msg;
	struct iovec	 iov;
	char		 c;
	union {
		struct cmsghdr	hdr;
		unsigned char	buf[CMSG_SPACE(sizeof(int))];
	} control;

	memset(&msg, 0, sizeof(msg));
	iov.iov_base = &c;
	iov.iov_len = 1;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = control.buf;
	msg.msg_controllen = sizeof(control.buf);
	if (recvmsg(fd_fds[1], &msg, 0) != 1)
		return (-1);
	return (CMSG_FIRSTHDR(&msg) != NULL ? 0 : -1);
}

static int
op_accept(void)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(sin);

	if (accept4(fd_listen_tcp, (struct sockaddr *)&sin, &len,
	    SOCK_CLOEXEC | SOCK_NONBLOCK) != -1 || errno != EAGAIN)
		return (-1);
	if (accept4(fd_listen_unix, NULL, NULL, SOCK_CLOEXEC) != -1 ||
	    errno != EAGAIN)
		return (-1);
	return (0);
}

static int
op_getsockname(void)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(sin);

	if (getsockname(fd_tcp[0], (struct sockaddr *)&sin, &len) == -1)
		return (-1);
	return (0);
}

static int
op_getpeereid(void)
{
	uid_t	peer_uid;
	gid_t	peer_gid;

	return (getpeereid(fd_pair[0], &peer_uid, &peer_gid));
}

static int
op_nodelay(void)
{
	int	on = 1;

	return (setsockopt(fd_tcp[0], IPPROTO_TCP, TCP_NODELAY, &on,
	    sizeof(on)));
}

static int
op_sendto(void)
{
	return (sendto(fd_udp, "x", 1, 0, (struct sockaddr *)&udp_peer,
	    sizeof(udp_peer)) == 1 ? 0 : -1);
}

static int
op_mmsg(void)
{
	struct mmsghdr	msg;
	struct iovec	iov;
	char		c = 'x';

	memset(&msg, 0, sizeof(msg));
	iov.iov_base = &c;
	iov.iov_len = 1;
	msg.msg_hdr.msg_iov = &iov;
	msg.msg_hdr.msg_iovlen = 1;
	msg.msg_hdr.msg_name = &udp_peer;
	msg.msg_hdr.msg_namelen = sizeof(udp_peer);
	if (sendmmsg(fd_udp, &msg, 1, 0) != 1)
		return (-1);
	msg.msg_hdr.msg_name = NULL;
	msg.msg_hdr.msg_namelen = 0;
	return (recvmmsg(fd_udp_peer, &msg, 1, MSG_WAITALL, NULL) == 1 ?
	    0 : -1);
}

static int
op_route(void)
{
	char	c;

	(void)send(fd_route, "x", 1, MSG_DONTWAIT);
	(void)fcntl(fd_route, F_SETFL, O_NONBLOCK);
	(void)read(fd_route, &c, 1);
	return (0);
}

static int
op_nanosleep(void)
{
	struct timespec	ts = { 0, 1 };

	return (nanosleep(&ts, NULL));
}

static int
op_read_file(void)
{
	struct stat	 st;
	FILE		*f;
	int		 c;

	if (stat(file, &st) == -1 || (f = fopen(file, "r")) == NULL)
		return (-1);
	c = getc(f);
	return (fclose(f) == 0 && c == 'f' ? 0 : -1);
}

static int
op_stat(void)
{
	struct stat	st;

	return (stat(file, &st));
}

static int
op_unlink(void)
{
	return (unlink(later) == 0 || errno == ENOENT ? 0 : -1);
}

static int
op_kill_parent(void)
{
	return (kill(test_pid, 0));
}

static int
op_write_file(void)
{
	return (open(file, O_WRONLY));
}

static int
op_create_file(void)
{
	return (open(later, O_WRONLY | O_CREAT | O_EXCL, 0600));
}

static int
op_mkdir(void)
{
	(void)mkdir(subdir, 0700);
	return (0);
}

static int
op_rename(void)
{
	(void)rename(later, later);
	return (0);
}

static int
op_chmod(void)
{
	return (chmod(file, 0777));
}

static int
op_fchmod(void)
{
	return (fchmod(fd_file, 0777));
}

static int
op_socket_inet(void)
{
	return (socket(AF_INET, SOCK_STREAM, 0));
}

/* Where one may ask only root gets it. */
static int
op_socket_raw(void)
{
	return (socket(AF_INET, SOCK_RAW, IPPROTO_GRE) == -1 &&
	    (errno == EACCES || errno == EPERM) ? 0 : -1);
}

static int
op_socket_unix(void)
{
	return (socket(AF_UNIX, SOCK_STREAM, 0));
}

static int
op_connect(void)
{
	struct sockaddr_in	sin = udp_peer;

	(void)connect(fd_new, (struct sockaddr *)&sin, sizeof(sin));
	return (0);
}

static int
op_bind(void)
{
	struct sockaddr_in	sin = udp_peer;

	(void)bind(fd_new, (struct sockaddr *)&sin, sizeof(sin));
	return (0);
}

static int
op_listen(void)
{
	(void)listen(fd_new, 1);
	return (0);
}

static int
op_hdrincl(void)
{
	int	on = 1;

	(void)setsockopt(fd_udp, IPPROTO_IP, IP_HDRINCL, &on, sizeof(on));
	return (0);
}

static int
op_fork(void)
{
	pid_t	pid;

	if ((pid = fork()) == 0)
		_exit(0);
	return (pid == -1 ? -1 : 0);
}

static int
op_exec(void)
{
	execl("/bin/sh", "sh", "-c", "true", (char *)NULL);
	return (0);
}

static int
op_mmap_exec(void)
{
	return (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANON,
	    -1, 0) == MAP_FAILED ? -1 : 0);
}

static int
op_mprotect_exec(void)
{
	void	*p;

	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON,
	    -1, 0);
	if (p == MAP_FAILED)
		return (-1);
	return (mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int
op_setuid(void)
{
	(void)setuid(confine_uid);
	return (0);
}

static int
op_chroot(void)
{
	(void)chroot("/");
	return (0);
}

static int
op_chdir(void)
{
	(void)chdir(subdir);
	return (0);
}

static int
op_ptrace(void)
{
	(void)ptrace(PT_ATTACH, test_pid, 0, 0);
	return (0);
}

static int
op_interface(void)
{
	struct ifreq	ifr;

	memset(&ifr, 0, sizeof(ifr));
	(void)ioctl(fd_udp, SIOCSIFFLAGS, &ifr);
	return (0);
}

static int
op_setrlimit(void)
{
	struct rlimit	rl;

	rl.rlim_cur = rl.rlim_max = 10;
	(void)setrlimit(RLIMIT_NOFILE, &rl);
	return (0);
}

static const struct op ops[] = {
	{ "use memory", op_memory, ALL, ALL },
	{ "read and write", op_io, ALL, ALL },
	{ "use stdio(3)", op_stdio, ALL, ALL },
	{ "tell the time", op_time, ALL, ALL },
	{ "get random numbers", op_random, ALL, ALL },
	{ "call syslog(3)", op_syslog, ALL, ALL },
	{ "run an event loop", op_event, ALL, ALL },
	{ "wait for children", op_wait, NONE, ALL },
	/* A filter does not see what is in a control message. */
	{ "send a descriptor", op_sendfd, PARENT, PARENT },
	{ "receive a descriptor", op_recvfd, ALL, CONTROL | AUTH },
	{ "accept", op_accept, CONTROL, CONTROL | SESSION },
	{ "get addresses", op_getsockname, CONTROL, ALL },
	{ "getpeereid(3)", op_getpeereid, NONE, CONTROL | SESSION },
	{ "TCP_NODELAY", op_nodelay, CONTROL, ALL },
	{ "send to an address", op_sendto, NONE, CONTROL | SESSION },
	{ "sendmmsg(2)", op_mmsg, CONTROL | SESSION, CONTROL | SESSION },
	{ "change routes", op_route, ALL, ALL },
	{ "nanosleep(2)", op_nanosleep, NONE, ALL },
	{ "read a file", op_read_file, PARENT, PARENT },
	{ "stat(2)", op_stat, PARENT, PARENT },
	{ "unlink(2)", op_unlink, PARENT, PARENT },
	{ "signal the parent", op_kill_parent, NONE, NONE },
	{ "write to a file", op_write_file, NONE, NONE },
	{ "create a file", op_create_file, NONE, NONE },
	{ "mkdir(2)", op_mkdir, NONE, PARENT },
	{ "rename(2)", op_rename, NONE, PARENT },
	{ "chmod(2)", op_chmod, NONE, NONE },
	{ "fchmod(2)", op_fchmod, NONE, NONE },
	{ "socket(2), TCP", op_socket_inet, NONE, CONTROL | SESSION },
	{ "socket(2), raw", op_socket_raw, NONE, CONTROL | SESSION },
	{ "socket(2), local", op_socket_unix, NONE, CONTROL },
	{ "connect(2)", op_connect, NONE, CONTROL | SESSION },
	{ "bind(2)", op_bind, NONE, CONTROL | SESSION },
	{ "listen(2)", op_listen, NONE, CONTROL | SESSION },
	{ "IP_HDRINCL", op_hdrincl, NONE, NONE },
	{ "fork(2)", op_fork, NONE, NONE },
	{ "execve(2)", op_exec, NONE, NONE },
	{ "executable memory", op_mmap_exec, NONE, NONE },
	{ "making memory executable", op_mprotect_exec, NONE, NONE },
	{ "setuid(2)", op_setuid, NONE, NONE },
	{ "chroot(2)", op_chroot, NONE, NONE },
	{ "chdir(2)", op_chdir, NONE, PARENT },
	{ "ptrace(2)", op_ptrace, NONE, NONE },
	{ "ioctl(2) of an interface", op_interface, NONE, NONE },
	{ "setrlimit(2)", op_setrlimit, NONE, NONE }
};

/* The process opens what it needs and is then confined. */
static int
run_op(void)
{
	open_all();
	if (event_init() == NULL)
		return (-1);
	if (op->run == op_recvfd && op_sendfd() == -1)
		return (-1);
	if (confine(as) == -1)
		return (-1);
	return (op->run());
}

static void
test_ops(void)
{
	unsigned int	allowed;
	size_t		i, j;
	int		status;

	for (i = 0; i < NPROCESSES; i++) {
		as = &processes[i];
		for (j = 0; j < sizeof(ops) / sizeof(ops[0]); j++) {
			op = &ops[j];
			allowed = is_linux ? op->on_linux : op->on_openbsd;
			status = run(NULL, run_op);
			if (allowed & as->bit)
				exits(status, as->name, op->name);
			else
				killed(status, violation, as->name, op->name);
		}
	}
}

/*
 * pledge(2) itself.
 */
static int
pledge_unknown(void)
{
	TRY(pledge("stdio nonsense", NULL) == -1 && errno == EINVAL);
	TRY(pledge("stdi", NULL) == -1 && errno == EINVAL);
	TRY(pledge("stdiorpath", NULL) == -1 && errno == EINVAL);
	TRY(can_read(file));
	return (0);
}

static int
pledge_more(void)
{
	TRY(pledge("stdio recvfd", NULL) == 0);
	TRY(pledge("stdio inet recvfd", NULL) == -1 && errno == EPERM);
	TRY(pledge("stdio inet", NULL) == -1 && errno == EPERM);
	TRY(pledge("stdio", NULL) == 0);
	TRY(pledge("stdio", NULL) == 0);
	TRY(pledge("stdio recvfd", NULL) == -1 && errno == EPERM);
	return (0);
}

static int
pledge_empty(void)
{
	return (pledge("", NULL));
}

static int
pledge_empty_write(void)
{
	open_all();
	TRY(pledge("", NULL) == 0);
	(void)write(fd_pair[0], "x", 1);
	return (0);
}

static int
pledge_before_less(void)
{
	open_all();
	TRY(pledge("stdio inet recvfd", NULL) == 0);
	return (op_mmsg());
}

static int
pledge_less(void)
{
	open_all();
	TRY(pledge("stdio inet recvfd", NULL) == 0);
	TRY(op_mmsg() == 0);
	TRY(pledge("stdio", NULL) == 0);
	return (op_mmsg());
}

static int
pledge_abort(void)
{
	TRY(pledge("stdio", NULL) == 0);
	abort();
}

static void
test_pledge(void)
{
	exits(run(NULL, pledge_unknown), "pledge", "unknown promises");
	exits(run(NULL, pledge_more), "pledge", "more than before");
	exits(run(NULL, pledge_empty), "pledge", "nothing but the end");
	killed(run(NULL, pledge_empty_write), violation, "pledge",
	    "anything else then");
	exits(run(NULL, pledge_before_less), "pledge", "much at first");
	killed(run(NULL, pledge_less), violation, "pledge",
	    "what was given up later");
	killed(run(NULL, pledge_abort), SIGABRT, "pledge", "abort(3)");
}

/*
 * unveil(2).
 */
static int
unveil_read(void)
{
	TRY(unveil(subdir, "r") == 0);
	TRY(unveil(NULL, NULL) == 0);
	TRY(can_read(file));
	TRY(denied(open(other, O_RDONLY)));
	TRY(denied(open("/etc/passwd", O_RDONLY)));
	TRY(denied(open(file, O_WRONLY)));
	TRY(denied(open(later, O_WRONLY | O_CREAT, 0600)));
	TRY(denied(mkdir(later, 0700)));
	TRY(denied(unlink(file)));
	return (0);
}

static int
unveil_write(void)
{
	TRY(unveil(subdir, "w") == 0);
	TRY(unveil(NULL, NULL) == 0);
	TRY(denied(open(file, O_RDONLY)));
	TRY(open(file, O_WRONLY) != -1);
	TRY(denied(open(later, O_WRONLY | O_CREAT, 0600)));
	TRY(denied(unlink(file)));
	return (0);
}

static int
unveil_create(void)
{
	TRY(unveil(subdir, "rwc") == 0);
	TRY(unveil(NULL, NULL) == 0);
	TRY(can_read(file));
	TRY(open(later, O_WRONLY | O_CREAT | O_EXCL, 0600) != -1);
	TRY(unlink(later) == 0);
	TRY(mkdir(later, 0700) == 0);
	TRY(rmdir(later) == 0);
	TRY(denied(unlink(other)));
	return (0);
}

/* Run a program in a process of its own; 0 if that worked. */
static int
try_exec(void)
{
	pid_t	pid;
	int	status;

	if ((pid = fork()) == -1)
		return (-1);
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", "exit 0", (char *)NULL);
		_exit(1);
	}
	if (waitpid(pid, &status, 0) == -1)
		return (-1);
	return (WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1);
}

static int
unveil_exec(void)
{
	TRY(unveil("/", "rx") == 0);
	TRY(unveil(NULL, NULL) == 0);
	return (try_exec());
}

static int
unveil_no_exec(void)
{
	TRY(unveil("/", "r") == 0);
	TRY(unveil(NULL, NULL) == 0);
	TRY(can_read(file));
	TRY(try_exec() == -1);
	return (0);
}

static int
unveil_nothing(void)
{
	TRY(unveil("/", "") == 0);
	TRY(unveil(NULL, NULL) == 0);
	TRY(denied(open(file, O_RDONLY)));
	TRY(denied(open("/", O_RDONLY)));
	TRY(denied(unlink(file)));
	return (0);
}

static int
unveil_some(void)
{
	TRY(unveil("/", "") == 0);
	TRY(unveil(subdir, "r") == 0);
	TRY(unveil(NULL, NULL) == 0);
	TRY(can_read(file));
	TRY(denied(open(other, O_RDONLY)));
	return (0);
}

static int
unveil_again(void)
{
	TRY(unveil(subdir, "rwc") == 0);
	TRY(unveil(subdir, "w") == 0);
	TRY(unveil(subdir, "r") == 0);
	TRY(unveil(NULL, NULL) == 0);
	TRY(can_read(file));
	TRY(denied(open(file, O_WRONLY)));
	TRY(denied(unlink(file)));
	return (0);
}

static int
unveil_locked(void)
{
	TRY(unveil(subdir, "r") == 0);
	TRY(unveil(NULL, NULL) == 0);
	TRY(unveil(subdir, "r") == -1 && errno == EPERM);
	TRY(unveil("/", "rwxc") == -1 && errno == EPERM);
	TRY(unveil(NULL, NULL) == 0);
	return (0);
}

static int
unveil_lock_only(void)
{
	TRY(unveil(NULL, NULL) == 0);
	TRY(unveil("/", "r") == -1 && errno == EPERM);
	TRY(can_read(file));
	return (0);
}

static int
unveil_wrong(void)
{
	TRY(unveil(subdir, "rq") == -1 && errno == EINVAL);
	TRY(unveil("", "r") == -1 && errno == EINVAL);
	TRY(unveil(missing, "r") == -1 && errno == ENOENT);
	return (0);
}

/* A file is known by its name: an editor may put another one in its place. */
static int
unveil_replaced(void)
{
	int	p[2];
	char	c;
	pid_t	pid;

	TRY(pipe(p) == 0);
	TRY((pid = fork()) != -1);
	if (pid == 0) {
		/* Not confined: waits until the other one is. */
		close(p[1]);
		if (read(p[0], &c, 1) == -1)
			_exit(1);
		make_file(later);
		_exit(rename(later, file) == -1);
	}
	close(p[0]);
	TRY(unveil(file, "r") == 0);
	TRY(unveil(NULL, NULL) == 0);
	TRY(can_read(file));
	close(p[1]);
	TRY(waitpid(pid, NULL, 0) == pid);
	TRY(can_read(file));
	TRY(denied(open(file, O_WRONLY)));
	TRY(denied(open(other, O_RDONLY)));
	return (0);
}

/* What is not there yet is known by its name, too. */
static int
unveil_later(void)
{
	int	p[2];
	char	c;
	pid_t	pid;

	TRY(pipe(p) == 0);
	TRY((pid = fork()) != -1);
	if (pid == 0) {
		close(p[1]);
		if (read(p[0], &c, 1) == -1)
			_exit(1);
		make_file(later);
		_exit(0);
	}
	close(p[0]);
	TRY(unveil(later, "rc") == 0);
	TRY(unveil(NULL, NULL) == 0);
	TRY(open(later, O_RDONLY) == -1 && errno == ENOENT);
	close(p[1]);
	TRY(waitpid(pid, NULL, 0) == pid);
	TRY(can_read(later));
	TRY(unlink(later) == 0);
	TRY(denied(open(other, O_RDONLY)));
	return (0);
}

/* As the parent removes the pid file and its socket. */
static int
unveil_remove(void)
{
	make_file(later);
	TRY(unveil(later, "c") == 0);
	TRY(unveil(NULL, NULL) == 0);
	TRY(pledge("stdio rpath cpath", NULL) == 0);
	TRY(denied(open(file, O_RDONLY)));
	TRY(denied(unlink(other)));
	TRY(unlink(later) == 0);
	return (0);
}

static int
unveil_device(void)
{
	TRY(unveil("/dev/null", "rw") == 0);
	TRY(unveil(NULL, NULL) == 0);
	TRY(open("/dev/null", O_RDWR) != -1);
	TRY(denied(open("/dev/zero", O_RDONLY)));
	return (0);
}

static void
test_unveil(void)
{
	static const struct {
		const char	*name;
		int		(*run)(void);
	} tests[] = {
		{ "a directory to read", unveil_read },
		{ "a directory to write", unveil_write },
		{ "a directory to create in", unveil_create },
		{ "all to execute", unveil_exec },
		{ "nothing to execute", unveil_no_exec },
		{ "nothing", unveil_nothing },
		{ "nothing but", unveil_some },
		{ "other permissions", unveil_again },
		{ "locked", unveil_locked },
		{ "locked without a path", unveil_lock_only },
		{ "wrong arguments", unveil_wrong },
		{ "a file that is replaced", unveil_replaced },
		{ "a file that is not there yet", unveil_later },
		{ "a file to remove", unveil_remove },
		{ "a device", unveil_device }
	};
	size_t	i;

	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		exits(run(NULL, tests[i].run), "unveil", tests[i].name);
}

int
main(int argc, char *argv[])
{
	confine_init();
	set_up();
	test_ops();
	test_pledge();
	test_unveil();
	clean_up();
	done_testing();
}
