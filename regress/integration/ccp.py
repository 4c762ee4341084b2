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

"""Encryption: RFC 1962, 3078, 3079."""

import os
import socket
import struct
import time

import crypto
import netns
import peer
import wire

MODES = [(bits, stateful) for bits in (128, 56, 40)
         for stateful in (False, True)]


def words(mode):
    return "%d %s" % (mode[0], "stateful" if mode[1] else "stateless")


def option(value):
    return [(wire.CCP_MPPE, struct.pack(">I", value))]


def ask(p, options):
    """Configure-Request of CCP; (code, options) of the answer."""
    ident = p.request(wire.CCP, options)
    while True:
        r = p.next_ppp()
        if r.proto == wire.CCP and r.ident == ident and r.code in (
                wire.CONF_ACK, wire.CONF_NAK, wire.CONF_REJ):
            return r.code, r.options
        if r.is_(wire.LCP, wire.TERM_REQ):
            raise AssertionError("link closed: %r" % r.body)


def ends(d, p, cause="no-mppe"):
    """The session ends for want of encryption, and no IP ever flowed."""
    try:
        p.run(lambda: p.terminated, 3)
    except peer.Timeout:
        pass
    p.expect_control(wire.CDN, 10)
    d.wait_ended(cause)
    assert not [q for q in p.log if q.is_(wire.IP) and not q.encrypted]


def test_modes(lab):
    """Each mode, where it is the only one, required and allowed."""
    for policy in ("require", "allow"):
        for mode in MODES:
            d = lab.daemon("encryption %s { %s }" % (policy, words(mode)))
            c = lab.capture()
            p = lab.peer(mppe=[mode]).s5()
            s = d.session(p.peer_call_id)
            assert (s["mppe_bits"], s["mppe_stateful"]) == mode, s
            for size in (8, 56, 1000):
                p.ping(p.gateway, size)
            assert c.check_no_clear_ip() >= 6
            lab.end_test(False)


def test_all_modes_offered(lab):
    """The list is the server's; the client has its way within it."""
    d = lab.daemon("encryption require { %s }" % ", ".join(
        words(m) for m in MODES))
    for mode in MODES:
        p = lab.peer(mppe=[mode]).s5()
        s = d.session(p.peer_call_id)
        assert (s["mppe_bits"], s["mppe_stateful"]) == mode, s
        p.ping(p.gateway)


def test_E04_default_is_the_strongest(lab):
    lab.daemon()
    p = lab.peer().s4()
    r = p.expect(wire.CCP, wire.CONF_REQ)
    assert r.options == option(crypto.MPPE_H | crypto.MPPE_S), r.options


def test_E01_mode_not_in_the_list(lab):
    """Weaker ones are answered by a Nak with one that is."""
    lab.daemon("encryption require { 128 stateless }")
    p = lab.peer().s4()
    want = option(crypto.MPPE_H | crypto.MPPE_S)
    for mode in MODES[1:]:
        got = ask(p, option(crypto.mode_bits(*mode)))
        assert got == (wire.CONF_NAK, want), (mode, got)
    assert ask(p, want) == (wire.CONF_ACK, want)


def test_E04_no_bits_or_all_bits(lab):
    """What Windows and TP-Link begin with: a Nak that names one mode."""
    lab.daemon("encryption require { 128 stateless, 40 stateful }")
    p = lab.peer().s4()
    best = option(crypto.MPPE_H | crypto.MPPE_S)
    for value in (0, crypto.MPPE_H, 0x010000e1, 0x010000e0, 0x00000060,
                  0x01000041, 0xffffffff):
        code, o = ask(p, option(value))
        assert code == wire.CONF_NAK, (hex(value), code)
        if value & crypto.MPPE_H:
            assert o == best, (hex(value), o)
        else:
            # Stateful is wanted, if anything is.
            assert o in (best, option(crypto.MPPE_L)), (hex(value), o)
    assert ask(p, best) == (wire.CONF_ACK, best)


def test_zero_option_for_ever(lab):
    """Never a Reject, for then the client would go without."""
    d = lab.daemon("auth-timeout 20")
    p = lab.peer().s4()
    for _ in range(15):
        try:
            code, _ = ask(p, option(0))
        except AssertionError:
            break
        assert code == wire.CONF_NAK, code
    d.unchanged()


def test_E01_other_options_are_rejected(lab):
    """Deflate, BSD, Predictor, MPPC's friends (RFC 1962 section 4)."""
    lab.daemon()
    p = lab.peer().s4()
    others = [(0, b"abcd"), (1, b""), (17, b"\0"), (21, b"\x2f"),
              (24, b"\x78\0"), (26, b"\x78\0")]
    mppe = option(crypto.MPPE_H | crypto.MPPE_S)
    assert ask(p, others[:3] + mppe + others[3:]) == (wire.CONF_REJ, others)
    assert ask(p, mppe) == (wire.CONF_ACK, mppe)


def test_wrong_option_length(lab):
    d = lab.daemon()
    p = lab.peer().s4()
    for body in ([(18, b"")], [(18, b"\1\0\0")], [(18, b"\1\0\0\x40\0")]):
        p.send_cp(wire.CCP, wire.CONF_REQ, body)
    for body in ([(18, b"\1\0\0\x40", 0)], [(18, b"\1\0\0\x40", 255)]):
        p.send_cp(wire.CCP, wire.CONF_REQ, body)
    for q in p.fence():
        assert not q.is_(wire.CCP, wire.CONF_ACK), q
    d.unchanged()
    p.s5().ping(p.gateway)


def test_required_but_rejected(lab):
    """The client rejects our option: no session without encryption."""
    d = lab.daemon()
    p = lab.peer(mppe=[])
    p.knows_ccp = True
    p.s4()
    p.request(wire.IPCP)
    ends(d, p)
    assert d.counter("mppe_refused") == 1
    assert d.routes() == []


def test_required_but_protocol_rejected(lab):
    d = lab.daemon()
    p = lab.peer().s4()
    r = p.expect(wire.CCP, wire.CONF_REQ)
    p.send_cp(wire.LCP, wire.PROTO_REJ,
              struct.pack(">H", wire.CCP) + r.data)
    ends(d, p)


def test_required_but_nothing_in_common(lab):
    """A client that insists on a mode that is not allowed."""
    d = lab.daemon("encryption require { 128 stateless }", "retry-timeout 1",
                   "auth-timeout 4")
    p = lab.peer(mppe=[(40, False)]).s4()
    end = 0
    while end < 60 and not p.terminated:
        end += 1
        try:
            q = p.next_ppp(2)
        except peer.Timeout:
            break
        if q.is_(wire.CCP, wire.CONF_NAK):
            p.request(wire.CCP)
        else:
            p.handle(q)
    p.expect_control(wire.CDN, 15)
    assert d.sessions() == []


def test_E11_required_but_silent(lab):
    """No word of CCP: IPCP alone does not open the way, and it ends."""
    d = lab.daemon("retry-timeout 1", "max-configure 3", "auth-timeout 5")
    p = lab.peer().s4()
    p.request(wire.IPCP)
    try:
        while True:
            q = p.next_ppp(2)
            if q.proto != wire.CCP:
                p.handle(q)
            if p.is_open(wire.IPCP):
                p.send_gre(wire.ppp(wire.IP, wire.icmp_echo(
                    p.address, netns.LOCAL, 1, 1)))
    except peer.Timeout:
        pass
    assert not [q for q in p.log if q.proto == wire.IP]
    p.expect_control(wire.CDN, 15)
    assert d.sessions() == [] and d.routes() == []


def test_required_and_closed_again(lab):
    """A Terminate-Request of CCP ends the session, not the encryption."""
    d = lab.daemon()
    p = lab.peer().s5()
    p.ping(p.gateway)
    p.send_cp(wire.CCP, wire.TERM_REQ)
    ends(d, p)


def test_clear_ip_is_dropped(lab):
    """Windows may send some; it costs the packet, not the session."""
    d = lab.daemon()
    c = lab.capture()
    p = lab.peer().s5()
    for n in range(10):
        p.send_gre(wire.ppp(wire.IP, wire.icmp_echo(
            p.address, p.gateway, 9, n)))
    p.ping(p.gateway)
    assert not [q for q in p.log if q.is_(wire.IP) and not q.encrypted]
    assert d.counter("mppe_clear", p.peer_call_id) == 10
    # Ours are all encrypted; the capture holds the client's ten.
    for src, dst, proto, data in c.packets():
        if proto == 47 and src == netns.SERVER and data[0] & 0x10:
            inner, _ = wire.unppp(data[16 if data[1] & 0x80 else 12:])
            assert inner != wire.IP


def test_multicast_is_not_sent_in_clear(lab):
    """npppd sends it once encrypted and once not."""
    lab.daemon()
    c = lab.capture()
    p = lab.peer().s5()
    device = [n for n in lab.state()[0] if n not in lab.baseline[0]][0]
    for group in ("224.0.0.251", "239.1.2.3"):
        lab.ip("server", "route add %s dev %s" % (group, device))
    s = lab.open_socket("server", peer.socket.AF_INET,
                        peer.socket.SOCK_DGRAM, 0)
    with s:
        s.setsockopt(peer.socket.SOL_SOCKET, peer.socket.SO_BROADCAST, 1)
        for to in ("224.0.0.251", "239.1.2.3", p.address):
            s.sendto(b"x" * 100, (to, 9))
    p.ping(p.gateway)
    p.fence()
    c.check_no_clear_ip()


def test_allowed_but_not_wanted(lab):
    """With allow, a client without MPPE gets its IP in clear."""
    d = lab.daemon("encryption allow")
    p = lab.peer(mppe=[]).s5()
    p.ping(p.gateway)
    assert d.session(p.peer_call_id)["mppe_bits"] == 0


def test_allowed_but_option_rejected(lab):
    """The same for one that knows CCP, but not MPPE, and asks for none."""
    lab.daemon("encryption allow")
    p = lab.peer(mppe=[])
    p.knows_ccp = True
    p.s5().ping(p.gateway)


def test_allowed_and_empty_request(lab):
    """And for one that opens CCP without any option."""
    lab.daemon("encryption allow")
    p = lab.peer(mppe=[])
    p.knows_ccp = True
    p.s4()
    p.request(wire.CCP, [])
    p.s5().ping(p.gateway)


def test_allowed_and_agreed_stays(lab):
    """Once agreed on, encryption is not given up."""
    d = lab.daemon("encryption allow")
    p = lab.peer().s5()
    p.ping(p.gateway)
    p.send_gre(wire.ppp(wire.IP, wire.icmp_echo(
        p.address, p.gateway, 9, 9)))
    p.ping(p.gateway)
    assert not [q for q in p.log if q.is_(wire.IP) and not q.encrypted]
    p.send_cp(wire.CCP, wire.TERM_REQ)
    try:
        while not p.terminated:
            p.handle(p.next_ppp(2))
    except peer.Timeout:
        pass
    p.send_gre(wire.ppp(wire.IP, wire.icmp_echo(
        p.address, p.gateway, 9, 10)))
    for q in p.silence(0.3):
        assert not (q.is_(wire.IP) and not q.encrypted), "fell to clear"
    d.unchanged()


def test_never(lab):
    d = lab.daemon("encryption never")
    p = lab.peer(mppe=[]).s4()
    ident = p.request(wire.CCP, option(crypto.MPPE_H | crypto.MPPE_S))
    while True:
        r = p.next_ppp()
        if r.is_(wire.LCP, wire.PROTO_REJ):
            assert r.body[:2] == struct.pack(">H", wire.CCP)
            break
        if r.is_(wire.CCP, wire.CONF_REJ, ident):
            break
        assert not r.is_(wire.CCP, wire.CONF_ACK), "agreed to it"
        p.handle(r)
    p.s5().ping(p.gateway)
    assert d.session(p.peer_call_id)["mppe_bits"] == 0


def test_no_keys_no_encryption(lab):
    """CHAP-MD5 and PAP give no keys, so there is nothing to agree on."""
    lab.daemon("authentication { chap-md5 pap }", "encryption allow")
    for method in ("chap-md5", "pap"):
        p = lab.peer(auth=[method], mppe=[]).s4()
        p.request(wire.CCP, option(crypto.MPPE_H | crypto.MPPE_S))
        p.request(wire.IPCP)
        while not p.is_open(wire.IPCP):
            q = p.next_ppp()
            assert not q.is_(wire.CCP, wire.CONF_ACK), "no keys, but agreed"
            assert not q.is_(wire.CCP, wire.CONF_REQ), "no keys, but asked"
            if q.proto != wire.CCP:
                p.handle(q)
        p.gateway = netns.LOCAL
        p.settle()


def test_required_without_keys(lab):
    """Either the configuration is refused, or the session."""
    try:
        d = lab.daemon("authentication { chap-md5 }", "encryption require")
    except AssertionError:
        d = lab.daemons.pop()
        assert netns.wait_exit(d.proc, 1) == 1, d.log()
        return
    p = lab.peer(auth=["chap-md5"]).s4()
    p.expect_control(wire.CDN, 10)
    d.wait_ended("no-mppe")


def test_keys_of_version_1(lab):
    """MS-CHAPv1 has one key for both directions (RFC 3079 section 2)."""
    lab.daemon("authentication { mschap }",
               "encryption require { 128 stateless, 128 stateful }")
    for stateful in (False, True):
        p = lab.peer(auth=["mschap"], mppe=[(128, stateful)]).s5()
        for _ in range(3):
            p.ping(p.gateway)


def test_E07_counts_wrap(lab):
    """4200 packets each way, stateless."""
    lab.daemon()
    p = lab.peer().s5()
    for n in range(4200):
        p.ping(p.gateway, 8)


def test_E08_stateful_key_changes(lab):
    """Over several flag packets, all lengths of keys."""
    lab.daemon("encryption require { %s }" % ", ".join(
        words(m) for m in MODES if m[1]))
    for bits in (128, 56, 40):
        p = lab.peer(mppe=[(bits, True)]).s5()
        for n in range(600):
            p.ping(p.gateway, 8)


def test_E09_stateless_loss(lab):
    """Lost packets cost themselves only, 1 to 255 of them, no resets."""
    d = lab.daemon("reorder-timeout 0")
    p = lab.peer().s5()
    for lost in (1, 2, 16, 100, 255, 256, 257):
        for _ in range(lost):
            p.ip_frame(b"lost")
            p.seq += 1
        p.ping(p.gateway)
    assert p.resets == 0
    assert d.counter("mppe_dropped", p.peer_call_id) == 0


def test_E10_stateful_loss(lab):
    """RFC 3078 section 8: Reset-Request, dropped until FLUSHED."""
    d = lab.daemon("encryption require { 128 stateful }",
                   "reorder-timeout 0")
    p = lab.peer(mppe=[(128, True)]).s5()
    p.ping(p.gateway)
    for lost in (1, 5, 100, 300):
        for _ in range(lost):
            p.ip_frame(b"lost")
            p.seq += 1
        if p.tx.count & 0xff == 0xfe:
            p.ip_frame(b"lost")     # a flag packet would mend it alone
            p.seq += 1
        # The requests may be limited in number: until it comes.
        while True:
            p.send_ip(wire.icmp_echo(p.address, p.gateway, 1, lost))
            got = p.silence(0.1)
            assert not [q for q in got if q.proto == wire.IP], got
            if [q for q in got if q.is_(wire.CCP, wire.RESET_REQ)]:
                break
        # Not flushed yet: dropped, and no flood of requests.
        if (p.tx.count + 1) & 0xff != 0xff:
            p.send_ip(wire.icmp_echo(p.address, p.gateway, 2, lost))
            got = p.fence()
            assert not [q for q in got if q.proto == wire.IP], got
        p.tx.flush = True
        p.ping(p.gateway)
    assert d.counter("ccp_resets_out", p.peer_call_id) >= 4
    assert d.counter("mppe_dropped", p.peer_call_id) > 0


def test_reset_request_is_repeated(lab):
    """A lost Reset-Request must not be the end of the traffic."""
    lab.daemon("encryption require { 128 stateful }", "reorder-timeout 0",
               "retry-timeout 1")
    p = lab.peer(mppe=[(128, True)]).s5()
    p.ip_frame(b"lost")
    p.seq += 1
    seen = 0
    end = time.monotonic() + 10
    while seen < 2 and time.monotonic() < end:
        p.send_ip(wire.icmp_echo(p.address, p.gateway, 1, 1))
        for q in p.silence(0.25):
            seen += q.is_(wire.CCP, wire.RESET_REQ)
    assert seen >= 2, "asked only once"
    p.tx.flush = True
    p.ping(p.gateway)


def test_E02_reset_request_from_the_client(lab):
    """Answered by a FLUSHED packet, and by a Reset-Ack (RFC 1962 section
    3.2), which Linux waits for and Windows takes offence at."""
    d = lab.daemon("encryption require { 128 stateful, 40 stateful }")
    for bits, windows in ((128, False), (40, False), (128, True)):
        p = lab.peer(mppe=[(bits, True)])
        if windows:
            p.s3().send_cp(wire.LCP, wire.IDENT, p._magic() + b"MSRASV5.20")
        p.s5()
        # Three packets that we do not decrypt.
        rx, p.rx = p.rx, None
        for n in range(3):
            p.send_ip(wire.icmp_echo(p.address, p.gateway, 3, n))
            p.expect(wire.COMP)
        p.rx = rx
        ident = p.send_cp(wire.CCP, wire.RESET_REQ)
        got = [(q.proto, q.code, q.ident) for q in p.fence()]
        assert got == ([] if windows else
                       [(wire.CCP, wire.RESET_ACK, ident)]), got
        p.ping(p.gateway)
        q = [q for q in p.log if q.encrypted][-1]
        flags = wire.unppp(q.frame)[1][0]
        assert flags & 0x80, "no A bit after a Reset-Request"
        p.ping(p.gateway)
        q = [q for q in p.log if q.encrypted][-1]
        assert not wire.unppp(q.frame)[1][0] & 0x80, "A bit for no reason"
        assert d.counter("ccp_resets_in", p.peer_call_id) == 1


def test_reset_request_when_stateless(lab):
    """Nothing to reset: ignored."""
    lab.daemon()
    p = lab.peer().s5()
    for _ in range(50):
        p.send_cp(wire.CCP, wire.RESET_REQ)
    p.send_cp(wire.CCP, wire.RESET_ACK)
    got = p.fence()
    assert got == [], got
    p.ping(p.gateway)


def test_request_again_after_open(lab):
    """Windows 10 does so; the session must go on, encrypted."""
    d = lab.daemon()
    c = lab.capture()
    p = lab.peer().s5()
    p.ping(p.gateway)
    tx, rx = p.tx, p.rx
    assert ask(p, p.asked[wire.CCP]) == (wire.CONF_ACK, p.asked[wire.CCP])
    again = p.silence(0.3)
    for q in again:
        if q.is_(wire.CCP, wire.CONF_REQ):
            p.send_cp(wire.CCP, wire.CONF_ACK, q.body, q.ident)
    assert not [q for q in again if q.is_(wire.LCP, wire.TERM_REQ)], again
    # Whether the keys go on or begin anew is nowhere written down.
    p.timeout = 1
    try:
        p.ping(p.gateway)
    except (peer.Timeout, crypto.MppeLost, AssertionError):
        p.tx = crypto.Mppe(p.keys[0], 128, False)
        p.rx = crypto.Mppe(p.keys[1], 128, False)
        p.ping(p.gateway)
    assert len(d.sessions()) == 1
    c.check_no_clear_ip()


def test_second_nak_for_one_request(lab):
    """Windows 10 answers one request of ours twice."""
    lab.daemon("encryption require { 128 stateless, 40 stateless }")
    p = lab.peer().s4()
    r = p.expect(wire.CCP, wire.CONF_REQ)
    for _ in range(2):
        p.send_cp(wire.CCP, wire.CONF_NAK,
                  option(crypto.MPPE_H | crypto.MPPE_S), r.ident)
    p.s5().ping(p.gateway)


def test_ipcp_before_ccp(lab):
    """Windows pipelines them; IPCP is neither refused nor in the way."""
    lab.daemon()
    p = lab.peer().s4()
    p.request(wire.IPCP)
    p.run(lambda: p.is_open(wire.IPCP) or p.terminated or p.is_open(wire.CCP),
          what="IPCP")
    p.request(wire.CCP)
    p.run(lambda: p.is_open(wire.CCP) and p.is_open(wire.IPCP), what="both")
    assert not [q for q in p.log if q.is_(wire.IPCP, wire.TERM_ACK)]
    p.gateway = netns.LOCAL
    p.settle()


def test_E03_malformed_packets(lab):
    """Too short, no D bit, B or C bits, no A bit: dropped."""
    d = lab.daemon()
    p = lab.peer().s5()
    good = p.tx.clone().send(struct.pack(">H", wire.IP) + wire.icmp_echo(
        p.address, p.gateway, 1, 1))
    for body in (b"", b"\x90", good[:2], good[:3],
                 bytes([good[0] & ~0x10]) + good[1:],
                 bytes([good[0] | 0x20]) + good[1:],
                 bytes([good[0] | 0x40]) + good[1:],
                 bytes([good[0] & ~0x80]) + good[1:],
                 b"\xff\xff" + os.urandom(100)):
        p.send_ppp(wire.COMP, body)
    assert p.fence() == []
    p.ping(p.gateway)
    assert d.counter("mppe_dropped", p.peer_call_id) >= 6


def test_forged_jump(lab):
    """A forged count must not take the keys along."""
    lab.daemon("reorder-timeout 0")
    p = lab.peer().s5()
    for jump in (1, 2, 100, 500, 1000, 2000, 4000):
        count = p.tx.count + jump & 0xfff
        p.send_ppp(wire.COMP, struct.pack(">H", 0x9000 | count) +
                   os.urandom(60))
        try:
            p.ping(p.gateway, timeout=1)
        except peer.Timeout:
            # One in 2^16 of random plaintexts looks right.
            raise AssertionError("the keys jumped by %d" % jump) from None


def test_T06_flood_of_forged_jumps(lab):
    """1,000 a second, as from the attacked client: at most a fifth of a core,
    nothing lost elsewhere, and the client is back within a second."""
    d = lab.daemon("reorder-timeout 0")
    p, q = lab.peer().s5(), lab.peer().s5()
    engine = d.role("session")

    def seconds():
        with open("/proc/%d/stat" % engine) as f:
            words = f.read().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    before = d.counter("mppe_dropped", p.peer_call_id)
    number, seq = 4000, p.seq
    body = os.urandom(48)
    attacker = p.open_socket(socket.AF_INET, socket.SOCK_RAW,
                             socket.IPPROTO_RAW)
    used, start = seconds(), time.monotonic()
    with attacker:
        for n in range(number):
            # Most as far as is believed at once, the others anywhere.
            jump = 1 + os.urandom(1)[0] * 16 if n % 16 == 0 else \
                768 - os.urandom(1)[0] % 128
            frame = wire.ppp(wire.COMP, struct.pack(
                ">H", 0x9000 | (p.tx.count + jump & 0xfff)) + body)
            attacker.sendto(wire.ip4(p.source, p.server, 47, wire.gre(
                p.peer_call_id, frame, seq=seq + n & 0xffffffff)),
                (p.server, 0))
            if n % 50 == 0:
                q.ping(q.gateway, timeout=1)
            # At most a thousand a second.
            time.sleep(max(0, start + n / 1000 - time.monotonic()))
    d.wait_counter("mppe_dropped", before + number, p.peer_call_id)
    used = seconds() - used
    assert used < 0.2 * number / 1000, "%d took %.2f s" % (number, used)

    end = time.monotonic() + 1
    while True:
        try:
            p.ping(p.gateway, timeout=0.1)
            break
        except peer.Timeout:
            assert time.monotonic() < end, "the client is not back"
    for _ in range(3):
        p.ping(p.gateway)
    assert len(d.sessions()) == 2


def test_E05_protocols_that_may_be_encrypted(lab):
    """RFC 3078 section 3: 0021 to 00fa; LCP inside MPPE does not count."""
    lab.daemon()
    p = lab.peer().s5()
    p.send_gre(p.ip_frame(wire.cp(wire.TERM_REQ, 1), wire.LCP))
    p.send_gre(p.ip_frame(wire.cp(wire.ECHO_REQ, 66, bytes(4)), wire.LCP))
    p.send_gre(p.ip_frame(wire.cp(wire.TERM_REQ, 1), wire.CCP))
    for q in p.fence():
        assert q.code not in (wire.TERM_ACK,), q
        assert not q.is_(wire.LCP, wire.ECHO_REP, 66), q
    p.ping(p.gateway)
