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

"""The control connection: RFC 2637 sections 1.4, 2 and 3."""

import select
import socket
import struct
import time

import netns
import peer
import wire


def gone(d):
    """No call and no session is left."""
    netns.until(lambda: not d.calls() and not d.sessions(), 5,
                "all calls are gone")


def closed_or_alive(p):
    """The messages before a fence, or before the connection closed."""
    try:
        return p.control_fence()
    except peer.Closed:
        return p.controls


def test_start_request(lab):
    lab.daemon()
    p = lab.peer().s1()
    r = p.sccrp
    assert (r.version, r.result, r.error) == (0x0100, 1, 0), r
    assert 1 <= r.framing <= 3 and 1 <= r.bearer <= 3, r
    assert r.host.strip(b"\0"), "no host name"


def test_P02_reserved_fields_are_ignored(lab):
    lab.daemon()
    p = lab.peer().s0()
    p.control(wire.SCCRQ, reserved0=0xffff, reserved1=0xffff)
    assert p.expect_control(wire.SCCRP).result == 1
    p.call(reserved0=1, reserved1=0xffff)
    assert p.ocrp.result == 1


def test_P18_versions(lab):
    """Section 3.1.2: the same; an earlier one, which there is not; a later
    one, of which the peer is told ours."""
    lab.daemon()
    for version in (0x0000, 0x0001, 0x00ff):
        p = lab.peer().s0()
        p.control(wire.SCCRQ, version=version)
        r = p.expect_control(wire.SCCRP)
        assert r.result == 5 and r.version == 0x0100, r
        assert p.expect_close(3) == []
    for version in (0x0100, 0x0101, 0x0200, 0xffff):
        p = lab.peer().s1(version=version)
        assert p.sccrp.version == 0x0100, p.sccrp
        assert p.call().result == 1, version


def test_P19_second_start_request(lab):
    """Section 3.1.2: a Stop-Reply, the end; its calls are cleared."""
    d = lab.daemon()
    p = lab.peer().s2()
    p.control(wire.SCCRQ)
    r = p.expect_control(wire.STOPCCRP)
    assert (r.result, r.error) == (1, 0), r
    assert p.expect_close(3) == []
    gone(d)
    assert d.ended("protocol-error") == 1


def test_P01_bad_magic(lab):
    lab.daemon()
    good = lab.peer().s1()
    for cookie in (0, 0x1a2b3c4c, 0xffffffff):
        for state in ("s0", "s1"):
            p = getattr(lab.peer(), state)()
            p.control(wire.SCCRQ if state == "s0" else wire.ECHORQ,
                      cookie=cookie)
            assert p.expect_close(2) == []
    p = lab.peer().s0()
    p.send(b"X" * 256)
    assert p.expect_close(2) == []
    p = lab.peer().s0()
    p.send(b"\x0a\x04\x00")
    p.send(b"GET / HTTP/1.0\r\n\r\n")
    assert p.expect_close(2) == []
    assert good.control_fence() == []


def test_bad_length(lab):
    """Every type with every wrong length, before and after the start."""
    d = lab.daemon()
    good = lab.peer().s1()
    for state in ("s0", "s1"):
        for kind, (name, right) in wire.LENGTHS.items():
            for wrong in (0, 1, 11, 12, right - 1, right + 1, 0x4000,
                          0xffff):
                if wrong == right:
                    continue
                p = getattr(lab.peer(), state)()
                p.control(kind, length=wrong)
                got = p.expect_close(2)
                assert got == [], (state, name, wrong, got)
                p.close()
        assert good.control_fence() == []
    gone(d)


def test_unknown_type(lab):
    lab.daemon()
    for state in ("s0", "s1"):
        for kind in (0, 16, 17, 99, 0xffff):
            for length in (0, 12, 16):
                p = getattr(lab.peer(), state)()
                p.control(kind, length=length)
                assert p.expect_close(2) == [], (state, kind, length)
        p = getattr(lab.peer(), state)()
        p.control(wire.SCCRQ, message_type=2)
        assert p.expect_close(2) == []


def test_zero_length_flood(lab):
    """Length 0 must neither loop nor be consumed as nothing."""
    d = lab.daemon()
    p = lab.peer().s1()
    before = time.process_time()
    try:
        p.send(wire.control(99, length=0) * 1000)
    except ConnectionError:
        pass
    p.expect_close(2)
    assert time.process_time() - before < 5
    lab.peer().s1()
    d.unchanged()


def test_messages_before_start(lab):
    d = lab.daemon()
    for kind in wire.LENGTHS:
        if kind == wire.SCCRQ:
            continue
        p = lab.peer().s0()
        p.control(kind)
        got = p.expect_close(2)
        assert got == [], (wire.NAMES[kind], got)
    gone(d)


def test_P07_echo_request_is_answered(lab):
    lab.daemon()
    p = lab.peer().s1()
    for ident in (0, 1, 0x12345678, 0xffffffff):
        p.control(wire.ECHORQ, id=ident)
        r = p.expect_control(wire.ECHORP)
        assert (r.id, r.result, r.error) == (ident, 1, 0), r


def test_P22_echo_request_comes_when_idle(lab):
    lab.daemon("echo-interval 1", "echo-timeout 1")
    p = lab.peer().s2()
    seen = set()
    for _ in range(3):
        began = time.monotonic()
        m = p.next_control(4)
        assert m.type == wire.ECHORQ, m
        assert time.monotonic() - began > 0.5
        seen.add(m.id)
        p.control(wire.ECHORP, id=m.id)
    assert len(seen) == 3, "identifiers repeat"


def test_P17_P22_dead_peer_is_closed(lab):
    d = lab.daemon("echo-interval 1", "echo-timeout 1")
    p = lab.peer().s2()
    m = p.next_control(4)
    assert m.type == wire.ECHORQ, m
    began = time.monotonic()
    p.expect_close(5)
    assert 0.5 < time.monotonic() - began < 4
    gone(d)
    assert d.stats()["control"]["echo_lost"] == 1
    assert d.ended("echo-timeout") == 1


def test_wrong_echo_reply_is_no_sign_of_life(lab):
    lab.daemon("echo-interval 1", "echo-timeout 1")
    p = lab.peer().s2()
    m = p.next_control(4)
    assert m.type == wire.ECHORQ, m
    p.control(wire.ECHORP, id=m.id ^ 1)
    p.expect_close(5)


def test_unsolicited_echo_replies(lab):
    lab.daemon()
    p = lab.peer().s2()
    p.send(wire.control(wire.ECHORP, id=7) * 1000)
    assert p.control_fence() == []


def test_P05_P06_stop_request(lab):
    d = lab.daemon()
    p = lab.peer().s5()
    for reason in (1, 2, 3):
        if reason > 1:
            p = lab.peer().s2()
        p.control(wire.STOPCCRQ, reason=reason)
        # The calls go without a word, for they are the connection's.
        m = p.next_control()
        while m.type == wire.CDN:
            m = p.next_control()
        assert m.type == wire.STOPCCRP and m.result == 1, m
        assert p.expect_close(3) == []
    gone(d)
    assert d.ended("peer-stop") == 3
    assert d.routes() == []


def test_end_of_connection_ends_calls(lab):
    d = lab.daemon()
    p = lab.peer().s5()
    assert d.routes() == [p.address]
    p.tcp.close()
    gone(d)
    assert d.routes() == []
    assert d.ended("peer-gone") == 1
    q = lab.peer().s5()
    q.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
    q.tcp.close()
    gone(d)
    assert d.ended("peer-gone") == 2


def test_several_listeners(lab):
    d = lab.daemon("listen on %s" % netns.SERVER,
                   "listen on %s" % netns.SERVER2,
                   "listen on %s port 1724" % netns.SERVER2)
    peers = [lab.peer().s5(), lab.peer(server=netns.SERVER2).s5(),
             lab.peer(server=netns.SERVER2, port=1724).s5()]
    for p in peers:
        # The socket is connected: replies must come from that address.
        p.ping(p.gateway)
    got = sorted(s["server"] for s in d.sessions())
    assert got == [netns.SERVER, netns.SERVER2, netns.SERVER2], got
    assert sorted(c["server_port"] for c in d.calls()) == [1723, 1723, 1724]


def test_P24_call_ids_are_unique_and_random(lab):
    """50 calls from one address, all saying the same call id of theirs."""
    d = lab.daemon()
    peers = [lab.peer(call_id=7).s2() for _ in range(50)]
    ids = [p.peer_call_id for p in peers]
    assert len(set(ids)) == 50 and 0 not in ids, ids
    steps = {(b - a) & 0xffff for a, b in zip(ids, ids[1:])}
    assert len(steps) > 45, "call ids can be guessed: %r" % ids
    # Each bit is set about half the time: 25 of 50, 3.5 is a deviation.
    for bit in range(16):
        n = sum(i >> bit & 1 for i in ids)
        assert 6 <= n <= 44, "bit %d is set in %d of 50 ids" % (bit, n)
    assert len(d.calls()) == 50
    for p in peers:
        p.close()
    gone(d)
    again = [lab.peer(call_id=7).s2().peer_call_id for _ in range(50)]
    assert not set(ids) & set(again), "a call id is used again at once"


def test_P08_P09_outgoing_call_reply(lab):
    d = lab.daemon()
    p = lab.peer(call_id=0x1234)
    p.s1()
    r = p.call(serial=77, max_bps=10000000, window=16)
    assert r.peer_call_id == 0x1234 and r.call_id != 0, r
    assert (r.result, r.error, r.cause) == (1, 0, 0), r
    assert r.window > 0, r
    assert 0 < r.speed <= 10000000, r
    call, = d.calls()
    assert (call["call_id"], call["peer_call_id"], call["serial"],
            call["window"], call["max_bps"]) == (
                r.call_id, 0x1234, 77, 16, 10000000), call
    assert call["state"] == "established", call
    assert (call["peer"], call["server"]) == (netns.CLIENT, netns.SERVER)


def test_outgoing_call_request_of_any_kind(lab):
    """Bearer, framing, speeds and numbers mean nothing in a VPN."""
    lab.daemon()
    for fields in (dict(window=0), dict(window=0xffff),
                   dict(bearer=0, framing=0), dict(bearer=1, framing=1),
                   dict(min_bps=0, max_bps=0),
                   dict(min_bps=0xffffffff, max_bps=1),
                   dict(phone=b"A" * 64, subaddress=b"\xff" * 64,
                        phone_len=0xffff), dict(phone_len=65)):
        p = lab.peer().s1()
        assert p.call(**fields).result == 1, fields


def test_texts_are_escaped(lab):
    d = lab.daemon()
    evil = b"%s%n\x1b[2J\r\n\"x\""
    lab.peer().s2(serial=1)
    p = lab.peer().s1(host=evil, vendor=b"\xff" * 64)
    p.call()
    call = [c for c in d.calls() if c["call_id"] == p.peer_call_id][0]
    for name in ("host", "vendor"):
        assert all(32 <= ord(c) < 127 for c in call[name]), call
    assert "%s%n" in call["host"], call
    log = d.log()
    assert "\x1b" not in log and "\r" not in log


def test_P24_same_call_id_twice(lab):
    """Section 3.2.2: a client's call id is unique to its connection."""
    lab.daemon()
    p = lab.peer(call_id=5).s2()
    first = p.peer_call_id
    p.control(wire.OCRQ, call_id=5)
    r = p.expect_control(wire.OCRP)
    assert r.result != 1 and r.peer_call_id == 5, r
    p.peer_call_id = first
    p.s5().ping(p.gateway)


def test_busy(lab):
    d = lab.daemon("max-sessions 2")
    peers = [lab.peer().s2(), lab.peer().s2()]
    p = lab.peer().s1()
    r = p.call()
    assert (r.result, r.peer_call_id) == (4, p.call_id), r
    assert d.stats()["control"]["calls_busy"] == 1
    # The connection lives, and may ask again.
    peers[0].close()
    netns.until(lambda: len(d.calls()) == 1, 5, "one call is gone")
    p.call_id = None
    assert p.call().result == 1
    p.open_gre().s5()


def test_P10_incoming_call_is_refused(lab):
    d = lab.daemon()
    p = lab.peer().s1()
    p.control(wire.ICRQ, call_id=0x0102, serial=9)
    r = p.expect_control(wire.ICRP)
    assert r.result in (2, 3) and r.peer_call_id == 0x0102, r
    for ident in (r.call_id, 0, 1, 0xffff):
        p.control(wire.ICCN, peer_call_id=ident)
    assert closed_or_alive(p) == []
    assert d.calls() == [] and d.sessions() == []


def test_messages_of_the_other_role(lab):
    """They are ignored or cost the connection, they never make a call."""
    d = lab.daemon()
    for kind in (wire.SCCRP, wire.STOPCCRP, wire.OCRP, wire.ICRP, wire.ICCN,
                 wire.CDN, wire.WEN):
        p = lab.peer().s1()
        p.control(kind)
        p.control(kind)
        got = closed_or_alive(p)
        assert got == [], (wire.NAMES[kind], got)
        p.close()
    gone(d)


def test_role_errors_without_end(lab):
    lab.daemon()
    p = lab.peer().s1()
    p.send(wire.control(wire.ICCN) * 200)
    assert p.expect_close(2) == []


def test_P13_wan_error_notify_is_ignored(lab):
    lab.daemon()
    p = lab.peer().s5()
    for ident in (p.peer_call_id, p.call_id, 0):
        p.control(wire.WEN, peer_call_id=ident, crc=1)
    assert p.control_fence() == []
    p.ping(p.gateway)


def test_P14_set_link_info_is_ignored(lab):
    lab.daemon()
    p = lab.peer().s5()
    for ident in (p.peer_call_id, p.call_id, 0, 0xffff):
        for accm in (0, 0x000a0000, 0xffffffff):
            p.control(wire.SLI, peer_call_id=ident, send_accm=accm,
                      recv_accm=accm)
    assert p.control_fence() == []
    assert p.fence() == []
    p.ping(p.gateway)


def test_P11_call_clear_request(lab):
    d = lab.daemon()
    p = lab.peer(call_id=0x1234).s5()
    p.control(wire.CCRQ, call_id=p.call_id)
    r = p.expect_control(wire.CDN)
    assert r.result == 4 and r.call_id == p.peer_call_id, r
    gone(d)
    assert d.routes() == []
    assert d.ended("peer-clear") == 1
    # Again, and for a call that never was: nothing, and no harm.
    p.control(wire.CCRQ, call_id=p.call_id)
    p.control(wire.CCRQ, call_id=4711)
    assert p.control_fence() == []


def test_second_call_on_a_connection(lab):
    """A cleared call makes room for the next on the same connection."""
    lab.daemon()
    p = lab.peer(call_id=1).s2()
    first = p.peer_call_id
    p.control(wire.CCRQ, call_id=1)
    p.expect_control(wire.CDN)
    q = lab.peer(call_id=2)
    q.tcp, q.source = p.tcp, p.source
    q.s2().s5()
    assert q.peer_call_id != first
    q.ping(q.gateway)
    p.tcp = None


def test_call_clear_before_the_reply(lab):
    lab.daemon()
    for n in range(20):
        p = lab.peer(call_id=n + 1).s1()
        p.send(wire.control(wire.OCRQ, call_id=p.call_id) +
               wire.control(wire.CCRQ, call_id=p.call_id))
        names = [m.name for m in p.control_fence()]
        # A call that was answered is also notified of its end.
        netns.until(lambda: names in (["CDN"], ["OCRP", "CDN"], ["OCRP"]) or
                    names.append(p.next_control(0.5).name), 5, "the end")


def test_silent_peers_delay_nobody(lab):
    d = lab.daemon()
    for _ in range(20):
        lab.peer().s0()
    for n in range(20):
        lab.peer().s0().send(wire.control(wire.SCCRQ)[:n + 1])
    began = time.monotonic()
    p = lab.peer().s5()
    p.ping(p.gateway)
    assert time.monotonic() - began < 1.0
    d.unchanged()


def test_one_octet_at_a_time(lab):
    lab.daemon()
    p, good = lab.peer().s0(), lab.peer().s1()
    for n, octet in enumerate(wire.control(wire.SCCRQ)):
        p.send(bytes([octet]))
        if n % 20 == 0:
            assert good.control_fence() == []
    assert p.expect_control(wire.SCCRP).result == 1
    p.call_id = 3
    for octet in wire.control(wire.OCRQ, call_id=3):
        p.send(bytes([octet]))
    r = p.expect_control(wire.OCRP)
    assert r.result == 1
    p.peer_call_id = r.call_id
    p.open_gre().s5().ping(p.gateway)


def test_many_messages_in_one_segment(lab):
    lab.daemon()
    p = lab.peer(call_id=9).s0()
    p.send(wire.control(wire.SCCRQ) + wire.control(wire.OCRQ, call_id=9) +
           b"".join(wire.control(wire.ECHORQ, id=n) for n in range(100)))
    kinds, echoes = [], []
    while len(echoes) < 100:
        m = p.next_control()
        if m.type == wire.ECHORP:
            echoes.append(m.id)
        else:
            kinds.append(m.name)
    if len(kinds) < 2:
        kinds.append(p.next_control().name)
    assert kinds == ["SCCRP", "OCRP"], kinds
    assert echoes == list(range(100))


def test_batch_and_gone(lab):
    """The connection is reset while its messages are being answered."""
    d = lab.daemon()
    batch = wire.control(wire.SCCRQ) + wire.control(wire.OCRQ, call_id=1) + \
        wire.control(wire.ECHORQ) * 82 + wire.control(wire.CCRQ, call_id=1) + \
        wire.control(wire.CCRQ, call_id=1) + wire.control(wire.STOPCCRQ)
    for n in range(100):
        p = lab.peer().s0()
        p.send(batch[:len(batch) - n % 40])
        if n % 3 == 0:
            p.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        elif n % 3 == 1:
            p.tcp.shutdown(socket.SHUT_WR)
        p.close()
    gone(d)
    lab.peer().s5()
    d.unchanged()


def test_peer_that_does_not_read(lab):
    """What it gets in the end is whole messages, or a closed connection."""
    d = lab.daemon()
    p = lab.peer()
    p.tcp = p.open_socket(socket.AF_INET, socket.SOCK_STREAM, 0)
    p.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    p.tcp.connect((p.server, p.port))
    p.control(wire.SCCRQ)
    p.tcp.setblocking(False)
    batch = b"".join(wire.control(wire.ECHORQ, id=n) for n in range(20000))
    sent = 0
    end = time.monotonic() + 20
    while sent < len(batch) and time.monotonic() < end:
        if not select.select([], [p.tcp], [], 0.5)[1]:
            break               # it does not listen to us either: good
        sent += p.tcp.send(batch[sent:])
    good = lab.peer().s5()
    good.ping(good.gateway)
    whole = sent // 16
    ids = []
    try:
        while len(ids) < whole:
            m = p.next_control(2)
            if m.type == wire.ECHORP:
                ids.append(m.id)
    except (peer.Closed, peer.Timeout):
        pass
    assert ids == sorted(ids), "answers out of order"
    assert ids, "no answer at all"
    d.unchanged()


def test_P17_P21_P23_setup_timeouts(lab):
    d = lab.daemon("start-timeout 1", "setup-timeout 1")
    for state in ("s0", "s1"):
        p = getattr(lab.peer(), state)()
        if state == "s0":
            p.send(wire.control(wire.SCCRQ)[:100])
        began = time.monotonic()
        got = p.expect_close(6)
        took = time.monotonic() - began
        assert 0.5 < took < 5, took
        assert [m for m in got if m.type != wire.STOPCCRQ] == [], got
    assert d.stats()["control"]["connections_timeout"] == 2


def test_setup_timeout_is_absolute(lab):
    """One octet now and then does not extend it."""
    lab.daemon("start-timeout 1")
    p = lab.peer().s0()
    began = time.monotonic()
    raw = wire.control(wire.SCCRQ)
    for n in range(len(raw) - 1):
        try:
            p.send(raw[n:n + 1])
        except ConnectionError:
            break
        if select.select([p.tcp], [], [], 0.1)[0]:
            break
    assert time.monotonic() - began < 5
    p.expect_close(1)


def test_no_gre(lab):
    """A call whose client never sends GRE ends, with a reason."""
    d = lab.daemon("auth-timeout 1", "retry-timeout 1", "max-configure 2")
    p = lab.peer().s2()
    cdn = p.expect_control(wire.CDN, 8)
    assert cdn.call_id == p.peer_call_id, cdn
    gone(d)
    assert d.ended("no-gre") == 1, d.stats()
