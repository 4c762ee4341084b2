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

/* The configuration in force, in a form that can be read again. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "pptpd.h"

static void	 print_string(const char *);
static void	 print_ranges(const char *, struct range_list *);
static void	 print_range(const struct addr_range *);
static void	 print_servers(const char *, const struct in_addr[2]);
static void	 print_penalty(const struct conf_penalty *);
static void	 print_auth(const struct conf_ppp *);
static void	 print_encryption(const struct conf_ppp *);
static void	 print_pool(struct pool *);
static int	 user_is_simple(const struct conf_user *);
static void	 print_user(const struct conf_user *);
static void	 print_secret(const struct conf_user *);
static void	 print_nets(const char *, const struct conf_net *, uint32_t);

void
print_config(struct conf *c)
{
	struct listener	*l;
	struct pool	*p;
	struct user	*u;

	TAILQ_FOREACH(l, &c->listeners, entry)
		printf("listen on %s port %u\n", inet_ntoa(l->addr.sin_addr),
		    ntohs(l->addr.sin_port));
	if (c->pidfile != NULL) {
		printf("pidfile ");
		print_string(c->pidfile);
		printf("\n");
	}
	printf("hostname ");
	print_string(c->ppp.hostname);
	printf("\n");
	printf("engines %u\n", c->pptp.engines);
	printf("tun %s\n", c->tun[0] == '\0' ? "any" : c->tun);
	printf("link-output %s\n", c->link_output ? "yes" : "no");

	print_ranges("localip", &c->pool->local);
	if (!TAILQ_EMPTY(&c->pool->remote))
		print_ranges("remoteip", &c->pool->remote);
	printf("proxy-arp %s\n", c->pool->proxy_arp ? "yes" : "no");
	print_servers("dns", c->ppp.dns);
	print_servers("nbns", c->ppp.nbns);
	printf("max-sessions %u\n", c->pptp.max_sessions);
	printf("user-sessions %u\n", c->auth.user_sessions);
	printf("source-sessions %u\n", c->pptp.source_sessions);
	printf("connection-calls %u\n", c->pptp.connection_calls);
	printf("max-startups %u:%u:%u\n", c->pptp.startups_begin,
	    c->pptp.startups_rate, c->pptp.startups_full);
	printf("source-startups %u\n", c->pptp.source_startups);
	printf("net-startups %u\n", c->pptp.net_startups);
	printf("duplicate-login %s\n", duplicate_name(c->auth.duplicate));
	print_penalty(&c->auth.penalty);

	print_auth(&c->ppp);
	print_encryption(&c->ppp);

	printf("mru %u\n", c->ppp.mru);
	printf("mss-clamp %s\n", c->ppp.mss_clamp ? "yes" : "no");
	printf("reorder-timeout %u\n", c->ppp.reorder);

	printf("start-timeout %u\n", c->pptp.start_timeout);
	printf("setup-timeout %u\n", c->pptp.setup_timeout);
	printf("echo-interval %u\n", c->pptp.echo_interval);
	printf("echo-timeout %u\n", c->pptp.echo_timeout);
	printf("lcp-echo-interval %u\n", c->ppp.echo_interval);
	printf("lcp-echo-failures %u\n", c->ppp.echo_failures);
	printf("retry-timeout %u\n", c->ppp.retry_timeout);
	printf("max-configure %u\n", c->ppp.max_configure);
	printf("max-failure %u\n", c->ppp.max_failure);
	printf("max-terminate %u\n", c->ppp.max_terminate);
	printf("auth-timeout %u\n", c->ppp.auth_timeout);
	printf("idle-timeout %u\n", c->ppp.idle_timeout);
	printf("session-timeout %u\n", c->ppp.session_timeout);
	printf("reload-drop %s\n", c->auth.reload_drop ? "yes" : "no");

	TAILQ_FOREACH(p, &c->pools, entry)
		if (p != c->pool)
			print_pool(p);
	TAILQ_FOREACH(u, &c->users, entry)
		print_user(&u->user);
}

static void
print_string(const char *s)
{
	putchar('"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			putchar('\\');
		putchar(*s);
	}
	putchar('"');
}

static void
print_ranges(const char *keyword, struct range_list *list)
{
	struct range	*r;

	printf("%s ", keyword);
	TAILQ_FOREACH(r, list, entry) {
		if (r != TAILQ_FIRST(list))
			printf(",");
		print_range(&r->range);
	}
	printf("\n");
}

/* As PoPToP can read it, if it could be written for PoPToP. */
static void
print_range(const struct addr_range *range)
{
	uint32_t	first = ntohl(range->first.s_addr);
	uint32_t	last = ntohl(range->last.s_addr);

	printf("%s", inet_ntoa(range->first));
	if (first >> 8 != last >> 8)
		printf("-%s", inet_ntoa(range->last));
	else if (first != last)
		printf("-%u", last & 0xff);
}

static void
print_servers(const char *keyword, const struct in_addr server[2])
{
	if (server[0].s_addr == htonl(INADDR_ANY))
		return;
	printf("%s %s", keyword, inet_ntoa(server[0]));
	if (server[1].s_addr != htonl(INADDR_ANY))
		printf(" %s", inet_ntoa(server[1]));
	printf("\n");
}

static void
print_penalty(const struct conf_penalty *p)
{
	if (p->enabled)
		printf("penalty { authfail %u, noauth %u, protocol %u, "
		    "min %u, max %u }\n", p->authfail, p->noauth, p->protocol,
		    p->min, p->max);
	else
		printf("penalty no\n");
}

static void
print_auth(const struct conf_ppp *ppp)
{
	printf("authentication {");
	if (ppp->auth & AUTH_MSCHAPV2)
		printf(" mschapv2");
	if (ppp->auth & AUTH_MSCHAP)
		printf(" mschap");
	if (ppp->auth & AUTH_CHAP_MD5)
		printf(" chap-md5");
	if (ppp->auth & AUTH_PAP)
		printf(" pap");
	printf(" }\n");
}

static void
print_encryption(const struct conf_ppp *ppp)
{
	const struct mppe_mode	*m;
	int			 i;

	printf("encryption %s", mppe_policy_name(ppp->mppe_policy));
	for (i = 0; i < ppp->mppe_nmodes; i++) {
		m = &ppp->mppe_mode[i];
		printf("%s %u %s", i == 0 ? " {" : ",", m->bits,
		    m->stateful ? "stateful" : "stateless");
	}
	printf("%s\n", ppp->mppe_nmodes > 0 ? " }" : "");
}

static void
print_pool(struct pool *p)
{
	printf("pool ");
	print_string(p->conf.name);
	printf(" {\n");
	print_ranges("\tlocalip", &p->local);
	print_ranges("\tremoteip", &p->remote);
	printf("\tproxy-arp %s\n", p->proxy_arp ? "yes" : "no");
	print_servers("\tdns", p->conf.dns);
	printf("}\n");
}

/* Does one line say it all? */
static int
user_is_simple(const struct conf_user *user)
{
	return (!user->disabled && user->pool[0] == '\0' &&
	    user->max_sessions == 0 && user->expires == 0 &&
	    user->idle_timeout == TIMEOUT_DEFAULT &&
	    user->session_timeout == TIMEOUT_DEFAULT &&
	    user->dns[0].s_addr == htonl(INADDR_ANY) && user->nroutes == 0 &&
	    user->nfrom == 0);
}

static void
print_user(const struct conf_user *user)
{
	struct tm	*tm;
	time_t		 expires = user->expires;
	char		 text[32];

	printf("user ");
	print_string(user->name);
	if (user_is_simple(user)) {
		printf(" ");
		print_secret(user);
		if (user->address.s_addr != htonl(INADDR_ANY))
			printf(" address %s", inet_ntoa(user->address));
		printf("\n");
		return;
	}

	printf(" {\n\t");
	print_secret(user);
	printf("\n");
	if (user->address.s_addr != htonl(INADDR_ANY))
		printf("\taddress %s\n", inet_ntoa(user->address));
	if (user->pool[0] != '\0') {
		printf("\tpool ");
		print_string(user->pool);
		printf("\n");
	}
	if (user->max_sessions != 0)
		printf("\tmax-sessions %u\n", user->max_sessions);
	print_servers("\tdns", user->dns);
	if (user->idle_timeout != TIMEOUT_DEFAULT)
		printf("\tidle-timeout %u\n", user->idle_timeout);
	if (user->session_timeout != TIMEOUT_DEFAULT)
		printf("\tsession-timeout %u\n", user->session_timeout);
	print_nets("route", user->route, user->nroutes);
	print_nets("from", user->from, user->nfrom);
	if (user->expires != 0 && (tm = localtime(&expires)) != NULL &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M", tm) > 0)
		printf("\texpires %s\n", text);
	if (user->disabled)
		printf("\tdisabled\n");
	printf("}\n");
}

static void
print_secret(const struct conf_user *user)
{
	size_t	i;

	if (user->has_password) {
		printf("password ");
		print_string(user->password);
	} else {
		printf("nt-hash ");
		for (i = 0; i < sizeof(user->nt_hash); i++)
			printf("%02x", user->nt_hash[i]);
	}
}

static void
print_nets(const char *keyword, const struct conf_net *net, uint32_t n)
{
	uint32_t	i;

	for (i = 0; i < n; i++)
		printf("\t%s %s/%u\n", keyword, inet_ntoa(net[i].addr),
		    net[i].prefixlen);
}
