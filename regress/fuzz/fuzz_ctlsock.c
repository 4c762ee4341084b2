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
 * The socket for pptpctl: requests that are right, wrong, too many, half, and
 * clients that do not read, while the session engine answers them or not.
 */

#include "control_model.h"

static const struct {
	uint32_t	type;
	size_t		len;
} requests[] = {
	{ IMSG_CTL_SHOW_SESSIONS,	0 },
	{ IMSG_CTL_SHOW_SESSION,	sizeof(uint32_t) },
	{ IMSG_CTL_SHOW_CALLS,		0 },
	{ IMSG_CTL_SHOW_STATS,		0 },
	{ IMSG_CTL_SHOW_PENALTIES,	0 },
	{ IMSG_CTL_CLEAR_PENALTIES,	sizeof(struct ctl_penalty_name) },
	{ IMSG_CTL_KILL,		sizeof(struct ctl_kill) },
	{ IMSG_CTL_RELOAD,		0 },
	{ IMSG_CTL_MONITOR,		0 },
	{ IMSG_CTL_LOG_VERBOSE,		sizeof(int) }
};

static const struct {
	uint32_t	type;
	size_t		len;
} answers[] = {
	{ IMSG_SHOW_REPLY,		sizeof(struct ctl_session) },
	{ IMSG_SHOW_REPLY_STATS,	sizeof(struct ctl_session_stats) },
	{ IMSG_SHOW_REPLY_END,		sizeof(struct msg_show_end) },
	{ IMSG_KILL_REPLY,		sizeof(struct msg_kill_reply) },
	{ IMSG_PENALTY,			sizeof(struct msg_penalty) },
	{ IMSG_PENALTIES_END,		sizeof(struct msg_penalties_end) },
	{ IMSG_EVENT,			sizeof(struct ctl_event) }
};

static uint8_t	buf[8192];

static void
step(struct input *in)
{
	const uint8_t	*p;
	size_t		 i, n;
	uint32_t	 number;
	uint8_t		 op = in_8(in);

	i = (op >> 4) % CLIENTS;
	switch (op & 15) {
	case 0:
		ctl_open(i);
		break;
	case 1:
		ctl_close(i);
		break;
	case 2:
	case 3:
	case 4:
	case 5:
		/* A request of its right size. */
		if (clients[i].engine == -1)
			break;
		n = in_8(in) % nitems(requests);
		memset(buf, 0, sizeof(buf));
		in_fill(in, buf, requests[n].len < 32 ? requests[n].len : 32);
		channel_send(&clients[i], requests[n].type, -1, buf,
		    requests[n].len);
		break;
	case 6:
		/* One of any type and size. */
		if (clients[i].engine == -1)
			break;
		number = in_8(in);
		n = in_16(in) % sizeof(buf);
		memset(buf, 0xa5, sizeof(buf));
		in_fill(in, buf, n < 64 ? n : 64);
		channel_send(&clients[i], number, -1, buf, n);
		break;
	case 7:
		/* Octets. */
		if (clients[i].engine == -1)
			break;
		n = in_8(in);
		p = in_bytes(in, &n);
		channel_raw(&clients[i], p, n);
		break;
	case 8:
	case 9:
	case 10:
		/* The session engine answers; a client is 1, 2, ... */
		if (session.engine == -1)
			break;
		n = in_8(in) % nitems(answers);
		number = in_8(in) % 8;
		memset(buf, 0, sizeof(buf));
		in_fill(in, buf, 24);
		memcpy(buf, &number, sizeof(number));
		if (answers[n].type == IMSG_EVENT)
			memset(buf, 0, 12);
		if (answers[n].type == IMSG_PENALTY)
			memset(buf + 4, 0, 20);
		if (imsg_compose(&session.ibuf, answers[n].type, number, 0,
		    -1, buf, answers[n].len) == -1)
			abort();
		(void)imsgbuf_flush(&session.ibuf);
		(void)fake_fire(session.engine, EV_READ);
		break;
	case 11: {
		struct msg_reload_result	r;
		struct msg_reload_text		t;

		memset(&r, 0, sizeof(r));
		memset(&t, 0, sizeof(t));
		t.client = r.client = in_8(in) % 8;
		r.ok = in_8(in) & 1;
		memcpy(r.text, "bad", 4);
		channel_send(&parent, IMSG_RELOAD_TEXT, -1, &t, sizeof(t));
		channel_send(&parent, IMSG_RELOAD_RESULT, -1, &r, sizeof(r));
		break;
	}
	case 12:
		/* Many events for those that watch. */
		memset(buf, 0, sizeof(buf));
		for (n = in_8(in) * 2; n > 0 && session.engine != -1; n--)
			channel_send(&session, IMSG_EVENT, -1, buf,
			    sizeof(struct ctl_event));
		break;
	case 13:
		fake_accepted = -EMFILE;
		(void)fake_fire(SOCKET_FD, EV_READ);
		fake_sleep(in_8(in) * 10);
		break;
	case 14:
		client_step(in, in_8(in));
		break;
	case 15:
		session_step(in);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	control_run(p, len, step);
	return (0);
}
