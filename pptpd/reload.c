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
#include <arpa/inet.h>

#include <event.h>
#include <imsg.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "pptpd.h"

/*
 * What a reload changes, told in the log and to the pptpctl that asked for it.
 * Secrets are compared, never shown.
 */

#define LINES_MAX	200	/* told one by one, the rest as a number */
#define VALUE_LEN	96

enum value_kind {
	VALUE_UINT16,
	VALUE_UINT32,
	VALUE_YES_NO16,
	VALUE_YES_NO32,
	VALUE_TEXT,
	VALUE_SERVERS,		/* two addresses */
	VALUE_AUTH,
	VALUE_ENCRYPTION,	/* with its modes */
	VALUE_DUPLICATE,
	VALUE_STARTUPS		/* three numbers */
};

/* When a change counts; else it is what sessions keep, KEEPS_*. */
#define SCOPE_NOW	0		/* at once, for everybody */
#define SCOPE_NEW	KEEPS_SETTINGS	/* for new sessions */
#define SCOPE_START	UINT32_MAX	/* privileges for it are gone by now */

struct setting {
	const char		*name;		/* as in pptpd.conf(5) */
	size_t			 offset;	/* in struct conf */
	enum value_kind		 kind;
	uint32_t		 scope;
};

#define C(m)	offsetof(struct conf, m)

static const struct setting settings[] = {
	{ "engines",	C(pptp.engines),	VALUE_UINT32,	SCOPE_START },
	{ "tun",	C(tun),			VALUE_TEXT,	SCOPE_START },
	{ "link-output", C(link_output),	VALUE_YES_NO32,	SCOPE_START },
	{ "hostname",	C(ppp.hostname),	VALUE_TEXT,	SCOPE_NEW },
	{ "dns",	C(ppp.dns),		VALUE_SERVERS,	KEEPS_DNS },
	{ "nbns",	C(ppp.nbns),		VALUE_SERVERS,	SCOPE_NEW },
	{ "authentication", C(ppp.auth),	VALUE_AUTH,	SCOPE_NEW },
	{ "encryption",	C(ppp.mppe_policy),	VALUE_ENCRYPTION, SCOPE_NEW },
	{ "mru",	C(ppp.mru),		VALUE_UINT16,	SCOPE_NEW },
	{ "mss-clamp",	C(ppp.mss_clamp),	VALUE_YES_NO16,	SCOPE_NEW },
	{ "reorder-timeout", C(ppp.reorder),	VALUE_UINT16,	SCOPE_NEW },
	{ "lcp-echo-interval", C(ppp.echo_interval), VALUE_UINT32, SCOPE_NEW },
	{ "lcp-echo-failures", C(ppp.echo_failures), VALUE_UINT32, SCOPE_NEW },
	{ "retry-timeout", C(ppp.retry_timeout), VALUE_UINT32,	SCOPE_NEW },
	{ "max-configure", C(ppp.max_configure), VALUE_UINT32,	SCOPE_NEW },
	{ "max-failure", C(ppp.max_failure),	VALUE_UINT32,	SCOPE_NEW },
	{ "max-terminate", C(ppp.max_terminate), VALUE_UINT32,	SCOPE_NEW },
	{ "auth-timeout", C(ppp.auth_timeout),	VALUE_UINT32,	SCOPE_NEW },
	{ "idle-timeout", C(ppp.idle_timeout),	VALUE_UINT32,
	    KEEPS_IDLE_TIMEOUT },
	{ "session-timeout", C(ppp.session_timeout), VALUE_UINT32,
	    KEEPS_SESSION_TIMEOUT },
	{ "max-sessions", C(pptp.max_sessions),	VALUE_UINT32,	SCOPE_NOW },
	{ "connection-calls", C(pptp.connection_calls), VALUE_UINT32,
	    SCOPE_NOW },
	{ "max-startups", C(pptp.startups_begin), VALUE_STARTUPS, SCOPE_NOW },
	{ "source-startups", C(pptp.source_startups), VALUE_UINT32,
	    SCOPE_NOW },
	{ "net-startups", C(pptp.net_startups),	VALUE_UINT32,	SCOPE_NOW },
	{ "start-timeout", C(pptp.start_timeout), VALUE_UINT32,	SCOPE_NOW },
	{ "setup-timeout", C(pptp.setup_timeout), VALUE_UINT32,	SCOPE_NOW },
	{ "echo-interval", C(pptp.echo_interval), VALUE_UINT32,	SCOPE_NOW },
	{ "echo-timeout", C(pptp.echo_timeout),	VALUE_UINT32,	SCOPE_NOW },
	{ "user-sessions", C(auth.user_sessions), VALUE_UINT32,
	    SCOPE_NOW },
	{ "source-sessions", C(pptp.source_sessions), VALUE_UINT32,
	    SCOPE_NOW },
	{ "duplicate-login", C(auth.duplicate),	VALUE_DUPLICATE, SCOPE_NOW },
	{ "penalty", C(auth.penalty.enabled),	VALUE_YES_NO32,	SCOPE_NOW },
	{ "penalty authfail", C(auth.penalty.authfail), VALUE_UINT32,
	    SCOPE_NOW },
	{ "penalty noauth", C(auth.penalty.noauth), VALUE_UINT32, SCOPE_NOW },
	{ "penalty protocol", C(auth.penalty.protocol), VALUE_UINT32,
	    SCOPE_NOW },
	{ "penalty min", C(auth.penalty.min),	VALUE_UINT32,	SCOPE_NOW },
	{ "penalty max", C(auth.penalty.max),	VALUE_UINT32,	SCOPE_NOW },
	{ "reload-drop", C(auth.reload_drop),	VALUE_YES_NO32,	SCOPE_NOW },
};
#undef C

static void	 say(const char *, ...)
		    __attribute__((__format__(printf, 1, 2)));
static void	 diff_settings(const struct conf *, const struct conf *,
		    struct msg_reload *);
static void	 diff_start(struct conf *, struct conf *);
static void	 diff_pools(struct conf *, struct conf *);
static void	 diff_pool(struct pool *, struct pool *);
static int	 same_ranges(struct range_list *, struct range_list *);
static void	 diff_ranges(const char *, struct range_list *,
		    struct range_list *);
static void	 diff_ranges_missing(const char *, const char *,
		    struct range_list *, struct range_list *);
static void	 diff_users(struct conf *, struct conf *);
static void	 diff_user(const struct user *, const struct user *);
static const char *value(const struct setting *, const struct conf *, char *,
		    size_t);
static void	 append_servers(char *, size_t, const struct in_addr[2]);
static void	 append(char *, size_t, const char *, ...)
		    __attribute__((__format__(printf, 3, 4)));
static int	 same_listeners(struct conf *, struct conf *);
static const struct user **user_table(struct conf *, size_t *);
static int	 user_cmp(const void *, const void *);

static uint32_t	 asker;		/* the pptpctl, or 0 */
static uint32_t	 lines;		/* said so far */

void
reload_diff(struct conf *old, struct conf *new, struct msg_reload *m)
{
	uint32_t	more;

	asker = m->client;
	lines = 0;
	diff_start(old, new);
	diff_settings(old, new, m);
	diff_pools(old, new);
	diff_users(old, new);
	if (lines == 0)
		say("nothing changed");
	else if (lines > LINES_MAX) {
		more = lines - LINES_MAX;
		lines = 0;
		say("and %u more changes", more);
	}
}

/*
 * What was opened with privileges stays as it is, and is part of the
 * configuration that is in force.
 */
void
reload_keep(struct conf *old, struct conf *new)
{
	struct listener	*l;
	char		*pidfile;

	while ((l = TAILQ_FIRST(&new->listeners)) != NULL) {
		TAILQ_REMOVE(&new->listeners, l, entry);
		free(l);
	}
	TAILQ_CONCAT(&new->listeners, &old->listeners, entry);
	new->pptp.engines = old->pptp.engines;
	memcpy(new->tun, old->tun, sizeof(new->tun));
	new->link_output = old->link_output;
	pidfile = new->pidfile;
	new->pidfile = old->pidfile;
	old->pidfile = pidfile;
}

int
reload_same_local(struct conf *a, struct conf *b)
{
	struct pool	*p, *q;

	p = TAILQ_FIRST(&a->pools);
	q = TAILQ_FIRST(&b->pools);
	for (; p != NULL && q != NULL; p = TAILQ_NEXT(p, entry),
	    q = TAILQ_NEXT(q, entry))
		if (!same_ranges(&p->local, &q->local))
			return (0);
	return (p == NULL && q == NULL);
}

int
reload_same_remote(struct conf *a, struct conf *b)
{
	struct pool	*p, *q;

	p = TAILQ_FIRST(&a->pools);
	q = TAILQ_FIRST(&b->pools);
	for (; p != NULL && q != NULL; p = TAILQ_NEXT(p, entry),
	    q = TAILQ_NEXT(q, entry))
		if (!same_ranges(&p->remote, &q->remote))
			return (0);
	return (p == NULL && q == NULL);
}

static int
same_ranges(struct range_list *a, struct range_list *b)
{
	struct range	*r, *s;

	r = TAILQ_FIRST(a);
	s = TAILQ_FIRST(b);
	for (; r != NULL && s != NULL; r = TAILQ_NEXT(r, entry),
	    s = TAILQ_NEXT(s, entry))
		if (memcmp(&r->range, &s->range, sizeof(r->range)) != 0)
			return (0);
	return (r == NULL && s == NULL);
}

static void
say(const char *fmt, ...)
{
	struct msg_reload_text	m;
	va_list			ap;

	if (lines++ >= LINES_MAX)
		return;
	memset(&m, 0, sizeof(m));
	m.client = asker;
	va_start(ap, fmt);
	(void)vsnprintf(m.text, sizeof(m.text), fmt, ap);
	va_end(ap);
	log_info("reload: %s", m.text);
	if (asker != 0)
		parent_send(PROC_CONTROL, IMSG_RELOAD_TEXT, -1, &m, sizeof(m));
}

static void
append(char *buf, size_t size, const char *fmt, ...)
{
	va_list	ap;
	size_t	len = strlen(buf);

	va_start(ap, fmt);
	(void)vsnprintf(buf + len, size - len, fmt, ap);
	va_end(ap);
}

static void
diff_settings(const struct conf *old, const struct conf *new,
    struct msg_reload *m)
{
	const struct setting	*s;
	char			 a[VALUE_LEN], b[VALUE_LEN];
	size_t			 i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		s = &settings[i];
		if (strcmp(value(s, old, a, sizeof(a)),
		    value(s, new, b, sizeof(b))) == 0)
			continue;
		say("%s: %s -> %s%s", s->name, a, b, s->scope == SCOPE_START ?
		    " when pptpd is started again" : "");
		if (s->scope == SCOPE_NOW || s->scope == SCOPE_START)
			continue;
		m->everybody |= s->scope;
		/* There are fewer than 64. */
		if (s->scope == KEEPS_SETTINGS)
			m->settings |= 1ULL << i;
	}
}

static const char *
value(const struct setting *s, const struct conf *c, char *buf, size_t size)
{
	const char		*p = (const char *)c + s->offset;
	const struct mppe_mode	*m;
	struct in_addr		 addr[2];
	uint32_t		 u32, bit;
	uint16_t		 u16;
	int			 i;

	buf[0] = '\0';
	switch (s->kind) {
	case VALUE_UINT16:
		memcpy(&u16, p, sizeof(u16));
		append(buf, size, "%u", u16);
		break;
	case VALUE_UINT32:
		memcpy(&u32, p, sizeof(u32));
		append(buf, size, "%u", u32);
		break;
	case VALUE_YES_NO16:
		memcpy(&u16, p, sizeof(u16));
		append(buf, size, "%s", u16 ? "yes" : "no");
		break;
	case VALUE_YES_NO32:
		memcpy(&u32, p, sizeof(u32));
		append(buf, size, "%s", u32 ? "yes" : "no");
		break;
	case VALUE_TEXT:
		(void)log_text(buf, size, p[0] != '\0' ? p : "any");
		break;
	case VALUE_SERVERS:
		memcpy(addr, p, sizeof(addr));
		append_servers(buf, size, addr);
		break;
	case VALUE_AUTH:
		append(buf, size, "{");
		for (bit = AUTH_MSCHAPV2; bit >= AUTH_PAP; bit >>= 1)
			if (c->ppp.auth & bit)
				append(buf, size, " %s", auth_name(bit));
		append(buf, size, " }");
		break;
	case VALUE_ENCRYPTION:
		append(buf, size, "%s", mppe_policy_name(c->ppp.mppe_policy));
		for (i = 0; i < c->ppp.mppe_nmodes; i++) {
			m = &c->ppp.mppe_mode[i];
			append(buf, size, "%s%u%s", i == 0 ? " " : ",",
			    m->bits, m->stateful ? "s" : "");
		}
		break;
	case VALUE_DUPLICATE:
		memcpy(&u32, p, sizeof(u32));
		append(buf, size, "%s", duplicate_name(u32));
		break;
	case VALUE_STARTUPS:
		append(buf, size, "%u:%u:%u", c->pptp.startups_begin,
		    c->pptp.startups_rate, c->pptp.startups_full);
		break;
	}
	return (buf);
}

/* The parent has promised not to open sockets any more. */
static void
diff_start(struct conf *old, struct conf *new)
{
	if (!same_listeners(old, new))
		say("listen: other addresses or ports, when pptpd is started "
		    "again");
	if ((old->pidfile == NULL) != (new->pidfile == NULL) ||
	    (old->pidfile != NULL && strcmp(old->pidfile, new->pidfile) != 0))
		say("pidfile: another one, when pptpd is started again");
}

static int
same_listeners(struct conf *a, struct conf *b)
{
	struct listener	*l, *m;

	l = TAILQ_FIRST(&a->listeners);
	m = TAILQ_FIRST(&b->listeners);
	for (; l != NULL && m != NULL; l = TAILQ_NEXT(l, entry),
	    m = TAILQ_NEXT(m, entry))
		if (l->addr.sin_addr.s_addr != m->addr.sin_addr.s_addr ||
		    l->addr.sin_port != m->addr.sin_port)
			return (0);
	return (l == NULL && m == NULL);
}

static void
diff_pools(struct conf *old, struct conf *new)
{
	struct pool	*p, *q;

	TAILQ_FOREACH(p, &old->pools, entry)
		if ((q = pool_by_name(new, p->conf.name)) != NULL)
			diff_pool(p, q);
		else
			say("pool \"%s\": removed", p->conf.name);
	TAILQ_FOREACH(p, &new->pools, entry)
		if (pool_by_name(old, p->conf.name) == NULL)
			say("pool \"%s\": added", p->conf.name);
}

static void
diff_pool(struct pool *old, struct pool *new)
{
	char	pool[POOL_NAME_LEN + 16], name[sizeof(pool) + 16];
	char	a[VALUE_LEN], b[VALUE_LEN];

	pool[0] = '\0';
	if (old->conf.name[0] != '\0')
		(void)snprintf(pool, sizeof(pool), "pool \"%s\" ",
		    old->conf.name);
	(void)snprintf(name, sizeof(name), "%slocalip", pool);
	diff_ranges(name, &old->local, &new->local);
	(void)snprintf(name, sizeof(name), "%sremoteip", pool);
	diff_ranges(name, &old->remote, &new->remote);
	/* Sessions have it or not for as long as they last. */
	if (old->proxy_arp != new->proxy_arp)
		say("%sproxy-arp: %s -> %s, for new sessions", pool,
		    old->proxy_arp ? "yes" : "no",
		    new->proxy_arp ? "yes" : "no");
	if (memcmp(old->conf.dns, new->conf.dns, sizeof(old->conf.dns)) == 0)
		return;
	a[0] = b[0] = '\0';
	append_servers(a, sizeof(a), old->conf.dns);
	append_servers(b, sizeof(b), new->conf.dns);
	say("%sdns: %s -> %s", pool, a, b);
}

static void
append_servers(char *buf, size_t size, const struct in_addr addr[2])
{
	if (addr[0].s_addr == htonl(INADDR_ANY))
		append(buf, size, "none");
	else
		append(buf, size, "%s", inet_ntoa(addr[0]));
	if (addr[1].s_addr != htonl(INADDR_ANY))
		append(buf, size, " %s", inet_ntoa(addr[1]));
}

static void
diff_ranges(const char *name, struct range_list *old, struct range_list *new)
{
	uint32_t	before = lines;

	if (same_ranges(old, new))
		return;
	diff_ranges_missing(name, "removed", old, new);
	diff_ranges_missing(name, "added", new, old);
	if (lines == before)
		say("%s: another order", name);
}

/* Those of a that are not in b. */
static void
diff_ranges_missing(const char *name, const char *what, struct range_list *a,
    struct range_list *b)
{
	char		 first[INET_ADDRSTRLEN], last[INET_ADDRSTRLEN];
	struct range	*r, *s;

	TAILQ_FOREACH(r, a, entry) {
		TAILQ_FOREACH(s, b, entry)
			if (memcmp(&r->range, &s->range,
			    sizeof(r->range)) == 0)
				break;
		if (s != NULL)
			continue;
		(void)inet_ntop(AF_INET, &r->range.first, first,
		    sizeof(first));
		(void)inet_ntop(AF_INET, &r->range.last, last, sizeof(last));
		if (strcmp(first, last) == 0)
			say("%s: %s %s", name, first, what);
		else
			say("%s: %s-%s %s", name, first, last, what);
	}
}

static int
user_cmp(const void *a, const void *b)
{
	const struct user *const	*x = a, *const *y = b;

	return (strcmp((*x)->user.name, (*y)->user.name));
}

/* Sorted, since there may be many. */
static const struct user **
user_table(struct conf *c, size_t *n)
{
	const struct user	**table;
	struct user		 *u;
	size_t			  i = 0;

	*n = 0;
	TAILQ_FOREACH(u, &c->users, entry)
		(*n)++;
	if ((table = calloc(*n + 1, sizeof(*table))) == NULL)
		return (NULL);
	TAILQ_FOREACH(u, &c->users, entry)
		table[i++] = u;
	qsort(table, *n, sizeof(*table), user_cmp);
	return (table);
}

static void
diff_users(struct conf *old, struct conf *new)
{
	const struct user	**a, **b;
	char			  name[VALUE_LEN];
	size_t			  na, nb, i = 0, j = 0;
	int			  cmp;

	a = user_table(old, &na);
	b = user_table(new, &nb);
	if (a == NULL || b == NULL) {
		log_warn("reload: users");
		free(a);
		free(b);
		return;
	}
	while (i < na || j < nb) {
		if (i == na)
			cmp = 1;
		else if (j == nb)
			cmp = -1;
		else
			cmp = user_cmp(&a[i], &b[j]);
		if (cmp < 0)
			say("user \"%s\": removed", log_text(name,
			    sizeof(name), a[i++]->user.name));
		else if (cmp > 0)
			say("user \"%s\": added", log_text(name, sizeof(name),
			    b[j++]->user.name));
		else
			diff_user(a[i++], b[j++]);
	}
	free(a);
	free(b);
}

/* One line for a user, with what is different but not how. */
static void
diff_user(const struct user *old, const struct user *new)
{
	const struct conf_user	*a = &old->user, *b = &new->user;
	char			 name[VALUE_LEN], what[VALUE_LEN];

	what[0] = '\0';
	if (!user_same_secret(old, new))
		append(what, sizeof(what), ", password");
	if (a->address.s_addr != b->address.s_addr)
		append(what, sizeof(what), ", address");
	if (strcmp(a->pool, b->pool) != 0)
		append(what, sizeof(what), ", pool");
	if (a->disabled != b->disabled)
		append(what, sizeof(what), ", %s", b->disabled ? "disabled" :
		    "not disabled any more");
	if (a->expires != b->expires)
		append(what, sizeof(what), ", expiry");
	if (a->max_sessions != b->max_sessions ||
	    a->idle_timeout != b->idle_timeout ||
	    a->session_timeout != b->session_timeout)
		append(what, sizeof(what), ", limits");
	if (memcmp(a->dns, b->dns, sizeof(a->dns)) != 0)
		append(what, sizeof(what), ", dns");
	if (a->nroutes != b->nroutes ||
	    memcmp(a->route, b->route, sizeof(a->route)) != 0)
		append(what, sizeof(what), ", routes");
	if (a->nfrom != b->nfrom ||
	    memcmp(a->from, b->from, sizeof(a->from)) != 0)
		append(what, sizeof(what), ", networks to call from");
	if (what[0] != '\0')
		say("user \"%s\": %s", log_text(name, sizeof(name), a->name),
		    what + 2);
}

/* What the auth engine says of a session, after the changes. */
int
reload_session(const struct msg_reload_session *m)
{
	static const struct {
		uint32_t	 keeps;
		const char	*name;
	} names[] = {
		{ KEEPS_LOGIN,		"log-in" },
		{ KEEPS_ADDRESS,	"address" },
		{ KEEPS_DNS,		"dns" },
		{ KEEPS_IDLE_TIMEOUT,	"idle-timeout" },
		{ KEEPS_SESSION_TIMEOUT, "session-timeout" },
		{ KEEPS_ROUTES,		"routes" },
	};
	char	user[VALUE_LEN], what[VALUE_LEN];
	size_t	i;

	if (memchr(m->user, '\0', sizeof(m->user)) == NULL)
		return (-1);
	what[0] = '\0';
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (m->keeps & names[i].keeps)
			append(what, sizeof(what), ", %s", names[i].name);
	if (m->keeps & KEEPS_SETTINGS)
		for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
			if (m->reload.settings & 1ULL << i)
				append(what, sizeof(what), ", %s",
				    settings[i].name);
	if (what[0] == '\0' && !m->ends)
		return (-1);
	asker = m->reload.client;
	lines = 0;
	(void)log_text(user, sizeof(user), m->user);
	if (m->ends)
		say("call %u of user \"%s\" ends: the %s was removed",
		    m->call_id, user, m->keeps & KEEPS_LOGIN ? "user" :
		    "address");
	else
		say("call %u of user \"%s\" keeps its%s", m->call_id, user,
		    what + 1);
	return (0);
}

void
reload_more(const struct msg_reload_end *m)
{
	asker = m->reload.client;
	lines = 0;
	if (m->more > 0)
		say("and %u more session%s", m->more, m->more == 1 ? "" : "s");
}
