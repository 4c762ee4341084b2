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

"""Sessions as a whole: traffic, sizes, filters, numbers, pptpctl kill."""

import os
import select
import socket
import struct
import threading
import time

import netns
import peer
import wire


def udp(lab, host, address="0.0.0.0", port=0):
    s = lab.open_socket(host, socket.AF_INET, socket.SOCK_DGRAM, 0)
    lab.files.append(s)
    s.settimeout(5)
    s.bind((address, port))
    return s


def is_syn(port):
    return lambda p: p[9] == 6 and p[33] & 2 and \
        port in struct.unpack(">HH", p[20:24])


def test_traffic_to_the_lan(lab):
    lab.daemon()
    p = lab.peer().s5()
    for size in (0, 56, 500, 1300):
        p.ping(netns.LAN, size)
    s = udp(lab, "lan", netns.LAN, 7)
    data = os.urandom(1000)
    p.send_ip(wire.udp4(p.address, netns.LAN, 4000, 7, data))
    got, source = s.recvfrom(2000)
    assert got == data and source == (p.address, 4000)
    s.sendto(data[::-1], source)
    r = p.next_ip(lambda q: q[9] == 17)
    assert r[28:] == data[::-1]


def test_first_packet(lab):
    """IPCP is open, so the way is: not even the first packet is lost."""
    lab.daemon()
    lost = 0
    for _ in range(20):
        p = lab.peer(timeout=1).s5(settle=False)
        try:
            p.ping(p.gateway)
        except peer.Timeout:
            lost += 1
    assert lost == 0, "%d of 20 first packets got no answer" % lost


def test_real_traffic(lab):
    """The kernel's TCP through a tun device of pptpdial's, both ways."""
    lab.daemon()
    server = lab.open_socket("lan", socket.AF_INET, socket.SOCK_STREAM, 0)
    lab.files.append(server)
    server.bind((netns.LAN, 5001))
    server.listen(1)
    server.settimeout(20)
    blob, got = os.urandom(1 << 20) * 3, []

    def serve():
        c, _ = server.accept()
        with c:
            c.settimeout(20)
            data = b""
            while len(data) < len(blob):
                data += c.recv(65536)
            got.append(data == blob)
            c.sendall(blob)

    t = threading.Thread(target=serve)
    t.start()
    name = lab.path("blob")
    with open(name, "wb") as f:
        f.write(blob)
    script = lab.path("script")
    with open(script, "w") as f:
        f.write("import socket\n"
                "want = open(%r, 'rb').read()\n"
                "s = socket.create_connection((%r, 5001), 20)\n"
                "s.sendall(want)\n"
                "got = b''\n"
                "while len(got) < len(want):\n"
                "    d = s.recv(65536)\n"
                "    assert d\n"
                "    got += d\n"
                "assert got == want\n" % (name, netns.LAN))
    status, out = lab.dial("-T", "-R", "192.168.177.0/24", "-c",
                           "python3 " + script)
    t.join()
    assert status == 0, out
    assert got == [True]


def test_unruly_paths(lab):
    """Reordered and lost packets on the way, both kinds of MPPE."""
    for state in ("stateless", "stateful"):
        lab.daemon("encryption require { 128 %s }" % state,
                   "reorder-timeout 100")
        mode = "128:" + state
        for how in (("-r", "4/30"), ("-l", "10", "-L", "10")):
            status, out = lab.dial("-m", mode, "-P", "20,6", "-w", "20",
                                   "-t", "6", *how)
            assert status == 0, (mode, how, out)
        lab.end_test(False)


def mss_through(lab, p, mss):
    """The MSS that the LAN sees in a SYN of the client's, and the one that
    the client sees in the answer."""
    link = lab.listen_link("lan", "eth0")
    server = lab.open_socket("lan", socket.AF_INET, socket.SOCK_STREAM, 0)
    lab.files.append(server)
    server.bind((netns.LAN, 0))
    server.listen(5)
    port = server.getsockname()[1]
    p.send_ip(wire.tcp_syn(p.address, netns.LAN, 4001, port, mss))
    there = lab.wait_packet(link, is_syn(port))
    assert wire.tcp_check(there), "wrong TCP checksum"
    back = p.next_ip(is_syn(port))
    assert back[33] & 0x12 == 0x12, "not a SYN-ACK"
    assert wire.tcp_check(back), "wrong TCP checksum"
    return wire.tcp_mss(there), wire.tcp_mss(back)


def test_mss_clamp(lab):
    d = lab.daemon()
    p = lab.peer().s5()
    mtu = d.session(p.peer_call_id)["mtu"]
    assert 1000 < mtu <= 1400, mtu
    assert mss_through(lab, p, 1460) == (mtu - 40, mtu - 40)
    assert mss_through(lab, p, 8960) == (mtu - 40, mtu - 40)
    assert mss_through(lab, p, 536)[0] == 536
    # Connections that begin in the LAN.
    s = lab.open_socket("lan", socket.AF_INET, socket.SOCK_STREAM, 0)
    lab.files.append(s)
    s.setblocking(False)
    s.connect_ex((p.address, 80))
    r = p.next_ip(is_syn(80))
    assert wire.tcp_mss(r) == mtu - 40, wire.tcp_mss(r)
    assert wire.tcp_check(r)


def test_mss_clamp_to_a_small_mru(lab):
    d = lab.daemon()
    p = lab.peer(mru=600).s5()
    mtu = d.session(p.peer_call_id)["mtu"]
    assert mtu <= 600, mtu
    assert mss_through(lab, p, 1460) == (mtu - 40, mtu - 40)


def test_no_mss_clamp(lab):
    lab.daemon("mss-clamp no")
    p = lab.peer().s5()
    assert mss_through(lab, p, 1460) == (1460, 1460)


def test_syn_with_odd_options(lab):
    """No MSS, no room, lengths that lie: passed on as they are."""
    lab.daemon()
    p = lab.peer().s5()
    link = lab.listen_link("lan", "eth0")
    plain = wire.tcp_syn(p.address, netns.LAN, 4002, 81)
    p.send_ip(plain)
    assert lab.wait_packet(link, is_syn(81))[20:] == plain[20:]
    for options in (b"\2\0\5\xb4", b"\2\5\5\xb4", b"\2\xff\5\xb4",
                    b"\2\3\5\0", b"\1\1\1\2", b"\0\2\4\5", b"\x08\0\0\0",
                    b"\2\4\5", b"\2"):
        n = (20 + len(options)) // 4
        body = struct.pack(">HHIIBBHHH", 4003, 82, 1, 0, n << 4, 2, 1000, 0,
                           0) + options
        p.send_ip(wire.ip4(p.address, netns.LAN, 6, body))
    # Data offsets beyond the end, and fragments that begin late.
    for first in (0x60, 0xf0, 0x00, 0x40):
        body = struct.pack(">HHIIBBHHH", 4003, 82, 1, 0, first, 2, 1000, 0, 0)
        p.send_ip(wire.ip4(p.address, netns.LAN, 6, body))
        p.send_ip(wire.ip4(p.address, netns.LAN, 6, body[:13]))
    p.ping(netns.LAN)


def test_ingress_filter(lab):
    """A client sends from its own address only."""
    d = lab.daemon()
    p, q = lab.peer().s5(), lab.peer().s5()
    link = lab.listen_link("lan", "eth0")
    sources = (q.address, netns.LOCAL, netns.LAN, netns.SERVER, "8.8.8.8",
               "0.0.0.0", "127.0.0.1", "255.255.255.255", "224.0.0.1")
    for n, source in enumerate(sources):
        p.send_ip(wire.icmp_echo(source, netns.LAN, 0x666, n))
    p.ping(netns.LAN)
    assert d.counter("ingress", p.peer_call_id) == len(sources)
    # The ping was behind them: whatever got through is on the link now.
    link.setblocking(False)
    while select.select([link], [], [], 0)[0]:
        data = link.recv(65536)
        assert data[24:26] != b"\x06\x66", "spoofed packet in the LAN"


def test_malformed_ip(lab):
    """What is not IPv4 in the tunnel goes nowhere."""
    d = lab.daemon()
    p = lab.peer().s5()
    good = wire.icmp_echo(p.address, netns.LAN, 1, 1)
    for packet in (b"", b"E", good[:19], b"\x60" + good[1:],
                   b"\x44" + good[1:], b"\x4f" + good[1:],
                   good[:2] + b"\0\x13" + good[4:],
                   good[:2] + b"\xff\xff" + good[4:]):
        p.send_ip(packet)
    p.ping(netns.LAN)
    assert p.fence() == []
    d.unchanged()


def test_too_big_for_the_tunnel(lab):
    """The LAN is told the tunnel's MTU; what may be split, is."""
    d = lab.daemon()
    p = lab.peer().s5()
    mtu = d.session(p.peer_call_id)["mtu"]
    s = udp(lab, "lan")
    s.setsockopt(socket.IPPROTO_IP, 10, 2)      # IP_MTU_DISCOVER, DO
    s.connect((p.address, 9))
    s.send(b"x" * 1472)

    def told():
        return s.getsockopt(socket.IPPROTO_IP, 14) == mtu   # IP_MTU
    netns.until(told, 5, "the LAN knows the MTU %d" % mtu)
    try:
        s.send(b"x" * (mtu - 28))
    except OSError:             # the error of the first one is due
        s.send(b"x" * (mtu - 28))
    r = p.next_ip(lambda q: q[9] == 17)
    assert len(r) == mtu
    t = udp(lab, "lan")
    t.setsockopt(socket.IPPROTO_IP, 10, 0)      # DONT
    t.sendto(b"y" * 1472, (p.address, 9))
    whole = 0
    while whole < 1480:
        r = p.next_ip(lambda q: q[9] == 17)
        assert len(r) <= mtu
        whole += len(r) - 20


def test_outer_packets_fit(lab):
    """A packet of the tunnel's MTU makes no fragments outside."""
    d = lab.daemon()
    link = lab.listen_link("client", "eth0")
    p = lab.peer().s5()
    mtu = d.session(p.peer_call_id)["mtu"]
    p.ping(p.gateway, mtu - 28)
    link.setblocking(False)
    largest = 0
    while select.select([link], [], [], 0)[0]:
        data = link.recv(65536)
        if data[9] == 47 and wire.text(data[12:16]) == netns.SERVER:
            largest = max(largest, len(data))
            assert struct.unpack(">H", data[6:8])[0] & 0x3fff == 0
    assert mtu < largest <= 1500, largest


def test_L22_full_size_from_the_client(lab):
    """RFC 1661 section 6.1: 1500 octets can always be received."""
    lab.daemon()
    p = lab.peer().s5()
    s = udp(lab, "lan", netns.LAN, 7)
    for size in (1372, 1373, 1400, 1472):
        data = os.urandom(size)
        p.send_ip(wire.udp4(p.address, netns.LAN, 4000, 7, data))
        assert s.recv(2000) == data, size


def test_counters(lab):
    d = lab.daemon()
    p = lab.peer().s5()
    before = d.session(p.peer_call_id)
    for _ in range(10):
        p.ping(netns.LAN, 72)
    after = d.session(p.peer_call_id)
    for name, more in (("in_packets", 10), ("out_packets", 10),
                       ("in_bytes", 1000), ("out_bytes", 1000)):
        got = after["counters"][name] - before["counters"][name]
        assert got == more, (name, got)
    assert after["phase"] == "network"
    assert (after["lcp"], after["ccp"], after["ipcp"]) == ("Opened",) * 3
    assert (after["peer"], after["server"]) == (netns.CLIENT, netns.SERVER)
    assert after["peer_mru"] == 1400 and after["peer_magic"] == p.magic
    s = d.stats()["session"]
    assert (s["sessions"], s["sessions_up"], s["sessions_total"]) == (1, 1, 1)
    p.hang_up()
    netns.until(lambda: not d.sessions(), 5, "the session is gone")
    s = d.stats()["session"]
    assert (s["sessions"], s["sessions_up"], s["sessions_total"]) == (0, 0, 1)
    assert s["counters"]["in_packets"] >= 10, "an ended session's are lost"
    assert sum(s["ended"].values()) == 1


def test_wire(lab):
    """No packet of ours that tshark calls malformed, without MPPE to hide
    what is inside, and with it."""
    lab.daemon("encryption allow",
               "authentication { mschapv2 mschap chap-md5 pap }")
    c = lab.capture()
    for method in ("mschapv2", "mschap", "chap-md5", "pap"):
        p = lab.peer(auth=[method], mppe=[]).s5()
        p.ping(netns.LAN)
        p.send_ppp(wire.IPV6CP, wire.cp(1, 1, b"\1\x0a12345678"))
        p.send_ppp(wire.LCP, wire.cp(99, 1))
        p.fence()
        p.hang_up()
    p = lab.peer(password="wrong").s3()
    p.run(lambda: p.failure is not None, what="failure")
    p = lab.peer().s5()
    p.ping(netns.LAN)
    p.hang_up()
    c.check_wellformed()


def test_200_sessions(lab):
    d = lab.daemon("remoteip 10.99.0.10-250,10.99.1.1-250")
    status, out = lab.dial("-q", "-n", "200", "-P", "3", "-t", "60",
                           timeout=100)
    assert status == 0, out
    s = d.stats()["session"]
    assert s["sessions_total"] == 200 and s["auth_ok"] == 200, s
    netns.until(lambda: not d.sessions(), 10, "all are gone")
    assert d.routes() == []


def test_churn(lab):
    """Sessions come and go; no descriptor, address or route stays."""
    d = lab.daemon("remoteip 10.99.0.10-11")
    lab.peer().s5().hang_up()
    engines = [d.proc.pid] + d.children

    def descriptors():
        return [len(os.listdir("/proc/%d/fd" % pid)) for pid in engines]
    before = descriptors()
    for n in range(60):
        p = lab.peer().s5()
        p.ping(p.gateway)
        if n % 3 == 0:
            p.hang_up()
        elif n % 3 == 1:
            p.control(wire.CCRQ, call_id=p.call_id)
        p.close()
        netns.until(lambda: len(d.sessions()) < 2, 5, "there is room")
    netns.until(lambda: not d.sessions() and not d.routes(), 5, "all gone")
    netns.until(lambda: descriptors() == before, 5, "%r descriptors, as %r" %
                (descriptors(), before))


def killed(p):
    """What a client sees when the administrator ends its session."""
    cdn = p.expect_control(wire.CDN)
    assert cdn.result == 3 and cdn.call_id == p.peer_call_id, cdn
    assert [q for q in p.silence(0.1) + p.log
            if q.is_(wire.LCP, wire.TERM_REQ)], "no word by LCP"


def answer_terminate(p):
    """Answer the Terminate-Request at once, the server waits for it."""
    p.run(lambda: p.terminated, what="Terminate-Request")


def test_kill(lab):
    d = lab.daemon('user "other" password "other-1"')
    a, b = lab.peer().s5(), lab.peer().s5()
    c = lab.peer(user="other", password="other-1").s5()
    e = lab.peer(source=netns.CLIENT2).s5()
    assert d.ctl("kill", "call", a.peer_call_id)["killed"] == 1
    answer_terminate(a)
    killed(a)
    b.ping(b.gateway)
    assert d.ctl("kill", "address", b.address)["killed"] == 1
    answer_terminate(b)
    killed(b)
    assert d.ctl("kill", "user", "other")["killed"] == 1
    answer_terminate(c)
    killed(c)
    e.ping(e.gateway)
    f = lab.peer().s5()
    assert d.ctl("kill", "address", netns.CLIENT2)["killed"] == 1
    answer_terminate(e)
    killed(e)
    g = lab.peer().s5()
    assert d.ctl("kill", "all")["killed"] == 2
    for p in (f, g):
        answer_terminate(p)
        killed(p)
    netns.until(lambda: not d.sessions() and not d.calls(), 5, "all gone")
    assert d.ended("admin") == 6
    assert d.routes() == []


def test_kill_of_nobody(lab):
    """Says so, by its number or its exit status, and harms nobody."""
    d = lab.daemon()
    p = lab.peer().s5()
    other = p.peer_call_id % 65535 + 1
    for words in (("call", other), ("user", "nobody"),
                  ("address", "192.0.2.1")):
        try:
            assert d.ctl("kill", *words)["killed"] == 0
        except AssertionError as e:
            assert "no " in str(e) or "unknown" in str(e), e
    p.ping(p.gateway)


def test_kill_of_a_client_that_does_not_answer(lab):
    d = lab.daemon("retry-timeout 1", "max-terminate 2")
    p = lab.peer().s5()
    began = time.monotonic()
    assert d.ctl("kill", "call", p.peer_call_id)["killed"] == 1
    p.expect_control(wire.CDN, 10)
    assert time.monotonic() - began < 6
    netns.until(lambda: d.routes() == [], 5, "route to go")


def test_kill_of_a_session_that_is_not_up(lab):
    d = lab.daemon("retry-timeout 1")
    for state in ("s2", "s3", "s4"):
        p = getattr(lab.peer(), state)()
        assert d.ctl("kill", "call", p.peer_call_id)["killed"] == 1
        p.expect_control(wire.CDN, 10)
    netns.until(lambda: not d.sessions(), 5, "all gone")


def test_traffic_after_the_end(lab):
    """Packets for an address without a client do not leave by the
    default route, they are unreachable."""
    lab.daemon()
    s = udp(lab, "lan")
    s.setsockopt(socket.IPPROTO_IP, 11, 1)      # IP_RECVERR
    s.connect(("10.99.0.50", 9))
    s.send(b"x")

    def refused():
        try:
            s.send(b"x")
        except OSError:
            return True
        return False
    netns.until(refused, 5, "the LAN is told")
