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
 * The parent's table of routes to clients.  What a session engine asks for is
 * done only for a call that has none, for an address of the configuration that
 * no other call has, and for networks that belong to one user who may have
 * that address.
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

/* A network behind a client; two sessions of one user have the same. */
struct net {
	RB_ENTRY(net)	 entry;
	struct conf_net	 net;
	uint32_t	 refs;
};
RB_HEAD(net_tree, net);

/* A host route that is in the kernel because a session engine asked for it. */
struct route {
	RB_ENTRY(route)	 entry;
	struct in_addr	 remote;
	uint32_t	 serial;
	uint32_t	 call_id;
	int		 lan;		/* where it is published, 0: nowhere */
	uint32_t	 nnets;
	struct net	*net[USER_ROUTES_MAX];
};
RB_HEAD(route_tree, route);

static int	 nets_allowed(struct conf *, const struct msg_route *);
static int	 net_of_user(const struct conf_user *, const struct conf_net *);
static void	 nets_add(struct route *, const char *,
		    const struct msg_route *);
static void	 net_release(const char *, struct net *);
static void	 route_release(const char *, struct route *);
static int	 route_cmp(struct route *, struct route *);
static int	 net_cmp(struct net *, struct net *);

RB_PROTOTYPE(route_tree, route, entry, route_cmp)
RB_GENERATE(route_tree, route, entry, route_cmp)
RB_PROTOTYPE(net_tree, net, entry, net_cmp)
RB_GENERATE(net_tree, net, entry, net_cmp)

static struct route_tree	 routes = RB_INITIALIZER(&routes);
static struct route		*route_by_id[MAX_CALL_ID + 1];
static struct net_tree		 nets = RB_INITIALIZER(&nets);

static int
route_cmp(struct route *a, struct route *b)
{
	uint32_t	x = ntohl(a->remote.s_addr);
	uint32_t	y = ntohl(b->remote.s_addr);

	return (x < y ? -1 : x > y);
}

static int
net_cmp(struct net *a, struct net *b)
{
	uint32_t	x = ntohl(a->net.addr.s_addr);
	uint32_t	y = ntohl(b->net.addr.s_addr);

	if (x != y)
		return (x < y ? -1 : 1);
	if (a->net.prefixlen != b->net.prefixlen)
		return (a->net.prefixlen < b->net.prefixlen ? -1 : 1);
	return (0);
}

static int
net_of_user(const struct conf_user *u, const struct conf_net *net)
{
	uint32_t	 i;

	for (i = 0; i < u->nroutes; i++)
		if (u->route[i].addr.s_addr == net->addr.s_addr &&
		    u->route[i].prefixlen == net->prefixlen)
			return (1);
	return (0);
}

/* Is there a user with all these networks, who may have this address? */
static int
nets_allowed(struct conf *conf, const struct msg_route *m)
{
	struct user	*u;
	uint32_t	 i;

	TAILQ_FOREACH(u, &conf->users, entry) {
		if (u->user.disabled ||
		    (u->user.address.s_addr != INADDR_ANY &&
		    u->user.address.s_addr != m->remote.s_addr))
			continue;
		for (i = 0; i < m->nroutes; i++)
			if (!net_of_user(&u->user, &m->route[i]))
				break;
		if (i == m->nroutes)
			return (1);
	}
	return (0);
}

/* A session is of use without them, so none of this is the end of it. */
static void
nets_add(struct route *r, const char *tun, const struct msg_route *m)
{
	struct net	*n, *other;
	uint32_t	 i;

	for (i = 0; i < m->nroutes; i++) {
		if ((n = calloc(1, sizeof(*n))) == NULL) {
			log_warn("route to %s/%u",
			    inet_ntoa(m->route[i].addr),
			    m->route[i].prefixlen);
			return;
		}
		n->net = m->route[i];
		if ((other = RB_INSERT(net_tree, &nets, n)) != NULL) {
			free(n);
			n = other;
		} else if (kroute_net_add(tun, n->net.addr, n->net.prefixlen,
		    m->local, m->mtu) == -1) {
			log_warn("route to %s/%u", inet_ntoa(n->net.addr),
			    n->net.prefixlen);
			RB_REMOVE(net_tree, &nets, n);
			free(n);
			continue;
		}
		n->refs++;
		r->net[r->nnets++] = n;
	}
}

static void
net_release(const char *tun, struct net *n)
{
	if (--n->refs > 0)
		return;
	if (kroute_net_delete(tun, n->net.addr, n->net.prefixlen) == -1 &&
	    errno != ESRCH)
		log_warn("route to %s/%u", inet_ntoa(n->net.addr),
		    n->net.prefixlen);
	RB_REMOVE(net_tree, &nets, n);
	free(n);
}

void
route_add(struct conf *conf, const char *tun, const struct msg_route *m,
    struct msg_route_result *result)
{
	struct route		*r;
	struct pool		*p;

	if (m->call_id < 1 || m->call_id > MAX_CALL_ID ||
	    route_by_id[m->call_id] != NULL)
		fatalx("session engine: bad call %u for a route", m->call_id);
	if (m->nroutes > USER_ROUTES_MAX)
		fatalx("session engine: %u routes", m->nroutes);

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
	if ((p = pool_of(conf, m->remote)) == NULL ||
	    !range_has(&p->local, m->local) || m->mtu > UINT16_MAX) {
		result->error = EADDRNOTAVAIL;
		goto fail;
	}
	if (RB_INSERT(route_tree, &routes, r) != NULL) {
		result->error = EADDRINUSE;
		goto fail;
	}
	if (kroute_add(tun, m->remote, m->local, m->mtu,
	    p->proxy_arp) == -1 && errno != EEXIST) {
		result->error = errno;
		RB_REMOVE(route_tree, &routes, r);
		goto fail;
	}
	route_by_id[m->call_id] = r;

	if (p->proxy_arp && kroute_arp_add(m->remote, &r->lan) == -1) {
		r->lan = 0;
		if (errno == EADDRNOTAVAIL)
			log_debug("no LAN to publish %s on",
			    inet_ntoa(m->remote));
		else
			log_warn("proxy ARP for %s", inet_ntoa(m->remote));
	}
	if (m->nroutes > 0) {
		if (nets_allowed(conf, m))
			nets_add(r, tun, m);
		else
			log_warnx("call %u: no user has these routes any more",
			    m->call_id);
	}
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
	route_release(tun, r);
}

/* At the end, whoever died. */
void
route_delete_all(const char *tun)
{
	struct route	*r;

	while ((r = RB_MIN(route_tree, &routes)) != NULL)
		route_release(tun, r);
}

static void
route_release(const char *tun, struct route *r)
{
	uint32_t	 i;

	if (r->lan != 0 && kroute_arp_delete(r->remote, r->lan) == -1 &&
	    errno != ESRCH)
		log_warn("proxy ARP for %s", inet_ntoa(r->remote));
	for (i = 0; i < r->nnets; i++)
		net_release(tun, r->net[i]);
	if (kroute_delete(tun, r->remote) == -1 && errno != ESRCH)
		log_warn("route to %s", inet_ntoa(r->remote));
	route_by_id[r->call_id] = NULL;
	RB_REMOVE(route_tree, &routes, r);
	free(r);
}

/*
 * A pptpd that was killed leaves addresses published.  Other pptpds have other
 * addresses.
 */
void
route_clean(struct conf *conf)
{
	struct kroute_arp	*list;
	ssize_t			 i, n;

	if ((n = kroute_arp_list(&list)) == -1) {
		log_warn("list of published addresses");
		return;
	}
	for (i = 0; i < n; i++) {
		if (pool_of(conf, list[i].addr) == NULL)
			continue;
		if (kroute_arp_delete(list[i].addr, list[i].ifindex) == -1 &&
		    errno != ESRCH)
			log_warn("proxy ARP for %s", inet_ntoa(list[i].addr));
	}
	free(list);
}

/* Unused addresses of the pool are unreachable, not somebody else's. */
void
route_pool(struct conf *conf, int add)
{
	struct pool	*p;
	struct range	*r;

	TAILQ_FOREACH(p, &conf->pools, entry)
		TAILQ_FOREACH(r, &p->remote, entry) {
			if (add ? kroute_reject_add(r->range.first,
			    r->range.last) :
			    kroute_reject_delete(r->range.first,
			    r->range.last)) {
				if (errno != EEXIST && errno != ESRCH)
					log_warn("reject route for the pool");
			}
		}
}
