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
 * The whole session engine: the input plays the parent, the control and the
 * auth engine, the clients and what is behind the tun device.  A simple client
 * can bring sessions up by itself.  Included by its targets.
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
#include "fuzz.h"

#define CLIENTS		3
#define STEPS_MAX	200
#define QUEUE		PACKET_BATCH
#define ROUNDS		24	/* to bring a session up */

/* A client and its call, whose id is its number here plus 1. */
struct client {
	int		open;
	uint32_t	serial;
	uint32_t	attempt;
	uint32_t	seq_out;	/* next one of ours */
	uint32_t	seq_in;		/* the engine's, next */
	int		helpful;	/* answers by itself */
	int		asked;		/* its own requests are out, a mask */
	int		mppe;		/* CCP is open, as far as we know */
	struct mppe	rx, tx;
	int		off;		/* rx is: it may have missed some */
};

struct queued {
	uint8_t		*data;
	size_t		 len;
	struct in_addr	 src, dst;
};

static struct channel	 parent, control, auth;
static struct client	 clients[CLIENTS];
static struct queued	 queue[QUEUE];
static size_t		 nqueue, coming, taken;
static uint8_t		*tun_packet_buf;
static int		 tun_taken;
static int		 plain;		/* one packet at a time */
static struct conf_ppp	 conf;
static struct input	 input;
static void		(*steps)(struct input *);
static int		 helpful;	/* so are the other engines */
static uint8_t		 nothing[1];
static const uint8_t	*clear_packet = nothing;  /* in the tun device */
static size_t		 clear_len;
static unsigned int	 nsent;		/* GRE packets of this step */
static uint8_t		 send_key[16], recv_key[16];

void
drop_privileges(const char *name, unsigned int proc)
{
}

static struct in_addr
outer(size_t i)
{
	struct in_addr	a;

	a.s_addr = htonl(0xc6336400 + i);
	return (a);
}

static struct in_addr
server(void)
{
	struct in_addr	a;

	a.s_addr = htonl(0xc0000201);
	return (a);
}

static struct in_addr
inner(size_t i)
{
	struct in_addr	a;

	a.s_addr = htonl(0x0a00000a + i);
	return (a);
}

/* A GRE packet to the engine, delivered by the next deliver(). */
static void
enqueue(const uint8_t *p, size_t len, struct in_addr src)
{
	if (nqueue == QUEUE || len > PACKET_SIZE - 20)
		return;
	if ((queue[nqueue].data = malloc(len + (len == 0))) == NULL)
		abort();
	if (len > 0)
		memcpy(queue[nqueue].data, p, len);
	queue[nqueue].len = len;
	queue[nqueue].src = src;
	queue[nqueue++].dst = server();
}

/* A PPP packet in GRE. */
static void
client_send(size_t i, uint32_t seq, const uint8_t *p, size_t len)
{
	struct gre_header	 h;
	uint8_t			 buf[PACKET_SIZE + GRE_HEADER_MAX];
	size_t			 n;

	if (len > PACKET_SIZE - 20 - GRE_HEADER_MAX)
		return;
	memset(&h, 0, sizeof(h));
	h.call_id = i + 1;
	h.payload_len = len;
	h.has_seq = len > 0;
	h.seq = seq;
	h.has_ack = len == 0 || seq & 1;
	h.ack = clients[i].seq_in - 1;
	if (len > 0)
		memcpy(buf + GRE_HEADER_MAX, p, len);
	n = gre_encode(&h, buf + GRE_HEADER_MAX);
	enqueue(buf + GRE_HEADER_MAX - n, n + len, outer(i));
}

static void
client_cp(size_t i, uint16_t proto, uint8_t code, uint8_t id,
    const uint8_t *p, size_t len)
{
	uint8_t	buf[PACKET_SIZE];

	if (len > 1500)
		len = 1500;
	buf[0] = 0xff;
	buf[1] = 0x03;
	buf[2] = proto >> 8;
	buf[3] = proto & 0xff;
	buf[4] = code;
	buf[5] = id;
	buf[6] = (len + 4) >> 8;
	buf[7] = (len + 4) & 0xff;
	if (len > 0)
		memcpy(buf + 8, p, len);
	client_send(i, clients[i].seq_out++, buf, len + 8);
}

/* An IPv4 packet of len octets, with its protocol number before it. */
static inline size_t
ip_packet(uint8_t *p, size_t len, struct in_addr src, struct in_addr dst)
{
	uint32_t	sum = 0;
	size_t		i;

	if (len < 20)
		len = 20;
	memset(p, 0x5a, len + 2);
	memset(p, 0, 22);
	p[1] = PPP_IP;
	p[2] = 0x45;
	p[4] = len >> 8;
	p[5] = len;
	p[10] = 64;
	p[11] = IPPROTO_UDP;
	memcpy(p + 14, &src, 4);
	memcpy(p + 18, &dst, 4);
	for (i = 2; i < 22; i += 2)
		sum += p[i] << 8 | p[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	p[12] = sum >> 8;
	p[13] = sum;
	return (len + 2);
}

/* Data of a client's, as agreed: p has the protocol number. */
static inline void
client_data(size_t i, uint32_t seq, const uint8_t *p, size_t len)
{
	struct mppe_packet	 mp;
	uint8_t			 buf[PACKET_SIZE];

	if (!clients[i].mppe) {
		client_send(i, seq, p, len);
		return;
	}
	buf[0] = 0;
	buf[1] = PPP_COMP;
	memcpy(buf + 2 + MPPE_HEADER_LEN, p, len);
	mp.mppe = &clients[i].tx;
	mp.data = buf + 2 + MPPE_HEADER_LEN;
	mp.len = len;
	mppe_encrypt(&mp, 1);
	client_send(i, seq, buf, mp.len + 2);
}

/* What a helpful client does with a packet: it agrees. */
static void
client_answer(size_t i, uint16_t proto, const uint8_t *p, size_t len)
{
	static const uint8_t	lcp[] = { 1, 4, 5, 0x78, 5, 6, 1, 2, 3, 4 };
	static const uint8_t	pap[] = { 3, 'b', 'o', 'b', 2, 'p', 'w' };
	struct client		*c = &clients[i];
	uint8_t			 ccp[] = { 18, 6, 1, 0, 0, 0x40 };
	uint8_t			 ipcp[] = { 3, 6, 10, 0, 0, 10 };
	uint8_t			 value[53];

	if (proto == PPP_CHAP && p[0] == CHAP_CHALLENGE) {
		memset(value, 0x55, sizeof(value));
		value[0] = conf.auth == AUTH_CHAP_MD5 ? 16 : 49;
		memcpy(value + 1 + value[0], "bob", 3);
		client_cp(i, proto, CHAP_RESPONSE, p[1], value, value[0] + 4);
		return;
	}
	if (proto == PPP_LCP && p[0] == LCP_ECHO_REQ) {
		client_cp(i, proto, LCP_ECHO_REP, p[1], lcp + 6, 4);
		return;
	}
	if (p[0] == CP_CONF_ACK && proto == PPP_LCP && conf.auth == AUTH_PAP)
		client_cp(i, PPP_PAP, PAP_REQUEST, 1, pap, sizeof(pap));
	if (p[0] != CP_CONF_REQ)
		return;
	client_cp(i, proto, CP_CONF_ACK, p[1], p + 4, len - 4);
	switch (proto) {
	case PPP_LCP:
		client_cp(i, proto, CP_CONF_REQ, 1, lcp, sizeof(lcp));
		break;
	case PPP_CCP:
		ccp[2] = !conf.mppe_mode[0].stateful;
		client_cp(i, proto, CP_CONF_REQ, 1, ccp, sizeof(ccp));
		mppe_init(&c->rx, send_key, 128, conf.mppe_mode[0].stateful);
		mppe_init(&c->tx, recv_key, 128, conf.mppe_mode[0].stateful);
		c->mppe = 1;
		break;
	case PPP_IPCP:
		ipcp[5] += i;
		client_cp(i, proto, CP_CONF_REQ, 1, ipcp, sizeof(ipcp));
		break;
	}
}

/* packet_io.h */

int
gre_recv(int fd, struct packet *p, int n)
{
	int	i;

	for (i = 0; i < n && taken < coming; i++, taken++) {
		p[i].data = queue[taken].data;
		p[i].len = queue[taken].len;
		p[i].src = queue[taken].src;
		p[i].dst = queue[taken].dst;
	}
	return (i);
}

static void
queue_free(struct queued *q, size_t *n)
{
	size_t	i;

	for (i = 0; i < *n; i++)
		free(q[i].data);
	*n = 0;
}

int
gre_send(int fd, struct packet *p, int n)
{
	struct gre_header	 h;
	struct mppe_packet	 mp;
	struct client		*c;
	uint8_t			 copy[PACKET_SIZE];
	uint16_t		 proto;
	size_t			 i, len;
	int			 hlen, k, off;

	for (k = 0; k < n; k++) {
		nsent++;
		hlen = gre_decode(p[k].data, p[k].len, &h);
		ASSERT(hlen != -1);
		ASSERT((size_t)hlen + h.payload_len == p[k].len);
		i = h.call_id - 101;
		ASSERT(i < CLIENTS);
		c = &clients[i];
		ASSERT(p[k].dst.s_addr == outer(i).s_addr);
		ASSERT(p[k].src.s_addr == server().s_addr);
		if (p[k].hop != NULL) {
			ASSERT(link_output && p[k].hop->ifindex != 0);
			memset(p[k].data - PACKET_IP_HEADER, 0,
			    PACKET_IP_HEADER);
		}
		if (!h.has_seq)
			continue;
		ASSERT(h.seq == c->seq_in);
		c->seq_in++;
		off = ppp_header(p[k].data + hlen, h.payload_len, &proto);
		ASSERT(off != -1);
		len = h.payload_len - off;
		ASSERT(len <= sizeof(copy));
		memcpy(copy, p[k].data + hlen + off, len);
		switch (proto) {
		case PPP_IP:
			/* Not in clear, whatever happens. */
			ASSERT(conf.mppe_policy != MPPE_REQUIRE && !c->mppe);
			ASSERT(len == clear_len &&
			    memcmp(copy, clear_packet, len) == 0);
			break;
		case PPP_COMP:
			if (!c->mppe || c->off || !c->helpful)
				break;
			mp.mppe = &c->rx;
			mp.data = copy;
			mp.len = len;
			mppe_decrypt(&mp, 1);
			ASSERT(mp.status == MPPE_OK);
			ASSERT(mp.len == clear_len + 2);
			ASSERT(memcmp(mp.data + 2, clear_packet,
			    clear_len) == 0);
			break;
		default:
			ASSERT(len >= 4);
			if (c->helpful)
				client_answer(i, proto, copy, len);
			break;
		}
	}
	return (0);
}

int
tun_recv(int fd, struct packet *p, int n)
{
	if (tun_taken)
		return (0);
	tun_taken = 1;
	p[0].data = tun_packet_buf + PACKET_HEADROOM;
	p[0].len = clear_len;
	return (1);
}

int
tun_pending(void)
{
	return (0);
}

void
tun_init(int fd)
{
}

void
gre_link_init(int fd)
{
}

uint64_t
gre_overflow(int fd)
{
	return (0);
}

int
tun_send(int fd, struct packet *p, int n)
{
	struct session	*s;
	struct in_addr	 src;
	int		 k;

	for (k = 0; k < n; k++) {
		ASSERT(inet_check(p[k].data, p[k].len) == p[k].len);
		memcpy(&src, p[k].data + 12, sizeof(src));
		s = session_by_address(src);
		if (s == NULL)
			s = session_by_network(src);
		ASSERT(s != NULL && s->up && s->ppp.up);
		ASSERT(s->authenticated);
	}
	return (0);
}

/* A packet for a client comes out of the tun device. */
static inline void
tun_packet(const uint8_t *p, size_t len)
{
	if (len > PACKET_SIZE - PACKET_HEADROOM)
		return;
	if ((tun_packet_buf = malloc(PACKET_HEADROOM + len)) == NULL)
		abort();
	if (len > 0)
		memcpy(tun_packet_buf + PACKET_HEADROOM, p, len);
	tun_taken = 0;
	clear_packet = p;
	clear_len = len;
	datapath_tun(fake_now);
	free(tun_packet_buf);
}

/* The other engines */

static void
verdict(size_t i, int ok)
{
	struct msg_auth_verdict	v;

	memset(&v, 0, sizeof(v));
	v.call_id = i + 1;
	v.serial = clients[i].serial;
	v.attempt = clients[i].attempt;
	v.ok = ok;
	v.cause = ok ? END_NONE : END_AUTH_FAILED;
	memcpy(v.text, "S=00", 5);
	if (ok) {
		memcpy(v.send_key, send_key, 16);
		memcpy(v.recv_key, recv_key, 16);
		v.has_keys = conf.auth >= AUTH_MSCHAP;
		v.remote = inner(i);
		v.local.s_addr = htonl(0x0a000001);
		v.nroutes = i == 1;
		v.route[0].addr.s_addr = htonl(0xc0a80100);
		v.route[0].prefixlen = 24;
		v.idle_timeout = TIMEOUT_DEFAULT;
		v.session_timeout = i == 2 ? 600 : TIMEOUT_DEFAULT;
	}
	channel_send(&auth, IMSG_AUTH_VERDICT, -1, &v, sizeof(v));
}

static void
challenge(size_t i)
{
	struct msg_auth_challenge	m;

	memset(&m, 0, sizeof(m));
	m.call_id = i + 1;
	m.serial = clients[i].serial;
	m.method = conf.auth;
	m.len = conf.auth == AUTH_MSCHAP ? 8 : 16;
	channel_send(&auth, IMSG_AUTH_CHALLENGE, -1, &m, sizeof(m));
}

static void
from_engine(struct imsg *imsg)
{
	struct msg_auth_response response;
	struct msg_call_closed	 closed;
	struct msg_route_result	 result;
	struct msg_route	 route;
	struct msg_hop_result	 hop_result;
	struct msg_hop		 hop;
	struct msg_address	 address;
	struct msg_call		 call;
	size_t			 i;

	switch (imsg_get_type(imsg)) {
	case IMSG_CALL_CLOSED:
		ASSERT(imsg_get_data(imsg, &closed, sizeof(closed)) == 0);
		ASSERT(closed.cause != END_NONE && closed.cause < END_MAX);
		i = closed.call_id - 1;
		ASSERT(i < CLIENTS && clients[i].open);
		clients[i].open = 0;
		break;
	case IMSG_AUTH_START:
		ASSERT(imsg_get_data(imsg, &call, sizeof(call)) == -1);
		if (helpful)
			for (i = 0; i < CLIENTS; i++)
				challenge(i);
		break;
	case IMSG_AUTH_RESPONSE:
		ASSERT(imsg_get_data(imsg, &response, sizeof(response)) == 0);
		i = response.call_id - 1;
		ASSERT(i < CLIENTS && clients[i].open);
		ASSERT(memchr(response.user, '\0', USER_LEN) != NULL);
		ASSERT(response.value_len <= sizeof(response.value));
		clients[i].attempt = response.attempt;
		if (helpful)
			verdict(i, 1);
		break;
	case IMSG_ROUTE_ADD:
		ASSERT(imsg_get_data(imsg, &route, sizeof(route)) == 0);
		ASSERT(route.nroutes <= USER_ROUTES_MAX);
		if (!helpful)
			break;
		memset(&result, 0, sizeof(result));
		result.call_id = route.call_id;
		result.serial = route.serial;
		result.remote = route.remote;
		channel_send(&parent, IMSG_ROUTE_RESULT, -1, &result,
		    sizeof(result));
		break;
	case IMSG_HOP_REQUEST:
		ASSERT(imsg_get_data(imsg, &hop, sizeof(hop)) == 0);
		ASSERT(hop.peer.s_addr == outer(hop.call_id - 1).s_addr);
		memset(&hop_result, 0, sizeof(hop_result));
		hop_result.call_id = hop.call_id;
		hop_result.serial = hop.serial;
		hop_result.hop.ifindex = hop_result.hop.mtu = 1500;
		channel_send(&parent, IMSG_HOP_RESULT, -1, &hop_result,
		    sizeof(hop_result));
		break;
	case IMSG_ADDRESS_REQUEST:
		ASSERT(imsg_get_data(imsg, &address, sizeof(address)) == 0);
		if (!helpful)
			break;
		address.remote = inner(address.call_id - 1);
		address.local.s_addr = htonl(0x0a000001);
		channel_send(&auth, IMSG_ADDRESS_REPLY, -1, &address,
		    sizeof(address));
		break;
	}
}

static void
exchange(void)
{
	if (control.engine != -1)
		channel_take(&control, from_engine);
	if (auth.engine != -1)
		channel_take(&auth, from_engine);
	channel_take(&parent, from_engine);
}

static void
call_open(size_t i)
{
	static uint32_t		serial;
	struct msg_call_open	m;

	/* Of one that is about to be closed, too. */
	if (clients[i].open || sessions[i + 1] != NULL)
		return;
	memset(&clients[i], 0, sizeof(clients[i]));
	clients[i].open = 1;
	clients[i].serial = ++serial;
	memset(&m, 0, sizeof(m));
	m.call_id = i + 1;
	m.serial = clients[i].serial;
	m.peer_call_id = 101 + i;
	m.window = 64;
	m.peer = outer(i);
	m.local = server();
	channel_send(&control, IMSG_CALL_OPEN, -1, &m, sizeof(m));
}

static void
call_end(size_t i, enum end_cause cause)
{
	struct msg_call_close	m;

	if (!clients[i].open)
		return;
	memset(&m, 0, sizeof(m));
	m.call_id = i + 1;
	m.serial = clients[i].serial;
	m.cause = cause;
	channel_send(&control, IMSG_CALL_CLOSE, -1, &m, sizeof(m));
}

static void
queue_deliver(void)
{
	struct queued	now[QUEUE];
	size_t		n = nqueue;

	if (n == 0)
		return;
	coming = n;
	for (taken = 0; taken < coming; ) {
		datapath_gre(fake_now);
		session_reap();
	}
	/* What was answered meanwhile stays. */
	memcpy(now, queue, sizeof(now));
	nqueue -= n;
	memmove(queue, queue + n, nqueue * sizeof(queue[0]));
	queue_free(now, &n);
}

/* Have everybody help until the session is up. */
static void
bring_up(size_t i)
{
	unsigned int	r;
	int		was = helpful;

	call_open(i);
	clients[i].helpful = helpful = 1;
	for (r = 0; r < ROUNDS; r++) {
		if (sessions[i + 1] == NULL || sessions[i + 1]->up)
			break;
		exchange();
		queue_deliver();
		exchange();
		if (nqueue == 0)
			fake_sleep(300);
	}
	helpful = was;
}

static void
script(void)
{
	static const uint16_t	auths[] = { AUTH_PAP, AUTH_CHAP_MD5,
				    AUTH_MSCHAP, AUTH_MSCHAPV2 };
	unsigned int		i;
	uint8_t			flags;

	flags = in_8(&input);
	memset(&conf, 0, sizeof(conf));
	conf.mru = 1400;
	conf.mss_clamp = flags & 1;
	conf.reorder = flags & 2 ? 100 : 0;
	conf.auth = auths[flags >> 2 & 3];
	conf.mppe_policy = flags & 8 ? (flags & 16 ? MPPE_REQUIRE :
	    MPPE_ALLOW) : MPPE_NEVER;
	conf.mppe_nmodes = 1;
	conf.mppe_mode[0].bits = 128;
	conf.mppe_mode[0].stateful = flags >> 5 & 1;
	conf.echo_interval = 30;
	conf.echo_failures = 2;
	conf.retry_timeout = 3;
	conf.max_configure = 10;
	conf.max_failure = 5;
	conf.max_terminate = 2;
	conf.auth_timeout = 60;
	conf.idle_timeout = flags & 64 ? 300 : 0;
	memcpy(conf.hostname, "test", 5);
	helpful = flags >> 7;
	log_setverbose(flags >> 6 & 1);

	tun_fd = gre_fd = FAKE_FD;
	link_output = flags >> 1 & 1;
	conf.engines = 1;
	channel_send(&parent, IMSG_SESSION_CONF, -1, &conf, sizeof(conf));
	channel_open(&auth, -1);
	channel_send(&parent, IMSG_PIPE_AUTH, auth.engine, NULL, 0);
	auth.engine = fake_newest();
	channel_open(&control, -1);
	channel_send(&parent, IMSG_PIPE_CONTROL, control.engine, NULL, 0);
	control.engine = fake_newest();
	channel_send(&parent, IMSG_SESSION_CONF_END, -1, NULL, 0);

	for (i = 0; i < STEPS_MAX && input.left > 0; i++) {
		nsent = 0;
		steps(&input);
		exchange();
	}
	queue_deliver();
	exchange();
}

static void
finish(void)
{
	size_t	i;

	if (control.engine != -1 && fake_wants(control.engine, EV_READ)) {
		(void)shutdown(control.fd, SHUT_RDWR);
		(void)fake_fire(control.engine, EV_READ);
	}
	if (auth.engine != -1 && fake_wants(auth.engine, EV_READ)) {
		(void)shutdown(auth.fd, SHUT_RDWR);
		(void)fake_fire(auth.engine, EV_READ);
	}
	session_close_all(END_SHUTDOWN);
	for (i = 1; i <= CLIENTS; i++)
		ASSERT(sessions[i] == NULL);
	ASSERT(session_stats.sessions_current == 0);
	ASSERT(session_stats.sessions_up == 0);
	ASSERT(session_wheel.count == 0);
	memset(&session_stats, 0, sizeof(session_stats));
	tun_fd = gre_fd = -1;
	queue_free(queue, &nqueue);
}

static void
engine(void)
{
	session_engine(0, plain, 0);
}

static void
engine_run(const uint8_t *p, size_t len, void (*f)(struct input *))
{
	input.p = p;
	input.left = len;
	steps = f;
	plain = len & 1;
	fake_script = script;
	fake_begin();
	memset(send_key, 0x11, sizeof(send_key));
	memset(recv_key, 0x22, sizeof(recv_key));
	memset(clients, 0, sizeof(clients));
	control.engine = control.fd = auth.engine = auth.fd = -1;
	channel_open(&parent, CHILD_FD);
	(void)fake_run(engine);
	ASSERT(fake_run(finish) == -1);
	channel_close(&parent);
	if (control.fd != -1)
		channel_close(&control);
	if (auth.fd != -1)
		channel_close(&auth);
	fake_begin();
}
