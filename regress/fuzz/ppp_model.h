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
 * One link with a peer, an engine and a clock that the input drives: it is a
 * list of steps, packets for the most part.  What must hold whatever happens
 * is asserted after each.  Included by the targets of PPP.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>

#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fsm.h"
#include "pptpd.h"
#include "ppp.h"
#include "fuzz.h"

#define STEPS_MAX	400
#define SENT_MAX	12	/* packets that one step may cause */
#define TIMES_MAX	1000	/* that timers may run out in a minute */

/* How far the link is when the input begins. */
enum stage {
	STAGE_LCP,
	STAGE_AUTH,
	STAGE_NETWORK,
	STAGE_UP
};

struct model {
	uint16_t		auth;	/* AUTH_*, 0: the input says */
	enum mppe_policy	policy;
	enum stage		stage;
	uint16_t		proto;	/* most packets are of it, 0: any */
};

static struct ppp	 ppp;
static struct conf_ppp	 conf;
static uint64_t		 now;
static int		 is_up, finished, granted;
static unsigned int	 nsent;
static size_t		 request_len;	/* of the Configure-Request fed */
static uint16_t		 request_proto;
static uint32_t		 chance;

void
ppp_host_send(struct ppp *p, uint16_t proto, const uint8_t *buf, size_t len)
{
	ASSERT(!finished);
	ASSERT(++nsent <= SENT_MAX);
	ASSERT(len >= 4 && len <= PPP_DEFAULT_MRU);
	ASSERT((size_t)(buf[2] << 8 | buf[3]) == len);
	switch (proto) {
	case PPP_PAP:
		ASSERT(conf.auth & AUTH_PAP);
		ASSERT(buf[0] == PAP_ACK || buf[0] == PAP_NAK);
		ASSERT(buf[0] == PAP_NAK || granted);
		ASSERT(len >= 5 && (size_t)buf[4] + 5 == len);
		break;
	case PPP_CHAP:
		ASSERT(buf[0] == CHAP_CHALLENGE || buf[0] == CHAP_SUCCESS ||
		    buf[0] == CHAP_FAILURE);
		ASSERT(buf[0] != CHAP_SUCCESS || granted);
		break;
	case PPP_CCP:
	case PPP_IPCP:
		ASSERT(granted);
		/* FALLTHROUGH */
	case PPP_LCP:
		if (buf[0] == CP_CONF_REJ && proto == request_proto)
			ASSERT(len <= request_len);
		if (buf[0] >= CP_CONF_REQ && buf[0] <= CP_CONF_REJ)
			ASSERT(cp_options_ok(buf + 4, len - 4));
		break;
	default:
		ASSERT(0);
	}
}

uint32_t
ppp_host_random(void)
{
	return (chance = chance * 1664525 + 1013904223);
}

void
ppp_host_challenge(struct ppp *p, uint32_t method)
{
	ASSERT(method & conf.auth && (method & (method - 1)) == 0 &&
	    method != AUTH_PAP);
}

void
ppp_host_verify(struct ppp *p, uint32_t method, uint8_t id,
    const uint8_t *value, size_t len, const char *name)
{
	static uint8_t	copy[PASSWORD_LEN];

	ASSERT(method & conf.auth && (method & (method - 1)) == 0);
	ASSERT(strlen(name) < USER_LEN);
	switch (method) {
	case AUTH_PAP:
		ASSERT(len < sizeof(copy));
		break;
	case AUTH_CHAP_MD5:
		ASSERT(len == 16);
		break;
	default:
		ASSERT(len == 49);
		break;
	}
	memcpy(copy, value, len);
}

void
ppp_host_address(struct ppp *p, struct in_addr a)
{
	ASSERT(granted);
}

void
ppp_host_mppe(struct ppp *p)
{
	ASSERT(granted && p->has_keys && conf.mppe_policy != MPPE_NEVER);
	ASSERT(p->mppe_rx.bits != 0 && p->mppe_tx.bits != 0);
}

void
ppp_host_mppe_reset(struct ppp *p)
{
	ASSERT(p->mppe && p->mppe_tx.stateful);
}

void
ppp_host_ident(struct ppp *p, const uint8_t *text, size_t len)
{
	static uint8_t	copy[2048];

	ASSERT(len <= sizeof(copy));
	memcpy(copy, text, len);
}

/* No IP before its time. */
void
ppp_host_up(struct ppp *p)
{
	ASSERT(!is_up && !finished && granted);
	ASSERT(p->phase == PPP_NETWORK && p->auth.done);
	ASSERT(p->lcp.cp.state == FSM_OPENED);
	ASSERT(p->ipcp.cp.state == FSM_OPENED);
	ASSERT(p->mppe || conf.mppe_policy != MPPE_REQUIRE);
	ASSERT(!p->mppe || p->ccp.cp.state == FSM_OPENED ||
	    p->ccp.cp.state >= FSM_REQ_SENT);
	is_up = 1;
}

void
ppp_host_down(struct ppp *p)
{
	ASSERT(is_up);
	is_up = 0;
}

void
ppp_host_finished(struct ppp *p)
{
	ASSERT(!finished && !is_up);
	ASSERT(p->cause != END_NONE && p->cause < END_MAX);
	finished = 1;
}

/* A packet in memory of its very size. */
static void
feed(uint16_t proto, const uint8_t *buf, size_t len)
{
	uint8_t	*copy;

	if ((copy = malloc(len + (len == 0))) == NULL)
		abort();
	if (len > 0)
		memcpy(copy, buf, len);
	request_proto = 0;
	if (len >= 4 && copy[0] == CP_CONF_REQ) {
		request_proto = proto;
		request_len = len;
	}
	now++;
	ppp.last_rx = now;
	ppp_input(&ppp, proto, copy, len, now);
	free(copy);
}

static void
feed_cp(uint16_t proto, uint8_t code, uint8_t id, const void *data,
    size_t len)
{
	uint8_t	buf[2048];

	if (len > sizeof(buf) - 4)
		len = sizeof(buf) - 4;
	buf[0] = code;
	buf[1] = id;
	buf[2] = (len + 4) >> 8;
	buf[3] = (len + 4) & 0xff;
	if (len > 0)
		memcpy(buf + 4, data, len);
	feed(proto, buf, len + 4);
}

static struct cp *
cp_of(uint16_t proto)
{
	switch (proto) {
	case PPP_CCP:
		return (&ppp.ccp.cp);
	case PPP_IPCP:
		return (&ppp.ipcp.cp);
	default:
		return (&ppp.lcp.cp);
	}
}

/* The identifier of what we sent last. */
static uint8_t
id_of(uint16_t proto)
{
	if (proto == PPP_CHAP || proto == PPP_PAP)
		return (ppp.auth.id);
	return (cp_of(proto)->id);
}

static void
verdict(int ok, int keys, const char *text)
{
	struct in_addr	remote, local;

	remote.s_addr = htonl(0x0a00000a);
	local.s_addr = htonl(0x0a000001);
	if (ok && ppp.phase == PPP_AUTHENTICATE &&
	    ppp.auth.waiting == AUTH_WAIT_VERDICT)
		granted = 1;
	ppp_verdict(&ppp, ok, ok ? END_NONE : END_AUTH_FAILED, text,
	    ok && keys && ppp.auth.method >= AUTH_MSCHAP, remote, local, now);
}

/* Timers, until then. */
static void
pass(uint64_t ms)
{
	uint64_t	end = now + ms, when;
	unsigned int	n;

	for (n = 0; n < TIMES_MAX; n++) {
		when = ppp_deadline(&ppp);
		if (when == 0 || when > end)
			break;
		if (when > now)
			now = when;
		nsent = 0;
		when = ppp_timer(&ppp, now);
		/* No busy loop. */
		ASSERT(when == 0 || when > now);
		ASSERT(when == ppp_deadline(&ppp));
	}
	ASSERT(n < TIMES_MAX);
	now = end;
}

/* Agree to what we ask for, and ask for what we agree to. */
static void
agree(uint16_t proto)
{
	static const uint8_t	lcp[] = { 1, 4, 5, 0x78, 5, 6, 1, 2, 3, 4 };
	static const uint8_t	ccp[] = { 18, 6, 1, 0, 0, 0x40 };
	static const uint8_t	ipcp[] = { 3, 6, 10, 0, 0, 10 };
	struct cp		*c = cp_of(proto);
	uint8_t			 req[CP_REQUEST_MAX];
	size_t			 len;

	switch (proto) {
	case PPP_LCP:
		feed_cp(proto, CP_CONF_REQ, 1, lcp, sizeof(lcp));
		break;
	case PPP_CCP:
		feed_cp(proto, CP_CONF_REQ, 1, ccp, sizeof(ccp));
		break;
	case PPP_IPCP:
		feed_cp(proto, CP_CONF_REQ, 1, ipcp, sizeof(ipcp));
		break;
	}
	len = c->reqlen;
	memcpy(req, c->req, len);
	feed_cp(proto, CP_CONF_ACK, c->id, req, len);
}

static void
authenticate(int ok, int keys)
{
	static const uint8_t	pap[] = { 3, 'b', 'o', 'b', 2, 'p', 'w' };
	uint8_t			value[64];
	size_t			len;

	memset(value, 0x55, sizeof(value));
	if (ppp.auth.method == AUTH_PAP)
		feed_cp(PPP_PAP, PAP_REQUEST, 7, pap, sizeof(pap));
	else {
		ppp_challenge(&ppp, value,
		    ppp.auth.method == AUTH_MSCHAP ? 8 : 16, now);
		len = ppp.auth.method == AUTH_CHAP_MD5 ? 16 : 49;
		value[0] = len;
		memcpy(value + 1 + len, "bob", 3);
		feed_cp(PPP_CHAP, CHAP_RESPONSE, ppp.auth.id, value, len + 4);
	}
	verdict(ok, keys, "S=0123");
}

static void
step(struct input *in, const struct model *model)
{
	static const uint16_t	protos[] = { PPP_LCP, PPP_CCP, PPP_IPCP,
				    PPP_CHAP, PPP_PAP, PPP_IP, PPP_COMP,
				    0x8057 };
	const uint8_t		*p;
	struct in_addr		 a;
	uint8_t			 value[CHAP_VALUE_MAX], op, code, id;
	uint16_t		 proto;
	size_t			 n;
	char			 text[64];

	op = in_8(in);
	proto = model->proto != 0 && op < 0xe0 ? model->proto :
	    protos[op >> 5];
	switch (op & 15) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		/* 0: a packet with the right length. */
		code = in_8(in);
		id = in_8(in);
		if (id & 0x80)
			id = id_of(proto);
		n = in_8(in);
		if (op & 4)
			n *= 8;
		p = in_bytes(in, &n);
		feed_cp(proto, code, id, p, n);
		break;
	case 5:
		/* One as it comes. */
		n = in_8(in);
		p = in_bytes(in, &n);
		feed(op & 0x10 ? in_16(in) : proto, p, n);
		break;
	case 6:
		/* An answer to what we asked for. */
		n = cp_of(proto)->reqlen;
		code = in_8(in);
		memcpy(value, cp_of(proto)->req, n);
		if (n > 0)
			value[in_8(in) % n] ^= in_8(in);
		feed_cp(proto, CP_CONF_ACK + code % 3, cp_of(proto)->id, value,
		    n);
		break;
	case 7:
		pass(in_8(in) * 4);
		break;
	case 8:
		pass(in_8(in) * 256);
		break;
	case 9:
		n = in_8(in) % (CHAP_VALUE_MAX + 1);
		in_fill(in, value, n);
		ppp_challenge(&ppp, value, n, now);
		break;
	case 10:
		code = in_8(in);
		in_fill(in, text, sizeof(text) / 4);
		text[sizeof(text) / 4] = '\0';
		verdict(code & 1, code & 2, text);
		break;
	case 11:
		a.s_addr = in_32(in);
		ppp_address(&ppp, a, now);
		break;
	case 12:
		switch (in_8(in) & 3) {
		case 0:
			ppp_close(&ppp, END_ADMIN, now);
			break;
		case 1:
			ppp_abort(&ppp, END_SHUTDOWN);
			break;
		default:
			(void)ppp_probe(&ppp);
			break;
		}
		break;
	case 13:
		agree(proto);
		break;
	case 14:
		code = in_8(in);
		authenticate(code & 1, code & 2);
		break;
	case 15:
		if ((n = in_8(in)) == 0)
			n = 2000;
		/* Of one octet, many. */
		{
			uint8_t	big[2048];

			memset(big, in_8(in), sizeof(big));
			feed_cp(proto, in_8(in), in_8(in), big, n * 8);
		}
		break;
	}
}

static void
model_run(const uint8_t *data, size_t len, const struct model *model)
{
	static const struct mppe_mode	modes[] = { { 128, 0 }, { 128, 1 },
					    { 56, 0 }, { 40, 1 } };
	struct input			in = { data, len };
	unsigned int			i;
	uint8_t				flags, was_mppe;
	int				was_finished;

	memset(&conf, 0, sizeof(conf));
	flags = in_8(&in);
	conf.auth = model->auth != 0 ? model->auth : (in_8(&in) & 15) | 1;
	conf.mppe_policy = model->policy;
	if (model->auth == 0 && model->stage != STAGE_UP)
		conf.mppe_policy = flags >> 6 == 3 ? MPPE_REQUIRE :
		    flags >> 6;
	conf.mru = flags & 1 ? 1400 : 576;
	conf.mppe_nmodes = 1 + (flags >> 1 & 3);
	memcpy(conf.mppe_mode, modes, sizeof(modes));
	conf.echo_interval = flags & 8 ? 0 : 30;
	conf.echo_failures = 2;
	conf.retry_timeout = 3;
	conf.max_configure = 10;
	conf.max_failure = 5;
	conf.max_terminate = 2;
	conf.auth_timeout = 60;
	conf.dns[0].s_addr = htonl(0x0a000035);
	if (flags & 16)
		conf.nbns[1].s_addr = htonl(0x0a000036);
	memcpy(conf.hostname, "test", 5);

	is_up = finished = granted = 0;
	request_proto = 0;
	chance = 1;
	nsent = 0;
	now = 1000000;
	ppp_init(&ppp, &conf, NULL);
	ppp_open(&ppp, now);
	if (model->stage >= STAGE_AUTH)
		agree(PPP_LCP);
	nsent = 0;
	if (model->stage >= STAGE_NETWORK) {
		authenticate(1, 1);
		pass(600);
	}
	nsent = 0;
	if (model->stage >= STAGE_UP) {
		agree(PPP_CCP);
		nsent = 0;
		agree(PPP_IPCP);
	}

	for (i = 0; i < STEPS_MAX && in.left > 0; i++) {
		nsent = 0;
		was_mppe = ppp.mppe;
		was_finished = finished;
		step(&in, model);
		ASSERT(ppp.up == is_up && ppp.finished == finished);
		ASSERT(!finished || ppp.phase == PPP_DEAD);
		ASSERT(!was_finished || finished);
		/* Encryption does not go off but with the link. */
		if (was_mppe && !ppp.mppe)
			ASSERT(ppp.phase != PPP_NETWORK && !is_up);
		if (is_up && conf.mppe_policy == MPPE_REQUIRE)
			ASSERT(ppp.mppe);
		ASSERT(ppp.phase != PPP_NETWORK || granted);
		ASSERT(ppp_mtu(&ppp) <= conf.mru);
		ASSERT(ppp.lcp.peer_mru == 0 || ppp.lcp.peer_mru >=
		    PPP_MIN_MRU);
	}
	/* Whatever happened, it ends. */
	ppp_close(&ppp, END_SHUTDOWN, now);
	pass(600 * 1000);
	ASSERT(finished);
}
