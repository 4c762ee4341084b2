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

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "wheel.h"

#define SLOT(tick)	((tick) % WHEEL_SLOTS)

static uint64_t		 wheel_tick(uint64_t);
static unsigned int	 lowest_bit(uint64_t);

void
wheel_init(struct wheel *w, uint64_t now)
{
	memset(w, 0, sizeof(*w));	/* an empty LIST is a NULL */
	w->now = now / WHEEL_TICK;
}

void
wheel_set(struct wheel *w, struct wheel_entry *e, uint64_t when)
{
	uint64_t	tick;
	unsigned int	slot;

	wheel_clear(w, e);
	if (when == 0)
		return;
	tick = wheel_tick(when);
	if (tick <= w->now)
		tick = w->now + 1;
	slot = SLOT(tick);
	LIST_INSERT_HEAD(&w->slot[slot], e, entry);
	w->bitmap[slot / 64] |= 1ULL << slot % 64;
	w->count++;
	e->when = when;
}

/*
 * The slot's bit stays, as another entry may be there; the next one to find
 * the slot empty takes it away.
 */
void
wheel_clear(struct wheel *w, struct wheel_entry *e)
{
	if (e->when == 0)
		return;
	LIST_REMOVE(e, entry);
	e->when = 0;
	w->count--;
}

uint64_t
wheel_next(struct wheel *w)
{
	uint64_t	bits;
	unsigned int	first, i, slot, word;

	if (w->count == 0)
		return (0);
	/* One turn, beginning and ending within the same word. */
	first = SLOT(w->now + 1);
	for (i = 0; i <= WHEEL_SLOTS / 64; i++) {
		word = (first / 64 + i) % (WHEEL_SLOTS / 64);
		bits = w->bitmap[word];
		if (i == 0)
			bits &= ~0ULL << first % 64;
		for (; bits != 0; bits &= bits - 1) {
			slot = word * 64 + lowest_bit(bits);
			if (!LIST_EMPTY(&w->slot[slot]))
				return ((w->now + 1 + SLOT(slot - first)) *
				    WHEEL_TICK);
			w->bitmap[word] &= ~(1ULL << slot % 64);
		}
	}
	return (0);
}

void
wheel_run(struct wheel *w, uint64_t now, void (*f)(struct wheel_entry *))
{
	struct wheel_list	 due, *list;
	struct wheel_entry	*e, *ne;
	uint64_t		 tick, last;
	unsigned int		 slot;

	last = now / WHEEL_TICK;
	if (last <= w->now)
		return;
	tick = w->now + 1;
	if (last - tick >= WHEEL_SLOTS)
		tick = last - WHEEL_SLOTS + 1;
	/* What f sets from here on is for the next run, however long gone. */
	w->now = last;

	for (; tick <= last; tick++) {
		slot = SLOT(tick);
		if ((w->bitmap[slot / 64] & 1ULL << slot % 64) == 0)
			continue;
		list = &w->slot[slot];
		LIST_INIT(&due);
		LIST_FOREACH_SAFE(e, list, entry, ne) {
			if (wheel_tick(e->when) > last)
				continue;	/* in a later turn */
			LIST_REMOVE(e, entry);
			LIST_INSERT_HEAD(&due, e, entry);
		}
		if (LIST_EMPTY(list))
			w->bitmap[slot / 64] &= ~(1ULL << slot % 64);
		/* f may free or set any entry: those on due, too. */
		while ((e = LIST_FIRST(&due)) != NULL) {
			wheel_clear(w, e);
			f(e);
		}
	}
}

/* The first tick at which the entry is due, rounded up: never too early. */
static uint64_t
wheel_tick(uint64_t when)
{
	return (when / WHEEL_TICK + (when % WHEEL_TICK != 0));
}

static unsigned int
lowest_bit(uint64_t bits)
{
	if ((uint32_t)bits != 0)
		return (ffs((int)(uint32_t)bits) - 1);
	return (31 + ffs((int)(bits >> 32)));
}
