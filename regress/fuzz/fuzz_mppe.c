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
 * MPPE: what we send against a plain sender after RFC 3078, written for this
 * alone; what that one sends, with losses, forgeries and resets, must come out
 * as it went in.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>

#include <event.h>
#include <imsg.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <string.h>

#include "mppe.h"
#include "pptpd.h"
#include "fuzz.h"

#define PACKET_MAX	256
#define STEPS		64

/* The plain one. */
struct plain {
	uint8_t		start[16], key[16];
	uint8_t		s[256];
	unsigned int	i, j, keylen, bits, stateful, count, flush;
};

static void
plain_rc4(struct plain *r, const uint8_t *key, unsigned int len)
{
	unsigned int	i, j = 0;
	uint8_t		t;

	for (i = 0; i < 256; i++)
		r->s[i] = i;
	for (i = 0; i < 256; i++) {
		j = (j + r->s[i] + key[i % len]) % 256;
		t = r->s[i];
		r->s[i] = r->s[j];
		r->s[j] = t;
	}
	r->i = r->j = 0;
}

static void
plain_crypt(struct plain *r, uint8_t *p, size_t len)
{
	uint8_t	t;
	size_t	n;

	for (n = 0; n < len; n++) {
		r->i = (r->i + 1) % 256;
		r->j = (r->j + r->s[r->i]) % 256;
		t = r->s[r->i];
		r->s[r->i] = r->s[r->j];
		r->s[r->j] = t;
		p[n] ^= r->s[(r->s[r->i] + r->s[r->j]) % 256];
	}
}

static void
plain_key(struct plain *r, int first)
{
	uint8_t	buf[16 + 40 + 16 + 40], digest[SHA_DIGEST_LENGTH];
	size_t	n = 0;

	memcpy(buf, r->start, r->keylen);
	n += r->keylen;
	memset(buf + n, 0, 40);
	n += 40;
	memcpy(buf + n, r->key, r->keylen);
	n += r->keylen;
	memset(buf + n, 0xf2, 40);
	n += 40;
	SHA1(buf, n, digest);
	memcpy(r->key, digest, r->keylen);
	if (!first) {
		plain_rc4(r, r->key, r->keylen);
		plain_crypt(r, r->key, r->keylen);
	}
	if (r->bits == 40)
		memcpy(r->key, "\xd1\x26\x9e", 3);
	else if (r->bits == 56)
		r->key[0] = 0xd1;
	plain_rc4(r, r->key, r->keylen);
}

static void
plain_init(struct plain *r, const uint8_t *start, int bits, int stateful)
{
	memset(r, 0, sizeof(*r));
	memcpy(r->start, start, 16);
	memcpy(r->key, start, 16);
	r->bits = bits;
	r->keylen = bits == 128 ? 16 : 8;
	r->stateful = stateful;
	r->count = 4095;
	plain_key(r, 1);
}

/* Header and ciphertext into out. */
static void
plain_encrypt(struct plain *r, const uint8_t *p, size_t len, uint8_t *out)
{
	unsigned int	flushed = 0;

	r->count = (r->count + 1) % 4096;
	if (r->flush)
		r->count |= 255;
	r->flush = 0;
	if (!r->stateful || r->count % 256 == 255) {
		plain_key(r, 0);
		flushed = 0x80;
	}
	out[0] = flushed | 0x10 | r->count >> 8;
	out[1] = r->count & 255;
	memcpy(out + 2, p, len);
	plain_crypt(r, out + 2, len);
}

/* A packet of IPv4 or IPv6, with its protocol number before it. */
static size_t
packet(struct input *in, uint8_t *p)
{
	size_t		len, i;
	uint32_t	sum = 0;

	len = in_8(in) % (PACKET_MAX - 42);
	memset(p, 0, PACKET_MAX);
	p[1] = 0x21;
	if (len & 1) {
		p[1] = 0x57;
		p[2] = 0x60;
		p[6] = len >> 8;
		p[7] = len;
		in_fill(in, p + 42, len < 8 ? len : 8);
		return (42 + len);
	}
	p[2] = 0x45;
	p[4] = (len + 20) >> 8;
	p[5] = len + 20;
	p[6] = in_8(in);
	for (i = 2; i < 22; i += 2)
		sum += p[i] << 8 | p[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	p[12] = sum >> 8;
	p[13] = sum;
	in_fill(in, p + 22, len < 8 ? len : 8);
	return (22 + len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const uint8_t	bits[] = { 128, 56, 40, 128 };
	struct input		in = { p, len };
	struct mppe		rx, tx, before;
	struct mppe_packet	mp;
	struct plain		peer, us;
	uint8_t			start[16], clear[PACKET_MAX];
	uint8_t			buf[PACKET_MAX + 2], want[PACKET_MAX + 2];
	size_t			n;
	unsigned int		steps, i, gap = 0;
	uint8_t			flags, op;
	int			clean = 1;

	flags = in_8(&in);
	in_fill(&in, start, sizeof(start));
	mppe_init(&rx, start, bits[flags & 3], flags >> 2 & 1);
	plain_init(&peer, start, bits[flags & 3], flags >> 2 & 1);
	mppe_init(&tx, start, bits[flags & 3], flags >> 2 & 1);
	plain_init(&us, start, bits[flags & 3], flags >> 2 & 1);

	for (steps = 0; steps < STEPS && in.left > 0; steps++) {
		op = in_8(&in);
		memset(&mp, 0, sizeof(mp));
		switch (op & 7) {
		case 0:
		case 1:
			/* We send. */
			n = packet(&in, clear);
			memcpy(buf + 2, clear, n);
			mp.mppe = &tx;
			mp.data = buf + 2;
			mp.len = n;
			mppe_encrypt(&mp, 1);
			plain_encrypt(&us, clear, n, want);
			ASSERT(mp.data == buf && mp.len == n + 2);
			ASSERT(memcmp(buf, want, n + 2) == 0);
			break;
		case 2:
			mppe_reset_request(&tx);
			us.flush = us.stateful;
			break;
		case 3:
			/* Packets of the peer's are lost. */
			n = packet(&in, clear);
			for (i = 0; i <= (unsigned int)op >> 3; i++)
				plain_encrypt(&peer, clear, n, buf);
			gap += i;
			break;
		case 4:
			/* Somebody forges one. */
			n = in_8(&in);
			if (n > sizeof(buf))
				n = sizeof(buf);
			in_fill(&in, buf, n);
			/* Near the count that is due, or anywhere. */
			if (op & 8 && n >= 2) {
				buf[0] = (buf[0] & 0xf0) |
				    (rx.count + buf[1]) % 4096 >> 8;
				buf[1] += rx.count;
			}
			mp.mppe = &rx;
			mp.data = buf;
			mp.len = n;
			before = rx;
			mppe_decrypt(&mp, 1);
			if (mp.status == MPPE_OK)
				clean = 0;	/* it looked like one */
			else {
				ASSERT(memcmp(before.key, rx.key, 16) == 0);
				ASSERT(before.count == rx.count);
			}
			break;
		default:
			/* The peer sends. */
			n = packet(&in, clear);
			if (op & 8 && peer.stateful && gap > 0)
				peer.flush = 1;
			plain_encrypt(&peer, clear, n, buf);
			mp.mppe = &rx;
			mp.data = buf;
			mp.len = n + 2;
			mppe_decrypt(&mp, 1);
			if (!clean)
				break;
			if (mp.status == MPPE_OK) {
				ASSERT(mp.len == n);
				ASSERT(memcmp(mp.data, clear, n) == 0);
				gap = 0;
				break;
			}
			/*
			 * Only what follows a gap, or a packet that went round
			 * the count, may be refused; stateless never, as the
			 * steps are few.
			 */
			ASSERT(gap > 0);
			if (!peer.stateful)
				ASSERT(gap >= MPPE_MAX_JUMP);
			gap++;
			break;
		}
	}
	return (0);
}
