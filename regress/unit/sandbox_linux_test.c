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
 * The layers of which compat/ makes pledge(2) and unveil(2) on Linux: seccomp,
 * Landlock, capabilities.  See sandbox_test.c for what they are to achieve.
 */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <netinet/in.h>
#include <arpa/inet.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox.h"
#include "tap.h"
#include "confine.h"

#ifndef __has_feature
#define __has_feature(x)	0
#endif

#define SYSCALL_MAX	600	/* more than there are */
#define X32_BIT		0x40000000L
#define ABI_NET		4	/* of Landlock */
#define ABI_SCOPE	6
#define PARENT_CAPS	0x1000	/* CAP_NET_ADMIN */

/* A system call that may be made, if only with some arguments. */
struct allowed {
	long		nr;
	unsigned int	who;
};

/* Something that is not, for all processes unless said otherwise. */
struct forbidden {
	const char	*name;
	int		(*run)(void);
	unsigned int	 who;
};

static const struct allowed allowed[] = {
	{ SYS_exit, ALL }, { SYS_exit_group, ALL },
	{ SYS_brk, ALL }, { SYS_mmap, ALL }, { SYS_mprotect, ALL },
	{ SYS_mremap, ALL }, { SYS_munmap, ALL }, { SYS_madvise, ALL },
	{ SYS_futex, ALL },
	{ SYS_read, ALL }, { SYS_readv, ALL }, { SYS_write, ALL },
	{ SYS_writev, ALL }, { SYS_close, ALL }, { SYS_dup, PARENT },
	{ SYS_fcntl, ALL }, { SYS_fstat, ALL }, { SYS_newfstatat, ALL },
	{ SYS_lseek, ALL }, { SYS_ioctl, ALL },
	{ SYS_recvmsg, ALL }, { SYS_sendmsg, PARENT },
	{ SYS_sendto, ALL }, { SYS_shutdown, CONTROL },
	{ SYS_socketpair, PARENT },
	{ SYS_socket, ALL },
	{ SYS_epoll_ctl, ALL },
	{ SYS_epoll_pwait, ALL }, { SYS_epoll_pwait2, ALL },
	{ SYS_getuid, PARENT }, { SYS_getpid, ALL }, { SYS_gettid, ALL },
	{ SYS_rt_sigaction, ALL }, { SYS_rt_sigprocmask, ALL },
	{ SYS_rt_sigreturn, ALL }, { SYS_restart_syscall, ALL },
	{ SYS_tgkill, ALL },
	{ SYS_clock_gettime, ALL }, { SYS_gettimeofday, ALL },
	{ SYS_getrandom, ALL }, { SYS_sysinfo, ALL },
	{ SYS_accept4, CONTROL },
	{ SYS_getsockname, CONTROL },
	{ SYS_setsockopt, CONTROL },
	{ SYS_recvmmsg, CONTROL | SESSION },
	{ SYS_sendmmsg, CONTROL | SESSION },
	{ SYS_getsockopt, CONTROL | SESSION },
	{ SYS_openat, PARENT }, { SYS_unlinkat, PARENT },
	{ SYS_ppoll, PARENT },
	/* Older ones, which newer machines do not have. */
#ifdef SYS_epoll_wait
	{ SYS_epoll_wait, ALL }, { SYS_time, ALL },
	{ SYS_unlink, PARENT }, { SYS_poll, PARENT },
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
	{ SYS_sigaltstack, ALL }, { SYS_open, ALL }, { SYS_readlink, ALL },
#endif
};

static pid_t	 test_pid;
static int	 fd_file, fd_sock;
static long	 nr;			/* for try_nr() */

static int
try_nr(void)
{
	(void)syscall(nr, 0, 0, 0, 0, 0, 0);
	return (0);
}

static int
is_allowed(long n, unsigned int who)
{
	size_t	i;

	for (i = 0; i < nitems(allowed); i++)
		if (allowed[i].nr == n && allowed[i].who & who)
			return (1);
	return (0);
}

/*
 * uretprobe(2) and uprobe(2) of amd64 pass by every filter, so that processes
 * can be traced; they do nothing but where the kernel has put them.
 */
static int
is_probe(long n)
{
#ifdef __x86_64__
	return (n == 335 || n == 336);
#else
	return (0);
#endif
}

/* All but those above, whatever the arguments, are the end. */
static void
test_all_calls(void)
{
	size_t	i;
	int	status, alive, tried;

	for (i = 0; i < NPROCESSES; i++) {
		alive = tried = 0;
		for (nr = 0; nr < SYSCALL_MAX; nr++) {
			if (is_probe(nr) || is_allowed(nr, processes[i].bit))
				continue;
			tried++;
			status = run(&processes[i], try_nr);
			if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
				continue;
			printf("# call %ld: status %#x\n", nr, status);
			alive++;
		}
		is_int(alive, 0, "%s: %d other system calls",
		    processes[i].name, tried);
	}
}

/*
 * Arguments that make the difference.
 */
static int
try_mmap_file(void)
{
	(void)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd_file, 0);
	return (0);
}

static int
try_fcntl(void)
{
	(void)fcntl(fd_file, F_SETOWN, getpid());
	return (0);
}

static int
try_fionread(void)
{
	int	n;

	(void)ioctl(fd_sock, FIONREAD, &n);
	return (0);
}

static int
try_tiocsti(void)
{
	(void)ioctl(fd_sock, TIOCSTI, "x");
	return (0);
}

static int
try_stat(void)
{
	struct stat	st;

	(void)fstatat(AT_FDCWD, "/", &st, 0);
	return (0);
}

static int
try_open(void)
{
	(void)open("/", O_RDONLY);
	return (0);
}

static int
try_open_path(void)
{
	(void)open("/", O_PATH);
	return (0);
}

static int
try_open_create(void)
{
	(void)open("/none", O_RDONLY | O_CREAT, 0600);
	return (0);
}

static int
try_open_truncate(void)
{
	(void)open("/none", O_RDONLY | O_TRUNC);
	return (0);
}

static int
try_open_tmpfile(void)
{
	(void)open("/", O_RDWR | O_TMPFILE, 0600);
	return (0);
}

static int
try_open_write(void)
{
	(void)open("/none", O_RDWR);
	return (0);
}

static int
try_rmdir(void)
{
	(void)unlinkat(AT_FDCWD, "/none", AT_REMOVEDIR);
	return (0);
}

static int
try_socket(void)
{
	(void)socket(AF_UNIX, SOCK_DGRAM, 0);
	return (0);
}

static int
try_socket_stream(void)
{
	(void)socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return (0);
}

static int
try_socket_netlink(void)
{
	(void)socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return (0);
}

static int
try_socketpair(void)
{
	int	s[2];

	(void)socketpair(AF_INET, SOCK_STREAM, 0, s);
	return (0);
}

static int
try_sendto(void)
{
	struct sockaddr_in	sin;

	memset(&sin, 0, sizeof(sin));
	(void)sendto(fd_sock, "x", 1, 0, (struct sockaddr *)&sin,
	    sizeof(sin));
	return (0);
}

static int
try_filter(void)
{
	(void)setsockopt(fd_sock, SOL_SOCKET, SO_ATTACH_FILTER, &nr, 1);
	return (0);
}

static int
try_mark(void)
{
	int	mark = 1;

	(void)setsockopt(fd_sock, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
	return (0);
}

static int
try_kill_all(void)
{
	(void)kill(-1, 0);
	return (0);
}

static int
try_kill(void)
{
	(void)kill(test_pid, 0);
	return (0);
}

static int
try_tgkill(void)
{
	(void)syscall(SYS_tgkill, test_pid, test_pid, 0);
	return (0);
}

static int
try_seccomp(void)
{
	(void)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL);
	return (0);
}

#ifdef __x86_64__
static int
try_x32(void)
{
	(void)syscall(X32_BIT | SYS_getpid);
	return (0);
}

static int
try_int80(void)
{
	long	rv = 20;	/* getpid of i386 */

	__asm__ volatile ("int $0x80" : "+a" (rv) : : "memory");
	return (0);
}
#endif

static const struct forbidden forbidden[] = {
	{ "mmap(2) of a file", try_mmap_file, ALL },
	{ "F_SETOWN", try_fcntl, ALL },
	{ "FIONREAD", try_fionread, ALL },
	{ "TIOCSTI", try_tiocsti, ALL },
	{ "stat(2)", try_stat, ENGINES },
	{ "open(2)", try_open, ENGINES },
	{ "O_PATH", try_open_path, ALL },
	{ "O_CREAT", try_open_create, ALL },
	{ "O_TRUNC", try_open_truncate, ALL },
	{ "O_TMPFILE", try_open_tmpfile, ALL },
	{ "O_RDWR", try_open_write, ALL },
	{ "AT_REMOVEDIR", try_rmdir, ALL },
	{ "a local datagram socket", try_socket, ALL },
	{ "a local stream socket", try_socket_stream, ALL },
	{ "a netlink socket", try_socket_netlink, ALL },
	{ "socketpair(2) of TCP", try_socketpair, ALL },
	{ "an address to send to", try_sendto, ALL },
	{ "SO_ATTACH_FILTER", try_filter, ALL },
	{ "SO_MARK", try_mark, ALL },
	{ "kill(2) of all", try_kill_all, ALL },
	{ "kill(2) of another", try_kill, ENGINES },
	{ "tgkill(2) of another", try_tgkill, ALL },
	{ "seccomp(2)", try_seccomp, ALL },
#ifdef __x86_64__
	{ "x32", try_x32, ALL },
	{ "int 0x80", try_int80, ALL },
#endif
};

static void
test_arguments(void)
{
	size_t	i, j;

	for (i = 0; i < NPROCESSES; i++)
		for (j = 0; j < nitems(forbidden); j++) {
			if (!(forbidden[j].who & processes[i].bit))
				continue;
			killed(run(&processes[i], forbidden[j].run), SIGSYS,
			    processes[i].name, forbidden[j].name);
		}
}

/* The exceptions. */
static int
syslog_socket(void)
{
	TRY(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) == -1 &&
	    errno == EPERM);
	return (0);
}

static int
listener(void)
{
	TRY(pledge("stdio recvfd", NULL) == 0);
	(void)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER, NULL);
	return (0);
}

static void
test_exceptions(void)
{
	size_t	i;

	for (i = 0; i < NPROCESSES; i++)
		exits(run(&processes[i], syslog_socket), processes[i].name,
		    "syslog(3) cannot reconnect");
	killed(run(NULL, listener), SIGSYS, "recvfd",
	    "SECCOMP_FILTER_FLAG_NEW_LISTENER");
}

/*
 * What pledge() refuses.
 */
static int
last_pledge(void)
{
	TRY(pledge("stdio inet", NULL) == 0);
	TRY(pledge("stdio inet", NULL) == 0);
	TRY(pledge("stdio", NULL) == -1 && errno == EPERM);
	TRY(unveil("/", "r") == -1 && errno == EPERM);
	return (0);
}

/* The same again is the last one, too; no filter can be added then. */
static int
same_pledge(void)
{
	TRY(pledge("stdio recvfd", NULL) == 0);
	TRY(pledge("stdio recvfd", NULL) == 0);
	TRY(pledge("stdio recvfd", NULL) == 0);
	TRY(pledge("stdio", NULL) == -1 && errno == EPERM);
	return (0);
}

static int
same_seccomp(void)
{
	TRY(same_pledge() == 0);
	(void)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL);
	return (0);
}

/* "exec": what is started is not confined by it. */
static int
supervisor(void)
{
	pid_t	pid;
	int	status;

	TRY(unveil("/bin/true", "x") == 0);
	TRY(pledge("stdio proc exec recvfd", NULL) == 0);
	TRY(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	TRY((pid = fork()) != -1);
	if (pid == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	TRY(waitpid(pid, &status, 0) == pid && status == 0);
	return (0);
}

static int
senseless(void)
{
	TRY(pledge(NULL, NULL) == -1 && errno == EINVAL);
	TRY(pledge("stdio", "stdio") == -1 && errno == EINVAL);
	/* These could not be narrowed as that asks for. */
	TRY(pledge("stdio rpath recvfd", NULL) == -1 && errno == EINVAL);
	TRY(pledge("stdio wroute recvfd", NULL) == -1 && errno == EINVAL);
	return (0);
}

static int
less_below(void)
{
	TRY(unveil("/etc", "r") == 0);
	TRY(unveil("/etc/ssl", "") == -1 && errno == ENOTSUP);
	TRY(unveil("/", "") == 0);
	TRY(unveil("/usr", "rx") == 0);
	TRY(unveil("/usr/lib", "r") == -1 && errno == ENOTSUP);
	TRY(unveil("/usr/lib", "rwx") == 0);
	TRY(unveil("/usr", "w") == 0);
	TRY(unveil("/usr", "wc") == -1 && errno == ENOTSUP);
	TRY(unveil("/etc/passwd", "") == -1 && errno == ENOTSUP);
	return (0);
}

static int
too_many(void)
{
	char	path[64];
	int	i;

	for (i = 0; i < 1000; i++) {
		(void)snprintf(path, sizeof(path), "/tmp/none.%d", i);
		if (unveil(path, "r") == -1)
			break;
	}
	TRY(i > 10 && i < 1000 && errno == E2BIG);
	return (0);
}

static void
test_refused(void)
{
	exits(run(NULL, last_pledge), "pledge", "after the last one");
	exits(run(NULL, same_pledge), "pledge", "the same is the last");
	killed(run(NULL, same_seccomp), SIGSYS, "pledge",
	    "seccomp(2) after that");
	exits(run(NULL, supervisor), "supervisor",
	    "starts others");
	exits(run(NULL, senseless), "pledge", "what cannot be");
	exits(run(NULL, less_below), "unveil", "less below");
	exits(run(NULL, too_many), "unveil", "too many");
}

/*
 * What the kernel says about the processes.
 */
static void
status_field(const char *status, const char *name, char *value, size_t size)
{
	const char	*p;

	*value = '\0';
	if ((p = strstr(status, name)) == NULL)
		return;
	p += strlen(name);
	p += strspn(p, ":\t ");
	(void)snprintf(value, size, "%.*s", (int)strcspn(p, "\n"), p);
}

static void
test_status(void)
{
	static const char *const caps[] = {
		"\nCapPrm", "\nCapEff", "\nCapBnd"
	};
	const struct process	*p;
	struct stat		 st;
	FILE			*f;
	char			 path[64], buf[8192], got[128], want[128], c;
	size_t			 i, n, mask;
	pid_t			 pid;
	int			 s[2];

	for (p = processes; p < processes + NPROCESSES; p++) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) == -1)
			die("socketpair");
		fflush(stdout);
		if ((pid = fork()) == -1)
			die("fork");
		if (pid == 0) {
			close(s[0]);
			if (confine(p) == -1 || write(s[1], "x", 1) != 1)
				_exit(1);
			_exit(read(s[1], &c, 1) == -1);
		}
		close(s[1]);
		if (read(s[0], &c, 1) != 1)
			die("confine");
		(void)snprintf(path, sizeof(path), "/proc/%d/status",
		    (int)pid);
		if ((f = fopen(path, "r")) == NULL)
			die(path);
		n = fread(buf, 1, sizeof(buf) - 1, f);
		buf[n] = '\0';
		fclose(f);

		mask = p->bit == PARENT ? PARENT_CAPS : 0;
		(void)snprintf(want, sizeof(want), "%016zx", mask);
		for (i = 0; i < nitems(caps); i++) {
			status_field(buf, caps[i], got, sizeof(got));
			is_str(got, want, "%s: %s", p->name, caps[i] + 1);
		}
		status_field(buf, "\nCapInh", got, sizeof(got));
		is_str(got, "0000000000000000", "%s: CapInh", p->name);
		status_field(buf, "\nCapAmb", got, sizeof(got));
		is_str(got, "0000000000000000", "%s: CapAmb", p->name);
		status_field(buf, "\nNoNewPrivs", got, sizeof(got));
		is_str(got, "1", "%s: no new privileges", p->name);
		status_field(buf, "\nSeccomp", got, sizeof(got));
		is_str(got, "2", "%s: filter", p->name);
		if (p->bit & ENGINES) {
			(void)snprintf(want, sizeof(want), "%u\t%u\t%u\t%u",
			    confine_uid, confine_uid, confine_uid,
			    confine_uid);
			status_field(buf, "\nUid", got, sizeof(got));
			is_str(got, want, "%s: user", p->name);
			(void)snprintf(want, sizeof(want), "%u ", confine_gid);
			status_field(buf, "\nGroups", got, sizeof(got));
			is_str(got, want, "%s: groups", p->name);
			/* Of a process that cannot be dumped, root's. */
			(void)snprintf(path, sizeof(path), "/proc/%d/mem",
			    (int)pid);
			ok(stat(path, &st) == 0 && st.st_uid == 0,
			    "%s: not dumpable", p->name);
		}
		close(s[0]);
		if (waitpid(pid, NULL, 0) == -1)
			die("waitpid");
	}
}

/*
 * Landlock, without the filter in front of it.
 */
static int	abi, fd_abstract;

static struct sockaddr_un	abstract;
static socklen_t		abstract_len;

static int
landlock_paths(void)
{
	struct stat	st;

	TRY(landlock_commit(1) == 0);
	TRY(open("/etc/passwd", O_RDONLY) == -1 && errno == EACCES);
	TRY(open("/", O_RDONLY | O_DIRECTORY) == -1 && errno == EACCES);
	TRY(open("/dev/null", O_WRONLY) == -1 && errno == EACCES);
	TRY(open("/tmp/none", O_WRONLY | O_CREAT, 0600) == -1 &&
	    errno == EACCES);
	TRY(unlink(confine_dir) == -1);
	TRY(rmdir(confine_dir) == -1 && errno == EACCES);
	TRY(execl("/bin/true", "true", (char *)NULL) == -1 &&
	    errno == EACCES);
	/* What is open remains so. */
	TRY(fstat(fd_file, &st) == 0);
	return (0);
}

static int
landlock_tcp(void)
{
	struct sockaddr_in	sin;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons(1723);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	TRY(landlock_commit(1) == 0);
	TRY(bind(fd_sock, (struct sockaddr *)&sin, sizeof(sin)) == -1 &&
	    errno == EACCES);
	TRY(connect(fd_sock, (struct sockaddr *)&sin, sizeof(sin)) == -1 &&
	    errno == EACCES);
	return (0);
}

static int
landlock_abstract(void)
{
	int	s;

	TRY((s = socket(AF_UNIX, SOCK_STREAM, 0)) != -1);
	TRY(connect(s, (struct sockaddr *)&abstract, abstract_len) == 0);
	TRY((s = socket(AF_UNIX, SOCK_STREAM, 0)) != -1);
	TRY(landlock_commit(1) == 0);
	TRY(connect(s, (struct sockaddr *)&abstract, abstract_len) == -1 &&
	    errno == EPERM);
	return (0);
}

static int
landlock_signal(void)
{
	TRY(kill(test_pid, 0) == 0);
	TRY(landlock_commit(1) == 0);
	TRY(kill(test_pid, 0) == -1 && errno == EPERM);
	TRY(kill(getpid(), 0) == 0);
	return (0);
}

static int
landlock_parent(void)
{
	TRY(landlock_commit(0) == 0);
	TRY(open("/etc/passwd", O_RDONLY) != -1);
	TRY(kill(test_pid, 0) == -1 && errno == EPERM);
	return (0);
}

static void
test_landlock(void)
{
	if ((fd_abstract = socket(AF_UNIX, SOCK_STREAM, 0)) == -1)
		die("socket");
	memset(&abstract, 0, sizeof(abstract));
	abstract.sun_family = AF_UNIX;
	(void)snprintf(abstract.sun_path + 1, sizeof(abstract.sun_path) - 1,
	    "pptpd-test-%d", (int)test_pid);
	abstract_len = offsetof(struct sockaddr_un, sun_path) + 1 +
	    strlen(abstract.sun_path + 1);
	if (bind(fd_abstract, (struct sockaddr *)&abstract,
	    abstract_len) == -1 || listen(fd_abstract, 5) == -1)
		die("bind");

	exits(run(NULL, landlock_paths), "Landlock", "no paths");
	exits(run(NULL, landlock_parent), "Landlock", "paths, signals");
	if (abi >= ABI_NET)
		exits(run(NULL, landlock_tcp), "Landlock", "no TCP");
	else
		ok(1, "Landlock: no TCP # SKIP not in ABI %d", abi);
	if (abi >= ABI_SCOPE) {
		exits(run(NULL, landlock_abstract), "Landlock",
		    "no abstract sockets");
		exits(run(NULL, landlock_signal), "Landlock", "no signals");
	} else
		ok(1, "Landlock: no signals # SKIP not in ABI %d", abi);
	close(fd_abstract);
}

/*
 * A layer that cannot be had must make it fail.
 */
static const struct fault {
	const char	*name;
	int		 nr;
} faults[] = {
	{ "prctl(2)", SCMP_SYS(prctl) },
	{ "capget(2)", SCMP_SYS(capget) },
	{ "capset(2)", SCMP_SYS(capset) },
	{ "landlock_create_ruleset(2)", SCMP_SYS(landlock_create_ruleset) },
	{ "landlock_restrict_self(2)", SCMP_SYS(landlock_restrict_self) },
	{ "seccomp(2)", SCMP_SYS(seccomp) }
}, *fault;

/* From now on the system call of *fault fails. */
static int
inject(void)
{
	scmp_filter_ctx	ctx;

	TRY((ctx = seccomp_init(SCMP_ACT_ALLOW)) != NULL);
	TRY(seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EDOM), fault->nr, 0) == 0);
	TRY(seccomp_load(ctx) == 0);
	seccomp_release(ctx);
	return (0);
}

static int
faulty_pledge(void)
{
	TRY(inject() == 0);
	/* libseccomp says ECANCELED when the kernel does not want it. */
	TRY(pledge("stdio", NULL) == -1 &&
	    (errno == EDOM || errno == ECANCELED));
	return (0);
}

static int
faulty_engine(void)
{
	TRY(inject() == 0);
	TRY(confine(&processes[1]) == -1);
	return (0);
}

static int
faulty_unveil(void)
{
	TRY(unveil("/", "r") == 0);
	TRY(inject() == 0);
	TRY(unveil(NULL, NULL) == -1 && errno == EDOM);
	return (0);
}

static int
no_landlock(void)
{
	TRY(inject() == 0);
	TRY(unveil("/", "r") == -1 && errno == EDOM);
	return (0);
}

static void
test_faults(void)
{
	for (fault = faults; fault < faults + nitems(faults); fault++) {
		exits(run(NULL, faulty_pledge), "pledge without", fault->name);
		exits(run(NULL, faulty_engine), "engine without", fault->name);
		if (fault->nr == SCMP_SYS(landlock_create_ruleset))
			exits(run(NULL, no_landlock), "unveil without",
			    fault->name);
		if (fault->nr == SCMP_SYS(landlock_create_ruleset) ||
		    fault->nr == SCMP_SYS(landlock_restrict_self) ||
		    fault->nr == SCMP_SYS(prctl))
			exits(run(NULL, faulty_unveil), "unveil without",
			    fault->name);
	}
}

int
main(int argc, char *argv[])
{
	confine_init();
	test_pid = getpid();
	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	if (abi == -1) {
		printf("1..0 # SKIP no Landlock: %s\n", strerror(errno));
		(void)rmdir(confine_dir);
		return (0);
	}
	if ((fd_file = open("/etc/passwd", O_RDONLY)) == -1)
		die("/etc/passwd");
	if ((fd_sock = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		die("socket");
	test_all_calls();
	test_arguments();
	test_exceptions();
	test_refused();
	test_status();
	test_landlock();
	test_faults();
	if (rmdir(confine_dir) == -1)
		die(confine_dir);
	done_testing();
}
