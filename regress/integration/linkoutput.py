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


"""link-output: frames to the next hop, round the kernel's IP, and what the
kernel does again when it is not certain where that is."""

import os
import signal
import socket
import subprocess
import time

import netns
import peer
import scale
import wire

GSO = os.path.join(scale.TOP, "regress", "bench", "gso.py")
FOREIGN = "02:00:00:00:00:99"


def sent(d):
    return d.stats()["session"]["link_packets"]


def pings(d, p, n=20):
    """All are answered; how many of the answers went by the link."""
    before = sent(d)
    for _ in range(n):
        p.ping(p.gateway)
    return sent(d) - before


def by_link(d, p, seconds=15.0):
    """Until answers go by the link: after a change they do not at once."""
    end = time.monotonic() + seconds
    while pings(d, p) < 18:
        assert time.monotonic() < end, "no frames are sent"


def answered(p, seconds):
    """A ping is, within so many seconds."""
    end = time.monotonic() + seconds
    while True:
        try:
            return p.ping(p.gateway, timeout=0.2)
        except peer.Timeout:
            if time.monotonic() > end:
                raise


def packet_sockets(lab):
    def look():
        with open("/proc/thread-self/net/packet") as f:
            return len(f.readlines()) - 1
    return lab.inside("server", look)


def mac(lab, host, dev):
    return lab.ip(host, "-o link show " + dev).split("link/ether ")[1][:17]


def in_order(p):
    assert all(b - a & 0xffffffff == 1 for a, b in zip(p.order, p.order[1:])), \
        p.order


def test_off(lab):
    """Nothing of it is there unless it is wanted."""
    d = lab.daemon()
    p = lab.peer().s5()
    assert pings(d, p) == 0
    assert packet_sockets(lab) == 0


def test_frames(lab):
    """They are what the kernel would have sent, as tshark reads them too."""
    d = lab.daemon("link-output yes")
    assert packet_sockets(lab) == 1
    c = lab.capture("client", "eth0")
    p = lab.peer().s5()
    by_link(d, p)
    lan = lab.open_socket("lan", socket.AF_INET, socket.SOCK_DGRAM, 0)
    lab.files.append(lan)
    before = sent(d)
    for size in (0, 1, 500, 1001, 1367, 1368):
        data = os.urandom(size)
        lan.sendto(data, (p.address, 9))
        assert p.next_ip(lambda q: q[9] == 17)[28:] == data
    assert sent(d) - before >= 5
    assert d.counter("gre_send_error") == 0
    in_order(p)
    c.stop()
    c.check_wellformed()
    c.check_no_clear_ip()
    # No DF, and a header like that of the packets that went by IP.
    got = c.fields("gre && ip.src == %s" % netns.SERVER, "ip.ttl",
                   "ip.flags.df", "ip.dsfield", "ip.checksum.status",
                   "eth.src", "eth.dst")
    want = ("64", "0", "0x00", "1", mac(lab, "server", "out"),
            mac(lab, "client", "eth0"))
    assert len(got) > 26 and {tuple(x) for x in got} == {want}, got


def test_once_in_a_while_by_ip(lab):
    """One packet in a second, so that the kernel does not forget the
    neighbour, and none overtakes another for it."""
    d = lab.daemon("link-output yes")
    p = lab.peer().s5()
    by_link(d, p)
    before, began, n = sent(d), time.monotonic(), 0
    while time.monotonic() < began + 2.2:
        p.ping(p.gateway)
        n += 1
    by_ip, seconds = n - (sent(d) - before), time.monotonic() - began
    assert 1 <= by_ip <= seconds + 2, (n, by_ip, seconds)
    in_order(p)


def large_packets(lab, p, count):
    """From the LAN, for the device to cut into 50 segments each."""
    lab.popen("lan", ["python3", "-B", GSO, "eth0",
                      mac(lab, "server", "lan"), netns.LAN, p.address, "1300",
                      "5", "1", str(count)], stdout=subprocess.DEVNULL).wait()


def test_order_in_a_vector(lab):
    """Vectors of which some packets go one way and some the other, and none is
    missing, nor comes before another."""
    d = lab.daemon("link-output yes")
    p = lab.peer().s5()
    by_link(d, p)
    del p.order[:]
    before, n, by_ip, end = sent(d), 0, 0, time.monotonic() + 30
    while by_ip < 2:
        assert time.monotonic() < end, "none goes by IP"
        large_packets(lab, p, 1)
        n += 50
        p.run(lambda n=n: len(p.order) >= n, what="segments")
        by_ip = n - (sent(d) - before)
    assert len(p.order) >= n and by_ip < n / 4, (n, by_ip)
    in_order(p)


def test_neighbour_moves(lab):
    d = lab.daemon("link-output yes")
    p = lab.peer().s5()
    by_link(d, p)
    was = mac(lab, "client", "eth0")
    try:
        for address in (FOREIGN, was):
            lab.ip("client", "link set eth0 address " + address)
            lab.ip("server", "neigh replace %s lladdr %s dev out nud "
                   "reachable" % (netns.CLIENT, address))
            answered(p, 1)
            by_link(d, p)
        # One that is not known any more.
        lab.ip("server", "neigh del %s dev out" % netns.CLIENT)
        answered(p, 1)
        by_link(d, p)
    finally:
        lab.ip("client", "link set eth0 address " + was)
        lab.ip("server", "neigh del %s dev out" % netns.CLIENT)


def nothing_comes(d, p):
    """No packet to the client, and none goes the old way."""
    end = time.monotonic() + 3
    while True:
        try:
            p.ping(p.gateway, timeout=0.1)
            assert time.monotonic() < end, "it goes the old way"
        except peer.Timeout:
            break
    before = sent(d)
    for _ in range(3):
        try:
            p.ping(p.gateway, timeout=0.1)
            assert False, "it goes the old way"
        except peer.Timeout:
            pass
    assert sent(d) == before


def test_route_changes(lab):
    """A route that is better, or that forbids it, is heeded."""
    d = lab.daemon("link-output yes")
    p = lab.peer().s5()
    by_link(d, p)
    for thing in ("route %%s unreachable %s" % netns.CLIENT,
                  "route %%s %s via 192.168.177.77 dev lan" % netns.CLIENT,
                  "rule %%s to %s unreachable" % netns.CLIENT):
        lab.ip("server", thing % "add")
        try:
            nothing_comes(d, p)
        finally:
            lab.ip("server", thing % "del")
        answered(p, 2)
        by_link(d, p)


def test_several_paths(lab):
    """Which one the kernel would take cannot be asked: so it is left to it."""
    d = lab.daemon("link-output yes")
    p = lab.peer().s5()
    by_link(d, p)
    for what in ("route replace %s nexthop dev out nexthop dev lan weight 1" %
                 netns.CLIENT,
                 "route replace %s nhid 7" % netns.CLIENT):
        lab.ip("server", "nexthop replace id 7 dev out")
        lab.ip("server", what)
        try:
            end = time.monotonic() + 1.5
            while time.monotonic() < end:
                before = sent(d)
                try:
                    p.ping(p.gateway, timeout=0.1)
                except peer.Timeout:
                    pass
            assert sent(d) == before
        finally:
            lab.ip("server", "route del " + netns.CLIENT)
            lab.ip("server", "nexthop del id 7")
        answered(p, 2)
        by_link(d, p)


def test_time_to_live(lab):
    """As the kernel's packets have it: by default, and by the route."""
    def limits(c):
        return {x[0] for x in c.fields("gre && ip.src == " + netns.SERVER,
                                       "ip.ttl")}
    lab.sysctl("server", "net.ipv4.ip_default_ttl=77")
    try:
        d = lab.daemon("link-output yes")
        p = lab.peer().s5()
        by_link(d, p)
        c = lab.capture("client", "eth0")
        assert pings(d, p) >= 18
        c.stop()
        assert limits(c) == {"77"}, limits(c)
        lab.ip("server", "route add %s dev out hoplimit 55" % netns.CLIENT)
        p.silence(1.2)
        by_link(d, p)
        c = lab.capture("client", "eth0")
        assert pings(d, p) >= 18
        c.stop()
        assert limits(c) == {"55"}, limits(c)
    finally:
        lab.sysctl("server", "net.ipv4.ip_default_ttl=64")
        lab.ip("server", "route del %s dev out" % netns.CLIENT)


def test_smaller_mtu(lab):
    """What could become fragments is the kernel's business."""
    d = lab.daemon("link-output yes")
    p = lab.peer().s5()
    lan = lab.open_socket("lan", socket.AF_INET, socket.SOCK_DGRAM, 0)
    lab.files.append(lan)

    def large():
        data = os.urandom(1368)
        lan.sendto(data, (p.address, 9))
        assert p.next_ip(lambda q: q[9] == 17)[28:] == data

    by_link(d, p)
    try:
        # 1396 octets and 44 of headers just fit into 1440.
        for small, back in (("link set out mtu 1439", "link set out mtu 1440"),
                            ("route add %s dev out mtu 1439" % netns.CLIENT,
                             "route del %s dev out" % netns.CLIENT)):
            lab.ip("server", small)
            end = time.monotonic() + 1.5
            while time.monotonic() < end:
                large()
            assert pings(d, p) == 0
            lab.ip("server", back)
            by_link(d, p)
            before = sent(d)
            for _ in range(5):
                large()
            assert sent(d) - before >= 4
    finally:
        lab.ip("server", "link set out mtu 1500")


def test_link_down(lab):
    d = lab.daemon("link-output yes")
    p = lab.peer().s5()
    by_link(d, p)
    lab.ip("server", "link set out down")
    lab.ip("server", "link set out up")
    answered(p, 3)
    by_link(d, p)


def test_many_neighbours(lab):
    """More than are watched: the others go by IP, and nobody waits."""
    many = 300
    lab.ip("client", "route add local 10.8.0.0/23 dev lo")
    lab.ip("server", "route add 10.8.0.0/23 dev out")
    try:
        d = lab.daemon("link-output yes", "engines 2",
                       "remoteip 10.40.0.1-10.40.2.254")
        load = scale.Load(lab, many, "-b", "10.8.0.1-10.8.1.%d" %
                          (many - 255))
        up = load.answer(60)
        assert up["up"] == str(many), up
        for _ in range(2):
            before = sent(d)
            got = load.ask("ping %d 200 2000" % many, 30)
            assert got["answered"] == got["sent"], got
        n, of = sent(d) - before, int(got["sent"])
        assert of * 256 / many * 0.6 < n < of * 258 / many, (n, of)
        assert packet_sockets(lab) == 2
        load.tell("quit")
        load.proc.wait()
        load.proc.stdin.close()
    finally:
        lab.ip("client", "route del local 10.8.0.0/23 dev lo")
        lab.ip("server", "route del 10.8.0.0/23 dev out")


def test_engine_again(lab):
    """The next session engine has it, too."""
    d = lab.daemon("link-output yes")
    p = lab.peer().s5()
    by_link(d, p)
    os.kill(d.role("session"), signal.SIGKILL)
    p.expect_control(wire.CDN)
    p.close()
    netns.until(lambda: "is back" in d.log(), 10, "session engine")
    d.ready()
    p = lab.peer().s5()
    by_link(d, p)


def test_plain(lab):
    """With -p, too, and in clear."""
    d = lab.daemon("link-output yes", "encryption allow", flags=["-p"])
    p = lab.peer(mppe=[]).s5()
    by_link(d, p)
    in_order(p)


def test_reload(lab):
    """It needs a socket that only the start can open."""
    d = lab.daemon("link-output yes")
    p = lab.peer().s5()
    by_link(d, p)
    d.write(netns.config("link-output no"))
    out = d.ctl("reload")
    assert out["changes"] == ["link-output: yes -> no when pptpd is started "
                              "again"], out
    assert pings(d, p) >= 18
