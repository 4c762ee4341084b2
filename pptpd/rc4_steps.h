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
 * The steps of RC4 on a table s, for rc4.c and rc4_x86.c.  Indices are of
 * unsigned long and never above 255.
 *
 * The indices of all lanes have to be in registers, which compilers manage for
 * plain variables only: so one is written for each lane, by LANES().  Those
 * from n on are left out where n is a constant.
 */
#define LANES(step)	step(0) step(1) step(2) step(3) step(4) step(5)
#define INLINE		static inline __attribute__((always_inline)) void

/* Do that with n as a constant, 2 to RC4_LANES. */
#define WITH_LANES(n, that) do {					\
	switch (n) {							\
	case 2:								\
		that(2);						\
		break;							\
	case 3:								\
		that(3);						\
		break;							\
	case 4:								\
		that(4);						\
		break;							\
	case 5:								\
		that(5);						\
		break;							\
	case RC4_LANES:							\
		that(RC4_LANES);					\
		break;							\
	}								\
} while (0)

/* The sum of two octets.  Few compilers see that x86 does it in one step. */
static inline unsigned long
add8(unsigned long a, unsigned long b)
{
#if defined(__x86_64__)
	__asm__("addb %b1, %b0" : "+r" (a) : "r" (b) : "cc");
	return (a);
#else
	return ((uint8_t)(a + b));
#endif
}

INLINE
identity(struct rc4 *rc4)
{
	unsigned int	 i;

	for (i = 0; i < 256; i++)
		rc4->s[i] = i;
	rc4->x = rc4->y = 0;
}

/* Step i of the key schedule. */
#define SCHEDULE(s, i, y, k) do {					\
	unsigned long	si_ = (s)[i];					\
	(y) = add8(add8(y, si_), k);					\
	(s)[i] = (s)[y];						\
	(s)[y] = si_;							\
} while (0)

/* One step of the stream; x has been moved on, the octet is then s[at]. */
#define SWAP(s, x, y, at) do {						\
	unsigned long	sx_ = (s)[x], sy_;				\
	(y) = add8(y, sx_);						\
	sy_ = (s)[y];							\
	(s)[x] = sy_;							\
	(s)[y] = sx_;							\
	(at) = add8(sy_, sx_);						\
} while (0)
