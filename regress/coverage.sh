#!/bin/sh
# Which lines of the files that read what others sent are run by the unit
# tests, the configuration tests and the inputs of the fuzz targets: gcc's
# gcov on a copy of the tree.
#
#   coverage.sh [file ...]	names as pptpd/conn.c; all those files if none
#
# Lines that are not run, and why: coverage.reasons.  The integration tests do
# not count, for a confined engine cannot write what gcov reads.

set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
make=${MAKE:-make}
work=$(mktemp -d "${TMPDIR:-/tmp}/pptpd-coverage.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
flags="-O0 -g --coverage"
files=${*:-"compat/imsg-buffer.c compat/imsg.c compat/msgbuf.c
    compat/strnvis.c pptpctl/json.c pptpctl/output.c pptpctl/output_json.c
    pptpctl/parser.c pptpctl/pptpctl.c pptpd/auth.c pptpd/auth_engine.c
    pptpd/call.c pptpd/ccp.c pptpd/chap.c pptpd/config.c pptpd/conn.c
    pptpd/control.c pptpd/control_engine.c pptpd/cp.c pptpd/datapath.c
    pptpd/event.c pptpd/event_log.c pptpd/fsm.c pptpd/gre.c pptpd/imsgev.c
    pptpd/inet.c pptpd/ipcp.c pptpd/lcp.c pptpd/legacy.c pptpd/legacy_ppp.c
    pptpd/legacy_ppp_run.c pptpd/legacy_pppd.c pptpd/legacy_secrets.c
    pptpd/lex.c pptpd/mppe.c pptpd/mschap.c pptpd/pap.c pptpd/parse.y
    pptpd/penalty.c pptpd/pool.c pptpd/ppp.c pptpd/pptp_msg.c pptpd/route.c
    pptpd/session.c pptpd/session_engine.c pptpd/session_net.c
    pptpd/session_show.c pptpd/settings.c pptpd/users.c pptpd/verify.c
    pptpd/wheel.c"}

mkdir "$work/tree" && (cd "$top" && tar cf - --exclude .git --exclude '*.o' \
    --exclude '*.a' Makefile Makefile.inc compat pptpd pptpctl regress etc) |
    (cd "$work/tree" && tar xf -) || exit 1
cd "$work/tree" || exit 1
rm -f pptpd/parse.c pptpd/pptpd pptpctl/pptpctl regress/unit/*_test
if ! { for d in pptpd pptpctl regress/unit; do
	(cd $d && "$make" -j2 CC=gcc CFLAGS="$flags" all) || exit 1
    done && CC=gcc CFLAGS="$flags" sh regress/fuzz/fuzz.sh build \
    "$work/fuzz"; } >"$work/log" 2>&1; then
	tail "$work/log"
	exit 1
fi
export PPTPCTL="$work/tree/pptpctl/pptpctl"
for t in regress/unit/*_test; do
	# Confined programs cannot write the account: nor does pptpctl's.
	# What measures time has none to spare for it.
	case $t in */sandbox* | */pptpctl_output* | */auth_time*) continue ;;
	esac
	(cd regress/unit && timeout 300 "./${t##*/}") >"$work/log" 2>&1 ||
	    echo "$t: failed"
done
for t in config config/legacy; do
	sh regress/$t/run.sh pptpd/pptpd >"$work/log" 2>&1
	grep '^not ok' "$work/log"
done
for c in "$top"/regress/fuzz/corpus/*; do
	t=fuzz_${c##*/}
	(cd "$work/fuzz/regress/fuzz" && "./$t" "$c") >"$work/log" 2>&1 ||
	    echo "$t: failed"
done

# Every object has its own account of a source.
find "$work" -name '*.gcda' >"$work/list"
while read -r f; do
	# From where it was compiled, or gcov does not find the source.
	d=$(dirname "$f") o=
	[ "${d##*/}" != obj ] || { d=${d%/obj} o=obj/; }
	(cd "$d" && gcov -t "$o$(basename "$f")" 2>/dev/null)
done <"$work/list" |
awk -v want="$files" '
    BEGIN { n = split(want, name); for (i = 1; i <= n; i++) is[name[i]] = 1 }
    {
	count = $0; sub(/:.*/, "", count); gsub(/[ *]/, "", count)
	line = $0; sub(/^[^:]*:/, "", line)
	text = line; sub(/:.*/, "", line); sub(/^[^:]*:/, "", text)
	line += 0
	if (line == 0) {
		if (text ~ /^Source:/) {
			src = text; sub(/^Source:/, "", src)
			if (match(src, /(compat|pptpctl|pptpd)\/[^\/]*$/))
				src = substr(src, RSTART)
			else if (src == "parse.y")
				src = "pptpd/parse.y"
			else if (src !~ /\// && ("pptpd/" src) in is)
				src = "pptpd/" src
			else if (src !~ /\// && ("pptpctl/" src) in is)
				src = "pptpctl/" src
		}
		next
	}
	if (!(src in is) || count == "-" || count == "")
		next
	if (line > last[src])
		last[src] = line
	if (!((src, line) in hit))
		hit[src, line] = 0
	if (count !~ /^[#=]/)
		hit[src, line] = 1
    }
    END {
	printf "%-26s %6s %6s %7s  %s\n", "file", "lines", "run", "",
	    "not run"
	for (i = 1; i <= n; i++) {
		src = name[i]; all = run = 0; missing = ""; from = 0
		for (l = 1; l <= last[src] + 1; l++) {
			if (!((src, l) in hit) && l <= last[src])
				continue
			if (l <= last[src]) {
				all++; run += hit[src, l]
			}
			if (l <= last[src] && !hit[src, l]) {
				if (!from) from = l
				to = l
			} else if (from) {
				missing = missing " " from \
				    (to > from ? "-" to : "")
				from = 0
			}
		}
		printf "%-26s %6d %6d %6.1f%% %s\n", src, all, run,
		    all ? 100 * run / all : 0, missing
		total += all; total_run += run
	}
	printf "%-26s %6d %6d %6.1f%%\n", "all", total, total_run,
	    total ? 100 * total_run / total : 0
    }'
[ $# -gt 0 ] || cat "$top/regress/coverage.reasons"
