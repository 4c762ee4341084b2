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
 * What the words of pptpd.conf(5) mean.  Whatever is wrong with a value goes
 * to lex_fail(), what is returned then does not matter.
 */

#define COUNT_MAX	MAX_CALL_ID	/* of sessions */

/* Values */
uint32_t	 value_number(const char *, uint32_t min, uint32_t max);
int		 value_yes_no(const char *);
int		 value_host(const char *, struct in_addr *);	/* or -1 */
uint32_t	 value_auth(const char *);		/* an AUTH_* */
uint32_t	 value_duplicate(const char *);		/* a DUPLICATE_* */
struct mppe_mode value_mode(const char *bits, const char *state);

/* Lists that are being read, an item at a time. */
void		 ranges_add(const char *, int first);
void		 ranges_free(void);
void		 modes_add(struct mppe_mode, int first);

/* Where the last token is. */
void		 set_where(struct conf *, struct conf_where *);

/* Settings; set_ranges() and set_encryption() take the list. */
void		 set_servers(struct in_addr[2], const char *, const char *);
void		 set_listen(struct conf *, const char *, const char *port);
void		 set_ranges(struct conf *, struct range_list *,
		    struct conf_where *, const char *keyword);
void		 set_pidfile(struct conf *, const char *);
void		 set_hostname(struct conf *, const char *);
void		 set_tun(struct conf *, const char *);
void		 set_encryption(struct conf *, const char *, int with_modes);
void		 set_penalty(struct conf *, const char *, const char *);
void		 set_path(char **, const char *keyword, const char *);
void		 set_connections(struct conf *, const char *);
void		 set_stimeout(struct conf *, const char *);
void		 set_startups(struct conf *, const char *);

/* A pool, what it has is set as above; set_pool_end() at its end. */
struct pool	*set_pool(struct conf *, const char *);
void		 set_pool_end(struct pool *);

/* A user and what it has; set_user_end() at the end of a block. */
struct conf_user
		*set_user(struct conf *, const char *);
void		 set_user_end(struct conf_user *);
void		 set_user_password(struct conf_user *, const char *);
void		 set_user_hash(struct conf_user *, const char *);
void		 set_user_pool(struct conf_user *, const char *);
void		 set_user_route(struct conf_user *, const char *);
void		 set_user_from(struct conf_user *, const char *);
void		 set_user_expires(struct conf_user *, const char *date,
		    const char *clock);
