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
 * What PoPToP's "option" names: the ppp.conf of ppp(8) or the options of pppd.
 * Their author's intent becomes our configuration, unless the main file has
 * settings of its own.  Where the old programs did something else, or where a
 * line has no meaning any more, a warning says so.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/tree.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <ctype.h>
#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <imsg.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "pptpd.h"
#include "legacy.h"

#define FILE_MAX	(16 << 20)	/* octets of one file */
#define NOTE_MAX	400		/* a line's notes are joined up to it */
#define MAIN_FILE	"the main file has it, too, and that counts"

static int	 name_cmp(struct legacy_name *, struct legacy_name *);
RB_PROTOTYPE(legacy_names, legacy_name, entry, name_cmp)
RB_GENERATE(legacy_names, legacy_name, entry, name_cmp)

static void	 name_add(struct legacy *, const char *, int);
static void	 finish(struct legacy *);
static void	 take(struct legacy *, const struct legacy_number *, uint32_t,
		    const char *, uint32_t *);
static void	 take_servers(struct legacy *, const struct legacy_where *,
		    const struct in_addr [2], uint32_t, const char *,
		    struct in_addr [2]);
static void	 take_encryption(struct legacy *);
static void	 take_mru(struct legacy *);
static void	 take_ranges(struct legacy *);
static int	 same_ranges(struct range_list *, struct range_list *);
static uint64_t	 count(struct range_list *);
static void	 clean_up(struct legacy *);

int
legacy_option(struct conf *conf, const char *file, int line,
    const char *optionfile)
{
	struct legacy	 l;
	struct user	*u;
	char		*text;
	size_t		 size;

	memset(&l, 0, sizeof(l));
	l.conf = conf;
	l.path = optionfile;
	TAILQ_INIT(&l.files);
	TAILQ_INIT(&l.notes);
	TAILQ_INIT(&l.local);
	TAILQ_INIT(&l.remote);
	RB_INIT(&l.names);
	l.option.file = legacy_file(&l, file);
	l.option.line = line;

	if ((text = legacy_read(optionfile, 0, &size)) == NULL) {
		parse_fail(file, line, "%s: %s", optionfile, strerror(errno));
		clean_up(&l);
		return (-1);
	}
	TAILQ_FOREACH(u, &conf->users, entry)
		name_add(&l, u->user.name, 0);
	if (legacy_is_ppp(text))
		legacy_ppp(&l, text);
	else
		legacy_pppd(&l, text);
	freezero(text, size);
	finish(&l);
	clean_up(&l);
	return (0);
}

/* Messages */

struct legacy_file *
legacy_file(struct legacy *l, const char *name)
{
	struct legacy_file	*f;
	unsigned int		 n = 0;
	size_t			 size;

	TAILQ_FOREACH(f, &l->files, entry) {
		if (strcmp(f->name, name) == 0)
			return (f);
		n = f->number + 1;
	}
	size = strlen(name) + 1;
	if ((f = calloc(1, sizeof(*f) + size)) == NULL)
		fatal("legacy_file");
	f->number = n;
	memcpy(f->name, name, size);
	TAILQ_INSERT_TAIL(&l->files, f, entry);
	return (f);
}

/*
 * Notes are printed in the order of the files and their lines, however often
 * and in what order these were used.
 */
void
legacy_note(struct legacy *l, const struct legacy_where *w, const char *fmt,
    ...)
{
	struct legacy_note	*n, *new;
	va_list			 ap;
	size_t			 size;
	char			 buf[NOTE_MAX], *text = buf, *p;

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);

	TAILQ_FOREACH_REVERSE(n, &l->notes, legacy_notes, entry)
		if (n->file->number < w->file->number ||
		    (n->file == w->file && n->line <= w->line))
			break;
	size = strlen(text) + 1;
	if (n != NULL && n->file == w->file && n->line == w->line) {
		if (strstr(n->text, text) != NULL)
			return;
		/* What it is about need not be said twice. */
		if ((p = strstr(text, ": ")) != NULL &&
		    strncmp(n->text, text, p + 2 - text) == 0)
			text = p + 2;
		if (strlen(n->text) + 2 + size <= NOTE_MAX)
			size += strlen(n->text) + 2;
	}
	if ((new = calloc(1, sizeof(*new) + size)) == NULL)
		fatal("legacy_note");
	new->file = w->file;
	new->line = w->line;
	if (size > strlen(text) + 1) {
		(void)strlcpy(new->text, n->text, size);
		(void)strlcat(new->text, "; ", size);
	}
	(void)strlcat(new->text, text, size);
	if (n == NULL)
		TAILQ_INSERT_HEAD(&l->notes, new, entry);
	else
		TAILQ_INSERT_AFTER(&l->notes, n, new, entry);
	if (size > strlen(text) + 1) {
		TAILQ_REMOVE(&l->notes, n, entry);
		free(n);
	}
}

/* Files */

char *
legacy_read(const char *path, int secret, size_t *size)
{
	struct stat	 st;
	char		*text = NULL;
	size_t		 used = 0, in, out;
	ssize_t		 n;
	int		 fd;

	parse_reads(path);
	/* Something that is no file must not make us wait. */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return (NULL);
	if (fstat(fd, &st) == -1)
		goto fail;
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		goto fail;
	}
	if (st.st_size > FILE_MAX) {
		errno = EFBIG;
		goto fail;
	}
	*size = st.st_size + 1;
	if ((text = calloc(1, *size)) == NULL)
		goto fail;
	while (used < (size_t)st.st_size) {
		if ((n = read(fd, text + used, st.st_size - used)) == -1) {
			if (errno == EINTR)
				continue;
			goto fail;
		}
		if (n == 0)
			break;
		used += n;
	}
	close(fd);
	if (secret && ((st.st_uid != 0 && st.st_uid != getuid()) ||
	    st.st_mode & (S_IRWXG | S_IRWXO)))
		parse_fail(path, 0, "a file with passwords must be of mode "
		    "0600 and owned by root");

	/* Lines may end as in DOS. */
	for (in = out = 0; in < used; in++) {
		if (text[in] == '\0') {
			parse_fail(path, 0, "not a text file");
			break;
		}
		if (text[in] != '\r' || text[in + 1] != '\n')
			text[out++] = text[in];
	}
	explicit_bzero(text + out, used - out);
	return (text);

 fail:
	close(fd);
	if (text != NULL)
		freezero(text, *size);
	return (NULL);
}

char *
legacy_beside(struct legacy *l, const char *name)
{
	const char	*slash;
	char		*path;

	slash = strrchr(l->path, '/');
	if (*name == '/' || slash == NULL)
		path = strdup(name);
	else if (asprintf(&path, "%.*s/%s", (int)(slash - l->path), l->path,
	    name) == -1)
		path = NULL;
	if (path == NULL)
		fatal("legacy_beside");
	return (path);
}

char *
legacy_secrets(struct legacy *l, const char *named, const char *name,
    size_t *size, const struct legacy_file **file)
{
	struct legacy_where	 w;
	char			*path, *text;
	int			 e;

	path = named != NULL ? strdup(named) : legacy_beside(l, name);
	if (path == NULL)
		fatal("strdup");
	text = legacy_read(path, 1, size);
	e = errno;
	w.file = *file = legacy_file(l, path);
	w.line = 0;
	if (text == NULL) {
		/* Losing all users must not be an accident. */
		if (named != NULL || e != ENOENT)
			parse_fail(path, 0, "%s", strerror(e));
		else
			legacy_note(l, &w, "%s: no users are taken from it",
			    strerror(e));
	}
	free(path);
	return (text);
}

/* What lines have in common */

void
legacy_number(struct legacy *l, const struct legacy_where *w,
    const char *what, const char *s, uint32_t min, uint32_t max,
    struct legacy_number *n)
{
	const char	*errstr;
	uint32_t	 value;

	value = strtonum(s, min, max, &errstr);
	if (errstr != NULL) {
		legacy_note(l, w, "%s: \"%s\" is %s, pptpd takes %u to %u; "
		    "ignored", what, s, strcmp(errstr, "invalid") == 0 ?
		    "not a number" : errstr, min, max);
		return;
	}
	n->where = *w;
	n->value = value;
}

void
legacy_server(struct legacy *l, const struct legacy_where *w,
    const char *what, const char *s, struct in_addr *addr)
{
	if (inet_pton(AF_INET, s, addr) == 1 && addr_unicast(*addr))
		return;
	addr->s_addr = htonl(INADDR_ANY);
	legacy_note(l, w, "%s: \"%s\" is not the address of a host; ignored",
	    what, s);
}

void
legacy_ranges(struct legacy *l, const struct legacy_where *w,
    const char *what, const char *s, struct range_list *list)
{
	const char	*errstr;

	legacy_ranges_free(list);
	if (range_parse(s, list, &errstr) == 0) {
		l->addr_where = *w;
		return;
	}
	legacy_ranges_free(list);
	legacy_note(l, w, "%s: %s; ignored", what, errstr);
}

void
legacy_ranges_free(struct range_list *list)
{
	struct range	*r;

	while ((r = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, r, entry);
		free(r);
	}
}

void
legacy_hostname(struct legacy *l, const struct legacy_where *w,
    const char *what, const char *name)
{
	const char	*p;

	for (p = name; isgraph((unsigned char)*p); p++)
		;
	if (name[0] == '\0' || *p != '\0' ||
	    strlen(name) >= sizeof(l->hostname)) {
		legacy_note(l, w, "%s: a name must be of 1 to %zu printable "
		    "ASCII characters without blanks; ignored", what,
		    sizeof(l->hostname) - 1);
		return;
	}
	(void)strlcpy(l->hostname, name, sizeof(l->hostname));
	l->hostname_where = *w;
}

void
legacy_mode(struct legacy *l, unsigned int bits, int stateful)
{
	unsigned int	i;

	for (i = 0; i < l->nmodes; i++)
		if (l->mode[i].bits == bits && l->mode[i].stateful == stateful)
			return;
	if (l->nmodes < MPPE_MODES_MAX) {
		l->mode[l->nmodes].bits = bits;
		l->mode[l->nmodes++].stateful = stateful;
	}
}

/* Users */

static int
name_cmp(struct legacy_name *a, struct legacy_name *b)
{
	return (strcmp(a->name, b->name));
}

static void
name_add(struct legacy *l, const char *name, int imported)
{
	struct legacy_name	*n;

	if ((n = calloc(1, sizeof(*n))) == NULL)
		fatal("name_add");
	n->name = name;
	n->imported = imported;
	if (RB_INSERT(legacy_names, &l->names, n) != NULL)
		free(n);
}

void
legacy_user(struct legacy *l, const struct legacy_where *w, const char *name,
    const char *password, struct in_addr addr)
{
	struct legacy_name	 key, *n;
	struct conf_user	*u;
	const char		*errstr;

	key.name = name;
	if ((n = RB_FIND(legacy_names, &l->names, &key)) != NULL) {
		legacy_note(l, w, "user \"%s\": %s", name, n->imported ?
		    "another line counts" : MAIN_FILE);
		return;
	}
	u = user_new(l->conf, w->file->name, w->line);
	if ((errstr = user_set_name(u, name)) != NULL ||
	    (errstr = user_set_password(u, password)) != NULL)
		parse_fail(w->file->name, w->line, "%s", errstr);
	else if (strchr(password, '\n') != NULL)
		/* No line of a configuration could have it. */
		parse_fail(w->file->name, w->line, "the password of user "
		    "\"%s\" has more than one line", name);
	else if (password[0] == '\0')
		legacy_note(l, w, "the password of user \"%s\" is empty",
		    name);
	u->address = addr;
	name_add(l, u->name, 1);
}

/* All is known */

static void
finish(struct legacy *l)
{
	struct conf		*c = l->conf;
	struct legacy_note	*n;
	uint32_t		 mss_clamp = c->ppp.mss_clamp;
	uint32_t		 proxy = c->pool->proxy_arp;

	if (l->auth_where.file != NULL) {
		if (!(c->set & SET_AUTHENTICATION))
			c->ppp.auth = l->auth;
		else if (c->ppp.auth != l->auth)
			legacy_note(l, &l->auth_where, "authentication: "
			    MAIN_FILE);
	}
	if (l->hostname_where.file != NULL) {
		if (!(c->set & SET_HOSTNAME))
			(void)strlcpy(c->ppp.hostname, l->hostname,
			    sizeof(c->ppp.hostname));
		else if (strcmp(c->ppp.hostname, l->hostname) != 0)
			legacy_note(l, &l->hostname_where, "hostname: "
			    MAIN_FILE);
	}
	take_encryption(l);
	take_servers(l, &l->dns_where, l->dns, SET_DNS, "dns", c->ppp.dns);
	take_servers(l, &l->nbns_where, l->nbns, SET_NBNS, "nbns",
	    c->ppp.nbns);
	take_mru(l);
	take_ranges(l);
	take(l, &l->mss_clamp, SET_MSS_CLAMP, "mss-clamp", &mss_clamp);
	c->ppp.mss_clamp = mss_clamp;
	take(l, &l->proxy, SET_PROXY_ARP, "proxy-arp", &proxy);
	c->pool->proxy_arp = proxy;
	take(l, &l->idle, SET_IDLE_TIMEOUT, "idle-timeout",
	    &c->ppp.idle_timeout);
	take(l, &l->session, SET_SESSION_TIMEOUT, "session-timeout",
	    &c->ppp.session_timeout);
	take(l, &l->echo_interval, SET_LCP_ECHO_INTERVAL, "lcp-echo-interval",
	    &c->ppp.echo_interval);
	take(l, &l->echo_failures, SET_LCP_ECHO_FAILURES, "lcp-echo-failures",
	    &c->ppp.echo_failures);
	take(l, &l->auth_timeout, SET_AUTH_TIMEOUT, "auth-timeout",
	    &c->ppp.auth_timeout);
	take(l, &l->retry, SET_RETRY_TIMEOUT, "retry-timeout",
	    &c->ppp.retry_timeout);
	take(l, &l->max_configure, SET_MAX_CONFIGURE, "max-configure",
	    &c->ppp.max_configure);
	take(l, &l->max_failure, SET_MAX_FAILURE, "max-failure",
	    &c->ppp.max_failure);
	take(l, &l->max_terminate, SET_MAX_TERMINATE, "max-terminate",
	    &c->ppp.max_terminate);

	TAILQ_FOREACH(n, &l->notes, entry)
		parse_warning(n->file->name, n->line, "%s", n->text);
}

static void
take(struct legacy *l, const struct legacy_number *n, uint32_t flag,
    const char *keyword, uint32_t *value)
{
	if (n->where.file == NULL)
		return;
	if (!(l->conf->set & flag))
		*value = n->value;
	else if (*value != n->value)
		legacy_note(l, &n->where, "%s: " MAIN_FILE, keyword);
}

static void
take_servers(struct legacy *l, const struct legacy_where *w,
    const struct in_addr from[2], uint32_t flag, const char *keyword,
    struct in_addr to[2])
{
	if (w->file == NULL)
		return;
	if (l->conf->set & flag) {
		if (memcmp(from, to, 2 * sizeof(*from)) != 0)
			legacy_note(l, w, "%s: " MAIN_FILE, keyword);
		return;
	}
	/* The first one may have been no address. */
	to[0] = from[0];
	to[1] = from[1];
	if (to[0].s_addr == htonl(INADDR_ANY)) {
		to[0] = to[1];
		to[1].s_addr = htonl(INADDR_ANY);
	}
}

static void
take_encryption(struct legacy *l)
{
	struct conf_ppp	*ppp = &l->conf->ppp;

	if (l->mppe_where.file == NULL)
		return;
	if (l->conf->set & SET_ENCRYPTION) {
		if (ppp->mppe_policy != l->mppe || (l->nmodes != 0 &&
		    (l->nmodes != ppp->mppe_nmodes || memcmp(l->mode,
		    ppp->mppe_mode, l->nmodes * sizeof(l->mode[0])) != 0)))
			legacy_note(l, &l->mppe_where, "encryption: "
			    MAIN_FILE);
		return;
	}
	ppp->mppe_policy = l->mppe;
	if (l->mppe == MPPE_NEVER) {
		ppp->mppe_nmodes = 0;
		memset(ppp->mppe_mode, 0, sizeof(ppp->mppe_mode));
	} else if (l->nmodes > 0) {
		ppp->mppe_nmodes = l->nmodes;
		memcpy(ppp->mppe_mode, l->mode, sizeof(ppp->mppe_mode));
	}
}

/* We have one number for both directions. */
static void
take_mru(struct legacy *l)
{
	struct legacy_number	 n = l->mru;
	uint32_t		 mru = l->conf->ppp.mru;

	if (n.where.file == NULL)
		n = l->mtu;
	else if (l->mtu.where.file != NULL && l->mtu.value != n.value) {
		if (l->mtu.value < n.value)
			n = l->mtu;
		if (!(l->conf->set & SET_MRU))
			legacy_note(l, &n.where, "mru and mtu are different, "
			    "%u and %u; the smaller one is for both ways now",
			    l->mru.value, l->mtu.value);
	}
	take(l, &n, SET_MRU, "mru", &mru);
	l->conf->ppp.mru = mru;
}

/*
 * PoPToP for ppp(8) only counted the addresses of remoteip: those of ppp.conf
 * were in use.  With pppd it is the other way round, those of its options
 * count only if PoPToP has none.
 */
static void
take_ranges(struct legacy *l)
{
	struct conf	*c = l->conf;
	uint64_t	 n;
	int		 local, remote;

	if (l->addr_where.file == NULL)
		return;
	local = !TAILQ_EMPTY(&l->local) &&
	    !same_ranges(&l->local, &c->pool->local);
	remote = !TAILQ_EMPTY(&l->remote) &&
	    !same_ranges(&l->remote, &c->pool->remote);
	if (!local && !remote)
		return;
	if ((local && c->set & SET_LOCALIP) ||
	    (remote && c->set & SET_REMOTEIP))
		legacy_note(l, &l->addr_where, "the main file has other "
		    "addresses in %s%s%s, which PoPToP did not give to ppp(8): "
		    "these here were in use, and are again",
		    local && c->set & SET_LOCALIP ? "localip" : "",
		    local && c->set & SET_LOCALIP && remote &&
		    c->set & SET_REMOTEIP ? " and " : "",
		    remote && c->set & SET_REMOTEIP ? "remoteip" : "");
	if (local) {
		legacy_ranges_free(&c->pool->local);
		TAILQ_CONCAT(&c->pool->local, &l->local, entry);
		where_set(c, &c->pool->local_where, l->addr_where.file->name,
		    l->addr_where.line);
	}
	if (remote) {
		/* PoPToP took as many clients as remoteip has addresses. */
		n = count(&c->pool->remote);
		if (c->set & SET_REMOTEIP && !(c->set & SET_MAX_SESSIONS) &&
		    n < count(&l->remote) && n <= MAX_CALL_ID)
			c->pptp.max_sessions = n;
		legacy_ranges_free(&c->pool->remote);
		TAILQ_CONCAT(&c->pool->remote, &l->remote, entry);
		where_set(c, &c->pool->remote_where, l->addr_where.file->name,
		    l->addr_where.line);
	}
}

/* The same addresses in the same order, however they are written? */
static int
same_ranges(struct range_list *a, struct range_list *b)
{
	struct range	*r = TAILQ_FIRST(a), *s = TAILQ_FIRST(b);
	uint64_t	 i = 0, j = 0, n;	/* of r, s: seen already */

	while (r != NULL && s != NULL) {
		if (ntohl(r->range.first.s_addr) + i !=
		    ntohl(s->range.first.s_addr) + j)
			return (0);
		n = range_size(&r->range) - i;
		if (n > range_size(&s->range) - j)
			n = range_size(&s->range) - j;
		if ((i += n) == range_size(&r->range)) {
			r = TAILQ_NEXT(r, entry);
			i = 0;
		}
		if ((j += n) == range_size(&s->range)) {
			s = TAILQ_NEXT(s, entry);
			j = 0;
		}
	}
	return (r == NULL && s == NULL);
}

static uint64_t
count(struct range_list *list)
{
	struct range	*r;
	uint64_t	 n = 0;

	TAILQ_FOREACH(r, list, entry)
		n += range_size(&r->range);
	return (n);
}

static void
clean_up(struct legacy *l)
{
	struct legacy_name	*name;
	struct legacy_note	*n;
	struct legacy_file	*f;

	while ((name = RB_ROOT(&l->names)) != NULL) {
		RB_REMOVE(legacy_names, &l->names, name);
		free(name);
	}
	while ((n = TAILQ_FIRST(&l->notes)) != NULL) {
		TAILQ_REMOVE(&l->notes, n, entry);
		free(n);
	}
	while ((f = TAILQ_FIRST(&l->files)) != NULL) {
		TAILQ_REMOVE(&l->files, f, entry);
		free(f);
	}
	legacy_ranges_free(&l->local);
	legacy_ranges_free(&l->remote);
}
