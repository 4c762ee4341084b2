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


"""What those may do who have not authenticated: how many, how long, how much.
The names of the tests have the numbers of the list of hostile tests.
"""

import contextlib
import json
import os
import random
import re
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import time

import herd
import netns
import peer
import wire

DEFAULTS = ("max-startups 64:30:128", "source-startups 8", "net-startups 32")
REQUEST = wire.control(wire.SCCRQ)


@contextlib.contextmanager
def many_addresses(lab):
    """The client has all of 10.20.0.0/16, too."""
    lab.ip("client", "route add local 10.20.0.0/16 dev lo")
    lab.ip("server", "route add 10.20.0.0/16 via %s" % netns.CLIENT)
    try:
        yield
    finally:
        lab.ip("server", "route del 10.20.0.0/16 via %s" % netns.CLIENT)
        lab.ip("client", "route del local 10.20.0.0/16 dev lo")


class Herd:
    """herd.py on the client; stop() gives its account."""

    def __init__(self, lab, *args):
        self.path = lab.path("herd")
        with open(self.path, "wb") as out:
            self.proc = lab.popen(
                "client", [sys.executable, "-B", herd.__file__,
                           netns.SERVER, "1723"] + [str(a) for a in args],
                stdout=out)
        netns.until(lambda: os.path.getsize(self.path) > 0, 10,
                    "the herd runs")

    def stop(self):
        self.proc.send_signal(signal.SIGTERM)
        assert netns.wait_exit(self.proc, 20) == 0
        with open(self.path) as f:
            return json.load(f)


def control(d, name):
    return d.stats()["control"][name]


def memory(d):
    """Resident octets of all processes."""
    total = 0
    for pid in [d.proc.pid] + netns.children(d.proc.pid):
        with open("/proc/%d/statm" % pid) as f:
            total += int(f.read().split()[1]) * resource.getpagesize()
    return total


def at_most(lab, octets):
    """Freed memory is kept for a while by a sanitizer."""
    with open(lab.pptpd, "rb") as f:
        return octets + (64 << 20 if b"__asan_init" in f.read() else 0)


def ticks(pid):
    """CPU time, in s."""
    with open("/proc/%d/stat" % pid) as f:
        words = f.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def limit_descriptors(pid, soft):
    """Its user may do that, if the hard limit stays."""
    with open("/proc/%d/status" % pid) as f:
        text = f.read()
    uid, gid = (int(re.search(r"^%s:\s+(\d+)" % k, text, re.M).group(1))
                for k in ("Uid", "Gid"))
    subprocess.run(["prlimit", "--pid", str(pid), "--nofile=%d:" % soft],
                   user=uid, group=gid, extra_groups=[], check=True)


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def dial_for(lab, seconds):
    """Set-up times of a good client, one dial after the other, and in between
    one from 50 ms away, as far as its first two messages are concerned."""
    times, dropped = [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        status, out = lab.dial()
        times.append(time.monotonic() - began)
        assert status == 0, (len(times), out)
        p = lab.peer().s0()
        try:
            select.select([], [], [], 0.05)
            p.control(wire.SCCRQ)
            p.expect_control(wire.SCCRP)
            select.select([], [], [], 0.05)
            p.s2()
        except (peer.Closed, OSError):
            dropped += 1
        p.close()
    # On a busy machine it is away for longer, and may be the one that goes.
    assert dropped <= len(times) // 10, (dropped, len(times))
    return sorted(times)


def reset(p):
    p.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
    p.close()


# ------------------------------------------------- many who are not let in

def test_T08_V017_half_open_10000_peers_that_come_again(lab):
    """The limits as they are by default; a good client always gets in."""
    d = lab.daemon("start-timeout 3", "setup-timeout 3", *DEFAULTS,
                   drop=("max-startups", "source-startups", "net-startups"))
    before, engine = memory(d), d.role("control")
    with many_addresses(lab):
        h = Herd(lab, 10000, 250, 2000, 4)
        times = dial_for(lab, 8)
        cpu = ticks(engine) / 8
        now = d.stats()["control"]
        grown = memory(d) - before
        got = h.stop()
    assert len(times) >= 30, times
    p99 = times[(len(times) * 99 - 1) // 100]
    assert p99 < 1.0, times[-5:]
    assert now["connections_unauthenticated"] <= 128, now
    assert now["connections"] <= 130, now
    assert now["connections_dropped"] + now["connections_refused"] > 5000, now
    assert now["over_max_startups"] > 1000, now
    assert grown < at_most(lab, 8 << 20), grown
    assert got["connections"] > 5000, got["connections"]
    # Those that began have a second more for their last words.
    for kind, lives in got["lives"].items():
        assert max(lives, default=0) < 3 + 1.5 + (kind == herd.STARTED), kind
    lines = [x for x in d.log().splitlines() if "max-startups reached" in x]
    assert 1 <= len(lines) <= 3, lines
    print("# %d dials, p99 %.3f s, worst %.3f s; %d connections of the herd, "
          "%d %% of a CPU, %d KiB more" % (len(times), p99, times[-1],
                                           got["connections"], cpu * 100,
                                           grown >> 10))


def test_T08_half_open_10000_peers_at_a_time(lab):
    """Without limits but time and memory: each goes at its deadline."""
    d = lab.daemon("start-timeout 4", "setup-timeout 4",
                   "max-startups 12000:100:12000", drop=("max-startups",))
    before = memory(d)
    with many_addresses(lab):
        h = Herd(lab, 10000, 250, 4000, 0)
        netns.until(lambda: control(d, "connections") >= 8000, 15,
                    "they are there")
        times = dial_for(lab, 3)
        grown = memory(d) - before
        netns.until(lambda: control(d, "connections") == 0, 20,
                    "all of them are gone")
        got = h.stop()
    assert times[-1] < 1.0, times[-5:]
    assert grown < at_most(lab, 16 << 20), grown
    assert got["open"] == 0 and got["connections"] == 10000, got
    for kind, lives in got["lives"].items():
        assert len(lives) > 3300, (kind, len(lives))
        late = 1 if kind == herd.STARTED else 0
        assert 3.0 < min(lives) and max(lives) < 5.0 + late + 1, (
            kind, min(lives), max(lives))
    assert control(d, "connections_timeout") == 10000
    print("# %d dials, worst %.3f s; %d KiB more for 10000 connections" %
          (len(times), times[-1], grown >> 10))


def test_T11_1000_connections_of_one_address_or_net(lab):
    d = lab.daemon("start-timeout 60", "setup-timeout 60", *DEFAULTS,
                   drop=("max-startups", "source-startups", "net-startups"))
    with many_addresses(lab):
        for count, sources, most, limit in (
                (1000, 1, 8, "over_source_startups"),
                (1000, 10, 32, "over_net_startups")):
            h = Herd(lab, count, sources, 1000, 1)
            netns.until(lambda: control(d, limit) > 500, 10, limit)
            now = d.stats()["control"]
            assert now["connections_unauthenticated"] <= most, now
            # From another net, from the same net, and, with some luck,
            # from the very address.
            for source, tries in ((netns.CLIENT, 1), ("10.20.0.200", 2),
                                  (herd.source(0), 20)):
                for n in range(tries):
                    status, out = lab.dial("-b", source)
                    if status == 0:
                        break
                assert status == 0, (limit, source, out)
            h.stop()
            netns.until(lambda: control(d, "connections") == 0, 5,
                        "all are gone")


def test_T08_V017_half_open_calls(lab):
    """As many that open calls, and then go silent: whose net has not as many
    as others gets in."""
    d = lab.daemon("max-sessions 300", "remoteip 10.99.1.0-10.99.2.255",
                   *DEFAULTS,
                   drop=("max-startups", "source-startups", "net-startups"))
    with many_addresses(lab):
        h = Herd(lab, 10000, 250, 1000, 4, herd.CALLING)
        netns.until(lambda: control(d, "connections_refused") > 500, 10,
                    "all places have calls")
        times = dial_for(lab, 3)
        now = d.stats()["control"]
        h.stop()
    assert times[-1] < 1.0, times[-5:]
    assert now["calls"] <= 130, now
    print("# %d dials, worst %.3f s" % (len(times), times[-1]))


def test_calls_in_set_up_are_left_alone(lab):
    """With calls in all places nobody has to go, the new one is refused."""
    d = lab.daemon("max-startups 4:100:4", drop=("max-startups",))
    peers = [lab.peer().s2() for _ in range(4)]
    lab.peer().s0().expect_close(2)
    assert control(d, "connections_refused") == 1
    for p in peers:
        p.s5().ping(p.gateway)
    now = d.stats()["control"]
    assert now["connections_unauthenticated"] == 0, now
    assert now["connections"] == 4 and now["connections_dropped"] == 0, now
    p = lab.peer().s5()
    # Nobody who was let in has to go for those who are not.
    idle = [lab.peer().s0() for _ in range(20)]
    netns.until(lambda: control(d, "connections_dropped") == 16, 5,
                "the others had to go")
    assert len(d.sessions()) == 5
    p.ping(p.gateway)
    for q in idle:
        q.close()


def test_random_early_drop(lab):
    """From the first number on one goes that makes no progress, but only
    after its time."""
    d = lab.daemon("max-startups 2:100:100", drop=("max-startups",))
    old = [lab.peer().s0() for _ in range(10)]
    assert control(d, "connections_dropped") == 0
    assert select.select([p.tcp for p in old], [], [], 2.1)[0] == []
    for n in range(1, 9):
        lab.peer().s0()
        netns.until(lambda: control(d, "connections_dropped") > 0, 5,
                    "one had to go")
    gone = [p for p in old if select.select([p.tcp], [], [], 0)[0]]
    assert 1 <= len(gone) <= 8, len(gone)
    assert control(d, "connections_refused") == 0


def test_limits_are_reloaded(lab):
    d = lab.daemon("source-startups 0")
    keep = [lab.peer().s0() for _ in range(10)]
    d.write(netns.config("max-startups 50:40:60", "source-startups 3",
                         "net-startups 4", "connection-calls 1",
                         "start-timeout 20"))
    assert d.ctl("reload")["changes"] == [
        "connection-calls: 8 -> 1", "max-startups: 2000:100:2000 -> 50:40:60",
        "source-startups: 0 -> 3", "net-startups: 0 -> 4",
        "start-timeout: 10 -> 20"]
    lab.peer().s1()
    now = d.stats()["control"]
    assert now["over_source_startups"] == 1 and now["connections"] == 10, now
    assert sum(1 for p in keep
               if select.select([p.tcp], [], [], 0)[0]) == 1


# ---------------------------------------------------------- descriptors

def test_T09_V016_few_descriptors(lab):
    """A flood with few descriptors: sessions and pptpctl do not notice."""
    for nofile in (64, 128, 256):
        d = lab.daemon("max-sessions 5", nofile=nofile)
        engine = d.role("control")
        good = lab.peer().s5()
        many = [lab.peer().s0() for _ in range(300)]
        good.ping(good.gateway)
        # For pptpctl there is always one, and for a client that means it.
        c = d.stats()["control"]
        assert c["connections"] <= nofile - 32, c
        assert c["over_descriptors"] >= 300 - nofile, c
        before = ticks(engine)
        assert good.silence(1.0) == []
        assert ticks(engine) - before < 0.05, "a busy loop"
        lab.peer().s5()
        for p in many:
            p.close()
        began = time.monotonic()
        lab.peer().s5()
        assert time.monotonic() - began < 2
        good.ping(good.gateway)
        for p in lab.peers:
            p.close()
        assert d.stop() == 0
        d.unchanged = lambda: None


def test_T09_accept_pauses(lab):
    """Out of them all the same: it pauses, and does not run in circles."""
    d = lab.daemon()
    good = lab.peer().s5()
    engine = d.role("control")
    with open("/proc/%d/limits" % engine) as f:
        usual = int(re.search(r"^Max open files +(\d+)", f.read(),
                              re.M).group(1))
    limit_descriptors(engine, descriptors(engine))
    waiting = [lab.peer().s0() for _ in range(20)]
    before = ticks(engine)
    good.ping(good.gateway)
    assert good.silence(1.5) == []
    assert ticks(engine) - before < 0.05, "a busy loop"
    limit_descriptors(engine, usual)
    began = time.monotonic()
    for p in waiting:
        p.control(wire.SCCRQ)
        p.expect_control(wire.SCCRP)
    assert time.monotonic() - began < 2
    assert control(d, "accept_paused") > 1


def test_V013_descriptors_come_back(lab):
    d = lab.daemon()
    engine = d.role("control")
    few = descriptors(engine)
    for n in range(500):
        p = lab.peer().s0()
        p.send(REQUEST + wire.control(wire.OCRQ, call_id=1))
        reset(p)
    netns.until(lambda: descriptors(engine) <= few, 5, "all are closed")


# ------------------------------------------------------ one connection

def test_T11_V020_65535_call_requests(lab):
    """All are answered, nearly all by "busy"; nobody else waits."""
    d = lab.daemon("connection-calls 8")
    p = lab.peer().s1()
    p.tcp.setblocking(False)
    before = memory(d)
    data = b"".join(wire.control(wire.OCRQ, call_id=n)
                    for n in range(1, 65536))
    sent, got, worst, probe = 0, bytearray(), 0, 0
    end = time.monotonic() + 40
    while len(got) < 65535 * 32:
        assert time.monotonic() < end, (sent, len(got))
        r, w, _ = select.select([p.tcp], [p.tcp] if sent < len(data) else [],
                                [], 5)
        if r:
            got += p.tcp.recv(1 << 16)
        if w:
            sent += p.tcp.send(data[sent:sent + (1 << 16)])
        if len(got) > probe:
            probe += 65535 * 32 // 5
            began = time.monotonic()
            status, out = lab.dial()
            worst = max(worst, time.monotonic() - began)
            assert status == 0, out
    grown = memory(d) - before
    results = [got[n + 16] for n in range(0, len(got), 32)
               if got[n + 9] == wire.OCRP]
    assert len(results) == 65535
    assert results.count(1) == 1 and results.count(4) == 65534
    assert worst < 1, worst
    assert grown < at_most(lab, 2 << 20), grown
    assert control(d, "calls_limited") == 65534
    lines = [x for x in d.log().splitlines()
             if re.match(r"^control: login ", x)]
    assert len(lines) < 20 + 5 * 45, len(lines)
    assert control(d, "log_suppressed") > 60000
    # It is still a good connection.
    p.tcp.setblocking(True)
    p.controls, p.stream = [], b""
    assert p.control_fence() == []


def test_calls_of_one_connection(lab):
    """One until somebody is let in, then as many as are configured."""
    d = lab.daemon("connection-calls 3")
    p = lab.peer(call_id=1).s2()
    p.control(wire.OCRQ, call_id=2)
    assert p.expect_control(wire.OCRP).result == 4
    p.s5()
    others = []
    for n in (2, 3):
        q = lab.peer(call_id=n)
        q.tcp, q.source = p.tcp, p.source
        others.append(q.s2())
    p.control(wire.OCRQ, call_id=4)
    assert p.expect_control(wire.OCRP).result == 4
    for q in others:
        q.s5().ping(q.gateway)
        q.tcp = None
    p.ping(p.gateway)
    assert control(d, "calls_limited") == 2
    # Who is not let in does not go on for ever.
    p = lab.peer().s1()
    for n in range(1, 4):
        p.control(wire.OCRQ, call_id=n)
        assert p.expect_control(wire.OCRP).result == 1
        p.control(wire.CCRQ, call_id=n)
        p.expect_control(wire.CDN)
    p.control(wire.OCRQ, call_id=9)
    assert p.expect_control(wire.OCRP).result == 4


def test_all_call_ids_in_turn(lab):
    """None is used twice before all were; then those that rest longest."""
    lab.daemon("connection-calls 8")
    p = lab.peer(call_id=1).s5()
    first = p.peer_call_id
    pairs = {n: wire.control(wire.OCRQ, call_id=n) +
             wire.control(wire.CCRQ, call_id=n) for n in range(2, 9)}
    # An OCRP tells which of ours it is about, a CDN does not: a round each.
    ids, stream = [], b""
    while len(ids) < 65534 + 70:
        p.send(b"".join(pairs.values()))
        ended = 0
        while ended < 7:
            assert select.select([p.tcp], [], [], 5)[0], len(ids)
            stream += p.tcp.recv(1 << 16)
            n = 0
            while len(stream) - n >= 12 and \
                    len(stream) - n >= stream[n + 1]:
                if stream[n + 9] == wire.CDN:
                    ids.append(struct.unpack(">H", stream[n + 12:n + 14])[0])
                    ended += 1
                n += stream[n + 1]
            stream = stream[n:]
    assert len(set(ids[:65534])) == 65534
    assert first not in ids and 0 not in ids
    again = {ids.index(n) for n in ids[65534:]}
    assert len(again) == len(ids) - 65534 and max(again) < 90, again
    assert stream == b""
    assert p.control_fence() == []


def test_calls_give_no_more_time(lab):
    d = lab.daemon("setup-timeout 2", "auth-timeout 1", "retry-timeout 1")
    p = lab.peer(call_id=1).s2()
    began = time.monotonic()
    p.expect_control(wire.CDN, 5)
    p.call_id = 2
    p.call()
    got = p.expect_close(8)
    assert time.monotonic() - began < 5
    assert [m.name for m in got] == ["CDN", "StopCCRQ"], got
    assert control(d, "connections_timeout") == 1


def test_V019_long_message(lab):
    d = lab.daemon()
    p = lab.peer().s0()
    p.send(struct.pack(">HHIHH", 0x4000, 1, wire.COOKIE, 1, 0) + bytes(100))
    assert p.expect_close(1) == []
    assert control(d, "connections_protocol_error") == 1


def test_T12_no_reflection(lab):
    """An address gets GRE only as long as it holds a connection, and not
    much before it sends some."""
    d = lab.daemon("retry-timeout 1")
    link = lab.listen_link("client", "eth0")
    link.setblocking(False)
    octets = {}                 # by the peer's call id

    def take(until):
        while True:
            left = until - time.monotonic()
            if left <= 0 or not select.select([link], [], [], left)[0]:
                return
            data, address = link.recvfrom(65536)
            if len(data) < 28 or data[9] != 47 or \
                    wire.text(data[12:16]) != netns.SERVER:
                continue
            ident, = struct.unpack(">H", data[26:28])
            octets[ident] = octets.get(ident, 0) + len(data)

    silent = [lab.peer(call_id=n).s2() for n in range(1, 31)]
    for n in range(1000, 1300):
        p = lab.peer(call_id=n).s1()
        p.call()
        if n % 3 == 0:
            reset(p)
        elif n % 3 == 1:
            p.close()
        else:
            p.control(wire.CCRQ, call_id=n)
            p.expect_control(wire.CDN)
        if n % 10 == 0:
            take(time.monotonic() + 0.001)
    netns.until(lambda: len(d.calls()) <= 30, 5, "they are closed")
    take(time.monotonic() + 0.05)
    before = {n: octets.get(n, 0) for n in range(1000, 1300)}
    for p in silent:
        take(time.monotonic() + 0.01)
    for p in silent:
        while True:
            take(time.monotonic() + 0.01)
            if select.select([p.tcp], [], [], 0.01)[0]:
                break
    for p in silent:
        p.expect_control(wire.CDN, 1)
    for n in range(1, 31):
        assert 0 < octets[n] <= 1024, (n, octets[n])
    for n in range(1000, 1300):
        assert octets.get(n, 0) == before[n] <= 200, (n, octets[n])
    print("# %d octets of GRE to a client that sends none" % octets[1])


def test_T22_V009_V010_batch_and_end(lab):
    """All in one segment, in any order, and then gone in any way."""
    d = lab.daemon()
    seed = int.from_bytes(os.urandom(4), "big")
    rng = random.Random(seed)
    print("# seed %d" % seed)
    parts = [wire.control(wire.ECHORQ, id=7) * 82,
             wire.control(wire.OCRQ, call_id=1),
             wire.control(wire.CCRQ, call_id=1),
             wire.control(wire.STOPCCRQ), wire.control(wire.CCRQ, call_id=1),
             wire.control(wire.OCRQ, call_id=2)]
    for n in range(600):
        p = lab.peer().s0()
        rng.shuffle(parts)
        batch = REQUEST + b"".join(parts)
        p.send(batch[:len(batch) - rng.choice((0, 0, 1, 100))])
        if rng.random() < 0.5:
            select.select([], [], [], rng.random() * 0.002)
        how = rng.randrange(3)
        if how == 0:
            reset(p)
            continue
        try:
            if how == 1:
                p.send(batch)
            p.tcp.shutdown(socket.SHUT_WR)
        except OSError:
            pass                # it was closed already
        p.close()
    netns.until(lambda: not d.calls() and not control(d, "connections"), 5,
                "all are gone")
    assert not d.sessions()
    p = lab.peer().s5()
    p.ping(p.gateway)


def test_T23_V011_slow_reader(lab):
    """What waits for it is bounded, whole, and not kept for ever."""
    d = lab.daemon("echo-timeout 2", "setup-timeout 60")
    before = memory(d)
    peers = []
    for n in range(8):
        p = lab.peer()
        p.tcp = p.open_socket(socket.AF_INET, socket.SOCK_STREAM, 0)
        p.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        p.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2048)
        p.tcp.connect((p.server, p.port))
        p.send(REQUEST)
        p.tcp.setblocking(False)
        peers.append(p)
    batch = b"".join(wire.control(wire.ECHORQ, id=n) for n in range(10000))
    sent = dict.fromkeys(peers, 0)
    busy = set(peers)
    while busy:
        w = select.select([], [p.tcp for p in busy], [], 0.3)[1]
        if not w:
            break
        for p in list(busy):
            if p.tcp in w:
                sent[p] += p.tcp.send(batch[sent[p]:sent[p] + 4096])
                if sent[p] == len(batch):
                    busy.remove(p)
    began = time.monotonic()
    assert not [p for p in peers if sent[p] == len(batch)], \
        "it takes all without an end: %r" % sent.values()
    # The kernel's buffers on both sides are most of it.
    assert max(sent.values()) < 65536, max(sent.values())
    assert memory(d) - before < at_most(lab, 1 << 20)
    good = lab.peer().s5()
    good.ping(good.gateway)
    # One of them reads an octet now and then, which is not enough.
    stream, closed = {p: b"" for p in peers}, None
    while control(d, "connections") > 1:
        assert time.monotonic() - began < 6, "not closed"
        select.select([], [], [], 0.1)
        stream[peers[0]] += peers[0].tcp.recv(1)
    took = time.monotonic() - began
    assert 1 < took < 4, took
    assert control(d, "connections_timeout") == 8
    for p in peers:
        p.tcp.settimeout(2)
        try:
            while True:
                data = p.tcp.recv(65536)
                if not data:
                    break
                stream[p] += data
        except ConnectionError:
            pass
        got, rest = wire.split_controls(stream[p])
        ids = [m.id for m in got[1:]]
        assert got[0].type == wire.SCCRP and ids == list(range(len(ids)))
    good.ping(good.gateway)
