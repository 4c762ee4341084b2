#!/bin/sh
# Fuzz targets: build, run, replay.
#
#   fuzz.sh run [seconds [target ...]]
#		libFuzzer with ASan and UBSan (needs clang), each so long.  What
#		breaks goes to $FUZZ_DIR/crashes, what is new of an input stays
#		in $FUZZ_DIR/corpus.
#   fuzz.sh merge [target ...]
#		take what reaches further into the tree's corpus, made small
#   fuzz.sh replay
#		every corpus, as plain programs under ASan and UBSan (OpenBSD:
#		without); TAP
#   fuzz.sh build DIR
#		the plain programs in a copy of the tree, with CC and CFLAGS
#
# FUZZ_DIR is a directory for all that, /tmp/pptpd-fuzz if not set.

set -u
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
dir=${FUZZ_DIR:-/tmp/pptpd-fuzz}
make=${MAKE:-make}
yacc=${YACC:-yacc}
corpus=$top/regress/fuzz/corpus
san=-fsanitize=address,undefined
replay_flags="-O1 -g $san -fno-sanitize-recover=undefined"
# Whose compiler has not what these need at run time.
[ "$(uname -s)" != OpenBSD ] || replay_flags="-O1 -g"
files_max=64			# of one target in the tree
size_max=102400			# octets, all of them

targets() {
	(cd "$top/regress/fuzz" && ls fuzz_*.c) | sed 's/^fuzz_//; s/\.c$//'
}
# copy DIR: the sources, for a build that leaves nothing behind
copy() {
	mkdir -p "$1" && (cd "$top" && tar cf - \
	    Makefile.inc compat/*.[ch] pptpd/*.[chy] pptpctl/*.[ch] \
	    regress/fuzz/Makefile regress/fuzz/*.[ch]) |
	    (cd "$1" && tar xf - && rm -f pptpd/parse.c)
}
# build DIR CC CFLAGS DRIVER
build() {
	copy "$1" && (cd "$1/regress/fuzz" && "$make" -j2 CC="$2" YACC="$yacc" \
	    CFLAGS="$3" DRIVER="$4" all) >"$1.log" 2>&1 && return
	tail -20 "$1.log" >&2
	return 1
}
libfuzzer() {
	build "$dir/build" clang \
	    "-O1 -g $san,fuzzer-no-link -fno-sanitize-recover=undefined" \
	    -fsanitize=fuzzer
}

run() {
	seconds=${1:-60}
	[ $# -gt 0 ] && shift
	mkdir -p "$dir/crashes"
	libfuzzer || exit 1
	# Files of the configuration tests, to begin with.
	! command -v python3 >/dev/null ||
	    python3 -B "$top/regress/fuzz/seeds.py" "$dir/corpus" || exit 1
	status=0
	for t in ${*:-$(targets)}; do
		mkdir -p "$dir/corpus/$t" "$corpus/$t"
		log=$dir/$t.log
		if ! (cd "$dir" && TMPDIR=$dir "build/regress/fuzz/fuzz_$t" \
		    -max_total_time="$seconds" -max_len=4096 -len_control=10 \
		    -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
		    -use_value_profile=1 \
		    -artifact_prefix="$dir/crashes/$t-" \
		    "$dir/corpus/$t" "$corpus/$t" >"$log" 2>&1); then
			status=1
			echo "$t: FAILED, see $log and $dir/crashes"
		fi
		awk -v t="$t" '/cov: / { for (i = 1; i < NF; i++) {
			if ($i == "cov:") cov = $(i + 1)
			if ($i == "ft:") ft = $(i + 1) } }
		    /number_of_executed_units/ { n = $2 }
		    /average_exec_per_sec/ { rate = $2 }
		    END { printf "%-16s %10d runs %7d/s  cov %5d  ft %6d\n",
			t, n, rate, cov, ft }' "$log"
	done
	return $status
}

merge() {
	libfuzzer || exit 1
	for t in ${*:-$(targets)}; do
		mkdir -p "$corpus/$t" "$dir/corpus/$t" "$dir/merged/$t"
		rm -f "$dir/merged/$t"/*
		"$dir/build/regress/fuzz/fuzz_$t" -set_cover_merge=1 \
		    "$dir/merged/$t" "$corpus/$t" "$dir/corpus/$t" \
		    >"$dir/merge.log" 2>&1 || tail -3 "$dir/merge.log"
		# What has another name than libFuzzer's stays: bug-*.
		(cd "$corpus/$t" && for f in *; do
			[ ${#f} = 40 ] && rm -f "$f"; done)
		n=$(find "$corpus/$t" -type f | wc -l)
		size=$(cat "$corpus/$t"/* /dev/null 2>/dev/null | wc -c)
		# Those that reach most are long.
		(cd "$dir/merged/$t" && ls -S) | while read -r f; do
			more=$(wc -c <"$dir/merged/$t/$f")
			[ "$n" -lt "$files_max" ] || break
			[ $((size + more)) -le "$size_max" ] || continue
			cp "$dir/merged/$t/$f" "$corpus/$t/"
			size=$((size + more)) n=$((n + 1))
		done
	done
}

replay() {
	work=$(mktemp -d "${TMPDIR:-/tmp}/pptpd-replay.XXXXXX") || exit 1
	trap 'rm -rf "$work"' EXIT
	if ! build "$work/build" "${CC:-cc}" \
	    "$replay_flags" replay.o; then
		echo "not ok - fuzz: build"
		exit 1
	fi
	if grep -i 'warning' "$work/build.log" | sed 's/^/# /' | grep .; then
		echo "not ok - fuzz: warnings"
	fi
	echo "1..$(targets | wc -l | tr -d ' ')"
	for t in $(targets); do
		if ! [ -d "$corpus/$t" ]; then
			echo "not ok - fuzz: $t has no corpus"
		elif (cd "$work" && TMPDIR=$work timeout 60 \
		    build/regress/fuzz/fuzz_$t "$corpus/$t" >"$work/log" 2>&1)
		then
			echo "ok - fuzz: $t, $(tail -1 "$work/log")"
		else
			echo "not ok - fuzz: $t"
			grep -E 'assertion|runtime error|ERROR|SUMMARY' \
			    "$work/log" | head -5 | sed 's/^/# /'
		fi
	done
}

what=${1:-run}
[ $# -gt 0 ] && shift
case $what in
run)	run "$@" ;;
merge)	merge "$@" ;;
replay)	replay ;;
build)	build "$1" "${CC:-cc}" "${CFLAGS:--O1 -g}" replay.o ;;
*)	echo "usage: fuzz.sh run | merge | replay | build" >&2; exit 1 ;;
esac
