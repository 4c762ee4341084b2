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
 * Put before every file that is fuzzed (-include): the world outside is the
 * harness.  Descriptors from FAKE_FD on are its own, others are real ones.
 * Names with arguments only, so that members of structs keep theirs.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <sys/stat.h>

#include <netinet/in.h>

#include <err.h>
#include <fcntl.h>
#include <imsg.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define FAKE_FD		1000000

int	 fake_accept(int, struct sockaddr *, socklen_t *);
int	 fake_getsockname(int, struct sockaddr *, socklen_t *);
ssize_t	 fake_read(int, void *, size_t);
ssize_t	 fake_write(int, const void *, size_t);
int	 fake_close(int);
int	 fake_open(const char *, int);
int	 fake_fstat(int, struct stat *);
int	 fake_printf(const char *, ...)
	    __attribute__((__format__(printf, 1, 2)));
int	 fake_vprintf(const char *, va_list)
	    __attribute__((__format__(printf, 1, 0)));
int	 fake_putchar(int);
int	 fake_silent(const char *, ...)
	    __attribute__((__format__(printf, 1, 2)));
void	 fake_exit(int) __attribute__((__noreturn__));
time_t	 fake_time(void);
uint32_t fake_random(void);
void	 fake_random_buf(void *, size_t);
void	 fake_freezero(void *, size_t);
void	 fake_syslog(int, const char *, ...)
	    __attribute__((__format__(printf, 2, 3)));
int	 fake_imsgbuf_init(struct imsgbuf *, int);
void	 fake_imsgbuf_clear(struct imsgbuf *);
int	 fake_imsgbuf_get(struct imsgbuf *, struct imsg *);
void	 fake_imsg_free(struct imsg *);

#ifndef FAKE_IMPLEMENTATION
#define accept4(f, a, l, g)	fake_accept(f, a, l)
#define getsockname(f, a, l)	fake_getsockname(f, a, l)
#define setsockopt(f, l, o, v, n) ((void)(v), 0)
#define read(f, b, n)		fake_read(f, b, n)
#define write(f, b, n)		fake_write(f, b, n)
#define close(f)		fake_close(f)
#define open(n, f)		fake_open(n, f)
#define fstat(f, s)		fake_fstat(f, s)
#define printf(...)		fake_printf(__VA_ARGS__)
#define vprintf(f, a)		fake_vprintf(f, a)
#undef putchar
#define putchar(c)		fake_putchar(c)
#define fprintf(f, ...)		fake_silent(__VA_ARGS__)
#define warnx(...)		((void)fake_silent(__VA_ARGS__))
#define warn(...)		((void)fake_silent(__VA_ARGS__))
#define errx(n, ...)		((void)fake_silent(__VA_ARGS__), fake_exit(n))
#define err(n, ...)		fake_exit(n)
#define exit(n)			fake_exit(n)
#define time(t)			fake_time()
#define arc4random()		fake_random()
#define arc4random_uniform(n)	(fake_random() % (n))
#define arc4random_buf(b, n)	fake_random_buf(b, n)
/* Where AddressSanitizer sees them. */
#define explicit_bzero(p, n)	memset(p, 0, n)
#define freezero(p, n)		fake_freezero(p, n)
#define openlog(i, o, f)	((void)0)
#define syslog(...)		fake_syslog(__VA_ARGS__)
#define pledge(p, e)		0
#define unveil(p, m)		0
#define imsgbuf_init(b, f)	fake_imsgbuf_init(b, f)
#define imsgbuf_clear(b)	fake_imsgbuf_clear(b)
#define imsgbuf_get(b, i)	fake_imsgbuf_get(b, i)
#define imsg_free(i)		fake_imsg_free(i)
#endif
