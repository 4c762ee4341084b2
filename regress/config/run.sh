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

# run.sh pptpd: what "pptpd -n" and "pptpd -nv" say about configurations.
#
# X.in	a configuration, X.flags further arguments for it
# X.ok	what -nv prints; without it X.in must be refused
# X.err	what must come on standard error, nothing if it is not there

if [ $# -ne 1 ] || [ ! -x "$1" ]; then
	echo "usage: run.sh path-of-pptpd" >&2
	exit 2
fi
pptpd=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/pptpd-config.XXXXXX") || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 2' HUP INT TERM
cd "$dir" || exit 2
umask 077
for file in "$here"/*; do
	[ -f "$file" ] && cp "$file" .
done

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

# run argument ...: leaves files out, err and the exit status in $status
run() {
	"$pptpd" "$@" >out 2>err.raw
	status=$?
	sed -e '/^configuration OK$/d' -e 's/^pptpd: //' err.raw >err
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

# refused pattern: the last run failed, printed nothing, and said why
refused() {
	[ "$status" -eq 1 ] && [ ! -s out ] && grep -q -- "$1" err && return 0
	echo "# status $status"
	sed 's/^/# /' err
	return 1
}

# accepted: the last run succeeded and had nothing to say
accepted() {
	[ "$status" -eq 0 ] && [ ! -s err ] && return 0
	echo "# status $status"
	sed 's/^/# /' err
	return 1
}

# again: what the last run printed is read, and gives the same
again() {
	cp out printed.conf
	run -nv -f printed.conf
	[ "$status" -eq 0 ] && same out printed.conf
}

for in in *.in; do
	name=${in%.in}
	flags=
	[ -f "$name.flags" ] && flags=$(cat "$name.flags")

	# shellcheck disable=SC2086
	run -nv $flags -f "$in"
	if [ -f "$name.ok" ]; then
		[ "$status" -eq 0 ] && same err "$name.err" &&
		    same out "$name.ok"
		check $? "$name"
		cp "$name.ok" out
		again
		check $? "$name: what is printed gives the same again"
	else
		[ "$status" -eq 1 ] && [ ! -s out ] && same err "$name.err"
		check $? "$name: refused"
		! grep -q S3cret err
		check $? "$name: no password in messages"
	fi
done

# Every keyword is in a configuration that is accepted, in one that is not,
# and in the manual.
for word in $(sed -n '/keywords\[\] = {/,/^};/s/.*{ "\(.*\)",.*/\1/p' \
    "$top/pptpd/parse.y"); do
	good=1
	bad=1
	for in in *.in; do
		grep -q "^\([^#]*[[:blank:]]\)\{0,1\}$word\( .*\)\{0,1\}$" \
		    "$in" || continue
		if [ -f "${in%.in}.ok" ]; then
			good=0
		else
			bad=0
		fi
	done
	check $good "keyword $word is accepted"
	check $bad "keyword $word is refused"
	grep -q "^\.\(It \)\{0,1\}.*Ic $word" "$top/pptpd/pptpd.conf.5"
	check $? "keyword $word is in the manual"
done

# Who may read and write the file
for mode in 600 400 700; do
	cp poptop-pairs.in mode.conf
	chmod $mode mode.conf
	run -nv -f mode.conf
	accepted
	check $? "file with users of mode $mode"
	rm -f mode.conf
done
for mode in 640 620 610 604 602 601 644; do
	cp poptop-pairs.in mode.conf
	chmod $mode mode.conf
	run -n -f mode.conf
	refused '^mode.conf: .*mode 0600'
	check $? "file with users of mode $mode: refused"
	rm -f mode.conf
done
cp defaults.in mode.conf
chmod 644 mode.conf
run -n -f mode.conf
[ "$status" -eq 0 ]
check $? "file without users of mode 644"
cp include.in mode.conf
chmod 644 mode.conf
run -n -f mode.conf
refused '^mode.conf: .*mode 0600'
check $? "file of mode 644 that includes users: refused"
chmod 600 mode.conf
chmod 640 include.users
run -n -f mode.conf
refused '^include.users: .*mode 0600'
check $? "included file with users of mode 640: refused"
chmod 600 include.users
chmod 644 poptop-pairs.in
run -nv -f - <poptop-pairs.in
accepted
check $? "standard input may come from anywhere"
chmod 600 poptop-pairs.in
chmod 644 users-file.in
run -nv -f users-file.in
accepted
check $? "file of mode 644 that names files of users"
chmod 622 users-file.in
run -nv -f users-file.in
refused '^users-file.in: .*mode 0600'
check $? "file that others can write and that names files of users: refused"
chmod 600 users-file.in
for file in users.list users.list2 users.list3; do
	chmod 640 $file
	run -n -f users-file.in
	refused "^$file: .*mode 0600"
	check $? "$file, a file of users of mode 640: refused"
	chmod 600 $file
done
if [ "$(id -u)" -eq 0 ]; then
	cp poptop-pairs.in owner.conf
	chown 1 owner.conf
	run -n -f owner.conf
	refused '^owner.conf: .*owned by root'
	check $? "file with users that somebody else owns: refused"
fi

# What is no file
run -n -f no-such-file
refused '^no-such-file: No such file'
check $? "no file: refused"
run -n -f .
refused '^\.: Is a directory'
check $? "directory: refused"
printf 'localip 10.0.0.1\nremoteip 10.0.0.2\000\n' >binary.conf
run -n -f binary.conf
refused '^binary.conf: not a text file'
check $? "file with NUL: refused"
dd if=/dev/urandom of=random.conf bs=1024 count=64 2>/dev/null
tr -d '\000' <random.conf >random.text
run -n -f random.text
refused '^random.text:'
check $? "noise: refused"
[ "$(grep -c . err)" -le 22 ]
check $? "noise: not many messages"
run -n -f - <bad-no-remote.in
refused '^stdin: '
check $? "standard input: refused by its name"

# Sizes
long() {
	awk -v n="$1" 'BEGIN { while (n-- > 0) printf "x" }'
}
for quote in '' '"'; do
	echo "hostname $quote$(long 9000)$quote" >long.conf
	run -n -f long.conf
	refused '^long.conf:1: string too long'
	check $? "very long string $quote: refused"
done
echo "\$$(long 9000)" >long.conf
run -n -f long.conf
refused '^long.conf:1: string too long'
check $? "very long name of a macro: refused"
awk 'BEGIN {
	printf "m ="
	for (i = 0; i < 2000; i++)
		printf " abcd"
	print ""
}' >long.conf
run -n -f long.conf
refused '^long.conf:1: string too long'
check $? "very long value of a macro: refused"
awk 'BEGIN {
	print "localip 10.255.255.1\nremoteip 10.0.0.0/16"
	for (i = 0; i < 20000; i++)
		printf "user \"u%d\" password \"p%d\" address 10.1.%d.%d\n",
		    i, i, i / 200, i % 200 + 1
}' >many.conf
run -nv -f many.conf
accepted && [ "$(grep -c '^user ' out)" -eq 20000 ]
check $? "20000 users"
again
check $? "20000 users: what is printed gives the same again"
awk 'BEGIN {
	printf "localip 10.255.255.1\nremoteip 10.0.0.1"
	for (i = 1; i < 20000; i++)
		printf ",10.0.%d.%d", i / 200, i % 200 + 1
	print "\nuser test password testing"
}' >many.conf
run -nv -f many.conf
accepted && grep -q '^max-sessions 20000$' out
check $? "20000 addresses, one by one"
again
check $? "20000 addresses: what is printed gives the same again"

# Macros of the command line
for arg in novalue =value a-b=c 'a b=c'; do
	run -n -D "$arg" -f defaults.in
	refused 'macro=value'
	check $? "-D \"$arg\": refused"
done
run -nv -D range='10.0.0.10-20 # "' -D mru=1300=1 -f macros-cmdline.in
refused '^macros-cmdline.in:[34]:'
check $? "-D with nonsense: refused"
run -nv -D 'range=10.9.9.1
mru 1200' -D mru=1300 -f macros-cmdline.in
[ "$status" -eq 0 ] && grep -q '^remoteip 10.9.9.1$' out
check $? "-D of several lines"

# What people copy: the shipped example and those of the manual
cp "$top/etc/examples/pptpd.conf" example.conf
run -nv -f example.conf
[ "$status" -eq 0 ]
check $? "etc/examples/pptpd.conf"
again
check $? "etc/examples/pptpd.conf: what is printed gives the same again"
sed 's/^#\([a-z]\)/\1/' example.conf >example-all.conf
run -nv -f example-all.conf
accepted
check $? "etc/examples/pptpd.conf with all that is commented out"
awk '
	/^\.Sh / { examples = $2 == "EXAMPLES" }
	!examples { next }
	/^\.Bd / { file = "manual" ++n ".conf"; next }
	/^\.Ed/ { close(file); file = ""; next }
	file != "" {
		sub(/^\\&/, "")
		gsub(/\\e/, "\\")
		print >file
	}
' "$top/pptpd/pptpd.conf.5"
for file in manual*.conf; do
	run -nv -f "$file"
	accepted
	check $? "the manual's example $file"
	again
	check $? "the manual's example $file: gives the same again"
done

echo "1..$n"
[ "$failed" -eq 0 ]
