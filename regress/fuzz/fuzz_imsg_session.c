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
 * Messages that the session engine gets from the parent, the control engine
 * and the auth engine: of each type, right and wrong, about sessions that
 * there are and others.
 */

#include "engine_model.h"

static const struct {
	uint32_t	type;
	size_t		len;
} messages[] = {
	{ IMSG_SESSION_CONF,	sizeof(struct conf_ppp) },
	{ IMSG_SESSION_CONF_END, 0 },
	{ IMSG_ROUTE_RESULT,	sizeof(struct msg_route_result) },
	{ IMSG_HOP_RESULT,	sizeof(struct msg_hop_result) },
	{ IMSG_HOP_FORGET,	0 },
	{ IMSG_VERBOSE,		sizeof(int) },
	{ IMSG_CALL_OPEN,	sizeof(struct msg_call_open) },
	{ IMSG_CALL_CLOSE,	sizeof(struct msg_call_close) },
	{ IMSG_SHOW_SESSIONS,	sizeof(struct msg_show) },
	{ IMSG_SHOW_SESSION,	sizeof(struct msg_show) },
	{ IMSG_SHOW_STATS,	sizeof(struct msg_show) },
	{ IMSG_KILL,		sizeof(struct msg_kill) },
	{ IMSG_SHOW_PENALTIES,	sizeof(struct msg_penalties) },
	{ IMSG_CLEAR_PENALTIES,	sizeof(struct msg_penalties) },
	{ IMSG_AUTH_CHALLENGE,	sizeof(struct msg_auth_challenge) },
	{ IMSG_AUTH_VERDICT,	sizeof(struct msg_auth_verdict) },
	{ IMSG_ADDRESS_REPLY,	sizeof(struct msg_address) },
	{ IMSG_AUTH_END,	sizeof(struct msg_auth_end) },
	{ IMSG_PENALTY,		sizeof(struct msg_penalty) },
	{ IMSG_PENALTIES_END,	sizeof(struct msg_penalties_end) }
};

static void
step(struct input *in)
{
	static uint8_t		 buf[16384];
	struct channel		*c;
	const uint8_t		*p;
	uint32_t		 type, id;
	size_t			 i, n;
	uint8_t			 op = in_8(in), how;

	i = (op >> 4) % CLIENTS;
	switch (op & 15) {
	case 0:
		bring_up(i);
		break;
	case 1:
		call_open(i);
		break;
	case 2:
		call_end(i, in_8(in) % END_MAX);
		break;
	case 3:
		verdict(i, in_8(in) & 1);
		break;
	case 4:
		challenge(i);
		break;
	case 5:
		clients[i].helpful = in_8(in) & 1;
		queue_deliver();
		break;
	case 6:
		fake_sleep(in_8(in) * 100);
		break;
	case 7:
		/* Octets that are no message. */
		how = in_8(in);
		c = how % 3 == 0 ? &parent : how % 3 == 1 ? &control : &auth;
		n = in_8(in);
		p = in_bytes(in, &n);
		channel_raw(c, p, n);
		break;
	case 8:
		/* One of them is gone. */
		c = op & 0x80 ? &control : &auth;
		(void)shutdown(c->fd, SHUT_RDWR);
		(void)fake_fire(c->engine, EV_READ);
		break;
	default:
		n = in_8(in) % nitems(messages);
		how = in_8(in);
		type = messages[n].type;
		c = n < 6 ? &parent : n < 14 ? &control : &auth;
		n = messages[n].len;
		memset(buf, how & 1 ? 0xff : 0, sizeof(buf));
		if (how & 0x80) {
			type = in_8(in) % (IMSG_MAX + 1);
			n = in_16(in) % (sizeof(buf) - IMSG_HEADER_SIZE);
		}
		if (how & 0x40)
			c = how & 1 ? &parent : how & 2 ? &control : &auth;
		in_fill(in, buf, n < 128 ? n : 128);
		if (how & 4 && n >= 8 && type != IMSG_CALL_OPEN) {
			id = i + 1;
			memcpy(buf, &id, sizeof(id));
			memcpy(buf + 4, &clients[i].serial, 4);
		}
		/*
		 * What the parent says about the configuration is true, and
		 * these calls would not be the clients'.
		 */
		if (type == IMSG_SESSION_CONF && n == sizeof(conf))
			memcpy(buf, &conf, sizeof(conf));
		if (type == IMSG_CALL_OPEN && c == &control &&
		    n == sizeof(struct msg_call_open)) {
			call_open(i);
			break;
		}
		channel_send(c, type, -1, buf, n);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	engine_run(p, len, step);
	return (0);
}
