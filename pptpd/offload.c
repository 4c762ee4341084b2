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
#include <netinet/tcp.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "packet_io.h"
#include "offload.h"

#define IP_HEADER_MIN	20
#define IP_DF		0x40		/* in octet 6 */
#define IP_FRAGMENT	0x3fff		/* offset and more fragments */
#define IP_LEN_MAX	65535
#define TCP_HEADER_MIN	20
#define TCP_CKSUM	16
#define TCP_CWR		0x80
#define UDP_CKSUM	6

static uint64_t	 sum_octets(const uint8_t *, size_t);
static uint16_t	 sum_fold(uint64_t);
static void	 put_cksum(uint8_t *, uint64_t);
static uint64_t	 sum_pseudo(const uint8_t *, size_t);
static size_t	 tcp_headers(const uint8_t *, size_t);
static int	 tcp_sums_good(const uint8_t *, size_t);
static int	 tcp_may_run(const uint8_t *, size_t, size_t);
static int	 tcp_continues(const struct tcp_run *, const struct packet *,
		    const struct packet *, size_t);
static unsigned int	 flow_hash(const uint8_t *);

static inline uint16_t
get16(const uint8_t *p)
{
	return (p[0] << 8 | p[1]);
}

static inline uint32_t
get32(const uint8_t *p)
{
	return ((uint32_t)get16(p) << 16 | get16(p + 2));
}

static inline void
put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v & 0xff;
}

static inline void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

/* As it is in memory. */
static inline uint64_t
get64(const uint8_t *p)
{
	uint64_t	v;

	memcpy(&v, p, sizeof(v));
	return (v);
}

static inline uint64_t
add_carry(uint64_t sum, uint64_t v)
{
	sum += v;
	return (sum + (sum < v));
}

/*
 * RFC 1071, of 16-bit words as they are in memory: the sum is right in this
 * machine's byte order.  An odd octet at the end is followed by a zero.
 */
static uint64_t
sum_octets(const uint8_t *p, size_t len)
{
	uint64_t	sum[4] = { 0, 0, 0, 0 }, last[4] = { 0, 0, 0, 0 };

	/* Four at a time, for they need not wait for each other. */
	for (; len >= sizeof(last); len -= sizeof(last), p += sizeof(last)) {
		sum[0] = add_carry(sum[0], get64(p));
		sum[1] = add_carry(sum[1], get64(p + 8));
		sum[2] = add_carry(sum[2], get64(p + 16));
		sum[3] = add_carry(sum[3], get64(p + 24));
	}
	memcpy(last, p, len);
	sum[0] = add_carry(add_carry(sum[0], sum[1]), add_carry(sum[2],
	    sum[3]));
	last[0] = add_carry(add_carry(last[0], last[1]), add_carry(last[2],
	    last[3]));
	sum[0] = add_carry(sum[0], last[0]);
	/* Room for what the caller adds. */
	return ((sum[0] >> 32) + (sum[0] & 0xffffffff));
}

static uint16_t
sum_fold(uint64_t sum)
{
	while (sum > 0xffff)
		sum = (sum >> 16) + (sum & 0xffff);
	return (sum);
}

static void
put_cksum(uint8_t *p, uint64_t sum)
{
	uint16_t	cksum;

	cksum = ~sum_fold(sum);
	memcpy(p, &cksum, sizeof(cksum));
}

/* The pseudo header of len octets behind the IP header. */
static uint64_t
sum_pseudo(const uint8_t *ip, size_t len)
{
	return (sum_octets(ip + 12, 8) + htons(ip[9]) + htons(len));
}

int
cksum_complete(uint8_t *p, size_t len, size_t start, size_t offset)
{
	if (start > len || offset > len - start || len - start - offset < 2)
		return (-1);
	put_cksum(p + start + offset, sum_octets(p + start, len - start));
	/* What UDP sends instead of 0, which would be no checksum. */
	if (offset == UDP_CKSUM && get16(p + start + offset) == 0)
		put16(p + start + offset, 0xffff);
	return (0);
}

/*
 * The length of the IP and TCP headers of a packet that is len octets long;
 * 0 if it is a fragment or anything else.
 */
static size_t
tcp_headers(const uint8_t *ip, size_t len)
{
	size_t	hlen, thlen;

	if (len < IP_HEADER_MIN + TCP_HEADER_MIN || ip[0] >> 4 != 4 ||
	    ip[9] != IPPROTO_TCP || (get16(ip + 6) & IP_FRAGMENT) != 0 ||
	    get16(ip + 2) != len)
		return (0);
	hlen = (ip[0] & 0x0f) * 4;
	if (hlen < IP_HEADER_MIN || len < hlen + TCP_HEADER_MIN)
		return (0);
	thlen = (ip[hlen + 12] >> 4) * 4;
	if (thlen < TCP_HEADER_MIN || len < hlen + thlen)
		return (0);
	return (hlen + thlen);
}

int
tcp_split_begin(struct tcp_split *s, const uint8_t *ip, size_t len, size_t mss,
    size_t room)
{
	s->data = ip;
	s->len = len;
	s->mss = mss;
	s->off = s->hlen = tcp_headers(ip, len);
	if (s->hlen == 0 || s->hlen == len || mss == 0 ||
	    s->hlen + mss > room ||
	    len - s->hlen > mss * TCP_SEGMENTS_MAX) {
		s->off = s->len;
		return (-1);
	}
	return (0);
}

size_t
tcp_split_next(struct tcp_split *s, uint8_t *ip)
{
	uint8_t		*tcp;
	size_t		 hlen, len, done;

	len = s->len - s->off;
	if (len == 0)
		return (0);
	if (len > s->mss)
		len = s->mss;
	done = s->off - s->hlen;
	memcpy(ip, s->data, s->hlen);
	memcpy(ip + s->hlen, s->data + s->off, len);
	s->off += len;
	len += s->hlen;

	hlen = (ip[0] & 0x0f) * 4;
	put16(ip + 2, len);
	/* RFC 6864: the ID of a packet that is never cut means nothing. */
	if ((ip[6] & IP_DF) == 0)
		put16(ip + 4, get16(ip + 4) + done / s->mss);
	put16(ip + 10, 0);
	put_cksum(ip + 10, sum_octets(ip, hlen));

	tcp = ip + hlen;
	put32(tcp + 4, get32(tcp + 4) + done);
	if (done > 0)
		tcp[13] &= ~TCP_CWR;
	if (s->off < s->len)
		tcp[13] &= ~(TH_PUSH | TH_FIN);
	put16(tcp + TCP_CKSUM, 0);
	put_cksum(tcp + TCP_CKSUM, sum_pseudo(ip, len - hlen) +
	    sum_octets(tcp, len - hlen));
	return (len);
}

void
tcp_coalesce(struct tcp_runs *r, const struct packet *p, int n)
{
	struct tcp_run	*run;
	uint8_t		*flow;
	size_t		 hlen;
	int		 i;

	memset(r->flow, 0, sizeof(r->flow));
	r->n = 0;
	for (i = 0; i < n; i++) {
		r->next[i] = -1;
		flow = NULL;
		if ((hlen = tcp_headers(p[i].data, p[i].len)) != 0) {
			flow = &r->flow[flow_hash(p[i].data)];
			if (*flow != 0 && tcp_continues(&r->run[*flow - 1], p,
			    &p[i], hlen)) {
				run = &r->run[*flow - 1];
				r->next[run->last] = i;
				run->last = i;
				run->n++;
				run->len += p[i].len - hlen;
				continue;
			}
			*flow = 0;
		} else if (p[i].len > 9 && p[i].data[9] == IPPROTO_TCP) {
			/* A fragment, maybe: nothing may pass it. */
			memset(r->flow, 0, sizeof(r->flow));
		}
		run = &r->run[r->n++];
		run->first = run->last = i;
		run->n = 1;
		run->len = p[i].len;
		run->hlen = hlen;
		run->mss = p[i].len - hlen;
		if (flow != NULL && tcp_may_run(p[i].data, p[i].len, hlen))
			*flow = r->n;
	}
}

/* Can it be part of a run?  Data, and no flag but those that all may have. */
static int
tcp_may_run(const uint8_t *ip, size_t len, size_t hlen)
{
	return ((ip[0] & 0x0f) * 4 == IP_HEADER_MIN && len > hlen &&
	    (ip[IP_HEADER_MIN + 13] & ~TH_PUSH) == TH_ACK);
}

/* Is this the next segment of the run? */
static int
tcp_continues(const struct tcp_run *run, const struct packet *p,
    const struct packet *next, size_t hlen)
{
	const uint8_t	*a, *b, *ta, *tb;
	size_t		 alen, blen;

	a = p[run->last].data;
	b = next->data;
	ta = a + IP_HEADER_MIN;
	tb = b + IP_HEADER_MIN;
	alen = p[run->last].len - run->hlen;
	blen = next->len - hlen;
	/* Version, TOS; DF; TTL, protocol; addresses, ports. */
	if (memcmp(a, b, 2) != 0 || memcmp(a + 6, b + 6, 4) != 0 ||
	    memcmp(a + 12, b + 12, 12) != 0)
		return (0);
	if ((a[6] & IP_DF) == 0 &&
	    (uint16_t)(get16(a + 4) + 1) != get16(b + 4))
		return (0);
	/* Acknowledgement, length of the header; window; urgent, options. */
	if (hlen != run->hlen || memcmp(ta + 8, tb + 8, 5) != 0 ||
	    memcmp(ta + 14, tb + 14, 2) != 0 ||
	    memcmp(ta + 18, tb + 18, hlen - IP_HEADER_MIN - 18) != 0)
		return (0);
	/* Only the last may be short, or pushed. */
	if (!tcp_may_run(b, next->len, hlen) || (ta[13] & TH_PUSH) != 0 ||
	    alen != run->mss || blen > run->mss ||
	    run->len + blen > IP_LEN_MAX ||
	    get32(ta + 4) + (uint32_t)alen != get32(tb + 4))
		return (0);
	return ((run->n > 1 || tcp_sums_good(a, p[run->last].len)) &&
	    tcp_sums_good(b, next->len));
}

/* The checksums of the IP header, without options, and of TCP. */
static int
tcp_sums_good(const uint8_t *ip, size_t len)
{
	len -= IP_HEADER_MIN;
	return (sum_fold(sum_octets(ip, IP_HEADER_MIN)) == 0xffff &&
	    sum_fold(sum_pseudo(ip, len) +
	    sum_octets(ip + IP_HEADER_MIN, len)) == 0xffff);
}

/* Of the addresses and ports. */
static unsigned int
flow_hash(const uint8_t *ip)
{
	uint32_t	h;

	h = get32(ip + 12) * 0x9e3779b1 + get32(ip + 16);
	h = h * 0x9e3779b1 + get32(ip + (ip[0] & 0x0f) * 4);
	return ((h * 0x9e3779b1) >> 24);
}

void
tcp_run_header(const struct tcp_run *run, const struct packet *p)
{
	uint8_t		*ip, *tcp;
	uint16_t	 sum;

	ip = p[run->first].data;
	tcp = ip + IP_HEADER_MIN;
	put16(ip + 2, run->len);
	put16(ip + 10, 0);
	put_cksum(ip + 10, sum_octets(ip, IP_HEADER_MIN));
	tcp[13] |= p[run->last].data[IP_HEADER_MIN + 13] & TH_PUSH;
	sum = sum_fold(sum_pseudo(ip, run->len - IP_HEADER_MIN));
	memcpy(tcp + TCP_CKSUM, &sum, sizeof(sum));
}
