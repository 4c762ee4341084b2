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
 * Messages that the control engine gets from the parent and from the session
 * engine: of each type, with the right size and a wrong one, about calls that
 * there are and others.  It may give up, that is all.
 */

#include "control_model.h"

static size_t
size_of(uint32_t type)
{
	switch (type) {
	case IMSG_VERBOSE:
		return (sizeof(int));
	case IMSG_CONTROL_CONF:
		return (sizeof(struct conf_pptp));
	case IMSG_RELOAD_TEXT:
		return (sizeof(struct msg_reload_text));
	case IMSG_RELOAD_RESULT:
		return (sizeof(struct msg_reload_result));
	case IMSG_CALL_READY:
	case IMSG_CALL_AUTHENTICATED:
		return (sizeof(struct msg_call));
	case IMSG_CALL_CLOSED:
		return (sizeof(struct msg_call_closed));
	case IMSG_SHOW_REPLY:
		return (sizeof(struct ctl_session));
	case IMSG_SHOW_REPLY_STATS:
		return (sizeof(struct ctl_session_stats));
	case IMSG_SHOW_REPLY_END:
		return (sizeof(struct msg_show_end));
	case IMSG_KILL_REPLY:
		return (sizeof(struct msg_kill_reply));
	case IMSG_EVENT:
		return (sizeof(struct ctl_event));
	case IMSG_PENALTY:
		return (sizeof(struct msg_penalty));
	case IMSG_PENALTIES_END:
		return (sizeof(struct msg_penalties_end));
	default:
		return (0);
	}
}

static void
step(struct input *in)
{
	static uint8_t		 buf[16384];
	struct channel		*c;
	const uint8_t		*p;
	size_t			 n, i;
	uint32_t		 type;
	uint8_t			 op = in_8(in);

	c = op & 1 ? &session : &parent;
	switch (op >> 1 & 7) {
	case 0:
	case 1:
	case 2:
	case 3:
		type = in_8(in) % (IMSG_MAX + 1);
		n = size_of(type);
		if (op & 0x80)
			n = in_16(in) % (sizeof(buf) - IMSG_HEADER_SIZE);
		memset(buf, op & 0x40 ? 0xff : 0, sizeof(buf));
		in_fill(in, buf, n < 64 ? n : 64);
		/* About a call that there is. */
		i = op >> 4 & 3;
		if (op & 8 && n >= 8) {
			memcpy(buf, &calls[CALLS_MAX - 1 - i].id, 4);
			memcpy(buf + 4, &calls[CALLS_MAX - 1 - i].serial, 4);
			if (type == IMSG_CALL_CLOSED)
				calls[CALLS_MAX - 1 - i].id = 0;
		}
		/* Others would be a configuration that nobody can have. */
		if (type == IMSG_CONTROL_CONF && c == &parent)
			break;
		channel_send(c, type, op & 0x20 && op & 0x40 ? STDERR_FILENO :
		    -1, buf, n);
		break;
	case 4:
		n = in_8(in);
		p = in_bytes(in, &n);
		channel_raw(c, p, n);
		break;
	case 5:
		ctl_open(op >> 4 & 1);
		break;
	default:
		client_step(in, op >> 4);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	control_run(p, len, step);
	return (0);
}
