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


"""A path of some length that loses packets and lets some overtake others."""

import json
import os
import re
import shutil
import struct
import subprocess
import threading
import time

import line
import netns
import peer
import wire

NEAR, FAR = ("client", "10.8.0.2"), ("server", "10.8.0.1")
DIAL = ("-s", FAR[1], "-b", NEAR[1])


def start(lab, delay, *config):
    """A path, and a daemon at its end."""
    path = line.Line(lab, NEAR, FAR, delay)
    return path, lab.daemon("listen on " + FAR[1], *config)


def run_on(lab, path, script, **accidents):
    """Run a script on a client with a tun device.  Accidents happen on the
    way until it has made the file "$1", which is gone when the way is good
    again: not while the call comes up or ends."""
    up, over, log = lab.path("up"), lab.path("over"), lab.path("log")
    name = lab.path("script")
    with open(name, "w") as f:
        f.write("set -e -- %s\n: >%s\n"
                "while [ -e %s ]; do sleep 0.02; done\n%s\n" %
                (over, up, up, script))
    got = []
    t = threading.Thread(target=lambda: got.append(lab.dial(
        *DIAL, "-T", "-c", "sh %s >%s 2>&1" % (name, log))))
    t.start()
    netns.until(lambda: os.path.exists(up), 20, "the call is up")
    vars(path).update(accidents)
    os.unlink(up)
    netns.until(lambda: os.path.exists(over) or not t.is_alive(), 40,
                "the script is over")
    path.loss = path.late = 0
    if os.path.exists(over):
        os.unlink(over)
    t.join()
    with open(log) as f:
        said = f.read()
    assert got[0][0] == 0, (got[0][1], said)
    return said


def test_stateless_stays_in_step(lab):
    """5% lost and 5% overtaken by 1 to 16 others, both ways: all that comes
    can be decrypted, and afterwards nothing is missing."""
    path, d = start(lab, 0.005)
    said = run_on(lab, path, """
        ping -q -n -i 0.002 -c 800 $PPTP_PEER || :
        : >$1
        while [ -e $1 ]; do sleep 0.02; done
        ping -q -n -i 0.005 -c 100 -W 2 $PPTP_PEER
        """, loss=20, late=16)
    # The client itself waits for none that is late.
    received = [int(n) for n in re.findall(r"(\d+) received", said)]
    assert received[0] > 600 and received[1] == 100, said
    c = d.stats()["session"]["counters"]
    assert c["mppe_dropped"] == c["ccp_resets_out"] == 0, c
    assert c["gre_lost"] > 20 and c["gre_reordered"] > 20, c


def recovery(p, ident):
    """Lose one of a stream of pings: the time from the next one to the answer
    to the first that got through."""
    sent = {}
    number = 0
    lost = resets = None
    deadline = time.monotonic() + 5
    due = time.monotonic()
    while time.monotonic() < deadline:
        if time.monotonic() >= due:
            due += 0.005
            number += 1
            frame = p.ip_frame(wire.icmp_echo(p.address, p.gateway,
                                              ident, number))
            # A flag packet would mend it alone.
            if number >= 10 and lost is None and \
                    p.tx.count & 0xff not in range(0x80, 0x100):
                lost, resets = number, p.resets
                p.seq += 1
                continue
            p.send_gre(frame)
            sent[number] = time.monotonic()
        try:
            q = p.next_ppp(max(0, due - time.monotonic()))
        except peer.Timeout:
            continue
        if q.is_(wire.CCP, wire.RESET_REQ):
            p.tx.flush = True
        elif q.proto == wire.IP and q.data[20] == 0:
            got = struct.unpack(">HH", q.data[24:28])
            if lost is not None and got[0] == ident and got[1] > lost:
                assert p.resets == resets + 1, (resets, p.resets)
                return time.monotonic() - sent[lost + 1]
    raise AssertionError("no recovery")


def test_stateful_recovers(lab):
    """One Reset-Request, and all is well a round trip after it.  The first
    times the daemon waits for what may be late only, and asks then."""
    rtt = 0.05
    path, d = start(lab, rtt / 2, "encryption require { 128 stateful }")
    p = lab.peer(server=FAR[1], source=NEAR[1], mppe=[(128, True)]).s5()
    took = [recovery(p, n) for n in range(10)]
    # The answer has its way, too.
    more = [t - 2 * rtt for t in took]
    print("# recovery, beyond a round trip: " + " ".join(
        "%.0f" % (t * 1000) for t in more) + " ms")
    assert max(more) < 0.1, more
    assert sorted(more[4:])[3] < 0.03, more
    c = d.stats()["session"]["counters"]
    assert c["ccp_resets_out"] == 10, c


def test_tcp_under_loss(lab):
    """1% lost, 20 ms of round trip: TCP through the tunnel next to TCP without
    it, at the same time, both ways.  Where the losses fall matters: once more
    if it is too little."""
    if not shutil.which("iperf3"):
        raise netns.Skip("no iperf3")
    path, d = start(lab, 0.01)
    total = [0.0] * 4
    for _ in range(3):
        total = [a + b for a, b in zip(total, race(lab, path))]
        up, down = total[0] / total[1], total[2] / total[3]
        print("# tunnel next to bare path: up %.2f, down %.2f" % (up, down))
        if up > 0.8 and down > 0.8:
            return
    raise AssertionError("up %.2f, down %.2f" % (up, down))


def race(lab, path):
    """Mbit/s: up through the tunnel and without it, and down."""
    results = [lab.path("iperf") for _ in range(4)]
    script = ""
    for n, (address, option) in enumerate((
            ("$PPTP_PEER", ""), (FAR[1], ""),
            ("$PPTP_PEER", "-R"), (FAR[1], "-R"))):
        lab.popen("server", ["iperf3", "-s", "-1", "-p", str(5301 + n)],
                  stdout=subprocess.DEVNULL)
        script += "iperf3 -J -C reno -P 2 -t 9 -O 1 -c %s -p %d %s >%s &\n" \
            % (address, 5301 + n, option, results[n])
    netns.until(lambda: subprocess.run(
        ["ip", "netns", "exec", lab.ns["server"], "ss", "-Hltn",
         "sport >= 5301 and sport <= 5304"], capture_output=True,
        text=True).stdout.count("LISTEN") == 4, 5, "iperf3 listens")
    run_on(lab, path, script + "wait\n: >$1", loss=100)
    rates = []
    for name in results:
        with open(name) as f:
            rates.append(json.load(f)["end"]["sum_received"]
                         ["bits_per_second"] / 1e6)
    return rates
