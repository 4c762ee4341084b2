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

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>

#include <event.h>
#include <imsg.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "log.h"
#include "pptpd.h"

#define LINE_LEN	1024

static int	 may_log(struct in_addr);

static uint64_t	 nsuppressed;

static int
may_log(struct in_addr source)
{
	uint32_t	suppressed;

	if (!event_may_log(source, monotonic_ms(), &suppressed)) {
		nsuppressed++;
		return (0);
	}
	if (suppressed > 0)
		log_info("suppressed %u lines like the next", suppressed);
	return (1);
}

void
event_log(const struct ctl_event *ev)
{
	char	line[LINE_LEN];

	if (((ev->kind == EVENT_LOGIN && ev->cause != END_NONE) ||
	    ev->kind == EVENT_CHANGE) && !may_log(ev->peer))
		return;
	if (event_format(line, sizeof(line), ev) > 0)
		log_info("%s", line);
}

void
event_log_text(struct in_addr source, const char *fmt, ...)
{
	char	line[LINE_LEN];
	va_list	ap;

	if (!may_log(source))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_info("%s", line);
}

uint64_t
event_log_suppressed(void)
{
	return (nsuppressed);
}
