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


"""RFC 2637, paragraph by paragraph: what control.py and gre.py leave.

The ids are those of regress/conformance.ids.
"""

import os
import struct
import subprocess
import time

import netns
import peer
import wire


def test_P01_cookie_does_not_resynchronise(lab):
    """Section 1.4: a good message behind a bad one is not looked for."""
    d = lab.daemon()
    for bad in (b"\0", wire.control(wire.ECHORQ, cookie=1),
                wire.control(wire.ECHORQ, length=0)):
        p = lab.peer().s1()
        p.send(bad + wire.control(wire.ECHORQ, id=7) * 20)
        assert p.expect_close(2) == [], bad
    assert d.calls() == []


def test_P03_start_request(lab):
    """Section 2.1: 156 octets; the channels of a PNS mean nothing, nor do
    framing, bearer and firmware that we do not know."""
    lab.daemon()
    assert len(wire.control(wire.SCCRQ)) == 156
    for fields in (dict(max_channels=0), dict(max_channels=1),
                   dict(max_channels=0xffff), dict(framing=0, bearer=0),
                   dict(framing=0xffffffff, bearer=0xffffffff),
                   dict(firmware=0xffff), dict(host=b"", vendor=b"")):
        p = lab.peer().s1(**fields)
        assert p.call().result == 1, fields


def test_P04_start_reply(lab):
    """Section 2.2: 156 octets, version and revision, result 1, error 0,
    what we can do, how many at a time, our names."""
    lab.daemon("hostname vpn.example", "max-sessions 7")
    r = lab.peer().s1().sccrp
    assert len(r.raw) == r.length == 156
    assert (r.version, r.result, r.error) == (0x0100, 1, 0), r
    assert (r.framing, r.bearer, r.max_channels) == (3, 3, 7), r
    assert r.host.rstrip(b"\0") == b"vpn.example", r
    assert r.vendor.rstrip(b"\0") == b"pptpd", r


def test_P04_result_codes(lab):
    """Of the results 1 to 5 we give 1, and 5 with error 0.  3, a channel is
    there already, is never given: clients behind one address have many.  4,
    not authorized, would tell a stranger more than silence does."""
    lab.daemon()
    one = lab.peer(source=netns.CLIENT).s1()
    two = lab.peer(source=netns.CLIENT).s1()
    assert one.sccrp.result == two.sccrp.result == 1
    p = lab.peer().s0()
    p.control(wire.SCCRQ, version=0)
    r = p.expect_control(wire.SCCRP)
    assert (r.result, r.error, r.version) == (5, 0, 0x0100), r


def test_P05_stop_request_clears_all_calls(lab):
    """Section 2.3: for each reason, known or not."""
    d = lab.daemon()
    for n, reason in enumerate((0, 1, 2, 3, 255)):
        p = lab.peer().s2()
        assert len(d.calls()) == 1
        p.control(wire.STOPCCRQ, reason=reason)
        assert p.expect_control(wire.STOPCCRP).result == 1
        assert p.expect_close(3) == []
        netns.until(lambda: not d.calls() and not d.sessions(), 5, "gone")
        assert d.ended("peer-stop") == n + 1


def test_P06_stop_reply(lab):
    """Section 2.4: result 1, error 0, and nothing behind it."""
    lab.daemon()
    p = lab.peer().s1()
    p.control(wire.STOPCCRQ)
    r = p.expect_control(wire.STOPCCRP)
    assert (r.length, r.result, r.error) == (16, 1, 0), r
    assert p.expect_close(3) == []


def test_P08_serial_number_in_the_log(lab):
    """Section 2.7: it is the PNS's name of the call, for both logs."""
    d = lab.daemon()
    p = lab.peer().s2(serial=47110)
    text = "call %d of peer's %d, serial 47110" % (p.peer_call_id, p.call_id)
    netns.until(lambda: text in d.log(), 5, text)


def test_P09_call_results(lab):
    """Section 2.8: of the results 1 to 7 we give 1, 2, 4 and 7."""
    d = lab.daemon("max-sessions 1", "penalty { noauth 60 min 1 }")
    p = lab.peer(call_id=5).s2()
    r = p.ocrp
    assert (r.result, r.error, r.cause, r.delay) == (1, 0, 0, 0), r
    assert r.window > 0 and r.channel > 0 and r.length == 32, r
    p.control(wire.OCRQ, call_id=5)
    r = p.expect_control(wire.OCRP)
    assert (r.result, r.error, r.call_id, r.peer_call_id) == (2, 5, 0, 5), r
    q = lab.peer(call_id=6).s1()
    r = q.call()
    assert (r.result, r.error, r.call_id, r.peer_call_id) == (4, 0, 0, 6), r
    p.control(wire.CCRQ, call_id=5)
    p.expect_control(wire.CDN)
    # Now this address is in disgrace.
    netns.until(lambda: not d.calls(), 5, "the call is gone")
    r = q.call()
    assert (r.result, r.error, r.call_id, r.peer_call_id) == (7, 0, 0, 6), r


def test_P10_incoming_call_messages(lab):
    """Sections 2.9 to 2.11: refused with the PAC's id in it; ICCN is a
    message of the other role, and never a call."""
    d = lab.daemon()
    p = lab.peer().s1()
    p.control(wire.ICRQ, call_id=0x4321)
    r = p.expect_control(wire.ICRP)
    assert (r.length, r.result, r.error, r.call_id, r.peer_call_id) == (
        24, 3, 0, 0, 0x4321), r
    p.control(wire.ICRP, call_id=1, peer_call_id=1)
    p.control(wire.ICCN, peer_call_id=1)
    assert p.control_fence() == []
    assert d.calls() == []


def test_P11_clear_request_names_the_id_of_the_client(lab):
    """Section 2.12: that of the PNS, which is not ours."""
    d = lab.daemon()
    p = lab.peer(call_id=7).s5()
    if p.peer_call_id != 7:
        p.control(wire.CCRQ, call_id=p.peer_call_id)
        assert p.control_fence() == [] and len(d.calls()) == 1
    p.control(wire.CCRQ, call_id=7)
    r = p.expect_control(wire.CDN)
    assert (r.call_id, r.result, r.error) == (p.peer_call_id, 4, 0), r


def test_P12_disconnect_notify(lab):
    """Section 2.13: also when PPP ends, and when the administrator ends it;
    the call statistics are text."""
    d = lab.daemon("retry-timeout 1")
    p = lab.peer().s5()
    p.send_cp(wire.LCP, wire.TERM_REQ)
    r = p.expect_control(wire.CDN)
    assert (r.length, r.call_id, r.result) == (148, p.peer_call_id, 1), r
    text = r.stats.rstrip(b"\0").decode("ascii")
    assert text.startswith("in ") and " out " in text, text
    q = lab.peer().s5()
    d.ctl("kill", "call", q.peer_call_id)
    q.run(lambda: q.terminated, what="Terminate-Request")
    r = q.expect_control(wire.CDN)
    assert (r.call_id, r.result) == (q.peer_call_id, 3), r
    # The connection stays, as it does for the next call.
    assert q.control_fence() == []


def test_P13_P14_P20_never_sent(lab):
    """Sections 2.14, 2.15, 3.1.3: no WEN, for there is no line that could
    have errors; no SLI, for there is no asynchronous map; and we never
    connect, so nothing can collide."""
    d = lab.daemon()
    c = lab.capture()
    p = lab.peer().s5()
    for _ in range(5):
        p.send_ppp(0x7f7f, b"noise")
        p.send_gre(b"\xff\x03" + os.urandom(20))
    p.ping(p.gateway)
    p.hang_up()
    netns.until(lambda: not d.calls(), 5, "the call is gone")
    kinds = set()
    for src, _, proto, data in c.packets():
        if proto != 6 or src != netns.SERVER:
            continue
        assert data[13] & 0x12 != 2, "a connection of the server's own"
        tcp = data[(data[12] >> 4) * 4:]
        kinds |= {m.type for m in wire.split_controls(tcp)[0]}
    assert kinds == {wire.SCCRP, wire.OCRP, wire.CDN, wire.STOPCCRP}, kinds


def test_P14_link_info_with_our_id(lab):
    """Section 2.15: the id is ours; a map that asks for escapes changes
    nothing of what goes through the tunnel."""
    lab.daemon()
    p = lab.peer().s5()
    p.control(wire.SLI, peer_call_id=p.peer_call_id, send_accm=0xffffffff,
              recv_accm=0xffffffff)
    assert p.control_fence() == []
    data = bytes(range(256))
    ident = p.send_cp(wire.LCP, wire.ECHO_REQ, p._magic() + data)
    assert p.expect(wire.LCP, wire.ECHO_REP, ident).body[4:] == data


def test_P15_general_errors(lab):
    """Section 2.16: with result 2 there is an error, 5 for a call id, 4 for
    want of resources; with any other result it is 0."""
    d = lab.daemon("max-sessions 1")
    p = lab.peer(call_id=5).s2()
    p.control(wire.OCRQ, call_id=5)
    r = p.expect_control(wire.OCRP)
    assert (r.result, r.error) == (2, 5), r
    r = lab.peer().s1().call()
    assert (r.result, r.error) == (4, 0), r
    d.ctl("kill", "call", p.peer_call_id)
    r = p.expect_control(wire.CDN)
    assert (r.result, r.error) == (3, 0), r
    d.unchanged()
    lab.end_test(False)
    lab.daemon("remoteip 10.99.0.10", "max-sessions 9")
    p = lab.peer().s5()
    q = lab.peer().s3()
    q.run(lambda: q.terminated, what="Terminate-Request")
    r = q.expect_control(wire.CDN)
    assert (r.result, r.error) == (2, 4), r


def test_P16_invalid_messages_are_logged(lab):
    """Section 3: who, and that it was closed."""
    d = lab.daemon()
    for n, bad in enumerate((wire.control(wire.ECHORQ, cookie=1),
                             wire.control(wire.OCRQ, length=16),
                             wire.control(99),
                             wire.control(wire.ECHORQ, message_type=2))):
        p = lab.peer().s1()
        p.send(bad)
        p.expect_close(2)
        assert d.stats()["control"]["connections_protocol_error"] == n + 1
    lines = [x for x in d.log().splitlines() if "closed" in x and
             netns.CLIENT in x]
    assert len(lines) >= 4, d.log()


def test_P20_two_connections_of_one_pair(lab):
    """Section 3.1.3 has one for each pair of hosts.  Behind an address there
    may be many clients, so there may be many here."""
    d = lab.daemon()
    peers = [lab.peer(source=netns.CLIENT).s5() for _ in range(3)]
    for p in peers:
        p.ping(p.gateway)
    assert len({c["connection"] for c in d.calls()}) == 3


def test_P21_P22_P23_defaults(lab):
    """Section 3.1.4: Echo-Request after 60 s, the end after 60 more; the
    rest is no later than the minute of the RFC."""
    shown = defaults(lab)
    assert shown["echo-interval"] == "60", shown
    assert shown["echo-timeout"] == "60", shown
    assert 0 < int(shown["setup-timeout"]) <= 60, shown


def defaults(lab):
    """What pptpd -nv says of a configuration that says nothing."""
    path = lab.path("conf")
    with open(path, "w") as f:
        f.write("listen on 127.0.0.1\nlocalip 10.0.0.1\n"
                "remoteip 10.0.0.2-9\n")
    os.chmod(path, 0o600)
    out = subprocess.run([lab.pptpd, "-n", "-v", "-f", path],
                         capture_output=True, text=True, timeout=20)
    assert out.returncode == 0, out.stderr
    return dict(line.split(None, 1) for line in out.stdout.splitlines()
                if len(line.split(None, 1)) == 2)


def test_P23_call_that_does_not_come_up(lab):
    """Section 3.2.1: a call that stands still is cleared by its own timer,
    and then the connection, which has no call, by its own."""
    d = lab.daemon("auth-timeout 1", "setup-timeout 1", "retry-timeout 1")
    p = lab.peer().s3()
    p.expect_control(wire.CDN, 8)
    assert d.calls() == []
    assert p.expect_control(wire.STOPCCRQ, 8).reason == 1
    p.control(wire.STOPCCRP)
    assert p.expect_close(3) == []


def test_P24_ids_are_released_with_the_connection(lab):
    """Section 3.2.2: a new connection may use the same id of the client's,
    and ours that is gone is nobody's."""
    d = lab.daemon()
    p = lab.peer(call_id=9).s5()
    ours = p.peer_call_id
    p.close()
    netns.until(lambda: not d.calls(), 5, "the call is gone")
    q = lab.peer(call_id=9).s5()
    assert q.peer_call_id != ours
    before = d.counter("gre_no_call")
    q.send_gre(b"\xff\x03\xc0\x21\x05\1\0\4", call_id=ours, seq=5)
    d.wait_counter("gre_no_call", before + 1)
    q.ping(q.gateway)


def test_P25_no_flags_no_check_sequence(lab):
    """Section 4: the frame is what stands between the flags of HDLC, without
    its check sequence and without escapes, whatever is in it."""
    lab.daemon("encryption never")
    p = lab.peer(mppe=[]).s5()
    data = b"\x7e\x7d\x5e\x00\x11\x13\xff\x03" * 8
    ident = p.send_cp(wire.LCP, wire.ECHO_REQ, p._magic() + data)
    r = p.expect(wire.LCP, wire.ECHO_REP, ident)
    assert r.body[4:] == data
    assert len(r.frame) == 4 + 4 + 4 + len(data), r.frame.hex()
    r = p.ping(p.gateway, 64)
    assert len(r) == 20 + 8 + 64
    # Ours is in no packet that we sent, either: the length says all.
    for q in p.log:
        if q.proto >= 0x8000:
            assert q.length == len(q.data), q


def test_P26_header_that_we_send(lab):
    """Section 4.1: C=R=s=Recur=Flags=0, K=1, Ver=1, 880b, S just with a
    payload, A just with an acknowledgement; wire.Gre() insists on each."""
    lab.daemon()
    p = lab.peer().s5()
    p.ping(p.gateway)
    p.fence()
    p.send_cp(wire.LCP, wire.DISCARD, p._magic() + b"x")
    kinds = set()
    end = time.monotonic() + 5
    while len(kinds) < 3 and time.monotonic() < end:
        g = p.next_gre()
        kinds.add((g.seq is not None, g.ack is not None))
        if len(kinds) < 3 and g.seq is None:
            # Nothing to acknowledge since: an answer without A.
            p.send_cp(wire.LCP, wire.ECHO_REQ, p._magic())
            g = p.next_gre()
            kinds.add((g.seq is not None, g.ack is not None))
            break
    assert (False, True) in kinds, kinds
    assert kinds <= {(False, True), (True, True), (True, False)}, kinds


def test_P26_each_bit_that_we_get(lab):
    """One wrong bit of the first word, or of the protocol, at a time; A may
    be there or not."""
    d = lab.daemon()
    p = lab.peer().s5()
    frame = wire.ppp(wire.LCP, wire.cp(wire.ECHO_REQ, 77, bytes(4)))
    good = wire.gre(p.peer_call_id, frame, seq=p.seq, ack=p.seen)
    for bit in set(range(32)) - {8}:
        bad = bytearray(good)
        bad[bit // 8] ^= 0x80 >> bit % 8
        p.raw.send(bytes(bad))
    assert p.fence() == [], "taken for good"
    assert d.counter("gre_malformed") > 0
    p.ping(p.gateway)


def test_P27_numbers_of_lone_acks(lab):
    """Section 4.1: a packet without payload has no number and uses none."""
    lab.daemon()
    p = lab.peer().s5()
    for _ in range(5):
        p.send_cp(wire.LCP, wire.DISCARD, p._magic())
        while p.server_ack != p.seq - 1:
            assert p.next_gre(3).seq is None
    p.ping(p.gateway)
    assert p.order == list(range(len(p.order))), p.order


def test_P28_P29_P33_window_of_the_client(lab):
    """Sections 4.2.1 to 4.2.3, 4.4: we do not hold packets back for want of
    acknowledgements; TCP inside does that better, and a lost acknowledgement
    would stop the tunnel.  A window of 1 and no ack for 100 packets."""
    lab.daemon()
    p = lab.peer(window=1)
    p.acks = "never"
    p.s5()
    p.fence()
    first = len(p.order)
    s = lab.open_socket("server", peer.socket.AF_INET,
                        peer.socket.SOCK_DGRAM, 0)
    with s:
        for n in range(100):
            s.sendto(b"x%d" % n, (p.address, 9))
    for _ in range(100):
        p.next_ip(lambda q: q[9] == 17)
    assert p.order == list(range(len(p.order))) and \
        len(p.order) - first == 100, "packets are held back"


def test_P30_overflow(lab):
    """Section 4.2.4: what the client sends beyond our window is not thrown
    away for that: there is no buffer that it could fill."""
    lab.daemon()
    p = lab.peer().s5()
    count = 4 * p.ocrp.window
    for n in range(count):
        p.send_gre(p.ip_frame(wire.icmp_echo(p.address, p.gateway, 5, n)))
        p.next_ip(lambda q: q[9] == 1)


def test_P31_one_ack_for_many(lab):
    """Section 4.2.5: the highest number stands for all below it, both
    ways."""
    d = lab.daemon()
    p = lab.peer().s5()
    p.fence()
    frames = [wire.gre(p.peer_call_id, wire.ppp(wire.LCP, wire.cp(
        wire.DISCARD, 1, p._magic())), seq=p.seq + n) for n in range(50)]
    p.seq += 50
    for f in frames:
        p.raw.send(f)
    acks = []
    while p.server_ack != p.seq - 1:
        acks.append(p.next_gre(3).ack)
    assert acks == sorted(acks), acks
    p.acks = "never"
    before = d.counter("gre_acks_in", p.peer_call_id)
    for _ in range(20):
        p.ping(p.gateway)
    p.send_ack(p.seen)
    d.wait_counter("gre_acks_in", before + 1, p.peer_call_id)
    p.ping(p.gateway)


def test_P33_ack_timeout_of_a_session(lab):
    """Section 4.4: nothing is sent again, and the time-out of one session,
    which we do not have, cannot be felt by another."""
    lab.daemon()
    p, q = lab.peer().s5(), lab.peer().s5()
    p.acks = "never"
    for _ in range(20):
        p.ping(p.gateway)
        q.ping(q.gateway)
    assert p.silence(0.3) == [], "something came again"
    assert p.order == list(range(len(p.order)))


def test_P34_user_data_of_1532_octets(lab):
    """Section 1.4: as much as that is taken out of the tunnel, in one piece
    or in fragments of the outer packet."""
    lab.daemon("encryption never")
    p = lab.peer(mppe=[]).s5()
    for size in (1500, 1531, 1532):
        data = os.urandom(size - 4 - 8)
        ident = p.send_cp(wire.LCP, wire.ECHO_REQ, p._magic() + data)
        r = p.expect(wire.LCP, wire.ECHO_REP, ident)
        # Its answer is cut to what we may send.
        assert data.startswith(r.body[4:]) and len(r.body) > 1000, size
