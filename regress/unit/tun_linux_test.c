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
 * The tun device with offloads, and as it is where the kernel refuses one of
 * them: ioctl(2) is ours and refuses what it is told to.  The same TCP goes
 * through all of them, against the running kernel in a network namespace.
 */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <linux/if_tun.h>

#include <errno.h>
#include <fcntl.h>
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
#define MTU		1300
#define MSS		(MTU - 40)
#define DATA		100000
#define WAIT		2000	/* ms, longest for a packet to appear */

enum refuse {
	REFUSE_NOTHING,
	REFUSE_OFFLOAD,		/* TUNSETOFFLOAD */
	REFUSE_HEADER		/* IFF_VNET_HDR */
};

static enum refuse	 refuse;
static const char	*mode;
static uint8_t		 buf[PACKET_BATCH][PACKET_SIZE];
static struct packet	 pkt[PACKET_BATCH];

int
ioctl(int fd, unsigned long request, ...)
{
	va_list	 ap;
	void	*arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if ((request == TUNSETOFFLOAD && refuse == REFUSE_OFFLOAD) ||
	    (request == TUNSETIFF && refuse == REFUSE_HEADER &&
	    ((struct ifreq *)arg)->ifr_flags & IFF_VNET_HDR)) {
		errno = EINVAL;
		return (-1);
	}
	return (syscall(SYS_ioctl, fd, request, arg));
}

static uint32_t
get32(const uint8_t *p)
{
	return ((uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]);
}

/* RFC 1071; 0 if the sum of what is there is right. */
static uint16_t
cksum(const uint8_t *p, size_t len, uint32_t sum)
{
	size_t	i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? p[i] : p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (~sum & 0xffff);
}

static uint16_t
inner_cksum(const uint8_t *ip, size_t len)
{
	uint32_t	sum = ip[9] + len - 20;
	int		i;

	for (i = 12; i < 20; i += 2)
		sum += ip[i] << 8 | ip[i + 1];
	return (cksum(ip + 20, len - 20, sum));
}

/* A TCP packet from 10.1.0.5 port 80, from the client's end. */
static void
fill(struct packet *p, uint16_t port, uint32_t seq, uint32_t ack,
    uint8_t flags, size_t len)
{
	uint8_t		*ip, *tcp;
	uint16_t	 sum;
	size_t		 i;

	p->data = ip = p->buf + PACKET_HEADROOM;
	tcp = ip + 20;
	p->len = 40 + len;
	memset(ip, 0, 40);
	ip[0] = 0x45;
	ip[2] = p->len >> 8;
	ip[3] = p->len;
	ip[6] = 0x40;
	ip[8] = 64;
	ip[9] = IPPROTO_TCP;
	memcpy(ip + 12, "\12\1\0\5\12\11\0\1", 8);
	sum = cksum(ip, 20, 0);
	ip[10] = sum >> 8;
	ip[11] = sum;
	tcp[1] = 80;
	tcp[2] = port >> 8;
	tcp[3] = port;
	for (i = 0; i < 4; i++) {
		tcp[4 + i] = seq >> (24 - 8 * i);
		tcp[8 + i] = ack >> (24 - 8 * i);
	}
	tcp[12] = 0x50;
	tcp[13] = flags;
	memset(tcp + 14, 0xff, 2);
	for (i = 0; i < len; i++)
		tcp[20 + i] = seq + i;
	sum = inner_cksum(ip, p->len);
	tcp[16] = sum >> 8;
	tcp[17] = sum;
}

/* Up to n packets of TCP; the kernel has others to send, too. */
static int
receive(int fd, int n)
{
	struct pollfd	 pfd;
	struct packet	 swap;
	int		 got, i, keep;

	for (;;) {
		pfd.fd = fd;
		pfd.events = POLLIN;
		if (!tun_pending() && poll(&pfd, 1, WAIT) != 1)
			return (0);
		if ((got = tun_recv(fd, pkt, n)) == -1)
			return (-1);
		for (i = keep = 0; i < got; i++) {
			if (pkt[i].len < 40 || pkt[i].data[0] != 0x45 ||
			    pkt[i].data[9] != IPPROTO_TCP)
				continue;
			swap = pkt[keep];
			pkt[keep++] = pkt[i];
			pkt[i] = swap;
		}
		if (keep > 0)
			return (keep);
	}
}

/* A connection of the kernel's to us, who are the other end. */
static void
test_tcp(int fd, int header)
{
	static uint8_t		 data[DATA];
	struct sockaddr_in	 sin;
	uint32_t		 seq, next, iss = 1000;
	size_t			 len, done = 0;
	uint16_t		 port;
	int			 bad = 0, cut = 0, acked = 0, i, n, s;
	int			 size = 4 * DATA;

	s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(s, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons(80);
	sin.sin_addr.s_addr = inet_addr("10.1.0.5");
	connect(s, (struct sockaddr *)&sin, sizeof(sin));
	if (receive(fd, 1) != 1 || pkt[0].data[33] != 2) {
		ok(0, "%s: no SYN", mode);
		close(s);
		return;
	}
	ok(inner_cksum(pkt[0].data, pkt[0].len) == 0, "%s: SYN", mode);
	port = pkt[0].data[20] << 8 | pkt[0].data[21];
	next = get32(pkt[0].data + 24) + 1;
	fill(&pkt[0], port, iss++, next, 0x12, 0);
	is_int(tun_send(fd, pkt, 1), 0, "%s: SYN and ACK", mode);
	is_int(receive(fd, 1), 1, "%s: ACK", mode);

	for (i = 0; i < DATA; i++)
		data[i] = i * 7 + (i >> 8);
	is_int(send(s, data, DATA, 0), DATA, "%s: send much", mode);
	seq = next;
	while (done < DATA && (n = receive(fd, 4)) > 0) {
		cut |= tun_pending();
		for (i = 0; i < n; i++) {
			len = pkt[i].len - 40;
			if (cksum(pkt[i].data, 20, 0) != 0 ||
			    inner_cksum(pkt[i].data, pkt[i].len) != 0 ||
			    pkt[i].len > MTU ||
			    get32(pkt[i].data + 24) != seq + done ||
			    done + len > DATA ||
			    memcmp(pkt[i].data + 40, data + done, len) != 0)
				bad++;
			done += len;
		}
		fill(&pkt[0], port, iss, seq + done, 0x10, 0);
		if (tun_send(fd, pkt, 1) != 0)
			bad++;
	}
	is_int(done, DATA, "%s: all of it comes", mode);
	is_int(bad, 0, "%s: in segments that are right", mode);
	is_int(cut, header, "%s: cut by us", mode);

	/* The other way: consecutive segments, and one that is wrong. */
	for (i = 0; i < PACKET_BATCH; i++)
		fill(&pkt[i], port, iss + 500 * i, seq + done, 0x10, 500);
	pkt[PACKET_BATCH - 1].data[100] ^= 1;
	n = tun_send(fd, pkt, PACKET_BATCH);
	is_int(n, 0, "%s: send segments", mode);
	for (len = 0; (n = recv(s, data, DATA, 0)) > 0; len += n)
		for (i = 0; i < n; i++)
			if (data[i] != (uint8_t)(iss + len + i))
				bad++;
	is_int(len, 500 * (PACKET_BATCH - 1), "%s: the good ones arrive", mode);
	is_int(bad, 0, "%s: as they were", mode);
	while (!acked && (n = receive(fd, PACKET_BATCH)) > 0)
		acked = get32(pkt[n - 1].data + 28) == iss + len;
	ok(acked, "%s: and are acknowledged", mode);
	close(s);
}

/* How many packets the kernel sees of a run of eight. */
static int
seen(int fd)
{
	struct pollfd	 pfd;
	int		 i, n = 0;

	pfd.fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_TCP);
	pfd.events = POLLIN;
	for (i = 0; i < 8; i++)
		fill(&pkt[i], 4711, 1 + 100 * i, 1, 0x10, 100);
	if (tun_send(fd, pkt, 8) != 0)
		n = -100;
	while (poll(&pfd, 1, n == 0 ? WAIT : 50) == 1 &&
	    recv(pfd.fd, buf[0], PACKET_SIZE, 0) > 0)
		n++;
	close(pfd.fd);
	return (n);
}

static void
run(const char *name, enum refuse what, int offload, int header)
{
	struct in_addr	 addr;
	struct ifreq	 ifr;
	char		 got[IF_NAMESIZE];
	int		 fd;

	mode = name;
	refuse = what;
	if (!ok((fd = kroute_tun_open(TUN, got, offload)) != -1, "%s: open",
	    mode))
		return;
	refuse = REFUSE_NOTHING;
	is_str(got, TUN, "%s: its name", mode);
	memset(&ifr, 0, sizeof(ifr));
	ioctl(fd, TUNGETIFF, &ifr);
	is_int((ifr.ifr_flags & IFF_VNET_HDR) != 0, header,
	    "%s: the header of virtio", mode);
	tun_init(fd);
	addr.s_addr = inet_addr("10.9.0.1");
	is_int(kroute_tun_config(TUN, &addr, 1, MTU), 0, "%s: configure", mode);
	addr.s_addr = inet_addr("10.1.0.5");
	is_int(kroute_add(TUN, addr, (struct in_addr){
	    inet_addr("10.9.0.1") }, 0, 0), 0, "%s: route", mode);
	test_tcp(fd, header);
	is_int(seen(fd), header ? 1 : 8, "%s: packets that the kernel sees",
	    mode);
	close(fd);
}

int
main(void)
{
	struct ifreq	 ifr;
	int		 i, s;

	for (i = 0; i < PACKET_BATCH; i++)
		pkt[i].buf = buf[i];
	if (unshare(CLONE_NEWNET) == -1) {
		ok(1, "the tun device # SKIP no network namespace: %s",
		    strerror(errno));
		done_testing();
	}
	s = socket(AF_INET, SOCK_DGRAM, 0);
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, "lo", sizeof(ifr.ifr_name));
	ifr.ifr_flags = IFF_UP;
	ioctl(s, SIOCSIFFLAGS, &ifr);
	close(s);
	if (!ok(kroute_init() == 0, "kroute_init"))
		done_testing();
	run("offload", REFUSE_NOTHING, 1, 1);
	run("no TUNSETOFFLOAD", REFUSE_OFFLOAD, 1, 0);
	run("no IFF_VNET_HDR", REFUSE_HEADER, 1, 0);
	run("plain", REFUSE_NOTHING, 0, 0);
	done_testing();
}
