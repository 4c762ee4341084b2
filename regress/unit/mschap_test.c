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

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mschap.h"
#include "refcrypto.h"
#include "tap.h"

static const uint8_t *
unhex(const char *hex)
{
	static uint8_t	 ring[8][64];
	static int	 n;
	uint8_t		*p;
	unsigned int	 c;
	size_t		 i;

	p = ring[n++ % 8];
	for (i = 0; hex[2 * i] != '\0'; i++) {
		if (i >= 64 || sscanf(hex + 2 * i, "%2x", &c) != 1)
			abort();
		p[i] = c;
	}
	return (p);
}

/* RFC 2759 section 9.2, and RFC 3079 section 3.5 which continues it. */
#define USER		"User"
#define PASSWORD	"clientPass"
#define AUTH_CHALLENGE	"5b5d7c7d7b3f2f3e3c2c602132262628"
#define PEER_CHALLENGE	"21402324255e262a28295f2b3a337c7e"
#define PASSWORD_HASH	"44ebba8d5312b8d611474411f56989ae"
#define NT_RESPONSE	"82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df"
#define AUTHENTICATOR	"S=407A5589115FD0D6209F510FE9C04566932CDA56"
#define START_KEY	"8b7cdc149b993a1ba118cb153f56dccb"

static void
test_rfc2759(void)
{
	uint8_t	hash[NT_HASH_LEN], resp[MSCHAP_RESPONSE_LEN];
	uint8_t	ssend[MPPE_KEY_LEN], srecv[MPPE_KEY_LEN];
	uint8_t	csend[MPPE_KEY_LEN], crecv[MPPE_KEY_LEN];
	char	auth[MSCHAP2_AUTH_LEN + 2];

	is_int(nt_password_hash(PASSWORD, hash), 0, "M06 2759: password hash");
	is_mem(hash, unhex(PASSWORD_HASH), sizeof(hash),
	    "M06 2759: PasswordHash");
	is_int(mschap2_response(unhex(AUTH_CHALLENGE), unhex(PEER_CHALLENGE),
	    USER, hash, resp), 0, "M06 2759: response");
	is_mem(resp, unhex(NT_RESPONSE), sizeof(resp), "M06 2759: NT-Response");
	memset(auth, 'x', sizeof(auth));
	is_int(mschap2_authenticator(hash, resp, unhex(PEER_CHALLENGE),
	    unhex(AUTH_CHALLENGE), USER, auth), 0, "M06 2759: authenticator");
	is_str(auth, AUTHENTICATOR, "M06 2759: AuthenticatorResponse");
	is_int(auth[MSCHAP2_AUTH_LEN + 1], 'x', "M06 2759: nothing behind");

	is_int(mschap2_start_keys(hash, resp, 1, ssend, srecv), 0,
	    "E12 3079: the server's start keys");
	is_mem(ssend, unhex(START_KEY), sizeof(ssend),
	    "E12 3079: SendStartKey128");
	is_int(mschap2_start_keys(hash, resp, 0, csend, crecv), 0,
	    "E12 3079: the client's start keys");
	is_mem(crecv, ssend, sizeof(crecv),
	    "E12 3079: the client receives with what the server sends with");
	is_mem(csend, srecv, sizeof(csend), "E12 3079: and the other way");
	ok(memcmp(ssend, srecv, sizeof(ssend)) != 0,
	    "E12 3079: one key for each direction");

	/* Every input matters. */
	mschap2_response(unhex(PEER_CHALLENGE), unhex(AUTH_CHALLENGE), USER,
	    hash, resp);
	ok(memcmp(resp, unhex(NT_RESPONSE), sizeof(resp)) != 0,
	    "swapped challenges");
	mschap2_response(unhex(AUTH_CHALLENGE), unhex(PEER_CHALLENGE), "user",
	    hash, resp);
	ok(memcmp(resp, unhex(NT_RESPONSE), sizeof(resp)) != 0,
	    "case of the name");
	mschap2_response(unhex(AUTH_CHALLENGE), unhex(PEER_CHALLENGE),
	    mschap_strip_domain("BIGCO\\User"), hash, resp);
	is_mem(resp, unhex(NT_RESPONSE), sizeof(resp), "with a domain");
}

/* RFC 2433 appendix B.2, RFC 3079 section 2.5.3 */
static void
test_rfc2433(void)
{
	uint8_t	hash[NT_HASH_LEN], resp[MSCHAP_RESPONSE_LEN];
	uint8_t	key[MPPE_KEY_LEN];

	is_int(nt_password_hash("MyPw", hash), 0, "M06 2433: password hash");
	is_mem(hash, unhex("fc156af7edcd6c0edde3337d427f4eac"), sizeof(hash),
	    "M06 2433: NtPasswordHash");
	is_int(mschap1_response(unhex("102db5df085d3041"), hash, resp), 0,
	    "M06 2433: response");
	is_mem(resp, unhex("4e9d3c8f9cfd385d5bf4d3246791956c"
	    "a4c351ab409a3d61"), sizeof(resp), "M06 2433: NtChallengeResponse");

	/* Step 3 of the RFC says ca where step 4 says c1, which is right. */
	is_int(mschap1_start_key(unhex(PASSWORD_HASH),
	    unhex("102db5df085d3041"), key), 0, "E12 3079: MS-CHAPv1 start key");
	is_mem(key, unhex("a8947850cfc0acc1d1789fb62ddcddb0"), sizeof(key),
	    "E12 3079: InitialSessionKey");
}

/*
 * UTF-8 to UTF-16LE: the hash, or behind a @ the UTF-16 units to be hashed.
 * The first two hashes are well known.
 */
static const struct {
	const char	*utf8;
	const char	*hash;
	const char	*what;
} good[] = {
	{ "", "31d6cfe0d16ae931b73c59d7e0c089c0", "empty" },
	{ "password", "8846f7eaee8fb117ad06bdd830b7586c", "ASCII" },
	{ "\177", "@7f", "the last of one octet" },
	{ "\302\200", "@80", "the first of two octets" },
	{ "p\303\244ss", "@70,e4,73,73", "two octets" },
	{ "\337\277", "@7ff", "the last of two octets" },
	{ "\340\240\200", "@800", "the first of three octets" },
	{ "\342\202\254", "@20ac", "three octets" },
	{ "\355\237\277", "@d7ff", "the last before the surrogates" },
	{ "\356\200\200", "@e000", "the first behind the surrogates" },
	{ "\357\273\277x", "@feff,78", "a byte order mark is a character" },
	{ "\357\277\277", "@ffff", "the last of three octets" },
	{ "\360\220\200\200", "@d800,dc00", "the first of four octets" },
	{ "a\360\237\224\221b", "@61,d83d,dd11,62", "four octets" },
	{ "\364\217\277\277", "@dbff,dfff", "the last of all" }
};

static const char *bad[] = {
	"\200", "\277", "x\200", "\300\200", "\300\257", "\301\277",
	"\302", "\302x", "\302\302", "\337", "\340\200\200", "\340\237\277",
	"\340\240", "\340\240x", "\342\202", "\342\202\302", "\342x\202",
	"\355\240\200", "\355\277\277", "\355\255\277\355\276\200",
	"\360\200\200\200", "\360\217\277\277", "\360\220\200",
	"\360\220\200x", "\360\220x\200", "\360x", "\364\220\200\200",
	"\365\200\200\200", "\367\277\277\277", "\370\210\200\200\200",
	"\374\204\200\200\200\200", "\376", "\377", "good\377", "p\344ss"
};

static void
test_utf8(void)
{
	uint8_t		 hash[NT_HASH_LEN], want[NT_HASH_LEN];
	uint8_t		 units[64];
	const char	*p;
	char		*end;
	unsigned long	 unit;
	size_t		 i, len;

	md4((const uint8_t *)"abc", 3, hash);
	is_mem(hash, unhex("a448017aaf21d8525fc10ae87aa6729d"), 16,
	    "the MD4 in this test (RFC 1320 A.5)");

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (good[i].hash[0] == '@') {
			len = 0;
			for (p = good[i].hash; *p != '\0'; p = end) {
				unit = strtoul(p + 1, &end, 16);
				units[len++] = unit & 0xff;
				units[len++] = unit >> 8;
			}
			md4(units, len, want);
		} else
			memcpy(want, unhex(good[i].hash), sizeof(want));
		memset(hash, 0, sizeof(hash));
		ok(nt_password_hash(good[i].utf8, hash) == 0 &&
		    memcmp(hash, want, sizeof(hash)) == 0, "UTF-8: %s",
		    good[i].what);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is_int(nt_password_hash(bad[i], hash), -1,
		    "no UTF-8: case %zu", i);
}

static void
test_password_length(void)
{
	static const size_t	lens[] = { 1, 14, 15, 16, 31, 32, 33, 64,
				    127, 128, 255, 256 };
	char			password[4 * 300 + 1];
	uint8_t			units[512], hash[NT_HASH_LEN];
	uint8_t			want[NT_HASH_LEN];
	size_t			i, j;

	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		memset(units, 0, sizeof(units));
		for (j = 0; j < lens[i]; j++)
			password[j] = units[2 * j] = 'a' + j % 26;
		password[j] = '\0';
		md4(units, 2 * lens[i], want);
		memset(hash, 0, sizeof(hash));
		ok(nt_password_hash(password, hash) == 0 &&
		    memcmp(hash, want, sizeof(hash)) == 0,
		    "password of %zu characters", lens[i]);
	}
	memset(password, 'a', sizeof(password));
	password[257] = '\0';
	is_int(nt_password_hash(password, hash), -1, "257 are too many");
	for (i = 0; i < 128; i++)
		memcpy(password + 4 * i, "\360\237\224\221", 4);
	password[512] = '\0';
	is_int(nt_password_hash(password, hash), 0, "128 surrogate pairs");
	memcpy(password + 512, "a", 2);
	is_int(nt_password_hash(password, hash), -1, "and one more");
	memmove(password + 1, password, 513);
	password[0] = 'a';
	password[4 * 128 + 1] = '\0';
	is_int(nt_password_hash(password, hash), -1,
	    "a pair does not fit in half");
}

static void
test_strip(void)
{
	is_str(mschap_strip_domain("user"), "user", "no domain");
	is_str(mschap_strip_domain("DOM\\user"), "user", "domain");
	is_str(mschap_strip_domain("\\user"), "user", "empty domain");
	is_str(mschap_strip_domain("DOM\\"), "", "empty user");
	is_str(mschap_strip_domain(""), "", "empty");
	is_str(mschap_strip_domain("a\\b\\user"), "user",
	    "the last one counts");
	is_str(mschap_strip_domain("user@realm"), "user@realm", "realm");
	is_str(mschap_strip_domain("DOM/user"), "DOM/user", "slash");
}

/* MD5 of id, secret and challenge, computed with Python's hashlib. */
static void
test_chap_md5(void)
{
	uint8_t	out[CHAP_MD5_LEN], challenge[64];
	size_t	i;

	for (i = 0; i < sizeof(challenge); i++)
		challenge[i] = i;
	is_int(chap_md5(1, "secret", challenge, 16, out), 0, "CHAP");
	is_mem(out, unhex("740e86463bda3a4d7017d6e0fba0699d"), sizeof(out),
	    "CHAP: 16 octets");
	is_int(chap_md5(255, "", challenge, 64, out), 0, "CHAP");
	is_mem(out, unhex("3fd547a103e372cd392eb62be656066b"), sizeof(out),
	    "CHAP: 64 octets, empty secret");
	is_int(chap_md5(0, "s\303\244", challenge, 0, out), 0, "CHAP");
	is_mem(out, unhex("96cf58ed7278b5f60d8d6ff4ced45b77"), sizeof(out),
	    "CHAP: no challenge, secret taken as it is");
}

int
main(void)
{
	test_rfc2759();
	test_rfc2433();
	test_utf8();
	test_password_length();
	test_strip();
	test_chap_md5();
	done_testing();
}
