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
 * The option negotiation automaton (RFC 1661 section 4), as a table.  It knows
 * states, events and actions; cp.c performs the actions.
 */

enum fsm_state {
	FSM_INITIAL,
	FSM_STARTING,
	FSM_CLOSED,
	FSM_STOPPED,
	FSM_CLOSING,
	FSM_STOPPING,
	FSM_REQ_SENT,
	FSM_ACK_RCVD,
	FSM_ACK_SENT,
	FSM_OPENED,
	FSM_NSTATES
};

enum fsm_event {
	FSM_UP,			/* lower layer is up */
	FSM_DOWN,		/* lower layer is down */
	FSM_OPEN,		/* administrative open */
	FSM_CLOSE,		/* administrative close */
	FSM_TO_PLUS,		/* time-out, restart counter > 0 */
	FSM_TO_MINUS,		/* time-out, restart counter expired */
	FSM_RCR_PLUS,		/* good Configure-Request */
	FSM_RCR_MINUS,		/* bad Configure-Request */
	FSM_RCA,		/* Configure-Ack */
	FSM_RCN,		/* Configure-Nak or -Rej */
	FSM_RTR,		/* Terminate-Request */
	FSM_RTA,		/* Terminate-Ack */
	FSM_RUC,		/* unknown code */
	FSM_RXJ_PLUS,		/* Code- or Protocol-Reject, permitted */
	FSM_RXJ_MINUS,		/* the same, catastrophic */
	FSM_RXR,		/* Echo, Discard */
	FSM_NEVENTS
};

/* Actions, to be performed in this order. */
#define FSM_TLD		0x001	/* this layer down */
#define FSM_IRC		0x002	/* initialise restart counter */
#define FSM_ZRC		0x004	/* zero restart counter */
#define FSM_SCR		0x008	/* send Configure-Request */
#define FSM_SCA		0x010	/* send Configure-Ack */
#define FSM_SCN		0x020	/* send Configure-Nak or -Rej */
#define FSM_STR		0x040	/* send Terminate-Request */
#define FSM_STA		0x080	/* send Terminate-Ack */
#define FSM_SCJ		0x100	/* send Code-Reject */
#define FSM_SER		0x200	/* send Echo-Reply */
#define FSM_TLU		0x400	/* this layer up */
#define FSM_TLS		0x800	/* this layer started */
#define FSM_TLF		0x1000	/* this layer finished */
#define FSM_IMPOSSIBLE	0x8000	/* '-' in the table: nothing happens */

/*
 * The step from a state by an event: stores the next state, returns the mask
 * of actions.  An impossible event leaves the state as it is.
 */
unsigned int	 fsm_step(enum fsm_state, enum fsm_event, enum fsm_state *);
