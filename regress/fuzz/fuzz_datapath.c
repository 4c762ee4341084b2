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
 * Packets between clients and the tun device: out of order, forged, too long,
 * from elsewhere, encrypted or not, while sessions come and go.
 */

#include "engine_model.h"

static uint8_t	buf[PACKET_SIZE];

static void
step(struct input *in)
{
	static const uint16_t	protos[] = { PPP_LCP, PPP_CCP, PPP_IPCP,
				    PPP_CHAP };
	struct client		*c;
	const uint8_t		*p;
	struct in_addr		 a;
	size_t			 i, n;
	uint8_t			 op = in_8(in), code;

	i = (op >> 4) % CLIENTS;
	c = &clients[i];
	switch (op & 15) {
	case 0:
		bring_up(i);
		break;
	case 1:
		if (in_8(in) & 1)
			call_end(i, END_PEER_CLEAR);
		else
			call_open(i);
		break;
	case 2:
		/* Data as it should be, in its turn or out of it. */
		code = in_8(in);
		n = ip_packet(buf, in_8(in) * 5, inner(i + (code & 0x80 ? 1 :
		    0)), inner(7));
		client_data(i, c->seq_out + (code & 15) - (code & 16), buf, n);
		if ((code & 31) == 0)
			c->seq_out++;
		break;
	case 3:
		/* Many in a row. */
		n = ip_packet(buf, in_8(in) * 5, inner(i), inner(7));
		for (code = in_8(in) % QUEUE; code > 0; code--)
			client_data(i, c->seq_out++, buf, n);
		break;
	case 4:
		/* Whatever it is, with a sound header. */
		code = in_8(in);
		n = in_8(in);
		p = in_bytes(in, &n);
		client_send(i, c->seq_out + (int8_t)code, p, n);
		if (code == 0)
			c->seq_out++;
		break;
	case 5:
		n = in_8(in);
		p = in_bytes(in, &n);
		enqueue(p, n, outer(in_8(in) % 4));
		break;
	case 6:
		queue_deliver();
		break;
	case 7:
		/* Some for a client. */
		n = ip_packet(buf, in_8(in) * 6, inner(7), inner(in_8(in) %
		    4)) - 2;
		tun_packet(buf + 2, n);
		break;
	case 8:
		n = in_8(in);
		p = in_bytes(in, &n);
		memcpy(buf, p, n);
		a = inner(i);
		if (n >= 20)
			memcpy(buf + 16, &a, sizeof(a));
		/* Not one to be changed on its way. */
		if (n > 9)
			buf[9] = IPPROTO_UDP;
		tun_packet(buf, n);
		break;
	case 9:
		fake_sleep(in_8(in) * 10);
		break;
	case 10:
		fake_sleep(in_8(in) * 1000);
		break;
	case 11:
	case 12:
		code = in_8(in);
		n = in_8(in) % 64;
		p = in_bytes(in, &n);
		client_cp(i, protos[code >> 4 & 3], code & 15, in_8(in), p, n);
		/* It will not know what becomes of that. */
		c->off = 1;
		break;
	case 13:
		/* Forged MPPE, near what is due. */
		n = in_8(in);
		in_fill(in, buf, n);
		if (n < 4)
			break;
		buf[0] = 0;
		buf[1] = PPP_COMP;
		buf[2] |= MPPE_ENCRYPTED >> 8;
		client_send(i, c->seq_out++, buf, n);
		break;
	case 14:
		c->helpful = 1;
		helpful = in_8(in) & 1;
		break;
	case 15:
		/* Lost on their way here. */
		c->seq_out += in_8(in);
		break;
	}
	if (op & 0x80)
		queue_deliver();
	/* An answer for each, and what timers and layers cause. */
	ASSERT(nsent <= 4000);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	engine_run(p, len, step);
	return (0);
}
