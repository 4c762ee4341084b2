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
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <errno.h>
#include <event.h>
#include <imsg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fsm.h"
#include "gre.h"
#include "log.h"
#include "mppe.h"
#include "packet_io.h"
#include "pptpd.h"
#include "ppp.h"
#include "wheel.h"
#include "session_engine.h"

#include <netinet/tcp.h>

#define IP_OFFMASK_MF	0x3fff		/* more fragments and offset */
#define TCP_OPT_EOL	0
#define TCP_OPT_NOP	1
#define TCP_OPT_MSS	2

size_t
inet_check(const uint8_t *ip, size_t len)
{
	size_t	hlen, total;

	if (len < 20 || ip[0] >> 4 != 4)
		return (0);
	hlen = (ip[0] & 0x0f) * 4;
	total = (size_t)ip[2] << 8 | ip[3];
	if (hlen < 20 || total < hlen || total > len)
		return (0);
	return (total);
}

void
inet_mss_clamp(uint8_t *ip, size_t len, uint16_t mtu)
{
	uint8_t		*tcp, *opt, *end;
	size_t		 hlen;
	uint32_t	 sum;
	uint16_t	 old, mss;

	hlen = (ip[0] & 0x0f) * 4;
	if (ip[9] != IPPROTO_TCP || len < hlen + 20 ||
	    ((ip[6] << 8 | ip[7]) & IP_OFFMASK_MF) != 0)
		return;
	tcp = ip + hlen;
	if ((tcp[13] & TH_SYN) == 0)
		return;
	end = tcp + (tcp[12] >> 4) * 4;
	if (end > ip + len || mtu < 40)
		return;
	mss = mtu - 40;
	for (opt = tcp + 20; opt < end && opt[0] != TCP_OPT_EOL; ) {
		if (opt[0] == TCP_OPT_NOP) {
			opt++;
			continue;
		}
		if (end - opt < 2 || opt[1] < 2 || opt[1] > end - opt)
			return;
		if (opt[0] == TCP_OPT_MSS && opt[1] == 4) {
			old = opt[2] << 8 | opt[3];
			if (old <= mss)
				return;
			opt[2] = mss >> 8;
			opt[3] = mss & 0xff;
			/*
			 * RFC 1624: HC' = ~(~HC + ~m + m').  At an odd offset
			 * the octets of the value swap places in the sum.
			 */
			if ((opt + 2 - tcp) & 1) {
				old = old >> 8 | old << 8;
				mss = mss >> 8 | mss << 8;
			}
			sum = (uint16_t)~(tcp[16] << 8 | tcp[17]);
			sum += (uint16_t)~old + (uint32_t)mss;
			sum = (sum & 0xffff) + (sum >> 16);
			sum = (sum & 0xffff) + (sum >> 16);
			tcp[16] = (uint8_t)(~sum >> 8);
			tcp[17] = (uint8_t)~sum;
			return;
		}
		opt += opt[1];
	}
}
