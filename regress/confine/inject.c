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
 * Have running processes make a system call that they never would: what may
 * somebody do who has taken one over?  They must be idle, each waiting in a
 * system call of its own.
 *
 *	inject operation file pid ...
 *
 * All are stopped first, so that none sees what happens to another.  Prints a
 * line for each, "pid signal N" if that was the end of it, or "pid returned N";
 * then it goes on as before.  file is for operations that need a path.  Linux
 * on amd64 only.
 */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __x86_64__

#define X32_BIT		0x40000000L
#define INT80		(-1)		/* number 20, getpid of i386 */
#define ENGINE_FD	3		/* any that is open */
#define MAX_PIDS	32

/* What the process finds on its stack, out of the way. */
struct scratch {
	char			 etc_passwd[16];
	char			 in_root[16];
	char			 file[128];
	struct sockaddr_in	 sin;
	struct sockaddr_un	 sun;
	uint64_t		 clone_args[11];
	struct ifreq		 ifr;
	uint64_t		 timespec[2];
	uint32_t		 one;
	struct msghdr		 msg;
	struct iovec		 iov;
	uint64_t		 control[CMSG_SPACE(sizeof(int)) /
				    sizeof(uint64_t)];	/* has stdin */
	uint64_t		 argv[2];
	uint64_t		 zero[64];
};

#define SCRATCH		(1UL << 63)	/* an offset in there */
#define PARENT		(1UL << 62)	/* the process's parent */
#define AT(member)	(SCRATCH | offsetof(struct scratch, member))

static const struct op {
	const char	*name;
	long		 nr;
	uint64_t	 args[6];
} ops[] = {
	{ "openat", SYS_openat, { AT_FDCWD, AT(etc_passwd), O_RDONLY } },
	{ "openat_root", SYS_openat, { AT_FDCWD, AT(in_root), O_RDONLY } },
	{ "openat_write", SYS_openat,
	    { AT_FDCWD, AT(file), O_WRONLY | O_CREAT, 0600 } },
	{ "open", SYS_open, { AT(etc_passwd), O_RDONLY } },
	{ "openat2", 437, { AT_FDCWD, AT(etc_passwd), AT(zero), 24 } },
	{ "name_to_handle_at", SYS_name_to_handle_at,
	    { AT_FDCWD, AT(etc_passwd), AT(zero), AT(one), 0 } },
	{ "execve", SYS_execve, { AT(etc_passwd), AT(argv), AT(zero) } },
	{ "execveat", SYS_execveat,
	    { AT_FDCWD, AT(etc_passwd), AT(argv), AT(zero), 0 } },
	{ "unlink", SYS_unlink, { AT(file) } },
	{ "rename", SYS_rename, { AT(file), AT(in_root) } },
	{ "link", SYS_link, { AT(etc_passwd), AT(file) } },
	{ "symlink", SYS_symlink, { AT(etc_passwd), AT(file) } },
	{ "mkdir", SYS_mkdir, { AT(file), 0700 } },
	{ "mknod", SYS_mknod, { AT(file), 0600, 0 } },
	{ "chmod", SYS_chmod, { AT(file), 04755 } },
	{ "chroot", SYS_chroot, { AT(file) } },
	{ "fchdir", SYS_fchdir, { ENGINE_FD } },
	{ "socket_inet", SYS_socket, { AF_INET, SOCK_STREAM, 0 } },
	{ "socket_raw", SYS_socket, { AF_INET, SOCK_RAW, 47 } },
	{ "socket_unix", SYS_socket, { AF_UNIX, SOCK_STREAM, 0 } },
	{ "socket_packet", SYS_socket, { AF_PACKET, SOCK_RAW, 0 } },
	{ "socket_netlink", SYS_socket, { AF_NETLINK, SOCK_RAW, 0 } },
	{ "connect", SYS_connect, { ENGINE_FD, AT(sin),
	    sizeof(struct sockaddr_in) } },
	{ "connect_unix", SYS_connect, { ENGINE_FD, AT(sun),
	    sizeof(struct sockaddr_un) } },
	{ "bind", SYS_bind, { ENGINE_FD, AT(sin),
	    sizeof(struct sockaddr_in) } },
	{ "listen", SYS_listen, { ENGINE_FD, 5 } },
	{ "hdrincl", SYS_setsockopt, { ENGINE_FD, IPPROTO_IP, IP_HDRINCL,
	    AT(one), sizeof(uint32_t) } },
	{ "reuseport", SYS_setsockopt, { ENGINE_FD, SOL_SOCKET, SO_REUSEPORT,
	    AT(one), sizeof(uint32_t) } },
	{ "sendmsg_rights", SYS_sendmsg, { ENGINE_FD, AT(msg), 0 } },
	{ "tunsetiff", SYS_ioctl, { ENGINE_FD, TUNSETIFF, AT(ifr) } },
	{ "tiocsti", SYS_ioctl, { ENGINE_FD, 0x5412, AT(one) } },
	{ "siocsifflags", SYS_ioctl, { ENGINE_FD, 0x8914, AT(ifr) } },
	{ "fork", SYS_fork, { 0 } },
	{ "vfork", SYS_vfork, { 0 } },
	{ "clone", SYS_clone, { SIGCHLD, 0, 0, 0, 0 } },
	{ "clone3", 435, { AT(clone_args), 88 } },
	{ "unshare", SYS_unshare, { CLONE_NEWUSER } },
	{ "setns", SYS_setns, { ENGINE_FD, 0 } },
	{ "mount", SYS_mount, { AT(file), AT(file), AT(file), 0, 0 } },
	{ "pivot_root", SYS_pivot_root, { AT(file), AT(file) } },
	{ "ptrace", SYS_ptrace, { PTRACE_ATTACH, PARENT, 0, 0 } },
	{ "process_vm_readv", SYS_process_vm_readv,
	    { PARENT, AT(iov), 1, AT(iov), 1, 0 } },
	{ "pidfd_open", 434, { PARENT, 0 } },
	{ "pidfd_getfd", 438, { ENGINE_FD, 0, 0 } },
	{ "kill_parent", SYS_kill, { PARENT, 0 } },
	{ "kill_all", SYS_kill, { (uint64_t)-1, 0 } },
	{ "tgkill_parent", SYS_tgkill, { PARENT, PARENT, 0 } },
	{ "prctl", SYS_prctl, { 4 /* PR_SET_DUMPABLE */, 1, 0, 0, 0 } },
	{ "prlimit64", SYS_prlimit64, { PARENT, 0, 0, AT(zero) } },
	{ "setuid", SYS_setuid, { 0 } },
	{ "setresuid", SYS_setresuid, { 0, 0, 0 } },
	{ "capset", SYS_capset, { AT(zero), AT(zero) } },
	{ "seccomp", SYS_seccomp, { 1, 8, AT(zero) } },
	{ "io_uring_setup", 425, { 1, AT(zero) } },
	{ "io_uring_enter", 426, { ENGINE_FD, 1, 0, 0, 0, 0 } },
	{ "memfd_create", SYS_memfd_create, { AT(file), 0 } },
	{ "memfd_secret", 447, { 0 } },
	{ "mmap_exec", SYS_mmap, { 0, 4096, 7, 0x22, (uint64_t)-1, 0 } },
	{ "mprotect_exec", SYS_mprotect, { AT(zero), 4096, 5 } },
	{ "pkey_mprotect", SYS_pkey_mprotect, { AT(zero), 4096, 5, 0 } },
	{ "remap_file_pages", SYS_remap_file_pages, { 0, 4096, 0, 0, 0 } },
	{ "bpf", SYS_bpf, { 5, AT(zero), 48 } },
	{ "perf_event_open", SYS_perf_event_open,
	    { AT(zero), 0, 0, (uint64_t)-1, 0 } },
	{ "userfaultfd", SYS_userfaultfd, { 0 } },
	{ "keyctl", SYS_keyctl, { 0, 0, 0, 0, 0 } },
	{ "add_key", SYS_add_key, { AT(file), AT(file), 0, 0, 0 } },
	{ "personality", SYS_personality, { 0x0400000 } },
	{ "modify_ldt", SYS_modify_ldt, { 0, AT(zero), 16 } },
	{ "init_module", SYS_init_module, { AT(zero), 0, AT(zero) } },
	{ "settimeofday", SYS_settimeofday, { AT(timespec), 0 } },
	{ "reboot", SYS_reboot, { 0, 0, 0, 0 } },
	{ "x32", X32_BIT | SYS_getpid, { 0 } },
	{ "int80", INT80, { 0 } },
};

#define NOPS	(sizeof(ops) / sizeof(ops[0]))

static const char	*file;

static void
put(pid_t pid, uint64_t where, const void *data, size_t len)
{
	const char	*p = data;
	size_t		 i;
	long		 word;

	/* PTRACE_POKEDATA writes what process_vm_writev(2) may not. */
	for (i = 0; i < len; i += sizeof(word)) {
		memcpy(&word, p + i, sizeof(word));
		if (ptrace(PTRACE_POKEDATA, pid, where + i, word) == -1)
			err(1, "PTRACE_POKEDATA");
	}
}

static void
stopped(pid_t pid, const char *what)
{
	int	status;

	if (waitpid(pid, &status, 0) == -1)
		err(1, "waitpid");
	if (!WIFSTOPPED(status))
		errx(1, "%s: status %#x", what, status);
}

static void
fill(struct scratch *s, uint64_t base)
{
	struct cmsghdr	*cmsg;

	memset(s, 0, sizeof(*s));
	(void)snprintf(s->etc_passwd, sizeof(s->etc_passwd), "/etc/passwd");
	(void)snprintf(s->in_root, sizeof(s->in_root), "/root");
	(void)strncpy(s->file, file, sizeof(s->file) - 1);
	s->sin.sin_family = AF_INET;
	s->sin.sin_port = htons(9);
	s->sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->sun.sun_family = AF_UNIX;
	(void)snprintf(s->sun.sun_path, sizeof(s->sun.sun_path), "/dev/log");
	s->clone_args[4] = SIGCHLD;
	(void)snprintf(s->ifr.ifr_name, sizeof(s->ifr.ifr_name), "inject0");
	s->ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
	s->one = 1;
	s->iov.iov_base = (void *)(base + offsetof(struct scratch, zero));
	s->msg.msg_iov = (void *)(base + offsetof(struct scratch, iov));
	s->msg.msg_iovlen = 1;
	s->msg.msg_control = (void *)(base + offsetof(struct scratch,
	    control));
	s->msg.msg_controllen = CMSG_SPACE(sizeof(int));
	cmsg = (struct cmsghdr *)s->control;
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	s->argv[0] = base + offsetof(struct scratch, etc_passwd);
}

static pid_t
parent_of(pid_t child)
{
	char	 path[64], line[128];
	FILE	*f;
	int	 ppid = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)child);
	if ((f = fopen(path, "r")) == NULL)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "PPid: %d", &ppid) == 1)
			break;
	fclose(f);
	if (ppid <= 0)
		errx(1, "%s: no parent", path);
	return (ppid);
}

static void
stop(pid_t pid)
{
	if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD) == -1 ||
	    ptrace(PTRACE_INTERRUPT, pid, 0, 0) == -1)
		err(1, "PTRACE_SEIZE");
	stopped(pid, "PTRACE_INTERRUPT");
}

/* To the next begin or end of a system call, or 0: there is none. */
static int
go_on(pid_t pid)
{
	int	status;

	do {
		if (ptrace(PTRACE_SYSCALL, pid, 0, 0) == -1)
			err(1, "PTRACE_SYSCALL");
		if (waitpid(pid, &status, 0) == -1)
			err(1, "waitpid");
	} while (WIFSTOPPED(status) && WSTOPSIG(status) != (SIGTRAP | 0x80));
	if (WIFSIGNALED(status))
		printf("%d signal %d\n", (int)pid, WTERMSIG(status));
	else if (WIFEXITED(status))
		printf("%d exit %d\n", (int)pid, WEXITSTATUS(status));
	return (WIFSTOPPED(status));
}

static void
inject(const struct op *op, pid_t pid)
{
	static const unsigned char	 insn_syscall[2] = { 0x0f, 0x05 };
	static const unsigned char	 insn_int80[2] = { 0xcd, 0x80 };
	struct user_regs_struct		 old, regs;
	static struct scratch		 s;
	uint64_t			 args[6], base;
	pid_t				 ppid = parent_of(pid);
	long				 code, changed;
	int				 i;

	if (ptrace(PTRACE_GETREGS, pid, 0, &old) == -1)
		err(1, "PTRACE_GETREGS");

	/* Where it waits is a system call instruction. */
	errno = 0;
	code = ptrace(PTRACE_PEEKTEXT, pid, old.rip - 2, 0);
	if (errno != 0)
		err(1, "PTRACE_PEEKTEXT");
	if (memcmp(&code, insn_syscall, 2) != 0)
		errx(1, "process %d does not wait", (int)pid);

	base = (old.rsp - 0x4000) & ~0xfffUL;
	fill(&s, base);
	put(pid, base, &s, sizeof(s));
	for (i = 0; i < 6; i++) {
		args[i] = op->args[i];
		if (args[i] == (uint64_t)-1)
			continue;
		if (args[i] & SCRATCH && args[i] >> 32 == 1UL << 31)
			args[i] = base + (uint32_t)args[i];
		else if (args[i] == PARENT)
			args[i] = ppid;
	}
	regs = old;
	regs.rip = old.rip - 2;
	regs.orig_rax = -1;		/* nothing to be started again */
	if (op->nr == INT80) {
		changed = code;
		memcpy(&changed, insn_int80, 2);
		if (ptrace(PTRACE_POKETEXT, pid, regs.rip, changed) == -1)
			err(1, "PTRACE_POKETEXT");
		regs.rax = 20;
	} else {
		regs.rax = op->nr;
		regs.rdi = args[0];
		regs.rsi = args[1];
		regs.rdx = args[2];
		regs.r10 = args[3];
		regs.r8 = args[4];
		regs.r9 = args[5];
	}
	if (ptrace(PTRACE_SETREGS, pid, 0, &regs) == -1)
		err(1, "PTRACE_SETREGS");
	/* In, and out again; there the kernel may have sentenced it. */
	if (!go_on(pid) || !go_on(pid))
		return;
	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) == -1)
		err(1, "PTRACE_GETREGS");
	if (op->nr == INT80 &&
	    ptrace(PTRACE_POKETEXT, pid, old.rip - 2, code) == -1)
		err(1, "PTRACE_POKETEXT");
	if (ptrace(PTRACE_SETREGS, pid, 0, &old) == -1)
		err(1, "PTRACE_SETREGS");
	/* Has it lived to see the next one of its own? */
	if (!go_on(pid))
		return;
	printf("%d returned %lld\n", (int)pid, (long long)regs.rax);
	if (ptrace(PTRACE_DETACH, pid, 0, 0) == -1)
		err(1, "PTRACE_DETACH");
}

int
main(int argc, char *argv[])
{
	const struct op	*op;
	pid_t		 pids[MAX_PIDS];
	int		 i;

	if (argc < 4 || argc > 3 + MAX_PIDS) {
		fprintf(stderr, "usage: inject operation file pid ...\n");
		return (1);
	}
	for (op = ops; op < ops + NOPS; op++)
		if (strcmp(op->name, argv[1]) == 0)
			break;
	if (op == ops + NOPS)
		errx(1, "%s: no such operation", argv[1]);
	file = argv[2];
	for (i = 3; i < argc; i++) {
		if ((pids[i - 3] = strtol(argv[i], NULL, 10)) <= 1)
			errx(1, "%s: not a process", argv[i]);
		stop(pids[i - 3]);
	}
	for (i = 3; i < argc; i++)
		inject(op, pids[i - 3]);
	return (0);
}

#else
#error "amd64 only"

#endif
