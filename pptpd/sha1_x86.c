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

/* SHA-1 by the instructions that x86 processors have for it. */

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

static sha1_blocks_fn	 blocks;

/*
 * Four rounds of the group numbered g of twenty: e0 is to be added to the
 * words w0 before, e1 becomes that of the next four.
 */
#define ROUNDS(e0, e1, w, f) do {					\
	(e0) = _mm_sha1nexte_epu32(e0, w);				\
	(e1) = abcd;							\
	abcd = _mm_sha1rnds4_epu32(abcd, e0, f);			\
} while (0)

/* The four words that follow the sixteen in w0 to w3, in place of w0. */
#define WORDS(w0, w1, w2, w3)						\
	(w0) = _mm_sha1msg2_epu32(_mm_xor_si128(			\
	    _mm_sha1msg1_epu32(w0, w1), w2), w3)

/* Sixteen rounds with what is in the words, after the first block of them. */
#define WORDS_ROUNDS(w0, w1, w2, w3, e0, e1, f) do {			\
	WORDS(w0, w1, w2, w3);						\
	ROUNDS(e0, e1, w0, f);						\
} while (0)

__attribute__((target("sha,ssse3,sse4.1")))
static void
blocks(uint32_t h[5], const uint8_t *p, size_t n)
{
	const __m128i	swap = _mm_set_epi64x(0x0001020304050607,
			    0x08090a0b0c0d0e0f);
	const __m128i	*in;
	__m128i		abcd, abcd0, e, e0, e1, w0, w1, w2, w3;

	abcd = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)h), 0x1b);
	e = _mm_set_epi32(h[4], 0, 0, 0);
	for (; n > 0; n--, p += SHA1_BLOCK_LEN) {
		in = (const __m128i *)p;
		w0 = _mm_shuffle_epi8(_mm_loadu_si128(in), swap);
		w1 = _mm_shuffle_epi8(_mm_loadu_si128(in + 1), swap);
		w2 = _mm_shuffle_epi8(_mm_loadu_si128(in + 2), swap);
		w3 = _mm_shuffle_epi8(_mm_loadu_si128(in + 3), swap);
		abcd0 = abcd;

		/* The first E is as it is, all others come of an A. */
		e0 = _mm_add_epi32(e, w0);
		e1 = abcd;
		abcd = _mm_sha1rnds4_epu32(abcd, e0, 0);
		ROUNDS(e1, e0, w1, 0);
		ROUNDS(e0, e1, w2, 0);
		ROUNDS(e1, e0, w3, 0);
		WORDS_ROUNDS(w0, w1, w2, w3, e0, e1, 0);

		WORDS_ROUNDS(w1, w2, w3, w0, e1, e0, 1);
		WORDS_ROUNDS(w2, w3, w0, w1, e0, e1, 1);
		WORDS_ROUNDS(w3, w0, w1, w2, e1, e0, 1);
		WORDS_ROUNDS(w0, w1, w2, w3, e0, e1, 1);
		WORDS_ROUNDS(w1, w2, w3, w0, e1, e0, 1);

		WORDS_ROUNDS(w2, w3, w0, w1, e0, e1, 2);
		WORDS_ROUNDS(w3, w0, w1, w2, e1, e0, 2);
		WORDS_ROUNDS(w0, w1, w2, w3, e0, e1, 2);
		WORDS_ROUNDS(w1, w2, w3, w0, e1, e0, 2);
		WORDS_ROUNDS(w2, w3, w0, w1, e0, e1, 2);

		WORDS_ROUNDS(w3, w0, w1, w2, e1, e0, 3);
		WORDS_ROUNDS(w0, w1, w2, w3, e0, e1, 3);
		WORDS_ROUNDS(w1, w2, w3, w0, e1, e0, 3);
		WORDS_ROUNDS(w2, w3, w0, w1, e0, e1, 3);
		WORDS_ROUNDS(w3, w0, w1, w2, e1, e0, 3);

		e = _mm_sha1nexte_epu32(e0, e);
		abcd = _mm_add_epi32(abcd, abcd0);
	}
	_mm_storeu_si128((__m128i *)h, _mm_shuffle_epi32(abcd, 0x1b));
	h[4] = _mm_extract_epi32(e, 3);
}

sha1_blocks_fn *
sha1_native(void)
{
	unsigned int	a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || (c & bit_SSSE3) == 0 ||
	    (c & bit_SSE4_1) == 0)
		return (NULL);
	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (b & bit_SHA) == 0)
		return (NULL);
	return (blocks);
}

#else

sha1_blocks_fn *
sha1_native(void)
{
	return (NULL);
}

#endif
