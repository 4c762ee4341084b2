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

/* The configuration as a whole: defaults, cross checks, address ranges. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <ctype.h>
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
	const char	*user;
};

static int	 users_have_addresses(struct conf *);
static int	 check_pool(struct conf *, const char *);
static void	 check_local(struct conf *, const char *);
static int	 check_users(struct conf *, const char *);
static int	 check_encryption(struct conf *, const char *);
static int	 check_spans(struct conf *, const char *, enum span_kind);
static int	 span_cmp(const void *, const void *);
static int	 name_cmp(const void *, const void *);
static uint64_t	 list_size(struct range_list *);
static void	 list_cut(struct range_list *, uint64_t);
static void	 list_remove(struct range_list *, uint32_t);
static void	 list_free(struct range_list *);

static const char
		*item_parse(const char *, struct range_list *);
static const char
		*item_network(const char *, struct range_list *);
static const char
		*item_pair(const char *, struct range_list *);
static const char
		*item_octets(const char *, struct range_list *);
static const char
		*octet(const char *, unsigned int *);
static int	 dotted_quad(const char *, size_t, uint32_t *);
static const char
		*range_add(struct range_list *, uint32_t, uint32_t);
static int	 host_range(uint32_t, uint32_t);

static const char	 not_address[] = "not an IPv4 address or a range";

/* Every default, but for those that depend on what is configured. */
struct conf *
config_new(void)
{
	struct conf	*c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		fatal("config_new");
	TAILQ_INIT(&c->listeners);	/* 0.0.0.0, see config_check() */
	TAILQ_INIT(&c->local);
	TAILQ_INIT(&c->remote);
	TAILQ_INIT(&c->users);

	c->pptp.echo_interval = 60;
	c->pptp.echo_timeout = 60;
	c->pptp.setup_timeout = 30;
	c->pptp.max_sessions = 0;	/* all addresses, config_check() */

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
	c->proxy_arp = 0;

	/* Enough for an office behind NAT, not for taking all sessions. */
	c->auth.source_sessions = 64;
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
	list_free(&c->local);
	list_free(&c->remote);
	free(c->pidfile);
	free(c->ppp_secret);
	free(c->chap_secrets);
	freezero(c, sizeof(*c));
}

struct conf_user *
user_new(struct conf *c)
{
	struct user	*u;

	if ((u = calloc(1, sizeof(*u))) == NULL)
		fatal("user_new");
	u->user.idle_timeout = TIMEOUT_DEFAULT;
	u->user.session_timeout = TIMEOUT_DEFAULT;
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
	struct user	*u;
	uint64_t	 addresses;
	int		 ret = 0;

	if (TAILQ_EMPTY(&c->local) ||
	    (TAILQ_EMPTY(&c->remote) && !users_have_addresses(c))) {
		parse_fail(file, 0, "no %s: write for example "
		    "\"localip 192.168.0.1\" and "
		    "\"remoteip 192.168.0.100-199\"",
		    TAILQ_EMPTY(&c->local) ? "localip" : "remoteip");
		return (-1);
	}
	if (check_pool(c, file) == -1 || check_users(c, file) == -1)
		ret = -1;
	if (check_encryption(c, file) == -1)
		ret = -1;
	if (c->auth.penalty.min > c->auth.penalty.max) {
		parse_fail(file, 0, "penalty min %u is more than max %u",
		    c->auth.penalty.min, c->auth.penalty.max);
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

	/* The control engine sees to it, before the auth engine can. */
	c->pptp.source_sessions = c->auth.source_sessions;

	addresses = list_size(&c->remote);
	TAILQ_FOREACH(u, &c->users, entry)
		if (u->user.address.s_addr != htonl(INADDR_ANY) &&
		    !range_has(&c->remote, u->user.address))
			addresses++;
	if (addresses > MAX_CALL_ID)
		addresses = MAX_CALL_ID;
	if (c->pptp.max_sessions == 0)
		c->pptp.max_sessions = addresses;
	else if (c->pptp.max_sessions > addresses)
		log_warnx("%s: warning: max-sessions is %u, but there are "
		    "addresses for %u", file, c->pptp.max_sessions,
		    (unsigned int)addresses);
	return (0);
}

/* Then there need not be a pool. */
static int
users_have_addresses(struct conf *c)
{
	struct user	*u;

	TAILQ_FOREACH(u, &c->users, entry)
		if (u->user.address.s_addr == htonl(INADDR_ANY))
			return (0);
	return (!TAILQ_EMPTY(&c->users));
}

static int
check_pool(struct conf *c, const char *file)
{
	uint64_t	local, remote;

	local = list_size(&c->local);
	remote = list_size(&c->remote);
	if (local > POOL_MAX || remote > POOL_MAX) {
		parse_fail(file, 0, "%s has more than %u addresses",
		    local > POOL_MAX ? "localip" : "remoteip", POOL_MAX);
		return (-1);
	}
	check_local(c, file);
	remote = list_size(&c->remote);
	if (check_spans(c, file, SPAN_REMOTE) == -1)
		return (-1);

	/* Only the first one is for addresses of users' own. */
	if (remote == 0)
		list_cut(&c->local, 1);
	/* As with PoPToP: one for all, or pairs, or what there is of them. */
	else if (local != 1 && local != remote) {
		log_warnx("%s: warning: localip has %u addresses, remoteip "
		    "%u: only the first %u of each are used", file,
		    (unsigned int)local, (unsigned int)remote,
		    (unsigned int)(local < remote ? local : remote));
		list_cut(&c->local, remote);
		list_cut(&c->remote, local);
	}
	return (0);
}

/* "remoteip 10.0.0.0/24", and localip is the first of them. */
static void
check_local(struct conf *c, const char *file)
{
	struct in_addr	addr;

	if (list_size(&c->local) != 1 || list_size(&c->remote) <= 1)
		return;
	addr = TAILQ_FIRST(&c->local)->range.first;
	if (!range_has(&c->remote, addr))
		return;
	parse_warning(file, 0, "localip %s is in remoteip, too: no client "
	    "gets it", inet_ntoa(addr));
	list_remove(&c->remote, ntohl(addr.s_addr));
}

static int
check_users(struct conf *c, const char *file)
{
	struct user		*u;
	const char		**names;
	size_t			 i, n = 0;
	int			 ret = 0;

	TAILQ_FOREACH(u, &c->users, entry) {
		n++;
		/* CHAP with MD5 hashes the very password (RFC 1994). */
		if (c->ppp.auth == AUTH_CHAP_MD5 && !u->user.has_password)
			log_warnx("%s: warning: user \"%s\" cannot log in, "
			    "chap-md5 needs a password", file, u->user.name);
	}
	if (n == 0) {
		log_warnx("%s: warning: no users, nobody can log in", file);
		return (0);
	}

	if ((names = calloc(n, sizeof(*names))) == NULL)
		fatal("check_users");
	n = 0;
	TAILQ_FOREACH(u, &c->users, entry)
		names[n++] = u->user.name;
	qsort(names, n, sizeof(*names), name_cmp);
	for (i = 1; i < n; i++)
		if (strcmp(names[i - 1], names[i]) == 0) {
			parse_fail(file, 0, "user \"%s\" is there twice",
			    names[i]);
			ret = -1;
		}
	free(names);
	if (check_spans(c, file, SPAN_USER) == -1)
		ret = -1;
	return (ret);
}

/* MPPE takes its keys from MS-CHAP (RFC 3079). */
static int
check_encryption(struct conf *c, const char *file)
{
	if (c->ppp.mppe_policy != MPPE_REQUIRE)
		return (0);
	if ((c->ppp.auth & (AUTH_MSCHAP | AUTH_MSCHAPV2)) == 0) {
		parse_fail(file, 0, "encryption require: pap and chap-md5 "
		    "give no keys for it, add mschapv2");
		return (-1);
	}
	if (c->ppp.auth & (AUTH_PAP | AUTH_CHAP_MD5))
		log_warnx("%s: warning: encryption require: clients that use "
		    "pap or chap-md5 have no keys and will be refused", file);
	return (0);
}

/* Do addresses of this kind overlap with each other or with local ones? */
static int
check_spans(struct conf *c, const char *file, enum span_kind kind)
{
	struct range	*r;
	struct user	*u;
	struct span	*spans, *a, *b;
	struct in_addr	 addr;
	size_t		 i, n = 0;
	int		 ret = 0;
	char		 text[INET_ADDRSTRLEN];

	TAILQ_FOREACH(r, &c->local, entry)
		n++;
	TAILQ_FOREACH(r, &c->remote, entry)
		n++;
	TAILQ_FOREACH(u, &c->users, entry)
		n++;
	if ((spans = calloc(n, sizeof(*spans))) == NULL)
		fatal("check_spans");

	a = spans;
	TAILQ_FOREACH(r, &c->local, entry) {
		a->first = ntohl(r->range.first.s_addr);
		a->last = ntohl(r->range.last.s_addr);
		a++->kind = SPAN_LOCAL;
	}
	if (kind == SPAN_REMOTE)
		TAILQ_FOREACH(r, &c->remote, entry) {
			a->first = ntohl(r->range.first.s_addr);
			a->last = ntohl(r->range.last.s_addr);
			a++->kind = SPAN_REMOTE;
		}
	else
		TAILQ_FOREACH(u, &c->users, entry) {
			if (u->user.address.s_addr == htonl(INADDR_ANY))
				continue;
			a->first = a->last = ntohl(u->user.address.s_addr);
			a->user = u->user.name;
			a++->kind = SPAN_USER;
		}
	n = a - spans;
	qsort(spans, n, sizeof(*spans), span_cmp);

	/* If any two overlap, then so do two neighbours. */
	for (i = 1; i < n; i++) {
		a = &spans[i - 1];
		b = &spans[i];
		if (b->first > a->last)
			continue;
		addr.s_addr = htonl(b->first);
		(void)inet_ntop(AF_INET, &addr, text, sizeof(text));
		if (a->kind == SPAN_USER && b->kind == SPAN_USER)
			parse_fail(file, 0, "users \"%s\" and \"%s\" have the "
			    "same address %s", a->user, b->user, text);
		else if (kind == SPAN_USER)
			parse_fail(file, 0, "user \"%s\" has the address %s "
			    "of localip",
			    a->kind == SPAN_USER ? a->user : b->user, text);
		else if (a->kind != b->kind)
			parse_fail(file, 0, "%s is in localip and in remoteip",
			    text);
		else
			parse_fail(file, 0, "%s is twice in %s", text,
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
name_cmp(const void *a, const void *b)
{
	return (strcmp(*(const char *const *)a, *(const char *const *)b));
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

size_t
range_size(const struct addr_range *range)
{
	return ((size_t)ntohl(range->last.s_addr) -
	    ntohl(range->first.s_addr) + 1);
}

int
range_has(struct range_list *list, struct in_addr addr)
{
	struct range	*r;
	uint32_t	 a = ntohl(addr.s_addr);

	TAILQ_FOREACH(r, list, entry)
		if (a >= ntohl(r->range.first.s_addr) &&
		    a <= ntohl(r->range.last.s_addr))
			return (1);
	return (0);
}

/*
 * Append a list as PoPToP writes it, "192.168.1.2,192.168.1.10-20", to ranges.
 * Returns -1 and what is wrong with which item, in memory that the next call
 * uses again.
 */
int
range_parse(const char *list, struct range_list *ranges, const char **errstr)
{
	static char	 error[128];
	const char	*why = NULL;
	char		*copy, *item, *p;

	if ((copy = strdup(list)) == NULL)
		fatal("range_parse");
	p = copy;
	while (why == NULL && (item = strsep(&p, ",")) != NULL)
		if ((why = item_parse(item, ranges)) != NULL)
			(void)snprintf(error, sizeof(error), "\"%.40s\": %s",
			    item, why);
	free(copy);
	*errstr = why == NULL ? NULL : error;
	return (why == NULL ? 0 : -1);
}

/* These return what is wrong, or NULL. */
static const char *
item_parse(const char *item, struct range_list *list)
{
	const char	*p;

	if (strchr(item, '/') != NULL)
		return (item_network(item, list));
	/* a.b.c.d-e.f.g.h against a.b-c.d.e */
	if ((p = strchr(item, '-')) != NULL && strchr(p, '.') != NULL &&
	    dotted_quad(item, p - item, NULL) == 0)
		return (item_pair(item, list));
	return (item_octets(item, list));
}

/* The network's own address and its broadcast address are for no host. */
static const char *
item_network(const char *item, struct range_list *list)
{
	const char	*slash, *errstr;
	uint32_t	 first, last, mask;
	int		 bits;

	slash = strchr(item, '/');
	if (dotted_quad(item, slash - item, &first) == -1)
		return (not_address);
	bits = strtonum(slash + 1, 0, 32, &errstr);
	if (errstr != NULL)
		return ("the prefix length must be 0 to 32");
	mask = bits == 0 ? 0 : 0xffffffffU << (32 - bits);
	if (first & ~mask)
		return ("the address has bits beyond the prefix length");
	last = first | ~mask;
	if (bits < 31) {
		first++;
		last--;
	}
	return (range_add(list, first, last));
}

static const char *
item_pair(const char *item, struct range_list *list)
{
	const char	*dash;
	uint32_t	 first, last;

	dash = strchr(item, '-');
	if (dotted_quad(item, dash - item, &first) == -1 ||
	    dotted_quad(dash + 1, strlen(dash + 1), &last) == -1)
		return (not_address);
	return (range_add(list, first, last));
}

/* One address, or PoPToP's range: one octet of the four is low-high. */
static const char *
item_octets(const char *s, struct range_list *list)
{
	const char	*why;
	uint32_t	 first = 0, step = 0;
	unsigned int	 i, low, high, n = 0;

	for (i = 0; i < 4; i++) {
		if (i > 0 && *s++ != '.')
			return (not_address);
		if ((s = octet(s, &low)) == NULL)
			return (not_address);
		first = first << 8 | low;
		if (*s != '-')
			continue;
		if ((s = octet(s + 1, &high)) == NULL)
			return (not_address);
		if (step != 0)
			return ("only one octet may be a range");
		/* PoPToP: 234-8 is not short for 234-238. */
		if (high < low)
			return ("the range ends before it begins");
		step = 1U << (8 * (3 - i));
		n = high - low;
	}
	if (*s != '\0')
		return (not_address);
	if (step <= 1)
		return (range_add(list, first, first + n));
	for (i = 0; i <= n; i++)
		if ((why = range_add(list, first + i * step,
		    first + i * step)) != NULL)
			return (why);
	return (NULL);
}

/* Returns what follows the octet, or NULL. */
static const char *
octet(const char *s, unsigned int *n)
{
	const char	*start = s;

	*n = 0;
	while (isdigit((unsigned char)*s) && *n <= 255)
		*n = *n * 10 + (*s++ - '0');
	if (s == start || *n > 255 || (*start == '0' && s - start > 1))
		return (NULL);
	return (s);
}

static int
dotted_quad(const char *s, size_t len, uint32_t *addr)
{
	struct in_addr	 in;
	char		 text[INET_ADDRSTRLEN];

	if (len >= sizeof(text))
		return (-1);
	memcpy(text, s, len);
	text[len] = '\0';
	if (inet_pton(AF_INET, text, &in) != 1)
		return (-1);
	if (addr != NULL)
		*addr = ntohl(in.s_addr);
	return (0);
}

static const char *
range_add(struct range_list *list, uint32_t first, uint32_t last)
{
	struct range	*r;

	if (last < first)
		return ("the range ends before it begins");
	if (!host_range(first, last))
		return ("no host can have such an address");
	if ((r = calloc(1, sizeof(*r))) == NULL)
		fatal("range_add");
	r->range.first.s_addr = htonl(first);
	r->range.last.s_addr = htonl(last);
	TAILQ_INSERT_TAIL(list, r, entry);
	return (NULL);
}

/* None of "this network", loopback, multicast, reserved, broadcast. */
static int
host_range(uint32_t first, uint32_t last)
{
	return (first >= 0x01000000 && last < 0xe0000000 &&
	    (last < 0x7f000000 || first > 0x7fffffff));
}

int
addr_unicast(struct in_addr addr)
{
	return (host_range(ntohl(addr.s_addr), ntohl(addr.s_addr)));
}
