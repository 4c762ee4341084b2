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


"""A process of the daemon that somebody else has taken over: attacker.c plays
it, for the real other ones.  FAULTS_ALL=1 in the environment: more of it."""

import os
import re
import subprocess
import time

import hostile
import netns

HERE = os.path.dirname(os.path.abspath(__file__))
ALL = "FAULTS_ALL" in os.environ
RELATIONS = ("parent control", "parent session", "parent auth",
             "control parent", "control session", "session parent",
             "session control", "session auth", "auth parent", "auth session")
# A parent under attack starts again and again, with its devices.
CONFIG = ("engines 8", "link-output yes", "proxy-arp yes", "remoteip 192.168.177.240-250",
          'user "net" { password "%s" route 10.110.0.0/24 }' %
          "n3t-behind-Me!")
OURS = re.compile(r"10\.99\.0\.1$|192\.168\.177\.24\d|192\.168\.177\.250"
                  r"|10\.110\.0\.0/24")


def build():
    r = subprocess.run(["make", "-C", HERE, "all"], capture_output=True,
                       text=True)
    assert r.returncode == 0, r.stdout + r.stderr


class Monitor:
    """What the kernel says of changes of routes, addresses, neighbours."""

    def __init__(self, lab):
        self.path = lab.path("monitor")
        with open(self.path, "wb") as f:
            self.proc = lab.popen("server", [
                "ip", "-o", "monitor", "route", "neigh", "address"], stdout=f)
        netns.until(self.listens, 5, "ip monitor listens")

    def listens(self):
        """It does when it has opened its socket."""
        fds = "/proc/%d/fd" % self.proc.pid
        try:
            return any("socket:" in os.readlink(os.path.join(fds, fd))
                       for fd in os.listdir(fds))
        except OSError:         # one that was just closed
            return False

    def check(self):
        """Nothing but for addresses of the configuration, on tun devices;
        published on the LAN."""
        self.proc.kill()
        self.proc.wait()
        count = 0
        with open(self.path) as f:
            for line in f:
                line = line.replace("Deleted ", "").replace("local ", "", 1)
                if re.match(r"(broadcast|multicast|ff|fe80)", line) or \
                        " lladdr " in line or "FAILED" in line or \
                        "INCOMPLETE" in line:
                    continue
                # A device that is gone by now has a number only.
                if re.match(r"\d+: (tun|if)\d+ +inet 10\.99\.0\.1/32 ", line):
                    continue
                what = line.split()[0]
                if what in ("unreachable", "prohibit", "blackhole"):
                    what = line.split()[1]
                    assert OURS.match(what), line
                    continue
                assert OURS.match(what), line
                assert re.search(r" dev (tun\d+|if\d+|lan)\b", line), line
                count += 1
        return count


def attack(lab, relation, conf, part, parts, flood):
    with open(lab.path("attacked.log"), "w+",
              errors="strict") as log:
        p = lab.popen("server", [
            os.path.join(HERE, "attacker"), lab.pptpd, conf,
            lab.path("sock")] + relation.split() +
            [str(part), str(parts), str(flood)],
            stdout=subprocess.PIPE, stderr=log, text=True)
        out = p.communicate(timeout=3600)[0]
        log.seek(0)
        text = log.read()
    assert p.returncode == 0, "%s: %s\n%s" % (relation, out, text[-1500:])
    for bad in ("AddressSanitizer", "runtime error:", "==ERROR", "signal"):
        assert bad not in text, text[-3000:]
    m = re.search(r"(\d+) cases of \d+, (\d+) messages, (\d+) ends", out)
    cases, messages, ends = map(int, m.groups())
    # Whoever ended an engine, or the daemon, says why.
    wrong = len(re.findall(r"wrong .+ from|no message from|fatal: ", text))
    assert wrong >= ends * 0.9, "%s: %d ends, %d reasons\n%s" % (
        relation, ends, wrong, text[-1500:])
    return cases, messages, ends


def test_T07_V162_wrong_messages(lab):
    """Every type, size, id and header that lies, with and without a
    descriptor, from whoever may be taken over to whom he talks to; then
    floods.  It ends him, or the one who got it, in order; of a session engine
    it ends nobody else."""
    build()
    conf = lab.path("conf")
    with open(os.open(conf, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
        f.write(netns.config(*CONFIG))
    monitor = Monitor(lab)
    parts, flood = (16, 120000) if ALL else (800, 12000)
    if lab.sanitized:
        parts, flood = 4000, 3000       # each start takes its time
    total = [0, 0, 0]
    for number, relation in enumerate(RELATIONS):
        got = attack(lab, relation, conf, number, parts, flood)
        print("# %s: %d cases, %d messages, %d ends" % ((relation,) + got),
              flush=True)
        total = [a + b for a, b in zip(total, got)]
    print("# all: %d cases, %d messages, %d ends" % tuple(total), flush=True)
    assert total[1] >= 9 * flood
    assert monitor.check() > 0, "no route was made at all"


def as_program(lab, d, role, target):
    """The environment that has the attacker in place of that role."""
    flag = d.socket + ".attack"
    with open(flag, "w"):
        pass
    return flag, dict(os.environ, PPTPD=lab.pptpd, ATTACK_ROLE=role,
                      ATTACK_TARGET=target, ATTACK_FILE=flag)


def attacked(lab, role, target):
    """A daemon one of whose engines is somebody else's, until it is not."""
    d = netns.Daemon(lab, netns.config(*CONFIG), False, False)
    lab.daemons.append(d)
    flag, env = as_program(lab, d, role, target)
    program = os.path.join(HERE, "attacker")
    plain, lab.popen = lab.popen, lambda *a, **k: plain(*a, **k, env=env)
    daemon, lab.pptpd = lab.pptpd, program
    try:
        d.start()
    finally:
        lab.popen, lab.pptpd = plain, daemon
    others = ("control engine", "auth engine", "session engine 8")
    if role.startswith("session engine"):
        before = [d.role(name) for name in others]
    # Who was attacked, or who attacked, is gone, and there is a next one.
    netns.until(lambda: d.log().count("attacker: ") >= 2, 20,
                "%s attacks %s twice:\n%s" % (role, target, d.log()))
    supervisor = d.proc.pid
    if role.startswith("session engine"):
        assert [d.role(name) for name in others] == before, \
            "others went with %s:\n%s" % (role, d.log())
    os.unlink(flag)
    end = time.monotonic() + 15
    while True:
        try:
            hostile.served(lab)
            break
        except (AssertionError, OSError):
            assert time.monotonic() < end, "no service:\n" + d.log()
        assert d.proc.poll() is None, d.log()
        time.sleep(0.05)        # it starts again after a delay of its own
    assert d.proc.pid == supervisor and d.proc.poll() is None
    log = d.log()
    assert re.search(r"wrong .+ from|no message from|fatal: |does not read",
                     log), log
    assert "died of signal" not in re.sub("died of signal 9", "", log), log
    assert d.stop() == 0
    d.stopped = True
    lab.end_test(False)


def test_T07_engines_taken_over(lab):
    """In a whole daemon: killed or ended for it, logged, and there is service
    when the attacker is gone."""
    build()
    monitor = Monitor(lab)
    lab.processes.remove(monitor.proc)
    try:
        for role, target in (("session engine 1", "parent"),
                             ("session engine 2", "control"),
                             ("session engine 3", "auth"),
                             ("control engine", "parent"),
                             ("control engine", "session"),
                             ("auth engine", "parent"),
                             ("auth engine", "session")):
            if not lab.sanitized or target == "parent":
                attacked(lab, role, target)
    finally:
        monitor.proc.kill()
    monitor.check()
