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
 * Enhanced GRE (RFC 2637 section 4): header codec and the sequence rules of
 * one direction of a call.  No I/O, no globals; time is handed in.
 */

#define GRE_PROTO_PPP		0x880b
#define GRE_HEADER_MIN		8	/* without S and A */
#define GRE_HEADER_MAX		16	/* S and A */

/* One decoded header, host byte order. */
struct gre_header {
	uint16_t	payload_len;
	uint16_t	call_id;	/* the receiver's */
	int		has_seq;
	int		has_ack;
	uint32_t	seq;
	uint32_t	ack;
};

/*
 * Decode the GRE header at buf, which holds len octets (IP header excluded).
 * Accepts only the forms of section 4.1: C=R=s=Recur=Flags=0, K=1, Ver=1,
 * protocol 880b, S exactly when there is a payload, A at least when there is
 * none, payload not longer than what arrived (octets beyond it are padding).
 * Returns the header's length, the payload starts there; -1 for anything else.
 */
int	 gre_decode(const uint8_t *, size_t, struct gre_header *);

/*
 * Write the header for h at the end of the GRE_HEADER_MAX octets before end.
 * Returns its length: it starts at end - length.
 */
size_t	 gre_encode(const struct gre_header *, uint8_t *);

/* Signed distance a - b of two sequence numbers, correct across the wrap. */
static inline int32_t
gre_seq_diff(uint32_t a, uint32_t b)
{
	return ((int32_t)(a - b));
}

/* How far off the expected number a packet may be to be believed. */
#define GRE_WINDOW		512

enum gre_verdict {
	GRE_IN_ORDER,		/* the next one: deliver, window moved */
	GRE_AHEAD,		/* gap before it: hold or gre_rx_skip_to() */
	GRE_DUPLICATE,		/* delivered already: drop */
	GRE_LATE,		/* older than what was delivered: drop */
	GRE_FAR			/* out of the window, on probation: drop */
};

/* Receive side of a call. */
struct gre_rx {
	uint32_t	next;		/* sequence number expected */
	uint32_t	suspect;	/* successor of the last far one */
	uint32_t	recent;		/* bit i: next - 1 - i was delivered */
	uint8_t		started;	/* a first packet has come */
	uint8_t		suspicious;	/* suspect is valid */
};

/* Transmit side of a call. */
struct gre_tx {
	uint32_t	next;		/* sequence number to be used next */
	uint32_t	acked;		/* highest one acknowledged, plus 1 */
};

/*
 * Judge a payload's sequence number; see enum gre_verdict.  The first number
 * may be 0 or 1 (old clients), or anything inside the window.  A packet out of
 * the window, ahead or behind, is GRE_FAR; if the peer's next one continues it,
 * that one is GRE_IN_ORDER, *lost is the number of packets skipped, and what
 * the caller held is worthless.  Otherwise *lost is 0.  Only GRE_IN_ORDER moves
 * the window.
 */
enum gre_verdict	 gre_rx_seq(struct gre_rx *, uint32_t, uint32_t *);

/*
 * Give up waiting: seq, which was GRE_AHEAD, becomes the last one delivered.
 * Returns how many before it were skipped.  If it is GRE_AHEAD no more, since
 * the window has moved, nothing happens.
 */
uint32_t		 gre_rx_skip_to(struct gre_rx *, uint32_t);

/* Take an acknowledgement.  Returns 0, -1 if it makes no sense (ignored). */
int			 gre_tx_ack(struct gre_tx *, uint32_t);
