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
#include "settings.h"

static struct conf	*conf;
static struct pool	*pool;		/* that is being read */
static struct conf_user	*user;		/* that is being read */

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

static int	 yylex(void);
static void	 yyerror(const char *);
static void	 syntax_error(const char *);
static void	 option_set(const char *);
static int	 keyword_cmp(const void *, const void *);
static const struct keyword
		*keyword(const char *);

%}

%union {
	char			*string;
	uint32_t		 number;
	struct mppe_mode	 mode;
}

%token	ADDRESS AUTHENTICATION AUTH_TIMEOUT BCRELAY CHAP_SECRETS CONNECTIONS
%token	CONNECTION_CALLS MAX_STARTUPS NET_STARTUPS SOURCE_STARTUPS START_TIMEOUT
%token	DEBUG DELEGATE DISABLED DNS DUPLICATE_LOGIN ECHO_INTERVAL ECHO_TIMEOUT
%token	ENCRYPTION ENGINES EXPIRES FROM HOSTNAME IDLE_TIMEOUT INCLUDE
%token	LCP_ECHO_FAILURES LCP_ECHO_INTERVAL LINK_OUTPUT LISTEN LOCALIP LOGWTMP
%token	MAX_CONFIGURE MAX_FAILURE MAX_SESSIONS MAX_TERMINATE MRU MSS_CLAMP
%token	NBNS NOIPPARAM NT_HASH ON OPTION PASSWORD PENALTY PIDFILE POOL PORT
%token	PPP PPP_SECRET PROXY_ARP RELOAD_DROP REMOTEIP REORDER_TIMEOUT
%token	RETRY_TIMEOUT ROUTE
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
		| grammar pool '\n' {
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
			set_where(conf, &conf->mppe_where);
		}
		| AUTH_TIMEOUT STRING {
			conf->ppp.auth_timeout = value_number($2, 1, 3600);
			conf->set |= SET_AUTH_TIMEOUT;
		}
		| CHAP_SECRETS STRING {
			set_path(&conf->chap_secrets, "chap-secrets", $2);
		}
		| CONNECTION_CALLS STRING {
			conf->pptp.connection_calls =
			    value_number($2, 1, COUNT_MAX);
		}
		| DNS STRING second {
			set_servers(conf->ppp.dns, $2, $3);
			conf->set |= SET_DNS;
		}
		| DUPLICATE_LOGIN STRING {
			conf->auth.duplicate = value_duplicate($2);
		}
		| ECHO_INTERVAL STRING {
			conf->pptp.echo_interval = value_number($2, 1, 3600);
		}
		| ECHO_TIMEOUT STRING {
			conf->pptp.echo_timeout = value_number($2, 1, 3600);
		}
		| ENCRYPTION STRING optmodes {
			set_encryption(conf, $2, $3);
			conf->set |= SET_ENCRYPTION;
		}
		| ENGINES STRING {
			conf->pptp.engines =
			    value_number($2, 1, ENGINES_MAX);
			set_where(conf, &conf->tun_where);
		}
		| HOSTNAME STRING {
			set_hostname(conf, $2);
			conf->set |= SET_HOSTNAME;
		}
		| IDLE_TIMEOUT STRING {
			conf->ppp.idle_timeout =
			    value_number($2, 0, TIMEOUT_MAX);
			conf->set |= SET_IDLE_TIMEOUT;
		}
		| LCP_ECHO_FAILURES STRING {
			conf->ppp.echo_failures = value_number($2, 1, 100);
			conf->set |= SET_LCP_ECHO_FAILURES;
		}
		| LCP_ECHO_INTERVAL STRING {
			conf->ppp.echo_interval = value_number($2, 0, 3600);
			conf->set |= SET_LCP_ECHO_INTERVAL;
		}
		| LINK_OUTPUT STRING {
			conf->link_output = value_yes_no($2);
		}
		| LISTEN opton STRING optport	{ set_listen(conf, $3, $4); }
		| LOCALIP addresses {
			set_ranges(conf, &conf->pool->local,
			    &conf->pool->local_where, "localip");
			conf->set |= SET_LOCALIP;
		}
		| MAX_CONFIGURE STRING {
			conf->ppp.max_configure = value_number($2, 1, 100);
			conf->set |= SET_MAX_CONFIGURE;
		}
		| MAX_FAILURE STRING {
			conf->ppp.max_failure = value_number($2, 1, 100);
			conf->set |= SET_MAX_FAILURE;
		}
		| MAX_SESSIONS STRING {
			conf->pptp.max_sessions =
			    value_number($2, 1, COUNT_MAX);
			conf->set |= SET_MAX_SESSIONS;
			set_where(conf, &conf->sessions_where);
		}
		| MAX_STARTUPS STRING	{ set_startups(conf, $2); }
		| MAX_TERMINATE STRING {
			conf->ppp.max_terminate = value_number($2, 1, 100);
			conf->set |= SET_MAX_TERMINATE;
		}
		| MRU STRING {
			conf->ppp.mru = value_number($2, 576, 1500);
			conf->set |= SET_MRU;
		}
		| MSS_CLAMP STRING {
			conf->ppp.mss_clamp = value_yes_no($2);
			conf->set |= SET_MSS_CLAMP;
		}
		| NBNS STRING second {
			set_servers(conf->ppp.nbns, $2, $3);
			conf->set |= SET_NBNS;
		}
		| NET_STARTUPS STRING {
			conf->pptp.net_startups =
			    value_number($2, 0, COUNT_MAX);
		}
		| PENALTY STRING {
			conf->auth.penalty.enabled = value_yes_no($2);
		}
		| PENALTY '{' optnl penalties '}' {
			conf->auth.penalty.enabled = 1;
		}
		| PIDFILE STRING	{ set_pidfile(conf, $2); }
		| PPP_SECRET STRING {
			set_path(&conf->ppp_secret, "ppp-secret", $2);
		}
		| PROXY_ARP STRING {
			conf->pool->proxy_arp = value_yes_no($2);
			conf->set |= SET_PROXY_ARP;
		}
		| RELOAD_DROP STRING {
			conf->auth.reload_drop = value_yes_no($2);
		}
		| REMOTEIP addresses {
			set_ranges(conf, &conf->pool->remote,
			    &conf->pool->remote_where, "remoteip");
			conf->set |= SET_REMOTEIP;
		}
		| REORDER_TIMEOUT STRING {
			conf->ppp.reorder = value_number($2, 0, 1000);
		}
		| RETRY_TIMEOUT STRING {
			conf->ppp.retry_timeout = value_number($2, 1, 60);
			conf->set |= SET_RETRY_TIMEOUT;
		}
		| SESSION_TIMEOUT STRING {
			conf->ppp.session_timeout =
			    value_number($2, 0, TIMEOUT_MAX);
			conf->set |= SET_SESSION_TIMEOUT;
		}
		| SETUP_TIMEOUT STRING {
			conf->pptp.setup_timeout = value_number($2, 1, 3600);
		}
		| SOURCE_SESSIONS STRING {
			conf->pptp.source_sessions =
			    value_number($2, 0, COUNT_MAX);
		}
		| SOURCE_STARTUPS STRING {
			conf->pptp.source_startups =
			    value_number($2, 0, COUNT_MAX);
		}
		| START_TIMEOUT STRING {
			conf->pptp.start_timeout = value_number($2, 1, 3600);
			conf->set |= SET_START_TIMEOUT;
		}
		| TUN STRING {
			set_tun(conf, $2);
			conf->set |= SET_TUN;
		}
		| USER_SESSIONS STRING {
			conf->auth.user_sessions =
			    value_number($2, 0, COUNT_MAX);
		}
		| poptop
		;

/* PoPToP has values for all, but does not read each. */
poptop		: BCRELAY STRING {
			lex_warning("bcrelay: PoPToP relayed broadcasts "
			    "between %s and clients; pptpd does not, \"nbns\" "
			    "names a WINS server instead", $2);
		}
		| CONNECTIONS STRING	{ set_connections(conf, $2); }
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
		| STIMEOUT STRING	{ set_stimeout(conf, $2); }
		| VRF STRING {
			lex_warning("vrf: PoPToP served clients in the VRF %s; "
			    "pptpd serves those of where it was started, for "
			    "example by \"ip vrf exec\" or \"route exec\"", $2);
		}
		;

penalties	: penalty comma
		| penalties penalty comma
		;

penalty		: STRING STRING		{ set_penalty(conf, $1, $2); }
		;

pool		: poolstart '{' poolargs '}'	{ set_pool_end(pool); }
		| poolstart '{' poolargs error '}' {
			yyerrok;
			syntax_error("syntax error");
		}
		;

poolstart	: POOL STRING		{ pool = set_pool(conf, $2); }
		;

poolargs	: /* empty */
		| poolargs '\n'
		| poolargs poolarg
		| poolargs error '\n' {
			yyerrok;
			syntax_error("unknown keyword");
		}
		;

poolarg		: DNS STRING second	{ set_servers(pool->conf.dns, $2, $3); }
		| LOCALIP addresses {
			set_ranges(conf, &pool->local, &pool->local_where,
			    "localip");
		}
		| PROXY_ARP STRING	{ pool->proxy_arp = value_yes_no($2); }
		| REMOTEIP addresses {
			set_ranges(conf, &pool->remote, &pool->remote_where,
			    "remoteip");
		}
		;

user		: userstart PASSWORD STRING optaddress {
			set_user_password(user, $3);
			if ($4 != NULL)
				(void)value_host($4, &user->address);
		}
		| userstart NT_HASH STRING optaddress {
			set_user_hash(user, $3);
			if ($4 != NULL)
				(void)value_host($4, &user->address);
		}
		| userstart '{' userargs '}'	{ set_user_end(user); }
		| userstart '{' userargs error '}' {
			yyerrok;
			syntax_error("syntax error");
		}
		;

userstart	: USER STRING		{ user = set_user(conf, $2); }
		;

userargs	: /* empty */
		| userargs '\n'
		| userargs userarg optcomma
		| userargs error '\n' {
			yyerrok;
			syntax_error("unknown keyword");
		}
		;

userarg		: ADDRESS STRING {
			(void)value_host($2, &user->address);
		}
		| DISABLED		{ user->disabled = 1; }
		| DNS STRING optstring	{ set_servers(user->dns, $2, $3); }
		| EXPIRES STRING optstring {
			set_user_expires(user, $2, $3);
		}
		| FROM STRING		{ set_user_from(user, $2); }
		| IDLE_TIMEOUT STRING {
			user->idle_timeout = value_number($2, 0, TIMEOUT_MAX);
		}
		| MAX_SESSIONS STRING {
			user->max_sessions = value_number($2, 1, COUNT_MAX);
		}
		| NT_HASH STRING	{ set_user_hash(user, $2); }
		| PASSWORD STRING	{ set_user_password(user, $2); }
		| POOL STRING		{ set_user_pool(user, $2); }
		| ROUTE STRING		{ set_user_route(user, $2); }
		| SESSION_TIMEOUT STRING {
			user->session_timeout =
			    value_number($2, 0, TIMEOUT_MAX);
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

method		: STRING		{ $$ = value_auth($1); }
		;

optmodes	: /* empty */		{ $$ = 0; }
		| '{' optnl modes '}'	{ $$ = 1; }
		;

modes		: mode comma		{ modes_add($1, 1); }
		| modes mode comma	{ modes_add($2, 0); }
		;

mode		: STRING STRING		{ $$ = value_mode($1, $2); }
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
	{ "connection-calls",	CONNECTION_CALLS, "number" },
	{ "connections",	CONNECTIONS,	"number" },
	{ "debug",		DEBUG,		NULL },
	{ "delegate",		DELEGATE,	NULL },
	{ "disabled",		DISABLED,	NULL },
	{ "dns",		DNS,		"address [address]" },
	{ "duplicate-login",	DUPLICATE_LOGIN, "policy" },
	{ "echo-interval",	ECHO_INTERVAL,	"seconds" },
	{ "echo-timeout",	ECHO_TIMEOUT,	"seconds" },
	{ "encryption",		ENCRYPTION,	"policy [{ bits state ... }]" },
	{ "engines",		ENGINES,	"number" },
	{ "expires",		EXPIRES,	"YYYY-MM-DD [hh:mm]" },
	{ "from",		FROM,		"network" },
	{ "hostname",		HOSTNAME,	"name" },
	{ "idle-timeout",	IDLE_TIMEOUT,	"seconds" },
	{ "include",		INCLUDE,	"file" },
	{ "lcp-echo-failures",	LCP_ECHO_FAILURES, "number" },
	{ "lcp-echo-interval",	LCP_ECHO_INTERVAL, "seconds" },
	{ "link-output",	LINK_OUTPUT,	"yes | no" },
	{ "listen",		LISTEN,		"[on] address [port number]" },
	{ "localip",		LOCALIP,	"addresses" },
	{ "logwtmp",		LOGWTMP,	NULL },
	{ "max-configure",	MAX_CONFIGURE,	"number" },
	{ "max-failure",	MAX_FAILURE,	"number" },
	{ "max-sessions",	MAX_SESSIONS,	"number" },
	{ "max-startups",	MAX_STARTUPS,	"start:rate:full" },
	{ "max-terminate",	MAX_TERMINATE,	"number" },
	{ "mru",		MRU,		"number" },
	{ "mss-clamp",		MSS_CLAMP,	"yes | no" },
	{ "nbns",		NBNS,		"address [address]" },
	{ "net-startups",	NET_STARTUPS,	"number" },
	{ "noipparam",		NOIPPARAM,	NULL },
	{ "nt-hash",		NT_HASH,	"hash" },
	{ "on",			ON,		NULL },
	{ "option",		OPTION,		"file" },
	{ "password",		PASSWORD,	"secret" },
	{ "penalty",		PENALTY,	"yes | no | "
						"{ name seconds ... }" },
	{ "pidfile",		PIDFILE,	"file" },
	{ "pool",		POOL,		"name { remoteip addresses "
						"... }" },
	{ "port",		PORT,		"number" },
	{ "ppp",		PPP,		"file" },
	{ "ppp-secret",		PPP_SECRET,	"file" },
	{ "proxy-arp",		PROXY_ARP,	"yes | no" },
	{ "reload-drop",	RELOAD_DROP,	"yes | no" },
	{ "remoteip",		REMOTEIP,	"addresses" },
	{ "reorder-timeout",	REORDER_TIMEOUT, "milliseconds" },
	{ "retry-timeout",	RETRY_TIMEOUT,	"seconds" },
	{ "route",		ROUTE,		"network/length" },
	{ "session-timeout",	SESSION_TIMEOUT, "seconds" },
	{ "setup-timeout",	SETUP_TIMEOUT,	"seconds" },
	{ "source-sessions",	SOURCE_SESSIONS, "number" },
	{ "source-startups",	SOURCE_STARTUPS, "number" },
	{ "speed",		SPEED,		"number" },
	{ "start-timeout",	START_TIMEOUT,	"seconds" },
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

void
parse_reads(const char *file)
{
	(void)path_add(&conf->files, file);
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
