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
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <net/if.h>
#include <netinet/in.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/sock_diag.h>
#include <linux/virtio_net.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "khop.h"
#include "packet_io.h"
#include "offload.h"

/* Errors of earlier packets that one gre_recv() puts up with. */
#define GRE_RECV_TRIES	8

/* For a packet from the tun device; one that fills it was cut off. */
#define TUN_ROOM	(PACKET_SIZE - PACKET_HEADROOM)
#define OFFLOAD_MAX	65536		/* the longest with offloads */

/* What one call of the kernel sends. */
struct vector {
	int		 n;
	struct packet	*packet[PACKET_BATCH];
	struct mmsghdr	 msg[PACKET_BATCH];
	struct iovec	 iov[PACKET_BATCH];
	union {
		struct sockaddr_in	ip;
		struct sockaddr_ll	link;
	}		 to[PACKET_BATCH];
	union {
		struct cmsghdr	hdr;
		uint8_t		buf[CMSG_SPACE(sizeof(struct in_pktinfo))];
	}		 control[PACKET_BATCH];
};

static void	 ip_packet(struct vector *, struct packet *);
static void	 frame(struct vector *, struct packet *);
static void	 ip_header(struct packet *);
static struct msghdr *vector_add(struct vector *, struct packet *, uint8_t *,
		    size_t);
static int	 vector_send(int, struct vector *, int *);
static ssize_t	 read_offload(int, struct packet *);
static int	 write_run(int, struct packet *, const struct tcp_runs *,
		    const struct tcp_run *);

static int		 link_fd = -1;	/* the packet socket */
static int		 offload;	/* the device has virtio headers */
static struct tcp_split	 split;		/* what is left of a large packet */

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
	static struct vector	 ip, frames;
	int			 i, dropped = 0, error = 0;

	if (n > PACKET_BATCH) {
		dropped = n - PACKET_BATCH;
		error = EMSGSIZE;
		n = PACKET_BATCH;
	}
	ip.n = frames.n = 0;
	for (i = 0; i < n; i++)
		if (p[i].hop == NULL)
			ip_packet(&ip, &p[i]);
		else
			frame(&frames, &p[i]);
	dropped += vector_send(fd, &ip, &error);
	dropped += vector_send(link_fd, &frames, &error);
	if (dropped > 0)
		errno = error;
	return (dropped);
}

/* One for the GRE socket: the kernel puts the IP header before it. */
static void
ip_packet(struct vector *v, struct packet *p)
{
	struct in_pktinfo	 info;
	struct msghdr		*msg = vector_add(v, p, p->data, p->len);
	struct sockaddr_in	*to = &v->to[v->n - 1].ip;

	memset(to, 0, sizeof(*to));
	to->sin_family = AF_INET;
	to->sin_addr = p->dst;
	msg->msg_namelen = sizeof(*to);
	memset(&info, 0, sizeof(info));
	info.ipi_spec_dst = p->src;
	v->control[v->n - 1].hdr.cmsg_len = CMSG_LEN(sizeof(info));
	v->control[v->n - 1].hdr.cmsg_level = IPPROTO_IP;
	v->control[v->n - 1].hdr.cmsg_type = IP_PKTINFO;
	/* This is CMSG_DATA(), which makes gcc 12.2 crash here. */
	memcpy(v->control[v->n - 1].buf + CMSG_LEN(0), &info, sizeof(info));
	msg->msg_control = &v->control[v->n - 1];
	msg->msg_controllen = sizeof(v->control[0].buf);
}

/* One for the packet socket: the kernel puts the Ethernet header before it. */
static void
frame(struct vector *v, struct packet *p)
{
	struct msghdr		*msg;
	struct sockaddr_ll	*to;

	ip_header(p);
	msg = vector_add(v, p, p->data - PACKET_IP_HEADER,
	    PACKET_IP_HEADER + p->len);
	to = &v->to[v->n - 1].link;
	memset(to, 0, sizeof(*to));
	to->sll_family = AF_PACKET;
	to->sll_protocol = htons(ETH_P_IP);
	to->sll_ifindex = p->hop->ifindex;
	to->sll_halen = HOP_ADDR_LEN;
	memcpy(to->sll_addr, p->hop->addr, HOP_ADDR_LEN);
	msg->msg_namelen = sizeof(*to);
	msg->msg_control = NULL;
	msg->msg_controllen = 0;
}

/* As the kernel's for the GRE socket: no DF (RFC 791 section 3.1). */
static void
ip_header(struct packet *p)
{
	uint8_t		*ip = p->data - PACKET_IP_HEADER;
	uint32_t	 sum = 0;
	size_t		 i, len = PACKET_IP_HEADER + p->len;

	memset(ip, 0, PACKET_IP_HEADER);
	ip[0] = 0x45;
	ip[2] = len >> 8;
	ip[3] = len & 0xff;
	ip[4] = p->id >> 8;
	ip[5] = p->id & 0xff;
	ip[8] = p->hop->ttl;
	ip[9] = IPPROTO_GRE;
	memcpy(ip + 12, &p->src, sizeof(p->src));
	memcpy(ip + 16, &p->dst, sizeof(p->dst));
	for (i = 0; i < PACKET_IP_HEADER; i += 2)
		sum += ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~(sum + (sum >> 16));
	ip[10] = sum >> 8;
	ip[11] = sum & 0xff;
}

static struct msghdr *
vector_add(struct vector *v, struct packet *p, uint8_t *data, size_t len)
{
	struct msghdr	*msg = &v->msg[v->n].msg_hdr;

	v->packet[v->n] = p;
	v->iov[v->n].iov_base = data;
	v->iov[v->n].iov_len = len;
	msg->msg_name = &v->to[v->n];
	msg->msg_iov = &v->iov[v->n];
	msg->msg_iovlen = 1;
	v->n++;
	return (msg);
}

/*
 * Returns how many were dropped, the last one for this error, which is that of
 * the first packet of a call; those before it are gone.
 */
static int
vector_send(int fd, struct vector *v, int *error)
{
	int	i, sent, dropped = 0;

	for (i = 0; i < v->n;) {
		sent = sendmmsg(fd, v->msg + i, v->n - i, MSG_DONTWAIT);
		if (sent != -1) {
			i += sent;
			continue;
		}
		if (errno == EINTR)
			continue;
		*error = errno;
		do {
			v->packet[i++]->len = 0;
			dropped++;
		} while (*error == EAGAIN && i < v->n);
	}
	return (dropped);
}

void
gre_link_init(int fd)
{
	link_fd = fd;
}

uint64_t
gre_overflow(int fd)
{
	uint32_t	info[SK_MEMINFO_VARS];
	socklen_t	len = sizeof(info);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) == -1 ||
	    len <= SK_MEMINFO_DROPS * sizeof(info[0]))
		return (0);
	return (info[SK_MEMINFO_DROPS]);
}

/* kroute_tun_open() has the kernel's word for all of it, or for nothing. */
void
tun_init(int fd)
{
	struct ifreq	 ifr;

	memset(&ifr, 0, sizeof(ifr));
	offload = ioctl(fd, TUNGETIFF, &ifr) != -1 &&
	    (ifr.ifr_flags & IFF_VNET_HDR) != 0;
}

int
tun_recv(int fd, struct packet *p, int n)
{
	ssize_t	 len;
	int	 i;

	for (i = 0; i < n && tun_pending(); i++) {
		p[i].data = p[i].buf + PACKET_HEADROOM;
		p[i].len = tcp_split_next(&split, p[i].data);
	}
	if (i > 0)
		return (i);

	while (i < n) {
		p[i].data = p[i].buf + PACKET_HEADROOM;
		if (offload)
			len = read_offload(fd, &p[i]);
		else
			len = read(fd, p[i].data, TUN_ROOM);
		if (len == -1) {
			if (i > 0 || errno == EAGAIN || errno == EINTR)
				break;
			return (-1);
		}
		/* Without offloads a longer one is cut off without a word. */
		p[i].len = (size_t)len < TUN_ROOM ? len : 0;
		i++;
		for (; i < n && tun_pending(); i++) {
			p[i].data = p[i].buf + PACKET_HEADROOM;
			p[i].len = tcp_split_next(&split, p[i].data);
		}
	}
	return (i);
}

int
tun_pending(void)
{
	return (split.off < split.len);
}

/*
 * Read a packet that comes with a header of virtio, and of a large one the
 * first segment.  Most are not large: those go right where they are wanted,
 * only the rest of a large one does not.  Returns its length, -1 as read(2).
 */
static ssize_t
read_offload(int fd, struct packet *p)
{
	static uint8_t		 large[TUN_ROOM + OFFLOAD_MAX];
	struct virtio_net_hdr	 h;
	struct iovec		 iov[3];
	ssize_t			 n;
	size_t			 len;

	iov[0].iov_base = &h;
	iov[0].iov_len = sizeof(h);
	iov[1].iov_base = p->data;
	iov[1].iov_len = TUN_ROOM;
	iov[2].iov_base = large + TUN_ROOM;
	iov[2].iov_len = OFFLOAD_MAX;
	if ((n = readv(fd, iov, 3)) == -1)
		return (-1);
	if ((size_t)n <= sizeof(h))
		return (0);
	len = n - sizeof(h);

	if (h.gso_type == VIRTIO_NET_HDR_GSO_NONE) {
		if (len < TUN_ROOM &&
		    (h.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0 &&
		    cksum_complete(p->data, len, h.csum_start,
		    h.csum_offset) == -1)
			return (0);
		return (len);
	}
	memcpy(large, p->data, len < TUN_ROOM ? len : TUN_ROOM);
	if (h.gso_type != VIRTIO_NET_HDR_GSO_TCPV4 ||
	    tcp_split_begin(&split, large, len, h.gso_size, TUN_ROOM - 1) ==
	    -1)
		return (0);
	return (tcp_split_next(&split, p->data));
}

int
tun_send(int fd, struct packet *p, int n)
{
	static struct tcp_runs	 runs;
	int			 done, i, dropped = 0, error = 0, some;

	for (done = 0; offload && done < n; done += some) {
		some = n - done < PACKET_BATCH ? n - done : PACKET_BATCH;
		tcp_coalesce(&runs, p + done, some);
		for (i = 0; i < runs.n; i++) {
			if (write_run(fd, p + done, &runs, &runs.run[i]) ==
			    -1) {
				error = errno;
				dropped += runs.run[i].n;
			}
		}
	}
	for (i = 0; !offload && i < n; i++) {
		if (write(fd, p[i].data, p[i].len) == -1) {
			error = errno;
			dropped++;
			p[i].len = 0;
		}
	}
	if (dropped > 0)
		errno = error;
	return (dropped);
}

/* Write the packets of a run as one; -1: they are dropped. */
static int
write_run(int fd, struct packet *p, const struct tcp_runs *runs,
    const struct tcp_run *run)
{
	struct iovec		 iov[1 + PACKET_BATCH];
	struct virtio_net_hdr	 h;
	int			 i, n;

	memset(&h, 0, sizeof(h));
	iov[0].iov_base = &h;
	iov[0].iov_len = sizeof(h);
	iov[1].iov_base = p[run->first].data;
	iov[1].iov_len = p[run->first].len;
	n = 2;
	for (i = runs->next[run->first]; i != -1; i = runs->next[i]) {
		iov[n].iov_base = p[i].data + run->hlen;
		iov[n++].iov_len = p[i].len - run->hlen;
	}
	if (run->n > 1) {
		tcp_run_header(run, p);
		h.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		h.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
		h.hdr_len = run->hlen;
		h.gso_size = run->mss;
		h.csum_start = TCP_RUN_IP_HEADER;
		h.csum_offset = TCP_RUN_CKSUM;
	}
	if (writev(fd, iov, n) != -1)
		return (0);
	for (i = run->first; i != -1; i = runs->next[i])
		p[i].len = 0;
	return (-1);
}
