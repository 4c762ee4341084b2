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
 * What people and test scripts read: one line when a call is up, one when it
 * is over, and the summary.
 */

#include <sys/types.h>

#include <netinet/in.h>
#include <arpa/inet.h>
#include <net/if.h>

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pptp.h"
#include "gre.h"
#include "mppe.h"
#include "mschap.h"
#include "dial.h"

#define SERVERS_LEN	(2 * INET_ADDRSTRLEN)

static const char	*servers(const struct in_addr *, const char *,
			    const char *, char *);
static int		 call_good(struct call *);
static void		 add_counters(struct counters *,
			    const struct counters *);
static void		 print_count(const char *, uint64_t);

const char *
stage_name(enum stage s)
{
	static const char *const names[] = {
		"idle", "connect", "sccrp", "ocrp", "lcp", "auth", "network",
		"up", "linger", "terminate", "clear", "stop", "dead"
	};

	return (names[s]);
}

const char *
reason_name(enum reason r)
{
	static const char *const names[] = {
		"none", "hangup", "connect", "timeout", "protocol", "sccrp",
		"ocrp", "lcp", "auth-method", "auth-failed", "auth-server",
		"no-mppe", "ipcp", "lcp-terminate", "cdn", "stop",
		"tcp-closed", "system"
	};

	return (names[r]);
}

/* Did the server turn us down, as opposed to not being there? */
int
reason_refused(enum reason r)
{
	switch (r) {
	case R_SCCRP:
	case R_OCRP:
	case R_LCP:
	case R_AUTH_METHOD:
	case R_AUTH_FAILED:
	case R_NO_MPPE:
	case R_IPCP:
	case R_LCP_TERMINATE:
	case R_CDN:
	case R_STOP:
	case R_TCP_CLOSED:
		return (1);
	case R_NONE:
	case R_HANGUP:
	case R_CONNECT:
	case R_TIMEOUT:
	case R_PROTOCOL:
	case R_AUTH_SERVER:
	case R_SYSTEM:
		break;
	}
	return (0);
}

const char *
method_name(unsigned int method)
{
	switch (method) {
	case METHOD_PAP:
		return ("pap");
	case METHOD_CHAP:
		return ("chap");
	case METHOD_MSCHAP:
		return ("mschap");
	case METHOD_MSCHAPV2:
		return ("mschapv2");
	}
	return ("none");
}

const char *
mode_name(unsigned int mode)
{
	switch (mode) {
	case MODE_128:
		return ("128 stateless");
	case MODE_56:
		return ("56 stateless");
	case MODE_40:
		return ("40 stateless");
	case MODE_128 << MODE_SHIFT:
		return ("128 stateful");
	case MODE_56 << MODE_SHIFT:
		return ("56 stateful");
	case MODE_40 << MODE_SHIFT:
		return ("40 stateful");
	}
	return ("none");
}

/* Name servers with what is to be between them; none if there are none. */
static const char *
servers(const struct in_addr *a, const char *between, const char *none,
    char *buf)
{
	char	one[INET_ADDRSTRLEN];
	int	i;

	buf[0] = '\0';
	for (i = 0; i < 2; i++) {
		if (a[i].s_addr == INADDR_ANY)
			continue;
		if (buf[0] != '\0')
			strlcat(buf, between, SERVERS_LEN);
		inet_ntop(AF_INET, &a[i], one, sizeof(one));
		strlcat(buf, one, SERVERS_LEN);
	}
	return (buf[0] != '\0' ? buf : none);
}

void
report_up(struct call *c)
{
	char	 address[INET_ADDRSTRLEN], peer[INET_ADDRSTRLEN];
	char	 dns[SERVERS_LEN], nbns[SERVERS_LEN];
	int	 mppe = c->cp[CP_CCP].open;

	if (opt.quiet)
		return;
	inet_ntop(AF_INET, &c->address, address, sizeof(address));
	inet_ntop(AF_INET, &c->peer, peer, sizeof(peer));
	printf("up call %d id %u own %u address %s peer %s mppe %s",
	    c->number, c->peer_id, c->id, address, peer,
	    mode_name(mppe ? c->ccp_want : 0));
	if (mppe && c->ccp_got != c->ccp_want)
		printf(" sending %s", mode_name(c->ccp_got));
	printf(" auth %s mru %u peer-mru %u dns %s nbns %s",
	    method_name(c->method), c->mru, c->peer_mru,
	    servers(c->dns, ",", "-", dns), servers(c->nbns, ",", "-", nbns));
	if (c->tun[0] != '\0')
		printf(" tun %s", c->tun);
	printf(" ms %" PRIu64 "\n", c->up_after / 1000);
}

void
report_over(struct call *c)
{
	static const char *const names[] = {
		"lcp-terminate", "terminate-ack", "cdn", "stop", "stop-reply",
		"tcp-close"
	};
	const char	*what;
	size_t		 i;
	int		 first = 1;

	if (opt.quiet)
		return;
	if (c->was_up)
		what = "down";
	else if (reason_refused(c->reason))
		what = "refused";
	else
		what = "failed";
	printf("%s call %d id %u reason %s stage %s saw ", what, c->number,
	    c->peer_id, reason_name(c->reason), stage_name(c->reached));
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (c->saw & 1 << i) {
			printf("%s%s", first ? "" : ",", names[i]);
			first = 0;
		}
	printf("%s%s%s\n", first ? "-" : "", c->text[0] != '\0' ?
	    " text " : "", c->text);
}

void
report_ping(struct call *c)
{
	uint64_t	average = 0;

	if (opt.quiet)
		return;
	if (c->pongs > 0)
		average = c->ping_sum / c->pongs;
	printf("ping call %d sent %u received %u disorder %u us min %" PRIu64
	    " average %" PRIu64 " max %" PRIu64 "\n", c->number, c->pings,
	    c->pongs, c->ping_disorder, c->ping_min, average, c->ping_max);
}

/* For the command of -c: the first call, and how many there are. */
void
environment(struct call *c)
{
	char	 buf[SERVERS_LEN];

	inet_ntop(AF_INET, &c->address, buf, sizeof(buf));
	setenv("PPTP_ADDRESS", buf, 1);
	inet_ntop(AF_INET, &c->peer, buf, sizeof(buf));
	setenv("PPTP_PEER", buf, 1);
	inet_ntop(AF_INET, &opt.server.sin_addr, buf, sizeof(buf));
	setenv("PPTP_SERVER", buf, 1);
	setenv("PPTP_TUN", c->tun, 1);
	setenv("PPTP_DNS", servers(c->dns, " ", "", buf), 1);
	setenv("PPTP_NBNS", servers(c->nbns, " ", "", buf), 1);
	snprintf(buf, sizeof(buf), "%u", c->peer_id);
	setenv("PPTP_ID", buf, 1);
	snprintf(buf, sizeof(buf), "%d", data_mtu(c));
	setenv("PPTP_MTU", buf, 1);
	snprintf(buf, sizeof(buf), "%d", opt.calls);
	setenv("PPTP_CALLS", buf, 1);
}

static void
add_counters(struct counters *to, const struct counters *from)
{
	to->gre_in += from->gre_in;
	to->gre_out += from->gre_out;
	to->acks_in += from->acks_in;
	to->acks_out += from->acks_out;
	to->lost += from->lost;
	to->late += from->late;
	to->duplicate += from->duplicate;
	to->far += from->far;
	to->ip_in += from->ip_in;
	to->ip_out += from->ip_out;
	to->clear += from->clear;
	to->undecrypted += from->undecrypted;
	to->resets_in += from->resets_in;
	to->resets_out += from->resets_out;
	to->reset_acks += from->reset_acks;
	to->too_big += from->too_big;
	to->foreign += from->foreign;
	to->malformed += from->malformed;
	to->protocol_reject += from->protocol_reject;
	to->unsent += from->unsent;
	to->made_lost += from->made_lost;
	to->made_reordered += from->made_reordered;
	to->made_lost_in += from->made_lost_in;
}

/* Did this call go as the command line says that it should? */
static int
call_good(struct call *c)
{
	if (c->c.clear != 0 || c->c.malformed != 0 || c->c.foreign != 0)
		return (0);
	if (opt.expect_refusal)
		return (!c->was_up && reason_refused(c->reason));
	if (!c->was_up || c->pongs < (uint32_t)opt.pings_needed)
		return (0);
	if (opt.expect_hangup)
		return (reason_refused(c->reason));
	return (c->reason == R_HANGUP);
}

static void
print_count(const char *name, uint64_t n)
{
	if (n != 0)
		printf(" %s %" PRIu64, name, n);
}

/*
 * The last lines; ok tells how the rest went.  Returns whether all is well.
 */
int
report_summary(int ok)
{
	struct counters	 sum;
	struct call	*c;
	uint64_t	 pings = 0, pongs = 0, ms, min = 0, max = 0, total = 0;
	int		 up = 0, refused = 0, failed = 0, good = 0, i;

	memset(&sum, 0, sizeof(sum));
	for (i = 0; i < opt.calls; i++) {
		c = &calls[i];
		add_counters(&sum, &c->c);
		pings += c->pings;
		pongs += c->pongs;
		good += call_good(c);
		if (!c->was_up) {
			if (reason_refused(c->reason))
				refused++;
			else
				failed++;
			continue;
		}
		ms = c->up_after / 1000;
		if (up++ == 0 || ms < min)
			min = ms;
		if (ms > max)
			max = ms;
		total += ms;
	}
	sum.malformed += data_malformed();
	if (good != opt.calls || data_malformed() != 0)
		ok = 0;

	printf("counters gre-in %" PRIu64 " gre-out %" PRIu64, sum.gre_in,
	    sum.gre_out);
	print_count("acks-in", sum.acks_in);
	print_count("acks-out", sum.acks_out);
	print_count("ip-in", sum.ip_in);
	print_count("ip-out", sum.ip_out);
	print_count("lost", sum.lost);
	print_count("late", sum.late);
	print_count("duplicate", sum.duplicate);
	print_count("far", sum.far);
	print_count("clear", sum.clear);
	print_count("undecrypted", sum.undecrypted);
	print_count("resets-in", sum.resets_in);
	print_count("resets-out", sum.resets_out);
	print_count("reset-acks", sum.reset_acks);
	print_count("too-big", sum.too_big);
	print_count("foreign", sum.foreign);
	print_count("malformed", sum.malformed);
	print_count("protocol-reject", sum.protocol_reject);
	print_count("unsent", sum.unsent);
	print_count("made-lost", sum.made_lost);
	print_count("made-reordered", sum.made_reordered);
	print_count("made-lost-in", sum.made_lost_in);
	printf("\nsummary calls %d up %d refused %d failed %d", opt.calls, up,
	    refused, failed);
	if (up > 0)
		printf(" ms min %" PRIu64 " average %" PRIu64 " max %" PRIu64,
		    min, total / up, max);
	if (opt.pings > 0)
		printf(" pings %" PRIu64 " answered %" PRIu64, pings, pongs);
	printf(" result %s\n", ok ? "good" : "bad");
	return (ok);
}
