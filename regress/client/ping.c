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
 * ICMP echo over a call without a tun device: asking, and answering.
 */

#include <sys/types.h>

#include <netinet/in.h>
#include <net/if.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pptp.h"
#include "gre.h"
#include "mppe.h"
#include "mschap.h"
#include "dial.h"

#define PING_TIMEOUT	MSEC(1000)
#define IP_LEN		20
#define ICMP_LEN	8
#define TIME_LEN	8	/* when it was sent, first in the data */
#define ECHO_REPLY	0
#define ECHO_REQUEST	8

static void	 ping_more(struct call *);
static void	 ping_send(struct call *);
static void	 ping_answer(struct call *, uint8_t *, size_t);
static uint16_t	 checksum(const uint8_t *, size_t);
static uint8_t	 pattern(struct call *, uint32_t, size_t);
static const struct in_addr *target(struct call *);

void
ping_start(struct call *c)
{
	if (opt.pings == 0)
		return;
	c->pinging = 1;
	/* Some servers agree on IPCP before they have configured anything. */
	if (opt.ping_delay > 0)
		timer_set(c, T_PING, MSEC(opt.ping_delay));
	else
		ping_more(c);
}

static const struct in_addr *
target(struct call *c)
{
	return (opt.ping_to.s_addr != INADDR_ANY ? &opt.ping_to : &c->peer);
}

/* RFC 1071; 0 over what includes a right checksum. */
static uint16_t
checksum(const uint8_t *p, size_t len)
{
	uint32_t	sum = 0;

	for (; len > 1; p += 2, len -= 2)
		sum += get16(p);
	if (len == 1)
		sum += p[0] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (~sum);
}

static uint8_t
pattern(struct call *c, uint32_t seq, size_t i)
{
	return (c->number + seq + i);
}

/* Send as many as may be on their way, or come to the end. */
static void
ping_more(struct call *c)
{
	int		 n = 0;
	uint64_t	 w;

	for (w = c->ping_waiting; w != 0; w &= w - 1)
		n++;
	while (c->pings < (uint32_t)opt.pings && n < opt.ping_burst) {
		/* What was waited for longest falls off here and is lost. */
		c->ping_waiting = c->ping_waiting << 1 | 1;
		c->pings++;
		n++;
		ping_send(c);
	}
	if (c->ping_waiting == 0) {
		c->pinging = 0;
		timer_clear(c, T_PING);
		report_ping(c);
	} else
		timer_set(c, T_PING, PING_TIMEOUT);
}

static void
ping_send(struct call *c)
{
	static uint8_t	 buf[HEADROOM + PACKET_MAX];
	uint8_t		*ip = buf + HEADROOM, *icmp = ip + IP_LEN;
	size_t		 len = opt.ping_size, i = ICMP_LEN;

	memset(ip, 0, IP_LEN + ICMP_LEN);
	ip[0] = 0x45;
	put16(ip + 2, len);
	put16(ip + 4, c->pings);
	ip[6] = 0x40;			/* DF */
	ip[8] = 64;			/* TTL */
	ip[9] = IPPROTO_ICMP;
	memcpy(ip + 12, &c->address, 4);
	memcpy(ip + 16, target(c), 4);
	put16(ip + 10, checksum(ip, IP_LEN));

	len -= IP_LEN;
	icmp[0] = ECHO_REQUEST;
	put16(icmp + 4, c->id);
	put16(icmp + 6, c->pings);
	clock_read();
	if (len >= ICMP_LEN + TIME_LEN) {
		put32(icmp + ICMP_LEN, now >> 32);
		put32(icmp + ICMP_LEN + 4, now);
		i += TIME_LEN;
	}
	for (; i < len; i++)
		icmp[i] = pattern(c, c->pings, i);
	put16(icmp + 2, checksum(icmp, len));
	data_send_ip(c, ip, opt.ping_size);
}

/* Nothing came for too long: what is on its way is lost. */
void
ping_timer(struct call *c)
{
	if (!c->pinging)
		return;
	if (c->ping_waiting != 0)
		verbose(c, "ping lost, the last one sent was %u", c->pings);
	c->ping_waiting = 0;
	ping_more(c);
}

/* An IP packet for us; returns 1 if it was the answer to a ping of ours. */
int
ping_input(struct call *c, uint8_t *ip, size_t len)
{
	uint8_t	*icmp, address[4];
	size_t	 hl;

	hl = (ip[0] & 0x0f) << 2;
	if (ip[9] != IPPROTO_ICMP || hl < IP_LEN || len < hl + ICMP_LEN ||
	    get16(ip + 6) & 0x3fff)
		return (0);
	if (checksum(ip, hl) != 0 || checksum(ip + hl, len - hl) != 0) {
		complain(c, "wrong checksum inside the tunnel");
		c->c.malformed++;
		return (0);
	}
	icmp = ip + hl;
	if (icmp[0] == ECHO_REQUEST && call_tun_fd(c) == -1) {
		memcpy(address, ip + 12, 4);
		memcpy(ip + 12, ip + 16, 4);
		memcpy(ip + 16, address, 4);
		icmp[0] = ECHO_REPLY;
		put16(icmp + 2, 0);
		put16(icmp + 2, checksum(icmp, len - hl));
		data_send_ip(c, ip, len);
		return (0);
	}
	if (icmp[0] != ECHO_REPLY || !c->pinging || get16(icmp + 4) != c->id ||
	    memcmp(ip + 12, target(c), 4) != 0)
		return (0);
	if (hl != IP_LEN || len != (size_t)opt.ping_size) {
		c->c.malformed++;
		return (1);
	}
	ping_answer(c, icmp, len - hl);
	return (1);
}

static void
ping_answer(struct call *c, uint8_t *icmp, size_t len)
{
	uint64_t	bit, rtt = 0;
	uint32_t	age;
	size_t		i = ICMP_LEN;

	age = (uint16_t)(c->pings - get16(icmp + 6));
	if (age >= 64 || (c->ping_waiting & (bit = 1ULL << age)) == 0) {
		verbose(c, "answer to ping %u, too late or twice",
		    get16(icmp + 6));
		return;
	}
	if (len >= ICMP_LEN + TIME_LEN) {
		clock_read();
		rtt = now - ((uint64_t)get32(icmp + ICMP_LEN) << 32 |
		    get32(icmp + ICMP_LEN + 4));
		i += TIME_LEN;
	}
	for (; i < len; i++)
		if (icmp[i] != pattern(c, c->pings - age, i)) {
			complain(c, "ping %u came back changed",
			    c->pings - age);
			c->c.malformed++;
			return;
		}
	if (c->pongs == 0 || rtt < c->ping_min)
		c->ping_min = rtt;
	if (rtt > c->ping_max)
		c->ping_max = rtt;
	c->ping_sum += rtt;
	c->pongs++;
	if (c->pings - age < c->ping_last)
		c->ping_disorder++;
	else
		c->ping_last = c->pings - age;
	c->ping_waiting &= ~bit;
	ping_more(c);
}
