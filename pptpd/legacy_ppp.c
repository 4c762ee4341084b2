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
 * ppp.conf of ppp(8), as "ppp -direct pptp" runs it: the label default, then
 * the label pptp.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/tree.h>

#include <net/if.h>
#include <netinet/in.h>

#include <ctype.h>
#include <errno.h>
#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "pptpd.h"
#include "legacy.h"
#include "legacy_ppp.h"

struct ppp_command {
	TAILQ_ENTRY(ppp_command)	 entry;
	struct legacy_where	 where;
	char			*text;
};

struct ppp_label {
	TAILQ_ENTRY(ppp_label)	 entry;
	TAILQ_HEAD(ppp_commands, ppp_command) commands;
	struct legacy_where	 where;
	const char		*name;
	int			 used;
	int			 running;
};

static char	*next_line(char **, int *, int *);
static int	 label_name(char *);
static void	 file_read(struct ppp *, const struct legacy_where *,
		    const char *, int);
static void	 file_parse(struct ppp *, const struct legacy_file *, char *,
		    int);
static void	 unused(struct ppp *);

/* One line, without its end; a backslash there goes on with the next one. */
static char *
next_line(char **text, int *line, int *lines)
{
	char	*start = *text, *in = *text, *out = *text;

	*line += *lines;
	*lines = 1;
	if (*in == '\0')
		return (NULL);
	for (; *in != '\0' && *in != '\n'; in++) {
		if (*in == '\\' && in[1] == '\n') {
			in++;
			(*lines)++;
		} else
			*out++ = *in;
	}
	*text = *in == '\0' ? in : in + 1;
	*out = '\0';
	return (start);
}

/* Does this line begin a section?  Then only its name is left. */
static int
label_name(char *s)
{
	char	*argv[PPP_ARGS_MAX];
	size_t	 len;
	int	 argc;

	argc = legacy_ppp_args(s, argv, PPP_ARGS_MAX);
	if (argc == 2 && strcmp(argv[1], ":") == 0)
		len = strlen(argv[0]);
	else if (argc == 1 && (len = strlen(argv[0])) > 1 &&
	    argv[0][len - 1] == ':')
		len--;
	else
		return (-1);
	memmove(s, argv[0], len);
	s[len] = '\0';
	return (0);
}

/*
 * Labels make the difference, or files to include that have them.  pppd's
 * "address:" is no label.
 */
int
legacy_is_ppp(const char *text)
{
	char	*copy, *p, *s;
	int	 line = 0, lines = 1, ret = 0;

	if ((copy = strdup(text)) == NULL)
		fatal("strdup");
	for (p = copy; !ret && (s = next_line(&p, &line, &lines)) != NULL; ) {
		if (strncasecmp(s, "!include", 8) == 0)
			ret = 1;
		else if (*s != ' ' && *s != '\t' && label_name(s) == 0 &&
		    s[strspn(s, "0123456789.")] != '\0')
			ret = 1;
	}
	free(copy);
	return (ret);
}

void
legacy_ppp(struct legacy *l, char *text)
{
	struct ppp	 p;
	struct ppp_label	*label, *pptp;
	struct ppp_command	*c;
	unsigned int	 i;

	memset(&p, 0, sizeof(p));
	p.l = l;
	p.mppe_enabled = p.mppe_accepted = 1;
	TAILQ_INIT(&p.labels);
	legacy_note(l, &l->option, "%s is read as ppp(8) did, its labels "
	    "default and pptp; PoPToP only looked whether it is there",
	    l->path);
	file_parse(&p, legacy_file(l, l->path), text, 0);

	(void)legacy_ppp_load(&p, "default");
	if (legacy_ppp_load(&p, "pptp") == -1)
		parse_fail(l->path, 0, "no label \"pptp\", which is what "
		    "PoPToP ran");
	TAILQ_FOREACH(pptp, &p.labels, entry)
		if (strcmp(pptp->name, "pptp") == 0)
			break;
	if (pptp != NULL) {
		unused(&p);
		p.where = &pptp->where;
		legacy_ppp_finish(&p);
		legacy_ppp_secret(l);
	}

	while ((label = TAILQ_FIRST(&p.labels)) != NULL) {
		TAILQ_REMOVE(&p.labels, label, entry);
		while ((c = TAILQ_FIRST(&label->commands)) != NULL) {
			TAILQ_REMOVE(&label->commands, c, entry);
			free(c);
		}
		free(label);
	}
	for (i = 0; i < p.ntexts; i++)
		freezero(p.text[i], p.size[i]);
}

/* Files and labels */

/* "!include": its labels stand where it is. */
static void
file_read(struct ppp *p, const struct legacy_where *w, const char *name,
    int depth)
{
	const struct legacy_file	*file;
	char				*path, *text;
	size_t				 size;
	int				 i;

	path = legacy_beside(p->l, name);
	file = legacy_file(p->l, path);
	for (i = 0; i < depth && p->open[i] != file; i++)
		;
	if (i < depth)
		legacy_note(p->l, w, "!include: %s leads back to itself, "
		    "ppp(8) never came to an end; ignored", path);
	else if (depth == PPP_DEPTH_MAX || p->ntexts == PPP_FILES_MAX)
		legacy_note(p->l, w, "!include: too many files; ignored");
	else if ((text = legacy_read(path, 0, &size)) == NULL)
		legacy_note(p->l, w, "!include: %s: %s; ignored, as ppp(8) "
		    "did", path, strerror(errno));
	else {
		p->text[p->ntexts] = text;
		p->size[p->ntexts++] = size;
		file_parse(p, file, text, depth);
	}
	free(path);
}

static void
file_parse(struct ppp *p, const struct legacy_file *file, char *text,
    int depth)
{
	struct legacy_where	 w;
	struct ppp_label		*label = NULL;
	struct ppp_command		*c;
	char			*argv[PPP_ARGS_MAX], *s;
	int			 lines = 1, argc;

	p->open[depth] = w.file = file;
	w.line = 0;
	while ((s = next_line(&text, &w.line, &lines)) != NULL) {
		if (s[strspn(s, " \t")] == '\0' || s[strspn(s, " \t")] == '#')
			continue;
		if (*s == ' ' || *s == '\t') {
			if (label == NULL) {
				legacy_note(p->l, &w, "not below a label: "
				    "ppp(8) never ran it; ignored");
				continue;
			}
			if ((c = calloc(1, sizeof(*c))) == NULL)
				fatal("file_parse");
			c->where = w;
			c->text = s;
			TAILQ_INSERT_TAIL(&label->commands, c, entry);
		} else if (*s == '!') {
			label = NULL;
			argc = legacy_ppp_args(s, argv, PPP_ARGS_MAX);
			if (argc == 2 && strcasecmp(argv[0], "!include") == 0)
				file_read(p, &w, argv[1], depth + 1);
			else
				legacy_note(p->l, &w, "only \"!include file\" "
				    "can be here; ignored, as ppp(8) did");
		} else if (label_name(s) == -1) {
			label = NULL;
			legacy_note(p->l, &w, "neither a label with a colon "
			    "nor indented; ignored, as ppp(8) did");
		} else {
			if ((label = calloc(1, sizeof(*label))) == NULL)
				fatal("file_parse");
			TAILQ_INIT(&label->commands);
			label->where = w;
			label->name = s;
			TAILQ_INSERT_TAIL(&p->labels, label, entry);
		}
	}
}

/* Sections that were never run, with all of their lines. */
static void
unused(struct ppp *p)
{
	struct ppp_label	*l, *other;
	struct ppp_command	*last;

	TAILQ_FOREACH(l, &p->labels, entry) {
		if (l->used ||
		    (last = TAILQ_LAST(&l->commands, ppp_commands)) == NULL)
			continue;
		/* Its file may be included twice. */
		TAILQ_FOREACH(other, &p->labels, entry)
			if (other->used && other->where.file == l->where.file &&
			    other->where.line == l->where.line)
				break;
		if (other != NULL)
			continue;
		legacy_note(p->l, &l->where, "label %s up to line %d: PoPToP "
		    "does not run it and no \"load\" does; ignored", l->name,
		    last->where.line);
	}
}

int
legacy_ppp_load(struct ppp *p, const char *name)
{
	struct ppp_label	*l;
	struct ppp_command	*c;
	char		*argv[PPP_ARGS_MAX], *copy;
	int		 argc;

	/* The first one of that name, as in ppp(8). */
	TAILQ_FOREACH(l, &p->labels, entry)
		if (strcmp(l->name, name) == 0)
			break;
	if (l == NULL)
		return (-1);
	if (l->running)
		return (-2);
	l->used = l->running = 1;
	TAILQ_FOREACH(c, &l->commands, entry) {
		if ((copy = strdup(c->text)) == NULL)
			fatal("strdup");
		if ((argc = legacy_ppp_args(copy, argv, PPP_ARGS_MAX)) == -1)
			legacy_note(p->l, &c->where, "a quotation mark has no "
			    "partner; ignored, as ppp(8) did");
		else if (argc > 0)
			legacy_ppp_run(p, &c->where, argv, argc);
		freezero(copy, strlen(c->text) + 1);
	}
	l->running = 0;
	return (0);
}
