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

#include <openssl/des.h>
#include <openssl/md4.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include <stdint.h>
#include <string.h>

#include "mschap.h"

#define PASSWORD_UNITS		256	/* UTF-16, RFC 2759 section 8.3 */
#define CHALLENGE_HASH_LEN	8
#define SHA_PAD_LEN		40

static int	 utf8_next(const uint8_t **, uint32_t *);
static int	 hash_hash(const uint8_t[NT_HASH_LEN], uint8_t[NT_HASH_LEN]);
static void	 des_block(const uint8_t[7], const uint8_t[8], uint8_t[8]);
static void	 challenge_response(const uint8_t[8],
		    const uint8_t[NT_HASH_LEN], uint8_t[MSCHAP_RESPONSE_LEN]);
static int	 challenge_hash(const uint8_t[MSCHAP2_CHALLENGE_LEN],
		    const uint8_t[MSCHAP2_CHALLENGE_LEN], const char *,
		    uint8_t[CHALLENGE_HASH_LEN]);
static int	 asymmetric_start_key(const uint8_t[MPPE_KEY_LEN],
		    const char *, uint8_t[MPPE_KEY_LEN]);

/* RFC 2759 section 8.7 */
static const char	 magic_signing[] =
    "Magic server to client signing constant";
static const char	 magic_pad[] =
    "Pad to make it do more than one iteration";
/* RFC 3079 section 3.4: Magic1, Magic2, Magic3 */
static const char	 magic_master[] = "This is the MPPE Master Key";
static const char	 magic_client_send[] =
    "On the client side, this is the send key; "
    "on the server side, it is the receive key.";
static const char	 magic_server_send[] =
    "On the client side, this is the receive key; "
    "on the server side, it is the send key.";

int
nt_password_hash(const char *password, uint8_t hash[NT_HASH_LEN])
{
	uint8_t		 buf[PASSWORD_UNITS * 2];
	const uint8_t	*p = (const uint8_t *)password;
	MD4_CTX		 ctx;
	uint32_t	 c, unit[2];
	size_t		 len = 0;
	int		 i, n, ret = -1;

	while (*p != '\0') {
		if (utf8_next(&p, &c) == -1)
			goto done;
		if (c < 0x10000) {
			unit[0] = c;
			n = 1;
		} else {
			unit[0] = 0xd800 + ((c - 0x10000) >> 10);
			unit[1] = 0xdc00 + ((c - 0x10000) & 0x3ff);
			n = 2;
		}
		if (len + 2 * n > sizeof(buf))
			goto done;
		for (i = 0; i < n; i++) {
			buf[len++] = unit[i] & 0xff;
			buf[len++] = unit[i] >> 8;
		}
	}
	if (MD4_Init(&ctx) && MD4_Update(&ctx, buf, len) &&
	    MD4_Final(hash, &ctx))
		ret = 0;
 done:
	explicit_bzero(&ctx, sizeof(ctx));
	explicit_bzero(buf, sizeof(buf));
	explicit_bzero(unit, sizeof(unit));
	explicit_bzero(&c, sizeof(c));
	return (ret);
}

const char *
mschap_strip_domain(const char *name)
{
	const char	*user;

	user = strrchr(name, '\\');
	return (user == NULL ? name : user + 1);
}

int
mschap1_response(const uint8_t challenge[MSCHAP1_CHALLENGE_LEN],
    const uint8_t nt_hash[NT_HASH_LEN], uint8_t response[MSCHAP_RESPONSE_LEN])
{
	challenge_response(challenge, nt_hash, response);
	return (0);
}

int
mschap2_response(const uint8_t auth_challenge[MSCHAP2_CHALLENGE_LEN],
    const uint8_t peer_challenge[MSCHAP2_CHALLENGE_LEN], const char *user,
    const uint8_t nt_hash[NT_HASH_LEN], uint8_t response[MSCHAP_RESPONSE_LEN])
{
	uint8_t	challenge[CHALLENGE_HASH_LEN];

	if (challenge_hash(peer_challenge, auth_challenge, user,
	    challenge) == -1)
		return (-1);
	challenge_response(challenge, nt_hash, response);
	return (0);
}

int
mschap2_authenticator(const uint8_t nt_hash[NT_HASH_LEN],
    const uint8_t response[MSCHAP_RESPONSE_LEN],
    const uint8_t peer_challenge[MSCHAP2_CHALLENGE_LEN],
    const uint8_t auth_challenge[MSCHAP2_CHALLENGE_LEN], const char *user,
    char out[MSCHAP2_AUTH_LEN + 1])
{
	static const char	hex[] = "0123456789ABCDEF";
	uint8_t			challenge[CHALLENGE_HASH_LEN];
	uint8_t			hash[NT_HASH_LEN];
	uint8_t			digest[SHA_DIGEST_LENGTH];
	SHA_CTX			ctx;
	int			i, ret = -1;

	memset(&ctx, 0, sizeof(ctx));
	if (hash_hash(nt_hash, hash) == -1 ||
	    challenge_hash(peer_challenge, auth_challenge, user,
	    challenge) == -1)
		goto done;
	if (!SHA1_Init(&ctx) ||
	    !SHA1_Update(&ctx, hash, sizeof(hash)) ||
	    !SHA1_Update(&ctx, response, MSCHAP_RESPONSE_LEN) ||
	    !SHA1_Update(&ctx, magic_signing, sizeof(magic_signing) - 1) ||
	    !SHA1_Final(digest, &ctx))
		goto done;
	if (!SHA1_Init(&ctx) ||
	    !SHA1_Update(&ctx, digest, sizeof(digest)) ||
	    !SHA1_Update(&ctx, challenge, sizeof(challenge)) ||
	    !SHA1_Update(&ctx, magic_pad, sizeof(magic_pad) - 1) ||
	    !SHA1_Final(digest, &ctx))
		goto done;

	*out++ = 'S';
	*out++ = '=';
	for (i = 0; i < SHA_DIGEST_LENGTH; i++) {
		*out++ = hex[digest[i] >> 4];
		*out++ = hex[digest[i] & 0x0f];
	}
	*out = '\0';
	ret = 0;
 done:
	explicit_bzero(&ctx, sizeof(ctx));
	explicit_bzero(hash, sizeof(hash));
	explicit_bzero(digest, sizeof(digest));
	return (ret);
}

/* RFC 3079 section 3.3; server is nonzero if we are the server. */
int
mschap2_start_keys(const uint8_t nt_hash[NT_HASH_LEN],
    const uint8_t response[MSCHAP_RESPONSE_LEN], int server,
    uint8_t send[MPPE_KEY_LEN], uint8_t recv[MPPE_KEY_LEN])
{
	uint8_t	hash[NT_HASH_LEN];
	uint8_t	master[SHA_DIGEST_LENGTH];	/* of which 16 octets */
	SHA_CTX	ctx;
	int	ret = -1;

	memset(&ctx, 0, sizeof(ctx));
	if (hash_hash(nt_hash, hash) == -1 ||
	    !SHA1_Init(&ctx) ||
	    !SHA1_Update(&ctx, hash, sizeof(hash)) ||
	    !SHA1_Update(&ctx, response, MSCHAP_RESPONSE_LEN) ||
	    !SHA1_Update(&ctx, magic_master, sizeof(magic_master) - 1) ||
	    !SHA1_Final(master, &ctx))
		goto done;
	if (asymmetric_start_key(master,
	    server ? magic_server_send : magic_client_send, send) == -1 ||
	    asymmetric_start_key(master,
	    server ? magic_client_send : magic_server_send, recv) == -1)
		goto done;
	ret = 0;
 done:
	explicit_bzero(&ctx, sizeof(ctx));
	explicit_bzero(hash, sizeof(hash));
	explicit_bzero(master, sizeof(master));
	return (ret);
}

/* Get_Start_Key, RFC 3079 section 2.4. */
int
mschap1_start_key(const uint8_t nt_hash[NT_HASH_LEN],
    const uint8_t challenge[MSCHAP1_CHALLENGE_LEN], uint8_t key[MPPE_KEY_LEN])
{
	uint8_t	hash[NT_HASH_LEN];
	uint8_t	digest[SHA_DIGEST_LENGTH];
	SHA_CTX	ctx;
	int	ret = -1;

	memset(&ctx, 0, sizeof(ctx));
	if (hash_hash(nt_hash, hash) == -1 ||
	    !SHA1_Init(&ctx) ||
	    !SHA1_Update(&ctx, hash, sizeof(hash)) ||
	    !SHA1_Update(&ctx, hash, sizeof(hash)) ||
	    !SHA1_Update(&ctx, challenge, MSCHAP1_CHALLENGE_LEN) ||
	    !SHA1_Final(digest, &ctx))
		goto done;
	memcpy(key, digest, MPPE_KEY_LEN);
	ret = 0;
 done:
	explicit_bzero(&ctx, sizeof(ctx));
	explicit_bzero(hash, sizeof(hash));
	explicit_bzero(digest, sizeof(digest));
	return (ret);
}

/* RFC 1994 section 4.1 */
int
chap_md5(uint8_t id, const char *secret, const uint8_t *challenge, size_t len,
    uint8_t response[CHAP_MD5_LEN])
{
	MD5_CTX	ctx;
	int	ret = -1;

	memset(&ctx, 0, sizeof(ctx));
	if (MD5_Init(&ctx) &&
	    MD5_Update(&ctx, &id, sizeof(id)) &&
	    MD5_Update(&ctx, secret, strlen(secret)) &&
	    MD5_Update(&ctx, challenge, len) &&
	    MD5_Final(response, &ctx))
		ret = 0;
	explicit_bzero(&ctx, sizeof(ctx));
	return (ret);
}

/*
 * Take one character off a UTF-8 string (RFC 3629 section 3): no overlong
 * forms, no surrogates, nothing above 10FFFF.  Two spellings of a password
 * must not both work, and an unpaired surrogate is no character at all.
 */
static int
utf8_next(const uint8_t **pp, uint32_t *cp)
{
	const uint8_t	*p = *pp;
	uint32_t	 c, min;
	int		 more;

	c = *p++;
	if (c < 0x80) {
		more = 0;
		min = 0;
	} else if ((c & 0xe0) == 0xc0) {
		more = 1;
		min = 0x80;
		c &= 0x1f;
	} else if ((c & 0xf0) == 0xe0) {
		more = 2;
		min = 0x800;
		c &= 0x0f;
	} else if ((c & 0xf8) == 0xf0) {
		more = 3;
		min = 0x10000;
		c &= 0x07;
	} else
		return (-1);
	for (; more > 0; more--) {
		if ((*p & 0xc0) != 0x80)	/* NUL, too */
			return (-1);
		c = c << 6 | (*p++ & 0x3f);
	}
	if (c < min || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return (-1);
	*pp = p;
	*cp = c;
	return (0);
}

/* HashNtPasswordHash, RFC 2759 section 8.4. */
static int
hash_hash(const uint8_t nt_hash[NT_HASH_LEN], uint8_t hash[NT_HASH_LEN])
{
	MD4_CTX	ctx;
	int	ret = -1;

	memset(&ctx, 0, sizeof(ctx));
	if (MD4_Init(&ctx) && MD4_Update(&ctx, nt_hash, NT_HASH_LEN) &&
	    MD4_Final(hash, &ctx))
		ret = 0;
	explicit_bzero(&ctx, sizeof(ctx));
	return (ret);
}

/*
 * DesEncrypt, RFC 2759 section 8.6: the 56 bits of the key go into the upper
 * seven bits of eight octets.  The parity bits are not looked at.
 */
static void
des_block(const uint8_t key[7], const uint8_t in[8], uint8_t out[8])
{
	DES_cblock		block, k;
	DES_key_schedule	ks;

	k[0] = key[0];
	k[1] = key[0] << 7 | key[1] >> 1;
	k[2] = key[1] << 6 | key[2] >> 2;
	k[3] = key[2] << 5 | key[3] >> 3;
	k[4] = key[3] << 4 | key[4] >> 4;
	k[5] = key[4] << 3 | key[5] >> 5;
	k[6] = key[5] << 2 | key[6] >> 6;
	k[7] = key[6] << 1;
	DES_set_key_unchecked(&k, &ks);
	memcpy(block, in, sizeof(block));
	DES_ecb_encrypt(&block, &block, &ks, DES_ENCRYPT);
	memcpy(out, block, sizeof(block));
	explicit_bzero(k, sizeof(k));
	explicit_bzero(&ks, sizeof(ks));
}

/* ChallengeResponse, RFC 2759 section 8.5. */
static void
challenge_response(const uint8_t challenge[8],
    const uint8_t nt_hash[NT_HASH_LEN], uint8_t response[MSCHAP_RESPONSE_LEN])
{
	uint8_t	key[21];
	int	i;

	memset(key, 0, sizeof(key));
	memcpy(key, nt_hash, NT_HASH_LEN);
	for (i = 0; i < 3; i++)
		des_block(key + 7 * i, challenge, response + 8 * i);
	explicit_bzero(key, sizeof(key));
}

/* ChallengeHash, RFC 2759 section 8.2. */
static int
challenge_hash(const uint8_t peer_challenge[MSCHAP2_CHALLENGE_LEN],
    const uint8_t auth_challenge[MSCHAP2_CHALLENGE_LEN], const char *user,
    uint8_t challenge[CHALLENGE_HASH_LEN])
{
	uint8_t	digest[SHA_DIGEST_LENGTH];
	SHA_CTX	ctx;

	if (!SHA1_Init(&ctx) ||
	    !SHA1_Update(&ctx, peer_challenge, MSCHAP2_CHALLENGE_LEN) ||
	    !SHA1_Update(&ctx, auth_challenge, MSCHAP2_CHALLENGE_LEN) ||
	    !SHA1_Update(&ctx, user, strlen(user)) ||
	    !SHA1_Final(digest, &ctx))
		return (-1);
	memcpy(challenge, digest, CHALLENGE_HASH_LEN);
	return (0);
}

/* GetAsymmetricStartKey, RFC 3079 section 3.4. */
static int
asymmetric_start_key(const uint8_t master[MPPE_KEY_LEN], const char *magic,
    uint8_t key[MPPE_KEY_LEN])
{
	uint8_t	pad1[SHA_PAD_LEN], pad2[SHA_PAD_LEN];
	uint8_t	digest[SHA_DIGEST_LENGTH];
	SHA_CTX	ctx;
	int	ret = -1;

	memset(pad1, 0x00, sizeof(pad1));
	memset(pad2, 0xf2, sizeof(pad2));
	memset(&ctx, 0, sizeof(ctx));
	if (!SHA1_Init(&ctx) ||
	    !SHA1_Update(&ctx, master, MPPE_KEY_LEN) ||
	    !SHA1_Update(&ctx, pad1, sizeof(pad1)) ||
	    !SHA1_Update(&ctx, magic, strlen(magic)) ||
	    !SHA1_Update(&ctx, pad2, sizeof(pad2)) ||
	    !SHA1_Final(digest, &ctx))
		goto done;
	memcpy(key, digest, MPPE_KEY_LEN);
	ret = 0;
 done:
	explicit_bzero(&ctx, sizeof(ctx));
	explicit_bzero(digest, sizeof(digest));
	return (ret);
}
