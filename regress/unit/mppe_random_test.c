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

#include <openssl/rc4.h>
#include <openssl/sha.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mppe.h"
#include "sha1.h"
#include "tap.h"

/*
 * Vectors of 1 to 64 packets, of 1 to 64 sessions, against the same made of
 * libcrypto's RC4 and SHA-1 one packet after the other: all key lengths, both
 * modes, all packet lengths, packets that are lost, forged ones in between.
 * A hundred thousand packets; a million with -l.
 */

#define VECTOR		64
#define SESSIONS	64
#define LEN_MAX		1600
#define ROOM		4

/* A session as libcrypto makes it. */
struct model {
	RC4_KEY		rc4;
	uint8_t		start[16], key[16];
	int		bits, keylen, stateful;
	unsigned int	count;
};

static const int	strengths[] = { 40, 56, 128 };
static struct model	model[SESSIONS];
static struct mppe	tx[SESSIONS], rx[SESSIONS], serial[SESSIONS];

static void
model_key(struct model *m, int first)
{
	uint8_t	pad[40], digest[SHA_DIGEST_LENGTH];
	SHA_CTX	ctx;

	SHA1_Init(&ctx);
	SHA1_Update(&ctx, m->start, m->keylen);
	memset(pad, 0, sizeof(pad));
	SHA1_Update(&ctx, pad, sizeof(pad));
	SHA1_Update(&ctx, m->key, m->keylen);
	memset(pad, 0xf2, sizeof(pad));
	SHA1_Update(&ctx, pad, sizeof(pad));
	SHA1_Final(digest, &ctx);
	memcpy(m->key, digest, m->keylen);
	if (!first) {
		RC4_set_key(&m->rc4, m->keylen, digest);
		RC4(&m->rc4, m->keylen, digest, m->key);
	}
	if (m->bits != 128)
		m->key[0] = 0xd1;
	if (m->bits == 40) {
		m->key[1] = 0x26;
		m->key[2] = 0x9e;
	}
	RC4_set_key(&m->rc4, m->keylen, m->key);
}

static size_t
model_send(struct model *m, uint8_t *out, const uint8_t *in, size_t len)
{
	unsigned int	head;

	m->count = (m->count + 1) % 4096;
	head = 0x1000 | m->count;
	if (!m->stateful || m->count % 256 == 255) {
		model_key(m, 0);
		head |= 0x8000;
	}
	out[0] = head >> 8;
	out[1] = head & 0xff;
	RC4(&m->rc4, len, in, out + 2);
	return (len + 2);
}

static void
sessions_init(void)
{
	int	i, j;

	for (i = 0; i < SESSIONS; i++) {
		memset(&model[i], 0, sizeof(model[i]));
		for (j = 0; j < 16; j++)
			model[i].start[j] = random();
		memcpy(model[i].key, model[i].start, 16);
		model[i].bits = strengths[random() % 3];
		model[i].keylen = model[i].bits == 128 ? 16 : 8;
		model[i].stateful = random() % 3 == 0;
		model[i].count = 4095;
		model_key(&model[i], 1);
		mppe_init(&tx[i], model[i].start, model[i].bits,
		    model[i].stateful);
		rx[i] = serial[i] = tx[i];
	}
}

/* An IP packet where there is room for one, else any octets. */
static void
fill(uint8_t *p, size_t len)
{
	uint32_t	sum = 0;
	size_t		i;

	for (i = 0; i < len; i++)
		p[i] = random();
	if (len < 22)
		return;
	p[0] = 0x00;
	p[1] = 0x21;
	p[2] = 0x45;
	p[4] = (len - 2) >> 8;
	p[5] = (len - 2) & 0xff;
	p[12] = p[13] = 0;
	for (i = 2; i < 22; i += 2)
		sum += p[i] << 8 | p[i + 1];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	p[12] = ~sum >> 8 & 0xff;
	p[13] = ~sum & 0xff;
}

/* All but what a receiver remembers for speed. */
static int
same(const struct mppe *a, const struct mppe *b)
{
	return (a->count == b->count && a->suspect == b->suspect &&
	    a->credit == b->credit &&
	    memcmp(a->key, b->key, sizeof(a->key)) == 0 &&
	    (!a->stateful || memcmp(&a->rc4, &b->rc4, sizeof(a->rc4)) == 0));
}

/* Packets that tx encrypts: the same octets as those of the model. */
static int
encrypt_vector(int n, int sessions)
{
	static uint8_t		 buf[VECTOR][ROOM + LEN_MAX];
	static uint8_t		 want[VECTOR][ROOM + LEN_MAX];
	struct mppe_packet	 v[VECTOR];
	size_t			 len[VECTOR];
	int			 bad = 0, i, s;

	for (i = 0; i < n; i++) {
		s = random() % sessions;
		v[i].mppe = &tx[s];
		v[i].data = buf[i] + ROOM;
		v[i].len = 1 + random() % LEN_MAX;
		fill(v[i].data, v[i].len);
		len[i] = model_send(&model[s], want[i], v[i].data, v[i].len);
	}
	mppe_encrypt(v, n);
	for (i = 0; i < n; i++)
		bad += v[i].data != buf[i] + ROOM - 2 || v[i].len != len[i] ||
		    memcmp(v[i].data, want[i], len[i]) != 0;
	return (bad);
}

/*
 * Packets of the model's: lost ones, forged ones, real ones.  The same go to
 * other receivers one by one, which must come to the same end.
 */
static int
decrypt_vector(int n, int sessions)
{
	static uint8_t		 buf[VECTOR][LEN_MAX + 2];
	static uint8_t		 copy[VECTOR][LEN_MAX + 2];
	static uint8_t		 plain[VECTOR][LEN_MAX];
	struct mppe_packet	 v[VECTOR], one;
	size_t			 len;
	unsigned int		 k;
	int			 bad = 0, i, real[VECTOR], s;

	for (i = 0; i < n; i++) {
		s = random() % sessions;
		v[i].mppe = &rx[s];
		v[i].data = buf[i];
		v[i].status = -1;
		real[i] = 0;
		len = 22 + random() % (LEN_MAX - 21);
		switch (random() % 64) {
		case 0:		/* any octets */
			v[i].len = random() % 100;
			fill(buf[i], v[i].len);
			break;
		case 1:		/* the next count, or some ahead */
		case 2:
			v[i].len = len + 2;
			fill(buf[i], v[i].len);
			k = model[s].count + 1 + random() % 2 * random();
			buf[i][0] = 0x90 | (k >> 8 & 0x0f);
			buf[i][1] = k & 0xff;
			break;
		case 3:		/* a gap */
			k = random() % 16 == 0 ? random() % 700 :
			    random() % 4;
			for (; k > 0 && !model[s].stateful; k--) {
				model[s].count = (model[s].count + 1) % 4096;
				model_key(&model[s], 0);
			}
			/* FALLTHROUGH */
		default:
			real[i] = 1;
			fill(plain[i], len);
			v[i].len = model_send(&model[s], buf[i], plain[i],
			    len);
			break;
		}
		memcpy(copy[i], buf[i], v[i].len);
	}
	for (i = 0; i < n; i++) {
		static uint8_t	work[LEN_MAX + 2];

		one = v[i];
		one.mppe = &serial[v[i].mppe - rx];
		one.data = work;
		memcpy(work, copy[i], one.len);
		mppe_decrypt(&one, 1);
		real[i] |= one.status << 1;
	}
	mppe_decrypt(v, n);
	for (i = 0; i < n; i++) {
		bad += v[i].status != real[i] >> 1;
		if (real[i] & 1)
			bad += v[i].status != MPPE_OK ||
			    v[i].data != buf[i] + 2 ||
			    memcmp(v[i].data, plain[i], v[i].len) != 0;
		else
			bad += v[i].status == MPPE_OK ||
			    v[i].data != buf[i] ||
			    memcmp(buf[i], copy[i], v[i].len) != 0;
		bad += !same(v[i].mppe, &serial[v[i].mppe - rx]);
	}
	return (bad);
}

static void
run(const char *name, unsigned long packets)
{
	unsigned long	done[2] = { 0, 0 };
	int		bad[2] = { 0, 0 }, n, round, way;

	for (way = 0; way < 2; way++) {
		for (round = 0; done[way] < packets / 2; round++) {
			if (round % 200 == 0)
				sessions_init();
			n = 1 + random() % VECTOR;
			if (way == 0)
				bad[way] += encrypt_vector(n, 1 + round %
				    SESSIONS);
			else
				bad[way] += decrypt_vector(n, 1 + round %
				    SESSIONS);
			done[way] += n;
		}
		is_int(bad[way], 0, "SHA-1 %s: %lu packets %s as by libcrypto",
		    name, done[way], way == 0 ? "encrypted" : "decrypted");
	}
}

/* The block function itself, against libcrypto's. */
static void
test_sha1(const char *name)
{
	uint8_t		message[2 * SHA1_BLOCK_LEN], digest[SHA_DIGEST_LENGTH];
	uint32_t	h[5];
	size_t		i, len;
	int		bad = 0, round;

	for (round = 0; round < 20000; round++) {
		len = random() % 120;
		memset(message, 0, sizeof(message));
		for (i = 0; i < len; i++)
			message[i] = random();
		SHA1(message, len, digest);
		message[len] = 0x80;
		i = len < 56 ? 1 : 2;
		message[i * SHA1_BLOCK_LEN - 2] = len * 8 >> 8;
		message[i * SHA1_BLOCK_LEN - 1] = len * 8 & 0xff;
		h[0] = 0x67452301;
		h[1] = 0xefcdab89;
		h[2] = 0x98badcfe;
		h[3] = 0x10325476;
		h[4] = 0xc3d2e1f0;
		sha1_blocks(h, message, i);
		for (i = 0; i < sizeof(digest); i++)
			bad += digest[i] != (h[i / 4] >> (24 - 8 * (i % 4)) &
			    0xff);
	}
	is_int(bad, 0, "SHA-1 %s: 20000 messages", name);
}

int
main(int argc, char *argv[])
{
	unsigned long	packets = 100000;

	if (argc == 2 && strcmp(argv[1], "-l") == 0)
		packets = 1000000;
	srandom(2);
	sha1_blocks = sha1_blocks_c;
	rc4_lanes = rc4_lanes_c;
	test_sha1("portable");
	run("portable", packets);
	if ((sha1_blocks = sha1_native()) != NULL) {
		test_sha1("native");
		run("native SHA-1", packets);
	} else {
		ok(1, "SHA-1 native # SKIP no such instructions");
		sha1_blocks = sha1_blocks_c;
	}
	if ((rc4_lanes = rc4_native()) != NULL)
		run("native RC4", packets);
	else
		ok(1, "RC4 native # SKIP no such instructions");
	done_testing();
}
