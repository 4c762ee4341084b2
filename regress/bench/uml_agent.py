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

"""In a guest: runs shell scripts that come over TCP, says what they said.
Costs nothing while none comes.  ADDRESS is the kernel's command line's."""

import os
import socket
import subprocess

ADDRESS = os.environ["ADDRESS"]

subprocess.run("ip addr add %s/24 dev vec0 && ip link set vec0 up" % ADDRESS,
               shell=True, check=True)
listener = socket.create_server((ADDRESS, 7000))
script = None
while script != "end":
    c, _ = listener.accept()
    with c:
        script = b"".join(iter(lambda: c.recv(65536), b"")).decode()
        if script == "end":
            break
        r = subprocess.run(["sh", "-c", script], stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        c.sendall(r.stdout)
