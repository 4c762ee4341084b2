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
 * rtnetlink(7), for kroute_linux.c and khop_linux.c: one request after another
 * on one socket, and what the kernel tells on others.  Functions return -1 and
 * set errno on failure.
 */

/* Marks what is ours, as "proto 47" in ip-route(8): the number of GRE. */
#define RTPROT_PPTPD	47

#define NETLINK_MAX	32768	/* octets; the kernel says no more at once */

union netlink_message {
	struct nlmsghdr	hdr;
	uint8_t		buf[256];	/* more than any request here needs */
};

/* Part of an answer, len octets at body.  Returns 0, or an errno. */
typedef int netlink_part(void *, const struct nlmsghdr *, const uint8_t *body,
	    size_t len);

/* Open the socket to ask by. */
int	 netlink_init(void);
/* One that the kernel tells the news of these groups, a mask of RTMGRP_*. */
int	 netlink_listen(uint32_t groups);

/* Begin a request of that type and flags, NLM_F_*, with what it is about. */
void	 netlink_begin(union netlink_message *, int type, int flags,
	    const void *, size_t);
/* Put an attribute behind what is there. */
void	 netlink_add(union netlink_message *, int type, const void *, size_t);
/* Send it and wait for the kernel's verdict. */
int	 netlink_send(union netlink_message *);
/* The same, and take what it says before that; the first errno is the error. */
int	 netlink_ask(union netlink_message *, netlink_part *, void *);

/* What the kernel sent; 0: it was somebody else.  EAGAIN: nothing there. */
ssize_t	 netlink_receive(int, uint8_t[NETLINK_MAX]);
/* The message at *off, which is moved behind it.  NULL: there is none. */
const uint8_t *netlink_next(const uint8_t *, size_t len, size_t *off,
	    struct nlmsghdr *);
/*
 * The attribute of that type in a body from off on, or NULL: one of that
 * length, or of any, which is stored.
 */
const uint8_t *netlink_attribute(const uint8_t *, size_t len, size_t off,
	    int type, size_t want);
const uint8_t *netlink_attributes(const uint8_t *, size_t len, size_t off,
	    int type, size_t *);
