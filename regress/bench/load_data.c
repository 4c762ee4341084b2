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
#include <sys/socket.h>
#include <netinet/in.h>

#include <err.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gre.h"
#include "mppe.h"
#include "mschap.h"
#include "packet_io.h"
#include "pptp.h"
#include "load.h"

/* GRE in batches, pings and floods. */

#define WINDOW		1024	/* packets of a flood on their way */
#define ACK_MANY	16	/* packets, then a lone acknowledgement */
#define STALLED		100000	/* us without any, then they are lost */
#define HEADROOM	64	/* Ethernet, IP, GRE, PPP, MPPE */
#define ICMP_LEN	8
#define TCP_LEN		20
#define PING_LEN	84

static void	 rx_packet(struct packet *);
static void	 rx_ppp(struct session *, uint8_t *, size_t);
static void	 rx_decrypt(void);
static void	 rx_ip(uint8_t *, size_t);
static void	 rx_ping(const uint8_t *, size_t);
static void	 tx_gre(struct session *, struct packet *);
static void	 tx_ip(int);
static void	 tx_encrypt(int);
static void	 tx_send(int);
static void	 lone_ack(struct session *);
static void	 sum(uint8_t *, const uint8_t *, size_t, uint32_t);
static int	 ping_step(void);
static void	 ping_end(void);
static int	 flood_step(void);
static void	 flood_packet(struct packet *, struct session *);
static struct session *flood_turn(int);
static void	 flood_end(void);
static int	 by_value(const void *, const void *);

struct received		 received;

static int		 fd, ignore, tun = -1;
static uint8_t		 rx_bufs[PACKET_BATCH][PACKET_SIZE];
static uint8_t		 tx_bufs[PACKET_BATCH][PACKET_SIZE];
static struct packet	 rx[PACKET_BATCH], tx[PACKET_BATCH];
static struct session	*tx_who[PACKET_BATCH];
static int		 ntx;
static struct mppe_packet rx_mppe[PACKET_BATCH];
static struct session	*rx_who[PACKET_BATCH];
static int		 nrx;
static struct packet	 to_tun[PACKET_BATCH];
static int		 nto_tun;

static struct {
	unsigned int	 sessions;
	uint64_t	 begin, end, interval;	/* us */
	uint32_t	 next, max, answers;
	uint64_t	*sent;			/* us, of each */
	uint32_t	*took;			/* us, 0: no answer */
} ping;

static struct {
	unsigned int	 sessions, turn, len;
	int		 tcp;
	uint64_t	 begin, end, last_ack;
	uint64_t	 sent, acked, given_up;
} flood;

/* Packets of a flood, encrypted: each from off octets on in room for one. */
static struct {
	uint8_t		*mem;
	size_t		 room, off, len;
	uint32_t	 packets;
	int		 replayed;		/* now */
} store;

void
data_open(void)
{
	int	i, size = LOAD_BUFFER;

	if ((fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK,
	    IPPROTO_GRE)) == -1)
		err(1, "GRE socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
	    sizeof(size)) == -1 || setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE,
	    &size, sizeof(size)) == -1)
		err(1, "buffer of the GRE socket");
	for (i = 0; i < PACKET_BATCH; i++) {
		rx[i].buf = rx_bufs[i];
		tx[i].buf = tx_bufs[i];
	}
}

int
data_fd(void)
{
	return (fd);
}

void
data_ignore(int on)
{
	ignore = on;
}

void
data_read(void)
{
	int	i, n;

	if ((n = gre_recv(fd, rx, PACKET_BATCH)) == -1)
		err(1, "GRE socket");
	for (i = 0; i < n; i++)
		rx_packet(&rx[i]);
	rx_decrypt();
	data_flush();
}

static void
rx_packet(struct packet *p)
{
	struct gre_header	 h;
	struct session		*s;
	int			 n;

	if ((n = gre_decode(p->data, p->len, &h)) == -1 || h.call_id == 0 ||
	    h.call_id > opt.sessions)
		return;
	s = &sessions[h.call_id - 1];
	if (s->stage < S_LCP || s->stage == S_OVER ||
	    p->src.s_addr != opt.server.sin_addr.s_addr ||
	    p->dst.s_addr != s->source.s_addr)
		return;
	if (h.has_ack && gre_seq_diff(h.ack + 1, s->tx_acked) > 0) {
		flood.acked += gre_seq_diff(h.ack + 1, s->tx_acked);
		flood.last_ack = now;
		s->tx_acked = h.ack + 1;
	}
	if (!h.has_seq)
		return;
	s->rx_next = h.seq + 1;
	if (++s->unacked >= ACK_MANY)
		lone_ack(s);
	rx_ppp(s, p->data + n, h.payload_len);
}

/* Address, control and protocol, compressed or not (RFC 1661 section 6). */
static void
rx_ppp(struct session *s, uint8_t *p, size_t len)
{
	if (len >= 2 && p[0] == 0xff && p[1] == 0x03) {
		p += 2;
		len -= 2;
	}
	if (len < 2)
		return;
	if (p[0] & 1) {
		if (p[0] != P_COMP && p[0] != P_IP)
			return;
	} else if (get16(p) != P_COMP && get16(p) != P_IP) {
		ppp_input(s, p, len);
		return;
	} else {
		p++;
		len--;
	}
	received.packets++;
	received.octets += len - 1;
	if (ignore)
		return;
	if (p[0] == P_IP) {
		rx_ip(p + 1, len - 1);
		return;
	}
	rx_who[nrx] = s;
	rx_mppe[nrx].mppe = &s->rx;
	rx_mppe[nrx].data = p + 1;
	rx_mppe[nrx++].len = len - 1;
}

static void
rx_decrypt(void)
{
	uint8_t	*p;
	size_t	 len;
	int	 i;

	mppe_decrypt(rx_mppe, nrx);
	for (i = 0; i < nrx; i++) {
		p = rx_mppe[i].data;
		len = rx_mppe[i].len;
		if (rx_mppe[i].status == MPPE_RESYNC)
			ppp_reset(rx_who[i]);
		if (rx_mppe[i].status != MPPE_OK || len < 2)
			continue;
		if (p[0] == P_IP)
			rx_ip(p + 1, len - 1);
		else if (get16(p) == P_IP)
			rx_ip(p + 2, len - 2);
	}
	nrx = 0;
	if (nto_tun > 0)
		(void)tun_send(tun, to_tun, nto_tun);
	nto_tun = 0;
}

static void
rx_ip(uint8_t *ip, size_t len)
{
	if (tun == -1) {
		rx_ping(ip, len);
		return;
	}
	to_tun[nto_tun].data = ip;
	to_tun[nto_tun++].len = len;
}

/* An Echo-Reply has the number of its ping. */
static void
rx_ping(const uint8_t *ip, size_t len)
{
	uint32_t	n;

	if (ping.sent == NULL || len < IP_LEN + ICMP_LEN + sizeof(n) ||
	    ip[0] != 0x45 || ip[9] != IPPROTO_ICMP || ip[IP_LEN] != 0)
		return;
	memcpy(&n, ip + IP_LEN + ICMP_LEN, sizeof(n));
	if (n >= ping.next || ping.took[n] != 0)
		return;
	clock_read();
	ping.took[n] = now - ping.sent[n] + 1;
	ping.answers++;
}

/* Headers before what is at data; from PPP's protocol on it is complete. */
static void
tx_gre(struct session *s, struct packet *p)
{
	struct gre_header	h;

	*--p->data = 0x03;
	*--p->data = 0xff;
	h.payload_len = p->len + 2;
	h.call_id = s->peer_id;
	h.has_seq = 1;
	h.seq = s->tx_next++;
	h.has_ack = s->unacked > 0;
	h.ack = s->rx_next - 1;
	s->unacked = 0;
	p->len = h.payload_len + gre_encode(&h, p->data);
	p->data += h.payload_len - p->len;
	p->src = s->source;
	p->dst = opt.server.sin_addr;
}

/* Packets of the first session go to this device, and come from there. */
void
data_tun(int device)
{
	tun = device;
	tun_init(tun);
}

void
data_tun_read(void)
{
	int	i, n;

	data_flush();
	do {
		if ((n = tun_recv(tun, tx, PACKET_BATCH)) == -1)
			err(1, "tun device");
		for (i = 0; i < n; i++)
			tx_who[i] = &sessions[0];
		tx_ip(n);
	} while (tun_pending());
}

void
data_flush(void)
{
	if (ntx > 0)
		(void)gre_send(fd, tx, ntx);
	ntx = 0;
}

void
data_control(struct session *s, const uint8_t *data, size_t len)
{
	struct packet	*p;

	if (ntx == PACKET_BATCH)
		data_flush();
	p = &tx[ntx++];
	p->data = p->buf + HEADROOM;
	p->len = len;
	memcpy(p->data, data, len);
	tx_gre(s, p);
}

static void
lone_ack(struct session *s)
{
	struct gre_header	 h;
	struct packet		*p;

	if (ntx == PACKET_BATCH)
		data_flush();
	memset(&h, 0, sizeof(h));
	h.call_id = s->peer_id;
	h.has_ack = 1;
	h.ack = s->rx_next - 1;
	s->unacked = 0;
	p = &tx[ntx++];
	p->len = gre_encode(&h, p->buf + HEADROOM);
	p->data = p->buf + HEADROOM - p->len;
	p->src = s->source;
	p->dst = opt.server.sin_addr;
}

/* Send the first n of tx: IP packets with HEADROOM before them. */
static void
tx_ip(int n)
{
	tx_encrypt(n);
	tx_send(n);
}

/* Make PPP packets of them, from the protocol on. */
static void
tx_encrypt(int n)
{
	static struct mppe_packet	 mv[PACKET_BATCH];
	int				 i;

	for (i = 0; i < n; i++) {
		tx[i].data -= 2;
		tx[i].len += 2;
		put16(tx[i].data, P_IP);
		mv[i].mppe = &tx_who[i]->tx;
		mv[i].data = tx[i].data;
		mv[i].len = tx[i].len;
	}
	if (opt.bits == 0)
		return;
	mppe_encrypt(mv, n);
	for (i = 0; i < n; i++) {
		tx[i].data = mv[i].data - 2;
		tx[i].len = mv[i].len + 2;
		put16(tx[i].data, P_COMP);
	}
}

static void
tx_send(int n)
{
	int	i;

	for (i = 0; i < n; i++)
		tx_gre(tx_who[i], &tx[i]);
	if (link_is_open())
		link_send(tx, n);
	else
		(void)gre_send(fd, tx, n);
}

void
ip_header(uint8_t *ip, struct in_addr src, struct in_addr dst, size_t len,
    uint8_t proto)
{
	memset(ip, 0, IP_LEN);
	ip[0] = 0x45;
	put16(ip + 2, len);
	ip[6] = 0x40;			/* DF */
	ip[8] = 64;
	ip[9] = proto;
	memcpy(ip + 12, &src, 4);
	memcpy(ip + 16, &dst, 4);
	sum(ip + 10, ip, IP_LEN, 0);
}

/* RFC 1071 */
static void
sum(uint8_t *where, const uint8_t *p, size_t len, uint32_t s)
{
	for (; len > 1; p += 2, len -= 2)
		s += get16(p);
	if (len == 1)
		s += p[0] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	put16(where, ~s & 0xffff);
}

int
data_busy(void)
{
	return (ping.sent != NULL || flood.end != 0);
}

int
data_step(void)
{
	clock_read();
	return (ping.sent != NULL ? ping_step() : flood_step());
}

void
data_ping(unsigned int n, unsigned int interval, unsigned int time)
{
	ping.sessions = n;
	ping.interval = interval * 1000ULL;
	ping.max = (uint64_t)n * time / interval;
	if ((ping.sent = calloc(ping.max, sizeof(*ping.sent))) == NULL ||
	    (ping.took = calloc(ping.max, sizeof(*ping.took))) == NULL)
		err(1, NULL);
	ping.next = ping.answers = 0;
	clock_read();
	ping.begin = now;
	ping.end = now + time * 1000ULL;
}

/* Evenly over the interval and over all sessions. */
static int
ping_step(void)
{
	struct session	*s;
	uint8_t		*ip;
	uint32_t	 n;
	int		 out = 0;

	while (ping.next < ping.max && out < PACKET_BATCH &&
	    now >= ping.begin + ping.next * ping.interval / ping.sessions) {
		n = ping.next++;
		s = &sessions[(uint64_t)(n % ping.sessions) * opt.sessions /
		    ping.sessions];
		tx_who[out] = s;
		tx[out].data = ip = tx[out].buf + HEADROOM;
		tx[out++].len = PING_LEN;
		ip_header(ip, s->address, s->gateway, PING_LEN, IPPROTO_ICMP);
		memset(ip + IP_LEN, 0, PING_LEN - IP_LEN);
		ip[IP_LEN] = 8;
		put16(ip + IP_LEN + 4, s->id);
		memcpy(ip + IP_LEN + ICMP_LEN, &n, sizeof(n));
		sum(ip + IP_LEN + 2, ip + IP_LEN, PING_LEN - IP_LEN, 0);
		ping.sent[n] = now;
	}
	tx_ip(out);
	if (ping.next == ping.max && (ping.answers == ping.max ||
	    now > ping.end + PING_TIMEOUT * 1000))
		ping_end();
	return (1);
}

static int
by_value(const void *a, const void *b)
{
	uint32_t	x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x < y ? -1 : x > y);
}

/* Those without an answer are 0 and come first. */
static void
ping_end(void)
{
	uint32_t	*took = ping.took + (ping.max - ping.answers);
	uint32_t	 n = ping.answers;

	qsort(ping.took, ping.max, sizeof(*ping.took), by_value);
	printf("ping sent=%u answered=%u p50_us=%u p99_us=%u max_us=%u\n",
	    ping.max, n, n ? took[n / 2] : 0, n ? took[n * 99ULL / 100] : 0,
	    n ? took[n - 1] : 0);
	free(ping.sent);
	free(ping.took);
	ping.sent = NULL;
	ping.took = NULL;
}

void
data_flood(unsigned int n, unsigned int len, int tcp, unsigned int time)
{
	memset(&flood, 0, sizeof(flood));
	flood.sessions = n;
	flood.len = len;
	flood.tcp = tcp;
	clock_read();
	flood.begin = flood.last_ack = now;
	flood.end = now + time * 1000ULL;
}

/* BURST packets of a session in a row. */
static struct session *
flood_turn(int i)
{
	static struct session	*s;

	if (i % BURST == 0)
		s = &sessions[(uint64_t)(flood.turn++ % flood.sessions) *
		    opt.sessions / flood.sessions];
	return (s);
}

static void
flood_packet(struct packet *packet, struct session *s)
{
	uint32_t	 pseudo;
	uint8_t		*ip, *p;
	size_t		 plen = flood.len - IP_LEN;

	packet->data = ip = packet->buf + HEADROOM;
	packet->len = flood.len;
	ip_header(ip, s->address, opt.flood_to, flood.len,
	    flood.tcp ? IPPROTO_TCP : IPPROTO_UDP);
	p = ip + IP_LEN;
	memset(p, 0, plen);
	put16(p, 9);		/* discard */
	put16(p + 2, 9);
	if (flood.tcp) {
		put32(p + 4, s->tcp_seq);
		s->tcp_seq += plen - TCP_LEN;
		p[12] = TCP_LEN / 4 << 4;
		p[13] = 0x10;	/* ACK */
		put16(p + 14, 65535);
	} else
		put16(p + 4, plen);
	pseudo = get16(ip + 12) + get16(ip + 14) + get16(ip + 16) +
	    get16(ip + 18) + ip[9] + plen;
	/* The rest is 0. */
	sum(p + (flood.tcp ? 16 : 6), p, flood.tcp ? TCP_LEN : 8, pseudo);
}

/* As many packets as one batch has, unless too many are on their way. */
static int
flood_step(void)
{
	uint64_t	 waiting;
	uint8_t		*buf;
	int		 i, n = PACKET_BATCH;

	waiting = flood.sent - flood.acked - flood.given_up;
	if (store.replayed ? flood.sent == store.packets && (waiting == 0 ||
	    now - flood.last_ack >= STALLED) : now >= flood.end) {
		flood_end();
		return (0);
	}
	if ((int64_t)waiting > WINDOW - PACKET_BATCH ||
	    (store.replayed && flood.sent == store.packets)) {
		/* Look again at once: to wake this one up costs the server. */
		if (now - flood.last_ack < STALLED)
			return (0);
		flood.given_up += waiting;
		flood.last_ack = now;
	}
	if (store.replayed && store.packets - flood.sent < PACKET_BATCH)
		n = store.packets - flood.sent;
	for (i = 0; i < n; i++) {
		tx_who[i] = flood_turn(i);
		if (!store.replayed) {
			flood_packet(&tx[i], tx_who[i]);
			continue;
		}
		buf = store.mem + (flood.sent + i) * store.room;
		tx[i].data = buf + store.off;
		tx[i].len = store.len;
	}
	if (!store.replayed)
		tx_encrypt(n);
	tx_send(n);
	flood.sent += n;
	return (0);
}

static void
flood_end(void)
{
	printf("flood sent=%llu octets=%llu seconds=%.3f given_up=%llu\n",
	    (unsigned long long)flood.sent,
	    (unsigned long long)flood.sent * flood.len,
	    (now - flood.begin) / 1e6, (unsigned long long)flood.given_up);
	memset(&flood, 0, sizeof(flood));
	free(store.mem);
	memset(&store, 0, sizeof(store));
}

/*
 * Once prepared they have to be sent: the sessions' MPPE is beyond them.  The
 * turns of the replay are those of the preparation.
 */
void
data_prepare(unsigned int n, unsigned int len, int tcp, unsigned int packets)
{
	uint8_t		*bufs[PACKET_BATCH];
	uint32_t	 done;
	int		 i, some;

	data_flood(n, len, tcp, 0);
	store.packets = packets;
	store.room = (HEADROOM + len + 63) & ~63UL;
	if ((store.mem = malloc(packets * store.room)) == NULL)
		err(1, "%u packets", packets);
	for (i = 0; i < PACKET_BATCH; i++)
		bufs[i] = tx[i].buf;
	for (done = 0; done < packets; done += some) {
		some = packets - done < PACKET_BATCH ? packets - done :
		    PACKET_BATCH;
		for (i = 0; i < some; i++) {
			tx[i].buf = store.mem + (done + i) * store.room;
			tx_who[i] = flood_turn(i);
			flood_packet(&tx[i], tx_who[i]);
		}
		tx_encrypt(some);
	}
	store.off = tx[0].data - tx[0].buf;
	store.len = tx[0].len;
	for (i = 0; i < PACKET_BATCH; i++)
		tx[i].buf = bufs[i];
	flood.end = flood.turn = 0;
	clock_read();
	printf("prepared packets=%u seconds=%.3f\n", packets,
	    (now - flood.begin) / 1e6);
}

int
data_replay(void)
{
	if (store.mem == NULL)
		return (-1);
	store.replayed = 1;
	clock_read();
	flood.begin = flood.last_ack = now;
	flood.end = UINT64_MAX;
	return (0);
}
