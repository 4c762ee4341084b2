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
 * What OpenBSD has in its C library and Debian, even with libbsd, has not.
 * Every source file is compiled with "-include compat.h" on Linux, so that it
 * can be written as if for OpenBSD.
 */

#ifndef COMPAT_H
#define COMPAT_H

#include <sys/types.h>

#include <stddef.h>
#include <unistd.h>

#ifndef __dead
#define __dead		__attribute__((__noreturn__))
#endif

/* sys/param.h */
#ifndef nitems
#define nitems(a)	(sizeof(a) / sizeof((a)[0]))
#endif

/* strnvis.c: with OpenBSD's order of arguments, and without libbsd's bug. */
#define LIBBSD_OPENBSD_VIS
#define strnvis		compat_strnvis

/*
 * pledge.c: giving up uid 0 is the last moment at which the bounding set can
 * be emptied, so that is part of it.
 */
#define setresuid	compat_setresuid

int	 compat_setresuid(uid_t, uid_t, uid_t);
int	 pledge(const char *, const char *);

/* unveil.c */
int	 unveil(const char *, const char *);

/* 0 if equal; takes the same time wherever the difference is. */
static inline int
timingsafe_bcmp(const void *b1, const void *b2, size_t len)
{
	const volatile unsigned char	*p1 = b1, *p2 = b2;
	unsigned int			 diff = 0;

	for (; len > 0; len--)
		diff |= *p1++ ^ *p2++;
	return (diff != 0);
}

#endif /* COMPAT_H */
