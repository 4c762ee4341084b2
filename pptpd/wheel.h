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
 * Timers for very many objects: a wheel of lists, one entry per object, at
 * constant cost.  Times are milliseconds of the monotonic clock.  The owner
 * of the wheel arms one event for wheel_next() and calls wheel_run().
 */

#define WHEEL_TICK		8	/* ms, granularity */
#define WHEEL_SLOTS		4096	/* one turn: 32.8 s */

struct wheel_entry {
	LIST_ENTRY(wheel_entry)	 entry;
	uint64_t		 when;		/* 0: not on the wheel */
};
LIST_HEAD(wheel_list, wheel_entry);

struct wheel {
	struct wheel_list	 slot[WHEEL_SLOTS];
	uint64_t		 bitmap[WHEEL_SLOTS / 64];
	uint64_t		 now;		/* tick that was run last */
	size_t			 count;
};

void	 wheel_init(struct wheel *, uint64_t now);
/*
 * Set or move the entry's time; 0 clears it.  The entry must have been zeroed
 * before first use.  A time that has passed is due in the next tick.
 */
void	 wheel_set(struct wheel *, struct wheel_entry *, uint64_t when);
void	 wheel_clear(struct wheel *, struct wheel_entry *);
/* When to call wheel_run() next at the latest; 0 if the wheel is empty. */
uint64_t wheel_next(struct wheel *);
/*
 * Call f for each entry that is due; it is off the wheel by then and may be
 * set again or freed, and so may any other.
 */
void	 wheel_run(struct wheel *, uint64_t now,
	    void (*)(struct wheel_entry *));
