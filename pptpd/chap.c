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

/* CHAP packets (RFC 1994 section 4), for MD5 and both MS-CHAP versions. */

static size_t	 finish(uint8_t *, size_t, uint8_t, uint8_t);

/* Fill in the header of a packet of n octets. */
static size_t
finish(uint8_t *buf, size_t n, uint8_t code, uint8_t id)
{
	buf[0] = code;
	buf[1] = id;
	buf[2] = n >> 8;
	buf[3] = n & 0xff;
	return (n);
}

size_t
chap_challenge(uint8_t *buf, size_t size, uint8_t id, const uint8_t *value,
    size_t len, const char *name)
{
	size_t	n = strlen(name);

	if (len > UINT8_MAX || size < 5 + len + n)
		return (0);
	buf[4] = len;
	memcpy(buf + 5, value, len);
	memcpy(buf + 5 + len, name, n);
	return (finish(buf, 5 + len + n, CHAP_CHALLENGE, id));
}

size_t
chap_message(uint8_t *buf, size_t size, uint8_t code, uint8_t id,
    const char *text)
{
	size_t	n = strlen(text);

	if (size < 4 + n)
		return (0);
	memcpy(buf + 4, text, n);
	return (finish(buf, 4 + n, code, id));
}

int
chap_response(const uint8_t *buf, size_t len, struct chap_response *r)
{
	size_t	plen, n;

	if (len < 5 || buf[0] != CHAP_RESPONSE)
		return (-1);
	plen = (size_t)buf[2] << 8 | buf[3];
	if (plen < 5 || plen > len)
		return (-1);
	r->id = buf[1];
	r->value_len = buf[4];
	if (r->value_len > sizeof(r->value) ||
	    5 + (size_t)r->value_len > plen)
		return (-1);
	memcpy(r->value, buf + 5, r->value_len);
	n = plen - 5 - r->value_len;
	if (n >= sizeof(r->name) ||
	    memchr(buf + 5 + r->value_len, '\0', n) != NULL)
		return (-1);
	memcpy(r->name, buf + 5 + r->value_len, n);
	r->name[n] = '\0';
	return (0);
}
