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

/* Penalties: how they add up, come into force, end, and are forgotten. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/tree.h>
#include <net/if.h>
#include <netinet/in.h>

#include <event.h>
#include <imsg.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pptpd.h"
#include "penalty.h"
#include "tap.h"

#define START	1000000		/* ms, any time */

static struct penalty_table	table;
static struct conf_penalty	conf;

static uint32_t	 add(enum penalty_reason, const char *, uint64_t);
static int	 check(const char *, uint64_t);
static void	 fresh(void);
static void	 test_adding_up(void);
static void	 test_expiry(void);
static void	 test_most(void);
static void	 test_reasons(void);
static void	 test_keys(void);
static void	 test_clear(void);
static void	 test_overflow(void);

int
main(void)
{
	penalty_init(&table);
	test_adding_up();
	test_expiry();
	test_most();
	test_reasons();
	test_keys();
	test_clear();
	test_overflow();
	done_testing();
}

static uint32_t
add(enum penalty_reason reason, const char *key, uint64_t now)
{
	return (penalty_add(&table, &conf, reason, key, strlen(key), now));
}

static int
check(const char *key, uint64_t now)
{
	return (penalty_check(&table, key, strlen(key), now));
}

static void
fresh(void)
{
	(void)penalty_clear_all(&table, 0);
	memset(&conf, 0, sizeof(conf));
	conf.enabled = 1;
	conf.authfail = 5;
	conf.noauth = 1;
	conf.protocol = 10;
	conf.min = 15;
	conf.max = 60;
}

static void
test_adding_up(void)
{
	fresh();
	ok(!check("a", START), "nobody has a penalty at first");
	is_int(add(PENALTY_AUTHFAIL, "a", START), 0, "first failure");
	is_int(add(PENALTY_AUTHFAIL, "a", START), 0, "second");
	ok(!check("a", START), "less than min is none yet");
	is_int(add(PENALTY_AUTHFAIL, "a", START), 15, "third comes to min");
	ok(check("a", START), "it is in force");
	ok(!check("b", START), "for nobody else");
	is_int(add(PENALTY_AUTHFAIL, "a", START), 0, "told once only");

	fresh();
	(void)add(PENALTY_AUTHFAIL, "a", START);
	(void)add(PENALTY_AUTHFAIL, "a", START + 4000);
	is_int(add(PENALTY_AUTHFAIL, "a", START + 4000), 0,
	    "time takes off what it passes");
	is_int(add(PENALTY_AUTHFAIL, "a", START + 4000), 16, "16 s left");

	fresh();
	conf.min = 0;
	is_int(add(PENALTY_NOAUTH, "a", START), 1, "without min the first");
	fresh();
	conf.enabled = 0;
	is_int(add(PENALTY_PROTOCOL, "a", START), 0, "disabled");
	is_int(table.count, 0, "nothing is kept then");
}

static void
test_expiry(void)
{
	int	i;

	fresh();
	for (i = 0; i < 3; i++)
		(void)add(PENALTY_AUTHFAIL, "a", START);
	ok(check("a", START + 14999), "in force below min until its end");
	ok(!check("a", START + 15000), "then over");
	is_int(table.count, 0, "and forgotten");
	is_int(add(PENALTY_AUTHFAIL, "a", START + 15000), 0, "it starts anew");

	fresh();
	(void)add(PENALTY_NOAUTH, "a", START);
	(void)add(PENALTY_PROTOCOL, "b", START);
	(void)add(PENALTY_NOAUTH, "c", START + 2000);
	is_int(table.count, 2, "others go when something is added");
	ok(penalty_next(&table, NULL, 0, START + 20000) == NULL,
	    "a listing shows none that are over");
	is_int(table.count, 0, "they are gone");
}

static void
test_most(void)
{
	struct penalty	*p;
	int		 i;

	fresh();
	for (i = 0; i < 100; i++)
		(void)add(PENALTY_PROTOCOL, "a", START);
	p = penalty_next(&table, NULL, 0, START);
	is_int(penalty_left(p, START), 60, "never more than max");
	(void)add(PENALTY_PROTOCOL, "a", START + 30500);
	is_int(penalty_left(p, START + 30500), 40, "it shrinks and grows");
	is_int(penalty_left(p, START + 30501), 40, "begun seconds count");
	conf.max = UINT32_MAX;
	conf.protocol = UINT32_MAX;
	for (i = 0; i < 3; i++)
		(void)add(PENALTY_PROTOCOL, "b", START);
	ok(check("b", START + 1000ULL * UINT32_MAX - 1) &&
	    !check("b", START + 1000ULL * UINT32_MAX), "large numbers");
}

static void
test_reasons(void)
{
	struct penalty	*p;

	fresh();
	(void)add(PENALTY_AUTHFAIL, "a", START);
	(void)add(PENALTY_NOAUTH, "a", START);
	p = penalty_next(&table, NULL, 0, START);
	is_int(p->reason, PENALTY_NOAUTH, "the last reason");
	is_int(penalty_left(p, START), 6, "5 and 1");
	is_int(add(PENALTY_PROTOCOL, "a", START), 16, "and 10");
	conf.noauth = 0;
	(void)add(PENALTY_NOAUTH, "b", START);
	is_int(table.count, 1, "what costs nothing leaves nothing");
}

static void
test_keys(void)
{
	static const char	*const keys[] = { "bb", "a", "ab", "", "b" };
	static const char	*const order[] = { "", "a", "ab", "b", "bb" };
	struct penalty		*p;
	size_t			 i;

	fresh();
	for (i = 0; i < 5; i++)
		(void)add(PENALTY_PROTOCOL, keys[i], START);
	p = penalty_next(&table, NULL, 0, START);
	for (i = 0; i < 5 && p != NULL; i++) {
		is_str((char *)p->key, order[i], "key %zu", i);
		p = penalty_next(&table, p->key, p->len, START);
	}
	ok(i == 5 && p == NULL, "all keys are listed");
	p = penalty_next(&table, "aa", 2, START);
	is_str((char *)p->key, "ab", "after a key that is not there");

	fresh();
	(void)penalty_add(&table, &conf, PENALTY_PROTOCOL, "\0\0\0\1", 4,
	    START);
	(void)penalty_add(&table, &conf, PENALTY_PROTOCOL, "\0\0\0\2", 4,
	    START);
	is_int(table.count, 2, "keys are octets, not text");
}

static void
test_clear(void)
{
	int	i;

	fresh();
	for (i = 0; i < 2; i++) {
		(void)add(PENALTY_PROTOCOL, "a", START);
		(void)add(PENALTY_PROTOCOL, "b", START);
	}
	is_int(penalty_clear(&table, "a", 1, START), 1, "one is cleared");
	ok(!check("a", START) && check("b", START), "and only that");
	is_int(penalty_clear(&table, "a", 1, START), 0, "not again");
	is_int(penalty_clear(&table, "b", 1, START + 20000), 0,
	    "nor one that is over");
	(void)add(PENALTY_NOAUTH, "a", START);
	(void)add(PENALTY_PROTOCOL, "b", START);
	is_int(penalty_clear_all(&table, START + 1000), 1,
	    "all are cleared, those not over counted");
	is_int(table.count, 0, "none is left");
}

static void
test_overflow(void)
{
	char		key[16];
	uint32_t	i;

	fresh();
	for (i = 0; i < PENALTIES_MAX; i++) {
		(void)snprintf(key, sizeof(key), "%u", i);
		(void)add(PENALTY_PROTOCOL, key, START);
		(void)add(PENALTY_PROTOCOL, key, START);
	}
	is_int(table.count, PENALTIES_MAX, "the table is full");
	(void)add(PENALTY_NOAUTH, "0", START);
	(void)add(PENALTY_PROTOCOL, "more", START);
	is_int(table.count, PENALTIES_MAX, "it grows no more");
	ok(!check("1", START), "the oldest made room");
	ok(check("0", START), "not the one with a new offence");
	ok(check("2", START), "nor the one after it");
	is_int(penalty_clear_all(&table, START), PENALTIES_MAX, "cleared");
}
