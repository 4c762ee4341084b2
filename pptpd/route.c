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
 * The parent's table of host routes.  What a session engine asks for is done
 * only for a call that has none and for an address of the configuration that
 * no other call has.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/tree.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <errno.h>
#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kroute.h"
#include "log.h"
#include "pptpd.h"

/* A host route that is in the kernel because a session engine asked for it. */
struct route {
	RB_ENTRY(route)	 entry;
	struct in_addr	 remote;
	uint32_t	 serial;
	uint32_t	 call_id;
};
RB_HEAD(route_tree, route);

static int	 address_allowed(struct conf *, struct in_addr,
		    struct in_addr);
static int	 route_cmp(struct route *, struct route *);

RB_PROTOTYPE(route_tree, route, entry, route_cmp)
RB_GENERATE(route_tree, route, entry, route_cmp)

static struct route_tree	 routes = RB_INITIALIZER(&routes);
static struct route		*route_by_id[MAX_CALL_ID + 1];

static int
route_cmp(struct route *a, struct route *b)
{
	uint32_t	x = ntohl(a->remote.s_addr);
	uint32_t	y = ntohl(b->remote.s_addr);

	return (x < y ? -1 : x > y);
}

/* May the session engine have a route to this address with that local one? */
static int
address_allowed(struct conf *conf, struct in_addr remote,
    struct in_addr local)
{
	struct user	*u;

	if (!range_has(&conf->local, local))
		return (0);
	if (range_has(&conf->remote, remote))
		return (1);
	TAILQ_FOREACH(u, &conf->users, entry)
		if (u->user.address.s_addr == remote.s_addr)
			return (1);
	return (0);
}

void
route_add(struct conf *conf, const char *tun, const struct msg_route *m,
    struct msg_route_result *result)
{
	struct route		*r;

	if (m->call_id < 1 || m->call_id > MAX_CALL_ID ||
	    route_by_id[m->call_id] != NULL)
		fatalx("session engine: bad call %u for a route", m->call_id);

	memset(result, 0, sizeof(*result));
	result->call_id = m->call_id;
	result->serial = m->serial;
	result->remote = m->remote;
	if ((r = calloc(1, sizeof(*r))) == NULL) {
		result->error = ENOMEM;
		return;
	}
	r->remote = m->remote;
	r->call_id = m->call_id;
	r->serial = m->serial;
	/* A reload may have taken the address away a moment ago. */
	if (!address_allowed(conf, m->remote, m->local) ||
	    m->mtu > UINT16_MAX) {
		result->error = EADDRNOTAVAIL;
		goto fail;
	}
	if (RB_INSERT(route_tree, &routes, r) != NULL) {
		result->error = EADDRINUSE;
		goto fail;
	}
	if (kroute_add(tun, m->remote, m->local, m->mtu) == -1 &&
	    errno != EEXIST) {
		result->error = errno;
		RB_REMOVE(route_tree, &routes, r);
		goto fail;
	}
	route_by_id[m->call_id] = r;
	return;

 fail:
	free(r);
}

void
route_delete(const char *tun, const struct msg_call *m)
{
	struct route	*r;

	if (m->call_id < 1 || m->call_id > MAX_CALL_ID)
		fatalx("session engine: bad call %u", m->call_id);
	if ((r = route_by_id[m->call_id]) == NULL || r->serial != m->serial)
		return;
	if (kroute_delete(tun, r->remote) == -1 && errno != ESRCH)
		log_warn("route to %s", inet_ntoa(r->remote));
	route_by_id[m->call_id] = NULL;
	RB_REMOVE(route_tree, &routes, r);
	free(r);
}

/* Unused addresses of the pool are unreachable, not somebody else's. */
void
route_pool(struct conf *conf, int add)
{
	struct range	*r;

	TAILQ_FOREACH(r, &conf->remote, entry) {
		if (add ? kroute_reject_add(r->range.first, r->range.last) :
		    kroute_reject_delete(r->range.first, r->range.last)) {
			if (errno != EEXIST && errno != ESRCH)
				log_warn("reject route for the pool");
		}
	}
}
