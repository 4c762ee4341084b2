#!/bin/sh
# pptpd from nothing to a session and back, on this machine alone: install
# what the build needs, build, start the daemon, dial it from another network
# namespace (OpenBSD: routing domain) with the bundled client, look at the
# session, kill it.  As root; leaves nothing behind.

set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
[ "$(id -u)" = 0 ] || { echo "demo: run as root" >&2; exit 1; }
os=$(uname -s)
server=pptpd-server-$$ client=pptpd-client-$$
dir=$(mktemp -d /tmp/pptpd-demo.XXXXXX)
sock=$dir/pptpd.sock
pid= dial=

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '\033[32m# %s\033[0m\n' "$*"; }
pptpctl() { "$top/pptpctl/pptpctl" -s "$sock" "$@"; }

case $os in
Linux)
	net_up() {
		ip netns add "$server"
		ip netns add "$client"
		ip link add ds$$ netns "$server" type veth \
		    peer name dc$$ netns "$client"
		ip -n "$server" addr add 10.10.10.10/24 dev ds$$
		ip -n "$client" addr add 10.10.10.20/24 dev dc$$
		ip -n "$server" link set lo up
		ip -n "$server" link set ds$$ up
		ip -n "$client" link set dc$$ up
		ip netns exec "$server" sh -c \
		    'echo 1 >/proc/sys/net/ipv4/ip_forward'
	}
	net_down() {
		ip netns del "$server" 2>/dev/null || true
		ip netns del "$client" 2>/dev/null || true
	}
	at_server="ip netns exec $server"
	at_client="ip netns exec $client"
	ping_server="ping -c 3 -i 0.2 192.168.1.233"
	;;
OpenBSD)
	net_up() {
		ifconfig pair90 create
		ifconfig pair91 create
		ifconfig pair91 rdomain 90
		ifconfig pair90 inet 10.10.10.10/24 patch pair91 up
		ifconfig pair91 inet 10.10.10.20/24 up
		# Until ARP has found it TCP loses seconds.
		for n in 1 2 3 4 5; do
			ping -q -c 1 -w 1 10.10.10.20 >/dev/null 2>&1 && break
		done
	}
	net_down() {
		ifconfig pair90 destroy 2>/dev/null || true
		ifconfig pair91 destroy 2>/dev/null || true
		# Came with the routing domain.
		ifconfig lo90 destroy 2>/dev/null || true
	}
	at_server=
	at_client="route -T 90 exec"
	ping_server="ping -c 3 192.168.1.233"
	;;
esac

cleanup() {
	trap - EXIT INT TERM HUP
	[ -z "$dial" ] || kill "$dial" 2>/dev/null || true
	if [ -n "$pid" ]; then
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	fi
	net_down
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# wait_for WHAT COMMAND ...: until the command succeeds, 10 s at most.
wait_for() {
	what=$1 n=0
	shift
	until "$@" >/dev/null 2>&1; do
		n=$((n + 1))
		if [ $n -gt 100 ]; then
			echo "demo: no $what" >&2
			sed 's/^/    /' "$dir"/*.log >&2
			exit 1
		fi
		sleep 0.1
	done
}

say "Building pptpd, pptpctl and the test client"
sh regress/setup.sh demo
make all >"$dir/build.out" 2>&1 &&
    (cd regress/client && make all) >>"$dir/build.out" 2>&1 || {
	tail -20 "$dir/build.out" >&2
	exit 1
}
echo "done"

# What somebody would write to /etc/pptpd.conf.
umask 077
cat >"$dir/pptpd.conf" <<EOF
listen 10.10.10.10
localip 192.168.1.233
remoteip 192.168.1.234-238
dns 192.168.1.1
user "test" password "testing"
EOF
umask 022

say "A server at 10.10.10.10, a client at 10.10.10.20, this configuration:"
net_up
cat "$dir/pptpd.conf"
show "pptpd -d -f pptpd.conf"
$at_server "$top/pptpd/pptpd" -d -f "$dir/pptpd.conf" -s "$sock" \
    >"$dir/pptpd.log" 2>&1 &
pid=$!
wait_for "pptpd" test -S "$sock"
wait_for "answer from pptpd" pptpctl show stats
sed 's/^/    /' "$dir/pptpd.log"

say "The client dials: TCP 1723, GRE, MS-CHAPv2, MPPE-128, and pings"
# Hold the call until it is killed from the server's side.
cat >"$dir/up" <<EOF
#!/bin/sh
$ping_server >"$dir/ping.out" 2>&1
: >"$dir/is-up"
sleep 20
EOF
chmod 755 "$dir/up"
$at_client "$top/regress/client/pptpdial" -s 10.10.10.10 -u test -p testing \
    -T -c "$dir/up" >"$dir/dial.log" 2>&1 &
dial=$!
wait_for "session" test -e "$dir/is-up"
sed -n 's/^up /    up /p' "$dir/dial.log"
grep -E 'bytes from|transmitted|^round-trip|^rtt' "$dir/ping.out" |
    sed 's/^/    /'

say "What the server says"
show "pptpctl show sessions"
pptpctl show sessions
call=$(pptpctl show sessions | awk 'NR == 2 { print $1 }')
[ -n "$call" ] || { echo "demo: no session" >&2; exit 1; }

say "Kill it"
show "pptpctl kill call $call"
pptpctl kill call "$call"
gone() { [ "$(pptpctl show sessions | wc -l)" -le 1 ]; }
wait_for "end of the session" gone
show "pptpctl show sessions"
pptpctl show sessions
wait "$dial" 2>/dev/null || true
dial=
sed -n 's/^down /    client: down /p' "$dir/dial.log"
show "tail pptpd.log"
sed -n '/started on/,$s/^/    /p' "$dir/pptpd.log"
grep -Eq ' 0(\.0)?% packet loss' "$dir/ping.out" || {
	echo "demo: pings were lost" >&2
	exit 1
}
say "That was it."
