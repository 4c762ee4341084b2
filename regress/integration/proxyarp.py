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


"""Clients on the LAN by proxy ARP, and networks behind clients."""

import os
import re
import signal
import subprocess

import netns
import wire

POOL = "remoteip 192.168.177.200-209"
FIRST, SECOND = "192.168.177.200", "192.168.177.201"
OFFICE = {"user": "office", "password": "office-1"}


def published(lab):
    """[(address, device)] that the server answers ARP for."""
    return re.findall(r"^(\S+) dev (\S+)",
                      lab.ip("server", "neigh show proxy"), re.M)


def server_mac(lab):
    return re.search(r"link/ether (\S+)",
                     lab.ip("server", "link show dev lan")).group(1)


def arp_table(lab, address):
    """What the third host knows: a MAC, or None."""
    found = re.search(r"lladdr (\S+)", lab.ip("lan", "neigh show " + address))
    return found and found.group(1)


def forget(lab):
    lab.ip("lan", "neigh flush all")


def lan_ping(lab, dst):
    return lab.popen("lan", ["ping", "-n", "-c", "1", "-W", "2", dst],
                     stdout=subprocess.DEVNULL)


def lan_pings(lab, p, dst=None):
    """A third host pings the client, or what is behind it."""
    dst = dst or p.address
    proc = lan_ping(lab, dst)
    q = p.next_ip(lambda q: q[9] == 1 and q[20] == 8 and
                  wire.text(q[16:20]) == dst)
    assert wire.text(q[12:16]) == netns.LAN
    ident, seq = q[24] << 8 | q[25], q[26] << 8 | q[27]
    p.send_ip(wire.icmp_echo(dst, netns.LAN, ident, seq, q[28:], reply=True))
    assert netns.wait_exit(proc, 10) == 0, "no answer from " + dst


def nobody_answers(lab, address):
    """Nobody on the LAN says that he has this address."""
    forget(lab)
    assert netns.wait_exit(lan_ping(lab, address), 10) != 0, address
    assert arp_table(lab, address) is None


def test_third_host(lab):
    lab.daemon("proxy-arp yes", POOL)
    assert published(lab) == []
    p = lab.peer().s5()
    assert p.address == FIRST
    assert published(lab) == [(FIRST, "lan")]
    forget(lab)
    lan_pings(lab, p)
    assert arp_table(lab, FIRST) == server_mac(lab)
    p.ping(netns.LAN)
    q = lab.peer().s5()
    assert sorted(published(lab)) == [(FIRST, "lan"), (SECOND, "lan")]
    lan_pings(lab, q)
    lan_pings(lab, p)
    # Nobody has the next one, so nobody is asked for.
    nobody_answers(lab, "192.168.177.202")
    p.hang_up()
    netns.until(lambda: published(lab) == [(SECOND, "lan")], 5,
                "the first one is gone")
    nobody_answers(lab, FIRST)
    lan_pings(lab, q)
    q.close()
    netns.until(lambda: published(lab) == [], 5, "all are gone")


def test_local_address_on_the_lan(lab):
    """As in old set-ups: both ends of the link are the LAN's."""
    lab.daemon("proxy-arp yes", POOL, "localip 192.168.177.199")
    p = lab.peer().s5()
    assert p.gateway == "192.168.177.199"
    forget(lab)
    lan_pings(lab, p)
    p.ping(p.gateway)
    p.ping(netns.LAN)


def test_without_proxy_arp(lab):
    lab.daemon(POOL)
    p = lab.peer().s5()
    assert p.address == FIRST and published(lab) == []
    nobody_answers(lab, FIRST)


def test_pool_elsewhere(lab):
    """No LAN has these addresses: they are routed, as ever."""
    lab.daemon("proxy-arp yes")
    p = lab.peer().s5()
    assert published(lab) == []
    lan_pings(lab, p)


def test_address_of_a_user(lab):
    """Outside of the pool, on the LAN."""
    lab.daemon("proxy-arp yes",
               'user "office" password "office-1" address 192.168.177.77')
    p = lab.peer(**OFFICE).s5()
    assert p.address == "192.168.177.77"
    assert published(lab) == [(p.address, "lan")]
    forget(lab)
    lan_pings(lab, p)


def again(d, role):
    """Wait for service after somebody died."""
    said = "engine 1 is back" if role == "session" else "started on "
    wanted = 1 if role == "session" else 2
    netns.until(lambda: d.log().count(said) == wanted, 5, "service")
    d.ready()


def test_proxy_arp_after_death_of_an_engine(lab):
    for role in ("control", "session", "auth"):
        d = lab.daemon("proxy-arp yes", POOL)
        for _ in range(3):
            lab.peer().s5()
        assert len(published(lab)) == 3
        os.kill(d.role(role), signal.SIGKILL)
        netns.until(lambda: published(lab) == [], 2, "all are gone")
        again(d, role)
        lab.end_test(False)


def test_proxy_arp_after_death_of_the_parent(lab):
    d = lab.daemon("proxy-arp yes", POOL)
    for _ in range(3):
        lab.peer().s5()
    # The administrator's, and another pptpd's.
    lab.ip("server", "neigh add proxy 192.168.177.209 dev lan")
    lab.ip("server", "neigh add proxy 192.168.177.210 dev lan protocol 47")
    try:
        assert len(published(lab)) == 5, "so this is a test"
        os.kill(d.role("parent"), signal.SIGKILL)
        netns.until(lambda: sorted(published(lab)) == [
            ("192.168.177.209", "lan"), ("192.168.177.210", "lan")], 2,
            "ours are gone")
        again(d, "parent")
        assert d.stop() == 0
    finally:
        lab.ip("server", "neigh del proxy 192.168.177.209 dev lan")
        lab.ip("server", "neigh del proxy 192.168.177.210 dev lan")


def test_proxy_arp_after_the_end(lab):
    d = lab.daemon("proxy-arp yes", POOL)
    for _ in range(3):
        lab.peer().s5()
    assert len(published(lab)) == 3
    assert d.stop() == 0
    assert published(lab) == []


def test_proxy_arp_after_reload(lab):
    """Sessions keep what they have, and it ends with them."""
    d = lab.daemon("proxy-arp yes", POOL)
    p = lab.peer().s5()
    d.write(netns.config("proxy-arp no", POOL))
    assert d.ctl("reload")["changes"] == [
        "proxy-arp: yes -> no, for new sessions"]
    lan_pings(lab, p)
    q = lab.peer().s5()
    assert published(lab) == [(FIRST, "lan")]
    p.hang_up()
    netns.until(lambda: published(lab) == [], 5, "it is gone")
    d.write(netns.config("proxy-arp yes", POOL))
    d.ctl("reload")
    r = lab.peer().s5()
    assert published(lab) == [(r.address, "lan")]
    forget(lab)
    lan_pings(lab, r)
    nobody_answers(lab, q.address)


def routes(lab, net):
    return re.findall(r"^%s dev (\S+) proto" % re.escape(net),
                      lab.ip("server", "route show"), re.M)


def office(*nets):
    return 'user "office" { password "office-1", %s }' % ", ".join(
        "route " + net for net in nets)


def test_network_behind_a_client(lab):
    d = lab.daemon(office("10.70.0.0/16", "192.0.2.9/32"))
    assert routes(lab, "10.70.0.0/16") == []
    p = lab.peer(**OFFICE).s5()
    q = lab.peer().s5()
    assert d.session(p.peer_call_id)["routes"] == ["10.70.0.0/16",
                                                   "192.0.2.9/32"]
    assert d.session(q.peer_call_id)["routes"] == []
    assert len(routes(lab, "10.70.0.0/16")) == 1
    assert len(routes(lab, "192.0.2.9")) == 1
    for address in (p.address, "10.70.0.1", "10.70.255.254", "192.0.2.9"):
        lan_pings(lab, p, address)
        p.ping(netns.LAN, source=address)
    # Nothing but those.
    for source in ("10.71.0.1", "192.0.2.10", q.address, netns.LAN_GW):
        before = d.counter("ingress", p.peer_call_id)
        p.send_ip(wire.icmp_echo(source, netns.LAN, 1, 1))
        p.ping(netns.LAN)
        assert d.counter("ingress", p.peer_call_id) == before + 1, source
    before = d.counter("ingress", q.peer_call_id)
    q.send_ip(wire.icmp_echo("10.70.0.1", netns.LAN, 1, 1))
    q.ping(netns.LAN)
    assert d.counter("ingress", q.peer_call_id) == before + 1
    # From one client to what is behind another.
    q.send_ip(wire.icmp_echo(q.address, "10.70.3.3", 7, 7))
    p.next_ip(lambda i: wire.text(i[16:20]) == "10.70.3.3")
    p.hang_up()
    netns.until(lambda: routes(lab, "10.70.0.0/16") == [] and
                routes(lab, "192.0.2.9") == [], 5, "the routes are gone")
    q.ping(netns.LAN)


def test_network_inside_a_network(lab):
    """The longest prefix decides, whoever came first."""
    lab.daemon(office("10.70.0.0/16"),
               'user "branch" { password "branch-1", route 10.70.8.0/24 }')
    branch = {"user": "branch", "password": "branch-1"}
    p = lab.peer(**OFFICE).s5()
    lan_pings(lab, p, "10.70.8.1")
    q = lab.peer(**branch).s5()
    lan_pings(lab, q, "10.70.8.1")
    lan_pings(lab, p, "10.70.9.1")
    q.hang_up()
    netns.until(lambda: routes(lab, "10.70.8.0/24") == [], 5, "it is gone")
    lan_pings(lab, p, "10.70.8.1")


def test_network_of_two_sessions(lab):
    """The last one has it; when that ends the other has it again."""
    lab.daemon(office("10.70.0.0/16"))
    p = lab.peer(**OFFICE).s5()
    lan_pings(lab, p, "10.70.0.1")
    q = lab.peer(**OFFICE).s5()
    lan_pings(lab, q, "10.70.0.1")
    q.hang_up()
    q.close()
    netns.until(lambda: len(routes(lab, "10.70.0.0/16")) == 1 and
                lab.daemons[0].stats()["session"]["sessions"] == 1, 5,
                "one is left")
    lan_pings(lab, p, "10.70.0.1")
    p.hang_up()
    netns.until(lambda: routes(lab, "10.70.0.0/16") == [], 5, "it is gone")


def test_network_of_the_pool(lab):
    """A client's network is larger than the pool: other clients' addresses
    are not behind it."""
    d = lab.daemon(office("10.99.0.0/16"))
    p = lab.peer(**OFFICE).s5()
    q = lab.peer().s5()
    lan_pings(lab, q)
    before = d.counter("ingress", p.peer_call_id)
    p.send_ip(wire.icmp_echo(q.address, netns.LAN, 1, 1))
    p.ping(netns.LAN)
    assert d.counter("ingress", p.peer_call_id) == before + 1
    lan_pings(lab, p, "10.99.7.7")


def test_network_that_the_client_calls_from(lab):
    """Its own GRE packets would go into the tunnel."""
    d = lab.daemon(office("10.9.0.0/24", "10.70.0.0/16"))
    p = lab.peer(**OFFICE).s5()
    assert d.session(p.peer_call_id)["routes"] == ["10.70.0.0/16"]
    assert "should be behind it" in d.log()
    lan_pings(lab, p, "10.70.0.1")


def test_network_that_is_somewhere_else(lab):
    """The administrator's route stays, and the session, too."""
    lab.ip("server", "route add 10.70.0.0/16 via " + netns.LAN)
    try:
        d = lab.daemon(office("10.70.0.0/16"))
        p = lab.peer(**OFFICE).s5()
        p.ping(netns.LAN)
        assert "route to 10.70.0.0/16" in d.log()
        p.hang_up()
        netns.until(lambda: not d.sessions(), 5, "it is gone")
        assert netns.LAN in lab.ip("server", "route show 10.70.0.0/16")
    finally:
        lab.ip("server", "route del 10.70.0.0/16")


def test_network_after_death_of_an_engine(lab):
    for role in ("control", "session", "auth"):
        d = lab.daemon(office("10.70.0.0/16"))
        lab.peer(**OFFICE).s5()
        os.kill(d.role(role), signal.SIGKILL)
        netns.until(lambda: routes(lab, "10.70.0.0/16") == [], 2,
                    "the route is gone")
        again(d, role)
        lab.end_test(False)


def test_network_after_reload(lab):
    """A session keeps its networks; the next one has the new ones."""
    d = lab.daemon(office("10.70.0.0/16"))
    p = lab.peer(**OFFICE).s5()
    d.write(netns.config(office("10.71.0.0/16")))
    d.ctl("reload")
    lan_pings(lab, p, "10.70.0.1")
    q = lab.peer(**OFFICE).s5()
    lan_pings(lab, q, "10.71.0.1")
    lan_pings(lab, p, "10.70.0.1")
    p.hang_up()
    netns.until(lambda: routes(lab, "10.70.0.0/16") == [], 5, "it is gone")
    assert netns.wait_exit(lan_ping(lab, "10.70.0.1"), 10) != 0
    lan_pings(lab, q, "10.71.0.1")
