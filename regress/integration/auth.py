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

"""Authentication: RFC 1334, 1994, 2433, 2759."""

import os
import re
import time

import crypto
import netns
import peer
import wire

ALL = "authentication { mschapv2 mschap chap-md5 pap }"
METHODS = ("mschapv2", "mschap", "chap-md5", "pap")
NAMES = {"mschapv2": "mschapv2", "mschap": "mschap", "chap-md5": "chap-md5",
         "pap": "pap"}


def verdict(p):
    """Log in; the text of the failure, or None."""
    try:
        p.s4()
    except AssertionError:
        if p.failure is None:
            raise
    return p.failure


def turned_away(d, p, count):
    """After a failure the link is closed, and the call."""
    try:
        p.run(lambda: p.terminated, 2)
    except peer.Timeout:
        pass
    p.expect_control(wire.CDN)
    d.wait_ended("auth-failed", count)


def test_right_password(lab):
    for policy in ("allow", "never"):
        d = lab.daemon(ALL, "encryption " + policy)
        for method in METHODS:
            p = lab.peer(auth=[method], mppe=[]).s5()
            p.ping(p.gateway)
            s = d.session(p.peer_call_id)
            assert s["auth"] == NAMES[method] and s["user"] == netns.USER, s
        assert d.counter("auth_ok") == len(METHODS)
        lab.end_test(False)


def test_each_method_alone(lab):
    """What is asked for is what is allowed, and nothing else."""
    for method in METHODS:
        lab.daemon("authentication { %s }" % method, "encryption allow")
        p = lab.peer(auth=[method], mppe=[]).s2()
        r = p.expect(wire.LCP, wire.CONF_REQ)
        assert dict(r.options)[wire.LCP_AUTH] == wire.AUTH_OPTION[method]
        p.handle(r)
        p.s5().ping(p.gateway)
        lab.end_test(False)


def test_wrong_password(lab):
    d = lab.daemon(ALL, "encryption allow")
    for n, method in enumerate(METHODS):
        p = lab.peer(auth=[method], mppe=[], password="wrong")
        text = verdict(p)
        assert text is not None, method + " takes a wrong password"
        turned_away(d, p, n + 1)
    assert d.counter("auth_failed") == len(METHODS)
    assert d.counter("auth_ok") == 0
    assert d.sessions() == []


def test_unknown_user(lab):
    """Looks exactly like a wrong password."""
    lab.daemon(ALL, "encryption allow")
    for method in METHODS:
        texts = []
        for user, password in (("test", "wrong"), ("nobody", "wrong")):
            p = lab.peer(auth=[method], mppe=[], user=user,
                         password=password)
            texts.append(re.sub("C=[0-9A-F]+", "C=", verdict(p)))
        assert texts[0] == texts[1], texts


def test_M04_failure_text(lab):
    """RFC 2759 section 6; Windows wants E=691, old Macs no M=."""
    lab.daemon()
    challenges = set()
    for _ in range(5):
        text = verdict(lab.peer(password="wrong"))
        m = re.fullmatch(r"E=691 R=0 C=([0-9A-F]{32}) V=3", text)
        assert m, text
        challenges.add(m.group(1))
    assert len(challenges) == 5, "C= repeats"


def test_failure_text_of_version_1(lab):
    lab.daemon("authentication { mschap }", "encryption allow")
    text = verdict(lab.peer(auth=["mschap"], password="wrong"))
    assert re.match(r"E=691 R=0( |$)", text) and "M=" not in text, text


def test_M03_success_text(lab):
    """S= and 40 upper-case digits, which prove that the server knows the
    password; s4() compares them with what they must be."""
    lab.daemon()
    p = lab.peer().s4()
    assert re.match(r"S=[0-9A-F]{40}( M=|$)", p.success), p.success


def test_M01_challenge(lab):
    """16 random octets, 8 of MS-CHAPv1, and a name."""
    for method, size in (("mschapv2", 16), ("mschap", 8), ("chap-md5", None)):
        lab.daemon("authentication { %s }" % method, "encryption allow")
        seen = set()
        for _ in range(10):
            p = lab.peer(auth=[method]).s3()
            r = p.expect(wire.CHAP, wire.CHALLENGE)
            n = r.body[0]
            assert n == size or size is None and n >= 16, (method, n)
            assert len(r.body) > 1 + n, "no name"
            seen.add(r.body[1:1 + n])
        assert len(seen) == 10, "challenges repeat"
        lab.end_test(False)


def test_C05_challenge_is_repeated(lab):
    """RFC 1994 section 4.1: a new one, until the time is up."""
    d = lab.daemon("retry-timeout 1", "auth-timeout 5")
    p = lab.peer().s3()
    seen = []
    while len(seen) < 3:
        r = p.expect(wire.CHAP, wire.CHALLENGE, timeout=3)
        seen.append((r.ident, r.body[1:1 + r.body[0]]))
    assert len({i for i, _ in seen}) == 3, "same identifier"
    assert len({c for _, c in seen}) == 3, "same value"
    # The latest one is answered.
    p.handle(r)
    p.s5()
    d.unchanged()


def test_timeout(lab):
    d = lab.daemon("auth-timeout 2", "retry-timeout 1")
    p = lab.peer().s3()
    began = time.monotonic()
    p.expect_control(wire.CDN, 8)
    assert 0.5 < time.monotonic() - began < 6
    d.wait_ended("auth-timeout")


def test_M05_domain_prefix(lab):
    """RFC 2759 section 4: DOMAIN\\ is not hashed, and not looked up."""
    d = lab.daemon()
    for user in ("DOM\\test", "some.domain.example\\test"):
        p = lab.peer(user=user).s5()
        p.ping(p.gateway)
    assert d.counter("auth_ok") == 2
    assert verdict(lab.peer(user="DOM\\test", password="wrong"))
    assert verdict(lab.peer(user="test\\DOM"))


def test_names_are_exact(lab):
    lab.daemon()
    for user in ("Test", "TEST", "tes", "testt", "test ", "", "test\0",
                 "test\0x", "x" * 255, "test@dom"):
        p = lab.peer(user=user, timeout=1)
        try:
            verdict(p)
        except peer.Timeout:
            continue            # a malformed Response gets no answer
        assert p.success is None, "taken for test: %r" % user


def test_strange_names_in_the_log(lab):
    d = lab.daemon()
    for user in ('bob" result=ok user="alice', "a\r\nb", "\x1b[2J",
                 "\u202eevil", "%s%n"):
        try:
            verdict(lab.peer(user=user))
        except peer.Timeout:
            pass
    lab_log = d.log()
    assert "\x1b" not in lab_log and "\r" not in lab_log
    assert not re.search(r"^b\b", lab_log, re.M), "a forged line"
    p = lab.peer()
    p.user = "x"
    p.s3()
    p.run(lambda: p.failure is not None or p.success is not None)
    q = lab.peer().s3()
    r = q.expect(wire.CHAP, wire.CHALLENGE)
    q.challenge = r.ident, r.body[1:17]
    q.respond(name=b"\xff" * 200)
    q.run(lambda: q.failure is not None, what="failure")


def test_C06_repeated_response(lab):
    """RFC 1994 section 4.1: the same answer again, also later."""
    lab.daemon()
    p = lab.peer().s4()
    value = p.response()
    for _ in range(3):
        p.respond(value=value)
        r = p.expect(wire.CHAP)
        assert (r.code, r.ident, r.body.decode()) == (
            wire.SUCCESS, p.challenge[0], p.success), r
    p.s5().ping(p.gateway)
    p.respond(value=value)
    r = p.expect(wire.CHAP)
    assert (r.code, r.body.decode()) == (wire.SUCCESS, p.success)
    p.ping(p.gateway)


def test_repeated_response_before_the_verdict(lab):
    lab.daemon()
    p = lab.peer().s3()
    r = p.expect(wire.CHAP, wire.CHALLENGE)
    p.challenge = r.ident, r.body[1:1 + r.body[0]]
    value = p.response()
    for _ in range(10):
        p.respond(value=value)
    p.run(lambda: p.success is not None)
    got = {(q.code, q.body) for q in p.log + p.fence()
           if q.proto == wire.CHAP and q.code != wire.CHALLENGE}
    assert len(got) == 1, got
    p.s5().ping(p.gateway)


def test_other_response_after_success(lab):
    """A wrong one cannot end what a right one began, nor be an oracle."""
    lab.daemon()
    p = lab.peer().s5()
    p.respond(value=os.urandom(16) + bytes(8) + os.urandom(24) + b"\0")
    for q in p.fence():
        assert not q.is_(wire.CHAP, wire.FAILURE), q
    p.ping(p.gateway)


def test_wrong_identifier(lab):
    lab.daemon("retry-timeout 10")
    p = lab.peer().s3()
    r = p.expect(wire.CHAP, wire.CHALLENGE)
    p.challenge = r.ident, r.body[1:1 + r.body[0]]
    value = p.response()
    for n in (1, 2, 128, 255):
        p.respond(ident=r.ident + n & 255, value=value)
    assert p.fence() == []
    p.respond(value=value)
    p.run(lambda: p.success is not None)
    p.s5()


def test_wrong_sizes(lab):
    """A Value of another size is a failure, or not answered at all."""
    d = lab.daemon("retry-timeout 10")
    for size in (0, 1, 16, 24, 48, 50, 255):
        p = lab.peer().s3()
        r = p.expect(wire.CHAP, wire.CHALLENGE)
        p.challenge = r.ident, r.body[1:1 + r.body[0]]
        value = p.response().ljust(size, b"\0")[:size]
        p.respond(value=value)
        for q in p.silence(0.1):
            assert not q.is_(wire.CHAP, wire.SUCCESS), size
        # The size says more than there is.
        p.send_cp(wire.CHAP, wire.RESPONSE, b"\xff" + value, r.ident)
        p.send_cp(wire.CHAP, wire.RESPONSE, b"", r.ident)
        for q in p.silence(0.1):
            assert not q.is_(wire.CHAP, wire.SUCCESS), size
        p.close()
    d.unchanged()


def test_truncated_response(lab):
    """Cut at each octet, never accepted."""
    d = lab.daemon("retry-timeout 10")
    p = lab.peer().s3()
    r = p.expect(wire.CHAP, wire.CHALLENGE)
    p.challenge = r.ident, r.body[1:1 + r.body[0]]
    body = bytes([49]) + p.response()
    packet = wire.cp(wire.RESPONSE, r.ident, body + p.user.encode())
    for n in range(4 + len(body)):
        p.send_ppp(wire.CHAP, packet[:n])
    assert p.fence() == []
    d.unchanged()


def test_M07_messages_of_a_client(lab):
    """A Challenge, a Success or a method not agreed on: dropped."""
    d = lab.daemon()
    p = lab.peer().s3()
    r = p.expect(wire.CHAP, wire.CHALLENGE)
    for code in (0, 1, 3, 4, 5, 6, 7, 8, 255):
        p.send_cp(wire.CHAP, code, b"\x10" + bytes(16) + b"x", r.ident)
    p.pap(b"test", netns.PASSWORD.encode())
    p.send_cp(0xc227, 2, b"\1test", r.ident)
    for q in p.fence():
        assert q.proto not in (wire.CHAP, wire.PAP), q
    assert d.counter("auth_ok") == 0
    p.handle(r)
    p.s5()


def test_reflected_challenge(lab):
    """Our own challenge sent back as the client's proves nothing."""
    lab.daemon()
    p = lab.peer(password="wrong").s3()
    r = p.expect(wire.CHAP, wire.CHALLENGE)
    p.peer_challenge = r.body[1:17]
    p.handle(r)
    p.run(lambda: p.failure or p.success, what="verdict")
    assert p.success is None


def test_version_1_response_to_version_2(lab):
    d = lab.daemon()
    p = lab.peer().s3()
    r = p.expect(wire.CHAP, wire.CHALLENGE)
    challenge = r.body[1:17]
    p.respond(r.ident, bytes(24) + crypto.mschap1_response(
        challenge[:8], p.password) + b"\1")
    p.run(lambda: p.failure or p.success, what="verdict")
    assert p.success is None
    d.unchanged()


def test_lan_manager_response_is_not_taken(lab):
    """RFC 2433: the LM half alone (flag 0) proves too little."""
    lab.daemon("authentication { mschap }", "encryption allow")
    p = lab.peer(auth=["mschap"]).s3()
    r = p.expect(wire.CHAP, wire.CHALLENGE)
    challenge = r.body[1:9]
    lm = crypto.challenge_response(challenge, crypto.lm_hash(p.password))
    p.respond(r.ident, lm + bytes(24) + b"\0")
    p.run(lambda: p.failure or p.success, what="verdict")
    assert p.success is None


def test_pap_near_misses(lab):
    """Only the exact pair (CVE-2026-55706: the attacker's length)."""
    d = lab.daemon("authentication { pap }", "encryption never")
    name, word = netns.USER.encode(), netns.PASSWORD.encode()
    pairs = [(name, b""), (b"", b""), (b"", word), (name, word[:1]),
             (name, word[:-1]), (name, word + b"\0"), (name, word + b"x"),
             (name[:-1], word), (name + b"\0", word), (name, b"\0" + word),
             (name, word.upper()), (name, b"\xff" * 255),
             (b"x" * 255, word)]
    for pair in pairs:
        p = lab.peer(auth=["pap"], mppe=[]).s3()
        p.pap(*pair)
        got = p.silence(0.05)
        assert not [q for q in got if q.is_(wire.PAP, wire.PAP_ACK)], pair
        p.close()
    assert d.counter("auth_ok") == 0
    # Lengths that lie about the packet.
    for body in (b"", b"\0", b"\4test", b"\xfftest", b"\4test\xff" + word,
                 b"\4test" + bytes([len(word) + 1]) + word):
        p = lab.peer(auth=["pap"], mppe=[]).s3()
        p.send_cp(wire.PAP, wire.PAP_REQ, body)
        got = p.silence(0.05)
        assert not [q for q in got if q.is_(wire.PAP, wire.PAP_ACK)], body
        p.close()
    p = lab.peer(auth=["pap"], mppe=[]).s3()
    p.pap(name, word, 17)
    r = p.expect(wire.PAP, wire.PAP_ACK)
    assert r.ident == 17
    # Again: the same answer (RFC 1334 section 2.2.1).
    p.pap(name, word, 18)
    r = p.expect(wire.PAP, wire.PAP_ACK)
    assert r.ident == 18
    d.unchanged()


def test_passwords_of_any_kind(lab):
    users = {"u%d" % n: "x" * n for n in (1, 14, 15, 31, 32, 33, 127, 128)}
    users["utf8"] = "p\u00e4ss\u20acword\U0001f600"
    users["blanks"] = "with blank and #hash"
    d = lab.daemon(*['user "%s" password "%s"' % i for i in users.items()])
    for user, password in users.items():
        p = lab.peer(user=user, password=password).s5()
        p.ping(p.gateway)
        p.close()
        assert verdict(lab.peer(user=user, password=password + "x"))
    d.secrets = {s for s in d.secrets if len(s) > 20}


def test_many_failures_and_one_success(lab):
    d = lab.daemon()
    for n in range(20):
        p = lab.peer(password="wrong")
        assert verdict(p)
        turned_away(d, p, n + 1)
    lab.peer().s5()
    netns.until(lambda: len(d.sessions()) == 1, 5, "only the good one")


def test_link_anew_while_a_challenge_is_made(lab):
    """A client's Configure-Request comes twice, the second when LCP is open
    already: of two Challenges asked for the one that counts is sent."""
    lab.daemon()
    for _ in range(5):
        p = lab.peer().s2()
        r = p.expect(wire.LCP, wire.CONF_REQ)
        p.handle(r)
        for _ in range(2):
            p.request(wire.LCP, ident=7)
        # Our Ack of what it asks for once more, with its next identifier.
        p.send_cp(wire.LCP, wire.CONF_ACK, r.body, r.ident + 1 & 255)
        p.expect(wire.LCP, wire.CONF_REQ, r.ident + 1 & 255)
        p.opened[wire.LCP] = [True, True]
        p.s4()
