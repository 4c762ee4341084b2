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

"""Addresses: RFC 1332, 1877."""

import struct

import netns
import wire

SERVERS = (wire.IPCP_DNS1, wire.IPCP_NBNS1, wire.IPCP_DNS2, wire.IPCP_NBNS2)


def ask(p, options):
    """Configure-Request of IPCP; (code, options) of the answer."""
    ident = p.request(wire.IPCP, options)
    while True:
        r = p.next_ppp()
        if r.proto == wire.IPCP and r.ident == ident and r.code in (
                wire.CONF_ACK, wire.CONF_NAK, wire.CONF_REJ):
            return r.code, r.options
        p.handle(r)


def address(text):
    return wire.IPCP_ADDR, wire.addr(text)


def up_to_ccp(p):
    p.s4()
    p.request(wire.CCP)
    p.run(lambda: p.is_open(wire.CCP), what="CCP")
    return p


def in_pool(text, first=10, last=99):
    a = [int(n) for n in text.split(".")]
    return a[:3] == [10, 99, 0] and first <= a[3] <= last


def test_address_by_nak(lab):
    d = lab.daemon()
    p = up_to_ccp(lab.peer())
    code, o = ask(p, [address("0.0.0.0")])
    assert code == wire.CONF_NAK and len(o) == 1, (code, o)
    kind, value = o[0]
    assert kind == wire.IPCP_ADDR and in_pool(wire.text(value)), o
    assert ask(p, o) == (wire.CONF_ACK, o)
    p.run(lambda: p.opened[wire.IPCP][1], what="the server's request")
    p.address, p.gateway = wire.text(value), netns.LOCAL
    p.settle()
    s = d.session(p.peer_call_id)
    assert (s["address"], s["local_address"]) == (p.address, netns.LOCAL)
    assert d.routes() == [p.address]


def test_own_address(lab):
    """The server's request has its own address, and that alone."""
    lab.daemon()
    p = up_to_ccp(lab.peer())
    r = p.expect(wire.IPCP, wire.CONF_REQ)
    assert r.options == [address(netns.LOCAL)], r.options


def test_name_servers(lab):
    d = lab.daemon("dns 10.1.0.1 10.1.0.2", "nbns 10.1.0.3 10.1.0.4")
    p = up_to_ccp(lab.peer())
    zero = [(k, bytes(4)) for k in SERVERS]
    code, o = ask(p, [address("0.0.0.0")] + zero)
    assert code == wire.CONF_NAK, code
    o = dict(o)
    for kind, text in zip(SERVERS, ("10.1.0.1", "10.1.0.3", "10.1.0.2",
                                    "10.1.0.4")):
        assert wire.text(o[kind]) == text, (kind, o)
    full = list(o.items())
    assert ask(p, full) == (wire.CONF_ACK, full)
    s = d.session(p.peer_call_id)
    assert s["dns"] == ["10.1.0.1", "10.1.0.2"], s
    assert s["nbns"] == ["10.1.0.3", "10.1.0.4"], s


def test_wrong_name_servers(lab):
    """The client's own idea of them gets a Nak."""
    lab.daemon("dns 10.1.0.1")
    p = up_to_ccp(lab.peer())
    code, o = ask(p, [(wire.IPCP_DNS1, wire.addr("8.8.8.8")),
                      address("0.0.0.0")])
    assert code == wire.CONF_NAK
    assert dict(o)[wire.IPCP_DNS1] == wire.addr("10.1.0.1"), o


def test_no_name_servers(lab):
    """What we do not have is rejected, in the order it came."""
    lab.daemon(drop=("dns", "nbns"))
    p = up_to_ccp(lab.peer())
    zero = [(k, bytes(4)) for k in SERVERS]
    assert ask(p, [address("0.0.0.0")] + zero) == (wire.CONF_REJ, zero)


def test_some_name_servers(lab):
    """Only a first DNS server: defined answers to all four."""
    lab.daemon("dns 10.1.0.1", drop=("nbns",))
    p = up_to_ccp(lab.peer())
    zero = [(k, bytes(4)) for k in SERVERS]
    code, o = ask(p, zero + [address("0.0.0.0")])
    assert code == wire.CONF_REJ, (code, o)
    assert o == zero[1:], o
    code, o = ask(p, zero[:1] + [address("0.0.0.0")])
    assert code == wire.CONF_NAK
    assert dict(o)[wire.IPCP_DNS1] == wire.addr("10.1.0.1"), o


def test_N02_rejected_options(lab):
    """VJ compression, the old IP-Addresses, mobile IP, unknown ones."""
    lab.daemon()
    p = up_to_ccp(lab.peer())
    bad = [(wire.IPCP_VJ, b"\0\x2d\x0f\1"), (wire.IPCP_ADDRS, bytes(8)),
           (4, bytes(4)), (200, b""), (255, bytes(100))]
    assert ask(p, bad[:1] + [address("0.0.0.0")] + bad[1:]) == (
        wire.CONF_REJ, bad)


def test_wanted_address(lab):
    """One of the pool that is free is granted at once."""
    d = lab.daemon()
    p = up_to_ccp(lab.peer())
    o = [address("10.99.0.77")]
    assert ask(p, o) == (wire.CONF_ACK, o)
    p.run(lambda: p.opened[wire.IPCP][1], what="the server's request")
    p.address, p.gateway = "10.99.0.77", netns.LOCAL
    p.settle()
    assert d.routes() == ["10.99.0.77"]


def test_wanted_address_in_use(lab):
    d = lab.daemon()
    first = lab.peer().s5()
    p = up_to_ccp(lab.peer())
    code, o = ask(p, [address(first.address)])
    assert code == wire.CONF_NAK, code
    other = wire.text(dict(o)[wire.IPCP_ADDR])
    assert in_pool(other) and other != first.address, other
    p.address = other
    p.s5().ping(p.gateway)
    first.ping(first.gateway)
    assert sorted(d.routes()) == sorted([other, first.address])


def test_wanted_address_that_is_none(lab):
    """Not of the pool, ours, nobody's: a Nak with the right one."""
    lab.daemon()
    p = up_to_ccp(lab.peer())
    for want in ("192.0.2.1", netns.LOCAL, netns.SERVER, "127.0.0.1",
                 "224.0.0.1"):
        code, o = ask(p, [address(want)])
        assert code == wire.CONF_NAK, (want, code)
        got = wire.text(dict(o)[wire.IPCP_ADDR])
        assert in_pool(got), (want, got)
    p.address = got
    p.s5().ping(p.gateway)


def test_client_that_insists(lab):
    """It never gets it, and the talk comes to an end."""
    d = lab.daemon("auth-timeout 10")
    p = up_to_ccp(lab.peer())
    codes = []
    for _ in range(30):
        try:
            codes.append(ask(p, [address("192.0.2.1")])[0])
        except AssertionError:
            break
        if p.terminated:
            break
    assert wire.CONF_ACK not in codes
    assert codes.count(wire.CONF_NAK) <= 10, codes
    # The way to its right address may be open already, no other one.
    assert all(in_pool(r) for r in d.routes()), d.routes()
    d.unchanged()


def test_N01_no_address_asked_for(lab):
    """RFC 1332 section 3.3: it is put into a Nak."""
    lab.daemon()
    p = up_to_ccp(lab.peer())
    code, o = ask(p, [])
    assert code == wire.CONF_NAK and len(o) == 1, (code, o)
    assert in_pool(wire.text(dict(o)[wire.IPCP_ADDR]))
    assert ask(p, o) == (wire.CONF_ACK, o)


def test_own_address_naked(lab):
    """Our address is not for the client to choose."""
    lab.daemon()
    p = up_to_ccp(lab.peer())
    r = p.expect(wire.IPCP, wire.CONF_REQ)
    p.send_cp(wire.IPCP, wire.CONF_NAK, [address("10.99.0.50")], r.ident)
    r = p.expect(wire.IPCP, wire.CONF_REQ)
    assert r.options == [address(netns.LOCAL)], r.options
    p.handle(r)
    p.s5().ping(p.gateway)


def test_addresses_are_unique(lab):
    lab.daemon("remoteip 10.99.0.10-59")
    peers = [lab.peer().s5() for _ in range(50)]
    assert len({p.address for p in peers}) == 50
    for p in peers[::10]:
        p.ping(p.gateway)


def test_pool_full(lab):
    """The last is refused politely, the others do not notice."""
    d = lab.daemon("remoteip 10.99.0.10-11", "max-sessions 10")
    peers = [lab.peer().s5(), lab.peer().s5()]
    p = lab.peer()
    try:
        p.s5()
        raise RuntimeError("an address out of thin air: " + p.address)
    except AssertionError:
        pass
    if not p.terminated:
        p.run(lambda: p.terminated, what="Terminate-Request")
    cdn = p.expect_control(wire.CDN)
    assert cdn.call_id == p.peer_call_id
    d.wait_ended("no-address")
    for q in peers:
        q.ping(q.gateway)
    free = peers[0].address
    peers[0].close()
    netns.until(lambda: len(d.sessions()) == 1, 5, "one address is free")
    p = lab.peer().s5()
    assert p.address == free
    p.ping(p.gateway)


def test_pool_full_by_default(lab):
    """As many calls as addresses: the next one is busy, at once."""
    lab.daemon("remoteip 10.99.0.10-11")
    peers = [lab.peer().s5(), lab.peer().s5()]
    assert lab.peer().s1().call().result == 4
    for q in peers:
        q.ping(q.gateway)


def test_pool_of_one_over_and_over(lab):
    d = lab.daemon("remoteip 10.99.0.10")
    for n in range(20):
        p = lab.peer().s5()
        p.ping(p.gateway)
        assert p.address == "10.99.0.10"
        if n % 2:
            p.hang_up()
        p.close()
        netns.until(lambda: not d.sessions(), 5, "the address is free")
        netns.until(lambda: not d.routes(), 5, "the route is gone")


def test_fixed_address(lab):
    """A user's own address, in or outside the pool, for nobody else."""
    d = lab.daemon('user "fix" password "fixfix-1" address 10.99.0.200',
                   'user "low" password "lowlow-1" address 10.99.0.10',
                   "remoteip 10.99.0.10-12")
    p = lab.peer(user="fix", password="fixfix-1").s5()
    assert p.address == "10.99.0.200"
    p.ping(p.gateway)
    q = lab.peer().s5()
    assert q.address in ("10.99.0.11", "10.99.0.12"), q.address
    r = up_to_ccp(lab.peer())
    code, o = ask(r, [address("10.99.0.10")])
    assert code == wire.CONF_NAK, "another user's fixed address"
    s = lab.peer(user="low", password="lowlow-1").s5()
    assert s.address == "10.99.0.10"
    s.ping(s.gateway)
    assert "10.99.0.200" in d.routes()


def test_fixed_address_asked_otherwise(lab):
    lab.daemon('user "fix" password "fixfix-1" address 10.99.0.200')
    p = up_to_ccp(lab.peer(user="fix", password="fixfix-1"))
    code, o = ask(p, [address("10.99.0.20")])
    assert code == wire.CONF_NAK
    assert wire.text(dict(o)[wire.IPCP_ADDR]) == "10.99.0.200"


def test_fixed_address_twice(lab):
    """One address has one owner at a time, whoever wins."""
    d = lab.daemon('user "fix" password "fixfix-1" address 10.99.0.200')
    p = lab.peer(user="fix", password="fixfix-1").s5()
    q = lab.peer(user="fix", password="fixfix-1", timeout=3)
    try:
        q.s5()
    except AssertionError:
        pass
    netns.until(lambda: [s["address"] for s in d.sessions()
                         if s["phase"] == "network"].count(
                             "10.99.0.200") <= 1, 5, "one owner")
    assert d.routes().count("10.99.0.200") == 1
    del p


def test_local_addresses(lab):
    """Several of ours go in pairs with the clients', as with PoPToP."""
    lab.daemon("localip 10.99.0.1-2", "remoteip 10.99.0.10-11")
    peers = [lab.peer().s5(), lab.peer().s5()]
    for p in peers:
        assert p.gateway[-1] == str(int(p.address[-1]) + 1), \
            (p.gateway, p.address)
        p.ping(p.gateway)


def test_L05_ip_before_ipcp(lab):
    """Section 3.6 of RFC 1661: dropped."""
    d = lab.daemon()
    p = up_to_ccp(lab.peer())
    for n in range(10):
        p.send_ip(wire.icmp_echo("10.99.0.10", netns.LOCAL, 1, n))
    for q in p.fence():
        assert q.proto != wire.IP, q
    before = d.counter("in_packets", p.peer_call_id)
    assert before == 0, before
    p.s5().ping(p.gateway)


def test_end_of_another_protocol(lab):
    """A Terminate-Request of IPV6CP is not one of IPCP."""
    lab.daemon()
    p = lab.peer().s5()
    p.send_cp(wire.IPV6CP, wire.TERM_REQ)
    r = p.expect(wire.LCP, wire.PROTO_REJ)
    assert r.body[:2] == struct.pack(">H", wire.IPV6CP)
    p.ping(p.gateway)


def test_malformed_options(lab):
    d = lab.daemon()
    p = up_to_ccp(lab.peer())
    for code in (wire.CONF_REQ, wire.CONF_ACK, wire.CONF_NAK, wire.CONF_REJ):
        for kind in (1, 2, 3, 129, 255):
            for length in (0, 1, 2, 3, 5, 7, 255):
                p.send_cp(wire.IPCP, code, [(kind, bytes(4), length)], 1)
    for q in p.fence():
        if q.proto == wire.IPCP and q.code == wire.CONF_REJ:
            q.options
    d.unchanged()
    lab.peer().s5()
