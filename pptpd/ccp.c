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
 * CCP's one Configuration Option, MPPE (RFC 1962, RFC 3078 section 2).  Each
 * side asks for what it wants to receive.
 */

#define OPT_MPPE	18

#define MPPE_H		0x01000000	/* stateless */
#define MPPE_M		0x00000080	/* 56 bit */
#define MPPE_S		0x00000040	/* 128 bit */
#define MPPE_L		0x00000020	/* 40 bit */

static uint32_t		 mode_bits(const struct mppe_mode *);
static int		 bits_mode(uint32_t, struct mppe_mode *);
static uint32_t		 key_bits(const struct mppe_mode *);
static int		 listed(const struct conf_ppp *,
			    const struct mppe_mode *);
static const struct mppe_mode *
			 choose(const struct conf_ppp *, uint32_t);

void
ccp_init(struct ccp *c, const struct conf_ppp *conf)
{
	memset(c, 0, sizeof(*c));
	cp_init(&c->cp, PPP_CCP);
	if (conf->mppe_policy != MPPE_NEVER && conf->mppe_nmodes > 0)
		c->rx = conf->mppe_mode[0];
}

static uint32_t
key_bits(const struct mppe_mode *m)
{
	switch (m->bits) {
	case 128:
		return (MPPE_S);
	case 56:
		return (MPPE_M);
	case 40:
		return (MPPE_L);
	}
	return (0);
}

static uint32_t
mode_bits(const struct mppe_mode *m)
{
	return (key_bits(m) | (m->stateful ? 0 : MPPE_H));
}

/* The one mode that exactly these bits stand for. */
static int
bits_mode(uint32_t bits, struct mppe_mode *m)
{
	switch (bits & ~MPPE_H) {
	case MPPE_S:
		m->bits = 128;
		break;
	case MPPE_M:
		m->bits = 56;
		break;
	case MPPE_L:
		m->bits = 40;
		break;
	default:
		return (-1);
	}
	m->stateful = (bits & MPPE_H) == 0;
	return (0);
}

/*
 * The first mode of our list that a set of bits allows: the same kind of
 * state and one of the key lengths, or, for want of that, the key length, or
 * the state.  Our first one if there is no such.
 */
static const struct mppe_mode *
choose(const struct conf_ppp *conf, uint32_t bits)
{
	const struct mppe_mode	*m;
	int			 pass, state, key;

	for (pass = 0; pass < 3; pass++) {
		for (m = conf->mppe_mode;
		    m < conf->mppe_mode + conf->mppe_nmodes; m++) {
			state = m->stateful == ((bits & MPPE_H) == 0);
			key = (bits & key_bits(m)) != 0;
			if ((pass == 2 || key) && (pass == 1 || state))
				return (m);
		}
	}
	return (&conf->mppe_mode[0]);
}

static int
listed(const struct conf_ppp *conf, const struct mppe_mode *m)
{
	int	i;

	for (i = 0; i < conf->mppe_nmodes; i++)
		if (memcmp(&conf->mppe_mode[i], m, sizeof(*m)) == 0)
			return (1);
	return (0);
}

size_t
ccp_request(struct ccp *c, uint8_t *buf)
{
	uint32_t	bits;

	if (c->rx.bits == 0)
		return (0);
	buf[0] = OPT_MPPE;
	buf[1] = 6;
	bits = htonl(mode_bits(&c->rx));
	memcpy(buf + 2, &bits, sizeof(bits));
	return (6);
}

void
ccp_check(struct ccp *c, const struct conf_ppp *conf, const uint8_t *opt,
    size_t len, struct cp_reply *r)
{
	struct mppe_mode	want;
	uint32_t		bits;
	int			has_mppe = 0;

	for (; len > 0; len -= opt[1], opt += opt[1]) {
		if (opt[0] != OPT_MPPE || cp_seen(r, opt[0])) {
			cp_reject(r, opt);
			continue;
		}
		has_mppe = 1;
		bits = 0;
		if (opt[1] == 6) {
			memcpy(&bits, opt + 2, sizeof(bits));
			bits = ntohl(bits);
		}
		/*
		 * Any one mode of our list is fine: some clients take a Nak
		 * for the end.  Everything else, several keys or none or MPPC,
		 * gets the mode of ours that comes closest.
		 */
		if (bits_mode(bits, &want) == 0 && listed(conf, &want))
			continue;
		bits = htonl(mode_bits(choose(conf, bits)));
		/* There is nothing else to agree on: never Rejected. */
		r->reject = 0;
		cp_nak(r, opt, OPT_MPPE, &bits, sizeof(bits));
	}
	if (!has_mppe && conf->mppe_policy == MPPE_REQUIRE) {
		bits = htonl(mode_bits(&conf->mppe_mode[0]));
		cp_nak(r, NULL, OPT_MPPE, &bits, sizeof(bits));
	}
}

/*
 * Nothing has been said yet, and the client begins: what it asks for is what
 * we ask for, as near as our list comes to it.  buf is its whole packet.
 */
void
ccp_follow(struct ccp *c, const struct conf_ppp *conf, const uint8_t *buf,
    size_t len)
{
	size_t	plen;

	if (len < CP_HEADER_LEN || buf[0] != CP_CONF_REQ)
		return;
	plen = (size_t)buf[2] << 8 | buf[3];
	if (plen < CP_HEADER_LEN || plen > len ||
	    !cp_options_ok(buf + CP_HEADER_LEN, plen - CP_HEADER_LEN))
		return;
	ccp_nak(c, conf, buf + CP_HEADER_LEN, plen - CP_HEADER_LEN);
}

void
ccp_accept(struct ccp *c, const uint8_t *opt, size_t len)
{
	uint32_t	bits;

	memset(&c->tx, 0, sizeof(c->tx));
	if (len == 0)
		return;
	memcpy(&bits, opt + 2, sizeof(bits));
	(void)bits_mode(ntohl(bits), &c->tx);
}

/* The peer proposes another mode: take the best one that it and we allow. */
void
ccp_nak(struct ccp *c, const struct conf_ppp *conf, const uint8_t *opt,
    size_t len)
{
	uint32_t	bits;

	for (; len > 0; len -= opt[1], opt += opt[1]) {
		if (opt[0] != OPT_MPPE || opt[1] != 6)
			continue;
		memcpy(&bits, opt + 2, sizeof(bits));
		bits = ntohl(bits);
		if (bits & (MPPE_S | MPPE_M | MPPE_L))
			c->rx = *choose(conf, bits);
	}
}

/*
 * The peer will not have our mode.  pppd says so by a Reject, too: ask for the
 * one that it wants itself, or for the next of our list, each once.
 */
void
ccp_rej(struct ccp *c, const struct conf_ppp *conf, const uint8_t *opt,
    size_t len)
{
	for (; len > 0; len -= opt[1], opt += opt[1]) {
		if (opt[0] != OPT_MPPE)
			continue;
		if (c->tx.bits != 0 && !c->followed &&
		    memcmp(&c->tx, &c->rx, sizeof(c->tx)) != 0) {
			c->followed = 1;
			c->rx = c->tx;
		} else if (++c->rejected < conf->mppe_nmodes)
			c->rx = conf->mppe_mode[c->rejected];
		else
			memset(&c->rx, 0, sizeof(c->rx));
	}
}
