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

"""Hostile PAP, CHAP and MS-CHAP.  The names are those of ../catalogue.ids."""

import os
import re
import struct
import time

import crypto
import generate
import hostile
import netns
import peer
import wire

ALL = ("authentication { mschapv2 mschap chap-md5 pap }", "encryption allow")
METHODS = ("mschapv2", "mschap", "chap-md5", "pap")
NAME, WORD = netns.USER.encode(), netns.PASSWORD.encode()


def challenged(lab, method="mschapv2", **how):
    """A client in S3 that has its challenge."""
    p = lab.peer(auth=[method], mppe=[(128, False)] if method[:2] == "ms"
                 else [], **how).s3()
    if method != "pap":
        r = p.expect(wire.CHAP, wire.CHALLENGE)
        p.challenge = r.ident, r.body[1:1 + r.body[0]]
    return p


def verdict(p):
    """Was it let in?  No answer at all is no."""
    try:
        p.run(lambda: p.success is not None or p.failure is not None, 0.3)
    except peer.Timeout:
        pass
    return p.success is not None


def forget(lab, *peers):
    for p in peers:
        p.close()
    lab.peers[:] = [p for p in lab.peers if p.tcp is not None]


def refused(lab, make):
    """make(p) says something wrong in S3: nobody is let in by it."""
    p = make()
    assert not verdict(p)
    forget(lab, p)


def pap(lab, name, word, **how):
    p = challenged(lab, "pap")
    p.pap(name, word, **how)
    return p


def packets(lab, method, bodies, proto, code):
    """Malformed packets, as many in one session as it takes: no answer."""
    bodies = list(bodies)
    for off in range(0, len(bodies), 150):
        p = challenged(lab, method)
        ident = 1 if method == "pap" else p.challenge[0]
        for body, length in bodies[off:off + 150]:
            p.send_cp(proto, code, body, ident, cp_length=length)
        for q in p.fence():
            assert q.proto not in (wire.PAP, wire.CHAP), q
        # The right answer is still taken.
        if method == "pap":
            p.pap()
        else:
            p.respond()
        assert verdict(p), method
        forget(lab, p)
    return len(bodies)


def test_V080_pap_near_misses(lab):
    """CVE-2026-55706: empty, prefixes, NUL, lengths that lie."""
    d = hostile.daemon(lab, "authentication { pap }", "encryption never")
    pairs = [(b"", b""), (NAME, b""), (b"", WORD)] + \
        [(NAME, WORD[:n]) for n in range(len(WORD))] + \
        [(NAME[:n], WORD) for n in range(len(NAME))] + \
        [(NAME, WORD + b"x"), (NAME, WORD + b"\0"), (NAME + b"\0", WORD),
         (NAME, WORD[:3] + b"\0" + WORD[4:])]
    ok = d.counter("auth_ok")
    for pair in pairs:
        refused(lab, lambda pair=pair: pap(lab, *pair))
    lies = []
    for nlen in (0, 3, 5, 16, 200, 255):
        body = bytes([nlen]) + NAME + bytes([len(WORD)]) + WORD
        if 5 + nlen > len(body) + 3:
            lies.append((body, None))
    for wlen in (len(WORD) + 1, 200, 255):
        lies.append((bytes([4]) + NAME + bytes([wlen]) + WORD, None))
    packets(lab, "pap", lies, wire.PAP, wire.PAP_REQ)
    # That one told the truth.
    assert d.counter("auth_ok") == ok + 1
    d.unchanged()


def test_V081_pap_without_a_body(lab):
    d = hostile.daemon(lab, "authentication { pap }", "encryption never")
    packets(lab, "pap", [(b"\4test\x0b"[:n], None) for n in range(7)] +
            [(b"\4test\x0bs3cret-Pa55", n) for n in range(4, 20)],
            wire.PAP, wire.PAP_REQ)
    p = challenged(lab, "pap")
    for n in range(4):
        p.send_ppp(wire.PAP, b"\1\1\0\4"[:n])
    assert p.fence() == []
    p.pap()
    assert verdict(p)
    d.unchanged()


def test_V082_chap_lengths(lab):
    """Length of 0 to 4, more than came; what is behind it is padding."""
    d = hostile.daemon(lab, *ALL)
    for method in METHODS[:3]:
        p = challenged(lab, method)
        value = p.response()
        body = bytes([len(value)]) + value + NAME
        actual = 4 + len(body)
        for length in [0, 1, 2, 3, 4, 5, actual + 1, actual + 2, 0x7fff,
                       0xffff]:
            p.send_cp(wire.CHAP, wire.RESPONSE, body, p.challenge[0],
                      cp_length=length)
        assert p.fence() == [], method
        p.send_cp(wire.CHAP, wire.RESPONSE, body + b"padding",
                  p.challenge[0], cp_length=actual)
        assert verdict(p), method
        forget(lab, p)
    d.unchanged()


def test_V083_value_sizes(lab):
    """Value-Size of everything, with names of every length."""
    d = hostile.daemon(lab, *ALL)
    for method in METHODS[:3]:
        right = 16 if method == "chap-md5" else 49
        bodies = []
        for size in (0, 1, 8, 15, 16, 17, 24, 48, 49, 50, 64, 65, 255):
            for name in (b"", b"x", NAME, b"x" * 255, b"x" * 256,
                         b"x" * 1400):
                body = bytes([size]) + bytes(size) + name
                if size != right or len(name) > 255:
                    bodies.append((body[:1400], None))
                bodies.append((bytes([255 if size != 255 else 254]) +
                               bytes(size) + name[:100], None))
        packets(lab, method, bodies, wire.CHAP, wire.RESPONSE)
    d.unchanged()


def test_V084_cut_values(lab):
    """A Response cut at each octet, with its length and with the right
    one."""
    d = hostile.daemon(lab, *ALL)
    for method in METHODS[:3]:
        p = challenged(lab, method)
        value = p.response()
        body = bytes([len(value)]) + value
        for cut in generate.truncations(body):
            p.send_cp(wire.CHAP, wire.RESPONSE, cut, p.challenge[0])
            p.send_cp(wire.CHAP, wire.RESPONSE, cut, p.challenge[0],
                      cp_length=4 + len(body) + len(NAME))
        assert p.fence() == [], method
        p.respond(value=value)
        assert verdict(p)
        forget(lab, p)
    d.unchanged()


def test_V085_secrets_of_every_length(lab):
    """0 to 255 octets and all of Unicode work; more and what is no UTF-8 is
    refused when it is read, with the line."""
    words = {"n%d" % n: "x" * n for n in (0, 1, 14, 15, 16, 31, 32, 33, 64, 127,
                                          128, 254, 255)}
    words.update(two="p\u00e4ss", three="p\u20acss", four="p\U0001f600ss",
                 mixed="\u00e4\u20ac\U0001f600" * 10)
    d = hostile.daemon(lab, *['user "%s" password "%s"' % i
                              for i in words.items()])
    for user, word in words.items():
        p = challenged(lab, user=user, password=word)
        p.respond()
        assert verdict(p), user
        q = challenged(lab, user=user, password=word + "x")
        q.respond()
        assert not verdict(q), user
        forget(lab, p, q)
    d.secrets = {s for s in d.secrets if len(s) > 20}
    assert "is empty" in d.log(), "no warning"
    lab.end_test(False)
    for bad in (b"x" * 256, b"x" * 1000, b"\xff\xfe", b"p\xc3",
                b"\xed\xa0\x80", b"\xc0\xaf", b"\xf8\x88\x80\x80\x80"):
        conf = lab.path("conf")
        with open(os.open(conf, os.O_WRONLY | os.O_CREAT, 0o600),
                  "wb") as f:
            f.write(netns.config().encode() + b'user "bad" password "' + bad +
                    b'"\n')
        r = netns.subprocess.run([lab.pptpd, "-n", "-f", conf],
                                 capture_output=True, timeout=20)
        assert r.returncode != 0 and b".conf:" in r.stderr, (bad, r)


def test_V086_responses_again(lab):
    """Wrong, wrong, right; ten times the same before and after the verdict;
    a link that goes while the verdict is on its way; a new challenge while
    IPCP runs."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d) as w:
        for password in ("wrong", "wronger", netns.PASSWORD):
            p = challenged(lab, password=password)
            for _ in range(10):
                p.respond(value=p.response())
            assert verdict(p) == (password == netns.PASSWORD)
            got = {(q.code, q.ident, q.body) for q in p.log
                   if q.proto == wire.CHAP and q.code != wire.CHALLENGE}
            assert len(got) == 1, got
            if password == netns.PASSWORD:
                value = p.response()
                for _ in range(10):
                    p.respond(value=value)
                for q in p.fence():
                    assert q.proto != wire.CHAP or \
                        (q.code, q.ident, q.body) in got, q
                p.s5().ping(p.gateway)
            forget(lab, p)
        for n in range(60):
            p = challenged(lab, password="wrong" if n % 2 else
                           netns.PASSWORD)
            p.respond()
            if n % 3 == 0:
                p.send_cp(wire.LCP, wire.TERM_REQ)
            elif n % 3 == 1:
                p.control(wire.CCRQ, call_id=p.call_id)
            forget(lab, p)
        w.served()
        p = lab.peer().s4()
        p.request(wire.IPCP)
        p.opened[wire.LCP] = [False, False]
        p.success = None
        p.request(wire.LCP)
        p.run(lambda: p.is_open(wire.LCP) and p.success, what="LCP again")
        p.tx = p.rx = None
        p.opened[wire.CCP], p.opened[wire.IPCP] = [False] * 2, [False] * 2
        p.s5().ping(p.gateway)
        p.close()


EVIL = (b'bob" realm=admin logtype=Success username="alice', b"a\r\nb",
        b"\x1b[2J\x1b]0;x\7", "\u202eevil".encode(), b"\xff" * 255,
        b"%s%n%x%p" * 20, b"x" * 255, b"\\", b"a\\", b"'", b"\x7f\x80\x9b",
        b'" result=ok address=10.99.0.1 mppe=128 call=1')


def failures(d):
    """The log's lines of failed logins; each must be whole."""
    lines = [n for n in d.log().splitlines()
             if n.startswith("session: login") and "result=failed" in n]
    for line in lines:
        assert re.fullmatch(
            r'session: login user="(?:[^"\\]|\\.)*" peer=[\d.]+ '
            r'client="(?:[^"\\]|\\.)*" method=\S+ result=failed '
            r'cause=\S+ reason="[^"]*" call=\d+', line), line
    return lines


def log_in_as(lab, name, method="mschapv2", source=None):
    p = challenged(lab, method, source=source)
    if method == "pap":
        p.pap(name, b"wrong")
    else:
        p.respond(value=os.urandom(16) if method == "chap-md5" else
                  os.urandom(16) + bytes(8) + os.urandom(24) + b"\0",
                  name=name)
    assert not verdict(p)
    forget(lab, p)


def test_V087_names_that_forge_fields(lab):
    d = hostile.daemon(lab, *ALL)
    with hostile.watch(lab, d):
        # Each comes from an address of its own, for lines are limited.
        for n, name in enumerate(EVIL):
            log_in_as(lab, name, METHODS[n % 4],
                      (netns.CLIENT, netns.CLIENT2, netns.CLIENT3)[n % 3])
        netns.until(lambda: len(failures(d)) >= len(EVIL), 5,
                    "a line for each")
        for line in failures(d):
            assert line.count(" result=") - line.count('\\" result=') == 1 \
                or "result=ok" in line, line


def test_V088_names_of_every_length(lab):
    """Those that are too long for the log are cut, there only."""
    d = hostile.daemon(lab, *ALL)
    with hostile.watch(lab, d):
        for n in (0, 1, 63, 64, 65, 127, 128, 254, 255):
            for method in METHODS:
                log_in_as(lab, b"n" * n, method)
        p = challenged(lab)
        p.respond(name=b"n" * 256)
        p.respond(name=b"n" * 1000)
        assert p.fence() == []
        forget(lab, p)
        for line in failures(d):
            assert len(line) < 1024, len(line)


def test_V089_V093_challenges_are_used_once(lab):
    """None comes again, nor does what answered one: not on another link,
    not with the same identifier.  Fails if the auth engine gives out a
    challenge again."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        seen = set()
        p = challenged(lab)
        good = p.response()
        p.respond(value=good)
        assert verdict(p)
        used = p.challenge
        forget(lab, p)
        count = 0
        for _ in range(12):
            p = challenged(lab)
            for _ in range(40):
                seen.add(p.challenge[1])
                count += 1
                # Negotiation anew: a new challenge.
                p.opened[wire.LCP] = [False, False]
                p.request(wire.LCP)
                while True:
                    q = p.next_ppp()
                    if q.is_(wire.CHAP, wire.CHALLENGE):
                        p.challenge = q.ident, q.body[1:1 + q.body[0]]
                        break
                    p.handle(q)
            p.respond(ident=p.challenge[0], value=good)
            assert not verdict(p), "an answer is good twice"
            forget(lab, p)
        assert len(seen) == count == 480 and used[1] not in seen
        # Every octet takes many values: no octet is fixed or a counter.
        for n in range(16):
            assert len({c[n] for c in seen}) > 150, n


def test_V090_nothing_tells_a_user_from_nobody(lab):
    """The same packets and text for a wrong password, an unknown and a
    disabled user; digests are compared in constant time."""
    d = hostile.daemon(lab, *ALL, 'user "off" { password "offOne1!x"\n'
                       'disabled }')
    for method in METHODS:
        heard = []
        for user in ("test", "nobody", "off"):
            p = challenged(lab, method, user=user, password="wrong")
            if method == "pap":
                p.pap()
            else:
                p.respond()
            assert not verdict(p)
            p.expect(wire.LCP, wire.TERM_REQ)
            heard.append([(q.proto, q.code, re.sub(
                rb"C=[0-9A-F]+", b"C=", q.body)) for q in p.log
                if q.proto in (wire.CHAP, wire.PAP) and
                q.code != wire.CHALLENGE])
            forget(lab, p)
        assert heard[0] == heard[1] == heard[2], heard
    source = os.path.join(os.path.dirname(__file__), "..", "..", "pptpd",
                          "verify.c")
    with open(source) as f:
        text = f.read()
    assert text.count("timingsafe_bcmp") >= 4
    for line in re.findall(r".*\bmemcmp\(.*", text):
        # Of what the client sent itself, or has been sent.
        assert "want" not in line and "hash" not in line, line
    d.unchanged()


def test_V091_no_password_in_the_engines(lab):
    """What the network can reach: no password, no NT hash, in memory."""
    if lab.sanitized:
        raise netns.Skip("a sanitizer's memory is too large to search")
    d = hostile.daemon(lab, "authentication { mschapv2 pap }",
                       "encryption allow")
    for method in ("mschapv2", "pap"):
        p = challenged(lab, method)
        if method == "pap":
            p.pap()
        else:
            p.respond()
        assert verdict(p)
        p.s5() if method != "pap" else None
        # Enough other packets that what is on a stack is overwritten.
        p.fence()
    hostile.served(lab)
    secrets = [crypto.nt_hash(netns.PASSWORD), WORD,
               netns.PASSWORD.encode("utf-16-le")]
    for role in ("control", "session"):
        pid = d.role(role)
        with open("/proc/%d/maps" % pid) as f:
            maps = [line.split() for line in f]
        with open("/proc/%d/mem" % pid, "rb", 0) as mem:
            for area in maps:
                if "w" not in area[1]:
                    continue
                begin, end = (int(n, 16) for n in area[0].split("-"))
                try:
                    mem.seek(begin)
                    data = mem.read(end - begin)
                except (OSError, ValueError):
                    continue
                for n, secret in enumerate(secrets):
                    # Of PAP the packet itself was in a buffer for packets.
                    if role == "session" and n == 1:
                        continue
                    assert secret not in data, (role, n, area)


def test_V092_protocols_not_agreed_on(lab):
    """PAP for CHAP, CHAP for PAP, EAP, version 1 for version 2, the codes
    that change a password, and all others: dropped."""
    d = hostile.daemon(lab, *ALL)
    with hostile.watch(lab, d):
        for method in ("mschapv2", "chap-md5"):
            p = challenged(lab, method)
            for code in range(256):
                if code == wire.RESPONSE:
                    continue
                if code % 150 == 149:
                    assert p.fence() == []
                p.send_cp(wire.CHAP, code, b"\x31" + bytes(49) + NAME,
                          p.challenge[0])
            p.pap()
            p.send_cp(0xc227, 2, b"\1test", 1)
            assert p.fence() == []
            p.respond()
            assert verdict(p)
            forget(lab, p)
        p = challenged(lab)
        value = bytes(24) + crypto.mschap1_response(
            p.challenge[1][:8], netns.PASSWORD) + b"\1"
        p.respond(value=value)
        assert not verdict(p)
        forget(lab, p)
        p = challenged(lab, "pap")
        for code in (1, 2, 3, 4, 7):
            p.send_cp(wire.CHAP, code, b"\x10" + bytes(16) + NAME)
        for code in (0, 2, 3, 4, 255):
            p.send_cp(wire.PAP, code, b"\4test\x0bs3cret-Pa55")
        assert p.fence() == []
        p.pap()
        assert verdict(p)
        forget(lab, p)
        # A Response before any challenge, to each identifier.
        p = lab.peer().s2()
        for n in range(150):
            p.respond(ident=n, value=bytes(49))
        p.s5()
        p.close()


def test_V093_reflection(lab):
    """Its own challenge back as the client's, and no challenge, nor option
    to authenticate us, is ever answered."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d):
        for password in ("wrong", netns.PASSWORD):
            p = challenged(lab, password=password)
            p.peer_challenge = p.challenge[1]
            p.respond(value=p.response())
            assert not verdict(p), "our own challenge is taken"
            forget(lab, p)
        for state in ("s3", "s5"):
            p = getattr(lab.peer(), state)()
            if state == "s3":
                p.expect(wire.CHAP, wire.CHALLENGE)
            for n in range(20):
                p.send_cp(wire.CHAP, wire.CHALLENGE, b"\x10" + bytes(16) +
                          b"x", n)
            assert [q for q in p.fence() if q.proto == wire.CHAP] == []
            p.close()
        p = lab.peer().s2()
        for value in wire.AUTH_OPTION.values():
            ident = p.send_cp(wire.LCP, wire.CONF_REQ, [(3, value)])
            q = p.expect(wire.LCP, wire.CONF_REJ, ident)
            assert q.options == [(3, value)]
        p.close()


def test_V094_name_of_another_message(lab):
    """After somebody's name a message without one, and one that changes it
    in the middle: never the rules of the first."""
    d = hostile.daemon(lab, *ALL)
    with hostile.watch(lab, d):
        ok = d.counter("auth_ok")
        for method in METHODS:
            good = challenged(lab, method)
            other = challenged(lab, method)
            if method == "pap":
                good.pap()
                other.pap(b"", WORD)
            else:
                good.respond()
                other.respond(value=other.response(), name=b"")
            assert verdict(good) and not verdict(other), method
            forget(lab, good, other)
            p = challenged(lab, method)
            if method == "pap":
                p.pap(b"nobody", WORD)
                p.pap(NAME, WORD)
            else:
                value = p.response()
                p.respond(value=value, name=b"nobody")
                p.respond(value=value, name=NAME)
            assert not verdict(p), method
            forget(lab, p)
        assert d.counter("auth_ok") == ok + len(METHODS)


def test_T04_near_misses(lab):
    """5000 of them: names and passwords that are nearly right, each bit of
    each kind of response, lengths that lie; and the exact ones."""
    d = hostile.daemon(lab, *ALL)
    step = 8 if lab.sanitized else 1
    count = good = 0
    before = d.counter("auth_ok")
    pairs = [n for n in dict.fromkeys(generate.near_misses(NAME, WORD))
             if len(n[0]) < 256 and len(n[1]) < 256 and n != (NAME, WORD) and
             WORD not in n[0]]          # names are in the log
    for off in range(0, len(pairs), 32 * step):
        run = []
        for name, word in pairs[off:off + 32 * step:step]:
            run.append(challenged(lab, "pap"))
            run[-1].pap(name, word)
        for p in run:
            # A NUL is no credential: there is no answer, then.
            assert not [q for q in p.silence(0.005)
                        if q.is_(wire.PAP, wire.PAP_ACK)]
        count += len(run)
        forget(lab, *run)
    for method, octets in (("mschapv2", range(49)), ("chap-md5", range(16)),
                           ("mschap", range(24, 49))):
        bits = [(n, b) for n in octets for b in range(8)]
        # Of the octets that are hashed or compared all bits count alike.
        bits = bits[::step * (2 if len(bits) > 200 else 1)]
        for off in range(0, len(bits), 32):
            run = []
            for n, b in bits[off:off + 32]:
                p = challenged(lab, method)
                value = bytearray(p.response())
                value[n] ^= 1 << b
                p.respond(value=bytes(value))
                run.append(p)
            for p in run:
                assert not verdict(p), method
            count += len(run)
            forget(lab, *run)
    lies = []
    for nlen, wlen in generate.pairs(range(0, 256, 5), range(0, 256, 5)):
        body = bytes([nlen]) + NAME + bytes([wlen]) + WORD
        inner = body[1 + nlen] if 1 + nlen < len(body) else 999
        if 2 + nlen + inner > len(body):
            lies.append((body, None))
    for length in range(4, 21):
        lies += [(bytes([4]) + NAME + bytes([11]) + WORD, length)]
    count += packets(lab, "pap", lies[::step], wire.PAP, wire.PAP_REQ)
    good += -(-len(lies[::step]) // 150)
    for method in ("mschapv2", "chap-md5", "mschap"):
        lies = [(bytes([size]) + os.urandom(size) + b"n" * name, None)
                for size in range(256) for name in (0, 4)
                if size != (16 if method == "chap-md5" else 49)]
        count += packets(lab, method, lies[::step], wire.CHAP, wire.RESPONSE)
        good += -(-len(lies[::step]) // 150)
    assert count * step >= 4000, count
    assert d.counter("auth_ok") - before == good
    for method in METHODS:
        p = challenged(lab, method)
        p.pap() if method == "pap" else p.respond()
        assert verdict(p), method
    d.unchanged()


def test_T29_log(lab):
    """A flood of hostile names: each line is one whole record, and their
    number is bounded."""
    d = hostile.daemon(lab, *ALL)
    began = time.monotonic()
    with hostile.watch(lab, d):
        evil = list(EVIL) + [b"%n%s"]
        for n in range(240 if lab.sanitized else 600):
            p = lab.peer(call_id=n + 1)
            text = evil[n % len(evil)]
            p.s1(host=text[:64], vendor=text[:64])
            p.call(phone=text[:64])
            p.open_gre()
            if n % 4 == 0:
                p.auth = [METHODS[n // 4 % 4]]
                p.mppe = []
                p.s3()
                p.send_cp(wire.LCP, wire.IDENT, p._magic() + text)
                if p.method == "pap":
                    p.pap(text[:255], b"wrong")
                else:
                    p.expect(wire.CHAP, wire.CHALLENGE)
                    p.send_cp(wire.CHAP, wire.RESPONSE, b"\x31" +
                              bytes(49) + text, p.log[-1].ident)
            forget(lab, p)
        took = time.monotonic() - began
    lines = failures(d)
    assert 10 < len(lines) < 250 + 25 * took, len(lines)
    for line in d.log().splitlines():
        assert re.match(r"(parent|control|session|auth): ", line), line
