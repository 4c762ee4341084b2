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

"""The death of any process, in any state of a session: who is told, what is
left behind, how long until a client is served again."""

import json
import os
import re
import signal
import subprocess
import time

import netns
import peer
import wire

# Of a LAN, to be published there, and only one: who has it must give it back.
CONFIG = ("proxy-arp yes", "remoteip 192.168.177.240")
STATES = ("s0", "s1", "s2", "s3", "s4", "s5")
SERVICE = 2.0


def published(lab):
    return re.findall(r"^(\S+) dev", lab.ip("server", "neigh show proxy"),
                      re.M)


def host_routes(lab):
    return re.findall(r"^(192\.168\.177\.2\d\d) dev tun",
                      lab.ip("server", "route show"), re.M)


def told(p, seconds):
    """What the client hears before the end; it answers as one should."""
    names = []
    end = time.monotonic() + seconds
    try:
        while True:
            m = p.next_control(max(0, end - time.monotonic()))
            names.append(m.name)
            if m.type == wire.STOPCCRQ:
                p.control(wire.STOPCCRP)
    except (peer.Closed, OSError):
        names.append("closed")
    except peer.Timeout:
        pass
    return names


def served(lab, began):
    """A client that calls until it is let in; after how many seconds."""
    while True:
        p = lab.peer()
        p.timeout = 1.0
        try:
            p.s5()
            p.timeout = 5.0
            return p, time.monotonic() - began
        except (AssertionError, OSError):
            p.close()
        assert time.monotonic() - began < 5, "no service"
        time.sleep(0.01)


def kill_in_state(lab, role, state):
    """Kill it while a client is there; the time until another is served."""
    d = lab.daemon(*CONFIG)
    p = getattr(lab.peer(), state)()
    if state == "s5":
        assert published(lab) == host_routes(lab) == ["192.168.177.240"]
    engines = d.children
    began = time.monotonic()
    os.kill(d.proc.pid if role == "supervisor" else d.role(role),
            signal.SIGKILL)
    names = told(p, 1.5 if role != "session" else 0.3)
    calls = state not in ("s0", "s1")
    if role == "session":
        # The control connection stays, the call does not.
        assert names == (["CDN"] if calls else []), names
        if calls:
            p.control(wire.ECHORQ, id=1)
            p.expect_control(wire.ECHORP)
    else:
        assert names[-1] == "closed", names
        if role != "control" and calls:
            assert names == ["CDN", "StopCCRQ", "closed"], names
        elif role != "control" and state == "s1":
            assert names == ["StopCCRQ", "closed"], names
    p.close()
    if role == "supervisor":
        assert d.proc.wait(2) != 0
        for pid in engines:
            netns.until(lambda pid=pid: netns.gone(pid), 2,
                        "all end with the supervisor")
        assert lab.state() == lab.baseline, lab.state()
        d.stopped = True
        d = lab.daemon(*CONFIG)
    q, took = served(lab, began)
    q.ping(q.gateway)
    assert published(lab) == host_routes(lab) == ["192.168.177.240"]
    if state == "s5":
        lines = re.findall(r"logout user=\"test\".*cause=(\S+)", d.log())
        want = {"session": ["engine"], "supervisor": []}
        assert lines == want.get(role, ["shutdown"]), d.log()
    # Nobody else had to go.
    if role == "session":
        assert len(set(netns.children(d.proc.pid)) - set(engines)) == 1
    d.ready()
    q.hang_up()
    netns.until(lambda: not published(lab) and not host_routes(lab), 2,
                "nothing is left behind")
    lab.end_test(False)
    return took


def kill_in_all_states(lab, role):
    worst = max((kill_in_state(lab, role, state), state) for state in STATES)
    print("# %s killed: served again after %.2f s at most (%s)" % (
        (role,) + worst), flush=True)
    assert worst[0] < SERVICE, worst


def test_T10_death_of_the_supervisor(lab):
    kill_in_all_states(lab, "supervisor")


def test_T10_death_of_the_parent(lab):
    kill_in_all_states(lab, "parent")


def test_T10_death_of_the_control_engine(lab):
    kill_in_all_states(lab, "control")


def test_T10_death_of_the_session_engine(lab):
    kill_in_all_states(lab, "session")


def test_T10_death_of_the_auth_engine(lab):
    kill_in_all_states(lab, "auth")


def test_silent_client(lab):
    """One that does not answer good-byes keeps nobody waiting."""
    for role in ("parent", "auth"):
        d = lab.daemon(*CONFIG)
        lab.peer().s5()
        began = time.monotonic()
        os.kill(d.role(role), signal.SIGKILL)
        _, took = served(lab, began)
        assert took < SERVICE, "%s: %.2f s" % (role, took)
        d.ready()
        lab.end_test(False)


def test_monitor_of_lost_sessions(lab):
    """Who watches hears of sessions that went with their engine."""
    d = lab.daemon()
    p = lab.peer().s5()
    lab.peer().s2()
    watch = lab.popen("server", [lab.pptpctl, "-j", "-s", d.socket,
                                 "monitor"], stdout=subprocess.PIPE,
                      stderr=subprocess.DEVNULL, text=True)
    assert json.loads(watch.stdout.readline())["event"] == "start"
    os.kill(d.role("session"), signal.SIGKILL)
    events = [json.loads(watch.stdout.readline()) for _ in range(2)]
    assert sorted(e["event"] for e in events) == ["login", "logout"], events
    assert {e["cause"] for e in events} == {"engine"}, events
    out = [e for e in events if e["event"] == "logout"][0]
    assert out["user"] == "test" and out["address"] == p.address, out
    served(lab, time.monotonic())
    d.ready()
    assert d.ended("engine") == 2


def test_backoff(lab):
    """At once the first time, then each time later."""
    d = lab.daemon()
    for expected in (0, 1, 2):
        old = d.role("parent")
        began = time.monotonic()
        os.kill(old, signal.SIGKILL)
        netns.until(lambda: netns.gone(old), 2, "the parent is gone")
        _, took = served(lab, began)
        assert expected <= took < expected + 1.9, (expected, took)
        lab.peers[-1].close()
    assert "starting again\n" in d.log()
    assert "starting again in 1 s\n" in d.log()
    assert "starting again in 2 s\n" in d.log()
    # To be stopped while nobody is there but the supervisor.
    os.kill(d.role("parent"), signal.SIGKILL)
    netns.until(lambda: "starting again in 4 s\n" in d.log(), 3, "waiting")
    assert netns.children(d.proc.pid) == []
    assert d.stop() == 0
    # What only a parent could have taken back, the next one takes.
    os.unlink(d.socket)
    assert lab.daemon().stop() == 0


def test_backoff_of_a_session_engine(lab):
    d = lab.daemon()
    for expected in (0, 1):
        began = time.monotonic()
        os.kill(d.role("session"), signal.SIGKILL)
        p, took = served(lab, began)
        assert expected <= took < expected + 1, (expected, took)
        p.hang_up()
    d.ready()


def test_stop_of_the_parent(lab):
    """Asked politely, it is the end, as of the supervisor."""
    d = lab.daemon()
    os.kill(d.role("parent"), signal.SIGTERM)
    assert netns.wait_exit(d.proc, 5) == 0
    d.stopped = True
    assert lab.state() == lab.baseline


def background(lab, *args):
    """pptpd without -d: status, output."""
    p = lab.popen("server", [lab.pptpd] + list(args), stdout=subprocess.PIPE,
                  stderr=subprocess.STDOUT, text=True)
    out = p.communicate(timeout=10)[0]
    return p.returncode, out


def test_background(lab):
    """It returns when it serves; the pidfile is good for the whole."""
    pidfile = lab.path("pid")
    conf = lab.path("conf")
    sock = lab.path("sock")
    with open(os.open(conf, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
        f.write(netns.config("pidfile " + pidfile))
    status, out = background(lab, "-f", conf, "-s", sock)
    assert (status, out) == (0, ""), (status, out)
    with open(pidfile) as f:
        pid = int(f.read())
    try:
        subprocess.run([lab.pptpctl, "-s", sock, "show", "stats"],
                       check=True, capture_output=True, timeout=5)
        for child in [pid] + netns.children(pid):
            for fd in range(3):
                assert os.readlink("/proc/%d/fd/%d" % (child, fd)) == \
                    "/dev/null", child
        p = lab.peer().s5()
        # A second one is told why not.
        status, out = background(lab, "-f", conf, "-s", lab.path("sock"))
        assert status == 1 and netns.SERVER in out, (status, out)
        p.ping(p.gateway)
    finally:
        watch = os.pidfd_open(pid)
        os.kill(pid, signal.SIGTERM)
        netns.select.select([watch], [], [], 10)
        os.close(watch)
    netns.until(lambda: lab.state() == lab.baseline, 2, "all is gone")
    assert not os.path.exists(sock) and not os.path.exists(pidfile)


def test_start_that_fails(lab):
    """Status 1 and a message, in front and in the background."""
    conf = lab.path("conf")
    for text, message in (("rubbish\n", ":1: "),
                          (netns.config("listen on 192.0.2.1"), "192.0.2.1"),
                          (netns.config("tun no/such"), "no/such")):
        with open(os.open(conf, os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
                          0o600), "w") as f:
            f.write(text)
        for flags in ([], ["-d"]):
            status, out = background(lab, *flags, "-f", conf, "-s",
                                     lab.path("sock"))
            assert status == 1 and message in out, (status, out)


def test_standard_input(lab):
    """It cannot be read again: no second start."""
    conf = lab.path("conf")
    sock = lab.path("sock")
    with open(os.open(conf, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
        f.write(netns.config())
    with open(conf) as f, open(lab.path("log"), "w") as log:
        d = subprocess.Popen(
            ["nsenter", "--net=/run/netns/" + lab.ns["server"], lab.pptpd,
             "-d", "-f", "-", "-s", sock], stdin=f, stdout=log, stderr=log)
        lab.processes.append(d)
        netns.until(lambda: os.path.exists(sock), 5, "it starts")
        p, _ = served(lab, time.monotonic())
        parent = [n for n in netns.children(d.pid) if "parent" in open(
            "/proc/%d/cmdline" % n).read()]
        os.kill(parent[0], signal.SIGKILL)
        told(p, 1.5)
        assert netns.wait_exit(d, 3) == 1
    # What only the parent could have taken back, the next one takes.
    os.unlink(sock)
    assert lab.daemon().stop() == 0


# A session engine that is not ours: it says what none would say.
EVIL = r"""#!/bin/bash
if [ "$1" = -P ] && [ "$2" = "session engine 1" ] && [ -e %(flag)s ]; then
	rm %(flag)s
	exec python3 -c '
import os, socket, struct
s = socket.socket(fileno=3)
s.sendall(struct.pack("=IIII", %(kind)d, 16 + %(size)d, 0, 0) +
    b"x" * %(size)d)
while s.recv(4096):
    pass
os.read(0, 1)
import time
time.sleep(60)
'
fi
exec -a "$0" %(pptpd)s "$@"
"""


def imsg_types():
    """enum imsg_type of the header."""
    top = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(top, "../../pptpd/pptpd.h")) as f:
        text = f.read()
    body = re.search(r"enum imsg_type \{(.*?)\n\};", text, re.S).group(1)
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
    return {name.strip(): n for n, name in enumerate(body.split(","))
            if name.strip()}


def test_wrong_message_to_the_parent(lab):
    """It costs the engine, not the parent, which ends in order."""
    types = imsg_types()
    for kind, size in ((types["IMSG_ROUTE_ADD"], 7),
                       (types["IMSG_CONTROL_DONE"], 0), (0xffff, 4)):
        flag = lab.path("evil")
        program = lab.path("pptpd.sh")
        with open(program, "w") as f:
            f.write(EVIL % dict(flag=flag, kind=kind, size=size,
                                pptpd=lab.pptpd))
        os.chmod(program, 0o755)
        real, lab.pptpd = lab.pptpd, program
        try:
            d = lab.daemon(check=False)
        finally:
            lab.pptpd = real
        p = lab.peer().s5()
        open(flag, "w").close()
        began = time.monotonic()
        os.kill(d.role("session"), signal.SIGKILL)
        names = told(p, 2)
        assert names[0] == "CDN" and names[-1] == "closed", names
        q, took = served(lab, began)
        assert took < SERVICE, took
        assert re.search(r"parent: wrong \S.* from the session engine 1",
                         d.log()), d.log()
        assert "fatal" not in d.log()
        q.hang_up()
        assert d.stop() == 0
        lab.end_test(False)
