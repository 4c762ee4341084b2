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
 * The parent: reads the configuration, opens every privileged descriptor,
 * starts the engines and hands the descriptors out.  From then on it adds and
 * removes host routes for addresses that its own tables know, reloads, and
 * ends the daemon.  It never sees an octet that came from the network.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <err.h>
#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <grp.h>
#include <imsg.h>
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

#define LISTEN_BACKLOG		4096	/* or what the kernel allows */
#define CONTROL_BUFFER		8192	/* of the kernel, each way */
#define SHUTDOWN_TIMEOUT	8	/* s for the engines to say good-bye */
#define FD_RESERVE		64	/* beyond one per connection */

struct child {
	const char	*role;		/* argument of -P */
	pid_t		 pid;
	struct imsgev	 iev;
	int		 gone;
};

static void	 usage(void) __attribute__((__noreturn__));
static void	 start_child(enum pptpd_process, char *, int, int);
static void	 connect_children(enum pptpd_process, uint32_t,
		    enum pptpd_process, uint32_t);
static void	 send_config(const struct msg_reload *);
static void	 send_ranges(uint32_t, struct range_list *);
static void	 parent_dispatch(int, short, void *);
static void	 dispatch_control(struct imsg *);
static void	 dispatch_session(struct imsg *);
static void	 dispatch_auth(struct imsg *);
static void	 signal_handler(int, short, void *);
static void	 shutdown_begin(int);
static void	 shutdown_timeout(int, short, void *);
static void	 reap(int);
static void	 reload(uint32_t);
static void	 reload_result(uint32_t, const char *);
static void	 open_listeners(struct conf *);
static int	 control_socket(const char *);
static void	 write_pidfile(const char *);
static void	 confine(const char *);
static int	 configure_tun(void);
static void	 raise_limits(uint32_t);

static struct conf		*conf;
static const char		*conf_file = PPTPD_CONF;
static const char		*socket_path = PPTPD_SOCKET;
static struct child		 children[] = {
	[PROC_CONTROL] = { .role = "control" },
	[PROC_SESSION] = { .role = "session" },
	[PROC_AUTH] = { .role = "auth" },
};
#define NCHILDREN	(sizeof(children) / sizeof(children[0]))

static char			 tun_name[IF_NAMESIZE];
static uint16_t			 tun_mtu;
static struct event		 ev_shutdown;
static int			 plain, timed;	/* for the session engine */
static int			 stopping;
static int			 exit_status;

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
	struct event	 ev_sighup, ev_sigterm, ev_sigint, ev_sigchld;
	struct passwd	*pw;
	const char	*role = NULL;
	char		*argv0;
	int		 ch, debug = 0, noaction = 0, verbose = 0;
	int		 control_fd, tun_fd, gre_fd, missing_user;

	argv0 = argv[0];
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

	if (role != NULL) {
		log_init(debug, LOG_DAEMON);
		log_setverbose(verbose);
		if (strcmp(role, children[PROC_CONTROL].role) == 0)
			control_engine();
		else if (strcmp(role, children[PROC_SESSION].role) == 0)
			session_engine(plain, timed);
		else if (strcmp(role, children[PROC_AUTH].role) == 0)
			auth_engine();
		usage();
	}

	log_setverbose(verbose);
	if ((conf = parse_config(conf_file)) == NULL)
		exit(1);
	if (noaction) {
		if (verbose)
			print_config(conf);
		else {
			check_file(conf, conf_file);
			check_machine(conf);
			fprintf(stderr, "configuration OK\n");
		}
		exit(0);
	}

	if (geteuid() != 0)
		errx(1, "need root privileges");
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
	raise_limits(conf->pptp.max_sessions + conf->pptp.startups_full);

	/* Everything that needs privileges, and can fail, before any child. */
	if (kroute_init() == -1)
		err(1, "routing socket");
	open_listeners(conf);
	if ((tun_fd = kroute_tun_open(conf->tun, tun_name, !plain)) == -1)
		err(1, "tun device %s", conf->tun);
	if (configure_tun() == -1)
		err(1, "%s", tun_name);
	if ((gre_fd = kroute_gre_open()) == -1)
		err(1, "GRE socket");
	if ((control_fd = control_socket(socket_path)) == -1)
		exit(1);

	if (!debug && daemon(1, 0) == -1)
		err(1, "daemon");
	log_init(debug, LOG_DAEMON);
	log_procinit("parent");
	if (missing_user)
		log_warnx("no user %s, the engines run as %s", PPTPD_USER,
		    PPTPD_USER_FALLBACK);
	check_file(conf, conf_file);
	check_machine(conf);
	if (conf->pidfile != NULL)
		write_pidfile(conf->pidfile);

	event_init();
	start_child(PROC_CONTROL, argv0, debug, verbose);
	start_child(PROC_SESSION, argv0, debug, verbose);
	start_child(PROC_AUTH, argv0, debug, verbose);
	route_clean(conf);
	route_pool(conf, 1);

	signal_set(&ev_sighup, SIGHUP, signal_handler, NULL);
	signal_set(&ev_sigterm, SIGTERM, signal_handler, NULL);
	signal_set(&ev_sigint, SIGINT, signal_handler, NULL);
	signal_set(&ev_sigchld, SIGCHLD, signal_handler, NULL);
	signal_add(&ev_sighup, NULL);
	signal_add(&ev_sigterm, NULL);
	signal_add(&ev_sigint, NULL);
	signal_add(&ev_sigchld, NULL);
	evtimer_set(&ev_shutdown, shutdown_timeout, NULL);

	confine(conf_file);

	parent_send(PROC_SESSION, IMSG_SESSION_TUN, tun_fd, NULL, 0);
	parent_send(PROC_SESSION, IMSG_SESSION_GRE, gre_fd, NULL, 0);
	parent_send(PROC_CONTROL, IMSG_CONTROL_SOCKET, control_fd, NULL, 0);
	send_config(NULL);

	log_info("started on %s", tun_name);
	event_dispatch();

	route_delete_all(tun_name);
	for (ch = 0; ch < (int)NCHILDREN; ch++)
		reap(ch);
	route_pool(conf, 0);
	if (conf->pidfile != NULL)
		(void)unlink(conf->pidfile);
	(void)unlink(socket_path);
	log_info("terminating");
	exit(exit_status);
}

/* One descriptor per connection, and some, however low the soft limit is. */
static void
raise_limits(uint32_t connections)
{
	struct rlimit	rl;
	rlim_t		want = (rlim_t)connections + FD_RESERVE;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		err(1, "getrlimit");
	if (rl.rlim_cur >= want)
		return;
	/* Root may raise the hard limit, too. */
	if (rl.rlim_max != RLIM_INFINITY && rl.rlim_max < want)
		rl.rlim_max = want;
	rl.rlim_cur = want;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
		warn("cannot have %llu descriptors for %u connections",
		    (unsigned long long)want, connections);
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
	fprintf(fp, "%ld\n", (long)getpid());
	if (fclose(fp) == EOF)
		log_warn("%s", path);
}

/* Everything that fails here leaves its reason in errno. */
static int
configure_tun(void)
{
	struct in_addr	*local, a;
	struct pool	*p, *q;
	struct range	*r;
	uint32_t	 i;
	size_t		 n = 0;
	int		 result;

	TAILQ_FOREACH(p, &conf->pools, entry)
		TAILQ_FOREACH(r, &p->local, entry)
			n += range_size(&r->range);
	if ((local = calloc(n, sizeof(*local))) == NULL)
		return (-1);
	n = 0;
	TAILQ_FOREACH(p, &conf->pools, entry)
		TAILQ_FOREACH(r, &p->local, entry)
			for (i = ntohl(r->range.first.s_addr);
			    i <= ntohl(r->range.last.s_addr); i++) {
				a.s_addr = htonl(i);
				/* Pools may share some. */
				for (q = TAILQ_FIRST(&conf->pools); q != p;
				    q = TAILQ_NEXT(q, entry))
					if (range_has(&q->local, a))
						break;
				if (q == p)
					local[n++] = a;
			}
	/* It does not shrink: sessions keep theirs, which is in their route. */
	if (tun_mtu < conf->ppp.mru)
		tun_mtu = conf->ppp.mru;
	result = kroute_tun_config(tun_name, local, n, tun_mtu);
	free(local);
	return (result);
}

/*
 * Start an engine as this very program with a role, in an address space of its
 * own that never held the configuration.
 */
static void
start_child(enum pptpd_process proc, char *argv0, int debug, int verbose)
{
	struct child	*c = &children[proc];
	char		*argv[8];
	char		 flag_role[] = "-P", flag_debug[] = "-d";
	char		 flag_plain[] = "-p", flag_timed[] = "-t";
	char		 flag_verbose[] = "-v", role[16];
	int		 fd[2], n = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    fd) == -1)
		fatal("socketpair");
	switch (c->pid = fork()) {
	case -1:
		fatal("fork");
	case 0:
		break;
	default:
		close(fd[1]);
		imsgev_init(&c->iev, fd[0], parent_dispatch, 1);
		return;
	}

	if (fd[1] != CHILD_FD) {
		if (dup2(fd[1], CHILD_FD) == -1)
			fatal("dup2");
	} else if (fcntl(fd[1], F_SETFD, 0) == -1)
		fatal("fcntl");
	/* Nor anything that pptpd was started with. */
	closefrom(CHILD_FD + 1);
	/* Its own session: kill(0) of one engine is not for the others. */
	if (setsid() == -1)
		fatal("setsid");

	(void)strlcpy(role, c->role, sizeof(role));
	argv[n++] = argv0;
	argv[n++] = flag_role;
	argv[n++] = role;
	if (debug)
		argv[n++] = flag_debug;
	if (plain)
		argv[n++] = flag_plain;
	if (timed)
		argv[n++] = flag_timed;
	if (verbose)
		argv[n++] = flag_verbose;
	argv[n] = NULL;
	execvp(argv0, argv);
	fatal("%s", argv0);
}

/*
 * The engines that talk to each other get a socket for it, each when it has
 * its configuration: nobody is asked before he knows the answers.
 */
static void
connect_children(enum pptpd_process a, uint32_t to_a, enum pptpd_process b,
    uint32_t to_b)
{
	int	fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    fd) == -1)
		fatal("socketpair");
	parent_send(a, to_a, fd[0], NULL, 0);
	parent_send(b, to_b, fd[1], NULL, 0);
}

/* Called by each engine, first of all. */
void
drop_privileges(const char *title)
{
	struct passwd	*pw;

	log_procinit(title);
	if ((pw = getpwnam(PPTPD_USER)) == NULL &&
	    (pw = getpwnam(PPTPD_USER_FALLBACK)) == NULL)
		fatalx("neither user %s nor %s", PPTPD_USER,
		    PPTPD_USER_FALLBACK);
	if (chroot(PPTPD_CHROOT) == -1)
		fatal("chroot %s", PPTPD_CHROOT);
	if (chdir("/") == -1)
		fatal("chdir");
	setproctitle("%s engine", title);
	if (setgroups(1, &pw->pw_gid) == -1 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == -1 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == -1)
		fatal("cannot become %s", pw->pw_name);
	if (unveil("/", "") == -1 || unveil(NULL, NULL) == -1)
		fatal("unveil");
	signal(SIGPIPE, SIG_IGN);
	/* What a terminal sends to the whole group is the parent's. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
}

/*
 * stdio    the event loop, wait for children
 * rpath    read the configuration again
 * cpath    remove the control socket and the pid file
 * sendfd   hand descriptors to the engines
 * wroute   routes, proxy ARP, the tun device's MTU
 * proc     end an engine that does not go by itself
 */
static void
confine(const char *file)
{
	struct conf_dir	*d;

	if (strcmp(file, "-") != 0) {
		/* Not the files: editors replace them. */
		TAILQ_FOREACH(d, &conf->dirs, entry)
			if (unveil(d->name, "r") == -1)
				log_warn("a reload will not read from %s",
				    d->name);
		if (unveil("/etc", "r") == -1)
			fatal("unveil /etc");
	}
	if (unveil(socket_path, "c") == -1)
		fatal("unveil %s", socket_path);
	if (conf->pidfile != NULL && unveil(conf->pidfile, "c") == -1)
		fatal("unveil %s", conf->pidfile);
	if (unveil(NULL, NULL) == -1)
		fatal("unveil");
	if (pledge("stdio rpath cpath sendfd wroute proc", NULL) == -1)
		fatal("pledge");
}

void
parent_send(enum pptpd_process proc, uint32_t type, int fd, const void *data,
    size_t len)
{
	if (children[proc].gone) {
		if (fd != -1)
			close(fd);
		return;
	}
	if (imsgev_compose(&children[proc].iev, type, 0, fd, data, len) == -1)
		fatal("cannot send %s", i2s(type));
}

/*
 * Each engine gets what it needs to know, and nothing else.  Without a reload
 * it is the start.
 */
static void
send_config(const struct msg_reload *reload)
{
	struct msg_reload none;
	struct listener	*l;
	struct pool	*p;
	struct user	*u;

	parent_send(PROC_AUTH, IMSG_AUTH_CONF, -1, &conf->auth,
	    sizeof(conf->auth));
	TAILQ_FOREACH(p, &conf->pools, entry) {
		parent_send(PROC_AUTH, IMSG_AUTH_POOL, -1, &p->conf,
		    sizeof(p->conf));
		send_ranges(IMSG_AUTH_LOCAL, &p->local);
		send_ranges(IMSG_AUTH_REMOTE, &p->remote);
	}
	TAILQ_FOREACH(u, &conf->users, entry)
		parent_send(PROC_AUTH, IMSG_AUTH_USER, -1, &u->user,
		    sizeof(u->user));
	memset(&none, 0, sizeof(none));
	parent_send(PROC_AUTH, IMSG_AUTH_CONF_END, -1,
	    reload != NULL ? reload : &none, sizeof(none));

	parent_send(PROC_SESSION, IMSG_SESSION_CONF, -1, &conf->ppp,
	    sizeof(conf->ppp));
	if (reload == NULL) {
		connect_children(PROC_AUTH, IMSG_PIPE_SESSION,
		    PROC_SESSION, IMSG_PIPE_AUTH);
		connect_children(PROC_SESSION, IMSG_PIPE_CONTROL,
		    PROC_CONTROL, IMSG_PIPE_SESSION);
		parent_send(PROC_SESSION, IMSG_SESSION_CONF_END, -1, NULL, 0);
	}

	parent_send(PROC_CONTROL, IMSG_CONTROL_CONF, -1, &conf->pptp,
	    sizeof(conf->pptp));
	if (reload != NULL)
		return;
	TAILQ_FOREACH(l, &conf->listeners, entry) {
		parent_send(PROC_CONTROL, IMSG_CONTROL_LISTENER, l->fd, NULL,
		    0);
		l->fd = -1;
	}
	parent_send(PROC_CONTROL, IMSG_CONTROL_CONF_END, -1, NULL, 0);
}

static void
send_ranges(uint32_t type, struct range_list *list)
{
	struct range	*r;

	TAILQ_FOREACH(r, list, entry)
		parent_send(PROC_AUTH, type, -1, &r->range, sizeof(r->range));
}

static void
parent_dispatch(int fd, short event, void *arg)
{
	struct imsgev	*iev = arg;
	struct imsg	 imsg;
	size_t		 proc;
	int		 n;

	for (proc = PROC_CONTROL; proc < NCHILDREN; proc++)
		if (iev == &children[proc].iev)
			break;

	if (!imsgev_io(iev, event)) {
		event_del(&iev->ev);
		children[proc].gone = 1;
		if (!stopping) {
			log_warnx("lost the %s engine", children[proc].role);
			shutdown_begin(1);
		} else if (proc == PROC_CONTROL)
			event_loopexit(NULL);
		return;
	}
	for (;;) {
		if ((n = imsgbuf_get(&iev->ibuf, &imsg)) == -1)
			fatal("imsgbuf_get");
		if (n == 0)
			break;
		log_debug("%s from %s", i2s(imsg_get_type(&imsg)),
		    children[proc].role);
		switch (proc) {
		case PROC_CONTROL:
			dispatch_control(&imsg);
			break;
		case PROC_SESSION:
			dispatch_session(&imsg);
			break;
		case PROC_AUTH:
			dispatch_auth(&imsg);
			break;
		}
		imsg_free(&imsg);
	}
	imsgev_add(iev);
}

static void
dispatch_control(struct imsg *imsg)
{
	uint32_t	client;
	int		verbose, proc;

	switch (imsg_get_type(imsg)) {
	case IMSG_RELOAD:
		imsg_payload(imsg, &client, sizeof(client));
		reload(client);
		break;
	case IMSG_LOG_VERBOSE:
		imsg_payload(imsg, &verbose, sizeof(verbose));
		verbose = verbose != 0;
		log_setverbose(verbose);
		for (proc = PROC_CONTROL; proc < (int)NCHILDREN; proc++)
			parent_send(proc, IMSG_VERBOSE, -1, &verbose,
			    sizeof(verbose));
		break;
	case IMSG_CONTROL_DONE:
		imsg_payload(imsg, NULL, 0);
		if (!stopping)
			shutdown_begin(1);
		event_loopexit(NULL);
		break;
	default:
		fatalx("%s from the control engine",
		    i2s(imsg_get_type(imsg)));
	}
}

static void
dispatch_session(struct imsg *imsg)
{
	struct msg_route_result	result;
	struct msg_route	route;
	struct msg_call		call;

	switch (imsg_get_type(imsg)) {
	case IMSG_ROUTE_ADD:
		imsg_payload(imsg, &route, sizeof(route));
		route_add(conf, tun_name, &route, &result);
		parent_send(PROC_SESSION, IMSG_ROUTE_RESULT, -1, &result,
		    sizeof(result));
		break;
	case IMSG_ROUTE_DELETE:
		imsg_payload(imsg, &call, sizeof(call));
		route_delete(tun_name, &call);
		break;
	default:
		fatalx("%s from the session engine",
		    i2s(imsg_get_type(imsg)));
	}
}

static void
dispatch_auth(struct imsg *imsg)
{
	struct msg_reload_session	 session;
	struct msg_reload_end		 end;

	switch (imsg_get_type(imsg)) {
	case IMSG_RELOAD_SESSION:
		imsg_payload(imsg, &session, sizeof(session));
		reload_session(&session);
		break;
	case IMSG_RELOAD_END:
		imsg_payload(imsg, &end, sizeof(end));
		reload_more(&end);
		log_info("configuration reloaded");
		reload_result(end.reload.client, NULL);
		break;
	default:
		fatalx("%s from the auth engine", i2s(imsg_get_type(imsg)));
	}
}

static void
signal_handler(int sig, short event, void *arg)
{
	int	i, status;

	switch (sig) {
	case SIGHUP:
		reload(0);
		break;
	case SIGTERM:
	case SIGINT:
		if (!stopping)
			shutdown_begin(0);
		break;
	case SIGCHLD:
		for (i = PROC_CONTROL; i < (int)NCHILDREN; i++) {
			if (children[i].pid == 0 || waitpid(children[i].pid,
			    &status, WNOHANG) != children[i].pid)
				continue;
			children[i].pid = 0;
			if (WIFSIGNALED(status))
				log_warnx("the %s engine died of signal %d",
				    children[i].role, WTERMSIG(status));
			else if (!stopping || WEXITSTATUS(status) != 0)
				log_warnx("the %s engine ended with status %d",
				    children[i].role, WEXITSTATUS(status));
			if (!stopping)
				shutdown_begin(1);
		}
		break;
	}
}

/* Let the control engine tell every client; it answers IMSG_CONTROL_DONE. */
static void
shutdown_begin(int status)
{
	struct timeval	tv = { SHUTDOWN_TIMEOUT, 0 };

	stopping = 1;
	exit_status = status;
	if (children[PROC_CONTROL].gone || children[PROC_CONTROL].pid == 0) {
		event_loopexit(NULL);
		return;
	}
	parent_send(PROC_CONTROL, IMSG_CONTROL_SHUTDOWN, -1, NULL, 0);
	evtimer_add(&ev_shutdown, &tv);
}

static void
shutdown_timeout(int fd, short event, void *arg)
{
	log_warnx("clients were not all told in time");
	event_loopexit(NULL);
}

/* Engines go when their socket to the parent closes, or are made to. */
static void
reap(int proc)
{
	struct child	*c = &children[proc];
	struct timespec	 ts = { 0, 20000000 };
	int		 i, status;

	if (c->pid == 0)
		return;
	close(c->iev.ibuf.fd);
	for (i = 0; i < 100; i++) {
		if (waitpid(c->pid, &status, WNOHANG) != 0)
			return;
		nanosleep(&ts, NULL);
	}
	log_warnx("the %s engine does not end, killing it", c->role);
	kill(c->pid, SIGKILL);
	(void)waitpid(c->pid, &status, 0);
}

/* Tell the pptpctl that asked, if one did, what is wrong or that it is done. */
static void
reload_result(uint32_t client, const char *error)
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
static void
reload(uint32_t client)
{
	static const char	 again[] = "standard input cannot be read "
				    "again";
	struct msg_reload	 m;
	struct conf		*new;
	int			 pool, tun;

	if (strcmp(conf_file, "-") == 0) {
		log_warnx("configuration not reloaded: %s", again);
		reload_result(client, again);
		return;
	}
	if ((new = parse_config(conf_file)) == NULL) {
		log_warnx("configuration not reloaded");
		reload_result(client, parse_error());
		return;
	}
	memset(&m, 0, sizeof(m));
	m.answer = 1;
	m.client = client;
	reload_diff(conf, new, &m);
	reload_keep(conf, new);
	/* Packets of sessions pass meanwhile: touch what changes. */
	pool = !reload_same_remote(conf, new);
	tun = conf->ppp.mru < new->ppp.mru || !reload_same_local(conf, new);
	if (pool)
		route_pool(conf, 0);
	config_free(conf);
	conf = new;
	if (tun && configure_tun() == -1)
		log_warn("%s", tun_name);
	if (pool)
		route_pool(conf, 1);
	send_config(&m);
}

uint64_t
monotonic_ms(void)
{
	struct timespec	ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		fatal("clock_gettime");
	return (ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000);
}
