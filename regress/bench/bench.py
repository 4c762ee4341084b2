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


"""What pptpd does on this machine, next to something else in the same run:
packets one by one (pptpd -p), or the same path without a tunnel.  As root, on
Linux, in network namespaces of its own.

    bench.py [-q] pptpd pptpctl pptpdial [part ...]

The daemon is pinned to processor 0, what makes and takes packets to 1; -q
measures less, for a look.  Parts are throughput, split, latency, memory, many,
engines.  Full packets have 1396 octets and are TCP segments towards the LAN in
runs of 16, from the LAN in large packets for the device to cut.  What goes
towards the LAN was encrypted before and passes by the client's own IP, so that
the daemon is what is busy; what only goes to clients is for another station
there: it has crossed the link then, and costs the daemon's processor nothing
more, as with a real interface.  A packet counts that arrived.
"""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "peer"),
                os.path.join(HERE, "..", "integration")]
sys.dont_write_bytecode = True

import netns  # noqa: E402
import scale  # noqa: E402

NOBODY_LAN, NOBODY_OUT = "192.168.177.77", "10.9.0.77"
FULL, SEGMENT, SMALL = 1396, 1356, 64
FIRST = "10.40.0.1"
NOBODYS_MAC = "02:00:00:00:00:02"
LINK = "link-output yes"
PER_SECOND = 400000, 150000     # packets to prepare, in batches and one by one
MODES = (("128", "MPPE-128 stateless", "encryption require { 128 stateless }"),
         ("128-stateful", "MPPE-128 stateful",
          "encryption require { 128 stateful }"),
         ("none", "no encryption", "encryption never"))
FEW, MANY = 64, 65000
WAYS = "up", "both", "down"
TICK = os.sysconf("SC_CLK_TCK")


def row(name, this, other="", ratio="", against=""):
    print("%-44s %14s %14s %7s  %s" % (name, this, other, ratio, against),
          flush=True)


def ratio(a, b):
    return "%.2f" % (a / b) if b else "-"


def processes(d):
    return [d.proc.pid] + netns.children(d.proc.pid)


def cpu(pids):
    """Seconds so far."""
    ticks = 0
    for pid in pids:
        with open("/proc/%d/stat" % pid) as f:
            words = f.read().rpartition(")")[2].split()
        ticks += int(words[11]) + int(words[12])
    return ticks / TICK


def pss(pids):
    octets = 0
    for pid in pids:
        with open("/proc/%d/smaps_rollup" % pid) as f:
            for line in f:
                if line.startswith("Pss:"):
                    octets += int(line.split()[1]) * 1024
    return octets


def start(lab, *lines, flags=(), cpus=(0,)):
    """The daemon, every process of it pinned."""
    d = lab.daemon("remoteip 10.40.0.1-10.40.255.254", "max-sessions 65000",
                   "max-startups 5000:100:5000", "connection-calls 64",
                   *lines, flags=flags, verbose=False)
    for pid in processes(d):
        os.sched_setaffinity(pid, cpus)
    return d


def load(lab, sessions, *args):
    g = scale.Load(lab, sessions, "-i", NOBODY_LAN, "-e",
                   "eth0," + mac(lab, "out"), *args)
    os.sched_setaffinity(g.proc.pid, {1})
    up = g.answer(120)
    assert up["up"] == str(sessions), up
    return g


def end(d, g=None):
    if g is not None:
        g.tell("quit")
        g.proc.wait()
        g.proc.stdin.close()
    assert d.stop(seconds=20) == 0


def sender(lab, host, dev, mac, dst, seconds, hosts=1, *count):
    p = lab.popen(host, ["python3", "-B", os.path.join(HERE, "gso.py"), dev,
                         mac, netns.LAN, dst, str(SEGMENT), str(seconds),
                         str(hosts), *count], stdout=subprocess.PIPE)
    os.sched_setaffinity(p.pid, {1})
    p.stdout.readline()         # it begins
    return p


def mac(lab, dev):
    return lab.ip("server", "-o link show " + dev).split(
        "link/ether ")[1].split()[0]


def sent(lab, dev):
    """Octets and packets that an interface of the server sent."""
    def look():
        with open("/proc/thread-self/net/dev") as f:
            return f.read()
    words = lab.inside("server", look).split(" %s:" % dev)[1].split()
    return int(words[8]), int(words[9])


def deaf(lab, on):
    """The client's station on the link is another, or itself again."""
    lab.ip("server", "neigh replace %s lladdr %s dev out nud permanent" %
           (netns.CLIENT, NOBODYS_MAC) if on else
           "neigh del %s dev out" % netns.CLIENT)


class Rate:
    """What the daemon has done, and with how much of the processor."""

    def __init__(self, d):
        self.d, self.pids = d, processes(d)
        self.before, self.cpu, self.time = self.look()

    def look(self):
        return (self.d.stats()["session"], cpu(self.pids), time.monotonic())

    def stop(self):
        after, used, now = self.look()

        def delta(name):
            return (after["counters"][name] -
                    self.before["counters"][name])
        self.seconds = now - self.time
        self.packets = delta("in_packets") + delta("out_packets")
        self.frames = after["link_packets"] - self.before["link_packets"]
        self.gbit = 8e-9 * (delta("in_bytes") + delta("out_bytes"))
        self.lost = (delta("gre_lost") + after["gre_overflow"] -
                     self.before["gre_overflow"])
        self.cpu = used - self.cpu
        self.ns = {k: after[k] - self.before[k] for k in after
                   if k.endswith("_ns")}
        return self


def await_link(lab, d, sessions):
    """Until nearly all packets to clients go as frames."""
    end = time.monotonic() + 20
    while True:
        assert time.monotonic() < end, "no frames"
        rate = Rate(d)
        sender(lab, "lan", "eth0", mac(lab, "lan"), FIRST, 5, sessions,
               str(sessions)).wait()
        if rate.stop().frames > 0.9 * rate.packets > 0:
            return
        time.sleep(0.1)


def flow(lab, d, g, way, sessions, ms, length=FULL, plain=False, link=False):
    """Full packets up, down or both."""
    p = None
    if way != "down":
        g.ask("prepare %d %d %s %d" % (
            sessions, length, "tcp" if length == FULL else "udp",
            PER_SECOND[plain] * ms // 1000), 60)
    else:
        deaf(lab, True)
    if link:
        await_link(lab, d, sessions)
    if way != "up":
        p = sender(lab, "lan", "eth0", mac(lab, "lan"), FIRST, ms / 1000,
                   sessions)
    before = sent(lab, "out")[1]
    rate = Rate(d)
    if way == "down":
        p.wait()
        rate.stop()
        assert sent(lab, "out")[1] - before >= rate.packets
        deaf(lab, False)
    else:
        g.ask("replay", 20)
        rate.stop()
        if p is not None:
            p.kill()
            p.wait()
    return rate


def bare(lab, way, ms):
    """Gbit/s that the kernel forwards, of the same packets."""
    host, dev, into, out, dst = {
        "up": ("client", "eth0", "out", "lan", NOBODY_LAN),
        "down": ("lan", "eth0", "lan", "out", NOBODY_OUT)}[way]
    p = sender(lab, host, dev, mac(lab, into), dst, ms / 1000)
    before, began = sent(lab, out)[0], time.monotonic()
    p.wait()
    return (sent(lab, out)[0] - before) * 8e-9 / (time.monotonic() - began)


def throughput(lab, quick):
    ms = 300 if quick else 1000
    free = {way: bare(lab, way, ms) for way in ("up", "down")}
    free["both"] = None
    for mode, name, line in MODES[:1] if quick else MODES:
        result = {}
        for plain in (True, False):
            d = start(lab, line, flags=["-p"] if plain else [])
            g = load(lab, FEW, "-m", mode)
            for n in (1, FEW):
                for way in WAYS:
                    result[plain, n, way] = flow(lab, d, g, way, n, ms,
                                                 plain=plain)
                result[plain, n, "small"] = flow(lab, d, g, "up", n, ms, SMALL,
                                                 plain)
            end(d, g)
        d = start(lab, line, LINK)
        g = load(lab, FEW, "-m", mode)
        for n in (1, FEW):
            result[LINK, n] = flow(lab, d, g, "down", n, ms, link=True)
        end(d, g)
        for n in (1, FEW):
            for way in WAYS + (LINK,):
                a = result[LINK, n] if way == LINK else result[False, n, way]
                if way == LINK:
                    way = "down"
                b = result[True, n, way]
                x, y = a.gbit / a.seconds, b.gbit / b.seconds
                what = "%s, %d session%s, %s" % (way, n, "s"[:n > 1], name)
                if a == result[LINK, n]:
                    what = "  with link-output"
                row(what, "%.2f Gbit/s" % x, "%.2f Gbit/s" % y, ratio(x, y),
                    "one by one")
                row("  processor", "%.2f s/Gbit" % (a.cpu / a.gbit),
                    "%.2f s/Gbit" % (b.cpu / b.gbit),
                    ratio(b.cpu / b.gbit, a.cpu / a.gbit), "one by one")
                if free[way] is not None and a != result[LINK, n]:
                    row("", "", "%.2f Gbit/s" % free[way],
                        ratio(x, free[way]), "forwarded without a tunnel")
            a, b = result[False, n, "small"], result[True, n, "small"]
            x, y = a.packets / a.seconds, b.packets / b.seconds
            row("64 octets, %d session%s, %s" % (n, "s"[:n > 1], name),
                "%.0f /s" % x, "%.0f /s" % y, ratio(x, y),
                "one by one; lost %d and %d" % (a.lost, b.lost))


def split(lab, quick):
    """ns for a packet, by the daemon's own clock (-t); medians of three."""
    ms = 300 if quick else 1000
    runs = []
    for _ in range(1 if quick else 3):
        runs.append({})
        for how in ("plain", "vectors", LINK):
            d = start(lab, MODES[0][2], *[LINK] * (how == LINK),
                      flags=["-t"] + ["-p"] * (how == "plain"))
            g = load(lab, 1)
            for way in ("in", "out"):
                r = flow(lab, d, g, {"in": "up", "out": "down"}[way], 1, ms,
                         plain=how == "plain", link=(way, how) == ("out", LINK))
                ns = {k[:-3]: v / max(r.packets, 1) for k, v in r.ns.items()
                      if k.startswith(way + "_")}
                ns[way + ", all"] = sum(ns.values())
                runs[-1][way, how] = ns
            end(d, g)
    for way, how, name in (("in", "vectors", ""), ("out", "vectors", ""),
                           ("out", LINK, ", link-output")):
        for k in sorted(runs[0][way, how], key=lambda k: ("all" in k, k)):
            ours = [r[way, how][k] for r in runs]
            plain = [r[way, "plain"][k] for r in runs]
            row("ns per packet, %s%s" % (k.replace("_", " "), name),
                "%.0f" % statistics.median(ours),
                "%.0f" % statistics.median(plain),
                "%.2f" % statistics.median(b / max(a, 1)
                                           for a, b in zip(ours, plain)),
                "one by one")


def latency(lab, quick):
    """Of pings through 50 sessions, while another one has full load; who makes
    that stands back when there is a ping.  It takes 2 GB."""
    ms = 1000 if quick else 3000
    d = start(lab, MODES[0][2])
    g = load(lab, 50)
    flood = load(lab, 1, "-b", "10.20.4.1")
    os.sched_setscheduler(flood.proc.pid, os.SCHED_IDLE, os.sched_param(0))
    idle = g.ask("ping 50 100 %d" % ms, 20)
    flood.ask("prepare 1 %d tcp %d" % (FULL, PER_SECOND[False] * ms // 1000),
              60)
    rate = Rate(d)
    flood.tell("replay")
    busy = g.ask("ping 50 100 %d" % ms, 20)
    rate.stop()
    flood.answer(20)
    for p in ("p50_us", "p99_us"):
        row("ping, %s, full load of another session" % p[:3],
            busy[p] + " us", idle[p] + " us",
            ratio(int(busy[p]), int(idle[p])), "idle")
    row("  unanswered", "%d of %s" % (int(busy["sent"]) -
                                      int(busy["answered"]), busy["sent"]),
        "%.0f %%" % (100 * rate.cpu / rate.seconds), "",
        "the daemon's processor")
    flood.tell("quit")
    flood.proc.wait()
    flood.proc.stdin.close()
    end(d, g)


def memory(lab, quick):
    """A connection for each session, as many as there may be descriptors."""
    n = 8000 if quick else min(19000, hard_limit() - 200)
    d = start(lab)
    pids = processes(d)
    g = load(lab, 1)
    one = pss(pids)
    end(d, g)
    d = start(lab)
    pids = processes(d)
    g = scale.Load(lab, n, "-i", NOBODY_LAN)
    os.sched_setaffinity(g.proc.pid, {1})
    up = g.answer(120)
    assert up["up"] == str(n), up
    row("octets per session, %d sessions" % n,
        "%.0f" % ((pss(pids) - one) / (n - 1)), "4096",
        ratio((pss(pids) - one) / (n - 1), 4096), "goal; PSS of all processes")
    row("set-ups, TCP connect to IPCP opened", "%s /s" % up["per_second"],
        "2000 /s", ratio(float(up["per_second"]), 2000), "goal")
    end(d, g)


def hard_limit():
    import resource
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def many(lab, quick):
    n = 2000 if quick else MANY
    c = min(n, (hard_limit() - 200) // 2)
    d = start(lab)
    g = load(lab, n, "-c", str(c))
    base = None
    for k in (1, 1000, n):
        r = flow(lab, d, g, "up", k, 1000, SMALL)
        ns = r.cpu * 1e9 / max(r.packets, 1)
        base = base or ns
        row("ns per packet of 64 octets, %d of %d sessions" % (k, n),
            "%.0f" % ns, "%.0f" % base, ratio(ns, base), "1 session")
    idle = g.ask("ping 50 100 2000", 20)
    g.tell("ping 50 100 2000")
    time.sleep(0.3)
    began = time.monotonic()
    subprocess.run([lab.pptpctl, "-s", d.socket, "show", "sessions"],
                   stdout=subprocess.DEVNULL, check=True)
    took = time.monotonic() - began
    busy = g.answer(20)
    row("show sessions, %d" % n, "%.2f s" % took, "1 s", ratio(took, 1),
        "goal")
    row("  ping, p99, meanwhile", busy["p99_us"] + " us",
        idle["p99_us"] + " us", ratio(int(busy["p99_us"]),
                                      int(idle["p99_us"])), "idle")
    g.tell("wait 30000")
    began = time.monotonic()
    d.kill(signal.SIGTERM)
    told = g.answer(40)
    assert netns.wait_exit(d.proc, 20) == 0
    took = time.monotonic() - began
    d.stopped = True
    row("end of %d sessions, %s told" % (n, told["told"]), "%.2f s" % took,
        "10 s", ratio(took, 10), "goal; %d connections" % c)
    g.tell("quit")
    g.proc.wait()
    g.proc.stdin.close()


def engines(lab, quick):
    """Each has a processor.  What they send to the clients waits in the queues
    of their devices when they begin, so that nobody needs one to make it."""
    large = 1500 if quick else 6000
    packets = large * ((65535 - 40) // SEGMENT)
    rates = []
    for n in (1, 2):
        d = start(lab, "engines %d" % n, cpus=(0, 1))
        g = load(lab, FEW)
        pids = [d.role("session engine %d" % (k + 1)) for k in range(n)]
        for dev in tuns(lab):
            lab.ip("server", "link set %s txqueuelen %d" % (dev, large + 1000))
        for k, pid in enumerate(pids):
            os.sched_setaffinity(pid, {k})
            os.kill(pid, signal.SIGSTOP)
        deaf(lab, True)
        sender(lab, "lan", "eth0", mac(lab, "lan"), FIRST, 60, FEW,
               str(large)).wait()
        before, began = sent(lab, "out")[1], time.monotonic()
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        while sent(lab, "out")[1] - before < packets:
            assert time.monotonic() < began + 30
            time.sleep(0.01)
        rates.append(packets / (time.monotonic() - began))
        deaf(lab, False)
        end(d, g)
    row("packets to clients, 2 engines", "%.0f /s" % rates[1],
        "%.0f /s" % rates[0], ratio(rates[1], rates[0]), "1 engine")


def tuns(lab):
    return [line.split(":")[1].strip() for line in
            lab.ip("server", "-o link show type tun").splitlines()]


def main():
    args = sys.argv[1:]
    quick = "-q" in args
    if quick:
        args.remove("-q")
    pptpd, pptpctl, pptpdial = (os.path.abspath(p) for p in args[:3])
    parts = [throughput, split, latency, memory, many, engines]
    if args[3:]:
        parts = [p for p in parts if p.__name__ in args[3:]]
    with tempfile.TemporaryDirectory(prefix="pptpd-bench.") as outdir:
        os.chmod(outdir, 0o755)
        lab = netns.Lab(pptpd, pptpctl, pptpdial, outdir)
        lab.setup()
        try:
            lab.ip("client", "route add local %s dev lo" % scale.NETWORK)
            lab.ip("server", "route add %s via %s" % (scale.NETWORK,
                                                      netns.CLIENT))
            for addr, dev in ((NOBODY_LAN, "lan"), (NOBODY_OUT, "out")):
                lab.ip("server", "neigh add %s lladdr 02:00:00:00:00:02 "
                       "dev %s" % (addr, dev))
            row("", "this", "other", "ratio", "other is")
            for part in parts:
                part(lab, quick)
                for p in lab.processes:
                    if p.poll() is None:
                        p.kill()
                        p.wait()
                del lab.processes[:], lab.daemons[:]
        finally:
            for p in lab.processes:
                if p.poll() is None:
                    p.kill()
                    p.wait()
            lab.teardown()


if __name__ == "__main__":
    main()
