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

/* A file of options for pppd, which PoPToP started with "file" and its name. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/tree.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <ctype.h>
#include <errno.h>
#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "pptpd.h"
#include "legacy.h"

#define FILES_MAX	16	/* that name each other */

enum option_what {
	O_NOTE,			/* the text, always */
	O_NOTHING,		/* as it is with us anyway */
	O_AUTH_TIMEOUT,
	O_CALL,
	O_COMPRESSION,		/* the text, unless it is turned off */
	O_DNS,
	O_DOMAIN,
	O_ECHO_FAILURES,
	O_ECHO_INTERVAL,
	O_FILE,
	O_IDLE,
	O_MAX_CONFIGURE,
	O_MAX_FAILURE,
	O_MAX_TERMINATE,
	O_MPPE,
	O_MPPE_128,
	O_MPPE_40,
	O_MPPE_LIST,
	O_MPPE_STATEFUL,
	O_MPPE_STATELESS,
	O_MRU,
	O_MTU,
	O_NAME,
	O_NBNS,
	O_NO_MPPE,
	O_NO_MPPE_128,
	O_NO_MPPE_40,
	O_NO_PROXY,
	O_PROXY,
	O_REFUSE,
	O_REQUIRE,
	O_RESTART,
	O_SESSION
};

struct option {
	const char		*name;
	int			 nargs;
	enum option_what	 what;
	uint32_t		 method;	/* AUTH_* */
	const char		*text;
};

struct pppd {
	struct legacy		*l;
	uint32_t		 required;	/* AUTH_* */
	struct legacy_where	 required_where, refused_where;
	struct legacy_where	 method_where[4];	/* by bit */
	struct legacy_where	 mppe_where;
	int			 mppe, no_mppe;
	int			 mppe_128, mppe_40, mppe_stateful;
	unsigned int		 ndns, nnbns;
	char			 server[256];	/* our name in the secrets */
	char			 domain[256];
};

#define NO_COMPRESSION	"pppd could compress; ignored"
#define NO_SERIAL	"it is for serial lines; ignored"
#define NO_IPV6		"pppd could tunnel IPv6; ignored, clients have IPv4 " \
			"only"
#define NO_LOG		"it chose what pppd logs; ignored, pptpd logs every " \
			"attempt and every session, more with -v"
#define NO_CLIENT	"it is for logging in to others; ignored"
#define NO_RETRY	"only those of LCP are used, for all protocols; ignored"
#define NO_SCRIPT	"pppd ran a program; ignored, see \"pptpctl monitor\""
#define NO_EAP		"there is no EAP; ignored"
#define NO_NEVER	"pptpd never does that; ignored"

static const struct option options[] = {
	/* sorted */
	{ "+chap",		0, O_REQUIRE,	AUTH_CHAP_MD5, NULL },
	{ "+chapms",		0, O_REQUIRE,	AUTH_MSCHAP, NULL },
	{ "+chapms-v2",		0, O_REQUIRE,	AUTH_MSCHAPV2, NULL },
	{ "+ipv6",		0, O_NOTE,	0, NO_IPV6 },
	{ "+mschap",		0, O_REQUIRE,	AUTH_MSCHAP, NULL },
	{ "+mschap-v2",		0, O_REQUIRE,	AUTH_MSCHAPV2, NULL },
	{ "+pap",		0, O_REQUIRE,	AUTH_PAP, NULL },
	{ "-chap",		0, O_REFUSE,	AUTH_CHAP_MD5, NULL },
	{ "-chapms",		0, O_REFUSE,	AUTH_MSCHAP, NULL },
	{ "-chapms-v2",		0, O_REFUSE,	AUTH_MSCHAPV2, NULL },
	{ "-detach",		0, O_NOTHING,	0, NULL },
	{ "-mschap",		0, O_REFUSE,	AUTH_MSCHAP, NULL },
	{ "-mschap-v2",		0, O_REFUSE,	AUTH_MSCHAPV2, NULL },
	{ "-pap",		0, O_REFUSE,	AUTH_PAP, NULL },
	{ "active-filter",	1, O_NOTE,	0,
	    "pppd did not count all packets for \"idle\"; ignored" },
	{ "allow-ip",		1, O_NOTE,	0,
	    "pppd let in clients with these addresses without a password; "
	    "ignored" },
	{ "allow-number",	1, O_NOTE,	0,
	    "pppd let in these telephone numbers only; ignored, see \"from\" "
	    "of users in pptpd.conf(5)" },
	{ "asyncmap",		1, O_NOTHING,	0, NULL },
	{ "auth",		0, O_NOTHING,	0, NULL },
	{ "bsdcomp",		1, O_COMPRESSION, 0, NO_COMPRESSION },
	{ "call",		1, O_CALL,	0, NULL },
	{ "chap-interval",	1, O_NOTE,	0,
	    "pppd asked for the password again and again; ignored" },
	{ "chap-max-challenge",	1, O_NOTE,	0, NO_RETRY },
	{ "chap-restart",	1, O_NOTE,	0, NO_RETRY },
	{ "chap-timeout",	1, O_AUTH_TIMEOUT, 0, NULL },
	{ "chapms-strip-domain", 0, O_NOTHING,	0, NULL },
	{ "connect",		1, O_NOTE,	0, NO_SCRIPT },
	{ "connect-delay",	1, O_NOTHING,	0, NULL },
	{ "crtscts",		0, O_NOTHING,	0, NULL },
	{ "debug",		0, O_NOTE,	0, NO_LOG },
	{ "default-asyncmap",	0, O_NOTHING,	0, NULL },
	{ "default-mru",	0, O_NOTHING,	0, NULL },
	{ "defaultroute",	0, O_NOTE,	0,
	    "pppd sent all traffic to the client; ignored" },
	{ "deflate",		1, O_COMPRESSION, 0, NO_COMPRESSION },
	{ "disconnect",		1, O_NOTE,	0, NO_SCRIPT },
	{ "dns-addr",		1, O_DNS,	0, NULL },
	{ "domain",		1, O_DOMAIN,	0, NULL },
	{ "dump",		0, O_NOTE,	0,
	    "pppd logged its options; ignored, see \"pptpd -nv\"" },
	{ "escape",		1, O_NOTHING,	0, NULL },
	{ "file",		1, O_FILE,	0, NULL },
	{ "hide-password",	0, O_NOTHING,	0, NULL },
	{ "holdoff",		1, O_NOTHING,	0, NULL },
	{ "idle",		1, O_IDLE,	0, NULL },
	{ "ifname",		1, O_NOTE,	0,
	    "pppd had an interface for each client; ignored, see \"tun\" in "
	    "pptpd.conf(5)" },
	{ "init",		1, O_NOTE,	0, NO_SCRIPT },
	{ "ip-down-script",	1, O_NOTE,	0, NO_SCRIPT },
	{ "ip-up-script",	1, O_NOTE,	0, NO_SCRIPT },
	{ "ipcp-accept-local",	0, O_NOTE,	0,
	    "pppd let the client choose our address; ignored" },
	{ "ipcp-accept-remote",	0, O_NOTE,	0,
	    "pppd let the client choose any address; ignored, it can choose "
	    "among those of the pool" },
	{ "ipcp-max-configure",	1, O_NOTE,	0, NO_RETRY },
	{ "ipcp-max-failure",	1, O_NOTE,	0, NO_RETRY },
	{ "ipcp-max-terminate",	1, O_NOTE,	0, NO_RETRY },
	{ "ipcp-restart",	1, O_NOTE,	0, NO_RETRY },
	{ "ipparam",		1, O_NOTE,	0,
	    "it is for scripts of pppd; ignored, see \"pptpctl monitor\"" },
	{ "ipv6",		1, O_NOTE,	0, NO_IPV6 },
	{ "ipv6cp-use-ipaddr",	0, O_NOTE,	0, NO_IPV6 },
	{ "kdebug",		1, O_NOTE,	0, NO_LOG },
	{ "ktune",		0, O_NOTE,	0,
	    "pppd turned IP forwarding on; ignored, see sysctl(8)" },
	{ "lcp-echo-adaptive",	0, O_NOTHING,	0, NULL },
	{ "lcp-echo-failure",	1, O_ECHO_FAILURES, 0, NULL },
	{ "lcp-echo-interval",	1, O_ECHO_INTERVAL, 0, NULL },
	{ "lcp-max-configure",	1, O_MAX_CONFIGURE, 0, NULL },
	{ "lcp-max-failure",	1, O_MAX_FAILURE, 0, NULL },
	{ "lcp-max-terminate",	1, O_MAX_TERMINATE, 0, NULL },
	{ "lcp-restart",	1, O_RESTART,	0, NULL },
	{ "linkname",		1, O_NOTHING,	0, NULL },
	{ "local",		0, O_NOTHING,	0, NULL },
	{ "lock",		0, O_NOTHING,	0, NULL },
	{ "logfd",		1, O_NOTE,	0, NO_LOG },
	{ "logfile",		1, O_NOTE,	0, NO_LOG },
	{ "login",		0, O_NOTE,	0,
	    "pppd asked passwd(5), too, in case of PAP; ignored" },
	{ "maxconnect",		1, O_SESSION,	0, NULL },
	{ "maxfail",		1, O_NOTHING,	0, NULL },
	{ "modem",		0, O_NOTHING,	0, NULL },
	{ "mp",			0, O_NOTE,	0, NO_NEVER },
	{ "mppe",		1, O_MPPE_LIST,	0, NULL },
	{ "mppe-128",		0, O_MPPE_128,	0, NULL },
	{ "mppe-40",		0, O_MPPE_40,	0, NULL },
	{ "mppe-stateful",	0, O_MPPE_STATEFUL, 0, NULL },
	{ "mppe-stateless",	0, O_MPPE_STATELESS, 0, NULL },
	{ "mru",		1, O_MRU,	0, NULL },
	{ "ms-dns",		1, O_DNS,	0, NULL },
	{ "ms-wins",		1, O_NBNS,	0, NULL },
	{ "mschap-strip-domain", 0, O_NOTHING,	0, NULL },
	{ "mtu",		1, O_MTU,	0, NULL },
	{ "multilink",		0, O_NOTE,	0, NO_NEVER },
	{ "name",		1, O_NAME,	0, NULL },
	{ "netmask",		1, O_NOTE,	0,
	    "it has no meaning between two hosts; ignored" },
	{ "noaccomp",		0, O_NOTHING,	0, NULL },
	{ "noauth",		0, O_NOTE,	0,
	    "pppd let in everybody without a password; ignored" },
	{ "nobsdcomp",		0, O_NOTHING,	0, NULL },
	{ "noccp",		0, O_NO_MPPE,	0, NULL },
	{ "nocrtscts",		0, O_NOTHING,	0, NULL },
	{ "nodefaultroute",	0, O_NOTHING,	0, NULL },
	{ "nodefaultroute6",	0, O_NOTHING,	0, NULL },
	{ "nodeflate",		0, O_NOTHING,	0, NULL },
	{ "nodetach",		0, O_NOTHING,	0, NULL },
	{ "noendpoint",		0, O_NOTHING,	0, NULL },
	{ "noip",		0, O_NOTE,	0,
	    "without IP there is nothing to do; ignored" },
	{ "noipdefault",	0, O_NOTHING,	0, NULL },
	{ "noipv6",		0, O_NOTHING,	0, NULL },
	{ "noipx",		0, O_NOTHING,	0, NULL },
	{ "noktune",		0, O_NOTHING,	0, NULL },
	{ "nolock",		0, O_NOTHING,	0, NULL },
	{ "nolog",		0, O_NOTHING,	0, NULL },
	{ "nologfd",		0, O_NOTHING,	0, NULL },
	{ "nomagic",		0, O_NOTE,	0,
	    "pptpd always has magic numbers; ignored" },
	{ "nomp",		0, O_NOTHING,	0, NULL },
	{ "nomppe",		0, O_NO_MPPE,	0, NULL },
	{ "nomppe-128",		0, O_NO_MPPE_128, 0, NULL },
	{ "nomppe-40",		0, O_NO_MPPE_40, 0, NULL },
	{ "nomppe-stateful",	0, O_MPPE_STATELESS, 0, NULL },
	{ "nomultilink",	0, O_NOTHING,	0, NULL },
	{ "nopcomp",		0, O_NOTHING,	0, NULL },
	{ "nopersist",		0, O_NOTHING,	0, NULL },
	{ "nopredictor1",	0, O_NOTHING,	0, NULL },
	{ "noproxyarp",		0, O_NO_PROXY,	0, NULL },
	{ "noreplacedefaultroute", 0, O_NOTHING, 0, NULL },
	{ "notty",		0, O_NOTHING,	0, NULL },
	{ "novj",		0, O_NOTHING,	0, NULL },
	{ "novjccomp",		0, O_NOTHING,	0, NULL },
	{ "papcrypt",		0, O_NOTE,	0,
	    "there are no encrypted passwords; ignored" },
	{ "pass-filter",	1, O_NOTE,	0,
	    "pppd filtered packets with it; ignored, use the system's packet "
	    "filter" },
	{ "passive",		0, O_NOTHING,	0, NULL },
	{ "password",		1, O_NOTE,	0, NO_CLIENT },
	{ "persist",		0, O_NOTHING,	0, NULL },
	{ "plugin",		1, O_NOTE,	0,
	    "pppd loaded more code; ignored, only users of the configuration "
	    "and of chap-secrets can log in" },
	{ "predictor1",		0, O_NOTE,	0, NO_COMPRESSION },
	{ "proxyarp",		0, O_PROXY,	0, NULL },
	{ "receive-all",	0, O_NOTHING,	0, NULL },
	{ "record",		1, O_NOTE,	0,
	    "pppd recorded all data; ignored, see tcpdump(8)" },
	{ "refuse-chap",	0, O_REFUSE,	AUTH_CHAP_MD5, NULL },
	{ "refuse-eap",		0, O_NOTHING,	0, NULL },
	{ "refuse-mschap",	0, O_REFUSE,	AUTH_MSCHAP, NULL },
	{ "refuse-mschap-v2",	0, O_REFUSE,	AUTH_MSCHAPV2, NULL },
	{ "refuse-pap",		0, O_REFUSE,	AUTH_PAP, NULL },
	{ "remotename",		1, O_NOTE,	0, NO_CLIENT },
	{ "replacedefaultroute", 0, O_NOTE,	0,
	    "pppd sent all traffic to the client; ignored" },
	{ "require-chap",	0, O_REQUIRE,	AUTH_CHAP_MD5, NULL },
	{ "require-eap",	0, O_NOTE,	0, NO_EAP },
	{ "require-mppe",	0, O_MPPE,	0, NULL },
	{ "require-mppe-128",	0, O_MPPE_128,	0, NULL },
	{ "require-mppe-40",	0, O_MPPE_40,	0, NULL },
	{ "require-mschap",	0, O_REQUIRE,	AUTH_MSCHAP, NULL },
	{ "require-mschap-v2",	0, O_REQUIRE,	AUTH_MSCHAPV2, NULL },
	{ "require-pap",	0, O_REQUIRE,	AUTH_PAP, NULL },
	{ "set",		1, O_NOTE,	0,
	    "it is for scripts of pppd; ignored, see \"pptpctl monitor\"" },
	{ "silent",		0, O_NOTHING,	0, NULL },
	{ "sync",		0, O_NOTHING,	0, NULL },
	{ "unit",		1, O_NOTE,	0,
	    "pppd had an interface for each client; ignored, see \"tun\" in "
	    "pptpd.conf(5)" },
	{ "updetach",		0, O_NOTHING,	0, NULL },
	{ "usehostname",	0, O_NOTE,	0,
	    "only \"name\" can choose the name; ignored" },
	{ "usepeerdns",		0, O_NOTE,	0,
	    "pppd asked clients for name servers; " NO_NEVER },
	{ "user",		1, O_NOTE,	0, NO_CLIENT },
	{ "vj-max-slots",	1, O_NOTE,	0, NO_COMPRESSION },
	{ "welcome",		1, O_NOTE,	0, NO_SCRIPT },
	{ "xonxoff",		0, O_NOTHING,	0, NULL }
};

static int	 option_cmp(const void *, const void *);
static int	 escaped(char **);
static void	 file_parse(struct pppd *, const struct legacy_file *, char *,
		    int);
static void	 file_read(struct pppd *, const struct legacy_where *,
		    const char *, int);
static void	 run(struct pppd *, const struct legacy_where *,
		    const struct option *, const char *, int);
static void	 servers(struct pppd *, const struct legacy_where *,
		    const char *, const char *, unsigned int *,
		    struct in_addr [2], struct legacy_where *);
static int	 addresses(struct pppd *, const struct legacy_where *,
		    const char *);
static void	 mppe_list(struct pppd *, const struct legacy_where *,
		    const char *);
static void	 finish_mppe(struct pppd *);
static void	 finish_auth(struct pppd *);
static void	 finish_secrets(struct pppd *);

static int
option_cmp(const void *name, const void *o)
{
	return (strcmp(name, ((const struct option *)o)->name));
}

/* Words */

/* What follows a backslash: C's letters, octal, hexadecimal, or itself. */
static int
escaped(char **s)
{
	static const char	 letters[] = "a\ab\bf\fn\nr\rs t\t";
	const char		*p;
	int			 c, n;

	c = (unsigned char)*(*s)++;
	if (c >= '0' && c <= '7') {
		c -= '0';
		for (n = 1; n < 3 && **s >= '0' && **s <= '7'; n++)
			c = c * 8 + *(*s)++ - '0';
		return (c & 0xff);
	}
	if (c == 'x') {
		for (c = n = 0; n < 2 && isxdigit((unsigned char)**s); n++) {
			c *= 16;
			if (isdigit((unsigned char)**s))
				c += *(*s)++ - '0';
			else
				c += (*(*s)++ | 0x20) - 'a' + 10;
		}
		return (c);
	}
	for (p = letters; *p != '\0'; p += 2)
		if (*p == c)
			return (p[1]);
	return (c);
}

/*
 * Blanks, ends of lines and # separate words, but for those in quotes or
 * after a backslash, which joins lines.
 */
char *
legacy_pppd_word(struct legacy_words *w)
{
	char	*word, *out;
	int	 c, quote = 0, comment = 0;

	/* The end of the last word is where it got its NUL. */
	c = w->held;
	for (;;) {
		if (c == '\n') {
			comment = 0;
			w->newline = 1;
			w->line++;
		} else if (c == '#')
			comment = 1;
		else if (!comment && c == '\\' && *w->next == '\n') {
			w->next++;
			w->line++;
		} else if (c == '\0' || (!comment && !isspace(c)))
			break;
		c = (unsigned char)*w->next;
		if (c != '\0')
			w->next++;
	}
	w->held = '\0';
	w->first = w->newline;
	w->newline = 0;
	w->word_line = w->line;
	if (c == '\0')
		return (NULL);

	word = out = w->next - 1;
	w->next = word;
	while ((c = (unsigned char)*w->next) != '\0') {
		w->next++;
		if (c == '\\' && *w->next != '\0') {
			if (*w->next == '\n') {
				w->next++;
				w->line++;
			} else if ((c = escaped(&w->next)) != '\0')
				*out++ = c;
		} else if (quote != 0 ? c == quote : c == '"' || c == '\'')
			quote = quote == 0 ? c : 0;
		else if (quote == 0 && (isspace(c) || c == '#')) {
			w->held = c;
			break;
		} else {
			w->line += c == '\n';
			*out++ = c;
		}
	}
	*out = '\0';
	return (word);
}

void
legacy_words_start(struct legacy_words *w, char *text)
{
	memset(w, 0, sizeof(*w));
	w->next = text;
	w->held = ' ';
	w->line = 1;
	w->newline = 1;
}

/* Options */

void
legacy_pppd(struct legacy *l, char *text)
{
	struct pppd	 p;

	memset(&p, 0, sizeof(p));
	p.l = l;
	legacy_note(l, &l->option, "%s is read as options of pppd; its "
	    "/etc/ppp/options is not", l->path);
	file_parse(&p, legacy_file(l, l->path), text, 1);
	finish_mppe(&p);
	finish_auth(&p);
	finish_secrets(&p);
}

static void
file_read(struct pppd *p, const struct legacy_where *where, const char *name,
    int depth)
{
	char	*path, *text;
	size_t	 size;

	if (depth > FILES_MAX) {
		legacy_note(p->l, where, "too many files name each other; "
		    "ignored");
		return;
	}
	path = legacy_beside(p->l, name);
	if ((text = legacy_read(path, 0, &size)) == NULL)
		/* pppd would not have started. */
		parse_fail(where->file->name, where->line, "%s: %s", path,
		    strerror(errno));
	else {
		file_parse(p, legacy_file(p->l, path), text, depth);
		freezero(text, size);
	}
	free(path);
}

static void
file_parse(struct pppd *p, const struct legacy_file *file, char *text,
    int depth)
{
	const struct option	*o;
	struct legacy_words	 words;
	struct legacy_where	 w;
	char			*s, *arg;

	w.file = file;
	legacy_words_start(&words, text);
	s = legacy_pppd_word(&words);
	while (s != NULL) {
		w.line = words.word_line;
		o = bsearch(s, options, sizeof(options) / sizeof(options[0]),
		    sizeof(options[0]), option_cmp);
		if (o == NULL && !addresses(p, &w, s)) {
			/* Who knows how many arguments it has: all. */
			legacy_note(p->l, &w, "\"%s\" is unknown; ignored up "
			    "to the end of the line", s);
			do
				s = legacy_pppd_word(&words);
			while (s != NULL && !words.first);
			continue;
		}
		arg = NULL;
		if (o != NULL && o->nargs > 0 &&
		    (arg = legacy_pppd_word(&words)) == NULL) {
			legacy_note(p->l, &w, "%s: without an argument; "
			    "ignored", s);
			break;
		}
		if (o != NULL)
			run(p, &w, o, arg, depth);
		s = legacy_pppd_word(&words);
	}
}

static void
run(struct pppd *p, const struct legacy_where *w, const struct option *o,
    const char *arg, int depth)
{
	struct legacy	*l = p->l;
	uint32_t	 bit;
	unsigned int	 i;
	char		 name[1024];

	switch (o->what) {
	case O_NOTE:
		legacy_note(l, w, "%s: %s", o->name, o->text);
		break;
	case O_NOTHING:
		break;
	case O_AUTH_TIMEOUT:
		legacy_number(l, w, o->name, arg, 1, 3600, &l->auth_timeout);
		break;
	case O_CALL:
		(void)snprintf(name, sizeof(name), "peers/%s", arg);
		file_read(p, w, name, depth + 1);
		break;
	case O_COMPRESSION:
		if (arg[strspn(arg, "0,")] != '\0')
			legacy_note(l, w, "%s: %s", o->name, o->text);
		break;
	case O_DNS:
		servers(p, w, o->name, arg, &p->ndns, l->dns, &l->dns_where);
		break;
	case O_DOMAIN:
		(void)strlcpy(p->domain, arg, sizeof(p->domain));
		break;
	case O_ECHO_FAILURES:
		legacy_number(l, w, o->name, arg, 1, 100, &l->echo_failures);
		break;
	case O_ECHO_INTERVAL:
		legacy_number(l, w, o->name, arg, 0, 3600, &l->echo_interval);
		break;
	case O_FILE:
		file_read(p, w, arg, depth + 1);
		break;
	case O_IDLE:
		legacy_number(l, w, o->name, arg, 0, TIMEOUT_MAX,
		    &l->idle);
		break;
	case O_MAX_CONFIGURE:
		legacy_number(l, w, o->name, arg, 1, 100, &l->max_configure);
		break;
	case O_MAX_FAILURE:
		legacy_number(l, w, o->name, arg, 1, 100, &l->max_failure);
		break;
	case O_MAX_TERMINATE:
		legacy_number(l, w, o->name, arg, 1, 100, &l->max_terminate);
		break;
	case O_MPPE:
	case O_MPPE_128:
	case O_MPPE_40:
		p->mppe = 1;
		p->no_mppe = 0;
		p->mppe_where = *w;
		if (o->what != O_MPPE_40)
			p->mppe_128 = 1;
		if (o->what != O_MPPE_128)
			p->mppe_40 = 1;
		break;
	case O_MPPE_LIST:
		mppe_list(p, w, arg);
		break;
	case O_MPPE_STATEFUL:
		p->mppe_stateful = 1;
		break;
	case O_MPPE_STATELESS:
		p->mppe_stateful = 0;
		break;
	case O_MRU:
		legacy_number(l, w, o->name, arg, 576, 1500, &l->mru);
		break;
	case O_MTU:
		legacy_number(l, w, o->name, arg, 576, 1500, &l->mtu);
		break;
	case O_NAME:
		(void)strlcpy(p->server, arg, sizeof(p->server));
		legacy_hostname(l, w, o->name, arg);
		break;
	case O_NBNS:
		servers(p, w, o->name, arg, &p->nnbns, l->nbns,
		    &l->nbns_where);
		break;
	case O_NO_MPPE:
		p->no_mppe = 1;
		p->mppe = 0;
		p->mppe_where = *w;
		break;
	case O_NO_MPPE_128:
		p->mppe_128 = 0;
		break;
	case O_NO_MPPE_40:
		p->mppe_40 = 0;
		break;
	case O_NO_PROXY:
	case O_PROXY:
		l->proxy.where = *w;
		l->proxy.value = o->what == O_PROXY;
		break;
	case O_REFUSE:
		p->refused_where = *w;
		break;
	case O_REQUIRE:
		p->required |= o->method;
		p->required_where = *w;
		for (i = 0, bit = o->method; bit > 1; i++)
			bit >>= 1;
		p->method_where[i] = *w;
		break;
	case O_RESTART:
		legacy_number(l, w, o->name, arg, 1, 60, &l->retry);
		break;
	case O_SESSION:
		legacy_number(l, w, o->name, arg, 0, TIMEOUT_MAX,
		    &l->session);
		break;
	}
}

static void
servers(struct pppd *p, const struct legacy_where *w, const char *what,
    const char *arg, unsigned int *n, struct in_addr server[2],
    struct legacy_where *found)
{
	struct in_addr	addr;

	legacy_server(p->l, w, what, arg, &addr);
	if (addr.s_addr == htonl(INADDR_ANY))
		return;
	if (*n == 2) {
		legacy_note(p->l, w, "%s: there are two already; ignored",
		    what);
		return;
	}
	server[(*n)++] = addr;
	*found = *w;
}

/*
 * local:remote, or one of them, which PoPToP overrides unless it delegates
 * addresses to pppd.
 */
static int
addresses(struct pppd *p, const struct legacy_where *w, const char *s)
{
	struct legacy	*l = p->l;
	char		*colon, *copy;
	int		 ret = 0;

	if (s[strspn(s, "0123456789.:")] != '\0' || strchr(s, '.') == NULL)
		return (0);
	if ((copy = strdup(s)) == NULL)
		fatal("strdup");
	if ((colon = strchr(copy, ':')) != NULL)
		*colon++ = '\0';
	if (colon == NULL || strchr(colon, ':') == NULL) {
		ret = 1;
		if ((*copy != '\0' && !TAILQ_EMPTY(&l->conf->pool->local)) ||
		    (colon != NULL && *colon != '\0' &&
		    !TAILQ_EMPTY(&l->conf->pool->remote)))
			legacy_note(l, w, "%s: PoPToP has addresses of its "
			    "own; ignored, as pppd did", s);
		if (*copy != '\0' && TAILQ_EMPTY(&l->conf->pool->local))
			legacy_ranges(l, w, s, copy, &l->local);
		if (colon != NULL && *colon != '\0' &&
		    TAILQ_EMPTY(&l->conf->pool->remote))
			legacy_ranges(l, w, s, colon, &l->remote);
	}
	free(copy);
	return (ret);
}

/* "mppe required,no40,stateless" of patched versions. */
static void
mppe_list(struct pppd *p, const struct legacy_where *w, const char *list)
{
	char	*copy, *item, *next;

	if ((next = copy = strdup(list)) == NULL)
		fatal("strdup");
	p->mppe = 1;
	p->no_mppe = 0;
	p->mppe_where = *w;
	p->mppe_128 = p->mppe_40 = 1;
	while ((item = strsep(&next, ",")) != NULL) {
		if (strcmp(item, "required") == 0 || item[0] == '\0')
			continue;
		if (strcmp(item, "no40") == 0)
			p->mppe_40 = 0;
		else if (strcmp(item, "no128") == 0)
			p->mppe_128 = 0;
		else if (strcmp(item, "stateful") == 0)
			p->mppe_stateful = 1;
		else if (strcmp(item, "stateless") == 0)
			p->mppe_stateful = 0;
		else if (strcmp(item, "no56") != 0)
			legacy_note(p->l, w, "mppe: \"%s\" is unknown; "
			    "ignored", item);
	}
	free(copy);
}

/* What the options together mean */

static void
finish_mppe(struct pppd *p)
{
	static const unsigned int	 bits[] = { 128, 40 };
	struct legacy			*l = p->l;
	size_t				 i;

	if (p->mppe && !p->mppe_128 && !p->mppe_40) {
		legacy_note(l, &p->mppe_where, "MPPE with no length of keys; "
		    "now it is 128 bits");
		p->mppe_128 = 1;
	}
	if (p->no_mppe) {
		l->mppe_where = p->mppe_where;
		l->mppe = MPPE_NEVER;
	} else if (p->mppe) {
		l->mppe_where = p->mppe_where;
		l->mppe = MPPE_REQUIRE;
		for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
			if (bits[i] == 128 ? !p->mppe_128 : !p->mppe_40)
				continue;
			legacy_mode(l, bits[i], 0);
			if (p->mppe_stateful)
				legacy_mode(l, bits[i], 1);
		}
	} else if (!(l->conf->set & SET_ENCRYPTION)) {
		l->mppe_where = l->option;
		l->mppe = MPPE_ALLOW;
		legacy_note(l, &l->option, "without require-mppe pppd did not "
		    "encrypt; now clients that can do so are encrypted, "
		    "better write \"encryption require\"");
	}
}

/*
 * pppd asks for the strongest method that it requires, or that it has.  What
 * it refuses is for logging in to others only.
 */
static void
finish_auth(struct pppd *p)
{
	static const char *const names[] = { "pap", "chap", "mschap",
				    "mschap-v2" };
	struct legacy		*l = p->l;
	unsigned int		 i;

	if (l->conf->set & SET_AUTHENTICATION)
		return;
	l->auth_where = p->required_where.file != NULL ? p->required_where :
	    p->refused_where.file != NULL ? p->refused_where : l->option;
	l->auth = p->required;
	if (p->required == 0) {
		l->auth = AUTH_MSCHAPV2;
		legacy_note(l, &l->auth_where, "without require-mschap-v2 "
		    "pppd took any method from clients, %snow only MS-CHAPv2 "
		    "is asked for", p->refused_where.file != NULL ?
		    "as refuse is about logging in to others; " : "");
	}
	if (l->mppe != MPPE_REQUIRE)
		return;
	for (i = 0; i < 2; i++)
		if (p->required & 1U << i)
			legacy_note(l, &p->method_where[i], "require-%s: it "
			    "gives no keys for MPPE, clients that agreed were "
			    "dropped; it is not asked for now", names[i]);
	l->auth &= AUTH_MSCHAP | AUTH_MSCHAPV2;
	if (l->auth == 0) {
		legacy_note(l, &l->mppe_where, "MPPE without "
		    "require-mschap-v2; now MS-CHAPv2 is asked for");
		l->auth = AUTH_MSCHAPV2;
	}
}

static void
finish_secrets(struct pppd *p)
{
	struct legacy	*l = p->l;
	uint32_t	 auth;

	if (p->server[0] == '\0') {
		if (gethostname(p->server, sizeof(p->server)) == -1)
			p->server[0] = '\0';
		p->server[sizeof(p->server) - 1] = '\0';
		if (p->domain[0] != '\0') {
			if (p->domain[0] != '.')
				(void)strlcat(p->server, ".",
				    sizeof(p->server));
			(void)strlcat(p->server, p->domain,
			    sizeof(p->server));
		}
	}
	auth = l->conf->set & SET_AUTHENTICATION ? l->conf->ppp.auth : l->auth;
	if (auth != AUTH_PAP)
		legacy_chap_secrets(l, l->conf->chap_secrets, "chap-secrets",
		    p->server);
	if (auth & AUTH_PAP)
		legacy_chap_secrets(l, NULL, "pap-secrets", p->server);
}
