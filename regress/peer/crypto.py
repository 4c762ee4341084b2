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

"""What a PPTP client computes: MD4, DES and RC4 by hand (no library can be
relied on to have them), MS-CHAPv1 (RFC 2433), MS-CHAPv2 (RFC 2759), CHAP-MD5
(RFC 1994), the MPPE keys (RFC 3079) and MPPE itself (RFC 3078).

Written from the RFCs alone, so that it can judge the daemon's C.
"""

import copy
import hashlib
import struct


# --------------------------------------------------------------- MD4, RFC 1320

def _rol(x, n):
    x &= 0xffffffff
    return (x << n | x >> (32 - n)) & 0xffffffff


def md4(data):
    state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
    bits = 8 * len(data)
    data += b"\x80" + bytes(-(len(data) + 9) % 64) + struct.pack("<Q", bits)
    rounds = (
        (lambda x, y, z: x & y | ~x & z, 0, range(16), (3, 7, 11, 19)),
        (lambda x, y, z: x & y | x & z | y & z, 0x5a827999,
         [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
         (3, 5, 9, 13)),
        (lambda x, y, z: x ^ y ^ z, 0x6ed9eba1,
         [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
         (3, 9, 11, 15)),
    )
    for off in range(0, len(data), 64):
        x = struct.unpack("<16I", data[off:off + 64])
        a, b, c, d = state
        for f, add, order, shifts in rounds:
            for i, k in enumerate(order):
                a = _rol(a + f(b, c, d) + x[k] + add, shifts[i % 4])
                a, b, c, d = d, a, b, c
        state = [(s + v) & 0xffffffff for s, v in zip(state, (a, b, c, d))]
    return struct.pack("<4I", *state)


# ------------------------------------------------------------- DES, FIPS 46-3

_IP = [58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4,
       62, 54, 46, 38, 30, 22, 14, 6, 64, 56, 48, 40, 32, 24, 16, 8,
       57, 49, 41, 33, 25, 17, 9, 1, 59, 51, 43, 35, 27, 19, 11, 3,
       61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7]
_FP = [_IP.index(i) + 1 for i in range(1, 65)]
_E = [32, 1, 2, 3, 4, 5, 4, 5, 6, 7, 8, 9, 8, 9, 10, 11, 12, 13,
      12, 13, 14, 15, 16, 17, 16, 17, 18, 19, 20, 21, 20, 21, 22, 23, 24, 25,
      24, 25, 26, 27, 28, 29, 28, 29, 30, 31, 32, 1]
_P = [16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10,
      2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25]
_PC1 = [57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18,
        10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
        63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22,
        14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4]
_PC2 = [14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4,
        26, 8, 16, 7, 27, 20, 13, 2, 41, 52, 31, 37, 47, 55, 30, 40,
        51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32]
_SHIFTS = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1]
_S = [[int(c, 16) for c in row] for row in (
    "e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d",
    "f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9",
    "a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c",
    "7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e",
    "2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453",
    "c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d",
    "4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c",
    "d2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b",
)]


def _permute(value, width, table):
    out = 0
    for pos in table:
        out = out << 1 | value >> (width - pos) & 1
    return out


def des(key, block):
    """Encrypt 8 octets under 8 octets of key (parity bits ignored)."""
    k = _permute(int.from_bytes(key, "big"), 64, _PC1)
    c, d = k >> 28, k & 0xfffffff
    v = _permute(int.from_bytes(block, "big"), 64, _IP)
    left, right = v >> 32, v & 0xffffffff
    for n in _SHIFTS:
        c = (c << n | c >> (28 - n)) & 0xfffffff
        d = (d << n | d >> (28 - n)) & 0xfffffff
        x = _permute(right, 32, _E) ^ _permute(c << 28 | d, 56, _PC2)
        f = 0
        for i in range(8):
            six = x >> (42 - 6 * i) & 0x3f
            row = six >> 4 & 2 | six & 1
            f = f << 4 | _S[i][16 * row + (six >> 1 & 15)]
        left, right = right, left ^ _permute(f, 32, _P)
    return _permute(right << 32 | left, 64, _FP).to_bytes(8, "big")


def des56(key, block):
    """The same with 7 octets of key, spread over 8."""
    k = int.from_bytes(key, "big")
    spread = bytes((k >> (49 - 7 * i) & 0x7f) << 1 for i in range(8))
    return des(spread, block)


# ------------------------------------------------------------------------ RC4

class Rc4:
    def __init__(self, key):
        s = list(range(256))
        j = 0
        for i in range(256):
            j = (j + s[i] + key[i % len(key)]) & 255
            s[i], s[j] = s[j], s[i]
        self.s, self.i, self.j = s, 0, 0

    def crypt(self, data):
        s, i, j = self.s, self.i, self.j
        out = bytearray(len(data))
        for n, octet in enumerate(data):
            i = (i + 1) & 255
            si = s[i]
            j = (j + si) & 255
            sj = s[j]
            s[i], s[j] = sj, si
            out[n] = octet ^ s[(si + sj) & 255]
        self.i, self.j = i, j
        return bytes(out)


# --------------------------------------------------------- CHAP and MS-CHAP

def nt_hash(password):
    return md4(password.encode("utf-16-le"))


def lm_hash(password):
    p = password.upper().encode("ascii", "replace")[:14].ljust(14, b"\0")
    return des56(p[:7], b"KGS!@#$%") + des56(p[7:], b"KGS!@#$%")


def challenge_response(challenge, pwhash):
    k = pwhash.ljust(21, b"\0")
    return b"".join(des56(k[i:i + 7], challenge) for i in (0, 7, 14))


def mschap1_response(challenge, password):
    """NT response of MS-CHAPv1 (RFC 2433 appendix A.1)."""
    return challenge_response(challenge, nt_hash(password))


def strip_domain(name):
    return name.split("\\", 1)[1] if "\\" in name else name


def challenge_hash(peer, auth, name):
    user = strip_domain(name).encode("utf-8", "surrogateescape")
    return hashlib.sha1(peer + auth + user).digest()[:8]


def mschap2_response(auth, peer, name, password):
    return challenge_response(challenge_hash(peer, auth, name),
                              nt_hash(password))


def mschap2_success(auth, peer, name, password, response):
    """The "S=..." that the authenticator must prove itself with."""
    hashhash = md4(nt_hash(password))
    d = hashlib.sha1(hashhash + response +
                     b"Magic server to client signing constant").digest()
    d = hashlib.sha1(d + challenge_hash(peer, auth, name) +
                     b"Pad to make it do more than one iteration").digest()
    return "S=" + d.hex().upper()


def chap_md5(ident, secret, challenge):
    return hashlib.md5(bytes([ident]) + secret.encode() + challenge).digest()


# ------------------------------------------------------------ keys, RFC 3079

_PAD1 = bytes(40)
_PAD2 = b"\xf2" * 40
_MASTER = b"This is the MPPE Master Key"
_CLIENT_SEND = (b"On the client side, this is the send key; "
                b"on the server side, it is the receive key.")
_CLIENT_RECV = (b"On the client side, this is the receive key; "
                b"on the server side, it is the send key.")


def mschap2_keys(password, response):
    """(client's send, client's receive) start key, 16 octets each."""
    hashhash = md4(nt_hash(password))
    master = hashlib.sha1(hashhash + response + _MASTER).digest()[:16]
    return tuple(hashlib.sha1(master + _PAD1 + magic + _PAD2).digest()[:16]
                 for magic in (_CLIENT_SEND, _CLIENT_RECV))


def mschap1_key(password, challenge):
    """The 128-bit start key, one for both directions."""
    hashhash = md4(nt_hash(password))
    return hashlib.sha1(hashhash + hashhash + challenge).digest()[:16]


# ------------------------------------------------------------ MPPE, RFC 3078

MPPE_H = 0x01000000         # stateless
MPPE_M = 0x80               # 56 bits
MPPE_S = 0x40               # 128 bits
MPPE_L = 0x20               # 40 bits
MPPE_D = 0x10               # obsolete
MPPE_C = 0x01               # MPPC
KEY_BITS = {128: MPPE_S, 56: MPPE_M, 40: MPPE_L}
FLUSHED = 0x8000
ENCRYPTED = 0x1000
_SALT = {128: b"", 56: b"\xd1", 40: b"\xd1\x26\x9e"}


def mode_bits(bits, stateful):
    return KEY_BITS[bits] | (0 if stateful else MPPE_H)


def bits_mode(value):
    """(bits, stateful) of an option that names exactly one mode, or None."""
    for bits, flag in KEY_BITS.items():
        if value & ~MPPE_H == flag:
            return bits, not value & MPPE_H
    return None


class MppeLost(Exception):
    """Out of step: stateful receivers must send a Reset-Request."""


class Mppe:
    """One direction.  send() encrypts, receive() decrypts."""

    def __init__(self, start, bits, stateful):
        self.bits, self.stateful = bits, stateful
        self.length = 16 if bits == 128 else 8
        self.start = start[:self.length]
        self.key = self._sha(self.start)
        self.rc4 = Rc4(self.key)
        self.count = 0xfff
        self.flush = False          # to send: A in the next packet
        self.lost = False           # received: discard until A

    def _sha(self, key):
        k = hashlib.sha1(self.start + _PAD1 + key + _PAD2).digest()
        salt = _SALT[self.bits]
        return salt + k[len(salt):self.length]

    def rekey(self):
        """Section 7.3: the next session key, and fresh tables."""
        k = hashlib.sha1(self.start + _PAD1 + self.key + _PAD2).digest()
        k = k[:self.length]
        k = Rc4(k).crypt(k)
        salt = _SALT[self.bits]
        self.key = salt + k[len(salt):]
        self.rc4 = Rc4(self.key)

    def clone(self):
        return copy.deepcopy(self)

    def send(self, plain):
        self.count = self.count + 1 & 0xfff
        flags = ENCRYPTED
        if not self.stateful or self.count & 0xff == 0xff:
            self.rekey()
            flags |= FLUSHED
        elif self.flush:
            self.rc4 = Rc4(self.key)
            flags |= FLUSHED
        self.flush = False
        return struct.pack(">H", flags | self.count) + self.rc4.crypt(plain)

    def receive(self, data):
        head, = struct.unpack(">H", data[:2])
        count = head & 0xfff
        if head & 0x7000 != ENCRYPTED:
            raise AssertionError("MPPE header %04x" % head)
        step = count - self.count & 0xfff
        if not self.stateful:
            if not head & FLUSHED:
                raise AssertionError("stateless MPPE packet without A bit")
            if step == 0 or step > 0x800:
                raise MppeLost("late, count %d after %d" %
                               (count, self.count))
            for _ in range(step):
                self.rekey()
        elif head & FLUSHED:
            # A key change was due at each count ...ff that was passed.
            for n in range(self.count + 1, self.count + step + 1):
                if n & 0xff == 0xff:
                    self.rekey()
            self.rc4 = Rc4(self.key)
            self.lost = False
        elif self.lost or step != 1:
            self.lost = True
            raise MppeLost("count %d after %d" % (count, self.count))
        elif count & 0xff == 0xff:
            self.rekey()
        self.count = count
        return self.rc4.crypt(data[2:])
