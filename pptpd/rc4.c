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

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "rc4.h"

static void	 identity(struct rc4 *);

/* All of the state of the lanes is in registers, if n is a constant. */
#define LANES_INLINE	static inline __attribute__((always_inline)) void

/* One step of the key schedule, with octet k of the key. */
#define SCHEDULE(s, i, y, k) do {					\
	uint8_t t_ = (s)[i];						\
	(y) += t_ + (k);						\
	(s)[i] = (s)[y];						\
	(s)[y] = t_;							\
} while (0)

/* One octet of the stream; x has been moved on. */
#define STREAM(s, x, y, out) do {					\
	uint8_t sx_ = (s)[x], sy_;					\
	(y) += sx_;							\
	sy_ = (s)[y];							\
	(s)[x] = sy_;							\
	(s)[y] = sx_;							\
	(out) ^= (s)[(uint8_t)(sx_ + sy_)];				\
} while (0)

static void
identity(struct rc4 *rc4)
{
	unsigned int	 i;

	for (i = 0; i < 256; i++)
		rc4->s[i] = i;
	rc4->x = rc4->y = 0;
}

LANES_INLINE
init_lanes(struct rc4 *v, const uint8_t *key, const size_t n)
{
	uint8_t		y[RC4_LANES + 1] = { 0 };
	unsigned int	i;
	size_t		l;

	for (l = 0; l < n; l++)
		identity(&v[l]);
	for (i = 0; i < 256; i++)
		for (l = 0; l < n; l++)
			SCHEDULE(v[l].s, i, y[l], key[l * RC4_KEY_LEN +
			    i % RC4_KEY_LEN]);
}

LANES_INLINE
crypt_lanes(struct rc4 *v, uint8_t *const *data, size_t offset, size_t len,
    const size_t n)
{
	uint8_t		*p[RC4_LANES], x, y[RC4_LANES];
	size_t		 i, l;

	x = v[0].x;
	for (l = 0; l < n; l++) {
		p[l] = data[l] + offset;
		y[l] = v[l].y;
	}
	for (i = 0; i < len; i++) {
		x++;
		for (l = 0; l < n; l++)
			STREAM(v[l].s, x, y[l], p[l][i]);
	}
	for (l = 0; l < n; l++) {
		v[l].x = x;
		v[l].y = y[l];
	}
}

void
rc4_init(struct rc4 *rc4, const uint8_t key[RC4_KEY_LEN])
{
	init_lanes(rc4, key, 1);
}

void
rc4_crypt(struct rc4 *rc4, uint8_t *p, size_t len)
{
	crypt_lanes(rc4, &p, 0, len, 1);
}

void
rc4_init_lanes(struct rc4 *v, const uint8_t *key, size_t n)
{
	switch (n) {
	case 1:
		init_lanes(v, key, 1);
		break;
	case 2:
		init_lanes(v, key, 2);
		break;
	case 3:
		init_lanes(v, key, 3);
		break;
	case 4:
		init_lanes(v, key, 4);
		break;
	case 5:
		init_lanes(v, key, 5);
		break;
	case RC4_LANES:
		init_lanes(v, key, RC4_LANES);
		break;
	case RC4_LANES + 1:
		init_lanes(v, key, RC4_LANES + 1);
		break;
	}
}

void
rc4_crypt_lanes(struct rc4 *v, uint8_t *const *p, size_t offset, size_t len,
    size_t n)
{
	switch (n) {
	case 1:
		crypt_lanes(v, p, offset, len, 1);
		break;
	case 2:
		crypt_lanes(v, p, offset, len, 2);
		break;
	case 3:
		crypt_lanes(v, p, offset, len, 3);
		break;
	case 4:
		crypt_lanes(v, p, offset, len, 4);
		break;
	case 5:
		crypt_lanes(v, p, offset, len, 5);
		break;
	case RC4_LANES:
		crypt_lanes(v, p, offset, len, RC4_LANES);
		break;
	}
}

void
rc4_crypt_and_init(struct rc4 *v, uint8_t *const *data, size_t offset,
    const uint8_t key[RC4_KEY_LEN])
{
	struct rc4	*next = &v[RC4_LANES];
	uint8_t		*p[RC4_LANES], x, y[RC4_LANES], ynext = 0;
	size_t		 i, l;

	identity(next);
	x = v[0].x;
	for (l = 0; l < RC4_LANES; l++) {
		p[l] = data[l] + offset;
		y[l] = v[l].y;
	}
	for (i = 0; i < RC4_TURN; i++) {
		x++;
		for (l = 0; l < RC4_LANES; l++)
			STREAM(v[l].s, x, y[l], p[l][i]);
		SCHEDULE(next->s, i, ynext, key[i % RC4_KEY_LEN]);
	}
	for (l = 0; l < RC4_LANES; l++)
		v[l].y = y[l];
}
