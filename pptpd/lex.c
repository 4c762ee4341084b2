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
 * The words of pptpd.conf(5): see lex.h.  Files are read whole; every string
 * of a parse lives until its end, so no rule of the grammar frees anything,
 * whatever error may follow.  Passwords never appear in a message.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <net/if.h>
#include <netinet/in.h>

#include <ctype.h>
#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <imsg.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lex.h"
#include "log.h"
#include "pptpd.h"

#define INCLUDE_MAX	16		/* files that include each other */
#define TEXT_MAX	(64 << 20)	/* size of one file */

/* A file, or the value of a macro, that is being read. */
struct source {
	struct source	*outer;
	char		*name;		/* NULL: a macro */
	char		*text;
	size_t		 len;
	size_t		 pos;
	int		 line;
	int		 blocks;	/* that are open */
	unsigned int	 errors;	/* before it */
	int		 users_only;	/* "users" names it */
	int		 has_users;	/* itself or one that it includes */
	int		 open;		/* others can read it */
};

struct string {
	SLIST_ENTRY(string)	 entry;
	size_t			 size;	/* of all this */
	char			 text[];
};

struct macro {
	TAILQ_ENTRY(macro)	 entry;
	char			*name;
	char			*value;
	int			 persist;	/* from the command line */
};

struct token	token;

static SLIST_HEAD(, string)	 strings = SLIST_HEAD_INITIALIZER(strings);
static TAILQ_HEAD(, macro)	 macros = TAILQ_HEAD_INITIALIZER(macros);

static struct source	*source;	/* the innermost */
static unsigned int	 errors;
static char		 first_error[256];
static char		 open_to_others[1024];	/* a file of mode 0644, say */
static char		 word[WORD_LEN];
static size_t		 word_len;
static int		 line_start;	/* the last token ended a line */

static void	 printable(char *);
static struct source
		*this_file(void);
static void	 source_push(const char *, char *, size_t);
static void	 source_pop(void);
static int	 file_push(const char *, int, int);
static int	 file_read(int, char **, size_t *);
static int	 check_secrecy(int, const char *);
static int	 peek(void);
static int	 take(void);
static int	 lex_quoted(void);
static int	 lex_macro(void);
static int	 lex_word(void);
static int	 lex_error(const char *);
static int	 word_char(int);
static int	 word_add(int);
static int	 macro_name_ok(const char *);
static int	 macro_set(const char *, const char *, int);
static void	 macro_free(struct macro *);
static const char
		*macro_get(const char *);

/* What the grammar asks for */

int
lex_open(const char *file)
{
	errors = 0;
	first_error[0] = '\0';
	open_to_others[0] = '\0';
	line_start = 1;
	return (file_push(file, 1, 0));
}

void
lex_include(const char *file, int users_only)
{
	(void)file_push(file, 0, users_only);
}

void
lex_close(void)
{
	struct string	*s;
	struct macro	*m, *tmp;

	while (source != NULL)
		source_pop();
	while ((s = SLIST_FIRST(&strings)) != NULL) {
		SLIST_REMOVE_HEAD(&strings, entry);
		freezero(s, s->size);
	}
	explicit_bzero(word, sizeof(word));
	TAILQ_FOREACH_SAFE(m, &macros, entry, tmp) {
		if (m->persist)
			continue;
		TAILQ_REMOVE(&macros, m, entry);
		macro_free(m);
	}
}

const char *
lex_file(void)
{
	return (this_file()->name);
}

int
lex_users_only(void)
{
	return (this_file()->users_only);
}

void
lex_has_user(void)
{
	struct source	*s;

	/* Up to "users", who reads a file knows them. */
	for (s = source; s != NULL; s = s->outer) {
		s->has_users = 1;
		if (s->users_only && s->outer != NULL && !s->outer->users_only)
			break;
	}
}

const char *
lex_open_to_others(void)
{
	return (open_to_others);
}

int
lex_macro_set(const char *name, const char *value)
{
	if (!macro_name_ok(name))
		return (-1);
	if (macro_set(name, value, 0) == -1)
		fatal("macro_set");
	return (0);
}

/* What goes wrong */

static void
printable(char *s)
{
	for (; *s != '\0'; s++)
		if (iscntrl((unsigned char)*s))
			*s = '?';
}

/* An error: the configuration will not be used.  line may be 0. */
void
parse_fail(const char *file, int line, const char *fmt, ...)
{
	va_list	ap;
	size_t	len;
	char	buf[512];

	if (line > 0)
		(void)snprintf(buf, sizeof(buf), "%s:%d: ", file, line);
	else
		(void)snprintf(buf, sizeof(buf), "%s: ", file);
	len = strlen(buf);
	va_start(ap, fmt);
	(void)vsnprintf(buf + len, sizeof(buf) - len, fmt, ap);
	va_end(ap);
	printable(buf);
	log_warnx("%s", buf);
	if (errors++ == 0)
		(void)strlcpy(first_error, buf, sizeof(first_error));
}

const char *
parse_error(void)
{
	return (first_error);
}

unsigned int
parse_errors(void)
{
	return (errors);
}

void
lex_fail(const char *fmt, ...)
{
	va_list	ap;
	char	buf[512];

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	parse_fail(this_file()->name, token.line, "%s", buf);
}

/* The configuration will be used all the same.  line may be 0. */
void
parse_warning(const char *file, int line, const char *fmt, ...)
{
	va_list	ap;
	char	buf[512];

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	printable(buf);
	if (line > 0)
		log_warnx("%s:%d: warning: %s", file, line, buf);
	else
		log_warnx("%s: warning: %s", file, buf);
}

void
lex_warning(const char *fmt, ...)
{
	va_list	ap;
	char	buf[512];

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	parse_warning(this_file()->name, token.line, "%s", buf);
}

/* What is read */

static struct source *
this_file(void)
{
	struct source	*s;

	for (s = source; s->name == NULL; s = s->outer)
		;
	return (s);
}

/* text is taken over. */
static void
source_push(const char *name, char *text, size_t len)
{
	struct source	*s;

	if ((s = calloc(1, sizeof(*s))) == NULL ||
	    (name != NULL && (s->name = strdup(name)) == NULL))
		fatal("source_push");
	s->text = text;
	s->len = len;
	s->line = 1;
	s->errors = errors;
	s->users_only = source != NULL && source->users_only;
	s->outer = source;
	source = s;
}

static void
source_pop(void)
{
	struct source	*s = source;

	source = s->outer;
	if (s->open && s->has_users && open_to_others[0] == '\0')
		(void)strlcpy(open_to_others, s->name, sizeof(open_to_others));
	freezero(s->text, s->len);
	free(s->name);
	free(s);
}

/* The file of the command line, an included one, or one of users only. */
static int
file_push(const char *name, int top, int users_only)
{
	struct source	*s;
	char		*text;
	size_t		 len, in, out;
	int		 depth = 0, fd = STDIN_FILENO, others = 0;

	for (s = source; s != NULL; s = s->outer)
		if (s->name != NULL && ++depth == INCLUDE_MAX) {
			lex_fail("too many files include each other");
			return (-1);
		}

	if (top && strcmp(name, "-") == 0)
		name = LEX_STDIN;
	else {
		parse_reads(name);
		if ((fd = open(name, O_RDONLY | O_CLOEXEC)) != -1)
			others = check_secrecy(fd, name);
	}
	if (fd == -1 || file_read(fd, &text, &len) == -1) {
		if (top)
			parse_fail(name, 0, "%s", strerror(errno));
		else
			lex_fail("%s: %s", name, strerror(errno));
		if (fd != -1 && fd != STDIN_FILENO)
			close(fd);
		return (-1);
	}
	if (fd != STDIN_FILENO)
		close(fd);

	if (memchr(text, '\0', len) != NULL) {
		parse_fail(name, 0, "not a text file");
		freezero(text, len);
		return (-1);
	}
	/* Lines may end as in DOS. */
	for (in = out = 0; in < len; in++)
		if (text[in] != '\r' || in + 1 == len || text[in + 1] != '\n')
			text[out++] = text[in];
	explicit_bzero(text + out, len - out);
	source_push(name, text, out);
	source->open = others;
	if (users_only)
		source->users_only = 1;
	return (0);
}

static int
file_read(int fd, char **text, size_t *len)
{
	char	*p, *buf = NULL;
	size_t	 used = 0, size = 0;
	ssize_t	 n;

	for (;;) {
		if (used == size) {
			if (size == TEXT_MAX) {
				errno = EFBIG;
				break;
			}
			n = size == 0 ? BUFSIZ : size * 2;
			if (n > TEXT_MAX)
				n = TEXT_MAX;
			/* It may hold passwords: leave no copies. */
			if ((p = recallocarray(buf, size, n, 1)) == NULL)
				break;
			buf = p;
			size = n;
		}
		if ((n = read(fd, buf + used, size - used)) == -1) {
			if (errno == EINTR)
				continue;
			break;
		}
		if (n == 0) {
			*text = buf;
			*len = used;
			return (0);
		}
		used += n;
	}
	freezero(buf, size);
	return (-1);
}

/*
 * May others than its owner, root or we, read it?  One that they may even
 * write is bad wherever the users are.
 */
static int
check_secrecy(int fd, const char *name)
{
	struct stat	st;

	if (fstat(fd, &st) == -1 ||
	    (st.st_uid != 0 && st.st_uid != getuid()) ||
	    st.st_mode & (S_IWGRP | S_IWOTH)) {
		if (open_to_others[0] == '\0')
			(void)strlcpy(open_to_others, name,
			    sizeof(open_to_others));
		return (1);
	}
	return ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0);
}

/* The next character, EOF at the end of a file; a macro's end goes unseen. */
static int
peek(void)
{
	for (;;) {
		if (source->pos == source->len) {
			if (source->name != NULL)
				return (EOF);
			source_pop();
		} else if (source->text[source->pos] == '\\' &&
		    source->pos + 1 < source->len &&
		    source->text[source->pos + 1] == '\n') {
			source->pos += 2;
			source->line++;
		} else
			return ((unsigned char)source->text[source->pos]);
	}
}

static int
take(void)
{
	int	c;

	if ((c = peek()) != EOF) {
		source->pos++;
		if (c == '\n')
			source->line++;
	}
	return (c);
}

int
lex(void)
{
	int	c;

 again:
	while ((c = peek()) == ' ' || c == '\t')
		take();
	token.text = NULL;
	token.line = this_file()->line;
	token.first = token.failed = 0;
	word_len = 0;
	if (errors >= ERRORS_MAX)
		return (LEX_END);

	switch (c) {
	case EOF:
		/* The last line need not have an end. */
		if (!line_start) {
			line_start = 1;
			return ('\n');
		}
		if (source->outer == NULL)
			return (LEX_END);
		/* What comes after the file is not part of its block. */
		if (source->blocks > 0 && errors == source->errors) {
			lex_fail("the file ends within a block");
			source->blocks = line_start = 0;
			return ('}');
		}
		source_pop();
		goto again;
	case '\n':
		take();
		line_start = 1;
		return ('\n');
	case '#':
		/* A comment ends with the line, even after a backslash. */
		while (source->pos < source->len &&
		    source->text[source->pos] != '\n')
			source->pos++;
		goto again;
	}

	token.first = line_start;
	line_start = 0;
	switch (c) {
	case '{':
		this_file()->blocks++;
		return (take());
	case '}':
		this_file()->blocks--;
		return (take());
	case ',':
	case '=':
		return (take());
	case '"':
	case '\'':
		return (lex_quoted());
	case '$':
		/* Values of macros are not expanded again. */
		if (source->name == NULL)
			break;
		if (lex_macro() == -1)
			return (LEX_ERROR);
		line_start = token.first;
		goto again;
	}
	return (lex_word());
}

static int
lex_error(const char *msg)
{
	lex_fail("%s", msg);
	token.failed = 1;
	return (LEX_ERROR);
}

static int
word_add(int c)
{
	if (word_len >= sizeof(word) - 1)
		return (-1);
	word[word_len++] = c;
	word[word_len] = '\0';
	return (0);
}

/*
 * A backslash hides the closing quote, another backslash and the end of the
 * line; before anything else, as in DOMAIN\user, it means itself.
 */
static int
lex_quoted(void)
{
	int	c, quote;

	quote = take();
	word[0] = '\0';
	while (source->pos < source->len) {
		c = (unsigned char)source->text[source->pos];
		if (c == '\n')
			break;
		source->pos++;
		if (c == quote) {
			token.text = lex_string(word);
			return (LEX_STRING);
		}
		if (c == '\\' && source->pos < source->len) {
			switch (source->text[source->pos]) {
			case '\n':
				source->pos++;
				source->line++;
				continue;
			case '\\':
			case '"':
			case '\'':
				if (source->text[source->pos] == '\\' ||
				    source->text[source->pos] == quote)
					c = source->text[source->pos++];
				break;
			}
		}
		if (word_add(c) == -1)
			return (lex_error("string too long"));
	}
	return (lex_error("quotation mark without its partner"));
}

/* Go on reading with the value of the macro; -1 if there is none. */
static int
lex_macro(void)
{
	const char	*value;
	char		*text;

	take();
	word[0] = '\0';
	while (isalnum(peek()) || peek() == '_')
		if (word_add(take()) == -1) {
			(void)lex_error("string too long");
			return (-1);
		}
	/* Not even its name: it may be a password that needs quotes. */
	if ((value = macro_get(word)) == NULL) {
		(void)lex_error("macro is not defined");
		return (-1);
	}
	if ((text = strdup(value)) == NULL)
		fatal("strdup");
	source_push(NULL, text, strlen(text));
	return (0);
}

/* May be part of an unquoted word: UTF-8 and most of ASCII. */
static int
word_char(int c)
{
	return (c != EOF && (c >= 0x80 || isgraph(c)) &&
	    strchr("{}(),=!\"'", c) == NULL);
}

static int
lex_word(void)
{
	while (word_char(peek()))
		if (word_add(take()) == -1)
			return (lex_error("string too long"));
	if (word_len == 0) {
		take();
		return (LEX_ERROR);
	}
	token.text = lex_string(word);
	return (LEX_WORD);
}

char *
lex_string(const char *text)
{
	struct string	*s;
	size_t		 size;

	size = strlen(text) + 1;
	if ((s = calloc(1, sizeof(*s) + size)) == NULL)
		fatal("lex_string");
	s->size = sizeof(*s) + size;
	memcpy(s->text, text, size);
	SLIST_INSERT_HEAD(&strings, s, entry);
	return (s->text);
}

/* Macros */

static int
macro_name_ok(const char *name)
{
	if (*name == '\0')
		return (0);
	for (; *name != '\0'; name++)
		if (!isalnum((unsigned char)*name) && *name != '_')
			return (0);
	return (1);
}

static int
macro_set(const char *name, const char *value, int persist)
{
	struct macro	*m;

	TAILQ_FOREACH(m, &macros, entry)
		if (strcmp(m->name, name) == 0)
			break;
	if (m != NULL) {
		/* The command line wins over the file. */
		if (m->persist && !persist)
			return (0);
		TAILQ_REMOVE(&macros, m, entry);
		macro_free(m);
	}
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return (-1);
	m->persist = persist;
	if ((m->name = strdup(name)) == NULL ||
	    (m->value = strdup(value)) == NULL) {
		macro_free(m);
		return (-1);
	}
	TAILQ_INSERT_TAIL(&macros, m, entry);
	return (0);
}

static const char *
macro_get(const char *name)
{
	struct macro	*m;

	TAILQ_FOREACH(m, &macros, entry)
		if (strcmp(m->name, name) == 0)
			return (m->value);
	return (NULL);
}

static void
macro_free(struct macro *m)
{
	if (m->value != NULL)
		freezero(m->value, strlen(m->value));
	free(m->name);
	free(m);
}

int
cmdline_symset(const char *arg)
{
	const char	*value;
	char		*name;
	int		 ret = -1;

	if ((value = strchr(arg, '=')) == NULL)
		return (-1);
	if ((name = strndup(arg, value - arg)) == NULL)
		return (-1);
	if (macro_name_ok(name))
		ret = macro_set(name, value + 1, 1);
	free(name);
	return (ret);
}
