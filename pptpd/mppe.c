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

#include <openssl/sha.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mppe.h"

#define COUNT_SPACE		(MPPE_COUNT_MASK + 1)
#define NO_SUSPECT		0xffff		/* no count has that value */
#define SHA_PAD_LEN		40

#define PROTO_IP		0x0021
#define PROTO_IPV6		0x0057
#define IP_HEADER_MIN		20
#define IPV6_HEADER_LEN		40
#define PEEK_LEN		(2 + 60)	/* protocol, IPv4, options */

/* Section 7.2: the packet whose key is a new one. */
#define IS_FLAG(count)		(((count) & 0xff) == 0xff)

static void	 rc4_init(struct mppe_rc4 *, const uint8_t *, size_t);
static void	 rc4_crypt(struct mppe_rc4 *, uint8_t *, size_t);
static void	 key_from_sha(const struct mppe *, uint8_t *);
static void	 key_salt(struct mppe *);
static void	 key_change(struct mppe *);
static void	 encrypt_packet(struct mppe_packet *);
static int	 decrypt_packet(struct mppe_packet *, struct mppe *);
static int	 decrypt_stateless(struct mppe_packet *, struct mppe *,
		    uint16_t);
static int	 decrypt_stateful(struct mppe_packet *, struct mppe *,
		    uint16_t);
static int	 decrypt_payload(struct mppe_packet *, struct mppe_rc4 *);
static int	 plausible(const uint8_t *, size_t);

/*
 * Both ends begin with the same key, and with a count that makes the first
 * packet number 0.  Bit A is not set in a first stateful packet: the tables
 * are fresh on both sides, and Linux would take it for a change of the key.
 */
void
mppe_init(struct mppe *m, const uint8_t start[16], int bits, int stateful)
{
	memset(m, 0, sizeof(*m));
	memcpy(m->start, start, sizeof(m->start));
	m->bits = bits;
	m->keylen = bits == 128 ? 16 : 8;
	m->stateful = stateful;
	m->count = MPPE_COUNT_MASK;
	m->suspect = NO_SUSPECT;
	m->credit = MPPE_CREDIT_MAX;

	/* RFC 3079: the initial session key, made of twice the start key. */
	memcpy(m->key, m->start, sizeof(m->key));
	key_from_sha(m, m->key);
	key_salt(m);
	rc4_init(&m->rc4, m->key, m->keylen);
}

void
mppe_reset_request(struct mppe *m)
{
	m->flush = m->stateful;
}

void
mppe_encrypt(struct mppe_packet *p, size_t n)
{
	for (; n > 0; n--, p++)
		encrypt_packet(p);
}

void
mppe_decrypt(struct mppe_packet *p, size_t n)
{
	struct mppe	m;

	for (; n > 0; n--, p++) {
		p->status = decrypt_packet(p, &m);
		if (p->status == MPPE_OK) {
			*p->mppe = m;
			p->data += MPPE_HEADER_LEN;
			p->len -= MPPE_HEADER_LEN;
		}
	}
	explicit_bzero(&m, sizeof(m));
}

static void
encrypt_packet(struct mppe_packet *p)
{
	struct mppe	*m = p->mppe;
	uint16_t	 header;

	m->count++;
	/*
	 * After a Reset-Request, section 8.2 wants the tables made again from
	 * the current key, while Linux changes the key, too.  They agree on
	 * the flag packet, where the key changes anyway: so go there.  The
	 * peer has lost packets already and takes this for more of them.
	 */
	if (m->flush)
		m->count |= 0xff;
	m->flush = 0;
	m->count &= MPPE_COUNT_MASK;

	header = MPPE_ENCRYPTED | m->count;
	if (!m->stateful || IS_FLAG(m->count)) {
		key_change(m);
		rc4_init(&m->rc4, m->key, m->keylen);
		header |= MPPE_FLUSHED;
	}
	rc4_crypt(&m->rc4, p->data, p->len);

	p->data -= MPPE_HEADER_LEN;
	p->len += MPPE_HEADER_LEN;
	p->data[0] = header >> 8;
	p->data[1] = header & 0xff;
}

/* Decrypt with the scratch copy *m, which is good only after MPPE_OK. */
static int
decrypt_packet(struct mppe_packet *p, struct mppe *m)
{
	uint16_t	header;
	int		status;

	if (p->len <= MPPE_HEADER_LEN)
		return (MPPE_MALFORMED);
	header = p->data[0] << 8 | p->data[1];
	if ((header & (MPPE_ENCRYPTED | MPPE_BIT_B | MPPE_BIT_C)) !=
	    MPPE_ENCRYPTED)
		return (MPPE_MALFORMED);

	*m = *p->mppe;
	if (m->stateful)
		status = decrypt_stateful(p, m, header);
	else
		status = decrypt_stateless(p, m, header);
	if (status == MPPE_OK) {
		m->count = header & MPPE_COUNT_MASK;
		m->suspect = NO_SUSPECT;
	}
	return (status);
}

/* Section 8.1 */
static int
decrypt_stateless(struct mppe_packet *p, struct mppe *m, uint16_t header)
{
	unsigned int	ahead, goal, limit, steps, cost;
	uint16_t	count;

	if ((header & MPPE_FLUSHED) == 0)
		return (MPPE_MALFORMED);
	count = header & MPPE_COUNT_MASK;
	ahead = ((count - m->count - 1) & MPPE_COUNT_MASK) + 1;

	limit = MPPE_MAX_JUMP;
	if (count == m->suspect)
		limit += m->credit;
	steps = 0;
	/* The count may have gone round: 12 bits of the distance are known. */
	for (goal = ahead; goal <= limit; goal += COUNT_SPACE) {
		for (; steps < goal; steps++)
			key_change(m);
		rc4_init(&m->rc4, m->key, m->keylen);
		if (decrypt_payload(p, &m->rc4))
			break;
	}
	cost = steps > MPPE_MAX_JUMP ? steps - MPPE_MAX_JUMP : 0;
	if (goal > limit) {
		p->mppe->suspect = (count + 1) & MPPE_COUNT_MASK;
		p->mppe->credit -= cost;
		return (ahead > MPPE_MAX_JUMP ? MPPE_JUMP : MPPE_MALFORMED);
	}
	m->credit -= cost;
	if (m->credit <= MPPE_CREDIT_MAX - MPPE_CREDIT_STEP)
		m->credit += MPPE_CREDIT_STEP;
	return (MPPE_OK);
}

/*
 * Section 8.2.  A packet that continues the stream is good at any time: what
 * made us believe that packets were lost was then late or forged.
 */
static int
decrypt_stateful(struct mppe_packet *p, struct mppe *m, uint16_t header)
{
	unsigned int	ahead, changes, tries;
	uint16_t	count;

	count = header & MPPE_COUNT_MASK;
	ahead = ((count - m->count - 1) & MPPE_COUNT_MASK) + 1;

	if ((header & MPPE_FLUSHED) == 0) {
		if (ahead != 1)
			return (MPPE_RESYNC);
		if (!IS_FLAG(count))
			return (decrypt_payload(p, &m->rc4) ? MPPE_OK :
			    MPPE_MALFORMED);
	}

	/* As many changes as there were flag packets on the way. */
	changes = (m->count + 1 + ahead) / 256 - (m->count + 1) / 256;
	for (; changes > 0; changes--)
		key_change(m);
	for (tries = 0; tries <= MPPE_MAX_CHANGES; tries++) {
		rc4_init(&m->rc4, m->key, m->keylen);
		if (decrypt_payload(p, &m->rc4))
			return (MPPE_OK);
		key_change(m);
	}
	return (ahead == 1 ? MPPE_MALFORMED : MPPE_RESYNC);
}

/*
 * Decrypt the headers aside, and all of the packet only if they make sense.
 * Returns whether they do; if not, the packet has not changed.
 */
static int
decrypt_payload(struct mppe_packet *p, struct mppe_rc4 *rc4)
{
	uint8_t		 peek[PEEK_LEN], *data;
	size_t		 len, n;

	data = p->data + MPPE_HEADER_LEN;
	len = p->len - MPPE_HEADER_LEN;
	n = len < sizeof(peek) ? len : sizeof(peek);
	memcpy(peek, data, n);
	rc4_crypt(rc4, peek, n);
	if (!plausible(peek, len))
		return (0);
	memcpy(data, peek, n);
	rc4_crypt(rc4, data + n, len - n);
	return (1);
}

/*
 * Is this the beginning of an IP packet?  p holds PEEK_LEN octets or all len
 * of them.  MPPE may carry protocols 0021 to 00fa (section 3); of these no
 * other can be told from noise, of which they would let in more than a third.
 */
static int
plausible(const uint8_t *p, size_t len)
{
	uint32_t	sum = 0;
	uint16_t	proto;
	size_t		hlen, iplen, i;

	proto = *p++;
	len--;
	if ((proto & 1) == 0) {		/* RFC 1661 section 6.5 */
		if (len == 0)
			return (0);
		proto = proto << 8 | *p++;
		len--;
	}

	switch (proto) {
	case PROTO_IP:
		if (len < IP_HEADER_MIN || p[0] >> 4 != 4)
			return (0);
		hlen = (p[0] & 0x0f) * 4;
		iplen = p[2] << 8 | p[3];
		if (hlen < IP_HEADER_MIN || iplen < hlen || iplen > len)
			return (0);
		for (i = 0; i < hlen; i += 2)
			sum += p[i] << 8 | p[i + 1];
		/* Of 30 words at most: to fold it once is enough. */
		return ((sum & 0xffff) + (sum >> 16) == 0xffff);
	case PROTO_IPV6:
		if (len < IPV6_HEADER_LEN || p[0] >> 4 != 6)
			return (0);
		iplen = p[4] << 8 | p[5];
		return (IPV6_HEADER_LEN + iplen == len);
	default:
		return (0);
	}
}

/* GetNewKeyFromSHA(), section 7.3. */
static void
key_from_sha(const struct mppe *m, uint8_t *key)
{
	static const uint8_t	pad1[SHA_PAD_LEN];
	static const uint8_t	pad2[SHA_PAD_LEN] = {
		0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2,
		0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2,
		0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2,
		0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2,
		0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2
	};
	uint8_t			digest[SHA_DIGEST_LENGTH];
	SHA_CTX			ctx;

	SHA1_Init(&ctx);
	SHA1_Update(&ctx, m->start, m->keylen);
	SHA1_Update(&ctx, pad1, sizeof(pad1));
	SHA1_Update(&ctx, m->key, m->keylen);
	SHA1_Update(&ctx, pad2, sizeof(pad2));
	SHA1_Final(digest, &ctx);
	memcpy(key, digest, m->keylen);
	explicit_bzero(digest, sizeof(digest));
	explicit_bzero(&ctx, sizeof(ctx));
}

/* Section 7.3: short keys have known octets, that is what makes them short. */
static void
key_salt(struct mppe *m)
{
	switch (m->bits) {
	case 40:
		m->key[0] = 0xd1;
		m->key[1] = 0x26;
		m->key[2] = 0x9e;
		break;
	case 56:
		m->key[0] = 0xd1;
		break;
	}
}

/* Section 7.3: the new key is the interim key, encrypted with itself. */
static void
key_change(struct mppe *m)
{
	uint8_t	interim[16];

	key_from_sha(m, interim);
	rc4_init(&m->rc4, interim, m->keylen);
	memcpy(m->key, interim, m->keylen);
	rc4_crypt(&m->rc4, m->key, m->keylen);
	key_salt(m);
	explicit_bzero(interim, sizeof(interim));
}

static void
rc4_init(struct mppe_rc4 *rc4, const uint8_t *key, size_t keylen)
{
	uint8_t		*s = rc4->s;
	uint8_t		 t, y = 0;
	unsigned int	 i;

	for (i = 0; i < 256; i++)
		s[i] = i;
	/* keylen is 8 or 16. */
	for (i = 0; i < 256; i++) {
		t = s[i];
		y += t + key[i & (keylen - 1)];
		s[i] = s[y];
		s[y] = t;
	}
	rc4->x = rc4->y = 0;
}

static void
rc4_crypt(struct mppe_rc4 *rc4, uint8_t *p, size_t len)
{
	uint8_t	*s = rc4->s;
	uint8_t	 x = rc4->x, y = rc4->y, sx, sy;

	for (; len > 0; len--) {
		sx = s[++x];
		y += sx;
		sy = s[y];
		s[x] = sy;
		s[y] = sx;
		*p++ ^= s[(uint8_t)(sx + sy)];
	}
	rc4->x = x;
	rc4->y = y;
}
