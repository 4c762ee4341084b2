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

"""Hostile input on TCP port 1723.  The names are those of ../catalogue.ids."""

import math
import os
import select
import signal
import socket
import struct
import time

import generate
import hostile
import netns
import peer
import wire

LINGER_NOTHING = struct.pack("ii", 1, 0)        # close with a RST


def reset(p):
    p.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOTHING)
    p.close()


def send(p, data):
    """To a server that may have hung up already."""
    try:
        p.send(data)
    except ConnectionError:
        pass


def closes(p, within=1.0):
    """Nothing but the end, soon."""
    assert p.expect_close(within * 5) == []
    p.close()


def in_state(lab, state, **how):
    return getattr(lab.peer(**how), state)()


def torture(lab, cases, state, w):
    """Connections by the dozen get one case each: all must be closed, but
    those whose case may be valid."""
    cases = list(cases)
    for off in range(0, len(cases), 96):
        some = cases[off:off + 96]
        peers = [lab.peer() for _ in some]
        for p in peers:
            p.s0()
        if state != "s0":
            for p in peers:
                p.control(wire.SCCRQ)
            for p in peers:
                p.expect_control(wire.SCCRP)
        if state == "s2":
            for n, p in enumerate(peers):
                p.control(wire.OCRQ, call_id=n + 1)
            for p in peers:
                assert p.expect_control(wire.OCRP).result == 1
        began = time.monotonic()
        for p, (_, data, _) in zip(peers, some):
            send(p, data)
        w.reference.ping(w.reference.gateway)
        for p, (kind, data, good) in zip(peers, some):
            if not good:
                got = p.expect_close(5)
                assert got == [], (state, kind, len(data), got)
        assert time.monotonic() - began < (5 if lab.sanitized else 2)
        for p in peers:
            p.close()
        lab.peers[:] = [p for p in lab.peers if p.tcp is not None]


def test_V001_garbage(lab):
    d = hostile.daemon(lab)
    with hostile.watch(lab, d) as w:
        for data in (b"X" * 256, b"\x0a\x04\x00" + b"X" * 5, b"X" * 8,
                     b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01" + bytes(99),
                     b"SSH-2.0-x\r\n", b"\xff" * 4096):
            for state in ("s0", "s1", "s2"):
                p = in_state(lab, state)
                send(p, data)
                closes(p)
        w.served()


def test_V002_length_of_nothing(lab):
    """Length 0 and 1, and 1500 octets behind it."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        for length in (b"\0\0", b"\0\1"):
            for state in ("s0", "s1", "s2"):
                p = in_state(lab, state)
                send(p, length + b"A" * 1500)
                closes(p)


def test_V003_unknown_type_without_length(lab):
    d = hostile.daemon(lab)
    with hostile.watch(lab, d) as w:
        for state in ("s0", "s1", "s2"):
            p = in_state(lab, state)
            send(p, wire.control(99, length=0) + wire.control(wire.SCCRQ))
            closes(p)
            w.served()


def test_V004_length_zero_once_established(lab):
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        for n in range(20):
            p = in_state(lab, "s1")
            send(p, wire.control(99, length=0) + b"abcd")
            began = time.monotonic()
            lab.peer().s1().close()
            took = time.monotonic() - began
            assert took < (1.0 if lab.sanitized else 0.5), took
            closes(p)


def test_V005_start_request_that_goes_on(lab):
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        p = in_state(lab, "s0")
        send(p, wire.control(wire.SCCRQ) + b"B" * 3000)
        got = [m.type for m in p.expect_close(5)]
        assert got in ([], [wire.SCCRP]), got
        p.close()
        p = in_state(lab, "s0")
        send(p, wire.control(wire.SCCRQ, length=3000) + b"B" * 3000)
        closes(p)


def test_V006_texts_without_end(lab):
    """No NUL in 64 octets, and what could forge lines of a log."""
    d = hostile.daemon(lab)
    texts = (b"\xff" * 64, b"A" * 64, b"%s%n" * 16, b"\x1b[2J\r\n" * 10,
             b'" result=ok user="alice', b"\0" * 63 + b"x",
             "\u202eevil".encode(), bytes(range(1, 65)))
    with hostile.watch(lab, d) as w:
        for n, text in enumerate(texts):
            for length in (0, 64, 65, 0xffff):
                p = lab.peer(call_id=n + 1)
                p.s1(host=text, vendor=text)
                assert p.call(phone=text, subaddress=text,
                              phone_len=length).result == 1
                call = [c for c in d.calls()
                        if c["call_id"] == p.peer_call_id][0]
                for name in ("host", "vendor"):
                    shown = call[name] or ""
                    assert all(32 <= ord(c) < 127 for c in shown), call
                    assert len(shown) <= 4 * 64
                p.close()
        w.served()


ODD = (wire.SCCRP, wire.STOPCCRP, wire.OCRP, wire.ICRP, wire.ICCN, wire.CDN,
       wire.WEN)


def test_V007_incoming_call_connected_twice(lab):
    """CVE-2022-23253; never a call."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        for state in ("s1", "s2"):
            p = in_state(lab, state)
            calls = len(d.calls())
            p.control(wire.ICRQ, call_id=0x0102)
            r = p.expect_control(wire.ICRP)
            assert r.result != 1, r
            for ident in (r.call_id, r.call_id, 0, 1, 0xffff, 0x0102):
                send(p, wire.control(wire.ICCN, peer_call_id=ident))
            try:
                assert p.control_fence() == []
            except peer.Closed:
                pass
            assert len(d.calls()) <= calls
            send(p, wire.control(wire.ICCN) * 50)
            p.expect_close(5)
            p.close()


def test_V008_calls_that_nobody_made(lab):
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        for kind in (wire.ICRQ, wire.ICRP, wire.ICCN, wire.OCRP, wire.CDN,
                     wire.WEN):
            for ident in (0, 1, 0x7777, 0xffff):
                p = in_state(lab, "s1")
                name = wire._MESSAGES[kind][1][0][0]
                p.control(kind, **{name: ident})
                for m in p.control_fence():
                    assert (m.type, m.result != 1) == (wire.ICRP, True), m
                assert len(d.calls()) == 1, "a call of nobody's"
                p.close()


def batches(lab, d, tails, count):
    """Messages in one segment, and the connection is gone."""
    batch = wire.control(wire.ECHORQ) * 82
    for n in range(count):
        p = in_state(lab, ("s0", "s1", "s2")[n % 3], call_id=1)
        data = tails[n % len(tails)]
        if n % 3 == 0:
            data = wire.control(wire.SCCRQ) + data
        send(p, batch[:(n % 83) * 16] + data + batch[:n % 5 * 16])
        # Sometimes the server is in the middle of it, sometimes at the end.
        if n % 4 == 1:
            select.select([], [], [], (n % 7) / 4000)
        if n % 5 == 0:
            try:
                p.tcp.shutdown(socket.SHUT_WR)
            except OSError:
                pass            # it was closed at the first message
            p.close()
        else:
            reset(p)
        if n % 100 == 0:
            d.unchanged()
            lab.peers[:] = [q for q in lab.peers if q.tcp is not None]


def test_V009_many_echoes_and_gone(lab):
    """CVE-2022-23270"""
    d = hostile.daemon(lab, "max-sessions 240")
    with hostile.watch(lab, d) as w:
        batches(lab, d, [b"", wire.control(wire.ECHORQ)[:7]], 1000)
        w.served()


def test_V010_clear_and_gone(lab):
    """CVE-2021-42870"""
    d = hostile.daemon(lab, "max-sessions 240")
    ocrq = wire.control(wire.OCRQ, call_id=1)
    ccrq = wire.control(wire.CCRQ, call_id=1)
    with hostile.watch(lab, d) as w:
        batches(lab, d, [ocrq + ccrq, ccrq, ccrq * 2 + ocrq,
                         ocrq + ccrq + wire.control(wire.STOPCCRQ)], 1000)
        w.served()


def test_V011_peer_that_does_not_read(lab):
    """What it gets in the end are whole messages; memory stays."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d, memory_growth=2 << 20) as w:
        p = lab.peer()
        p.tcp = p.open_socket(socket.AF_INET, socket.SOCK_STREAM, 0)
        p.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        p.tcp.connect((p.server, p.port))
        p.control(wire.SCCRQ)
        p.tcp.setblocking(False)
        batch = b"".join(wire.control(wire.ECHORQ, id=n)
                         for n in range(10000))
        sent = 0
        while sent < len(batch):
            if not select.select([], [p.tcp], [], 0.3)[1]:
                break
            try:
                sent += p.tcp.send(batch[sent:])
            except ConnectionError:
                break
        w.served()
        ids = []
        try:
            while len(ids) < sent // 16:
                m = p.next_control(2)       # asserts that it is a whole one
                if m.type == wire.ECHORP:
                    ids.append(m.id)
        except (peer.Closed, peer.Timeout):
            pass
        assert ids and ids == sorted(set(ids)), "not in order"
        p.close()


def test_V012_call_ids_in_host_order(lab):
    """A CDN has exactly the id that the OCRP had."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        for call_id in (0x1234, 0x0001, 0x0100, 0xff00, 0xffff):
            p = in_state(lab, "s2", call_id=call_id)
            assert p.ocrp.peer_call_id == call_id
            p.control(wire.CCRQ, call_id=call_id)
            assert p.expect_control(wire.CDN).call_id == p.peer_call_id
            p.close()


def test_V013_gone_before_the_call_reply(lab):
    d = hostile.daemon(lab, "max-sessions 240")
    with hostile.watch(lab, d) as w:
        for n in range(1000):
            p = lab.peer().s0()
            p.send(wire.control(wire.SCCRQ) +
                   wire.control(wire.OCRQ, call_id=n + 1))
            reset(p)
            if n % 250 == 0:
                w.served()


def test_V014_gone_before_accept(lab):
    """getpeername and getsockname may fail: no call of nobody's."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        for n in range(500):
            reset(lab.peer().s0())
        assert len(d.calls()) == 1


def test_V015_wrong_echo_replies(lab):
    """A wrong or unsolicited one is no sign of life, and no harm."""
    d = hostile.daemon(lab, "echo-interval 1", "echo-timeout 1")
    dead, wrong, good = (in_state(lab, "s2") for _ in range(3))
    good.send(wire.control(wire.ECHORP, id=7) * 1000)
    ends = {}
    began = time.monotonic()
    while len(ends) < 2:
        assert time.monotonic() - began < 8, ends
        for p in (dead, wrong, good):
            if p in ends or not select.select([p.tcp], [], [], 0.02)[0]:
                continue
            try:
                m = p.next_control(0.5)
            except peer.Closed:
                ends[p] = time.monotonic() - began
                continue
            assert m.type == wire.ECHORQ, m
            if p is not dead:
                p.control(wire.ECHORP, id=m.id ^ (p is wrong))
    assert good not in ends and min(ends.values()) > 1.5, ends
    assert good.control_fence() is not None
    assert d.stats()["control"]["echo_lost"] == 2


def test_V016_no_descriptors_left(lab):
    """Accept pauses, without a busy loop, and goes on in a second."""
    d = hostile.daemon(lab, "max-sessions 5", nofile=64)
    good = in_state(lab, "s5")
    many = [in_state(lab, "s0") for _ in range(150)]
    good.ping(good.gateway)
    if not lab.sanitized:
        before = hostile.cpu(d)
        assert good.silence(1.0) == []
        assert hostile.cpu(d) - before < 0.1e9, "a busy loop"
    for p in many:
        p.close()
    began = time.monotonic()
    hostile.served(lab)
    assert time.monotonic() - began < 3
    good.ping(good.gateway)


def test_V017_silent_connections(lab):
    """A good client has its answer in a second, whoever is silent."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d, memory_growth=16 << 20):
        silent = []
        for count in (1, 5, 400):
            while len(silent) < count:
                silent.append(in_state(lab, "s0"))
            began = time.monotonic()
            in_state(lab, "s1").close()
            assert time.monotonic() - began < 1
        for p in silent:
            p.close()


def test_V018_T44_call_ids(lab):
    """4096 of them: unique, none 0, uniform, one says nothing of the next,
    and none is used again."""
    hostile.daemon(lab, "max-sessions 240")
    ids = []
    while len(ids) < 4096:
        peers = [lab.peer(call_id=7) for _ in range(128)]
        for p in peers:
            p.s0()
            p.send(wire.control(wire.SCCRQ) +
                   wire.control(wire.OCRQ, call_id=7))
        for p in peers:
            p.expect_control(wire.SCCRP)
            r = p.expect_control(wire.OCRP)
            assert r.result == 1, r
            ids.append(r.call_id)
            reset(p)
        del lab.peers[:]
        # They end before the next come.
        netns.until(lambda: not lab.daemons[0].calls(), 10, "no call")
    n = len(ids)
    assert 0 not in ids
    assert len(set(ids)) == n, "one is used again within a minute"
    # Chi-square over 64 ranges, and of each octet's halves: 63 degrees of
    # freedom, 126 is six deviations off.
    for shift, mask in ((10, 63), (0, 63)):
        bins = [0] * 64
        for i in ids:
            bins[i >> shift & mask] += 1
        chi = sum((b - n / 64) ** 2 / (n / 64) for b in bins)
        assert chi < 63 + 6 * math.sqrt(126), (shift, chi)
    # Serial correlation: for independent ones within 6 / sqrt(n) of 0.
    mean = sum(ids) / n
    var = sum((i - mean) ** 2 for i in ids)
    for lag in (1, 2, 128):
        r = sum((a - mean) * (b - mean)
                for a, b in zip(ids, ids[lag:])) / var
        assert abs(r) < 6 / math.sqrt(n), (lag, r)
    steps = [(b - a) & 0xffff for a, b in zip(ids, ids[1:])]
    assert max(steps.count(s) for s in set(steps)) < 8, "equal steps"


def test_V019_length_to_wait_for(lab):
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        for length in (0x4000, 0xffff, 221, 0x100, 0x0101):
            p = in_state(lab, "s0")
            p.send(wire.control(wire.SCCRQ, length=length)[:100])
            closes(p)


def test_V020_calls_of_one_connection(lab):
    """65535 requests on one connection: some calls at most, memory flat."""
    d = hostile.daemon(lab)
    total = 4096 if lab.sanitized else 65535
    with hostile.watch(lab, d, memory_growth=8 << 20) as w:
        p = in_state(lab, "s1")
        results = {}
        p.tcp.setblocking(False)
        raw = b"".join(wire.control(wire.OCRQ, call_id=n + 1)
                       for n in range(total))
        got = sent = 0
        while got < total:
            readable, writable, _ = select.select(
                [p.tcp], [p.tcp] if sent < len(raw) else [], [], 10)
            assert readable or writable, "stuck at %d" % got
            if writable:
                sent += p.tcp.send(raw[sent:sent + 65536])
            if readable:
                p._take_tcp()
                for m in p.controls:
                    if m.type == wire.OCRP:
                        results[m.result] = results.get(m.result, 0) + 1
                        got += 1
                p.controls = []
        assert results.get(1, 0) <= 128, results
        assert set(results) <= {1, 2, 4, 7}, results
        w.served()
        p.close()


def test_V021_bad_start_requests(lab):
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        for length in (155, 157, 12, 16):
            p = in_state(lab, "s0")
            send(p, wire.control(wire.SCCRQ, length=length))
            closes(p)
        for version in (0x0000, 0x0001, 0x00ff):
            p = in_state(lab, "s0")
            p.control(wire.SCCRQ, version=version)
            assert p.expect_control(wire.SCCRP).result == 5
            closes(p)
        # One that knows more is told what we know (RFC 2637 section 3.1.2).
        for version in (0x0101, 0x0200, 0xffff):
            p = in_state(lab, "s0")
            p.control(wire.SCCRQ, version=version)
            r = p.expect_control(wire.SCCRP)
            assert (r.result, r.version) == (1, 0x0100), r
            p.close()


def test_V022_errors_of_the_gre_socket(lab):
    """ICMP errors of all kinds, and a link that goes down and up."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d) as w:
        p = in_state(lab, "s5")
        inner = wire.ip4(netns.SERVER, netns.CLIENT, 47, wire.gre(
            p.call_id, b"\xff\x03\xc0\x21", seq=1))
        s = lab.open_socket("client", socket.AF_INET, socket.SOCK_RAW, 1)
        with s:
            for kind, codes in ((3, range(16)), (4, (0,)), (5, range(4)),
                                (11, (0, 1)), (12, (0, 1))):
                for code in codes:
                    body = struct.pack(">BBHHH", kind, code, 0, 0, 68) + inner
                    body = body[:2] + struct.pack(
                        ">H", wire.checksum(body)) + body[4:]
                    s.sendto(body, (netns.SERVER, 0))
        p.ping(p.gateway)
        lab.ip("server", "link set out down")
        for _ in range(10):
            try:
                p.send_cp(wire.LCP, wire.ECHO_REQ, p._magic())
            except OSError:
                pass
        lab.ip("server", "link set out up")
        p.settle()
        w.reference.settle()
        w.served()
        p.close()


def test_V023_signals(lab):
    """1000 SIGHUP and SIGCHLD a second while clients come."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d, memory_growth=16 << 20):
        d.unchanged()
        for n in range(60 if lab.sanitized else 150):
            for _ in range(5):
                d.kill(signal.SIGCHLD)
                d.kill(signal.SIGHUP)
            for pid in d.children:
                os.kill(pid, signal.SIGHUP)
                os.kill(pid, signal.SIGCHLD)
            hostile.served(lab)


def test_V024_clear_again(lab):
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        for data in (wire.control(wire.CCRQ, call_id=5) * 2,
                     wire.control(wire.CCRQ, call_id=5) * 2 +
                     wire.control(wire.STOPCCRQ)):
            for n in range(20):
                p = in_state(lab, "s2", call_id=5)
                p.send(data)
                if n % 2:
                    p.tcp.shutdown(socket.SHUT_WR)
                got = []
                try:
                    while True:
                        got.append(p.next_control(0.05).type)
                except (peer.Closed, peer.Timeout):
                    pass
                assert got.count(wire.CDN) <= 1, got
                p.close()
        p = in_state(lab, "s2", call_id=5)
        p.control(wire.CCRQ, call_id=5)
        ident = p.expect_control(wire.CDN).call_id
        p.control(wire.CDN, call_id=5)
        p.control(wire.CDN, call_id=ident)
        assert p.control_fence() == []
        p.close()


def test_V026_shorter_than_the_message(lab):
    """Of each type, Length one to eight octets less."""
    d = hostile.daemon(lab, "max-sessions 240")
    with hostile.watch(lab, d) as w:
        cases = [(kind, wire.control(kind, length=right - less)[:right - less],
                  False)
                 for kind, (_, right) in wire.LENGTHS.items()
                 for less in range(1, 9) if right - less >= 10]
        # Some are the length of another message: then it is the type that
        # does not fit, and the end all the same.
        for state in ("s0", "s1", "s2"):
            torture(lab, cases, state, w)


def test_T01_every_length_of_every_type(lab):
    """G1, whole, while a client pings."""
    d = hostile.daemon(lab, "max-sessions 240")
    cases = list(generate.control_lengths())
    if lab.sanitized:
        cases = cases[::3]
    with hostile.watch(lab, d, memory_growth=8 << 20) as w:
        for state in ("s0", "s1", "s2"):
            torture(lab, cases, state, w)
            w.served()


def test_T01_segments(lab):
    """G2: however a stream is cut, the answers are the same."""
    d = hostile.daemon(lab)
    stream = wire.control(wire.SCCRQ) + wire.control(wire.ECHORQ, id=1) + \
        wire.control(wire.SLI) + wire.control(wire.ECHORQ, id=2) + \
        wire.control(wire.ICRQ, call_id=3) + wire.control(wire.STOPCCRQ)
    want = [wire.SCCRP, wire.ECHORP, wire.ECHORP, wire.ICRP, wire.STOPCCRP]
    with hostile.watch(lab, d):
        cuts = list(generate.segments(stream))
        for off in range(0, len(cuts), 100):
            peers = [in_state(lab, "s0") for _ in cuts[off:off + 100]]
            for p, pieces in zip(peers, cuts[off:off + 100]):
                for piece in pieces:
                    p.send(piece)
            for p in peers:
                assert [m.type for m in p.expect_close()] == want
                p.close()


def reply_to(state, kind):
    """(types that answer it, state then); the model of T21."""
    if state == "closed":
        return [], "closed"
    if state == "idle":
        if kind == wire.SCCRQ:
            return [wire.SCCRP], "up"
        return [], "closed"
    if kind in (wire.SCCRQ, wire.STOPCCRQ):
        return [wire.STOPCCRP], "closed"
    if kind == wire.ECHORQ:
        return [wire.ECHORP], state
    if kind == wire.ICRQ:
        return [wire.ICRP], state
    if kind == wire.OCRQ:
        return [wire.OCRP], state
    return [], state


def test_T21_messages_in_every_order(lab):
    """All ordered pairs of the 15 types in S0, S1, S2, by a table."""
    d = hostile.daemon(lab, "max-sessions 240")
    kinds = list(wire.LENGTHS)
    with hostile.watch(lab, d) as w:
        for start in ("s0", "s1", "s2"):
            pairs = generate.pairs(kinds, kinds)
            for off in range(0, len(pairs), 75):
                run = []
                for one, two in pairs[off:off + 75]:
                    p = in_state(lab, start, call_id=1)
                    for kind in (one, two):
                        # A clear is of a call that never was.
                        send(p, wire.control(kind, **(
                            {"call_id": 99} if kind == wire.CCRQ else {})))
                    run.append((p, one, two))
                for p, one, two in run:
                    state = "idle" if start == "s0" else "up"
                    want = []
                    for kind in (one, two):
                        replies, state = reply_to(state, kind)
                        want += replies
                    got = []
                    try:
                        if state == "closed":
                            got = [m.type for m in p.expect_close(5)]
                        else:
                            # The answer to a call may come a moment later.
                            while len(got) < len(want):
                                got.append(p.next_control(5).type)
                            got += [m.type for m in p.control_fence()]
                    except peer.Timeout as e:
                        raise AssertionError("%s %s %s: %r, not %r" % (
                            start, wire.NAMES[one], wire.NAMES[two], got,
                            want)) from e
                    # A call may be over before it is granted; one that is
                    # asked for twice is refused before it is granted.
                    if state != "up":
                        got = [m for m in got if m != wire.OCRP]
                        want = [m for m in want if m != wire.OCRP]
                    assert sorted(got) == sorted(want), (
                        start, wire.NAMES[one], wire.NAMES[two], got, want)
                made = sum(wire.OCRQ in (one, two) for _, one, two in run)
                calls = len(d.calls()) - 1
                assert calls <= made + (start == "s2") * len(run), calls
                for p, _, _ in run:
                    p.close()
                lab.peers[:] = [p for p in lab.peers if p.tcp is not None]
        w.served()
