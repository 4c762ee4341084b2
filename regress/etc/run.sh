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


# run.sh pptpd: what is installed where, whether the service files do what
# they are for, and what "pptpd -n" says about a machine.  As root.

if [ $# -ne 1 ] || [ ! -x "$1" ]; then
	echo "usage: run.sh path-of-pptpd" >&2
	exit 2
fi
pptpd=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
os=$(uname -s)
dir=$(mktemp -d "${TMPDIR:-/tmp}/pptpd-etc.XXXXXX") || exit 2
netns=
daemon=
cleanup() {
	trap - EXIT HUP INT TERM
	[ -z "$daemon" ] || kill $daemon 2>/dev/null
	[ -z "$netns" ] || ip netns delete "$netns"
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 2' HUP INT TERM
chmod 755 "$dir"
umask 022

n=0
failed=0

# check status name: one line of the report; what went wrong is in "log".
check() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		[ ! -s "$dir/log" ] || tail -n 20 "$dir/log" | sed 's/^/# /'
		failed=$((failed + 1))
	fi
	: >"$dir/log"
}

skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

have() {
	command -v "$1" >/dev/null 2>&1
}

# files directory: those in it
files() {
	(cd "$1" && find . ! -type d | sed 's/^\.//' | sort)
}

# same expected: is that what is in "got"?
same() {
	printf '%s\n' $1 | sort >"$dir/want"
	diff -u "$dir/want" "$dir/got" >"$dir/log"
}

# Where things go.  The rules for the other system are run here, too: they
# differ in nothing but what they copy.

programs="sbin/pptpd sbin/pptpctl man/man5/pptpd.conf.5 man/man8/pptpd.8
    man/man8/pptpctl.8"
examples="pptpd.conf pptpd-events.sh"
examples_OpenBSD="pf.conf syslog.conf newsyslog.conf"
examples_Linux="nftables.conf fail2ban-filter.conf fail2ban-jail.local"
system_OpenBSD="/etc/rc.d/pptpd /etc/login.conf.d/pptpd"

# expected os prefix with-programs
expected() {
	eval "e=\"$examples \$examples_$1\""
	for f in $e; do
		echo "$2/share/examples/pptpd/$f"
	done
	case $1 in
	OpenBSD)
		echo "$system_OpenBSD"
		;;
	Linux)
		echo "$2/lib/systemd/system/pptpd.service"
		echo "$2/lib/sysusers.d/pptpd.conf"
		echo "$2/lib/tmpfiles.d/pptpd.conf"
		;;
	esac
	[ -z "$3" ] || for f in $programs; do
		echo "$2/$f"
	done
}

ls "$top/etc/examples" | sort >"$dir/got"
same "$examples $examples_OpenBSD $examples_Linux"
check $? "every example is installed somewhere"

d=$dir/dest
for make in make bmake; do
	have $make || {
		skip "install by $make" "no $make"
		continue
	}
	for prefix in /usr/local /opt/x; do
		rm -rf "$d"
		mkdir -p "$d/etc" "$d$prefix/share/examples"
		echo mine >"$d/etc/pptpd.conf"
		# Twice: what is there is replaced.
		(cd "$top" && $make DESTDIR="$d" PREFIX=$prefix install &&
		    $make DESTDIR="$d" PREFIX=$prefix install) \
		    >"$dir/log" 2>&1
		check $? "$make install, PREFIX=$prefix"
		files "$d" >"$dir/got"
		same "/etc/pptpd.conf $(expected "$os" $prefix 1)"
		check $? "$make install, PREFIX=$prefix: exactly these files"
		[ "$(cat "$d/etc/pptpd.conf")" = mine ]
		check $? "$make install leaves /etc/pptpd.conf alone"
		(cd "$top" && $make DESTDIR="$d" PREFIX=$prefix uninstall) \
		    >"$dir/log" 2>&1
		check $? "$make uninstall, PREFIX=$prefix"
		files "$d" >"$dir/got"
		same /etc/pptpd.conf && [ -d "$d$prefix/share/examples" ] &&
		    [ ! -d "$d$prefix/share/examples/pptpd" ]
		check $? "$make uninstall, PREFIX=$prefix: exactly these files"
	done
	for o in OpenBSD Linux; do
		rm -rf "$d"
		(cd "$top/etc" && $make OS=$o DESTDIR="$d" PREFIX=/opt/x \
		    install) >"$dir/log" 2>&1
		check $? "$make install in etc as on $o"
		files "$d" >"$dir/got"
		same "$(expected $o /opt/x '')"
		check $? "$make install in etc as on $o: exactly these files"
		! grep -r /usr/local "$d/etc" "$d/opt/x/lib" >"$dir/log" 2>&1
		check $? "$make install in etc as on $o: paths follow PREFIX"
		(cd "$top/etc" && $make OS=$o DESTDIR="$d" PREFIX=/opt/x \
		    uninstall) >"$dir/log" 2>&1
		[ -z "$(files "$d")" ]
		check $? "$make uninstall in etc as on $o leaves nothing"
	done
done

# Everything below runs from here.
inst=$dir/inst
(cd "$top" && make PREFIX="$inst" RCDIR="$inst/rc.d" \
    LOGINDIR="$inst/login.conf.d" install &&
    cd etc && for o in OpenBSD Linux; do
	make OS=$o PREFIX="$inst" RCDIR="$inst/rc.d" \
	    LOGINDIR="$inst/login.conf.d" install
    done) >"$dir/log" 2>&1
check $? "install for the tests"
unit=$inst/lib/systemd/system/pptpd.service

find "$inst" -type f ! -perm 644 ! -perm 555 ! -path '*/sbin/*' \
    >"$dir/log"
[ ! -s "$dir/log" ] && [ -z "$(find "$inst"/sbin/* ! -perm 755)" ] &&
    [ -n "$(find "$inst/rc.d/pptpd" -perm 555)" ]
check $? "modes"
for f in "$inst/rc.d/pptpd" "$inst"/share/examples/pptpd/*; do
	case $(head -n 1 "$f") in
	'#!'*sh)
		sh -n "$f" 2>"$dir/log"
		check $? "syntax of $(basename "$f")"
		;;
	esac
done

# The port has a list, too: what FAKE_FLAGS makes of these rules.
sed -e 's/^@man //' -e 's/^@bin //' -e '/^@/d' -e '/\/$/d' \
    -e '/pkg-readmes/d' "$top/etc/openbsd-port/pkg/PLIST" | sort >"$dir/got"
same "$programs share/examples/login.conf.d/pptpd
    $(expected OpenBSD '' '' | sed -n 's|^/share|share|p')"
check $? "the port's PLIST"

# A machine with a network of its own: 192.168.177.1/24 on a LAN.
if [ "$os" = Linux ]; then
	netns=pptpd-etc-$$
	ip netns add "$netns" && ip -n "$netns" link set lo up &&
	    ip -n "$netns" link add lan type veth peer name host &&
	    ip -n "$netns" address add 192.168.177.1/24 dev lan &&
	    ip -n "$netns" link set lan up && ip -n "$netns" link set host up
	check $? "network namespace"
fi
inside() {
	ip netns exec "$netns" "$@"
}

# The service of OpenBSD, with rc.subr(8) reduced to what the script sees: the
# commands that it builds on, and how a process is found by its command line.
cat >"$dir/rc.subr" <<'STUB'
rc_exec() {
	sh -c "$1"
}
rc_check() {
	pgrep -xf "$pexp" >/dev/null
}
rc_send() {
	pkill -"$1" -xf "$pexp"
}
rc_cmd() {
	case $1 in
	start)
		rc_configtest && rc_exec "$daemon $daemon_flags"
		;;
	stop)
		rc_check && rc_send TERM
		;;
	reload)
		rc_check && rc_configtest && rc_send HUP
		;;
	check)
		rc_check
		;;
	configtest)
		rc_configtest
		;;
	esac
}
pexp="$daemon${daemon_flags:+ $daemon_flags}"
STUB
cat >"$dir/conf" <<'CONF'
listen 127.0.0.1
localip 10.98.0.1
remoteip 10.98.0.10-20
user "test" password "correct horse battery"
CONF
chmod 600 "$dir/conf"
sed "s|/etc/rc.d/rc.subr|$dir/rc.subr|" "$inst/rc.d/pptpd" >"$dir/rc"
flags="-f $dir/conf -s $dir/sock"
rc() {
	inside env daemon_flags="$flags" sh "$dir/rc" "$1" >"$dir/log" 2>&1
}
# soon command ...: it succeeds within five seconds
soon() {
	i=0
	while ! "$@"; do
		i=$((i + 1))
		[ $i -lt 50 ] || return 1
		sleep 0.1
	done
}
not() {
	! "$@"
}
parent() {
	pgrep -xf "$inst/sbin/pptpd $flags"
}
ready() {
	[ -S "$dir/sock" ] &&
	    inside "$inst/sbin/pptpctl" -s "$dir/sock" "$@" >"$dir/log" 2>&1
}

if [ "$os" != Linux ] || ! have pgrep; then
	skip "rc.d/pptpd" "needs network namespaces and pgrep"
else
	grep -q "^daemon=\"$inst/sbin/pptpd\"\$" "$dir/rc"
	check $? "rc.d: the daemon"
	not rc check
	check $? "rc.d check: not running"
	rc configtest && grep -q 'configuration OK' "$dir/log"
	check $? "rc.d configtest"
	echo nonsense >>"$dir/conf"
	not rc configtest && grep -q 'conf:5: ' "$dir/log"
	check $? "rc.d configtest: tells the error"
	not rc start && [ -z "$(parent)" ]
	check $? "rc.d start: not with an error in the configuration"
	sed '/^nonsense/d' "$dir/conf" >"$dir/new" && cat "$dir/new" \
	    >"$dir/conf"
	rc start && soon ready show stats
	check $? "rc.d start"
	daemon=$(parent)
	rc check && [ "$(echo "$daemon" | wc -l)" -eq 1 ]
	check $? "rc.d check: one process is the daemon"
	echo 'remoteip nonsense' >"$dir/conf"
	not rc reload && rc check
	check $? "rc.d reload: not with an error in the configuration"
	cat "$dir/new" >"$dir/conf"
	rc reload && sleep 0.5 && rc check && ready show stats
	check $? "rc.d reload"
	rc stop && soon not kill -0 "$daemon" 2>/dev/null
	check $? "rc.d stop"
	soon not rc check && [ ! -e "$dir/sock" ]
	check $? "rc.d stop: nothing is left"
	daemon=
fi

# The service of Linux
service() {
	sed -n "s/^$1=//p" "$unit"
}
if have systemd-analyze; then
	systemd-analyze --man=no verify "$unit" >"$dir/log" 2>&1 &&
	    [ ! -s "$dir/log" ]
	check $? "systemd-analyze verify"
	# 0.0 is best, 10.0 worst.
	systemd-analyze security --offline=yes --threshold=30 "$unit" \
	    >"$dir/analysis" 2>&1
	status=$?
	grep 'Overall exposure' "$dir/analysis" | tee "$dir/log" |
	    sed 's/^[^O]*/# /'
	[ $status -eq 0 ]
	check $? "systemd-analyze security: exposure 3.0 or less"
else
	skip "systemd-analyze" "no systemd"
fi
if have systemd-sysusers; then
	mkdir -p "$dir/root/etc" "$dir/root/usr/lib/sysusers.d"
	cp "$inst/lib/sysusers.d/pptpd.conf" "$dir/root/usr/lib/sysusers.d"
	systemd-sysusers --root="$dir/root" >"$dir/log" 2>&1 &&
	    grep -q '^_pptpd:.*:PPTP daemon:/var/empty:/usr/sbin/nologin$' \
	    "$dir/root/etc/passwd" && grep -q '^_pptpd:' "$dir/root/etc/group"
	check $? "systemd-sysusers makes the user"
else
	skip "systemd-sysusers" "no systemd"
fi
if have systemd-tmpfiles; then
	mkdir -p "$dir/root/var"
	systemd-tmpfiles --root="$dir/root" --create \
	    "$inst/lib/tmpfiles.d/pptpd.conf" >"$dir/log" 2>&1 &&
	    [ -d "$dir/root/var/empty" ]
	check $? "systemd-tmpfiles makes the directory"
else
	skip "systemd-tmpfiles" "no systemd"
fi

# What the unit takes away: file systems, capabilities, descriptors.  Then the
# system calls: a trace must have none that the unit does not allow.
cat >"$dir/confined" <<'CONFINED'
set -e
mount --make-rprivate /
mount --bind "$dir" "$dir"
mount -o remount,bind,ro /
mount -o remount,bind,rw "$dir"
mount -t tmpfs -o mode=755 tmpfs /run
# Not every machine lets its root have more.
ulimit -n "$nofile" 2>/dev/null || :
exec "$@"
CONFINED
if [ "$os" != Linux ] || ! have setpriv || ! have unshare; then
	skip "as confined by the unit" "needs setpriv and unshare"
else
	bounding=$(service CapabilityBoundingSet | tr ' ' '\n' |
	    sed 's/^CAP_\(.*\)/,+\1/' | tr A-Z a-z | tr -d '\n')
	nofile=$(service LimitNOFILE)
	trace=
	have strace && have systemd-analyze && trace="strace -f -qq
	    -e signal=none -o $dir/trace"
	export dir nofile
	# In the foreground, to be waited for.
	command="$(service ExecStart) -d"
	inside unshare -m sh "$dir/confined" $trace setpriv \
	    --bounding-set="-all$bounding" --no-new-privs \
	    $command -f "$dir/conf" -s "$dir/sock" >"$dir/out" 2>&1 &
	job=$!
	daemon=
	soon ready show stats && ready reload && ready show stats
	check $? "confined as by the unit: runs, reloads"
	daemon=$(pgrep -xf "$command -f $dir/conf -s $dir/sock" | tail -n 1)
	[ -n "$daemon" ] && kill "$daemon" && wait $job
	status=$?
	cp "$dir/out" "$dir/log"
	[ $status -eq 0 ] && [ ! -e "$dir/sock" ]
	check $? "confined as by the unit: stops"
	daemon=
	if [ -n "$trace" ]; then
		# What "@set" stands for, and what is taken out again.
		systemd-analyze syscall-filter 2>/dev/null |
		    sed 's/\x1b\[[0-9;]*m//g' >"$dir/sets"
		service SystemCallFilter >"$dir/filter"
		# What it did, and what it may do later.
		{ sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' "$dir/trace"
		sed -n 's/^	ALLOW[_12]*([A-Z |]*, \([a-z0-9_]*\).*/\1/p' \
		    "$top/compat/pledge.c"; } | sort -u >"$dir/calls"
		awk '
			function add(name, on,	i, a, k) {
				if (name !~ /^@/) {
					allowed[name] = on
					return
				}
				k = split(set[name], a, " ")
				for (i = 1; i <= k; i++)
					add(a[i], on)
			}
			FNR == 1 { file++ }
			file == 1 && /^@/ { name = $1; next }
			file == 1 && /^ +[@a-z]/ {
				set[name] = set[name] " " $1
				next
			}
			file == 2 {
				on = !sub(/^~/, "")
				for (i = 1; i <= NF; i++)
					add($i, on)
				next
			}
			file == 3 && NF && !allowed[$1] { print $1 }
			file == 3 { count++ }
			END { if (count < 80) print "short trace" }
		' "$dir/sets" "$dir/filter" "$dir/calls" >"$dir/log"
		[ ! -s "$dir/log" ]
		check $? "the unit allows every system call of the daemon"
		service RestrictAddressFamilies | tr ' ' '\n' | sort \
		    >"$dir/families"
		sed -n 's/.* socket\(pair\)*(\(AF_[A-Z]*\).*/\2/p' \
		    "$dir/trace" | sort -u | tee "$dir/used" |
		    comm -23 - "$dir/families" >"$dir/log"
		[ -s "$dir/used" ] && [ ! -s "$dir/log" ]
		check $? "and every address family"
	else
		skip "system calls of the unit" "no strace or systemd"
	fi
fi

# The Debian package: from a tree without anything built, as by its rules.
if have dpkg-buildpackage && have dh; then
	mkdir -p "$dir/deb/src" && (cd "$top" && tar cf - --exclude '*.o' \
	    --exclude pptpd/pptpd --exclude pptpctl/pptpctl LICENSE Makefile \
	    Makefile.inc compat pptpd pptpctl regress etc) |
	    (cd "$dir/deb/src" && tar xf -) &&
	    cp -R "$top/etc/debian-package" "$dir/deb/src/debian" &&
	    (cd "$dir/deb/src" && dpkg-buildpackage -b -us -uc) \
	    >"$dir/log" 2>&1
	check $? "Debian package: built"
	dpkg-deb -x "$dir"/deb/pptp-server_*.deb "$dir/deb/root" \
	    2>"$dir/log" &&
	    ! grep -r /usr/local "$dir/deb/root/lib" >"$dir/log"
	check $? "Debian package: paths of the system"
	files "$dir/deb/root" >"$dir/got"
	doc=/usr/share/doc/pptp-server
	same "/usr/sbin/pptpd /usr/sbin/pptpctl
	    /usr/share/man/man5/pptpd.conf.5.gz
	    /usr/share/man/man8/pptpd.8.gz /usr/share/man/man8/pptpctl.8.gz
	    /lib/systemd/system/pptpd.service
	    /usr/lib/sysusers.d/pptpd.conf /usr/lib/tmpfiles.d/pptpd.conf
	    $doc/changelog.gz $doc/copyright
	    $(printf "$doc/examples/%s " $examples $examples_Linux)"
	check $? "Debian package: exactly these files"
	"$dir/deb/root/usr/sbin/pptpd" -n -f "$dir/conf" >"$dir/log" 2>&1
	check $? "Debian package: the program runs"
else
	skip "Debian package" "no dpkg-buildpackage or debhelper"
fi

# Packet filters, logs
if have nft && [ "$os" = Linux ]; then
	inside nft -c -f "$inst/share/examples/pptpd/nftables.conf" \
	    >"$dir/log" 2>&1
	check $? "nftables.conf"
else
	skip "nftables.conf" "no nft"
fi
if [ "$os" = OpenBSD ]; then
	e=$inst/share/examples/pptpd
	pfctl -nf "$e/pf.conf" >"$dir/log" 2>&1
	check $? "pf.conf"
	newsyslog -nf "$e/newsyslog.conf" >"$dir/log" 2>&1
	check $? "newsyslog.conf"
	getcap -f "$inst/login.conf.d/pptpd:/etc/login.conf" pptpd \
	    >"$dir/log" 2>&1
	check $? "login.conf.d/pptpd"
else
	skip "pf.conf, newsyslog.conf, login.conf.d/pptpd" "needs OpenBSD"
fi

# What pptpd -n says about a configuration that is good but for one line.
good() {
	grep -v "^${1%% *} " <<'CONF'
listen 192.168.177.1
localip 10.98.0.1
remoteip 10.98.0.10-20
authentication { mschapv2 }
encryption require
user "test" password "correct horse battery"
CONF
	printf '%s\n' "$@"
}
# said name pattern [line ...]: as nobody; "" for nothing at all
said() {
	name=$1 pattern=$2
	shift 2
	good "$@" >"$dir/check"
	chown 65534 "$dir/check"
	chmod 600 "$dir/check"
	inside setpriv --reuid=65534 --regid=65534 --clear-groups \
	    "$pptpd" -n -f "$dir/check" >"$dir/log" 2>&1 &&
	    [ "$(tail -n 1 "$dir/log")" = "configuration OK" ] || {
		check 1 "-n: $name: configuration OK"
		return
	}
	# The parser has a word on this, too.
	sed -e '$d' -e '/will be refused$/d' "$dir/log" >"$dir/said"
	if [ -z "$pattern" ]; then
		[ ! -s "$dir/said" ]
	else
		[ "$(grep -c . "$dir/said")" -eq 1 ] &&
		    grep -q -- "^pptpd: $pattern" "$dir/said"
	fi
	check $? "-n: $name"
}
if [ "$os" != Linux ]; then
	skip "warnings of -n" "needs network namespaces"
else
	forwarding() {
		inside sh -c "echo $1 >/proc/sys/net/ipv4/ip_forward"
	}
	lan='addresses of clients are in the network 192.168.177.0/24 of lan,'
	lan="$lan .*proxy-arp"

	forwarding 0
	said "forwarding is off" "IP forwarding is off.*sysctl.conf"
	inside "$pptpd" -nv -f - <"$dir/check" >/dev/null 2>"$dir/log"
	[ $? -eq 0 ] && [ ! -s "$dir/log" ]
	check $? "-nv: the configuration only"
	forwarding 1
	said "nothing to say" ""

	said "pap" ".*/check: warning: pap sends passwords in clear" \
	    "authentication { mschapv2 pap }"
	said "chap-md5" ".*/check: warning: chap-md5 gives no keys" \
	    "authentication { mschapv2 chap-md5 }"
	said "mschap" ".*/check: warning: mschap is broken" \
	    "authentication { mschapv2 mschap }"
	said "encryption allow" ".*/check: warning: encryption allow: " \
	    "encryption allow"
	said "40 bits" ".*/check: warning: encryption with 40 bits" \
	    "encryption require { 128 stateless, 40 stateless, 56 stateless }"
	said "short password" '.*: the password of user "a" is weak' \
	    'user "a" password "short"'
	said "name for a password" '.*: the password of user "abcdefghijklm"' \
	    'user "abcdefghijklm" password "Abcdefghijklm"'
	said "hash of nothing" '.*: the password of user "a" is weak' \
	    'user "a" nt-hash 31d6cfe0d16ae931b73c59d7e0c089c0'
	said "hash of what is no guess" "" \
	    'user "a" nt-hash 31d6cfe0d16ae931b73c59d7e0c089c1'
	said "two weak passwords" '.*: 2 users, "a" for one, have weak' \
	    'user "a" password "short"' 'user "b" password "short"' \
	    'user "c" password "correct horse battery"'
	grep -q correct "$dir/said" || grep -q short "$dir/said"
	not [ $? -eq 0 ]
	check $? "-n: no password in messages"

	said "listener without interface" \
	    "listen on 192.168.177.99: no interface" "listen 192.168.177.99"
	said "listener for all" "" "listen 0.0.0.0"
	said "localip is the LAN's" "localip 192.168.177.1 is an address of lan" \
	    "localip 192.168.177.1"
	said "localip of a LAN, but free" "" "localip 192.168.177.2"
	said "clients on the LAN" "$lan" "remoteip 192.168.177.10-20"
	said "a user on the LAN" "$lan" \
	    'user "a" password "correct horse battery" address 192.168.177.9'
	good "remoteip 192.168.176.0/22" >"$dir/check"
	inside "$pptpd" -n -f - <"$dir/check" >"$dir/log" 2>&1
	[ "$(grep -c "$lan" "$dir/log")" -eq 1 ] &&
	    [ "$(grep -c '^pptpd: 192\.168\.177\.[0-9]* is for a client' \
	    "$dir/log")" -eq 3 ]
	check $? "-n: the LAN is in the pool"
	said "next to the LAN" "" \
	    "remoteip 192.168.176.1-255,192.168.178.0-9"
	said "proxy ARP" "" "remoteip 192.168.177.10-20" "proxy-arp yes"
	said "proxy ARP for nobody" "proxy-arp has no effect" "proxy-arp yes"
	said "proxy ARP, broadcast" \
	    "192.168.177.255 is for a client, but .* broadcast" \
	    "remoteip 192.168.177.250-255" "proxy-arp yes"
	said "proxy ARP, own address" \
	    "192.168.177.1 is for a client, but lan has it" \
	    "remoteip 192.168.177.1-9" "proxy-arp yes"

	# The interface of a pptpd that is running, and a stranger.
	inside ip tuntap add dev tun7 mode tun &&
	    inside ip address add 10.98.0.1/32 dev tun7
	said "the daemon's own interface" ""
	said "the daemon's own interface by name" "" "tun tun7"
	said "another tunnel" "localip 10.98.0.1 is an address of tun7" \
	    "tun tun8"

	# Packet filters: who may ask, and what stands for what.
	filter() {
		name=$1 want=$2
		shift 2
		inside nft flush ruleset
		printf '%s\n' "$@" | inside nft -f - 2>"$dir/log" || {
			check 1 "-n: packet filter, $name: rules"
			return
		}
		good >"$dir/check"
		inside "$pptpd" -n -f - <"$dir/check" >"$dir/log" 2>&1
		got=
		! grep -q 'filter .* protocol 47, GRE:' "$dir/log" ||
		    got="${got}gre "
		! grep -q 'filter .* TCP port 1723:' "$dir/log" ||
		    got="${got}tcp "
		[ "$got" = "$want" ]
		check $? "-n: packet filter, $name: warned of ${want:-nothing}"
	}
	if have nft && inside nft list ruleset >/dev/null 2>&1; then
		input="type filter hook input priority 0; policy"
		filter "none" ""
		filter "accept" "" "table inet f { chain i { $input accept; }
		    }"
		filter "forward only" "" "table inet f { chain i {
		    type filter hook forward priority 0; policy drop; }
		    }"
		filter "drop" "gre tcp " "table inet f { chain i { $input drop;
		    ct state established,related accept
		    tcp dport { 22, 80 } accept
		    ip protocol icmp accept
		    }
		    }"
		said "the packet filter is for root to see" ""
		filter "port" "gre " "table ip f { chain i { $input drop
		    tcp dport 1723 accept
		    }
		    }"
		filter "protocol" "tcp " "table ip f { chain i { $input drop
		    ip protocol { icmp, gre } accept
		    tcp dport 22 accept
		    }
		    }"
		filter "ranges" "" "table inet f { chain i { $input drop
		    tcp dport 1000-2000 accept
		    ip protocol >= 47 ip protocol < 50 accept
		    }
		    }"
		filter "ranges without" "gre tcp " "table inet f {
		    chain i { $input drop
		    tcp dport 1724-2000 accept
		    udp dport >= 60000 accept
		    ip protocol < 40 accept
		    }
		    }"
		filter "set of ranges" "gre " "table ip f {
		    set ports { type inet_service; flags interval
			elements = { 22, 1700-1799 }
		    }
		    chain i { $input drop; tcp dport @ports accept; }
		    }"
		filter "both" "" "table ip f {
		    set ports { type inet_service; elements = { 1723 } }
		    chain vpn { tcp dport @ports accept; ip protocol 47 accept
		    }
		    chain i { $input drop; jump vpn; }
		    }"
		inside nft flush ruleset
		filter "the example" "" "$(cat \
		    "$inst/share/examples/pptpd/nftables.conf")"
		inside nft flush ruleset
	else
		skip "packet filters" "no nft or no nf_tables"
	fi
fi

echo "1..$n"
[ "$failed" -eq 0 ]
