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
 * Linux: packet(7) and rtnetlink(7).  The kernel's answer to a route request
 * heeds all its rules but those for a protocol or a mark; the neighbour is one
 * that it has resolved itself.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <net/if.h>
#include <netinet/in.h>

#include <linux/fib_rules.h>
#include <linux/if_arp.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "khop.h"
#include "netlink_linux.h"

#define SNDBUF		(1024 * 1024)
#define NEXT_HOPS_MAX	64	/* that are watched */
#define EVENTS_MAX	64	/* buffers of news that are read at a time */
#define RTPROT_PPTPD	47	/* our own routes, kroute_linux.c */

/* NUD_*: its address is right, as far as the kernel knows. */
#define USABLE		(NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | \
			    NUD_STALE | NUD_DELAY | NUD_PROBE)

#define GROUPS		(RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_IFADDR | \
			    RTMGRP_IPV4_ROUTE | RTMGRP_IPV4_RULE)

/* One that somebody was told of. */
struct next_hop {
	struct in_addr	gateway;	/* or the destination itself */
	uint32_t	mtu;		/* the route's, 0: none */
	struct hop	hop;
};

static netlink_part	 route_part;
static netlink_part	 link_part;
static netlink_part	 neighbour_part;
static int		 find_link(struct next_hop *);
static int		 find_neighbour(struct next_hop *);
static int		 remember(const struct next_hop *);
static int		 is_news(const struct nlmsghdr *, const uint8_t *, size_t);
static int		 neighbour_news(int, const uint8_t *, size_t);
static int		 link_news(const uint8_t *, size_t);

static struct next_hop	 next_hops[NEXT_HOPS_MAX];
static size_t		 nnext_hops;
static int		 watch_fd = -1;

int
khop_socket(void)
{
	int	fd, saved, size = SNDBUF;

	/* Protocol 0: nothing is received. */
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return (-1);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size,
	    sizeof(size)) == -1 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return (-1);
	}
	return (fd);
}

int
khop_watch(void)
{
	watch_fd = netlink_listen(GROUPS);
	return (watch_fd);
}

int
khop_find(struct in_addr dst, struct in_addr local, struct hop *hop)
{
	union netlink_message	 m;
	struct next_hop		 next;
	struct rtmsg		 rt;

	memset(&rt, 0, sizeof(rt));
	rt.rtm_family = AF_INET;
	rt.rtm_dst_len = rt.rtm_src_len = 32;
	netlink_begin(&m, RTM_GETROUTE, 0, &rt, sizeof(rt));
	netlink_add(&m, RTA_DST, &dst, sizeof(dst));
	netlink_add(&m, RTA_SRC, &local, sizeof(local));
	memset(&next, 0, sizeof(next));
	next.gateway = dst;
	if (netlink_ask(&m, route_part, &next) == -1)
		return (-1);
	if (next.hop.ifindex == 0) {
		errno = EADDRNOTAVAIL;
		return (-1);
	}
	if (find_link(&next) == -1 || find_neighbour(&next) == -1 ||
	    remember(&next) == -1)
		return (-1);
	*hop = next.hop;
	return (0);
}

/* Unicast, and nothing that the kernel would do to it on its way. */
static int
route_part(void *arg, const struct nlmsghdr *hdr, const uint8_t *body,
    size_t len)
{
	struct next_hop	*next = arg;
	struct rtmsg	 rt;
	const uint8_t	*a, *metrics;
	size_t		 n;

	if (hdr->nlmsg_type != RTM_NEWROUTE || len < sizeof(rt))
		return (0);
	memcpy(&rt, body, sizeof(rt));
	if (rt.rtm_family != AF_INET || rt.rtm_type != RTN_UNICAST ||
	    netlink_attributes(body, len, sizeof(rt), RTA_ENCAP_TYPE,
	    &n) != NULL || netlink_attributes(body, len, sizeof(rt), RTA_VIA,
	    &n) != NULL)
		return (0);
	if ((metrics = netlink_attributes(body, len, sizeof(rt), RTA_METRICS,
	    &n)) != NULL && (a = netlink_attribute(metrics, n, 0, RTAX_MTU,
	    sizeof(next->mtu))) != NULL)
		memcpy(&next->mtu, a, sizeof(next->mtu));
	if ((a = netlink_attribute(body, len, sizeof(rt), RTA_GATEWAY,
	    sizeof(next->gateway))) != NULL)
		memcpy(&next->gateway, a, sizeof(next->gateway));
	if ((a = netlink_attribute(body, len, sizeof(rt), RTA_OIF,
	    sizeof(next->hop.ifindex))) != NULL)
		memcpy(&next->hop.ifindex, a, sizeof(next->hop.ifindex));
	return (0);
}

/* The interface has to be an Ethernet, and up. */
static int
find_link(struct next_hop *next)
{
	union netlink_message	 m;
	struct ifinfomsg	 link;

	memset(&link, 0, sizeof(link));
	link.ifi_family = AF_UNSPEC;
	link.ifi_index = next->hop.ifindex;
	netlink_begin(&m, RTM_GETLINK, 0, &link, sizeof(link));
	if (netlink_ask(&m, link_part, next) == -1)
		return (-1);
	if (next->hop.mtu == 0) {
		errno = EADDRNOTAVAIL;
		return (-1);
	}
	return (0);
}

static int
link_part(void *arg, const struct nlmsghdr *hdr, const uint8_t *body,
    size_t len)
{
	struct next_hop		*next = arg;
	struct ifinfomsg	 link;
	const uint8_t		*a;
	uint32_t		 mtu;

	if (hdr->nlmsg_type != RTM_NEWLINK || len < sizeof(link))
		return (0);
	memcpy(&link, body, sizeof(link));
	if ((uint32_t)link.ifi_index != next->hop.ifindex ||
	    link.ifi_type != ARPHRD_ETHER || (link.ifi_flags & IFF_UP) == 0 ||
	    (link.ifi_flags & (IFF_LOOPBACK | IFF_NOARP)) != 0 ||
	    (a = netlink_attribute(body, len, sizeof(link), IFLA_MTU,
	    sizeof(mtu))) == NULL)
		return (0);
	memcpy(&mtu, a, sizeof(mtu));
	if (next->mtu != 0 && next->mtu < mtu)
		mtu = next->mtu;
	next->hop.mtu = mtu < UINT16_MAX ? mtu : UINT16_MAX;
	return (0);
}

static int
find_neighbour(struct next_hop *next)
{
	union netlink_message	 m;
	struct next_hop		 found = *next;
	struct ndmsg		 ndm;

	memset(&ndm, 0, sizeof(ndm));
	ndm.ndm_family = AF_INET;
	ndm.ndm_ifindex = next->hop.ifindex;
	netlink_begin(&m, RTM_GETNEIGH, 0, &ndm, sizeof(ndm));
	netlink_add(&m, NDA_DST, &next->gateway, sizeof(next->gateway));
	found.hop.ifindex = 0;
	if (netlink_ask(&m, neighbour_part, &found) == -1)
		return (-1);
	if (found.hop.ifindex != next->hop.ifindex) {
		errno = EADDRNOTAVAIL;
		return (-1);
	}
	*next = found;
	return (0);
}

static int
neighbour_part(void *arg, const struct nlmsghdr *hdr, const uint8_t *body,
    size_t len)
{
	struct next_hop	*next = arg;
	struct ndmsg	 ndm;
	const uint8_t	*a;

	if (hdr->nlmsg_type != RTM_NEWNEIGH || len < sizeof(ndm))
		return (0);
	memcpy(&ndm, body, sizeof(ndm));
	if ((ndm.ndm_state & USABLE) == 0 ||
	    (a = netlink_attribute(body, len, sizeof(ndm), NDA_LLADDR,
	    HOP_ADDR_LEN)) == NULL)
		return (0);
	memcpy(next->hop.addr, a, HOP_ADDR_LEN);
	next->hop.ifindex = ndm.ndm_ifindex;
	return (0);
}

static int
remember(const struct next_hop *next)
{
	struct next_hop	*n;
	size_t		 i;

	for (i = 0; i < nnext_hops; i++) {
		n = &next_hops[i];
		if (n->gateway.s_addr == next->gateway.s_addr &&
		    n->hop.ifindex == next->hop.ifindex)
			return (0);
	}
	/* Clients on the link itself may be many. */
	if (nnext_hops == NEXT_HOPS_MAX) {
		errno = ENOSPC;
		return (-1);
	}
	next_hops[nnext_hops++] = *next;
	return (0);
}

int
khop_changed(void)
{
	static uint8_t	 buf[NETLINK_MAX];
	struct nlmsghdr	 hdr;
	const uint8_t	*body;
	ssize_t		 n;
	size_t		 off;
	int		 i, news = 0;

	for (i = 0; i < EVENTS_MAX; i++) {
		if ((n = netlink_receive(watch_fd, buf)) == -1) {
			if (errno == EAGAIN)
				break;
			news = 1;	/* ENOBUFS: some were lost */
			continue;
		}
		off = 0;
		while ((body = netlink_next(buf, n, &off, &hdr)) != NULL)
			if (is_news(&hdr, body, hdr.nlmsg_len - NLMSG_HDRLEN))
				news = 1;
	}
	/* Nobody was told anything that could be wrong. */
	if (nnext_hops == 0)
		return (0);
	if (news)
		nnext_hops = 0;
	return (news);
}

static int
is_news(const struct nlmsghdr *hdr, const uint8_t *body, size_t len)
{
	struct rtmsg	 rt;

	switch (hdr->nlmsg_type) {
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		return (neighbour_news(hdr->nlmsg_type, body, len));
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return (link_news(body, len));
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		/* Those to clients come and go all the time. */
		if (len < sizeof(rt))
			return (1);
		memcpy(&rt, body, sizeof(rt));
		return (rt.rtm_protocol != RTPROT_PPTPD);
	default:
		return (1);
	}
}

/* Only of one that we told of, and only if it moved or is gone. */
static int
neighbour_news(int type, const uint8_t *body, size_t len)
{
	struct next_hop	*n;
	struct ndmsg	 ndm;
	const uint8_t	*dst, *addr;
	size_t		 i;

	if (len < sizeof(ndm))
		return (1);
	memcpy(&ndm, body, sizeof(ndm));
	dst = netlink_attribute(body, len, sizeof(ndm), NDA_DST,
	    sizeof(n->gateway));
	if (ndm.ndm_family != AF_INET || dst == NULL)
		return (0);
	for (i = 0; i < nnext_hops; i++) {
		n = &next_hops[i];
		if (memcmp(&n->gateway, dst, sizeof(n->gateway)) != 0 ||
		    n->hop.ifindex != (uint32_t)ndm.ndm_ifindex)
			continue;
		addr = netlink_attribute(body, len, sizeof(ndm), NDA_LLADDR,
		    HOP_ADDR_LEN);
		return (type == RTM_DELNEIGH || addr == NULL ||
		    (ndm.ndm_state & USABLE) == 0 ||
		    memcmp(n->hop.addr, addr, HOP_ADDR_LEN) != 0);
	}
	return (0);
}

static int
link_news(const uint8_t *body, size_t len)
{
	struct ifinfomsg	 link;
	size_t			 i;

	if (len < sizeof(link))
		return (1);
	memcpy(&link, body, sizeof(link));
	for (i = 0; i < nnext_hops; i++)
		if (next_hops[i].hop.ifindex == (uint32_t)link.ifi_index)
			return (1);
	return (0);
}
