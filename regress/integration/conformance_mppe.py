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


"""CCP (RFC 1962) and MPPE (RFC 3078, RFC 3079): what ccp.py leaves.

The ids are those of regress/conformance.ids.
"""

import struct

import crypto
import netns
import peer
import wire
from ccp import ask, option

BEST = crypto.MPPE_H | crypto.MPPE_S


def headers(p):
    """(flags, count) of each MPPE packet of the server's, as they came."""
    got = []
    for q in p.log:
        if q.encrypted:
            head = struct.unpack(">H", wire.unppp(q.frame)[1][:2])[0]
            got.append((head & 0xf000, head & 0xfff))
    return got


def test_E01_nak_and_reject(lab):
    """RFC 1962 section 4: in a request with both, what is unknown is
    rejected first, unchanged and in order, and the Nak of MPPE follows."""
    lab.daemon("encryption require { 128 stateless }")
    p = lab.peer().s4()
    weak = option(crypto.MPPE_L)
    assert ask(p, [(17, b"\0\1")] + weak + [(21, b"")]) == (
        wire.CONF_REJ, [(17, b"\0\1"), (21, b"")])
    assert ask(p, weak) == (wire.CONF_NAK, option(BEST))
    assert ask(p, option(BEST)) == (wire.CONF_ACK, option(BEST))


def test_E02_reset_ack_has_its_identifier(lab):
    """RFC 1962 section 3.1, and a Reset-Ack that nobody asked for is
    nothing.  MPPE itself has the A bit for it (RFC 3078 section 8)."""
    lab.daemon("encryption require { 128 stateful }")
    p = lab.peer(mppe=[(128, True)]).s5()
    for ident in (0, 77, 255):
        p.send_cp(wire.CCP, wire.RESET_REQ, b"", ident)
        r = p.expect(wire.CCP, wire.RESET_ACK)
        assert (r.ident, r.body) == (ident, b""), r
        p.ping(p.gateway)
    p.send_cp(wire.CCP, wire.RESET_ACK, b"", 9)
    assert p.fence() == []
    p.ping(p.gateway)


def test_E03_reserved_bits(lab):
    """RFC 3078 section 2: D is not accepted, nor any reserved bit, nor two
    strengths at once; the Nak has none of them."""
    lab.daemon()
    p = lab.peer().s4()
    for bit in range(32):
        value = BEST ^ 1 << bit
        if value == crypto.MPPE_S:
            continue            # stateful: another mode, ccp.py has it
        assert ask(p, option(value)) == (wire.CONF_NAK, option(BEST)), \
            hex(value)
    assert ask(p, option(BEST)) == (wire.CONF_ACK, option(BEST))


def test_E04_one_bit_in_a_nak(lab):
    """RFC 3078 section 2.1: the strongest of what both can, one of it."""
    lab.daemon("encryption require { 128 stateless, 56 stateless, "
               "40 stateless }")
    p = lab.peer().s4()
    h, s, m, l = crypto.MPPE_H, crypto.MPPE_S, crypto.MPPE_M, crypto.MPPE_L
    for bits, want in ((s | m | l, s), (s | l, s), (s | m, s), (m | l, m)):
        assert ask(p, option(h | bits)) == (wire.CONF_NAK,
                                            option(h | want)), hex(bits)


def test_E05_no_data_before_ccp(lab):
    """RFC 3078 section 3: MPPE packets come when CCP is open, not before,
    in protocol 00fd, and what is not IP is never in them."""
    d = lab.daemon()
    p = lab.peer().s4()
    early = crypto.Mppe(p.keys[0], 128, False)
    for n in range(5):
        p.send_ppp(wire.COMP, early.send(struct.pack(">H", wire.IP) +
                                         wire.icmp_echo("10.99.0.10",
                                                        netns.LOCAL, 1, n)))
    for q in p.fence(auto=False):
        assert q.proto not in (wire.COMP, wire.IP), q
    for q in list(p.log):
        if q.is_(wire.CCP, wire.CONF_REQ):
            p.handle(q)
    p.s5().ping(p.gateway)
    p.fence()
    p.send_cp(wire.IPCP, 99)
    p.expect(wire.IPCP, wire.CODE_REJ)
    for q in p.log:
        assert q.encrypted == (q.proto == wire.IP), q
        if q.encrypted:
            assert wire.unppp(q.frame)[0] == wire.COMP
    assert d.session(p.peer_call_id)["mppe_bits"] == 128


def test_E06_flushed_in_each_stateless_packet(lab):
    """RFC 3078 section 3.1: A and D, not B nor C; counts from 0."""
    for bits in (128, 56, 40):
        lab.daemon("encryption require { %d stateless }" % bits)
        p = lab.peer(mppe=[(bits, False)]).s5()
        for _ in range(20):
            p.ping(p.gateway)
        assert headers(p) == [(0x9000, n) for n in range(len(headers(p)))]
        assert len(headers(p)) >= 20
        lab.end_test(False)


def test_E07_new_key_for_each_packet(lab):
    """RFC 3078 section 7.1: the same plaintext never looks the same, and
    each packet can be read with the key of its count alone."""
    lab.daemon("reorder-timeout 0")
    p = lab.peer().s5()
    start, rx = crypto.Mppe(p.keys[1], 128, False), p.rx
    seen = set()
    for n in range(30):
        p.send_ip(wire.icmp_echo(p.address, p.gateway, 7, 7, b"same"))
        p.next_ip(lambda q: q[9] == 1 and q[24:26] == b"\0\7")
        body = wire.unppp(p.log[-1].frame)[1]
        seen.add(body[2:])
        # One that heard nothing before, nor lost anything.
        fresh = start.clone()
        assert fresh.receive(body)[-4:] == b"same"
    assert len(seen) == 30 and p.rx is rx


def test_E08_flag_packets(lab):
    """RFC 3078 section 7.2: stateful, the key changes with count ..ff, and
    that packet, no other, has the A bit."""
    lab.daemon("encryption require { 128 stateful }")
    p = lab.peer(mppe=[(128, True)]).s5()
    for _ in range(520):
        p.ping(p.gateway, 8)
    got = headers(p)
    assert got == [(0x9000 if n & 0xff == 0xff else 0x1000, n)
                   for n in range(len(got))]
    assert len(got) > 512


def test_E09_changes_of_the_key(lab):
    """RFC 3078 section 8.1: C1 - C2 changes, over the end of the counts."""
    d = lab.daemon("reorder-timeout 0")
    p = lab.peer().s5()
    for lost in (1, 255, 500, 3, 500, 500, 500, 500, 500, 500, 500, 500):
        for _ in range(lost):
            p.tx.count = p.tx.count + 1 & 0xfff
            p.tx.rekey()
            p.seq += 1
        p.ping(p.gateway)
    assert p.resets == 0
    assert d.counter("mppe_dropped", p.peer_call_id) == 0


def test_E10_flag_packet_lost(lab):
    """RFC 3078 section 8.2: lost flag packets, some or many: one
    Reset-Request, nothing delivered until A comes, then all of it."""
    lab.daemon("encryption require { 128 stateful }", "reorder-timeout 0")
    p = lab.peer(mppe=[(128, True)]).s5()
    for lost in (256, 257, 300, 600, 1000, 3000):
        for _ in range(lost):
            p.tx.send(b"lost")
        # GRE of the lost ones did not come, either.
        p.seq += min(lost, 500)
        before = p.resets
        for _ in range(50):
            if (p.tx.count + 1) & 0xff == 0xff:
                p.tx.send(b"lost")      # it would mend it by itself
            p.send_ip(wire.icmp_echo(p.address, p.gateway, 1, lost))
            for q in p.silence(0.05):
                assert q.proto != wire.IP, (lost, q)
            if p.resets > before:
                break               # they are limited in number
        assert p.resets == before + 1, lost
        p.tx.flush = True
        p.ping(p.gateway)


def test_E11_no_user_data_before_mppe(lab):
    """RFC 3078 section 9: IPCP is open, CCP is not: neither way."""
    d = lab.daemon("retry-timeout 10")
    p = lab.peer().s4()
    p.request(wire.IPCP)
    while not p.is_open(wire.IPCP):
        q = p.next_ppp()
        if q.proto == wire.IPCP:
            p.handle(q)
    s = lab.open_socket("server", peer.socket.AF_INET,
                        peer.socket.SOCK_DGRAM, 0)
    with s:
        for _ in range(5):
            try:
                s.sendto(b"to the client", (p.address, 9))
            except OSError:
                pass            # there is no way to it yet
            p.send_ppp(wire.IP, wire.icmp_echo(p.address, netns.LOCAL, 1, 1))
    for q in p.fence():
        assert q.proto not in (wire.IP, wire.COMP), q
    assert d.counter("in_packets", p.peer_call_id) == 0


def test_E12_keys_by_direction(lab):
    """RFC 3079 section 3.3: what the server sends with is what the client
    receives with, and not the other; both are of this login alone."""
    lab.daemon("encryption require { 128 stateless }")
    p, q = lab.peer().s5(), lab.peer().s5()
    assert len({p.keys[0], p.keys[1], q.keys[0], q.keys[1]}) == 4
    p.ping(p.gateway)
    swapped = crypto.Mppe(p.keys[0], 128, False)
    body = wire.unppp([x for x in p.log if x.encrypted][0].frame)[1]
    assert swapped.receive(body)[:4] != b"\0\x21\x45\0"
    for keys in (p.keys[::-1], q.keys):
        tx = crypto.Mppe(keys[0], 128, False)
        tx.count = p.tx.count
        p.send_ppp(wire.COMP, tx.send(b"\0\x21" + wire.icmp_echo(
            p.address, p.gateway, 1, 1)))
    assert p.fence() == []
    p.ping(p.gateway)
