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
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "fsm.h"
#include "gre.h"
#include "mppe.h"
#include "packet_io.h"
#include "pptpd.h"
#include "ppp.h"
#include "wheel.h"
#include "session_engine.h"

/*
 * The next hops of sessions, for link-output.  The parent is asked once a
 * session has packets to send; until it answers, and for what has no next hop
 * that it knows, there is the kernel's IP.
 */

/* IP, GRE, and what of PPP and MPPE is not in the MTU. */
#define OVERHEAD	(PACKET_IP_HEADER + GRE_HEADER_MAX + \
			    PPP_HEADER_MAX + MPPE_HEADER_LEN + 2)

static void	 hop_ask(struct session *, uint64_t);

int			 link_output;

static uint32_t		 epoch = 1;	/* ends when something changes */
static uint64_t		 ask_from;	/* ms, then the parent may be asked */

const struct hop *
session_hop(struct session *s, uint64_t now)
{
	if (!link_output)
		return (NULL);
	if (s->hop_epoch != epoch) {
		memset(&s->hop, 0, sizeof(s->hop));
		if (now >= ask_from)
			hop_ask(s, now);
		return (NULL);
	}
	if (now >= s->hop_again)
		hop_ask(s, now);
	/* All of a session's packets, or they would change their order. */
	if (s->hop.ifindex == 0 || s->mtu + OVERHEAD > s->hop.mtu)
		return (NULL);
	/* The kernel forgets neighbours that it does not use itself. */
	if (now >= s->hop_by_ip) {
		s->hop_by_ip = now + HOP_BY_IP;
		return (NULL);
	}
	return (&s->hop);
}

/* What is known holds until the answer comes. */
static void
hop_ask(struct session *s, uint64_t now)
{
	struct msg_hop	m;

	s->hop_epoch = epoch;
	s->hop_again = now + HOP_AGAIN;
	memset(&m, 0, sizeof(m));
	m.call_id = s->call_id;
	m.serial = s->serial;
	m.peer = s->peer;
	m.local = s->local;
	send_parent(IMSG_HOP_REQUEST, &m, sizeof(m));
}

void
session_hop_result(const struct msg_hop_result *m)
{
	struct session	*s;

	/* One from before a change is not used, see above. */
	if ((s = session_find(m->call_id, m->serial)) == NULL)
		return;
	/* Before the first frame there is one packet by IP. */
	if (s->hop.ifindex == 0)
		s->hop_by_ip = 0;
	s->hop = m->hop;
}

void
session_hop_forget(uint64_t now)
{
	epoch++;
	ask_from = now + HOP_SETTLE;
}
