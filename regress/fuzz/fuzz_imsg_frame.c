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

/* A stream of imsgs in any pieces: what is a message, and what is in it. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>

#include <event.h>
#include <fcntl.h>
#include <imsg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pptpd.h"
#include "fuzz.h"

#define MAX_SIZE	16384

static struct imsgbuf	ibuf;

/* Returns -1 when the stream is lost. */
static int
messages(void)
{
	static uint8_t	buf[MAX_SIZE];
	struct imsg	imsg;
	char		text[64];
	size_t		len;
	int		n;

	while ((n = imsgbuf_get(&ibuf, &imsg)) == 1) {
		len = imsg_get_len(&imsg);
		ASSERT(len <= MAX_SIZE - IMSG_HEADER_SIZE);
		(void)imsg_get_type(&imsg);
		(void)imsg_get_id(&imsg);
		(void)imsg_get_pid(&imsg);
		ASSERT(imsg_get_fd(&imsg) == -1);
		/* The exact size, or nothing. */
		if (len > 0) {
			ASSERT(imsg_get_data(&imsg, buf, len + 1) == -1);
			ASSERT(imsg_get_data(&imsg, buf, len - 1) == -1 ||
			    len == 1);
		}
		if (len >= 4 && buf[0] & 1) {
			(void)imsg_get_buf(&imsg, buf, 2);
			(void)imsg_get_strbuf(&imsg, text,
			    len < sizeof(text) ? len - 2 : sizeof(text));
		} else if (len > 0)
			ASSERT(imsg_get_data(&imsg, buf, len) == 0);
		imsg_free(&imsg);
	}
	return (n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct input	in = { p, len };
	uint32_t	h[4];
	uint8_t		op;
	size_t		n;
	int		fd[2], i, lost = 0;

	fake_begin();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == -1)
		abort();
	for (i = 0; i < 2; i++)
		if (fcntl(fd[i], F_SETFL, O_NONBLOCK) == -1)
			abort();
	if (imsgbuf_init(&ibuf, fd[0]) == -1)
		abort();
	while (in.left > 0 && !lost) {
		op = in_8(&in);
		if (op & 1) {
			/* A header that is nearly right. */
			n = in_8(&in) * (op & 2 ? 64 : 1);
			memset(h, 0, sizeof(h));
			h[0] = op >> 4;
			h[1] = IMSG_HEADER_SIZE + n + (op & 4 ? in_8(&in) : 0);
			if (op & 8)
				h[1] |= 0x80000000;	/* with a descriptor */
			if (send(fd[1], h, sizeof(h), 0) == -1)
				break;
			while (n > 0) {
				size_t	some = n;

				p = in_bytes(&in, &some);
				if (some == 0)
					break;
				if (send(fd[1], p, some, 0) == -1)
					break;
				n -= some;
			}
		} else {
			n = op >> 1;
			p = in_bytes(&in, &n);
			if (n > 0 && send(fd[1], p, n, 0) == -1)
				break;
		}
		if ((i = imsgbuf_read(&ibuf)) == 1)
			lost = messages() == -1;
	}
	imsgbuf_clear(&ibuf);
	(close)(fd[0]);
	(close)(fd[1]);
	return (0);
}
