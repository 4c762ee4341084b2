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
 * RC4, one stream or several at once.  One stream waits for its own last swap
 * at every octet and leaves most of the processor idle; RC4_LANES of them,
 * taken in turn, do not.  No I/O, no globals, no allocation.
 */

#define RC4_LANES	6
#define RC4_KEY_LEN	16	/* an octet string of 8 is given twice */
#define RC4_TURN	256	/* octets that take as long as a key does */

struct rc4 {
	uint8_t		x, y;
	uint8_t		s[256];
};

void	 rc4_init(struct rc4 *, const uint8_t[RC4_KEY_LEN]);
void	 rc4_crypt(struct rc4 *, uint8_t *, size_t);

/* The same for n at once, 1 to RC4_LANES, whose keys follow each other. */
void	 rc4_init_lanes(struct rc4 *, const uint8_t *, size_t n);

/*
 * The same for 1 to RC4_LANES streams that are all at the same octet, x:
 * encrypt len octets of each, those at offset on from where the pointers are.
 */
void	 rc4_crypt_lanes(struct rc4 *, uint8_t *const *, size_t offset,
	    size_t len, size_t n);

/*
 * RC4_TURN octets of RC4_LANES - 1 streams, while the last of RC4_LANES lanes
 * is initialised with a key.
 */
void	 rc4_crypt_and_init(struct rc4 *, uint8_t *const *, size_t offset,
	    const uint8_t[RC4_KEY_LEN]);

/*
 * What does both: n lanes, 2 to RC4_LANES, and with a key RC4_TURN octets of
 * RC4_LANES - 1.  One is portable, the other for the processor; NULL if there
 * is none for this one.
 */
typedef void rc4_lanes_fn(struct rc4 *, uint8_t *const *, size_t offset,
	    size_t len, size_t n, const uint8_t *key);

rc4_lanes_fn	 rc4_lanes_c;
rc4_lanes_fn	*rc4_native(void);

/* The best there is.  A test may put another one here. */
extern rc4_lanes_fn	*rc4_lanes;
