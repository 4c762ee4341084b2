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
 * route.c with a kernel of its own: a session engine that is not ours any more
 * gets nothing but what the configuration has.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <errno.h>
#include <event.h>
#include <imsg.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kroute.h"
#include "log.h"
#include "pptpd.h"
#include "tap.h"

#define LAN	7
#define WAITS	1000

static struct conf	 conf;
static struct range	 local, remote;
static struct user	 user[3];
static int		 hosts, networks, arps;	/* in the kernel */
static int		 last_proxied;
static int		 net_error, arp_error;
static const char	 tuns[2][IF_NAMESIZE] = { "tun0", "tun1" };
static const char	*tun = tuns[0];	/* of the engine that asks */
static const char	*net_tun;	/* of the last network */
static uint32_t		 granted;	/* the last that waited for a route */

static void	 config(void);
static int	 add(uint32_t, const char *, ...)
		    __attribute__((__sentinel__));
static void	 delete(uint32_t);
static struct conf_net net(const char *);
static void	 test_hosts(void);
static void	 test_networks(void);
static void	 test_shared(void);
static void	 test_engines(void);
static void	 test_waiting(void);
static void	 test_wrong(void);
static void	 test_arp(void);
static void	 test_clean(void);

int
main(void)
{
	log_init(1, 0);
	config();
	test_hosts();
	test_networks();
	test_shared();
	test_engines();
	test_waiting();
	test_wrong();
	test_arp();
	test_clean();
	done_testing();
}

/* The kernel. */

int
kroute_add(const char *name, struct in_addr dst, struct in_addr us, int mtu,
    int proxied)
{
	hosts++;
	last_proxied = proxied;
	return (0);
}

int
kroute_delete(const char *name, struct in_addr dst)
{
	hosts--;
	return (0);
}

int
kroute_net_add(const char *name, struct in_addr dst, int prefixlen,
    struct in_addr us, int mtu)
{
	if (net_error != 0) {
		errno = net_error;
		return (-1);
	}
	networks++;
	net_tun = name;
	return (0);
}

int
kroute_net_delete(const char *name, struct in_addr dst, int prefixlen)
{
	networks--;
	return (0);
}

int
kroute_arp_add(struct in_addr addr, int *ifindex)
{
	if (arp_error != 0) {
		errno = arp_error;
		return (-1);
	}
	*ifindex = LAN;
	arps++;
	return (0);
}

int
kroute_arp_delete(struct in_addr addr, int ifindex)
{
	if (ifindex != LAN)
		arps -= 1000;
	arps--;
	return (0);
}

/* What a dead pptpd left: one of the pool, a user's, another one's. */
ssize_t
kroute_arp_list(struct kroute_arp **list)
{
	static const char	*left[] = {
		"10.99.0.12", "10.88.0.1", "10.99.0.200"
	};
	size_t			 i;

	if ((*list = calloc(3, sizeof(**list))) == NULL)
		return (-1);
	for (i = 0; i < 3; i++) {
		(*list)[i].addr.s_addr = inet_addr(left[i]);
		(*list)[i].ifindex = LAN;
	}
	arps = 3;
	return (3);
}

int
kroute_reject_add(struct in_addr first, struct in_addr last)
{
	return (0);
}

int
kroute_reject_delete(struct in_addr first, struct in_addr last)
{
	return (0);
}

/* The engine of one that waited. */
void
route_result(const struct msg_route_result *result)
{
	granted = result->error == 0 ? result->call_id : 0;
}

static struct conf_net
net(const char *s)
{
	struct conf_net	 n;
	char		 addr[INET_ADDRSTRLEN];

	memset(&n, 0, sizeof(n));
	if (sscanf(s, "%15[^/]/%u", addr, &n.prefixlen) == 2)
		n.addr.s_addr = inet_addr(addr);
	return (n);
}

static void
config(void)
{
	int	 i;

	TAILQ_INIT(&conf.pools);
	conf.pool = pool_new(&conf, "");
	conf.pool->proxy_arp = 0;
	TAILQ_INIT(&conf.users);
	local.range.first.s_addr = local.range.last.s_addr =
	    inet_addr("10.99.0.1");
	remote.range.first.s_addr = inet_addr("10.99.0.10");
	remote.range.last.s_addr = inet_addr("10.99.0.19");
	TAILQ_INSERT_TAIL(&conf.pool->local, &local, entry);
	TAILQ_INSERT_TAIL(&conf.pool->remote, &remote, entry);
	for (i = 0; i < 3; i++)
		TAILQ_INSERT_TAIL(&conf.users, &user[i], entry);
	user[0].user.address.s_addr = inet_addr("10.88.0.1");
	user[0].user.route[0] = net("10.70.0.0/16");
	user[0].user.nroutes = 1;
	user[1].user.route[0] = net("10.71.0.0/16");
	user[1].user.route[1] = net("10.72.0.0/24");
	user[1].user.nroutes = 2;
	user[2].user.route[0] = net("10.73.0.0/16");
	user[2].user.nroutes = 1;
	user[2].user.disabled = 1;
}

/* Ask for a route as the session engine does; the error in the result. */
static int
add(uint32_t id, const char *address, ...)
{
	struct msg_route_result	 result;
	struct msg_route	 m;
	va_list			 ap;
	const char		*s;

	memset(&m, 0, sizeof(m));
	m.call_id = id;
	m.serial = 100 + id;
	m.remote.s_addr = inet_addr(address);
	m.local.s_addr = inet_addr("10.99.0.1");
	m.mtu = 1396;
	va_start(ap, address);
	while ((s = va_arg(ap, const char *)) != NULL)
		m.route[m.nroutes++] = net(s);
	va_end(ap);
	switch (route_add(&conf, tun, &m, &result)) {
	case -1:
		return (-1);
	case 1:
		return (WAITS);
	}
	return (result.error);
}

static void
delete(uint32_t id)
{
	struct msg_call	 m;

	m.call_id = id;
	m.serial = 100 + id;
	route_delete(&conf, &m);
}

static void
test_hosts(void)
{
	is_int(add(1, "10.99.0.10", NULL), 0, "an address of the pool");
	is_int(add(2, "10.99.0.10", NULL), EADDRINUSE, "not twice");
	is_int(add(2, "10.99.0.20", NULL), EADDRNOTAVAIL, "beyond the pool");
	is_int(add(2, "10.88.0.1", NULL), 0, "a user's");
	is_int(hosts, 2, "two routes");
	is_int(last_proxied, 0, "nothing is published");
	delete(3);
	is_int(hosts, 2, "what is not there cannot be deleted");
	delete(1);
	delete(2);
	is_int(hosts, 0, "no route");
}

static void
test_networks(void)
{
	is_int(add(1, "10.99.0.10", "10.71.0.0/16", "10.72.0.0/24", NULL), 0,
	    "a user's networks");
	is_int(networks, 2, "both are routed");
	delete(1);
	is_int(networks, 0, "and both go");
	is_int(add(1, "10.99.0.10", "10.72.0.0/24", NULL), 0, "one of them");
	is_int(networks, 1, "is routed");
	delete(1);

	is_int(add(1, "10.99.0.10", "0.0.0.0/0", NULL), 0, "default route");
	is_int(networks, 0, "is not for a client");
	delete(1);
	is_int(add(1, "10.99.0.10", "10.71.0.0/17", NULL), 0, "a part of it");
	is_int(networks, 0, "is not what the configuration has");
	delete(1);
	is_int(add(1, "10.99.0.10", "10.71.0.0/16", "10.70.0.0/16", NULL), 0,
	    "two users' networks");
	is_int(networks, 0, "are nobody's");
	delete(1);
	is_int(add(1, "10.99.0.10", "10.70.0.0/16", NULL), 0,
	    "a network of a user with an own address");
	is_int(networks, 0, "goes with that address only");
	delete(1);
	is_int(add(1, "10.88.0.1", "10.70.0.0/16", NULL), 0, "so:");
	is_int(networks, 1, "it is routed");
	delete(1);
	is_int(add(1, "10.99.0.10", "10.73.0.0/16", NULL), 0,
	    "a network of a user who is disabled");
	is_int(networks, 0, "is not routed");
	delete(1);

	net_error = EEXIST;
	is_int(add(1, "10.99.0.10", "10.71.0.0/16", NULL), 0,
	    "the kernel has it already: the session goes on");
	net_error = 0;
	delete(1);
	is_int(networks, 0, "and it is left alone");
	is_int(hosts, 0, "no route");
}

static void
test_shared(void)
{
	add(1, "10.99.0.10", "10.71.0.0/16", NULL);
	add(2, "10.99.0.11", "10.71.0.0/16", "10.72.0.0/24", NULL);
	is_int(networks, 2, "a network of two sessions is routed once");
	delete(1);
	is_int(networks, 2, "it stays for the other");
	delete(2);
	is_int(networks, 0, "until that ends, too");
	add(1, "10.99.0.10", "10.71.0.0/16", "10.71.0.0/16", NULL);
	is_int(networks, 1, "named twice, routed once");
	route_delete_all();
	is_int(networks, 0, "gone at the end");
	is_int(hosts, 0, "with the host's route");
}

/* The last that came has the network, on whichever device it is. */
static void
test_engines(void)
{
	add(1, "10.99.0.10", "10.71.0.0/16", NULL);
	ok(net_tun == tuns[0], "a network of an engine");
	tun = tuns[1];
	add(2, "10.99.0.11", "10.71.0.0/16", NULL);
	is_int(networks, 1, "it is another's, too");
	ok(net_tun == tuns[1], "who came last");
	delete(2);
	is_int(networks, 1, "that goes");
	ok(net_tun == tuns[0], "back to the first");
	add(2, "10.99.0.11", "10.71.0.0/16", NULL);
	add(3, "10.99.0.12", NULL);
	delete(1);
	is_int(networks, 1, "the first goes");
	ok(net_tun == tuns[1], "it stays where it is");
	tun = tuns[0];
	add(1, "10.99.0.10", NULL);
	route_delete_tun(&conf, tuns[1]);
	is_int(hosts, 1, "an engine is gone, with its routes");
	is_int(networks, 0, "and networks");
	route_delete_all();
	is_int(hosts, 0, "then all");
}

/* An address goes from one engine to another, whoever is heard first. */
static void
test_waiting(void)
{
	is_int(add(1, "10.99.0.10", NULL), 0, "an engine's");
	is_int(add(3, "10.99.0.10", NULL), EADDRINUSE, "twice for the same");
	tun = tuns[1];
	is_int(add(2, "10.99.0.10", NULL), WAITS, "another has to wait");
	is_int(add(2, "10.99.0.11", NULL), -1, "and cannot ask again");
	is_int(add(4, "10.99.0.10", NULL), WAITS, "another one waits");
	delete(1);
	is_int(granted, 2, "now it has it");
	is_int(hosts, 1, "one route");
	delete(4);
	delete(2);
	is_int(granted, 2, "who has ended does not wait any more");
	is_int(hosts, 0, "no route");

	tun = tuns[0];
	add(1, "10.99.0.10", NULL);
	tun = tuns[1];
	is_int(add(2, "10.99.0.10", NULL), WAITS, "it waits");
	granted = 0;
	route_delete_tun(&conf, tuns[0]);
	is_int(granted, 2, "until the first one's engine is gone");
	tun = tuns[0];
	is_int(add(1, "10.99.0.10", NULL), WAITS, "it waits");
	granted = 0;
	route_delete_tun(&conf, tuns[0]);
	delete(2);
	is_int(granted, 0, "who waits may be gone as well");
	is_int(hosts, 0, "no route");
}

static void
test_wrong(void)
{
	is_int(add(0, "10.99.0.10", NULL), -1, "call 0");
	is_int(add(MAX_CALL_ID + 1, "10.99.0.10", NULL), -1, "call 65536");
	is_int(add(7, "10.99.0.10", NULL), 0, "a good one");
	is_int(add(7, "10.99.0.11", NULL), -1, "a second one for that call");
	delete(7);
	is_int(hosts, 0, "no route");
}

static void
test_arp(void)
{
	conf.pool->proxy_arp = 1;
	add(1, "10.99.0.10", NULL);
	add(2, "10.99.0.11", NULL);
	is_int(arps, 2, "published");
	is_int(last_proxied, 1, "and the route knows");
	conf.pool->proxy_arp = 0;
	add(3, "10.99.0.12", NULL);
	is_int(arps, 2, "not any more after a reload");
	delete(1);
	is_int(arps, 1, "those that are, go with their session");
	delete(3);
	is_int(arps, 1, "those that are not, do not");
	conf.pool->proxy_arp = 1;
	arp_error = EADDRNOTAVAIL;
	is_int(add(1, "10.99.0.10", NULL), 0, "no LAN: the session goes on");
	arp_error = 0;
	route_delete_all();
	is_int(arps, 0, "all are gone at the end");
	is_int(hosts, 0, "with their routes");
	conf.pool->proxy_arp = 0;
}

static void
test_clean(void)
{
	route_clean(&conf);
	is_int(arps, 1, "what a dead pptpd left goes, others' stays");
}
