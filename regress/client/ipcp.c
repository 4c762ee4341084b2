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
 * IPCP options (RFC 1332, RFC 1877), client side: an address, name servers.
 */

#include <sys/types.h>

#include <netinet/in.h>
#include <net/if.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pptp.h"
#include "gre.h"
#include "mppe.h"
#include "mschap.h"
#include "dial.h"

#define IPCP_ADDRESS	3
#define IPCP_DNS1	129
#define IPCP_NBNS1	130
#define IPCP_DNS2	131
#define IPCP_NBNS2	132

static struct in_addr	*server_slot(struct call *, uint8_t);

void
ipcp_begin(struct call *c)
{
	c->ipcp_rejected = 0;
	c->address = opt.address;
	memset(c->dns, 0, sizeof(c->dns));
	memset(c->nbns, 0, sizeof(c->nbns));
}

static struct in_addr *
server_slot(struct call *c, uint8_t type)
{
	switch (type) {
	case IPCP_DNS1:
		return (&c->dns[0]);
	case IPCP_DNS2:
		return (&c->dns[1]);
	case IPCP_NBNS1:
		return (&c->nbns[0]);
	case IPCP_NBNS2:
		return (&c->nbns[1]);
	}
	return (NULL);
}

size_t
ipcp_request(struct call *c, uint8_t *p)
{
	size_t	n;
	uint8_t	type;

	n = cp_option(p, IPCP_ADDRESS, &c->address, 4);
	for (type = IPCP_DNS1; type <= IPCP_NBNS2; type++)
		if ((c->ipcp_rejected & 1 << (type - IPCP_DNS1)) == 0)
			n += cp_option(p + n, type, server_slot(c, type), 4);
	return (n);
}

/* The peer may have the address it wants, and nothing else. */
enum judgement
ipcp_judge(struct call *c, const uint8_t *o, uint8_t *nak, size_t *naklen)
{
	if (o[0] != IPCP_ADDRESS || o[1] != 6 || get32(o + 2) == 0)
		return (J_REJECT);
	memcpy(&c->peer, o + 2, 4);
	return (J_ACK);
}

void
ipcp_nak(struct call *c, const uint8_t *o)
{
	struct in_addr	*slot;

	if (o[1] != 6)
		return;
	if (o[0] == IPCP_ADDRESS)
		slot = &c->address;
	else
		slot = server_slot(c, o[0]);
	if (slot != NULL)
		memcpy(slot, o + 2, 4);
}

void
ipcp_reject(struct call *c, const uint8_t *o)
{
	if (o[0] == IPCP_ADDRESS)
		call_over(c, R_IPCP, "the server gives no address");
	else if (server_slot(c, o[0]) != NULL) {
		c->ipcp_rejected |= 1 << (o[0] - IPCP_DNS1);
		server_slot(c, o[0])->s_addr = 0;
	}
}
