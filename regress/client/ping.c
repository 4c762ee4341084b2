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
#define ECHO_REPLY	0
#define ECHO_REQUEST	8

static void	 ping_send(struct call *);
static void	 ping_next(struct call *);
static uint16_t	 checksum(const uint8_t *, size_t);
static uint8_t	 pattern(struct call *, size_t);

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
		ping_next(c);
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
pattern(struct call *c, size_t i)
{
	return (c->number + c->pings + i);
}

static void
ping_next(struct call *c)
{
	if (c->pings >= (uint32_t)opt.pings) {
		c->pinging = 0;
		report_ping(c);
		return;
	}
	c->pings++;
	ping_send(c);
}

static void
ping_send(struct call *c)
{
	static uint8_t	 buf[HEADROOM + PACKET_MAX];
	struct in_addr	*to;
	uint8_t		*ip = buf + HEADROOM, *icmp = ip + IP_LEN;
	size_t		 len = opt.ping_size, i;

	memset(ip, 0, IP_LEN + ICMP_LEN);
	ip[0] = 0x45;
	put16(ip + 2, len);
	put16(ip + 4, c->pings);
	ip[6] = 0x40;			/* DF */
	ip[8] = 64;			/* TTL */
	ip[9] = IPPROTO_ICMP;
	to = opt.ping_to.s_addr != INADDR_ANY ? &opt.ping_to : &c->peer;
	memcpy(ip + 12, &c->address, 4);
	memcpy(ip + 16, to, 4);
	put16(ip + 10, checksum(ip, IP_LEN));

	len -= IP_LEN;
	icmp[0] = ECHO_REQUEST;
	put16(icmp + 4, c->id);
	put16(icmp + 6, c->pings);
	for (i = ICMP_LEN; i < len; i++)
		icmp[i] = pattern(c, i);
	put16(icmp + 2, checksum(icmp, len));

	clock_read();
	c->ping_sent = now;
	timer_set(c, T_PING, PING_TIMEOUT);
	data_send_ip(c, ip, opt.ping_size);
}

void
ping_timer(struct call *c)
{
	if (!c->pinging)
		return;
	if (c->pings > 0)
		verbose(c, "ping %u lost", c->pings);
	ping_next(c);
}

/* An IP packet for us; returns 1 if it was the answer to a ping of ours. */
int
ping_input(struct call *c, uint8_t *ip, size_t len)
{
	struct in_addr	*to;
	uint8_t		*icmp, address[4];
	uint64_t	 rtt;
	size_t		 i, hl;

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
	len -= hl;
	if (icmp[0] == ECHO_REQUEST && call_tun_fd(c) == -1) {
		memcpy(address, ip + 12, 4);
		memcpy(ip + 12, ip + 16, 4);
		memcpy(ip + 16, address, 4);
		icmp[0] = ECHO_REPLY;
		put16(icmp + 2, 0);
		put16(icmp + 2, checksum(icmp, len));
		data_send_ip(c, ip, hl + len);
		return (0);
	}
	to = opt.ping_to.s_addr != INADDR_ANY ? &opt.ping_to : &c->peer;
	if (icmp[0] != ECHO_REPLY || !c->pinging || get16(icmp + 4) != c->id ||
	    get16(icmp + 6) != (c->pings & 0xffff) ||
	    memcmp(ip + 12, to, 4) != 0)
		return (0);
	if (hl + len != (size_t)opt.ping_size) {
		c->c.malformed++;
		return (1);
	}
	for (i = ICMP_LEN; i < len; i++)
		if (icmp[i] != pattern(c, i)) {
			complain(c, "ping %u came back changed", c->pings);
			c->c.malformed++;
			return (1);
		}
	clock_read();
	rtt = now - c->ping_sent;
	if (c->pongs == 0 || rtt < c->ping_min)
		c->ping_min = rtt;
	if (rtt > c->ping_max)
		c->ping_max = rtt;
	c->ping_sum += rtt;
	c->pongs++;
	timer_clear(c, T_PING);
	ping_next(c);
	return (1);
}
