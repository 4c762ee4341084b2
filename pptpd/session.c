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
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fsm.h"
#include "gre.h"
#include "log.h"
#include "mppe.h"
#include "packet_io.h"
#include "pptpd.h"
#include "ppp.h"
#include "wheel.h"
#include "session_engine.h"

/*
 * One session from Outgoing-Call-Request to its end: what PPP (ppp.h) needs
 * from the outside, messages about it, its timer.
 */

static void		 session_route(struct session *, struct in_addr,
			    struct in_addr);
static void		 session_unroute(struct session *);
static void		 session_forget_verdict(struct session *);
static void		 session_authenticated(struct session *);
static void		 session_free(struct session *);
static void		 session_event(struct session *, enum event_kind);
static void		 session_replace(struct session *);
static void		 session_limits(struct session *, uint64_t);
static unsigned int	 address_hash(struct in_addr);
static const char	*session_name(const struct session *);

LIST_HEAD(session_list, session);
TAILQ_HEAD(session_queue, session);

struct session			*sessions[MAX_CALL_ID + 1];
struct ctl_session_stats	 session_stats;

static struct session_list	 by_address[1 << 16];
static struct session_queue	 dead = TAILQ_HEAD_INITIALIZER(dead);
static struct session_conf	*current;

/* Sessions that are there keep the configuration they began with. */
void
session_configure(const struct conf_ppp *ppp)
{
	struct session_conf	*new;

	if ((new = calloc(1, sizeof(*new))) == NULL)
		fatal(NULL);
	new->ppp = *ppp;
	new->refs = 1;
	if (current != NULL && --current->refs == 0)
		free(current);
	current = new;
}

static const char *
session_name(const struct session *s)
{
	static char	buf[64];

	snprintf(buf, sizeof(buf), "call %u from %s", s->call_id,
	    inet_ntoa(s->peer));
	return (buf);
}

/* NULL: it has ended, and that is on its way to who asks. */
struct session *
session_find(uint32_t id, uint32_t serial)
{
	if (id < 1 || id > MAX_CALL_ID)
		fatalx("bad call %u", id);
	if (sessions[id] == NULL || sessions[id]->serial != serial)
		return (NULL);
	return (sessions[id]);
}

static unsigned int
address_hash(struct in_addr a)
{
	uint32_t	h = ntohl(a.s_addr);

	return ((h ^ h >> 16) & 0xffff);
}

struct session *
session_by_address(struct in_addr a)
{
	struct session	*s;

	LIST_FOREACH(s, &by_address[address_hash(a)], by_address)
		if (s->remote.s_addr == a.s_addr)
			return (s);
	return (NULL);
}

void
session_open(const struct msg_call_open *m)
{
	struct msg_call_closed	 closed;
	struct msg_call		 ready;
	struct session		*s;
	uint64_t		 now = monotonic_ms();

	if (m->call_id < 1 || m->call_id > MAX_CALL_ID ||
	    m->call_id % session_engines != session_engine_index ||
	    sessions[m->call_id] != NULL || m->peer_call_id > UINT16_MAX)
		fatalx("control engine: bad call %u", m->call_id);
	if (!imsgev_room() || (s = calloc(1, sizeof(*s))) == NULL) {
		log_warn("call %u from %s", m->call_id, inet_ntoa(m->peer));
		memset(&closed, 0, sizeof(closed));
		closed.call_id = m->call_id;
		closed.serial = m->serial;
		closed.cause = END_RESOURCES;
		send_control(IMSG_CALL_CLOSED, 0, &closed, sizeof(closed));
		return;
	}
	s->call_id = m->call_id;
	s->serial = m->serial;
	s->peer_call_id = m->peer_call_id;
	s->peer = m->peer;
	s->local = m->local;
	s->window = m->window;
	s->ip_id = arc4random();
	s->since = time(NULL);
	s->opened_at = s->last_data = now;
	TAILQ_INIT(&s->held);
	s->conf = current;
	s->conf->refs++;
	s->wait = s->conf->ppp.reorder;
	sessions[s->call_id] = s;
	session_stats.sessions_current++;
	session_stats.sessions_total++;
	ppp_init(&s->ppp, &s->conf->ppp, s);

	memset(&ready, 0, sizeof(ready));
	ready.call_id = s->call_id;
	ready.serial = s->serial;
	send_control(IMSG_CALL_READY, 0, &ready, sizeof(ready));
	ppp_open(&s->ppp, now);
	session_arm(s);
}

void
session_call_close(const struct msg_call_close *m)
{
	struct session	*s;

	if (m->cause >= END_MAX)
		fatalx("control engine: bad cause %u", m->cause);
	if ((s = session_find(m->call_id, m->serial)) == NULL)
		return;
	/* The peer still listens when it is us who end: say so by LCP. */
	if (m->cause == END_SHUTDOWN)
		ppp_close(&s->ppp, m->cause, monotonic_ms());
	ppp_abort(&s->ppp, m->cause);
}

void
session_close_all(enum end_cause cause)
{
	uint64_t	now = monotonic_ms();
	uint32_t	id;

	for (id = 1; id <= MAX_CALL_ID; id++)
		if (sessions[id] != NULL) {
			ppp_close(&sessions[id]->ppp, cause, now);
			if (sessions[id] != NULL)
				ppp_abort(&sessions[id]->ppp, cause);
		}
	session_reap();
}

/* The session's one timer: the earliest of all that it waits for. */
void
session_arm(struct session *s)
{
	uint64_t	when;

	if (s->ppp.finished)
		return;
	when = ppp_deadline(&s->ppp);
	if (s->ack_by != 0 && (when == 0 || s->ack_by < when))
		when = s->ack_by;
	if (s->held_until != 0 && (when == 0 || s->held_until < when))
		when = s->held_until;
	if (s->probe_until != 0 && (when == 0 || s->probe_until < when))
		when = s->probe_until;
	if (s->limit_at != 0 && (when == 0 || s->limit_at < when))
		when = s->limit_at;
	if (when == 0)
		wheel_clear(&session_wheel, &s->timer);
	else if (s->timer.when != when)
		wheel_set(&session_wheel, &s->timer, when);
	session_wheel_arm();
}

void
session_timer(struct wheel_entry *e)
{
	struct session	*s;
	uint64_t	 now = monotonic_ms();

	s = (struct session *)((char *)e - offsetof(struct session, timer));
	if (s->held_until != 0 && now >= s->held_until)
		datapath_release(s, now);
	if (s->ack_by != 0 && now >= s->ack_by) {
		s->ack_by = 0;
		if (s->unacked > 0)
			datapath_ack(s);
	}
	if (s->probe_until != 0 && now >= s->probe_until)
		session_replace(s);
	if (!s->ppp.finished)
		ppp_timer(&s->ppp, now);
	if (s->limit_at != 0 && now >= s->limit_at && !s->ppp.finished)
		session_limits(s, now);
	session_arm(s);
}

/* The earlier of its limits; user data put off the one without being told. */
static void
session_limits(struct session *s, uint64_t now)
{
	uint64_t	idle = 0, end = 0;

	s->limit_at = 0;
	if (s->idle_timeout != 0)
		idle = (s->last_data > s->up_at ? s->last_data : s->up_at) +
		    s->idle_timeout * 1000ULL;
	if (s->session_timeout != 0)
		end = s->up_at + s->session_timeout * 1000ULL;
	if (end != 0 && now >= end)
		ppp_close(&s->ppp, END_SESSION_TIME, now);
	else if (idle != 0 && now >= idle)
		ppp_close(&s->ppp, END_IDLE, now);
	else
		s->limit_at = idle == 0 || (end != 0 && end < idle) ? end :
		    idle;
}

/* Another login of the user is waiting for this one to go. */
void
session_end(const struct msg_auth_end *m)
{
	struct session	*s;

	if ((s = session_find(m->call_id, m->serial)) == NULL)
		return;
	if (m->probe && ppp_probe(&s->ppp) == 0) {
		s->probe_until = monotonic_ms() + PROBE_TIMEOUT;
		session_arm(s);
	} else if (m->cause == END_REPLACED)
		session_replace(s);
	else {
		ppp_close(&s->ppp, END_REMOVED, monotonic_ms());
		session_arm(s);
	}
}

/* The client is told and not waited for: who is to come in waits as well. */
static void
session_replace(struct session *s)
{
	s->probe_until = 0;
	ppp_close(&s->ppp, END_REPLACED, monotonic_ms());
	ppp_abort(&s->ppp, END_REPLACED);
}

void
session_alive(struct session *s)
{
	struct msg_call	m;

	s->probe_until = 0;
	memset(&m, 0, sizeof(m));
	m.call_id = s->call_id;
	m.serial = s->serial;
	send_auth(IMSG_AUTH_ALIVE, &m, sizeof(m));
}

/*
 * A route comes before the client hears that it may send: its first packet
 * may already have an answer.  What is to be said to the client then, the
 * verdict or the address, waits for the parent.
 */
static void
session_route(struct session *s, struct in_addr remote, struct in_addr local)
{
	struct msg_route	m;

	session_unroute(s);
	memset(&m, 0, sizeof(m));
	m.call_id = s->call_id;
	m.serial = s->serial;
	m.remote = remote;
	m.local = local;
	m.mtu = ppp_mtu(&s->ppp);
	if (!s->ppp.mppe && s->conf->ppp.mppe_policy != MPPE_NEVER)
		m.mtu -= 4;		/* it will be on */
	m.nroutes = session_nets_get(s, m.route);
	s->routed = 1;
	send_parent(IMSG_ROUTE_ADD, &m, sizeof(m));
}

static void
session_unroute(struct session *s)
{
	struct msg_call	m;

	if (!s->routed)
		return;
	memset(&m, 0, sizeof(m));
	m.call_id = s->call_id;
	m.serial = s->serial;
	s->routed = 0;
	send_parent(IMSG_ROUTE_DELETE, &m, sizeof(m));
}

void
session_route_result(const struct msg_route_result *m)
{
	struct session		*s;
	struct msg_auth_verdict	*v;
	uint64_t		 now = monotonic_ms();

	if ((s = session_find(m->call_id, m->serial)) == NULL)
		return;
	if (m->error != 0) {
		log_warnx("%s: route: %s", session_name(s),
		    strerror(m->error));
		ppp_close(&s->ppp, END_ROUTE, now);
	} else if ((v = s->verdict) != NULL) {
		s->verdict = NULL;
		ppp_verdict(&s->ppp, 1, END_NONE, v->text, v->has_keys,
		    v->remote, v->local, now);
		freezero(v, sizeof(*v));
	} else
		ppp_address(&s->ppp, m->remote, now);
	session_arm(s);
}

void
session_challenge(const struct msg_auth_challenge *m)
{
	struct session	*s;

	if (m->len > sizeof(m->value))
		fatalx("auth engine: challenge of %u octets", m->len);
	/* LCP may have begun anew meanwhile, and asked for another one. */
	if ((s = session_find(m->call_id, m->serial)) == NULL ||
	    m->attempt != s->attempt || m->method != s->ppp.auth.method)
		return;
	ppp_challenge(&s->ppp, m->value, m->len, monotonic_ms());
	session_arm(s);
}

/* One that waited for a route, for an attempt that is over. */
static void
session_forget_verdict(struct session *s)
{
	freezero(s->verdict, sizeof(*s->verdict));
	s->verdict = NULL;
}

void
session_verdict(struct msg_auth_verdict *m)
{
	struct session	*s;

	if (memchr(m->text, '\0', sizeof(m->text)) == NULL ||
	    m->cause >= END_MAX || m->nroutes > USER_ROUTES_MAX)
		fatalx("auth engine: bad verdict");
	/* It may be about an attempt that LCP has put an end to. */
	if ((s = session_find(m->call_id, m->serial)) == NULL ||
	    m->attempt != s->attempt ||
	    s->ppp.auth.waiting != AUTH_WAIT_VERDICT)
		return;
	if (!m->ok) {
		session_stats.auth_failed++;
		ppp_verdict(&s->ppp, 0, m->cause, m->text, 0, m->remote,
		    m->local, monotonic_ms());
		session_arm(s);
		return;
	}
	session_stats.auth_ok++;
	session_authenticated(s);
	session_forget_verdict(s);
	if ((s->verdict = malloc(sizeof(*s->verdict))) == NULL ||
	    session_nets_set(s, m->route, m->nroutes) == -1) {
		ppp_abort(&s->ppp, END_RESOURCES);
		return;
	}
	s->idle_timeout = m->idle_timeout != TIMEOUT_DEFAULT ?
	    m->idle_timeout : s->conf->ppp.idle_timeout;
	s->session_timeout = m->session_timeout != TIMEOUT_DEFAULT ?
	    m->session_timeout : s->conf->ppp.session_timeout;
	memcpy(s->ppp.dns, m->dns[0].s_addr != INADDR_ANY ? m->dns :
	    s->conf->ppp.dns, sizeof(s->ppp.dns));
	memcpy(s->recv_key, m->recv_key, sizeof(s->recv_key));
	memcpy(s->send_key, m->send_key, sizeof(s->send_key));
	*s->verdict = *m;
	session_route(s, m->remote, m->local);
}

/* The control engine bounds what those may do who are not. */
static void
session_authenticated(struct session *s)
{
	struct msg_call	m;

	if (s->authenticated)
		return;
	s->authenticated = 1;
	memset(&m, 0, sizeof(m));
	m.call_id = s->call_id;
	m.serial = s->serial;
	send_control(IMSG_CALL_AUTHENTICATED, 0, &m, sizeof(m));
}

void
session_address(const struct msg_address *m)
{
	struct session	*s;

	if ((s = session_find(m->call_id, m->serial)) == NULL)
		return;
	if (m->remote.s_addr != s->ppp.ipcp.remote.s_addr)
		session_route(s, m->remote, m->local);
	else {
		ppp_address(&s->ppp, m->remote, monotonic_ms());
		session_arm(s);
	}
}

/* ppp.h: the host's side */

void
ppp_host_send(struct ppp *p, uint16_t proto, const uint8_t *buf, size_t len)
{
	datapath_send(p->owner, proto, buf, len);
}

uint32_t
ppp_host_random(void)
{
	return (arc4random());
}

void
ppp_host_challenge(struct ppp *p, uint32_t method)
{
	struct session		*s = p->owner;
	struct msg_auth_start	 m;

	session_forget_verdict(s);
	memset(&m, 0, sizeof(m));
	m.call_id = s->call_id;
	m.serial = s->serial;
	m.attempt = ++s->attempt;
	m.method = method;
	s->auth_used = 1;
	send_auth(IMSG_AUTH_START, &m, sizeof(m));
}

void
ppp_host_verify(struct ppp *p, uint32_t method, uint8_t id,
    const uint8_t *value, size_t len, const char *name)
{
	struct session			*s = p->owner;
	struct msg_auth_response	 m;

	session_forget_verdict(s);
	free(s->user);
	if ((s->user = strdup(name)) == NULL) {
		ppp_abort(p, END_RESOURCES);
		return;
	}
	memset(&m, 0, sizeof(m));
	m.call_id = s->call_id;
	m.serial = s->serial;
	m.method = method;
	m.attempt = ++s->attempt;
	m.chap_id = id;
	m.peer = s->peer;
	m.value_len = len;
	memcpy(m.value, value, len);
	(void)strlcpy(m.user, name, sizeof(m.user));
	s->auth_used = 1;
	send_auth(IMSG_AUTH_RESPONSE, &m, sizeof(m));
	explicit_bzero(&m, sizeof(m));
}

void
ppp_host_address(struct ppp *p, struct in_addr wanted)
{
	struct session		*s = p->owner;
	struct msg_address	 m;

	memset(&m, 0, sizeof(m));
	m.call_id = s->call_id;
	m.serial = s->serial;
	m.remote = wanted;
	send_auth(IMSG_ADDRESS_REQUEST, &m, sizeof(m));
}

void
ppp_host_mppe(struct ppp *p)
{
	struct session	*s = p->owner;

	mppe_init(&s->rx, s->recv_key, p->mppe_rx.bits, p->mppe_rx.stateful);
	mppe_init(&s->tx, s->send_key, p->mppe_tx.bits, p->mppe_tx.stateful);
}

void
ppp_host_mppe_reset(struct ppp *p)
{
	struct session	*s = p->owner;

	s->c.ccp_resets_in++;
	mppe_reset_request(&s->tx);
}

/* The client's name for itself: kept if it is text. */
void
ppp_host_ident(struct ppp *p, const uint8_t *text, size_t len)
{
	struct session	*s = p->owner;
	char		 raw[IDENT_LEN], vis[IDENT_LEN];
	size_t		 i;

	if (len >= sizeof(raw))
		len = sizeof(raw) - 1;
	for (i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			break;
	if (i == 0 || i < len)
		return;
	memcpy(raw, text, len);
	raw[len] = '\0';
	free(s->ident);
	s->ident = strdup(log_text(vis, sizeof(vis), raw));
}

void
ppp_host_up(struct ppp *p)
{
	struct session	*s = p->owner;

	s->remote = p->ipcp.remote;
	s->mtu = ppp_mtu(p);
	LIST_INSERT_HEAD(&by_address[address_hash(s->remote)], s, by_address);
	session_nets_up(s);
	s->up = 1;
	session_stats.sessions_up++;
	if (s->up_at == 0)
		s->up_at = monotonic_ms();
	session_limits(s, monotonic_ms());
	session_event(s, s->logged_in ? EVENT_CHANGE : EVENT_LOGIN);
	s->logged_in = 1;
}

void
ppp_host_down(struct ppp *p)
{
	struct session	*s = p->owner;

	if (s->up) {
		LIST_REMOVE(s, by_address);
		session_nets_down(s);
		s->up = 0;
		session_stats.sessions_up--;
	}
}

/* May be called from deep inside PPP: the memory goes later. */
void
ppp_host_finished(struct ppp *p)
{
	struct session		*s = p->owner;
	struct msg_call_closed	 m;
	struct msg_call		 release;

	session_event(s, s->logged_in ? EVENT_LOGOUT : EVENT_LOGIN);
	session_unroute(s);
	if (s->auth_used) {
		memset(&release, 0, sizeof(release));
		release.call_id = s->call_id;
		release.serial = s->serial;
		send_auth(IMSG_AUTH_RELEASE, &release, sizeof(release));
	}
	memset(&m, 0, sizeof(m));
	m.call_id = s->call_id;
	m.serial = s->serial;
	m.cause = p->cause;
	m.opened = 1;
	m.authenticated = s->authenticated;
	m.rx_bytes = s->c.rx_bytes;
	m.tx_bytes = s->c.tx_bytes;
	send_control(IMSG_CALL_CLOSED, 0, &m, sizeof(m));

	s->c.ppp_malformed = p->malformed;
	s->c.ppp_rejected = p->rejected;
	session_count(&session_stats.c, &s->c);
	session_stats.ended[p->cause]++;
	if (p->cause == END_NO_MPPE)
		session_stats.mppe_refused++;
	session_stats.sessions_current--;
	wheel_clear(&session_wheel, &s->timer);
	sessions[s->call_id] = NULL;
	TAILQ_INSERT_TAIL(&dead, s, dead);
}

/* For the log, and for who watches by pptpctl. */
static void
session_event(struct session *s, enum event_kind kind)
{
	const struct ppp	*p = &s->ppp;
	struct ctl_event	 ev;

	memset(&ev, 0, sizeof(ev));
	ev.kind = kind;
	ev.call_id = s->call_id;
	ev.cause = p->cause;
	ev.method = p->lcp.auth;
	if (p->mppe) {
		ev.mppe_bits = p->mppe_tx.bits;
		ev.mppe_stateful = p->mppe_tx.stateful;
	}
	ev.peer = s->peer;
	ev.remote = p->ipcp.remote;
	ev.local = p->ipcp.local;
	ev.time = time(NULL);
	ev.duration = (monotonic_ms() - s->opened_at) / 1000;
	ev.rx_packets = s->c.rx_packets;
	ev.rx_bytes = s->c.rx_bytes;
	ev.tx_packets = s->c.tx_packets;
	ev.tx_bytes = s->c.tx_bytes;
	if (s->user != NULL)
		(void)log_text(ev.user, sizeof(ev.user), s->user);
	if (s->ident != NULL)
		(void)strlcpy(ev.client, s->ident, sizeof(ev.client));
	event_log(&ev);
	send_control(IMSG_EVENT, 0, &ev, sizeof(ev));
}

void
session_reap(void)
{
	struct session	*s;

	while ((s = TAILQ_FIRST(&dead)) != NULL) {
		TAILQ_REMOVE(&dead, s, dead);
		session_free(s);
	}
}

static void
session_free(struct session *s)
{
	datapath_forget(s);
	if (--s->conf->refs == 0)
		free(s->conf);
	free(s->user);
	free(s->ident);
	free(s->nets);
	freezero(s->verdict, sizeof(*s->verdict));
	freezero(s, sizeof(*s));
}
