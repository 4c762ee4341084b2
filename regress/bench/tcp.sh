#!/bin/sh
# TCP as iperf3 sees it, through one session with MPPE-128: batches and offloads
# at both ends, and with frames round the kernel's IP (link-output), next to
# packets one by one at both (pptpd -p, pptpdial), and to the same path without
# a tunnel.  Each end has a processor.
#
#   tcp.sh [runs [seconds]]

set -eu
runs=${1:-5} secs=${2:-3}
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
[ "$(id -u)" = 0 ] || { echo "bench: run as root" >&2; exit 1; }
[ "$(uname -s)" = Linux ] || {
	echo "bench: needs network namespaces" >&2; exit 1; }
command -v iperf3 >/dev/null || sh regress/setup.sh test
make all >/dev/null
(cd regress/client && make all && cd ../bench && make all) >/dev/null

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

# on server|client COMMAND ...: in its namespace, on its processor
on() {
	if [ "$1" = server ]; then
		ns=$server cpu=0
	else
		ns=$client cpu=1
	fi
	shift
	exec ip netns exec "$ns" taskset -c "$cpu" "$@"
}
# await WHAT COMMAND ...: until it succeeds
await() {
	what=$1 n=0
	shift
	until "$@" >/dev/null 2>&1; do
		n=$((n + 1))
		[ $n -lt 100 ] || {
			echo "bench: no $what" >&2
			cat "$dir"/*.log >&2
			exit 1
		}
		sleep 0.1
	done
}

ip netns add "$server"
ip netns add "$client"
ip link add bs$$ netns "$server" type veth peer name bc$$ netns "$client"
ip -n "$server" addr add 10.10.10.10/24 dev bs$$
ip -n "$client" addr add 10.10.10.20/24 dev bc$$
ip -n "$server" link set lo up
ip -n "$client" link set lo up
ip -n "$server" link set bs$$ up
ip -n "$client" link set bc$$ up

for link in no yes; do
	(umask 077; cat >"$dir/link-output.$link") <<EOF
listen 10.10.10.10
localip 10.99.0.1
remoteip 10.99.0.2
link-output $link
user "bench" password "bench"
EOF
done
mac=$(ip -n "$server" -o link show bs$$ |
    sed 's/.*link.ether \([0-9a-f:]*\).*/\1/')
(on server iperf3 -s) >"$dir/iperf.log" 2>&1 &
iperf=$!
printf '#!/bin/sh\n: >"%s/is-up"\nexec sleep 600\n' "$dir" >"$dir/up"
chmod 755 "$dir/up"
mkfifo "$dir/commands"

# begin plain|batches|frames: a daemon and its client
begin() {
	flags= conf=link-output.no link=
	case $1 in
	plain)
		flags=-p
		;;
	frames)
		conf=link-output.yes link="-e bc$$,$mac"
		;;
	esac
	(on server pptpd/pptpd -d $flags -f "$dir/$conf" \
	    -s "$dir/sock") >"$dir/pptpd.log" 2>&1 &
	pid=$!
	await daemon pptpctl/pptpctl -s "$dir/sock" show stats
	if [ "$1" = plain ]; then
		rm -f "$dir/is-up"
		(on client regress/client/pptpdial -s 10.10.10.10 -u bench \
		    -p bench -T -c "$dir/up") >"$dir/dial.log" 2>&1 &
		dial=$!
		await session test -e "$dir/is-up"
	else
		(on client regress/bench/load -s 10.10.10.10 -u bench \
		    -p bench -b 10.10.10.20 $link) <"$dir/commands" \
		    >"$dir/dial.log" 2>&1 &
		dial=$!
		exec 3>"$dir/commands"
		echo tun >&3
		await session grep -q ^tun "$dir/dial.log"
		tun=$(sed -n 's/^tun name=\([^ ]*\).*/\1/p' "$dir/dial.log")
		ip -n "$client" addr add 10.99.0.2 peer 10.99.0.1 dev "$tun"
		ip -n "$client" link set "$tun" mtu 1400 up
	fi
}
end() {
	exec 3>&-
	kill "$dial" 2>/dev/null || true
	wait "$dial" 2>/dev/null || true
	kill "$pid"
	wait "$pid" 2>/dev/null || true
	dial= pid=
}
# mbit ADDRESS [option]: received Mbit/s
mbit() {
	a=$1
	shift
	(on client iperf3 -c "$a" -t "$secs" -f m "$@") |
	    awk '/receiver/ { print $(NF - 2) }'
}
i=0
while [ $i -lt "$runs" ]; do
	for how in plain batches frames; do
		begin $how
		echo "up $how $(mbit 10.99.0.1)"
		echo "down $how $(mbit 10.99.0.1 -R)"
		[ $how != frames ] || {
			pptpctl/pptpctl -j -s "$dir/sock" show stats |
			    grep -q '"link_packets": *[1-9][0-9]\{4\}'
		} || { echo "bench: no frames" >&2; exit 1; }
		end
	done
	echo "up none $(mbit 10.10.10.10)"
	echo "down none $(mbit 10.10.10.10 -R)"
	i=$((i + 1))
done >"$dir/result"
awk '
    { k = $1 " " $2; v[k, ++n[k]] = $3 }
    function median(k, l,	i, j, m, x, a) {
	m = n[k]
	for (i = 1; i <= m; i++)
		a[i] = l == "" ? v[k, i] : v[k, i] / v[l, i]
	for (i = 1; i <= m; i++) for (j = i + 1; j <= m; j++)
		if (a[j] < a[i]) { x = a[i]; a[i] = a[j]; a[j] = x }
	return a[int((m + 1) / 2)]
    }
    function row(way, how, text, other, name) {
	printf "%-44s %7.0f Mbit/s %7.0f Mbit/s %7.2f  %s\n", "TCP " way \
	    ", 1 session" text, median(way " " how), median(way " " other),
	    median(way " " how, way " " other), name
    }
    END {
	row("up", "batches", "", "plain", "one by one at both ends")
	row("up", "frames", ", link-output", "plain", "one by one at both ends")
	row("down", "batches", "", "plain", "one by one at both ends")
	row("down", "frames", ", link-output", "plain",
	    "one by one at both ends")
	row("up", "frames", "", "none", "no tunnel")
	row("down", "frames", "", "none", "no tunnel")
    }' "$dir/result"
