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
 * OpenBSD: route(4) socket, pppac(4) or tun(4), raw GRE socket.  Once
 * kroute_init(), kroute_tun_open(), kroute_gre_open(), kroute_arp_list() and
 * the sysctls are done, pledge("stdio wroute") is enough for the rest.
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
#include <netinet/in_var.h>
#include <netinet/ip_gre.h>

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <paths.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kroute.h"

#define GRE_RCVBUF	(4 * 1024 * 1024)
#define GRE_RCVBUF_MIN	(64 * 1024)

#define ROUTE_LABEL	"pptpd"

/*
 * Host routes are as strong as static ones.  A reject route is the weakest:
 * a block of one address has the same key as the host route of a client.
 */
#define HOST_PRIORITY	RTP_STATIC
#define REJECT_PRIORITY	RTP_MAX
/*
 * A published address is a second route for the same key.  Packets take the
 * first, the host route; ARP takes the next one that announces, but only if
 * the first is a route to a link, too.
 */
#define ARP_PRIORITY	(RTP_STATIC + 1)

/* A route(4) message; addresses are padded to a multiple of long. */
struct message {
	struct rt_msghdr	hdr;
	uint8_t			addrs[160];	/* more than is needed */
};

/* An interface with a network that speaks ARP. */
struct lan {
	struct in_addr		 addr;
	struct in_addr		 mask;
	struct sockaddr_dl	 sdl;
};

static int	 device_open(const char *, unsigned int, char[IF_NAMESIZE]);
static int	 device_lookup(const char *);	/* its index */
static struct device *device_find(const char *);
static int	 device_has(const struct device *, struct in_addr);
static int	 device_move(const char *, int);
static int	 lans_read(void);
static int	 lan_link(struct lan *, const struct ifaddrs *, const char *);
static int	 lan_has(const struct lan *, struct in_addr);
static void	 arp_forget(struct in_addr);
static int	 reject_route(int, uint32_t, int);
static int	 prefix_delete(struct in_addr, int, int, int);
static void	 arp_collect(const char *, size_t, struct kroute_arp *,
		    size_t *);
static void	 message_init(struct message *, int, int, int);
static void	 message_add(struct message *, int, const void *, size_t);
static int	 message_send(const struct message *);
static void	 sin_set(struct sockaddr_in *, struct in_addr);
static struct in_addr sin_get(const struct sockaddr *);
static struct in_addr prefix_mask(int);
static void	 label_set(struct sockaddr_rtlabel *);
static int	 sysctl_int(const int *, unsigned int);
static int	 process_rdomain(void);

static int	 route_fd = -1;
static int	 ioctl_fd = -1;
static int	 route_seq;

/* The devices; an index and the routing domain cannot be looked up later. */
static struct device {
	char		 name[IF_NAMESIZE];
	int		 index;
	struct in_addr	*addrs;		/* those it was given */
	size_t		 naddrs;
} devices[KROUTE_TUN_MAX];
static int	 ndevices;
static int	 device_rdomain;

/* Neither can interfaces be listed. */
static struct lan	*lans;
static size_t		 nlans;

int
kroute_init(void)
{
	int	 saved;

	if ((ioctl_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return (-1);
	if ((route_fd = socket(AF_ROUTE, SOCK_RAW | SOCK_CLOEXEC,
	    AF_INET)) == -1)
		goto fail;
	/* write(2) tells whether it worked; nothing is ever read. */
	if (shutdown(route_fd, SHUT_RD) == -1)
		goto fail;
	return (0);

 fail:
	saved = errno;
	if (route_fd != -1)
		close(route_fd);
	close(ioctl_fd);
	route_fd = ioctl_fd = -1;
	errno = saved;
	return (-1);
}

int
kroute_tun_open(const char *want, char name[IF_NAMESIZE], int offload)
{
	struct ifreq	 ifr;
	const char	*driver, *errstr;
	unsigned int	 unit, index;
	int		 fd, i, rdomain, saved;

	/*
	 * A pppac gets a route to the network of its address, and there cannot
	 * be two to the same; a tun gets none.
	 */
	for (i = 0; i < ndevices; i++)
		if (strncmp(devices[i].name, "pppac", 5) == 0 &&
		    strcmp(devices[i].name, want) != 0)
			break;
	if (want[0] == '\0') {
		/*
		 * MAKEDEV(8) makes pppac0 and tun0 to tun3, the administrator
		 * what follows.
		 */
		driver = i == ndevices ? "pppac" : "tun";
		for (unit = 0; ; unit++) {
			fd = device_open(driver, unit, name);
			if (fd != -1 || errno != EBUSY)
				break;
		}
		if (fd == -1 && unit > 0 && errno == ENOENT)
			errno = EBUSY;
	} else {
		driver = strncmp(want, "tun", 3) == 0 ? "tun" : "pppac";
		if (strncmp(want, driver, strlen(driver)) != 0) {
			errno = EINVAL;
			return (-1);
		}
		if (i < ndevices && driver[0] == 'p') {
			errno = EOPNOTSUPP;
			return (-1);
		}
		unit = strtonum(want + strlen(driver), 0, INT_MAX, &errstr);
		if (errstr != NULL) {
			errno = EINVAL;
			return (-1);
		}
		fd = device_open(driver, unit, name);
	}
	if (fd == -1)
		return (-1);

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	if ((index = if_nametoindex(name)) == 0 ||
	    (rdomain = process_rdomain()) == -1 ||
	    device_move(name, rdomain) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return (-1);
	}
	device_rdomain = rdomain;
	if (lans_read() == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return (-1);
	}
	/* One that was closed may be back. */
	for (i = 0; i < ndevices; i++)
		if (strcmp(name, devices[i].name) == 0)
			break;
	if (i == KROUTE_TUN_MAX) {
		close(fd);
		errno = EMFILE;
		return (-1);
	}
	if (i == ndevices)
		ndevices++;
	memcpy(devices[i].name, ifr.ifr_name, IF_NAMESIZE);
	devices[i].index = index;
	devices[i].naddrs = 0;
	return (fd);
}

/*
 * The first address brings a pppac up.  pppac takes SIOCSIFMTU without effect,
 * there only the MTU of each route counts; tun obeys.  No address twice: for a
 * pppac the kernel does not find the local route that it made the first time,
 * fails to make it again and drops the address.
 */
int
kroute_tun_config(const char *name, const struct in_addr *addr, size_t n,
    int mtu)
{
	struct in_aliasreq	 ifra;
	struct ifreq		 ifr;
	struct device		*d;
	struct in_addr		 mask, *new;
	size_t			 i;

	if ((d = device_find(name)) == NULL)
		return (-1);

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	ifr.ifr_mtu = mtu;
	if (ioctl(ioctl_fd, SIOCSIFMTU, &ifr) == -1)
		return (-1);

	mask.s_addr = INADDR_BROADCAST;
	for (i = 0; i < n; i++) {
		if (device_has(d, addr[i]))
			continue;
		if ((new = reallocarray(d->addrs, d->naddrs + 1,
		    sizeof(*new))) == NULL)
			return (-1);
		d->addrs = new;
		memset(&ifra, 0, sizeof(ifra));
		strlcpy(ifra.ifra_name, name, sizeof(ifra.ifra_name));
		sin_set(&ifra.ifra_addr, addr[i]);
		sin_set(&ifra.ifra_mask, mask);
		if (ioctl(ioctl_fd, SIOCAIFADDR, &ifra) == -1)
			return (-1);
		d->addrs[d->naddrs++] = addr[i];
	}
	return (0);
}

/* Every such socket gets all packets. */
int
kroute_gre_open(uint32_t engine, uint32_t n)
{
	int	 fd, hdrincl = 1, rcvbuf, saved;

	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    IPPROTO_GRE);
	if (fd == -1)
		return (-1);

	/*
	 * One socket answers from many addresses, and bind(2) is for one: we
	 * write the IP header.
	 */
	if (setsockopt(fd, IPPROTO_IP, IP_HDRINCL, &hdrincl,
	    sizeof(hdrincl)) == -1)
		goto fail;

	/* More than the kernel's limit is an error, not the limit. */
	for (rcvbuf = GRE_RCVBUF; setsockopt(fd, SOL_SOCKET, SO_RCVBUF,
	    &rcvbuf, sizeof(rcvbuf)) == -1; rcvbuf /= 2) {
		if (errno != ENOBUFS || rcvbuf <= GRE_RCVBUF_MIN)
			goto fail;
	}
	return (fd);

 fail:
	saved = errno;
	close(fd);
	errno = saved;
	return (-1);
}

int
kroute_add(const char *name, struct in_addr dst, struct in_addr local, int mtu,
    int proxied)
{
	struct message		 m;
	struct sockaddr_in	 sin, ifa;
	struct sockaddr_dl	 sdl;
	struct sockaddr_rtlabel	 label;
	int			 index;

	if ((index = device_lookup(name)) == -1)
		return (-1);
	arp_forget(dst);

	memset(&sdl, 0, sizeof(sdl));
	sdl.sdl_len = sizeof(sdl);
	sdl.sdl_family = AF_LINK;
	sdl.sdl_index = index;
	sin_set(&ifa, local);

	message_init(&m, RTM_ADD, RTF_UP | RTF_HOST | RTF_STATIC,
	    HOST_PRIORITY);
	sin_set(&sin, dst);
	message_add(&m, RTA_DST, &sin, sizeof(sin));
	/* Not RTF_GATEWAY: our own address makes it an interface route. */
	if (proxied)
		message_add(&m, RTA_GATEWAY, &sdl, sizeof(sdl));
	else
		message_add(&m, RTA_GATEWAY, &ifa, sizeof(ifa));
	/*
	 * Of several devices with that address RTA_IFA stands for the first.
	 * With neither it is the gateway's device, and its first address.
	 */
	if (!proxied || ndevices == 1)
		message_add(&m, RTA_IFP, &sdl, sizeof(sdl));
	if (proxied && ndevices == 1)
		message_add(&m, RTA_IFA, &ifa, sizeof(ifa));
	label_set(&label);
	message_add(&m, RTA_LABEL, &label, sizeof(label));
	if (proxied) {
		/* ARP's timer is not for this one. */
		m.hdr.rtm_inits |= RTV_EXPIRE;
		m.hdr.rtm_rmx.rmx_expire = 0;
	}
	if (mtu != 0) {
		m.hdr.rtm_inits |= RTV_MTU;
		m.hdr.rtm_rmx.rmx_mtu = mtu;
	}
	return (message_send(&m));
}

int
kroute_delete(const char *name, struct in_addr dst)
{
	if (device_lookup(name) == -1)
		return (-1);
	return (prefix_delete(dst, 32, RTF_HOST, HOST_PRIORITY));
}

int
kroute_net_add(const char *name, struct in_addr dst, int prefixlen,
    struct in_addr local, int mtu)
{
	struct message		 m;
	struct sockaddr_in	 sin;
	struct sockaddr_dl	 sdl;
	struct sockaddr_rtlabel	 label;
	int			 index;

	if ((index = device_lookup(name)) == -1)
		return (-1);

	message_init(&m, RTM_ADD, RTF_UP | RTF_STATIC, HOST_PRIORITY);
	sin_set(&sin, dst);
	message_add(&m, RTA_DST, &sin, sizeof(sin));
	sin_set(&sin, local);
	message_add(&m, RTA_GATEWAY, &sin, sizeof(sin));
	sin_set(&sin, prefix_mask(prefixlen));
	message_add(&m, RTA_NETMASK, &sin, sizeof(sin));
	memset(&sdl, 0, sizeof(sdl));
	sdl.sdl_len = sizeof(sdl);
	sdl.sdl_family = AF_LINK;
	sdl.sdl_index = index;
	message_add(&m, RTA_IFP, &sdl, sizeof(sdl));
	label_set(&label);
	message_add(&m, RTA_LABEL, &label, sizeof(label));
	if (mtu != 0) {
		m.hdr.rtm_inits = RTV_MTU;
		m.hdr.rtm_rmx.rmx_mtu = mtu;
	}
	return (message_send(&m));
}

int
kroute_net_delete(const char *name, struct in_addr dst, int prefixlen)
{
	if (device_lookup(name) == -1)
		return (-1);
	return (prefix_delete(dst, prefixlen, 0, HOST_PRIORITY));
}

int
kroute_arp_add(struct in_addr addr, int *ifindex)
{
	struct message		 m;
	struct sockaddr_in	 sin;
	struct sockaddr_rtlabel	 label;
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

	message_init(&m, RTM_ADD,
	    RTF_UP | RTF_HOST | RTF_STATIC | RTF_ANNOUNCE, ARP_PRIORITY);
	sin_set(&sin, addr);
	message_add(&m, RTA_DST, &sin, sizeof(sin));
	message_add(&m, RTA_GATEWAY, &best->sdl, sizeof(best->sdl));
	message_add(&m, RTA_IFP, &best->sdl, sizeof(best->sdl));
	sin_set(&sin, best->addr);
	message_add(&m, RTA_IFA, &sin, sizeof(sin));
	label_set(&label);
	message_add(&m, RTA_LABEL, &label, sizeof(label));
	/* For ever. */
	m.hdr.rtm_inits = RTV_EXPIRE;
	m.hdr.rtm_rmx.rmx_expire = 0;
	return (message_send(&m));
}

/* The priority is ours alone, the interface need not be named. */
int
kroute_arp_delete(struct in_addr addr, int ifindex)
{
	return (prefix_delete(addr, 32, RTF_HOST, ARP_PRIORITY));
}

ssize_t
kroute_arp_list(struct kroute_arp **list)
{
	const int	 mib[] = {
		CTL_NET, PF_ROUTE, 0, AF_INET, NET_RT_FLAGS, RTF_LLINFO,
		device_rdomain
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

int
kroute_reject_add(struct in_addr first, struct in_addr last)
{
	uint32_t	 addr = ntohl(first.s_addr), end = ntohl(last.s_addr);
	uint32_t	 host;
	int		 len, saved;

	if (addr > end) {
		errno = EINVAL;
		return (-1);
	}
	for (;;) {
		len = kroute_prefixlen(addr, end);
		host = 0xffffffffULL >> len;
		/* One that is there was left by a pptpd that was killed. */
		if (reject_route(RTM_ADD, addr, len) == -1 && errno != EEXIST)
			break;
		if (addr + host >= end)
			return (0);
		addr += host + 1;
	}

	saved = errno;
	if (addr != ntohl(first.s_addr)) {
		last.s_addr = htonl(addr - 1);
		kroute_reject_delete(first, last);
	}
	errno = saved;
	return (-1);
}

int
kroute_reject_delete(struct in_addr first, struct in_addr last)
{
	uint32_t	 addr = ntohl(first.s_addr), end = ntohl(last.s_addr);
	uint32_t	 host;
	int		 len, error = 0;

	if (addr > end) {
		errno = EINVAL;
		return (-1);
	}
	for (;;) {
		len = kroute_prefixlen(addr, end);
		host = 0xffffffffULL >> len;
		if (reject_route(RTM_DELETE, addr, len) == -1 && error == 0)
			error = errno;
		if (addr + host >= end)
			break;
		addr += host + 1;
	}
	if (error != 0) {
		errno = error;
		return (-1);
	}
	return (0);
}

int
kroute_forwarding(void)
{
	const int	 mib[] = {
		CTL_NET, PF_INET, IPPROTO_IP, IPCTL_FORWARDING
	};
	int		 value;

	/* 2 forwards what IPsec protects, and only that. */
	if ((value = sysctl_int(mib, sizeof(mib) / sizeof(mib[0]))) == -1)
		return (-1);
	return (value == 1);
}

int
kroute_gre_allowed(void)
{
	const int	 mib[] = {
		CTL_NET, PF_INET, IPPROTO_GRE, GRECTL_ALLOW
	};
	int		 value;

	if ((value = sysctl_int(mib, sizeof(mib) / sizeof(mib[0]))) == -1)
		return (-1);
	return (value != 0);
}

int
kroute_in_rdomain(const char *ifname)
{
	struct ifreq	 ifr;
	int		 fd, rdomain, error;

	if ((rdomain = process_rdomain()) == -1 ||
	    (fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return (-1);
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, ifname, sizeof(ifr.ifr_name));
	error = ioctl(fd, SIOCGIFRDOMAIN, &ifr);
	close(fd);
	if (error == -1)
		return (-1);
	return (ifr.ifr_rdomainid == rdomain);
}

static int
device_open(const char *driver, unsigned int unit, char name[IF_NAMESIZE])
{
	char	 path[sizeof(_PATH_DEV) + IF_NAMESIZE];
	int	 n;

	n = snprintf(name, IF_NAMESIZE, "%s%u", driver, unit);
	if (n < 0 || n >= IF_NAMESIZE) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	snprintf(path, sizeof(path), "%s%s", _PATH_DEV, name);
	return (open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC));
}

static struct device *
device_find(const char *name)
{
	int	 i;

	for (i = 0; i < ndevices; i++)
		if (strcmp(name, devices[i].name) == 0)
			return (&devices[i]);
	errno = ENXIO;
	return (NULL);
}

static int
device_lookup(const char *name)
{
	struct device	*d;

	return ((d = device_find(name)) == NULL ? -1 : d->index);
}

static int
device_has(const struct device *d, struct in_addr addr)
{
	size_t	 i;

	for (i = 0; i < d->naddrs; i++)
		if (d->addrs[i].s_addr == addr.s_addr)
			return (1);
	return (0);
}

/* The kernel makes a tun in our routing domain, but a pppac always in 0. */
static int
device_move(const char *name, int rdomain)
{
	struct ifreq	 ifr;

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	if (ioctl(ioctl_fd, SIOCGIFRDOMAIN, &ifr) == -1)
		return (-1);
	if (ifr.ifr_rdomainid == rdomain)
		return (0);
	ifr.ifr_rdomainid = rdomain;
	return (ioctl(ioctl_fd, SIOCSIFRDOMAIN, &ifr));
}

/* Learn what networks there are, each with its interface's address. */
static int
lans_read(void)
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
		if (ioctl(ioctl_fd, SIOCGIFRDOMAIN, &ifr) == -1 ||
		    ifr.ifr_rdomainid != device_rdomain)
			continue;
		if ((new = reallocarray(lans, nlans + 1,
		    sizeof(*new))) == NULL) {
			freeifaddrs(list);
			return (-1);
		}
		lans = new;
		l = &lans[nlans];
		memset(l, 0, sizeof(*l));
		l->addr = sin_get(ifa->ifa_addr);
		l->mask = sin_get(ifa->ifa_netmask);
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
		l->sdl.sdl_len = sizeof(l->sdl);
		l->sdl.sdl_family = AF_LINK;
		l->sdl.sdl_index = sdl.sdl_index;
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
static void
arp_forget(struct in_addr addr)
{
	const struct lan	*l;
	int			 priority;

	for (l = lans; l < lans + nlans; l++)
		if (lan_has(l, addr))
			break;
	if (l == lans + nlans)
		return;
	for (priority = RTP_LOCAL + 1; priority < HOST_PRIORITY; priority++)
		(void)prefix_delete(addr, 32, RTF_HOST, priority);
}

/* With the exact mask and the priority no other route is found. */
static int
prefix_delete(struct in_addr dst, int prefixlen, int flags, int priority)
{
	struct message		 m;
	struct sockaddr_in	 sin;

	message_init(&m, RTM_DELETE, flags, priority);
	sin_set(&sin, dst);
	message_add(&m, RTA_DST, &sin, sizeof(sin));
	sin_set(&sin, prefix_mask(prefixlen));
	message_add(&m, RTA_NETMASK, &sin, sizeof(sin));
	return (message_send(&m));
}

static struct in_addr
prefix_mask(int prefixlen)
{
	struct in_addr	 mask;

	mask.s_addr = htonl(0xffffffffULL << (32 - prefixlen));
	return (mask);
}

/* One prefix, host byte order.  The loopback interface does the rejecting. */
static int
reject_route(int type, uint32_t addr, int len)
{
	struct message		 m;
	struct sockaddr_in	 sin;
	struct sockaddr_rtlabel	 label;
	struct in_addr		 in;

	message_init(&m, type, RTF_UP | RTF_GATEWAY | RTF_REJECT | RTF_STATIC,
	    REJECT_PRIORITY);
	in.s_addr = htonl(addr);
	sin_set(&sin, in);
	message_add(&m, RTA_DST, &sin, sizeof(sin));
	in.s_addr = htonl(INADDR_LOOPBACK);
	sin_set(&sin, in);
	message_add(&m, RTA_GATEWAY, &sin, sizeof(sin));
	sin_set(&sin, prefix_mask(len));
	message_add(&m, RTA_NETMASK, &sin, sizeof(sin));
	label_set(&label);
	message_add(&m, RTA_LABEL, &label, sizeof(label));
	return (message_send(&m));
}

static void
message_init(struct message *m, int type, int flags, int priority)
{
	memset(m, 0, sizeof(*m));
	m->hdr.rtm_msglen = sizeof(m->hdr);
	m->hdr.rtm_version = RTM_VERSION;
	m->hdr.rtm_type = type;
	m->hdr.rtm_hdrlen = sizeof(m->hdr);
	m->hdr.rtm_tableid = device_rdomain;
	m->hdr.rtm_priority = priority;
	m->hdr.rtm_flags = flags;
	m->hdr.rtm_seq = ++route_seq;
}

/* Must be called in the order of the RTA_ bits. */
static void
message_add(struct message *m, int rta, const void *sa, size_t len)
{
	memcpy(m->addrs + m->hdr.rtm_msglen - sizeof(m->hdr), sa, len);
	m->hdr.rtm_msglen += (len + sizeof(long) - 1) & ~(sizeof(long) - 1);
	m->hdr.rtm_addrs |= rta;
}

static int
message_send(const struct message *m)
{
	if (write(route_fd, m, m->hdr.rtm_msglen) == -1)
		return (-1);
	return (0);
}

static void
sin_set(struct sockaddr_in *sin, struct in_addr addr)
{
	memset(sin, 0, sizeof(*sin));
	sin->sin_len = sizeof(*sin);
	sin->sin_family = AF_INET;
	sin->sin_addr = addr;
}

static struct in_addr
sin_get(const struct sockaddr *sa)
{
	struct sockaddr_in	 sin;

	/* Masks come without their trailing zeroes. */
	memset(&sin, 0, sizeof(sin));
	memcpy(&sin, sa, sa->sa_len < sizeof(sin) ? sa->sa_len : sizeof(sin));
	return (sin.sin_addr);
}

static void
label_set(struct sockaddr_rtlabel *label)
{
	memset(label, 0, sizeof(*label));
	label->sr_len = sizeof(*label);
	label->sr_family = AF_UNSPEC;
	strlcpy(label->sr_label, ROUTE_LABEL, sizeof(label->sr_label));
}

static int
sysctl_int(const int *mib, unsigned int n)
{
	size_t	 len;
	int	 value;

	len = sizeof(value);
	if (sysctl(mib, n, &value, &len, NULL, 0) == -1 ||
	    len != sizeof(value))
		return (-1);
	return (value);
}

/* The routing domain of the routing table of this process. */
static int
process_rdomain(void)
{
	const int		 mib[] = {
		CTL_NET, PF_ROUTE, 0, 0, NET_RT_TABLE, getrtable()
	};
	struct rt_tableinfo	 info;
	size_t			 len = sizeof(info);

	if (sysctl(mib, sizeof(mib) / sizeof(mib[0]), &info, &len, NULL,
	    0) == -1)
		return (-1);
	return (info.rti_domainid);
}
