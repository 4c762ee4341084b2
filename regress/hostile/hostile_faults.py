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


"""Each n-th call of the system that fails, in each process, while a client is
served: failcalls.c.  FAULTS_ALL=1 in the environment: all of them."""

import ctypes
import errno
import mmap
import os
import re
import time

import hostile
import netns
import peer
from hostile_engines import HERE, build

ALL = "FAULTS_ALL" in os.environ
ROLES = ("supervisor", "parent", "control", "auth", "session")
# In the order of failcalls.c.
CALLS = ("malloc", "calloc", "realloc", "read", "readv", "write", "writev",
         "recv", "recvmsg", "recvmmsg", "send", "sendto", "sendmsg",
         "sendmmsg", "accept4", "epoll_ctl", "fork", "socket", "socketpair",
         "dup", "poll", "getsockname", "getsockopt", "setsockopt")
SHORT = -1
# V022 and V041 have the ones of GRE.
ERRORS = {
    "malloc": (errno.ENOMEM,), "calloc": (errno.ENOMEM,),
    "realloc": (errno.ENOMEM,),
    "read": (errno.EINTR, errno.EIO, SHORT),
    "readv": (errno.EINTR, errno.EIO, SHORT),
    "write": (errno.EAGAIN, errno.EIO, SHORT),
    "writev": (errno.EAGAIN, errno.EIO, SHORT),
    "recv": (errno.EINTR, errno.ECONNRESET, SHORT),
    "recvmsg": (errno.EINTR, errno.ENOMEM, SHORT),
    "recvmmsg": (errno.ENETDOWN, errno.ECONNREFUSED, errno.EHOSTUNREACH,
                 errno.ENOBUFS, errno.EINTR, errno.EIO, SHORT),
    "send": (errno.EAGAIN, errno.EPIPE, SHORT),
    "sendto": (errno.ENOBUFS, errno.EPERM),
    "sendmsg": (errno.EAGAIN, errno.ENOBUFS, errno.EPERM, SHORT),
    "sendmmsg": (errno.ENOBUFS, errno.EPERM, errno.EMSGSIZE,
                 errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EINTR, SHORT),
    "accept4": (errno.ECONNABORTED, errno.EMFILE, errno.EINTR,
                errno.ENOMEM),
    "epoll_ctl": (errno.ENOMEM,), "fork": (errno.EAGAIN,),
    "socket": (errno.EMFILE,), "socketpair": (errno.EMFILE,),
    "dup": (errno.EMFILE,), "poll": (errno.EINTR, errno.ENOMEM),
    "getsockname": (errno.ENOTCONN, errno.ENOBUFS),
    "getsockopt": (errno.ENOBUFS,), "setsockopt": (errno.EINVAL,),
}


class Orders(ctypes.Structure):
    _fields_ = [("role", ctypes.c_int32), ("call", ctypes.c_int32),
                ("left", ctypes.c_int32), ("error", ctypes.c_int32),
                ("fired", ctypes.c_int32), ("many", ctypes.c_int32),
                ("skew", ctypes.c_int64),
                ("count", ctypes.c_uint32 * len(CALLS) * len(ROLES))]


class Faulty:
    """A daemon whose calls can be told to fail; another when it ended."""

    def __init__(self, lab, *lines):
        if lab.sanitized:
            raise netns.Skip("sanitizers have their own malloc")
        build()
        self.lab, self.lines = lab, lines
        path = lab.path("orders")
        with open(path, "wb") as f:
            f.truncate(4096)
        self.file = open(path, "r+b")
        lab.files.append(self.file)
        self.map = mmap.mmap(self.file.fileno(), 4096)
        self.orders = Orders.from_buffer(self.map)
        self.env = dict(os.environ, FAULTS=path,
                        LD_PRELOAD=os.path.join(HERE, "failcalls.so"))
        self.starts = 0
        self.start()

    def start(self):
        self.orders.left = 0
        plain = self.lab.popen
        self.lab.popen = lambda *a, **k: plain(*a, **k, env=self.env)
        try:
            self.d = self.lab.daemon("remoteip 10.99.0.10-250", *self.lines,
                                     check=False, verbose=False)
        finally:
            self.lab.popen = plain
        self.starts += 1
        self.settle()
        self.fds = self.descriptors()

    def settle(self):
        """One session, so that what is made once is made."""
        hostile.served(self.lab)
        netns.until(lambda: not self.d.sessions(), 5, "no session")

    def descriptors(self):
        return [len(os.listdir("/proc/%d/fd" % pid)) for pid in
                [self.d.proc.pid] + self.d.children]

    def arm(self, role, call, n, error, many=0):
        o = self.orders
        o.left = o.fired = 0
        o.role, o.call = ROLES.index(role), CALLS.index(call)
        o.error, o.many = error, many
        o.left = n

    def count(self, work):
        """What that takes: {(role, call): how often}."""
        for role in self.orders.count:
            for i in range(len(CALLS)):
                role[i] = 0
        work(self)
        return {(r, c): self.orders.count[i][j]
                for i, r in enumerate(ROLES) for j, c in enumerate(CALLS)
                if self.orders.count[i][j]}

    def again(self):
        """That one is spent."""
        d = self.d
        if d.proc.poll() is None:
            d.stop()
        d.stopped = True
        self.lab.end_test(True)
        self.start()


def session(f):
    """A client comes, is looked at, and goes."""
    p = f.lab.peer()
    p.timeout = 1.0
    try:
        p.s5()
        p.ping(p.gateway)
        f.d.ctl("show", "sessions")
        p.close()
    except (AssertionError, OSError):
        p.close()


def reload(f):
    try:
        f.d.ctl("reload")
    except AssertionError:
        pass


def check(f, what, before):
    """Whatever failed: a client gets its session within 2 s, nothing is left
    behind, and who died did so by itself."""
    d = f.d
    f.orders.left = 0
    began = time.monotonic()
    while True:
        try:
            p = f.lab.peer()
            p.timeout = 1.0
            p.s5()
            p.ping(p.gateway)
            p.close()
            break
        except (AssertionError, OSError):
            p.close()
        assert d.proc.poll() is None, "%s: the end\n%s" % (what, d.log())
        assert time.monotonic() - began < 2.5, "%s: no service\n%s" % (
            what, d.log()[-2000:])
        time.sleep(0.005)
    for p in f.lab.peers:
        p.close()
    del f.lab.peers[:]
    new = d.log()[before:]
    assert not re.search(r"died of signal (?!9\b)", new), "%s: %s" % (
        what, new)
    same = netns.children(d.proc.pid) == d.children

    def clean():
        try:
            return not d.sessions() and not d.routes() and (
                not same or all(a <= b for a, b in zip(
                    f.descriptors(), f.fds)))
        except AssertionError:
            return False
    try:
        netns.until(clean, 3, "")
    except peer.Timeout:
        raise AssertionError("%s: left: %r, %r, %r not %r\n%s" % (
            what, d.sessions(), d.routes(), f.descriptors(), f.fds,
            new[-1000:])) from None
    if not same:
        f.again()
    return same


def sweep(f, work, wanted, part):
    """Every part'th n of the calls that wanted() is about."""
    counts = f.count(work)
    points = died = unfired = 0
    faults = []
    for (role, call), total in sorted(counts.items()):
        for error in ERRORS[call]:
            if not wanted(role, call, error):
                continue
            # One octet of a packet is another packet.
            if error == SHORT and role == "session" and call in (
                    "read", "readv", "write", "writev"):
                continue
            n = 1
            while n <= total:
                before = len(f.d.log())
                f.arm(role, call, n, error)
                work(f)
                what = "%s: %s %d of %d: %s" % (
                    role, call, n, total, "short" if error == SHORT else
                    errno.errorcode[error])
                try:
                    points += 1
                    unfired += f.orders.fired == 0
                    died += not check(f, what, before)
                except AssertionError as e:
                    faults.append(str(e))
                    if len(faults) > (200 if ALL else 5):
                        raise AssertionError("\n".join(faults)) from None
                    if ALL:
                        print("# " + str(e).replace("\n", "\n# "), flush=True)
                    f.again()
                n += part if part > 1 else 1
    print("# %d calls that failed, %d of them not there then, %d the end of "
          "a process" % (points, unfired, died), flush=True)
    assert not faults, "\n".join(faults)
    assert unfired < points


def is_gre(role, call, error):
    return role == "session" and call in ("recvmmsg", "sendmmsg")


def is_memory(role, call, error):
    return error == errno.ENOMEM


def test_T15_memory(lab):
    sweep(Faulty(lab), session, is_memory, 1 if ALL else 40)


def test_T15_system_calls(lab):
    sweep(Faulty(lab), session, lambda *a: not is_memory(*a) and
          not is_gre(*a) and a[1] != "getsockname", 1 if ALL else 12)


def test_T15_V022_V041_gre_socket(lab):
    """Of the GRE socket: the packets are lost, the session is not."""
    sweep(Faulty(lab), session, is_gre, 1 if ALL else 6)


def test_T15_V014_no_endpoints(lab):
    """getsockname(2) fails: that connection is not taken."""
    sweep(Faulty(lab), session, lambda r, c, e: c == "getsockname", 1)


def test_T15_reload(lab):
    sweep(Faulty(lab), reload, lambda *a: True, 1 if ALL else 60)
