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

/*
 * Lanes of RC4 on x86 processors with SSE4.1.  A processor that stores into
 * one line of its cache in each cycle does two stores for an octet at best,
 * those of the swap: so the octets themselves are gathered in a register for
 * each lane, and stored when there are TURN of them.
 */

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#include "rc4_steps.h"

#define TURN	8

static rc4_lanes_fn	 lanes;

/* Where an octet goes in a register must be a constant. */
#define LANES_AT(step, k)						\
	step(0, k) step(1, k) step(2, k) step(3, k) step(4, k) step(5, k)

__attribute__((target("sse4.1")))
INLINE
crypt_lanes(struct rc4 *v, uint8_t *const *p, size_t offset, size_t len,
    const size_t n, const uint8_t *key)
{
	struct rc4	*next = &v[n];
	unsigned long	 at, i, x, ynext = 0;

	if (key != NULL)
		identity(next);
	x = v[0].x;
#define BEGIN(l)							\
	unsigned long	 y##l = l < n ? v[l].y : 0;			\
	__m128i		 o##l;
#define CLEAR(l)							\
	if (l < n)							\
		o##l = _mm_setzero_si128();
#define GATHER(l, k)							\
	if (l < n) {							\
		SWAP(v[l].s, x, y##l, at);				\
		o##l = _mm_insert_epi8(o##l, v[l].s[at], k);		\
	}
#define ALL(k)								\
	x = (uint8_t)(x + 1);						\
	LANES_AT(GATHER, k)						\
	if (key != NULL)						\
		SCHEDULE(next->s, i + k, ynext,				\
		    key[(i + k) % RC4_KEY_LEN]);
#define XOR(l)								\
	if (l < n) {							\
		o##l = _mm_xor_si128(o##l, _mm_loadl_epi64(		\
		    (const __m128i *)(p[l] + offset)));			\
		_mm_storel_epi64((__m128i *)(p[l] + offset), o##l);	\
	}
#define ODD(l)								\
	if (l < n) {							\
		SWAP(v[l].s, x, y##l, at);				\
		p[l][offset] ^= v[l].s[at];				\
	}
#define END(l)								\
	if (l < n) {							\
		v[l].x = x;						\
		v[l].y = y##l;						\
	}
	LANES(BEGIN)
	for (i = 0; i + TURN <= len; i += TURN, offset += TURN) {
		LANES(CLEAR)
		ALL(0) ALL(1) ALL(2) ALL(3) ALL(4) ALL(5) ALL(6) ALL(7)
		LANES(XOR)
	}
	for (; i < len; i++, offset++) {
		x = (uint8_t)(x + 1);
		LANES(ODD)
	}
	LANES(END)
}

__attribute__((target("sse4.1")))
static void
lanes(struct rc4 *v, uint8_t *const *p, size_t offset, size_t len, size_t n,
    const uint8_t *key)
{
	if (key != NULL) {
		crypt_lanes(v, p, offset, len, RC4_LANES - 1, key);
		return;
	}
#define CRYPT(constant)	crypt_lanes(v, p, offset, len, constant, NULL)
	WITH_LANES(n, CRYPT);
#undef CRYPT
}

rc4_lanes_fn *
rc4_native(void)
{
	unsigned int	a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || (c & bit_SSE4_1) == 0)
		return (NULL);
	return (lanes);
}

#else

rc4_lanes_fn *
rc4_native(void)
{
	return (NULL);
}

#endif
