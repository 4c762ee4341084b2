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

#include <stddef.h>
#include <stdint.h>

#include "gre.h"

/* First two octets of the header, RFC 2637 section 4.1. */
#define GRE_KEY			0x2000
#define GRE_SEQ			0x1000
#define GRE_ACK			0x0080
#define GRE_VERSION		0x0001

static uint16_t	 get16(const uint8_t *);
static uint32_t	 get32(const uint8_t *);
static void	 put16(uint8_t *, uint16_t);
static void	 put32(uint8_t *, uint32_t);
static void	 gre_rx_advance(struct gre_rx *, uint32_t);

int
gre_decode(const uint8_t *buf, size_t len, struct gre_header *h)
{
	size_t		hlen = GRE_HEADER_MIN;
	uint16_t	flags;

	if (len < GRE_HEADER_MIN)
		return (-1);
	flags = get16(buf);
	if ((flags & ~(GRE_SEQ | GRE_ACK)) != (GRE_KEY | GRE_VERSION) ||
	    (flags & (GRE_SEQ | GRE_ACK)) == 0 ||
	    get16(buf + 2) != GRE_PROTO_PPP)
		return (-1);
	h->payload_len = get16(buf + 4);
	h->call_id = get16(buf + 6);
	h->has_seq = (flags & GRE_SEQ) != 0;
	h->has_ack = (flags & GRE_ACK) != 0;
	h->seq = h->ack = 0;
	if (h->has_seq != (h->payload_len != 0))
		return (-1);

	if (len < hlen + 4 * h->has_seq + 4 * h->has_ack)
		return (-1);
	if (h->has_seq) {
		h->seq = get32(buf + hlen);
		hlen += 4;
	}
	if (h->has_ack) {
		h->ack = get32(buf + hlen);
		hlen += 4;
	}
	if (h->payload_len > len - hlen)
		return (-1);
	return (hlen);
}

size_t
gre_encode(const struct gre_header *h, uint8_t *end)
{
	uint8_t		*p = end;
	uint16_t	 flags = GRE_KEY | GRE_VERSION;

	if (h->has_ack) {
		p -= 4;
		put32(p, h->ack);
		flags |= GRE_ACK;
	}
	if (h->has_seq) {
		p -= 4;
		put32(p, h->seq);
		flags |= GRE_SEQ;
	}
	p -= GRE_HEADER_MIN;
	put16(p, flags);
	put16(p + 2, GRE_PROTO_PPP);
	put16(p + 4, h->payload_len);
	put16(p + 6, h->call_id);
	return (end - p);
}

enum gre_verdict
gre_rx_seq(struct gre_rx *rx, uint32_t seq, uint32_t *lost)
{
	uint32_t	ahead, behind;

	*lost = 0;
	ahead = seq - rx->next;
	behind = rx->next - seq;

	if (ahead == 0 || (!rx->started && seq == 1)) {
		gre_rx_advance(rx, seq);
		return (GRE_IN_ORDER);
	}
	if (ahead < GRE_WINDOW) {
		rx->suspicious = 0;
		return (GRE_AHEAD);
	}
	if (rx->started && behind <= GRE_WINDOW) {
		if (behind <= 32 && (rx->recent & (1U << (behind - 1))))
			return (GRE_DUPLICATE);
		return (GRE_LATE);
	}

	/*
	 * One packet cannot move the window that far, else a forged one would
	 * turn all that the peer really sends into late packets.  The peer's
	 * next packet continues its last; one that guesses does so only if
	 * nothing of the peer's comes in between, and then the peer gets back
	 * the same way: so the rule holds backwards too.
	 */
	if (!rx->suspicious || seq != rx->suspect) {
		rx->suspicious = 1;
		rx->suspect = seq + 1;
		return (GRE_FAR);
	}
	if (gre_seq_diff(seq, rx->next) > 0)
		*lost = ahead;
	rx->recent = 0;
	gre_rx_advance(rx, seq);
	return (GRE_IN_ORDER);
}

uint32_t
gre_rx_skip_to(struct gre_rx *rx, uint32_t seq)
{
	uint32_t	lost;

	lost = seq - rx->next;
	if (lost >= GRE_WINDOW)
		return (0);
	gre_rx_advance(rx, seq);
	return (lost);
}

int
gre_tx_ack(struct gre_tx *tx, uint32_t ack)
{
	uint32_t	acked = ack + 1;

	if (gre_seq_diff(acked, tx->acked) < 0 ||
	    gre_seq_diff(acked, tx->next) > 0)
		return (-1);
	tx->acked = acked;
	return (0);
}

/* seq is the last one delivered now. */
static void
gre_rx_advance(struct gre_rx *rx, uint32_t seq)
{
	uint32_t	step;

	step = seq + 1 - rx->next;
	rx->recent = step < 32 ? rx->recent << step : 0;
	rx->recent |= 1;
	rx->next = seq + 1;
	rx->started = 1;
	rx->suspicious = 0;
}

static uint16_t
get16(const uint8_t *p)
{
	return (p[0] << 8 | p[1]);
}

static uint32_t
get32(const uint8_t *p)
{
	return ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3]);
}

static void
put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void
put32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}
