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

"""Three hosts in network namespaces, the daemon on the middle one:

    client 10.9.0.2 -- 10.9.0.1 server 192.168.177.1 -- 192.168.177.2 lan

The client has 10.9.0.3 and .4, too, the server 10.9.0.9.  A Lab holds the
hosts for a whole run; what a test starts on them ends with the test, and is
checked then: all processes of the daemon are the ones it started with, it
ends by SIGTERM with status 0, and leaves no route, device or socket behind.
"""

import ctypes
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import time

import peer
import wire

SERVER, SERVER2, CLIENT = "10.9.0.1", "10.9.0.9", "10.9.0.2"
CLIENT2, CLIENT3 = "10.9.0.3", "10.9.0.4"
LAN_GW, LAN = "192.168.177.1", "192.168.177.2"
LOCAL = "10.99.0.1"
USER, PASSWORD = "test", "s3cret-Pa55"
CLONE_NEWNET = 0x40000000

CONFIG = {
    "listen": "on " + SERVER,
    "localip": LOCAL,
    "remoteip": "10.99.0.10-99",
    "dns": "10.99.0.1 10.99.0.2",
    "nbns": "10.99.0.3",
    "authentication": "{ mschapv2 }",
    "encryption": "require",
    # The tests do wrong things, and many, all from the same addresses.
    "penalty": "no",
    "source-sessions": "0",
    "source-startups": "0",
    "net-startups": "0",
    "max-startups": "2000:100:2000",
}


class Skip(Exception):
    """The test cannot be run here; with the reason."""


def config(*lines, drop=()):
    """The usual configuration; a line replaces the one of its keyword."""
    given = {line.split()[0] for line in lines}
    text = ["%s %s" % (k, v) for k, v in CONFIG.items()
            if k not in given and k not in drop]
    text += lines
    text.append('user "%s" password "%s"' % (USER, PASSWORD))
    return "\n".join(text) + "\n"


def wait_exit(proc, seconds):
    """Wait for a child process by event; its status, None: still there."""
    if proc.poll() is None:
        fd = os.pidfd_open(proc.pid)
        try:
            if select.select([fd], [], [], seconds)[0]:
                # One that is traced is first reported to its tracer.
                return proc.wait()
        finally:
            os.close(fd)
    return proc.poll()


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return sorted(int(n) for n in f.read().split())
    except FileNotFoundError:
        return []


def gone(pid):
    """It has ended, whether or not anybody has asked for its status."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def until(condition, seconds, what):
    """Wait for what tells nobody when it happens; looks every 10 ms."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise peer.Timeout("not in %g s: %s" % (seconds, what))
        select.select([], [], [], 0.01)


class Lab:
    def __init__(self, pptpd, pptpctl, pptpdial, outdir):
        self.pptpd, self.pptpctl, self.pptpdial = pptpd, pptpctl, pptpdial
        self.outdir = outdir
        with open(pptpd, "rb") as f:
            self.sanitized = b"__asan_init" in f.read()
        # Where sanitizers put what they find; without it, in the log.
        where = re.search("log_path=([^:]*)/",
                          os.environ.get("ASAN_OPTIONS", ""))
        self.reports = where and where[1]
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.ns, self.fd = {}, {}
        self.peers, self.daemons, self.processes = [], [], []
        self.captures, self.files = [], []
        self.number = 0

    # ----------------------------------------------------------- the hosts

    def setup(self):
        for host in ("server", "client", "lan"):
            name = "pptp%s%d" % (host[0], os.getpid())
            self._run("ip", "netns", "add", name)
            self.ns[host] = name
            self.fd[host] = os.open("/run/netns/" + name, os.O_RDONLY)
            self.ip(host, "link set lo up")
            self.sysctl(host, "net.ipv6.conf.all.disable_ipv6=1",
                        "net.ipv6.conf.default.disable_ipv6=1",
                        "net.ipv4.conf.all.rp_filter=0",
                        "net.ipv4.conf.default.rp_filter=0")
        self.sysctl("server", "net.ipv4.ip_forward=1")
        self.ip("server", "link add out type veth peer name eth0 netns " +
                self.ns["client"])
        self.ip("server", "link add lan type veth peer name eth0 netns " +
                self.ns["lan"])
        for host, dev, *addresses in (
                ("server", "out", SERVER, SERVER2),
                ("server", "lan", LAN_GW),
                ("client", "eth0", CLIENT, CLIENT2, CLIENT3),
                ("lan", "eth0", LAN)):
            for a in addresses:
                self.ip(host, "addr add %s/24 dev %s" % (a, dev))
            self.ip(host, "link set %s up" % dev)
        self.ip("lan", "route add default via " + LAN_GW)
        self.baseline = self.state()

    def teardown(self):
        for name in self.ns.values():
            self._run("ip", "netns", "del", name)
        for fd in self.fd.values():
            os.close(fd)

    @staticmethod
    def _run(*argv, **how):
        return subprocess.run(argv, check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True,
                              **how).stdout

    def ip(self, host, words):
        return self._run("ip", "-n", self.ns[host], *words.split())

    def sysctl(self, host, *settings):
        self._run("nsenter", "--net=/run/netns/" + self.ns[host],
                  "sysctl", "-qw", *settings)

    def state(self):
        """What the daemon must leave as it was."""
        names = re.findall(r"^\d+: ([^:@]+)", self.ip("server", "-o link"),
                           re.M)
        return (sorted(names), self.ip("server", "route show table all"),
                self.ip("server", "neigh show proxy"))

    def inside(self, host, function):
        """What function() returns when called on that host."""
        if self.libc.setns(self.fd[host], CLONE_NEWNET) == -1:
            raise OSError(ctypes.get_errno(), "setns")
        try:
            return function()
        finally:
            self.libc.setns(self.home, CLONE_NEWNET)

    def open_socket(self, host, *args):
        """A socket that lives on that host."""
        return self.inside(host, lambda: socket.socket(*args))

    def listen_link(self, host, dev):
        """A socket that gets every IP packet of a link."""
        s = self.open_socket(host, socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        s.bind((dev, 0x0003))
        self.files.append(s)
        return s

    @staticmethod
    def wait_packet(s, want, timeout=5.0):
        """The first IP packet on a link for which want() holds."""
        end = time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([s], [], [], left)[0]:
                raise peer.Timeout("no such packet on the link")
            data, address = s.recvfrom(65536)
            if address[1] != 0x0800 or len(data) < 20:
                continue
            if want(data[:struct.unpack(">H", data[2:4])[0]]):
                return data

    # ------------------------------------------------------- what tests use

    def peer(self, **how):
        how.setdefault("user", USER)
        how.setdefault("password", PASSWORD)
        server = how.pop("server", SERVER)
        p = peer.Peer(lambda *a: self.open_socket("client", *a), server,
                      **how)
        self.peers.append(p)
        return p

    def popen(self, host, argv, **how):
        argv = ["nsenter", "--net=/run/netns/" + self.ns[host]] + argv
        how.setdefault("stdin", subprocess.DEVNULL)
        p = subprocess.Popen(argv, **how)
        self.processes.append(p)
        return p

    def daemon(self, *lines, text=None, drop=(), check=True, nofile=None,
               memory=None, wait=True, flags=(), verbose=True):
        """Start one; check tells whether it must survive the test, wait
        whether to wait until it answers pptpctl; memory is the limit of the
        address space of each process."""
        d = Daemon(self, text if text is not None else
                   config(*lines, drop=drop), check, verbose)
        self.daemons.append(d)
        d.start(nofile, flags, memory)
        if wait:
            d.ready()
        return d

    def dial(self, *args, timeout=60, source=CLIENT):
        """Run pptpdial on the client; (exit status, output)."""
        p = self.popen("client", [self.pptpdial, "-s", SERVER, "-u", USER,
                                  "-p", PASSWORD] + list(args),
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True)
        try:
            out = p.communicate(timeout=timeout)[0]
        except subprocess.TimeoutExpired:
            p.kill()
            raise peer.Timeout("pptpdial: " + p.communicate()[0]) from None
        return p.returncode, out

    def capture(self, host="server", dev="out",
                what="tcp port 1723 or ip proto 47"):
        c = Capture(self, host, dev, what)
        self.captures.append(c)
        return c

    def path(self, name):
        self.number += 1
        return os.path.join(self.outdir, "%03d.%s" % (self.number, name))

    def take_reports(self):
        """What sanitizers say; the next time it is gone."""
        found = []
        for name in os.listdir(self.reports) if self.reports else ():
            path = os.path.join(self.reports, name)
            with open(path, errors="replace") as f:
                found.append(f.read())
            os.unlink(path)
        return found

    def end_test(self, failed):
        """End what a test left; faults found now raise AssertionError."""
        faults = []
        for p in self.peers:
            p.close()
        for f in self.files:
            f.close()
        for d in self.daemons:
            try:
                d.finish(failed)
            except AssertionError as e:
                faults.append(str(e))
        faults += self.take_reports()
        for p in self.processes:
            if p.poll() is None:
                p.kill()
                p.wait()
            for f in (p.stdout, p.stderr):
                if f is not None:
                    f.close()
        del self.peers[:], self.files[:], self.daemons[:]
        del self.processes[:], self.captures[:]
        if self.state() != self.baseline:
            if not failed:
                faults.append("left behind: %r" % (self.state(),))
            # Not to be blamed on the next test.
            for line in self.state()[1].splitlines():
                if line not in self.baseline[1]:
                    subprocess.run(["ip", "-n", self.ns["server"], "route",
                                    "del"] + line.split(),
                                   stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
            for line in self.state()[2].splitlines():
                if line not in self.baseline[2]:
                    self.ip("server", "neigh del proxy %s dev %s" %
                            tuple(line.split()[0:3:2]))
        if faults:
            raise AssertionError("; ".join(faults))


class Daemon:
    def __init__(self, lab, text, check, verbose):
        self.lab, self.check, self.verbose = lab, check, verbose
        base = lab.path("pptpd")
        self.conf, self.log_path = base + ".conf", base + ".log"
        self.socket = base + ".sock"
        self.write(text)
        self.secrets = set(re.findall(r'password\s+"([^"]+)"', text))
        self.proc = None
        self.stopped = False

    def write(self, text):
        fd = os.open(self.conf, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w") as f:
            f.write(text)

    def start(self, nofile=None, flags=(), memory=None):
        argv = [self.lab.pptpd, "-d", "-f", self.conf, "-s",
                self.socket] + list(flags)
        if self.verbose:
            argv.append("-v")
        if nofile is not None:
            # Nor may it raise it again.
            argv = ["prlimit", "--nofile=%d:%d" % (nofile, nofile),
                    "setpriv", "--bounding-set=-sys_resource"] + argv
        if memory is not None:
            argv = ["prlimit", "--as=%d:%d" % (memory, memory)] + argv
        with open(self.log_path, "ab") as log:
            self.proc = self.lab.popen("server", argv, stdout=log,
                                       stderr=log)

    def ready(self):
        """All engines said that they serve, and it answers pptpctl."""
        until(lambda: self._alive() and "started on " in self.log(), 10,
              "the daemon serves")
        until(self._answers, 10, "the daemon answers")
        self.stats()
        self.children = children(self.proc.pid)

    def _alive(self):
        assert self.proc.poll() is None, "the daemon does not start:\n" + \
            self.log()
        return True

    def _answers(self):
        self._alive()
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with s:
            return s.connect_ex(self.socket) == 0

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def ctl(self, *words, ok=True, timeout=20):
        """pptpctl -j; what it says, decoded."""
        r = subprocess.run([self.lab.pptpctl, "-j", "-s", self.socket] +
                           [str(w) for w in words], capture_output=True,
                           text=True, timeout=timeout)
        if not ok:
            assert r.returncode != 0, "pptpctl %s worked" % (words,)
            return r.stderr
        assert r.returncode == 0, "pptpctl %s: %s" % (words, r.stderr)
        return json.loads(r.stdout)

    def stats(self):
        return self.ctl("show", "stats")

    def sessions(self):
        return self.ctl("show", "sessions")["sessions"]

    def calls(self):
        return self.ctl("show", "calls")["calls"]

    def session(self, call_id):
        got = self.ctl("show", "session", call_id)["sessions"]
        assert len(got) == 1, got
        return got[0]

    def counter(self, name, call_id=None):
        if call_id is not None:
            return self.session(call_id)["counters"][name]
        s = self.stats()["session"]
        return s[name] if name in s else s["counters"][name]

    def ended(self, cause):
        return self.stats()["session"]["ended"][cause]

    def wait_counter(self, name, value, call_id=None):
        until(lambda: self.counter(name, call_id) >= value, 5,
              "%s reaches %d" % (name, value))

    def wait_ended(self, cause, count=1):
        until(lambda: self.ended(cause) >= count, 5, "ended by " + cause)

    def routes(self):
        """Host routes to clients."""
        return re.findall(r"^(10\.99\.0\.\d+) dev", self.lab.ip(
            "server", "route show"), re.M)

    def role(self, role):
        """The process with that role in its title or arguments."""
        def find():
            for pid in children(self.proc.pid):
                with open("/proc/%d/cmdline" % pid, "rb") as f:
                    if role.encode() in f.read():
                        return pid
            return None
        return until(find, 5, "there is a %s engine" % role)

    def kill(self, number):
        os.kill(self.proc.pid, number)

    def unchanged(self):
        assert self.proc.poll() is None, "the daemon died:\n" + self.log()
        now = children(self.proc.pid)
        assert now == self.children, "other engines: %r, not %r" % (
            now, self.children)

    def stop(self, number=signal.SIGTERM, seconds=10):
        """Its exit status."""
        self.kill(number)
        status = wait_exit(self.proc, seconds)
        assert status is not None, "the daemon does not end"
        self.stopped = True
        return status

    def finish(self, failed):
        """What must hold at the end of every test."""
        try:
            if self.proc is None:
                return
            if not self.stopped and not failed and self.check:
                self.unchanged()
                status = self.stop()
                assert status == 0, "the daemon exits with %d" % status
                assert not os.path.exists(self.socket), "socket left"
        finally:
            if self.proc is not None and self.proc.poll() is None:
                pids = [self.proc.pid] + children(self.proc.pid)
                self.proc.kill()
                self.proc.wait()
                for pid in pids[1:]:
                    self._end(pid)
        log = self.log()
        for bad in ("AddressSanitizer", "runtime error:", "LeakSanitizer",
                    "==ERROR", "fatal in "):
            assert bad not in log or failed or not self.check, log[-3000:]
        for secret in self.secrets:
            assert secret not in log, "a password is in the log"

    @staticmethod
    def _end(pid):
        """An engine whose parent was killed ends by itself, or by us."""
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            if not select.select([fd], [], [], 3)[0]:
                os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        finally:
            os.close(fd)


class Capture:
    """tcpdump on a link, from now until stop()."""

    def __init__(self, lab, host, dev, what):
        self.lab = lab
        self.path = lab.path("pcap")
        self.proc = lab.popen(
            host, ["tcpdump", "-Z", "root", "--immediate-mode", "-U", "-n",
                   "-B", "8192", "-i", dev, "-w", self.path,
                   what],
            stderr=subprocess.PIPE)
        said = b""
        end = time.monotonic() + 10
        while b"listening on" not in said:
            left = max(0, end - time.monotonic())
            assert select.select([self.proc.stderr], [], [], left)[0], said
            data = os.read(self.proc.stderr.fileno(), 4096)
            assert data, "tcpdump: %r" % said
            said += data

    def stop(self):
        if self.proc.poll() is None:
            # It does not read on after the signal: when it sleeps, it has
            # written what there was.
            until(lambda: self.state() == "S", 10, "tcpdump to be done")
            self.proc.send_signal(signal.SIGINT)
            assert wait_exit(self.proc, 10) is not None
        return self

    def state(self):
        with open("/proc/%d/stat" % self.proc.pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0]

    def fields(self, want, *names):
        """What tshark says of packets, one list of texts for each.  All
        checksums are looked at."""
        self.stop()
        argv = ["tshark", "-n", "-r", self.path, "-Y", want, "-T", "fields"]
        for proto in ("ip", "tcp", "udp"):
            argv += ["-o", proto + ".check_checksum:TRUE"]
        for name in names:
            argv += ["-e", name]
        out = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        assert out.returncode == 0, out.stderr
        return [line.split("\t") for line in out.stdout.splitlines()]

    def packets(self):
        """(source, destination, IP protocol, what follows the IP header)"""
        self.stop()
        with open(self.path, "rb") as f:
            data = f.read()
        assert data[:4] == b"\xd4\xc3\xb2\xa1", "not a pcap file"
        off = 24
        while off + 16 <= len(data):
            length, = struct.unpack("<I", data[off + 8:off + 12])
            frame = data[off + 16:off + 16 + length]
            off += 16 + length
            ip = frame[14:]
            if frame[12:14] == b"\x08\0" and len(ip) >= 20:
                total, = struct.unpack(">H", ip[2:4])
                yield (wire.text(ip[12:16]), wire.text(ip[16:20]), ip[9],
                       ip[(ip[0] & 15) * 4:total])

    def check_no_clear_ip(self):
        """Neither way is there IP in a GRE packet that is not MPPE's."""
        encrypted = 0
        for src, dst, proto, data in self.packets():
            if proto != 47 or len(data) < 8:
                continue
            word = struct.unpack(">H", data[:2])[0]
            if not word & wire.GRE_S:
                continue
            inner, _ = wire.unppp(data[16 if word & wire.GRE_A else 12:])
            assert inner not in (wire.IP, wire.IPV6), \
                "IP in clear from %s to %s" % (src, dst)
            encrypted += inner == wire.COMP
        return encrypted

    def check_wellformed(self, source=SERVER):
        """What tshark thinks of our packets.  What it takes the contents of
        encrypted ones for is no fault of ours."""
        self.stop()
        out = subprocess.run(
            ["tshark", "-n", "-r", self.path,
             "-Y", "_ws.malformed && ip.src == %s" % source,
             "-T", "fields", "-e", "frame.number", "-e", "_ws.col.Info"],
            capture_output=True, text=True, timeout=60)
        assert out.returncode == 0, out.stderr
        assert out.stdout == "", "malformed packets of ours:\n" + out.stdout
