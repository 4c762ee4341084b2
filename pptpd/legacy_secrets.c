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

/* Users of ppp(8), ppp.secret, and of pppd, chap-secrets and pap-secrets. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/tree.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

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

#define COLUMNS_MAX	32	/* of a line */

static char	*arg_end(char *);
static void	 chap_line(struct legacy *, const struct legacy_where *,
		    char **, int);
static struct in_addr
		 chap_address(struct legacy *, const struct legacy_where *,
		    char **, int);

/*
 * Split a line as ppp(8) does: quotes and backslashes take the meaning from
 * what they protect, and a # that they do not ends the line, even in a word.
 */
int
legacy_ppp_args(char *s, char **argv, int max)
{
	char	*end;
	int	 argc = 0, comment = 0;

	while (!comment && *(s += strspn(s, " \t")) != '\0' && *s != '#') {
		if (argc == max)
			break;
		argv[argc++] = s;
		if ((end = arg_end(s)) == NULL)
			return (-1);
		comment = *end == '#';
		s = *end == '\0' ? end : end + 1;
		*end = '\0';
	}
	return (argc);
}

/* Where the word ends, once it is without its quotes and backslashes. */
static char *
arg_end(char *s)
{
	size_t	len;
	int	quoted = 0;

	while (*s != '\0') {
		len = strlen(s);
		if (*s == '\\' && s[1] != '\0') {
			memmove(s, s + 1, len);
			s++;
		} else if (*s == '"') {
			memmove(s, s + 1, len);
			quoted = !quoted;
		} else if (!quoted && (*s == ' ' || *s == '\t' || *s == '#'))
			return (s);
		else
			s++;
	}
	return (quoted ? NULL : s);
}

/* name key [hisaddr [label [callback]]]; the first line of a name counts. */
void
legacy_ppp_secret(struct legacy *l)
{
	struct legacy_where	 w;
	struct in_addr		 addr;
	char			*argv[COLUMNS_MAX], *text, *p, *s, *hash;
	size_t			 size;
	int			 argc, cut;

	if ((text = legacy_secrets(l, l->conf->ppp_secret, "ppp.secret", &size,
	    &w.file)) == NULL)
		return;
	p = text;
	for (w.line = 1; (s = strsep(&p, "\n")) != NULL; w.line++) {
		if (*s == '#')
			continue;
		/* Is there one within a word, where a password may go on? */
		cut = (hash = strchr(s, '#')) != NULL && hash > s &&
		    hash[-1] != ' ' && hash[-1] != '\t' && hash[-1] != '\\' &&
		    memchr(s, '"', hash - s) == NULL;
		memset(argv, 0, sizeof(argv));
		argc = legacy_ppp_args(s, argv, COLUMNS_MAX);
		if (argc == 0)
			continue;
		if (argc < 2) {
			legacy_note(l, &w, "%s; ignored, as ppp(8) did",
			    argc == 1 ? "no key after the name" :
			    "a quotation mark has no partner");
			continue;
		}
		if (strcmp(argv[1], "*") == 0) {
			legacy_note(l, &w, "user \"%s\": the key * stands for "
			    "passwd(5), which does not work but with PAP; "
			    "ignored", argv[0]);
			continue;
		}
		addr.s_addr = htonl(INADDR_ANY);
		if (argc > 2 && strcmp(argv[2], "*") != 0 &&
		    argv[2][0] != '\0' &&
		    (inet_pton(AF_INET, argv[2], &addr) != 1 ||
		    !addr_unicast(addr))) {
			addr.s_addr = htonl(INADDR_ANY);
			legacy_note(l, &w, "user \"%s\": \"%s\" is not one "
			    "address; the user gets one of the pool", argv[0],
			    argv[2]);
		}
		if (argc > 3 && strcmp(argv[3], "*") != 0 &&
		    argv[3][0] != '\0')
			legacy_note(l, &w, "user \"%s\": the label %s chose "
			    "commands of ppp.linkup; ignored, see \"pptpctl "
			    "monitor\"", argv[0], argv[3]);
		if (argc > 4 && strcmp(argv[4], "*") != 0 &&
		    argv[4][0] != '\0')
			legacy_note(l, &w, "user \"%s\": nobody is called "
			    "back; ignored", argv[0]);
		if (cut && argc == 2)
			legacy_note(l, &w, "user \"%s\": the password ends "
			    "before #, as in ppp(8); quotes make it go on",
			    argv[0]);
		legacy_user(l, &w, argv[0], argv[1], addr);
	}
	freezero(text, size);
}

/*
 * client server secret [address ...]: of the lines for a client, one with the
 * server's name counts before one with *, then the first.
 */
void
legacy_chap_secrets(struct legacy *l, const char *named, const char *name,
    const char *server)
{
	struct legacy_where	 w;
	struct legacy_words	 words;
	char			*argv[COLUMNS_MAX], *text, *copy, *s;
	size_t			 size;
	unsigned int		 others = 0;
	int			 pass, argc;

	if ((text = legacy_secrets(l, named, name, &size, &w.file)) == NULL)
		return;
	for (pass = 0; pass < 2; pass++) {
		/* All of it: the text is shorter if lines ended as in DOS. */
		if ((copy = malloc(size)) == NULL)
			fatal("malloc");
		memcpy(copy, text, size);
		legacy_words_start(&words, copy);
		s = legacy_pppd_word(&words);
		while (s != NULL) {
			w.line = words.word_line;
			argc = 0;
			do {
				if (argc < COLUMNS_MAX)
					argv[argc++] = s;
				s = legacy_pppd_word(&words);
			} while (s != NULL && !words.first);
			if (argc < 3) {
				if (pass == 0)
					legacy_note(l, &w, "less than three "
					    "words; ignored, as pppd did");
			} else if (strcmp(argv[1], server) == 0) {
				if (pass == 0)
					chap_line(l, &w, argv, argc);
			} else if (strcmp(argv[1], "*") == 0) {
				if (pass == 1)
					chap_line(l, &w, argv, argc);
			} else if (pass == 0)
				others++;
		}
		freezero(copy, size);
	}
	freezero(text, size);
	if (others > 0) {
		w.line = 0;
		legacy_note(l, &w, "%u line%s for other servers than \"%s\"; "
		    "ignored, as pppd did", others, others == 1 ? " is" :
		    "s are", server);
	}
}

static void
chap_line(struct legacy *l, const struct legacy_where *w, char **argv,
    int argc)
{
	struct legacy_words	 words;
	struct in_addr		 addr;
	char			*path, *text = NULL, *secret = argv[2];
	size_t			 size;

	if (argv[0][0] == '\0' || strcmp(argv[0], "*") == 0) {
		legacy_note(l, w, "pppd let in clients of %s with it; "
		    "ignored, every user needs a name", argv[0][0] == '\0' ?
		    "no name" : "any name");
		return;
	}
	if (secret[0] == '@') {
		path = legacy_beside(l, secret + 1);
		if ((text = legacy_read(path, 1, &size)) == NULL) {
			/* Not its name: it may be meant as a password. */
			parse_fail(w->file->name, w->line, "the file after @ "
			    "cannot be read: %s", strerror(errno));
			free(path);
			return;
		}
		free(path);
		legacy_words_start(&words, text);
		if ((secret = legacy_pppd_word(&words)) == NULL)
			parse_fail(w->file->name, w->line, "there is no "
			    "secret in the file");
	}
	addr = chap_address(l, w, argv, argc);
	if (secret != NULL)
		legacy_user(l, w, argv[0], secret, addr);
	if (text != NULL)
		freezero(text, size);
}

static struct in_addr
chap_address(struct legacy *l, const struct legacy_where *w, char **argv,
    int argc)
{
	struct in_addr	 addr;
	char		*slash;
	int		 i;

	addr.s_addr = htonl(INADDR_ANY);
	for (i = 3; i < argc && strcmp(argv[i], "--") != 0; i++)
		;
	if (i < argc)
		legacy_note(l, w, "user \"%s\": pppd had options for this "
		    "user after --; ignored", argv[0]);
	argc = i;
	if (argc == 3 || strcmp(argv[3], "-") == 0) {
		legacy_note(l, w, "user \"%s\": without an address or * pppd "
		    "let the user have none; now it is one of the pool",
		    argv[0]);
		return (addr);
	}
	if (strcmp(argv[3], "*") == 0)
		return (addr);
	if (argc == 4) {
		if ((slash = strchr(argv[3], '/')) != NULL &&
		    strcmp(slash, "/32") == 0)
			*slash = '\0';
		if (inet_pton(AF_INET, argv[3], &addr) == 1 &&
		    addr_unicast(addr))
			return (addr);
	}
	addr.s_addr = htonl(INADDR_ANY);
	legacy_note(l, w, "user \"%s\": pppd allowed some addresses only; "
	    "ignored, as it is not one address, the user gets one of the pool",
	    argv[0]);
	return (addr);
}
