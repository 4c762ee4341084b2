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


"""RFC 1661, paragraph by paragraph: what lcp.py leaves, and as much of the
automaton's table (section 4.1) as can be driven from outside.

The ids are those of regress/conformance.ids.
"""

import os
import struct
import time

import netns
import peer
import wire
from conformance_pptp import defaults
from lcp import MAGIC, ask, ended, server_request

GOOD = [(wire.LCP_MRU, b"\x05\x78"), MAGIC]


def test_L01_protocol_numbers(lab):
    """Section 2: the last octet is odd, the one before it even; anything
    else is an unknown protocol, and rejected as such.  Ours obey."""
    lab.daemon()
    p = lab.peer().s5()
    for proto in (0x0020, 0x0022, 0xc020, 0x8020, 0x00fc):
        p.send_gre(b"\xff\x03" + struct.pack(">H", proto) + b"data")
        r = p.expect(wire.LCP, wire.PROTO_REJ)
        assert r.body == struct.pack(">H", proto) + b"data", r
    # An odd octet is a whole compressed number: c1, not c121.
    p.send_gre(b"\xff\x03\xc1\x21data")
    r = p.expect(wire.LCP, wire.PROTO_REJ)
    assert r.body == b"\0\xc1\x21data", r
    p.ping(p.gateway)
    for q in p.log:
        assert q.proto & 0x0101 == 1, q


def test_L02_only_lcp_before_it_is_open(lab):
    """Section 3.4: all else is silently discarded, not even rejected."""
    lab.daemon("retry-timeout 10")
    for acked in (False, True):
        p = lab.peer().s2()
        r = server_request(p)
        if acked:
            p.send_cp(wire.LCP, wire.CONF_ACK, r.body, r.ident)
        for proto in (wire.PAP, wire.CHAP, wire.IPCP, wire.CCP, wire.IPV6CP,
                      wire.MPLSCP, wire.IP, wire.COMP, 0x0203):
            for code in (1, 2, 5):
                p.send_ppp(proto, wire.cp(code, 1, b"\x10" + bytes(16)))
        ident = p.request(wire.LCP, GOOD)
        q = p.next_ppp()
        assert q.is_(wire.LCP, wire.CONF_ACK, ident), q


def test_L04_failure_terminates(lab):
    """Section 3.5: a failed authentication goes on to Link Termination."""
    lab.daemon("authentication { mschapv2 mschap chap-md5 pap }",
               "encryption allow")
    for method in ("mschapv2", "mschap", "chap-md5", "pap"):
        p = lab.peer(auth=[method], mppe=[], password="wrong").s3()
        if method == "pap":
            p.pap()
        p.run(lambda: p.failure is not None, what="failure")
        q = p.next_ppp()
        assert q.is_(wire.LCP, wire.TERM_REQ), q
        p.handle(q)
        p.expect_control(wire.CDN)


def test_L06_reject_is_cut_to_the_mru(lab):
    """Section 5.7: what is rejected, from its beginning, as much as the
    peer takes; only while LCP is open; each with a new identifier."""
    lab.daemon()
    for mru in (128, 200, 1400):
        p = lab.peer(mru=mru).s5()
        idents = set()
        for size in (0, 1, mru - 7, mru - 6, mru - 5, mru + 50):
            data = os.urandom(size)
            p.send_gre(b"\xff\x03\x82\x81" + data)
            r = p.expect(wire.LCP, wire.PROTO_REJ)
            assert r.body == (b"\x82\x81" + data)[:mru - 4], (mru, size)
            assert len(r.data) == min(6 + size, mru)
            idents.add(r.ident)
        assert len(idents) == 6
        p.close()


def test_L07_waits_for_the_client(lab):
    """Section 3.7: after its Terminate-Ack one restart time passes."""
    lab.daemon("retry-timeout 2")
    p = lab.peer().s5()
    ident = p.send_cp(wire.LCP, wire.TERM_REQ)
    p.expect(wire.LCP, wire.TERM_ACK, ident)
    began = time.monotonic()
    p.expect_control(wire.CDN, 6)
    assert 1.2 < time.monotonic() - began < 6


# What the client sends, and section 4.1's row for states 6 (Req-Sent), 7
# (Ack-Rcvd), 8 (Ack-Sent), 9 (Opened), 4 (Closing), 5 (Stopping): the packets.
# A second answer to a request that was acknowledged is none to us: so RCA and
# RCN find nothing to do in states 7 and 9, where the RFC has scr.
TABLE = {
    "RCR+": ("sca", "sca", "sca", "scr sca", "", ""),
    "RCR-": ("scn", "scn", "scn", "scr scn", "", ""),
    "RCA": ("", "", "", "", "", ""),
    "RCN": ("scr", "", "scr", "", "", ""),
    "RTR": ("sta", "sta", "sta", "sta", "sta", "sta"),
    "RTA": ("", "", "", "scr", "", ""),
    "RUC": ("scj", "scj", "scj", "scj", "scj", "scj"),
    "RXJ+": ("", "", "", "", "", ""),
    "RXJ-": ("", "", "", "str", "", ""),
    "RXR": ("", "", "", "ser", "", ""),
}
STATES = (6, 7, 8, 9, 4, 5)
ACTIONS = {wire.CONF_REQ: "scr", wire.CONF_ACK: "sca", wire.CONF_NAK: "scn",
           wire.CONF_REJ: "scn", wire.TERM_REQ: "str", wire.TERM_ACK: "sta",
           wire.CODE_REJ: "scj", wire.ECHO_REP: "ser"}


def heard(lab):
    """A peer that the server has heard: its request comes at once, and goes
    out again by the restart timer only."""
    p = lab.peer().s2()
    p.send_cp(wire.LCP, wire.IDENT, bytes(4))
    return p


def to_state(p, state):
    """Brings a peer's server into that state; the server's request."""
    r = server_request(p)
    if state in (7, 9, 4, 5):
        p.send_cp(wire.LCP, wire.CONF_ACK, r.body, r.ident)
    if state in (8, 9, 4, 5):
        p.request(wire.LCP, GOOD)
        p.expect(wire.LCP, wire.CONF_ACK)
    if state in (9, 4, 5):
        p.expect(wire.CHAP, wire.CHALLENGE)
    if state == 4:
        p.send_cp(wire.LCP, wire.PROTO_REJ, struct.pack(">H", wire.CHAP))
        p.expect(wire.LCP, wire.TERM_REQ)
    if state == 5:
        p.send_cp(wire.LCP, wire.TERM_REQ)
        p.expect(wire.LCP, wire.TERM_ACK)
    return r


def send_event(p, event, r):
    if event == "RCR+":
        p.send_cp(wire.LCP, wire.CONF_REQ, GOOD, 200)
    elif event == "RCR-":
        p.send_cp(wire.LCP, wire.CONF_REQ, [(99, b"x")], 200)
    elif event == "RCA":
        p.send_cp(wire.LCP, wire.CONF_ACK, r.body, r.ident)
    elif event == "RCN":
        p.send_cp(wire.LCP, wire.CONF_REJ, [(wire.LCP_PFC, b"")], r.ident)
    elif event == "RTR":
        p.send_cp(wire.LCP, wire.TERM_REQ, b"", 200)
    elif event == "RTA":
        p.send_cp(wire.LCP, wire.TERM_ACK, b"", 200)
    elif event == "RUC":
        p.send_cp(wire.LCP, 99, b"", 200)
    elif event == "RXJ+":
        p.send_cp(wire.LCP, wire.CODE_REJ, wire.cp(wire.IDENT, 1), 200)
    elif event == "RXJ-":
        p.send_cp(wire.LCP, wire.CODE_REJ, wire.cp(wire.CONF_REQ, 1), 200)
    elif event == "RXR":
        p.send_cp(wire.LCP, wire.ECHO_REQ, bytes(4), 200)


def drive(lab, state):
    """Every event that a packet can be, in that state."""
    d = lab.daemon("retry-timeout 10")
    n = STATES.index(state)
    peers = [(event, heard(lab)) for event in TABLE]
    for event, p in peers:
        send_event(p, event, to_state(p, state))
    end = time.monotonic() + 0.5
    for event, p in peers:
        want = TABLE[event][n].split()
        got = []
        while len(got) < len(want):
            q = p.next_ppp()
            got += [q] if q.proto == wire.LCP else []
        got += [q for q in p.silence(max(0.01, end - time.monotonic()))
                if q.proto == wire.LCP]
        assert [ACTIONS[q.code] for q in got] == want, (state, event, got)
        for q in got:
            if q.code in (wire.CONF_ACK, wire.TERM_ACK, wire.ECHO_REP):
                assert q.ident == 200, (event, q)
        p.close()
    netns.until(lambda: not d.sessions(), 5, "all are gone")
    d.unchanged()


def test_L08_Req_Sent(lab):
    drive(lab, 6)


def test_L08_Ack_Rcvd(lab):
    drive(lab, 7)


def test_L08_Ack_Sent(lab):
    drive(lab, 8)


def test_L08_Opened(lab):
    drive(lab, 9)


def test_L08_Closing(lab):
    drive(lab, 4)


def test_L08_Stopping(lab):
    drive(lab, 5)


def test_L08_time_outs(lab):
    """TO+ and TO- of Req-Sent, Ack-Rcvd, Ack-Sent and Closing."""
    d = lab.daemon("retry-timeout 1", "max-configure 2", "max-terminate 2")
    peers = [(state, heard(lab)) for state in (6, 7, 8, 4)]
    for state, p in peers:
        to_state(p, state)
    for state, p in peers:
        want = wire.TERM_REQ if state == 4 else wire.CONF_REQ
        before = len(p.log)
        p.expect(wire.LCP, want)
        p.expect_control(wire.CDN)
        p.silence(0.05)
        again = [q for q in p.log[before:] if q.proto == wire.LCP]
        assert {q.code for q in again} == {want}, (state, again)
        assert len({q.ident for q in again}) == (len(again) if state == 4
                                                 else 1), (state, again)
    netns.until(lambda: not d.sessions(), 5, "all have ended")


def test_L09_defaults(lab):
    """Section 4.6: 3 s, 2 Terminate-Requests, 10 Configure-Requests, 5
    Naks, all to be configured."""
    shown = defaults(lab)
    assert [shown[k] for k in ("retry-timeout", "max-terminate",
                               "max-configure", "max-failure")] == [
        "3", "2", "10", "5"], shown


def test_L09_max_failure(lab):
    """So many Naks, then Rejects until something was agreed on."""
    lab.daemon("max-failure 3")
    p = lab.peer().s2()
    bad = [(wire.LCP_MRU, b"\0\1"), MAGIC]
    codes = [ask(p, bad) for _ in range(5)]
    assert [c for c, _ in codes] == [wire.CONF_NAK] * 3 + \
        [wire.CONF_REJ] * 2, codes
    assert codes[3][1] == bad[:1], codes
    assert ask(p, GOOD)[0] == wire.CONF_ACK


def test_L09_max_terminate(lab):
    """So many, one restart time apart, each with an identifier."""
    lab.daemon("max-terminate 2", "retry-timeout 1")
    p = lab.peer().s5()
    p.send_cp(wire.LCP, wire.CODE_REJ, wire.cp(wire.CONF_REQ, 1))
    p.expect(wire.LCP, wire.TERM_REQ)
    began = time.monotonic()
    p.expect(wire.LCP, wire.TERM_REQ)
    assert 0.5 < time.monotonic() - began < 4
    p.expect_control(wire.CDN)
    assert not [q for q in p.silence(0.1) if q.is_(wire.LCP, wire.TERM_REQ)]


def test_L09_restart_timer(lab):
    """A Configure-Request that stays unanswered comes again, the same."""
    lab.daemon("retry-timeout 1")
    p = lab.peer().s2()
    p.send_cp(wire.LCP, wire.IDENT, bytes(4))
    first = server_request(p)
    began = time.monotonic()
    again = server_request(p)
    assert 0.5 < time.monotonic() - began < 4
    assert (again.ident, again.body) == (first.ident, first.body), again


def test_L10_padding(lab):
    """Section 5: octets beyond Length are padding; fewer than Length, and
    the packet is dropped."""
    lab.daemon()
    p = lab.peer().s2()
    options = wire.pack_options(GOOD)
    ident = p.send_cp(wire.LCP, wire.CONF_REQ, options + b"\x63\3x" * 20,
                      cp_length=4 + len(options))
    r = p.expect(wire.LCP, wire.CONF_ACK)
    assert (r.ident, r.options) == (ident, GOOD), r
    p.asked[wire.LCP] = GOOD
    p.opened[wire.LCP][0] = True
    for q in list(p.log):
        if q.is_(wire.LCP, wire.CONF_REQ):
            p.handle(q)
    p.run(lambda: p.opened[wire.LCP][1], what="LCP")
    ident = p.send_cp(wire.LCP, wire.ECHO_REQ, bytes(4) + b"data" + bytes(50),
                      cp_length=12)
    r = p.expect(wire.LCP, wire.ECHO_REP, ident)
    assert r.body[4:] == b"data" and len(r.data) == 12, r
    p.send_cp(wire.LCP, wire.ECHO_REQ, bytes(4), cp_length=9)
    assert [q for q in p.fence() if q.proto == wire.LCP] == []


def test_L11_identifiers(lab):
    """Section 5.1: a request with other contents has another identifier,
    and so has each new Terminate-Request or Echo-Request."""
    lab.daemon("lcp-echo-interval 1", "lcp-echo-failures 5",
               "retry-timeout 1")
    p = lab.peer().s2()
    r = server_request(p)
    idents = [r.ident]
    for mru in (1000, 999, 998):
        p.send_cp(wire.LCP, wire.CONF_NAK,
                  [(wire.LCP_MRU, struct.pack(">H", mru))], r.ident)
        r = server_request(p)
        assert dict(r.options)[wire.LCP_MRU] == struct.pack(">H", mru)
        idents.append(r.ident)
    assert len(set(idents)) == 4, idents
    p.handle(r)
    p.s5()
    echoes = {p.expect(wire.LCP, wire.ECHO_REQ, timeout=4).ident
              for _ in range(2)}
    assert len(echoes) == 2


def test_L13_nak(lab):
    """Section 5.3: just what is not acceptable, in the order it came."""
    lab.daemon()
    p = lab.peer().s2()
    code, o = ask(p, [(wire.LCP_PFC, b""), (wire.LCP_MAGIC, bytes(4)),
                      (wire.LCP_ACFC, b""), (wire.LCP_MRU, b"\xff\xff")])
    assert code == wire.CONF_NAK, code
    assert [k for k, _ in o] == [wire.LCP_MAGIC, wire.LCP_MRU], o
    assert o[0][1] != bytes(4) and o[1][1] == b"\x05\xdc", o
    assert ask(p, o) == (wire.CONF_ACK, o), "our own proposal"
    # A Reject comes before a Nak: first what is not known at all.
    code, o = ask(p, [(wire.LCP_MAGIC, bytes(4)), (99, b"x")])
    assert (code, o) == (wire.CONF_REJ, [(99, b"x")])


def test_L15_each_terminate_request_is_acked(lab):
    """Section 5.5: before LCP is open and after its end, too."""
    lab.daemon("retry-timeout 2")
    for state, p in [(state, heard(lab)) for state in STATES]:
        to_state(p, state)
        for n in range(3):
            ident = p.send_cp(wire.LCP, wire.TERM_REQ, os.urandom(n), 50 + n)
            r = p.expect(wire.LCP, wire.TERM_ACK)
            assert r.ident == ident, (state, r)
        p.close()


def test_L16_reject_is_cut_to_the_mru(lab):
    """Section 5.6."""
    lab.daemon()
    p = lab.peer(mru=200).s5()
    packet = wire.cp(77, 5, os.urandom(300))
    p.send_ppp(wire.LCP, packet)
    r = p.expect(wire.LCP, wire.CODE_REJ)
    assert r.body == packet[:196] and len(r.data) == 200, r


def test_L17_each_basic_code(lab):
    """Section 5.6: without codes 1 to 6 there is no LCP; others can be
    done without."""
    d = lab.daemon("retry-timeout 1", "max-terminate 1")
    for code in range(1, 7):
        p = lab.peer().s3()
        p.send_cp(wire.LCP, wire.CODE_REJ, wire.cp(code, 1))
        p.expect(wire.LCP, wire.TERM_REQ)
    p = lab.peer().s5()
    for code in range(8, 14):
        p.send_cp(wire.LCP, wire.CODE_REJ, wire.cp(code, 1))
    p.ping(p.gateway)
    netns.until(lambda: len(d.sessions()) == 1, 8, "the others have ended")


def test_L18_rejected_protocol(lab):
    """Section 5.7: it is not sent again.  Of what a session cannot do
    without, that is its end."""
    d = lab.daemon("encryption allow", "retry-timeout 1", "max-terminate 1")
    p = lab.peer().s4()
    r = p.expect(wire.CCP, wire.CONF_REQ)
    p.send_cp(wire.LCP, wire.PROTO_REJ, struct.pack(">H", wire.CCP) + r.data)
    p.mppe = []
    p.s5().ping(p.gateway)
    later = p.log[p.log.index(r) + 1:] + p.silence(1.5)
    assert not [q for q in later if q.proto == wire.CCP], later
    for proto, state, cause in (
            (wire.CHAP, "s3", "auth-refused"),
            (wire.IPCP, "s5", "ipcp-failed"), (wire.IP, "s5", "ipcp-failed"),
            (wire.COMP, "s5", "no-mppe")):
        p = getattr(lab.peer(), state)()
        before = d.ended(cause)
        p.send_cp(wire.LCP, wire.PROTO_REJ, struct.pack(">H", proto))
        while not p.next_ppp().is_(wire.LCP, wire.TERM_REQ):
            pass
        mark = len(p.log)
        p.handle(p.log[-1])
        p.expect_control(wire.CDN, 5)
        d.wait_ended(cause, before + 1)
        assert not [q for q in p.log[mark:] if q.proto == proto]


def test_L19_magic_number_of_an_echo(lab):
    """Section 5.8: ours, or 0 if it could not be negotiated."""
    lab.daemon()
    p = lab.peer().s2()
    r = server_request(p)
    p.send_cp(wire.LCP, wire.CONF_REJ,
              [o for o in r.options if o[0] == wire.LCP_MAGIC], r.ident)
    p.handle(server_request(p))
    p.s3()
    for magic in (bytes(4), p._magic()):
        ident = p.send_cp(wire.LCP, wire.ECHO_REQ, magic + b"x")
        r = p.expect(wire.LCP, wire.ECHO_REP, ident)
        assert r.body == bytes(4) + b"x", r


def test_L21_length_of_an_option(lab):
    """Section 6: a wrong one is answered with the right one; one that
    cannot be, by nothing."""
    lab.daemon("max-failure 100")
    p = lab.peer().s2()
    for kind, value, right in ((wire.LCP_MRU, b"", 2), (wire.LCP_MRU,
                               b"\5", 2), (wire.LCP_MRU, b"\5\x78\0", 2),
                               (wire.LCP_MAGIC, b"abc", 4),
                               (wire.LCP_MAGIC, b"abcde", 4),
                               (wire.LCP_PFC, b"x", 0),
                               (wire.LCP_ACFC, b"xy", 0)):
        code, o = ask(p, [(kind, value)])
        assert code == wire.CONF_NAK and len(o) == 1, (kind, value, code, o)
        assert o[0][0] == kind and len(o[0][1]) == right, (kind, o)
    for body in (b"\5", b"\5\0", b"\5\1", b"\5\7abcd", b"\7\2\5"):
        p.send_cp(wire.LCP, wire.CONF_REQ, body, 99)
    ask(p, GOOD)
    assert not [q for q in p.log if q.ident == 99 and
                q.code != wire.CONF_REQ]


def test_L22_1500_octets(lab):
    """Section 6.1: always, whatever MRU was asked for; LCP, too."""
    lab.daemon("mru 600", "encryption never")
    p = lab.peer(mppe=[]).s5()
    p.send_cp(wire.LCP, wire.DISCARD, p._magic() + os.urandom(1492))
    assert p.fence() == []
    ident = p.send_cp(wire.LCP, wire.ECHO_REQ, p._magic() + bytes(1492))
    p.expect(wire.LCP, wire.ECHO_REP, ident)
    options = [(100 + n, bytes(250)) for n in range(5)]
    q = lab.peer().s2()
    assert ask(q, options + [(99, bytes(220))])[0] == wire.CONF_REJ


def test_L23_one_authentication_protocol(lab):
    """Section 6.2: one option in a request, the strongest first, then, as
    the client refuses, down the list; each once."""
    lab.daemon("authentication { pap chap-md5 mschap mschapv2 }",
               "encryption allow")
    p = lab.peer().s2()
    offered = []
    for _ in range(4):
        r = server_request(p)
        auth = [v for k, v in r.options if k == wire.LCP_AUTH]
        assert len(auth) == 1, r.options
        offered.append(wire.AUTH_NAME[auth[0]])
        p.send_cp(wire.LCP, wire.CONF_NAK,
                  [(wire.LCP_AUTH, wire.AUTH_OPTION["eap"])], r.ident)
    assert offered == ["mschapv2", "mschap", "chap-md5", "pap"], offered
    p.expect(wire.LCP, wire.TERM_REQ)


def test_L24_magic_number_received(lab):
    """Section 6.4: 0 and the peer's own are right.  Ours is a loop, which
    ends the link; a third one, from a client that forgot what it said, is
    answered, for it can be nothing worse."""
    d = lab.daemon()
    p = lab.peer().s5()
    for magic in (bytes(4), p._magic(), b"\1\2\3\4"):
        ident = p.send_cp(wire.LCP, wire.ECHO_REQ, magic)
        p.expect(wire.LCP, wire.ECHO_REP, ident)
    ours = dict(p.server_options[wire.LCP])[wire.LCP_MAGIC]
    p.send_cp(wire.LCP, wire.ECHO_REQ, ours)
    ended(d, p, "loopback")


def test_L24_nak_of_our_magic_number(lab):
    """A Nak of our number is answered with another one."""
    lab.daemon()
    p = lab.peer().s2()
    r = server_request(p)
    old = dict(r.options)[wire.LCP_MAGIC]
    p.send_cp(wire.LCP, wire.CONF_NAK, [(wire.LCP_MAGIC, old)], r.ident)
    new = dict(server_request(p).options)[wire.LCP_MAGIC]
    assert new not in (old, bytes(4))


def test_L25_L26_what_we_send(lab):
    """Sections 6.5, 6.6: LCP never without address and control, nor with a
    short protocol field; the rest only where that was agreed on."""
    lab.daemon("encryption never")
    for agreed in (False, True):
        p = lab.peer(mppe=[])
        p.lcp_options = [MAGIC] + ([(wire.LCP_PFC, b""), (
            wire.LCP_ACFC, b"")] if agreed else [])
        p.s5()
        p.ping(p.gateway)
        p.fence()
        for q in p.log:
            if q.proto == wire.LCP:
                assert q.frame[:4] == b"\xff\x03\xc0\x21", q
            elif not agreed:
                assert q.frame[:2] == b"\xff\x03", q
                assert struct.unpack(">H", q.frame[2:4])[0] == q.proto, q


def test_L28_renegotiation_of_a_whole_session(lab):
    """Section 4.3: from the network phase back to the beginning: nothing
    flows until authentication and encryption are done again."""
    d = lab.daemon()
    c = lab.capture()
    p = lab.peer().s5()
    p.ping(p.gateway)
    address = p.address
    p.opened = {proto: [False, False] for proto in p.opened}
    p.success = p.tx = p.rx = None
    del p.peer_challenge
    p.asked = {wire.LCP: p.asked[wire.LCP]}
    p.request(wire.LCP)
    p.send_ppp(wire.IP, wire.icmp_echo(address, p.gateway, 1, 1))
    p.run(lambda: p.is_open(wire.LCP), what="LCP again")
    p.s5().ping(p.gateway)
    assert p.address == address and len(d.sessions()) == 1
    for src, _, proto, data in c.packets():
        if proto == 47 and src == netns.SERVER and data[0] & 0x10:
            inner, _ = wire.unppp(data[16 if data[1] & 0x80 else 12:])
            assert inner != wire.IP, "IP in clear"
