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
 * heeds all its rules but those for a protocol or a mark; which of several
 * paths it would take depends on more than can be asked, so there must be one.
 * The neighbour is one that the kernel has resolved itself.
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
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "khop.h"
#include "netlink_linux.h"

#define SNDBUF		(1024 * 1024)
#define NEXT_HOPS_MAX	256	/* that are watched */
#define NEWS_MAX	64	/* buffers of it that are read at a time */

#define TTL_SYSCTL	"/proc/sys/net/ipv4/ip_default_ttl"

/* NUD_*: its address is right, as far as the kernel knows. */
#define USABLE		(NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | \
			    NUD_STALE | NUD_DELAY | NUD_PROBE)

/* An address that comes or goes is a route that does. */
#define GROUPS		(RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_ROUTE | \
			    RTMGRP_IPV4_RULE)

/* One that somebody was told of. */
struct next_hop {
	struct in_addr	gateway;	/* or the destination itself */
	uint32_t	mtu, ttl;	/* the route's, 0: none */
	struct hop	hop;
	uint64_t	asked;		/* ms, the last time */
};

static netlink_part	 route_part;
static netlink_part	 entry_part;
static netlink_part	 link_part;
static netlink_part	 neighbour_part;
static int		 default_ttl(void);
static int		 find_route(struct next_hop *, struct in_addr,
			    struct in_addr);
static int		 ask_route(struct in_addr, struct in_addr,
			    unsigned int, netlink_part *, struct next_hop *);
static int		 find_link(struct next_hop *);
static int		 find_neighbour(struct next_hop *);
static int		 remember(struct next_hop *);
static int		 is_news(const struct nlmsghdr *, const uint8_t *,
			    size_t);
static int		 neighbour_news(int, const uint8_t *, size_t);

static struct next_hop	 next_hops[NEXT_HOPS_MAX];
static size_t		 nnext_hops;
static int		 watch_fd = -1;
static uint8_t		 ttl;

int
khop_supported(void)
{
	return (1);
}

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
	if (default_ttl() == -1)
		return (-1);
	watch_fd = netlink_listen(GROUPS);
	return (watch_fd);
}

/* Later there is no open(2). */
static int
default_ttl(void)
{
	char	buf[16];
	ssize_t	n;
	int	fd;

	if ((fd = open(TTL_SYSCTL, O_RDONLY | O_CLOEXEC)) == -1)
		return (-1);
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n == -1)
		return (-1);
	buf[n] = '\0';
	ttl = strtol(buf, NULL, 10);
	return (0);
}

int
khop_find(struct in_addr dst, struct in_addr local, struct hop *hop)
{
	struct next_hop	 next;

	memset(&next, 0, sizeof(next));
	if (find_route(&next, dst, local) == -1 || find_link(&next) == -1 ||
	    find_neighbour(&next) == -1 || remember(&next) == -1)
		return (-1);
	*hop = next.hop;
	hop->ttl = next.ttl != 0 ? next.ttl : ttl;
	return (0);
}

static int
find_route(struct next_hop *next, struct in_addr dst, struct in_addr local)
{
	next->gateway = dst;
	/* And the entry of the table that it is from. */
	if (ask_route(dst, local, 0, route_part, next) == -1 ||
	    ask_route(dst, local, RTM_F_FIB_MATCH, entry_part, next) == -1)
		return (-1);
	if (next->hop.ifindex == 0) {
		errno = EADDRNOTAVAIL;
		return (-1);
	}
	return (0);
}

static int
ask_route(struct in_addr dst, struct in_addr local, unsigned int flags,
    netlink_part *part, struct next_hop *next)
{
	union netlink_message	 m;
	struct rtmsg		 rt;

	memset(&rt, 0, sizeof(rt));
	rt.rtm_family = AF_INET;
	rt.rtm_dst_len = rt.rtm_src_len = 32;
	rt.rtm_flags = flags;
	netlink_begin(&m, RTM_GETROUTE, 0, &rt, sizeof(rt));
	netlink_add(&m, RTA_DST, &dst, sizeof(dst));
	netlink_add(&m, RTA_SRC, &local, sizeof(local));
	return (netlink_ask(&m, part, next));
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
	    &n)) != NULL) {
		if ((a = netlink_attribute(metrics, n, 0, RTAX_MTU,
		    sizeof(next->mtu))) != NULL)
			memcpy(&next->mtu, a, sizeof(next->mtu));
		if ((a = netlink_attribute(metrics, n, 0, RTAX_HOPLIMIT,
		    sizeof(next->ttl))) != NULL)
			memcpy(&next->ttl, a, sizeof(next->ttl));
	}
	if ((a = netlink_attribute(body, len, sizeof(rt), RTA_GATEWAY,
	    sizeof(next->gateway))) != NULL)
		memcpy(&next->gateway, a, sizeof(next->gateway));
	if ((a = netlink_attribute(body, len, sizeof(rt), RTA_OIF,
	    sizeof(next->hop.ifindex))) != NULL)
		memcpy(&next->hop.ifindex, a, sizeof(next->hop.ifindex));
	return (0);
}

/* Several paths, or what changes without news of the route. */
static int
entry_part(void *arg, const struct nlmsghdr *hdr, const uint8_t *body,
    size_t len)
{
	struct next_hop	*next = arg;
	size_t		 n;

	if (hdr->nlmsg_type == RTM_NEWROUTE &&
	    (netlink_attributes(body, len, sizeof(struct rtmsg), RTA_MULTIPATH,
	    &n) != NULL || netlink_attributes(body, len, sizeof(struct rtmsg),
	    RTA_NH_ID, &n) != NULL))
		next->hop.ifindex = 0;
	return (0);
}

/* The interface has to be an Ethernet. */
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
	    link.ifi_type != ARPHRD_ETHER ||
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

/*
 * Clients on the link itself may be many.  Who is there asks again, so the
 * place of one that nobody asked for in a while is free.
 */
static int
remember(struct next_hop *next)
{
	struct next_hop	*n, *place = NULL;
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		return (-1);
	next->asked = ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
	for (n = next_hops; n < next_hops + nnext_hops; n++) {
		if (n->gateway.s_addr == next->gateway.s_addr &&
		    n->hop.ifindex == next->hop.ifindex) {
			place = n;
			break;
		}
		if (n->asked + 3 * HOP_AGAIN < next->asked)
			place = n;
	}
	if (place == NULL) {
		if (nnext_hops == NEXT_HOPS_MAX) {
			errno = ENOSPC;
			return (-1);
		}
		place = &next_hops[nnext_hops++];
	}
	*place = *next;
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

	for (i = 0; i < NEWS_MAX; i++) {
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
