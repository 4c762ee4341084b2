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

#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mschap.h"
#include "pptpd.h"
#include "auth_engine.h"

/* Users and their secrets, a hash table by name. */

#define BUCKETS		4096

struct entry {
	SLIST_ENTRY(entry)	 by_name;
	SLIST_ENTRY(entry)	 by_address;
	struct conf_user	 user;
};
SLIST_HEAD(bucket, entry);

struct table {
	uint32_t		 key;	/* names do not collide on purpose */
	struct bucket		 name[BUCKETS];
	struct bucket		 address[BUCKETS];
};

static unsigned int	 name_hash(const struct table *, const char *);
static unsigned int	 address_hash(struct in_addr);
static struct table	*table_new(void);
static void		 table_free(struct table *);
static struct entry	*lookup(const char *);

static struct table	*users, *next_users;
static struct conf_user	 nobody;

static unsigned int
name_hash(const struct table *t, const char *name)
{
	uint32_t	h = t->key;

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * 0x01000193;
	return ((h ^ h >> 15) % BUCKETS);
}

static unsigned int
address_hash(struct in_addr a)
{
	return (ntohl(a.s_addr) % BUCKETS);
}

static struct table *
table_new(void)
{
	struct table	*t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		fatal(NULL);
	t->key = arc4random();
	return (t);
}

static void
table_free(struct table *t)
{
	struct entry	*e;
	size_t		 i;

	if (t == NULL)
		return;
	for (i = 0; i < BUCKETS; i++)
		while ((e = SLIST_FIRST(&t->name[i])) != NULL) {
			SLIST_REMOVE_HEAD(&t->name[i], by_name);
			freezero(e, sizeof(*e));
		}
	free(t);
}

void
users_begin(void)
{
	table_free(next_users);
	next_users = table_new();
}

void
users_add(const struct conf_user *u)
{
	struct entry	*e;

	if (next_users == NULL || u->name[USER_LEN - 1] != '\0' ||
	    u->password[PASSWORD_LEN - 1] != '\0' ||
	    u->nroutes > USER_ROUTES_MAX || u->nfrom > USER_FROM_MAX)
		fatalx("parent: bad user");
	if ((e = calloc(1, sizeof(*e))) == NULL)
		fatal(NULL);
	e->user = *u;
	SLIST_INSERT_HEAD(&next_users->name[name_hash(next_users, u->name)],
	    e, by_name);
	SLIST_INSERT_HEAD(&next_users->address[address_hash(u->address)], e,
	    by_address);
}

void
users_commit(void)
{
	if (next_users == NULL)
		fatalx("parent: no users");
	table_free(users);
	users = next_users;
	next_users = NULL;
	/* Whom unknown names are checked against, all the work included. */
	arc4random_buf(nobody.nt_hash, sizeof(nobody.nt_hash));
	arc4random_buf(nobody.password, 16);
	nobody.password[16] = '\0';
	nobody.has_password = 1;
}

static struct entry *
lookup(const char *name)
{
	struct entry	*e;

	if (users == NULL)
		return (NULL);
	SLIST_FOREACH(e, &users->name[name_hash(users, name)], by_name)
		if (strcmp(e->user.name, name) == 0)
			return (e);
	return (NULL);
}

const struct conf_user *
users_find(const char *name, int *known)
{
	struct entry	*e, *without;

	/* Both, whatever comes of the first: time must not tell. */
	e = lookup(name);
	without = lookup(mschap_strip_domain(name));
	if (e == NULL)
		e = without;
	*known = e != NULL;
	return (e != NULL ? &e->user : &nobody);
}

const struct conf_user *
users_nobody(void)
{
	return (&nobody);
}

int
users_own(struct in_addr a)
{
	struct entry	*e;

	if (users == NULL)
		return (0);
	SLIST_FOREACH(e, &users->address[address_hash(a)], by_address)
		if (e->user.address.s_addr == a.s_addr)
			return (1);
	return (0);
}

int
users_from(const struct conf_user *u, struct in_addr peer)
{
	uint32_t	i, mask;

	if (u->nfrom == 0)
		return (1);
	for (i = 0; i < u->nfrom; i++) {
		mask = u->from[i].prefixlen == 0 ? 0 :
		    htonl(UINT32_MAX << (32 - u->from[i].prefixlen));
		if (((peer.s_addr ^ u->from[i].addr.s_addr) & mask) == 0)
			return (1);
	}
	return (0);
}
