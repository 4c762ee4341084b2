#!/usr/bin/python3 -B
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


"""In a guest: dial PPTP with the data path of Linux's kernel.

    uml_dial.py server address plugin [option of pppd ...]
"""

import ctypes
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "peer"))

import peer  # noqa: E402
import wire  # noqa: E402

AF_PPPOX, PX_PROTO_PPTP = 24, 2


def address(host, call_id):
    """struct sockaddr_pppox"""
    return struct.pack("=HIHxx4s", AF_PPPOX, PX_PROTO_PPTP, call_id,
                       socket.inet_aton(host)).ljust(30, b"\0")


server, own, plugin = sys.argv[1:4]
p = peer.Peer(socket.socket, server, source=own)
p.s1()
p.call()
s = socket.socket(AF_PPPOX, socket.SOCK_STREAM, PX_PROTO_PPTP)
libc = ctypes.CDLL(None, use_errno=True)
for call, data in ((libc.bind, address(own, p.call_id)),
                   (libc.connect, address(server, p.peer_call_id))):
    if call(s.fileno(), data, len(data)) == -1:
        sys.exit(os.strerror(ctypes.get_errno()))
s.set_inheritable(True)
if os.fork() == 0:
    os.execvp("pppd", ["pppd", "plugin", plugin, "pppox-fd",
                       str(s.fileno())] + sys.argv[4:])
s.close()
while True:
    try:
        m = p.next_control(3600)
    except peer.Closed:
        break
    if m.type == wire.ECHORQ:
        p.control(wire.ECHORP, id=m.id)
