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


"""What happens to machines: processes that stop, clocks that jump, memory and
disks that are full, signals and reloads without end."""

import errno
import os
import re
import resource
import signal
import stat
import subprocess
import threading
import time

import hostile
import netns
import scale
from hostile_engines import HERE, as_program, build
from hostile_faults import Faulty, ROLES
from restart import told

ENGINES = ("control", "auth", "session")


def answers(p, seconds):
    """It has its session still: a ping comes back, tried for so long."""
    end = time.monotonic() + seconds
    while True:
        try:
            p.ping(p.gateway)
            return
        except AssertionError:
            assert time.monotonic() < end, "no answer"


def test_T34_stopped_engines(lab):
    """An engine that does nothing for a while keeps nobody else from it, and
    goes on where it was."""
    d = hostile.daemon(lab)
    p = lab.peer().s5()
    for role in ENGINES:
        os.kill(d.role(role), signal.SIGSTOP)
        try:
            if role != "session":
                answers(p, 2)
            d.kill(signal.SIGHUP)       # more to be read by it
            time.sleep(0.5)             # a while
        finally:
            os.kill(d.role(role), signal.SIGCONT)
        answers(p, 2)
        began = time.monotonic()
        hostile.served(lab)
        assert time.monotonic() - began < 2, role
        d.unchanged()
    p.close()


def test_T34_engine_that_does_not_read(lab):
    """It asks and does not read: not listened to, then killed; the parent
    does not grow, and serves on."""
    build()
    d = netns.Daemon(lab, netns.config("engines 2"), False, False)
    lab.daemons.append(d)
    flag, env = as_program(lab, d, "session engine 1", "mute")
    plain, lab.popen = lab.popen, lambda *a, **k: plain(*a, **k, env=env)
    daemon, lab.pptpd = lab.pptpd, os.path.join(HERE, "attacker")
    try:
        d.start()
    finally:
        lab.popen, lab.pptpd = plain, daemon
    netns.until(lambda: "attacks mute" in d.log(), 10, "the attack")
    os.unlink(flag)
    d.ready()
    parent = d.role("parent")

    def rss():
        with open("/proc/%d/statm" % parent) as f:
            return int(f.read().split()[1]) * resource.getpagesize()
    before, most = rss(), [0]

    def killed():
        most[0] = max(most[0], rss())
        return "session engine 1 does not read" in d.log()
    netns.until(killed, 12, "it is killed")
    assert most[0] - before < 8 << 20, "%d octets more" % (most[0] - before)
    netns.until(lambda: "session engine 1 is back" in d.log(), 5, "it is back")
    assert d.role("parent") == parent
    for _ in range(4):
        hostile.served(lab)
    assert d.stop() == 0


def test_T35_clock(lab):
    """The wall clock jumps by a day, and back: no session ends, none comes
    later or sooner, none is older."""
    f = Faulty(lab, "idle-timeout 60", "lcp-echo-interval 1")
    p = lab.peer().s5()
    for skew in (86400, 0, -86400, 0, 365 * 86400, 0):
        f.orders.skew = skew
        answers(p, 2)
        hostile.served(lab)
        s = f.d.session(p.peer_call_id)
        assert s["age"] < 60 and s["idle"] < 60, s
    time.sleep(1.2)             # for timers to have their time
    answers(p, 2)
    f.d.unchanged()
    p.close()


def test_T30_no_memory(lab):
    """An engine, or the parent, gets no memory at all while clients come: who
    is there stays, or all are told; when there is memory there is service."""
    f = Faulty(lab)
    for role in ROLES[1:]:
        for call in ("malloc", "calloc"):
            keep = lab.peer().s5()
            parent, pid = f.d.role("parent"), f.d.role(role)
            f.arm(role, call, 1, errno.ENOMEM, many=1 << 30)
            for _ in range(10):
                p = lab.peer()
                p.timeout = 0.1
                try:
                    p.s5()
                except (AssertionError, OSError):
                    pass
                if netns.gone(pid):
                    break
            f.orders.left = 0
            for p in lab.peers:
                if p is not keep:
                    p.close()
            began = time.monotonic()
            while True:
                try:
                    hostile.served(lab)
                    break
                except (AssertionError, OSError):
                    assert time.monotonic() - began < 4, f.d.log()
                    lab.peers.pop().close()
                    time.sleep(0.01)    # it may start again after a delay
            if not netns.gone(pid):
                answers(keep, 2)
                assert f.d.role("parent") == parent
            assert not re.search(r"died of signal (?!9\b)", f.d.log())
            assert f.d.proc.poll() is None
            f.again()


def test_T30_memory_limit(lab):
    """Sessions until the system has no more memory for them: those that are
    too many are refused, who is there stays; there is service when some have
    gone."""
    if lab.sanitized:
        raise netns.Skip("a sanitizer's memory knows no such limit")
    many = ("remoteip 10.40.0.1-10.40.31.254", "max-sessions 65535",
            "max-startups 65535:100:65535")
    d = lab.daemon(*many, verbose=False)
    size = max(address_space(pid) for pid in hostile.pids(d))
    assert d.stop() == 0
    lab.end_test(False)
    lab.ip("client", "route replace local %s dev lo" % scale.NETWORK)
    lab.ip("server", "route add %s via %s" % (scale.NETWORK, netns.CLIENT))
    try:
        d = lab.daemon(*many, verbose=False, memory=size + (2 << 20))
        keep = lab.peer().s5()
        load = scale.Load(lab, 6000, "-c", "1500")
        up = load.answer(50)
        print("# %s of 6000 sessions" % up["up"], flush=True)
        assert int(up["up"]) < 6000, "that was no limit"
        d.unchanged()
        answers(keep, 5)
        load.tell("quit")
        netns.wait_exit(load.proc, 10)
        load.proc.stdin.close()
        began = time.monotonic()
        while True:
            try:
                hostile.served(lab)
                break
            except (AssertionError, OSError):
                assert time.monotonic() - began < 8, d.log()
                lab.peers.pop().close()
                time.sleep(0.01)    # it may start again after a delay
        assert not re.search(r"died of signal (?!9\b)", d.log()), d.log()
        keep.close()
        assert d.stop() == 0
    finally:
        lab.ip("server", "route del %s" % scale.NETWORK)
        lab.ip("client", "route del local %s dev lo" % scale.NETWORK)


def address_space(pid):
    with open("/proc/%d/statm" % pid) as f:
        return int(f.read().split()[0]) * os.sysconf("SC_PAGESIZE")


def test_T43_SIGTERM_in_every_state(lab):
    """CDN and Stop-Control-Connection-Request, no route left, in time."""
    for number in (signal.SIGTERM, signal.SIGINT):
        for state in ("s0", "s1", "s2", "s3", "s4", "s5"):
            d = hostile.daemon(lab)
            p = getattr(lab.peer(), state)()
            began = time.monotonic()
            d.kill(number)
            names = told(p, 4)
            status = netns.wait_exit(d.proc, 5)
            assert status == 0, (state, status)
            assert time.monotonic() - began < 5, state
            want = {"s0": [], "s1": ["StopCCRQ"]}.get(
                state, ["CDN", "StopCCRQ"])
            assert names == want + ["closed"], (state, names)
            d.stopped = True
            assert lab.state() == lab.baseline, state
            lab.end_test(False)


def test_T43_signals_in_a_storm(lab):
    """SIGHUP and SIGCHLD as fast as they can, to every process, while clients
    come and while it ends."""
    d = hostile.daemon(lab)
    d.unchanged()
    pids = [d.proc.pid] + d.children
    stop = threading.Event()

    def storm():
        while not stop.is_set():
            for pid in pids:
                for number in (signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE):
                    try:
                        os.kill(pid, number)
                    except ProcessLookupError:
                        pass
            stop.wait(0.001)
    t = threading.Thread(target=storm)
    t.start()
    try:
        for _ in range(5 if lab.sanitized else 30):
            hostile.served(lab)
        d.unchanged()
        assert d.stop(seconds=5) == 0
    finally:
        stop.set()
        t.join()


def test_T32_reload_storm(lab):
    """100 reloads a second that take away and give back a listener, a pool,
    a user in use: whom none of it is about does not notice."""
    user = 'user "other" {\npassword "0ther-Pa55word"\npool "more"\n}'
    pool = 'pool "more" {\nremoteip 10.99.0.100-110\n}'
    a = (pool, user)
    text = [netns.config(*a), netns.config("listen on 10.9.0.9"),
            netns.config("mru 1300", *a), "nonsense"]
    d = lab.daemon(text=text[0], verbose=False)
    p = lab.peer().s5()
    q = lab.peer(user="other", password="0ther-Pa55word").s5()
    end = time.monotonic() + (1 if lab.sanitized else 2)
    n = 0
    while time.monotonic() < end:
        n += 1
        # Whole or not at all, as an editor does it.
        with open(os.open(d.conf + ".new", os.O_WRONLY | os.O_CREAT, 0o600),
                  "w") as f:
            f.write(text[n % len(text)])
        os.rename(d.conf + ".new", d.conf)
        d.kill(signal.SIGHUP)
        if n % 20 == 0:
            answers(p, 1)
        stop = time.monotonic() + 0.01
        while time.monotonic() < stop:
            pass
    d.write(text[0])
    netns.until(lambda: d.ctl("reload", ok=True) is not None, 5, "reloads")
    print("# %d reloads" % n, flush=True)
    answers(p, 1)
    answers(q, 1)
    hostile.served(lab)
    d.unchanged()


def test_disk_full(lab):
    """No room for the log nor for the file with the process id: it serves."""
    place = lab.path("full")
    os.mkdir(place)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place],
                   check=True)
    try:
        d = netns.Daemon(lab, netns.config('pidfile "%s/pid"' % place),
                         False, True)
        lab.daemons.append(d)
        log, d.log_path = d.log_path, os.path.join(place, "log")
        d.start()
        netns.until(lambda: "started on" in d.log(), 10, "it serves")
        fd = os.open(os.path.join(place, "fill"), os.O_WRONLY | os.O_CREAT)
        try:
            while True:
                os.write(fd, bytes(4096))
        except OSError as e:
            assert e.errno == errno.ENOSPC, e
        finally:
            os.close(fd)
        for _ in range(20):
            hostile.served(lab)
        d.kill(signal.SIGHUP)
        hostile.served(lab)
        assert d.stop() == 0
        lab.end_test(False)
        # And from the start.
        d = netns.Daemon(lab, netns.config('pidfile "%s/pid2"' % place),
                         False, False)
        lab.daemons.append(d)
        d.log_path = log
        d.start()
        d.ready()
        hostile.served(lab)
        assert "No space" in d.log(), d.log()
        assert d.stop() == 0
        lab.end_test(False)
    finally:
        with open(log, "a"):
            d.log_path = log
        subprocess.run(["umount", "-l", place], check=True)
        os.rmdir(place)


def test_T39_modes_and_owners(lab):
    """Of the file and of those that it includes: what is refused, with the
    name; a reload of such a file changes nothing."""
    d = lab.daemon(verbose=False)
    users = lab.path("users")
    with open(os.open(users, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
        f.write('user "included" password "1ncluded-Pa55"\n')
    for included in (False, True):
        d.write(netns.config() + ('include "%s"\n' % users if included
                                  else ""))
        path = users if included else d.conf
        for mode in range(0o400, 0o1000):
            if mode & 0o111 or not mode & 0o400:
                continue
            for owner in (0, 65534):
                os.chmod(path, mode)
                os.chown(path, owner, 0)
                good = owner == 0 and not mode & 0o077
                r = subprocess.run([lab.pptpd, "-n", "-f", d.conf],
                                   capture_output=True, text=True)
                assert r.returncode == (0 if good else 1), (
                    path, oct(mode), owner, r.stderr)
                assert good or path in r.stderr, r.stderr
                if mode in (0o600, 0o644, 0o660):
                    if good:
                        d.ctl("reload")
                    else:
                        d.ctl("reload", ok=False)
                        hostile.served(lab)
        os.chown(path, 0, 0)
        os.chmod(path, 0o600)
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    # What is no file at all.
    for what in ("/dev/null", "/", lab.path("nothing")):
        r = subprocess.run([lab.pptpd, "-n", "-f", what],
                           capture_output=True, text=True)
        assert r.returncode == 1 and what in r.stderr, (what, r.stderr)
    d.ctl("reload")
    d.unchanged()
