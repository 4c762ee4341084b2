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
 * MPPE (RFC 3078): encryption of PPP packets with RC4, stateless or stateful,
 * 40, 56 or 128 bits.  One struct mppe is one direction of one session.
 * No I/O, no globals, no allocation.
 */

#include "rc4.h"

#define MPPE_HEADER_LEN		2	/* coherency count and flags */
#define MPPE_COUNT_MASK		0x0fff
#define MPPE_FLUSHED		0x8000	/* bit A: tables were re-initialised */
#define MPPE_BIT_B		0x4000	/* MPPC, never set by MPPE */
#define MPPE_BIT_C		0x2000	/* compressed, never set by MPPE */
#define MPPE_ENCRYPTED		0x1000	/* bit D */

/*
 * How many packets a stateless receiver steps forward over at any time: 256
 * more than GRE lets through, so that a gap GRE believes never ends the stream.
 * Every step costs time, and a forged packet may ask for 4095 of them; a larger
 * gap is believed when two packets in a row show it, and paid for from a credit
 * that only good packets fill up.
 */
#define MPPE_MAX_JUMP		768
#define MPPE_CREDIT_MAX		12288	/* three turns of the count */
#define MPPE_CREDIT_STEP	4	/* for each good packet */

/*
 * How many key changes more than RFC 3078 section 8.2 asks for a stateful
 * receiver tries when the tables were re-initialised: the count may have gone
 * round twice, and a sender on Linux changes its key at each reset, too.
 */
#define MPPE_MAX_CHANGES	36

/*
 * A stateless receiver that goes ahead in vain, since a packet was forged,
 * remembers the keys of the counts divisible by MPPE_MARK_STEP on its way.  The
 * next jump begins at the last of them: it costs less than MPPE_MARK_STEP
 * changes of the key then, however long it is.  They reach over MPPE_MAX_JUMP.
 */
#define MPPE_MARKS		16
#define MPPE_MARK_STEP		64

#define MPPE_KEY_LEN		16	/* RC4_KEY_LEN */

struct mppe {
	union {
		struct rc4	rc4;	/* stateful: runs on over packets */
		uint8_t		mark[MPPE_MARKS][MPPE_KEY_LEN];
	};
	uint8_t		start[MPPE_KEY_LEN];	/* StartKey, never changes */
	uint8_t		key[MPPE_KEY_LEN];	/* current SessionKey */
	uint16_t	count;		/* last coherency count used or seen */
	uint16_t	suspect;	/* successor of a count refused */
	uint16_t	credit;		/* steps beyond MPPE_MAX_JUMP */
	uint8_t		keylen;		/* 8 or 16 octets */
	uint8_t		bits;		/* 40, 56, 128 */
	uint8_t		stateful;
	uint8_t		flush;		/* send: set A in the next packet */
	uint8_t		nmarks;		/* valid ones, from count on */
};

/* One packet of a vector.  data/len are in and out, see below. */
struct mppe_packet {
	struct mppe	*mppe;
	uint8_t		*data;
	uint16_t	 len;
	int8_t		 status;	/* MPPE_OK, ... after decryption */
};

enum mppe_status {
	MPPE_OK,
	MPPE_MALFORMED,		/* too short, D=0, B or C set, no A when due,
				   or what comes out is no IP packet */
	MPPE_JUMP,		/* stateless: count too far ahead, or behind */
	MPPE_RESYNC		/* stateful: lost; a Reset-Request is due */
};

/* Set up one direction: start key of 16 octets, bits, stateful or not. */
void	 mppe_init(struct mppe *, const uint8_t[16], int bits, int stateful);

/*
 * Encrypt a vector, in order.  The more packets it has, the less each of them
 * costs: their keys are made ahead, and up to RC4_LANES are encrypted at once.
 * In: data, len = the PPP packet from its
 * (always two-octet) protocol field on, with MPPE_HEADER_LEN octets of room
 * before data.  Out: data, len include the MPPE header.  Cannot fail.
 */
void	 mppe_encrypt(struct mppe_packet *, size_t);

/*
 * Decrypt a vector, in order.  In: data, len = MPPE header and ciphertext.
 * Out: status; when MPPE_OK, data, len are the plaintext from the protocol
 * field on (one octet or two), in place.  MPPE has no integrity check, so the
 * key state follows only what is MPPE_OK: an IPv4 packet of sound length and
 * checksum, or an IPv6 packet of exact length.
 */
void	 mppe_decrypt(struct mppe_packet *, size_t);

/*
 * Stateful, sender: the peer sent a CCP Reset-Request.  Nothing to be done in
 * stateless mode.
 */
void	 mppe_reset_request(struct mppe *);

/* Session keys; for mppe.c. */
void	 mppe_key_first(const struct mppe *, uint8_t[MPPE_KEY_LEN]);
void	 mppe_key_next(const struct mppe *, uint8_t[MPPE_KEY_LEN]);
void	 mppe_key_interim(const struct mppe *, const uint8_t[MPPE_KEY_LEN],
	    uint8_t[MPPE_KEY_LEN]);
void	 mppe_key_finish(const struct mppe *, struct rc4 *,
	    const uint8_t[MPPE_KEY_LEN], uint8_t[MPPE_KEY_LEN]);
