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

/* Inner packets: their header, and the MSS of TCP with its checksum. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>

#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fsm.h"
#include "gre.h"
#include "mppe.h"
#include "packet_io.h"
#include "pptpd.h"
#include "ppp.h"
#include "wheel.h"
#include "session_engine.h"
#include "fuzz.h"

static uint16_t
checksum(const uint8_t *p, size_t len)
{
	uint32_t	sum = 0;
	size_t		i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? p[i] : p[i] << 8;
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	/* 0 and ffff are the same number. */
	return (sum == 0xffff ? 0 : sum);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct input	 in = { p, len };
	uint16_t	 mtu;
	uint8_t		*a, *b;
	size_t		 n, hlen, i, changed = 0;

	mtu = in_16(&in);
	if (in.left == 0)
		return (0);
	len = in.left;
	if ((a = malloc(len)) == NULL || (b = malloc(len)) == NULL)
		abort();
	memcpy(a, in.p, len);
	memcpy(b, in.p, len);
	if ((n = inet_check(a, len)) != 0) {
		ASSERT(n >= 20 && n <= len);
		hlen = (a[0] & 0x0f) * 4;
		inet_mss_clamp(a, n, mtu);
		for (i = 0; i < len; i++)
			changed += a[i] != b[i];
		/* A value and the checksum, that is still right. */
		ASSERT(changed <= 4);
		ASSERT(memcmp(a, b, hlen) == 0);
		ASSERT(memcmp(a + n, b + n, len - n) == 0);
		ASSERT(checksum(a + hlen, n - hlen) ==
		    checksum(b + hlen, n - hlen));
		/* Once is enough. */
		memcpy(b, a, len);
		inet_mss_clamp(b, n, mtu);
		ASSERT(memcmp(a, b, len) == 0);
	}
	free(a);
	free(b);
	return (0);
}
