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

/* How answers are printed.  Include after "pptpd.h" and "parser.h". */

/*
 * One way of printing: head before the first record, one call for each record,
 * tail after the last one with the number that the daemon gave.
 */
struct output {
	void	(*head)(const struct parse_result *);
	void	(*session)(const struct parse_result *,
		    const struct ctl_session *);
	void	(*call)(const struct ctl_call *);
	void	(*control_stats)(const struct ctl_control_stats *);
	void	(*session_stats)(const struct ctl_session_stats *);
	void	(*tail)(const struct parse_result *, uint32_t);
	void	(*text)(const char *);		/* of a reload */
	void	(*event)(const struct ctl_event *);	/* one line each */
	void	(*penalty)(const struct ctl_penalty *);
};

/* output.c, output_json.c */
extern const struct output	show_output;
extern const struct output	json_output;

/* fields.c: the 64-bit numbers of a struct; a NULL name ends the table */
struct field {
	const char	*name;		/* in JSON */
	const char	*label;		/* for people */
	size_t		 offset;
};

extern const struct field	counter_fields[];	/* session_counters */
extern const struct field	control_fields[];	/* ctl_control_stats */
extern const struct field	session_fields[];	/* ctl_session_stats */
extern const struct field	time_fields[];		/* likewise */

uint64_t	 field_value(const struct field *, const void *);
