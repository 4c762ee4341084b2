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
 * pf(4): does a rule block all that comes in, and does none of the main
 * ruleset let the protocol or the port in?  What anchors do is not known.
 */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>
#include <net/pfvar.h>

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "kroute.h"

#define RULES_MAX	100000

/* Could the rule be about it? */
static int
applies(const struct pf_rule *r, int proto, uint16_t port)
{
	if (r->direction == PF_OUT || (r->af != 0 && r->af != AF_INET))
		return (0);
	if (r->proto != 0 && r->proto != proto)
		return (0);
	return (port == 0 || r->dst.port_op != PF_OP_EQ ||
	    r->dst.port[0] == htons(port));
}

int
kfilter_drops(int proto, uint16_t port)
{
	struct pf_status	 status;
	struct pfioc_rule	 pr;
	int			 fd, i, blocks = 0, passes = 0;

	if ((fd = open("/dev/pf", O_RDONLY | O_CLOEXEC)) == -1)
		return (-1);
	memset(&pr, 0, sizeof(pr));
	if (ioctl(fd, DIOCGETSTATUS, &status) == -1 ||
	    ioctl(fd, DIOCGETRULES, &pr) == -1) {
		close(fd);
		return (-1);
	}
	for (i = 0; status.running && i < RULES_MAX &&
	    ioctl(fd, DIOCGETRULE, &pr) != -1; i++) {
		if (!applies(&pr.rule, proto, port))
			continue;
		if (pr.anchor_call[0] != '\0' || pr.rule.action == PF_PASS)
			passes = 1;
		else if (pr.rule.action == PF_DROP && pr.rule.proto == 0 &&
		    pr.rule.src.port_op == PF_OP_NONE &&
		    pr.rule.dst.port_op == PF_OP_NONE &&
		    pr.rule.src.addr.type == PF_ADDR_ADDRMASK &&
		    PF_AZERO(&pr.rule.src.addr.v.a.mask, AF_INET) &&
		    pr.rule.dst.addr.type == PF_ADDR_ADDRMASK &&
		    PF_AZERO(&pr.rule.dst.addr.v.a.mask, AF_INET))
			blocks = 1;
	}
	close(fd);
	return (blocks && !passes);
}
