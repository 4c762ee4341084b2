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

/* Answers for programs.  The names are described in pptpctl(8). */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdio.h>

#include "pptpd.h"
#include "json.h"
#include "parser.h"
#include "pptpctl.h"

static void	 json_head(const struct parse_result *);
static void	 json_timeout(const char *, uint32_t);
static void	 json_session(const struct parse_result *,
		    const struct ctl_session *);
static void	 json_call(const struct ctl_call *);
static void	 json_control_stats(const struct ctl_control_stats *);
static void	 json_session_stats(const struct ctl_session_stats *);
static void	 json_tail(const struct parse_result *, uint32_t);
static void	 json_change(const char *);
static void	 json_event(const struct ctl_event *);
static void	 json_penalty(const struct ctl_penalty *);
static void	 json_fields(const struct field *, const void *);
static void	 json_text(const char *, const char *);
static void	 json_address(const char *, struct in_addr);
static void	 json_addresses(const char *, const struct in_addr[2]);
static void	 json_nets(const char *, const struct conf_net *, uint32_t);

const struct output json_output = {
	json_head,
	json_session,
	json_call,
	json_control_stats,
	json_session_stats,
	json_tail,
	json_change,
	json_event,
	json_penalty
};

static void
json_head(const struct parse_result *res)
{
	if (res->command == CMD_MONITOR) {
		json_one_line();
		return;
	}
	json_object(NULL);
	switch (res->command) {
	case CMD_SHOW_SESSIONS:
	case CMD_SHOW_SESSION:
		json_array("sessions");
		break;
	case CMD_SHOW_CALLS:
		json_array("calls");
		break;
	case CMD_SHOW_PENALTIES:
		json_array("penalties");
		break;
	case CMD_RELOAD:
		json_array("changes");
		break;
	case CMD_NONE:
	case CMD_MONITOR:
	case CMD_SHOW_STATS:
	case CMD_CLEAR_PENALTIES:
	case CMD_KILL_CALL:
	case CMD_KILL_USER:
	case CMD_KILL_ADDRESS:
	case CMD_KILL_ALL:
	case CMD_LOG_BRIEF:
	case CMD_LOG_VERBOSE:
		break;
	}
}

static void
json_timeout(const char *name, uint32_t s)
{
	if (s == 0)
		json_null(name);
	else
		json_number(name, s);
}

static void
json_session(const struct parse_result *res, const struct ctl_session *s)
{
	json_object(NULL);
	json_number("call_id", s->call_id);
	json_number("peer_call_id", s->peer_call_id);
	json_text("user", s->user);
	json_text("client", s->ident);
	json_address("address", s->remote);
	json_address("local_address", s->local);
	json_address("peer", s->peer);
	json_address("server", s->outer_local);
	json_string("phase", ppp_phase_name(s->phase));
	json_text("auth", s->auth == 0 ? "" : auth_name(s->auth));
	json_number("mppe_bits", s->mppe_bits);
	json_boolean("mppe_stateful", s->mppe_stateful);
	json_number("since", s->since);
	json_number("age", s->age);
	json_number("idle", s->idle);
	json_timeout("idle_timeout", s->idle_timeout);
	json_timeout("session_timeout", s->session_timeout);
	json_string("lcp", fsm_state_name(s->lcp_state));
	json_string("ccp", fsm_state_name(s->ccp_state));
	json_string("ipcp", fsm_state_name(s->ipcp_state));
	json_number("mru", s->mru);
	json_number("peer_mru", s->peer_mru);
	json_number("mtu", s->mtu);
	json_number("magic", s->magic);
	json_number("peer_magic", s->peer_magic);
	json_boolean("pfc", s->pfc);
	json_boolean("acfc", s->acfc);
	json_boolean("peer_pfc", s->peer_pfc);
	json_boolean("peer_acfc", s->peer_acfc);
	json_number("window", s->window);
	json_addresses("dns", s->dns);
	json_addresses("nbns", s->nbns);
	json_nets("routes", s->route, s->nroutes);
	json_object("counters");
	json_fields(counter_fields, &s->c);
	json_end();
	json_end();
}

static void
json_call(const struct ctl_call *c)
{
	json_object(NULL);
	json_number("call_id", c->call_id);
	json_number("peer_call_id", c->peer_call_id);
	json_string("state", call_state_name(c->state));
	json_number("connection", c->connection);
	json_number("serial", c->call_serial);
	json_number("window", c->window);
	json_number("max_bps", c->max_bps);
	json_number("since", c->since);
	json_address("peer", c->peer.sin_addr);
	json_number("peer_port", ntohs(c->peer.sin_port));
	json_address("server", c->local.sin_addr);
	json_number("server_port", ntohs(c->local.sin_port));
	json_text("host", c->host);
	json_text("vendor", c->vendor);
	json_end();
}

static void
json_control_stats(const struct ctl_control_stats *stats)
{
	json_object("control");
	json_number("since", stats->since);
	json_fields(control_fields, stats);
	json_end();
}

static void
json_session_stats(const struct ctl_session_stats *stats)
{
	unsigned int	 cause;

	json_object("session");
	json_fields(session_fields, stats);
	json_fields(time_fields, stats);
	json_object("counters");
	json_fields(counter_fields, &stats->c);
	json_end();
	json_object("ended");
	for (cause = END_NONE + 1; cause < END_MAX; cause++)
		json_number(end_name(cause), stats->ended[cause]);
	json_end();
	json_end();
}

static void
json_tail(const struct parse_result *res, uint32_t count)
{
	switch (res->command) {
	case CMD_SHOW_SESSIONS:
	case CMD_SHOW_SESSION:
	case CMD_SHOW_CALLS:
	case CMD_SHOW_PENALTIES:
		json_end();
		break;
	case CMD_CLEAR_PENALTIES:
		json_number("cleared", count);
		break;
	case CMD_KILL_CALL:
	case CMD_KILL_USER:
	case CMD_KILL_ADDRESS:
	case CMD_KILL_ALL:
		json_number("killed", count);
		break;
	case CMD_RELOAD:
		json_end();
		json_boolean("reloaded", 1);
		break;
	case CMD_LOG_BRIEF:
		json_string("log", "brief");
		break;
	case CMD_LOG_VERBOSE:
		json_string("log", "verbose");
		break;
	case CMD_NONE:
	case CMD_MONITOR:
	case CMD_SHOW_STATS:
		break;
	}
	json_end();
}

static void
json_change(const char *text)
{
	json_string(NULL, text);
}

static void
json_event(const struct ctl_event *ev)
{
	json_object(NULL);
	json_number("time", ev->time);
	json_string("event", event_kind_name(ev->kind));
	switch ((enum event_kind)ev->kind) {
	case EVENT_LOST:
		json_number("events", ev->lost);
		break;
	case EVENT_LOGIN:
	case EVENT_CHANGE:
	case EVENT_LOGOUT:
		json_number("call_id", ev->call_id);
		json_text("user", ev->user);
		json_address("peer", ev->peer);
		json_text("client", ev->client);
		json_text("auth", ev->method == 0 ? "" :
		    auth_name(ev->method));
		json_address("address", ev->remote);
		json_address("local_address", ev->local);
		json_number("mppe_bits", ev->mppe_bits);
		json_boolean("mppe_stateful", ev->mppe_stateful);
		if (ev->kind == EVENT_LOGIN)
			json_string("result", ev->cause == END_NONE ? "ok" :
			    "failed");
		json_text("cause", ev->cause == END_NONE ? "" :
		    end_name(ev->cause));
		json_text("reason", ev->cause == END_NONE ? "" :
		    event_reason(ev));
		json_number("duration", ev->duration);
		json_number("in_packets", ev->rx_packets);
		json_number("in_bytes", ev->rx_bytes);
		json_number("out_packets", ev->tx_packets);
		json_number("out_bytes", ev->tx_bytes);
		break;
	case EVENT_START:
	case EVENT_MAX:
		break;
	}
	json_end();
}

static void
json_penalty(const struct ctl_penalty *p)
{
	json_object(NULL);
	json_text("user", p->user);
	json_address("address", p->address);
	json_boolean("active", p->active);
	json_number("left", p->left);
	json_string("reason", penalty_name(p->reason));
	json_end();
}

static void
json_fields(const struct field *f, const void *base)
{
	for (; f->name != NULL; f++)
		json_number(f->name, field_value(f, base));
}

/* What is not known is null. */
static void
json_text(const char *name, const char *value)
{
	if (value[0] == '\0')
		json_null(name);
	else
		json_string(name, value);
}

static void
json_address(const char *name, struct in_addr addr)
{
	char	 buf[INET_ADDRSTRLEN];

	if (addr.s_addr == INADDR_ANY ||
	    inet_ntop(AF_INET, &addr, buf, sizeof(buf)) == NULL)
		json_null(name);
	else
		json_string(name, buf);
}

static void
json_addresses(const char *name, const struct in_addr addr[2])
{
	int	 i;

	json_array(name);
	for (i = 0; i < 2; i++)
		if (addr[i].s_addr != INADDR_ANY)
			json_address(NULL, addr[i]);
	json_end();
}

static void
json_nets(const char *name, const struct conf_net *net, uint32_t n)
{
	char		 addr[INET_ADDRSTRLEN], buf[INET_ADDRSTRLEN + 3];
	uint32_t	 i;

	json_array(name);
	for (i = 0; i < n; i++) {
		(void)snprintf(buf, sizeof(buf), "%s/%u",
		    inet_ntop(AF_INET, &net[i].addr, addr, sizeof(addr)),
		    net[i].prefixlen % 100);
		json_string(NULL, buf);
	}
	json_end();
}
