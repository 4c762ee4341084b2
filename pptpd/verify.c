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
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/tree.h>

#include <net/if.h>
#include <netinet/in.h>

#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mschap.h"
#include "pptpd.h"
#include "auth_engine.h"

/*
 * Is the answer right?  The same work is done for every name, and secrets are
 * compared in constant time.
 */

static int	 verify_pap(const struct msg_auth_response *,
		    const struct conf_user *);
static int	 verify_md5(const struct login *,
		    const struct msg_auth_response *,
		    const struct conf_user *);
static int	 verify_mschap1(const struct login *,
		    const struct msg_auth_response *,
		    const struct conf_user *, struct msg_auth_verdict *);
static int	 verify_mschap2(const struct login *,
		    const struct msg_auth_response *,
		    const struct conf_user *, struct msg_auth_verdict *);

int
verify(struct login *l, const struct msg_auth_response *m,
    const struct conf_user *u, struct msg_auth_verdict *v)
{
	switch (m->method) {
	case AUTH_PAP:
		return (verify_pap(m, u));
	case AUTH_CHAP_MD5:
		return (verify_md5(l, m, u));
	case AUTH_MSCHAP:
		return (verify_mschap1(l, m, u, v));
	case AUTH_MSCHAPV2:
		return (verify_mschap2(l, m, u, v));
	}
	fatalx("session engine: response of method %u", m->method);
}

/* By way of the hash, so that a user with a hash only can use PAP, too. */
static int
verify_pap(const struct msg_auth_response *m, const struct conf_user *u)
{
	uint8_t	hash[NT_HASH_LEN];
	char	password[PASSWORD_LEN];
	int	ok;

	if (m->value_len >= sizeof(password))
		return (0);
	memcpy(password, m->value, m->value_len);
	password[m->value_len] = '\0';
	ok = nt_password_hash(password, hash) == 0 &&
	    timingsafe_bcmp(hash, u->nt_hash, sizeof(hash)) == 0;
	explicit_bzero(password, sizeof(password));
	explicit_bzero(hash, sizeof(hash));
	return (ok);
}

static int
verify_md5(const struct login *l, const struct msg_auth_response *m,
    const struct conf_user *u)
{
	uint8_t	want[CHAP_MD5_LEN];

	/* A hash is no help here: the password itself goes into the digest. */
	if (m->value_len != sizeof(want) || !u->has_password ||
	    chap_md5(m->chap_id, u->password, l->challenge, l->len,
	    want) == -1)
		return (0);
	/* RFC 1994 section 2.3: a secret has one octet at least. */
	return (timingsafe_bcmp(want, m->value, sizeof(want)) == 0 &&
	    u->password[0] != '\0');
}

/* Value: LM response, NT response, flag (RFC 2433 section 6). */
static int
verify_mschap1(const struct login *l, const struct msg_auth_response *m,
    const struct conf_user *u, struct msg_auth_verdict *v)
{
	uint8_t	want[MSCHAP_RESPONSE_LEN];

	/* LAN Manager responses are not for us. */
	if (m->value_len != MSCHAP_VALUE_LEN || m->value[48] != 1 ||
	    mschap1_response(l->challenge, u->nt_hash, want) == -1)
		return (0);
	if (timingsafe_bcmp(want, m->value + 24, sizeof(want)) != 0)
		return (0);
	if (mschap1_start_key(u->nt_hash, l->challenge, v->send_key) == -1)
		return (0);
	memcpy(v->recv_key, v->send_key, sizeof(v->recv_key));
	v->has_keys = 1;
	return (1);
}

/* Value: peer challenge, 8 zero octets, NT response, 0 (RFC 2759 section 4). */
static int
verify_mschap2(const struct login *l, const struct msg_auth_response *m,
    const struct conf_user *u, struct msg_auth_verdict *v)
{
	static const uint8_t	 zero[8];
	const uint8_t		*peer = m->value, *response = m->value + 24;
	const char		*name = mschap_strip_domain(m->user);
	uint8_t			 want[MSCHAP_RESPONSE_LEN];

	if (m->value_len != MSCHAP_VALUE_LEN)
		return (0);
	if (mschap2_response(l->challenge, peer, name, u->nt_hash,
	    want) == -1)
		return (0);
	if (timingsafe_bcmp(want, response, sizeof(want)) != 0)
		return (0);
	/* Reserved octets, and our own challenge sent back to us. */
	if (memcmp(peer + 16, zero, sizeof(zero)) != 0 || m->value[48] != 0 ||
	    memcmp(peer, l->challenge, MSCHAP2_CHALLENGE_LEN) == 0)
		return (0);
	if (mschap2_authenticator(u->nt_hash, response, peer, l->challenge,
	    name, v->text) == -1 ||
	    mschap2_start_keys(u->nt_hash, response, 1, v->send_key,
	    v->recv_key) == -1)
		return (0);
	v->has_keys = 1;
	return (1);
}

/*
 * RFC 2433 section 9, RFC 2759 section 6.  No "M=": some clients hang on it.
 * No retry: the link ends.  To the client an expired user is a disabled one:
 * 648, which is for that, would have it ask for a new password.
 */
void
verify_failure(uint32_t method, enum end_cause cause, char *text, size_t size)
{
	uint8_t	challenge[MSCHAP2_CHALLENGE_LEN];
	char	hex[2 * sizeof(challenge) + 1];
	int	code = 691;	/* ERROR_AUTHENTICATION_FAILURE */
	size_t	i, n;

	text[0] = '\0';
	if (method != AUTH_MSCHAP && method != AUTH_MSCHAPV2)
		return;
	if (cause == END_DISABLED || cause == END_EXPIRED)
		code = 647;	/* ERROR_ACCT_DISABLED */
	else if (cause == END_FROM || cause == END_USER_BUSY)
		code = 649;	/* ERROR_NO_DIALIN_PERMISSION */
	n = method == AUTH_MSCHAP ? MSCHAP1_CHALLENGE_LEN :
	    MSCHAP2_CHALLENGE_LEN;
	arc4random_buf(challenge, sizeof(challenge));
	for (i = 0; i < n; i++)
		(void)snprintf(hex + 2 * i, 3, "%02X", challenge[i]);
	(void)snprintf(text, size, "E=%d R=0 C=%s V=3", code, hex);
}
