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
#include <stdlib.h>
#include <string.h>

#include "pptpd.h"
#include "penalty.h"

static int		 key_cmp(const void *, size_t, const void *, size_t);
static int		 penalty_cmp(struct penalty *, struct penalty *);
static struct penalty	*penalty_find(struct penalty_table *, const void *,
			    size_t, uint64_t);
static void		 penalty_free(struct penalty_table *,
			    struct penalty *);

RB_PROTOTYPE(penalty_tree, penalty, by_key, penalty_cmp)
RB_GENERATE(penalty_tree, penalty, by_key, penalty_cmp)

void
penalty_init(struct penalty_table *t)
{
	RB_INIT(&t->tree);
	TAILQ_INIT(&t->age);
	t->count = 0;
}

/* A key that is the beginning of another comes first. */
static int
key_cmp(const void *a, size_t alen, const void *b, size_t blen)
{
	int	c;

	if ((c = memcmp(a, b, alen < blen ? alen : blen)) != 0)
		return (c);
	return (alen < blen ? -1 : alen > blen);
}

static int
penalty_cmp(struct penalty *a, struct penalty *b)
{
	return (key_cmp(a->key, a->len, b->key, b->len));
}

static void
penalty_free(struct penalty_table *t, struct penalty *p)
{
	RB_REMOVE(penalty_tree, &t->tree, p);
	TAILQ_REMOVE(&t->age, p, by_age);
	t->count--;
	free(p);
}

/* One that is over is forgotten here. */
static struct penalty *
penalty_find(struct penalty_table *t, const void *key, size_t len,
    uint64_t now)
{
	struct penalty	*p;
	int		 c;

	for (p = RB_ROOT(&t->tree); p != NULL;
	    p = c < 0 ? RB_LEFT(p, by_key) : RB_RIGHT(p, by_key))
		if ((c = key_cmp(key, len, p->key, p->len)) == 0)
			break;
	if (p != NULL && p->until <= now) {
		penalty_free(t, p);
		return (NULL);
	}
	return (p);
}

uint32_t
penalty_add(struct penalty_table *t, const struct conf_penalty *conf,
    enum penalty_reason reason, const void *key, size_t len, uint64_t now)
{
	struct penalty	*p;
	uint64_t	 most, s = 0;

	switch (reason) {
	case PENALTY_AUTHFAIL:
		s = conf->authfail;
		break;
	case PENALTY_NOAUTH:
		s = conf->noauth;
		break;
	case PENALTY_PROTOCOL:
		s = conf->protocol;
		break;
	case PENALTY_MAX:
		break;
	}
	if (!conf->enabled || s == 0)
		return (0);

	if ((p = penalty_find(t, key, len, now)) == NULL) {
		/* Those that are over make room, or else the oldest does. */
		while ((p = TAILQ_FIRST(&t->age)) != NULL &&
		    (p->until <= now || t->count >= PENALTIES_MAX))
			penalty_free(t, p);
		if ((p = calloc(1, sizeof(*p) + len + 1)) == NULL)
			return (0);
		memcpy(p->key, key, len);
		p->len = len;
		p->until = now;
		RB_INSERT(penalty_tree, &t->tree, p);
		t->count++;
	} else
		TAILQ_REMOVE(&t->age, p, by_age);
	TAILQ_INSERT_TAIL(&t->age, p, by_age);

	p->reason = reason;
	p->until += s * 1000;
	most = now + conf->max * 1000ULL;
	if (p->until > most)
		p->until = most;
	if (p->active || p->until - now < conf->min * 1000ULL)
		return (0);
	p->active = 1;
	return (penalty_left(p, now));
}

int
penalty_check(struct penalty_table *t, const void *key, size_t len,
    uint64_t now)
{
	struct penalty	*p;

	return ((p = penalty_find(t, key, len, now)) != NULL && p->active);
}

int
penalty_clear(struct penalty_table *t, const void *key, size_t len,
    uint64_t now)
{
	struct penalty	*p;

	if ((p = penalty_find(t, key, len, now)) == NULL)
		return (0);
	penalty_free(t, p);
	return (1);
}

size_t
penalty_clear_all(struct penalty_table *t, uint64_t now)
{
	struct penalty	*p;
	size_t		 n = 0;

	while ((p = TAILQ_FIRST(&t->age)) != NULL) {
		if (p->until > now)
			n++;
		penalty_free(t, p);
	}
	return (n);
}

struct penalty *
penalty_next(struct penalty_table *t, const void *key, size_t len,
    uint64_t now)
{
	struct penalty	*p, *next = NULL;

	for (p = RB_ROOT(&t->tree); p != NULL; )
		if (key == NULL || key_cmp(key, len, p->key, p->len) < 0) {
			next = p;
			p = RB_LEFT(p, by_key);
		} else
			p = RB_RIGHT(p, by_key);
	while (next != NULL && next->until <= now) {
		p = next;
		next = RB_NEXT(penalty_tree, &t->tree, p);
		penalty_free(t, p);
	}
	return (next);
}

uint32_t
penalty_left(const struct penalty *p, uint64_t now)
{
	return (p->until > now ? (p->until - now + 999) / 1000 : 1);
}
