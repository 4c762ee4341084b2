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


"""Full load: one session's flood is not another's trouble, and what has a
deadline keeps it."""

import os
import signal
import time

import netns
import peer
import wire

SECONDS = 2.5           # of flood
DEADLINE = 1.0          # for any answer; most come within milliseconds
NOBODY = "192.168.177.77"

# As fast as one process can.
LAN_FLOOD = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((%r, 9))
data = b"x" * 1300
while True:
    try:
        s.send(data)
    except OSError:
        pass
"""


def client_flood(lab, source, *args):
    return lab.popen("client", [
        lab.pptpdial, "-q", "-s", netns.SERVER, "-u", netns.USER, "-p",
        netns.PASSWORD, "-b", source, "-i", NOBODY, "-f", "udp:100000000"] +
        list(args))


def live(d, p):
    """A client who works while others flood: pings, LCP echoes, and Resets
    of CCP if it is stateful.  Returns how many pings of how many were
    answered."""
    asks = [(wire.LCP, wire.ECHO_REQ, wire.ECHO_REP, p._magic() + b"x")]
    if d.session(p.peer_call_id)["mppe_stateful"]:
        asks.append((wire.CCP, wire.RESET_REQ, wire.RESET_ACK, b""))
    answers, pings, slowest = 0, 0, 0.0
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        began = time.monotonic()
        for _ in range(5):
            pings += 1
            try:
                p.ping(p.gateway, timeout=0.5)
                answers += 1
            except peer.Timeout:
                pass
        # What is asked may get lost in a flood, but not again and again.
        for proto, code, answer, data in asks:
            for tries in (1, 2, 3):
                asked = time.monotonic()
                ident = p.send_cp(proto, code, data)
                try:
                    p.expect(proto, answer, ident, timeout=DEADLINE,
                             auto=True)
                    slowest = max(slowest, time.monotonic() - asked)
                    break
                except peer.Timeout:
                    assert tries < 3, "no answer to %04x code %d" % (proto,
                                                                      code)
        asked = time.monotonic()
        d.session(p.peer_call_id)
        assert time.monotonic() - asked < 5, "pptpctl waits"
        # Servers limit how many echoes they answer in a second.
        p.silence(max(0, began + 0.25 - time.monotonic()))
    assert slowest < DEADLINE, slowest
    return answers, pings


def test_flood_of_clients(lab):
    """Two clients send as fast as they can, encrypted and not."""
    d = lab.daemon("encryption allow",
                   "lcp-echo-interval 1", "lcp-echo-failures 3")
    p = lab.peer().s5()
    floods = [client_flood(lab, netns.CLIENT2, "-m", "none"),
              client_flood(lab, netns.CLIENT3, "-m", "128")]
    p.run(lambda: d.counter("gre_packets") > 20000, 20, "flood")
    before = d.counter("in_packets")
    answers, pings = live(d, p)
    assert d.counter("in_packets") - before > 10000 * SECONDS, "no flood"
    # More than the server can take is dropped, of everybody.
    assert answers >= pings * 0.4, (answers, pings)

    # Now it does not keep up at all: packets are dropped and counted, and
    # nobody is told by ICMP that there is no such protocol here.
    engine = d.role("session")
    os.kill(engine, signal.SIGSTOP)
    try:
        for n in range(50):
            p.send_ip(wire.icmp_echo(p.address, p.gateway, 1, n))
            time.sleep(0.01)            # nobody would say when it is full
    finally:
        os.kill(engine, signal.SIGCONT)
    assert d.counter("gre_overflow") > 100, "drops are not counted"
    assert len(d.sessions()) == 3
    for f in floods:
        f.kill()
        f.wait()
    p.settle()


def test_flood_of_the_lan(lab):
    """More than a session can take comes from the LAN."""
    d = lab.daemon("encryption require { 128 stateless, 128 stateful }",
                   "lcp-echo-interval 1", "lcp-echo-failures 3")
    p = lab.peer(mppe=[(128, True)]).s5()
    q = lab.peer(source=netns.CLIENT2).s5()     # it does not listen
    floods = [lab.popen("lan", ["python3", "-c", LAN_FLOOD % q.address])
              for _ in range(2)]
    p.run(lambda: d.counter("tun_packets") > 20000, 20, "flood")
    before = d.counter("tun_packets")
    live(d, p)
    assert d.counter("tun_packets") - before > 10000 * SECONDS, "no flood"
    for f in floods:
        f.kill()
        f.wait()
