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

#include <err.h>
#include <stdint.h>
#include <stdio.h>

#include "json.h"

#define JSON_DEPTH	8
#define LINE_DEPTH	2	/* one line for each value, deeper ones share */

static void	 json_open(const char *, char, char);
static void	 json_item(const char *);
static void	 json_newline(void);
static void	 json_quote(const char *);

/* The objects and arrays that are open, the document outermost. */
static struct {
	char		closer;
	unsigned int	items;
} stack[JSON_DEPTH];
static unsigned int	depth;
static unsigned int	line_depth = LINE_DEPTH;

void
json_one_line(void)
{
	line_depth = 0;
}

void
json_object(const char *name)
{
	json_open(name, '{', '}');
}

void
json_array(const char *name)
{
	json_open(name, '[', ']');
}

void
json_end(void)
{
	if (depth == 0)
		errx(1, "%s: nothing is open", __func__);
	depth--;
	if (stack[depth].items > 0 && depth < line_depth)
		json_newline();
	putchar(stack[depth].closer);
	if (depth == 0)
		putchar('\n');
}

void
json_string(const char *name, const char *value)
{
	json_item(name);
	json_quote(value);
}

void
json_number(const char *name, uint64_t value)
{
	json_item(name);
	printf("%llu", (unsigned long long)value);
}

void
json_boolean(const char *name, int value)
{
	json_item(name);
	printf("%s", value ? "true" : "false");
}

void
json_null(const char *name)
{
	json_item(name);
	printf("null");
}

static void
json_open(const char *name, char opener, char closer)
{
	if (depth == JSON_DEPTH)
		errx(1, "%s: nested too deeply", __func__);
	json_item(name);
	putchar(opener);
	stack[depth].closer = closer;
	stack[depth].items = 0;
	depth++;
}

/* What stands before every value: comma, line break, name. */
static void
json_item(const char *name)
{
	if (depth > 0) {
		if (stack[depth - 1].items++ > 0)
			putchar(',');
		if (depth <= line_depth)
			json_newline();
		else if (stack[depth - 1].items > 1)
			putchar(' ');
	}
	if (name != NULL) {
		json_quote(name);
		printf(": ");
	}
}

static void
json_newline(void)
{
	unsigned int	i;

	putchar('\n');
	for (i = 0; i < depth; i++)
		putchar('\t');
}

/*
 * Text has gone through vis(3) in the daemon and is ASCII.  Should it not be,
 * the document is valid nevertheless: octets become U+0000 to U+00FF.
 */
static void
json_quote(const char *s)
{
	const unsigned char	*p;

	putchar('"');
	for (p = (const unsigned char *)s; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			printf("\\%c", *p);
		else if (*p < 0x20 || *p > 0x7e)
			printf("\\u%04x", *p);
		else
			putchar(*p);
	}
	putchar('"');
}
