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
 * GRE: the header as it comes, and the sequence numbers against a plain
 * account of what was delivered.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>

#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <string.h>

#include "gre.h"
#include "pptpd.h"
#include "fuzz.h"

#define STEPS	512

static void
header(const uint8_t *p, size_t len)
{
	struct gre_header	h, again;
	uint8_t			buf[GRE_HEADER_MAX];
	int			n;

	if ((n = gre_decode(p, len, &h)) == -1)
		return;
	ASSERT(n >= GRE_HEADER_MIN && n <= GRE_HEADER_MAX);
	ASSERT((size_t)n + h.payload_len <= len);
	ASSERT(h.has_seq == (h.payload_len != 0));
	ASSERT(h.has_seq || h.has_ack);
	ASSERT(gre_encode(&h, buf + sizeof(buf)) == (size_t)n);
	ASSERT(memcmp(buf + sizeof(buf) - n, p, n) == 0);
	if (h.payload_len == 0) {
		ASSERT(gre_decode(buf + sizeof(buf) - n, n, &again) == n);
		ASSERT(memcmp(&h, &again, sizeof(h)) == 0);
	}
}

/*
 * What was delivered since the peer last went on elsewhere: nothing twice, and
 * nothing beyond the window.
 */
static void
sequence(struct input *in)
{
	static uint32_t		 delivered[STEPS];
	struct gre_rx		 rx;
	struct gre_tx		 tx;
	uint32_t		 seq, lost, next;
	size_t			 n = 0, i, steps;
	uint8_t			 op;

	memset(&rx, 0, sizeof(rx));
	memset(&tx, 0, sizeof(tx));
	for (steps = 0; steps < STEPS && in->left > 0; steps++) {
		op = in_8(in);
		next = rx.next;
		if (op < 96)
			seq = next + (op - 32);
		else if (op < 160)
			seq = next + in_16(in);
		else if (op < 192)
			seq = rx.suspect;
		else if (op < 224)
			seq = in_32(in);
		else if (op < 240) {
			tx.next += op - 223;
			ASSERT(gre_tx_ack(&tx, tx.next - 1) == 0);
			continue;
		} else {
			i = tx.acked;
			seq = tx.next + (int8_t)in_8(in);
			if (gre_tx_ack(&tx, seq) == 0)
				ASSERT(gre_seq_diff(tx.acked, i) >= 0 &&
				    gre_seq_diff(tx.acked, tx.next) <= 0);
			else
				ASSERT(tx.acked == i);
			continue;
		}
		switch (gre_rx_seq(&rx, seq, &lost)) {
		case GRE_IN_ORDER:
			if (seq - next >= GRE_WINDOW)
				n = 0;	/* it was believed: a new account */
			for (i = 0; i < n; i++)
				ASSERT(delivered[i] != seq);
			delivered[n++] = seq;
			ASSERT(rx.next == seq + 1);
			ASSERT(lost == 0 || lost == seq - next);
			break;
		case GRE_AHEAD:
			ASSERT(rx.next == next && lost == 0);
			ASSERT(seq - next < GRE_WINDOW && seq != next);
			/* As if the wait for those before it was over. */
			if (op & 1) {
				lost = gre_rx_skip_to(&rx, seq);
				ASSERT(lost == seq - next);
				ASSERT(rx.next == seq + 1);
				for (i = 0; i < n; i++)
					ASSERT(delivered[i] != seq);
				delivered[n++] = seq;
			}
			break;
		case GRE_DUPLICATE:
			ASSERT(rx.next == next && lost == 0);
			for (i = 0; i < n; i++)
				if (delivered[i] == seq)
					break;
			ASSERT(i < n);
			break;
		case GRE_LATE:
			ASSERT(rx.next == next && lost == 0);
			ASSERT(gre_seq_diff(seq, next) < 0);
			break;
		case GRE_FAR:
			ASSERT(rx.next == next && lost == 0);
			break;
		}
		/* Out of the window, it has no effect on what comes next. */
		if (rx.next == next && op & 2)
			ASSERT(gre_rx_skip_to(&rx, next + GRE_WINDOW) == 0 &&
			    rx.next == next);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct input	in = { p, len };

	if (in_8(&in) & 1)
		header(in.p, in.left);
	else
		sequence(&in);
	return (0);
}
