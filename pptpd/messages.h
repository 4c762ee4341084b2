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

/*
 * What the messages between processes carry, and those of pptpctl; enum
 * imsg_type in pptpd.h says which goes where.  Included by pptpd.h only.
 */

/*
 * A session engine, for who is to talk to it; comes back when it has said
 * something wrong.
 */
struct msg_session_engine {
	uint32_t	engine;		/* 0..ENGINES_MAX - 1 */
	uint32_t	start;		/* which of its starts this is */
};

/* A call, wherever nothing else needs to be said.  serial is never re-used. */
struct msg_call {
	uint32_t	call_id;
	uint32_t	serial;
};

struct msg_call_open {
	uint32_t	call_id;	/* ours, 1..65535 */
	uint32_t	serial;
	uint32_t	peer_call_id;
	uint32_t	window;		/* the peer's receive window, packets */
	struct in_addr	peer;		/* outer addresses */
	struct in_addr	local;
};

/* Why a session ended.  Stable: logs, pptpctl and accounting show it. */
enum end_cause {
	END_NONE,
	END_PEER_CLEAR,		/* Call-Clear-Request */
	END_PEER_STOP,		/* Stop-Control-Connection-Request */
	END_PEER_GONE,		/* TCP connection closed or reset */
	END_PEER_TERMINATE,	/* LCP Terminate-Request */
	END_PROTOCOL_ERROR,	/* control connection out of step */
	END_ECHO_TIMEOUT,	/* no answer to LCP or control echo */
	END_NO_GRE,		/* nothing ever came by GRE */
	END_LCP_FAILED,		/* no agreement on LCP */
	END_AUTH_REFUSED,	/* client wants no method that we allow */
	END_AUTH_FAILED,	/* wrong name or password */
	END_AUTH_TIMEOUT,
	END_NO_MPPE,		/* required, and not agreed on */
	END_NO_ADDRESS,		/* pool full */
	END_IPCP_FAILED,
	END_LOOPBACK,		/* own magic number came back */
	END_ROUTE,		/* the kernel would not take the route */
	END_ADMIN,		/* pptpctl kill */
	END_SHUTDOWN,		/* pptpd stops */
	END_RESOURCES,		/* out of memory */
	END_BUSY,		/* all sessions are in use */
	END_SOURCE_BUSY,	/* source_sessions */
	END_PENALTY,		/* of the user or the source address */
	END_DISABLED,		/* the user is */
	END_EXPIRED,
	END_FROM,		/* the user may not call from there */
	END_USER_BUSY,		/* the user's limit of sessions */
	END_REPLACED,		/* by another login of the same user */
	END_IDLE,		/* idle_timeout */
	END_SESSION_TIME,	/* session_timeout */
	END_REMOVED,		/* user or address, by a reload */
	END_ENGINE,		/* its session engine died */
	END_MAX
};

struct msg_call_close {
	uint32_t	call_id;
	uint32_t	serial;
	uint32_t	cause;		/* enum end_cause */
};

struct msg_call_closed {
	uint32_t	call_id;
	uint32_t	serial;
	uint32_t	cause;		/* enum end_cause */
	uint32_t	opened;		/* IMSG_CALL_READY was sent before */
	uint32_t	authenticated;	/* a verdict was good */
	uint32_t	pad;
	uint64_t	rx_bytes;
	uint64_t	tx_bytes;
};

struct msg_route {
	uint32_t	call_id;
	uint32_t	serial;
	struct in_addr	remote;
	struct in_addr	local;
	uint32_t	mtu;
	uint32_t	nroutes;
	struct conf_net	route[USER_ROUTES_MAX];	/* behind the client */
};

struct msg_route_result {
	uint32_t	call_id;
	uint32_t	serial;
	int32_t		error;		/* errno, or 0 */
	struct in_addr	remote;		/* as it was asked for */
};

/* Where packets to a client go, with link-output. */
struct msg_hop {
	uint32_t	call_id;
	uint32_t	serial;
	struct in_addr	peer;		/* outer addresses */
	struct in_addr	local;
};

struct msg_hop_result {
	uint32_t	call_id;
	uint32_t	serial;
	struct hop	hop;		/* ifindex 0: none that we know */
};

struct msg_auth_start {
	uint32_t	call_id;
	uint32_t	serial;
	uint32_t	attempt;	/* of this call, comes back */
	uint32_t	method;		/* one AUTH_* */
};

struct msg_auth_challenge {
	uint32_t	call_id;
	uint32_t	serial;
	uint32_t	attempt;	/* that it is for */
	uint32_t	method;
	uint32_t	len;
	uint8_t		value[CHAP_VALUE_MAX];
};

struct msg_auth_response {
	uint32_t	call_id;
	uint32_t	serial;
	uint32_t	attempt;	/* of this call, comes back */
	uint32_t	method;
	uint32_t	chap_id;
	uint32_t	value_len;	/* CHAP Value; PAP password */
	uint8_t		value[PASSWORD_LEN];
	struct in_addr	peer;		/* outer address */
	char		user[USER_LEN];
};

struct msg_auth_verdict {
	uint32_t	call_id;
	uint32_t	serial;
	uint32_t	attempt;	/* that it is about */
	uint32_t	ok;
	uint32_t	cause;		/* enum end_cause when not ok */
	char		text[64];	/* Success or Failure message */
	uint8_t		send_key[16];	/* MPPE, from MS-CHAP only */
	uint8_t		recv_key[16];
	uint32_t	has_keys;
	struct in_addr	remote;		/* assigned address */
	struct in_addr	local;		/* our end of the link */
	uint32_t	nroutes;
	struct conf_net	route[USER_ROUTES_MAX];	/* behind the client */
	uint32_t	idle_timeout;	/* as in struct conf_user */
	uint32_t	session_timeout;
	struct in_addr	dns[2];		/* 0.0.0.0: as for everybody */
};

/* The session ends. */
struct msg_auth_end {
	uint32_t	call_id;
	uint32_t	serial;
	uint32_t	probe;		/* only if its client does not answer */
	uint32_t	cause;		/* enum end_cause */
};

struct msg_address {
	uint32_t	call_id;
	uint32_t	serial;
	struct in_addr	remote;		/* wanted, or assigned */
	struct in_addr	local;
};

/* One step of a listing: the receiver sends records, then the end. */
struct msg_show {
	uint32_t	client;		/* which pptpctl */
	uint32_t	call_id;	/* show this one, or those from here on */
};

struct msg_show_end {
	uint32_t	client;
	uint32_t	next;		/* go on from this id, 0: no more */
	uint32_t	count;		/* records sent */
};

enum kill_what {
	KILL_CALL,
	KILL_USER,
	KILL_ADDRESS,
	KILL_ALL,
	KILL_MAX
};

/* From pptpctl; also relayed to the session engine inside msg_kill. */
struct ctl_kill {
	uint32_t	what;		/* enum kill_what */
	uint32_t	call_id;
	struct in_addr	address;	/* inner or outer */
	char		user[USER_LEN];
};

struct msg_kill {
	uint32_t	client;
	struct ctl_kill	kill;
};

struct msg_kill_reply {
	uint32_t	client;
	uint32_t	count;
};

struct msg_reload_result {
	uint32_t	client;
	uint32_t	ok;
	char		text[256];
};

/* What a reload changed, in words, before its result. */
struct msg_reload_text {
	uint32_t	client;
	char		text[256];
};

/* What a session may have had from a configuration that is no more. */
#define KEEPS_LOGIN		0x01	/* its user is not there any more */
#define KEEPS_ADDRESS		0x02
#define KEEPS_DNS		0x04
#define KEEPS_IDLE_TIMEOUT	0x08
#define KEEPS_SESSION_TIMEOUT	0x10
#define KEEPS_ROUTES		0x20
#define KEEPS_SETTINGS		0x40	/* others, that are for everybody */

/* The new configuration is there; if by a reload the parent wants answers. */
struct msg_reload {
	uint32_t	answer;		/* bool */
	uint32_t	client;		/* which pptpctl, or 0 */
	uint32_t	everybody;	/* KEEPS_* that changed for all */
	uint32_t	pad;
	uint64_t	settings;	/* of KEEPS_SETTINGS, the parent's */
};

#define RELOAD_SESSIONS_MAX	20	/* told one by one */

/* A session that keeps something, or ends for it. */
struct msg_reload_session {
	struct msg_reload reload;
	uint32_t	call_id;
	uint32_t	keeps;		/* KEEPS_* */
	uint32_t	ends;		/* bool */
	char		user[USER_LEN];
};

struct msg_reload_end {
	struct msg_reload reload;
	uint32_t	more;		/* sessions that were not told */
};

struct ctl_fail {
	char		text[256];
};

struct ctl_text {
	char		text[256];
};

#define EVENT_USER_LEN	512	/* a user's name that fits into a log line */

enum event_kind {
	EVENT_START,		/* to a monitor: events follow from here on */
	EVENT_LOST,		/* to a monitor: this many, it was too slow */
	EVENT_LOGIN,		/* an attempt, good or not */
	EVENT_CHANGE,		/* a session that was down is up again */
	EVENT_LOGOUT,		/* the end of a session that was up */
	EVENT_MAX
};

/* What the log says, and pptpctl monitor: event.c. */
struct ctl_event {
	uint32_t	kind;		/* enum event_kind */
	uint32_t	call_id;	/* 0: there was none */
	uint32_t	cause;		/* enum end_cause, END_NONE: good */
	uint32_t	method;		/* AUTH_* */
	uint32_t	mppe_bits;	/* 0: off */
	uint32_t	mppe_stateful;
	struct in_addr	peer;		/* outer */
	struct in_addr	remote, local;	/* inner */
	uint32_t	lost;		/* EVENT_LOST */
	uint64_t	time;		/* time(3) */
	uint64_t	duration;	/* s, of the session */
	uint64_t	rx_packets, rx_bytes;	/* from the client */
	uint64_t	tx_packets, tx_bytes;	/* to the client */
	char		user[EVENT_USER_LEN];	/* vis'ed */
	char		client[IDENT_LEN];	/* vis'ed */
};

enum penalty_reason {
	PENALTY_AUTHFAIL,
	PENALTY_NOAUTH,
	PENALTY_PROTOCOL,
	PENALTY_MAX
};

/* Of a source address, or of a user if there is a name. */
struct ctl_penalty {
	struct in_addr	address;
	uint32_t	active;		/* it is in force; else it adds up */
	uint32_t	reason;		/* enum penalty_reason, the last */
	uint32_t	left;		/* s */
	char		user[USER_TEXT_LEN];	/* vis'ed */
};

/* Which to clear: all if the name is empty. */
struct ctl_penalty_name {
	struct in_addr	address;	/* if the name is one's text */
	char		name[USER_LEN];
};

/* Users' penalties: to show after a name, or to clear. */
struct msg_penalties {
	uint32_t	client;
	char		user[USER_LEN];	/* "": from the first, or all */
};

struct msg_penalty {
	uint32_t	client;
	struct ctl_penalty penalty;
};

struct msg_penalties_end {
	uint32_t	client;
	uint32_t	count;		/* shown or cleared */
	char		next[USER_LEN];	/* go on after this one, "": end */
};

/* A session's counters; all octets are of IP packets inside the tunnel. */
struct session_counters {
	uint64_t	rx_packets, rx_bytes;	/* from the client */
	uint64_t	tx_packets, tx_bytes;	/* to the client */
	uint64_t	gre_lost;	/* never came */
	uint64_t	gre_reordered;	/* came late, put in order */
	uint64_t	gre_duplicate;
	uint64_t	gre_late;	/* came too late, dropped */
	uint64_t	gre_far;	/* beyond the window, dropped */
	uint64_t	gre_send_error;	/* ENOBUFS, EMSGSIZE, ... */
	uint64_t	gre_acks_in, gre_acks_out;	/* without payload */
	uint64_t	mppe_dropped;	/* malformed or out of step */
	uint64_t	mppe_clear;	/* IP in clear though encrypted */
	uint64_t	ccp_resets_in, ccp_resets_out;
	uint64_t	ingress;	/* foreign inner source address */
	uint64_t	too_big;	/* larger than the client's MRU */
	uint64_t	tun_dropped;	/* the tun device would not take it */
	uint64_t	ppp_malformed;
	uint64_t	ppp_rejected;	/* Protocol-Rejects sent */
};

struct ctl_session {
	uint32_t	call_id;
	uint32_t	peer_call_id;
	struct in_addr	peer, outer_local;	/* outer */
	struct in_addr	remote, local;		/* inner */
	uint32_t	phase;		/* enum ppp_phase */
	uint32_t	auth;		/* AUTH_* in use */
	uint32_t	mppe_bits;	/* 0: off */
	uint32_t	mppe_stateful;
	uint64_t	since;		/* time(3) of the call */
	uint64_t	age;		/* s since then */
	uint64_t	idle;		/* s without user data */
	uint32_t	idle_timeout, session_timeout;	/* s, 0: none */
	uint32_t	lcp_state, ccp_state, ipcp_state;  /* enum fsm_state */
	uint32_t	mru, peer_mru, mtu;
	uint32_t	magic, peer_magic;
	uint32_t	pfc, acfc, peer_pfc, peer_acfc;
	uint32_t	window;		/* the peer's */
	struct in_addr	dns[2], nbns[2];	/* as the client took them */
	uint32_t	nroutes;
	struct conf_net	route[USER_ROUTES_MAX];	/* behind the client */
	char		user[USER_TEXT_LEN];	/* vis'ed */
	char		ident[IDENT_LEN];	/* vis'ed */
	struct session_counters c;
};

enum call_state {
	CALL_OPENING,		/* session engine asked */
	CALL_ESTABLISHED,	/* OCRP sent */
	CALL_CLOSING		/* session engine told to close */
};

struct ctl_call {
	uint32_t	call_id, peer_call_id;
	uint32_t	state;		/* enum call_state */
	uint32_t	call_serial;	/* Call Serial Number of the OCRQ */
	struct sockaddr_in peer, local;
	uint64_t	since;		/* time(3) */
	uint32_t	window;
	uint32_t	max_bps;
	uint32_t	connection;	/* number of the control connection */
	char		host[PPTP_TEXT_LEN];	/* from the SCCRQ, vis'ed */
	char		vendor[PPTP_TEXT_LEN];
};

struct ctl_control_stats {
	uint64_t	since;		/* time(3) of the start */
	uint64_t	conn_accepted, conn_current;
	uint64_t	conn_unauth;	/* current ones not authenticated */
	uint64_t	conn_refused;	/* over a limit */
	uint64_t	conn_dropped;	/* to make room for another */
	/* how often a limit was reached */
	uint64_t	over_startups, over_source, over_net, over_descriptors;
	uint64_t	conn_timeout, conn_protocol_error;
	uint64_t	accept_paused;	/* out of descriptors */
	uint64_t	call_requests, call_current;
	uint64_t	call_busy;	/* refused: all sessions in use */
	uint64_t	call_limited;	/* refused: source_sessions, or
					   connection_calls */
	uint64_t	penalties;	/* of addresses that came into force */
	uint64_t	conn_penalised;	/* closed at once for one */
	uint64_t	call_penalised;	/* refused for one */
	uint64_t	echo_in, echo_out, echo_lost;
	uint64_t	log_suppressed;	/* lines */
};

struct ctl_session_stats {
	uint64_t	sessions_current, sessions_up, sessions_total;
	uint64_t	auth_ok, auth_failed;
	uint64_t	mppe_refused;
	uint64_t	gre_packets;	/* all that came */
	uint64_t	gre_malformed, gre_no_call, gre_bad_source;
	uint64_t	gre_overflow;	/* no room in the socket */
	uint64_t	tun_packets, tun_no_session;
	uint64_t	link_packets;	/* sent round the kernel's IP */
	/* With -t: ns, from clients, and to clients. */
	uint64_t	ns_in_receive, ns_in_crypto, ns_in_tun, ns_in_send;
	uint64_t	ns_out_tun, ns_out_crypto, ns_out_send;
	uint64_t	log_suppressed;	/* lines */
	uint64_t	ended[END_MAX];	/* by cause */
	struct session_counters c;	/* of all sessions, ended ones too */
};
