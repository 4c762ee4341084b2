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

#include <stdint.h>
#include <string.h>

#include "pptp.h"

static uint16_t	 get16(const uint8_t *);
static uint32_t	 get32(const uint8_t *);
static void	 get_text(char *, const uint8_t *, size_t);
static void	 put16(uint8_t *, uint16_t);
static void	 put32(uint8_t *, uint32_t);
static void	 put_text(uint8_t *, const char *, size_t);

static const struct {
	const char	*name;
	size_t		 len;
} types[PPTP_TYPE_MAX + 1] = {
	[PPTP_SCCRQ] =		{ "SCCRQ",	156 },
	[PPTP_SCCRP] =		{ "SCCRP",	156 },
	[PPTP_STOPCCRQ] =	{ "StopCCRQ",	16 },
	[PPTP_STOPCCRP] =	{ "StopCCRP",	16 },
	[PPTP_ECHORQ] =		{ "EchoRQ",	16 },
	[PPTP_ECHORP] =		{ "EchoRP",	20 },
	[PPTP_OCRQ] =		{ "OCRQ",	168 },
	[PPTP_OCRP] =		{ "OCRP",	32 },
	[PPTP_ICRQ] =		{ "ICRQ",	PPTP_MAX_LEN },
	[PPTP_ICRP] =		{ "ICRP",	24 },
	[PPTP_ICCN] =		{ "ICCN",	28 },
	[PPTP_CCRQ] =		{ "CCRQ",	16 },
	[PPTP_CDN] =		{ "CDN",	148 },
	[PPTP_WEN] =		{ "WEN",	40 },
	[PPTP_SLI] =		{ "SLI",	24 }
};

size_t
pptp_type_len(unsigned int type)
{
	return (type > PPTP_TYPE_MAX ? 0 : types[type].len);
}

const char *
pptp_type_name(unsigned int type)
{
	return (pptp_type_len(type) == 0 ? "?" : types[type].name);
}

/*
 * Section 1.4: what follows a bad octet cannot be trusted, so nothing is
 * gained by waiting for the rest of the header.
 */
int
pptp_frame(const uint8_t *buf, size_t len)
{
	/* Octet 1 and octet 9 vary; no Length and no type exceeds 255. */
	static const uint8_t	fixed[] = {
		0, 0, 0, PPTP_MESSAGE_CONTROL, 0x1a, 0x2b, 0x3c, 0x4d, 0
	};
	size_t			i;
	unsigned int		type;

	for (i = 0; i < sizeof(fixed) && i < len; i++) {
		if (i != 1 && buf[i] != fixed[i])
			return (-1);
	}
	if (len >= 2) {
		for (type = 1; type <= PPTP_TYPE_MAX; type++) {
			if (types[type].len == buf[1])
				break;
		}
		if (type > PPTP_TYPE_MAX)
			return (-1);
	}
	if (len < 10)
		return (0);
	if (pptp_type_len(buf[9]) != buf[1])
		return (-1);
	return (buf[1]);
}

int
pptp_decode(const uint8_t *p, size_t len, struct pptp_msg *msg)
{
	memset(msg, 0, sizeof(*msg));
	if (len < PPTP_HEADER_LEN || pptp_frame(p, len) != (int)len)
		return (-1);

	msg->type = p[9];
	switch (msg->type) {
	case PPTP_SCCRQ:
	case PPTP_SCCRP:
		msg->scc.version = get16(p + 12);
		if (msg->type == PPTP_SCCRP) {
			msg->scc.result = p[14];
			msg->scc.error = p[15];
		}
		msg->scc.framing = get32(p + 16);
		msg->scc.bearer = get32(p + 20);
		msg->scc.max_channels = get16(p + 24);
		msg->scc.firmware = get16(p + 26);
		get_text(msg->scc.host, p + 28, PPTP_NAME_LEN);
		get_text(msg->scc.vendor, p + 92, PPTP_NAME_LEN);
		break;
	case PPTP_STOPCCRQ:
		msg->stop.result = p[12];
		break;
	case PPTP_STOPCCRP:
		msg->stop.result = p[12];
		msg->stop.error = p[13];
		break;
	case PPTP_ECHORQ:
		msg->echo.id = get32(p + 12);
		break;
	case PPTP_ECHORP:
		msg->echo.id = get32(p + 12);
		msg->echo.result = p[16];
		msg->echo.error = p[17];
		break;
	case PPTP_OCRQ:
		msg->ocrq.call_id = get16(p + 12);
		msg->ocrq.serial = get16(p + 14);
		msg->ocrq.min_bps = get32(p + 16);
		msg->ocrq.max_bps = get32(p + 20);
		msg->ocrq.bearer = get32(p + 24);
		msg->ocrq.framing = get32(p + 28);
		msg->ocrq.window = get16(p + 32);
		msg->ocrq.delay = get16(p + 34);
		msg->ocrq.phone_len = get16(p + 36);
		get_text(msg->ocrq.phone, p + 40, PPTP_NAME_LEN);
		get_text(msg->ocrq.subaddress, p + 104, PPTP_NAME_LEN);
		break;
	case PPTP_OCRP:
		msg->ocrp.call_id = get16(p + 12);
		msg->ocrp.peer_call_id = get16(p + 14);
		msg->ocrp.result = p[16];
		msg->ocrp.error = p[17];
		msg->ocrp.cause = get16(p + 18);
		msg->ocrp.speed = get32(p + 20);
		msg->ocrp.window = get16(p + 24);
		msg->ocrp.delay = get16(p + 26);
		msg->ocrp.channel = get32(p + 28);
		break;
	case PPTP_ICRQ:
		msg->icrq.call_id = get16(p + 12);
		msg->icrq.serial = get16(p + 14);
		msg->icrq.bearer = get32(p + 16);
		msg->icrq.channel = get32(p + 20);
		msg->icrq.dialed_len = get16(p + 24);
		msg->icrq.dialing_len = get16(p + 26);
		get_text(msg->icrq.dialed, p + 28, PPTP_NAME_LEN);
		get_text(msg->icrq.dialing, p + 92, PPTP_NAME_LEN);
		get_text(msg->icrq.subaddress, p + 156, PPTP_NAME_LEN);
		break;
	case PPTP_ICRP:
		msg->icrp.call_id = get16(p + 12);
		msg->icrp.peer_call_id = get16(p + 14);
		msg->icrp.result = p[16];
		msg->icrp.error = p[17];
		msg->icrp.window = get16(p + 18);
		msg->icrp.delay = get16(p + 20);
		break;
	case PPTP_ICCN:
		msg->iccn.peer_call_id = get16(p + 12);
		msg->iccn.speed = get32(p + 16);
		msg->iccn.window = get16(p + 20);
		msg->iccn.delay = get16(p + 22);
		msg->iccn.framing = get32(p + 24);
		break;
	case PPTP_CCRQ:
		msg->ccrq.call_id = get16(p + 12);
		break;
	case PPTP_CDN:
		msg->cdn.call_id = get16(p + 12);
		msg->cdn.result = p[14];
		msg->cdn.error = p[15];
		msg->cdn.cause = get16(p + 16);
		get_text(msg->cdn.stats, p + 20, PPTP_STATS_LEN);
		break;
	case PPTP_WEN:
		msg->wen.peer_call_id = get16(p + 12);
		msg->wen.crc_errors = get32(p + 16);
		msg->wen.framing_errors = get32(p + 20);
		msg->wen.hardware_overruns = get32(p + 24);
		msg->wen.buffer_overruns = get32(p + 28);
		msg->wen.timeouts = get32(p + 32);
		msg->wen.alignment_errors = get32(p + 36);
		break;
	case PPTP_SLI:
		msg->sli.peer_call_id = get16(p + 12);
		msg->sli.send_accm = get32(p + 16);
		msg->sli.recv_accm = get32(p + 20);
		break;
	}
	return (0);
}

int
pptp_encode(const struct pptp_msg *msg, uint8_t *p, size_t size)
{
	size_t	len;

	len = pptp_type_len(msg->type);
	if (len == 0 || len > size)
		return (-1);

	memset(p, 0, len);
	put16(p, len);
	put16(p + 2, PPTP_MESSAGE_CONTROL);
	put32(p + 4, PPTP_COOKIE);
	put16(p + 8, msg->type);

	switch (msg->type) {
	case PPTP_SCCRQ:
	case PPTP_SCCRP:
		put16(p + 12, msg->scc.version);
		if (msg->type == PPTP_SCCRP) {
			p[14] = msg->scc.result;
			p[15] = msg->scc.error;
		}
		put32(p + 16, msg->scc.framing);
		put32(p + 20, msg->scc.bearer);
		put16(p + 24, msg->scc.max_channels);
		put16(p + 26, msg->scc.firmware);
		put_text(p + 28, msg->scc.host, PPTP_NAME_LEN);
		put_text(p + 92, msg->scc.vendor, PPTP_NAME_LEN);
		break;
	case PPTP_STOPCCRQ:
		p[12] = msg->stop.result;
		break;
	case PPTP_STOPCCRP:
		p[12] = msg->stop.result;
		p[13] = msg->stop.error;
		break;
	case PPTP_ECHORQ:
		put32(p + 12, msg->echo.id);
		break;
	case PPTP_ECHORP:
		put32(p + 12, msg->echo.id);
		p[16] = msg->echo.result;
		p[17] = msg->echo.error;
		break;
	case PPTP_OCRQ:
		put16(p + 12, msg->ocrq.call_id);
		put16(p + 14, msg->ocrq.serial);
		put32(p + 16, msg->ocrq.min_bps);
		put32(p + 20, msg->ocrq.max_bps);
		put32(p + 24, msg->ocrq.bearer);
		put32(p + 28, msg->ocrq.framing);
		put16(p + 32, msg->ocrq.window);
		put16(p + 34, msg->ocrq.delay);
		put16(p + 36, msg->ocrq.phone_len);
		put_text(p + 40, msg->ocrq.phone, PPTP_NAME_LEN);
		put_text(p + 104, msg->ocrq.subaddress, PPTP_NAME_LEN);
		break;
	case PPTP_OCRP:
		put16(p + 12, msg->ocrp.call_id);
		put16(p + 14, msg->ocrp.peer_call_id);
		p[16] = msg->ocrp.result;
		p[17] = msg->ocrp.error;
		put16(p + 18, msg->ocrp.cause);
		put32(p + 20, msg->ocrp.speed);
		put16(p + 24, msg->ocrp.window);
		put16(p + 26, msg->ocrp.delay);
		put32(p + 28, msg->ocrp.channel);
		break;
	case PPTP_ICRQ:
		put16(p + 12, msg->icrq.call_id);
		put16(p + 14, msg->icrq.serial);
		put32(p + 16, msg->icrq.bearer);
		put32(p + 20, msg->icrq.channel);
		put16(p + 24, msg->icrq.dialed_len);
		put16(p + 26, msg->icrq.dialing_len);
		put_text(p + 28, msg->icrq.dialed, PPTP_NAME_LEN);
		put_text(p + 92, msg->icrq.dialing, PPTP_NAME_LEN);
		put_text(p + 156, msg->icrq.subaddress, PPTP_NAME_LEN);
		break;
	case PPTP_ICRP:
		put16(p + 12, msg->icrp.call_id);
		put16(p + 14, msg->icrp.peer_call_id);
		p[16] = msg->icrp.result;
		p[17] = msg->icrp.error;
		put16(p + 18, msg->icrp.window);
		put16(p + 20, msg->icrp.delay);
		break;
	case PPTP_ICCN:
		put16(p + 12, msg->iccn.peer_call_id);
		put32(p + 16, msg->iccn.speed);
		put16(p + 20, msg->iccn.window);
		put16(p + 22, msg->iccn.delay);
		put32(p + 24, msg->iccn.framing);
		break;
	case PPTP_CCRQ:
		put16(p + 12, msg->ccrq.call_id);
		break;
	case PPTP_CDN:
		put16(p + 12, msg->cdn.call_id);
		p[14] = msg->cdn.result;
		p[15] = msg->cdn.error;
		put16(p + 16, msg->cdn.cause);
		put_text(p + 20, msg->cdn.stats, PPTP_STATS_LEN);
		break;
	case PPTP_WEN:
		put16(p + 12, msg->wen.peer_call_id);
		put32(p + 16, msg->wen.crc_errors);
		put32(p + 20, msg->wen.framing_errors);
		put32(p + 24, msg->wen.hardware_overruns);
		put32(p + 28, msg->wen.buffer_overruns);
		put32(p + 32, msg->wen.timeouts);
		put32(p + 36, msg->wen.alignment_errors);
		break;
	case PPTP_SLI:
		put16(p + 12, msg->sli.peer_call_id);
		put32(p + 16, msg->sli.send_accm);
		put32(p + 20, msg->sli.recv_accm);
		break;
	}
	return (len);
}

static uint16_t
get16(const uint8_t *p)
{
	return (p[0] << 8 | p[1]);
}

static uint32_t
get32(const uint8_t *p)
{
	return ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3]);
}

/* dst has one octet more than the field on the wire. */
static void
get_text(char *dst, const uint8_t *src, size_t len)
{
	memcpy(dst, src, len);
	dst[len] = '\0';
}

static void
put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void
put32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

/* The field is zero already, and stays so behind the text. */
static void
put_text(uint8_t *dst, const char *src, size_t len)
{
	memcpy(dst, src, strnlen(src, len));
}
