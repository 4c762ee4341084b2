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


"""Very many peers that mean no good, from many addresses.

    herd.py server port count sources rate again [kinds]

count peers connect, rate of them a second, spread over sources addresses of
10.20.0.0/16, ten in each /24.  They are of these kinds, one after the other:
silent, slow, which sends an octet of a Start-Control-Connection-Request in a
second, started, which sends all of it, and calling, which opens a call, too.
The default is the first three.  If again is not 0, one that was closed comes
back after so many seconds.  At SIGTERM what happened is printed as JSON: how many connections
there were, how many are open, and for each kind how many were closed, and
how long those lived that were not closed at once, in seconds.
"""

import heapq
import json
import os
import resource
import select
import signal
import socket
import sys
import time

import wire

SILENT, SLOW, STARTED, CALLING = "silent", "slow", "started", "calling"
REQUEST = wire.control(wire.SCCRQ)
CALL = wire.control(wire.OCRQ, call_id=1)
AT_ONCE = 0.5                   # s, refused or to make room


def source(n):
    """The nth address, ten in each /24."""
    return "10.20.%d.%d" % (n // 10, 1 + n % 10)


class Member:
    def __init__(self, kind, address):
        self.kind, self.address = kind, address
        self.socket, self.born, self.sent = None, 0, 0


class Herd:
    def __init__(self, server, count, sources, rate, again, kinds):
        self.server, self.rate, self.again = server, rate, again
        self.epoll = select.epoll()
        self.byfd = {}
        self.timers = []        # (time, number, member, what)
        self.number = self.connections = 0
        self.closed = dict.fromkeys(kinds, 0)
        self.lives = {k: [] for k in kinds}
        self.done = False
        now = time.monotonic()
        for n in range(count):
            self.later(now + n / rate, Member(
                kinds[n % len(kinds)], source(n % sources)), self.connect)

    def later(self, when, member, what):
        self.number += 1
        heapq.heappush(self.timers, (when, self.number, member, what))

    def connect(self, m):
        m.socket = s = socket.socket()
        s.setblocking(False)
        m.sent, m.born = 0, None
        try:
            s.bind((m.address, 0))
            s.connect(self.server)
        except BlockingIOError:
            pass
        except OSError:
            self.close(m)
            return
        self.byfd[s.fileno()] = m
        self.epoll.register(s, select.EPOLLOUT | select.EPOLLIN)

    def close(self, m):
        if m.socket.fileno() in self.byfd:
            self.epoll.unregister(m.socket)
            del self.byfd[m.socket.fileno()]
        m.socket.close()
        m.socket = None
        if self.again:
            self.later(time.monotonic() + self.again, m, self.connect)

    def event(self, m, events):
        if m.born is None:
            if m.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self.close(m)
                return
            m.born = time.monotonic()
            self.connections += 1
            self.epoll.modify(m.socket, select.EPOLLIN)
            if m.kind == STARTED:
                self.send(m, REQUEST)
            elif m.kind == CALLING:
                self.send(m, REQUEST + CALL)
            elif m.kind == SLOW:
                self.send_octet(m)
            return
        try:
            if m.socket.recv(4096):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        life = time.monotonic() - m.born
        self.closed[m.kind] += 1
        if life > AT_ONCE:
            self.lives[m.kind].append(round(life, 3))
        self.close(m)

    @staticmethod
    def send(m, data):
        try:
            m.socket.send(data)
        except OSError:
            pass                # its end is read

    def send_octet(self, m):
        if m.socket is None or m.born is None:
            return
        self.send(m, REQUEST[m.sent:m.sent + 1])
        m.sent += 1
        if m.sent < len(REQUEST):
            self.later(time.monotonic() + 1, m, self.send_octet)

    def run(self):
        while not self.done:
            now = time.monotonic()
            while self.timers and self.timers[0][0] <= now:
                _, _, member, what = heapq.heappop(self.timers)
                what(member)
            left = self.timers[0][0] - time.monotonic() if self.timers else 1
            for fd, events in self.epoll.poll(max(0.001, min(left, 0.1))):
                if fd in self.byfd:
                    self.event(self.byfd[fd], events)
        print(json.dumps({
            "connections": self.connections, "open": len(self.byfd),
            "closed": self.closed, "lives": self.lives}))


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
    server, port, count, sources, rate, again = sys.argv[1:7]
    herd = Herd((server, int(port)), int(count), int(sources), float(rate),
                float(again), sys.argv[7:] or [SILENT, SLOW, STARTED])

    def stop(number, frame):
        herd.done = True
    signal.signal(signal.SIGTERM, stop)
    os.write(1, b"\n")          # ready
    herd.run()


if __name__ == "__main__":
    main()
