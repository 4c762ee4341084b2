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


"""The log's lines, pptpctl monitor, and what a reload says."""

import json
import os
import re
import select
import shutil
import signal
import subprocess
import threading
import time

import netns
import peer
import wire

QUOTED = r'"((?:[^"\\]|\\.)*)"'
LOGIN = re.compile(
    r"^(?:session|control): login user=%s peer=(\S+) client=%s method=(\S+) "
    r"result=(ok address=\S+ mppe=\d+s?|failed cause=\S+ reason=%s) "
    r"call=(\d+)$" % (QUOTED, QUOTED, QUOTED), re.M)
LOGOUT = re.compile(
    r"^session: logout user=%s peer=(\S+) address=(\S+) duration=(\d+) "
    r"in=(\d+) out=(\d+) in_packets=(\d+) out_packets=(\d+) cause=(\S+) "
    r"reason=%s call=(\d+)$" % (QUOTED, QUOTED), re.M)


class Monitor:
    """pptpctl monitor; its lines as they come."""

    def __init__(self, lab, d, *flags):
        self.flags = flags
        self.proc = lab.popen("server", [lab.pptpctl, *flags, "-s", d.socket,
                                         "monitor"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.data = b""
        assert "start" in str(self.next())

    def next(self, timeout=10):
        end = time.monotonic() + timeout
        while b"\n" not in self.data:
            left = max(0, end - time.monotonic())
            if not select.select([self.proc.stdout], [], [], left)[0]:
                raise peer.Timeout("no event")
            got = os.read(self.proc.stdout.fileno(), 65536)
            assert got, "pptpctl monitor ends"
            self.data += got
        line, self.data = self.data.split(b"\n", 1)
        line = line.decode()
        return json.loads(line) if "-j" in self.flags else line

    def silent(self):
        return not self.data and not select.select(
            [self.proc.stdout], [], [], 0.2)[0]


def logins(d):
    return LOGIN.findall(d.log())


def wait_login(d, cause, count=1):
    """The last line of an attempt that failed so."""
    def found():
        got = [m for m in logins(d) if m[4].startswith(
            "failed cause=%s " % cause)]
        return got[-1] if len(got) >= count else None
    return netns.until(found, 15, "a line of cause " + cause)


def wait_logout(d, cause):
    def found():
        got = [m for m in LOGOUT.findall(d.log()) if m[8] == cause]
        return got[-1] if got else None
    return netns.until(found, 10, "the end of a session by " + cause)


def test_good_login(lab):
    d = lab.daemon()
    m, j = Monitor(lab, d), Monitor(lab, d, "-j")
    before = int(time.time())
    p = lab.peer().s5(settle=False)
    got = netns.until(lambda: logins(d), 5, "the line is there")
    assert got == [(netns.USER, netns.CLIENT, "", "mschapv2",
                    "ok address=%s mppe=128" % p.address, "",
                    str(p.peer_call_id))], got
    line = m.next()
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} login user=\"%s"
                    r"\" peer=%s .* result=ok address=%s mppe=128 call=%d$" %
                    (netns.USER, netns.CLIENT, p.address, p.peer_call_id),
                    line), line
    e = j.next()
    assert before <= e["time"] <= time.time(), e
    assert (e["event"], e["result"], e["user"], e["peer"], e["address"],
            e["local_address"], e["mppe_bits"], e["mppe_stateful"], e["auth"],
            e["cause"], e["call_id"]) == (
        "login", "ok", netns.USER, netns.CLIENT, p.address, netns.LOCAL, 128,
        False, "mschapv2", None, p.peer_call_id), e
    p.ping(p.gateway, 100)
    p.hang_up()
    out = wait_logout(d, "peer-terminate")
    assert out[:3] == (netns.USER, netns.CLIENT, p.address), out
    assert int(out[4]) >= 128 and int(out[6]) >= 1, out
    assert " logout user=" in m.next()
    e = j.next()
    assert (e["event"], e["cause"], e["user"]) == (
        "logout", "peer-terminate", netns.USER), e
    assert str(e["in_bytes"]) == out[4] and str(e["out_packets"]) == out[7]
    assert "result" not in e
    assert m.silent() and j.silent()
    assert len(logins(d)) == 1


def test_wrong_name_or_password(lab):
    """The same line for both, as the client sees the same."""
    d = lab.daemon()
    j = Monitor(lab, d, "-j")
    for n, (user, password) in enumerate(
            ((netns.USER, "wrong-Pa55"), ("nobody", netns.PASSWORD)), 1):
        p = lab.peer(user=user, password=password).s3()
        p.send_cp(wire.LCP, wire.IDENT, p._magic() + b"MSRASV5.20")
        p.run(lambda p=p: p.terminated)
        got = wait_login(d, "auth-failed", n)
        assert got[:4] == (user, netns.CLIENT, "MSRASV5.20", "mschapv2"), got
        assert got[5] == "wrong name or password (Windows error 691)", got
        e = j.next()
        assert (e["event"], e["result"], e["cause"], e["user"], e["client"],
                e["address"]) == ("login", "failed", "auth-failed", user,
                                  "MSRASV5.20", None), e
        assert "691" in e["reason"]
    assert "wrong-Pa55" not in d.log()
    assert len(logins(d)) == 2


def test_no_gre(lab):
    d = lab.daemon("auth-timeout 2", "retry-timeout 1")
    p = lab.peer().s1()
    p.call()
    got = wait_login(d, "no-gre")
    assert got[:4] == ("", netns.CLIENT, "", "mschapv2"), got
    assert got[5] == ("no GRE from the client: protocol 47 is blocked on the "
                      "way (Windows error 619/806)"), got


def test_refusals(lab):
    """Encryption, every method, addresses, and the client's own will."""
    d = lab.daemon("retry-timeout 1", "auth-timeout 3", "max-failure 2",
                   "max-configure 2")
    p = lab.peer(mppe=[]).s4()
    p.request(wire.IPCP)
    try:
        p.run(lambda: p.terminated, 8)
    except AssertionError:
        pass
    got = wait_login(d, "no-mppe")
    assert got[5] == "the client refuses encryption (Windows error 741/742)"
    p = lab.peer(auth=["pap"])
    try:
        p.s4()
    except AssertionError:
        pass
    assert "734" in wait_login(d, "auth-refused")[5]
    p = lab.peer().s3()
    p.control(wire.CCRQ, call_id=p.call_id)
    assert wait_login(d, "peer-clear")[5].startswith("the client hung up")
    lab.peer().s3().tcp.close()
    assert "807" in wait_login(d, "peer-gone")[5]
    lab.peer().s3()
    assert "718" in wait_login(d, "auth-timeout")[5]


def test_no_room(lab):
    """The pool is full, all sessions are in use, an id comes twice."""
    d = lab.daemon("remoteip 10.99.0.10-11", "max-sessions 2",
                   'user "fixed" password "fixed-user-1" '
                   'address 10.99.0.10')
    j = Monitor(lab, d, "-j")
    lab.peer().s5()
    q = lab.peer(user="fixed", password="fixed-user-1")
    try:
        q.s4()
    except AssertionError:
        pass
    if q.success is None:
        got = wait_login(d, "no-address")
        assert got[0] == "fixed" and got[5] == \
            "the address pool is full (Windows error 691)", got
        netns.until(lambda: len(d.calls()) == 1, 5, "there is room")
        q = lab.peer().s5()
    r = lab.peer().s1(host=b"desk\"top\n")
    assert r.call().result != 1
    got = wait_login(d, "busy")
    assert got[1:3] == (netns.CLIENT, r'desk\"top\n'), got
    assert got[5] == "all sessions are in use" and got[6] == "0", got
    p = lab.peer(call_id=q.call_id)
    q.control(wire.OCRQ, call_id=q.call_id)
    wait_login(d, "protocol-error")
    events = []
    while not events or events[-1]["cause"] != "protocol-error":
        events.append(j.next())
    assert [e for e in events if e["cause"] == "busy"][0]["call_id"] == 0
    p.close()


def test_kill_and_shutdown(lab):
    d = lab.daemon()
    j = Monitor(lab, d, "-j")
    p, q = lab.peer().s5(), lab.peer().s5()
    d.ctl("kill", "call", p.peer_call_id)
    p.run(lambda: p.terminated, what="Terminate-Request")
    got = wait_logout(d, "admin")
    assert got[9] == "closed by the administrator", got
    assert d.stop() == 0
    assert wait_logout(d, "shutdown")[2] == q.address
    causes = [j.next() for _ in range(4)]
    assert [(e["event"], e["cause"]) for e in causes] == [
        ("login", None), ("login", None), ("logout", "admin"),
        ("logout", "shutdown")], causes
    # The end of the server is an error, that scripts notice it.
    assert netns.wait_exit(j.proc, 5) == 1


def anew(p):
    """The peer of a session negotiates its link again."""
    for state in (p.opened[wire.LCP], p.opened[wire.CCP],
                  p.opened[wire.IPCP]):
        state[:] = [False, False]
    p.tx = p.rx = p.success = p.challenge = None
    if hasattr(p, "peer_challenge"):
        del p.peer_challenge
    p.s3()
    p.s5()


def test_change(lab):
    """LCP over again is no second login."""
    d = lab.daemon()
    j = Monitor(lab, d, "-j")
    p = lab.peer().s5()
    assert j.next()["event"] == "login"
    anew(p)
    e = j.next()
    assert (e["event"], e["user"], e["call_id"]) == (
        "change", netns.USER, p.peer_call_id), e
    assert len(logins(d)) == 1
    assert re.search(r"^session: change user=", d.log(), re.M)


def test_change_again_and_again(lab):
    """Who negotiates all the time does not fill the log, but is watched; and
    the line of the end is there."""
    times = 60
    d = lab.daemon()
    j = Monitor(lab, d, "-j")
    p = lab.peer().s5()
    began = time.monotonic()
    for _ in range(times):
        anew(p)
    took = time.monotonic() - began
    events = [j.next()["event"] for _ in range(times + 1)]
    assert events == ["login"] + ["change"] * times, events
    lines = re.findall(r"^session: change user=", d.log(), re.M)
    assert 20 <= len(lines) <= 21 + 5 * took, (len(lines), took)
    assert d.stats()["session"]["log_suppressed"] == times - len(lines)
    p.close()
    wait_logout(d, "peer-gone")


def test_escapes(lab):
    """A client cannot forge fields, nor lines, neither in JSON."""
    d = lab.daemon()
    m, j = Monitor(lab, d), Monitor(lab, d, "-j")
    names = ('bob" peer=10.9.0.9 result=ok user="alice', "a\r\nb",
             "\x1b[2J", "\u202eevil", "%s%n", "back\\", 'q\\" x',
             "x" * 255, "\x01" * 255, "\x1c", "x\udcdc",
             "x\udca2 peer=1.1.1.1 client=\udca2\udca2")
    for n, user in enumerate(names, 1):
        p = lab.peer(user=user, password="wrong").s3()
        p.send_cp(wire.LCP, wire.IDENT, p._magic() + b'i" result=ok "')
        p.run(lambda p=p: p.terminated)
        got = wait_login(d, "auth-failed", n)
        assert got[1] == netns.CLIENT and got[2] == r'i\" result=ok \"', got
        line = m.next()
        assert LOGIN.match("session: " + line.split(" ", 1)[1]), line
        e = j.next()
        assert e["peer"] == netns.CLIENT and e["result"] == "failed", e
        assert all(32 <= ord(c) < 127 for c in line + e["user"])
    assert len(logins(d)) == len(names)
    log = d.log()
    assert "\x1b" not in log and "\r" not in log


def test_flood(lab):
    """Lines that strangers cause are bounded, and what is missing told."""
    d = lab.daemon("max-sessions 1")
    lab.peer().s5()
    p = lab.peer().s1()
    for n in range(400):
        p.control(wire.OCRQ, call_id=n + 1)
    got = 0
    while got < 400:
        p.expect_control(wire.OCRP)
        got += 1
    count = len(logins(d))
    assert 10 < count < 100, count
    time.sleep(0.5)
    p.control(wire.OCRQ, call_id=1000)
    p.expect_control(wire.OCRP)
    m = netns.until(lambda: re.search(
        r"^control: suppressed (\d+) lines", d.log(), re.M), 5, "a number")
    assert count + int(m.group(1)) >= 400, (count, m)
    # A session that is up is told whatever strangers do.
    assert d.counter("sessions_up") == 1
    lines = [q for q in logins(d) if q[4].startswith("ok ")]
    assert len(lines) == 1


def test_slow_monitor(lab):
    """It loses events and is told how many; nobody waits for it."""
    d = lab.daemon("max-sessions 1")
    slow, fast = Monitor(lab, d, "-j"), Monitor(lab, d, "-j")
    os.kill(slow.proc.pid, signal.SIGSTOP)
    lab.peer().s5()
    p = lab.peer().s1()
    sent = 0
    rss = d.role("control")

    def size():
        with open("/proc/%d/statm" % rss) as f:
            return int(f.read().split()[1])
    before = size()
    seen = 0
    while sent < 5000:
        for n in range(50):
            p.control(wire.OCRQ, call_id=n + 1)
        for n in range(50):
            p.expect_control(wire.OCRP)
            sent += 1
        while seen < sent + 1:
            e = fast.next()
            seen += e["events"] if e["event"] == "lost" else 1
    with open("/proc/%d/maps" % rss) as f:
        sanitized = "asan" in f.read()      # which keeps what was freed
    assert sanitized or size() - before < 1000, \
        "%d pages" % (size() - before)
    os.kill(slow.proc.pid, signal.SIGCONT)
    seen = lost = 0
    while seen < sent + 1:
        e = slow.next()
        if e["event"] == "lost":
            assert lost == 0
            lost = e["events"]
            seen += lost
        else:
            assert e["event"] == "login", e
            seen += 1
    assert lost > 0 and seen == sent + 1, (lost, seen)
    p.control(wire.OCRQ, call_id=60000)
    assert slow.next()["cause"] == "busy"


def test_many_monitors(lab):
    """There is an end to them, and it harms nobody."""
    d = lab.daemon()
    m = [Monitor(lab, d) for _ in range(31)]
    assert d.sessions() == []
    p = lab.peer().s5()
    for q in m:
        assert "login" in q.next()
        q.proc.kill()
    netns.until(lambda: d.ctl("show", "sessions"), 5, "room again")
    p.ping(p.gateway)


MANUAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                      "pptpctl", "pptpctl.8")
EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        "..", "..", "etc", "examples")


def test_fail2ban_example(lab):
    """Its expression finds the address, and no other one."""
    with open(os.path.join(EXAMPLES, "fail2ban-filter.conf")) as f:
        regex = re.search(r"^failregex = (.*)$", f.read(), re.M).group(1)
    regex = regex.replace("%(__prefix_line)s", r"(?:\S+ pptpd\[1\]: )").replace(
        "<HOST>", r"(?P<host>\S+)")
    d = lab.daemon("auth-timeout 2", "retry-timeout 1")
    names = (netns.USER, 'x" peer=10.1.1.1 client="" method=pap '
             'result=failed cause=auth-failed ')
    for n, user in enumerate(names, 1):
        p = lab.peer(user=user, password="wrong").s3()
        p.run(lambda p=p: p.terminated)
        wait_login(d, "auth-failed", n)
    lab.peer().s5().hang_up()
    lab.peer().s2()
    wait_login(d, "no-gre")
    found = [re.match(regex, "host pptpd[1]: " + line)
             for line in d.log().splitlines()]
    assert [m.group("host") for m in found if m] == [netns.CLIENT] * 2


def test_events_example(lab):
    """pf tables and a program, driven by pptpctl monitor."""
    d = lab.daemon()
    bin_dir = lab.path("bin")
    os.mkdir(bin_dir)
    said = os.path.join(bin_dir, "said")
    for name, text in (
            ("pptpctl", 'exec %s "$@"\n' % lab.pptpctl),
            ("pfctl", 'echo pfctl "$*" `case $* in *-f*) cat ;; esac` '
             '>>%s\n' % said),
            ("hook", 'printf "hook <%%s>" "$@" >>%s; echo >>%s\n' %
             (said, said))):
        path = os.path.join(bin_dir, name)
        with open(path, "w") as f:
            f.write("#!/bin/sh\n" + text)
        os.chmod(path, 0o755)
    early = lab.peer().s5()
    script = lab.popen(
        "server", ["sh", os.path.join(EXAMPLES, "pptpd-events.sh"),
                   "-b", "bad", "-c", "clients", "-s", d.socket, "-p",
                   os.path.join(bin_dir, "hook")], start_new_session=True,
        env={**os.environ, "PATH": bin_dir + ":" + os.environ["PATH"]})

    def lines():
        if not os.path.exists(said):
            return []
        with open(said) as f:
            return f.read().splitlines()

    def wait(line):
        netns.until(lambda: line in lines(), 10, line)
    try:
        wait("pfctl -q -t clients -T replace -f - " + early.address)
        p = lab.peer(user="DOM  x\\" + netns.USER).s5()
        wait("pfctl -q -t clients -T add " + p.address)
        name = "DOM  x\\\\" + netns.USER
        wait("hook <up>hook <%s>hook <%s>hook <%s>" % (
            name, p.address, netns.CLIENT))
        p.hang_up()
        wait("pfctl -q -t clients -T delete " + p.address)
        out = wait_logout(d, "peer-terminate")
        wait("".join("hook <%s>" % w for w in (
            "down", name, p.address, netns.CLIENT, out[3], out[4], out[5])))
        for n in range(5):
            assert "pfctl -q -t bad -T add " + netns.CLIENT3 not in lines()
            q = lab.peer(user='a" peer=1.1.1.1 $(id)', password="wrong",
                         source=netns.CLIENT3).s3()
            q.run(lambda q=q: q.terminated)
            wait_login(d, "auth-failed", n + 1)
        wait("pfctl -q -t bad -T add " + netns.CLIENT3)
        assert "1.1.1.1" not in "".join(lines())
    finally:
        os.killpg(script.pid, signal.SIGKILL)
        script.wait()
        for name in os.listdir(bin_dir):
            os.unlink(os.path.join(bin_dir, name))
        os.rmdir(bin_dir)


def test_examples_of_the_manual(lab):
    """Those of pptpctl(8), word for word."""
    if shutil.which("jq") is None:
        raise netns.Skip("no jq")
    with open(MANUAL) as f:
        text = f.read().split(".Sh EXAMPLES\n")[1].split("\n.Sh ")[0]
    text = text.replace(r"\e", "\\").replace(r"\&", "")
    show, kill, big, failed = re.findall(
        r"^(?:\.Dl |\.Bd -literal.*\n)# (.*(?<!\\)(?:\\\n.*)*)$", text, re.M)
    d = lab.daemon()

    def start(command):
        return lab.popen(
            "server", ["sh", "-c", 'pptpctl() { "%s" -s "%s" "$@"; }\n%s' %
                       (lab.pptpctl, d.socket, command)], text=True,
            start_new_session=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)

    def run(command):
        out, err = start(command).communicate(timeout=20)
        assert err == "", err
        return out

    p = lab.peer().s5()
    p.ping(p.gateway)
    assert p.address in run(show)
    assert run(big) == ""
    assert run(big.replace("1e9", "1")) == netns.CLIENT + "\n"
    m = start(failed)
    try:
        # Nothing tells when it has begun.
        for _ in range(10):
            q = lab.peer(user="mallory", password="wrong-Pa55").s3()
            q.run(lambda q=q: q.terminated)
            if select.select([m.stdout], [], [], 1)[0]:
                break
        assert m.stdout.readline() == "mallory %s\n" % netns.CLIENT
    finally:
        os.killpg(m.pid, signal.SIGKILL)
        m.communicate()
    run(kill.replace("41377", str(p.peer_call_id)))
    wait_logout(d, "admin")


def changes(d, *lines, drop=()):
    d.write(netns.config(*lines, drop=drop))
    got = d.ctl("reload")
    assert got["reloaded"] is True, got
    for line in got["changes"]:
        assert "parent: reload: " + line in d.log(), line
    return got["changes"]


def test_reload_says_what_changes(lab):
    d = lab.daemon('user "gone" password "gone-secret"',
                   'user "moved" password "moved-secret"')
    assert changes(d, 'user "gone" password "gone-secret"',
                   'user "moved" password "moved-secret"') == [
        "nothing changed"]
    p = lab.peer(user="gone", password="gone-secret").s5()
    got = changes(d, 'user "moved" password "other-secret" '
                  'address 10.99.0.50', 'user "new" password "new-secret"',
                  "remoteip 10.99.0.20-99", "dns 10.99.0.7", "mru 1300",
                  "authentication { mschapv2 mschap }", "encryption require "
                  "{ 128 stateless }", "max-sessions 5", "lcp-echo-interval 11",
                  "listen on " + netns.SERVER2)
    secrets = d.log() + str(got)
    for word in ("gone-secret", "moved-secret", "other-secret", "new-secret"):
        assert word not in secrets, word
    want = {
        "listen: other addresses or ports, when pptpd is started again",
        "dns: 10.99.0.1 10.99.0.2 -> 10.99.0.7",
        "authentication: { mschapv2 } -> { mschapv2 mschap }",
        "mru: 1400 -> 1300",
        "lcp-echo-interval: 30 -> 11",
        "max-sessions: 90 -> 5",
        "remoteip: 10.99.0.10-10.99.0.99 removed",
        "remoteip: 10.99.0.20-10.99.0.99 added",
        'user "gone": removed',
        'user "moved": password, address',
        'user "new": added',
        'call %d of user "gone" keeps its log-in, dns, authentication, '
        "encryption, mru, lcp-echo-interval" % p.peer_call_id,
    }
    missing = want - set(got)
    assert not missing, (missing, got)
    assert "encryption: require 128,128s -> require 128" in got, got
    p.ping(p.gateway)
    # The listener is still the old one, and said to be.
    got = changes(d, "listen on " + netns.SERVER2)
    assert any(g.startswith("listen: ") for g in got), got
    lab.peer().s5()
    r = subprocess.run([lab.pptpctl, "-s", d.socket, "reload"], text=True,
                       capture_output=True)
    assert r.returncode == 0 and r.stdout.endswith(
        "configuration reloaded\n") and "listen: " in r.stdout, r


def test_reload_of_many_users(lab):
    d = lab.daemon()
    got = changes(d, *('user "u%d" password "pass-of-%d"' % (n, n)
                       for n in range(3000)))
    assert len(got) == 201, len(got)
    assert got[-1] == "and 2800 more changes", got[-1]


def test_reload_of_a_bad_file(lab):
    """The file, the line and what is wrong with it, and nothing else."""
    d = lab.daemon()
    d.write(netns.config() + "mru 7\n")
    said = d.ctl("reload", ok=False)
    line = len((netns.config() + "mru 7\n").splitlines())
    assert re.search(r"\.conf:%d: " % line, said), said
    assert "reload: " not in d.log()
    d.write(netns.config())
    assert d.ctl("reload")["changes"] == ["nothing changed"]


def test_reload_under_traffic(lab):
    """A hundred reloads that change things; TCP never sends twice."""
    d = lab.daemon()
    # A tail loss probe is sent when somebody was slow, without a loss.
    for host in ("lan", "client"):
        lab.sysctl(host, "net.ipv4.tcp_early_retrans=0")
    server = lab.open_socket("lan", 2, 1, 0)
    lab.files.append(server)
    server.bind((netns.LAN, 5002))
    server.listen(1)
    server.settimeout(20)
    stop = threading.Event()
    result = {}

    def serve():
        c, _ = server.accept()
        with c:
            c.settimeout(20)
            # Both ways, at a pace that no queue on the way overflows.
            got = 0
            while not stop.is_set():
                c.sendall(b"s" * 8192)
                while got < 8192:
                    got += len(c.recv(65536))
                got -= 8192
                result["rounds"] = result.get("rounds", 0) + 1
                time.sleep(0.001)
            # struct tcp_info: tcpi_total_retrans
            info = c.getsockopt(6, 11, 256)
            result["server"] = int.from_bytes(info[100:104], "little")

    script = lab.path("script")
    with open(script, "w") as f:
        f.write("import socket\n"
                "s = socket.create_connection((%r, 5002), 20)\n"
                "while True:\n"
                "    n = 0\n"
                "    while n < 8192:\n"
                "        d = s.recv(65536)\n"
                "        if not d:\n"
                "            i = s.getsockopt(6, 11, 256)\n"
                "            print('again', int.from_bytes(i[100:104],"
                " 'little'))\n"
                "            raise SystemExit\n"
                "        n += len(d)\n"
                "    s.sendall(b'c' * 8192)\n" % netns.LAN)
    t = threading.Thread(target=serve)
    t.start()
    dial = {}

    def client():
        dial["status"], dial["out"] = lab.dial(
            "-T", "-R", "192.168.177.0/24", "-c", "python3 " + script)
    u = threading.Thread(target=client)
    u.start()
    try:
        netns.until(lambda: result.get("rounds", 0) > 20, 20, "traffic")
        before = result["rounds"]
        for n in range(100):
            lines = ['user "u%d" password "user-%d-pw"' % (n, n),
                     "mru %d" % (1300 + n % 2 * 100),
                     "dns 10.99.0.%d" % (n + 1),
                     "remoteip 10.99.0.10-%d" % (90 + n % 10)]
            d.write(netns.config(*lines))
            if n % 2:
                d.kill(signal.SIGHUP)
            else:
                d.ctl("reload")
            netns.until(lambda n=n: len(re.findall(
                "^parent: configuration reloaded", d.log(), re.M)) > n, 5,
                "it is reloaded")
        assert result["rounds"] > before, "the traffic stands still"
    finally:
        stop.set()
        t.join()
        u.join()
        for host in ("lan", "client"):
            lab.sysctl(host, "net.ipv4.tcp_early_retrans=3")
    assert dial["status"] == 0, dial
    assert result["server"] == 0, "the server sent %d again" % \
        result["server"]
    assert re.search(r"^again 0$", dial["out"], re.M), dial["out"]
    assert len(logins(d)) == 1 and len(LOGOUT.findall(d.log())) <= 1
    for name in ("gre_lost", "gre_late", "tun_dropped", "too_big",
                 "gre_send_error"):
        assert d.counter(name) == 0, name
    d.unchanged()
