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

#include <event.h>
#include <imsg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pptpd.h"
#include "fsm.h"
#include "ppp.h"

/* LCP's Configuration Options (RFC 1661 section 6). */

#define OPT_MRU		1
#define OPT_AUTH	3
#define OPT_MAGIC	5
#define OPT_PFC		7
#define OPT_ACFC	8

#define CHAP_ALG_MD5	0x05
#define CHAP_ALG_MS1	0x80
#define CHAP_ALG_MS2	0x81

static uint32_t	 next_magic(uint32_t);
static size_t	 put_auth(uint8_t *, uint8_t);
static uint8_t	 get_auth(const uint8_t *);
static uint8_t	 strongest(uint8_t);

void
lcp_init(struct lcp *l, const struct conf_ppp *conf, uint32_t magic)
{
	memset(l, 0, sizeof(*l));
	cp_init(&l->cp, PPP_LCP);
	l->magic = magic != 0 ? magic : 1;
	l->mru = conf->mru;
	l->peer_mru = PPP_DEFAULT_MRU;
	l->auth_left = conf->auth;
	l->auth = strongest(l->auth_left);
}

/* A stronger method must be offered before a weaker one (RFC 1334 sec. 2). */
static uint8_t
strongest(uint8_t mask)
{
	uint8_t	bit;

	for (bit = AUTH_MSCHAPV2; bit != 0; bit >>= 1)
		if (mask & bit)
			return (bit);
	return (0);
}

static size_t
put_auth(uint8_t *buf, uint8_t auth)
{
	buf[0] = OPT_AUTH;
	buf[1] = auth == AUTH_PAP ? 4 : 5;
	buf[2] = (auth == AUTH_PAP ? PPP_PAP : PPP_CHAP) >> 8;
	buf[3] = (auth == AUTH_PAP ? PPP_PAP : PPP_CHAP) & 0xff;
	switch (auth) {
	case AUTH_CHAP_MD5:
		buf[4] = CHAP_ALG_MD5;
		break;
	case AUTH_MSCHAP:
		buf[4] = CHAP_ALG_MS1;
		break;
	case AUTH_MSCHAPV2:
		buf[4] = CHAP_ALG_MS2;
		break;
	}
	return (buf[1]);
}

/* AUTH_* that an option names, 0 if it is none of ours. */
static uint8_t
get_auth(const uint8_t *opt)
{
	uint16_t	proto;

	if (opt[1] < 4)
		return (0);
	proto = opt[2] << 8 | opt[3];
	if (proto == PPP_PAP && opt[1] == 4)
		return (AUTH_PAP);
	if (proto != PPP_CHAP || opt[1] != 5)
		return (0);
	switch (opt[4]) {
	case CHAP_ALG_MD5:
		return (AUTH_CHAP_MD5);
	case CHAP_ALG_MS1:
		return (AUTH_MSCHAP);
	case CHAP_ALG_MS2:
		return (AUTH_MSCHAPV2);
	}
	return (0);
}

size_t
lcp_request(struct lcp *l, uint8_t *buf)
{
	uint8_t		*p = buf;
	uint32_t	 magic;

	if (!l->no_mru) {
		*p++ = OPT_MRU;
		*p++ = 4;
		*p++ = l->mru >> 8;
		*p++ = l->mru & 0xff;
	}
	p += put_auth(p, l->auth);
	if (!l->no_magic) {
		*p++ = OPT_MAGIC;
		*p++ = 6;
		magic = htonl(l->magic);
		memcpy(p, &magic, sizeof(magic));
		p += sizeof(magic);
	}
	if (!l->no_pfc) {
		*p++ = OPT_PFC;
		*p++ = 2;
	}
	if (!l->no_acfc) {
		*p++ = OPT_ACFC;
		*p++ = 2;
	}
	return (p - buf);
}

/* Another magic number, for one that the peer must not use. */
static uint32_t
next_magic(uint32_t magic)
{
	do {
		magic = ppp_host_random();
	} while (magic == 0);
	return (htonl(magic));
}

void
lcp_check(struct lcp *l, const uint8_t *opt, size_t len, struct cp_reply *r)
{
	uint32_t	 magic;
	uint16_t	 mru;
	uint8_t		 value[2];

	for (; len > 0; len -= opt[1], opt += opt[1]) {
		if (cp_seen(r, opt[0])) {
			cp_reject(r, opt);
			continue;
		}
		switch (opt[0]) {
		case OPT_MRU:
			mru = opt[1] == 4 ? opt[2] << 8 | opt[3] : 0;
			if (mru >= PPP_MIN_MRU && mru <= PPP_DEFAULT_MRU)
				break;
			mru = opt[1] == 4 && mru < PPP_MIN_MRU ?
			    PPP_MIN_MRU : PPP_DEFAULT_MRU;
			value[0] = mru >> 8;
			value[1] = mru & 0xff;
			cp_nak(r, opt, OPT_MRU, value, sizeof(value));
			break;
		case OPT_MAGIC:
			magic = 0;
			if (opt[1] == 6)
				memcpy(&magic, opt + 2, sizeof(magic));
			/* Equal numbers may mean a loop (section 6.4). */
			if (magic == htonl(l->magic) && !l->no_magic)
				l->loops++;
			else if (magic != 0)
				break;
			magic = next_magic(magic);
			cp_nak(r, opt, OPT_MAGIC, &magic, sizeof(magic));
			break;
		case OPT_PFC:
		case OPT_ACFC:
			if (opt[1] != 2)
				cp_nak(r, opt, opt[0], NULL, 0);
			break;
		case OPT_AUTH:	/* we do not authenticate ourselves */
		default:
			cp_reject(r, opt);
			break;
		}
	}
}

/* The peer's request was good: what it did not name has its default. */
void
lcp_accept(struct lcp *l, const uint8_t *opt, size_t len)
{
	uint32_t	magic;

	l->peer_mru = PPP_DEFAULT_MRU;
	l->peer_magic = 0;
	l->peer_pfc = l->peer_acfc = 0;
	for (; len > 0; len -= opt[1], opt += opt[1]) {
		switch (opt[0]) {
		case OPT_MRU:
			l->peer_mru = opt[2] << 8 | opt[3];
			break;
		case OPT_MAGIC:
			memcpy(&magic, opt + 2, sizeof(magic));
			l->peer_magic = ntohl(magic);
			break;
		case OPT_PFC:
			l->peer_pfc = 1;
			break;
		case OPT_ACFC:
			l->peer_acfc = 1;
			break;
		}
	}
	l->loops = 0;
}

/* The peer would like our options otherwise. */
enum end_cause
lcp_nak(struct lcp *l, const uint8_t *opt, size_t len)
{
	uint16_t	mru;
	uint8_t		auth;

	for (; len > 0; len -= opt[1], opt += opt[1]) {
		switch (opt[0]) {
		case OPT_MRU:
			mru = opt[1] == 4 ? opt[2] << 8 | opt[3] : 0;
			if (mru >= PPP_MIN_MRU && mru <= PPP_DEFAULT_MRU)
				l->mru = mru;
			break;
		case OPT_AUTH:
			/* Its choice if we allow it, else our next one. */
			l->auth_left &= ~l->auth;
			auth = get_auth(opt);
			if (auth & l->auth_left)
				l->auth = auth;
			else
				l->auth = strongest(l->auth_left);
			if (l->auth == 0)
				return (END_AUTH_REFUSED);
			break;
		case OPT_MAGIC:
			l->magic = ntohl(next_magic(l->magic));
			break;
		}
	}
	return (END_NONE);
}

/* The peer does not know these options of ours; never ask again (5.4). */
enum end_cause
lcp_rej(struct lcp *l, const uint8_t *opt, size_t len)
{
	for (; len > 0; len -= opt[1], opt += opt[1]) {
		switch (opt[0]) {
		case OPT_MRU:
			l->no_mru = 1;
			break;
		case OPT_AUTH:
			return (END_AUTH_REFUSED);
		case OPT_MAGIC:
			l->no_magic = 1;
			break;
		case OPT_PFC:
			l->no_pfc = 1;
			break;
		case OPT_ACFC:
			l->no_acfc = 1;
			break;
		}
	}
	return (END_NONE);
}
