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
 * What a network card with offloads would do for a tun device: cut large TCP
 * packets into segments, put segments together, complete checksums.  IPv4
 * only.  No I/O, no globals, no allocation.  Include after packet_io.h.
 */

/* More segments than a sane MSS makes of 64 KiB. */
#define TCP_SEGMENTS_MAX	2048

/* A large packet that is being cut. */
struct tcp_split {
	const uint8_t	*data;		/* IP header, the caller's */
	size_t		 len;
	size_t		 hlen;		/* IP and TCP header */
	size_t		 mss;		/* octets of data in a segment */
	size_t		 off;		/* of the next segment's data */
};

/*
 * Begin to cut the packet of len octets into segments of mss octets of data.
 * Returns 0; -1 if it is not a whole TCP packet with data, or if its segments
 * would be too many or longer than room.
 */
int	 tcp_split_begin(struct tcp_split *, const uint8_t *, size_t len,
	    size_t mss, size_t room);
/* Write the next segment; returns its length, 0 if there is none left. */
size_t	 tcp_split_next(struct tcp_split *, uint8_t *);

/*
 * Complete the checksum of a packet: the sum from start on goes where offset,
 * from start on, has that of the pseudo header.  Returns 0; -1 if this is
 * outside of the len octets.
 */
int	 cksum_complete(uint8_t *, size_t len, size_t start, size_t offset);

/* Where a run's TCP checksum goes: from the IP header, and from there on. */
#define TCP_RUN_IP_HEADER	20
#define TCP_RUN_CKSUM		16

/* Packets that may go to the kernel as one, in order. */
struct tcp_run {
	int		 first, last;	/* packets, see struct tcp_runs */
	int		 n;
	size_t		 len;		/* of the whole, from the IP header */
	size_t		 hlen;		/* IP and TCP header */
	size_t		 mss;		/* octets of data in each but the last */
};

struct tcp_runs {
	struct tcp_run	 run[PACKET_BATCH];
	int		 n;
	int		 next[PACKET_BATCH];	/* in the same run, or -1 */
	uint8_t		 flow[256];	/* hash of a flow: run + 1, or 0 */
};

/*
 * Sort n (<= PACKET_BATCH) packets, that pass inet_check(), into runs.  A run
 * has one packet of any kind, or consecutive segments of one TCP connection
 * which are exactly what a kernel makes of the whole when it cuts it again:
 * their headers differ in sequence number, IP ID, checksums, and PSH of the
 * last.  All their checksums are right: what a run hides is no error.  Packets
 * of one connection stay in order.
 */
void	 tcp_coalesce(struct tcp_runs *, const struct packet *, int n);
/*
 * Make the headers of a run's first packet those of the whole; the TCP checksum
 * is that of the pseudo header, to be completed.
 */
void	 tcp_run_header(const struct tcp_run *, const struct packet *);
