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
 * A configuration of several files, cut from the input at each octet 1.  What
 * is accepted is printed, and what is printed must be accepted and print the
 * same.  Included by the targets that are about files.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>

#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "pptpd.h"
#include "fuzz.h"

#define CUT	1

static struct conf	*result;
static char		*printed;
static size_t		 printed_len;

/* What reload.c asks. */
int
parent_send(unsigned int proc, uint32_t type, int fd, const void *data,
    size_t len)
{
	return (0);
}

static void
file_add(const char *name, const uint8_t *p, size_t len)
{
	struct fake_file	*f;

	for (f = fake_files; f->name != NULL; f++)
		;
	ASSERT(f < fake_files + FAKE_FILES);
	f->name = name;
	f->data = p;
	f->len = len;
	f->mode = 0600;
}

static void
read_it(void)
{
	result = parse_config("pptpd.conf");
}

static void
print_it(void)
{
	print_config(result);
}

/* Differences between it and itself: none.  And with another. */
static void
compare_it(void)
{
	struct msg_reload	 m;
	struct conf		*other;

	if ((other = parse_config("printed")) == NULL)
		fuzz_fail("what is printed is refused", __FILE__, __LINE__);
	fake_outlen = 0;
	print_config(other);
	ASSERT(fake_outlen == printed_len);
	ASSERT(memcmp(fake_out, printed, printed_len) == 0);
	memset(&m, 0, sizeof(m));
	reload_diff(result, other, &m);
	ASSERT(m.everybody == 0 && m.settings == 0);
	reload_keep(result, other);
	config_free(other);
}

/*
 * head, if there is one, is the main file, and what the input has are the
 * files with these names in order; else the first of them is the main file.
 */
static void
file_run(const uint8_t *p, size_t len, const char *head,
    const char *const *names)
{
	const uint8_t	*end;
	size_t		 n;

	fake_begin();
	if (head != NULL)
		file_add("pptpd.conf", (const uint8_t *)head, strlen(head));
	for (; *names != NULL; names++) {
		end = len > 0 ? memchr(p, CUT, len) : NULL;
		n = end != NULL && names[1] != NULL ? (size_t)(end - p) : len;
		file_add(*names, p, n);
		if (n == len) {
			len = 0;
			continue;
		}
		p += n + 1;
		len -= n + 1;
	}
	/* For those that are about secrets alone. */
	if (head != NULL && strstr(head, "-secret") != NULL) {
		static const char	o[] = "name pptpd\nrequire-mschap-v2\n";
		static const char	c[] = "pptp:\n enable mschapv2\n";

		file_add("options", (const uint8_t *)o, sizeof(o) - 1);
		file_add("ppp.conf", (const uint8_t *)c, sizeof(c) - 1);
	}
	result = NULL;
	ASSERT(fake_run(read_it) == -1);
	if (result == NULL) {
		ASSERT(parse_error()[0] != '\0');
		return;
	}
	ASSERT(fake_run(print_it) == -1);
	printed_len = fake_outlen;
	if ((printed = malloc(printed_len + 1)) == NULL)
		abort();
	memcpy(printed, fake_out, printed_len + 1);
	file_add("printed", (const uint8_t *)printed, printed_len);
	ASSERT(fake_run(compare_it) == -1);
	free(printed);
	config_free(result);
}
