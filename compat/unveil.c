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
 * unveil(2) by Landlock.  Differences that Landlock makes:
 *
 * Nothing changes until unveil(NULL, NULL) or pledge(), whichever is first.
 *
 * Landlock knows directories and what is below them, but no names.  OpenBSD
 * remembers a file by its name, so that it can be replaced or appear later;
 * the least that allows this here is its directory.  unveil("/etc/x", "r") is
 * thus good for every file below /etc, unveil("/run/x.pid", "c") to create and
 * remove files below /run.  Only devices are unveiled alone.
 *
 * Rights add up along a path, so that a file has what the directories above it
 * have.  To ask for less for a directory than for one that it is in, or to hide
 * a file (""), is ENOTSUP.
 *
 * What is not unveiled gives EACCES, not ENOENT, and stat(2) still sees it.
 */

#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/landlock.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox.h"

#define UNVEIL_MAX	32

/* Debian 12 has the header of ABI 2; which ABI the kernel has, it tells. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE		(1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV		(1ULL << 15)
#endif
#ifndef LANDLOCK_ACCESS_NET_BIND_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP		(1ULL << 0)
#define LANDLOCK_ACCESS_NET_CONNECT_TCP		(1ULL << 1)
#endif
#ifndef LANDLOCK_SCOPE_SIGNAL
#define LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET	(1ULL << 0)
#define LANDLOCK_SCOPE_SIGNAL			(1ULL << 1)
#endif

#define ABI_REFER	2
#define ABI_TRUNCATE	3
#define ABI_NET		4
#define ABI_IOCTL_DEV	5
#define ABI_SCOPE	6

/* struct landlock_ruleset_attr as of ABI 6. */
struct ruleset {
	uint64_t	fs;
	uint64_t	net;
	uint64_t	scoped;
};

struct unveiled {
	char		*path;		/* resolved: a directory or device */
	uint64_t	 rights;
	int		 exact;		/* asked for, not for a file in it */
	int		 fd;
};

static struct unveiled	 table[UNVEIL_MAX];
static size_t		 table_len;
static int		 locked;

static int	 landlock_abi(void);
static uint64_t	 fs_rights(int);
static int	 permission_rights(const char *, mode_t, uint64_t *);
static char	*resolve(const char *, mode_t *);
static int	 beneath(const char *, const char *);
static int	 table_conflict(const char *, uint64_t, struct unveiled **);
static void	 table_clear(void);
static int	 enforce(const struct ruleset *, int, int);
static int	 lock(void);

/* Which version the kernel has; ENOSYS or EOPNOTSUPP without Landlock. */
static int
landlock_abi(void)
{
	return (syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION));
}

/* All rights on files that this ABI can take away. */
static uint64_t
fs_rights(int abi)
{
	uint64_t	rights;

	rights = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
	    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
	    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
	    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
	    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
	    LANDLOCK_ACCESS_FS_MAKE_SYM;
	if (abi >= ABI_REFER)
		rights |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= ABI_TRUNCATE)
		rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (abi >= ABI_IOCTL_DEV)
		rights |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	return (rights);
}

/* What "rwxc" means for a directory, a device, or a file in a directory. */
static int
permission_rights(const char *permissions, mode_t mode, uint64_t *rights)
{
	*rights = 0;
	for (; *permissions != '\0'; permissions++) {
		switch (*permissions) {
		case 'r':
			*rights |= LANDLOCK_ACCESS_FS_READ_FILE;
			if (S_ISDIR(mode))
				*rights |= LANDLOCK_ACCESS_FS_READ_DIR;
			break;
		case 'w':
			*rights |= LANDLOCK_ACCESS_FS_WRITE_FILE |
			    LANDLOCK_ACCESS_FS_TRUNCATE;
			break;
		case 'x':
			*rights |= LANDLOCK_ACCESS_FS_EXECUTE;
			break;
		case 'c':
			/* A device itself gives no right to its directory. */
			if (S_ISCHR(mode) || S_ISBLK(mode))
				break;
			*rights |= LANDLOCK_ACCESS_FS_REMOVE_FILE |
			    LANDLOCK_ACCESS_FS_MAKE_REG |
			    LANDLOCK_ACCESS_FS_MAKE_SOCK;
			if (S_ISDIR(mode))
				*rights |= LANDLOCK_ACCESS_FS_REMOVE_DIR |
				    LANDLOCK_ACCESS_FS_MAKE_DIR |
				    LANDLOCK_ACCESS_FS_MAKE_SYM |
				    LANDLOCK_ACCESS_FS_REFER;
			break;
		default:
			errno = EINVAL;
			return (-1);
		}
	}
	if (S_ISCHR(mode) || S_ISBLK(mode))
		*rights |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	return (0);
}

/*
 * The real path of what stands for path: itself if it is a directory or a
 * device, else, existing or not, the directory that it is in.  *mode is that
 * of path, 0 if it does not exist.  To be freed.
 */
static char *
resolve(const char *path, mode_t *mode)
{
	struct stat	 st;
	char		*real, *copy, *slash;

	*mode = 0;
	if ((real = realpath(path, NULL)) == NULL) {
		if (errno != ENOENT)
			return (NULL);
		if ((copy = strdup(path)) == NULL)
			return (NULL);
		real = realpath(dirname(copy), NULL);
		free(copy);
		return (real);
	}
	if (stat(real, &st) == -1) {
		free(real);
		return (NULL);
	}
	*mode = st.st_mode;
	if (!S_ISDIR(*mode) && !S_ISCHR(*mode) && !S_ISBLK(*mode)) {
		slash = strrchr(real, '/');
		slash[slash == real ? 1 : 0] = '\0';
	}
	return (real);
}

/* 1 if path is dir or below it. */
static int
beneath(const char *path, const char *dir)
{
	size_t	len;

	len = strlen(dir);
	if (len == 1)
		return (1);
	return (strncmp(path, dir, len) == 0 &&
	    (path[len] == '/' || path[len] == '\0'));
}

/*
 * Refuse what Landlock would make wider than it was asked for.  *same is the
 * entry for the same directory, whose rights are to be replaced.
 */
static int
table_conflict(const char *path, uint64_t rights, struct unveiled **same)
{
	struct unveiled	*u;

	*same = NULL;
	for (u = table; u < table + table_len; u++) {
		if (!u->exact)
			continue;
		if (strcmp(path, u->path) == 0)
			*same = u;
		else if ((beneath(path, u->path) && u->rights & ~rights) ||
		    (beneath(u->path, path) && rights & ~u->rights)) {
			errno = ENOTSUP;
			return (-1);
		}
	}
	return (0);
}

static void
table_clear(void)
{
	while (table_len > 0) {
		table_len--;
		close(table[table_len].fd);
		free(table[table_len].path);
	}
	locked = 1;
}

/* Make the ruleset, with the table if paths, and enter it. */
static int
enforce(const struct ruleset *ruleset, int abi, int paths)
{
	struct landlock_path_beneath_attr	 rule;
	struct unveiled				*u;
	size_t					 size;
	int					 fd, save_errno;

	size = sizeof(*ruleset);
	if (abi < ABI_SCOPE)
		size = offsetof(struct ruleset, scoped);
	if (abi < ABI_NET)
		size = offsetof(struct ruleset, net);
	fd = syscall(SYS_landlock_create_ruleset, ruleset, size, 0);
	if (fd == -1)
		return (-1);

	for (u = table; paths && u < table + table_len; u++) {
		rule.allowed_access = u->rights & ruleset->fs;
		rule.parent_fd = u->fd;
		/* Landlock calls a rule that allows nothing an error. */
		if (rule.allowed_access == 0)
			continue;
		if (syscall(SYS_landlock_add_rule, fd,
		    LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == -1)
			goto fail;
	}
	if (syscall(SYS_landlock_restrict_self, fd, 0) == -1)
		goto fail;
	close(fd);
	return (0);

 fail:
	save_errno = errno;
	close(fd);
	errno = save_errno;
	return (-1);
}

int
landlock_commit(int no_paths)
{
	struct ruleset	ruleset;
	int		abi;

	if ((abi = landlock_abi()) == -1)
		return (-1);
	memset(&ruleset, 0, sizeof(ruleset));
	if (no_paths || table_len > 0)
		ruleset.fs = fs_rights(abi);
	if (abi >= ABI_NET)
		ruleset.net = LANDLOCK_ACCESS_NET_BIND_TCP |
		    LANDLOCK_ACCESS_NET_CONNECT_TCP;
	if (abi >= ABI_SCOPE)
		ruleset.scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET |
		    LANDLOCK_SCOPE_SIGNAL;
	/* An old kernel may have nothing to take away here. */
	if ((ruleset.fs != 0 || ruleset.net != 0) &&
	    enforce(&ruleset, abi, !no_paths) == -1)
		return (-1);
	table_clear();
	return (0);
}

void
landlock_forget(void)
{
	table_clear();
}

/* unveil(NULL, NULL) */
static int
lock(void)
{
	struct ruleset	ruleset;
	int		abi;

	if (table_len > 0) {
		if ((abi = landlock_abi()) == -1)
			return (-1);
		memset(&ruleset, 0, sizeof(ruleset));
		ruleset.fs = fs_rights(abi);
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
		    enforce(&ruleset, abi, 1) == -1)
			return (-1);
	}
	table_clear();
	return (0);
}

int
unveil(const char *path, const char *permissions)
{
	struct unveiled	*u;
	uint64_t	 rights;
	mode_t		 mode;
	char		*real;

	if (path == NULL && permissions == NULL)
		return (locked ? 0 : lock());
	if (path == NULL || permissions == NULL || *path == '\0') {
		errno = EINVAL;
		return (-1);
	}
	if (locked) {
		errno = EPERM;
		return (-1);
	}
	/* Without Landlock it shall fail at once, not at the end. */
	if (landlock_abi() == -1)
		return (-1);

	if ((real = resolve(path, &mode)) == NULL)
		return (-1);
	if (permission_rights(permissions, mode, &rights) == -1)
		goto fail;
	if (!S_ISDIR(mode) && *permissions == '\0') {
		errno = ENOTSUP;
		goto fail;
	}
	if (S_ISDIR(mode)) {
		if (table_conflict(real, rights, &u) == -1)
			goto fail;
		if (u != NULL) {
			u->rights = rights;
			free(real);
			return (0);
		}
	}
	if (table_len == UNVEIL_MAX) {
		errno = E2BIG;
		goto fail;
	}
	u = &table[table_len];
	if ((u->fd = open(real, O_PATH | O_CLOEXEC)) == -1)
		goto fail;
	u->path = real;
	u->rights = rights;
	u->exact = S_ISDIR(mode);
	table_len++;
	return (0);

 fail:
	free(real);
	return (-1);
}
