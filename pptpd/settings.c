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
 * The settings of pptpd.conf(5): see settings.h.
 */

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
#include <time.h>

#include "lex.h"
#include "log.h"
#include "pptpd.h"
#include "settings.h"

#define PPTP_PORT	1723
#define PENALTY_MAX_TIME (24 * 60 * 60)

static struct range_list ranges = TAILQ_HEAD_INITIALIZER(ranges);
static struct mppe_mode	 modes[MPPE_MODES_MAX];
static unsigned int	 nmodes;
static int		 secrets;	/* of the user: it should be one */

static int	 value_address(const char *, struct in_addr *);
static int	 value_network(const char *, struct conf_net *);

uint32_t
value_number(const char *s, uint32_t min, uint32_t max)
{
	const char	*errstr;
	uint32_t	 n;

	n = strtonum(s, min, max, &errstr);
	if (errstr != NULL)
		lex_fail("\"%s\" is %s, must be %u to %u", s,
		    strcmp(errstr, "invalid") == 0 ? "not a number" : errstr,
		    min, max);
	return (n);
}

int
value_yes_no(const char *s)
{
	if (strcmp(s, "yes") == 0)
		return (1);
	if (strcmp(s, "no") != 0)
		lex_fail("\"%s\" is neither yes nor no", s);
	return (0);
}

static int
value_address(const char *s, struct in_addr *addr)
{
	if (inet_pton(AF_INET, s, addr) == 1)
		return (0);
	lex_fail("\"%s\" is not an IPv4 address", s);
	return (-1);
}

/* One that a host can have. */
int
value_host(const char *s, struct in_addr *addr)
{
	if (value_address(s, addr) == -1)
		return (-1);
	if (addr_unicast(*addr))
		return (0);
	lex_fail("%s is not the address of a host", s);
	return (-1);
}

void
set_where(struct conf *conf, struct conf_where *where)
{
	where_set(conf, where, lex_file(), token.line);
}

void
set_servers(struct in_addr server[2], const char *first, const char *next)
{
	memset(server, 0, 2 * sizeof(*server));
	(void)value_host(first, &server[0]);
	if (next != NULL)
		(void)value_host(next, &server[1]);
}

void
set_listen(struct conf *conf, const char *addr, const char *port)
{
	struct listener	*l, *new;

	if ((new = calloc(1, sizeof(*new))) == NULL)
		fatal("listen_add");
	new->fd = -1;
	new->addr.sin_family = AF_INET;
	new->addr.sin_port = htons(port == NULL ? PPTP_PORT :
	    value_number(port, 1, 65535));
	if (value_address(addr, &new->addr.sin_addr) == -1 ||
	    new->addr.sin_port == 0) {
		free(new);
		return;
	}
	if (IN_MULTICAST(ntohl(new->addr.sin_addr.s_addr)) ||
	    new->addr.sin_addr.s_addr == htonl(INADDR_BROADCAST))
		lex_fail("cannot listen on %s", addr);
	TAILQ_FOREACH(l, &conf->listeners, entry) {
		/*
		 * GRE belongs to an address, whatever the port: with a
		 * wildcard each packet would come twice.
		 */
		if (l->addr.sin_addr.s_addr != new->addr.sin_addr.s_addr &&
		    (l->addr.sin_addr.s_addr == htonl(INADDR_ANY) ||
		    new->addr.sin_addr.s_addr == htonl(INADDR_ANY)))
			lex_fail("0.0.0.0 and other addresses exclude each "
			    "other");
		else if (l->addr.sin_addr.s_addr ==
		    new->addr.sin_addr.s_addr &&
		    l->addr.sin_port == new->addr.sin_port)
			lex_fail("listen on %s port %u is there already", addr,
			    ntohs(l->addr.sin_port));
		else
			continue;
		break;
	}
	TAILQ_INSERT_TAIL(&conf->listeners, new, entry);
}

void
ranges_add(const char *list, int first)
{
	const char	*errstr;

	if (first)
		ranges_free();
	if (range_parse(list, &ranges, &errstr) == -1) {
		lex_fail("%s", errstr);
		ranges_free();
	}
}

void
ranges_free(void)
{
	struct range	*r;

	while ((r = TAILQ_FIRST(&ranges)) != NULL) {
		TAILQ_REMOVE(&ranges, r, entry);
		free(r);
	}
}

/* As with PoPToP, the first one counts. */
void
set_ranges(struct conf *conf, struct range_list *list, struct conf_where *where,
    const char *name)
{
	if (!TAILQ_EMPTY(list)) {
		lex_warning("%s ignored, the first one counts", name);
		return;
	}
	TAILQ_CONCAT(list, &ranges, entry);
	set_where(conf, where);
}

void
set_pidfile(struct conf *conf, const char *path)
{
	if (conf->pidfile != NULL)
		lex_warning("pidfile ignored, the first one counts");
	else if (path[0] != '/')
		lex_fail("pidfile must begin with a slash");
	else if ((conf->pidfile = strdup(path)) == NULL)
		fatal("strdup");
}

void
set_hostname(struct conf *conf, const char *name)
{
	const char	*p;

	for (p = name; isgraph((unsigned char)*p); p++)
		;
	if (name[0] == '\0' || *p != '\0')
		lex_fail("hostname must be of printable ASCII without blanks");
	else if (strlcpy(conf->ppp.hostname, name,
	    sizeof(conf->ppp.hostname)) >= sizeof(conf->ppp.hostname))
		lex_fail("hostname is longer than %zu characters",
		    sizeof(conf->ppp.hostname) - 1);
}

/* The name may become that of a file in /dev. */
void
set_tun(struct conf *conf, const char *name)
{
	const char	*p;

	if (strcmp(name, "any") == 0)
		name = "";
	for (p = name; isalnum((unsigned char)*p); p++)
		;
	if (*p != '\0' || strlcpy(conf->tun, name, sizeof(conf->tun)) >=
	    sizeof(conf->tun))
		lex_fail("\"%s\" is not the name of an interface", name);
	set_where(conf, &conf->tun_where);
}

uint32_t
value_auth(const char *name)
{
	if (strcmp(name, "mschapv2") == 0)
		return (AUTH_MSCHAPV2);
	if (strcmp(name, "mschap") == 0)
		return (AUTH_MSCHAP);
	if (strcmp(name, "chap-md5") == 0)
		return (AUTH_CHAP_MD5);
	if (strcmp(name, "pap") == 0)
		return (AUTH_PAP);
	lex_fail("\"%s\" is none of mschapv2, mschap, chap-md5, pap", name);
	return (0);
}

struct mppe_mode
value_mode(const char *bits, const char *state)
{
	struct mppe_mode	m;

	memset(&m, 0, sizeof(m));
	if (strcmp(bits, "128") == 0)
		m.bits = 128;
	else if (strcmp(bits, "56") == 0)
		m.bits = 56;
	else if (strcmp(bits, "40") == 0)
		m.bits = 40;
	else
		lex_fail("\"%s\" is none of 128, 56, 40", bits);
	if (strcmp(state, "stateful") == 0)
		m.stateful = 1;
	else if (strcmp(state, "stateless") != 0)
		lex_fail("\"%s\" is neither stateless nor stateful", state);
	return (m);
}

void
modes_add(struct mppe_mode m, int first)
{
	unsigned int	i;

	if (first)
		nmodes = 0;
	for (i = 0; i < nmodes; i++)
		if (modes[i].bits == m.bits &&
		    modes[i].stateful == m.stateful) {
			lex_fail("%u %s listed twice", m.bits,
			    m.stateful ? "stateful" : "stateless");
			return;
		}
	/* There are no more different ones than fit, but for wrong ones. */
	if (nmodes < MPPE_MODES_MAX)
		modes[nmodes++] = m;
}

void
set_encryption(struct conf *conf, const char *policy, int with_modes)
{
	struct conf	*defaults;
	unsigned int	 i;

	for (i = MPPE_REQUIRE; i <= MPPE_NEVER; i++)
		if (strcmp(policy, mppe_policy_name(i)) == 0)
			break;
	if (i > MPPE_NEVER) {
		lex_fail("\"%s\" is none of require, allow, never", policy);
		return;
	}
	if (i == MPPE_NEVER && with_modes) {
		lex_fail("encryption never takes no list");
		return;
	}
	conf->ppp.mppe_policy = i;
	set_where(conf, &conf->mppe_where);
	if (i == MPPE_NEVER)
		conf->ppp.mppe_nmodes = 0;
	else if (with_modes) {
		memcpy(conf->ppp.mppe_mode, modes, sizeof(modes));
		conf->ppp.mppe_nmodes = nmodes;
	} else {
		defaults = config_new();
		memcpy(conf->ppp.mppe_mode, defaults->ppp.mppe_mode,
		    sizeof(conf->ppp.mppe_mode));
		conf->ppp.mppe_nmodes = defaults->ppp.mppe_nmodes;
		config_free(defaults);
	}
}

/* Without a length it is a single address. */
static int
value_network(const char *s, struct conf_net *net)
{
	const char	*slash, *errstr;
	char		 addr[INET_ADDRSTRLEN];
	uint32_t	 mask;

	net->prefixlen = 32;
	if ((slash = strchr(s, '/')) == NULL)
		return (value_address(s, &net->addr));
	net->prefixlen = strtonum(slash + 1, 0, 32, &errstr);
	if (errstr != NULL || (size_t)(slash - s) >= sizeof(addr)) {
		lex_fail("\"%s\" is not an IPv4 network", s);
		return (-1);
	}
	memcpy(addr, s, slash - s);
	addr[slash - s] = '\0';
	if (value_address(addr, &net->addr) == -1)
		return (-1);
	mask = net->prefixlen == 0 ? 0 : 0xffffffffU << (32 - net->prefixlen);
	if (ntohl(net->addr.s_addr) & ~mask) {
		lex_fail("%s: the address has bits beyond the prefix length",
		    s);
		return (-1);
	}
	return (0);
}

void
set_penalty(struct conf *conf, const char *name, const char *value)
{
	struct conf_penalty	*p = &conf->auth.penalty;

	set_where(conf, &conf->penalty_where);
	if (strcmp(name, "authfail") == 0)
		p->authfail = value_number(value, 0, PENALTY_MAX_TIME);
	else if (strcmp(name, "noauth") == 0)
		p->noauth = value_number(value, 0, PENALTY_MAX_TIME);
	else if (strcmp(name, "protocol") == 0)
		p->protocol = value_number(value, 0, PENALTY_MAX_TIME);
	else if (strcmp(name, "min") == 0)
		p->min = value_number(value, 0, PENALTY_MAX_TIME);
	else if (strcmp(name, "max") == 0)
		p->max = value_number(value, 1, PENALTY_MAX_TIME);
	else
		lex_fail("\"%s\" is none of authfail, noauth, protocol, "
		    "min, max", name);
}

uint32_t
value_duplicate(const char *name)
{
	uint32_t	i;

	for (i = DUPLICATE_ALLOW; i <= DUPLICATE_PROBE; i++)
		if (strcmp(name, duplicate_name(i)) == 0)
			return (i);
	lex_fail("\"%s\" is none of allow, deny, replace, probe", name);
	return (DUPLICATE_ALLOW);
}

/* Returns one that is of use whatever is wrong. */
struct pool *
set_pool(struct conf *conf, const char *name)
{
	struct pool	*p;
	const char	*c;
	unsigned int	 n = 0;

	for (c = name; *c != '\0' && !iscntrl((unsigned char)*c); c++)
		;
	if (name[0] == '\0' || *c != '\0')
		lex_fail("pool name is empty or has control characters");
	else if (c - name >= POOL_NAME_LEN)
		lex_fail("pool name is longer than %d octets",
		    POOL_NAME_LEN - 1);
	else if (pool_by_name(conf, name) != NULL)
		lex_fail("pool \"%s\" is there already", name);
	TAILQ_FOREACH(p, &conf->pools, entry)
		n++;
	if (n == POOLS_MAX)
		lex_fail("more than %d pools", POOLS_MAX - 1);
	return (pool_new(conf, name));
}

void
set_pool_end(struct pool *pool)
{
	if (TAILQ_EMPTY(&pool->remote))
		lex_fail("pool \"%s\" has no remoteip", pool->conf.name);
}

struct conf_user *
set_user(struct conf *conf, const char *name)
{
	struct conf_user	*user;
	const char	*why;

	user = user_new(conf, lex_file(), token.line);
	secrets = 0;
	if ((why = user_set_name(user, name)) != NULL)
		lex_fail("%s", why);
	lex_has_user();
	return (user);
}

/* The end of a block. */
void
set_user_end(struct conf_user *user)
{
	if (secrets == 0)
		lex_fail("user \"%s\" has neither password nor nt-hash",
		    user->name);
}

void
set_user_password(struct conf_user *user, const char *password)
{
	const char	*why;

	if (secrets++ > 0)
		lex_fail("user \"%s\" has more than one password or nt-hash",
		    user->name);
	if (password[0] == '\0')
		lex_warning("the password of user \"%s\" is empty", user->name);
	if ((why = user_set_password(user, password)) != NULL)
		lex_fail("%s", why);
}

void
set_user_hash(struct conf_user *user, const char *hash)
{
	const char	*why;

	if (secrets++ > 0)
		lex_fail("user \"%s\" has more than one password or nt-hash",
		    user->name);
	if ((why = user_set_hash(user, hash)) != NULL)
		lex_fail("%s", why);
}

void
set_user_pool(struct conf_user *user, const char *name)
{
	if (name[0] == '\0' || strlcpy(user->pool, name,
	    sizeof(user->pool)) >= sizeof(user->pool))
		lex_fail("\"%s\" is not the name of a pool", name);
}

void
set_user_route(struct conf_user *user, const char *s)
{
	struct conf_net	net;
	struct in_addr	last;

	if (value_network(s, &net) == -1)
		return;
	/* The default route would take this host from the network. */
	last.s_addr = net.prefixlen == 0 ? 0 : net.addr.s_addr |
	    htonl((uint32_t)(0xffffffffULL >> net.prefixlen));
	if (!addr_unicast(net.addr) || !addr_unicast(last))
		lex_fail("%s is not a network of hosts", s);
	else if (user->nroutes == USER_ROUTES_MAX)
		lex_fail("user \"%s\" has more than %d routes", user->name,
		    USER_ROUTES_MAX);
	else
		user->route[user->nroutes++] = net;
}

void
set_user_from(struct conf_user *user, const char *s)
{
	struct conf_net	net;

	if (value_network(s, &net) == -1)
		return;
	if (user->nfrom == USER_FROM_MAX)
		lex_fail("user \"%s\" has more than %d networks to call from",
		    user->name, USER_FROM_MAX);
	else
		user->from[user->nfrom++] = net;
}

/* Local time, as on the clock of the one who writes it. */
void
set_user_expires(struct conf_user *user, const char *date, const char *clock)
{
	struct tm	 tm, check;
	const char	*p;
	time_t		 t;

	memset(&tm, 0, sizeof(tm));
	p = strptime(date, "%Y-%m-%d", &tm);
	if (p == NULL || *p != '\0' || tm.tm_year < 100 ||
	    tm.tm_year > 8099) {
		lex_fail("\"%s\" is not a date, YYYY-MM-DD", date);
		return;
	}
	if (clock != NULL) {
		p = strptime(clock, "%H:%M", &tm);
		if (p == NULL || *p != '\0') {
			lex_fail("\"%s\" is not a time, hh:mm", clock);
			return;
		}
	}
	/* 31 February becomes March. */
	check = tm;
	(void)timegm(&check);
	tm.tm_isdst = -1;
	if (check.tm_mday != tm.tm_mday || (t = mktime(&tm)) == -1) {
		lex_fail("there is no %s", date);
		return;
	}
	user->expires = t;
}

void
set_path(char **dst, const char *name, const char *path)
{
	if (*dst != NULL)
		lex_warning("%s ignored, the first one counts", name);
	else if (path[0] == '\0')
		lex_fail("file name is empty");
	else if ((*dst = strdup(path)) == NULL)
		fatal("strdup");
}

void
set_connections(struct conf *conf, const char *n)
{
	uint32_t	max;

	max = value_number(n, 1, COUNT_MAX);
	if (conf->set & SET_MAX_SESSIONS)
		lex_warning("connections ignored, the first one or "
		    "max-sessions counts");
	else {
		conf->pptp.max_sessions = max;
		set_where(conf, &conf->sessions_where);
	}
	conf->set |= SET_MAX_SESSIONS;
}

void
set_stimeout(struct conf *conf, const char *s)
{
	uint32_t	timeout;

	timeout = value_number(s, 1, 3600);
	if (conf->set & SET_START_TIMEOUT)
		lex_warning("stimeout ignored, the first one or start-timeout "
		    "counts");
	else
		conf->pptp.start_timeout = timeout;
	conf->set |= SET_START_TIMEOUT;
}

/* start:rate:full, as MaxStartups of sshd_config(5). */
void
set_startups(struct conf *conf, const char *s)
{
	uint32_t	start, rate, full;
	char		rest;

	if (strspn(s, "0123456789:") != strlen(s) ||
	    sscanf(s, "%5u:%3u:%5u%c", &start, &rate, &full, &rest) != 3 ||
	    start < 1 || start > full || rate < 1 || rate > 100 ||
	    full > COUNT_MAX) {
		lex_fail("\"%s\" is not start:rate:full, such as 64:30:128",
		    s);
		return;
	}
	conf->pptp.startups_begin = start;
	conf->pptp.startups_rate = rate;
	conf->pptp.startups_full = full;
}
