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

/* Large TCP packets cut, and cut packets put together. */

#include <sys/types.h>
#include <netinet/in.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "packet_io.h"
#include "offload.h"

#define ASSERT(x)	do { if (!(x)) abort(); } while (0)

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The segments have all of the data, in order, and nothing else. */
static void
cut(const uint8_t *p, size_t len, size_t mss, size_t room)
{
	struct tcp_split s;
	uint8_t		*seg;
	size_t		 n, total = 0, segments = 0;

	ASSERT((seg = malloc(room + 1)) != NULL);
	if (tcp_split_begin(&s, p, len, mss, room) == -1) {
		ASSERT(tcp_split_next(&s, seg) == 0);
		free(seg);
		return;
	}
	while ((n = tcp_split_next(&s, seg)) != 0) {
		ASSERT(n <= room && n > s.hlen && n - s.hlen <= mss);
		ASSERT(memcmp(seg + s.hlen, p + s.hlen + total, n - s.hlen) ==
		    0);
		total += n - s.hlen;
		ASSERT(++segments <= TCP_SEGMENTS_MAX);
	}
	ASSERT(s.hlen + total == len);
	free(seg);
}

/* Copies of the input, each the next segment, with what the input changes. */
static void
together(const uint8_t *p, size_t len, const uint8_t *change, size_t nchange)
{
	static struct tcp_runs	 runs;
	static uint8_t		 bufs[8][PACKET_SIZE];
	struct packet		 pkt[8];
	size_t			 i, total;
	int			 k, n, r, seen = 0;

	for (i = 0; i < 8; i++) {
		pkt[i].data = pkt[i].buf = bufs[i];
		pkt[i].len = len;
		memcpy(bufs[i], p, len);
		if (len >= 28) {
			bufs[i][5] += i;
			bufs[i][27] += i * (len - 40);
		}
	}
	for (i = 0; i + 2 < nchange; i += 3)
		bufs[change[i] % 8][change[i + 1] % len] = change[i + 2];
	tcp_coalesce(&runs, pkt, 8);
	ASSERT(runs.n >= 1 && runs.n <= 8);
	for (r = 0; r < runs.n; r++) {
		total = pkt[runs.run[r].first].len;
		for (n = 1, k = runs.run[r].first; runs.next[k] != -1; n++) {
			ASSERT(runs.next[k] > k);
			k = runs.next[k];
			total += pkt[k].len - runs.run[r].hlen;
		}
		ASSERT(k == runs.run[r].last && n == runs.run[r].n);
		ASSERT(total == runs.run[r].len && total <= 65535);
		seen += n;
		if (n > 1)
			tcp_run_header(&runs.run[r], pkt);
	}
	ASSERT(seen == 8);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	uint8_t	*a;
	size_t	 mss, n;

	if (len < 5)
		return (0);
	mss = p[0] << 8 | p[1];
	n = p[2] < len - 4 ? p[2] : len - 4;
	ASSERT((a = malloc(len)) != NULL);
	memcpy(a, p + 4, len - 4);
	cut(a, len - 4, mss, mss + p[3]);
	if (len - 4 > n && len - 4 - n < 256)
		together(a + n, len - 4 - n, a, n);
	(void)cksum_complete(a, len - 4, p[0], mss);
	free(a);
	return (0);
}
