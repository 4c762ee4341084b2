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
 * Linux: rtnetlink(7) for addresses and routes, /dev/net/tun, raw GRE socket.
 * Once kroute_init() and kroute_tun_open() are done, only the one netlink
 * socket is used: no socket(2), no open(2), no ioctl(2).
 */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <net/if.h>
#include <netinet/in.h>

#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kroute.h"
#include "netlink_linux.h"

#define TUN_DEVICE		"/dev/net/tun"
#define FORWARDING_SYSCTL	"/proc/sys/net/ipv4/ip_forward"

/* The kernel doubles them, to count what it needs itself. */
#define GRE_RCVBUF		(4 * 1024 * 1024)
#define GRE_SNDBUF		(1024 * 1024)

/* The last to be chosen among routes for the same prefix. */
#define REJECT_METRIC		0xffffffff

/* What is looked for in the kernel's answers, and what was found. */
struct answer {
	struct in_addr		 addr;		/* in what network ... */
	int			 prefixlen;
	int			 ifindex;	/* ... of what interface */
	unsigned int		 flags;		/* of the interface */
	struct kroute_arp	*arp;
	size_t			 narp;
};

static netlink_part	 answer_part;
static void	 answer_address(struct answer *, const uint8_t *, size_t);
static int	 answer_neighbour(struct answer *, const uint8_t *, size_t);
static int	 tun_attach(const char *, struct ifreq *, int);
static int	 tun_ifindex(const char *);
static int	 tun_route(int, const char *, struct in_addr, int,
		    const struct in_addr *, int);
static int	 gre_sink_open(void);
static int	 lan_ifindex(struct in_addr);
static int	 arp_entry(int, struct in_addr, int);

static int	 gre_sink = -1;

/* The tun devices; a name cannot be looked up later. */
static struct {
	char	name[IF_NAMESIZE];
	int	index;
} tuns[KROUTE_TUN_MAX];
static int	 ntuns;

int
kroute_init(void)
{
	return (netlink_init());
}

int
kroute_tun_open(const char *want, char name[IF_NAMESIZE], int offload)
{
	struct ifreq	 ifr;
	unsigned int	 index;
	int		 fd = -1, i, saved;

	if (strlen(want) >= sizeof(ifr.ifr_name)) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	/* All of it, or the device as it always was. */
	if (offload)
		fd = tun_attach(want, &ifr, 1);
	if (fd == -1 && (fd = tun_attach(want, &ifr, 0)) == -1)
		return (-1);
	if ((index = if_nametoindex(ifr.ifr_name)) == 0) {
		saved = errno;
		close(fd);
		errno = saved;
		return (-1);
	}
	/* One that was closed may be back. */
	for (i = 0; i < ntuns; i++)
		if (strcmp(ifr.ifr_name, tuns[i].name) == 0)
			break;
	if (i == KROUTE_TUN_MAX) {
		close(fd);
		errno = EMFILE;
		return (-1);
	}
	if (i == ntuns)
		ntuns++;
	memcpy(tuns[i].name, ifr.ifr_name, IF_NAMESIZE);
	tuns[i].index = index;
	memcpy(name, ifr.ifr_name, IF_NAMESIZE);
	return (fd);
}

int
kroute_tun_config(const char *name, const struct in_addr *addr, size_t n,
    int mtu)
{
	union netlink_message	 m;
	struct ifinfomsg	 link;
	struct ifaddrmsg	 ifa;
	uint32_t		 link_mtu = mtu;
	size_t			 i;
	int			 index;

	if ((index = tun_ifindex(name)) == -1)
		return (-1);

	memset(&link, 0, sizeof(link));
	link.ifi_family = AF_UNSPEC;
	link.ifi_index = index;
	link.ifi_flags = IFF_UP;
	link.ifi_change = IFF_UP;
	netlink_begin(&m, RTM_NEWLINK, 0, &link, sizeof(link));
	netlink_add(&m, IFLA_MTU, &link_mtu, sizeof(link_mtu));
	if (netlink_send(&m) == -1)
		return (-1);

	memset(&ifa, 0, sizeof(ifa));
	ifa.ifa_family = AF_INET;
	ifa.ifa_prefixlen = 32;
	ifa.ifa_scope = RT_SCOPE_UNIVERSE;
	ifa.ifa_index = index;
	for (i = 0; i < n; i++) {
		netlink_begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE,
		    &ifa, sizeof(ifa));
		netlink_add(&m, IFA_LOCAL, &addr[i], sizeof(addr[i]));
		netlink_add(&m, IFA_ADDRESS, &addr[i], sizeof(addr[i]));
		if (netlink_send(&m) == -1)
			return (-1);
	}
	return (0);
}

/*
 * Linux 6.18 answers by ICMP, protocol unreachable, when no raw
 * socket has room for a packet, and clients give up.  One that takes all of
 * them, and keeps none, prevents it.
 */
static int
gre_sink_open(void)
{
	struct sock_filter	 none = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog	 filter = { .len = 1, .filter = &none };
	int			 fd, saved;

	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_GRE);
	if (fd != -1 && setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
	    sizeof(filter)) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return (-1);
	}
	return (fd);
}

int
kroute_gre_open(uint32_t engine, uint32_t n)
{
	/*
	 * Refuse what cannot be ours before it is copied here: pass only a K
	 * bit without R and version 1 (RFC 2637 section 4.1) with protocol
	 * 880b, and our share of the call ids.  X is the length of the IP
	 * header.
	 */
	struct sock_filter	 insns[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x6007),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x2001, 0, 6),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x880b, 0, 4),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 6),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, n),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, engine, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0)
	};
	struct sock_fprog	 filter;
	int			 fd, discover, lock = 1, size, saved;

	if (gre_sink == -1 && (gre_sink = gre_sink_open()) == -1)
		return (-1);
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    IPPROTO_GRE);
	if (fd == -1)
		return (-1);

	filter.len = sizeof(insns) / sizeof(insns[0]);
	filter.filter = insns;
	/* No DF: the kernel fragments what does not fit the path. */
	discover = IP_PMTUDISC_DONT;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
	    sizeof(filter)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &lock,
	    sizeof(lock)) == -1 ||
	    setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &discover,
	    sizeof(discover)) == -1)
		goto fail;

	/* Without privilege they stop at net.core.rmem_max and wmem_max. */
	size = GRE_RCVBUF;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
	    sizeof(size)) == -1 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == -1)
		goto fail;
	size = GRE_SNDBUF;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size,
	    sizeof(size)) == -1 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == -1)
		goto fail;
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
	return (tun_route(RTM_NEWROUTE, name, dst, 32, &local, mtu));
}

int
kroute_delete(const char *name, struct in_addr dst)
{
	return (tun_route(RTM_DELROUTE, name, dst, 32, NULL, 0));
}

int
kroute_net_add(const char *name, struct in_addr dst, int prefixlen,
    struct in_addr local, int mtu)
{
	return (tun_route(RTM_NEWROUTE, name, dst, prefixlen, &local, mtu));
}

int
kroute_net_delete(const char *name, struct in_addr dst, int prefixlen)
{
	return (tun_route(RTM_DELROUTE, name, dst, prefixlen, NULL, 0));
}

int
kroute_arp_add(struct in_addr addr, int *ifindex)
{
	if ((*ifindex = lan_ifindex(addr)) == -1)
		return (-1);
	return (arp_entry(RTM_NEWNEIGH, addr, *ifindex));
}

int
kroute_arp_delete(struct in_addr addr, int ifindex)
{
	if (arp_entry(RTM_DELNEIGH, addr, ifindex) == -1) {
		/* The interface may be gone, too. */
		if (errno == ENOENT || errno == ENODEV)
			errno = ESRCH;
		return (-1);
	}
	return (0);
}

ssize_t
kroute_arp_list(struct kroute_arp **list)
{
	union netlink_message	 m;
	struct answer		 answer;
	struct ndmsg		 ndm;
	int			 saved;

	memset(&ndm, 0, sizeof(ndm));
	ndm.ndm_family = AF_INET;
	ndm.ndm_flags = NTF_PROXY;
	netlink_begin(&m, RTM_GETNEIGH, NLM_F_DUMP, &ndm, sizeof(ndm));
	memset(&answer, 0, sizeof(answer));
	if (netlink_ask(&m, answer_part, &answer) == -1) {
		saved = errno;
		free(answer.arp);
		errno = saved;
		return (-1);
	}
	*list = answer.arp;
	return (answer.narp);
}

int
kroute_reject(int add, uint32_t addr, int len)
{
	union netlink_message	 m;
	struct rtmsg		 rt;
	struct in_addr		 dst;
	uint32_t		 metric = REJECT_METRIC;

	dst.s_addr = htonl(addr);
	memset(&rt, 0, sizeof(rt));
	rt.rtm_family = AF_INET;
	rt.rtm_dst_len = len;
	rt.rtm_table = RT_TABLE_MAIN;
	rt.rtm_protocol = RTPROT_PPTPD;
	rt.rtm_scope = RT_SCOPE_UNIVERSE;
	rt.rtm_type = RTN_UNREACHABLE;
	netlink_begin(&m, add ? RTM_NEWROUTE : RTM_DELROUTE,
	    add ? NLM_F_CREATE | NLM_F_EXCL : 0, &rt, sizeof(rt));
	netlink_add(&m, RTA_DST, &dst, sizeof(dst));
	netlink_add(&m, RTA_PRIORITY, &metric, sizeof(metric));
	return (netlink_send(&m));
}

int
kroute_forwarding(void)
{
	ssize_t	 n;
	int	 fd;
	char	 c;

	if ((fd = open(FORWARDING_SYSCTL, O_RDONLY | O_CLOEXEC)) == -1)
		return (-1);
	n = read(fd, &c, sizeof(c));
	close(fd);
	if (n != 1)
		return (-1);
	return (c != '0');
}

int
kroute_gre_allowed(void)
{
	return (1);
}

int
kroute_in_rdomain(const char *ifname)
{
	return (1);
}

/* With offload, packets have a header that says what is left to be done. */
static int
tun_attach(const char *want, struct ifreq *ifr, int offload)
{
	int	fd, saved;

	memset(ifr, 0, sizeof(*ifr));
	(void)strlcpy(ifr->ifr_name, want, sizeof(ifr->ifr_name));
	ifr->ifr_flags = IFF_TUN | IFF_NO_PI;
	if (offload)
		ifr->ifr_flags |= IFF_VNET_HDR;

	fd = open(TUN_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return (-1);
	if (ioctl(fd, TUNSETIFF, ifr) == -1 || (offload &&
	    ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4) == -1)) {
		saved = errno;
		close(fd);
		errno = saved;
		return (-1);
	}
	return (fd);
}

static int
tun_ifindex(const char *name)
{
	int	 i;

	for (i = 0; i < ntuns; i++)
		if (strcmp(name, tuns[i].name) == 0)
			return (tuns[i].index);
	errno = ENXIO;
	return (-1);
}

/* A route to a prefix through the tun device; for RTM_DELROUTE no local. */
static int
tun_route(int type, const char *name, struct in_addr dst, int len,
    const struct in_addr *local, int mtu)
{
	union netlink_message	 m;
	struct {
		struct rtattr	attr;
		uint32_t	mtu;
	}		 metrics;
	struct rtmsg	 rt;
	int		 index;

	if ((index = tun_ifindex(name)) == -1)
		return (-1);

	memset(&rt, 0, sizeof(rt));
	rt.rtm_family = AF_INET;
	rt.rtm_dst_len = len;
	rt.rtm_table = RT_TABLE_MAIN;
	rt.rtm_protocol = RTPROT_PPTPD;
	rt.rtm_scope = RT_SCOPE_LINK;
	rt.rtm_type = RTN_UNICAST;
	netlink_begin(&m, type,
	    type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_EXCL : 0, &rt,
	    sizeof(rt));
	netlink_add(&m, RTA_DST, &dst, sizeof(dst));
	netlink_add(&m, RTA_OIF, &index, sizeof(index));
	if (local != NULL)
		netlink_add(&m, RTA_PREFSRC, local, sizeof(*local));
	if (mtu != 0) {
		metrics.attr.rta_type = RTAX_MTU;
		metrics.attr.rta_len = sizeof(metrics);
		metrics.mtu = mtu;
		netlink_add(&m, RTA_METRICS, &metrics, sizeof(metrics));
	}
	return (netlink_send(&m));
}

/* The interface with the longest network that has the address, ARP spoken. */
static int
lan_ifindex(struct in_addr addr)
{
	union netlink_message	 m;
	struct answer		 answer;
	struct ifaddrmsg	 ifa;
	struct ifinfomsg	 link;

	memset(&ifa, 0, sizeof(ifa));
	ifa.ifa_family = AF_INET;
	netlink_begin(&m, RTM_GETADDR, NLM_F_DUMP, &ifa, sizeof(ifa));
	memset(&answer, 0, sizeof(answer));
	answer.addr = addr;
	if (netlink_ask(&m, answer_part, &answer) == -1)
		return (-1);
	if (answer.ifindex == 0) {
		errno = EADDRNOTAVAIL;
		return (-1);
	}

	memset(&link, 0, sizeof(link));
	link.ifi_family = AF_UNSPEC;
	link.ifi_index = answer.ifindex;
	netlink_begin(&m, RTM_GETLINK, 0, &link, sizeof(link));
	if (netlink_ask(&m, answer_part, &answer) == -1)
		return (-1);
	if ((answer.flags & IFF_BROADCAST) == 0 ||
	    (answer.flags & (IFF_NOARP | IFF_LOOPBACK)) != 0) {
		errno = EADDRNOTAVAIL;
		return (-1);
	}
	return (answer.ifindex);
}

static int
arp_entry(int type, struct in_addr addr, int ifindex)
{
	union netlink_message	 m;
	struct ndmsg		 ndm;
	uint8_t			 protocol = RTPROT_PPTPD;

	memset(&ndm, 0, sizeof(ndm));
	ndm.ndm_family = AF_INET;
	ndm.ndm_ifindex = ifindex;
	ndm.ndm_flags = NTF_PROXY;
	netlink_begin(&m, type, type == RTM_NEWNEIGH ? NLM_F_CREATE : 0, &ndm,
	    sizeof(ndm));
	netlink_add(&m, NDA_DST, &addr, sizeof(addr));
	if (type == RTM_NEWNEIGH)
		netlink_add(&m, NDA_PROTOCOL, &protocol, sizeof(protocol));
	return (netlink_send(&m));
}

static int
answer_part(void *arg, const struct nlmsghdr *hdr, const uint8_t *body,
    size_t len)
{
	struct answer		*answer = arg;
	struct ifinfomsg	 link;

	switch (hdr->nlmsg_type) {
	case RTM_NEWADDR:
		answer_address(answer, body, len);
		break;
	case RTM_NEWLINK:
		if (len < sizeof(link))
			break;
		memcpy(&link, body, sizeof(link));
		if (link.ifi_index == answer->ifindex)
			answer->flags = link.ifi_flags;
		break;
	case RTM_NEWNEIGH:
		return (answer_neighbour(answer, body, len));
	default:
		break;
	}
	return (0);
}

/* Is this the address of a better network than that we have? */
static void
answer_address(struct answer *answer, const uint8_t *body, size_t len)
{
	struct ifaddrmsg	 ifa;
	struct in_addr		 addr, local;
	const uint8_t		*a, *l;
	uint32_t		 mask;

	if (len < sizeof(ifa))
		return;
	memcpy(&ifa, body, sizeof(ifa));
	a = netlink_attribute(body, len, sizeof(ifa), IFA_ADDRESS,
	    sizeof(addr));
	l = netlink_attribute(body, len, sizeof(ifa), IFA_LOCAL,
	    sizeof(local));
	if (a == NULL || l == NULL || ifa.ifa_family != AF_INET)
		return;
	memcpy(&addr, a, sizeof(addr));
	memcpy(&local, l, sizeof(local));
	/* They differ on a point-to-point link: it has no ARP. */
	if (addr.s_addr != local.s_addr || ifa.ifa_prefixlen == 0 ||
	    ifa.ifa_prefixlen > 31 || ifa.ifa_prefixlen <= answer->prefixlen)
		return;
	mask = htonl(0xffffffff << (32 - ifa.ifa_prefixlen));
	if (((addr.s_addr ^ answer->addr.s_addr) & mask) != 0)
		return;
	answer->prefixlen = ifa.ifa_prefixlen;
	answer->ifindex = ifa.ifa_index;
}

static int
answer_neighbour(struct answer *answer, const uint8_t *body, size_t len)
{
	struct kroute_arp	*new;
	struct ndmsg		 ndm;
	const uint8_t		*addr, *protocol;

	if (len < sizeof(ndm))
		return (0);
	memcpy(&ndm, body, sizeof(ndm));
	addr = netlink_attribute(body, len, sizeof(ndm), NDA_DST,
	    sizeof(struct in_addr));
	protocol = netlink_attribute(body, len, sizeof(ndm), NDA_PROTOCOL, 1);
	if (addr == NULL || protocol == NULL || *protocol != RTPROT_PPTPD ||
	    ndm.ndm_family != AF_INET || (ndm.ndm_flags & NTF_PROXY) == 0)
		return (0);
	if ((new = reallocarray(answer->arp, answer->narp + 1,
	    sizeof(*new))) == NULL)
		return (errno);
	answer->arp = new;
	memcpy(&new[answer->narp].addr, addr, sizeof(new->addr));
	new[answer->narp].ifindex = ndm.ndm_ifindex;
	answer->narp++;
	return (0);
}
