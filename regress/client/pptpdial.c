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
 * pptpdial: a PPTP client for tests.  It makes any number of calls from one
 * process, can send pings over each without help from the kernel, and misbehave
 * in measured ways.  See pptpdial(1).
 */

#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>
#include <arpa/inet.h>
#include <net/if.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <vis.h>

#include "pptp.h"
#include "gre.h"
#include "mppe.h"
#include "mschap.h"
#include "dial.h"

#define FOREVER		UINT64_MAX
#define PING_SIZE_MIN	28
#define BURST_MAX	64
#define MTU_MIN		128
#define MTU_MAX		1500

/* What the process as a whole is doing. */
enum run_state {
	RUN_SETUP,		/* calls come up, and ping */
	RUN_COMMAND,		/* -c */
	RUN_HOLD,		/* -H */
	RUN_HANGUP,
	RUN_DONE
};

struct options		 opt;
struct call		*calls;
uint64_t		 now;

static enum run_state	 state;
static struct pollfd	*pfds;		/* GRE, TCP of each call, tun of each */
static uint64_t		 next_timer = FOREVER;	/* not after the first one */
static uint64_t		 setup_end, hold_end;
static uint64_t		 flood_wait;	/* us, 0: no flood */
static uint32_t		 dice_state;
static uint16_t		 id_base;
static pid_t		 command_pid;
static int		 started, settled, dead;	/* calls */
static int		 unexpected;	/* ended while they should be up */
static int		 ok = 1;
static volatile sig_atomic_t got_child, got_end;

static void		 usage(void) __attribute__((__noreturn__));
static int		 number(const char *, int, int, const char *);
static struct in_addr	 address(const char *);
static unsigned int	 parse_methods(char *);
static unsigned int	 parse_modes(char *, int *);
static void		 parse_pings(char *);
static void		 parse_reorder(char *);
static void		 parse_route(char *);
static void		 parse_options(int, char *[]);
static void		 signal_handler(int);
static void		 setup(void);
static void		 loop(const sigset_t *);
static void		 run_events(void);
static void		 run_timers(void);
static void		 run_timer(struct call *, enum timer);
static void		 step(const sigset_t *);
static int		 pinging(void);
static void		 command_start(const sigset_t *);
static void		 command_wait(void);
static void		 call_up(struct call *);

static void
usage(void)
{
	fprintf(stderr,
	    "usage: pptpdial [-NqTUvXx] [-A address] [-a methods] [-B pings] "
	    "[-b address]\n"
	    "                [-c command] [-F number] [-f [udp:]packets] "
	    "[-H seconds]\n"
	    "                [-i address] [-j calls]\n"
	    "                [-L percent] [-l percent] [-M mtu] [-m modes] "
	    "[-n calls]\n"
	    "                [-P count[,needed]] [-p password] "
	    "[-R net[/len]]\n"
	    "                [-r [distance/]percent] [-S seed] [-t seconds] "
	    "[-u user]\n"
	    "                [-w ms] [-z size] -s server\n");
	exit(2);
}

static int
number(const char *s, int min, int max, const char *what)
{
	const char	*errstr;
	int		 n;

	n = strtonum(s, min, max, &errstr);
	if (errstr != NULL)
		errx(2, "%s is %s: %s", what, errstr, s);
	return (n);
}

static struct in_addr
address(const char *s)
{
	struct in_addr	a;

	if (inet_pton(AF_INET, s, &a) != 1)
		errx(2, "not an IPv4 address: %s", s);
	return (a);
}

static unsigned int
parse_methods(char *s)
{
	unsigned int	 methods = 0;
	char		*word;

	while ((word = strsep(&s, ",")) != NULL) {
		if (strcmp(word, "none") == 0)
			methods |= METHOD_NONE;
		else if (strcmp(word, "pap") == 0)
			methods |= METHOD_PAP;
		else if (strcmp(word, "chap") == 0)
			methods |= METHOD_CHAP;
		else if (strcmp(word, "mschap") == 0)
			methods |= METHOD_MSCHAP;
		else if (strcmp(word, "mschapv2") == 0)
			methods |= METHOD_MSCHAPV2;
		else
			errx(2, "unknown method: %s", word);
	}
	return (methods);
}

static unsigned int
parse_modes(char *s, int *required)
{
	unsigned int	 modes = 0, mode;
	char		*word, *colon;

	*required = 1;
	while ((word = strsep(&s, ",")) != NULL) {
		colon = strchr(word, ':');
		if (colon != NULL)
			*colon++ = '\0';
		mode = 0;
		if (strcmp(word, "128") == 0)
			mode = MODE_128;
		else if (strcmp(word, "56") == 0)
			mode = MODE_56;
		else if (strcmp(word, "40") == 0)
			mode = MODE_40;
		if (mode != 0) {
			if (colon == NULL || strcmp(colon, "stateless") == 0)
				modes |= mode;
			else if (strcmp(colon, "stateful") == 0)
				modes |= mode << MODE_SHIFT;
			else
				errx(2, "unknown MPPE mode: %s", colon);
		} else if (colon == NULL && strcmp(word, "any") == 0)
			modes |= MODE_STATELESS | MODE_STATEFUL;
		else if (colon == NULL && strcmp(word, "none") == 0)
			*required = 0;
		else
			errx(2, "unknown MPPE mode: %s", word);
	}
	return (modes);
}

static void
parse_pings(char *s)
{
	char	*count;

	count = strsep(&s, ",");
	opt.pings = number(count, 1, 1000000, "number of pings");
	opt.pings_needed = opt.pings;
	if (s != NULL)
		opt.pings_needed = number(s, 0, opt.pings,
		    "number of answers");
}

static void
parse_reorder(char *s)
{
	char	*slash;

	opt.reorder_distance = 1;
	slash = strchr(s, '/');
	if (slash != NULL) {
		*slash = '\0';
		opt.reorder_distance = number(s, 1, 64, "distance");
		s = slash + 1;
	}
	opt.reorder = number(s, 0, 100, "percentage");
}

static void
parse_route(char *s)
{
	struct net	*r;
	char		*slash;

	if (opt.nroutes == ROUTES_MAX)
		errx(2, "more than %d routes", ROUTES_MAX);
	r = &opt.routes[opt.nroutes++];
	r->len = 32;
	slash = strchr(s, '/');
	if (slash != NULL) {
		*slash = '\0';
		r->len = number(slash + 1, 0, 32, "prefix length");
	}
	r->net = address(s);
}

static void
parse_options(int argc, char *argv[])
{
	int	ch;

	opt.server.sin_family = opt.local.sin_family = AF_INET;
	opt.user = opt.password = "";
	opt.methods = METHOD_MSCHAPV2;
	opt.modes = MODE_128;
	opt.mppe_required = 1;
	opt.calls = 1;
	opt.limit = 20;
	opt.mtu = 1400;
	opt.ping_size = 84;
	opt.ping_delay = 200;
	opt.ping_burst = 1;
	opt.seed = 1;

	while ((ch = getopt(argc, argv, "A:a:B:b:c:F:f:H:i:j:L:l:M:m:Nn:P:p:qR:r:"
	    "S:s:Tt:Uu:vw:Xxz:")) != -1) {
		switch (ch) {
		case 'A':
			opt.address = address(optarg);
			break;
		case 'a':
			opt.methods = parse_methods(optarg);
			break;
		case 'B':
			opt.ping_burst = number(optarg, 1, BURST_MAX, "burst");
			break;
		case 'b':
			opt.local.sin_addr = address(optarg);
			break;
		case 'c':
			opt.command = optarg;
			break;
		case 'F':
			opt.first_seq = number(optarg, 0, 1, "first number");
			break;
		case 'f':
			opt.flood_udp = strncmp(optarg, "udp:", 4) == 0;
			opt.flood = number(optarg + (opt.flood_udp ? 4 : 0), 1,
			    INT32_MAX, "number of packets");
			break;
		case 'H':
			opt.hold = number(optarg, 0, 86400, "time");
			break;
		case 'i':
			opt.ping_to = address(optarg);
			break;
		case 'j':
			opt.at_once = number(optarg, 1, CALLS_MAX, "number");
			break;
		case 'L':
			opt.lose_in = number(optarg, 0, 100, "percentage");
			break;
		case 'l':
			opt.lose = number(optarg, 0, 100, "percentage");
			break;
		case 'M':
			opt.mtu = number(optarg, MTU_MIN, MTU_MAX, "MTU");
			break;
		case 'm':
			opt.modes = parse_modes(optarg, &opt.mppe_required);
			break;
		case 'N':
			opt.no_ack = 1;
			break;
		case 'n':
			opt.calls = number(optarg, 1, CALLS_MAX, "number");
			break;
		case 'P':
			parse_pings(optarg);
			break;
		case 'p':
			opt.password = optarg;
			break;
		case 'q':
			opt.quiet = 1;
			break;
		case 'R':
			parse_route(optarg);
			break;
		case 'r':
			parse_reorder(optarg);
			break;
		case 'S':
			opt.seed = number(optarg, 1, INT32_MAX, "seed");
			break;
		case 's':
			opt.server.sin_addr = address(optarg);
			break;
		case 'T':
			opt.tun = 1;
			break;
		case 't':
			opt.limit = number(optarg, 1, 86400, "time");
			break;
		case 'U':
			opt.accidents_late = 1;
			break;
		case 'u':
			opt.user = optarg;
			break;
		case 'v':
			opt.verbose++;
			break;
		case 'w':
			opt.ping_delay = number(optarg, 0, 60000, "time");
			break;
		case 'X':
			opt.expect_hangup = 1;
			break;
		case 'x':
			opt.expect_refusal = 1;
			break;
		case 'z':
			opt.ping_size = number(optarg, PING_SIZE_MIN, MTU_MAX,
			    "size");
			break;
		default:
			usage();
		}
	}
	if (argc != optind || opt.server.sin_addr.s_addr == INADDR_ANY)
		usage();
	if (opt.at_once == 0)
		opt.at_once = opt.calls;
	if (strlen(opt.user) > 255 || strlen(opt.password) > 255)
		errx(2, "user or password is too long");
	if (nt_password_hash(opt.password, opt.nt_hash) == -1)
		errx(2, "the password is not UTF-8, or too long");
}

static void
signal_handler(int sig)
{
	if (sig == SIGCHLD)
		got_child = 1;
	else
		got_end = 1;
}

/* Bring now up to date: each wake-up does, and what measures. */
void
clock_read(void)
{
	struct timespec	ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		err(1, "clock_gettime");
	now = (uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void
setup(void)
{
	struct rlimit	 rl;
	struct call	*c;
	size_t		 n;
	int		 i;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NOFILE, &rl);
	}
	n = 1 + 2 * (size_t)opt.calls;
	calls = calloc(opt.calls, sizeof(*calls));
	pfds = calloc(n, sizeof(*pfds));
	if (calls == NULL || pfds == NULL)
		err(1, NULL);
	while (n-- > 0)
		pfds[n].fd = -1;
	/* Somewhere new each time: a server may still remember the last. */
	id_base = arc4random_uniform(UINT16_MAX);
	for (i = 0; i < opt.calls; i++) {
		c = &calls[i];
		c->number = i + 1;
		c->id = (id_base + i) % UINT16_MAX + 1;
		c->tx.next = c->tx.acked = opt.first_seq;
	}
	dice_state = opt.seed;
	opt.server.sin_port = htons(0);
	data_open();
	opt.server.sin_port = htons(PPTP_PORT);
	pfds[0].fd = data_fd();
	pfds[0].events = POLLIN;
	clock_read();
	setup_end = now + MSEC(opt.limit) * 1000;
}

/* The call with this number of ours, NULL if there is none. */
struct call *
call_by_id(uint16_t id)
{
	int	i;

	if (id == 0)
		return (NULL);
	i = id - 1 - id_base;
	if (i < 0)
		i += UINT16_MAX;
	return (i < opt.calls ? &calls[i] : NULL);
}

void
call_watch(struct call *c, int fd, short events)
{
	pfds[c->number].fd = fd;
	pfds[c->number].events = events;
	pfds[c->number].revents = 0;
}

int
call_fd(struct call *c)
{
	return (pfds[c->number].fd);
}

void
call_watch_tun(struct call *c, int fd)
{
	pfds[opt.calls + c->number].fd = fd;
	pfds[opt.calls + c->number].events = POLLIN;
	pfds[opt.calls + c->number].revents = 0;
}

int
call_tun_fd(struct call *c)
{
	return (pfds[opt.calls + c->number].fd);
}

void
call_stage(struct call *c, enum stage new)
{
	verbose(c, "stage %s -> %s", stage_name(c->stage), stage_name(new));
	c->stage = new;
	if (new >= S_LINGER) {
		c->pinging = 0;
		if (c->was_up && state < RUN_HANGUP && c->reason != R_HANGUP)
			unexpected = 1;
	}
	if (!c->settled && new >= S_UP) {
		c->settled = 1;
		settled++;
	}
	if (new == S_UP)
		call_up(c);
	if (new == S_DEAD) {
		dead++;
		if (call_tun_fd(c) != -1) {
			close(call_tun_fd(c));
			call_watch_tun(c, -1);
		}
		report_over(c);
	}
}

static void
call_up(struct call *c)
{
	int	fd, i;

	c->was_up = 1;
	c->up_after = now - c->started;
	if (opt.tun) {
		fd = tun_open(c->tun);
		if (fd == -1) {
			call_over(c, R_SYSTEM, "tun: %s", strerror(errno));
			return;
		}
		call_watch_tun(c, fd);
		if (tun_config(c->tun, c->address, c->peer,
		    data_mtu(c)) == -1) {
			call_over(c, R_SYSTEM, "%s: %s", c->tun,
			    strerror(errno));
			return;
		}
		for (i = 0; i < opt.nroutes; i++)
			if (tun_route(c->tun, c->peer, opt.routes[i].net,
			    opt.routes[i].len) == -1 && errno != EEXIST)
				complain(c, "route: %s", strerror(errno));
	}
	report_up(c);
	ping_start(c);
}

void
timer_set(struct call *c, enum timer t, uint64_t us)
{
	c->when[t] = now + us;
	if (c->when[t] < next_timer)
		next_timer = c->when[t];
}

void
timer_clear(struct call *c, enum timer t)
{
	c->when[t] = 0;
}

void
verbose(struct call *c, const char *fmt, ...)
{
	va_list	ap;

	if (!opt.verbose)
		return;
	printf("call %d ", c->number);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void
complain(struct call *c, const char *fmt, ...)
{
	va_list	ap;

	if (opt.quiet)
		return;
	fprintf(stderr, "pptpdial: call %d: ", c->number);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* Make octets of the server's presentable, cut off at size - 1. */
void
foreign_text(char *buf, size_t size, const void *text, size_t len)
{
	const unsigned char	*p = text;
	char			*q = buf;
	size_t			 i;

	*q = '\0';
	for (i = 0; i < len && q - buf + 5 <= (ptrdiff_t)size; i++)
		q = vis(q, p[i], VIS_CSTYLE | VIS_TAB | VIS_NL,
		    i + 1 < len ? p[i + 1] : 0);
}

/* The same accidents for the same seed (Marsaglia's xorshift). */
uint32_t
dice(void)
{
	dice_state ^= dice_state << 13;
	dice_state ^= dice_state >> 17;
	dice_state ^= dice_state << 5;
	return (dice_state);
}

static void
run_timer(struct call *c, enum timer t)
{
	switch (t) {
	case T_STAGE:
		call_end_step(c);
		break;
	case T_LCP:
	case T_CCP:
	case T_IPCP:
		cp_request(c, t - T_LCP);
		break;
	case T_AUTH:
		auth_send(c);
		break;
	case T_ACK:
		data_ack(c);
		break;
	case T_PING:
		ping_timer(c);
		break;
	case T_COUNT:
		break;
	}
}

static void
run_timers(void)
{
	struct call	*c;
	enum timer	 t;
	uint64_t	 first = FOREVER;
	int		 i;

	data_release(now);
	if (now < next_timer)
		return;
	/* A timer that is set while we go round lowers next_timer again. */
	next_timer = FOREVER;
	for (i = 0; i < started; i++) {
		c = &calls[i];
		for (t = 0; t < T_COUNT; t++) {
			if (c->when[t] != 0 && c->when[t] <= now) {
				c->when[t] = 0;
				run_timer(c, t);
			}
			if (c->when[t] != 0 && c->when[t] < first)
				first = c->when[t];
		}
	}
	if (first < next_timer)
		next_timer = first;
}

static void
run_events(void)
{
	struct call	*c;
	int		 i;

	if (pfds[0].revents != 0)
		data_event();
	for (i = 0; i < started; i++) {
		c = &calls[i];
		if (call_tun_fd(c) != -1 &&
		    pfds[opt.calls + c->number].revents != 0)
			data_tun_event(c);
		if (call_fd(c) != -1 && pfds[c->number].revents != 0)
			control_event(c, pfds[c->number].revents);
	}
}

static int
pinging(void)
{
	int	i;

	for (i = 0; i < opt.calls; i++)
		if (calls[i].pinging)
			return (1);
	return (0);
}

static void
command_start(const sigset_t *mask)
{
	fflush(NULL);
	command_pid = fork();
	switch (command_pid) {
	case -1:
		err(1, "fork");
	case 0:
		sigprocmask(SIG_SETMASK, mask, NULL);
		environment(&calls[0]);
		execl("/bin/sh", "sh", "-c", opt.command, (char *)NULL);
		warn("/bin/sh");
		_exit(127);
	}
}

static void
command_wait(void)
{
	int	status;

	got_child = 0;
	if (command_pid == 0 ||
	    waitpid(command_pid, &status, WNOHANG) != command_pid)
		return;
	command_pid = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		warnx("the command failed, status %d", status);
		ok = 0;
	}
}

/* Go on to what comes next when its time has come. */
static void
step(const sigset_t *mask)
{
	int	i, up;

	if (got_end && state < RUN_HANGUP) {
		if (state == RUN_SETUP)
			ok = 0;
		if (command_pid != 0)
			kill(command_pid, SIGTERM);
		state = RUN_HANGUP;
	}
	if (got_child)
		command_wait();

	switch (state) {
	case RUN_SETUP:
		for (i = 0; i < opt.calls && now >= setup_end; i++)
			if (calls[i].stage < S_UP)
				call_over(&calls[i], R_TIMEOUT, "%s", "");
		while (started < opt.calls &&
		    started - settled < opt.at_once && now < setup_end)
			control_start(&calls[started++]);
		if (settled < opt.calls || pinging())
			return;
		for (i = up = 0; i < opt.calls; i++)
			up += calls[i].stage == S_UP;
		if (opt.expect_refusal || up < opt.calls) {
			state = RUN_HANGUP;
			break;
		}
		if (opt.command != NULL) {
			command_start(mask);
			state = RUN_COMMAND;
			return;
		}
		hold_end = now + MSEC(opt.hold) * 1000;
		state = RUN_HOLD;
		return;
	case RUN_COMMAND:
		if (command_pid != 0)
			return;
		hold_end = now + MSEC(opt.hold) * 1000;
		state = RUN_HOLD;
		return;
	case RUN_HOLD:
		if ((flood_wait = flood_step(&calls[0])) != 0) {
			hold_end = now + MSEC(opt.hold) * 1000;
			return;
		}
		if (now < hold_end && dead < opt.calls &&
		    (opt.expect_hangup || !unexpected))
			return;
		state = RUN_HANGUP;
		break;
	case RUN_HANGUP:
	case RUN_DONE:
		break;
	}
	for (i = 0; i < opt.calls; i++)
		call_hangup(&calls[i]);
	if (dead == opt.calls && command_pid == 0)
		state = RUN_DONE;
}

static void
loop(const sigset_t *mask)
{
	struct timespec	ts;
	uint64_t	until;

	for (;;) {
		step(mask);
		if (state == RUN_DONE)
			return;
		until = next_timer;
		if (data_held() != 0 && data_held() < until)
			until = data_held();
		if (state == RUN_SETUP && setup_end > now && setup_end < until)
			until = setup_end;
		if (state == RUN_HOLD && hold_end < until)
			until = hold_end;
		if (state == RUN_HOLD && flood_wait != 0 &&
		    now + flood_wait < until)
			until = now + flood_wait;
		ts.tv_sec = ts.tv_nsec = 0;
		if (until > now) {
			/* At times nothing is timed: look every minute. */
			until -= now;
			if (until > MSEC(60000))
				until = MSEC(60000);
			ts.tv_sec = until / 1000000;
			ts.tv_nsec = until % 1000000 * 1000;
		}
		if (ppoll(pfds, 1 + 2 * (nfds_t)opt.calls, &ts, mask) == -1) {
			if (errno != EINTR)
				err(1, "ppoll");
			clock_read();
			continue;
		}
		clock_read();
		run_events();
		run_timers();
	}
}

int
main(int argc, char *argv[])
{
	struct sigaction	sa;
	sigset_t		block, mask;

	parse_options(argc, argv);
	setvbuf(stdout, NULL, _IOLBF, 0);

	/* Signals come only while we wait. */
	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	sigaddset(&block, SIGINT);
	sigaddset(&block, SIGTERM);
	sigprocmask(SIG_BLOCK, &block, &mask);
	sigdelset(&mask, SIGCHLD);
	sigdelset(&mask, SIGINT);
	sigdelset(&mask, SIGTERM);
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = signal_handler;
	sigaction(SIGCHLD, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);

	setup();
	loop(&mask);
	return (report_summary(ok) ? 0 : 1);
}
