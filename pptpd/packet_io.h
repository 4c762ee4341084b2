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
 * GRE socket and tun device, read and written in vectors.  One implementation
 * per kernel, packet_io_openbsd.c and packet_io_linux.c; used by the session
 * engine's datapath.c on descriptors that the parent opened (kroute.h).
 * Include after <netinet/in.h>, <stdint.h> and <string.h>.
 */

#define PACKET_SIZE		2048	/* whole buffer */
#define PACKET_HEADROOM		64	/* before data after a tun read */
#define PACKET_BATCH		64	/* most packets in one vector */

struct hop;

struct packet {
	uint8_t		*buf;		/* PACKET_SIZE octets, the caller's */
	uint8_t		*data;		/* inside buf */
	uint16_t	 len;		/* octets at data */
	struct in_addr	 src;		/* outer addresses, GRE only */
	struct in_addr	 dst;
	const struct hop *hop;		/* GRE out: NULL by the kernel's IP */
	uint16_t	 id;		/* of IP, if there is a hop */
};

/*
 * Check the IPv4 header of the n octets at buf and take it off: sets data,
 * len, src and dst.  Octets beyond the header's Total Length are padding.
 * Returns 0, -1 if the header makes no sense (RFC 791 section 3.1).
 */
static inline int
packet_strip_ip(struct packet *p, size_t n)
{
	const uint8_t	*ip = p->buf;
	size_t		 hlen, len;

	if (n < 20 || n > PACKET_SIZE || ip[0] >> 4 != 4)
		return (-1);
	hlen = (ip[0] & 0x0f) * 4;
	len = ip[2] << 8 | ip[3];
	if (hlen < 20 || hlen > len || len > n)
		return (-1);
	memcpy(&p->src, ip + 12, sizeof(p->src));
	memcpy(&p->dst, ip + 16, sizeof(p->dst));
	p->data = p->buf + hlen;
	p->len = len - hlen;
	return (0);
}

/*
 * Receive up to n (<= PACKET_BATCH) packets into buf.  data, len describe the
 * GRE header and what follows, the IP header is checked and taken off into src
 * and dst; fragments never come here, the kernel reassembles.  A packet that
 * does not fit or has a bad IP header gets len 0.  Returns the number of
 * packets, 0 if there are none, -1 on another error (errno).
 */
int	 gre_recv(int, struct packet *, int);

#define PACKET_IP_HEADER	20

/*
 * Send n GRE packets (data: GRE header and payload) from src to dst each.
 * Those that have a hop go as frames, with an IP header that is put into the
 * PACKET_IP_HEADER octets before data, after those that have none; no longer
 * than fits the hop's mtu.  Returns how many were dropped because the kernel
 * would not take them; their len is 0 then, the reason of the last one is in
 * errno.
 */
int	 gre_send(int, struct packet *, int);

/* The packet socket for those frames; the kernels that have none ignore it. */
void	 gre_link_init(int);

/* How many packets the kernel dropped for want of room to receive them. */
uint64_t gre_overflow(int);

/* Learn how the tun device is to be read and written; once for each. */
void	 tun_init(int);

/*
 * Read up to n IP packets from the tun device, data = buf + PACKET_HEADROOM.
 * A packet that does not fit gets len 0.  Returns their number, 0 if there are
 * none, -1 on another error (errno).
 *
 * Where the kernel hands over many TCP segments as one large packet they are
 * cut here, and when tun_pending() says so some are left for the next call,
 * which then returns of these only: poll(2) does not know about them.
 */
int	 tun_recv(int, struct packet *, int);
int	 tun_pending(void);

/*
 * Write n IP packets that inet_check() found good (data: IP header).  Up to 4
 * octets before data and the headers may be overwritten.  Returns how many were
 * dropped, as gre_send() does.
 */
int	 tun_send(int, struct packet *, int);
