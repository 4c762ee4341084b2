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
 * strnvis(3) as on OpenBSD.  The one of libbsd 0.11 writes one octet past the
 * end of a buffer that is too small, and does not tell how much was needed.
 */

#include <sys/types.h>

#include <string.h>
#include <vis.h>

#define VIS_CHAR_MAX	4	/* octets that one character may become */

static int	 visible(unsigned char, int);
static size_t	 encode(char *, unsigned char, int);

/* 1 if c stands for itself. */
static int
visible(unsigned char c, int flag)
{
	switch (c) {
	case ' ':
		return (!(flag & VIS_SP));
	case '\t':
		return (!(flag & VIS_TAB));
	case '\n':
		return (!(flag & VIS_NL));
	case '\a':
	case '\b':
	case '\r':
		return (flag & VIS_SAFE);
	case '*':
	case '?':
	case '[':
	case '#':
		return (!(flag & VIS_GLOB));
	default:
		return (c > ' ' && c < 0x7f);
	}
}

/* Write what c looks like, without NUL; returns how many octets that took. */
static size_t
encode(char *p, unsigned char c, int flag)
{
	static const char	 control[] = "\a\b\f\n\r\t\v ";
	static const char	 letter[] = "abfnrtvs";
	const char		*s;
	size_t			 n = 0;

	if (visible(c, flag)) {
		if ((c == '\\' && !(flag & VIS_NOSLASH)) ||
		    (c == '"' && flag & VIS_DQ))
			p[n++] = '\\';
		p[n++] = c;
		return (n);
	}
	if (flag & VIS_CSTYLE && (s = strchr(control, c)) != NULL) {
		p[n++] = '\\';
		p[n++] = letter[s - control];
		return (n);
	}
	/* Space, also with the high bit, and printable ones only in octal. */
	if (flag & VIS_OCTAL || (c & 0x7f) == ' ' || (c > ' ' && c < 0x7f)) {
		p[n++] = '\\';
		p[n++] = '0' + (c >> 6);
		p[n++] = '0' + (c >> 3 & 07);
		p[n++] = '0' + (c & 07);
		return (n);
	}
	if (!(flag & VIS_NOSLASH))
		p[n++] = '\\';
	if (c & 0x80) {
		p[n++] = 'M';
		c &= 0x7f;
	}
	if (c < ' ' || c == 0x7f) {
		p[n++] = '^';
		p[n++] = c ^ 0x40;
	} else {
		p[n++] = '-';
		p[n++] = c;
	}
	return (n);
}

/*
 * Encode src into the size octets at dst, always terminated unless size is 0.
 * Returns the length that an unlimited dst would have got.
 */
int
strnvis(char *dst, const char *src, size_t size, int flag)
{
	char	c[VIS_CHAR_MAX];
	size_t	n, len = 0, used = 0;

	for (; *src != '\0'; src++) {
		n = encode(c, *src, flag);
		/* What does not fit ends it, even if the next one would. */
		if (used == len && n < size - used && size > 0) {
			memcpy(dst + used, c, n);
			used += n;
		}
		len += n;
	}
	if (size > 0)
		dst[used] = '\0';
	return (len);
}
