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
 * The grammar of pptpd.conf(5).  PoPToP's keywords are read as PoPToP reads
 * them, without quotes.  Files are read whole; every string of a parse lives
 * until its end, so no rule frees anything, whatever error may follow.
 * Passwords never appear in a message.
 */

%{
#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <ctype.h>
#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <imsg.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "mschap.h"
#include "pptpd.h"

#define ERRORS_MAX	20		/* then it is hardly a configuration */
#define INCLUDE_MAX	16		/* files that include each other */
#define TEXT_MAX	(64 << 20)	/* size of one file */
#define WORD_LEN	8192		/* one string with its NUL */
#define STDIN_NAME	"stdin"		/* what "-" is called */
#define PPTP_PORT	1723

/* A file, or the value of a macro, that is being read. */
struct source {
	struct source	*outer;
	char		*name;		/* NULL: a macro */
	char		*text;
	size_t		 len;
	size_t		 pos;
	int		 line;
};

/* A string that the lexer handed to the grammar. */
struct string {
	SLIST_ENTRY(string)	 entry;
	size_t			 size;	/* of all this */
	char			 text[];
};

struct macro {
	TAILQ_ENTRY(macro)	 entry;
	char			*name;
	char			*value;
	int			 persist;	/* from the command line */
};

static SLIST_HEAD(, string)	 strings = SLIST_HEAD_INITIALIZER(strings);
static TAILQ_HEAD(, macro)	 macros = TAILQ_HEAD_INITIALIZER(macros);

static struct conf	*conf;
static struct source	*source;	/* the innermost */
static int		 errors;
static char		 first_error[256];
static char		 open_to_others[1024];	/* a file of mode 0644, say */

static char		 word[WORD_LEN];
static size_t		 word_len;
static int		 token_line;	/* where the last token began */
static int		 line_start;	/* it ended a line */
static int		 syntax_line;	/* of an error not yet reported */
static int		 lexer_failed;	/* the lexer has reported it */

/* Lists that are being read. */
static struct range_list ranges = TAILQ_HEAD_INITIALIZER(ranges);
static struct mppe_mode	 modes[MPPE_MODES_MAX];
static unsigned int	 nmodes;

static int	 yylex(void);
static void	 yyerror(const char *);
static void	 fail(const char *, ...)
		    __attribute__((__format__(printf, 1, 2)));
static void	 warning(const char *, ...)
		    __attribute__((__format__(printf, 1, 2)));
static void	 syntax_error(const char *);
static void	 printable(char *);
static int	 keyword_cmp(const void *, const void *);
static int	 keyword(const char *);
static int	 peek(void);
static int	 take(void);
static int	 lex_quoted(void);
static int	 lex_macro(void);
static int	 lex_word(void);
static int	 lex_error(const char *);
static int	 word_char(int);
static int	 word_add(int);
static char	*string_new(const char *);
static void	 strings_free(void);
static const struct source
		*this_file(void);
static void	 source_push(const char *, char *, size_t);
static void	 source_pop(void);
static void	 file_push(const char *, int);
static int	 file_read(int, char **, size_t *);
static void	 check_secrecy(int, const char *);
static int	 macro_name_ok(const char *);
static int	 macro_set(const char *, const char *, int);
static void	 macro_free(struct macro *);
static const char
		*macro_get(const char *);

static uint32_t	 number(const char *, uint32_t, uint32_t);
static int	 yes_no(const char *);
static int	 address(const char *, struct in_addr *);
static int	 unicast_address(const char *, struct in_addr *);
static void	 servers(struct in_addr[2], const char *, const char *);
static void	 listen_add(const char *, const char *);
static void	 ranges_add(const char *, int);
static void	 ranges_free(void);
static void	 pool_set(struct range_list *, const char *);
static void	 pidfile_set(const char *);
static void	 hostname_set(const char *);
static void	 tun_set(const char *);
static uint32_t	 auth_method(const char *);
static struct mppe_mode
		 mode(const char *, const char *);
static void	 modes_add(struct mppe_mode, int);
static void	 encryption_set(const char *, int);
static void	 user_add(const char *, const char *, const char *,
		    const char *);
%}

%union {
	char			*string;
	uint32_t		 number;
	struct mppe_mode	 mode;
}

%token	ADDRESS AUTHENTICATION AUTH_TIMEOUT DNS ECHO_INTERVAL ECHO_TIMEOUT
%token	ENCRYPTION HOSTNAME INCLUDE LCP_ECHO_FAILURES LCP_ECHO_INTERVAL LISTEN
%token	LOCALIP MAX_CONFIGURE MAX_FAILURE MAX_SESSIONS MAX_TERMINATE MRU
%token	MSS_CLAMP NBNS NT_HASH ON PASSWORD PIDFILE PORT REMOTEIP
%token	REORDER_TIMEOUT RETRY_TIMEOUT SETUP_TIMEOUT TUN USER
%token	ERROR
%token	<string>	STRING
%type	<string>	optaddress optport second value
%type	<number>	method methods optmodes
%type	<mode>		mode

%%

grammar		: /* empty */
		| grammar '\n'
		| grammar INCLUDE STRING '\n'	{ file_push($3, 0); }
		| grammar macro '\n'
		| grammar setting '\n'
		| grammar STRING error '\n' {
			yyerrok;
			syntax_error("unknown keyword");
		}
		| grammar error '\n' {
			yyerrok;
			syntax_error("syntax error");
		}
		;

macro		: STRING '=' value {
			if (!macro_name_ok($1))
				fail("a macro's name has letters, digits and "
				    "underscores only");
			else if (macro_set($1, $3, 0) == -1)
				fatal("macro_set");
		}
		;

value		: STRING
		| value STRING {
			char	buf[WORD_LEN];

			$$ = $1;
			if ((size_t)snprintf(buf, sizeof(buf), "%s %s", $1,
			    $2) < sizeof(buf))
				$$ = string_new(buf);
			else
				fail("string too long");
			explicit_bzero(buf, sizeof(buf));
		}
		;

setting		: AUTHENTICATION '{' optnl methods '}' {
			conf->ppp.auth = $4;
		}
		| AUTH_TIMEOUT STRING {
			conf->ppp.auth_timeout = number($2, 1, 3600);
		}
		| DNS STRING second	{ servers(conf->ppp.dns, $2, $3); }
		| ECHO_INTERVAL STRING {
			conf->pptp.echo_interval = number($2, 1, 3600);
		}
		| ECHO_TIMEOUT STRING {
			conf->pptp.echo_timeout = number($2, 1, 3600);
		}
		| ENCRYPTION STRING optmodes	{ encryption_set($2, $3); }
		| HOSTNAME STRING	{ hostname_set($2); }
		| LCP_ECHO_FAILURES STRING {
			conf->ppp.echo_failures = number($2, 1, 100);
		}
		| LCP_ECHO_INTERVAL STRING {
			conf->ppp.echo_interval = number($2, 0, 3600);
		}
		| LISTEN opton STRING optport	{ listen_add($3, $4); }
		| LOCALIP addresses	{ pool_set(&conf->local, "localip"); }
		| MAX_CONFIGURE STRING {
			conf->ppp.max_configure = number($2, 1, 100);
		}
		| MAX_FAILURE STRING {
			conf->ppp.max_failure = number($2, 1, 100);
		}
		| MAX_SESSIONS STRING {
			conf->pptp.max_sessions = number($2, 1, MAX_CALL_ID);
		}
		| MAX_TERMINATE STRING {
			conf->ppp.max_terminate = number($2, 1, 100);
		}
		| MRU STRING {
			conf->ppp.mru = number($2, 576, 1500);
		}
		| MSS_CLAMP STRING	{ conf->ppp.mss_clamp = yes_no($2); }
		| NBNS STRING second	{ servers(conf->ppp.nbns, $2, $3); }
		| PIDFILE STRING	{ pidfile_set($2); }
		| REMOTEIP addresses	{ pool_set(&conf->remote, "remoteip"); }
		| REORDER_TIMEOUT STRING {
			conf->ppp.reorder = number($2, 0, 1000);
		}
		| RETRY_TIMEOUT STRING {
			conf->ppp.retry_timeout = number($2, 1, 60);
		}
		| SETUP_TIMEOUT STRING {
			conf->pptp.setup_timeout = number($2, 1, 3600);
		}
		| TUN STRING		{ tun_set($2); }
		| USER STRING PASSWORD STRING optaddress {
			user_add($2, $4, NULL, $5);
		}
		| USER STRING NT_HASH STRING optaddress {
			user_add($2, NULL, $4, $5);
		}
		;

opton		: /* empty */
		| ON
		;

optport		: /* empty */		{ $$ = NULL; }
		| PORT STRING		{ $$ = $2; }
		;

optaddress	: /* empty */		{ $$ = NULL; }
		| ADDRESS STRING	{ $$ = $2; }
		;

second		: /* empty */		{ $$ = NULL; }
		| STRING
		| ',' STRING		{ $$ = $2; }
		;

addresses	: STRING		{ ranges_add($1, 1); }
		| addresses ',' STRING	{ ranges_add($3, 0); }
		;

methods		: method comma
		| methods method comma {
			if ($1 & $2)
				fail("authentication method listed twice");
			$$ = $1 | $2;
		}
		;

method		: STRING		{ $$ = auth_method($1); }
		;

optmodes	: /* empty */		{ $$ = 0; }
		| '{' optnl modes '}'	{ $$ = 1; }
		;

modes		: mode comma		{ modes_add($1, 1); }
		| modes mode comma	{ modes_add($2, 0); }
		;

mode		: STRING STRING		{ $$ = mode($1, $2); }
		;

optnl		: /* empty */
		| optnl '\n'
		;

comma		: optnl			/* between items, and after the last */
		| ',' optnl
		;

%%

static const struct keyword {
	const char	*name;
	int		 token;
} keywords[] = {
	/* sorted */
	{ "address",		ADDRESS },
	{ "auth-timeout",	AUTH_TIMEOUT },
	{ "authentication",	AUTHENTICATION },
	{ "dns",		DNS },
	{ "echo-interval",	ECHO_INTERVAL },
	{ "echo-timeout",	ECHO_TIMEOUT },
	{ "encryption",		ENCRYPTION },
	{ "hostname",		HOSTNAME },
	{ "include",		INCLUDE },
	{ "lcp-echo-failures",	LCP_ECHO_FAILURES },
	{ "lcp-echo-interval",	LCP_ECHO_INTERVAL },
	{ "listen",		LISTEN },
	{ "localip",		LOCALIP },
	{ "max-configure",	MAX_CONFIGURE },
	{ "max-failure",	MAX_FAILURE },
	{ "max-sessions",	MAX_SESSIONS },
	{ "max-terminate",	MAX_TERMINATE },
	{ "mru",		MRU },
	{ "mss-clamp",		MSS_CLAMP },
	{ "nbns",		NBNS },
	{ "nt-hash",		NT_HASH },
	{ "on",			ON },
	{ "password",		PASSWORD },
	{ "pidfile",		PIDFILE },
	{ "port",		PORT },
	{ "remoteip",		REMOTEIP },
	{ "reorder-timeout",	REORDER_TIMEOUT },
	{ "retry-timeout",	RETRY_TIMEOUT },
	{ "setup-timeout",	SETUP_TIMEOUT },
	{ "tun",		TUN },
	{ "user",		USER }
};

static int
keyword_cmp(const void *name, const void *k)
{
	return (strcmp(name, ((const struct keyword *)k)->name));
}

static int
keyword(const char *name)
{
	const struct keyword	*k;

	k = bsearch(name, keywords, sizeof(keywords) / sizeof(keywords[0]),
	    sizeof(keywords[0]), keyword_cmp);
	return (k == NULL ? STRING : k->token);
}

/* What goes wrong */

static void
printable(char *s)
{
	for (; *s != '\0'; s++)
		if (iscntrl((unsigned char)*s))
			*s = '?';
}

/* An error: the configuration will not be used.  line may be 0. */
void
parse_fail(const char *file, int line, const char *fmt, ...)
{
	va_list	ap;
	size_t	len;
	char	buf[512];

	if (line > 0)
		(void)snprintf(buf, sizeof(buf), "%s:%d: ", file, line);
	else
		(void)snprintf(buf, sizeof(buf), "%s: ", file);
	len = strlen(buf);
	va_start(ap, fmt);
	(void)vsnprintf(buf + len, sizeof(buf) - len, fmt, ap);
	va_end(ap);
	printable(buf);
	log_warnx("%s", buf);
	if (errors++ == 0)
		(void)strlcpy(first_error, buf, sizeof(first_error));
}

const char *
parse_error(void)
{
	return (first_error);
}

static void
fail(const char *fmt, ...)
{
	va_list	ap;
	char	buf[512];

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	parse_fail(this_file()->name, token_line, "%s", buf);
}

static void
warning(const char *fmt, ...)
{
	va_list	ap;
	char	buf[512];

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	printable(buf);
	log_warnx("%s:%d: warning: %s", this_file()->name, token_line, buf);
}

/* The parser calls this before the rule with "error" knows what it was. */
static void
yyerror(const char *msg)
{
	if (syntax_line == 0)
		syntax_line = token_line;
}

static void
syntax_error(const char *msg)
{
	if (!lexer_failed)
		parse_fail(this_file()->name, syntax_line, "%s", msg);
	lexer_failed = 0;
	syntax_line = 0;
}

/* What is read */

static const struct source *
this_file(void)
{
	const struct source	*s;

	for (s = source; s->name == NULL; s = s->outer)
		;
	return (s);
}

/* text is taken over. */
static void
source_push(const char *name, char *text, size_t len)
{
	struct source	*s;

	if ((s = calloc(1, sizeof(*s))) == NULL ||
	    (name != NULL && (s->name = strdup(name)) == NULL))
		fatal("source_push");
	s->text = text;
	s->len = len;
	s->line = 1;
	s->outer = source;
	source = s;
}

static void
source_pop(void)
{
	struct source	*s = source;

	source = s->outer;
	freezero(s->text, s->len);
	free(s->name);
	free(s);
}

/* The file of the command line, or an included one. */
static void
file_push(const char *name, int top)
{
	struct source	*s;
	char		*text;
	size_t		 len, in, out;
	int		 depth = 0, fd = STDIN_FILENO;

	for (s = source; s != NULL; s = s->outer)
		if (s->name != NULL && ++depth == INCLUDE_MAX) {
			fail("too many files include each other");
			return;
		}

	if (top && strcmp(name, "-") == 0)
		name = STDIN_NAME;
	else if ((fd = open(name, O_RDONLY | O_CLOEXEC)) != -1)
		check_secrecy(fd, name);
	if (fd == -1 || file_read(fd, &text, &len) == -1) {
		if (top)
			parse_fail(name, 0, "%s", strerror(errno));
		else
			fail("%s: %s", name, strerror(errno));
		if (fd != -1 && fd != STDIN_FILENO)
			close(fd);
		return;
	}
	if (fd != STDIN_FILENO)
		close(fd);

	if (memchr(text, '\0', len) != NULL) {
		parse_fail(name, 0, "not a text file");
		freezero(text, len);
		return;
	}
	/* Lines may end as in DOS. */
	for (in = out = 0; in < len; in++)
		if (text[in] != '\r' || in + 1 == len || text[in + 1] != '\n')
			text[out++] = text[in];
	explicit_bzero(text + out, len - out);
	source_push(name, text, out);
}

static int
file_read(int fd, char **text, size_t *len)
{
	char	*p, *buf = NULL;
	size_t	 used = 0, size = 0;
	ssize_t	 n;

	for (;;) {
		if (used == size) {
			if (size == TEXT_MAX) {
				errno = EFBIG;
				break;
			}
			n = size == 0 ? BUFSIZ : size * 2;
			if (n > TEXT_MAX)
				n = TEXT_MAX;
			/* It may hold passwords: leave no copies. */
			if ((p = recallocarray(buf, size, n, 1)) == NULL)
				break;
			buf = p;
			size = n;
		}
		if ((n = read(fd, buf + used, size - used)) == -1) {
			if (errno == EINTR)
				continue;
			break;
		}
		if (n == 0) {
			*text = buf;
			*len = used;
			return (0);
		}
		used += n;
	}
	freezero(buf, size);
	return (-1);
}

/* Remember a file that others than its owner, root or we, can get at. */
static void
check_secrecy(int fd, const char *name)
{
	struct stat	st;

	if (open_to_others[0] != '\0')
		return;
	if (fstat(fd, &st) == -1 ||
	    (st.st_uid != 0 && st.st_uid != getuid()) ||
	    st.st_mode & (S_IRWXG | S_IRWXO))
		(void)strlcpy(open_to_others, name, sizeof(open_to_others));
}

/* The next character, EOF at the end of a file; a macro's end goes unseen. */
static int
peek(void)
{
	for (;;) {
		if (source->pos == source->len) {
			if (source->name != NULL)
				return (EOF);
			source_pop();
		} else if (source->text[source->pos] == '\\' &&
		    source->pos + 1 < source->len &&
		    source->text[source->pos + 1] == '\n') {
			source->pos += 2;
			source->line++;
		} else
			return ((unsigned char)source->text[source->pos]);
	}
}

static int
take(void)
{
	int	c;

	if ((c = peek()) != EOF) {
		source->pos++;
		if (c == '\n')
			source->line++;
	}
	return (c);
}

static int
yylex(void)
{
	int	c;

 again:
	while ((c = peek()) == ' ' || c == '\t')
		take();
	token_line = this_file()->line;
	word_len = 0;
	if (errors >= ERRORS_MAX)
		return (0);

	switch (c) {
	case EOF:
		/* The last line need not have an end. */
		if (!line_start) {
			line_start = 1;
			return ('\n');
		}
		if (source->outer == NULL)
			return (0);
		source_pop();
		goto again;
	case '\n':
		take();
		line_start = 1;
		return ('\n');
	case '#':
		/* A comment ends with the line, even after a backslash. */
		while (source->pos < source->len &&
		    source->text[source->pos] != '\n')
			source->pos++;
		goto again;
	}

	line_start = 0;
	switch (c) {
	case '{':
	case '}':
	case ',':
	case '=':
		return (take());
	case '"':
	case '\'':
		return (lex_quoted());
	case '$':
		/* Values of macros are not expanded again. */
		if (source->name == NULL)
			break;
		if (lex_macro() == ERROR)
			return (ERROR);
		goto again;
	}
	return (lex_word());
}

static int
lex_error(const char *msg)
{
	fail("%s", msg);
	lexer_failed = 1;
	return (ERROR);
}

static int
word_add(int c)
{
	if (word_len >= sizeof(word) - 1)
		return (-1);
	word[word_len++] = c;
	word[word_len] = '\0';
	return (0);
}

/*
 * A backslash hides the closing quote, another backslash and the end of the
 * line; before anything else, as in DOMAIN\user, it means itself.
 */
static int
lex_quoted(void)
{
	int	c, quote;

	quote = take();
	word[0] = '\0';
	while (source->pos < source->len) {
		c = (unsigned char)source->text[source->pos];
		if (c == '\n')
			break;
		source->pos++;
		if (c == quote) {
			yylval.string = string_new(word);
			return (STRING);
		}
		if (c == '\\' && source->pos < source->len) {
			switch (source->text[source->pos]) {
			case '\n':
				source->pos++;
				source->line++;
				continue;
			case '\\':
			case '"':
			case '\'':
				if (source->text[source->pos] == '\\' ||
				    source->text[source->pos] == quote)
					c = source->text[source->pos++];
				break;
			}
		}
		if (word_add(c) == -1)
			return (lex_error("string too long"));
	}
	return (lex_error("quotation mark without its partner"));
}

/* Go on reading with the value of the macro. */
static int
lex_macro(void)
{
	const char	*value;
	char		*text;

	take();
	word[0] = '\0';
	while (isalnum(peek()) || peek() == '_')
		if (word_add(take()) == -1)
			return (lex_error("string too long"));
	/* Not even its name: it may be a password that needs quotes. */
	if ((value = macro_get(word)) == NULL)
		return (lex_error("macro is not defined"));
	if ((text = strdup(value)) == NULL)
		fatal("strdup");
	source_push(NULL, text, strlen(text));
	return (0);
}

/* May be part of an unquoted word: UTF-8 and most of ASCII. */
static int
word_char(int c)
{
	return (c != EOF && (c >= 0x80 || isgraph(c)) &&
	    strchr("{}(),=!\"'", c) == NULL);
}

static int
lex_word(void)
{
	int	token;

	while (word_char(peek()))
		if (word_add(take()) == -1)
			return (lex_error("string too long"));
	if (word_len == 0) {
		take();
		return (ERROR);
	}
	if ((token = keyword(word)) == STRING)
		yylval.string = string_new(word);
	return (token);
}

static char *
string_new(const char *text)
{
	struct string	*s;
	size_t		 size;

	size = strlen(text) + 1;
	if ((s = calloc(1, sizeof(*s) + size)) == NULL)
		fatal("string_new");
	s->size = sizeof(*s) + size;
	memcpy(s->text, text, size);
	SLIST_INSERT_HEAD(&strings, s, entry);
	return (s->text);
}

static void
strings_free(void)
{
	struct string	*s;

	while ((s = SLIST_FIRST(&strings)) != NULL) {
		SLIST_REMOVE_HEAD(&strings, entry);
		freezero(s, s->size);
	}
	explicit_bzero(word, sizeof(word));
}

/* Macros */

static int
macro_name_ok(const char *name)
{
	if (*name == '\0')
		return (0);
	for (; *name != '\0'; name++)
		if (!isalnum((unsigned char)*name) && *name != '_')
			return (0);
	return (1);
}

static int
macro_set(const char *name, const char *value, int persist)
{
	struct macro	*m;

	TAILQ_FOREACH(m, &macros, entry)
		if (strcmp(m->name, name) == 0)
			break;
	if (m != NULL) {
		/* The command line wins over the file. */
		if (m->persist && !persist)
			return (0);
		TAILQ_REMOVE(&macros, m, entry);
		macro_free(m);
	}
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return (-1);
	m->persist = persist;
	if ((m->name = strdup(name)) == NULL ||
	    (m->value = strdup(value)) == NULL) {
		macro_free(m);
		return (-1);
	}
	TAILQ_INSERT_TAIL(&macros, m, entry);
	return (0);
}

static const char *
macro_get(const char *name)
{
	struct macro	*m;

	TAILQ_FOREACH(m, &macros, entry)
		if (strcmp(m->name, name) == 0)
			return (m->value);
	return (NULL);
}

static void
macro_free(struct macro *m)
{
	if (m->value != NULL)
		freezero(m->value, strlen(m->value));
	free(m->name);
	free(m);
}

int
cmdline_symset(const char *arg)
{
	const char	*value;
	char		*name;
	int		 ret = -1;

	if ((value = strchr(arg, '=')) == NULL)
		return (-1);
	if ((name = strndup(arg, value - arg)) == NULL)
		return (-1);
	if (macro_name_ok(name))
		ret = macro_set(name, value + 1, 1);
	free(name);
	return (ret);
}

/* What the settings mean */

static uint32_t
number(const char *s, uint32_t min, uint32_t max)
{
	const char	*errstr;
	uint32_t	 n;

	n = strtonum(s, min, max, &errstr);
	if (errstr != NULL)
		fail("\"%s\" is %s, must be %u to %u", s,
		    strcmp(errstr, "invalid") == 0 ? "not a number" : errstr,
		    min, max);
	return (n);
}

static int
yes_no(const char *s)
{
	if (strcmp(s, "yes") == 0)
		return (1);
	if (strcmp(s, "no") != 0)
		fail("\"%s\" is neither yes nor no", s);
	return (0);
}

static int
address(const char *s, struct in_addr *addr)
{
	if (inet_pton(AF_INET, s, addr) == 1)
		return (0);
	fail("\"%s\" is not an IPv4 address", s);
	return (-1);
}

/* One that a host can have. */
static int
unicast_address(const char *s, struct in_addr *addr)
{
	if (address(s, addr) == -1)
		return (-1);
	if (addr_unicast(*addr))
		return (0);
	fail("%s is not the address of a host", s);
	return (-1);
}

static void
servers(struct in_addr server[2], const char *first, const char *next)
{
	memset(server, 0, 2 * sizeof(*server));
	(void)unicast_address(first, &server[0]);
	if (next != NULL)
		(void)unicast_address(next, &server[1]);
}

static void
listen_add(const char *addr, const char *port)
{
	struct listener	*l, *new;

	if ((new = calloc(1, sizeof(*new))) == NULL)
		fatal("listen_add");
	new->fd = -1;
	new->addr.sin_family = AF_INET;
	new->addr.sin_port = htons(port == NULL ? PPTP_PORT :
	    number(port, 1, 65535));
	if (address(addr, &new->addr.sin_addr) == -1 ||
	    new->addr.sin_port == 0) {
		free(new);
		return;
	}
	if (IN_MULTICAST(ntohl(new->addr.sin_addr.s_addr)) ||
	    new->addr.sin_addr.s_addr == htonl(INADDR_BROADCAST))
		fail("cannot listen on %s", addr);
	TAILQ_FOREACH(l, &conf->listeners, entry) {
		/*
		 * GRE belongs to an address, whatever the port: with a
		 * wildcard each packet would come twice.
		 */
		if (l->addr.sin_addr.s_addr != new->addr.sin_addr.s_addr &&
		    (l->addr.sin_addr.s_addr == htonl(INADDR_ANY) ||
		    new->addr.sin_addr.s_addr == htonl(INADDR_ANY)))
			fail("0.0.0.0 and other addresses exclude each other");
		else if (l->addr.sin_addr.s_addr ==
		    new->addr.sin_addr.s_addr &&
		    l->addr.sin_port == new->addr.sin_port)
			fail("listen on %s port %u is there already", addr,
			    ntohs(l->addr.sin_port));
		else
			continue;
		break;
	}
	TAILQ_INSERT_TAIL(&conf->listeners, new, entry);
}

static void
ranges_add(const char *list, int first)
{
	const char	*errstr;

	if (first)
		ranges_free();
	if (range_parse(list, &ranges, &errstr) == -1) {
		fail("%s", errstr);
		ranges_free();
	}
}

static void
ranges_free(void)
{
	struct range	*r;

	while ((r = TAILQ_FIRST(&ranges)) != NULL) {
		TAILQ_REMOVE(&ranges, r, entry);
		free(r);
	}
}

/* As with PoPToP, the first one counts. */
static void
pool_set(struct range_list *list, const char *name)
{
	if (!TAILQ_EMPTY(list))
		warning("%s ignored, the first one counts", name);
	else
		TAILQ_CONCAT(list, &ranges, entry);
}

static void
pidfile_set(const char *path)
{
	if (conf->pidfile != NULL)
		warning("pidfile ignored, the first one counts");
	else if (path[0] != '/')
		fail("pidfile must begin with a slash");
	else if ((conf->pidfile = strdup(path)) == NULL)
		fatal("strdup");
}

static void
hostname_set(const char *name)
{
	const char	*p;

	for (p = name; isgraph((unsigned char)*p); p++)
		;
	if (name[0] == '\0' || *p != '\0')
		fail("hostname must be of printable ASCII without blanks");
	else if (strlcpy(conf->ppp.hostname, name,
	    sizeof(conf->ppp.hostname)) >= sizeof(conf->ppp.hostname))
		fail("hostname is longer than %zu characters",
		    sizeof(conf->ppp.hostname) - 1);
}

/* The name may become that of a file in /dev. */
static void
tun_set(const char *name)
{
	const char	*p;

	if (strcmp(name, "any") == 0)
		name = "";
	for (p = name; isalnum((unsigned char)*p); p++)
		;
	if (*p != '\0' || strlcpy(conf->tun, name, sizeof(conf->tun)) >=
	    sizeof(conf->tun))
		fail("\"%s\" is not the name of an interface", name);
}

static uint32_t
auth_method(const char *name)
{
	if (strcmp(name, "mschapv2") == 0)
		return (AUTH_MSCHAPV2);
	if (strcmp(name, "mschap") == 0)
		return (AUTH_MSCHAP);
	if (strcmp(name, "chap-md5") == 0)
		return (AUTH_CHAP_MD5);
	if (strcmp(name, "pap") == 0)
		return (AUTH_PAP);
	fail("\"%s\" is none of mschapv2, mschap, chap-md5, pap", name);
	return (0);
}

static struct mppe_mode
mode(const char *bits, const char *state)
{
	struct mppe_mode	m;

	memset(&m, 0, sizeof(m));
	if (strcmp(bits, "128") == 0)
		m.bits = 128;
	else if (strcmp(bits, "56") == 0)
		m.bits = 56;
	else if (strcmp(bits, "40") == 0)
		m.bits = 40;
	else
		fail("\"%s\" is none of 128, 56, 40", bits);
	if (strcmp(state, "stateful") == 0)
		m.stateful = 1;
	else if (strcmp(state, "stateless") != 0)
		fail("\"%s\" is neither stateless nor stateful", state);
	return (m);
}

static void
modes_add(struct mppe_mode m, int first)
{
	unsigned int	i;

	if (first)
		nmodes = 0;
	for (i = 0; i < nmodes; i++)
		if (modes[i].bits == m.bits &&
		    modes[i].stateful == m.stateful) {
			fail("%u %s listed twice", m.bits,
			    m.stateful ? "stateful" : "stateless");
			return;
		}
	/* There are no more different ones than fit, but for wrong ones. */
	if (nmodes < MPPE_MODES_MAX)
		modes[nmodes++] = m;
}

static void
encryption_set(const char *policy, int with_modes)
{
	struct conf	*defaults;
	unsigned int	 i;

	for (i = MPPE_REQUIRE; i <= MPPE_NEVER; i++)
		if (strcmp(policy, mppe_policy_name(i)) == 0)
			break;
	if (i > MPPE_NEVER) {
		fail("\"%s\" is none of require, allow, never", policy);
		return;
	}
	if (i == MPPE_NEVER && with_modes) {
		fail("encryption never takes no list");
		return;
	}
	conf->ppp.mppe_policy = i;
	if (i == MPPE_NEVER)
		conf->ppp.mppe_nmodes = 0;
	else if (with_modes) {
		memcpy(conf->ppp.mppe_mode, modes, sizeof(modes));
		conf->ppp.mppe_nmodes = nmodes;
	} else {
		defaults = config_new();
		memcpy(conf->ppp.mppe_mode, defaults->ppp.mppe_mode,
		    sizeof(conf->ppp.mppe_mode));
		conf->ppp.mppe_nmodes = defaults->ppp.mppe_nmodes;
		config_free(defaults);
	}
}

/* Either password or nt_hash is NULL. */
static void
user_add(const char *name, const char *password, const char *nt_hash,
    const char *addr)
{
	struct user	*u;
	const char	*p;
	unsigned int	 i, byte;

	if ((u = calloc(1, sizeof(*u))) == NULL)
		fatal("user_add");
	TAILQ_INSERT_TAIL(&conf->users, u, entry);

	for (p = name; *p != '\0' && !iscntrl((unsigned char)*p); p++)
		;
	if (name[0] == '\0' || *p != '\0')
		fail("user name is empty or has control characters");
	else if (strlcpy(u->user.name, name, sizeof(u->user.name)) >=
	    sizeof(u->user.name))
		fail("user name is longer than %d octets", USER_LEN - 1);

	if (password != NULL) {
		u->user.has_password = 1;
		if (password[0] == '\0')
			warning("the password of user \"%s\" is empty", name);
		if (strlcpy(u->user.password, password,
		    sizeof(u->user.password)) >= sizeof(u->user.password))
			fail("password is longer than %d octets",
			    PASSWORD_LEN - 1);
		else if (nt_password_hash(password, u->user.nt_hash) == -1)
			fail("password is not UTF-8");
	} else {
		for (p = nt_hash; isxdigit((unsigned char)*p); p++)
			;
		if (*p != '\0' || p - nt_hash != 2 * NT_HASH_LEN) {
			fail("nt-hash must be of %d hexadecimal digits",
			    2 * NT_HASH_LEN);
			return;
		}
		for (i = 0; i < NT_HASH_LEN; i++) {
			(void)sscanf(nt_hash + 2 * i, "%2x", &byte);
			u->user.nt_hash[i] = byte;
		}
	}
	if (addr != NULL)
		(void)unicast_address(addr, &u->user.address);
}

struct conf *
parse_config(const char *file)
{
	struct macro	*m, *tmp;
	struct conf	*ret;

	errors = 0;
	first_error[0] = '\0';
	open_to_others[0] = '\0';
	syntax_line = lexer_failed = 0;
	line_start = 1;
	conf = config_new();

	file_push(file, 1);
	if (strcmp(file, "-") == 0)
		file = STDIN_NAME;
	if (source != NULL) {
		if (yyparse() != 0 && errors == 0 && syntax_line == 0)
			fatalx("parser out of memory");
		/* An error that the end of the file cut short. */
		if (syntax_line != 0)
			syntax_error("syntax error");
		if (errors >= ERRORS_MAX)
			fail("too many errors");
	}
	while (source != NULL)
		source_pop();
	ranges_free();
	strings_free();
	TAILQ_FOREACH_SAFE(m, &macros, entry, tmp) {
		if (m->persist)
			continue;
		TAILQ_REMOVE(&macros, m, entry);
		macro_free(m);
	}

	if (!TAILQ_EMPTY(&conf->users) && open_to_others[0] != '\0')
		parse_fail(open_to_others, 0, "with users in the "
		    "configuration, the file must be of mode 0600 and owned "
		    "by root");
	if (errors == 0)
		(void)config_check(conf, file);
	if (errors > 0) {
		config_free(conf);
		conf = NULL;
	}
	ret = conf;
	conf = NULL;
	return (ret);
}
