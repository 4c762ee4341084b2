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

"""The tunnel: RFC 2637 section 4."""

import os
import struct
import time

import netns
import peer
import wire


def echo_frame(p, n):
    """A ping with that number as its sequence number, as a PPP frame."""
    return p.ip_frame(wire.icmp_echo(p.address, p.gateway, 0x4711, n))


def replies(p):
    """The numbers of the replies that come before that to one more ping,
    which is sent now."""
    mark = os.urandom(8)
    p.send_ip(wire.icmp_echo(p.address, p.gateway, 0x4712, 0, mark))
    got = []
    while True:
        r = p.next_ip(lambda q: q[9] == 1 and q[20] == 0)
        ident, n = struct.unpack(">HH", r[24:28])
        if ident == 0x4712 and r[28:36] == mark:
            return got
        got.append(n)


def in_order(numbers):
    return all(a < b for a, b in zip(numbers, numbers[1:]))


def test_P27_sequence_numbers(lab):
    """Ours begin with 0 and go up by one with each payload."""
    lab.daemon()
    p = lab.peer().s5()
    for _ in range(5):
        p.ping(p.gateway)
    assert p.order == list(range(len(p.order))), p.order


def test_P32_duplicates(lab):
    d = lab.daemon()
    p = lab.peer().s5()
    for n in range(10):
        frame, seq = echo_frame(p, n), p.seq
        for _ in range(3):
            p.send_gre(frame, seq=seq)
        p.seq += 1
    assert replies(p) == list(range(10))
    assert d.counter("gre_duplicate", p.peer_call_id) + \
        d.counter("gre_late", p.peer_call_id) == 20


def test_duplicates_of_held_packets(lab):
    lab.daemon("reorder-timeout 500")
    p = lab.peer().s5()
    frames, first = [echo_frame(p, n) for n in range(4)], p.seq
    for n in (0, 2, 2, 3, 2, 3, 3, 1, 1, 3, 0):
        p.send_gre(frames[n], seq=first + n)
    p.seq += 4
    assert replies(p) == [0, 1, 2, 3]


def test_reorder(lab):
    """One packet n places late: put in its place again."""
    d = lab.daemon("reorder-timeout 1000")
    p = lab.peer().s5()
    for late in range(1, 17):
        frames, first = [echo_frame(p, n) for n in range(late + 1)], p.seq
        for n in list(range(1, late + 1)) + [0]:
            p.send_gre(frames[n], seq=first + n)
        p.seq += late + 1
        got = replies(p)
        assert got == list(range(late + 1)), (late, got)
    assert d.counter("gre_reordered", p.peer_call_id) > 0
    assert d.counter("gre_lost", p.peer_call_id) == 0


def test_reordered_control_packets(lab):
    """Held packets of LCP are whole when their turn comes."""
    lab.daemon("reorder-timeout 1000")
    p = lab.peer().s2()
    p.expect(wire.LCP, wire.CONF_REQ)
    p.send_cp(wire.LCP, wire.IDENT, bytes(4))
    first = p.seq
    options = [(wire.LCP_MAGIC, b"abcd"), (99, b"0123456789")]
    for n in (3, 2, 1, 0):
        p.send_cp(wire.LCP, wire.CONF_REQ, options, 10 + n, seq=first + n)
    p.seq += 4
    for n in range(4):
        r = p.expect(wire.LCP, wire.CONF_REJ)
        assert (r.ident, r.options) == (10 + n, options[1:]), r


def test_reversed(lab):
    """Whole runs backwards: all delivered in order, or dropped."""
    lab.daemon("reorder-timeout 1000")
    p = lab.peer().s5()
    for length in (2, 3, 5, 8, 16):
        frames, first = [echo_frame(p, n) for n in range(length)], p.seq
        for n in reversed(range(length)):
            p.send_gre(frames[n], seq=first + n)
        p.seq += length
        got = replies(p)
        assert in_order(got) and got[-1:] == [length - 1], (length, got)


def test_gap_is_given_up(lab):
    """What waits behind a lost packet goes on after the time-out."""
    d = lab.daemon("reorder-timeout 200")
    p = lab.peer().s5()
    p.seq += 1
    frames = [echo_frame(p, n) for n in range(3)]
    began = time.monotonic()
    for frame in frames:
        p.send_gre(frame)
    p.next_ip(lambda q: q[9] == 1)
    took = time.monotonic() - began
    assert 0.1 < took < 1.5, took
    assert d.counter("gre_lost", p.peer_call_id) == 1


def test_waits_in_vain(lab):
    """Each costs all that comes after the gap its time: so the next one is
    shorter, until a packet does come late."""
    lab.daemon("reorder-timeout 200")
    p = lab.peer().s5()

    def gap():
        p.seq += 1
        began = time.monotonic()
        p.ping(p.gateway)
        return time.monotonic() - began

    took = [gap() for _ in range(7)]
    assert took[0] > 0.19 and 0.09 < took[1] < 0.19, took
    assert min(took[5:]) < 0.05, took
    p.send_gre(echo_frame(p, 0), seq=p.seq - 2)
    assert gap() > 0.19


def test_P32_late_packet_is_never_delivered(lab):
    """Section 4.3: not out of order."""
    d = lab.daemon("reorder-timeout 50")
    p = lab.peer().s5()
    late, seq = echo_frame(p, 99), p.seq
    p.seq += 1
    p.ping(p.gateway)
    p.send_gre(late, seq=seq)
    assert replies(p) == []
    assert d.counter("gre_late", p.peer_call_id) == 1


def test_no_reorder_buffer(lab):
    lab.daemon("reorder-timeout 0")
    p = lab.peer().s5()
    p.seq += 3
    began = time.monotonic()
    p.ping(p.gateway)
    assert time.monotonic() - began < 0.5


def test_P27_first_sequence_number(lab):
    """0 is right, 1 is what old clients begin with."""
    lab.daemon()
    for first in (0, 1):
        p = lab.peer(first_seq=first).s5()
        p.ping(p.gateway)


def test_foreign_source(lab):
    """The right call id and number from another address."""
    d = lab.daemon()
    p = lab.peer().s5()
    before = d.counter("gre_bad_source")
    for _ in range(10):
        p.spoof(netns.CLIENT2, wire.gre(
            p.peer_call_id, wire.ppp(wire.LCP, wire.cp(wire.TERM_REQ, 1)),
            seq=p.seq))
    d.wait_counter("gre_bad_source", before + 10)
    p.ping(p.gateway)
    assert p.fence() == []


def test_unknown_call(lab):
    d = lab.daemon()
    p = lab.peer().s5()
    before = d.counter("gre_no_call")
    for call in (0, p.peer_call_id ^ 1, p.peer_call_id ^ 0xffff):
        p.raw.send(wire.gre(call, b"\xff\x03\xc0\x21\x09\x01\x00\x08abcd",
                            seq=p.seq))
    d.wait_counter("gre_no_call", before + 3)
    p.ping(p.gateway)


def test_packet_to_another_call(lab):
    """Garbage to the neighbour's call harms neither."""
    lab.daemon()
    p, q = lab.peer().s5(), lab.peer().s5()
    for n in range(50):
        p.send_gre(os.urandom(n), call_id=q.peer_call_id,
                   seq=q.seq + 0x100000 + 2 * n)
    for _ in range(3):
        q.ping(q.gateway)
        p.ping(p.gateway)


def test_two_clients_of_one_address(lab):
    """Same address, same call id of theirs: told apart by ours."""
    lab.daemon()
    p = lab.peer(source=netns.CLIENT).s5()
    q = lab.peer(source=netns.CLIENT).s5()
    r = lab.peer(source=netns.CLIENT2, call_id=p.call_id).s5()
    assert len({p.address, q.address, r.address}) == 3
    for n in range(3):
        for one in (p, q, r):
            one.ping(one.gateway)


def test_far_ahead(lab):
    """One forged packet must not make the real ones old."""
    d = lab.daemon()
    p = lab.peer().s5()
    for jump in (600, 1000000, 1 << 30, (1 << 31) - 2, 1 << 31, -1000000):
        seq = p.seq + jump & 0xffffffff
        p.spoof(p.source, wire.gre(p.peer_call_id, os.urandom(40), seq=seq))
        p.ping(p.gateway)
    assert d.counter("gre_far", p.peer_call_id) > 0


def test_far_ahead_without_end(lab):
    lab.daemon()
    p = lab.peer().s5()
    for n in range(200):
        p.spoof(p.source, wire.gre(p.peer_call_id, os.urandom(40),
                                   seq=p.seq + 100000 * (n + 1)))
        if n % 20 == 0:
            p.ping(p.gateway)
    p.ping(p.gateway)


def test_client_that_jumps_is_believed(lab):
    """A client that goes on with higher numbers lost many packets."""
    lab.daemon("reorder-timeout 50", "encryption allow")
    p = lab.peer(mppe=[]).s5()
    p.timeout = 0.5
    p.seq += 5000
    for n in range(10):
        try:
            p.ping(p.gateway)
            break
        except peer.Timeout:
            pass
    else:
        raise AssertionError("the session is deaf")


def test_wrap_of_the_sequence_number(lab):
    """The numbers go over the end, and reordering across it works."""
    lab.daemon("reorder-timeout 50", "encryption allow")
    p = lab.peer(mppe=[]).s5()
    # Not by more than half the circle at a time, or it would be backwards.
    for p.seq in (0x70000000, 0xe0000000, 0xfffffff0):
        p.settle()
    got = []
    for n in range(20):
        p.ping(p.gateway)
        got.append(p.seq)
    assert min(got) < 100 and max(got) > 0xfffffff0, got


def test_acknowledgements(lab):
    """What we send is acknowledged, alone or with an answer."""
    lab.daemon()
    p = lab.peer().s5()
    p.fence()
    p.send_cp(wire.LCP, wire.DISCARD, p._magic() + b"x")
    last = p.seq - 1
    began = time.monotonic()
    while p.server_ack != last:
        g = p.next_gre(3)
        assert g.seq is None, "a payload in answer to a Discard-Request"
    assert time.monotonic() - began < 2
    # An answer carries the acknowledgement along, or comes just behind it.
    ident = p.send_cp(wire.LCP, wire.ECHO_REQ, p._magic())
    last = p.seq - 1
    p.expect(wire.LCP, wire.ECHO_REP, ident)
    while p.server_ack != last:
        p.next_gre(2)


def test_acknowledgements_never_exceed(lab):
    lab.daemon()
    p = lab.peer().s5()
    highest = -1
    for _ in range(50):
        p.ping(p.gateway)
        assert p.server_ack is None or \
            highest <= p.server_ack < p.seq, p.server_ack
        highest = p.server_ack if p.server_ack is not None else highest


def test_lone_acks_of_the_client(lab):
    d = lab.daemon()
    p = lab.peer()
    p.acks = "lone"
    p.s5()
    for _ in range(20):
        p.ping(p.gateway)
    assert d.counter("gre_acks_in", p.peer_call_id) >= 20


def test_P28_P29_P33_client_that_never_acknowledges(lab):
    """Android does not; there is no window to be stopped by."""
    lab.daemon()
    p = lab.peer(window=1)
    p.acks = "never"
    p.s5()
    for _ in range(300):
        p.ping(p.gateway)


def test_mad_acknowledgements(lab):
    lab.daemon()
    p = lab.peer().s5()
    for ack in (0xffffffff, 0x7fffffff, 0x80000000, 100000, 0):
        for _ in range(20):
            p.send_ack(ack)
        p.ping(p.gateway)


def test_malformed(lab):
    """Too short, too long, wrong bits: dropped, counted, harmless."""
    d = lab.daemon()
    p = lab.peer().s5()
    before = d.counter("gre_malformed")
    call = p.peer_call_id
    good = wire.gre(call, b"\xff\x03\xc0\x21\x09\x01\x00\x08abcd",
                    seq=p.seq, ack=0)
    bad = [good[:n] for n in range(len(good))]
    bad += [wire.gre(call, b"", seq=p.seq, flags=0x3001, length=4),
            wire.gre(call, b"\xc0\x21\x09\x01\0\4", flags=0x2001),
            wire.gre(call, b"\xc0\x21\x09\x01\0\4", ack=0),
            wire.gre(call, b"abcd", seq=p.seq, length=5),
            wire.gre(call, b"abcd", seq=p.seq, length=0xffff),
            wire.gre(call, b"abcd", seq=p.seq, proto=0x0800),
            wire.gre(call, b"abcd", seq=p.seq, proto=0x6558)]
    for packet in bad:
        p.raw.send(packet)
    p.ping(p.gateway)
    n = d.counter("gre_malformed") - before
    # Those without a call id or with another protocol number may be kept
    # off by a filter on the socket.
    assert n >= len(bad) - 8 - 2, (n, len(bad))
    assert p.fence() == []


def test_padding_is_ignored(lab):
    """Octets beyond the payload length are not the payload's."""
    lab.daemon()
    p = lab.peer().s5()
    payload = wire.ppp(wire.LCP, wire.cp(wire.ECHO_REQ, 9, bytes(4) + b"x"))
    p.raw.send(wire.gre(p.peer_call_id, payload, seq=p.seq) + bytes(100))
    p.seq += 1
    r = p.expect(wire.LCP, wire.ECHO_REP, 9)
    assert r.body[4:] == b"x"


def test_P26_every_flag(lab):
    """Of all first words only those with S, and maybe A, are taken."""
    lab.daemon()
    p = lab.peer().s5()
    for word in range(0x10000):
        if word not in (0x3001, 0x3081):
            p.raw.send(wire.gre(
                p.peer_call_id, bytes(4) + wire.ppp(wire.LCP, wire.cp(
                    wire.ECHO_REQ, 77, bytes(4) + struct.pack(">H", word))),
                seq=p.seq, flags=word))
        if word % 512 == 511:
            assert p.fence() == [], "%04x" % word
    p.ping(p.gateway)


def test_empty_and_tiny_payloads(lab):
    lab.daemon()
    p = lab.peer().s5()
    for payload in (b"\xff", b"\xff\x03", b"\xff\x03\xc0", b"\xc0", b"\0",
                    b"\xff\x03\x00", b"\x21", b"\0\x21", b"\xff\x03\0\x21",
                    b"\0\xfd", b"\xff\x03\0\xfd\x90", b"\xc0\x21\x01",
                    b"\xc0\x21\x01\x01", b"\xc0\x21\x01\x01\x00"):
        p.send_gre(payload)
    assert p.fence() == []
    p.ping(p.gateway)


def test_fragments(lab):
    """The kernel puts the outer packet together again."""
    lab.daemon()
    p = lab.peer().s5()
    ident, data = 0x5151, os.urandom(1300)
    gre = wire.gre(p.peer_call_id, p.ip_frame(wire.icmp_echo(
        p.address, p.gateway, ident, 1, data)), seq=p.seq)
    p.seq += 1
    s = lab.open_socket("client", peer.socket.AF_INET, peer.socket.SOCK_RAW,
                        peer.socket.IPPROTO_RAW)
    with s:
        for off in range(0, len(gre), 400):
            part = gre[off:off + 400]
            packet = bytearray(wire.ip4(p.source, p.server, 47, part,
                                        ident=0x7777))
            more = 0x2000 if off + 400 < len(gre) else 0
            packet[6:8] = struct.pack(">H", more | off // 8)
            packet[10:12] = b"\0\0"
            packet[10:12] = struct.pack(">H", wire.checksum(packet[:20]))
            s.sendto(packet, (p.server, 0))
    r = p.next_ip(lambda q: q[9] == 1 and q[24:26] == b"\x51\x51")
    assert r[28:] == data


def test_gre_before_the_call(lab):
    """GRE is nobody's before the OCRP, and nothing is sent back."""
    d = lab.daemon()
    p = lab.peer(call_id=1).s1()
    p.peer_call_id = 1
    p.open_gre()
    for n in range(0, 65536, 1024):
        p.send_cp(wire.LCP, wire.CONF_REQ, b"", call_id=n)
    d.wait_counter("gre_no_call", 64)
    assert p.silence(0.3) == []


def test_gre_after_the_call(lab):
    d = lab.daemon()
    p = lab.peer().s5()
    p.control(wire.CCRQ, call_id=p.call_id)
    p.expect_control(wire.CDN)
    while True:
        try:
            p.next_ppp(0.2)
        except peer.Timeout:
            break
    before = d.counter("gre_no_call")
    for _ in range(10):
        p.send_cp(wire.LCP, wire.ECHO_REQ, p._magic())
    d.wait_counter("gre_no_call", before + 10)
    assert p.silence(0.3) == []


def test_nothing_is_sent_without_a_call(lab):
    """An abandoned call draws few packets, and none after its end."""
    d = lab.daemon("retry-timeout 1", "auth-timeout 30")
    p = lab.peer().s2()
    p.tcp.close()
    netns.until(lambda: not d.sessions(), 5, "the session is gone")
    while True:
        try:
            p.next_ppp(0.1)
        except peer.Timeout:
            break
    assert p.silence(1.5) == []
