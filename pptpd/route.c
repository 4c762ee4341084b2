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

/*
 * A network behind a client; two sessions of one user have the same.  The one
 * that came last has it.
 */
struct net {
	RB_ENTRY(net)	 entry;
	struct conf_net	 net;
	uint32_t	 refs;
	struct route	*owner;
};
RB_HEAD(net_tree, net);

/* A host route that is in the kernel because a session engine asked for it. */
struct route {
	RB_ENTRY(route)	 entry;
	struct in_addr	 remote;
	uint32_t	 serial;
	uint32_t	 call_id;
	const char	*tun;
	struct in_addr	 local;
	uint32_t	 mtu;
	int		 lan;		/* where it is published, 0: nowhere */
	uint32_t	 nnets;
	struct net	*net[USER_ROUTES_MAX];
};
RB_HEAD(route_tree, route);

/*
 * An address that has gone from a session of one engine to one of another: the
 * latter's request came before the former's.
 */
struct waiting {
	TAILQ_ENTRY(waiting)	 entry;
	const char		*tun;
	struct msg_route	 m;
};

static int	 nets_allowed(struct conf *, const struct msg_route *);
static int	 net_of_user(const struct conf_user *, const struct conf_net *);
static void	 nets_add(struct route *, const struct msg_route *);
static int	 net_route(struct net *, struct route *);
static struct route *net_heir(const struct net *);
static void	 net_release(struct route *, struct net *);
static struct waiting *waiting_find(uint32_t);
static void	 waiting_free(struct waiting *);
static void	 waiting_wake(struct conf *, struct in_addr);
static void	 route_release(struct route *);
static int	 route_cmp(struct route *, struct route *);
static int	 net_cmp(struct net *, struct net *);

RB_PROTOTYPE(route_tree, route, entry, route_cmp)
RB_GENERATE(route_tree, route, entry, route_cmp)
RB_PROTOTYPE(net_tree, net, entry, net_cmp)
RB_GENERATE(net_tree, net, entry, net_cmp)

static struct route_tree	 routes = RB_INITIALIZER(&routes);
static struct route		*route_by_id[MAX_CALL_ID + 1];
static struct net_tree		 nets = RB_INITIALIZER(&nets);
static TAILQ_HEAD(, waiting)	 waitings = TAILQ_HEAD_INITIALIZER(waitings);

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
nets_add(struct route *r, const struct msg_route *m)
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
		}
		if (net_route(n, r) == -1 && n->refs == 0) {
			RB_REMOVE(net_tree, &nets, n);
			free(n);
			continue;
		}
		n->refs++;
		r->net[r->nnets++] = n;
	}
}

/* Have a network's route lead to that session, or nowhere. */
static int
net_route(struct net *n, struct route *to)
{
	struct route	*from = n->owner;

	n->owner = to;
	/* Which of its sessions has it, their engine knows. */
	if (from != NULL && to != NULL && from->tun == to->tun)
		return (0);
	if (from != NULL && kroute_net_delete(from->tun, n->net.addr,
	    n->net.prefixlen) == -1 && errno != ESRCH)
		log_warn("route to %s/%u", inet_ntoa(n->net.addr),
		    n->net.prefixlen);
	if (to != NULL && kroute_net_add(to->tun, n->net.addr,
	    n->net.prefixlen, to->local, to->mtu) == -1) {
		log_warn("route to %s/%u", inet_ntoa(n->net.addr),
		    n->net.prefixlen);
		n->owner = NULL;
		return (-1);
	}
	return (0);
}

/* The last that came of those that have the network, without its owner. */
static struct route *
net_heir(const struct net *n)
{
	struct route	*r, *heir = NULL;
	uint32_t	 i;

	RB_FOREACH(r, route_tree, &routes)
		for (i = 0; i < r->nnets; i++)
			if (r->net[i] == n && r != n->owner &&
			    (heir == NULL || r->serial > heir->serial))
				heir = r;
	return (heir);
}

static void
net_release(struct route *r, struct net *n)
{
	if (--n->refs > 0) {
		if (n->owner == r)
			(void)net_route(n, net_heir(n));
		return;
	}
	if (n->owner != NULL)
		(void)net_route(n, NULL);
	RB_REMOVE(net_tree, &nets, n);
	free(n);
}

int
route_add(struct conf *conf, const char *tun, const struct msg_route *m,
    struct msg_route_result *result)
{
	struct waiting		*w;
	struct route		*r, *other;
	struct pool		*p;

	if (m->call_id < 1 || m->call_id > MAX_CALL_ID ||
	    route_by_id[m->call_id] != NULL || m->nroutes > USER_ROUTES_MAX ||
	    waiting_find(m->call_id) != NULL)
		return (-1);

	memset(result, 0, sizeof(*result));
	result->call_id = m->call_id;
	result->serial = m->serial;
	result->remote = m->remote;
	if ((r = calloc(1, sizeof(*r))) == NULL) {
		result->error = ENOMEM;
		return (0);
	}
	r->remote = m->remote;
	r->call_id = m->call_id;
	r->serial = m->serial;
	r->tun = tun;
	r->local = m->local;
	r->mtu = m->mtu;
	/* A reload may have taken the address away a moment ago. */
	if ((p = pool_of(conf, m->remote)) == NULL ||
	    !range_has(&p->local, m->local) || m->mtu > UINT16_MAX) {
		result->error = EADDRNOTAVAIL;
		goto fail;
	}
	if ((other = RB_INSERT(route_tree, &routes, r)) != NULL) {
		if (other->tun == tun ||
		    (w = calloc(1, sizeof(*w))) == NULL) {
			result->error = EADDRINUSE;
			goto fail;
		}
		w->tun = tun;
		w->m = *m;
		TAILQ_INSERT_TAIL(&waitings, w, entry);
		free(r);
		return (1);
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
			nets_add(r, m);
		else
			log_warnx("call %u: no user has these routes any more",
			    m->call_id);
	}
	return (0);

 fail:
	free(r);
	return (0);
}

static struct waiting *
waiting_find(uint32_t id)
{
	struct waiting	*w;

	TAILQ_FOREACH(w, &waitings, entry)
		if (w->m.call_id == id)
			return (w);
	return (NULL);
}

static void
waiting_free(struct waiting *w)
{
	TAILQ_REMOVE(&waitings, w, entry);
	free(w);
}

/* The first that waits for an address gets it. */
static void
waiting_wake(struct conf *conf, struct in_addr remote)
{
	struct msg_route_result	 result;
	struct msg_route	 m;
	struct waiting		*w;
	const char		*tun;

	TAILQ_FOREACH(w, &waitings, entry)
		if (w->m.remote.s_addr == remote.s_addr)
			break;
	if (w == NULL)
		return;
	m = w->m;
	tun = w->tun;
	waiting_free(w);
	if (route_add(conf, tun, &m, &result) == 0)
		route_result(&result);
}

int
route_delete(struct conf *conf, const struct msg_call *m)
{
	struct waiting	*w;
	struct route	*r;
	struct in_addr	 remote;

	if (m->call_id < 1 || m->call_id > MAX_CALL_ID)
		return (-1);
	if ((w = waiting_find(m->call_id)) != NULL &&
	    w->m.serial == m->serial)
		waiting_free(w);
	if ((r = route_by_id[m->call_id]) != NULL && r->serial == m->serial) {
		remote = r->remote;
		route_release(r);
		waiting_wake(conf, remote);
	}
	return (0);
}

void
route_delete_tun(struct conf *conf, const char *tun)
{
	struct waiting	*w, *wnext;
	struct route	*r, *next;
	struct in_addr	 remote;

	TAILQ_FOREACH_SAFE(w, &waitings, entry, wnext)
		if (w->tun == tun)
			waiting_free(w);
	for (r = RB_MIN(route_tree, &routes); r != NULL; r = next) {
		next = RB_NEXT(route_tree, &routes, r);
		if (r->tun != tun)
			continue;
		remote = r->remote;
		route_release(r);
		waiting_wake(conf, remote);
	}
}

void
route_delete_all(void)
{
	struct route	*r;

	while ((r = RB_MIN(route_tree, &routes)) != NULL)
		route_release(r);
}

static void
route_release(struct route *r)
{
	uint32_t	 i;

	if (r->lan != 0 && kroute_arp_delete(r->remote, r->lan) == -1 &&
	    errno != ESRCH)
		log_warn("proxy ARP for %s", inet_ntoa(r->remote));
	for (i = 0; i < r->nnets; i++)
		net_release(r, r->net[i]);
	if (kroute_delete(r->tun, r->remote) == -1 && errno != ESRCH)
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
