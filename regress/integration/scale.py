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


"""Many sessions at once: they come up, work, are shown, and are told at the
end.  regress/bench/load makes them; 65,000 of them are in the bench."""

import os
import select
import signal
import subprocess
import time

import netns
import peer

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
LOAD = os.path.join(TOP, "regress", "bench", "load")
NETWORK = "10.20.0.0/16"


class Load:
    """The load generator on the client; it answers in lines of key=value."""

    def __init__(self, lab, sessions, *args):
        self.proc = lab.popen("client", [
            LOAD, "-s", netns.SERVER, "-u", netns.USER, "-p", netns.PASSWORD,
            "-b", "10.20.0.1-10.20.3.255", "-n", str(sessions)] + list(args),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.said = b""

    def answer(self, seconds):
        end = time.monotonic() + seconds
        while b"\n" not in self.said:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.proc.stdout], [], [],
                                              left)[0]:
                raise peer.Timeout("load says nothing")
            data = os.read(self.proc.stdout.fileno(), 4096)
            assert data, "load ended: %r" % self.said
            self.said += data
        line, self.said = self.said.split(b"\n", 1)
        return dict(word.split("=") for word in line.decode().split()
                    if "=" in word)

    def tell(self, line):
        self.proc.stdin.write(line.encode() + b"\n")
        self.proc.stdin.flush()

    def ask(self, line, seconds):
        self.tell(line)
        return self.answer(seconds)


def test_many_sessions(lab):
    """Set-up, pings while all are listed, an end that everybody is told of,
    with the largest limits that there are."""
    many = 500 if lab.sanitized else 2000
    assert os.path.exists(LOAD), "regress/bench/load is not built"
    lab.ip("client", "route replace local %s dev lo" % NETWORK)
    lab.ip("server", "route add %s via %s" % (NETWORK, netns.CLIENT))
    try:
        d = lab.daemon("remoteip 10.40.0.1-10.40.7.254",
                       "max-sessions 65535", "max-startups 65535:100:65535")
        load = Load(lab, many, "-c", str(many // 2))
        up = load.answer(40)
        assert up["up"] == str(many) and up["failed"] == "0", up
        assert d.counter("sessions_up") == many
        load.tell("ping 50 100 2000")
        shown = d.sessions()
        assert len(shown) == many
        assert len({s["address"] for s in shown}) == many
        ping = load.answer(10)
        assert int(ping["answered"]) >= int(ping["sent"]) * 0.98, ping

        # Who is not known to be gone keeps the daemon from ending.
        load.tell("wait 20000")
        began = time.monotonic()
        d.kill(signal.SIGTERM)
        told = load.answer(25)
        assert told["told"] == told["over"] == str(many), told
        assert netns.wait_exit(d.proc, 10) == 0, "exit status"
        assert time.monotonic() - began < 10
        d.stopped = True
        load.tell("quit")
        assert netns.wait_exit(load.proc, 5) == 0
        load.proc.stdin.close()
    finally:
        lab.ip("server", "route del %s" % NETWORK)
        lab.ip("client", "route del local %s dev lo" % NETWORK)
