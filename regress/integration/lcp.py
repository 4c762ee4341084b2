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

"""LCP: RFC 1661, and RFC 1570's Identification and Time-Remaining."""

import os
import struct
import time

import netns
import peer
import wire

MAGIC = (wire.LCP_MAGIC, b"\x12\x34\x56\x78")


def ask(p, options):
    """Configure-Request; (code, options) of the answer."""
    ident = p.request(wire.LCP, options)
    while True:
        r = p.next_ppp()
        if r.proto == wire.LCP and r.code in (
                wire.CONF_ACK, wire.CONF_NAK, wire.CONF_REJ) and \
                r.ident == ident:
            return r.code, r.options


def ended(d, p, cause, timeout=10):
    """The call ends, the client is told, the cause is counted."""
    cdn = p.expect_control(wire.CDN, timeout)
    assert cdn.call_id == p.peer_call_id, cdn
    assert cdn.result in (1, 2, 3, 4), cdn
    d.wait_ended(cause)
    netns.until(lambda: not d.sessions(), 5, "the session is gone")


def server_request(p):
    """The server's first Configure-Request."""
    return p.expect(wire.LCP, wire.CONF_REQ)


def test_request(lab):
    """What we ask for: MRU, authentication, magic number; no async map."""
    d = lab.daemon("mru 1400")
    p = lab.peer().s2()
    r = server_request(p)
    o = dict(r.options)
    assert len(o) == len(r.options), "an option twice"
    assert o[wire.LCP_MRU] == struct.pack(">H", 1400), o
    assert o[wire.LCP_AUTH] == wire.AUTH_OPTION["mschapv2"], o
    assert len(o[wire.LCP_MAGIC]) == 4 and o[wire.LCP_MAGIC] != bytes(4), o
    assert set(o) <= {wire.LCP_MRU, wire.LCP_AUTH, wire.LCP_MAGIC,
                      wire.LCP_PFC, wire.LCP_ACFC}, o
    # LCP itself is never compressed (section 6.6).
    assert r.frame[:4] == b"\xff\x03\xc0\x21"
    d.unchanged()


def test_magic_numbers_differ(lab):
    lab.daemon()
    magics = {dict(server_request(lab.peer().s2()).options)[wire.LCP_MAGIC]
              for _ in range(20)}
    assert len(magics) == 20


def test_L14_options_that_are_rejected(lab):
    """One by one, and all together in their order, unchanged."""
    lab.daemon()
    options = [
        (wire.LCP_ACCM, bytes(4)), (wire.LCP_ACCM, b"\xff" * 4),
        (wire.LCP_AUTH, wire.AUTH_OPTION["mschapv2"]),
        (wire.LCP_AUTH, wire.AUTH_OPTION["pap"]),
        (wire.LCP_LQR, b"\xc0\x25\0\0\0\0"), (wire.LCP_CALLBACK, b"\x06"),
        (wire.LCP_MRRU, b"\x06\x4e"), (wire.LCP_SSN, b""),
        (wire.LCP_ED, b"\x03\x00\x0c\x29\x01\x02\x03"),
        (wire.LCP_ED, b""), (0, b"x"), (9, b"\0\0"), (127, b"abc"),
        (255, bytes(200))]
    p = lab.peer().s2()
    for o in options:
        assert ask(p, [MAGIC, o]) == (wire.CONF_REJ, [o]), o
    every = [o for n, o in enumerate(options)
             if o[0] not in [q[0] for q in options[:n]]]
    mixed = [MAGIC] + every + [(wire.LCP_PFC, b"")]
    assert ask(p, mixed) == (wire.CONF_REJ, every)
    good = [(wire.LCP_MRU, b"\x05\x78"), MAGIC, (wire.LCP_PFC, b""),
            (wire.LCP_ACFC, b"")]
    assert ask(p, good) == (wire.CONF_ACK, good)


def test_mru(lab):
    lab.daemon()
    p = lab.peer().s2()
    for mru in (1500, 1400, 1000, 576, 296):
        o = [(wire.LCP_MRU, struct.pack(">H", mru)), MAGIC]
        assert ask(p, o) == (wire.CONF_ACK, o), mru
    for mru in (0, 1, 63):
        code, o = ask(p, [(wire.LCP_MRU, struct.pack(">H", mru)), MAGIC])
        assert code == wire.CONF_NAK and len(o) == 1, (mru, code, o)
        kind, value = o[0]
        assert kind == wire.LCP_MRU and 64 <= struct.unpack(
            ">H", value)[0] <= 1500, (mru, o)
    for mru in (9000, 65535):
        code, o = ask(p, [(wire.LCP_MRU, struct.pack(">H", mru)), MAGIC])
        assert code == wire.CONF_NAK, (mru, code)
        assert struct.unpack(">H", o[0][1])[0] <= 1500, (mru, o)


def test_L24_zero_magic_is_refused(lab):
    lab.daemon()
    p = lab.peer().s2()
    code, o = ask(p, [(wire.LCP_MAGIC, bytes(4))])
    assert code in (wire.CONF_NAK, wire.CONF_REJ), code
    if code == wire.CONF_NAK:
        assert o[0][1] != bytes(4)


def test_L24_own_magic_comes_back(lab):
    """Section 6.4: the same number gets a Nak with another one."""
    lab.daemon()
    p = lab.peer().s2()
    theirs = dict(server_request(p).options)[wire.LCP_MAGIC]
    code, o = ask(p, [(wire.LCP_MAGIC, theirs)])
    assert code == wire.CONF_NAK and len(o) == 1, (code, o)
    assert o[0][0] == wire.LCP_MAGIC and o[0][1] not in (theirs, bytes(4))


def test_L27_loop(lab):
    """A mirror: the session ends, after few packets."""
    d = lab.daemon("retry-timeout 1")
    p = lab.peer().s2()
    count = 0
    end = time.monotonic() + 15
    while time.monotonic() < end:
        try:
            q = p.next_ppp(0.5)
        except peer.Timeout:
            if not d.sessions():
                break
            continue
        count += 1
        p.send_gre(q.frame)
    assert not d.sessions(), "the loop goes on"
    assert count < 100, count
    p.expect_control(wire.CDN)


def test_no_magic_no_options(lab):
    """An empty Configure-Request is a good one."""
    lab.daemon()
    p = lab.peer().s2()
    assert ask(p, []) == (wire.CONF_ACK, [])
    p.run(lambda: p.opened[wire.LCP][1], what="LCP")
    p.opened[wire.LCP][0] = True
    p.s5().ping(p.gateway)


def test_L11_L14_client_rejects_what_is_optional(lab):
    """MRU, magic, PFC and ACFC are ours to do without."""
    lab.daemon()
    p = lab.peer().s2()
    r = server_request(p)
    rej = [o for o in r.options if o[0] != wire.LCP_AUTH]
    p.send_cp(wire.LCP, wire.CONF_REJ, rej, r.ident)
    r2 = server_request(p)
    assert r2.options == [o for o in r.options if o[0] == wire.LCP_AUTH], r2
    assert r2.ident != r.ident, "changed options under the old identifier"
    p.handle(r2)
    p.s5().ping(p.gateway)


def test_client_naks_mru(lab):
    lab.daemon()
    p = lab.peer().s2()
    r = server_request(p)
    p.send_cp(wire.LCP, wire.CONF_NAK,
              [(wire.LCP_MRU, struct.pack(">H", 1000))], r.ident)
    r2 = server_request(p)
    mru, = struct.unpack(">H", dict(r2.options)[wire.LCP_MRU])
    assert 64 <= mru <= 1500 and r2.ident != r.ident, r2
    p.handle(r2)
    p.s5().ping(p.gateway)


def test_L25_compressed_headers(lab):
    """PFC and ACFC as agreed, in every legal form (sections 6.5, 6.6)."""
    lab.daemon("encryption never")
    p = lab.peer(mppe=[]).s5()
    for acfc in (False, True):
        for pfc in (False, True):
            n = int(acfc) * 2 + int(pfc)
            p.send_ppp(wire.IP, wire.icmp_echo(
                p.address, p.gateway, 5, n, b"data"), acfc=acfc, pfc=pfc)
            r = p.next_ip(lambda q: q[9] == 1)
            assert r[24:28] == struct.pack(">HH", 5, n)
    p.send_ppp(wire.LCP, wire.cp(wire.ECHO_REQ, 3, bytes(4)), acfc=True)
    p.expect(wire.LCP, wire.ECHO_REP, 3)


def test_identification(lab):
    """Shown as the client's name; binary ones are escaped (RFC 1570)."""
    d = lab.daemon()
    p = lab.peer().s3()
    p.run(lambda: p.challenge is not None, what="challenge")
    for text in (b"MSRASV5.20", b"MSRAS-0-DESKTOP",
                 b"\x01\x00\xff\x1b[2J\r\n" + bytes(8)):
        p.send_cp(wire.LCP, wire.IDENT, p._magic() + text)
    p.s5()
    client = d.session(p.peer_call_id)["client"]
    assert client and all(32 <= ord(c) < 127 for c in client), client
    assert "\x1b" not in d.log()
    q = lab.peer().s5()
    q.send_cp(wire.LCP, wire.IDENT, q._magic() + b"MSRAS-0-LAPTOP")
    assert q.fence() == []
    assert "MSRAS-0-LAPTOP" in d.session(q.peer_call_id)["client"]
    # Too short for a magic number: no harm.
    q.send_cp(wire.LCP, wire.IDENT, b"ab")
    q.send_cp(wire.LCP, wire.IDENT, q._magic() + b"x" * 1300)
    q.fence()


def test_time_remaining(lab):
    lab.daemon()
    p = lab.peer().s5()
    p.send_cp(wire.LCP, wire.TIME_LEFT, p._magic() + bytes(4) + b"soon")
    assert p.fence() == []


def test_L19_echo(lab):
    """Answered with our magic number and the same data."""
    lab.daemon()
    p = lab.peer().s5()
    magic = dict(p.server_options[wire.LCP])[wire.LCP_MAGIC]
    for size in (0, 1, 8, 100, 1300):
        data = os.urandom(size)
        ident = p.send_cp(wire.LCP, wire.ECHO_REQ, p._magic() + data)
        r = p.expect(wire.LCP, wire.ECHO_REP)
        assert (r.ident, r.body) == (ident, magic + data), size


def test_L19_echo_before_opened_is_dropped(lab):
    """Section 5.8."""
    lab.daemon()
    p = lab.peer().s2()
    p.send_cp(wire.LCP, wire.ECHO_REQ, bytes(4))
    p.request(wire.LCP)
    p.expect(wire.LCP, wire.CONF_ACK)
    assert not [q for q in p.log if q.is_(wire.LCP, wire.ECHO_REP)]


def test_L20_discard_request(lab):
    lab.daemon()
    p = lab.peer().s5()
    p.send_cp(wire.LCP, wire.DISCARD, p._magic() + bytes(100))
    p.send_cp(wire.LCP, wire.ECHO_REP, p._magic())
    assert p.fence() == []


def test_L16_unknown_code(lab):
    """Code-Reject with the packet in it and a new identifier each time."""
    lab.daemon()
    p = lab.peer().s5()
    seen = set()
    for code in (0, 14, 15, 99, 255):
        packet = wire.cp(code, 7, b"abc")
        p.send_ppp(wire.LCP, packet)
        r = p.expect(wire.LCP, wire.CODE_REJ)
        assert r.body == packet, r
        seen.add(r.ident)
    assert len(seen) == 5
    for proto in (wire.IPCP, wire.CCP):
        packet = wire.cp(99, 1, b"x")
        p.send_ppp(proto, packet)
        assert p.expect(proto, wire.CODE_REJ).body == packet


def test_L06_L16_code_reject_is_not_larger_than_the_mru(lab):
    """Nor is a Protocol-Reject or an Echo-Reply."""
    lab.daemon()
    p = lab.peer(mru=200).s5()
    for proto, packet in ((wire.LCP, wire.cp(99, 1, bytes(1000))),
                          (wire.MPLSCP, wire.cp(1, 1, bytes(1000))),
                          (wire.LCP, wire.cp(wire.ECHO_REQ, 1,
                                             bytes(1000)))):
        p.send_ppp(proto, packet)
        got = p.fence()
        for q in got:
            assert q.length == len(q.data) <= 200, (q.code, len(q.data))


def test_L06_unknown_protocol(lab):
    """Protocol-Reject: IPV6CP, ACSCP, MPLSCP, ECP, LQR, VJ, multilink."""
    lab.daemon()
    p = lab.peer().s5()
    seen = set()
    for proto in (wire.IPV6CP, wire.ACSCP, wire.MPLSCP, 0x8053, wire.LQR,
                  wire.CBCP, wire.VJC, wire.VJU, 0x003d):
        data = wire.cp(1, 1, os.urandom(6))
        p.send_ppp(proto, data)
        r = p.expect(wire.LCP, wire.PROTO_REJ)
        assert r.body == struct.pack(">H", proto) + data, (hex(proto), r)
        seen.add(r.ident)
    assert len(seen) == 9, "identifiers repeat"
    p.ping(p.gateway)


def test_unknown_protocol_flood(lab):
    """Not every one of a flood is answered, and the session lives."""
    d = lab.daemon()
    p = lab.peer().s5()
    for n in range(500):
        p.send_ppp(wire.IPV6CP, wire.cp(1, n & 255))
        if n % 100 == 99:
            p.fence()
    rejects = len([q for q in p.log if q.is_(wire.LCP, wire.PROTO_REJ)])
    assert 0 < rejects < 500, rejects
    p.ping(p.gateway)
    d.unchanged()


def test_L03_network_protocols_before_authentication(lab):
    """Sections 3.4, 3.5: silently dropped, with no reject either."""
    lab.daemon()
    p = lab.peer().s3()
    p.expect(wire.CHAP, wire.CHALLENGE)
    for proto in (wire.IPCP, wire.CCP, wire.IPV6CP, wire.MPLSCP):
        p.send_ppp(proto, wire.cp(wire.CONF_REQ, 1))
    p.send_ppp(wire.IP, wire.icmp_echo("10.99.0.10", netns.LOCAL, 1, 1))
    p.send_ppp(wire.COMP, b"\x90\x00abcdef")
    assert p.fence() == []


def test_L15_terminate_request(lab):
    """Terminate-Ack with its identifier, then the call is cleared."""
    d = lab.daemon()
    for n, state in enumerate(("s3", "s5")):
        p = getattr(lab.peer(), state)()
        ident = p.send_cp(wire.LCP, wire.TERM_REQ, b"bye", 77 + n)
        p.expect(wire.LCP, wire.TERM_ACK, ident)
        cdn = p.expect_control(wire.CDN)
        assert cdn.call_id == p.peer_call_id, cdn
        netns.until(lambda: not d.sessions(), 5, "the session is gone")
    assert d.ended("peer-terminate") == 2
    assert d.routes() == []


def test_terminate_request_floods(lab):
    lab.daemon()
    p = lab.peer().s5()
    for n in range(100):
        p.send_cp(wire.LCP, wire.TERM_REQ)
    p.expect_control(wire.CDN)
    acks = [q for q in p.silence(0.3) if q.is_(wire.LCP, wire.TERM_ACK)]
    assert len(acks) <= 100


def test_unsolicited_acks(lab):
    """Acks, Naks and Rejects of no request of ours change nothing."""
    lab.daemon()
    p = lab.peer().s5()
    for proto in (wire.LCP, wire.IPCP, wire.CCP):
        for code in (wire.CONF_NAK, wire.CONF_REJ):
            p.send_cp(proto, code, b"", 200)
    p.send_cp(wire.LCP, wire.CODE_REJ, wire.cp(wire.IDENT, 1))
    p.send_cp(wire.LCP, wire.PROTO_REJ, struct.pack(">H", 0x1234))
    p.fence()
    p.ping(p.gateway)


def test_L12_L13_L14_wrong_identifier(lab):
    """Sections 5.2 to 5.4: an answer with another identifier is none."""
    lab.daemon("retry-timeout 10")
    p = lab.peer().s2()
    r = server_request(p)
    for code in (wire.CONF_ACK, wire.CONF_REJ, wire.CONF_NAK):
        p.send_cp(wire.LCP, code, r.body, r.ident + 1 & 255)
    p.request(wire.LCP)
    p.expect(wire.LCP, wire.CONF_ACK)
    assert p.silence(0.3) == [], "taken for an answer"
    p.send_cp(wire.LCP, wire.CONF_ACK, r.body, r.ident)
    p.expect(wire.CHAP, wire.CHALLENGE)


def test_L12_ack_of_other_options(lab):
    """An Ack must repeat the request exactly."""
    lab.daemon("retry-timeout 10")
    p = lab.peer().s2()
    r = server_request(p)
    without = [o for o in r.options if o[0] != wire.LCP_AUTH]
    for body in (without, [], r.options + [(9, b"")], r.options[::-1]):
        p.send_cp(wire.LCP, wire.CONF_ACK, body, r.ident)
    p.request(wire.LCP)
    p.expect(wire.LCP, wire.CONF_ACK)
    later = p.silence(0.3)
    assert not [q for q in later if q.proto != wire.LCP], later


def test_keepalive_failure(lab):
    d = lab.daemon("lcp-echo-interval 1", "lcp-echo-failures 2")
    p = lab.peer().s5()
    requests = []
    began = time.monotonic()
    while len(requests) < 2:
        q = p.next_ppp(5)
        if q.is_(wire.LCP, wire.ECHO_REQ):
            requests.append(q)
    assert requests[0].body[:4] == dict(
        p.server_options[wire.LCP])[wire.LCP_MAGIC]
    assert requests[0].ident != requests[1].ident
    ended(d, p, "echo-timeout")
    assert time.monotonic() - began < 8


def test_keepalive(lab):
    """Answers keep the session, and so does any other packet."""
    d = lab.daemon("lcp-echo-interval 1", "lcp-echo-failures 1")
    p = lab.peer().s5()
    for _ in range(3):
        p.handle(p.expect(wire.LCP, wire.ECHO_REQ, timeout=5))
    p.ping(p.gateway)
    assert len(d.sessions()) == 1


def test_authentication_option_of_the_client_is_rejected(lab):
    """We do not authenticate ourselves to clients."""
    lab.daemon()
    p = lab.peer().s2()
    for value in wire.AUTH_OPTION.values():
        o = (wire.LCP_AUTH, value)
        assert ask(p, [MAGIC, o]) == (wire.CONF_REJ, [o])


def test_client_rejects_authentication(lab):
    d = lab.daemon()
    p = lab.peer(auth=[]).s2()
    p.request(wire.LCP)
    r = server_request(p)
    p.handle(r)
    try:
        p.run(lambda: p.terminated, 2)
    except peer.Timeout:
        pass
    ended(d, p, "auth-refused")
    assert p.success is None


def test_client_naks_authentication(lab):
    """With methods that are not allowed: the session ends."""
    d = lab.daemon()
    for n, method in enumerate(("pap", "chap-md5", "mschap", "eap")):
        p = lab.peer(auth=[method]).s2()
        p.request(wire.LCP)
        try:
            p.run(lambda: p.terminated, 2)
        except peer.Timeout:
            pass
        p.expect_control(wire.CDN)
        d.wait_ended("auth-refused", n + 1)


def test_L23_C01_client_naks_to_another_method(lab):
    """The client's choice among those that are allowed."""
    d = lab.daemon("authentication { mschapv2 mschap chap-md5 pap }",
                   "encryption allow")
    for method in ("mschapv2", "mschap", "chap-md5", "pap"):
        p = lab.peer(auth=[method], mppe=[]).s2()
        r = server_request(p)
        assert dict(r.options)[wire.LCP_AUTH] == \
            wire.AUTH_OPTION["mschapv2"], "the strongest comes first"
        p.handle(r)
        p.s5()
        assert p.method == method
        p.ping(p.gateway)
    assert len(d.sessions()) == 4


def test_weaker_is_not_offered_by_itself(lab):
    """A Nak with nonsense leads to the next allowed method, or the end."""
    lab.daemon("authentication { mschapv2 pap }", "encryption allow")
    p = lab.peer(mppe=[]).s2()
    r = server_request(p)
    p.send_cp(wire.LCP, wire.CONF_NAK,
              [(wire.LCP_AUTH, wire.AUTH_OPTION["eap"])], r.ident)
    r = server_request(p)
    assert dict(r.options)[wire.LCP_AUTH] == wire.AUTH_OPTION["pap"], r


def test_L09_max_configure(lab):
    """A client that says nothing more gets that many requests."""
    d = lab.daemon("retry-timeout 1", "max-configure 3")
    p = lab.peer().s2()
    p.send_cp(wire.LCP, wire.IDENT, bytes(4) + b"x")
    got = []
    began = time.monotonic()
    while not got or p.log:
        try:
            got.append(p.next_ppp(2.5))
        except peer.Timeout:
            break
    requests = [q for q in got if q.is_(wire.LCP, wire.CONF_REQ)]
    assert len(requests) == 3, got
    assert 1.5 < time.monotonic() - began < 8
    p.expect_control(wire.CDN)
    assert d.ended("lcp-failed") + d.ended("no-gre") == 1


def test_nak_storm(lab):
    """Every request gets a Nak with another value: it ends in time."""
    d = lab.daemon("retry-timeout 1", "auth-timeout 3")
    p = lab.peer().s2()
    count = 0
    end = time.monotonic() + 10
    while d.sessions():
        assert time.monotonic() < end, "%d requests" % count
        try:
            q = p.next_ppp(0.3)
        except peer.Timeout:
            continue
        if q.is_(wire.LCP, wire.CONF_REQ):
            count += 1
            p.send_cp(wire.LCP, wire.CONF_NAK, [
                (wire.LCP_MRU, struct.pack(">H", 500 + count % 900))],
                q.ident)
        elif q.is_(wire.LCP, wire.TERM_REQ):
            p.handle(q)


def test_endless_requests(lab):
    """A client that never asks for anything acceptable."""
    d = lab.daemon("auth-timeout 5")
    p = lab.peer().s2()
    codes = []
    for n in range(30):
        try:
            codes.append(ask(p, [(wire.LCP_MRU, struct.pack(">H", n))])[0])
        except peer.Timeout:
            break
    assert wire.CONF_ACK not in codes
    # Section 4.6: after Max-Failure Naks only Rejects.
    assert codes.count(wire.CONF_NAK) <= 10, codes
    d.unchanged()


def test_L28_request_again_in_opened(lab):
    """Section 4.3: negotiation may begin anew."""
    lab.daemon()
    p = lab.peer().s3()
    p.expect(wire.CHAP, wire.CHALLENGE)
    p.opened[wire.LCP] = [False, False]
    p.request(wire.LCP)
    p.run(lambda: p.is_open(wire.LCP), what="LCP")
    p.s5().ping(p.gateway)


def test_L17_reject_of_lcp_itself(lab):
    """Code-Reject of a basic code, Protocol-Reject of LCP: the end."""
    lab.daemon()
    for code, body in ((wire.CODE_REJ, wire.cp(wire.CONF_REQ, 1)),
                       (wire.PROTO_REJ, struct.pack(">H", wire.LCP))):
        p = lab.peer().s5()
        p.send_cp(wire.LCP, code, body)
        try:
            p.run(lambda: p.terminated, 2)
        except peer.Timeout:
            pass
        p.expect_control(wire.CDN)


def test_malformed_packets(lab):
    """Lengths that lie: dropped, and the session goes on."""
    lab.daemon()
    p = lab.peer().s5()
    for proto in (wire.LCP, wire.IPCP, wire.CCP, wire.CHAP, wire.PAP):
        for packet in (b"", b"\1", b"\1\1", b"\1\1\0", b"\1\1\0\0",
                       b"\1\1\0\3", b"\1\1\0\5", b"\1\1\xff\xff",
                       b"\1\1\0\5\3", b"\3\1\0\5\3", b"\4\1\0\6\3\0"):
            p.send_ppp(proto, packet)
    got = p.fence()
    assert [q for q in got if q.code == wire.CONF_ACK] == [], got
    p.ping(p.gateway)


def test_malformed_options(lab):
    """Each code, each option, each length that does not fit."""
    d = lab.daemon()
    p = lab.peer().s2()
    p.expect(wire.LCP, wire.CONF_REQ)
    for code in (wire.CONF_REQ, wire.CONF_ACK, wire.CONF_NAK, wire.CONF_REJ):
        for kind in (0, 1, 2, 3, 5, 7, 8, 13, 19, 127, 255):
            for length in (0, 1, 2, 3, 255):
                for data in (b"", b"\0", b"\0\0", b"\0" * 6):
                    p.send_cp(wire.LCP, code, [(kind, data, length)], 1)
    acks = []
    p.request(wire.LCP)
    last = p.ids[wire.LCP]
    while True:
        q = p.next_ppp()
        if q.is_(wire.LCP, wire.CONF_ACK):
            acks.append(q)
            if q.ident == last:
                break
    for q in acks:
        wire.unpack_options(q.body)
    d.unchanged()
    lab.peer().s5()


def test_option_many_times(lab):
    """CVE-2026-85495: one option hundreds of times in one request."""
    d = lab.daemon()
    for option in ((wire.LCP_AUTH, b"\xc2\x23\x80"),
                   (wire.LCP_MRU, b"\xff\xff"), (wire.LCP_MRU, b"\0\0"),
                   (wire.LCP_MAGIC, bytes(4)), (wire.LCP_PFC, b"x"),
                   (77, b"ab")):
        p = lab.peer().s2()
        count = 1390 // (2 + len(option[1]))
        body = wire.pack_options([option] * count)
        ident = p.send_cp(wire.LCP, wire.CONF_REQ, body)
        while True:
            r = p.next_ppp()
            if r.ident == ident and r.code in (
                    wire.CONF_ACK, wire.CONF_NAK, wire.CONF_REJ):
                break
        assert r.code != wire.CONF_ACK, option
        assert len(r.body) <= len(body), option
        assert r.code == wire.CONF_REJ or len(r.options) == 1, r
    d.unchanged()


def test_large_request(lab):
    """The answer to 1400 octets of unknown options is those octets."""
    lab.daemon()
    p = lab.peer().s2()
    options = [(100 + n, os.urandom(100)) for n in range(13)]
    assert ask(p, options) == (wire.CONF_REJ, options)
