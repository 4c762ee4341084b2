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

#include "pptpd.h"
#include "fsm.h"
#include "ppp.h"

#ifndef nitems
#define nitems(a)	(sizeof(a) / sizeof((a)[0]))
#endif

static const char	*lookup(const char *const *, size_t, unsigned int);

static const char *const process_names[PROC_MAX] = {
	[PROC_PARENT] =		"parent",
	[PROC_CONTROL] =	"control engine",
	[PROC_AUTH] =		"auth engine",
	[PROC_SESSION] =	"session engine 1",
	[PROC_SESSION + 1] =	"session engine 2",
	[PROC_SESSION + 2] =	"session engine 3",
	[PROC_SESSION + 3] =	"session engine 4",
	[PROC_SESSION + 4] =	"session engine 5",
	[PROC_SESSION + 5] =	"session engine 6",
	[PROC_SESSION + 6] =	"session engine 7",
	[PROC_SESSION + 7] =	"session engine 8",
};

static const char *const end_names[END_MAX] = {
	[END_NONE] =		"none",
	[END_PEER_CLEAR] =	"peer-clear",
	[END_PEER_STOP] =	"peer-stop",
	[END_PEER_GONE] =	"peer-gone",
	[END_PEER_TERMINATE] =	"peer-terminate",
	[END_PROTOCOL_ERROR] =	"protocol-error",
	[END_ECHO_TIMEOUT] =	"echo-timeout",
	[END_NO_GRE] =		"no-gre",
	[END_LCP_FAILED] =	"lcp-failed",
	[END_AUTH_REFUSED] =	"auth-refused",
	[END_AUTH_FAILED] =	"auth-failed",
	[END_AUTH_TIMEOUT] =	"auth-timeout",
	[END_NO_MPPE] =		"no-mppe",
	[END_NO_ADDRESS] =	"no-address",
	[END_IPCP_FAILED] =	"ipcp-failed",
	[END_LOOPBACK] =	"loopback",
	[END_ROUTE] =		"route",
	[END_ADMIN] =		"admin",
	[END_SHUTDOWN] =	"shutdown",
	[END_RESOURCES] =	"resources",
	[END_BUSY] =		"busy",
	[END_SOURCE_BUSY] =	"source-busy",
	[END_PENALTY] =		"penalty",
	[END_DISABLED] =	"disabled",
	[END_EXPIRED] =		"expired",
	[END_FROM] =		"from",
	[END_USER_BUSY] =	"user-busy",
	[END_REPLACED] =	"replaced",
	[END_IDLE] =		"idle",
	[END_SESSION_TIME] =	"session-time",
	[END_REMOVED] =		"removed",
	[END_ENGINE] =		"engine",
};

static const char *const end_texts[END_MAX] = {
	[END_NONE] =		"has not ended",
	[END_PEER_CLEAR] =	"the client hung up",
	[END_PEER_STOP] =	"the client closed the control connection",
	[END_PEER_GONE] =	"the connection to TCP port 1723 broke",
	[END_PEER_TERMINATE] =	"the client closed the PPP link",
	[END_PROTOCOL_ERROR] =	"the client broke the rules of PPTP",
	[END_ECHO_TIMEOUT] =	"the client no longer answers",
	[END_NO_GRE] =		"no GRE came from the client: "
				"IP protocol 47 may be blocked on the way",
	[END_LCP_FAILED] =	"no agreement on the PPP link",
	[END_AUTH_REFUSED] =	"the client refuses every authentication "
				"method allowed here",
	[END_AUTH_FAILED] =	"wrong user name or password",
	[END_AUTH_TIMEOUT] =	"the client did not authenticate in time",
	[END_NO_MPPE] =		"encryption is required and the client "
				"did not agree to it",
	[END_NO_ADDRESS] =	"all addresses of the pool are in use",
	[END_IPCP_FAILED] =	"no agreement on IP addresses",
	[END_LOOPBACK] =	"our own packets came back",
	[END_ROUTE] =		"the kernel refused the route to the client",
	[END_ADMIN] =		"closed by the administrator",
	[END_SHUTDOWN] =	"pptpd was stopped",
	[END_RESOURCES] =	"out of memory",
	[END_BUSY] =		"all sessions are in use",
	[END_SOURCE_BUSY] =	"all sessions of the client's address are "
				"in use",
	[END_PENALTY] =		"too many failures, refused for a while",
	[END_DISABLED] =	"the user is disabled",
	[END_EXPIRED] =		"the user has expired",
	[END_FROM] =		"the user may not call from that address",
	[END_USER_BUSY] =	"all sessions of the user are in use",
	[END_REPLACED] =	"another login of the same user",
	[END_IDLE] =		"idle for too long",
	[END_SESSION_TIME] =	"the time for a session is over",
	[END_REMOVED] =		"a reload removed the user or the address",
	[END_ENGINE] =		"internal error, call again",
};

static const char *const penalty_names[PENALTY_MAX] = {
	[PENALTY_AUTHFAIL] =	"authfail",
	[PENALTY_NOAUTH] =	"noauth",
	[PENALTY_PROTOCOL] =	"protocol",
};

static const char *const call_state_names[] = {
	[CALL_OPENING] =	"opening",
	[CALL_ESTABLISHED] =	"established",
	[CALL_CLOSING] =	"closing",
};

static const char *const mppe_policy_names[] = {
	[MPPE_REQUIRE] =	"require",
	[MPPE_ALLOW] =		"allow",
	[MPPE_NEVER] =		"never",
};

static const char *const duplicate_names[] = {
	[DUPLICATE_ALLOW] =	"allow",
	[DUPLICATE_DENY] =	"deny",
	[DUPLICATE_REPLACE] =	"replace",
	[DUPLICATE_PROBE] =	"probe",
};

static const char *const ppp_phase_names[] = {
	[PPP_DEAD] =		"dead",
	[PPP_ESTABLISH] =	"establish",
	[PPP_AUTHENTICATE] =	"authenticate",
	[PPP_NETWORK] =		"network",
	[PPP_TERMINATE] =	"terminate",
};

/* As RFC 1661 section 4.2 writes them. */
static const char *const fsm_state_names[FSM_NSTATES] = {
	[FSM_INITIAL] =		"Initial",
	[FSM_STARTING] =	"Starting",
	[FSM_CLOSED] =		"Closed",
	[FSM_STOPPED] =		"Stopped",
	[FSM_CLOSING] =		"Closing",
	[FSM_STOPPING] =	"Stopping",
	[FSM_REQ_SENT] =	"Req-Sent",
	[FSM_ACK_RCVD] =	"Ack-Rcvd",
	[FSM_ACK_SENT] =	"Ack-Sent",
	[FSM_OPENED] =		"Opened",
};

static const char *
lookup(const char *const *names, size_t n, unsigned int i)
{
	if (i >= n || names[i] == NULL)
		return ("?");
	return (names[i]);
}

const char *
process_name(unsigned int proc)
{
	return (lookup(process_names, nitems(process_names), proc));
}

const char *
auth_name(unsigned int method)
{
	switch (method) {
	case 0:
		return ("-");
	case AUTH_PAP:
		return ("pap");
	case AUTH_CHAP_MD5:
		return ("chap-md5");
	case AUTH_MSCHAP:
		return ("mschap");
	case AUTH_MSCHAPV2:
		return ("mschapv2");
	default:
		return ("?");
	}
}

const char *
penalty_name(unsigned int reason)
{
	return (lookup(penalty_names, nitems(penalty_names), reason));
}

const char *
end_name(unsigned int cause)
{
	return (lookup(end_names, nitems(end_names), cause));
}

const char *
end_text(unsigned int cause)
{
	return (lookup(end_texts, nitems(end_texts), cause));
}

const char *
call_state_name(unsigned int state)
{
	return (lookup(call_state_names, nitems(call_state_names), state));
}

const char *
mppe_policy_name(unsigned int policy)
{
	return (lookup(mppe_policy_names, nitems(mppe_policy_names), policy));
}

const char *
duplicate_name(unsigned int policy)
{
	return (lookup(duplicate_names, nitems(duplicate_names), policy));
}

const char *
ppp_phase_name(unsigned int phase)
{
	return (lookup(ppp_phase_names, nitems(ppp_phase_names), phase));
}

const char *
fsm_state_name(unsigned int state)
{
	return (lookup(fsm_state_names, nitems(fsm_state_names), state));
}
