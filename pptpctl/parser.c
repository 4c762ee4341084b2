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
 * The words of pptpctl as tables: every table lists what may follow the word
 * before it.  Keywords may be shortened as long as one of them is meant.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <err.h>
#include <event.h>
#include <imsg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pptpd.h"
#include "parser.h"

#define CONTEXT_LEN	64

enum token_type {
	ENDTOKEN,
	KEYWORD,
	CALLID,
	USERNAME,
	ADDRESS,
	OFFENDER		/* a user's name or an address, or nothing */
};

struct token {
	enum token_type		 type;
	const char		*keyword;
	enum command		 command;
	const struct token	*next;		/* NULL: nothing may follow */
};

static const struct token	*match_keyword(const struct token *,
				    const char *, const char *);
static int			 match_argument(const struct token *,
				    const char *, struct parse_result *,
				    const char *);
static void			 complain(const struct token *, const char *,
				    const char *, const char *);

static const struct token t_call_id[] = {
	{ CALLID,	"ID",		CMD_NONE,		NULL },
	{ ENDTOKEN,	NULL,		CMD_NONE,		NULL }
};

static const struct token t_user[] = {
	{ USERNAME,	"NAME",		CMD_NONE,		NULL },
	{ ENDTOKEN,	NULL,		CMD_NONE,		NULL }
};

static const struct token t_address[] = {
	{ ADDRESS,	"ADDRESS",	CMD_NONE,		NULL },
	{ ENDTOKEN,	NULL,		CMD_NONE,		NULL }
};

static const struct token t_offender[] = {
	{ OFFENDER,	"NAME",		CMD_NONE,		NULL },
	{ ENDTOKEN,	NULL,		CMD_NONE,		NULL }
};

static const struct token t_clear[] = {
	{ KEYWORD,	"penalties",	CMD_CLEAR_PENALTIES,	t_offender },
	{ ENDTOKEN,	NULL,		CMD_NONE,		NULL }
};

static const struct token t_kill[] = {
	{ KEYWORD,	"address",	CMD_KILL_ADDRESS,	t_address },
	{ KEYWORD,	"all",		CMD_KILL_ALL,		NULL },
	{ KEYWORD,	"call",		CMD_KILL_CALL,		t_call_id },
	{ KEYWORD,	"user",		CMD_KILL_USER,		t_user },
	{ ENDTOKEN,	NULL,		CMD_NONE,		NULL }
};

static const struct token t_log[] = {
	{ KEYWORD,	"brief",	CMD_LOG_BRIEF,		NULL },
	{ KEYWORD,	"verbose",	CMD_LOG_VERBOSE,	NULL },
	{ ENDTOKEN,	NULL,		CMD_NONE,		NULL }
};

static const struct token t_show[] = {
	{ KEYWORD,	"calls",	CMD_SHOW_CALLS,		NULL },
	{ KEYWORD,	"penalties",	CMD_SHOW_PENALTIES,	NULL },
	{ KEYWORD,	"session",	CMD_SHOW_SESSION,	t_call_id },
	{ KEYWORD,	"sessions",	CMD_SHOW_SESSIONS,	NULL },
	{ KEYWORD,	"stats",	CMD_SHOW_STATS,		NULL },
	{ ENDTOKEN,	NULL,		CMD_NONE,		NULL }
};

static const struct token t_main[] = {
	{ KEYWORD,	"clear",	CMD_NONE,		t_clear },
	{ KEYWORD,	"kill",		CMD_NONE,		t_kill },
	{ KEYWORD,	"log",		CMD_NONE,		t_log },
	{ KEYWORD,	"monitor",	CMD_MONITOR,		NULL },
	{ KEYWORD,	"reload",	CMD_RELOAD,		NULL },
	{ KEYWORD,	"show",		CMD_NONE,		t_show },
	{ ENDTOKEN,	NULL,		CMD_NONE,		NULL }
};

int
parse(int argc, char *argv[], struct parse_result *res)
{
	const struct token	*table, *t;
	char			 context[CONTEXT_LEN];
	int			 i;

	memset(res, 0, sizeof(*res));
	context[0] = '\0';
	table = t_main;
	for (i = 0; table != NULL; i++) {
		if (i >= argc && table->type == OFFENDER)
			break;
		if (i >= argc) {
			complain(table, context, "incomplete", NULL);
			return (-1);
		}
		if (table->type == KEYWORD) {
			t = match_keyword(table, argv[i], context);
			if (t == NULL)
				return (-1);
			strlcat(context, t->keyword, sizeof(context));
			strlcat(context, ": ", sizeof(context));
			if (t->command != CMD_NONE)
				res->command = t->command;
		} else {
			t = table;
			if (match_argument(t, argv[i], res, context) == -1)
				return (-1);
		}
		table = t->next;
	}
	if (i < argc) {
		warnx("%snothing may follow, but \"%s\" does", context,
		    argv[i]);
		return (-1);
	}
	return (0);
}

static const struct token *
match_keyword(const struct token *table, const char *word, const char *context)
{
	const struct token	*t, *found;
	size_t			 len;
	int			 matches;

	len = strlen(word);
	found = NULL;
	matches = 0;
	for (t = table; t->type != ENDTOKEN; t++) {
		if (strncmp(word, t->keyword, len) != 0)
			continue;
		/* "session" is a word, though "sessions" begins with it. */
		if (t->keyword[len] == '\0')
			return (t);
		found = t;
		matches++;
	}
	if (matches == 1)
		return (found);
	if (matches == 0)
		complain(table, context, "unknown", word);
	else
		complain(table, context, "ambiguous", word);
	return (NULL);
}

static int
match_argument(const struct token *t, const char *word,
    struct parse_result *res, const char *context)
{
	const char	*errstr;

	switch (t->type) {
	case CALLID:
		res->call_id = strtonum(word, 1, MAX_CALL_ID, &errstr);
		if (errstr == NULL)
			return (0);
		warnx("%sID \"%s\" is %s, it is a number from 1 to %d",
		    context, word, errstr, MAX_CALL_ID);
		return (-1);
	case OFFENDER:
		if (inet_pton(AF_INET, word, &res->address) != 1)
			res->address.s_addr = INADDR_ANY;
		/* FALLTHROUGH */
	case USERNAME:
		if (word[0] != '\0' && strlcpy(res->user, word,
		    sizeof(res->user)) < sizeof(res->user))
			return (0);
		warnx("%sNAME has 1 to %zu characters", context,
		    sizeof(res->user) - 1);
		return (-1);
	case ADDRESS:
		/* 0.0.0.0 would be all that have no address yet. */
		if (inet_pton(AF_INET, word, &res->address) == 1 &&
		    res->address.s_addr != INADDR_ANY)
			return (0);
		warnx("%s\"%s\" is not an IPv4 address of a client", context,
		    word);
		return (-1);
	case ENDTOKEN:
	case KEYWORD:
		break;
	}
	errx(1, "%s: not an argument", __func__);
}

/* Say what is wrong with word, and which words are right. */
static void
complain(const struct token *table, const char *context, const char *problem,
    const char *word)
{
	const struct token	*t;

	if (word == NULL)
		warnx("%s%s command, it goes on with:", context, problem);
	else
		warnx("%s%s word \"%s\", valid ones are:", context, problem,
		    word);
	for (t = table; t->type != ENDTOKEN; t++)
		fprintf(stderr, "  %s\n", t->keyword);
}
