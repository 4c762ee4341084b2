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

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/tree.h>

#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>

#include <errno.h>
#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "pptp.h"
#include "pptpd.h"
#include "penalty.h"
#include "wheel.h"
#include "control_engine.h"

/*
 * The control engine: TCP 1723 and the socket for pptpctl.  No privileges, no
 * secrets, no PPP.
 */

static void	 dispatch_parent(int, short, void *);
static void	 dispatch_session(int, short, void *);
static int	 session_message(uint32_t, struct imsg *);
static void	 session_add(const struct msg_session_engine *, int);
static void	 session_wrong(uint32_t);
static void	 session_gone(uint32_t);
static void	 tick(int, short, void *);
static void	 shutdown_start(void);
static void	 orphaned(int, short, void *);

#define ORPHAN_TIMEOUT	800	/* ms to tell the peers without a parent */

struct conf_pptp		 control_conf;
struct ctl_control_stats	 control_stats;
struct wheel			 control_wheel;
int				 control_stopping;

static struct imsgev		 iev_parent;
static struct imsgev		 iev_session[ENGINES_MAX];
static int			 has_session[ENGINES_MAX];
static uint32_t			 session_start[ENGINES_MAX];
static int			 has_parent, configured;
static struct event		 ev_tick, ev_orphan;
static struct penalty_table	 penalties;	/* by source address */

void
control_engine(void)
{
	event_init();
	drop_privileges("control", PROC_CONTROL);
	startup_init();
	/*
	 * stdio   the event loop, read and write
	 * inet    accept on TCP 1723, addresses of the connection
	 * unix    accept pptpctl
	 * recvfd  listening sockets, and the pipes to the session engines,
	 *         one is started anew when it has died
	 */
	if (pledge("stdio inet unix recvfd", NULL) == -1)
		fatal("pledge");

	control_stats.since = time(NULL);
	wheel_init(&control_wheel, monotonic_ms());
	penalty_init(&penalties);
	configured = 0;
	evtimer_set(&ev_tick, tick, NULL);
	evtimer_set(&ev_orphan, orphaned, NULL);
	imsgev_init(&iev_parent, CHILD_FD, dispatch_parent, 1);
	has_parent = 1;
	event_dispatch();
	exit(0);
}

void
control_send_parent(uint32_t type, const void *data, size_t len)
{
	if (has_parent &&
	    imsgev_compose(&iev_parent, type, 0, -1, data, len) == -1)
		fatal("cannot send %s", i2s(type));
}

int
control_send_session(uint32_t engine, uint32_t type, const void *data,
    size_t len)
{
	if (!has_session[engine])
		return (-1);
	if (imsgev_compose(&iev_session[engine], type, 0, -1, data, len) == -1)
		fatal("cannot send %s", i2s(type));
	return (0);
}

int
control_has_session(uint32_t engine)
{
	return (has_session[engine]);
}

void
control_arm(void)
{
	struct timeval	tv;
	uint64_t	next, now;

	if ((next = wheel_next(&control_wheel)) == 0) {
		evtimer_del(&ev_tick);
		return;
	}
	now = monotonic_ms();
	next = next > now ? next - now : 0;
	tv.tv_sec = next / 1000;
	tv.tv_usec = next % 1000 * 1000;
	event_need(&ev_tick, &tv);
}

static void
dispatch_parent(int fd, short event, void *arg)
{
	struct msg_session_engine session;
	struct msg_reload_result reload;
	struct msg_reload_text	 text;
	struct timeval		 tv = { 0, ORPHAN_TIMEOUT * 1000 };
	struct imsg		 imsg;
	int			 n, verbose;

	if ((n = imsgev_io(&iev_parent, event)) == -1)
		fatal("parent");
	if (n == 0) {
		/* At its end; or else tell the peers. */
		if (control_stopping)
			exit(0);
		event_del(&iev_parent.ev);
		has_parent = 0;
		event_need(&ev_orphan, &tv);
		shutdown_start();
		return;
	}
	for (;;) {
		if ((n = imsgbuf_get(&iev_parent.ibuf, &imsg)) == -1)
			fatal("imsgbuf_get");
		if (n == 0)
			break;
		switch (imsg_get_type(&imsg)) {
		case IMSG_PIPE_SESSION:
			imsg_payload(&imsg, &session, sizeof(session));
			session_add(&session, imsg_payload_fd(&imsg));
			break;
		case IMSG_CONTROL_CONF:
			imsg_payload(&imsg, &control_conf,
			    sizeof(control_conf));
			if (control_conf.engines < 1 ||
			    control_conf.engines > ENGINES_MAX)
				fatalx("parent: %u engines",
				    control_conf.engines);
			if (!configured)
				call_init();
			configured = 1;
			break;
		case IMSG_CONTROL_LISTENER:
			conn_listen(imsg_payload_fd(&imsg));
			break;
		case IMSG_CONTROL_SOCKET:
			control_listen(imsg_payload_fd(&imsg));
			break;
		case IMSG_CONTROL_CONF_END:
			imsg_payload(&imsg, NULL, 0);
			conn_start();
			control_start();
			/* More pipes may come: the same for good. */
			if (pledge("stdio inet unix recvfd", NULL) == -1)
				fatal("pledge");
			control_send_parent(IMSG_READY, NULL, 0);
			break;
		case IMSG_CONTROL_SHUTDOWN:
			imsg_payload(&imsg, NULL, 0);
			shutdown_start();
			break;
		case IMSG_RELOAD_TEXT:
			imsg_payload(&imsg, &text, sizeof(text));
			control_reload_text(&text);
			break;
		case IMSG_RELOAD_RESULT:
			imsg_payload(&imsg, &reload, sizeof(reload));
			control_reloaded(&reload);
			break;
		case IMSG_VERBOSE:
			imsg_payload(&imsg, &verbose, sizeof(verbose));
			log_setverbose(verbose);
			break;
		default:
			fatalx("%s from the parent",
			    i2s(imsg_get_type(&imsg)));
		}
		imsg_free(&imsg);
	}
	imsgev_add(&iev_parent);
}

static void
dispatch_session(int fd, short event, void *arg)
{
	struct imsgev	*iev = arg;
	uint32_t	 engine = iev - iev_session;

	switch (imsgev_session(iev, event, engine, session_message)) {
	case 0:
		session_gone(engine);
		break;
	case -1:
		session_wrong(engine);
		break;
	}
}

/* -1: not a message that a session engine of ours sends. */
static int
session_message(uint32_t engine, struct imsg *imsg)
{
	struct ctl_session_stats stats;
	struct ctl_session	 session;
	struct msg_call_closed	 closed;
	struct msg_show_end	 end;
	struct msg_kill_reply	 killed;
	struct msg_penalties_end penalties_end;
	struct msg_penalty	 penalty;
	struct ctl_event	 ev;
	struct msg_call		 call;

	switch (imsg_get_type(imsg)) {
	case IMSG_CALL_READY:
		if (imsg_get_data(imsg, &call, sizeof(call)) == -1)
			return (-1);
		return (call_ready(engine, &call));
	case IMSG_CALL_AUTHENTICATED:
		if (imsg_get_data(imsg, &call, sizeof(call)) == -1)
			return (-1);
		return (call_authenticated(engine, &call));
	case IMSG_CALL_CLOSED:
		if (imsg_get_data(imsg, &closed, sizeof(closed)) == -1)
			return (-1);
		return (call_closed(engine, &closed));
	case IMSG_SHOW_REPLY:
		if (imsg_get_data(imsg, &session, sizeof(session)) == -1)
			return (-1);
		control_session(imsg_get_id(imsg), &session);
		return (0);
	case IMSG_SHOW_REPLY_STATS:
		if (imsg_get_data(imsg, &stats, sizeof(stats)) == -1)
			return (-1);
		control_session_stats(engine, imsg_get_id(imsg), &stats);
		return (0);
	case IMSG_SHOW_REPLY_END:
		if (imsg_get_data(imsg, &end, sizeof(end)) == -1)
			return (-1);
		control_session_end(engine, &end);
		return (0);
	case IMSG_KILL_REPLY:
		if (imsg_get_data(imsg, &killed, sizeof(killed)) == -1)
			return (-1);
		control_killed(engine, &killed);
		return (0);
	case IMSG_PENALTY:
		if (imsg_get_data(imsg, &penalty, sizeof(penalty)) == -1)
			return (-1);
		return (control_penalty(&penalty));
	case IMSG_PENALTIES_END:
		if (imsg_get_data(imsg, &penalties_end,
		    sizeof(penalties_end)) == -1)
			return (-1);
		return (control_penalties_end(engine, &penalties_end));
	case IMSG_EVENT:
		if (imsg_get_data(imsg, &ev, sizeof(ev)) == -1 ||
		    control_event(&ev) == -1)
			return (-1);
		call_event(engine, &ev);
		return (0);
	default:
		return (-1);
	}
}

/*
 * One that died has another in its place.  Who asks and does not listen to the
 * answers is not asked on for a while.
 */
static void
session_add(const struct msg_session_engine *m, int fd)
{
	if (m->engine >= ENGINES_MAX)
		fatalx("parent: session engine %u", m->engine);
	session_gone(m->engine);
	imsgev_init(&iev_session[m->engine], fd, dispatch_session, 0);
	iev_session[m->engine].limit = QUEUE_MAX;
	session_start[m->engine] = m->start;
	has_session[m->engine] = 1;
}

/* It is not ours any more: have the parent end it, and start another one. */
static void
session_wrong(uint32_t engine)
{
	struct msg_session_engine	m;

	memset(&m, 0, sizeof(m));
	m.engine = engine;
	m.start = session_start[engine];
	session_gone(engine);
	control_send_parent(IMSG_SESSION_WRONG, &m, sizeof(m));
}

static void
session_gone(uint32_t engine)
{
	if (!has_session[engine])
		return;
	event_del(&iev_session[engine].ev);
	imsgbuf_clear(&iev_session[engine].ibuf);
	close(iev_session[engine].ibuf.fd);
	has_session[engine] = 0;
	call_engine_gone(engine);
	control_engine_gone(engine);
}

/* Logged once, when it comes into force; what it then keeps out is counted. */
void
control_offence(struct in_addr source, enum penalty_reason reason)
{
	uint32_t	s;

	if ((s = penalty_add(&penalties, &control_conf.penalty, reason,
	    &source, sizeof(source), monotonic_ms())) == 0)
		return;
	control_stats.penalties++;
	log_info("penalty peer=%s seconds=%u reason=%s", inet_ntoa(source), s,
	    penalty_name(reason));
}

int
control_penalised(struct in_addr source)
{
	return (control_conf.penalty.enabled && penalty_check(&penalties,
	    &source, sizeof(source), monotonic_ms()));
}

struct penalty *
control_penalty_next(const struct in_addr *source)
{
	return (penalty_next(&penalties, source, sizeof(*source),
	    monotonic_ms()));
}

uint32_t
control_penalty_clear(const struct in_addr *source)
{
	if (source == NULL)
		return (penalty_clear_all(&penalties, monotonic_ms()));
	return (penalty_clear(&penalties, source, sizeof(*source),
	    monotonic_ms()));
}

static void
tick(int fd, short event, void *arg)
{
	conn_tick(monotonic_ms());
	control_arm();
}

/* Close every call and connection; control_check_done() sees the end. */
static void
shutdown_start(void)
{
	if (control_stopping)
		return;
	control_stopping = 1;
	conn_shutdown();
	control_check_done();
}

void
control_check_done(void)
{
	struct timeval	now = { 0, 0 };

	if (control_stopping == 1 && !conn_any()) {
		control_stopping = 2;
		control_send_parent(IMSG_CONTROL_DONE, NULL, 0);
		if (!has_parent)
			event_need(&ev_orphan, &now);
	}
}

static void
orphaned(int fd, short event, void *arg)
{
	exit(0);
}
