#!/bin/sh
# All of what "make test" does a sample of: wrong messages from each process to
# each other, and each n-th call that fails.  As root, in network namespaces.

set -eu
cd "$(dirname "$0")/../.."
make all
(cd regress/client && make all)
(cd regress/hostile && make all)
[ $# -gt 0 ] || set -- hostile_engines hostile_faults hostile_chaos
FAULTS_ALL=1 exec python3 -B regress/integration/run.py -t 36000 -T 72000 \
    pptpd/pptpd pptpctl/pptpctl regress/client/pptpdial \
    "$@"
