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

# Compile everything that OpenBSD gets, on another system, against the headers
# of an OpenBSD source tree, for their errors and warnings alone.  The tree is
# a directory or a git repository (bare will do, HEAD is taken).

set -u

usage()
{
	echo "usage: typecheck.sh openbsd-source" >&2
	exit 2
}

# What include/Makefile installs as links into sys/.
sys_links="endian.h fcntl.h syslog.h termios.h stdarg.h stdint.h varargs.h"
sys_dirs="crypto net net80211 netinet netinet6 netmpls sys ufs uvm"

[ $# -eq 1 ] || usage
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
[ -d "$1" ] || usage
src=$(cd "$1" && pwd) || exit 1
: "${CLANG:=clang}" "${YACC:=yacc}" "${MAKE:=make}"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/typecheck.XXXXXXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

if [ ! -d "$src/sys/sys" ]; then
	dirs="include lib/libcrypto lib/libevent lib/libutil"
	for d in $sys_dirs arch/amd64/include; do
		dirs="$dirs sys/$d"
	done
	for d in $dirs; do
		mkdir -p "$tmp/src/$d" &&
		    git -C "$src" archive -o "$tmp/src.tar" "HEAD:$d" &&
		    tar -xf "$tmp/src.tar" -C "$tmp/src/$d" || exit 1
	done
	src=$tmp/src
fi

# As `make includes' would have it in /usr/include.
inc=$tmp/include
crypto=$src/lib/libcrypto
mkdir "$inc" "$inc/openssl" || exit 1
ln -s "$src"/include/* "$inc" || exit 1
for d in $sys_dirs; do
	ln -s "$src/sys/$d" "$inc" || exit 1
done
for f in $sys_links; do
	ln -s "sys/$f" "$inc/$f" || exit 1
done
ln -s "$src/sys/arch/amd64/include" "$inc/amd64" || exit 1
ln -s amd64 "$inc/machine" || exit 1
ln -s "$src"/lib/libutil/*.h "$src/lib/libevent/event.h" \
    "$src/lib/libevent/evutil.h" "$inc" || exit 1
for f in $(sed -n '/^HDRS=/,/^HDRS_GEN=/s|.*{LCRYPTO_SRC}/\(.*\.h\).*|\1|p' \
    "$crypto/Makefile"); do
	ln -s "$crypto/$f" "$inc/openssl" || exit 1
done
cp "$crypto/objects/obj_mac.num" "$tmp/obj_mac.num" &&
    perl "$crypto/objects/objects.pl" "$crypto/objects/objects.txt" \
    "$tmp/obj_mac.num" "$inc/openssl/obj_mac.h" || exit 1

warn=$(printf 'all:\n\t@echo ${WARN}\ninclude %s\n' "$top/Makefile.inc" |
    $MAKE -s -f - all) || exit 1
[ -n "$warn" ] || { echo "no WARN in Makefile.inc" >&2; exit 1; }

status=0
count=0
check()
{
	count=$((count + 1))
	# Headers of the system come from the tree alone.
	if ! $CLANG --target=amd64-unknown-openbsd7.8 -fsyntax-only -Werror \
	    $warn -nostdlibinc -isystem "$inc" -I"$top/pptpd" "$@"; then
		status=1
	fi
}

for f in "$top"/pptpd/*.c "$top"/pptpctl/*.c "$top"/regress/unit/*.c \
    "$top"/regress/client/*.c "$top"/regress/bench/mppe.c; do
	[ -f "$f" ] || continue
	case $f in
	*_linux.c | */pptpd/parse.c)
		continue
		;;
	esac
	# Tests of what only compat/ has.
	if grep -Eq '^#include <(linux/|seccomp)' "$f"; then
		continue
	fi
	check "$f"
done
# As regress/fuzz/Makefile makes them.
mkdir "$tmp/obj" && sed '/^#include "/d' "$top/pptpd/engines.c" \
    >"$tmp/obj/engines.inc" || exit 1
for f in "$top"/regress/fuzz/*.c "$top"/pptpd/*.c "$top"/pptpctl/*.c; do
	case $f in
	*_linux.c | *_openbsd.c | */parse.c)
		;;
	*/fake.c | */replay.c)
		check "$f"
		;;
	*)
		check -I"$tmp" -I"$top/pptpctl" -I"$top/regress/fuzz" \
		    -include fake.h "$f"
		;;
	esac
done
for f in "$top"/pptpd/*.y; do
	[ -f "$f" ] || continue
	if $YACC -o "$tmp/parse.c" "$f"; then
		check "$tmp/parse.c"
	else
		status=1
	fi
done

echo "$count files checked"
exit $status
