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
#include <netinet/in_var.h>
#include <netinet/ip_gre.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kroute.h"
#include "rtsock_openbsd.h"

#define GRE_RCVBUF	(4 * 1024 * 1024)
#define GRE_RCVBUF_MIN	(64 * 1024)

/*
 * A reject route is the weakest: a block of one address has the same key as the
 * host route of a client.
 */
#define REJECT_PRIORITY	RTP_MAX

static int	 device_open(const char *, unsigned int, char[IF_NAMESIZE]);
static int	 device_lookup(const char *);	/* its index */
static struct device *device_find(const char *);
static int	 device_has(const struct device *, struct in_addr);
static int	 device_move(const char *, int);
static int	 sysctl_int(const int *, unsigned int);
static int	 process_rdomain(void);

static int	 ioctl_fd = -1;

/* The devices; an index and the routing domain cannot be looked up later. */
static struct device {
	char		 name[IF_NAMESIZE];
	int		 index;
	struct in_addr	*addrs;		/* those it was given */
	size_t		 naddrs;
} devices[KROUTE_TUN_MAX];
static int	 ndevices;

int
kroute_init(void)
{
	int	 saved;

	if ((ioctl_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return (-1);
	if (rtsock_init() == -1) {
		saved = errno;
		close(ioctl_fd);
		ioctl_fd = -1;
		errno = saved;
		return (-1);
	}
	return (0);
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
	rtsock_rdomain = rdomain;
	if (karp_init(ioctl_fd) == -1) {
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
		rtsock_in(&ifra.ifra_addr, addr[i]);
		rtsock_in(&ifra.ifra_mask, mask);
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
	struct rtsock_message	 m;
	struct sockaddr_dl	 sdl;
	int			 index;

	if ((index = device_lookup(name)) == -1)
		return (-1);
	karp_forget(dst);

	rtsock_link(&sdl, index);
	rtsock_begin(&m, RTM_ADD, RTF_UP | RTF_HOST | RTF_STATIC,
	    HOST_PRIORITY);
	rtsock_add_in(&m, RTA_DST, dst);
	/* Not RTF_GATEWAY: our own address makes it an interface route. */
	if (proxied)
		rtsock_add(&m, RTA_GATEWAY, &sdl, sizeof(sdl));
	else
		rtsock_add_in(&m, RTA_GATEWAY, local);
	/*
	 * Of several devices with that address RTA_IFA stands for the first.
	 * With neither it is the gateway's device, and its first address.
	 */
	if (!proxied || ndevices == 1)
		rtsock_add(&m, RTA_IFP, &sdl, sizeof(sdl));
	if (proxied && ndevices == 1)
		rtsock_add_in(&m, RTA_IFA, local);
	rtsock_add_label(&m);
	if (proxied) {
		/* ARP's timer is not for this one. */
		m.hdr.rtm_inits |= RTV_EXPIRE;
		m.hdr.rtm_rmx.rmx_expire = 0;
	}
	if (mtu != 0) {
		m.hdr.rtm_inits |= RTV_MTU;
		m.hdr.rtm_rmx.rmx_mtu = mtu;
	}
	return (rtsock_send(&m));
}

int
kroute_delete(const char *name, struct in_addr dst)
{
	if (device_lookup(name) == -1)
		return (-1);
	return (rtsock_delete(dst, 32, RTF_HOST, HOST_PRIORITY));
}

int
kroute_net_add(const char *name, struct in_addr dst, int prefixlen,
    struct in_addr local, int mtu)
{
	struct rtsock_message	 m;
	struct sockaddr_dl	 sdl;
	int			 index;

	if ((index = device_lookup(name)) == -1)
		return (-1);

	rtsock_begin(&m, RTM_ADD, RTF_UP | RTF_STATIC, HOST_PRIORITY);
	rtsock_add_in(&m, RTA_DST, dst);
	rtsock_add_in(&m, RTA_GATEWAY, local);
	rtsock_add_mask(&m, prefixlen);
	rtsock_link(&sdl, index);
	rtsock_add(&m, RTA_IFP, &sdl, sizeof(sdl));
	rtsock_add_label(&m);
	if (mtu != 0) {
		m.hdr.rtm_inits = RTV_MTU;
		m.hdr.rtm_rmx.rmx_mtu = mtu;
	}
	return (rtsock_send(&m));
}

int
kroute_net_delete(const char *name, struct in_addr dst, int prefixlen)
{
	if (device_lookup(name) == -1)
		return (-1);
	return (rtsock_delete(dst, prefixlen, 0, HOST_PRIORITY));
}

/* The loopback interface does the rejecting. */
int
kroute_reject(int add, uint32_t addr, int len)
{
	struct rtsock_message	 m;
	struct in_addr		 in;

	rtsock_begin(&m, add ? RTM_ADD : RTM_DELETE,
	    RTF_UP | RTF_GATEWAY | RTF_REJECT | RTF_STATIC, REJECT_PRIORITY);
	in.s_addr = htonl(addr);
	rtsock_add_in(&m, RTA_DST, in);
	in.s_addr = htonl(INADDR_LOOPBACK);
	rtsock_add_in(&m, RTA_GATEWAY, in);
	rtsock_add_mask(&m, len);
	rtsock_add_label(&m);
	return (rtsock_send(&m));
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
