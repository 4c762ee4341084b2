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

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>

#include <event.h>
#include <imsg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pptpd.h"
#include "fsm.h"
#include "ppp.h"

/* IPCP's Configuration Options (RFC 1332, RFC 1877). */

#define OPT_ADDRESS	3
#define OPT_DNS1	129
#define OPT_NBNS1	130
#define OPT_DNS2	131
#define OPT_NBNS2	132

static void	 check_server(const uint8_t *, struct in_addr,
		    struct cp_reply *);

void
ipcp_init(struct ipcp *i, struct in_addr local, struct in_addr remote,
    const struct in_addr dns[2])
{
	memset(i, 0, sizeof(*i));
	cp_init(&i->cp, PPP_IPCP);
	i->local = local;
	i->remote = remote;
	memcpy(i->offer_dns, dns, sizeof(i->offer_dns));
}

size_t
ipcp_request(struct ipcp *i, uint8_t *buf)
{
	if (i->no_address)
		return (0);
	buf[0] = OPT_ADDRESS;
	buf[1] = 6;
	memcpy(buf + 2, &i->local, sizeof(i->local));
	return (6);
}

/*
 * -1: the client asks for an address of its own, stored in wanted, and nobody
 * has been asked yet whether it may have it.
 */
int
ipcp_check(struct ipcp *i, const struct conf_ppp *conf, const uint8_t *opt,
    size_t len, struct cp_reply *r)
{
	struct in_addr	 a;
	size_t		 total = len;
	int		 has_address = 0;

	for (; len > 0; len -= opt[1], opt += opt[1]) {
		if (cp_seen(r, opt[0])) {
			cp_reject(r, opt);
			continue;
		}
		switch (opt[0]) {
		case OPT_ADDRESS:
			has_address = 1;
			a.s_addr = INADDR_ANY;
			if (opt[1] == 6)
				memcpy(&a, opt + 2, sizeof(a));
			if (a.s_addr == i->remote.s_addr)
				break;
			if (a.s_addr != INADDR_ANY && !i->asked &&
			    total <= sizeof(i->held)) {
				i->asked = 1;
				i->wanted = a;
				return (-1);
			}
			cp_nak(r, opt, OPT_ADDRESS, &i->remote,
			    sizeof(i->remote));
			break;
		case OPT_DNS1:
			check_server(opt, i->offer_dns[0], r);
			break;
		case OPT_DNS2:
			check_server(opt, i->offer_dns[1], r);
			break;
		case OPT_NBNS1:
			check_server(opt, conf->nbns[0], r);
			break;
		case OPT_NBNS2:
			check_server(opt, conf->nbns[1], r);
			break;
		default:
			cp_reject(r, opt);
			break;
		}
	}
	/* A client that names no address is told one (RFC 1332 section 3.3). */
	if (!has_address && r->rejlen == 0)
		cp_nak(r, NULL, OPT_ADDRESS, &i->remote, sizeof(i->remote));
	return (0);
}

/* What we do not have to offer is Rejected; the client then asks without. */
static void
check_server(const uint8_t *opt, struct in_addr ours, struct cp_reply *r)
{
	if (ours.s_addr == INADDR_ANY)
		cp_reject(r, opt);
	else if (opt[1] != 6 || memcmp(opt + 2, &ours, sizeof(ours)) != 0)
		cp_nak(r, opt, opt[0], &ours, sizeof(ours));
}

void
ipcp_accept(struct ipcp *i, const uint8_t *opt, size_t len)
{
	memset(i->dns, 0, sizeof(i->dns));
	memset(i->nbns, 0, sizeof(i->nbns));
	for (; len > 0; len -= opt[1], opt += opt[1]) {
		switch (opt[0]) {
		case OPT_DNS1:
			memcpy(&i->dns[0], opt + 2, sizeof(i->dns[0]));
			break;
		case OPT_DNS2:
			memcpy(&i->dns[1], opt + 2, sizeof(i->dns[1]));
			break;
		case OPT_NBNS1:
			memcpy(&i->nbns[0], opt + 2, sizeof(i->nbns[0]));
			break;
		case OPT_NBNS2:
			memcpy(&i->nbns[1], opt + 2, sizeof(i->nbns[1]));
			break;
		}
	}
}

void
ipcp_rej(struct ipcp *i, const uint8_t *opt, size_t len)
{
	for (; len > 0; len -= opt[1], opt += opt[1])
		if (opt[0] == OPT_ADDRESS)
			i->no_address = 1;
}
