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
 * What the parent asks of the kernel: devices, addresses, routes.  One
 * implementation per kernel, kroute_openbsd.c with karp_openbsd.c, and
 * kroute_linux.c.
 * All functions return -1 and set errno on failure, without logging.
 * Addresses are in network byte order.
 */

/* Open what is needed to change routes later, under pledge("wroute"). */
int	 kroute_init(void);

/*
 * Open a tun device, non-blocking, close-on-exec.  want is a device name, or
 * "" for the kernel's first free one (OpenBSD: pppac, and tun if there is one
 * already: EOPNOTSUPP for a second pppac).  The interface's name is stored in
 * name.  offload asks for segmentation and checksums to be left to
 * packet_io.h, if the kernel knows how.  Returns the descriptor.  The interface
 * vanishes with the last descriptor, and with it its routes.  Needs
 * kroute_init().  The functions below know the devices opened here,
 * KROUTE_TUN_MAX of them at most: ENXIO for any other name.
 */
#define KROUTE_TUN_MAX	8

int	 kroute_tun_open(const char *, char[IF_NAMESIZE], int offload);

/*
 * Give the interface n local addresses (each /32) and the MTU, and set it up.
 * Several interfaces may have the same addresses.
 * May be called again to change the MTU or to add addresses: those no longer in
 * the list are left alone.  pppac has no MTU of its own: give every route one.
 */
int	 kroute_tun_config(const char *, const struct in_addr *, size_t, int);

/*
 * Open a raw GRE socket for packet_io.h, non-blocking, close-on-exec, with
 * large, bounded buffers.  Returns the descriptor.  It is engine's of n: where
 * the kernel can, it passes only packets for call ids whose remainder that is,
 * and there is no way to undo this.
 */
int	 kroute_gre_open(uint32_t engine, uint32_t n);

/*
 * Host route to dst through the interface; local: our end; mtu 0: none.
 * proxied says that kroute_arp_add() will be asked for dst.
 */
int	 kroute_add(const char *, struct in_addr dst, struct in_addr local,
	    int mtu, int proxied);
/* ESRCH if it is not there. */
int	 kroute_delete(const char *, struct in_addr dst);

/* The same for a network behind a client. */
int	 kroute_net_add(const char *, struct in_addr dst, int prefixlen,
	    struct in_addr local, int mtu);
int	 kroute_net_delete(const char *, struct in_addr dst, int prefixlen);

/* An address that we answer ARP for, on the LAN with this index. */
struct kroute_arp {
	struct in_addr	addr;
	int		ifindex;
};

/*
 * Proxy ARP (RFC 1027): publish an address that has a host route, on the LAN
 * interface with the longest network that it is in, whose index is stored.
 * EADDRNOTAVAIL if there is no such LAN.  The kernel answers while it forwards.
 * OpenBSD knows the LANs that were there when the device was opened.
 */
int	 kroute_arp_add(struct in_addr, int *ifindex);
/* ESRCH if it is not there. */
int	 kroute_arp_delete(struct in_addr, int ifindex);
/*
 * What bears our mark, of any process: how many, in an array to be freed.
 * Not for use under pledge(2).
 */
ssize_t	 kroute_arp_list(struct kroute_arp **);

/*
 * Reject (unreachable) route for an address range of the pool, so that packets
 * for unused addresses do not leave by the default route; it loses against
 * host routes and against directly connected networks' longer prefixes.
 * first and last in network byte order, inclusive.
 */
int	 kroute_reject_add(struct in_addr first, struct in_addr last);
int	 kroute_reject_delete(struct in_addr first, struct in_addr last);
/* For these, of each kernel: add or delete one, host byte order. */
int	 kroute_reject(int add, uint32_t addr, int prefixlen);

/*
 * Prefix length of the largest block that begins at first and does not reach
 * beyond last: how a range is cut into prefixes.  Host byte order.
 */
static inline int
kroute_prefixlen(uint32_t first, uint32_t last)
{
	uint32_t	host;
	int		len;

	for (len = 32; len > 0; len--) {
		host = 0xffffffff >> (len - 1);
		if ((first & host) != 0 || last - first < host)
			break;
	}
	return (len);
}

/* What would keep packets from flowing: 1 yes, 0 no, -1 cannot tell. */
int	 kroute_forwarding(void);	/* IP forwarding is on */
int	 kroute_gre_allowed(void);	/* net.inet.gre.allow, Linux always 1 */

/* Is the interface in the routing domain of this process?  Linux: always. */
int	 kroute_in_rdomain(const char *);

/*
 * kfilter_openbsd.c, kfilter_linux.c: does the packet filter drop what comes
 * to this host, but for what rules let in, and no rule names this protocol, or
 * this TCP port if it is not 0?  1: so it seems; 0: no, or it is too much to
 * tell; -1: cannot ask, which needs root.
 */
int	 kfilter_drops(int proto, uint16_t port);
