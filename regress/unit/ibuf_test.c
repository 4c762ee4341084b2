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
 * The contract of ibuf and msgbuf that pptpd relies on: libutil on OpenBSD,
 * compat/ elsewhere.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <imsg.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

#define CHECK(x) do {							\
	if (!(x)) {							\
		printf("# line %d: %s\n", __LINE__, #x);		\
		failed = 1;						\
	}								\
} while (0)

/* Returned -1 with this errno. */
#define FAILS(x, error) do {						\
	errno = 0;							\
	CHECK((x) == -1);						\
	CHECK(errno == (error));					\
} while (0)

struct test {
	const char	*name;
	void		(*run)(void);
};

static int		failed;
static unsigned char	data[10];

static void	die(const char *) __attribute__((__noreturn__));

static void
die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
nonblock(int fd)
{
	int	flags;

	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		die("fcntl");
}

/* A pipe whose write end can be sent away: reads tell if it is still open. */
static void
make_pipe(int p[2])
{
	if (pipe(p) == -1)
		die("pipe");
	nonblock(p[0]);
}

/* Is the write end closed everywhere? */
static int
is_closed(int rfd)
{
	char	c;

	return (read(rfd, &c, 1) == 0);
}

static int
is_open(int fd)
{
	return (fcntl(fd, F_GETFD) != -1);
}

/* Does fn end its process by abort(3)? */
static int
aborts(void (*fn)(void))
{
	struct rlimit	 rl;
	pid_t		 pid;
	int		 status;

	fflush(stdout);
	switch (pid = fork()) {
	case -1:
		die("fork");
	case 0:
		rl.rlim_cur = rl.rlim_max = 0;
		setrlimit(RLIMIT_CORE, &rl);
		fn();
		_exit(0);
	}
	if (waitpid(pid, &status, 0) == -1)
		die("waitpid");
	return (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void
test_open(void)
{
	struct ibuf	*b;

	if ((b = ibuf_open(4)) == NULL)
		die("ibuf_open");
	CHECK(ibuf_size(b) == 0);
	CHECK(ibuf_left(b) == 4);
	CHECK(ibuf_add(b, "abc", 3) == 0);
	CHECK(ibuf_size(b) == 3);
	CHECK(ibuf_left(b) == 1);
	FAILS(ibuf_add(b, "de", 2), ERANGE);
	CHECK(ibuf_size(b) == 3);
	CHECK(ibuf_add(b, "d", 1) == 0);
	CHECK(ibuf_left(b) == 0);
	CHECK(ibuf_add(b, "", 0) == 0);
	CHECK(memcmp(ibuf_data(b), "abcd", 4) == 0);
	ibuf_free(b);

	if ((b = ibuf_open(0)) == NULL)
		die("ibuf_open");
	CHECK(ibuf_size(b) == 0);
	CHECK(ibuf_left(b) == 0);
	FAILS(ibuf_add(b, "a", 1), ERANGE);
	ibuf_free(b);
}

static void
test_dynamic(void)
{
	struct ibuf	*b;
	unsigned int	 i;

	errno = 0;
	CHECK(ibuf_dynamic(1, 0) == NULL && errno == EINVAL);
	errno = 0;
	CHECK(ibuf_dynamic(3, 2) == NULL && errno == EINVAL);

	if ((b = ibuf_dynamic(0, 1000)) == NULL)
		die("ibuf_dynamic");
	CHECK(ibuf_left(b) == 1000);
	for (i = 0; i < 1000; i++)
		CHECK(ibuf_add_n8(b, i & 0xff) == 0);
	CHECK(ibuf_left(b) == 0);
	FAILS(ibuf_add_n8(b, 0), ERANGE);
	CHECK(ibuf_size(b) == 1000);
	for (i = 0; i < 1000; i++)
		CHECK(((unsigned char *)ibuf_data(b))[i] == (i & 0xff));
	ibuf_free(b);
}

static void
test_reserve(void)
{
	struct ibuf	*b;
	char		*p, *q;

	if ((b = ibuf_dynamic(4, SIZE_MAX)) == NULL)
		die("ibuf_dynamic");
	CHECK((p = ibuf_reserve(b, 4)) != NULL);
	memcpy(p, "abcd", 4);
	errno = 0;
	CHECK(ibuf_reserve(b, SIZE_MAX) == NULL && errno == ERANGE);
	errno = 0;
	CHECK(ibuf_reserve(b, SIZE_MAX - 3) == NULL && errno == ERANGE);
	CHECK((q = ibuf_reserve(b, 100)) != NULL);
	CHECK(q == (char *)ibuf_data(b) + 4);
	CHECK(ibuf_size(b) == 104);
	CHECK(memcmp(ibuf_data(b), "abcd", 4) == 0);
	ibuf_free(b);
}

static void
test_net_order(void)
{
	static const unsigned char	 wire[] = {
		0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
		0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f
	};
	struct ibuf	*b;
	uint64_t	 v64;
	uint32_t	 v32;
	uint16_t	 v16;
	uint8_t		 v8;

	if ((b = ibuf_open(sizeof(wire))) == NULL)
		die("ibuf_open");
	FAILS(ibuf_add_n8(b, 0x100), EINVAL);
	FAILS(ibuf_add_n16(b, 0x10000), EINVAL);
	FAILS(ibuf_add_n32(b, 0x100000000ULL), EINVAL);
	CHECK(ibuf_size(b) == 0);
	CHECK(ibuf_add_n8(b, 0x01) == 0);
	CHECK(ibuf_add_n16(b, 0x0203) == 0);
	CHECK(ibuf_add_n32(b, 0x04050607) == 0);
	CHECK(ibuf_add_n64(b, 0x08090a0b0c0d0e0fULL) == 0);
	CHECK(ibuf_size(b) == sizeof(wire));
	CHECK(memcmp(ibuf_data(b), wire, sizeof(wire)) == 0);

	CHECK(ibuf_get_n8(b, &v8) == 0 && v8 == 0x01);
	CHECK(ibuf_get_n16(b, &v16) == 0 && v16 == 0x0203);
	CHECK(ibuf_get_n32(b, &v32) == 0 && v32 == 0x04050607);
	CHECK(ibuf_get_n64(b, &v64) == 0 && v64 == 0x08090a0b0c0d0e0fULL);
	FAILS(ibuf_get_n8(b, &v8), EBADMSG);
	FAILS(ibuf_get_n16(b, &v16), EBADMSG);
	FAILS(ibuf_get_n32(b, &v32), EBADMSG);
	FAILS(ibuf_get_n64(b, &v64), EBADMSG);
	FAILS(ibuf_add_n8(b, 1), ERANGE);
	ibuf_free(b);
}

static void
test_host_order(void)
{
	struct ibuf	*b;
	uint64_t	 v64 = 0x08090a0b0c0d0e0fULL;
	uint32_t	 v32 = 0x04050607;
	uint16_t	 v16 = 0x0203;
	unsigned char	 wire[14];

	memcpy(wire, &v16, 2);
	memcpy(wire + 2, &v32, 4);
	memcpy(wire + 6, &v64, 8);
	if ((b = ibuf_open(sizeof(wire))) == NULL)
		die("ibuf_open");
	FAILS(ibuf_add_h16(b, 0x10000), EINVAL);
	FAILS(ibuf_add_h32(b, 0x100000000ULL), EINVAL);
	CHECK(ibuf_add_h16(b, v16) == 0);
	CHECK(ibuf_add_h32(b, v32) == 0);
	CHECK(ibuf_add_h64(b, v64) == 0);
	CHECK(memcmp(ibuf_data(b), wire, sizeof(wire)) == 0);

	v16 = v32 = v64 = 0;
	CHECK(ibuf_get_h16(b, &v16) == 0 && v16 == 0x0203);
	CHECK(ibuf_get_h32(b, &v32) == 0 && v32 == 0x04050607);
	CHECK(ibuf_get_h64(b, &v64) == 0 && v64 == 0x08090a0b0c0d0e0fULL);
	FAILS(ibuf_get_h16(b, &v16), EBADMSG);
	FAILS(ibuf_get_h32(b, &v32), EBADMSG);
	FAILS(ibuf_get_h64(b, &v64), EBADMSG);
	ibuf_free(b);
}

static void
test_add_strbuf(void)
{
	struct ibuf	*b;

	if ((b = ibuf_open(16)) == NULL)
		die("ibuf_open");
	CHECK(ibuf_add_strbuf(b, "abc", 8) == 0);
	CHECK(ibuf_size(b) == 8);
	CHECK(memcmp(ibuf_data(b), "abc\0\0\0\0\0", 8) == 0);
	CHECK(ibuf_add_strbuf(b, "1234567", 8) == 0);
	CHECK(memcmp((char *)ibuf_data(b) + 8, "1234567", 8) == 0);
	FAILS(ibuf_add_strbuf(b, "x", 2), ERANGE);
	ibuf_free(b);

	if ((b = ibuf_open(16)) == NULL)
		die("ibuf_open");
	FAILS(ibuf_add_strbuf(b, "12345678", 8), EOVERFLOW);
	ibuf_free(b);
	if ((b = ibuf_open(16)) == NULL)
		die("ibuf_open");
	FAILS(ibuf_add_strbuf(b, "", 0), EOVERFLOW);
	ibuf_free(b);
}

static void
test_add_zero(void)
{
	struct ibuf	*b, *c;

	b = ibuf_open(4);
	c = ibuf_open(8);
	if (b == NULL || c == NULL)
		die("ibuf_open");
	CHECK(ibuf_add(b, "x", 1) == 0);
	CHECK(ibuf_add_zero(b, 0) == 0);
	CHECK(ibuf_add_zero(b, 3) == 0);
	FAILS(ibuf_add_zero(b, 1), ERANGE);
	CHECK(memcmp(ibuf_data(b), "x\0\0", 4) == 0);

	/* Only what has not been read is added. */
	CHECK(ibuf_add(c, "12345", 5) == 0);
	CHECK(ibuf_skip(b, 1) == 0);
	CHECK(ibuf_add_ibuf(c, b) == 0);
	CHECK(memcmp(ibuf_data(c), "12345\0\0", 8) == 0);
	CHECK(ibuf_size(b) == 3);
	FAILS(ibuf_add_ibuf(c, b), ERANGE);
	ibuf_free(b);
	ibuf_free(c);
}

static void
test_seek_set(void)
{
	struct ibuf	*b;
	unsigned char	 c;

	if ((b = ibuf_open(32)) == NULL)
		die("ibuf_open");
	CHECK(ibuf_add_zero(b, 16) == 0);
	CHECK(ibuf_seek(b, 0, 16) == ibuf_data(b));
	CHECK(ibuf_seek(b, 16, 0) == (char *)ibuf_data(b) + 16);
	errno = 0;
	CHECK(ibuf_seek(b, 0, 17) == NULL && errno == ERANGE);
	errno = 0;
	CHECK(ibuf_seek(b, 17, 0) == NULL && errno == ERANGE);
	errno = 0;
	CHECK(ibuf_seek(b, 1, SIZE_MAX) == NULL && errno == ERANGE);

	CHECK(ibuf_set(b, 13, "xyz", 3) == 0);
	FAILS(ibuf_set(b, 14, "xyz", 3), ERANGE);
	CHECK(ibuf_set(b, 0, "", 0) == 0);
	CHECK(memcmp((char *)ibuf_data(b) + 13, "xyz", 3) == 0);

	/* Offsets count from what comes next. */
	CHECK(ibuf_get(b, &c, 1) == 0);
	CHECK(ibuf_set_n8(b, 0, 0x11) == 0);
	CHECK(ibuf_set_n16(b, 1, 0x2233) == 0);
	CHECK(ibuf_set_n32(b, 3, 0x44556677) == 0);
	CHECK(ibuf_set_n64(b, 7, 0x8899aabbccddeeffULL) == 0);
	CHECK(memcmp(ibuf_data(b), "\x11\x22\x33\x44\x55\x66\x77\x88\x99"
	    "\xaa\xbb\xcc\xdd\xee\xff", 15) == 0);
	FAILS(ibuf_set_n8(b, 0, 0x100), EINVAL);
	FAILS(ibuf_set_n16(b, 0, 0x10000), EINVAL);
	FAILS(ibuf_set_n32(b, 0, 0x100000000ULL), EINVAL);
	FAILS(ibuf_set_n8(b, 15, 0), ERANGE);
	FAILS(ibuf_set_n64(b, 8, 0), ERANGE);
	CHECK(ibuf_set_h64(b, 7, 0) == 0);
	CHECK(ibuf_set_h32(b, 3, 0) == 0);
	CHECK(ibuf_set_h16(b, 1, 0x0101) == 0);
	FAILS(ibuf_set_h16(b, 0, 0x10000), EINVAL);
	FAILS(ibuf_set_h32(b, 0, 0x100000000ULL), EINVAL);
	CHECK(memcmp(ibuf_data(b), "\x11\1\1\0\0\0\0\0\0\0\0\0\0\0", 15) == 0);
	ibuf_free(b);
}

static void
test_get(void)
{
	struct ibuf	*b, view;
	char		 s[8];

	if ((b = ibuf_open(16)) == NULL)
		die("ibuf_open");
	CHECK(ibuf_add(b, "0123456789abcdef", 16) == 0);
	FAILS(ibuf_get(b, s, 17), EBADMSG);
	FAILS(ibuf_get(b, s, SIZE_MAX), EBADMSG);
	FAILS(ibuf_skip(b, 17), EBADMSG);
	FAILS(ibuf_get_ibuf(b, 17, &view), EBADMSG);
	CHECK(ibuf_size(b) == 16);
	CHECK(ibuf_get(b, s, 4) == 0);
	CHECK(memcmp(s, "0123", 4) == 0);
	CHECK(ibuf_size(b) == 12);
	CHECK(ibuf_skip(b, 2) == 0);
	CHECK(ibuf_get_ibuf(b, 4, &view) == 0);
	CHECK(ibuf_size(&view) == 4);
	CHECK(memcmp(ibuf_data(&view), "6789", 4) == 0);
	CHECK(ibuf_size(b) == 6);
	CHECK(ibuf_get(b, s, 6) == 0);
	CHECK(ibuf_size(b) == 0);
	CHECK(ibuf_get(b, s, 0) == 0);
	FAILS(ibuf_skip(b, 1), EBADMSG);
	ibuf_rewind(b);
	CHECK(ibuf_size(b) == 16);
	CHECK(ibuf_get(b, s, 1) == 0 && s[0] == '0');
	ibuf_free(b);
}

static void
test_get_strings(void)
{
	struct ibuf	*b;
	char		*p, s[4];

	if ((b = ibuf_open(32)) == NULL)
		die("ibuf_open");
	CHECK(ibuf_add(b, "ab\0\0" "abcd" "hello\0xx" "world", 21) == 0);
	FAILS(ibuf_get_strbuf(b, s, 0), EINVAL);
	CHECK(ibuf_get_strbuf(b, s, 4) == 0 && strcmp(s, "ab") == 0);
	FAILS(ibuf_get_strbuf(b, s, 4), EOVERFLOW);
	CHECK(strcmp(s, "abc") == 0);
	CHECK((p = ibuf_get_string(b, 8)) != NULL && strcmp(p, "hello") == 0);
	free(p);
	errno = 0;
	CHECK(ibuf_get_string(b, 6) == NULL && errno == EBADMSG);
	CHECK((p = ibuf_get_string(b, 5)) != NULL && strcmp(p, "world") == 0);
	free(p);
	CHECK(ibuf_size(b) == 0);
	FAILS(ibuf_get_strbuf(b, s, 4), EBADMSG);
	ibuf_free(b);
}

static void
test_truncate(void)
{
	struct ibuf	*b;

	if ((b = ibuf_dynamic(4, 8)) == NULL)
		die("ibuf_dynamic");
	CHECK(ibuf_add(b, "abcd", 4) == 0);
	CHECK(ibuf_truncate(b, 2) == 0);
	CHECK(ibuf_size(b) == 2);
	CHECK(ibuf_truncate(b, 8) == 0);
	CHECK(ibuf_size(b) == 8);
	CHECK(memcmp(ibuf_data(b), "ab\0\0\0\0\0", 8) == 0);
	FAILS(ibuf_truncate(b, 9), ERANGE);
	CHECK(ibuf_skip(b, 1) == 0);
	CHECK(ibuf_truncate(b, 1) == 0);
	CHECK(ibuf_size(b) == 1 && *(char *)ibuf_data(b) == 'b');
	CHECK(ibuf_truncate(b, 0) == 0 && ibuf_size(b) == 0);
	ibuf_free(b);
}

static void
test_maxsize(void)
{
	struct ibuf	*b;

	if ((b = ibuf_dynamic(0, 100)) == NULL)
		die("ibuf_dynamic");
	FAILS(ibuf_set_maxsize(b, 101), ERANGE);
	CHECK(ibuf_left(b) == 100);
	CHECK(ibuf_set_maxsize(b, 4) == 0);
	CHECK(ibuf_left(b) == 4);
	FAILS(ibuf_set_maxsize(b, 5), ERANGE);
	FAILS(ibuf_add(b, "12345", 5), ERANGE);
	CHECK(ibuf_add(b, "1234", 4) == 0);
	ibuf_free(b);
}

static void
test_from_buffer(void)
{
	struct ibuf	 b, c;
	unsigned char	 six[] = { 1, 2, 3, 4, 5, 6 };
	uint16_t	 v16;
	uint8_t		 v8;

	ibuf_from_buffer(&b, six, sizeof(six));
	CHECK(ibuf_size(&b) == 6);
	CHECK(ibuf_left(&b) == 0);
	CHECK(ibuf_data(&b) == six);
	FAILS(ibuf_add(&b, "x", 1), EINVAL);
	FAILS(ibuf_add_n8(&b, 1), EINVAL);
	FAILS(ibuf_set_maxsize(&b, 1), EINVAL);
	FAILS(ibuf_truncate(&b, 7), ERANGE);
	CHECK(ibuf_fd_avail(&b) == 0);
	CHECK(ibuf_fd_get(&b) == -1);
	CHECK(ibuf_get_n16(&b, &v16) == 0 && v16 == 0x0102);

	/* A look ahead takes nothing. */
	ibuf_from_ibuf(&c, &b);
	CHECK(ibuf_size(&c) == 4);
	CHECK(ibuf_get_n8(&c, &v8) == 0 && v8 == 3);
	CHECK(ibuf_size(&b) == 4);
	CHECK(ibuf_set_n8(&b, 0, 9) == 0 && six[2] == 9);
	CHECK(ibuf_truncate(&b, 1) == 0);
	CHECK(ibuf_skip(&b, 1) == 0);
	FAILS(ibuf_get_n8(&b, &v8), EBADMSG);
}

static void
free_foreign(void)
{
	struct ibuf	b;

	ibuf_from_buffer(&b, data, sizeof(data));
	ibuf_free(&b);
}

static void
push_foreign(void)
{
	struct ibufqueue	*q;
	struct ibuf		 b;

	if ((q = ibufq_new()) == NULL)
		die("ibufq_new");
	ibuf_from_buffer(&b, data, sizeof(data));
	ibufq_push(q, &b);
}

static void
give_foreign(void)
{
	struct ibuf	b;

	ibuf_from_buffer(&b, data, sizeof(data));
	ibuf_fd_set(&b, 0);
}

static void
test_from_buffer_abort(void)
{
	CHECK(aborts(free_foreign));
	CHECK(aborts(push_foreign));
	CHECK(aborts(give_foreign));
}

static void
test_ibuf_fd(void)
{
	struct ibuf	*b;
	int		 p[2], q[2], r[2];

	if ((b = ibuf_open(1)) == NULL)
		die("ibuf_open");
	CHECK(ibuf_fd_avail(b) == 0);
	CHECK(ibuf_fd_get(b) == -1);
	make_pipe(p);
	make_pipe(q);
	make_pipe(r);
	ibuf_fd_set(b, p[1]);
	CHECK(ibuf_fd_avail(b) == 1);
	ibuf_fd_set(b, q[1]);
	CHECK(is_closed(p[0]));
	CHECK(ibuf_fd_get(b) == q[1]);
	CHECK(ibuf_fd_avail(b) == 0);
	CHECK(ibuf_fd_get(b) == -1);
	CHECK(is_open(q[1]));
	ibuf_fd_set(b, q[1]);
	ibuf_fd_set(b, -1);
	CHECK(is_closed(q[0]));
	ibuf_fd_set(b, r[1]);
	ibuf_free(b);
	CHECK(is_closed(r[0]));
	close(p[0]);
	close(q[0]);
	close(r[0]);
}

static void
test_free(void)
{
	struct ibuf	*b;

	if ((b = ibuf_open(10)) == NULL)
		die("ibuf_open");
	ibuf_fd_set(b, 9999);		/* closing it fails */
	errno = EDOM;
	ibuf_free(b);
	CHECK(errno == EDOM);
	ibuf_free(NULL);
	CHECK(errno == EDOM);
	ibufq_free(NULL);
	msgbuf_free(NULL);
}

static void
test_ibufq(void)
{
	struct ibufqueue	*q, *r;
	struct ibuf		*b;
	int			 i, p[2];

	if ((q = ibufq_new()) == NULL || (r = ibufq_new()) == NULL)
		die("ibufq_new");
	CHECK(ibufq_pop(q) == NULL);
	for (i = 0; i < 6; i++) {
		if ((b = ibuf_open(1)) == NULL)
			die("ibuf_open");
		CHECK(ibuf_add_n8(b, i) == 0);
		ibufq_push(i < 3 ? q : r, b);
	}
	CHECK(ibufq_queuelen(q) == 3);
	ibufq_concat(q, r);
	CHECK(ibufq_queuelen(q) == 6);
	CHECK(ibufq_queuelen(r) == 0);
	CHECK(ibufq_pop(r) == NULL);
	for (i = 0; i < 5; i++) {
		CHECK((b = ibufq_pop(q)) != NULL);
		CHECK(*(unsigned char *)ibuf_data(b) == i);
		ibuf_free(b);
	}
	CHECK(ibufq_queuelen(q) == 1);
	make_pipe(p);
	if ((b = ibuf_open(1)) == NULL)
		die("ibuf_open");
	ibuf_fd_set(b, p[1]);
	ibufq_push(q, b);
	ibufq_flush(q);
	CHECK(is_closed(p[0]));
	CHECK(ibufq_queuelen(q) == 0);
	ibufq_free(q);
	ibufq_free(r);
	close(p[0]);
}

/*
 * Framing of our own over msgbuf: one octet of length, the header included.
 */
static struct ibuf *
frame_hdr(struct ibuf *hdr, void *arg, int *fd)
{
	uint8_t	len;

	CHECK(ibuf_size(hdr) == 1);
	CHECK(*(int *)arg == 4711);
	CHECK(*fd == -1);
	if (ibuf_get_n8(hdr, &len) == -1)
		return (NULL);
	if (len == 0) {
		errno = ENOMSG;
		return (NULL);
	}
	return (ibuf_open(len));
}

static void
test_msgbuf(void)
{
	struct ibufqueue	*q;
	struct msgbuf		*w, *r;
	struct ibuf		*b;
	int			 i, s[2], arg = 4711;

	errno = 0;
	CHECK(msgbuf_new_reader(0, frame_hdr, &arg) == NULL);
	CHECK(errno == EINVAL);
	errno = 0;
	CHECK(msgbuf_new_reader(IBUF_READ_SIZE, frame_hdr, &arg) == NULL);
	CHECK(errno == EINVAL);

	if ((w = msgbuf_new()) == NULL ||
	    (r = msgbuf_new_reader(1, frame_hdr, &arg)) == NULL ||
	    (q = ibufq_new()) == NULL)
		die("msgbuf_new");
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) == -1)
		die("socketpair");
	FAILS(ibuf_read(s[0], w), EINVAL);
	FAILS(msgbuf_read(s[0], w), EINVAL);
	CHECK(ibuf_write(s[0], w) == 0);
	CHECK(msgbuf_write(s[0], w) == 0);

	for (i = 1; i < 200; i++) {
		if ((b = ibuf_open(i)) == NULL)
			die("ibuf_open");
		CHECK(ibuf_add_n8(b, i) == 0);
		CHECK(ibuf_truncate(b, i) == 0);
		if (i < 100)
			ibuf_close(w, b);
		else
			ibufq_push(q, b);
	}
	msgbuf_concat(w, q);
	CHECK(msgbuf_queuelen(w) == 199);
	CHECK(ibufq_queuelen(q) == 0);
	while (msgbuf_queuelen(w) > 0)
		if (ibuf_write(s[0], w) == -1)
			die("ibuf_write");
	nonblock(s[1]);
	CHECK(msgbuf_get(r) == NULL);
	for (i = 1; i < 200; i++) {
		while ((b = msgbuf_get(r)) == NULL)
			if (ibuf_read(s[1], r) != 1)
				die("ibuf_read");
		CHECK(ibuf_size(b) == (size_t)i);
		CHECK(*(unsigned char *)ibuf_data(b) == i);
		ibuf_free(b);
	}

	/* The reader of headers decides about errors. */
	if (write(s[0], "\2x\0", 3) != 3)
		die("write");
	FAILS(ibuf_read(s[1], r), ENOMSG);
	CHECK((b = msgbuf_get(r)) != NULL);
	ibuf_free(b);
	CHECK(msgbuf_get(r) == NULL);

	if ((b = ibuf_open(1)) == NULL)
		die("ibuf_open");
	ibuf_close(w, b);
	msgbuf_clear(w);
	CHECK(msgbuf_queuelen(w) == 0);
	msgbuf_free(w);
	msgbuf_free(r);
	ibufq_free(q);
	close(s[0]);
	close(s[1]);
}

static const struct test tests[] = {
	{ "ibuf_open", test_open },
	{ "ibuf_dynamic", test_dynamic },
	{ "ibuf_reserve", test_reserve },
	{ "network order", test_net_order },
	{ "host order", test_host_order },
	{ "ibuf_add_strbuf", test_add_strbuf },
	{ "ibuf_add_zero, ibuf_add_ibuf", test_add_zero },
	{ "ibuf_seek, ibuf_set", test_seek_set },
	{ "ibuf_get, ibuf_skip, ibuf_rewind", test_get },
	{ "ibuf_get_string, ibuf_get_strbuf", test_get_strings },
	{ "ibuf_truncate", test_truncate },
	{ "ibuf_set_maxsize", test_maxsize },
	{ "ibuf_from_buffer", test_from_buffer },
	{ "ibuf_from_buffer is not to be freed", test_from_buffer_abort },
	{ "ibuf_fd_*", test_ibuf_fd },
	{ "ibuf_free", test_free },
	{ "ibufq_*", test_ibufq },
	{ "msgbuf_*, ibuf_read, ibuf_write", test_msgbuf }
};

int
main(int argc, char *argv[])
{
	size_t	i;
	int	before, after;

	signal(SIGPIPE, SIG_IGN);
	if ((before = dup(STDIN_FILENO)) == -1)
		die("dup");
	close(before);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		failed = 0;
		tests[i].run();
		ok(!failed, "%s", tests[i].name);
	}
	/* The lowest free one is the same as before if none leaked. */
	if ((after = dup(STDIN_FILENO)) == -1)
		die("dup");
	is_int(after, before, "no descriptor left open");
	done_testing();
}
