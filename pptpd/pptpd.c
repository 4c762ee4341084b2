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
 * What all processes begin with, and the parent: it reads the configuration,
 * opens every privileged descriptor, has the engines started and hands the
 * descriptors out.  From then on it adds and removes host routes for addresses
 * that its own tables know, reloads, and ends the daemon.  It never sees an
 * octet that came from the network.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <err.h>
#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <grp.h>
#include <imsg.h>
#include <libgen.h>
#include <limits.h>
#include <paths.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "kroute.h"
#include "log.h"
#include "pptpd.h"
#include "parent.h"

#define LISTEN_BACKLOG		4096	/* or what the kernel allows */
#define CONTROL_BUFFER		8192	/* of the kernel, each way */
#define SHUTDOWN_TIMEOUT	8	/* s for the engines to say good-bye */
#define FAILURE_TIMEOUT		1	/* the same if we are to start again */

static void	 usage(void) __attribute__((__noreturn__));
static void	 parent(int, int) __attribute__((__noreturn__));
static void	 to_background(void);
static void	 signal_handler(int, short, void *);
static void	 shutdown_timeout(int, short, void *);
static void	 open_listeners(struct conf *);
static int	 control_socket(const char *);
static void	 write_pidfile(const char *);
static void	 confine(const char *);
static void	 unveil_directory(const char *);

struct conf		*parent_conf;
int			 parent_stopping;

static const char	*conf_file = PPTPD_CONF;
static const char	*socket_path = PPTPD_SOCKET;
static struct event	 ev_shutdown;
static int		 exit_status;

static void
usage(void)
{
	fprintf(stderr, "usage: pptpd [-dnptv] [-D macro=value] [-f file] "
	    "[-s socket]\n");
	exit(1);
}

int
main(int argc, char *argv[])
{
	const char	*role = NULL;
	unsigned int	 proc;
	char		 flags[8];
	int		 ch, debug = 0, noaction = 0, verbose = 0;
	int		 plain = 0, timed = 0;

	log_init(1, LOG_DAEMON);
	while ((ch = getopt(argc, argv, "dD:f:nP:ps:tv")) != -1) {
		switch (ch) {
		case 'd':
			debug = 1;
			break;
		case 'D':
			if (cmdline_symset(optarg) == -1)
				errx(1, "-D %s: not macro=value", optarg);
			break;
		case 'f':
			conf_file = optarg;
			break;
		case 'n':
			noaction = 1;
			break;
		case 'P':
			role = optarg;
			break;
		case 'p':
			plain = 1;
			break;
		case 's':
			socket_path = optarg;
			break;
		case 't':
			timed = 1;
			break;
		case 'v':
			verbose++;
			break;
		default:
			usage();
		}
	}
	if (optind != argc)
		usage();
	log_setverbose(verbose);

	if (role != NULL) {
		/* Nothing is executed from here. */
		if (fcntl(CHILD_FD, F_SETFD, FD_CLOEXEC) == -1)
			err(1, "not started by pptpd");
		for (proc = 0; proc < PROC_MAX; proc++)
			if (strcmp(role, process_name(proc)) == 0)
				break;
		if (proc == PROC_PARENT)
			parent(debug, plain);
		log_init(debug, LOG_DAEMON);
		if (proc == PROC_CONTROL)
			control_engine();
		if (proc == PROC_AUTH)
			auth_engine();
		if (proc < PROC_MAX)
			session_engine(proc - PROC_SESSION, plain, timed);
		usage();
	}

	if (noaction) {
		if ((parent_conf = parse_config(conf_file)) == NULL)
			exit(1);
		if (verbose)
			print_config(parent_conf);
		else {
			check_file(parent_conf, conf_file);
			check_machine(parent_conf);
			fprintf(stderr, "configuration OK\n");
		}
		exit(0);
	}

	if (geteuid() != 0)
		errx(1, "need root privileges");
	(void)snprintf(flags, sizeof(flags), "-%s%s%s%s", debug ? "d" : "",
	    plain ? "p" : "", timed ? "t" : "", verbose ? "v" : "");
	/* What standard input said, it does not say again. */
	supervisor(argc, argv, flags, debug, strcmp(conf_file, "-") == 0);
}

static void
parent(int debug, int plain)
{
	struct event	 ev_sighup, ev_sigterm;
	struct passwd	*pw;
	int		 control_fd, missing_user;

	if ((parent_conf = parse_config(conf_file)) == NULL)
		exit(1);
	missing_user = (pw = getpwnam(PPTPD_USER)) == NULL;
	if (missing_user && (pw = getpwnam(PPTPD_USER_FALLBACK)) == NULL)
		errx(1, "neither user %s nor %s", PPTPD_USER,
		    PPTPD_USER_FALLBACK);
	if (pw->pw_uid == 0)
		errx(1, "user %s must not be root", pw->pw_name);
	if (mkdir(PPTPD_CHROOT, 0755) == -1 && errno != EEXIST)
		err(1, "%s", PPTPD_CHROOT);
	signal(SIGPIPE, SIG_IGN);
	umask(022);

	/* Everything that needs privileges, and can fail, before any engine. */
	if (kroute_init() == -1)
		err(1, "routing socket");
	open_listeners(parent_conf);
	engines_open(plain);
	if ((control_fd = control_socket(socket_path)) == -1)
		exit(1);

	if (!debug)
		to_background();
	log_init(debug, LOG_DAEMON);
	log_procinit("parent");
	setproctitle("parent");
	if (missing_user)
		log_warnx("no user %s, the engines run as %s", PPTPD_USER,
		    PPTPD_USER_FALLBACK);
	check_file(parent_conf, conf_file);
	check_machine(parent_conf);
	if (parent_conf->pidfile != NULL)
		write_pidfile(parent_conf->pidfile);
	route_clean(parent_conf);
	route_pool(parent_conf, 1);

	event_init();
	signal_set(&ev_sighup, SIGHUP, signal_handler, NULL);
	signal_set(&ev_sigterm, SIGTERM, signal_handler, NULL);
	signal_add(&ev_sighup, NULL);
	signal_add(&ev_sigterm, NULL);
	evtimer_set(&ev_shutdown, shutdown_timeout, NULL);

	confine(conf_file);

	engines_start(control_fd);
	event_dispatch();

	route_delete_all();
	route_pool(parent_conf, 0);
	if (parent_conf->pidfile != NULL)
		(void)unlink(parent_conf->pidfile);
	(void)unlink(socket_path);
	log_info("terminating");
	/* The engines end when their sockets to us close. */
	exit(exit_status);
}

/* Who started us waits no more for words from here. */
static void
to_background(void)
{
	int	fd;

	if ((fd = open(_PATH_DEVNULL, O_RDWR | O_CLOEXEC)) == -1 ||
	    dup2(fd, STDIN_FILENO) == -1 || dup2(fd, STDOUT_FILENO) == -1 ||
	    dup2(fd, STDERR_FILENO) == -1)
		err(1, _PATH_DEVNULL);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void
open_listeners(struct conf *c)
{
	struct listener	*l;
	int		 on = 1, size = CONTROL_BUFFER;

	TAILQ_FOREACH(l, &c->listeners, entry) {
		if ((l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC |
		    SOCK_NONBLOCK, 0)) == -1)
			err(1, "socket");
		if (setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on,
		    sizeof(on)) == -1)
			err(1, "SO_REUSEADDR");
		/*
		 * Those that are accepted inherit it: messages are short, and
		 * a peer that does not read costs little.
		 */
		if (setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &size,
		    sizeof(size)) == -1 ||
		    setsockopt(l->fd, SOL_SOCKET, SO_SNDBUF, &size,
		    sizeof(size)) == -1)
			err(1, "SO_RCVBUF");
		if (bind(l->fd, (struct sockaddr *)&l->addr,
		    sizeof(l->addr)) == -1 ||
		    listen(l->fd, LISTEN_BACKLOG) == -1)
			err(1, "listen on %s port %u",
			    inet_ntoa(l->addr.sin_addr),
			    ntohs(l->addr.sin_port));
	}
}

/* The socket for pptpctl; not if another pptpd answers there. */
static int
control_socket(const char *path)
{
	struct sockaddr_un	 sun;
	mode_t			 old;
	int			 fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path)) {
		warnx("%s: name too long for a socket", path);
		return (-1);
	}
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		err(1, "socket");
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0) {
		warnx("%s: another pptpd is running", path);
		close(fd);
		return (-1);
	}
	close(fd);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0)) == -1)
		err(1, "socket");
	if (unlink(path) == -1 && errno != ENOENT)
		err(1, "%s", path);
	old = umask(S_IXUSR | S_IXGRP | S_IRWXO);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		err(1, "%s", path);
	umask(old);
	if (listen(fd, LISTEN_BACKLOG) == -1)
		err(1, "%s", path);
	return (fd);
}

static void
write_pidfile(const char *path)
{
	FILE	*fp;

	if ((fp = fopen(path, "we")) == NULL) {
		log_warn("%s", path);
		return;
	}
	/* Of the supervisor: who stops it stops all. */
	fprintf(fp, "%ld\n", (long)getppid());
	if (fclose(fp) == EOF)
		log_warn("%s", path);
}

/* Called by each engine, first of all. */
void
drop_privileges(const char *name, unsigned int proc)
{
	struct passwd	*pw;

	log_procinit(name);
	if ((pw = getpwnam(PPTPD_USER)) == NULL &&
	    (pw = getpwnam(PPTPD_USER_FALLBACK)) == NULL)
		fatalx("neither user %s nor %s", PPTPD_USER,
		    PPTPD_USER_FALLBACK);
	if (chroot(PPTPD_CHROOT) == -1)
		fatal("chroot %s", PPTPD_CHROOT);
	if (chdir("/") == -1)
		fatal("chdir");
	setproctitle("%s", process_name(proc));
	if (setgroups(1, &pw->pw_gid) == -1 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == -1 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == -1)
		fatal("cannot become %s", pw->pw_name);
	if (unveil("/", "") == -1 || unveil(NULL, NULL) == -1)
		fatal("unveil");
	signal(SIGPIPE, SIG_IGN);
	/* Not for an engine. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
}

/*
 * stdio    the event loop
 * rpath    read the configuration again
 * cpath    remove the control socket and the pid file
 * sendfd   hand descriptors to the engines, and theirs to the supervisor
 * wroute   routes, proxy ARP, the tun device's MTU
 */
static void
confine(const char *file)
{
	struct conf_path	*f;
	char			 real[PATH_MAX];

	if (strcmp(file, "-") != 0) {
		TAILQ_FOREACH(f, &parent_conf->files, entry) {
			unveil_directory(f->name);
			/* A link is read where it leads to. */
			if (realpath(f->name, real) != NULL)
				unveil_directory(real);
		}
		if (unveil("/etc", "r") == -1)
			fatal("unveil /etc");
	}
	if (unveil(socket_path, "c") == -1)
		fatal("unveil %s", socket_path);
	if (parent_conf->pidfile != NULL &&
	    unveil(parent_conf->pidfile, "c") == -1)
		fatal("unveil %s", parent_conf->pidfile);
	if (unveil(NULL, NULL) == -1)
		fatal("unveil");
	if (pledge("stdio rpath cpath sendfd wroute", NULL) == -1)
		fatal("pledge");
}

/* Not the file itself: editors replace it. */
static void
unveil_directory(const char *file)
{
	char	path[PATH_MAX], *dir;

	if (strlcpy(path, file, sizeof(path)) >= sizeof(path))
		return;		/* nor can it be opened */
	dir = dirname(path);
	if (unveil(dir, "r") == -1)
		log_warn("a reload will not read from %s", dir);
}

static void
signal_handler(int sig, short event, void *arg)
{
	switch (sig) {
	case SIGHUP:
		parent_reload(0);
		break;
	case SIGTERM:
		parent_shutdown(0);
		break;
	}
}

/*
 * It answers IMSG_CONTROL_DONE.  Asked for twice, or again after a failure: the
 * first time counts.
 */
void
parent_shutdown(int status)
{
	struct timeval	tv = { SHUTDOWN_TIMEOUT, 0 };

	if (parent_stopping)
		return;
	parent_stopping = 1;
	if ((exit_status = status) != 0)
		tv.tv_sec = FAILURE_TIMEOUT;
	event_need(&ev_shutdown, &tv);
	if (parent_send(PROC_CONTROL, IMSG_CONTROL_SHUTDOWN, -1, NULL,
	    0) == -1)
		parent_end();
}

void
parent_end(void)
{
	event_loopexit(NULL);
}

static void
shutdown_timeout(int fd, short event, void *arg)
{
	log_warnx("clients were not all told in time");
	event_loopexit(NULL);
}

/* Tell the pptpctl that asked, if one did, what is wrong or that it is done. */
void
parent_reloaded(uint32_t client, const char *error)
{
	struct msg_reload_result	m;

	if (client == 0)
		return;
	memset(&m, 0, sizeof(m));
	m.client = client;
	m.ok = error == NULL;
	if (error != NULL)
		(void)strlcpy(m.text, error, sizeof(m.text));
	parent_send(PROC_CONTROL, IMSG_RELOAD_RESULT, -1, &m, sizeof(m));
}

/*
 * Read the configuration again.  A bad one changes nothing.  A good one is in
 * force when the auth engine answers.  client is the number of the pptpctl that
 * asked, or 0.
 */
void
parent_reload(uint32_t client)
{
	static const char	 again[] = "standard input cannot be read "
				    "again";
	struct msg_reload	 m;
	struct conf		*new;
	int			 pool, tun;

	if (strcmp(conf_file, "-") == 0) {
		log_warnx("configuration not reloaded: %s", again);
		parent_reloaded(client, again);
		return;
	}
	if (engines_reloading(client)) {
		parent_reloaded(client, "another reload is under way");
		return;
	}
	if ((new = parse_config(conf_file)) == NULL) {
		log_warnx("configuration not reloaded");
		parent_reloaded(client, parse_error());
		return;
	}
	memset(&m, 0, sizeof(m));
	m.answer = 1;
	m.client = client;
	reload_diff(parent_conf, new, &m);
	reload_keep(parent_conf, new);
	/* Packets of sessions pass meanwhile: touch what changes. */
	pool = !reload_same_remote(parent_conf, new);
	tun = parent_conf->ppp.mru < new->ppp.mru ||
	    !reload_same_local(parent_conf, new);
	if (pool)
		route_pool(parent_conf, 0);
	config_free(parent_conf);
	parent_conf = new;
	if (tun && engines_configure_tun() == -1)
		log_warn("tun device");
	if (pool)
		route_pool(parent_conf, 1);
	engines_configure(&m);
}

uint64_t
monotonic_ms(void)
{
	struct timespec	ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		fatal("clock_gettime");
	return (ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000);
}
