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
 * A tun device of a call, Linux.
 */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <net/if.h>
#include <net/route.h>

#include <linux/if_tun.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "pptp.h"
#include "gre.h"
#include "mppe.h"
#include "mschap.h"
#include "dial.h"

static int	 request(unsigned long, void *);
static int	 set_address(unsigned long, const char *, struct in_addr);
static void	 fill(struct sockaddr *, struct in_addr);

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
fill(struct sockaddr *sa, struct in_addr address)
{
	struct sockaddr_in	sin;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr = address;
	memcpy(sa, &sin, sizeof(*sa));
}

int
tun_open(char name[IF_NAMESIZE])
{
	struct ifreq	ifr;
	int		fd;

	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return (-1);
	memset(&ifr, 0, sizeof(ifr));
	ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
	if (ioctl(fd, TUNSETIFF, &ifr) == -1) {
		close(fd);
		return (-1);
	}
	strlcpy(name, ifr.ifr_name, IF_NAMESIZE);
	return (fd);
}

static int
set_address(unsigned long cmd, const char *name, struct in_addr address)
{
	struct ifreq	ifr;

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	fill(&ifr.ifr_addr, address);
	return (request(cmd, &ifr));
}

/* Point-to-point addresses bring the host route to the peer with them. */
int
tun_config(const char *name, struct in_addr local, struct in_addr peer,
    int mtu)
{
	struct ifreq	ifr;

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	ifr.ifr_mtu = mtu;
	if (request(SIOCSIFMTU, &ifr) == -1 ||
	    set_address(SIOCSIFADDR, name, local) == -1 ||
	    set_address(SIOCSIFDSTADDR, name, peer) == -1 ||
	    request(SIOCGIFFLAGS, &ifr) == -1)
		return (-1);
	ifr.ifr_flags |= IFF_UP;
	return (request(SIOCSIFFLAGS, &ifr));
}

int
tun_route(const char *name, struct in_addr peer, struct in_addr net, int len)
{
	struct rtentry	rt;
	struct in_addr	mask;
	char		dev[IF_NAMESIZE];

	mask.s_addr = htonl(len == 0 ? 0 : 0xffffffffU << (32 - len));
	net.s_addr &= mask.s_addr;
	strlcpy(dev, name, sizeof(dev));
	memset(&rt, 0, sizeof(rt));
	fill(&rt.rt_dst, net);
	fill(&rt.rt_genmask, mask);
	rt.rt_flags = RTF_UP;
	if (len == 32)
		rt.rt_flags |= RTF_HOST;
	rt.rt_dev = dev;
	return (request(SIOCADDRT, &rt));
}

int
tun_read(int fd, uint8_t *p, size_t size)
{
	return (read(fd, p, size));
}

int
tun_write(int fd, uint8_t *p, size_t len)
{
	return (write(fd, p, len));
}
