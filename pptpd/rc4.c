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

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "rc4.h"
#include "rc4_steps.h"

static rc4_lanes_fn	 choose;

static void	 xor(uint8_t *restrict, const uint8_t *restrict, size_t);

rc4_lanes_fn	*rc4_lanes = choose;

/* The first call finds out. */
static void
choose(struct rc4 *v, uint8_t *const *p, size_t offset, size_t len, size_t n,
    const uint8_t *key)
{
	rc4_lanes = rc4_native();
	if (rc4_lanes == NULL)
		rc4_lanes = rc4_lanes_c;
	rc4_lanes(v, p, offset, len, n, key);
}

/* One octet of the stream. */
#define STREAM(s, x, y, out) do {					\
	unsigned long	at_;						\
	SWAP(s, x, y, at_);						\
	(out) = (s)[at_];						\
} while (0)

INLINE
init_lanes(struct rc4 *v, const uint8_t *key, const size_t n)
{
	unsigned long	i, k;

	for (i = 0; i < n; i++)
		identity(&v[i]);
#define BEGIN(l)							\
	unsigned long	 y##l = 0;
#define STEP(l)								\
	if (l < n)							\
		SCHEDULE(v[l].s, i, y##l, key[l * RC4_KEY_LEN + k]);
	LANES(BEGIN)
	for (i = 0; i < 256; i++) {
		k = i % RC4_KEY_LEN;
		LANES(STEP)
	}
#undef BEGIN
#undef STEP
}

/* Octets of n streams; key, if there is one, for lane n. */
INLINE
stream_lanes(struct rc4 *v, uint8_t out[][RC4_TURN], size_t len,
    const size_t n, const uint8_t *key)
{
	struct rc4	*next = &v[n];
	unsigned long	 i, x, ynext = 0;

	if (key != NULL)
		identity(next);
	x = v[0].x;
#define BEGIN(l)							\
	unsigned long	 y##l = l < n ? v[l].y : 0;
#define STEP(l)								\
	if (l < n)							\
		STREAM(v[l].s, x, y##l, out[l][i]);
#define END(l)								\
	if (l < n) {							\
		v[l].x = x;						\
		v[l].y = y##l;						\
	}
	LANES(BEGIN)
	for (i = 0; i < len; i++) {
		x = (uint8_t)(x + 1);
		LANES(STEP)
		if (key != NULL)
			SCHEDULE(next->s, i, ynext, key[i % RC4_KEY_LEN]);
	}
	LANES(END)
#undef BEGIN
#undef STEP
#undef END
}

static void
xor(uint8_t *restrict p, const uint8_t *restrict q, size_t len)
{
	size_t	i;

	for (i = 0; i < len; i++)
		p[i] ^= q[i];
}

INLINE
crypt_lanes(struct rc4 *v, uint8_t *const *data, size_t offset, size_t len,
    const size_t n, const uint8_t *key)
{
	uint8_t	stream[RC4_LANES][RC4_TURN];
	size_t	l, turn;

	for (; len > 0; len -= turn, offset += turn) {
		turn = len < RC4_TURN ? len : RC4_TURN;
		stream_lanes(v, stream, turn, n, key);
		for (l = 0; l < n; l++)
			xor(data[l] + offset, stream[l], turn);
	}
	explicit_bzero(stream, n * sizeof(stream[0]));
}

void
rc4_init(struct rc4 *rc4, const uint8_t key[RC4_KEY_LEN])
{
	init_lanes(rc4, key, 1);
}

/*
 * A stream alone takes a third less time when eight octets of it are gathered
 * in a register, the first one lowest; several in turn gain nothing by it.
 */
void
rc4_crypt(struct rc4 *rc4, uint8_t *p, size_t len)
{
	unsigned long	x = rc4->x, y = rc4->y, octet;
	uint64_t	word = 0, data;
	unsigned int	i;

	for (; len >= sizeof(word); len -= sizeof(word)) {
		for (i = 0; i < sizeof(word); i++) {
			x = (uint8_t)(x + 1);
			STREAM(rc4->s, x, y, octet);
			word = word >> 8 | (uint64_t)octet << 56;
		}
		memcpy(&data, p, sizeof(data));
		data ^= htole64(word);
		memcpy(p, &data, sizeof(data));
		p += sizeof(data);
	}
	for (; len > 0; len--) {
		x = (uint8_t)(x + 1);
		STREAM(rc4->s, x, y, octet);
		*p++ ^= octet;
	}
	rc4->x = x;
	rc4->y = y;
}

void
rc4_init_lanes(struct rc4 *v, const uint8_t *key, size_t n)
{
#define INIT(constant)	init_lanes(v, key, constant)
	if (n == 1)
		INIT(1);
	else
		WITH_LANES(n, INIT);
#undef INIT
}

void
rc4_lanes_c(struct rc4 *v, uint8_t *const *p, size_t offset, size_t len,
    size_t n, const uint8_t *key)
{
	if (key != NULL) {
		crypt_lanes(v, p, offset, len, RC4_LANES - 1, key);
		return;
	}
#define CRYPT(constant)	crypt_lanes(v, p, offset, len, constant, NULL)
	WITH_LANES(n, CRYPT);
#undef CRYPT
}

void
rc4_crypt_lanes(struct rc4 *v, uint8_t *const *p, size_t offset, size_t len,
    size_t n)
{
	if (n == 1)
		rc4_crypt(v, p[0] + offset, len);
	else
		rc4_lanes(v, p, offset, len, n, NULL);
}

void
rc4_crypt_and_init(struct rc4 *v, uint8_t *const *p, size_t offset,
    const uint8_t key[RC4_KEY_LEN])
{
	rc4_lanes(v, p, offset, RC4_TURN, RC4_LANES - 1, key);
}
