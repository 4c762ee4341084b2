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
 * PPP of one call: from LCP to the network phase, and what belongs to which
 * protocol.
 */

#include <sys/types.h>

#include <netinet/in.h>
#include <net/if.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "pptp.h"
#include "gre.h"
#include "mppe.h"
#include "mschap.h"
#include "dial.h"

#define REJECT_MAX	64	/* how much of a packet a reject repeats */
#define DUMP_MAX	48

static void	 trace(struct call *, const char *, uint16_t, const uint8_t *,
		    size_t);

void
ppp_start(struct call *c)
{
	call_stage(c, S_LCP);
	cp_start(c, CP_LCP);
}

static void
trace(struct call *c, const char *direction, uint16_t protocol,
    const uint8_t *p, size_t len)
{
	char		 dump[DUMP_MAX * 2 + 1];
	const char	*name;
	size_t		 i;

	if (!opt.verbose)
		return;
	switch (protocol) {
	case P_LCP:
		name = "LCP";
		break;
	case P_CCP:
		name = "CCP";
		break;
	case P_IPCP:
		name = "IPCP";
		break;
	case P_PAP:
		name = "PAP";
		break;
	case P_CHAP:
		name = "CHAP";
		break;
	default:
		name = "PPP";
		break;
	}
	dump[0] = '\0';
	for (i = 4; i < len && i < DUMP_MAX + 4; i++)
		snprintf(dump + (i - 4) * 2, 3, "%02x", p[i]);
	if (len < 4 || name[0] == 'P' || name[1] == 'H')
		verbose(c, "%s %s %04x code %d id %d length %zu %s", direction,
		    name, protocol, len > 0 ? p[0] : 0, len > 1 ? p[1] : 0,
		    len, dump);
	else
		verbose(c, "%s %s %s id %d length %zu %s", direction, name,
		    cp_code_name(p[0]), p[1], len, dump);
}

/* Code, Identifier, Length, data: all protocols but the network's do so. */
void
ppp_send_cp(struct call *c, uint16_t protocol, uint8_t code, uint8_t id,
    const void *data, size_t len)
{
	uint8_t	 buf[HEADROOM + 4 + CP_MAX], *p = buf + HEADROOM;

	if (len > CP_MAX)
		len = CP_MAX;
	p[0] = code;
	p[1] = id;
	put16(p + 2, len + 4);
	if (len > 0)
		memcpy(p + 4, data, len);
	trace(c, ">", protocol, p, len + 4);
	data_send_ppp(c, protocol, p, len + 4);
}

void
ppp_input(struct call *c, uint8_t *p, size_t len)
{
	uint8_t		 reject[REJECT_MAX + 2];
	uint16_t	 protocol;

	if (c->stage < S_LCP || c->stage == S_DEAD)
		return;
	/* Both compressions are taken whether they were agreed on or not. */
	if (len >= 2 && p[0] == 0xff && p[1] == 0x03) {
		p += 2;
		len -= 2;
	}
	if (len >= 1 && p[0] & 1) {
		protocol = p[0];
		p++;
		len--;
	} else if (len >= 2 && p[1] & 1) {
		protocol = get16(p);
		p += 2;
		len -= 2;
	} else {
		c->c.malformed++;
		return;
	}
	/* MRU covers what follows the protocol (RFC 1661 section 6.1). */
	if (c->cp[CP_LCP].open && len > c->mru)
		c->c.too_big++;
	if (protocol != P_IP && protocol != P_MPPE)
		trace(c, "<", protocol, p, len);
	if (protocol == P_LCP) {
		cp_input(c, CP_LCP, p, len);
		return;
	}
	/* Nothing else before LCP is open (RFC 1661 section 3.4), or after. */
	if (!c->cp[CP_LCP].open || c->stage >= S_LINGER)
		return;

	switch (protocol) {
	case P_IP:
		if (c->encrypted || opt.mppe_required) {
			c->c.clear++;
			complain(c, "IP in clear from the server");
			return;
		}
		if (c->cp[CP_IPCP].open)
			data_ip(c, p, len);
		return;
	case P_MPPE:
		data_compressed(c, p, len);
		return;
	case P_PAP:
		auth_pap_input(c, p, len);
		return;
	case P_CHAP:
		auth_chap_input(c, p, len);
		return;
	case P_IPCP:
		cp_input(c, CP_IPCP, p, len);
		return;
	case P_CCP:
		if (!c->auth_done)
			return;
		if (ccp_modes(c) == 0 || c->cp[CP_CCP].failed)
			break;
		cp_input(c, CP_CCP, p, len);
		return;
	}

	/* Protocol-Reject, RFC 1661 section 5.7: the rejected one in full. */
	put16(reject, protocol);
	if (len > REJECT_MAX)
		len = REJECT_MAX;
	memcpy(reject + 2, p, len);
	ppp_send_cp(c, P_LCP, PROTO_REJ, ++c->packet_id, reject, len + 2);
}

/* Authenticated: CCP first, so that nothing can go in clear, then IPCP. */
void
ppp_network(struct call *c)
{
	if (!c->was_up && c->stage < S_NETWORK)
		call_stage(c, S_NETWORK);
	if (ccp_modes(c) == 0) {
		if (opt.mppe_required) {
			call_over(c, R_NO_MPPE, "no keys from %s",
			    method_name(c->method));
			return;
		}
	} else if (!c->cp[CP_CCP].running && !c->cp[CP_CCP].failed) {
		cp_start(c, CP_CCP);
		return;
	} else if (c->cp[CP_CCP].running && !c->cp[CP_CCP].open)
		return;
	if (!c->cp[CP_IPCP].running && !c->cp[CP_IPCP].failed)
		cp_start(c, CP_IPCP);
}

void
ppp_check_up(struct call *c)
{
	struct cp	*ccp = &c->cp[CP_CCP];

	if (c->stage != S_NETWORK || !c->cp[CP_IPCP].open)
		return;
	if (ccp->open || (!opt.mppe_required && !ccp->running))
		call_stage(c, S_UP);
}

void
ppp_terminate(struct call *c)
{
	static const char	text[] = "client hangs up";

	ppp_send_cp(c, P_LCP, TERM_REQ, ++c->packet_id, text,
	    sizeof(text) - 1);
}
