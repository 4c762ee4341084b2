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
 * The processes of pptpd as far as their confinement goes: what sandbox_test.c
 * and sandbox_linux_test.c share.  Include after the system's headers and
 * "tap.h".  confine_init() first.
 */

#define CONFINE_USER	"nobody"

/* The processes; a set of them is a mask. */
#define PARENT		0x1
#define CONTROL		0x2
#define SESSION		0x4
#define AUTH		0x8
#define ENGINES		(CONTROL | SESSION | AUTH)
#define ALL		(PARENT | ENGINES)
#define NONE		0

struct process {
	const char	*name;
	unsigned int	 bit;
	const char	*first;		/* promises at start, or NULL */
	const char	*promises;	/* promises from then on */
};

static const struct process processes[] = {
	{ "parent", PARENT, NULL,
	    "stdio rpath cpath sendfd wroute" },
	{ "control engine", CONTROL,
	    "stdio inet unix recvfd", "stdio inet unix recvfd" },
	{ "session engine", SESSION,
	    "stdio inet recvfd", "stdio inet" },
	{ "auth engine", AUTH,
	    "stdio recvfd", "stdio recvfd" }
};

/* For what run() runs. */
#define TRY(x) do {							\
	if (!(x)) {							\
		printf("# line %d: %s: %s\n", __LINE__, #x,		\
		    strerror(errno));					\
		fflush(stdout);						\
		return (-1);						\
	}								\
} while (0)

#define NPROCESSES	(sizeof(processes) / sizeof(processes[0]))

static char	 confine_dir[] = "/tmp/confine.XXXXXXXXXX";
static uid_t	 confine_uid;
static gid_t	 confine_gid;

static inline void	 die(const char *) __attribute__((__noreturn__));
static inline void	 confine_init(void);
static inline int	 confine_start(const struct process *);
static inline int	 confine(const struct process *);
static inline int	 run(const struct process *, int (*)(void));
static inline void	 exits(int, const char *, const char *);
static inline void	 killed(int, int, const char *, const char *);

static inline void
die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Skips the whole test where it cannot work. */
static inline void
confine_init(void)
{
	struct passwd	*pw;

	if (geteuid() != 0) {
		printf("1..0 # SKIP only root can chroot\n");
		exit(0);
	}
	if ((pw = getpwnam(CONFINE_USER)) == NULL) {
		printf("1..0 # SKIP no user %s\n", CONFINE_USER);
		exit(0);
	}
	confine_uid = pw->pw_uid;
	confine_gid = pw->pw_gid;
	/* Like /var/empty, which those who are not root may look at, too. */
	if (mkdtemp(confine_dir) == NULL || chmod(confine_dir, 0755) == -1)
		die("mkdtemp");
}

/* All that comes before pledge(). */
static inline int
confine_start(const struct process *p)
{
	if (p->bit & PARENT) {
		if (unveil(confine_dir, "rc") == -1)
			return (-1);
		return (unveil(NULL, NULL));
	}
	if (chroot(confine_dir) == -1 || chdir("/") == -1)
		return (-1);
	if (setgroups(1, &confine_gid) == -1 ||
	    setresgid(confine_gid, confine_gid, confine_gid) == -1 ||
	    setresuid(confine_uid, confine_uid, confine_uid) == -1)
		return (-1);
	if (unveil("/", "") == -1)
		return (-1);
	return (unveil(NULL, NULL));
}

/* Confine the calling process as pptpd does. */
static inline int
confine(const struct process *p)
{
	if (confine_start(p) == -1)
		return (-1);
	if (p->first != NULL && pledge(p->first, NULL) == -1)
		return (-1);
	return (pledge(p->promises, NULL));
}

/*
 * Run fn in a process of its own, confined as p unless NULL, and return its
 * status; it exits with 0 if fn returns anything but -1.
 */
static inline int
run(const struct process *p, int (*fn)(void))
{
	struct rlimit	 rl;
	pid_t		 pid;
	int		 status;

	fflush(stdout);
	if ((pid = fork()) == -1)
		die("fork");
	if (pid == 0) {
		rl.rlim_cur = rl.rlim_max = 0;
		(void)setrlimit(RLIMIT_CORE, &rl);
		if (p != NULL && confine(p) == -1)
			_exit(100);
		_exit(fn() == -1 ? 1 : 0);
	}
	if (waitpid(pid, &status, 0) == -1)
		die("waitpid");
	return (status);
}

static inline void
exits(int status, const char *who, const char *what)
{
	if (!ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: %s", who,
	    what))
		printf("# status %#x\n", status);
}

static inline void
killed(int status, int sig, const char *who, const char *what)
{
	if (!ok(WIFSIGNALED(status) && WTERMSIG(status) == sig,
	    "%s: killed at %s", who, what))
		printf("# status %#x\n", status);
}
