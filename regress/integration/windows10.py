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

"""What Windows 10 sends, step by step, as recorded from a client."""

import struct

import crypto
import netns
import wire

H, S, M, L = crypto.MPPE_H, crypto.MPPE_S, crypto.MPPE_M, crypto.MPPE_L
NO_MAP = 0xffffffff


def mppe(value):
    return [(wire.CCP_MPPE, struct.pack(">I", value))]


def test_T41_call(lab):
    d = lab.daemon("dns 10.99.0.1", "nbns 10.99.0.3")
    c = lab.capture()
    p = lab.peer(user="DESKTOP-1\\" + netns.USER, call_id=0x5ac6,
                 window=64)
    # 1, 2: the control connection and the call
    p.s0()
    p.control(wire.SCCRQ, framing=1, bearer=1, max_channels=0, firmware=0,
              host=b"", vendor=b"Microsoft")
    r = p.expect_control(wire.SCCRP)
    assert r.result == 1
    p.call(serial=1, min_bps=300, max_bps=100000000)
    assert p.ocrp.result == 1 and p.ocrp.peer_call_id == 0x5ac6
    # 3: Set-Link-Info, which the server must not send itself
    p.control(wire.SLI, peer_call_id=p.peer_call_id, send_accm=NO_MAP,
              recv_accm=NO_MAP)
    p.open_gre()
    # 4: LCP, identifiers from 0, with a callback to be rejected
    magic = (wire.LCP_MAGIC, b"\x4a\x1b\x2c\x3d")
    wanted = [(wire.LCP_MRU, struct.pack(">H", 1400)), magic,
              (wire.LCP_PFC, b""), (wire.LCP_ACFC, b"")]
    callback = (wire.LCP_CALLBACK, b"\x06")
    p.request(wire.LCP, wanted + [callback], 0)
    got = [p.next_ppp(), p.next_ppp()]
    theirs = [q for q in got if q.is_(wire.LCP, wire.CONF_REQ)][0]
    rej = [q for q in got if q.is_(wire.LCP, wire.CONF_REJ)][0]
    assert rej.ident == 0 and rej.options == [callback], rej
    asked = dict(theirs.options)
    assert asked[wire.LCP_AUTH] == wire.AUTH_OPTION["mschapv2"]
    p.send_cp(wire.LCP, wire.CONF_ACK, theirs.body, theirs.ident)
    p.server_options[wire.LCP] = theirs.options
    p.method = "mschapv2"
    p.ids[wire.LCP] = 0
    p.request(wire.LCP, wanted, 1)
    r = p.expect(wire.LCP, wire.CONF_ACK)
    assert r.ident == 1 and r.options == wanted, r
    # the maps again, as if there were any
    p.control(wire.SLI, peer_call_id=p.peer_call_id, send_accm=0,
              recv_accm=NO_MAP)
    # 5: three Identifications
    p.ids[wire.LCP] = 1
    for text in (b"MSRASV5.20", b"MSRAS-0-DESKTOP-1",
                 bytes.fromhex("00c11b007b4f2a4e8d55a3d21f0e99aa")):
        p.send_cp(wire.LCP, wire.IDENT, magic[1] + text)
    # 6: the challenge, a name with a domain
    r = p.expect(wire.CHAP, wire.CHALLENGE)
    p.handle(r)
    r = p.expect(wire.CHAP)
    assert r.code == wire.SUCCESS and r.ident == p.challenge[0], r
    p.handle(r)
    assert p.success.split()[0] == p.proof
    # 7: IPV6CP, CCP, IPCP in one go, before anything of ours is read
    p.send_cp(wire.IPV6CP, wire.CONF_REQ,
              [(1, b"\x5c\x3d\x1a\x2b\x00\x00\x00\x01")], 5)
    ccp = p.request(wire.CCP, mppe(H), 6)
    zero = bytes(4)
    first = [(wire.IPCP_ADDR, zero), (wire.IPCP_DNS1, zero),
             (wire.IPCP_NBNS1, zero), (wire.IPCP_DNS2, zero),
             (wire.IPCP_NBNS2, zero)]
    ipcp = p.request(wire.IPCP, first, 7)
    seen = {}
    while len(seen) < 3:
        q = p.next_ppp()
        assert q.code not in (wire.TERM_REQ, wire.TERM_ACK, wire.CODE_REJ), q
        if q.is_(wire.LCP, wire.PROTO_REJ):
            assert q.body[:2] == struct.pack(">H", wire.IPV6CP), q
            seen["ipv6cp"] = q
        elif q.is_(wire.CCP, wire.CONF_REQ):
            seen["ccp"] = q
        elif q.proto == wire.CCP:
            assert q.is_(wire.CCP, wire.CONF_NAK, ccp), q
            assert q.options == mppe(H | S), q.options
            seen["nak"] = q
    # 8: our request gets a Nak, and another for the same identifier
    r = seen["ccp"]
    if r.options != mppe(H | S):
        p.send_cp(wire.CCP, wire.CONF_NAK, mppe(H | S), r.ident)
        p.send_cp(wire.CCP, wire.CONF_NAK, mppe(H | S), r.ident)
        r = p.expect(wire.CCP, wire.CONF_REQ)
        assert r.options == mppe(H | S), r
    p.ids[wire.CCP] = 7
    p.request(wire.CCP, mppe(H | S), 8)
    p.handle(r)
    while not p.is_open(wire.CCP):
        q = p.next_ppp()
        if q.proto == wire.CCP:
            p.handle(q)
    # 9: IPCP; what there is not is rejected, the rest comes by Nak.
    # An answer to the first request may have come already.
    answered = [q for q in p.log if q.proto == wire.IPCP and q.code in (
        wire.CONF_NAK, wire.CONF_REJ) and q.ident == ipcp]
    r = answered[0] if answered else p.expect(wire.IPCP, wire.CONF_REJ, ipcp)
    assert r.is_(wire.IPCP, wire.CONF_REJ, ipcp), r
    assert r.options == first[3:], r.options
    p.ids[wire.IPCP] = 9
    ident = p.request(wire.IPCP, first[:3], 9)
    r = p.expect(wire.IPCP, wire.CONF_NAK, ident)
    o = dict(r.options)
    assert wire.text(o[wire.IPCP_DNS1]) == "10.99.0.1"
    assert wire.text(o[wire.IPCP_NBNS1]) == "10.99.0.3"
    p.address = wire.text(o[wire.IPCP_ADDR])
    final = [(k, o[k]) for k, _ in first[:3]]
    ident = p.request(wire.IPCP, final, 10)
    r = p.expect(wire.IPCP, wire.CONF_ACK, ident)
    assert r.options == final
    for q in p.log:
        if q.is_(wire.IPCP, wire.CONF_REQ) and not p.opened[wire.IPCP][1]:
            p.handle(q)
    p.run(lambda: p.opened[wire.IPCP][1], what="the server's IPCP")
    p.opened[wire.IPCP][0] = True
    p.gateway = netns.LOCAL
    p.settle()
    s = d.session(p.peer_call_id)
    assert s["client"] and "MSRAS-0-DESKTOP-1" in s["client"], s["client"]
    assert s["user"].endswith(netns.USER), s["user"]
    assert (s["mppe_bits"], s["mppe_stateful"]) == (128, False)
    # 10: the end; Call-Clear right behind the Terminate-Ack
    ident = p.send_cp(wire.LCP, wire.TERM_REQ,
                      b"\x4a\x1b\x2c\x3d\x00\x3c\xcd\x74\x00\x00\x00\x00", 11)
    p.expect(wire.LCP, wire.TERM_ACK, ident)
    p.control(wire.SLI, peer_call_id=p.peer_call_id, send_accm=NO_MAP,
              recv_accm=NO_MAP)
    p.control(wire.CCRQ, call_id=p.call_id)
    r = p.expect_control(wire.CDN)
    assert r.call_id == p.peer_call_id, r
    p.control(wire.STOPCCRQ)
    assert p.expect_control(wire.STOPCCRP).result == 1
    assert p.expect_close() == []
    netns.until(lambda: not d.sessions(), 5, "the session is gone")
    assert d.routes() == []
    # Nothing of ours that would offend the boxes between.
    for src, _, proto, data in c.packets():
        if proto == 6 and src == netns.SERVER:
            tcp = data[(data[12] >> 4) * 4:]
            assert tcp[8:10] != b"\0\x0f", "a Set-Link-Info of ours"
    c.check_no_clear_ip()
    c.check_wellformed()


def test_wrong_password(lab):
    """E=691, which makes Windows ask again instead of giving up."""
    lab.daemon()
    p = lab.peer(user="DOM\\" + netns.USER, password="wrong").s3()
    p.run(lambda: p.failure is not None, what="failure")
    assert p.failure.startswith("E=691 R=0 C=") and \
        p.failure.endswith(" V=3"), p.failure


def test_request_after_open(lab):
    """Its ninth packet of CCP: a new request when all is up."""
    d = lab.daemon()
    p = lab.peer().s5()
    p.ping(p.gateway)
    ident = p.request(wire.CCP, mppe(H | S))
    p.expect(wire.CCP, wire.CONF_ACK, ident)
    for q in p.silence(0.3):
        assert not q.is_(wire.LCP, wire.TERM_REQ), q
        if q.is_(wire.CCP, wire.CONF_REQ):
            p.send_cp(wire.CCP, wire.CONF_ACK, q.body, q.ident)
    assert len(d.sessions()) == 1
