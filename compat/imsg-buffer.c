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
 * Buffers that know how much is in them and how much has been read: the first
 * half of ibuf_add(3) of OpenBSD's libutil.
 */

#include <sys/types.h>
#include <sys/queue.h>

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "imsg.h"

#define NET_ORDER		1
#define HOST_ORDER		0

static int	 ibuf_grow(struct ibuf *, size_t);
static int	 number_encode(unsigned char *, uint64_t, size_t, int);
static int	 ibuf_add_number(struct ibuf *, uint64_t, size_t, int);
static int	 ibuf_set_number(struct ibuf *, size_t, uint64_t, size_t, int);

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
