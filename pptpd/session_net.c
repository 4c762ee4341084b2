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
#include <string.h>
#include <time.h>

#include "fsm.h"
#include "gre.h"
#include "log.h"
#include "mppe.h"
#include "pptpd.h"
#include "ppp.h"
#include "wheel.h"
#include "session_engine.h"

/*
 * Networks behind clients.  A hash table by network, looked at once for each
 * length of prefix that there is, the longest first.  Of sessions with the same
 * network the one that came up last has it.
 */

#define BUCKETS		4096

struct session_net {
	LIST_ENTRY(session_net)	 entry;
	struct session		*session;
	struct conf_net		 net;
};
LIST_HEAD(net_list, session_net);

static unsigned int	 net_hash(const struct conf_net *);
static struct in_addr	 net_of(struct in_addr, uint32_t);

static struct net_list	 nets[BUCKETS];
static unsigned int	 nets_of_len[33];
static unsigned int	 nets_total;

static unsigned int
net_hash(const struct conf_net *net)
{
	uint32_t	h = ntohl(net->addr.s_addr) ^ net->prefixlen;

	return ((h ^ h >> 12 ^ h >> 24) % BUCKETS);
}

static struct in_addr
net_of(struct in_addr a, uint32_t prefixlen)
{
	if (prefixlen == 0)
		a.s_addr = INADDR_ANY;
	else
		a.s_addr &= htonl(0xffffffff << (32 - prefixlen));
	return (a);
}

/* What the verdict says is behind the client; -1: no memory. */
int
session_nets_set(struct session *s, const struct conf_net *net, uint32_t n)
{
	uint32_t	i;
	int		up = s->up;

	if (up)
		session_nets_down(s);
	free(s->nets);
	s->nets = NULL;
	s->nnets = 0;
	if (n == 0)
		return (0);
	if ((s->nets = calloc(n, sizeof(*s->nets))) == NULL)
		return (-1);
	for (i = 0; i < n; i++) {
		if (net[i].prefixlen > 32)
			fatalx("auth engine: prefix length %u",
			    net[i].prefixlen);
		/* Its GRE packets would go into the tunnel that they are. */
		if (net_of(s->peer, net[i].prefixlen).s_addr ==
		    net_of(net[i].addr, net[i].prefixlen).s_addr) {
			log_warnx("call %u: the client calls from %s/%u, "
			    "which should be behind it", s->call_id,
			    inet_ntoa(net[i].addr), net[i].prefixlen);
			continue;
		}
		s->nets[s->nnets].session = s;
		s->nets[s->nnets].net.addr = net_of(net[i].addr,
		    net[i].prefixlen);
		s->nets[s->nnets++].net.prefixlen = net[i].prefixlen;
	}
	if (up)
		session_nets_up(s);
	return (0);
}

/* The same, for others; returns how many. */
uint32_t
session_nets_get(const struct session *s, struct conf_net *net)
{
	uint32_t	i;

	for (i = 0; i < s->nnets; i++)
		net[i] = s->nets[i].net;
	return (s->nnets);
}

void
session_nets_up(struct session *s)
{
	struct session_net	*n;
	uint32_t		 i;

	for (i = 0; i < s->nnets; i++) {
		n = &s->nets[i];
		LIST_INSERT_HEAD(&nets[net_hash(&n->net)], n, entry);
		nets_of_len[n->net.prefixlen]++;
		nets_total++;
	}
}

void
session_nets_down(struct session *s)
{
	struct session_net	*n;
	uint32_t		 i;

	for (i = 0; i < s->nnets; i++) {
		n = &s->nets[i];
		LIST_REMOVE(n, entry);
		nets_of_len[n->net.prefixlen]--;
		nets_total--;
	}
}

/* Who has this address behind it, the longest prefix decides. */
struct session *
session_by_network(struct in_addr a)
{
	struct session_net	*n;
	struct conf_net		 net;
	int			 len;

	if (nets_total == 0)
		return (NULL);
	for (len = 32; len >= 0; len--) {
		if (nets_of_len[len] == 0)
			continue;
		net.prefixlen = len;
		net.addr = net_of(a, len);
		LIST_FOREACH(n, &nets[net_hash(&net)], entry)
			if (n->net.addr.s_addr == net.addr.s_addr &&
			    n->net.prefixlen == net.prefixlen)
				return (n->session);
	}
	return (NULL);
}

/* Is this address behind the client? */
int
session_nets_have(const struct session *s, struct in_addr a)
{
	uint32_t	i;

	for (i = 0; i < s->nnets; i++)
		if (net_of(a, s->nets[i].net.prefixlen).s_addr ==
		    s->nets[i].net.addr.s_addr)
			return (1);
	return (0);
}
