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


"""Packets in batches and TCP in large pieces: what comes out is what would
have come out one by one."""

import os
import random
import signal
import socket
import struct
import subprocess
import threading

import netns
import wire

CLIENT_SCRIPT = """
import hashlib, random, socket
random.seed(%d)
s = socket.create_connection((%r, %d), 20)
total, sent = %d, hashlib.sha1()
while total:
    data = random.randbytes(min(total, random.choice((
        1, 2, 537, 1356, 1357, 4000, 30001, 65536, 200000))))
    s.sendall(data)
    sent.update(data)
    total -= len(data)
s.shutdown(socket.SHUT_WR)
got = hashlib.sha1()
while True:
    data = s.recv(1 << 20)
    if not data:
        break
    got.update(data)
assert got.digest() == sent.digest()
"""


def serve(server):
    """Send back what comes, when all of it is here."""
    for settings, _ in VARIANTS:
        c, _ = server.accept()
        with c:
            # A listening socket made its mind up earlier.
            if "net.ipv4.ip_no_pmtu_disc=1" in settings:
                c.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER
            c.settimeout(20)
            data = b""
            while True:
                more = c.recv(1 << 20)
                if not more:
                    break
                data += more
            c.sendall(data)


def no_offload(lab, host, dev):
    subprocess.run(["nsenter", "--net=/run/netns/" + lab.ns[host],
                    "ethtool", "-K", dev, "tx", "off", "tso", "off", "gso",
                    "off"], check=True, stdout=subprocess.DEVNULL)


def offload(lab, host, dev):
    subprocess.run(["nsenter", "--net=/run/netns/" + lab.ns[host],
                    "ethtool", "-K", dev, "tx", "on", "tso", "on", "gso",
                    "on"], check=True, stdout=subprocess.DEVNULL)


# What the kernels of both ends are told, and the accidents on the way.
VARIANTS = (
    (("net.ipv4.tcp_timestamps=1", "net.ipv4.tcp_ecn=0"), ()),
    (("net.ipv4.tcp_timestamps=0",), ()),
    (("net.ipv4.tcp_timestamps=1", "net.ipv4.tcp_ecn=1"), ()),
    (("net.ipv4.ip_no_pmtu_disc=1",), ()),              # no DF
    (("net.ipv4.ip_no_pmtu_disc=0", "net.ipv4.tcp_ecn=2"),
     ("-U", "-l", "1", "-L", "1")),                     # SACK
)


def real_tcp(lab, *flags):
    """The kernel's TCP between a client and the LAN, both ways, and what was
    on the tunnel's links.  Nothing but the tun device has offloads where it
    is captured, so what is seen there is what goes over a wire."""
    d = lab.daemon("mru 1400", flags=flags)
    server = lab.open_socket("lan", socket.AF_INET, socket.SOCK_STREAM, 0)
    lab.files.append(server)
    # What a test before this one left may be in TIME_WAIT.
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((netns.LAN, 5002))
    server.listen(5)
    server.settimeout(20)
    near = lab.open_socket("server", socket.AF_INET, socket.SOCK_STREAM, 0)
    lab.files.append(near)
    near.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    near.bind((netns.LOCAL, 5002))
    near.listen(5)
    near.settimeout(20)
    threads = [threading.Thread(target=serve, args=(s,))
               for s in (server, near)]
    for t in threads:
        t.start()
    no_offload(lab, "server", "lan")
    links = [lab.capture("client", "any", "tcp port 5002"),
             lab.capture("lan", "eth0", "tcp port 5002"),
             lab.capture("server", "any", "tcp port 5002")]
    try:
        for n, (settings, accidents) in enumerate(VARIANTS):
            for host in ("client", "lan", "server"):
                lab.sysctl(host, *settings)
            script = lab.path("script")
            with open(script, "w") as f:
                for address in (netns.LAN, netns.LOCAL):
                    f.write(CLIENT_SCRIPT % (n, address, 5002,
                                             400000 if accidents else
                                             700000 + n))
            status, out = lab.dial("-T", "-R", "192.168.177.0/24", "-c",
                                   "python3 " + script, *accidents)
            assert status == 0, (settings, out)
    finally:
        offload(lab, "server", "lan")
    for t in threads:
        t.join()
    for name in ("tun_dropped", "gre_send_error", "too_big", "ingress"):
        assert d.counter(name) == 0, (name, d.counter(name))
    return [c.stop() for c in links]


def look(c, want):
    """Of packets on a link, by tshark: length, what of it is wrong, and which
    of the things that a test of this test asks for it has."""
    packets = []
    for f in c.fields(want, "ip.len", "ip.checksum.status",
                      "tcp.checksum.status", "_ws.malformed", "ip.flags.df",
                      "tcp.flags", "tcp.options.timestamp.tsval",
                      "tcp.options.sack_le", "tcp.checksum"):
        # Linux may send ffff for 0, as UDP must; both are right.
        good = "0" if f[8] == "0xffff" else "1"
        flags = int(f[5], 16)
        kinds = {name for name, has in (
            ("no DF", f[4] in ("0", "False")), ("ECE", flags & 0x40),
            ("PSH", flags & 8), ("FIN", flags & 1), ("time", f[6]),
            ("SACK", f[7])) if has}
        packets.append((int(f[0]), f[1:4] != ["1", good, ""], kinds))
    assert len(packets) > 1000, "only %d packets" % len(packets)
    return packets


def check_link(c, want, mtu):
    """Whole packets only, and every checksum is good."""
    packets = look(c, want)
    bad = [q for q in packets if q[1]]
    assert bad == [], bad[:10]
    longest = max(q[0] for q in packets)
    assert longest == mtu, (longest, mtu)
    kinds = set().union(*(q[2] for q in packets))
    assert len(kinds) == 6, kinds


UP = "ip.src == 10.99.0.0/24 && ip.src != " + netns.LOCAL
DOWN = "ip.dst == 10.99.0.0/24 && ip.dst != " + netns.LOCAL


def test_real_tcp(lab):
    client, lan, server = real_tcp(lab)
    check_link(client, DOWN, 1396)
    check_link(lan, UP, 1396)
    # All of this went through the tun device in large pieces, both ways.
    sizes = server.fields("ip.len > 10000", "ip.src")
    up = sum(src.startswith("10.99.0.1") and src != netns.LOCAL
             for src, in sizes)
    assert up > 20 and len(sizes) - up > 20, (up, len(sizes))


def test_real_tcp_plain(lab):
    """The same with packets one by one."""
    client, lan, server = real_tcp(lab, "-p")
    check_link(client, DOWN, 1396)
    check_link(lan, UP, 1396)
    assert server.fields("ip.len > 1396 && " + UP, "ip.len") == []


def test_udp(lab):
    """Checksums that the kernel leaves to the device are completed."""
    lab.daemon()
    p = lab.peer().s5()
    for host, address in (("server", netns.LOCAL), ("lan", netns.LAN)):
        s = lab.open_socket(host, socket.AF_INET, socket.SOCK_DGRAM, 0)
        lab.files.append(s)
        s.bind((address, 0))
        for size in (0, 1, 2, 3, 17, 500, 1001, 1367, 1368):
            data = os.urandom(size)
            s.sendto(data, (p.address, 9))
            r = p.next_ip(lambda q: q[9] == 17)
            assert r[28:] == data
            pseudo = r[12:20] + struct.pack(">HH", 17, len(r) - 20)
            assert r[26:28] != b"\0\0" and \
                wire.checksum(pseudo + r[20:]) == 0, (host, size)
            assert wire.checksum(r[:20]) == 0


def segment(p, port, seq, data, *, flags=0x10, ident=1, df=False):
    body = struct.pack(">HHIIBBHHH", 4000, port, seq, 1, 5 << 4, flags,
                       65535, 0, 0) + data
    pseudo = wire.addr(p.address) + wire.addr(netns.LAN) + \
        struct.pack(">HH", 6, len(body))
    body = body[:16] + struct.pack(">H", wire.checksum(pseudo + body)) + \
        body[18:]
    return wire.ip4(p.address, netns.LAN, 6, body, ident=ident, df=df)


class Stopped:
    """The session engine does nothing meanwhile; then all comes at once."""

    def __init__(self, d):
        self.pid = d.role("session")

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)

    def __exit__(self, *what):
        os.kill(self.pid, signal.SIGCONT)


def test_segments_stay_as_they_are(lab):
    """Together through the tun device, apart again: no octet is another, a
    wrong one stays wrong, and each counts."""
    d = lab.daemon()
    p = lab.peer().s5()
    link = lab.listen_link("lan", "eth0")
    no_offload(lab, "server", "lan")
    random.seed(1)
    try:
        for df in (False, True):
            sent, seq = [], 0xffffff00
            for n in range(40):
                data = random.randbytes(1000 if n % 13 else 333)
                packet = segment(p, 81, seq & 0xffffffff, data,
                                 ident=65520 + n & 0xffff, df=df,
                                 flags=0x18 if n % 10 == 9 else 0x10)
                if n in (5, 17, 30):        # an octet of the data
                    packet = packet[:500] + bytes([packet[500] ^ 4]) + \
                        packet[501:]
                sent.append(packet)
                seq += len(data)
            before = d.session(p.peer_call_id)["counters"]
            with Stopped(d):
                for packet in sent:
                    p.send_ip(packet)
            got = []
            while len(got) < len(sent):
                got.append(lab.wait_packet(link, lambda q: q[9] == 6 and
                                           q[22:24] == b"\0\x51"))
            for a, b in zip(sent, got):
                # One router was on the way: TTL and its checksum.
                assert (b[:4], b[6:8], b[9:10], b[12:]) == \
                    (a[:4], a[6:8], a[9:10], a[12:]), (a[:60], b[:60])
                assert df or a[4:6] == b[4:6], "IP ID"
                assert wire.checksum(b[:20]) == 0
            assert [n for n, q in enumerate(got)
                    if not wire.tcp_check(q)] == [5, 17, 30]
            after = d.session(p.peer_call_id)["counters"]
            assert after["in_packets"] - before["in_packets"] == 40
            assert after["in_bytes"] - before["in_bytes"] == \
                sum(len(q) for q in sent)
    finally:
        offload(lab, "server", "lan")


def test_large_packets_are_cut(lab):
    """A large packet of the LAN's: segments for the client, each counts."""
    d = lab.daemon()
    p = lab.peer(mru=600).s5()
    mtu = d.session(p.peer_call_id)["mtu"]
    s = lab.open_socket("lan", socket.AF_PACKET, socket.SOCK_RAW, 0x0800)
    lab.files.append(s)
    s.setsockopt(263, 15, 1)            # SOL_PACKET, PACKET_VNET_HDR
    s.bind(("eth0", 0x0800))
    mac = lab.ip("server", "-o link show lan").split("link/ether ")[1][:17]
    eth = bytes.fromhex(mac.replace(":", "")) + b"\2\0\0\0\0\1\x08\0"
    a, b = wire.addr(netns.LAN), wire.addr(p.address)

    def large(mss, data, flags, df):
        body = struct.pack(">HHIIBBHHH", 80, 4001, 7, 9, 5 << 4, flags, 500,
                           0, 0)
        pseudo = a + b + struct.pack(">HH", 6, len(body) + len(data))
        body = body[:16] + struct.pack(
            ">H", ~wire.checksum(pseudo) & 0xffff) + body[18:] + data
        # NEEDS_CSUM, TCPV4
        return struct.pack("=BBHHHH", 1, 1, 54, mss, 34, 16) + eth + \
            wire.ip4(netns.LAN, p.address, 6, body, df=df, ident=99)

    # Segments that would not fit: none is sent, the LAN is told.
    link = lab.listen_link("lan", "eth0")
    s.send(large(mtu - 39, bytes(9000), 0x10, True))
    icmp = lab.wait_packet(link, lambda q: q[9] == 1)
    assert (icmp[20], icmp[21], icmp[26:28]) == \
        (3, 4, struct.pack(">H", mtu)), icmp
    assert [q for q in p.fence() if q.proto == wire.IP] == []

    for mss, size, flags in ((mtu - 40, 30000, 0x19), (100, 9999, 0x18),
                             (mtu - 40, 1, 0x10), (48, 60000, 0x10)):
        data = os.urandom(size)
        del p.log[:]
        before = d.session(p.peer_call_id)["counters"]
        s.send(large(mss, data, flags, False))
        got, n = b"", 0
        while len(got) < size:
            r = p.next_ip(lambda q: q[9] == 6)
            assert len(r) <= mtu and wire.tcp_check(r), (mss, size, n)
            assert wire.checksum(r[:20]) == 0
            ident, = struct.unpack(">H", r[4:6])
            seq, = struct.unpack(">I", r[24:28])
            assert (ident, seq) == (99 + n, 7 + len(got)), (ident, seq)
            last = len(got) + len(r) - 40 == size
            assert r[33] == (flags if last else flags & ~9), (n, r[33])
            got += r[40:]
            n += 1
        assert got == data and n == -(-size // mss)
        # Whatever else came, it counts, too.
        p.fence()
        after = d.session(p.peer_call_id)["counters"]
        more = [after[k] - before[k] for k in ("out_packets", "out_bytes")]
        sizes = [len(q.data) for q in p.log if q.proto == wire.IP]
        assert more == [len(sizes), sum(sizes)], (mss, size, n, more, sizes)


def test_time(lab):
    """With -t the steps of a packet's way are measured, without they are
    not."""
    names = ["in_receive_ns", "in_crypto_ns", "in_tun_ns", "out_tun_ns",
             "out_crypto_ns", "out_send_ns"]
    for flags in ((), ("-t",), ("-p", "-t")):
        d = lab.daemon(flags=flags)
        p = lab.peer().s5()
        for _ in range(5):
            p.ping(p.gateway, 1000)
        s = d.stats()["session"]
        for name in names:
            assert (0 < s[name] < 5e9) == ("-t" in flags), (flags, name, s)
        lab.end_test(False)
