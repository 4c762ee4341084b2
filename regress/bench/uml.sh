#!/bin/sh
# pptpd next to PoPToP with pppd, the same Linux client (pppd, the kernel's
# PPTP), in User Mode Linux: see uml.py.  Takes four minutes.
#
#   uml.sh [runs [seconds]]
#
# Besides what the tests need, Debian's packages pptpd (this is PoPToP; mind
# that it starts when it is installed) and ppp-dev.

set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(id -u)" = 0 ] || { echo "bench: run as root" >&2; exit 1; }
[ "$(uname -s)" = Linux ] || {
	echo "bench: needs User Mode Linux" >&2; exit 1; }
sh "$top"/regress/setup.sh test
for i in /usr/sbin/pptpctrl /usr/include/pppd/pppd.h; do
	[ -e $i ] || { echo "bench: no $i, install pptpd and ppp-dev" >&2
	    exit 1; }
done

# This kernel has no Landlock, without which pptpd does not start: so it is
# one without file rules here.  No packet meets them.
dir=$(mktemp -d /tmp/pptpd-bench.XXXXXX)
chmod 755 "$dir"
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM HUP
(cd "$top" && tar cf - --exclude '*.o' Makefile Makefile.inc compat pptpd \
    pptpctl) | (cd "$dir" && tar xf -)
cat >"$dir"/compat/unveil.c <<'EOU'
#include "sandbox.h"

int
unveil(const char *path, const char *permissions)
{
	return (0);
}

int
landlock_commit(int no_paths)
{
	return (0);
}

void
landlock_forget(void)
{
}
EOU
(cd "$dir"/pptpd && rm -f pptpd && make all) >/dev/null
python3 -B "$top"/regress/bench/uml.py "$dir"/pptpd/pptpd "$@"
