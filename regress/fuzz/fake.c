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

#define FAKE_IMPLEMENTATION

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <imsg.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"
#include "pptpd.h"
#include "fuzz.h"

#define EVENTS		512
#define IMSGBUFS	64
#define OPENS		32		/* files that are open */
#define FILE_FD		(FAKE_FD + 1000)
#define OUT_MAX		(1 << 20)
#define START		1000000		/* ms */
#define TIMERS_MAX	2000		/* that may run out in one sleep */

struct fake_event {
	struct event	 *ev;
	void		(*cb)(int, short, void *);
	void		 *arg;
	uint64_t	  due;		/* 0: no time-out */
	int		  fd;
	short		  events;
	int		  added;
};

uint64_t		 fake_now;
void			(*fake_script)(void);
struct fake_socket	 fake_sockets[FAKE_SOCKETS];
int			 fake_accepted;
struct fake_file	 fake_files[FAKE_FILES + 1];
char			 fake_out[OUT_MAX];
size_t			 fake_outlen;

static struct fake_event events[EVENTS];
static int		 nevents, newest;
static struct imsgbuf	*imsgbufs[IMSGBUFS];
static struct imsg	 current;
static int		 has_current;
static jmp_buf		 env;
static int		 running;
static uint32_t		 seed;

/* Files that are open. */
static struct {
	const struct fake_file	*file;
	size_t			 pos;
} opens[OPENS];

void
fuzz_fail(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, what);
	abort();
}

/* Input */

uint8_t
in_8(struct input *in)
{
	if (in->left == 0)
		return (0);
	in->left--;
	return (*in->p++);
}

uint16_t
in_16(struct input *in)
{
	uint16_t	v = in_8(in);

	return (v << 8 | in_8(in));
}

uint32_t
in_32(struct input *in)
{
	uint32_t	v = in_16(in);

	return (v << 16 | in_16(in));
}

const uint8_t *
in_bytes(struct input *in, size_t *n)
{
	const uint8_t	*p = in->p;

	if (*n > in->left)
		*n = in->left;
	in->p += *n;
	in->left -= *n;
	return (p);
}

void
in_fill(struct input *in, void *buf, size_t len)
{
	size_t		 n = len;
	const uint8_t	*p;

	p = in_bytes(in, &n);
	memset(buf, 0, len);
	if (n > 0)
		memcpy(buf, p, n);
}

/* The clock and chance */

uint64_t
monotonic_ms(void)
{
	return (fake_now);
}

time_t
fake_time(void)
{
	return (1700000000 + fake_now / 1000);
}

uint32_t
fake_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return (seed);
}

void
fake_random_buf(void *buf, size_t len)
{
	uint8_t	*p = buf;

	while (len-- > 0)
		*p++ = fake_random();
}

/* Ends and messages */

void
fake_exit(int status)
{
	if (!running)
		fuzz_fail("exit outside of the engine", __FILE__, __LINE__);
	longjmp(env, status + 1);
}

int
fake_run(void (*f)(void))
{
	int	n;

	if ((n = setjmp(env)) == 0) {
		running = 1;
		f();
	}
	running = 0;
	if (has_current)
		fake_imsg_free(&current);
	return (n - 1);
}

void
fake_freezero(void *p, size_t n)
{
	if (p == NULL)
		return;
	memset(p, 0, n);
	free(p);
}

void
fake_syslog(int pri, const char *fmt, ...)
{
	static int	show = -1;
	va_list		ap;
	char		buf[4096];

	if (show == -1)
		show = getenv("FUZZ_LOG") != NULL;
	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (show)
		fprintf(stderr, "%s\n", buf);
}

/* libevent */

static struct fake_event *
event_find(const struct event *ev)
{
	int	i;

	for (i = 0; i < nevents; i++)
		if (events[i].ev == ev)
			return (&events[i]);
	return (NULL);
}

struct event_base *
event_init(void)
{
	return (NULL);
}

void
event_set(struct event *ev, int fd, short what,
    void (*cb)(int, short, void *), void *arg)
{
	struct fake_event	*e;

	if ((e = event_find(ev)) == NULL) {
		ASSERT(nevents < EVENTS);
		e = &events[nevents++];
		newest = fd;
	} else if (e->fd != fd)
		newest = fd;
	memset(e, 0, sizeof(*e));
	e->ev = ev;
	e->fd = fd;
	e->events = what;
	e->cb = cb;
	e->arg = arg;
}

int
event_add(struct event *ev, const struct timeval *tv)
{
	struct fake_event	*e = event_find(ev);

	ASSERT(e != NULL);
	e->added = 1;
	if (tv != NULL)
		e->due = fake_now + tv->tv_sec * 1000 +
		    (tv->tv_usec + 999) / 1000;
	return (0);
}

int
event_del(struct event *ev)
{
	struct fake_event	*e = event_find(ev);

	if (e != NULL)
		e->added = e->due = 0;
	return (0);
}

void
event_active(struct event *ev, int what, short n)
{
	struct fake_event	*e = event_find(ev);

	ASSERT(e != NULL);
	e->added = 1;
	e->due = fake_now;
}

/* Between libevent 1.4 and 2 it became const. */
#ifdef LIBEVENT_VERSION_NUMBER
#define EVENT_CONST	const
#else
#define EVENT_CONST
#endif
int
event_pending(EVENT_CONST struct event *ev, short what, struct timeval *tv)
{
	struct fake_event	*e = event_find(ev);

	return (e != NULL && e->added);
}

int
event_dispatch(void)
{
	fake_script();
	return (0);
}

int
event_loopexit(const struct timeval *tv)
{
	return (0);
}

void
fake_begin(void)
{
	int	i;

	for (i = 0; i < IMSGBUFS; i++)
		if (imsgbufs[i] != NULL)
			fake_imsgbuf_clear(imsgbufs[i]);
	memset(fake_sockets, 0, sizeof(fake_sockets));
	memset(opens, 0, sizeof(opens));
	memset(fake_files, 0, sizeof(fake_files));
	fake_outlen = 0;
	fake_out[0] = '\0';
	/* What rests for a while has rested. */
	fake_now = fake_now == 0 ? START : fake_now + 3600 * 1000;
	fake_accepted = -EAGAIN;
	nevents = 0;
	newest = -1;
	seed = 1;
}

int
fake_wants(int fd, short what)
{
	int	i;

	for (i = 0; i < nevents; i++)
		if (events[i].added && events[i].fd == fd &&
		    events[i].events & what)
			return (1);
	return (0);
}

int
fake_fire(int fd, short what)
{
	struct fake_event	e;
	int			i;

	for (i = 0; i < nevents; i++) {
		if (!events[i].added || events[i].fd != fd ||
		    (events[i].events & what) == 0)
			continue;
		e = events[i];
		if ((e.events & EV_PERSIST) == 0)
			events[i].added = 0;
		e.cb(fd, what & e.events, e.arg);
		return (1);
	}
	return (0);
}

void
fake_sleep(uint64_t ms)
{
	struct fake_event	*e, *next;
	uint64_t		 end = fake_now + ms;
	int			 i, n;

	for (n = 0; n < TIMERS_MAX; n++) {
		next = NULL;
		for (i = 0; i < nevents; i++) {
			e = &events[i];
			if (e->added && e->due != 0 &&
			    (next == NULL || e->due < next->due))
				next = e;
		}
		if (next == NULL || next->due > end)
			break;
		if (next->due > fake_now)
			fake_now = next->due;
		next->added = next->due = 0;
		next->cb(next->fd, EV_TIMEOUT, next->arg);
	}
	ASSERT(n < TIMERS_MAX);
	fake_now = end;
}

int
fake_newest(void)
{
	return (newest);
}

int
fake_armed(void)
{
	int	i, n = 0;

	for (i = 0; i < nevents; i++)
		n += events[i].added;
	return (n);
}

/* TCP */

int
fake_accept(int fd, struct sockaddr *sa, socklen_t *len)
{
	int	n = fake_accepted;

	fake_accepted = -EAGAIN;
	if (n < 0) {
		errno = -n;
		return (-1);
	}
	if (n < FAKE_FD)
		return (n);
	ASSERT(n - FAKE_FD < FAKE_SOCKETS && !fake_sockets[n - FAKE_FD].open);
	fake_sockets[n - FAKE_FD].open = 1;
	if (sa != NULL)
		memcpy(sa, &fake_sockets[n - FAKE_FD].peer,
		    sizeof(struct sockaddr_in));
	return (n);
}

int
fake_getsockname(int fd, struct sockaddr *sa, socklen_t *len)
{
	struct sockaddr_in	sin;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons(1723);
	sin.sin_addr.s_addr = htonl(0xc0000201);
	memcpy(sa, &sin, sizeof(sin));
	return (0);
}

/* Files */

int
fake_open(const char *name, int flags)
{
	const struct fake_file	*f;
	int			 i;

	for (f = fake_files; f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			break;
	if (f->name == NULL) {
		errno = ENOENT;
		return (-1);
	}
	for (i = 0; i < OPENS; i++)
		if (opens[i].file == NULL)
			break;
	ASSERT(i < OPENS);
	opens[i].file = f;
	opens[i].pos = 0;
	return (FILE_FD + i);
}

int
fake_fstat(int fd, struct stat *st)
{
	if (fd < FAKE_FD)
		return (fstat(fd, st));
	ASSERT(fd >= FILE_FD && fd < FILE_FD + OPENS);
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFREG | opens[fd - FILE_FD].file->mode;
	st->st_size = opens[fd - FILE_FD].file->len;
	return (0);
}

static ssize_t
file_read(int i, void *buf, size_t n)
{
	const struct fake_file	*f = opens[i].file;

	ASSERT(f != NULL);
	if (n > f->len - opens[i].pos)
		n = f->len - opens[i].pos;
	if (n > 0)
		memcpy(buf, f->data + opens[i].pos, n);
	opens[i].pos += n;
	return (n);
}

/* Standard output, and error, which nobody reads */

int
fake_vprintf(const char *fmt, va_list ap)
{
	int	n;

	n = vsnprintf(fake_out + fake_outlen, sizeof(fake_out) - fake_outlen,
	    fmt, ap);
	ASSERT(n >= 0);
	ASSERT((size_t)n < sizeof(fake_out) - fake_outlen);
	fake_outlen += n;
	return (n);
}

int
fake_printf(const char *fmt, ...)
{
	va_list	ap;
	int	n;

	va_start(ap, fmt);
	n = fake_vprintf(fmt, ap);
	va_end(ap);
	return (n);
}

int
fake_putchar(int c)
{
	ASSERT(fake_outlen + 1 < sizeof(fake_out));
	fake_out[fake_outlen++] = c;
	fake_out[fake_outlen] = '\0';
	return (c);
}

int
fake_silent(const char *fmt, ...)
{
	va_list	ap;
	char	buf[4096];

	if (fmt == NULL)
		return (0);
	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	return (0);
}

static struct fake_socket *
socket_find(int fd)
{
	if (fd < FAKE_FD)
		return (NULL);
	ASSERT(fd - FAKE_FD < FAKE_SOCKETS && fake_sockets[fd - FAKE_FD].open);
	return (&fake_sockets[fd - FAKE_FD]);
}

ssize_t
fake_read(int fd, void *buf, size_t n)
{
	struct fake_socket	*s;

	if (fd >= FILE_FD)
		return (file_read(fd - FILE_FD, buf, n));
	if ((s = socket_find(fd)) == NULL)
		return (read(fd, buf, n));
	ASSERT(n > 0);		/* or 0 would look like the end */
	if (s->inlen == 0) {
		if (s->eof == 1)
			return (0);
		errno = s->eof ? s->eof : EAGAIN;
		return (-1);
	}
	if (n > s->inlen)
		n = s->inlen;
	memcpy(buf, s->in, n);
	s->in += n;
	s->inlen -= n;
	return (n);
}

ssize_t
fake_write(int fd, const void *buf, size_t n)
{
	struct fake_socket	*s;

	if ((s = socket_find(fd)) == NULL)
		return (write(fd, buf, n));
	if (s->eof > 1) {
		errno = EPIPE;
		return (-1);
	}
	if (s->room == 0) {
		errno = EAGAIN;
		return (-1);
	}
	if (n > s->room)
		n = s->room;
	s->room -= n;
	if (s->output != NULL)
		s->output(fd, buf, n);
	return (n);
}

int
fake_close(int fd)
{
	struct fake_socket	*s;

	if (fd >= FILE_FD) {
		ASSERT(opens[fd - FILE_FD].file != NULL);
		opens[fd - FILE_FD].file = NULL;
		return (0);
	}
	if ((s = socket_find(fd)) == NULL)
		return (close(fd));
	s->open = 0;
	return (0);
}

/* imsg: what an engine that exits leaves behind is not a leak of its */

int
fake_imsgbuf_init(struct imsgbuf *ibuf, int fd)
{
	int	i;

	for (i = 0; i < IMSGBUFS; i++)
		if (imsgbufs[i] == NULL)
			break;
	ASSERT(i < IMSGBUFS);
	imsgbufs[i] = ibuf;
	return (imsgbuf_init(ibuf, fd));
}

void
fake_imsgbuf_clear(struct imsgbuf *ibuf)
{
	int	i;

	for (i = 0; i < IMSGBUFS; i++)
		if (imsgbufs[i] == ibuf)
			imsgbufs[i] = NULL;
	imsgbuf_clear(ibuf);
}

int
fake_imsgbuf_get(struct imsgbuf *ibuf, struct imsg *imsg)
{
	int	n;

	if ((n = imsgbuf_get(ibuf, imsg)) == 1) {
		current = *imsg;
		has_current = 1;
	}
	return (n);
}

void
fake_imsg_free(struct imsg *imsg)
{
	has_current = 0;
	imsg_free(imsg);
}

/* Channels */

/* What engines have their channel to the parent on; before others take it. */
static void reserve(void) __attribute__((__constructor__));

static void
reserve(void)
{
	int	fd;

	(void)signal(SIGPIPE, SIG_IGN);		/* drop_privileges() */
	if ((fd = open("/dev/null", O_RDWR)) == -1 ||
	    dup2(fd, CHILD_FD) == -1)
		abort();
	if (fd != CHILD_FD)
		close(fd);
}

void
channel_open(struct channel *c, int want)
{
	int	fd[2], i;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == -1)
		abort();
	for (i = 0; i < 2; i++)
		if (fcntl(fd[i], F_SETFL, O_NONBLOCK) == -1)
			abort();
	if (want != -1 && fd[0] == want) {
		fd[0] = fd[1];
		fd[1] = want;
	} else if (want != -1 && fd[1] != want) {
		if (dup2(fd[1], want) == -1)
			abort();
		close(fd[1]);
		fd[1] = want;
	}
	c->fd = fd[0];
	c->engine = fd[1];
	if (imsgbuf_init(&c->ibuf, c->fd) == -1)
		abort();
	imsgbuf_allow_fdpass(&c->ibuf);
}

void
channel_close(struct channel *c)
{
	imsgbuf_clear(&c->ibuf);
	close(c->fd);
	if (c->engine == CHILD_FD)
		reserve();
	else if (c->engine != -1)
		close(c->engine);
	c->fd = c->engine = -1;
}

void
channel_send(struct channel *c, uint32_t type, int fd, const void *data,
    size_t len)
{
	if (imsg_compose(&c->ibuf, type, 0, 0, fd, data, len) == -1)
		abort();
	(void)imsgbuf_flush(&c->ibuf);
	(void)fake_fire(c->engine, EV_READ);
}

void
channel_raw(struct channel *c, const void *data, size_t len)
{
	if (len == 0 || write(c->fd, data, len) == -1)
		return;
	(void)fake_fire(c->engine, EV_READ);
}

void
channel_take(struct channel *c, void (*f)(struct imsg *))
{
	struct imsg	imsg;
	int		i, n;

	for (i = 0; i < 1000; i++) {
		if (!fake_wants(c->engine, EV_WRITE) ||
		    !fake_fire(c->engine, EV_WRITE))
			break;
		if (imsgbuf_read(&c->ibuf) != 1)
			break;
		while ((n = imsgbuf_get(&c->ibuf, &imsg)) == 1) {
			if (f != NULL)
				f(&imsg);
			imsg_free(&imsg);
		}
		ASSERT(n == 0);
	}
}
