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
#include <net/if.h>
#include <net/if_dl.h>
#include <net/route.h>
#include <netinet/in.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "rtsock_openbsd.h"

#define LABEL	"pptpd"

int		 rtsock_rdomain;

static int	 route_fd = -1;
static int	 route_seq;

int
rtsock_init(void)
{
	int	fd, saved;

	if ((fd = socket(AF_ROUTE, SOCK_RAW | SOCK_CLOEXEC, AF_INET)) == -1)
		return (-1);
	if (shutdown(fd, SHUT_RD) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return (-1);
	}
	route_fd = fd;
	return (0);
}

void
rtsock_begin(struct rtsock_message *m, int type, int flags, int priority)
{
	memset(m, 0, sizeof(*m));
	m->hdr.rtm_msglen = sizeof(m->hdr);
	m->hdr.rtm_version = RTM_VERSION;
	m->hdr.rtm_type = type;
	m->hdr.rtm_hdrlen = sizeof(m->hdr);
	m->hdr.rtm_tableid = rtsock_rdomain;
	m->hdr.rtm_priority = priority;
	m->hdr.rtm_flags = flags;
	m->hdr.rtm_seq = ++route_seq;
}

void
rtsock_add(struct rtsock_message *m, int rta, const void *sa, size_t len)
{
	memcpy(m->addrs + m->hdr.rtm_msglen - sizeof(m->hdr), sa, len);
	m->hdr.rtm_msglen += (len + sizeof(long) - 1) & ~(sizeof(long) - 1);
	m->hdr.rtm_addrs |= rta;
}

void
rtsock_add_in(struct rtsock_message *m, int rta, struct in_addr addr)
{
	struct sockaddr_in	 sin;

	rtsock_in(&sin, addr);
	rtsock_add(m, rta, &sin, sizeof(sin));
}

void
rtsock_add_mask(struct rtsock_message *m, int prefixlen)
{
	struct in_addr	 mask;

	mask.s_addr = htonl(0xffffffffULL << (32 - prefixlen));
	rtsock_add_in(m, RTA_NETMASK, mask);
}

void
rtsock_add_label(struct rtsock_message *m)
{
	struct sockaddr_rtlabel	 label;

	memset(&label, 0, sizeof(label));
	label.sr_len = sizeof(label);
	label.sr_family = AF_UNSPEC;
	strlcpy(label.sr_label, LABEL, sizeof(label.sr_label));
	rtsock_add(m, RTA_LABEL, &label, sizeof(label));
}

int
rtsock_send(const struct rtsock_message *m)
{
	if (write(route_fd, m, m->hdr.rtm_msglen) == -1)
		return (-1);
	return (0);
}

int
rtsock_delete(struct in_addr dst, int prefixlen, int flags, int priority)
{
	struct rtsock_message	 m;

	rtsock_begin(&m, RTM_DELETE, flags, priority);
	rtsock_add_in(&m, RTA_DST, dst);
	rtsock_add_mask(&m, prefixlen);
	return (rtsock_send(&m));
}

void
rtsock_in(struct sockaddr_in *sin, struct in_addr addr)
{
	memset(sin, 0, sizeof(*sin));
	sin->sin_len = sizeof(*sin);
	sin->sin_family = AF_INET;
	sin->sin_addr = addr;
}

void
rtsock_link(struct sockaddr_dl *sdl, int index)
{
	memset(sdl, 0, sizeof(*sdl));
	sdl->sdl_len = sizeof(*sdl);
	sdl->sdl_family = AF_LINK;
	sdl->sdl_index = index;
}
