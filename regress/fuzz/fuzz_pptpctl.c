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
 * pptpctl: whatever answers it gets, it prints what is sound and refuses the
 * rest.  As JSON, what it prints is JSON.
 */

#define main	pptpctl_main
int	 pptpctl_main(int, char *[]);

#include "pptpctl.c"
#include "json.c"

#include "fuzz.h"

static struct imsgbuf		 ibuf;
static struct parse_result	 res;

/* What parser.c would do is for another target. */
int
parse(int argc, char *argv[], struct parse_result *r)
{
	return (-1);
}

static void
run(void)
{
	show_answer(&ibuf, &res);
}

/* A JSON value: the end of it, or NULL. */
static const char *
json(const char *p, int level)
{
	char	close_by;

	ASSERT(level < 8);
	p += strspn(p, " \t\n");
	switch (*p) {
	case '{':
	case '[':
		close_by = *p == '{' ? '}' : ']';
		p++;
		p += strspn(p, " \t\n");
		if (*p == close_by)
			return (p + 1);
		for (;;) {
			if (close_by == '}') {
				p += strspn(p, " \t\n");
				if (*p != '"' ||
				    (p = json(p, level + 1)) == NULL ||
				    *p++ != ':')
					return (NULL);
			}
			if ((p = json(p, level + 1)) == NULL)
				return (NULL);
			p += strspn(p, " \t\n");
			if (*p == close_by)
				return (p + 1);
			if (*p++ != ',')
				return (NULL);
		}
	case '"':
		for (p++; *p != '"'; p++) {
			if ((unsigned char)*p < ' ' ||
			    (unsigned char)*p > '~')
				return (NULL);
			if (*p == '\\' && *++p == 'u') {
				if (strspn(p + 1, "0123456789abcdefABCDEF")
				    < 4)
					return (NULL);
				p += 4;
			}
		}
		return (p + 1);
	case 't':
		return (strncmp(p, "true", 4) == 0 ? p + 4 : NULL);
	case 'f':
		return (strncmp(p, "false", 5) == 0 ? p + 5 : NULL);
	case 'n':
		return (strncmp(p, "null", 4) == 0 ? p + 4 : NULL);
	default:
		if (*p < '0' || *p > '9')
			return (NULL);
		return (p + strspn(p, "0123456789"));
	}
}

/* A sound record, and then what the input makes of it. */
static void
compose(struct imsgbuf *to, struct input *in)
{
	static const struct {
		uint32_t	type;
		size_t		len;
	} answers[] = {
		{ IMSG_CTL_SESSION,	  sizeof(struct ctl_session) },
		{ IMSG_CTL_CALL,	  sizeof(struct ctl_call) },
		{ IMSG_CTL_CONTROL_STATS, sizeof(struct ctl_control_stats) },
		{ IMSG_CTL_SESSION_STATS, sizeof(struct ctl_session_stats) },
		{ IMSG_CTL_PENALTY,	  sizeof(struct ctl_penalty) },
		{ IMSG_CTL_END,		  sizeof(uint32_t) },
		{ IMSG_CTL_FAIL,	  sizeof(struct ctl_fail) },
		{ IMSG_CTL_TEXT,	  sizeof(struct ctl_text) },
		{ IMSG_CTL_EVENT,	  sizeof(struct ctl_event) }
	};
	static union {
		struct ctl_session	session;
		struct ctl_call		call;
		struct ctl_event	event;
		uint8_t			octets[16384];
	} m;
	uint32_t			type;
	size_t				n, off;
	uint8_t				op = in_8(in), patches;

	n = op % nitems(answers);
	type = answers[n].type;
	n = answers[n].len;
	memset(&m, 0, sizeof(m));
	if (type == IMSG_CTL_SESSION)
		m.session.call_id = 1 + op;
	if (type == IMSG_CTL_CALL) {
		m.call.peer.sin_family = m.call.local.sin_family = AF_INET;
		m.call.call_id = op;
	}
	for (patches = in_8(in) % 8; patches > 0; patches--) {
		off = in_16(in) % n;
		in_fill(in, m.octets + off, in_8(in) % 32 + 1);
	}
	if (op & 0x80) {
		type = in_8(in);
		n = in_16(in) % (sizeof(m) - IMSG_HEADER_SIZE);
	}
	if (imsg_compose(to, type, 0, 0, -1, &m, n) == -1)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct input	 in = { p, len };
	struct imsgbuf	 to;
	const char	*end;
	int		 fd[2], status, n;
	uint8_t		 flags;

	fake_begin();
	/* What one that exits leaves behind. */
	depth = 0;
	line_depth = LINE_DEPTH;
	flags = in_8(&in);
	memset(&res, 0, sizeof(res));
	res.command = 1 + (flags & 15) % CMD_LOG_VERBOSE;
	res.call_id = 1 + in_8(&in);
	if (flags & 16)
		memcpy(res.user, "bob", 4);
	output = flags & 0x80 ? &json_output : &show_output;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == -1)
		abort();
	if (imsgbuf_init(&ibuf, fd[0]) == -1 ||
	    (imsgbuf_init)(&to, fd[1]) == -1)
		abort();
	/* At most what the socket takes. */
	if (flags & 0x40)
		(void)(write)(fd[1], in.p, in.left < 4096 ? in.left : 4096);
	else {
		for (n = 0; n < 6 && in.left > 0; n++)
			compose(&to, &in);
		if (imsgbuf_flush(&to) == -1)
			abort();
	}
	(imsgbuf_clear)(&to);
	(close)(fd[1]);
	status = fake_run(run);
	ASSERT(status <= 1);
	if (status == -1 && flags & 0x80) {
		ASSERT(fake_outlen > 0 && strlen(fake_out) == fake_outlen);
		for (end = fake_out; *end != '\0';
		    end += strspn(end, " \t\n")) {
			end = json(end, 0);
			ASSERT(end != NULL);
		}
	}
	imsgbuf_clear(&ibuf);
	(close)(fd[0]);
	return (0);
}
