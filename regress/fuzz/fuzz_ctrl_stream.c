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
 * The octets of a control connection: where messages begin and end, what is in
 * them.  What was decoded is the same after it was encoded.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>

#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <string.h>

#include "pptp.h"
#include "pptpd.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t left)
{
	struct pptp_msg	 a, b;
	uint8_t		 buf[PPTP_MAX_LEN];
	size_t		 have;
	int		 len, n, before;

	for (; left > 0; p += len, left -= len) {
		/* The verdict falls as early as it can, and stays. */
		before = 0;
		for (have = 0; have <= left && have <= PPTP_MAX_LEN; have++) {
			n = pptp_frame(p, have);
			ASSERT(n >= -1 && n <= PPTP_MAX_LEN);
			ASSERT(before == 0 || n == before);
			before = n;
		}
		len = pptp_frame(p, left);
		ASSERT(len != 0 || left < PPTP_HEADER_LEN);
		if (len <= 0 || (size_t)len > left) {
			ASSERT(pptp_decode(p, left, &a) == -1);
			break;
		}
		ASSERT(pptp_decode(p, len - 1, &a) == -1);
		ASSERT(pptp_decode(p, len, &a) == 0);
		ASSERT((size_t)len == pptp_type_len(a.type));
		ASSERT(pptp_encode(&a, buf, len - 1) == -1);
		ASSERT(pptp_encode(&a, buf, sizeof(buf)) == len);
		ASSERT(pptp_decode(buf, len, &b) == 0);
		/* Text ends with its first NUL when it is written. */
		n = pptp_encode(&b, buf, sizeof(buf));
		ASSERT(n == len);
		ASSERT(pptp_decode(buf, len, &a) == 0);
		ASSERT(memcmp(&a, &b, sizeof(a)) == 0);
	}
	return (0);
}
