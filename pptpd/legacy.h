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

/* Reading the files of PoPToP's helpers, ppp(8) and pppd: legacy*.c only. */

/* A file that was read, for messages in its order. */
struct legacy_file {
	TAILQ_ENTRY(legacy_file)	 entry;
	unsigned int			 number;
	char				 name[];
};

struct legacy_note {
	TAILQ_ENTRY(legacy_note)	 entry;
	const struct legacy_file	*file;
	int				 line;
	char				 text[];
};

/* Where something was found; file is NULL if it was not. */
struct legacy_where {
	const struct legacy_file	*file;
	int				 line;
};

/* A number that an old file sets. */
struct legacy_number {
	struct legacy_where	 where;
	uint32_t		 value;
};

/* The words of a file of pppd's. */
struct legacy_words {
	char	*next;		/* what is to be read */
	int	 held;		/* a character before that */
	int	 line;
	int	 word_line;	/* where the last word began */
	int	 first;		/* it was the first one of a line */
	int	 newline;	/* the next one will be */
};

/* Users by name. */
struct legacy_name {
	RB_ENTRY(legacy_name)	 entry;
	const char		*name;
	int			 imported;
};
RB_HEAD(legacy_names, legacy_name);

/* What the old files say, until all of it is known. */
struct legacy {
	struct conf		*conf;
	struct legacy_where	 option;	/* PoPToP's line */
	const char		*path;		/* of the file it names */
	TAILQ_HEAD(, legacy_file) files;
	TAILQ_HEAD(legacy_notes, legacy_note) notes;
	struct legacy_names	 names;

	uint32_t		 auth;		/* AUTH_*, 0: as by default */
	struct legacy_where	 auth_where;	/* any line about it */
	struct legacy_where	 mppe_where;
	enum mppe_policy	 mppe;
	unsigned int		 nmodes;
	struct mppe_mode	 mode[MPPE_MODES_MAX];
	struct in_addr		 dns[2], nbns[2];
	struct legacy_where	 dns_where, nbns_where;
	struct range_list	 local, remote;
	struct legacy_where	 addr_where;
	struct legacy_where	 hostname_where;
	char			 hostname[64];
	struct legacy_number	 idle, session, mru, mtu, proxy, mss_clamp;
	struct legacy_number	 echo_interval, echo_failures, auth_timeout;
	struct legacy_number	 retry, max_configure, max_failure;
	struct legacy_number	 max_terminate;
};

/* legacy.c */
struct legacy_file
	*legacy_file(struct legacy *, const char *);
/* What a line of an old file did, and what becomes of it now. */
void	 legacy_note(struct legacy *, const struct legacy_where *,
	    const char *, ...) __attribute__((__format__(printf, 3, 4)));
/*
 * A whole text file, to be freed by freezero(3) with its size; NULL: errno.
 * Others must not be able to read secrets.
 */
char	*legacy_read(const char *, int secret, size_t *);
/* This name in the folder of the option file, to be freed. */
char	*legacy_beside(struct legacy *, const char *);
/* Secrets: in the file that was named, or beside the option file. */
char	*legacy_secrets(struct legacy *, const char *named, const char *name,
	    size_t *, const struct legacy_file **);
void	 legacy_number(struct legacy *, const struct legacy_where *,
	    const char *what, const char *, uint32_t, uint32_t,
	    struct legacy_number *);
void	 legacy_server(struct legacy *, const struct legacy_where *,
	    const char *what, const char *, struct in_addr *);
void	 legacy_ranges(struct legacy *, const struct legacy_where *,
	    const char *what, const char *, struct range_list *);
void	 legacy_ranges_free(struct range_list *);
void	 legacy_hostname(struct legacy *, const struct legacy_where *,
	    const char *what, const char *);
void	 legacy_mode(struct legacy *, unsigned int bits, int stateful);
/* 0.0.0.0: an address of the pool. */
void	 legacy_user(struct legacy *, const struct legacy_where *,
	    const char *, const char *, struct in_addr);

/* legacy_ppp.c */
int	 legacy_is_ppp(const char *);
void	 legacy_ppp(struct legacy *, char *);

/* legacy_pppd.c */
void	 legacy_pppd(struct legacy *, char *);
void	 legacy_words_start(struct legacy_words *, char *);
/* The next word, or NULL; it is written over the text. */
char	*legacy_pppd_word(struct legacy_words *);

/* legacy_secrets.c */
void	 legacy_ppp_secret(struct legacy *);
/* Lines for this server, of the named file or the one of this name. */
void	 legacy_chap_secrets(struct legacy *, const char *named,
	    const char *name, const char *server);
int	 legacy_ppp_args(char *, char **, int);	/* as ppp(8) splits a line */
