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

#include <net/if.h>
#include <netinet/in.h>

#include <event.h>
#include <imsg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pptpd.h"
#include "fsm.h"
#include "ppp.h"

/*
 * The authentication phase (RFC 1661 section 3.5), server side.  Challenges
 * and verdicts come from the auth engine; nothing here knows a secret.
 */

static void	 auth_reply(struct ppp *);

void
auth_start(struct ppp *p, uint64_t now)
{
	struct auth	*a = &p->auth;

	memset(a, 0, sizeof(*a));
	a->method = p->lcp.auth;
	if (a->method == AUTH_PAP) {
		/* The client begins. */
		a->waiting = AUTH_WAIT_RESPONSE;
		return;
	}
	a->id = ppp_host_random();
	a->waiting = AUTH_WAIT_CHALLENGE;
	a->deadline = now + p->conf->retry_timeout * 1000ULL;
	ppp_host_challenge(p, a->method);
}

/* Each Challenge sent has a new identifier and value (RFC 1994 section 4.1). */
void
ppp_challenge(struct ppp *p, const uint8_t *value, size_t len, uint64_t now)
{
	struct auth	*a = &p->auth;
	uint8_t		 buf[PPP_MIN_MRU];
	size_t		 n;

	if (p->phase != PPP_AUTHENTICATE ||
	    a->waiting != AUTH_WAIT_CHALLENGE)
		return;
	n = chap_challenge(buf, sizeof(buf), ++a->id, value, len,
	    p->conf->hostname);
	a->waiting = AUTH_WAIT_RESPONSE;
	a->tries++;
	a->deadline = now + p->conf->retry_timeout * 1000ULL;
	ppp_host_send(p, PPP_CHAP, buf, n);
}

void
auth_timer(struct ppp *p, uint64_t now)
{
	struct auth	*a = &p->auth;

	if (a->deadline == 0 || now < a->deadline)
		return;
	a->deadline = 0;
	if (a->waiting != AUTH_WAIT_RESPONSE)
		return;
	if (a->tries >= p->conf->max_configure) {
		ppp_close(p, END_AUTH_TIMEOUT, now);
		return;
	}
	a->waiting = AUTH_WAIT_CHALLENGE;
	ppp_host_challenge(p, a->method);
}

void
auth_input(struct ppp *p, uint16_t proto, const uint8_t *buf, size_t len)
{
	struct auth		*a = &p->auth;
	struct chap_response	 chap;
	struct pap_request	 pap;
	size_t			 want;

	/* Packets of a protocol that was not agreed on are dropped. */
	if ((proto == PPP_PAP) != (a->method == AUTH_PAP))
		return;

	if (proto == PPP_PAP) {
		if (pap_request(buf, len, &pap) == -1) {
			p->malformed++;
			return;
		}
		if (a->done) {
			a->reply_id = pap.id;
			auth_reply(p);
		} else if (a->waiting == AUTH_WAIT_RESPONSE) {
			a->id = pap.id;
			a->waiting = AUTH_WAIT_VERDICT;
			ppp_host_verify(p, a->method, pap.id,
			    (const uint8_t *)pap.password,
			    strlen(pap.password), pap.name);
		}
		explicit_bzero(&pap, sizeof(pap));
		return;
	}

	if (chap_response(buf, len, &chap) == -1) {
		p->malformed++;
		return;
	}
	if (chap.id != a->id)
		return;
	if (a->done) {
		/* The same answer to the same Response (section 4.1). */
		auth_reply(p);
		return;
	}
	if (a->waiting != AUTH_WAIT_RESPONSE)
		return;
	want = a->method == AUTH_CHAP_MD5 ? 16 : 49;
	if (chap.value_len != want) {
		p->malformed++;
		return;
	}
	a->waiting = AUTH_WAIT_VERDICT;
	a->deadline = 0;
	ppp_host_verify(p, a->method, chap.id, chap.value, chap.value_len,
	    chap.name);
}

void
ppp_verdict(struct ppp *p, int ok, enum end_cause cause, const char *text,
    int has_keys, struct in_addr remote, struct in_addr local, uint64_t now)
{
	struct auth	*a = &p->auth;

	if (p->phase != PPP_AUTHENTICATE || a->waiting != AUTH_WAIT_VERDICT)
		return;
	a->waiting = AUTH_IDLE;
	a->deadline = 0;
	if (a->method == AUTH_PAP)
		a->reply_code = ok ? PAP_ACK : PAP_NAK;
	else
		a->reply_code = ok ? CHAP_SUCCESS : CHAP_FAILURE;
	a->reply_id = a->id;
	strlcpy(a->reply, text, sizeof(a->reply));
	auth_reply(p);
	if (!ok) {
		ppp_close(p, cause, now);
		return;
	}
	a->done = 1;
	p->has_keys = has_keys;
	ipcp_init(&p->ipcp, local, remote, p->dns);
	ppp_authenticated(p, now);
}

static void
auth_reply(struct ppp *p)
{
	struct auth	*a = &p->auth;
	uint8_t		 buf[PPP_MIN_MRU];
	size_t		 n;

	if (a->method == AUTH_PAP) {
		n = pap_reply(buf, sizeof(buf), a->reply_code, a->reply_id,
		    a->reply);
		ppp_host_send(p, PPP_PAP, buf, n);
	} else {
		n = chap_message(buf, sizeof(buf), a->reply_code, a->reply_id,
		    a->reply);
		ppp_host_send(p, PPP_CHAP, buf, n);
	}
}
