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
#include <arpa/inet.h>

#include <errno.h>
#include <event.h>
#include <imsg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fsm.h"
#include "gre.h"
#include "log.h"
#include "mppe.h"
#include "packet_io.h"
#include "pptpd.h"
#include "ppp.h"
#include "wheel.h"
#include "session_engine.h"

/* What pptpctl asks of the session engine. */

#define SESSIONS_AT_A_TIME	32

static void	 describe(const struct session *, struct ctl_session *);
static int	 kill_match(const struct session *, const struct ctl_kill *);

static void
describe(const struct session *s, struct ctl_session *ctl)
{
	const struct ppp	*p = &s->ppp;
	uint64_t		 now = monotonic_ms();

	memset(ctl, 0, sizeof(*ctl));
	ctl->call_id = s->call_id;
	ctl->peer_call_id = s->peer_call_id;
	ctl->peer = s->peer;
	ctl->outer_local = s->local;
	ctl->remote = p->ipcp.remote;
	ctl->local = p->ipcp.local;
	ctl->phase = p->phase;
	ctl->auth = p->lcp.auth;
	if (p->mppe) {
		ctl->mppe_bits = p->mppe_tx.bits;
		ctl->mppe_stateful = p->mppe_tx.stateful;
	}
	ctl->since = s->since;
	ctl->age = (now - s->opened_at) / 1000;
	ctl->idle = (now - s->last_data) / 1000;
	ctl->idle_timeout = s->idle_timeout;
	ctl->session_timeout = s->session_timeout;
	ctl->lcp_state = p->lcp.cp.state;
	ctl->ccp_state = p->ccp.cp.state;
	ctl->ipcp_state = p->ipcp.cp.state;
	ctl->mru = p->lcp.mru;
	ctl->peer_mru = p->lcp.peer_mru;
	ctl->mtu = s->up ? s->mtu : 0;
	ctl->magic = p->lcp.no_magic ? 0 : p->lcp.magic;
	ctl->peer_magic = p->lcp.peer_magic;
	ctl->pfc = !p->lcp.no_pfc;
	ctl->acfc = !p->lcp.no_acfc;
	ctl->peer_pfc = p->lcp.peer_pfc;
	ctl->peer_acfc = p->lcp.peer_acfc;
	ctl->window = s->window;
	memcpy(ctl->dns, p->ipcp.dns, sizeof(ctl->dns));
	memcpy(ctl->nbns, p->ipcp.nbns, sizeof(ctl->nbns));
	ctl->nroutes = session_nets_get(s, ctl->route);
	if (s->user != NULL)
		(void)log_text(ctl->user, sizeof(ctl->user), s->user);
	if (s->ident != NULL)
		(void)strlcpy(ctl->ident, s->ident, sizeof(ctl->ident));
	ctl->c = s->c;
	ctl->c.ppp_malformed = p->malformed;
	ctl->c.ppp_rejected = p->rejected;
}

/* One piece of the listing, from an id on. */
void
session_show(const struct msg_show *m)
{
	struct msg_show_end	 end;
	struct ctl_session	 ctl;
	uint32_t		 id;

	memset(&end, 0, sizeof(end));
	end.client = m->client;
	for (id = m->call_id; id >= 1 && id <= MAX_CALL_ID; id++) {
		if (sessions[id] == NULL)
			continue;
		if (end.count == SESSIONS_AT_A_TIME) {
			end.next = id;
			break;
		}
		describe(sessions[id], &ctl);
		send_control(IMSG_SHOW_REPLY, m->client, &ctl, sizeof(ctl));
		end.count++;
	}
	send_control(IMSG_SHOW_REPLY_END, m->client, &end, sizeof(end));
}

void
session_show_one(const struct msg_show *m)
{
	struct msg_show_end	 end;
	struct ctl_session	 ctl;

	memset(&end, 0, sizeof(end));
	end.client = m->client;
	if (m->call_id >= 1 && m->call_id <= MAX_CALL_ID &&
	    sessions[m->call_id] != NULL) {
		describe(sessions[m->call_id], &ctl);
		send_control(IMSG_SHOW_REPLY, m->client, &ctl, sizeof(ctl));
		end.count = 1;
	}
	send_control(IMSG_SHOW_REPLY_END, m->client, &end, sizeof(end));
}

/* a += b, member by member: there is nothing but uint64_t in it. */
void
session_count(struct session_counters *a, const struct session_counters *b)
{
	uint64_t	*to = (uint64_t *)a;
	const uint64_t	*from = (const uint64_t *)b;
	size_t		 i;

	for (i = 0; i < sizeof(*a) / sizeof(*to); i++)
		to[i] += from[i];
}

void
session_show_stats(const struct msg_show *m)
{
	struct ctl_session_stats stats = session_stats;
	struct ctl_session	 ctl;
	uint32_t		 id;

	stats.gre_overflow = gre_overflow(gre_fd);
	stats.log_suppressed = event_log_suppressed();
	for (id = 1; id <= MAX_CALL_ID; id++)
		if (sessions[id] != NULL) {
			ctl.c = sessions[id]->c;
			ctl.c.ppp_malformed = sessions[id]->ppp.malformed;
			ctl.c.ppp_rejected = sessions[id]->ppp.rejected;
			session_count(&stats.c, &ctl.c);
		}
	send_control(IMSG_SHOW_REPLY_STATS, m->client, &stats, sizeof(stats));
}

static int
kill_match(const struct session *s, const struct ctl_kill *k)
{
	switch ((enum kill_what)k->what) {
	case KILL_CALL:
		return (s->call_id == k->call_id);
	case KILL_USER:
		return (s->user != NULL && strcmp(s->user, k->user) == 0);
	case KILL_ADDRESS:
		return (s->peer.s_addr == k->address.s_addr ||
		    (s->up && s->remote.s_addr == k->address.s_addr));
	case KILL_ALL:
		return (1);
	case KILL_MAX:
		break;
	}
	fatalx("control engine: kill what?");
}

void
session_kill(const struct msg_kill *m)
{
	struct msg_kill_reply	 reply;
	struct session		*s;
	uint64_t		 now = monotonic_ms();
	uint32_t		 id;

	memset(&reply, 0, sizeof(reply));
	reply.client = m->client;
	for (id = 1; id <= MAX_CALL_ID; id++) {
		if ((s = sessions[id]) == NULL || !kill_match(s, &m->kill))
			continue;
		reply.count++;
		ppp_close(&s->ppp, END_ADMIN, now);
		session_arm(s);
	}
	send_control(IMSG_KILL_REPLY, m->client, &reply, sizeof(reply));
}
