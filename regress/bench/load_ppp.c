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
#include <netinet/in.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gre.h"
#include "mppe.h"
#include "mschap.h"
#include "pptp.h"
#include "load.h"

/*
 * The client's side of LCP, MS-CHAPv2, CCP and IPCP: it asks for one thing and
 * takes what it is offered.
 */

#define CP_MAX		512

static void	 cp_send(struct session *, uint16_t, uint8_t, uint8_t,
		    const void *, size_t);
static void	 lcp_request(struct session *);
static void	 ccp_request(struct session *);
static void	 ipcp_request(struct session *);
static void	 network(struct session *);
static void	 lcp_input(struct session *, const uint8_t *, size_t);
static void	 chap_input(struct session *, const uint8_t *, size_t);
static void	 ccp_input(struct session *, const uint8_t *, size_t);
static void	 ipcp_input(struct session *, const uint8_t *, size_t);

static void
cp_send(struct session *s, uint16_t proto, uint8_t code, uint8_t id,
    const void *data, size_t len)
{
	uint8_t	p[6 + CP_MAX];

	if (len > CP_MAX)
		return;
	put16(p, proto);
	p[2] = code;
	p[3] = id;
	put16(p + 4, len + 4);
	if (len > 0)
		memcpy(p + 6, data, len);
	data_control(s, p, len + 6);
}

void
ppp_begin(struct session *s)
{
	s->stage = S_LCP;
	lcp_request(s);
}

/* Nothing came for some time. */
void
ppp_again(struct session *s)
{
	if (s->stage == S_LCP)
		lcp_request(s);
	else if (s->stage == S_NETWORK)
		network(s);
}

/* MRU 1400, magic number, both compressions. */
static void
lcp_request(struct session *s)
{
	uint8_t	p[] = { 1, 4, 5, 120, 5, 6, 0, 0, 0, 0, 7, 2, 8, 2 };

	put32(p + 6, s->id * 2654435761U | 1);
	cp_send(s, P_LCP, CONF_REQ, ++s->cp_id, p, sizeof(p));
}

static void
ccp_request(struct session *s)
{
	uint8_t	p[] = { 18, 6, 0, 0, 0, 0x40 };

	p[2] = !opt.stateful;
	cp_send(s, P_CCP, CONF_REQ, ++s->cp_id, p, sizeof(p));
}

static void
ipcp_request(struct session *s)
{
	uint8_t	p[] = { 3, 6, 0, 0, 0, 0 };

	memcpy(p + 2, &s->address, 4);
	cp_send(s, P_IPCP, CONF_REQ, ++s->cp_id, p, sizeof(p));
}

/* What is still to be asked for. */
static void
network(struct session *s)
{
	s->tried = now;
	if (opt.bits != 0 && (s->ccp & OURS_ACKED) == 0)
		ccp_request(s);
	if ((s->ipcp & OURS_ACKED) == 0)
		ipcp_request(s);
}

void
ppp_reset(struct session *s)
{
	if (now - s->reset_at < 100000)
		return;
	s->reset_at = now;
	cp_send(s, P_CCP, RESET_REQ, ++s->cp_id, NULL, 0);
}

/* A packet that is not data, from its protocol on. */
void
ppp_input(struct session *s, uint8_t *p, size_t len)
{
	uint16_t	proto = get16(p);
	size_t		plen;

	p += 2;
	len -= 2;
	if (len < 4 || (plen = get16(p + 2)) < 4 || plen > len)
		return;
	s->tried = now;
	switch (proto) {
	case P_LCP:
		lcp_input(s, p, plen);
		break;
	case P_CHAP:
		chap_input(s, p, plen);
		break;
	case P_CCP:
		ccp_input(s, p, plen);
		break;
	case P_IPCP:
		ipcp_input(s, p, plen);
		break;
	}
}

static void
lcp_input(struct session *s, const uint8_t *p, size_t len)
{
	uint8_t	buf[CP_MAX];

	switch (p[0]) {
	case CONF_REQ:
		cp_send(s, P_LCP, CONF_ACK, p[1], p + 4, len - 4);
		s->lcp |= THEIRS_ACKED;
		break;
	case CONF_ACK:
		s->lcp |= OURS_ACKED;
		break;
	case ECHO_REQ:
		if (len < 8 || len > sizeof(buf))
			return;
		memcpy(buf, p + 4, len - 4);
		put32(buf, s->id * 2654435761U | 1);
		cp_send(s, P_LCP, ECHO_REP, p[1], buf, len - 4);
		break;
	case TERM_REQ:
		s->told |= TOLD_TERM;
		cp_send(s, P_LCP, TERM_ACK, p[1], NULL, 0);
		break;
	}
	if (s->stage == S_LCP && s->lcp == OPEN)
		s->stage = S_AUTH;
}

static void
chap_input(struct session *s, const uint8_t *p, size_t len)
{
	uint8_t	 out[1 + MSCHAP_VALUE_LEN + 256];
	uint8_t	*value = out + 1, *response = value + 24;
	size_t	 n = strlen(opt.user);

	switch (p[0]) {
	case 1:		/* Challenge */
		if (len < 5 + MSCHAP2_CHALLENGE_LEN ||
		    p[4] != MSCHAP2_CHALLENGE_LEN || n > 255)
			return;
		out[0] = MSCHAP_VALUE_LEN;
		memset(value, 0, MSCHAP_VALUE_LEN);
		arc4random_buf(value, MSCHAP2_CHALLENGE_LEN);
		if (mschap2_response(p + 5, value, opt.user, opt.nt_hash,
		    response) == -1 || mschap2_start_keys(opt.nt_hash,
		    response, 0, s->send_key, s->recv_key) == -1)
			return;
		memcpy(value + MSCHAP_VALUE_LEN, opt.user, n);
		cp_send(s, P_CHAP, 2, p[1], out, 1 + MSCHAP_VALUE_LEN + n);
		break;
	case 3:		/* Success; whether the server is ours is no matter */
		if (s->stage != S_AUTH)
			break;
		s->stage = S_NETWORK;
		network(s);
		break;
	case 4:
		session_over(s);
		break;
	}
}

static void
ccp_input(struct session *s, const uint8_t *p, size_t len)
{
	switch (p[0]) {
	case CONF_REQ:
		cp_send(s, P_CCP, CONF_ACK, p[1], p + 4, len - 4);
		s->ccp |= THEIRS_ACKED;
		break;
	case CONF_ACK:
		if (s->ccp & OURS_ACKED)
			return;
		s->ccp |= OURS_ACKED;
		mppe_init(&s->tx, s->send_key, opt.bits, opt.stateful);
		mppe_init(&s->rx, s->recv_key, opt.bits, opt.stateful);
		break;
	case RESET_REQ:
		mppe_reset_request(&s->tx);
		cp_send(s, P_CCP, RESET_ACK, p[1], NULL, 0);
		return;
	}
	session_up(s);
}

static void
ipcp_input(struct session *s, const uint8_t *p, size_t len)
{
	switch (p[0]) {
	case CONF_REQ:
		if (len >= 10 && p[4] == 3)
			memcpy(&s->gateway, p + 6, 4);
		cp_send(s, P_IPCP, CONF_ACK, p[1], p + 4, len - 4);
		s->ipcp |= THEIRS_ACKED;
		break;
	case CONF_NAK:
		if (len < 10 || p[4] != 3)
			return;
		memcpy(&s->address, p + 6, 4);
		ipcp_request(s);
		break;
	case CONF_ACK:
		if (s->address.s_addr != INADDR_ANY)
			s->ipcp |= OURS_ACKED;
		break;
	}
	session_up(s);
}
