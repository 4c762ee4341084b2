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

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wheel.h"
#include "tap.h"

#define NENTRIES	3000
#define TURN		((uint64_t)WHEEL_TICK * WHEEL_SLOTS)

struct object {
	struct wheel_entry	 timer;		/* first: the cast in fired() */
	struct object		*friend;
	uint64_t		 want;		/* 0: not set */
	uint64_t		 again;		/* set for then when it fires */
	int			 fired;
	int			 kill;		/* clear or free the friend */
};

static struct wheel	 wheel;
static struct object	 objects[NENTRIES];
static uint64_t		 now;
static int		 early, unexpected, total;

static void
fired(struct wheel_entry *e)
{
	struct object	*o = (struct object *)e;

	total++;
	o->fired++;
	if (o->timer.when != 0)
		unexpected++;
	if (o->want == 0)
		unexpected++;
	if (o->want > now)
		early++;
	o->want = 0;
	if (o->friend != NULL && o->kill) {
		wheel_clear(&wheel, &o->friend->timer);
		o->friend->want = 0;
	}
	if (o->again != 0) {
		wheel_set(&wheel, &o->timer, o->again);
		o->want = o->again;
		o->again = 0;
	}
}

static void
start(uint64_t when)
{
	now = when;
	wheel_init(&wheel, now);
	memset(objects, 0, sizeof(objects));
	early = unexpected = total = 0;
}

static void
set(struct object *o, uint64_t when)
{
	wheel_set(&wheel, &o->timer, when);
	o->want = when;
}

static void
run(uint64_t when)
{
	now = when;
	wheel_run(&wheel, now, fired);
}

static void
test_simple(void)
{
	struct object	*o = &objects[0], *p = &objects[1];

	start(1000);
	is_int(wheel_next(&wheel), 0, "an empty wheel wants nothing");
	run(1000);
	run(5000);
	is_int(total, 0, "and does nothing");

	start(1000);
	set(o, 1100);
	is_int(o->timer.when, 1100, "the time is kept");
	is_int(wheel.count, 1, "one entry");
	is_int(wheel_next(&wheel), 1104, "next: rounded up to a tick");
	run(1099);
	is_int(total, 0, "not early");
	run(1103);
	is_int(total, 0, "not within the tick");
	run(1104);
	is_int(total, 1, "on time");
	is_int(wheel.count, 0, "and off the wheel");
	is_int(wheel_next(&wheel), 0, "nothing left");
	run(1200);
	is_int(total, 1, "once");

	start(1000);
	set(o, 1200);
	set(o, 1600);
	is_int(wheel.count, 1, "moved, still one entry");
	is_int(wheel_next(&wheel), 1600, "next: the new time");
	run(1500);
	is_int(total, 0, "the old time has no meaning");
	set(o, 1520);
	run(1520);
	is_int(total, 1, "moved closer");

	start(1000);
	set(o, 1200);
	wheel_clear(&wheel, &o->timer);
	o->want = 0;
	is_int(o->timer.when, 0, "cleared");
	wheel_clear(&wheel, &o->timer);
	is_int(wheel.count, 0, "clearing twice is clearing");
	is_int(wheel_next(&wheel), 0, "nothing to wait for");
	set(o, 1200);
	set(o, 0);
	is_int(wheel.count, 0, "time 0 clears");
	run(3000);
	is_int(total, 0, "nothing happens");

	/* A time that has passed. */
	start(1000);
	set(o, 1);
	ok(wheel_next(&wheel) > 1000 && wheel_next(&wheel) <= 1008,
	    "the past is due in the next tick");
	run(1007);
	is_int(total, 0, "not in this one");
	run(1008);
	is_int(total, 1, "now");

	/* More than one in a slot, and both ends of the wheel. */
	start(8 * 4095);
	set(o, 8 * 4096);
	set(p, 8 * 4096 - 1);
	is_int(wheel_next(&wheel), 8 * 4096, "around the end");
	run(8 * 4096);
	is_int(total, 2, "two in one slot");
	ok(early == 0 && unexpected == 0, "nothing early or unexpected");
}

static void
test_turns(void)
{
	struct object	*o = &objects[0];
	uint64_t	 next, steps;
	int		 i;

	/* Exactly one turn, one tick less and more. */
	for (i = -1; i <= 1; i++) {
		start(8000);
		set(o, 8000 + TURN + i * WHEEL_TICK);
		run(8000 + TURN + i * WHEEL_TICK - 1);
		is_int(total, 0, "a turn%+d: not early", i);
		run(8000 + TURN + i * WHEEL_TICK);
		is_int(total, 1, "a turn%+d: on time", i);
	}

	/* Ten turns; following wheel_next() gets there soon. */
	start(777);
	set(o, 777 + 10 * TURN);
	steps = 0;
	while (total == 0 && steps < 1000) {
		next = wheel_next(&wheel);
		if (next <= now)
			break;
		run(next);
		steps++;
	}
	is_int(total, 1, "ten turns: fired");
	is_int(early, 0, "ten turns: not early");
	ok(now < 777 + 10 * TURN + WHEEL_TICK, "ten turns: not late");
	ok(steps <= 11, "ten turns: %d wake-ups", (int)steps);

	/* All of time. */
	start(0);
	set(o, UINT64_MAX);
	set(&objects[1], 1);
	run(UINT64_MAX / 2);
	is_int(total, 1, "the end of time is not yet");
	is_int(wheel.count, 1, "it is still there");
	wheel_clear(&wheel, &o->timer);

	/* A long sleep: everything due comes in one run. */
	start(100000);
	for (i = 0; i < NENTRIES; i++)
		set(&objects[i], 100001 + (uint64_t)i * 97);
	run(100000 + 10 * TURN);
	is_int(total, NENTRIES, "a long sleep");
	is_int(wheel.count, 0, "nothing is left");

	/* Time does not go backwards, but if it does. */
	start(100000);
	set(o, 100100);
	run(5);
	is_int(total, 0, "back in time");
	run(100104);
	is_int(total, 1, "and forth");
	ok(early == 0 && unexpected == 0, "nothing early or unexpected");
}

static void
test_callback(void)
{
	struct object	*o;
	int		 i;

	/* Set again for a time that has passed: once for each run. */
	start(10000);
	o = &objects[0];
	set(o, 10001);
	o->again = 10002;
	run(20000);
	is_int(total, 1, "set again for the past: not in the same run");
	run(20008);
	is_int(total, 2, "but in the next");

	/* The same when the run covers the whole wheel. */
	for (i = 0; i < 2 * WHEEL_SLOTS; i += 511) {
		start(8);
		set(o, 8 + 8 * i + 1);
		o->again = 9;
		run(8 + 3 * TURN);
		if (total != 1)
			break;
		run(8 + 3 * TURN + 8);
		if (total != 2)
			break;
	}
	ok(i >= 2 * WHEEL_SLOTS, "nor in a run of several turns");

	/* Set again for a turn later, into the slot that is being run. */
	start(10000);
	set(o, 10008);
	o->again = 10008 + TURN;
	run(10008);
	is_int(total, 1, "a period of one turn");
	run(10008 + TURN - 1);
	is_int(total, 1, "not early");
	run(10008 + TURN);
	is_int(total, 2, "on time");

	/* Each in a pair clears the other: one of them fires. */
	start(10000);
	for (i = 0; i < 1000; i++) {
		o = &objects[i];
		o->friend = &objects[i ^ 1];
		o->kill = 1;
		set(o, 10100 + i / 20);
	}
	run(10400);
	is_int(total, 500, "entries cleared by others do not fire");
	is_int(wheel.count, 0, "and are gone");
	ok(early == 0 && unexpected == 0, "nothing early or unexpected");
}

static struct wheel_entry	*heap[100];

static void
free_all(struct wheel_entry *e)
{
	int	i;

	total++;
	for (i = 0; i < 100; i++) {
		if (heap[i] == NULL)
			continue;
		wheel_clear(&wheel, heap[i]);
		memset(heap[i], 0xa5, sizeof(*heap[i]));
		free(heap[i]);
		heap[i] = NULL;
	}
}

static void
test_free(void)
{
	int	i;

	start(10000);
	for (i = 0; i < 100; i++) {
		if ((heap[i] = calloc(1, sizeof(*heap[i]))) == NULL)
			abort();
		wheel_set(&wheel, heap[i], 10008 + i / 50 * 8);
	}
	wheel_run(&wheel, 10100, free_all);
	is_int(total, 1, "the first one frees all");
	is_int(wheel.count, 0, "and nothing is left");
	is_int(wheel_next(&wheel), 0, "nothing to wait for");
}

/* Random use against the obvious: what is due is what fires, no more. */
static void
test_random(uint64_t begin, uint64_t reach, uint64_t step, const char *what)
{
	struct object	*o;
	uint64_t	 least, next, tick;
	int		 due, i, n, round, wrong_count, wrong_due, wrong_next;

	start(begin);
	wrong_count = wrong_due = wrong_next = 0;
	for (round = 0; round < 2000; round++) {
		for (i = 0; i < 40; i++) {
			o = &objects[random() % NENTRIES];
			switch (random() % 8) {
			case 0:
			case 1:
				wheel_clear(&wheel, &o->timer);
				o->want = 0;
				break;
			case 2:	/* often the past, sometimes before begin */
				set(o, now - (uint64_t)random() %
				    (now < 5000 ? now : 5000));
				break;
			default:
				set(o, now + 1 + (uint64_t)random() % reach);
				break;
			}
		}

		n = 0;
		least = UINT64_MAX;
		for (i = 0; i < NENTRIES; i++) {
			if (objects[i].want == 0)
				continue;
			n++;
			if (objects[i].want < least)
				least = objects[i].want;
		}
		next = wheel_next(&wheel);
		if ((size_t)n != wheel.count || (next == 0) != (n == 0))
			wrong_count++;
		/* Not later than the first tick that the first one allows. */
		tick = (least + WHEEL_TICK - 1) / WHEEL_TICK;
		if (tick <= now / WHEEL_TICK)
			tick = now / WHEEL_TICK + 1;
		if (n != 0 && next > tick * WHEEL_TICK)
			wrong_next++;

		tick = now / WHEEL_TICK;
		now += (uint64_t)random() % step;
		due = 0;
		if (now / WHEEL_TICK > tick) {
			for (i = 0; i < NENTRIES; i++) {
				o = &objects[i];
				if (o->want != 0 && (o->want + WHEEL_TICK -
				    1) / WHEEL_TICK <= now / WHEEL_TICK)
					due++;
			}
		}
		total = 0;
		run(now);
		if (total != due)
			wrong_due++;
		for (i = 0; i < NENTRIES; i++) {
			if (objects[i].want != objects[i].timer.when)
				wrong_due++;
		}
	}
	is_int(wrong_count, 0, "%s: count", what);
	is_int(wrong_next, 0, "%s: next is never late", what);
	is_int(wrong_due, 0, "%s: what is due is what fires", what);
	ok(early == 0 && unexpected == 0, "%s: nothing early or unexpected",
	    what);
}

int
main(void)
{
	srandom(1);
	test_simple();
	test_turns();
	test_callback();
	test_free();
	test_random(1, 500, 50, "short times");
	test_random(1000000, TURN, 200, "within a turn");
	test_random(123456789, 5 * TURN, 3 * TURN, "many turns");
	test_random((uint64_t)1 << 40, 100000, TURN / 2, "long sleeps");
	done_testing();
}
