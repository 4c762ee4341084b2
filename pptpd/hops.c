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

#include <err.h>
#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <string.h>

#include "pptpd.h"
#include "parent.h"

/*
 * The parent tells the session engines where the kernel would send what goes to
 * a client, and that they had better ask again.  A wrong address costs packets,
 * so it is asked for again rather than followed through all changes.
 */

static void	 hops_event(int, short, void *);

static struct event	 ev_hops;
static int		 hops_fd = -1;

void
hops_open(void)
{
	if ((hops_fd = khop_watch()) == -1)
		err(1, "link-output");
}

void
hops_start(void)
{
	if (hops_fd == -1)
		return;
	event_set(&ev_hops, hops_fd, EV_READ | EV_PERSIST, hops_event, NULL);
	event_need(&ev_hops, NULL);
}

static void
hops_event(int fd, short event, void *arg)
{
	uint32_t	i;

	if (!khop_changed())
		return;
	for (i = 0; i < parent_conf->pptp.engines; i++)
		(void)parent_send(PROC_SESSION + i, IMSG_HOP_FORGET, -1, NULL,
		    0);
}

int
hops_request(unsigned int proc, const struct msg_hop *m)
{
	struct msg_hop_result	result;

	if (hops_fd == -1)
		return (-1);
	memset(&result, 0, sizeof(result));
	result.call_id = m->call_id;
	result.serial = m->serial;
	if (khop_find(m->peer, m->local, &result.hop) == -1)
		memset(&result.hop, 0, sizeof(result.hop));
	(void)parent_send(proc, IMSG_HOP_RESULT, -1, &result, sizeof(result));
	return (0);
}
