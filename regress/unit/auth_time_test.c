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
 * T13, V090: the auth engine takes the same time for a name that nobody has, a
 * wrong password, a disabled and an expired user, and says the same.  Verdicts
 * are timed until they are on their way to the session engine, in random
 * order, and the classes compared by Welch's t-test.  Where a difference is
 * real it shows in every round; what a busy machine does in one does not.
 *
 * So many attempts in one process show even what the caches of the processor
 * make of one table or the other, some ns in thousands, and an emulated one
 * some in a hundred: a difference counts from TELLING on, less than any digest
 * takes, and a thousand of which nobody tells apart across a network.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <stdint.h>
#include <imsg.h>

static int	 write_timed(struct imsgbuf *);
#define imsgbuf_write	write_timed
#include "auth_engine.c"	/* all of it, static or not */
#undef imsgbuf_write

#include <sys/socket.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#include "tap.h"

#define ROUNDS		12
#define ATTEMPTS	2200	/* of each class */
#define KEEP		2000	/* of them, the fastest */
#define T_MAX		2.58	/* p = 0.01, of so many */
#define TELLING		0.04	/* of the time that it takes */

enum { UNKNOWN, WRONG, DISABLED, EXPIRED, NCLASSES };

static const char *const	names[NCLASSES] = {
	"nobody", "somebo", "disabl", "expire"
};
static double			times[NCLASSES][ATTEMPTS];
static uint32_t			counts[NCLASSES];
static char			said[NCLASSES][128];
static double			sent;		/* 0: not yet */
static int			other;		/* the session engine's end */

void
drop_privileges(const char *name, unsigned int proc)
{
}

uint64_t
monotonic_ms(void)
{
	struct timespec	ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		fatal("clock_gettime");
	return (ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000);
}

static double
now(void)
{
	struct timespec	ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (ts.tv_sec * 1e9 + ts.tv_nsec);
}

/* What is to be sent may go at once, and that is when it counts. */
static int
write_timed(struct imsgbuf *ibuf)
{
	int	result;

	result = imsgbuf_write(ibuf);
	if (sent == 0)
		sent = now();
	return (result);
}

static void
add_users(int penalty)
{
	struct conf_user	u;
	struct conf_pool	pool;
	struct addr_range	range;
	int			i;

	memset(&auth_conf, 0, sizeof(auth_conf));
	auth_conf.engines = 1;
	auth_conf.penalty.enabled = penalty;
	auth_conf.penalty.authfail = 1;
	auth_conf.penalty.min = 3600;
	auth_conf.penalty.max = 7200;
	users_begin();
	pools_begin();
	memset(&pool, 0, sizeof(pool));
	pools_new(&pool);
	range.first.s_addr = range.last.s_addr = htonl(0x0a000001);
	pools_add(1, &range);
	for (i = WRONG; i < NCLASSES; i++) {
		memset(&u, 0, sizeof(u));
		(void)strlcpy(u.name, names[i], sizeof(u.name));
		(void)strlcpy(u.password, "password", sizeof(u.password));
		u.has_password = 1;
		arc4random_buf(u.nt_hash, sizeof(u.nt_hash));
		u.disabled = i == DISABLED;
		u.expires = i == EXPIRED;
		users_add(&u);
	}
	users_commit();
	pools_commit();
}

static void
attempt(int class, uint32_t method)
{
	static unsigned char	 buf[65536];
	struct msg_auth_start	 start;
	struct msg_auth_response m;
	struct login		*l;
	struct msg_auth_verdict	 v;
	struct msg_call		 gone;
	double			 began;
	ssize_t			 n;

	memset(&start, 0, sizeof(start));
	start.call_id = 1;
	start.serial = 1;
	start.attempt = 1;
	start.method = method;
	if (method != AUTH_PAP)
		auth_start(&start);
	else if ((l = login_get(1, 1)) == NULL)
		fatal("login_get");
	memset(&m, 0, sizeof(m));
	m.call_id = m.serial = m.attempt = 1;
	m.method = method;
	m.value_len = method == AUTH_CHAP_MD5 ? CHAP_MD5_LEN :
	    method == AUTH_PAP ? 8 : MSCHAP_VALUE_LEN;
	arc4random_buf(m.value, m.value_len);
	if (method == AUTH_PAP)
		memcpy(m.value, "passw0rd", 8);
	if (method == AUTH_MSCHAP)
		m.value[48] = 1;
	(void)strlcpy(m.user, names[class], sizeof(m.user));
	(void)imsgbuf_write(&iev_session[0].ibuf);
	while (recv(other, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;

	/* The first failure of a user does most. */
	penalty_clear_all(&penalties, monotonic_ms());
	sent = 0;
	began = now();
	auth_response(&m);
	(void)write_timed(&iev_session[0].ibuf);
	times[class][counts[class]++] = sent - began;

	n = recv(other, buf, sizeof(buf), MSG_DONTWAIT);
	if (n != IMSG_HEADER_SIZE + sizeof(v))
		fatalx("%zd octets for a verdict", n);
	memcpy(&v, buf + IMSG_HEADER_SIZE, sizeof(v));
	/* The challenge in it is random. */
	if (strstr(v.text, "C=") != NULL)
		memset(strstr(v.text, "C="), 'x', 34);
	(void)snprintf(said[class], sizeof(said[class]), "%u %u %s", v.ok,
	    v.cause, v.text);
	memset(&gone, 0, sizeof(gone));
	gone.call_id = gone.serial = 1;
	auth_release(&gone);
}

static int
by_size(const void *a, const void *b)
{
	double	x = *(const double *)a, y = *(const double *)b;

	return (x < y ? -1 : x > y);
}

static void
moments(double *x, double *mean, double *variance)
{
	size_t	i;

	qsort(x, ATTEMPTS, sizeof(*x), by_size);
	*mean = *variance = 0;
	for (i = 0; i < KEEP; i++)
		*mean += x[i] / KEEP;
	for (i = 0; i < KEEP; i++)
		*variance += (x[i] - *mean) * (x[i] - *mean) / (KEEP - 1);
}

static void
test_method(const char *name, uint32_t method, int penalty)
{
	double	mean[NCLASSES], variance[NCLASSES], t, least[NCLASSES];
	double	difference;
	int	i, class, round;

	for (i = 0; i < NCLASSES; i++)
		least[i] = INFINITY;
	for (round = 0; round < ROUNDS; round++) {
		memset(counts, 0, sizeof(counts));
		for (i = 0; i < NCLASSES * ATTEMPTS;) {
			class = arc4random_uniform(NCLASSES);
			if (counts[class] == ATTEMPTS)
				continue;
			attempt(class, method);
			i++;
		}
		for (i = 0; i < NCLASSES; i++)
			moments(times[i], &mean[i], &variance[i]);
		for (i = WRONG; i < NCLASSES; i++) {
			difference = fabs(mean[i] - mean[UNKNOWN]);
			t = difference < TELLING * mean[UNKNOWN] ? 0 :
			    difference / sqrt((variance[i] +
			    variance[UNKNOWN]) / KEEP);
			if (t < least[i])
				least[i] = t;
		}
		if (least[WRONG] < T_MAX && least[DISABLED] < T_MAX &&
		    least[EXPIRED] < T_MAX)
			break;
	}
	for (i = WRONG; i < NCLASSES; i++)
		if (!ok(least[i] < T_MAX, "T13 V090 %s%s: %s takes as long "
		    "as an unknown user", name, penalty ? ", penalties" : "",
		    i == WRONG ? "a wrong password" : i == DISABLED ?
		    "a disabled user" : "an expired user"))
			printf("# t %.1f, means %.0f and %.0f ns\n", least[i],
			    mean[i], mean[UNKNOWN]);
	for (i = WRONG; !penalty && i < NCLASSES; i++)
		is_str(said[i], said[UNKNOWN], "T13 V090 %s: the same answer",
		    name);
}

int
main(void)
{
	int	fd[2], penalty;

	log_init(1, LOG_DAEMON);
	/* Of penalties; to wherever it goes it takes its time. */
	if (freopen("/dev/null", "w", stderr) == NULL)
		fatal("/dev/null");
	event_init();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) == -1)
		fatal("socketpair");
	other = fd[1];
	imsgev_init(&iev_session[0], fd[0], dispatch_session, 0);
	has_session[0] = 1;
	penalty_init(&penalties);
	for (penalty = 0; penalty < 2; penalty++) {
		add_users(penalty);
		test_method("MS-CHAPv2", AUTH_MSCHAPV2, penalty);
		test_method("MS-CHAP", AUTH_MSCHAP, penalty);
		test_method("CHAP", AUTH_CHAP_MD5, penalty);
		test_method("PAP", AUTH_PAP, penalty);
	}
	done_testing();
}
