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
#include <sys/uio.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ether.h>
#include <arpa/inet.h>

#include <linux/if_packet.h>

#include <err.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mppe.h"
#include "mschap.h"
#include "packet_io.h"
#include "pptp.h"
#include "load.h"

/*
 * GRE packets as frames to one router, round the kernel's IP: half the work
 * for who makes load, so that there is enough of it for who is measured.
 */

#define ETHER_LEN	14

static int		 fd = -1;
static uint8_t		 ether[ETHER_LEN];

/* arg: interface,address of the router's interface */
void
link_open(char *arg)
{
	struct sockaddr_ll	 sll;
	struct ether_addr	*mac;
	char			*comma;
	int			 on = 1, size = LOAD_BUFFER;

	if ((comma = strchr(arg, ',')) == NULL ||
	    (mac = ether_aton(comma + 1)) == NULL)
		errx(1, "-e %s: not interface,address", arg);
	*comma = '\0';
	memset(&sll, 0, sizeof(sll));
	sll.sll_family = AF_PACKET;
	if ((sll.sll_ifindex = if_nametoindex(arg)) == 0)
		err(1, "%s", arg);
	/* Protocol 0: it receives nothing. */
	if ((fd = socket(AF_PACKET, SOCK_RAW, 0)) == -1)
		err(1, "packet socket");
	if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on,
	    sizeof(on)) == -1 || setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE,
	    &size, sizeof(size)) == -1)
		err(1, "packet socket");
	if (bind(fd, (struct sockaddr *)&sll, sizeof(sll)) == -1)
		err(1, "%s", arg);
	memcpy(ether, mac, sizeof(*mac));
	ether[6] = 0x02;		/* from nobody known */
	put16(ether + 12, 0x0800);
}

int
link_is_open(void)
{
	return (fd != -1);
}

/* As gre_send(); the headers overwrite what is before data. */
void
link_send(struct packet *p, int n)
{
	static struct mmsghdr	 msg[PACKET_BATCH];
	static struct iovec	 iov[PACKET_BATCH];
	uint8_t			*ip;
	int			 i, sent;

	for (i = 0; i < n; i++) {
		ip = p[i].data - IP_LEN;
		ip_header(ip, p[i].src, p[i].dst, IP_LEN + p[i].len,
		    IPPROTO_GRE);
		memcpy(ip - ETHER_LEN, ether, ETHER_LEN);
		iov[i].iov_base = ip - ETHER_LEN;
		iov[i].iov_len = ETHER_LEN + IP_LEN + p[i].len;
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
	}
	for (i = 0; i < n; i += sent > 0 ? sent : 0)
		if ((sent = sendmmsg(fd, msg + i, n - i, 0)) == -1 &&
		    errno != ENOBUFS && errno != EINTR)
			err(1, "packet socket");
}
