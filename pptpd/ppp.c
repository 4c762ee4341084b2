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

#include <event.h>
#include <imsg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pptpd.h"
#include "fsm.h"
#include "ppp.h"

/*
 * The link: its phases (RFC 1661 section 3), what the layers tell each other,
 * and when IP may flow.
 */

#define REJECTS_PER_SECOND	10
#define STALE_REQUEST		200	/* ms, see ppp_input() */
#define START_DELAY		100	/* ms, see ppp_open() */
#define CCP_DELAY		500	/* ms, see ppp_start_network() */
#define SETUP_PACKETS		300	/* control packets until IP may flow */

static void	 ppp_start(struct ppp *, struct cp *, uint64_t);
static void	 ppp_start_network(struct ppp *, uint64_t);
static void	 ppp_check_up(struct ppp *, uint64_t);
static void	 ppp_down(struct ppp *);
static void	 ppp_finish(struct ppp *);
static void	 ppp_reject_protocol(struct ppp *, uint16_t, const uint8_t *,
		    size_t, uint64_t);
static void	 ppp_give_up(struct ppp *, uint64_t);
static void	 ppp_echo(struct ppp *, uint64_t);
static void	 ppp_echo_request(struct ppp *);
static void	 cp_timer(struct ppp *, struct cp *, uint64_t);

void
ppp_init(struct ppp *p, const struct conf_ppp *conf, void *owner)
{
	memset(p, 0, sizeof(*p));
	p->conf = conf;
	p->owner = owner;
	memcpy(p->dns, conf->dns, sizeof(p->dns));
	lcp_init(&p->lcp, conf, ppp_host_random());
	cp_init(&p->ccp.cp, PPP_CCP);
	cp_init(&p->ipcp.cp, PPP_IPCP);
}

/*
 * The client learns of its call by TCP while the first packet would go by GRE:
 * it gets a moment, or until it speaks itself.
 */
void
ppp_open(struct ppp *p, uint64_t now)
{
	p->phase = PPP_ESTABLISH;
	p->setup_deadline = now + p->conf->auth_timeout * 1000ULL;
	p->start_deadline = now + START_DELAY;
	p->last_rx = now;
	cp_event(p, &p->lcp.cp, FSM_OPEN, now);
}

/* Begin with the layer that waited for the client to do so. */
static void
ppp_start(struct ppp *p, struct cp *c, uint64_t now)
{
	if (c->state != FSM_STARTING)
		return;
	if (c->proto != PPP_IPCP)
		p->start_deadline = 0;
	cp_event(p, c, FSM_UP, now);
}

void
ppp_close(struct ppp *p, enum end_cause cause, uint64_t now)
{
	if (p->finished)
		return;
	if (p->cause == END_NONE)
		p->cause = cause;
	ppp_down(p);
	p->phase = PPP_TERMINATE;
	p->setup_deadline = p->echo_deadline = p->auth.deadline = 0;
	p->start_deadline = 0;
	cp_event(p, &p->lcp.cp, FSM_CLOSE, now);
	if (p->lcp.cp.state < FSM_CLOSING)
		ppp_finish(p);
}

void
ppp_abort(struct ppp *p, enum end_cause cause)
{
	if (p->cause == END_NONE)
		p->cause = cause;
	ppp_finish(p);
}

static void
ppp_down(struct ppp *p)
{
	if (p->up) {
		p->up = 0;
		ppp_host_down(p);
	}
}

static void
ppp_finish(struct ppp *p)
{
	if (p->finished)
		return;
	ppp_down(p);
	p->finished = 1;
	p->phase = PPP_DEAD;
	ppp_host_finished(p);
}

int
ppp_header(const uint8_t *buf, size_t len, uint16_t *proto)
{
	size_t	n = 0;

	/* Always understood, negotiated or not: FF is no protocol's start. */
	if (len >= 2 && buf[0] == 0xff && buf[1] == 0x03)
		n = 2;
	if (len < n + 1 || buf[n] == 0xff)
		return (-1);
	if (buf[n] & 1) {
		*proto = buf[n];
		return (n + 1);
	}
	if (len < n + 2)
		return (-1);
	*proto = buf[n] << 8 | buf[n + 1];
	return (n + 2);
}

uint16_t
ppp_mtu(const struct ppp *p)
{
	uint16_t	mtu;

	mtu = p->lcp.peer_mru < p->conf->mru ? p->lcp.peer_mru : p->conf->mru;
	/* MPPE's header and the inner protocol field are inside the MRU. */
	return (p->mppe ? mtu - 4 : mtu);
}

void
ppp_input(struct ppp *p, uint16_t proto, const uint8_t *buf, size_t len,
    uint64_t now)
{
	if (p->phase == PPP_DEAD)
		return;
	/* Two sides that never agree could go on as fast as they can. */
	if (p->up)
		p->setup_packets = 0;
	else if (++p->setup_packets > SETUP_PACKETS) {
		ppp_give_up(p, now);
		return;
	}

	switch (proto) {
	case PPP_LCP:
		ppp_start(p, &p->lcp.cp, now);
		/*
		 * A client that was not ready for our first request yet need
		 * not wait for the restart timer.
		 */
		if (!p->heard) {
			p->heard = 1;
			if (p->lcp.cp.state == FSM_REQ_SENT &&
			    p->lcp.cp.deadline < now - STALE_REQUEST +
			    p->conf->retry_timeout * 1000ULL)
				cp_event(p, &p->lcp.cp, FSM_TO_PLUS, now);
		}
		cp_input(p, &p->lcp.cp, buf, len, now);
		return;
	case PPP_PAP:
	case PPP_CHAP:
		if (p->lcp.cp.state == FSM_OPENED &&
		    (p->phase == PPP_AUTHENTICATE || p->phase == PPP_NETWORK))
			auth_input(p, proto, buf, len);
		return;
	}

	/* Nothing else before authentication is done (sections 3.4, 3.5). */
	if (p->phase != PPP_NETWORK)
		return;
	switch (proto) {
	case PPP_CCP:
		if (p->ccp.cp.state == FSM_INITIAL)
			ppp_reject_protocol(p, proto, buf, len, now);
		else {
			if (p->ccp.cp.state == FSM_STARTING)
				ccp_follow(&p->ccp, p->conf, buf, len);
			ppp_start(p, &p->ccp.cp, now);
			cp_input(p, &p->ccp.cp, buf, len, now);
		}
		break;
	case PPP_IPCP:
		/* A client that begins with this may never begin CCP. */
		ppp_start(p, &p->ccp.cp, now);
		ppp_start(p, &p->ipcp.cp, now);
		cp_input(p, &p->ipcp.cp, buf, len, now);
		break;
	default:
		ppp_reject_protocol(p, proto, buf, len, now);
		break;
	}
}

int
ppp_may_reject(struct ppp *p, uint64_t now)
{
	if (p->reject_second != now / 1000) {
		p->reject_second = now / 1000;
		p->nrejects = 0;
	}
	if (p->nrejects >= REJECTS_PER_SECOND)
		return (0);
	p->nrejects++;
	return (1);
}

/* Protocol-Reject (section 5.7); cp_send() cuts it to the peer's MRU. */
static void
ppp_reject_protocol(struct ppp *p, uint16_t proto, const uint8_t *buf,
    size_t len, uint64_t now)
{
	uint8_t	data[PPP_DEFAULT_MRU];

	if (p->lcp.cp.state != FSM_OPENED || !ppp_may_reject(p, now))
		return;
	p->rejected++;
	data[0] = proto >> 8;
	data[1] = proto & 0xff;
	if (len > sizeof(data) - 2)
		len = sizeof(data) - 2;
	memcpy(data + 2, buf, len);
	cp_send(p, &p->lcp.cp, LCP_PROTO_REJ, ++p->reject_id, data, len + 2);
}

/* The peer does not know a protocol of ours. */
void
ppp_protocol_rejected(struct ppp *p, uint16_t proto, uint64_t now)
{
	switch (proto) {
	case PPP_LCP:
		cp_event(p, &p->lcp.cp, FSM_RXJ_MINUS, now);
		break;
	case PPP_PAP:
	case PPP_CHAP:
		if (p->phase == PPP_AUTHENTICATE)
			ppp_close(p, END_AUTH_REFUSED, now);
		break;
	case PPP_CCP:
		cp_event(p, &p->ccp.cp, FSM_RXJ_MINUS, now);
		break;
	case PPP_COMP:
		if (p->mppe)
			ppp_close(p, END_NO_MPPE, now);
		break;
	case PPP_IPCP:
		cp_event(p, &p->ipcp.cp, FSM_RXJ_MINUS, now);
		break;
	case PPP_IP:
		ppp_close(p, END_IPCP_FAILED, now);
		break;
	}
}

void
ppp_layer_up(struct ppp *p, struct cp *c, uint64_t now)
{
	switch (c->proto) {
	case PPP_LCP:
		if (p->conf->echo_interval > 0)
			p->echo_deadline = now +
			    p->conf->echo_interval * 1000ULL;
		p->phase = PPP_AUTHENTICATE;
		auth_start(p, now);
		break;
	case PPP_CCP:
		if (p->ccp.rx.bits == 0 || p->ccp.tx.bits == 0) {
			if (p->mppe || p->conf->mppe_policy == MPPE_REQUIRE) {
				ppp_close(p, END_NO_MPPE, now);
				return;
			}
		} else if (!p->mppe) {
			p->mppe = 1;
			p->mppe_rx = p->ccp.rx;
			p->mppe_tx = p->ccp.tx;
			ppp_host_mppe(p);
		} else if (memcmp(&p->ccp.rx, &p->mppe_rx,
		    sizeof(p->mppe_rx)) != 0 || memcmp(&p->ccp.tx,
		    &p->mppe_tx, sizeof(p->mppe_tx)) != 0) {
			/* Start keys are good for one start. */
			ppp_close(p, END_NO_MPPE, now);
			return;
		}
		/*
		 * Else it was negotiated over again with the same result, as
		 * Windows does: the keys run on, or a key stream would be
		 * used twice.
		 */
		ppp_start(p, &p->ipcp.cp, now);
		ppp_check_up(p, now);
		break;
	case PPP_IPCP:
		ppp_check_up(p, now);
		break;
	}
}

void
ppp_layer_down(struct ppp *p, struct cp *c, uint64_t now)
{
	switch (c->proto) {
	case PPP_LCP:
		ppp_down(p);
		p->phase = c->state == FSM_STOPPING || c->state == FSM_CLOSING ?
		    PPP_TERMINATE : PPP_ESTABLISH;
		p->auth.done = 0;
		p->auth.waiting = AUTH_IDLE;
		p->auth.deadline = p->echo_deadline = 0;
		p->mppe = p->has_keys = 0;
		cp_init(&p->ccp.cp, PPP_CCP);
		cp_init(&p->ipcp.cp, PPP_IPCP);
		if (p->phase == PPP_ESTABLISH)
			p->setup_deadline = now +
			    p->conf->auth_timeout * 1000ULL;
		else
			p->setup_deadline = 0;
		break;
	case PPP_CCP:
		/* Once on, encryption does not go off again. */
		if (p->mppe &&
		    (c->state == FSM_STOPPING || c->state == FSM_CLOSING))
			ppp_close(p, END_NO_MPPE, now);
		break;
	case PPP_IPCP:
		ppp_down(p);
		break;
	}
}

void
ppp_layer_finished(struct ppp *p, struct cp *c, uint64_t now)
{
	switch (c->proto) {
	case PPP_LCP:
		if (p->cause == END_NONE)
			p->cause = p->heard ? END_LCP_FAILED : END_NO_GRE;
		ppp_finish(p);
		break;
	case PPP_CCP:
		if (p->mppe || p->conf->mppe_policy == MPPE_REQUIRE)
			ppp_close(p, END_NO_MPPE, now);
		else {
			ppp_start(p, &p->ipcp.cp, now);
			ppp_check_up(p, now);
		}
		break;
	case PPP_IPCP:
		ppp_close(p, END_IPCP_FAILED, now);
		break;
	}
}

void
ppp_authenticated(struct ppp *p, uint64_t now)
{
	p->phase = PPP_NETWORK;
	p->setup_deadline = now + p->conf->auth_timeout * 1000ULL;
	ppp_start_network(p, now);
}

static void
ppp_start_network(struct ppp *p, uint64_t now)
{
	if (p->conf->mppe_policy == MPPE_REQUIRE && !p->has_keys) {
		ppp_close(p, END_NO_MPPE, now);
		return;
	}
	if (p->conf->mppe_policy != MPPE_NEVER && p->has_keys) {
		ccp_init(&p->ccp, p->conf);
		cp_event(p, &p->ccp.cp, FSM_OPEN, now);
		p->start_deadline = now + CCP_DELAY;
	}
	/*
	 * pppd takes a mode that it does not want for the end, and answers
	 * IPCP with a Terminate-Ack until CCP is open.  So the first word of
	 * both is the client's; of CCP we do not wait for it long.
	 */
	cp_event(p, &p->ipcp.cp, FSM_OPEN, now);
	if (p->ccp.cp.state == FSM_INITIAL)
		ppp_start(p, &p->ipcp.cp, now);
}

/*
 * IP may flow when IPCP is open and it is settled whether it is encrypted:
 * the two may come in either order.
 */
static void
ppp_check_up(struct ppp *p, uint64_t now)
{
	if (p->up || p->phase != PPP_NETWORK ||
	    p->ipcp.cp.state != FSM_OPENED)
		return;
	if (!p->mppe) {
		if (p->conf->mppe_policy == MPPE_REQUIRE)
			return;
		/* Still talking about it? */
		if (p->ccp.cp.state >= FSM_REQ_SENT &&
		    p->ccp.cp.state != FSM_OPENED)
			return;
	}
	p->up = 1;
	p->setup_deadline = 0;
	ppp_host_up(p);
}

void
ppp_address(struct ppp *p, struct in_addr remote, uint64_t now)
{
	struct ipcp	*i = &p->ipcp;
	uint8_t		 len = i->heldlen;

	if (p->phase != PPP_NETWORK || len == 0)
		return;
	i->heldlen = 0;
	i->remote = remote;
	cp_request_again(p, &i->cp, i->held_id, i->held, len, now);
}

static void
cp_timer(struct ppp *p, struct cp *c, uint64_t now)
{
	if (c->deadline != 0 && now >= c->deadline && !p->finished)
		cp_event(p, c, c->restart > 0 ? FSM_TO_PLUS : FSM_TO_MINUS,
		    now);
}

/* Keep-alive: ask only if nothing came for a while. */
static void
ppp_echo(struct ppp *p, uint64_t now)
{
	uint64_t	interval = p->conf->echo_interval * 1000ULL;

	if (p->echo_deadline == 0 || now < p->echo_deadline)
		return;
	if (p->last_rx + interval > now) {
		p->lcp.echo_lost = 0;
		p->echo_deadline = p->last_rx + interval;
		return;
	}
	if (p->lcp.echo_lost >= p->conf->echo_failures) {
		ppp_abort(p, END_ECHO_TIMEOUT);
		return;
	}
	p->lcp.echo_lost++;
	p->echo_deadline = now + interval;
	ppp_echo_request(p);
}

static void
ppp_echo_request(struct ppp *p)
{
	uint32_t	magic;

	magic = htonl(p->lcp.no_magic ? 0 : p->lcp.magic);
	cp_send(p, &p->lcp.cp, LCP_ECHO_REQ, ++p->lcp.echo_id,
	    (const uint8_t *)&magic, sizeof(magic));
}

int
ppp_probe(struct ppp *p)
{
	if (p->finished || p->lcp.cp.state != FSM_OPENED)
		return (-1);
	ppp_echo_request(p);
	return (0);
}

/* It took too long, or too much. */
static void
ppp_give_up(struct ppp *p, uint64_t now)
{
	switch (p->phase) {
	case PPP_AUTHENTICATE:
		ppp_close(p, END_AUTH_TIMEOUT, now);
		break;
	case PPP_NETWORK:
		ppp_close(p, p->ipcp.cp.state == FSM_OPENED ? END_NO_MPPE :
		    END_IPCP_FAILED, now);
		break;
	case PPP_DEAD:
	case PPP_ESTABLISH:
	case PPP_TERMINATE:
		ppp_abort(p, p->heard ? END_LCP_FAILED : END_NO_GRE);
		break;
	}
}

uint64_t
ppp_timer(struct ppp *p, uint64_t now)
{
	if (p->setup_deadline != 0 && now >= p->setup_deadline &&
	    !p->finished)
		ppp_give_up(p, now);
	if (p->start_deadline != 0 && now >= p->start_deadline) {
		p->start_deadline = 0;
		ppp_start(p, &p->lcp.cp, now);
		ppp_start(p, &p->ccp.cp, now);
	}
	cp_timer(p, &p->lcp.cp, now);
	cp_timer(p, &p->ccp.cp, now);
	cp_timer(p, &p->ipcp.cp, now);
	if (!p->finished)
		auth_timer(p, now);
	if (!p->finished)
		ppp_echo(p, now);
	return (ppp_deadline(p));
}

uint64_t
ppp_deadline(const struct ppp *p)
{
	const uint64_t	when[] = { p->setup_deadline, p->start_deadline,
			    p->echo_deadline,
			    p->auth.deadline, p->lcp.cp.deadline,
			    p->ccp.cp.deadline, p->ipcp.cp.deadline };
	uint64_t	next = 0;
	size_t		i;

	if (p->finished)
		return (0);
	for (i = 0; i < sizeof(when) / sizeof(when[0]); i++)
		if (when[i] != 0 && (next == 0 || when[i] < next))
			next = when[i];
	return (next);
}
