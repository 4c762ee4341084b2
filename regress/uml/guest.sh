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

# The client, in the guest: dials, checks, hangs up.  See dial.sh for what the
# variables in $OUT/env mean.

failed=0
gateway=
. "$OUT"/env

ok() {
	echo "ok - $1"
}

not_ok() {
	echo "not ok - $1"
	failed=1
}

# result status description: as the status says
result() {
	if [ "$1" = 0 ]; then
		ok "$2"
	else
		not_ok "$2"
	fi
}

diagnose() {
	sed 's/^/# /'
}

# until seconds command: succeeds as soon as the command does
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

calls() {
	seq 1 "$count"
}

# How many clients have this line in their logs?
logged() {
	grep -l -- "$1" "$OUT"/pppd.*.log 2>/dev/null | wc -l
}

running() {
	n=0
	for pid in $pids; do
		kill -0 "$pid" 2>/dev/null && n=$((n + 1))
	done
	echo $n
}

none_running() {
	[ "$(running)" = 0 ]
}

all_up_or_ended() {
	[ "$(logged '^remote IP address')" -ge "$count" ] || none_running
}

no_interfaces() {
	set -- /sys/class/net/ppp*
	[ ! -e "$1" ]
}

# The log of the first client that has not got so far.
diagnose_first() {
	for i in $(calls); do
		grep -q -- "$1" "$OUT/pppd.$i.log" && continue
		tail -n 6 "$OUT/pppd.$i.log" | diagnose
		break
	done
}

dial() {
	# pptp shares one call manager between the calls to a server, through
	# a socket in /run/pptp: to each client its own.
	pptp="mount -t tmpfs tmpfs /run/pptp && exec pptp $server"
	pppd pty "unshare -m sh -c '$pptp --nolaunchpppd'" unit "$1" nodetach \
	    noauth debug logfile "$OUT"/pppd."$1".log user "$user" maxfail 1 \
	    nodefaultroute noipdefault noipv6 nobsdcomp nodeflate novj \
	    novjccomp mtu 1400 mru 1400 $want $options \
	    >"$OUT"/pppd."$1".out 2>&1 </dev/null &
	pids="$pids $!"
}

# Inner address of the server, as the interface of a client has it.
peer_of() {
	ip -4 -o addr show dev ppp"$1" 2>/dev/null |
	    sed -n 's/.* peer \([0-9.]*\).*/\1/p'
}

ping_all() {
	for i in $(calls); do
		peer=$(peer_of "$i")
		[ -n "$peer" ] || return 1
		ping -q -I ppp"$i" -c 5 -i 0.1 -W 10 "$peer" >"$OUT/ping.$i" ||
		    return 1
		grep -q ' 0% packet loss' "$OUT/ping.$i" || return 1
	done
}

check_refused() {
	until_ok "$limit" none_running
	n=$(logged '^remote IP address')
	if [ "$n" != 0 ] || ! none_running; then
		not_ok "call refused ($n up, $(running) still trying)"
		diagnose_first '^remote IP address'
		return
	fi
	set -- $pids
	wait "$1"
	status=$?
	# 16, hang-up, when the end of the call overtakes pppd's own.
	[ "$refused" = 19 ] && [ $status = 16 ] &&
	    [ "$(logged 'CHAP authentication failed')" != 0 ] && status=19
	if [ "$refused" = any ] || [ "$refused" = $status ]; then
		ok "call refused, status $status of pppd"
	else
		not_ok "call refused, status $status of pppd, not $refused"
	fi
	grep -iv script "$OUT"/pppd.1.log | tail -n 4 | diagnose
}

check_mode() {
	bits=${mode%:*}
	case $mode in
	any)
		return
		;;
	none)
		[ "$(logged 'MPPE .* enabled')" = 0 ]
		result $? "no MPPE"
		return
		;;
	*:stateful)
		state=stateful
		;;
	*)
		state=stateless
		;;
	esac
	[ "$(logged "MPPE $bits-bit $state compression enabled")" = "$count" ]
	result $? "MPPE $bits $state"
	grep -h MPPE "$OUT"/pppd.1.log | head -n 1 | diagnose
}

check_traffic() {
	ping_all
	result $? "5 pings through each call"
	mtu=$(cat /sys/class/net/ppp1/mtu)
	peer=$(peer_of 1)
	ping -q -I ppp1 -c 3 -i 0.1 -W 10 -M do -s $((mtu - 28)) "$peer" \
	    >"$OUT"/ping.full && grep -q ' 0% packet loss' "$OUT"/ping.full
	result $? "pings of $mtu octets with DF"
	[ -n "$iperf" ] || return
	for i in to from; do
		reverse=
		[ $i = from ] && reverse=-R
		timeout 20 iperf3 -c "$peer" -p "$iperf" -t 4 -f m $reverse \
		    >"$OUT"/iperf.$i 2>&1
		rate=$(awk '/receiver/ { print $7, $8 }' "$OUT"/iperf.$i)
		[ -n "$rate" ] && [ "${rate%% *}" != 0.00 ]
		result $? "TCP $i the server${rate:+, $rate}"
	done
}

check_hangup() {
	for pid in $pids; do
		kill -TERM "$pid"
	done
	until_ok 15 none_running
	result $? "clients ended when told to"
	no_interfaces
	result $? "interfaces are gone"
	[ "$(logged '^Connection terminated')" = "$count" ]
	result $? "all calls terminated in order"
	# pppd gives up on Terminate-Requests after six seconds.
	[ "$(logged 'rcvd \[LCP TermAck')" = "$count" ]
	result $? "the server acknowledged the end"
}

check_server_hangup() {
	until_ok 15 none_running
	result $? "clients ended when the server hung up"
	[ "$(logged '^LCP terminated by peer')" = "$count" ]
	result $? "LCP terminated by the server"
	diagnose_first '^LCP terminated by peer'
}

ip addr add "$client"/24 dev vec0
ip link set vec0 up
[ -n "$gateway" ] && ip route add default via "$gateway"
printf '"%s" * "%s" *\n' "$user" "$password" >/etc/ppp/chap-secrets
cp /etc/ppp/chap-secrets /etc/ppp/pap-secrets
chmod 600 /etc/ppp/*-secrets
until_ok 10 ping -c 1 -W 1 "$server" || {
	not_ok "the server's address answers"
	exit 1
}

case $mode in
128*)	want="require-mppe-128" ;;
40*)	want="require-mppe-40" ;;
none)	want="nomppe noccp" ;;
any)	want= ;;
*)
	not_ok "unknown mode $mode"
	exit 1
	;;
esac
case $mode in
*:stateful)	want="$want mppe-stateful" ;;
esac
for i in pap chap mschap mschapv2; do
	case ,$methods, in
	*,$i,*)	;;
	*,*)
		[ $i = mschapv2 ] && i=mschap-v2
		want="$want refuse-$i"
		;;
	esac
done
want="$want refuse-eap"

pids=
for i in $(calls); do
	dial "$i"
done

if [ -n "$refused" ]; then
	check_refused
	exit $failed
fi

until_ok "$limit" all_up_or_ended
n=$(logged '^remote IP address')
[ "$n" = "$count" ]
result $? "$n of $count calls up"
if [ "$n" != "$count" ]; then
	diagnose_first '^remote IP address'
	for pid in $pids; do
		kill "$pid" 2>/dev/null
	done
	exit 1
fi
case $methods in
pap)	said='PAP authentication succeeded' ;;
*)	said='CHAP authentication succeeded' ;;
esac
[ "$(logged "$said")" = "$count" ]
result $? "$said"
check_mode
check_traffic
[ "$(running)" = "$count" ]
result $? "all calls are still up"

if [ -n "$hook" ]; then
	: >"$OUT"/up
	until_ok 30 test -s "$OUT"/done && [ "$(cat "$OUT"/done)" = 0 ]
	status=$?
	result $status "command on the server's side"
	[ $status = 0 ] || diagnose <"$OUT"/hook
fi
if [ -n "$hangup" ]; then
	check_server_hangup
else
	check_hangup
fi
for pid in $pids; do
	kill -KILL "$pid" 2>/dev/null
done
exit $failed
