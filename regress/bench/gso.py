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

"""Send large TCP packets as a kernel's own TCP would, from nobody's port.

    gso.py interface router-mac source destination mss seconds [hosts [count]]

To so many hosts in turn, from the destination on, and no more than count.  Says
when it begins, and how many it has sent.
"""

import socket
import struct
import sys
import time

dev, mac, src, dst, mss, seconds = sys.argv[1:7]
hosts = int(sys.argv[7]) if len(sys.argv) > 7 else 1
count = int(sys.argv[8]) if len(sys.argv) > 8 else None
mss = int(mss)
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x0800)
s.setsockopt(263, 15, 1)                # SOL_PACKET, PACKET_VNET_HDR
s.bind((dev, 0x0800))
payload = b"x" * ((65535 - 40) // mss * mss)


def fold(data):
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def headers(destination):
    """Ethernet and IP, and the sum of TCP's pseudo header."""
    total = 40 + len(payload)
    a, b = socket.inet_aton(src), destination
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, total, 1, 0x4000, 64, 6, 0, a,
                     b)
    ip = ip[:10] + struct.pack(">H", ~fold(ip) & 0xffff) + ip[12:]
    return eth + ip, fold(a + b + struct.pack(">HH", 6, total - 20))


# NEEDS_CSUM, TCPV4
vnet = struct.pack("=BBHHHH", 1, 1, 14 + 40, mss, 14 + 20, 16)
eth = bytes.fromhex(mac.replace(":", "")) + b"\2\0\0\0\0\1\x08\0"
first, = struct.unpack(">I", socket.inet_aton(dst))
to = [headers(struct.pack(">I", first + n)) for n in range(hosts)]
seq = sent = 0
print("begin", flush=True)
end = time.monotonic() + float(seconds)
while time.monotonic() < end and sent != count:
    header, pseudo = to[sent % hosts]
    tcp = struct.pack(">HHIIBBHHH", 9, 9, seq, 0, 5 << 4, 0x10, 65535,
                      pseudo, 0)
    s.send(vnet + header + tcp + payload)
    sent += 1
    if sent % hosts == 0:
        seq = seq + len(payload) & 0xffffffff
print(sent)
