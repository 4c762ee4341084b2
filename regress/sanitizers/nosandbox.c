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
 * Linked in the place of pledge(2), unveil(2) and chroot(2), with --wrap of
 * ld(1): at the end of a process LeakSanitizer has another one trace it, and
 * reads what /proc says.  With PPTPD_LEAK in the environment each process loses
 * memory when it pledges, to see that it is found.
 */

#include <stdlib.h>
#include <unistd.h>

int	 __wrap_pledge(const char *, const char *);
int	 __wrap_unveil(const char *, const char *);
int	 __wrap_chroot(const char *);

static void	*volatile lost;

int
__wrap_pledge(const char *promises, const char *execpromises)
{
	if (getenv("PPTPD_LEAK") != NULL) {
		lost = malloc(1);
		lost = NULL;
	}
	return (0);
}

int
__wrap_unveil(const char *path, const char *permissions)
{
	return (0);
}

int
__wrap_chroot(const char *dirname)
{
	return (0);
}
