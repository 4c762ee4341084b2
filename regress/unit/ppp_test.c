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
 * The link as a whole, LCP to IPCP, with a host that writes down what it is
 * asked and a clock that goes as the test likes.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <event.h>
#include <imsg.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pptpd.h"
#include "fsm.h"
#include "ppp.h"
#include "tap.h"

#define SENT_MAX	64

struct sent {
	uint16_t	proto;
	size_t		len;
	uint8_t		data[PPP_DEFAULT_MRU];
};

static struct ppp	 ppp;
static struct conf_ppp	 conf;
static struct sent	 sent[SENT_MAX];
static size_t		 nsent, nread;
static uint64_t		 now;
static uint32_t		 magic = 0x11111111;
static int		 up, finished, mppe, mppe_reset, challenged, verified;
static struct in_addr	 wanted;
static char		 name[USER_LEN], ident[64];

void
ppp_host_send(struct ppp *p, uint16_t proto, const uint8_t *buf, size_t len)
{
	if (nsent == SENT_MAX || len > sizeof(sent[0].data)) {
		printf("Bail out! too much was sent\n");
		exit(1);
	}
	sent[nsent].proto = proto;
	sent[nsent].len = len;
	memcpy(sent[nsent++].data, buf, len);
}

uint32_t
ppp_host_random(void)
{
	return (magic += 0x01010101);
}

void
ppp_host_challenge(struct ppp *p, uint32_t method)
{
	challenged = method;
}

void
ppp_host_verify(struct ppp *p, uint32_t method, uint8_t id,
    const uint8_t *value, size_t len, const char *n)
{
	verified++;
	(void)snprintf(name, sizeof(name), "%s", n);
}

void
ppp_host_address(struct ppp *p, struct in_addr a)
{
	wanted = a;
}

void
ppp_host_mppe(struct ppp *p)
{
	mppe++;
}

void
ppp_host_mppe_reset(struct ppp *p)
{
	mppe_reset++;
}

void
ppp_host_ident(struct ppp *p, const uint8_t *text, size_t len)
{
	(void)snprintf(ident, sizeof(ident), "%.*s", (int)len, text);
}

void
ppp_host_up(struct ppp *p)
{
	up++;
}

void
ppp_host_down(struct ppp *p)
{
	up--;
}

void
ppp_host_finished(struct ppp *p)
{
	finished++;
}

/* Start over, with defaults. */
static void
begin(void)
{
	static const struct mppe_mode	modes[] = { { 128, 0 }, { 128, 1 } };

	memset(&conf, 0, sizeof(conf));
	conf.mru = 1400;
	conf.auth = AUTH_MSCHAPV2;
	conf.mppe_policy = MPPE_REQUIRE;
	conf.mppe_nmodes = 2;
	memcpy(conf.mppe_mode, modes, sizeof(modes));
	conf.echo_interval = 30;
	conf.echo_failures = 2;
	conf.retry_timeout = 3;
	conf.max_configure = 10;
	conf.max_failure = 5;
	conf.max_terminate = 2;
	conf.auth_timeout = 60;
	inet_pton(AF_INET, "10.0.0.53", &conf.dns[0]);
	(void)snprintf(conf.hostname, sizeof(conf.hostname), "test");
	nsent = nread = 0;
	up = finished = mppe = mppe_reset = challenged = verified = 0;
	wanted.s_addr = INADDR_ANY;
	now = 1000000;
	ppp_init(&ppp, &conf, NULL);
	ppp_open(&ppp, now);
}

/* The next packet that was sent, if it is of this protocol and code. */
static const struct sent *
expect(uint16_t proto, uint8_t code, const char *what)
{
	static const struct sent	none;
	const struct sent		*s;

	if (nread == nsent) {
		ok(0, "%s: nothing was sent", what);
		return (&none);
	}
	s = &sent[nread++];
	if (!ok(s->proto == proto && s->data[0] == code, "%s", what))
		printf("# got %04x code %u\n", s->proto, s->data[0]);
	return (s);
}

static void
expect_none(const char *what)
{
	if (!ok(nread == nsent, "%s: silence", what))
		printf("# got %04x code %u\n", sent[nread].proto,
		    sent[nread].data[0]);
	nread = nsent;
}

/* Feed a packet: code, id, contents; the length is filled in. */
static void
feed(uint16_t proto, uint8_t code, uint8_t id, const void *data, size_t len)
{
	uint8_t	buf[PPP_DEFAULT_MRU + CP_HEADER_LEN];

	buf[0] = code;
	buf[1] = id;
	buf[2] = (len + 4) >> 8;
	buf[3] = (len + 4) & 0xff;
	if (len > 0)
		memcpy(buf + 4, data, len);
	ppp_input(&ppp, proto, buf, len + 4, now);
}

/* Answer our own request s with code and its options. */
static void
answer(const struct sent *s, uint8_t code)
{
	feed(s->proto, code, s->data[1], s->data + 4, s->len - 4);
}

static const uint8_t	lcp_good[] = { 1, 4, 0x05, 0x78, 5, 6, 1, 2, 3, 4,
			    7, 2, 8, 2 };
static const uint8_t	mppe_128[] = { 18, 6, 1, 0, 0, 0x40 };
static const uint8_t	mppe_128_stateful[] = { 18, 6, 0, 0, 0, 0x40 };

static void
to_lcp_open(void)
{
	const struct sent	*s;

	begin();
	feed(PPP_LCP, CP_CONF_REQ, 1, lcp_good, sizeof(lcp_good));
	s = expect(PPP_LCP, CP_CONF_REQ, "our LCP request");
	expect(PPP_LCP, CP_CONF_ACK, "LCP ack");
	answer(s, CP_CONF_ACK);
}

/* The rest of the way to the network phase, whatever the configuration. */
static void
authenticate(void)
{
	struct in_addr	remote, local;
	uint8_t		value[50];

	inet_pton(AF_INET, "10.0.0.10", &remote);
	inet_pton(AF_INET, "10.0.0.1", &local);
	memset(value, 0, sizeof(value));
	ppp_challenge(&ppp, value, 16, now);
	expect(PPP_CHAP, CHAP_CHALLENGE, "challenge");
	memset(value, 0x55, sizeof(value));
	value[0] = 49;
	feed(PPP_CHAP, CHAP_RESPONSE, sent[nread - 1].data[1], value, 50);
	ppp_verdict(&ppp, 1, END_NONE, "S=0", 1, remote, local, now);
	expect(PPP_CHAP, CHAP_SUCCESS, "success");
}

static void
to_network(void)
{
	to_lcp_open();
	authenticate();
	expect_none("the client may begin CCP");
}

/* As far as that, and the client does not. */
static void
to_ccp(void)
{
	to_network();
	now += 500;
	ppp_timer(&ppp, now);
}

static void
to_up(void)
{
	static const uint8_t	 addr[] = { 3, 6, 10, 0, 0, 10 };
	const struct sent	*s;

	to_ccp();
	s = expect(PPP_CCP, CP_CONF_REQ, "our CCP request");
	answer(s, CP_CONF_ACK);
	feed(PPP_CCP, CP_CONF_REQ, 1, mppe_128, sizeof(mppe_128));
	expect(PPP_CCP, CP_CONF_ACK, "CCP ack");
	s = expect(PPP_IPCP, CP_CONF_REQ, "our IPCP request");
	answer(s, CP_CONF_ACK);
	feed(PPP_IPCP, CP_CONF_REQ, 1, addr, sizeof(addr));
	expect(PPP_IPCP, CP_CONF_ACK, "IPCP ack");
}

static void
test_good(void)
{
	to_up();
	is_int(up, 1, "good session: up");
	is_int(mppe, 1, "good session: MPPE on");
	is_int(ppp_mtu(&ppp), 1396, "good session: 4 octets for MPPE");
	feed(PPP_LCP, CP_TERM_REQ, 9, NULL, 0);
	expect(PPP_LCP, CP_TERM_ACK, "L15 terminate ack");
	is_int(up, 0, "terminate: down");
	is_int(finished, 0, "L07 one restart time to go");
	now += 3000;
	ppp_timer(&ppp, now);
	is_int(finished, 1, "L07 finished after the restart time");
	is_int(ppp.cause, END_PEER_TERMINATE, "terminate: cause");
}

static void
test_lcp_options(void)
{
	static const uint8_t	 mixed[] = { 1, 4, 5, 0x78, 2, 6, 0, 0, 0, 0,
				    13, 3, 6, 17, 4, 6, 64 };
	static const uint8_t	 small[] = { 1, 4, 0, 64, 5, 6, 0, 0, 0, 0 };
	static const uint8_t	 smallest[] = { 1, 4, 0, 128 };
	static const uint8_t	 twice[] = { 1, 4, 5, 0x78, 1, 4, 5, 0x14 };
	static const uint8_t	 auth[] = { 3, 4, 0xc0, 0x23 };
	const struct sent	*s;
	uint8_t			 storm[1400], long_one[1498];
	size_t			 i;

	for (i = 0; i < sizeof(long_one); i += 7)
		memcpy(long_one + i, "\377\7abcde", 7);
	begin();
	feed(PPP_LCP, CP_CONF_REQ, 7, mixed, sizeof(mixed));
	expect(PPP_LCP, CP_CONF_REQ, "our LCP request");
	s = expect(PPP_LCP, CP_CONF_REJ, "unknown options");
	ok(s->len == 4 + 13 && memcmp(s->data + 4, mixed + 4, 13) == 0,
	    "L14 rejected unmodified, in order");
	feed(PPP_LCP, CP_CONF_REQ, 8, small, sizeof(small));
	s = expect(PPP_LCP, CP_CONF_NAK, "bad values");
	ok(s->len == 14 && s->data[4] == 1 && s->data[7] == 128 &&
	    s->data[8] == 5, "L13 only these, in order");
	ok(memcmp(s->data + 10, "\0\0\0\0", 4) != 0, "L24 magic proposed");
	feed(PPP_LCP, CP_CONF_REQ, 9, twice, sizeof(twice));
	s = expect(PPP_LCP, CP_CONF_REJ, "V052 an option twice");
	is_int(s->len, 8, "V052 the second is rejected");
	feed(PPP_LCP, CP_CONF_REQ, 10, auth, sizeof(auth));
	expect(PPP_LCP, CP_CONF_REJ, "V093 we do not authenticate");
	for (i = 0; i < sizeof(storm); i += 4)
		memcpy(storm + i, "\1\4\377\377", 4);
	feed(PPP_LCP, CP_CONF_REQ, 11, storm, sizeof(storm));
	s = expect(PPP_LCP, CP_CONF_REJ, "V050 350 times MRU");
	ok(s->len <= sizeof(storm), "V050 reply not longer than request");

	/* Whole options, to a peer with a small MRU and for a long request. */
	begin();
	feed(PPP_LCP, CP_CONF_REQ, 1, smallest, sizeof(smallest));
	expect(PPP_LCP, CP_CONF_REQ, "our LCP request");
	expect(PPP_LCP, CP_CONF_ACK, "MRU of 128");
	for (i = 0; i < sizeof(storm); i += 7)
		memcpy(storm + i, "\377\7abcde", 7);
	feed(PPP_LCP, CP_CONF_REQ, 2, storm, sizeof(storm));
	s = expect(PPP_LCP, CP_CONF_REJ, "200 unknown options");
	ok(s->len == 4 + 17 * 7 && cp_options_ok(s->data + 4, s->len - 4),
	    "not cut within an option");
	feed(PPP_LCP, CP_CONF_REQ, 3, long_one, sizeof(long_one));
	s = expect(PPP_LCP, CP_CONF_REJ, "a longer one than we can answer");
	ok(cp_options_ok(s->data + 4, s->len - 4), "not cut there either");
	storm[0] = 255;
	storm[1] = 200;
	feed(PPP_LCP, CP_CONF_REQ, 4, storm, 200);
	s = expect(PPP_LCP, CP_CONF_REJ, "an option of more than the MRU");
	is_int(s->len, 204, "it is rejected as it is");

	/* Max-Failure: the sixth is a Reject. */
	begin();
	nread = nsent;
	for (i = 0; i < 6; i++) {
		feed(PPP_LCP, CP_CONF_REQ, i, small, 4);
		if (i == 0)
			expect(PPP_LCP, CP_CONF_REQ, "our LCP request");
		expect(PPP_LCP, i < 5 ? CP_CONF_NAK : CP_CONF_REJ,
		    "L09 Max-Failure");
	}

	/* Malformed lists are discarded. */
	begin();
	feed(PPP_LCP, CP_CONF_REQ, 1, "\1\0", 2);
	feed(PPP_LCP, CP_CONF_REQ, 1, "\1\1", 2);
	feed(PPP_LCP, CP_CONF_REQ, 1, "\1\377\5", 3);
	feed(PPP_LCP, CP_CONF_REQ, 1, "\1", 1);
	expect(PPP_LCP, CP_CONF_REQ, "our LCP request");
	expect_none("V054 option beyond the packet");
	is_int(ppp.malformed, 4, "V054 counted");
}

static void
test_lcp_answers(void)
{
	const struct sent	*s;
	uint8_t			 nak[5] = { 3, 4, 0xc0, 0x23 };

	begin();
	now += 100;
	ppp_timer(&ppp, now);
	s = expect(PPP_LCP, CP_CONF_REQ, "LCP begins by itself");
	feed(PPP_LCP, CP_CONF_ACK, s->data[1] + 1, s->data + 4, s->len - 4);
	is_int(ppp.lcp.cp.state, FSM_REQ_SENT, "V060 ack with another id");
	feed(PPP_LCP, CP_CONF_ACK, s->data[1], s->data + 4, s->len - 6);
	is_int(ppp.lcp.cp.state, FSM_REQ_SENT, "L12 ack with other options");
	now += 3000;
	ppp_timer(&ppp, now);
	s = expect(PPP_LCP, CP_CONF_REQ, "sent again after 3 s");
	is_int(s->data[1], sent[0].data[1], "with the same id");
	feed(PPP_LCP, CP_CONF_NAK, s->data[1], nak, 4);
	expect(PPP_LCP, CP_TERM_REQ, "PAP asked for, not allowed: close");
	is_int(ppp.cause, END_AUTH_REFUSED, "cause: no method agreed");

	begin();
	conf.auth |= AUTH_PAP | AUTH_CHAP_MD5;
	ppp_init(&ppp, &conf, NULL);
	ppp_open(&ppp, now);
	now += 100;
	ppp_timer(&ppp, now);
	s = expect(PPP_LCP, CP_CONF_REQ, "several methods");
	ok(memcmp(s->data + 8, "\3\5\xc2\x23\x81", 5) == 0,
	    "L23 strongest first");
	feed(PPP_LCP, CP_CONF_NAK, s->data[1], nak, 4);
	s = expect(PPP_LCP, CP_CONF_REQ, "PAP asked for, allowed");
	ok(memcmp(s->data + 8, nak, 4) == 0, "PAP it is");
	feed(PPP_LCP, CP_CONF_REJ, s->data[1], s->data + 4, 4);
	s = expect(PPP_LCP, CP_CONF_REQ, "MRU rejected");
	ok(s->data[4] == 3, "L14 never asked for again");

	/* Ten requests, then the link is given up. */
	begin();
	while (!finished && (now = ppp_deadline(&ppp)) != 0)
		ppp_timer(&ppp, now);
	is_int(nsent, 10, "L09 Max-Configure");
	is_int(ppp.cause, END_NO_GRE, "cause: nothing was heard");
}

static void
test_loop(void)
{
	int	i;

	begin();
	now += 100;
	ppp_timer(&ppp, now);
	for (i = 0; i < 20 && !finished; i++) {
		/* Everything that we send comes back. */
		while (nread < nsent && !finished) {
			const struct sent s = sent[nread++];

			ppp_input(&ppp, s.proto, s.data, s.len, now);
		}
		nread = nsent = 0;
		now += 3000;
		ppp_timer(&ppp, now);
	}
	is_int(finished, 1, "L27 a looped-back link ends");
	is_int(ppp.cause, END_LOOPBACK, "L27 cause");
}

static void
test_echo(void)
{
	static const uint8_t	 hello[] = { 1, 2, 3, 4, 'h', 'i' };
	const struct sent	*s;
	int			 i;

	to_up();
	feed(PPP_LCP, LCP_ECHO_REQ, 5, hello, sizeof(hello));
	s = expect(PPP_LCP, LCP_ECHO_REP, "L19 echo reply");
	ok(s->data[1] == 5 && s->len == 10 &&
	    memcmp(s->data + 8, "hi", 2) == 0, "L19 id and data");
	ok(memcmp(s->data + 4, hello, 4) != 0, "L19 our magic number");
	feed(PPP_LCP, LCP_IDENTIFICATION, 1, "\1\2\3\4MSRASV5.20", 14);
	is_str(ident, "MSRASV5.20", "identification");
	feed(PPP_LCP, LCP_TIME_REMAINING, 2, "\1\2\3\4\0\0\0\1", 8);
	feed(PPP_LCP, LCP_DISCARD_REQ, 3, "\1\2\3\4", 4);
	expect_none("L20 discard, time remaining");
	feed(PPP_LCP, 99, 77, "xyz", 3);
	s = expect(PPP_LCP, CP_CODE_REJ, "L16 unknown code");
	ok(s->len == 11 && s->data[4] == 99 && s->data[5] == 77,
	    "L16 the packet is in it");

	for (i = 0; i < 3; i++) {
		now = ppp_deadline(&ppp);
		ppp_timer(&ppp, now);
		if (i < 2)
			expect(PPP_LCP, LCP_ECHO_REQ, "keep-alive asks");
	}
	is_int(finished, 1, "keep-alive unanswered: over");
	is_int(ppp.cause, END_ECHO_TIMEOUT, "keep-alive: cause");
	is_int(up, 0, "keep-alive: down");

	to_up();
	now = ppp_deadline(&ppp);
	ppp_timer(&ppp, now);
	s = expect(PPP_LCP, LCP_ECHO_REQ, "keep-alive asks");
	feed(PPP_LCP, LCP_ECHO_REP, s->data[1], "\1\2\3\4", 4);
	is_int(ppp.lcp.echo_lost, 0, "keep-alive answered");
}

static void
test_auth(void)
{
	struct in_addr	none = { INADDR_ANY };
	uint8_t		value[64];
	uint8_t		id;

	to_lcp_open();
	is_int(challenged, AUTH_MSCHAPV2, "a challenge is asked for");
	feed(PPP_IPCP, CP_CONF_REQ, 1, NULL, 0);
	feed(PPP_CCP, CP_CONF_REQ, 1, NULL, 0);
	feed(0x8057, CP_CONF_REQ, 1, NULL, 0);
	feed(PPP_PAP, PAP_REQUEST, 1, "\0\0", 2);
	expect_none("V062 nothing before authentication");
	memset(value, 0, sizeof(value));
	ppp_challenge(&ppp, value, 16, now);
	id = expect(PPP_CHAP, CHAP_CHALLENGE, "challenge")->data[1];
	now += 3000;
	challenged = 0;
	ppp_timer(&ppp, now);
	is_int(challenged, AUTH_MSCHAPV2, "C05 a new challenge after 3 s");
	ppp_challenge(&ppp, value, 16, now);
	ok(expect(PPP_CHAP, CHAP_CHALLENGE, "challenge")->data[1] != id,
	    "C05 with a new id");
	value[0] = 49;
	memcpy(value + 50, "bob", 3);
	feed(PPP_CHAP, CHAP_RESPONSE, id, value, 53);
	is_int(verified, 0, "response to the old challenge: dropped");
	value[0] = 16;
	feed(PPP_CHAP, CHAP_RESPONSE, id + 1, value, 53);
	is_int(verified, 0, "V083 Value-Size 16: dropped");
	value[0] = 49;
	feed(PPP_CHAP, CHAP_CHALLENGE, id + 1, value, 53);
	expect_none("V093 challenge from the client");
	feed(PPP_CHAP, CHAP_RESPONSE, id + 1, value, 53);
	is_int(verified, 1, "response goes to the auth engine");
	is_str(name, "bob", "with its name");
	feed(PPP_CHAP, CHAP_RESPONSE, id + 1, value, 53);
	is_int(verified, 1, "once only");
	ppp_verdict(&ppp, 0, END_AUTH_FAILED, "E=691", 0, none, none, now);
	expect(PPP_CHAP, CHAP_FAILURE, "C08 failure");
	expect(PPP_LCP, CP_TERM_REQ, "C08 then terminate");

	to_up();
	feed(PPP_CHAP, CHAP_RESPONSE, ppp.auth.id, value, 53);
	expect(PPP_CHAP, CHAP_SUCCESS, "C06 repeated response, same code");
	is_int(verified, 1, "C06 without asking again");
}

static void
test_ccp(void)
{
	static const uint8_t	 h_only[] = { 18, 6, 1, 0, 0, 0 };
	static const uint8_t	 all[] = { 18, 6, 1, 0, 0, 0xe1 };
	static const uint8_t	 forty[] = { 18, 6, 1, 0, 0, 0x20 };
	static const uint8_t	 deflate[] = { 26, 4, 0x78, 0, 18, 6, 1, 0, 0,
				    0x40 };
	const struct sent	*s, *ours;

	to_ccp();
	ours = expect(PPP_CCP, CP_CONF_REQ, "our CCP request");
	ok(memcmp(ours->data + 4, mppe_128, 6) == 0, "E04 the one we prefer");
	expect_none("IPCP waits for CCP");
	feed(PPP_CCP, CP_CONF_REQ, 4, h_only, 6);
	s = expect(PPP_CCP, CP_CONF_NAK, "Windows: stateless, no key");
	ok(memcmp(s->data + 4, mppe_128, 6) == 0, "128 bit stateless");
	feed(PPP_CCP, CP_CONF_REQ, 5, all, 6);
	s = expect(PPP_CCP, CP_CONF_NAK, "all bits, MPPC too");
	ok(memcmp(s->data + 4, mppe_128, 6) == 0, "128 bit stateless");
	feed(PPP_CCP, CP_CONF_REQ, 5, deflate, sizeof(deflate));
	s = expect(PPP_CCP, CP_CONF_REJ, "deflate");
	is_int(s->len, 8, "only deflate rejected");
	feed(PPP_CCP, CP_CONF_REQ, 6, forty, 6);
	expect(PPP_CCP, CP_CONF_NAK, "40 bit is not ours");
	feed(PPP_CCP, CP_CONF_REQ, 6, NULL, 0);
	expect(PPP_CCP, CP_CONF_NAK, "nothing at all");
	feed(PPP_CCP, CP_CONF_REQ, 7, mppe_128, 6);
	expect(PPP_CCP, CP_CONF_ACK, "ours");
	answer(ours, CP_CONF_ACK);
	expect(PPP_IPCP, CP_CONF_REQ, "IPCP begins");
	is_int(mppe, 1, "MPPE on");
	answer(ours, CP_CONF_NAK);
	expect_none("second answer to the same request");
	feed(PPP_CCP, CP_CONF_REQ, 9, mppe_128, 6);
	s = expect(PPP_CCP, CP_CONF_REQ, "request after open: ours again");
	expect(PPP_CCP, CP_CONF_ACK, "request after open: ack");
	answer(s, CP_CONF_ACK);
	is_int(ppp.ccp.cp.state, FSM_OPENED, "open again");
	is_int(mppe, 1, "and the keys ran on");
	feed(PPP_CCP, CCP_RESET_REQ, 1, NULL, 0);
	expect_none("V126 nothing to reset when stateless");
	feed(PPP_CCP, CP_CONF_REQ, 10, mppe_128_stateful, 6);
	s = expect(PPP_CCP, CP_CONF_REQ, "another mode after open");
	expect(PPP_CCP, CP_CONF_ACK, "is agreed on");
	answer(s, CP_CONF_ACK);
	expect(PPP_LCP, CP_TERM_REQ, "but start keys are used once: the end");
	is_int(mppe, 1, "no key stream twice");

	to_up();
	feed(PPP_CCP, CP_TERM_REQ, 3, NULL, 0);
	expect(PPP_LCP, CP_TERM_REQ, "V121 no way back: the link ends");
	is_int(ppp.cause, END_NO_MPPE, "V121 cause");

	to_ccp();
	ours = expect(PPP_CCP, CP_CONF_REQ, "our CCP request");
	answer(ours, CP_CONF_REJ);
	ours = expect(PPP_CCP, CP_CONF_REQ, "MPPE rejected: the next mode");
	ok(memcmp(ours->data + 4, mppe_128_stateful, 6) == 0, "stateful");
	answer(ours, CP_CONF_REJ);
	expect(PPP_LCP, CP_TERM_REQ, "V121 MPPE rejected: the link ends");

	to_ccp();
	ours = expect(PPP_CCP, CP_CONF_REQ, "our CCP request");
	feed(PPP_CCP, CP_CONF_REQ, 1, mppe_128_stateful, 6);
	expect(PPP_CCP, CP_CONF_ACK, "any mode of our list is fine");
	answer(ours, CP_CONF_REJ);
	s = expect(PPP_CCP, CP_CONF_REQ, "our mode rejected");
	ok(memcmp(s->data + 4, mppe_128_stateful, 6) == 0,
	    "the client's is asked for");

	to_ccp();
	nread = nsent;
	feed(PPP_LCP, LCP_PROTO_REJ, 1, "\x80\xfd", 2);
	expect(PPP_LCP, CP_TERM_REQ, "V121 CCP rejected: the link ends");

	to_ccp();
	ours = expect(PPP_CCP, CP_CONF_REQ, "our CCP request");
	feed(PPP_CCP, CP_CONF_NAK, ours->data[1], mppe_128_stateful, 6);
	s = expect(PPP_CCP, CP_CONF_REQ, "stateful proposed");
	ok(memcmp(s->data + 4, mppe_128_stateful, 6) == 0, "and taken");
	feed(PPP_CCP, CP_CONF_REQ, 1, mppe_128_stateful, 6);
	expect(PPP_CCP, CP_CONF_ACK, "both ways");
	answer(s, CP_CONF_ACK);
	expect(PPP_IPCP, CP_CONF_REQ, "IPCP begins");
	feed(PPP_CCP, CCP_RESET_REQ, 1, NULL, 0);
	is_int(mppe_reset, 1, "Reset-Request");
	expect(PPP_CCP, CCP_RESET_ACK, "E02 Reset-Ack");
	feed(PPP_LCP, LCP_IDENTIFICATION, 1, "\1\2\3\4MSRASV5.20", 14);
	feed(PPP_CCP, CCP_RESET_REQ, 2, NULL, 0);
	is_int(mppe_reset, 2, "Reset-Request of Windows");
	expect_none("no Reset-Ack to Windows");

	to_network();
	feed(PPP_CCP, CP_CONF_REQ, 1, mppe_128_stateful, 6);
	s = expect(PPP_CCP, CP_CONF_REQ, "the client begins: our request");
	ok(memcmp(s->data + 4, mppe_128_stateful, 6) == 0, "is as its own");
	expect(PPP_CCP, CP_CONF_ACK, "which is fine");

	to_lcp_open();
	conf.mppe_policy = MPPE_NEVER;
	authenticate();
	expect(PPP_IPCP, CP_CONF_REQ, "never: IPCP at once");
	feed(PPP_CCP, CP_CONF_REQ, 1, mppe_128, 6);
	expect(PPP_LCP, LCP_PROTO_REJ, "never: CCP is rejected");
}

static void
test_ipcp(void)
{
	static const uint8_t	 ask[] = { 3, 6, 0, 0, 0, 0, 129, 6, 0, 0, 0,
				    0, 130, 6, 0, 0, 0, 0, 2, 6, 0, 0x2d, 15,
				    1 };
	static const uint8_t	 other[] = { 3, 6, 10, 0, 0, 77 };
	static const uint8_t	 dns[] = { 129, 6, 0, 0, 0, 0 };
	const struct sent	*s;
	struct in_addr		 a;

	to_network();
	nread = nsent;
	feed(PPP_IPCP, CP_CONF_REQ, 1, ask, sizeof(ask));
	expect(PPP_CCP, CP_CONF_REQ, "IPCP first: CCP must not wait");
	expect(PPP_IPCP, CP_CONF_REQ, "our IPCP request");
	s = expect(PPP_IPCP, CP_CONF_REJ, "NBNS and VJ");
	ok(s->len == 16 && memcmp(s->data + 4, ask + 12, 12) == 0,
	    "NBNS and VJ rejected");
	feed(PPP_IPCP, CP_CONF_REQ, 2, ask, 12);
	s = expect(PPP_IPCP, CP_CONF_NAK, "address and DNS");
	ok(memcmp(s->data + 4, "\3\6\12\0\0\12\201\6\12\0\0\65", 12) == 0,
	    "address and DNS named");
	feed(PPP_IPCP, CP_CONF_REQ, 3, dns, 6);
	s = expect(PPP_IPCP, CP_CONF_NAK, "N01 no address");
	ok(s->len == 16 && s->data[10] == 3, "N01 it is appended");

	feed(PPP_IPCP, CP_CONF_REQ, 4, other, 6);
	expect_none("an address of its own is asked for");
	is_int(ntohl(wanted.s_addr), 0x0a00004d, "of the auth engine");
	ppp_address(&ppp, wanted, now);
	s = expect(PPP_IPCP, CP_CONF_ACK, "granted");
	is_int(s->data[1], 4, "the held request is answered");
	inet_pton(AF_INET, "10.0.0.10", &a);
	ppp_address(&ppp, a, now);
	expect_none("no answer is asked for");
	is_int(up, 0, "not up without MPPE");
}

/* A peer that never agrees. */
static void
test_storm(void)
{
	const struct sent	*s;
	uint8_t			 nak[4] = { 1, 4, 5, 0 };
	int			 i;

	begin();
	now += 100;
	ppp_timer(&ppp, now);
	for (i = 0; i < 1000 && !finished; i++) {
		s = &sent[nsent - 1];
		nak[3] = i;
		nsent = 0;
		feed(PPP_LCP, CP_CONF_NAK, s->data[1], nak, sizeof(nak));
	}
	is_int(finished, 1, "V058 a storm of Naks ends");
	is_int(ppp.cause, END_LCP_FAILED, "V058 cause");
	is_int(i, 301, "V058 after so many");
	nsent = nread = 0;
}

/* Each good packet cut at every octet, in its own state. */
static void
test_cut(void)
{
	uint8_t	 buf[64];
	size_t	 n;

	to_up();
	nread = nsent = 0;
	memset(buf, 0, sizeof(buf));
	memcpy(buf, "\1\1\0\22\1\4\5\170\5\6\1\2\3\4\7\2\10\2", 18);
	for (n = 0; n < 18; n++) {
		ppp_input(&ppp, PPP_LCP, buf, n, now);
		ppp_input(&ppp, PPP_CCP, buf, n, now);
		ppp_input(&ppp, PPP_IPCP, buf, n, now);
	}
	buf[0] = CHAP_RESPONSE;
	buf[3] = 58;
	buf[4] = 49;
	for (n = 0; n < 58; n++)
		ppp_input(&ppp, PPP_CHAP, buf, n, now);
	is_int(nsent, 0, "T25 truncated packets: silence");
	is_int(ppp.malformed, 18 * 3 + 58, "T25 all counted");
	is_int(up, 1, "T25 still up");
}

static void
test_rejects(void)
{
	uint8_t	 big[1400];
	int	 i;

	to_up();
	nread = nsent = 0;
	memset(big, 0, sizeof(big));
	ppp.lcp.peer_mru = 128;
	for (i = 0; i < 50; i++)
		feed(0x8057, 1, i, big, sizeof(big) - 4);
	is_int(nsent, 10, "negative replies are limited");
	is_int(sent[0].len, 128, "V051 cut to the peer's MRU");
	ok(memcmp(sent[0].data + 4, "\x80\x57", 2) == 0, "L06 the protocol");
	ok(sent[0].data[1] != sent[1].data[1], "L06 a new id each time");
}

static void
test_header(void)
{
	uint16_t	proto;

	is_int(ppp_header((const uint8_t *)"\xff\3\xc0\x21x", 5, &proto), 4,
	    "L25 full header");
	is_int(proto, PPP_LCP, "L25 full header: protocol");
	is_int(ppp_header((const uint8_t *)"\xc0\x21x", 3, &proto), 2,
	    "L26 without address and control");
	is_int(ppp_header((const uint8_t *)"\xfdx", 2, &proto), 1,
	    "L25 one octet of protocol");
	is_int(proto, PPP_COMP, "L25 one octet: protocol");
	is_int(ppp_header((const uint8_t *)"\xff\3\xfd", 3, &proto), 3,
	    "L25 address, control, one octet");
	is_int(ppp_header((const uint8_t *)"", 0, &proto), -1, "V031 nothing");
	is_int(ppp_header((const uint8_t *)"\xc0", 1, &proto), -1,
	    "V031 half a protocol");
	is_int(ppp_header((const uint8_t *)"\xff\3", 2, &proto), -1,
	    "V031 no protocol");
}

int
main(void)
{
	test_header();
	test_good();
	test_lcp_options();
	test_lcp_answers();
	test_loop();
	test_echo();
	test_auth();
	test_ccp();
	test_ipcp();
	test_storm();
	test_cut();
	test_rejects();
	done_testing();
}
