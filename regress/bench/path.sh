#!/bin/sh
# The server's time for a packet, own counters (pptpd -t): packets one by one
# (pptpd -p) next to batches and offloads, TCP of full size over one session
# with MPPE-128.  Nothing else takes part: in, a flood of segments that are
# forwarded to nobody; out, large TCP packets from a LAN.
#
#   path.sh [runs [packets]]

set -eu
runs=${1:-5} packets=${2:-200000}
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
[ "$(id -u)" = 0 ] || { echo "bench: run as root" >&2; exit 1; }
[ "$(uname -s)" = Linux ] || {
	echo "bench: needs network namespaces" >&2; exit 1; }
make all >/dev/null
(cd regress/client && make all) >/dev/null

server=pptpd-ps-$$ client=pptpd-pc-$$ lan=pptpd-pl-$$
dir=$(mktemp -d /tmp/pptpd-bench.XXXXXX)
pid= dial=
cleanup() {
	trap - EXIT INT TERM HUP
	for p in $dial $pid; do kill "$p" 2>/dev/null || true; done
	wait 2>/dev/null || true
	for n in "$server" "$client" "$lan"; do
		ip netns del "$n" 2>/dev/null || true
	done
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

for n in "$server" "$client" "$lan"; do
	ip netns add "$n"
	ip -n "$n" link set lo up
done
ip link add out netns "$server" type veth peer name eth0 netns "$client"
ip link add lan netns "$server" type veth peer name eth0 netns "$lan"
ip -n "$server" addr add 10.10.10.10/24 dev out
ip -n "$client" addr add 10.10.10.20/24 dev eth0
ip -n "$server" addr add 10.10.20.10/24 dev lan
ip -n "$lan" addr add 10.10.20.20/24 dev eth0
ip -n "$server" link set out up
ip -n "$server" link set lan up
ip -n "$client" link set eth0 up
ip -n "$lan" link set eth0 up
ip -n "$server" neigh add 10.10.20.30 lladdr 02:00:00:00:00:02 dev lan
ip netns exec "$server" sysctl -qw net.ipv4.ip_forward=1
mac=$(ip -n "$server" -o link show lan |
    sed 's/.*link.ether \([0-9a-f:]*\).*/\1/')

(umask 077; cat >"$dir/pptpd.conf") <<CONF
listen 10.10.10.10
localip 10.99.0.1
remoteip 10.99.0.2
user "bench" password "bench"
CONF

# stat NAME: one of the daemon's numbers
stat() {
	pptpctl/pptpctl -j -s "$dir/sock" show stats | tr ',{' '\n\n' |
	    sed -n "s/^[[:space:]]*\"$1\": *\([0-9]*\).*/\1/p" | head -1
}
# one FLAGS: a session with the daemon so; prints the time for a packet
one() {
	ip netns exec "$server" taskset -c 0 pptpd/pptpd -dt $1 \
	    -f "$dir/pptpd.conf" -s "$dir/sock" >"$dir/pptpd.log" 2>&1 &
	pid=$!
	n=0
	until pptpctl/pptpctl -s "$dir/sock" show stats >/dev/null 2>&1; do
		n=$((n + 1))
		[ $n -lt 100 ] || { cat "$dir/pptpd.log" >&2; exit 1; }
		sleep 0.1
	done
	ip netns exec "$client" taskset -c 1 regress/client/pptpdial \
	    -s 10.10.10.10 -u bench -p bench -i 10.10.20.30 -f "$packets" \
	    >"$dir/dial.log" 2>&1 || { cat "$dir/dial.log" >&2; exit 1; }
	for f in in_receive_ns in_crypto_ns in_tun_ns in_send_ns in_packets; do
		stat $f
	done | paste -s -d ' ' | awk -v p="$1" '{
		printf "in%s %d %d %d %d\n", p, $1 / $5, $2 / $5, $3 / $5,
		    $4 / $5 }'
	ip netns exec "$client" regress/client/pptpdial -s 10.10.10.10 \
	    -u bench -p bench -H 20 -q >"$dir/dial.log" 2>&1 &
	dial=$!
	n=0
	until [ "$(stat sessions_up)" = 1 ]; do
		n=$((n + 1))
		[ $n -lt 100 ] || { cat "$dir/dial.log" >&2; exit 1; }
		sleep 0.1
	done
	before=$(for f in out_tun_ns out_crypto_ns out_send_ns out_packets; do
		stat $f; done | paste -s -d ' ')
	ip netns exec "$lan" taskset -c 1 python3 -B regress/bench/gso.py \
	    eth0 "$mac" 10.10.20.20 10.99.0.2 1356 1.5 >/dev/null
	after=$(for f in out_tun_ns out_crypto_ns out_send_ns out_packets; do
		stat $f; done | paste -s -d ' ')
	echo "$before $after" | awk -v p="$1" '{ n = $8 - $4
		printf "out%s %d %d %d\n", p, ($5 - $1) / n, ($6 - $2) / n,
		    ($7 - $3) / n }'
	kill "$dial"
	wait "$dial" 2>/dev/null || true
	dial=
	kill "$pid"
	wait "$pid" 2>/dev/null || true
	pid=
}
i=0
while [ $i -lt "$runs" ]; do
	one -p
	one ""
	i=$((i + 1))
done >"$dir/result"
awk -v runs="$runs" '
    { n[$1]++; t = 0
      for (i = 2; i <= NF; i++) { v[$1, i, n[$1]] = $i; t += $i }
      v[$1, 9, n[$1]] = t }
    function median(k, f,	m, i, j, x, a) {
	m = n[k]
	for (i = 1; i <= m; i++) a[i] = v[k, f, i]
	for (i = 1; i <= m; i++) for (j = i + 1; j <= m; j++)
		if (a[j] < a[i]) { x = a[i]; a[i] = a[j]; a[j] = x }
	return a[int((m + 1) / 2)]
    }
    END {
	printf "ns per packet, medians of %d runs\n", runs
	for (p = 0; p < 2; p++) { k = p ? "in" : "in-p"
		printf "in   %-8s receive %5d  crypto %5d  tun  %5d  " \
		    "acks %4d  all %5d\n", p ? "batches" : "plain",
		    median(k, 2), median(k, 3), median(k, 4), median(k, 5),
		    median(k, 9) }
	for (p = 0; p < 2; p++) { k = p ? "out" : "out-p"
		printf "out  %-8s tun     %5d  crypto %5d  send %5d" \
		    "             all %5d\n", p ? "batches" : "plain",
		    median(k, 2), median(k, 3), median(k, 4), median(k, 9) }
	printf "plain / batches: in %.2f  out %.2f\n",
	    median("in-p", 9) / median("in", 9),
	    median("out-p", 9) / median("out", 9)
    }' "$dir/result"
