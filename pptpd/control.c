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
#include "penalty.h"
#include "wheel.h"
#include "control_engine.h"

/*
 * The socket that pptpctl talks to.  A client has one request at a time; long
 * listings go out in pieces, the next when the client has taken the last, so
 * one that does not read costs a piece of memory and nothing else.
 */

#define CLIENTS_MAX	32
#define EVENTS_MAX	256	/* waiting for one client to take them */

enum request {
	REQ_NONE,
	REQ_SESSIONS,		/* the session engines list, one by one */
	REQ_SESSION,		/* one of them tells */
	REQ_STATS,		/* all count, one by one */
	REQ_KILL,		/* likewise */
	REQ_CALLS,		/* we list */
	REQ_SOURCES,		/* penalties: ours first */
	REQ_USERS,		/* then those of the auth engine */
	REQ_CLEAR,		/* the auth engine counts */
	REQ_RELOAD,		/* the parent */
	REQ_MONITOR		/* events, until the client goes */
};

struct client {
	TAILQ_ENTRY(client)	 entry;
	struct imsgev		 iev;
	int			 broken;	/* no memory: close it */
	uint32_t		 number;
	enum request		 request;
	uint32_t		 engine;	/* asked now, or the next one */
	uint32_t		 next;	/* listings: go on from this id */
	struct in_addr		 source;	/* or after this address */
	char			 user[USER_LEN];	/* or this name */
	uint32_t		 count;	/* records so far */
	uint32_t		 lost;	/* events that did not fit */
	int			 asked;	/* an answer is on its way */
	struct ctl_kill		 kill;
	struct ctl_session_stats stats;	/* of those that answered */
};

static void		 control_accept(int, short, void *);
static void		 control_resume(int, short, void *);
static void		 control_dispatch(int, short, void *);
static int		 control_request(struct client *, struct imsg *);
static void		 control_close(struct client *);
static struct client	*control_find(uint32_t);
static struct client	*control_asker(uint32_t, uint32_t);
static void		 control_ask(struct client *);
static void		 control_answered(struct client *);
static void		 control_reply(struct client *, uint32_t, const void *,
			    size_t);
static void		 control_fail(struct client *, const char *);
static void		 control_end(struct client *, uint32_t);
static void		 control_continue(struct client *);
static void		 control_sources(struct client *);
static void		 control_lost(struct client *);

static TAILQ_HEAD(, client)	 clients = TAILQ_HEAD_INITIALIZER(clients);
static struct event		 ev_listen, ev_resume;
static uint32_t			 client_number;
static int			 nclients;

#define CALLS_AT_A_TIME	32

void
control_listen(int fd)
{
	event_set(&ev_listen, fd, EV_READ | EV_PERSIST, control_accept, NULL);
	evtimer_set(&ev_resume, control_resume, NULL);
}

void
control_start(void)
{
	event_need(&ev_listen, NULL);
}

static void
control_resume(int fd, short event, void *arg)
{
	event_need(&ev_listen, NULL);
}

static void
control_accept(int lfd, short event, void *arg)
{
	static const struct in_addr nobody = { INADDR_ANY };
	struct timeval	 pause = { 1, 0 };
	struct client	*c;
	int		 fd;

	if ((fd = accept4(lfd, NULL, NULL, SOCK_CLOEXEC |
	    SOCK_NONBLOCK)) == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM) {
			event_del(&ev_listen);
			event_need(&ev_resume, &pause);
		} else if (errno != EAGAIN && errno != EINTR &&
		    errno != ECONNABORTED)
			log_warn("accept pptpctl");
		return;
	}
	if (nclients >= CLIENTS_MAX ||
	    (c = calloc(1, sizeof(*c))) == NULL) {
		event_log_text(nobody, "too many pptpctl");
		close(fd);
		return;
	}
	/* 0 is nobody; a number that comes round again is long free. */
	if (++client_number == 0)
		client_number++;
	c->number = client_number;
	if (imsgev_open(&c->iev, fd, control_dispatch, 0) == -1) {
		log_warn("pptpctl");
		close(fd);
		free(c);
		return;
	}
	TAILQ_INSERT_TAIL(&clients, c, entry);
	nclients++;
}

static void
control_close(struct client *c)
{
	TAILQ_REMOVE(&clients, c, entry);
	nclients--;
	event_del(&c->iev.ev);
	imsgbuf_clear(&c->iev.ibuf);
	close(c->iev.ibuf.fd);
	free(c);
}

static struct client *
control_find(uint32_t number)
{
	struct client	*c;

	TAILQ_FOREACH(c, &clients, entry)
		if (c->number == number)
			return (c);
	return (NULL);		/* it did not wait */
}

static void
control_dispatch(int fd, short event, void *arg)
{
	struct imsgev	*iev = arg;
	struct client	*c;
	struct imsg	 imsg;
	int		 n;

	c = (struct client *)((char *)iev - offsetof(struct client, iev));
	if (c->broken) {
		control_close(c);
		return;
	}
	if (event & EV_READ && imsgbuf_read(&iev->ibuf) != 1) {
		control_close(c);
		return;
	}
	if (event & EV_WRITE && imsgbuf_write(&iev->ibuf) == -1) {
		control_close(c);
		return;
	}
	for (;;) {
		if ((n = imsgbuf_get(&iev->ibuf, &imsg)) == -1) {
			control_close(c);
			return;
		}
		if (n == 0)
			break;
		n = control_request(c, &imsg);
		imsg_free(&imsg);
		if (n == -1) {
			log_debug("pptpctl: bad request");
			control_close(c);
			return;
		}
	}
	if (c->request != REQ_NONE && imsgbuf_queuelen(&iev->ibuf) == 0)
		control_continue(c);
	if (c->broken || imsgev_arm(iev) == -1) {
		log_warnx("pptpctl: no memory");
		control_close(c);
	}
}

/* -1: not a request as pptpctl makes them. */
static int
control_request(struct client *c, struct imsg *imsg)
{
	struct ctl_event ev;
	struct ctl_penalty_name name;
	uint32_t	 type;
	int		 verbose;

	if (c->request != REQ_NONE)
		return (-1);
	c->count = 0;
	c->engine = 0;
	c->next = 1;
	c->user[0] = '\0';

	switch (type = imsg_get_type(imsg)) {
	case IMSG_CTL_SHOW_SESSIONS:
	case IMSG_CTL_SHOW_CALLS:
		if (imsg_get_len(imsg) != 0)
			return (-1);
		c->request = type == IMSG_CTL_SHOW_CALLS ? REQ_CALLS :
		    REQ_SESSIONS;
		break;
	case IMSG_CTL_SHOW_SESSION:
		if (imsg_get_data(imsg, &c->next, sizeof(c->next)) == -1)
			return (-1);
		c->engine = c->next % control_conf.engines;
		c->request = REQ_SESSION;
		break;
	case IMSG_CTL_SHOW_STATS:
		if (imsg_get_len(imsg) != 0)
			return (-1);
		control_stats.log_suppressed = event_log_suppressed();
		control_reply(c, IMSG_CTL_CONTROL_STATS, &control_stats,
		    sizeof(control_stats));
		memset(&c->stats, 0, sizeof(c->stats));
		c->request = REQ_STATS;
		break;
	case IMSG_CTL_SHOW_PENALTIES:
		if (imsg_get_len(imsg) != 0)
			return (-1);
		c->request = REQ_SOURCES;
		c->source.s_addr = INADDR_ANY;
		break;
	case IMSG_CTL_CLEAR_PENALTIES:
		if (imsg_get_data(imsg, &name, sizeof(name)) == -1 ||
		    memchr(name.name, '\0', sizeof(name.name)) == NULL)
			return (-1);
		if (name.name[0] == '\0')
			c->count = control_penalty_clear(NULL);
		else if (name.address.s_addr != INADDR_ANY)
			c->count = control_penalty_clear(&name.address);
		(void)strlcpy(c->user, name.name, sizeof(c->user));
		c->request = REQ_CLEAR;
		break;
	case IMSG_CTL_KILL:
		if (imsg_get_data(imsg, &c->kill, sizeof(c->kill)) == -1 ||
		    c->kill.what >= KILL_MAX || memchr(c->kill.user, '\0',
		    sizeof(c->kill.user)) == NULL)
			return (-1);
		c->request = REQ_KILL;
		break;
	case IMSG_CTL_RELOAD:
		if (imsg_get_len(imsg) != 0)
			return (-1);
		control_send_parent(IMSG_RELOAD, &c->number,
		    sizeof(c->number));
		c->request = REQ_RELOAD;
		break;
	case IMSG_CTL_MONITOR:
		if (imsg_get_len(imsg) != 0)
			return (-1);
		memset(&ev, 0, sizeof(ev));
		ev.kind = EVENT_START;
		ev.time = time(NULL);
		c->request = REQ_MONITOR;
		control_reply(c, IMSG_CTL_EVENT, &ev, sizeof(ev));
		break;
	case IMSG_CTL_LOG_VERBOSE:
		if (imsg_get_data(imsg, &verbose, sizeof(verbose)) == -1)
			return (-1);
		verbose = verbose != 0;
		control_send_parent(IMSG_LOG_VERBOSE, &verbose,
		    sizeof(verbose));
		control_end(c, 0);
		break;
	default:
		return (-1);
	}
	return (0);
}

static void
control_reply(struct client *c, uint32_t type, const void *data, size_t len)
{
	if (imsgev_compose(&c->iev, type, 0, -1, data, len) == -1) {
		log_warn("pptpctl: reply");
		/* Without it, it would wait for ever. */
		c->broken = 1;
		event_active(&c->iev.ev, EV_READ, 1);
	}
}

static void
control_end(struct client *c, uint32_t count)
{
	c->request = REQ_NONE;
	c->asked = 0;
	control_reply(c, IMSG_CTL_END, &count, sizeof(count));
}

static void
control_fail(struct client *c, const char *text)
{
	struct ctl_fail	fail;

	memset(&fail, 0, sizeof(fail));
	(void)strlcpy(fail.text, text, sizeof(fail.text));
	c->request = REQ_NONE;
	c->asked = 0;
	control_reply(c, IMSG_CTL_FAIL, &fail, sizeof(fail));
}

/* The client has taken everything: the next piece of what it asked for. */
static void
control_continue(struct client *c)
{
	struct ctl_call	 call;
	int		 i;

	switch (c->request) {
	case REQ_NONE:
	case REQ_RELOAD:
		break;
	case REQ_MONITOR:
		if (c->lost > 0)
			control_lost(c);
		break;
	case REQ_CALLS:
		for (i = 0; i < CALLS_AT_A_TIME; i++) {
			if ((c->next = call_next(c->next)) == 0) {
				control_end(c, c->count);
				return;
			}
			call_describe(c->next++, &call);
			c->count++;
			control_reply(c, IMSG_CTL_CALL, &call, sizeof(call));
		}
		break;
	case REQ_SOURCES:
		control_sources(c);
		break;
	case REQ_SESSIONS:
	case REQ_SESSION:
	case REQ_STATS:
	case REQ_KILL:
	case REQ_USERS:
	case REQ_CLEAR:
		if (!c->asked)
			control_ask(c);
		break;
	}
}

/*
 * Ask the session engine whose turn it is, or the next one that is there; after
 * the last one it is the end.  Any of them passes on what the auth engine is
 * asked, but only the one with the session knows about that.
 */
static void
control_ask(struct client *c)
{
	struct msg_penalties	 penalties;
	struct msg_show		 show;
	struct msg_kill		 kill;

	memset(&show, 0, sizeof(show));
	show.client = c->number;
	show.call_id = c->next;
	memset(&kill, 0, sizeof(kill));
	kill.client = c->number;
	kill.kill = c->kill;
	memset(&penalties, 0, sizeof(penalties));
	penalties.client = c->number;
	(void)strlcpy(penalties.user, c->user, sizeof(penalties.user));

	for (; c->engine < control_conf.engines; c->engine++) {
		if (!control_has_session(c->engine)) {
			c->next = 1;
			if (c->request == REQ_SESSION)
				break;
			continue;
		}
		c->asked = 1;
		switch (c->request) {
		case REQ_SESSIONS:
			(void)control_send_session(c->engine,
			    IMSG_SHOW_SESSIONS, &show, sizeof(show));
			return;
		case REQ_SESSION:
			(void)control_send_session(c->engine,
			    IMSG_SHOW_SESSION, &show, sizeof(show));
			return;
		case REQ_STATS:
			(void)control_send_session(c->engine, IMSG_SHOW_STATS,
			    &show, sizeof(show));
			return;
		case REQ_KILL:
			(void)control_send_session(c->engine, IMSG_KILL, &kill,
			    sizeof(kill));
			return;
		case REQ_USERS:
		case REQ_CLEAR:
			(void)control_send_session(c->engine,
			    c->request == REQ_USERS ? IMSG_SHOW_PENALTIES :
			    IMSG_CLEAR_PENALTIES, &penalties,
			    sizeof(penalties));
			return;
		case REQ_NONE:
		case REQ_CALLS:
		case REQ_SOURCES:
		case REQ_RELOAD:
		case REQ_MONITOR:
			fatalx("pptpctl asks for nothing");
		}
	}

	switch (c->request) {
	case REQ_SESSION:
		control_fail(c, "no such session");
		break;
	case REQ_USERS:
	case REQ_CLEAR:
		control_fail(c, "no session engine");
		break;
	case REQ_STATS:
		c->stats.ended[END_ENGINE] += control_lost_calls;
		control_reply(c, IMSG_CTL_SESSION_STATS, &c->stats,
		    sizeof(c->stats));
		control_end(c, 1);
		break;
	default:
		control_end(c, c->count);
		break;
	}
}

/* The engine that was asked has said all: the next one. */
static void
control_answered(struct client *c)
{
	c->engine++;
	c->next = 1;
	if (imsgbuf_queuelen(&c->iev.ibuf) == 0)
		control_ask(c);
}

/* Who waits for an answer of this engine. */
static struct client *
control_asker(uint32_t engine, uint32_t number)
{
	struct client	*c;

	if ((c = control_find(number)) == NULL || !c->asked ||
	    c->engine != engine)
		return (NULL);
	c->asked = 0;
	return (c);
}

/* It does not answer any more. */
void
control_engine_gone(uint32_t engine)
{
	struct client	*c;

	TAILQ_FOREACH(c, &clients, entry)
		if (control_asker(engine, c->number) != NULL)
			control_ask(c);
}

/* No address of a client is 0.0.0.0, so all are after that. */
static void
control_sources(struct client *c)
{
	struct ctl_penalty	 ctl;
	struct penalty		*p;
	int			 i;

	for (i = 0; i < CALLS_AT_A_TIME; i++) {
		if ((p = control_penalty_next(&c->source)) == NULL) {
			c->request = REQ_USERS;
			control_ask(c);
			return;
		}
		memcpy(&c->source, p->key, sizeof(c->source));
		memset(&ctl, 0, sizeof(ctl));
		ctl.address = c->source;
		ctl.active = p->active;
		ctl.reason = p->reason;
		ctl.left = penalty_left(p, monotonic_ms());
		c->count++;
		control_reply(c, IMSG_CTL_PENALTY, &ctl, sizeof(ctl));
	}
}

/* What a session engine answers, for the client numbered so. */
void
control_session(uint32_t number, const struct ctl_session *session)
{
	struct client	*c;

	if ((c = control_find(number)) != NULL)
		control_reply(c, IMSG_CTL_SESSION, session, sizeof(*session));
}

/* Member by member: there is nothing but uint64_t in it. */
void
control_session_stats(uint32_t engine, uint32_t number,
    const struct ctl_session_stats *stats)
{
	struct client	*c;
	const uint64_t	*from = (const uint64_t *)stats;
	uint64_t	*to;
	size_t		 i;

	if ((c = control_asker(engine, number)) == NULL)
		return;
	to = (uint64_t *)&c->stats;
	for (i = 0; i < sizeof(*stats) / sizeof(*to); i++)
		to[i] += from[i];
	control_answered(c);
}

void
control_session_end(uint32_t engine, const struct msg_show_end *end)
{
	struct client	*c;

	if ((c = control_asker(engine, end->client)) == NULL)
		return;
	c->count += end->count;
	if (c->request == REQ_SESSION) {
		if (c->count == 0)
			control_fail(c, "no such session");
		else
			control_end(c, c->count);
	} else if (end->next == 0)
		control_answered(c);
	else {
		c->next = end->next;
		if (imsgbuf_queuelen(&c->iev.ibuf) == 0)
			control_continue(c);
	}
}

void
control_killed(uint32_t engine, const struct msg_kill_reply *killed)
{
	struct client	*c;

	if ((c = control_asker(engine, killed->client)) == NULL)
		return;
	c->count += killed->count;
	control_answered(c);
}

int
control_penalty(const struct msg_penalty *m)
{
	struct client	*c;

	if (m->penalty.reason >= PENALTY_MAX || memchr(m->penalty.user, '\0',
	    sizeof(m->penalty.user)) == NULL)
		return (-1);
	if ((c = control_find(m->client)) != NULL)
		control_reply(c, IMSG_CTL_PENALTY, &m->penalty,
		    sizeof(m->penalty));
	return (0);
}

/* Shown, or cleared. */
int
control_penalties_end(uint32_t engine, const struct msg_penalties_end *end)
{
	struct client	*c;

	if (memchr(end->next, '\0', sizeof(end->next)) == NULL)
		return (-1);
	if ((c = control_asker(engine, end->client)) == NULL)
		return (0);
	c->count += end->count;
	if (end->next[0] == '\0') {
		control_end(c, c->count);
		return (0);
	}
	(void)strlcpy(c->user, end->next, sizeof(c->user));
	if (imsgbuf_queuelen(&c->iev.ibuf) == 0)
		control_continue(c);
	return (0);
}

/* Who does not take its events loses some, and is told how many. */
int
control_event(const struct ctl_event *ev)
{
	struct client	*c;

	if (ev->kind >= EVENT_MAX || ev->cause >= END_MAX ||
	    memchr(ev->user, '\0', sizeof(ev->user)) == NULL ||
	    memchr(ev->client, '\0', sizeof(ev->client)) == NULL)
		return (-1);
	TAILQ_FOREACH(c, &clients, entry) {
		if (c->request != REQ_MONITOR)
			continue;
		if (c->lost > 0 ||
		    imsgbuf_queuelen(&c->iev.ibuf) >= EVENTS_MAX)
			c->lost++;
		else
			control_reply(c, IMSG_CTL_EVENT, ev, sizeof(*ev));
	}
	return (0);
}

/* It has taken all that there was: what is missing comes before the next. */
static void
control_lost(struct client *c)
{
	struct ctl_event	ev;

	memset(&ev, 0, sizeof(ev));
	ev.kind = EVENT_LOST;
	ev.time = time(NULL);
	ev.lost = c->lost;
	c->lost = 0;
	control_reply(c, IMSG_CTL_EVENT, &ev, sizeof(ev));
}

void
control_reload_text(const struct msg_reload_text *m)
{
	struct ctl_text	 text;
	struct client	*c;

	if ((c = control_find(m->client)) == NULL)
		return;
	if (memchr(m->text, '\0', sizeof(m->text)) == NULL)
		fatalx("parent: unterminated text");
	memset(&text, 0, sizeof(text));
	(void)strlcpy(text.text, m->text, sizeof(text.text));
	control_reply(c, IMSG_CTL_TEXT, &text, sizeof(text));
}

void
control_reloaded(const struct msg_reload_result *result)
{
	struct client	*c;

	if ((c = control_find(result->client)) == NULL)
		return;
	if (memchr(result->text, '\0', sizeof(result->text)) == NULL)
		fatalx("parent: unterminated text");
	if (result->ok)
		control_end(c, 0);
	else
		control_fail(c, result->text);
}
