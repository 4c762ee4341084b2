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
#include <sys/uio.h>

#include <net/if.h>
#include <netinet/in.h>

#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <imsg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "pptpd.h"

#define ROOM	262144		/* octets */

int
imsgev_open(struct imsgev *iev, int fd, void (*handler)(int, short, void *),
    int fdpass)
{
	if (imsgbuf_init(&iev->ibuf, fd) == -1)
		return (-1);
	if (fdpass)
		imsgbuf_allow_fdpass(&iev->ibuf);
	iev->handler = handler;
	iev->limit = 0;
	iev->events = EV_READ;
	event_set(&iev->ev, fd, iev->events, handler, iev);
	if (event_add(&iev->ev, NULL) == -1) {
		imsgbuf_clear(&iev->ibuf);
		return (-1);
	}
	return (0);
}

void
imsgev_init(struct imsgev *iev, int fd, void (*handler)(int, short, void *),
    int fdpass)
{
	if (imsgev_open(iev, fd, handler, fdpass) == -1)
		fatal("imsgev_init");
}

int
imsgev_arm(struct imsgev *iev)
{
	uint32_t	n = imsgbuf_queuelen(&iev->ibuf);
	short		events = 0;

	if (iev->limit == 0 || n < iev->limit)
		events |= EV_READ;
	if (n > 0)
		events |= EV_WRITE;
	event_del(&iev->ev);
	iev->events = events;
	event_set(&iev->ev, iev->ibuf.fd, events, iev->handler, iev);
	return (event_add(&iev->ev, NULL));
}

void
imsgev_add(struct imsgev *iev)
{
	if (imsgev_arm(iev) == -1)
		fatal("imsgev_add");
}

void
event_need(struct event *ev, const struct timeval *tv)
{
	if (event_add(ev, tv) == -1)
		fatal("event_add");
}

int
imsgev_compose(struct imsgev *iev, uint32_t type, uint32_t peerid, int fd,
    const void *data, size_t len)
{
	int	first;

	first = imsgbuf_queuelen(&iev->ibuf) == 0;
	if (imsg_compose(&iev->ibuf, type, peerid, 0, fd, data, len) == -1)
		return (-1);
	return (first ? imsgev_arm(iev) : 0);
}

int
imsgev_room(void)
{
	void	*volatile p;	/* or compilers take it for granted */

	p = malloc(ROOM);
	free(p);
	return (p != NULL);
}

int
imsgev_io(struct imsgev *iev, short event)
{
	if (event & EV_READ) {
		switch (imsgbuf_read(&iev->ibuf)) {
		case -1:
			return (errno == ECONNRESET ? 0 : -1);
		case 0:
			return (0);
		}
	}
	if (event & EV_WRITE) {
		if (imsgbuf_write(&iev->ibuf) == -1)
			return (errno == EPIPE || errno == ECONNRESET ? 0 : -1);
	}
	return (1);
}

int
imsgev_session(struct imsgev *iev, short event, uint32_t engine,
    int (*handle)(uint32_t, struct imsg *))
{
	struct imsg	imsg;
	int		n;

	if ((n = imsgev_io(iev, event)) == 0)
		return (0);
	while (n != -1 && (n = imsgbuf_get(&iev->ibuf, &imsg)) != -1) {
		if (n == 0) {
			imsgev_add(iev);
			return (1);
		}
		if ((n = handle(engine, &imsg)) == -1)
			log_warnx("wrong %s from session engine %u",
			    i2s(imsg_get_type(&imsg)), engine + 1);
		imsg_free(&imsg);
		if (n == -1)
			return (-1);
	}
	log_warn("no message from session engine %u", engine + 1);
	return (-1);
}

void
imsg_payload(struct imsg *imsg, void *data, size_t len)
{
	if (len == 0 ? imsg_get_len(imsg) != 0 :
	    imsg_get_data(imsg, data, len) == -1)
		fatalx("wrong size %zu of %s", imsg_get_len(imsg),
		    i2s(imsg_get_type(imsg)));
}

int
imsg_payload_fd(struct imsg *imsg)
{
	int	fd;

	if ((fd = imsg_get_fd(imsg)) == -1)
		fatalx("no descriptor in %s", i2s(imsg_get_type(imsg)));
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		fatal("fcntl");
	return (fd);
}

const char *
i2s(uint32_t type)
{
#define I2S(x)	case IMSG_ ## x: return (#x)
	switch ((enum imsg_type)type) {
	I2S(NONE);
	I2S(PIPE_CONTROL);
	I2S(PIPE_SESSION);
	I2S(PIPE_AUTH);
	I2S(VERBOSE);
	I2S(CONTROL_CONF);
	I2S(CONTROL_LISTENER);
	I2S(CONTROL_SOCKET);
	I2S(CONTROL_CONF_END);
	I2S(CONTROL_SHUTDOWN);
	I2S(RELOAD_TEXT);
	I2S(RELOAD_RESULT);
	I2S(SESSION_CONF);
	I2S(SESSION_TUN);
	I2S(SESSION_GRE);
	I2S(SESSION_LINK);
	I2S(SESSION_CONF_END);
	I2S(ROUTE_RESULT);
	I2S(HOP_RESULT);
	I2S(HOP_FORGET);
	I2S(AUTH_CONF);
	I2S(AUTH_POOL);
	I2S(AUTH_LOCAL);
	I2S(AUTH_REMOTE);
	I2S(AUTH_USER);
	I2S(AUTH_CONF_END);
	I2S(READY);
	I2S(SESSION_WRONG);
	I2S(RELOAD);
	I2S(LOG_VERBOSE);
	I2S(CONTROL_DONE);
	I2S(CALL_OPEN);
	I2S(CALL_CLOSE);
	I2S(SHOW_SESSIONS);
	I2S(SHOW_SESSION);
	I2S(SHOW_STATS);
	I2S(KILL);
	I2S(SHOW_PENALTIES);
	I2S(CLEAR_PENALTIES);
	I2S(CALL_READY);
	I2S(CALL_AUTHENTICATED);
	I2S(CALL_CLOSED);
	I2S(SHOW_REPLY);
	I2S(SHOW_REPLY_STATS);
	I2S(SHOW_REPLY_END);
	I2S(KILL_REPLY);
	I2S(EVENT);
	I2S(ROUTE_ADD);
	I2S(ROUTE_DELETE);
	I2S(HOP_REQUEST);
	I2S(AUTH_START);
	I2S(AUTH_RESPONSE);
	I2S(ADDRESS_REQUEST);
	I2S(AUTH_RELEASE);
	I2S(AUTH_ALIVE);
	I2S(RELOAD_SESSION);
	I2S(RELOAD_END);
	I2S(AUTH_CHALLENGE);
	I2S(AUTH_VERDICT);
	I2S(ADDRESS_REPLY);
	I2S(AUTH_END);
	I2S(PENALTY);
	I2S(PENALTIES_END);
	I2S(CTL_SHOW_SESSIONS);
	I2S(CTL_SHOW_SESSION);
	I2S(CTL_SHOW_CALLS);
	I2S(CTL_SHOW_STATS);
	I2S(CTL_SHOW_PENALTIES);
	I2S(CTL_CLEAR_PENALTIES);
	I2S(CTL_KILL);
	I2S(CTL_RELOAD);
	I2S(CTL_MONITOR);
	I2S(CTL_LOG_VERBOSE);
	I2S(CTL_SESSION);
	I2S(CTL_CALL);
	I2S(CTL_CONTROL_STATS);
	I2S(CTL_SESSION_STATS);
	I2S(CTL_PENALTY);
	I2S(CTL_END);
	I2S(CTL_FAIL);
	I2S(CTL_TEXT);
	I2S(CTL_EVENT);
	case IMSG_MAX:
		break;
	}
#undef I2S
	return ("unknown message");
}
