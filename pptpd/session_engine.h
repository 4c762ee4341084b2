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

/* What the files of the session engine share. */

#define HELD_MAX	32	/* packets held for one earlier */
#define ACK_DELAY	100	/* ms, then a lone acknowledgement goes out */
#define ACK_MANY	16	/* packets, then it goes at once */
#define RESET_INTERVAL	250	/* ms between CCP Reset-Requests */
#define PROBE_TIMEOUT	2000	/* ms for a client to show that it is there */
#define HOP_BY_IP	1000	/* ms, then one packet goes by IP */
#define HOP_SETTLE	1000	/* ms after something changed */

/* A configuration and how many sessions go by it; a reload makes a new one. */
struct session_conf {
	struct conf_ppp		 ppp;
	uint32_t		 refs;
};

/* A packet that came before its turn. */
struct held {
	TAILQ_ENTRY(held)	 entry;
	uint64_t		 since;		/* ms, it waits */
	uint32_t		 seq;
	uint16_t		 len;
	uint8_t			 data[];	/* 4 spare octets, the payload */
};
TAILQ_HEAD(held_list, held);

struct session_net;

struct session {
	struct ppp		 ppp;
	LIST_ENTRY(session)	 by_address;
	TAILQ_ENTRY(session)	 dead;		/* to be freed */
	struct wheel_entry	 timer;
	struct session_conf	*conf;
	uint32_t		 serial;
	uint16_t		 call_id;
	uint16_t		 peer_call_id;
	struct in_addr		 peer, local;	/* outer addresses */
	uint32_t		 window;	/* the peer's */
	struct in_addr		 remote;	/* inner, once up */
	uint16_t		 mtu;		/* inner, once up */
	uint8_t			 up;		/* in the address table */
	uint8_t			 routed;	/* the parent has a route for it */
	uint8_t			 auth_used;	/* the auth engine knows it */
	uint8_t			 authenticated;	/* a verdict was good */
	uint8_t			 logged_in;	/* it was up once */

	struct gre_rx		 gre_rx;
	struct gre_tx		 gre_tx;
	struct held_list	 held;		/* by sequence number */
	uint16_t		 nheld;
	uint16_t		 wait;		/* ms for one that is missing */
	uint16_t		 unacked;	/* received since our last ack */
	uint64_t		 ack_by;	/* ms, 0: none due */
	uint64_t		 held_until;	/* ms, 0: none held */
	uint64_t		 reset_at;	/* ms, Reset-Request, 0: in step */
	uint64_t		 probe_until;	/* ms, 0: nobody asks */
	uint64_t		 limit_at;	/* ms, look at the limits, 0: none */
	uint32_t		 idle_timeout;	/* s, 0: none */
	uint32_t		 session_timeout;	/* likewise */
	uint64_t		 up_at;		/* ms, first time, 0: never */

	struct hop		 hop;		/* ifindex 0: none known */
	uint32_t		 hop_epoch;	/* in which it was asked for */
	uint64_t		 hop_again;	/* ms, ask then */
	uint64_t		 hop_by_ip;	/* ms, one packet goes by IP */
	uint16_t		 ip_id;		/* added to sequence numbers */

	struct msg_auth_verdict	*verdict;	/* waits for the route */
	uint32_t		 attempt;	/* to authenticate */
	struct session_net	*nets;		/* behind the client */
	uint32_t		 nnets;
	struct mppe		 rx, tx;
	uint8_t			 recv_key[16];
	uint8_t			 send_key[16];

	char			*user;		/* as the client sent it */
	char			*ident;		/* vis'ed, or NULL */
	time_t			 since;		/* time(3) */
	uint64_t		 opened_at;	/* ms */
	uint64_t		 last_data;	/* ms */
	struct session_counters	 c;
};

extern struct session		*sessions[MAX_CALL_ID + 1];
extern struct ctl_session_stats	 session_stats;
extern struct wheel		 session_wheel;
extern int			 tun_fd, gre_fd;
extern int			 link_output;	/* packets may have a hop */
extern uint32_t			 session_engine_index;	/* from 0 */
extern uint32_t			 session_engines;	/* of so many */

/* session_engine.c */
void	 send_control(uint32_t, uint32_t, const void *, size_t);
void	 send_parent(uint32_t, const void *, size_t);
void	 send_auth(uint32_t, const void *, size_t);
void	 session_wheel_arm(void);	/* after a change to the wheel */

/* session.c: one session's life */
void	 session_configure(const struct conf_ppp *);
void	 session_open(const struct msg_call_open *);
void	 session_call_close(const struct msg_call_close *);
void	 session_route_result(const struct msg_route_result *);
void	 session_challenge(const struct msg_auth_challenge *);
void	 session_verdict(struct msg_auth_verdict *);
void	 session_address(const struct msg_address *);
void	 session_end(const struct msg_auth_end *);
void	 session_alive(struct session *);	/* its client answered */
void	 session_arm(struct session *);	/* after anything happened to it */
void	 session_timer(struct wheel_entry *);
void	 session_reap(void);		/* free those that ended */
void	 session_close_all(enum end_cause);
struct session *session_by_address(struct in_addr);
/* NULL if it is gone, fatal if there cannot be one. */
struct session *session_find(uint32_t id, uint32_t serial);

/* session_net.c: networks behind clients */
int	 session_nets_set(struct session *, const struct conf_net *, uint32_t);
uint32_t session_nets_get(const struct session *, struct conf_net *);
void	 session_nets_up(struct session *);
void	 session_nets_down(struct session *);
struct session *session_by_network(struct in_addr);
int	 session_nets_have(const struct session *, struct in_addr);

/* session_hop.c: the way round the kernel's IP */
void	 session_hop_result(const struct msg_hop_result *);
void	 session_hop_forget(uint64_t now);	/* all of them */
/*
 * Where its next packet goes, NULL: to the kernel's IP.  Of packets with the
 * same now, those that go there are the first.
 */
const struct hop *session_hop(struct session *, uint64_t now);

/* session_show.c: what pptpctl asks */
void	 session_show(const struct msg_show *);
void	 session_show_one(const struct msg_show *);
void	 session_show_stats(const struct msg_show *);
void	 session_kill(const struct msg_kill *);
void	 session_count(struct session_counters *,
	    const struct session_counters *);

/* datapath.c: packets */
/* plain: packets one by one; timed: measure how long they take. */
void	 datapath_init(int plain, int timed);
void	 datapath_gre(uint64_t now);	/* the GRE socket is readable */
void	 datapath_tun(uint64_t now);	/* the tun device is readable */
void	 datapath_send(struct session *, uint16_t, const uint8_t *, size_t);
void	 datapath_ack(struct session *);
void	 datapath_release(struct session *, uint64_t now);  /* held ones */
void	 datapath_forget(struct session *);

/* inet.c: inner IPv4 packets */
/*
 * Check the header of an IPv4 packet in len octets.  Returns its total
 * length, octets beyond are padding, or 0 if it is not one.
 */
size_t	 inet_check(const uint8_t *, size_t);
/* Lower the MSS option of a TCP SYN to what mtu leaves, checksum included. */
void	 inet_mss_clamp(uint8_t *, size_t, uint16_t mtu);
