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

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "pptp.h"
#include "pptpd.h"
#include "wheel.h"
#include "control_engine.h"

/*
 * Control connections on which nobody has authenticated yet: how many there
 * may be, and who makes room when there are too many.  Refusing the new ones
 * would keep everybody out for as long as somebody holds all places, so the
 * new one takes the place of another: of a few picked at random, the one that
 * made no progress for the longest time.  Who tries often is in his own way:
 * it is one of the same address, or else of the same network, or else of a
 * network that has more of them.  Those with a call have some time to
 * authenticate undisturbed, unless that is clearly more: of many clients that
 * come back at the same time some must get in, not each push out another.
 */

#define PICKS		3	/* candidates for having to go */
#define STALLED		2000	/* ms without progress: may go early */
#define CALL_GRACE	10000	/* ms to authenticate a call undisturbed */
#define LOG_INTERVAL	10000	/* ms between lines about it */

#define MASK_HOST	0xffffffffU
#define MASK_NET	0xffffff00U
#define MASK_ANY	0x00000000U

struct startup {
	struct conn	*conn;
	struct in_addr	 source;
};

static uint32_t		 startup_count(struct in_addr, uint32_t);
static struct conn	*startup_pick(struct in_addr, uint32_t, uint32_t);
static struct conn	*startup_among(struct in_addr, uint32_t);
static struct conn	*startup_victim(struct in_addr, uint32_t);
static int		 startup_replace(struct in_addr, uint32_t,
			    const char *);
static void		 startup_early(struct in_addr);
static void		 startup_log(struct in_addr, const char *);
static int		 startup_calls(const struct conn *, uint64_t);
static int		 startup_may_go(const struct conn *, struct in_addr,
			    uint32_t, int);
static struct conn	*startup_older(struct conn *, struct conn *);

static struct startup	*startups;	/* in no order */
static uint32_t		 nstartups, startups_size;
static int		 descriptors;	/* that this process may have */

/* Before pledge(2). */
void
startup_init(void)
{
	descriptors = getdtablesize();
}

int
startup_add(struct conn *c)
{
	struct startup	*new;
	uint32_t	 size;

	if (nstartups == startups_size) {
		size = startups_size == 0 ? 64 : startups_size * 2;
		if ((new = reallocarray(startups, size,
		    sizeof(*startups))) == NULL)
			return (-1);
		startups = new;
		startups_size = size;
	}
	startups[nstartups].conn = c;
	startups[nstartups].source = c->peer.sin_addr;
	c->startup = ++nstartups;
	control_stats.conn_unauth = nstartups;
	return (0);
}

void
startup_remove(struct conn *c)
{
	struct startup	*s;

	if (c->startup == 0)
		return;
	s = &startups[c->startup - 1];
	*s = startups[--nstartups];
	s->conn->startup = c->startup;
	c->startup = 0;
	control_stats.conn_unauth = nstartups;
}

int
startup_admit(struct in_addr source)
{
	const struct conf_pptp	*conf = &control_conf;
	uint32_t		 rate;

	if (conf->source_startups != 0 &&
	    startup_count(source, MASK_HOST) >= conf->source_startups) {
		control_stats.over_source++;
		return (startup_replace(source, MASK_HOST,
		    "source-startups"));
	}
	if (conf->net_startups != 0 &&
	    startup_count(source, MASK_NET) >= conf->net_startups) {
		control_stats.over_net++;
		return (startup_replace(source, MASK_NET, "net-startups"));
	}
	/* The rest is for pptpctl, and for what the engine has itself. */
	if (control_stats.conn_current + CONTROL_FDS >=
	    (uint64_t)descriptors) {
		control_stats.over_descriptors++;
		return (startup_replace(source, MASK_ANY,
		    "the limit of open files"));
	}
	if (nstartups >= conf->startups_full) {
		control_stats.over_startups++;
		return (startup_replace(source, MASK_ANY, "max-startups"));
	}
	if (nstartups >= conf->startups_begin) {
		rate = conf->startups_rate + (100 - conf->startups_rate) *
		    (nstartups - conf->startups_begin) /
		    (conf->startups_full - conf->startups_begin);
		if (arc4random_uniform(100) < rate)
			startup_early(source);
	}
	return (1);
}

static uint32_t
startup_count(struct in_addr source, uint32_t mask)
{
	uint32_t	i, n = 0;

	mask = htonl(mask);
	for (i = 0; i < nstartups; i++)
		if (((startups[i].source.s_addr ^ source.s_addr) & mask) == 0)
			n++;
	return (n);
}

/* The nth, from 0, of those with such a source. */
static struct conn *
startup_pick(struct in_addr source, uint32_t mask, uint32_t n)
{
	uint32_t	i;

	mask = htonl(mask);
	for (i = 0; i < nstartups; i++)
		if (((startups[i].source.s_addr ^ source.s_addr) &
		    mask) == 0 && n-- == 0)
			return (startups[i].conn);
	fatalx("no startup of that number");
}

/* It may be about to be let in. */
static int
startup_calls(const struct conn *c, uint64_t now)
{
	return (c->ncalls > 0 && now < c->progress_at + CALL_GRACE);
}

/* For a new one: within an address, of a network's addresses, of networks. */
static int
startup_may_go(const struct conn *c, struct in_addr source, uint32_t mask,
    int calls)
{
	if (mask == MASK_HOST)
		return (!calls);
	mask = mask == MASK_ANY ? MASK_NET : MASK_HOST;
	return (startup_count(c->peer.sin_addr, mask) >
	    startup_count(source, mask) + calls);
}

static struct conn *
startup_older(struct conn *a, struct conn *b)
{
	return (a == NULL || b->progress_at < a->progress_at ? b : a);
}

/* One of those with such a source, or NULL. */
static struct conn *
startup_among(struct in_addr source, uint32_t mask)
{
	struct conn	*c, *victim[2] = { NULL, NULL };
	uint64_t	 now = monotonic_ms();
	uint32_t	 n;
	int		 i, calls;

	n = startup_count(source, mask);
	for (i = 0; n > 0 && i < PICKS; i++) {
		c = startup_pick(source, mask, arc4random_uniform(n));
		calls = startup_calls(c, now);
		if (startup_may_go(c, source, mask, calls))
			victim[calls] = startup_older(victim[calls], c);
	}
	return (victim[0] != NULL ? victim[0] : victim[1]);
}

/* The nearer the better. */
static struct conn *
startup_victim(struct in_addr source, uint32_t mask)
{
	struct conn	*c;

	if ((c = startup_among(source, MASK_HOST)) == NULL &&
	    mask != MASK_HOST)
		c = startup_among(source, MASK_NET);
	if (c == NULL && mask == MASK_ANY)
		c = startup_among(source, MASK_ANY);
	return (c);
}

/* Over a limit: another one goes, or the new one is refused. */
static int
startup_replace(struct in_addr source, uint32_t mask, const char *limit)
{
	struct conn	*victim;

	startup_log(source, limit);
	if ((victim = startup_victim(source, mask)) == NULL) {
		control_stats.conn_refused++;
		return (0);
	}
	control_stats.conn_dropped++;
	conn_drop(victim);
	return (1);
}

/* There is still room: only one that had its time goes. */
static void
startup_early(struct in_addr source)
{
	struct conn	*victim;
	uint64_t	 now = monotonic_ms();

	victim = startup_victim(source, MASK_ANY);
	if (victim == NULL || startup_calls(victim, now) ||
	    now < victim->progress_at + STALLED)
		return;
	control_stats.over_startups++;
	control_stats.conn_dropped++;
	startup_log(source, "max-startups");
	conn_drop(victim);
}

/* A line for the first one, then now and then the number of all. */
static void
startup_log(struct in_addr source, const char *limit)
{
	static uint64_t	next;
	static uint32_t	count;
	uint64_t	now = monotonic_ms();

	count++;
	if (now < next)
		return;
	log_info("%s reached by a connection from %s, %u times since the "
	    "last such line", limit, inet_ntoa(source), count);
	count = 0;
	next = now + LOG_INTERVAL;
}
