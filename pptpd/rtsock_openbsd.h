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
 * route(4) messages, for kroute_openbsd.c and karp_openbsd.c.  write(2) tells
 * whether one worked; nothing is ever read.  Functions return -1 and set errno
 * on failure.
 */

/* Host routes are as strong as static ones. */
#define HOST_PRIORITY	RTP_STATIC

/* Addresses are padded to a multiple of long. */
struct rtsock_message {
	struct rt_msghdr	hdr;
	uint8_t			addrs[160];	/* more than is needed */
};

/* The routing domain whose tables are changed. */
extern int	 rtsock_rdomain;

int	 rtsock_init(void);
void	 rtsock_begin(struct rtsock_message *, int type, int flags,
	    int priority);
/* In the order of the RTA_ bits; the label, which is ours, is the last. */
void	 rtsock_add(struct rtsock_message *, int rta, const void *, size_t);
void	 rtsock_add_in(struct rtsock_message *, int rta, struct in_addr);
void	 rtsock_add_mask(struct rtsock_message *, int prefixlen);
void	 rtsock_add_label(struct rtsock_message *);
int	 rtsock_send(const struct rtsock_message *);

/* Delete a route: with the exact mask and the priority it is no other. */
int	 rtsock_delete(struct in_addr, int prefixlen, int flags, int priority);

void	 rtsock_in(struct sockaddr_in *, struct in_addr);
void	 rtsock_link(struct sockaddr_dl *, int index);

/* karp_openbsd.c: learn the LANs that there are, with a socket to ask by. */
int	 karp_init(int);
/* What ARP knows of an address, that it does not get in its route's way. */
void	 karp_forget(struct in_addr);
