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


"""Confinement, of the very program that is installed: what the processes have
is what is written here, what they must not do is the end of them, and without
any one of the fences there is no service."""

import collections
import os
import platform
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile

import auth
import crypto
import daemon
import events
import netns
import peer
import policy
import pools
import proxyarp
import session
import wire

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = os.path.join(HERE, "..", "confine")
NET_ADMIN = 1 << 12

# What each process has open, besides standard input, output and error.
# "socket to X" is one end of a pair, X has the other.
WAIT = ["event queue", "signal pipe", "signal pipe"]
DESCRIPTORS = {
    "supervisor": WAIT + ["/dev/null", "socket to parent"],
    # tun and GRE: for a session engine that is started anew.  The other GRE
    # socket keeps nothing of what comes.
    "parent": WAIT + ["socket to supervisor", "routing socket",
                      "socket to control engine", "socket to session engine",
                      "socket to auth engine", "tun", "GRE", "GRE"],
    "control engine": WAIT + ["socket to parent", "socket to session engine",
                              "TCP listener", "pptpctl listener"],
    "session engine": WAIT + ["socket to parent", "socket to control engine",
                              "socket to auth engine", "tun", "GRE"],
    "auth engine": WAIT + ["socket to parent", "socket to session engine"],
}


def read(pid, name):
    with open("/proc/%d/%s" % (pid, name)) as f:
        return f.read()


def link(pid, name):
    return os.readlink("/proc/%d/%s" % (pid, name))


def processes(d):
    """{role: pid}, once all have their titles."""
    return netns.until(lambda: find_processes(d.proc.pid), 5,
                       "all processes")


def find_processes(first):
    pids, found = [first], {}
    for pid in pids:
        pids += netns.children(pid)
    for pid in pids:
        m = re.match(r"pptpd: (\w+( engine)?)", read(pid, "cmdline"))
        if m:
            found[m.group(1)] = pid
    found["supervisor"] = first
    return found if len(found) == len(pids) == len(DESCRIPTORS) else None


def confined(d):
    """The same, once all have their last filter."""
    def ready():
        roles = processes(d)
        for role, pid in roles.items():
            if role == "supervisor":
                continue
            want = 1 if role == "parent" else 2
            n = re.search(r"Seccomp_filters:\s*(\d+)", read(pid, "status"))
            if int(n.group(1)) < want:
                return None
        return roles
    return netns.until(ready, 5, "all processes are confined")


def fields(pid):
    return {k: v.split() for k, v in
            (line.split(":", 1) for line in read(pid, "status").splitlines())}


def test_T14_what_the_processes_are(lab):
    d = lab.daemon()
    lab.peer().s5()
    for role, pid in confined(d).items():
        s = fields(pid)
        caps = {c: int(s["Cap" + c][0], 16)
                for c in ("Inh", "Prm", "Eff", "Bnd", "Amb")}
        assert s["NoNewPrivs"] == ["1"], role
        assert caps["Inh"] == caps["Amb"] == 0, (role, caps)
        # Nobody but root may look into it, and it leaves no core.
        assert os.stat("/proc/%d/mem" % pid).st_uid == 0, role
        assert not re.search(r"^\S+ .wx", read(pid, "maps"), re.M), \
            role + ": memory to write and to execute"
        if role == "supervisor":
            continue
        assert s["Seccomp"] == ["2"], role
        if role == "parent":
            assert caps["Prm"] == caps["Eff"] == caps["Bnd"], caps
            assert caps["Eff"] == NET_ADMIN, caps
            continue
        assert caps["Prm"] == caps["Eff"] == caps["Bnd"] == 0, (role, caps)
        assert len(set(s["Uid"])) == 1 and s["Uid"][0] != "0", role
        assert len(set(s["Gid"])) == 1 and s["Gid"][0] != "0", role
        assert s["Groups"] in ([], s["Gid"][:1]), (role, s["Groups"])
        assert link(pid, "root") == "/var/empty", role
        assert link(pid, "cwd") == "/var/empty", role
        assert os.listdir("/proc/%d/root/" % pid) == [], role
        st = os.stat("/proc/%d/root/" % pid)
        assert st.st_uid == 0 and st.st_mode & 0o022 == 0, role


def test_V174_signals_to_a_process_group(lab):
    """kill(0) of an engine reaches none but itself."""
    d = lab.daemon()
    roles = processes(d)
    groups, sessions = {}, {}
    for role, pid in roles.items():
        stat = read(pid, "stat").rsplit(")", 1)[1].split()
        groups[role], sessions[role] = stat[2], stat[3]
    for role, pid in roles.items():
        if role.endswith("engine"):
            assert groups[role] == sessions[role] == str(pid), role
    assert len(set(groups.values())) == len(groups), groups


def unix_peers(lab):
    """{inode: inode of the other end}"""
    out = subprocess.run(["nsenter", "--net=/run/netns/" + lab.ns["server"],
                          "ss", "-axn"], capture_output=True, text=True,
                         check=True).stdout
    return {a: b for a, b in re.findall(r"(\d+)\s+\S+\s+(\d+)\s*$", out, re.M)}


def descriptors(lab, d):
    """{role: what it has open}, and those not closed by exec."""
    roles = confined(d)
    peers, owner, flags = unix_peers(lab), {}, []
    listening = {}
    for name, table in (("tcp", "TCP listener"), ("raw", "GRE"),
                        ("netlink", "routing socket")):
        for line in read(roles["control engine"], "net/" + name).splitlines():
            w = line.split()
            inode = w[9] if name != "netlink" else w[-1]
            # 0A: it listens.
            if name != "tcp" or w[3] == "0A":
                listening[inode] = table
    for line in read(roles["control engine"], "net/unix").splitlines():
        if line.endswith(d.socket):
            listening[line.split()[6]] = "pptpctl listener"
    opened = collections.defaultdict(list)
    for role, pid in roles.items():
        for fd in os.listdir("/proc/%d/fd" % pid):
            try:
                name = link(pid, "fd/" + fd)
            except FileNotFoundError:
                continue
            opened[role].append((int(fd), name))
            m = re.match(r"socket:\[(\d+)\]", name)
            if m:
                owner[m.group(1)] = role
            mode = int(re.search(r"flags:\s*(\d+)",
                                 read(pid, "fdinfo/" + fd)).group(1), 8)
            if int(fd) > 2 and not mode & os.O_CLOEXEC:
                flags.append((role, fd, name))
    found = {}
    for role, names in opened.items():
        found[role] = []
        for fd, name in names:
            m = re.match(r"(socket|pipe):\[(\d+)\]", name)
            if fd <= 2:
                assert name in ("/dev/null", d.log_path), (role, fd, name)
                continue
            elif name == "anon_inode:[eventpoll]":
                name = "event queue"
            elif name == "/dev/net/tun":
                name = "tun"
            elif m and m.group(1) == "pipe":
                name = "signal pipe"
            elif m and m.group(2) in listening:
                name = listening[m.group(2)]
            elif m and peers.get(m.group(2)) in owner:
                name = "socket to " + owner[peers[m.group(2)]]
            found[role].append(name)
        found[role].sort()
    return found, flags


def test_V171_descriptors(lab):
    """Those of the list, no others, and nothing executed would have them."""
    d = lab.daemon()
    found, flags = descriptors(lab, d)
    for role, want in DESCRIPTORS.items():
        assert found[role] == sorted(want), (role, found[role])
    assert flags == [], "not closed by exec: %r" % flags


def test_V171_standard_streams(lab):
    """In the background they lead nowhere."""
    pidfile = lab.path("pid")
    d = netns.Daemon(lab, netns.config('pidfile "%s"' % pidfile), False,
                     False)
    p = lab.popen("server", [lab.pptpd, "-f", d.conf, "-s", d.socket])
    assert netns.wait_exit(p, 10) == 0
    first = netns.until(lambda: number_in(pidfile), 5, "the pid file")
    end = os.pidfd_open(first)
    try:
        roles = netns.until(lambda: find_processes(first), 5, "all processes")
        for role, pid in roles.items():
            for fd in range(3):
                assert link(pid, "fd/%d" % fd) == "/dev/null", (role, fd)
    finally:
        os.kill(first, signal.SIGTERM)
        ended = select.select([end], [], [], 10)[0]
        os.close(end)
    assert ended, "it does not end"


def number_in(path):
    try:
        with open(path) as f:
            return int(f.read())
    except (FileNotFoundError, ValueError):
        return None


def test_T14_limits(lab):
    """No core file; a descriptor for each connection, and not many more."""
    d = lab.daemon()
    for role, pid in confined(d).items():
        text = read(pid, "limits")
        files = re.search(r"Max open files\s+(\d+)", text).group(1)
        assert 256 <= int(files) <= 1 << 20, (role, files)


def test_hardened_programs(lab):
    """Position-independent, relocations read-only, no executable stack;
    stacks and the lengths of copies are checked."""
    as_installed(lab)
    readelf = shutil.which("readelf")
    if readelf is None:
        raise netns.Skip("no readelf")
    for program in lab.pptpd, lab.pptpctl:
        said = subprocess.run([readelf, "-hldW", "--dyn-syms", program],
                              capture_output=True, text=True, check=True)
        text = said.stdout
        for want in (r"Type:\s+DYN", r"GNU_RELRO", r"BIND_NOW",
                     r"FLAGS_1.*\bPIE\b", r"GNU_STACK.* RW ",
                     r"__stack_chk_fail", r"__vsnprintf_chk|__snprintf_chk"):
            assert re.search(want, text), (program, want)
        assert not re.search(r"LOAD .* RWE ", text), program
        assert not re.search(r"\((RPATH|RUNPATH|TEXTREL)\)", text), program


# Forbidden system calls, made by the processes themselves.

def operations():
    """The names that inject.c knows."""
    with open(os.path.join(SOURCES, "inject.c")) as f:
        return re.findall(r'^\t\{ "(\w+)",', f.read(), re.M)


def as_installed(lab):
    if lab.sanitized:
        raise netns.Skip("a sanitizer makes other system calls")


def injector(lab):
    as_installed(lab)
    if platform.machine() != "x86_64":
        raise netns.Skip("injection is for amd64")
    cc = shutil.which("cc")
    if cc is None:
        raise netns.Skip("no C compiler")
    program = os.path.join(lab.outdir, "inject")
    if not os.path.exists(program):
        subprocess.run([cc, "-O", "-D_GNU_SOURCE", "-o", program,
                        os.path.join(SOURCES, "inject.c")], check=True)
    return program


# What is not the end of the parent: reading in /etc is for a reload, other
# paths are refused by Landlock.
EACCES, ENOENT = "returned -13", "returned -2"
PARENT_MAY = {
    "openat": r"returned \d+",
    "openat_root": EACCES,
    "unlink": EACCES,
    # To the supervisor, which ends who sends it nonsense.
    "sendmsg_rights": r"returned -?\d+|signal 9",
}


def inject(lab, d, operation, roles):
    """{role: what came of it}"""
    # Not where the control socket is, which the parent may remove.
    with tempfile.NamedTemporaryFile(dir="/var/tmp") as target:
        r = subprocess.run([injector(lab), operation, target.name] +
                           [str(pid) for pid in roles.values()],
                           capture_output=True, text=True, timeout=20)
        assert r.returncode == 0, r.stderr
        assert os.path.exists(target.name), "it has removed a file"
    said = dict(line.split(" ", 1) for line in r.stdout.splitlines())
    return {role: said.get(str(pid)) for role, pid in roles.items()}


def injection(operation):
    def test(lab):
        d = lab.daemon(check=False)
        roles = confined(d)
        del roles["supervisor"]
        for role, got in inject(lab, d, operation, roles).items():
            want = "signal %d" % signal.SIGSYS
            if role == "parent":
                want = PARENT_MAY.get(operation, want)
            assert re.fullmatch(want, str(got)), \
                "%s: %s, not %s" % (role, got, want)
        # Without a parent nobody takes back what it did.
        lab.end_test(True)
    test.__module__ = __name__
    test.__name__ = "test_T14_" + operation
    return test


for _name in operations():
    globals()["test_T14_" + _name] = injection(_name)


def test_T14_is_noticed(lab):
    """The end of an engine that tried is in the log at once."""
    for role in ("control engine", "session engine", "auth engine"):
        d = lab.daemon(check=False)
        got = inject(lab, d, "socket_raw", {role: confined(d)[role]})
        assert got[role] == "signal %d" % signal.SIGSYS, got
        netns.until(lambda: re.search("%s.* died of signal %d" %
                                      (role, signal.SIGSYS), d.log()),
                    1, "the death of the %s is in the log" % role)
        lab.end_test(True)


# A step that fails.

STEPS = ["chroot", "chdir", "setgroups", "setresgid", "setresuid", "prctl",
         "capget", "capset", "landlock_create_ruleset", "landlock_add_rule",
         "landlock_restrict_self", "seccomp", "setsid"]


def strace():
    program = shutil.which("strace")
    if program is None:
        raise netns.Skip("no strace")
    return program


def wrapped(lab, *options):
    """A program that is pptpd with strace behind it."""
    as_installed(lab)
    path = lab.path("strace")
    with open(path, "w") as f:
        f.write("#!/bin/sh\nexec %s -D -f -qq %s %s \"$@\"\n" %
                (strace(), " ".join(options), lab.pptpd))
    os.chmod(path, 0o755)
    return path


def without(lab, step):
    """A daemon that cannot make this system call."""
    real = lab.pptpd
    try:
        lab.pptpd = wrapped(lab, "-o", "/dev/null", "-e", "trace=" + step,
                            "-e", "inject=%s:error=EPERM" % step)
        return lab.daemon(check=False, wait=False)
    finally:
        lab.pptpd = real


def failing_step(step):
    def test(lab):
        d = without(lab, step)
        status = None
        for _ in range(20):
            status = netns.wait_exit(d.proc, 0.1)
            if status is not None:
                break
            served(lab, step)
        assert status != 0, "it ended well without " + step
        served(lab, step)
        # The parent may have made routes before.
        lab.end_test(True)
    test.__module__ = __name__
    test.__name__ = "test_T40_V165_V166_" + step
    return test


def served(lab, step):
    """Nobody is."""
    p = lab.peer(timeout=0.2)
    try:
        p.s0()
        p.control(wire.SCCRQ)
        p.expect_control(wire.SCCRP)
    except (OSError, peer.Timeout, peer.Closed):
        return
    finally:
        p.close()
    raise AssertionError("service without " + step)


for _name in STEPS:
    globals()["test_T40_V165_V166_" + _name] = failing_step(_name)


def test_V089_no_randomness(lab):
    """Then there is no challenge, rather than a weak one."""
    d = without(lab, "getrandom")
    for _ in range(10):
        p = lab.peer(timeout=0.5)
        try:
            p.s4()
        except (OSError, AssertionError, peer.Timeout, peer.Closed):
            pass
        assert not [q for q in p.log if q.is_(wire.CHAP, wire.CHALLENGE)]
        p.close()
        if netns.wait_exit(d.proc, 0.1) is not None:
            break
    lab.end_test(True)


# The calls that are made, and those that may be.  The supervisor has no
# filter: it would be that of those it starts, too.
FILTERED = [role for role in DESCRIPTORS if role != "supervisor"]

SCENES = [
    session.test_traffic_to_the_lan, session.test_real_traffic,
    session.test_kill, session.test_churn,
    auth.test_each_method_alone, auth.test_wrong_password,
    policy.test_duplicate_replace, policy.test_many_penalties_are_listed,
    pools.test_reload, proxyarp.test_third_host,
    proxyarp.test_network_behind_a_client, events.test_good_login,
    daemon.test_reload, daemon.test_reload_of_a_bad_file,
    daemon.test_pptpctl_that_says_nothing,
    daemon.test_descriptor_from_pptpctl,
    daemon.test_end_with_sessions,
]


def allowed():
    """{process: system calls}, of the table in sandbox_linux_test.c that is
    compared with the filter there."""
    with open(os.path.join(HERE, "..", "unit", "sandbox_linux_test.c")) as f:
        text = f.read()
    # Sanitizers need more.
    text = re.sub(r"#if defined\(__SANITIZE.*?#endif", "", text, flags=re.S)
    table = {role: set() for role in FILTERED}
    for name, who in re.findall(r"\{ SYS_(\w+), ([A-Z| ]+) \}", text):
        for word in who.split(" | "):
            for role in table:
                if word == "ALL" or role.startswith(word.lower()) or \
                        (word == "ENGINES" and role.endswith("engine")):
                    table[role].add(name)
    return table


def unused():
    """{process: {call: why it is allowed though it was not seen}}"""
    table = {role: {} for role in FILTERED}
    with open(os.path.join(SOURCES, "unused")) as f:
        for line in f:
            if line.startswith("#") or not line.strip():
                continue
            call, who, reason = line.split(None, 2)
            for role in table:
                if who == "all" or role.split()[0] in who.split(","):
                    assert call not in table[role], "twice: " + line
                    table[role][call] = reason
    return table


def seen(prefix):
    """{process: calls that it made with its filter on}"""
    table = {role: set() for role in FILTERED}
    folder, name = os.path.split(prefix)
    for file in os.listdir(folder):
        if not file.startswith(name + "."):
            continue
        role, filtered, calls = None, False, set()
        with open(os.path.join(folder, file), errors="replace") as f:
            for line in f:
                m = re.match(r"(\w+)\(", line)
                if not m:
                    continue
                if m.group(1) == "execve":
                    r = re.search(r'"-P", "(\w+)', line)
                    role = r.group(1) if r else "supervisor"
                elif m.group(1) == "seccomp" and "_FILTER, 0, {" in line:
                    if filtered:
                        calls.add("seccomp")
                    filtered = True
                elif filtered:
                    calls.add(m.group(1))
        for full in table:
            if filtered and full.split()[0] == role:
                table[full] |= calls
        os.unlink(os.path.join(folder, file))
    return table


def test_T14_calls_seen_are_the_list(lab):
    """What a filter allows is used, or there is a written reason."""
    real = lab.pptpd
    prefix = lab.path("calls")
    try:
        for scene in SCENES:
            lab.pptpd = real
            lab.pptpd = wrapped(lab, "-ff", "-s", "32", "-o", prefix, "-e",
                                "signal=none")
            scene(lab)
            lab.end_test(False)
    finally:
        lab.pptpd = real
    calls, may, excused = seen(prefix), allowed(), unused()
    faults = []
    for role in FILTERED:
        may[role].add("seccomp")	# of which the second filter is made
        for call in sorted(calls[role] - may[role]):
            faults.append("%s: %s is not in the list" % (role, call))
        for call in sorted(may[role] - calls[role] - {"seccomp"}):
            if call not in excused[role]:
                faults.append("%s: %s is not used" % (role, call))
        for call in sorted(set(excused[role]) - may[role]):
            faults.append("%s: %s is not even allowed" % (role, call))
    assert faults == [], "\n".join(faults)


# Secrets in memory, by way of what the kernel would write into a core.

def writable(pid):
    """All that a process may have written."""
    with open("/proc/%d/mem" % pid, "rb", 0) as mem:
        for line in read(pid, "maps").splitlines():
            w = line.split()
            if "w" not in w[1]:
                continue
            begin, end = (int(n, 16) for n in w[0].split("-"))
            try:
                mem.seek(begin)
                yield mem.read(end - begin)
            except (OSError, ValueError):
                continue


def test_T36_V091_V128_secrets_in_memory(lab):
    """Passwords are with who compares them; keys with who uses them, while
    there is a session."""
    if lab.sanitized:
        raise netns.Skip("a sanitizer's memory is too large to search")
    word = "tR9-only-in-this-test"
    d = lab.daemon("encryption require { 128 stateless, 128 stateful }",
                   'user "t36" password "%s"' % word)
    nt = crypto.nt_hash(word)
    keys, begun = [], []
    for stateful in (False, True):
        p = lab.peer(user="t36", password=word, mppe=[(128, stateful)]).s5()
        p.ping(p.gateway)
        keys += list(p.keys) + [p.tx.key, p.rx.key]
        begun.append(p)
    d.ctl("reload")
    roles = processes(d)
    passwords = [word.encode(), word.encode("utf-16-le"), nt, crypto.md4(nt)]

    def found(role, secrets):
        return [n for n, secret in enumerate(secrets)
                if any(secret in area for area in writable(roles[role]))]

    # It looks in the right place, in the right way.
    assert found("auth engine", [nt]), "the auth engine without users"
    for role in roles:
        if role != "auth engine":
            assert not found(role, passwords), (role, found(role, passwords))
    for role in roles:
        if role != "session engine":
            assert not found(role, keys), (role, found(role, keys))
    assert found("session engine", keys), "a session without keys"
    for p in begun:
        p.close()
    netns.until(lambda: d.calls() == [], 5, "the calls are gone")
    # Packets of another session, over what is left on a stack.
    q = lab.peer().s5()
    for _ in range(20):
        q.ping(q.gateway, 500)
    for role in roles:
        assert not found(role, keys), (role, found(role, keys))
