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
 * The automaton against RFC 1661 section 4.1, written down here once more as
 * the RFC prints it: a cell is "actions/state", "-" is impossible.
 */

#include <sys/types.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsm.h"
#include "tap.h"

static const struct {
	enum fsm_event	 event;
	const char	*name;
	const char	*cell[FSM_NSTATES];
} rfc[] = {
	{ FSM_UP, "Up", { "2", "irc,scr/6", "-", "-", "-", "-",
	    "-", "-", "-", "-" } },
	{ FSM_DOWN, "Down", { "-", "-", "0", "tls/1", "0", "1",
	    "1", "1", "1", "tld/1" } },
	{ FSM_OPEN, "Open", { "tls/1", "1", "irc,scr/6", "3", "5", "5",
	    "6", "7", "8", "9" } },
	{ FSM_CLOSE, "Close", { "0", "tlf/0", "2", "2", "4", "4",
	    "irc,str/4", "irc,str/4", "irc,str/4", "tld,irc,str/4" } },
	{ FSM_TO_PLUS, "TO+", { "-", "-", "-", "-", "str/4", "str/5",
	    "scr/6", "scr/6", "scr/8", "-" } },
	{ FSM_TO_MINUS, "TO-", { "-", "-", "-", "-", "tlf/2", "tlf/3",
	    "tlf/3", "tlf/3", "tlf/3", "-" } },
	{ FSM_RCR_PLUS, "RCR+", { "-", "-", "sta/2", "irc,scr,sca/8", "4",
	    "5", "sca/8", "sca,tlu/9", "sca/8", "tld,scr,sca/8" } },
	{ FSM_RCR_MINUS, "RCR-", { "-", "-", "sta/2", "irc,scr,scn/6", "4",
	    "5", "scn/6", "scn/7", "scn/6", "tld,scr,scn/6" } },
	{ FSM_RCA, "RCA", { "-", "-", "sta/2", "sta/3", "4", "5",
	    "irc/7", "scr/6", "irc,tlu/9", "tld,scr/6" } },
	{ FSM_RCN, "RCN", { "-", "-", "sta/2", "sta/3", "4", "5",
	    "irc,scr/6", "scr/6", "irc,scr/8", "tld,scr/6" } },
	{ FSM_RTR, "RTR", { "-", "-", "sta/2", "sta/3", "sta/4", "sta/5",
	    "sta/6", "sta/6", "sta/6", "tld,zrc,sta/5" } },
	{ FSM_RTA, "RTA", { "-", "-", "2", "3", "tlf/2", "tlf/3",
	    "6", "6", "8", "tld,scr/6" } },
	{ FSM_RUC, "RUC", { "-", "-", "scj/2", "scj/3", "scj/4", "scj/5",
	    "scj/6", "scj/7", "scj/8", "scj/9" } },
	{ FSM_RXJ_PLUS, "RXJ+", { "-", "-", "2", "3", "4", "5",
	    "6", "6", "8", "9" } },
	{ FSM_RXJ_MINUS, "RXJ-", { "-", "-", "tlf/2", "tlf/3", "tlf/2",
	    "tlf/3", "tlf/3", "tlf/3", "tlf/3", "tld,irc,str/5" } },
	{ FSM_RXR, "RXR", { "-", "-", "2", "3", "4", "5",
	    "6", "7", "8", "ser/9" } },
};

static const struct {
	const char	*name;
	unsigned int	 action;
} actions[] = {
	{ "tld", FSM_TLD }, { "irc", FSM_IRC }, { "zrc", FSM_ZRC },
	{ "scr", FSM_SCR }, { "sca", FSM_SCA }, { "scn", FSM_SCN },
	{ "str", FSM_STR }, { "sta", FSM_STA }, { "scj", FSM_SCJ },
	{ "ser", FSM_SER }, { "tlu", FSM_TLU }, { "tls", FSM_TLS },
	{ "tlf", FSM_TLF },
};

/* The mask of actions of a cell, and its state. */
static unsigned int
parse(const char *cell, int state, int *next)
{
	unsigned int	 mask = 0;
	size_t		 i;
	const char	*p = cell;

	*next = state;
	if (strcmp(cell, "-") == 0)
		return (FSM_IMPOSSIBLE);
	while (*p >= 'a') {
		for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
			if (strncmp(p, actions[i].name, 3) == 0)
				mask |= actions[i].action;
		p += 4;		/* and the comma or slash */
	}
	*next = atoi(p);
	return (mask);
}

int
main(void)
{
	enum fsm_state	next;
	unsigned int	got, want;
	size_t		e;
	int		s, state;

	ok(sizeof(rfc) / sizeof(rfc[0]) == FSM_NEVENTS, "16 events");
	for (e = 0; e < sizeof(rfc) / sizeof(rfc[0]); e++)
		for (s = 0; s < FSM_NSTATES; s++) {
			want = parse(rfc[e].cell[s], s, &state);
			got = fsm_step(s, rfc[e].event, &next);
			ok(got == want && (int)next == state,
			    "L08 %s in state %d: %s", rfc[e].name, s,
			    rfc[e].cell[s]);
		}
	done_testing();
}
