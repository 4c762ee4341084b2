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

#include <net/if.h>
#include <netinet/in.h>
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
#include "wheel.h"
#include "control_engine.h"

/*
 * Calls: RFC 2637 sections 2.7 to 2.15 and 3.2.  A call lives here from its
 * Outgoing-Call-Request until the session engine has said that it is closed;
 * only then may its id be used again.
 */

/* What is left to be said about a session when its engine has died. */
struct call_login {
	uint64_t	 up_at;		/* ms */
	uint32_t	 method;	/* as in struct ctl_event */
	uint32_t	 mppe_bits;
	uint32_t	 mppe_stateful;
	struct in_addr	 remote, local;	/* inner */
	char		 user[];	/* vis'ed */
};

static struct call	*call_find(uint32_t, uint32_t, uint32_t);
static uint16_t		 call_new_id(void);
static void		 call_rest_id(uint16_t);
static int		 call_engine(uint32_t *);
static unsigned int	 source_hash(struct in_addr);
static int		 call_source_full(struct in_addr);
static void		 call_offence(const struct call *,
			    const struct msg_call_closed *);
static void		 call_free(struct call *);
static void		 call_lost(const struct call *);
static void		 call_refuse(struct conn *, const struct pptp_ocrq *,
			    uint8_t, uint8_t, enum end_cause);
static void		 call_notify(struct call *, enum end_cause,
			    const struct msg_call_closed *);

uint64_t		 control_lost_calls;

static LIST_HEAD(, call) by_source[SOURCE_BUCKETS];
static struct call	*calls[MAX_CALL_ID + 1];
static uint32_t		 ncalls[ENGINES_MAX];		/* of each engine */
/*
 * Ids that are in no call, of each engine: those that rest wait in line, each
 * its time.
 */
static uint16_t		 free_ids[ENGINES_MAX][MAX_CALL_ID];
static uint16_t		 resting[ENGINES_MAX][MAX_CALL_ID];
static uint32_t		 nfree[ENGINES_MAX], nresting[ENGINES_MAX];
static uint32_t		 rest_first[ENGINES_MAX];
static uint32_t		 rests_until[MAX_CALL_ID + 1];	/* s, monotonic */
static uint32_t		 call_serial;

/* The call that a session engine means, NULL: it has no such call. */
static struct call *
call_find(uint32_t engine, uint32_t id, uint32_t serial)
{
	if (id < 1 || id > MAX_CALL_ID || calls[id] == NULL ||
	    calls[id]->serial != serial || id % control_conf.engines != engine)
		return (NULL);
	return (calls[id]);
}

static unsigned int
source_hash(struct in_addr a)
{
	uint32_t	h = ntohl(a.s_addr);

	return ((h ^ h >> 12 ^ h >> 24) % SOURCE_BUCKETS);
}

/* Those that are being closed count no more: the client may be back already. */
static int
call_source_full(struct in_addr source)
{
	struct call	*call;
	uint32_t	 n = 0;

	if (control_conf.source_sessions == 0)
		return (0);
	LIST_FOREACH(call, &by_source[source_hash(source)], by_source)
		if (call->peer.sin_addr.s_addr == source.s_addr &&
		    call->state != CALL_CLOSING)
			n++;
	return (n >= control_conf.source_sessions);
}

/* When it is known how many engines there are. */
void
call_init(void)
{
	uint32_t	id, e;

	memset(nfree, 0, sizeof(nfree));
	memset(nresting, 0, sizeof(nresting));
	memset(rest_first, 0, sizeof(rest_first));
	for (id = 1; id <= MAX_CALL_ID; id++) {
		e = id % control_conf.engines;
		free_ids[e][nfree[e]++] = id;
	}
}

/* The engine with the fewest calls; -1: none is there. */
static int
call_engine(uint32_t *engine)
{
	uint32_t	i;
	int		found = -1;

	for (i = 0; i < control_conf.engines; i++)
		if (control_has_session(i) &&
		    (found == -1 || ncalls[i] < ncalls[*engine])) {
			*engine = i;
			found = 0;
		}
	return (found);
}

/*
 * A random id, different from that of any call to anybody, so that clients
 * behind one address differ; not one that was in use a moment ago, for late
 * packets, unless there is no other: then the one that rests longest.  0: none
 * left.
 */
static uint16_t
call_new_id(void)
{
	uint32_t	now = monotonic_ms() / 1000;
	uint32_t	e, i;
	uint16_t	id;

	if (call_engine(&e) == -1)
		return (0);
	while (nresting[e] > 0 && (nfree[e] == 0 ||
	    rests_until[resting[e][rest_first[e]]] <= now)) {
		free_ids[e][nfree[e]++] = resting[e][rest_first[e]];
		rest_first[e] = (rest_first[e] + 1) % MAX_CALL_ID;
		nresting[e]--;
	}
	if (nfree[e] == 0)
		return (0);
	i = arc4random_uniform(nfree[e]);
	id = free_ids[e][i];
	free_ids[e][i] = free_ids[e][--nfree[e]];
	return (id);
}

/* Late packets must not find another call. */
static void
call_rest_id(uint16_t id)
{
	uint32_t	e = id % control_conf.engines;

	rests_until[id] = monotonic_ms() / 1000 + CALL_ID_REST;
	resting[e][(rest_first[e] + nresting[e]++) % MAX_CALL_ID] = id;
}

static void
call_refuse(struct conn *c, const struct pptp_ocrq *rq, uint8_t result,
    uint8_t error, enum end_cause cause)
{
	struct ctl_event	ev;
	struct pptp_msg		msg;

	memset(&msg, 0, sizeof(msg));
	msg.type = PPTP_OCRP;
	msg.ocrp.peer_call_id = rq->call_id;
	msg.ocrp.result = result;
	msg.ocrp.error = error;
	conn_send(c, &msg);

	memset(&ev, 0, sizeof(ev));
	ev.kind = EVENT_LOGIN;
	ev.cause = cause;
	ev.peer = c->peer.sin_addr;
	ev.time = time(NULL);
	(void)log_text(ev.client, sizeof(ev.client), c->host);
	event_log(&ev);
	(void)control_event(&ev);
}

/* Outgoing-Call-Request: the answer goes out when the session is ready. */
void
call_request(struct conn *c, const struct pptp_ocrq *rq)
{
	struct msg_call_open	 open;
	struct call		*call;
	uint32_t		 engine;
	uint16_t		 id;

	control_stats.call_requests++;
	TAILQ_FOREACH(call, &c->calls, entry)
		if (call->peer_id == rq->call_id) {
			log_debug("%s: call id %u is in use", conn_name(c),
			    rq->call_id);
			call_refuse(c, rq, PPTP_OCRP_GENERAL,
			    PPTP_ERR_BAD_CALL_ID, END_PROTOCOL_ERROR);
			return;
		}
	if (control_penalised(c->peer.sin_addr)) {
		control_stats.call_penalised++;
		call_refuse(c, rq, PPTP_OCRP_DO_NOT_ACCEPT, PPTP_ERR_NONE,
		    END_PENALTY);
		return;
	}
	if (!control_stopping && call_engine(&engine) == -1) {
		call_refuse(c, rq, PPTP_OCRP_GENERAL, PPTP_ERR_NO_RESOURCE,
		    END_ENGINE);
		return;
	}
	if (control_stopping ||
	    control_stats.call_current >= control_conf.max_sessions) {
		control_stats.call_busy++;
		call_refuse(c, rq, PPTP_OCRP_BUSY, PPTP_ERR_NONE,
		    control_stopping ? END_SHUTDOWN : END_BUSY);
		return;
	}
	/* Who was not let in yet has one, and not for ever another one. */
	if (call_source_full(c->peer.sin_addr) ||
	    c->ncalls >= control_conf.connection_calls ||
	    (c->startup != 0 && (c->ncalls > 0 ||
	    c->tries >= control_conf.connection_calls))) {
		control_stats.call_limited++;
		call_refuse(c, rq, PPTP_OCRP_BUSY, PPTP_ERR_NONE,
		    END_SOURCE_BUSY);
		return;
	}
	call = NULL;
	if (!imsgev_room() || (call = calloc(1, sizeof(*call))) == NULL ||
	    (id = call_new_id()) == 0) {
		free(call);
		call_refuse(c, rq, PPTP_OCRP_GENERAL, PPTP_ERR_NO_RESOURCE,
		    END_RESOURCES);
		return;
	}
	call->conn = c;
	call->peer = c->peer;
	call->local = c->local;
	call->state = CALL_OPENING;
	call->id = id;
	call->serial = ++call_serial;
	call->peer_id = rq->call_id;
	call->call_serial = rq->serial;
	call->window = rq->window;
	call->max_bps = rq->max_bps;
	call->since = time(NULL);

	memset(&open, 0, sizeof(open));
	open.call_id = call->id;
	open.serial = call->serial;
	open.peer_call_id = call->peer_id;
	open.window = call->window;
	open.peer = c->peer.sin_addr;
	open.local = c->local.sin_addr;
	(void)control_send_session(id % control_conf.engines, IMSG_CALL_OPEN,
	    &open, sizeof(open));
	calls[id] = call;
	ncalls[id % control_conf.engines]++;
	LIST_INSERT_HEAD(&by_source[source_hash(c->peer.sin_addr)], call,
	    by_source);
	TAILQ_INSERT_TAIL(&c->calls, call, entry);
	c->ncalls++;
	c->tries++;
	c->progress_at = monotonic_ms();
	control_stats.call_current++;
}

int
call_ready(uint32_t engine, const struct msg_call *m)
{
	struct call	*call;
	struct pptp_msg	 msg;

	if ((call = call_find(engine, m->call_id, m->serial)) == NULL)
		return (-1);
	/* It may have been cleared meanwhile. */
	if (call->state != CALL_OPENING || call->conn == NULL)
		return (0);
	call->state = CALL_ESTABLISHED;
	memset(&msg, 0, sizeof(msg));
	msg.type = PPTP_OCRP;
	msg.ocrp.call_id = call->id;
	msg.ocrp.peer_call_id = call->peer_id;
	msg.ocrp.result = PPTP_OCRP_CONNECTED;
	msg.ocrp.speed = call->max_bps < CALL_SPEED ? call->max_bps :
	    CALL_SPEED;
	msg.ocrp.window = CALL_WINDOW;
	msg.ocrp.channel = call->serial;
	conn_send(call->conn, &msg);
	log_debug("%s: call %u of peer's %u, serial %u", conn_name(call->conn),
	    call->id, call->peer_id, call->call_serial);
	return (0);
}

/* Call-Clear-Request names the call by the peer's own id (section 2.12). */
void
call_clear(struct conn *c, uint16_t peer_id)
{
	struct call	*call;

	TAILQ_FOREACH(call, &c->calls, entry)
		if (call->peer_id == peer_id) {
			call_close(call, END_PEER_CLEAR);
			return;
		}
	/* One that just ended: Windows asks after it all the same. */
	log_debug("%s: clear of unknown call %u", conn_name(c), peer_id);
}

/*
 * Set-Link-Info: the tunnel has no asynchronous framing, its control character
 * maps mean nothing.  Windows sends them, some at the end of a call.
 */
void
call_link_info(struct conn *c, const struct pptp_sli *sli)
{
	log_debug("%s: link info for call %u ignored", conn_name(c),
	    sli->peer_call_id);
}

/* Have the session end; call_closed() follows. */
void
call_close(struct call *call, enum end_cause cause)
{
	struct msg_call_close	m;

	if (call->state == CALL_CLOSING)
		return;
	call->cause = cause;
	memset(&m, 0, sizeof(m));
	m.call_id = call->id;
	m.serial = call->serial;
	m.cause = cause;
	call->state = CALL_CLOSING;
	if (control_send_session(call->id % control_conf.engines,
	    IMSG_CALL_CLOSE, &m, sizeof(m)) == -1)
		call_free(call);
}

/* The same for a call whose connection has taken it off its list. */
void
call_orphan(struct call *call, enum end_cause cause)
{
	call->conn = NULL;
	call_close(call, cause);
}

int
call_authenticated(uint32_t engine, const struct msg_call *m)
{
	struct call	*call;

	if ((call = call_find(engine, m->call_id, m->serial)) == NULL)
		return (-1);
	if (call->conn != NULL)
		startup_remove(call->conn);
	return (0);
}

int
call_closed(uint32_t engine, const struct msg_call_closed *m)
{
	struct call	*call;

	if (m->cause >= END_MAX ||
	    (call = call_find(engine, m->call_id, m->serial)) == NULL)
		return (-1);
	call_offence(call, m);
	if (call->conn != NULL)
		call_notify(call, m->cause, m);
	call_free(call);
	return (0);
}

/* What a call earns its source address that ended without being let in. */
static void
call_offence(const struct call *call, const struct msg_call_closed *m)
{
	if (m->authenticated)
		return;
	switch ((enum end_cause)m->cause) {
	case END_AUTH_FAILED:
		control_offence(call->peer.sin_addr, PENALTY_AUTHFAIL);
		break;
	case END_PEER_CLEAR:
	case END_PEER_STOP:
	case END_PEER_GONE:
	case END_PEER_TERMINATE:
	case END_ECHO_TIMEOUT:
	case END_NO_GRE:
	case END_LCP_FAILED:
	case END_AUTH_REFUSED:
	case END_AUTH_TIMEOUT:
	case END_LOOPBACK:
		control_offence(call->peer.sin_addr, PENALTY_NOAUTH);
		break;
	default:
		/* Not its doing, or punished where it was seen. */
		break;
	}
}

/* Tell the peer that its call is over, or that it did not come about. */
static void
call_notify(struct call *call, enum end_cause cause,
    const struct msg_call_closed *m)
{
	struct pptp_msg	msg;

	memset(&msg, 0, sizeof(msg));
	if (m != NULL ? m->opened == 0 : call->state == CALL_OPENING) {
		msg.type = PPTP_OCRP;
		msg.ocrp.peer_call_id = call->peer_id;
		msg.ocrp.result = PPTP_OCRP_GENERAL;
		msg.ocrp.error = PPTP_ERR_NO_RESOURCE;
		conn_send(call->conn, &msg);
		return;
	}
	msg.type = PPTP_CDN;
	msg.cdn.call_id = call->id;
	switch (cause) {
	case END_PEER_CLEAR:
		msg.cdn.result = PPTP_CDN_REQUEST;
		break;
	case END_ADMIN:
	case END_SHUTDOWN:
	case END_REPLACED:
	case END_IDLE:
	case END_SESSION_TIME:
	case END_REMOVED:
		msg.cdn.result = PPTP_CDN_ADMIN_SHUTDOWN;
		break;
	case END_ROUTE:
	case END_RESOURCES:
	case END_NO_ADDRESS:
	case END_ENGINE:
		msg.cdn.result = PPTP_CDN_GENERAL;
		msg.cdn.error = PPTP_ERR_NO_RESOURCE;
		break;
	default:
		msg.cdn.result = PPTP_CDN_LOST_CARRIER;
		break;
	}
	if (m != NULL)
		(void)snprintf(msg.cdn.stats, sizeof(msg.cdn.stats),
		    "in %llu out %llu octets, %s",
		    (unsigned long long)m->rx_bytes,
		    (unsigned long long)m->tx_bytes, end_text(cause));
	conn_send(call->conn, &msg);
}

static void
call_free(struct call *call)
{
	struct conn	*c = call->conn;

	calls[call->id] = NULL;
	ncalls[call->id % control_conf.engines]--;
	LIST_REMOVE(call, by_source);
	call_rest_id(call->id);
	control_stats.call_current--;
	if (c != NULL) {
		TAILQ_REMOVE(&c->calls, call, entry);
		c->ncalls--;
	}
	free(call->login);
	free(call);
	if (c != NULL)
		conn_call_gone(c);
}

/* Keep what an engine says about a session while that is up. */
void
call_event(uint32_t engine, const struct ctl_event *ev)
{
	struct call_login	*login;
	struct call		*call;
	size_t			 len = strlen(ev->user) + 1;

	if (ev->call_id < 1 || ev->call_id > MAX_CALL_ID ||
	    ev->call_id % control_conf.engines != engine ||
	    (call = calls[ev->call_id]) == NULL || ev->cause != END_NONE)
		return;
	if (ev->kind != EVENT_LOGIN && ev->kind != EVENT_CHANGE)
		return;
	if ((login = calloc(1, sizeof(*login) + len)) == NULL)
		return;
	login->up_at = call->login != NULL ? call->login->up_at :
	    monotonic_ms();
	login->method = ev->method;
	login->mppe_bits = ev->mppe_bits;
	login->mppe_stateful = ev->mppe_stateful;
	login->remote = ev->remote;
	login->local = ev->local;
	memcpy(login->user, ev->user, len);
	free(call->login);
	call->login = login;
}

/*
 * The engine would have said how the session ended; what is not known of its
 * packets is 0.
 */
static void
call_lost(const struct call *call)
{
	const struct call_login	*login = call->login;
	struct ctl_event	 ev;

	memset(&ev, 0, sizeof(ev));
	ev.kind = login != NULL ? EVENT_LOGOUT : EVENT_LOGIN;
	ev.call_id = call->id;
	ev.cause = END_ENGINE;
	ev.peer = call->peer.sin_addr;
	ev.time = time(NULL);
	if (login != NULL) {
		ev.method = login->method;
		ev.mppe_bits = login->mppe_bits;
		ev.mppe_stateful = login->mppe_stateful;
		ev.remote = login->remote;
		ev.local = login->local;
		ev.duration = (monotonic_ms() - login->up_at) / 1000;
		(void)strlcpy(ev.user, login->user, sizeof(ev.user));
	}
	event_log(&ev);
	(void)control_event(&ev);
	control_lost_calls++;
}

/* All its sessions went with it. */
void
call_engine_gone(uint32_t engine)
{
	struct call	*call;
	uint32_t	 id;

	for (id = engine; id <= MAX_CALL_ID && ncalls[engine] > 0;
	    id += control_conf.engines) {
		if ((call = calls[id]) == NULL)
			continue;
		if (!control_stopping) {
			call_lost(call);
			call->cause = END_ENGINE;
		}
		if (call->conn != NULL)
			call_notify(call, call->cause, NULL);
		call_free(call);
	}
}

uint32_t
call_next(uint32_t id)
{
	for (; id >= 1 && id <= MAX_CALL_ID; id++)
		if (calls[id] != NULL)
			return (id);
	return (0);
}

void
call_describe(uint32_t id, struct ctl_call *ctl)
{
	struct call	*call = calls[id];

	memset(ctl, 0, sizeof(*ctl));
	ctl->call_id = call->id;
	ctl->peer_call_id = call->peer_id;
	ctl->state = call->state;
	ctl->call_serial = call->call_serial;
	ctl->since = call->since;
	ctl->window = call->window;
	ctl->max_bps = call->max_bps;
	ctl->peer = call->peer;
	ctl->local = call->local;
	if (call->conn == NULL)
		return;
	ctl->connection = call->conn->number;
	(void)log_text(ctl->host, sizeof(ctl->host), call->conn->host);
	(void)log_text(ctl->vendor, sizeof(ctl->vendor), call->conn->vendor);
}
