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
 * Inner IPv4 packets: the header check, and the MSS clamp with its checksum,
 * compared with one computed from scratch.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>

#include <event.h>
#include <imsg.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsm.h"
#include "gre.h"
#include "mppe.h"
#include "pptpd.h"
#include "ppp.h"
#include "wheel.h"
#include "session_engine.h"
#include "tap.h"

static uint8_t	 pkt[256];
static size_t	 pktlen;

/* The TCP checksum of pkt, computed from scratch; 0 when it is right. */
static uint16_t
tcp_sum(void)
{
	size_t		hlen = (pkt[0] & 15) * 4, i, len = pktlen - hlen;
	uint32_t	sum = IPPROTO_TCP + len;

	for (i = 12; i < 20; i += 2)
		sum += pkt[i] << 8 | pkt[i + 1];
	for (i = 0; i < len; i++)
		sum += i & 1 ? pkt[hlen + i] : pkt[hlen + i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (~sum & 0xffff);
}

/* A TCP segment with these flags and options, 3 octets of data. */
static void
build(uint8_t flags, const uint8_t *opt, size_t optlen)
{
	uint8_t		*tcp = pkt + 20;
	size_t		 thlen = 20 + (optlen + 3) / 4 * 4;
	uint16_t	 sum;

	memset(pkt, 0, sizeof(pkt));
	pktlen = 20 + thlen + 3;
	pkt[0] = 0x45;
	pkt[3] = pktlen;
	pkt[9] = IPPROTO_TCP;
	memcpy(pkt + 12, "\x0a\x63\x00\x0a\xc0\xa8\x01\x02", 8);
	memcpy(tcp, "\x12\x34\x00\x50\xde\xad\xbe\xef", 8);
	tcp[12] = thlen / 4 << 4;
	tcp[13] = flags;
	memcpy(tcp + 20, opt, optlen);
	memcpy(tcp + thlen, "abc", 3);
	sum = tcp_sum();
	tcp[16] = sum >> 8;
	tcp[17] = sum & 0xff;
}

static void
test_check(void)
{
	size_t	i;

	build(0x10, (const uint8_t *)"", 0);
	is_int(inet_check(pkt, pktlen), pktlen, "a good header");
	is_int(inet_check(pkt, pktlen + 9), pktlen, "padding is cut off");
	for (i = 0; i < pktlen; i++)
		if (inet_check(pkt, i) != 0)
			break;
	is_int(i, pktlen, "cut at every octet: refused");
	pkt[0] = 0x65;
	is_int(inet_check(pkt, pktlen), 0, "version 6");
	pkt[0] = 0x44;
	is_int(inet_check(pkt, pktlen), 0, "header shorter than 20 octets");
	pkt[0] = 0x4f;
	is_int(inet_check(pkt, pktlen), 0, "header longer than the packet");
}

static void
test_clamp(void)
{
	static const uint8_t	 at0[] = { 2, 4, 0x05, 0xb4 };
	static const uint8_t	 at1[] = { 1, 2, 4, 0x05, 0xb4, 0 };
	static const uint8_t	 at2[] = { 3, 2, 2, 4, 0x05, 0xb4 };
	static const uint8_t	 bad[] = { 3, 0, 2, 4, 0x05, 0xb4 };
	static const uint8_t	 cut[] = { 1, 1, 1, 2 };
	uint8_t			 before[sizeof(pkt)];
	unsigned int		 mss, mtu, wrong = 0;
	uint8_t			 opt[5] = { 1, 2, 4, 0, 0 };
	size_t			 off;

	build(0x02, at0, sizeof(at0));
	inet_mss_clamp(pkt, pktlen, 1396);
	is_int(pkt[42] << 8 | pkt[43], 1356, "SYN: 1460 becomes 1356");
	is_int(tcp_sum(), 0, "SYN: checksum");
	build(0x12, at1, sizeof(at1));
	inet_mss_clamp(pkt, pktlen, 1396);
	is_int(pkt[43] << 8 | pkt[44], 1356, "SYN+ACK, odd offset");
	is_int(tcp_sum(), 0, "SYN+ACK, odd offset: checksum");
	build(0x02, at2, sizeof(at2));
	inet_mss_clamp(pkt, pktlen, 1396);
	is_int(pkt[44] << 8 | pkt[45], 1356, "after another option");
	is_int(tcp_sum(), 0, "after another option: checksum");

	for (mss = 0; mss < 65536; mss += 7)
		for (mtu = 576; mtu <= 1500; mtu += 308)
			for (off = 0; off < 2; off++) {
				opt[3] = mss >> 8;
				opt[4] = mss;
				build(0x02, opt + off, sizeof(opt) - off);
				inet_mss_clamp(pkt, pktlen, mtu);
				if (tcp_sum() != 0)
					wrong++;
			}
	is_int(wrong, 0, "checksum right for every value");

	build(0x10, at0, sizeof(at0));
	memcpy(before, pkt, sizeof(pkt));
	inet_mss_clamp(pkt, pktlen, 1396);
	is_mem(pkt, before, sizeof(pkt), "not a SYN: unchanged");
	build(0x02, bad, sizeof(bad));
	memcpy(before, pkt, sizeof(pkt));
	inet_mss_clamp(pkt, pktlen, 1396);
	is_mem(pkt, before, sizeof(pkt), "option of length 0: unchanged");
	build(0x02, cut, sizeof(cut));
	memcpy(before, pkt, sizeof(pkt));
	inet_mss_clamp(pkt, pktlen, 1396);
	is_mem(pkt, before, sizeof(pkt), "option without length: unchanged");
	build(0x02, at0, sizeof(at0));
	pkt[7] = 1;
	memcpy(before, pkt, sizeof(pkt));
	inet_mss_clamp(pkt, pktlen, 1396);
	is_mem(pkt, before, sizeof(pkt), "later fragment: unchanged");
	build(0x02, at0, sizeof(at0));
	pkt[9] = IPPROTO_UDP;
	memcpy(before, pkt, sizeof(pkt));
	inet_mss_clamp(pkt, pktlen, 1396);
	is_mem(pkt, before, sizeof(pkt), "UDP: unchanged");
	for (off = 20; off < pktlen; off++) {
		build(0x02, at0, sizeof(at0));
		inet_mss_clamp(pkt, off, 1396);
	}
	ok(1, "cut at every octet");
}

int
main(void)
{
	test_check();
	test_clamp();
	done_testing();
}
