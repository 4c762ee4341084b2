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
 * PPTP control messages (RFC 2637 sections 1.4 and 2): constants, one struct
 * per message in host byte order, and the codec.  No I/O, no globals.
 */

#define PPTP_PORT		1723
#define PPTP_COOKIE		0x1a2b3c4dU
#define PPTP_MESSAGE_CONTROL	1		/* PPTP Message Type */
#define PPTP_VERSION		0x0100		/* 1.0 */
#define PPTP_HEADER_LEN		12		/* octets up to Reserved0 */
#define PPTP_MAX_LEN		220		/* the longest message, ICRQ */

/* Control Message Type */
enum pptp_type {
	PPTP_SCCRQ = 1,		/* Start-Control-Connection-Request, 156 */
	PPTP_SCCRP,		/* Start-Control-Connection-Reply, 156 */
	PPTP_STOPCCRQ,		/* Stop-Control-Connection-Request, 16 */
	PPTP_STOPCCRP,		/* Stop-Control-Connection-Reply, 16 */
	PPTP_ECHORQ,		/* Echo-Request, 16 */
	PPTP_ECHORP,		/* Echo-Reply, 20 */
	PPTP_OCRQ,		/* Outgoing-Call-Request, 168 */
	PPTP_OCRP,		/* Outgoing-Call-Reply, 32 */
	PPTP_ICRQ,		/* Incoming-Call-Request, 220 */
	PPTP_ICRP,		/* Incoming-Call-Reply, 24 */
	PPTP_ICCN,		/* Incoming-Call-Connected, 28 */
	PPTP_CCRQ,		/* Call-Clear-Request, 16 */
	PPTP_CDN,		/* Call-Disconnect-Notify, 148 */
	PPTP_WEN,		/* WAN-Error-Notify, 40 */
	PPTP_SLI,		/* Set-Link-Info, 24 */
	PPTP_TYPE_MAX = PPTP_SLI
};

/* SCCRP Result Code (section 2.2) */
#define PPTP_SCCRP_OK			1
#define PPTP_SCCRP_GENERAL		2
#define PPTP_SCCRP_EXISTS		3
#define PPTP_SCCRP_NOT_AUTHORIZED	4
#define PPTP_SCCRP_BAD_VERSION		5

/* StopCCRQ Reason (section 2.3) and StopCCRP Result Code (section 2.4) */
#define PPTP_STOP_NONE			1
#define PPTP_STOP_PROTOCOL		2
#define PPTP_STOP_LOCAL_SHUTDOWN	3
#define PPTP_STOPCCRP_OK		1
#define PPTP_STOPCCRP_GENERAL		2

/* Echo-Reply Result Code (section 2.6) */
#define PPTP_ECHORP_OK			1
#define PPTP_ECHORP_GENERAL		2

/* OCRP Result Code (section 2.8) */
#define PPTP_OCRP_CONNECTED		1
#define PPTP_OCRP_GENERAL		2
#define PPTP_OCRP_NO_CARRIER		3
#define PPTP_OCRP_BUSY			4
#define PPTP_OCRP_NO_DIAL_TONE		5
#define PPTP_OCRP_TIMEOUT		6
#define PPTP_OCRP_DO_NOT_ACCEPT		7

/* ICRP Result Code (section 2.10) */
#define PPTP_ICRP_CONNECT		1
#define PPTP_ICRP_GENERAL		2
#define PPTP_ICRP_DO_NOT_ACCEPT		3

/* CDN Result Code (section 2.13) */
#define PPTP_CDN_LOST_CARRIER		1
#define PPTP_CDN_GENERAL		2
#define PPTP_CDN_ADMIN_SHUTDOWN		3
#define PPTP_CDN_REQUEST		4

/* General Error Code (section 2.16) */
#define PPTP_ERR_NONE			0
#define PPTP_ERR_NOT_CONNECTED		1
#define PPTP_ERR_BAD_FORMAT		2
#define PPTP_ERR_BAD_VALUE		3
#define PPTP_ERR_NO_RESOURCE		4
#define PPTP_ERR_BAD_CALL_ID		5
#define PPTP_ERR_PAC_ERROR		6

/* Framing and bearer capabilities (section 2.1), and types (section 2.7) */
#define PPTP_FRAME_ASYNC		1
#define PPTP_FRAME_SYNC			2
#define PPTP_FRAME_EITHER		3
#define PPTP_BEARER_ANALOG		1
#define PPTP_BEARER_DIGITAL		2
#define PPTP_BEARER_ANY			3

#define PPTP_NAME_LEN			64	/* host, vendor, phone number */
#define PPTP_STATS_LEN			128	/* CDN Call Statistics */

/*
 * Fixed-width text fields are char arrays one octet longer than on the wire
 * and always NUL-terminated after decoding; they may hold any other octet, so
 * they go through strnvis(3) before a person sees them.
 */
struct pptp_scc {			/* SCCRQ and SCCRP */
	uint16_t	version;
	uint8_t		result;		/* SCCRP only */
	uint8_t		error;		/* SCCRP only */
	uint32_t	framing;
	uint32_t	bearer;
	uint16_t	max_channels;
	uint16_t	firmware;
	char		host[PPTP_NAME_LEN + 1];
	char		vendor[PPTP_NAME_LEN + 1];
};

struct pptp_stop {			/* StopCCRQ and StopCCRP */
	uint8_t		result;		/* Reason or Result Code */
	uint8_t		error;		/* StopCCRP only */
};

struct pptp_echo {			/* Echo-Request and Echo-Reply */
	uint32_t	id;
	uint8_t		result;		/* Echo-Reply only */
	uint8_t		error;		/* Echo-Reply only */
};

struct pptp_ocrq {
	uint16_t	call_id;	/* the peer's */
	uint16_t	serial;
	uint32_t	min_bps;
	uint32_t	max_bps;
	uint32_t	bearer;
	uint32_t	framing;
	uint16_t	window;
	uint16_t	delay;
	uint16_t	phone_len;	/* as sent, not checked */
	char		phone[PPTP_NAME_LEN + 1];
	char		subaddress[PPTP_NAME_LEN + 1];
};

struct pptp_ocrp {
	uint16_t	call_id;	/* the sender's */
	uint16_t	peer_call_id;	/* from the OCRQ */
	uint8_t		result;
	uint8_t		error;
	uint16_t	cause;
	uint32_t	speed;
	uint16_t	window;
	uint16_t	delay;
	uint32_t	channel;
};

struct pptp_icrq {
	uint16_t	call_id;
	uint16_t	serial;
	uint32_t	bearer;
	uint32_t	channel;
	uint16_t	dialed_len;
	uint16_t	dialing_len;
	char		dialed[PPTP_NAME_LEN + 1];
	char		dialing[PPTP_NAME_LEN + 1];
	char		subaddress[PPTP_NAME_LEN + 1];
};

struct pptp_icrp {
	uint16_t	call_id;
	uint16_t	peer_call_id;
	uint8_t		result;
	uint8_t		error;
	uint16_t	window;
	uint16_t	delay;
};

struct pptp_iccn {
	uint16_t	peer_call_id;
	uint32_t	speed;
	uint16_t	window;
	uint16_t	delay;
	uint32_t	framing;
};

struct pptp_ccrq {
	uint16_t	call_id;	/* the sender's own */
};

struct pptp_cdn {
	uint16_t	call_id;	/* the sender's own */
	uint8_t		result;
	uint8_t		error;
	uint16_t	cause;
	char		stats[PPTP_STATS_LEN + 1];
};

struct pptp_wen {
	uint16_t	peer_call_id;
	uint32_t	crc_errors;
	uint32_t	framing_errors;
	uint32_t	hardware_overruns;
	uint32_t	buffer_overruns;
	uint32_t	timeouts;
	uint32_t	alignment_errors;
};

struct pptp_sli {
	uint16_t	peer_call_id;	/* the receiver's */
	uint32_t	send_accm;
	uint32_t	recv_accm;
};

struct pptp_msg {
	enum pptp_type	type;
	union {
		struct pptp_scc		scc;
		struct pptp_stop	stop;
		struct pptp_echo	echo;
		struct pptp_ocrq	ocrq;
		struct pptp_ocrp	ocrp;
		struct pptp_icrq	icrq;
		struct pptp_icrp	icrp;
		struct pptp_iccn	iccn;
		struct pptp_ccrq	ccrq;
		struct pptp_cdn		cdn;
		struct pptp_wen		wen;
		struct pptp_sli		sli;
	};
};

/*
 * Look at the first len octets of a TCP stream.  Returns the length of the
 * message that starts there (it may not have arrived whole yet), 0 if more
 * octets are needed to tell, or -1 if this cannot be a PPTP control message:
 * wrong cookie, message type, control type, or a Length that is not the one of
 * that type.  The stream is then lost (section 1.4) and must be closed.
 * The verdict falls as early as the octets allow.
 */
int	 pptp_frame(const uint8_t *, size_t);

/*
 * Decode one whole message of len octets, as measured by pptp_frame().
 * Returns 0, or -1 for what pptp_frame() would have refused.  Reserved fields
 * are ignored (section 2).
 */
int	 pptp_decode(const uint8_t *, size_t, struct pptp_msg *);

/*
 * Encode into buf of size octets.  Reserved fields are 0 (section 2).  Returns
 * the number of octets written, or -1 if buf is too small or the type unknown.
 */
int	 pptp_encode(const struct pptp_msg *, uint8_t *, size_t);

/* Wire length of a type, 0 if unknown; its abbreviation, "?" if unknown. */
size_t		 pptp_type_len(unsigned int);
const char	*pptp_type_name(unsigned int);
