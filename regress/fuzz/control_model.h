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
 * The whole control engine between clients, pptpctl, the parent and the
 * session engine, all of which the input plays.  Included by its targets.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/tree.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <errno.h>
#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "pptp.h"
#include "pptpd.h"
#include "penalty.h"
#include "wheel.h"
#include "control_engine.h"
#include "fuzz.h"

#define LISTEN_FD	(FAKE_FD - 1)	/* never read, written or closed */
#define SOCKET_FD	(FAKE_FD - 2)
#define CALLS_MAX	64
#define CLIENTS		3
#define STEPS_MAX	300

/* A call as the session engine knows it. */
struct known_call {
	uint32_t	id, serial;
	int		ready;	/* 1 established, 2 authenticated */
};

/* What a peer has been sent, to be a stream of messages. */
struct reader {
	uint8_t		buf[PPTP_MAX_LEN];
	size_t		len;
	unsigned int	messages;
};

static struct channel		 parent, session;
static struct channel		 clients[CLIENTS];	/* pptpctl */
static struct known_call	 calls[CALLS_MAX];
static struct reader		 readers[FAKE_SOCKETS];
static struct input		 input;
static int			 session_wrong;
static void			(*steps)(struct input *);

void
drop_privileges(const char *name, unsigned int proc)
{
}

/* Every octet that a peer gets is part of a message that makes sense. */
static void
output(int fd, const uint8_t *p, size_t n)
{
	struct reader	*r = &readers[fd - FAKE_FD];
	struct pptp_msg	 msg;
	size_t		 i;
	int		 len;

	for (i = 0; i < n; i++) {
		ASSERT(r->len < sizeof(r->buf));
		r->buf[r->len++] = p[i];
		len = pptp_frame(r->buf, r->len);
		ASSERT(len != -1);
		if (len == 0 || r->len < (size_t)len)
			continue;
		ASSERT(pptp_decode(r->buf, len, &msg) == 0);
		switch (msg.type) {
		case PPTP_SCCRP:
			ASSERT(msg.scc.result == PPTP_SCCRP_OK ||
			    msg.scc.result == PPTP_SCCRP_BAD_VERSION ||
			    msg.scc.result == PPTP_SCCRP_GENERAL ||
			    msg.scc.result == PPTP_SCCRP_EXISTS ||
			    msg.scc.result == PPTP_SCCRP_NOT_AUTHORIZED);
			break;
		case PPTP_STOPCCRQ:
		case PPTP_STOPCCRP:
		case PPTP_ECHORQ:
		case PPTP_ECHORP:
		case PPTP_CDN:
		case PPTP_ICRP:
			break;
		case PPTP_OCRP:
			ASSERT((msg.ocrp.result == PPTP_OCRP_CONNECTED) ==
			    (msg.ocrp.call_id != 0));
			break;
		default:
			ASSERT(0);	/* not ours to send */
		}
		r->messages++;
		r->len = 0;
	}
}

/* What the session engine is asked. */
static void
heard(struct imsg *imsg)
{
	struct msg_call_open	open;
	struct msg_call_close	end;
	size_t			i, hole = CALLS_MAX;

	switch (imsg_get_type(imsg)) {
	case IMSG_CALL_OPEN:
		ASSERT(imsg_get_data(imsg, &open, sizeof(open)) == 0);
		ASSERT(open.call_id >= 1 && open.call_id <= MAX_CALL_ID);
		for (i = 0; i < CALLS_MAX; i++) {
			ASSERT(calls[i].id != open.call_id);
			if (calls[i].id == 0)
				hole = i;
		}
		ASSERT(hole < CALLS_MAX);
		calls[hole].id = open.call_id;
		calls[hole].serial = open.serial;
		calls[hole].ready = 0;
		break;
	case IMSG_CALL_CLOSE:
		ASSERT(imsg_get_data(imsg, &end, sizeof(end)) == 0);
		ASSERT(end.cause < END_MAX);
		for (i = 0; i < CALLS_MAX; i++)
			if (calls[i].id == end.call_id &&
			    calls[i].serial == end.serial)
				break;
		ASSERT(i < CALLS_MAX);
		break;
	}
}

/* What the parent is asked. */
static void
asked(struct imsg *imsg)
{
	if (imsg_get_type(imsg) == IMSG_SESSION_WRONG)
		session_wrong = 1;
}

/* The first session engine, or the next one when that has been wrong. */
static void
session_begin(void)
{
	struct msg_session_engine	m;

	if (session.fd != -1) {
		session.engine = -1;	/* closed already */
		channel_close(&session);
	}
	memset(calls, 0, sizeof(calls));
	memset(&m, 0, sizeof(m));
	session_wrong = 0;
	channel_open(&session, -1);
	/* The engine gets a descriptor of its own. */
	channel_send(&parent, IMSG_PIPE_SESSION, session.engine, &m,
	    sizeof(m));
	session.engine = fake_newest();
}

static void
exchange(void)
{
	size_t	i;

	if (session.engine != -1)
		channel_take(&session, heard);
	channel_take(&parent, asked);
	if (session_wrong)
		session_begin();
	for (i = 0; i < CLIENTS; i++)
		if (clients[i].engine != -1 &&
		    fake_wants(clients[i].engine, EV_READ | EV_WRITE))
			channel_take(&clients[i], NULL);
}

/* A new connection; which, or -1. */
static int
client_new(uint8_t who, size_t room)
{
	int	i;

	for (i = 0; i < FAKE_SOCKETS; i++)
		if (!fake_sockets[i].open)
			break;
	if (i == FAKE_SOCKETS) {
		fake_accepted = -EMFILE;
		(void)fake_fire(LISTEN_FD, EV_READ);
		return (-1);
	}
	memset(&fake_sockets[i], 0, sizeof(fake_sockets[i]));
	memset(&readers[i], 0, sizeof(readers[i]));
	fake_sockets[i].peer.sin_family = AF_INET;
	fake_sockets[i].peer.sin_port = htons(1024 + i);
	fake_sockets[i].peer.sin_addr.s_addr = htonl(0xc6336400 + who % 4 +
	    (who & 4) * 64);
	fake_sockets[i].room = room;
	fake_sockets[i].output = output;
	fake_accepted = FAKE_FD + i;
	(void)fake_fire(LISTEN_FD, EV_READ);
	return (fake_sockets[i].open ? i : -1);
}

/* In pieces of size octets, 0: at once. */
static void
client_feed(int i, const uint8_t *p, size_t len, size_t size)
{
	struct fake_socket	*s = &fake_sockets[i];
	size_t			 n, rounds;

	for (; len > 0; p += n, len -= n) {
		n = size == 0 || size > len ? len : size;
		s->in = p;
		s->inlen = n;
		/* As long as it listens. */
		for (rounds = 0; s->open && s->inlen > 0; rounds++) {
			ASSERT(rounds < 4096);
			if (!fake_fire(FAKE_FD + i, EV_READ))
				break;
		}
		if (!s->open)
			return;
		s->inlen = 0;
	}
}

static void
client_message(int i, struct input *in)
{
	struct pptp_msg	msg;
	uint8_t		buf[PPTP_MAX_LEN], flags;
	int		len;

	flags = in_8(in);
	memset(&msg, 0, sizeof(msg));
	msg.type = flags % (PPTP_TYPE_MAX + 1);
	switch (msg.type) {
	case PPTP_SCCRQ:
		msg.scc.version = flags & 0x80 ? in_16(in) : PPTP_VERSION;
		break;
	case PPTP_OCRQ:
		msg.ocrq.call_id = in_8(in) % 4;
		msg.ocrq.window = in_8(in);
		break;
	case PPTP_CCRQ:
		msg.ccrq.call_id = in_8(in) % 4;
		break;
	default:
		break;
	}
	if ((len = pptp_encode(&msg, buf, sizeof(buf))) == -1)
		return;
	if (flags & 0x40)
		in_fill(in, buf + 12, len - 12 < 16 ? len - 12 : 16);
	client_feed(i, buf, len, in_8(in));
}

/* Shared by the targets: what clients do, one step. */
static inline void
client_step(struct input *in, uint8_t op)
{
	const uint8_t	*p;
	size_t		 n, size;
	int		 i;

	i = op % FAKE_SOCKETS;
	switch (in_8(in) % 8) {
	case 0:
		n = in_8(in);
		(void)client_new(n, n & 0x80 ? 1 << 20 : n);
		break;
	case 1:
		n = in_8(in);
		size = in_8(in);
		p = in_bytes(in, &n);
		if (fake_sockets[i].open)
			client_feed(i, p, n, size);
		break;
	case 2:
	case 3:
		if (fake_sockets[i].open)
			client_message(i, in);
		break;
	case 4:
		/* The same, many times. */
		n = in_8(in);
		p = in->p;
		size = in->left;
		while (n-- > 0 && fake_sockets[i].open) {
			in->p = p;
			in->left = size;
			client_message(i, in);
		}
		break;
	case 5:
		fake_sockets[i].room += in_8(in) * 4;
		if (fake_sockets[i].open && fake_sockets[i].room > 0)
			(void)fake_fire(FAKE_FD + i, EV_WRITE);
		break;
	case 6:
		fake_sockets[i].eof = in_8(in) & 1 ? 1 : ECONNRESET;
		if (fake_sockets[i].open)
			(void)fake_fire(FAKE_FD + i, EV_READ);
		break;
	case 7:
		fake_sleep(in_8(in) * 100);
		break;
	}
}

/* What the session engine says about the calls. */
static inline void
session_step(struct input *in)
{
	struct msg_call_closed	 closed;
	struct known_call	*k;
	struct msg_call		 call;

	k = &calls[in_8(in) % CALLS_MAX];
	if (k->id == 0 || session.engine == -1)
		return;
	if (in_8(in) & 1) {
		memset(&call, 0, sizeof(call));
		call.call_id = k->id;
		call.serial = k->serial;
		channel_send(&session, k->ready ? IMSG_CALL_AUTHENTICATED :
		    IMSG_CALL_READY, -1, &call, sizeof(call));
		if (k->ready < 2)
			k->ready++;
	} else {
		memset(&closed, 0, sizeof(closed));
		closed.call_id = k->id;
		closed.serial = k->serial;
		closed.cause = in_8(in) % END_MAX;
		closed.opened = k->ready > 0;
		closed.authenticated = k->ready > 1;
		k->id = 0;
		channel_send(&session, IMSG_CALL_CLOSED, -1, &closed,
		    sizeof(closed));
	}
}

/* A pptpctl connects. */
static inline void
ctl_open(size_t i)
{
	if (clients[i].engine != -1)
		return;
	channel_open(&clients[i], -1);
	fake_accepted = clients[i].engine;
	(void)fake_fire(SOCKET_FD, EV_READ);
	if (fake_accepted != -EAGAIN)
		channel_close(&clients[i]);
}

/* And goes; the engine closes its own descriptor. */
static void
ctl_close(size_t i)
{
	int	fd = clients[i].engine;

	if (fd == -1)
		return;
	if (fake_wants(fd, EV_READ | EV_WRITE)) {
		clients[i].engine = -1;
		(void)shutdown(clients[i].fd, SHUT_RDWR);
		(void)fake_fire(fd, EV_READ);
	} else
		clients[i].engine = -1;	/* closed already */
	channel_close(&clients[i]);
}

static void
script(void)
{
	struct conf_pptp	conf;
	unsigned int		i;
	uint8_t			flags;

	flags = in_8(&input);
	memset(&conf, 0, sizeof(conf));
	conf.echo_interval = 60;
	conf.echo_timeout = 30;
	conf.start_timeout = 5;
	conf.setup_timeout = 10;
	conf.startups_begin = flags & 32 ? 2 : 100;
	conf.startups_rate = 50;
	conf.startups_full = flags & 32 ? 4 : 200;
	conf.source_startups = flags >> 6 & 1 ? 2 : 0;
	conf.net_startups = flags >> 7 & 1 ? 3 : 0;
	conf.connection_calls = 3;
	conf.max_sessions = flags & 1 ? CALLS_MAX - 1 : 2;
	conf.source_sessions = flags >> 1 & 3;
	conf.engines = 1;
	conf.penalty.enabled = flags >> 3 & 1;
	conf.penalty.authfail = 5;
	conf.penalty.noauth = conf.penalty.protocol = 2;
	conf.penalty.min = 6;
	conf.penalty.max = 60;
	memcpy(conf.hostname, "test", 5);
	log_setverbose(flags >> 4 & 1);

	channel_send(&parent, IMSG_CONTROL_CONF, -1, &conf, sizeof(conf));
	session_begin();
	conn_listen(LISTEN_FD);
	control_listen(SOCKET_FD);
	channel_send(&parent, IMSG_CONTROL_CONF_END, -1, NULL, 0);

	for (i = 0; i < STEPS_MAX && input.left > 0; i++) {
		steps(&input);
		exchange();
		ASSERT(control_stats.call_current <= conf.max_sessions ||
		    control_conf.max_sessions != conf.max_sessions);
	}
}

/* Everybody goes: nothing must be left. */
static void
finish(void)
{
	size_t	i;

	for (i = 0; i < FAKE_SOCKETS; i++) {
		if (!fake_sockets[i].open)
			continue;
		fake_sockets[i].eof = ECONNRESET;
		fake_sockets[i].inlen = 0;
		if (!fake_fire(FAKE_FD + i, EV_READ))
			(void)fake_fire(FAKE_FD + i, EV_WRITE);
		ASSERT(!fake_sockets[i].open);
	}
	for (i = 0; i < CLIENTS; i++)
		ctl_close(i);
	/* The engine closes its own descriptor. */
	if (session.engine != -1 && fake_wants(session.engine, EV_READ)) {
		(void)shutdown(session.fd, SHUT_RDWR);
		(void)fake_fire(session.engine, EV_READ);
	}
	session.engine = -1;
	control_stopping = 0;
	conn_shutdown();		/* the listening socket */
	ASSERT(!conn_any());
	ASSERT(control_stats.conn_current == 0);
	ASSERT(control_stats.conn_unauth == 0);
	ASSERT(control_stats.call_current == 0);
	(void)control_penalty_clear(NULL);
	memset(&control_stats, 0, sizeof(control_stats));
}

static void
control_run(const uint8_t *p, size_t len, void (*f)(struct input *))
{
	size_t	i;

	input.p = p;
	input.left = len;
	steps = f;
	fake_script = script;
	fake_begin();
	memset(calls, 0, sizeof(calls));
	for (i = 0; i < CLIENTS; i++)
		clients[i].engine = clients[i].fd = -1;
	session.engine = session.fd = -1;
	channel_open(&parent, CHILD_FD);
	(void)fake_run(control_engine);
	ASSERT(fake_run(finish) == -1);
	channel_close(&parent);
	if (session.fd != -1)
		channel_close(&session);
	fake_begin();
}
