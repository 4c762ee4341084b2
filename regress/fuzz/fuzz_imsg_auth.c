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
 * The whole auth engine: messages of the session engine and of the parent,
 * right and wrong.  Nobody is let in without the right answer to the challenge
 * that is out, and no address has two owners.
 */

#include "auth_engine.c"

#include <sys/socket.h>
#include <arpa/inet.h>

#include "fuzz.h"

#define CALLS		6
#define STEPS_MAX	300
#define NUSERS		6

/* A call as the session engine knows it. */
struct known {
	uint32_t	serial;
	uint32_t	method;		/* of the challenge that is out */
	uint8_t		challenge[CHAP_VALUE_MAX];
	uint32_t	attempt;
	int		right;		/* the last answer was */
	int		in;		/* and the verdict was good */
	struct in_addr	address;
};

static struct channel	 parent, session;
static struct known	 known[CALLS];
static int		 wrong;
static struct input	 input;
static struct conf_user	 table[NUSERS];

void
drop_privileges(const char *name, unsigned int proc)
{
}

static void
send_conf(uint8_t flags)
{
	static const char *const	names[NUSERS] = {
		"bob", "fixed", "off", "old", "far", "two"
	};
	struct addr_range		range;
	struct conf_auth		conf;
	struct conf_pool		pool;
	struct msg_reload		reload;
	size_t				i;

	memset(&conf, 0, sizeof(conf));
	conf.engines = 1;
	conf.user_sessions = flags & 1;
	conf.duplicate = flags >> 1 & 3;
	conf.reload_drop = flags >> 7 & 1;
	conf.penalty.enabled = flags >> 3 & 1;
	conf.penalty.authfail = 5;
	conf.penalty.min = 10;
	conf.penalty.max = 60;
	channel_send(&parent, IMSG_AUTH_CONF, -1, &conf, sizeof(conf));
	memset(&pool, 0, sizeof(pool));
	channel_send(&parent, IMSG_AUTH_POOL, -1, &pool, sizeof(pool));
	range.first.s_addr = range.last.s_addr = htonl(0x0a000001);
	channel_send(&parent, IMSG_AUTH_LOCAL, -1, &range, sizeof(range));
	range.first.s_addr = htonl(0x0a00000a);
	range.last.s_addr = htonl(flags & 16 ? 0x0a00000c : 0x0a000020);
	channel_send(&parent, IMSG_AUTH_REMOTE, -1, &range, sizeof(range));
	(void)strlcpy(pool.name, "two", sizeof(pool.name));
	pool.dns[0].s_addr = htonl(0x0a000035);
	channel_send(&parent, IMSG_AUTH_POOL, -1, &pool, sizeof(pool));
	range.first.s_addr = range.last.s_addr = htonl(0x0a000001);
	channel_send(&parent, IMSG_AUTH_LOCAL, -1, &range, sizeof(range));
	range.first.s_addr = range.last.s_addr = htonl(0x0a000030);
	channel_send(&parent, IMSG_AUTH_REMOTE, -1, &range, sizeof(range));
	memset(table, 0, sizeof(table));
	for (i = 0; i < NUSERS; i++) {
		memcpy(table[i].name, names[i], strlen(names[i]));
		memcpy(table[i].password, "password", 8);
		table[i].has_password = i != 5;
		if (nt_password_hash("password", table[i].nt_hash) == -1)
			abort();
		table[i].idle_timeout = table[i].session_timeout =
		    TIMEOUT_DEFAULT;
	}
	table[1].address.s_addr = htonl(0x0a00000b);
	table[2].disabled = 1;
	table[3].expires = 1;
	table[4].nfrom = 1;
	table[4].from[0].addr.s_addr = htonl(0x7f000000);
	table[4].from[0].prefixlen = 8;
	table[5].max_sessions = 2;
	if (flags & 64)
		(void)strlcpy(table[5].pool, "two", sizeof(table[5].pool));
	memset(table[5].password, 0, sizeof(table[5].password));
	for (i = 0; i < NUSERS; i++)
		if ((flags & 32) == 0 || i != 0)
			channel_send(&parent, IMSG_AUTH_USER, -1, &table[i],
			    sizeof(table[i]));
	memset(&reload, 0, sizeof(reload));
	reload.answer = flags >> 6 & 1;
	reload.everybody = flags >> 7 & 1 ? KEEPS_DNS : 0;
	channel_send(&parent, IMSG_AUTH_CONF_END, -1, &reload,
	    sizeof(reload));
}

static void
check_addresses(void)
{
	size_t	i, j;

	for (i = 0; i < CALLS; i++)
		for (j = 0; j < i; j++)
			ASSERT(!known[i].in || !known[j].in ||
			    known[i].address.s_addr !=
			    known[j].address.s_addr);
}

static void
from_engine(struct imsg *imsg)
{
	struct msg_auth_challenge	 c;
	struct msg_auth_verdict		 v;
	struct msg_address		 a;
	struct known			*k;

	switch (imsg_get_type(imsg)) {
	case IMSG_AUTH_CHALLENGE:
		ASSERT(imsg_get_data(imsg, &c, sizeof(c)) == 0);
		ASSERT(c.call_id >= 1 && c.call_id <= CALLS);
		k = &known[c.call_id - 1];
		ASSERT(c.len == (c.method == AUTH_MSCHAP ? 8 : 16));
		/* No two are the same. */
		ASSERT(memcmp(k->challenge, c.value, c.len) != 0);
		k->method = c.method;
		memcpy(k->challenge, c.value, sizeof(k->challenge));
		break;
	case IMSG_AUTH_VERDICT:
		ASSERT(imsg_get_data(imsg, &v, sizeof(v)) == 0);
		ASSERT(v.call_id >= 1 && v.call_id <= CALLS);
		k = &known[v.call_id - 1];
		ASSERT(memchr(v.text, '\0', sizeof(v.text)) != NULL);
		ASSERT(v.cause < END_MAX && v.nroutes <= USER_ROUTES_MAX);
		if (v.attempt != k->attempt)
			break;
		if (!v.ok) {
			ASSERT(v.cause != END_NONE && !v.has_keys);
			break;
		}
		ASSERT(k->right);
		k->in = 1;
		k->address = v.remote;
		check_addresses();
		break;
	case IMSG_ADDRESS_REPLY:
		ASSERT(imsg_get_data(imsg, &a, sizeof(a)) == 0);
		k = &known[a.call_id - 1];
		k->address = a.remote;
		check_addresses();
		break;
	}
}

/* The right answer, or one that is not. */
static void
respond(size_t i, struct input *in)
{
	struct msg_auth_response	 m;
	struct known			*k = &known[i];
	const struct conf_user		*u;
	uint8_t				 how, hash[NT_HASH_LEN];

	how = in_8(in);
	u = &table[how % NUSERS];
	memset(&m, 0, sizeof(m));
	m.call_id = i + 1;
	m.serial = k->serial;
	m.attempt = ++k->attempt;
	m.chap_id = in_8(in);
	m.peer.s_addr = htonl(0x7f000001);
	m.method = k->method != 0 ? k->method : AUTH_PAP;
	if (how & 0x80)
		memcpy(m.user, "DOM\\", 4);
	memcpy(m.user + strlen(m.user), u->name, strlen(u->name));
	if (nt_password_hash("password", hash) == -1)
		abort();
	k->right = 1;
	k->in = 0;
	switch (m.method) {
	case AUTH_PAP:
		memcpy(m.value, "password", 8);
		m.value_len = 8;
		break;
	case AUTH_CHAP_MD5:
		(void)chap_md5(m.chap_id, "password", k->challenge, 16,
		    m.value);
		m.value_len = 16;
		break;
	case AUTH_MSCHAP:
		(void)mschap1_response(k->challenge, hash, m.value + 24);
		m.value[48] = 1;
		m.value_len = 49;
		break;
	case AUTH_MSCHAPV2:
		in_fill(in, m.value, 16);
		(void)mschap2_response(k->challenge, m.value, u->name, hash,
		    m.value + 24);
		m.value_len = 49;
		break;
	}
	if (how & 0x40) {
		/* All but the peer's challenge and what is reserved counts. */
		m.value[how & 0x20 ? 24 : 31] ^= 1 + in_8(in) % 255;
		if (m.method == AUTH_PAP || m.method == AUTH_CHAP_MD5)
			m.value[0] ^= 1;
		k->right = 0;
	}
	k->method = 0;
	channel_send(&session, IMSG_AUTH_RESPONSE, -1, &m, sizeof(m));
}

static void
release(size_t i)
{
	struct msg_call	m;

	m.call_id = i + 1;
	m.serial = known[i].serial++;
	known[i].method = 0;
	known[i].in = known[i].right = 0;
	channel_send(&session, IMSG_AUTH_RELEASE, -1, &m, sizeof(m));
}

static void
step(struct input *in)
{
	static uint8_t		 buf[16384];
	static const uint32_t	 methods[] = { AUTH_CHAP_MD5, AUTH_MSCHAP,
				    AUTH_MSCHAPV2, AUTH_MSCHAPV2 };
	static const struct {
		uint32_t	type;
		size_t		len;
	} messages[] = {
		{ IMSG_AUTH_START,	sizeof(struct msg_auth_start) },
		{ IMSG_AUTH_RESPONSE,	sizeof(struct msg_auth_response) },
		{ IMSG_ADDRESS_REQUEST,	sizeof(struct msg_address) },
		{ IMSG_AUTH_RELEASE,	sizeof(struct msg_call) },
		{ IMSG_AUTH_ALIVE,	sizeof(struct msg_call) },
		{ IMSG_SHOW_PENALTIES,	sizeof(struct msg_penalties) },
		{ IMSG_CLEAR_PENALTIES,	sizeof(struct msg_penalties) },
		{ IMSG_AUTH_CONF,	sizeof(struct conf_auth) },
		{ IMSG_AUTH_LOCAL,	sizeof(struct addr_range) },
		{ IMSG_AUTH_REMOTE,	sizeof(struct addr_range) },
		{ IMSG_AUTH_USER,	sizeof(struct conf_user) },
		{ IMSG_VERBOSE,		sizeof(int) },
		{ IMSG_AUTH_POOL,	sizeof(struct conf_pool) }
	};
	struct msg_auth_start	 start;
	struct msg_address	 address;
	struct msg_penalties	 p;
	struct msg_call		 call;
	struct channel		*c;
	const uint8_t		*raw;
	uint32_t		 type, id;
	size_t			 i, n;
	uint8_t			 op = in_8(in), how;

	i = (op >> 4) % CALLS;
	call.call_id = i + 1;
	call.serial = known[i].serial;
	switch (op & 15) {
	case 0:
	case 1:
		memset(&start, 0, sizeof(start));
		start.call_id = i + 1;
		start.serial = known[i].serial;
		start.method = methods[in_8(in) & 3];
		channel_send(&session, IMSG_AUTH_START, -1, &start,
		    sizeof(start));
		break;
	case 2:
	case 3:
	case 4:
		respond(i, in);
		break;
	case 5:
		release(i);
		break;
	case 6:
		channel_send(&session, IMSG_AUTH_ALIVE, -1, &call,
		    sizeof(call));
		break;
	case 7:
		memset(&address, 0, sizeof(address));
		address.call_id = i + 1;
		address.serial = known[i].serial;
		address.remote.s_addr = htonl(0x0a000000 + in_8(in));
		channel_send(&session, IMSG_ADDRESS_REQUEST, -1, &address,
		    sizeof(address));
		break;
	case 8:
		memset(&p, 0, sizeof(p));
		how = in_8(in);
		if (how & 2)
			memcpy(p.user, "bob", 3);
		channel_send(&session, how & 1 ? IMSG_SHOW_PENALTIES :
		    IMSG_CLEAR_PENALTIES, -1, &p, sizeof(p));
		break;
	case 9:
		fake_sleep(in_8(in) * 500);
		break;
	case 10:
		send_conf(in_8(in));
		break;
	case 11:
		how = in_8(in);
		n = in_8(in);
		raw = in_bytes(in, &n);
		channel_raw(how & 1 ? &parent : &session, raw, n);
		break;
	default:
		how = in_8(in);
		n = how % nitems(messages);
		type = messages[n].type;
		c = n < 7 ? &session : &parent;
		n = messages[n].len;
		how = in_8(in);
		if (how & 0x80) {
			type = in_8(in) % (IMSG_MAX + 1);
			n = in_16(in) % (sizeof(buf) - IMSG_HEADER_SIZE);
			c = how & 1 ? &parent : &session;
		}
		memset(buf, how & 2 ? 0xff : 0, sizeof(buf));
		in_fill(in, buf, n < 64 ? n : 64);
		id = (in_8(in) % CALLS) + 1;
		/* About a call of ours, or none. */
		if (c == &session && n >= 8) {
			memcpy(buf, &id, 4);
			memcpy(buf + 4, &known[id - 1].serial, 4);
			if (how & 4)
				buf[3 + (how >> 3 & 7)] ^= 0x10;
		}
		if (type == IMSG_AUTH_START || type == IMSG_AUTH_RESPONSE) {
			known[id - 1].method = 0;
			known[id - 1].right = 0;
			known[id - 1].in = 0;
		}
		if (type == IMSG_AUTH_RELEASE)
			known[id - 1].in = 0;
		channel_send(c, type, -1, buf, n);
		break;
	}
}

/* What the parent is asked. */
static void
asked(struct imsg *imsg)
{
	if (imsg_get_type(imsg) == IMSG_SESSION_WRONG)
		wrong = 1;
}

/* The first session engine, or the next one when that has been wrong. */
static void
session_begin(void)
{
	struct msg_session_engine	m;
	unsigned int			i;

	if (session.fd != -1) {
		session.engine = -1;	/* closed already */
		channel_close(&session);
	}
	for (i = 0; i < CALLS; i++) {
		known[i].serial++;
		known[i].method = 0;
		known[i].in = known[i].right = 0;
	}
	memset(&m, 0, sizeof(m));
	wrong = 0;
	channel_open(&session, -1);
	channel_send(&parent, IMSG_PIPE_SESSION, session.engine, &m,
	    sizeof(m));
	session.engine = fake_newest();
}

static void
script(void)
{
	unsigned int	i;

	send_conf(in_8(&input));
	session_begin();
	for (i = 0; i < STEPS_MAX && input.left > 0; i++) {
		step(&input);
		channel_take(&session, from_engine);
		channel_take(&parent, asked);
		if (wrong)
			session_begin();
	}
}

/* All calls end: every address is free then. */
static void
finish(void)
{
	struct login	*l;
	struct msg_call	 m;
	uint32_t	 id;

	for (id = 1; id <= MAX_CALL_ID; id++) {
		if ((l = logins[id]) == NULL)
			continue;
		m.call_id = id;
		m.serial = l->serial;
		auth_release(&m);
	}
	ASSERT(RB_EMPTY(&by_user) && TAILQ_EMPTY(&held_back));
	(void)penalty_clear_all(&penalties, fake_now);
	users_begin();
	pools_begin();
	if (has_session[0])
		session_gone(0);
	session.engine = -1;
	memset(&auth_conf, 0, sizeof(auth_conf));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	size_t	i;

	input.p = p;
	input.left = len;
	fake_script = script;
	fake_begin();
	memset(known, 0, sizeof(known));
	for (i = 0; i < CALLS; i++)
		known[i].serial = 100 * (i + 1);
	session.engine = session.fd = -1;
	channel_open(&parent, CHILD_FD);
	(void)fake_run(auth_engine);
	ASSERT(fake_run(finish) == -1);
	channel_close(&parent);
	if (session.fd != -1)
		channel_close(&session);
	fake_begin();
	return (0);
}
