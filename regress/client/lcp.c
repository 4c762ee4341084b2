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
 * LCP options (RFC 1661 section 6), client side: MRU, magic number and both
 * header compressions are asked for; the peer may have these and one of the
 * authentication methods that we accept.
 */

#include <sys/types.h>

#include <netinet/in.h>
#include <net/if.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "pptp.h"
#include "gre.h"
#include "mppe.h"
#include "mschap.h"
#include "dial.h"

#define LCP_MRU		1
#define LCP_ACCM	2
#define LCP_AUTH	3
#define LCP_MAGIC	5
#define LCP_PFC		7
#define LCP_ACFC	8

#define MIN_MRU		128	/* what an IP header needs, and some sense */

#define WANT(c, type)	(((c)->lcp_rejected & 1 << ((type) - 1)) == 0)

static unsigned int	 method_of(const uint8_t *);
static size_t		 method_option(uint8_t *);

void
lcp_begin(struct call *c)
{
	c->lcp_rejected = 0;
	c->magic = arc4random();
	c->mru = opt.mtu;
}

size_t
lcp_request(struct call *c, uint8_t *p)
{
	uint8_t	v[4];
	size_t	n = 0;

	if (WANT(c, LCP_MRU)) {
		put16(v, c->mru);
		n += cp_option(p + n, LCP_MRU, v, 2);
	}
	if (WANT(c, LCP_MAGIC)) {
		put32(v, c->magic);
		n += cp_option(p + n, LCP_MAGIC, v, 4);
	}
	if (WANT(c, LCP_PFC))
		n += cp_option(p + n, LCP_PFC, NULL, 0);
	if (WANT(c, LCP_ACFC))
		n += cp_option(p + n, LCP_ACFC, NULL, 0);
	return (n);
}

static unsigned int
method_of(const uint8_t *o)
{
	if (o[1] == 4 && get16(o + 2) == P_PAP)
		return (METHOD_PAP);
	if (o[1] == 5 && get16(o + 2) == P_CHAP) {
		switch (o[4]) {
		case 0x05:
			return (METHOD_CHAP);
		case 0x80:
			return (METHOD_MSCHAP);
		case 0x81:
			return (METHOD_MSCHAPV2);
		}
	}
	return (0);
}

/* The best method that we accept, as an option. */
static size_t
method_option(uint8_t *p)
{
	uint8_t	v[3];
	size_t	n = 3;

	put16(v, P_CHAP);
	if (opt.methods & METHOD_MSCHAPV2)
		v[2] = 0x81;
	else if (opt.methods & METHOD_MSCHAP)
		v[2] = 0x80;
	else if (opt.methods & METHOD_CHAP)
		v[2] = 0x05;
	else {
		put16(v, P_PAP);
		n = 2;
	}
	return (cp_option(p, LCP_AUTH, v, n));
}

enum judgement
lcp_judge(struct call *c, const uint8_t *o, uint8_t *nak, size_t *naklen)
{
	uint8_t		 v[4];
	uint32_t	 magic;

	switch (o[0]) {
	case LCP_MRU:
		if (o[1] != 4)
			return (J_REJECT);
		if (get16(o + 2) < MIN_MRU) {
			put16(v, MIN_MRU);
			*naklen = cp_option(nak, LCP_MRU, v, 2);
			return (J_NAK);
		}
		c->peer_mru = get16(o + 2);
		return (J_ACK);
	case LCP_ACCM:
		/* Nothing is escaped in PPTP (RFC 2637 section 4.5). */
		return (o[1] == 6 ? J_ACK : J_REJECT);
	case LCP_AUTH:
		c->method = method_of(o);
		if (c->method & opt.methods)
			return (J_ACK);
		c->method = 0;
		if ((opt.methods & ~METHOD_NONE) == 0)
			return (J_REJECT);
		*naklen = method_option(nak);
		return (J_NAK);
	case LCP_MAGIC:
		if (o[1] != 6)
			return (J_REJECT);
		magic = get32(o + 2);
		if (magic == 0 || (magic == c->magic &&
		    WANT(c, LCP_MAGIC))) {
			put32(v, arc4random());
			*naklen = cp_option(nak, LCP_MAGIC, v, 4);
			return (J_NAK);
		}
		c->peer_magic = magic;
		return (J_ACK);
	case LCP_PFC:
		if (o[1] != 2)
			return (J_REJECT);
		c->peer_pfc = 1;
		return (J_ACK);
	case LCP_ACFC:
		if (o[1] != 2)
			return (J_REJECT);
		c->peer_acfc = 1;
		return (J_ACK);
	}
	return (J_REJECT);
}

void
lcp_nak(struct call *c, const uint8_t *o)
{
	uint16_t	mru;

	switch (o[0]) {
	case LCP_MRU:
		if (o[1] != 4)
			break;
		mru = get16(o + 2);
		if (mru >= MIN_MRU && mru < c->mru)
			c->mru = mru;
		break;
	case LCP_MAGIC:
		c->magic = arc4random();
		break;
	}
}

void
lcp_reject(struct call *c, const uint8_t *o)
{
	if (o[0] >= LCP_MRU && o[0] <= LCP_ACFC)
		c->lcp_rejected |= 1 << (o[0] - 1);
	if (o[0] == LCP_MRU)
		c->mru = 1500;
	else if (o[0] == LCP_MAGIC)
		c->magic = 0;
}
