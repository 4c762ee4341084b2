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
#include <arpa/inet.h>

#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pptpd.h"

/*
 * Attempts and ends of sessions in words: the line that the log has, and
 * pptpctl monitor.  Scripts read it, so fields keep their names and order and
 * new ones come last.  Text of clients is in quotes, with quotes in it
 * escaped: it went through log_text() before.
 */

/* Lines that strangers can cause. */
#define LINES_PER_SECOND	50
#define LINES_AT_ONCE		200
#define SOURCE_PER_SECOND	5	/* from one address */
#define SOURCE_AT_ONCE		20
#define SOURCES			1024	/* told apart */

struct bucket {
	uint64_t	last;		/* ms, 0: never */
	uint32_t	tokens;		/* thousandths of a line */
};

static int	 bucket_take(struct bucket *, uint64_t, uint32_t, uint32_t);

static const char *const event_kind_names[EVENT_MAX] = {
	[EVENT_START] =		"start",
	[EVENT_LOST] =		"lost",
	[EVENT_LOGIN] =		"login",
	[EVENT_CHANGE] =	"change",
	[EVENT_LOGOUT] =	"logout",
};

/*
 * What keeps a client from being connected, for the one who is on the phone
 * with its owner.  What is not here reads as at the end of a session.
 */
static const char *const login_reasons[END_MAX] = {
	[END_PEER_CLEAR] =	"the client hung up before it was connected",
	[END_PEER_STOP] =	"the client closed the control connection "
				"before it was connected",
	[END_PEER_GONE] =	"the connection to TCP port 1723 broke before "
				"the client was connected "
				"(Windows error 628/807)",
	[END_PEER_TERMINATE] =	"the client closed the PPP link before it "
				"was connected: it may demand what is not "
				"offered here (Windows error 628/734/741)",
	[END_NO_GRE] =		"no GRE from the client: protocol 47 is "
				"blocked on the way (Windows error 619/806)",
	[END_LCP_FAILED] =	"no agreement on the PPP link, or GRE to the "
				"client is blocked (Windows error 718/734)",
	[END_AUTH_REFUSED] =	"the client refuses every authentication "
				"method allowed here (Windows error 734)",
	[END_AUTH_FAILED] =	"wrong name or password (Windows error 691)",
	[END_AUTH_TIMEOUT] =	"the client did not authenticate in time "
				"(Windows error 718)",
	[END_NO_MPPE] =		"the client refuses encryption "
				"(Windows error 741/742)",
	[END_NO_ADDRESS] =	"the address pool is full "
				"(Windows error 691)",
	[END_IPCP_FAILED] =	"no agreement on IP addresses "
				"(Windows error 720)",
	[END_DISABLED] =	"the user is disabled (Windows error 647)",
	[END_EXPIRED] =		"the user has expired (Windows error 647)",
	[END_FROM] =		"the user may not call from that address "
				"(Windows error 649)",
	[END_USER_BUSY] =	"all sessions of the user are in use "
				"(Windows error 649)",
};

const char *
event_kind_name(unsigned int kind)
{
	return (kind < EVENT_MAX ? event_kind_names[kind] : "?");
}

const char *
event_reason(const struct ctl_event *ev)
{
	if (ev->kind == EVENT_LOGIN && ev->cause < END_MAX &&
	    login_reasons[ev->cause] != NULL)
		return (login_reasons[ev->cause]);
	return (end_text(ev->cause));
}

int
event_format(char *buf, size_t size, const struct ctl_event *ev)
{
	char		 peer[INET_ADDRSTRLEN], address[INET_ADDRSTRLEN];
	const char	*stateful = ev->mppe_stateful ? "s" : "";

	if (inet_ntop(AF_INET, &ev->peer, peer, sizeof(peer)) == NULL ||
	    inet_ntop(AF_INET, &ev->remote, address, sizeof(address)) == NULL)
		return (-1);
	switch ((enum event_kind)ev->kind) {
	case EVENT_START:
		return (snprintf(buf, size, "start"));
	case EVENT_LOST:
		return (snprintf(buf, size, "lost events=%u", ev->lost));
	case EVENT_LOGIN:
		if (ev->cause != END_NONE)
			return (snprintf(buf, size, "login user=\"%s\" "
			    "peer=%s client=\"%s\" method=%s result=failed "
			    "cause=%s reason=\"%s\" call=%u", ev->user, peer,
			    ev->client, auth_name(ev->method),
			    end_name(ev->cause), event_reason(ev),
			    ev->call_id));
		return (snprintf(buf, size, "login user=\"%s\" peer=%s "
		    "client=\"%s\" method=%s result=ok address=%s mppe=%u%s "
		    "call=%u", ev->user, peer, ev->client,
		    auth_name(ev->method), address, ev->mppe_bits, stateful,
		    ev->call_id));
	case EVENT_CHANGE:
		return (snprintf(buf, size, "change user=\"%s\" peer=%s "
		    "client=\"%s\" method=%s address=%s mppe=%u%s call=%u",
		    ev->user, peer, ev->client, auth_name(ev->method),
		    address, ev->mppe_bits, stateful, ev->call_id));
	case EVENT_LOGOUT:
		return (snprintf(buf, size, "logout user=\"%s\" peer=%s "
		    "address=%s duration=%llu in=%llu out=%llu "
		    "in_packets=%llu out_packets=%llu cause=%s "
		    "reason=\"%s\" call=%u", ev->user, peer, address,
		    (unsigned long long)ev->duration,
		    (unsigned long long)ev->rx_bytes,
		    (unsigned long long)ev->tx_bytes,
		    (unsigned long long)ev->rx_packets,
		    (unsigned long long)ev->tx_packets, end_name(ev->cause),
		    event_reason(ev), ev->call_id));
	case EVENT_MAX:
		break;
	}
	return (-1);
}

/*
 * Token buckets for what costs its causer nothing: good logins and the ends of
 * sessions are not among it.  Sources may share one, but none can choose whose.
 * suppressed is what was refused since the last time that something was not,
 * and is only set then.
 */
int
event_may_log(struct in_addr source, uint64_t now, uint32_t *suppressed)
{
	static struct bucket	sources[SOURCES], all;
	static uint32_t		seed, refused;
	uint32_t		i;

	if (seed == 0)
		seed = arc4random() | 1;
	i = (source.s_addr ^ seed) * 0x9e3779b1U >> 16;
	if (!bucket_take(&sources[i % SOURCES], now, SOURCE_PER_SECOND,
	    SOURCE_AT_ONCE) ||
	    !bucket_take(&all, now, LINES_PER_SECOND, LINES_AT_ONCE)) {
		refused++;
		return (0);
	}
	*suppressed = refused;
	refused = 0;
	return (1);
}

/* now is never 0, and a bucket begins full. */
static int
bucket_take(struct bucket *b, uint64_t now, uint32_t per_second, uint32_t most)
{
	uint64_t	more;

	more = (now - b->last) * per_second;
	if (b->last == 0 || more >= most * 1000 - b->tokens)
		b->tokens = most * 1000;
	else
		b->tokens += more;
	b->last = now;
	if (b->tokens < 1000)
		return (0);
	b->tokens -= 1000;
	return (1);
}
