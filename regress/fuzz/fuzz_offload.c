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
 * Packets that are put together for the kernel: cut again they are what they
 * were, every one is there once, and those of a connection are in order.
 */

#include <sys/types.h>

#include <netinet/in.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "packet_io.h"
#include "offload.h"
#include "fuzz.h"

#define SIZE_MAX_HERE	512

static struct packet	packets[PACKET_BATCH];
static uint8_t		bufs[PACKET_BATCH][SIZE_MAX_HERE];
static uint8_t		before[PACKET_BATCH][SIZE_MAX_HERE];

static uint16_t
sum(const uint8_t *p, size_t len, uint32_t s)
{
	size_t	i;

	for (i = 0; i < len; i++)
		s += i & 1 ? p[i] : p[i] << 8;
	while (s >> 16 != 0)
		s = (s & 0xffff) + (s >> 16);
	return (~s);
}

/* The next segment of a connection, with faults as flags say. */
static void
segment(struct input *in, uint8_t *p, uint16_t *len, uint32_t *seq,
    uint16_t *id)
{
	static const uint8_t	ip[] = { 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6,
				    0, 0, 10, 0, 0, 10, 10, 0, 0, 1 };
	uint8_t			flags = in_8(in), hlen;
	size_t			n, k;
	uint32_t		pseudo;
	uint16_t		c;

	hlen = flags & 1 ? 32 : 20;
	n = (in_8(in) & 7) == 0 ? in_8(in) % 200 : 100;
	memset(p, 0, SIZE_MAX_HERE);
	memcpy(p, ip, sizeof(ip));
	*len = 20 + hlen + n;
	p[2] = *len >> 8;
	p[3] = *len;
	p[4] = *id >> 8;
	p[5] = *id;
	p[6] = flags & 32 ? 0 : 0x40;
	p[20] = flags >> 1 & 1;		/* of which connection */
	p[24] = *seq >> 24;
	p[25] = *seq >> 16;
	p[26] = *seq >> 8;
	p[27] = *seq;
	p[32] = hlen << 2;
	p[33] = flags & 4 ? 0x18 : 0x10;
	for (k = 0; k < n; k++)
		p[20 + hlen + k] = k + *seq;
	*seq += n;
	(*id)++;
	if (flags & 8) {
		/* Any octet may be another. */
		k = in_8(in) % *len;
		if (k >= 4)
			p[k] ^= in_8(in);
	}
	if ((p[0] & 15) < 5 || (p[0] & 15) * 4 > *len)
		p[0] = 0x45;
	p[0] = 0x40 | (p[0] & 15);
	p[10] = p[11] = 0;
	c = sum(p, 20, 0);
	p[10] = c >> 8;
	p[11] = c;
	if (flags & 16)
		return;			/* with a wrong sum */
	p[36] = p[37] = 0;
	pseudo = (uint16_t)~sum(p + 12, 8, 0);
	c = sum(p + 20, *len - 20, pseudo + IPPROTO_TCP + *len - 20);
	p[36] = c >> 8;
	p[37] = c;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t left)
{
	static struct tcp_runs	 runs;
	static uint8_t		 whole[65536], cut[SIZE_MAX_HERE];
	struct input		 in = { data, left };
	struct tcp_split	 split;
	const struct tcp_run	*r;
	uint32_t		 seq = in_32(&in);
	uint16_t		 id = in_16(&in);
	size_t			 len, n, k;
	int			 i, j, seen[PACKET_BATCH], count;

	for (count = 0; count < PACKET_BATCH && in.left > 0; count++) {
		packets[count].buf = packets[count].data = bufs[count];
		segment(&in, bufs[count], &packets[count].len, &seq, &id);
		memcpy(before[count], bufs[count], SIZE_MAX_HERE);
	}
	memset(seen, 0, sizeof(seen));
	tcp_coalesce(&runs, packets, count);
	ASSERT(runs.n <= count);
	for (i = 0; i < runs.n; i++) {
		r = &runs.run[i];
		n = 0;
		for (j = r->first; j != -1; j = runs.next[j]) {
			ASSERT(j >= 0 && j < count && !seen[j]);
			ASSERT(runs.next[j] == -1 || runs.next[j] > j);
			seen[j] = 1;
			n++;
		}
		ASSERT(n == (size_t)r->n && n > 0);
		if (n == 1)
			continue;
		/* As the kernel gets it, and as it cuts it. */
		tcp_run_header(r, packets);
		memcpy(whole, packets[r->first].data, r->hlen);
		len = r->hlen;
		for (j = r->first; j != -1; j = runs.next[j]) {
			k = packets[j].len - r->hlen;
			ASSERT(len + k <= sizeof(whole));
			memcpy(whole + len, before[j] + r->hlen, k);
			len += k;
		}
		ASSERT(len == r->len);
		ASSERT(cksum_complete(whole, len, TCP_RUN_IP_HEADER,
		    TCP_RUN_CKSUM) == 0);
		ASSERT(tcp_split_begin(&split, whole, len, r->mss,
		    sizeof(cut)) == 0);
		for (j = r->first; j != -1; j = runs.next[j]) {
			k = tcp_split_next(&split, cut);
			ASSERT(k == packets[j].len);
			/* RFC 6864: with DF, the ID means nothing. */
			if (cut[6] & 0x40) {
				memcpy(cut + 4, before[j] + 4, 2);
				memcpy(cut + 10, before[j] + 10, 2);
			}
			ASSERT(memcmp(cut, before[j], k) == 0);
		}
		ASSERT(tcp_split_next(&split, cut) == 0);
	}
	for (i = 0; i < count; i++)
		ASSERT(seen[i]);

	/* What is no packet at all. */
	if (left > 4 && left <= sizeof(whole)) {
		memcpy(whole, data, left);
		if (tcp_split_begin(&split, whole, left, data[1] + 1,
		    sizeof(cut)) == 0) {
			for (n = 0; (k = tcp_split_next(&split, cut)) > 0; n++)
				ASSERT(k <= sizeof(cut));
			ASSERT(n <= TCP_SEGMENTS_MAX);
		}
		(void)cksum_complete(whole, left, data[2], data[3]);
	}
	return (0);
}
