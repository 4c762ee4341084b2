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
 * pptpdial, the test suite's PPTP client: what its files share.
 * Include after <netinet/in.h>, <net/if.h>, <stddef.h>, <stdint.h>, "pptp.h",
 * "gre.h", "mppe.h" and "mschap.h".
 *
 * The codecs and the cryptography are the daemon's own files; everything that
 * negotiates or decides is written apart from the daemon, so that both cannot
 * be wrong in the same way.
 */

#define HEADROOM	64	/* before a packet: GRE, PPP, MPPE, tun */
#define PACKET_MAX	4096	/* longest packet, after the headroom */
#define CP_MAX		1024	/* longest control protocol packet built */
#define CHALLENGE_MAX	64	/* longest CHAP challenge taken */
#define TEXT_MAX	128	/* text of a peer, through vis(3) */
#define ROUTES_MAX	16
#define CALLS_MAX	65000
#define BURST_PACKETS	2048	/* of a flood */

#define MSEC(x)		((uint64_t)(x) * 1000)

/* PPP protocol numbers */
#define P_IP		0x0021
#define P_MPPE		0x00fd
#define P_IPCP		0x8021
#define P_CCP		0x80fd
#define P_LCP		0xc021
#define P_PAP		0xc023
#define P_CHAP		0xc223

/* Codes of the control protocols (RFC 1661 section 5, RFC 1962) */
#define CONF_REQ	1
#define CONF_ACK	2
#define CONF_NAK	3
#define CONF_REJ	4
#define TERM_REQ	5
#define TERM_ACK	6
#define CODE_REJ	7
#define PROTO_REJ	8
#define ECHO_REQ	9
#define ECHO_REP	10
#define DISCARD_REQ	11
#define IDENTIFICATION	12
#define TIME_REMAINING	13
#define RESET_REQ	14
#define RESET_ACK	15

/* Authentication methods, a mask; NONE is a server that asks for nothing. */
#define METHOD_NONE	0x01
#define METHOD_PAP	0x02
#define METHOD_CHAP	0x04
#define METHOD_MSCHAP	0x08
#define METHOD_MSCHAPV2	0x10

/* MPPE modes, a mask: one bit for each strength, stateless and stateful. */
#define MODE_128	0x01
#define MODE_56		0x02
#define MODE_40		0x04
#define MODE_STATELESS	0x07
#define MODE_STATEFUL	0x38	/* the same, shifted by MODE_SHIFT */
#define MODE_SHIFT	3

/* What ended a call; see reason_name(). */
enum reason {
	R_NONE,
	R_HANGUP,		/* we hung up, all was well */
	R_CONNECT,		/* no TCP connection */
	R_TIMEOUT,		/* -t */
	R_PROTOCOL,		/* the server sent nonsense */
	R_SCCRP,		/* Start-Control-Connection-Reply says no */
	R_OCRP,			/* Outgoing-Call-Reply says no */
	R_LCP,			/* no agreement on LCP */
	R_AUTH_METHOD,		/* wants a method that we do not accept */
	R_AUTH_FAILED,		/* our name or password was refused */
	R_AUTH_SERVER,		/* the server could not prove itself */
	R_NO_MPPE,		/* no MPPE mode that we accept */
	R_IPCP,			/* no agreement on IPCP */
	R_LCP_TERMINATE,	/* LCP Terminate-Request */
	R_CDN,			/* Call-Disconnect-Notify */
	R_STOP,			/* Stop-Control-Connection-Request */
	R_TCP_CLOSED,
	R_SYSTEM		/* our own system would not */
};

/* What the server did in the course of ending a call, a mask. */
#define SAW_TERM_REQ	0x01
#define SAW_TERM_ACK	0x02
#define SAW_CDN		0x04
#define SAW_STOP	0x08
#define SAW_STOP_REPLY	0x10
#define SAW_CLOSE	0x20

enum stage {
	S_IDLE,
	S_CONNECT,		/* TCP connecting */
	S_SCCRP,		/* waits for that reply */
	S_OCRP,
	S_LCP,
	S_AUTH,
	S_NETWORK,		/* CCP and IPCP */
	S_UP,
	S_LINGER,		/* over: let the server finish by itself */
	S_TERMINATE,		/* over: LCP Terminate-Request sent */
	S_CLEAR,		/* over: Call-Clear-Request sent */
	S_STOP,			/* over: Stop-Control-Connection-Request sent */
	S_DEAD
};

enum timer {
	T_STAGE,		/* steps of the end */
	T_LCP,			/* T_LCP + enum cp_index: restart timers */
	T_CCP,
	T_IPCP,
	T_AUTH,
	T_ACK,			/* lone GRE acknowledgement is due */
	T_PING,
	T_COUNT
};

enum cp_index {
	CP_LCP,
	CP_CCP,
	CP_IPCP,
	CP_COUNT
};

/* One control protocol: RFC 1661 section 4 in two booleans. */
struct cp {
	uint8_t		running;	/* our requests are being sent */
	uint8_t		open;
	uint8_t		acked;		/* the peer took our last request */
	uint8_t		agreed;		/* we took its last request */
	uint8_t		failed;		/* given up, or rejected by the peer */
	uint8_t		id;		/* of our last request */
	uint8_t		tries;
	uint8_t		naks;		/* bad answers either way */
};

struct counters {
	uint64_t	gre_in, gre_out;	/* payload packets */
	uint64_t	acks_in, acks_out;	/* lone ones */
	uint64_t	lost, late, duplicate, far;
	uint64_t	ip_in, ip_out;
	uint64_t	clear;		/* IP in clear though encrypted */
	uint64_t	undecrypted;	/* MPPE packets of no use */
	uint64_t	resets_in, resets_out;	/* CCP Reset-Request */
	uint64_t	reset_acks;	/* received */
	uint64_t	too_big;	/* larger than our MRU */
	uint64_t	foreign;	/* IP for another address */
	uint64_t	malformed;
	uint64_t	protocol_reject;	/* sent to us */
	uint64_t	unsent;		/* our kernel would not */
	uint64_t	made_lost, made_reordered, made_lost_in;
};

struct call {
	struct mppe	 tx_mppe, rx_mppe;
	struct gre_rx	 rx;
	struct gre_tx	 tx;
	struct cp	 cp[CP_COUNT];
	struct counters	 c;
	uint64_t	 when[T_COUNT];		/* us, 0: not running */
	uint64_t	 started;
	uint64_t	 up_after;		/* us from connect to up */
	uint64_t	 reset_sent;
	uint64_t	 ping_sum, ping_min, ping_max;
	uint64_t	 ping_waiting;	/* bit i: number pings - i is */
	uint32_t	 magic, peer_magic;
	uint32_t	 pings, pongs;
	uint32_t	 ping_last, ping_disorder;
	uint32_t	 peer_window;
	uint32_t	 unacked;		/* payloads since last ack */
	struct in_addr	 address, peer;		/* inner */
	struct in_addr	 dns[2], nbns[2];
	enum stage	 stage;
	enum stage	 reached;		/* stage before it was over */
	enum reason	 reason;
	int		 number;		/* 1... */
	uint16_t	 id, peer_id;
	uint16_t	 mru, peer_mru;
	uint16_t	 method;		/* METHOD_* the server asked */
	uint16_t	 inlen;
	uint8_t		 in[PPTP_MAX_LEN];	/* control message so far */
	uint8_t		 saw;
	uint8_t		 packet_id;		/* last one used */
	uint8_t		 stop_tries;
	uint8_t		 lcp_rejected;		/* bit: option not wanted */
	uint8_t		 ipcp_rejected;
	uint8_t		 peer_pfc, peer_acfc;
	uint8_t		 ccp_want;		/* MODE_* in our request */
	uint8_t		 ccp_got;		/* MODE_* of theirs we took */
	uint8_t		 encrypted;		/* was so at any time */
	uint8_t		 was_up;
	uint8_t		 settled;		/* up, or over without */
	uint8_t		 pinging;
	uint8_t		 chap_id;
	uint8_t		 challenge_len;		/* 0: none yet */
	uint8_t		 challenge[CHALLENGE_MAX];
	uint8_t		 peer_challenge[MSCHAP2_CHALLENGE_LEN];
	uint8_t		 send_key[MPPE_KEY_LEN], recv_key[MPPE_KEY_LEN];
	uint8_t		 has_keys;
	uint8_t		 auth_done;
	char		 auth_reply[MSCHAP2_AUTH_LEN + 1];
	char		 text[TEXT_MAX];	/* why, in the peer's words */
	char		 tun[IF_NAMESIZE];
};

struct net {
	struct in_addr	 net;
	int		 len;
};

struct options {
	struct sockaddr_in server, local;
	const char	*user, *password;
	const char	*command;
	uint8_t		 nt_hash[NT_HASH_LEN];
	unsigned int	 methods;	/* METHOD_* accepted */
	unsigned int	 modes;		/* MODE_* accepted */
	int		 mppe_required;
	struct in_addr	 address;	/* to ask for */
	struct in_addr	 ping_to;	/* 0.0.0.0: the IPCP peer */
	int		 calls, at_once;
	int		 limit, hold;	/* s */
	int		 mtu;
	int		 lose, lose_in;	/* percent */
	int		 reorder_distance, reorder;	/* packets, percent */
	int		 accidents_late;	/* not before up */
	uint32_t	 seed;
	uint32_t	 first_seq;
	int		 no_ack;
	int		 expect_refusal, expect_hangup;
	int		 pings, pings_needed, ping_size, ping_delay;
	int		 ping_burst;
	int		 flood, flood_udp;	/* packets */
	int		 tun;
	int		 nroutes;
	struct net	 routes[ROUTES_MAX];
	int		 verbose, quiet;
};

extern struct options	 opt;
extern struct call	*calls;
extern uint64_t		 now;		/* us, monotonic; see clock_read() */

/* pptpdial.c */
void		 call_stage(struct call *, enum stage);
void		 call_watch(struct call *, int, short);	/* TCP; -1 none */
int		 call_fd(struct call *);
void		 call_watch_tun(struct call *, int);
int		 call_tun_fd(struct call *);
void		 timer_set(struct call *, enum timer, uint64_t);
void		 timer_clear(struct call *, enum timer);
struct call	*call_by_id(uint16_t);
void		 clock_read(void);
void		 verbose(struct call *, const char *, ...)
		    __attribute__((__format__(printf, 2, 3)));
void		 complain(struct call *, const char *, ...)
		    __attribute__((__format__(printf, 2, 3)));
void		 foreign_text(char *, size_t, const void *, size_t);
uint32_t	 dice(void);

/* report.c */
const char	*stage_name(enum stage);
const char	*reason_name(enum reason);
const char	*method_name(unsigned int);
const char	*mode_name(unsigned int);
int		 reason_refused(enum reason);
void		 report_up(struct call *);
void		 report_over(struct call *);
void		 report_ping(struct call *);
int		 report_summary(int);
void		 environment(struct call *);

/* control.c */
void		 control_start(struct call *);
void		 control_event(struct call *, short);
void		 control_close(struct call *);
void		 call_over(struct call *, enum reason, const char *, ...)
		    __attribute__((__format__(printf, 3, 4)));
void		 call_hangup(struct call *);
void		 call_end_step(struct call *);
void		 call_terminated(struct call *);

/* ppp.c */
void		 ppp_start(struct call *);
void		 ppp_input(struct call *, uint8_t *, size_t);
void		 ppp_network(struct call *);
void		 ppp_check_up(struct call *);
void		 ppp_terminate(struct call *);
void		 ppp_send_cp(struct call *, uint16_t, uint8_t, uint8_t,
		    const void *, size_t);

/* cp.c */
void		 cp_start(struct call *, enum cp_index);
void		 cp_down(struct call *, enum cp_index);
void		 cp_reset(struct call *, enum cp_index);
void		 cp_request(struct call *, enum cp_index);
void		 cp_failed(struct call *, enum cp_index);
void		 cp_input(struct call *, enum cp_index, const uint8_t *,
		    size_t);
uint16_t	 cp_protocol(enum cp_index);
const char	*cp_code_name(unsigned int);
size_t		 cp_option(uint8_t *, uint8_t, const void *, size_t);

/* What one of us says of an option of the peer's Configure-Request. */
enum judgement {
	J_ACK,
	J_NAK,			/* with what was put into the answer */
	J_REJECT
};

/* lcp.c, ccp.c, ipcp.c: the options of each */
size_t		 lcp_request(struct call *, uint8_t *);
void		 lcp_begin(struct call *);
enum judgement	 lcp_judge(struct call *, const uint8_t *, uint8_t *,
		    size_t *);
void		 lcp_nak(struct call *, const uint8_t *);
void		 lcp_reject(struct call *, const uint8_t *);
size_t		 ccp_request(struct call *, uint8_t *);
void		 ccp_begin(struct call *);
enum judgement	 ccp_judge(struct call *, const uint8_t *, uint8_t *,
		    size_t *);
void		 ccp_nak(struct call *, const uint8_t *);
void		 ccp_up(struct call *);
void		 ccp_reset_request(struct call *, uint8_t);
unsigned int	 ccp_modes(struct call *);
size_t		 ipcp_request(struct call *, uint8_t *);
void		 ipcp_begin(struct call *);
enum judgement	 ipcp_judge(struct call *, const uint8_t *, uint8_t *,
		    size_t *);
void		 ipcp_nak(struct call *, const uint8_t *);
void		 ipcp_reject(struct call *, const uint8_t *);

/* auth.c */
void		 auth_start(struct call *);
void		 auth_send(struct call *);
void		 auth_pap_input(struct call *, const uint8_t *, size_t);
void		 auth_chap_input(struct call *, const uint8_t *, size_t);

/* data.c */
void		 data_open(void);
int		 data_fd(void);
void		 data_event(void);
void		 data_ack(struct call *);
uint64_t	 data_held(void);
void		 data_release(uint64_t);
void		 data_send_ppp(struct call *, uint16_t, uint8_t *, size_t);
int		 data_send_ip(struct call *, uint8_t *, size_t);
void		 data_compressed(struct call *, uint8_t *, size_t);
void		 data_ip(struct call *, uint8_t *, size_t);
void		 data_tun_event(struct call *);
int		 data_mtu(struct call *);
uint64_t	 data_malformed(void);
void		 data_burst_begin(void);	/* send no more, but collect */
void		 data_burst_end(struct call *);	/* send all of it */

/* flood.c */
uint64_t	 flood_step(struct call *);

/* ping.c */
void		 ping_start(struct call *);
void		 ping_timer(struct call *);
int		 ping_input(struct call *, uint8_t *, size_t);

/* tun_linux.c, tun_openbsd.c */
int		 tun_open(char[IF_NAMESIZE]);
int		 tun_config(const char *, struct in_addr, struct in_addr, int);
int		 tun_route(const char *, struct in_addr, struct in_addr, int);
int		 tun_read(int, uint8_t *, size_t);
/* May overwrite the 4 octets before the packet. */
int		 tun_write(int, uint8_t *, size_t);

/* Octets of packets, in network byte order. */
static inline uint16_t
get16(const uint8_t *p)
{
	return (p[0] << 8 | p[1]);
}

static inline uint32_t
get32(const uint8_t *p)
{
	return ((uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]);
}

static inline void
put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static inline void
put32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}
