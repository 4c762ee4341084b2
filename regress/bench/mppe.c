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

#include <err.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mppe.h"
#include "sha1.h"

/*
 * MPPE next to the same made of libcrypto's SHA-1 and RC4, one packet after
 * the other: cycles and ns a packet, and how many times faster ours is.  Both
 * sides take turns, a vector each, and the medians of many turns are compared.
 */

#define VECTOR		64
#define TURNS		151
#define ROOM		16
#define SIZE		(ROOM + 1500)

/* What libcrypto's way needs of a session. */
struct plain {
	RC4_KEY		rc4;
	uint8_t		start[16], key[16];
	uint16_t	count;
	int		stateful;
};

static struct mppe		 tx[VECTOR], rx[VECTOR];
static struct plain		 plain[VECTOR];
static uint8_t			 buf[VECTOR][SIZE], pbuf[VECTOR][SIZE];
static struct mppe_packet	 v[VECTOR];

static void
plain_key(struct plain *p, int first)
{
	static const uint8_t	pad1[40];
	uint8_t			pad2[40], digest[SHA_DIGEST_LENGTH];
	SHA_CTX			ctx;

	memset(pad2, 0xf2, sizeof(pad2));
	SHA1_Init(&ctx);
	SHA1_Update(&ctx, p->start, sizeof(p->start));
	SHA1_Update(&ctx, pad1, sizeof(pad1));
	SHA1_Update(&ctx, p->key, sizeof(p->key));
	SHA1_Update(&ctx, pad2, sizeof(pad2));
	SHA1_Final(digest, &ctx);
	if (first)
		memcpy(p->key, digest, sizeof(p->key));
	else {
		RC4_set_key(&p->rc4, sizeof(p->key), digest);
		RC4(&p->rc4, sizeof(p->key), digest, p->key);
	}
	RC4_set_key(&p->rc4, sizeof(p->key), p->key);
}

static void
plain_packet(struct plain *p, uint8_t *data, size_t len)
{
	p->count = (p->count + 1) & MPPE_COUNT_MASK;
	if (!p->stateful || (p->count & 0xff) == 0xff)
		plain_key(p, 0);
	RC4(&p->rc4, len, data, data);
}

static void
init(size_t len, int sessions, int stateful)
{
	uint8_t	 key[16], *ip;
	uint32_t sum;
	int	 i, j;

	for (i = 0; i < VECTOR; i++) {
		for (j = 0; j < 16; j++)
			key[j] = i + 17 * j;
		mppe_init(&tx[i], key, 128, stateful);
		mppe_init(&rx[i], key, 128, stateful);
		memset(&plain[i], 0, sizeof(plain[i]));
		memcpy(plain[i].start, key, sizeof(key));
		memcpy(plain[i].key, key, sizeof(key));
		plain[i].count = MPPE_COUNT_MASK;
		plain[i].stateful = stateful;
		plain_key(&plain[i], 1);

		memset(buf[i], 0, sizeof(buf[i]));
		ip = buf[i] + ROOM;
		*ip++ = 0x00;
		*ip++ = 0x21;
		ip[0] = 0x45;
		ip[2] = (len - 2) >> 8;
		ip[3] = (len - 2) & 0xff;
		ip[5] = i;
		for (sum = 0, j = 0; j < 20; j += 2)
			sum += ip[j] << 8 | ip[j + 1];
		sum = ~((sum & 0xffff) + (sum >> 16));
		ip[10] = sum >> 8 & 0xff;
		ip[11] = sum & 0xff;
		v[i].data = buf[i] + ROOM;
		v[i].len = len;
	}
}

static uint64_t
cycles(void)
{
#if defined(__x86_64__)
	return (__builtin_ia32_rdtsc());
#else
	return (0);
#endif
}

static uint64_t
now(void)
{
	struct timespec	ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec);
}

static int
compare(const void *a, const void *b)
{
	double	x = *(const double *)a, y = *(const double *)b;

	return ((x > y) - (x < y));
}

static double
median(double *a)
{
	qsort(a, TURNS, sizeof(*a), compare);
	return (a[TURNS / 2]);
}

static void
use(struct mppe *m, int sessions)
{
	int	i;

	for (i = 0; i < VECTOR; i++)
		v[i].mppe = &m[i % sessions];
}

/* One vector there and back; what is to be timed is timed. */
static void
ours(int sessions, int decrypt, double *ns, double *cyc)
{
	uint64_t	c, t;
	int		i;

	use(tx, sessions);
	t = now();
	c = cycles();
	mppe_encrypt(v, VECTOR);
	if (decrypt) {
		use(rx, sessions);
		t = now();
		c = cycles();
		mppe_decrypt(v, VECTOR);
	}
	*cyc = (double)(cycles() - c) / VECTOR;
	*ns = (double)(now() - t) / VECTOR;
	if (!decrypt) {
		use(rx, sessions);
		mppe_decrypt(v, VECTOR);
	}
	for (i = 0; i < VECTOR; i++)
		if (v[i].status != MPPE_OK)
			errx(1, "packet %d: status %d", i, v[i].status);
}

static void
theirs(int sessions, size_t len, double *ns, double *cyc)
{
	uint64_t	c, t;
	int		i;

	t = now();
	c = cycles();
	for (i = 0; i < VECTOR; i++)
		plain_packet(&plain[i % sessions], pbuf[i] + ROOM, len);
	*cyc = (double)(cycles() - c) / VECTOR;
	*ns = (double)(now() - t) / VECTOR;
}

static void
measure(size_t len, int sessions, int decrypt, int stateful, const char *how)
{
	double	ns[TURNS], pns[TURNS], cyc[TURNS], pcyc[TURNS], n, pn;
	int	i;

	init(len, sessions, stateful);
	for (i = 0; i < TURNS; i++) {
		ours(sessions, decrypt, &ns[i], &cyc[i]);
		theirs(sessions, len, &pns[i], &pcyc[i]);
	}
	n = median(ns);
	pn = median(pns);
	printf("%-9s %-9s %-7s %8d %6zu %8.0f ", how,
	    stateful ? "stateful" : "stateless",
	    decrypt ? "decrypt" : "encrypt", sessions, len, n);
	if (cycles() != 0)
		printf("%8.0f %9.0f %9.0f", median(cyc), pn, median(pcyc));
	else
		printf("%8s %9.0f %9s", "n/a", pn, "n/a");
	printf(" %6.2f\n", pn / n);
}

int
main(void)
{
	static const size_t	 lengths[] = { 64, 576, 1400 };
	static const int	 sessions[] = { 1, 64 };
	sha1_blocks_fn		*native;
	int			 d, k, l, n, s;

	native = sha1_native();
	printf("%-9s %-9s %-7s %8s %6s %8s %8s %9s %9s %6s\n", "",
	    "mode", "", "sessions", "octets", "ns", "cycles", "libcrypto",
	    "cycles", "ratio");
	for (k = 0; k < 2; k++) {
		if (k == 1 && native == NULL) {
			printf("native: this processor has no such "
			    "instructions\n");
			break;
		}
		sha1_blocks = k == 1 ? native : sha1_blocks_c;
		rc4_lanes = k == 1 && rc4_native() != NULL ? rc4_native() :
		    rc4_lanes_c;
		for (s = 0; s < 2; s++)
			for (d = 0; d < 2; d++)
				for (n = 0; n < 2; n++)
					for (l = 0; l < 3; l++)
						measure(lengths[l],
						    sessions[n], d, s, k == 1 ?
						    "native" : "portable");
	}
	return (0);
}
