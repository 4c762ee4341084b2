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
 * OpenBSD: proxy ARP.  The LANs are learned before pledge(2), under which
 * interfaces cannot be listed.
 */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <net/if.h>
#include <net/if_dl.h>
#include <net/route.h>
#include <netinet/in.h>
#include <netinet/if_ether.h>

#include <errno.h>
#include <ifaddrs.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kroute.h"
#include "rtsock_openbsd.h"

/*
 * A published address is a second route for the same key.  Packets take the
 * first, the host route; ARP takes the next one that announces, but only if
 * the first is a route to a link, too.
 */
#define ARP_PRIORITY	(HOST_PRIORITY + 1)

/* An interface with a network that speaks ARP. */
struct lan {
	struct in_addr		 addr;
	struct in_addr		 mask;
	struct sockaddr_dl	 sdl;
};

static int	 lan_link(struct lan *, const struct ifaddrs *, const char *);
static int	 lan_has(const struct lan *, struct in_addr);
static void	 arp_collect(const char *, size_t, struct kroute_arp *,
		    size_t *);
static struct in_addr in_get(const struct sockaddr *);

static struct lan	*lans;
static size_t		 nlans;

/* Learn what networks there are, each with its interface's address. */
int
karp_init(int fd)
{
	struct ifaddrs	*list, *ifa;
	struct ifreq	 ifr;
	struct lan	*new, *l;

	free(lans);
	lans = NULL;
	nlans = 0;
	if (getifaddrs(&list) == -1)
		return (-1);
	for (ifa = list; ifa != NULL; ifa = ifa->ifa_next) {
		if (ifa->ifa_addr == NULL || ifa->ifa_netmask == NULL ||
		    ifa->ifa_addr->sa_family != AF_INET ||
		    (ifa->ifa_flags & IFF_BROADCAST) == 0 ||
		    (ifa->ifa_flags & (IFF_NOARP | IFF_LOOPBACK)) != 0)
			continue;
		memset(&ifr, 0, sizeof(ifr));
		strlcpy(ifr.ifr_name, ifa->ifa_name, sizeof(ifr.ifr_name));
		if (ioctl(fd, SIOCGIFRDOMAIN, &ifr) == -1 ||
		    ifr.ifr_rdomainid != rtsock_rdomain)
			continue;
		if ((new = reallocarray(lans, nlans + 1,
		    sizeof(*new))) == NULL) {
			freeifaddrs(list);
			return (-1);
		}
		lans = new;
		l = &lans[nlans];
		memset(l, 0, sizeof(*l));
		l->addr = in_get(ifa->ifa_addr);
		l->mask = in_get(ifa->ifa_netmask);
		if (l->mask.s_addr != INADDR_BROADCAST &&
		    lan_link(l, list, ifa->ifa_name))
			nlans++;
	}
	freeifaddrs(list);
	return (0);
}

/* Find the interface's address in the other sense, if it is an Ethernet. */
static int
lan_link(struct lan *l, const struct ifaddrs *ifa, const char *name)
{
	struct sockaddr_dl	 sdl;

	for (; ifa != NULL; ifa = ifa->ifa_next) {
		if (ifa->ifa_addr == NULL ||
		    ifa->ifa_addr->sa_family != AF_LINK ||
		    strcmp(ifa->ifa_name, name) != 0)
			continue;
		memcpy(&sdl, ifa->ifa_addr, sizeof(sdl));
		if (sdl.sdl_alen != ETHER_ADDR_LEN ||
		    sdl.sdl_nlen + sdl.sdl_alen > sizeof(sdl.sdl_data))
			return (0);
		rtsock_link(&l->sdl, sdl.sdl_index);
		l->sdl.sdl_type = sdl.sdl_type;
		l->sdl.sdl_alen = ETHER_ADDR_LEN;
		memcpy(LLADDR(&l->sdl), LLADDR(&sdl), ETHER_ADDR_LEN);
		return (1);
	}
	return (0);
}

static int
lan_has(const struct lan *l, struct in_addr addr)
{
	return (((l->addr.s_addr ^ addr.s_addr) & l->mask.s_addr) == 0);
}

/*
 * What ARP found on a LAN before, and be it that nobody is there, would be
 * preferred to our host route.  Its priority is one better than that of the
 * route to the network, which depends on the interface: 3 unless that is a
 * wireless one, or ifconfig(8) gave it another.
 */
void
karp_forget(struct in_addr addr)
{
	const struct lan	*l;
	int			 priority;

	for (l = lans; l < lans + nlans; l++)
		if (lan_has(l, addr))
			break;
	if (l == lans + nlans)
		return;
	for (priority = RTP_LOCAL + 1; priority < HOST_PRIORITY; priority++)
		(void)rtsock_delete(addr, 32, RTF_HOST, priority);
}

int
kroute_arp_add(struct in_addr addr, int *ifindex)
{
	struct rtsock_message	 m;
	struct lan		*l, *best = NULL;

	for (l = lans; l < lans + nlans; l++)
		if (lan_has(l, addr) && (best == NULL ||
		    ntohl(l->mask.s_addr) > ntohl(best->mask.s_addr)))
			best = l;
	if (best == NULL) {
		errno = EADDRNOTAVAIL;
		return (-1);
	}
	*ifindex = best->sdl.sdl_index;

	rtsock_begin(&m, RTM_ADD,
	    RTF_UP | RTF_HOST | RTF_STATIC | RTF_ANNOUNCE, ARP_PRIORITY);
	rtsock_add_in(&m, RTA_DST, addr);
	rtsock_add(&m, RTA_GATEWAY, &best->sdl, sizeof(best->sdl));
	rtsock_add(&m, RTA_IFP, &best->sdl, sizeof(best->sdl));
	rtsock_add_in(&m, RTA_IFA, best->addr);
	rtsock_add_label(&m);
	/* For ever. */
	m.hdr.rtm_inits = RTV_EXPIRE;
	m.hdr.rtm_rmx.rmx_expire = 0;
	return (rtsock_send(&m));
}

/* The priority is ours alone, the interface need not be named. */
int
kroute_arp_delete(struct in_addr addr, int ifindex)
{
	return (rtsock_delete(addr, 32, RTF_HOST, ARP_PRIORITY));
}

ssize_t
kroute_arp_list(struct kroute_arp **list)
{
	const int	 mib[] = {
		CTL_NET, PF_ROUTE, 0, AF_INET, NET_RT_FLAGS, RTF_LLINFO,
		rtsock_rdomain
	};
	char		*buf = NULL, *new;
	size_t		 len, n;
	int		 saved;

	/* It may grow between the calls. */
	for (;;) {
		if (sysctl(mib, sizeof(mib) / sizeof(mib[0]), NULL, &len, NULL,
		    0) == -1)
			goto fail;
		len += 4096;
		if ((new = realloc(buf, len)) == NULL)
			goto fail;
		buf = new;
		if (sysctl(mib, sizeof(mib) / sizeof(mib[0]), buf, &len, NULL,
		    0) != -1)
			break;
		if (errno != ENOMEM)
			goto fail;
	}
	*list = NULL;
	arp_collect(buf, len, NULL, &n);
	if (n > 0) {
		if ((*list = calloc(n, sizeof(**list))) == NULL)
			goto fail;
		arp_collect(buf, len, *list, &n);
	}
	free(buf);
	return (n);

 fail:
	saved = errno;
	free(buf);
	errno = saved;
	return (-1);
}

/*
 * Count those of a listing that are ours, copy them if list is not NULL.
 * arp(8) gives neither this priority nor a label.
 */
static void
arp_collect(const char *buf, size_t len, struct kroute_arp *list, size_t *n)
{
	struct rt_msghdr	 hdr;
	struct sockaddr_in	 dst;
	size_t			 off;

	*n = 0;
	for (off = 0; len - off >= sizeof(hdr); off += hdr.rtm_msglen) {
		memcpy(&hdr, buf + off, sizeof(hdr));
		if (hdr.rtm_msglen < sizeof(hdr) ||
		    hdr.rtm_msglen > len - off ||
		    hdr.rtm_hdrlen > hdr.rtm_msglen)
			break;
		if (hdr.rtm_version != RTM_VERSION ||
		    (hdr.rtm_flags & RTF_ANNOUNCE) == 0 ||
		    (hdr.rtm_priority & RTP_MASK) != ARP_PRIORITY ||
		    (hdr.rtm_addrs & RTA_LABEL) == 0 ||
		    hdr.rtm_msglen - hdr.rtm_hdrlen < sizeof(dst))
			continue;
		/* The first address of all is RTA_DST. */
		memcpy(&dst, buf + off + hdr.rtm_hdrlen, sizeof(dst));
		if (list != NULL) {
			list[*n].addr = dst.sin_addr;
			list[*n].ifindex = hdr.rtm_index;
		}
		(*n)++;
	}
}

static struct in_addr
in_get(const struct sockaddr *sa)
{
	struct sockaddr_in	 sin;

	/* Masks come without their trailing zeroes. */
	memset(&sin, 0, sizeof(sin));
	memcpy(&sin, sa, sa->sa_len < sizeof(sin) ? sa->sa_len : sizeof(sin));
	return (sin.sin_addr);
}
