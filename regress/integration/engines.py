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

"""Several session engines."""

import os
import re
import signal
import subprocess
import time

import netns
import restart
import wire


def engine_of(p, engines=2):
    return p.peer_call_id % engines


def pids(d, engines):
    return [d.role("session engine %d" % (n + 1)) for n in range(engines)]


def spread(lab, count):
    """So many clients, by engine."""
    peers = [lab.peer().s5() for _ in range(count)]
    return [[p for p in peers if engine_of(p) == n] for n in range(2)]


def test_spread(lab):
    """Calls go where there are fewest; every client reaches everything."""
    for engines in (2, 3, 8):
        d = lab.daemon("engines %d" % engines)
        assert len(set(pids(d, engines))) == engines
        peers = [lab.peer().s5() for _ in range(2 * engines)]
        for n in range(engines):
            mine = [p for p in peers if engine_of(p, engines) == n]
            assert len(mine) == 2, (n, len(mine))
        devices = re.findall(r"^10\.99\.0\.\d+ dev (\S+)", lab.ip(
            "server", "route show"), re.M)
        assert len(devices) == len(peers)
        assert len(set(devices)) == engines, devices
        for p in peers:
            p.ping(p.gateway)
            p.ping(netns.LAN)
        shown = d.sessions()
        assert sorted(s["call_id"] for s in shown) == \
            sorted(p.peer_call_id for p in peers)
        for p in peers:
            assert d.session(p.peer_call_id)["address"] == p.address
        s = d.stats()["session"]
        assert s["sessions_up"] == s["sessions_total"] == len(peers), s
        # Neither bad nor anybody's.
        assert s["gre_no_call"] == s["gre_malformed"] == 0, s
        lab.end_test(False)


def test_client_to_client(lab):
    """Through the kernel, from one engine to the other and within one."""
    lab.daemon("engines 2")
    one, other = spread(lab, 4)
    for p, q in ((one[0], other[0]), (other[0], one[0]), (one[0], one[1])):
        packet = wire.ip4(p.address, q.address, 17, b"\0\7\0\7\0\14\0\0ping")
        p.send_ip(packet)
        q.next_ip(lambda ip, p=p: ip[12:16] == wire.addr(p.address))


def test_strangers(lab):
    """Packets for a call of nobody, with a wrong version, from elsewhere."""
    d = lab.daemon("engines 2")
    one, other = spread(lab, 2)
    one, other = one[0], other[0]
    free = [n for n in range(1, 65536) if n not in (
        one.peer_call_id, other.peer_call_id)][:2]
    for call_id in free:
        one.send_gre(b"\xff\x03\xc0\x21", seq=1, call_id=call_id)
    d.wait_counter("gre_no_call", 2)
    for call_id in free:
        # A lone acknowledgement that ends before the number.
        one.raw.send(wire.gre(call_id, ack=1)[:-2])
    d.wait_counter("gre_malformed", 2)
    one.spoof(netns.CLIENT3, wire.gre(other.peer_call_id, b"x", seq=1))
    d.wait_counter("gre_bad_source", 1)
    for p in (one, other):
        p.ping(p.gateway)
    assert d.counter("gre_no_call") == 2 and d.counter("gre_malformed") == 2


def test_death_of_one(lab):
    """Its clients are told, the others' do not lose a packet."""
    d = lab.daemon("engines 2", 'user "twin" password "twin-1"')
    one, other = spread(lab, 6)
    assert len(one) == len(other) == 3
    twin = lab.peer(user="twin", password="twin-1").s5()
    lost = [one, other][engine_of(twin)]
    rest = [one, other][1 - engine_of(twin)]
    before = {p: d.session(p.peer_call_id)["counters"]["gre_lost"]
              for p in rest}
    victims = pids(d, 2)
    watch = lab.popen("server", [lab.pptpctl, "-j", "-s", d.socket,
                                 "monitor"], stdout=subprocess.PIPE,
                      stderr=subprocess.DEVNULL, text=True)
    assert "start" in watch.stdout.readline()
    began = time.monotonic()
    os.kill(victims[engine_of(twin)], signal.SIGKILL)
    while time.monotonic() - began < 0.5:
        for p in rest:
            p.ping(p.gateway, timeout=0.3)
            p.ping(netns.LAN, timeout=0.3)
    for p in lost + [twin]:
        m = p.expect_control(wire.CDN, 1)
        assert (m.call_id, m.result) == (p.peer_call_id, 2), m
    # Those that are told, may call again at once, on the same connection.
    shown = d.sessions()
    assert sorted(s["call_id"] for s in shown) == sorted(
        p.peer_call_id for p in rest)
    assert len(d.routes()) == len(rest)
    events = [watch.stdout.readline() for _ in range(4)]
    assert all('"engine"' in e for e in events), events
    assert len(re.findall(r"control: logout user=\"\w+\" .*cause=engine",
                          d.log())) == 4, d.log()
    netns.until(lambda: "is back" in d.log(), 2, "the engine is back")
    d.ready()
    for p in lost + [twin]:
        p.close()
    again = [lab.peer().s5() for _ in range(5)]
    assert {engine_of(p) for p in again} == {0, 1}
    for p in again + rest:
        p.ping(p.gateway)
    assert d.ended("engine") == 4
    for p in rest:
        assert d.session(p.peer_call_id)["counters"]["gre_lost"] == before[p]


def test_death_of_one_after_the_other(lab):
    """One is served by those that are there."""
    d = lab.daemon("engines 2")
    for n in (1, 2):
        os.kill(d.role("session engine %d" % n), signal.SIGKILL)
        p, took = restart.served(lab, time.monotonic())
        assert took < restart.SERVICE, took
        p.ping(p.gateway)
    netns.until(lambda: d.log().count("is back") == 2, 3, "both are back")
    d.ready()
    # The second time it takes a second, nobody has to wait for it.
    victim = d.role("session engine 1")
    os.kill(victim, signal.SIGKILL)
    netns.until(lambda: netns.gone(victim), 2, "it is gone")
    netns.until(lambda: "engine 1 again in 1 s" in d.log(), 2, "it waits")
    peers = [lab.peer().s5() for _ in range(3)]
    assert {engine_of(p) for p in peers} == {1}
    assert len(d.sessions()) == len(d.calls())
    assert d.ctl("kill", "all")["killed"] == len(d.calls())
    netns.until(lambda: d.log().count("is back") == 3, 3, "back")
    d.ready()


def test_kill(lab):
    """By id, user, address and all, wherever they are."""
    d = lab.daemon("engines 3", 'user "twin" password "twin-1"',
                   "retry-timeout 1", "max-terminate 1")
    peers = [lab.peer().s5() for _ in range(6)]
    twins = [lab.peer(user="twin", password="twin-1").s5() for _ in range(3)]
    assert {engine_of(p, 3) for p in twins} == {0, 1, 2}
    assert d.ctl("kill", "call", peers[0].peer_call_id)["killed"] == 1
    assert d.ctl("kill", "user", "twin")["killed"] == 3
    assert d.ctl("kill", "address", peers[1].address)["killed"] == 1
    netns.until(lambda: len(d.sessions()) <= 4, 20, "they are gone")
    assert d.ctl("kill", "all")["killed"] == 4


def test_one_user_on_two(lab):
    """The policy for duplicate logins knows them all, and the one address
    goes from engine to engine."""
    d = lab.daemon("engines 2", "duplicate-login replace",
                   'user "one" password "one-1" address 10.99.0.50')
    engines = set()
    for _ in range(20):
        p = lab.peer(user="one", password="one-1").s5()
        engines.add(engine_of(p))
        p.ping(p.gateway)
    assert engines == {0, 1}
    netns.until(lambda: [s["call_id"] for s in d.sessions()] ==
                [p.peer_call_id], 2, "the last one has replaced all others")
    assert d.ended("route") == 0 and d.ended("replaced") == 19


def test_penalties(lab):
    d = lab.daemon("engines 2", "penalty { authfail 30, min 15 }")
    for _ in range(2):
        try:
            lab.peer(password="wrong").s4()
        except AssertionError:
            pass
    users = [p for p in d.ctl("show", "penalties")["penalties"]
             if p.get("user")]
    assert len(users) == 1, users
    assert d.ctl("clear", "penalties")["cleared"] >= 1
    assert d.ctl("show", "penalties")["penalties"] == []


def test_network_of_two_sessions(lab):
    """A network behind both goes where the last one is, and back."""
    d = lab.daemon("engines 2", 'user "office" { password "office-1" '
                   'route 10.70.0.0/16 }')
    office = dict(user="office", password="office-1")

    def device():
        return re.findall(r"^10\.70\.0\.0/16 dev (\S+)", lab.ip(
            "server", "route show"), re.M)

    def device_of(p):
        return re.findall(r"^%s dev (\S+)" % re.escape(p.address), lab.ip(
            "server", "route show"), re.M)
    p = lab.peer(**office).s5()
    assert device() == device_of(p)
    q = lab.peer(**office).s5()
    assert device_of(p) != device_of(q) and device() == device_of(q)
    os.kill(d.role("session engine %d" % (engine_of(q) + 1)), signal.SIGKILL)
    netns.until(lambda: device() == device_of(p), 2, "back to the first")
    netns.until(lambda: "is back" in d.log(), 2, "the engine is back")
    d.ready()
    p.hang_up()
    netns.until(lambda: device() == [], 2, "nobody has it")


def test_names(lab):
    """The devices are counted from the one that is named."""
    d = lab.daemon("engines 3", "tun vpn7")
    links = lab.ip("server", "-o link")
    for name in ("vpn7", "vpn8", "vpn9"):
        assert " %s:" % name in links, links
        addresses = lab.ip("server", "-o addr show dev " + name)
        assert netns.LOCAL + "/32" in addresses, addresses
    p = lab.peer().s5()
    p.ping(p.gateway)
    # It takes a start to have more.
    d.write(netns.config("engines 2", "tun vpn7"))
    said = d.ctl("reload")
    assert "engines" in str(said) + d.log(), said
    assert re.search(r"reload: .*engines", d.log()), d.log()
    p.ping(p.gateway)
    assert len(d.sessions()) == 1
    d.unchanged()
