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
 * CCP (RFC 1962) with MPPE as its only option (RFC 3078 section 2), client
 * side.  The request that the server acknowledges is the mode of what it will
 * send, the server's own request the mode of what we send.
 */

#include <sys/types.h>

#include <netinet/in.h>
#include <net/if.h>

#include <stddef.h>
#include <stdint.h>

#include "pptp.h"
#include "gre.h"
#include "mppe.h"
#include "mschap.h"
#include "dial.h"

#define CCP_MPPE	18

/* Supported Bits */
#define BIT_STATELESS	0x01000000	/* H */
#define BIT_56		0x00000080	/* M */
#define BIT_128		0x00000040	/* S */
#define BIT_40		0x00000020	/* L */
#define BIT_STRENGTHS	(BIT_56 | BIT_128 | BIT_40)

static uint32_t		 bits_of(unsigned int);
static unsigned int	 modes_of(uint32_t);
static unsigned int	 best(unsigned int);
static int		 strength(unsigned int);

/* The modes that are possible now, with the keys that we have. */
unsigned int
ccp_modes(struct call *c)
{
	if (!c->has_keys)
		return (0);
	/*
	 * RFC 3079 section 2 makes the short keys of MS-CHAPv1 from the LAN
	 * Manager hash, which nobody should have.
	 */
	if (c->method == METHOD_MSCHAP)
		return (opt.modes & (MODE_128 | MODE_128 << MODE_SHIFT));
	return (opt.modes);
}

/* Modes, all of them stateless or all stateful, as Supported Bits. */
static uint32_t
bits_of(unsigned int modes)
{
	uint32_t	bits = 0;

	if (modes & MODE_STATELESS)
		bits = BIT_STATELESS;
	else
		modes >>= MODE_SHIFT;
	if (modes & MODE_128)
		bits |= BIT_128;
	if (modes & MODE_56)
		bits |= BIT_56;
	if (modes & MODE_40)
		bits |= BIT_40;
	return (bits);
}

/* The opposite; what MPPE does not define, compression say, gives 0. */
static unsigned int
modes_of(uint32_t bits)
{
	unsigned int	modes = 0;

	if (bits & ~(BIT_STATELESS | BIT_STRENGTHS))
		return (0);
	if (bits & BIT_128)
		modes |= MODE_128;
	if (bits & BIT_56)
		modes |= MODE_56;
	if (bits & BIT_40)
		modes |= MODE_40;
	if ((bits & BIT_STATELESS) == 0)
		modes <<= MODE_SHIFT;
	return (modes);
}

/* The one we like best. */
static unsigned int
best(unsigned int modes)
{
	/* The lowest bit: stateless before stateful, 128 before 56, 40. */
	return (modes & -modes);
}

static int
strength(unsigned int mode)
{
	if (mode & (MODE_128 | MODE_128 << MODE_SHIFT))
		return (128);
	if (mode & (MODE_56 | MODE_56 << MODE_SHIFT))
		return (56);
	return (40);
}

void
ccp_begin(struct call *c)
{
	unsigned int	modes;

	modes = ccp_modes(c);
	if (modes & MODE_STATELESS)
		modes &= MODE_STATELESS;
	c->ccp_want = modes;
	c->ccp_got = 0;
}

size_t
ccp_request(struct call *c, uint8_t *p)
{
	uint8_t	v[4];

	put32(v, bits_of(c->ccp_want));
	return (cp_option(p, CCP_MPPE, v, 4));
}

enum judgement
ccp_judge(struct call *c, const uint8_t *o, uint8_t *nak, size_t *naklen)
{
	unsigned int	modes, common;
	uint8_t		v[4];

	if (o[0] != CCP_MPPE || o[1] != 6)
		return (J_REJECT);
	modes = modes_of(get32(o + 2));
	if (modes != 0 && modes == best(modes) && modes & ccp_modes(c)) {
		c->ccp_got = modes;
		return (J_ACK);
	}
	common = modes & ccp_modes(c);
	put32(v, bits_of(best(common != 0 ? common : ccp_modes(c))));
	*naklen = cp_option(nak, CCP_MPPE, v, 4);
	return (J_NAK);
}

void
ccp_nak(struct call *c, const uint8_t *o)
{
	unsigned int	modes;

	if (o[0] != CCP_MPPE || o[1] != 6)
		return;
	modes = modes_of(get32(o + 2)) & ccp_modes(c);
	if (modes == 0)
		cp_failed(c, CP_CCP);
	else
		c->ccp_want = best(modes);
}

void
ccp_up(struct call *c)
{
	/* An acknowledged empty request is no agreement on MPPE. */
	if (c->ccp_got == 0 || c->ccp_want != best(c->ccp_want)) {
		cp_failed(c, CP_CCP);
		return;
	}
	mppe_init(&c->rx_mppe, c->recv_key, strength(c->ccp_want),
	    (c->ccp_want & MODE_STATEFUL) != 0);
	mppe_init(&c->tx_mppe, c->send_key, strength(c->ccp_got),
	    (c->ccp_got & MODE_STATEFUL) != 0);
	c->encrypted = 1;
}

/*
 * RFC 3078 section 4.2 can do without a Reset-Ack, RFC 1962 section 5.4 cannot:
 * Linux drops everything until it has one.
 */
void
ccp_reset_request(struct call *c, uint8_t id)
{
	c->c.resets_in++;
	mppe_reset_request(&c->tx_mppe);
	ppp_send_cp(c, P_CCP, RESET_ACK, id, NULL, 0);
}
