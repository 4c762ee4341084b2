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
 * The engines as the parent sees them: their devices, what they are told, what
 * they ask for, and what is to be done when one is lost.  A session engine is
 * started again, all others take the parent with them.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <err.h>
#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <imsg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kroute.h"
#include "log.h"
#include "pptpd.h"
#include "parent.h"

#define FD_RESERVE	64	/* beyond one per connection */
#define READ_TIMEOUT	5	/* s for it to read some of what waits */

struct engine {
	struct imsgev	 iev;
	struct event	 ev_start;	/* session engines: again */
	struct event	 ev_read;	/* it has had the time */
	int		 there;		/* iev is a socket to it */
	int		 ready;		/* it said so */
	uint32_t	 start;		/* the number of the last one */
	uint64_t	 ready_at;	/* ms */
	unsigned int	 delay;		/* s, before the next start */
};

/* A session engine's; they stay when it dies, and with them all addresses. */
struct device {
	int		 tun_fd;
	int		 gre_fd;
	int		 link_fd;		/* -1: no link-output */
	char		 tun[IF_NAMESIZE];
};

static void	 ask_supervisor(unsigned int, int, uint32_t);
static void	 supervisor_gone(int, short, void *);
static void	 engine_start(unsigned int, uint32_t);
static void	 engine_lost(unsigned int);
static void	 engine_ready(unsigned int);
static void	 session_start(int, short, void *);
static void	 connect_engines(unsigned int, unsigned int);
static void	 read_timeout(int, short, void *);
static int	 duplicate(int);
static void	 send_auth_conf(const struct msg_reload *);
static void	 send_session_conf(unsigned int);
static void	 send_control_conf(void);
static void	 send_ranges(uint32_t, struct range_list *);
static void	 parent_dispatch(int, short, void *);
static int	 dispatch_any(unsigned int, struct imsg *);
static int	 session_wrong(struct imsg *);
static int	 dispatch_control(struct imsg *);
static int	 dispatch_session(unsigned int, struct imsg *);
static int	 dispatch_auth(struct imsg *);

static struct engine	 engines[PROC_MAX];
static struct device	 devices[ENGINES_MAX];
static uint32_t		 nengines;		/* session engines */
static uint16_t		 tun_mtu;
static int		 serving;
static int		 reloading;	/* the auth engine owes an answer */
static int		 reload_again;	/* after it */
static const struct timeval read_time = { READ_TIMEOUT, 0 };
static unsigned int	 reload_told;	/* sessions that it told of */
static struct event	 ev_supervisor;

/* All that needs privileges, and can fail, before any engine. */
void
engines_open(int plain)
{
	struct device	*d;
	char		 name[IF_NAMESIZE];
	uint32_t	 i;

	nengines = parent_conf->pptp.engines;
	for (i = 0; i < nengines; i++) {
		d = &devices[i];
		tun_name(parent_conf, i, name);
		if ((d->tun_fd = kroute_tun_open(name, d->tun,
		    !plain)) == -1)
			err(1, "tun device %s", name);
		if ((d->gre_fd = kroute_gre_open(i, nengines)) == -1)
			err(1, "GRE socket");
		d->link_fd = -1;
		if (parent_conf->link_output &&
		    (d->link_fd = khop_socket()) == -1)
			err(1, "link-output");
	}
	if (parent_conf->link_output)
		hops_open();
	if (engines_configure_tun() == -1)
		err(1, "tun device");
}

/* Everything that fails here leaves its reason in errno. */
int
engines_configure_tun(void)
{
	struct in_addr	*local, a;
	struct pool	*p, *q;
	struct range	*r;
	uint32_t	 i;
	size_t		 n = 0;
	int		 result = 0;

	TAILQ_FOREACH(p, &parent_conf->pools, entry)
		TAILQ_FOREACH(r, &p->local, entry)
			n += range_size(&r->range);
	if ((local = calloc(n + 1, sizeof(*local))) == NULL)
		return (-1);
	n = 0;
	TAILQ_FOREACH(p, &parent_conf->pools, entry)
		TAILQ_FOREACH(r, &p->local, entry)
			for (i = ntohl(r->range.first.s_addr);
			    i <= ntohl(r->range.last.s_addr); i++) {
				a.s_addr = htonl(i);
				/* Pools may share some. */
				for (q = TAILQ_FIRST(&parent_conf->pools);
				    q != p; q = TAILQ_NEXT(q, entry))
					if (range_has(&q->local, a))
						break;
				if (q == p)
					local[n++] = a;
			}
	/* It does not shrink: sessions keep theirs, which is in their route. */
	if (tun_mtu < parent_conf->ppp.mru)
		tun_mtu = parent_conf->ppp.mru;
	for (i = 0; i < nengines && result == 0; i++)
		result = kroute_tun_config(devices[i].tun, local, n, tun_mtu);
	free(local);
	return (result);
}

void
engines_start(int control_fd)
{
	struct msg_reload none;
	struct listener	*l;
	uint32_t	 i;

	event_set(&ev_supervisor, CHILD_FD, EV_READ, supervisor_gone, NULL);
	event_need(&ev_supervisor, NULL);
	hops_start();
	engine_start(PROC_CONTROL, parent_conf->pptp.max_sessions +
	    parent_conf->pptp.startups_full + FD_RESERVE);
	engine_start(PROC_AUTH, 0);
	memset(&none, 0, sizeof(none));
	send_auth_conf(&none);
	for (i = PROC_SESSION; i < PROC_SESSION + nengines; i++) {
		evtimer_set(&engines[i].ev_start, session_start, &engines[i]);
		session_start(-1, 0, &engines[i]);
	}
	send_control_conf();
	config_seal(parent_conf);
	parent_send(PROC_CONTROL, IMSG_CONTROL_SOCKET, control_fd, NULL, 0);
	TAILQ_FOREACH(l, &parent_conf->listeners, entry) {
		parent_send(PROC_CONTROL, IMSG_CONTROL_LISTENER, l->fd, NULL,
		    0);
		l->fd = -1;
	}
	parent_send(PROC_CONTROL, IMSG_CONTROL_CONF_END, -1, NULL, 0);
}

/*
 * One at a time: another one waits for the answer if nobody waits for it, or
 * is not made.
 */
int
engines_reloading(uint32_t client)
{
	if (!reloading)
		return (0);
	if (client == 0)
		reload_again = 1;
	return (1);
}

/* Each engine gets what it needs to know, and nothing else. */
void
engines_configure(const struct msg_reload *reload)
{
	uint32_t	i;

	reloading = reload->answer;
	reload_told = 0;
	send_auth_conf(reload);
	for (i = PROC_SESSION; i < PROC_SESSION + nengines; i++)
		send_session_conf(i);
	send_control_conf();
	config_seal(parent_conf);
}

static void
send_auth_conf(const struct msg_reload *reload)
{
	struct pool	*p;
	struct user	*u;

	parent_conf->auth.engines = nengines;
	parent_send(PROC_AUTH, IMSG_AUTH_CONF, -1, &parent_conf->auth,
	    sizeof(parent_conf->auth));
	TAILQ_FOREACH(p, &parent_conf->pools, entry) {
		parent_send(PROC_AUTH, IMSG_AUTH_POOL, -1, &p->conf,
		    sizeof(p->conf));
		send_ranges(IMSG_AUTH_LOCAL, &p->local);
		send_ranges(IMSG_AUTH_REMOTE, &p->remote);
	}
	TAILQ_FOREACH(u, &parent_conf->users, entry)
		parent_send(PROC_AUTH, IMSG_AUTH_USER, -1, &u->user,
		    sizeof(u->user));
	parent_send(PROC_AUTH, IMSG_AUTH_CONF_END, -1, reload,
	    sizeof(*reload));
}

static void
send_session_conf(unsigned int proc)
{
	parent_conf->ppp.engines = nengines;
	parent_send(proc, IMSG_SESSION_CONF, -1, &parent_conf->ppp,
	    sizeof(parent_conf->ppp));
}

static void
send_control_conf(void)
{
	parent_send(PROC_CONTROL, IMSG_CONTROL_CONF, -1, &parent_conf->pptp,
	    sizeof(parent_conf->pptp));
}

static void
send_ranges(uint32_t type, struct range_list *list)
{
	struct range	*r;

	TAILQ_FOREACH(r, list, entry)
		parent_send(PROC_AUTH, type, -1, &r->range, sizeof(r->range));
}

/* Takes the descriptor. */
static void
ask_supervisor(unsigned int proc, int fd, uint32_t nofile)
{
	union {
		struct cmsghdr	hdr;
		char		buf[CMSG_SPACE(sizeof(int))];
	}				 control;
	struct supervisor_request	 rq;
	struct cmsghdr			*cmsg;
	struct msghdr			 msg;
	struct iovec			 iov;

	memset(&rq, 0, sizeof(rq));
	rq.proc = proc;
	rq.nofile = nofile;
	iov.iov_base = &rq;
	iov.iov_len = sizeof(rq);
	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (fd != -1) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	}
	/* That it is gone is seen elsewhere. */
	if (sendmsg(CHILD_FD, &msg, 0) == -1)
		log_warn("supervisor");
	if (fd != -1)
		close(fd);
}

static void
supervisor_gone(int fd, short event, void *arg)
{
	/* It never says anything. */
	log_warnx("lost the supervisor");
	if (!parent_stopping)
		parent_shutdown(1);
}

static void
engine_start(unsigned int proc, uint32_t nofile)
{
	struct engine	*e = &engines[proc];
	int		 fd[2], verbose;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    fd) == -1)
		fatal("socketpair");
	ask_supervisor(proc, fd[1], nofile);
	imsgev_init(&e->iev, fd[0], parent_dispatch, 1);
	e->iev.limit = QUEUE_MAX;
	evtimer_set(&e->ev_read, read_timeout, e);
	e->there = 1;
	e->ready = 0;
	e->start++;
	verbose = log_getverbose();
	parent_send(proc, IMSG_VERBOSE, -1, &verbose, sizeof(verbose));
}

static void
session_start(int n_fd, short event, void *arg)
{
	struct engine	*e = arg;
	struct device	*d;
	unsigned int	 proc = e - engines;

	if (parent_stopping)
		return;
	d = &devices[proc - PROC_SESSION];
	engine_start(proc, 0);
	send_session_conf(proc);
	parent_send(proc, IMSG_SESSION_TUN, duplicate(d->tun_fd), NULL, 0);
	parent_send(proc, IMSG_SESSION_GRE, duplicate(d->gre_fd), NULL, 0);
	if (d->link_fd != -1)
		parent_send(proc, IMSG_SESSION_LINK, duplicate(d->link_fd),
		    NULL, 0);
	connect_engines(PROC_AUTH, proc);
	connect_engines(PROC_CONTROL, proc);
	parent_send(proc, IMSG_SESSION_CONF_END, -1, NULL, 0);
}

/*
 * To send; the one that had it before may have left it another mode.  ENOTTY
 * means FIOASYNC, of which pppac(4) knows nothing: the flags are set.  Of a
 * device that somebody destroyed fstat(2) knows nothing.
 */
static int
duplicate(int fd)
{
	struct stat	st;
	int		new;

	if ((fcntl(fd, F_SETFL, O_NONBLOCK) == -1 && errno != ENOTTY) ||
	    fstat(fd, &st) == -1 || (new = dup(fd)) == -1)
		fatal("duplicate a descriptor");
	return (new);
}

/*
 * The engines that talk to each other get a socket for it, each when it has
 * its configuration: nobody is asked before he knows the answers.
 */
static void
connect_engines(unsigned int proc, unsigned int session)
{
	struct msg_session_engine	m;
	int				fd[2];

	memset(&m, 0, sizeof(m));
	m.engine = session - PROC_SESSION;
	m.start = engines[session].start;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    fd) == -1)
		fatal("socketpair");
	parent_send(proc, IMSG_PIPE_SESSION, fd[0], &m, sizeof(m));
	parent_send(session, proc == PROC_AUTH ? IMSG_PIPE_AUTH :
	    IMSG_PIPE_CONTROL, fd[1], NULL, 0);
}

/* One that serves takes the place of those whose turn it was before. */
static void
engine_ready(unsigned int proc)
{
	struct engine	*e = &engines[proc];
	unsigned int	 i;

	e->ready = 1;
	e->ready_at = monotonic_ms();
	if (serving) {
		log_info("the %s is back", process_name(proc));
		return;
	}
	for (i = PROC_CONTROL; i < PROC_SESSION + nengines; i++)
		if (!engines[i].ready)
			return;
	serving = 1;
	for (i = 0; i < nengines; i++)
		log_info("started on %s", devices[i].tun);
	ask_supervisor(PROC_PARENT, -1, 0);
}

static void
engine_lost(unsigned int proc)
{
	struct engine	*e = &engines[proc];
	struct timeval	 tv = { 0, 0 };

	evtimer_del(&e->ev_read);
	event_del(&e->iev.ev);
	imsgbuf_clear(&e->iev.ibuf);
	close(e->iev.ibuf.fd);
	e->there = 0;
	if (parent_stopping) {
		if (proc == PROC_CONTROL)
			parent_end();
		return;
	}
	log_warnx("lost the %s", process_name(proc));
	/* It may still be there, and not be ours any more. */
	ask_supervisor(proc, -1, 0);
	if (proc < PROC_SESSION || !serving || !e->ready) {
		parent_shutdown(1);
		return;
	}
	route_delete_tun(parent_conf, devices[proc - PROC_SESSION].tun);
	tv.tv_sec = restart_delay(&e->delay, monotonic_ms() - e->ready_at);
	if (tv.tv_sec > 0)
		log_warnx("starting the %s again in %lld s",
		    process_name(proc), (long long)tv.tv_sec);
	event_need(&e->ev_start, &tv);
}

int
parent_send(unsigned int proc, uint32_t type, int fd, const void *data,
    size_t len)
{
	if (!engines[proc].there) {
		if (fd != -1)
			close(fd);
		return (-1);
	}
	if (imsgev_compose(&engines[proc].iev, type, 0, fd, data, len) == -1)
		fatal("cannot send %s", i2s(type));
	if (!evtimer_pending(&engines[proc].ev_read, NULL))
		event_need(&engines[proc].ev_read, &read_time);
	return (0);
}

/* It is stopped, or not ours any more. */
static void
read_timeout(int fd, short event, void *arg)
{
	struct engine	*e = arg;
	unsigned int	 proc = e - engines;

	log_warnx("the %s does not read", process_name(proc));
	engine_lost(proc);
}

static void
parent_dispatch(int fd, short event, void *arg)
{
	struct imsgev	*iev = arg;
	struct imsg	 imsg;
	uint32_t	 waiting;
	unsigned int	 proc;
	int		 n;

	for (proc = PROC_CONTROL; proc < PROC_MAX; proc++)
		if (iev == &engines[proc].iev)
			break;

	waiting = imsgbuf_queuelen(&iev->ibuf);
	switch (imsgev_io(iev, event)) {
	case -1:
		log_warn("no message from the %s", process_name(proc));
		/* FALLTHROUGH */
	case 0:
		engine_lost(proc);
		return;
	}
	if (imsgbuf_queuelen(&iev->ibuf) == 0)
		evtimer_del(&engines[proc].ev_read);
	else if (imsgbuf_queuelen(&iev->ibuf) < waiting)
		event_need(&engines[proc].ev_read, &read_time);
	for (;;) {
		if ((n = imsgbuf_get(&iev->ibuf, &imsg)) == -1) {
			log_warn("no message from the %s", process_name(proc));
			engine_lost(proc);
			return;
		}
		if (n == 0)
			break;
		log_debug("%s from the %s", i2s(imsg_get_type(&imsg)),
		    process_name(proc));
		n = dispatch_any(proc, &imsg);
		if (n == -1)
			log_warnx("wrong %s from the %s",
			    i2s(imsg_get_type(&imsg)), process_name(proc));
		imsg_free(&imsg);
		if (n == -1) {
			engine_lost(proc);
			return;
		}
	}
	imsgev_add(iev);
}

/* -1: not a message that an engine of ours sends. */
static int
dispatch_any(unsigned int proc, struct imsg *imsg)
{
	if (imsg_get_type(imsg) == IMSG_READY) {
		if (imsg_get_len(imsg) != 0 || engines[proc].ready)
			return (-1);
		engine_ready(proc);
		return (0);
	}
	if (proc == PROC_CONTROL)
		return (dispatch_control(imsg));
	if (proc >= PROC_SESSION)
		return (dispatch_session(proc, imsg));
	return (dispatch_auth(imsg));
}

static int
dispatch_control(struct imsg *imsg)
{
	uint32_t	client;
	unsigned int	proc;
	int		verbose;

	switch (imsg_get_type(imsg)) {
	case IMSG_RELOAD:
		if (imsg_get_data(imsg, &client, sizeof(client)) == -1)
			return (-1);
		parent_reload(client);
		return (0);
	case IMSG_LOG_VERBOSE:
		if (imsg_get_data(imsg, &verbose, sizeof(verbose)) == -1)
			return (-1);
		verbose = verbose != 0;
		log_setverbose(verbose);
		for (proc = PROC_CONTROL; proc < PROC_MAX; proc++)
			parent_send(proc, IMSG_VERBOSE, -1, &verbose,
			    sizeof(verbose));
		return (0);
	case IMSG_SESSION_WRONG:
		return (session_wrong(imsg));
	case IMSG_CONTROL_DONE:
		if (imsg_get_len(imsg) != 0 || !parent_stopping)
			return (-1);
		parent_end();
		return (0);
	default:
		return (-1);
	}
}

static int
dispatch_auth(struct imsg *imsg)
{
	struct msg_reload_session	 session;
	struct msg_reload_end		 end;

	switch (imsg_get_type(imsg)) {
	case IMSG_SESSION_WRONG:
		return (session_wrong(imsg));
	case IMSG_RELOAD_SESSION:
		if (imsg_get_data(imsg, &session, sizeof(session)) == -1 ||
		    !reloading || ++reload_told > RELOAD_SESSIONS_MAX)
			return (-1);
		return (reload_session(&session));
	case IMSG_RELOAD_END:
		if (imsg_get_data(imsg, &end, sizeof(end)) == -1 || !reloading)
			return (-1);
		reloading = 0;
		reload_more(&end);
		log_info("configuration reloaded");
		parent_reloaded(end.reload.client, NULL);
		if (reload_again) {
			reload_again = 0;
			parent_reload(0);
		}
		return (0);
	default:
		return (-1);
	}
}

/*
 * What another engine says of a session engine: with the word of that one it
 * could not go on.  It may be gone by now, and the next one in its place.
 */
static int
session_wrong(struct imsg *imsg)
{
	struct msg_session_engine	 m;
	struct engine			*e;

	if (imsg_get_data(imsg, &m, sizeof(m)) == -1 || m.engine >= nengines)
		return (-1);
	e = &engines[PROC_SESSION + m.engine];
	if (e->there && e->start == m.start)
		engine_lost(PROC_SESSION + m.engine);
	return (0);
}

/* An engine has no business with the calls of another. */
static int
dispatch_session(unsigned int proc, struct imsg *imsg)
{
	struct msg_route_result	result;
	struct msg_route	route;
	struct msg_call		call;
	struct msg_hop		hop;
	uint32_t		engine = proc - PROC_SESSION;
	int			waits;

	switch (imsg_get_type(imsg)) {
	case IMSG_ROUTE_ADD:
		if (imsg_get_data(imsg, &route, sizeof(route)) == -1 ||
		    route.call_id % nengines != engine ||
		    (waits = route_add(parent_conf, devices[engine].tun,
		    &route, &result)) == -1)
			return (-1);
		if (!waits)
			route_result(&result);
		return (0);
	case IMSG_ROUTE_DELETE:
		if (imsg_get_data(imsg, &call, sizeof(call)) == -1 ||
		    call.call_id % nengines != engine)
			return (-1);
		return (route_delete(parent_conf, &call));
	case IMSG_HOP_REQUEST:
		if (imsg_get_data(imsg, &hop, sizeof(hop)) == -1 ||
		    hop.call_id < 1 || hop.call_id > MAX_CALL_ID ||
		    hop.call_id % nengines != engine)
			return (-1);
		return (hops_request(proc, &hop));
	default:
		return (-1);
	}
}

void
route_result(const struct msg_route_result *result)
{
	(void)parent_send(PROC_SESSION + result->call_id % nengines,
	    IMSG_ROUTE_RESULT, -1, result, sizeof(*result));
}
