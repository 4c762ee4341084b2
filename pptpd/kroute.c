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

#include <net/if.h>
#include <netinet/in.h>

#include <errno.h>
#include <stdint.h>

#include "kroute.h"

/* Ranges of addresses as routes to prefixes. */

int
kroute_reject_add(struct in_addr first, struct in_addr last)
{
	uint64_t	 addr, end = ntohl(last.s_addr);
	int		 len, saved;

	if (ntohl(first.s_addr) > end) {
		errno = EINVAL;
		return (-1);
	}
	for (addr = ntohl(first.s_addr); addr <= end;
	    addr += 1ULL << (32 - len)) {
		len = kroute_prefixlen(addr, end);
		/* One that is there was left by a pptpd that was killed. */
		if (kroute_reject(1, addr, len) == 0 || errno == EEXIST)
			continue;
		saved = errno;
		if (addr > ntohl(first.s_addr)) {
			last.s_addr = htonl(addr - 1);
			(void)kroute_reject_delete(first, last);
		}
		errno = saved;
		return (-1);
	}
	return (0);
}

int
kroute_reject_delete(struct in_addr first, struct in_addr last)
{
	uint64_t	 addr, end = ntohl(last.s_addr);
	int		 len, error = 0;

	if (ntohl(first.s_addr) > end) {
		errno = EINVAL;
		return (-1);
	}
	for (addr = ntohl(first.s_addr); addr <= end;
	    addr += 1ULL << (32 - len)) {
		len = kroute_prefixlen(addr, end);
		if (kroute_reject(0, addr, len) == -1 && error == 0)
			error = errno;
	}
	if (error != 0) {
		errno = error;
		return (-1);
	}
	return (0);
}
