#!/bin/sh
# Install what building and testing needs.
#   setup.sh build | demo | test
# On Debian by apt-get; OpenBSD has all in base: what needs python is skipped.

set -eu
what=${1:-build}

case $(uname -s) in
Linux)
	build="gcc libc6-dev make byacc libevent-dev libssl-dev libbsd-dev
	    libseccomp-dev"
	demo="$build iproute2 iputils-ping"
	test="$demo clang clang-tidy cppcheck bmake libclang-rt-14-dev
	    mandoc python3-minimal libpython3-stdlib tcpdump tshark
	    valgrind kmod ethtool busybox-static user-mode-linux ppp
	    pptp-linux iperf3 procps
	    systemd nftables strace dpkg-dev debhelper jq"
	eval "want=\$$what"
	missing=
	for p in $want; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null |
		    grep -q 'ok installed' || missing="$missing $p"
	done
	[ -n "$missing" ] || exit 0
	if [ "$(id -u)" != 0 ]; then
		echo "missing packages, run as root: apt-get install$missing" >&2
		exit 1
	fi
	echo "installing$missing"
	export DEBIAN_FRONTEND=noninteractive
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	if ! { apt-get -q update && apt-get -q install -y \
	    --no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
		tail -20 "$log" >&2
		exit 1
	fi
	;;
OpenBSD)
	;;
*)
	echo "$(uname -s): neither OpenBSD nor Linux" >&2
	exit 1
	;;
esac
