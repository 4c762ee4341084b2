#!/bin/sh
# TCP through one MPPE-128 session, next to the same path without the tunnel:
# two network namespaces on this machine, iperf3 in both, the daemon and the
# client in between.  Runs alternate; the ratio's median is what counts.
#
#   tcp.sh [runs [seconds]]

set -eu
runs=${1:-5} secs=${2:-3}
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
[ "$(id -u)" = 0 ] || { echo "bench: run as root" >&2; exit 1; }
[ "$(uname -s)" = Linux ] || {
	echo "bench: needs network namespaces" >&2; exit 1; }
sh regress/setup.sh test
make all >/dev/null
(cd regress/client && make all) >/dev/null

server=pptpd-bs-$$ client=pptpd-bc-$$
dir=$(mktemp -d /tmp/pptpd-bench.XXXXXX)
pid= dial= iperf=
cleanup() {
	trap - EXIT INT TERM HUP
	for p in $dial $pid $iperf; do kill "$p" 2>/dev/null || true; done
	wait 2>/dev/null || true
	ip netns del "$server" 2>/dev/null || true
	ip netns del "$client" 2>/dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

ip netns add "$server"
ip netns add "$client"
ip link add bs$$ netns "$server" type veth peer name bc$$ netns "$client"
ip -n "$server" addr add 10.10.10.10/24 dev bs$$
ip -n "$client" addr add 10.10.10.20/24 dev bc$$
ip -n "$server" link set lo up
ip -n "$client" link set lo up
ip -n "$server" link set bs$$ up
ip -n "$client" link set bc$$ up

(umask 077; cat >"$dir/pptpd.conf") <<EOF
listen 10.10.10.10
localip 10.99.0.1
remoteip 10.99.0.2
user "bench" password "bench"
EOF
ip netns exec "$server" pptpd/pptpd -d -f "$dir/pptpd.conf" -s "$dir/sock" \
    >"$dir/pptpd.log" 2>&1 &
pid=$!
ip netns exec "$server" iperf3 -s >"$dir/iperf.log" 2>&1 &
iperf=$!
n=0
until pptpctl/pptpctl -s "$dir/sock" show stats >/dev/null 2>&1; do
	n=$((n + 1))
	[ $n -lt 100 ] || { cat "$dir/pptpd.log"; exit 1; }
	sleep 0.1
done
printf '#!/bin/sh\n: >"%s/is-up"\nexec sleep 600\n' "$dir" >"$dir/up"
chmod 755 "$dir/up"
ip netns exec "$client" regress/client/pptpdial -s 10.10.10.10 -u bench \
    -p bench -T -c "$dir/up" >"$dir/dial.log" 2>&1 &
dial=$!
n=0
until [ -e "$dir/is-up" ]; do
	n=$((n + 1))
	[ $n -lt 100 ] || { cat "$dir"/*.log; exit 1; }
	sleep 0.1
done

# mbit ADDRESS [option]: received Mbit/s
mbit() {
	a=$1
	shift
	ip netns exec "$client" iperf3 -c "$a" -t "$secs" -f m "$@" |
	    awk '/receiver/ { print $(NF - 2) }'
}
for dir_name in up down; do
	opt=
	[ $dir_name = up ] || opt=-R
	i=0
	while [ $i -lt "$runs" ]; do
		t=$(mbit 10.99.0.1 $opt)
		d=$(mbit 10.10.10.10 $opt)
		echo "$t $d"
		i=$((i + 1))
	done | sort -n | awk -v name="$dir_name" '
	    { t[NR] = $1; d[NR] = $2; r[NR] = $1 / $2 }
	    function median(a, n,	i, j, x) {
		for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++)
			if (a[j] < a[i]) { x = a[i]; a[i] = a[j]; a[j] = x }
		return a[int((n + 1) / 2)]
	    }
	    END { printf "%-5s tunnel %7.0f Mbit/s   no tunnel %7.0f Mbit/s" \
		"   ratio %.3f   (medians of %d runs)\n", name, median(t, NR),
		median(d, NR), median(r, NR), NR }'
done
