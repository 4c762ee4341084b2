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
 * What a valid configuration may still lack: safety, and a machine that it
 * fits.  Only warnings, one line each, with what to do.  Needs no privileges.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <event.h>
#include <ifaddrs.h>
#include <imsg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "kroute.h"
#include "log.h"
#include "mschap.h"
#include "pptpd.h"

#define SHORT_PASSWORD	12	/* fewer octets are guessed too soon */

/* An IPv4 address of an interface, in host byte order. */
struct local_net {
	const char	*name;
	uint32_t	 addr;
	uint32_t	 mask;
	int		 pointopoint;
};

static void	 check_methods(struct conf *, const char *);
static void	 check_modes(struct conf *, const char *);
static void	 check_passwords(struct conf *);
static int	 password_weak(const struct conf_user *);
static void	 check_filter(struct conf *);
static int	 local_net_get(const struct ifaddrs *, struct local_net *);
static void	 check_listeners(struct conf *, struct ifaddrs *);
static void	 check_address(struct conf *, const struct local_net *);
static const char
		*of_pool(const struct pool *, char *, size_t);
static int	 has_others(const struct local_net *);
static int	 check_network(struct conf *, struct pool *,
		    const struct local_net *);
static void	 check_ends(struct conf *, const struct local_net *);
static int	 own_tunnel(struct conf *, const struct local_net *);
static int	 is_local(struct conf *, struct in_addr);
static int	 clients_within(struct conf *, struct pool *, uint32_t,
		    uint32_t);
static const char
		*ntop(uint32_t);

/* What is in the configuration: methods, keys and passwords that are weak. */
void
check_file(struct conf *conf, const char *file)
{
	if (strcmp(file, "-") == 0)
		file = "stdin";
	check_methods(conf, file);
	check_modes(conf, file);
	check_passwords(conf);
}

static void
check_methods(struct conf *conf, const char *file)
{
	if (conf->ppp.auth & AUTH_PAP)
		log_warnx("%s: warning: pap sends passwords in clear: take "
		    "it out of authentication", file);
	if (conf->ppp.auth & AUTH_CHAP_MD5)
		log_warnx("%s: warning: chap-md5 gives no keys for "
		    "encryption: take it out of authentication", file);
	if (conf->ppp.auth & AUTH_MSCHAP)
		log_warnx("%s: warning: mschap is broken worse than mschapv2: "
		    "take it out of authentication", file);
}

static void
check_modes(struct conf *conf, const char *file)
{
	unsigned int	i, bits = 128;

	if (conf->ppp.mppe_policy != MPPE_REQUIRE)
		log_warnx("%s: warning: encryption %s: sessions may be in "
		    "clear, write \"encryption require\"", file,
		    mppe_policy_name(conf->ppp.mppe_policy));
	for (i = 0; i < conf->ppp.mppe_nmodes; i++)
		if (conf->ppp.mppe_mode[i].bits < bits)
			bits = conf->ppp.mppe_mode[i].bits;
	if (bits < 128)
		log_warnx("%s: warning: encryption with %u bits is no "
		    "obstacle: allow 128 only", file, bits);
}

/* One line for all of them, there may be thousands. */
static void
check_passwords(struct conf *conf)
{
	struct user	*u, *first = NULL;
	size_t		 n = 0;

	TAILQ_FOREACH(u, &conf->users, entry)
		if (password_weak(&u->user) && n++ == 0)
			first = u;
	if (n == 1)
		parse_warning(first->where.file, first->where.line, "the "
		    "password of user \"%s\" is weak: use %u random "
		    "characters or more", first->user.name, SHORT_PASSWORD);
	else if (n > 1)
		parse_warning(first->where.file, first->where.line, "%zu "
		    "users, \"%s\" for one, have weak passwords: use %u random "
		    "characters or more", n, first->user.name,
		    SHORT_PASSWORD);
}

/* Short, or the user's name; of a hash, what two guesses tell. */
static int
password_weak(const struct conf_user *user)
{
	const char	*guess[] = { "", user->name };
	uint8_t		 hash[NT_HASH_LEN];
	size_t		 i;

	if (user->has_password)
		return (strlen(user->password) < SHORT_PASSWORD ||
		    strcasecmp(user->password, user->name) == 0);
	for (i = 0; i < sizeof(guess) / sizeof(guess[0]); i++)
		if (nt_password_hash(guess[i], hash) == 0 &&
		    memcmp(hash, user->nt_hash, sizeof(hash)) == 0)
			return (1);
	return (0);
}

/* What is around the configuration: forwarding, interfaces, addresses. */
void
check_machine(struct conf *conf)
{
	struct ifaddrs	*list, *ifa;
	struct local_net net;
	struct pool	*p;
	unsigned int	 n;
	int		 lan[POOLS_MAX];
	char		 text[POOL_NAME_LEN + 16];

	memset(lan, 0, sizeof(lan));
	if (kroute_forwarding() == 0)
		log_warnx("IP forwarding is off, clients reach this host "
		    "only: see sysctl.conf(5)");
	if (kroute_gre_allowed() == 0)
		log_warnx("net.inet.gre.allow is 0: set it to 1 in "
		    "sysctl.conf(5)");
	if (conf->link_output && !khop_supported())
		log_warnx("link-output: this kernel has nothing for it, the "
		    "daemon will not start");

	check_filter(conf);

	if (getifaddrs(&list) == -1) {
		log_warn("cannot check addresses of interfaces");
		return;
	}
	check_listeners(conf, list);
	for (ifa = list; ifa != NULL; ifa = ifa->ifa_next) {
		if (local_net_get(ifa, &net) == -1 || own_tunnel(conf, &net))
			continue;
		check_address(conf, &net);
		n = 0;
		TAILQ_FOREACH(p, &conf->pools, entry)
			lan[n++] |= check_network(conf, p, &net);
		check_ends(conf, &net);
	}
	freeifaddrs(list);
	n = 0;
	TAILQ_FOREACH(p, &conf->pools, entry)
		if (!lan[n++] && p->proxy_arp)
			log_warnx("proxy-arp%s has no effect: no address of a "
			    "client is in the network of an interface, take "
			    "it out", of_pool(p, text, sizeof(text)));
}

/* What a packet filter makes of our clients is only known in clear cases. */
static void
check_filter(struct conf *conf)
{
	struct listener	*l, *before;
	uint16_t	 port;

	if (kfilter_drops(IPPROTO_GRE, 0) == 1)
		log_warnx("the packet filter drops what no rule lets in, and "
		    "none names protocol 47, GRE: let it pass in both "
		    "directions");
	TAILQ_FOREACH(l, &conf->listeners, entry) {
		TAILQ_FOREACH(before, &conf->listeners, entry)
			if (before == l || before->addr.sin_port ==
			    l->addr.sin_port)
				break;
		port = ntohs(l->addr.sin_port);
		if (before == l && kfilter_drops(IPPROTO_TCP, port) == 1)
			log_warnx("the packet filter drops what no rule lets "
			    "in, and none names TCP port %u: let it pass",
			    port);
	}
}

/* -1: not an IPv4 address. */
static int
local_net_get(const struct ifaddrs *ifa, struct local_net *net)
{
	struct sockaddr_in	sin;

	if (ifa->ifa_addr == NULL || ifa->ifa_addr->sa_family != AF_INET ||
	    ifa->ifa_netmask == NULL || kroute_in_rdomain(ifa->ifa_name) == 0)
		return (-1);
	net->name = ifa->ifa_name;
	memcpy(&sin, ifa->ifa_addr, sizeof(sin));
	net->addr = ntohl(sin.sin_addr.s_addr);
	memcpy(&sin, ifa->ifa_netmask, sizeof(sin));
	net->mask = ntohl(sin.sin_addr.s_addr);
	net->pointopoint = (ifa->ifa_flags & IFF_POINTOPOINT) != 0;
	return (0);
}

static void
check_listeners(struct conf *conf, struct ifaddrs *list)
{
	struct listener	*l;
	struct ifaddrs	*ifa;
	struct local_net net;

	TAILQ_FOREACH(l, &conf->listeners, entry) {
		if (l->addr.sin_addr.s_addr == htonl(INADDR_ANY))
			continue;
		for (ifa = list; ifa != NULL; ifa = ifa->ifa_next)
			if (local_net_get(ifa, &net) == 0 &&
			    net.addr == ntohl(l->addr.sin_addr.s_addr))
				break;
		if (ifa == NULL)
			log_warnx("listen on %s: no interface has this "
			    "address, give it to one",
			    inet_ntoa(l->addr.sin_addr));
	}
}

/* Addresses that a client would share with this host. */
static void
check_address(struct conf *conf, const struct local_net *net)
{
	struct in_addr	addr;

	addr.s_addr = htonl(net->addr);
	if (is_local(conf, addr))
		log_warnx("localip %s is an address of %s, too: use one that "
		    "nothing else has", ntop(net->addr), net->name);
	if (pool_of(conf, addr) != NULL)
		log_warnx("%s is for a client, but %s has it: take it out of "
		    "the pool", ntop(net->addr), net->name);
}

static const char *
of_pool(const struct pool *p, char *buf, size_t size)
{
	if (p->conf.name[0] == '\0')
		return ("");
	(void)snprintf(buf, size, " of pool \"%s\"", p->conf.name);
	return (buf);
}

/* Neither /32 nor /31 has room for anybody else. */
static int
has_others(const struct local_net *net)
{
	return (!net->pointopoint && ~net->mask > 1);
}

/* Are there clients of the pool in the network of this interface? */
static int
check_network(struct conf *conf, struct pool *p, const struct local_net *net)
{
	uint32_t	 first, last;
	char		 text[POOL_NAME_LEN + 16];

	first = net->addr & net->mask;
	last = first | ~net->mask;
	if (!has_others(net) || !clients_within(conf, p, first, last))
		return (0);
	if (!p->proxy_arp)
		log_warnx("addresses of clients%s are in the network %s/%d of "
		    "%s, whose hosts will not find them: use proxy-arp or "
		    "other addresses", of_pool(p, text, sizeof(text)),
		    ntop(first), kroute_prefixlen(first, last), net->name);
	return (1);
}

/* Its first and its last address are for no host. */
static void
check_ends(struct conf *conf, const struct local_net *net)
{
	struct in_addr	 addr;
	uint32_t	 first, last;

	first = net->addr & net->mask;
	last = first | ~net->mask;
	if (!has_others(net))
		return;
	addr.s_addr = htonl(first);
	if (pool_of(conf, addr) != NULL)
		log_warnx("%s is for a client, but it is the network %s/%d of "
		    "%s: take it out of the pool", ntop(first), ntop(first),
		    kroute_prefixlen(first, last), net->name);
	addr.s_addr = htonl(last);
	if (pool_of(conf, addr) != NULL)
		log_warnx("%s is for a client, but it is the broadcast address "
		    "of %s: take it out of the pool", ntop(last), net->name);
}

/* The interface of a pptpd that runs with this configuration, maybe we. */
static int
own_tunnel(struct conf *conf, const struct local_net *net)
{
	struct in_addr	addr;
	uint32_t	i;
	char		name[IF_NAMESIZE];

	addr.s_addr = htonl(net->addr);
	if (net->mask != 0xffffffff || !is_local(conf, addr))
		return (0);
	for (i = 0; conf->tun[0] != '\0' && i < conf->pptp.engines; i++)
		if (tun_name(conf, i, name) == 0 &&
		    strcmp(net->name, name) == 0)
			return (1);
	if (conf->tun[0] != '\0')
		return (0);
	return (strncmp(net->name, "tun", 3) == 0 ||
	    strncmp(net->name, "pppac", 5) == 0);
}

static int
is_local(struct conf *conf, struct in_addr addr)
{
	struct pool	*p;

	TAILQ_FOREACH(p, &conf->pools, entry)
		if (range_has(&p->local, addr))
			return (1);
	return (0);
}

/* May a client of the pool get an address from first to last, host order? */
static int
clients_within(struct conf *conf, struct pool *p, uint32_t first,
    uint32_t last)
{
	struct range	*r;
	struct user	*u;
	uint32_t	 a;

	TAILQ_FOREACH(r, &p->remote, entry)
		if (ntohl(r->range.first.s_addr) <= last &&
		    ntohl(r->range.last.s_addr) >= first)
			return (1);
	TAILQ_FOREACH(u, &conf->users, entry) {
		a = ntohl(u->user.address.s_addr);
		if (a != INADDR_ANY && a >= first && a <= last &&
		    pool_of_user(conf, &u->user) == p)
			return (1);
	}
	return (0);
}

static const char *
ntop(uint32_t addr)
{
	struct in_addr	in;

	in.s_addr = htonl(addr);
	return (inet_ntoa(in));
}
