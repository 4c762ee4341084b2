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

/* ppp.conf of ppp(8): legacy_ppp*.c only.  Include after legacy.h. */

#define PPP_ARGS_MAX	40		/* of a command, as in ppp(8) */
#define PPP_DEPTH_MAX	16		/* files that include each other */
#define PPP_FILES_MAX	256		/* that are included */

struct ppp_label;
TAILQ_HEAD(ppp_labels, ppp_label);

struct ppp {
	struct legacy		*l;
	const struct legacy_where *where;	/* of the label pptp */
	struct ppp_labels	 labels;
	char			*text[PPP_FILES_MAX]; /* of all files */
	size_t			 size[PPP_FILES_MAX];
	unsigned int		 ntexts;
	const struct legacy_file *open[PPP_DEPTH_MAX];
	uint32_t		 auth;		/* enabled, AUTH_* */
	struct legacy_where	 auth_where[4];	/* by bit */
	int			 mppe_set, mppe_required;
	int			 mppe_enabled, mppe_accepted;
	int			 mppe_stateful;
	unsigned int		 mppe_bits;	/* 0: any */
	struct legacy_where	 mppe_where;	/* of set mppe, if there is */
	int			 no_compression;
	int			 dns_accepted;
	struct legacy_where	 dns_where;	/* of that */
	struct legacy_number	 echo_period;
	int			 echo;
	struct legacy_where	 echo_where;
};

/* legacy_ppp.c: run a label.  -1: there is none, -2: it is running. */
int	 legacy_ppp_load(struct ppp *, const char *);

/* legacy_ppp_run.c */
void	 legacy_ppp_run(struct ppp *, const struct legacy_where *, char **,
	    int);
void	 legacy_ppp_finish(struct ppp *);	/* all commands were run */
