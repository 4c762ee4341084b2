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
 * pledge(2) by seccomp(2), Landlock and capabilities.  Differences:
 *
 * Violations end the process with SIGSYS.
 *
 * The promises are those of pptpd, and each allows what pptpd does with it,
 * which is less than on OpenBSD: no promise makes a socket or connects one, and
 * all but "exec" keep from forking and executing anything.
 *
 * A filter, a ruleset and lost capabilities would go over to the program that
 * is executed, which needs more.  With "exec" there is thus nothing but
 * no_new_privs, what was unveiled is forgotten, and none of the other promises
 * restricts anything.
 *
 * What a control message holds is out of sight of a filter: recvmsg(2) is in
 * "stdio" whether it gets descriptors or not, sendmsg(2) in "sendfd" only.
 * "recvfd" says that a process still waits for descriptors and will pledge
 * again when it has them, for less or, if there may be more of them later, for
 * the same: that is then the last time.  Any other pledge is the last one at
 * once, seccomp(2) is out of reach then.
 *
 * Every layer is required.  When one cannot be had, pledge() fails.
 *
 * The table is for 64-bit machines: 32-bit ones have other calls for files and
 * time, and would be stopped at once.
 */

#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <linux/capability.h>
#include <linux/if_tun.h>
#include <linux/seccomp.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sandbox.h"

#undef setresuid

#ifndef __has_feature
#define __has_feature(x)	0
#endif

#define ALWAYS	0x0001		/* what even "" allows */
#define STDIO	0x0002
#define RPATH	0x0004
#define CPATH	0x0010
#define INET	0x0020
#define UNIX	0x0040
#define SENDFD	0x0080
#define RECVFD	0x0100
#define WROUTE	0x0200
#define PROC	0x0400
#define EXEC	0x0800

#define PATHS	(RPATH | CPATH)

static const struct {
	const char	*name;
	unsigned int	 promise;
} promise_names[] = {
	{ "stdio",	STDIO },
	{ "rpath",	RPATH },
	{ "cpath",	CPATH },
	{ "inet",	INET },
	{ "unix",	UNIX },
	{ "sendfd",	SENDFD },
	{ "recvfd",	RECVFD },
	{ "wroute",	WROUTE },
	{ "proc",	PROC },
	{ "exec",	EXEC }
};

/* A system call that any of the promises allows, if its arguments are so. */
struct rule {
	unsigned int		promises;
	int			nr;
	unsigned int		nargs;
	struct scmp_arg_cmp	args[2];
};

#define ARG_IS(n, value)	{ (n), SCMP_CMP_EQ, (value), 0 }
#define ARG_MASKED(n, mask, bits) { (n), SCMP_CMP_MASKED_EQ, (mask), (bits) }
#define ARG_HAS(n, bits)	ARG_MASKED(n, bits, bits)
#define ARG_LACKS(n, bits)	ARG_MASKED(n, bits, 0)
#define ARG_AT_MOST(n, value)	{ (n), SCMP_CMP_LE, (value), 0 }

#define ALLOW(p, call)							\
	{ .promises = (p), .nr = SCMP_SYS(call) }
#define ALLOW_1(p, call, arg)						\
	{ .promises = (p), .nr = SCMP_SYS(call), .nargs = 1,		\
	    .args = { arg } }
#define ALLOW_2(p, call, arg1, arg2)					\
	{ .promises = (p), .nr = SCMP_SYS(call), .nargs = 2,		\
	    .args = { arg1, arg2 } }

/* Of the flags of open(2), those that say what is done to the file. */
#define OPEN_MODE	(O_ACCMODE | O_PATH | O_CREAT | \
			    (O_TMPFILE & ~O_DIRECTORY))

static const struct rule rules[] = {
	ALLOW(ALWAYS, exit),
	ALLOW(ALWAYS, exit_group),

	/* malloc(3): memory is anonymous and never executable. */
	ALLOW(STDIO, brk),
	ALLOW_2(STDIO, mmap,
	    ARG_LACKS(2, PROT_EXEC), ARG_HAS(3, MAP_ANONYMOUS)),
	ALLOW_1(STDIO, mprotect, ARG_LACKS(2, PROT_EXEC)),
	ALLOW(STDIO, mremap),
	ALLOW(STDIO, munmap),
	ALLOW(STDIO, madvise),

	/* pthread_once(3) and locks inside of libc and libcrypto. */
	ALLOW(STDIO, futex),

	/* Open descriptors: the log, the tun device, pptpctl's output. */
	ALLOW(STDIO, read),
	ALLOW(STDIO, readv),
	ALLOW(STDIO, write),
	ALLOW(STDIO, writev),
	ALLOW(STDIO, close),
	/* Non-blocking, close-on-exec. */
	ALLOW_1(STDIO, fcntl, ARG_IS(1, F_GETFL)),
	ALLOW_1(STDIO, fcntl, ARG_IS(1, F_SETFL)),
	ALLOW_1(STDIO, fcntl, ARG_IS(1, F_GETFD)),
	ALLOW_1(STDIO, fcntl, ARG_IS(1, F_SETFD)),
	/* stdio(3) asks what a descriptor is and where in the file. */
	ALLOW(STDIO, fstat),
	ALLOW_1(STDIO, newfstatat, ARG_IS(3, AT_EMPTY_PATH)),
	ALLOW(STDIO, lseek),
	ALLOW_1(STDIO, ioctl, ARG_IS(1, TCGETS)),	/* isatty(3) */

	/* imsg, syslog(3), and the routing socket without an address. */
	ALLOW(STDIO, recvmsg),
	ALLOW_1(STDIO, sendto, ARG_IS(4, 0)),

	/* libevent, after event_init(3). */
	ALLOW(STDIO, epoll_ctl),
	ALLOW(STDIO, epoll_wait),
	ALLOW(STDIO, epoll_pwait),
	ALLOW(STDIO, epoll_pwait2),

	/* Signals: libevent's handlers, abort(3) (tgkill is below). */
	ALLOW(STDIO, rt_sigaction),
	ALLOW(STDIO, rt_sigprocmask),
	ALLOW(STDIO, rt_sigreturn),
	ALLOW(STDIO, restart_syscall),

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
	/*
	 * The sanitizer looks at its stack before each exit; to report what it
	 * found it looks for files, but it is content without them.  These are
	 * not the calls that libc uses, and Landlock stands behind them.
	 */
	ALLOW(ALWAYS, sigaltstack),
	ALLOW(ALWAYS, open),
	ALLOW(ALWAYS, readlink),
#endif

	/* Time, where the vDSO leaves it to the kernel. */
	ALLOW(STDIO, clock_gettime),
	ALLOW(STDIO, gettimeofday),
	ALLOW(STDIO, time),

	/* arc4random(3). */
	ALLOW(STDIO, getrandom),
	/* syslog(3), imsgbuf_init(3), abort(3). */
	ALLOW(STDIO, getpid),
	ALLOW(STDIO, gettid),
	/* qsort(3) of much asks how much memory there is. */
	ALLOW(STDIO, sysinfo),

	/*
	 * Descriptors for the engines, a new pair among them, or a duplicate
	 * that imsg will send and close.
	 */
	ALLOW(SENDFD, sendmsg),
	ALLOW(SENDFD, dup),
	ALLOW_1(SENDFD, socketpair, ARG_IS(0, AF_UNIX)),

	/* Reading the configuration again. */
	ALLOW_1(RPATH, openat, ARG_MASKED(2, OPEN_MODE | O_TRUNC, O_RDONLY)),
	ALLOW(RPATH, newfstatat),
	ALLOW(RPATH, getuid),

	/* Removing the pid file and the control socket. */
	ALLOW(CPATH, unlink),
	ALLOW_1(CPATH, unlinkat, ARG_IS(2, 0)),

	/* Control connections, and pptpctl's: the one who has both. */
	ALLOW(UNIX, accept4),
	ALLOW(UNIX, getsockname),
	ALLOW_2(UNIX, setsockopt,
	    ARG_IS(1, IPPROTO_TCP), ARG_IS(2, TCP_NODELAY)),
	/* Not for session engines: the next one gets the same GRE socket. */
	ALLOW(UNIX, shutdown),

	/* GRE by the vector, to the peers. */
	ALLOW(INET, recvmmsg),
	ALLOW(INET, sendmmsg),
	/* Waiting for the kernel's word about a route. */
	ALLOW(WROUTE, poll),
	ALLOW(WROUTE, ppoll),

	/* What descriptor is it? */
	ALLOW_1(RECVFD, ioctl, ARG_IS(1, TUNGETIFF)),
	/* How many packets a socket could not take. */
	ALLOW_2(INET, getsockopt,
	    ARG_IS(1, SOL_SOCKET), ARG_IS(2, SO_MEMINFO)),

	/* What the next pledge() needs, see above. */
	ALLOW_2(RECVFD, seccomp,
	    ARG_IS(0, SECCOMP_SET_MODE_FILTER), ARG_IS(1, 0))
};

static unsigned int	pledged;	/* promises in force */
static int		final;		/* there will be no others */

static int	 parse(const char *, unsigned int *);
static int	 drop_bounding_set(uint64_t);
static int	 drop_capabilities(uint64_t);
static int	 load_filter(unsigned int);

static int
parse(const char *s, unsigned int *promises)
{
	size_t	i, len;

	*promises = ALWAYS;
	for (; *s != '\0'; s += len) {
		if ((len = strcspn(s, " ")) == 0) {
			len = 1;
			continue;
		}
		for (i = 0; i < nitems(promise_names); i++)
			if (strncmp(s, promise_names[i].name, len) == 0 &&
			    promise_names[i].name[len] == '\0')
				break;
		if (i == nitems(promise_names)) {
			errno = EINVAL;
			return (-1);
		}
		*promises |= promise_names[i].promise;
	}
	return (0);
}

/*
 * Empty the bounding set but for keep.  That takes CAP_SETPCAP; without it the
 * set stays, it says what executing a file could gain and nobody will.
 */
static int
drop_bounding_set(uint64_t keep)
{
	struct __user_cap_header_struct	hdr;
	struct __user_cap_data_struct	data[_LINUX_CAPABILITY_U32S_3];
	int				cap, set;

	memset(&hdr, 0, sizeof(hdr));
	hdr.version = _LINUX_CAPABILITY_VERSION_3;
	if (syscall(SYS_capget, &hdr, data) == -1)
		return (-1);
	if (!(data[0].effective & 1U << CAP_SETPCAP))
		return (0);
	for (cap = 0; cap < 64; cap++) {
		if ((set = prctl(PR_CAPBSET_READ, cap, 0, 0, 0)) == -1)
			break;		/* the kernel has no more */
		if (set && !(keep >> cap & 1) &&
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1)
			return (-1);
	}
	return (0);
}

/* Empty all sets of capabilities but for those of keep that we have. */
static int
drop_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct	hdr;
	struct __user_cap_data_struct	data[_LINUX_CAPABILITY_U32S_3];
	int				i;

	if (drop_bounding_set(keep) == -1)
		return (-1);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1)
		return (-1);
	memset(&hdr, 0, sizeof(hdr));
	hdr.version = _LINUX_CAPABILITY_VERSION_3;
	if (syscall(SYS_capget, &hdr, data) == -1)
		return (-1);
	for (i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].permitted &= (uint32_t)(keep >> (32 * i));
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return (syscall(SYS_capset, &hdr, data));
}

static int
load_filter(unsigned int promises)
{
	scmp_filter_ctx		 ctx;
	const struct rule	*r;
	struct scmp_arg_cmp	 self = ARG_IS(0, getpid());
	struct scmp_arg_cmp	 log[] = {
		ARG_IS(0, AF_UNIX), ARG_IS(1, SOCK_DGRAM | SOCK_CLOEXEC)
	};
	int			 error;

	if ((ctx = seccomp_init(SCMP_ACT_KILL_PROCESS)) == NULL) {
		errno = EOPNOTSUPP;
		return (-1);
	}
	/* int 0x80 and x32 on amd64 end here. */
	error = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS);
	/* pledge() did it, and here it may be too late for prctl(2). */
	if (error == 0)
		error = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);

	for (r = rules; error == 0 && r < rules + nitems(rules); r++) {
		/* Below 0: not on this machine. */
		if (!(r->promises & promises) || r->nr < 0)
			continue;
		error = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, r->nr,
		    r->nargs, r->args);
	}
	/* abort(3) signals this process and no other. */
	if (error == 0 && promises & STDIO)
		error = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW,
		    SCMP_SYS(tgkill), 1, &self);
	/*
	 * The one call that fails instead: syslog(3) wants to reconnect when
	 * the other side was restarted, or was never there.
	 */
	if (error == 0 && promises & STDIO)
		error = seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(EPERM),
		    SCMP_SYS(socket), nitems(log), log);
	if (error == 0)
		error = seccomp_load(ctx);
	seccomp_release(ctx);
	if (error != 0) {
		errno = -error;
		return (-1);
	}
	return (0);
}

int
pledge(const char *promises, const char *execpromises)
{
	unsigned int	new;
	uint64_t	keep = 0;

	/* What is executed promises for itself. */
	if (promises == NULL || execpromises != NULL) {
		errno = EINVAL;
		return (-1);
	}
	if (parse(promises, &new) == -1)
		return (-1);

	if (pledged != 0) {
		if (new == pledged && final)
			return (0);
		if (new & ~pledged || final) {
			errno = EPERM;
			return (-1);
		}
		final = new == pledged || !(new & RECVFD);
		/* Then without what only the next pledge() would need. */
		if (load_filter(final ? new & ~RECVFD : new) == -1)
			return (-1);
		pledged = new;
		return (0);
	}

	if (new & EXEC) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
			return (-1);
		landlock_forget();
		return (0);
	}

	/* What the other layers enforce cannot be narrowed a second time. */
	if (new & RECVFD && new & (PATHS | WROUTE)) {
		errno = EINVAL;
		return (-1);
	}

	/*
	 * Without TZ, localtime(3) of glibc looks at the file each time.  Once
	 * it has been named, what tzset(3) reads now remains.
	 */
	if (getenv("TZ") == NULL &&
	    setenv("TZ", ":/etc/localtime", 1) == -1)
		return (-1);
	tzset();

	if (new & WROUTE)
		keep |= 1ULL << CAP_NET_ADMIN;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    drop_capabilities(keep) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 ||
	    landlock_commit(!(new & PATHS)) == -1 ||
	    load_filter(new) == -1)
		return (-1);
	pledged = new;
	final = !(new & RECVFD);
	return (0);
}

int
compat_setresuid(uid_t ruid, uid_t euid, uid_t suid)
{
	if (ruid != 0 && ruid != (uid_t)-1 && ruid == euid && ruid == suid &&
	    drop_bounding_set(0) == -1)
		return (-1);
	return (setresuid(ruid, euid, suid));
}
