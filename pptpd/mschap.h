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
 * What the authentication protocols compute: MS-CHAPv1 (RFC 2433), MS-CHAPv2
 * (RFC 2759), CHAP-MD5 (RFC 1994) and the MPPE start keys (RFC 3079).
 * Pure functions.  Nothing here logs or keeps anything; the caller wipes the
 * keys and hashes it was given with explicit_bzero(3).
 */

#define NT_HASH_LEN		16
#define MSCHAP1_CHALLENGE_LEN	8
#define MSCHAP2_CHALLENGE_LEN	16
#define MSCHAP_RESPONSE_LEN	24	/* one NT or LM response */
#define MSCHAP_VALUE_LEN	49	/* Response Value of both versions */
#define MSCHAP2_AUTH_LEN	42	/* "S=" and 40 upper-case hex digits */
#define MPPE_KEY_LEN		16
#define CHAP_MD5_LEN		16

/*
 * NtPasswordHash: MD4 of the password as UTF-16LE.  The password is UTF-8, at
 * most 256 characters.  Returns 0, or -1 if it is not valid UTF-8 or too long.
 */
int	 nt_password_hash(const char *, uint8_t[NT_HASH_LEN]);

/* The name without "DOMAIN\", as it goes into hashes (RFC 2759 section 4). */
const char	*mschap_strip_domain(const char *);

/* NtChallengeResponse, MS-CHAPv1 (RFC 2433 A.1). */
int	 mschap1_response(const uint8_t[MSCHAP1_CHALLENGE_LEN],
	    const uint8_t[NT_HASH_LEN], uint8_t[MSCHAP_RESPONSE_LEN]);

/*
 * GenerateNTResponse, MS-CHAPv2 (RFC 2759 section 8.1): authenticator
 * challenge, peer challenge, user name without domain, NT hash.
 */
int	 mschap2_response(const uint8_t[MSCHAP2_CHALLENGE_LEN],
	    const uint8_t[MSCHAP2_CHALLENGE_LEN], const char *,
	    const uint8_t[NT_HASH_LEN], uint8_t[MSCHAP_RESPONSE_LEN]);

/*
 * GenerateAuthenticatorResponse (RFC 2759 section 8.7): NT hash, NT response,
 * peer challenge, authenticator challenge, user name.  out gets "S=..." and a
 * NUL.
 */
int	 mschap2_authenticator(const uint8_t[NT_HASH_LEN],
	    const uint8_t[MSCHAP_RESPONSE_LEN],
	    const uint8_t[MSCHAP2_CHALLENGE_LEN],
	    const uint8_t[MSCHAP2_CHALLENGE_LEN], const char *,
	    char[MSCHAP2_AUTH_LEN + 1]);

/*
 * MPPE start keys of 16 octets (shorter strengths use a prefix, see mppe.h).
 * MS-CHAPv2 (RFC 3079 section 3.3): from the NT hash and NT response; server
 * tells whose send key is wanted first.  MS-CHAPv1 (RFC 3079 section 2): from
 * NT hash and challenge, one key for both directions, 128 bit.
 */
int	 mschap2_start_keys(const uint8_t[NT_HASH_LEN],
	    const uint8_t[MSCHAP_RESPONSE_LEN], int server,
	    uint8_t send[MPPE_KEY_LEN], uint8_t recv[MPPE_KEY_LEN]);
int	 mschap1_start_key(const uint8_t[NT_HASH_LEN],
	    const uint8_t[MSCHAP1_CHALLENGE_LEN], uint8_t[MPPE_KEY_LEN]);

/* CHAP with MD5: id, secret, challenge. */
int	 chap_md5(uint8_t, const char *, const uint8_t *, size_t,
	    uint8_t[CHAP_MD5_LEN]);
