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

#include <errno.h>
#include <event.h>
#include <imsg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fsm.h"
#include "gre.h"
#include "log.h"
#include "mppe.h"
#include "packet_io.h"
#include "pptpd.h"
#include "ppp.h"
#include "wheel.h"
#include "session_engine.h"

/*
 * The session engine: GRE, PPP and the tun device.  It has no privileges and
 * no secrets but the keys of the sessions that it carries.
 */

static void	 dispatch_parent(int, short, void *);
static void	 dispatch_control(int, short, void *);
static void	 dispatch_auth(int, short, void *);
static void	 gre_event(int, short, void *);
static void	 tun_event(int, short, void *);
static void	 tick(int, short, void *);
static void	 leave(void);

struct wheel		 session_wheel;
int			 tun_fd = -1, gre_fd = -1;

uint32_t		 session_engine_index;
uint32_t		 session_engines;

static struct imsgev	 iev_parent, iev_control, iev_auth;
static int		 has_parent, has_control, has_auth;
static struct event	 ev_tun, ev_gre, ev_tick;

void
session_engine(uint32_t engine, int plain, int timed)
{
	session_engine_index = engine;
	event_init();
	drop_privileges("session", PROC_SESSION + engine);
	/*
	 * stdio   the event loop, the tun device
	 * inet    send GRE packets to the addresses of peers
	 * recvfd  the tun device, the sockets and the pipes to the other
	 *         engines; it goes when they are here
	 */
	if (pledge("stdio inet recvfd", NULL) == -1)
		fatal("pledge");

	wheel_init(&session_wheel, monotonic_ms());
	evtimer_set(&ev_tick, tick, NULL);
	datapath_init(plain, timed);
	imsgev_init(&iev_parent, CHILD_FD, dispatch_parent, 1);
	has_parent = 1;
	event_dispatch();
	exit(0);
}

/* Without any of these the daemon is about to end: nobody to tell. */
void
send_parent(uint32_t type, const void *data, size_t len)
{
	if (has_parent &&
	    imsgev_compose(&iev_parent, type, 0, -1, data, len) == -1)
		fatal("cannot send %s", i2s(type));
}

void
send_control(uint32_t type, uint32_t id, const void *data, size_t len)
{
	if (has_control &&
	    imsgev_compose(&iev_control, type, id, -1, data, len) == -1)
		fatal("cannot send %s", i2s(type));
}

void
send_auth(uint32_t type, const void *data, size_t len)
{
	if (has_auth &&
	    imsgev_compose(&iev_auth, type, 0, -1, data, len) == -1)
		fatal("cannot send %s", i2s(type));
}

void
session_wheel_arm(void)
{
	static uint64_t	armed;
	struct timeval	tv;
	uint64_t	next, now;

	next = wheel_next(&session_wheel);
	if (next == armed && evtimer_pending(&ev_tick, NULL))
		return;
	armed = next;
	if (next == 0) {
		evtimer_del(&ev_tick);
		return;
	}
	now = monotonic_ms();
	next = next > now ? next - now : 0;
	tv.tv_sec = next / 1000;
	tv.tv_usec = next % 1000 * 1000;
	event_need(&ev_tick, &tv);
}

static void
dispatch_parent(int fd, short event, void *arg)
{
	struct msg_route_result	 route;
	struct msg_hop_result	 hop;
	struct conf_ppp		 conf;
	struct imsg		 imsg;
	int			 n, verbose;

	if ((n = imsgev_io(&iev_parent, event)) == -1)
		fatal("parent");
	if (n == 0) {
		/* Good-bye to the clients, as far as that still goes. */
		event_del(&iev_parent.ev);
		has_parent = 0;
		leave();
		return;
	}
	for (;;) {
		if ((n = imsgbuf_get(&iev_parent.ibuf, &imsg)) == -1)
			fatal("imsgbuf_get");
		if (n == 0)
			break;
		switch (imsg_get_type(&imsg)) {
		case IMSG_PIPE_CONTROL:
			if (has_control)
				fatalx("a second control engine");
			imsgev_init(&iev_control, imsg_payload_fd(&imsg),
			    dispatch_control, 0);
			has_control = 1;
			break;
		case IMSG_PIPE_AUTH:
			if (has_auth)
				fatalx("a second auth engine");
			imsgev_init(&iev_auth, imsg_payload_fd(&imsg),
			    dispatch_auth, 0);
			has_auth = 1;
			break;
		case IMSG_SESSION_TUN:
			if (tun_fd != -1)
				fatalx("a second tun device");
			tun_fd = imsg_payload_fd(&imsg);
			tun_init(tun_fd);
			event_set(&ev_tun, tun_fd, EV_READ | EV_PERSIST,
			    tun_event, NULL);
			event_need(&ev_tun, NULL);
			break;
		case IMSG_SESSION_GRE:
			if (gre_fd != -1)
				fatalx("a second GRE socket");
			gre_fd = imsg_payload_fd(&imsg);
			event_set(&ev_gre, gre_fd, EV_READ | EV_PERSIST,
			    gre_event, NULL);
			event_need(&ev_gre, NULL);
			break;
		case IMSG_SESSION_LINK:
			if (link_output)
				fatalx("a second packet socket");
			gre_link_init(imsg_payload_fd(&imsg));
			link_output = 1;
			break;
		case IMSG_SESSION_CONF:
			imsg_payload(&imsg, &conf, sizeof(conf));
			if (conf.engines <= session_engine_index)
				fatalx("parent: %u engines", conf.engines);
			session_engines = conf.engines;
			session_configure(&conf);
			break;
		case IMSG_SESSION_CONF_END:
			imsg_payload(&imsg, NULL, 0);
			if (tun_fd == -1 || gre_fd == -1)
				fatalx("no tun device, no GRE socket");
			if (pledge("stdio inet", NULL) == -1)
				fatal("pledge");
			send_parent(IMSG_READY, NULL, 0);
			break;
		case IMSG_ROUTE_RESULT:
			imsg_payload(&imsg, &route, sizeof(route));
			session_route_result(&route);
			break;
		case IMSG_HOP_RESULT:
			imsg_payload(&imsg, &hop, sizeof(hop));
			session_hop_result(&hop);
			break;
		case IMSG_HOP_FORGET:
			imsg_payload(&imsg, NULL, 0);
			session_hop_forget(monotonic_ms());
			break;
		case IMSG_VERBOSE:
			imsg_payload(&imsg, &verbose, sizeof(verbose));
			log_setverbose(verbose);
			break;
		default:
			fatalx("%s from the parent",
			    i2s(imsg_get_type(&imsg)));
		}
		imsg_free(&imsg);
	}
	imsgev_add(&iev_parent);
	session_reap();
}

static void
dispatch_control(int fd, short event, void *arg)
{
	struct msg_call_open	 open;
	struct msg_call_close	 close_msg;
	struct msg_penalties	 penalties;
	struct msg_show		 show;
	struct msg_kill		 kill_msg;
	struct imsg		 imsg;
	uint32_t		 type;
	int			 n;

	if ((n = imsgev_io(&iev_control, event)) == -1)
		fatal("control engine");
	if (n == 0) {
		/* Nobody holds the calls any more. */
		event_del(&iev_control.ev);
		has_control = 0;
		leave();
		return;
	}
	for (;;) {
		if ((n = imsgbuf_get(&iev_control.ibuf, &imsg)) == -1)
			fatal("imsgbuf_get");
		if (n == 0)
			break;
		switch (type = imsg_get_type(&imsg)) {
		case IMSG_CALL_OPEN:
			imsg_payload(&imsg, &open, sizeof(open));
			session_open(&open);
			break;
		case IMSG_CALL_CLOSE:
			imsg_payload(&imsg, &close_msg, sizeof(close_msg));
			session_call_close(&close_msg);
			break;
		case IMSG_SHOW_SESSIONS:
			imsg_payload(&imsg, &show, sizeof(show));
			session_show(&show);
			break;
		case IMSG_SHOW_SESSION:
			imsg_payload(&imsg, &show, sizeof(show));
			session_show_one(&show);
			break;
		case IMSG_SHOW_STATS:
			imsg_payload(&imsg, &show, sizeof(show));
			session_show_stats(&show);
			break;
		case IMSG_KILL:
			imsg_payload(&imsg, &kill_msg, sizeof(kill_msg));
			session_kill(&kill_msg);
			break;
		case IMSG_SHOW_PENALTIES:
		case IMSG_CLEAR_PENALTIES:
			imsg_payload(&imsg, &penalties, sizeof(penalties));
			send_auth(type, &penalties, sizeof(penalties));
			break;
		default:
			fatalx("%s from the control engine", i2s(type));
		}
		imsg_free(&imsg);
	}
	imsgev_add(&iev_control);
	session_reap();
}

static void
dispatch_auth(int fd, short event, void *arg)
{
	struct msg_auth_challenge challenge;
	struct msg_auth_verdict	  verdict;
	struct msg_auth_end	  end;
	struct msg_penalty	  penalty;
	struct msg_penalties_end  penalties_end;
	struct msg_address	  address;
	struct imsg		  imsg;
	int			  n;

	if ((n = imsgev_io(&iev_auth, event)) == -1)
		fatal("auth engine");
	if (n == 0) {
		event_del(&iev_auth.ev);
		has_auth = 0;
		return;
	}
	for (;;) {
		if ((n = imsgbuf_get(&iev_auth.ibuf, &imsg)) == -1)
			fatal("imsgbuf_get");
		if (n == 0)
			break;
		switch (imsg_get_type(&imsg)) {
		case IMSG_AUTH_CHALLENGE:
			imsg_payload(&imsg, &challenge, sizeof(challenge));
			session_challenge(&challenge);
			break;
		case IMSG_AUTH_VERDICT:
			imsg_payload(&imsg, &verdict, sizeof(verdict));
			session_verdict(&verdict);
			explicit_bzero(&verdict, sizeof(verdict));
			break;
		case IMSG_ADDRESS_REPLY:
			imsg_payload(&imsg, &address, sizeof(address));
			session_address(&address);
			break;
		case IMSG_AUTH_END:
			imsg_payload(&imsg, &end, sizeof(end));
			session_end(&end);
			break;
		case IMSG_PENALTY:
			imsg_payload(&imsg, &penalty, sizeof(penalty));
			send_control(IMSG_PENALTY, 0, &penalty,
			    sizeof(penalty));
			break;
		case IMSG_PENALTIES_END:
			imsg_payload(&imsg, &penalties_end,
			    sizeof(penalties_end));
			send_control(IMSG_PENALTIES_END, 0, &penalties_end,
			    sizeof(penalties_end));
			break;
		default:
			fatalx("%s from the auth engine",
			    i2s(imsg_get_type(&imsg)));
		}
		imsg_free(&imsg);
	}
	imsgev_add(&iev_auth);
	session_reap();
}

static void
gre_event(int fd, short event, void *arg)
{
	datapath_gre(monotonic_ms());
	session_reap();
}

static void
tun_event(int fd, short event, void *arg)
{
	datapath_tun(monotonic_ms());
}

static void
tick(int fd, short event, void *arg)
{
	wheel_run(&session_wheel, monotonic_ms(), session_timer);
	session_wheel_arm();
	session_reap();
}

/* The control engine still hears how each session ended, then it goes, too. */
static void
leave(void)
{
	session_close_all(END_SHUTDOWN);
	if (!has_parent && !has_control)
		exit(0);
}
