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

/* What the files of the control engine share. */

#define CONN_OUT_MAX	4096	/* octets waiting to be sent to a peer */
#define CONN_ODD_MAX	8	/* messages out of place, then it is closed */
#define CONTROL_FDS	48	/* for pptpctl, listeners and other engines */
#define CALL_WINDOW	64	/* packets, what we announce */
#define CALL_SPEED	100000000	/* bit/s, likewise */
#define CALL_ID_REST	60	/* s before a call id is used again */
#define SOURCE_BUCKETS	4096	/* of the table of calls by address */

enum conn_state {
	CONN_IDLE,		/* Start-Control-Connection-Request awaited */
	CONN_ESTABLISHED,
	CONN_STOPPING		/* last words are on their way */
};

struct call {
	TAILQ_ENTRY(call)	 entry;		/* of the connection */
	LIST_ENTRY(call)	 by_source;
	struct conn		*conn;		/* NULL: gone, being closed */
	struct sockaddr_in	 peer, local;	/* of the connection */
	enum call_state		 state;
	enum end_cause		 cause;		/* why it is being closed */
	uint32_t		 serial;
	uint16_t		 id;		/* ours */
	uint16_t		 peer_id;
	uint16_t		 call_serial;
	uint16_t		 window;
	uint32_t		 max_bps;
	time_t			 since;
	struct call_login	*login;		/* while it is up, or NULL */
};

struct conn {
	TAILQ_ENTRY(conn)	 entry;
	TAILQ_HEAD(, call)	 calls;
	struct event		 ev;
	struct wheel_entry	 timer;
	struct sockaddr_in	 peer, local;
	enum conn_state		 state;
	int			 fd;
	uint32_t		 number;
	uint32_t		 ncalls;
	uint32_t		 tries;		/* calls so far */
	uint32_t		 startup;	/* in startup.c, 0: let in */
	uint64_t		 last_rx;	/* ms */
	uint64_t		 setup_by;	/* ms, while it has no call */
	uint64_t		 progress_at;	/* ms, last step forward */
	uint64_t		 stop_by;	/* ms, CONN_STOPPING */
	uint64_t		 echo_by;	/* ms, Echo-Reply due, 0: none */
	uint64_t		 write_by;	/* ms, out must be gone, or 0 */
	uint32_t		 echo_id;
	uint8_t			 odd;		/* messages out of place */
	uint8_t			 closing;	/* close when out is sent */
	uint8_t			 busy;		/* not to be freed right now */
	uint8_t			 broken;	/* no memory: close it now */
	short			 events;	/* what ev waits for */
	uint16_t		 inlen;
	uint16_t		 outlen;
	uint8_t			*in;		/* part of a message, or NULL */
	uint8_t			*out;		/* CONN_OUT_MAX, or NULL */
	char			 host[PPTP_NAME_LEN + 1];
	char			 vendor[PPTP_NAME_LEN + 1];
};

extern struct conf_pptp		 control_conf;
extern struct ctl_control_stats	 control_stats;
extern struct wheel		 control_wheel;
extern int			 control_stopping;
extern uint64_t			 control_lost_calls;	/* END_ENGINE */

/* control_engine.c */
void	 control_send_parent(uint32_t, const void *, size_t);
/* -1: that session engine is not there now. */
int	 control_send_session(uint32_t engine, uint32_t type, const void *,
	    size_t);
int	 control_has_session(uint32_t engine);
void	 control_arm(void);		/* after a change to the wheel */
/* Penalties of source addresses. */
void	 control_offence(struct in_addr, enum penalty_reason);
int	 control_penalised(struct in_addr);
struct penalty *control_penalty_next(const struct in_addr *);	/* after it */
uint32_t control_penalty_clear(const struct in_addr *);	/* NULL: all */
void	 control_check_done(void);	/* shutdown: anything left to do? */

/* conn.c: control connections (RFC 2637 sections 2 and 3.1) */
void	 conn_listen(int);		/* takes the descriptor */
void	 conn_start(void);		/* accept from now on */
void	 conn_send(struct conn *, const struct pptp_msg *);
void	 conn_odd(struct conn *, const char *);
void	 conn_call_gone(struct conn *);
void	 conn_drop(struct conn *);	/* it makes room */
void	 conn_tick(uint64_t now);	/* run expired timers */
void	 conn_shutdown(void);
int	 conn_any(void);
const char *conn_name(const struct conn *);	/* for logs */

/* startup.c: control connections on which nobody has authenticated yet */
void	 startup_init(void);
int	 startup_admit(struct in_addr);	/* may another one come from there? */
int	 startup_add(struct conn *);	/* -1: no memory */
void	 startup_remove(struct conn *);	/* it is let in, or gone */

/* call.c: calls and their ids (RFC 2637 section 3.2) */
void	 call_init(void);
void	 call_request(struct conn *, const struct pptp_ocrq *);
void	 call_clear(struct conn *, uint16_t peer_id);
void	 call_link_info(struct conn *, const struct pptp_sli *);
void	 call_close(struct call *, enum end_cause);
void	 call_orphan(struct call *, enum end_cause);
/* What a session engine says; -1: nothing that one of ours would. */
int	 call_ready(uint32_t engine, const struct msg_call *);
int	 call_authenticated(uint32_t engine, const struct msg_call *);
int	 call_closed(uint32_t engine, const struct msg_call_closed *);
void	 call_event(uint32_t engine, const struct ctl_event *);
void	 call_engine_gone(uint32_t engine);
uint32_t call_next(uint32_t);		/* first call id >= this, or 0 */
void	 call_describe(uint32_t, struct ctl_call *);

/* control.c: the socket that pptpctl talks to */
void	 control_listen(int);		/* takes the descriptor */
void	 control_start(void);		/* accept from now on */
void	 control_session(uint32_t, const struct ctl_session *);
void	 control_session_stats(uint32_t engine, uint32_t,
	    const struct ctl_session_stats *);
void	 control_session_end(uint32_t engine, const struct msg_show_end *);
void	 control_killed(uint32_t engine, const struct msg_kill_reply *);
void	 control_engine_gone(uint32_t engine);	/* who waits for it? */
/* -1: nothing that an engine of ours says. */
int	 control_penalty(const struct msg_penalty *);
int	 control_penalties_end(uint32_t engine,
	    const struct msg_penalties_end *);
int	 control_event(const struct ctl_event *);	/* to who watches */
void	 control_reload_text(const struct msg_reload_text *);
void	 control_reloaded(const struct msg_reload_result *);
