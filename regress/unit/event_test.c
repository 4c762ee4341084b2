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

/* The lines of the log and of pptpctl monitor, and how many there may be. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <event.h>
#include <imsg.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pptpd.h"
#include "tap.h"

#define LINE_LEN	1024	/* of the log */

static void	 fill(struct ctl_event *, enum event_kind);
static void	 test_lines(void);
static void	 test_reasons(void);
static void	 test_longest(void);
static struct in_addr host(uint32_t);
static void	 test_flood(void);

int
main(void)
{
	test_lines();
	test_reasons();
	test_longest();
	test_flood();
	done_testing();
}

static void
fill(struct ctl_event *ev, enum event_kind kind)
{
	memset(ev, 0, sizeof(*ev));
	ev->kind = kind;
	ev->call_id = 4711;
	ev->method = AUTH_MSCHAPV2;
	ev->mppe_bits = 128;
	ev->peer.s_addr = inet_addr("203.0.113.7");
	ev->remote.s_addr = inet_addr("192.168.1.234");
	ev->local.s_addr = inet_addr("192.168.1.233");
	ev->duration = 3661;
	ev->rx_packets = 10;
	ev->rx_bytes = 1000;
	ev->tx_packets = 20;
	ev->tx_bytes = UINT64_MAX;
	strlcpy(ev->user, "alice", sizeof(ev->user));
	strlcpy(ev->client, "MSRASV5.20", sizeof(ev->client));
}

static void
test_lines(void)
{
	struct ctl_event	ev;
	char			line[LINE_LEN];

	fill(&ev, EVENT_LOGIN);
	event_format(line, sizeof(line), &ev);
	is_str(line, "login user=\"alice\" peer=203.0.113.7 "
	    "client=\"MSRASV5.20\" method=mschapv2 result=ok "
	    "address=192.168.1.234 mppe=128 call=4711", "a good login");
	ev.mppe_stateful = 1;
	event_format(line, sizeof(line), &ev);
	ok(strstr(line, " mppe=128s ") != NULL, "stateful MPPE");
	ev.cause = END_AUTH_FAILED;
	event_format(line, sizeof(line), &ev);
	is_str(line, "login user=\"alice\" peer=203.0.113.7 "
	    "client=\"MSRASV5.20\" method=mschapv2 result=failed "
	    "cause=auth-failed reason=\"wrong name or password (Windows error "
	    "691)\" call=4711", "a failed one");
	fill(&ev, EVENT_CHANGE);
	event_format(line, sizeof(line), &ev);
	is_str(line, "change user=\"alice\" peer=203.0.113.7 "
	    "client=\"MSRASV5.20\" method=mschapv2 address=192.168.1.234 "
	    "mppe=128 call=4711", "a change");
	fill(&ev, EVENT_LOGOUT);
	ev.cause = END_PEER_TERMINATE;
	event_format(line, sizeof(line), &ev);
	is_str(line, "logout user=\"alice\" peer=203.0.113.7 "
	    "address=192.168.1.234 duration=3661 in=1000 "
	    "out=18446744073709551615 in_packets=10 out_packets=20 "
	    "cause=peer-terminate reason=\"the client closed the PPP link\" "
	    "call=4711", "the end of a session");
	memset(&ev, 0, sizeof(ev));
	ev.kind = EVENT_LOGIN;
	ev.cause = END_BUSY;
	event_format(line, sizeof(line), &ev);
	is_str(line, "login user=\"\" peer=0.0.0.0 client=\"\" method=- "
	    "result=failed cause=busy reason=\"all sessions are in use\" "
	    "call=0", "one of which nothing is known");
	ev.kind = EVENT_LOST;
	ev.lost = 17;
	event_format(line, sizeof(line), &ev);
	is_str(line, "lost events=17", "lost events");
	ev.kind = EVENT_START;
	event_format(line, sizeof(line), &ev);
	is_str(line, "start", "start");
	ev.kind = EVENT_MAX;
	ok(event_format(line, sizeof(line), &ev) == -1, "no such kind");
	is_str(event_kind_name(EVENT_MAX), "?", "nor a name for it");
}

static void
test_reasons(void)
{
	struct ctl_event	ev;
	const char		*reason;
	unsigned int		 cause;
	int			 named = 1, clean = 1, telling = 1;

	for (cause = END_NONE + 1; cause < END_MAX; cause++) {
		fill(&ev, EVENT_LOGIN);
		ev.cause = cause;
		reason = event_reason(&ev);
		named &= strcmp(end_name(cause), "?") != 0;
		telling &= strlen(reason) > 8;
		clean &= strpbrk(reason, "\"\\\n") == NULL;
		ev.kind = EVENT_LOGOUT;
		reason = event_reason(&ev);
		telling &= strlen(reason) > 8;
		clean &= strpbrk(reason, "\"\\\n") == NULL;
		clean &= strstr(reason, "Windows") == NULL;
	}
	ok(named, "every cause has a name");
	ok(telling, "and a reason");
	ok(clean, "that needs no escapes");
}

/* A name as long as can be takes nothing away from the rest. */
static void
test_longest(void)
{
	struct ctl_event	ev;
	char			line[LINE_LEN];
	unsigned int		kind, cause;
	int			n, longest = 0;

	for (kind = EVENT_LOGIN; kind < EVENT_MAX; kind++)
		for (cause = END_NONE; cause < END_MAX; cause++) {
			fill(&ev, kind);
			memset(ev.user, 'u', sizeof(ev.user) - 1);
			memset(ev.client, 'c', sizeof(ev.client) - 1);
			ev.cause = cause;
			ev.call_id = MAX_CALL_ID;
			ev.peer.s_addr = ev.remote.s_addr =
			    inet_addr("255.255.255.255");
			ev.duration = ev.rx_packets = ev.rx_bytes =
			    ev.tx_packets = UINT64_MAX;
			n = event_format(line, sizeof(line), &ev);
			if (n > longest)
				longest = n;
		}
	/* "session: " stands before it. */
	ok(longest > 512 && longest < LINE_LEN - 16, "the longest line has %d "
	    "characters", longest);
}

static struct in_addr
host(uint32_t n)
{
	struct in_addr	addr;

	addr.s_addr = htonl(0xc6336400 + n);
	return (addr);
}

static void
test_flood(void)
{
	uint64_t	now = 1000000;
	uint32_t	suppressed;
	int		i, j, n;

	for (i = n = 0; i < 1000; i++)
		if (event_may_log(host(1), now, &suppressed)) {
			n++;
			if (suppressed != 0)
				break;
		}
	is_int(n, 20, "that many at once of one address");
	for (i = n = 0; i < 1000; i++)
		n += event_may_log(host(1), now + i, &suppressed);
	is_int(n, 4, "and that many in the second after");
	ok(event_may_log(host(1), now + 2000, &suppressed) && suppressed > 0,
	    "then the number of the others");
	ok(event_may_log(host(1), now + 2000, &suppressed) &&
	    suppressed == 0, "once");

	now += 3600 * 1000;
	for (i = n = 0; i < 100; i++)
		for (j = 0; j < 1000; j++)
			n += event_may_log(host(j), now, &suppressed);
	is_int(n, 200, "that many at once of all");
	for (i = n = 0; i < 1000; i++)
		for (j = 0; j < 100; j++)
			n += event_may_log(host(5000 + 100 * i + j), now + i,
			    &suppressed);
	is_int(n, 49, "and that many in the second after");
	now += 3600 * 1000;
	for (i = n = 0; i < 1000; i++)
		n += event_may_log(host(1), now, &suppressed);
	is_int(n, 20, "an hour later no more than at first");
}
