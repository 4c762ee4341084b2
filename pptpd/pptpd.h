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
 * What the processes of pptpd share: configuration, messages, prototypes.
 * Include after <sys/queue.h>, <netinet/in.h>, <event.h> and <imsg.h>.
 */

#define PPTPD_CONF		"/etc/pptpd.conf"
#define PPTPD_SOCKET		"/var/run/pptpd.sock"
#define PPTPD_USER		"_pptpd"
#define PPTPD_USER_FALLBACK	"nobody"
#define PPTPD_CHROOT		"/var/empty"
#define CHILD_FD		3	/* an engine's socket to the parent,
					   the parent's to the supervisor */
#define ENGINES_MAX		8	/* session engines */

#define USER_LEN		256	/* user name with its NUL */
#define USER_TEXT_LEN		(4 * USER_LEN)	/* the same through vis(3) */
#define PASSWORD_LEN		256	/* password with its NUL */
#define IDENT_LEN		64	/* client's Identification, vis'ed */
#define MAX_CALL_ID		65535	/* call ids are 1..65535 */
#define POOL_NAME_LEN	32	/* pool's name with its NUL */
#define POOLS_MAX	64
#define CHAP_VALUE_MAX		64	/* longest challenge or response */
#define PPTP_TEXT_LEN		(64 * 4 + 1)	/* 64 octets through vis(3) */

/*
 * The processes but for the supervisor.  A call with the id i is the business
 * of session engine PROC_SESSION + i % conf_pptp.engines.
 */
enum pptpd_process {
	PROC_PARENT,
	PROC_CONTROL,
	PROC_AUTH,
	PROC_SESSION,		/* the first one */
	PROC_MAX = PROC_SESSION + ENGINES_MAX
};

/*
 * What the supervisor does for the parent: without a descriptor it ends that
 * engine if it runs, with one it starts it anew, with that as its CHILD_FD.
 * PROC_PARENT says that there is service.
 */
struct supervisor_request {
	uint32_t	proc;		/* enum pptpd_process */
	uint32_t	nofile;		/* at least so many descriptors, or 0 */
};
#define NOFILE_MAX		(2 * MAX_CALL_ID + 1024)

/*
 * Every message between processes: its sender and its receiver, and what it
 * carries.  All structs are fixed-size, without pointers, zeroed before they
 * are filled.  Numbers are in host byte order, addresses in network order.
 * A wrong one from a session engine is the end of that engine, and so is one
 * from any engine to the parent; a session engine that gets one ends, and so
 * does who gets one from the parent.  From pptpctl it costs the connection.
 */
enum imsg_type {
	IMSG_NONE,

	/* parent -> any engine, at start, on reload and at the end */
	IMSG_PIPE_CONTROL,	/* fd: socket to the control engine */
	IMSG_PIPE_SESSION,	/* struct msg_session_engine, fd: socket to
				   it, a new one replaces the old */
	IMSG_PIPE_AUTH,		/* fd: socket to the auth engine */
	IMSG_VERBOSE,		/* int */
	/* parent -> control engine */
	IMSG_CONTROL_CONF,	/* struct conf_pptp */
	IMSG_CONTROL_LISTENER,	/* fd: a listening TCP socket */
	IMSG_CONTROL_SOCKET,	/* fd: the listening socket for pptpctl */
	IMSG_CONTROL_CONF_END,	/* empty: use it from now on */
	IMSG_CONTROL_SHUTDOWN,	/* empty: tell the peers, then go */
	IMSG_RELOAD_TEXT,	/* struct msg_reload_text */
	IMSG_RELOAD_RESULT,	/* struct msg_reload_result */
	/* parent -> session engine */
	IMSG_SESSION_CONF,	/* struct conf_ppp */
	IMSG_SESSION_TUN,	/* fd: the tun device */
	IMSG_SESSION_GRE,	/* fd: the raw GRE socket */
	IMSG_SESSION_LINK,	/* fd: the packet socket, with link-output */
	IMSG_SESSION_CONF_END,	/* empty */
	IMSG_ROUTE_RESULT,	/* struct msg_route_result */
	IMSG_HOP_RESULT,	/* struct msg_hop_result */
	IMSG_HOP_FORGET,	/* empty: what these said may be wrong */
	/* parent -> auth engine */
	IMSG_AUTH_CONF,		/* struct conf_auth: a new one follows */
	IMSG_AUTH_POOL,		/* struct conf_pool: the default one first */
	IMSG_AUTH_LOCAL,	/* struct addr_range: its local addresses */
	IMSG_AUTH_REMOTE,	/* struct addr_range: its addresses */
	IMSG_AUTH_USER,		/* struct conf_user */
	IMSG_AUTH_CONF_END,	/* struct msg_reload: use it from now on */

	/* any engine -> parent */
	IMSG_READY,		/* empty: it is confined, and serves */
	/* control engine, auth engine -> parent */
	IMSG_SESSION_WRONG,	/* struct msg_session_engine: end it */
	/* control engine -> parent */
	IMSG_RELOAD,		/* uint32_t: which pptpctl wants it, never 0 */
	IMSG_LOG_VERBOSE,	/* int */
	IMSG_CONTROL_DONE,	/* empty: IMSG_CONTROL_SHUTDOWN is done */
	/* control engine -> session engine */
	IMSG_CALL_OPEN,		/* struct msg_call_open */
	IMSG_CALL_CLOSE,	/* struct msg_call_close */
	IMSG_SHOW_SESSIONS,	/* struct msg_show */
	IMSG_SHOW_SESSION,	/* struct msg_show */
	IMSG_SHOW_STATS,	/* struct msg_show */
	IMSG_KILL,		/* struct msg_kill */
	/* control engine -> session engine -> auth engine */
	IMSG_SHOW_PENALTIES,	/* struct msg_penalties */
	IMSG_CLEAR_PENALTIES,	/* struct msg_penalties */

	/* session engine -> control engine */
	IMSG_CALL_READY,	/* struct msg_call */
	IMSG_CALL_AUTHENTICATED, /* struct msg_call */
	IMSG_CALL_CLOSED,	/* struct msg_call_closed */
	IMSG_SHOW_REPLY,	/* struct ctl_session, peerid: the asker */
	IMSG_SHOW_REPLY_STATS,	/* struct ctl_session_stats */
	IMSG_SHOW_REPLY_END,	/* struct msg_show_end */
	IMSG_KILL_REPLY,	/* struct msg_kill_reply */
	IMSG_EVENT,		/* struct ctl_event */
	/* session engine -> parent */
	IMSG_ROUTE_ADD,		/* struct msg_route */
	IMSG_ROUTE_DELETE,	/* struct msg_call */
	IMSG_HOP_REQUEST,	/* struct msg_hop */
	/* session engine -> auth engine */
	IMSG_AUTH_START,	/* struct msg_auth_start */
	IMSG_AUTH_RESPONSE,	/* struct msg_auth_response */
	IMSG_ADDRESS_REQUEST,	/* struct msg_address */
	IMSG_AUTH_RELEASE,	/* struct msg_call */
	IMSG_AUTH_ALIVE,	/* struct msg_call: it answered the probe */

	/* auth engine -> parent, after a reload */
	IMSG_RELOAD_SESSION,	/* struct msg_reload_session */
	IMSG_RELOAD_END,	/* struct msg_reload_end */
	/* auth engine -> session engine */
	IMSG_AUTH_CHALLENGE,	/* struct msg_auth_challenge */
	IMSG_AUTH_VERDICT,	/* struct msg_auth_verdict */
	IMSG_ADDRESS_REPLY,	/* struct msg_address */
	IMSG_AUTH_END,		/* struct msg_auth_end */
	/* auth engine -> session engine -> control engine */
	IMSG_PENALTY,		/* struct msg_penalty */
	IMSG_PENALTIES_END,	/* struct msg_penalties_end */

	/* pptpctl -> control engine */
	IMSG_CTL_SHOW_SESSIONS,	/* empty */
	IMSG_CTL_SHOW_SESSION,	/* uint32_t: call id */
	IMSG_CTL_SHOW_CALLS,	/* empty */
	IMSG_CTL_SHOW_STATS,	/* empty */
	IMSG_CTL_SHOW_PENALTIES, /* empty */
	IMSG_CTL_CLEAR_PENALTIES, /* struct ctl_penalty_name */
	IMSG_CTL_KILL,		/* struct ctl_kill */
	IMSG_CTL_RELOAD,	/* empty */
	IMSG_CTL_MONITOR,	/* empty */
	IMSG_CTL_LOG_VERBOSE,	/* int: 0 brief, 1 verbose */
	/* control engine -> pptpctl */
	IMSG_CTL_SESSION,	/* struct ctl_session */
	IMSG_CTL_CALL,		/* struct ctl_call */
	IMSG_CTL_CONTROL_STATS,	/* struct ctl_control_stats */
	IMSG_CTL_SESSION_STATS,	/* struct ctl_session_stats */
	IMSG_CTL_PENALTY,	/* struct ctl_penalty */
	IMSG_CTL_END,		/* uint32_t: how many (killed, shown) */
	IMSG_CTL_FAIL,		/* struct ctl_fail: why it did not work */
	IMSG_CTL_TEXT,		/* struct ctl_text: a line to print */
	IMSG_CTL_EVENT,		/* struct ctl_event, without end */

	IMSG_MAX
};

/* Authentication methods, a mask; the strongest is the highest bit. */
#define AUTH_PAP		0x01
#define AUTH_CHAP_MD5		0x02
#define AUTH_MSCHAP		0x04
#define AUTH_MSCHAPV2		0x08

enum mppe_policy {
	MPPE_REQUIRE,
	MPPE_ALLOW,
	MPPE_NEVER
};

#define MPPE_MODES_MAX		6

/* One way of encrypting that we agree to; the list is in our preference. */
struct mppe_mode {
	uint8_t		bits;		/* 128, 56, 40 */
	uint8_t		stateful;
};

/* An inclusive range of IPv4 addresses in network byte order. */
struct addr_range {
	struct in_addr	first;
	struct in_addr	last;
};

/*
 * Penalties in s, after OpenSSH's PerSourcePenalties: they add up, below min
 * they do nothing yet, above max they grow no more.  0: no such penalty.
 */
struct conf_penalty {
	uint32_t	enabled;	/* bool */
	uint32_t	authfail;	/* wrong password or unknown user */
	uint32_t	noauth;		/* a call that never came to that */
	uint32_t	protocol;	/* abuse of the control protocol */
	uint32_t	min;
	uint32_t	max;
};

/* What the control engine needs to know. */
struct conf_pptp {
	uint32_t	echo_interval;	/* s of silence, then Echo-Request */
	uint32_t	echo_timeout;	/* s to wait for the Echo-Reply */
	uint32_t	start_timeout;	/* s for SCCRQ */
	uint32_t	setup_timeout;	/* s after it for OCRQ */
	uint32_t	startups_begin;	/* connections not authenticated: */
	uint32_t	startups_rate;	/* from begin on, with so many %, */
	uint32_t	startups_full;	/* one goes early; never more */
	uint32_t	source_startups; /* of them from one address, 0: any */
	uint32_t	net_startups;	/* of them from one /24, 0: any */
	uint32_t	connection_calls; /* of one control connection */
	uint32_t	max_sessions;	/* calls at a time */
	uint32_t	source_sessions; /* of them from one address, 0: any */
	uint32_t	engines;	/* session engines, 1..ENGINES_MAX */
	char		hostname[64];	/* our name in SCCRP */
	struct conf_penalty penalty;
};

/* What the session engine needs to know.  Times in s unless said. */
struct conf_ppp {
	uint16_t	mru;		/* largest PPP information field */
	uint16_t	mss_clamp;	/* bool */
	uint16_t	reorder;	/* ms to wait for a late packet, or 0 */
	uint16_t	auth;		/* mask of AUTH_* */
	uint16_t	mppe_policy;	/* enum mppe_policy */
	uint16_t	mppe_nmodes;
	struct mppe_mode mppe_mode[MPPE_MODES_MAX];
	uint32_t	echo_interval;	/* LCP Echo-Request when silent, or 0 */
	uint32_t	echo_failures;	/* this many unanswered: dead */
	uint32_t	retry_timeout;	/* RFC 1661 restart timer */
	uint32_t	max_configure;
	uint32_t	max_failure;
	uint32_t	max_terminate;
	uint32_t	auth_timeout;	/* OCRP to authenticated */
	uint32_t	idle_timeout;	/* without user data, 0: none */
	uint32_t	session_timeout;	/* 0: none */
	uint32_t	engines;	/* session engines */
	struct in_addr	dns[2];		/* 0.0.0.0: none */
	struct in_addr	nbns[2];
	char		hostname[64];	/* our name in challenges */
};

/* What to do when a user who has a session already logs in again. */
enum duplicate_policy {
	DUPLICATE_ALLOW,
	DUPLICATE_DENY,
	DUPLICATE_REPLACE,	/* the old one ends */
	DUPLICATE_PROBE		/* it ends unless it answers an LCP echo */
};

/* What the auth engine needs to know besides the pool and the users. */
struct conf_auth {
	uint32_t	user_sessions;	/* of one user at a time, 0: any */
	uint32_t	duplicate;	/* enum duplicate_policy */
	uint32_t	reload_drop;	/* bool */
	uint32_t	engines;	/* session engines */
	struct conf_penalty penalty;	/* per user; per source address in
					   the control engine */
};

/* An IPv4 network, network byte order. */
struct conf_net {
	struct in_addr	addr;
	uint32_t	prefixlen;
};

/* A pool, parent -> auth engine; its addresses follow it. */
struct conf_pool {
	char		name[POOL_NAME_LEN];	/* "": the default one */
	struct in_addr	dns[2];		/* 0.0.0.0: as for everybody */
};

#define USER_ROUTES_MAX	8
#define USER_FROM_MAX	8
#define TIMEOUT_MAX	(366 * 24 * 60 * 60)	/* s, idle or session */
#define TIMEOUT_DEFAULT	UINT32_MAX	/* a user's: as for everybody */

/* A user, parent -> auth engine. */
struct conf_user {
	char		name[USER_LEN];
	char		password[PASSWORD_LEN];	/* "" if only a hash */
	uint8_t		nt_hash[16];
	uint8_t		has_password;
	uint8_t		disabled;
	uint16_t	max_sessions;	/* 0: user_sessions */
	struct in_addr	address;	/* 0.0.0.0: from the pool */
	char		pool[POOL_NAME_LEN];	/* "": the default one */
	int64_t		expires;	/* time(3), 0: never */
	uint32_t	idle_timeout;	/* s, 0: none, or TIMEOUT_DEFAULT */
	uint32_t	session_timeout;	/* likewise */
	struct in_addr	dns[2];		/* 0.0.0.0: as for everybody */
	uint32_t	nroutes, nfrom;
	struct conf_net	route[USER_ROUTES_MAX];	/* behind the client */
	struct conf_net	from[USER_FROM_MAX];	/* where it may call from */
};

/* The whole configuration: parse.y fills it, only the parent has it. */
struct listener {
	TAILQ_ENTRY(listener)	 entry;
	struct sockaddr_in	 addr;
	int			 fd;
};

struct range {
	TAILQ_ENTRY(range)	 entry;
	struct addr_range	 range;
};
TAILQ_HEAD(range_list, range);

/* A file of the configuration. */
struct conf_path {
	TAILQ_ENTRY(conf_path)	 entry;
	char			*name;
};
TAILQ_HEAD(conf_paths, conf_path);

/* Where something is written, for messages; file is NULL if it is not. */
struct conf_where {
	const char		*file;	/* of the configuration's files */
	int			 line;
};

/* Addresses for clients, and how they are reached. */
struct pool {
	TAILQ_ENTRY(pool)	 entry;
	struct conf_pool	 conf;
	struct range_list	 local;		/* localip */
	struct range_list	 remote;	/* remoteip, in order */
	int			 proxy_arp;	/* -1: as the default one */
	struct conf_where	 local_where;
	struct conf_where	 remote_where;
};

#define SEAL_LEN	32

struct user {
	TAILQ_ENTRY(user)	 entry;
	struct conf_user	 user;
	uint8_t			 seal[SEAL_LEN];	/* config_seal() */
	struct conf_where	 where;
};

/*
 * What the main file sets by itself, so that the file that "option" names, of
 * an older program, leaves it alone.
 */
#define SET_AUTHENTICATION	0x00000001
#define SET_AUTH_TIMEOUT	0x00000002
#define SET_DELEGATE		0x00000004	/* PoPToP: no addresses of it */
#define SET_DNS			0x00000008
#define SET_ENCRYPTION		0x00000010
#define SET_HOSTNAME		0x00000020
#define SET_IDLE_TIMEOUT	0x00000040
#define SET_LCP_ECHO_FAILURES	0x00000080
#define SET_LCP_ECHO_INTERVAL	0x00000100
#define SET_LOCALIP		0x00000200
#define SET_MAX_CONFIGURE	0x00000400
#define SET_MAX_FAILURE		0x00000800
#define SET_MAX_SESSIONS	0x00001000
#define SET_MAX_TERMINATE	0x00002000
#define SET_MRU			0x00004000
#define SET_MSS_CLAMP		0x00008000
#define SET_NBNS		0x00010000
#define SET_PROXY_ARP		0x00020000
#define SET_REMOTEIP		0x00040000
#define SET_RETRY_TIMEOUT	0x00080000
#define SET_SESSION_TIMEOUT	0x00100000
#define SET_START_TIMEOUT	0x00200000
#define SET_TUN			0x00400000

struct conf {
	TAILQ_HEAD(, listener)	 listeners;
	TAILQ_HEAD(, pool)	 pools;		/* the default one first */
	struct pool		*pool;		/* the default one */
	TAILQ_HEAD(, user)	 users;
	struct conf_pptp	 pptp;
	struct conf_ppp		 ppp;
	struct conf_auth	 auth;
	char			 tun[IF_NAMESIZE];	/* tun_name() */
	uint32_t		 link_output;	/* bool */
	char			*pidfile;	/* NULL none */
	struct conf_paths	 files;		/* that were read */
	struct conf_where	 sessions_where;	/* max-sessions */
	struct conf_where	 mppe_where;	/* or authentication */
	struct conf_where	 penalty_where;
	struct conf_where	 tun_where;	/* or engines */
	uint32_t		 set;		/* SET_* */
	/* For "option" only, NULL: beside its file. */
	char			*ppp_secret;
	char			*chap_secrets;
};

#include "khop.h"
#include "messages.h"

#define QUEUE_MAX	1000	/* messages that an engine has not read */

/* An imsg channel with its event. */
struct imsgev {
	struct imsgbuf	 ibuf;
	void		(*handler)(int, short, void *);
	struct event	 ev;
	short		 events;
	uint32_t	 limit;	/* who lets so many wait is not read, 0: is */
};

/* imsgev.c: an imsg channel as a libevent client */
/* For want of memory they are fatal: without events nothing goes on. */
void	 imsgev_init(struct imsgev *, int, void (*)(int, short, void *),
	    int fdpass);
void	 imsgev_add(struct imsgev *);	/* re-arm for what is queued */
void	 event_need(struct event *, const struct timeval *);
/* The same for a client, -1: it is not served.  The descriptor stays open. */
int	 imsgev_open(struct imsgev *, int, void (*)(int, short, void *),
	    int fdpass);
int	 imsgev_arm(struct imsgev *);
int	 imsgev_compose(struct imsgev *, uint32_t type, uint32_t peerid,
	    int fd, const void *, size_t);
/*
 * Is there memory for a call more, and for what has to be said about the others
 * meanwhile?  That it cannot be said is the end of a process.
 */
int	 imsgev_room(void);
/*
 * Read or write as ev says: 1 go on, 0 the other side is gone, -1 it says what
 * is no message, or there is no memory for one.
 */
int	 imsgev_io(struct imsgev *, short);
/*
 * The same for all messages of a session engine, which are handled one by one:
 * 1 go on, 0 it is gone, -1 it said something wrong, which is in the log.
 */
int	 imsgev_session(struct imsgev *, short, uint32_t engine,
	    int (*)(uint32_t, struct imsg *));
/*
 * Copy the payload of a message from one of our own processes, whose size must
 * be exact; fatal otherwise.
 */
void	 imsg_payload(struct imsg *, void *, size_t);
int	 imsg_payload_fd(struct imsg *);
const char	*i2s(uint32_t);		/* name of a message type */

/* names.c: what people and programs read for our enums */
const char	*process_name(unsigned int);	/* "session engine 1" */
const char	*auth_name(unsigned int);	/* "mschapv2" */
const char	*penalty_name(unsigned int);	/* enum penalty_reason */
const char	*end_name(unsigned int);	/* enum end_cause, one word */
const char	*end_text(unsigned int);	/* the same in plain words */
const char	*call_state_name(unsigned int);
const char	*mppe_policy_name(unsigned int);
const char	*duplicate_name(unsigned int);
const char	*ppp_phase_name(unsigned int);
const char	*fsm_state_name(unsigned int);

/* event.c: attempts and ends of sessions, as the log has them */
const char	*event_kind_name(unsigned int);
/* Why, for the one who is asked for help; of attempts as of sessions. */
const char	*event_reason(const struct ctl_event *);
/* The line, escaped; returns its length as snprintf(3) does. */
int		 event_format(char *, size_t, const struct ctl_event *);
/*
 * May a line that somebody at that address can cause be logged now?  If so,
 * the number is how many could not since the last one.
 */
int		 event_may_log(struct in_addr, uint64_t now, uint32_t *);

/* event_log.c: into the log, as long as that is not flooded */
void		 event_log(const struct ctl_event *);
void		 event_log_text(struct in_addr, const char *, ...)
		    __attribute__((__format__(printf, 2, 3)));
uint64_t	 event_log_suppressed(void);	/* lines that were not */

/* parse.y */
struct conf	*parse_config(const char *);	/* NULL: errors logged */
const char	*parse_error(void);		/* the first of them */
int		 cmdline_symset(const char *);	/* "macro=value" */
/* This file is part of the configuration, even if it cannot be read. */
void		 parse_reads(const char *);
/* Log and count an error in a file, at a line or 0; it will not be used. */
void		 parse_fail(const char *, int, const char *, ...)
		    __attribute__((__format__(printf, 3, 4)));
/* Log a warning about a line of a file, or 0; the text is made printable. */
void		 parse_warning(const char *, int, const char *, ...)
		    __attribute__((__format__(printf, 3, 4)));

/*
 * legacy.c: the option file of PoPToP, which "option" names in this line of
 * the main file, once all of that is read.  -1 after parse_fail().
 */
int		 legacy_option(struct conf *, const char *file, int line,
		    const char *optionfile);

/* config.c */
struct conf	*config_new(void);		/* with all defaults */
void		 config_free(struct conf *);	/* wipes secrets */
int		 config_check(struct conf *, const char *);
/* The name, which is in the list then, for as long as it is. */
const char	*path_add(struct conf_paths *, const char *);
void		 where_set(struct conf *, struct conf_where *,
		    const char *file, int line);
/* The file, or this one if it is written nowhere. */
const char	*where_file(const struct conf_where *, const char *);
/* A user with all defaults, at the end of the list. */
struct conf_user
		*user_new(struct conf *, const char *file, int line);
/*
 * Forget the secrets of users, which the auth engine has by now.  A digest with
 * a key of this process is left, which tells whether a reload changes one.
 */
void		 config_seal(struct conf *);
int		 user_same_secret(const struct user *sealed,
		    const struct user *);
/* These return what is wrong, without the value, or NULL. */
const char	*user_set_name(struct conf_user *, const char *);
const char	*user_set_password(struct conf_user *, const char *);
const char	*user_set_hash(struct conf_user *, const char *);

/* ranges.c */
int		 addr_unicast(struct in_addr);	/* could be a host's */
size_t		 range_size(const struct addr_range *);
int		 range_parse(const char *, struct range_list *, const char **);
int		 range_has(struct range_list *, struct in_addr);
struct pool	*pool_new(struct conf *, const char *);	/* the last one */
/* These return NULL if there is none. */
struct pool	*pool_by_name(struct conf *, const char *);
struct pool	*pool_having(struct conf *, struct in_addr);	/* in remoteip */
/*
 * The pool that decides about a client's address: which has it, or else that
 * of the user whose own it is.
 */
struct pool	*pool_of(struct conf *, struct in_addr);
struct pool	*pool_of_user(struct conf *, const struct conf_user *);
/*
 * The name of an engine's tun device, "" for any: the first has the one of the
 * configuration, the next ones the numbers that follow.  -1: there is no such.
 */
int		 tun_name(const struct conf *, uint32_t, char[IF_NAMESIZE]);

/* reload.c: what a new configuration changes; fills in what it is about */
void		 reload_diff(struct conf *, struct conf *, struct msg_reload *);
/* -1: nothing that the auth engine says. */
int		 reload_session(const struct msg_reload_session *);
void		 reload_more(const struct msg_reload_end *);
/* Move what only a start can change from the old to the new one. */
void		 reload_keep(struct conf *, struct conf *);
int		 reload_same_local(struct conf *, struct conf *);
int		 reload_same_remote(struct conf *, struct conf *);

/* printconf.c */
void		 print_config(struct conf *);

/* check.c: warnings about a configuration that is valid */
void	 check_file(struct conf *, const char *);	/* is it safe */
void	 check_machine(struct conf *);	/* does it fit this machine */

/*
 * route.c: the parent's routes; tun is the name of the interface of the
 * session engine that asks, and stays where it is.  -1: the request is not one
 * that an engine of ours makes.  1: another engine's session has the address,
 * route_result() follows when that one has ended.
 */
int	 route_add(struct conf *, const char *tun, const struct msg_route *,
	    struct msg_route_result *);
void	 route_result(const struct msg_route_result *);
int	 route_delete(struct conf *, const struct msg_call *);
/* Its engine is gone. */
void	 route_delete_tun(struct conf *, const char *tun);
void	 route_delete_all(void);
void	 route_clean(struct conf *);	/* what one that was killed left */
void	 route_pool(struct conf *, int add);	/* reject unused addresses */

/* control_engine.c, session_engine.c, auth_engine.c: what main() runs */
void	 control_engine(void) __attribute__((__noreturn__));
/* plain: packets one by one; timed: measure how long they take. */
void	 session_engine(uint32_t, int plain, int timed)
	    __attribute__((__noreturn__));
void	 auth_engine(void) __attribute__((__noreturn__));

/* supervisor.c */
/*
 * Runs the parent with these arguments, the engines with these flags.  once:
 * the parent cannot start again.
 */
void	 supervisor(int argc, char *argv[], char *flags, int debug, int once)
	    __attribute__((__noreturn__));
/* The s to wait before a start, after so many ms of service. */
unsigned int
	 restart_delay(unsigned int *, uint64_t service);

/*
 * engines.c: the parent's side of the engines.  Takes the descriptor.  -1: the
 * engine is not there.
 */
int	 parent_send(unsigned int proc, uint32_t, int, const void *, size_t);

/* pptpd.c */
/* Chroot, unveil, uids; what the log and what ps(1) calls the process. */
void	 drop_privileges(const char *name, unsigned int proc);
uint64_t monotonic_ms(void);
