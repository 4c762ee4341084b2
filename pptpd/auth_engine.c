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
#include <unistd.h>

#include "log.h"
#include "mschap.h"
#include "pptpd.h"
#include "auth_engine.h"

/*
 * The auth engine: it alone knows users' secrets.  It makes every challenge,
 * checks every answer, and hands back a verdict with the keys of that session.
 * It has no socket but those to the parent and the session engine.
 */

#define CHILD_FD	3

static void	 dispatch_parent(int, short, void *);
static void	 dispatch_session(int, short, void *);
static struct login *login_get(uint32_t, uint32_t);
static void	 auth_start(const struct msg_auth_start *);
static void	 auth_response(const struct msg_auth_response *);
static void	 auth_address(const struct msg_address *);
static void	 auth_release(const struct msg_call *);
static void	 send_session(uint32_t, const void *, size_t);

static struct imsgev	 iev_parent, iev_session;
static int		 has_session;
static struct conf_auth	 auth_conf, next_conf;
static struct login	*logins[MAX_CALL_ID + 1];

void
auth_engine(void)
{
	event_init();
	drop_privileges("auth");
	/*
	 * stdio   the event loop
	 * recvfd  the pipe to the session engine; it goes when that is here
	 */
	if (pledge("stdio recvfd", NULL) == -1)
		fatal("pledge");

	imsgev_init(&iev_parent, CHILD_FD, dispatch_parent, 1);
	event_dispatch();
	exit(0);
}

static void
send_session(uint32_t type, const void *data, size_t len)
{
	if (has_session &&
	    imsgev_compose(&iev_session, type, 0, -1, data, len) == -1)
		fatal("cannot send %s", i2s(type));
}

static void
dispatch_parent(int fd, short event, void *arg)
{
	struct addr_range	 range;
	struct conf_user	 user;
	struct imsg		 imsg;
	uint32_t		 type;
	int			 n, verbose;

	if (!imsgev_io(&iev_parent, event))
		exit(0);
	for (;;) {
		if ((n = imsgbuf_get(&iev_parent.ibuf, &imsg)) == -1)
			fatal("imsgbuf_get");
		if (n == 0)
			break;
		switch (type = imsg_get_type(&imsg)) {
		case IMSG_PIPE_SESSION:
			if (has_session)
				fatalx("a second session engine");
			imsgev_init(&iev_session, imsg_payload_fd(&imsg),
			    dispatch_session, 0);
			has_session = 1;
			if (pledge("stdio", NULL) == -1)
				fatal("pledge");
			break;
		case IMSG_AUTH_CONF:
			imsg_payload(&imsg, &next_conf, sizeof(next_conf));
			users_begin();
			pool_begin();
			break;
		case IMSG_AUTH_LOCAL:
		case IMSG_AUTH_REMOTE:
			imsg_payload(&imsg, &range, sizeof(range));
			pool_add(type == IMSG_AUTH_LOCAL, &range);
			break;
		case IMSG_AUTH_USER:
			imsg_payload(&imsg, &user, sizeof(user));
			users_add(&user);
			explicit_bzero(&user, sizeof(user));
			break;
		case IMSG_AUTH_CONF_END:
			imsg_payload(&imsg, NULL, 0);
			auth_conf = next_conf;
			users_commit();
			pool_commit();
			break;
		case IMSG_VERBOSE:
			imsg_payload(&imsg, &verbose, sizeof(verbose));
			log_setverbose(verbose);
			break;
		default:
			fatalx("%s from the parent", i2s(type));
		}
		imsg_free(&imsg);
	}
	imsgev_add(&iev_parent);
}

static void
dispatch_session(int fd, short event, void *arg)
{
	struct msg_auth_response response;
	struct msg_auth_start	 start;
	struct msg_address	 address;
	struct msg_call		 call;
	struct imsg		 imsg;
	int			 n;

	if (!imsgev_io(&iev_session, event)) {
		event_del(&iev_session.ev);
		has_session = 0;
		return;
	}
	for (;;) {
		if ((n = imsgbuf_get(&iev_session.ibuf, &imsg)) == -1)
			fatal("imsgbuf_get");
		if (n == 0)
			break;
		switch (imsg_get_type(&imsg)) {
		case IMSG_AUTH_START:
			imsg_payload(&imsg, &start, sizeof(start));
			auth_start(&start);
			break;
		case IMSG_AUTH_RESPONSE:
			imsg_payload(&imsg, &response, sizeof(response));
			auth_response(&response);
			explicit_bzero(&response, sizeof(response));
			break;
		case IMSG_ADDRESS_REQUEST:
			imsg_payload(&imsg, &address, sizeof(address));
			auth_address(&address);
			break;
		case IMSG_AUTH_RELEASE:
			imsg_payload(&imsg, &call, sizeof(call));
			auth_release(&call);
			break;
		default:
			fatalx("%s from the session engine",
			    i2s(imsg_get_type(&imsg)));
		}
		imsg_free(&imsg);
	}
	imsgev_add(&iev_session);
}

/* A call's login, made at its first message. */
static struct login *
login_get(uint32_t id, uint32_t serial)
{
	struct login	*l;

	if (id < 1 || id > MAX_CALL_ID)
		fatalx("session engine: bad call %u", id);
	if ((l = logins[id]) != NULL) {
		if (l->serial != serial)
			fatalx("session engine: call %u is another", id);
		return (l);
	}
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return (NULL);
	l->call_id = id;
	l->serial = serial;
	logins[id] = l;
	return (l);
}

/* A new challenge; what answers an older one is worth nothing any more. */
static void
auth_start(const struct msg_auth_start *m)
{
	struct msg_auth_challenge	 reply;
	struct login			*l;

	if ((l = login_get(m->call_id, m->serial)) == NULL) {
		log_warn("call %u", m->call_id);
		return;
	}
	switch (m->method) {
	case AUTH_MSCHAP:
		l->len = MSCHAP1_CHALLENGE_LEN;
		break;
	case AUTH_MSCHAPV2:
	case AUTH_CHAP_MD5:
		l->len = MSCHAP2_CHALLENGE_LEN;
		break;
	default:
		fatalx("session engine: challenge for method %u", m->method);
	}
	l->method = m->method;
	arc4random_buf(l->challenge, l->len);

	memset(&reply, 0, sizeof(reply));
	reply.call_id = m->call_id;
	reply.serial = m->serial;
	reply.method = m->method;
	reply.len = l->len;
	memcpy(reply.value, l->challenge, l->len);
	send_session(IMSG_AUTH_CHALLENGE, &reply, sizeof(reply));
}

static void
auth_response(const struct msg_auth_response *m)
{
	struct msg_auth_verdict	 v;
	const struct conf_user	*u;
	struct login		*l;
	int			 known, ok;

	if (m->value_len > sizeof(m->value) ||
	    memchr(m->user, '\0', sizeof(m->user)) == NULL)
		fatalx("session engine: bad response");
	if ((l = login_get(m->call_id, m->serial)) == NULL) {
		log_warn("call %u", m->call_id);
		return;
	}
	/* A challenge is good for one answer. */
	if (m->method != AUTH_PAP && m->method != l->method)
		fatalx("session engine: response to no challenge");

	memset(&v, 0, sizeof(v));
	v.call_id = m->call_id;
	v.serial = m->serial;
	u = users_find(m->user, &known);
	ok = verify(l, m, u, &v) & known;
	l->method = 0;
	explicit_bzero(l->challenge, sizeof(l->challenge));
	if (ok) {
		pool_release(l);
		if (pool_take(l, u->address,
		    u->address.s_addr != INADDR_ANY) == -1)
			v.cause = END_NO_ADDRESS;
		v.remote = l->address;
		v.local = l->local;
		v.ok = v.cause == END_NONE;
	} else
		v.cause = END_AUTH_FAILED;
	if (!v.ok) {
		v.has_keys = 0;
		explicit_bzero(v.send_key, sizeof(v.send_key));
		explicit_bzero(v.recv_key, sizeof(v.recv_key));
		verify_failure(m->method, v.text, sizeof(v.text));
	}
	send_session(IMSG_AUTH_VERDICT, &v, sizeof(v));
	explicit_bzero(&v, sizeof(v));
}

/* The client would like another address: it may have a free one of the pool. */
static void
auth_address(const struct msg_address *m)
{
	struct msg_address	 reply;
	struct login		*l;

	if ((l = login_get(m->call_id, m->serial)) == NULL ||
	    l->address.s_addr == INADDR_ANY)
		fatalx("session engine: call %u has no address", m->call_id);
	memset(&reply, 0, sizeof(reply));
	reply.call_id = m->call_id;
	reply.serial = m->serial;
	/* Our own address was named already: it cannot change with it. */
	if (!l->fixed && pool_local(m->remote).s_addr == l->local.s_addr)
		(void)pool_take(l, m->remote, 0);
	reply.remote = l->address;
	reply.local = l->local;
	send_session(IMSG_ADDRESS_REPLY, &reply, sizeof(reply));
}

static void
auth_release(const struct msg_call *m)
{
	struct login	*l;

	if (m->call_id < 1 || m->call_id > MAX_CALL_ID ||
	    (l = logins[m->call_id]) == NULL || l->serial != m->serial)
		fatalx("session engine: release of unknown call %u",
		    m->call_id);
	pool_release(l);
	logins[m->call_id] = NULL;
	freezero(l, sizeof(*l));
}
