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
 * What a unit test needs to print TAP, the Test Anything Protocol, for
 * prove(1).  Include after <stdarg.h>, <stdint.h>, <stdio.h>, <stdlib.h> and
 * <string.h>.  main() ends with done_testing(), which exits.
 */

static int	tap_count, tap_failed;

#define TAP_PRINTF(n)	__attribute__((__format__(__printf__, n, n + 1)))

static inline int tap_result(int, const char *, va_list)
    __attribute__((__format__(__printf__, 2, 0)));
static inline int ok(int, const char *, ...) TAP_PRINTF(2);
static inline int is_int(long long, long long, const char *, ...)
    TAP_PRINTF(3);
static inline int is_str(const char *, const char *, const char *, ...)
    TAP_PRINTF(3);
static inline int is_mem(const void *, const void *, size_t, const char *, ...)
    TAP_PRINTF(4);
static inline void done_testing(void) __attribute__((__noreturn__));

static inline int
tap_result(int good, const char *fmt, va_list ap)
{
	tap_count++;
	if (!good)
		tap_failed++;
	printf("%sok %d - ", good ? "" : "not ", tap_count);
	vprintf(fmt, ap);
	printf("\n");
	fflush(stdout);
	return (good);
}

static inline int
ok(int good, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	tap_result(good, fmt, ap);
	va_end(ap);
	return (good);
}

static inline int
is_int(long long got, long long want, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	if (!tap_result(got == want, fmt, ap))
		printf("# got %lld, want %lld\n", got, want);
	va_end(ap);
	return (got == want);
}

static inline int
is_str(const char *got, const char *want, const char *fmt, ...)
{
	va_list	ap;
	int	good;

	good = strcmp(got, want) == 0;
	va_start(ap, fmt);
	if (!tap_result(good, fmt, ap))
		printf("# got \"%s\", want \"%s\"\n", got, want);
	va_end(ap);
	return (good);
}

static inline int
is_mem(const void *got, const void *want, size_t len, const char *fmt, ...)
{
	const uint8_t	*g = got, *w = want;
	va_list		 ap;
	size_t		 i;
	int		 good;

	good = memcmp(got, want, len) == 0;
	va_start(ap, fmt);
	if (!tap_result(good, fmt, ap)) {
		for (i = 0; i < len; i++) {
			if (g[i] != w[i])
				break;
		}
		printf("# octet %zu: got %02x, want %02x\n", i, g[i], w[i]);
	}
	va_end(ap);
	return (good);
}

static inline void
done_testing(void)
{
	printf("1..%d\n", tap_count);
	if (tap_failed > 0)
		printf("# %d of %d failed\n", tap_failed, tap_count);
	exit(tap_failed > 0);
}
