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

"""Run the integration tests, as root, on Linux.  Prints TAP.

    run.py [-kv] [-t seconds] [-T seconds] [-o directory] [-s n/m] pptpd
        pptpctl pptpdial [name ...]

A name selects the tests that contain it, or all of one file: "gre",
"gre.duplicates".  -k keeps the logs of tests that passed, too, -l lists
the names only, -t is the limit of one test, -T that of all; with -s only
every m-th test is run, from the n-th on, for m runs side by side.
"""

import getopt
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "peer"))
sys.path.insert(0, os.path.join(HERE, "..", "hostile"))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import netns  # noqa: E402

FILES = ["control", "gre", "lcp", "auth", "ccp", "ipcp", "windows10",
         "conformance_pptp", "conformance_lcp", "conformance_auth",
         "conformance_mppe", "interop", "loss", "session", "offload", "load",
         "linkoutput", "scale", "policy", "pools", "proxyarp", "daemon",
         "confinement", "restart", "engines", "events", "hostile_control",
         "hostile_gre", "hostile_ppp", "hostile_auth", "hostile_mppe",
         "hostile_files", "hostile_engines", "hostile_faults",
         "hostile_chaos", "limits"]
# Only if it is asked for: it needs a build of its own.
LEAKS = "leaks"


class TimeLimit(Exception):
    pass


def on_alarm(number, frame):
    raise TimeLimit("time limit")


def on_term(number, frame):
    raise KeyboardInterrupt


def collect(names):
    """[(name, function)], in the order of the files."""
    found = []
    files = FILES + [LEAKS] if LEAKS in names else FILES
    for file in files:
        module = importlib.import_module(file)
        for key, value in vars(module).items():
            if key.startswith("test_") and value.__module__ == file:
                name = file + "." + key[5:]
                if not names or any(n == file or n in name for n in names):
                    found.append((name, value))
    return found


def run_one(lab, function, limit):
    """The text of the failure, or None, and why it was skipped, or None."""
    fault = skipped = None
    signal.alarm(limit)
    try:
        function(lab)
    except netns.Skip as e:
        skipped = str(e)
    except (Exception, TimeLimit):
        fault = traceback.format_exc()
    finally:
        # Ending it has its own limit.
        signal.alarm(60)
    logs = [d.log() for d in lab.daemons]
    try:
        lab.end_test(fault is not None)
    except (Exception, TimeLimit):
        fault = fault or traceback.format_exc()
    finally:
        signal.alarm(0)
    if fault is not None:
        for log in logs:
            fault += "log, its end:\n" + "\n".join(log.splitlines()[-30:])
    return fault, skipped


def usage():
    print(__doc__, file=sys.stderr)
    sys.exit(2)


def main():
    keep = verbose = listing = False
    limit, total, outdir, share, shares = 60, 1800, None, 1, 1
    try:
        options, args = getopt.getopt(sys.argv[1:], "klvs:t:T:o:")
    except getopt.GetoptError:
        usage()
    for option, value in options:
        keep |= option == "-k"
        verbose |= option == "-v"
        listing |= option == "-l"
        if option == "-s":
            share, shares = (int(n) for n in value.split("/"))
        elif option == "-t":
            limit = int(value)
        elif option == "-T":
            total = int(value)
        elif option == "-o":
            outdir = value
    if listing:
        for name, _ in collect(args):
            print(name)
        return 0
    if len(args) < 3:
        usage()
    programs = [os.path.abspath(a) for a in args[:3]]
    tests = collect(args[3:])[share - 1::shares]
    if not tests:
        print("no test of that name", file=sys.stderr)
        return 2
    if os.geteuid() != 0:
        print("1..0 # SKIP needs root")
        return 0

    made = outdir is None
    if made:
        # Short, for the name of a socket has at most 107 octets.
        outdir = tempfile.mkdtemp(prefix="pptpd-test.")
    else:
        os.makedirs(outdir, exist_ok=True)
    signal.signal(signal.SIGALRM, on_alarm)
    signal.signal(signal.SIGTERM, on_term)
    end = time.monotonic() + total
    failed = 0
    lab = netns.Lab(*programs, outdir)
    print("1..%d" % len(tests), flush=True)
    try:
        lab.setup()
        for number, (name, function) in enumerate(tests, 1):
            left = int(end - time.monotonic())
            if left <= 0:
                print("Bail out! total time limit")
                failed += 1
                break
            before = set(os.listdir(outdir))
            began = time.monotonic()
            fault, skipped = run_one(lab, function, min(limit, left))
            note = " # %.2f s" % (time.monotonic() - began) if verbose else ""
            if skipped is not None:
                note = " # SKIP " + skipped
            print("%sok %d - %s%s" % ("not " if fault else "", number, name,
                                      note), flush=True)
            if fault:
                failed += 1
                for line in fault.splitlines():
                    print("#   " + line)
            elif not keep:
                for file in set(os.listdir(outdir)) - before:
                    os.unlink(os.path.join(outdir, file))
    finally:
        signal.alarm(0)
        try:
            lab.end_test(True)
        finally:
            lab.teardown()
    if failed or keep:
        print("# logs: " + outdir)
    elif made:
        shutil.rmtree(outdir)
    print("# %d of %d failed" % (failed, len(tests)))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
