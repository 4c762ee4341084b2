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

#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "mschap.h"
#include "pptpd.h"
#include "penalty.h"
#include "auth_engine.h"

/*
 * The auth engine: it alone knows users' secrets.  It makes every challenge,
 * checks every answer, and hands back a verdict with the keys of that session.
 * It has no socket but those to the parent and the session engines.
 */

static void	 dispatch_parent(int, short, void *);
static void	 dispatch_session(int, short, void *);
static int	 session_message(uint32_t, struct imsg *);
static struct login *login_get(uint32_t, uint32_t);
static int	 auth_start(const struct msg_auth_start *);
static int	 auth_response(const struct msg_auth_response *);
static int	 auth_address(const struct msg_address *);
static void	 auth_release(const struct msg_call *);
static void	 login_free(struct login *);
static int	 auth_alive(const struct msg_call *);
static void	 auth_failed(const struct conf_user *, struct in_addr);
static int	 login_cmp(struct login *, struct login *);
static struct login *login_first(const char *);
static struct login *login_next(struct login *);
static void	 login_decide(struct login *);
static int	 login_room(struct login *, const struct conf_user *);
static void	 login_ask(struct login *, enum login_asked, enum end_cause);
static void	 login_asked(struct login *, enum login_asked);
static void	 login_grant(const struct conf_user *, struct grant *);
static void	 login_accept(struct login *, const struct conf_user *);
static void	 login_refuse(struct login *, enum end_cause);
static void	 login_leave(struct login *);
static void	 login_settle(const char *);
static uint32_t	 login_keeps(const struct login *, uint32_t everybody);
static void	 logins_reload(const struct msg_reload *);
static int	 penalties_show(uint32_t, const struct msg_penalties *);
static int	 penalties_clear(uint32_t, const struct msg_penalties *);
static void	 send_session(uint32_t, uint32_t, const void *, size_t);
static void	 session_add(const struct msg_session_engine *, int);
static void	 session_gone(uint32_t);
static void	 session_wrong(uint32_t);
static int	 own(uint32_t, uint32_t, uint32_t);

RB_HEAD(user_tree, login);
RB_PROTOTYPE(user_tree, login, by_user, login_cmp)
RB_GENERATE(user_tree, login, by_user, login_cmp)

static struct imsgev	 iev_parent;
static struct imsgev	 iev_session[ENGINES_MAX];
static int		 has_session[ENGINES_MAX];
static uint32_t		 session_start[ENGINES_MAX];
static struct conf_auth	 auth_conf, next_conf;
static struct login	*logins[MAX_CALL_ID + 1];
static struct user_tree	 by_user = RB_INITIALIZER(&by_user);
static TAILQ_HEAD(, login) held_back = TAILQ_HEAD_INITIALIZER(held_back);
static uint64_t		 login_number;
static uint32_t		 nalive;	/* logins with LOGIN_ALIVE */
static struct penalty_table penalties;	/* by user */

#define PENALTIES_AT_A_TIME	32

void
auth_engine(void)
{
	event_init();
	drop_privileges("auth", PROC_AUTH);
	/*
	 * stdio   the event loop
	 * recvfd  the pipes to the session engines, one is started anew when
	 *         it has died
	 */
	if (pledge("stdio recvfd", NULL) == -1)
		fatal("pledge");

	penalty_init(&penalties);
	imsgev_init(&iev_parent, CHILD_FD, dispatch_parent, 1);
	event_dispatch();
	exit(0);
}

/* To an engine, or to that of a call: its number is the remainder. */
static void
send_session(uint32_t id, uint32_t type, const void *data, size_t len)
{
	uint32_t	engine = id % auth_conf.engines;

	if (has_session[engine] && imsgev_compose(&iev_session[engine], type,
	    0, -1, data, len) == -1)
		fatal("cannot send %s", i2s(type));
}

/* Who asks and does not listen is not asked on for a while. */
static void
session_add(const struct msg_session_engine *m, int fd)
{
	if (m->engine >= auth_conf.engines)
		fatalx("parent: session engine %u", m->engine);
	session_gone(m->engine);
	imsgev_init(&iev_session[m->engine], fd, dispatch_session, 0);
	iev_session[m->engine].limit = QUEUE_MAX;
	session_start[m->engine] = m->start;
	has_session[m->engine] = 1;
}

/* Nobody will release what its calls have. */
static void
session_gone(uint32_t engine)
{
	uint32_t	id;

	if (!has_session[engine])
		return;
	event_del(&iev_session[engine].ev);
	imsgbuf_clear(&iev_session[engine].ibuf);
	close(iev_session[engine].ibuf.fd);
	has_session[engine] = 0;
	for (id = engine; id <= MAX_CALL_ID; id += auth_conf.engines)
		if (logins[id] != NULL)
			login_free(logins[id]);
}

static void
dispatch_parent(int fd, short event, void *arg)
{
	struct msg_session_engine session;
	struct msg_reload	 reload;
	struct addr_range	 range;
	struct conf_pool	 pool;
	struct conf_user	 user;
	struct imsg		 imsg;
	uint32_t		 type;
	int			 first, n, verbose;

	if ((n = imsgev_io(&iev_parent, event)) == -1)
		fatal("parent");
	if (n == 0)
		exit(0);
	for (;;) {
		if ((n = imsgbuf_get(&iev_parent.ibuf, &imsg)) == -1)
			fatal("imsgbuf_get");
		if (n == 0)
			break;
		switch (type = imsg_get_type(&imsg)) {
		case IMSG_PIPE_SESSION:
			imsg_payload(&imsg, &session, sizeof(session));
			session_add(&session, imsg_payload_fd(&imsg));
			break;
		case IMSG_AUTH_CONF:
			imsg_payload(&imsg, &next_conf, sizeof(next_conf));
			users_begin();
			pools_begin();
			break;
		case IMSG_AUTH_POOL:
			imsg_payload(&imsg, &pool, sizeof(pool));
			pools_new(&pool);
			break;
		case IMSG_AUTH_LOCAL:
		case IMSG_AUTH_REMOTE:
			imsg_payload(&imsg, &range, sizeof(range));
			pools_add(type == IMSG_AUTH_LOCAL, &range);
			break;
		case IMSG_AUTH_USER:
			imsg_payload(&imsg, &user, sizeof(user));
			users_add(&user);
			explicit_bzero(&user, sizeof(user));
			break;
		case IMSG_AUTH_CONF_END:
			imsg_payload(&imsg, &reload, sizeof(reload));
			if (next_conf.engines < 1 ||
			    next_conf.engines > ENGINES_MAX)
				fatalx("parent: %u engines",
				    next_conf.engines);
			first = auth_conf.engines == 0;
			auth_conf = next_conf;
			users_commit();
			pools_commit();
			if (reload.answer)
				logins_reload(&reload);
			if (!first)
				break;
			/* More pipes may come: the same for good. */
			if (pledge("stdio recvfd", NULL) == -1)
				fatal("pledge");
			if (imsgev_compose(&iev_parent, IMSG_READY, 0, -1,
			    NULL, 0) == -1)
				fatal("cannot send %s", i2s(IMSG_READY));
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
	struct imsgev	*iev = arg;
	uint32_t	 engine = iev - iev_session;

	switch (imsgev_session(iev, event, engine, session_message)) {
	case 0:
		session_gone(engine);
		break;
	case -1:
		session_wrong(engine);
		break;
	}
}

/* -1: not a message that a session engine of ours sends. */
static int
session_message(uint32_t engine, struct imsg *imsg)
{
	struct msg_auth_response response;
	struct msg_auth_start	 start;
	struct msg_penalties	 which;
	struct msg_address	 address;
	struct msg_call		 call;
	int			 result;

	switch (imsg_get_type(imsg)) {
	case IMSG_AUTH_START:
		if (imsg_get_data(imsg, &start, sizeof(start)) == -1 ||
		    !own(engine, start.call_id, start.serial))
			return (-1);
		return (auth_start(&start));
	case IMSG_AUTH_RESPONSE:
		if (imsg_get_data(imsg, &response, sizeof(response)) == -1 ||
		    !own(engine, response.call_id, response.serial))
			return (-1);
		result = auth_response(&response);
		explicit_bzero(&response, sizeof(response));
		return (result);
	case IMSG_ADDRESS_REQUEST:
		if (imsg_get_data(imsg, &address, sizeof(address)) == -1 ||
		    !own(engine, address.call_id, address.serial))
			return (-1);
		return (auth_address(&address));
	case IMSG_AUTH_RELEASE:
		if (imsg_get_data(imsg, &call, sizeof(call)) == -1 ||
		    !own(engine, call.call_id, call.serial))
			return (-1);
		auth_release(&call);
		return (0);
	case IMSG_AUTH_ALIVE:
		if (imsg_get_data(imsg, &call, sizeof(call)) == -1 ||
		    !own(engine, call.call_id, call.serial))
			return (-1);
		return (auth_alive(&call));
	case IMSG_SHOW_PENALTIES:
		if (imsg_get_data(imsg, &which, sizeof(which)) == -1)
			return (-1);
		return (penalties_show(engine, &which));
	case IMSG_CLEAR_PENALTIES:
		if (imsg_get_data(imsg, &which, sizeof(which)) == -1)
			return (-1);
		return (penalties_clear(engine, &which));
	default:
		return (-1);
	}
}

/* It is not ours any more: have the parent end it, and start another one. */
static void
session_wrong(uint32_t engine)
{
	struct msg_session_engine	m;

	memset(&m, 0, sizeof(m));
	m.engine = engine;
	m.start = session_start[engine];
	session_gone(engine);
	if (imsgev_compose(&iev_parent, IMSG_SESSION_WRONG, 0, -1, &m,
	    sizeof(m)) == -1)
		fatal("cannot send %s", i2s(IMSG_SESSION_WRONG));
}

/* Calls of another engine, and those that are over, are none of its business. */
static int
own(uint32_t engine, uint32_t id, uint32_t serial)
{
	return (id >= 1 && id <= MAX_CALL_ID &&
	    id % auth_conf.engines == engine &&
	    (logins[id] == NULL || logins[id]->serial == serial));
}

/* A call's login, made at its first message; NULL: no memory. */
static struct login *
login_get(uint32_t id, uint32_t serial)
{
	struct login	*l;

	if ((l = logins[id]) != NULL)
		return (l);
	if (!imsgev_room() || (l = calloc(1, sizeof(*l))) == NULL)
		return (NULL);
	l->call_id = id;
	l->serial = serial;
	logins[id] = l;
	return (l);
}

/* A new challenge; what answers an older one is worth nothing any more. */
static int
auth_start(const struct msg_auth_start *m)
{
	struct msg_auth_challenge	 reply;
	struct login			*l;

	if ((l = login_get(m->call_id, m->serial)) == NULL) {
		log_warn("call %u", m->call_id);
		return (0);
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
		return (-1);
	}
	l->method = m->method;
	arc4random_buf(l->challenge, l->len);

	memset(&reply, 0, sizeof(reply));
	reply.call_id = m->call_id;
	reply.serial = m->serial;
	reply.attempt = m->attempt;
	reply.method = m->method;
	reply.len = l->len;
	memcpy(reply.value, l->challenge, l->len);
	send_session(m->call_id, IMSG_AUTH_CHALLENGE, &reply, sizeof(reply));
	return (0);
}

static int
auth_response(const struct msg_auth_response *m)
{
	struct msg_auth_verdict	 v;
	const struct conf_user	*u;
	struct login		*l;
	char			*before;
	int			 known, ok, punished;

	if (m->value_len > sizeof(m->value) ||
	    memchr(m->user, '\0', sizeof(m->user)) == NULL)
		return (-1);
	if ((l = login_get(m->call_id, m->serial)) == NULL) {
		log_warn("call %u", m->call_id);
		return (0);
	}
	/* A challenge is good for one answer. */
	if (m->method != AUTH_PAP &&
	    (l->method == 0 || m->method != l->method))
		return (-1);

	/* What it was before, when the client proves again who it is. */
	before = l->user;
	l->user = NULL;
	login_leave(l);

	/*
	 * The work is the same whoever it is and whatever comes of it; with a
	 * penalty it is not told from the time either that the password is
	 * right, for the one that it is compared with is nobody's.
	 */
	memset(&v, 0, sizeof(v));
	v.call_id = m->call_id;
	v.serial = m->serial;
	v.attempt = l->attempt = m->attempt;
	u = users_find(m->user, &known);
	punished = penalty_check(&penalties, u->name, strlen(u->name),
	    monotonic_ms()) & auth_conf.penalty.enabled;
	ok = verify(l, m, punished ? users_nobody() : u, &v) & known &
	    !punished;
	l->answered = m->method;
	l->peer = m->peer;
	l->method = 0;
	explicit_bzero(l->challenge, sizeof(l->challenge));

	if (!ok)
		login_refuse(l, punished ? END_PENALTY : END_AUTH_FAILED);
	else if ((l->user = strdup(u->name)) == NULL ||
	    (l->held = malloc(sizeof(*l->held))) == NULL)
		login_refuse(l, END_RESOURCES);
	else {
		*l->held = v;
		TAILQ_INSERT_TAIL(&held_back, l, entry);
		login_decide(l);
	}
	explicit_bzero(&v, sizeof(v));
	if (!ok) {
		/* What only a known name brings about must not delay it. */
		(void)imsgbuf_write(&iev_session[m->call_id %
		    auth_conf.engines].ibuf);
		if (known && !punished)
			auth_failed(u, m->peer);
	}
	if (before != NULL)
		login_settle(before);
	free(before);
	return (0);
}

static void
auth_failed(const struct conf_user *u, struct in_addr peer)
{
	char		name[USER_TEXT_LEN];
	uint32_t	s;

	if ((s = penalty_add(&penalties, &auth_conf.penalty, PENALTY_AUTHFAIL,
	    u->name, strlen(u->name), monotonic_ms())) > 0)
		log_info("penalty user=\"%s\" seconds=%u reason=%s peer=%s",
		    log_text(name, sizeof(name), u->name), s,
		    penalty_name(PENALTY_AUTHFAIL), inet_ntoa(peer));
}

static int
login_cmp(struct login *a, struct login *b)
{
	int	c;

	if ((c = strcmp(a->user, b->user)) != 0)
		return (c);
	return (a->number < b->number ? -1 : a->number > b->number);
}

/* A user's sessions, the oldest first. */
static struct login *
login_first(const char *user)
{
	struct login	*l, *first = NULL;
	int		 c;

	for (l = RB_ROOT(&by_user); l != NULL; )
		if ((c = strcmp(user, l->user)) <= 0) {
			if (c == 0)
				first = l;
			l = RB_LEFT(l, by_user);
		} else
			l = RB_RIGHT(l, by_user);
	return (first);
}

static struct login *
login_next(struct login *l)
{
	struct login	*next;

	next = RB_NEXT(user_tree, &by_user, l);
	return (next != NULL && strcmp(next->user, l->user) == 0 ? next :
	    NULL);
}

/*
 * The password was right: let it in, turn it away, or leave it held back until
 * another session of the user has ended or its client has answered.
 */
static void
login_decide(struct login *l)
{
	const struct conf_user	*u;
	int			 known;

	/* As the user is now, a reload may have come between. */
	u = users_find(l->user, &known);
	if (!known)
		login_refuse(l, END_AUTH_FAILED);
	else if (u->disabled)
		login_refuse(l, END_DISABLED);
	else if (u->expires != 0 && u->expires <= time(NULL))
		login_refuse(l, END_EXPIRED);
	else if (!users_from(u, l->peer) ||
	    u->address.s_addr == l->peer.s_addr)
		/* The way to its own end would be through the tunnel. */
		login_refuse(l, END_FROM);
	else
		switch (login_room(l, u)) {
		case 1:
			login_accept(l, u);
			break;
		case 0:
			login_refuse(l, END_USER_BUSY);
			break;
		}
}

/*
 * May the user have one more session: 1 yes, 0 no, -1 not yet.  The policy for
 * duplicate logins is about the one that is too many, which without a limit is
 * the second, and always if there is but one address.
 */
static int
login_room(struct login *l, const struct conf_user *u)
{
	struct login	*o;
	uint32_t	 max, n = 0;
	int		 waiting = 0;

	max = u->max_sessions != 0 ? u->max_sessions :
	    auth_conf.user_sessions;
	if (u->address.s_addr != INADDR_ANY || (max == 0 &&
	    auth_conf.duplicate != DUPLICATE_ALLOW))
		max = 1;
	if (max == 0)
		return (1);
	for (o = login_first(u->name); o != NULL; o = login_next(o))
		n++;
	if (n < max)
		return (1);

	switch ((enum duplicate_policy)auth_conf.duplicate) {
	case DUPLICATE_ALLOW:
	case DUPLICATE_DENY:
		return (0);
	case DUPLICATE_REPLACE:
		for (o = login_first(u->name); n-- >= max; o = login_next(o))
			login_ask(o, LOGIN_END, END_REPLACED);
		return (-1);
	case DUPLICATE_PROBE:
		for (o = login_first(u->name); o != NULL; o = login_next(o)) {
			login_ask(o, LOGIN_PROBE, END_REPLACED);
			if (o->asked != LOGIN_ALIVE)
				waiting = 1;
		}
		return (waiting ? -1 : 0);
	}
	fatalx("parent: bad policy for duplicate logins");
}

/* Have the session engine end a session, or see whether it is alive. */
static void
login_ask(struct login *l, enum login_asked what, enum end_cause cause)
{
	struct msg_auth_end	m;

	if (l->asked != LOGIN_NOTHING &&
	    (l->asked == LOGIN_END || what == LOGIN_PROBE))
		return;
	login_asked(l, what);
	memset(&m, 0, sizeof(m));
	m.call_id = l->call_id;
	m.serial = l->serial;
	m.probe = what == LOGIN_PROBE;
	m.cause = cause;
	send_session(l->call_id, IMSG_AUTH_END, &m, sizeof(m));
}

static void
login_asked(struct login *l, enum login_asked what)
{
	nalive += what == LOGIN_ALIVE;
	nalive -= l->asked == LOGIN_ALIVE;
	l->asked = what;
}

static void
login_grant(const struct conf_user *u, struct grant *g)
{
	memset(g, 0, sizeof(*g));
	g->idle_timeout = u->idle_timeout;
	g->session_timeout = u->session_timeout;
	memcpy(g->dns, u->dns[0].s_addr != INADDR_ANY ? u->dns :
	    pool_conf(u->pool)->dns, sizeof(g->dns));
	g->nroutes = u->nroutes;
	memcpy(g->route, u->route, sizeof(g->route));
}

static void
login_accept(struct login *l, const struct conf_user *u)
{
	struct msg_auth_verdict	*v = l->held;

	pool_release(l);
	if (pool_take(l, u->pool, u->address,
	    u->address.s_addr != INADDR_ANY) == -1) {
		login_refuse(l, END_NO_ADDRESS);
		return;
	}
	v->ok = 1;
	v->remote = l->address;
	v->local = l->local;
	login_grant(u, &l->grant);
	v->nroutes = l->grant.nroutes;
	memcpy(v->route, l->grant.route, sizeof(v->route));
	v->idle_timeout = l->grant.idle_timeout;
	v->session_timeout = l->grant.session_timeout;
	memcpy(v->dns, l->grant.dns, sizeof(v->dns));
	send_session(l->call_id, IMSG_AUTH_VERDICT, v, sizeof(*v));
	TAILQ_REMOVE(&held_back, l, entry);
	freezero(v, sizeof(*v));
	l->held = NULL;
	l->number = ++login_number;
	RB_INSERT(user_tree, &by_user, l);
}

static void
login_refuse(struct login *l, enum end_cause cause)
{
	struct msg_auth_verdict	v;

	login_leave(l);
	memset(&v, 0, sizeof(v));
	v.call_id = l->call_id;
	v.serial = l->serial;
	v.attempt = l->attempt;
	v.cause = cause;
	verify_failure(l->answered, cause, v.text, sizeof(v.text));
	send_session(l->call_id, IMSG_AUTH_VERDICT, &v, sizeof(v));
}

/* It is no session of its user, nor waits to become one. */
static void
login_leave(struct login *l)
{
	if (l->number != 0)
		RB_REMOVE(user_tree, &by_user, l);
	l->number = 0;
	login_asked(l, LOGIN_NOTHING);
	if (l->held != NULL) {
		TAILQ_REMOVE(&held_back, l, entry);
		freezero(l->held, sizeof(*l->held));
		l->held = NULL;
	}
	free(l->user);
	l->user = NULL;
}

/* Something happened to a session of the user: who waits for that? */
static void
login_settle(const char *user)
{
	struct login	*l, *next;
	int		 waiting = 0;

	TAILQ_FOREACH_SAFE(l, &held_back, entry, next)
		if (strcmp(l->user, user) == 0) {
			login_decide(l);
			if (l->held != NULL)
				waiting = 1;
		}
	if (waiting || nalive == 0)
		return;
	/* The next one asks anew. */
	for (l = login_first(user); l != NULL; l = login_next(l))
		if (l->asked == LOGIN_ALIVE)
			login_asked(l, LOGIN_NOTHING);
}

/* What of a session would be different if it began now, KEEPS_*? */
static uint32_t
login_keeps(const struct login *l, uint32_t everybody)
{
	const struct conf_user	*u;
	const struct grant	*g = &l->grant;
	struct grant		 now;
	uint32_t		 keeps = 0;
	int			 known;

	/* What it has as everybody does. */
	if (g->dns[0].s_addr != INADDR_ANY)
		everybody &= ~KEEPS_DNS;
	if (g->idle_timeout != TIMEOUT_DEFAULT)
		everybody &= ~KEEPS_IDLE_TIMEOUT;
	if (g->session_timeout != TIMEOUT_DEFAULT)
		everybody &= ~KEEPS_SESSION_TIMEOUT;

	u = users_find(l->user, &known);
	if (!known || strcmp(u->name, l->user) != 0)
		return (KEEPS_LOGIN | everybody);
	if (u->address.s_addr != INADDR_ANY ?
	    u->address.s_addr != l->address.s_addr :
	    users_own(l->address) || !pool_has(u->pool, l->address))
		keeps |= KEEPS_ADDRESS;
	login_grant(u, &now);
	if (memcmp(now.dns, g->dns, sizeof(now.dns)) != 0)
		keeps |= KEEPS_DNS;
	if (now.idle_timeout != g->idle_timeout)
		keeps |= KEEPS_IDLE_TIMEOUT;
	if (now.session_timeout != g->session_timeout)
		keeps |= KEEPS_SESSION_TIMEOUT;
	if (now.nroutes != g->nroutes ||
	    memcmp(now.route, g->route, sizeof(now.route)) != 0)
		keeps |= KEEPS_ROUTES;
	return (keeps | everybody);
}

/*
 * A reload never ends a session, but for one whose user or address is gone, if
 * that is the configuration.  Tell the parent about some, and how many more.
 */
static void
logins_reload(const struct msg_reload *reload)
{
	struct msg_reload_session	 m;
	struct msg_reload_end		 end;
	struct login			*l;
	unsigned int			 n = 0;

	memset(&end, 0, sizeof(end));
	end.reload = *reload;
	RB_FOREACH(l, user_tree, &by_user) {
		memset(&m, 0, sizeof(m));
		m.reload = *reload;
		m.call_id = l->call_id;
		if ((m.keeps = login_keeps(l, reload->everybody)) == 0)
			continue;
		if (auth_conf.reload_drop &&
		    m.keeps & (KEEPS_LOGIN | KEEPS_ADDRESS)) {
			m.ends = 1;
			login_ask(l, LOGIN_END, END_REMOVED);
		}
		(void)strlcpy(m.user, l->user, sizeof(m.user));
		if (n++ >= RELOAD_SESSIONS_MAX)
			end.more++;
		else if (imsgev_compose(&iev_parent, IMSG_RELOAD_SESSION, 0,
		    -1, &m, sizeof(m)) == -1)
			fatal("cannot send %s", i2s(IMSG_RELOAD_SESSION));
	}
	if (imsgev_compose(&iev_parent, IMSG_RELOAD_END, 0, -1, &end,
	    sizeof(end)) == -1)
		fatal("cannot send %s", i2s(IMSG_RELOAD_END));
}

/* The client of a session that is in the way of another has answered. */
static int
auth_alive(const struct msg_call *m)
{
	struct login	*l;

	if ((l = logins[m->call_id]) == NULL)
		return (-1);
	if (l->asked == LOGIN_PROBE) {
		login_asked(l, LOGIN_ALIVE);
		login_settle(l->user);
	}
	return (0);
}

/* The client would like another address: it may have a free one of the pool. */
static int
auth_address(const struct msg_address *m)
{
	struct msg_address	 reply;
	const struct conf_user	*u;
	struct login		*l;
	int			 known;

	if ((l = logins[m->call_id]) == NULL ||
	    l->address.s_addr == INADDR_ANY)
		return (-1);
	memset(&reply, 0, sizeof(reply));
	reply.call_id = m->call_id;
	reply.serial = m->serial;
	/* Our own address was named already: it cannot change with it. */
	if (!l->fixed && l->user != NULL) {
		u = users_find(l->user, &known);
		if (known && pool_local(u->pool, m->remote).s_addr ==
		    l->local.s_addr)
			(void)pool_take(l, u->pool, m->remote, 0);
	}
	reply.remote = l->address;
	reply.local = l->local;
	send_session(m->call_id, IMSG_ADDRESS_REPLY, &reply, sizeof(reply));
	return (0);
}

static void
auth_release(const struct msg_call *m)
{
	/* NULL: there was no memory for it. */
	if (logins[m->call_id] != NULL)
		login_free(logins[m->call_id]);
}

static void
login_free(struct login *l)
{
	char	*user = l->user;

	pool_release(l);
	logins[l->call_id] = NULL;
	l->user = NULL;
	login_leave(l);
	freezero(l, sizeof(*l));
	if (user != NULL)
		login_settle(user);
	free(user);
}

/* Those of users; the control engine has those of addresses. */
static int
penalties_show(uint32_t engine, const struct msg_penalties *m)
{
	struct msg_penalties_end	 end;
	struct msg_penalty		 reply;
	struct penalty			*p;
	uint64_t			 now = monotonic_ms();
	size_t				 len;

	if (memchr(m->user, '\0', sizeof(m->user)) == NULL)
		return (-1);
	memset(&end, 0, sizeof(end));
	end.client = m->client;
	len = strlen(m->user);
	for (p = penalty_next(&penalties, len > 0 ? m->user : NULL, len, now);
	    p != NULL; p = penalty_next(&penalties, p->key, p->len, now)) {
		memset(&reply, 0, sizeof(reply));
		reply.client = m->client;
		reply.penalty.active = p->active;
		reply.penalty.reason = p->reason;
		reply.penalty.left = penalty_left(p, now);
		(void)log_text(reply.penalty.user, sizeof(reply.penalty.user),
		    (const char *)p->key);
		send_session(engine, IMSG_PENALTY, &reply, sizeof(reply));
		if (++end.count == PENALTIES_AT_A_TIME) {
			(void)strlcpy(end.next, (const char *)p->key,
			    sizeof(end.next));
			break;
		}
	}
	send_session(engine, IMSG_PENALTIES_END, &end, sizeof(end));
	return (0);
}

static int
penalties_clear(uint32_t engine, const struct msg_penalties *m)
{
	struct msg_penalties_end	end;
	uint64_t			now = monotonic_ms();

	if (memchr(m->user, '\0', sizeof(m->user)) == NULL)
		return (-1);
	memset(&end, 0, sizeof(end));
	end.client = m->client;
	end.count = m->user[0] == '\0' ? penalty_clear_all(&penalties, now) :
	    (size_t)penalty_clear(&penalties, m->user, strlen(m->user), now);
	send_session(engine, IMSG_PENALTIES_END, &end, sizeof(end));
	return (0);
}
