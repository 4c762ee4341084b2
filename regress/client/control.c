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
 * The control connection of one call (RFC 2637 sections 2 and 3): setting the
 * call up, and taking everything down again in good order.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <net/if.h>

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pptp.h"
#include "gre.h"
#include "mppe.h"
#include "mschap.h"
#include "dial.h"

#define WINDOW		64	/* GRE packets that may be on their way */
#define LINGER_TIME	MSEC(2000)
#define TERMINATE_TIME	MSEC(1000)
#define REPLY_TIME	MSEC(2000)
#define MAX_TERMINATE	3

static void	 control_send(struct call *, struct pptp_msg *);
static void	 control_read(struct call *);
static void	 control_message(struct call *, struct pptp_msg *);
static void	 send_sccrq(struct call *);
static void	 send_ocrq(struct call *);
static void	 send_link_info(struct call *);
static void	 got_sccrp(struct call *, struct pptp_scc *);
static void	 got_ocrp(struct call *, struct pptp_ocrp *);
static void	 step_terminate(struct call *);
static void	 step_clear(struct call *);
static void	 step_stop(struct call *);

void
control_start(struct call *c)
{
	int	fd, on = 1;

	c->started = now;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1) {
		call_over(c, R_SYSTEM, "socket: %s", strerror(errno));
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	call_watch(c, fd, POLLOUT);
	call_stage(c, S_CONNECT);
	if (opt.local.sin_addr.s_addr != INADDR_ANY &&
	    bind(fd, (struct sockaddr *)&opt.local, sizeof(opt.local)) == -1) {
		call_over(c, R_SYSTEM, "bind: %s", strerror(errno));
		return;
	}
	if (connect(fd, (struct sockaddr *)&opt.server,
	    sizeof(opt.server)) == -1 && errno != EINPROGRESS)
		call_over(c, R_CONNECT, "%s", strerror(errno));
}

void
control_close(struct call *c)
{
	if (call_fd(c) != -1)
		close(call_fd(c));
	call_watch(c, -1, 0);
	if (c->stage != S_DEAD)
		call_stage(c, S_DEAD);
}

void
control_event(struct call *c, short events)
{
	socklen_t	len;
	int		error = 0;

	if (c->stage != S_CONNECT) {
		control_read(c);
		return;
	}
	len = sizeof(error);
	if (getsockopt(call_fd(c), SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	if (error != 0) {
		call_over(c, R_CONNECT, "%s", strerror(error));
		return;
	}
	if ((events & POLLOUT) == 0)
		return;
	call_watch(c, call_fd(c), POLLIN);
	call_stage(c, S_SCCRP);
	send_sccrq(c);
}

/* The few messages of a call always fit into the socket's buffer. */
static void
control_send(struct call *c, struct pptp_msg *m)
{
	uint8_t	buf[PPTP_MAX_LEN];
	ssize_t	n;
	int	len;

	if (call_fd(c) == -1)
		return;
	verbose(c, "> %s", pptp_type_name(m->type));
	len = pptp_encode(m, buf, sizeof(buf));
	n = send(call_fd(c), buf, len, MSG_NOSIGNAL);
	if (n == len)
		return;
	/* What the server said before it closed is still to be read. */
	if (n == -1 && (errno == EPIPE || errno == ECONNRESET))
		return;
	complain(c, "control connection: %s",
	    n == -1 ? strerror(errno) : "short write");
	call_over(c, R_SYSTEM, "control connection");
}

static void
control_read(struct call *c)
{
	struct pptp_msg	m;
	ssize_t		n;
	int		len;

	n = read(call_fd(c), c->in + c->inlen, sizeof(c->in) - c->inlen);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		verbose(c, "< TCP %s", n == 0 ? "closed" : strerror(errno));
		c->saw |= SAW_CLOSE;
		if (c->stage < S_LINGER)
			call_over(c, R_TCP_CLOSED, "%s",
			    n == 0 ? "" : strerror(errno));
		control_close(c);
		return;
	}
	c->inlen += n;
	for (;;) {
		len = pptp_frame(c->in, c->inlen);
		if (len == 0 || len > c->inlen)
			return;
		if (len == -1 || pptp_decode(c->in, len, &m) == -1) {
			c->c.malformed++;
			call_over(c, R_PROTOCOL, "bad control message");
			return;
		}
		c->inlen -= len;
		memmove(c->in, c->in + len, c->inlen);
		control_message(c, &m);
		if (call_fd(c) == -1)
			return;
	}
}

static void
control_message(struct call *c, struct pptp_msg *m)
{
	struct pptp_msg	reply;

	memset(&reply, 0, sizeof(reply));
	switch (m->type) {
	case PPTP_SCCRP:
		got_sccrp(c, &m->scc);
		break;
	case PPTP_OCRP:
		got_ocrp(c, &m->ocrp);
		break;
	case PPTP_ECHORQ:
		verbose(c, "< %s id %u", pptp_type_name(m->type), m->echo.id);
		reply.type = PPTP_ECHORP;
		reply.echo.id = m->echo.id;
		reply.echo.result = PPTP_ECHORP_OK;
		control_send(c, &reply);
		break;
	case PPTP_CDN:
		verbose(c, "< %s id %u result %u error %u cause %u",
		    pptp_type_name(m->type), m->cdn.call_id, m->cdn.result,
		    m->cdn.error, m->cdn.cause);
		/*
		 * Some servers repeat the client's number: the connection
		 * has but one call, so it is meant either way.
		 */
		c->saw |= SAW_CDN;
		if (c->stage < S_LINGER)
			call_over(c, R_CDN, "result %u error %u",
			    m->cdn.result, m->cdn.error);
		else if (c->stage != S_STOP)
			step_stop(c);
		break;
	case PPTP_STOPCCRQ:
		verbose(c, "< %s reason %u", pptp_type_name(m->type),
		    m->stop.result);
		c->saw |= SAW_STOP;
		reply.type = PPTP_STOPCCRP;
		reply.stop.result = PPTP_STOPCCRP_OK;
		control_send(c, &reply);
		if (c->stage < S_LINGER)
			call_over(c, R_STOP, "reason %u", m->stop.result);
		else
			call_stage(c, S_LINGER);
		timer_set(c, T_STAGE, LINGER_TIME);
		break;
	case PPTP_STOPCCRP:
		verbose(c, "< %s result %u", pptp_type_name(m->type),
		    m->stop.result);
		c->saw |= SAW_STOP_REPLY;
		if (c->stage == S_STOP)
			control_close(c);
		break;
	default:
		verbose(c, "< %s", pptp_type_name(m->type));
		break;
	}
}

static void
send_sccrq(struct call *c)
{
	struct pptp_msg	m;

	memset(&m, 0, sizeof(m));
	m.type = PPTP_SCCRQ;
	m.scc.version = PPTP_VERSION;
	m.scc.framing = PPTP_FRAME_EITHER;
	m.scc.bearer = PPTP_BEARER_ANY;
	snprintf(m.scc.host, sizeof(m.scc.host), "client%d", c->number);
	snprintf(m.scc.vendor, sizeof(m.scc.vendor), "pptpdial");
	control_send(c, &m);
}

static void
got_sccrp(struct call *c, struct pptp_scc *scc)
{
	char	text[TEXT_MAX];

	foreign_text(text, sizeof(text), scc->host, strlen(scc->host));
	verbose(c, "< %s version %04x result %u error %u host \"%s\"",
	    pptp_type_name(PPTP_SCCRP), scc->version, scc->result, scc->error,
	    text);
	if (c->stage != S_SCCRP)
		return;
	if (scc->result != PPTP_SCCRP_OK) {
		call_over(c, R_SCCRP, "result %u error %u", scc->result,
		    scc->error);
		return;
	}
	if (scc->version != PPTP_VERSION) {
		call_over(c, R_PROTOCOL, "version %04x", scc->version);
		return;
	}
	call_stage(c, S_OCRP);
	send_ocrq(c);
}

static void
send_ocrq(struct call *c)
{
	struct pptp_msg	m;

	memset(&m, 0, sizeof(m));
	m.type = PPTP_OCRQ;
	m.ocrq.call_id = c->id;
	m.ocrq.serial = c->number;
	m.ocrq.min_bps = 2400;
	m.ocrq.max_bps = 1000000000;
	m.ocrq.bearer = PPTP_BEARER_ANY;
	m.ocrq.framing = PPTP_FRAME_EITHER;
	m.ocrq.window = WINDOW;
	control_send(c, &m);
}

static void
got_ocrp(struct call *c, struct pptp_ocrp *ocrp)
{
	verbose(c, "< %s id %u peer %u result %u error %u window %u",
	    pptp_type_name(PPTP_OCRP), ocrp->call_id, ocrp->peer_call_id,
	    ocrp->result, ocrp->error, ocrp->window);
	if (c->stage != S_OCRP)
		return;
	if (ocrp->peer_call_id != c->id) {
		call_over(c, R_PROTOCOL, "reply to call %u instead of %u",
		    ocrp->peer_call_id, c->id);
		return;
	}
	if (ocrp->result != PPTP_OCRP_CONNECTED) {
		call_over(c, R_OCRP, "result %u error %u", ocrp->result,
		    ocrp->error);
		return;
	}
	c->peer_id = ocrp->call_id;
	c->peer_window = ocrp->window;
	send_link_info(c);
	ppp_start(c);
}

/* Nothing needs escaping; clients in the field do say so (section 2.15). */
static void
send_link_info(struct call *c)
{
	struct pptp_msg	m;

	memset(&m, 0, sizeof(m));
	m.type = PPTP_SLI;
	m.sli.peer_call_id = c->peer_id;
	m.sli.send_accm = m.sli.recv_accm = 0xffffffff;
	control_send(c, &m);
}

/* The call is over; the first reason is the one that counts. */
void
call_over(struct call *c, enum reason reason, const char *fmt, ...)
{
	va_list		ap;
	enum timer	t;

	if (c->stage >= S_LINGER)
		return;
	c->reason = reason;
	c->reached = c->stage;
	va_start(ap, fmt);
	vsnprintf(c->text, sizeof(c->text), fmt, ap);
	va_end(ap);
	for (t = 0; t < T_COUNT; t++)
		timer_clear(c, t);

	switch (reason) {
	case R_CONNECT:
	case R_PROTOCOL:
	case R_TCP_CLOSED:
	case R_SYSTEM:
		control_close(c);
		break;
	case R_OCRP:
	case R_CDN:
		step_stop(c);
		break;
	case R_SCCRP:
	case R_AUTH_FAILED:
	case R_LCP_TERMINATE:
	case R_STOP:
		/* The server ends it: see how far it goes by itself. */
		call_stage(c, S_LINGER);
		timer_set(c, T_STAGE, LINGER_TIME);
		break;
	default:
		if (c->reached >= S_LCP)
			step_terminate(c);
		else if (c->reached >= S_OCRP)
			step_stop(c);
		else
			control_close(c);
		break;
	}
}

void
call_hangup(struct call *c)
{
	call_over(c, R_HANGUP, "%s", "");
}

/* The LCP Terminate-Ack is here. */
void
call_terminated(struct call *c)
{
	c->saw |= SAW_TERM_ACK;
	if (c->stage == S_TERMINATE)
		step_clear(c);
}

/* What was waited for did not come: go on to the next step. */
void
call_end_step(struct call *c)
{
	switch (c->stage) {
	case S_LINGER:
		if (c->reason == R_SCCRP || c->saw & SAW_STOP)
			control_close(c);
		else
			step_clear(c);
		break;
	case S_TERMINATE:
		if (c->stop_tries < MAX_TERMINATE)
			step_terminate(c);
		else
			step_clear(c);
		break;
	case S_CLEAR:
		step_stop(c);
		break;
	default:
		control_close(c);
		break;
	}
}

static void
step_terminate(struct call *c)
{
	call_stage(c, S_TERMINATE);
	c->stop_tries++;
	timer_set(c, T_STAGE, TERMINATE_TIME);
	ppp_terminate(c);
}

static void
step_clear(struct call *c)
{
	struct pptp_msg	m;

	call_stage(c, S_CLEAR);
	timer_set(c, T_STAGE, REPLY_TIME);
	memset(&m, 0, sizeof(m));
	m.type = PPTP_CCRQ;
	m.ccrq.call_id = c->id;
	control_send(c, &m);
}

static void
step_stop(struct call *c)
{
	struct pptp_msg	m;

	call_stage(c, S_STOP);
	timer_set(c, T_STAGE, REPLY_TIME);
	memset(&m, 0, sizeof(m));
	m.type = PPTP_STOPCCRQ;
	m.stop.result = PPTP_STOP_NONE;
	control_send(c, &m);
}
