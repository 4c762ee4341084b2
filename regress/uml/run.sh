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
#

# The Linux client against pptpd: see dial.sh.
#
# run.sh pptpd pptpctl [case ...]
#
# Starts the server for each case in a network namespace of its own, dials it,
# and sees to it that nothing stays behind.  Prints TAP.

here=$(cd "$(dirname "$0")" && pwd)
cases="stateless mppe40 stateful resync order password nomppe many hangup"
netns=pptpuml$$
tests=0 failed=0 finished=0 server= iperf_server= dir=

usage() {
	echo "usage: run.sh pptpd pptpctl [case ...]" >&2
	echo "cases: $cases" >&2
	exit 2
}

# result status description
result() {
	tests=$((tests + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tests - $name: $2"
	else
		echo "not ok $tests - $name: $2"
		failed=$((failed + 1))
	fi
}

inside() {
	ip netns exec "$netns" "$@"
}

until_ok() {
	n=$(($1 * 5))
	shift
	while [ $n -gt 0 ]; do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.2
		n=$((n - 1))
	done
	return 1
}

listening() {
	inside ss -Hltn "sport = $1" | grep -q .
}

# Host routes to clients; the pool's reject routes may stay.
no_routes() {
	! ip -n "$netns" route | grep -q '^10\.99\.0\.'
}

ended() {
	! kill -0 "$1" 2>/dev/null
}

conf() {
	cat <<-EOC
	listen 10.9.0.1
	localip 10.99.0.1
	remoteip 10.99.0.10-99
	encryption require { $1 }
	authentication { mschapv2 }
	# Many clients call from one address at the same time.
	source-startups 0
	net-startups 0
	user "lab" password "labpass"
	EOC
}

# start_server name modes: a server with this encryption
start_server() {
	name=$1
	work=$dir/$name
	mkdir "$work"
	if ! ip netns add "$netns" || ! ip -n "$netns" link set lo up; then
		result 1 "network namespace"
		return 1
	fi
	# The address that clients call is there before their tap device is.
	ip -n "$netns" addr add 10.9.0.1/32 dev lo
	(umask 077 && conf "$2" >"$work"/conf)
	ip netns exec "$netns" "$pptpd" -d -v -f "$work"/conf -s "$work"/sock \
	    >"$work"/server 2>&1 </dev/null &
	server=$!
	until_ok 10 listening 1723
	up=$?
	result $up "the server listens"
	[ $up = 0 ] || tail -n 5 "$work"/server | sed 's/^/# /'
	return $up
}

stop_iperf() {
	[ -n "$iperf_server" ] || return
	kill "$iperf_server" 2>/dev/null
	wait "$iperf_server" 2>/dev/null
	iperf_server=
}

stop_server() {
	stop_iperf
	if [ -n "$server" ]; then
		kill -0 "$server" 2>/dev/null
		result $? "the server is still there"
		until_ok 5 no_routes
		result $? "no routes are left"
		kill "$server" 2>/dev/null
		until_ok 10 ended "$server"
		result $? "the server ends when told to"
		kill -KILL "$server" 2>/dev/null
		wait "$server" 2>/dev/null
		server=
	fi
	ip netns del "$netns" 2>/dev/null
}

# Dial, and pass the results on under our numbers and name.
dial() {
	before=$tests
	"$here"/dial.sh -N "$netns" -a 10.9.0.254/24 -o "$work"/client "$@" \
	    >"$work"/dial
	while read -r line; do
		case $line in
		"ok - "*)	result 0 "${line#ok - }" ;;
		"not ok - "*)	result 1 "${line#not ok - }" ;;
		"# logs"*)	;;
		"#"*)		echo "$line" ;;
		"1..0"*)	result 1 "$line" ;;
		esac
	done <"$work"/dial
	[ $tests != $before ] || result 1 "dial.sh says something"
}

cleanup() {
	trap - EXIT
	stop_iperf
	if [ -n "$server" ]; then
		kill "$server" 2>/dev/null
		until_ok 5 ended "$server"
		kill -KILL "$server" 2>/dev/null
	fi
	ip netns del "$netns" 2>/dev/null
	if [ $failed = 0 ] && [ "$finished" = 1 ]; then
		rm -rf "$dir"
	else
		echo "# logs: $dir"
	fi
}

case_stateless() {
	start_server stateless "128 stateless" || return
	if command -v iperf3 >/dev/null; then
		ip netns exec "$netns" iperf3 -s -p 5201 >/dev/null 2>&1 &
		iperf_server=$!
		until_ok 5 listening 5201
		dial -m 128 -i 5201
	else
		echo "# no iperf3: no TCP"
		dial -m 128
	fi
}

case_mppe40() {
	# What the client wants counts, if it is in the list at all.
	start_server mppe40 "128 stateless, 40 stateless" || return
	dial -m 40
}

case_stateful() {
	start_server stateful "128 stateful" || return
	dial -m 128:stateful
}

# Packets to the client get lost after the server has encrypted them: Linux
# asks for a reset of the tables, and takes nothing more until it has the
# Reset-Ack.
case_resync() {
	start_server resync "128 stateful" || return
	cat >"$work"/lose <<-EOC
	set -x
	ip -n $netns route add blackhole 10.9.0.2
	ip netns exec $netns ping -q -c 10 -i 0.05 -W 1 10.99.0.10
	ip -n $netns route del blackhole 10.9.0.2
	# The first one is the one that is asked for a reset.
	ip netns exec $netns ping -q -c 2 -i 0.5 -W 1 10.99.0.10
	ip netns exec $netns ping -q -c 5 -i 0.2 -W 1 10.99.0.10 |
	    grep ' 0% packet loss'
	EOC
	dial -m 128:stateful -e "sh '$work/lose'"
}

# pppd takes a Configure-Nak or a request for stateful mode as the end of it,
# unless told otherwise.
case_order() {
	start_server order "128 stateful, 128 stateless" || return
	dial -m 128
}

case_password() {
	start_server password "128 stateless" || return
	# 19: authentication of ourselves to the peer failed, pppd(8).
	dial -p wrong -x 19
}

case_nomppe() {
	start_server nomppe "128 stateless" || return
	dial -m none -x any
}

case_many() {
	start_server many "128 stateless" || return
	dial -n 20 -t 60
}

case_hangup() {
	start_server hangup "128 stateless" || return
	dial -k -e "ip netns exec $netns '$pptpctl' -s '$work/sock' kill all"
}

[ $# -ge 2 ] || usage
pptpd=$1 pptpctl=$2
shift 2
[ $# = 0 ] || cases=$*
for i in "$pptpd" "$pptpctl"; do
	[ -x "$i" ] || {
		echo "run.sh: no program $i" >&2
		exit 2
	}
done
# The daemon runs itself again, from its root.
pptpd=$(readlink -f "$pptpd")
pptpctl=$(readlink -f "$pptpctl")
reason=$("$here"/dial.sh -C)
case $reason in
1..0*)
	echo "$reason"
	exit 0
	;;
esac

dir=$(mktemp -d /tmp/pptpuml.XXXXXX) || exit 1
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
for i in $cases; do
	case $i in
	stateless|mppe40|stateful|resync|order|password|nomppe|many|hangup)
		case_$i
		stop_server
		;;
	*)
		usage
		;;
	esac
done
finished=1
echo "1..$tests"
[ $failed = 0 ]
