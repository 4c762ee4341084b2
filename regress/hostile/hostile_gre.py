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

"""Hostile input on IP protocol 47.  The names are those of ../catalogue.ids."""

import os
import socket
import struct

import generate
import hostile
import netns
import peer
import wire

CLEAR = ("encryption allow", "reorder-timeout 50")


def clear(lab, **how):
    """A session without MPPE: every frame is as good as the next."""
    return lab.peer(mppe=[], **how).s5()


def echo(p, n, ident=0x4711, data=b""):
    return p.ip_frame(wire.icmp_echo(p.address, p.gateway, ident, n, data))


def replies(p):
    """The numbers of the echo replies that come before that to one more."""
    mark = os.urandom(8)
    p.send_gre(echo(p, 0, 0x4712, mark))
    got = []
    while True:
        r = p.next_ip(lambda q: q[9] == 1 and q[20] == 0)
        ident, n = struct.unpack(">HH", r[24:28])
        if ident == 0x4712 and r[28:36] == mark:
            return got
        got.append(n)


def lcp_echo(ident, data=b"x"):
    return wire.ppp(wire.LCP, wire.cp(wire.ECHO_REQ, ident, bytes(4) + data))


def quiet(p):
    """Nothing but the answer to the fence."""
    assert p.fence() == []


def test_V030_malformed_packets_in_number(lab):
    """To a live call and to none, memory stays where it is."""
    d = hostile.daemon(lab)
    count = 20000 if lab.sanitized else 100000
    with hostile.watch(lab, d, memory_growth=1 << 20) as w:
        p = lab.peer().s5()
        before = d.counter("gre_malformed") + d.counter("gre_no_call")
        bad = [wire.gre(call, os.urandom(n), seq=p.seq, length=length)
               for call in (p.peer_call_id, 0, 0xffff)
               for n in (1, 40) for length in (0, n + 1, 0xffff)]
        bad += [wire.gre(p.peer_call_id ^ 1, b"abcd", seq=1)]
        for n in range(0, count, len(bad)):
            for packet in bad:
                p.raw.send(packet)
            if n % (len(bad) * 1000) == 0:
                p.ping(p.gateway)
        p.ping(p.gateway)
        w.served()
        # Loss at the socket is the kernel's; most arrives.
        netns.until(lambda: d.counter("gre_malformed") +
                    d.counter("gre_no_call") - before > count / 10, 5,
                    "they are counted")
        p.close()


def test_V031_shorter_than_the_header(lab):
    """0 to 16 octets with S and A in all combinations, tiny payloads."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        p = lab.peer().s5()
        seq = struct.pack(">II", p.seq, 0)
        for flags in (0x2001, 0x2081, 0x3001, 0x3081):
            for length in (0, 1, 4, 8, 0xffff):
                head = struct.pack(">HHHH", flags, wire.GRE_PPP, length,
                                   p.peer_call_id)
                whole = head + seq
                hlen = 8 + 4 * bool(flags & 0x1000) + 4 * bool(flags & 0x80)
                for n in range(17):
                    # A lone acknowledgement is a good packet.
                    if n >= hlen and (flags, length) == (0x2081, 0):
                        continue
                    if length and hlen + length <= n and flags & 0x1000:
                        continue        # its payload is of no use, below
                    p.raw.send(whole[:n])
        quiet(p)
        for payload in (b"\xff", b"\xff\x03", b"\xff\x03\xc0", b"\xc0",
                        b"\0", b"\xff\x03\0", b"\xff\xff"):
            p.send_gre(payload)
        quiet(p)
        p.ping(p.gateway)
        p.close()


def test_V032_payload_longer_than_the_packet(lab):
    """Stale octets of an earlier packet must not be taken for its end."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        p = lab.peer().s5()
        before = d.counter("gre_malformed")
        whole = lcp_echo(77, b"y" * 40)
        for more in range(1, 21):
            p.raw.send(wire.gre(p.peer_call_id, whole, seq=p.seq))
            p.seq += 1
            p.raw.send(wire.gre(p.peer_call_id, whole[:-more], seq=p.seq,
                                length=len(whole)))
        p.fence()
        assert len([q for q in p.log if q.is_(
            wire.LCP, wire.ECHO_REP, 77)]) <= 20
        netns.until(lambda: d.counter("gre_malformed") - before == 20, 5,
                    "all are counted")
        p.close()


def test_V033_exactly_the_payload(lab):
    """S and A need four octets; what is behind the payload is not its; IP
    options in front of it are fine."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        p = lab.peer().s5()
        for n in (8, 9, 10, 11):
            p.raw.send(wire.gre(p.peer_call_id, b"ab", seq=p.seq)[:n])
        for n in (12, 13, 14, 15):
            p.raw.send(wire.gre(p.peer_call_id, b"ab", seq=p.seq, ack=0)[:n])
        quiet(p)
        p.raw.send(wire.gre(p.peer_call_id, lcp_echo(9, b"x"), seq=p.seq) +
                   b"z" * 100)
        p.seq += 1
        assert p.expect(wire.LCP, wire.ECHO_REP, 9).body[4:] == b"x"
        s = lab.open_socket("client", socket.AF_INET, socket.SOCK_RAW,
                            socket.IPPROTO_RAW)
        with s:
            for words in range(1, 11):
                gre = wire.gre(p.peer_call_id, echo(p, words), seq=p.seq)
                p.seq += 1
                head = bytearray(wire.ip4(p.source, p.server, 47,
                                          b"\1" * 4 * words + gre))
                head[0] = 0x45 + words
                head[10:12] = b"\0\0"
                head[10:12] = struct.pack(">H", wire.checksum(
                    head[:20 + 4 * words]))
                s.sendto(head, (p.server, 0))
        got = replies(p)
        assert got == list(range(1, 11)), got
        p.close()


def test_V034_foreign_source(lab):
    """The next packet of the session, from another address."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        p = lab.peer().s5()
        before = d.counter("gre_bad_source")
        for n in range(50):
            for source in (netns.CLIENT2, "10.9.0.77"):
                p.spoof(source, wire.gre(p.peer_call_id, wire.ppp(
                    wire.LCP, wire.cp(wire.TERM_REQ, 1)), seq=p.seq))
                p.spoof(source, wire.gre(p.peer_call_id, lcp_echo(88),
                                         seq=p.seq))
            p.ping(p.gateway)
        d.wait_counter("gre_bad_source", before + 200)
        assert not [q for q in p.log if q.ident == 88]
        p.close()


JUMPS = (600, 1000, 1000000, 1 << 30, (1 << 31) - 2, (1 << 31) - 1, 1 << 31,
         -600, -1000000)


def test_V035_jump_of_the_sequence_number(lab):
    """One forged packet makes no real one old.  Fails if gre_rx_seq() takes
    any number ahead, as others do."""
    d = hostile.daemon(lab, *CLEAR)
    with hostile.watch(lab, d):
        p = clear(lab)
        for jump in JUMPS:
            before = d.counter("gre_far", p.peer_call_id)
            p.spoof(p.source, wire.gre(p.peer_call_id, lcp_echo(88),
                                       seq=p.seq + jump))
            for _ in range(3):
                p.ping(p.gateway, timeout=2)
            assert d.counter("gre_far", p.peer_call_id) == before + 1, jump
        for first in (0, 1):            # seq 1 "resets" others
            p.spoof(p.source, wire.gre(p.peer_call_id, lcp_echo(88),
                                       seq=first))
            p.ping(p.gateway, timeout=2)
        assert not [q for q in p.log if q.ident == 88], "forged and taken"
        p.close()


def test_V036_acknowledgements_of_nothing(lab):
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        p = lab.peer(window=1).s5()
        for ack in (0xffffffff, p.seen + 1, p.seen + 100, 0x7fffffff,
                    0x80000000, 0, 0xffffffff):
            for _ in range(3000):
                p.send_ack(ack)
            p.ping(p.gateway)
        p.close()


def test_V037_replay(lab):
    """An LCP Echo-Request 1000 times with its old number."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        p = lab.peer().s5()
        seq = p.seq
        p.send_gre(lcp_echo(55))
        p.expect(wire.LCP, wire.ECHO_REP, 55)
        for n in range(1000):
            p.raw.send(wire.gre(p.peer_call_id, lcp_echo(55), seq=seq))
            if n % 100 == 99:
                p.ping(p.gateway)
        for q in p.fence():
            assert q.ident != 55, "a replayed packet is answered"
        assert d.counter("gre_duplicate", p.peer_call_id) + \
            d.counter("gre_late", p.peer_call_id) >= 900
        p.close()


def test_V038_duplicates_and_holes(lab):
    d = hostile.daemon(lab, *CLEAR)
    with hostile.watch(lab, d, memory_growth=1 << 20):
        p = clear(lab)
        first = p.seq
        for n in (0, 2, 2, 2, 1, 1, 3):
            p.send_gre(echo(p, n), seq=first + n)
        p.seq += 4
        got = replies(p)
        assert got == [0, 1, 2, 3], got
        # Holes without end: what waits is bounded, and goes on in order.
        for n in range(10000):
            p.raw.send(wire.gre(p.peer_call_id, lcp_echo(1), seq=p.seq +
                                100000 + 3 * n))
            if n % 2000 == 0:
                p.ping(p.gateway, timeout=2)
        for n in range(1000):
            p.seq += 2
            p.send_gre(b"\xff\x03\0\x21")
        # All have waited for their time: it is not one hole after another.
        p.ping(p.gateway, timeout=1)
        p.close()


def test_V039_wrap(lab):
    """fffffffe, ffffffff, 0, 1, and reordering across it."""
    d = hostile.daemon(lab, "encryption allow", "reorder-timeout 1000")
    with hostile.watch(lab, d):
        p = clear(lab)
        for p.seq in (0x70000000, 0xe0000000, 0xfffffff0):
            p.settle()
        # The next is known to be in step; now jump to just below the end.
        while p.seq < 0xfffffffe:
            p.ping(p.gateway)
        for n in (0, 1, 3, 2, 5, 7, 6, 4):
            p.send_gre(echo(p, n), seq=0xfffffffe + n & 0xffffffff)
        p.seq = 6
        got = replies(p)
        assert got == list(range(8)), got
        p.close()


def test_V040_T38_every_first_word(lab):
    """All 2^16 flags and versions with five lengths, and other protocols:
    only the forms of section 4.1 are taken."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        p = lab.peer().s5()
        frames = [lcp_echo(77), lcp_echo(77)[:4], b"", b"\0", bytes(60)]
        step = 7 if lab.sanitized else 1
        for n, word in enumerate(generate.gre_words()[::step]):
            frame = frames[n % 5]
            p.raw.send(wire.gre(p.peer_call_id, frame, seq=p.seq,
                                flags=word))
            p.raw.send(wire.gre(p.peer_call_id, frame, seq=p.seq, ack=0,
                                flags=word))
            if n % 400 == 399:
                p.ping(p.gateway)
        for word in (0x3001, 0x3081):
            for proto in (0x0800, 0x6558, 0x0000, 0x880c, 0xffff):
                p.raw.send(wire.gre(p.peer_call_id, lcp_echo(77), seq=p.seq,
                                    ack=0, flags=word, proto=proto))
            for length in (0, 1, 9, 0x7fff, 0xffff):
                if length <= len(lcp_echo(77)) - 4 and length:
                    continue
                p.raw.send(wire.gre(p.peer_call_id, lcp_echo(77), seq=p.seq,
                                    ack=0, flags=word, length=length))
        for q in p.fence() + p.log:
            assert q.ident != 77, q
        p.close()


def test_V041_errors_of_sending(lab):
    """Whatever keeps a packet from being sent costs the packet, not the
    session: ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL, EMSGSIZE."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d) as w:
        p = lab.peer().s5()
        before = d.counter("gre_send_error", p.peer_call_id)
        for kind in ("unreachable", "prohibit", "blackhole", "throw"):
            lab.ip("server", "route add %s 10.9.0.2/32" % kind)
            try:
                for _ in range(5):
                    p.send_cp(wire.LCP, wire.ECHO_REQ, p._magic())
                    p.send_ip(wire.icmp_echo(p.address, p.gateway, 1, 1))
                d.session(p.peer_call_id)       # it lives
            finally:
                lab.ip("server", "route del %s 10.9.0.2/32" % kind)
        lab.ip("server", "link set out mtu 600")
        try:
            p.send_ip(wire.icmp_echo(p.address, p.gateway, 1, 1, bytes(900)))
            p.ping(p.gateway, 100)
        finally:
            lab.ip("server", "link set out mtu 1500")
        p.settle()
        netns.until(lambda: d.counter("gre_send_error", p.peer_call_id) >
                    before, 5, "errors are counted")
        w.reference.settle()
        w.served()
        p.close()


def test_V042_outer_address_inside(lab):
    """A client that calls from an address of the pool, or from the very one
    that is its own inside: never the tunnel inside the tunnel."""
    d = lab.daemon("remoteip 10.9.0.2-3", verbose=False)
    # Addresses of the pool that nobody has got are unreachable.
    assert "take it out of the pool" in d.log() or \
        "will not find them" in d.log(), d.log()
    p = lab.peer(timeout=0.5)
    try:
        p.s5()
        raise AssertionError("a session of a client inside the pool")
    except (TimeoutError, peer.Timeout):
        pass
    p.close()
    hostile.served(lab, source=netns.CLIENT3)
    netns.until(lambda: not d.sessions(), 10, "no session")
    lab.end_test(False)

    d = hostile.daemon(lab, 'user "fix" password "fixedOne1!" address ' +
                       netns.CLIENT2)
    with hostile.watch(lab, d):
        p = lab.peer(user="fix", password="fixedOne1!",
                     source=netns.CLIENT2, timeout=1)
        try:
            p.s5(settle=False)
            p.silence(0.2)
        except (AssertionError, OSError):
            pass
        assert netns.CLIENT2 not in lab.ip("server", "route show"), \
            "the tunnel's way is through the tunnel"
        p.close()
        # From elsewhere it is a session as any.
        p = lab.peer(user="fix", password="fixedOne1!").s5()
        assert p.address == netns.CLIENT2
        p.close()


def test_V043_gre_without_a_call(lab):
    """Before the OCRP, after the CDN, after the end of the connection."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        p = lab.peer(call_id=1).s1()
        p.peer_call_id = 1
        p.open_gre()
        before = d.counter("gre_no_call")
        for n in range(0, 65536, 512):
            p.send_cp(wire.LCP, wire.CONF_REQ, b"", call_id=n, seq=0)
        d.wait_counter("gre_no_call", before + 126)
        assert p.silence(0.1) == []
        p.close()
        for end in ("clear", "fin", "kill"):
            p = lab.peer().s5()
            if end == "clear":
                p.control(wire.CCRQ, call_id=p.call_id)
                p.expect_control(wire.CDN)
            elif end == "fin":
                p.tcp.close()
            else:
                d.ctl("kill", "call", p.peer_call_id)
                p.expect(wire.LCP, wire.TERM_REQ)
                p.send_cp(wire.LCP, wire.TERM_ACK, b"", p.log[-1].ident)
            netns.until(lambda: len(d.sessions()) == 1, 5, "it is gone")
            p.silence(0.05)
            for n in range(20):
                p.send_gre(lcp_echo(n))
            assert p.silence(0.1) == [], end
            p.close()


def test_V044_fragments(lab):
    """2 and 50 of them, overlapping ones, and some that never come."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        p = lab.peer().s5()
        s = lab.open_socket("client", socket.AF_INET, socket.SOCK_RAW,
                            socket.IPPROTO_RAW)

        def send(gre, size, ident, overlap=0, lose=None):
            offs = list(range(0, len(gre), size))
            for n, off in enumerate(offs):
                if n == lose:
                    continue
                last = off == offs[-1]
                part = gre[off:] if last else gre[off:off + size + overlap]
                packet = bytearray(wire.ip4(p.source, p.server, 47, part,
                                            ident=ident))
                packet[6:8] = struct.pack(">H", (0 if last else 0x2000) |
                                          off // 8)
                packet[10:12] = b"\0\0"
                packet[10:12] = struct.pack(">H", wire.checksum(packet[:20]))
                s.sendto(packet, (p.server, 0))
        with s:
            for n, size in enumerate((704, 24)):
                data = os.urandom(1300)
                frame = p.ip_frame(wire.icmp_echo(p.address, p.gateway,
                                                  0x5151, n, data))
                send(wire.gre(p.peer_call_id, frame, seq=p.seq), size, 1 + n)
                p.seq += 1
                r = p.next_ip(lambda q: q[24:26] == b"\x51\x51")
                assert r[28:] == data
            for n in range(200):
                send(wire.gre(p.peer_call_id, os.urandom(600), seq=p.seq),
                     104, 100 + n, overlap=8, lose=n % 6)
        quiet(p)
        p.ping(p.gateway)
        p.close()


def test_T05_attack_on_the_window(lab):
    """10 MB go through while an attacker who knows the call id and the
    client's address injects jumps, old numbers, acks and replays; and again
    from another address.  Fails, as V035 does, without the probation of far
    sequence numbers."""
    d = hostile.daemon(lab, *CLEAR)
    total = (2 if lab.sanitized else 10) * 1000 * 1000
    size = 1300
    with hostile.watch(lab, d):
        p = clear(lab)
        a = lab.open_socket("client", socket.AF_INET, socket.SOCK_RAW,
                            socket.IPPROTO_RAW)
        last = []

        def attack(n, source):
            for jump in (600, 1000000, (1 << 31) - 2):
                gre(source, p.seq + jump)
            gre(source, n & 1)
            a.sendto(wire.ip4(source, p.server, 47, wire.gre(
                p.peer_call_id, ack=0xffffffff)), (p.server, 0))
            if last:
                a.sendto(wire.ip4(source, p.server, 47, last[n % len(last)]),
                         (p.server, 0))

        def gre(source, seq):
            a.sendto(wire.ip4(source, p.server, 47, wire.gre(
                p.peer_call_id, lcp_echo(88), seq=seq)), (p.server, 0))
        lost = {}
        with a:
            for source in (p.source, netns.CLIENT2):
                sent = got = 0
                while sent * size < total:
                    for _ in range(16):
                        frame = echo(p, sent & 0xffff, data=bytes(size - 28))
                        last.append(wire.gre(p.peer_call_id, frame,
                                             seq=p.seq))
                        p.send_gre(frame)
                        sent += 1
                    del last[:-100]
                    attack(sent, source)
                    end = sent - 1
                    while True:
                        try:
                            r = p.next_ip(lambda q: q[24:26] == b"\x47\x11",
                                          timeout=0.5)
                        except peer.Timeout:
                            break
                        got += 1
                        if struct.unpack(">H", r[26:28])[0] == end & 0xffff:
                            break
                    # What is not answered at all is for ever.
                    assert got * 10 > sent * 9 or sent < 100, (got, sent)
                lost[source] = 1 - got / sent
                assert got > 0.99 * sent, (source, got, sent)
        assert not [q for q in p.log if q.ident == 88], "forged and taken"
        c = d.session(p.peer_call_id)["counters"]
        rounds = total // size // 16
        assert c["gre_far"] > rounds, c
        assert c["gre_late"] + c["gre_duplicate"] > rounds / 2, c
        assert lost[netns.CLIENT2] == 0, lost
        assert d.counter("gre_bad_source") > rounds
        p.close()


def test_T42_fragments_and_too_big(lab):
    """Outer packets that need fragments, and forged ICMP that asks for
    smaller ones: traffic goes on."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        p = lab.peer().s5()
        inner = wire.ip4(netns.SERVER, netns.CLIENT, 47, wire.gre(
            p.call_id, b"\xff\x03\0\xfd\x90", seq=1))
        s = lab.open_socket("client", socket.AF_INET, socket.SOCK_RAW, 1)
        with s:
            for mtu in (0, 68, 296, 576, 1000, 65535):
                for _ in range(20):
                    body = struct.pack(">BBHHH", 3, 4, 0, 0, mtu) + inner
                    body = body[:2] + struct.pack(
                        ">H", wire.checksum(body)) + body[4:]
                    s.sendto(body, (netns.SERVER, 0))
                for size in (56, 500, 1000, 1300):
                    p.ping(p.gateway, size, timeout=2)
        for host, dev in (("server", "out"), ("client", "eth0")):
            lab.ip(host, "link set %s mtu 900" % dev)
        try:
            for size in (56, 800, 850, 900, 1300):
                p.ping(p.gateway, size, timeout=2)
        finally:
            for host, dev in (("server", "out"), ("client", "eth0")):
                lab.ip(host, "link set %s mtu 1500" % dev)
        p.close()
