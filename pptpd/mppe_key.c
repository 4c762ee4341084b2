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

#include "mppe.h"
#include "sha1.h"

/*
 * Session keys (RFC 3078 section 7.3).  All are of MPPE_KEY_LEN octets here:
 * RC4 makes no difference between a key of 8 octets and twice that key.
 */

#define PAD_LEN			40
#define MESSAGE_LEN		(2 * SHA1_BLOCK_LEN)

static void	 key_from_sha(const struct mppe *, const uint8_t *, uint8_t *);
static void	 key_salt(const struct mppe *, uint8_t *);

/* RFC 3079: the initial session key, made of twice the start key. */
void
mppe_key_first(const struct mppe *m, uint8_t key[MPPE_KEY_LEN])
{
	key_from_sha(m, m->start, key);
	key_salt(m, key);
}

/* One change of the key, in place. */
void
mppe_key_next(const struct mppe *m, uint8_t key[MPPE_KEY_LEN])
{
	struct rc4	rc4;
	uint8_t		interim[MPPE_KEY_LEN];

	mppe_key_interim(m, key, interim);
	rc4_init(&rc4, interim);
	mppe_key_finish(m, &rc4, interim, key);
	explicit_bzero(interim, sizeof(interim));
	explicit_bzero(&rc4, sizeof(rc4));
}

/* A change has two halves: first the interim key, from which RC4 is set up, */
void
mppe_key_interim(const struct mppe *m, const uint8_t key[MPPE_KEY_LEN],
    uint8_t interim[MPPE_KEY_LEN])
{
	key_from_sha(m, key, interim);
}

/* and then the new key, which is the interim key, encrypted with itself. */
void
mppe_key_finish(const struct mppe *m, struct rc4 *rc4,
    const uint8_t interim[MPPE_KEY_LEN], uint8_t key[MPPE_KEY_LEN])
{
	memcpy(key, interim, MPPE_KEY_LEN);
	rc4_crypt(rc4, key, m->keylen);
	key_salt(m, key);
}

/* GetNewKeyFromSHA(): two blocks, padded as FIPS 180-4 section 5.1.1 says. */
static void
key_from_sha(const struct mppe *m, const uint8_t *old, uint8_t *key)
{
	uint32_t	 h[5] = {
		0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0
	};
	uint8_t		 message[MESSAGE_LEN], *p = message;
	unsigned int	 i, bits;

	memcpy(p, m->start, m->keylen);
	p += m->keylen;
	memset(p, 0, PAD_LEN);
	p += PAD_LEN;
	memcpy(p, old, m->keylen);
	p += m->keylen;
	memset(p, 0xf2, PAD_LEN);
	p += PAD_LEN;
	bits = (p - message) * 8;
	*p++ = 0x80;
	memset(p, 0, message + MESSAGE_LEN - p);
	message[MESSAGE_LEN - 2] = bits >> 8;
	message[MESSAGE_LEN - 1] = bits & 0xff;

	sha1_blocks(h, message, MESSAGE_LEN / SHA1_BLOCK_LEN);
	for (i = 0; i < MPPE_KEY_LEN; i++)
		key[i] = h[i / 4] >> (24 - 8 * (i % 4));
	if (m->keylen < MPPE_KEY_LEN)
		memcpy(key + m->keylen, key, MPPE_KEY_LEN - m->keylen);
	explicit_bzero(h, sizeof(h));
	explicit_bzero(message, sizeof(message));
}

/* Short keys have known octets, that is what makes them short. */
static void
key_salt(const struct mppe *m, uint8_t *key)
{
	switch (m->bits) {
	case 40:
		key[0] = 0xd1;
		key[1] = 0x26;
		key[2] = 0x9e;
		break;
	case 56:
		key[0] = 0xd1;
		break;
	}
	if (m->keylen < MPPE_KEY_LEN)
		memcpy(key + m->keylen, key, MPPE_KEY_LEN - m->keylen);
}
