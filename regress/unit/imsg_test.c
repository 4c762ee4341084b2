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
 * The contract of imsg that pptpd relies on: libutil on OpenBSD, compat/
 * elsewhere.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
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

#define PAYLOAD_MAX	(MAX_IMSGSIZE - IMSG_HEADER_SIZE)
#define FD_MARK		0x80000000U	/* as it is on the wire */
#define MANY		3000		/* more than IOV_MAX */

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

/* Both ends of a socket. */
struct pair {
	struct imsgbuf	 a;
	struct imsgbuf	 b;
};

static int		 failed;
static unsigned char	 big[4 * MAX_IMSGSIZE];

static void	die(const char *) __attribute__((__noreturn__));

static void
ignore(int sig)
{
}

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

static void
pair_open(struct pair *p, int fdpass)
{
	int	s[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) == -1)
		die("socketpair");
	if (imsgbuf_init(&p->a, s[0]) == -1 || imsgbuf_init(&p->b, s[1]) == -1)
		die("imsgbuf_init");
	if (fdpass) {
		imsgbuf_allow_fdpass(&p->a);
		imsgbuf_allow_fdpass(&p->b);
	}
}

static void
pair_close(struct pair *p)
{
	imsgbuf_clear(&p->a);
	imsgbuf_clear(&p->b);
	close(p->a.fd);
	close(p->b.fd);
}

/* Send what is queued on one end, and take one message from the other. */
static int
transfer(struct imsgbuf *from, struct imsgbuf *to, struct imsg *imsg)
{
	int	rv;

	for (;;) {
		if (imsgbuf_write(from) == -1)
			return (-1);
		if ((rv = imsgbuf_get(to, imsg)) != 0)
			return (rv);
		if (imsgbuf_read(to) != 1)
			return (-1);
	}
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

static void
test_compose(void)
{
	struct pair	p;
	struct imsg	m;
	char		s[8];

	pair_open(&p, 0);
	CHECK(imsgbuf_queuelen(&p.a) == 0);
	CHECK(imsg_compose(&p.a, 0xfedcba98, 0x89abcdef, 0, -1, "hello",
	    6) == 1);
	CHECK(imsg_compose(&p.a, 2, 3, 12345, -1, NULL, 0) == 1);
	CHECK(imsgbuf_queuelen(&p.a) == 2);
	CHECK(imsgbuf_get(&p.b, &m) == 0);
	CHECK(imsgbuf_write(&p.a) == 0);
	CHECK(imsgbuf_queuelen(&p.a) == 0);
	CHECK(imsgbuf_read(&p.b) == 1);

	CHECK(imsgbuf_get(&p.b, &m) == 1);
	CHECK(imsg_get_type(&m) == 0xfedcba98);
	CHECK(imsg_get_id(&m) == 0x89abcdef);
	CHECK(imsg_get_pid(&m) == getpid());
	CHECK(imsg_get_len(&m) == 6);
	CHECK(imsg_get_fd(&m) == -1);
	CHECK(imsg_get_data(&m, s, 6) == 0 && strcmp(s, "hello") == 0);
	imsg_free(&m);

	CHECK(imsgbuf_get(&p.b, &m) == 1);
	CHECK(imsg_get_type(&m) == 2);
	CHECK(imsg_get_id(&m) == 3);
	CHECK(imsg_get_pid(&m) == 12345);
	CHECK(imsg_get_len(&m) == 0);
	imsg_free(&m);
	CHECK(imsgbuf_get(&p.b, &m) == 0);
	pair_close(&p);
}

static void
test_imsg_get(void)
{
	struct pair	p;
	struct imsg	m;

	pair_open(&p, 0);
	CHECK(imsg_compose(&p.a, 1, 2, 0, -1, "abc", 3) == 1);
	CHECK(imsg_get(&p.b, &m) == 0);
	CHECK(imsgbuf_flush(&p.a) == 0);
	CHECK(imsgbuf_read(&p.b) == 1);
	CHECK(imsg_get(&p.b, &m) == (ssize_t)IMSG_HEADER_SIZE + 3);
	imsg_free(&m);
	pair_close(&p);
}

static void
test_payload(void)
{
	struct pair	p;
	struct imsg	m;
	struct ibuf	b;
	char		s[8];

	pair_open(&p, 0);
	CHECK(imsg_compose(&p.a, 1, 0, 0, -1, NULL, 0) == 1);
	CHECK(transfer(&p.a, &p.b, &m) == 1);
	FAILS(imsg_get_data(&m, s, 0), EINVAL);
	FAILS(imsg_get_data(&m, s, 1), EBADMSG);
	FAILS(imsg_get_buf(&m, s, 1), EBADMSG);
	FAILS(imsg_get_ibuf(&m, &b), EBADMSG);
	imsg_free(&m);

	CHECK(imsg_compose(&p.a, 1, 0, 0, -1, "1234567", 8) == 1);
	CHECK(transfer(&p.a, &p.b, &m) == 1);
	FAILS(imsg_get_data(&m, s, 7), EBADMSG);
	FAILS(imsg_get_data(&m, s, 9), EBADMSG);
	CHECK(imsg_get_len(&m) == 8);
	CHECK(imsg_get_data(&m, s, 8) == 0 && strcmp(s, "1234567") == 0);
	CHECK(imsg_get_len(&m) == 0);
	FAILS(imsg_get_data(&m, s, 8), EBADMSG);
	imsg_free(&m);

	CHECK(imsg_compose(&p.a, 1, 0, 0, -1, "ab\0\0" "wxyz" "123", 11) == 1);
	CHECK(transfer(&p.a, &p.b, &m) == 1);
	CHECK(imsg_get_strbuf(&m, s, 4) == 0 && strcmp(s, "ab") == 0);
	FAILS(imsg_get_strbuf(&m, s, 4), EOVERFLOW);
	CHECK(imsg_get_buf(&m, s, 1) == 0 && s[0] == '1');
	FAILS(imsg_get_buf(&m, s, 3), EBADMSG);
	CHECK(imsg_get_ibuf(&m, &b) == 0);
	CHECK(ibuf_size(&b) == 2 && memcmp(ibuf_data(&b), "23", 2) == 0);
	CHECK(imsg_get_len(&m) == 0);
	imsg_free(&m);
	pair_close(&p);
}

static void
test_create(void)
{
	struct pair	 p;
	struct imsg	 m;
	struct ibuf	*b;
	struct iovec	 iov[3];
	char		 s[8], abc[] = "abc", de[] = "de";

	pair_open(&p, 0);
	CHECK((b = imsg_create(&p.a, 7, 8, 9, 2)) != NULL);
	CHECK(imsg_add(b, "ab", 2) == 2);
	CHECK(imsg_add(b, NULL, 0) == 0);
	CHECK(imsg_add(b, "cd", 3) == 3);
	CHECK(imsgbuf_queuelen(&p.a) == 0);
	imsg_close(&p.a, b);
	CHECK(imsgbuf_queuelen(&p.a) == 1);
	CHECK(transfer(&p.a, &p.b, &m) == 1);
	CHECK(imsg_get_type(&m) == 7 && imsg_get_id(&m) == 8 &&
	    imsg_get_pid(&m) == 9);
	CHECK(imsg_get_data(&m, s, 5) == 0 && strcmp(s, "abcd") == 0);
	imsg_free(&m);

	memset(iov, 0, sizeof(iov));
	iov[0].iov_base = abc;
	iov[0].iov_len = 3;
	iov[2].iov_base = de;
	iov[2].iov_len = 3;
	CHECK(imsg_composev(&p.a, 1, 2, 0, -1, iov, 3) == 1);
	CHECK(imsg_composev(&p.a, 3, 4, 5, -1, iov, 0) == 1);
	CHECK(transfer(&p.a, &p.b, &m) == 1);
	CHECK(imsg_get_type(&m) == 1 && imsg_get_id(&m) == 2 &&
	    imsg_get_pid(&m) == getpid());
	CHECK(imsg_get_data(&m, s, 6) == 0 && strcmp(s, "abcde") == 0);
	imsg_free(&m);
	CHECK(imsgbuf_get(&p.b, &m) == 1);
	CHECK(imsg_get_type(&m) == 3 && imsg_get_len(&m) == 0);
	imsg_free(&m);

	/* imsg_add() frees the message that it could not add to. */
	CHECK((b = imsg_create(&p.a, 1, 0, 0, 0)) != NULL);
	FAILS(imsg_set_maxsize(b, PAYLOAD_MAX + 1), ERANGE);
	FAILS(imsg_set_maxsize(b, UINT32_MAX), ERANGE);
	CHECK(imsg_set_maxsize(b, 4) == 0);
	CHECK(imsg_add(b, "1234", 4) == 4);
	FAILS(imsg_add(b, "5", 1), ERANGE);
	pair_close(&p);
}

static void
test_compose_ibuf(void)
{
	struct pair	 p;
	struct imsg	 m;
	struct ibuf	*b;
	char		 s[8];

	pair_open(&p, 0);
	if ((b = ibuf_dynamic(0, SIZE_MAX)) == NULL)
		die("ibuf_dynamic");
	CHECK(ibuf_add(b, "xxhello", 8) == 0);
	CHECK(ibuf_skip(b, 2) == 0);
	CHECK(imsg_compose_ibuf(&p.a, 10, 11, 0, b) == 1);
	CHECK(imsgbuf_queuelen(&p.a) > 0);
	CHECK(transfer(&p.a, &p.b, &m) == 1);
	CHECK(imsg_get_type(&m) == 10 && imsg_get_id(&m) == 11 &&
	    imsg_get_pid(&m) == getpid());
	CHECK(imsg_get_data(&m, s, 6) == 0 && strcmp(s, "hello") == 0);
	imsg_free(&m);

	if ((b = ibuf_open(PAYLOAD_MAX + 1)) == NULL)
		die("ibuf_open");
	CHECK(ibuf_add_zero(b, PAYLOAD_MAX + 1) == 0);
	FAILS(imsg_compose_ibuf(&p.a, 1, 0, 0, b), ERANGE);
	CHECK(imsgbuf_queuelen(&p.a) == 0);
	pair_close(&p);
}

static void
test_forward(void)
{
	struct pair	p, q;
	struct imsg	m;
	char		s[8];
	int		i, fds[2];

	pair_open(&p, 1);
	pair_open(&q, 1);
	make_pipe(fds);
	CHECK(imsg_compose(&p.a, 1, 2, 3, fds[1], "hello", 6) == 1);
	CHECK(imsg_compose(&p.a, 4, 5, 6, -1, NULL, 0) == 1);
	CHECK(transfer(&p.a, &p.b, &m) == 1);
	CHECK(imsg_get_data(&m, s, 6) == 0);
	CHECK(imsg_forward(&q.a, &m) == 1);
	CHECK(imsg_forward(&q.a, &m) == 1);
	imsg_free(&m);
	CHECK(is_closed(fds[0]));
	CHECK(transfer(&p.a, &p.b, &m) == 1);
	CHECK(imsg_forward(&q.a, &m) == 1);
	imsg_free(&m);

	for (i = 0; i < 2; i++) {
		memset(s, 0, sizeof(s));
		CHECK(transfer(&q.a, &q.b, &m) == 1);
		CHECK(imsg_get_type(&m) == 1 && imsg_get_id(&m) == 2 &&
		    imsg_get_pid(&m) == 3);
		CHECK(imsg_get_fd(&m) == -1);
		CHECK(imsg_get_data(&m, s, 6) == 0 &&
		    strcmp(s, "hello") == 0);
		imsg_free(&m);
	}
	CHECK(transfer(&q.a, &q.b, &m) == 1);
	CHECK(imsg_get_type(&m) == 4 && imsg_get_len(&m) == 0);
	imsg_free(&m);
	close(fds[0]);
	pair_close(&p);
	pair_close(&q);
}

static void
test_size_sender(void)
{
	struct pair	 p;
	struct imsg	 m;
	struct ibuf	*b;
	struct iovec	 iov[2];

	pair_open(&p, 0);
	nonblock(p.a.fd);
	nonblock(p.b.fd);
	FAILS(imsg_compose(&p.a, 1, 0, 0, -1, big, PAYLOAD_MAX + 1), ERANGE);
	errno = 0;
	CHECK(imsg_create(&p.a, 1, 0, 0, PAYLOAD_MAX + 1) == NULL &&
	    errno == ERANGE);
	iov[0].iov_base = iov[1].iov_base = big;
	iov[0].iov_len = PAYLOAD_MAX;
	iov[1].iov_len = 1;
	FAILS(imsg_composev(&p.a, 1, 0, 0, -1, iov, 2), ERANGE);
	CHECK((b = imsg_create(&p.a, 1, 0, 0, 0)) != NULL);
	CHECK(imsg_add(b, big, PAYLOAD_MAX) == (int)PAYLOAD_MAX);
	FAILS(imsg_add(b, big, 1), ERANGE);
	CHECK(imsgbuf_queuelen(&p.a) == 0);

	CHECK(imsg_compose(&p.a, 1, 0, 0, -1, big, PAYLOAD_MAX) == 1);
	CHECK(transfer(&p.a, &p.b, &m) == 1);
	CHECK(imsg_get_len(&m) == PAYLOAD_MAX);
	imsg_free(&m);

	/* Other limits; the top bit of a length is taken. */
	FAILS(imsgbuf_set_maxsize(&p.a, UINT32_MAX), ERANGE);
	FAILS(imsgbuf_set_maxsize(&p.a, FD_MARK - IMSG_HEADER_SIZE), EINVAL);
	CHECK(imsgbuf_set_maxsize(&p.a, FD_MARK - IMSG_HEADER_SIZE - 1) == 0);
	CHECK(imsgbuf_set_maxsize(&p.a, 4) == 0);
	FAILS(imsg_compose(&p.a, 1, 0, 0, -1, big, 5), ERANGE);
	CHECK(imsg_compose(&p.a, 1, 0, 0, -1, big, 4) == 1);
	CHECK(imsgbuf_set_maxsize(&p.a, sizeof(big)) == 0);
	CHECK(imsgbuf_set_maxsize(&p.b, sizeof(big)) == 0);
	CHECK(imsg_compose(&p.a, 1, 0, 0, -1, big, sizeof(big)) == 1);
	CHECK(transfer(&p.a, &p.b, &m) == 1);
	CHECK(imsg_get_len(&m) == 4);
	imsg_free(&m);
	CHECK(transfer(&p.a, &p.b, &m) == 1);
	CHECK(imsg_get_len(&m) == sizeof(big));
	imsg_free(&m);
	pair_close(&p);
}

/* Messages that imsg would not send are not received either. */
static void
test_size_receiver(void)
{
	static const uint32_t	 lens[] = {
		0, 1, IMSG_HEADER_SIZE - 1, MAX_IMSGSIZE + 1, 0x7fffffff,
		FD_MARK, FD_MARK | (IMSG_HEADER_SIZE - 1), UINT32_MAX
	};
	struct pair	 p;
	struct imsg	 m;
	struct imsg_hdr	 hdr[2];
	size_t		 i;

	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		pair_open(&p, i & 1);
		memset(hdr, 0, sizeof(hdr));
		hdr[0].type = 42;
		hdr[0].len = sizeof(hdr[0]);
		hdr[1].len = lens[i];
		if (write(p.a.fd, hdr, sizeof(hdr)) != sizeof(hdr))
			die("write");
		FAILS(imsgbuf_read(&p.b), ERANGE);
		/* What came before it is good. */
		CHECK(imsgbuf_get(&p.b, &m) == 1);
		CHECK(imsg_get_type(&m) == 42);
		imsg_free(&m);
		CHECK(imsgbuf_get(&p.b, &m) == 0);
		pair_close(&p);
	}

	pair_open(&p, 0);
	CHECK(imsgbuf_set_maxsize(&p.b, 99) == 0);
	CHECK(imsg_compose(&p.a, 1, 0, 0, -1, big, 99) == 1);
	CHECK(transfer(&p.a, &p.b, &m) == 1);
	imsg_free(&m);
	CHECK(imsg_compose(&p.a, 1, 0, 0, -1, big, 100) == 1);
	CHECK(imsgbuf_flush(&p.a) == 0);
	FAILS(imsgbuf_read(&p.b), ERANGE);
	pair_close(&p);
}

static void
test_split(void)
{
	struct pair	 p;
	struct imsg	 m;
	struct imsg_hdr	 hdr;
	unsigned char	 wire[64];
	char		 s[8];
	size_t		 i, n, len = 0;
	int		 fdpass;

	for (i = 0; i < 3; i++) {
		memset(&hdr, 0, sizeof(hdr));
		hdr.type = i;
		hdr.len = sizeof(hdr) + i;
		memcpy(wire + len, &hdr, sizeof(hdr));
		len += sizeof(hdr);
		memcpy(wire + len, "ab", i);
		len += i;
	}
	for (fdpass = 0; fdpass < 2; fdpass++) {
		pair_open(&p, fdpass);
		for (i = n = 0; i < len; i++) {
			if (write(p.a.fd, wire + i, 1) != 1)
				die("write");
			CHECK(imsgbuf_read(&p.b) == 1);
			if (imsgbuf_get(&p.b, &m) != 1)
				continue;
			CHECK(imsg_get_type(&m) == n);
			CHECK(imsg_get_len(&m) == n);
			if (n > 0)
				CHECK(imsg_get_data(&m, s, n) == 0 &&
				    memcmp(s, "ab", n) == 0);
			imsg_free(&m);
			n++;
		}
		CHECK(n == 3);

		/* Half a message and then the end. */
		if (write(p.a.fd, wire + 17, 10) != 10)
			die("write");
		CHECK(imsgbuf_read(&p.b) == 1);
		shutdown(p.a.fd, SHUT_WR);
		CHECK(imsgbuf_read(&p.b) == 0);
		CHECK(imsgbuf_get(&p.b, &m) == 0);
		pair_close(&p);
	}
}

static void
test_many(void)
{
	struct pair	 p;
	struct imsg	 m;
	uint32_t	 i, n, v;
	int		 fdpass;

	for (fdpass = 0; fdpass < 2; fdpass++) {
		pair_open(&p, fdpass);
		nonblock(p.a.fd);
		nonblock(p.b.fd);
		for (i = 0; i < MANY; i++)
			if (imsg_compose(&p.a, i, 0, 0, -1, &i,
			    sizeof(i)) != 1)
				die("imsg_compose");
		CHECK(imsgbuf_queuelen(&p.a) == MANY);
		for (n = 0; n < MANY; ) {
			if (imsgbuf_write(&p.a) == -1)
				die("imsgbuf_write");
			if (imsgbuf_read(&p.b) != 1)
				die("imsgbuf_read");
			while (imsgbuf_get(&p.b, &m) == 1) {
				CHECK(imsg_get_type(&m) == n);
				CHECK(imsg_get_data(&m, &v, sizeof(v)) == 0 &&
				    v == n);
				imsg_free(&m);
				n++;
			}
		}
		CHECK(imsgbuf_queuelen(&p.a) == 0);
		CHECK(imsgbuf_write(&p.a) == 0);
		pair_close(&p);
	}
}

static void
test_nonblocking(void)
{
	struct pair	 p;
	struct imsg	 m;
	uint32_t	 queued, left;
	int		 i, n, fdpass;

	for (fdpass = 0; fdpass < 2; fdpass++) {
		pair_open(&p, fdpass);
		nonblock(p.a.fd);
		nonblock(p.b.fd);
		CHECK(imsgbuf_read(&p.b) == 1);
		CHECK(imsgbuf_get(&p.b, &m) == 0);

		for (i = 0; i < 200; i++) {
			memset(big, i, PAYLOAD_MAX);
			CHECK(imsg_compose(&p.a, i, 0, 0, -1, big,
			    PAYLOAD_MAX) == 1);
		}
		/* Until nothing more goes: not an error. */
		do {
			queued = imsgbuf_queuelen(&p.a);
			CHECK(imsgbuf_write(&p.a) == 0);
			left = imsgbuf_queuelen(&p.a);
		} while (left < queued);
		CHECK(left > 0);
		CHECK(imsgbuf_write(&p.a) == 0);

		for (n = 0; n < 200; ) {
			CHECK(imsgbuf_write(&p.a) == 0);
			if (imsgbuf_read(&p.b) != 1)
				die("imsgbuf_read");
			while (imsgbuf_get(&p.b, &m) == 1) {
				CHECK(imsg_get_type(&m) == (uint32_t)n);
				CHECK(imsg_get_data(&m, big,
				    PAYLOAD_MAX) == 0);
				CHECK(big[0] == n && big[PAYLOAD_MAX - 1] == n);
				imsg_free(&m);
				n++;
			}
		}
		CHECK(imsgbuf_queuelen(&p.a) == 0);
		pair_close(&p);
	}
}

static void
test_peer_gone(void)
{
	struct pair	 p;
	struct imsg	 m;
	int		 fdpass;

	for (fdpass = 0; fdpass < 2; fdpass++) {
		pair_open(&p, fdpass);
		CHECK(imsg_compose(&p.a, 1, 0, 0, -1, "x", 1) == 1);
		CHECK(imsgbuf_flush(&p.a) == 0);
		close(p.a.fd);
		p.a.fd = -1;
		/* First what was sent, then the end, again and again. */
		CHECK(imsgbuf_read(&p.b) == 1);
		CHECK(imsgbuf_get(&p.b, &m) == 1);
		imsg_free(&m);
		CHECK(imsgbuf_read(&p.b) == 0);
		CHECK(imsgbuf_read(&p.b) == 0);
		CHECK(imsg_compose(&p.b, 1, 0, 0, -1, "x", 1) == 1);
		FAILS(imsgbuf_write(&p.b), EPIPE);
		FAILS(imsgbuf_flush(&p.b), EPIPE);
		pair_close(&p);
	}
}

/* A signal in the middle of a blocking read goes unnoticed. */
static void
test_interrupted(void)
{
	struct sigaction	 sa;
	struct itimerval	 it;
	struct pair		 p;
	struct imsg		 m;
	pid_t			 pid;
	int			 fdpass;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = ignore;		/* without SA_RESTART */
	if (sigaction(SIGALRM, &sa, NULL) == -1)
		die("sigaction");
	for (fdpass = 0; fdpass < 2; fdpass++) {
		pair_open(&p, fdpass);
		fflush(stdout);
		switch (pid = fork()) {
		case -1:
			die("fork");
		case 0:
			usleep(200000);
			imsg_compose(&p.a, 1, 0, 0, -1, "x", 1);
			_exit(imsgbuf_flush(&p.a) == -1);
		}
		memset(&it, 0, sizeof(it));
		it.it_value.tv_usec = it.it_interval.tv_usec = 20000;
		setitimer(ITIMER_REAL, &it, NULL);
		CHECK(imsgbuf_read(&p.b) == 1);
		memset(&it, 0, sizeof(it));
		setitimer(ITIMER_REAL, &it, NULL);
		CHECK(imsgbuf_get(&p.b, &m) == 1);
		imsg_free(&m);
		waitpid(pid, NULL, 0);
		pair_close(&p);
	}
}

/*
 * Descriptors.
 */
static void
test_fd(void)
{
	struct pair	p;
	struct imsg	m;
	char		c;
	int		fd, fds[2];

	pair_open(&p, 1);
	make_pipe(fds);
	CHECK(imsg_compose(&p.a, 1, 2, 3, fds[1], "x", 1) == 1);
	CHECK(is_open(fds[1]));
	CHECK(imsgbuf_flush(&p.a) == 0);
	CHECK(!is_open(fds[1]));
	CHECK(imsgbuf_read(&p.b) == 1);
	CHECK(imsg_get(&p.b, &m) == (ssize_t)IMSG_HEADER_SIZE + 1);
	CHECK(imsg_get_len(&m) == 1);
	CHECK((fd = imsg_get_fd(&m)) != -1);
	CHECK(imsg_get_fd(&m) == -1);
	imsg_free(&m);
	CHECK(is_open(fd));
	CHECK(write(fd, "y", 1) == 1);
	CHECK(read(fds[0], &c, 1) == 1 && c == 'y');
	close(fd);
	CHECK(is_closed(fds[0]));
	close(fds[0]);
	pair_close(&p);
}

static void
test_fd_unclaimed(void)
{
	struct pair	p;
	struct imsg	m;
	int		fds[2];

	pair_open(&p, 1);
	make_pipe(fds);
	CHECK(imsg_compose(&p.a, 1, 0, 0, fds[1], NULL, 0) == 1);
	CHECK(transfer(&p.a, &p.b, &m) == 1);
	CHECK(!is_closed(fds[0]));
	imsg_free(&m);
	CHECK(is_closed(fds[0]));
	close(fds[0]);

	/* Nor does one stay open that was never sent, or never looked at. */
	make_pipe(fds);
	CHECK(imsg_compose(&p.a, 1, 0, 0, fds[1], NULL, 0) == 1);
	imsgbuf_clear(&p.a);
	CHECK(is_closed(fds[0]));
	CHECK(is_open(p.a.fd));
	close(fds[0]);
	if (imsgbuf_init(&p.a, p.a.fd) == -1)
		die("imsgbuf_init");
	imsgbuf_allow_fdpass(&p.a);
	make_pipe(fds);
	CHECK(imsg_compose(&p.a, 1, 0, 0, fds[1], NULL, 0) == 1);
	CHECK(imsgbuf_flush(&p.a) == 0);
	CHECK(imsgbuf_read(&p.b) == 1);
	CHECK(!is_closed(fds[0]));
	pair_close(&p);
	CHECK(is_closed(fds[0]));
	close(fds[0]);
}

/* A message that cannot be made leaves the descriptor alone. */
static void
test_fd_refused(void)
{
	struct pair	p;
	struct iovec	iov;
	int		fds[2];

	pair_open(&p, 1);
	make_pipe(fds);
	FAILS(imsg_compose(&p.a, 1, 0, 0, fds[1], big, PAYLOAD_MAX + 1),
	    ERANGE);
	iov.iov_base = big;
	iov.iov_len = PAYLOAD_MAX + 1;
	FAILS(imsg_composev(&p.a, 1, 0, 0, fds[1], &iov, 1), ERANGE);
	CHECK(is_open(fds[1]));
	close(fds[0]);
	close(fds[1]);
	pair_close(&p);
}

static void
test_fd_not_allowed(void)
{
	struct pair	p;
	struct imsg	m;
	int		i, fds[2];

	/* By neither, by the sender, by the receiver. */
	for (i = 0; i < 3; i++) {
		pair_open(&p, 0);
		if (i == 1)
			imsgbuf_allow_fdpass(&p.a);
		if (i == 2)
			imsgbuf_allow_fdpass(&p.b);
		make_pipe(fds);
		CHECK(imsg_compose(&p.a, 1, 0, 0, fds[1], "abc", 3) == 1);
		CHECK(transfer(&p.a, &p.b, &m) == 1);
		CHECK(!is_open(fds[1]));
		CHECK(imsg_get_len(&m) == 3);
		CHECK(imsg_get_fd(&m) == -1);
		CHECK(is_closed(fds[0]));
		imsg_free(&m);
		close(fds[0]);
		pair_close(&p);
	}
}

/* Each descriptor stays with its message, however they are cut. */
static void
test_fd_order(void)
{
	struct pair	 p;
	struct imsg	 m;
	struct stat	 st;
	ino_t		 ino[10];
	uint32_t	 i, n;
	int		 fd, rfd[10], fds[2];

	pair_open(&p, 1);
	nonblock(p.a.fd);
	nonblock(p.b.fd);
	for (i = 0; i < 10; i++) {
		make_pipe(fds);
		if (fstat(fds[1], &st) == -1)
			die("fstat");
		ino[i] = st.st_ino;
		rfd[i] = fds[0];
		CHECK(imsg_compose(&p.a, i, 0, 0, fds[1], big,
		    i * 1000) == 1);
		/* And some without. */
		for (n = 0; n < i; n++)
			CHECK(imsg_compose(&p.a, 100, 0, 0, -1, big,
			    n * 700) == 1);
	}
	for (n = 0; n < 10; ) {
		CHECK(imsgbuf_write(&p.a) == 0);
		if (imsgbuf_read(&p.b) != 1)
			die("imsgbuf_read");
		while (imsgbuf_get(&p.b, &m) == 1) {
			fd = imsg_get_fd(&m);
			if (imsg_get_type(&m) == 100) {
				CHECK(fd == -1);
				imsg_free(&m);
				continue;
			}
			CHECK(imsg_get_type(&m) == n);
			CHECK(fd != -1 && fstat(fd, &st) == 0 &&
			    st.st_ino == ino[n]);
			close(fd);
			CHECK(is_closed(rfd[n]));
			close(rfd[n]);
			imsg_free(&m);
			n++;
		}
	}
	pair_close(&p);
}

/* Send len octets of a message and n descriptors, bypassing imsg. */
static void
send_raw(int s, const void *data, size_t len, const int *fds, size_t n)
{
	struct msghdr	 msg;
	struct cmsghdr	*cmsg;
	struct iovec	 iov;
	union {
		struct cmsghdr	hdr;
		unsigned char	buf[CMSG_SPACE(4 * sizeof(int))];
	} control;

	memset(&msg, 0, sizeof(msg));
	memset(&control, 0, sizeof(control));
	memcpy(big, data, len);
	iov.iov_base = big;
	iov.iov_len = len;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = control.buf;
	msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
	cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(cmsg), fds, n * sizeof(int));
	if (sendmsg(s, &msg, 0) != (ssize_t)len)
		die("sendmsg");
}

/* What a hostile sender can do with descriptors. */
static void
test_fd_hostile(void)
{
	struct pair	 p;
	struct imsg	 m;
	struct imsg_hdr	 hdr;
	char		*wire = (char *)&hdr;
	int		 fd, fds[2], more[2], w[2];

	/* Two where one is due. */
	pair_open(&p, 1);
	make_pipe(fds);
	make_pipe(more);
	memset(&hdr, 0, sizeof(hdr));
	hdr.len = sizeof(hdr) | FD_MARK;
	w[0] = fds[1];
	w[1] = more[1];
	send_raw(p.a.fd, &hdr, sizeof(hdr), w, 2);
	close(fds[1]);
	close(more[1]);
	CHECK(imsgbuf_read(&p.b) == 1);
	CHECK(imsgbuf_get(&p.b, &m) == 1);
	CHECK(is_closed(more[0]));
	fd = imsg_get_fd(&m);
	imsg_free(&m);
	if (fd != -1)		/* a kernel may drop both */
		close(fd);
	CHECK(is_closed(fds[0]));
	close(fds[0]);
	close(more[0]);

	/* One that the header does not mention. */
	make_pipe(fds);
	hdr.len = sizeof(hdr);
	send_raw(p.a.fd, &hdr, sizeof(hdr), &fds[1], 1);
	close(fds[1]);
	CHECK(imsgbuf_read(&p.b) == 1);
	CHECK(is_closed(fds[0]));
	CHECK(imsgbuf_get(&p.b, &m) == 1);
	CHECK(imsg_get_fd(&m) == -1);
	imsg_free(&m);
	close(fds[0]);

	/* A header that mentions one that is not there. */
	hdr.len = sizeof(hdr) | FD_MARK;
	if (write(p.a.fd, &hdr, sizeof(hdr)) != sizeof(hdr))
		die("write");
	CHECK(imsgbuf_read(&p.b) == 1);
	CHECK(imsgbuf_get(&p.b, &m) == 1);
	CHECK(imsg_get_fd(&m) == -1);
	imsg_free(&m);

	/* One with each piece of a header: at most one comes through. */
	make_pipe(fds);
	make_pipe(more);
	send_raw(p.a.fd, wire, 5, &fds[1], 1);
	CHECK(imsgbuf_read(&p.b) == 1);
	send_raw(p.a.fd, wire + 5, 5, &more[1], 1);
	CHECK(imsgbuf_read(&p.b) == 1);
	close(fds[1]);
	close(more[1]);
	if (write(p.a.fd, wire + 10, sizeof(hdr) - 10) !=
	    sizeof(hdr) - 10)
		die("write");
	CHECK(imsgbuf_read(&p.b) == 1);
	CHECK(imsgbuf_get(&p.b, &m) == 1);
	CHECK(is_closed(fds[0]) || is_closed(more[0]));
	imsg_free(&m);
	CHECK(is_closed(fds[0]));
	CHECK(is_closed(more[0]));
	close(fds[0]);
	close(more[0]);

	/* One with a message that is refused, and one with half a header. */
	make_pipe(fds);
	hdr.len = 3 | FD_MARK;
	send_raw(p.a.fd, &hdr, sizeof(hdr), &fds[1], 1);
	close(fds[1]);
	FAILS(imsgbuf_read(&p.b), ERANGE);
	CHECK(is_closed(fds[0]));
	close(fds[0]);
	pair_close(&p);
	pair_open(&p, 1);
	make_pipe(fds);
	send_raw(p.a.fd, &hdr, 3, &fds[1], 1);
	close(fds[1]);
	CHECK(imsgbuf_read(&p.b) == 1);
	imsgbuf_clear(&p.b);
	CHECK(is_closed(fds[0]));
	close(fds[0]);
	if (imsgbuf_init(&p.b, p.b.fd) == -1)
		die("imsgbuf_init");
	pair_close(&p);
}

/* Without a free descriptor a message comes without it. */
static void
test_fd_table_full(void)
{
	struct rlimit	 rl;
	struct pair	 p;
	struct imsg	 m;
	pid_t		 pid;
	int		 fds[2], status;

	pair_open(&p, 1);
	make_pipe(fds);
	CHECK(imsg_compose(&p.a, 1, 0, 0, fds[1], "abc", 3) == 1);
	fflush(stdout);
	switch (pid = fork()) {
	case -1:
		die("fork");
	case 0:
		if (imsgbuf_flush(&p.a) == -1)
			_exit(1);
		if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
			_exit(2);
		rl.rlim_cur = 0;
		if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
			_exit(3);
		if (imsgbuf_read(&p.b) != 1)
			_exit(4);
		if (imsgbuf_get(&p.b, &m) != 1)
			_exit(5);
		if (imsg_get_len(&m) != 3 || imsg_get_fd(&m) != -1)
			_exit(6);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) == -1)
		die("waitpid");
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(fds[0]);
	pair_close(&p);
}

static void
test_requeue(void)
{
	struct ibufqueue	*q;
	struct pair		 p;
	struct imsg		 m;
	char			 s[8];
	int			 fd, fds[2];

	if ((q = ibufq_new()) == NULL)
		die("ibufq_new");
	pair_open(&p, 1);
	make_pipe(fds);
	CHECK(imsg_ibufq_pop(q, &m) == 0);
	CHECK(imsg_compose(&p.a, 1, 2, 3, fds[1], "hello", 6) == 1);
	CHECK(transfer(&p.a, &p.b, &m) == 1);
	CHECK(imsg_get_data(&m, s, 6) == 0);
	imsg_ibufq_push(q, &m);
	CHECK(ibufq_queuelen(q) == 1);
	memset(s, 0, sizeof(s));
	CHECK(imsg_ibufq_pop(q, &m) == 1);
	CHECK(imsg_get_type(&m) == 1 && imsg_get_id(&m) == 2 &&
	    imsg_get_pid(&m) == 3);
	CHECK(imsg_get_data(&m, s, 6) == 0 && strcmp(s, "hello") == 0);
	CHECK((fd = imsg_get_fd(&m)) != -1);
	close(fd);
	CHECK(is_closed(fds[0]));
	imsg_free(&m);
	ibufq_free(q);
	close(fds[0]);
	pair_close(&p);
}

/* All sizes and cuts, with and without descriptors, in both directions. */
static void
test_stress(void)
{
	struct pair	 p;
	struct imsg	 m;
	struct imsgbuf	*end[2];
	uint32_t	 seed = 1, sent[2] = { 0, 0 }, got[2] = { 0, 0 };
	size_t		 len;
	int		 i, fd, fds[2];

	pair_open(&p, 1);
	nonblock(p.a.fd);
	nonblock(p.b.fd);
	end[0] = &p.a;
	end[1] = &p.b;
	while (got[0] < 1000 || got[1] < 1000) {
		seed = seed * 1103515245 + 12345;
		i = seed >> 16 & 1;
		if (sent[i] < 1000 && imsgbuf_queuelen(end[i]) < 20) {
			/* Few are large. */
			len = seed >> 17 & 0xff;
			if (len > 240)
				len = PAYLOAD_MAX - len;
			memset(big, sent[i] & 0xff, len);
			fds[1] = -1;
			if (sent[i] % 7 == 0) {
				if (pipe(fds) == -1)
					die("pipe");
				close(fds[0]);
			}
			CHECK(imsg_compose(end[i], sent[i], len, 0, fds[1],
			    big, len) == 1);
			sent[i]++;
		}
		seed = seed * 1103515245 + 12345;
		if (seed >> 16 & 1)
			CHECK(imsgbuf_write(end[seed >> 17 & 1]) == 0);
		i = seed >> 18 & 1;
		if (seed >> 19 & 1)
			continue;
		if (imsgbuf_write(end[!i]) == -1 || imsgbuf_read(end[i]) != 1)
			die("imsgbuf_read");
		while (imsgbuf_get(end[i], &m) == 1) {
			CHECK(imsg_get_type(&m) == got[i]);
			len = imsg_get_id(&m);
			CHECK(imsg_get_len(&m) == len);
			if (len > 0)
				CHECK(imsg_get_data(&m, big, len) == 0 &&
				    big[0] == (got[i] & 0xff) &&
				    big[len - 1] == (got[i] & 0xff));
			fd = imsg_get_fd(&m);
			CHECK((fd != -1) == (got[i] % 7 == 0));
			if (fd != -1)
				close(fd);
			imsg_free(&m);
			got[i]++;
		}
	}
	pair_close(&p);
}

static const struct test tests[] = {
	{ "imsg_compose", test_compose },
	{ "imsg_get", test_imsg_get },
	{ "payloads", test_payload },
	{ "imsg_create, imsg_composev", test_create },
	{ "imsg_compose_ibuf", test_compose_ibuf },
	{ "imsg_forward", test_forward },
	{ "too large to send", test_size_sender },
	{ "wrong length received", test_size_receiver },
	{ "one octet at a time", test_split },
	{ "many in one write", test_many },
	{ "non-blocking", test_nonblocking },
	{ "peer gone", test_peer_gone },
	{ "interrupted", test_interrupted },
	{ "descriptor passed", test_fd },
	{ "descriptor not claimed", test_fd_unclaimed },
	{ "descriptor of a refused message", test_fd_refused },
	{ "descriptor not allowed", test_fd_not_allowed },
	{ "descriptors with their messages", test_fd_order },
	{ "descriptors of a hostile sender", test_fd_hostile },
	{ "descriptor table full", test_fd_table_full },
	{ "imsg_ibufq_*", test_requeue },
	{ "stress", test_stress }
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
