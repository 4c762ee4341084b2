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

# Process 1 of the guest.  Its root is the host's, read-only; what the programs
# write to is a tmpfs, and only $OUT is the host's.  OUT and MODULES come from
# the kernel's command line, and GUEST for another program than guest.sh.

export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root

mount -t proc proc /proc
mount -t sysfs sys /sys
grep -q ' /dev devtmpfs ' /proc/mounts || mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/net
mount -t devpts -o mode=620 devpts /dev/pts
[ -c /dev/ppp ] || mknod /dev/ppp c 108 0
[ -c /dev/net/tun ] || mknod /dev/net/tun c 10 200
for i in /run /etc/ppp /var/log /var/tmp; do
	mount -t tmpfs tmpfs $i
done
mkdir -p /run/lock /run/pptp /run/tmp
export TMPDIR=/run/tmp
mount -t hostfs -o "$OUT" none "$OUT"

# In the order of what they need of each other; some may be built in.
for i in lib/crc-ccitt drivers/net/slip/slhc drivers/net/ppp/ppp_generic \
    drivers/net/ppp/ppp_async drivers/net/ppp/ppp_synctty lib/crypto/libarc4 \
    drivers/net/ppp/ppp_mppe drivers/net/tun; do
	[ -f "$MODULES/$i.ko" ] && busybox insmod "$MODULES/$i.ko"
done

ip link set lo up
# A system call takes long in here: let pptp's GRE socket hold what comes in the
# meantime.
echo 4000000 >/proc/sys/net/core/rmem_default
# pppd and pptp say the most important things only there.
busybox syslogd -n -O "$OUT"/syslog &
: >/etc/ppp/options

${GUEST:-"${0%/*}"/guest.sh} >"$OUT"/results 2>"$OUT"/errors
echo $? >"$OUT"/status
sync
busybox poweroff -f
