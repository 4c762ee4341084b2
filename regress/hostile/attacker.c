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
 * An engine, or the parent, that somebody else has taken over: every message
 * of every size with and without a descriptor, in every relation between two
 * processes of pptpd, and floods of those that look right.
 *
 *   attacker pptpd conf socket victim source part parts flood
 *
 * plays the supervisor and all engines for a real parent, with every parts'th
 * of the cases from the part'th on, or all but one of the processes for a real
 * engine; then so many messages that have a type and a size that are right.
 * A line for each fault; the last one says what was done.
 *
 *   attacker -P role ...
 *
 * is what the supervisor starts if this was its program: the role in the
 * environment's ATTACK_ROLE is played here while the file ATTACK_FILE is there,
 * all others are PPTPD's.  ATTACK_TARGET is a process, or "mute".
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <err.h>
#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <imsg.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/sockios.h>

#include "pptpd.h"

#define FD_MARK		0x80000000U	/* as it is on the wire */
#define PAYLOAD_MAX	(MAX_IMSGSIZE - IMSG_HEADER_SIZE)
#define TIMEOUT		3000		/* ms for what must happen */
#define RECORDS		4096
#define PIPES		(2 * ENGINES_MAX + 2)
#define BATCH		48
#define nitems(a)	(sizeof(a) / sizeof((a)[0]))

/* What a process takes from another; size is that of the payload. */
struct legal {
	uint32_t	type;
	uint32_t	size;
	int		fd;
};

struct relation {
	const char	*victim;
	const char	*source;
	const struct legal *legal;
	size_t		 n;
};

/* One message of the parent's to an engine. */
struct record {
	uint32_t	 type;
	uint32_t	 len;
	int		 fd;
	void		*data;
};

/* An engine's end of its socket to the parent. */
struct engine {
	int		 fd;
	int		 lives;
	int		 lost;		/* so many of them */
	int		 ready;
	struct imsgbuf	 ibuf;
	struct record	 record[RECORDS];
	size_t		 nrecords;
};

struct pipe {
	unsigned int	 proc;		/* whose end we have */
	int		 fd;
	struct msg_session_engine who;	/* if it is a session engine's */
};

#define L(t)		{ IMSG_ ## t, 0, 0 }
#define LS(t, s)	{ IMSG_ ## t, sizeof(s), 0 }
#define LF(t)		{ IMSG_ ## t, 0, 1 }

static const struct legal parent_control[] = {
	LS(RELOAD, uint32_t), LS(LOG_VERBOSE, int),
	LS(SESSION_WRONG, struct msg_session_engine)
};
static const struct legal parent_session[] = {
	LS(ROUTE_ADD, struct msg_route), LS(ROUTE_DELETE, struct msg_call),
	LS(HOP_REQUEST, struct msg_hop)
};
static const struct legal parent_auth[] = {
	LS(RELOAD_SESSION, struct msg_reload_session),
	LS(RELOAD_END, struct msg_reload_end),
	LS(SESSION_WRONG, struct msg_session_engine)
};
static const struct legal control_parent[] = {
	{ IMSG_PIPE_SESSION, sizeof(struct msg_session_engine), 1 },
	LS(VERBOSE, int),
	LS(CONTROL_CONF, struct conf_pptp), LF(CONTROL_LISTENER),
	LF(CONTROL_SOCKET), L(CONTROL_CONF_END), L(CONTROL_SHUTDOWN),
	LS(RELOAD_TEXT, struct msg_reload_text),
	LS(RELOAD_RESULT, struct msg_reload_result)
};
static const struct legal control_session[] = {
	LS(CALL_READY, struct msg_call), LS(CALL_AUTHENTICATED,
	struct msg_call), LS(CALL_CLOSED, struct msg_call_closed),
	LS(SHOW_REPLY, struct ctl_session), LS(SHOW_REPLY_STATS,
	struct ctl_session_stats), LS(SHOW_REPLY_END, struct msg_show_end),
	LS(KILL_REPLY, struct msg_kill_reply), LS(EVENT, struct ctl_event),
	LS(PENALTY, struct msg_penalty), LS(PENALTIES_END,
	struct msg_penalties_end)
};
static const struct legal session_parent[] = {
	LF(PIPE_CONTROL), LF(PIPE_AUTH), LS(VERBOSE, int),
	LS(SESSION_CONF, struct conf_ppp), LF(SESSION_TUN), LF(SESSION_GRE),
	LF(SESSION_LINK), L(SESSION_CONF_END),
	LS(ROUTE_RESULT, struct msg_route_result),
	LS(HOP_RESULT, struct msg_hop_result), L(HOP_FORGET)
};
static const struct legal session_control[] = {
	LS(CALL_OPEN, struct msg_call_open),
	LS(CALL_CLOSE, struct msg_call_close),
	LS(SHOW_SESSIONS, struct msg_show), LS(SHOW_SESSION, struct msg_show),
	LS(SHOW_STATS, struct msg_show), LS(KILL, struct msg_kill),
	LS(SHOW_PENALTIES, struct msg_penalties),
	LS(CLEAR_PENALTIES, struct msg_penalties)
};
static const struct legal session_auth[] = {
	LS(AUTH_CHALLENGE, struct msg_auth_challenge),
	LS(AUTH_VERDICT, struct msg_auth_verdict),
	LS(ADDRESS_REPLY, struct msg_address),
	LS(AUTH_END, struct msg_auth_end), LS(PENALTY, struct msg_penalty),
	LS(PENALTIES_END, struct msg_penalties_end)
};
static const struct legal auth_parent[] = {
	{ IMSG_PIPE_SESSION, sizeof(struct msg_session_engine), 1 },
	LS(VERBOSE, int),
	LS(AUTH_CONF, struct conf_auth), LS(AUTH_POOL, struct conf_pool),
	LS(AUTH_LOCAL, struct addr_range), LS(AUTH_REMOTE, struct addr_range),
	LS(AUTH_USER, struct conf_user), LS(AUTH_CONF_END, struct msg_reload)
};
static const struct legal auth_session[] = {
	LS(AUTH_START, struct msg_auth_start),
	LS(AUTH_RESPONSE, struct msg_auth_response),
	LS(ADDRESS_REQUEST, struct msg_address),
	LS(AUTH_RELEASE, struct msg_call), LS(AUTH_ALIVE, struct msg_call),
	LS(SHOW_PENALTIES, struct msg_penalties),
	LS(CLEAR_PENALTIES, struct msg_penalties)
};

#define R(v, s)	{ #v, #s, v ## _ ## s, nitems(v ## _ ## s) }

static const struct relation relations[] = {
	R(parent, control), R(parent, session), R(parent, auth),
	R(control, parent), R(control, session), R(session, parent),
	R(session, control), R(session, auth), R(auth, parent),
	R(auth, session)
};

static const uint32_t lengths[] = { 0, 1, 7, 15, 16, 17, MAX_IMSGSIZE + 1,
    0xffff, 0x7fffffff };
static const uint32_t ids[] = { 0, 1, 0xffffffff };
/* Headers that lie, then types with sizes, ids, contents, a descriptor. */
#define SIZES		6
#define CASES_HEADER	(2 * nitems(lengths))
#define CASES_TYPE	(SIZES * nitems(ids) * 3 * 2)
#define CASES		(CASES_HEADER + (IMSG_MAX + 11) * CASES_TYPE)

static const struct relation *rel;
static const char	*pptpd, *conf_file, *socket_path;
static struct engine	 engines[PROC_MAX];
static struct pipe	 pipes[PIPES];
static size_t		 npipes;

static pid_t		 parent_pid;
static int		 supervisor_fd = -1, serving, null_fd;
static int		 patience = 1000;	/* ms for a victim to read */
static unsigned int	 deadly[IMSG_MAX];	/* ends, of what is alone */
static uint64_t		 sent, ended, faults, state = 1;

static void
fault(const char *what, unsigned int number)
{
	printf("fault: %s from %s, case %u: %s\n", rel->victim, rel->source,
	    number, what);
	fflush(stdout);
	faults++;
}

uint64_t
monotonic_ms(void)
{
	struct timespec	ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000);
}

/* xorshift64: the same numbers each time. */
static uint32_t
rnd(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return ((state >> 20) % n);
}

static unsigned int
proc_of(const char *name)
{
	if (strcmp(name, "control") == 0)
		return (PROC_CONTROL);
	if (strcmp(name, "auth") == 0)
		return (PROC_AUTH);
	if (strcmp(name, "session") == 0)
		return (PROC_SESSION);
	return (PROC_PARENT);
}

/* 0, or -1: nobody is there to take it. */
static int	 pump(int);

static int
send_raw(int sock, const void *data, size_t len, int fd)
{
	union {
		struct cmsghdr	hdr;
		char		buf[CMSG_SPACE(sizeof(int))];
	}		 control;
	struct cmsghdr	*cmsg;
	struct msghdr	 msg;
	struct pollfd	 pfd;
	struct iovec	 iov;
	const char	*p = data;
	uint64_t	 end = 0;
	ssize_t		 n;

	while (len > 0) {
		memset(&msg, 0, sizeof(msg));
		iov.iov_base = (void *)(uintptr_t)p;
		iov.iov_len = len;
		msg.msg_iov = &iov;
		msg.msg_iovlen = 1;
		if (fd != -1) {
			memset(&control, 0, sizeof(control));
			msg.msg_control = control.buf;
			msg.msg_controllen = CMSG_SPACE(sizeof(int));
			cmsg = CMSG_FIRSTHDR(&msg);
			cmsg->cmsg_level = SOL_SOCKET;
			cmsg->cmsg_type = SCM_RIGHTS;
			cmsg->cmsg_len = CMSG_LEN(sizeof(int));
			memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
		}
		n = sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1 && errno == EAGAIN && parent_pid != 0) {
			/* It listens again when its own queues are shorter. */
			if (end == 0)
				end = monotonic_ms() + 1000;
			else if (monotonic_ms() > end)
				return (1);
			pump(10);
			continue;
		}
		if (n == -1 && errno == EAGAIN) {
			pfd.fd = sock;
			pfd.events = POLLOUT;
			if (poll(&pfd, 1, patience) == 0)
				return (1);	/* it does not take more */
			if (pfd.revents & (POLLHUP | POLLERR))
				return (-1);
			continue;
		}
		if (n == -1)
			return (-1);
		fd = -1;
		end = 0;
		p += n;
		len -= n;
	}
	return (0);
}

static size_t
frame(unsigned char *buf, uint32_t type, uint32_t id, int fd, size_t len)
{
	struct imsg_hdr	hdr;

	memset(&hdr, 0, sizeof(hdr));
	hdr.type = type;
	hdr.len = (IMSG_HEADER_SIZE + len) | (fd ? FD_MARK : 0);
	hdr.peerid = id;
	memcpy(buf, &hdr, sizeof(hdr));
	return (sizeof(hdr) + len);
}

static int
send_message(int sock, uint32_t type, int fd, const void *data, size_t len)
{
	static unsigned char	buf[MAX_IMSGSIZE];

	if (len > 0)
		memcpy(buf + IMSG_HEADER_SIZE, data, len);
	return (send_raw(sock, buf, frame(buf, type, 0, fd != -1, len), fd));
}

static const struct legal *
legal_of(uint32_t type)
{
	size_t	i;

	for (i = 0; i < rel->n; i++)
		if (rel->legal[i].type == type)
			return (&rel->legal[i]);
	return (NULL);
}

/*
 * The case of that number: its octets and whether a descriptor goes with it;
 * 1 if the victim must not go on after it.
 */
static int
make_case(unsigned int number, unsigned char *buf, size_t *len, int *fd)
{
	const struct legal	*l;
	struct imsg_hdr		 hdr;
	uint32_t		 type, size, fill, id, right, i;

	*fd = 0;
	if (number < CASES_HEADER) {
		/* With the mark and without a descriptor, too. */
		memset(&hdr, 0, sizeof(hdr));
		hdr.type = rel->legal[0].type;
		hdr.len = lengths[number / 2] | (number % 2 ? FD_MARK : 0);
		memset(buf, 0, MAX_IMSGSIZE);
		memcpy(buf, &hdr, sizeof(hdr));
		*len = sizeof(hdr) + 64;
		return ((hdr.len & ~FD_MARK) < IMSG_HEADER_SIZE ||
		    (hdr.len & ~FD_MARK) > MAX_IMSGSIZE ||
		    (hdr.len & ~FD_MARK) != IMSG_HEADER_SIZE +
		    rel->legal[0].size);
	}
	number -= CASES_HEADER;
	type = number / CASES_TYPE;
	number %= CASES_TYPE;
	*fd = number % 2;
	number /= 2;
	fill = number % 3;
	number /= 3;
	id = ids[number % nitems(ids)];
	number /= nitems(ids);
	l = legal_of(type);
	right = l != NULL ? l->size : 8;
	switch (number) {
	case 0:
		size = 0;
		break;
	case 1:
		size = 1;
		break;
	case 2:
		size = right > 0 ? right - 1 : 4;
		break;
	case 3:
		size = right;
		break;
	case 4:
		size = right + 1;
		break;
	default:
		size = PAYLOAD_MAX;
		break;
	}
	*len = frame(buf, type, id, *fd, size);
	for (i = 0; i < size; i++)
		buf[IMSG_HEADER_SIZE + i] = fill == 0 ? 0 : fill == 1 ? 0xff :
		    rnd(256);
	/*
	 * One that needs a descriptor takes no payload for granted; what ends
	 * a reload is wrong when there is none.
	 */
	return (l == NULL || (rel->legal == parent_auth &&
	    type != IMSG_SESSION_WRONG) || (l->fd && !*fd) ||
	    (size != l->size && !(l->fd && l->size == 0)));
}

/* ------------------------------------------------------- a real parent */

static void
engine_close(struct engine *e)
{
	if (e->fd == -1)
		return;
	imsgbuf_clear(&e->ibuf);
	close(e->fd);
	e->fd = -1;
}

static void
take_request(void)
{
	union {
		struct cmsghdr	hdr;
		char		buf[CMSG_SPACE(sizeof(int))];
	}				 control;
	struct supervisor_request	 rq;
	struct cmsghdr			*cmsg;
	struct engine			*e;
	struct msghdr			 msg;
	struct iovec			 iov;
	int				 fd = -1;

	memset(&msg, 0, sizeof(msg));
	iov.iov_base = &rq;
	iov.iov_len = sizeof(rq);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = control.buf;
	msg.msg_controllen = sizeof(control.buf);
	if (recvmsg(supervisor_fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) !=
	    sizeof(rq))
		return;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg != NULL && cmsg->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	if (rq.proc >= PROC_MAX || (rq.proc == PROC_PARENT && fd != -1)) {
		printf("fault: the parent asks for %u\n", rq.proc);
		faults++;
		return;
	}
	if (rq.proc == PROC_PARENT) {
		serving = 1;
		return;
	}
	e = &engines[rq.proc];
	if (fd == -1)
		e->lost++;
	engine_close(e);
	if (fd == -1)
		return;
	e->fd = fd;
	e->lives++;
	e->ready = 0;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (imsgbuf_init(&e->ibuf, fd) == -1)
		err(1, "imsgbuf_init");
	imsgbuf_allow_fdpass(&e->ibuf);
}

/* What the parent says: keep the configuration, answer like an engine. */
static void
take_messages(struct engine *e)
{
	struct record	*r;
	struct imsg	 imsg;
	uint32_t	 type;
	size_t		 len;
	int		 fd;

	if (imsgbuf_read(&e->ibuf) != 1) {
		engine_close(e);
		return;
	}
	while (e->fd != -1 && imsgbuf_get(&e->ibuf, &imsg) > 0) {
		type = imsg_get_type(&imsg);
		fd = imsg_get_fd(&imsg);
		len = imsg_get_len(&imsg);
		if (!serving && e->lives == 1 && e->nrecords < RECORDS) {
			r = &e->record[e->nrecords++];
			r->type = type;
			r->len = len;
			r->fd = fd;
			if ((r->data = malloc(len + 1)) == NULL)
				err(1, NULL);
			if (len > 0)
				(void)imsg_get_data(&imsg, r->data, len);
		} else if (fd != -1)
			close(fd);
		if (type == IMSG_CONTROL_CONF_END ||
		    type == IMSG_SESSION_CONF_END ||
		    (type == IMSG_AUTH_CONF_END && !e->ready)) {
			e->ready = 1;
			send_message(e->fd, IMSG_READY, -1, NULL, 0);
		}
		if (type == IMSG_CONTROL_SHUTDOWN)
			send_message(e->fd, IMSG_CONTROL_DONE, -1, NULL, 0);
		imsg_free(&imsg);
	}
}

/* Let the parent work for so many ms, or until it does something. */
static int
pump(int timeout)
{
	struct pollfd	pfd[PROC_MAX + 1];
	unsigned int	i;
	int		n;

	for (i = 0; i < PROC_MAX; i++) {
		pfd[i].fd = i == 0 ? supervisor_fd : engines[i].fd;
		pfd[i].events = POLLIN;
		pfd[i].revents = 0;
	}
	if ((n = poll(pfd, PROC_MAX, timeout)) <= 0)
		return (0);
	for (i = 1; i < PROC_MAX; i++)
		if (pfd[i].revents != 0 && engines[i].fd == pfd[i].fd)
			take_messages(&engines[i]);
	if (pfd[0].revents & POLLIN)
		take_request();
	else if (pfd[0].revents & (POLLHUP | POLLERR))
		return (-1);
	return (1);
}

static pid_t
start(const char *role, int fd)
{
	char	*argv[9];
	int	 n = 0;
	pid_t	 pid;

	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid != 0) {
		close(fd);
		return (pid);
	}
	argv[n++] = strdup(pptpd);
	argv[n++] = strdup("-P");
	argv[n++] = strdup(role);
	argv[n++] = strdup("-d");
	if (strcmp(role, process_name(PROC_PARENT)) == 0) {
		argv[n++] = strdup("-f");
		argv[n++] = strdup(conf_file);
		argv[n++] = strdup("-s");
		argv[n++] = strdup(socket_path);
	}
	argv[n] = NULL;
	dup2(2, 1);
	if (fd == CHILD_FD)
		fcntl(fd, F_SETFD, 0);
	else if (dup2(fd, CHILD_FD) == -1)
		err(1, "dup2");
	closefrom(CHILD_FD + 1);
	setsid();
	execv(pptpd, argv);
	err(1, "%s", pptpd);
}

/* Its exit status, -1 if a signal was its end, -2 if it is still there. */
static int
wait_for(pid_t pid, int timeout)
{
	uint64_t	end = monotonic_ms() + timeout;
	int		status;

	for (;;) {
		switch (waitpid(pid, &status, WNOHANG)) {
		case 0:
			break;
		default:
			if (WIFSIGNALED(status)) {
				printf("# signal %d\n", WTERMSIG(status));
				return (-1);
			}
			return (WEXITSTATUS(status));
		}
		if (monotonic_ms() > end)
			return (-2);
		/* The parent still wants to be answered. */
		if (supervisor_fd == -1 || pump(1) == -1)
			usleep(500);
	}
}

static void
parent_start(void)
{
	struct engine	*e;
	uint64_t	 end = monotonic_ms() + 10000;
	unsigned int	 i;
	size_t		 j;
	int		 fd[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) == -1)
		err(1, "socketpair");
	supervisor_fd = fd[0];
	for (i = 0; i < PROC_MAX; i++) {
		e = &engines[i];
		for (j = 0; j < e->nrecords; j++) {
			free(e->record[j].data);
			if (e->record[j].fd != -1)
				close(e->record[j].fd);
		}
		e->nrecords = 0;
		e->lives = e->lost = 0;
		e->fd = -1;
	}
	serving = 0;
	parent_pid = start(process_name(PROC_PARENT), fd[1]);
	while (!serving) {
		if (pump(100) == -1 || monotonic_ms() > end)
			errx(1, "the parent does not start");
	}
}

/* SIGTERM, or it is about to end by itself. */
static void
parent_end(int wanted, unsigned int number)
{
	unsigned int	i;
	int		status;

	if (wanted == 0)
		kill(parent_pid, SIGTERM);
	status = wait_for(parent_pid, TIMEOUT);
	if (status == -2) {
		fault("the parent does not end", number);
		kill(parent_pid, SIGKILL);
		waitpid(parent_pid, NULL, 0);
	} else if (status != wanted && (status != 1 ||
	    rel->legal != parent_control))
		/* A session engine that it has ended must serve by then. */
		fault(status == -1 ? "the parent died of a signal" :
		    "the parent's exit status", number);
	close(supervisor_fd);
	supervisor_fd = -1;
	for (i = 1; i < PROC_MAX; i++)
		engine_close(&engines[i]);
	parent_pid = 0;
}

static int
parent_dead(void)
{
	int	status;

	if (parent_pid == 0 || waitpid(parent_pid, &status, WNOHANG) == 0)
		return (0);
	return (1);
}

/* An engine of that role that is there, 0: none. */
static unsigned int
any(unsigned int proc)
{
	unsigned int	i;

	if (proc != PROC_SESSION)
		return (engines[proc].fd != -1 && engines[proc].ready ?
		    proc : 0);
	for (i = PROC_SESSION; i < PROC_MAX; i++)
		if (engines[i].fd != -1 && engines[i].ready)
			return (i);
	return (0);
}

static void
attack_parent(unsigned int number)
{
	static unsigned char	 buf[MAX_IMSGSIZE + 64];
	uint64_t		 end;
	unsigned int		 proc, from = proc_of(rel->source);
	size_t			 len;
	int			 fd, lost, must;

	if (parent_pid == 0)
		parent_start();
	if ((proc = any(from)) == 0) {
		/* All have had their second life. */
		parent_end(0, number);
		parent_start();
		proc = any(from);
	}
	must = make_case(number, buf, &len, &fd);
	lost = engines[proc].lost;
	(void)send_raw(engines[proc].fd, buf, len, fd ? null_fd : -1);
	sent++;
	end = monotonic_ms() + TIMEOUT;
	while (engines[proc].lost == lost && (must ? monotonic_ms() < end :
	    0))
		if (pump(10) == -1)
			break;
	if (!must)
		while (pump(0) == 1)
			;
	if (engines[proc].lost == lost) {
		if (must) {
			fault("the parent goes on", number);
			parent_end(0, number);
		}
		return;
	}
	ended++;
	if (proc < PROC_SESSION)
		parent_end(1, number);
}

/*
 * Calls of that engine, all of which are gone in the end.  Addresses of the
 * configuration, of this host, of others; networks that a user has or nobody.
 */
static int
route_calls(unsigned int proc, uint32_t serial)
{
	static const uint32_t	 bad[] = { 0, 0xffffffff, 0x7f000001,
				    0x0a090001, 0xc0a8b101, 0xe0000001,
				    0x0a630001, 0x0a63000a };
	struct msg_route	 m;
	struct msg_call		 call[BATCH];
	uint32_t		 i, j;

	for (i = 0; i < BATCH; i++) {
		memset(&m, 0, sizeof(m));
		m.call_id = (1 + (serial * BATCH + i) % 8000) * ENGINES_MAX +
		    proc - PROC_SESSION;
		m.serial = serial;
		m.remote.s_addr = htonl(rnd(4) == 0 ? bad[rnd(nitems(bad))] :
		    0x0a63000a + rnd(16));
		m.local.s_addr = htonl(rnd(8) == 0 ? bad[rnd(nitems(bad))] :
		    0x0a630001);
		m.mtu = rnd(8) == 0 ? rnd(0x20000) : 1400;
		m.nroutes = rnd(4) == 0 ? rnd(USER_ROUTES_MAX + 1) : 0;
		for (j = 0; j < USER_ROUTES_MAX; j++) {
			m.route[j].addr.s_addr = htonl(rnd(2) ? 0x0a6e0000 :
			    bad[rnd(nitems(bad))]);
			m.route[j].prefixlen = rnd(2) ? 24 : rnd(40);
		}
		call[i].call_id = m.call_id;
		call[i].serial = m.serial;
		if (send_message(engines[proc].fd, IMSG_ROUTE_ADD, -1, &m,
		    sizeof(m)) != 0)
			return (-1);
		sent++;
	}
	for (i = 0; i < BATCH; i++) {
		/* Of another session first, which is none of its business. */
		m.serial = call[i].serial;
		call[i].serial = rnd(0xffffffff);
		if (send_message(engines[proc].fd, IMSG_ROUTE_DELETE, -1,
		    &call[i], sizeof(call[i])) != 0)
			return (-1);
		call[i].serial = m.serial;
		if (send_message(engines[proc].fd, IMSG_ROUTE_DELETE, -1,
		    &call[i], sizeof(call[i])) != 0)
			return (-1);
		sent += 2;
	}
	return (0);
}

/* ---------------------------------------------------------- a flood */

/* So many messages with types and sizes that are right, into buf. */
static size_t
random_messages(unsigned char *buf, size_t n, int with_fd)
{
	static const uint32_t	 words[] = { 0, 1, 2, 3, 4, 7, 8, 16, 24, 255,
				    1400, 65535, 65536, 0x7fffffff,
				    0x80000000, 0xffffffff };
	const struct legal	*l;
	unsigned char		*p = buf;
	uint32_t		 i, w;
	unsigned int		 tries = 0;

	while (n > 0) {
		l = &rel->legal[rnd(rel->n)];
		if (l->fd || (!with_fd && l->type == IMSG_RELOAD))
			continue;
		/* Those that are the end of it by design. */
		if (l->type == IMSG_CONTROL_SHUTDOWN ||
		    l->type == IMSG_CONTROL_CONF_END ||
		    l->type == IMSG_SESSION_CONF_END ||
		    (deadly[l->type] >= 5 && tries++ < 1000))
			continue;
		for (i = 0; i + 4 <= l->size; i += 4) {
			w = words[rnd(nitems(words))];
			if (l->type == IMSG_VERBOSE ||
			    l->type == IMSG_LOG_VERBOSE)
				w = 0;	/* or there is much to read */
			if (i > 64)
				w = rnd(2) ? 0x41414141 : 0;
			memcpy(p + IMSG_HEADER_SIZE + i, &w, sizeof(w));
		}
		p += frame(p, l->type, rnd(3), 0, l->size);
		n--;
	}
	return (p - buf);
}

static void
flood_parent(uint64_t count)
{
	static unsigned char	 buf[BATCH * MAX_IMSGSIZE];
	uint64_t		 want = sent + count;
	uint32_t		 serial = 1;
	unsigned int		 proc;
	size_t			 len;
	int			 r;

	/* Of the auth engine little is right when nobody reloads. */
	while (sent < want && faults < 20 && rel->legal != parent_auth) {
		if (parent_pid == 0)
			parent_start();
		if ((proc = any(proc_of(rel->source))) == 0) {
			parent_end(0, 0);
			continue;
		}
		if (proc >= PROC_SESSION)
			r = route_calls(proc, serial++);
		else {
			len = random_messages(buf, BATCH, 0);
			if ((r = send_raw(engines[proc].fd, buf, len,
			    -1)) == 0)
				sent += BATCH;
		}
		while (pump(0) == 1)
			;
		if (r == 1) {
			/* In the middle of a message: wait for more room. */
			fault("the parent does not read", 0);
			parent_end(0, 0);
		} else if (r == -1 || engines[proc].fd == -1) {
			ended++;
			if (proc < PROC_SESSION)
				parent_end(1, 0);
		}
		if (parent_pid != 0 && parent_dead()) {
			fault("the parent is gone", 0);
			parent_pid = 0;
		}
	}
}

/* ------------------------------------------------------- a real engine */

static pid_t		 victim;
static int		 victim_fd = -1;	/* the parent's end */
static struct imsgbuf	 victim_ibuf;		/* the same */
static int		 refused;	/* it has told the parent of us */
static struct msg_session_engine refused_who;

static void
victim_close(void)
{
	size_t	i;

	if (victim_fd != -1) {
		imsgbuf_clear(&victim_ibuf);
		close(victim_fd);
	}
	victim_fd = -1;
	for (i = 0; i < npipes; i++)
		close(pipes[i].fd);
	npipes = 0;
	victim = 0;
}

/* The configuration that the parent sent, with other ends of its pipes. */
static void
victim_start(void)
{
	unsigned int	 proc = proc_of(rel->victim), type;
	struct imsg	 imsg;
	struct engine	*e = &engines[proc];
	struct record	*r;
	uint64_t	 end = monotonic_ms() + TIMEOUT;
	size_t		 i;
	int		 fd[2], ready = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == -1)
		err(1, "socketpair");
	victim_fd = fd[0];
	fcntl(fd[1], F_SETFL, O_NONBLOCK);
	victim = start(process_name(proc), fd[1]);
	for (i = 0; i < e->nrecords; i++) {
		r = &e->record[i];
		switch (r->type) {
		case IMSG_PIPE_CONTROL:
		case IMSG_PIPE_AUTH:
		case IMSG_PIPE_SESSION:
			if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
			    SOCK_NONBLOCK, 0, fd) == -1)
				err(1, "socketpair");
			pipes[npipes].proc = r->type == IMSG_PIPE_CONTROL ?
			    PROC_CONTROL : r->type == IMSG_PIPE_AUTH ?
			    PROC_AUTH : PROC_SESSION;
			if (r->type == IMSG_PIPE_SESSION)
				memcpy(&pipes[npipes].who, r->data,
				    sizeof(pipes[npipes].who));
			pipes[npipes++].fd = fd[0];
			(void)send_message(victim_fd, r->type, fd[1], r->data,
			    r->len);
			close(fd[1]);
			break;
		default:
			(void)send_message(victim_fd, r->type, r->fd, r->data,
			    r->len);
			break;
		}
	}
	if (imsgbuf_init(&victim_ibuf, victim_fd) == -1)
		err(1, "imsgbuf_init");
	refused = 0;
	while (!ready && monotonic_ms() < end) {
		if (imsgbuf_read(&victim_ibuf) != 1)
			errx(1, "the %s engine does not start", rel->victim);
		while (imsgbuf_get(&victim_ibuf, &imsg) > 0) {
			type = imsg_get_type(&imsg);
			ready |= type == IMSG_READY;
			imsg_free(&imsg);
		}
	}
	fcntl(victim_fd, F_SETFL, O_NONBLOCK);
}

static struct pipe *
victim_pipe(void)
{
	size_t	i;

	for (i = 0; i < npipes; i++)
		if (pipes[i].proc == proc_of(rel->source))
			return (&pipes[i]);
	errx(1, "no pipe from %s to %s", rel->source, rel->victim);
}

static int
victim_sock(void)
{
	if (proc_of(rel->source) == PROC_PARENT)
		return (victim_fd);
	return (victim_pipe()->fd);
}

/* What it says to the parent; -1: nothing any more. */
static int
victim_parent(void)
{
	struct imsg	imsg;

	if (imsgbuf_read(&victim_ibuf) != 1)
		return (-1);
	while (imsgbuf_get(&victim_ibuf, &imsg) > 0) {
		if (imsg_get_type(&imsg) == IMSG_SESSION_WRONG &&
		    imsg_get_data(&imsg, &refused_who,
		    sizeof(refused_who)) == 0)
			refused++;
		imsg_free(&imsg);
	}
	return (0);
}

/* Read all that the victim says; -1 if one of its sockets is closed. */
static int
victim_drain(int timeout)
{
	static char	buf[65536];
	struct pollfd	pfd[PIPES + 1];
	size_t		i;
	ssize_t		n;
	int		result = 0;

	for (i = 0; i <= npipes; i++) {
		pfd[i].fd = i == npipes ? victim_fd : pipes[i].fd;
		pfd[i].events = POLLIN;
	}
	if (poll(pfd, npipes + 1, timeout) <= 0)
		return (0);
	for (i = 0; i <= npipes; i++) {
		if (pfd[i].revents == 0)
			continue;
		if (i == npipes) {
			if (victim_parent() == -1)
				result = -1;
			continue;
		}
		n = recv(pfd[i].fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n == 0 || (n == -1 && errno != EAGAIN))
			result = -1;
	}
	return (result);
}

/*
 * A session engine that says something wrong is done with, and who it said it
 * to goes on: the parent is told, and there is a next one.
 */
static void
victim_survived(unsigned int number)
{
	struct pipe	*p = victim_pipe();
	uint64_t	 end = monotonic_ms() + TIMEOUT;
	int		 fd[2], status;

	ended++;
	close(p->fd);
	p->fd = -1;
	while (!refused && monotonic_ms() < end)
		(void)victim_drain(10);
	if (refused != 1 || refused_who.engine != p->who.engine ||
	    refused_who.start != p->who.start)
		fault("it does not tell the parent who is wrong", number);
	else if (waitpid(victim, &status, WNOHANG) != 0)
		fault("it does not survive", number);
	else {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
		    SOCK_NONBLOCK, 0, fd) == -1)
			err(1, "socketpair");
		refused = 0;
		p->fd = fd[0];
		p->who.start++;
		(void)send_message(victim_fd, IMSG_PIPE_SESSION, fd[1],
		    &p->who, sizeof(p->who));
		close(fd[1]);
		return;
	}
	kill(victim, SIGKILL);
	waitpid(victim, NULL, 0);
	victim_close();
}

static void
victim_ended(unsigned int number)
{
	int	status;

	if (proc_of(rel->source) == PROC_SESSION) {
		victim_survived(number);
		return;
	}
	ended++;
	/* It may want to say good-bye to more than one. */
	victim_drain(0);
	if ((status = wait_for(victim, 300)) == -2) {
		/* A session engine waits for the others to go, too. */
		pid_t	pid = victim;

		victim_close();
		if ((status = wait_for(pid, TIMEOUT)) == -2) {
			fault("it does not end", number);
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
		}
	}
	if (status == -1 || status > 1)
		fault("died of a signal", number);
	victim_close();
}

static void
attack_engine(unsigned int number)
{
	static unsigned char	 buf[MAX_IMSGSIZE + 64];
	uint64_t		 end;
	size_t			 len;
	int			 fd, must;

	if (victim == 0)
		victim_start();
	must = make_case(number, buf, &len, &fd);
	(void)send_raw(victim_sock(), buf, len, fd ? null_fd : -1);
	sent++;
	end = monotonic_ms() + TIMEOUT;
	for (;;) {
		if (victim_drain(must ? 10 : 0) == -1) {
			victim_ended(number);
			return;
		}
		if (!must)
			return;
		if (monotonic_ms() > end)
			break;
	}
	fault("it goes on", number);
	kill(victim, SIGKILL);
	waitpid(victim, NULL, 0);
	victim_close();
}

static void
flood_engine(uint64_t count)
{
	static unsigned char	 buf[BATCH * MAX_IMSGSIZE];
	uint64_t		 want = sent + count, end;
	size_t			 len, survived = 0;
	unsigned int		 n = 1;
	int			 left, r;

	while (sent < want && faults < 20) {
		if (victim == 0)
			victim_start();
		len = random_messages(buf, n, 1);
		r = send_raw(victim_sock(), buf, len, -1);
		end = monotonic_ms() + TIMEOUT;
		left = 1;
		while (r == 0 && left > 0) {
			if (victim_drain(0) == -1)
				r = -1;
			else if (ioctl(victim_sock(), SIOCOUTQ, &left) == -1)
				left = 0;
			else if (monotonic_ms() > end)
				r = 1;
		}
		if (r == 1) {
			fault("it does not read", 0);
			kill(victim, SIGKILL);
			waitpid(victim, NULL, 0);
			victim_close();
			continue;
		}
		/* What has been read may not have been looked at yet. */
		if (r == 0 && victim_drain(n == 1 ? 4 : 0) == 0) {
			sent += n;
			/* By now it is known what none survives. */
			if (++survived == 40 * rel->n)
				n = BATCH;
			continue;
		}
		/* One of these was too much for it. */
		sent++;
		if (n == 1)
			deadly[((struct imsg_hdr *)buf)->type]++;
		victim_ended(0);
	}
}

/* ----------------------------------------- an engine of a real daemon */

/* Once the configuration is there: like an engine, then like none. */
static void
impostor(unsigned int proc)
{
	static unsigned char	 buf[BATCH * MAX_IMSGSIZE];
	const char		*target = getenv("ATTACK_TARGET");
	struct engine		*e = &engines[proc];
	size_t			 i, len;
	int			 sock = CHILD_FD, fd;

	for (i = 0; i < PROC_MAX; i++)
		engines[i].fd = -1;
	e->fd = CHILD_FD;
	e->lives = 1;
	fcntl(CHILD_FD, F_SETFL, O_NONBLOCK);
	if (imsgbuf_init(&e->ibuf, CHILD_FD) == -1)
		err(1, "imsgbuf_init");
	imsgbuf_allow_fdpass(&e->ibuf);
	while (!e->ready)
		if (pump(1000) == -1 || e->fd == -1)
			exit(1);
	for (i = 0; i < e->nrecords; i++)
		if ((e->record[i].type == IMSG_PIPE_SESSION &&
		    strcmp(target, "session") == 0) ||
		    (e->record[i].type == IMSG_PIPE_CONTROL &&
		    strcmp(target, "control") == 0) ||
		    (e->record[i].type == IMSG_PIPE_AUTH &&
		    strcmp(target, "auth") == 0))
			sock = e->record[i].fd;
	for (i = 0; i < nitems(relations); i++)
		if (proc_of(relations[i].source) == (proc < PROC_SESSION ?
		    proc : PROC_SESSION) &&
		    strcmp(relations[i].victim, strcmp(target, "mute") == 0 ?
		    "parent" : target) == 0)
			rel = &relations[i];
	if (rel == NULL)
		errx(1, "%s does not talk to %s", process_name(proc), target);
	/* Everybody says that there is service. */
	for (i = 0; i < 20; i++)
		(void)pump(10);
	fprintf(stderr, "attacker: %s attacks %s\n", process_name(proc),
	    target);
	if (strcmp(target, "mute") == 0) {
		/* Questions, and no ear for the answers. */
		patience = -1;
		for (i = 1;; i++) {
			if (proc >= PROC_SESSION) {
				if (route_calls(proc, i) == -1)
					break;
			} else {
				len = random_messages(buf, BATCH, 0);
				if (send_raw(CHILD_FD, buf, len, -1) == -1)
					break;
			}
		}
		exit(0);
	}
	for (i = 0; i < 2000; i++) {
		if (proc >= PROC_SESSION && sock == CHILD_FD) {
			if (route_calls(proc, i + 1) != 0)
				break;
		} else {
			len = random_messages(buf, BATCH, 0);
			if (send_raw(sock, buf, len, -1) != 0)
				break;
		}
		while (pump(0) == 1)
			;
		if (e->fd == -1)
			exit(0);
	}
	for (;;) {
		(void)make_case(rnd(CASES), buf, &len, &fd);
		if (send_raw(sock, buf, len, fd ? 2 : -1) == -1)
			break;
		while (pump(0) == 1)
			;
		if (e->fd == -1)
			break;
	}
	exit(0);
}

static void
as_program(int argc, char *argv[])
{
	const char	*role = getenv("ATTACK_ROLE"), *file;
	unsigned int	 proc;

	if ((pptpd = getenv("PPTPD")) == NULL || role == NULL ||
	    (file = getenv("ATTACK_FILE")) == NULL)
		errx(1, "no PPTPD, no ATTACK_ROLE, no ATTACK_FILE");
	if (argc > 2 && strcmp(argv[1], "-P") == 0 &&
	    strcmp(argv[2], role) == 0 && access(file, F_OK) == 0) {
		for (proc = 0; proc < PROC_MAX; proc++)
			if (strcmp(role, process_name(proc)) == 0)
				impostor(proc);
		errx(1, "%s: no such role", role);
	}
	execv(pptpd, argv);
	err(1, "%s", pptpd);
}

int
main(int argc, char *argv[])
{
	const char	*e;
	unsigned int	 i, n, part, parts;
	uint64_t	 count;

	if (argc < 2 || argv[1][0] == '-')
		as_program(argc, argv);
	if (argc != 9)
		errx(1, "usage: attacker pptpd conf socket victim source part "
		    "parts flood");
	signal(SIGPIPE, SIG_IGN);
	pptpd = argv[1];
	conf_file = argv[2];
	socket_path = argv[3];
	for (i = 0; i < nitems(relations); i++)
		if (strcmp(relations[i].victim, argv[4]) == 0 &&
		    strcmp(relations[i].source, argv[5]) == 0)
			rel = &relations[i];
	part = strtonum(argv[6], 0, UINT32_MAX, &e);
	if (e == NULL)
		parts = strtonum(argv[7], 1, UINT32_MAX, &e);
	if (e == NULL)
		count = strtonum(argv[8], 0, UINT32_MAX, &e);
	if (e != NULL || rel == NULL)
		errx(1, "wrong arguments");
	if ((null_fd = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
		err(1, "/dev/null");
	for (i = 0; i < PROC_MAX; i++)
		engines[i].fd = -1;
	parent_start();
	for (n = 0, i = part; i < CASES && faults < 20; i += parts, n++) {
		if (proc_of(rel->victim) == PROC_PARENT)
			attack_parent(i);
		else
			attack_engine(i);
	}
	if (proc_of(rel->victim) == PROC_PARENT)
		flood_parent(count);
	else
		flood_engine(count);
	if (victim != 0) {
		kill(victim, SIGKILL);
		waitpid(victim, NULL, 0);
		victim_close();
	}
	if (parent_pid != 0)
		parent_end(0, 0);
	printf("%s from %s: %u cases of %u, %llu messages, %llu ends, "
	    "%llu faults\n", rel->victim, rel->source, n, (unsigned int)CASES,
	    (unsigned long long)sent, (unsigned long long)ended,
	    (unsigned long long)faults);
	return (faults != 0);
}
