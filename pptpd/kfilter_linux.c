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
 * nftables, and iptables by way of it: is there a chain for what comes to
 * this host whose policy is to drop, and does anything in its table name the
 * protocol or the port?  What the rules make of it is not worked out.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "kroute.h"

#define NAMES_MAX	32	/* tables, and sets of a table */
#define NAME_LEN	NFT_NAME_MAXLEN

struct names {
	unsigned int	 n;
	uint8_t		 family[NAMES_MAX];
	char		 name[NAMES_MAX][NAME_LEN];
};

/* What is looked for, and what was found. */
struct search {
	struct names	 tables;	/* with a chain that drops */
	struct names	 sets;		/* of the table */
	uint8_t		 value[2];	/* as in a packet */
	uint16_t	 len;
	int		 named;		/* or it cannot be told */
};

static void
name_add(struct names *list, uint8_t family, const struct nlattr *a)
{
	size_t	len = a->nla_len - NLA_HDRLEN;

	if (list->n == NAMES_MAX || len == 0 || len > NAME_LEN)
		return;
	list->family[list->n] = family;
	memcpy(list->name[list->n], a + 1, len);
	list->name[list->n++][len - 1] = '\0';
}

/* An attribute within len octets, NULL if there is none. */
static const struct nlattr *
attr(const void *buf, size_t len, int type)
{
	const struct nlattr	*a = buf;
	size_t			 size;

	while (len >= (size_t)NLA_HDRLEN && a->nla_len >= NLA_HDRLEN &&
	    a->nla_len <= len) {
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return (a);
		size = NLA_ALIGN((size_t)a->nla_len);
		if (len < size)
			break;
		len -= size;
		a = (const struct nlattr *)((const char *)a + size);
	}
	return (NULL);
}

static uint32_t
attr_number(const void *buf, size_t len, int type)
{
	const struct nlattr	*a;
	uint32_t		 n;

	if ((a = attr(buf, len, type)) == NULL ||
	    a->nla_len != NLA_HDRLEN + sizeof(n))
		return (UINT32_MAX);
	memcpy(&n, a + 1, sizeof(n));
	return (ntohl(n));
}

/* Is this attribute anywhere in there, however deep? */
static int
attr_within(const char *buf, size_t len, uint16_t type, const void *value,
    uint16_t size)
{
	struct nlattr	 a;

	for (; len >= (size_t)NLA_HDRLEN + size; buf += 4, len -= 4) {
		memcpy(&a, buf, sizeof(a));
		if (a.nla_len == NLA_HDRLEN + size && a.nla_type == type &&
		    memcmp(buf + NLA_HDRLEN, value, size) == 0)
			return (1);
	}
	return (0);
}

/* Is the value on the right side of what an expression compares with? */
static int
within(const struct search *s, const char *data, size_t len, int type,
    uint32_t op)
{
	const struct nlattr	*a, *v;
	int			 cmp;

	if ((a = attr(data, len, type)) == NULL ||
	    (v = attr(a + 1, a->nla_len - NLA_HDRLEN, NFTA_DATA_VALUE)) ==
	    NULL || v->nla_len != NLA_HDRLEN + s->len)
		return (-1);
	cmp = memcmp(s->value, v + 1, s->len);
	switch (op) {
	case NFT_CMP_LT:
		return (cmp < 0);
	case NFT_CMP_LTE:
		return (cmp <= 0);
	case NFT_CMP_GT:
		return (cmp > 0);
	case NFT_CMP_GTE:
		return (cmp >= 0);
	default:
		return (-1);
	}
}

/* Is the value within a range of the rule's, with one end or two? */
static int
rule_range(const struct search *s, const char *buf, size_t len)
{
	const struct nlattr	*e, *name, *data;
	const char		*p;
	size_t			 size;
	int			 in, found = 0;

	if ((e = attr(buf, len, NFTA_RULE_EXPRESSIONS)) == NULL)
		return (0);
	p = (const char *)(e + 1);
	len = e->nla_len - NLA_HDRLEN;
	while ((e = attr(p, len, NFTA_LIST_ELEM)) != NULL) {
		size = (const char *)e - p + NLA_ALIGN((size_t)e->nla_len);
		p = (const char *)(e + 1);
		name = attr(p, e->nla_len - NLA_HDRLEN, NFTA_EXPR_NAME);
		data = attr(p, e->nla_len - NLA_HDRLEN, NFTA_EXPR_DATA);
		p = (const char *)e + NLA_ALIGN((size_t)e->nla_len);
		len = len < size ? 0 : len - size;
		if (name == NULL || data == NULL)
			continue;
		buf = (const char *)(data + 1);
		in = -1;
		if (name->nla_len == NLA_HDRLEN + sizeof("cmp") &&
		    memcmp(name + 1, "cmp", sizeof("cmp")) == 0)
			in = within(s, buf, data->nla_len - NLA_HDRLEN,
			    NFTA_CMP_DATA, attr_number(buf, data->nla_len -
			    NLA_HDRLEN, NFTA_CMP_OP));
		else if (name->nla_len == NLA_HDRLEN + sizeof("range") &&
		    memcmp(name + 1, "range", sizeof("range")) == 0 &&
		    attr_number(buf, data->nla_len - NLA_HDRLEN,
		    NFTA_RANGE_OP) == NFT_RANGE_EQ) {
			in = within(s, buf, data->nla_len - NLA_HDRLEN,
			    NFTA_RANGE_FROM_DATA, NFT_CMP_GTE);
			if (in == 1)
				in = within(s, buf, data->nla_len -
				    NLA_HDRLEN, NFTA_RANGE_TO_DATA,
				    NFT_CMP_LTE);
		}
		if (in == 0)
			return (0);
		if (in == 1)
			found = 1;
	}
	return (found);
}

static void
message(struct search *s, struct nlmsghdr *h)
{
	const struct nfgenmsg	*g = NLMSG_DATA(h);
	const char		*buf = (const char *)(g + 1);
	const struct nlattr	*a, *hook;
	size_t			 len;
	uint32_t		 n;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*g)))
		return;
	len = h->nlmsg_len - NLMSG_LENGTH(sizeof(*g));
	switch (h->nlmsg_type & 0xff) {
	case NFT_MSG_NEWCHAIN:
		if ((g->nfgen_family != NFPROTO_IPV4 &&
		    g->nfgen_family != NFPROTO_INET) ||
		    (hook = attr(buf, len, NFTA_CHAIN_HOOK)) == NULL ||
		    attr_number(hook + 1, hook->nla_len - NLA_HDRLEN,
		    NFTA_HOOK_HOOKNUM) != NF_INET_LOCAL_IN ||
		    attr_number(buf, len, NFTA_CHAIN_POLICY) != NF_DROP)
			break;
		if ((a = attr(buf, len, NFTA_CHAIN_TABLE)) != NULL)
			name_add(&s->tables, g->nfgen_family, a);
		break;
	case NFT_MSG_NEWSET:
		n = attr_number(buf, len, NFTA_SET_KEY_LEN);
		if (n == s->len && (a = attr(buf, len, NFTA_SET_NAME)) != NULL)
			name_add(&s->sets, g->nfgen_family, a);
		else if (n == 8 || n == 12)	/* of several values */
			s->named = 1;
		/* Of the ranges there are only the ends. */
		if (n == s->len && (n = attr_number(buf, len,
		    NFTA_SET_FLAGS)) != UINT32_MAX && n & NFT_SET_INTERVAL)
			s->named = 1;
		break;
	case NFT_MSG_NEWRULE:
		/* An extension of iptables has a form of its own. */
		if (attr_within(buf, len, NFTA_EXPR_NAME, "match", 6) ||
		    rule_range(s, buf, len))
			s->named = 1;
		/* FALLTHROUGH */
	case NFT_MSG_NEWSETELEM:
		if (attr_within(buf, len, NFTA_DATA_VALUE, s->value, s->len))
			s->named = 1;
		break;
	}
}

static size_t
put_name(char *buf, int type, const char *name)
{
	struct nlattr	a;

	a.nla_type = type;
	a.nla_len = NLA_HDRLEN + strlen(name) + 1;
	memcpy(buf, &a, sizeof(a));
	memcpy(buf + NLA_HDRLEN, name, strlen(name) + 1);
	return (NLA_ALIGN(a.nla_len));
}

/* Names are NULL where the kernel wants none. */
static int
dump(int fd, struct search *s, int what, uint8_t family, const char *table,
    const char *set)
{
	struct {
		struct nlmsghdr	 h;
		struct nfgenmsg	 g;
		char		 attrs[2 * (NLA_HDRLEN + NAME_LEN)];
	}			 m;
	static union {
		struct nlmsghdr	 h;
		char		 octets[64 * 1024];
	}			 buf;
	struct nlmsghdr		*h;
	ssize_t			 n;
	size_t			 len = 0;

	memset(&m, 0, sizeof(m));
	/* Both attributes have the same number for rules, sets, elements. */
	if (table != NULL)
		len += put_name(m.attrs, NFTA_SET_TABLE, table);
	if (set != NULL)
		len += put_name(m.attrs + len, NFTA_SET_NAME, set);
	m.h.nlmsg_len = NLMSG_LENGTH(sizeof(m.g)) + len;
	m.h.nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | what;
	m.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	m.g.nfgen_family = family;
	m.g.version = NFNETLINK_V0;
	if (send(fd, &m, m.h.nlmsg_len, 0) == -1)
		return (-1);
	while ((n = recv(fd, &buf, sizeof(buf), 0)) > 0)
		for (h = &buf.h; NLMSG_OK(h, (size_t)n);
		    h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_type == NLMSG_DONE)
				return (0);
			if (h->nlmsg_type == NLMSG_ERROR)
				return (-1);
			message(s, h);
		}
	return (-1);
}

int
kfilter_drops(int proto, uint16_t port)
{
	struct search	 s;
	unsigned int	 i, j;
	int		 fd, drops = 0;

	memset(&s, 0, sizeof(s));
	s.value[0] = port != 0 ? port >> 8 : proto;
	s.value[1] = port;
	s.len = port != 0 ? 2 : 1;
	if ((fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
	    NETLINK_NETFILTER)) == -1)
		return (-1);
	if (dump(fd, &s, NFT_MSG_GETCHAIN, NFPROTO_UNSPEC, NULL, NULL) == -1)
		goto fail;
	for (i = 0; i < s.tables.n && !drops; i++) {
		s.named = 0;
		s.sets.n = 0;
		if (dump(fd, &s, NFT_MSG_GETRULE, s.tables.family[i],
		    s.tables.name[i], NULL) == -1 ||
		    dump(fd, &s, NFT_MSG_GETSET, s.tables.family[i],
		    s.tables.name[i], NULL) == -1)
			goto fail;
		for (j = 0; j < s.sets.n; j++)
			if (dump(fd, &s, NFT_MSG_GETSETELEM,
			    s.tables.family[i], s.tables.name[i],
			    s.sets.name[j]) == -1)
				goto fail;
		drops = !s.named;
	}
	close(fd);
	return (drops);

 fail:
	close(fd);
	return (-1);
}
