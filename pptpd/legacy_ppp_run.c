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

/* What the commands of ppp.conf mean, one by one and together. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/tree.h>

#include <net/if.h>
#include <netinet/in.h>

#include <ctype.h>
#include <errno.h>
#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "pptpd.h"
#include "legacy.h"
#include "legacy_ppp.h"

/* What a word means; its text is for what has no meaning any more. */
enum word_what {
	W_NOTE,			/* the text, always */
	W_NOTHING,		/* as it is with us anyway */
	/* commands */
	W_ACCEPT,
	W_ALLOW,
	W_DENY,
	W_DISABLE,
	W_ENABLE,
	W_LINK,
	W_LOAD,
	W_SET,
	/* set */
	W_AUTHNAME,
	W_DNS,
	W_IFADDR,
	W_LCPRETRY,
	W_LQRPERIOD,
	W_MPPE,
	W_MRU,
	W_MTU,
	W_NBNS,
	W_TIMEOUT,
	/* enable, disable, accept, deny */
	W_CHAP,
	W_ECHO,
	W_MSCHAP,
	W_MSCHAPV2,
	W_OFF,			/* pptpd never does that */
	W_ON,			/* pptpd always does that */
	W_COMPRESSION,		/* W_OFF, too */
	W_PAP,
	W_PROXY,
	W_MSSFIXUP
};

struct word {
	const char	*name;
	const char	*alias;
	enum word_what	 what;
	const char	*text;
};

#define DIRECT	"\"ppp -direct\" did not use it; ignored"
#define SERIAL	"it is for serial lines; ignored"
#define NEVER	"pptpd never does that; ignored"

/* As FindCommand() of ppp(8) has them: more words would be more ambiguity. */
static const struct word commands[] = {
	{ "accept",	NULL,		W_ACCEPT,	NULL },
	{ "add",	NULL,		W_NOTE,
	    "ppp(8) added a route; ignored, a route behind a client belongs "
	    "to its user in pptpd.conf(5)" },
	{ NULL,		"add!",		W_NOTE,
	    "ppp(8) added a route; ignored, a route behind a client belongs "
	    "to its user in pptpd.conf(5)" },
	{ "allow",	"auth",		W_ALLOW,	NULL },
	{ "bg",		"!bg",		W_NOTE,
	    "ppp(8) ran a program; ignored, see \"pptpctl monitor\"" },
	{ "clear",	NULL,		W_NOTHING,	NULL },
	{ "clone",	NULL,		W_NOTE,		NEVER },
	{ "close",	NULL,		W_NOTE,		NEVER },
	{ "delete",	NULL,		W_NOTE,
	    "ppp(8) deleted a route; ignored" },
	{ NULL,		"delete!",	W_NOTE,
	    "ppp(8) deleted a route; ignored" },
	{ "deny",	NULL,		W_DENY,		NULL },
	{ "dial",	"call",		W_NOTE,		DIRECT },
	{ "disable",	NULL,		W_DISABLE,	NULL },
	{ "down",	NULL,		W_NOTE,		NEVER },
	{ "enable",	NULL,		W_ENABLE,	NULL },
	{ "ident",	NULL,		W_NOTE,
	    "ppp(8) could tell clients this text; ignored" },
	{ "iface",	"interface",	W_NOTE,
	    "ppp(8) changed its interface's addresses; ignored" },
	{ "link",	"datalink",	W_LINK,		NULL },
	{ "load",	NULL,		W_LOAD,		NULL },
	{ "log",	NULL,		W_NOTE,
	    "ppp(8) logged this text; ignored" },
	{ "nat",	"alias",	W_NOTE,
	    "ppp(8) could translate addresses; ignored, that is for pf(4)" },
	{ "open",	NULL,		W_NOTE,		NEVER },
	{ "passwd",	NULL,		W_NOTE,		NEVER },
	{ "quit",	"bye",		W_NOTE,
	    "ppp(8) ended here, so nobody could connect; ignored" },
	{ "remove",	"rm",		W_NOTE,		NEVER },
	{ "rename",	"mv",		W_NOTHING,	NULL },
	{ "resolv",	NULL,		W_NOTE,
	    "ppp(8) changed resolv.conf(5) with it; ignored" },
	{ "save",	NULL,		W_NOTHING,	NULL },
	{ "sendident",	NULL,		W_NOTE,		NEVER },
	{ "set",	"setup",	W_SET,		NULL },
	{ "shell",	"!",		W_NOTE,
	    "ppp(8) ran a program; ignored, see \"pptpctl monitor\"" },
	{ "show",	NULL,		W_NOTHING,	NULL },
	{ "term",	NULL,		W_NOTE,		DIRECT },
	{ NULL,		NULL,		W_NOTE,		NULL }
};

static const struct word settings[] = {
	{ "accmap",	NULL,		W_NOTE,		SERIAL },
	{ "authkey",	"key",		W_NOTE,
	    "it is for logging in to others; ignored" },
	{ "authname",	NULL,		W_AUTHNAME,	NULL },
	{ "autoload",	NULL,		W_NOTE,		DIRECT },
	{ "bandwidth",	NULL,		W_NOTE,		DIRECT },
	{ "callback",	NULL,		W_NOTE,
	    "ppp(8) could call back; ignored" },
	{ "cbcp",	NULL,		W_NOTE,
	    "ppp(8) could call back; ignored" },
	{ "ccpretry",	"ccpretries",	W_NOTE,
	    "only those of \"set lcpretry\" are used, for all protocols; "
	    "ignored" },
	{ "cd",		NULL,		W_NOTE,		SERIAL },
	{ "chapretry",	"chapretries",	W_NOTE,
	    "only those of \"set lcpretry\" are used, for all protocols; "
	    "ignored" },
	{ "choked",	NULL,		W_NOTE,		NEVER },
	{ "ctsrts",	"crtscts",	W_NOTE,		SERIAL },
	{ "deflate",	NULL,		W_NOTE,
	    "ppp(8) could compress; ignored" },
	{ "mppe",	NULL,		W_MPPE,		NULL },
	{ "device",	"line",		W_NOTE,		DIRECT },
	{ "dial",	NULL,		W_NOTE,		DIRECT },
	{ "dns",	NULL,		W_DNS,		NULL },
	{ "enddisc",	NULL,		W_NOTE,		NEVER },
	{ "escape",	NULL,		W_NOTE,		SERIAL },
	{ "filter",	NULL,		W_NOTE,
	    "ppp(8) filtered packets with it; ignored, that is for pf(4)" },
	{ "hangup",	NULL,		W_NOTE,		DIRECT },
	{ "ifaddr",	NULL,		W_IFADDR,	NULL },
	{ "ifqueue",	NULL,		W_NOTE,		NEVER },
	{ "ipcpretry",	"ipcpretries",	W_NOTE,
	    "only those of \"set lcpretry\" are used, for all protocols; "
	    "ignored" },
	{ "lcpretry",	"lcpretries",	W_LCPRETRY,	NULL },
	{ "log",	NULL,		W_NOTE,
	    "it chose what ppp(8) logs; ignored, pptpd logs every attempt "
	    "and every session, more with -v" },
	{ "login",	NULL,		W_NOTE,		DIRECT },
	{ "logout",	NULL,		W_NOTE,		DIRECT },
	{ "lqrperiod",	"echoperiod",	W_LQRPERIOD,	NULL },
	{ "mode",	NULL,		W_NOTE,		DIRECT },
	{ "mrru",	NULL,		W_NOTE,		NEVER },
	{ "mru",	NULL,		W_MRU,		NULL },
	{ "mtu",	NULL,		W_MTU,		NULL },
	{ "nbns",	NULL,		W_NBNS,		NULL },
	{ "openmode",	NULL,		W_NOTE,		NEVER },
	{ "papretry",	"papretries",	W_NOTE,
	    "only those of \"set lcpretry\" are used, for all protocols; "
	    "ignored" },
	{ "parity",	NULL,		W_NOTE,		SERIAL },
	{ "phone",	NULL,		W_NOTE,		DIRECT },
	{ "proctitle",	"title",	W_NOTE,
	    "it was for ps(1); ignored, see \"pptpctl show sessions\"" },
	{ "radius",	NULL,		W_NOTE,
	    "ppp(8) asked a RADIUS server for users; ignored, only users of "
	    "the configuration and of ppp.secret can log in" },
	{ "reconnect",	NULL,		W_NOTE,		DIRECT },
	{ "recvpipe",	NULL,		W_NOTE,		NEVER },
	{ "redial",	NULL,		W_NOTE,		DIRECT },
	{ "sendpipe",	NULL,		W_NOTE,		NEVER },
	{ "server",	"socket",	W_NOTE,
	    "ppp(8) took commands there, of one session only; ignored, "
	    "pptpctl(8) has a socket for all" },
	{ "speed",	NULL,		W_NOTE,		SERIAL },
	{ "stopped",	NULL,		W_NOTE,		NEVER },
	{ "timeout",	NULL,		W_TIMEOUT,	NULL },
	{ "urgent",	NULL,		W_NOTE,
	    "ppp(8) sent packets of these ports first; ignored" },
	{ "vj",		NULL,		W_NOTE,
	    "ppp(8) could compress; ignored" },
	{ NULL,		NULL,		W_NOTE,		NULL }
};

/* Only enable and disable. */
static const struct word options[] = {
	{ "echo",	NULL,		W_ECHO,		NULL },
	{ "filter-decapsulation", NULL,	W_OFF,		NEVER },
	{ "idcheck",	NULL,		W_ON,		NULL },
	{ "iface-alias", NULL,		W_OFF,		NEVER },
	{ "ipcp",	NULL,		W_ON,		NULL },
	{ "ipv6cp",	NULL,		W_OFF,
	    "ppp(8) could tunnel IPv6; ignored, clients have IPv4 only" },
	{ "keep-session", NULL,		W_NOTHING,	NULL },
	{ "loopback",	NULL,		W_NOTHING,	NULL },
	{ "passwdauth",	NULL,		W_OFF,
	    "ppp(8) asked passwd(5) in case of PAP; ignored, only users of "
	    "the configuration and of ppp.secret can log in" },
	{ "proxy",	NULL,		W_PROXY,	NULL },
	{ "proxyall",	NULL,		W_OFF,
	    "ppp(8) answered ARP for networks that \"add\" routed to the "
	    "client, not for the client; ignored" },
	{ "sroutes",	NULL,		W_NOTHING,	NULL },
	{ "tcpmssfixup", "mssfixup",	W_MSSFIXUP,	NULL },
	{ "throughput",	NULL,		W_NOTHING,	NULL },
	{ "utmp",	NULL,		W_OFF,
	    "ppp(8) listed users for who(1); ignored, see \"pptpctl show "
	    "sessions\"" },
#define NEGOTIATED	15	/* accept and deny, too, from here on */
	{ "acfcomp",	NULL,		W_NOTHING,	NULL },
	{ "chap",	"chap05",	W_CHAP,		NULL },
	{ "mschap",	"chap80nt",	W_MSCHAP,	NULL },
	{ "LANMan",	"chap80lm",	W_OFF,
	    "ppp(8) took LAN Manager responses; ignored" },
	{ "mschapv2",	"chap81",	W_MSCHAPV2,	NULL },
	{ "mppe",	NULL,		W_MPPE,		NULL },
	{ "deflate",	NULL,		W_COMPRESSION,
	    "ppp(8) could compress; ignored" },
	{ "deflate24",	NULL,		W_COMPRESSION,
	    "ppp(8) could compress; ignored" },
	{ "dns",	NULL,		W_DNS,		NULL },
	{ "enddisc",	NULL,		W_OFF,		NEVER },
	{ "lqr",	NULL,		W_ECHO,		NULL },
	{ "pap",	NULL,		W_PAP,		NULL },
	{ "pred1",	"predictor1",	W_COMPRESSION,
	    "ppp(8) could compress; ignored" },
	{ "protocomp",	NULL,		W_NOTHING,	NULL },
	{ "shortseq",	NULL,		W_OFF,		NEVER },
	{ "vjcomp",	NULL,		W_OFF,
	    "ppp(8) could compress; ignored" },
	{ NULL,		NULL,		W_NOTE,		NULL }
};

static void	 run_set(struct ppp *, const struct legacy_where *, char **,
		    int);
static void	 run_option(struct ppp *, const struct legacy_where *,
		    enum word_what, const char *);
static const struct word
		*find(struct ppp *, const struct legacy_where *,
		    const struct word *, const char *, const char *);
static const char
		*word_name(const struct word *);
static void	 set_servers(struct ppp *, const struct legacy_where *,
		    const char *, char **, int, struct in_addr [2],
		    struct legacy_where *);
static void	 set_mppe(struct ppp *, const struct legacy_where *, char **,
		    int);
static void	 set_size(struct ppp *, const struct legacy_where *,
		    const char *, char **, int, struct legacy_number *);
static void	 set_ifaddr(struct ppp *, const struct legacy_where *, char **,
		    int);
static int	 loose(char *);
static void	 method(struct ppp *, const struct legacy_where *,
		    enum word_what, uint32_t, const char *);
static void	 finish_auth(struct ppp *);
static void	 finish_mppe(struct ppp *);

static const char *
word_name(const struct word *w)
{
	return (w->name != NULL ? w->name : w->alias);
}

/* Any beginning will do if it is the only one, and an exact name wins. */
static const struct word *
find(struct ppp *p, const struct legacy_where *where, const struct word *w,
    const char *what, const char *s)
{
	const struct word	*found = NULL;
	const char		*name;
	size_t			 len = strlen(s);
	int			 i, n = 0;

	for (; w->name != NULL || w->alias != NULL; w++) {
		for (i = 0; i < 2; i++) {
			name = i == 0 ? w->name : w->alias;
			if (name == NULL || strncasecmp(s, name, len) != 0)
				continue;
			if (name[len] == '\0')
				return (w);
			n++;
			found = w;
			break;
		}
	}
	if (n == 1)
		return (found);
	legacy_note(p->l, where, "%s%s\"%s\" is %s for ppp(8); ignored, as it "
	    "did", what, *what == '\0' ? "" : ": ", s,
	    n == 0 ? "unknown" : "ambiguous");
	return (NULL);
}

void
legacy_ppp_run(struct ppp *p, const struct legacy_where *where, char **argv,
    int argc)
{
	const struct word	*w;
	const char		*label;
	int			 i;

	if ((w = find(p, where, commands, "", argv[0])) == NULL)
		return;
	if (argc == 1 && w->what != W_NOTE && w->what != W_NOTHING &&
	    w->what != W_LOAD) {
		legacy_note(p->l, where, "%s: without arguments; ignored, as "
		    "ppp(8) did", word_name(w));
		return;
	}
	switch (w->what) {
	case W_NOTHING:
		break;
	case W_ACCEPT:
	case W_DENY:
	case W_DISABLE:
	case W_ENABLE:
		for (i = 1; i < argc; i++)
			run_option(p, where, w->what, argv[i]);
		break;
	case W_ALLOW:
		i = strlen(argv[1]);
		if (strncasecmp(argv[1], "modes", i) != 0 &&
		    strncasecmp(argv[1], "users", i) != 0)
			legacy_note(p->l, where, "allow %s: there is only "
			    "allow modes and allow users; ignored, as ppp(8) "
			    "did", argv[1]);
		else
			legacy_note(p->l, where, "allow %s: it is for those "
			    "who start ppp(8) by hand; ignored", argv[1]);
		break;
	case W_LINK:
		if (argc > 2)
			legacy_ppp_run(p, where, argv + 2, argc - 2);
		break;
	case W_LOAD:
		for (i = argc == 1 ? 0 : 1; i < argc; i++) {
			label = i == 0 ? "default" : argv[i];
			switch (legacy_ppp_load(p, label)) {
			case -1:
				legacy_note(p->l, where, "load: there is no "
				    "label %s; ignored, as ppp(8) did", label);
				break;
			case -2:
				legacy_note(p->l, where, "load: %s leads back "
				    "to itself, ppp(8) never came to an end; "
				    "ignored", label);
				break;
			}
		}
		break;
	case W_SET:
		run_set(p, where, argv + 1, argc - 1);
		break;
	default:
		legacy_note(p->l, where, "%s: %s", word_name(w), w->text);
		break;
	}
}

static void
run_set(struct ppp *p, const struct legacy_where *where, char **argv, int argc)
{
	struct legacy		*l = p->l;
	const struct word	*w;

	if ((w = find(p, where, settings, "set", argv[0])) == NULL)
		return;
	argv++;
	argc--;
	switch (w->what) {
	case W_AUTHNAME:
		if (argc > 0)
			legacy_hostname(l, where, "set authname", argv[0]);
		break;
	case W_DNS:
		set_servers(p, where, "set dns", argv, argc, l->dns,
		    &l->dns_where);
		break;
	case W_IFADDR:
		set_ifaddr(p, where, argv, argc);
		break;
	case W_LCPRETRY:
		if (argc > 0)
			legacy_number(l, where, "set lcpretry", argv[0], 1, 60,
			    &l->retry);
		if (argc > 1)
			legacy_number(l, where, "set lcpretry", argv[1], 1,
			    100, &l->max_configure);
		break;
	case W_LQRPERIOD:
		if (argc > 0)
			legacy_number(l, where, "set lqrperiod", argv[0], 1,
			    3600, &p->echo_period);
		break;
	case W_MPPE:
		set_mppe(p, where, argv, argc);
		break;
	case W_MRU:
		set_size(p, where, "set mru", argv, argc, &l->mru);
		break;
	case W_MTU:
		set_size(p, where, "set mtu", argv, argc, &l->mtu);
		break;
	case W_NBNS:
		set_servers(p, where, "set nbns", argv, argc, l->nbns,
		    &l->nbns_where);
		break;
	case W_TIMEOUT:
		if (argc > 0)
			legacy_number(l, where, "set timeout", argv[0], 0,
			    TIMEOUT_MAX, &l->idle);
		if (argc > 1)
			legacy_note(l, where, "set timeout: the least time of "
			    "a session, %s, is ignored", argv[1]);
		break;
	default:
		legacy_note(l, where, "set %s: %s", word_name(w), w->text);
		break;
	}
}

static void
run_option(struct ppp *p, const struct legacy_where *where,
    enum word_what command, const char *name)
{
	const struct word	*w;
	const char		*what;
	int			 ours, on;

	ours = command == W_ENABLE || command == W_DISABLE;
	on = command == W_ENABLE || command == W_ACCEPT;
	if (ours)
		what = on ? "enable" : "disable";
	else
		what = on ? "accept" : "deny";
	if ((w = find(p, where, ours ? options : &options[NEGOTIATED], what,
	    name)) == NULL)
		return;

	switch (w->what) {
	case W_CHAP:
	case W_MSCHAP:
	case W_MSCHAPV2:
	case W_PAP:
		/* accept and deny are for logging in to the client. */
		if (ours)
			method(p, where, w->what, on, word_name(w));
		else if (on)
			legacy_note(p->l, where, "accept %s: ppp(8) would log "
			    "in to clients that want it; " NEVER,
			    word_name(w));
		break;
	case W_DNS:
		/* enable is for asking the client for its own. */
		if (ours) {
			if (on)
				legacy_note(p->l, where, "enable dns: ppp(8) "
				    "asked clients for name servers; " NEVER);
			break;
		}
		p->dns_accepted = on;
		p->dns_where = *where;
		break;
	case W_ECHO:
		if (!ours)
			break;
		p->echo = on;
		if (strcmp(word_name(w), "echo") == 0)
			p->echo_where = *where;
		else if (on)
			legacy_note(p->l, where, "enable lqr: ppp(8) sent link "
			    "quality reports; LCP echo requests are sent "
			    "instead");
		break;
	case W_MPPE:
		if (ours)
			p->mppe_enabled = on;
		else
			p->mppe_accepted = on;
		if (!p->mppe_set)
			p->mppe_where = *where;
		break;
	case W_MSSFIXUP:
		p->l->mss_clamp.where = *where;
		p->l->mss_clamp.value = on;
		break;
	case W_COMPRESSION:
		p->no_compression |= !on;
		/* FALLTHROUGH */
	case W_OFF:
		if (on)
			legacy_note(p->l, where, "%s %s: %s", what,
			    word_name(w), w->text);
		break;
	case W_ON:
		if (!on)
			legacy_note(p->l, where, "%s %s: pptpd always does "
			    "that; ignored", what, word_name(w));
		break;
	case W_PROXY:
		p->l->proxy.where = *where;
		p->l->proxy.value = on;
		break;
	default:
		break;
	}
}

static void
method(struct ppp *p, const struct legacy_where *where, enum word_what what,
    uint32_t on, const char *name)
{
	uint32_t	bit;
	unsigned int	i;

	switch (what) {
	case W_CHAP:
		bit = AUTH_CHAP_MD5;
		break;
	case W_MSCHAP:
		bit = AUTH_MSCHAP;
		break;
	case W_MSCHAPV2:
		bit = AUTH_MSCHAPV2;
		break;
	default:
		bit = AUTH_PAP;
		break;
	}
	if (!on) {
		p->auth &= ~bit;
		return;
	}
	p->auth |= bit;
	for (i = 0; bit > 1; i++)
		bit >>= 1;
	p->auth_where[i] = *where;
}

static void
set_servers(struct ppp *p, const struct legacy_where *where, const char *what,
    char **argv, int argc, struct in_addr server[2],
    struct legacy_where *found)
{
	int	i;

	memset(server, 0, 2 * sizeof(*server));
	memset(found, 0, sizeof(*found));
	for (i = 0; i < argc && i < 2; i++) {
		legacy_server(p->l, where, what, argv[i], &server[i]);
		if (server[i].s_addr != htonl(INADDR_ANY))
			*found = *where;
	}
}

/* set mppe [40|56|128|* [stateful|stateless|*]]; an argument insists on it. */
static void
set_mppe(struct ppp *p, const struct legacy_where *where, char **argv,
    int argc)
{
	const char	*errstr;

	p->mppe_set = 1;
	p->mppe_required = argc > 0;
	p->mppe_bits = 0;
	p->mppe_stateful = -1;
	p->mppe_where = *where;
	if (argc > 0 && strcmp(argv[0], "*") != 0) {
		p->mppe_bits = strtonum(argv[0], 40, 128, &errstr);
		if (errstr != NULL || (p->mppe_bits != 40 &&
		    p->mppe_bits != 56 && p->mppe_bits != 128)) {
			legacy_note(p->l, where, "set mppe: \"%s\" is none of "
			    "40, 56, 128, *; ignored", argv[0]);
			p->mppe_bits = 0;
		}
	}
	if (argc < 2 || strcmp(argv[1], "*") == 0)
		return;
	if (strcasecmp(argv[1], "stateful") == 0)
		p->mppe_stateful = 1;
	else if (strcasecmp(argv[1], "stateless") == 0)
		p->mppe_stateful = 0;
	else
		legacy_note(p->l, where, "set mppe: \"%s\" is none of "
		    "stateful, stateless, *; ignored", argv[1]);
}

/* set mru|mtu [max[imum]] [value] */
static void
set_size(struct ppp *p, const struct legacy_where *where, const char *what,
    char **argv, int argc, struct legacy_number *n)
{
	if (argc > 0 && strncasecmp(argv[0], "max", 3) == 0) {
		argv++;
		argc--;
	}
	if (argc > 0)
		legacy_number(p->l, where, what, argv[0], 576, 1500, n);
}

/* Cut "/bits" off: with 0 the other side may choose. */
static int
loose(char *s)
{
	char	*slash;

	if ((slash = strchr(s, '/')) == NULL)
		return (0);
	*slash = '\0';
	return (strtonum(slash + 1, 0, 32, NULL) == 0);
}

/* set ifaddr [myaddr[/bits] [hisaddr[/bits] [netmask [triggeraddr]]]] */
static void
set_ifaddr(struct ppp *p, const struct legacy_where *where, char **argv,
    int argc)
{
	struct legacy	*l = p->l;
	int		 i;

	legacy_ranges_free(&l->local);
	legacy_ranges_free(&l->remote);
	for (i = 0; i < argc && i < 2; i++)
		if (loose(argv[i]) || strcmp(argv[i], "0") == 0 ||
		    strcmp(argv[i], "0.0.0.0") == 0)
			legacy_note(l, where, "set ifaddr: ppp(8) let the "
			    "client choose %s; ignored, that is %s of the main "
			    "file", i == 0 ? "our address" : "its address",
			    i == 0 ? "localip" : "remoteip");
		else
			legacy_ranges(l, where, "set ifaddr", argv[i],
			    i == 0 ? &l->local : &l->remote);
	if (argc > 2)
		legacy_note(l, where, "set ifaddr: the netmask %s has no "
		    "meaning between two hosts; ignored", argv[2]);
}

/* What the commands together mean */

void
legacy_ppp_finish(struct ppp *p)
{
	struct legacy	*l = p->l;

	finish_mppe(p);
	finish_auth(p);
	if (p->echo && p->echo_period.where.file != NULL)
		l->echo_interval = p->echo_period;
	else if (!p->echo && p->echo_where.file != NULL) {
		l->echo_interval.where = p->echo_where;
		l->echo_interval.value = 0;
	}
	if (l->dns_where.file != NULL && !p->dns_accepted &&
	    !(l->conf->set & SET_DNS))
		legacy_note(l, &l->dns_where, "set dns: without "
		    "\"accept dns\" ppp(8) told clients no name "
		    "server; now they are told");
	else if (l->dns_where.file == NULL && p->dns_accepted &&
	    !(l->conf->set & SET_DNS))
		legacy_note(l, &p->dns_where, "accept dns: ppp(8) told "
		    "clients the name servers of resolv.conf(5); "
		    "ignored, write \"dns\" into the main file");
}

static void
finish_mppe(struct ppp *p)
{
	static const unsigned int	 bits[] = { 128, 56, 40 };
	struct legacy			*l = p->l;
	size_t				 i;

	l->mppe_where = p->mppe_where.file != NULL ? p->mppe_where :
	    *p->where;
	if (p->mppe_required) {
		l->mppe = MPPE_REQUIRE;
		for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
			if (p->mppe_bits != 0 && p->mppe_bits != bits[i])
				continue;
			legacy_mode(l, bits[i], 0);
			if (p->mppe_stateful != 0)
				legacy_mode(l, bits[i], 1);
		}
	} else
		l->mppe = p->mppe_enabled || p->mppe_accepted ? MPPE_ALLOW :
		    MPPE_NEVER;
	if (l->conf->set & SET_ENCRYPTION)
		return;
	if (p->mppe_required && p->mppe_stateful == 1)
		legacy_note(l, &l->mppe_where, "set mppe: ppp(8) insisted on "
		    "stateful, which loses packets after a lost one and which "
		    "pppd refuses; now stateless is preferred and stateful "
		    "allowed");
	if (p->mppe_required && p->mppe_bits != 128)
		legacy_note(l, &l->mppe_where, "%s allowed as before, "
		    "though no protection",
		    p->mppe_bits == 0 ? "56 and 40 bits are" :
		    p->mppe_bits == 56 ? "56 bits are" : "40 bits are");
	if (p->mppe_required && !p->no_compression)
		legacy_note(l, p->where, "label pptp: ppp(8) offered "
		    "Deflate and Predictor-1 beside MPPE, as nothing here "
		    "disables them; pptpd does not compress");
	if (l->mppe == MPPE_ALLOW)
		legacy_note(l, &l->mppe_where, "ppp(8) did not insist on "
		    "encryption, for which \"set mppe\" needs an argument, "
		    "and pptpd does not either; better write \"encryption "
		    "require\" into the main file");
}

/*
 * ppp(8) asked for CHAP with MD5 first, then MS-CHAP, MS-CHAPv2, PAP, and had
 * keys for MPPE after MS-CHAPv2 only.
 */
static void
finish_auth(struct ppp *p)
{
	static const struct {
		uint32_t	 bit;
		const char	*text;
	} drop[] = {
		{ AUTH_CHAP_MD5, "enable chap: ppp(8) asked for CHAP-MD5 "
		    "first and then dropped clients that agreed, having no "
		    "keys for MPPE; it is not asked for now" },
		{ AUTH_MSCHAP, "enable mschap: ppp(8) asked for MS-CHAP "
		    "before MS-CHAPv2 and then dropped clients that agreed, "
		    "having no keys for MPPE; it is not asked for now" },
		{ AUTH_PAP, "enable pap: ppp(8) asked for PAP and then dropped "
		    "clients that agreed, having no keys for MPPE; it is not "
		    "asked for now" }
	};
	struct legacy		*l = p->l;
	struct legacy_where	*w;
	uint32_t		 bit;
	size_t			 i, j;

	if (l->conf->set & SET_AUTHENTICATION)
		return;
	l->auth_where = *p->where;
	l->auth = p->auth;
	if (p->auth == 0)
		legacy_note(l, p->where, "nothing like \"enable "
		    "mschapv2\": ppp(8) let in everybody without a password; "
		    "now MS-CHAPv2 is asked for");
	else if (p->mppe_required) {
		for (i = 0; i < sizeof(drop) / sizeof(drop[0]); i++) {
			if ((p->auth & drop[i].bit) == 0)
				continue;
			for (j = 0, bit = drop[i].bit; bit > 1; j++)
				bit >>= 1;
			w = &p->auth_where[j];
			legacy_note(l, w, "%s", drop[i].text);
		}
		l->auth &= AUTH_MSCHAPV2;
		if (l->auth == 0)
			legacy_note(l, p->where, "no \"enable mschapv2\" "
			    "with \"set mppe\": nobody could connect; now "
			    "MS-CHAPv2 is asked for");
	}
	if (l->auth == 0)
		l->auth = AUTH_MSCHAPV2;
}
