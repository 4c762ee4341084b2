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

/* The configuration as a whole: defaults and cross checks. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <ctype.h>
#include <event.h>
#include <imsg.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "log.h"
#include "mschap.h"
#include "pptpd.h"

#define PPTP_PORT	1723
#define POOL_MAX	MAX_CALL_ID	/* no more addresses than calls */

/* Addresses of one kind, in host byte order, for finding overlaps. */
enum span_kind {
	SPAN_LOCAL,
	SPAN_REMOTE,
	SPAN_USER
};

struct span {
	uint32_t	 first;
	uint32_t	 last;
	enum span_kind	 kind;
	const struct pool *pool;
	const char	*user;
	const struct conf_where *where;
};

static void	 user_seal(const struct user *, uint8_t[SEAL_LEN]);
static int	 pool_needed(struct conf *);
static int	 check_pools(struct conf *, const char *);
static void	 check_pairs(struct pool *, const char *);
static void	 check_local(struct pool *, const char *);
static const char
		*pool_title(const struct pool *, char *, size_t);
static int	 check_users(struct conf *, const char *);
static int	 check_encryption(struct conf *, const char *);
static int	 check_spans(struct conf *, const char *, enum span_kind);
static int	 span_cmp(const void *, const void *);
static int	 user_cmp(const void *, const void *);
static uint64_t	 list_size(struct range_list *);
static void	 list_cut(struct range_list *, uint64_t);
static void	 list_remove(struct range_list *, uint32_t);
static void	 list_free(struct range_list *);
static void	 paths_free(struct conf_paths *);
static const struct conf_where
		*where_later(const struct conf_where *,
		    const struct conf_where *);

/* Every default, but for those that depend on what is configured. */
struct conf *
config_new(void)
{
	struct conf	*c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		fatal("config_new");
	TAILQ_INIT(&c->listeners);	/* 0.0.0.0, see config_check() */
	TAILQ_INIT(&c->pools);
	TAILQ_INIT(&c->users);
	TAILQ_INIT(&c->files);
	c->pool = pool_new(c, "");

	c->pptp.echo_interval = 60;
	c->pptp.echo_timeout = 60;
	c->pptp.start_timeout = 10;
	c->pptp.setup_timeout = 30;
	/* As MaxStartups of sshd(8), but for what happens then. */
	c->pptp.startups_begin = 64;
	c->pptp.startups_rate = 30;
	c->pptp.startups_full = 128;
	c->pptp.source_startups = 8;
	c->pptp.net_startups = 32;
	/* Some clients share a connection among all calls of their host. */
	c->pptp.connection_calls = 8;
	c->pptp.max_sessions = 0;	/* all addresses, config_check() */
	c->pptp.engines = 1;

	/* 1400 and all headers fit into 1500, also over most other tunnels. */
	c->ppp.mru = 1400;
	c->ppp.mss_clamp = 1;
	c->ppp.reorder = 50;
	c->ppp.auth = AUTH_MSCHAPV2;
	c->ppp.mppe_policy = MPPE_REQUIRE;
	c->ppp.mppe_nmodes = 2;
	c->ppp.mppe_mode[0].bits = 128;
	c->ppp.mppe_mode[0].stateful = 0;
	c->ppp.mppe_mode[1].bits = 128;
	c->ppp.mppe_mode[1].stateful = 1;
	c->ppp.echo_interval = 30;
	c->ppp.echo_failures = 5;
	/* RFC 1661 section 4.6 */
	c->ppp.retry_timeout = 3;
	c->ppp.max_configure = 10;
	c->ppp.max_failure = 5;
	c->ppp.max_terminate = 2;
	c->ppp.auth_timeout = 60;
	c->ppp.idle_timeout = 0;
	c->ppp.session_timeout = 0;
	c->pool->proxy_arp = 0;

	/* Enough for an office behind NAT, not for taking all sessions. */
	c->pptp.source_sessions = 64;
	c->auth.user_sessions = 0;
	c->auth.duplicate = DUPLICATE_ALLOW;
	/* As OpenSSH has them for sshd(8). */
	c->auth.penalty.enabled = 1;
	c->auth.penalty.authfail = 5;
	c->auth.penalty.noauth = 1;
	c->auth.penalty.protocol = 10;
	c->auth.penalty.min = 15;
	c->auth.penalty.max = 600;
	(void)strlcpy(c->ppp.hostname, "pptpd", sizeof(c->ppp.hostname));
	return (c);
}

void
config_free(struct conf *c)
{
	struct listener	*l;
	struct pool	*p;
	struct user	*u;

	if (c == NULL)
		return;
	while ((l = TAILQ_FIRST(&c->listeners)) != NULL) {
		TAILQ_REMOVE(&c->listeners, l, entry);
		if (l->fd != -1)
			close(l->fd);
		free(l);
	}
	while ((u = TAILQ_FIRST(&c->users)) != NULL) {
		TAILQ_REMOVE(&c->users, u, entry);
		freezero(u, sizeof(*u));
	}
	while ((p = TAILQ_FIRST(&c->pools)) != NULL) {
		TAILQ_REMOVE(&c->pools, p, entry);
		list_free(&p->local);
		list_free(&p->remote);
		free(p);
	}
	paths_free(&c->files);
	free(c->pidfile);
	free(c->ppp_secret);
	free(c->chap_secrets);
	freezero(c, sizeof(*c));
}

static void
user_seal(const struct user *u, uint8_t seal[SEAL_LEN])
{
	static uint8_t	key[SEAL_LEN];
	static int	has_key;
	SHA256_CTX	ctx;

	if (!has_key)
		arc4random_buf(key, sizeof(key));
	has_key = 1;
	SHA256_Init(&ctx);
	SHA256_Update(&ctx, key, sizeof(key));
	SHA256_Update(&ctx, &u->user.has_password,
	    sizeof(u->user.has_password));
	SHA256_Update(&ctx, u->user.nt_hash, sizeof(u->user.nt_hash));
	SHA256_Update(&ctx, u->user.password, strlen(u->user.password));
	SHA256_Final(seal, &ctx);
	explicit_bzero(&ctx, sizeof(ctx));
}

void
config_seal(struct conf *c)
{
	struct user	*u;

	TAILQ_FOREACH(u, &c->users, entry) {
		user_seal(u, u->seal);
		explicit_bzero(u->user.password, sizeof(u->user.password));
		explicit_bzero(u->user.nt_hash, sizeof(u->user.nt_hash));
	}
}

int
user_same_secret(const struct user *sealed, const struct user *u)
{
	uint8_t	seal[SEAL_LEN];

	user_seal(u, seal);
	return (timingsafe_bcmp(sealed->seal, seal, sizeof(seal)) == 0);
}

const char *
path_add(struct conf_paths *list, const char *name)
{
	struct conf_path	*p;

	TAILQ_FOREACH(p, list, entry)
		if (strcmp(p->name, name) == 0)
			return (p->name);
	if ((p = calloc(1, sizeof(*p))) == NULL ||
	    (p->name = strdup(name)) == NULL)
		fatal("path_add");
	TAILQ_INSERT_TAIL(list, p, entry);
	return (p->name);
}

static void
paths_free(struct conf_paths *list)
{
	struct conf_path	*p;

	while ((p = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, p, entry);
		free(p->name);
		free(p);
	}
}

void
where_set(struct conf *c, struct conf_where *w, const char *file, int line)
{
	w->file = path_add(&c->files, file);
	w->line = line;
}

const char *
where_file(const struct conf_where *w, const char *file)
{
	return (w->file != NULL ? w->file : file);
}

/* Of two, the one that comes second, as far as can be told. */
static const struct conf_where *
where_later(const struct conf_where *a, const struct conf_where *b)
{
	return (a->file == b->file && a->line > b->line ? a : b);
}

struct conf_user *
user_new(struct conf *c, const char *file, int line)
{
	struct user	*u;

	if ((u = calloc(1, sizeof(*u))) == NULL)
		fatal("user_new");
	u->user.idle_timeout = TIMEOUT_DEFAULT;
	u->user.session_timeout = TIMEOUT_DEFAULT;
	where_set(c, &u->where, file, line);
	TAILQ_INSERT_TAIL(&c->users, u, entry);
	return (&u->user);
}

const char *
user_set_name(struct conf_user *user, const char *name)
{
	const char	*p;

	for (p = name; *p != '\0' && !iscntrl((unsigned char)*p); p++)
		;
	if (name[0] == '\0' || *p != '\0')
		return ("user name is empty or has control characters");
	if (strlcpy(user->name, name, sizeof(user->name)) >=
	    sizeof(user->name))
		return ("user name is longer than 255 octets");
	return (NULL);
}

const char *
user_set_password(struct conf_user *user, const char *password)
{
	user->has_password = 1;
	if (strlcpy(user->password, password, sizeof(user->password)) >=
	    sizeof(user->password))
		return ("password is longer than 255 octets");
	if (nt_password_hash(password, user->nt_hash) == -1)
		return ("password is not UTF-8");
	return (NULL);
}

/* 32 hexadecimal digits, as in smbpasswd(5). */
const char *
user_set_hash(struct conf_user *user, const char *hash)
{
	const char	*p;
	unsigned int	 i, byte;

	for (p = hash; isxdigit((unsigned char)*p); p++)
		;
	if (*p != '\0' || p - hash != 2 * NT_HASH_LEN)
		return ("nt-hash must be of 32 hexadecimal digits");
	for (i = 0; i < NT_HASH_LEN; i++) {
		(void)sscanf(hash + 2 * i, "%2x", &byte);
		user->nt_hash[i] = byte;
	}
	return (NULL);
}

/*
 * What a single line cannot tell, and the defaults that depend on the rest.
 * Returns -1 after errors, which parse_fail() has reported.
 */
int
config_check(struct conf *c, const char *file)
{
	struct listener	*l;
	struct pool	*p;
	struct user	*u;
	uint64_t	 addresses;
	char		 name[IF_NAMESIZE];
	int		 ret = 0;

	if (TAILQ_EMPTY(&c->pool->local) ||
	    (TAILQ_EMPTY(&c->pool->remote) && pool_needed(c))) {
		parse_fail(file, 0, "no %s: write for example "
		    "\"localip 192.168.0.1\" and "
		    "\"remoteip 192.168.0.100-199\"",
		    TAILQ_EMPTY(&c->pool->local) ? "localip" : "remoteip");
		return (-1);
	}
	if (check_pools(c, file) == -1 || check_users(c, file) == -1)
		ret = -1;
	if (check_encryption(c, file) == -1)
		ret = -1;
	if (c->tun[0] != '\0' && tun_name(c, c->pptp.engines - 1, name) ==
	    -1) {
		parse_fail(where_file(&c->tun_where, file), c->tun_where.line,
		    "tun %s: with engines %u it must end in a number, where "
		    "they count from", c->tun, c->pptp.engines);
		ret = -1;
	}
	if (c->auth.penalty.min > c->auth.penalty.max) {
		parse_fail(where_file(&c->penalty_where, file),
		    c->penalty_where.line, "penalty min %u is more than max "
		    "%u", c->auth.penalty.min, c->auth.penalty.max);
		ret = -1;
	}
	if (ret == -1)
		return (-1);

	if (TAILQ_EMPTY(&c->listeners)) {
		if ((l = calloc(1, sizeof(*l))) == NULL)
			fatal("config_check");
		l->fd = -1;
		l->addr.sin_family = AF_INET;
		l->addr.sin_port = htons(PPTP_PORT);
		TAILQ_INSERT_TAIL(&c->listeners, l, entry);
	}

	/* What two engines need to know. */
	c->pptp.penalty = c->auth.penalty;
	memcpy(c->pptp.hostname, c->ppp.hostname, sizeof(c->pptp.hostname));

	addresses = 0;
	TAILQ_FOREACH(p, &c->pools, entry)
		addresses += list_size(&p->remote);
	TAILQ_FOREACH(u, &c->users, entry)
		if (u->user.address.s_addr != htonl(INADDR_ANY) &&
		    pool_having(c, u->user.address) == NULL)
			addresses++;
	if (addresses > MAX_CALL_ID)
		addresses = MAX_CALL_ID;
	if (c->pptp.max_sessions == 0)
		c->pptp.max_sessions = addresses;
	else if (c->pptp.max_sessions > addresses)
		parse_warning(where_file(&c->sessions_where, file),
		    c->sessions_where.line, "max-sessions is %u, but there "
		    "are addresses for %u", c->pptp.max_sessions,
		    (unsigned int)addresses);
	return (0);
}

/* Does anybody, or nobody yet, get an address of the default pool? */
static int
pool_needed(struct conf *c)
{
	struct user	*u;

	TAILQ_FOREACH(u, &c->users, entry)
		if (u->user.address.s_addr == htonl(INADDR_ANY) &&
		    u->user.pool[0] == '\0')
			return (1);
	return (TAILQ_EMPTY(&c->users));
}

static int
check_pools(struct conf *c, const char *file)
{
	const struct conf_where	*w;
	const char		*errstr;
	struct pool		*p;
	struct range		*r;
	uint64_t		 n = 0;
	int			 local;

	TAILQ_FOREACH(p, &c->pools, entry) {
		if (p != c->pool) {
			if (p->proxy_arp == -1)
				p->proxy_arp = c->pool->proxy_arp;
			if (TAILQ_EMPTY(&p->local)) {
				r = TAILQ_FIRST(&c->pool->local);
				(void)range_parse(inet_ntoa(r->range.first),
				    &p->local, &errstr);
			}
		}
		local = list_size(&p->local) > POOL_MAX;
		if (local || list_size(&p->remote) > POOL_MAX) {
			w = local ? &p->local_where : &p->remote_where;
			parse_fail(where_file(w, file), w->line, "%s has more "
			    "than %u addresses", local ? "localip" :
			    "remoteip", POOL_MAX);
			return (-1);
		}
		check_local(p, file);
		n += list_size(&p->remote);
		if (n > POOL_MAX) {
			w = &p->remote_where;
			parse_fail(where_file(w, file), w->line, "pools have "
			    "more than %u addresses", POOL_MAX);
			return (-1);
		}
	}
	if (check_spans(c, file, SPAN_REMOTE) == -1)
		return (-1);
	TAILQ_FOREACH(p, &c->pools, entry)
		check_pairs(p, file);
	return (0);
}

static void
check_pairs(struct pool *p, const char *file)
{
	const struct conf_where	*w;
	uint64_t		 local, remote;

	local = list_size(&p->local);
	remote = list_size(&p->remote);
	/* Only the first one is for addresses of users' own. */
	if (remote == 0)
		list_cut(&p->local, 1);
	/* As with PoPToP: one for all, or pairs, or what there is of them. */
	else if (local != 1 && local != remote) {
		w = where_later(&p->local_where, &p->remote_where);
		parse_warning(where_file(w, file), w->line, "localip has %u "
		    "addresses, remoteip %u: only the first %u of each are "
		    "used", (unsigned int)local, (unsigned int)remote,
		    (unsigned int)(local < remote ? local : remote));
		list_cut(&p->local, remote);
		list_cut(&p->remote, local);
	}
}

/* "remoteip 10.0.0.0/24", and localip is the first of them. */
static void
check_local(struct pool *p, const char *file)
{
	struct in_addr	addr;

	if (list_size(&p->local) != 1 || list_size(&p->remote) <= 1)
		return;
	addr = TAILQ_FIRST(&p->local)->range.first;
	if (!range_has(&p->remote, addr))
		return;
	parse_warning(where_file(&p->remote_where, file),
	    p->remote_where.line, "localip %s is in remoteip, too: no client "
	    "gets it", inet_ntoa(addr));
	list_remove(&p->remote, ntohl(addr.s_addr));
}

static int
check_users(struct conf *c, const char *file)
{
	const struct user	**users, *a, *b;
	const struct conf_where	*w;
	struct user		*u;
	size_t			 i, n = 0;
	int			 ret = 0;

	TAILQ_FOREACH(u, &c->users, entry) {
		n++;
		/* CHAP with MD5 hashes the very password (RFC 1994). */
		if (c->ppp.auth == AUTH_CHAP_MD5 && !u->user.has_password)
			parse_warning(u->where.file, u->where.line, "user "
			    "\"%s\" cannot log in, chap-md5 needs a password",
			    u->user.name);
		if (pool_by_name(c, u->user.pool) == NULL) {
			parse_fail(u->where.file, u->where.line, "user "
			    "\"%s\": there is no pool \"%s\"", u->user.name,
			    u->user.pool);
			ret = -1;
		}
	}
	if (n == 0) {
		log_warnx("%s: warning: no users, nobody can log in", file);
		return (0);
	}

	if ((users = calloc(n, sizeof(*users))) == NULL)
		fatal("check_users");
	n = 0;
	TAILQ_FOREACH(u, &c->users, entry)
		users[n++] = u;
	qsort(users, n, sizeof(*users), user_cmp);
	for (i = 1; i < n; i++) {
		a = users[i - 1];
		b = users[i];
		if (strcmp(a->user.name, b->user.name) != 0)
			continue;
		w = where_later(&a->where, &b->where);
		if (w == &a->where)
			a = b;
		parse_fail(w->file, w->line, "user \"%s\" is there twice, see "
		    "%s:%d", a->user.name, a->where.file, a->where.line);
		ret = -1;
	}
	free(users);
	if (check_spans(c, file, SPAN_USER) == -1)
		ret = -1;
	return (ret);
}

/* MPPE takes its keys from MS-CHAP (RFC 3079). */
static int
check_encryption(struct conf *c, const char *file)
{
	const struct conf_where	*w = &c->mppe_where;

	if (c->ppp.mppe_policy != MPPE_REQUIRE)
		return (0);
	if ((c->ppp.auth & (AUTH_MSCHAP | AUTH_MSCHAPV2)) == 0) {
		parse_fail(where_file(w, file), w->line, "encryption require: "
		    "pap and chap-md5 give no keys for it, add mschapv2");
		return (-1);
	}
	if (c->ppp.auth & (AUTH_PAP | AUTH_CHAP_MD5))
		parse_warning(where_file(w, file), w->line, "encryption "
		    "require: clients that use pap or chap-md5 have no keys "
		    "and will be refused");
	return (0);
}

static const char *
pool_title(const struct pool *p, char *buf, size_t size)
{
	if (p->conf.name[0] == '\0')
		return ("the default pool");
	(void)snprintf(buf, size, "pool \"%s\"", p->conf.name);
	return (buf);
}

/*
 * Do addresses of this kind overlap with each other or with local ones?  Only
 * local ones of different pools may.
 */
static int
check_spans(struct conf *c, const char *file, enum span_kind kind)
{
	struct range	*r;
	struct pool	*p;
	struct user	*u;
	struct span	*spans, *a, *b;
	struct in_addr	 addr;
	const struct conf_where *w;
	const char	*at;
	size_t		 i, n = 0;
	int		 ret = 0;
	char		 text[INET_ADDRSTRLEN], x[64], y[64];

	TAILQ_FOREACH(p, &c->pools, entry) {
		TAILQ_FOREACH(r, &p->local, entry)
			n++;
		TAILQ_FOREACH(r, &p->remote, entry)
			n++;
	}
	TAILQ_FOREACH(u, &c->users, entry)
		n++;
	if ((spans = calloc(n + 1, sizeof(*spans))) == NULL)
		fatal("check_spans");

	a = spans;
	TAILQ_FOREACH(p, &c->pools, entry) {
		TAILQ_FOREACH(r, &p->local, entry) {
			a->first = ntohl(r->range.first.s_addr);
			a->last = ntohl(r->range.last.s_addr);
			a->pool = p;
			a->where = &p->local_where;
			a++->kind = SPAN_LOCAL;
		}
		if (kind != SPAN_REMOTE)
			continue;
		TAILQ_FOREACH(r, &p->remote, entry) {
			a->first = ntohl(r->range.first.s_addr);
			a->last = ntohl(r->range.last.s_addr);
			a->pool = p;
			a->where = &p->remote_where;
			a++->kind = SPAN_REMOTE;
		}
	}
	if (kind == SPAN_USER)
		TAILQ_FOREACH(u, &c->users, entry) {
			if (u->user.address.s_addr == htonl(INADDR_ANY))
				continue;
			a->first = a->last = ntohl(u->user.address.s_addr);
			a->user = u->user.name;
			a->where = &u->where;
			a++->kind = SPAN_USER;
		}
	n = a - spans;
	qsort(spans, n, sizeof(*spans), span_cmp);

	/* If any two overlap, then so does one with what reaches furthest. */
	for (a = spans, i = 1; i < n; i++) {
		b = &spans[i];
		if (b->first > a->last || (a->kind == SPAN_LOCAL &&
		    b->kind == SPAN_LOCAL && a->pool != b->pool)) {
			if (b->last > a->last)
				a = b;
			continue;
		}
		addr.s_addr = htonl(b->first);
		(void)inet_ntop(AF_INET, &addr, text, sizeof(text));
		w = where_later(a->where, b->where);
		if (kind == SPAN_USER && a->kind != b->kind)
			w = a->kind == SPAN_USER ? a->where : b->where;
		at = where_file(w, file);
		if (a->kind == SPAN_USER && b->kind == SPAN_USER)
			parse_fail(at, w->line, "users \"%s\" and \"%s\" have "
			    "the same address %s", a->user, b->user, text);
		else if (kind == SPAN_USER)
			parse_fail(at, w->line, "user \"%s\" has the address "
			    "%s of localip", a->kind == SPAN_USER ? a->user :
			    b->user, text);
		else if (a->kind != b->kind)
			parse_fail(at, w->line, "%s is in localip and in "
			    "remoteip", text);
		else if (a->pool != b->pool)
			parse_fail(at, w->line, "%s is in %s and in %s", text,
			    pool_title(a->pool, x, sizeof(x)),
			    pool_title(b->pool, y, sizeof(y)));
		else
			parse_fail(at, w->line, "%s is twice in %s", text,
			    a->kind == SPAN_LOCAL ? "localip" : "remoteip");
		ret = -1;
		break;
	}
	free(spans);
	return (ret);
}

static int
span_cmp(const void *x, const void *y)
{
	const struct span	*a = x, *b = y;

	if (a->first != b->first)
		return (a->first < b->first ? -1 : 1);
	return (a->last < b->last ? -1 : a->last > b->last);
}

static int
user_cmp(const void *a, const void *b)
{
	const struct user *const	*x = a, *const *y = b;

	return (strcmp((*x)->user.name, (*y)->user.name));
}

static uint64_t
list_size(struct range_list *list)
{
	struct range	*r;
	uint64_t	 n = 0;

	TAILQ_FOREACH(r, list, entry)
		n += range_size(&r->range);
	return (n);
}

/* Keep the first n addresses. */
static void
list_cut(struct range_list *list, uint64_t n)
{
	struct range	*r, *next;
	uint64_t	 size;

	TAILQ_FOREACH_SAFE(r, list, entry, next) {
		size = range_size(&r->range);
		if (n == 0) {
			TAILQ_REMOVE(list, r, entry);
			free(r);
		} else if (size > n) {
			r->range.last.s_addr =
			    htonl(ntohl(r->range.first.s_addr) + n - 1);
			n = 0;
		} else
			n -= size;
	}
}

static void
list_remove(struct range_list *list, uint32_t addr)
{
	struct range	*r, *next, *rest;
	uint32_t	 first, last;

	TAILQ_FOREACH_SAFE(r, list, entry, next) {
		first = ntohl(r->range.first.s_addr);
		last = ntohl(r->range.last.s_addr);
		if (addr < first || addr > last)
			continue;
		if (first == last) {
			TAILQ_REMOVE(list, r, entry);
			free(r);
			continue;
		}
		if (addr == first) {
			r->range.first.s_addr = htonl(addr + 1);
			continue;
		}
		r->range.last.s_addr = htonl(addr - 1);
		if (addr == last)
			continue;
		if ((rest = calloc(1, sizeof(*rest))) == NULL)
			fatal("list_remove");
		rest->range.first.s_addr = htonl(addr + 1);
		rest->range.last.s_addr = htonl(last);
		TAILQ_INSERT_AFTER(list, r, rest, entry);
	}
}

static void
list_free(struct range_list *list)
{
	list_cut(list, 0);
}

int
tun_name(const struct conf *c, uint32_t engine, char name[IF_NAMESIZE])
{
	const char	*errstr;
	size_t		 len;
	uint32_t	 first;
	int		 n;

	(void)strlcpy(name, c->tun, IF_NAMESIZE);
	if (name[0] == '\0' || engine == 0)
		return (0);
	for (len = strlen(name); len > 0; len--)
		if (!isdigit((unsigned char)name[len - 1]))
			break;
	first = strtonum(name + len, 0, INT_MAX - ENGINES_MAX, &errstr);
	if (errstr != NULL)
		return (-1);
	n = snprintf(name + len, IF_NAMESIZE - len, "%u", first + engine);
	return (n < 0 || (size_t)n >= IF_NAMESIZE - len ? -1 : 0);
}
