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

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>

#include <event.h>
#include <imsg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pptpd.h"
#include "fsm.h"
#include "ppp.h"

/* PAP packets (RFC 1334 section 2). */

int
pap_request(const uint8_t *buf, size_t len, struct pap_request *r)
{
	size_t	plen, nlen, wlen;

	if (len < 6 || buf[0] != PAP_REQUEST)
		return (-1);
	plen = (size_t)buf[2] << 8 | buf[3];
	if (plen < 6 || plen > len)
		return (-1);
	r->id = buf[1];
	nlen = buf[4];
	if (5 + nlen + 1 > plen)
		return (-1);
	wlen = buf[5 + nlen];
	if (5 + nlen + 1 + wlen > plen)
		return (-1);
	/* Both lengths are octets, and the arrays hold 255 and a NUL. */
	if (memchr(buf + 5, '\0', nlen) != NULL ||
	    memchr(buf + 6 + nlen, '\0', wlen) != NULL)
		return (-1);
	memcpy(r->name, buf + 5, nlen);
	r->name[nlen] = '\0';
	memcpy(r->password, buf + 6 + nlen, wlen);
	r->password[wlen] = '\0';
	return (0);
}

size_t
pap_reply(uint8_t *buf, size_t size, uint8_t code, uint8_t id,
    const char *text)
{
	size_t	n = strlen(text);

	if (n > UINT8_MAX || size < 5 + n)
		return (0);
	buf[0] = code;
	buf[1] = id;
	buf[2] = 0;
	buf[3] = 5 + n;
	buf[4] = n;
	memcpy(buf + 5, text, n);
	return (5 + n);
}
