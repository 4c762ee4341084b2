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
 * pptpctl against a server that answers by script: what it asks, what it
 * prints, and that it believes no lie.  The program is taken from the
 * environment variable PPTPCTL, or from where the build leaves it.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <ctype.h>
#include <err.h>
#include <event.h>
#include <fcntl.h>
#include <imsg.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pptpd.h"
#include "fsm.h"
#include "ppp.h"
#include "tap.h"

#define MAX_ARGS	8
#define MAX_OUTPUT	65536
#define MANY		65000
#define SINCE		1795365663	/* 2026-11-22T16:41:03 UTC */

typedef void script(struct imsgbuf *);

static char		 dir[] = "/tmp/pptpctl.XXXXXXXXXX";
static char		 sockname[64], outname[64], errname[64];
static const char	*pptpctl;
static int		 outmode = O_RDWR;	/* of its standard output */

/* What the request must be. */
static uint32_t		 want_type;
static const void	*want_data;
static size_t		 want_len;

/* What came of it. */
static int		 status;	/* pptpctl's exit status, -1 signal */
static int		 asked;		/* the request was the wanted one */
static char		 out[MAX_OUTPUT], errors[MAX_OUTPUT];

/* What scripts send. */
static struct ctl_session	 session;
static struct ctl_call		 call;
static struct ctl_control_stats	 control_stats;
static struct ctl_session_stats	 session_stats;
static struct ctl_fail		 fail;
static uint32_t			 count;

static int	 new_socket(struct sockaddr_un *);
static int	 new_listener(void);
static void	 serve(int, script *) __attribute__((__noreturn__));
static int	 is_request(struct imsgbuf *);
static void	 run(script *, uint32_t, const void *, size_t, const char *,
		    ...) __attribute__((__sentinel__));
static pid_t	 start_client(char *[], int, int);
static void	 wake_server(void);
static void	 slurp(int, char *);
static void	 put(struct imsgbuf *, uint32_t, const void *, size_t);
static void	 end(struct imsgbuf *, uint32_t);
static void	 fill(void);
static int	 begins(const char *, const char *);
static void	 prints(const char *, const char *);
static void	 lie(const char *, const char *);
static int	 is_json(const char *);
static const char *json_space(const char *);
static const char *json_value(const char *);
static const char *json_list(const char *, char);
static const char *json_text(const char *);

static script	 one_session, two_sessions, no_session, one_call;
static script	 all_stats, stats_turned, half_stats, stats_twice;
static script	 end_count, short_end, failure, short_failure, hang_up;
static script	 half_record, many_sessions, session_then_hang_up;
static script	 short_session, long_session, empty_session, short_call;
static script	 short_control, short_stats, no_type, foreign_type, garbage;
static script	 session_without_end, wrong_count, session_then_failure;
static script	 two_texts, endless_text, four_events, short_event;
static script	 endless_event, wild_event, events_with_end;
static script	 two_penalties, short_penalty, endless_penalty, wild_penalty;

static void	 test_requests(void);
static void	 test_text(void);
static void	 test_json(void);
static void	 test_events(void);
static void	 test_penalties(void);
static void	 fill_event(struct ctl_event *);
static void	 fill_penalty(struct ctl_penalty *);
static void	 test_strange_text(void);
static void	 test_failures(void);
static void	 test_lies(void);
static void	 test_session_lies(void);
static void	 test_many(void);
static void	 test_no_server(void);
static void	 test_full_disk(void);
static void	 test_usage(void);

int
main(void)
{
	if ((pptpctl = getenv("PPTPCTL")) == NULL)
		pptpctl = "../../pptpctl/pptpctl";
	if (access(pptpctl, X_OK) == -1)
		err(1, "%s", pptpctl);
	if (setenv("TZ", "UTC0", 1) == -1)
		err(1, "setenv");
	if (mkdtemp(dir) == NULL)
		err(1, "%s", dir);
	snprintf(sockname, sizeof(sockname), "%s/sock", dir);
	snprintf(outname, sizeof(outname), "%s/out", dir);
	snprintf(errname, sizeof(errname), "%s/err", dir);
	alarm(300);

	test_requests();
	test_text();
	test_json();
	test_events();
	test_penalties();
	test_strange_text();
	test_failures();
	test_lies();
	test_session_lies();
	test_many();
	test_no_server();
	test_full_disk();
	test_usage();

	rmdir(dir);
	done_testing();
}

static int
new_socket(struct sockaddr_un *sun)
{
	int	 fd;

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	strlcpy(sun->sun_path, sockname, sizeof(sun->sun_path));
	if ((fd = socket(AF_UNIX, SOCK_STREAM, 0)) == -1)
		err(1, "socket");
	return (fd);
}

static int
new_listener(void)
{
	struct sockaddr_un	 sun;
	int			 fd;

	fd = new_socket(&sun);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		err(1, "%s", sockname);
	if (listen(fd, 1) == -1)
		err(1, "listen");
	return (fd);
}

/* The server's process: one request, one script, exit status 0 if wanted. */
static void
serve(int listener, script *play)
{
	struct imsgbuf	 ibuf;
	int		 fd, good;

	alarm(60);
	signal(SIGPIPE, SIG_IGN);
	if ((fd = accept(listener, NULL, NULL)) == -1)
		_exit(2);
	close(listener);
	if (imsgbuf_init(&ibuf, fd) == -1)
		_exit(2);
	good = is_request(&ibuf);
	play(&ibuf);
	imsgbuf_flush(&ibuf);
	_exit(good ? 0 : 1);
}

static int
is_request(struct imsgbuf *ibuf)
{
	struct imsg	 imsg;
	struct ctl_kill	 data;
	size_t		 len;
	int		 good, n;

	while ((n = imsgbuf_get(ibuf, &imsg)) == 0)
		if (imsgbuf_read(ibuf) != 1)
			return (0);
	if (n == -1)
		return (0);
	len = imsg_get_len(&imsg);
	good = imsg_get_type(&imsg) == want_type && len == want_len;
	if (good && len > 0)
		good = imsg_get_data(&imsg, &data, len) == 0 &&
		    memcmp(&data, want_data, len) == 0;
	imsg_free(&imsg);
	return (good);
}

/*
 * Run pptpctl with these arguments against a server that plays a script, or
 * without a server.
 */
static void
run(script *play, uint32_t type, const void *data, size_t len,
    const char *arg, ...)
{
	char		*argv[MAX_ARGS + 4];
	va_list		 ap;
	pid_t		 server, client;
	int		 argc, e, errfd, listener, outfd;

	want_type = type;
	want_data = data;
	want_len = len;

	argc = 0;
	argv[argc++] = strdup("pptpctl");
	argv[argc++] = strdup("-s");
	argv[argc++] = strdup(sockname);
	va_start(ap, arg);
	for (; arg != NULL && argc < MAX_ARGS + 3; arg = va_arg(ap, char *))
		argv[argc++] = strdup(arg);
	va_end(ap);
	argv[argc] = NULL;

	if ((outfd = open(outname, outmode | O_CREAT | O_EXCL, 0600)) == -1 ||
	    (errfd = open(errname, O_RDWR | O_CREAT | O_TRUNC, 0600)) == -1)
		err(1, "%s", dir);

	fflush(stdout);
	server = -1;
	if (play != NULL) {
		listener = new_listener();
		if ((server = fork()) == -1)
			err(1, "fork");
		if (server == 0)
			serve(listener, play);
		close(listener);
	}
	client = start_client(argv, outfd, errfd);

	if (waitpid(client, &e, 0) == -1)
		err(1, "waitpid");
	status = WIFEXITED(e) ? WEXITSTATUS(e) : -1;
	asked = 0;
	if (server != -1) {
		/* Should it still wait for a client that never came. */
		wake_server();
		if (waitpid(server, &e, 0) == -1)
			err(1, "waitpid");
		asked = WIFEXITED(e) && WEXITSTATUS(e) == 0;
	}

	slurp(outfd, out);
	slurp(errfd, errors);
	close(outfd);
	close(errfd);
	unlink(outname);
	unlink(errname);
	unlink(sockname);
	while (argc > 0)
		free(argv[--argc]);
}

static pid_t
start_client(char *argv[], int outfd, int errfd)
{
	pid_t	 pid;

	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		alarm(60);
		if (dup2(outfd, STDOUT_FILENO) == -1 ||
		    dup2(errfd, STDERR_FILENO) == -1)
			_exit(127);
		execv(pptpctl, argv);
		_exit(127);
	}
	return (pid);
}

static void
wake_server(void)
{
	struct sockaddr_un	 sun;
	int			 fd;

	fd = new_socket(&sun);
	(void)connect(fd, (struct sockaddr *)&sun, sizeof(sun));
	close(fd);
}

static void
slurp(int fd, char *buf)
{
	ssize_t	 n;

	if ((n = pread(fd, buf, MAX_OUTPUT - 1, 0)) == -1)
		err(1, "read");
	buf[n] = '\0';
}

static void
put(struct imsgbuf *ibuf, uint32_t type, const void *data, size_t len)
{
	if (imsg_compose(ibuf, type, 0, 0, -1, data, len) == -1)
		_exit(2);
}

static void
end(struct imsgbuf *ibuf, uint32_t n)
{
	put(ibuf, IMSG_CTL_END, &n, sizeof(n));
}

/* Give the records their usual contents. */
static void
fill(void)
{
	unsigned int	 i;

	memset(&session, 0, sizeof(session));
	session.call_id = 41377;
	session.peer_call_id = 512;
	session.peer.s_addr = inet_addr("203.0.113.7");
	session.outer_local.s_addr = inet_addr("10.10.10.10");
	session.remote.s_addr = inet_addr("192.168.1.234");
	session.local.s_addr = inet_addr("192.168.1.233");
	session.phase = PPP_NETWORK;
	session.auth = AUTH_MSCHAPV2;
	session.mppe_bits = 128;
	session.since = SINCE;
	session.age = 11045;
	session.idle = 61;
	session.idle_timeout = 900;
	session.lcp_state = FSM_OPENED;
	session.ccp_state = FSM_OPENED;
	session.ipcp_state = FSM_OPENED;
	session.mru = 1400;
	session.peer_mru = 1396;
	session.mtu = 1392;
	session.magic = 0xdeadbeef;
	session.peer_magic = 0x12345678;
	session.peer_pfc = 1;
	session.peer_acfc = 1;
	session.window = 64;
	session.dns[0].s_addr = inet_addr("192.168.1.1");
	session.nbns[0].s_addr = inet_addr("192.168.1.2");
	session.nbns[1].s_addr = inet_addr("192.168.1.3");
	session.nroutes = 2;
	session.route[0].addr.s_addr = inet_addr("172.16.0.0");
	session.route[0].prefixlen = 12;
	session.route[1].addr.s_addr = inet_addr("192.0.2.255");
	session.route[1].prefixlen = 32;
	strlcpy(session.user, "alice", sizeof(session.user));
	strlcpy(session.ident, "MSRASV5.20", sizeof(session.ident));
	session.c.rx_packets = 9999;
	session.c.rx_bytes = 1234567;
	session.c.tx_packets = 10000;
	session.c.tx_bytes = 18446744073709551615ULL;
	session.c.gre_lost = 3;
	session.c.ppp_rejected = 2;

	memset(&call, 0, sizeof(call));
	call.call_id = 41377;
	call.peer_call_id = 512;
	call.state = CALL_ESTABLISHED;
	call.call_serial = 1;
	call.peer.sin_family = AF_INET;
	call.peer.sin_addr.s_addr = inet_addr("203.0.113.7");
	call.peer.sin_port = htons(49152);
	call.local.sin_family = AF_INET;
	call.local.sin_addr.s_addr = inet_addr("10.10.10.10");
	call.local.sin_port = htons(1723);
	call.since = SINCE;
	call.window = 64;
	call.max_bps = 100000000;
	call.connection = 9;
	strlcpy(call.host, "local", sizeof(call.host));
	strlcpy(call.vendor, "Microsoft", sizeof(call.vendor));

	memset(&control_stats, 0, sizeof(control_stats));
	control_stats.since = SINCE;
	control_stats.conn_accepted = 17;
	control_stats.conn_current = 2;
	control_stats.conn_unauth = 1;
	control_stats.conn_dropped = 4;
	control_stats.over_net = 3;
	control_stats.echo_lost = 5;

	memset(&session_stats, 0, sizeof(session_stats));
	session_stats.sessions_current = 2;
	session_stats.sessions_total = 15;
	for (i = 0; i < END_MAX; i++)
		session_stats.ended[i] = 100 + i;
	session_stats.c.rx_packets = 77;

	memset(&fail, 0, sizeof(fail));
	strlcpy(fail.text, "/etc/pptpd.conf:7: syntax error",
	    sizeof(fail.text));
	count = 1;
}

static void
one_session(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_CTL_SESSION, &session, sizeof(session));
	end(ibuf, 1);
}

static void
two_sessions(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_CTL_SESSION, &session, sizeof(session));
	memset(&session, 0, sizeof(session));
	session.call_id = 7;
	session.peer.s_addr = inet_addr("198.51.100.1");
	session.phase = PPP_AUTHENTICATE;
	session.since = SINCE;
	session.idle = 5;
	session.session_timeout = 36000;
	put(ibuf, IMSG_CTL_SESSION, &session, sizeof(session));
	end(ibuf, 2);
}

static void
no_session(struct imsgbuf *ibuf)
{
	end(ibuf, 0);
}

static void
one_call(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_CTL_CALL, &call, sizeof(call));
	end(ibuf, 1);
}

static void
all_stats(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_CTL_CONTROL_STATS, &control_stats,
	    sizeof(control_stats));
	put(ibuf, IMSG_CTL_SESSION_STATS, &session_stats,
	    sizeof(session_stats));
	end(ibuf, 0);
}

static void
stats_turned(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_CTL_SESSION_STATS, &session_stats,
	    sizeof(session_stats));
	put(ibuf, IMSG_CTL_CONTROL_STATS, &control_stats,
	    sizeof(control_stats));
	end(ibuf, 2);
}

static void
half_stats(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_CTL_CONTROL_STATS, &control_stats,
	    sizeof(control_stats));
	end(ibuf, 1);
}

static void
stats_twice(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_CTL_CONTROL_STATS, &control_stats,
	    sizeof(control_stats));
	put(ibuf, IMSG_CTL_CONTROL_STATS, &control_stats,
	    sizeof(control_stats));
	end(ibuf, 2);
}

static void
end_count(struct imsgbuf *ibuf)
{
	end(ibuf, count);
}

static void
short_end(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_CTL_END, &count, sizeof(count) - 1);
}

static void
failure(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_CTL_FAIL, &fail, sizeof(fail));
}

static void
short_failure(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_CTL_FAIL, "no", 3);
}

static void
hang_up(struct imsgbuf *ibuf)
{
}

static void
session_then_hang_up(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_CTL_SESSION, &session, sizeof(session));
}

static void
session_then_failure(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_CTL_SESSION, &session, sizeof(session));
	failure(ibuf);
}

static void
session_without_end(struct imsgbuf *ibuf)
{
	end(ibuf, 1);
}

static void
wrong_count(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_CTL_SESSION, &session, sizeof(session));
	end(ibuf, 2);
}

static void
half_record(struct imsgbuf *ibuf)
{
	struct imsg_hdr	 hdr;

	memset(&hdr, 0, sizeof(hdr));
	hdr.type = IMSG_CTL_SESSION;
	hdr.len = sizeof(hdr) + sizeof(session);
	if (write(ibuf->fd, &hdr, sizeof(hdr)) == -1 ||
	    write(ibuf->fd, &session, sizeof(session) / 2) == -1)
		_exit(2);
}

static void
short_session(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_CTL_SESSION, &session, sizeof(session) - 1);
	end(ibuf, 1);
}

static void
long_session(struct imsgbuf *ibuf)
{
	static char	 data[sizeof(session) + 1];

	memcpy(data, &session, sizeof(session));
	put(ibuf, IMSG_CTL_SESSION, data, sizeof(data));
	end(ibuf, 1);
}

static void
empty_session(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_CTL_SESSION, NULL, 0);
	end(ibuf, 1);
}

static void
short_call(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_CTL_CALL, &call, sizeof(call) - 4);
	end(ibuf, 1);
}

static void
short_control(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_CTL_CONTROL_STATS, &control_stats, 8);
}

static void
short_stats(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_CTL_SESSION_STATS, &session_stats,
	    sizeof(session_stats) - 8);
}

static void
no_type(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_MAX + 1000, &session, sizeof(session));
}

static void
foreign_type(struct imsgbuf *ibuf)
{
	put(ibuf, IMSG_SHOW_REPLY, &session, sizeof(session));
}

static void
two_texts(struct imsgbuf *ibuf)
{
	struct ctl_text	 text;

	memset(&text, 0, sizeof(text));
	strlcpy(text.text, "mru: 1400 -> 1300", sizeof(text.text));
	put(ibuf, IMSG_CTL_TEXT, &text, sizeof(text));
	strlcpy(text.text, "user \"new\": added\033", sizeof(text.text));
	put(ibuf, IMSG_CTL_TEXT, &text, sizeof(text));
	end(ibuf, 0);
}

static void
endless_text(struct imsgbuf *ibuf)
{
	struct ctl_text	 text;

	memset(&text, 'x', sizeof(text));
	put(ibuf, IMSG_CTL_TEXT, &text, sizeof(text));
	end(ibuf, 0);
}

static void
fill_event(struct ctl_event *ev)
{
	memset(ev, 0, sizeof(*ev));
	ev->kind = EVENT_LOGIN;
	ev->time = SINCE;
	ev->call_id = 41377;
	ev->peer.s_addr = inet_addr("203.0.113.7");
	strlcpy(ev->user, "alice", sizeof(ev->user));
}

/* As many as there may be, and the server's end. */
static void
four_events(struct imsgbuf *ibuf)
{
	struct ctl_event	 ev;

	fill_event(&ev);
	ev.kind = EVENT_START;
	put(ibuf, IMSG_CTL_EVENT, &ev, sizeof(ev));
	ev.kind = EVENT_LOST;
	ev.lost = 3;
	put(ibuf, IMSG_CTL_EVENT, &ev, sizeof(ev));
	ev.kind = EVENT_LOGIN;
	ev.cause = END_BUSY;
	put(ibuf, IMSG_CTL_EVENT, &ev, sizeof(ev));
	fill_event(&ev);
	ev.kind = EVENT_LOGOUT;
	ev.cause = END_ADMIN;
	ev.method = AUTH_MSCHAPV2;
	ev.mppe_bits = 128;
	ev.mppe_stateful = 1;
	ev.remote.s_addr = inet_addr("192.168.1.234");
	ev.local.s_addr = inet_addr("192.168.1.233");
	ev.duration = 60;
	ev.rx_packets = 1;
	ev.rx_bytes = 2;
	ev.tx_packets = 3;
	ev.tx_bytes = 4;
	put(ibuf, IMSG_CTL_EVENT, &ev, sizeof(ev));
}

static void
short_event(struct imsgbuf *ibuf)
{
	struct ctl_event	 ev;

	fill_event(&ev);
	put(ibuf, IMSG_CTL_EVENT, &ev, sizeof(ev) - 1);
}

static void
endless_event(struct imsgbuf *ibuf)
{
	struct ctl_event	 ev;

	fill_event(&ev);
	memset(ev.user, 'x', sizeof(ev.user));
	put(ibuf, IMSG_CTL_EVENT, &ev, sizeof(ev));
}

static void
wild_event(struct imsgbuf *ibuf)
{
	struct ctl_event	 ev;

	fill_event(&ev);
	ev.kind = EVENT_MAX;
	put(ibuf, IMSG_CTL_EVENT, &ev, sizeof(ev));
}

static void
fill_penalty(struct ctl_penalty *p)
{
	memset(p, 0, sizeof(*p));
	p->address.s_addr = inet_addr("203.0.113.7");
	p->active = 1;
	p->reason = PENALTY_PROTOCOL;
	p->left = 61;
}

static void
two_penalties(struct imsgbuf *ibuf)
{
	struct ctl_penalty	 p;

	fill_penalty(&p);
	put(ibuf, IMSG_CTL_PENALTY, &p, sizeof(p));
	memset(&p, 0, sizeof(p));
	p.left = 5;
	strlcpy(p.user, "alice\033", sizeof(p.user));
	put(ibuf, IMSG_CTL_PENALTY, &p, sizeof(p));
	end(ibuf, 2);
}

static void
short_penalty(struct imsgbuf *ibuf)
{
	struct ctl_penalty	 p;

	fill_penalty(&p);
	put(ibuf, IMSG_CTL_PENALTY, &p, sizeof(p) - 1);
}

static void
endless_penalty(struct imsgbuf *ibuf)
{
	struct ctl_penalty	 p;

	fill_penalty(&p);
	memset(p.user, 'x', sizeof(p.user));
	put(ibuf, IMSG_CTL_PENALTY, &p, sizeof(p));
}

static void
wild_penalty(struct imsgbuf *ibuf)
{
	struct ctl_penalty	 p;

	fill_penalty(&p);
	p.reason = PENALTY_MAX;
	put(ibuf, IMSG_CTL_PENALTY, &p, sizeof(p));
}

static void
events_with_end(struct imsgbuf *ibuf)
{
	end(ibuf, 0);
}

/* A header whose length no message can have. */
static void
garbage(struct imsgbuf *ibuf)
{
	struct imsg_hdr	 hdr;

	memset(&hdr, 0xff, sizeof(hdr));
	hdr.len = 3;
	if (write(ibuf->fd, &hdr, sizeof(hdr)) == -1)
		_exit(2);
}

/*
 * The last message is held back until nearly everything is printed: a listing
 * as long as there can be must not be kept in memory.
 */
static void
many_sessions(struct imsgbuf *ibuf)
{
	struct stat	 st;
	uint32_t	 i;
	int		 tries;

	for (i = 1; i <= MANY; i++) {
		session.call_id = i;
		put(ibuf, IMSG_CTL_SESSION, &session, sizeof(session));
		if (i % 64 == 0 && imsgbuf_flush(ibuf) == -1)
			return;
	}
	if (imsgbuf_flush(ibuf) == -1)
		return;
	for (tries = 0; tries < 3000; tries++) {
		if (stat(outname, &st) == 0 &&
		    st.st_size > (MANY - 1000) * 100) {
			end(ibuf, MANY);
			return;
		}
		usleep(10000);
	}
}

static void
test_requests(void)
{
	struct ctl_kill	 kill_data;
	uint32_t	 id;
	int		 verbose;

	fill();
	id = 41377;
	run(one_session, IMSG_CTL_SHOW_SESSIONS, NULL, 0, "show", "sessions",
	    NULL);
	ok(asked && status == 0, "show sessions asks for sessions");
	run(one_session, IMSG_CTL_SHOW_SESSION, &id, sizeof(id), "show",
	    "session", "41377", NULL);
	ok(asked && status == 0, "show session asks for one");
	run(one_call, IMSG_CTL_SHOW_CALLS, NULL, 0, "show", "calls", NULL);
	ok(asked && status == 0, "show calls asks for calls");
	run(all_stats, IMSG_CTL_SHOW_STATS, NULL, 0, "show", "stats", NULL);
	ok(asked && status == 0, "show stats asks for statistics");

	memset(&kill_data, 0, sizeof(kill_data));
	kill_data.what = KILL_CALL;
	kill_data.call_id = 41377;
	run(end_count, IMSG_CTL_KILL, &kill_data, sizeof(kill_data), "kill",
	    "call", "41377", NULL);
	ok(asked && status == 0, "kill call names the call");
	prints("closing 1 session\n", "and counts it");
	memset(&kill_data, 0, sizeof(kill_data));
	kill_data.what = KILL_USER;
	strlcpy(kill_data.user, "alice", sizeof(kill_data.user));
	count = 2;
	run(end_count, IMSG_CTL_KILL, &kill_data, sizeof(kill_data), "kill",
	    "user", "alice", NULL);
	ok(asked && status == 0, "kill user names the user");
	prints("closing 2 sessions\n", "and counts sessions");
	memset(&kill_data, 0, sizeof(kill_data));
	kill_data.what = KILL_ADDRESS;
	kill_data.address.s_addr = inet_addr("192.168.1.234");
	run(end_count, IMSG_CTL_KILL, &kill_data, sizeof(kill_data), "kill",
	    "address", "192.168.1.234", NULL);
	ok(asked && status == 0, "kill address names the address");
	memset(&kill_data, 0, sizeof(kill_data));
	kill_data.what = KILL_ALL;
	run(end_count, IMSG_CTL_KILL, &kill_data, sizeof(kill_data), "kill",
	    "all", NULL);
	ok(asked && status == 0, "kill all names nothing");

	run(end_count, IMSG_CTL_RELOAD, NULL, 0, "reload", NULL);
	ok(asked && status == 0, "reload asks for it");
	prints("configuration reloaded\n", "and says so");
	run(two_texts, IMSG_CTL_RELOAD, NULL, 0, "reload", NULL);
	prints("mru: 1400 -> 1300\nuser \"new\": added\\033\n"
	    "configuration reloaded\n", "and what changed");
	verbose = 1;
	run(end_count, IMSG_CTL_LOG_VERBOSE, &verbose, sizeof(verbose), "log",
	    "verbose", NULL);
	ok(asked && status == 0 && out[0] == '\0', "log verbose asks for 1");
	verbose = 0;
	run(end_count, IMSG_CTL_LOG_VERBOSE, &verbose, sizeof(verbose), "log",
	    "brief", NULL);
	ok(asked && status == 0 && out[0] == '\0', "log brief asks for 0");
}

static void
test_text(void)
{
	fill();
	run(two_sessions, IMSG_CTL_SHOW_SESSIONS, NULL, 0, "show", "sessions",
	    NULL);
	prints(
	    "   ID USER         ADDRESS         PEER            AUTH     "
	    "MPPE SINCE         IDLE    IN   OUT INPKT OUTPKT CLIENT\n"
	    "41377 alice        192.168.1.234   203.0.113.7     mschapv2 "
	    "128  11-22T16:41  1m01s  1.2M 18.4E  9999  10.0k MSRASV5.20\n"
	    "    7 -            -               198.51.100.1    -        "
	    "-    11-22T16:41     5s     0     0     0      0 -\n",
	    "table of sessions");

	run(no_session, IMSG_CTL_SHOW_SESSIONS, NULL, 0, "show", "sessions",
	    NULL);
	ok(status == 0 && begins(out, "   ID USER ") &&
	    strchr(out, '\n')[1] == '\0', "no sessions, only the head");

	session.mppe_bits = 40;
	session.mppe_stateful = 1;
	run(one_session, IMSG_CTL_SHOW_SESSIONS, NULL, 0, "show", "sessions",
	    NULL);
	ok(strstr(out, " mschapv2 40s  ") != NULL, "stateful MPPE");

	fill();
	run(one_session, IMSG_CTL_SHOW_SESSION, &session.call_id,
	    sizeof(session.call_id), "show", "session", "41377", NULL);
	prints(
	    "call id:                 41377\n"
	    "peer's call id:          512\n"
	    "user:                    alice\n"
	    "client:                  MSRASV5.20\n"
	    "address:                 192.168.1.234\n"
	    "local address:           192.168.1.233\n"
	    "peer:                    203.0.113.7\n"
	    "server:                  10.10.10.10\n"
	    "phase:                   network\n"
	    "authentication:          mschapv2\n"
	    "MPPE:                    128 bits stateless\n"
	    "since:                   2026-11-22T16:41:03+0000\n"
	    "age:                     11045 s (3h04m)\n"
	    "idle:                    61 s (1m01s)\n"
	    "idle timeout:            900 s (15m00s)\n"
	    "session timeout:         -\n"
	    "LCP:                     Opened\n"
	    "CCP:                     Opened\n"
	    "IPCP:                    Opened\n"
	    "MRU:                     1400\n"
	    "peer's MRU:              1396\n"
	    "MTU:                     1392\n"
	    "magic number:            0xdeadbeef\n"
	    "peer's magic number:     0x12345678\n"
	    "PFC:                     no\n"
	    "ACFC:                    no\n"
	    "peer's PFC:              yes\n"
	    "peer's ACFC:             yes\n"
	    "peer's window:           64\n"
	    "DNS:                     192.168.1.1 -\n"
	    "NBNS:                    192.168.1.2 192.168.1.3\n"
	    "routes:                  172.16.0.0/12 192.0.2.255/32\n"
	    "packets in:              9999\n"
	    "bytes in:                1234567\n"
	    "packets out:             10000\n"
	    "bytes out:               18446744073709551615\n"
	    "GRE lost:                3\n"
	    "GRE put in order:        0\n"
	    "GRE duplicate:           0\n"
	    "GRE too late:            0\n"
	    "GRE beyond window:       0\n"
	    "GRE send errors:         0\n"
	    "GRE bare acks in:        0\n"
	    "GRE bare acks out:       0\n"
	    "MPPE dropped:            0\n"
	    "MPPE missing:            0\n"
	    "CCP resets in:           0\n"
	    "CCP resets out:          0\n"
	    "foreign source:          0\n"
	    "too big for client:      0\n"
	    "tun dropped:             0\n"
	    "PPP malformed:           0\n"
	    "PPP rejected:            2\n", "everything of one session");

	run(one_call, IMSG_CTL_SHOW_CALLS, NULL, 0, "show", "calls", NULL);
	prints(
	    "   ID PEERID STATE       CONN SERIAL WINDOW SPEED SINCE       "
	    "PEER                  SERVER          HOST         VENDOR\n"
	    "41377    512 established    9      1     64  100M 11-22T16:41 "
	    "203.0.113.7:49152     10.10.10.10     local        Microsoft\n",
	    "table of calls");

	run(all_stats, IMSG_CTL_SHOW_STATS, NULL, 0, "show", "stats", NULL);
	ok(status == 0 && begins(out,
	    "running since:           2026-11-22T16:41:03+0000\n"
	    "connections:             2\n"
	    "connections accepted:    17\n"
	    "not authenticated:       1\n") &&
	    strstr(out, "\nconnections dropped:     4\n") != NULL &&
	    strstr(out, "\nover net-startups:       3\n") != NULL &&
	    strstr(out, "\nsessions ever:           15\n") != NULL &&
	    strstr(out, "\npackets in:              77\n") != NULL &&
	    strstr(out, "\nended peer-clear:        101\n") != NULL &&
	    strstr(out, "\nended resources:         ") != NULL &&
	    strstr(out, "ended none") == NULL, "statistics");
	ok(strstr(out, "\nns in") == NULL, "without times");
	session_stats.ns_in_receive = 99;
	run(all_stats, IMSG_CTL_SHOW_STATS, NULL, 0, "show", "stats", NULL);
	ok(status == 0 && strstr(out, "\nns in, receive:          99\n") !=
	    NULL && strstr(out, "\nns out, send:") != NULL,
	    "statistics with times");
	session_stats.ns_in_receive = 0;
}

static void
test_json(void)
{
	fill();
	run(two_sessions, IMSG_CTL_SHOW_SESSIONS, NULL, 0, "-j", "show",
	    "sessions", NULL);
	ok(status == 0 && is_json(out), "sessions are JSON");
	prints("{\n\t\"sessions\": [\n\t\t{"
	    "\"call_id\": 41377, \"peer_call_id\": 512, "
	    "\"user\": \"alice\", \"client\": \"MSRASV5.20\", "
	    "\"address\": \"192.168.1.234\", "
	    "\"local_address\": \"192.168.1.233\", "
	    "\"peer\": \"203.0.113.7\", \"server\": \"10.10.10.10\", "
	    "\"phase\": \"network\", \"auth\": \"mschapv2\", "
	    "\"mppe_bits\": 128, \"mppe_stateful\": false, "
	    "\"since\": 1795365663, \"age\": 11045, \"idle\": 61, "
	    "\"idle_timeout\": 900, \"session_timeout\": null, "
	    "\"lcp\": \"Opened\", \"ccp\": \"Opened\", "
	    "\"ipcp\": \"Opened\", "
	    "\"mru\": 1400, \"peer_mru\": 1396, \"mtu\": 1392, "
	    "\"magic\": 3735928559, \"peer_magic\": 305419896, "
	    "\"pfc\": false, \"acfc\": false, "
	    "\"peer_pfc\": true, \"peer_acfc\": true, \"window\": 64, "
	    "\"dns\": [\"192.168.1.1\"], "
	    "\"nbns\": [\"192.168.1.2\", \"192.168.1.3\"], "
	    "\"routes\": [\"172.16.0.0/12\", \"192.0.2.255/32\"], "
	    "\"counters\": {\"in_packets\": 9999, \"in_bytes\": 1234567, "
	    "\"out_packets\": 10000, "
	    "\"out_bytes\": 18446744073709551615, "
	    "\"gre_lost\": 3, \"gre_reordered\": 0, "
	    "\"gre_duplicate\": 0, \"gre_late\": 0, \"gre_far\": 0, "
	    "\"gre_send_error\": 0, \"gre_acks_in\": 0, "
	    "\"gre_acks_out\": 0, \"mppe_dropped\": 0, "
	    "\"mppe_clear\": 0, \"ccp_resets_in\": 0, "
	    "\"ccp_resets_out\": 0, \"ingress\": 0, \"too_big\": 0, "
	    "\"tun_dropped\": 0, \"ppp_malformed\": 0, "
	    "\"ppp_rejected\": 2}},\n\t\t{"
	    "\"call_id\": 7, \"peer_call_id\": 0, "
	    "\"user\": null, \"client\": null, "
	    "\"address\": null, \"local_address\": null, "
	    "\"peer\": \"198.51.100.1\", \"server\": null, "
	    "\"phase\": \"authenticate\", \"auth\": null, "
	    "\"mppe_bits\": 0, \"mppe_stateful\": false, "
	    "\"since\": 1795365663, \"age\": 0, \"idle\": 5, "
	    "\"idle_timeout\": null, \"session_timeout\": 36000, "
	    "\"lcp\": \"Initial\", \"ccp\": \"Initial\", "
	    "\"ipcp\": \"Initial\", "
	    "\"mru\": 0, \"peer_mru\": 0, \"mtu\": 0, "
	    "\"magic\": 0, \"peer_magic\": 0, "
	    "\"pfc\": false, \"acfc\": false, "
	    "\"peer_pfc\": false, \"peer_acfc\": false, \"window\": 0, "
	    "\"dns\": [], \"nbns\": [], \"routes\": [], "
	    "\"counters\": {\"in_packets\": 0, \"in_bytes\": 0, "
	    "\"out_packets\": 0, \"out_bytes\": 0, "
	    "\"gre_lost\": 0, \"gre_reordered\": 0, "
	    "\"gre_duplicate\": 0, \"gre_late\": 0, \"gre_far\": 0, "
	    "\"gre_send_error\": 0, \"gre_acks_in\": 0, "
	    "\"gre_acks_out\": 0, \"mppe_dropped\": 0, "
	    "\"mppe_clear\": 0, \"ccp_resets_in\": 0, "
	    "\"ccp_resets_out\": 0, \"ingress\": 0, \"too_big\": 0, "
	    "\"tun_dropped\": 0, \"ppp_malformed\": 0, "
	    "\"ppp_rejected\": 0}}\n\t]\n}\n", "the very text");

	run(no_session, IMSG_CTL_SHOW_SESSIONS, NULL, 0, "-j", "show",
	    "sessions", NULL);
	prints("{\n\t\"sessions\": []\n}\n", "no sessions in JSON");
	run(one_session, IMSG_CTL_SHOW_SESSION, &session.call_id,
	    sizeof(session.call_id), "-j", "show", "session", "41377", NULL);
	ok(status == 0 && is_json(out) && begins(out,
	    "{\n\t\"sessions\": [\n\t\t{\"call_id\": 41377,"),
	    "one session in JSON has the same shape");

	run(one_call, IMSG_CTL_SHOW_CALLS, NULL, 0, "-j", "show", "calls",
	    NULL);
	ok(status == 0 && is_json(out), "calls are JSON");
	prints("{\n\t\"calls\": [\n\t\t{"
	    "\"call_id\": 41377, \"peer_call_id\": 512, "
	    "\"state\": \"established\", \"connection\": 9, \"serial\": 1, "
	    "\"window\": 64, \"max_bps\": 100000000, \"since\": 1795365663, "
	    "\"peer\": \"203.0.113.7\", \"peer_port\": 49152, "
	    "\"server\": \"10.10.10.10\", \"server_port\": 1723, "
	    "\"host\": \"local\", \"vendor\": \"Microsoft\"}\n\t]\n}\n",
	    "the very text");

	run(all_stats, IMSG_CTL_SHOW_STATS, NULL, 0, "-j", "show", "stats",
	    NULL);
	ok(status == 0 && is_json(out), "statistics are JSON");
	ok(begins(out, "{\n\t\"control\": {\n\t\t\"since\": 1795365663,\n"
	    "\t\t\"connections\": 2,\n\t\t\"connections_accepted\": 17,\n"
	    "\t\t\"connections_unauthenticated\": 1,\n") &&
	    strstr(out, "\n\t\t\"over_net_startups\": 3,\n") != NULL &&
	    strstr(out, "\n\t\"session\": {\n\t\t\"sessions\": 2,\n") != NULL &&
	    strstr(out, "\n\t\t\"counters\": {\"in_packets\": 77, ") != NULL &&
	    strstr(out, "\n\t\t\"ended\": {\"peer-clear\": 101, ") != NULL,
	    "their text");
	run(stats_turned, IMSG_CTL_SHOW_STATS, NULL, 0, "-j", "show", "stats",
	    NULL);
	ok(status == 0 && is_json(out), "their order does not matter");

	count = 3;
	run(end_count, IMSG_CTL_RELOAD, NULL, 0, "-j", "reload", NULL);
	prints("{\n\t\"changes\": [],\n\t\"reloaded\": true\n}\n",
	    "reload in JSON");
	run(two_texts, IMSG_CTL_RELOAD, NULL, 0, "-j", "reload", NULL);
	prints("{\n\t\"changes\": [\n\t\t\"mru: 1400 -> 1300\",\n"
	    "\t\t\"user \\\"new\\\": added\\u001b\"\n\t],\n"
	    "\t\"reloaded\": true\n}\n", "what changed, in JSON");
	run(end_count, 0, NULL, 0, "-j", "kill", "all", NULL);
	prints("{\n\t\"killed\": 3\n}\n", "kill in JSON");
	run(end_count, 0, NULL, 0, "-j", "log", "verbose", NULL);
	prints("{\n\t\"log\": \"verbose\"\n}\n", "log in JSON");
}

/* What a terminal or a JSON parser must not get to see. */
static void
test_strange_text(void)
{
	fill();
	strlcpy(session.user, "a\033[2J b\"\\\t\n\377", sizeof(session.user));
	strlcpy(session.ident, "MSRAS 1", sizeof(session.ident));
	run(one_session, IMSG_CTL_SHOW_SESSIONS, NULL, 0, "show", "sessions",
	    NULL);
	ok(status == 0 && strstr(out,
	    "\n41377 a\\033[2J\\040b\"\\\\011\\012\\377 192.168.1.234 ") !=
	    NULL && strstr(out, " MSRAS\\0401\n") != NULL,
	    "one line, one word a column, no control characters");
	run(one_session, IMSG_CTL_SHOW_SESSION, &session.call_id,
	    sizeof(session.call_id), "show", "session", "41377", NULL);
	ok(status == 0 && strstr(out,
	    ": a\\033[2J b\"\\\\011\\012\\377\n") == NULL &&
	    strstr(out, " a\\033[2J b\"\\\\011\\012\\377\n") != NULL,
	    "a blank may stand in one line");
	run(one_session, IMSG_CTL_SHOW_SESSIONS, NULL, 0, "-j", "show",
	    "sessions", NULL);
	ok(status == 0 && is_json(out) && strstr(out, "\"user\": "
	    "\"a\\u001b[2J b\\\"\\\\\\u0009\\u000a\\u00ff\"") != NULL,
	    "escapes in JSON");

	session.since = UINT64_MAX;
	session.idle = UINT64_MAX;
	run(one_session, IMSG_CTL_SHOW_SESSIONS, NULL, 0, "show", "sessions",
	    NULL);
	ok(status == 0 && strstr(out, " -           213503982334601d07h ") !=
	    NULL, "a time beyond all calendars");

	strlcpy(fail.text, "no\033[2J\nway\377", sizeof(fail.text));
	run(failure, IMSG_CTL_RELOAD, NULL, 0, "reload", NULL);
	ok(status == 1 && strcmp(errors, "pptpctl: no?[2J?way?\n") == 0,
	    "no control characters in a failure");
}

static void
test_failures(void)
{
	fill();
	run(failure, IMSG_CTL_RELOAD, NULL, 0, "reload", NULL);
	ok(status == 1 && out[0] == '\0' && strcmp(errors,
	    "pptpctl: /etc/pptpd.conf:7: syntax error\n") == 0,
	    "reload tells why it failed");
	run(failure, 0, NULL, 0, "-j", "show", "session", "9", NULL);
	ok(status == 1 && out[0] == '\0', "no half JSON when it fails");
	run(no_session, 0, NULL, 0, "show", "session", "9", NULL);
	ok(status == 1 && out[0] == '\0' &&
	    strcmp(errors, "pptpctl: no such session\n") == 0,
	    "show session without an answer");
	count = 0;
	run(end_count, 0, NULL, 0, "kill", "call", "9", NULL);
	ok(status == 1 && out[0] == '\0' &&
	    strcmp(errors, "pptpctl: no such session\n") == 0,
	    "nothing killed is a failure");
	run(end_count, 0, NULL, 0, "-j", "kill", "user", "bob", NULL);
	ok(status == 1 && out[0] == '\0' &&
	    strcmp(errors, "pptpctl: no such session\n") == 0,
	    "also in JSON");
}

static int
begins(const char *s, const char *beginning)
{
	return (strncmp(s, beginning, strlen(beginning)) == 0);
}

/* The last run() must have succeeded and printed just this. */
static void
prints(const char *text, const char *name)
{
	is_str(out, text, "%s", name);
	ok(status == 0 && errors[0] == '\0', "%s: success", name);
}

/* The last run() must have failed with this message and no success. */
static void
lie(const char *message, const char *name)
{
	ok(status == 1 && strstr(errors, message) != NULL, "%s", name);
	if (status != 1)
		fprintf(stderr, "# status %d, errors: %s\n", status, errors);
}

static void
test_events(void)
{
	run(four_events, IMSG_CTL_MONITOR, NULL, 0, "monitor", NULL);
	ok(asked, "monitor asks for events");
	is_str(out, "2026-11-22T16:41:03+0000 start\n"
	    "2026-11-22T16:41:03+0000 lost events=3\n"
	    "2026-11-22T16:41:03+0000 login user=\"alice\" peer=203.0.113.7 "
	    "client=\"\" method=- result=failed cause=busy "
	    "reason=\"all sessions are in use\" call=41377\n"
	    "2026-11-22T16:41:03+0000 logout user=\"alice\" "
	    "peer=203.0.113.7 address=192.168.1.234 duration=60 in=2 out=4 "
	    "in_packets=1 out_packets=3 cause=admin "
	    "reason=\"closed by the administrator\" call=41377\n",
	    "and prints a line for each");
	lie("too early", "the server's end is an error");
	run(four_events, IMSG_CTL_MONITOR, NULL, 0, "-j", "monitor", NULL);
	is_str(out, "{\"time\": 1795365663, \"event\": \"start\"}\n"
	    "{\"time\": 1795365663, \"event\": \"lost\", \"events\": 3}\n"
	    "{\"time\": 1795365663, \"event\": \"login\", "
	    "\"call_id\": 41377, \"user\": \"alice\", "
	    "\"peer\": \"203.0.113.7\", \"client\": null, "
	    "\"auth\": null, \"address\": null, "
	    "\"local_address\": null, \"mppe_bits\": 0, "
	    "\"mppe_stateful\": false, \"result\": \"failed\", "
	    "\"cause\": \"busy\", "
	    "\"reason\": \"all sessions are in use\", \"duration\": 0, "
	    "\"in_packets\": 0, \"in_bytes\": 0, \"out_packets\": 0, "
	    "\"out_bytes\": 0}\n"
	    "{\"time\": 1795365663, \"event\": \"logout\", "
	    "\"call_id\": 41377, \"user\": \"alice\", "
	    "\"peer\": \"203.0.113.7\", \"client\": null, "
	    "\"auth\": \"mschapv2\", \"address\": \"192.168.1.234\", "
	    "\"local_address\": \"192.168.1.233\", "
	    "\"mppe_bits\": 128, \"mppe_stateful\": true, "
	    "\"cause\": \"admin\", "
	    "\"reason\": \"closed by the administrator\", "
	    "\"duration\": 60, \"in_packets\": 1, \"in_bytes\": 2, "
	    "\"out_packets\": 3, \"out_bytes\": 4}\n",
	    "the same in JSON, one line for each");
	run(short_event, 0, NULL, 0, "monitor", NULL);
	lie("event of wrong size", "short event");
	run(endless_event, 0, NULL, 0, "monitor", NULL);
	lie("endless text", "event with endless text");
	run(wild_event, 0, NULL, 0, "monitor", NULL);
	lie("unknown kind", "event of unknown kind");
	run(events_with_end, 0, NULL, 0, "monitor", NULL);
	lie("end of what has none", "end of events");
	run(four_events, 0, NULL, 0, "show", "sessions", NULL);
	lie("unexpected event", "event among sessions");
	run(two_texts, 0, NULL, 0, "show", "sessions", NULL);
	lie("unexpected text", "text among sessions");
	run(endless_text, 0, NULL, 0, "reload", NULL);
	lie("endless text", "endless text");
}

static void
test_penalties(void)
{
	struct ctl_penalty_name	 name;

	memset(&name, 0, sizeof(name));
	run(two_penalties, IMSG_CTL_SHOW_PENALTIES, NULL, 0, "show",
	    "penalties", NULL);
	prints("STATE  LEFT   REASON   OFFENDER\n"
	    "active 1m01s  protocol 203.0.113.7\n"
	    "adding 5s     authfail user \"alice\\033\"\n",
	    "table of penalties");
	ok(asked, "which was asked for");
	run(two_penalties, IMSG_CTL_SHOW_PENALTIES, NULL, 0, "-j", "show",
	    "penalties", NULL);
	ok(status == 0 && strstr(out, "\"user\": null, "
	    "\"address\": \"203.0.113.7\", \"active\": true, \"left\": 61, "
	    "\"reason\": \"protocol\"") != NULL &&
	    strstr(out, "\"address\": null, \"active\": false, \"left\": 5, "
	    "\"reason\": \"authfail\"") != NULL, "the same in JSON");

	count = 2;
	run(end_count, IMSG_CTL_CLEAR_PENALTIES, &name, sizeof(name), "clear",
	    "penalties", NULL);
	ok(asked, "all are to be cleared");
	prints("cleared 2 penalties\n", "and were");
	count = 0;
	run(end_count, IMSG_CTL_CLEAR_PENALTIES, &name, sizeof(name), "clear",
	    "penalties", NULL);
	prints("cleared 0 penalties\n", "there need not be any");
	name.address.s_addr = inet_addr("203.0.113.7");
	strlcpy(name.name, "203.0.113.7", sizeof(name.name));
	count = 1;
	run(end_count, IMSG_CTL_CLEAR_PENALTIES, &name, sizeof(name), "-j",
	    "clear", "penalties", "203.0.113.7", NULL);
	ok(asked && status == 0 && strstr(out, "\"cleared\": 1") != NULL,
	    "one is to be cleared");
	count = 0;
	run(end_count, 0, NULL, 0, "clear", "penalties", "alice", NULL);
	ok(status == 1 && strstr(errors, "no such penalty") != NULL,
	    "which must be there");

	run(short_penalty, 0, NULL, 0, "show", "penalties", NULL);
	lie("penalty of wrong size", "short penalty");
	run(endless_penalty, 0, NULL, 0, "show", "penalties", NULL);
	lie("endless text", "penalty with endless text");
	run(wild_penalty, 0, NULL, 0, "show", "penalties", NULL);
	lie("unknown kind", "penalty of unknown kind");
	run(two_penalties, 0, NULL, 0, "show", "stats", NULL);
	lie("unexpected penalty", "penalties among statistics");
}

static void
test_lies(void)
{
	static const struct {
		script		*play;
		const char	*what;
		const char	*message;
		const char	*name;
	} lies[] = {
		{ hang_up, "sessions", "too early", "no answer at all" },
		{ session_then_hang_up, "sessions", "too early", "no end" },
		{ half_record, "sessions", "too early", "half a record" },
		{ session_then_failure, "sessions", "syntax error",
		    "failure in the middle" },
		{ session_without_end, "sessions", "number of records",
		    "fewer records than announced" },
		{ wrong_count, "sessions", "number of records",
		    "more records announced than sent" },
		{ short_session, "sessions", "session of wrong size",
		    "short session" },
		{ long_session, "sessions", "session of wrong size",
		    "long session" },
		{ empty_session, "sessions", "session of wrong size",
		    "empty session" },
		{ one_call, "sessions", "unexpected call",
		    "call among sessions" },
		{ all_stats, "sessions", "unexpected statistics",
		    "statistics among sessions" },
		{ one_session, "calls", "unexpected session",
		    "session among calls" },
		{ one_session, "stats", "unexpected session",
		    "session among statistics" },
		{ stats_turned, "calls", "unexpected statistics",
		    "statistics among calls" },
		{ short_call, "calls", "call of wrong size", "short call" },
		{ half_stats, "stats", "statistics missing",
		    "half the statistics" },
		{ stats_twice, "stats", "unexpected statistics",
		    "statistics twice" },
		{ short_control, "stats", "statistics of wrong size",
		    "short statistics of the control engine" },
		{ short_stats, "stats", "statistics of wrong size",
		    "short statistics of the session engine" },
		{ short_end, "sessions", "end of wrong size", "short end" },
		{ short_failure, "sessions", "of wrong size",
		    "short failure" },
		{ no_type, "sessions", "unexpected message",
		    "no known type" },
		{ foreign_type, "sessions", "unexpected message",
		    "a type that is not for pptpctl" },
		{ garbage, "sessions", "from pptpd", "no message at all" },
	};
	size_t	 i;

	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		fill();
		run(lies[i].play, 0, NULL, 0, "show", lies[i].what, NULL);
		lie(lies[i].message, lies[i].name);
		run(lies[i].play, 0, NULL, 0, "-j", "show", lies[i].what,
		    NULL);
		ok(status == 1 && (out[0] == '\0' || !is_json(out)),
		    "%s: no whole JSON", lies[i].name);
	}

	fill();
	run(one_session, 0, NULL, 0, "show", "session", "41376", NULL);
	lie("wrong call id", "another session than asked for");
	run(two_sessions, 0, NULL, 0, "show", "session", "41377", NULL);
	lie("unexpected session", "two sessions for one");
	run(one_session, 0, NULL, 0, "kill", "all", NULL);
	lie("unexpected session", "session for a kill");

	fill();
	memset(fail.text, 'x', sizeof(fail.text));
	run(failure, 0, NULL, 0, "reload", NULL);
	lie("endless", "failure without an end");
	fill();
	memset(call.host, 'x', sizeof(call.host));
	run(one_call, 0, NULL, 0, "show", "calls", NULL);
	lie("endless", "host without an end");
	fill();
	memset(call.vendor, 'x', sizeof(call.vendor));
	run(one_call, 0, NULL, 0, "show", "calls", NULL);
	lie("endless", "vendor without an end");
	fill();
	call.state = CALL_CLOSING + 1;
	run(one_call, 0, NULL, 0, "show", "calls", NULL);
	lie("unknown state", "call in no state");
	fill();
	call.call_id = 65536;
	run(one_call, 0, NULL, 0, "show", "calls", NULL);
	lie("wrong call id", "call id beyond 16 bits");
	fill();
	call.window = 65536;
	run(one_call, 0, NULL, 0, "show", "calls", NULL);
	lie("too large", "window beyond 16 bits");
	fill();
	call.peer.sin_family = AF_INET6;
	run(one_call, 0, NULL, 0, "show", "calls", NULL);
	lie("address family", "call from another world");
}

#define FIELD(m)	offsetof(struct ctl_session, m)

static void
test_session_lies(void)
{
	static const struct {
		const char	*name;
		size_t		 offset;
		uint32_t	 value;
		const char	*message;
	} lies[] = {
		{ "id 0", FIELD(call_id), 0, "wrong call id" },
		{ "id 65536", FIELD(call_id), 65536, "wrong call id" },
		{ "peer's id", FIELD(peer_call_id), 65536, "too large" },
		{ "phase", FIELD(phase), PPP_TERMINATE + 1, "unknown state" },
		{ "two methods", FIELD(auth), AUTH_PAP | AUTH_MSCHAPV2,
		    "unknown authentication" },
		{ "no method", FIELD(auth), 0x80, "unknown authentication" },
		{ "key length", FIELD(mppe_bits), 64, "unknown MPPE" },
		{ "stateful", FIELD(mppe_stateful), 2, "truth" },
		{ "LCP", FIELD(lcp_state), FSM_NSTATES, "unknown state" },
		{ "CCP", FIELD(ccp_state), FSM_NSTATES, "unknown state" },
		{ "IPCP", FIELD(ipcp_state), UINT32_MAX, "unknown state" },
		{ "MRU", FIELD(mru), 65536, "too large" },
		{ "peer's MRU", FIELD(peer_mru), 65536, "too large" },
		{ "MTU", FIELD(mtu), 65536, "too large" },
		{ "PFC", FIELD(pfc), 2, "truth" },
		{ "ACFC", FIELD(acfc), 2, "truth" },
		{ "peer's PFC", FIELD(peer_pfc), 2, "truth" },
		{ "peer's ACFC", FIELD(peer_acfc), 2, "truth" },
		{ "window", FIELD(window), 65536, "too large" },
		{ "routes", FIELD(nroutes), USER_ROUTES_MAX + 1, "too many" },
		{ "prefix", FIELD(route[1].prefixlen), 33, "prefix length" },
	};
	size_t	 i;

	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		fill();
		memcpy((char *)&session + lies[i].offset, &lies[i].value,
		    sizeof(lies[i].value));
		run(one_session, 0, NULL, 0, "show", "sessions", NULL);
		lie(lies[i].message, lies[i].name);
	}
	fill();
	memset(session.user, 'x', sizeof(session.user));
	run(one_session, 0, NULL, 0, "show", "sessions", NULL);
	lie("endless", "user without an end");
	fill();
	memset(session.ident, 'x', sizeof(session.ident));
	run(one_session, 0, NULL, 0, "show", "sessions", NULL);
	lie("endless", "client without an end");
}

static void
test_many(void)
{
	fill();
	run(many_sessions, IMSG_CTL_SHOW_SESSIONS, NULL, 0, "show",
	    "sessions", NULL);
	ok(status == 0 && asked, "%d sessions, printed as they come", MANY);
}

static void
test_no_server(void)
{
	run(NULL, 0, NULL, 0, "reload", NULL);
	ok(status == 1 && strstr(errors, "pptpd not running?") != NULL,
	    "there is no socket");
	close(new_listener());
	run(NULL, 0, NULL, 0, "reload", NULL);
	ok(status == 1 && strstr(errors, "pptpd not running?") != NULL,
	    "nobody listens on the socket");
}

static void
test_full_disk(void)
{
	fill();
	outmode = O_RDONLY;
	run(one_session, 0, NULL, 0, "show", "sessions", NULL);
	ok(status == 1 && strstr(errors, "pptpctl: stdout: ") != NULL,
	    "standard output cannot be written");
	outmode = O_RDWR;
}

static void
test_usage(void)
{
	run(NULL, 0, NULL, 0, "-x", "reload", NULL);
	ok(status == 1 && strstr(errors, "usage: pptpctl [-j]") != NULL,
	    "unknown option");
	run(NULL, 0, NULL, 0, "-j", NULL);
	ok(status == 1 && begins(errors, "usage: "), "no command");
	run(NULL, 0, NULL, 0, "kill", "user", "-j", "-x", NULL);
	ok(status == 1 && strstr(errors, "nothing may follow") != NULL,
	    "options end where the command begins");
}

/* Is this one JSON value (RFC 8259), in ASCII? */
static int
is_json(const char *s)
{
	return ((s = json_value(s)) != NULL && json_space(s)[0] == '\0');
}

static const char *
json_space(const char *s)
{
	return (s + strspn(s, " \t\n\r"));
}

/* Returns what follows the value at s, NULL if there is none. */
static const char *
json_value(const char *s)
{
	static const char *const	 words[] = { "true", "false", "null" };
	size_t				 i;

	s = json_space(s);
	if (*s == '{')
		return (json_list(s + 1, '}'));
	if (*s == '[')
		return (json_list(s + 1, ']'));
	if (*s == '"')
		return (json_text(s + 1));
	if (isdigit((unsigned char)*s)) {
		if (*s == '0' && isdigit((unsigned char)s[1]))
			return (NULL);
		return (s + strspn(s, "0123456789"));
	}
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(s, words[i], strlen(words[i])) == 0)
			return (s + strlen(words[i]));
	return (NULL);
}

static const char *
json_list(const char *s, char closer)
{
	s = json_space(s);
	if (*s == closer)
		return (s + 1);
	for (;;) {
		s = json_space(s);
		if (closer == '}') {
			if (*s != '"' || (s = json_text(s + 1)) == NULL)
				return (NULL);
			s = json_space(s);
			if (*s++ != ':')
				return (NULL);
		}
		if ((s = json_value(s)) == NULL)
			return (NULL);
		s = json_space(s);
		if (*s == closer)
			return (s + 1);
		if (*s++ != ',')
			return (NULL);
	}
}

static const char *
json_text(const char *s)
{
	int	 i;

	for (; *s != '"'; s++) {
		if (*s < ' ' || *s > '~')
			return (NULL);
		if (*s != '\\')
			continue;
		s++;
		if (*s == 'u') {
			for (i = 1; i <= 4; i++)
				if (!isxdigit((unsigned char)s[i]))
					return (NULL);
			s += 4;
		} else if (*s == '\0' || strchr("\"\\/bfnrt", *s) == NULL)
			return (NULL);
	}
	return (s + 1);
}
