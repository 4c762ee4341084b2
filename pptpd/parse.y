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
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "pptpd.h"

#define ERRORS_MAX	20		/* then it is hardly a configuration */
#define INCLUDE_MAX	16		/* files that include each other */
#define TEXT_MAX	(64 << 20)	/* size of one file */
#define WORD_LEN	8192		/* one string with its NUL */
#define STDIN_NAME	"stdin"		/* what "-" is called */
#define PPTP_PORT	1723
#define COUNT_MAX	MAX_CALL_ID	/* of sessions */
#define PENALTY_MAX_TIME (24 * 60 * 60)
#define TIMEOUT_MAX	(366 * 24 * 60 * 60)

/* A file, or the value of a macro, that is being read. */
struct source {
	struct source	*outer;
	char		*name;		/* NULL: a macro */
	char		*text;
	size_t		 len;
	size_t		 pos;
	int		 line;
	int		 users_only;	/* "users" names it */
	int		 has_users;	/* itself or one that it includes */
	int		 open;		/* others can read it */
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

/* The line with PoPToP's "option", for when all is read. */
static const char	*option_path;
static const char	*option_file;
static int		 option_line;

static char		 word[WORD_LEN];
static size_t		 word_len;
static int		 token_line;	/* where the last token began */
static int		 line_start;	/* it ended a line */
static int		 syntax_line;	/* of an error not yet reported */
static char		 syntax_text[256];	/* what was wrong with it */
static const struct keyword
			*statement;	/* that the line begins with, or NULL */
static int		 token_first;	/* the last token began a line */
static int		 token_end;	/* there are no more */
static int		 lexer_failed;	/* the lexer has reported it */

/* Lists that are being read. */
static struct range_list ranges = TAILQ_HEAD_INITIALIZER(ranges);
static struct mppe_mode	 modes[MPPE_MODES_MAX];
static unsigned int	 nmodes;

static struct conf_user	*user;		/* that is being read */
static int		 user_secrets;	/* it should be one */

static int	 yylex(void);
static void	 yyerror(const char *);
static void	 fail(const char *, ...)
		    __attribute__((__format__(printf, 1, 2)));
static void	 warning(const char *, ...)
		    __attribute__((__format__(printf, 1, 2)));
static void	 syntax_error(const char *);
static void	 printable(char *);
static int	 keyword_cmp(const void *, const void *);
static const struct keyword
		*keyword(const char *);
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
static void	 file_push(const char *, int, int);
static int	 file_read(int, char **, size_t *);
static int	 check_secrecy(int, const char *);
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
static int	 network(const char *, struct conf_net *);
static void	 penalty_set(const char *, const char *);
static uint32_t	 duplicate(const char *);
static void	 user_begin(const char *);
static void	 user_end(void);
static void	 user_password(const char *);
static void	 user_hash(const char *);
static void	 user_address(const char *);
static void	 user_route(const char *);
static void	 user_from(const char *);
static void	 user_expires(const char *, const char *);
static void	 path_set(char **, const char *);
static void	 option_set(const char *);
static void	 connections_set(const char *);
static void	 stimeout_set(const char *);
%}

%union {
	char			*string;
	uint32_t		 number;
	struct mppe_mode	 mode;
}

%token	ADDRESS AUTHENTICATION AUTH_TIMEOUT BCRELAY CHAP_SECRETS CONNECTIONS
%token	DEBUG DELEGATE DISABLED DNS DUPLICATE_LOGIN ECHO_INTERVAL ECHO_TIMEOUT
%token	ENCRYPTION EXPIRES FROM HOSTNAME IDLE_TIMEOUT INCLUDE
%token	LCP_ECHO_FAILURES LCP_ECHO_INTERVAL LISTEN LOCALIP LOGWTMP
%token	MAX_CONFIGURE MAX_FAILURE MAX_SESSIONS MAX_TERMINATE MRU MSS_CLAMP
%token	NBNS NOIPPARAM NT_HASH ON OPTION PASSWORD PENALTY PIDFILE PORT PPP
%token	PPP_SECRET PROXY_ARP REMOTEIP REORDER_TIMEOUT RETRY_TIMEOUT ROUTE
%token	SESSION_TIMEOUT SETUP_TIMEOUT SOURCE_SESSIONS SPEED STIMEOUT TUN USER
%token	USERS USER_SESSIONS VRF
%token	ERROR
%token	<string>	STRING
%type	<string>	optaddress optport optstring second value
%type	<number>	method methods optmodes
%type	<mode>		mode

%%

grammar		: /* empty */
		| grammar '\n'
		| grammar INCLUDE STRING '\n'	{ file_push($3, 0, 0); }
		| grammar USERS STRING '\n'	{ file_push($3, 0, 1); }
		| grammar macro '\n'
		| grammar setting '\n' {
			if (this_file()->users_only)
				fail("only users may be in a file of users");
		}
		| grammar user '\n'
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
			conf->set |= SET_AUTHENTICATION;
		}
		| AUTH_TIMEOUT STRING {
			conf->ppp.auth_timeout = number($2, 1, 3600);
			conf->set |= SET_AUTH_TIMEOUT;
		}
		| CHAP_SECRETS STRING	{ path_set(&conf->chap_secrets, $2); }
		| DNS STRING second {
			servers(conf->ppp.dns, $2, $3);
			conf->set |= SET_DNS;
		}
		| DUPLICATE_LOGIN STRING {
			conf->auth.duplicate = duplicate($2);
		}
		| ECHO_INTERVAL STRING {
			conf->pptp.echo_interval = number($2, 1, 3600);
		}
		| ECHO_TIMEOUT STRING {
			conf->pptp.echo_timeout = number($2, 1, 3600);
		}
		| ENCRYPTION STRING optmodes {
			encryption_set($2, $3);
			conf->set |= SET_ENCRYPTION;
		}
		| HOSTNAME STRING {
			hostname_set($2);
			conf->set |= SET_HOSTNAME;
		}
		| IDLE_TIMEOUT STRING {
			conf->ppp.idle_timeout = number($2, 0, TIMEOUT_MAX);
			conf->set |= SET_IDLE_TIMEOUT;
		}
		| LCP_ECHO_FAILURES STRING {
			conf->ppp.echo_failures = number($2, 1, 100);
			conf->set |= SET_LCP_ECHO_FAILURES;
		}
		| LCP_ECHO_INTERVAL STRING {
			conf->ppp.echo_interval = number($2, 0, 3600);
			conf->set |= SET_LCP_ECHO_INTERVAL;
		}
		| LISTEN opton STRING optport	{ listen_add($3, $4); }
		| LOCALIP addresses {
			pool_set(&conf->local, "localip");
			conf->set |= SET_LOCALIP;
		}
		| MAX_CONFIGURE STRING {
			conf->ppp.max_configure = number($2, 1, 100);
			conf->set |= SET_MAX_CONFIGURE;
		}
		| MAX_FAILURE STRING {
			conf->ppp.max_failure = number($2, 1, 100);
			conf->set |= SET_MAX_FAILURE;
		}
		| MAX_SESSIONS STRING {
			conf->pptp.max_sessions = number($2, 1, COUNT_MAX);
			conf->set |= SET_MAX_SESSIONS;
		}
		| MAX_TERMINATE STRING {
			conf->ppp.max_terminate = number($2, 1, 100);
			conf->set |= SET_MAX_TERMINATE;
		}
		| MRU STRING {
			conf->ppp.mru = number($2, 576, 1500);
			conf->set |= SET_MRU;
		}
		| MSS_CLAMP STRING {
			conf->ppp.mss_clamp = yes_no($2);
			conf->set |= SET_MSS_CLAMP;
		}
		| NBNS STRING second {
			servers(conf->ppp.nbns, $2, $3);
			conf->set |= SET_NBNS;
		}
		| PENALTY STRING {
			conf->auth.penalty.enabled = yes_no($2);
		}
		| PENALTY '{' optnl penalties '}' {
			conf->auth.penalty.enabled = 1;
		}
		| PIDFILE STRING	{ pidfile_set($2); }
		| PPP_SECRET STRING	{ path_set(&conf->ppp_secret, $2); }
		| PROXY_ARP STRING {
			conf->proxy_arp = yes_no($2);
			conf->set |= SET_PROXY_ARP;
		}
		| REMOTEIP addresses {
			pool_set(&conf->remote, "remoteip");
			conf->set |= SET_REMOTEIP;
		}
		| REORDER_TIMEOUT STRING {
			conf->ppp.reorder = number($2, 0, 1000);
		}
		| RETRY_TIMEOUT STRING {
			conf->ppp.retry_timeout = number($2, 1, 60);
			conf->set |= SET_RETRY_TIMEOUT;
		}
		| SESSION_TIMEOUT STRING {
			conf->ppp.session_timeout = number($2, 0, TIMEOUT_MAX);
			conf->set |= SET_SESSION_TIMEOUT;
		}
		| SETUP_TIMEOUT STRING {
			conf->pptp.setup_timeout = number($2, 1, 3600);
			conf->set |= SET_SETUP_TIMEOUT;
		}
		| SOURCE_SESSIONS STRING {
			conf->auth.source_sessions = number($2, 0, COUNT_MAX);
		}
		| TUN STRING {
			tun_set($2);
			conf->set |= SET_TUN;
		}
		| USER_SESSIONS STRING {
			conf->auth.user_sessions = number($2, 0, COUNT_MAX);
		}
		| poptop
		;

/* PoPToP has values for all, but does not read each. */
poptop		: BCRELAY STRING {
			warning("bcrelay: PoPToP relayed broadcasts between "
			    "%s and clients; pptpd does not, \"nbns\" names a "
			    "WINS server instead", $2);
		}
		| CONNECTIONS STRING	{ connections_set($2); }
		| DEBUG optstring {
			warning("debug: PoPToP logged more; pptpd does with "
			    "-v, or after \"pptpctl log verbose\"");
		}
		| DELEGATE optstring {
			warning("delegate: PoPToP left addresses to pppd; "
			    "pptpd gives a user's own, or one of remoteip");
			conf->set |= SET_DELEGATE;
		}
		| LOGWTMP optstring {
			warning("logwtmp: PoPToP recorded sessions in wtmp; "
			    "pptpd only logs them, \"pptpctl monitor\" shows "
			    "them as they come and go");
		}
		| NOIPPARAM optstring {
			warning("noipparam: PoPToP kept the client's address "
			    "from the scripts of pppd; pptpd runs no scripts");
		}
		| OPTION STRING		{ option_set($2); }
		| PPP STRING {
			warning("ppp: PoPToP ran %s for PPP; pptpd does PPP "
			    "itself", $2);
		}
		| SPEED STRING {
			warning("speed: PoPToP told pppd a line's speed of "
			    "%s; pptpd has no serial lines", $2);
		}
		| STIMEOUT STRING	{ stimeout_set($2); }
		| VRF STRING {
			warning("vrf: PoPToP served clients in the VRF %s; "
			    "pptpd serves those of where it was started, for "
			    "example by \"ip vrf exec\" or \"route exec\"", $2);
		}
		;

penalties	: penalty comma
		| penalties penalty comma
		;

penalty		: STRING STRING		{ penalty_set($1, $2); }
		;

user		: userstart PASSWORD STRING optaddress {
			user_password($3);
			if ($4 != NULL)
				user_address($4);
		}
		| userstart NT_HASH STRING optaddress {
			user_hash($3);
			if ($4 != NULL)
				user_address($4);
		}
		| userstart '{' userargs '}'	{ user_end(); }
		| userstart '{' userargs error '}' {
			yyerrok;
			syntax_error("syntax error");
		}
		;

userstart	: USER STRING		{ user_begin($2); }
		;

userargs	: /* empty */
		| userargs '\n'
		| userargs userarg optcomma
		| userargs error '\n' {
			yyerrok;
			syntax_error("unknown keyword");
		}
		;

userarg		: ADDRESS STRING	{ user_address($2); }
		| DISABLED		{ user->disabled = 1; }
		| DNS STRING optstring	{ servers(user->dns, $2, $3); }
		| EXPIRES STRING optstring	{ user_expires($2, $3); }
		| FROM STRING		{ user_from($2); }
		| IDLE_TIMEOUT STRING {
			user->idle_timeout = number($2, 0, TIMEOUT_MAX);
		}
		| MAX_SESSIONS STRING {
			user->max_sessions = number($2, 1, COUNT_MAX);
		}
		| NT_HASH STRING	{ user_hash($2); }
		| PASSWORD STRING	{ user_password($2); }
		| ROUTE STRING		{ user_route($2); }
		| SESSION_TIMEOUT STRING {
			user->session_timeout = number($2, 0, TIMEOUT_MAX);
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

optstring	: /* empty */		{ $$ = NULL; }
		| STRING
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

optcomma	: /* empty */
		| ','
		;

comma		: optnl			/* between items, and after the last */
		| ',' optnl
		;

%%

static const struct keyword {
	const char	*name;
	int		 token;
	const char	*args;
} keywords[] = {
	/* sorted */
	{ "address",		ADDRESS,	"address" },
	{ "auth-timeout",	AUTH_TIMEOUT,	"seconds" },
	{ "authentication",	AUTHENTICATION,	"{ method ... }" },
	{ "bcrelay",		BCRELAY,	"interface" },
	{ "chap-secrets",	CHAP_SECRETS,	"file" },
	{ "connections",	CONNECTIONS,	"number" },
	{ "debug",		DEBUG,		NULL },
	{ "delegate",		DELEGATE,	NULL },
	{ "disabled",		DISABLED,	NULL },
	{ "dns",		DNS,		"address [address]" },
	{ "duplicate-login",	DUPLICATE_LOGIN, "policy" },
	{ "echo-interval",	ECHO_INTERVAL,	"seconds" },
	{ "echo-timeout",	ECHO_TIMEOUT,	"seconds" },
	{ "encryption",		ENCRYPTION,	"policy [{ bits state ... }]" },
	{ "expires",		EXPIRES,	"YYYY-MM-DD [hh:mm]" },
	{ "from",		FROM,		"network" },
	{ "hostname",		HOSTNAME,	"name" },
	{ "idle-timeout",	IDLE_TIMEOUT,	"seconds" },
	{ "include",		INCLUDE,	"file" },
	{ "lcp-echo-failures",	LCP_ECHO_FAILURES, "number" },
	{ "lcp-echo-interval",	LCP_ECHO_INTERVAL, "seconds" },
	{ "listen",		LISTEN,		"[on] address [port number]" },
	{ "localip",		LOCALIP,	"addresses" },
	{ "logwtmp",		LOGWTMP,	NULL },
	{ "max-configure",	MAX_CONFIGURE,	"number" },
	{ "max-failure",	MAX_FAILURE,	"number" },
	{ "max-sessions",	MAX_SESSIONS,	"number" },
	{ "max-terminate",	MAX_TERMINATE,	"number" },
	{ "mru",		MRU,		"number" },
	{ "mss-clamp",		MSS_CLAMP,	"yes | no" },
	{ "nbns",		NBNS,		"address [address]" },
	{ "noipparam",		NOIPPARAM,	NULL },
	{ "nt-hash",		NT_HASH,	"hash" },
	{ "on",			ON,		NULL },
	{ "option",		OPTION,		"file" },
	{ "password",		PASSWORD,	"secret" },
	{ "penalty",		PENALTY,	"yes | no | "
						"{ name seconds ... }" },
	{ "pidfile",		PIDFILE,	"file" },
	{ "port",		PORT,		"number" },
	{ "ppp",		PPP,		"file" },
	{ "ppp-secret",		PPP_SECRET,	"file" },
	{ "proxy-arp",		PROXY_ARP,	"yes | no" },
	{ "remoteip",		REMOTEIP,	"addresses" },
	{ "reorder-timeout",	REORDER_TIMEOUT, "milliseconds" },
	{ "retry-timeout",	RETRY_TIMEOUT,	"seconds" },
	{ "route",		ROUTE,		"network/length" },
	{ "session-timeout",	SESSION_TIMEOUT, "seconds" },
	{ "setup-timeout",	SETUP_TIMEOUT,	"seconds" },
	{ "source-sessions",	SOURCE_SESSIONS, "number" },
	{ "speed",		SPEED,		"number" },
	{ "stimeout",		STIMEOUT,	"seconds" },
	{ "tun",		TUN,		"interface" },
	{ "user",		USER,		"name password secret "
						"[address address], or name "
						"{ password secret ... }" },
	{ "user-sessions",	USER_SESSIONS,	"number" },
	{ "users",		USERS,		"file" },
	{ "vrf",		VRF,		"name" }
};

static int
keyword_cmp(const void *name, const void *k)
{
	return (strcmp(name, ((const struct keyword *)k)->name));
}

static const struct keyword *
keyword(const char *name)
{
	return (bsearch(name, keywords, sizeof(keywords) / sizeof(keywords[0]),
	    sizeof(keywords[0]), keyword_cmp));
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

/* The configuration will be used all the same.  line may be 0. */
void
parse_warning(const char *file, int line, const char *fmt, ...)
{
	va_list	ap;
	char	buf[512];

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	printable(buf);
	if (line > 0)
		log_warnx("%s:%d: warning: %s", file, line, buf);
	else
		log_warnx("%s: warning: %s", file, buf);
}

static void
warning(const char *fmt, ...)
{
	va_list	ap;
	char	buf[512];

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	parse_warning(this_file()->name, token_line, "%s", buf);
}

/* The parser calls this before the rule with "error" knows what it was. */
static void
yyerror(const char *msg)
{
	if (syntax_line != 0)
		return;
	syntax_line = token_line;
	syntax_text[0] = '\0';
	if (token_end)
		(void)strlcpy(syntax_text, "the file ends within a block",
		    sizeof(syntax_text));
	else if (statement == NULL)
		;		/* the rule with "error" says it */
	else if (token_first)
		(void)snprintf(syntax_text, sizeof(syntax_text),
		    "\"%s\" cannot be here", statement->name);
	else
		(void)snprintf(syntax_text, sizeof(syntax_text),
		    "syntax error, expected: %s%s%s", statement->name,
		    statement->args == NULL ? "" : " ",
		    statement->args == NULL ? "" : statement->args);
}

static void
syntax_error(const char *msg)
{
	if (!lexer_failed)
		parse_fail(this_file()->name, syntax_line, "%s",
		    syntax_text[0] == '\0' ? msg : syntax_text);
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
	s->users_only = source != NULL && source->users_only;
	s->outer = source;
	source = s;
}

static void
source_pop(void)
{
	struct source	*s = source;

	source = s->outer;
	if (s->open && s->has_users && open_to_others[0] == '\0')
		(void)strlcpy(open_to_others, s->name, sizeof(open_to_others));
	freezero(s->text, s->len);
	free(s->name);
	free(s);
}

/* The file of the command line, an included one, or one of users only. */
static void
file_push(const char *name, int top, int users_only)
{
	struct source	*s;
	char		*text;
	size_t		 len, in, out;
	int		 depth = 0, fd = STDIN_FILENO, others = 0;

	for (s = source; s != NULL; s = s->outer)
		if (s->name != NULL && ++depth == INCLUDE_MAX) {
			fail("too many files include each other");
			return;
		}

	if (top && strcmp(name, "-") == 0)
		name = STDIN_NAME;
	else if ((fd = open(name, O_RDONLY | O_CLOEXEC)) != -1)
		others = check_secrecy(fd, name);
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
	source->open = others;
	if (users_only)
		source->users_only = 1;
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

/*
 * May others than its owner, root or we, read it?  One that they may even
 * write is bad wherever the users are.
 */
static int
check_secrecy(int fd, const char *name)
{
	struct stat	st;

	if (fstat(fd, &st) == -1 ||
	    (st.st_uid != 0 && st.st_uid != getuid()) ||
	    st.st_mode & (S_IWGRP | S_IWOTH)) {
		if (open_to_others[0] == '\0')
			(void)strlcpy(open_to_others, name,
			    sizeof(open_to_others));
		return (1);
	}
	return ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0);
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
	token_end = token_first = 0;
	if (errors >= ERRORS_MAX)
		return (0);

	switch (c) {
	case EOF:
		/* The last line need not have an end. */
		if (!line_start) {
			line_start = 1;
			return ('\n');
		}
		if (source->outer == NULL) {
			token_end = 1;
			return (0);
		}
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

	token_first = line_start;
	line_start = 0;
	if (token_first)
		statement = NULL;
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
	const struct keyword	*k;

	while (word_char(peek()))
		if (word_add(take()) == -1)
			return (lex_error("string too long"));
	if (word_len == 0) {
		take();
		return (ERROR);
	}
	if ((k = keyword(word)) == NULL) {
		yylval.string = string_new(word);
		return (STRING);
	}
	if (token_first)
		statement = k;
	return (k->token);
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

/* Without a length it is a single address. */
static int
network(const char *s, struct conf_net *net)
{
	const char	*slash, *errstr;
	char		 addr[INET_ADDRSTRLEN];
	uint32_t	 mask;

	net->prefixlen = 32;
	if ((slash = strchr(s, '/')) == NULL)
		return (address(s, &net->addr));
	net->prefixlen = strtonum(slash + 1, 0, 32, &errstr);
	if (errstr != NULL || (size_t)(slash - s) >= sizeof(addr)) {
		fail("\"%s\" is not an IPv4 network", s);
		return (-1);
	}
	memcpy(addr, s, slash - s);
	addr[slash - s] = '\0';
	if (address(addr, &net->addr) == -1)
		return (-1);
	mask = net->prefixlen == 0 ? 0 : 0xffffffffU << (32 - net->prefixlen);
	if (ntohl(net->addr.s_addr) & ~mask) {
		fail("%s: the address has bits beyond the prefix length", s);
		return (-1);
	}
	return (0);
}

static void
penalty_set(const char *name, const char *value)
{
	struct conf_penalty	*p = &conf->auth.penalty;

	if (strcmp(name, "authfail") == 0)
		p->authfail = number(value, 0, PENALTY_MAX_TIME);
	else if (strcmp(name, "noauth") == 0)
		p->noauth = number(value, 0, PENALTY_MAX_TIME);
	else if (strcmp(name, "protocol") == 0)
		p->protocol = number(value, 0, PENALTY_MAX_TIME);
	else if (strcmp(name, "min") == 0)
		p->min = number(value, 0, PENALTY_MAX_TIME);
	else if (strcmp(name, "max") == 0)
		p->max = number(value, 1, PENALTY_MAX_TIME);
	else
		fail("\"%s\" is none of authfail, noauth, protocol, min, max",
		    name);
}

static uint32_t
duplicate(const char *name)
{
	uint32_t	i;

	for (i = DUPLICATE_ALLOW; i <= DUPLICATE_PROBE; i++)
		if (strcmp(name, duplicate_name(i)) == 0)
			return (i);
	fail("\"%s\" is none of allow, deny, replace, probe", name);
	return (DUPLICATE_ALLOW);
}

static void
user_begin(const char *name)
{
	struct source	*s;
	const char	*why;

	user = user_new(conf);
	user_secrets = 0;
	if ((why = user_set_name(user, name)) != NULL)
		fail("%s", why);

	/* Up to "users", who reads a file knows them. */
	for (s = source; s != NULL; s = s->outer) {
		s->has_users = 1;
		if (s->users_only && s->outer != NULL && !s->outer->users_only)
			break;
	}
}

/* The end of a block. */
static void
user_end(void)
{
	if (user_secrets == 0)
		fail("user \"%s\" has neither password nor nt-hash",
		    user->name);
}

static void
user_password(const char *password)
{
	const char	*why;

	if (user_secrets++ > 0)
		fail("user \"%s\" has more than one password or nt-hash",
		    user->name);
	if (password[0] == '\0')
		warning("the password of user \"%s\" is empty", user->name);
	if ((why = user_set_password(user, password)) != NULL)
		fail("%s", why);
}

static void
user_hash(const char *hash)
{
	const char	*why;

	if (user_secrets++ > 0)
		fail("user \"%s\" has more than one password or nt-hash",
		    user->name);
	if ((why = user_set_hash(user, hash)) != NULL)
		fail("%s", why);
}

static void
user_address(const char *addr)
{
	(void)unicast_address(addr, &user->address);
}

static void
user_route(const char *s)
{
	struct conf_net	net;
	struct in_addr	last;

	if (network(s, &net) == -1)
		return;
	/* The default route would take this host from the network. */
	last.s_addr = net.prefixlen == 0 ? 0 : net.addr.s_addr |
	    htonl((uint32_t)(0xffffffffULL >> net.prefixlen));
	if (!addr_unicast(net.addr) || !addr_unicast(last))
		fail("%s is not a network of hosts", s);
	else if (user->nroutes == USER_ROUTES_MAX)
		fail("user \"%s\" has more than %d routes", user->name,
		    USER_ROUTES_MAX);
	else
		user->route[user->nroutes++] = net;
}

static void
user_from(const char *s)
{
	struct conf_net	net;

	if (network(s, &net) == -1)
		return;
	if (user->nfrom == USER_FROM_MAX)
		fail("user \"%s\" has more than %d networks to call from",
		    user->name, USER_FROM_MAX);
	else
		user->from[user->nfrom++] = net;
}

/* Local time, as on the clock of the one who writes it. */
static void
user_expires(const char *date, const char *clock)
{
	struct tm	 tm, check;
	const char	*p;
	time_t		 t;

	memset(&tm, 0, sizeof(tm));
	p = strptime(date, "%Y-%m-%d", &tm);
	if (p == NULL || *p != '\0' || tm.tm_year < 100 ||
	    tm.tm_year > 8099) {
		fail("\"%s\" is not a date, YYYY-MM-DD", date);
		return;
	}
	if (clock != NULL) {
		p = strptime(clock, "%H:%M", &tm);
		if (p == NULL || *p != '\0') {
			fail("\"%s\" is not a time, hh:mm", clock);
			return;
		}
	}
	/* 31 February becomes March. */
	check = tm;
	(void)timegm(&check);
	tm.tm_isdst = -1;
	if (check.tm_mday != tm.tm_mday || (t = mktime(&tm)) == -1) {
		fail("there is no %s", date);
		return;
	}
	user->expires = t;
}

static void
path_set(char **dst, const char *path)
{
	free(*dst);
	if (path[0] == '\0')
		fail("file name is empty");
	if ((*dst = strdup(path)) == NULL)
		fatal("strdup");
}

/* As with PoPToP, the first one counts. */
static void
option_set(const char *path)
{
	if (option_path != NULL) {
		warning("option ignored, the first one counts");
		return;
	}
	option_path = path;
	option_file = string_new(this_file()->name);
	option_line = token_line;
}

static void
connections_set(const char *n)
{
	uint32_t	max;

	max = number(n, 1, COUNT_MAX);
	if (conf->set & SET_MAX_SESSIONS)
		warning("connections ignored, the first one or max-sessions "
		    "counts");
	else
		conf->pptp.max_sessions = max;
	conf->set |= SET_MAX_SESSIONS;
}

static void
stimeout_set(const char *s)
{
	uint32_t	timeout;

	timeout = number(s, 1, 3600);
	if (conf->set & SET_SETUP_TIMEOUT)
		warning("stimeout ignored, the first one or setup-timeout "
		    "counts");
	else
		conf->pptp.setup_timeout = timeout;
	conf->set |= SET_SETUP_TIMEOUT;
}

struct conf *
parse_config(const char *file)
{
	struct macro	*m, *tmp;
	struct conf	*ret;

	tzset();		/* now, later it could not be read */
	errors = 0;
	first_error[0] = '\0';
	open_to_others[0] = '\0';
	option_path = NULL;
	statement = NULL;
	syntax_line = lexer_failed = 0;
	line_start = 1;
	conf = config_new();

	file_push(file, 1, 0);
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
	if (errors == 0 && option_path != NULL)
		(void)legacy_option(conf, option_file, option_line,
		    option_path);
	else if (option_path == NULL &&
	    (conf->ppp_secret != NULL || conf->chap_secrets != NULL))
		parse_warning(file, 0, "%s is without effect, there is no "
		    "option", conf->ppp_secret != NULL ? "ppp-secret" :
		    "chap-secrets");
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
