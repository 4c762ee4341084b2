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
 * Packets as they come out of GRE, on a link that is up: address and control,
 * compressed or not, the protocol, and what it is handed to.
 */

#include "ppp_model.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const struct model	model = {
		AUTH_MSCHAPV2, MPPE_REQUIRE, STAGE_UP, 0
	};
	struct input			in = { p, len };
	uint16_t			proto;
	size_t				size;
	int				n;

	model_run(NULL, 0, &model);
	/* As it was before its end. */
	is_up = finished = granted = 0;
	nsent = 0;
	ppp_init(&ppp, &conf, NULL);
	ppp_open(&ppp, now);
	if (in_8(&in) & 1) {
		agree(PPP_LCP);
		authenticate(1, 1);
		pass(600);
		nsent = 0;
		agree(PPP_CCP);
		agree(PPP_IPCP);
		ASSERT(is_up);
	}
	while (in.left > 0) {
		size = in_8(&in);
		p = in_bytes(&in, &size);
		nsent = 0;
		if ((n = ppp_header(p, size, &proto)) == -1) {
			ASSERT(size < 4 || p[0] == 0xff);
			continue;
		}
		ASSERT(n >= 1 && n <= PPP_HEADER_MAX && (size_t)n <= size);
		/* RFC 1661 section 2: the first octet of two is even. */
		ASSERT((proto & 0x100) == 0);
		if (proto == PPP_IP || proto == PPP_COMP)
			continue;
		feed(proto, p + n, size - n);
		ASSERT(ppp.up == is_up);
		ASSERT(!is_up || ppp.mppe);
	}
	return (0);
}
