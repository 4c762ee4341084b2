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


/* Addresses for clients: ranges, as localip and remoteip have them, and pools. */

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

#include "log.h"
#include "pptpd.h"

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

struct pool *
pool_new(struct conf *c, const char *name)
{
	struct pool	*p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		fatal("pool_new");
	(void)strlcpy(p->conf.name, name, sizeof(p->conf.name));
	TAILQ_INIT(&p->local);
	TAILQ_INIT(&p->remote);
	p->proxy_arp = -1;
	TAILQ_INSERT_TAIL(&c->pools, p, entry);
	return (p);
}

struct pool *
pool_by_name(struct conf *c, const char *name)
{
	struct pool	*p;

	TAILQ_FOREACH(p, &c->pools, entry)
		if (strcmp(p->conf.name, name) == 0)
			break;
	return (p);
}

struct pool *
pool_having(struct conf *c, struct in_addr addr)
{
	struct pool	*p;

	TAILQ_FOREACH(p, &c->pools, entry)
		if (range_has(&p->remote, addr))
			break;
	return (p);
}

struct pool *
pool_of_user(struct conf *c, const struct conf_user *user)
{
	struct pool	*p;

	p = pool_having(c, user->address);
	return (p != NULL ? p : pool_by_name(c, user->pool));
}

struct pool *
pool_of(struct conf *c, struct in_addr addr)
{
	struct pool	*p;
	struct user	*u;

	if ((p = pool_having(c, addr)) != NULL ||
	    addr.s_addr == htonl(INADDR_ANY))
		return (p);
	TAILQ_FOREACH(u, &c->users, entry)
		if (u->user.address.s_addr == addr.s_addr)
			return (pool_by_name(c, u->user.pool));
	return (NULL);
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
