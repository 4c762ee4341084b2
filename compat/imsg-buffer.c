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
 * Buffers, queues of them, and their way through a stream socket: ibuf_add(3)
 * of OpenBSD's libutil.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "imsg.h"

/* In ibuf.fd: the memory is somebody else's, and so is the struct. */
#define IBUF_FOREIGN		(-2)

#define NET_ORDER		1
#define HOST_ORDER		0

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

static int	 ibuf_grow(struct ibuf *, size_t);
static int	 number_encode(unsigned char *, uint64_t, size_t, int);
static int	 ibuf_add_number(struct ibuf *, uint64_t, size_t, int);
static int	 ibuf_set_number(struct ibuf *, size_t, uint64_t, size_t, int);
static void	 ibufq_init(struct ibufqueue *);
static int	 msgbuf_gather(struct msgbuf *, struct iovec *, int);
static void	 msgbuf_sent(struct msgbuf *, size_t);
static size_t	 msgbuf_room(struct msgbuf *);
static int	 msgbuf_received(struct msgbuf *, size_t);
static void	 msgbuf_drop_fd(struct msgbuf *);

struct ibuf *
ibuf_open(size_t len)
{
	struct ibuf	*buf;

	if ((buf = calloc(1, sizeof(*buf))) == NULL)
		return (NULL);
	if (len > 0 && (buf->buf = calloc(1, len)) == NULL) {
		free(buf);
		return (NULL);
	}
	buf->size = buf->max = len;
	buf->fd = -1;
	return (buf);
}

struct ibuf *
ibuf_dynamic(size_t len, size_t max)
{
	struct ibuf	*buf;

	if (max == 0 || len > max) {
		errno = EINVAL;
		return (NULL);
	}
	if ((buf = ibuf_open(len)) == NULL)
		return (NULL);
	buf->max = max;
	return (buf);
}

void
ibuf_free(struct ibuf *buf)
{
	int	save_errno = errno;

	if (buf == NULL)
		return;
	if (buf->fd == IBUF_FOREIGN)
		abort();
	if (buf->fd != -1)
		close(buf->fd);
	/* Messages carry passwords and keys. */
	freezero(buf->buf, buf->size);
	free(buf);
	errno = save_errno;
}

void
ibuf_from_buffer(struct ibuf *buf, void *data, size_t len)
{
	memset(buf, 0, sizeof(*buf));
	buf->buf = data;
	buf->size = buf->wpos = len;
	buf->fd = IBUF_FOREIGN;
}

void
ibuf_from_ibuf(struct ibuf *buf, const struct ibuf *from)
{
	ibuf_from_buffer(buf, ibuf_data(from), ibuf_size(from));
}

/* Make room for need octets in all.  Leaves no copy behind, unlike realloc. */
static int
ibuf_grow(struct ibuf *buf, size_t need)
{
	unsigned char	*p;
	size_t		 size;

	size = buf->size > buf->max / 2 ? buf->max : buf->size * 2;
	if (size < need)
		size = need;
	if ((p = calloc(1, size)) == NULL)
		return (-1);
	if (buf->wpos > 0)
		memcpy(p, buf->buf, buf->wpos);
	freezero(buf->buf, buf->size);
	buf->buf = p;
	buf->size = size;
	return (0);
}

void *
ibuf_reserve(struct ibuf *buf, size_t len)
{
	void	*p;

	if (len > SIZE_MAX - buf->wpos) {
		errno = ERANGE;
		return (NULL);
	}
	if (buf->fd == IBUF_FOREIGN) {
		errno = EINVAL;
		return (NULL);
	}
	if (buf->wpos + len > buf->max) {
		errno = ERANGE;
		return (NULL);
	}
	if (buf->wpos + len > buf->size &&
	    ibuf_grow(buf, buf->wpos + len) == -1)
		return (NULL);
	p = buf->buf + buf->wpos;
	buf->wpos += len;
	return (p);
}

int
ibuf_add(struct ibuf *buf, const void *data, size_t len)
{
	void	*p;

	if (len == 0)
		return (0);
	if ((p = ibuf_reserve(buf, len)) == NULL)
		return (-1);
	memcpy(p, data, len);
	return (0);
}

int
ibuf_add_ibuf(struct ibuf *buf, const struct ibuf *from)
{
	return (ibuf_add(buf, ibuf_data(from), ibuf_size(from)));
}

int
ibuf_add_zero(struct ibuf *buf, size_t len)
{
	void	*p;

	if (len == 0)
		return (0);
	if ((p = ibuf_reserve(buf, len)) == NULL)
		return (-1);
	memset(p, 0, len);
	return (0);
}

/* A string in a field of len octets, filled up with NULs, at least one. */
int
ibuf_add_strbuf(struct ibuf *buf, const char *str, size_t len)
{
	char	*p;
	size_t	 n;

	if ((p = ibuf_reserve(buf, len)) == NULL)
		return (-1);
	if ((n = strnlen(str, len)) == len) {
		buf->wpos -= len;
		errno = EOVERFLOW;
		return (-1);
	}
	memcpy(p, str, n);
	memset(p + n, 0, len - n);
	return (0);
}

/* Write value into width octets; EINVAL if it does not fit. */
static int
number_encode(unsigned char *p, uint64_t value, size_t width, int order)
{
	uint64_t	v64;
	uint32_t	v32;
	uint16_t	v16;

	if (width < sizeof(value) && value >> (8 * width) != 0) {
		errno = EINVAL;
		return (-1);
	}
	switch (width) {
	case sizeof(uint8_t):
		*p = value;
		break;
	case sizeof(v16):
		v16 = order == NET_ORDER ? htobe16(value) : value;
		memcpy(p, &v16, sizeof(v16));
		break;
	case sizeof(v32):
		v32 = order == NET_ORDER ? htobe32(value) : value;
		memcpy(p, &v32, sizeof(v32));
		break;
	case sizeof(v64):
		v64 = order == NET_ORDER ? htobe64(value) : value;
		memcpy(p, &v64, sizeof(v64));
		break;
	}
	return (0);
}

static int
ibuf_add_number(struct ibuf *buf, uint64_t value, size_t width, int order)
{
	unsigned char	octets[sizeof(value)];

	if (number_encode(octets, value, width, order) == -1)
		return (-1);
	return (ibuf_add(buf, octets, width));
}

int
ibuf_add_n8(struct ibuf *buf, uint64_t value)
{
	return (ibuf_add_number(buf, value, sizeof(uint8_t), NET_ORDER));
}

int
ibuf_add_n16(struct ibuf *buf, uint64_t value)
{
	return (ibuf_add_number(buf, value, sizeof(uint16_t), NET_ORDER));
}

int
ibuf_add_n32(struct ibuf *buf, uint64_t value)
{
	return (ibuf_add_number(buf, value, sizeof(uint32_t), NET_ORDER));
}

int
ibuf_add_n64(struct ibuf *buf, uint64_t value)
{
	return (ibuf_add_number(buf, value, sizeof(uint64_t), NET_ORDER));
}

int
ibuf_add_h16(struct ibuf *buf, uint64_t value)
{
	return (ibuf_add_number(buf, value, sizeof(uint16_t), HOST_ORDER));
}

int
ibuf_add_h32(struct ibuf *buf, uint64_t value)
{
	return (ibuf_add_number(buf, value, sizeof(uint32_t), HOST_ORDER));
}

int
ibuf_add_h64(struct ibuf *buf, uint64_t value)
{
	return (ibuf_add_number(buf, value, sizeof(uint64_t), HOST_ORDER));
}

/* The len octets at pos, counted from the first unread one. */
void *
ibuf_seek(struct ibuf *buf, size_t pos, size_t len)
{
	if (pos > ibuf_size(buf) || len > ibuf_size(buf) - pos) {
		errno = ERANGE;
		return (NULL);
	}
	return (buf->buf + buf->rpos + pos);
}

int
ibuf_set(struct ibuf *buf, size_t pos, const void *data, size_t len)
{
	void	*p;

	if ((p = ibuf_seek(buf, pos, len)) == NULL)
		return (-1);
	if (len > 0)
		memcpy(p, data, len);
	return (0);
}

static int
ibuf_set_number(struct ibuf *buf, size_t pos, uint64_t value, size_t width,
    int order)
{
	unsigned char	octets[sizeof(value)];

	if (number_encode(octets, value, width, order) == -1)
		return (-1);
	return (ibuf_set(buf, pos, octets, width));
}

int
ibuf_set_n8(struct ibuf *buf, size_t pos, uint64_t value)
{
	return (ibuf_set_number(buf, pos, value, sizeof(uint8_t), NET_ORDER));
}

int
ibuf_set_n16(struct ibuf *buf, size_t pos, uint64_t value)
{
	return (ibuf_set_number(buf, pos, value, sizeof(uint16_t), NET_ORDER));
}

int
ibuf_set_n32(struct ibuf *buf, size_t pos, uint64_t value)
{
	return (ibuf_set_number(buf, pos, value, sizeof(uint32_t), NET_ORDER));
}

int
ibuf_set_n64(struct ibuf *buf, size_t pos, uint64_t value)
{
	return (ibuf_set_number(buf, pos, value, sizeof(uint64_t), NET_ORDER));
}

int
ibuf_set_h16(struct ibuf *buf, size_t pos, uint64_t value)
{
	return (ibuf_set_number(buf, pos, value, sizeof(uint16_t),
	    HOST_ORDER));
}

int
ibuf_set_h32(struct ibuf *buf, size_t pos, uint64_t value)
{
	return (ibuf_set_number(buf, pos, value, sizeof(uint32_t),
	    HOST_ORDER));
}

int
ibuf_set_h64(struct ibuf *buf, size_t pos, uint64_t value)
{
	return (ibuf_set_number(buf, pos, value, sizeof(uint64_t),
	    HOST_ORDER));
}

int
ibuf_get(struct ibuf *buf, void *data, size_t len)
{
	if (len > ibuf_size(buf)) {
		errno = EBADMSG;
		return (-1);
	}
	if (len > 0)
		memcpy(data, ibuf_data(buf), len);
	buf->rpos += len;
	return (0);
}

int
ibuf_get_ibuf(struct ibuf *buf, size_t len, struct ibuf *new)
{
	if (len > ibuf_size(buf)) {
		errno = EBADMSG;
		return (-1);
	}
	ibuf_from_buffer(new, ibuf_data(buf), len);
	buf->rpos += len;
	return (0);
}

int
ibuf_get_n8(struct ibuf *buf, uint8_t *value)
{
	return (ibuf_get(buf, value, sizeof(*value)));
}

int
ibuf_get_n16(struct ibuf *buf, uint16_t *value)
{
	if (ibuf_get(buf, value, sizeof(*value)) == -1)
		return (-1);
	*value = be16toh(*value);
	return (0);
}

int
ibuf_get_n32(struct ibuf *buf, uint32_t *value)
{
	if (ibuf_get(buf, value, sizeof(*value)) == -1)
		return (-1);
	*value = be32toh(*value);
	return (0);
}

int
ibuf_get_n64(struct ibuf *buf, uint64_t *value)
{
	if (ibuf_get(buf, value, sizeof(*value)) == -1)
		return (-1);
	*value = be64toh(*value);
	return (0);
}

int
ibuf_get_h16(struct ibuf *buf, uint16_t *value)
{
	return (ibuf_get(buf, value, sizeof(*value)));
}

int
ibuf_get_h32(struct ibuf *buf, uint32_t *value)
{
	return (ibuf_get(buf, value, sizeof(*value)));
}

int
ibuf_get_h64(struct ibuf *buf, uint64_t *value)
{
	return (ibuf_get(buf, value, sizeof(*value)));
}

/* Takes len octets, returns a malloc'ed string up to the first NUL. */
char *
ibuf_get_string(struct ibuf *buf, size_t len)
{
	char	*str;

	if (len > ibuf_size(buf)) {
		errno = EBADMSG;
		return (NULL);
	}
	if ((str = strndup(len > 0 ? ibuf_data(buf) : "", len)) == NULL)
		return (NULL);
	buf->rpos += len;
	return (str);
}

/* A field of len octets; str is terminated even when the field was not. */
int
ibuf_get_strbuf(struct ibuf *buf, char *str, size_t len)
{
	if (len == 0) {
		errno = EINVAL;
		return (-1);
	}
	if (ibuf_get(buf, str, len) == -1)
		return (-1);
	if (str[len - 1] != '\0') {
		str[len - 1] = '\0';
		errno = EOVERFLOW;
		return (-1);
	}
	return (0);
}

int
ibuf_skip(struct ibuf *buf, size_t len)
{
	if (len > ibuf_size(buf)) {
		errno = EBADMSG;
		return (-1);
	}
	buf->rpos += len;
	return (0);
}

void *
ibuf_data(const struct ibuf *buf)
{
	if (buf->buf == NULL)
		return (NULL);
	return (buf->buf + buf->rpos);
}

/* Octets to be read. */
size_t
ibuf_size(const struct ibuf *buf)
{
	return (buf->wpos - buf->rpos);
}

/* Octets that may be added. */
size_t
ibuf_left(const struct ibuf *buf)
{
	if (buf->fd == IBUF_FOREIGN)
		return (0);
	return (buf->max - buf->wpos);
}

int
ibuf_set_maxsize(struct ibuf *buf, size_t max)
{
	if (buf->fd == IBUF_FOREIGN) {
		errno = EINVAL;
		return (-1);
	}
	if (max > buf->max || max < buf->wpos) {
		errno = ERANGE;
		return (-1);
	}
	buf->max = max;
	return (0);
}

int
ibuf_truncate(struct ibuf *buf, size_t len)
{
	if (len <= ibuf_size(buf)) {
		buf->wpos = buf->rpos + len;
		return (0);
	}
	if (buf->fd == IBUF_FOREIGN) {
		errno = ERANGE;
		return (-1);
	}
	return (ibuf_add_zero(buf, len - ibuf_size(buf)));
}

void
ibuf_rewind(struct ibuf *buf)
{
	buf->rpos = 0;
}

int
ibuf_fd_avail(struct ibuf *buf)
{
	return (buf->fd >= 0);
}

/* The descriptor is the caller's from now on. */
int
ibuf_fd_get(struct ibuf *buf)
{
	int	fd;

	if (buf->fd < 0)
		return (-1);
	fd = buf->fd;
	buf->fd = -1;
	return (fd);
}

/* The descriptor is the buffer's from now on. */
void
ibuf_fd_set(struct ibuf *buf, int fd)
{
	if (buf->fd == IBUF_FOREIGN)
		abort();
	if (buf->fd != -1)
		close(buf->fd);
	buf->fd = fd < 0 ? -1 : fd;
}

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
		n = sendmsg(fd, &msg, 0);
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
