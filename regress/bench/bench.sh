#!/bin/sh
# Every measurement, one table; see the README.
#
#   bench.sh [-q]	-q: less, under a minute

set -eu
quick=${1:-}
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || { echo "bench: run as root" >&2; exit 1; }
[ "$(uname -s)" = Linux ] || {
	echo "bench: needs network namespaces" >&2; exit 1; }
sh regress/setup.sh test
make all >/dev/null
(cd regress/client && make all && cd ../bench && make all) >/dev/null

python3 -B regress/bench/bench.py $quick pptpd/pptpd pptpctl/pptpctl \
    regress/client/pptpdial
[ -n "$quick" ] || { echo; sh regress/bench/tcp.sh 3 2
echo; regress/bench/mppe; }
