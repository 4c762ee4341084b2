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

/* Next hops of a session: when the parent is asked, and what is used when. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/tree.h>
#include <net/if.h>
#include <netinet/in.h>

#include <event.h>
#include <imsg.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fsm.h"
#include "gre.h"
#include "mppe.h"
#include "packet_io.h"
#include "pptpd.h"
#include "ppp.h"
#include "wheel.h"
#include "session_engine.h"
#include "tap.h"

#define MTU	1396
#define HEADERS	44		/* most that is around such a packet */

static struct session	 session;
static struct msg_hop	 asked;
static int		 nasked;
static uint64_t		 now = 1000000;

static void	 result(uint32_t ifindex, uint16_t mtu);
static void	 test_off(void);
static void	 test_answers(void);
static void	 test_by_ip(void);
static void	 test_again(void);
static void	 test_forget(void);
static void	 test_mtu(void);

int
main(void)
{
	session.call_id = 7;
	session.serial = 9;
	session.peer.s_addr = htonl(0x0a000001);
	session.local.s_addr = htonl(0x0a000002);
	session.mtu = MTU;
	test_off();
	link_output = 1;
	test_answers();
	test_by_ip();
	test_again();
	test_forget();
	test_mtu();
	done_testing();
}

void
send_parent(uint32_t type, const void *data, size_t len)
{
	if (type != IMSG_HOP_REQUEST || len != sizeof(asked))
		abort();
	memcpy(&asked, data, sizeof(asked));
	nasked++;
}

struct session *
session_find(uint32_t id, uint32_t serial)
{
	return (id == session.call_id && serial == session.serial ? &session :
	    NULL);
}

static void
result(uint32_t ifindex, uint16_t mtu)
{
	struct msg_hop_result	m;

	memset(&m, 0, sizeof(m));
	m.call_id = asked.call_id;
	m.serial = asked.serial;
	m.hop.ifindex = ifindex;
	m.hop.mtu = mtu;
	session_hop_result(&m);
}

static void
test_off(void)
{
	ok(session_hop(&session, now) == NULL, "off: by IP");
	is_int(nasked, 0, "nobody is asked");
}

static void
test_answers(void)
{
	ok(session_hop(&session, now) == NULL, "nothing is known");
	is_int(nasked, 1, "the parent is asked");
	is_int(asked.call_id, 7, "call");
	is_int(asked.serial, 9, "serial");
	is_int(asked.peer.s_addr, session.peer.s_addr, "peer");
	is_int(asked.local.s_addr, session.local.s_addr, "local");
	ok(session_hop(&session, now) == NULL, "no answer yet");
	is_int(nasked, 1, "it is asked once");

	result(0, 0);
	ok(session_hop(&session, now + HOP_AGAIN - 1) == NULL, "no hop");
	is_int(nasked, 1, "not so soon");
	now += HOP_AGAIN;
	ok(session_hop(&session, now) == NULL, "later");
	is_int(nasked, 2, "asked again");

	asked.serial++;
	result(3, 1500);
	ok(session_hop(&session, now) == NULL, "for another session");
	asked.serial--;
	result(3, 1500);
	ok(session_hop(&session, now) == NULL, "the first one by IP");
	ok(session_hop(&session, now) == &session.hop, "the second not");
	is_int(session.hop.ifindex, 3, "interface");
}

static void
test_by_ip(void)
{
	now += HOP_BY_IP - 1;
	ok(session_hop(&session, now) != NULL, "just before a second");
	now++;
	ok(session_hop(&session, now) == NULL, "one by IP");
	ok(session_hop(&session, now) != NULL, "and only one");
}

static void
test_again(void)
{
	uint64_t	end = session.hop_again;

	for (nasked = 0; now < end - 1; now += HOP_BY_IP / 2)
		(void)session_hop(&session, now);
	is_int(nasked, 0, "nobody is asked for 10 seconds");
	now = end;
	(void)session_hop(&session, now);
	is_int(nasked, 1, "then the parent is");
	ok(session_hop(&session, now) != NULL, "the hop holds meanwhile");
	result(4, 1500);
	ok(session_hop(&session, now) != NULL, "no stop for a new one");
	is_int(session.hop.ifindex, 4, "which is used");
}

static void
test_forget(void)
{
	nasked = 0;
	session_hop_forget(now);
	ok(session_hop(&session, now) == NULL, "forgotten");
	result(5, 1500);
	ok(session_hop(&session, now) == NULL, "an answer from before");
	ok(session_hop(&session, now + HOP_SETTLE - 1) == NULL, "it settles");
	is_int(nasked, 0, "nobody is asked meanwhile");
	now += HOP_SETTLE;
	ok(session_hop(&session, now) == NULL, "nothing is known");
	is_int(nasked, 1, "asked");
	session_hop_forget(now);
	result(6, 1500);
	ok(session_hop(&session, now) == NULL, "an answer that is too late");
	now += HOP_SETTLE;
	(void)session_hop(&session, now);
	result(0, 0);
	ok(session_hop(&session, now) == NULL, "there is none any more");
}

static void
test_mtu(void)
{
	now += HOP_AGAIN;
	(void)session_hop(&session, now);
	result(8, MTU + HEADERS - 1);
	ok(session_hop(&session, now) == NULL, "an octet too small");
	ok(session_hop(&session, now) == NULL, "whatever the packet");
	result(8, MTU + HEADERS);
	(void)session_hop(&session, now);
	ok(session_hop(&session, now) != NULL, "just large enough");
	session.mtu++;
	ok(session_hop(&session, now) == NULL, "a larger session");
}
