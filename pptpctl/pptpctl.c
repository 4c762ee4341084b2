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
#include <sys/un.h>
#include <net/if.h>
#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <event.h>
#include <imsg.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pptpd.h"
#include "fsm.h"
#include "ppp.h"
#include "parser.h"
#include "pptpctl.h"

/* What has come so far. */
struct answer {
	uint32_t	records;
	int		started;	/* the head is printed */
	int		control_stats;
	int		session_stats;
};

static void	 usage(void) __attribute__((__noreturn__));
static int	 control_connect(const char *);
static void	 send_request(struct imsgbuf *, const struct parse_result *);
static int	 kill_target(enum command);
static void	 show_answer(struct imsgbuf *, const struct parse_result *);
static int	 show_message(struct imsg *, const struct parse_result *,
		    struct answer *);
static void	 get_session(struct imsg *, const struct parse_result *,
		    struct ctl_session *);
static void	 get_call(struct imsg *, struct ctl_call *);
static void	 get_event(struct imsg *, struct ctl_event *);
static void	 get_penalty(struct imsg *, struct ctl_penalty *);
static void	 get_text(struct imsg *, struct ctl_text *);
static void	 get_fail(struct imsg *) __attribute__((__noreturn__));
static void	 check_end(struct imsg *, const struct parse_result *,
		    const struct answer *, uint32_t *);
static void	 start(const struct parse_result *, struct answer *);
static int	 terminated(const char *, size_t);
static void	 invalid(const char *) __attribute__((__noreturn__));

static const struct output	*output = &show_output;

static void
usage(void)
{
	fprintf(stderr, "usage: pptpctl [-j] [-s socket] command "
	    "[argument ...]\n");
	exit(1);
}

int
main(int argc, char *argv[])
{
	struct parse_result	 res;
	struct imsgbuf		 ibuf;
	const char		*sockname;
	int			 ch, fd;

	/* Read the time zone's file as long as that is permitted. */
	tzset();

	sockname = PPTPD_SOCKET;
	while ((ch = getopt(argc, argv, "+js:")) != -1) {
		switch (ch) {
		case 'j':
			output = &json_output;
			break;
		case 's':
			sockname = optarg;
			break;
		default:
			usage();
		}
	}
	argc -= optind;
	argv += optind;
	if (argc == 0)
		usage();
	if (parse(argc, argv, &res) == -1)
		return (1);
	/* Events are for a reader that waits for each of them. */
	if (res.command == CMD_MONITOR &&
	    setvbuf(stdout, NULL, _IOLBF, 0) != 0)
		errx(1, "setvbuf");

	fd = control_connect(sockname);
	/* stdio: ask, print the answer. */
	if (pledge("stdio", NULL) == -1)
		err(1, "pledge");

	if (imsgbuf_init(&ibuf, fd) == -1)
		err(1, NULL);
	send_request(&ibuf, &res);
	show_answer(&ibuf, &res);
	imsgbuf_clear(&ibuf);
	close(fd);
	if (fflush(stdout) == EOF)
		err(1, "stdout");
	return (0);
}

static int
control_connect(const char *sockname)
{
	struct sockaddr_un	 sun;
	int			 fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlcpy(sun.sun_path, sockname, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path))
		errx(1, "%s: name of socket too long", sockname);
	if ((fd = socket(AF_UNIX, SOCK_STREAM, 0)) == -1)
		err(1, "socket");
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		if (errno == ENOENT || errno == ECONNREFUSED)
			err(1, "%s: pptpd not running?", sockname);
		err(1, "%s", sockname);
	}
	return (fd);
}

static void
send_request(struct imsgbuf *ibuf, const struct parse_result *res)
{
	struct ctl_penalty_name	 name;
	struct ctl_kill	 ctl_kill;
	const void	*data;
	size_t		 len;
	uint32_t	 type;
	int		 verbose;

	data = NULL;
	len = 0;
	switch (res->command) {
	case CMD_SHOW_SESSIONS:
		type = IMSG_CTL_SHOW_SESSIONS;
		break;
	case CMD_SHOW_SESSION:
		type = IMSG_CTL_SHOW_SESSION;
		data = &res->call_id;
		len = sizeof(res->call_id);
		break;
	case CMD_SHOW_CALLS:
		type = IMSG_CTL_SHOW_CALLS;
		break;
	case CMD_SHOW_STATS:
		type = IMSG_CTL_SHOW_STATS;
		break;
	case CMD_SHOW_PENALTIES:
		type = IMSG_CTL_SHOW_PENALTIES;
		break;
	case CMD_CLEAR_PENALTIES:
		type = IMSG_CTL_CLEAR_PENALTIES;
		memset(&name, 0, sizeof(name));
		name.address = res->address;
		strlcpy(name.name, res->user, sizeof(name.name));
		data = &name;
		len = sizeof(name);
		break;
	case CMD_KILL_CALL:
	case CMD_KILL_USER:
	case CMD_KILL_ADDRESS:
	case CMD_KILL_ALL:
		type = IMSG_CTL_KILL;
		memset(&ctl_kill, 0, sizeof(ctl_kill));
		ctl_kill.what = kill_target(res->command);
		ctl_kill.call_id = res->call_id;
		ctl_kill.address = res->address;
		strlcpy(ctl_kill.user, res->user, sizeof(ctl_kill.user));
		data = &ctl_kill;
		len = sizeof(ctl_kill);
		break;
	case CMD_RELOAD:
		type = IMSG_CTL_RELOAD;
		break;
	case CMD_MONITOR:
		type = IMSG_CTL_MONITOR;
		break;
	case CMD_LOG_BRIEF:
	case CMD_LOG_VERBOSE:
		type = IMSG_CTL_LOG_VERBOSE;
		verbose = res->command == CMD_LOG_VERBOSE;
		data = &verbose;
		len = sizeof(verbose);
		break;
	case CMD_NONE:
	default:
		errx(1, "%s: no command", __func__);
	}
	if (imsg_compose(ibuf, type, 0, 0, -1, data, len) == -1)
		err(1, "imsg_compose");
	/*
	 * The daemon may have closed already, and said why before: that is
	 * still to be read.
	 */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		err(1, "signal");
	if (imsgbuf_flush(ibuf) == -1 && errno != EPIPE)
		err(1, "cannot send to pptpd");
	if (signal(SIGPIPE, SIG_DFL) == SIG_ERR)
		err(1, "signal");
}

static int
kill_target(enum command command)
{
	switch (command) {
	case CMD_KILL_CALL:
		return (KILL_CALL);
	case CMD_KILL_USER:
		return (KILL_USER);
	case CMD_KILL_ADDRESS:
		return (KILL_ADDRESS);
	case CMD_KILL_ALL:
		return (KILL_ALL);
	default:
		errx(1, "%s: not a kill command", __func__);
	}
}

/*
 * Print records as they come; there may be as many as there are call ids.
 * Nothing that comes is trusted: an unexpected, malformed or incomplete answer
 * is an error.
 */
static void
show_answer(struct imsgbuf *ibuf, const struct parse_result *res)
{
	struct answer	 answer;
	struct imsg	 imsg;
	int		 done, n;

	memset(&answer, 0, sizeof(answer));
	done = 0;
	while (!done) {
		if ((n = imsgbuf_get(ibuf, &imsg)) == -1)
			err(1, "cannot understand pptpd");
		if (n == 1) {
			done = show_message(&imsg, res, &answer);
			imsg_free(&imsg);
			if (ferror(stdout))
				err(1, "stdout");
			continue;
		}
		if ((n = imsgbuf_read(ibuf)) == -1)
			err(1, "cannot read from pptpd");
		if (n == 0)
			errx(1, "pptpd closed the connection too early");
	}
}

/* Returns 1 after the last message. */
static int
show_message(struct imsg *imsg, const struct parse_result *res,
    struct answer *answer)
{
	struct ctl_session		 session;
	struct ctl_call			 call;
	struct ctl_control_stats	 control_stats;
	struct ctl_session_stats	 session_stats;
	struct ctl_event		 ev;
	struct ctl_text			 text;
	struct ctl_penalty		 penalty;
	uint32_t			 count;

	switch (imsg_get_type(imsg)) {
	case IMSG_CTL_SESSION:
		if (res->command != CMD_SHOW_SESSIONS &&
		    (res->command != CMD_SHOW_SESSION || answer->records > 0))
			invalid("unexpected session");
		get_session(imsg, res, &session);
		start(res, answer);
		output->session(res, &session);
		answer->records++;
		return (0);
	case IMSG_CTL_CALL:
		if (res->command != CMD_SHOW_CALLS)
			invalid("unexpected call");
		get_call(imsg, &call);
		start(res, answer);
		output->call(&call);
		answer->records++;
		return (0);
	case IMSG_CTL_CONTROL_STATS:
		if (res->command != CMD_SHOW_STATS || answer->control_stats++)
			invalid("unexpected statistics");
		if (imsg_get_data(imsg, &control_stats,
		    sizeof(control_stats)) == -1)
			invalid("statistics of wrong size");
		start(res, answer);
		output->control_stats(&control_stats);
		return (0);
	case IMSG_CTL_SESSION_STATS:
		if (res->command != CMD_SHOW_STATS || answer->session_stats++)
			invalid("unexpected statistics");
		if (imsg_get_data(imsg, &session_stats,
		    sizeof(session_stats)) == -1)
			invalid("statistics of wrong size");
		start(res, answer);
		output->session_stats(&session_stats);
		return (0);
	case IMSG_CTL_PENALTY:
		if (res->command != CMD_SHOW_PENALTIES)
			invalid("unexpected penalty");
		get_penalty(imsg, &penalty);
		start(res, answer);
		output->penalty(&penalty);
		answer->records++;
		return (0);
	case IMSG_CTL_TEXT:
		if (res->command != CMD_RELOAD)
			invalid("unexpected text");
		get_text(imsg, &text);
		start(res, answer);
		output->text(text.text);
		return (0);
	case IMSG_CTL_EVENT:
		if (res->command != CMD_MONITOR)
			invalid("unexpected event");
		get_event(imsg, &ev);
		start(res, answer);
		output->event(&ev);
		return (0);
	case IMSG_CTL_END:
		check_end(imsg, res, answer, &count);
		start(res, answer);
		output->tail(res, count);
		return (1);
	case IMSG_CTL_FAIL:
		get_fail(imsg);
	default:
		invalid("unexpected message");
	}
}

static void
get_session(struct imsg *imsg, const struct parse_result *res,
    struct ctl_session *s)
{
	uint32_t	 i;

	if (imsg_get_data(imsg, s, sizeof(*s)) == -1)
		invalid("session of wrong size");
	if (s->call_id == 0 || s->call_id > MAX_CALL_ID ||
	    (res->command == CMD_SHOW_SESSION && s->call_id != res->call_id))
		invalid("session with wrong call id");
	if (!terminated(s->user, sizeof(s->user)) ||
	    !terminated(s->ident, sizeof(s->ident)))
		invalid("session with endless text");
	if (s->peer_call_id > UINT16_MAX || s->window > UINT16_MAX ||
	    s->mru > UINT16_MAX || s->peer_mru > UINT16_MAX ||
	    s->mtu > UINT16_MAX)
		invalid("session with too large a number");
	switch (s->auth) {
	case 0:
	case AUTH_PAP:
	case AUTH_CHAP_MD5:
	case AUTH_MSCHAP:
	case AUTH_MSCHAPV2:
		break;
	default:
		invalid("session with unknown authentication method");
	}
	switch (s->mppe_bits) {
	case 0:
	case 40:
	case 56:
	case 128:
		break;
	default:
		invalid("session with unknown MPPE key length");
	}
	if (s->phase > PPP_TERMINATE || s->lcp_state >= FSM_NSTATES ||
	    s->ccp_state >= FSM_NSTATES || s->ipcp_state >= FSM_NSTATES)
		invalid("session in unknown state");
	if (s->nroutes > USER_ROUTES_MAX)
		invalid("session with too many routes");
	for (i = 0; i < s->nroutes; i++)
		if (s->route[i].prefixlen > 32)
			invalid("session with wrong prefix length");
	if (s->mppe_stateful > 1 || s->pfc > 1 || s->acfc > 1 ||
	    s->peer_pfc > 1 || s->peer_acfc > 1)
		invalid("session with wrong truth value");
}

/* A control connection without a call yet has id 0. */
static void
get_call(struct imsg *imsg, struct ctl_call *c)
{
	if (imsg_get_data(imsg, c, sizeof(*c)) == -1)
		invalid("call of wrong size");
	if (c->call_id > MAX_CALL_ID || c->peer_call_id > UINT16_MAX)
		invalid("call with wrong call id");
	if (!terminated(c->host, sizeof(c->host)) ||
	    !terminated(c->vendor, sizeof(c->vendor)))
		invalid("call with endless text");
	if (c->state > CALL_CLOSING)
		invalid("call in unknown state");
	if (c->call_serial > UINT16_MAX || c->window > UINT16_MAX)
		invalid("call with too large a number");
	if (c->peer.sin_family != AF_INET || c->local.sin_family != AF_INET)
		invalid("call of wrong address family");
}

static void
get_event(struct imsg *imsg, struct ctl_event *ev)
{
	if (imsg_get_data(imsg, ev, sizeof(*ev)) == -1)
		invalid("event of wrong size");
	if (ev->kind >= EVENT_MAX || ev->cause >= END_MAX)
		invalid("event of unknown kind");
	if (ev->call_id > MAX_CALL_ID || ev->mppe_stateful > 1)
		invalid("event with too large a number");
	if (!terminated(ev->user, sizeof(ev->user)) ||
	    !terminated(ev->client, sizeof(ev->client)))
		invalid("event with endless text");
}

static void
get_penalty(struct imsg *imsg, struct ctl_penalty *p)
{
	if (imsg_get_data(imsg, p, sizeof(*p)) == -1)
		invalid("penalty of wrong size");
	if (p->reason >= PENALTY_MAX || p->active > 1)
		invalid("penalty of unknown kind");
	if (!terminated(p->user, sizeof(p->user)))
		invalid("penalty with endless text");
}

static void
get_text(struct imsg *imsg, struct ctl_text *text)
{
	if (imsg_get_data(imsg, text, sizeof(*text)) == -1)
		invalid("text of wrong size");
	if (!terminated(text->text, sizeof(text->text)))
		invalid("endless text");
}

static void
get_fail(struct imsg *imsg)
{
	struct ctl_fail	 fail;
	char		*p;

	if (imsg_get_data(imsg, &fail, sizeof(fail)) == -1)
		invalid("reason of failure of wrong size");
	if (!terminated(fail.text, sizeof(fail.text)))
		invalid("endless reason of failure");
	for (p = fail.text; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	errx(1, "%s", fail.text);
}

static void
check_end(struct imsg *imsg, const struct parse_result *res,
    const struct answer *answer, uint32_t *count)
{
	if (imsg_get_data(imsg, count, sizeof(*count)) == -1)
		invalid("end of wrong size");
	switch (res->command) {
	case CMD_SHOW_SESSIONS:
	case CMD_SHOW_CALLS:
	case CMD_SHOW_PENALTIES:
	case CMD_SHOW_SESSION:
		if (*count != answer->records)
			invalid("wrong number of records");
		if (res->command == CMD_SHOW_SESSION && *count == 0)
			errx(1, "no such session");
		break;
	case CMD_SHOW_STATS:
		if (!answer->control_stats || !answer->session_stats)
			invalid("statistics missing");
		break;
	case CMD_KILL_CALL:
	case CMD_KILL_USER:
	case CMD_KILL_ADDRESS:
	case CMD_KILL_ALL:
		if (*count == 0)
			errx(1, "no such session");
		break;
	case CMD_CLEAR_PENALTIES:
		if (*count == 0 && res->user[0] != '\0')
			errx(1, "no such penalty");
		break;
	case CMD_MONITOR:
		invalid("end of what has none");
	case CMD_NONE:
	case CMD_RELOAD:
	case CMD_LOG_BRIEF:
	case CMD_LOG_VERBOSE:
		break;
	}
}

/* Only now, so that a failure prints nothing on standard output. */
static void
start(const struct parse_result *res, struct answer *answer)
{
	if (answer->started)
		return;
	answer->started = 1;
	output->head(res);
}

static int
terminated(const char *s, size_t size)
{
	return (memchr(s, '\0', size) != NULL);
}

static void
invalid(const char *what)
{
	errx(1, "invalid answer of pptpd: %s", what);
}
