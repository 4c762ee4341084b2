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
 * What the harnesses share: reading the input, a fake event loop with a fake
 * clock, sockets, and channels to an engine.  Include after "pptpd.h".
 */

#ifndef nitems
#define nitems(a)	(sizeof(a) / sizeof((a)[0]))
#endif

#define ASSERT(x)	do { if (!(x)) fuzz_fail(#x, __FILE__, __LINE__); \
			} while (0)

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);
void	 fuzz_fail(const char *, const char *, int)
	    __attribute__((__noreturn__));

/* The input: what is not there reads as 0. */
struct input {
	const uint8_t	*p;
	size_t		 left;
};

uint8_t	 in_8(struct input *);
uint16_t in_16(struct input *);
uint32_t in_32(struct input *);
/* Up to n octets; *n is how many there were. */
const uint8_t *in_bytes(struct input *, size_t *);
/* n octets, zeroes behind the end of the input. */
void	 in_fill(struct input *, void *, size_t);

/* The clock, in ms, and the events of the loop. */
extern uint64_t	 fake_now;
void	 fake_begin(void);		/* forget all of the last input */
int	 fake_fire(int, short);		/* 0: nobody waits for that */
void	 fake_sleep(uint64_t ms);	/* timers run out meanwhile */
int	 fake_wants(int, short);	/* is there an event like that? */
int	 fake_newest(void);		/* descriptor of the last new event */
int	 fake_armed(void);		/* how many events there are */

/* Run f until it returns or the program exits; what it exited with, or -1. */
int	 fake_run(void (*)(void));
/* What event_dispatch() does: the harness's own. */
extern void	(*fake_script)(void);

/* A TCP connection of the harness, the other end is FAKE_FD + i. */
#define FAKE_SOCKETS	16

struct fake_socket {
	struct sockaddr_in	 peer;
	const uint8_t		*in;	/* to be read */
	size_t			 inlen;
	size_t			 room;	/* what can be written */
	int			 open;
	int			 eof;	/* 1, or an errno */
	void			(*output)(int, const uint8_t *, size_t);
};
extern struct fake_socket fake_sockets[FAKE_SOCKETS];
extern int		 fake_accepted;	/* next descriptor, or -errno */

/* Files that there are, and no others. */
#define FAKE_FILES	8

struct fake_file {
	const char	*name;		/* NULL: the last one */
	const uint8_t	*data;
	size_t		 len;
	int		 mode;
};
extern struct fake_file	 fake_files[FAKE_FILES + 1];

/* What was printed. */
extern char		 fake_out[];
extern size_t		 fake_outlen;

/* The other end of an engine's channel. */
struct channel {
	struct imsgbuf	 ibuf;
	int		 fd;		/* ours */
	int		 engine;	/* theirs */
};

/* fd: the engine's is this, or any if -1. */
void	 channel_open(struct channel *, int);
void	 channel_close(struct channel *);
void	 channel_send(struct channel *, uint32_t, int, const void *, size_t);
void	 channel_raw(struct channel *, const void *, size_t);
/* Have the engine write all that it has; each message goes to f. */
void	 channel_take(struct channel *, void (*)(struct imsg *));
