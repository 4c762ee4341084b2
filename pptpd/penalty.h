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
 * Penalties for what goes wrong too often, each with its key: an address, or a
 * user's name.  Every offence makes the penalty longer, time makes it shorter
 * again.  It comes into force when it is as long as conf's min, and stays so
 * until nothing is left of it.  No clock in here: the time is handed in, ms of
 * the monotonic clock.  Include after <sys/queue.h>, <sys/tree.h>, "pptpd.h".
 */

#define PENALTIES_MAX	65536	/* then the oldest is forgotten for a new one */

struct penalty {
	RB_ENTRY(penalty)	 by_key;
	TAILQ_ENTRY(penalty)	 by_age;
	uint64_t		 until;		/* ms */
	enum penalty_reason	 reason;	/* the last one */
	uint8_t			 active;	/* it is in force */
	uint16_t		 len;
	uint8_t			 key[];		/* and a NUL, not counted */
};

RB_HEAD(penalty_tree, penalty);

struct penalty_table {
	struct penalty_tree		 tree;
	TAILQ_HEAD(penalty_list, penalty) age;	/* latest offence last */
	size_t				 count;
};

void	 penalty_init(struct penalty_table *);
/*
 * An offence.  Returns how long the penalty is now, in s, if it has just come
 * into force, otherwise 0.  Without memory it is forgotten.
 */
uint32_t penalty_add(struct penalty_table *, const struct conf_penalty *,
	    enum penalty_reason, const void *key, size_t, uint64_t now);
/* Is there a penalty in force? */
int	 penalty_check(struct penalty_table *, const void *key, size_t,
	    uint64_t now);
/* Forget one; returns whether there was one. */
int	 penalty_clear(struct penalty_table *, const void *key, size_t,
	    uint64_t now);
/* Forget all; returns how many there were. */
size_t	 penalty_clear_all(struct penalty_table *, uint64_t now);
/* The one whose key comes next after this one, of all for NULL. */
struct penalty *penalty_next(struct penalty_table *, const void *key, size_t,
	    uint64_t now);
/* s until nothing is left of it, at least 1 */
uint32_t penalty_left(const struct penalty *, uint64_t now);
