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

/* What the files of the parent share. */

extern struct conf	*parent_conf;
extern int		 parent_stopping;

/* pptpd.c */
void	 parent_reload(uint32_t client);	/* 0: nobody waits for it */
/* It is done, or what is wrong. */
void	 parent_reloaded(uint32_t client, const char *);
/* Let the control engine tell every client, but not for ever; then exit. */
void	 parent_shutdown(int status);
void	 parent_end(void);			/* everybody was told */

/* hops.c: next hops of clients, for link-output */
void	 hops_open(void);
void	 hops_start(void);		/* to watch them */
/* -1: there is no link-output. */
int	 hops_request(unsigned int proc, const struct msg_hop *);

/* engines.c */
void	 engines_open(int plain);	/* their devices and sockets */
int	 engines_configure_tun(void);	/* -1: errno */
void	 engines_start(int control_fd);	/* takes the descriptor */
/* Not now, there is one; without a client it will be made afterwards. */
int	 engines_reloading(uint32_t client);
/* Send them what they need to know. */
void	 engines_configure(const struct msg_reload *);
