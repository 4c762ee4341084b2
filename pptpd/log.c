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

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <vis.h>

#include "log.h"

#define LINE_LEN	1024

static int		 debug;
static int		 verbose;
static const char	*procname = "pptpd";

static void	 logit(int, const char *, va_list, int);

void
log_init(int n_debug, int facility)
{
	debug = n_debug;
	if (!debug)
		openlog("pptpd", LOG_PID | LOG_NDELAY, facility);
	tzset();
}

void
log_procinit(const char *name)
{
	procname = name;
}

void
log_setverbose(int v)
{
	verbose = v;
}

int
log_getverbose(void)
{
	return (verbose);
}

/* One line, one write: lines of several processes do not mix. */
static void
logit(int pri, const char *fmt, va_list ap, int saved_errno)
{
	char	line[LINE_LEN];

	(void)vsnprintf(line, sizeof(line), fmt, ap);
	if (debug) {
		if (saved_errno != 0)
			fprintf(stderr, "%s: %s: %s\n", procname, line,
			    strerror(saved_errno));
		else
			fprintf(stderr, "%s: %s\n", procname, line);
		fflush(stderr);
	} else if (saved_errno != 0)
		syslog(pri, "%s: %s: %s", procname, line,
		    strerror(saved_errno));
	else
		syslog(pri, "%s: %s", procname, line);
}

void
log_warn(const char *fmt, ...)
{
	va_list	ap;
	int	saved_errno = errno;

	va_start(ap, fmt);
	logit(LOG_WARNING, fmt, ap, saved_errno);
	va_end(ap);
	errno = saved_errno;
}

void
log_warnx(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	logit(LOG_WARNING, fmt, ap, 0);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	logit(LOG_INFO, fmt, ap, 0);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list	ap;

	if (!verbose)
		return;
	va_start(ap, fmt);
	logit(LOG_DEBUG, fmt, ap, 0);
	va_end(ap);
}

void
fatal(const char *fmt, ...)
{
	va_list	ap;
	int	saved_errno = errno;
	char	line[LINE_LEN];

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	errno = saved_errno;
	if (saved_errno != 0)
		log_warn("fatal: %s", line);
	else
		log_warnx("fatal: %s", line);
	exit(1);
}

void
fatalx(const char *fmt, ...)
{
	va_list	ap;
	char	line[LINE_LEN];

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_warnx("fatal: %s", line);
	exit(1);
}

/*
 * Text from the network for people's eyes: no control characters, a backslash
 * before quotes and itself, cut to what fits.  The rest is octal: \M-" and
 * \^\ would look like the end of a text in quotes, and the lack of one.
 */
const char *
log_text(char *buf, size_t size, const char *text)
{
	(void)strnvis(buf, text, size, VIS_CSTYLE | VIS_NL | VIS_TAB | VIS_DQ |
	    VIS_OCTAL);
	return (buf);
}
