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
 * load: thousands of sessions at a PPTP server, from many addresses, which
 * must be of this host.  Sets them up, as fast as the server lets it with so
 * many at once, prints how long that took, and then does what lines on its
 * standard input say, one after another; each prints one line in the end:
 *
 *   ping SESSIONS MS TIME	each of them every MS for a TIME in ms
 *   flood SESSIONS LEN tcp|udp TIME
 *				packets of LEN octets as fast as possible
 *   prepare SESSIONS LEN tcp|udp PACKETS
 *				encrypt packets for a flood
 *   replay			send these, as fast as possible
 *   tun				a device for the first session, for good
 *   receive TIME		count data, decrypt nothing
 *   wait TIME			until the server has ended all sessions
 *   close			end all, by Stop-Control-Connection-Request
 *   quit			(or the end of the input)
 */

#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>

#include <linux/if_tun.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gre.h"
#include "mppe.h"
#include "mschap.h"
#include "pptp.h"
#include "load.h"

#define EVENTS_MAX	256
#define ID_GRE		UINT32_MAX	/* of what epoll(7) says */
#define ID_STDIN	(UINT32_MAX - 1)
#define ID_TUN		(UINT32_MAX - 2)
#define SETUP_TIMEOUT	30000	/* ms for one session */

static void	 usage(void) __attribute__((__noreturn__));
static void	 parse_sources(char *);
static void	 watch(int, int, uint32_t, uint32_t);
static int	 begin(struct session *);
static void	 call(struct session *);
static void	 connect_leader(struct session *);
static void	 over(struct session *);
static struct session *follower(struct session *);
static void	 look_after(void);
static void	 control_event(struct session *, uint32_t);
static void	 control_read(struct session *);
static void	 control_message(struct session *, const struct pptp_msg *);
static void	 control_send(struct session *, const struct pptp_msg *);
static void	 events(int);
static void	 command_read(void);
static void	 command(char *);
static void	 command_done(void);
static void	 tun_open(void);
static void	 report_setup(void);
static void	 report_wait(void);

struct options		 opt;
struct session		*sessions;
uint64_t		 now;

static int		 epfd;
static uint32_t		*setting_up;	/* numbers of sessions, any order */
static unsigned int	 nsetting_up, nbegun, nup, nover, nfailed;
static uint64_t		 begun_at, waits_until, receives_until;
static char		 input[1024];
static size_t		 inputlen;
static int		 input_ended;

static void
usage(void)
{
	fprintf(stderr, "usage: load -b first-last -p password -s server "
	    "-u user [-m 128 | 128-stateful | none]\n"
	    "\t[-c connections] [-e interface,router's-address] "
	    "[-i flood-to] [-n sessions]\n\t[-w at-once]\n");
	exit(1);
}

int
main(int argc, char *argv[])
{
	struct rlimit	 rl;
	const char	*e;
	uint32_t	 i, n;
	int		 ch;

	setvbuf(stdout, NULL, _IOLBF, 0);
	opt.sessions = 1;
	opt.at_once = 256;
	opt.bits = 128;
	opt.server.sin_family = AF_INET;
	opt.server.sin_port = htons(PPTP_PORT);
	while ((ch = getopt(argc, argv, "b:c:e:i:m:n:p:s:u:w:")) != -1)
		switch (ch) {
		case 'b':
			parse_sources(optarg);
			break;
		case 'c':
			opt.connections = strtonum(optarg, 1, SESSIONS_MAX,
			    &e);
			if (e != NULL)
				errx(1, "-c %s: %s", optarg, e);
			break;
		case 'e':
			link_open(optarg);
			break;
		case 'i':
			if (inet_aton(optarg, &opt.flood_to) == 0)
				errx(1, "-i %s", optarg);
			break;
		case 'm':
			if (strcmp(optarg, "none") == 0)
				opt.bits = 0;
			else if (strcmp(optarg, "128-stateful") == 0)
				opt.stateful = 1;
			else if (strcmp(optarg, "128") != 0)
				usage();
			break;
		case 'n':
			opt.sessions = strtonum(optarg, 1, SESSIONS_MAX, &e);
			if (e != NULL)
				errx(1, "-n %s: %s", optarg, e);
			break;
		case 'p':
			if (nt_password_hash(optarg, opt.nt_hash) == -1)
				errx(1, "password");
			break;
		case 's':
			if (inet_aton(optarg, &opt.server.sin_addr) == 0)
				errx(1, "-s %s", optarg);
			break;
		case 'u':
			opt.user = optarg;
			break;
		case 'w':
			opt.at_once = strtonum(optarg, 1, SESSIONS_MAX, &e);
			if (e != NULL)
				errx(1, "-w %s: %s", optarg, e);
			break;
		default:
			usage();
		}
	if (optind != argc || opt.user == NULL || opt.first == 0 ||
	    opt.server.sin_addr.s_addr == INADDR_ANY)
		usage();

	if (opt.connections == 0 || opt.connections > opt.sessions)
		opt.connections = opt.sessions;
	rl.rlim_cur = rl.rlim_max = opt.connections + 64;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
		err(1, "descriptors for %u connections", opt.connections);
	if ((sessions = calloc(opt.sessions, sizeof(*sessions))) == NULL ||
	    (setting_up = calloc(opt.at_once, sizeof(*setting_up))) == NULL)
		err(1, NULL);
	for (i = 0; i < opt.sessions; i++) {
		n = opt.first + i % opt.connections %
		    (opt.last - opt.first + 1);
		sessions[i].id = i + 1;
		sessions[i].leader = &sessions[i % opt.connections];
		sessions[i].fd = -1;
		sessions[i].source.s_addr = htonl(n);
	}
	if ((epfd = epoll_create1(0)) == -1)
		err(1, "epoll_create1");
	data_open();
	watch(data_fd(), EPOLL_CTL_ADD, EPOLLIN, ID_GRE);
	watch(STDIN_FILENO, EPOLL_CTL_ADD, 0, ID_STDIN);

	clock_read();
	begun_at = now;
	while (nup + nfailed < opt.sessions) {
		while (nsetting_up < opt.at_once && nbegun < opt.sessions) {
			if (!begin(&sessions[nbegun]))
				break;
			setting_up[nsetting_up++] = nbegun++;
		}
		events(100);
		look_after();
	}
	report_setup();
	command_done();
	for (;;)
		events(data_busy() ? data_step() : 1);
}

static void
parse_sources(char *arg)
{
	struct in_addr	 a, b;
	char		*dash;

	if ((dash = strchr(arg, '-')) != NULL)
		*dash++ = '\0';
	if (inet_aton(arg, &a) == 0 || (dash != NULL &&
	    inet_aton(dash, &b) == 0))
		usage();
	opt.first = opt.last = ntohl(a.s_addr);
	if (dash != NULL)
		opt.last = ntohl(b.s_addr);
	if (opt.first > opt.last)
		usage();
}

void
clock_read(void)
{
	struct timespec	ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	now = ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

static void
watch(int fd, int op, uint32_t what, uint32_t id)
{
	struct epoll_event	ev;

	ev.events = what;
	ev.data.u32 = id;
	/* A file cannot be watched, but a pipe or a terminal. */
	if (epoll_ctl(epfd, op, fd, &ev) == -1)
		err(1, "epoll_ctl");
}

/* 0: not yet, the first call of its connection has to be let in. */
static int
begin(struct session *s)
{
	s->started = s->tried = now;
	if (s->leader == s)
		connect_leader(s);
	else if (s->leader->stage == S_UP)
		call(s);
	else if (s->leader->stage == S_OVER)
		session_over(s);
	else
		return (0);
	return (1);
}

static void
connect_leader(struct session *s)
{
	struct sockaddr_in	sin;
	int			on = 1;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr = s->source;
	s->stage = S_CONNECT;
	if ((s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) == -1)
		err(1, "socket");
	/* Ports are chosen when the destination is known, so there are more. */
	if (setsockopt(s->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
	    sizeof(on)) == -1 || setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY,
	    &on, sizeof(on)) == -1)
		err(1, "setsockopt");
	if (bind(s->fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "%s", inet_ntoa(s->source));
	if (connect(s->fd, (struct sockaddr *)&opt.server,
	    sizeof(opt.server)) == -1 && errno != EINPROGRESS)
		err(1, "connect");
	watch(s->fd, EPOLL_CTL_ADD, EPOLLOUT, s->id);
}

/* Who has no answer asks again, who has none for long is given up. */
static void
look_after(void)
{
	static uint64_t	 next;
	struct session	*s;
	unsigned int	 i;

	for (i = 0; i < nsetting_up; i++) {
		s = &sessions[setting_up[i]];
		if (s->stage >= S_UP)
			setting_up[i--] = setting_up[--nsetting_up];
	}
	if (now < next)
		return;
	next = now + RETRY * 1000 / 4;
	for (i = 0; i < nsetting_up; i++) {
		s = &sessions[setting_up[i]];
		if (now > s->started + SETUP_TIMEOUT * 1000ULL)
			session_over(s);
		else if (now > s->tried + RETRY * 1000) {
			s->tried = now;
			ppp_again(s);
		}
	}
	data_flush();
}

void
session_up(struct session *s)
{
	if (s->stage != S_NETWORK || s->ipcp != OPEN ||
	    (opt.bits != 0 && s->ccp != OPEN))
		return;
	s->stage = S_UP;
	nup++;
}

/* A leader takes the others with it. */
void
session_over(struct session *s)
{
	struct session	*f;

	if (s->leader == s && s->fd != -1) {
		close(s->fd);
		s->fd = -1;
		for (f = follower(s); f != NULL; f = follower(f))
			if (f->stage != S_IDLE)
				over(f);
	}
	over(s);
}

static void
over(struct session *s)
{
	if (s->stage == S_OVER)
		return;
	if (s->stage < S_UP)
		nfailed++;
	s->stage = S_OVER;
	nover++;
}

/* The next one of the same connection. */
static struct session *
follower(struct session *s)
{
	return (s->id + opt.connections > opt.sessions ? NULL :
	    s + opt.connections);
}

static void
events(int timeout)
{
	struct epoll_event	ev[EVENTS_MAX];
	int			i, n;

	if ((n = epoll_wait(epfd, ev, EVENTS_MAX, timeout)) == -1 &&
	    errno != EINTR)
		err(1, "epoll_wait");
	clock_read();
	for (i = 0; i < n; i++)
		if (ev[i].data.u32 == ID_GRE)
			data_read();
		else if (ev[i].data.u32 == ID_STDIN)
			command_read();
		else if (ev[i].data.u32 == ID_TUN)
			data_tun_read();
		else
			control_event(&sessions[ev[i].data.u32 - 1],
			    ev[i].events);
	data_flush();
	if (receives_until != 0 && now >= receives_until) {
		printf("received packets=%llu octets=%llu\n",
		    (unsigned long long)received.packets,
		    (unsigned long long)received.octets);
		receives_until = 0;
		data_ignore(0);
	}
	if (waits_until != 0 && (nover == opt.sessions || now >= waits_until))
		report_wait();
	if (nbegun == opt.sessions && nsetting_up == 0)
		command_done();
}

/* The control connection. */

static void
control_event(struct session *s, uint32_t what)
{
	struct pptp_msg	msg;

	if (s->fd == -1)
		return;
	if (s->stage == S_CONNECT) {
		if (what & (EPOLLERR | EPOLLHUP)) {
			session_over(s);
			return;
		}
		watch(s->fd, EPOLL_CTL_MOD, EPOLLIN, s->id);
		s->stage = S_START;
		memset(&msg, 0, sizeof(msg));
		msg.type = PPTP_SCCRQ;
		msg.scc.version = PPTP_VERSION;
		msg.scc.framing = PPTP_FRAME_EITHER;
		msg.scc.bearer = PPTP_BEARER_ANY;
		strlcpy(msg.scc.host, "load", sizeof(msg.scc.host));
		control_send(s, &msg);
	} else
		control_read(s);
}

static void
control_read(struct session *s)
{
	struct pptp_msg	msg;
	ssize_t		n;
	int		len;

	n = read(s->fd, s->in + s->inlen, sizeof(s->in) - s->inlen);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		session_over(s);
		return;
	}
	s->inlen += n;
	while ((len = pptp_frame(s->in, s->inlen)) > 0 &&
	    (size_t)len <= s->inlen) {
		if (pptp_decode(s->in, len, &msg) == 0)
			control_message(s, &msg);
		if (s->fd == -1)
			return;
		s->inlen -= len;
		memmove(s->in, s->in + len, s->inlen);
	}
	if (len == -1)
		errx(1, "not a control message");
}

static void
call(struct session *s)
{
	struct pptp_msg	msg;

	memset(&msg, 0, sizeof(msg));
	msg.type = PPTP_OCRQ;
	msg.ocrq.call_id = s->id;
	msg.ocrq.min_bps = 300;
	msg.ocrq.max_bps = 100000000;
	msg.ocrq.bearer = PPTP_BEARER_ANY;
	msg.ocrq.framing = PPTP_FRAME_EITHER;
	msg.ocrq.window = 64;
	s->stage = S_CALL;
	control_send(s->leader, &msg);
}

/* s is the leader. */
static void
control_message(struct session *s, const struct pptp_msg *msg)
{
	struct pptp_msg	 reply;
	struct session	*f;

	memset(&reply, 0, sizeof(reply));
	switch (msg->type) {
	case PPTP_SCCRP:
		if (s->stage != S_START || msg->scc.result != PPTP_SCCRP_OK)
			break;
		s->tried = now;
		call(s);
		break;
	case PPTP_OCRP:
		if (msg->ocrp.peer_call_id < 1 ||
		    msg->ocrp.peer_call_id > opt.sessions)
			break;
		s = &sessions[msg->ocrp.peer_call_id - 1];
		if (s->stage != S_CALL)
			break;
		s->tried = now;
		if (msg->ocrp.result != PPTP_OCRP_CONNECTED) {
			session_over(s);
			break;
		}
		s->peer_id = msg->ocrp.call_id;
		ppp_begin(s);
		break;
	case PPTP_ECHORQ:
		reply.type = PPTP_ECHORP;
		reply.echo.id = msg->echo.id;
		reply.echo.result = PPTP_ECHORP_OK;
		control_send(s, &reply);
		break;
	case PPTP_CDN:
		for (; s != NULL; s = follower(s))
			if (s->peer_id == msg->cdn.call_id)
				s->told |= TOLD_CDN;
		break;
	case PPTP_STOPCCRQ:
		for (f = follower(s); f != NULL; f = follower(f))
			f->told |= TOLD_STOP;
		s->told |= TOLD_STOP;
		reply.type = PPTP_STOPCCRP;
		reply.stop.result = PPTP_STOPCCRP_OK;
		control_send(s, &reply);
		break;
	default:
		break;
	}
}

/* Messages are short and few: one that does not fit is an error here. */
static void
control_send(struct session *s, const struct pptp_msg *msg)
{
	uint8_t	buf[PPTP_MAX_LEN];
	int	len;

	if ((len = pptp_encode(msg, buf, sizeof(buf))) == -1)
		errx(1, "control message %d", msg->type);
	if (write(s->fd, buf, len) != len)
		session_over(s);
}

/* Standard input. */

static void
command_read(void)
{
	ssize_t	n;

	n = read(STDIN_FILENO, input + inputlen, sizeof(input) - inputlen);
	if (n <= 0)
		input_ended = 1;
	else
		inputlen += n;
	watch(STDIN_FILENO, EPOLL_CTL_MOD, 0, ID_STDIN);
}

/* The one before is done: the next. */
static void
command_done(void)
{
	char	*end;
	char	 line[sizeof(input)];

	if (data_busy() || waits_until != 0 || receives_until != 0)
		return;
	if ((end = memchr(input, '\n', inputlen)) == NULL) {
		if (input_ended || inputlen == sizeof(input))
			exit(0);
		watch(STDIN_FILENO, EPOLL_CTL_MOD, EPOLLIN, ID_STDIN);
		return;
	}
	*end++ = '\0';
	memcpy(line, input, end - input);
	inputlen -= end - input;
	memmove(input, end, inputlen);
	command(line);
}

static void
command(char *line)
{
	struct pptp_msg	msg;
	unsigned int	n, a, b, i;
	char		proto[4];

	if (sscanf(line, "ping %u %u %u", &n, &a, &b) == 3 && n > 0 &&
	    n <= opt.sessions && a > 0 && b >= a)
		data_ping(n, a, b);
	else if (sscanf(line, "flood %u %u %3s %u", &n, &a, proto, &b) == 4 &&
	    n > 0 && n <= opt.sessions && a >= 40 && a <= 1400 &&
	    opt.flood_to.s_addr != INADDR_ANY)
		data_flood(n, a, strcmp(proto, "tcp") == 0, b);
	else if (sscanf(line, "prepare %u %u %3s %u", &n, &a, proto, &b) ==
	    4 && n > 0 && n <= opt.sessions && a >= 40 && a <= 1400 && b > 0 &&
	    opt.flood_to.s_addr != INADDR_ANY)
		data_prepare(n, a, strcmp(proto, "tcp") == 0, b);
	else if (strcmp(line, "replay") == 0) {
		if (data_replay() == -1)
			errx(1, "nothing is prepared");
	} else if (strcmp(line, "tun") == 0)
		tun_open();
	else if (sscanf(line, "receive %u", &n) == 1) {
		memset(&received, 0, sizeof(received));
		data_ignore(1);
		receives_until = now + n * 1000ULL;
	} else if (sscanf(line, "wait %u", &n) == 1) {
		begun_at = now;
		waits_until = now + n * 1000ULL;
	} else if (strcmp(line, "close") == 0) {
		memset(&msg, 0, sizeof(msg));
		msg.type = PPTP_STOPCCRQ;
		msg.stop.result = PPTP_STOP_NONE;
		for (i = 0; i < opt.sessions; i++)
			if (sessions[i].fd != -1)
				control_send(&sessions[i], &msg);
		printf("closing\n");
	} else if (strcmp(line, "quit") == 0)
		exit(0);
	else
		errx(1, "what is \"%s\"?", line);
}

/* With offloads; its addresses are the caller's. */
static void
tun_open(void)
{
	struct ifreq	ifr;
	char		address[INET_ADDRSTRLEN];
	int		fd;

	memset(&ifr, 0, sizeof(ifr));
	ifr.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
	if ((fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK)) == -1 ||
	    ioctl(fd, TUNSETIFF, &ifr) == -1 || ioctl(fd, TUNSETOFFLOAD,
	    TUN_F_CSUM | TUN_F_TSO4) == -1)
		err(1, "tun device");
	data_tun(fd);
	watch(fd, EPOLL_CTL_ADD, EPOLLIN, ID_TUN);
	(void)inet_ntop(AF_INET, &sessions[0].address, address,
	    sizeof(address));
	printf("tun name=%s address=%s gateway=%s\n", ifr.ifr_name, address,
	    inet_ntoa(sessions[0].gateway));
}

static void
report_setup(void)
{
	double	s = (now - begun_at) / 1e6;

	printf("up=%u failed=%u connections=%u seconds=%.3f per_second=%.0f\n",
	    nup, nfailed, opt.connections, s, nup / s);
}

static void
report_wait(void)
{
	unsigned int	i, n[3] = { 0, 0, 0 }, told = 0;

	for (i = 0; i < opt.sessions; i++) {
		n[0] += (sessions[i].told & TOLD_TERM) != 0;
		n[1] += (sessions[i].told & TOLD_CDN) != 0;
		n[2] += (sessions[i].told & TOLD_STOP) != 0;
		told += (sessions[i].told & (TOLD_CDN | TOLD_STOP)) != 0;
	}
	printf("over=%u told=%u by_terminate=%u by_disconnect=%u by_stop=%u "
	    "seconds=%.3f\n", nover, told, n[0], n[1], n[2],
	    (now - begun_at) / 1e6);
	waits_until = 0;
}
