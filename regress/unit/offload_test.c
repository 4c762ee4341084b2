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
 * Segments cut and put together, compared with a reference that does the same
 * the naive way, on made-up connections of every kind.
 */

#include <sys/types.h>
#include <netinet/in.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packet_io.h"
#include "offload.h"
#include "tap.h"

#define ROUNDS		10000
#define FIN		0x01
#define SYN		0x02
#define RST		0x04
#define PSH		0x08
#define ACK		0x10
#define URG		0x20
#define ECE		0x40
#define CWR		0x80

/* A TCP packet in words; build() makes the octets. */
struct tcp {
	uint16_t	 id, port, window;
	uint32_t	 seq, ack;
	uint8_t		 tos, ttl, flags, df;
	uint8_t		 ipopt, opt[40];
	size_t		 optlen, len;	/* of the options, of the data */
};

static uint8_t		 large[65536], whole[65536];
static uint8_t		 buf[PACKET_BATCH][PACKET_SIZE];
static struct packet	 pkt[PACKET_BATCH];
static struct tcp_runs	 runs;
static uint32_t		 dice_state = 1;

static uint32_t
dice(uint32_t n)
{
	dice_state ^= dice_state << 13;
	dice_state ^= dice_state >> 17;
	dice_state ^= dice_state << 5;
	return (dice_state % n);
}

static uint32_t
word(const uint8_t *p)
{
	return (p[0] << 8 | p[1]);
}

/* RFC 1071 by the book: octet by octet, big-endian. */
static uint16_t
cksum(const uint8_t *p, size_t len, uint32_t sum)
{
	size_t	i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? p[i] : p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (~sum & 0xffff);
}

static uint32_t
pseudo(const uint8_t *ip, size_t len)
{
	return (word(ip + 12) + word(ip + 14) + word(ip + 16) + word(ip + 18) +
	    ip[9] + len);
}

/* Are both checksums right? */
static int
sums_good(const uint8_t *ip, size_t len)
{
	size_t	hlen = (ip[0] & 15) * 4;

	return (cksum(ip, hlen, 0) == 0 &&
	    cksum(ip + hlen, len - hlen, pseudo(ip, len - hlen)) == 0);
}

static void
fix_sums(uint8_t *ip, size_t len)
{
	size_t		hlen = (ip[0] & 15) * 4;
	uint8_t		*at = ip + hlen + (ip[9] == IPPROTO_UDP ? 6 : 16);
	uint16_t	sum;

	ip[10] = ip[11] = 0;
	sum = cksum(ip, hlen, 0);
	ip[10] = sum >> 8;
	ip[11] = sum;
	at[0] = at[1] = 0;
	sum = cksum(ip + hlen, len - hlen, pseudo(ip, len - hlen));
	if (sum == 0 && ip[9] == IPPROTO_UDP)
		sum = 0xffff;
	at[0] = sum >> 8;
	at[1] = sum;
}

/* The data at sequence number n is always the same. */
static uint8_t
data_at(uint32_t n)
{
	return (n * 2654435761u >> 24);
}

static size_t
build(uint8_t *ip, const struct tcp *t)
{
	size_t	hlen = 20 + t->ipopt, len, i;
	uint8_t	*tcp = ip + hlen;

	len = hlen + 20 + t->optlen + t->len;
	memset(ip, 0, hlen + 20);
	ip[0] = 0x40 | hlen / 4;
	ip[1] = t->tos;
	ip[2] = len >> 8;
	ip[3] = len;
	ip[4] = t->id >> 8;
	ip[5] = t->id;
	ip[6] = t->df ? 0x40 : 0;
	ip[8] = t->ttl;
	ip[9] = IPPROTO_TCP;
	memcpy(ip + 12, "\12\143\0\12\300\250\261\2", 8);
	memset(ip + 20, 1, t->ipopt);
	tcp[0] = t->port >> 8;
	tcp[1] = t->port;
	tcp[3] = 80;
	for (i = 0; i < 4; i++) {
		tcp[4 + i] = t->seq >> (24 - 8 * i);
		tcp[8 + i] = t->ack >> (24 - 8 * i);
	}
	tcp[12] = (20 + t->optlen) / 4 << 4;
	tcp[13] = t->flags;
	tcp[14] = t->window >> 8;
	tcp[15] = t->window;
	memcpy(tcp + 20, t->opt, t->optlen);
	for (i = 0; i < t->len; i++)
		tcp[20 + t->optlen + i] = data_at(t->seq + i);
	fix_sums(ip, len);
	return (len);
}

static void
random_tcp(struct tcp *t)
{
	size_t	i;

	memset(t, 0, sizeof(*t));
	t->id = dice(65536);
	t->port = 1024 + dice(3);
	t->window = dice(65536);
	t->seq = dice(2) ? 0xffffffff - dice(70000) : dice(0xffffffff);
	t->ack = dice(0xffffffff);
	t->tos = dice(256);
	t->ttl = 64;
	t->flags = ACK;
	t->df = dice(2);
	t->optlen = dice(4) * 4 * dice(4);
	for (i = 0; i < t->optlen; i++)
		t->opt[i] = dice(256);
}

/* Cut what random_tcp() makes and look at every octet of every segment. */
static void
test_split(void)
{
	static uint8_t	 seg[PACKET_SIZE], want[PACKET_SIZE];
	struct tcp_split s;
	struct tcp	 t, part;
	size_t		 mss, len, n, off;
	int		 bad = 0, count = 0, i, segs;

	for (i = 0; i < ROUNDS / 10; i++) {
		random_tcp(&t);
		t.ipopt = dice(8) == 0 ? 4 * dice(11) : 0;
		t.flags = dice(256) & ~(SYN | RST);
		mss = dice(4) == 0 ? 32 + dice(100) : 500 + dice(900);
		t.len = 1 + dice(65535 - 120);
		len = build(large, &t);
		/* The kernel leaves only the sum of the pseudo header. */
		memset(large + 20 + t.ipopt + 16, 0xa5, 2);
		if (tcp_split_begin(&s, large, len, mss, sizeof(seg)) == -1) {
			bad++;
			continue;
		}
		part = t;
		for (off = 0, segs = 0; (n = tcp_split_next(&s, seg)) != 0;
		    off += part.len, segs++) {
			part.len = t.len - off < mss ? t.len - off : mss;
			part.seq = t.seq + off;
			part.id = t.df ? t.id : t.id + segs;
			part.flags = t.flags;
			if (off != 0)
				part.flags &= ~CWR;
			if (off + part.len < t.len)
				part.flags &= ~(PSH | FIN);
			if (build(want, &part) != n ||
			    memcmp(seg, want, n) != 0 || !sums_good(seg, n))
				bad++;
		}
		if (off != t.len || tcp_split_next(&s, seg) != 0)
			bad++;
		count += segs;
	}
	is_int(bad, 0, "%d segments, cut from %d packets, are right", count, i);
}

static void
test_split_refused(void)
{
	struct tcp_split s;
	struct tcp	 t;
	size_t		 len, i;
	int		 bad = 0;

	random_tcp(&t);
	t.optlen = 12;
	t.len = 5000;
	len = build(large, &t);
	is_int(tcp_split_begin(&s, large, len, 1348, 1400), 0,
	    "segments that just fit");
	is_int(tcp_split_begin(&s, large, len, 1349, 1400), -1,
	    "one octet too much");
	is_int(tcp_split_next(&s, large), 0, "then there is no segment");
	is_int(tcp_split_begin(&s, large, len, 0, 1400), -1, "no size");
	is_int(tcp_split_begin(&s, large, len, 5000 / TCP_SEGMENTS_MAX, 1400),
	    -1, "too many segments");
	is_int(tcp_split_begin(&s, large, len + 1, 1000, 1400), -1,
	    "longer than it says");
	for (i = 0; i < len; i++)
		if (tcp_split_begin(&s, large, i, 1000, 1400) != -1)
			bad++;
	is_int(bad, 0, "cut at every octet: refused");
	large[9] = IPPROTO_UDP;
	is_int(tcp_split_begin(&s, large, len, 1000, 1400), -1, "not TCP");
	large[9] = IPPROTO_TCP;
	large[6] = 0x20;
	is_int(tcp_split_begin(&s, large, len, 1000, 1400), -1, "a fragment");
	large[6] = 0;
	large[0] = 0x65;
	is_int(tcp_split_begin(&s, large, len, 1000, 1400), -1, "version 6");
	large[0] = 0x44;
	is_int(tcp_split_begin(&s, large, len, 1000, 1400), -1, "bad IHL");
	large[0] = 0x45;
	large[20 + 12] = 0x40;
	is_int(tcp_split_begin(&s, large, len, 1000, 1400), -1,
	    "bad data offset");
	t.len = 0;
	len = build(large, &t);
	is_int(tcp_split_begin(&s, large, len, 1000, 1400), -1, "no data");
}

static void
test_complete(void)
{
	uint8_t	 ip[200], want[200];
	size_t	 len, n;
	int	 bad = 0, i;

	for (i = 0; i < ROUNDS; i++) {
		len = 28 + dice(sizeof(ip) - 28);
		for (n = 0; n < len; n++)
			ip[n] = dice(4) == 0 ? 0 : dice(256);
		ip[0] = 0x45;
		ip[9] = i & 1 || len < 40 ? IPPROTO_UDP : IPPROTO_TCP;
		n = ip[9] == IPPROTO_UDP ? 6 : 16;
		memcpy(want, ip, len);
		fix_sums(want, len);
		memcpy(ip, want, 20);
		n = pseudo(ip, len - 20);
		n = (n & 0xffff) + (n >> 16);
		n = (n & 0xffff) + (n >> 16);
		ip[20 + (ip[9] == IPPROTO_UDP ? 6 : 16)] = n >> 8;
		ip[21 + (ip[9] == IPPROTO_UDP ? 6 : 16)] = n;
		if (cksum_complete(ip, len, 20,
		    ip[9] == IPPROTO_UDP ? 6 : 16) == -1 ||
		    memcmp(ip, want, len) != 0)
			bad++;
	}
	is_int(bad, 0, "%d checksums completed", i);

	memset(ip, 0, sizeof(ip));
	ip[9] = IPPROTO_UDP;
	memset(ip + 20, 0xff, 2);
	is_int(cksum_complete(ip, 28, 20, 6), 0, "a sum of nothing");
	is_int(ip[26] << 8 | ip[27], 0xffff, "is not 0, but what it equals");
	is_int(cksum_complete(ip, 27, 20, 6), -1, "beyond the end");
	is_int(cksum_complete(ip, 28, 29, 0), -1, "start beyond the end");
	is_int(cksum_complete(ip, 28, 65535, 65535), -1, "far beyond it");
	is_int(cksum_complete(ip, 28, 20, 65535), -1, "offset far beyond it");
}

/* What the kernel would make of a run when it cuts it again. */
static int
same_as_before(const struct tcp_run *run)
{
	static uint8_t	 seg[PACKET_SIZE], first[PACKET_SIZE];
	struct tcp_split s;
	uint32_t	 sum;
	size_t		 len, n, firstlen;
	int		 i;

	if (run->n == 1)
		return (runs.next[run->first] == -1);
	firstlen = pkt[run->first].len;
	memcpy(first, pkt[run->first].data, firstlen);
	tcp_run_header(run, pkt);
	/* As writev(2) puts it together. */
	len = firstlen;
	memcpy(whole, pkt[run->first].data, len);
	for (i = runs.next[run->first]; i != -1; i = runs.next[i]) {
		n = pkt[i].len - run->hlen;
		memcpy(whole + len, pkt[i].data + run->hlen, n);
		len += n;
	}
	memcpy(pkt[run->first].data, first, firstlen);

	/* The TCP checksum is of the pseudo header only, not inverted. */
	sum = pseudo(whole, len - 20);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	if (len != run->len || cksum(whole, 20, 0) != 0 ||
	    word(whole + 20 + TCP_RUN_CKSUM) != sum)
		return (0);
	if (tcp_split_begin(&s, whole, len, run->mss, sizeof(seg)) == -1)
		return (0);
	for (i = run->first; i != -1; i = runs.next[i]) {
		n = tcp_split_next(&s, seg);
		if (n != pkt[i].len)
			return (0);
		/* No kernel keeps the ID of a packet with DF. */
		if (seg[6] & 0x40) {
			memcpy(seg + 4, pkt[i].data + 4, 2);
			fix_sums(seg, n);
		}
		if (memcmp(seg, pkt[i].data, n) != 0)
			return (0);
	}
	return (tcp_split_next(&s, seg) == 0);
}

/* Every packet is in one run, and none passes another of its connection. */
static int
in_order(int n)
{
	int	 at[PACKET_BATCH], place = 0, i, j, r;

	memset(at, -1, sizeof(at));
	for (r = 0; r < runs.n; r++)
		for (i = runs.run[r].first; i != -1; i = runs.next[i]) {
			if (at[i] != -1)
				return (0);
			at[i] = place++;
		}
	for (i = 0; i < n; i++)
		for (j = i + 1; j < n; j++)
			if (at[i] == -1 || (at[i] > at[j] &&
			    pkt[i].data[9] == pkt[j].data[9] &&
			    memcmp(pkt[i].data + 12, pkt[j].data + 12, 12) ==
			    0))
				return (0);
	return (place == n);
}

/* Some connections at a time, with all that may go wrong now and then. */
static void
test_coalesce_random(void)
{
	struct tcp	 t[3], odd;
	size_t		 mss[3];
	int		 bad = 0, disorder = 0, together = 0, i, j, k, n, r;

	for (i = 0; i < ROUNDS; i++) {
		for (k = 0; k < 3; k++) {
			random_tcp(&t[k]);
			t[k].port = 1024 + k;
			mss[k] = 1 + dice(PACKET_SIZE - PACKET_HEADROOM - 140);
		}
		n = 1 + dice(PACKET_BATCH);
		for (j = 0; j < n; j++) {
			k = dice(1 + i % 3);
			t[k].len = mss[k];
			odd = t[k];
			switch (dice(60)) {
			case 0: odd.len = 1 + dice(mss[k]); break;
			case 1: odd.flags |= 1 << dice(8); break;
			case 2: odd.flags = dice(256); break;
			case 3: odd.id += dice(3); break;
			case 4: odd.seq += dice(3); break;
			case 5: odd.ack++; break;
			case 6: odd.window++; break;
			case 7: odd.tos ^= dice(4); break;
			case 8: odd.ttl--; break;
			case 9: odd.df ^= 1; break;
			case 10: odd.opt[dice(40)]++; break;
			case 11: odd.optlen = odd.optlen ^ 4; break;
			case 12: odd.ipopt = 4; break;
			case 13: odd.len = 0; break;
			case 14: odd.flags |= PSH; break;
			default: break;
			}
			pkt[j].data = pkt[j].buf + PACKET_HEADROOM;
			pkt[j].len = build(pkt[j].data, &odd);
			switch (dice(100)) {
			case 0:		/* an octet is wrong */
				pkt[j].data[20 + dice(pkt[j].len - 20)] ^=
				    1 << dice(8);
				break;
			case 1:		/* the IP checksum is */
				pkt[j].data[10]++;
				break;
			case 2:		/* a fragment */
				pkt[j].data[6] |= 0x20;
				fix_sums(pkt[j].data, pkt[j].len);
				break;
			case 3:
				pkt[j].data[9] = IPPROTO_ICMP;
				break;
			}
			t[k].seq = odd.seq + odd.len;
			t[k].id++;
		}
		tcp_coalesce(&runs, pkt, n);
		for (r = 0; r < runs.n; r++) {
			if (!same_as_before(&runs.run[r]))
				bad++;
			together += runs.run[r].n - 1;
		}
		if (!in_order(n))
			disorder++;
	}
	is_int(bad, 0, "%d vectors: what is cut again is what was", i);
	is_int(disorder, 0, "no packet passes one of its connection");
	ok(together > ROUNDS * 5, "%d segments went with others", together);
}

/* Two segments of which the second differs so: how many runs? */
static int
pair(struct tcp *a, struct tcp *b)
{
	int	i;

	for (i = 0; i < 2; i++)
		pkt[i].data = pkt[i].buf + PACKET_HEADROOM;
	pkt[0].len = build(pkt[0].data, a);
	pkt[1].len = build(pkt[1].data, b);
	tcp_coalesce(&runs, pkt, 2);
	return (runs.n);
}

static void
test_coalesce_rules(void)
{
	static const uint8_t	 ends[] = { FIN, SYN, RST, URG, ECE, CWR };
	struct tcp		 a, b, c;
	size_t			 i;
	int			 bad = 0, bit;

	random_tcp(&a);
	a.tos = 0;
	a.df = 0;
	a.optlen = 12;
	a.len = 100;
	b = a;
	b.seq += 100;
	b.id++;
	is_int(pair(&a, &b), 1, "the next segment");
	is_int(runs.run[0].mss, 100, "its size");
	c = b; c.len = 1;
	is_int(pair(&a, &c), 1, "a short last one");
	c = b; c.len = 101;
	is_int(pair(&a, &c), 2, "a longer one");
	c = b; c.len = 0;
	is_int(pair(&a, &c), 2, "an acknowledgement");
	c = b; c.flags |= PSH;
	is_int(pair(&a, &c), 1, "PSH in the last");
	c = a; c.flags |= PSH;
	is_int(pair(&c, &b), 2, "PSH before the last");
	for (i = 0; i < sizeof(ends); i++) {
		c = b; c.flags |= ends[i];
		is_int(pair(&a, &c), 2, "flag 0x%02x in the second", ends[i]);
		c = a; c.flags |= ends[i];
		is_int(pair(&c, &b), 2, "flag 0x%02x in the first", ends[i]);
		b.flags |= ends[i];
		is_int(pair(&c, &b), 2, "flag 0x%02x in both", ends[i]);
		b.flags &= ~ends[i];
	}
	c = b; c.flags = 0;
	is_int(pair(&a, &c), 2, "no ACK");
	c = b; c.seq++;
	is_int(pair(&a, &c), 2, "a gap");
	c = b; c.seq = a.seq;
	is_int(pair(&a, &c), 2, "a retransmission");
	c = b; c.ack++;
	is_int(pair(&a, &c), 2, "another acknowledgement");
	c = b; c.window++;
	is_int(pair(&a, &c), 2, "another window");
	c = b; c.tos = 3;
	is_int(pair(&a, &c), 2, "congestion experienced");
	c = b; c.ttl--;
	is_int(pair(&a, &c), 2, "another TTL");
	c = b; c.opt[11]++;
	is_int(pair(&a, &c), 2, "another timestamp");
	c = b; c.optlen = 16;
	is_int(pair(&a, &c), 2, "one more option (SACK)");
	c = b; c.port++;
	is_int(pair(&a, &c), 2, "another port");
	c = b; c.id++;
	is_int(pair(&a, &c), 2, "an IP ID that is not the next");
	c = b; c.df = 1;
	is_int(pair(&a, &c), 2, "DF in the second only");
	a.df = b.df = 1;
	c = b; c.id = a.id;
	is_int(pair(&a, &c), 1, "with DF the ID does not matter");
	c = b; c.ipopt = 4;
	is_int(pair(&a, &c), 2, "IP options");

	/* What a run hides is no error: no bit may be wrong. */
	for (bit = 0; bit < (20 + 32 + 100) * 8; bit++) {
		pair(&a, &b);
		pkt[1].data[bit / 8] ^= 1 << bit % 8;
		tcp_coalesce(&runs, pkt, 2);
		if (runs.n != 2)
			bad++;
		pkt[1].data[bit / 8] ^= 1 << bit % 8;
		pkt[0].data[bit / 8] ^= 1 << bit % 8;
		tcp_coalesce(&runs, pkt, 2);
		if (runs.n != 2)
			bad++;
	}
	is_int(bad, 0, "a wrong bit anywhere: not together");

	/* No more than an IP packet holds. */
	a.optlen = b.optlen = 0;
	a.len = PACKET_SIZE - PACKET_HEADROOM - 40;
	for (i = 0; i < PACKET_BATCH; i++) {
		pkt[i].data = pkt[i].buf + PACKET_HEADROOM;
		pkt[i].len = build(pkt[i].data, &a);
		a.seq += a.len;
	}
	tcp_coalesce(&runs, pkt, PACKET_BATCH);
	is_int(runs.n, 2, "a full vector of the longest: two runs");
	is_int(runs.run[0].n, (65535 - 40) / a.len, "the first is full");
	ok(same_as_before(&runs.run[0]) && same_as_before(&runs.run[1]),
	    "both are right");
	tcp_coalesce(&runs, pkt, 0);
	is_int(runs.n, 0, "nothing at all");
}

int
main(void)
{
	int	 i;

	for (i = 0; i < PACKET_BATCH; i++)
		pkt[i].buf = buf[i];
	test_split();
	test_split_refused();
	test_complete();
	test_coalesce_rules();
	test_coalesce_random();
	done_testing();
}
