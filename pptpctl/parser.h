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

/* parser.c: the command line.  Include after "pptpd.h". */

enum command {
	CMD_NONE,
	CMD_SHOW_SESSIONS,
	CMD_SHOW_SESSION,	/* call_id */
	CMD_SHOW_CALLS,
	CMD_SHOW_STATS,
	CMD_SHOW_PENALTIES,
	CMD_CLEAR_PENALTIES,	/* user, its address if it is one; "": all */
	CMD_KILL_CALL,		/* call_id */
	CMD_KILL_USER,		/* user */
	CMD_KILL_ADDRESS,	/* address */
	CMD_KILL_ALL,
	CMD_RELOAD,
	CMD_MONITOR,
	CMD_LOG_BRIEF,
	CMD_LOG_VERBOSE
};

struct parse_result {
	enum command	command;
	uint32_t	call_id;
	struct in_addr	address;
	char		user[USER_LEN];
};

/*
 * Understand the words of a command.  Returns 0, or -1 after saying on
 * standard error what is wrong and which words there are.
 */
int	 parse(int, char *[], struct parse_result *);
