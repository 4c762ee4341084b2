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
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "kroute.h"

#define TUN_DEVICE		"/dev/net/tun"
#define FORWARDING_SYSCTL	"/proc/sys/net/ipv4/ip_forward"

#define GRE_RCVBUF		(4 * 1024 * 1024)

/* Marks our routes, as "proto 47" in ip-route(8): the number of GRE. */
#define RTPROT_PPTPD		47

/* The last to be chosen among routes for the same prefix. */
#define REJECT_METRIC		0xffffffff

/* The kernel acknowledges within send(2), so this is never waited for. */
#define NETLINK_TIMEOUT		1000	/* ms */
#define NETLINK_TRIES		8	/* messages that are not our answer */

union message {
	struct nlmsghdr	hdr;
	uint8_t		buf[256];	/* more than any request here needs */
};

static void	 message_init(union message *, int, int, const void *, size_t);
static void	 message_add(union message *, int, const void *, size_t);
static int	 message_send(union message *);
static int	 message_ack(const uint8_t *, size_t, uint32_t, int *);
static int	 tun_ifindex(const char *);
static int	 reject_route(int, uint32_t, int);

static int	 netlink_fd = -1;
static uint32_t	 netlink_seq;

/* The tun device; a name cannot be looked up later. */
static char	 tun_name[IF_NAMESIZE];
static int	 tun_index;

int
kroute_init(void)
{
	struct sockaddr_nl	 kernel;
	int			 fd, on = 1, saved;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    NETLINK_ROUTE);
	if (fd == -1)
		return (-1);

	memset(&kernel, 0, sizeof(kernel));
	kernel.nl_family = AF_NETLINK;
	if (connect(fd, (struct sockaddr *)&kernel, sizeof(kernel)) == -1 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on,
	    sizeof(on)) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return (-1);
	}
	netlink_fd = fd;
	return (0);
}

int
kroute_tun_open(const char *want, char name[IF_NAMESIZE])
{
	struct ifreq	 ifr;
	unsigned int	 index;
	int		 fd, saved;

	memset(&ifr, 0, sizeof(ifr));
	ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
	if (strlcpy(ifr.ifr_name, want, sizeof(ifr.ifr_name)) >=
	    sizeof(ifr.ifr_name)) {
		errno = ENAMETOOLONG;
		return (-1);
	}

	fd = open(TUN_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return (-1);
	if (ioctl(fd, TUNSETIFF, &ifr) == -1 ||
	    (index = if_nametoindex(ifr.ifr_name)) == 0) {
		saved = errno;
		close(fd);
		errno = saved;
		return (-1);
	}
	memcpy(tun_name, ifr.ifr_name, sizeof(tun_name));
	tun_index = index;
	memcpy(name, tun_name, IF_NAMESIZE);
	return (fd);
}

int
kroute_tun_config(const char *name, const struct in_addr *addr, size_t n,
    int mtu)
{
	union message		 m;
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
	message_init(&m, RTM_NEWLINK, 0, &link, sizeof(link));
	message_add(&m, IFLA_MTU, &link_mtu, sizeof(link_mtu));
	if (message_send(&m) == -1)
		return (-1);

	memset(&ifa, 0, sizeof(ifa));
	ifa.ifa_family = AF_INET;
	ifa.ifa_prefixlen = 32;
	ifa.ifa_scope = RT_SCOPE_UNIVERSE;
	ifa.ifa_index = index;
	for (i = 0; i < n; i++) {
		message_init(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE,
		    &ifa, sizeof(ifa));
		message_add(&m, IFA_LOCAL, &addr[i], sizeof(addr[i]));
		message_add(&m, IFA_ADDRESS, &addr[i], sizeof(addr[i]));
		if (message_send(&m) == -1)
			return (-1);
	}
	return (0);
}

int
kroute_gre_open(void)
{
	/*
	 * Refuse what cannot be ours before it is copied here: pass only a K
	 * bit without R and version 1 (RFC 2637 section 4.1) with protocol
	 * 880b.  X is the length of the IP header.
	 */
	struct sock_filter	 insns[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x6007),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x2001, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x880b, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0)
	};
	struct sock_fprog	 filter;
	int			 fd, discover, rcvbuf, saved;

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
	    setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &discover,
	    sizeof(discover)) == -1)
		goto fail;

	/* The latter stops at net.core.rmem_max. */
	rcvbuf = GRE_RCVBUF;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf,
	    sizeof(rcvbuf)) == -1 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf,
	    sizeof(rcvbuf)) == -1)
		goto fail;
	return (fd);

 fail:
	saved = errno;
	close(fd);
	errno = saved;
	return (-1);
}

int
kroute_add(const char *name, struct in_addr dst, struct in_addr local, int mtu)
{
	union message	 m;
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
	rt.rtm_dst_len = 32;
	rt.rtm_table = RT_TABLE_MAIN;
	rt.rtm_protocol = RTPROT_PPTPD;
	rt.rtm_scope = RT_SCOPE_LINK;
	rt.rtm_type = RTN_UNICAST;
	message_init(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &rt,
	    sizeof(rt));
	message_add(&m, RTA_DST, &dst, sizeof(dst));
	message_add(&m, RTA_OIF, &index, sizeof(index));
	message_add(&m, RTA_PREFSRC, &local, sizeof(local));
	if (mtu != 0) {
		metrics.attr.rta_type = RTAX_MTU;
		metrics.attr.rta_len = sizeof(metrics);
		metrics.mtu = mtu;
		message_add(&m, RTA_METRICS, &metrics, sizeof(metrics));
	}
	return (message_send(&m));
}

int
kroute_delete(const char *name, struct in_addr dst)
{
	union message	 m;
	struct rtmsg	 rt;
	int		 index;

	if ((index = tun_ifindex(name)) == -1)
		return (-1);

	memset(&rt, 0, sizeof(rt));
	rt.rtm_family = AF_INET;
	rt.rtm_dst_len = 32;
	rt.rtm_table = RT_TABLE_MAIN;
	rt.rtm_protocol = RTPROT_PPTPD;
	rt.rtm_scope = RT_SCOPE_LINK;
	rt.rtm_type = RTN_UNICAST;
	message_init(&m, RTM_DELROUTE, 0, &rt, sizeof(rt));
	message_add(&m, RTA_DST, &dst, sizeof(dst));
	message_add(&m, RTA_OIF, &index, sizeof(index));
	return (message_send(&m));
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
		if (reject_route(RTM_NEWROUTE, addr, len) == -1 &&
		    errno != EEXIST)
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
		if (reject_route(RTM_DELROUTE, addr, len) == -1 && error == 0)
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

static int
tun_ifindex(const char *name)
{
	if (tun_index == 0 || strcmp(name, tun_name) != 0) {
		errno = ENXIO;
		return (-1);
	}
	return (tun_index);
}

/* One prefix, host byte order. */
static int
reject_route(int type, uint32_t addr, int len)
{
	union message	 m;
	struct rtmsg	 rt;
	struct in_addr	 dst;
	uint32_t	 metric = REJECT_METRIC;

	dst.s_addr = htonl(addr);
	memset(&rt, 0, sizeof(rt));
	rt.rtm_family = AF_INET;
	rt.rtm_dst_len = len;
	rt.rtm_table = RT_TABLE_MAIN;
	rt.rtm_protocol = RTPROT_PPTPD;
	rt.rtm_scope = RT_SCOPE_UNIVERSE;
	rt.rtm_type = RTN_UNREACHABLE;
	message_init(&m, type,
	    type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_EXCL : 0, &rt,
	    sizeof(rt));
	message_add(&m, RTA_DST, &dst, sizeof(dst));
	message_add(&m, RTA_PRIORITY, &metric, sizeof(metric));
	return (message_send(&m));
}

static void
message_init(union message *m, int type, int flags, const void *body,
    size_t len)
{
	memset(m, 0, sizeof(*m));
	m->hdr.nlmsg_type = type;
	m->hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	m->hdr.nlmsg_len = NLMSG_LENGTH(len);
	memcpy(m->buf + NLMSG_HDRLEN, body, len);
}

static void
message_add(union message *m, int type, const void *value, size_t len)
{
	struct rtattr	 attr;
	size_t		 off = NLMSG_ALIGN(m->hdr.nlmsg_len);

	attr.rta_type = type;
	attr.rta_len = RTA_LENGTH(len);
	memcpy(m->buf + off, &attr, sizeof(attr));
	memcpy(m->buf + off + RTA_LENGTH(0), value, len);
	m->hdr.nlmsg_len = off + RTA_LENGTH(len);
}

/* Send a request and wait for the kernel's verdict on it. */
static int
message_send(union message *m)
{
	uint8_t			 buf[1024];
	struct sockaddr_nl	 from;
	struct pollfd		 pfd;
	struct msghdr		 msg;
	struct iovec		 iov;
	ssize_t			 n;
	int			 error, nready, i;

	m->hdr.nlmsg_seq = ++netlink_seq;
	if (send(netlink_fd, m->buf, m->hdr.nlmsg_len, 0) == -1)
		return (-1);

	for (i = 0; i < NETLINK_TRIES; i++) {
		pfd.fd = netlink_fd;
		pfd.events = POLLIN;
		nready = poll(&pfd, 1, NETLINK_TIMEOUT);
		if (nready == 0)
			break;
		if (nready == -1) {
			if (errno == EINTR)
				continue;
			return (-1);
		}

		iov.iov_base = buf;
		iov.iov_len = sizeof(buf);
		memset(&msg, 0, sizeof(msg));
		msg.msg_name = &from;
		msg.msg_namelen = sizeof(from);
		msg.msg_iov = &iov;
		msg.msg_iovlen = 1;
		if ((n = recvmsg(netlink_fd, &msg, 0)) == -1) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			return (-1);
		}
		/* Any process may write to the socket; 0 is the kernel. */
		if (msg.msg_namelen != sizeof(from) || from.nl_pid != 0)
			continue;
		if (message_ack(buf, n, m->hdr.nlmsg_seq, &error)) {
			if (error == 0)
				return (0);
			errno = error;
			return (-1);
		}
	}
	errno = ETIMEDOUT;
	return (-1);
}

/* Find the answer to request seq among the messages in buf. */
static int
message_ack(const uint8_t *buf, size_t len, uint32_t seq, int *error)
{
	struct nlmsghdr	 hdr;
	size_t		 off;

	for (off = 0; len - off >= sizeof(hdr);
	    off += NLMSG_ALIGN(hdr.nlmsg_len)) {
		memcpy(&hdr, buf + off, sizeof(hdr));
		if (hdr.nlmsg_len < sizeof(hdr) || hdr.nlmsg_len > len - off)
			break;
		if (hdr.nlmsg_seq == seq && hdr.nlmsg_type == NLMSG_ERROR &&
		    hdr.nlmsg_len >= NLMSG_LENGTH(sizeof(*error))) {
			memcpy(error, buf + off + NLMSG_HDRLEN,
			    sizeof(*error));
			*error = -*error;
			return (1);
		}
		if (NLMSG_ALIGN(hdr.nlmsg_len) > len - off)
			break;
	}
	return (0);
}
