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
#include <netinet/tcp.h>
#include <arpa/inet.h>

#include <errno.h>
#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "pptp.h"
#include "pptpd.h"
#include "wheel.h"
#include "control_engine.h"

/*
 * Control connections: RFC 2637 sections 2.1 to 2.6 and 3.1.  We are the PAC,
 * clients are the PNS.
 */

#define STOP_TIMEOUT	1000	/* ms for a peer to take our last words */
#define ACCEPT_MAX	64	/* connections at a time */

struct listen_sock {
	TAILQ_ENTRY(listen_sock) entry;
	struct event		 ev;
	int			 fd;
};

static void	 conn_accept(int, short, void *);
static int	 conn_accept_one(int);
static void	 conn_new(int, const struct sockaddr_in *);
static void	 conn_resume(int, short, void *);
static void	 conn_event(int, short, void *);
static int	 conn_read(struct conn *);
static int	 conn_keep(struct conn *, const uint8_t *, size_t);
static int	 conn_write(struct conn *);
static void	 conn_arm(struct conn *);
static void	 conn_break(struct conn *);
static void	 conn_message(struct conn *, const struct pptp_msg *);
static void	 conn_start_request(struct conn *, const struct pptp_scc *);
static void	 conn_stop(struct conn *, uint8_t);
static void	 conn_finish(struct conn *, enum end_cause);
static void	 conn_clear(struct conn *, enum end_cause);
static void	 conn_close(struct conn *, enum end_cause);
static void	 conn_timer(struct wheel_entry *);
static void	 conn_set_timer(struct conn *);
static void	 conn_abuse(struct conn *);
static void	 conn_fail(struct conn *, const char *);

static TAILQ_HEAD(, listen_sock) listeners =
    TAILQ_HEAD_INITIALIZER(listeners);
static TAILQ_HEAD(, conn)	 conns = TAILQ_HEAD_INITIALIZER(conns);
static struct event		 ev_resume;
static uint32_t			 conn_number;

void
conn_listen(int fd)
{
	struct listen_sock	*l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		fatal(NULL);
	l->fd = fd;
	event_set(&l->ev, fd, EV_READ | EV_PERSIST, conn_accept, l);
	TAILQ_INSERT_TAIL(&listeners, l, entry);
}

void
conn_start(void)
{
	struct listen_sock	*l;

	evtimer_set(&ev_resume, conn_resume, NULL);
	TAILQ_FOREACH(l, &listeners, entry)
		event_need(&l->ev, NULL);
}

static void
conn_resume(int fd, short event, void *arg)
{
	struct listen_sock	*l;

	if (control_stopping)
		return;
	TAILQ_FOREACH(l, &listeners, entry)
		event_need(&l->ev, NULL);
}

const char *
conn_name(const struct conn *c)
{
	static char	buf[32];

	snprintf(buf, sizeof(buf), "%s:%u", inet_ntoa(c->peer.sin_addr),
	    ntohs(c->peer.sin_port));
	return (buf);
}

static void
conn_accept(int lfd, short event, void *arg)
{
	int	i;

	for (i = 0; i < ACCEPT_MAX; i++)
		if (conn_accept_one(lfd) == -1)
			break;
}

/* -1: there are no more now. */
static int
conn_accept_one(int lfd)
{
	struct timeval		 pause = { 1, 0 };
	struct listen_sock	*l;
	struct sockaddr_in	 peer;
	socklen_t		 len;
	int			 fd;

	len = sizeof(peer);
	if ((fd = accept4(lfd, (struct sockaddr *)&peer, &len,
	    SOCK_CLOEXEC | SOCK_NONBLOCK)) == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM) {
			/* Or libevent would call us without end. */
			control_stats.accept_paused++;
			TAILQ_FOREACH(l, &listeners, entry)
				event_del(&l->ev);
			event_need(&ev_resume, &pause);
		} else if (errno != EAGAIN && errno != EINTR &&
		    errno != ECONNABORTED)
			log_warn("accept");
		return (errno == ECONNABORTED ? 0 : -1);
	}
	if (control_penalised(peer.sin_addr)) {
		control_stats.conn_penalised++;
		close(fd);
	} else if (!startup_admit(peer.sin_addr))
		close(fd);
	else
		conn_new(fd, &peer);
	return (0);
}

static void
conn_new(int fd, const struct sockaddr_in *peer)
{
	struct conn	*c;
	socklen_t	 len;
	int		 on = 1;

	if ((c = calloc(1, sizeof(*c))) == NULL) {
		log_warn("connection");
		close(fd);
		return;
	}
	c->peer = *peer;
	len = sizeof(c->local);
	if (getsockname(fd, (struct sockaddr *)&c->local, &len) == -1 ||
	    startup_add(c) == -1) {
		free(c);
		close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->fd = fd;
	c->number = ++conn_number;
	c->last_rx = c->progress_at = monotonic_ms();
	c->setup_by = c->last_rx + control_conf.start_timeout * 1000ULL;
	TAILQ_INIT(&c->calls);
	TAILQ_INSERT_TAIL(&conns, c, entry);
	control_stats.conn_accepted++;
	control_stats.conn_current++;
	conn_arm(c);
	conn_set_timer(c);
	log_debug("%s: connected", conn_name(c));
}

/* Its calls end with it. */
static void
conn_clear(struct conn *c, enum end_cause cause)
{
	struct call	*call;

	while ((call = TAILQ_FIRST(&c->calls)) != NULL) {
		TAILQ_REMOVE(&c->calls, call, entry);
		c->ncalls--;
		call_orphan(call, cause);
	}
}

/* The peer is not told anything more. */
static void
conn_close(struct conn *c, enum end_cause cause)
{
	log_debug("%s: closed", conn_name(c));
	conn_clear(c, cause);
	startup_remove(c);
	wheel_clear(&control_wheel, &c->timer);
	event_del(&c->ev);
	close(c->fd);
	control_stats.conn_current--;
	TAILQ_REMOVE(&conns, c, entry);
	free(c->in);
	free(c->out);
	c->in = c->out = NULL;
	c->inlen = c->outlen = 0;
	c->fd = -1;
	if (!c->busy)
		free(c);
	control_check_done();
}

void
conn_drop(struct conn *c)
{
	log_debug("%s: makes room", conn_name(c));
	conn_close(c, END_AUTH_TIMEOUT);
}

static void
conn_abuse(struct conn *c)
{
	control_stats.conn_protocol_error++;
	control_offence(c->peer.sin_addr, PENALTY_PROTOCOL);
}

/* Out of step (section 1.4): there is nothing to be said on this stream. */
static void
conn_fail(struct conn *c, const char *why)
{
	event_log_text(c->peer.sin_addr, "%s: %s, closed", conn_name(c), why);
	conn_abuse(c);
	conn_close(c, END_PROTOCOL_ERROR);
}

static void
conn_event(int fd, short event, void *arg)
{
	struct conn	*c = arg;

	if (event & EV_WRITE && conn_write(c) == -1) {
		conn_close(c, END_PEER_GONE);
		return;
	}
	if (c->closing && c->outlen == 0) {
		conn_close(c, END_PEER_STOP);
		return;
	}
	if (event & EV_READ && conn_read(c) == -1)
		return;		/* c is gone */
	conn_arm(c);
}

/* A peer that does not read what we write is not listened to either. */
static void
conn_arm(struct conn *c)
{
	short	events = 0;

	if (c->outlen < CONN_OUT_MAX / 2)
		events |= EV_READ;
	if (c->outlen > 0)
		events |= EV_WRITE;
	if (events == c->events)
		return;
	if (c->events != 0)
		event_del(&c->ev);
	event_set(&c->ev, c->fd, events | EV_PERSIST, conn_event, c);
	if (event_add(&c->ev, NULL) == -1) {
		conn_break(c);
		return;
	}
	c->events = events;
}

/* There was no memory for it; not here, where its calls may be in use. */
static void
conn_break(struct conn *c)
{
	log_warn("%s", conn_name(c));
	c->events = 0;
	c->broken = 1;
	conn_set_timer(c);
}

/*
 * At most one bufferful a call, so that all connections have their turn.
 * Messages are looked at where they were read; only part of one is kept.
 * Returns -1 when the connection is gone and freed.
 */
static int
conn_read(struct conn *c)
{
	static uint8_t	 buf[2 * PPTP_MAX_LEN];
	struct pptp_msg	 msg;
	size_t		 off, end;
	ssize_t		 n;
	int		 len;

	if (c->inlen > 0)
		memcpy(buf, c->in, c->inlen);
	n = read(c->fd, buf + c->inlen, sizeof(buf) - c->inlen);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return (0);
	if (n <= 0) {
		conn_close(c, END_PEER_GONE);
		return (-1);
	}
	end = c->inlen + n;

	for (off = 0; off < end; off += len) {
		len = pptp_frame(buf + off, end - off);
		if (len == -1) {
			conn_fail(c, "not a PPTP control message");
			return (-1);
		}
		if (len == 0 || (size_t)len > end - off)
			break;
		if (pptp_decode(buf + off, len, &msg) == -1) {
			conn_fail(c, "malformed control message");
			return (-1);
		}
		c->last_rx = monotonic_ms();
		log_debug("%s: %s", conn_name(c), pptp_type_name(msg.type));
		if (c->closing) {
			/* After the last word nothing counts. */
			off = end;
			break;
		}
		c->busy = 1;
		conn_message(c, &msg);
		c->busy = 0;
		if (c->fd == -1) {
			free(c);
			return (-1);
		}
	}
	if (conn_keep(c, buf + off, end - off) == -1) {
		log_warn("%s: input", conn_name(c));
		conn_close(c, END_RESOURCES);
		return (-1);
	}
	return (0);
}

/* The beginning of a message: always less than PPTP_MAX_LEN. */
static int
conn_keep(struct conn *c, const uint8_t *buf, size_t len)
{
	if (len == 0) {
		free(c->in);
		c->in = NULL;
	} else {
		if (c->in == NULL && (c->in = malloc(PPTP_MAX_LEN)) == NULL)
			return (-1);
		memcpy(c->in, buf, len);
	}
	c->inlen = len;
	return (0);
}

static int
conn_write(struct conn *c)
{
	ssize_t	n;

	if (c->outlen == 0)
		return (0);
	n = write(c->fd, c->out, c->outlen);
	if (n == -1)
		return (errno == EAGAIN || errno == EINTR ? 0 : -1);
	memmove(c->out, c->out + n, c->outlen - n);
	c->outlen -= n;
	if (c->outlen == 0) {
		free(c->out);
		c->out = NULL;
		c->write_by = 0;
	}
	return (0);
}

/*
 * Send now what the socket takes, the rest when it can.  What does not fit in
 * the queue is for a peer that has not read for long: it gets no more.
 */
void
conn_send(struct conn *c, const struct pptp_msg *msg)
{
	uint8_t	buf[PPTP_MAX_LEN];
	ssize_t	n = 0;
	int	len;

	if ((len = pptp_encode(msg, buf, sizeof(buf))) == -1)
		fatalx("cannot encode control message %d", msg->type);
	log_debug("%s: sent %s", conn_name(c), pptp_type_name(msg->type));
	if (c->outlen == 0) {
		n = write(c->fd, buf, len);
		if (n == len)
			return;
		if (n == -1)
			n = 0;	/* an error shows when we write again */
	}
	if (c->out == NULL && (c->out = malloc(CONN_OUT_MAX)) == NULL) {
		conn_break(c);
		return;
	}
	if (len - n > CONN_OUT_MAX - c->outlen) {
		log_debug("%s: output full", conn_name(c));
		if (n > 0)
			goto broken;
		return;
	}
	memcpy(c->out + c->outlen, buf + n, len - n);
	c->outlen += len - n;
	conn_arm(c);
	if (c->write_by == 0) {
		c->write_by = monotonic_ms() +
		    control_conf.echo_timeout * 1000ULL;
		conn_set_timer(c);
	}
	return;

 broken:
	/* Part of a message is worse than none; its end is read as one. */
	if (n > 0)
		(void)shutdown(c->fd, SHUT_RDWR);
}

static void
conn_message(struct conn *c, const struct pptp_msg *msg)
{
	struct pptp_msg	reply;

	memset(&reply, 0, sizeof(reply));
	if (c->state == CONN_IDLE && msg->type != PPTP_SCCRQ) {
		conn_fail(c, "message before Start-Control-Connection-Request");
		return;
	}
	switch (msg->type) {
	case PPTP_SCCRQ:
		conn_start_request(c, &msg->scc);
		break;
	case PPTP_STOPCCRQ:
		log_debug("%s: stop, reason %u", conn_name(c),
		    msg->stop.result);
		reply.type = PPTP_STOPCCRP;
		reply.stop.result = PPTP_STOPCCRP_OK;
		conn_send(c, &reply);
		conn_finish(c, END_PEER_STOP);
		break;
	case PPTP_STOPCCRP:
		if (c->state == CONN_STOPPING)
			conn_close(c, END_SHUTDOWN);
		else
			conn_odd(c, "unexpected Stop-Control-Connection-Reply");
		break;
	case PPTP_ECHORQ:
		control_stats.echo_in++;
		reply.type = PPTP_ECHORP;
		reply.echo.id = msg->echo.id;
		reply.echo.result = PPTP_ECHORP_OK;
		conn_send(c, &reply);
		break;
	case PPTP_ECHORP:
		if (c->echo_by != 0 && msg->echo.id == c->echo_id) {
			c->echo_by = 0;
			conn_set_timer(c);
		}
		break;
	case PPTP_OCRQ:
		if (c->state == CONN_ESTABLISHED)
			call_request(c, &msg->ocrq);
		break;
	case PPTP_CCRQ:
		call_clear(c, msg->ccrq.call_id);
		break;
	case PPTP_SLI:
		call_link_info(c, &msg->sli);
		break;
	case PPTP_ICRQ:
		/* We never dial out: no incoming calls to answer for. */
		reply.type = PPTP_ICRP;
		reply.icrp.peer_call_id = msg->icrq.call_id;
		reply.icrp.result = PPTP_ICRP_DO_NOT_ACCEPT;
		conn_send(c, &reply);
		conn_odd(c, "Incoming-Call-Request to a server");
		break;
	case PPTP_SCCRP:
	case PPTP_OCRP:
	case PPTP_ICRP:
	case PPTP_ICCN:
	case PPTP_CDN:
	case PPTP_WEN:
		conn_odd(c, "message of the other role");
		break;
	}
}

/* Legal to decode, wrong to send: endured a few times. */
void
conn_odd(struct conn *c, const char *why)
{
	log_debug("%s: %s", conn_name(c), why);
	if (++c->odd > CONN_ODD_MAX)
		conn_fail(c, why);
}

/*
 * Section 3.1.2: a peer of a later version than ours is told ours, and may go
 * on with it; there is no earlier one.
 */
static void
conn_start_request(struct conn *c, const struct pptp_scc *scc)
{
	struct pptp_msg	reply;

	memset(&reply, 0, sizeof(reply));
	if (c->state == CONN_STOPPING) {
		conn_fail(c, "Start-Control-Connection-Request at the end");
		return;
	}
	if (c->state != CONN_IDLE) {
		event_log_text(c->peer.sin_addr,
		    "%s: second Start-Control-Connection-Request",
		    conn_name(c));
		conn_abuse(c);
		conn_clear(c, END_PROTOCOL_ERROR);
		reply.type = PPTP_STOPCCRP;
		reply.stop.result = PPTP_STOPCCRP_OK;
		conn_send(c, &reply);
		conn_finish(c, END_PROTOCOL_ERROR);
		return;
	}
	memcpy(c->host, scc->host, sizeof(c->host));
	memcpy(c->vendor, scc->vendor, sizeof(c->vendor));

	reply.type = PPTP_SCCRP;
	reply.scc.version = PPTP_VERSION;
	reply.scc.result = PPTP_SCCRP_OK;
	reply.scc.framing = PPTP_FRAME_EITHER;
	reply.scc.bearer = PPTP_BEARER_ANY;
	reply.scc.max_channels = control_conf.max_sessions < UINT16_MAX ?
	    control_conf.max_sessions : UINT16_MAX;
	(void)strlcpy(reply.scc.host, control_conf.hostname,
	    sizeof(reply.scc.host));
	(void)strlcpy(reply.scc.vendor, "pptpd", sizeof(reply.scc.vendor));
	if (scc->version < PPTP_VERSION) {
		event_log_text(c->peer.sin_addr,
		    "%s: protocol version 0x%04x, refused", conn_name(c),
		    scc->version);
		conn_abuse(c);
		reply.scc.result = PPTP_SCCRP_BAD_VERSION;
		conn_send(c, &reply);
		conn_finish(c, END_PROTOCOL_ERROR);
		return;
	}
	c->state = CONN_ESTABLISHED;
	c->progress_at = monotonic_ms();
	c->setup_by = c->progress_at + control_conf.setup_timeout * 1000ULL;
	conn_set_timer(c);
	conn_send(c, &reply);
}

/* Stop-Control-Connection-Request to the peer; its calls are cleared by it. */
static void
conn_stop(struct conn *c, uint8_t reason)
{
	struct pptp_msg	 msg;

	conn_clear(c, END_SHUTDOWN);
	memset(&msg, 0, sizeof(msg));
	msg.type = PPTP_STOPCCRQ;
	msg.stop.result = reason;
	conn_send(c, &msg);
	c->state = CONN_STOPPING;
	c->stop_by = monotonic_ms() + STOP_TIMEOUT;
	conn_set_timer(c);
}

/* Close as soon as what there is to be said has been taken. */
static void
conn_finish(struct conn *c, enum end_cause cause)
{
	if (c->outlen == 0) {
		conn_close(c, cause);
		return;
	}
	c->closing = 1;
	c->state = CONN_STOPPING;
	c->stop_by = monotonic_ms() + STOP_TIMEOUT;
	conn_set_timer(c);
}

/*
 * The last of its calls may be gone: a new one is due, or the end.  Calls that
 * were not let in give no more time.
 */
void
conn_call_gone(struct conn *c)
{
	if (c->ncalls > 0)
		return;
	if (control_stopping) {
		if (c->state == CONN_ESTABLISHED)
			conn_stop(c, PPTP_STOP_LOCAL_SHUTDOWN);
		return;
	}
	if (c->startup == 0)
		c->setup_by = monotonic_ms() +
		    control_conf.setup_timeout * 1000ULL;
	conn_set_timer(c);
}

static void
conn_set_timer(struct conn *c)
{
	uint64_t	when;

	if (c->broken)
		when = monotonic_ms();
	else if (c->state == CONN_STOPPING) {
		/* Set once: no message gives more time. */
		when = c->stop_by;
	} else if (c->state == CONN_IDLE)
		when = c->setup_by;
	else {
		when = c->echo_by != 0 ? c->echo_by : c->last_rx +
		    control_conf.echo_interval * 1000ULL;
		if (c->ncalls == 0 && c->setup_by < when)
			when = c->setup_by;
		if (c->write_by != 0 && c->write_by < when)
			when = c->write_by;
	}
	wheel_set(&control_wheel, &c->timer, when);
	control_arm();
}

void
conn_tick(uint64_t now)
{
	wheel_run(&control_wheel, now, conn_timer);
}

static void
conn_timer(struct wheel_entry *e)
{
	struct conn	*c;
	struct pptp_msg	 msg;
	uint64_t	 now = monotonic_ms();

	c = (struct conn *)((char *)e - offsetof(struct conn, timer));
	if (c->broken) {
		conn_close(c, END_RESOURCES);
		return;
	}
	if (c->state == CONN_STOPPING) {
		conn_close(c, END_SHUTDOWN);
		return;
	}
	if (c->ncalls == 0 && now >= c->setup_by) {
		event_log_text(c->peer.sin_addr, "%s: %s in time, closed",
		    conn_name(c), c->state == CONN_IDLE ?
		    "no Start-Control-Connection-Request" :
		    c->startup == 0 || c->tries == 0 ?
		    "no Outgoing-Call-Request" : "nobody authenticated");
		control_stats.conn_timeout++;
		if (c->state == CONN_ESTABLISHED)
			conn_stop(c, PPTP_STOP_NONE);
		else
			conn_close(c, END_PEER_GONE);
		return;
	}
	if (c->write_by != 0 && now >= c->write_by) {
		event_log_text(c->peer.sin_addr, "%s: does not read, closed",
		    conn_name(c));
		control_stats.conn_timeout++;
		conn_close(c, END_PEER_GONE);
		return;
	}
	if (c->echo_by != 0 && now >= c->echo_by) {
		event_log_text(c->peer.sin_addr,
		    "%s: no answer to Echo-Request, closed", conn_name(c));
		control_stats.echo_lost++;
		conn_close(c, END_ECHO_TIMEOUT);
		return;
	}
	if (c->echo_by == 0 && c->state == CONN_ESTABLISHED &&
	    now >= c->last_rx + control_conf.echo_interval * 1000ULL) {
		memset(&msg, 0, sizeof(msg));
		msg.type = PPTP_ECHORQ;
		msg.echo.id = c->echo_id = arc4random();
		c->echo_by = now + control_conf.echo_timeout * 1000ULL;
		control_stats.echo_out++;
		conn_send(c, &msg);
	}
	conn_set_timer(c);
}

/* Stop accepting; end every call, then its connection. */
void
conn_shutdown(void)
{
	struct listen_sock	*l;
	struct conn		*c, *tmp;
	struct call		*call, *next;

	while ((l = TAILQ_FIRST(&listeners)) != NULL) {
		TAILQ_REMOVE(&listeners, l, entry);
		event_del(&l->ev);
		close(l->fd);
		free(l);
	}
	TAILQ_FOREACH_SAFE(c, &conns, entry, tmp) {
		if (c->state == CONN_IDLE)
			conn_close(c, END_SHUTDOWN);
		else if (c->state == CONN_ESTABLISHED && c->ncalls == 0)
			conn_stop(c, PPTP_STOP_LOCAL_SHUTDOWN);
		else
			TAILQ_FOREACH_SAFE(call, &c->calls, entry, next)
				call_close(call, END_SHUTDOWN);
	}
}

int
conn_any(void)
{
	return (!TAILQ_EMPTY(&conns));
}
