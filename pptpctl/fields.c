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
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pptpd.h"
#include "parser.h"
#include "pptpctl.h"

#define COUNTER(m)	offsetof(struct session_counters, m)
#define CONTROL(m)	offsetof(struct ctl_control_stats, m)
#define SESSION(m)	offsetof(struct ctl_session_stats, m)

const struct field counter_fields[] = {
	{ "in_packets",		"packets in",		COUNTER(rx_packets) },
	{ "in_bytes",		"bytes in",		COUNTER(rx_bytes) },
	{ "out_packets",	"packets out",		COUNTER(tx_packets) },
	{ "out_bytes",		"bytes out",		COUNTER(tx_bytes) },
	{ "gre_lost",		"GRE lost",		COUNTER(gre_lost) },
	{ "gre_reordered",	"GRE put in order",
	    COUNTER(gre_reordered) },
	{ "gre_duplicate",	"GRE duplicate",
	    COUNTER(gre_duplicate) },
	{ "gre_late",		"GRE too late",		COUNTER(gre_late) },
	{ "gre_far",		"GRE beyond window",	COUNTER(gre_far) },
	{ "gre_send_error",	"GRE send errors",
	    COUNTER(gre_send_error) },
	{ "gre_acks_in",	"GRE bare acks in",	COUNTER(gre_acks_in) },
	{ "gre_acks_out",	"GRE bare acks out",	COUNTER(gre_acks_out) },
	{ "mppe_dropped",	"MPPE dropped",		COUNTER(mppe_dropped) },
	{ "mppe_clear",		"MPPE missing",		COUNTER(mppe_clear) },
	{ "ccp_resets_in",	"CCP resets in",
	    COUNTER(ccp_resets_in) },
	{ "ccp_resets_out",	"CCP resets out",
	    COUNTER(ccp_resets_out) },
	{ "ingress",		"foreign source",	COUNTER(ingress) },
	{ "too_big",		"too big for client",	COUNTER(too_big) },
	{ "tun_dropped",	"tun dropped",		COUNTER(tun_dropped) },
	{ "ppp_malformed",	"PPP malformed",
	    COUNTER(ppp_malformed) },
	{ "ppp_rejected",	"PPP rejected",		COUNTER(ppp_rejected) },
	{ NULL,			NULL,			0 }
};

const struct field control_fields[] = {
	{ "connections",	"connections",		CONTROL(conn_current) },
	{ "connections_accepted", "connections accepted",
	    CONTROL(conn_accepted) },
	{ "connections_unauthenticated", "not authenticated",
	    CONTROL(conn_unauth) },
	{ "connections_refused", "connections refused",
	    CONTROL(conn_refused) },
	{ "connections_dropped", "connections dropped",
	    CONTROL(conn_dropped) },
	{ "over_max_startups",	"over max-startups",
	    CONTROL(over_startups) },
	{ "over_source_startups", "over source-startups",
	    CONTROL(over_source) },
	{ "over_net_startups",	"over net-startups",	CONTROL(over_net) },
	{ "over_descriptors",	"over open files",
	    CONTROL(over_descriptors) },
	{ "connections_timeout", "connections timed out",
	    CONTROL(conn_timeout) },
	{ "connections_protocol_error", "protocol errors",
	    CONTROL(conn_protocol_error) },
	{ "accept_paused",	"accept paused",
	    CONTROL(accept_paused) },
	{ "calls",		"calls",		CONTROL(call_current) },
	{ "call_requests",	"call requests",
	    CONTROL(call_requests) },
	{ "calls_busy",		"calls refused, busy",	CONTROL(call_busy) },
	{ "calls_limited",	"calls refused, limit",
	    CONTROL(call_limited) },
	{ "penalties",		"penalties imposed",	CONTROL(penalties) },
	{ "connections_penalised", "connections penalised",
	    CONTROL(conn_penalised) },
	{ "calls_penalised",	"calls penalised",
	    CONTROL(call_penalised) },
	{ "echo_in",		"control echoes in",	CONTROL(echo_in) },
	{ "echo_out",		"control echoes out",	CONTROL(echo_out) },
	{ "echo_lost",		"control echoes lost",	CONTROL(echo_lost) },
	{ "log_suppressed",	"control log suppressed",
	    CONTROL(log_suppressed) },
	{ NULL,			NULL,			0 }
};

const struct field session_fields[] = {
	{ "sessions",		"sessions",
	    SESSION(sessions_current) },
	{ "sessions_up",	"sessions up",		SESSION(sessions_up) },
	{ "sessions_total",	"sessions ever",
	    SESSION(sessions_total) },
	{ "auth_ok",		"authentications good",	SESSION(auth_ok) },
	{ "auth_failed",	"authentications failed",
	    SESSION(auth_failed) },
	{ "mppe_refused",	"MPPE refused",		SESSION(mppe_refused) },
	{ "gre_packets",	"GRE packets",		SESSION(gre_packets) },
	{ "gre_malformed",	"GRE malformed",
	    SESSION(gre_malformed) },
	{ "gre_no_call",	"GRE of no call",	SESSION(gre_no_call) },
	{ "gre_bad_source",	"GRE of wrong source",
	    SESSION(gre_bad_source) },
	{ "gre_overflow",	"GRE overflow",		SESSION(gre_overflow) },
	{ "tun_packets",	"tun packets",		SESSION(tun_packets) },
	{ "tun_no_session",	"tun without session",
	    SESSION(tun_no_session) },
	{ "link_packets",	"packets by link-output",
	    SESSION(link_packets) },
	{ "log_suppressed",	"session log suppressed",
	    SESSION(log_suppressed) },
	{ NULL,			NULL,			0 }
};

/* Of a pptpd that runs with -t. */
const struct field time_fields[] = {
	{ "in_receive_ns",	"ns in, receive",
	    SESSION(ns_in_receive) },
	{ "in_crypto_ns",	"ns in, crypto",	SESSION(ns_in_crypto) },
	{ "in_tun_ns",		"ns in, tun",		SESSION(ns_in_tun) },
	{ "in_send_ns",		"ns in, acks",		SESSION(ns_in_send) },
	{ "out_tun_ns",		"ns out, tun",		SESSION(ns_out_tun) },
	{ "out_crypto_ns",	"ns out, crypto",
	    SESSION(ns_out_crypto) },
	{ "out_send_ns",	"ns out, send",		SESSION(ns_out_send) },
	{ NULL,			NULL,			0 }
};

uint64_t
field_value(const struct field *f, const void *base)
{
	uint64_t	 value;

	memcpy(&value, (const char *)base + f->offset, sizeof(value));
	return (value);
}
