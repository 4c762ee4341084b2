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
 * Queues of buffers, and their way through a stream socket: the second half of
 * ibuf_add(3) of OpenBSD's libutil.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "imsg.h"

struct ibufqueue {
	TAILQ_HEAD(, ibuf)	 bufs;
	uint32_t		 len;
};

struct msgbuf {
	struct ibufqueue	 out;
	struct ibufqueue	 in;		/* complete messages */
	struct ibuf		*(*readhdr)(struct ibuf *, void *, int *);
	void			*arg;
	size_t			 hdrsize;
	unsigned char		*rbuf;		/* IBUF_READ_SIZE */
	size_t			 rlen;		/* octets of a partial header */
	struct ibuf		*partial;	/* message being filled */
	int			 fd;		/* came, not yet claimed */
};

static void	 ibufq_init(struct ibufqueue *);
static int	 msgbuf_gather(struct msgbuf *, struct iovec *, int);
static void	 msgbuf_sent(struct msgbuf *, size_t);
static size_t	 msgbuf_room(struct msgbuf *);
static int	 msgbuf_received(struct msgbuf *, size_t);
static void	 msgbuf_drop_fd(struct msgbuf *);

static void
ibufq_init(struct ibufqueue *bufq)
{
	TAILQ_INIT(&bufq->bufs);
	bufq->len = 0;
}

struct ibufqueue *
ibufq_new(void)
{
	struct ibufqueue	*bufq;

	if ((bufq = malloc(sizeof(*bufq))) == NULL)
		return (NULL);
	ibufq_init(bufq);
	return (bufq);
}

void
ibufq_free(struct ibufqueue *bufq)
{
	if (bufq == NULL)
		return;
	ibufq_flush(bufq);
	free(bufq);
}

void
ibufq_push(struct ibufqueue *bufq, struct ibuf *buf)
{
	if (buf->fd == IBUF_FOREIGN)
		abort();
	TAILQ_INSERT_TAIL(&bufq->bufs, buf, entry);
	bufq->len++;
}

struct ibuf *
ibufq_pop(struct ibufqueue *bufq)
{
	struct ibuf	*buf;

	if ((buf = TAILQ_FIRST(&bufq->bufs)) == NULL)
		return (NULL);
	TAILQ_REMOVE(&bufq->bufs, buf, entry);
	bufq->len--;
	return (buf);
}

uint32_t
ibufq_queuelen(struct ibufqueue *bufq)
{
	return (bufq->len);
}

void
ibufq_concat(struct ibufqueue *to, struct ibufqueue *from)
{
	TAILQ_CONCAT(&to->bufs, &from->bufs, entry);
	to->len += from->len;
	from->len = 0;
}

void
ibufq_flush(struct ibufqueue *bufq)
{
	struct ibuf	*buf;

	while ((buf = ibufq_pop(bufq)) != NULL)
		ibuf_free(buf);
}

struct msgbuf *
msgbuf_new(void)
{
	struct msgbuf	*msgbuf;

	if ((msgbuf = calloc(1, sizeof(*msgbuf))) == NULL)
		return (NULL);
	ibufq_init(&msgbuf->out);
	ibufq_init(&msgbuf->in);
	msgbuf->fd = -1;
	return (msgbuf);
}

/*
 * readhdr gets the first hdrsize octets of each message and makes the empty
 * buffer for all of it, or fails; it may take the descriptor.
 */
struct msgbuf *
msgbuf_new_reader(size_t hdrsize,
    struct ibuf *(*readhdr)(struct ibuf *, void *, int *), void *arg)
{
	struct msgbuf	*msgbuf;

	if (hdrsize == 0 || hdrsize > IBUF_READ_SIZE / 2) {
		errno = EINVAL;
		return (NULL);
	}
	if ((msgbuf = msgbuf_new()) == NULL)
		return (NULL);
	if ((msgbuf->rbuf = malloc(IBUF_READ_SIZE)) == NULL) {
		free(msgbuf);
		return (NULL);
	}
	msgbuf->hdrsize = hdrsize;
	msgbuf->readhdr = readhdr;
	msgbuf->arg = arg;
	return (msgbuf);
}

void
msgbuf_free(struct msgbuf *msgbuf)
{
	if (msgbuf == NULL)
		return;
	msgbuf_clear(msgbuf);
	free(msgbuf->rbuf);
	free(msgbuf);
}

void
msgbuf_clear(struct msgbuf *msgbuf)
{
	ibufq_flush(&msgbuf->out);
	ibufq_flush(&msgbuf->in);
	ibuf_free(msgbuf->partial);
	msgbuf->partial = NULL;
	if (msgbuf->rlen > 0)
		explicit_bzero(msgbuf->rbuf, msgbuf->rlen);
	msgbuf->rlen = 0;
	msgbuf_drop_fd(msgbuf);
}

uint32_t
msgbuf_queuelen(struct msgbuf *msgbuf)
{
	return (ibufq_queuelen(&msgbuf->out));
}

void
msgbuf_concat(struct msgbuf *msgbuf, struct ibufqueue *from)
{
	ibufq_concat(&msgbuf->out, from);
}

void
ibuf_close(struct msgbuf *msgbuf, struct ibuf *buf)
{
	ibufq_push(&msgbuf->out, buf);
}

struct ibuf *
msgbuf_get(struct msgbuf *msgbuf)
{
	return (ibufq_pop(&msgbuf->in));
}

/*
 * Point iov at what is queued and return how many elements that took.  With
 * fdpass a buffer that carries a descriptor can only be the first one: the
 * descriptor arrives with the first octet of what is sent with it.
 */
static int
msgbuf_gather(struct msgbuf *msgbuf, struct iovec *iov, int fdpass)
{
	struct ibuf	*buf;
	int		 n = 0;

	TAILQ_FOREACH(buf, &msgbuf->out.bufs, entry) {
		if (n == IOV_MAX || (fdpass && n > 0 && buf->fd != -1))
			break;
		iov[n].iov_base = ibuf_data(buf);
		iov[n].iov_len = ibuf_size(buf);
		n++;
	}
	return (n);
}

/* Take the first len octets off the queue. */
static void
msgbuf_sent(struct msgbuf *msgbuf, size_t len)
{
	struct ibuf	*buf;

	while ((buf = TAILQ_FIRST(&msgbuf->out.bufs)) != NULL) {
		if (len < ibuf_size(buf)) {
			buf->rpos += len;
			return;
		}
		len -= ibuf_size(buf);
		ibuf_free(ibufq_pop(&msgbuf->out));
	}
}

int
ibuf_write(int fd, struct msgbuf *msgbuf)
{
	struct iovec	iov[IOV_MAX];
	ssize_t		n;
	int		iovcnt;

	if ((iovcnt = msgbuf_gather(msgbuf, iov, 0)) == 0)
		return (0);
	do {
		n = writev(fd, iov, iovcnt);
	} while (n == -1 && errno == EINTR);
	if (n == -1) {
		if (errno == EAGAIN || errno == ENOBUFS)
			return (0);
		return (-1);
	}
	msgbuf_sent(msgbuf, n);
	return (0);
}

int
msgbuf_write(int fd, struct msgbuf *msgbuf)
{
	struct iovec	 iov[IOV_MAX];
	struct msghdr	 msg;
	struct cmsghdr	*cmsg;
	struct ibuf	*first;
	union {
		struct cmsghdr	hdr;
		unsigned char	buf[CMSG_SPACE(sizeof(int))];
	} control;
	ssize_t		 n;
	int		 iovcnt;

	if ((iovcnt = msgbuf_gather(msgbuf, iov, 1)) == 0)
		return (0);
	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = iov;
	msg.msg_iovlen = iovcnt;

	first = TAILQ_FIRST(&msgbuf->out.bufs);
	if (first->fd != -1) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &first->fd, sizeof(int));
	}
	do {
		/* The sandbox lets few processes pass descriptors. */
		n = first->fd == -1 ? writev(fd, iov, iovcnt) :
		    sendmsg(fd, &msg, 0);
	} while (n == -1 && errno == EINTR);
	if (n == -1) {
		if (errno == EAGAIN || errno == ENOBUFS)
			return (0);
		return (-1);
	}
	/* It went with the first octet, the rest may have to follow. */
	ibuf_fd_set(first, -1);
	msgbuf_sent(msgbuf, n);
	return (0);
}

static void
msgbuf_drop_fd(struct msgbuf *msgbuf)
{
	if (msgbuf->fd != -1)
		close(msgbuf->fd);
	msgbuf->fd = -1;
}

/*
 * How much may be read.  While a descriptor waits for the rest of the header
 * it came with, only that rest: what follows could bring another one.
 */
static size_t
msgbuf_room(struct msgbuf *msgbuf)
{
	if (msgbuf->fd != -1)
		return (msgbuf->hdrsize - msgbuf->rlen);
	return (IBUF_READ_SIZE - msgbuf->rlen);
}

/* Cut what has been read, len octets more than before, into messages. */
static int
msgbuf_received(struct msgbuf *msgbuf, size_t len)
{
	struct ibuf	in, part;
	size_t		n;
	int		save_errno, rv = 1;

	len += msgbuf->rlen;
	ibuf_from_buffer(&in, msgbuf->rbuf, len);
	while (ibuf_size(&in) > 0) {
		if (msgbuf->partial == NULL) {
			if (ibuf_size(&in) < msgbuf->hdrsize)
				break;
			ibuf_from_buffer(&part, ibuf_data(&in),
			    msgbuf->hdrsize);
			msgbuf->partial = msgbuf->readhdr(&part, msgbuf->arg,
			    &msgbuf->fd);
			if (msgbuf->partial == NULL) {
				rv = -1;
				break;
			}
			/* Also what keeps this loop moving on. */
			if (ibuf_left(msgbuf->partial) < msgbuf->hdrsize) {
				ibuf_free(msgbuf->partial);
				msgbuf->partial = NULL;
				errno = EINVAL;
				rv = -1;
				break;
			}
		}
		n = ibuf_left(msgbuf->partial);
		if (n > ibuf_size(&in))
			n = ibuf_size(&in);
		if (ibuf_add(msgbuf->partial, ibuf_data(&in), n) == -1) {
			rv = -1;
			break;
		}
		(void)ibuf_skip(&in, n);
		if (ibuf_left(msgbuf->partial) == 0) {
			ibufq_push(&msgbuf->in, msgbuf->partial);
			msgbuf->partial = NULL;
		}
	}

	save_errno = errno;
	msgbuf->rlen = ibuf_size(&in);
	memmove(msgbuf->rbuf, ibuf_data(&in), msgbuf->rlen);
	explicit_bzero(msgbuf->rbuf + msgbuf->rlen, len - msgbuf->rlen);
	/* A descriptor that nobody claimed, unless half a header still may. */
	if (rv == -1 || msgbuf->rlen == 0)
		msgbuf_drop_fd(msgbuf);
	errno = save_errno;
	return (rv);
}

int
ibuf_read(int fd, struct msgbuf *msgbuf)
{
	ssize_t	n;

	if (msgbuf->rbuf == NULL) {
		errno = EINVAL;
		return (-1);
	}
	do {
		n = read(fd, msgbuf->rbuf + msgbuf->rlen, msgbuf_room(msgbuf));
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return (errno == EAGAIN ? 1 : -1);
	if (n == 0)
		return (0);
	return (msgbuf_received(msgbuf, n));
}

int
msgbuf_read(int fd, struct msgbuf *msgbuf)
{
	struct iovec	 iov;
	struct msghdr	 msg;
	struct cmsghdr	*cmsg;
	union {
		struct cmsghdr	hdr;
		unsigned char	buf[CMSG_SPACE(sizeof(int))];
	} control;
	ssize_t		 n;
	size_t		 i, nfds;
	int		 passed;

	if (msgbuf->rbuf == NULL) {
		errno = EINVAL;
		return (-1);
	}
	do {
		memset(&msg, 0, sizeof(msg));
		iov.iov_base = msgbuf->rbuf + msgbuf->rlen;
		iov.iov_len = msgbuf_room(msgbuf);
		msg.msg_iov = &iov;
		msg.msg_iovlen = 1;
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		n = recvmsg(fd, &msg, 0);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return (errno == EAGAIN ? 1 : -1);

	/*
	 * One descriptor is all that a message may bring, but padding makes
	 * room for two.  One that did not fit into our table is missing
	 * (MSG_CTRUNC): the message then comes without it.
	 */
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg != NULL;
	    cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		nfds = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < nfds; i++) {
			memcpy(&passed, CMSG_DATA(cmsg) + i * sizeof(int),
			    sizeof(passed));
			if (msgbuf->fd == -1)
				msgbuf->fd = passed;
			else
				close(passed);
		}
	}
	if (n == 0) {
		msgbuf_drop_fd(msgbuf);
		return (0);
	}
	return (msgbuf_received(msgbuf, n));
}
