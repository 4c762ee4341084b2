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
 * The part that LCP, CCP and IPCP have in common: RFC 1661 section 4, kept to
 * two questions, has the peer acknowledged us and we it.
 */

#include <sys/types.h>

#include <netinet/in.h>
#include <net/if.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pptp.h"
#include "gre.h"
#include "mppe.h"
#include "mschap.h"
#include "dial.h"

#define RESTART_TIME	MSEC(1000)
#define MAX_TRIES	30	/* the time limit of the call comes first */
#define MAX_TRIES_CCP	5	/* when it can be done without */
#define MAX_NAKS	10

static const uint8_t	*next_option(const uint8_t **, const uint8_t *);
static size_t		 request_options(struct call *, enum cp_index,
			    uint8_t *);
static void		 input_request(struct call *, enum cp_index,
			    const uint8_t *, size_t);
static void		 input_ack(struct call *, enum cp_index,
			    const uint8_t *, size_t);
static void		 input_refusal(struct call *, enum cp_index,
			    const uint8_t *, size_t);
static void		 input_terminate(struct call *, enum cp_index,
			    const uint8_t *, size_t);
static void		 input_protocol_reject(struct call *, const uint8_t *,
			    size_t);
static void		 check_open(struct call *, enum cp_index);

uint16_t
cp_protocol(enum cp_index i)
{
	switch (i) {
	case CP_LCP:
		return (P_LCP);
	case CP_CCP:
		return (P_CCP);
	case CP_IPCP:
	case CP_COUNT:
		break;
	}
	return (P_IPCP);
}

const char *
cp_code_name(unsigned int code)
{
	static const char *const names[] = {
		"code-0", "Configure-Request", "Configure-Ack",
		"Configure-Nak", "Configure-Reject", "Terminate-Request",
		"Terminate-Ack", "Code-Reject", "Protocol-Reject",
		"Echo-Request", "Echo-Reply", "Discard-Request",
		"Identification", "Time-Remaining", "Reset-Request",
		"Reset-Ack"
	};

	if (code >= sizeof(names) / sizeof(names[0]))
		return ("unknown-code");
	return (names[code]);
}

/* Append an option to a list that has room for it; returns its length. */
size_t
cp_option(uint8_t *p, uint8_t type, const void *data, size_t len)
{
	p[0] = type;
	p[1] = len + 2;
	if (len > 0)
		memcpy(p + 2, data, len);
	return (len + 2);
}

/* The next option of a list, NULL at its end or if it is malformed. */
static const uint8_t *
next_option(const uint8_t **pp, const uint8_t *end)
{
	const uint8_t	*p = *pp;

	if (end - p < 2 || p[1] < 2 || p[1] > end - p)
		return (NULL);
	*pp = p + p[1];
	return (p);
}

static size_t
request_options(struct call *c, enum cp_index i, uint8_t *p)
{
	switch (i) {
	case CP_LCP:
		return (lcp_request(c, p));
	case CP_CCP:
		return (ccp_request(c, p));
	case CP_IPCP:
	case CP_COUNT:
		break;
	}
	return (ipcp_request(c, p));
}

void
cp_start(struct call *c, enum cp_index i)
{
	struct cp	*cp = &c->cp[i];

	memset(cp, 0, sizeof(*cp));
	cp->running = 1;
	switch (i) {
	case CP_LCP:
		lcp_begin(c);
		break;
	case CP_CCP:
		ccp_begin(c);
		break;
	case CP_IPCP:
	case CP_COUNT:
		ipcp_begin(c);
		break;
	}
	cp_request(c, i);
}

/* Send the request as it stands now, under a new identifier. */
void
cp_request(struct call *c, enum cp_index i)
{
	struct cp	*cp = &c->cp[i];
	uint8_t		 options[CP_MAX];
	size_t		 len;
	int		 most = MAX_TRIES;

	if (i == CP_CCP && !opt.mppe_required)
		most = MAX_TRIES_CCP;
	if (++cp->tries > most) {
		cp_failed(c, i);
		return;
	}
	cp->acked = 0;
	cp->id = ++c->packet_id;
	len = request_options(c, i, options);
	timer_set(c, T_LCP + i, RESTART_TIME);
	ppp_send_cp(c, cp_protocol(i), CONF_REQ, cp->id, options, len);
}

/* Forget a protocol altogether. */
void
cp_reset(struct call *c, enum cp_index i)
{
	memset(&c->cp[i], 0, sizeof(c->cp[i]));
	timer_clear(c, T_LCP + i);
}

/* What was open is being negotiated again (RFC 1661 section 4.3). */
void
cp_down(struct call *c, enum cp_index i)
{
	struct cp	*cp = &c->cp[i];

	verbose(c, "protocol %04x down", cp_protocol(i));
	cp->open = cp->acked = cp->agreed = 0;
	cp->tries = cp->naks = 0;
	if (i == CP_LCP) {
		cp_reset(c, CP_CCP);
		cp_reset(c, CP_IPCP);
		timer_clear(c, T_AUTH);
		c->auth_done = 0;
		c->has_keys = 0;
		if (c->stage < S_LINGER && !c->was_up)
			call_stage(c, S_LCP);
	}
}

void
cp_failed(struct call *c, enum cp_index i)
{
	struct cp	*cp = &c->cp[i];

	cp_reset(c, i);
	cp->failed = 1;
	switch (i) {
	case CP_LCP:
		call_over(c, R_LCP, "no agreement on options");
		break;
	case CP_CCP:
		if (opt.mppe_required || c->encrypted) {
			call_over(c, R_NO_MPPE, "no agreement on MPPE");
			break;
		}
		ppp_network(c);
		ppp_check_up(c);
		break;
	case CP_IPCP:
	case CP_COUNT:
		call_over(c, R_IPCP, "no agreement on options");
		break;
	}
}

/* Code, Identifier, Length and what follows. */
void
cp_input(struct call *c, enum cp_index i, const uint8_t *p, size_t len)
{
	struct cp	*cp = &c->cp[i];
	uint8_t		 reply[CP_MAX];
	size_t		 n;

	if (len < 4 || get16(p + 2) < 4 || get16(p + 2) > len) {
		c->c.malformed++;
		return;
	}
	len = get16(p + 2);
	if (c->stage >= S_LINGER && (i != CP_LCP ||
	    (p[0] != TERM_REQ && p[0] != TERM_ACK && p[0] != ECHO_REQ)))
		return;

	switch (p[0]) {
	case CONF_REQ:
		input_request(c, i, p, len);
		return;
	case CONF_ACK:
		input_ack(c, i, p, len);
		return;
	case CONF_NAK:
	case CONF_REJ:
		input_refusal(c, i, p, len);
		return;
	case TERM_REQ:
		input_terminate(c, i, p, len);
		return;
	case TERM_ACK:
		if (i == CP_LCP)
			call_terminated(c);
		return;
	case CODE_REJ:
		return;
	}

	if (i == CP_LCP) {
		switch (p[0]) {
		case PROTO_REJ:
			input_protocol_reject(c, p + 4, len - 4);
			return;
		case ECHO_REQ:
			/* The same data with our magic number in front. */
			if (!cp->open || len < 8 || len > sizeof(reply))
				return;
			put32(reply, c->magic);
			memcpy(reply + 4, p + 8, len - 8);
			ppp_send_cp(c, P_LCP, ECHO_REP, p[1], reply, len - 4);
			return;
		case ECHO_REP:
		case DISCARD_REQ:
		case IDENTIFICATION:
		case TIME_REMAINING:
			return;
		}
	} else if (i == CP_CCP) {
		switch (p[0]) {
		case RESET_REQ:
			if (cp->open)
				ccp_reset_request(c, p[1]);
			return;
		case RESET_ACK:
			/* Bit A says it too, RFC 3078 section 4.2. */
			c->c.reset_acks++;
			return;
		}
	}
	n = len > 128 ? 128 : len;
	ppp_send_cp(c, cp_protocol(i), CODE_REJ, ++c->packet_id, p, n);
}

static void
input_request(struct call *c, enum cp_index i, const uint8_t *p, size_t len)
{
	struct cp	*cp = &c->cp[i];
	const uint8_t	*o, *q, *end;
	uint8_t		 nak[CP_MAX], reject[CP_MAX];
	size_t		 naklen = 0, rejlen = 0, n;
	enum judgement	 j;

	if (cp->failed)
		return;
	/* An option of 2 octets may come back with 5. */
	if (len > CP_MAX / 4) {
		c->c.malformed++;
		return;
	}
	if (!cp->running) {
		if (i == CP_LCP || !c->auth_done)
			return;
		cp_start(c, i);
	} else if (cp->open) {
		cp_down(c, i);
		cp_request(c, i);
	}

	switch (i) {
	case CP_LCP:
		c->peer_mru = 1500;
		c->peer_magic = 0;
		c->peer_pfc = c->peer_acfc = 0;
		c->method = METHOD_NONE;
		break;
	case CP_CCP:
		c->ccp_got = 0;
		break;
	case CP_IPCP:
	case CP_COUNT:
		c->peer.s_addr = 0;
		break;
	}
	q = p + 4;
	end = p + len;
	while ((o = next_option(&q, end)) != NULL) {
		n = 0;
		switch (i) {
		case CP_LCP:
			j = lcp_judge(c, o, nak + naklen, &n);
			break;
		case CP_CCP:
			j = ccp_judge(c, o, nak + naklen, &n);
			break;
		case CP_IPCP:
		case CP_COUNT:
		default:
			j = ipcp_judge(c, o, nak + naklen, &n);
			break;
		}
		if (c->stage >= S_LINGER)
			return;
		switch (j) {
		case J_ACK:
			break;
		case J_NAK:
			naklen += n;
			break;
		case J_REJECT:
			memcpy(reject + rejlen, o, o[1]);
			rejlen += o[1];
			break;
		}
	}
	if (q != end) {
		c->c.malformed++;
		return;
	}

	if (rejlen > 0 || naklen > 0) {
		cp->agreed = 0;
		if (++cp->naks > MAX_NAKS) {
			if (i == CP_LCP && c->method == 0)
				call_over(c, R_AUTH_METHOD,
				    "the server insists");
			else
				cp_failed(c, i);
			return;
		}
		if (rejlen > 0)
			ppp_send_cp(c, cp_protocol(i), CONF_REJ, p[1], reject,
			    rejlen);
		else
			ppp_send_cp(c, cp_protocol(i), CONF_NAK, p[1], nak,
			    naklen);
		return;
	}
	cp->agreed = 1;
	ppp_send_cp(c, cp_protocol(i), CONF_ACK, p[1], p + 4, len - 4);
	check_open(c, i);
}

static void
input_ack(struct call *c, enum cp_index i, const uint8_t *p, size_t len)
{
	struct cp	*cp = &c->cp[i];
	uint8_t		 options[CP_MAX];

	if (!cp->running || cp->acked || p[1] != cp->id)
		return;
	if (request_options(c, i, options) != len - 4 ||
	    memcmp(options, p + 4, len - 4) != 0) {
		complain(c, "%04x: Configure-Ack of what was not asked",
		    cp_protocol(i));
		c->c.malformed++;
		return;
	}
	cp->acked = 1;
	check_open(c, i);
}

static void
input_refusal(struct call *c, enum cp_index i, const uint8_t *p, size_t len)
{
	struct cp	*cp = &c->cp[i];
	const uint8_t	*o, *q, *end;
	int		 reject = p[0] == CONF_REJ;

	if (!cp->running || cp->acked || p[1] != cp->id)
		return;
	if (++cp->naks > MAX_NAKS) {
		cp_failed(c, i);
		return;
	}
	q = p + 4;
	end = p + len;
	while ((o = next_option(&q, end)) != NULL) {
		switch (i) {
		case CP_LCP:
			if (reject)
				lcp_reject(c, o);
			else
				lcp_nak(c, o);
			break;
		case CP_CCP:
			if (reject)
				cp_failed(c, i);
			else
				ccp_nak(c, o);
			break;
		case CP_IPCP:
		case CP_COUNT:
			if (reject)
				ipcp_reject(c, o);
			else
				ipcp_nak(c, o);
			break;
		}
		if (c->stage >= S_LINGER || !cp->running)
			return;
	}
	cp->tries = 0;
	cp_request(c, i);
}

static void
input_terminate(struct call *c, enum cp_index i, const uint8_t *p, size_t len)
{
	char	text[TEXT_MAX];

	ppp_send_cp(c, cp_protocol(i), TERM_ACK, p[1], NULL, 0);
	if (i == CP_LCP) {
		c->saw |= SAW_TERM_REQ;
		foreign_text(text, sizeof(text), p + 4, len - 4);
		call_over(c, R_LCP_TERMINATE, "%s", text);
	} else
		cp_failed(c, i);
}

static void
input_protocol_reject(struct call *c, const uint8_t *p, size_t len)
{
	if (len < 2) {
		c->c.malformed++;
		return;
	}
	c->c.protocol_reject++;
	switch (get16(p)) {
	case P_CCP:
	case P_MPPE:
		cp_failed(c, CP_CCP);
		break;
	case P_IPCP:
	case P_IP:
		cp_failed(c, CP_IPCP);
		break;
	case P_LCP:
		cp_failed(c, CP_LCP);
		break;
	}
}

static void
check_open(struct call *c, enum cp_index i)
{
	struct cp	*cp = &c->cp[i];

	if (!cp->acked || !cp->agreed || cp->open)
		return;
	cp->open = 1;
	cp->tries = cp->naks = 0;
	timer_clear(c, T_LCP + i);
	verbose(c, "protocol %04x open", cp_protocol(i));
	switch (i) {
	case CP_LCP:
		auth_start(c);
		break;
	case CP_CCP:
		ccp_up(c);
		ppp_network(c);
		ppp_check_up(c);
		break;
	case CP_IPCP:
	case CP_COUNT:
		ppp_check_up(c);
		break;
	}
}
