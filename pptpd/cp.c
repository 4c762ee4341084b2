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
 * Packets of the control protocols and the performing of the automaton's
 * actions: what LCP, CCP and IPCP have in common (RFC 1661 sections 4 and 5).
 */

/* How Windows of all versions begins its first Identification. */
#define WINDOWS_IDENT	"MSRAS"

/* The packet that caused an event, as far as actions need it. */
struct cause {
	uint8_t		 id;
	const uint8_t	*data;		/* after the header */
	size_t		 len;
	const uint8_t	*packet;	/* with the header */
	size_t		 packet_len;
	struct cp_reply	*reply;
	enum cp_verdict	 verdict;
};

static void	 cp_run(struct ppp *, struct cp *, enum fsm_event,
		    const struct cause *, uint64_t);
static void	 cp_send_request(struct ppp *, struct cp *, int, uint64_t);
static size_t	 cp_whole_options(const struct ppp *, const uint8_t *, size_t);
static void	 cp_send_reject(struct ppp *, struct cp *,
		    const struct cause *, uint64_t);
static void	 cp_configure_request(struct ppp *, struct cp *,
		    const struct cause *, uint64_t);
static void	 cp_configure_answer(struct ppp *, struct cp *, uint8_t,
		    const struct cause *, uint64_t);
static void	 cp_extension(struct ppp *, struct cp *, uint8_t,
		    const struct cause *, uint64_t);

void
cp_init(struct cp *c, uint16_t proto)
{
	memset(c, 0, sizeof(*c));
	c->proto = proto;
	c->state = FSM_INITIAL;
}

void
cp_event(struct ppp *p, struct cp *c, enum fsm_event event, uint64_t now)
{
	static const struct cause	none;

	cp_run(p, c, event, &none, now);
}

static void
cp_run(struct ppp *p, struct cp *c, enum fsm_event event,
    const struct cause *why, uint64_t now)
{
	enum fsm_state	next;
	unsigned int	act;

	act = fsm_step(c->state, event, &next);
	if (act & FSM_IMPOSSIBLE)
		return;
	c->state = next;

	if (act & FSM_TLD)
		ppp_layer_down(p, c, now);
	if (act & FSM_IRC)
		c->restart = act & FSM_STR ? p->conf->max_terminate :
		    p->conf->max_configure;
	if (act & FSM_ZRC) {
		c->restart = 0;
		c->deadline = now + p->conf->retry_timeout * 1000ULL;
	}
	if (act & FSM_SCR)
		cp_send_request(p, c, event == FSM_TO_PLUS, now);
	if (act & FSM_SCA) {
		c->naks = 0;
		cp_send(p, c, CP_CONF_ACK, why->id, why->data, why->len);
	}
	if (act & FSM_SCN) {
		if (why->verdict == CP_REJ)
			cp_send(p, c, CP_CONF_REJ, why->id, why->reply->rej,
			    cp_whole_options(p, why->reply->rej,
			    why->reply->rejlen));
		else {
			c->naks++;
			cp_send(p, c, CP_CONF_NAK, why->id, why->reply->nak,
			    why->reply->naklen);
		}
	}
	if (act & FSM_STR) {
		if (c->restart > 0)
			c->restart--;
		cp_send(p, c, CP_TERM_REQ, ++c->id, NULL, 0);
		c->deadline = now + p->conf->retry_timeout * 1000ULL;
	}
	if (act & FSM_STA)
		cp_send(p, c, CP_TERM_ACK, why->id, NULL, 0);
	if (act & FSM_SCJ)
		cp_send_reject(p, c, why, now);
	if (act & FSM_SER)
		cp_extension(p, c, LCP_ECHO_REP, why, now);

	/* The restart timer runs in the states between Closing and Ack-Sent. */
	if (c->state < FSM_CLOSING || c->state == FSM_OPENED)
		c->deadline = 0;

	/* Last, for it may come back here. */
	if (act & FSM_TLU)
		ppp_layer_up(p, c, now);
	if (act & FSM_TLF)
		ppp_layer_finished(p, c, now);
}

void
cp_send(struct ppp *p, struct cp *c, uint8_t code, uint8_t id,
    const uint8_t *data, size_t len)
{
	uint8_t	 buf[PPP_DEFAULT_MRU];
	size_t	 max;

	/*
	 * Rejects and echoes are cut to what the peer takes (5.6 to 5.8); not
	 * lists of options, it always takes the default MRU (section 6.1).
	 */
	max = sizeof(buf);
	if (code >= CP_CODE_REJ && p->lcp.peer_mru < max)
		max = p->lcp.peer_mru;
	if (len > max - CP_HEADER_LEN)
		len = max - CP_HEADER_LEN;
	buf[0] = code;
	buf[1] = id;
	buf[2] = (len + CP_HEADER_LEN) >> 8;
	buf[3] = (len + CP_HEADER_LEN) & 0xff;
	if (len > 0)
		memcpy(buf + CP_HEADER_LEN, data, len);
	ppp_host_send(p, c->proto, buf, len + CP_HEADER_LEN);
}

/*
 * What fits into one packet to the peer; the rest it hears the next time.  One
 * that is longer goes as it is, or there would be no answer to it.
 */
static size_t
cp_whole_options(const struct ppp *p, const uint8_t *opt, size_t len)
{
	size_t	max, n = 0;

	max = p->lcp.peer_mru - CP_HEADER_LEN;
	while (n < len && (n == 0 || n + opt[n + 1] <= max))
		n += opt[n + 1];
	return (n);
}

/*
 * Send our Configure-Request.  One sent again because of a time-out keeps its
 * identifier, its contents are the same (section 5.1).
 */
static void
cp_send_request(struct ppp *p, struct cp *c, int again, uint64_t now)
{
	if (!again) {
		c->id++;
		switch (c->proto) {
		case PPP_LCP:
			c->reqlen = lcp_request(&p->lcp, c->req);
			break;
		case PPP_CCP:
			c->reqlen = ccp_request(&p->ccp, c->req);
			break;
		case PPP_IPCP:
			c->reqlen = ipcp_request(&p->ipcp, c->req);
			break;
		}
	}
	if (c->restart > 0)
		c->restart--;
	c->deadline = now + p->conf->retry_timeout * 1000ULL;
	cp_send(p, c, CP_CONF_REQ, c->id, c->req, c->reqlen);
}

static void
cp_send_reject(struct ppp *p, struct cp *c, const struct cause *why,
    uint64_t now)
{
	if (ppp_may_reject(p, now))
		cp_send(p, c, CP_CODE_REJ, ++p->reject_id, why->packet,
		    why->packet_len);
}

/* A packet of this protocol; octets beyond its Length are padding. */
void
cp_input(struct ppp *p, struct cp *c, const uint8_t *buf, size_t len,
    uint64_t now)
{
	struct cause	why;
	size_t		plen;
	uint8_t		code;

	if (len < CP_HEADER_LEN)
		goto malformed;
	plen = (size_t)buf[2] << 8 | buf[3];
	if (plen < CP_HEADER_LEN || plen > len)
		goto malformed;

	memset(&why, 0, sizeof(why));
	code = buf[0];
	why.id = buf[1];
	why.data = buf + CP_HEADER_LEN;
	why.len = plen - CP_HEADER_LEN;
	why.packet = buf;
	why.packet_len = plen;

	switch (code) {
	case CP_CONF_REQ:
		cp_configure_request(p, c, &why, now);
		return;
	case CP_CONF_ACK:
	case CP_CONF_NAK:
	case CP_CONF_REJ:
		cp_configure_answer(p, c, code, &why, now);
		return;
	case CP_TERM_REQ:
		if (c == &p->lcp.cp && p->cause == END_NONE)
			p->cause = END_PEER_TERMINATE;
		cp_run(p, c, FSM_RTR, &why, now);
		return;
	case CP_TERM_ACK:
		cp_run(p, c, FSM_RTA, &why, now);
		return;
	case CP_CODE_REJ:
		if (why.len < 1)
			goto malformed;
		cp_run(p, c, why.data[0] >= CP_CONF_REQ &&
		    why.data[0] <= CP_TERM_ACK ? FSM_RXJ_MINUS : FSM_RXJ_PLUS,
		    &why, now);
		return;
	default:
		cp_extension(p, c, code, &why, now);
		return;
	}

 malformed:
	p->malformed++;
}

/* Codes that only one of the protocols has. */
static void
cp_extension(struct ppp *p, struct cp *c, uint8_t code,
    const struct cause *why, uint64_t now)
{
	uint8_t		 reply[PPP_DEFAULT_MRU];
	uint32_t	 magic;
	size_t		 len;

	if (c->proto == PPP_CCP && code == CCP_RESET_REQ) {
		/*
		 * Answered by the FLUSHED bit of the next packet (RFC 3078
		 * section 8.2).  Windows takes a Reset-Ack for an error, Linux
		 * drops everything until it has one (RFC 1962 section 3.2).
		 */
		if (c->state == FSM_OPENED && p->mppe && p->mppe_tx.stateful) {
			ppp_host_mppe_reset(p);
			if (!p->windows)
				cp_send(p, c, CCP_RESET_ACK, why->id, NULL, 0);
		}
		return;
	}
	if (c->proto == PPP_CCP && code == CCP_RESET_ACK)
		return;
	if (c->proto != PPP_LCP || code < LCP_PROTO_REJ ||
	    code > LCP_TIME_REMAINING) {
		cp_run(p, c, FSM_RUC, why, now);
		return;
	}

	if (code == LCP_PROTO_REJ) {
		if (why->len < 2)
			p->malformed++;
		else if (c->state == FSM_OPENED)
			ppp_protocol_rejected(p,
			    why->data[0] << 8 | why->data[1], now);
		return;
	}

	/* The others begin with a magic number: 0, or the peer's (6.4). */
	if (why->len < 4) {
		p->malformed++;
		return;
	}
	if (c->state != FSM_OPENED)
		return;
	memcpy(&magic, why->data, sizeof(magic));
	magic = ntohl(magic);
	if (magic != 0 && magic == p->lcp.magic && !p->lcp.no_magic) {
		/* Discards and an echo's answer may carry it, if looped. */
		ppp_abort(p, END_LOOPBACK);
		return;
	}

	switch (code) {
	case LCP_ECHO_REQ:
		if (!ppp_may_reject(p, now))
			return;
		len = why->len < sizeof(reply) ? why->len : sizeof(reply);
		memcpy(reply, why->data, len);
		magic = htonl(p->lcp.no_magic ? 0 : p->lcp.magic);
		memcpy(reply, &magic, sizeof(magic));
		cp_send(p, c, LCP_ECHO_REP, why->id, reply, len);
		break;
	case LCP_ECHO_REP:
		if (why->id == p->lcp.echo_id)
			p->lcp.echo_lost = 0;
		break;
	case LCP_IDENTIFICATION:
		if (why->len >= 4 + sizeof(WINDOWS_IDENT) - 1 &&
		    memcmp(why->data + 4, WINDOWS_IDENT,
		    sizeof(WINDOWS_IDENT) - 1) == 0)
			p->windows = 1;
		ppp_host_ident(p, why->data + 4, why->len - 4);
		break;
	case LCP_DISCARD_REQ:
	case LCP_TIME_REMAINING:
		break;
	}
}

static void
cp_configure_request(struct ppp *p, struct cp *c, const struct cause *why,
    uint64_t now)
{
	struct cause	answer = *why;
	struct cp_reply	reply;

	if (!cp_options_ok(why->data, why->len)) {
		p->malformed++;
		return;
	}

	reply.naklen = reply.rejlen = 0;
	memset(reply.seen, 0, sizeof(reply.seen));
	reply.reject = c->naks >= p->conf->max_failure;
	answer.reply = &reply;

	switch (c->proto) {
	case PPP_LCP:
		lcp_check(&p->lcp, why->data, why->len, &reply);
		/* Our very own request, or our magic number time and again. */
		if ((p->lcp.loops > 0 && why->len == c->reqlen &&
		    memcmp(why->data, c->req, c->reqlen) == 0) ||
		    p->lcp.loops > p->conf->max_failure) {
			ppp_abort(p, END_LOOPBACK);
			return;
		}
		break;
	case PPP_CCP:
		ccp_check(&p->ccp, p->conf, why->data, why->len, &reply);
		break;
	case PPP_IPCP:
		/* One at a time while the auth engine is asked. */
		if (p->ipcp.heldlen != 0)
			return;
		if (ipcp_check(&p->ipcp, p->conf, why->data, why->len,
		    &reply) == -1) {
			/* The client would like an address of its own. */
			p->ipcp.held_id = why->id;
			p->ipcp.heldlen = why->len;
			memcpy(p->ipcp.held, why->data, why->len);
			ppp_host_address(p, p->ipcp.wanted);
			return;
		}
		break;
	}

	if (reply.rejlen > 0)
		answer.verdict = CP_REJ;
	else if (reply.naklen > 0)
		answer.verdict = CP_NAK;
	else {
		answer.verdict = CP_ACK;
		/*
		 * Values count from here on, but for those of a state in which
		 * the request is not answered.
		 */
		if (c->state != FSM_CLOSED && c->state != FSM_CLOSING &&
		    c->state != FSM_STOPPING) {
			switch (c->proto) {
			case PPP_LCP:
				lcp_accept(&p->lcp, why->data, why->len);
				break;
			case PPP_CCP:
				ccp_accept(&p->ccp, why->data, why->len);
				break;
			case PPP_IPCP:
				ipcp_accept(&p->ipcp, why->data, why->len);
				break;
			}
		}
	}
	cp_run(p, c, answer.verdict == CP_ACK ? FSM_RCR_PLUS : FSM_RCR_MINUS,
	    &answer, now);
}

/* Judge a Configure-Request again that was put aside. */
void
cp_request_again(struct ppp *p, struct cp *c, uint8_t id, const uint8_t *data,
    size_t len, uint64_t now)
{
	struct cause	why;

	memset(&why, 0, sizeof(why));
	why.id = id;
	why.data = data;
	why.len = len;
	cp_configure_request(p, c, &why, now);
}

/* Answers to our own request: the identifier must match (5.2 to 5.4). */
static void
cp_configure_answer(struct ppp *p, struct cp *c, uint8_t code,
    const struct cause *why, uint64_t now)
{
	enum end_cause	cause = END_NONE;

	if (c->state >= FSM_REQ_SENT) {
		if (why->id != c->id)
			return;
		if (!cp_options_ok(why->data, why->len)) {
			p->malformed++;
			return;
		}
		if (code == CP_CONF_ACK && (why->len != c->reqlen ||
		    memcmp(why->data, c->req, c->reqlen) != 0)) {
			p->malformed++;
			return;
		}
		/*
		 * A second answer to a request already acknowledged: Windows
		 * sends some, and so does everybody to whom a request went
		 * twice since the way is long.  Not worth starting over for.
		 */
		if (c->state == FSM_ACK_RCVD || c->state == FSM_OPENED)
			return;
	}

	/* In other states the automaton sends its Terminate-Ack. */
	if (code == CP_CONF_ACK) {
		cp_run(p, c, FSM_RCA, why, now);
		return;
	}
	if (c->state >= FSM_REQ_SENT) {
		switch (c->proto) {
		case PPP_LCP:
			cause = code == CP_CONF_NAK ?
			    lcp_nak(&p->lcp, why->data, why->len) :
			    lcp_rej(&p->lcp, why->data, why->len);
			break;
		case PPP_CCP:
			if (code == CP_CONF_NAK)
				ccp_nak(&p->ccp, p->conf, why->data, why->len);
			else
				ccp_rej(&p->ccp, p->conf, why->data, why->len);
			if (p->ccp.rx.bits != 0)
				break;
			if (p->mppe || p->conf->mppe_policy == MPPE_REQUIRE) {
				cause = END_NO_MPPE;
				break;
			}
			/* There is nothing else to agree on. */
			cp_event(p, c, FSM_CLOSE, now);
			ppp_layer_finished(p, c, now);
			return;
		case PPP_IPCP:
			/* Nak or not, we keep to our address. */
			if (code == CP_CONF_REJ)
				ipcp_rej(&p->ipcp, why->data, why->len);
			break;
		}
		if (cause != END_NONE) {
			ppp_close(p, cause, now);
			return;
		}
	}
	cp_run(p, c, FSM_RCN, why, now);
}

int
cp_options_ok(const uint8_t *opt, size_t len)
{
	while (len > 0) {
		if (len < 2 || opt[1] < 2 || opt[1] > len)
			return (0);
		len -= opt[1];
		opt += opt[1];
	}
	return (1);
}

int
cp_seen(struct cp_reply *r, uint8_t type)
{
	uint32_t	bit = 1U << (type & 31);

	if (r->seen[type >> 5] & bit)
		return (1);
	r->seen[type >> 5] |= bit;
	return (0);
}

/*
 * opt is the option as it came, NULL if the peer did not send one: that can
 * only be Nak'ed.  Every type comes here once at most, so nak is large enough.
 */
void
cp_nak(struct cp_reply *r, const uint8_t *opt, uint8_t type,
    const void *value, size_t len)
{
	if (r->reject && opt != NULL) {
		cp_reject(r, opt);
		return;
	}
	if (r->naklen + 2 + len > sizeof(r->nak))
		return;
	r->nak[r->naklen++] = type;
	r->nak[r->naklen++] = 2 + len;
	if (len > 0)
		memcpy(r->nak + r->naklen, value, len);
	r->naklen += len;
}

void
cp_reject(struct cp_reply *r, const uint8_t *opt)
{
	/* The rest is for the next one. */
	if (r->rejlen + opt[1] > sizeof(r->rej))
		return;
	memcpy(r->rej + r->rejlen, opt, opt[1]);
	r->rejlen += opt[1];
}
