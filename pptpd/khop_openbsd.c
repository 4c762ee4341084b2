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

#include <netinet/in.h>

#include <errno.h>
#include <stdint.h>

#include "khop.h"

/* OpenBSD: bpf(4) writes one frame at a time, which is no gain. */

int
khop_supported(void)
{
	return (0);
}

int
khop_socket(void)
{
	errno = EOPNOTSUPP;
	return (-1);
}

int
khop_watch(void)
{
	errno = EOPNOTSUPP;
	return (-1);
}

int
khop_find(struct in_addr dst, struct in_addr local, struct hop *hop)
{
	errno = EOPNOTSUPP;
	return (-1);
}

int
khop_changed(void)
{
	return (0);
}
