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

"""What must hold whatever anybody sends.

    with hostile.watch(lab, d) as w:
        ... hostile input ...
        w.served()          # somebody else gets a session meanwhile

Before, a reference client comes up, and stays.  In the end: the processes are
those of the start; the reference client's session works, and another client
gets one; sessions, descriptors and memory are back where they were; what the
log got is bounded and holds no raw octet; the processes are idle.
"""

import contextlib
import os
import time

import netns


def daemon(lab, *lines, **how):
    """As people run it: without debug lines, which are not bounded."""
    how.setdefault("verbose", False)
    return lab.daemon("remoteip 10.99.0.10-250", *lines, **how)


def pids(d):
    return [d.proc.pid] + d.children


def descriptors(d):
    return [len(os.listdir("/proc/%d/fd" % pid)) for pid in pids(d)]


def memory(d):
    """Resident octets of all processes."""
    total = 0
    for pid in pids(d):
        with open("/proc/%d/statm" % pid) as f:
            total += int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    return total


def cpu(d):
    """Nanoseconds that they have run, all together."""
    total = 0
    for pid in pids(d):
        with open("/proc/%d/schedstat" % pid) as f:
            total += int(f.read().split()[0])
    return total


def idle(d):
    """Less than 5 % of a processor, in a short while."""
    began, before = time.monotonic(), cpu(d)
    time.sleep(0.1)     # a span of time is what is measured
    return cpu(d) - before < 0.05e9 * (time.monotonic() - began)


def served(lab, **how):
    """A client gets its session and a ping; its connection is closed."""
    p = lab.peer(**how).s5()
    p.ping(p.gateway)
    p.close()
    return p


class Watch:
    def __init__(self, lab, d, memory_growth=4 << 20):
        self.lab, self.d = lab, d
        self.growth = memory_growth
        served(lab)
        self.reference = lab.peer().s5()
        netns.until(lambda: len(d.sessions()) == 1, 5, "one session")
        self.fds = descriptors(d)
        self.rss = memory(d)
        self.log = os.path.getsize(d.log_path)
        self.began = time.monotonic()

    def served(self):
        """Now, in the middle of it."""
        self.reference.settle()
        served(self.lab)

    def check(self):
        d = self.d
        d.unchanged()
        # Its socket got what the others did, too, and may be full.
        self.reference.settle()
        served(self.lab)
        netns.until(lambda: len(d.sessions()) == 1, 30,
                    "no session but the reference client's is left")
        netns.until(lambda: all(a <= b for a, b in zip(
            descriptors(d), self.fds)), 30, "descriptors are closed")
        self.check_log()
        if not self.lab.sanitized:      # it keeps freed memory for a while
            netns.until(lambda: memory(d) - self.rss < self.growth, 30,
                        "memory: %d octets more" % (memory(d) - self.rss))
        for _ in range(50):
            if idle(d):
                break
        else:
            raise AssertionError("busy without work")
        self.reference.close()

    def check_log(self):
        with open(self.d.log_path, "rb") as f:
            f.seek(self.log)
            data = f.read()
        for octet in set(data):
            assert octet == 10 or 32 <= octet < 127, \
                "octet %02x in the log" % octet
        # Those that one address causes; two processes write them, each 20
        # at once, then 5 a second and how many others there were.
        lines = [n for n in data.decode().splitlines()
                 if n.startswith(("control: ", "session: ")) and
                 " result=ok " not in n and ": logout " not in n]
        most = 2 * (30 + 10 * (time.monotonic() - self.began))
        assert len(lines) < most, "%d lines in the log" % len(lines)


@contextlib.contextmanager
def watch(lab, d, **how):
    w = Watch(lab, d, **how)
    yield w
    w.check()
