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
 * The packets of all calls: one raw GRE socket (RFC 2637 section 4), sequence
 * numbers and acknowledgements, MPPE, the tun devices, and the accidents that
 * the command line asks for.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <netinet/in.h>
#include <net/if.h>

#include <err.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "pptp.h"
#include "gre.h"
#include "mppe.h"
#include "mschap.h"
#include "dial.h"

#define RECEIVE_BUFFER	(4 * 1024 * 1024)
#define PER_WAKEUP	64	/* packets taken before others get a turn */
#define ACK_TIME	MSEC(100)
#define ACK_EVERY	16	/* packets, a quarter of our window */
#define HELD_COUNT	128
#define HELD_SIZE	2048
#define HELD_TIME	MSEC(50)

/* A packet that later ones shall overtake. */
struct held {
	struct call	*call;		/* NULL: free */
	uint64_t	 deadline;
	int		 countdown;	/* packets still to go first */
	size_t		 len;
	uint8_t		 buf[HELD_SIZE];
};

/* Packets of a flood, to go out together. */
static struct mmsghdr	 burst[BURST_PACKETS];
static struct iovec	 burst_iov[BURST_PACKETS];
static uint8_t		 burst_buf[BURST_PACKETS][HELD_SIZE];
static int		 bursting, burst_n;

static int		 gre_fd = -1;
static uint64_t		 gre_malformed;
static struct held	 held[HELD_COUNT];

static int	 accident(struct call *, int);
static void	 gre_input(uint8_t *, size_t);
static void	 gre_output(struct call *, uint8_t *, size_t, int);
static void	 transmit(struct call *, const uint8_t *, size_t);
static void	 overtaken(struct call *);
static int	 hold(struct call *, const uint8_t *, size_t);

void
data_open(void)
{
	int	size;

	gre_fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    IPPROTO_GRE);
	if (gre_fd == -1)
		err(1, "raw GRE socket");
	if (bind(gre_fd, (struct sockaddr *)&opt.local,
	    sizeof(opt.local)) == -1)
		err(1, "bind");
	/* Connected: we see only the GRE packets of this server. */
	if (connect(gre_fd, (struct sockaddr *)&opt.server,
	    sizeof(opt.server)) == -1)
		err(1, "connect");
	for (size = RECEIVE_BUFFER; size > 65536; size /= 2)
		if (setsockopt(gre_fd, SOL_SOCKET, SO_RCVBUF, &size,
		    sizeof(size)) == 0)
			break;
}

int
data_fd(void)
{
	return (gre_fd);
}

/* The largest IP packet that the server is ready to take. */
int
data_mtu(struct call *c)
{
	int	mtu;

	mtu = c->peer_mru < opt.mtu ? c->peer_mru : opt.mtu;
	/* MPPE header and the encrypted protocol field are within its MRU. */
	if (c->cp[CP_CCP].open)
		mtu -= MPPE_HEADER_LEN + 2;
	return (mtu);
}

void
data_event(void)
{
	static uint8_t	 buf[HEADROOM + PACKET_MAX];
	uint8_t		*p = buf + HEADROOM;
	ssize_t		 n;
	int		 i;

	for (i = 0; i < PER_WAKEUP; i++) {
		n = recv(gre_fd, p, PACKET_MAX, 0);
		if (n == -1)
			return;
		gre_input(p, n);
	}
}

/* Is it this packet's turn to have one? */
static int
accident(struct call *c, int percent)
{
	if (percent == 0 || (opt.accidents_late && !c->was_up))
		return (0);
	return (dice() % 100 < (uint32_t)percent);
}

static void
gre_input(uint8_t *p, size_t len)
{
	struct gre_header	 h;
	struct call		*c;
	size_t			 iplen;
	uint32_t		 lost;
	int			 n;

	if (len < 20)
		return;
	iplen = (p[0] & 0x0f) << 2;
	if (iplen < 20 || iplen > len ||
	    memcmp(p + 12, &opt.server.sin_addr, 4) != 0)
		return;
	p += iplen;
	len -= iplen;
	n = gre_decode(p, len, &h);
	if (n == -1) {
		gre_malformed++;
		return;
	}
	c = call_by_id(h.call_id);
	if (c == NULL || c->stage < S_LCP || c->stage == S_DEAD)
		return;
	if (accident(c, opt.lose_in)) {
		c->c.made_lost_in++;
		return;
	}
	/* One that was overtaken says what we knew. */
	if (h.has_ack && gre_tx_ack(&c->tx, h.ack) == -1 &&
	    gre_seq_diff(h.ack, c->tx.next) >= 0) {
		complain(c, "acknowledgement of %u, which was not sent",
		    h.ack);
		c->c.malformed++;
	}
	if (!h.has_seq) {
		c->c.acks_in++;
		return;
	}

	lost = 0;
	switch (gre_rx_seq(&c->rx, h.seq, &lost)) {
	case GRE_IN_ORDER:
		break;
	case GRE_AHEAD:
		/* We do not wait for what may still come. */
		lost = gre_rx_skip_to(&c->rx, h.seq);
		break;
	case GRE_DUPLICATE:
		c->c.duplicate++;
		return;
	case GRE_LATE:
		c->c.late++;
		return;
	case GRE_FAR:
		c->c.far++;
		return;
	}
	c->c.lost += lost;
	c->c.gre_in++;
	c->unacked++;
	ppp_input(c, p + n, h.payload_len);
	/* Most often an answer has taken the acknowledgement along by now. */
	if (opt.no_ack || c->stage == S_DEAD)
		return;
	if (c->unacked >= ACK_EVERY)
		data_ack(c);
	else if (c->unacked > 0 && c->when[T_ACK] == 0)
		timer_set(c, T_ACK, ACK_TIME);
}

void
data_ack(struct call *c)
{
	uint8_t	buf[GRE_HEADER_MAX];

	if (c->unacked == 0)
		return;
	c->c.acks_out++;
	gre_output(c, buf + sizeof(buf), 0, 0);
}

/* Put the GRE header in front of p, which has GRE_HEADER_MAX octets for it. */
static void
gre_output(struct call *c, uint8_t *p, size_t len, int has_seq)
{
	struct gre_header	h;
	size_t			n;

	memset(&h, 0, sizeof(h));
	h.payload_len = len;
	h.call_id = c->peer_id;
	if (has_seq) {
		h.has_seq = 1;
		h.seq = c->tx.next++;
	}
	if (c->unacked > 0 && !opt.no_ack) {
		h.has_ack = 1;
		h.ack = c->rx.next - 1;
		c->unacked = 0;
		timer_clear(c, T_ACK);
	}
	n = gre_encode(&h, p);
	if (accident(c, opt.lose)) {
		c->c.made_lost++;
		return;
	}
	if (accident(c, opt.reorder) && hold(c, p - n, n + len) == 0) {
		c->c.made_reordered++;
		return;
	}
	transmit(c, p - n, n + len);
	if (opt.reorder != 0)
		overtaken(c);
}

static void
transmit(struct call *c, const uint8_t *p, size_t len)
{
	if (bursting && len <= HELD_SIZE && burst_n < BURST_PACKETS) {
		memcpy(burst_buf[burst_n], p, len);
		burst_iov[burst_n].iov_base = burst_buf[burst_n];
		burst_iov[burst_n].iov_len = len;
		burst[burst_n].msg_hdr.msg_iov = &burst_iov[burst_n];
		burst[burst_n++].msg_hdr.msg_iovlen = 1;
		return;
	}
	if (send(gre_fd, p, len, 0) == -1 &&
	    /* A pending ICMP error is not about this packet. */
	    (errno == EAGAIN || send(gre_fd, p, len, 0) == -1))
		c->c.unsent++;
}

void
data_burst_begin(void)
{
	bursting = 1;
	burst_n = 0;
}

void
data_burst_end(struct call *c)
{
	int	i, n;

	bursting = 0;
	for (i = 0; i < burst_n; i += n) {
		n = sendmmsg(gre_fd, burst + i, burst_n - i < PER_WAKEUP ?
		    burst_n - i : PER_WAKEUP, 0);
		if (n == -1) {
			c->c.unsent++;
			n = 1;
		}
	}
}

static int
hold(struct call *c, const uint8_t *p, size_t len)
{
	struct held	*h;

	if (len > HELD_SIZE)
		return (-1);
	for (h = held; h < held + HELD_COUNT; h++)
		if (h->call == NULL)
			break;
	if (h == held + HELD_COUNT)
		return (-1);
	h->call = c;
	h->countdown = opt.reorder_distance;
	h->deadline = now + HELD_TIME;
	h->len = len;
	memcpy(h->buf, p, len);
	return (0);
}

/* A packet of this call went out: those held come one nearer to their turn. */
static void
overtaken(struct call *c)
{
	struct held	*h;

	for (h = held; h < held + HELD_COUNT; h++) {
		if (h->call != c || --h->countdown > 0)
			continue;
		h->call = NULL;
		transmit(c, h->buf, h->len);
	}
}

/* When data_release() has something to do next, 0: never. */
uint64_t
data_held(void)
{
	struct held	*h;
	uint64_t	 first = 0;

	if (opt.reorder == 0)
		return (0);
	for (h = held; h < held + HELD_COUNT; h++)
		if (h->call != NULL && (first == 0 || h->deadline < first))
			first = h->deadline;
	return (first);
}

/* Send what nothing came to overtake. */
void
data_release(uint64_t until)
{
	struct held	*h;

	if (opt.reorder == 0)
		return;
	for (h = held; h < held + HELD_COUNT; h++) {
		if (h->call == NULL || h->deadline > until)
			continue;
		transmit(h->call, h->buf, h->len);
		h->call = NULL;
	}
}

/* A PPP packet, p behind its protocol field; the room before p is written. */
void
data_send_ppp(struct call *c, uint16_t protocol, uint8_t *p, size_t len)
{
	int	lcp = protocol == P_LCP;

	*--p = protocol;
	len++;
	if (lcp || !c->peer_pfc || protocol > 0xff) {
		*--p = protocol >> 8;
		len++;
	}
	if (lcp || !c->peer_acfc) {
		*--p = 0x03;
		*--p = 0xff;
		len += 2;
	}
	c->c.gre_out++;
	gre_output(c, p, len, 1);
}

/* An IP packet with HEADROOM before it.  -1: the call cannot take it now. */
int
data_send_ip(struct call *c, uint8_t *p, size_t len)
{
	struct mppe_packet	m;

	if (c->stage != S_UP || !c->cp[CP_IPCP].open)
		return (-1);
	if (!c->cp[CP_CCP].open) {
		if (c->encrypted || opt.mppe_required)
			return (-1);
		c->c.ip_out++;
		data_send_ppp(c, P_IP, p, len);
		return (0);
	}
	memset(&m, 0, sizeof(m));
	m.mppe = &c->tx_mppe;
	m.data = p - 2;
	m.len = len + 2;
	put16(m.data, P_IP);
	mppe_encrypt(&m, 1);
	c->c.ip_out++;
	data_send_ppp(c, P_MPPE, m.data, m.len);
	return (0);
}

/* What arrived under the protocol number of MPPE. */
void
data_compressed(struct call *c, uint8_t *p, size_t len)
{
	struct mppe_packet	m;

	if (!c->cp[CP_CCP].open) {
		c->c.undecrypted++;
		return;
	}
	memset(&m, 0, sizeof(m));
	m.mppe = &c->rx_mppe;
	m.data = p;
	m.len = len;
	mppe_decrypt(&m, 1);
	switch (m.status) {
	case MPPE_OK:
		break;
	case MPPE_RESYNC:
		c->c.undecrypted++;
		/* One for each round trip is enough. */
		if (now - c->reset_sent < MSEC(100))
			return;
		c->reset_sent = now;
		c->c.resets_out++;
		ppp_send_cp(c, P_CCP, RESET_REQ, ++c->packet_id, NULL, 0);
		return;
	default:
		c->c.undecrypted++;
		return;
	}

	/* Inside it is IP; its protocol may be compressed as well. */
	if (m.len >= 1 && m.data[0] == P_IP)
		data_ip(c, m.data + 1, m.len - 1);
	else if (m.len >= 2 && get16(m.data) == P_IP)
		data_ip(c, m.data + 2, m.len - 2);
	else {
		complain(c, "MPPE packet without IP in it");
		c->c.malformed++;
	}
}

void
data_ip(struct call *c, uint8_t *p, size_t len)
{
	if (!c->cp[CP_IPCP].open)
		return;
	if (len < 20 || p[0] >> 4 != 4 || get16(p + 2) < 20 ||
	    get16(p + 2) > len) {
		c->c.malformed++;
		return;
	}
	len = get16(p + 2);
	c->c.ip_in++;
	if (memcmp(p + 16, &c->address, 4) != 0) {
		c->c.foreign++;
		return;
	}
	if (ping_input(c, p, len))
		return;
	if (call_tun_fd(c) != -1 &&
	    tun_write(call_tun_fd(c), p, len) == -1)
		c->c.unsent++;
}

void
data_tun_event(struct call *c)
{
	static uint8_t	 buf[HEADROOM + PACKET_MAX];
	int		 i, n;

	for (i = 0; i < PER_WAKEUP; i++) {
		n = tun_read(call_tun_fd(c), buf + HEADROOM, PACKET_MAX);
		if (n == -1)
			return;
		/* Routers' and listeners' IPv6 chatter is not for us. */
		if (n < 20 || buf[HEADROOM] >> 4 != 4)
			continue;
		if (data_send_ip(c, buf + HEADROOM, n) == -1)
			c->c.unsent++;
	}
}

/* GRE packets that nothing could be made of. */
uint64_t
data_malformed(void)
{
	return (gre_malformed);
}
