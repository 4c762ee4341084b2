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

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gre.h"
#include "tap.h"

static const char	*verdict_names[] = {
	"in order", "ahead", "duplicate", "late", "far"
};

/* A copy of exactly len octets, so that a sanitizer sees a read too far. */
static int
decode(const uint8_t *buf, size_t len, struct gre_header *h)
{
	uint8_t	*copy;
	int	 n;

	if ((copy = malloc(len == 0 ? 1 : len)) == NULL)
		abort();
	memcpy(copy, buf, len);
	memset(h, 0xa5, sizeof(*h));
	n = gre_decode(len == 0 ? copy + 1 : copy, len, h);
	free(copy);
	return (n);
}

static void
test_decode(void)
{
	static const uint8_t	both[] = {
		0x30, 0x81, 0x88, 0x0b, 0x00, 0x03, 0xa1, 0xb2,
		0xfe, 0xdc, 0xba, 0x98, 0x01, 0x23, 0x45, 0x67,
		0xff, 0x03, 0xc0
	};
	static const uint8_t	seq[] = {
		0x30, 0x01, 0x88, 0x0b, 0x00, 0x01, 0x00, 0x01,
		0x80, 0x00, 0x00, 0x00, 0x21
	};
	static const uint8_t	ack[] = {
		0x20, 0x81, 0x88, 0x0b, 0x00, 0x00, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff
	};
	struct gre_header	h;
	size_t			len;
	int			bad;

	is_int(decode(both, sizeof(both), &h), 16, "S and A: header length");
	ok(h.payload_len == 3 && h.call_id == 0xa1b2 && h.has_seq == 1 &&
	    h.has_ack == 1 && h.seq == 0xfedcba98 && h.ack == 0x01234567,
	    "S and A: fields");
	is_int(decode(seq, sizeof(seq), &h), 12, "S: header length");
	ok(h.payload_len == 1 && h.call_id == 1 && h.has_seq == 1 &&
	    h.has_ack == 0 && h.seq == 0x80000000 && h.ack == 0, "S: fields");
	is_int(decode(ack, sizeof(ack), &h), 12, "A: header length");
	ok(h.payload_len == 0 && h.call_id == 0xffff && h.has_seq == 0 &&
	    h.has_ack == 1 && h.seq == 0 && h.ack == 0xffffffff, "A: fields");

	bad = 0;
	for (len = 0; len < sizeof(both); len++)
		bad += decode(both, len, &h) != -1;
	for (len = 0; len < sizeof(seq); len++)
		bad += decode(seq, len, &h) != -1;
	for (len = 0; len < sizeof(ack); len++)
		bad += decode(ack, len, &h) != -1;
	is_int(bad, 0, "cut at every octet");
}

/* T38: only 3001, 3081 and 2081 are PPTP, whatever else is in the packet. */
static void
test_flags(void)
{
	uint8_t			buf[64];
	struct gre_header	h;
	size_t			hlen, len, p;
	unsigned int		flags, plen;
	static const unsigned int payload[] = { 0, 1, 4, 8, 12, 44, 0xffff };
	int			bad = 0, cases = 0, want;

	memset(buf, 0x11, sizeof(buf));
	buf[2] = 0x88;
	buf[3] = 0x0b;
	for (flags = 0; flags <= 0xffff; flags++) {
		buf[0] = flags >> 8;
		buf[1] = flags & 0xff;
		switch (flags) {
		case 0x3081:
			hlen = 16;
			break;
		case 0x3001:
		case 0x2081:
			hlen = 12;
			break;
		default:
			hlen = 0;
		}
		for (p = 0; p < sizeof(payload) / sizeof(payload[0]); p++) {
			plen = payload[p];
			buf[4] = plen >> 8;
			buf[5] = plen & 0xff;
			for (len = 0; len <= 20; len++) {
				want = -1;
				if (hlen != 0 && len >= hlen + plen &&
				    (plen == 0) == (flags == 0x2081))
					want = hlen;
				/* The copy is dear; sizes matter when good. */
				if (hlen != 0)
					bad += decode(buf, len, &h) != want;
				else
					bad += gre_decode(buf, len, &h) !=
					    want;
				cases++;
			}
		}
	}
	is_int(bad, 0, "all flag words by lengths, %d cases", cases);

	bad = 0;
	buf[0] = 0x30;
	buf[1] = 0x81;
	buf[4] = 0;
	buf[5] = 4;
	for (flags = 0; flags <= 0xffff; flags++) {
		buf[2] = flags >> 8;
		buf[3] = flags & 0xff;
		bad += gre_decode(buf, 20, &h) != (flags == 0x880b ? 16 : -1);
	}
	is_int(bad, 0, "all protocols");
}

static void
test_lengths(void)
{
	uint8_t			buf[16 + 256];
	struct gre_header	h;
	unsigned int		extra, plen, real;
	int			bad = 0;

	memset(buf, 0, sizeof(buf));
	memcpy(buf, "\x30\x01\x88\x0b", 4);
	for (real = 0; real < 64; real++) {
		for (extra = 1; extra <= 20; extra++) {		/* V032 */
			buf[5] = real + extra;
			bad += decode(buf, 12 + real, &h) != -1;
		}
	}
	is_int(bad, 0, "payload length beyond the packet");

	bad = 0;
	for (plen = 1; plen < 64; plen++) {
		for (extra = 0; extra <= 100; extra++) {	/* V033 */
			buf[5] = plen;
			bad += decode(buf, 12 + plen + extra, &h) != 12;
			bad += h.payload_len != plen;
		}
	}
	is_int(bad, 0, "padding behind the payload is none of it");
}

static void
test_encode(void)
{
	uint8_t			buf[GRE_HEADER_MAX + 1], *end;
	struct gre_header	h, d;
	size_t			n;
	int			form;

	end = buf + GRE_HEADER_MAX;
	memset(&h, 0, sizeof(h));
	h.payload_len = 0x0102;
	h.call_id = 0x0304;
	h.has_seq = 1;
	h.seq = 0x05060708;
	h.has_ack = 1;
	h.ack = 0x090a0b0c;
	memset(buf, 0xa5, sizeof(buf));
	is_int(gre_encode(&h, end), 16, "S and A: length");
	is_mem(buf, "\x30\x81\x88\x0b\x01\x02\x03\x04\x05\x06\x07\x08"
	    "\x09\x0a\x0b\x0c\xa5", 17, "S and A: octets");

	h.has_ack = 0;
	memset(buf, 0xa5, sizeof(buf));
	is_int(gre_encode(&h, end), 12, "S: length");
	is_mem(buf, "\xa5\xa5\xa5\xa5\x30\x01\x88\x0b\x01\x02\x03\x04"
	    "\x05\x06\x07\x08\xa5", 17, "S: octets");

	h.has_seq = 0;
	h.has_ack = 1;
	h.payload_len = 0;
	memset(buf, 0xa5, sizeof(buf));
	is_int(gre_encode(&h, end), 12, "A: length");
	is_mem(buf, "\xa5\xa5\xa5\xa5\x20\x81\x88\x0b\x00\x00\x03\x04"
	    "\x09\x0a\x0b\x0c\xa5", 17, "A: octets");

	for (form = 1; form <= 3; form++) {
		uint8_t	packet[GRE_HEADER_MAX + 8];

		memset(&h, 0, sizeof(h));
		memset(packet, 0, sizeof(packet));
		h.call_id = 40000 + form;
		h.has_seq = form & 1;
		h.has_ack = form >> 1;
		h.payload_len = h.has_seq ? 8 : 0;
		h.seq = h.has_seq ? 0xfffffffe : 0;
		h.ack = h.has_ack ? 0x80000001 : 0;
		n = gre_encode(&h, packet + GRE_HEADER_MAX);
		if (decode(packet + GRE_HEADER_MAX - n, n + h.payload_len,
		    &d) != (int)n)
			n = 0;
		ok(n != 0 && d.payload_len == h.payload_len &&
		    d.call_id == h.call_id && d.has_seq == h.has_seq &&
		    d.has_ack == h.has_ack && d.seq == h.seq && d.ack == h.ack,
		    "round trip %d", form);
	}
}

static int
rx_is(struct gre_rx *rx, uint32_t seq, enum gre_verdict want,
    uint32_t want_lost, const char *what)
{
	enum gre_verdict	got;
	uint32_t		lost = 0xa5a5a5a5;
	int			good;

	got = gre_rx_seq(rx, seq, &lost);
	good = ok(got == want && lost == want_lost, "%s", what);
	if (!good)
		printf("# sequence %#x: got %s, lost %u, want %s, lost %u\n",
		    seq, verdict_names[got], lost, verdict_names[want],
		    want_lost);
	return (good);
}

/* Bring a receiver to where next is expected, 32 delivered before it. */
static void
rx_at(struct gre_rx *rx, uint32_t next)
{
	memset(rx, 0, sizeof(*rx));
	rx->started = 1;
	rx->next = next;
	rx->recent = 0xffffffff;
}

static void
test_start(void)
{
	struct gre_rx	rx;

	memset(&rx, 0, sizeof(rx));
	rx_is(&rx, 0, GRE_IN_ORDER, 0, "first number 0");
	rx_is(&rx, 1, GRE_IN_ORDER, 0, "then 1");
	rx_is(&rx, 0, GRE_DUPLICATE, 0, "0 again");

	memset(&rx, 0, sizeof(rx));
	rx_is(&rx, 1, GRE_IN_ORDER, 0, "first number 1");
	rx_is(&rx, 1, GRE_DUPLICATE, 0, "1 again");
	rx_is(&rx, 0, GRE_LATE, 0, "0 after 1 is late");
	rx_is(&rx, 2, GRE_IN_ORDER, 0, "then 2");

	memset(&rx, 0, sizeof(rx));
	rx_is(&rx, 5, GRE_AHEAD, 0, "first number 5 is ahead");
	rx_is(&rx, 5, GRE_AHEAD, 0, "and does not move anything");
	rx_is(&rx, 511, GRE_AHEAD, 0, "first number 511 is ahead");
	rx_is(&rx, 0, GRE_IN_ORDER, 0, "0 is still the first");
	rx_is(&rx, 5, GRE_AHEAD, 0, "5 has to wait");
	is_int(gre_rx_skip_to(&rx, 5), 4, "1 to 4 are lost");
	rx_is(&rx, 6, GRE_IN_ORDER, 0, "6 is next");

	memset(&rx, 0, sizeof(rx));
	rx_is(&rx, 512, GRE_FAR, 0, "first number 512 is far");
	rx_is(&rx, 0, GRE_IN_ORDER, 0, "0 is still the first");

	memset(&rx, 0, sizeof(rx));
	rx_is(&rx, 70000, GRE_FAR, 0, "first number 70000 is far");
	rx_is(&rx, 70000, GRE_FAR, 0, "so is the same again");
	rx_is(&rx, 70001, GRE_IN_ORDER, 70001, "the next one confirms it");

	memset(&rx, 0, sizeof(rx));
	rx_is(&rx, 0xffffffff, GRE_FAR, 0, "first number -1 is far");
	rx_is(&rx, 0, GRE_IN_ORDER, 0, "0 continues it either way");
	memset(&rx, 0, sizeof(rx));
	rx_is(&rx, 0xffffff00, GRE_FAR, 0, "first number -256 is far");
	rx_is(&rx, 0xffffff01, GRE_IN_ORDER, 0, "confirmed, nothing lost");
}

static void
test_window(void)
{
	static const uint32_t	nexts[] = {
		33, 600, 100000, 0x7fffffff, 0x80000000, 0x80000200,
		0xfffffe00, 0xffffffff, 0, 1, 512
	};
	struct gre_rx		rx, save;
	enum gre_verdict	got, want;
	uint32_t		lost, seq;
	size_t			i;
	int			bad, d;

	for (i = 0; i < sizeof(nexts) / sizeof(nexts[0]); i++) {
		bad = 0;
		for (d = -3000; d <= 3000; d++) {
			rx_at(&rx, nexts[i]);
			save = rx;
			seq = nexts[i] + (uint32_t)d;
			got = gre_rx_seq(&rx, seq, &lost);
			if (d == 0)
				want = GRE_IN_ORDER;
			else if (d > 0)
				want = d < 512 ? GRE_AHEAD : GRE_FAR;
			else if (d >= -512)
				want = d >= -32 ? GRE_DUPLICATE : GRE_LATE;
			else
				want = GRE_FAR;
			bad += got != want || lost != 0;
			if (want == GRE_IN_ORDER)
				bad += rx.next != seq + 1;
			else
				bad += rx.next != save.next ||
				    rx.recent != save.recent;
		}
		is_int(bad, 0, "window around %#x", nexts[i]);
	}
}

static void
test_order(void)
{
	struct gre_rx	rx;
	uint32_t	i, lost;
	int		bad;

	/* V038 */
	memset(&rx, 0, sizeof(rx));
	rx_is(&rx, 0, GRE_IN_ORDER, 0, "0");
	rx_is(&rx, 2, GRE_AHEAD, 0, "2 before 1");
	rx_is(&rx, 2, GRE_AHEAD, 0, "2 once more: the caller's to find");
	rx_is(&rx, 1, GRE_IN_ORDER, 0, "1");
	rx_is(&rx, 2, GRE_IN_ORDER, 0, "2, out of the caller's hands");
	rx_is(&rx, 2, GRE_DUPLICATE, 0, "2 is a duplicate now");
	rx_is(&rx, 1, GRE_DUPLICATE, 0, "1 is a duplicate");
	rx_is(&rx, 3, GRE_IN_ORDER, 0, "3");

	/* What was skipped never came, so it is late, not double. */
	memset(&rx, 0, sizeof(rx));
	rx_is(&rx, 0, GRE_IN_ORDER, 0, "0");
	rx_is(&rx, 3, GRE_AHEAD, 0, "3 is ahead");
	is_int(gre_rx_skip_to(&rx, 3), 2, "1 and 2 are given up");
	rx_is(&rx, 1, GRE_LATE, 0, "1 is late");
	rx_is(&rx, 2, GRE_LATE, 0, "2 is late");
	rx_is(&rx, 3, GRE_DUPLICATE, 0, "3 is a duplicate");
	rx_is(&rx, 0, GRE_DUPLICATE, 0, "0 is a duplicate");
	is_int(gre_rx_skip_to(&rx, 2), 0, "there is no skipping back");
	rx_is(&rx, 4, GRE_IN_ORDER, 0, "4 is next");
	is_int(gre_rx_skip_to(&rx, 5), 0, "the next one skips nothing");
	rx_is(&rx, 6, GRE_IN_ORDER, 0, "6 is next");

	/* A large skip forgets everything. */
	is_int(gre_rx_skip_to(&rx, 6 + 1 + 31), 31, "31 are given up");
	rx_is(&rx, 6, GRE_LATE, 0, "6 is too long ago to know");
	rx_is(&rx, 38, GRE_DUPLICATE, 0, "38 is a duplicate");

	/* The last 32 are known. */
	memset(&rx, 0, sizeof(rx));
	bad = 0;
	for (i = 0; i < 100; i++)
		bad += gre_rx_seq(&rx, i, &lost) != GRE_IN_ORDER || lost != 0;
	is_int(bad, 0, "0 to 99");
	rx_is(&rx, 68, GRE_DUPLICATE, 0, "68 is known");
	rx_is(&rx, 67, GRE_LATE, 0, "67 is forgotten");

	/* V039: the wrap, and disorder across it. */
	rx_at(&rx, 0xfffffffe);
	rx_is(&rx, 0xffffffff, GRE_AHEAD, 0, "wrap: ffffffff early");
	rx_is(&rx, 0, GRE_AHEAD, 0, "wrap: 0 early");
	rx_is(&rx, 0xfffffffe, GRE_IN_ORDER, 0, "wrap: fffffffe");
	rx_is(&rx, 0xffffffff, GRE_IN_ORDER, 0, "wrap: ffffffff");
	rx_is(&rx, 0, GRE_IN_ORDER, 0, "wrap: 0");
	rx_is(&rx, 0xffffffff, GRE_DUPLICATE, 0, "wrap: ffffffff again");
	rx_is(&rx, 2, GRE_AHEAD, 0, "wrap: 2 before 1");
	is_int(gre_rx_skip_to(&rx, 2), 1, "wrap: 1 is given up");
	rx_is(&rx, 1, GRE_LATE, 0, "wrap: 1 is late");
	rx_at(&rx, 0xffffff80);
	is_int(gre_rx_skip_to(&rx, 0x7f), 0xff, "skip across the wrap");
	rx_is(&rx, 0x80, GRE_IN_ORDER, 0, "and go on");
}

static void
test_probation(void)
{
	static const uint32_t	jumps[] = {
		513, 600, 1000000, 0x40000000, 0x7ffffffe, 0x7fffffff,
		0x80000000, 0x80000001, 0xc0000000, 0xfffffd00
	};
	struct gre_rx		rx;
	uint32_t		lost, n;
	size_t			i;
	int			bad, r;

	/* V035: one forged packet, then real traffic. */
	for (i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		bad = 0;
		rx_at(&rx, 1000);
		for (n = 1000; n < 1100; n++) {
			bad += gre_rx_seq(&rx, n + jumps[i], &lost) !=
			    GRE_FAR || lost != 0;
			bad += gre_rx_seq(&rx, n, &lost) != GRE_IN_ORDER ||
			    lost != 0;
		}
		is_int(bad, 0, "forged jumps of %#x between real ones",
		    jumps[i]);
	}

	/* The same, while the real ones come with gaps. */
	rx_at(&rx, 1000);
	rx_is(&rx, 1000000, GRE_FAR, 0, "far");
	rx_is(&rx, 1002, GRE_AHEAD, 0, "a real one, ahead");
	rx_is(&rx, 1000001, GRE_FAR, 0, "continues the far one, too late");
	rx_is(&rx, 1000, GRE_IN_ORDER, 0, "real");
	rx_is(&rx, 1000002, GRE_FAR, 0, "and again too late");
	rx_is(&rx, 1000002, GRE_FAR, 0, "the same is not the next");
	rx_is(&rx, 1000001, GRE_FAR, 0, "nor is the one before");

	/* An outage: the peer has gone on for long. */
	rx_at(&rx, 1000);
	rx_is(&rx, 2000, GRE_FAR, 0, "outage: far");
	rx_is(&rx, 2001, GRE_IN_ORDER, 1001, "outage: over, 1001 lost");
	rx_is(&rx, 2000, GRE_LATE, 0, "outage: the first one was dropped");
	rx_is(&rx, 2001, GRE_DUPLICATE, 0, "outage: the second one not");
	rx_is(&rx, 2002, GRE_IN_ORDER, 0, "outage: going on");

	/* Disorder right after an outage. */
	rx_at(&rx, 1000);
	rx_is(&rx, 2000, GRE_FAR, 0, "disorder: 2000");
	rx_is(&rx, 2002, GRE_FAR, 0, "disorder: 2002");
	rx_is(&rx, 2001, GRE_FAR, 0, "disorder: 2001");
	rx_is(&rx, 2003, GRE_FAR, 0, "disorder: 2003");
	rx_is(&rx, 2004, GRE_IN_ORDER, 1004, "disorder: over at 2004");

	/* An old one in between says nothing about either. */
	rx_at(&rx, 1000);
	rx_is(&rx, 2000, GRE_FAR, 0, "old one in between: far");
	rx_is(&rx, 990, GRE_DUPLICATE, 0, "old one in between: duplicate");
	rx_is(&rx, 900, GRE_LATE, 0, "old one in between: late");
	rx_is(&rx, 2001, GRE_IN_ORDER, 1001, "old one in between: over");

	/* Across the wrap. */
	rx_at(&rx, 0xfffffff0);
	rx_is(&rx, 0x3ff, GRE_FAR, 0, "outage across the wrap");
	rx_is(&rx, 0x400, GRE_IN_ORDER, 0x410, "is over");
	rx_at(&rx, 0xfffff000);
	rx_is(&rx, 0xffffffff, GRE_FAR, 0, "probation across the wrap");
	rx_is(&rx, 0, GRE_IN_ORDER, 0x1000, "is over");

	/*
	 * Two forged packets in a row take the window away.  Two of the
	 * peer's bring it back.
	 */
	rx_at(&rx, 1000);
	rx_is(&rx, 500000, GRE_FAR, 0, "forged pair: one");
	rx_is(&rx, 500001, GRE_IN_ORDER, 499001, "forged pair: two");
	rx_is(&rx, 1000, GRE_FAR, 0, "forged pair: the peer, one");
	rx_is(&rx, 1001, GRE_IN_ORDER, 0, "forged pair: the peer, two");
	rx_is(&rx, 1000, GRE_LATE, 0, "forged pair: nothing known from before");
	rx_is(&rx, 999, GRE_LATE, 0, "forged pair: nothing at all");
	rx_is(&rx, 1002, GRE_IN_ORDER, 0, "forged pair: going on");
	is_int(gre_rx_skip_to(&rx, 500005), 0,
	    "forged pair: no skipping to what was held meanwhile");
	is_int(gre_rx_skip_to(&rx, 1003 + 512), 0,
	    "nor just out of the window");
	rx_is(&rx, 1003, GRE_IN_ORDER, 0, "forged pair: going on");
	is_int(gre_rx_skip_to(&rx, 1004 + 511), 511, "but within it");

	/* T05: replays of the last 100 while real ones come; V037. */
	bad = 0;
	rx_at(&rx, 1000);
	for (n = 1000; n < 3000; n++) {
		bad += gre_rx_seq(&rx, n, &lost) != GRE_IN_ORDER;
		r = gre_rx_seq(&rx, n - 100 + n % 100, &lost);
		bad += r != GRE_DUPLICATE && r != GRE_LATE;
	}
	for (n = 0; n < 1000; n++) {
		r = gre_rx_seq(&rx, 7, &lost);
		bad += r != GRE_FAR;
	}
	is_int(bad, 0, "replays are never delivered");
}

/*
 * A caller that holds up to 16 packets, on a line that loses, doubles and
 * reorders: each number is delivered at most once, and they only go up.
 */
static void
test_line(void)
{
	struct gre_rx	rx;
	uint32_t	base, lost, n, seq, held[16], delivered, last;
	uint32_t	i, nheld, min;
	int		bad = 0, again;

	srandom(1);
	base = 0xffff8000;
	rx_at(&rx, base);
	nheld = delivered = 0;
	last = base - 1;
	for (n = 0; n < 200000; n++) {
		seq = base + n / 2 + (uint32_t)random() % 12;
		if (random() % 50 == 0)
			base += (uint32_t)random() % 40;	/* loss */
		switch (gre_rx_seq(&rx, seq, &lost)) {
		case GRE_IN_ORDER:
			bad += gre_seq_diff(seq, last) <= 0 || lost != 0;
			last = seq;
			delivered++;
			break;
		case GRE_AHEAD:
			for (i = 0; i < nheld; i++) {
				if (held[i] == seq)
					break;
			}
			if (i < nheld)
				break;
			held[nheld++] = seq;
			if (nheld < 16)
				break;
			min = 0;
			for (i = 1; i < nheld; i++) {
				if (gre_seq_diff(held[i], held[min]) < 0)
					min = i;
			}
			lost = gre_rx_skip_to(&rx, held[min]);
			bad += gre_seq_diff(held[min], last) <= 0;
			bad += lost != held[min] - last - 1;
			last = held[min];
			delivered++;
			held[min] = held[--nheld];
			break;
		case GRE_DUPLICATE:
		case GRE_LATE:
			bad += gre_seq_diff(seq, last) > 0;
			break;
		case GRE_FAR:
			bad++;
			break;
		}
		do {
			again = 0;
			for (i = 0; i < nheld; i++) {
				if (held[i] != rx.next)
					continue;
				bad += gre_rx_seq(&rx, held[i], &lost) !=
				    GRE_IN_ORDER;
				last = held[i];
				delivered++;
				held[i] = held[--nheld];
				again = 1;
			}
		} while (again);
	}
	is_int(bad, 0, "a bad line, %u delivered", delivered);
	ok(delivered > 90000, "most of it gets through");
}

static void
test_ack(void)
{
	struct gre_tx	tx;
	uint32_t	i;
	int		bad;

	memset(&tx, 0, sizeof(tx));
	is_int(gre_tx_ack(&tx, 0), -1, "nothing sent: 0 cannot be acked");
	is_int(gre_tx_ack(&tx, 0x7fffffff), -1, "nor can 7fffffff");
	is_int(gre_tx_ack(&tx, 0x80000000), -1, "nor can 80000000");
	is_int(gre_tx_ack(&tx, 0xffffffff), 0, "-1 says nothing");
	is_int(tx.acked, 0, "nothing is acked");

	tx.next = 10;
	is_int(gre_tx_ack(&tx, 4), 0, "ack of 4");
	is_int(tx.acked, 5, "is kept");
	is_int(gre_tx_ack(&tx, 4), 0, "once more");
	is_int(gre_tx_ack(&tx, 3), -1, "there is no going back");
	is_int(tx.acked, 5, "nothing has changed");
	is_int(gre_tx_ack(&tx, 10), -1, "10 has not been sent");
	is_int(gre_tx_ack(&tx, 0xffffffff), -1, "nor has ffffffff");
	is_int(tx.acked, 5, "nothing has changed");
	is_int(gre_tx_ack(&tx, 9), 0, "ack of the last one");
	is_int(tx.acked, tx.next, "nothing is outstanding");

	tx.next = 5;
	tx.acked = 0xfffffff0;
	is_int(gre_tx_ack(&tx, 0xffffffff), 0, "wrap: ffffffff");
	is_int(tx.acked, 0, "wrap: up to 0");
	is_int(gre_tx_ack(&tx, 3), 0, "wrap: 3");
	is_int(gre_tx_ack(&tx, 0xffffffff), -1, "wrap: not back");
	is_int(gre_tx_ack(&tx, 5), -1, "wrap: not ahead");
	is_int(tx.acked, 4, "wrap: up to 4");

	bad = 0;
	tx.next = 100;
	tx.acked = 90;
	for (i = 0; i < 1000000; i++)	/* V036 */
		bad += gre_tx_ack(&tx, 100 + i * 4001) != -1;
	ok(tx.acked == 90, "a flood of acks changes nothing");
	is_int(bad, 0, "and none of them makes sense");
}

int
main(void)
{
	test_decode();
	test_flags();
	test_lengths();
	test_encode();
	test_start();
	test_window();
	test_order();
	test_probation();
	test_line();
	test_ack();
	done_testing();
}
