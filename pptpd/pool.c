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
 * The address pool: an array in the order of the configuration, a bit for each
 * that is not free, and a tree of what calls hold.  The lowest free one is
 * given first.  Calls keep their addresses when a reload changes the pool.
 */

#define WORD	64

struct pool {
	struct in_addr	*local, *remote;
	size_t		 nlocal, nremote;
	uint64_t	*busy;		/* bit i: remote[i] is not free */
	uint32_t	*order;		/* indices sorted by address */
	uint32_t	*last;		/* hash of who had it last, 0: nobody */
};

RB_HEAD(login_tree, login);

static int	 login_cmp(struct login *, struct login *);
static int	 order_cmp(const void *, const void *);
static void	 append(struct in_addr **, size_t *, const struct addr_range *);
static ssize_t	 pool_index(struct in_addr);
static uint32_t	 pool_hash(const char *);
static ssize_t	 pool_lowest(void);
static ssize_t	 pool_last(const char *);
static void	 pool_mark(struct in_addr, int);

RB_PROTOTYPE(login_tree, login, by_address, login_cmp)
RB_GENERATE(login_tree, login, by_address, login_cmp)

static struct pool		 pool, next_pool;
static struct login_tree	 held = RB_INITIALIZER(&held);

static int
login_cmp(struct login *a, struct login *b)
{
	return (memcmp(&a->address, &b->address, sizeof(a->address)));
}

static int
order_cmp(const void *a, const void *b)
{
	const struct in_addr	*x = &next_pool.remote[*(const uint32_t *)a];
	const struct in_addr	*y = &next_pool.remote[*(const uint32_t *)b];

	return (memcmp(x, y, sizeof(*x)));
}

void
pool_begin(void)
{
	free(next_pool.local);
	free(next_pool.remote);
	memset(&next_pool, 0, sizeof(next_pool));
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

void
pool_add(int local, const struct addr_range *r)
{
	if (local)
		append(&next_pool.local, &next_pool.nlocal, r);
	else
		append(&next_pool.remote, &next_pool.nremote, r);
}

/* After users_commit(): addresses of users' own are nobody else's. */
void
pool_commit(void)
{
	struct pool	 old = pool;
	struct login	*l;
	ssize_t		 n;
	size_t		 i;

	if (next_pool.nlocal == 0)
		fatalx("parent: no local address");
	next_pool.busy = calloc(next_pool.nremote / WORD + 1,
	    sizeof(*next_pool.busy));
	next_pool.order = calloc(next_pool.nremote + 1,
	    sizeof(*next_pool.order));
	next_pool.last = calloc(next_pool.nremote + 1,
	    sizeof(*next_pool.last));
	if (next_pool.busy == NULL || next_pool.order == NULL ||
	    next_pool.last == NULL)
		fatal(NULL);
	for (i = 0; i < next_pool.nremote; i++)
		next_pool.order[i] = i;
	qsort(next_pool.order, next_pool.nremote, sizeof(*next_pool.order),
	    order_cmp);

	pool = next_pool;
	memset(&next_pool, 0, sizeof(next_pool));
	for (i = 0; i < old.nremote; i++)
		if (old.last[i] != 0 && (n = pool_index(old.remote[i])) != -1)
			pool.last[n] = old.last[i];
	free(old.local);
	free(old.remote);
	free(old.busy);
	free(old.order);
	free(old.last);

	for (i = 0; i < pool.nremote; i++)
		if (users_own(pool.remote[i]))
			pool_mark(pool.remote[i], 1);
	RB_FOREACH(l, login_tree, &held)
		pool_mark(l->address, 1);
}

/* Where in the pool an address is, -1 if it is not. */
static ssize_t
pool_index(struct in_addr a)
{
	size_t	lo = 0, hi = pool.nremote, mid;
	int	c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		c = memcmp(&a, &pool.remote[pool.order[mid]], sizeof(a));
		if (c == 0)
			return (pool.order[mid]);
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return (-1);
}

static ssize_t
pool_lowest(void)
{
	size_t	i, bit;

	for (i = 0; i * WORD < pool.nremote; i++) {
		if (pool.busy[i] == UINT64_MAX)
			continue;
		for (bit = 0; pool.busy[i] & 1ULL << bit; bit++)
			;
		if (i * WORD + bit >= pool.nremote)
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
pool_last(const char *user)
{
	uint32_t	h = pool_hash(user);
	size_t		i;

	for (i = 0; i < pool.nremote; i++)
		if (pool.last[i] == h && !(pool.busy[i / WORD] &
		    1ULL << i % WORD))
			return (i);
	return (-1);
}

static void
pool_mark(struct in_addr a, int busy)
{
	ssize_t	i;

	if ((i = pool_index(a)) == -1)
		return;
	if (busy)
		pool.busy[i / WORD] |= 1ULL << i % WORD;
	else
		pool.busy[i / WORD] &= ~(1ULL << i % WORD);
}

/* Local and remote addresses pair by position, or there is one local. */
struct in_addr
pool_local(struct in_addr a)
{
	ssize_t	i = pool_index(a);

	return (pool.local[i > 0 && (size_t)i < pool.nlocal ? i : 0]);
}

int
pool_take(struct login *l, struct in_addr want, int fixed)
{
	struct login	find;
	ssize_t		i;

	if (want.s_addr == INADDR_ANY) {
		if ((i = pool_last(l->user)) == -1 &&
		    (i = pool_lowest()) == -1)
			return (-1);
		want = pool.remote[i];
	} else {
		i = pool_index(want);
		find.address = want;
		if (RB_FIND(login_tree, &held, &find) != NULL)
			return (-1);
		if (!fixed && (i == -1 ||
		    pool.busy[i / WORD] & 1ULL << i % WORD))
			return (-1);
	}
	pool_release(l);
	l->address = want;
	l->local = pool_local(want);
	l->fixed = fixed;
	RB_INSERT(login_tree, &held, l);
	pool_mark(want, 1);
	if (i != -1)
		pool.last[i] = pool_hash(l->user);
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
