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

"""Hostile PPP: LCP, CCP, IPCP, and what is in IP packets.  The names are
those of ../catalogue.ids."""

import os
import select
import struct

import crypto
import generate
import hostile
import netns
import peer
import wire

MAGIC = (wire.LCP_MAGIC, b"\x12\x34\x56\x78")
MPPE = struct.pack(">I", crypto.MPPE_H | crypto.MPPE_S)
ANSWERS = (wire.CONF_ACK, wire.CONF_NAK, wire.CONF_REJ)
KNOWN = {
    wire.LCP: [(1, 2), (2, 4), (3, 3), (4, 6), (5, 4), (7, 0), (8, 0),
               (13, 1), (17, 2), (19, 1)],
    wire.IPCP: [(1, 8), (2, 4), (3, 4), (129, 4), (130, 4), (131, 4),
                (132, 4)],
    wire.CCP: [(0, 4), (1, 0), (17, 1), (18, 4), (21, 1), (24, 2), (26, 2)],
}
GOOD = {
    wire.LCP: [MAGIC],
    wire.IPCP: [(wire.IPCP_ADDR, bytes(4))],
    wire.CCP: [(wire.CCP_MPPE, MPPE)],
}


class Talker:
    """A client in the state in which a protocol is negotiated; it comes
    again when its session has ended, or when it has said a lot."""

    def __init__(self, lab, proto, most=150, **how):
        self.lab, self.proto, self.most, self.how = lab, proto, most, how
        self.p = None
        self.sent = self.sessions = 0
        self.mark = 200         # identifiers of ours are above

    def ready(self):
        if self.p is not None and self.sent < self.most and \
                not self.p.terminated and not self.hung_up():
            return self.p
        self.close()
        self.p = self.lab.peer(**self.how)
        self.sessions += 1
        self.sent = 0
        if self.proto == wire.LCP:
            self.p.s2()
        else:
            self.p.s4()
            self.p.request(self.proto, GOOD[self.proto], 200)
        self.begin(self.proto != wire.LCP)
        return self.p

    def begin(self, asked):
        """Its request, and the answer to ours: while the auth engine is asked
        for an address, the server hears no other."""
        self.request, answer = None, not asked
        while self.request is None or not answer:
            q = self.p.next_ppp()
            if q.is_(self.proto, wire.CONF_REQ):
                self.request = q
            elif q.proto == self.proto and q.ident == 200:
                answer = q.code in ANSWERS

    def hung_up(self):
        return bool(self.p.controls or
                    select.select([self.p.tcp], [], [], 0)[0])

    def close(self):
        if self.p is not None:
            self.p.close()
            self.lab.peers[:] = [q for q in self.lab.peers if q.tcp]
        self.p = None

    def say(self, packet):
        """A packet of the protocol, as it is."""
        self.sent += 1
        self.ready().send_ppp(self.proto, packet)

    def answers(self):
        """What came since, up to the answer to a good request; None if the
        session ended instead."""
        got = []
        self.mark = 200 + (self.mark - 199) % 56
        for _ in range(100):
            try:
                # It is not heard while the auth engine is asked for an
                # address.
                self.p.send_cp(self.proto, wire.CONF_REQ, GOOD[self.proto],
                               self.mark)
                while True:
                    q = self.p.next_ppp(0.05)
                    if q.is_(wire.LCP, wire.TERM_REQ):
                        self.p.terminated = True
                        return None
                    if q.proto != self.proto:
                        continue
                    if q.code == wire.CONF_REQ:
                        self.request = q
                    elif q.code in ANSWERS and q.ident == self.mark:
                        return got
                    elif q.code not in ANSWERS or q.ident < 200:
                        got.append(q)
            except (peer.Timeout, OSError):
                if self.hung_up():
                    self.p.terminated = True
                    return None
        raise AssertionError("neither an answer nor the end")


def check_answer(body, q, appended=6):
    """RFC 1661 sections 5.2 to 5.4: the answer to a Configure-Request."""
    assert q.length == len(q.data), q
    if q.code == wire.CONF_ACK:
        assert q.body == body, (body, q)
        return
    options = wire.unpack_options(q.body)
    if q.code == wire.CONF_REJ:
        # Unmodified and in their order.
        asked = iter(wire.unpack_options(body))
        for o in options:
            assert o in asked, (body.hex(), q)
        return
    kinds = [kind for kind, _ in options]
    assert len(set(kinds)) == len(kinds), "two of a type: %r" % q
    assert len(q.body) <= max(len(body), 64) + appended, q


def ask(t, options):
    """One Configure-Request; its answer, None: none."""
    t.ready()
    body = options if isinstance(options, bytes) else \
        wire.pack_options(options)
    t.sent += 1
    t.p.send_cp(t.proto, wire.CONF_REQ, body, 77)
    got = [q for q in t.answers() or [] if q.code in ANSWERS and
           q.ident == 77]
    assert len(got) < 2, got
    return got[0] if got else None


def talkers(lab, protos=(wire.LCP, wire.IPCP, wire.CCP), **how):
    return [Talker(lab, proto, **how) for proto in protos]


def gone(p, seconds=5):
    """The session ends, and its call."""
    try:
        p.run(lambda: p.terminated, 0.5)
    except peer.Timeout:
        pass
    p.expect_control(wire.CDN, seconds)


def test_V050_one_option_hundreds_of_times(lab):
    """CVE-2026-85495, before authentication."""
    d = hostile.daemon(lab)
    many = {
        wire.LCP: [b"\3\5\xc2\x23\x80" * 280, b"\1\4\xff\xff" * 350,
                   b"\5\6\0\0\0\0" * 230, b"\1\4\0\0" * 350,
                   b"\7\3\0" * 460, b"\x4d\4ab" * 350],
        wire.IPCP: [b"\3\6\0\0\0\0" * 230, b"\x81\6\1\2\3\4" * 230,
                    b"\3\6\x0a\x63\0\1" * 230, b"\2\6\0\x2d\x0f\1" * 230],
        wire.CCP: [b"\x12\6\0\0\0\0" * 230, b"\x12\6\xff\xff\xff\xff" * 230,
                   b"\x12\2" * 700, b"\x15\3\x2f" * 460],
    }
    with hostile.watch(lab, d) as w:
        for t in talkers(lab):
            for body in many[t.proto]:
                q = ask(t, body)
                assert q is not None and q.code != wire.CONF_ACK, q
                check_answer(body, q)
                assert len(q.body) <= len(body) and len(q.data) <= 1500
            t.close()
        w.served()


def test_V051_answers_larger_than_what_they_fit_in(lab):
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        for mru in (1500, 1400, 128, 129, 130, 131):
            t = Talker(lab, wire.IPCP, mru=mru)
            for body in (b"\x63\4ab" * 374, b"\2\4ab" * 374,
                         b"\x81\6\1\2\3\4\x63\2" + b"\x63\4ab" * 370):
                q = ask(t, body)
                check_answer(body, q)       # whole options, too
                assert mru - 20 < len(q.data) <= mru, (mru, q)
            t.close()
        t = Talker(lab, wire.LCP)
        q = ask(t, [(wire.LCP_MRU, b"\xff\xff")])
        assert (q.code, q.options) == (
            wire.CONF_NAK, [(wire.LCP_MRU, b"\x05\xdc")]), q
        t.close()
        for mru in (1500, 128):
            p = lab.peer(mru=mru).s5()
            for proto, packet in (
                    (wire.LCP, wire.cp(99, 1, bytes(1496))),
                    (0x8235, bytes(1500)), (0x4321, bytes(1500)),
                    (wire.LCP, wire.cp(wire.ECHO_REQ, 1, bytes(1496))),
                    (wire.IPCP, wire.cp(99, 1, bytes(1496))),
                    (wire.CCP, wire.cp(99, 1, bytes(1496)))):
                p.send_ppp(proto, packet)
                for q in p.fence():
                    assert len(q.data) == q.length <= mru, (mru, q)
            p.close()


def test_V052_option_twice(lab):
    """With different values: the second is refused."""
    d = hostile.daemon(lab)
    twice = {
        wire.LCP: [[(1, b"\5\0"), (1, b"\4\0")], [MAGIC, (5, b"abcd")],
                   [(7, b""), (7, b"")]],
        wire.IPCP: [[(3, bytes(4)), (3, b"\x0a\x63\0\x0b")],
                    [(129, bytes(4)), (129, b"\1\1\1\1")]],
        wire.CCP: [[(18, MPPE), (18, b"\0\0\0\x20")]],
    }
    with hostile.watch(lab, d):
        for t in talkers(lab):
            for options in twice[t.proto]:
                q = ask(t, options)
                assert q.code == wire.CONF_REJ, (options, q)
                assert q.options == options[1:], (options, q)
            t.close()


def test_V053_endpoint_discriminator(lab):
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        t = Talker(lab, wire.LCP)
        for length in (0, 1):
            assert ask(t, bytes([19, length])) is None
        for size in list(range(0, 4)) + [20, 25]:
            for kind in range(7):
                body = (bytes([kind]) + bytes(24))[:size]
                q = ask(t, [(19, body)])
                assert (q.code, q.options) == (wire.CONF_REJ, [(19, body)])
        t.close()


def test_V054_option_beyond_the_packet(lab):
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        for t in talkers(lab):
            good = wire.pack_options(GOOD[t.proto])
            for kind in (1, 3, 5, 18, 129, 255):
                for length in (255, 3, 1, 0):
                    q = ask(t, good + bytes([kind, length]))
                    assert q is None, (kind, length, q)
                assert ask(t, good + bytes([kind])) is None
            t.close()


def test_V055_answers_with_broken_options(lab):
    """Nak and Reject of 0, 1, 2 octets, with the right identifier."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d) as w:
        for t in talkers(lab):
            for code in (wire.CONF_ACK, wire.CONF_NAK, wire.CONF_REJ):
                for body in (b"", b"\1", b"\1\2", b"\1\1", b"\1\0",
                             b"\x7f\0\0", b"\x12\2", b"\3\2", b"\3\1\0",
                             b"\x12\6\0", b"\3\3\xc2", b"\3\4\xc2\x23",
                             b"\5\2", b"\5\3\0"):
                    t.ready()
                    t.say(wire.cp(code, t.request.ident, body))
                    t.answers()
            t.close()
        w.served()


def test_V056_every_method_and_all_refused(lab):
    d = hostile.daemon(lab, "encryption allow",
                       "authentication { mschapv2 mschap chap-md5 pap }")
    with hostile.watch(lab, d):
        for method in ("mschapv2", "mschap", "chap-md5", "pap"):
            lab.peer(auth=[method], mppe=[]).s5().close()
        t = Talker(lab, wire.LCP)
        for count in (1, 7, 100, 349):
            options = [(100 + n % 100, b"ab") for n in range(count)]
            q = ask(t, options)
            assert q.code == wire.CONF_REJ
            assert q.options == options, count
        t.close()


def test_V057_echo_larger_than_the_mru(lab):
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        p = lab.peer(mru=128).s5()
        for size in (0, 100, 120, 121, 124, 125, 1000, 1400):
            p.send_cp(wire.LCP, wire.ECHO_REQ, p._magic() + bytes(size), 99)
        for q in p.fence():
            assert q.length == len(q.data) <= 128, q
        p.close()


def nak_value(proto, n):
    return {wire.LCP: [(wire.LCP_MRU, struct.pack(">H", 500 + n % 900))],
            wire.IPCP: [(wire.IPCP_ADDR, struct.pack(">I", 0x0a000001 + n))],
            wire.CCP: [(wire.CCP_MPPE, struct.pack(
                ">I", (0x40, 0x20, 0x80, 0xe0, 0)[n % 5]))]}[proto]


def test_V058_nak_without_end(lab):
    """Each request of ours gets a Nak with another value, or Nak and Reject
    in turn: it ends, after a bounded number of packets."""
    d = hostile.daemon(lab, "retry-timeout 1", "auth-timeout 3")
    with hostile.watch(lab, d):
        for proto in (wire.LCP, wire.IPCP, wire.CCP):
            for codes in ((wire.CONF_NAK,), (wire.CONF_NAK, wire.CONF_REJ)):
                t = Talker(lab, proto, most=10000)
                p = t.ready()
                requests, n = [t.request], 0
                while not t.hung_up():
                    n += 1
                    p.send_cp(proto, codes[n % len(codes)],
                              nak_value(proto, n), requests[-1].ident)
                    try:
                        while True:
                            q = p.next_ppp(0.2)
                            if q.is_(proto, wire.CONF_REQ):
                                requests.append(q)
                                break
                            if q.is_(wire.LCP, wire.TERM_REQ):
                                p.handle(q)
                    except peer.Timeout:
                        pass
                    assert n < 400, (hex(proto), codes, p.log[-5:])
                assert len(requests) <= 310, len(requests)
                assert len(p.log) < 700, len(p.log)
                t.close()


def test_V059_terminate_floods(lab):
    """In every state; each is answered once at most, and the link ends."""
    d = hostile.daemon(lab, "retry-timeout 1")
    with hostile.watch(lab, d):
        for state in ("s2", "s3", "s4", "s5"):
            p = getattr(lab.peer(), state)()
            for n in range(200):
                p.send_cp(wire.LCP, wire.TERM_ACK, b"", n)
            for n in range(200):
                p.send_cp(wire.LCP, wire.TERM_REQ, b"", n)
            p.expect_control(wire.CDN, 5)
            acks = [q for q in p.silence(0.05) if q.is_(wire.LCP,
                                                        wire.TERM_ACK)]
            assert len({q.ident for q in acks}) == len(acks), "twice"
            p.close()
        for proto in (wire.IPCP, wire.CCP):
            p = lab.peer().s5()
            for n in range(100):
                p.send_cp(proto, wire.TERM_REQ, b"", n)
            p.run(lambda p=p: p.terminated, 5, "end of the link")
            p.expect_control(wire.CDN, 5)
            p.close()


def test_V060_answers_to_other_requests(lab):
    """Another identifier, an old one, an Ack twice."""
    d = hostile.daemon(lab, "retry-timeout 10")
    with hostile.watch(lab, d):
        for t in talkers(lab):
            p = t.ready()
            r = t.request
            for more in (1, 2, 128, 255):
                for code in ANSWERS:
                    t.say(wire.cp(code, r.ident + more & 255, r.body))
                    t.say(wire.cp(code, r.ident + more & 255, b""))
            got = t.answers()
            assert got == [], got
            assert t.request is r, "it asks again"
            t.close()
        p = lab.peer().s2()
        r = p.expect(wire.LCP, wire.CONF_REQ)
        p.handle(r)
        p.s5()
        p.ping(p.gateway)
        p.close()


def test_V061_lcp_without_a_header(lab):
    d = hostile.daemon(lab)
    bad = [b"", b"\1", b"\1\1", b"\1\1\0", b"\1\1\0\0", b"\1\1\0\1",
           b"\1\1\0\2", b"\1\1\0\3", b"\1\1\0\5", b"\1\1\xff\xff",
           b"\5\1\0\3", b"\5\1\0\x80", b"\x09\1\0\3", b"\x09\1\0\7\0\0\0",
           b"\x08\1\0\5\0", b"\7\1\0\4"]
    with hostile.watch(lab, d):
        for state in ("s2", "s3", "s5"):
            p = getattr(lab.peer(), state)()
            if state == "s3":
                p.expect(wire.CHAP, wire.CHALLENGE)
            elif state == "s2":
                p.expect(wire.LCP, wire.CONF_REQ)
            before = d.counter("ppp_malformed", p.peer_call_id)
            for packet in bad:
                p.send_ppp(wire.LCP, packet)
            if state == "s2":
                p.request(wire.LCP)
                p.expect(wire.LCP, wire.CONF_ACK)
                assert not [q for q in p.log if q.code in (
                    wire.TERM_ACK, wire.ECHO_REP, wire.CODE_REJ)]
            else:
                assert p.fence() == [], state
            assert d.counter("ppp_malformed", p.peer_call_id) - before == \
                len(bad), state
            p.close()


def test_V062_before_its_phase(lab):
    """NCPs and IP before authentication, IP before IPCP: dropped."""
    d = hostile.daemon(lab, "encryption allow")
    with hostile.watch(lab, d):
        p = lab.peer().s3()
        r = p.expect(wire.CHAP, wire.CHALLENGE)
        for proto in (wire.IPCP, wire.CCP, wire.IPV6CP, wire.ACSCP, 0x8029,
                      wire.IP, wire.IPV6, wire.COMP, 0x002d, 0x4321):
            for packet in (wire.cp(wire.CONF_REQ, 1, b"\3\6\0\0\0\0"),
                           wire.icmp_echo("10.99.0.10", netns.LOCAL, 1, 1)):
                p.send_ppp(proto, packet)
        assert p.fence() == []
        p.handle(r)
        p.s4()
        link = lab.listen_link("lan", "eth0")
        for n in range(20):
            p.send_ppp(wire.IP, wire.icmp_echo("10.99.0.10", netns.LAN,
                                               0x666, n))
        p.s5()
        p.ping(netns.LAN)
        link.setblocking(False)
        while select.select([link], [], [], 0)[0]:
            assert link.recv(65536)[24:26] != b"\x06\x66", "IP before IPCP"
        p.close()


def test_V063_answer_is_what_was_asked(lab):
    """129 to 1400 octets of unknown options: the Reject is those octets,
    and nothing of the stack."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        for t in talkers(lab, mru=1500):
            for total in (129, 130, 200, 256, 500, 1000, 1400):
                options, left = [], total
                while left > 0:
                    size = min(left, 2 + 99)
                    if left - size == 1:
                        size -= 1
                    options.append((200 + len(options) % 50,
                                    os.urandom(size - 2)))
                    left -= size
                q = ask(t, options)
                assert q.code == wire.CONF_REJ
                assert q.body == wire.pack_options(options), total
            t.close()


def test_V064_compression(lab):
    """Deflate, BSD, Predictor, Stac, MPPC: refused; their packets, and Van
    Jacobson's, get a Protocol-Reject."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        t = Talker(lab, wire.CCP)
        for o in ((0, b"abcd"), (1, b""), (2, b""), (17, b"\0\1\1"),
                  (21, b"\x2f"), (24, b"\x78\0"), (26, b"\x78\0")):
            q = ask(t, [(wire.CCP_MPPE, MPPE), o])
            assert (q.code, q.options) == (wire.CONF_REJ, [o]), q
        q = ask(t, [(wire.CCP_MPPE, struct.pack(">I", 0x01000041))])
        assert q.code == wire.CONF_NAK and q.body[5] & 1 == 0, q
        t.close()
        p = lab.peer().s5()
        for proto in (0x002d, 0x002f, 0x003d, 0x00fb, 0x004d):
            for data in (b"\x42\0\x12\x34\0", b"\xff" * 3, os.urandom(1400)):
                p.send_ppp(proto, data)
        for q in p.fence():
            assert q.is_(wire.LCP, wire.PROTO_REJ), q
        p.ping(p.gateway)
        p.close()


def test_V065_callback(lab):
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        t = Talker(lab, wire.LCP)
        for data in (b"", b"\6", b"\0abc", bytes(100)):
            q = ask(t, [(wire.LCP_CALLBACK, data)])
            assert q.code == wire.CONF_REJ, q
        t.close()
        for state in ("s3", "s5"):
            p = getattr(lab.peer(), state)()
            if state == "s3":
                p.expect(wire.CHAP, wire.CHALLENGE)
            for body in (b"", b"\1\0", b"\3\0\0", b"\2\4\0\1"):
                for code in (1, 2, 3):
                    p.send_cp(wire.CBCP, code, body)
            for q in p.fence():
                assert state == "s5" and q.is_(wire.LCP, wire.PROTO_REJ), q
            p.close()


def test_V066_end_of_another_protocol(lab):
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        p = lab.peer().s5()
        for n in range(20):
            p.send_cp(wire.IPV6CP, wire.TERM_REQ)
            p.send_cp(wire.ACSCP, wire.TERM_REQ)
        for q in p.fence():
            assert q.is_(wire.LCP, wire.PROTO_REJ), q
        p.ping(p.gateway)
        p.close()


def test_V067_some_name_servers(lab):
    """What there is not is rejected; never an undefined value."""
    kinds = (wire.IPCP_DNS1, wire.IPCP_NBNS1, wire.IPCP_DNS2,
             wire.IPCP_NBNS2)
    for lines, drop, have in (
            (("dns 10.99.0.1",), ("nbns",), {wire.IPCP_DNS1: "10.99.0.1"}),
            (("nbns 10.99.0.3",), ("dns",), {wire.IPCP_NBNS1: "10.99.0.3"}),
            ((), ("dns", "nbns"), {})):
        d = hostile.daemon(lab, *lines, drop=drop)
        with hostile.watch(lab, d):
            t = Talker(lab, wire.IPCP)
            q = ask(t, [(k, bytes(4)) for k in kinds])
            missing = [k for k in kinds if k not in have]
            assert q.code == wire.CONF_REJ
            assert [k for k, _ in q.options] == missing, q
            if have:
                q = ask(t, [(k, bytes(4)) for k in have])
                assert q.code == wire.CONF_NAK, q
                for k, value in have.items():
                    assert dict(q.options)[k] == wire.addr(value), q
            t.close()
        lab.end_test(False)


BAD_ADDRESSES = ("127.0.0.1", "224.0.0.1", "255.255.255.255", "0.0.0.1",
                 netns.LOCAL, netns.SERVER, netns.LAN_GW, netns.LAN,
                 netns.CLIENT, "8.8.8.8", "10.98.0.1", "10.99.1.10",
                 "240.0.0.1", "169.254.1.1")


def test_V068_addresses_that_are_not_his(lab):
    """Another client's, the server's, reserved ones, one outside: a Nak
    with the right one, and the end if he insists."""
    d = hostile.daemon(lab, "retry-timeout 1", "auth-timeout 5")
    with hostile.watch(lab, d) as w:
        others = BAD_ADDRESSES + (w.reference.address,)
        for want in others:
            t = Talker(lab, wire.IPCP)
            q = ask(t, [(wire.IPCP_ADDR, wire.addr(want))])
            assert q.code == wire.CONF_NAK, (want, q)
            got = wire.text(dict(q.options)[wire.IPCP_ADDR])
            assert got.startswith("10.99.0.") and got not in others, got
            codes = []
            for _ in range(12 if want in others[::5] else 2):
                q = ask(t, [(wire.IPCP_ADDR, wire.addr(want))])
                if q is None or t.p.terminated:
                    break
                codes.append(q.code)
            assert wire.CONF_ACK not in codes, want
            assert codes.count(wire.CONF_NAK) <= 6, codes
            assert want not in d.routes() or want == w.reference.address
            t.close()


def test_V069_ipv6cp(lab):
    """There is no IPv6 in here: a Protocol-Reject whatever it says."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        p = lab.peer().s5()
        for ifid in (bytes(8), b"\xff" * 8, os.urandom(8), b"", b"abc"):
            for code in (1, 2, 3, 4):
                p.send_cp(wire.IPV6CP, code, [(1, ifid)])
        for q in p.fence():
            assert q.is_(wire.LCP, wire.PROTO_REJ), q
        p.ping(p.gateway)
        p.close()


def test_V070_compressed_protocol_fields(lab):
    """Both forms of what may be compressed; 00ff, even numbers and
    compressed control protocols are none."""
    d = hostile.daemon(lab, "encryption allow")
    with hostile.watch(lab, d):
        p = lab.peer(mppe=[]).s5()
        ping = wire.icmp_echo(p.address, p.gateway, 0x7070, 1)
        for n, head in enumerate((b"\x21", b"\0\x21", b"\xff\3\x21",
                                  b"\xff\3\0\x21")):
            p.send_gre(head + ping)
            r = p.next_ip(lambda q: q[24:26] == b"\x70\x70")
            assert r[28:] == ping[28:], n
        before = d.counter("ppp_malformed", p.peer_call_id)
        bad = (b"\xff\xff\3\0\x21" + ping, b"\xff\3\xff" + ping, b"\xff",
               b"\xff\3", b"\xff\3\0", b"\0")
        for frame in bad:
            p.send_gre(frame)
        odd = (b"\0\x20" + ping, b"\x20\0" + ping, b"\xff\3\0\x22" + ping,
               b"\1" + ping, b"\x80\x21" + ping[:3])
        for frame in odd:
            p.send_gre(frame)
        for q in p.fence():
            assert q.is_(wire.LCP, wire.PROTO_REJ), q
        assert d.counter("ppp_malformed", p.peer_call_id) - before >= \
            len(bad)
        # LCP is never compressed, we take it all the same (ACFC).
        p.send_gre(b"\xc0\x21" + wire.cp(wire.ECHO_REQ, 66, p._magic()))
        p.expect(wire.LCP, wire.ECHO_REP, 66)
        p.ping(p.gateway)
        p.close()


EAP = 0xc227


def test_V100_V101_V102_eap_that_nobody_wants(lab):
    """CVE-2020-8597: EAP, which we do not have, of every form and length:
    dropped before authentication, rejected later."""
    d = hostile.daemon(lab)
    bodies = [b"\4\x10" + bytes(16) + b"A" * 1400, b"\1" + b"A" * 1400, b"",
              b"\4", b"\4\xff" + bytes(16), b"\x1a\2\0\xff\xff\x31",
              b"\x1a\2\0\0\x05\x31" + bytes(49), b"\x0d\xc0\xff\xff\xff\xff"]
    with hostile.watch(lab, d):
        for state in ("s2", "s3", "s5"):
            p = getattr(lab.peer(), state)()
            if state == "s3":
                r = p.expect(wire.CHAP, wire.CHALLENGE)
            for code in (1, 2, 3, 4):
                for body in bodies:
                    actual = 4 + len(body)
                    for length in generate.lengths(4, actual)[::2]:
                        p.send_ppp(EAP, struct.pack(
                            ">BBH", code, 1, length) + body)
            if state != "s2":
                for q in p.fence():
                    assert state == "s5" and q.is_(
                        wire.LCP, wire.PROTO_REJ), q
            if state == "s2":
                assert not [q for q in p.silence(0.2) if q.proto == EAP]
            elif state == "s3":
                p.handle(r)
                p.s5()
            if state != "s2":
                p.ping(p.gateway)
            p.close()


def test_T02_every_option_with_every_length(lab):
    """G3 over LCP, IPCP and CCP, in all four codes: each answer is one that
    RFC 1661 allows, and no larger than the question."""
    d = hostile.daemon(lab)
    step = 5 if lab.sanitized else 1
    cases = 0
    with hostile.watch(lab, d) as w:
        for t in talkers(lab):
            bodies = list(dict.fromkeys(generate.options(
                KNOWN[t.proto])))[::step]
            for off in range(0, len(bodies), 120):
                asked = {}
                t.close()
                t.ready()
                for n, (body, fit) in enumerate(bodies[off:off + 120]):
                    asked[n] = body, fit
                    t.p.send_cp(t.proto, wire.CONF_REQ, body, n)
                cases += len(asked)
                got = t.answers()
                assert got is not None, "a request ended the session"
                seen = set()
                for q in got:
                    assert q.code in ANSWERS and q.ident not in seen, q
                    seen.add(q.ident)
                    body, fit = asked[q.ident]
                    assert fit, ("answered", body.hex(), q)
                    check_answer(body, q)
                # An address of its own is asked for elsewhere first, and
                # then the next requests wait.
                if t.proto != wire.IPCP:
                    fitting = {n for n in asked if asked[n][1]}
                    assert seen == fitting, (seen ^ fitting)
            for code in ANSWERS:
                for body, _ in bodies[::2]:
                    t.ready()
                    t.say(wire.cp(code, t.request.ident, body))
                    cases += 1
                    if t.sent % 25 == 0:
                        t.answers()
            t.close()
            w.served()
        p = lab.peer().s5()
        for body, _ in list(generate.options([(1, 8)])):
            p.send_cp(wire.IPV6CP, wire.CONF_REQ, body)
        for q in p.fence():
            assert q.is_(wire.LCP, wire.PROTO_REJ)
        p.close()
    assert cases > (300 if lab.sanitized else 2000), cases


def may_answer(state, proto, code):
    """What may come back to a good packet at the wrong time: T24's table,
    [(protocol, code)...].  States are those of the server."""
    if proto == wire.LCP:
        if code == wire.CONF_REQ:
            return [(wire.LCP, c) for c in ANSWERS + (wire.CONF_REQ,)] + \
                [(wire.CHAP, wire.CHALLENGE)]
        if code == wire.TERM_REQ:
            return [(wire.LCP, wire.TERM_ACK)]
        if code == wire.ECHO_REQ and state not in ("s2", "end"):
            return [(wire.LCP, wire.ECHO_REP)]
        # Answers to nothing: of an old identifier.
        return []
    if state in ("s2", "end"):
        return []
    if proto == wire.CHAP:
        # To a stale response, unless it has the number of a new one.
        return [(wire.CHAP, wire.FAILURE), (wire.LCP, wire.TERM_REQ)] \
            if state == "s3" else [(wire.CHAP, wire.SUCCESS)]
    if state == "s3":
        return []
    if proto in (wire.IPCP, wire.CCP):
        # The first word that both wait for may be any.
        begin = [(wire.CCP, wire.CONF_REQ), (wire.IPCP, wire.CONF_REQ)]
        if code == wire.CONF_REQ:
            return begin + [(proto, c) for c in ANSWERS] + \
                [(wire.LCP, wire.TERM_REQ)]
        return begin if state == "s4" else []
    return []


def test_T24_at_the_wrong_time(lab):
    """G6: each packet of a good session in each state, and at the end."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d) as w:
        rec = generate.Recorder(lab.peer()).run()
        packets = list(dict.fromkeys(
            (proto, data) for _, proto, data in rec.packets))
        frames = [f for s, f in rec.frames if wire.unppp(f)[0] == wire.COMP]
        assert len(packets) >= 10 and frames, packets
        for state in ("s2", "s3", "s4", "s5", "end"):
            for proto, data in packets + [(None, f) for f in frames]:
                p = getattr(lab.peer(), "s5" if state == "end" else state)()
                if state == "s2":
                    p.expect(wire.LCP, wire.CONF_REQ)
                elif state == "s3":
                    p.expect(wire.CHAP, wire.CHALLENGE)
                elif state == "end":
                    p.control(wire.CCRQ, call_id=p.call_id)
                    p.expect_control(wire.CDN)
                    p.silence(0.01)
                if proto is None:
                    p.send_gre(data)
                    want, code = [], None
                else:
                    p.send_ppp(proto, data)
                    code = data[0]
                    want = may_answer(state, proto, code)
                if state == "end":
                    got = p.silence(0.01)
                    want = []
                elif state == "s2":
                    p.send_cp(wire.LCP, wire.CONF_REQ, [MAGIC], 254)
                    got = []
                    while True:
                        q = p.next_ppp()
                        if q.ident == 254 and q.code in ANSWERS or \
                                q.is_(wire.LCP, wire.TERM_ACK) or \
                                q.is_(wire.LCP, wire.TERM_REQ):
                            break
                        got.append(q)
                elif proto == wire.LCP and code in (wire.CONF_REQ,
                                                    wire.TERM_REQ):
                    got = p.silence(0.02)
                else:
                    try:
                        got = p.fence()
                    except peer.Timeout:
                        got = []        # it ended
                for q in got:
                    if q.is_(wire.CCP, wire.CONF_REQ) and state == "s4":
                        continue        # its time had come
                    assert (q.proto, q.code) in want, (state, proto, data, q)
                if state not in ("s5", "end"):
                    assert not [s for s in d.sessions()
                                if s["call_id"] == p.peer_call_id and
                                s["ipcp"] == "Opened"], (state, proto, data)
                p.close()
            w.served()
        # The control messages, in the order of a session, one each.
        for state in ("s0", "s1", "s2"):
            for _, data in rec.controls:
                p = getattr(lab.peer(), state)()
                p.send(data)
                try:
                    p.control_fence()
                except peer.Closed:
                    pass
                p.close()


def test_T25_cut_at_every_octet(lab):
    """G5: control messages, LCP, CHAP, CCP, IPCP, MPPE, in the packet and
    in the length that the packet says."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d) as w:
        rec = generate.Recorder(lab.peer()).run()
        # A control message that is cut is waited for, then it is the end.
        for _, data in rec.controls[:4]:
            peers = []
            for cut in generate.truncations(data)[1::5]:
                p = lab.peer().s0()
                p.send(cut)
                p.close()
                peers.append(p)
        for state in ("s2", "s3", "s4", "s5"):
            for _, proto, data in rec.packets:
                if proto == wire.LCP and data[0] in (wire.TERM_REQ,):
                    continue
                p = getattr(lab.peer(), state)()
                if state == "s3":
                    p.expect(wire.CHAP, wire.CHALLENGE)
                for cut in generate.truncations(data):
                    p.send_ppp(proto, cut)
                    # The outer length says more than there is.
                    p.raw.send(wire.gre(p.peer_call_id, wire.ppp(proto, cut),
                                        seq=p.seq, length=4 + len(data)))
                got = p.fence() if state != "s2" else p.silence(0.01)
                for q in got:
                    assert q.code not in (wire.CONF_ACK,) and \
                        q.proto != wire.CHAP or q.code == wire.CHALLENGE, \
                        (state, proto, q)
                if state == "s5":
                    p.ping(p.gateway)
                p.close()
            w.served()
        p = lab.peer().s5()
        whole = p.tx.clone().send(struct.pack(">H", wire.IP) +
                                  wire.icmp_echo(p.address, p.gateway, 1, 1))
        for cut in generate.truncations(whole):
            p.send_ppp(wire.COMP, cut)
        assert p.fence() == []
        p.ping(p.gateway)
        p.close()


def test_T26_loops(lab):
    """Requests without end, Reject and Request in turn, Terminate-Requests,
    Reset-Requests: bounded, and the end at its time at the latest."""
    d = hostile.daemon(lab, "retry-timeout 1", "auth-timeout 2",
                       "encryption require { 128 stateless, 128 stateful }")
    with hostile.watch(lab, d):
        for proto in (wire.LCP, wire.IPCP, wire.CCP):
            t = Talker(lab, proto, most=10000)
            p = t.ready()
            bad = {wire.LCP: [(1, b"\0\1")], wire.IPCP: [(3, bytes(4))],
                   wire.CCP: [(18, bytes(4))]}[proto]
            n = 0
            while not t.hung_up() and n < 2000:
                n += 1
                try:
                    p.send_cp(proto, wire.CONF_REQ, bad, n)
                    p.next_ppp(0.5)
                except (peer.Timeout, OSError):
                    pass
            assert t.hung_up(), "no end after %d" % n
            assert len(p.log) < 700, len(p.log)
            t.close()
        p = lab.peer(mppe=[(128, True)]).s5()
        for n in range(2000):
            p.send_cp(wire.CCP, wire.RESET_REQ, b"", n & 255)
            p.send_cp(wire.CCP, wire.RESET_ACK, b"", n & 255)
            if n % 200 == 0:
                p.silence(0.01)
        p.silence(0.1)
        asked = [q for q in p.log if q.is_(wire.CCP, wire.RESET_REQ)]
        assert len(asked) <= 2, "reset for reset"
        p.settle()
        p.close()


def test_T27_addresses(lab):
    """A pool of two and much coming and going: never two owners, never an
    address that is none."""
    d = lab.daemon("remoteip 10.99.0.10-12", verbose=False)
    with hostile.watch(lab, d) as w:
        pool = {"10.99.0.10", "10.99.0.11", "10.99.0.12"}
        held = {}
        for n in range(200):
            want = BAD_ADDRESSES[n % len(BAD_ADDRESSES)] if n % 2 else \
                "0.0.0.0"
            p = lab.peer(address=want)
            try:
                p.s5(settle=False)
            except (AssertionError, OSError):
                p.close()
                if held:
                    held.pop(next(iter(held))).close()
                continue
            assert p.address in pool, p.address
            assert p.address != w.reference.address
            # It may be free again already: its owner hung up before.
            old = held.pop(p.address, None)
            assert old is None, "two owners of " + p.address
            held[p.address] = p
            owners = [s["address"] for s in d.sessions() if s["address"]]
            assert len(set(owners)) == len(owners), owners
            if n % 3:
                held.pop(p.address).close()
            lab.peers[:] = [q for q in lab.peers if q.tcp is not None]
        for p in held.values():
            p.close()
        netns.until(lambda: len(d.sessions()) == 1, 5, "the others are gone")
    netns.until(lambda: d.routes() == [], 5, "no route is left")


def test_T28_inner_spoofing(lab):
    """From a client only its own address gets in: not another client's, the
    server's, a host's in the LAN, none of IPv6."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d) as w:
        p = lab.peer().s5()
        link = lab.listen_link("lan", "eth0")
        sources = (w.reference.address, netns.LOCAL, netns.LAN, netns.LAN_GW,
                   netns.SERVER, netns.CLIENT, "8.8.8.8", "0.0.0.0",
                   "127.0.0.1", "255.255.255.255", "224.0.0.1", "10.99.0.255")
        before = d.counter("ingress", p.peer_call_id)
        for n, source in enumerate(sources):
            for to in (netns.LAN, w.reference.address, netns.LAN_GW):
                p.send_ip(wire.icmp_echo(source, to, 0x666, n))
        six = struct.pack(">IHBB", 6 << 28, 8, 58, 64) + bytes(15) + b"\1" + \
            bytes(15) + b"\2" + b"\x80\0\0\0\x06\x66\0\1"
        dropped = d.counter("mppe_dropped", p.peer_call_id)
        for _ in range(5):
            p.send_gre(p.ip_frame(six, wire.IPV6))
            p.send_ip(six)
        p.ping(netns.LAN)
        assert d.counter("ingress", p.peer_call_id) - before == \
            3 * len(sources)
        assert d.counter("mppe_dropped", p.peer_call_id) - dropped >= 5
        link.setblocking(False)
        while select.select([link], [], [], 0)[0]:
            assert link.recv(65536)[24:26] != b"\x06\x66", "it is in the LAN"
        for q in w.reference.silence(0.05):
            assert q.proto != wire.IP or q.data[24:26] != b"\x06\x66", \
                "it is at another client"
        p.close()
