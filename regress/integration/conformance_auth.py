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


"""PAP (RFC 1334), CHAP (RFC 1994), MS-CHAP (RFC 2433, RFC 2759): what
auth.py leaves.

The ids are those of regress/conformance.ids.
"""

import os
import re

import crypto
import netns
import wire
from auth import verdict


def challenged(p):
    """Up to the Challenge; its identifier and value are kept."""
    p.s3()
    r = p.expect(wire.CHAP, wire.CHALLENGE)
    p.challenge = r.ident, r.body[1:1 + r.body[0]]
    return p


def test_C01_strongest_first(lab):
    """RFC 1334 section 2: PAP is never the first of several, however they
    are written down."""
    lab.daemon("authentication { pap chap-md5 }", "encryption allow")
    r = lab.peer().s2().expect(wire.LCP, wire.CONF_REQ)
    assert dict(r.options)[wire.LCP_AUTH] == wire.AUTH_OPTION["chap-md5"]


def test_C02_repeated_request(lab):
    """RFC 1334 section 2.2.1: after success it has the same answer, right
    or wrong; after the end, and of another protocol, none."""
    lab.daemon("authentication { pap }", "encryption never",
               "retry-timeout 1")
    p = lab.peer(auth=["pap"], mppe=[]).s4()
    for n, word in enumerate((netns.PASSWORD, "wrong", "")):
        p.pap(password=word.encode(), ident=40 + n)
        r = p.expect(wire.PAP)
        assert (r.code, r.ident) == (wire.PAP_ACK, 40 + n), r
    p.s5().ping(p.gateway)
    q = lab.peer(auth=["pap"], mppe=[]).s3()
    q.pap(password=b"wrong", ident=7)
    r = q.expect(wire.PAP)
    assert (r.code, r.ident) == (wire.PAP_NAK, 7), r
    q.expect(wire.LCP, wire.TERM_REQ)
    q.pap(ident=8)
    assert [x for x in q.silence(0.2) if x.proto == wire.PAP] == []
    q.send_cp(wire.LCP, wire.TERM_ACK)
    q.expect_control(wire.CDN)


def test_C03_identifier_is_copied(lab):
    """RFC 1334 section 2.2.2, of Ack and Nak."""
    lab.daemon("authentication { pap }", "encryption never")
    for ident in (0, 1, 128, 255):
        for word in (netns.PASSWORD, "wrong"):
            p = lab.peer(auth=["pap"], mppe=[]).s3()
            p.pap(password=word.encode(), ident=ident)
            r = p.expect(wire.PAP)
            assert r.ident == ident, r
            assert r.code == (wire.PAP_ACK if word == netns.PASSWORD
                              else wire.PAP_NAK), r
            # Msg-Length says where the text ends.
            assert r.body[0] == len(r.body) - 1, r


def test_C04_secret(lab):
    """RFC 1994 section 2.3: one octet at least; with none, nobody is let
    in, though the digest may be right."""
    lab.daemon("authentication { chap-md5 }", "encryption never",
               'user "short" password "x"', 'user "none" password ""')
    assert verdict(lab.peer(auth=["chap-md5"], mppe=[], user="short",
                            password="x")) is None
    p = lab.peer(auth=["chap-md5"], mppe=[], user="none", password="")
    assert verdict(p) is not None
    lab.daemons[0].secrets = set()


def test_C04_challenge(lab):
    """RFC 1994 section 2.3: no two are alike, and no bit is fixed."""
    lab.daemon()
    seen = [challenged(lab.peer()).challenge[1] for _ in range(40)]
    assert len(set(seen)) == 40
    for bit in range(128):
        n = sum(int.from_bytes(c, "big") >> bit & 1 for c in seen)
        assert 2 <= n <= 38, "bit %d is set in %d of 40" % (bit, n)


def test_C05_limit(lab):
    """RFC 1994 section 4.1: so many Challenges, then the end; none once a
    Response has come."""
    d = lab.daemon("retry-timeout 1", "max-configure 2")
    p = challenged(lab.peer())
    q = lab.peer().s4()
    p.expect(wire.CHAP, wire.CHALLENGE, timeout=3)
    p.handle(p.expect(wire.LCP, wire.TERM_REQ, timeout=3))
    assert len([x for x in p.log if x.is_(wire.CHAP, wire.CHALLENGE)]) == 2
    d.wait_ended("auth-timeout")
    for x in q.fence():
        assert x.proto != wire.CHAP, x


def test_C07_response_in_another_phase(lab):
    """RFC 1994 section 4.1: silently dropped, before there is a Challenge
    (section L02 of the list), after a failure, and with an old identifier
    when IP flows."""
    d = lab.daemon("retry-timeout 2")
    p = challenged(lab.peer())
    wrong = bytearray(p.response())
    p.respond(value=bytes(wrong[:24]) + os.urandom(24) + b"\0")
    p.run(lambda: p.failure is not None, what="failure")
    p.expect(wire.LCP, wire.TERM_REQ)
    p.respond(value=bytes(wrong))
    assert [x for x in p.silence(0.2) if x.proto == wire.CHAP] == []
    q = lab.peer().s5()
    for n in (1, 128, 255):
        q.respond(ident=q.challenge[0] + n & 255)
    assert q.fence() == []
    q.ping(q.gateway)
    assert d.counter("auth_ok") == 1


def test_C08_identifier_is_copied(lab):
    """RFC 1994 section 4.2: of the Response, into Success and Failure."""
    lab.daemon("authentication { mschapv2 mschap chap-md5 }",
               "encryption allow")
    for method in ("mschapv2", "mschap", "chap-md5"):
        for word, code in ((netns.PASSWORD, wire.SUCCESS),
                           ("wrong", wire.FAILURE)):
            p = challenged(lab.peer(auth=[method], mppe=[], password=word))
            p.respond()
            r = p.expect(wire.CHAP)
            assert (r.code, r.ident) == (code, p.challenge[0]), r
            if code == wire.FAILURE:
                p.expect(wire.LCP, wire.TERM_REQ)


def test_C09_texts(lab):
    """Ours are plain ASCII, and nothing depends on the client's: names of
    systems, reasons of an end, whatever stands where a text may stand."""
    lab.daemon("authentication { mschapv2 mschap chap-md5 pap }",
               "encryption allow")
    for method in ("mschapv2", "mschap", "chap-md5", "pap"):
        for word in (netns.PASSWORD, "wrong"):
            p = lab.peer(auth=[method], mppe=[], password=word)
            text = verdict(p)
            if text is None:
                text = p.success
            assert all(32 <= ord(c) < 127 for c in text), text
    p = lab.peer().s5()
    for text in (b"", b"\0", b"R=1 E=0", os.urandom(200)):
        p.send_cp(wire.LCP, wire.IDENT, p._magic() + text)
        p.send_cp(wire.LCP, wire.CODE_REJ, wire.cp(wire.IDENT, 1) + text)
        p.send_cp(wire.CHAP, wire.SUCCESS, text, p.challenge[0])
        p.send_cp(wire.CHAP, wire.FAILURE, text, p.challenge[0])
    assert p.fence() == []
    p.ping(p.gateway)
    p.send_cp(wire.LCP, wire.TERM_REQ, os.urandom(200), 9)
    p.expect(wire.LCP, wire.TERM_ACK, 9)


def test_M02_reserved_octets(lab):
    """RFC 2759 section 4: Reserved and Flags must be zero; each bit of
    them, with a right proof."""
    d = lab.daemon()
    peers = [lab.peer() for _ in range(72)]
    for n, p in enumerate(peers):
        challenged(p)
        value = bytearray(p.response())
        at = 16 + n // 8 if n < 64 else 48
        value[at] |= 1 << n % 8
        p.respond(value=bytes(value))
    for n, p in enumerate(peers):
        p.run(lambda: p.failure is not None or p.success is not None)
        assert p.success is None, "octet with bit %d set" % n
    assert d.counter("auth_ok") == 0


def test_M03_answer(lab):
    """RFC 2759 section 5: "S=" and 40 upper-case digits, to each name."""
    lab.daemon('user "a" password "p-1-passw"')
    for user, word in ((netns.USER, netns.PASSWORD), ("a", "p-1-passw"),
                       ("DOM\\a", "p-1-passw")):
        p = lab.peer(user=user, password=word).s4()
        assert re.fullmatch("S=[0-9A-F]{40}", p.success.split(" ")[0])
        assert p.success.split(" ")[0] == p.proof, user


def test_M04_exact_failure(lab):
    """RFC 2759 section 6: that string, no more and no less, in a packet of
    just that length, and a C= that is not the challenge."""
    lab.daemon()
    p = challenged(lab.peer(password="wrong"))
    p.respond()
    r = p.expect(wire.CHAP, wire.FAILURE)
    m = re.fullmatch(rb"E=691 R=0 C=([0-9A-F]{32}) V=3", r.body)
    assert m and r.length == len(r.data) == 4 + len(r.body), r
    assert bytes.fromhex(m.group(1).decode()) != p.challenge[1]


def test_M05_case_of_a_name(lab):
    """RFC 2759 section 4: the name goes into the hash as it was typed."""
    lab.daemon('user "MiXed" password "mixed-Pa55word"')
    for user in ("MiXed", "DOM\\MiXed"):
        p = lab.peer(user=user, password="mixed-Pa55word").s4()
        assert p.success
    for user in ("mixed", "MIXED", "DOM\\mixed"):
        assert verdict(lab.peer(user=user, password="mixed-Pa55word")), user
    # The domain in the hash, too, is what a wrong client does.
    p = challenged(lab.peer(user="DOM\\MiXed", password="mixed-Pa55word"))
    peer_challenge = os.urandom(16)
    digest = crypto.hashlib.sha1(peer_challenge + p.challenge[1] +
                                 b"DOM\\MiXed").digest()[:8]
    p.respond(value=peer_challenge + bytes(8) + crypto.challenge_response(
        digest, crypto.nt_hash(p.password)) + b"\0")
    p.run(lambda: p.failure is not None or p.success is not None)
    assert p.success is None


def test_M07_change_password(lab):
    """RFC 2433 sections 9, 10, RFC 2759 section 7: codes 5, 6 and 7 of any
    length, in each phase: dropped."""
    for method in ("mschapv2", "mschap"):
        lab.daemon("authentication { %s }" % method, "encryption allow")
        p = challenged(lab.peer(auth=[method], mppe=[]))
        for code in (5, 6, 7):
            for size in (0, 16, 70, 582):
                p.send_cp(wire.CHAP, code, os.urandom(size), p.challenge[0])
        assert p.fence() == []
        p.respond()
        p.run(lambda: p.success is not None, what="success")
        p.send_cp(wire.CHAP, 7, os.urandom(582), p.challenge[0])
        assert [q for q in p.fence() if q.proto == wire.CHAP] == []
        p.s5().ping(p.gateway)
        lab.end_test(False)


def test_M08_one_try(lab):
    """R=0: one try for each link, then the link ends."""
    d = lab.daemon()
    p = challenged(lab.peer(password="wrong"))
    p.respond()
    r = p.expect(wire.CHAP, wire.FAILURE)
    new = re.search(rb"C=([0-9A-F]{32})", r.body).group(1)
    p.password = netns.PASSWORD
    p.challenge = r.ident, bytes.fromhex(new.decode())
    for ident in (r.ident, r.ident + 1 & 255):
        p.respond(ident=ident)
    p.run(lambda: p.terminated, what="the end")
    assert p.success is None
    p.expect_control(wire.CDN)
    assert d.counter("auth_ok") == 0
