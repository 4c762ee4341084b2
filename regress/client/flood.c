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
 * A flood of full-sized packets over the first call, in bursts that are
 * encrypted before the first of them goes out: TCP segments, when the server
 * has acknowledged the last burst, or UDP datagrams, which wait for nothing.
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

#define IP_LEN		20
#define TCP_LEN		20
#define PORT		9		/* discard */
#define TCP_ACK		0x10
#define ACK_WAIT	MSEC(100)	/* then the rest is taken for lost */

static size_t	 flood_packet(struct call *, uint8_t *);
static void	 sum(uint8_t *, const uint8_t *, size_t, uint32_t);

static uint32_t	 flooded, tcp_seq, wait_for;
static uint64_t	 wait_until;

/* Send a burst if it is time to; returns us until it may be, 0: all is done. */
uint64_t
flood_step(struct call *c)
{
	static uint8_t	buf[HEADROOM + PACKET_MAX];
	int		i;

	if (opt.flood == 0 || c->stage != S_UP)
		return (0);
	if (!opt.flood_udp && (int32_t)(wait_for - c->tx.acked) > 0 &&
	    now < wait_until)
		return (MSEC(1) / 4);
	if (flooded == (uint32_t)opt.flood)
		return (0);
	data_burst_begin();
	for (i = 0; i < BURST_PACKETS && flooded < (uint32_t)opt.flood; i++) {
		data_send_ip(c, buf + HEADROOM,
		    flood_packet(c, buf + HEADROOM));
		flooded++;
	}
	data_burst_end(c);
	clock_read();
	wait_for = c->tx.next;
	wait_until = now + ACK_WAIT;
	return (1);
}

static size_t
flood_packet(struct call *c, uint8_t *ip)
{
	uint8_t		*p = ip + IP_LEN;
	size_t		 len = data_mtu(c), plen = len - IP_LEN;
	uint32_t	 pseudo;

	memset(ip, 0, IP_LEN + TCP_LEN);
	ip[0] = 0x45;
	put16(ip + 2, len);
	ip[6] = 0x40;			/* DF */
	ip[8] = 64;
	ip[9] = opt.flood_udp ? IPPROTO_UDP : IPPROTO_TCP;
	memcpy(ip + 12, &c->address, 4);
	memcpy(ip + 16, opt.ping_to.s_addr != INADDR_ANY ? &opt.ping_to :
	    &c->peer, 4);
	sum(ip + 10, ip, IP_LEN, 0);

	pseudo = get16(ip + 12) + get16(ip + 14) + get16(ip + 16) +
	    get16(ip + 18) + ip[9] + plen;
	put16(p, PORT);
	put16(p + 2, PORT);
	if (opt.flood_udp) {
		put16(p + 4, plen);
		sum(p + 6, p, plen, pseudo);
	} else {
		put32(p + 4, tcp_seq);
		tcp_seq += plen - TCP_LEN;
		p[12] = TCP_LEN / 4 << 4;
		p[13] = TCP_ACK;
		put16(p + 14, 65535);
		sum(p + 16, p, plen, pseudo);
	}
	return (len);
}

/* RFC 1071 */
static void
sum(uint8_t *where, const uint8_t *p, size_t len, uint32_t s)
{
	for (; len > 1; p += 2, len -= 2)
		s += get16(p);
	if (len == 1)
		s += p[0] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	put16(where, ~s & 0xffff);
}
