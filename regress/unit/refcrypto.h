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
 * MD4 (RFC 1320), SHA-1 (RFC 3174), DES (FIPS 46-3) and RC4 by hand: a test
 * must not believe the library that it tests.  Slow and simple.  Include after
 * <stdint.h>, <stdlib.h> and <string.h>.
 */

#define ROL(x, n)	((x) << (n) | (x) >> (32 - (n)))

static inline void
md4_block(uint32_t h[4], const uint8_t *p)
{
	static const int	s[3][4] = { { 3, 7, 11, 19 }, { 3, 5, 9, 13 },
				    { 3, 9, 11, 15 } };
	static const int	k3[16] = { 0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5,
				    13, 3, 11, 7, 15 };
	uint32_t		a, b, c, d, f, t, x[16];
	int			i;

	for (i = 0; i < 16; i++)
		x[i] = p[4 * i] | p[4 * i + 1] << 8 | p[4 * i + 2] << 16 |
		    (uint32_t)p[4 * i + 3] << 24;
	a = h[0];
	b = h[1];
	c = h[2];
	d = h[3];
	for (i = 0; i < 48; i++) {
		if (i < 16)
			f = ((b & c) | (~b & d)) + x[i];
		else if (i < 32)
			f = ((b & c) | (b & d) | (c & d)) + 0x5a827999 +
			    x[i % 4 * 4 + i % 16 / 4];
		else
			f = (b ^ c ^ d) + 0x6ed9eba1 + x[k3[i % 16]];
		t = a + f;
		a = d;
		d = c;
		c = b;
		b = ROL(t, s[i / 16][i % 4]);
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
}

static inline void
sha1_block(uint32_t h[5], const uint8_t *p)
{
	static const uint32_t	k[4] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc,
				    0xca62c1d6 };
	uint32_t		a, b, c, d, e, f, t, w[80];
	int			i;

	for (i = 0; i < 16; i++)
		w[i] = (uint32_t)p[4 * i] << 24 | p[4 * i + 1] << 16 |
		    p[4 * i + 2] << 8 | p[4 * i + 3];
	for (; i < 80; i++) {
		t = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16];
		w[i] = ROL(t, 1);
	}
	a = h[0];
	b = h[1];
	c = h[2];
	d = h[3];
	e = h[4];
	for (i = 0; i < 80; i++) {
		if (i < 20)
			f = (b & c) | (~b & d);
		else if (i >= 40 && i < 60)
			f = (b & c) | (b & d) | (c & d);
		else
			f = b ^ c ^ d;
		t = ROL(a, 5) + f + e + w[i] + k[i / 20];
		e = d;
		d = c;
		c = ROL(b, 30);
		b = a;
		a = t;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

#define HASH_MAX	1024

/* The data with its padding; the length in bits goes where MD4 has it. */
static inline size_t
hash_pad(uint8_t buf[HASH_MAX], const void *data, size_t len)
{
	size_t	total;

	total = (len + 8) / 64 * 64 + 64;
	if (total > HASH_MAX)
		abort();
	memset(buf, 0, total);
	memcpy(buf, data, len);
	buf[len] = 0x80;
	buf[total - 8] = len << 3 & 0xff;
	buf[total - 7] = len >> 5 & 0xff;
	buf[total - 6] = len >> 13 & 0xff;
	return (total);
}

static inline void
md4(const uint8_t *data, size_t len, uint8_t out[16])
{
	uint32_t	h[4] = { 0x67452301, 0xefcdab89, 0x98badcfe,
			    0x10325476 };
	uint8_t		buf[HASH_MAX];
	size_t		i, total;

	total = hash_pad(buf, data, len);
	for (i = 0; i < total; i += 64)
		md4_block(h, buf + i);
	for (i = 0; i < 16; i++)
		out[i] = h[i / 4] >> i % 4 * 8;
}

static inline void
sha1(const uint8_t *data, size_t len, uint8_t out[20])
{
	uint32_t	h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe,
			    0x10325476, 0xc3d2e1f0 };
	uint8_t		buf[HASH_MAX];
	size_t		i, total;

	total = hash_pad(buf, data, len);
	buf[total - 1] = buf[total - 8];
	buf[total - 2] = buf[total - 7];
	buf[total - 3] = buf[total - 6];
	buf[total - 8] = buf[total - 7] = buf[total - 6] = 0;
	for (i = 0; i < total; i += 64)
		sha1_block(h, buf + i);
	for (i = 0; i < 20; i++)
		out[i] = h[i / 4] >> (24 - i % 4 * 8);
}

static const uint8_t	des_ip[64] = {
	58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4,
	62, 54, 46, 38, 30, 22, 14, 6, 64, 56, 48, 40, 32, 24, 16, 8,
	57, 49, 41, 33, 25, 17, 9, 1, 59, 51, 43, 35, 27, 19, 11, 3,
	61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7
};
static const uint8_t	des_p[32] = {
	16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10,
	2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25
};
static const uint8_t	des_pc1[56] = {
	57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18,
	10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
	63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22,
	14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4
};
static const uint8_t	des_pc2[48] = {
	14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4,
	26, 8, 16, 7, 27, 20, 13, 2, 41, 52, 31, 37, 47, 55, 30, 40,
	51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32
};
static const char	*des_s[8] = {	/* rows of 16 */
	"e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d",
	"f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9",
	"a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c",
	"7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e",
	"2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453",
	"c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d",
	"4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c",
	"d2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b"
};

static inline uint64_t
des_permute(uint64_t v, int width, const uint8_t *table, int n)
{
	uint64_t	out = 0;
	int		i;

	for (i = 0; i < n; i++)
		out = out << 1 | (v >> (width - table[i]) & 1);
	return (out);
}

/* Round function: E, S and P at once, from tables made at the first call. */
static inline uint32_t
des_f(uint32_t right, uint64_t key)
{
	static uint32_t	sp[8][64];
	uint32_t	out = 0;
	unsigned int	c, i, row, six;

	if (sp[0][0] == 0)
		for (i = 0; i < 8; i++)
			for (six = 0; six < 64; six++) {
				row = (six >> 4 & 2) | (six & 1);
				c = des_s[i][16 * row + (six >> 1 & 15)];
				c = c >= 'a' ? c - 'a' + 10 : c - '0';
				sp[i][six] = des_permute((uint64_t)c <<
				    (28 - 4 * i), 32, des_p, 32);
			}
	for (i = 0; i < 8; i++) {
		six = i < 7 ? ROL(right, 4 * i + 5) : ROL(right, 1);
		out ^= sp[i][(six ^ key >> (42 - 6 * i)) & 0x3f];
	}
	return (out);
}

/* Encrypt 8 octets under 7 octets of key. */
static inline void
des56(const uint8_t key[7], const uint8_t in[8], uint8_t out[8])
{
	uint64_t	k = 0, v = 0, spread = 0;
	uint32_t	c, d, left, right, t;
	int		i, n;

	for (i = 0; i < 7; i++)
		k = k << 8 | key[i];
	for (i = 0; i < 8; i++) {
		spread = spread << 8 | (k >> (49 - 7 * i) & 0x7f) << 1;
		v = v << 8 | in[i];
	}
	k = des_permute(spread, 64, des_pc1, 56);
	c = k >> 28;
	d = k & 0xfffffff;
	v = des_permute(v, 64, des_ip, 64);
	left = v >> 32;
	right = v & 0xffffffff;
	for (i = 0; i < 16; i++) {
		n = i < 2 || i == 8 || i == 15 ? 1 : 2;
		c = (c << n | c >> (28 - n)) & 0xfffffff;
		d = (d << n | d >> (28 - n)) & 0xfffffff;
		t = left ^ des_f(right, des_permute((uint64_t)c << 28 | d, 56,
		    des_pc2, 48));
		left = right;
		right = t;
	}
	/* The halves change places, and the first permutation is undone. */
	v = (uint64_t)right << 32 | left;
	memset(out, 0, 8);
	for (i = 0; i < 64; i++)
		if (v >> (63 - i) & 1)
			out[(des_ip[i] - 1) / 8] |= 0x80 >> (des_ip[i] - 1) % 8;
}

struct ref_rc4 {
	uint8_t	s[256], i, j;
};

static inline void
ref_rc4_key(struct ref_rc4 *r, const uint8_t *key, size_t len)
{
	uint8_t	j = 0, t;
	int	i;

	for (i = 0; i < 256; i++)
		r->s[i] = i;
	for (i = 0; i < 256; i++) {
		j += r->s[i] + key[i % len];
		t = r->s[i];
		r->s[i] = r->s[j];
		r->s[j] = t;
	}
	r->i = r->j = 0;
}

static inline void
ref_rc4_crypt(struct ref_rc4 *r, uint8_t *p, size_t len)
{
	uint8_t	t;

	for (; len > 0; len--) {
		r->j += r->s[++r->i];
		t = r->s[r->i];
		r->s[r->i] = r->s[r->j];
		r->s[r->j] = t;
		*p++ ^= r->s[(uint8_t)(r->s[r->i] + r->s[r->j])];
	}
}
