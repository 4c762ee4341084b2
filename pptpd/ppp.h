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
 * PPP (RFC 1661) as a server speaks it over PPTP: the link, LCP, the
 * authentication protocols, CCP and IPCP.  No sockets, no logging, no globals;
 * time is handed in, milliseconds of the monotonic clock.  What the link needs
 * from the outside it asks of the ppp_host_*() functions at the end, which the
 * program that links this must supply.
 */

/* PPP protocol numbers */
#define PPP_IP			0x0021
#define PPP_COMP		0x00fd	/* MPPE */
#define PPP_IPCP		0x8021
#define PPP_CCP			0x80fd
#define PPP_LCP			0xc021
#define PPP_PAP			0xc023
#define PPP_CHAP		0xc223

/* Control protocol codes (RFC 1661 section 5, RFC 1962, RFC 1570) */
#define CP_CONF_REQ		1
#define CP_CONF_ACK		2
#define CP_CONF_NAK		3
#define CP_CONF_REJ		4
#define CP_TERM_REQ		5
#define CP_TERM_ACK		6
#define CP_CODE_REJ		7
#define LCP_PROTO_REJ		8
#define LCP_ECHO_REQ		9
#define LCP_ECHO_REP		10
#define LCP_DISCARD_REQ		11
#define LCP_IDENTIFICATION	12
#define LCP_TIME_REMAINING	13
#define CCP_RESET_REQ		14
#define CCP_RESET_ACK		15

#define PPP_DEFAULT_MRU		1500
#define PPP_MIN_MRU		128
#define PPP_HEADER_MAX		4	/* FF 03 and two octets of protocol */
#define CP_HEADER_LEN		4	/* code, id, length */
#define CP_REQUEST_MAX		64	/* options of our Configure-Request */

enum ppp_phase {
	PPP_DEAD,
	PPP_ESTABLISH,
	PPP_AUTHENTICATE,
	PPP_NETWORK,
	PPP_TERMINATE
};

/* One control protocol: RFC 1661 sections 4 and 5. */
struct cp {
	enum fsm_state	state;
	uint16_t	proto;
	uint8_t		id;		/* of our last request */
	uint8_t		naks;		/* Naks sent since the last Ack */
	uint8_t		reqlen;
	uint8_t		req[CP_REQUEST_MAX];	/* options last asked for */
	uint32_t	restart;	/* restart counter */
	uint64_t	deadline;	/* restart timer, 0: stopped */
};

struct lcp {
	struct cp	cp;
	uint32_t	magic;		/* ours */
	uint32_t	peer_magic;	/* 0: not negotiated */
	uint16_t	mru;		/* ours: what we can receive */
	uint16_t	peer_mru;	/* what the peer can */
	uint8_t		auth;		/* AUTH_* we ask for */
	uint8_t		auth_left;	/* AUTH_* not refused yet */
	uint8_t		pfc, acfc;	/* peer may compress */
	uint8_t		peer_pfc, peer_acfc;	/* we may compress */
	uint8_t		no_mru, no_magic, no_pfc, no_acfc;  /* peer Rejected */
	uint8_t		loops;		/* our magic number came back */
	uint8_t		echo_id;
	uint8_t		echo_lost;	/* Echo-Requests unanswered */
};

struct ccp {
	struct cp	cp;
	struct mppe_mode rx;		/* we ask for this; bits 0: none */
	struct mppe_mode tx;		/* the peer asked for this */
	uint8_t		rejected;	/* modes of our list tried in vain */
	uint8_t		followed;	/* tried the mode that the peer wants */
	uint8_t		reset_id;
};

struct ipcp {
	struct cp	cp;
	struct in_addr	local;		/* ours */
	struct in_addr	remote;		/* assigned to the client */
	struct in_addr	wanted;		/* what the auth engine was asked */
	struct in_addr	offer_dns[2];	/* for the client, 0.0.0.0: none */
	struct in_addr	dns[2];		/* as acknowledged to the client */
	struct in_addr	nbns[2];
	uint8_t		no_address;	/* peer Rejected our address */
	uint8_t		asked;		/* client's wish was put forward */
	uint8_t		held_id;	/* Configure-Request put aside */
	uint8_t		heldlen;	/* its options, 0: none held */
	uint8_t		held[CP_REQUEST_MAX];
};

enum auth_waiting {
	AUTH_IDLE,
	AUTH_WAIT_CHALLENGE,	/* for the auth engine */
	AUTH_WAIT_RESPONSE,	/* for the client */
	AUTH_WAIT_VERDICT	/* for the auth engine */
};

/* Server side of PAP and CHAP. */
struct auth {
	uint32_t	method;		/* AUTH_* */
	uint8_t		id;		/* of the last Challenge */
	uint8_t		waiting;	/* enum auth_waiting */
	uint8_t		done;		/* verdict was good */
	uint8_t		tries;		/* Challenges sent */
	uint8_t		reply_code;	/* last Success/Failure, 0: none */
	uint8_t		reply_id;
	char		reply[64];	/* its text, sent again on request */
	uint64_t	deadline;	/* next Challenge */
};

struct ppp {
	void		*owner;		/* the host's, not touched here */
	const struct conf_ppp *conf;	/* not owned, never NULL */
	enum ppp_phase	 phase;
	enum end_cause	 cause;		/* why it ends */
	struct lcp	 lcp;
	struct auth	 auth;
	struct ccp	 ccp;
	struct ipcp	 ipcp;
	struct in_addr	 dns[2];	/* the host's, until the verdict */
	uint64_t	 setup_deadline;	/* to be up, 0 once it is */
	uint64_t	 start_deadline;	/* we begin, if nobody does */
	uint64_t	 echo_deadline;
	uint64_t	 last_rx;	/* anything came; the host sets it */
	struct mppe_mode mppe_rx, mppe_tx;	/* what MPPE runs with */
	uint8_t		 mppe;		/* MPPE is on and stays on */
	uint8_t		 heard;		/* something came from the peer */
	uint8_t		 windows;	/* by its Identification */
	uint8_t		 has_keys;	/* authentication gave MPPE keys */
	uint8_t		 up;		/* IP may flow */
	uint8_t		 finished;	/* ppp_host_finished() was called */
	uint8_t		 reject_id;
	uint8_t		 nrejects;	/* negative replies this second */
	uint16_t	 setup_packets;	/* control packets since it was up */
	uint64_t	 reject_second;
	uint32_t	 malformed;
	uint32_t	 rejected;	/* Protocol-Rejects sent */
};

/* ppp.c: the link */
void	 ppp_init(struct ppp *, const struct conf_ppp *, void *);
/* The call is up: begin with LCP.  now must not be 0, here and elsewhere. */
void	 ppp_open(struct ppp *, uint64_t now);
/*
 * A control packet: everything but IP and MPPE, from its protocol number on
 * (already read, proto), len octets of information.
 */
void	 ppp_input(struct ppp *, uint16_t proto, const uint8_t *, size_t,
	    uint64_t now);
/* Run expired timers; returns when to be called next, 0: never. */
uint64_t ppp_timer(struct ppp *, uint64_t now);
uint64_t ppp_deadline(const struct ppp *);
/*
 * End the link: say so to the peer by LCP, wait for its answer, then
 * ppp_host_finished().  ppp_abort() does not wait.
 */
void	 ppp_close(struct ppp *, enum end_cause, uint64_t now);
void	 ppp_abort(struct ppp *, enum end_cause);
/* Ask the peer for a sign of life; -1: LCP is not open, it cannot be asked. */
int	 ppp_probe(struct ppp *);
/*
 * Read the PPP header of a packet: address and control, if there, and the
 * protocol of one or two octets (RFC 1661 sections 2, 6.5, 6.6).  Returns the
 * header's length, -1 if there is none.
 */
int	 ppp_header(const uint8_t *, size_t, uint16_t *);
/* Largest IP packet that may be sent to the client. */
uint16_t ppp_mtu(const struct ppp *);

/* Where the layers meet: cp.c calls these for the automaton's actions. */
void	 ppp_layer_up(struct ppp *, struct cp *, uint64_t now);
void	 ppp_layer_down(struct ppp *, struct cp *, uint64_t now);
void	 ppp_layer_finished(struct ppp *, struct cp *, uint64_t now);
void	 ppp_protocol_rejected(struct ppp *, uint16_t proto, uint64_t now);
/* 1 if one more negative reply may be sent this second. */
int	 ppp_may_reject(struct ppp *, uint64_t now);
/* Authentication is done, well or not. */
void	 ppp_authenticated(struct ppp *, uint64_t now);

/* Answers to ppp_host_*() questions. */
void	 ppp_challenge(struct ppp *, const uint8_t *, size_t, uint64_t now);
void	 ppp_verdict(struct ppp *, int ok, enum end_cause, const char *text,
	    int has_keys, struct in_addr remote, struct in_addr local,
	    uint64_t now);
void	 ppp_address(struct ppp *, struct in_addr remote, uint64_t now);

/* cp.c: RFC 1661 sections 4 and 5, for LCP, CCP and IPCP alike */
enum cp_verdict {
	CP_ACK,
	CP_NAK,
	CP_REJ,
	CP_HOLD,		/* no answer yet */
	CP_BAD			/* malformed, discard */
};

/*
 * What a Configure-Request is answered with.  Options to be Nak'ed are kept
 * as they came, too, for when Max-Failure turns the Nak into a Reject.
 */
struct cp_reply {
	size_t		naklen, rejlen;
	uint8_t		reject;		/* Max-Failure: Reject, not Nak */
	uint32_t	seen[8];	/* option types that came already */
	uint8_t		nak[CP_REQUEST_MAX];
	uint8_t		rej[PPP_DEFAULT_MRU - CP_HEADER_LEN];
};

void	 cp_init(struct cp *, uint16_t);
void	 cp_event(struct ppp *, struct cp *, enum fsm_event, uint64_t now);
void	 cp_input(struct ppp *, struct cp *, const uint8_t *, size_t,
	    uint64_t now);
void	 cp_request_again(struct ppp *, struct cp *, uint8_t id,
	    const uint8_t *, size_t, uint64_t now);
void	 cp_send(struct ppp *, struct cp *, uint8_t code, uint8_t id,
	    const uint8_t *, size_t);
/* Reply with a Nak carrying value, or a Reject of the option as it came. */
void	 cp_nak(struct cp_reply *, const uint8_t *opt, uint8_t type,
	    const void *value, size_t);
void	 cp_reject(struct cp_reply *, const uint8_t *opt);
/* 1 if a further option of this type came before in the same packet. */
int	 cp_seen(struct cp_reply *, uint8_t type);
/* Are these octets a well-formed list of options? */
int	 cp_options_ok(const uint8_t *, size_t);

/* lcp.c, ccp.c, ipcp.c: the options of each */
void	 lcp_init(struct lcp *, const struct conf_ppp *, uint32_t magic);
size_t	 lcp_request(struct lcp *, uint8_t *);
void	 lcp_check(struct lcp *, const uint8_t *, size_t, struct cp_reply *);
void	 lcp_accept(struct lcp *, const uint8_t *, size_t);
enum end_cause lcp_nak(struct lcp *, const uint8_t *, size_t);
enum end_cause lcp_rej(struct lcp *, const uint8_t *, size_t);

void	 ccp_init(struct ccp *, const struct conf_ppp *);
size_t	 ccp_request(struct ccp *, uint8_t *);
void	 ccp_check(struct ccp *, const struct conf_ppp *, const uint8_t *,
	    size_t, struct cp_reply *);
void	 ccp_accept(struct ccp *, const uint8_t *, size_t);
void	 ccp_follow(struct ccp *, const struct conf_ppp *, const uint8_t *,
	    size_t);
void	 ccp_nak(struct ccp *, const struct conf_ppp *, const uint8_t *,
	    size_t);
void	 ccp_rej(struct ccp *, const struct conf_ppp *, const uint8_t *,
	    size_t);

void	 ipcp_init(struct ipcp *, struct in_addr local, struct in_addr remote,
	    const struct in_addr dns[2]);
size_t	 ipcp_request(struct ipcp *, uint8_t *);
int	 ipcp_check(struct ipcp *, const struct conf_ppp *, const uint8_t *,
	    size_t, struct cp_reply *);
void	 ipcp_accept(struct ipcp *, const uint8_t *, size_t);
void	 ipcp_rej(struct ipcp *, const uint8_t *, size_t);

/* auth.c: the authentication phase; chap.c and pap.c: the packets */
void	 auth_start(struct ppp *, uint64_t now);
void	 auth_timer(struct ppp *, uint64_t now);
void	 auth_input(struct ppp *, uint16_t proto, const uint8_t *, size_t);

#define CHAP_CHALLENGE		1
#define CHAP_RESPONSE		2
#define CHAP_SUCCESS		3
#define CHAP_FAILURE		4
#define PAP_REQUEST		1
#define PAP_ACK			2
#define PAP_NAK			3

struct chap_response {
	uint8_t		id;
	uint8_t		value_len;
	uint8_t		value[CHAP_VALUE_MAX];
	char		name[USER_LEN];
};

struct pap_request {
	uint8_t		id;
	char		name[USER_LEN];
	char		password[PASSWORD_LEN];
};

/*
 * Build into buf of size octets; return the length, 0 if it does not fit.
 * chap_message() is Success and Failure, pap_reply() Ack and Nak.
 */
size_t	 chap_challenge(uint8_t *, size_t, uint8_t id, const uint8_t *, size_t,
	    const char *name);
size_t	 chap_message(uint8_t *, size_t, uint8_t code, uint8_t id,
	    const char *text);
size_t	 pap_reply(uint8_t *, size_t, uint8_t code, uint8_t id,
	    const char *text);
/*
 * Parse a CHAP Response or a PAP Authenticate-Request.  0, or -1 if it is
 * something else, malformed, or has a NUL in its name or password.
 */
int	 chap_response(const uint8_t *, size_t, struct chap_response *);
int	 pap_request(const uint8_t *, size_t, struct pap_request *);

/*
 * What the host of a link supplies.  Packets to be sent start at the PPP
 * information field; the pointer is valid for the call only.
 */
void	 ppp_host_send(struct ppp *, uint16_t proto, const uint8_t *, size_t);
uint32_t ppp_host_random(void);
/* Ask for a challenge; the answer is ppp_challenge(). */
void	 ppp_host_challenge(struct ppp *, uint32_t method);
/* Ask for a verdict: value is the CHAP Value or the PAP password. */
void	 ppp_host_verify(struct ppp *, uint32_t method, uint8_t id,
	    const uint8_t *value, size_t, const char *name);
/* The client would like this address; the answer is ppp_address(). */
void	 ppp_host_address(struct ppp *, struct in_addr);
/* MPPE starts, in modes ccp.rx and ccp.tx; the peer's Reset-Request. */
void	 ppp_host_mppe(struct ppp *);
void	 ppp_host_mppe_reset(struct ppp *);
/* LCP Identification text, len octets, anything in it. */
void	 ppp_host_ident(struct ppp *, const uint8_t *, size_t);
/* IP may flow; it may no more. */
void	 ppp_host_up(struct ppp *);
void	 ppp_host_down(struct ppp *);
/* Over, cause in ppp->cause.  Last call of all; the ppp may be freed later. */
void	 ppp_host_finished(struct ppp *);
