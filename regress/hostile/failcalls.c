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
 * Makes the n-th call of a kind fail in one process of pptpd, or do less than
 * it was asked to.  To be preloaded; the orders are in the file that the
 * environment's FAULTS names, where the calls are counted, too.
 */

#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SHORT		(-1)	/* in error: one octet only */
#define ROLES		5

/* In the order of hostile_faults.py. */
enum call {
	C_MALLOC, C_CALLOC, C_REALLOC, C_READ, C_READV, C_WRITE, C_WRITEV,
	C_RECV, C_RECVMSG, C_RECVMMSG, C_SEND, C_SENDTO, C_SENDMSG, C_SENDMMSG,
	C_ACCEPT4, C_EPOLL_CTL, C_FORK, C_SOCKET, C_SOCKETPAIR, C_DUP,
	C_POLL, C_GETSOCKNAME, C_GETSOCKOPT, C_SETSOCKOPT, C_MAX
};

/* role and call fail once left is 1; skew is what the wall clock is ahead. */
struct orders {
	int32_t		 role;
	int32_t		 call;
	int32_t		 left;
	int32_t		 error;
	int32_t		 fired;
	int32_t		 many;		/* so many more after the first */
	int64_t		 skew;
	uint32_t	 count[ROLES][C_MAX];
};

static volatile struct orders	*orders;
static int			 role;

void	*__libc_malloc(size_t);
void	*__libc_calloc(size_t, size_t);
void	*__libc_realloc(void *, size_t);

__attribute__((__constructor__)) static void
faults_init(void)
{
	static const char *const names[ROLES] = { "", "parent",
	    "control engine", "auth engine", "session engine 1" };
	const char	*file = getenv("FAULTS");
	char		 buf[256];
	void		*p;
	ssize_t		 n;
	size_t		 i, off;
	int		 fd;

	if (file == NULL || (fd = open("/proc/self/cmdline", O_RDONLY)) == -1)
		return;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return;
	buf[n] = '\0';
	off = strlen(buf);
	if (off < 5 || strcmp(buf + off - 5, "pptpd") != 0)
		return;
	off++;
	if (off < (size_t)n && strcmp(buf + off, "-P") == 0)
		for (i = 1; i < ROLES; i++)
			if (strcmp(buf + off + 3, names[i]) == 0)
				role = i;
	if ((fd = open(file, O_RDWR)) == -1)
		return;
	p = mmap(NULL, sizeof(*orders), PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	close(fd);
	if (p != MAP_FAILED)
		orders = p;
}

/* 0: not now; SHORT or an errno. */
static int
fails(enum call call)
{
	if (orders == NULL)
		return (0);
	orders->count[role][call]++;
	if (orders->role != role || orders->call != (int)call ||
	    orders->left <= 0)
		return (0);
	if (orders->left > 1) {
		orders->left--;
		return (0);
	}
	orders->fired++;
	if (orders->many > 0)
		orders->many--;
	else
		orders->left = 0;
	return (orders->error);
}

/* The real one of that name. */
#define REAL(name, result, ...)						\
	static result	(*real)(__VA_ARGS__);				\
	if (real == NULL) {						\
		void *symbol = dlsym(RTLD_NEXT, name);			\
		memcpy(&real, &symbol, sizeof(real));			\
	}

#define FAIL(call)							\
	int	how = fails(call);					\
	if (how > 0) {							\
		errno = how;						\
		return (-1);						\
	}

void *
malloc(size_t n)
{
	int	how = fails(C_MALLOC);

	if (how > 0) {
		errno = ENOMEM;
		return (NULL);
	}
	return (__libc_malloc(n));
}

void *
calloc(size_t n, size_t size)
{
	int	how = fails(C_CALLOC);

	if (how > 0) {
		errno = ENOMEM;
		return (NULL);
	}
	return (__libc_calloc(n, size));
}

void *
realloc(void *p, size_t n)
{
	int	how = fails(C_REALLOC);

	if (how > 0) {
		errno = ENOMEM;
		return (NULL);
	}
	return (__libc_realloc(p, n));
}

ssize_t
read(int fd, void *buf, size_t n)
{
	REAL("read", ssize_t, int, void *, size_t)
	FAIL(C_READ)
	return (real(fd, buf, how == SHORT && n > 1 ? 1 : n));
}

ssize_t
write(int fd, const void *buf, size_t n)
{
	REAL("write", ssize_t, int, const void *, size_t)
	FAIL(C_WRITE)
	return (real(fd, buf, how == SHORT && n > 1 ? 1 : n));
}

ssize_t
readv(int fd, const struct iovec *iov, int n)
{
	struct iovec	one;
	REAL("readv", ssize_t, int, const struct iovec *, int)
	FAIL(C_READV)
	if (how == SHORT) {
		one = iov[0];
		one.iov_len = 1;
		return (real(fd, &one, 1));
	}
	return (real(fd, iov, n));
}

ssize_t
writev(int fd, const struct iovec *iov, int n)
{
	struct iovec	one;
	REAL("writev", ssize_t, int, const struct iovec *, int)
	FAIL(C_WRITEV)
	if (how == SHORT) {
		one = iov[0];
		one.iov_len = 1;
		return (real(fd, &one, 1));
	}
	return (real(fd, iov, n));
}

ssize_t
recv(int fd, void *buf, size_t n, int flags)
{
	REAL("recv", ssize_t, int, void *, size_t, int)
	FAIL(C_RECV)
	return (real(fd, buf, how == SHORT && n > 1 ? 1 : n, flags));
}

ssize_t
send(int fd, const void *buf, size_t n, int flags)
{
	REAL("send", ssize_t, int, const void *, size_t, int)
	FAIL(C_SEND)
	return (real(fd, buf, how == SHORT && n > 1 ? 1 : n, flags));
}

ssize_t
recvmsg(int fd, struct msghdr *msg, int flags)
{
	struct iovec	*iov = msg->msg_iov, one;
	size_t		 iovlen = msg->msg_iovlen;
	ssize_t		 n;
	REAL("recvmsg", ssize_t, int, struct msghdr *, int)
	FAIL(C_RECVMSG)
	if (how == SHORT) {
		one = iov[0];
		one.iov_len = 1;
		msg->msg_iov = &one;
		msg->msg_iovlen = 1;
	}
	n = real(fd, msg, flags);
	msg->msg_iov = iov;
	msg->msg_iovlen = iovlen;
	return (n);
}

ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
	struct msghdr	 less = *msg;
	struct iovec	 one;
	REAL("sendmsg", ssize_t, int, const struct msghdr *, int)
	FAIL(C_SENDMSG)
	if (how == SHORT) {
		one = msg->msg_iov[0];
		one.iov_len = 1;
		less.msg_iov = &one;
		less.msg_iovlen = 1;
	}
	return (real(fd, &less, flags));
}

ssize_t
sendto(int fd, const void *buf, size_t n, int flags,
    const struct sockaddr *to, socklen_t len)
{
	REAL("sendto", ssize_t, int, const void *, size_t, int,
	    const struct sockaddr *, socklen_t)
	FAIL(C_SENDTO)
	return (real(fd, buf, n, flags, to, len));
}

int
recvmmsg(int fd, struct mmsghdr *msg, unsigned int n, int flags,
    struct timespec *timeout)
{
	REAL("recvmmsg", int, int, struct mmsghdr *, unsigned int, int,
	    struct timespec *)
	FAIL(C_RECVMMSG)
	return (real(fd, msg, how == SHORT ? 1 : n, flags, timeout));
}

int
sendmmsg(int fd, struct mmsghdr *msg, unsigned int n, int flags)
{
	REAL("sendmmsg", int, int, struct mmsghdr *, unsigned int, int)
	FAIL(C_SENDMMSG)
	return (real(fd, msg, how == SHORT ? 1 : n, flags));
}

int
accept4(int fd, struct sockaddr *sa, socklen_t *len, int flags)
{
	REAL("accept4", int, int, struct sockaddr *, socklen_t *, int)
	FAIL(C_ACCEPT4)
	return (real(fd, sa, len, flags));
}

int
epoll_ctl(int fd, int op, int other, struct epoll_event *ev)
{
	REAL("epoll_ctl", int, int, int, int, struct epoll_event *)
	FAIL(C_EPOLL_CTL)
	return (real(fd, op, other, ev));
}

pid_t
fork(void)
{
	REAL("fork", pid_t, void)
	FAIL(C_FORK)
	return (real());
}

int
socket(int domain, int type, int protocol)
{
	REAL("socket", int, int, int, int)
	FAIL(C_SOCKET)
	return (real(domain, type, protocol));
}

int
socketpair(int domain, int type, int protocol, int fd[2])
{
	REAL("socketpair", int, int, int, int, int *)
	FAIL(C_SOCKETPAIR)
	return (real(domain, type, protocol, fd));
}

int
dup(int fd)
{
	REAL("dup", int, int)
	FAIL(C_DUP)
	return (real(fd));
}

int
poll(struct pollfd *fds, nfds_t n, int timeout)
{
	REAL("poll", int, struct pollfd *, nfds_t, int)
	FAIL(C_POLL)
	return (real(fds, n, timeout));
}

int
getsockname(int fd, struct sockaddr *sa, socklen_t *len)
{
	REAL("getsockname", int, int, struct sockaddr *, socklen_t *)
	FAIL(C_GETSOCKNAME)
	return (real(fd, sa, len));
}

int
getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	REAL("getsockopt", int, int, int, int, void *, socklen_t *)
	FAIL(C_GETSOCKOPT)
	return (real(fd, level, name, value, len));
}

int
setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	REAL("setsockopt", int, int, int, int, const void *, socklen_t)
	FAIL(C_SETSOCKOPT)
	return (real(fd, level, name, value, len));
}

/* The wall clock, which may jump. */
time_t
time(time_t *t)
{
	struct timespec	ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (t != NULL)
		*t = ts.tv_sec;
	return (ts.tv_sec);
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int	result;
	REAL("clock_gettime", int, clockid_t, struct timespec *)
	result = real(id, ts);
	if (orders != NULL && id == CLOCK_REALTIME)
		ts->tv_sec += orders->skew;
	return (result);
}

int
gettimeofday(struct timeval *tv, void *tz)
{
	REAL("gettimeofday", int, struct timeval *, void *)
	if (real(tv, tz) == -1)
		return (-1);
	if (orders != NULL)
		tv->tv_sec += orders->skew;
	return (0);
}
