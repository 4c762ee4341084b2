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

/* The words of pptpctl's command line, cut at each octet 0. */

#include <sys/types.h>

#include "parser.c"

#include "fuzz.h"

#define ARGS	8

static struct parse_result	 res;
static char			*args[ARGS + 1];
static int			 nargs, ret;

static void
run(void)
{
	ret = parse(nargs, args, &res);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	char	*copy, *s;

	if ((copy = malloc(len + 1)) == NULL)
		abort();
	memcpy(copy, p, len);
	copy[len] = '\0';
	fake_begin();
	for (nargs = 0, s = copy; s <= copy + len && nargs < ARGS;
	    s += strlen(s) + 1)
		args[nargs++] = s;
	args[nargs] = NULL;
	ASSERT(fake_run(run) == -1);
	if (ret == 0) {
		ASSERT(res.command > CMD_NONE &&
		    res.command <= CMD_LOG_VERBOSE);
		ASSERT(res.call_id <= MAX_CALL_ID);
		ASSERT(memchr(res.user, '\0', sizeof(res.user)) != NULL);
		if (res.command == CMD_KILL_USER)
			ASSERT(res.user[0] != '\0');
	}
	free(copy);
	return (0);
}
