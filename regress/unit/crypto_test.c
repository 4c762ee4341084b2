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
 * T45: random names, passwords and challenges through mschap.c and mppe.c, and
 * through a second implementation that shares no line with them.
 *
 *	crypto_test [count]
 */

#include <sys/types.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mppe.h"
#include "mschap.h"
#include "refcrypto.h"
#include "tap.h"

#define COUNT		100000
#define NAME_MAX_LEN	255
#define WORD_MAX	256

static uint64_t		 seed = 0x9e3779b97f4a7c15ULL;

/* The same numbers each time (xorshift). */
static uint32_t
rnd(uint32_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return ((seed >> 16) % limit);
}

static void
rnd_buf(uint8_t *p, size_t len)
{
	while (len-- > 0)
		*p++ = rnd(256);
}

/* A password in UTF-8 and in UTF-16LE; returns the octets of the latter. */
static size_t
rnd_password(char *utf8, uint8_t *units)
{
	uint32_t	c, hi;
	size_t		n = 0, max;
	int		kind;

	/* Short ones mostly, as in life. */
	max = rnd(10) == 0 ? rnd(WORD_MAX + 1) : rnd(24);
	kind = rnd(5);
	while (n < 2 * max) {
		switch (kind == 4 ? rnd(4) : (uint32_t)kind) {
		case 0:
			c = 1 + rnd(0x7f);
			break;
		case 1:
			c = 0x80 + rnd(0x780);
			break;
		case 2:
			c = 0x800 + rnd(0xd000);
			break;
		default:
			c = 0x10000 + rnd(0x100000);
			break;
		}
		if (c >= 0x10000 && n + 4 > 2 * max)
			c = 'x';
		if (c < 0x80)
			*utf8++ = c;
		else if (c < 0x800) {
			*utf8++ = 0xc0 | c >> 6;
			*utf8++ = 0x80 | (c & 0x3f);
		} else if (c < 0x10000) {
			*utf8++ = 0xe0 | c >> 12;
			*utf8++ = 0x80 | (c >> 6 & 0x3f);
			*utf8++ = 0x80 | (c & 0x3f);
		} else {
			*utf8++ = 0xf0 | c >> 18;
			*utf8++ = 0x80 | (c >> 12 & 0x3f);
			*utf8++ = 0x80 | (c >> 6 & 0x3f);
			*utf8++ = 0x80 | (c & 0x3f);
		}
		if (c >= 0x10000) {
			hi = 0xd800 + ((c - 0x10000) >> 10);
			units[n++] = hi & 0xff;
			units[n++] = hi >> 8;
			c = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		units[n++] = c & 0xff;
		units[n++] = c >> 8;
	}
	*utf8 = '\0';
	return (n);
}

/* A name, maybe with a domain; returns where the name proper begins. */
static const char *
rnd_name(char *name)
{
	size_t	domain, i, len;

	len = rnd(10) == 0 ? rnd(NAME_MAX_LEN + 1) : rnd(20);
	for (i = 0; i < len; i++)
		do {
			name[i] = 1 + rnd(255);
		} while (name[i] == '\\');
	name[len] = '\0';
	if (len == 0 || rnd(3) != 0)
		return (name);
	domain = rnd(len);
	name[domain] = '\\';
	return (name + domain + 1);
}

/* Three DES keys of a hash (RFC 2433 A.5). */
static void
ref_response(const uint8_t challenge[8], const uint8_t hash[16],
    uint8_t out[24])
{
	uint8_t	key[21];
	int	i;

	memset(key, 0, sizeof(key));
	memcpy(key, hash, 16);
	for (i = 0; i < 3; i++)
		des56(key + 7 * i, challenge, out + 8 * i);
}

static size_t
put(uint8_t *p, size_t off, const void *data, size_t len)
{
	memcpy(p + off, data, len);
	return (off + len);
}

/* SHA-1 of key, 40 zeroes, text, 40 times f2 (RFC 3079 section 3.3). */
static void
ref_pad(const uint8_t *key, size_t len, const void *text, size_t textlen,
    uint8_t out[20])
{
	uint8_t	buf[512];
	size_t	n;

	n = put(buf, 0, key, len);
	memset(buf + n, 0, 40);
	n = put(buf, n + 40, text, textlen);
	memset(buf + n, 0xf2, 40);
	sha1(buf, n + 40, out);
}

static void
ref_challenge(const uint8_t peer[16], const uint8_t auth[16],
    const char *user, uint8_t out[20])
{
	uint8_t	buf[512];
	size_t	n;

	n = put(buf, 0, peer, 16);
	n = put(buf, n, auth, 16);
	n = put(buf, n, user, strlen(user));
	sha1(buf, n, out);
}

/* "S=..." (RFC 2759 section 8.7) */
static void
ref_authenticator(const uint8_t hash[16], const uint8_t response[24],
    const uint8_t digest8[8], char out[43])
{
	static const char	magic1[] = "Magic server to client signing "
				    "constant";
	static const char	magic2[] = "Pad to make it do more than one "
				    "iteration";
	uint8_t			buf[512], hashhash[16], d[20];
	size_t			n;
	int			i;

	md4(hash, 16, hashhash);
	n = put(buf, 0, hashhash, 16);
	n = put(buf, n, response, 24);
	n = put(buf, n, magic1, sizeof(magic1) - 1);
	sha1(buf, n, d);
	n = put(buf, 0, d, 20);
	n = put(buf, n, digest8, 8);
	n = put(buf, n, magic2, sizeof(magic2) - 1);
	sha1(buf, n, d);
	memcpy(out, "S=", 2);
	for (i = 0; i < 20; i++)
		(void)snprintf(out + 2 + 2 * i, 3, "%02X", d[i]);
}

/* What the server sends and receives with (RFC 3079 section 3.3). */
static void
ref_start_keys(const uint8_t hash[16], const uint8_t response[24],
    uint8_t send[16], uint8_t recv[16])
{
	static const char	master[] = "This is the MPPE Master Key";
	static const char	client[] = "On the client side, this is the "
				    "send key; on the server side, it is the "
				    "receive key.";
	static const char	server[] = "On the client side, this is the "
				    "receive key; on the server side, it is "
				    "the send key.";
	uint8_t			buf[512], hashhash[16], d[20], k[20];
	size_t			n;

	md4(hash, 16, hashhash);
	n = put(buf, 0, hashhash, 16);
	n = put(buf, n, response, 24);
	n = put(buf, n, master, sizeof(master) - 1);
	sha1(buf, n, d);
	ref_pad(d, 16, server, sizeof(server) - 1, k);
	memcpy(send, k, 16);
	ref_pad(d, 16, client, sizeof(client) - 1, k);
	memcpy(recv, k, 16);
}

static void
ref_start_key1(const uint8_t hash[16], const uint8_t challenge[8],
    uint8_t out[16])
{
	uint8_t	buf[64], d[20];
	size_t	n;

	md4(hash, 16, buf);
	n = put(buf, 16, buf, 16);
	n = put(buf, n, challenge, 8);
	sha1(buf, n, d);
	memcpy(out, d, 16);
}

/* A sender of MPPE (RFC 3078 section 7). */
struct ref_mppe {
	struct ref_rc4	 rc4;
	uint8_t		 start[16], key[16];
	size_t		 len;
	int		 bits;
};

static void
ref_salt(struct ref_mppe *m)
{
	if (m->bits == 40)
		memcpy(m->key, "\xd1\x26\x9e", 3);
	else if (m->bits == 56)
		m->key[0] = 0xd1;
}

static void
ref_mppe_key(struct ref_mppe *m, int first)
{
	struct ref_rc4	r;
	uint8_t		d[20];

	ref_pad(m->start, m->len, first ? m->start : m->key, m->len, d);
	memcpy(m->key, d, m->len);
	if (!first) {
		ref_rc4_key(&r, m->key, m->len);
		ref_rc4_crypt(&r, m->key, m->len);
	}
	ref_salt(m);
	ref_rc4_key(&m->rc4, m->key, m->len);
}

/* Some packets of a random mode, from any start key.  Are they the same? */
static int
same_packets(const uint8_t start[16])
{
	static const int	 bits[] = { 40, 56, 128 };
	struct mppe		 mppe;
	struct mppe_packet	 p;
	struct ref_mppe		 ref;
	uint8_t			 buf[128], want[128];
	size_t			 len;
	int			 n, stateful;

	ref.bits = bits[rnd(3)];
	ref.len = ref.bits == 128 ? 16 : 8;
	stateful = rnd(2);
	memcpy(ref.start, start, 16);
	ref_mppe_key(&ref, 1);
	mppe_init(&mppe, start, ref.bits, stateful);
	for (n = 0; n < 3; n++) {
		len = 2 + rnd(60);
		rnd_buf(want + 2, len);
		memcpy(buf + 64, want + 2, len);
		if (!stateful)
			ref_mppe_key(&ref, 0);
		ref_rc4_crypt(&ref.rc4, want + 2, len);
		want[0] = stateful ? 0x10 : 0x90;
		want[1] = n;
		p.mppe = &mppe;
		p.data = buf + 64;
		p.len = len;
		mppe_encrypt(&p, 1);
		if (p.len != len + 2 || memcmp(p.data, want, len + 2) != 0)
			return (0);
	}
	return (1);
}

static void
test_reference(void)
{
	static const uint8_t	 md4_abc[] = { 0xa4, 0x48, 0x01, 0x7a, 0xaf,
				    0x21, 0xd8, 0x52, 0x5f, 0xc1, 0x0a, 0xe8,
				    0x7a, 0xa6, 0x72, 0x9d };
	static const uint8_t	 sha1_abc[] = { 0xa9, 0x99, 0x3e, 0x36, 0x47,
				    0x06, 0x81, 0x6a, 0xba, 0x3e, 0x25, 0x71,
				    0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8,
				    0x9d };
	static const uint8_t	 des_out[] = { 0x82, 0x30, 0x9e, 0xcd, 0x8d,
				    0x70, 0x8b, 0x5e };
	static const uint8_t	 rc4_out[] = { 0xbb, 0xf3, 0x16, 0xe8, 0xd9,
				    0x40, 0xaf, 0x0a, 0xd3 };
	struct ref_rc4		 r;
	uint8_t			 out[20];

	md4((const uint8_t *)"abc", 3, out);
	is_mem(out, md4_abc, 16, "MD4 (RFC 1320 A.5)");
	sha1((const uint8_t *)"abc", 3, out);
	is_mem(out, sha1_abc, 20, "SHA-1 (RFC 3174 section 7.3)");
	des56((const uint8_t *)"\x44\xeb\xba\x8d\x53\x12\xb8",
	    (const uint8_t *)"\xd0\x2e\x43\x86\xbc\xe9\x12\x26", out);
	is_mem(out, des_out, 8, "DES (RFC 2759 section 9.2)");
	memcpy(out, "Plaintext", 9);
	ref_rc4_key(&r, (const uint8_t *)"Key", 3);
	ref_rc4_crypt(&r, out, 9);
	is_mem(out, rc4_out, 9, "RC4");
}

int
main(int argc, char *argv[])
{
	const char	*user;
	char		 name[NAME_MAX_LEN + 1], password[4 * WORD_MAX + 1];
	char		 text[MSCHAP2_AUTH_LEN + 1], want_text[43];
	uint8_t		 units[2 * WORD_MAX], hash[16], want_hash[16];
	uint8_t		 auth[16], peer[16], resp[24], want[24];
	uint8_t		 send[16], recv[16], want_send[16], want_recv[16];
	uint8_t		 digest[20];
	size_t		 len;
	long		 count, n;
	int		 bad_hash = 0, bad_name = 0, bad1 = 0, bad2 = 0;
	int		 bad_text = 0, bad_keys = 0, bad_key1 = 0;
	int		 bad_mppe = 0;

	count = argc > 1 ? strtol(argv[1], NULL, 10) : COUNT;
	test_reference();
	for (n = 0; n < count; n++) {
		len = rnd_password(password, units);
		user = rnd_name(name);
		rnd_buf(auth, sizeof(auth));
		rnd_buf(peer, sizeof(peer));

		md4(units, len, want_hash);
		bad_hash += nt_password_hash(password, hash) != 0 ||
		    memcmp(hash, want_hash, 16) != 0;
		bad_name += mschap_strip_domain(name) != user;

		ref_response(auth, hash, want);
		bad1 += mschap1_response(auth, hash, resp) != 0 ||
		    memcmp(resp, want, 24) != 0;
		ref_start_key1(hash, auth, want_send);
		bad_key1 += mschap1_start_key(hash, auth, send) != 0 ||
		    memcmp(send, want_send, 16) != 0;

		ref_challenge(peer, auth, user, digest);
		ref_response(digest, hash, want);
		bad2 += mschap2_response(auth, peer, user, hash, resp) != 0 ||
		    memcmp(resp, want, 24) != 0;
		ref_authenticator(hash, want, digest, want_text);
		bad_text += mschap2_authenticator(hash, want, peer, auth, user,
		    text) != 0 || strcmp(text, want_text) != 0;
		ref_start_keys(hash, want, want_send, want_recv);
		bad_keys += mschap2_start_keys(hash, want, 1, send,
		    recv) != 0 || memcmp(send, want_send, 16) != 0 ||
		    memcmp(recv, want_recv, 16) != 0;
		bad_mppe += !same_packets(send);
	}
	is_int(bad_hash, 0, "T45 %ld NT hashes", count);
	is_int(bad_name, 0, "T45 names without their domain");
	is_int(bad1, 0, "T45 NT responses of MS-CHAPv1");
	is_int(bad_key1, 0, "T45 keys of MS-CHAPv1");
	is_int(bad2, 0, "T45 NT responses of MS-CHAPv2");
	is_int(bad_text, 0, "T45 S= of MS-CHAPv2");
	is_int(bad_keys, 0, "T45 keys of MS-CHAPv2, each way");
	is_int(bad_mppe, 0, "T45 packets of MPPE, all modes");
	done_testing();
}
