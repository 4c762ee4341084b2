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

#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/ip.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "packet_io.h"

/* Errors of earlier packets that one gre_recv() puts up with. */
#define GRE_RECV_TRIES	8

/* tun(4) and pppac(4): the address family, network byte order, comes first. */
#define TUN_HEADER	4

int
gre_recv(int fd, struct packet *p, int n)
{
	static struct mmsghdr	 msg[PACKET_BATCH];
	static struct iovec	 iov[PACKET_BATCH];
	int			 i, got = -1, tries;

	if (n > PACKET_BATCH)
		n = PACKET_BATCH;
	memset(msg, 0, n * sizeof(msg[0]));
	for (i = 0; i < n; i++) {
		iov[i].iov_base = p[i].buf;
		iov[i].iov_len = PACKET_SIZE;
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
	}

	for (tries = 0; tries < GRE_RECV_TRIES && got == -1; tries++) {
		if ((got = recvmmsg(fd, msg, n, MSG_DONTWAIT, NULL)) != -1)
			break;
		switch (errno) {
		case EAGAIN:
			return (0);
		case EBADF:
		case EFAULT:
		case EINVAL:
		case ENOTSOCK:
			return (-1);
		default:
			/* What an ICMP said about a packet sent; try again. */
			break;
		}
	}
	if (got == -1)
		return (0);

	for (i = 0; i < got; i++) {
		if (msg[i].msg_hdr.msg_flags & MSG_TRUNC ||
		    packet_strip_ip(&p[i], msg[i].msg_len) == -1) {
			p[i].data = p[i].buf;
			p[i].len = 0;
		}
	}
	return (got);
}

int
gre_send(int fd, struct packet *p, int n)
{
	static struct mmsghdr		 msg[PACKET_BATCH];
	static struct iovec		 iov[PACKET_BATCH][2];
	static struct sockaddr_in	 to[PACKET_BATCH];
	static struct ip		 ip[PACKET_BATCH];
	int				 i, sent, dropped = 0, error = 0;

	if (n > PACKET_BATCH) {
		dropped = n - PACKET_BATCH;
		error = EMSGSIZE;
		n = PACKET_BATCH;
	}
	memset(msg, 0, n * sizeof(msg[0]));
	for (i = 0; i < n; i++) {
		to[i].sin_len = sizeof(to[i]);
		to[i].sin_family = AF_INET;
		to[i].sin_addr = p[i].dst;
		/*
		 * All in network byte order.  The kernel replaces an ip_id of
		 * 0 and the checksum; without IP_DF it fragments.
		 */
		ip[i].ip_v = IPVERSION;
		ip[i].ip_hl = sizeof(ip[i]) / 4;
		ip[i].ip_len = htons(sizeof(ip[i]) + p[i].len);
		ip[i].ip_ttl = IPDEFTTL;
		ip[i].ip_p = IPPROTO_GRE;
		ip[i].ip_src = p[i].src;
		ip[i].ip_dst = p[i].dst;
		iov[i][0].iov_base = &ip[i];
		iov[i][0].iov_len = sizeof(ip[i]);
		iov[i][1].iov_base = p[i].data;
		iov[i][1].iov_len = p[i].len;
		msg[i].msg_hdr.msg_name = &to[i];
		msg[i].msg_hdr.msg_namelen = sizeof(to[i]);
		msg[i].msg_hdr.msg_iov = iov[i];
		msg[i].msg_hdr.msg_iovlen = 2;
	}

	/* An error is that of the first packet, those before it are gone. */
	for (i = 0; i < n;) {
		sent = sendmmsg(fd, msg + i, n - i, MSG_DONTWAIT);
		if (sent != -1) {
			i += sent;
			continue;
		}
		if (errno == EINTR)
			continue;
		error = errno;
		do {
			p[i++].len = 0;
			dropped++;
		} while (error == EAGAIN && i < n);
	}
	if (dropped > 0)
		errno = error;
	return (dropped);
}

/* The kernel counts for all sockets together only: netstat -s. */
uint64_t
gre_overflow(int fd)
{
	return (0);
}

void
gre_link_init(int fd)
{
}

void
tun_init(int fd)
{
}

int
tun_pending(void)
{
	return (0);
}

int
tun_recv(int fd, struct packet *p, int n)
{
	const size_t	 room = PACKET_SIZE - PACKET_HEADROOM + TUN_HEADER;
	ssize_t		 len;
	int		 i;

	for (i = 0; i < n; i++) {
		p[i].data = p[i].buf + PACKET_HEADROOM;
		len = read(fd, p[i].data - TUN_HEADER, room);
		if (len == -1) {
			if (i > 0 || errno == EAGAIN || errno == EINTR)
				break;
			/* Destroyed, and no event will tell it again. */
			if (errno == EIO)
				errno = ENXIO;
			return (-1);
		}
		/* A longer one is cut off without a word. */
		if (len < TUN_HEADER || (size_t)len == room)
			p[i].len = 0;
		else
			p[i].len = len - TUN_HEADER;
	}
	return (i);
}

int
tun_send(int fd, struct packet *p, int n)
{
	uint32_t	 af;
	int		 i, dropped = 0, error = 0;

	for (i = 0; i < n; i++) {
		af = htonl(p[i].data[0] >> 4 == 6 ? AF_INET6 : AF_INET);
		memcpy(p[i].data - TUN_HEADER, &af, TUN_HEADER);
		if (write(fd, p[i].data - TUN_HEADER,
		    p[i].len + TUN_HEADER) == -1) {
			error = errno;
			dropped++;
			p[i].len = 0;
		}
	}
	if (dropped > 0)
		errno = error;
	return (dropped);
}
