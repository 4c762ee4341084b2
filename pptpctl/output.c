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

/* Answers for people: columns for lists, one line for each fact otherwise. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <event.h>
#include <imsg.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pptpd.h"
#include "parser.h"
#include "pptpctl.h"

#define SHORT_LEN	24	/* a formatted number or duration */
#define TIME_LEN	32
#define PEER_LEN	(INET_ADDRSTRLEN + 6)
#define EVENT_LINE_LEN	1024

static void	 show_head(const struct parse_result *);
static void	 show_session(const struct parse_result *,
		    const struct ctl_session *);
static void	 show_session_row(const struct ctl_session *);
static void	 show_session_all(const struct ctl_session *);
static void	 show_call(const struct ctl_call *);
static void	 show_control_stats(const struct ctl_control_stats *);
static void	 show_session_stats(const struct ctl_session_stats *);
static void	 show_tail(const struct parse_result *, uint32_t);
static void	 show_text(const char *);
static void	 show_event(const struct ctl_event *);
static void	 show_penalty(const struct ctl_penalty *);
static void	 show_fields(const struct field *, const void *);
static void	 label(const char *);
static void	 line(const char *, const char *, ...)
		    __attribute__((__format__(printf, 2, 3)));
static void	 line_timeout(const char *, uint32_t);
static void	 line_text(const char *, const char *);
static void	 line_address(const char *, struct in_addr);
static void	 line_pair(const char *, const struct in_addr[2]);
static void	 line_nets(const char *, const struct conf_net *, uint32_t);
static void	 line_time(const char *, uint64_t);
static void	 column(const char *, int);
static int	 text(const char *, unsigned char);
static const char *fmt_address(struct in_addr, char *, size_t);
static const char *fmt_peer(const struct sockaddr_in *, char *, size_t);
static const char *fmt_minute(uint64_t, char *, size_t);
static const char *fmt_second(uint64_t, char *, size_t);
static int	 broken_down(uint64_t, struct tm *);
static const char *fmt_duration(uint64_t, char *, size_t);
static const char *fmt_scaled(uint64_t, char *, size_t);

const struct output show_output = {
	show_head,
	show_session,
	show_call,
	show_control_stats,
	show_session_stats,
	show_tail,
	show_text,
	show_event,
	show_penalty
};

/* The rows are in show_session_row() and show_call(). */
static void
show_head(const struct parse_result *res)
{
	if (res->command == CMD_SHOW_SESSIONS)
		printf("%5s %-12s %-15s %-15s %-8s %-4s %-11s %6s "
		    "%5s %5s %5s %6s %s\n", "ID", "USER", "ADDRESS", "PEER",
		    "AUTH", "MPPE", "SINCE", "IDLE", "IN", "OUT", "INPKT",
		    "OUTPKT", "CLIENT");
	else if (res->command == CMD_SHOW_CALLS)
		printf("%5s %6s %-11s %4s %6s %6s %5s %-11s %-21s %-15s "
		    "%-12s %s\n", "ID", "PEERID", "STATE", "CONN", "SERIAL",
		    "WINDOW", "SPEED", "SINCE", "PEER", "SERVER", "HOST",
		    "VENDOR");
	else if (res->command == CMD_SHOW_PENALTIES)
		printf("%-6s %-6s %-8s %s\n", "STATE", "LEFT", "REASON",
		    "OFFENDER");
}

static void
show_session(const struct parse_result *res, const struct ctl_session *s)
{
	if (res->command == CMD_SHOW_SESSION)
		show_session_all(s);
	else
		show_session_row(s);
}

/* The client's name, which is often long, comes last. */
static void
show_session_row(const struct ctl_session *s)
{
	char	 addr[INET_ADDRSTRLEN], peer[INET_ADDRSTRLEN];
	char	 since[TIME_LEN], idle[SHORT_LEN], mppe[SHORT_LEN];
	char	 in[SHORT_LEN], out[SHORT_LEN], inp[SHORT_LEN], outp[SHORT_LEN];

	if (s->mppe_bits == 0)
		strlcpy(mppe, "-", sizeof(mppe));
	else
		snprintf(mppe, sizeof(mppe), "%u%s", s->mppe_bits,
		    s->mppe_stateful ? "s" : "");
	printf("%5u ", s->call_id);
	column(s->user, 12);
	printf("%-15s %-15s %-8s %-4s %-11s %6s %5s %5s %5s %6s ",
	    fmt_address(s->remote, addr, sizeof(addr)),
	    fmt_address(s->peer, peer, sizeof(peer)),
	    auth_name(s->auth), mppe,
	    fmt_minute(s->since, since, sizeof(since)),
	    fmt_duration(s->idle, idle, sizeof(idle)),
	    fmt_scaled(s->c.rx_bytes, in, sizeof(in)),
	    fmt_scaled(s->c.tx_bytes, out, sizeof(out)),
	    fmt_scaled(s->c.rx_packets, inp, sizeof(inp)),
	    fmt_scaled(s->c.tx_packets, outp, sizeof(outp)));
	column(s->ident, 0);
	putchar('\n');
}

static void
show_session_all(const struct ctl_session *s)
{
	char	 age[SHORT_LEN], idle[SHORT_LEN];

	line("call id", "%u", s->call_id);
	line("peer's call id", "%u", s->peer_call_id);
	line_text("user", s->user);
	line_text("client", s->ident);
	line_address("address", s->remote);
	line_address("local address", s->local);
	line_address("peer", s->peer);
	line_address("server", s->outer_local);
	line("phase", "%s", ppp_phase_name(s->phase));
	line("authentication", "%s", auth_name(s->auth));
	if (s->mppe_bits == 0)
		line("MPPE", "-");
	else
		line("MPPE", "%u bits %s", s->mppe_bits,
		    s->mppe_stateful ? "stateful" : "stateless");
	line_time("since", s->since);
	line("age", "%llu s (%s)", (unsigned long long)s->age,
	    fmt_duration(s->age, age, sizeof(age)));
	line("idle", "%llu s (%s)", (unsigned long long)s->idle,
	    fmt_duration(s->idle, idle, sizeof(idle)));
	line_timeout("idle timeout", s->idle_timeout);
	line_timeout("session timeout", s->session_timeout);
	line("LCP", "%s", fsm_state_name(s->lcp_state));
	line("CCP", "%s", fsm_state_name(s->ccp_state));
	line("IPCP", "%s", fsm_state_name(s->ipcp_state));
	line("MRU", "%u", s->mru);
	line("peer's MRU", "%u", s->peer_mru);
	line("MTU", "%u", s->mtu);
	line("magic number", "0x%08x", s->magic);
	line("peer's magic number", "0x%08x", s->peer_magic);
	line("PFC", "%s", s->pfc ? "yes" : "no");
	line("ACFC", "%s", s->acfc ? "yes" : "no");
	line("peer's PFC", "%s", s->peer_pfc ? "yes" : "no");
	line("peer's ACFC", "%s", s->peer_acfc ? "yes" : "no");
	line("peer's window", "%u", s->window);
	line_pair("DNS", s->dns);
	line_pair("NBNS", s->nbns);
	line_nets("routes", s->route, s->nroutes);
	show_fields(counter_fields, &s->c);
}

static void
show_call(const struct ctl_call *c)
{
	char	 peer[PEER_LEN], server[INET_ADDRSTRLEN], since[TIME_LEN];
	char	 speed[SHORT_LEN];

	printf("%5u %6u %-11s %4u %6u %6u %5s %-11s %-21s %-15s ",
	    c->call_id, c->peer_call_id, call_state_name(c->state),
	    c->connection, c->call_serial, c->window,
	    fmt_scaled(c->max_bps, speed, sizeof(speed)),
	    fmt_minute(c->since, since, sizeof(since)),
	    fmt_peer(&c->peer, peer, sizeof(peer)),
	    fmt_address(c->local.sin_addr, server, sizeof(server)));
	column(c->host, 12);
	column(c->vendor, 0);
	putchar('\n');
}

static void
show_control_stats(const struct ctl_control_stats *stats)
{
	line_time("running since", stats->since);
	show_fields(control_fields, stats);
}

static void
show_session_stats(const struct ctl_session_stats *stats)
{
	char		 name[SHORT_LEN];
	unsigned int	 cause;

	show_fields(session_fields, stats);
	/* Nothing was received in no time: only if it was measured. */
	if (field_value(time_fields, stats) != 0)
		show_fields(time_fields, stats);
	show_fields(counter_fields, &stats->c);
	for (cause = END_NONE + 1; cause < END_MAX; cause++) {
		snprintf(name, sizeof(name), "ended %s", end_name(cause));
		line(name, "%llu", (unsigned long long)stats->ended[cause]);
	}
}

static void
show_tail(const struct parse_result *res, uint32_t count)
{
	switch (res->command) {
	case CMD_KILL_CALL:
	case CMD_KILL_USER:
	case CMD_KILL_ADDRESS:
	case CMD_KILL_ALL:
		printf("closing %u session%s\n", count,
		    count == 1 ? "" : "s");
		break;
	case CMD_CLEAR_PENALTIES:
		printf("cleared %u penalt%s\n", count,
		    count == 1 ? "y" : "ies");
		break;
	case CMD_RELOAD:
		printf("configuration reloaded\n");
		break;
	case CMD_NONE:
	case CMD_SHOW_SESSIONS:
	case CMD_SHOW_SESSION:
	case CMD_SHOW_CALLS:
	case CMD_SHOW_STATS:
	case CMD_SHOW_PENALTIES:
	case CMD_MONITOR:
	case CMD_LOG_BRIEF:
	case CMD_LOG_VERBOSE:
		break;
	}
}

static void
show_text(const char *s)
{
	text(s, ' ');
	putchar('\n');
}

/* As the log has it, behind its time. */
static void
show_event(const struct ctl_event *ev)
{
	char	 when[TIME_LEN], buf[EVENT_LINE_LEN];

	if (event_format(buf, sizeof(buf), ev) == -1)
		return;
	printf("%s ", fmt_second(ev->time, when, sizeof(when)));
	text(buf, ' ');
	putchar('\n');
}

/* A user's name can look like an address: it is in quotes. */
static void
show_penalty(const struct ctl_penalty *p)
{
	char	 addr[INET_ADDRSTRLEN], left[SHORT_LEN];

	printf("%-6s %-6s %-8s ", p->active ? "active" : "adding",
	    fmt_duration(p->left, left, sizeof(left)),
	    penalty_name(p->reason));
	if (p->user[0] == '\0')
		printf("%s\n", fmt_address(p->address, addr, sizeof(addr)));
	else {
		printf("user \"");
		text(p->user, ' ');
		printf("\"\n");
	}
}

static void
show_fields(const struct field *f, const void *base)
{
	for (; f->name != NULL; f++)
		line(f->label, "%llu",
		    (unsigned long long)field_value(f, base));
}

static void
label(const char *name)
{
	printf("%s:%*s", name, (int)(strlen(name) < 24 ? 24 - strlen(name) : 1),
	    "");
}

static void
line(const char *name, const char *fmt, ...)
{
	va_list	 ap;

	label(name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void
line_timeout(const char *name, uint32_t s)
{
	char	 text[SHORT_LEN];

	if (s == 0)
		line(name, "-");
	else
		line(name, "%u s (%s)", s, fmt_duration(s, text,
		    sizeof(text)));
}

static void
line_text(const char *name, const char *value)
{
	label(name);
	if (value[0] == '\0')
		putchar('-');
	else
		text(value, ' ');
	putchar('\n');
}

static void
line_address(const char *name, struct in_addr addr)
{
	char	 buf[INET_ADDRSTRLEN];

	line(name, "%s", fmt_address(addr, buf, sizeof(buf)));
}

static void
line_pair(const char *name, const struct in_addr addr[2])
{
	char	 first[INET_ADDRSTRLEN], second[INET_ADDRSTRLEN];

	line(name, "%s %s", fmt_address(addr[0], first, sizeof(first)),
	    fmt_address(addr[1], second, sizeof(second)));
}

static void
line_nets(const char *name, const struct conf_net *net, uint32_t n)
{
	char		 buf[INET_ADDRSTRLEN];
	uint32_t	 i;

	label(name);
	if (n == 0)
		putchar('-');
	for (i = 0; i < n; i++)
		printf("%s%s/%u", i > 0 ? " " : "",
		    inet_ntop(AF_INET, &net[i].addr, buf, sizeof(buf)),
		    net[i].prefixlen);
	putchar('\n');
}

static void
line_time(const char *name, uint64_t when)
{
	char	 buf[TIME_LEN];

	line(name, "%s", fmt_second(when, buf, sizeof(buf)));
}

/* A column of text: one word, never empty; width 0 is the last one. */
static void
column(const char *s, int width)
{
	int	 n;

	n = text(s[0] == '\0' ? "-" : s, '!');
	if (width > 0)
		printf("%*s", n < width ? width - n + 1 : 1, "");
}

/*
 * Text has gone through vis(3) in the daemon.  What the terminal must not see,
 * and everything below lowest, is encoded here all the same.  Returns the
 * number of characters printed.
 */
static int
text(const char *s, unsigned char lowest)
{
	const unsigned char	*p;
	int			 n;

	n = 0;
	for (p = (const unsigned char *)s; *p != '\0'; p++) {
		if (*p >= lowest && *p <= '~') {
			putchar(*p);
			n++;
		} else {
			printf("\\%03o", *p);
			n += 4;
		}
	}
	return (n);
}

static const char *
fmt_address(struct in_addr addr, char *buf, size_t size)
{
	if (addr.s_addr == INADDR_ANY ||
	    inet_ntop(AF_INET, &addr, buf, size) == NULL)
		return ("-");
	return (buf);
}

static const char *
fmt_peer(const struct sockaddr_in *sin, char *buf, size_t size)
{
	char	 addr[INET_ADDRSTRLEN];

	snprintf(buf, size, "%s:%u",
	    fmt_address(sin->sin_addr, addr, sizeof(addr)),
	    ntohs(sin->sin_port));
	return (buf);
}

static const char *
fmt_minute(uint64_t when, char *buf, size_t size)
{
	struct tm	 tm;

	if (broken_down(when, &tm) == -1)
		return ("-");
	snprintf(buf, size, "%02d-%02dT%02d:%02d", tm.tm_mon + 1, tm.tm_mday,
	    tm.tm_hour, tm.tm_min);
	return (buf);
}

static const char *
fmt_second(uint64_t when, char *buf, size_t size)
{
	struct tm	 tm;
	long		 off;
	int		 n;

	if (broken_down(when, &tm) == -1)
		return ("-");
	off = labs(tm.tm_gmtoff) / 60;
	n = snprintf(buf, size, "%d-%02d-%02dT%02d:%02d:%02d%c%02ld%02ld",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec, tm.tm_gmtoff < 0 ? '-' : '+', off / 60,
	    off % 60);
	if (n < 0 || (size_t)n >= size)
		return ("-");
	return (buf);
}

/*
 * Neither localtime(3) nor strftime(3): they may look at the time zone's file
 * again, which pledge("stdio") need not permit.
 */
static int
broken_down(uint64_t when, struct tm *tm)
{
	time_t	 t;

	t = (time_t)when;
	if (t < 0 || localtime_r(&t, tm) == NULL)
		return (-1);
	return (0);
}

/* At most two units, six characters below 100 days. */
static const char *
fmt_duration(uint64_t seconds, char *buf, size_t size)
{
	unsigned long long	 m, h;

	m = seconds / 60;
	h = m / 60;
	if (m == 0)
		snprintf(buf, size, "%llus", (unsigned long long)seconds);
	else if (h == 0)
		snprintf(buf, size, "%llum%02llus", m,
		    (unsigned long long)seconds % 60);
	else if (h < 24)
		snprintf(buf, size, "%lluh%02llum", h, m % 60);
	else
		snprintf(buf, size, "%llud%02lluh", h / 24, h % 24);
	return (buf);
}

/* Powers of 1000, cut not rounded, at most five characters. */
static const char *
fmt_scaled(uint64_t value, char *buf, size_t size)
{
	static const char	 units[] = "kMGTPE";
	unsigned long long	 v;
	unsigned int		 rest, unit;

	v = value;
	if (v < 10000) {
		snprintf(buf, size, "%llu", v);
		return (buf);
	}
	unit = 0;
	rest = v % 1000;
	for (v /= 1000; v >= 1000; v /= 1000) {
		rest = v % 1000;
		unit++;
	}
	if (v < 100)
		snprintf(buf, size, "%llu.%u%c", v, rest / 100, units[unit]);
	else
		snprintf(buf, size, "%llu%c", v, units[unit]);
	return (buf);
}
