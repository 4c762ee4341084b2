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

"""A long and bad line between two hosts of a lab: a tun device on each, and a
thread between them that delays, loses and reorders what goes over it.  Not
every kernel has netem.
"""

import collections
import fcntl
import os
import random
import select
import struct
import threading
import time

TUNSETIFF = 0x400454ca
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
NAME = "line"


class Line(threading.Thread):
    def __init__(self, lab, near, far, delay, loss=0, late=0, seed=1):
        """near and far are (host, address).  delay: seconds each way.  loss:
        one of so many packets of each IP protocol, not by chance, for two of
        them are to be compared.  late: one in 20 lets up to so many pass."""
        super().__init__(daemon=True)
        self.delay, self.loss, self.late = delay, loss, late
        self.rng = random.Random(seed)
        self.fds = [self._open(lab, *end) for end in (near, far)]
        lab.ip(near[0], "route add %s dev %s" % (far[1], NAME))
        lab.ip(far[0], "route add %s dev %s" % (near[1], NAME))
        self.queues = [collections.deque() for _ in self.fds]
        # [packets to wait for, packet], by direction
        self.held = [[] for _ in self.fds]
        self.left = {}          # packets until the next loss
        self.packets = self.lost = self.reordered = 0
        self.wake, self.stop = os.pipe()
        lab.files.append(self)
        self.start()

    @staticmethod
    def _open(lab, host, address):
        fd = lab.inside(host, lambda: os.open("/dev/net/tun", os.O_RDWR |
                                              os.O_NONBLOCK))
        fcntl.ioctl(fd, TUNSETIFF, struct.pack(
            "16sH22x", NAME.encode(), IFF_TUN | IFF_NO_PI))
        lab.ip(host, "addr add %s/32 dev %s" % (address, NAME))
        lab.ip(host, "link set %s up" % NAME)
        return fd

    def run(self):
        while True:
            due = min((q[0][0] for q in self.queues if q), default=None)
            wait = None if due is None else max(0, due - time.monotonic())
            ready = select.select(self.fds + [self.wake], [], [], wait)[0]
            if self.wake in ready:
                return
            for n, fd in enumerate(self.fds):
                if fd in ready:
                    self._receive(n)
            self._deliver()

    def _receive(self, n):
        """Put on their way what this end sends."""
        for _ in range(64):
            try:
                packet = os.read(self.fds[n], 2048)
            except BlockingIOError:
                return
            self.packets += 1
            if self.loss and self._lose(n, packet[9]):
                self.lost += 1
                continue
            if self.late and self.rng.random() < 0.05:
                self.reordered += 1
                self.held[n].append([self.rng.randint(1, self.late), packet])
                continue
            passed = [packet]
            for h in self.held[n]:
                h[0] -= 1
            passed += [h[1] for h in self.held[n] if h[0] == 0]
            self.held[n] = [h for h in self.held[n] if h[0] > 0]
            when = time.monotonic() + self.delay
            self.queues[n].extend((when, p) for p in passed)

    def _lose(self, n, protocol):
        """Each 100th or so: not in step with anything."""
        left = self.left.get((n, protocol), self.loss) - 1
        if left <= 0:
            self.left[n, protocol] = self.rng.randint(self.loss * 3 // 4,
                                                      self.loss * 5 // 4)
            return True
        self.left[n, protocol] = left
        return False

    def _deliver(self):
        now = time.monotonic()
        for n, queue in enumerate(self.queues):
            while queue and queue[0][0] <= now:
                packet = queue.popleft()[1]
                try:
                    os.write(self.fds[1 - n], packet)
                except OSError:
                    self.lost += 1      # no room there

    def close(self):
        """End it; both devices go."""
        os.close(self.stop)
        self.join()
        for fd in self.fds + [self.wake]:
            os.close(fd)
