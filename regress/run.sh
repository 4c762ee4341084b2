#!/bin/sh
# Install what is needed, build pptpd in every supported way, run every test.
# The last line counts: N passed, N failed, N skipped.
#
#   run.sh [-k] [part ...]
#
#   -k	keep the logs
#   part	build unit fuzz config manual etc integration sanitizers uml
#		typecheck ids
#
# As root, in network namespaces that the tests make themselves.  What cannot
# be run here is skipped, with its reason.  With OPENBSD_SRC set to an OpenBSD
# 7.8 source tree the sources are type-checked against its headers, too.

set -u
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
keep=
[ "${1:-}" = -k ] && { keep=1; shift; }
all="build analyze unit fuzz config manual etc integration sanitizers uml
    typecheck ids"
parts=${*:-$all}
os=$(uname -s)
work=$(mktemp -d /tmp/pptpd-test.XXXXXX) || exit 1
chmod 755 "$work"
failed_setup=

cleanup() {
	trap - EXIT INT TERM HUP
	if [ -n "$keep" ]; then echo "logs: $work"; else rm -rf "$work"; fi
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# tap NAME: a file of results; what a test prints goes there.
tap() { echo "$work/$1.tap"; }
pass() { echo "ok - $*"; }
fail() { echo "not ok - $*"; }
skip() { echo "ok - $1 # SKIP $2"; }
begin() { printf '== %s\n' "$1"; start=$(date +%s); }
# end NAME: show what failed, and how long it took.
end() {
	grep -A3 '^not ok' "$(tap "$1")"
	printf '   %s, %s s\n' "$(count "$(tap "$1")")" \
	    $(($(date +%s) - start))
}
count() {
	awk '/^not ok/ && !/# TODO/ { bad++; next }
	    /^1\.\.0 *# *[Ss][Kk][Ii][Pp]/ { skipped++; next }
	    /^ok.*# *[Ss][Kk][Ii][Pp]/ { skipped++; next }
	    /^ok/ { good++ }
	    END { printf "%d passed, %d failed, %d skipped", good, bad,
		skipped }' "$@"
}

# complete NAME FILE: one that ended early has fewer results than it planned.
complete() {
	awk -v name="$1" '/^1\.\.[0-9]/ { plan = substr($1, 4) + 0; planned = 1 }
	    /^(not )?ok/ { results++ }
	    END { if (!planned)
		printf "not ok - %s: no plan, it ended early\n", name
	    else if (results < plan)
		printf "not ok - %s: %d of %d tests were run\n", name,
		    results, plan }' "$2"
}
# tests NAME COMMAND...: one that prints TAP, all of it.
tests() {
	what=$1
	shift
	"$@" >"$work/results"
	cat "$work/results"
	complete "$what" "$work/results"
}

# clean_build NAME MAKE CC YACC CFLAGS: in a copy, must be without a warning.
copy_tree() {
	mkdir -p "$1" && (cd "$top" && tar cf - Makefile Makefile.inc \
	    compat pptpd pptpctl regress etc) |
	    (cd "$1" && tar xf - && find . -name '*.o' -exec rm -f {} + &&
	    rm -f pptpd/pptpd pptpctl/pptpctl regress/unit/*_test \
	    regress/client/pptpdial regress/bench/load regress/bench/mppe \
	    pptpd/parse.c)
}
clean_build() {
	dir=$work/build-$1
	copy_tree "$dir"
	if ! (cd "$dir" && "$2" CC="$3" YACC="$4" CFLAGS="$5" all &&
	    cd regress/client && "$2" CC="$3" CFLAGS="$5" all &&
	    cd ../bench && "$2" CC="$3" CFLAGS="$5" all) \
	    >"$dir.log" 2>&1; then
		fail "build: $1"
		tail -5 "$dir.log" | sed 's/^/# /'
	elif grep -iE 'warning|error' "$dir.log" | sed 's/^/# /' |
	    grep . >"$dir.warn"; then
		fail "build: $1: warnings"
		head -5 "$dir.warn"
	else
		pass "build: $1"
	fi
}

# unit_tests NAME DIR [runner...]: each must say how many tests it planned.
unit_tests() {
	name=$1 dir=$2
	shift 2
	export PPTPCTL="$dir/pptpctl/pptpctl"
	for t in "$dir"/regress/unit/*_test; do
		n=$(basename "$t")
		timeout 300 "$@" "$t" >"$work/one" 2>"$work/one.err"
		rc=$?
		sed -E "s/^(not ok|ok) [0-9]*/\1/; s/ - / - $name $n: /" \
		    "$work/one"
		[ "$rc" = 0 ] && grep -q '^1\.\.' "$work/one" ||
		    fail "$name $n: exit status $rc"
		grep -qE 'runtime error|Sanitizer|ERROR SUMMARY: [1-9]' \
		    "$work/one.err" && {
			fail "$name $n: sanitizer report"
			grep -E 'runtime error|Sanitizer|ERROR' \
			    "$work/one.err" | head -3 | sed 's/^/# /'
		}
	done
}

part_build() {
	case $os in
	Linux)
		clean_build "gcc, GNU make, byacc" make gcc byacc "-O2 -g"
		clean_build "clang, GNU make, byacc" make clang byacc "-O2 -g"
		clean_build "gcc, bmake, byacc" bmake gcc byacc "-O2 -g"
		;;
	*)
		clean_build "cc, make, yacc" make cc yacc "-O2 -g"
		;;
	esac
}

# The quick ones; clang-tidy takes minutes: make analyze.
part_analyze() {
	tests analyze env MAKE=make sh regress/analyze.sh gcc cppcheck
}

part_unit() {
	copy_tree "$work/unit"
	(cd "$work/unit" && make all && cd regress/unit && make all) >"$work/unit.log" 2>&1 || {
		fail "unit tests do not build"
		tail -5 "$work/unit.log" | sed 's/^/# /'
		return
	}
	unit_tests plain "$work/unit"
	[ "$os" = Linux ] || return
	# Valgrind has limits on descriptors and system calls of its own, and
	# is too slow for what is measured, or tries very many cases.
	for t in sandbox_test sandbox_linux_test imsg_test auth_time_test \
	    mppe_test mppe_random_test crypto_test offload_test; do
		rm -f "$work/unit/regress/unit/$t"
	done
	unit_tests valgrind "$work/unit" valgrind -q --error-exitcode=9 \
	    --leak-check=full --show-leak-kinds=definite \
	    --errors-for-leak-kinds=definite
	copy_tree "$work/asan"
	san="-O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer"
	if (cd "$work/asan" && make all && cd regress/unit &&
	    make CFLAGS="$san" all) \
	    >"$work/asan.log" 2>&1; then
		# Sanitizers need system calls that the sandbox refuses.
		rm -f "$work"/asan/regress/unit/sandbox*_test
		unit_tests sanitizers "$work/asan"
	else
		fail "unit tests do not build with sanitizers"
	fi
}

# What is in the corpora of the fuzz targets, with sanitizers.
part_fuzz() {
	tests fuzz env MAKE=make CC=cc sh regress/fuzz/fuzz.sh replay
}

part_config() {
	tests config sh regress/config/run.sh "$top/pptpd/pptpd"
	tests legacy sh regress/config/legacy/run.sh "$top/pptpd/pptpd"
}

part_manual() {
	command -v mandoc >/dev/null || { skip manuals "no mandoc"; return; }
	for m in pptpd/pptpd.8 pptpd/pptpd.conf.5 pptpctl/pptpctl.8; do
		# Cross references to each other are not installed yet.
		if mandoc -Tlint -Wstyle "$m" |
		    grep -v 'referenced manual not found' | sed 's/^/# /' |
		    grep . >"$work/lint"; then
			fail "manual: $m"
			head -5 "$work/lint"
		else
			pass "manual: $m"
		fi
	done
	for e in $(sed -n 's/.*Windows error \([0-9/]*\).*/\1/p' \
	    pptpd/event.c | tr / '\n' | sort -u); do
		if grep -q "^\.It .*\<$e\>" pptpd/pptpd.8
		then pass "manual: Windows error $e"
		else fail "manual: Windows error $e"; fi
	done
}

part_etc() {
	tests etc sh regress/etc/run.sh "$top/pptpd/pptpd"
}

part_integration() {
	[ "$os" = Linux ] || { skip integration "needs network namespaces"
	    return; }
	tests peer python3 -B regress/peer/selftest.py
	tests integration python3 -B regress/integration/run.py \
	    "$top/pptpd/pptpd" "$top/pptpctl/pptpctl" \
	    "$top/regress/client/pptpdial"
}

# The same with the daemon under AddressSanitizer and UBSan.  The sandbox does
# not let a report be made pretty, nor leaks be found.  So the daemon of most
# tests has none, and a leak of any of its processes is a failure.
part_sanitizers() {
	[ "$os" = Linux ] || { skip sanitizers "needs network namespaces"
	    return; }
	copy_tree "$work/san"
	san="-O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer"
	if ! (cd "$work/san" && make CFLAGS="$san" all &&
	    mkdir confined && mv pptpd/pptpd confined &&
	    cc $san -fPIE -c -o nosandbox.o regress/sanitizers/nosandbox.c &&
	    cd pptpd && make CFLAGS="$san" LDFLAGS="../nosandbox.o \
	    -Wl,--wrap=pledge,--wrap=unveil,--wrap=chroot" all) \
	    >"$work/san.log" 2>&1; then
		fail "daemon does not build with sanitizers"
		return
	fi
	# What the reader of files loses, whatever is wrong with it.
	mkdir "$work/reports.config"
	for t in config config/legacy; do
		tests $t env \
		    ASAN_OPTIONS="log_path=$work/reports.config/report" \
		    sh regress/$t/run.sh "$work/san/pptpd/pptpd" |
		    sed 's/ - / - sanitizers: /'
	done
	others=$(python3 -B regress/integration/run.py -l |
	    grep -v confinement)
	# Two halves side by side: most of the time both wait.
	for half in 1 2; do
		# Engines write there, too.
		mkdir -m 1777 "$work/reports.$half"
		{
			sanitized $half "log_path=$work/reports.$half/report" \
			    "$work/san/pptpd/pptpd" leaks $others \
			    >"$work/san.$half"
			sanitized $half symbolize=0:detect_leaks=0 \
			    "$work/san/confined/pptpd" confinement daemon \
			    >"$work/san.confined.$half"
		} &
	done
	wait
	for half in 1 2 confined.1 confined.2; do
		sed 's/ - / - sanitizers: /' "$work/san.$half"
		complete "sanitizers: $half" "$work/san.$half"
	done
	for report in "$work"/reports.*/*; do
		[ -e "$report" ] || continue
		fail "sanitizers: a report after the tests"
		sed 's/^/# /' "$report"
	done
}
# sanitized HALF OPTIONS PPTPD TEST...
sanitized() {
	half=$1 options=$2 program=$3
	shift 3
	ASAN_OPTIONS=$options python3 -B regress/integration/run.py \
	    -s "$half/2" "$program" "$top/pptpctl/pptpctl" \
	    "$top/regress/client/pptpdial" "$@"
}

part_uml() {
	[ "$os" = Linux ] || { skip uml "needs User Mode Linux"; return; }
	tests uml sh regress/uml/run.sh "$top/pptpd/pptpd" "$top/pptpctl/pptpctl"
}

part_typecheck() {
	[ -n "${OPENBSD_SRC:-}" ] || {
		skip "type-check for OpenBSD" "OPENBSD_SRC is not set"; return; }
	if sh regress/typecheck.sh "$OPENBSD_SRC" >"$work/typecheck.log" 2>&1
	then pass "type-check for OpenBSD"
	else fail "type-check for OpenBSD"
	    tail -5 "$work/typecheck.log" | sed 's/^/# /'; fi
}

# The last one: does everything in the lists of ids have its test?
part_ids() {
	complete=
	[ "$os" = Linux ] && [ "$parts" = "$all" ] && complete=-a
	sh regress/ids.sh $complete $(ls "$work"/*.tap | grep -v '/ids\.tap$')
}

sh regress/setup.sh test || exit 1
begin "make"
make all >"$work/make.log" 2>&1 && (cd regress/client && make all &&
    cd ../bench && make all && { [ "$os" != Linux ] ||
    (cd ../hostile && make all); }) >>"$work/make.log" 2>&1 || {
	tail -20 "$work/make.log"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
}
for p in $parts; do
	begin "$p"
	"part_$p" >"$(tap "$p")" 2>"$work/$p.stderr" </dev/null
	end "$p"
done
# Why an id has no test is in the lists.
grep -h '# *SKIP' $(ls "$work"/*.tap | grep -v '/ids\.tap$') |
    sed 's/^/skipped: /' | sort | uniq -c
total=$(count "$work"/*.tap)
echo "$total"
case $total in
*" 0 failed,"*) exit 0 ;;
*) keep=1; exit 1 ;;
esac
