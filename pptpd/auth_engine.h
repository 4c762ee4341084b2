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

/* What the files of the auth engine share. */

/* What the session engine was asked about a session in another's way. */
enum login_asked {
	LOGIN_NOTHING,
	LOGIN_END,		/* it ends */
	LOGIN_PROBE,		/* it ends unless its client answers */
	LOGIN_ALIVE		/* the client did */
};

/* What comes with a login besides the address; as in struct conf_user. */
struct grant {
	uint32_t	 idle_timeout;
	uint32_t	 session_timeout;
	struct in_addr	 dns[2];
	uint32_t	 nroutes;
	struct conf_net	 route[USER_ROUTES_MAX];
};

/* A call that is being, or has been, authenticated. */
struct login {
	RB_ENTRY(login)	 by_address;
	RB_ENTRY(login)	 by_user;
	TAILQ_ENTRY(login) entry;	/* of those that are held back */
	char		*user;		/* who proved to be it, or NULL */
	uint64_t	 number;	/* in the order they were let in, or 0 */
	enum login_asked asked;
	uint32_t	 attempt;	/* the session engine's number of it */
	struct msg_auth_verdict *held;	/* until others have ended, or NULL */
	uint32_t	 answered;	/* method of the last response */
	struct in_addr	 peer;		/* outer address */
	uint32_t	 call_id;
	uint32_t	 serial;
	uint32_t	 method;	/* of the challenge that is out, 0: none */
	uint32_t	 len;
	uint8_t		 challenge[CHAP_VALUE_MAX];
	struct in_addr	 address;	/* held for it, 0.0.0.0: none */
	struct in_addr	 local;		/* our end of its link */
	uint8_t		 fixed;		/* the user's own address */
	struct grant	 grant;		/* if it is in */
};

/* users.c: names and secrets */
void	 users_begin(void);		/* a new configuration begins */
void	 users_add(const struct conf_user *);
void	 users_commit(void);		/* it replaces the old one */
/*
 * The user that a client's name stands for, "DOMAIN\" ignored where there is
 * none with it.  Never NULL: for a name that nobody has, a user whose secret
 * nobody knows, and *known is 0.
 */
const struct conf_user *users_find(const char *, int *known);
const struct conf_user *users_nobody(void);	/* that user */
/* Is this the address of some user's own? */
int	 users_own(struct in_addr);
/* May the user call from this outer address? */
int	 users_from(const struct conf_user *, struct in_addr);

/* verify.c: is the answer to a challenge right? */
/*
 * Checks m against the login's challenge and the user.  Returns 1 or 0 and
 * fills in the verdict's text and keys.
 */
int	 verify(struct login *, const struct msg_auth_response *,
	    const struct conf_user *, struct msg_auth_verdict *);

/*
 * What a refused client is told: without the right password the same whatever
 * the reason, so cause must be a plain failure then.
 */
void	 verify_failure(uint32_t method, enum end_cause, char *, size_t);

/* pool.c: addresses for clients.  A pool is known by its name. */
void	 pools_begin(void);		/* a new configuration begins */
void	 pools_new(const struct conf_pool *);
void	 pools_add(int local, const struct addr_range *);
void	 pools_commit(void);		/* it replaces the old one */
const struct conf_pool *pool_conf(const char *);
/*
 * Give the login an address: that one, or for INADDR_ANY the one of the pool
 * that its user had last if it is free, or else the lowest free.
 * Returns -1 if there is none, or not that one; it then keeps what it has.
 */
int	 pool_take(struct login *, const char *, struct in_addr, int fixed);
int	 pool_has(const char *, struct in_addr);
/* Our end of the link to an address, for one in no pool as in this one. */
struct in_addr pool_local(const char *, struct in_addr);
void	 pool_release(struct login *);
