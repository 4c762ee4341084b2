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
 * Load for a PPTP server: what the files of this program share.  One process
 * has up to 65,000 sessions, each with its control connection.  The codecs and
 * the cryptography are the daemon's own files, what negotiates is not.
 */

#define SESSIONS_MAX	65000
#define BURST		16	/* packets of a session in a row */
#define LOAD_BUFFER	(4 * 1024 * 1024)	/* of a socket, each way */
#define IP_LEN		20
#define RETRY		2000	/* ms without an answer, then ask again */
#define PING_TIMEOUT	1000	/* ms */

/* PPP protocol numbers and codes */
#define P_IP		0x0021
#define P_COMP		0x00fd
#define P_IPCP		0x8021
#define P_CCP		0x80fd
#define P_LCP		0xc021
#define P_CHAP		0xc223
#define CONF_REQ	1
#define CONF_ACK	2
#define CONF_NAK	3
#define TERM_REQ	5
#define TERM_ACK	6
#define PROTO_REJ	8
#define ECHO_REQ	9
#define ECHO_REP	10
#define RESET_REQ	14
#define RESET_ACK	15

enum stage {
	S_IDLE,
	S_CONNECT,
	S_START,		/* Start-Control-Connection-Reply awaited */
	S_CALL,			/* Outgoing-Call-Reply awaited */
	S_LCP,
	S_AUTH,
	S_NETWORK,
	S_UP,
	S_OVER
};

/* What the server said at the end, and what is agreed on: masks. */
#define TOLD_TERM	0x01	/* LCP Terminate-Request */
#define TOLD_CDN	0x02	/* Call-Disconnect-Notify */
#define TOLD_STOP	0x04	/* Stop-Control-Connection-Request */
#define OURS_ACKED	0x01
#define THEIRS_ACKED	0x02
#define OPEN		(OURS_ACKED | THEIRS_ACKED)

/* Several may share a control connection, which is their leader's. */
struct session {
	struct session	*leader;
	struct mppe	 tx, rx;
	struct in_addr	 source;		/* outer */
	struct in_addr	 address, gateway;	/* inner */
	uint64_t	 started;	/* us, TCP connect */
	uint64_t	 tried;		/* us, last thing asked */
	uint64_t	 reset_at;	/* us, last Reset-Request */
	uint32_t	 tx_next, tx_acked, rx_next;
	uint32_t	 tcp_seq;
	int		 fd;			/* a leader's */
	uint16_t	 id, peer_id;
	uint16_t	 unacked;
	uint16_t	 inlen;
	uint8_t		 in[PPTP_MAX_LEN];	/* control message so far */
	uint8_t		 stage;			/* enum stage */
	uint8_t		 told;			/* TOLD_* */
	uint8_t		 lcp, ccp, ipcp;	/* OURS_ACKED, THEIRS_ACKED */
	uint8_t		 cp_id;
	uint8_t		 send_key[MPPE_KEY_LEN], recv_key[MPPE_KEY_LEN];
};

struct options {
	struct sockaddr_in server;
	uint32_t	 first, last;	/* sources, host byte order */
	struct in_addr	 flood_to;	/* inner */
	const char	*user;
	uint8_t		 nt_hash[NT_HASH_LEN];
	unsigned int	 sessions, connections, at_once;
	int		 bits, stateful;	/* MPPE, bits 0: none */
};

/* What came in data packets since data_count_from(). */
struct received {
	uint64_t	packets, octets;
};

extern struct options	 opt;
extern struct session	*sessions;
extern uint64_t		 now;	/* us, monotonic */
extern struct received	 received;

/* load.c */
void	 clock_read(void);
void	 session_up(struct session *);
void	 session_over(struct session *);

/* load_ppp.c: PPP, as far as a server of ours asks for it */
void	 ppp_begin(struct session *);
void	 ppp_again(struct session *);	/* ask again */
void	 ppp_input(struct session *, uint8_t *, size_t);
void	 ppp_reset(struct session *);	/* stateful MPPE is out of step */

/* load_data.c: GRE, and IP inside */
void	 data_open(void);
int	 data_fd(void);
void	 data_read(void);
void	 data_flush(void);		/* send what is queued */
/* A PPP packet in clear, from its protocol on; data_flush() sends it. */
void	 data_control(struct session *, const uint8_t *, size_t);
void	 data_ignore(int);		/* count data packets, nothing else */
/* Pings over n sessions for a time, in ms; prints their times. */
void	 data_ping(unsigned int n, unsigned int interval, unsigned int time);
/* Packets of len octets over n sessions as fast as they are acknowledged. */
void	 data_flood(unsigned int n, unsigned int len, int tcp,
	    unsigned int time);
/* Encrypt so many of these ahead; send them all. */
void	 data_prepare(unsigned int n, unsigned int len, int tcp,
	    unsigned int packets);
int	 data_replay(void);		/* -1: nothing is prepared */
/* Give the first session a tun device; read from it. */
void	 data_tun(int);
void	 data_tun_read(void);
int	 data_busy(void);		/* one of these goes on */
int	 data_step(void);		/* next step; ms to wait for others */
void	 ip_header(uint8_t *, struct in_addr src, struct in_addr dst, size_t,
	    uint8_t proto);

/* load_link.c: frames to one router */
struct packet;
void	 link_open(char *);
int	 link_is_open(void);
void	 link_send(struct packet *, int);

static inline uint16_t
get16(const uint8_t *p)
{
	return (p[0] << 8 | p[1]);
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
	put16(p, v >> 16);
	put16(p + 2, v);
}
