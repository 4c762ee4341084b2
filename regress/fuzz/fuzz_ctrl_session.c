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
 * Control connections from their beginning to their end: messages in any
 * order and any pieces, slow readers, many at a time, with a session engine
 * that answers early, late or never.
 */

#include "control_model.h"

static void
step(struct input *in)
{
	uint8_t	op = in_8(in);

	if (op < 0xc0)
		client_step(in, op);
	else if (op < 0xf8)
		session_step(in);
	else if (op < 0xfe)
		fake_sleep(in_8(in) * 1000);
	else if (op == 0xfe)
		channel_send(&parent, IMSG_CONTROL_SHUTDOWN, -1, NULL, 0);
	else {
		/* The session engine is gone. */
		(void)shutdown(session.fd, SHUT_RDWR);
		(void)fake_fire(session.engine, EV_READ);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	control_run(p, len, step);
	return (0);
}
