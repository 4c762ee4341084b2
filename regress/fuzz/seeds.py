#!/usr/bin/env python3
# seeds.py: files of the configuration tests as inputs of the fuzz targets.
# The parts of an input are cut at octets 1.

import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
config = os.path.join(here, "..", "config")
legacy = os.path.join(config, "legacy")
out = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "corpus")


def read(*path):
    try:
        with open(os.path.join(*path), "rb") as f:
            return f.read()
    except FileNotFoundError:
        return b""


def seed(target, name, *parts):
    if not any(parts):
        return
    os.makedirs(os.path.join(out, target), exist_ok=True)
    with open(os.path.join(out, target, "seed-" + name), "wb") as f:
        f.write(b"\1".join(parts))


for name in sorted(os.listdir(config)):
    base = name.split(".")[0]
    text = read(config, name) if name.endswith(".in") else b""
    if text and len(text) < 4096:
        seed("config", base, text, b"user \"a\" password \"b\"\n", b"")
    if text and b"user" in text and len(text) < 4096:
        seed("users", base, b"".join(
            l for l in text.splitlines(True) if l.startswith(b"user")))
    if name.endswith((".list", ".list2")):
        seed("users", name.replace(".", "-"), text or read(config, name))
for name in sorted(os.listdir(legacy)):
    if not os.path.isdir(os.path.join(legacy, name)):
        continue
    main = read(legacy, name, "pptpd.conf")
    seed("poptop", name, b"".join(l for l in main.splitlines(True)
                                  if not l.startswith((b"option", b"local",
                                                       b"remote"))))
    conf = read(legacy, name, "ppp.conf")
    secret = read(legacy, name, "ppp.secret")
    if conf:
        seed("ppp_conf", name, conf, secret)
    options = read(legacy, name, "options.pptpd")
    chap = read(legacy, name, "chap-secrets")
    if options:
        seed("pppd_options", name, options, read(legacy, name, "more"), chap)
    if secret:
        seed("secrets", name + "-ppp", b"0" + secret)
    if chap:
        seed("secrets", name + "-pppd", b"1" + chap)
