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
 * Packets between the GRE socket and the tun device, in batches.  Nothing here
 * allocates (but for packets that come out of order), logs, or asks for the
 * time.
 */

#define VECTOR_MAX	(PACKET_BATCH + HELD_MAX)

static void	 rx_vector(int, uint64_t);
static void	 rx_stray(const uint8_t *, size_t, int);
static void	 rx_payload(struct session *, const struct gre_header *,
		    uint8_t *, uint64_t);
static void	 rx_hold(struct session *, uint32_t, const uint8_t *, size_t,
		    uint64_t);
static void	 rx_held(struct session *, uint64_t);
static void	 rx_waited(struct session *, uint64_t);
static void	 rx_deliver(struct session *, uint8_t *, size_t, uint64_t);
static void	 rx_flush(uint64_t);
static void	 rx_finish(uint64_t);
static void	 rx_ip(struct session *, uint8_t *, size_t, uint64_t);
static void	 rx_lost(struct session *, uint64_t);
static void	 tun_flush(void);
static void	 tx_vector(int, uint64_t);
static void	 tx_header(struct session *, struct packet *, uint8_t *,
		    size_t, uint64_t);
static void	 send_one(struct session *, struct packet *);
static void	 lap(uint64_t *);

/* Packets in one call of the kernel. */
static int		 vector = PACKET_BATCH;
static int		 timing;

static uint8_t		 rx_bufs[PACKET_BATCH][PACKET_SIZE];
static uint8_t		 tx_bufs[PACKET_BATCH][PACKET_SIZE];
static struct packet	 rx[PACKET_BATCH], tx[PACKET_BATCH];

/* MPPE packets of the current batch, and IP packets ready for the tun. */
static struct mppe_packet	 rx_mppe[VECTOR_MAX];
static struct session		*rx_session[VECTOR_MAX];
static size_t			 rx_n;
static struct packet		 to_tun[VECTOR_MAX];
static struct session		*to_tun_session[VECTOR_MAX];
static int			 to_tun_n;
/* Held packets that were delivered in this batch. */
static struct held_list		 used = TAILQ_HEAD_INITIALIZER(used);

void
datapath_init(int plain, int timed)
{
	int	i;

	if (plain)
		vector = 1;
	timing = timed;
	for (i = 0; i < PACKET_BATCH; i++) {
		rx[i].buf = rx_bufs[i];
		tx[i].buf = tx_bufs[i];
	}
}

/*
 * A packet that is no session's here.  Where every engine gets all of them, the
 * one whose call it would be counts it.
 */
static void
rx_stray(const uint8_t *data, size_t len, int malformed)
{
	uint16_t	call_id = len >= 8 ? data[6] << 8 | data[7] : 0;

	if (call_id % session_engines != session_engine_index)
		return;
	session_stats.gre_packets++;
	if (malformed)
		session_stats.gre_malformed++;
	else
		session_stats.gre_no_call++;
}

/* From the clients: no more than a batch, then it is others' turn. */
void
datapath_gre(uint64_t now)
{
	int	n, total = 0;

	do {
		lap(NULL);
		if ((n = gre_recv(gre_fd, rx, vector)) == -1) {
			log_warn("GRE socket");
			return;
		}
		rx_vector(n, now);
		lap(&session_stats.ns_in_send);
		total += n;
	} while (n == vector && total < PACKET_BATCH);
}

static void
rx_vector(int n, uint64_t now)
{
	struct gre_header	 h;
	struct session		*s;
	int			 i, hlen;

	for (i = 0; i < n; i++) {
		hlen = gre_decode(rx[i].data, rx[i].len, &h);
		if (hlen == -1 || (s = sessions[h.call_id]) == NULL) {
			rx_stray(rx[i].data, rx[i].len, hlen == -1);
			continue;
		}
		session_stats.gre_packets++;
		/* Only from the call's peer, only to where it called. */
		if (s->peer.s_addr != rx[i].src.s_addr ||
		    s->local.s_addr != rx[i].dst.s_addr) {
			session_stats.gre_bad_source++;
			continue;
		}
		if (h.has_ack)
			(void)gre_tx_ack(&s->gre_tx, h.ack);
		if (h.has_seq)
			rx_payload(s, &h, rx[i].data + hlen, now);
		else
			s->c.gre_acks_in++;
	}
	rx_finish(now);

	/* Acknowledge what no packet of ours has acknowledged meanwhile. */
	for (i = 0; i < n; i++) {
		if (gre_decode(rx[i].data, rx[i].len, &h) == -1 ||
		    (s = sessions[h.call_id]) == NULL || s->unacked == 0)
			continue;
		if (s->unacked >= ACK_MANY)
			datapath_ack(s);
		else if (s->ack_by == 0) {
			s->ack_by = now + ACK_DELAY;
			session_arm(s);
		}
	}
}

/* Put the payload where its sequence number says (RFC 2637 section 4.3). */
static void
rx_payload(struct session *s, const struct gre_header *h, uint8_t *data,
    uint64_t now)
{
	uint32_t	lost, next = s->gre_rx.next;

	switch (gre_rx_seq(&s->gre_rx, h->seq, &lost)) {
	case GRE_IN_ORDER:
		/* The peer went on elsewhere: the held ones are old. */
		if (h->seq != next)
			datapath_forget(s);
		s->c.gre_lost += lost;
		s->unacked++;
		rx_deliver(s, data, h->payload_len, now);
		if (s->nheld > 0) {
			rx_waited(s, now - TAILQ_FIRST(&s->held)->since);
			rx_held(s, now);
		}
		break;
	case GRE_AHEAD:
		s->unacked++;
		if (s->wait == 0) {
			s->c.gre_lost += gre_rx_skip_to(&s->gre_rx, h->seq);
			rx_deliver(s, data, h->payload_len, now);
		} else
			rx_hold(s, h->seq, data, h->payload_len, now);
		break;
	case GRE_DUPLICATE:
		s->c.gre_duplicate++;
		break;
	case GRE_LATE:
		s->c.gre_late++;
		s->wait = s->conf->ppp.reorder;
		break;
	case GRE_FAR:
		s->c.gre_far++;
		break;
	}
}

/* Keep a packet until those before it come, or a short time is over. */
static void
rx_hold(struct session *s, uint32_t seq, const uint8_t *data, size_t len,
    uint64_t now)
{
	struct held	*h, *after;

	TAILQ_FOREACH_REVERSE(after, &s->held, held_list, entry) {
		if (after->seq == seq) {
			s->c.gre_duplicate++;
			return;
		}
		if (gre_seq_diff(after->seq, seq) < 0)
			break;
	}
	if ((h = malloc(sizeof(*h) + 4 + len)) == NULL)
		return;		/* lost, then */
	h->since = now;
	h->seq = seq;
	h->len = len;
	memcpy(h->data + 4, data, len);
	if (after != NULL)
		TAILQ_INSERT_AFTER(&s->held, after, h, entry);
	else
		TAILQ_INSERT_HEAD(&s->held, h, entry);
	s->c.gre_reordered++;
	/* Those behind it have waited longer. */
	if ((after = TAILQ_NEXT(h, entry)) != NULL && after->since < h->since)
		h->since = after->since;
	s->nheld++;
	s->held_until = TAILQ_FIRST(&s->held)->since + s->wait;
	session_arm(s);
	if (s->nheld >= HELD_MAX)
		datapath_release(s, now);
}

/* Deliver the held ones whose turn it is. */
static void
rx_held(struct session *s, uint64_t now)
{
	struct held	*h;
	uint32_t	 lost;

	while ((h = TAILQ_FIRST(&s->held)) != NULL &&
	    gre_seq_diff(h->seq, s->gre_rx.next) <= 0) {
		TAILQ_REMOVE(&s->held, h, entry);
		TAILQ_INSERT_TAIL(&used, h, entry);
		s->nheld--;
		if (gre_rx_seq(&s->gre_rx, h->seq, &lost) == GRE_IN_ORDER)
			rx_deliver(s, h->data + 4, h->len, now);
	}
	s->held_until = h != NULL ? h->since + s->wait : 0;
	session_arm(s);
}

/* What was missing came after so many ms: wait at least twice as long. */
static void
rx_waited(struct session *s, uint64_t took)
{
	uint64_t	wait = 2 * (took + WHEEL_TICK);

	if (wait > s->conf->ppp.reorder)
		wait = s->conf->ppp.reorder;
	if (wait > s->wait)
		s->wait = wait;
}

/*
 * The wait is over: what is missing before the first held one is lost.  So is
 * what is missing before others that have waited as long.  On a path that
 * loses packets and keeps their order every wait is in vain, and TCP stands
 * still meanwhile: so the next one is shorter, until one comes late.
 */
void
datapath_release(struct session *s, uint64_t now)
{
	struct held	*h;

	if ((h = TAILQ_FIRST(&s->held)) == NULL) {
		s->held_until = 0;
		return;
	}
	lap(NULL);
	s->wait = s->wait / 2 >= WHEEL_TICK ? s->wait / 2 : 0;
	do {
		TAILQ_REMOVE(&s->held, h, entry);
		TAILQ_INSERT_TAIL(&used, h, entry);
		s->nheld--;
		s->c.gre_lost += gre_rx_skip_to(&s->gre_rx, h->seq);
		rx_deliver(s, h->data + 4, h->len, now);
		rx_held(s, now);
	} while ((h = TAILQ_FIRST(&s->held)) != NULL &&
	    h->since + s->wait <= now);
	rx_finish(now);
}

void
datapath_forget(struct session *s)
{
	struct held	*h;

	while ((h = TAILQ_FIRST(&s->held)) != NULL) {
		TAILQ_REMOVE(&s->held, h, entry);
		free(h);
	}
	s->nheld = 0;
	s->held_until = 0;
}

/* A PPP packet in its order. */
static void
rx_deliver(struct session *s, uint8_t *data, size_t len, uint64_t now)
{
	uint16_t	proto;
	int		n;

	if (s->ppp.finished)
		return;
	s->ppp.last_rx = now;
	if (s->probe_until != 0)
		session_alive(s);
	if ((n = ppp_header(data, len, &proto)) == -1) {
		s->ppp.malformed++;
		return;
	}
	data += n;
	len -= n;
	switch (proto) {
	case PPP_COMP:
		if (!s->ppp.mppe) {
			s->c.mppe_dropped++;
			break;
		}
		if (rx_n == VECTOR_MAX)
			rx_flush(now);
		rx_session[rx_n] = s;
		rx_mppe[rx_n].mppe = &s->rx;
		rx_mppe[rx_n].data = data;
		rx_mppe[rx_n].len = len;
		rx_n++;
		break;
	case PPP_IP:
		/* Windows may send some before CCP is open: not an end. */
		if (s->ppp.mppe || s->conf->ppp.mppe_policy == MPPE_REQUIRE)
			s->c.mppe_clear++;
		else
			rx_ip(s, data, len, now);
		break;
	default:
		/* What came before has to be decrypted with what was agreed. */
		rx_flush(now);
		ppp_input(&s->ppp, proto, data, len, now);
		session_arm(s);
		break;
	}
}

/* Decrypt what there is of the batch, write the packets. */
static void
rx_flush(uint64_t now)
{
	struct session	*s;
	uint16_t	 proto;
	size_t		 i;
	int		 n;

	lap(&session_stats.ns_in_receive);
	mppe_decrypt(rx_mppe, rx_n);
	lap(&session_stats.ns_in_crypto);
	for (i = 0; i < rx_n; i++) {
		s = rx_session[i];
		switch ((enum mppe_status)rx_mppe[i].status) {
		case MPPE_OK:
			s->reset_at = 0;
			n = ppp_header(rx_mppe[i].data, rx_mppe[i].len,
			    &proto);
			if (n == -1 || proto != PPP_IP)
				s->c.mppe_dropped++;
			else
				rx_ip(s, rx_mppe[i].data + n,
				    rx_mppe[i].len - n, now);
			break;
		case MPPE_RESYNC:
			rx_lost(s, now);
			/* FALLTHROUGH */
		case MPPE_MALFORMED:
		case MPPE_JUMP:
			s->c.mppe_dropped++;
			break;
		}
	}
	rx_n = 0;
	tun_flush();
	lap(&session_stats.ns_in_tun);
}

/* The end of a batch: nobody looks at packets that were held any more. */
static void
rx_finish(uint64_t now)
{
	struct held	*h;

	rx_flush(now);
	while ((h = TAILQ_FIRST(&used)) != NULL) {
		TAILQ_REMOVE(&used, h, entry);
		free(h);
	}
}

/* Stateful MPPE is out of step (RFC 3078 section 8.2). */
static void
rx_lost(struct session *s, uint64_t now)
{
	if (s->ppp.finished || (s->reset_at != 0 &&
	    now < s->reset_at + RESET_INTERVAL))
		return;
	s->reset_at = now;
	s->c.ccp_resets_out++;
	cp_send(&s->ppp, &s->ppp.ccp.cp, CCP_RESET_REQ,
	    ++s->ppp.ccp.reset_id, NULL, 0);
}

/* An IP packet from the client. */
static void
rx_ip(struct session *s, uint8_t *data, size_t len, uint64_t now)
{
	struct in_addr	src;

	if (!s->up)
		return;
	if ((len = inet_check(data, len)) == 0) {
		s->ppp.malformed++;
		return;
	}
	memcpy(&src, data + 12, sizeof(src));
	if (src.s_addr != s->remote.s_addr && (!session_nets_have(s, src) ||
	    session_by_address(src) != NULL)) {
		s->c.ingress++;
		return;
	}
	if (s->conf->ppp.mss_clamp)
		inet_mss_clamp(data, len, s->mtu);
	s->c.rx_packets++;
	s->c.rx_bytes += len;
	s->last_data = now;
	if (to_tun_n == VECTOR_MAX)
		tun_flush();
	to_tun[to_tun_n].data = data;
	to_tun[to_tun_n].len = len;
	to_tun_session[to_tun_n++] = s;
}

static void
tun_flush(void)
{
	int	i;

	if (to_tun_n > 0 && tun_send(tun_fd, to_tun, to_tun_n) > 0)
		for (i = 0; i < to_tun_n; i++)
			if (to_tun[i].len == 0)
				to_tun_session[i]->c.tun_dropped++;
	to_tun_n = 0;
}

/* To the clients: likewise, and what is left of a large packet. */
void
datapath_tun(uint64_t now)
{
	int	n, total = 0;

	do {
		lap(NULL);
		if ((n = tun_recv(tun_fd, tx, vector)) == -1) {
			/* Down for a moment, or gone for good? */
			if (errno != EIO && errno != EHOSTDOWN &&
			    errno != ENOBUFS)
				fatal("tun device");
			return;
		}
		tx_vector(n, now);
		lap(&session_stats.ns_out_send);
		total += n;
	} while (tun_pending() || (n == vector && total < PACKET_BATCH));
}

static void
tx_vector(int n, uint64_t now)
{
	static struct mppe_packet	 mv[PACKET_BATCH];
	static struct session		*who[PACKET_BATCH];
	struct packet			*p;
	struct session			*s;
	struct in_addr			 dst;
	size_t				 nm = 0;
	int				 i, out = 0;

	/* Keep those that have a session, in front of the array. */
	for (i = 0; i < n; i++) {
		p = &tx[i];
		session_stats.tun_packets++;
		if (inet_check(p->data, p->len) == 0)
			continue;
		memcpy(&dst, p->data + 16, sizeof(dst));
		if ((s = session_by_address(dst)) == NULL &&
		    (s = session_by_network(dst)) == NULL) {
			session_stats.tun_no_session++;
			continue;
		}
		if (p->len > s->mtu) {
			s->c.too_big++;
			continue;
		}
		if (s->conf->ppp.mss_clamp)
			inet_mss_clamp(p->data, p->len, s->mtu);
		s->c.tx_packets++;
		s->c.tx_bytes += p->len;
		s->last_data = now;
		p->data -= 2;
		p->data[0] = PPP_IP >> 8;
		p->data[1] = PPP_IP & 0xff;
		p->len += 2;
		if (s->ppp.mppe) {
			mv[nm].mppe = &s->tx;
			mv[nm].data = p->data;
			mv[nm].len = p->len;
			nm++;
		}
		who[out] = s;
		if (out != i) {
			struct packet tmp = tx[out];

			tx[out] = *p;
			*p = tmp;
		}
		out++;
	}
	lap(&session_stats.ns_out_tun);
	mppe_encrypt(mv, nm);
	lap(&session_stats.ns_out_crypto);
	for (i = 0, nm = 0; i < out; i++) {
		s = who[i];
		if (s->ppp.mppe) {
			tx_header(s, &tx[i], mv[nm].data, mv[nm].len, now);
			nm++;
		} else
			tx_header(s, &tx[i], tx[i].data, tx[i].len, now);
	}
	if (out > 0 && gre_send(gre_fd, tx, out) > 0)
		for (i = 0; i < out; i++)
			if (tx[i].len == 0)
				who[i]->c.gre_send_error++;
}

/*
 * Put the PPP and GRE headers before a packet of data: MPPE's, or one in
 * clear that begins with its protocol number.
 */
static void
tx_header(struct session *s, struct packet *p, uint8_t *data, size_t len,
    uint64_t now)
{
	struct gre_header	h;

	if (s->ppp.mppe) {
		*--data = PPP_COMP;
		len++;
		if (!s->ppp.lcp.peer_pfc) {
			*--data = PPP_COMP >> 8;
			len++;
		}
	} else if (s->ppp.lcp.peer_pfc) {
		data++;
		len--;
	}
	if (!s->ppp.lcp.peer_acfc) {
		*--data = 0x03;
		*--data = 0xff;
		len += 2;
	}
	h.payload_len = len;
	h.call_id = s->peer_call_id;
	h.has_seq = 1;
	h.seq = s->gre_tx.next++;
	h.has_ack = s->unacked > 0;
	h.ack = s->gre_rx.next - 1;
	s->unacked = 0;
	p->len = len + gre_encode(&h, data);
	p->data = data + len - p->len;
	p->src = s->local;
	p->dst = s->peer;
	if ((p->hop = session_hop(s, now)) != NULL) {
		p->id = s->ip_id + h.seq;
		session_stats.link_packets++;
	}
}

static void
send_one(struct session *s, struct packet *p)
{
	p->hop = NULL;
	if (gre_send(gre_fd, p, 1) > 0)
		s->c.gre_send_error++;
}

/* A control packet: never compressed (RFC 1661 section 6.6), never encrypted. */
void
datapath_send(struct session *s, uint16_t proto, const uint8_t *info,
    size_t len)
{
	uint8_t			 buf[PACKET_SIZE], *data;
	struct gre_header	 h;
	struct packet		 p;

	data = buf + PACKET_HEADROOM;
	if (len > sizeof(buf) - PACKET_HEADROOM - PPP_HEADER_MAX)
		fatalx("PPP packet of %zu octets", len);
	data[0] = 0xff;
	data[1] = 0x03;
	data[2] = proto >> 8;
	data[3] = proto & 0xff;
	memcpy(data + PPP_HEADER_MAX, info, len);
	len += PPP_HEADER_MAX;

	h.payload_len = len;
	h.call_id = s->peer_call_id;
	h.has_seq = 1;
	h.seq = s->gre_tx.next++;
	h.has_ack = s->unacked > 0;
	h.ack = s->gre_rx.next - 1;
	s->unacked = 0;
	p.buf = buf;
	p.len = len + gre_encode(&h, data);
	p.data = data + len - p.len;
	p.src = s->local;
	p.dst = s->peer;
	send_one(s, &p);
}

/* An acknowledgement without payload. */
void
datapath_ack(struct session *s)
{
	uint8_t			 buf[GRE_HEADER_MAX];
	struct gre_header	 h;
	struct packet		 p;

	memset(&h, 0, sizeof(h));
	h.call_id = s->peer_call_id;
	h.has_ack = 1;
	h.ack = s->gre_rx.next - 1;
	s->unacked = 0;
	s->c.gre_acks_out++;
	p.buf = buf;
	p.len = gre_encode(&h, buf + sizeof(buf));
	p.data = buf + sizeof(buf) - p.len;
	p.src = s->local;
	p.dst = s->peer;
	send_one(s, &p);
}

/* Add the time since the last call to a counter, if anybody wants to know. */
static void
lap(uint64_t *ns)
{
	static uint64_t	 last;
	struct timespec	 ts;
	uint64_t	 now;

	if (!timing)
		return;
	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		fatal("clock_gettime");
	now = ts.tv_sec * 1000000000ULL + ts.tv_nsec;
	if (ns != NULL)
		*ns += now - last;
	last = now;
}
