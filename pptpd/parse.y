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
 * The grammar of pptpd.conf(5); lex.c reads the words.  PoPToP's keywords are
 * read as PoPToP reads them, without quotes.
 */

%{
#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <ctype.h>
#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lex.h"
#include "log.h"
#include "pptpd.h"

#define PPTP_PORT	1723
#define COUNT_MAX	MAX_CALL_ID	/* of sessions */
#define PENALTY_MAX_TIME (24 * 60 * 60)
#define TIMEOUT_MAX	(366 * 24 * 60 * 60)

static struct conf	*conf;

/* The line with PoPToP's "option", for when all is read. */
static const char	*option_path;
static const char	*option_file;
static int		 option_line;

static int		 at_end;	/* the last token was the end */
static int		 lexer_failed;	/* the lexer has reported it */
static int		 syntax_line;	/* of an error not yet reported */
static char		 syntax_text[256];	/* what was wrong with it */
static const struct keyword
			*statement;	/* that the line begins with, or NULL */

/* Lists that are being read. */
static struct range_list ranges = TAILQ_HEAD_INITIALIZER(ranges);
static struct mppe_mode	 modes[MPPE_MODES_MAX];
static unsigned int	 nmodes;

static struct conf_user	*user;		/* that is being read */
static int		 user_secrets;	/* it should be one */

static int	 yylex(void);
static void	 yyerror(const char *);
static void	 syntax_error(const char *);
static int	 keyword_cmp(const void *, const void *);
static const struct keyword
		*keyword(const char *);

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
		| grammar INCLUDE STRING '\n'	{ lex_include($3, 0); }
		| grammar USERS STRING '\n'	{ lex_include($3, 1); }
		| grammar macro '\n'
		| grammar setting '\n' {
			if (lex_users_only())
				lex_fail("only users may be in a file of "
				    "users");
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
			if (lex_macro_set($1, $3) == -1)
				lex_fail("a macro's name has letters, digits "
				    "and underscores only");
		}
		;

value		: STRING
		| value STRING {
			char	buf[WORD_LEN];

			$$ = $1;
			if ((size_t)snprintf(buf, sizeof(buf), "%s %s", $1,
			    $2) < sizeof(buf))
				$$ = lex_string(buf);
			else
				lex_fail("string too long");
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
			lex_warning("bcrelay: PoPToP relayed broadcasts "
			    "between %s and clients; pptpd does not, \"nbns\" "
			    "names a WINS server instead", $2);
		}
		| CONNECTIONS STRING	{ connections_set($2); }
		| DEBUG optstring {
			lex_warning("debug: PoPToP logged more; pptpd does "
			    "with -v, or after \"pptpctl log verbose\"");
		}
		| DELEGATE optstring {
			lex_warning("delegate: PoPToP left addresses to pppd; "
			    "pptpd gives a user's own, or one of remoteip");
			conf->set |= SET_DELEGATE;
		}
		| LOGWTMP optstring {
			lex_warning("logwtmp: PoPToP recorded sessions in "
			    "wtmp; pptpd only logs them, \"pptpctl monitor\" "
			    "shows them as they come and go");
		}
		| NOIPPARAM optstring {
			lex_warning("noipparam: PoPToP kept the client's "
			    "address from the scripts of pppd; pptpd runs no "
			    "scripts");
		}
		| OPTION STRING		{ option_set($2); }
		| PPP STRING {
			lex_warning("ppp: PoPToP ran %s for PPP; pptpd does "
			    "PPP itself", $2);
		}
		| SPEED STRING {
			lex_warning("speed: PoPToP told pppd a line's speed of "
			    "%s; pptpd has no serial lines", $2);
		}
		| STIMEOUT STRING	{ stimeout_set($2); }
		| VRF STRING {
			lex_warning("vrf: PoPToP served clients in the VRF %s; "
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
				lex_fail("authentication method listed twice");
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

static int
yylex(void)
{
	const struct keyword	*k;
	int			 c;

	c = lex();
	at_end = c == LEX_END && parse_errors() < ERRORS_MAX;
	if (token.failed)
		lexer_failed = 1;
	if (token.first)
		statement = NULL;
	switch (c) {
	case LEX_END:
		return (0);
	case LEX_ERROR:
		return (ERROR);
	case LEX_WORD:
		if ((k = keyword(token.text)) != NULL) {
			if (token.first)
				statement = k;
			return (k->token);
		}
		/* FALLTHROUGH */
	case LEX_STRING:
		yylval.string = token.text;
		return (STRING);
	default:
		return (c);
	}
}

/* The parser calls this before the rule with "error" knows what it was. */
static void
yyerror(const char *msg)
{
	if (syntax_line != 0)
		return;
	syntax_line = token.line;
	syntax_text[0] = '\0';
	if (at_end)
		(void)strlcpy(syntax_text, "the file ends within a block",
		    sizeof(syntax_text));
	else if (statement == NULL)
		;		/* the rule with "error" says it */
	else if (token.first)
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
		parse_fail(lex_file(), syntax_line, "%s",
		    syntax_text[0] == '\0' ? msg : syntax_text);
	lexer_failed = 0;
	syntax_line = 0;
}

/* What the settings mean */

static uint32_t
number(const char *s, uint32_t min, uint32_t max)
{
	const char	*errstr;
	uint32_t	 n;

	n = strtonum(s, min, max, &errstr);
	if (errstr != NULL)
		lex_fail("\"%s\" is %s, must be %u to %u", s,
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
		lex_fail("\"%s\" is neither yes nor no", s);
	return (0);
}

static int
address(const char *s, struct in_addr *addr)
{
	if (inet_pton(AF_INET, s, addr) == 1)
		return (0);
	lex_fail("\"%s\" is not an IPv4 address", s);
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
	lex_fail("%s is not the address of a host", s);
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
		lex_fail("cannot listen on %s", addr);
	TAILQ_FOREACH(l, &conf->listeners, entry) {
		/*
		 * GRE belongs to an address, whatever the port: with a
		 * wildcard each packet would come twice.
		 */
		if (l->addr.sin_addr.s_addr != new->addr.sin_addr.s_addr &&
		    (l->addr.sin_addr.s_addr == htonl(INADDR_ANY) ||
		    new->addr.sin_addr.s_addr == htonl(INADDR_ANY)))
			lex_fail("0.0.0.0 and other addresses exclude each "
			    "other");
		else if (l->addr.sin_addr.s_addr ==
		    new->addr.sin_addr.s_addr &&
		    l->addr.sin_port == new->addr.sin_port)
			lex_fail("listen on %s port %u is there already", addr,
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
		lex_fail("%s", errstr);
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
		lex_warning("%s ignored, the first one counts", name);
	else
		TAILQ_CONCAT(list, &ranges, entry);
}

static void
pidfile_set(const char *path)
{
	if (conf->pidfile != NULL)
		lex_warning("pidfile ignored, the first one counts");
	else if (path[0] != '/')
		lex_fail("pidfile must begin with a slash");
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
		lex_fail("hostname must be of printable ASCII without blanks");
	else if (strlcpy(conf->ppp.hostname, name,
	    sizeof(conf->ppp.hostname)) >= sizeof(conf->ppp.hostname))
		lex_fail("hostname is longer than %zu characters",
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
		lex_fail("\"%s\" is not the name of an interface", name);
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
	lex_fail("\"%s\" is none of mschapv2, mschap, chap-md5, pap", name);
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
		lex_fail("\"%s\" is none of 128, 56, 40", bits);
	if (strcmp(state, "stateful") == 0)
		m.stateful = 1;
	else if (strcmp(state, "stateless") != 0)
		lex_fail("\"%s\" is neither stateless nor stateful", state);
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
			lex_fail("%u %s listed twice", m.bits,
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
		lex_fail("\"%s\" is none of require, allow, never", policy);
		return;
	}
	if (i == MPPE_NEVER && with_modes) {
		lex_fail("encryption never takes no list");
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
		lex_fail("\"%s\" is not an IPv4 network", s);
		return (-1);
	}
	memcpy(addr, s, slash - s);
	addr[slash - s] = '\0';
	if (address(addr, &net->addr) == -1)
		return (-1);
	mask = net->prefixlen == 0 ? 0 : 0xffffffffU << (32 - net->prefixlen);
	if (ntohl(net->addr.s_addr) & ~mask) {
		lex_fail("%s: the address has bits beyond the prefix length",
		    s);
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
		lex_fail("\"%s\" is none of authfail, noauth, protocol, "
		    "min, max", name);
}

static uint32_t
duplicate(const char *name)
{
	uint32_t	i;

	for (i = DUPLICATE_ALLOW; i <= DUPLICATE_PROBE; i++)
		if (strcmp(name, duplicate_name(i)) == 0)
			return (i);
	lex_fail("\"%s\" is none of allow, deny, replace, probe", name);
	return (DUPLICATE_ALLOW);
}

static void
user_begin(const char *name)
{
	const char	*why;

	user = user_new(conf);
	user_secrets = 0;
	if ((why = user_set_name(user, name)) != NULL)
		lex_fail("%s", why);
	lex_has_user();
}

/* The end of a block. */
static void
user_end(void)
{
	if (user_secrets == 0)
		lex_fail("user \"%s\" has neither password nor nt-hash",
		    user->name);
}

static void
user_password(const char *password)
{
	const char	*why;

	if (user_secrets++ > 0)
		lex_fail("user \"%s\" has more than one password or nt-hash",
		    user->name);
	if (password[0] == '\0')
		lex_warning("the password of user \"%s\" is empty", user->name);
	if ((why = user_set_password(user, password)) != NULL)
		lex_fail("%s", why);
}

static void
user_hash(const char *hash)
{
	const char	*why;

	if (user_secrets++ > 0)
		lex_fail("user \"%s\" has more than one password or nt-hash",
		    user->name);
	if ((why = user_set_hash(user, hash)) != NULL)
		lex_fail("%s", why);
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
		lex_fail("%s is not a network of hosts", s);
	else if (user->nroutes == USER_ROUTES_MAX)
		lex_fail("user \"%s\" has more than %d routes", user->name,
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
		lex_fail("user \"%s\" has more than %d networks to call from",
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
		lex_fail("\"%s\" is not a date, YYYY-MM-DD", date);
		return;
	}
	if (clock != NULL) {
		p = strptime(clock, "%H:%M", &tm);
		if (p == NULL || *p != '\0') {
			lex_fail("\"%s\" is not a time, hh:mm", clock);
			return;
		}
	}
	/* 31 February becomes March. */
	check = tm;
	(void)timegm(&check);
	tm.tm_isdst = -1;
	if (check.tm_mday != tm.tm_mday || (t = mktime(&tm)) == -1) {
		lex_fail("there is no %s", date);
		return;
	}
	user->expires = t;
}

static void
path_set(char **dst, const char *path)
{
	free(*dst);
	if (path[0] == '\0')
		lex_fail("file name is empty");
	if ((*dst = strdup(path)) == NULL)
		fatal("strdup");
}

/* As with PoPToP, the first one counts. */
static void
option_set(const char *path)
{
	if (option_path != NULL) {
		lex_warning("option ignored, the first one counts");
		return;
	}
	option_path = path;
	option_file = lex_string(lex_file());
	option_line = token.line;
}

static void
connections_set(const char *n)
{
	uint32_t	max;

	max = number(n, 1, COUNT_MAX);
	if (conf->set & SET_MAX_SESSIONS)
		lex_warning("connections ignored, the first one or "
		    "max-sessions counts");
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
		lex_warning("stimeout ignored, the first one or setup-timeout "
		    "counts");
	else
		conf->pptp.setup_timeout = timeout;
	conf->set |= SET_SETUP_TIMEOUT;
}

struct conf *
parse_config(const char *file)
{
	struct conf	*ret;

	tzset();		/* now, later it could not be read */
	option_path = NULL;
	statement = NULL;
	syntax_line = lexer_failed = 0;
	conf = config_new();

	if (lex_open(file) == 0) {
		if (yyparse() != 0 && parse_errors() == 0 && syntax_line == 0)
			fatalx("parser out of memory");
		/* An error that the end of the file cut short. */
		if (syntax_line != 0)
			syntax_error("syntax error");
		if (parse_errors() >= ERRORS_MAX)
			lex_fail("too many errors");
	}
	if (strcmp(file, "-") == 0)
		file = LEX_STDIN;
	if (parse_errors() == 0 && option_path != NULL)
		(void)legacy_option(conf, option_file, option_line,
		    option_path);
	else if (option_path == NULL &&
	    (conf->ppp_secret != NULL || conf->chap_secrets != NULL))
		parse_warning(file, 0, "%s is without effect, there is no "
		    "option", conf->ppp_secret != NULL ? "ppp-secret" :
		    "chap-secrets");
	ranges_free();
	lex_close();

	if (!TAILQ_EMPTY(&conf->users) && lex_open_to_others()[0] != '\0')
		parse_fail(lex_open_to_others(), 0, "with users in the "
		    "configuration, the file must be of mode 0600 and owned "
		    "by root");
	if (parse_errors() == 0)
		(void)config_check(conf, file);
	if (parse_errors() > 0) {
		config_free(conf);
		conf = NULL;
	}
	ret = conf;
	conf = NULL;
	return (ret);
}
