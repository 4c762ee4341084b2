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
 * Feed files to a fuzz target, for compilers without libFuzzer: each is a
 * test.  A directory stands for the files in it.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX	(1 << 20)

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void	 replay(const char *);
static void	 replay_directory(const char *);

static int	 count;

int
main(int argc, char *argv[])
{
	struct stat	st;
	int		i;

	for (i = 1; i < argc; i++) {
		if (stat(argv[i], &st) == -1)
			err(1, "%s", argv[i]);
		if (S_ISDIR(st.st_mode))
			replay_directory(argv[i]);
		else
			replay(argv[i]);
	}
	fprintf(stderr, "%d inputs\n", count);
	return (count == 0);
}

static void
replay_directory(const char *name)
{
	struct dirent	*d;
	char		*path;
	DIR		*dir;

	if ((dir = opendir(name)) == NULL)
		err(1, "%s", name);
	while ((d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		if (asprintf(&path, "%s/%s", name, d->d_name) == -1)
			err(1, NULL);
		replay(path);
		free(path);
	}
	closedir(dir);
}

static void
replay(const char *path)
{
	uint8_t		*buf, *copy;
	ssize_t		 n;
	int		 fd;

	if ((buf = malloc(FILE_MAX)) == NULL)
		err(1, NULL);
	if ((fd = open(path, O_RDONLY)) == -1 ||
	    (n = read(fd, buf, FILE_MAX)) == -1)
		err(1, "%s", path);
	close(fd);
	/* Its exact size, for what reads beyond it. */
	if ((copy = malloc(n + (n == 0))) == NULL)
		err(1, NULL);
	memcpy(copy, buf, n);
	free(buf);
	if (getenv("REPLAY_VERBOSE") != NULL)
		fprintf(stderr, "%s\n", path);
	(void)LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	count++;
}
