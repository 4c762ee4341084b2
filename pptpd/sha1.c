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

#include "sha1.h"

static void	 choose(uint32_t[5], const uint8_t *, size_t);

sha1_blocks_fn	*sha1_blocks = choose;

static inline uint32_t
rol(uint32_t x, int n)
{
	return (x << n | x >> (32 - n));
}

/* The first call finds out. */
static void
choose(uint32_t h[5], const uint8_t *p, size_t n)
{
	sha1_blocks = sha1_native();
	if (sha1_blocks == NULL)
		sha1_blocks = sha1_blocks_c;
	sha1_blocks(h, p, n);
}

#define CH(b, c, d)	((d) ^ ((b) & ((c) ^ (d))))
#define PARITY(b, c, d)	((b) ^ (c) ^ (d))
#define MAJ(b, c, d)	(((b) & (c)) | ((d) & ((b) | (c))))

/* The schedule needs the last sixteen words only. */
#define WORD(t)		(w[(t) & 15] = rol(w[((t) + 13) & 15] ^		\
	w[((t) + 8) & 15] ^ w[((t) + 2) & 15] ^ w[(t) & 15], 1))

#define ROUND(f, k, word) do {						\
	tmp = rol(a, 5) + f(b, c, d) + e + (k) + (word);		\
	e = d;								\
	d = c;								\
	c = rol(b, 30);							\
	b = a;								\
	a = tmp;							\
} while (0)

void
sha1_blocks_c(uint32_t h[5], const uint8_t *p, size_t n)
{
	uint32_t	w[16], a, b, c, d, e, tmp;
	int		t;

	for (; n > 0; n--, p += SHA1_BLOCK_LEN) {
		a = h[0];
		b = h[1];
		c = h[2];
		d = h[3];
		e = h[4];
		for (t = 0; t < 16; t++) {
			w[t] = (uint32_t)p[4 * t] << 24 | p[4 * t + 1] << 16 |
			    p[4 * t + 2] << 8 | p[4 * t + 3];
			ROUND(CH, 0x5a827999, w[t]);
		}
		for (; t < 20; t++)
			ROUND(CH, 0x5a827999, WORD(t));
		for (; t < 40; t++)
			ROUND(PARITY, 0x6ed9eba1, WORD(t));
		for (; t < 60; t++)
			ROUND(MAJ, 0x8f1bbcdc, WORD(t));
		for (; t < 80; t++)
			ROUND(PARITY, 0xca62c1d6, WORD(t));
		h[0] += a;
		h[1] += b;
		h[2] += c;
		h[3] += d;
		h[4] += e;
	}
	explicit_bzero(w, sizeof(w));
}
