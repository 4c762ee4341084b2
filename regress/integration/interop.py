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


"""T41: what the clients of the world say, over lines that lose packets, say
them twice, or out of order.  Each has its options, its order and its
habits; all must get through to a ping, in time and encrypted.

The line is between the client and its socket: a namespace has no netem
everywhere.  What the client lost it sends again, as it would.
"""

import random
import struct
import threading
import time

import crypto
import netns
import peer
import wire

LIMIT = 40.0                    # s for one client to get through
PATIENCE = 0.4                  # s until it sends something again

MAGIC = (wire.LCP_MAGIC, b"\x4a\x1b\x2c\x3d")
SMALL = [(wire.LCP_PFC, b""), (wire.LCP_ACFC, b"")]
NO_MAP = (wire.LCP_ACCM, bytes(4))
MRU = (wire.LCP_MRU, b"\x05\x78")
ZERO = bytes(4)
BEST = crypto.MPPE_H | crypto.MPPE_S
VJ = (wire.IPCP_VJ, b"\0\x2d\x0f\1")
SERVERS = [(k, ZERO) for k in (wire.IPCP_DNS1, wire.IPCP_NBNS1,
                               wire.IPCP_DNS2, wire.IPCP_NBNS2)]
INTERFACE_ID = wire.pack_options([(1, b"\x5c\x3d\x1a\x2b\0\0\0\1")])


def mppe(value):
    return (wire.CCP_MPPE, struct.pack(">I", value))


# lcp, ccp, ipcp: what is asked for first.  early: IPCP does not wait for CCP.
# extra: protocols that the server does not know.
CLIENTS = {
    "windows": dict(
        lcp=[MRU, MAGIC] + SMALL + [(wire.LCP_CALLBACK, b"\x06")],
        idents=[b"MSRASV5.20", b"MSRAS-0-DESKTOP-1", bytes(range(16))],
        ccp=[mppe(crypto.MPPE_H)], ipcp=[(wire.IPCP_ADDR, ZERO)] + SERVERS,
        extra=[wire.IPV6CP], early=True, domain="DESKTOP-1\\"),
    "macos": dict(
        lcp=[NO_MAP, MAGIC] + SMALL, ccp=[mppe(BEST)],
        ipcp=[VJ, (wire.IPCP_ADDR, ZERO)] + SERVERS[::2],
        extra=[wire.ACSCP, wire.IPV6CP, wire.ACSCP], early=True),
    "android": dict(
        lcp=[MRU, NO_MAP, MAGIC] + SMALL, ccp=[mppe(BEST)],
        ipcp=[(wire.IPCP_ADDR, ZERO)] + SERVERS[::2], acks="never"),
    "linux": dict(
        lcp=[NO_MAP, MAGIC] + SMALL,
        ccp=[mppe(BEST), (26, b"\x78\0"), (21, b"\x2f")],
        ipcp=[VJ, (wire.IPCP_ADDR, ZERO)] + SERVERS[::2],
        first_seq=1, acks="lone", term_ack=True),
    "routeros": dict(
        lcp=[(wire.LCP_MRU, b"\x05\xaa"), MAGIC], ccp=[mppe(BEST)],
        ipcp=[(wire.IPCP_ADDR, ZERO)], early=True,
        extra=[wire.IPV6CP, wire.MPLSCP]),
    "tp-link": dict(
        lcp=[MRU, MAGIC], ccp=[mppe(0)], ipcp=[(wire.IPCP_ADDR, ZERO)]),
}


class Line:
    """A socket with a bad line behind it."""

    def __init__(self, sock, rng, loss, late, twice, delay):
        self.sock, self.rng = sock, rng
        self.loss, self.late, self.twice = loss, late, twice
        self.delay = delay      # s, each way
        self.held = []          # [packets to wait for, packet]
        self.out, self.back = [], []    # (when it is there, packet)

    def __getattr__(self, name):
        return getattr(self.sock, name)

    def send(self, data):
        if self.delay:
            self.out.append((time.monotonic() + self.delay, data))
            return
        if self.rng.random() < self.loss:
            return
        if self.late and self.rng.random() < 0.2:
            self.held.append([self.rng.randint(1, self.late), data])
            return
        self.sock.send(data)
        if self.rng.random() < self.twice:
            self.sock.send(data)
        for h in self.held:
            h[0] -= 1
        self.release(0)

    def release(self, more):
        """What waits for no more than that many packets goes now."""
        ready = [h for h in self.held if h[0] <= more]
        self.held = [h for h in self.held if h[0] > more]
        for _, data in ready:
            self.sock.send(data)

    def pump(self):
        """Send what has been on its way long enough; when the next thing
        happens, there or here."""
        while self.out and self.out[0][0] <= time.monotonic():
            self.sock.send(self.out.pop(0)[1])
        return min([q[0][0] for q in (self.out, self.back) if q],
                   default=float("inf"))

    def lost(self):
        return self.rng.random() < self.loss


class Client(peer.Peer):
    def __init__(self, lab, kind, seed, **line):
        self.how, self.line = CLIENTS[kind], line
        self.rng = random.Random(seed)
        super().__init__(lambda *a: lab.open_socket("client", *a),
                         netns.SERVER, password=netns.PASSWORD,
                         user=self.how.get("domain", "") + netns.USER,
                         first_seq=self.how.get("first_seq", 0))
        self.acks = self.how.get("acks", "piggyback")
        self.sent = 0.0

    def open_gre(self):
        super().open_gre()
        self.raw = Line(self.raw, self.rng, **self.line)
        return self

    def next_gre(self, timeout=None):
        """Late ones and second ones are dropped, as clients do."""
        end = time.monotonic() + timeout
        while True:
            last = self.seen
            g = self.arrived(end)
            if self.raw.lost():
                self.seen = last
            elif g.seq is None or last is None or g.seq > last:
                return g
            else:
                self.seen = last

    def arrived(self, end):
        """What has come the whole way."""
        if not self.raw.delay:
            return super().next_gre(end - time.monotonic())
        while True:
            due = self.raw.pump()
            if self.raw.back and self.raw.back[0][0] <= time.monotonic():
                g = self.raw.back.pop(0)[1]
                self.seen = g.seq if g.seq is not None else self.seen
                return g
            if time.monotonic() >= end:
                raise peer.Timeout("nothing came")
            last = self.seen
            try:
                g = super().next_gre(min(due, end) - time.monotonic())
            except peer.Timeout:
                continue
            self.seen = last
            self.raw.back.append((time.monotonic() + self.raw.delay, g))

    def handle(self, p):
        if p.is_(wire.LCP, wire.CONF_REQ) and self.is_open(wire.LCP):
            # From the beginning again: an Ack of the server was lost.
            self.challenge = self.success = self.tx = self.rx = None
            self.opened[wire.CCP] = [False, False]
            self.opened[wire.IPCP] = [False, False]
        if self.how.get("term_ack") and p.proto == wire.IPCP and \
                not self.is_open(wire.CCP):
            self.send_cp(wire.IPCP, wire.TERM_ACK, b"", p.ident)
        elif p.proto in (wire.IP, wire.COMP):
            pass                # decrypted by nobody yet
        else:
            super().handle(p)

    def ask(self, proto, again):
        """Our Configure-Request: the first, or the same once more."""
        if proto in self.asked and not again:
            return
        if proto in self.asked:
            self.request(proto, self.asked[proto], self.ids[proto])
        else:
            self.request(proto, self.how[{
                wire.LCP: "lcp", wire.CCP: "ccp", wire.IPCP: "ipcp"}[proto]])

    def request(self, *what):
        self.sent = time.monotonic()
        return super().request(*what)

    def push(self, again=False):
        """Send what is due next, or overdue."""
        self.sent = time.monotonic()
        self.raw.release(99)
        if not self.is_open(wire.LCP):
            if not self.opened[wire.LCP][0]:
                self.ask(wire.LCP, again)
        elif self.success is None:
            if self.challenge is not None and again:
                self.respond()
        else:
            if not self.is_open(wire.CCP):
                if wire.CCP not in self.asked:
                    for proto in self.how.get("extra", ()):
                        self.send_cp(proto, wire.CONF_REQ, INTERFACE_ID)
                if not self.opened[wire.CCP][0]:
                    self.ask(wire.CCP, again)
            if not self.opened[wire.IPCP][0] and (
                    self.how.get("early") or self.is_open(wire.CCP)):
                self.ask(wire.IPCP, again)
            if self.is_open(wire.CCP) and self.is_open(wire.IPCP):
                self.send_ip(wire.icmp_echo(self.address, netns.LOCAL, 7, 7))

    def where(self):
        return (self.is_open(wire.LCP), self.challenge is not None,
                self.success is not None, self.is_open(wire.CCP),
                self.opened[wire.IPCP][0], self.is_open(wire.IPCP))

    def go(self):
        """All the way, to five answers of the server, or one from far away."""
        self.s2()
        for text in self.how.get("idents", ()):
            self.send_cp(wire.LCP, wire.IDENT, MAGIC[1] + text)
        end, pings, before = time.monotonic() + LIMIT, 0, None
        while pings < (1 if self.raw.delay else 5):
            assert time.monotonic() < end, "not in time: %r, last %r" % (
                self.where(), self.log[-5:])
            assert not self.terminated, "the server ends it: %r" % (
                self.log[-5:],)
            late = time.monotonic() - self.sent > PATIENCE + \
                2 * self.raw.delay
            if late or self.where() != before:
                before = self.where()
                self.push(late)
            try:
                p = self.next_ppp(PATIENCE / 2)
            except peer.Timeout:
                continue
            except crypto.MppeLost:
                continue
            if p.proto == wire.IP:
                assert p.encrypted, "IP in clear"
                if p.data[9] == 1:
                    pings += 1
                    self.push()
                continue
            self.handle(p)


def torture(lab, loss=0.0, late=0, twice=0.0, delay=0.0):
    d = lab.daemon("retry-timeout 1", "reorder-timeout 100",
                   "encryption require { 128 stateless, 40 stateless }")
    c = lab.capture()
    clients = {kind: Client(lab, kind, "%s %g %d %g" % (
        kind, loss, late, twice), loss=loss, late=late, twice=twice,
        delay=delay)
        for kind in CLIENTS}
    lab.peers += clients.values()
    faults = []

    def run(kind):
        try:
            clients[kind].go()
        except Exception as e:
            faults.append("%s: %s: %s" % (kind, type(e).__name__, e))

    threads = [threading.Thread(target=run, args=(kind,), daemon=True)
               for kind in clients]
    for t in threads:
        t.start()
    for t in threads:
        t.join(LIMIT + 10)
    assert not faults, "\n".join(faults)
    assert [s["mppe_bits"] for s in d.sessions()] == [128] * len(CLIENTS)
    assert len({s["address"] for s in d.sessions()}) == len(CLIENTS)
    c.check_no_clear_ip()
    d.unchanged()
    return clients


def test_T41_good_line(lab):
    torture(lab)


def test_T41_loss_of_1_percent(lab):
    torture(lab, loss=0.01)


def test_T41_loss_of_5_percent(lab):
    torture(lab, loss=0.05)


def test_T41_loss_of_20_percent(lab):
    torture(lab, loss=0.2)


def test_T41_reordered_by_1_to_16(lab):
    torture(lab, late=16)


def test_T41_duplicates(lab):
    torture(lab, twice=1.0)


def test_T41_all_at_once(lab):
    torture(lab, loss=0.1, late=8, twice=0.3)


def test_T41_far_away(lab):
    """A round trip of 0.7 s: what we ask for a second time meanwhile is
    answered twice, and nothing begins anew for that."""
    for kind, p in torture(lab, delay=0.35).items():
        challenges = [q for q in p.log if q.is_(wire.CHAP, wire.CHALLENGE)]
        assert len(challenges) == 1, (kind, challenges)
