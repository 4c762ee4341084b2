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
 * Plugin of pppd 2.4: the channel is a PPPoX socket that it was started with.
 * uml_dial.py makes it.
 */

#include <stddef.h>
#include <stdint.h>

#include <pppd/pppd.h>

static int	 socket_connect(void);
static void	 no_config(int, u_int32_t, int, int);
void		 plugin_init(void);

char		 pppd_version[] = VERSION;

static int	 fd = -1;
static option_t	 options[] = {
	{ .name = "pppox-fd", .type = o_int, .addr = &fd,
	    .description = "Descriptor of a PPPoX socket" },
	{ .name = NULL }
};
static struct channel	 channel = {
	.options = options,
	.connect = socket_connect,
	.establish_ppp = generic_establish_ppp,
	.disestablish_ppp = generic_disestablish_ppp,
	.send_config = no_config,
	.recv_config = no_config
};

void
plugin_init(void)
{
	add_options(options);
	the_channel = &channel;
	modem = 0;
}

static int
socket_connect(void)
{
	return (fd);
}

static void
no_config(int mtu, u_int32_t accm, int pcomp, int accomp)
{
}
