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

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mppe.h"

#define COUNT_SPACE		(MPPE_COUNT_MASK + 1)
#define NO_SUSPECT		0xffff		/* no count has that value */
#define RUN_MAX			64

#define PROTO_IP		0x0021
#define PROTO_IPV6		0x0057
#define IP_HEADER_MIN		20
#define IPV6_HEADER_LEN		40
#define PEEK_LEN		64	/* protocol, IPv4, options */

/* Section 7.2: the packet whose key is a new one. */
#define IS_FLAG(count)		(((count) & 0xff) == 0xff)

/*
 * A run of stateless packets, which need nothing of each other but their
 * session's key before: those are made ahead, and the packets taken in groups.
 */
struct run {
	struct mppe_packet	*p;
	size_t			 n;
	size_t			 done;		/* packets, their keys taken */
	size_t			 keys;		/* made, for the first ones */
	uint8_t			 key[RUN_MAX][MPPE_KEY_LEN];
	uint8_t			 interim[RC4_LANES][MPPE_KEY_LEN];

	/* The group: lane l has packet done + order[l], the longest first. */
	size_t			 lanes;
	int			 ahead;		/* one lane makes keys */
	size_t			 order[RC4_LANES];
	uint8_t			*data[RC4_LANES];
	size_t			 len[RC4_LANES];
	struct rc4		 rc4[RC4_LANES];
};

static void	 encrypt_run(struct run *);
static void	 encrypt_stateful(struct mppe_packet *);
static void	 header_put(struct mppe_packet *, uint16_t);
static void	 decrypt_run(struct run *);
static int	 decrypt_packet(struct mppe_packet *);
static int	 decrypt_stateless(struct mppe_packet *, uint16_t);
static int	 decrypt_stateful(struct mppe_packet *, struct mppe *,
		    uint16_t);
static int	 decrypt_payload(struct mppe_packet *, struct rc4 *);
static int	 header_get(const struct mppe_packet *, uint16_t *);
static int	 is_next(const struct mppe_packet *, size_t);
static void	 decrypted(struct mppe_packet *);
static void	 accept_stateless(struct mppe *, const uint8_t *,
		    unsigned int);
static void	 walk(struct mppe *, uint8_t *, unsigned int *, unsigned int);
static unsigned int
		 to_mark(const struct mppe *);
static unsigned int
		 marks_within(const struct mppe *, unsigned int);
static uint8_t	*mark(struct mppe *, unsigned int);
static int	 plausible(const uint8_t *, size_t);

static void	 keys_make(struct run *, size_t);
static void	 key_begin(struct run *, size_t, uint8_t *);
static int	 key_known(const struct run *, size_t, const uint8_t **);
static void	 group_begin(struct run *, size_t);
static void	 group_keys(struct run *);
static void	 group_crypt(struct run *, size_t);

/*
 * Both ends begin with the same key, and with a count that makes the first
 * packet number 0.  Bit A is not set in a first stateful packet: the tables
 * are fresh on both sides, and Linux would take it for a change of the key.
 */
void
mppe_init(struct mppe *m, const uint8_t start[16], int bits, int stateful)
{
	memset(m, 0, sizeof(*m));
	memcpy(m->start, start, sizeof(m->start));
	m->bits = bits;
	m->keylen = bits == 128 ? 16 : 8;
	m->stateful = stateful;
	m->count = MPPE_COUNT_MASK;
	m->suspect = NO_SUSPECT;
	m->credit = MPPE_CREDIT_MAX;
	mppe_key_first(m, m->key);
	if (m->stateful)
		rc4_init(&m->rc4, m->key);
}

void
mppe_reset_request(struct mppe *m)
{
	m->flush = m->stateful;
}

void
mppe_encrypt(struct mppe_packet *p, size_t n)
{
	struct run	r;

	if (n == 0)
		return;		/* with nothing to be wiped */
	while (n > 0) {
		r.p = p;
		for (r.n = 0; r.n < n && r.n < RUN_MAX; r.n++)
			if (p[r.n].mppe->stateful)
				break;
		if (r.n > 0)
			encrypt_run(&r);
		else {
			encrypt_stateful(p);
			r.n = 1;
		}
		p += r.n;
		n -= r.n;
	}
	explicit_bzero(&r, sizeof(r));
}

/*
 * Nearly all packets are the next ones of their sessions.  Decrypt as if all
 * were; the first one that is not, or does not look like it, is judged alone.
 */
void
mppe_decrypt(struct mppe_packet *p, size_t n)
{
	struct run	r;

	if (n == 0)
		return;
	while (n > 0) {
		r.p = p;
		for (r.n = 0; r.n < n && r.n < RUN_MAX; r.n++)
			if (!is_next(p, r.n))
				break;
		decrypt_run(&r);
		p += r.done;
		n -= r.done;
		if (n > 0 && r.done < RUN_MAX) {
			p->status = decrypt_packet(p);
			p++;
			n--;
		}
	}
	explicit_bzero(&r, sizeof(r));
}

static void
encrypt_run(struct run *r)
{
	struct mppe_packet	*p;
	struct mppe		*m;
	size_t			 i;

	r->keys = 0;
	for (r->done = 0; r->done < r->n; r->done += r->lanes) {
		group_begin(r, 0);
		group_keys(r);
		group_crypt(r, 0);
		for (i = r->done; i < r->done + r->lanes; i++) {
			p = &r->p[i];
			m = p->mppe;
			memcpy(m->key, r->key[i], sizeof(m->key));
			m->count = (m->count + 1) & MPPE_COUNT_MASK;
			header_put(p, MPPE_FLUSHED);
		}
	}
}

static void
encrypt_stateful(struct mppe_packet *p)
{
	struct mppe	*m = p->mppe;
	uint16_t	 flags = 0;

	m->count++;
	/*
	 * After a Reset-Request, section 8.2 wants the tables made again from
	 * the current key, while Linux changes the key, too.  They agree on
	 * the flag packet, where the key changes anyway: so go there.  The
	 * peer has lost packets already and takes this for more of them.
	 */
	if (m->flush)
		m->count |= 0xff;
	m->flush = 0;
	m->count &= MPPE_COUNT_MASK;

	if (IS_FLAG(m->count)) {
		mppe_key_next(m, m->key);
		rc4_init(&m->rc4, m->key);
		flags = MPPE_FLUSHED;
	}
	rc4_crypt(&m->rc4, p->data, p->len);
	header_put(p, flags);
}

static void
header_put(struct mppe_packet *p, uint16_t flags)
{
	uint16_t	header;

	header = flags | MPPE_ENCRYPTED | p->mppe->count;
	p->data -= MPPE_HEADER_LEN;
	p->len += MPPE_HEADER_LEN;
	p->data[0] = header >> 8;
	p->data[1] = header & 0xff;
}

/* Returns -1 if there is no MPPE header and something behind it. */
static int
header_get(const struct mppe_packet *p, uint16_t *header)
{
	if (p->len <= MPPE_HEADER_LEN)
		return (-1);
	*header = p->data[0] << 8 | p->data[1];
	if ((*header & (MPPE_ENCRYPTED | MPPE_BIT_B | MPPE_BIT_C)) !=
	    MPPE_ENCRYPTED)
		return (-1);
	return (0);
}

/* Is packet i stateless, and the next of its session after those before? */
static int
is_next(const struct mppe_packet *p, size_t i)
{
	uint16_t	count, header, last;
	size_t		j;

	if (p[i].mppe->stateful || header_get(&p[i], &header) == -1 ||
	    (header & MPPE_FLUSHED) == 0)
		return (0);
	count = header & MPPE_COUNT_MASK;
	last = p[i].mppe->count;
	for (j = i; j-- > 0; )
		if (p[j].mppe == p[i].mppe) {
			(void)header_get(&p[j], &last);
			break;
		}
	return (count == ((last + 1) & MPPE_COUNT_MASK));
}

/* Decrypt in groups, up to the first packet that makes no sense. */
static void
decrypt_run(struct run *r)
{
	uint8_t			 peek[RC4_LANES][PEEK_LEN];
	struct mppe_packet	*p;
	uint8_t			*head[RC4_LANES];
	size_t			 i, l, n, good;

	r->keys = 0;
	for (r->done = 0; r->done < r->n; r->done += good) {
		group_begin(r, MPPE_HEADER_LEN);
		group_keys(r);

		/* The headers aside; octets behind a short packet are lost. */
		for (l = 0; l < r->lanes; l++) {
			n = r->len[l] < PEEK_LEN ? r->len[l] : PEEK_LEN;
			memcpy(peek[l], r->data[l], n);
			head[l] = peek[l];
		}
		rc4_crypt_lanes(r->rc4, head, 0, PEEK_LEN, r->lanes);
		good = r->lanes;
		for (l = 0; l < r->lanes; l++)
			if (r->order[l] < good &&
			    !plausible(peek[l], r->len[l]))
				good = r->order[l];
		for (l = 0; l < r->lanes; l++) {
			if (r->order[l] >= good)
				continue;
			n = r->len[l] < PEEK_LEN ? r->len[l] : PEEK_LEN;
			memcpy(r->data[l], peek[l], n);
			if (good < r->lanes)
				rc4_crypt(&r->rc4[l], r->data[l] + n,
				    r->len[l] - n);
		}
		for (i = r->done; i < r->done + good; i++) {
			p = &r->p[i];
			accept_stateless(p->mppe, r->key[i], 1);
			decrypted(p);
		}
		if (good < r->lanes) {
			r->done += good;
			break;
		}
		group_crypt(r, PEEK_LEN);
	}
	explicit_bzero(peek, sizeof(peek));
}

static void
decrypted(struct mppe_packet *p)
{
	p->data += MPPE_HEADER_LEN;
	p->len -= MPPE_HEADER_LEN;
	p->status = MPPE_OK;
}

static int
decrypt_packet(struct mppe_packet *p)
{
	struct mppe	m;
	uint16_t	header;
	int		status;

	if (header_get(p, &header) == -1)
		return (MPPE_MALFORMED);
	if (!p->mppe->stateful)
		return (decrypt_stateless(p, header));

	/* With a copy, which is good only after MPPE_OK. */
	m = *p->mppe;
	status = decrypt_stateful(p, &m, header);
	if (status == MPPE_OK) {
		m.count = header & MPPE_COUNT_MASK;
		*p->mppe = m;
		decrypted(p);
	}
	explicit_bzero(&m, sizeof(m));
	return (status);
}

/* Section 8.1 */
static int
decrypt_stateless(struct mppe_packet *p, uint16_t header)
{
	struct mppe	*m = p->mppe;
	struct rc4	 rc4;
	uint8_t		 key[MPPE_KEY_LEN];
	unsigned int	 ahead, goal, limit, steps, cost;
	uint16_t	 count;

	if ((header & MPPE_FLUSHED) == 0)
		return (MPPE_MALFORMED);
	count = header & MPPE_COUNT_MASK;
	ahead = ((count - m->count - 1) & MPPE_COUNT_MASK) + 1;

	limit = MPPE_MAX_JUMP;
	if (count == m->suspect)
		limit += m->credit;
	steps = 0;
	memcpy(key, m->key, sizeof(key));
	/* The count may have gone round: 12 bits of the distance are known. */
	for (goal = ahead; goal <= limit; goal += COUNT_SPACE) {
		walk(m, key, &steps, goal);
		rc4_init(&rc4, key);
		if (decrypt_payload(p, &rc4))
			break;
	}
	cost = steps > MPPE_MAX_JUMP ? steps - MPPE_MAX_JUMP : 0;
	m->credit -= cost;
	if (goal <= limit) {
		accept_stateless(m, key, steps);
		decrypted(p);
	} else
		m->suspect = (count + 1) & MPPE_COUNT_MASK;
	explicit_bzero(key, sizeof(key));
	explicit_bzero(&rc4, sizeof(rc4));
	if (goal <= limit)
		return (MPPE_OK);
	return (ahead > MPPE_MAX_JUMP ? MPPE_JUMP : MPPE_MALFORMED);
}

/* How many changes of the key it is to the next mark, and to how many then. */
static unsigned int
to_mark(const struct mppe *m)
{
	return (MPPE_MARK_STEP - m->count % MPPE_MARK_STEP);
}

static unsigned int
marks_within(const struct mppe *m, unsigned int steps)
{
	unsigned int	first = to_mark(m);

	return (steps < first ? 0 : (steps - first) / MPPE_MARK_STEP + 1);
}

/*
 * Change a key, which is *steps ahead of the session's, until it is goal steps
 * ahead; from the last mark on the way that is known.
 */
static void
walk(struct mppe *m, uint8_t *key, unsigned int *steps, unsigned int goal)
{
	unsigned int	at, n;

	if ((n = marks_within(m, goal)) > m->nmarks)
		n = m->nmarks;
	if (n > 0) {
		at = to_mark(m) + (n - 1) * MPPE_MARK_STEP;
		if (at > *steps) {
			*steps = at;
			memcpy(key, mark(m, at), MPPE_KEY_LEN);
		}
	}
	while (*steps < goal) {
		mppe_key_next(m, key);
		++*steps;
		if (m->nmarks < MPPE_MARKS && *steps ==
		    to_mark(m) + m->nmarks * MPPE_MARK_STEP) {
			memcpy(mark(m, *steps), key, MPPE_KEY_LEN);
			m->nmarks++;
		}
	}
}

/* Where the key of a mark belongs that is so many steps ahead. */
static uint8_t *
mark(struct mppe *m, unsigned int steps)
{
	return (m->mark[(m->count + steps) / MPPE_MARK_STEP % MPPE_MARKS]);
}

/* The packet is good: its key, so many steps ahead, is the session's now. */
static void
accept_stateless(struct mppe *m, const uint8_t *key, unsigned int steps)
{
	unsigned int	passed;

	passed = marks_within(m, steps);
	m->nmarks = m->nmarks > passed ? m->nmarks - passed : 0;
	memcpy(m->key, key, sizeof(m->key));
	m->count = (m->count + steps) & MPPE_COUNT_MASK;
	m->suspect = NO_SUSPECT;
	if (m->credit <= MPPE_CREDIT_MAX - MPPE_CREDIT_STEP)
		m->credit += MPPE_CREDIT_STEP;
}

/*
 * Section 8.2.  A packet that continues the stream is good at any time: what
 * made us believe that packets were lost was then late or forged.
 */
static int
decrypt_stateful(struct mppe_packet *p, struct mppe *m, uint16_t header)
{
	unsigned int	ahead, changes, tries;
	uint16_t	count;

	count = header & MPPE_COUNT_MASK;
	ahead = ((count - m->count - 1) & MPPE_COUNT_MASK) + 1;

	if ((header & MPPE_FLUSHED) == 0) {
		if (ahead != 1)
			return (MPPE_RESYNC);
		if (!IS_FLAG(count))
			return (decrypt_payload(p, &m->rc4) ? MPPE_OK :
			    MPPE_MALFORMED);
	}

	/* As many changes as there were flag packets on the way. */
	changes = (m->count + 1 + ahead) / 256 - (m->count + 1) / 256;
	for (; changes > 0; changes--)
		mppe_key_next(m, m->key);
	for (tries = 0; tries <= MPPE_MAX_CHANGES; tries++) {
		rc4_init(&m->rc4, m->key);
		if (decrypt_payload(p, &m->rc4))
			return (MPPE_OK);
		mppe_key_next(m, m->key);
	}
	return (ahead == 1 ? MPPE_MALFORMED : MPPE_RESYNC);
}

/*
 * Decrypt the headers aside, and all of the packet only if they make sense.
 * Returns whether they do; if not, the packet has not changed.
 */
static int
decrypt_payload(struct mppe_packet *p, struct rc4 *rc4)
{
	uint8_t		 peek[PEEK_LEN], *data;
	size_t		 len, n;

	data = p->data + MPPE_HEADER_LEN;
	len = p->len - MPPE_HEADER_LEN;
	n = len < sizeof(peek) ? len : sizeof(peek);
	memcpy(peek, data, n);
	rc4_crypt(rc4, peek, n);
	if (!plausible(peek, len))
		return (0);
	memcpy(data, peek, n);
	rc4_crypt(rc4, data + n, len - n);
	return (1);
}

/*
 * Is this the beginning of an IP packet?  p holds PEEK_LEN octets or all len
 * of them.  MPPE may carry protocols 0021 to 00fa (section 3); of these no
 * other can be told from noise, of which they would let in more than a third.
 */
static int
plausible(const uint8_t *p, size_t len)
{
	uint32_t	sum = 0;
	uint16_t	proto;
	size_t		hlen, iplen, i;

	proto = *p++;
	len--;
	if ((proto & 1) == 0) {		/* RFC 1661 section 6.5 */
		if (len == 0)
			return (0);
		proto = proto << 8 | *p++;
		len--;
	}

	switch (proto) {
	case PROTO_IP:
		if (len < IP_HEADER_MIN || p[0] >> 4 != 4)
			return (0);
		hlen = (p[0] & 0x0f) * 4;
		iplen = p[2] << 8 | p[3];
		if (hlen < IP_HEADER_MIN || iplen < hlen || iplen > len)
			return (0);
		for (i = 0; i < hlen; i += 2)
			sum += p[i] << 8 | p[i + 1];
		/* Of 30 words at most: to fold it once is enough. */
		return ((sum & 0xffff) + (sum >> 16) == 0xffff);
	case PROTO_IPV6:
		if (len < IPV6_HEADER_LEN || p[0] >> 4 != 6)
			return (0);
		iplen = p[4] << 8 | p[5];
		return (IPV6_HEADER_LEN + iplen == len);
	default:
		return (0);
	}
}

/* Make the keys of the first n packets, of different sessions at once. */
static void
keys_make(struct run *r, size_t n)
{
	const uint8_t	*key;
	size_t		 i, k;

	while (r->keys < n) {
		for (k = 0; k < RC4_LANES && r->keys + k < r->n; k++) {
			if (!key_known(r, r->keys + k, &key))
				break;
			key_begin(r, r->keys + k, r->interim[k]);
		}
		rc4_init_lanes(r->rc4, r->interim[0], k);
		for (i = 0; i < k; i++, r->keys++)
			mppe_key_finish(r->p[r->keys].mppe, &r->rc4[i],
			    r->interim[i], r->key[r->keys]);
	}
}

/* The first half of packet i's key; the one before it is known. */
static void
key_begin(struct run *r, size_t i, uint8_t *interim)
{
	const uint8_t	*key;

	(void)key_known(r, i, &key);
	mppe_key_interim(r->p[i].mppe, key, interim);
}

/* Returns whether the key before that of packet i is made; where it is. */
static int
key_known(const struct run *r, size_t i, const uint8_t **key)
{
	size_t	j;

	for (j = i; j-- > r->done; )
		if (r->p[j].mppe == r->p[i].mppe) {
			*key = r->key[j];
			return (j < r->keys);
		}
	*key = r->p[i].mppe->key;
	return (1);
}

/*
 * Put the next packets into lanes; their data begins after skip octets.  Keys
 * of several sessions can be made at once, those of one are made one after the
 * other: in a lane of their own, then, while packets are in the others.
 */
static void
group_begin(struct run *r, size_t skip)
{
	const struct mppe_packet	*p = r->p + r->done;
	size_t				 i, l;

	r->lanes = r->n - r->done;
	r->ahead = r->lanes >= RC4_LANES && p[0].mppe == p[1].mppe;
	if (r->ahead)
		r->lanes = RC4_LANES - 1;
	else if (r->lanes > RC4_LANES)
		r->lanes = RC4_LANES;
	for (i = 0; i < r->lanes; i++) {
		for (l = i; l > 0 && p[r->order[l - 1]].len < p[i].len; l--)
			r->order[l] = r->order[l - 1];
		r->order[l] = i;
	}
	for (l = 0; l < r->lanes; l++) {
		r->data[l] = p[r->order[l]].data + skip;
		r->len[l] = p[r->order[l]].len - skip;
	}
}

/* Set up the lanes. */
static void
group_keys(struct run *r)
{
	uint8_t	key[RC4_LANES][MPPE_KEY_LEN];
	size_t	l, n = r->lanes;

	keys_make(r, r->done + n);
	for (l = 0; l < n; l++)
		memcpy(key[l], r->key[r->done + r->order[l]], MPPE_KEY_LEN);
	if (!r->ahead || r->keys == r->n)
		rc4_init_lanes(r->rc4, key[0], n);
	else {
		key_begin(r, r->keys, key[n]);
		rc4_init_lanes(r->rc4, key[0], n + 1);
		mppe_key_finish(r->p[r->keys].mppe, &r->rc4[n], key[n],
		    r->key[r->keys]);
		r->keys++;
	}
	explicit_bzero(key, sizeof(key));
}

/* Encrypt or decrypt the group, from octet offset on. */
static void
group_crypt(struct run *r, size_t offset)
{
	uint8_t	key[MPPE_KEY_LEN];
	size_t	n = r->lanes;

	while (r->ahead && r->keys < r->n &&
	    r->len[n - 1] >= offset + RC4_TURN) {
		key_begin(r, r->keys, key);
		rc4_crypt_and_init(r->rc4, r->data, offset, key);
		offset += RC4_TURN;
		mppe_key_finish(r->p[r->keys].mppe, &r->rc4[n], key,
		    r->key[r->keys]);
		r->keys++;
	}
	for (; n > 0; n--) {
		if (r->len[n - 1] <= offset)
			continue;
		rc4_crypt_lanes(r->rc4, r->data, offset, r->len[n - 1] -
		    offset, n);
		offset = r->len[n - 1];
	}
	explicit_bzero(key, sizeof(key));
}
