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
 * kroute_*.c and packet_io_*.c against the running kernel, in a network
 * namespace of our own: nothing here touches the network of the machine.
 */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kroute.h"
#include "packet_io.h"
#include "tap.h"

#define TUN		"tun7"
#define UDP_PORT	4711
#define MANY		3000
#define WAIT		1000	/* ms, longest for a packet to appear */

static void	 test_prefixlen(void);
static void	 test_strip_ip(void);
static int	 namespace_enter(void);
static void	 test_sysctl(void);
static int	 test_tun_open(void);
static void	 test_tun_config(void);
static void	 test_route(void);
static void	 test_net(void);
static void	 test_arp(void);
static void	 test_arp_many(void);
static int	 arp_listed(struct in_addr, int);
static void	 test_confined(void);
static void	 test_reject(void);
static void	 test_tun_recv(int);
static void	 test_tun_send(int);
static void	 test_gre(int);
static void	 test_gre_filter(int);
static void	 test_gre_share(int);
static void	 test_tun_second(void);
static void	 test_gre_sizes(int);
static void	 test_gre_errors(int);
static void	 test_gre_icmp(int, int);
static void	 test_tun_close(int);
static struct in_addr	 in(const char *);
static int	 link_mtu(const char *, int);
static int	 link_up(const char *);
static int	 has_address(const char *, const char *);
static int	 route_error(const char *, struct in_addr *, int *);
static int	 reachable(struct in_addr);
static void	 udp_send(const char *, size_t, int);
static int	 tun_wait(int, struct packet *, int);
static int	 gre_wait(int, struct packet *, int);
static void	 gre_fill(struct packet *, int, size_t);
static size_t	 ip_fill(uint8_t *, int, const char *, const char *, size_t);
static uint16_t	 cksum(const uint8_t *, size_t);

static uint8_t		 buf[PACKET_BATCH][PACKET_SIZE];
static struct packet	 pkt[PACKET_BATCH];
static int		 have_lan;

int
main(void)
{
	int	 gre, tun, i;

	for (i = 0; i < PACKET_BATCH; i++)
		pkt[i].buf = buf[i];

	test_prefixlen();
	test_strip_ip();
	if (namespace_enter() == -1 || link_up("lo") == -1) {
		ok(1, "the kernel # SKIP no network namespace: %s",
		    strerror(errno));
		done_testing();
	}

	test_sysctl();
	if (!ok(kroute_init() == 0, "kroute_init"))
		done_testing();
	if ((tun = test_tun_open()) == -1)
		done_testing();
	test_tun_config();
	test_tun_second();
	test_route();
	test_net();
	test_arp();
	test_confined();
	test_reject();
	test_tun_recv(tun);
	test_tun_send(tun);
	if (!ok((gre = kroute_gre_open(0, 1)) != -1, "open the GRE socket"))
		done_testing();
	test_gre(gre);
	test_gre_filter(gre);
	test_gre_share(gre);
	test_gre_sizes(gre);
	test_gre_errors(gre);
	test_gre_icmp(gre, tun);
	test_tun_close(tun);
	done_testing();
}

/* Every range inside the first and the last 64 addresses, cut up. */
static void
test_prefixlen(void)
{
	const uint32_t	 base[] = { 0, 0x0a000000, 0xffffffc0 };
	uint32_t	 first, last, addr, host;
	size_t		 i;
	int		 bad = 0, len, blocks;

	for (i = 0; i < sizeof(base) / sizeof(base[0]); i++) {
		for (first = 0; first < 64; first++) {
			for (last = first; last < 64; last++) {
				addr = base[i] + first;
				for (blocks = 1; ; blocks++) {
					len = kroute_prefixlen(addr,
					    base[i] + last);
					host = 0xffffffffULL >> len;
					if ((addr & host) != 0 ||
					    addr + host > base[i] + last ||
					    addr + host < addr)
						bad++;
					if (addr + host >= base[i] + last)
						break;
					addr += host + 1;
				}
				if (blocks > 12)
					bad++;
			}
		}
	}
	is_int(bad, 0, "ranges are cut into aligned blocks, each once");
	is_int(kroute_prefixlen(0, 0xffffffff), 0, "all addresses: one block");
	is_int(kroute_prefixlen(0, 0xfffffffe), 1, "all but the last: half");
	is_int(kroute_prefixlen(0xffffffff, 0xffffffff), 32, "the last one");
	is_int(kroute_prefixlen(0x0a000003, 0x0a000011), 32, "10.0.0.3 is odd");
	is_int(kroute_prefixlen(0x0a000008, 0x0a000011), 29, "10.0.0.8/29");
}

static void
test_strip_ip(void)
{
	struct packet	*p = &pkt[0];
	uint8_t		*ip = p->buf;
	size_t		 len;

	len = ip_fill(ip, IPPROTO_GRE, "192.0.2.1", "192.0.2.2", 40);
	ok(packet_strip_ip(p, len) == 0 && p->data == ip + 20 && p->len == 40,
	    "IP header comes off");
	ok(p->src.s_addr == in("192.0.2.1").s_addr &&
	    p->dst.s_addr == in("192.0.2.2").s_addr, "its addresses");
	ok(packet_strip_ip(p, len + 6) == 0 && p->len == 40, "padding");
	is_int(packet_strip_ip(p, len - 1), -1, "shorter than Total Length");
	is_int(packet_strip_ip(p, 19), -1, "shorter than a header");
	is_int(packet_strip_ip(p, PACKET_SIZE + 1), -1,
	    "longer than the buffer");
	ip[0] = 0x46;
	ok(packet_strip_ip(p, len) == 0 && p->data == ip + 24 && p->len == 36,
	    "IP options");
	ip[0] = 0x4f;
	ok(packet_strip_ip(p, len) == 0 && p->len == 0, "nothing but options");
	ip[3] = 59;
	is_int(packet_strip_ip(p, len), -1, "Total Length inside the header");
	ip[3] = 60;
	ip[0] = 0x44;
	is_int(packet_strip_ip(p, len), -1, "IHL too small");
	ip[0] = 0x65;
	is_int(packet_strip_ip(p, len), -1, "not IPv4");
}

static int
namespace_enter(void)
{
#ifdef CLONE_NEWNET
	return (unshare(CLONE_NEWNET));
#else
	errno = EOPNOTSUPP;
	return (-1);
#endif
}

static void
test_sysctl(void)
{
	int	 fd, i;

	for (i = 0; i < 2; i++) {
		fd = open("/proc/sys/net/ipv4/ip_forward", O_WRONLY);
		if (fd == -1 || write(fd, i ? "1\n" : "0\n", 2) != 2)
			ok(1, "forwarding %d # SKIP %s", i, strerror(errno));
		else
			is_int(kroute_forwarding(), i, "forwarding %d", i);
		close(fd);
	}
	is_int(kroute_gre_allowed(), 1, "GRE is allowed");
}

static int
test_tun_open(void)
{
	char		 name[IF_NAMESIZE];
	struct in_addr	 addr = in("10.9.0.1");
	int		 fd;

	is_int(kroute_tun_config(TUN, &addr, 1, 1400), -1,
	    "no configuration before open");
	is_int(errno, ENXIO, "ENXIO");
	errno = 0;
	ok(kroute_tun_open("a-name-that-does-not-fit", name, 1) == -1,
	    "name too long");
	is_int(errno, ENAMETOOLONG, "ENAMETOOLONG");

	if (!ok((fd = kroute_tun_open("", name, 1)) != -1, "open any device"))
		return (-1);
	ok(name[0] != '\0' && if_nametoindex(name) != 0, "it is %s", name);
	close(fd);
	ok(if_nametoindex(name) == 0, "closed, it is gone");

	if (!ok((fd = kroute_tun_open(TUN, name, 1)) != -1, "open %s", TUN))
		return (-1);
	tun_init(fd);
	is_str(name, TUN, "its name");
	ok((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0, "non-blocking");
	ok((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, "close-on-exec");
	errno = 0;
	ok(kroute_tun_open(TUN, name, 1) == -1, "no second open");
	is_int(errno, EBUSY, "EBUSY");
	return (fd);
}

static void
test_tun_config(void)
{
	struct in_addr	 addr[2];

	addr[0] = in("10.9.0.1");
	addr[1] = in("10.9.1.1");
	is_int(kroute_tun_config(TUN, addr, 2, 1400), 0, "configure %s", TUN);
	ok(has_address(TUN, "10.9.0.1"), "first address, up");
	ok(has_address(TUN, "10.9.1.1"), "second address");
	is_int(link_mtu(TUN, 0), 1400, "MTU");

	addr[0] = in("10.9.2.1");
	is_int(kroute_tun_config(TUN, addr, 2, 1300), 0, "configure it again");
	ok(has_address(TUN, "10.9.0.1") && has_address(TUN, "10.9.1.1") &&
	    has_address(TUN, "10.9.2.1"), "all addresses are there");
	is_int(link_mtu(TUN, 0), 1300, "new MTU");

	is_int(kroute_tun_config(TUN, NULL, 0, 1), -1, "MTU 1 is refused");
	is_int(kroute_tun_config("tun8", addr, 2, 1300), -1, "not our device");
	is_int(errno, ENXIO, "ENXIO");
}

static void
test_route(void)
{
	struct in_addr	 dst = in("10.1.0.5"), local = in("10.9.1.1"), src;
	int		 mtu;

	is_int(route_error("10.1.0.5", &src, &mtu), ENETUNREACH, "no route");
	is_int(kroute_add(TUN, dst, local, 1234, 0), 0, "add a route");
	is_int(route_error("10.1.0.5", &src, &mtu), 0, "it is used");
	is_int(src.s_addr, local.s_addr, "its source address is the local end");
	is_int(mtu, 1234, "its MTU");
	is_int(kroute_add(TUN, dst, in("10.9.0.1"), 1200, 0), -1, "only once");
	is_int(errno, EEXIST, "EEXIST");
	is_int(route_error("10.1.0.6", &src, &mtu), ENETUNREACH,
	    "its neighbour has none");
	is_int(kroute_delete("tun8", dst), -1, "not our device");
	is_int(errno, ENXIO, "ENXIO");
	is_int(kroute_delete(TUN, dst), 0, "delete it");
	is_int(route_error("10.1.0.5", &src, &mtu), ENETUNREACH, "it is gone");
	is_int(kroute_delete(TUN, dst), -1, "delete it again");
	is_int(errno, ESRCH, "ESRCH");

	is_int(kroute_add(TUN, dst, in("10.9.0.1"), 0, 0), 0, "no MTU");
	is_int(route_error("10.1.0.5", &src, &mtu), 0, "it is used");
	is_int(mtu, 1300, "the interface's MTU");
	is_int(kroute_delete(TUN, dst), 0, "delete it");

	/* A local address is no route of ours. */
	is_int(kroute_delete(TUN, in("10.9.0.1")), -1, "local address");
	is_int(errno, ESRCH, "ESRCH");
	is_int(kroute_add(TUN, dst, in("10.9.9.9"), 0, 0), -1,
	    "not an address of ours");
}

static void
test_net(void)
{
	struct in_addr	 dst = in("10.40.0.0"), local = in("10.9.1.1"), src;
	int		 mtu;

	is_int(kroute_net_add("tun8", dst, 16, local, 0), -1,
	    "network: not our device");
	is_int(errno, ENXIO, "ENXIO");
	is_int(kroute_net_add(TUN, dst, 16, local, 1234), 0, "add a network");
	is_int(route_error("10.40.255.1", &src, &mtu), 0, "it is used");
	is_int(src.s_addr, local.s_addr, "its source address is the local end");
	is_int(mtu, 1234, "its MTU");
	is_int(route_error("10.41.0.1", &src, &mtu), ENETUNREACH,
	    "its neighbour has none");
	is_int(kroute_net_add(TUN, dst, 16, local, 1234), -1, "only once");
	is_int(errno, EEXIST, "EEXIST");
	is_int(kroute_net_add(TUN, dst, 24, in("10.9.0.1"), 1000), 0,
	    "a smaller one of the same name");
	is_int(route_error("10.40.0.1", &src, &mtu), 0, "it is used");
	is_int(mtu, 1000, "inside of it");
	is_int(kroute_delete(TUN, dst), -1, "neither is a host route");
	is_int(kroute_net_delete(TUN, dst, 16), 0, "delete the larger");
	is_int(route_error("10.40.1.1", &src, &mtu), ENETUNREACH, "it is gone");
	is_int(route_error("10.40.0.1", &src, &mtu), 0, "the other stays");
	is_int(kroute_net_delete(TUN, dst, 16), -1, "delete it again");
	is_int(errno, ESRCH, "ESRCH");
	is_int(kroute_net_delete(TUN, dst, 24), 0, "delete the other");
	is_int(kroute_net_add(TUN, in("10.40.0.1"), 16, local, 0), -1,
	    "bits beyond the prefix");
}

/* Two LANs, one inside of the other, with nobody on them. */
static void
test_arp(void)
{
	struct kroute_arp	*list;
	int			 large, small, index;

	is_int(kroute_arp_add(in("10.5.0.7"), &index), -1, "proxy ARP: no LAN");
	is_int(errno, EADDRNOTAVAIL, "EADDRNOTAVAIL");
	is_int(kroute_arp_list(&list), 0, "nothing is published");
	free(list);
	if (system("ip link add lan7 type veth peer name lan8 && "
	    "ip addr add 10.5.0.1/16 dev lan7 && "
	    "ip addr add 10.5.8.1/24 dev lan8 && "
	    "ip addr add 10.6.0.1 peer 10.6.0.0/24 dev lan8 && "
	    "ip link set lan7 up && ip link set lan8 up") != 0) {
		ok(1, "proxy ARP # SKIP no LAN to be made");
		return;
	}
	have_lan = 1;
	large = if_nametoindex("lan7");
	small = if_nametoindex("lan8");

	is_int(kroute_arp_add(in("10.5.0.7"), &index), 0, "publish an address");
	is_int(index, large, "on its LAN");
	ok(arp_listed(in("10.5.0.7"), large), "it is listed");
	is_int(kroute_arp_add(in("10.5.8.7"), &index), 0, "and another");
	is_int(index, small, "the longest prefix decides");
	is_int(kroute_arp_list(&list), 2, "both are listed");
	free(list);
	is_int(kroute_arp_add(in("127.0.0.7"), &index), -1, "not on loopback");
	is_int(errno, EADDRNOTAVAIL, "EADDRNOTAVAIL");
	is_int(kroute_arp_add(in("10.9.0.1"), &index), -1, "not on the tun");
	is_int(errno, EADDRNOTAVAIL, "EADDRNOTAVAIL");
	is_int(kroute_arp_add(in("10.6.0.7"), &index), -1,
	    "not on a point-to-point link");
	is_int(errno, EADDRNOTAVAIL, "EADDRNOTAVAIL");

	if (system("ip neigh add proxy 10.5.0.9 dev lan7") == 0) {
		ok(!arp_listed(in("10.5.0.9"), large),
		    "the administrator's is not ours");
		(void)system("ip neigh del proxy 10.5.0.9 dev lan7");
	}
	is_int(kroute_arp_delete(in("10.5.0.7"), small), -1, "another LAN");
	is_int(errno, ESRCH, "ESRCH");
	is_int(kroute_arp_delete(in("10.5.0.7"), large), 0, "delete it");
	ok(!arp_listed(in("10.5.0.7"), large), "it is gone");
	is_int(kroute_arp_delete(in("10.5.0.7"), large), -1, "delete it again");
	is_int(errno, ESRCH, "ESRCH");
	is_int(kroute_arp_delete(in("10.5.0.7"), 9999), -1, "no such LAN");
	is_int(errno, ESRCH, "ESRCH");
	is_int(kroute_arp_delete(in("10.5.8.7"), small), 0, "the other, too");
	is_int(kroute_arp_list(&list), 0, "nothing is left");
	free(list);
	test_arp_many();
	if (system("ip link set lan7 arp off") == 0) {
		is_int(kroute_arp_add(in("10.5.0.7"), &index), -1,
		    "no ARP on this LAN");
		is_int(errno, EADDRNOTAVAIL, "EADDRNOTAVAIL");
		(void)system("ip link set lan7 arp on");
	}
}

/* More than one answer of the kernel holds. */
static void
test_arp_many(void)
{
	struct kroute_arp	*list;
	struct in_addr		 addr;
	ssize_t			 n;
	int			 bad = 0, i, index;

	for (i = 0; i < MANY; i++) {
		addr.s_addr = htonl(0x0a051000 + i);
		if (kroute_arp_add(addr, &index) == -1)
			bad++;
	}
	is_int(bad, 0, "publish many");
	is_int(n = kroute_arp_list(&list), MANY, "all are listed");
	for (i = 0; i < n; i++)
		if (kroute_arp_delete(list[i].addr, list[i].ifindex) == -1)
			bad++;
	is_int(bad, 0, "delete them");
	free(list);
	is_int(kroute_arp_list(&list), 0, "nothing is left");
	free(list);
}

static int
arp_listed(struct in_addr addr, int ifindex)
{
	struct kroute_arp	*list;
	ssize_t			 i, n;
	int			 found = 0;

	if ((n = kroute_arp_list(&list)) == -1)
		return (0);
	for (i = 0; i < n; i++)
		if (list[i].addr.s_addr == addr.s_addr &&
		    list[i].ifindex == ifindex)
			found++;
	free(list);
	return (found == 1);
}

/*
 * As under pledge or seccomp: no socket, no open.  poll(2) wants a limit that
 * is not less than its vector, so it is 1 and descriptor 0 is taken.
 */
static void
test_confined(void)
{
	struct rlimit	 old, none;
	struct in_addr	 dst = in("10.1.0.7"), local = in("10.9.0.1");
	int		 fd, config, add, del, arp_add, arp_del, lan = 0;
	int		 reject, unreject;

	if (getrlimit(RLIMIT_NOFILE, &old) == -1) {
		ok(0, "getrlimit: %s", strerror(errno));
		return;
	}
	none = old;
	none.rlim_cur = 1;
	setrlimit(RLIMIT_NOFILE, &none);
	if ((fd = socket(AF_INET, SOCK_DGRAM, 0)) == 0)
		fd = socket(AF_INET, SOCK_DGRAM, 0);
	config = kroute_tun_config(TUN, &local, 1, 1300);
	add = kroute_add(TUN, dst, local, 1300, 0);
	del = kroute_delete(TUN, dst);
	arp_add = kroute_arp_add(in("10.5.0.7"), &lan);
	arp_del = kroute_arp_delete(in("10.5.0.7"), lan);
	reject = kroute_reject_add(dst, dst);
	unreject = kroute_reject_delete(dst, dst);
	setrlimit(RLIMIT_NOFILE, &old);

	is_int(fd, -1, "without a descriptor to be had");
	is_int(config, 0, "configure");
	is_int(add, 0, "add a route");
	is_int(del, 0, "delete it");
	is_int(arp_add, have_lan ? 0 : -1, "publish an address");
	is_int(arp_del, have_lan ? 0 : -1, "no more");
	is_int(reject, 0, "reject a range");
	is_int(unreject, 0, "let it go");
}

static void
test_reject(void)
{
	struct in_addr	 first = in("10.0.0.3"), last = in("10.0.0.17"), src;
	uint32_t	 a;
	int		 bad, mtu;

	is_int(kroute_reject_add(first, last), 0, "reject an odd range");
	for (a = 0, bad = 0; a <= 33; a++) {
		struct in_addr	 addr;

		addr.s_addr = htonl(0x0a000000 + a);
		if (reachable(addr) !=
		    (a >= 3 && a <= 17 ? EHOSTUNREACH : ENETUNREACH))
			bad++;
	}
	is_int(bad, 0, "exactly its addresses are unreachable");
	is_int(kroute_reject_add(first, last), 0, "what is there may stay");

	/* 10.0.0.3 is a block of its own: the same prefix as a host route. */
	is_int(kroute_add(TUN, first, in("10.9.0.1"), 0, 0), 0, "a host route");
	is_int(route_error("10.0.0.3", &src, &mtu), 0, "wins");
	is_int(kroute_add(TUN, in("10.0.0.9"), in("10.9.0.1"), 0, 0), 0,
	    "a host route inside a block");
	is_int(route_error("10.0.0.9", &src, &mtu), 0, "wins");
	is_int(kroute_delete(TUN, first), 0, "delete the first");
	is_int(route_error("10.0.0.3", &src, &mtu), EHOSTUNREACH,
	    "unreachable again");
	is_int(kroute_delete(TUN, first), -1, "the reject route stays");
	is_int(errno, ESRCH, "ESRCH");

	is_int(kroute_reject_delete(first, last), 0, "delete the range");
	is_int(route_error("10.0.0.4", &src, &mtu), ENETUNREACH, "it is gone");
	is_int(route_error("10.0.0.9", &src, &mtu), 0,
	    "the host route is still there");
	is_int(kroute_delete(TUN, in("10.0.0.9")), 0, "delete it");
	is_int(kroute_reject_delete(first, last), -1, "delete it again");
	is_int(errno, ESRCH, "ESRCH");

	is_int(kroute_reject_add(last, first), -1, "backwards");
	is_int(errno, EINVAL, "EINVAL");
	is_int(kroute_reject_add(first, first), 0, "one address");
	is_int(route_error("10.0.0.3", &src, &mtu), EHOSTUNREACH, "rejected");
	is_int(kroute_reject_delete(first, first), 0, "delete it");
}

static void
test_tun_recv(int fd)
{
	int	 bad, i, n;

	kroute_add(TUN, in("10.1.0.5"), in("10.9.0.1"), 0, 0);
	while (tun_recv(fd, pkt, PACKET_BATCH) > 0)
		;
	is_int(tun_recv(fd, pkt, PACKET_BATCH), 0, "tun: no packet");

	for (i = 0; i < PACKET_BATCH + 6; i++)
		udp_send("10.1.0.5", 100 + i, i);
	is_int(n = tun_wait(fd, pkt, PACKET_BATCH), PACKET_BATCH,
	    "tun: a full vector");
	for (i = 0, bad = 0; i < n; i++) {
		if (pkt[i].data != pkt[i].buf + PACKET_HEADROOM ||
		    pkt[i].len != 20 + 8 + 100 + i ||
		    pkt[i].data[0] != 0x45 || pkt[i].data[9] != IPPROTO_UDP ||
		    memcmp(pkt[i].data + 16, "\012\001\000\005", 4) != 0 ||
		    pkt[i].data[28] != i || pkt[i].data[127 + i] != i)
			bad++;
	}
	is_int(bad, 0, "tun: as they were sent, with headroom");
	is_int(tun_wait(fd, pkt, PACKET_BATCH), 6, "tun: the rest");

	kroute_tun_config(TUN, NULL, 0, 2040);
	udp_send("10.1.0.5", 2000, 1);
	udp_send("10.1.0.5", PACKET_SIZE - PACKET_HEADROOM - 29, 2);
	is_int(tun_wait(fd, pkt, 2), 2, "tun: two large packets");
	is_int(pkt[0].len, 0, "tun: too large, no length");
	is_int(pkt[1].len, PACKET_SIZE - PACKET_HEADROOM - 1,
	    "tun: the largest that fits");
	kroute_tun_config(TUN, NULL, 0, 1400);

	errno = 0;
	is_int(tun_recv(-1, pkt, 1), -1, "tun: no device");
	is_int(errno, EBADF, "EBADF");
}

static void
test_tun_send(int fd)
{
	struct sockaddr_in	 sin;
	struct pollfd		 pfd;
	uint8_t			 got[PACKET_SIZE];
	int			 bad, i, s;

	s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons(UDP_PORT);
	sin.sin_addr = in("10.9.0.1");
	if (bind(s, (struct sockaddr *)&sin, sizeof(sin)) == -1) {
		ok(0, "bind: %s", strerror(errno));
		close(s);
		return;
	}

	for (i = 0; i < PACKET_BATCH; i++) {
		pkt[i].data = pkt[i].buf + PACKET_HEADROOM;
		pkt[i].len = ip_fill(pkt[i].data, IPPROTO_UDP, "10.1.0.5",
		    "10.9.0.1", 8 + 64);
		memset(pkt[i].data + 28, i, 64);
	}
	is_int(tun_send(fd, pkt, PACKET_BATCH), 0, "tun: send a vector");
	for (i = 0, bad = 0; i < PACKET_BATCH; i++) {
		pfd.fd = s;
		pfd.events = POLLIN;
		poll(&pfd, 1, WAIT);
		if (recv(s, got, sizeof(got), 0) != 64 || got[0] != i ||
		    got[63] != i)
			bad++;
	}
	is_int(bad, 0, "tun: a socket receives them");

	pkt[1].data[0] = 0x15;
	pkt[1].len = 40;
	is_int(tun_send(fd, pkt, 3), 1, "tun: one of three is not IP");
	is_int(recv(s, got, sizeof(got), 0), 64, "tun: the first arrives");
	ok(recv(s, got, sizeof(got), 0) == 64 && got[0] == 2,
	    "tun: the last arrives");
	close(s);
}

static void
test_gre(int fd)
{
	socklen_t	 len;
	int		 bad, i, n, size = 0;

	ok((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0, "GRE: non-blocking");
	ok((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, "GRE: close-on-exec");
	len = sizeof(size);
	getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &len);
	ok(size >= 1024 * 1024 && size <= 16 * 1024 * 1024,
	    "GRE: receive buffer of %d", size);
	is_int(gre_recv(fd, pkt, PACKET_BATCH), 0, "GRE: no packet");

	for (i = 0; i < PACKET_BATCH; i++) {
		gre_fill(&pkt[i], i, 100 + i);
		pkt[i].src = in(i % 2 ? "127.0.0.5" : "127.0.0.6");
	}
	is_int(gre_send(fd, pkt, PACKET_BATCH), 0, "GRE: send a vector");
	is_int(n = gre_wait(fd, pkt, PACKET_BATCH), PACKET_BATCH,
	    "GRE: receive it");
	for (i = 0, bad = 0; i < n; i++) {
		if (pkt[i].len != 112 + i || pkt[i].data[11] != i ||
		    pkt[i].data[pkt[i].len - 1] != i ||
		    pkt[i].dst.s_addr != in("127.0.0.1").s_addr ||
		    pkt[i].src.s_addr !=
		    in(i % 2 ? "127.0.0.5" : "127.0.0.6").s_addr)
			bad++;
	}
	is_int(bad, 0, "GRE: contents and addresses are right");
	is_int(gre_recv(fd, pkt, PACKET_BATCH), 0, "GRE: no more");
	is_int(gre_send(fd, pkt, 0), 0, "GRE: nothing to send");
}

static void
test_gre_filter(int fd)
{
#ifdef SO_ATTACH_FILTER
	int	 i;

	for (i = 0; i < 6; i++)
		gre_fill(&pkt[i], i, 40);
	pkt[0].data[1] = 0x00;		/* version 0 */
	pkt[1].data[0] = 0x10;		/* no key */
	pkt[2].data[0] = 0x70;		/* routing */
	pkt[3].data[2] = 0x65;		/* not PPP */
	pkt[4].len = 3;			/* no protocol */
	is_int(gre_send(fd, pkt, 6), 0, "GRE: send foreign packets");
	is_int(gre_wait(fd, pkt, 1), 1, "GRE: only ours comes");
	is_int(pkt[0].data[11], 5, "GRE: it is the last");
	is_int(gre_recv(fd, pkt, 1), 0, "GRE: no more");
#else
	ok(1, "GRE: foreign packets # SKIP no socket filter");
#endif
}

/* Engine 1 of 3: its share of the call ids, whatever it does later. */
static void
test_gre_share(int fd)
{
#ifdef SO_ATTACH_FILTER
	int	 mine, i, unlock = 0;

	if (!ok((mine = kroute_gre_open(1, 3)) != -1,
	    "open one of three GRE sockets"))
		return;
	for (i = 0; i < 8; i++) {
		gre_fill(&pkt[i], i, 40);
		pkt[i].data[6] = (0xfff9 + i) >> 8;
		pkt[i].data[7] = (0xfff9 + i) & 0xff;
	}
	pkt[7].data[6] = pkt[7].data[7] = 0;
	is_int(gre_send(fd, pkt, 8), 0, "GRE: send to eight calls");
	is_int(gre_wait(mine, pkt, 2), 2, "GRE: two are its own");
	ok(pkt[0].data[11] == 1 && pkt[1].data[11] == 4,
	    "GRE: 65530 and 65533");
	is_int(gre_recv(mine, pkt, 1), 0, "GRE: no more");
	is_int(gre_wait(fd, pkt, 8), 8, "GRE: one of one gets all");
	errno = 0;
	ok(setsockopt(mine, SOL_SOCKET, SO_DETACH_FILTER, &unlock,
	    sizeof(unlock)) == -1 && errno == EPERM,
	    "GRE: the filter stays");
	close(mine);
#else
	ok(1, "GRE: shares # SKIP no socket filter");
#endif
}

/* Several devices with the same address, each with its routes. */
static void
test_tun_second(void)
{
	struct in_addr	 addr = in("10.9.0.1"), dst = in("10.1.9.9");
	char		 name[IF_NAMESIZE];
	int		 fd;

	if (!ok((fd = kroute_tun_open("", name, 1)) != -1, "a second device"))
		return;
	is_int(kroute_tun_config(name, &addr, 1, 1400), 0,
	    "the same address");
	ok(has_address(name, "10.9.0.1") && has_address(TUN, "10.9.0.1"),
	    "both have it");
	is_int(kroute_add(name, dst, addr, 1400, 0), 0, "a route by it");
	is_int(kroute_delete(name, dst), 0, "and back");
	close(fd);
	is_int(kroute_add(TUN, dst, addr, 1400, 0), 0,
	    "the first still works without it");
	is_int(kroute_delete(TUN, dst), 0, "and back");
}

static void
test_gre_sizes(int fd)
{
	static uint8_t	 huge[65535];
	int		 mtu;

	gre_fill(&pkt[0], 1, PACKET_SIZE - 20 - 12);
	gre_fill(&pkt[1], 2, 40);
	pkt[1].len = PACKET_SIZE - 20 + 1;
	is_int(gre_send(fd, pkt, 2), 0, "GRE: the largest, and one octet more");
	is_int(gre_wait(fd, pkt, 2), 2, "GRE: both come");
	is_int(pkt[0].len, PACKET_SIZE - 20, "GRE: the largest fits");
	is_int(pkt[1].len, 0, "GRE: too large, no length");

	mtu = link_mtu("lo", 576);
	gre_fill(&pkt[0], 3, 1400);
	is_int(gre_send(fd, pkt, 1), 0, "GRE: larger than the MTU");
	is_int(gre_wait(fd, pkt, 1), 1, "GRE: reassembled");
	ok(pkt[0].len == 1412 && pkt[0].data[1411] == 3, "GRE: whole");
	link_mtu("lo", mtu);

	gre_fill(&pkt[0], 4, 40);
	gre_fill(&pkt[1], 5, 40);
	gre_fill(&pkt[2], 6, 40);
	pkt[1].data = huge;
	pkt[1].len = sizeof(huge);
	errno = 0;
	is_int(gre_send(fd, pkt, 3), 1, "GRE: one larger than IP allows");
	is_int(errno, EMSGSIZE, "EMSGSIZE");
	is_int(gre_wait(fd, pkt, 2), 2, "GRE: its neighbours arrive");
}

static void
test_gre_errors(int fd)
{
	int	 i, n;

	for (i = 0; i < 5; i++)
		gre_fill(&pkt[i], i, 40);
	pkt[0].dst = in("10.66.66.66");		/* no route */
	pkt[2].src = in("192.0.2.1");		/* not ours */
	pkt[3].dst = in("10.66.66.66");
	errno = 0;
	is_int(gre_send(fd, pkt, 5), 3, "GRE: three of five are dropped");
	is_int(errno, ENETUNREACH, "ENETUNREACH for the last of them");
	n = gre_wait(fd, pkt, 2);
	ok(n == 2 && pkt[0].data[11] == 1 && pkt[1].data[11] == 4,
	    "GRE: the others arrive");

	for (i = 0; i < PACKET_BATCH; i++) {
		gre_fill(&pkt[i], i, 40);
		pkt[i].dst = in("10.66.66.66");
	}
	is_int(gre_send(fd, pkt, PACKET_BATCH), PACKET_BATCH,
	    "GRE: all are dropped");
	is_int(gre_recv(fd, pkt, PACKET_BATCH), 0, "GRE: none arrives");

	is_int(gre_send(-1, pkt, 2), 2, "GRE: no socket to send");
	errno = 0;
	is_int(gre_recv(-1, pkt, 2), -1, "GRE: no socket to receive");
	is_int(errno, EBADF, "EBADF");
}

/* An ICMP error about a packet sent must not look like an error of ours. */
static void
test_gre_icmp(int gre, int tun)
{
#ifdef IP_RECVERR
	uint8_t		 icmp[8 + 28];
	uint16_t	 sum;
	int		 i, n, on = 1;

	if (setsockopt(gre, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) == -1) {
		ok(0, "IP_RECVERR: %s", strerror(errno));
		return;
	}
	for (i = 0; i < 2; i++) {
		gre_fill(&pkt[0], 1, 40);
		pkt[0].src = in("10.9.0.1");
		pkt[0].dst = in("10.1.0.5");
		is_int(gre_send(gre, pkt, 1), 0, "GRE: send into the tun");
		is_int(tun_wait(tun, pkt, 1), 1, "tun: read it");

		memset(icmp, 0, sizeof(icmp));
		icmp[0] = 3;			/* destination unreachable */
		icmp[1] = 3;			/* port */
		memcpy(icmp + 8, pkt[0].data, 28);
		sum = cksum(icmp, sizeof(icmp));
		memcpy(icmp + 2, &sum, sizeof(sum));
		pkt[0].len = ip_fill(pkt[0].data, IPPROTO_ICMP, "10.1.0.5",
		    "10.9.0.1", sizeof(icmp));
		memcpy(pkt[0].data + 20, icmp, sizeof(icmp));
		is_int(tun_send(tun, pkt, 1), 0, "tun: answer by ICMP");

		if (i == 0)
			is_int(gre_recv(gre, pkt, PACKET_BATCH), 0,
			    "GRE: nothing to receive, and no error");
		gre_fill(&pkt[0], 7, 40);
		gre_fill(&pkt[1], 8, 40);
		is_int(gre_send(gre, pkt, 2), 0, "GRE: send goes on");
		n = gre_wait(gre, pkt, 2);
		ok(n == 2 && pkt[0].data[11] == 7 && pkt[1].data[11] == 8,
		    "GRE: so does receive");
	}
#else
	ok(1, "ICMP errors # SKIP not reported to raw sockets");
#endif
}

static void
test_tun_close(int fd)
{
	struct in_addr	 src;
	int		 mtu;

	is_int(route_error("10.1.0.5", &src, &mtu), 0, "the route is there");
	close(fd);
	ok(if_nametoindex(TUN) == 0, "%s is gone", TUN);
	is_int(route_error("10.1.0.5", &src, &mtu), ENETUNREACH,
	    "and with it the route");
	is_int(kroute_delete(TUN, in("10.1.0.5")), -1, "nothing to delete");
	is_int(errno, ESRCH, "ESRCH");
	is_int(kroute_add(TUN, in("10.1.0.5"), in("10.9.0.1"), 0, 0), -1,
	    "nothing to add to");
}

static struct in_addr
in(const char *s)
{
	struct in_addr	 addr;

	addr.s_addr = inet_addr(s);
	return (addr);
}

/* The MTU of an interface; sets it, if mtu is not 0. */
static int
link_mtu(const char *name, int mtu)
{
	struct ifreq	 ifr;
	int		 old = -1, s;

	s = socket(AF_INET, SOCK_DGRAM, 0);
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	if (ioctl(s, SIOCGIFMTU, &ifr) != -1)
		old = ifr.ifr_mtu;
	ifr.ifr_mtu = mtu;
	if (mtu != 0 && ioctl(s, SIOCSIFMTU, &ifr) == -1)
		old = -1;
	close(s);
	return (old);
}

static int
link_up(const char *name)
{
	struct ifreq	 ifr;
	int		 ret = -1, s;

	s = socket(AF_INET, SOCK_DGRAM, 0);
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	if (ioctl(s, SIOCGIFFLAGS, &ifr) != -1) {
		ifr.ifr_flags |= IFF_UP;
		ret = ioctl(s, SIOCSIFFLAGS, &ifr);
	}
	close(s);
	return (ret);
}

/* Is the interface up, with this address and a mask of all ones? */
static int
has_address(const char *name, const char *addr)
{
	struct ifaddrs		*ifap, *ifa;
	struct sockaddr_in	 sin, mask;
	int			 found = 0;

	if (getifaddrs(&ifap) == -1)
		return (0);
	for (ifa = ifap; ifa != NULL; ifa = ifa->ifa_next) {
		if (strcmp(ifa->ifa_name, name) != 0 ||
		    ifa->ifa_addr == NULL || ifa->ifa_netmask == NULL ||
		    ifa->ifa_addr->sa_family != AF_INET ||
		    (ifa->ifa_flags & IFF_UP) == 0)
			continue;
		memcpy(&sin, ifa->ifa_addr, sizeof(sin));
		memcpy(&mask, ifa->ifa_netmask, sizeof(mask));
		if (sin.sin_addr.s_addr == in(addr).s_addr &&
		    mask.sin_addr.s_addr == INADDR_BROADCAST)
			found++;
	}
	freeifaddrs(ifap);
	return (found == 1);
}

/*
 * What the kernel says about dst: 0 or an error; the source address and the
 * MTU that it would use.
 */
static int
route_error(const char *dst, struct in_addr *src, int *mtu)
{
	struct sockaddr_in	 sin;
	socklen_t		 len;
	int			 error = 0, s;

	*mtu = 0;
	s = socket(AF_INET, SOCK_DGRAM, 0);
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons(UDP_PORT);
	sin.sin_addr = in(dst);
	if (connect(s, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		error = errno;
	len = sizeof(sin);
	getsockname(s, (struct sockaddr *)&sin, &len);
	*src = sin.sin_addr;
#ifdef IP_MTU
	len = sizeof(*mtu);
	getsockopt(s, IPPROTO_IP, IP_MTU, mtu, &len);
#endif
	close(s);
	return (error);
}

static int
reachable(struct in_addr addr)
{
	struct in_addr	 src;
	int		 mtu;

	return (route_error(inet_ntoa(addr), &src, &mtu));
}

/* One datagram of len octets, all of them c. */
static void
udp_send(const char *dst, size_t len, int c)
{
	struct sockaddr_in	 sin;
	uint8_t			 data[PACKET_SIZE];
	int			 s;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons(UDP_PORT);
	sin.sin_addr = in(dst);
	memset(data, c, sizeof(data));
	s = socket(AF_INET, SOCK_DGRAM, 0);
	if (sendto(s, data, len, 0, (struct sockaddr *)&sin,
	    sizeof(sin)) == -1)
		printf("# sendto %s: %s\n", dst, strerror(errno));
	close(s);
}

/* Read up to n IPv4 packets; the kernel may speak IPv6 to the device. */
static int
tun_wait(int fd, struct packet *p, int n)
{
	struct pollfd	 pfd;
	int		 got = 0, ret;

	while (got < n) {
		pfd.fd = fd;
		pfd.events = POLLIN;
		if (poll(&pfd, 1, got > 0 ? 100 : WAIT) != 1)
			break;
		if ((ret = tun_recv(fd, p + got, 1)) == -1)
			return (-1);
		if (ret == 1 && p[got].data[0] >> 4 == 4)
			got++;
	}
	return (got);
}

/* Wait for n packets, in as many vectors as it takes. */
static int
gre_wait(int fd, struct packet *p, int n)
{
	struct pollfd	 pfd;
	int		 got = 0, ret;

	while (got < n) {
		pfd.fd = fd;
		pfd.events = POLLIN;
		if (poll(&pfd, 1, WAIT) != 1)
			break;
		if ((ret = gre_recv(fd, p + got, n - got)) == -1)
			return (-1);
		got += ret;
	}
	return (got);
}

/* A GRE packet with sequence number i and a payload of len octets i. */
static void
gre_fill(struct packet *p, int i, size_t len)
{
	p->data = p->buf + PACKET_HEADROOM;
	if (len > PACKET_SIZE - PACKET_HEADROOM - 12)
		p->data = p->buf;
	memset(p->data, 0, 12);
	p->data[0] = 0x30;		/* K, S */
	p->data[1] = 0x01;		/* version 1 */
	p->data[2] = 0x88;
	p->data[3] = 0x0b;
	p->data[4] = len >> 8;
	p->data[5] = len;
	p->data[11] = i;
	memset(p->data + 12, i, len);
	p->len = 12 + len;
	p->src = in("127.0.0.1");
	p->dst = in("127.0.0.1");
}

/* An IPv4 header with len octets to follow, if UDP with its header. */
static size_t
ip_fill(uint8_t *p, int proto, const char *src, const char *dst, size_t len)
{
	struct in_addr	 addr;
	uint16_t	 sum;

	memset(p, 0, 28);
	p[0] = 0x45;
	p[2] = (20 + len) >> 8;
	p[3] = 20 + len;
	p[8] = 64;
	p[9] = proto;
	addr = in(src);
	memcpy(p + 12, &addr, sizeof(addr));
	addr = in(dst);
	memcpy(p + 16, &addr, sizeof(addr));
	sum = cksum(p, 20);
	memcpy(p + 10, &sum, sizeof(sum));
	if (proto == IPPROTO_UDP) {
		p[20] = p[22] = UDP_PORT >> 8;
		p[21] = p[23] = UDP_PORT & 0xff;
		p[24] = len >> 8;
		p[25] = len;
	}
	return (20 + len);
}

/* RFC 1071, in network byte order. */
static uint16_t
cksum(const uint8_t *p, size_t len)
{
	uint32_t	 sum = 0;
	size_t		 i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	while (sum > 0xffff)
		sum = (sum >> 16) + (sum & 0xffff);
	return (htons(~sum & 0xffff));
}
