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


"""Named pools, and what a reload does to sessions."""

import ipcp
import netns
import policy
import proxyarp
import wire

STAFF = 'pool staff { localip 10.99.1.1 remoteip 10.99.1.10-11 }'
LIMIT = "max-sessions 50"
GUESTS = 'pool guests { remoteip 10.99.2.10 dns 192.0.2.53 }'


def rejected(lab):
    return lab.ip("server", "route show table all type unreachable") + \
        lab.ip("server", "route show table all type blackhole")


def names(p):
    o = dict(p.asked[wire.IPCP])
    return [wire.text(o[k]) for k in (wire.IPCP_DNS1, wire.IPCP_DNS2)
            if k in o]


def reload(d, *lines):
    d.write(netns.config(*lines))
    return d.ctl("reload")["changes"]


def test_pool_of_the_user(lab):
    lab.daemon(STAFF, GUESTS, policy.user("worker", "pool staff"),
               policy.user("visitor", "pool guests"),
               policy.user("boss", "pool staff", "address 10.99.3.3",
                           "dns 192.0.2.54"))
    p = policy.login(lab, "worker").s5()
    assert (p.address, p.gateway) == ("10.99.1.10", "10.99.1.1")
    assert names(p) == ["10.99.0.1", "10.99.0.2"]
    q = policy.login(lab, "visitor").s5()
    assert (q.address, q.gateway) == ("10.99.2.10", netns.LOCAL)
    assert names(q) == ["192.0.2.53"]
    r = lab.peer().s5()
    assert (r.address, r.gateway) == ("10.99.0.10", netns.LOCAL)
    # Its own address is in no pool: our end is that of its pool.
    s = policy.login(lab, "boss").s5()
    assert (s.address, s.gateway) == ("10.99.3.3", "10.99.1.1")
    assert names(s) == ["192.0.2.54"]
    for x in (p, q, r, s):
        x.ping(x.gateway)


def test_full(lab):
    """One that is full takes nothing from another."""
    d = lab.daemon(STAFF, GUESTS, policy.user("worker", "pool staff"),
                   policy.user("visitor", "pool guests"))
    p = policy.login(lab, "visitor").s5()
    policy.denied(policy.login(lab, "visitor"))
    assert d.ended("no-address") == 1
    policy.login(lab, "worker").s5()
    policy.login(lab, "worker").s5()
    policy.denied(policy.login(lab, "worker"))
    lab.peer().s5()
    p.hang_up()
    netns.until(lambda: len(d.sessions()) == 3, 5, "it is gone")
    assert policy.login(lab, "visitor").s5().address == "10.99.2.10"


def test_wanted_address_of_another_pool(lab):
    lab.daemon(STAFF, policy.user("worker", "pool staff"))
    p = ipcp.up_to_ccp(policy.login(lab, "worker"))
    code, o = ipcp.ask(p, [ipcp.address("10.99.0.20")])
    assert (code, o) == (wire.CONF_NAK, [ipcp.address("10.99.1.10")])
    p = ipcp.up_to_ccp(policy.login(lab, "worker"))
    wanted = [ipcp.address("10.99.1.11")]
    assert ipcp.ask(p, wanted) == (wire.CONF_ACK, wanted)


def test_only_named_pools(lab):
    """Nobody needs remoteip when everybody has another pool."""
    text = netns.config(GUESTS, policy.user("visitor", "pool guests"),
                        drop=("remoteip",))
    lab.daemon(text="".join(line + "\n" for line in text.splitlines()
                            if not line.startswith('user "test"')))
    policy.login(lab, "visitor").s5()


def test_reload(lab):
    d = lab.daemon(LIMIT, GUESTS, policy.user("visitor", "pool guests"))
    p = policy.login(lab, "visitor").s5()
    assert "10.99.2.10" in rejected(lab)
    got = reload(d, LIMIT, GUESTS, STAFF, policy.user("visitor", "pool guests"),
                 policy.user("worker", "pool staff"))
    assert got == ['pool "staff": added', 'user "worker": added'], got
    q = policy.login(lab, "worker").s5()
    assert (q.address, q.gateway) == ("10.99.1.10", "10.99.1.1")
    q.ping(q.gateway)
    got = reload(d, LIMIT, "pool guests { remoteip 10.99.2.10-20 dns 192.0.2.9 "
                 "proxy-arp yes }", STAFF,
                 policy.user("visitor", "pool guests"),
                 policy.user("worker"))
    assert got == [
        'pool "guests" remoteip: 10.99.2.10 removed',
        'pool "guests" remoteip: 10.99.2.10-10.99.2.20 added',
        'pool "guests" proxy-arp: no -> yes, for new sessions',
        'pool "guests" dns: 192.0.2.53 -> 192.0.2.9',
        'user "worker": pool',
        'call %d of user "visitor" keeps its dns' % p.peer_call_id,
        'call %d of user "worker" keeps its address' % q.peer_call_id,
    ], got
    assert policy.login(lab, "visitor").s5().address == "10.99.2.11"
    assert policy.login(lab, "worker").s5().address == "10.99.0.10"
    got = reload(d, policy.user("worker"))
    assert 'pool "guests": removed' in got and \
        'pool "staff": removed' in got, got
    assert "10.99.2.1" not in rejected(lab)
    p.ping(p.gateway)
    q.ping(q.gateway)
    d.write(netns.config(policy.user("worker", "pool staff")))
    assert 'there is no pool "staff"' in d.ctl("reload", ok=False)


def test_proxy_arp_of_one_pool(lab):
    lab.daemon("proxy-arp no", "remoteip 192.168.177.100-109",
               "pool lan { proxy-arp yes remoteip 192.168.177.200-209 }",
               policy.user("worker", "pool lan"),
               policy.user("boss", "pool lan", "address 192.168.177.77"))
    p = lab.peer().s5()
    assert proxyarp.published(lab) == []
    q = policy.login(lab, "worker").s5()
    assert proxyarp.published(lab) == [(q.address, "lan")]
    r = policy.login(lab, "boss").s5()
    assert sorted(proxyarp.published(lab)) == [
        (q.address, "lan"), (r.address, "lan")]
    proxyarp.forget(lab)
    proxyarp.lan_pings(lab, q)
    proxyarp.lan_pings(lab, r)
    proxyarp.nobody_answers(lab, p.address)


def test_reload_drops_nobody(lab):
    """What sessions keep is told, and that is all."""
    d = lab.daemon(policy.user("gone"), policy.user("moved"),
                   policy.user("same", "dns 192.0.2.1", "idle-timeout 900"))
    p, q, r, s = (policy.login(lab, "gone").s5(),
                  policy.login(lab, "moved").s5(),
                  policy.login(lab, "same").s5(), lab.peer().s5())
    got = reload(d, policy.user("moved", "address 10.99.0.50",
                                "session-timeout 800",
                                "route 10.50.0.0/16"),
                 policy.user("same", "dns 192.0.2.1", "idle-timeout 900"),
                 "dns 10.99.0.7", "idle-timeout 1000", "nbns 10.99.0.9",
                 "mru 1300")
    calls = [line for line in got if line.startswith("call ")]
    assert sorted(calls) == sorted([
        'call %d of user "gone" keeps its log-in, dns, idle-timeout, nbns, '
        'mru' % p.peer_call_id,
        'call %d of user "moved" keeps its address, dns, idle-timeout, '
        'session-timeout, routes, nbns, mru' % q.peer_call_id,
        'call %d of user "same" keeps its nbns, mru' % r.peer_call_id,
        'call %d of user "test" keeps its dns, idle-timeout, nbns, mru' %
        s.peer_call_id]), calls
    for x in (p, q, r, s):
        x.ping(x.gateway)
        assert "reload: call %d of" % x.peer_call_id in d.log()
    assert len(d.sessions()) == 4


def test_reload_of_many_sessions(lab):
    d = lab.daemon()
    for _ in range(23):
        lab.peer().s5()
    got = reload(d, "mru 1300")
    assert got[0] == "mru: 1400 -> 1300" and len(got) == 22, got
    assert got[-1] == "and 3 more sessions", got


def test_reload_drop(lab):
    """Whose user or address is gone, and nobody else."""
    keep = ("reload-drop yes", policy.user("stays"))
    d = lab.daemon("reload-drop yes", policy.user("stays"),
                   policy.user("gone"), policy.user("moved"),
                   policy.user("own", "address 10.99.0.77"))
    p, q, r, s = (policy.login(lab, name).s5()
                  for name in ("stays", "gone", "moved", "own"))
    got = reload(d, *keep, policy.user("moved", "address 10.99.0.50"),
                 policy.user("own", "address 10.99.0.77"), "mru 1300")
    calls = [line for line in got if line.startswith("call ")]
    assert sorted(calls) == sorted([
        'call %d of user "stays" keeps its mru' % p.peer_call_id,
        'call %d of user "gone" ends: the user was removed' % q.peer_call_id,
        'call %d of user "moved" ends: the address was removed' %
        r.peer_call_id,
        'call %d of user "own" keeps its mru' % s.peer_call_id]), calls
    policy.gone(q)
    policy.gone(r)
    d.wait_ended("removed", 2)
    p.ping(p.gateway)
    s.ping(s.gateway)
    assert policy.login(lab, "moved").s5().address == "10.99.0.50"
    # The pool moves away from under it.
    got = reload(d, *keep, "remoteip 10.99.0.60-69",
                 policy.user("own", "address 10.99.0.77"), "mru 1300",
                 policy.user("moved", "address 10.99.0.50"))
    assert 'call %d of user "stays" ends: the address was removed' % \
        p.peer_call_id in got, got
    policy.gone(p)
    d.wait_ended("removed", 3)
    s.ping(s.gateway)
    assert sorted(x["user"] for x in d.sessions()) == ["moved", "own"]
