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

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "netlink_linux.h"

/* The kernel answers within send(2), so this is never waited for. */
#define TIMEOUT		1000	/* ms */
#define RCVBUF		(1024 * 1024)
#define TRIES		8	/* messages that are not our answer */

static int	 open_socket(uint32_t);
static int	 answered(const uint8_t *, size_t, uint32_t, netlink_part *,
		    void *, int *);

static int	 netlink_fd = -1;
static uint32_t	 netlink_seq;

static int
open_socket(uint32_t groups)
{
	struct sockaddr_nl	 own, kernel;
	int			 fd, on = 1, saved;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    NETLINK_ROUTE);
	if (fd == -1)
		return (-1);

	memset(&own, 0, sizeof(own));
	own.nl_family = AF_NETLINK;
	own.nl_groups = groups;
	memset(&kernel, 0, sizeof(kernel));
	kernel.nl_family = AF_NETLINK;
	if (bind(fd, (struct sockaddr *)&own, sizeof(own)) == -1 ||
	    connect(fd, (struct sockaddr *)&kernel, sizeof(kernel)) == -1 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on,
	    sizeof(on)) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return (-1);
	}
	return (fd);
}

int
netlink_init(void)
{
	netlink_fd = open_socket(0);
	return (netlink_fd == -1 ? -1 : 0);
}

/* Many routes come and go at once. */
int
netlink_listen(uint32_t groups)
{
	int	fd, size = RCVBUF;

	if ((fd = open_socket(groups)) != -1 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
	    sizeof(size)) == -1)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
		    sizeof(size));
	return (fd);
}

void
netlink_begin(union netlink_message *m, int type, int flags, const void *about,
    size_t len)
{
	memset(m, 0, sizeof(*m));
	m->hdr.nlmsg_type = type;
	m->hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	m->hdr.nlmsg_len = NLMSG_LENGTH(len);
	memcpy(m->buf + NLMSG_HDRLEN, about, len);
}

void
netlink_add(union netlink_message *m, int type, const void *value, size_t len)
{
	struct rtattr	 attr;
	size_t		 off = NLMSG_ALIGN(m->hdr.nlmsg_len);

	attr.rta_type = type;
	attr.rta_len = RTA_LENGTH(len);
	memcpy(m->buf + off, &attr, sizeof(attr));
	memcpy(m->buf + off + RTA_LENGTH(0), value, len);
	m->hdr.nlmsg_len = off + RTA_LENGTH(len);
}

int
netlink_send(union netlink_message *m)
{
	return (netlink_ask(m, NULL, NULL));
}

int
netlink_ask(union netlink_message *m, netlink_part *part, void *arg)
{
	static uint8_t	 buf[NETLINK_MAX];
	struct pollfd	 pfd;
	ssize_t		 n;
	int		 error = 0, i;

	m->hdr.nlmsg_seq = ++netlink_seq;
	if (send(netlink_fd, m->buf, m->hdr.nlmsg_len, 0) == -1)
		return (-1);
	for (i = 0; i < TRIES; i++) {
		pfd.fd = netlink_fd;
		pfd.events = POLLIN;
		if ((n = poll(&pfd, 1, TIMEOUT)) == 0)
			break;
		if (n == -1 || (n = netlink_receive(netlink_fd, buf)) == -1) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			return (-1);
		}
		switch (answered(buf, n, m->hdr.nlmsg_seq, part, arg,
		    &error)) {
		case 1:
			if (error == 0)
				return (0);
			errno = error;
			return (-1);
		case 0:
			/* Listings come in as many parts as they take. */
			i = -1;
			break;
		}
	}
	errno = ETIMEDOUT;
	return (-1);
}

ssize_t
netlink_receive(int fd, uint8_t buf[NETLINK_MAX])
{
	struct sockaddr_nl	 from;
	struct msghdr		 msg;
	struct iovec		 iov;
	ssize_t			 n;

	iov.iov_base = buf;
	iov.iov_len = NETLINK_MAX;
	memset(&msg, 0, sizeof(msg));
	msg.msg_name = &from;
	msg.msg_namelen = sizeof(from);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if ((n = recvmsg(fd, &msg, 0)) == -1)
		return (-1);
	/* Any process may write to the socket; 0 is the kernel. */
	if (msg.msg_namelen != sizeof(from) || from.nl_pid != 0)
		return (0);
	return (n);
}

const uint8_t *
netlink_next(const uint8_t *buf, size_t len, size_t *off, struct nlmsghdr *hdr)
{
	const uint8_t	*message = buf + *off;
	size_t		 left = len - *off;

	if (left < sizeof(*hdr))
		return (NULL);
	memcpy(hdr, message, sizeof(*hdr));
	if (hdr->nlmsg_len < NLMSG_HDRLEN || hdr->nlmsg_len > left)
		return (NULL);
	*off = NLMSG_ALIGN(hdr->nlmsg_len) > left ? len :
	    *off + NLMSG_ALIGN(hdr->nlmsg_len);
	return (message + NLMSG_HDRLEN);
}

/*
 * Take the answers to request seq among the messages in buf.  Returns 1 if the
 * last of them was there, whose error counts if there was none before; 0 if
 * there were others, -1 if there was none.
 */
static int
answered(const uint8_t *buf, size_t len, uint32_t seq, netlink_part *part,
    void *arg, int *error)
{
	struct nlmsghdr	 hdr;
	const uint8_t	*body;
	size_t		 off = 0;
	int		 verdict, result = -1;

	while ((body = netlink_next(buf, len, &off, &hdr)) != NULL) {
		if (hdr.nlmsg_seq != seq)
			continue;
		result = 0;
		if ((hdr.nlmsg_type == NLMSG_ERROR ||
		    hdr.nlmsg_type == NLMSG_DONE) &&
		    hdr.nlmsg_len >= NLMSG_LENGTH(sizeof(verdict))) {
			memcpy(&verdict, body, sizeof(verdict));
			if (verdict != 0)
				*error = -verdict;
			return (1);
		}
		if (part != NULL && *error == 0)
			*error = part(arg, &hdr, body,
			    hdr.nlmsg_len - NLMSG_HDRLEN);
	}
	return (result);
}

const uint8_t *
netlink_attribute(const uint8_t *body, size_t len, size_t off, int type,
    size_t want)
{
	const uint8_t	*value;
	size_t		 n;

	value = netlink_attributes(body, len, off, type, &n);
	return (value != NULL && n == want ? value : NULL);
}

const uint8_t *
netlink_attributes(const uint8_t *body, size_t len, size_t off, int type,
    size_t *n)
{
	struct rtattr	 attr;

	for (off = NLMSG_ALIGN(off); off < len && len - off >= sizeof(attr);
	    off += RTA_ALIGN(attr.rta_len)) {
		memcpy(&attr, body + off, sizeof(attr));
		if (attr.rta_len < sizeof(attr) || attr.rta_len > len - off)
			break;
		if ((attr.rta_type & NLA_TYPE_MASK) == type) {
			*n = attr.rta_len - RTA_LENGTH(0);
			return (body + off + RTA_LENGTH(0));
		}
	}
	return (NULL);
}
