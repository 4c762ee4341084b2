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

/* The wheel of timers against a list of times. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>

#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <string.h>

#include "pptpd.h"
#include "wheel.h"
#include "fuzz.h"

#define TIMERS	16

static struct wheel		wheel;
static struct wheel_entry	timers[TIMERS];
static uint64_t			when[TIMERS];	/* 0: not set */
static uint64_t			now;

static void
due(struct wheel_entry *e)
{
	size_t	i = e - timers;

	ASSERT(when[i] != 0);
	/* In the tick of its time, or the next one. */
	ASSERT(when[i] < now + WHEEL_TICK);
	when[i] = 0;
	/* Others may be set and cleared meanwhile. */
	if (i % 3 == 0) {
		wheel_set(&wheel, &timers[(i + 1) % TIMERS], now + 100 * i);
		when[(i + 1) % TIMERS] = now + 100 * i;
	} else if (i % 3 == 1) {
		wheel_clear(&wheel, &timers[(i + 1) % TIMERS]);
		when[(i + 1) % TIMERS] = 0;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct input	in = { p, len };
	uint64_t	next, first;
	size_t		i, n;
	uint8_t		op;

	now = 1000000;
	memset(timers, 0, sizeof(timers));
	memset(when, 0, sizeof(when));
	wheel_init(&wheel, now);
	while (in.left > 0) {
		op = in_8(&in);
		i = op % TIMERS;
		switch (op >> 4 & 3) {
		case 0:
			when[i] = now + in_8(&in);
			wheel_set(&wheel, &timers[i], when[i]);
			break;
		case 1:
			when[i] = now + in_16(&in) * 4;
			wheel_set(&wheel, &timers[i], when[i]);
			break;
		case 2:
			when[i] = 0;
			wheel_clear(&wheel, &timers[i]);
			break;
		case 3:
			now += op & 0x80 ? in_16(&in) : in_8(&in);
			wheel_run(&wheel, now, due);
			for (n = 0; n < TIMERS; n++)
				ASSERT(when[n] == 0 ||
				    when[n] + 2 * WHEEL_TICK > now);
			break;
		}
		first = 0;
		for (i = n = 0; i < TIMERS; i++) {
			ASSERT((when[i] != 0) == (timers[i].when != 0));
			n += when[i] != 0;
			if (when[i] != 0 && (first == 0 || when[i] < first))
				first = when[i];
		}
		ASSERT(wheel.count == n);
		next = wheel_next(&wheel);
		ASSERT((next == 0) == (n == 0));
		/* Not too late, and not at once without need. */
		if (n > 0)
			ASSERT(next <= (first > now ? first : now) +
			    2 * WHEEL_TICK);
	}
	return (0);
}
