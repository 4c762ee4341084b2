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

# Static analysis of pptpd/, pptpctl/ and compat/: gcc -fanalyzer, cppcheck,
# clang-tidy.  TAP, one line a file and tool.
#
#   analyze.sh [gcc | cppcheck | clang-tidy ...]	all if none
#
# A finding that is none has its reason in analyze.reasons.

set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
reasons=$top/regress/analyze.reasons
make=${MAKE:-make}
work=$(mktemp -d "${TMPDIR:-/tmp}/pptpd-analyze.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
bad=0 n=0

# Not asked of clang-tidy, for style(9) and RFC fields want it otherwise:
# easily-swappable-parameters	two integers side by side are no mistake
# reserved-identifier		_GNU_SOURCE, _PATH_*, the macros of queue(3)
# narrowing-conversions		uint8_t and uint16_t are what is on the wire
# implicit-widening-*		sizes that the code compares before it multiplies
# assignment-in-if-condition	if ((p = f()) == NULL) is how style(9) has it
# *.DeprecatedOrUnsafe*		wants memcpy_s of C11's Annex K: nobody has it
# performance.Padding		fields stand in the order that reads best
checks="-*,clang-analyzer-*,bugprone-*"
checks="$checks,-bugprone-easily-swappable-parameters"
checks="$checks,-bugprone-reserved-identifier"
checks="$checks,-bugprone-narrowing-conversions"
checks="$checks,-bugprone-implicit-widening-of-multiplication-result"
checks="$checks,-bugprone-assignment-in-if-condition"
checks="$checks,-clang-analyzer-optin.performance.Padding"
checks="$checks,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafe*"

ok() { n=$((n + 1)); echo "ok $n - $*"; }
not_ok() { n=$((n + 1)); bad=1; echo "not ok $n - $*"; }

# A compiler for the Makefiles, so that the flags are the real ones: it runs
# the tool on what it is to compile, and makes nothing.
cat >"$work/cc" <<'END'
#!/bin/sh
for src; do :; done
case $src in *.c) ;; *) exit 0 ;; esac
case $TOOL in
gcc)	gcc -fanalyzer "$@" ;;
*)	clang-tidy --quiet --checks="$CHECKS" "$src" -- "$@" ;;
esac >"$WORK/one.$$" 2>&1 && echo "${src##*/}" >>"$WORK/done"
cat "$WORK/one.$$" >>"$WORK/log"
END
chmod 755 "$work/cc"

# by_make TOOL: in a copy, as the Makefiles build the programs.
by_make() {
	rm -rf "$work/tree"
	mkdir "$work/tree" && (cd "$top" && tar cf - --exclude '*.o' \
	    --exclude pptpd/pptpd --exclude pptpctl/pptpctl Makefile \
	    Makefile.inc compat pptpd pptpctl) |
	    (cd "$work/tree" && tar xf -) || exit 1
	for d in pptpd pptpctl; do
		(cd "$work/tree/$d" && TOOL=$1 CHECKS=$checks WORK=$work \
		    "$make" -k -j2 CC="$work/cc" all) >/dev/null 2>&1
	done
}

# The headers are read too, for the macros of queue(3) and tree(3).
cppcheck_all() {
	for src in "$top"/pptpd/*.c "$top"/pptpctl/*.c "$top"/compat/*.c; do
		# parse.c is the parser generator's.
		case $src in *_openbsd.c | */parse.c) continue ;; esac
		echo "$src"
	done >"$work/list"
	cppcheck -q -j2 --enable=warning,portability --error-exitcode=1 \
	    -I"$top/pptpd" -I"$top/pptpctl" -I"$top/compat" \
	    -I/usr/include/bsd -include "$top/compat/compat.h" \
	    -D__linux__ -D_GNU_SOURCE -DLIBBSD_OVERLAY \
	    --library=posix,bsd --file-list="$work/list" \
	    --suppress='*:/usr/include/*' --template \
	    '{file}:{line}:{column}: {severity}: {message} [{id}]' \
	    >"$work/log" 2>&1
	# Exit 1 is for findings, which are judged below.
	[ $? -le 1 ] && sed 's,.*/,,' "$work/list" >"$work/done"
}

# judge TOOL: what is found, without what has a reason.
judge() {
	grep -E ': (warning|error|portability|fatal error): ' "$work/log" |
	    sed 's,^[^:]*/,,' | sort -u | awk -v tool="$1" '
	    FNR == NR { if ($0 !~ /^#/ && NF > 3 && $1 == tool)
		known[$2 " " $3] = 1; next }
	    { file = $0; sub(/:.*/, "", file)
		id = $0; sub(/\]$/, "", id); sub(/.*\[/, "", id)
		if (!((file " " id) in known)) print }' "$reasons" - \
	    >"$work/found"
	for src in "$top"/pptpd/*.[cy] "$top"/pptpctl/*.c "$top"/compat/*.c
	do
		f=${src##*/}
		case $f in *_openbsd.c | parse.c) continue ;; esac
		case $1,$f in
		cppcheck,parse.y)	continue ;;
		*,parse.y)		f=parse.c ;;
		esac
		if grep "^$f:" "$work/found" >"$work/one"; then
			not_ok "$1: ${src#"$top"/}"
			sed 's/^/# /' "$work/one"
		elif grep -qx "$f" "$work/done"; then
			ok "$1: ${src#"$top"/}"
		else
			not_ok "$1: ${src#"$top"/} was not read"
		fi
		grep -v "^$f:" "$work/found" >"$work/rest"
		mv "$work/rest" "$work/found"
	done
	# What is left is about a header.
	if [ -s "$work/found" ]; then
		not_ok "$1: headers"
		sed 's/^/# /' "$work/found"
	fi
}

for tool in ${*:-gcc cppcheck clang-tidy}; do
	: >"$work/log"
	: >"$work/done"
	case $tool in
	gcc)
		if ! echo | gcc -fanalyzer -x c -c -o "$work/x.o" - \
		    >/dev/null 2>&1; then
			ok "gcc # SKIP no gcc with -fanalyzer"
			continue
		fi
		by_make gcc
		;;
	cppcheck | clang-tidy)
		if ! command -v $tool >/dev/null; then
			ok "$tool # SKIP not installed"
			continue
		fi
		if [ $tool = cppcheck ]; then cppcheck_all
		else by_make $tool; fi
		;;
	*)
		echo "analyze.sh: no tool $tool" >&2
		exit 2
		;;
	esac
	judge $tool
done
echo "1..$n"
exit $bad
