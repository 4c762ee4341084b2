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

#include "fsm.h"

struct step {
	unsigned char	next;
	unsigned short	actions;
};

#define TLD	FSM_TLD
#define IRC	FSM_IRC
#define ZRC	FSM_ZRC
#define SCR	FSM_SCR
#define SCA	FSM_SCA
#define SCN	FSM_SCN
#define STR	FSM_STR
#define STA	FSM_STA
#define SCJ	FSM_SCJ
#define SER	FSM_SER
#define TLU	FSM_TLU
#define TLS	FSM_TLS
#define TLF	FSM_TLF
#define NO(s)	{ s, FSM_IMPOSSIBLE }

/*
 * RFC 1661 section 4.1, one row of the RFC a row here; columns are states 0 to
 * 9.  The restart option (r) is not used, the passive option (p) neither.
 */
static const struct step table[FSM_NEVENTS][FSM_NSTATES] = {
[FSM_UP] = {
	{ 2, 0 },		{ 6, IRC|SCR },		NO(2),
	NO(3),			NO(4),			NO(5),
	NO(6),			NO(7),			NO(8),
	NO(9) },
[FSM_DOWN] = {
	NO(0),			NO(1),			{ 0, 0 },
	{ 1, TLS },		{ 0, 0 },		{ 1, 0 },
	{ 1, 0 },		{ 1, 0 },		{ 1, 0 },
	{ 1, TLD } },
[FSM_OPEN] = {
	{ 1, TLS },		{ 1, 0 },		{ 6, IRC|SCR },
	{ 3, 0 },		{ 5, 0 },		{ 5, 0 },
	{ 6, 0 },		{ 7, 0 },		{ 8, 0 },
	{ 9, 0 } },
[FSM_CLOSE] = {
	{ 0, 0 },		{ 0, TLF },		{ 2, 0 },
	{ 2, 0 },		{ 4, 0 },		{ 4, 0 },
	{ 4, IRC|STR },		{ 4, IRC|STR },		{ 4, IRC|STR },
	{ 4, TLD|IRC|STR } },
[FSM_TO_PLUS] = {
	NO(0),			NO(1),			NO(2),
	NO(3),			{ 4, STR },		{ 5, STR },
	{ 6, SCR },		{ 6, SCR },		{ 8, SCR },
	NO(9) },
[FSM_TO_MINUS] = {
	NO(0),			NO(1),			NO(2),
	NO(3),			{ 2, TLF },		{ 3, TLF },
	{ 3, TLF },		{ 3, TLF },		{ 3, TLF },
	NO(9) },
[FSM_RCR_PLUS] = {
	NO(0),			NO(1),			{ 2, STA },
	{ 8, IRC|SCR|SCA },	{ 4, 0 },		{ 5, 0 },
	{ 8, SCA },		{ 9, SCA|TLU },		{ 8, SCA },
	{ 8, TLD|SCR|SCA } },
[FSM_RCR_MINUS] = {
	NO(0),			NO(1),			{ 2, STA },
	{ 6, IRC|SCR|SCN },	{ 4, 0 },		{ 5, 0 },
	{ 6, SCN },		{ 7, SCN },		{ 6, SCN },
	{ 6, TLD|SCR|SCN } },
[FSM_RCA] = {
	NO(0),			NO(1),			{ 2, STA },
	{ 3, STA },		{ 4, 0 },		{ 5, 0 },
	{ 7, IRC },		{ 6, SCR },		{ 9, IRC|TLU },
	{ 6, TLD|SCR } },
[FSM_RCN] = {
	NO(0),			NO(1),			{ 2, STA },
	{ 3, STA },		{ 4, 0 },		{ 5, 0 },
	{ 6, IRC|SCR },		{ 6, SCR },		{ 8, IRC|SCR },
	{ 6, TLD|SCR } },
[FSM_RTR] = {
	NO(0),			NO(1),			{ 2, STA },
	{ 3, STA },		{ 4, STA },		{ 5, STA },
	{ 6, STA },		{ 6, STA },		{ 6, STA },
	{ 5, TLD|ZRC|STA } },
[FSM_RTA] = {
	NO(0),			NO(1),			{ 2, 0 },
	{ 3, 0 },		{ 2, TLF },		{ 3, TLF },
	{ 6, 0 },		{ 6, 0 },		{ 8, 0 },
	{ 6, TLD|SCR } },
[FSM_RUC] = {
	NO(0),			NO(1),			{ 2, SCJ },
	{ 3, SCJ },		{ 4, SCJ },		{ 5, SCJ },
	{ 6, SCJ },		{ 7, SCJ },		{ 8, SCJ },
	{ 9, SCJ } },
[FSM_RXJ_PLUS] = {
	NO(0),			NO(1),			{ 2, 0 },
	{ 3, 0 },		{ 4, 0 },		{ 5, 0 },
	{ 6, 0 },		{ 6, 0 },		{ 8, 0 },
	{ 9, 0 } },
[FSM_RXJ_MINUS] = {
	NO(0),			NO(1),			{ 2, TLF },
	{ 3, TLF },		{ 2, TLF },		{ 3, TLF },
	{ 3, TLF },		{ 3, TLF },		{ 3, TLF },
	{ 5, TLD|IRC|STR } },
[FSM_RXR] = {
	NO(0),			NO(1),			{ 2, 0 },
	{ 3, 0 },		{ 4, 0 },		{ 5, 0 },
	{ 6, 0 },		{ 7, 0 },		{ 8, 0 },
	{ 9, SER } },
};

unsigned int
fsm_step(enum fsm_state state, enum fsm_event event, enum fsm_state *next)
{
	const struct step	*s = &table[event][state];

	*next = s->next;
	return (s->actions);
}
