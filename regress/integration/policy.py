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

"""Who may log in, from where, how often, for how long; penalties."""

import re
import time

import netns
import peer
import wire
from auth import ALL, METHODS, verdict

SOON = {"min": 3, "max": 4, "authfail": 2, "noauth": 0, "protocol": 0}


def user(name, *settings):
    return 'user "%s" { password "%s-pass"\n%s }' % (name, name,
                                                    "\n".join(settings))


def login(lab, name, **how):
    return lab.peer(user=name, password=name + "-pass", **how)


def code(text):
    """The number that a client shows, from a failure's text."""
    m = re.fullmatch(r"E=(\d+) R=0 C=[0-9A-F]{32} V=3", text or "")
    assert m, "verdict is %r" % text
    return int(m.group(1))


def plain(text):
    """A failure without what differs every time."""
    return re.sub("C=[0-9A-F]+", "C=", text)


def denied(p):
    """The number that it shows; the call is over then."""
    number = code(verdict(p))
    gone(p)
    p.close()
    return number


def gone(p, timeout=5):
    """Its end as the client sees it; the call's result."""
    p.run(lambda: p.terminated, timeout, "Terminate-Request")
    return p.expect_control(wire.CDN).result


def penalty(**seconds):
    return "penalty { %s }" % " ".join(
        "%s %d" % i for i in {**SOON, **seconds}.items())


def fail(lab, count=2, **how):
    how.setdefault("password", "wrong")
    for _ in range(count):
        assert denied(lab.peer(**how)) == 691


def refused(lab, **how):
    """The connection is closed at once."""
    p = lab.peer(**how)
    try:
        p.s0()
        assert p.expect_close() == []
    except ConnectionError:
        pass
    except peer.Closed:
        pass


# ------------------------------------------------------------------ settings

def test_disabled(lab):
    d = lab.daemon(user("off", "disabled"))
    assert denied(login(lab, "off")) == 647
    d.wait_ended("disabled")
    lab.peer().s5()


def test_expires(lab):
    d = lab.daemon(user("old", "expires 2001-01-01"),
                   user("new", "expires 2199-01-01"))
    assert denied(login(lab, "old")) == 647
    d.wait_ended("expired")
    login(lab, "new").s5()


def test_from(lab):
    d = lab.daemon(user("home", "from 10.9.0.3"),
                   user("net", "from 192.0.2.0/24", "from 10.9.0.0/30"),
                   user("any", "from 0.0.0.0/0"))
    assert denied(login(lab, "home")) == 649
    d.wait_ended("from")
    login(lab, "home", source=netns.CLIENT2).s5()
    assert denied(login(lab, "net", source=netns.CLIENT3)) == 649
    login(lab, "net").s5()
    login(lab, "any").s5()
    assert d.ended("from") == 2


def test_reasons_are_for_who_knows_the_password(lab):
    """Without it all look alike, and all the same as a name that is none."""
    d = lab.daemon(ALL, "encryption allow", user("off", "disabled"),
                   user("old", "expires 2001-01-01"),
                   user("far", "from 192.0.2.1"))
    for method in METHODS:
        texts = set()
        for name in ("test", "nobody", "off", "old", "far"):
            p = lab.peer(user=name, password="wrong", mppe=[], auth=[method])
            texts.add(plain(verdict(p)))
            gone(p)
        assert len(texts) == 1, texts
    assert d.ended("auth-failed") == 5 * len(METHODS)


def test_dns_of_the_user(lab):
    lab.daemon(user("one", "dns 192.0.2.53"),
               user("two", "dns 192.0.2.53 192.0.2.54"))

    def servers(p):
        p.s5()
        o = dict(p.asked[wire.IPCP])
        return [wire.text(o[k]) for k in (wire.IPCP_DNS1, wire.IPCP_DNS2)
                if k in o]

    assert servers(login(lab, "one")) == ["192.0.2.53"]
    assert servers(login(lab, "two")) == ["192.0.2.53", "192.0.2.54"]
    assert servers(lab.peer()) == ["10.99.0.1", "10.99.0.2"]


def test_same_address_again(lab):
    """The address that the user had before, unless another has it."""
    lab.daemon(user("a"), user("b"))
    p, q = login(lab, "a").s5(), login(lab, "b").s5()
    was = q.address
    assert p.address != was
    p.hang_up()
    q.hang_up()
    assert login(lab, "b").s5().address == was
    assert login(lab, "b").s5().address != was


# -------------------------------------------------------------------- limits

def test_sessions_of_a_user(lab):
    d = lab.daemon("user-sessions 1", user("two", "max-sessions 2"))
    lab.peer().s5()
    assert denied(lab.peer()) == 649
    p = login(lab, "two").s5()
    login(lab, "two").s5()
    assert denied(login(lab, "two")) == 649
    d.wait_ended("user-busy", 2)
    p.hang_up()
    login(lab, "two").s5()


def test_sessions_of_an_address(lab):
    d = lab.daemon("source-sessions 2")
    p = lab.peer().s5()
    q = lab.peer().s5()
    r = lab.peer().s1()
    assert r.call().result == 4, r.ocrp
    assert d.stats()["control"]["calls_limited"] == 1
    lab.peer(source=netns.CLIENT2).s5()
    p.hang_up()
    assert r.call().result == 1, r.ocrp
    del q


def test_fixed_address_of_one_session(lab):
    d = lab.daemon(user("fix", "address 10.99.0.200"))
    p = login(lab, "fix").s5()
    assert denied(login(lab, "fix")) == 649
    d.wait_ended("user-busy")
    p.ping(p.gateway)


# ----------------------------------------------------------- duplicate logins

def test_duplicate_allow(lab):
    lab.daemon("duplicate-login allow")
    p, q = lab.peer().s5(), lab.peer().s5()
    p.ping(p.gateway)
    q.ping(q.gateway)


def test_duplicate_deny(lab):
    d = lab.daemon("duplicate-login deny", user("two", "max-sessions 2"))
    p = lab.peer().s5()
    assert denied(lab.peer()) == 649
    p.ping(p.gateway)
    p.hang_up()
    lab.peer().s5()
    login(lab, "two").s5()
    login(lab, "two").s5()
    assert denied(login(lab, "two")) == 649
    d.wait_ended("user-busy", 2)


def test_duplicate_replace(lab):
    d = lab.daemon("duplicate-login replace",
                   user("fix", "address 10.99.0.200"))
    for p, q in ((lab.peer(), lab.peer(source=netns.CLIENT2)),
                 (login(lab, "fix"), login(lab, "fix"))):
        p.s5()
        q.s5()
        assert gone(p) == 3, "not for administrative reasons"
        q.ping(q.gateway)
        assert q.address == p.address, "not the same again"
    d.wait_ended("replaced", 2)
    assert len(d.sessions()) == 2


def test_duplicate_replace_the_oldest(lab):
    d = lab.daemon("duplicate-login replace", "user-sessions 2")
    p, q, r = (lab.peer().s5() for _ in range(3))
    gone(p)
    q.ping(q.gateway)
    r.ping(r.gateway)
    assert d.ended("replaced") == 1


def test_duplicate_replace_needs_the_password(lab):
    lab.daemon("duplicate-login replace")
    p = lab.peer().s5()
    assert denied(lab.peer(password="wrong")) == 691
    p.ping(p.gateway)


def test_duplicate_probe_of_a_dead_one(lab):
    d = lab.daemon("duplicate-login probe")
    p = lab.peer().s5()
    began = time.monotonic()
    q = lab.peer().s5()
    took = time.monotonic() - began
    assert 1.5 < took < 4, "%.1f s" % took
    p.expect(wire.LCP, wire.ECHO_REQ)
    assert gone(p) == 3
    q.ping(q.gateway)
    d.wait_ended("replaced")


def test_duplicate_probe_of_a_living_one(lab):
    """It answers, so the new one is turned away; every time anew."""
    d = lab.daemon("duplicate-login probe", "auth-timeout 20")
    p = lab.peer().s5()
    for _ in range(2):
        q = lab.peer().s3()
        c = q.expect(wire.CHAP, wire.CHALLENGE)
        q.handle(c)
        p.handle(p.expect(wire.LCP, wire.ECHO_REQ))
        q.run(lambda: q.failure is not None, 1, "verdict before the timeout")
        assert code(q.failure) == 649
        gone(q)
        p.ping(p.gateway)
    d.wait_ended("user-busy", 2)
    # It dies after all.
    lab.peer().s5()
    d.wait_ended("replaced")


def test_duplicate_probe_of_several(lab):
    """One is alive, one is dead: there is room for the new one."""
    d = lab.daemon("duplicate-login probe", "user-sessions 2")
    p, q = lab.peer().s5(), lab.peer().s5()
    r = lab.peer().s3()
    r.handle(r.expect(wire.CHAP, wire.CHALLENGE))
    q.handle(q.expect(wire.LCP, wire.ECHO_REQ))
    r.s5()
    gone(p)
    q.ping(q.gateway)
    assert d.ended("replaced") == 1


def test_duplicate_probe_given_up(lab):
    """Who waits may hang up, the old session goes its way."""
    d = lab.daemon("duplicate-login probe")
    p = lab.peer().s5()
    q = lab.peer().s3()
    q.handle(q.expect(wire.CHAP, wire.CHALLENGE))
    r = p.expect(wire.LCP, wire.ECHO_REQ)
    q.close()
    netns.until(lambda: len(d.sessions()) == 1, 5, "the new one is gone")
    p.handle(r)
    p.ping(p.gateway)
    assert d.ended("replaced") == 0


def test_many_at_once(lab):
    """One of them all is left, and its address is free for no other."""
    d = lab.daemon("duplicate-login replace",
                   user("fix", "address 10.99.0.200"))
    peers = [login(lab, "fix").s3() for _ in range(10)]
    for p in peers:
        p.handle(p.expect(wire.CHAP, wire.CHALLENGE))
    d.wait_ended("replaced", 9)
    assert len(d.sessions()) == 1
    peers[-1].s5()


# ----------------------------------------------------------------- time-outs

def test_idle_timeout(lab):
    d = lab.daemon("idle-timeout 2", user("never", "idle-timeout 0"),
                   user("soon", "idle-timeout 1"))
    a, b, c = lab.peer().s5(), login(lab, "never").s5(), \
        login(lab, "soon").s5()
    began = time.monotonic()
    assert [d.session(p.peer_call_id)["idle_timeout"] for p in (a, b, c)] == [
        2, None, 1]
    assert gone(c) == 3
    assert time.monotonic() - began < 2
    a.ping(a.gateway)
    assert gone(a) == 3
    assert 2.5 < time.monotonic() - began < 5
    b.ping(b.gateway)
    d.wait_ended("idle", 2)


def test_session_timeout(lab):
    d = lab.daemon("session-timeout 2", user("longer", "session-timeout 60"))
    q = login(lab, "longer").s5()
    p = lab.peer().s5()
    assert [d.session(x.peer_call_id)["session_timeout"]
            for x in (p, q)] == [2, 60]
    began = time.monotonic()
    while not p.terminated and time.monotonic() - began < 4:
        try:
            p.ping(p.gateway, timeout=0.2)
        except peer.Timeout:
            pass
    assert 1 < time.monotonic() - began < 3
    q.settle()          # its socket got what p did, too
    d.wait_ended("session-time")


# ----------------------------------------------------------------- penalties

def test_penalty_of_an_address(lab):
    """It is kept out, others are not, and then it is let in again."""
    d = lab.daemon(penalty(), user("other"))
    p = lab.peer(source=netns.CLIENT).s5()
    fail(lab, 2, user="nobody", source=netns.CLIENT)
    refused(lab, source=netns.CLIENT)
    s = d.stats()["control"]
    assert s["penalties"] == 1 and s["connections_penalised"] == 1, s
    lab.peer(source=netns.CLIENT2).s5()
    p.ping(p.gateway)
    got = d.ctl("show", "penalties")["penalties"]
    assert len(got) == 1 and got[0]["address"] == netns.CLIENT and \
        got[0]["active"] and got[0]["user"] is None and \
        got[0]["reason"] == "authfail" and 1 <= got[0]["left"] <= 4, got
    netns.until(lambda: d.ctl("show", "penalties")["penalties"] == [], 6,
                "the penalty ends")
    lab.peer(source=netns.CLIENT).s5()
    assert d.log().count("penalty peer=10.9.0.2 ") == 1


def test_penalty_of_a_user(lab):
    """From anywhere, the right password too; the answer does not tell."""
    d = lab.daemon(penalty(max=60, authfail=30, min=50), user("other"))
    fail(lab, 1, source=netns.CLIENT)
    fail(lab, 1, source=netns.CLIENT2)
    assert denied(lab.peer(source=netns.CLIENT3)) == 691
    d.wait_ended("penalty")
    login(lab, "other", source=netns.CLIENT3).s5()
    got = {i["user"] or i["address"]: i
           for i in d.ctl("show", "penalties")["penalties"]}
    assert set(got) == {netns.USER, netns.CLIENT, netns.CLIENT2}, got
    assert got[netns.USER]["active"] and not got[netns.CLIENT]["active"]
    assert d.ctl("clear", "penalties", netns.USER) == {"cleared": 1}
    lab.peer(source=netns.CLIENT3).s5()


def test_penalty_of_a_user_adds_up_by_the_user(lab):
    """Whatever domain is put in front of the name."""
    d = lab.daemon(penalty(max=60, authfail=30, min=50))
    fail(lab, 1, user="test", source=netns.CLIENT)
    fail(lab, 1, user="DOMAIN\\test", source=netns.CLIENT2)
    assert denied(lab.peer(source=netns.CLIENT3)) == 691
    d.wait_ended("penalty")


def test_penalty_on_an_open_connection(lab):
    """Calls over a connection that was there before are refused, too."""
    d = lab.daemon(penalty(max=60, authfail=30, min=50))
    p = lab.peer().s1()
    fail(lab, 2, user="nobody")
    assert p.call().result == 7, p.ocrp
    assert d.stats()["control"]["calls_penalised"] == 1


def test_penalty_without_authentication(lab):
    lab.daemon(penalty(max=60, noauth=10, min=25))
    for _ in range(3):
        p = lab.peer().s2()
        p.control(wire.CCRQ, call_id=p.call_id)
        p.expect_control(wire.CDN)
        p.close()
    refused(lab)


def test_penalty_for_abuse(lab):
    d = lab.daemon(penalty(max=60, protocol=10, min=15))
    for _ in range(2):
        p = lab.peer().s0()
        p.send(b"GET / HTTP/1.0\r\n\r\n" + bytes(200))
        p.expect_close()
        p.close()
    refused(lab)
    got = d.ctl("show", "penalties")["penalties"]
    assert [p["reason"] for p in got] == ["protocol"], got


def test_good_clients_have_none(lab):
    d = lab.daemon(penalty(max=60, noauth=10, protocol=10, authfail=10))
    for _ in range(3):
        lab.peer().s5().hang_up()
    p = lab.peer().s5()
    p.close()
    netns.until(lambda: d.sessions() == [], 5, "the session ends")
    assert d.ctl("show", "penalties")["penalties"] == []


def test_no_penalties(lab):
    d = lab.daemon("penalty no")
    fail(lab, 10)
    lab.peer().s5()
    assert d.ctl("show", "penalties")["penalties"] == []


def test_clear_penalties(lab):
    d = lab.daemon(penalty(max=60, authfail=30, min=50))
    fail(lab, 2)
    refused(lab)
    assert d.ctl("clear", "penalties") == {"cleared": 2}
    lab.peer().s5()
    fail(lab, 2)
    assert d.ctl("clear", "penalties", netns.CLIENT) == {"cleared": 1}
    assert denied(lab.peer()) == 691
    assert d.ctl("clear", "penalties", "test") == {"cleared": 1}
    lab.peer().s5()
    assert d.ctl("clear", "penalties") == {"cleared": 0}
    assert "no such penalty" in d.ctl("clear", "penalties", "test", ok=False)


def test_many_penalties_are_listed(lab):
    """More than one piece of the listing, of users as of addresses."""
    names = ["u%03d" % n for n in range(70)]
    d = lab.daemon(penalty(max=3600, authfail=30, min=3600),
                   *[user(n) for n in names])
    for n in names:
        fail(lab, 1, user=n)
    got = d.ctl("show", "penalties")["penalties"]
    assert [p["user"] for p in got] == [None] + names, got


def test_penalties_survive_a_reload(lab):
    d = lab.daemon(penalty(max=60, authfail=30, min=50))
    fail(lab, 2)
    d.ctl("reload")
    refused(lab)
