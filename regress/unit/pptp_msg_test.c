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

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pptp.h"
#include "tap.h"

/*
 * One message of each type with a different value in each field, and its
 * octets written down by hand from RFC 2637 section 2: a run of octets and
 * what it is repeated to.
 */
struct run {
	size_t		offset;
	const char	*hex;
};

#define RUNS_MAX	16

static const struct {
	struct pptp_msg	msg;
	size_t		len;
	const char	*name;
	struct run	runs[RUNS_MAX];	/* what is not named is 0 */
} samples[] = {
{ { PPTP_SCCRQ, .scc = { PPTP_VERSION, 0, 0, 0x11223344, 0x55667788, 0x99aa,
    0xbbcc, "pns.example", "vendor" } }, 156, "SCCRQ", {
	{ 0, "009c00011a2b3c4d00010000" }, { 12, "01000000" },
	{ 16, "11223344" }, { 20, "55667788" }, { 24, "99aabbcc" },
	{ 28, "706e732e6578616d706c65" }, { 92, "76656e646f72" } } },
{ { PPTP_SCCRP, .scc = { PPTP_VERSION, 1, 2, 3, 4, 5, 6, "h", "v" } },
    156, "SCCRP", {
	{ 0, "009c00011a2b3c4d00020000" }, { 12, "01000102" },
	{ 16, "00000003" }, { 20, "00000004" }, { 24, "00050006" },
	{ 28, "68" }, { 92, "76" } } },
{ { PPTP_STOPCCRQ, .stop = { 3, 0 } }, 16, "StopCCRQ", {
	{ 0, "001000011a2b3c4d00030000" }, { 12, "03000000" } } },
{ { PPTP_STOPCCRP, .stop = { 2, 5 } }, 16, "StopCCRP", {
	{ 0, "001000011a2b3c4d00040000" }, { 12, "02050000" } } },
{ { PPTP_ECHORQ, .echo = { 0xdeadbeef, 0, 0 } }, 16, "EchoRQ", {
	{ 0, "001000011a2b3c4d00050000" }, { 12, "deadbeef" } } },
{ { PPTP_ECHORP, .echo = { 0xdeadbeef, 1, 6 } }, 20, "EchoRP", {
	{ 0, "001400011a2b3c4d00060000" }, { 12, "deadbeef01060000" } } },
{ { PPTP_OCRQ, .ocrq = { 0x0102, 0x0304, 0x05060708, 0x090a0b0c, 0x0d0e0f10,
    0x11121314, 0x1516, 0x1718, 0x191a, "5551234", "sub" } }, 168, "OCRQ", {
	{ 0, "00a800011a2b3c4d00070000" }, { 12, "01020304" },
	{ 16, "05060708" }, { 20, "090a0b0c" }, { 24, "0d0e0f10" },
	{ 28, "11121314" }, { 32, "15161718" }, { 36, "191a0000" },
	{ 40, "35353531323334" }, { 104, "737562" } } },
{ { PPTP_OCRP, .ocrp = { 0x0102, 0x0304, 5, 6, 0x0708, 0x090a0b0c, 0x0d0e,
    0x0f10, 0x11121314 } }, 32, "OCRP", {
	{ 0, "002000011a2b3c4d00080000" }, { 12, "01020304" },
	{ 16, "05060708" }, { 20, "090a0b0c" }, { 24, "0d0e0f10" },
	{ 28, "11121314" } } },
{ { PPTP_ICRQ, .icrq = { 0x0102, 0x0304, 0x05060708, 0x090a0b0c, 0x0d0e,
    0x0f10, "dialed", "dialing", "sub" } }, 220, "ICRQ", {
	{ 0, "00dc00011a2b3c4d00090000" }, { 12, "01020304" },
	{ 16, "05060708" }, { 20, "090a0b0c" }, { 24, "0d0e0f10" },
	{ 28, "6469616c6564" }, { 92, "6469616c696e67" },
	{ 156, "737562" } } },
{ { PPTP_ICRP, .icrp = { 0x0102, 0x0304, 5, 6, 0x0708, 0x090a } },
    24, "ICRP", {
	{ 0, "001800011a2b3c4d000a0000" }, { 12, "01020304" },
	{ 16, "05060708" }, { 20, "090a0000" } } },
{ { PPTP_ICCN, .iccn = { 0x0102, 0x03040506, 0x0708, 0x090a, 0x0b0c0d0e } },
    28, "ICCN", {
	{ 0, "001c00011a2b3c4d000b0000" }, { 12, "01020000" },
	{ 16, "03040506" }, { 20, "0708090a" }, { 24, "0b0c0d0e" } } },
{ { PPTP_CCRQ, .ccrq = { 0x0102 } }, 16, "CCRQ", {
	{ 0, "001000011a2b3c4d000c0000" }, { 12, "01020000" } } },
{ { PPTP_CDN, .cdn = { 0x0102, 3, 4, 0x0506, "stats" } }, 148, "CDN", {
	{ 0, "009400011a2b3c4d000d0000" }, { 12, "01020304" },
	{ 16, "05060000" }, { 20, "7374617473" } } },
{ { PPTP_WEN, .wen = { 0x0102, 0x03040506, 0x0708090a, 0x0b0c0d0e, 0x0f101112,
    0x13141516, 0x1718191a } }, 40, "WEN", {
	{ 0, "002800011a2b3c4d000e0000" }, { 12, "01020000" },
	{ 16, "03040506" }, { 20, "0708090a" }, { 24, "0b0c0d0e" },
	{ 28, "0f101112" }, { 32, "13141516" }, { 36, "1718191a" } } },
{ { PPTP_SLI, .sli = { 0x0102, 0x03040506, 0x0708090a } }, 24, "SLI", {
	{ 0, "001800011a2b3c4d000f0000" }, { 12, "01020000" },
	{ 16, "03040506" }, { 20, "0708090a" } } }
};
#define NSAMPLES	(sizeof(samples) / sizeof(samples[0]))

/* Reserved octets of each type behind the header: offset, octets. */
static const struct {
	enum pptp_type	type;
	size_t		offset, len;
} reserved[] = {
	{ PPTP_SCCRQ, 14, 2 }, { PPTP_STOPCCRQ, 13, 3 },
	{ PPTP_STOPCCRP, 14, 2 }, { PPTP_ECHORP, 18, 2 },
	{ PPTP_OCRQ, 38, 2 }, { PPTP_ICRP, 22, 2 }, { PPTP_ICCN, 14, 2 },
	{ PPTP_CCRQ, 14, 2 }, { PPTP_CDN, 18, 2 }, { PPTP_WEN, 14, 2 },
	{ PPTP_SLI, 14, 2 }
};

static void
unhex(uint8_t *p, const char *hex)
{
	unsigned int	c;

	for (; *hex != '\0'; hex += 2) {
		if (sscanf(hex, "%2x", &c) != 1)
			abort();
		*p++ = c;
	}
}

static void
build(size_t i, uint8_t wire[PPTP_MAX_LEN])
{
	const struct run	*r;

	memset(wire, 0, PPTP_MAX_LEN);
	for (r = samples[i].runs; r->hex != NULL; r++)
		unhex(wire + r->offset, r->hex);
}

static void
test_layout(void)
{
	uint8_t		wire[PPTP_MAX_LEN], buf[PPTP_MAX_LEN + 1];
	struct pptp_msg	msg, again;
	size_t		i, n, size;
	int		len, bad;

	for (i = 0; i < NSAMPLES; i++) {
		build(i, wire);
		memset(buf, 0xa5, sizeof(buf));
		len = pptp_encode(&samples[i].msg, buf, sizeof(buf));
		is_int(len, samples[i].len, "%s: length", samples[i].name);
		is_mem(buf, wire, samples[i].len, "%s: encoding",
		    samples[i].name);
		is_int(buf[samples[i].len], 0xa5, "%s: nothing behind",
		    samples[i].name);

		bad = 0;
		for (size = 0; size < samples[i].len; size++) {
			memset(buf, 0xa5, sizeof(buf));
			if (pptp_encode(&samples[i].msg, buf, size) != -1)
				bad++;
			for (n = 0; n < sizeof(buf); n++) {
				if (buf[n] != 0xa5)
					bad++;
			}
		}
		is_int(bad, 0, "%s: buffer too small", samples[i].name);

		is_int(pptp_frame(wire, samples[i].len), samples[i].len,
		    "%s: frame", samples[i].name);
		is_int(pptp_decode(wire, samples[i].len, &msg), 0,
		    "%s: decode", samples[i].name);
		ok(msg.type == samples[i].msg.type, "%s: type",
		    samples[i].name);
		/* Padding aside, the same fields give the same octets. */
		len = pptp_encode(&msg, buf, sizeof(buf));
		ok(len == (int)samples[i].len && memcmp(buf, wire, len) == 0,
		    "%s: round trip", samples[i].name);

		bad = 0;
		for (n = 0; n < samples[i].len; n++) {
			if (pptp_decode(wire, n, &again) != -1)
				bad++;
			if (pptp_frame(wire, n) !=
			    (n < 10 ? 0 : (int)samples[i].len))
				bad++;
		}
		is_int(bad, 0, "%s: cut at every octet", samples[i].name);
		is_int(pptp_decode(wire, samples[i].len + 1, &again), -1,
		    "%s: an octet too many to decode", samples[i].name);
		is_int(pptp_frame(wire, sizeof(wire)), samples[i].len,
		    "%s: frame with more behind", samples[i].name);
	}
}

/* Each decoded field, so that two swapped ones cannot hide in a round trip. */
static void
test_fields(void)
{
	struct pptp_msg	m[PPTP_TYPE_MAX + 1];
	uint8_t		wire[PPTP_MAX_LEN];
	size_t		i;

	for (i = 0; i < NSAMPLES; i++) {
		build(i, wire);
		if (pptp_decode(wire, samples[i].len,
		    &m[samples[i].msg.type]) == -1)
			abort();
	}
	ok(m[1].scc.version == 0x0100 && m[1].scc.framing == 0x11223344 &&
	    m[1].scc.bearer == 0x55667788 && m[1].scc.max_channels == 0x99aa &&
	    m[1].scc.firmware == 0xbbcc, "SCCRQ: numbers");
	is_str(m[1].scc.host, "pns.example", "SCCRQ: host");
	is_str(m[1].scc.vendor, "vendor", "SCCRQ: vendor");
	ok(m[2].scc.result == 1 && m[2].scc.error == 2, "SCCRP: result");
	ok(m[3].stop.result == 3 && m[3].stop.error == 0, "StopCCRQ");
	ok(m[4].stop.result == 2 && m[4].stop.error == 5, "StopCCRP");
	ok(m[5].echo.id == 0xdeadbeef, "EchoRQ");
	ok(m[6].echo.id == 0xdeadbeef && m[6].echo.result == 1 &&
	    m[6].echo.error == 6, "EchoRP");
	ok(m[7].ocrq.call_id == 0x0102 && m[7].ocrq.serial == 0x0304 &&
	    m[7].ocrq.min_bps == 0x05060708 &&
	    m[7].ocrq.max_bps == 0x090a0b0c &&
	    m[7].ocrq.bearer == 0x0d0e0f10 &&
	    m[7].ocrq.framing == 0x11121314 && m[7].ocrq.window == 0x1516 &&
	    m[7].ocrq.delay == 0x1718 && m[7].ocrq.phone_len == 0x191a,
	    "OCRQ: numbers");
	is_str(m[7].ocrq.phone, "5551234", "OCRQ: phone number");
	is_str(m[7].ocrq.subaddress, "sub", "OCRQ: subaddress");
	ok(m[8].ocrp.call_id == 0x0102 && m[8].ocrp.peer_call_id == 0x0304 &&
	    m[8].ocrp.result == 5 && m[8].ocrp.error == 6 &&
	    m[8].ocrp.cause == 0x0708 && m[8].ocrp.speed == 0x090a0b0c &&
	    m[8].ocrp.window == 0x0d0e && m[8].ocrp.delay == 0x0f10 &&
	    m[8].ocrp.channel == 0x11121314, "OCRP");
	ok(m[9].icrq.call_id == 0x0102 && m[9].icrq.serial == 0x0304 &&
	    m[9].icrq.bearer == 0x05060708 &&
	    m[9].icrq.channel == 0x090a0b0c &&
	    m[9].icrq.dialed_len == 0x0d0e && m[9].icrq.dialing_len == 0x0f10,
	    "ICRQ: numbers");
	is_str(m[9].icrq.dialed, "dialed", "ICRQ: dialed");
	is_str(m[9].icrq.dialing, "dialing", "ICRQ: dialing");
	is_str(m[9].icrq.subaddress, "sub", "ICRQ: subaddress");
	ok(m[10].icrp.call_id == 0x0102 && m[10].icrp.peer_call_id == 0x0304 &&
	    m[10].icrp.result == 5 && m[10].icrp.error == 6 &&
	    m[10].icrp.window == 0x0708 && m[10].icrp.delay == 0x090a, "ICRP");
	ok(m[11].iccn.peer_call_id == 0x0102 &&
	    m[11].iccn.speed == 0x03040506 && m[11].iccn.window == 0x0708 &&
	    m[11].iccn.delay == 0x090a && m[11].iccn.framing == 0x0b0c0d0e,
	    "ICCN");
	ok(m[12].ccrq.call_id == 0x0102, "CCRQ");
	ok(m[13].cdn.call_id == 0x0102 && m[13].cdn.result == 3 &&
	    m[13].cdn.error == 4 && m[13].cdn.cause == 0x0506, "CDN");
	is_str(m[13].cdn.stats, "stats", "CDN: statistics");
	ok(m[14].wen.peer_call_id == 0x0102 &&
	    m[14].wen.crc_errors == 0x03040506 &&
	    m[14].wen.framing_errors == 0x0708090a &&
	    m[14].wen.hardware_overruns == 0x0b0c0d0e &&
	    m[14].wen.buffer_overruns == 0x0f101112 &&
	    m[14].wen.timeouts == 0x13141516 &&
	    m[14].wen.alignment_errors == 0x1718191a, "WEN");
	ok(m[15].sli.peer_call_id == 0x0102 &&
	    m[15].sli.send_accm == 0x03040506 &&
	    m[15].sli.recv_accm == 0x0708090a, "SLI");
}

static void
test_reserved(void)
{
	uint8_t		wire[PPTP_MAX_LEN], buf[PPTP_MAX_LEN];
	struct pptp_msg	msg;
	size_t		i, t;
	int		bad = 0;

	for (i = 0; i < NSAMPLES; i++) {
		build(i, wire);
		wire[10] = 0x12;
		wire[11] = 0x34;
		for (t = 0; t < sizeof(reserved) / sizeof(reserved[0]); t++) {
			if (reserved[t].type == samples[i].msg.type)
				memset(wire + reserved[t].offset, 0xff,
				    reserved[t].len);
		}
		if (pptp_decode(wire, samples[i].len, &msg) == -1 ||
		    pptp_encode(&msg, buf, sizeof(buf)) !=
		    (int)samples[i].len)
			bad++;
		build(i, wire);
		if (memcmp(buf, wire, samples[i].len) != 0)
			bad++;
	}
	is_int(bad, 0, "reserved fields ignored, and never sent");
}

/* Text without a NUL, and octets of every value (V006). */
static void
test_text(void)
{
	uint8_t		wire[PPTP_MAX_LEN], buf[PPTP_MAX_LEN];
	struct pptp_msg	msg;
	char		full[PPTP_STATS_LEN + 1];
	size_t		i;

	memset(full, 0xff, sizeof(full));

	build(0, wire);
	memset(wire + 28, 0xff, 128);
	is_int(pptp_decode(wire, 156, &msg), 0, "SCCRQ: text without NUL");
	full[64] = '\0';
	is_str(msg.scc.host, full, "host ends after 64 octets");
	is_str(msg.scc.vendor, full, "vendor ends after 64 octets");
	is_int(pptp_encode(&msg, buf, sizeof(buf)), 156, "encode them again");
	is_mem(buf, wire, 156, "all 64 octets are sent");

	build(12, wire);
	for (i = 0; i < PPTP_STATS_LEN; i++)
		wire[20 + i] = 0x80 + i;
	is_int(pptp_decode(wire, 148, &msg), 0, "CDN: text without NUL");
	is_mem(msg.cdn.stats, wire + 20, PPTP_STATS_LEN, "all 128 octets");
	is_int(msg.cdn.stats[PPTP_STATS_LEN], 0, "and a NUL");

	memset(&msg, 0, sizeof(msg));
	msg.type = PPTP_SCCRQ;
	memset(msg.scc.host, 'x', sizeof(msg.scc.host));
	memset(msg.scc.vendor, 'y', sizeof(msg.scc.vendor));
	if (pptp_encode(&msg, buf, sizeof(buf)) != 156)
		abort();
	ok(buf[91] == 'x' && buf[92] == 'y' && buf[155] == 'y',
	    "text without a NUL in the struct stays in its field");
}

static void
test_types(void)
{
	static const unsigned int	bad[] = { 0, 16, 17, 99, 255, 256, 257,
					    0xffff, 0xffffffff };
	struct pptp_msg			msg;
	uint8_t				buf[PPTP_MAX_LEN];
	size_t				i;

	for (i = 0; i < NSAMPLES; i++) {
		is_int(pptp_type_len(i + 1), samples[i].len, "length of %zu",
		    i + 1);
		is_str(pptp_type_name(i + 1), samples[i].name, "name of %zu",
		    i + 1);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		is_int(pptp_type_len(bad[i]), 0, "no length of %u", bad[i]);
		is_str(pptp_type_name(bad[i]), "?", "no name of %u", bad[i]);
		memset(&msg, 0, sizeof(msg));
		msg.type = bad[i];
		is_int(pptp_encode(&msg, buf, sizeof(buf)), -1,
		    "type %u is not encoded", bad[i]);
	}
}

/*
 * Control length torture, generator G1: every type by every interesting
 * Length, octet by octet.  The verdict must be what a slow and obvious rule
 * says, and must never change when more octets come.
 */
static int
obvious_frame(unsigned int type, unsigned int length, size_t have)
{
	unsigned int	t;
	int		any = 0;

	for (t = 1; t <= PPTP_TYPE_MAX; t++) {
		if (samples[t - 1].len == length)
			any = 1;
	}
	if (have >= 1 && length > 255)
		return (-1);
	if (have >= 2 && !any)
		return (-1);
	if (have >= 9 && type > 255)
		return (-1);
	if (have >= 10) {
		if (type < 1 || type > PPTP_TYPE_MAX ||
		    samples[type - 1].len != length)
			return (-1);
		return (length);
	}
	return (0);
}

static void
test_lengths(void)
{
	static const unsigned int	odd[] = { 16, 17, 99, 0xffff, 0 };
	static const unsigned int	fixed[] = { 0, 1, 11, 12, 219, 220,
					    221, 0x7fff, 0x8000, 0xffff };
	unsigned int			types[PPTP_TYPE_MAX + 5], lengths[32];
	uint8_t				buf[PPTP_MAX_LEN + 2];
	struct pptp_msg			msg;
	size_t				have, i, j, k, nlengths, ntypes;
	unsigned int			n, full, off;
	int				bad = 0, cases = 0, got, want;

	for (ntypes = 0; ntypes < PPTP_TYPE_MAX; ntypes++)
		types[ntypes] = ntypes + 1;
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		types[ntypes++] = odd[i];

	for (i = 0; i < ntypes; i++) {
		full = pptp_type_len(types[i]);
		nlengths = 0;
		for (j = 0; j < sizeof(fixed) / sizeof(fixed[0]); j++)
			lengths[nlengths++] = fixed[j];
		for (off = 0; off <= 8; off++)	/* V026 too */
			lengths[nlengths++] = (full - off) & 0xffff;
		lengths[nlengths++] = full + 1;
		lengths[nlengths++] = 2 * full;
		for (j = 0; j < nlengths; j++) {
			n = lengths[j];
			memset(buf, 0, sizeof(buf));
			unhex(buf, "000000011a2b3c4d00000000");
			buf[0] = n >> 8;
			buf[1] = n & 0xff;
			buf[8] = types[i] >> 8;
			buf[9] = types[i] & 0xff;
			for (have = 0; have <= sizeof(buf); have++) {
				got = pptp_frame(buf, have);
				want = obvious_frame(types[i], n, have);
				if (got != want)
					bad++;
				got = pptp_decode(buf, have, &msg);
				if (got != (want > 0 &&
				    have == (size_t)want ? 0 : -1))
					bad++;
				cases++;
			}
		}
	}
	is_int(bad, 0, "all types by all lengths, %d cases", cases);

	/* Every octet of the header that may have one value only. */
	bad = 0;
	for (i = 0; i < NSAMPLES; i++) {
		for (j = 0; j < 10; j++) {
			if (j == 1 || j == 9)
				continue;
			for (k = 1; k < 256; k++) {
				build(i, buf);
				buf[j] ^= k;
				for (have = 0; have <= j; have++) {
					if (pptp_frame(buf, have) != 0)
						bad++;
				}
				for (; have <= PPTP_MAX_LEN; have++) {
					if (pptp_frame(buf, have) != -1)
						bad++;
				}
				if (pptp_decode(buf, samples[i].len,
				    &msg) != -1)
					bad++;
			}
		}
	}
	is_int(bad, 0, "a wrong octet in the header is refused at once");
}

static void
test_history(void)
{
	uint8_t	buf[300];

	/* V001, CVE-1999-0140 */
	memset(buf, 'X', sizeof(buf));
	is_int(pptp_frame(buf, 256), -1, "garbage");
	is_int(pptp_frame(buf, 1), -1, "garbage, one octet of it");
	/* V002, CVE-2003-0213 */
	memset(buf, 'A', sizeof(buf));
	unhex(buf, "0000");
	is_int(pptp_frame(buf, 2), -1, "length 0 is refused after two octets");
	unhex(buf, "0001");
	is_int(pptp_frame(buf, 2), -1, "length 1 is refused after two octets");
	/* V003, V004 */
	unhex(buf, "000000011a2b3c4d00630000");
	is_int(pptp_frame(buf, 12), -1, "length 0 with an unknown type");
	/* V005, MS02-063 */
	unhex(buf, "0bb800011a2b3c4d00010000");
	is_int(pptp_frame(buf, 2), -1, "length 3000");
	/* V019 */
	unhex(buf, "400000011a2b3c4d00010000");
	is_int(pptp_frame(buf, 1), -1, "length 0x4000 after one octet");
	/* V021 */
	unhex(buf, "009b00011a2b3c4d00010000");
	is_int(pptp_frame(buf, 2), -1, "SCCRQ of 155");
	/* A length that another type has. */
	unhex(buf, "009400011a2b3c4d00010000");
	is_int(pptp_frame(buf, 9), 0, "SCCRQ of 148: not known yet");
	is_int(pptp_frame(buf, 10), -1, "SCCRQ of 148");
	/* A management message, section 1.4. */
	unhex(buf, "009c00021a2b3c4d00010000");
	is_int(pptp_frame(buf, 3), 0, "management message: not known yet");
	is_int(pptp_frame(buf, 4), -1, "management message");
	is_int(pptp_frame(buf, 0), 0, "nothing");
}

int
main(void)
{
	test_layout();
	test_fields();
	test_reserved();
	test_text();
	test_types();
	test_lengths();
	test_history();
	done_testing();
}
