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
 * How parse.y reads: the files of a configuration and macros as tokens, and
 * what is wrong with them.  Strings last until lex_close().
 */

#define WORD_LEN	8192		/* one string with its NUL */
#define ERRORS_MAX	20		/* then it is hardly a configuration */
#define LEX_STDIN	"stdin"		/* what "-" is called */

/* What a token is, if not a character. */
enum lex_kind {
	LEX_END,			/* there are no more */
	LEX_ERROR = 0x100,		/* nothing that begins a token */
	LEX_WORD,			/* may be a keyword */
	LEX_STRING			/* was in quotes */
};

struct token {
	char	*text;			/* of a word or a string */
	int	 line;			/* where it began */
	int	 first;			/* it began a line */
	int	 failed;		/* lex_fail() has said what is wrong */
};

extern struct token	token;		/* the last one */

int		 lex(void);		/* the next one: enum lex_kind */
/* Start with this file, "-": standard input; -1 after parse_fail(). */
int		 lex_open(const char *);
/* Go on with this file; it may have nothing but users. */
void		 lex_include(const char *, int users_only);
/* Wipe all that was read; macros of the command line stay. */
void		 lex_close(void);
const char	*lex_file(void);	/* that the last token is from */
int		 lex_users_only(void);	/* is it a file of users? */
void		 lex_has_user(void);	/* a user was in it */
/* One with users that others can read, or that they can write, or "". */
const char	*lex_open_to_others(void);
char		*lex_string(const char *);	/* a copy until lex_close() */
int		 lex_macro_set(const char *, const char *);	/* -1: name */
/* As parse_fail() and parse_warning(), at the last token. */
void		 lex_fail(const char *, ...)
		    __attribute__((__format__(printf, 1, 2)));
void		 lex_warning(const char *, ...)
		    __attribute__((__format__(printf, 1, 2)));
unsigned int	 parse_errors(void);	/* since lex_open() */
