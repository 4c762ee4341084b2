#!/bin/sh
#
# Copyright (c) 2026 The pptpd authors
#
# Permission to use, copy, modify, and distribute this software for any
# purpose with or without fee is hereby granted, provided that the above
# copyright notice and this permission notice appear in all copies.
#
# THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
# WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
# MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
# ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
# WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
# ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
# OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.


# run.sh pptpd: old set-ups, of PoPToP with ppp(8) or pppd, as pptpd reads them.
#
# X/pptpd.conf	what "pptpd -nv" reads, with the other files of X
# X/modes	of those, other than 0600: "644 ppp.secret"
# X/ok		what must be printed; without it X must be refused
# X/err		what must come on standard error, nothing if it is not there

if [ $# -ne 1 ] || [ ! -x "$1" ]; then
	echo "usage: run.sh path-of-pptpd" >&2
	exit 2
fi
pptpd=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/pptpd-legacy.XXXXXX") || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 2' HUP INT TERM
cd "$dir" || exit 2
umask 077
n=0
failed=0

# check status name: one line of the report
check() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=$((failed + 1))
	fi
}

# run file: leaves files out, err and the exit status in $status
run() {
	"$pptpd" -nv -f "$1" >out 2>err.raw
	status=$?
	sed 's/^pptpd: //' err.raw >err
}

# same file expected: are they equal?
same() {
	if [ -f "$2" ]; then
		diff -u "$2" "$1" >diff.out
	else
		diff -u /dev/null "$1" >diff.out
	fi && return 0
	sed 's/^/# /' diff.out
	return 1
}

# once: no line of a file has more than one warning
once() {
	[ -z "$(sed -n 's/^\([^ ]*:[0-9][0-9]*\): warning: .*/\1/p' err |
	    sort | uniq -d)" ]
}

for from in "$here"/*/; do
	name=$(basename "$from")
	cp -R "$from" "$dir/$name"
	cd "$dir/$name" || exit 2
	chmod -R go= .
	if [ -f modes ]; then
		while read -r mode file; do
			chmod "$mode" "$file"
		done <modes
	fi

	run pptpd.conf
	if [ -f ok ]; then
		[ "$status" -eq 0 ] &&
		    same err "$here/$name/err" && same out ok
		check $? "$name"
		once
		check $? "$name: one warning for a line at most"
		cp ok printed.conf
		run printed.conf
		[ "$status" -eq 0 ] && same out ok
		check $? "$name: what is printed gives the same again"
	else
		[ "$status" -eq 1 ] && [ ! -s out ] &&
		    same err "$here/$name/err"
		check $? "$name: refused"
	fi
	! grep -q S3cret err
	check $? "$name: no password in messages"
	cd "$dir" || exit 2
done

# The main file has no passwords of its own: anybody may read it.
cp -R "$here/article" mode
cd mode || exit 2
chmod 700 .
chmod 644 pptpd.conf old.conf ppp.conf
chmod 600 ppp.secret
run pptpd.conf
[ "$status" -eq 0 ] && same out ok
check $? "pptpd.conf and ppp.conf of mode 644"
for mode in 640 604 620 602; do
	chmod $mode ppp.secret
	run pptpd.conf
	[ "$status" -eq 1 ] && grep -q '^ppp.secret: .*mode 0600' err
	check $? "ppp.secret of mode $mode: refused"
done
chmod 600 ppp.secret
cd .. || exit 2

# From another folder, by absolute paths: the secrets are beside ppp.conf.
sed "s,^option .*,option $dir/mode/ppp.conf," mode/old.conf >absolute.conf
run absolute.conf
[ "$status" -eq 0 ] && same out mode/ok &&
    grep -q "^$dir/mode/ppp.conf:2: warning: " err
check $? "by absolute paths, from another folder"

# Noise
dd if=/dev/urandom bs=1024 count=64 2>/dev/null | tr -d '\000' >noise
for file in ppp.conf ppp.secret; do
	cp noise mode/$file
	[ $file = ppp.conf ] && { echo; echo "pptp:"; } >>mode/$file
	(cd mode && "$pptpd" -nv -f pptpd.conf >/dev/null 2>&1)
	[ $? -le 1 ]
	check $? "noise as $file"
	cp "$here/article/$file" mode/$file
done

echo "1..$n"
[ "$failed" -eq 0 ]
