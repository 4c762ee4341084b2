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
 * The way round the kernel's IP: GRE packets as frames to the next hop, for
 * link-output.  The parent asks where a packet would go, packet_io.h sends it
 * there.  One implementation per kernel: khop_linux.c, and khop_openbsd.c,
 * which has none.  Functions return -1 and set errno on failure, without
 * logging.  Include after <netinet/in.h> and <stdint.h>.
 */

#define HOP_ADDR_LEN	6

struct hop {
	uint32_t	ifindex;	/* 0: by the kernel's IP */
	uint16_t	mtu;		/* octets of IP, without fragments */
	uint8_t		addr[HOP_ADDR_LEN];	/* of the neighbour */
	uint8_t		ttl;		/* as the kernel's packets have */
	uint8_t		pad[3];
};

/* Does this kernel have any of it? */
int	 khop_supported(void);

/*
 * Open a packet socket that receives nothing, non-blocking, close-on-exec.
 * EOPNOTSUPP where the kernel has no such thing.
 */
int	 khop_socket(void);

/* Open what khop_find() and khop_changed() need; the latter's descriptor. */
int	 khop_watch(void);

/*
 * Where does the kernel send a packet from local to dst?  EADDRNOTAVAIL if not
 * to one neighbour on an Ethernet whose address is known; ENOSPC if there are
 * too many of them; what the kernel says if nowhere.  Needs kroute_init().
 */
int	 khop_find(struct in_addr dst, struct in_addr local, struct hop *);

/*
 * The descriptor is readable: may anything that khop_find() said be wrong by
 * now?  After a 1 it is to be asked for all of them again.  Not all that
 * changes a route is told: so ask again in HOP_AGAIN at the latest.
 */
#define HOP_AGAIN	10000	/* ms */

int	 khop_changed(void);
