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

"""Processes, files, and pptpctl's socket under attack.  The names are those
of ../catalogue.ids."""

import os
import random
import re
import resource
import signal
import socket
import stat
import struct
import subprocess
import threading
import time

import crypto
import hostile
import netns
import peer
import wire

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
ROLES = ("control", "session", "auth")


def source(name):
    with open(os.path.join(TOP, "pptpd", name)) as f:
        return f.read()


def connect(d):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.connect(d.socket)         # waits for its turn
    s.settimeout(5)
    return s


def imsg(kind, data=b"", length=None, peerid=0, pid=0):
    return struct.pack("=IIII", kind, 16 + len(data) if length is None
                       else length, peerid, pid) + data


def kinds():
    """{name: number} of all messages."""
    text = re.search(r"enum imsg_type \{(.*?)\n\};", source("pptpd.h"),
                     re.S).group(1)
    names = re.findall(r"^\t(IMSG_\w+)", text, re.M)
    return {name: n for n, name in enumerate(names)}


def fields(struct_name):
    text = re.search(r"struct %s \{(.*?)\n\};" % struct_name,
                     source("messages.h"), re.S).group(1)
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def run(lab, *argv, **how):
    return subprocess.run([lab.pptpd, *argv], capture_output=True,
                          timeout=30, **how)


def write(lab, data, mode=0o600):
    path = lab.path("conf")
    if isinstance(data, str):
        data = data.encode()
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") \
            as f:
        f.write(data)
    os.chmod(path, mode)
    return path


def check(lab, data, mode=0o600):
    """pptpd -n of a file: (status, messages); it must not crash."""
    r = run(lab, "-n", "-f", write(lab, data, mode))
    text = r.stderr.decode(errors="replace")
    assert r.returncode in (0, 1), (r.returncode, text[-500:])
    assert "Sanitizer" not in text and "runtime error" not in text, text
    assert netns.PASSWORD not in text, "a password in messages"
    return r.returncode, text


def test_V160_V161_no_names_to_the_parent(lab):
    """An engine can name no file, no interface, nothing but numbers: what
    the parent takes has neither text nor pointer in it."""
    part = re.search(r"enum imsg_type \{(.*?)\n\};", source("pptpd.h"),
                     re.S).group(1)
    wanted = re.findall(r"/\* (\w+) engine -> parent \*/\n(.*?)\n\t/\*",
                        part, re.S)
    assert len(wanted) >= 2, wanted
    for engine, text in wanted:
        for name in re.findall(r"struct (\w+)", text):
            assert not re.search(r"\bchar\b|\*", fields(name)), name
        assert "fd" not in text, "a descriptor from an engine"
    assert any("msg_route" in text for _, text in wanted)


def test_V163_T33_control_socket(lab):
    """Every type with every size, half messages, descriptors, other
    people's numbers, 1000 clients, one that never reads: each costs its
    connection at most."""
    d = hostile.daemon(lab, "max-sessions 240")
    number = kinds()
    with hostile.watch(lab, d, memory_growth=16 << 20) as w:
        p = lab.peer().s5()
        many = [lab.peer().s2() for _ in range(60)]
        last = max(number.values())
        for kind in list(range(0, last + 12)) + [1 << 16, 0xffffffff]:
            # What an admin may do is not for the dice.
            if kind in (number.get("IMSG_CTL_KILL"),
                        number.get("IMSG_CTL_LOG_VERBOSE")):
                sizes = (0, 1, 3, 16368)
            else:
                sizes = (0, 1, 3, 4, 5, 64, 300, 2000, 16368)
            for size in sizes:
                for peerid in (0, 1, 0xffffffff):
                    with connect(d) as s:
                        try:
                            s.send(imsg(kind, b"\xff" * size, None, peerid,
                                        peerid))
                            s.shutdown(socket.SHUT_WR)
                        except OSError:
                            pass
        w.served()
        for length in (0, 1, 15, 17, 16384, 16385, 0x7fffffff, 0x80000010,
                       0xffffffff):
            for kind in (0, number["IMSG_CTL_SHOW_STATS"], 0xffffffff):
                with connect(d) as s:
                    s.send(imsg(kind, b"x" * 64, length))
        for _ in range(50):
            with connect(d) as s:
                r, v = os.pipe()
                socket.send_fds(s, [imsg(number["IMSG_CTL_SHOW_STATS"])],
                                [r, v])
                os.close(r)
                os.close(v)
        half = []
        for n in range(1000):
            s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            s.setblocking(False)
            try:
                s.connect(d.socket)
                s.send(imsg(number["IMSG_CTL_SHOW_STATS"])[:n % 16])
            except OSError:
                pass
            half.append(s)
        p.ping(p.gateway)
        for s in half:
            s.close()
        stuck = netns.until(lambda: try_connect(d), 5, "room for one more")
        stuck.setblocking(False)
        try:
            for _ in range(5000):
                stuck.send(imsg(number["IMSG_CTL_SHOW_SESSIONS"]))
        except OSError:
            pass
        began = time.monotonic()
        assert len(netns.until(lambda: listed(d), 5, "a listing")) == 62
        assert time.monotonic() - began < 5
        w.served()
        stuck.close()
        # Who is not root may do nothing.
        assert stat.S_IMODE(os.stat(d.socket).st_mode) & 0o117 == 0
        r = subprocess.run([lab.pptpctl, "-s", d.socket, "show", "stats"],
                           capture_output=True, user=65534, group=65534,
                           extra_groups=[], timeout=10)
        assert r.returncode != 0
        for q in many + [p]:
            q.close()


def try_connect(d):
    try:
        return connect(d)
    except OSError:
        return None


def listed(d):
    try:
        return d.sessions()
    except AssertionError:
        return None


def test_V164_nothing_stale_in_replies(lab):
    """What pptpctl gets holds no address of the memory that it was made in,
    and nothing of anybody's password."""
    d = hostile.daemon(lab)
    p = lab.peer().s5()
    number = kinds()
    areas = []
    for pid in hostile.pids(d):
        with open("/proc/%d/maps" % pid) as f:
            for line in f:
                begin, end = line.split()[0].split("-")
                areas.append((int(begin, 16), int(end, 16)))
    hashes = (crypto.nt_hash(netns.PASSWORD), netns.PASSWORD.encode(),
              p.keys[0], p.keys[1])
    for name in ("SESSIONS", "CALLS", "STATS", "PENALTIES"):
        with connect(d) as s:
            s.send(imsg(number["IMSG_CTL_SHOW_" + name]))
            data = s.recv(65536)
            s.settimeout(0.05)
            try:
                while True:
                    more = s.recv(65536)
                    if not more:
                        break
                    data += more
            except TimeoutError:
                pass
        assert len(data) >= 16, name
        for secret in hashes:
            assert secret not in data, name
        if lab.sanitized:       # its shadow covers half of all numbers
            continue
        for off in range(0, len(data) - 7, 4):
            value, = struct.unpack("=Q", data[off:off + 8])
            assert value < 1 << 32 or not any(
                a <= value < b for a, b in areas), (name, off, hex(value))
    d.unchanged()


def test_V167_long_commands(lab):
    """pptpctl with arguments of 100000 octets, and very many."""
    d = hostile.daemon(lab)
    long = "x" * 100000
    for words in ([long], ["kill", long], ["kill", "user", long],
                  ["show", "session", long], ["show"] + ["x"] * 5000,
                  ["clear", long], ["%s%n%x"], ["kill", "call", "-1"],
                  ["kill", "call", "99999999999999999999"],
                  ["kill", "user", "\x1b[2J"], ["log", long], [""]):
        r = subprocess.run([lab.pptpctl, "-s", d.socket] + words,
                           capture_output=True, timeout=10)
        assert r.returncode in range(1, 128), (words[0][:20], r.returncode)
        assert len(r.stderr) < 1 << 20 and b"\x1b" not in r.stderr
    d.unchanged()


def test_V168_words_and_files_without_end(lab):
    """3 GB in one line, a million of blocks, NUL, CR LF, a byte order mark,
    no newline at the end: read, or refused, with the line if it has lines."""
    good = netns.config()
    status, text = check(lab, good)
    assert status == 0, text
    assert check(lab, good.rstrip("\n"))[0] == 0
    for bad in ("x" * (8 << 20) + "\n", "user " + "x" * (8 << 20) + "\n",
                'user "' + "x" * (8 << 20), "{" * 1000000,
                "user a {\n" * 100000, "listen on 10.9.0.1 {" * 10000,
                "\0", "localip 10.99.0.1\0\n", "\ufeff" + good,
                '"' + "\n" * 100000, "# " + "\0" * 1000 + "\nxyzzy\n",
                "a" * 70000 + " = " + "b" * 70000, "$" * 100000,
                "\\\n" * 100000 + "xyzzy", "xyzzy"):
        began = time.monotonic()
        status, text = check(lab, good + bad)
        line = r"\.conf: not a text" if "\0" in bad else r"\.conf:\d+:"
        assert status == 1 and re.search(line, text), (bad[:20], text[-300:])
        assert len(text) < 1 << 20, bad[:20]
        assert time.monotonic() - began < 10, bad[:20]
    check(lab, good.replace("\n", "\r\n"))
    path = write(lab, good + "# ")
    os.truncate(path, 3 << 30)          # a hole: no blocks
    r = run(lab, "-n", "-f", path)
    assert r.returncode == 1 and r.stderr, r
    os.truncate(path, 0)


def test_V169_who_may_write_the_files(lab):
    """Secrets that others may read or change are refused; what we make
    nobody else may use."""
    good = netns.config()
    for mode in (0o644, 0o640 | 0o004, 0o664, 0o620, 0o666, 0o602, 0o777):
        status, text = check(lab, good, mode)
        assert status == 1 and text, oct(mode)
    for mode in (0o600, 0o400):
        assert check(lab, good, mode)[0] == 0
    path = write(lab, good)
    os.chown(path, 65534, 65534)
    r = run(lab, "-n", "-f", path)
    assert r.returncode == 1, "somebody else's file"
    os.chown(path, 0, 0)
    d = hostile.daemon(lab)
    mode = os.stat(d.socket).st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) & 0o117 == 0
    d.unchanged()


def test_V170_reloads_at_once(lab):
    """Ten clients and SIGHUP, as fast as they can: one at a time, and each
    pptpctl gets an answer."""
    d = hostile.daemon(lab)
    with hostile.watch(lab, d, memory_growth=16 << 20) as w:
        status = []

        def reload():
            for _ in range(3 if lab.sanitized else 10):
                r = subprocess.run([lab.pptpctl, "-s", d.socket, "reload"],
                                   capture_output=True, timeout=20)
                status.append(r.returncode)
        threads = [threading.Thread(target=reload) for _ in range(10)]
        for t in threads:
            t.start()
        while any(t.is_alive() for t in threads):
            d.kill(signal.SIGHUP)
            w.served()
        for t in threads:
            t.join()
        assert status.count(0) > 0, status
        assert set(status) <= {0, 1}, set(status)


ALLOWED = {
    "parent": {"/dev/null": 1, "log": 2, "socket": 5, "anon_inode": 1,
               "pipe": 2},
    "control": {"/dev/null": 1, "log": 2, "socket": 5, "anon_inode": 1,
                "pipe": 2},
    "session": {"/dev/null": 1, "log": 2, "socket": 4, "anon_inode": 1,
                "pipe": 2, "/dev/net/tun": 1},
    "auth": {"/dev/null": 1, "log": 2, "socket": 2, "anon_inode": 1,
             "pipe": 2},
}


def descriptors_of(d, pid):
    """{what: how many}, and all but 0 to 2 must be close-on-exec."""
    found = {}
    for fd in os.listdir("/proc/%d/fd" % pid):
        what = os.readlink("/proc/%d/fd/%s" % (pid, fd))
        if what == d.log_path:
            what = "log"
        what = what.split(":")[0]
        found[what] = found.get(what, 0) + 1
    return found


def test_V171_V172_descriptors(lab):
    """Of 2000 descriptors that it is started with no engine has one; each
    holds what its role needs.  There is no select(2) to be overrun."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (
        4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    null = [os.open("/dev/null", os.O_RDONLY) for _ in range(2000)]
    try:
        for fd in null:
            os.set_inheritable(fd, True)
        plain, lab.popen = lab.popen, lambda *a, **k: plain(
            *a, **k, close_fds=False)
        try:
            d = hostile.daemon(lab)
        finally:
            lab.popen = plain
    finally:
        for fd in null:
            os.close(fd)
    with hostile.watch(lab, d):
        p = lab.peer().s5()
        netns.until(lambda: all(
            descriptors_of(d, d.role(role)) is not None for role in ROLES),
                    5, "they are there")
        for role in ROLES:
            want = dict(ALLOWED[role])
            if role == "control":
                want["socket"] += 2     # p's and the reference client's

            def fits(role=role, want=want):
                got = descriptors_of(d, d.role(role))
                return all(n <= want.get(what, 0)
                           for what, n in got.items())
            netns.until(fits, 5, "%s holds %r" % (
                role, descriptors_of(d, d.role(role))))
        p.close()
    r = subprocess.run(["nm", "-D", "--undefined-only", lab.pptpd],
                       capture_output=True, text=True)
    assert r.returncode == 0
    if not lab.sanitized:
        assert not re.search(r" (select|pselect|__fdelt_chk)\b", r.stdout)


def test_V173_text_is_no_format(lab):
    """%n%s in everything that is a text: nothing is written, all is shown as
    it came."""
    d = lab.daemon('user "%n%s%x" password "%n%s%xLong9!"')
    evil = b"%n%s%x%d%p"
    p = lab.peer(user="%n%s%x", password="%n%s%xLong9!")
    p.s1(host=evil, vendor=evil)
    p.call(phone=evil, subaddress=evil)
    p.open_gre()
    p.s3().send_cp(wire.LCP, wire.IDENT, p._magic() + evil)
    p.s5()
    s = d.session(p.peer_call_id)
    assert s["user"] == "%n%s%x" and s["client"] == evil.decode(), s
    assert 'user="%n%s%x"' in d.log()
    q = lab.peer(user="%n%n%n%n", password="%s%s%s")
    try:
        q.s4()
    except AssertionError:
        pass
    d.ctl("kill", "user", "%n%s", ok=False)
    d.ctl("kill", "user", "%n%s%x")
    d.unchanged()


def test_V174_signals_to_a_group(lab):
    """Each engine is alone in its session and process group."""
    d = hostile.daemon(lab)
    for role in ROLES:
        pid = d.role(role)
        with open("/proc/%d/stat" % pid) as f:
            _, _, group, session = f.read().rsplit(")", 1)[1].split()[:4]
        assert int(group) == int(session) == pid, (role, group, session)
    d.unchanged()


def test_V175_pool_of_two(lab):
    """Coming and going on two addresses, two at a time: never both one."""
    d = lab.daemon("remoteip 10.99.0.10-11", verbose=False)
    count = 0
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        peers = []
        for _ in range(2):
            p = lab.peer()
            try:
                p.s4()
                p.request(wire.CCP)
                p.run(lambda p=p: p.is_open(wire.CCP), 1)
                p.request(wire.IPCP)
                p.run(lambda p=p: p.is_open(wire.IPCP), 1)
            except (AssertionError, OSError):
                p.close()
                continue        # the address is still being given back
            peers.append(p)
        addresses = [p.address for p in peers]
        assert len(set(addresses)) == len(addresses), addresses
        assert set(addresses) <= {"10.99.0.10", "10.99.0.11"}, addresses
        assert len(d.routes()) <= 2
        count += len(peers)
        for p in peers:
            p.close()
        lab.peers[:] = [p for p in lab.peers if p.tcp is not None]
    assert count > 10, count
    netns.until(lambda: d.routes() == [], 5, "no route is left")
    opened = d.log().count("result=ok")
    netns.until(lambda: d.log().count(": logout ") == opened, 5,
                "each has an end in the log")
    d.unchanged()


def test_V176_hostile_environment(lab):
    """PATH, LD_*, IFS, TZ, locale: no helper is ever run, so nobody's."""
    trap = lab.path("trap")
    os.mkdir(trap)
    for name in ("sh", "ip", "route", "ifconfig", "pptpctl", "nft"):
        with open(os.open(os.path.join(trap, name), os.O_WRONLY |
                          os.O_CREAT, 0o755), "w") as f:
            f.write("#!/bin/sh\ntouch %s/ran\n" % trap)
    old = dict(os.environ)
    os.environ.update(IFS="/", TZ=":/../../etc/shadow", CDPATH=trap,
                      LANG="../../x", LC_ALL="%n%n", BASH_ENV=trap,
                      ENV=trap, MALLOC_OPTIONS="X", EVENT_SHOW_METHOD="1",
                      HOSTALIASES=trap, LOCALDOMAIN="x" * 10000,
                      PATH=trap + ":" + os.environ["PATH"])
    try:
        d = hostile.daemon(lab)
        with hostile.watch(lab, d):
            d.kill(signal.SIGHUP)
            hostile.served(lab)
    finally:
        os.environ.clear()
        os.environ.update(old)
        ran = os.path.exists(trap + "/ran")
        for name in os.listdir(trap):
            os.unlink(os.path.join(trap, name))
        os.rmdir(trap)
    assert not ran, "a helper was run"
    r = subprocess.run(["nm", "-D", "--undefined-only", lab.pptpd],
                       capture_output=True, text=True)
    if not lab.sanitized:
        assert not re.search(r" (system|popen|posix_spawn|execlp?)\b",
                             r.stdout), r.stdout


def test_V177_configurations_with_faults(lab):
    """A good file with octets changed, words lost and doubled."""
    with open(os.path.join(TOP, "regress", "config", "all.in"), "rb") as f:
        whole = f.read()
    whole = b"\n".join(n for n in whole.splitlines()
                       if b"include" not in n) + b"\n"
    dice = random.Random(177)
    for n in range(60 if lab.sanitized else 250):
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 6)):
            at = dice.randrange(len(data))
            what = dice.randrange(5)
            if what == 0:
                data[at] = dice.randrange(256)
            elif what == 1:
                del data[at:at + dice.randrange(30)]
            elif what == 2:
                data[at:at] = data[at:at + dice.randrange(30)]
            elif what == 3:
                data[at:at] = dice.choice((b"{", b"}", b'"', b"\\", b"\0",
                                           b",", b"-", b"9" * 30, b"\n"))
            else:
                del data[at:]
                break
            if not data:
                break
        check(lab, bytes(data))
