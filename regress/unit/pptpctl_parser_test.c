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

/* The command line of pptpctl: words, abbreviations, arguments, complaints. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <err.h>
#include <event.h>
#include <imsg.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pptpd.h"
#include "../../pptpctl/parser.h"
#include "tap.h"

#define MAX_WORDS	8

static struct parse_result	res;
static char			complaint[2048];

static int	 try(const char *);
static void	 good(const char *, enum command);
static void	 bad(const char *, const char *);
static void	 test_words(void);
static void	 test_abbreviations(void);
static void	 test_complaints(void);
static void	 test_call_ids(void);
static void	 test_addresses(void);
static void	 test_users(void);

int
main(void)
{
	test_words();
	test_abbreviations();
	test_complaints();
	test_call_ids();
	test_addresses();
	test_users();
	done_testing();
}

/* Parse blank-separated words, with what is said kept in complaint. */
static int
try(const char *line)
{
	FILE	*f;
	char	*argv[MAX_WORDS], *copy, *p, *word;
	size_t	 n;
	int	 argc, ret, saved;

	if ((copy = strdup(line)) == NULL || (f = tmpfile()) == NULL)
		err(1, NULL);
	argc = 0;
	p = copy;
	while (argc < MAX_WORDS && (word = strsep(&p, " ")) != NULL)
		argv[argc++] = word;
	if (line[0] == '\0')
		argc = 0;

	fflush(stderr);
	if ((saved = dup(STDERR_FILENO)) == -1 ||
	    dup2(fileno(f), STDERR_FILENO) == -1)
		err(1, "dup");
	memset(&res, 0xff, sizeof(res));
	ret = parse(argc, argv, &res);
	fflush(stderr);
	if (dup2(saved, STDERR_FILENO) == -1)
		exit(1);
	close(saved);

	rewind(f);
	n = fread(complaint, 1, sizeof(complaint) - 1, f);
	complaint[n] = '\0';
	fclose(f);
	free(copy);
	return (ret);
}

static void
good(const char *line, enum command command)
{
	ok(try(line) == 0 && res.command == command && complaint[0] == '\0',
	    "\"%s\" is understood", line);
}

static void
bad(const char *line, const char *text)
{
	ok(try(line) == -1 && strstr(complaint, text) != NULL,
	    "\"%s\" is refused: %s", line, text);
}

static void
test_words(void)
{
	good("show sessions", CMD_SHOW_SESSIONS);
	good("show session 41377", CMD_SHOW_SESSION);
	ok(res.call_id == 41377, "its id");
	good("show calls", CMD_SHOW_CALLS);
	good("show stats", CMD_SHOW_STATS);
	good("kill call 7", CMD_KILL_CALL);
	ok(res.call_id == 7 && res.user[0] == '\0' &&
	    res.address.s_addr == 0, "its id and nothing else");
	good("kill user alice", CMD_KILL_USER);
	ok(strcmp(res.user, "alice") == 0 && res.call_id == 0,
	    "its name and nothing else");
	good("kill address 192.0.2.7", CMD_KILL_ADDRESS);
	ok(res.address.s_addr == inet_addr("192.0.2.7"), "its address");
	good("kill all", CMD_KILL_ALL);
	good("show penalties", CMD_SHOW_PENALTIES);
	good("clear penalties", CMD_CLEAR_PENALTIES);
	ok(res.user[0] == '\0' && res.address.s_addr == 0, "all of them");
	good("clear penalties alice", CMD_CLEAR_PENALTIES);
	ok(strcmp(res.user, "alice") == 0 && res.address.s_addr == 0,
	    "a user's");
	good("clear penalties 192.0.2.7", CMD_CLEAR_PENALTIES);
	ok(strcmp(res.user, "192.0.2.7") == 0 &&
	    res.address.s_addr == inet_addr("192.0.2.7"), "an address's");
	good("reload", CMD_RELOAD);
	good("log brief", CMD_LOG_BRIEF);
	good("log verbose", CMD_LOG_VERBOSE);
}

static void
test_abbreviations(void)
{
	good("s sessions", CMD_SHOW_SESSIONS);
	good("sh c", CMD_SHOW_CALLS);
	good("s st", CMD_SHOW_STATS);
	good("s session 1", CMD_SHOW_SESSION);
	good("k c 1", CMD_KILL_CALL);
	good("k u bob", CMD_KILL_USER);
	good("k ad 10.0.0.1", CMD_KILL_ADDRESS);
	good("k al", CMD_KILL_ALL);
	good("r", CMD_RELOAD);
	good("monitor", CMD_MONITOR);
	good("m", CMD_MONITOR);
	good("l b", CMD_LOG_BRIEF);
	good("l v", CMD_LOG_VERBOSE);

	bad("show s", "ambiguous word \"s\"");
	ok(strstr(complaint, "session\n") != NULL &&
	    strstr(complaint, "sessions\n") != NULL &&
	    strstr(complaint, "stats\n") != NULL, "the words are listed");
	bad("show sess", "ambiguous word \"sess\"");
	bad("kill a", "kill: ambiguous word \"a\"");
	bad("kill a 10.0.0.1", "kill: ambiguous word \"a\"");
	bad("show sessionss", "unknown word \"sessionss\"");
}

static void
test_complaints(void)
{
	bad("", "incomplete");
	ok(strstr(complaint, "kill\n") != NULL &&
	    strstr(complaint, "log\n") != NULL &&
	    strstr(complaint, "reload\n") != NULL &&
	    strstr(complaint, "show\n") != NULL, "all commands are listed");
	bad("frobnicate", "unknown word \"frobnicate\"");
	bad("SHOW sessions", "unknown word \"SHOW\"");
	bad("show", "show: incomplete");
	bad("show everything", "show: unknown word \"everything\"");
	bad("show session", "show: session: incomplete");
	ok(strstr(complaint, "  ID\n") != NULL, "the argument is named");
	bad("kill", "kill: incomplete");
	bad("kill call", "kill: call: incomplete");
	bad("kill user", "  NAME\n");
	bad("kill address", "  ADDRESS\n");
	bad("log", "log: incomplete");
	bad("log loudly", "log: unknown word \"loudly\"");
	bad("clear", "clear: incomplete");
	bad("clear penalties a b", "clear: penalties: nothing may follow");
	bad("show sessions 7", "show: sessions: nothing may follow");
	bad("show session 7 8", "show: session: nothing may follow");
	bad("kill all now", "kill: all: nothing may follow");
	bad("kill user john doe", "kill: user: nothing may follow");
	bad("reload now", "reload: nothing may follow, but \"now\" does");
}

static void
test_call_ids(void)
{
	good("kill call 1", CMD_KILL_CALL);
	good("kill call 65535", CMD_KILL_CALL);
	ok(res.call_id == 65535, "the largest id");
	bad("kill call 0", "is too small");
	bad("kill call -1", "is too small");
	bad("kill call 65536", "is too large");
	bad("kill call 4294967297", "is too large");
	bad("kill call 99999999999999999999", "is too large");
	bad("kill call 7x", "is invalid");
	bad("kill call x", "is invalid");
	bad("kill call 0x10", "is invalid");
	bad("kill call ", "is invalid");
	bad("show session all", "is invalid");
}

static void
test_addresses(void)
{
	good("kill address 255.255.255.254", CMD_KILL_ADDRESS);
	bad("kill address 0.0.0.0", "not an IPv4 address");
	bad("kill address 10.0.0", "not an IPv4 address");
	bad("kill address 10.0.0.256", "not an IPv4 address");
	bad("kill address 10.0.0.1/32", "not an IPv4 address");
	bad("kill address ::1", "not an IPv4 address");
	bad("kill address localhost", "not an IPv4 address");
	bad("kill address ", "not an IPv4 address");
}

static void
test_users(void)
{
	char	 line[USER_LEN + 16];
	size_t	 n;

	n = strlcpy(line, "kill user ", sizeof(line));
	memset(line + n, 'x', USER_LEN - 1);
	line[n + USER_LEN - 1] = '\0';
	ok(try(line) == 0 && strlen(res.user) == USER_LEN - 1,
	    "the longest name is understood");
	line[n + USER_LEN - 1] = 'x';
	line[n + USER_LEN] = '\0';
	ok(try(line) == -1 && strstr(complaint, "NAME has 1 to 255") != NULL,
	    "a longer one is refused");
	bad("kill user ", "NAME has 1 to 255");
	good("kill user DOMAIN\\alice", CMD_KILL_USER);
	ok(strcmp(res.user, "DOMAIN\\alice") == 0, "domain and name");
	good("kill user -j", CMD_KILL_USER);
}
