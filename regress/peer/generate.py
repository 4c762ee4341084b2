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

"""Hostile input, made once and used everywhere:

    G1 control_lengths()  every control message with every wrong length
    G2 segments()         a stream cut into segments
    G3 options()          Configuration Options with every wrong length
    G4 lengths()          a length field, wrong; pairs() of them
    G5 truncations()      a packet cut at every octet
    G6 Recorder           a good session, to be played at the wrong time
"""

import struct

import wire

TYPES = list(range(18)) + [99, 0xffff]


def control_lengths():
    """G1: (type, octets to send, may be valid) of control messages: every
    type with every Length, and as many octets as that, one fewer, one more,
    or only a header."""
    for kind in TYPES:
        right = wire.LENGTHS[kind][1] if kind in wire.LENGTHS else 16
        for length in sorted({0, 1, 11, 12, *range(right - 8, right + 2),
                              2 * right, 219, 220, 221, 0x7fff, 0x8000,
                              0xffff}):
            good = kind in wire.LENGTHS and length == right
            raw = wire.control(kind, length=length).ljust(0x10000, b"\0")
            for sent in sorted({length - 1, length, length + 1, 12}):
                # What is shorter than the header is covered by G5.
                if sent >= 12:
                    yield kind, raw[:sent], good


def segments(data):
    """G2: lists of the pieces that a stream may come in."""
    yield [data]
    yield [data[n:n + 1] for n in range(len(data))]
    for n in range(1, len(data)):
        yield [data[:n], data[n:]]


def lengths(least, actual):
    """G4: values of a 16-bit length field."""
    return sorted({0, 1, max(least - 1, 0), least, max(actual - 1, 0),
                   actual, actual + 1, 0x7fff, 0xffff})


def pairs(one, other):
    return [(a, b) for a in one for b in other]


def truncations(packet):
    """G5"""
    return [packet[:n] for n in range(len(packet))]


def options(known):
    """G3: bodies of Configure packets.  known: (type, octets of data) of
    what the protocol has.  Yields (body, whether the options fit in it)."""
    for kind, size in list(known) + [(0, 0), (127, 2), (255, 4)]:
        exact = 2 + size
        for length in sorted({0, 1, 2, exact - 1, exact, exact + 1, 255}):
            for data in sorted({max(length - 2, 0), size, size + 1}):
                body = bytes([kind, length & 255]) + bytes(data)
                yield body, fits(body)
                # Behind a good one, and in front of one.
                good = bytes([5, 6, 1, 2, 3, 4])
                yield good + body, fits(good + body)
                yield body + good, fits(body + good)
        yield bytes([kind]), False
        many = (bytes([kind, exact]) + bytes(size)) * 300
        yield many[:1400 // exact * exact], True
    yield b"".join(bytes([kind, 2]) for kind in range(256)), True
    yield b"".join(bytes([kind, 5]) + b"abc" for kind in range(256)), True


def fits(body):
    """Do the options end where the packet does?"""
    while body:
        if len(body) < 2 or body[1] < 2 or body[1] > len(body):
            return False
        body = body[body[1]:]
    return True


class Recorder:
    """G6: what a peer sends, with the state it was sent in."""

    def __init__(self, p):
        self.peer = p
        self.state = "s0"
        self.controls = []              # (state, octets)
        self.packets = []               # (state, protocol, information)
        self.frames = []                # (state, PPP frame)
        self._send, self._send_ppp = p.send, p.send_ppp
        self._send_gre = p.send_gre
        p.send, p.send_ppp, p.send_gre = self.send, self.send_ppp, \
            self.send_gre

    def send(self, data):
        self.controls.append((self.state, data))
        self._send(data)

    def send_ppp(self, proto, data, **how):
        self.packets.append((self.state, proto, data))
        self._send_ppp(proto, data, **how)

    def send_gre(self, payload, **how):
        self.frames.append((self.state, payload))
        self._send_gre(payload, **how)

    def run(self):
        """All the way, IP included, and down again."""
        p = self.peer
        for self.state in ("s0", "s1", "s2", "s3", "s4", "s5"):
            getattr(p, self.state)()
        p.ping(p.gateway)
        self.state = "end"
        p.hang_up()
        return self


def gre_words():
    """Every first half of a GRE header but the two that carry data."""
    return [w for w in range(0x10000) if w not in (0x3001, 0x3081, 0x2081)]


def near_misses(name, password):
    """Credentials that are nearly right (RFC 1334: lengths, then octets)."""
    for n in range(len(password)):
        yield name, password[:n]
        yield name, password[n:] if n else b""
        yield name, password[:n] + b"\0" + password[n + 1:]
        yield name, password[:n] + b"\0" + password[n:]
        for bit in range(8):
            yield name, password[:n] + bytes([password[n] ^ 1 << bit]) + \
                password[n + 1:]
    for n in range(len(name)):
        yield name[:n], password
        yield name[:n] + b"\0" + name[n:], password
        for bit in range(8):
            yield name[:n] + bytes([name[n] ^ 1 << bit]) + name[n + 1:], \
                password
    for tail in (b"\0", b" ", b"x", b"\n", b"\0\0", password, b"\xff" * 100):
        yield name, password + tail
        yield name + tail, password
        yield name, tail + password
    for n in (14, 15, 16, 31, 32, 33, 64, 127, 128, 254, 255):
        yield name, b"x" * n
        yield name, password.ljust(n, b"\0")
        yield name, (password * 20)[:n]
        yield b"x" * n, password
        yield name.ljust(n, b"\0"), password
    yield name, password.swapcase()
    yield name.swapcase(), password
    yield password, name
    yield b"", b""
    yield b"", password


def header_lengths(code, ident, body):
    """G4 of a control packet's own Length field: (packet, it fits)."""
    actual = 4 + len(body)
    for length in lengths(4, actual):
        yield struct.pack(">BBH", code, ident, length) + body, \
            4 <= length <= actual
