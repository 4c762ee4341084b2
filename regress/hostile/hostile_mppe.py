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

"""Hostile CCP and MPPE: what would have IP go in clear, cost time, or bring
keys out of step.  The names are those of ../catalogue.ids."""

import os
import select
import socket
import struct
import time

import crypto
import hostile
import netns
import peer
import wire

BEST = struct.pack(">I", crypto.MPPE_H | crypto.MPPE_S)


def header(count, flags=0x9000):
    return struct.pack(">H", flags | count & 0xfff)


def clear_frames(c, source):
    """IP packets in clear in GRE from a host."""
    found = []
    for src, _, proto, data in c.packets():
        if proto != 47 or src != source or len(data) < 8 or \
                not data[0] & 0x10:
            continue
        frame = data[16 if data[1] & 0x80 else 12:]
        try:
            inner, _ = wire.unppp(frame)
        except (AssertionError, IndexError):
            continue
        if inner in (wire.IP, wire.IPV6):
            found.append(frame)
    return found


class Traffic:
    """Everything that might be sent to a client: to its address from the
    LAN, multicast, broadcast, IPv6, all routed to the tunnel."""

    def __init__(self, lab):
        self.lab = lab
        device = [n for n in lab.state()[0] if n not in lab.baseline[0]][0]
        for to in ("224.0.0.251", "239.1.2.3", "10.99.0.255",
                   "255.255.255.255"):
            lab.ip("server", "route add %s dev %s" % (to, device))
        self.socks = []
        for host in ("server", "lan"):
            s = lab.open_socket(host, socket.AF_INET, socket.SOCK_DGRAM, 0)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            lab.files.append(s)
            self.socks.append(s)

    def send(self, *addresses):
        for s in self.socks:
            for to in addresses + ("224.0.0.251", "239.1.2.3", "10.99.0.255",
                                   "255.255.255.255", "10.99.0.10",
                                   "10.99.0.11"):
                try:
                    s.sendto(b"secret" * 10, (to, 9))
                except OSError:
                    pass


def nobody(p, q):
    """Not answered."""


def reject_option(p, q):
    if q.is_(wire.CCP, wire.CONF_REQ):
        p.send_cp(wire.CCP, wire.CONF_REJ, q.body, q.ident)


def nak_to_nothing(p, q):
    if q.is_(wire.CCP, wire.CONF_REQ):
        p.send_cp(wire.CCP, wire.CONF_NAK, [(18, bytes(4))], q.ident)


def ack_of_other_bits(p, q):
    if q.is_(wire.CCP, wire.CONF_REQ):
        p.send_cp(wire.CCP, wire.CONF_ACK, [(18, bytes(4))], q.ident)


def ack_of_nothing(p, q):
    if q.is_(wire.CCP, wire.CONF_REQ):
        p.send_cp(wire.CCP, wire.CONF_ACK, b"", q.ident)


def terminate_ccp(p, q):
    if q.is_(wire.CCP, wire.CONF_REQ):
        p.send_cp(wire.CCP, wire.TERM_REQ)


def reject_protocol(p, q):
    if q.is_(wire.CCP, wire.CONF_REQ):
        p.send_cp(wire.LCP, wire.PROTO_REJ,
                  struct.pack(">H", wire.CCP) + q.data)


def reject_code(p, q):
    if q.is_(wire.CCP, wire.CONF_REQ):
        p.send_cp(wire.CCP, wire.CODE_REJ, q.data)


def clear_from_the_start(p, q):
    if p.is_open(wire.IPCP):
        p.send_gre(wire.ppp(wire.IP, wire.icmp_echo(
            p.address, netns.LAN, 0x666, 1)))


def weak_instead(p, q):
    if q.is_(wire.CCP, wire.CONF_REQ):
        p.send_cp(wire.CCP, wire.CONF_NAK, [(18, struct.pack(
            ">I", crypto.MPPE_H | crypto.MPPE_L))], q.ident)
        p.send_cp(wire.CCP, wire.CONF_REQ, [(18, struct.pack(
            ">I", crypto.MPPE_H | crypto.MPPE_L))])


BEFORE = (nobody, reject_option, nak_to_nothing, ack_of_other_bits,
          ack_of_nothing, terminate_ccp, reject_protocol, reject_code,
          clear_from_the_start, weak_instead)


def after_terminate(p):
    p.send_cp(wire.CCP, wire.TERM_REQ)


def after_reject_protocol(p):
    p.send_cp(wire.LCP, wire.PROTO_REJ, struct.pack(">H", wire.CCP) +
              wire.cp(1, 1))


def after_reject_packets(p):
    p.send_cp(wire.LCP, wire.PROTO_REJ, struct.pack(">H", wire.COMP) +
              b"\x90\0abcd")


def after_reject_code(p):
    p.send_cp(wire.CCP, wire.CODE_REJ, wire.cp(wire.CONF_REQ, 1))


def after_other_mode(p):
    p.send_cp(wire.CCP, wire.CONF_REQ, [(18, struct.pack(
        ">I", crypto.MPPE_H | crypto.MPPE_L))])
    q = p.expect(wire.CCP, wire.CONF_REQ)
    p.send_cp(wire.CCP, wire.CONF_REJ, q.body, q.ident)


def after_lcp_again(p):
    """The link anew, without CCP then."""
    p.tx = p.rx = p.success = None
    p.opened = {k: [False, False] for k in p.opened}
    p.request(wire.LCP)
    p.run(lambda: p.is_open(wire.LCP) and p.success, what="LCP")
    p.mppe, p.knows_ccp = [], False
    p.request(wire.IPCP)


AFTER = (after_terminate, after_reject_protocol, after_reject_packets,
         after_reject_code, after_other_mode, after_lcp_again)


def strip(lab, scripts, mode):
    """All scripts, with everything sent to the client meanwhile.  The
    session must end in time, say why, and no IP be in clear.  Fails if IPCP
    alone may open the way, or the end of CCP is not that of the session."""
    d = hostile.daemon(lab, "retry-timeout 1", "max-configure 3",
                       "auth-timeout 2", "encryption require "
                       "{ 128 stateless }")
    traffic = Traffic(lab)
    link = lab.listen_link("lan", "eth0")
    c = lab.capture()
    running = []
    for script in scripts:
        p = lab.peer()
        if mode == "before":
            p.s4()
            p.request(wire.IPCP)
        else:
            p.s5()
            script(p)
        running.append((script, p))
    ended = len(running)
    began = time.monotonic()
    while running:
        assert time.monotonic() - began < 5, [s.__name__ for s, _ in running]
        traffic.send(*[p.address for _, p in running
                       if p.address != "0.0.0.0"])
        for script, p in list(running):
            try:
                q = p.next_ppp(0.01)
            except (peer.Timeout, crypto.MppeLost):
                if p.controls:
                    running.remove((script, p))
                continue
            if mode == "before" and q.proto == wire.CCP:
                script(p, q)
                continue
            if script is clear_from_the_start:
                script(p, q)
            p.handle(q)
            if p.terminated:
                running.remove((script, p))
    traffic.send()
    causes = ("no-mppe", "ipcp-failed", "lcp-failed")
    netns.until(lambda: sum(d.ended(n) for n in causes) == ended, 5,
                "all have their cause")
    assert set(d.routes()) <= {"10.99.0.255"}
    assert d.ended("no-mppe") >= ended - 2, d.stats()["session"]["ended"]
    netns.until(lambda: sum(d.log().count("cause=" + n) for n in causes) >=
                ended, 5, "the log says why")
    assert clear_frames(c, netns.SERVER) == []
    ours = clear_frames(c, netns.CLIENT)
    assert bool(ours) == (clear_from_the_start in scripts), ours
    link.setblocking(False)
    while select.select([link], [], [], 0)[0]:
        assert link.recv(65536)[24:26] != b"\x06\x66", "clear, and taken"
    d.unchanged()


def test_V120_packets_without_a_body(lab):
    d = hostile.daemon(lab, "encryption require { 128 stateless, "
                       "128 stateful }")
    with hostile.watch(lab, d):
        for stateful in (False, True):
            p = lab.peer(mppe=[(128, stateful)]).s5()
            before = d.counter("mppe_dropped", p.peer_call_id)
            bodies = [b"", b"\x90", b"\x90\0", b"\x90\0\0", b"\x10\1x",
                      b"\xff\xff", b"\xff\xff\xff"]
            for body in bodies:
                p.send_ppp(wire.COMP, body)
                p.send_ppp(wire.COMP, body, pfc=True, acfc=True)
            for q in p.fence():
                assert q.is_(wire.CCP, wire.RESET_REQ), q
            assert d.counter("mppe_dropped", p.peer_call_id) - before == \
                2 * len(bodies)
            p.ping(p.gateway)
            p.close()


def test_V121_T03_no_way_around_encryption(lab):
    """Ten ways to have none, before CCP is open."""
    strip(lab, BEFORE, "before")


def test_V121_T03_no_way_out_of_encryption(lab):
    """And once it is open."""
    strip(lab, AFTER, "after")


def test_V122_T03_multicast_and_broadcast(lab):
    """To clients that are up: encrypted, or not at all; no second copy."""
    d = hostile.daemon(lab)
    p, q = lab.peer().s5(), lab.peer().s5()
    c = lab.capture()
    traffic = Traffic(lab)
    for _ in range(20):
        traffic.send(p.address, q.address)
        p.ping(p.gateway)
        q.ping(netns.LAN)
    for one in (p, q):
        one.fence()
    assert clear_frames(c, netns.SERVER) == []
    assert c.check_no_clear_ip() >= 40
    d.unchanged()


def real(p, n=1):
    return struct.pack(">H", wire.IP) + wire.icmp_echo(p.address, p.gateway,
                                                       0x2222, n)


def test_V123_late_counts(lab):
    """Stateless: a count that was, or one far ahead, does not move the
    keys."""
    d = hostile.daemon(lab, "reorder-timeout 0")
    with hostile.watch(lab, d):
        p = lab.peer().s5()
        old = []
        for _ in range(5):
            keep = p.tx.clone()
            old.append(keep.send(real(p)))
            p.ping(p.gateway)
        for n in range(3):
            for packet in old:
                p.send_ppp(wire.COMP, packet)
            for jump in (2048, 2049, 4095, 4094, 3000, 1024):
                p.send_ppp(wire.COMP, header(p.tx.count + jump) +
                           os.urandom(80))
            p.ping(p.gateway, timeout=2)
        assert not [q for q in p.log if q.encrypted and
                    q.data[24:26] == b"\x22\x22"], "a late one is answered"
        p.close()


def test_V124_jumps_that_cost_time(lab):
    """1000 packets that ask for 4000 key changes each.  Fails if as many are
    made as are asked for."""
    d = hostile.daemon(lab, "reorder-timeout 0")
    with hostile.watch(lab, d) as w:
        p = lab.peer().s5()
        before = hostile.cpu(d)
        for n in range(1000):
            p.send_ppp(wire.COMP, header(p.tx.count + 4000) + os.urandom(50))
            if n % 100 == 99:
                p.ping(p.gateway)
        took = (hostile.cpu(d) - before) / 1e9
        # 3 s without bounds, of the processor's time.
        assert lab.sanitized or took < 1, took
        w.served()
        p.close()


def test_V125_bits_that_are_not_ours(lab):
    """D=0, A=0, B, C: 100 of each; the session lives."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        p = lab.peer().s5()
        before = d.counter("mppe_dropped", p.peer_call_id)
        for _ in range(100):
            good = p.tx.clone().send(real(p))
            for clear, put in ((0x10, 0), (0x80, 0), (0, 0x20), (0, 0x40),
                               (0x90, 0), (0, 0x60)):
                p.send_ppp(wire.COMP, bytes([good[0] & ~clear | put]) +
                           good[1:])
        assert p.fence() == []
        assert d.counter("mppe_dropped", p.peer_call_id) - before == 600
        p.ping(p.gateway)
        p.close()


def test_V126_reset_floods(lab):
    """Answered at most once each, ignored when there is nothing to reset;
    never a Reset-Request for one."""
    d = hostile.daemon(lab, "encryption require { 128 stateless, "
                       "128 stateful }")
    with hostile.watch(lab, d):
        for stateful in (False, True):
            p = lab.peer(mppe=[(128, stateful)]).s5()
            for n in range(5000):
                p.send_cp(wire.CCP, wire.RESET_REQ, b"", n & 255)
                p.send_cp(wire.CCP, wire.RESET_ACK, b"", n & 255)
                if n % 100 == 0:
                    p.silence(0.001)
            got = p.silence(0.1)
            if not stateful:
                assert p.resets == 0 and [q for q in p.log + got if q.is_(
                    wire.CCP, wire.RESET_ACK)] == []
            assert p.resets == 0
            p.settle()
            p.close()


def test_V128_keys_in_the_log(lab):
    """At the highest level, of a whole session: none."""
    d = lab.daemon("encryption require { 128 stateless, 128 stateful, "
                   "40 stateless }")
    secrets = []
    for mode in ((128, False), (128, True), (40, False)):
        p = lab.peer(mppe=[mode]).s5()
        p.ping(p.gateway)
        secrets += list(p.keys) + [p.tx.key, p.rx.key, p.tx.start]
        secrets += [crypto.nt_hash(p.password),
                    crypto.md4(crypto.nt_hash(p.password))]
        p.close()
    d.ctl("show", "sessions")
    with open(d.log_path, "rb") as f:
        log = f.read()
    for secret in secrets:
        for text in (secret, secret.hex().encode(),
                     secret.hex().upper().encode(),
                     secret.hex(":").encode(), secret.hex(" ").encode()):
            assert text not in log, "a key is in the log"


def test_V129_losses(lab):
    """Stateful: exactly the flag packet, 255 to 257, a round of counts and
    more: one Reset-Request, and it goes on."""
    d = hostile.daemon(lab, "encryption require { 128 stateless, "
                       "128 stateful }", "reorder-timeout 0")
    with hostile.watch(lab, d):
        for lost in (1, 2, 254, 255, 256, 257, 4094, 4095, 4096, 4097):
            p = lab.peer(mppe=[(128, True)]).s5()
            # The first that is lost is a flag packet.
            while p.tx.count & 0xff != 0xfe:
                p.ping(p.gateway, 8)
            for _ in range(lost):
                p.tx.send(b"\0\x21lost")
                p.seq += 1
            end = time.monotonic() + 4
            while True:
                assert time.monotonic() < end, "deaf after %d" % lost
                try:
                    p.ping(p.gateway, timeout=0.05)
                    break
                except peer.Timeout:
                    pass
                if [q for q in p.log if q.is_(wire.CCP, wire.RESET_REQ)]:
                    p.tx.flush = True
            assert p.resets <= 2, (lost, p.resets)
            for _ in range(3):
                p.ping(p.gateway)
            p.close()


def test_V130_what_may_not_be_inside(lab):
    """Protocols other than 0021 to 00fa, forged ciphertext: dropped; LCP
    inside MPPE is not LCP."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        p = lab.peer().s5()
        for proto in (wire.LCP, wire.IPCP, wire.CCP, wire.CHAP, wire.COMP,
                      0x0001, 0x0020, 0x00fb, 0x00ff, 0x8021):
            for packet in (wire.cp(wire.TERM_REQ, 1),
                           wire.cp(wire.ECHO_REQ, 66, bytes(4)),
                           wire.cp(wire.CONF_REQ, 1)):
                p.send_gre(p.ip_frame(packet, proto))
        for _ in range(500):
            p.send_ppp(wire.COMP, header(p.tx.count + 1) + os.urandom(60))
        for q in p.fence():
            assert q.code not in (wire.TERM_ACK, wire.CONF_ACK), q
            assert not q.is_(wire.LCP, wire.ECHO_REP, 66), q
        assert d.counter("mppe_dropped", p.peer_call_id) >= 500
        p.ping(p.gateway)
        p.close()
