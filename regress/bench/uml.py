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

"""pptpd against PoPToP with pppd, in two User Mode Linux guests on a bridge:

    sink 10.7.0.254 -- guest A, the server 10.9.0.1 -- guest B, the client

A has the first CPU to itself and nothing to do but the tunnel; B, which has
the Linux client (pppd, the kernel's PPTP), and the sink share the second.
What A costs is what its processes take of the host's CPU; often it is B that
is the first to be busy, so what counts is what one core of A would do.

    uml.py pptpd [runs [seconds]]
"""

import ctypes
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
A, B, HOST, SINK = "10.9.0.1", "10.9.0.2", "10.9.0.254", "10.7.0.254"
LOCAL = "10.99.0.1"
MTU = 1400
CLONE_NEWNET = 0x40000000
OFFERED = 12000                 # packets of 64 octets a second
HERTZ = os.sysconf("SC_CLK_TCK")

DIR = tempfile.mkdtemp(prefix="pptpd-uml.")
NETNS = "pptpd-uml-%d" % os.getpid()
PROCESSES = []

PPTPD_CONF = """listen %s
localip %s
remoteip 10.99.0.10-20
encryption require { 128 stateless }
mru %d
user "lab" password "labpass"
""" % (A, LOCAL, MTU)

OPTIONS = """name pptpd
nodefaultroute
nolock
nobsdcomp
nodeflate
novj
novjccomp
nologfd
mtu %d
mru %d
auth
refuse-pap
refuse-chap
refuse-mschap
require-mschap-v2
require-mppe-128
nomppe-stateful
""" % (MTU, MTU)

POPTOP_CONF = """option {d}/options
localip %s
remoteip 10.99.0.10-20
listen %s
""" % (LOCAL, A)


def run(*argv):
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True).stdout


def start(argv, **how):
    p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, **how)
    PROCESSES.append(p)
    return p


class Guest:
    def __init__(self, name, address, cpu):
        self.address, self.out = address, os.path.join(DIR, name)
        os.mkdir(self.out)
        tap = "tap" + name
        run("ip", "-n", NETNS, "tuntap", "add", "dev", tap, "mode", "tap")
        no_offload(tap)
        run("ip", "-n", NETNS, "link", "set", tap, "master", "br0", "up")
        modules = [d for d in sorted(os.listdir("/usr/lib/uml/modules"))]
        with open(self.out + "/console", "w") as console:
            self.proc = start(
                ["nsenter", "--net=/run/netns/" + NETNS, "taskset", "-c",
                 str(cpu), "timeout", "-k", "5", "400", "linux.uml",
                 "mem=512M", "root=/dev/root", "rootfstype=hostfs",
                 "rootflags=/", "ro", "init=%s/../uml/init.sh" % HERE,
                 "uml_dir=" + self.out + "/uml", "con=null",
                 "con0=null,fd:1", "con1=null", "ssl=null", "quiet",
                 "vec0:transport=tap,ifname=" + tap, "OUT=" + self.out,
                 "MODULES=/usr/lib/uml/modules/%s/kernel" % modules[-1],
                 "ADDRESS=" + address,
                 "GUEST=%s/uml_agent.py" % HERE],
                stdout=console, stderr=console)
        end = time.monotonic() + 40
        while True:
            try:
                return self.connect().close()
            except OSError:
                if time.monotonic() > end or self.proc.poll() is not None:
                    raise
                time.sleep(0.2)

    def connect(self):
        return socket.create_connection((self.address, 7000), 5)

    def sh(self, script, timeout=60):
        with self.connect() as s:
            s.settimeout(timeout)
            s.sendall(script.encode())
            s.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: s.recv(65536), b"")).decode()

    def cpu(self):
        """Seconds of CPU that all its processes have taken: the child of
        timeout, which makes a session, and all in that."""
        with open("/proc/%d/task/%d/children" % (2 * (self.proc.pid,))) as f:
            session = int(f.read())
        total = 0
        for pid in os.listdir("/proc"):
            if not pid.isdigit():
                continue
            try:
                with open("/proc/%s/stat" % pid) as f:
                    field = f.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(field[3]) == session:
                total += sum(int(n) for n in field[11:15])
        return total / HERTZ


def no_offload(dev):
    run("ip", "netns", "exec", NETNS, "ethtool", "-K", dev, "tso", "off",
        "gso", "off", "gro", "off")


def until(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("not in %d s: %s" % (seconds, what))
        time.sleep(0.2)


def dial(a, b, server, pptpd):
    """Start a server, and a call to it."""
    if server == "pptpd":
        a.sh("setsid %s -d -f %s/pptpd.conf >%s/pptpd.log 2>&1 &" %
             (pptpd, DIR, a.out))
    else:
        a.sh("setsid pptpd --fg -c %s/poptop.conf -p /run/poptop.pid "
             ">%s/poptop.log 2>&1 &" % (DIR, a.out))
    until(lambda: b.sh("busybox nc -w 1 %s 1723 </dev/null "
                       "2>&1 || echo no" % A) == "",
          15, "%s listens" % server)
    log = "%s/%s.log" % (b.out, server)
    b.sh("rm -f " + log)
    b.sh("setsid %s/uml_dial.py %s %s %s/pppox.so unit 1 nodetach noauth "
         "logfile %s user lab maxfail 1 nodefaultroute noipdefault noipv6 "
         "nobsdcomp nodeflate novj novjccomp mtu %d mru %d require-mppe-128 "
         "refuse-eap >%s/dial.log 2>&1 &" % (HERE, A, B, DIR, log, MTU, MTU,
                                             b.out))
    until(lambda: b.sh("grep -s '^remote IP' " + log), 20, "a call is up")
    assert b.sh("grep -s 'MPPE 128-bit stateless' " + log), "no MPPE"
    b.sh("ip route add 10.7.0.0/24 dev ppp1; "
         "ip link set ppp1 txqueuelen 1000")


def hang_up(a, b):
    b.sh("busybox killall pppd")
    until(lambda: not b.sh("ls /sys/class/net | grep ppp"), 15, "hung up")
    a.sh("busybox killall pptpd pppd pptpctrl")
    until(lambda: not a.sh("ls /sys/class/net | grep -e ppp -e tun"), 15,
          "the server's end")


def iperf(a, b, *options):
    """What iperf3 of the client says, and CPU time of A a second."""
    server = start(["nsenter", "--net=/run/netns/" + NETNS, "taskset", "-c",
                    "1", "iperf3", "-s", "-1"], stdout=subprocess.DEVNULL)
    until(lambda: run("nsenter", "--net=/run/netns/" + NETNS, "ss", "-Hltn",
                      "sport = 5201"), 5, "iperf3 listens")
    cpu, began = a.cpu(), time.monotonic()
    said = b.sh("timeout 30 iperf3 -J -c %s %s" % (SINK, " ".join(options)))
    took = time.monotonic() - began
    cpu = (a.cpu() - cpu) / took
    server.terminate()
    server.wait()
    j = json.loads(said)
    if "error" in j and "-u" not in options:
        raise RuntimeError(j["error"])
    return j.get("end", {}), cpu, took


def tcp(a, b, seconds, option):
    """Mbit/s, and per core of the server."""
    end, cpu, took = iperf(a, b, "-t", str(seconds), option)
    rate = end["sum_received"]["bytes"] * 8 / took / 1e6
    return rate, rate / cpu


def udp(a, b, option):
    """64-octet packets a second that arrive, and per core of the server."""
    end, cpu, took = iperf(a, b, "-u", "-l", "64", "-b", str(OFFERED * 512),
                           "-w", "2M", "-t", "3", option)
    if "sum" not in end:
        return 0, 0
    n = end["sum"]["packets"] - end["sum"]["lost_packets"]
    return n / end["sum"]["seconds"], n / took / cpu


def main():
    pptpd = os.path.abspath(sys.argv[1])
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 4
    for name, text in (("pptpd.conf", PPTPD_CONF), ("options", OPTIONS),
                       ("poptop.conf", POPTOP_CONF.format(d=DIR))):
        with open(os.path.join(DIR, name), "w") as f:
            f.write(text)
        os.chmod(f.name, 0o600)
    run("gcc", "-O2", "-shared", "-fPIC", "-o", DIR + "/pppox.so",
        HERE + "/pppox.c")
    run("ip", "netns", "add", NETNS)
    for words in ("link set lo up", "link add br0 type bridge forward_delay 0",
                  "addr add %s/24 dev br0" % HOST,
                  "addr add %s/24 dev br0" % SINK, "link set br0 up",
                  "route add 10.99.0.0/24 via 10.7.0.1"):
        run("ip", "-n", NETNS, *words.split())
    no_offload("br0")
    # The guests' agents are in there.
    fd = os.open("/run/netns/" + NETNS, os.O_RDONLY)
    if ctypes.CDLL(None).setns(fd, CLONE_NEWNET) == -1:
        sys.exit("setns")
    a, b = Guest("A", A, 0), Guest("B", B, 1)
    for g in (a, b):
        g.sh("echo 'lab * labpass *' >/etc/ppp/chap-secrets; "
             "chmod 600 /etc/ppp/chap-secrets; "
             "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 "
             "net.core.rmem_default=4000000 net.core.rmem_max=8000000 "
             "net.core.wmem_max=8000000")
    a.sh("ip addr add 10.7.0.1/24 dev vec0; "
         "sysctl -qw net.ipv4.conf.all.send_redirects=0 "
         "net.ipv4.conf.vec0.send_redirects=0")
    b.sh("for i in net/ipv4/gre drivers/net/ppp/pppox drivers/net/ppp/pptp; "
         "do busybox insmod $MODULES/$i.ko; done")
    ways = (("up", ""), ("down", "-R"))
    got = {s: {} for s in ("PoPToP", "pptpd")}
    for n in range(runs):
        for server in got:
            dial(a, b, server, pptpd)
            for way, option in ways:
                got[server].setdefault("tcp " + way, []).append(
                    tcp(a, b, seconds, option))
            for way, option in ways:
                got[server].setdefault("udp " + way, []).append(
                    udp(a, b, option))
            got[server].setdefault("rtt", []).append(statistics.median(
                float(t) for t in re.findall(r"time=([\d.]+)", b.sh(
                    "ping -c 150 -i 0.02 " + LOCAL))))
            hang_up(a, b)
    table(got["PoPToP"], got["pptpd"])


def table(old, new):
    def line(what, unit, x, y, ratio):
        print("%-32s %10s %10s %-8s %6.2f" % (what, x, y, unit, ratio))

    print("%-32s %10s %10s %8s %6s" % ("", "PoPToP", "pptpd", "", "ratio"))
    for kind, what, unit in (("tcp", "TCP", "Mbit/s"),
                             ("udp", "64 octets", "/s")):
        for way, where in (("up", "to server"), ("down", "to client")):
            for n, per in ((1, " per core"), (0, "")):
                x = [r[n] for r in old[kind + " " + way]]
                y = [r[n] for r in new[kind + " " + way]]
                line("%s %s%s" % (what, where, per), unit,
                     "%.0f" % statistics.median(x),
                     "%.0f" % statistics.median(y), statistics.median(
                         q / max(1, p) for p, q in zip(x, y)))
    x, y = statistics.median(old["rtt"]), statistics.median(new["rtt"])
    line("round trip", "ms", "%.2f" % x, "%.2f" % y, x / y)


def cleanup():
    for p in PROCESSES:
        if p.poll() is None:
            p.terminate()
    for p in PROCESSES:
        p.wait()
    subprocess.run(["ip", "netns", "del", NETNS])


try:
    main()
    shutil.rmtree(DIR, ignore_errors=True)
except BaseException:
    print("logs: " + DIR, file=sys.stderr)
    raise
finally:
    cleanup()
