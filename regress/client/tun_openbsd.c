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
 * A tun device of a call, OpenBSD.  It comes into being in the routing domain
 * of this process, see route(8) -T.
 */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <netinet/in_var.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pptp.h"
#include "gre.h"
#include "mppe.h"
#include "mschap.h"
#include "dial.h"

#define DEVICES_MAX	256
#define FAMILY_LEN	4	/* tun(4): address family before each packet */

static int	 request(unsigned long, void *);
static void	 fill(struct sockaddr_in *, struct in_addr);

/* An ioctl for which any socket will do. */
static int
request(unsigned long cmd, void *arg)
{
	int	fd, n, save_errno;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return (-1);
	n = ioctl(fd, cmd, arg);
	save_errno = errno;
	close(fd);
	errno = save_errno;
	return (n);
}

static void
fill(struct sockaddr_in *sin, struct in_addr address)
{
	memset(sin, 0, sizeof(*sin));
	sin->sin_len = sizeof(*sin);
	sin->sin_family = AF_INET;
	sin->sin_addr = address;
}

int
tun_open(char name[IF_NAMESIZE])
{
	char	path[32];
	int	fd, i;

	for (i = 0; i < DEVICES_MAX; i++) {
		snprintf(path, sizeof(path), "/dev/tun%d", i);
		fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (fd != -1) {
			snprintf(name, IF_NAMESIZE, "tun%d", i);
			return (fd);
		}
		if (errno != EBUSY)
			break;
	}
	return (-1);
}

/* Point-to-point addresses bring the host route to the peer with them. */
int
tun_config(const char *name, struct in_addr local, struct in_addr peer,
    int mtu)
{
	struct in_aliasreq	ifra;
	struct ifreq		ifr;
	struct in_addr		mask;

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	ifr.ifr_mtu = mtu;
	memset(&ifra, 0, sizeof(ifra));
	strlcpy(ifra.ifra_name, name, sizeof(ifra.ifra_name));
	mask.s_addr = INADDR_BROADCAST;
	fill(&ifra.ifra_addr, local);
	fill(&ifra.ifra_dstaddr, peer);
	fill(&ifra.ifra_mask, mask);
	if (request(SIOCSIFMTU, &ifr) == -1)
		return (-1);
	return (request(SIOCAIFADDR, &ifra));
}

int
tun_route(const char *name, struct in_addr peer, struct in_addr net, int len)
{
	struct {
		struct rt_msghdr	rtm;
		struct sockaddr_in	dst, gateway, mask;
	} m;
	struct in_addr	mask;
	int		fd, save_errno;
	ssize_t		n;

	mask.s_addr = htonl(len == 0 ? 0 : 0xffffffffU << (32 - len));
	net.s_addr &= mask.s_addr;
	memset(&m, 0, sizeof(m));
	m.rtm.rtm_msglen = sizeof(m);
	m.rtm.rtm_version = RTM_VERSION;
	m.rtm.rtm_type = RTM_ADD;
	m.rtm.rtm_hdrlen = sizeof(m.rtm);
	m.rtm.rtm_tableid = getrtable();
	m.rtm.rtm_flags = RTF_UP | RTF_GATEWAY | RTF_STATIC;
	m.rtm.rtm_addrs = RTA_DST | RTA_GATEWAY | RTA_NETMASK;
	fill(&m.dst, net);
	fill(&m.gateway, peer);
	fill(&m.mask, mask);

	fd = socket(AF_ROUTE, SOCK_RAW | SOCK_CLOEXEC, AF_INET);
	if (fd == -1)
		return (-1);
	n = write(fd, &m, sizeof(m));
	save_errno = errno;
	close(fd);
	errno = save_errno;
	return (n == sizeof(m) ? 0 : -1);
}

int
tun_read(int fd, uint8_t *p, size_t size)
{
	struct iovec	iov[2];
	uint8_t		family[FAMILY_LEN];
	ssize_t		n;

	iov[0].iov_base = family;
	iov[0].iov_len = sizeof(family);
	iov[1].iov_base = p;
	iov[1].iov_len = size;
	n = readv(fd, iov, 2);
	if (n == -1)
		return (-1);
	return (n < FAMILY_LEN ? 0 : n - FAMILY_LEN);
}

int
tun_write(int fd, uint8_t *p, size_t len)
{
	put32(p - FAMILY_LEN, AF_INET);
	return (write(fd, p - FAMILY_LEN, len + FAMILY_LEN));
}
