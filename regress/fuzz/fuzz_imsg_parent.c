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
 * The parent, with a routing table that is the harness's: messages of each
 * engine, right and wrong, reloads of a good and a bad file.  No route but for
 * addresses of the configuration, and none is left behind.
 */

/* fake.c has the clock, replay.c or libFuzzer has main(). */
#define monotonic_ms	parent_monotonic_ms
#define main		parent_main
int	 parent_main(int, char *[]);

#include "pptpd.c"

/* The supervisor is the harness's, too: it has nobody started. */
#undef CHILD_FD
#define CHILD_FD	supervisor_fd
static int	 supervisor_fd = -1;
/* engines.c without its headers, which are here already. */
#include "obj/engines.inc"

#undef monotonic_ms
#include "packet_io.h"
#include "fuzz.h"

#define ROUTES		64
#define WATCH_FD	1000
#define STEPS_MAX	200

static const char	good[] = "localip 10.0.0.1\nremoteip 10.0.0.10-15\n"
			    "proxy-arp yes\n"
			    "user \"a\" {\npassword \"b\"\n"
			    "route 10.9.0.0/24\n}\n"
			    "user \"c\" password \"d\" address 10.0.1.1\n";
static const char	other[] = "localip 10.0.0.1-2\n"
			    "remoteip 10.0.0.12-20\nmru 1300\n"
			    "user \"a\" password \"b\"\n";
static const char	bad[] = "localip 10.0.0.1\nremoteip\n";

static struct {
	struct in_addr	dst;
	int		prefixlen;	/* 0: none, 33: ARP */
} table[ROUTES];

static struct channel	 chan[PROC_MAX];
static struct input	 input;
static int		 failing;

static int	 ours(unsigned int);

static int
table_change(struct in_addr dst, int prefixlen, int add)
{
	size_t	i, hole = ROUTES;

	for (i = 0; i < ROUTES; i++) {
		if (table[i].prefixlen == 0)
			hole = i;
		else if (table[i].dst.s_addr == dst.s_addr &&
		    table[i].prefixlen == prefixlen)
			break;
	}
	if (failing > 0 && --failing == 0) {
		errno = ENOBUFS;
		if (!add && i < ROUTES)
			table[i].prefixlen = 0;
		return (-1);
	}
	if (add) {
		ASSERT(i == ROUTES && hole < ROUTES);
		table[hole].dst = dst;
		table[hole].prefixlen = prefixlen;
	} else {
		ASSERT(i < ROUTES);
		table[i].prefixlen = 0;
	}
	return (0);
}

/* The engines are not started. */
void
control_engine(void)
{
	abort();
}

void
session_engine(uint32_t engine, int plain, int timed)
{
	abort();
}

void
auth_engine(void)
{
	abort();
}

#ifdef setresuid
int
setresuid(uid_t a, uid_t b, uid_t c)
{
	return (0);
}
#endif

int
kroute_init(void)
{
	return (0);
}

int
kroute_tun_open(const char *want, char name[IF_NAMESIZE], int offload)
{
	return (-1);
}

int
kroute_tun_config(const char *name, const struct in_addr *a, size_t n, int mtu)
{
	ASSERT(strncmp(name, "tun", 3) == 0 && n > 0);
	return (0);
}

int
kroute_gre_open(uint32_t engine, uint32_t n)
{
	return (-1);
}

int
kroute_add(const char *name, struct in_addr dst, struct in_addr local, int mtu,
    int proxied)
{
	ASSERT(strncmp(name, "tun", 3) == 0);
	ASSERT(range_has(&parent_conf->pool->remote, dst) || dst.s_addr ==
	    htonl(0x0a000101));
	ASSERT(range_has(&parent_conf->pool->local, local));
	ASSERT(mtu >= 0 && mtu <= UINT16_MAX);
	return (table_change(dst, 32, 1));
}

int
kroute_delete(const char *name, struct in_addr dst)
{
	return (table_change(dst, 32, 0));
}

int
kroute_net_add(const char *name, struct in_addr dst, int prefixlen,
    struct in_addr local, int mtu)
{
	ASSERT(dst.s_addr == htonl(0x0a090000) && prefixlen == 24);
	return (table_change(dst, prefixlen, 1));
}

int
kroute_net_delete(const char *name, struct in_addr dst, int prefixlen)
{
	return (table_change(dst, prefixlen, 0));
}

int
kroute_arp_add(struct in_addr a, int *ifindex)
{
	*ifindex = 2;
	return (table_change(a, 33, 1));
}

int
kroute_arp_delete(struct in_addr a, int ifindex)
{
	ASSERT(ifindex == 2);
	return (table_change(a, 33, 0));
}

ssize_t
kroute_arp_list(struct kroute_arp **list)
{
	*list = NULL;
	return (0);
}

int
kroute_reject_add(struct in_addr first, struct in_addr last)
{
	return (0);
}

int
kroute_reject_delete(struct in_addr first, struct in_addr last)
{
	return (0);
}

int
kroute_forwarding(void)
{
	return (1);
}

int
kroute_gre_allowed(void)
{
	return (1);
}

int
kroute_in_rdomain(const char *ifname)
{
	return (1);
}

int
khop_supported(void)
{
	return (1);
}

int
khop_socket(void)
{
	return (-1);
}

int
khop_watch(void)
{
	return (WATCH_FD);
}

int
khop_find(struct in_addr dst, struct in_addr local, struct hop *hop)
{
	memset(hop, 0xff, sizeof(*hop));
	if (dst.s_addr & 1)
		return (0);
	errno = EHOSTUNREACH;
	return (-1);
}

int
khop_changed(void)
{
	return (1);
}

int
kfilter_drops(int proto, uint16_t port)
{
	return (0);
}

static void
file(const char *text)
{
	fake_files[0].name = "pptpd.conf";
	fake_files[0].data = (const uint8_t *)text;
	fake_files[0].len = strlen(text);
	fake_files[0].mode = 0600;
}

/* One that the parent has lost says no more. */
static void
say(unsigned int p, uint32_t type, int fd, const void *data, size_t len)
{
	if (ours(p))
		channel_send(&chan[p], type, fd, data, len);
	else if (fd != -1)
		close(fd);
}

static void
step(struct input *in)
{
	static uint8_t		 buf[16384];
	static const struct {
		uint32_t	type;
		size_t		len;
	} messages[] = {
		{ IMSG_RELOAD,		sizeof(uint32_t) },
		{ IMSG_LOG_VERBOSE,	sizeof(int) },
		{ IMSG_CONTROL_DONE,	0 },
		{ IMSG_ROUTE_ADD,	sizeof(struct msg_route) },
		{ IMSG_ROUTE_DELETE,	sizeof(struct msg_call) },
		{ IMSG_HOP_REQUEST,	sizeof(struct msg_hop) },
		{ IMSG_RELOAD_SESSION,	sizeof(struct msg_reload_session) },
		{ IMSG_RELOAD_END,	sizeof(struct msg_reload_end) },
		{ IMSG_READY,		0 }
	};
	struct msg_route	 route;
	struct msg_call		 call;
	struct msg_hop		 hop;
	const uint8_t		*raw;
	uint32_t		 client, type, p;
	size_t			 n;
	uint8_t			 op = in_8(in), how;

	switch (op & 15) {
	case 0:
	case 1:
	case 2:
	case 3:
		how = in_8(in);
		memset(&route, 0, sizeof(route));
		route.call_id = 1 + (op >> 4);
		route.serial = in_8(in);
		route.remote.s_addr = htonl(0x0a000000 + (how & 31));
		if ((how & 31) == 31)
			route.remote.s_addr = htonl(0x0a000101);
		route.local.s_addr = htonl(0x0a000001 + (how >> 7));
		route.mtu = 1400;
		route.nroutes = how >> 6 & 1;
		route.route[0].addr.s_addr = htonl(0x0a090000);
		route.route[0].prefixlen = how & 32 ? 25 : 24;
		/* Mostly of the engine whose call it is. */
		say(PROC_SESSION + (route.call_id + (route.serial == 255)) % 2,
		    IMSG_ROUTE_ADD, -1, &route, sizeof(route));
		break;
	case 4:
	case 5:
		call.call_id = 1 + (op >> 4);
		call.serial = in_8(in);
		say(PROC_SESSION + call.call_id % 2, IMSG_ROUTE_DELETE, -1,
		    &call, sizeof(call));
		break;
	case 6:
		how = in_8(in);
		file(how % 3 == 0 ? good : how % 3 == 1 ? other : bad);
		client = how & 0x80 ? 0 : how;
		say(PROC_CONTROL, IMSG_RELOAD, -1, &client, sizeof(client));
		break;
	case 7:
		failing = 1 + in_8(in) % 4;
		break;
	case 8:
		n = in_8(in);
		raw = in_bytes(in, &n);
		p = 1 + (op >> 4) % 4;
		if (ours(p))
			channel_raw(&chan[p], raw, n);
		break;
	case 9:
		/* One of them dies. */
		p = 1 + (op >> 4) % 4;
		if (!ours(p))
			break;
		(void)shutdown(chan[p].fd, SHUT_RDWR);
		(void)fake_fire(chan[p].engine, EV_READ);
		break;
	case 10:
		fake_sleep(in_8(in) * 100);
		break;
	case 11:
		memset(&hop, 0, sizeof(hop));
		hop.call_id = 1 + (op >> 4);
		hop.peer.s_addr = in_8(in);
		say(PROC_SESSION + hop.call_id % 2, IMSG_HOP_REQUEST, -1,
		    &hop, sizeof(hop));
		fake_fire(WATCH_FD, EV_READ);
		break;
	default:
		how = in_8(in);
		n = how % nitems(messages);
		type = messages[n].type;
		p = n < 3 ? PROC_CONTROL : n < 6 ? PROC_SESSION + op / 16 % 2 :
		    PROC_AUTH;
		n = messages[n].len;
		how = in_8(in);
		if (how & 0x80) {
			type = in_8(in) % (IMSG_MAX + 1);
			n = in_16(in) % (sizeof(buf) - IMSG_HEADER_SIZE);
			p = 1 + how % 4;
		}
		memset(buf, how & 1 ? 0xff : 0, sizeof(buf));
		in_fill(in, buf, n);
		say(p, type, how & 0x40 && how & 2 ? dup(2) : -1, buf, n);
		break;
	}
}

/* What a session engine that is started again gets, the harness never sees. */
static void
script(void)
{
	unsigned int	i, p;

	parent_conf = parse_config("pptpd.conf");
	ASSERT(parent_conf != NULL);
	nengines = parent_conf->pptp.engines = 2;
	evtimer_set(&ev_shutdown, shutdown_timeout, NULL);
	hops_open();
	hops_start();
	for (p = PROC_CONTROL; p < PROC_SESSION + nengines; p++) {
		channel_open(&chan[p], -1);
		imsgev_init(&engines[p].iev, chan[p].engine, parent_dispatch,
		    1);
		engines[p].there = 1;
		evtimer_set(&engines[p].ev_start, session_start, &engines[p]);
		evtimer_set(&engines[p].ev_read, read_timeout, &engines[p]);
	}
	for (i = 0; i < STEPS_MAX && input.left > 0; i++) {
		step(&input);
		for (p = PROC_CONTROL; p < PROC_SESSION + nengines; p++)
			if (ours(p))
				channel_take(&chan[p], NULL);
	}
}

/* The parent closes what it has lost, and may have another then. */
static int
ours(unsigned int p)
{
	return (chan[p].fd != -1 && engines[p].there &&
	    engines[p].iev.ibuf.fd == chan[p].engine);
}

static void
finish(void)
{
	unsigned int	p;

	failing = 0;
	route_delete_tun(parent_conf, devices[0].tun);
	route_delete_tun(parent_conf, devices[1].tun);
	route_delete_all();
	for (p = 0; p < ROUTES; p++)
		ASSERT(table[p].prefixlen == 0);
	for (p = PROC_CONTROL; p < PROC_MAX; p++) {
		if (engines[p].there) {
			imsgbuf_clear(&engines[p].iev.ibuf);
			close(engines[p].iev.ibuf.fd);
		}
		chan[p].engine = -1;
		if (chan[p].fd != -1)
			channel_close(&chan[p]);
	}
	memset(engines, 0, sizeof(engines));
	config_free(parent_conf);
	parent_conf = NULL;
	parent_stopping = serving = 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	size_t	i;

	input.p = p;
	input.left = len;
	fake_begin();
	file(good);
	(void)strlcpy(devices[0].tun, "tun0", sizeof(devices[0].tun));
	(void)strlcpy(devices[1].tun, "tun1", sizeof(devices[1].tun));
	devices[0].tun_fd = devices[0].gre_fd = devices[1].tun_fd =
	    devices[1].gre_fd = devices[0].link_fd = devices[1].link_fd =
	    STDERR_FILENO;
	conf_file = "pptpd.conf";
	failing = 0;
	memset(table, 0, sizeof(table));
	for (i = 0; i < PROC_MAX; i++)
		chan[i].fd = chan[i].engine = -1;
	(void)fake_run(script);
	ASSERT(fake_run(finish) == -1);
	fake_begin();
	return (0);
}
