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


/* The small things of compat/: strnvis(3) and timingsafe_bcmp(3). */

#include <sys/types.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vis.h>

#include "tap.h"

#define GUARD	0x5a

static void
test_encode(void)
{
	static const struct {
		const char	*in;
		int		 flag;
		const char	*out;
	} t[] = {
		{ "", VIS_SAFE, "" },
		{ "plain text.", VIS_SAFE, "plain text." },
		{ "a\\b", VIS_SAFE, "a\\\\b" },
		{ "a\\b", VIS_NOSLASH, "a\\b" },
		{ "\001\032\033\037\177", VIS_SAFE,
		    "\\^A\\^Z\\^[\\^_\\^?" },
		{ "\200\233\237\377", VIS_SAFE, "\\M^@\\M^[\\M^_\\M^?" },
		{ "\241\303\244\376", VIS_SAFE, "\\M-!\\M-C\\M-$\\M-~" },
		{ "\240", VIS_SAFE, "\\240" },
		{ "\001\301", VIS_NOSLASH, "^AM-A" },
		{ " \t\n", VIS_SAFE, " \t\n" },
		{ " \t\n", VIS_SAFE | VIS_WHITE, "\\040\\^I\\^J" },
		{ "a\nb", VIS_SAFE | VIS_NL, "a\\^Jb" },
		{ "\a\b\r\f\v", VIS_SAFE, "\a\b\r\\^L\\^K" },
		{ "\a\b\r\f\v", 0, "\\^G\\^H\\^M\\^L\\^K" },
		{ "\a\b\f\n\r\t\v ", VIS_CSTYLE | VIS_WHITE,
		    "\\a\\b\\f\\n\\r\\t\\v\\s" },
		{ "\033[2J", VIS_SAFE | VIS_CSTYLE, "\\^[[2J" },
		{ "\001\200", VIS_OCTAL, "\\001\\200" },
		{ "say \"x\"", VIS_DQ, "say \\\"x\\\"" },
		{ "say \"x\"", 0, "say \"x\"" },
		{ "*?[#]", VIS_GLOB, "\\052\\077\\133\\043]" },
		{ "*?[#]", 0, "*?[#]" },
		{ "%s%n", VIS_SAFE, "%s%n" }
	};
	char	buf[64];
	size_t	i;
	int	n;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		n = strnvis(buf, t[i].in, sizeof(buf), t[i].flag);
		is_str(buf, t[i].out, "strnvis: case %zu", i);
		is_int(n, strlen(t[i].out), "strnvis: length of case %zu", i);
	}
}

/* Every size: no octet too many, no half of a sequence, always terminated. */
static void
test_truncate(void)
{
	static const char	 in[] = "ab\001c\200\\\"d";
	static const char	*out[] = {
		"a", "b", "\\^A", "c", "\\M^@", "\\\\", "\"", "d"
	};
	char	*buf, want[32];
	size_t	 i, size, full = 0;
	int	 n, good = 1;

	for (i = 0; i < 8; i++)
		full += strlen(out[i]);
	/* What OpenBSD returns for 1 is not what its manual says. */
	for (size = 2; size < 24; size++) {
		want[0] = '\0';
		for (i = 0; i < 8; i++) {
			if (strlen(want) + strlen(out[i]) >= size)
				break;
			(void)strlcat(want, out[i], sizeof(want));
		}
		if ((buf = malloc(size + 1)) == NULL)
			abort();
		memset(buf, GUARD, size + 1);
		n = strnvis(buf, in, size, VIS_SAFE);
		if (buf[size] != GUARD || strcmp(buf, want) != 0 ||
		    n != (int)full) {
			printf("# size %zu: \"%s\", %d\n", size, buf, n);
			good = 0;
		}
		free(buf);
	}
	ok(good, "strnvis: truncated");

	want[0] = GUARD;
	(void)strnvis(want, in, 0, VIS_SAFE);
	ok(want[0] == GUARD, "strnvis: no room at all");
	(void)strnvis(want, in, 1, VIS_SAFE);
	is_str(want, "", "strnvis: room for the end only");
}

static void
test_bcmp(void)
{
	unsigned char	a[64], b[64];
	size_t		i;
	int		good = 1;

	memset(a, 0xa5, sizeof(a));
	memset(b, 0xa5, sizeof(b));
	is_int(timingsafe_bcmp(a, b, sizeof(a)), 0, "timingsafe_bcmp: equal");
	is_int(timingsafe_bcmp(a, b, 0), 0, "timingsafe_bcmp: nothing");
	for (i = 0; i < sizeof(a) * 8; i++) {
		b[i / 8] ^= 1 << i % 8;
		if (timingsafe_bcmp(a, b, sizeof(a)) == 0)
			good = 0;
		if (timingsafe_bcmp(a, b, i / 8) != 0)
			good = 0;
		b[i / 8] ^= 1 << i % 8;
	}
	ok(good, "timingsafe_bcmp: any bit");
}

int
main(int argc, char *argv[])
{
	test_encode();
	test_truncate();
	test_bcmp();
	done_testing();
}
