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

/*
 * The pools of addresses.  Each is an array in the order of the configuration
 * and a bit for each address that is not free; a tree has what calls hold.  The
 * lowest free one is given first.  Calls keep their addresses when a reload
 * changes the pools.
 */

#define WORD	64
#define HABITS		2	/* for each address */
#define HABIT_PLACES	8	/* where a user's may be */

/* The address that a user had last, as an index. */
struct habit {
	uint32_t	 user;		/* hash, 0: nobody */
	uint32_t	 index;
};

struct addresses {
	struct conf_pool conf;
	struct in_addr	*local, *remote;
	size_t		 nlocal, nremote;
	uint64_t	*busy;		/* bit i: remote[i] is not free */
	uint32_t	*order;		/* indices sorted by address */
	struct habit	*habit;		/* hash table */
	uint32_t	 nhabits;
};

struct pools {
	struct addresses pool[POOLS_MAX];	/* the default one first */
	unsigned int	 n;
};

RB_HEAD(login_tree, login);

static int	 login_cmp(struct login *, struct login *);
static int	 order_cmp(const void *, const void *);
static void	 append(struct in_addr **, size_t *, const struct addr_range *);
static void	 pools_free(struct pools *);
static void	 pool_build(struct addresses *);
static struct addresses
		*pool_named(const char *);
static ssize_t	 pool_index(const struct addresses *, struct in_addr);
static struct addresses
		*pool_find(struct in_addr, size_t *);
static uint32_t	 pool_hash(const char *);
static ssize_t	 pool_lowest(const struct addresses *);
static ssize_t	 pool_last(const struct addresses *, const char *);
static void	 pool_remember(struct addresses *, uint32_t, size_t);
static void	 pool_mark(struct in_addr, int);

RB_PROTOTYPE(login_tree, login, by_address, login_cmp)
RB_GENERATE(login_tree, login, by_address, login_cmp)

static struct pools		 pools, next_pools;
static const struct in_addr	*sorting;	/* what order_cmp() is about */
static struct login_tree	 held = RB_INITIALIZER(&held);

static int
login_cmp(struct login *a, struct login *b)
{
	return (memcmp(&a->address, &b->address, sizeof(a->address)));
}

static int
order_cmp(const void *a, const void *b)
{
	const struct in_addr	*x = &sorting[*(const uint32_t *)a];
	const struct in_addr	*y = &sorting[*(const uint32_t *)b];

	return (memcmp(x, y, sizeof(*x)));
}

static void
pools_free(struct pools *ps)
{
	struct addresses	*p;

	for (p = ps->pool; p < ps->pool + ps->n; p++) {
		free(p->local);
		free(p->remote);
		free(p->busy);
		free(p->order);
		free(p->habit);
	}
	memset(ps, 0, sizeof(*ps));
}

void
pools_begin(void)
{
	pools_free(&next_pools);
}

void
pools_new(const struct conf_pool *conf)
{
	if (next_pools.n == POOLS_MAX ||
	    memchr(conf->name, '\0', sizeof(conf->name)) == NULL)
		fatalx("parent: bad pool");
	next_pools.pool[next_pools.n++].conf = *conf;
}

static void
append(struct in_addr **list, size_t *n, const struct addr_range *r)
{
	struct in_addr	*new;
	uint32_t	 a, last;

	a = ntohl(r->first.s_addr);
	last = ntohl(r->last.s_addr);
	if (last < a || last - a >= MAX_CALL_ID ||
	    *n + (last - a) + 1 > MAX_CALL_ID)
		fatalx("parent: bad address range");
	if ((new = reallocarray(*list, *n + (last - a) + 1,
	    sizeof(*new))) == NULL)
		fatal(NULL);
	*list = new;
	for (;; a++) {
		new[(*n)++].s_addr = htonl(a);
		if (a == last)
			break;
	}
}

/* To the last new pool. */
void
pools_add(int local, const struct addr_range *r)
{
	struct addresses	*p;

	if (next_pools.n == 0)
		fatalx("parent: address of no pool");
	p = &next_pools.pool[next_pools.n - 1];
	if (local)
		append(&p->local, &p->nlocal, r);
	else
		append(&p->remote, &p->nremote, r);
}

static void
pool_build(struct addresses *p)
{
	size_t	i;

	if (p->nlocal == 0)
		fatalx("parent: no local address");
	p->busy = calloc(p->nremote / WORD + 1, sizeof(*p->busy));
	p->order = calloc(p->nremote + 1, sizeof(*p->order));
	p->nhabits = HABITS * p->nremote + HABIT_PLACES;
	p->habit = calloc(p->nhabits, sizeof(*p->habit));
	if (p->busy == NULL || p->order == NULL || p->habit == NULL)
		fatal(NULL);
	for (i = 0; i < p->nremote; i++)
		p->order[i] = i;
	sorting = p->remote;
	qsort(p->order, p->nremote, sizeof(*p->order), order_cmp);
}

/* After users_commit(): addresses of users' own are nobody else's. */
void
pools_commit(void)
{
	struct pools		 old = pools;
	struct addresses	*p, *q;
	struct login		*l;
	size_t			 i, n;

	if (next_pools.n == 0)
		fatalx("parent: no pool");
	for (p = next_pools.pool; p < next_pools.pool + next_pools.n; p++)
		pool_build(p);
	pools = next_pools;
	memset(&next_pools, 0, sizeof(next_pools));
	for (p = old.pool; p < old.pool + old.n; p++)
		for (i = 0; i < p->nhabits; i++)
			if (p->habit[i].user != 0 && (q = pool_find(
			    p->remote[p->habit[i].index], &n)) != NULL)
				pool_remember(q, p->habit[i].user, n);
	pools_free(&old);

	for (p = pools.pool; p < pools.pool + pools.n; p++)
		for (i = 0; i < p->nremote; i++)
			if (users_own(p->remote[i]))
				p->busy[i / WORD] |= 1ULL << i % WORD;
	RB_FOREACH(l, login_tree, &held)
		pool_mark(l->address, 1);
}

static struct addresses *
pool_named(const char *name)
{
	struct addresses	*p;

	for (p = pools.pool; p < pools.pool + pools.n; p++)
		if (strcmp(p->conf.name, name) == 0)
			return (p);
	fatalx("parent: a user has no pool");
}

const struct conf_pool *
pool_conf(const char *name)
{
	return (&pool_named(name)->conf);
}

/* Where in a pool an address is, -1 if it is not. */
static ssize_t
pool_index(const struct addresses *p, struct in_addr a)
{
	size_t	lo = 0, hi = p->nremote, mid;
	int	c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		c = memcmp(&a, &p->remote[p->order[mid]], sizeof(a));
		if (c == 0)
			return (p->order[mid]);
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return (-1);
}

/* The pool that has an address, and where, or NULL. */
static struct addresses *
pool_find(struct in_addr a, size_t *index)
{
	struct addresses	*p;
	ssize_t			 i;

	for (p = pools.pool; p < pools.pool + pools.n; p++)
		if ((i = pool_index(p, a)) != -1) {
			*index = i;
			return (p);
		}
	return (NULL);
}

int
pool_has(const char *name, struct in_addr a)
{
	return (pool_index(pool_named(name), a) != -1);
}

static ssize_t
pool_lowest(const struct addresses *p)
{
	size_t	i, bit;

	for (i = 0; i * WORD < p->nremote; i++) {
		if (p->busy[i] == UINT64_MAX)
			continue;
		for (bit = 0; p->busy[i] & 1ULL << bit; bit++)
			;
		if (i * WORD + bit >= p->nremote)
			break;
		return (i * WORD + bit);
	}
	return (-1);
}

/* Two users with one hash lose nothing but a habit. */
static uint32_t
pool_hash(const char *user)
{
	uint32_t	h = 0x811c9dc5;

	for (; *user != '\0'; user++)
		h = (h ^ (uint8_t)*user) * 0x01000193;
	return (h != 0 ? h : 1);
}

static ssize_t
pool_last(const struct addresses *p, const char *user)
{
	const struct habit	*b;
	uint32_t		 h = pool_hash(user);
	size_t			 i;

	for (i = 0; i < HABIT_PLACES; i++) {
		b = &p->habit[(h + i) % p->nhabits];
		if (b->user == h)
			return (p->busy[b->index / WORD] &
			    1ULL << b->index % WORD ? -1 : (ssize_t)b->index);
	}
	return (-1);
}

/* In its own place, or a free one, or else another user's. */
static void
pool_remember(struct addresses *p, uint32_t h, size_t index)
{
	struct habit	*b, *place = NULL;
	size_t		 i;

	for (i = 0; i < HABIT_PLACES; i++) {
		b = &p->habit[(h + i) % p->nhabits];
		if (b->user == h) {
			place = b;
			break;
		}
		if (place == NULL && b->user == 0)
			place = b;
	}
	if (place == NULL)
		place = &p->habit[h % p->nhabits];
	place->user = h;
	place->index = index;
}

static void
pool_mark(struct in_addr a, int busy)
{
	struct addresses	*p;
	size_t			 i;

	if ((p = pool_find(a, &i)) == NULL)
		return;
	if (busy)
		p->busy[i / WORD] |= 1ULL << i % WORD;
	else
		p->busy[i / WORD] &= ~(1ULL << i % WORD);
}

/* Local and remote addresses pair by position, or there is one local. */
struct in_addr
pool_local(const char *name, struct in_addr a)
{
	struct addresses	*p;
	size_t			 i = 0;

	if ((p = pool_find(a, &i)) == NULL)
		p = pool_named(name);
	return (p->local[i < p->nlocal ? i : 0]);
}

int
pool_take(struct login *l, const char *name, struct in_addr want, int fixed)
{
	struct addresses	*p;
	struct login		 find;
	ssize_t			 n;
	size_t			 i;

	p = pool_named(name);
	if (want.s_addr == INADDR_ANY) {
		if ((n = pool_last(p, l->user)) == -1 &&
		    (n = pool_lowest(p)) == -1)
			return (-1);
		want = p->remote[n];
	} else {
		find.address = want;
		if (RB_FIND(login_tree, &held, &find) != NULL)
			return (-1);
		n = pool_index(p, want);
		if (!fixed && (n == -1 ||
		    p->busy[n / WORD] & 1ULL << n % WORD))
			return (-1);
	}
	pool_release(l);
	l->address = want;
	l->local = pool_local(name, want);
	l->fixed = fixed;
	RB_INSERT(login_tree, &held, l);
	pool_mark(want, 1);
	if ((p = pool_find(want, &i)) != NULL)
		pool_remember(p, pool_hash(l->user), i);
	return (0);
}

void
pool_release(struct login *l)
{
	if (l->address.s_addr == INADDR_ANY)
		return;
	RB_REMOVE(login_tree, &held, l);
	if (!users_own(l->address))
		pool_mark(l->address, 0);
	l->address.s_addr = INADDR_ANY;
	l->fixed = 0;
}
