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

"""The daemon: start, reload, end, the death of its parts, pptpctl."""

import os
import re
import shutil
import signal
import socket
import stat
import struct
import subprocess
import tempfile
import time

import netns
import peer
import wire

ENGINES = ("control", "session", "auth")


def test_first_call(lab):
    """A client that comes in the very moment of the start is served, or
    has to come again; no engine may be half ready."""
    for _ in range(20):
        d = lab.daemon(wait=False)
        p = lab.peer()

        def connected():
            try:
                p.s0()
            except OSError:
                p.close()
                return False
            return True
        netns.until(connected, 10, "it listens")
        p.control(wire.SCCRQ)
        assert p.expect_control(wire.SCCRP).result == 1
        p.s5()
        d.ready()
        lab.end_test(False)


def status(pid):
    with open("/proc/%d/status" % pid) as f:
        return dict(line.split(":", 1) for line in f)


def test_confinement(lab):
    """Engines without privileges, in an empty root, behind a filter."""
    d = lab.daemon()
    for role in ENGINES:
        pid = d.role(role)
        # An engine that was asked nothing yet may still be at it.
        netns.until(lambda pid=pid: status(pid)["Seccomp"].strip() == "2", 5,
                    role + " is confined")
        s = status(pid)
        assert "0" not in s["Uid"].split(), (role, s["Uid"])
        assert "0" not in s["Gid"].split(), (role, s["Gid"])
        assert s["Groups"].split() in ([], [s["Gid"].split()[0]]), role
        for caps in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            assert int(s[caps], 16) == 0, (role, caps, s[caps])
        assert s["NoNewPrivs"].strip() == "1", role
        assert s["Seccomp"].strip() == "2", role
        assert os.readlink("/proc/%d/root" % pid) == "/var/empty", role
        assert os.listdir("/proc/%d/root/" % pid) == [], role
        with open("/proc/%d/maps" % pid) as f:
            assert not re.search(r"^\S+ .wx", f.read(), re.M), role
    s = status(d.role("parent"))
    assert int(s["CapPrm"], 16) & ~(1 << 12) == 0, \
        "the parent keeps more than CAP_NET_ADMIN: " + s["CapPrm"]
    assert s["Seccomp"].strip() == "2" and s["NoNewPrivs"].strip() == "1"
    # The supervisor: a filter would be that of all others, too.
    assert status(d.proc.pid)["NoNewPrivs"].strip() == "1"
    sockets = [os.readlink("/proc/%d/fd/%s" % (d.proc.pid, fd))
               for fd in os.listdir("/proc/%d/fd" % d.proc.pid)
               if int(fd) > 2]
    with open("/proc/%d/net/unix" % d.proc.pid) as f:
        unix = set(re.findall(r" (\d+)\n", f.read()))
    for name in sockets:
        assert name in ("/dev/null", "anon_inode:[eventpoll]") or \
            re.sub(r"\D", "", name) in unix or name.startswith("pipe:"), name


def test_socket_permissions(lab):
    d = lab.daemon()
    assert stat.S_IMODE(os.stat(d.socket).st_mode) & 0o117 == 0


def test_reload(lab):
    """New users at once, old sessions untouched; by pptpctl and SIGHUP."""
    d = lab.daemon()
    p = lab.peer().s5()
    new = dict(user="new", password="new-user-1")
    try:
        lab.peer(**new).s4()
        raise RuntimeError("a user that is not there")
    except AssertionError:
        pass
    d.write(netns.config('user "new" password "new-user-1"'))
    assert d.ctl("reload")["reloaded"] is True
    lab.peer(**new).s5()
    p.ping(p.gateway)
    d.write(netns.config('user "third" password "third-user-1"',
                         "dns 10.5.5.5"))
    d.kill(signal.SIGHUP)
    third = dict(user="third", password="third-user-1")

    def known():
        try:
            q = lab.peer(**third).s5()
        except AssertionError:
            return False
        return d.session(q.peer_call_id)["dns"] == ["10.5.5.5"]
    netns.until(known, 5, "the third user is known, and his DNS")
    try:
        lab.peer(**new).s4()
        raise RuntimeError("a user that is no more")
    except AssertionError:
        pass
    p.ping(p.gateway)
    d.unchanged()


def test_reload_of_a_bad_file(lab):
    """Refused with file and line; everything stays as it was."""
    d = lab.daemon()
    p = lab.peer().s5()
    good = netns.config()
    for bad in ("nonsense 1\n", "remoteip 10.99.0.300\n",
                'user "x" password\n', "listen on\n", "mru 99999\n",
                "authentication { rot13 }\n", "}\n"):
        d.write(good + bad)
        said = d.ctl("reload", ok=False)
        assert said.strip(), bad
    assert re.search(r"%s:%d\b" % (re.escape(os.path.basename(d.conf)),
                                   len(good.splitlines()) + 1), d.log()), \
        "no file:line in the log"
    d.kill(signal.SIGHUP)
    os.unlink(d.conf)
    d.ctl("reload", ok=False)
    p.ping(p.gateway)
    lab.peer().s5()
    d.unchanged()
    d.write(good)
    assert d.ctl("reload")["reloaded"] is True


def test_reload_of_files_elsewhere(lab):
    """Users, options and secrets may be wherever they were at the start."""
    users, options = (tempfile.mkdtemp(prefix="pptpd-test.", dir="/var/tmp")
                      for _ in range(2))

    def write(folder, name, text):
        """As editors do: a new file in place of the old one."""
        path = os.path.join(folder, name)
        with open(path + ".new", "w") as f:
            os.chmod(path + ".new", 0o600)
            f.write(text)
        os.rename(path + ".new", path)
        return path

    try:
        secrets = write(options, "secrets", 'old * "old-secret" *\n')
        lines = ('users "%s"' % write(
                     users, "users", 'user "a" password "old-secret"\n'),
                 'option "%s"' % write(options, "options", "name vpn\n"),
                 'chap-secrets "%s"' % secrets)
        d = lab.daemon(*lines)
        for name in "a", "old":
            lab.peer(user=name, password="old-secret").s5()
        write(users, "users", 'user "b" password "new-secret"\n')
        write(options, "secrets", 'new * "new-secret" *\n')
        write(options, "options", "name vpn\nms-dns 192.0.2.53\n")
        d.ctl("reload")
        for name in "b", "new":
            lab.peer(user=name, password="new-secret").s5()
    finally:
        shutil.rmtree(users)
        shutil.rmtree(options)


def test_reload_through_a_link(lab):
    """A file may be a symbolic link to where it is kept."""
    kept = tempfile.mkdtemp(prefix="pptpd-test.", dir="/var/tmp")
    links = tempfile.mkdtemp(prefix="pptpd-test.", dir="/var/tmp")

    def write(password):
        fd = os.open(os.path.join(kept, "users"),
                     os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w") as f:
            f.write('user "a" password "%s"\n' % password)

    try:
        write("old-secret")
        link = os.path.join(links, "users")
        os.symlink("../" + os.path.basename(kept) + "/users", link)
        d = lab.daemon('users "%s"' % link)
        write("new-secret")
        assert d.ctl("reload")["changes"] == ['user "a": password']
        lab.peer(user="a", password="new-secret").s5()
    finally:
        shutil.rmtree(links)
        shutil.rmtree(kept)


def test_reload_of_the_pool(lab):
    """A session keeps its address when the pool moves away."""
    d = lab.daemon()
    p = lab.peer().s5()
    d.write(netns.config("remoteip 10.99.0.200-210"))
    d.ctl("reload")
    q = lab.peer().s5()
    assert int(q.address.split(".")[3]) >= 200, q.address
    p.ping(p.gateway)
    q.ping(q.gateway)
    d.write(netns.config("remoteip %s-%s" % (p.address,
                                             p.address.split(".")[3])))
    d.ctl("reload")
    r = lab.peer()
    try:
        r.s5()
        raise RuntimeError("an address with two owners")
    except AssertionError:
        pass
    p.ping(p.gateway)


def test_reload_storm(lab):
    d = lab.daemon()
    p = lab.peer().s5()
    for n in range(30):
        d.kill(signal.SIGHUP)
        if n % 5 == 0:
            subprocess.run([lab.pptpctl, "-s", d.socket, "reload"],
                           capture_output=True, timeout=10)
            p.ping(p.gateway)
    lab.peer().s5()
    d.unchanged()


def test_end_with_sessions(lab):
    """SIGTERM: the clients are told, nothing stays behind, status 0."""
    for number in (signal.SIGTERM, signal.SIGINT):
        d = lab.daemon()
        peers = [lab.peer().s5() for _ in range(5)]
        idle = lab.peer().s1()
        d.kill(number)
        for p in peers:
            p.run(lambda p=p: p.terminated, what="Terminate-Request")
        for p in peers + [idle]:
            names = []
            try:
                while True:
                    m = p.next_control()
                    names.append(m.name)
                    if m.type == wire.STOPCCRQ:
                        p.control(wire.STOPCCRP)
            except (peer.Closed, OSError):
                pass
            assert "StopCCRQ" in names or "CDN" in names, names
        assert netns.wait_exit(d.proc, 10) == 0
        d.stopped = True
        assert lab.state() == lab.baseline, lab.state()
        assert not os.path.exists(d.socket)
        lab.end_test(False)


def test_end_with_silent_clients(lab):
    """Nobody can keep it from ending."""
    d = lab.daemon()
    peers = [lab.peer().s5() for _ in range(3)]
    peers += [lab.peer().s2(), lab.peer().s1(), lab.peer().s0()]
    began = time.monotonic()
    assert d.stop(seconds=15) == 0
    assert time.monotonic() - began < 10
    assert lab.state() == lab.baseline, lab.state()


def test_end_in_the_middle(lab):
    """SIGTERM right after the start, and in every state of a session."""
    for state in ("s0", "s1", "s2", "s3", "s4"):
        d = lab.daemon()
        getattr(lab.peer(), state)()
        assert d.stop() == 0, state
        lab.end_test(False)


def test_several_instances(lab):
    """Side by side: own addresses, sockets, pools; GRE is not mixed up."""
    first = lab.daemon()
    second = lab.daemon(text=netns.config(
        "listen on " + netns.SERVER2, "localip 10.98.0.1",
        "remoteip 10.98.0.10-20"))
    p = lab.peer().s5()
    q = lab.peer(server=netns.SERVER2).s5()
    assert q.gateway == "10.98.0.1" and p.gateway == netns.LOCAL
    for _ in range(3):
        p.ping(p.gateway)
        q.ping(q.gateway)
    assert len(first.sessions()) == len(second.sessions()) == 1
    assert second.stop() == 0
    p.ping(p.gateway)


def test_same_socket_twice(lab):
    """The second one does not start, and does not hurt the first."""
    d = lab.daemon()
    p = lab.peer().s5()
    conf = lab.path("conf")
    with open(os.open(conf, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
        f.write(netns.config("listen on " + netns.SERVER2))
    out = lab.path("out")
    with open(out, "w") as f:
        other = lab.popen("server", [lab.pptpd, "-d", "-f", conf, "-s",
                                     d.socket], stdout=f, stderr=f)
    assert netns.wait_exit(other, 5) not in (None, 0)
    p.ping(p.gateway)
    assert len(d.sessions()) == 1


def test_address_in_use(lab):
    d = lab.daemon()
    out = lab.path("out")
    conf = d.conf
    with open(out, "w") as f:
        other = lab.popen("server", [lab.pptpd, "-d", "-f", conf, "-s",
                                     lab.path("sock")], stdout=f, stderr=f)
    assert netns.wait_exit(other, 5) not in (None, 0)
    with open(out) as f:
        assert netns.SERVER in f.read()
    d.ctl("show", "stats")


def pptpd(lab, *args, **how):
    """Run a copy: who is not root may not reach where it was built."""
    with tempfile.TemporaryDirectory(prefix="pptpd-bin.") as directory:
        os.chmod(directory, 0o755)
        program = shutil.copy(lab.pptpd, directory)
        return subprocess.run([program] + list(args), capture_output=True,
                              text=True, timeout=10, **how)


def test_check_of_the_configuration(lab):
    """-n as nobody; -nv prints what reads as the same again."""
    with tempfile.TemporaryDirectory(prefix="pptpd-conf.") as directory:
        os.chmod(directory, 0o755)
        conf = os.path.join(directory, "a.conf")

        def write(text, mode=0o600):
            with open(conf, "w") as f:
                f.write(text)
            os.chmod(conf, mode)
            os.chown(conf, 65534, 65534)
        nobody = dict(user=65534, group=65534, extra_groups=[])
        write(netns.config("encryption require { 128 stateless, 40 stateful }",
                           "mru 1300", "mss-clamp no", "echo-interval 30",
                           'user "a \\" b" password "x y"'))
        r = pptpd(lab, "-n", "-f", conf, **nobody)
        assert r.returncode == 0, r.stderr
        r = pptpd(lab, "-nv", "-f", conf, **nobody)
        assert r.returncode == 0, r.stderr
        write(r.stdout)
        again = pptpd(lab, "-nv", "-f", conf, **nobody)
        assert (again.returncode, again.stdout) == (0, r.stdout), \
            again.stderr
        for bad in ("rubbish\n", 'user "x" password "y" address 1.2.3\n',
                    "listen on 10.9.0.1 port 99999\n"):
            write("localip 10.99.0.1\n" + bad)
            r = pptpd(lab, "-n", "-f", conf, **nobody)
            assert r.returncode != 0 and ":2" in r.stderr, r.stderr
        write(netns.config(), 0o644)
        r = pptpd(lab, "-n", "-f", conf, **nobody)
        assert r.returncode != 0, "secrets that all may read"
        r = pptpd(lab, "-n", "-f", conf + ".none", **nobody)
        assert r.returncode != 0 and conf in r.stderr, r.stderr


def test_not_root(lab):
    conf = lab.path("conf")
    with open(os.open(conf, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
        f.write(netns.config())
    r = pptpd(lab, "-d", "-f", conf, user=65534, group=65534,
              extra_groups=[])
    assert r.returncode != 0


def test_log_level(lab):
    d = lab.daemon()
    assert d.ctl("log", "brief") == {"log": "brief"}
    lab.peer().s1().control_fence()
    assert d.ctl("log", "verbose") == {"log": "verbose"}
    before = len(d.log())
    lab.peer().s1().control_fence()
    assert len(d.log()) > before


def test_show_what_is_not_there(lab):
    d = lab.daemon()
    assert d.sessions() == [] and d.calls() == []
    try:
        assert d.ctl("show", "session", 4711)["sessions"] == []
    except AssertionError as e:
        assert "4711" in str(e) or "no " in str(e), e


def test_stale_listing(lab):
    """Calls that come and go while they are being listed."""
    d = lab.daemon()
    for n in range(30):
        p = lab.peer().s2()
        p.close()
        d.calls()
        d.sessions()


def connect(d):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.connect(d.socket)
    s.settimeout(5)
    return s


def imsg(kind, data=b"", length=None, peerid=0):
    return struct.pack("=IIII", kind, 16 + len(data) if length is None
                       else length, peerid, 0) + data


def still_good(d, p):
    d.unchanged()
    assert len(d.sessions()) >= 1
    p.ping(p.gateway)


def test_pptpctl_that_says_nothing(lab):
    d = lab.daemon()
    p = lab.peer().s5()
    many = [connect(d) for _ in range(10)]
    for s in many:
        s.send(b"\0\0")
    still_good(d, p)
    # There may be a limit; it ends with those that caused it.
    for _ in range(200):
        many.append(connect(d))
    p.ping(p.gateway)
    for s in many:
        s.close()
    netns.until(lambda: subprocess.run(
        [lab.pptpctl, "-s", d.socket, "show", "stats"],
        capture_output=True, timeout=10).returncode == 0, 5,
        "pptpctl is served again")
    still_good(d, p)


def test_pptpctl_that_lies(lab):
    """Lengths, types and sizes that are none: it is cut off, no more."""
    d = lab.daemon()
    p = lab.peer().s5()
    for length in (0, 1, 15, 17, 16384, 16385, 0x7fffffff, 0x80000010,
                   0xffffffff):
        for kind in (0, 1, 40, 60, 0xffffffff):
            with connect(d) as s:
                s.send(imsg(kind, b"x" * 64, length))
    still_good(d, p)
    for kind in list(range(0, 80)) + [1000, 0xffffffff]:
        for size in (0, 1, 3, 4, 5, 8, 64, 300, 2000):
            with connect(d) as s:
                s.send(imsg(kind, b"\xff" * size, peerid=0xffffffff))
                s.shutdown(socket.SHUT_WR)
                try:
                    while s.recv(65536):
                        pass
                except ConnectionError:
                    pass
    d.unchanged()
    # A well-formed kill with 0xff in it kills nobody.
    still_good(d, p)


def test_pptpctl_that_never_reads(lab):
    """While it lists; others are served, and it cannot fill memory."""
    d = lab.daemon("remoteip 10.99.0.10-250")
    peers = [lab.peer().s2() for _ in range(100)]
    p = lab.peer().s5()
    # Which type it is we learn from pptpctl itself.
    kinds = [request_type(lab, d, "show", what)
             for what in ("sessions", "calls", "stats")]
    rss = memory(d)
    stuck = []
    for _ in range(5):
        s = connect(d)
        s.setblocking(False)
        try:
            for n in range(2000):
                s.send(imsg(kinds[n % 3]))
        except (BlockingIOError, ConnectionError):
            pass
        stuck.append(s)
    lab.files += stuck
    for _ in range(5):
        p.ping(p.gateway)
        began = time.monotonic()
        assert len(d.sessions()) == 101
        assert time.monotonic() - began < 2
    grown = memory(d) - rss
    assert grown < 32 << 20, "%d MB more" % (grown >> 20)
    d.unchanged()
    del peers


def memory(d):
    total = 0
    for pid in [d.proc.pid] + d.children:
        with open("/proc/%d/statm" % pid) as f:
            total += int(f.read().split()[1]) * 4096
    return total


def request_type(lab, d, *words):
    """The type of the message that pptpctl sends for these words."""
    path = lab.path("ctl")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with listener:
        listener.bind(path)
        listener.listen(1)
        c = subprocess.Popen([lab.pptpctl, "-s", path] + list(words),
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        s, _ = listener.accept()
        with s:
            kind, = struct.unpack("=I", s.recv(16)[:4])
        c.wait(10)
    os.unlink(path)
    return kind


def test_descriptor_from_pptpctl(lab):
    """One that comes along is closed, not kept."""
    d = lab.daemon()
    p = lab.peer().s5()
    kind = request_type(lab, d, "show", "stats")
    engine = d.role("control")
    before = len(os.listdir("/proc/%d/fd" % engine))
    for _ in range(50):
        with connect(d) as s:
            socket.send_fds(s, [imsg(kind)], [0, 1, 2])
            try:
                s.recv(100)
            except ConnectionError:
                pass
    netns.until(lambda: len(os.listdir("/proc/%d/fd" % engine)) <= before,
                5, "no descriptor stays")
    still_good(d, p)


def test_idle_costs_nothing(lab):
    d = lab.daemon()
    p = lab.peer().s5()

    def ticks():
        total = 0
        for pid in [d.proc.pid] + d.children:
            with open("/proc/%d/stat" % pid) as f:
                fields = f.read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total
    p.fence()
    before = ticks()
    assert p.silence(1.0) == []
    assert ticks() - before <= 3, "busy without work"
