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

"""The known vectors of MD4, DES, RC4, RFC 2433, RFC 2759 and RFC 3079 against
crypto.py, and the codecs of wire.py against themselves.  Prints TAP.
"""

import sys

import crypto
import wire

failed = 0
number = 0


def check(name, got, want):
    global failed, number
    number += 1
    if isinstance(want, str) and isinstance(got, bytes):
        want = bytes.fromhex(want)
    good = got == want
    print("%sok %d - %s" % ("" if good else "not ", number, name))
    if not good:
        failed += 1
        print("# got  %r\n# want %r" % (got, want))


def ciphers():
    check("MD4 of nothing", crypto.md4(b""),
          "31d6cfe0d16ae931b73c59d7e0c089c0")
    check("MD4 of abc", crypto.md4(b"abc"),
          "a448017aaf21d8525fc10ae87aa6729d")
    check("MD4 of 80 digits", crypto.md4(b"1234567890" * 8),
          "e33b4ddc9c38f2199c3e7b164fcc0536")
    check("DES", crypto.des(bytes.fromhex("133457799bbcdff1"),
                            bytes.fromhex("0123456789abcdef")),
          "85e813540f0ab405")
    check("DES, weak key", crypto.des(bytes(8), bytes(8)),
          "8ca64de9c1b123a7")
    check("RC4", crypto.Rc4(b"Key").crypt(b"Plaintext"),
          "bbf316e8d940af0ad3")


def mschap1():
    challenge = bytes.fromhex("102db5df085d3041")
    check("RFC 2433 NT hash", crypto.nt_hash("MyPw"),
          "fc156af7edcd6c0edde3337d427f4eac")
    check("RFC 2433 LM hash", crypto.lm_hash("MyPw"),
          "75ba30198e6d1975aad3b435b51404ee")
    check("RFC 2433 NT response", crypto.mschap1_response(challenge, "MyPw"),
          "4e9d3c8f9cfd385d5bf4d3246791956ca4c351ab409a3d61")
    key = crypto.mschap1_key("clientPass", challenge)
    check("RFC 3079 2.5.3 start key", key,
          "a8947850cfc0acc1d1789fb62ddcddb0")
    check("RFC 3079 2.5.3 session key", crypto.Mppe(key, 128, False).key,
          "59d159bc09f76f1da2a86a28ffec0b1e")


def mschap2():
    auth = bytes.fromhex("5b5d7c7d7b3f2f3e3c2c602132262628")
    peer = bytes.fromhex("21402324255e262a28295f2b3a337c7e")
    check("RFC 2759 NT hash", crypto.nt_hash("clientPass"),
          "44ebba8d5312b8d611474411f56989ae")
    check("RFC 2759 challenge hash",
          crypto.challenge_hash(peer, auth, "User"), "d02e4386bce91226")
    check("RFC 2759 challenge hash, domain",
          crypto.challenge_hash(peer, auth, "DOM\\User"), "d02e4386bce91226")
    response = crypto.mschap2_response(auth, peer, "User", "clientPass")
    check("RFC 2759 NT response", response,
          "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df")
    check("RFC 2759 authenticator response",
          crypto.mschap2_success(auth, peer, "User", "clientPass", response),
          "S=407A5589115FD0D6209F510FE9C04566932CDA56")
    send, recv = crypto.mschap2_keys("clientPass", response)
    # The RFC's example is the server's side: its send key we receive by.
    check("RFC 3079 3.5.3 send start key", recv,
          "8b7cdc149b993a1ba118cb153f56dccb")
    for bits, key, text in (
            (40, "d1269ec49fa62e3e", "929137917e5803d668d75898"),
            (56, "d15c00c49fa62e3e", "3f106833fa448da842bc57b8"),
            (128, "405cb2247a7956e6e211007ae27b22d4",
             "81848317df68846272fb5abe")):
        m = crypto.Mppe(recv, bits, False)
        check("RFC 3079 3.5 session key, %d bits" % bits, m.key, key)
        check("RFC 3079 3.5 message, %d bits" % bits,
              crypto.Rc4(m.key).crypt(b"test message"), text)


def mppe():
    for bits in (40, 56, 128):
        for stateful in (False, True):
            tx = crypto.Mppe(b"0123456789abcdef", bits, stateful)
            rx = tx.clone()
            good = True
            for n in range(5000):
                plain = b"\0\x21%d" % n
                good = good and rx.receive(tx.send(plain)) == plain
            check("MPPE %d %s, 5000 packets" %
                  (bits, "stateful" if stateful else "stateless"), good, True)
    tx = crypto.Mppe(b"0123456789abcdef", 128, False)
    rx = tx.clone()
    for n in range(300):
        last = tx.send(b"lost")
    check("MPPE stateless after 299 lost", rx.receive(last), b"lost")
    for lost in (1, 255, 256, 257, 1000):
        tx = crypto.Mppe(b"0123456789abcdef", 128, True)
        rx = tx.clone()
        for n in range(lost):
            tx.send(b"lost")
        try:
            rx.receive(tx.send(b"after the gap"))
            noticed = False
        except crypto.MppeLost:
            noticed = True
        tx.flush = True
        # The 256th is a flag packet and mends what went before it.
        check("MPPE stateful, %d lost, noticed" % lost, noticed, lost != 255)
        check("MPPE stateful, %d lost, flushed" % lost,
              rx.receive(tx.send(b"back")), b"back")


def codecs():
    for number_, (name, length) in sorted(wire.LENGTHS.items()):
        raw = wire.control(number_)
        check("%s is %d octets" % (name, length), len(raw), length)
        check("%s decodes" % name, wire.Control(raw).name, name)
    raw = wire.gre(0x1234, b"abc", seq=5, ack=9)
    g = wire.Gre(raw)
    check("GRE", (g.call_id, g.seq, g.ack, g.payload), (0x1234, 5, 9, b"abc"))
    g = wire.Gre(wire.gre(1, ack=0))
    check("GRE, lone ack", (g.seq, g.ack, g.payload), (None, 0, b""))
    opts = [(1, b"\x05\x78"), (5, b"abcd"), (7, b"")]
    check("options", wire.unpack_options(wire.pack_options(opts)), opts)
    check("PPP, no compression", wire.unppp(wire.ppp(0x21, b"x")),
          (0x21, b"x"))
    check("PPP, ACFC and PFC", wire.ppp(0x21, b"x", True, True), b"\x21x")
    check("PPP, PFC read", wire.unppp(b"\xff\x03\x21x"), (0x21, b"x"))
    p = wire.ip4("10.0.0.1", "10.0.0.2", 17, b"data")
    check("IP checksum", wire.checksum(p[:20]), 0)
    t = wire.tcp_syn("10.0.0.1", "10.0.0.2", 1, 2, mss=1460)
    check("MSS", wire.tcp_mss(t), 1460)


for topic in (ciphers, mschap1, mschap2, mppe, codecs):
    topic()
print("1..%d" % number)
sys.exit(failed != 0)
