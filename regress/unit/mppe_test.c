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

#include <openssl/rc4.h>
#include <openssl/sha.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mppe.h"
#include "sha1.h"
#include "tap.h"

#define ROOM		64		/* before the data in a buffer */
#define SIZE		1600
#define MAX_RESETS	64

static const int	strengths[] = { 40, 56, 128 };
static const uint8_t	start_key[16] = {	/* RFC 3079 section 3.5.3 */
	0x8b, 0x7c, 0xdc, 0x14, 0x9b, 0x99, 0x3a, 0x1b,
	0xa1, 0x18, 0xcb, 0x15, 0x3f, 0x56, 0xdc, 0xcb
};

struct buffer {
	uint8_t			buf[SIZE];
	struct mppe_packet	p;
};

static void
unhex(uint8_t *p, const char *hex)
{
	unsigned int	c;

	for (; *hex != '\0'; hex += 2) {
		if (sscanf(hex, "%2x", &c) != 1)
			abort();
		*p++ = c;
	}
}

static void
checksum(uint8_t *ip)
{
	uint32_t	sum = 0;
	int		i, hlen;

	hlen = (ip[0] & 0x0f) * 4;
	ip[10] = ip[11] = 0;
	for (i = 0; i < hlen; i += 2)
		sum += ip[i] << 8 | ip[i + 1];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	ip[10] = ~sum >> 8 & 0xff;
	ip[11] = ~sum & 0xff;
}

/* Number n of the IP packets that all of these tests send, with length len. */
static size_t
plain(uint8_t *p, unsigned int n, size_t len)
{
	size_t	i;

	*p++ = 0x00;
	*p++ = 0x21;
	memset(p, 0, 20);
	p[0] = 0x45;
	p[2] = len >> 8;
	p[3] = len & 0xff;
	p[4] = n >> 8 & 0xff;
	p[5] = n & 0xff;
	p[8] = 64;
	p[9] = 17;
	p[12] = p[16] = 10;
	p[15] = 1;
	p[19] = 2;
	checksum(p);
	for (i = 20; i < len; i++)
		p[i] = n + 7 * (i - 20);
	return (len + 2);
}

static void
prepare(struct buffer *b, struct mppe *m, unsigned int n, size_t len)
{
	b->p.mppe = m;
	b->p.data = b->buf + ROOM;
	b->p.len = plain(b->p.data, n, len);
	b->p.status = -1;
}

static void
send_packet(struct buffer *b, struct mppe *m, unsigned int n, size_t len)
{
	prepare(b, m, n, len);
	mppe_encrypt(&b->p, 1);
}

/* Is what came out the packet that number n was? */
static int
is_plain(const struct buffer *b, unsigned int n, size_t len)
{
	uint8_t	want[SIZE];
	size_t	wantlen;

	wantlen = plain(want, n, len);
	return (b->p.status == MPPE_OK && b->p.len == wantlen &&
	    memcmp(b->p.data, want, wantlen) == 0);
}

/* Decrypt a copy for m; the copy is allocated for a sanitizer to watch. */
static int
receive(const struct buffer *b, struct mppe *m, unsigned int n, size_t len)
{
	struct buffer	 r;
	uint8_t		*copy;
	int		 status;

	if ((copy = malloc(b->p.len)) == NULL)
		abort();
	memcpy(copy, b->p.data, b->p.len);
	r.p.mppe = m;
	r.p.data = copy;
	r.p.len = b->p.len;
	r.p.status = -1;
	mppe_decrypt(&r.p, 1);
	status = r.p.status;
	if (status == MPPE_OK) {
		if (r.p.data != copy + MPPE_HEADER_LEN || !is_plain(&r, n, len))
			status = -1;
	} else if (r.p.data != copy || r.p.len != b->p.len)
		status = -1;
	free(copy);
	return (status);
}

/* What decides about packets to come, that is all but the jump's budget. */
static int
same_keys(const struct mppe *a, const struct mppe *b)
{
	return (a->count == b->count &&
	    memcmp(a->key, b->key, sizeof(a->key)) == 0 &&
	    memcmp(a->start, b->start, sizeof(a->start)) == 0 &&
	    (!a->stateful || memcmp(&a->rc4, &b->rc4, sizeof(a->rc4)) == 0));
}

/*
 * RFC 3079 sections 2.5 and 3.5.  "test message" is what a stateful sender
 * makes of its first packet, whose key is the initial session key.  The RFC
 * prints 58 for the last octet with 56 bits; RC4 with the key it prints gives
 * b8, in any implementation.
 */
static void
test_rfc3079(void)
{
	static const struct {
		int		 bits;
		const char	*start;
		const char	*session;
		const char	*message;
	} v[] = {
		{ 40, "8b7cdc149b993a1b", "d1269ec49fa62e3e",
		    "929137917e5803d668d75898" },
		{ 56, "8b7cdc149b993a1b", "d15c00c49fa62e3e",
		    "3f106833fa448da842bc57b8" },
		{ 128, "8b7cdc149b993a1ba118cb153f56dccb",
		    "405cb2247a7956e6e211007ae27b22d4",
		    "81848317df68846272fb5abe" },
		{ 40, "76a152936096d7830e2390227404afd2",
		    "d1269e538cec4a08", NULL },
		{ 56, "76a152936096d7830e2390227404afd2",
		    "d10801538cec4a08", NULL },
		{ 128, "a8947850cfc0acc1d1789fb62ddcddb0",
		    "59d159bc09f76f1da2a86a28ffec0b1e", NULL }
	};
	struct mppe	m;
	struct buffer	b;
	uint8_t		key[16], want[16];
	size_t		i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		memset(key, 0x77, sizeof(key));	/* the rest must not matter */
		unhex(key, v[i].start);
		mppe_init(&m, key, v[i].bits, 1);
		is_int(m.keylen, v[i].bits == 128 ? 16 : 8,
		    "E12 3079: %zu: key length", i);
		unhex(want, v[i].session);
		is_mem(m.key, want, m.keylen, "E12 3079: %zu: session key", i);
		if (v[i].message == NULL)
			continue;
		b.p.mppe = &m;
		b.p.data = b.buf + ROOM;
		b.p.len = 12;
		memcpy(b.p.data, "test message", 12);
		mppe_encrypt(&b.p, 1);
		unhex(want, "1000");
		unhex(want + 2, v[i].message);
		is_int(b.p.len, 14, "E12 3079: %zu: message length", i);
		is_mem(b.p.data, want, 14, "E12 3079: %zu: message", i);
	}
}

/*
 * 5000 packets of each mode: the first, and the SHA-1 of all, as an
 * independent sender made them (Python, hashlib and RC4 of its own, written
 * from RFC 3078).
 */
static void
test_stream(void)
{
	static const struct {
		int		 bits, stateful;
		const char	*first;
		const char	*digest;
	} v[] = {
		{ 40, 0, "90009edc946694fa408f375e9d54325f1b4517e20f10d1f0",
		    "45b6191df6ecba90db1c1ab6ca72d6d46bf26498" },
		{ 40, 1, "1000e6d501e55e2166a51bb67fec556f7c38f907f0a5e245",
		    "845509af21f90d3a4754f802b318eeace39eb744" },
		{ 56, 0, "900068dab65ba56f87590f82a504dc535fa5ff6037aeca98",
		    "02e7df7863983229052e7fcbfaac925d4ceba284" },
		{ 56, 1, "10004b545e47da3de8db31dd70ccd6b0b97b39a2993ecc21",
		    "1762dd8838400d5a30c995e7fa3a890dba79619c" },
		{ 128, 0, "90007058132be07b58bad366c93419839fba69f132d345f7",
		    "2ced092cc9fb72facfbf0e30eeacaab60e783af6" },
		{ 128, 1, "1000f5c0b563ff11e111019a7dcaf915e8b8df6a3aba0d24",
		    "be4635f22081270f1d9ea55439de15b4879c69f5" }
	};
	struct mppe	tx, rx;
	struct buffer	b;
	SHA_CTX		ctx;
	uint8_t		want[32], digest[SHA_DIGEST_LENGTH];
	size_t		i;
	unsigned int	n;
	int		bad;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		mppe_init(&tx, start_key, v[i].bits, v[i].stateful);
		mppe_init(&rx, start_key, v[i].bits, v[i].stateful);
		SHA1_Init(&ctx);
		bad = 0;
		for (n = 0; n < 5000; n++) {
			send_packet(&b, &tx, n, 20 + n % 80);
			if (n == 0) {
				unhex(want, v[i].first);
				is_mem(b.p.data, want, 24,
				    "%d bits, %s: first packet", v[i].bits,
				    v[i].stateful ? "stateful" : "stateless");
			}
			SHA1_Update(&ctx, b.p.data, b.p.len);
			bad += receive(&b, &rx, n, 20 + n % 80) != MPPE_OK;
		}
		SHA1_Final(digest, &ctx);
		unhex(want, v[i].digest);
		is_mem(digest, want, sizeof(digest), "T37 5000 packets sent");
		is_int(bad, 0, "T37 5000 packets received");
		ok(same_keys(&tx, &rx), "both ends are at the same point");
	}
}

/* Vectors of many packets, of two sessions each way, good and bad mixed. */
static void
test_vector(void)
{
	static struct buffer	b[64];
	struct mppe_packet	v[64];
	struct mppe		tx[4], rx[4];
	unsigned int		i, round, s;
	int			bad = 0;

	for (s = 0; s < 4; s++) {
		uint8_t	key[16];

		memcpy(key, start_key, sizeof(key));
		key[0] ^= s;
		mppe_init(&tx[s], key, strengths[s % 3], s & 1);
		mppe_init(&rx[s], key, strengths[s % 3], s & 1);
	}
	for (round = 0; round < 300; round++) {
		for (i = 0; i < 64; i++) {
			s = (i * 7 + round) % 4;
			prepare(&b[i], &tx[s], round * 64 + i,
			    20 + (round * 64 + i) % 1400);
			v[i] = b[i].p;
		}
		mppe_encrypt(v, round % 65);
		for (i = 0; i < round % 65; i++) {
			v[i].mppe = &rx[v[i].mppe - tx];
			if (i % 9 == 4)		/* bit D; the key is lost */
				v[i].data[0] &= ~0x10;
		}
		mppe_decrypt(v, round % 65);
		for (i = 0; i < round % 65; i++) {
			b[i].p = v[i];
			if (i % 9 == 4) {
				bad += v[i].status != MPPE_MALFORMED;
				if (v[i].mppe->stateful)
					*v[i].mppe = tx[v[i].mppe - rx];
			} else if (!v[i].mppe->stateful)
				bad += !is_plain(&b[i], round * 64 + i,
				    20 + (round * 64 + i) % 1400);
		}
		for (s = 1; s < 4; s += 2)
			rx[s] = tx[s];
	}
	is_int(bad, 0, "vectors of 0 to 64");
	mppe_encrypt(NULL, 0);
	mppe_decrypt(NULL, 0);
	ok(1, "empty vectors");
}

static void
test_malformed(void)
{
	struct mppe	tx, rx, save;
	struct buffer	b, c;
	int		bad, bits, i, len, stateful;

	for (stateful = 0; stateful <= 1; stateful++) {
		mppe_init(&tx, start_key, 128, stateful);
		mppe_init(&rx, start_key, 128, stateful);
		send_packet(&b, &tx, 0, 100);

		/* V120 */
		save = rx;
		bad = 0;
		for (len = 0; len <= 2; len++) {
			c = b;
			c.p.data = c.buf + (b.p.data - b.buf);
			c.p.len = len;
			bad += receive(&c, &rx, 0, 0) != MPPE_MALFORMED;
		}
		for (; len < 102; len++) {
			c.p.len = len;
			bad += receive(&c, &rx, 0, 0) != MPPE_MALFORMED;
		}
		is_int(bad, 0, "stateful %d: cut at every octet", stateful);
		ok(same_keys(&rx, &save), "and nothing has changed");

		/* V125 */
		bad = 0;
		for (bits = 0; bits < 16; bits++) {
			if ((bits & 7) == 1 && (bits & 8 || stateful))
				continue;
			c = b;
			c.p.data = c.buf + (b.p.data - b.buf);
			c.p.data[0] = (c.p.data[0] & 0x0f) | bits << 4;
			for (i = 0; i < 100; i++)
				bad += receive(&c, &rx, 0, 0) !=
				    MPPE_MALFORMED;
		}
		is_int(bad, 0, "stateful %d: flag bits", stateful);
		ok(same_keys(&rx, &save), "and nothing has changed");
		is_int(receive(&b, &rx, 0, 100), MPPE_OK, "the real one");
	}
}

/* What may be inside: V130 and what RFC 791 says of a header. */
static int
try_plain(const uint8_t *p, size_t len, int stateful)
{
	struct mppe	tx, rx, save;
	struct buffer	b;

	mppe_init(&tx, start_key, 128, stateful);
	mppe_init(&rx, start_key, 128, stateful);
	save = rx;
	b.p.mppe = &tx;
	b.p.data = b.buf + ROOM;
	b.p.len = len;
	memcpy(b.p.data, p, len);
	mppe_encrypt(&b.p, 1);
	b.p.mppe = &rx;
	mppe_decrypt(&b.p, 1);
	if (b.p.status != MPPE_OK)
		return (same_keys(&rx, &save) ? b.p.status : -1);
	if (b.p.len != len || memcmp(b.p.data, p, len) != 0 ||
	    !same_keys(&rx, &tx))
		return (-1);
	return (MPPE_OK);
}

static void
test_plausible(void)
{
	uint8_t		p[256], q[512];
	unsigned int	proto;
	size_t		hlen, len;
	int		bad, s;

	for (s = 0; s <= 1; s++) {
		len = plain(p, 1, 100);
		is_int(try_plain(p, len, s), MPPE_OK, "IPv4");
		is_int(try_plain(p + 1, len - 1, s), MPPE_OK,
		    "IPv4, protocol field compressed");
		memset(p + len, 0, 20);
		is_int(try_plain(p, len + 20, s), MPPE_OK, "padded");
		is_int(try_plain(p, len - 1, s), MPPE_MALFORMED,
		    "an octet short");

		bad = 0;
		for (proto = 0; proto <= 0xffff; proto++) {
			if (proto == 0x21 || proto >> 8 == 0x21)
				continue;
			p[0] = proto >> 8;
			p[1] = proto & 0xff;
			if (s == 1 && proto % 64 != 0x21)
				continue;	/* slow: many key changes */
			bad += try_plain(p, len, s) != MPPE_MALFORMED;
		}
		is_int(bad, 0, "all other protocols");

		len = plain(p, 1, 100);
		p[2] = 0x55;
		checksum(p + 2);
		is_int(try_plain(p, len, s), MPPE_MALFORMED, "IP version 5");
		bad = 0;
		for (hlen = 0; hlen <= 60; hlen += 4) {
			len = plain(p, 1, 100);
			p[2] = 0x40 | hlen / 4;
			checksum(p + 2);
			bad += try_plain(p, len, s) !=
			    (hlen < 20 ? MPPE_MALFORMED : MPPE_OK);
			bad += try_plain(p + 1, len - 1, s) !=
			    (hlen < 20 ? MPPE_MALFORMED : MPPE_OK);
		}
		is_int(bad, 0, "all header lengths");
		len = plain(p, 1, 60);
		p[2] = 0x4f;
		checksum(p + 2);
		is_int(try_plain(p, len, s), MPPE_OK, "nothing but a header");
		p[5] = 59;
		checksum(p + 2);
		is_int(try_plain(p, len, s), MPPE_MALFORMED,
		    "shorter than its header");
		bad = 0;
		for (hlen = 0; hlen < 20; hlen++) {
			len = plain(p, 1, 100);
			p[2 + hlen] ^= 0x01;
			bad += try_plain(p, len, s) != MPPE_MALFORMED;
		}
		is_int(bad, 0, "a bit of the header wrong");

		memset(q, 0, sizeof(q));
		q[1] = 0x57;
		q[2] = 0x60;
		q[7] = 24;
		is_int(try_plain(q, 2 + 40 + 24, s), MPPE_OK, "IPv6");
		is_int(try_plain(q + 1, 1 + 40 + 24, s), MPPE_OK,
		    "IPv6, protocol field compressed");
		is_int(try_plain(q, 2 + 40 + 23, s), MPPE_MALFORMED,
		    "IPv6, an octet short");
		is_int(try_plain(q, 2 + 40 + 25, s), MPPE_MALFORMED,
		    "IPv6, an octet long");
		q[6] = 1;
		is_int(try_plain(q, 2 + 40 + 256 + 24, s), MPPE_OK,
		    "IPv6, a longer one");
		q[6] = q[7] = 0;
		is_int(try_plain(q, 2 + 40, s), MPPE_OK, "IPv6, no payload");
		is_int(try_plain(q, 2 + 39, s), MPPE_MALFORMED,
		    "IPv6, no whole header");
		q[2] = 0x40;
		is_int(try_plain(q, 2 + 40, s), MPPE_MALFORMED,
		    "IPv4 for IPv6");
		is_int(try_plain((const uint8_t *)"\0", 1, s), MPPE_MALFORMED,
		    "half a protocol field");
		is_int(try_plain((const uint8_t *)"\x21", 1, s),
		    MPPE_MALFORMED, "protocol field only");
	}
}

/* Random octets and the wrong key: next to nothing of it may be believed. */
static void
test_noise(void)
{
	struct mppe	tx, rx, save;
	struct buffer	b;
	uint8_t		key[16];
	unsigned int	i, n;
	int		bad, stateful;

	for (stateful = 0; stateful <= 1; stateful++) {
		memcpy(key, start_key, sizeof(key));
		key[3] ^= 0x80;
		mppe_init(&tx, key, 128, stateful);
		mppe_init(&rx, start_key, 128, stateful);
		save = rx;
		bad = 0;
		for (n = 0; n < 2000; n++) {
			send_packet(&b, &tx, n, 60);
			bad += receive(&b, &rx, n, 60) == MPPE_OK;
		}
		is_int(bad, 0, "stateful %d: the wrong key", stateful);
		ok(same_keys(&rx, &save), "and nothing has changed");

		mppe_init(&tx, start_key, 128, stateful);
		bad = 0;
		for (n = 0; n < 300; n++) {
			for (i = 0; i < 10; i++) {
				struct buffer	f;
				unsigned int	k;

				f.p.data = f.buf;
				f.p.len = 40;
				for (k = 0; k < 40; k++)
					f.buf[k] = random();
				f.buf[0] = (f.buf[0] & 0x8f) | 0x10;
				save = rx;
				bad += receive(&f, &rx, 0, 0) == MPPE_OK;
				bad += !same_keys(&rx, &save);
			}
			send_packet(&b, &tx, n, 60);
			bad += receive(&b, &rx, n, 60) != MPPE_OK;
		}
		is_int(bad, 0, "stateful %d: forged packets between real ones",
		    stateful);
	}
}

/*
 * Stateless: n packets are lost, for many n.  Up to MPPE_MAX_JUMP the next
 * one is good, up to what the credit buys the one after that.
 */
static void
test_stateless_loss(void)
{
	struct mppe	tx, rx, first, save;
	struct buffer	b;
	unsigned int	limit, lost, n;
	int		bad_near = 0, bad_far = 0, bad_lost = 0, status;

	mppe_init(&tx, start_key, 128, 0);
	mppe_init(&first, start_key, 128, 0);
	limit = MPPE_MAX_JUMP + MPPE_CREDIT_MAX;
	for (lost = 1; lost <= limit + 50; lost++) {
		/* tx is before number lost - 1, that is to be lost, too. */
		send_packet(&b, &tx, lost - 1, 20);
		if (lost > 800 && lost % 211 != 0 && (lost < 4090 ||
		    lost > 4100) && lost % 4096 != 5 && lost < limit - 5)
			continue;
		if (lost > 5000 && lost % 2110 != 0 && lost % 4096 != 5 &&
		    lost < limit - 5)
			continue;
		if (lost > limit + 5 && lost < limit + 48)
			continue;

		save = tx;
		rx = first;
		send_packet(&b, &tx, lost, 20);
		status = receive(&b, &rx, lost, 20);
		if (lost < MPPE_MAX_JUMP)
			bad_near += status != MPPE_OK;
		else {
			if (lost % 4096 < MPPE_MAX_JUMP)
				bad_far += status != MPPE_MALFORMED;
			else
				bad_far += status != MPPE_JUMP;
			bad_far += !same_keys(&rx, &first);
		}
		send_packet(&b, &tx, lost + 1, 20);
		status = receive(&b, &rx, lost + 1, 20);
		if (lost < MPPE_MAX_JUMP)
			bad_near += status != MPPE_OK;
		else if (lost + 2 <= limit)
			bad_far += status != MPPE_OK;
		else {
			bad_lost += status == MPPE_OK;
			bad_lost += !same_keys(&rx, &first);
		}
		for (n = 2; n < 5 && lost + 2 <= limit; n++) {
			send_packet(&b, &tx, lost + n, 20);
			status = receive(&b, &rx, lost + n, 20);
			if (lost < MPPE_MAX_JUMP)
				bad_near += status != MPPE_OK;
			else
				bad_far += status != MPPE_OK;
		}
		tx = save;
	}
	is_int(bad_near, 0, "T37 up to %d lost, the next is good",
	    MPPE_MAX_JUMP - 1);
	is_int(bad_far, 0, "T37 up to %u lost, the one after that", limit - 2);
	is_int(bad_lost, 0, "more cannot be followed, and change nothing");
}

/* The credit to the last step. */
static void
test_credit(void)
{
	struct mppe	tx, rx;
	struct buffer	b;
	unsigned int	i, n;
	int		r[3];

	/* 1500 lost: numbers 1500 and 1501 come, the second is 1502 ahead. */
	mppe_init(&tx, start_key, 128, 0);
	mppe_init(&rx, start_key, 128, 0);
	for (n = 0; n < 1500; n++)
		send_packet(&b, &tx, n, 20);
	for (i = 0; i < 2; i++, n++) {
		send_packet(&b, &tx, n, 20);
		r[i] = receive(&b, &rx, n, 20);
	}
	ok(r[0] == MPPE_JUMP && r[1] == MPPE_OK, "1500 lost");
	is_int(rx.credit, MPPE_CREDIT_MAX - (1502 - MPPE_MAX_JUMP) +
	    MPPE_CREDIT_STEP, "what lies beyond %d is paid for",
	    MPPE_MAX_JUMP);
	for (; n < 4000; n++) {
		send_packet(&b, &tx, n, 20);
		if (receive(&b, &rx, n, 20) != MPPE_OK ||
		    rx.credit > MPPE_CREDIT_MAX)
			break;
	}
	is_int(n, 4000, "good packets fill it");
	ok(rx.credit > MPPE_CREDIT_MAX - MPPE_CREDIT_STEP, "to the full");

	/* In vain: 4096 * 2 + 1502 is as far as it can be tried. */
	mppe_init(&rx, start_key, 128, 0);
	b.p.data = b.buf;
	b.p.len = 60;
	memset(b.buf, 0, 60);
	for (i = 0; i < 3; i++) {
		b.buf[0] = 0x90 | (1500 + i) >> 8;
		b.buf[1] = (1500 + i) & 0xff;
		r[i] = receive(&b, &rx, 0, 0);
		if (i == 0)
			is_int(rx.credit, MPPE_CREDIT_MAX, "one is no proof");
		if (i == 1)
			is_int(rx.credit, MPPE_CREDIT_MAX - (2 * 4096 + 1502 -
			    MPPE_MAX_JUMP), "two cost what was tried");
	}
	ok(r[0] == MPPE_JUMP && r[1] == MPPE_JUMP && r[2] == MPPE_JUMP,
	    "in vain");
	is_int(rx.credit, MPPE_CREDIT_MAX - (2 * 4096 + 1502 -
	    MPPE_MAX_JUMP) - (1503 - MPPE_MAX_JUMP),
	    "a third one what can still be tried");

	/* A jump within the free distance costs nothing, good or bad. */
	mppe_init(&tx, start_key, 128, 0);
	mppe_init(&rx, start_key, 128, 0);
	for (n = 0; n < MPPE_MAX_JUMP; n++)
		send_packet(&b, &tx, n, 20);
	rx.credit = 100;
	b.p.data[5] ^= 1;
	r[0] = receive(&b, &rx, n - 1, 20);
	ok(r[0] == MPPE_MALFORMED && rx.credit == 100,
	    "%d ahead, and bad: free", MPPE_MAX_JUMP);
	b.p.data[5] ^= 1;
	r[0] = receive(&b, &rx, n - 1, 20);
	ok(r[0] == MPPE_OK && rx.credit == 100 + MPPE_CREDIT_STEP,
	    "%d ahead, and good: free", MPPE_MAX_JUMP);
}

static void
test_stateless_line(void)
{
	static const int	loss[] = { 1, 5, 20, 50, 90, 95 };
	struct mppe		tx, rx, save;
	struct buffer		b, old[8];
	unsigned int		n;
	size_t			i;
	int			bad, late, status;

	for (i = 0; i < sizeof(loss) / sizeof(loss[0]); i++) {
		mppe_init(&tx, start_key, 128, 0);
		mppe_init(&rx, start_key, 128, 0);
		bad = 0;
		for (n = 0; n < 10000; n++) {
			send_packet(&b, &tx, n, 40);
			if (random() % 100 < loss[i])
				continue;
			bad += receive(&b, &rx, n, 40) != MPPE_OK;
		}
		is_int(bad, 0, "T37 %d%% lost, all others are good", loss[i]);
	}

	/* V123: late ones and duplicates are dropped, at no price. */
	mppe_init(&tx, start_key, 128, 0);
	mppe_init(&rx, start_key, 128, 0);
	bad = late = 0;
	for (n = 0; n < 10000; n++) {
		send_packet(&old[n % 8], &tx, n, 40);
		old[n % 8].p.data = old[n % 8].buf + ROOM - MPPE_HEADER_LEN;
		if (n < 8) {
			bad += receive(&old[n], &rx, n, 40) != MPPE_OK;
			continue;
		}
		bad += receive(&old[n % 8], &rx, n, 40) != MPPE_OK;
		save = rx;
		status = receive(&old[(n - random() % 8) % 8], &rx, n, 40);
		bad += status != MPPE_JUMP;
		bad += !same_keys(&rx, &save);
		bad += rx.credit != save.credit;
		late++;
	}
	is_int(bad, 0, "T37 %d late or double ones", late);
}

/*
 * T06: a flood of forged counts.  Its price is bounded, the real packets go
 * through, and good packets fill up the credit again.
 */
static void
test_stateless_flood(void)
{
	struct mppe	tx, rx;
	struct buffer	b, f;
	unsigned int	count, i, n;
	int		bad = 0, low = MPPE_CREDIT_MAX;

	mppe_init(&tx, start_key, 128, 0);
	mppe_init(&rx, start_key, 128, 0);
	f.p.data = f.buf;
	f.p.len = 60;
	for (n = 0; n < 400; n++) {
		count = n + 1000 + 7 * (n % 100);
		for (i = 0; i < 4; i++) {	/* pairs, to look real */
			memset(f.buf, n + i, 60);
			f.buf[0] = 0x90 | (count >> 8 & 0x0f);
			f.buf[1] = count & 0xff;
			count++;
			bad += receive(&f, &rx, 0, 0) == MPPE_OK;
			if (rx.credit < low)
				low = rx.credit;
		}
		send_packet(&b, &tx, n, 60);
		bad += receive(&b, &rx, n, 60) != MPPE_OK;
	}
	is_int(bad, 0, "a flood of far counts changes nothing");
	ok(low < 1000, "the credit was used up");
	for (; n < 4000; n++) {
		send_packet(&b, &tx, n, 60);
		bad += receive(&b, &rx, n, 60) != MPPE_OK;
	}
	is_int(bad, 0, "real ones go through");
	ok(rx.credit > MPPE_CREDIT_MAX - MPPE_CREDIT_STEP,
	    "and fill the credit");
	for (; n < 7000; n++)
		send_packet(&b, &tx, n, 60);
	for (; n < 7002; n++) {
		send_packet(&b, &tx, n, 60);
		i = receive(&b, &rx, n, 60);
	}
	is_int(i, MPPE_OK, "after that, 3000 lost are found again");
}

static unsigned int	 made;
static sha1_blocks_fn	*counted;

static void
count_changes(uint32_t h[5], const uint8_t *p, size_t n)
{
	made++;
	counted(h, p, n);
}

/*
 * T06: what a forged packet costs, in changes of the key: as far as it jumps
 * the first time, and less than MPPE_MARK_STEP from then on,
 * but for what is new behind the real ones, wherever it jumps and
 * however the real ones go on.
 */
static void
test_price(void)
{
	struct mppe	tx, rx;
	struct buffer	b, f;
	unsigned int	count, first = 0, most = 0, n, total = 0;
	int		bad = 0;

	mppe_init(&tx, start_key, 128, 0);
	mppe_init(&rx, start_key, 128, 0);
	counted = sha1_native() != NULL ? sha1_native() : sha1_blocks_c;
	sha1_blocks = count_changes;
	f.p.data = f.buf;
	f.p.len = 60;
	for (n = 0; n < 10000; n++) {
		count = rx.count + (n % 2 ? 1 + random() % MPPE_MAX_JUMP :
		    MPPE_MAX_JUMP - n % MPPE_MARK_STEP);
		memset(f.buf, n, 60);
		f.buf[0] = 0x90 | (count >> 8 & 0x0f);
		f.buf[1] = count & 0xff;
		made = 0;
		bad += receive(&f, &rx, 0, 0) == MPPE_OK;
		if (n == 0)
			first = made;
		else {
			total += made;
			if (made > most)
				most = made;
		}
		send_packet(&b, &tx, n, 60);
		made = 0;
		bad += receive(&b, &rx, n, 60) != MPPE_OK;
		bad += made != 1;
	}
	is_int(bad, 0, "10000 forged ones between real ones");
	is_int(first, MPPE_MAX_JUMP, "the first jump costs its length");
	ok(most <= 2 * MPPE_MARK_STEP, "no other costs more than %d, but %u",
	    2 * MPPE_MARK_STEP, most);
	ok(total / n <= MPPE_MARK_STEP, "on average %u", total / n);

	/* They are still the right keys, up to the farthest one. */
	for (n = 10000; n < 10000 + MPPE_MAX_JUMP - 1; n++)
		send_packet(&b, &tx, n, 60);
	send_packet(&b, &tx, n, 60);
	is_int(receive(&b, &rx, n, 60), MPPE_OK, "a real jump of %d",
	    MPPE_MAX_JUMP);
	sha1_blocks = counted;
}

/*
 * Peers to talk to in stateful mode, made of libcrypto's RC4 and without a
 * look at mppe.c: one that follows RFC 3078 section 8.2 (as the BSDs and
 * Windows do), and one that changes the key at each reset (as Linux does).
 */
struct peer {
	RC4_KEY		rc4;
	uint8_t		start[16], key[16];
	int		bits, keylen;
	unsigned int	count;		/* sent or received last */
	int		linux_way, flush, discard;
};

static void
peer_tables(struct peer *p)
{
	RC4_set_key(&p->rc4, p->keylen, p->key);
}

static void
peer_new_key(struct peer *p, int initial)
{
	uint8_t	pad[40], digest[SHA_DIGEST_LENGTH];
	SHA_CTX	ctx;

	SHA1_Init(&ctx);
	SHA1_Update(&ctx, p->start, p->keylen);
	memset(pad, 0, sizeof(pad));
	SHA1_Update(&ctx, pad, sizeof(pad));
	SHA1_Update(&ctx, p->key, p->keylen);
	memset(pad, 0xf2, sizeof(pad));
	SHA1_Update(&ctx, pad, sizeof(pad));
	SHA1_Final(digest, &ctx);
	memcpy(p->key, digest, p->keylen);
	if (!initial) {
		peer_tables(p);
		RC4(&p->rc4, p->keylen, digest, p->key);
	}
	if (p->bits != 128)
		p->key[0] = 0xd1;
	if (p->bits == 40) {
		p->key[1] = 0x26;
		p->key[2] = 0x9e;
	}
	peer_tables(p);
}

static void
peer_init(struct peer *p, int bits, int linux_way)
{
	memset(p, 0, sizeof(*p));
	memcpy(p->start, start_key, sizeof(p->start));
	memcpy(p->key, start_key, sizeof(p->key));
	p->bits = bits;
	p->keylen = bits == 128 ? 16 : 8;
	p->linux_way = linux_way;
	p->count = 4095;
	peer_new_key(p, 1);
}

static void
peer_send(struct peer *p, struct buffer *b, unsigned int n, size_t len)
{
	unsigned int	head;

	p->count = (p->count + 1) % 4096;
	head = 0x1000 | p->count;
	if (p->count % 256 == 255 || (p->flush && p->linux_way)) {
		peer_new_key(p, 0);
		head |= 0x8000;
	} else if (p->flush) {
		peer_tables(p);
		head |= 0x8000;
	}
	p->flush = 0;
	prepare(b, NULL, n, len);
	RC4(&p->rc4, b->p.len, b->p.data, b->p.data);
	b->p.data -= 2;
	b->p.len += 2;
	b->p.data[0] = head >> 8;
	b->p.data[1] = head & 0xff;
}

/* 1 decrypted, 0 dropped, -1 dropped and a Reset-Request is sent. */
static int
peer_receive(struct peer *p, struct buffer *b)
{
	unsigned int	count;
	int		flushed;

	flushed = b->p.data[0] & 0x80;
	count = (b->p.data[0] << 8 | b->p.data[1]) & 0x0fff;
	if (p->linux_way) {
		if (!p->discard) {
			p->count = (p->count + 1) % 4096;
			if (count != p->count) {
				p->discard = 1;
				return (-1);
			}
		} else {
			if (!flushed)
				return (-1);	/* pppd asks again in time */
			while (count / 256 != p->count / 256) {
				peer_new_key(p, 0);
				p->count = (p->count + 256) % 4096;
			}
			p->discard = 0;
			p->count = count;
		}
		if (flushed)
			peer_new_key(p, 0);
	} else {
		unsigned int	c;

		if (!flushed && count != (p->count + 1) % 4096)
			return (-1);
		/* A change for each flag packet, this one included. */
		for (c = p->count; c != count; ) {
			c = (c + 1) % 4096;
			if (c % 256 == 255)
				peer_new_key(p, 0);
		}
		p->count = count;
		if (flushed)
			peer_tables(p);
	}
	b->p.data += 2;
	b->p.len -= 2;
	RC4(&p->rc4, b->p.len, b->p.data, b->p.data);
	b->p.status = MPPE_OK;
	return (1);
}

enum { OURS, RFC, LINUX };
static const char	*who[] = { "pptpd", "RFC", "Linux" };

struct sender {
	int		kind;
	struct mppe	ours;
	struct peer	peer;
};

static void
sender_init(struct sender *s, int kind, int bits)
{
	s->kind = kind;
	mppe_init(&s->ours, start_key, bits, 1);
	peer_init(&s->peer, bits, kind == LINUX);
}

static void
sender_send(struct sender *s, struct buffer *b, unsigned int n, size_t len)
{
	if (s->kind == OURS)
		send_packet(b, &s->ours, n, len);
	else
		peer_send(&s->peer, b, n, len);
}

static void
sender_reset(struct sender *s)
{
	mppe_reset_request(&s->ours);
	s->peer.flush = 1;
}

/*
 * A line from one kind to another.  Loss in thousandths; a Reset-Request is
 * on the way for as long as delay packets, and at most one in 16 packets.
 */
static void
stateful_line(int from, int to, int bits, int loss, int delay)
{
	struct sender	tx;
	struct mppe	orx;
	struct peer	prx;
	struct buffer	b;
	unsigned int	n, got = 0, good = 0, last = 0, longest = 0;
	unsigned int	reset_at = 0, asked = 0, resets = 0;
	size_t		len;
	int		r, wrong = 0;

	sender_init(&tx, from, bits);
	mppe_init(&orx, start_key, bits, 1);
	peer_init(&prx, bits, to == LINUX);
	for (n = 1; n <= 20000; n++) {
		len = 40 + n % 61;
		if (reset_at != 0 && n >= reset_at) {
			reset_at = 0;
			sender_reset(&tx);
		}
		sender_send(&tx, &b, n, len);
		if (random() % 1000 < loss)
			continue;
		got++;
		if (to == OURS) {
			r = receive(&b, &orx, n, len);
			wrong += r == -1;
			r = r == MPPE_OK ? 1 : r == MPPE_RESYNC ? -1 : 0;
		} else {
			r = peer_receive(&prx, &b);
			if (r == 1 && !is_plain(&b, n, len))
				r = 0;	/* noise goes up, as there */
		}
		if (r == 1) {
			good++;
			last = n;
		} else if (n - last > longest)
			longest = n - last;
		if (r == -1 && (asked == 0 || n - asked >= 16)) {
			asked = n;
			resets++;
			if (random() % 1000 >= loss)
				reset_at = n + delay;
		}
	}
	ok(wrong == 0 && last > 19000 && (loss > 20 || good > got / 3),
	    "stateful, %s to %s, %d bits, %d/1000 lost: %u of %u, %u resets, "
	    "%u at a time", who[from], who[to], bits, loss, good, got, resets,
	    longest);
}

static void
test_stateful_line(void)
{
	static const int	loss[] = { 0, 1, 10, 100 };
	size_t			b, l;

	for (b = 0; b < 3; b++) {
		for (l = 0; l < 4; l++) {
			stateful_line(OURS, OURS, strengths[b], loss[l], 5);
			stateful_line(OURS, RFC, strengths[b], loss[l], 5);
			stateful_line(OURS, LINUX, strengths[b], loss[l], 5);
			stateful_line(RFC, OURS, strengths[b], loss[l], 5);
			stateful_line(LINUX, OURS, strengths[b], loss[l], 5);
			/* The peers understand their own kind. */
			stateful_line(RFC, RFC, strengths[b], loss[l], 5);
		}
	}
}

/*
 * V129, T37: packets are lost in one piece, from all over a block.  Returns
 * how many more it takes until one is good again, -1 for never, or if more
 * than one Reset-Request was needed.
 */
static int
recovery(struct sender s, struct mppe rx, unsigned int n, unsigned int lost)
{
	struct buffer	b;
	int		i, r, resets = 0;

	for (; lost > 0; lost--)
		sender_send(&s, &b, n++, 20);
	for (i = 0; i < 10; i++) {
		sender_send(&s, &b, n, 20);
		r = receive(&b, &rx, n++, 20);
		if (r == MPPE_OK)
			return (resets > 1 ? -1 : i);
		if (r == MPPE_RESYNC) {
			sender_reset(&s);
			resets++;
		}
	}
	return (-1);
}

static void
test_stateful_loss(void)
{
	static const unsigned int	begins[] = { 0, 1, 100, 253, 254,
					    255, 256, 257, 4000, 4094,
					    4095, 4096, 5000 };
	struct sender			tx;
	struct mppe			rx;
	struct buffer			b;
	unsigned int			lost, n;
	size_t				k;
	int				bad, kind, r, worst;

	for (kind = OURS; kind <= LINUX; kind++) {
		for (k = 0; k < sizeof(begins) / sizeof(begins[0]); k++) {
			mppe_init(&rx, start_key, 128, 1);
			sender_init(&tx, kind, 128);
			bad = worst = 0;
			for (n = 0; n < begins[k]; n++) {
				sender_send(&tx, &b, n, 20);
				bad += receive(&b, &rx, n, 20) != MPPE_OK;
			}
			for (lost = 1; lost <= 5000; lost++) {
				if (lost > 20 && lost % 509 != 0 &&
				    (lost % 256 > 1 || lost > 600) &&
				    (lost % 256 < 255 || lost > 600) &&
				    (lost < 4094 || lost > 4098))
					continue;
				r = recovery(tx, rx, n, lost);
				bad += r == -1;
				if (r > worst)
					worst = r;
			}
			is_int(bad, 0, "T37 stateful, %s sends: 1 to 5000 lost "
			    "from %u on, one reset", who[kind], begins[k]);
			ok(worst <= 3, "and %d packets more", worst);
		}
	}
}

/*
 * A sender that has changed its key more often than its flag packets tell:
 * how far that is followed, from the middle of a block and across its end.
 */
static void
test_changes(void)
{
	struct peer	tx;
	struct mppe	rx, save;
	struct buffer	b;
	unsigned int	flags, i, n;
	int		changes, r;

	for (flags = 0; flags <= 2; flags++) {
		for (changes = MPPE_MAX_CHANGES; changes <=
		    MPPE_MAX_CHANGES + 1; changes++) {
			peer_init(&tx, 128, 0);
			mppe_init(&rx, start_key, 128, 1);
			for (n = 0; n < 100; n++) {
				peer_send(&tx, &b, n, 20);
				receive(&b, &rx, n, 20);
			}
			for (i = 0; i < 10 + 256 * flags; i++)
				peer_send(&tx, &b, n++, 20);
			for (i = 0; i < (unsigned int)changes; i++)
				peer_new_key(&tx, 0);
			tx.flush = 1;
			peer_send(&tx, &b, n, 20);
			save = rx;
			r = receive(&b, &rx, n, 20);
			if (changes <= MPPE_MAX_CHANGES)
				is_int(r, MPPE_OK, "%d changes more than %u",
				    changes, flags);
			else
				ok(r == MPPE_RESYNC && same_keys(&rx, &save),
				    "%d are too many", changes);
		}
	}

	/* In sequence, such a packet is no sign of a loss. */
	peer_init(&tx, 128, 0);
	mppe_init(&rx, start_key, 128, 1);
	for (i = 0; i <= MPPE_MAX_CHANGES; i++)
		peer_new_key(&tx, 0);
	tx.flush = 1;
	peer_send(&tx, &b, 0, 20);
	is_int(receive(&b, &rx, 0, 20), MPPE_MALFORMED,
	    "bit A in sequence, but noise");
}

static void
test_stateful_rules(void)
{
	struct mppe	tx, rx, save;
	struct buffer	b[600], c;
	unsigned int	n;
	int		bad;

	mppe_init(&tx, start_key, 128, 1);
	bad = 0;
	for (n = 0; n < 600; n++) {
		send_packet(&b[n], &tx, n, 20);
		bad += b[n].p.data[0] != ((n % 256 == 255 ? 0x90 : 0x10) |
		    n >> 8) || b[n].p.data[1] != (n & 0xff);
	}
	is_int(bad, 0, "E08 bit A in flag packets only, counts from 0");

	/* A packet on its own is lost: the stream behind is, up to the flag. */
	mppe_init(&rx, start_key, 128, 1);
	bad = 0;
	for (n = 0; n < 100; n++)
		bad += receive(&b[n], &rx, n, 20) != MPPE_OK;
	for (n = 101; n < 255; n++)
		bad += receive(&b[n], &rx, n, 20) != MPPE_RESYNC;
	for (; n < 600; n++)
		bad += receive(&b[n], &rx, n, 20) != MPPE_OK;
	is_int(bad, 0, "the flag packet brings it back by itself");

	/* The same when the missing one was only late. */
	mppe_init(&rx, start_key, 128, 1);
	bad = 0;
	for (n = 0; n < 100; n++)
		bad += receive(&b[n], &rx, n, 20) != MPPE_OK;
	bad += receive(&b[101], &rx, 101, 20) != MPPE_RESYNC;
	bad += receive(&b[100], &rx, 100, 20) != MPPE_OK;
	bad += receive(&b[101], &rx, 101, 20) != MPPE_OK;
	is_int(bad, 0, "what continues the stream is always good");

	/* Duplicates and old ones, of both kinds. */
	save = rx;
	bad = 0;
	for (n = 0; n <= 101; n++)
		bad += receive(&b[n], &rx, n, 20) == MPPE_OK;
	bad += !same_keys(&rx, &save);
	for (n = 102; n < 600; n++)
		bad += receive(&b[n], &rx, n, 20) != MPPE_OK;
	save = rx;
	bad += receive(&b[255], &rx, n, 20) == MPPE_OK;
	bad += receive(&b[511], &rx, n, 20) == MPPE_OK;
	bad += !same_keys(&rx, &save);
	is_int(bad, 0, "T37 duplicates change nothing");
	mppe_init(&rx, start_key, 128, 1);
	bad = 0;
	for (n = 0; n < 256; n++)
		bad += receive(&b[n], &rx, n, 20) != MPPE_OK;
	save = rx;
	bad += receive(&b[255], &rx, n, 20) == MPPE_OK;
	bad += !same_keys(&rx, &save);
	is_int(bad, 0, "nor does the flag packet, twice");

	/* A flag packet changes the key even if its sender forgot bit A. */
	mppe_init(&rx, start_key, 128, 1);
	bad = 0;
	for (n = 0; n < 600; n++) {
		c = b[n];
		c.p.data = c.buf + (b[n].p.data - b[n].buf);
		c.p.data[0] &= 0x7f;
		bad += receive(&c, &rx, n, 20) != MPPE_OK;
	}
	is_int(bad, 0, "flag packets without bit A");

	/* A Reset-Request goes on to the next flag packet, around the end. */
	mppe_init(&tx, start_key, 128, 1);
	send_packet(&c, &tx, 0, 20);
	mppe_reset_request(&tx);
	mppe_reset_request(&tx);
	send_packet(&c, &tx, 0, 20);
	is_mem(c.p.data, "\x90\xff", 2, "reset: on to the flag packet");
	send_packet(&c, &tx, 0, 20);
	is_mem(c.p.data, "\x11\x00", 2, "reset: and no further");
	tx.count = 4095;
	mppe_reset_request(&tx);
	send_packet(&c, &tx, 0, 20);
	is_mem(c.p.data, "\x90\xff", 2, "reset: around the end");
	tx.count = 0xffe;
	mppe_reset_request(&tx);
	send_packet(&c, &tx, 0, 20);
	is_mem(c.p.data, "\x9f\xff", 2, "reset: in the last one");
	send_packet(&c, &tx, 0, 20);
	is_mem(c.p.data, "\x10\x00", 2, "reset: and then the first");

	mppe_init(&tx, start_key, 128, 0);
	mppe_reset_request(&tx);
	send_packet(&c, &tx, 0, 20);
	is_mem(c.p.data, "\x90\x00", 2, "reset: nothing in stateless mode");
}

int
main(void)
{
	srandom(1);
	test_rfc3079();
	test_stream();
	test_vector();
	test_malformed();
	test_plausible();
	test_noise();
	test_stateless_loss();
	test_credit();
	test_stateless_line();
	test_stateless_flood();
	test_price();
	test_stateful_line();
	test_stateful_loss();
	test_changes();
	test_stateful_rules();
	done_testing();
}
