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
 * PAP (RFC 1334), CHAP with MD5 (RFC 1994), MS-CHAPv1 (RFC 2433) and MS-CHAPv2
 * (RFC 2759) from the side that proves who it is.
 */

#include <sys/types.h>

#include <netinet/in.h>
#include <net/if.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pptp.h"
#include "gre.h"
#include "mppe.h"
#include "mschap.h"
#include "dial.h"

#define RESEND_TIME	MSEC(1000)

#define PAP_REQUEST	1
#define PAP_ACK		2
#define PAP_NAK		3
#define CHAP_CHALLENGE	1
#define CHAP_RESPONSE	2
#define CHAP_SUCCESS	3
#define CHAP_FAILURE	4

static void	 send_pap(struct call *);
static void	 send_response(struct call *);
static size_t	 response_md5(struct call *, uint8_t *);
static size_t	 response_mschap(struct call *, uint8_t *);
static size_t	 response_mschapv2(struct call *, uint8_t *);
static void	 auth_ok(struct call *);

/* LCP is open; c->method is what the server asks for. */
void
auth_start(struct call *c)
{
	if (!c->was_up)
		call_stage(c, S_AUTH);
	c->challenge_len = 0;
	c->has_keys = 0;
	if (c->method == METHOD_NONE) {
		if ((opt.methods & METHOD_NONE) == 0)
			call_over(c, R_AUTH_METHOD,
			    "the server asks for no authentication");
		else
			auth_ok(c);
	} else if (c->method == METHOD_PAP)
		auth_send(c);
}

static void
auth_ok(struct call *c)
{
	timer_clear(c, T_AUTH);
	if (c->auth_done)
		return;
	c->auth_done = 1;
	ppp_network(c);
}

/*
 * Send the request or response and keep doing so: an answer that got lost is
 * repeated for whoever asks again (RFC 1334 section 2.2, RFC 1994 section
 * 4.1).
 */
void
auth_send(struct call *c)
{
	timer_set(c, T_AUTH, RESEND_TIME);
	if (c->method == METHOD_PAP)
		send_pap(c);
	else
		send_response(c);
}

static void
send_pap(struct call *c)
{
	uint8_t	buf[CP_MAX];
	size_t	userlen, passlen;

	userlen = strlen(opt.user);
	passlen = strlen(opt.password);
	buf[0] = userlen;
	memcpy(buf + 1, opt.user, userlen);
	buf[1 + userlen] = passlen;
	memcpy(buf + 2 + userlen, opt.password, passlen);
	ppp_send_cp(c, P_PAP, PAP_REQUEST, ++c->packet_id, buf,
	    2 + userlen + passlen);
}

void
auth_pap_input(struct call *c, const uint8_t *p, size_t len)
{
	char	text[TEXT_MAX];
	size_t	n;

	if (len < 4 || get16(p + 2) < 4 || get16(p + 2) > len) {
		c->c.malformed++;
		return;
	}
	if (c->method != METHOD_PAP)
		return;
	len = get16(p + 2);
	n = 0;
	if (len > 4)
		n = p[4] < len - 5 ? p[4] : len - 5;
	foreign_text(text, sizeof(text), n > 0 ? p + 5 : p, n);
	if (p[0] == PAP_ACK)
		auth_ok(c);
	else if (p[0] == PAP_NAK)
		call_over(c, R_AUTH_FAILED, "%s", text);
}

/* The functions that follow fill in Value and return its length, 0: cannot. */
static size_t
response_md5(struct call *c, uint8_t *value)
{
	if (chap_md5(c->chap_id, opt.password, c->challenge, c->challenge_len,
	    value) == -1)
		return (0);
	return (CHAP_MD5_LEN);
}

static size_t
response_mschap(struct call *c, uint8_t *value)
{
	/* LAN Manager response: none.  Flag: use the NT response. */
	memset(value, 0, MSCHAP_VALUE_LEN);
	value[MSCHAP_VALUE_LEN - 1] = 1;
	if (c->challenge_len != MSCHAP1_CHALLENGE_LEN ||
	    mschap1_response(c->challenge, opt.nt_hash,
	    value + MSCHAP_RESPONSE_LEN) == -1)
		return (0);
	if (!c->auth_done) {
		if (mschap1_start_key(opt.nt_hash, c->challenge,
		    c->send_key) == -1)
			return (0);
		memcpy(c->recv_key, c->send_key, sizeof(c->recv_key));
		c->has_keys = 1;
	}
	return (MSCHAP_VALUE_LEN);
}

static size_t
response_mschapv2(struct call *c, uint8_t *value)
{
	const char	*name;
	uint8_t		*nt;

	/* Peer-Challenge, 8 octets of zero, NT-Response, Flags 0. */
	memset(value, 0, MSCHAP_VALUE_LEN);
	memcpy(value, c->peer_challenge, sizeof(c->peer_challenge));
	nt = value + MSCHAP2_CHALLENGE_LEN + 8;
	name = mschap_strip_domain(opt.user);
	if (c->challenge_len != MSCHAP2_CHALLENGE_LEN ||
	    mschap2_response(c->challenge, c->peer_challenge, name,
	    opt.nt_hash, nt) == -1 ||
	    mschap2_authenticator(opt.nt_hash, nt, c->peer_challenge,
	    c->challenge, name, c->auth_reply) == -1)
		return (0);
	if (!c->auth_done) {
		if (mschap2_start_keys(opt.nt_hash, nt, 0, c->send_key,
		    c->recv_key) == -1)
			return (0);
		c->has_keys = 1;
	}
	return (MSCHAP_VALUE_LEN);
}

static void
send_response(struct call *c)
{
	uint8_t	buf[1 + MSCHAP_VALUE_LEN + 256];
	size_t	len, userlen;

	switch (c->method) {
	case METHOD_CHAP:
		len = response_md5(c, buf + 1);
		break;
	case METHOD_MSCHAP:
		len = response_mschap(c, buf + 1);
		break;
	default:
		len = response_mschapv2(c, buf + 1);
		break;
	}
	if (len == 0) {
		call_over(c, R_PROTOCOL, "useless challenge of %d octets",
		    c->challenge_len);
		return;
	}
	buf[0] = len;
	userlen = strlen(opt.user);
	memcpy(buf + 1 + len, opt.user, userlen);
	ppp_send_cp(c, P_CHAP, CHAP_RESPONSE, c->chap_id, buf,
	    1 + len + userlen);
}

void
auth_chap_input(struct call *c, const uint8_t *p, size_t len)
{
	char	text[TEXT_MAX];

	if (len < 4 || get16(p + 2) < 4 || get16(p + 2) > len) {
		c->c.malformed++;
		return;
	}
	if (c->method == METHOD_NONE || c->method == METHOD_PAP)
		return;
	len = get16(p + 2);

	switch (p[0]) {
	case CHAP_CHALLENGE:
		if (len < 5 || p[4] == 0 || p[4] > len - 5 ||
		    p[4] > sizeof(c->challenge)) {
			c->c.malformed++;
			return;
		}
		c->chap_id = p[1];
		c->challenge_len = p[4];
		memcpy(c->challenge, p + 5, p[4]);
		arc4random_buf(c->peer_challenge, sizeof(c->peer_challenge));
		auth_send(c);
		break;
	case CHAP_SUCCESS:
		if (c->challenge_len == 0 || p[1] != c->chap_id)
			return;
		/* RFC 2759 section 5: the server knows the password too. */
		if (c->method == METHOD_MSCHAPV2 &&
		    (len - 4 < MSCHAP2_AUTH_LEN || memcmp(p + 4,
		    c->auth_reply, MSCHAP2_AUTH_LEN) != 0)) {
			foreign_text(text, sizeof(text), p + 4, len - 4);
			call_over(c, R_AUTH_SERVER, "%s", text);
			return;
		}
		auth_ok(c);
		break;
	case CHAP_FAILURE:
		if (c->challenge_len == 0 || p[1] != c->chap_id)
			return;
		foreign_text(text, sizeof(text), p + 4, len - 4);
		call_over(c, R_AUTH_FAILED, "%s", text);
		break;
	}
}
