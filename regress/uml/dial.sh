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

# Dial a PPTP server with the Linux client, pppd and pptp-linux.  The client
# runs under User Mode Linux, which has PPP where the host's kernel may not; its
# root is the host's, read-only.  The server is in a network namespace of this
# host, where a tap device to the client is made.
#
# dial.sh -N netns [options]
#   -N netns	namespace of the server
#   -a addr/len	address of the tap device		server/24
#   -A methods	authentication methods to accept, of	mschapv2
#		pap, chap, mschap, mschapv2
#   -c addr	client's outer address, in a /24	10.9.0.2
#   -C		only check that it could be done
#   -e command	run here while all calls are up
#   -i port	iperf3 to this port of the server's inner address, both ways
#   -k		the server will hang up (-e makes it)
#   -m mode	MPPE: 128, 40, 128:stateful, 40:stateful, none, or
#		any for what the server wants		128
#   -n count	clients					1
#   -o dir	logs, kept				new, kept on failure
#   -O options	more options for pppd
#   -p password						labpass
#   -s addr	server					10.9.0.1
#   -t seconds	time for the calls to come up		30
#   -u user						lab
#   -x status	must be refused; pppd's exit status, or any
#
# Prints test results in TAP and exits with 0 if all is well, or if it cannot be
# done at all, with the reason.

here=$(cd "$(dirname "$0")" && pwd)
uml=${UML:-linux.uml}
modules=${UML_MODULES:-/usr/lib/uml/modules}
netns= address= server=10.9.0.1 client=10.9.0.2 methods=mschapv2 hook=
iperf= mode=128 count=1 out= options= user=lab password=labpass
limit=30 refused= hangup= check= keep= tap=uml$$ child= made_tap=

usage() {
	sed -n '/^# dial.sh/,/^$/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

skip() {
	echo "1..0 # SKIP $1"
	exit 0
}

bail() {
	echo "not ok - $1"
	echo "1..1"
	exit 1
}

cleanup() {
	rc=$?
	trap - EXIT
	if [ -n "$child" ]; then
		kill "$child" 2>/dev/null
		wait "$child" 2>/dev/null
	fi
	[ -n "$made_tap" ] && ip -n "$netns" link del "$tap" 2>/dev/null
	if [ -n "$out" ]; then
		if [ -z "$keep" ] && [ $rc = 0 ]; then
			rm -rf "$out"
		else
			echo "# logs: $out"
		fi
	fi
	exit $rc
}

# One word of shell, whatever is in it.
quote() {
	printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

while getopts N:a:A:c:Ce:i:km:n:o:O:p:s:t:u:x: opt; do
	case $opt in
	N) netns=$OPTARG ;;
	a) address=$OPTARG ;;
	A) methods=$OPTARG ;;
	c) client=$OPTARG ;;
	C) check=1 ;;
	e) hook=$OPTARG ;;
	i) iperf=$OPTARG ;;
	k) hangup=1 ;;
	m) mode=$OPTARG ;;
	n) count=$OPTARG ;;
	o) out=$OPTARG keep=1 ;;
	O) options=$OPTARG ;;
	p) password=$OPTARG ;;
	s) server=$OPTARG ;;
	t) limit=$OPTARG ;;
	u) user=$OPTARG ;;
	x) refused=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# = 0 ] || usage

[ "$(uname -s)" = Linux ] || skip "User Mode Linux is for Linux"
[ "$(id -u)" = 0 ] || skip "needs root"
[ -c /dev/net/tun ] || skip "no /dev/net/tun"
for i in "$uml" busybox ip ss ping pppd pptp timeout; do
	command -v "$i" >/dev/null || skip "no $i"
done
[ -z "$iperf" ] || command -v iperf3 >/dev/null || skip "no iperf3"
set -- "$modules"/*/kernel
[ -d "$1" ] || skip "no modules for User Mode Linux"
modules=$1
if [ -n "$check" ]; then
	ip netns add "pptpuml$$" 2>/dev/null || skip "no network namespaces"
	ip netns del "pptpuml$$"
	exit 0
fi

[ -n "$netns" ] || usage
[ -e /run/netns/"$netns" ] || bail "no namespace $netns"
[ -n "$out" ] || out=$(mktemp -d /tmp/pptpuml.XXXXXX) || exit 1
mkdir -p "$out" || exit 1
out=$(cd "$out" && pwd)
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

ip netns exec "$netns" ip tuntap add dev "$tap" mode tap ||
    bail "cannot make a tap device"
made_tap=1
ip -n "$netns" addr add "${address:-$server/24}" dev "$tap" &&
    ip -n "$netns" link set "$tap" up || bail "cannot configure $tap"

rm -f "$out"/results "$out"/status "$out"/up "$out"/done
for i in server client methods mode count user password limit iperf refused \
    hangup hook options; do
	eval "value=\$$i"
	echo "$i=$(quote "$value")"
done >"$out"/env
[ -n "$address" ] && echo "gateway=${address%/*}" >>"$out"/env

# Everything that the guest does is bounded; this is for when it hangs.
total=$((limit + count * 2 + 60))
[ -n "$iperf" ] && total=$((total + 40))
unset TMPDIR
nsenter --net=/run/netns/"$netns" timeout -k 5 $total "$uml" \
    mem=$((192 + count * 8))M root=/dev/root rootfstype=hostfs rootflags=/ ro \
    init="$here"/init.sh uml_dir="$out"/uml con=null con0=null,fd:1 con1=null \
    ssl=null quiet vec0:transport=tap,ifname="$tap" OUT="$out" \
    MODULES="$modules" >"$out"/console 2>&1 </dev/null &
child=$!

if [ -n "$hook" ]; then
	# The guest waits for the end of the command, or gives up by itself.
	while [ ! -e "$out"/up ] && kill -0 $child 2>/dev/null; do
		sleep 0.2
	done
	if [ -e "$out"/up ]; then
		sh -c "$hook" >"$out"/hook 2>&1 </dev/null
		echo $? >"$out"/done
	fi
fi
wait $child
child=

[ -e "$out"/results ] && cat "$out"/results
n=$(grep -c '^\(not \)\{0,1\}ok' "$out"/results 2>/dev/null)
if [ ! -e "$out"/status ]; then
	echo "not ok - the guest came to its end"
	tail -n 5 "$out"/console | sed 's/^/# /'
	echo "1..$((n + 1))"
	exit 1
fi
echo "1..$n"
exit "$(cat "$out"/status)"
