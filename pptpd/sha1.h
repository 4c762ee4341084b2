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
 * The block function of SHA-1 (FIPS 180-4 section 6.1.2), for the one message
 * that MPPE makes its keys of.  No I/O, no allocation.
 */

#define SHA1_BLOCK_LEN	64

/* State in host byte order, and n blocks. */
typedef void sha1_blocks_fn(uint32_t[5], const uint8_t *, size_t);

sha1_blocks_fn	 sha1_blocks_c;		/* portable */

/*
 * The one that uses the processor's own instructions; NULL if this processor
 * has none.
 */
sha1_blocks_fn	*sha1_native(void);

/* The best there is.  A test may put another one here. */
extern sha1_blocks_fn	*sha1_blocks;
