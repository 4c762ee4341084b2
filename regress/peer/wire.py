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

"""The octets: PPTP control messages (RFC 2637 section 2), GRE (section 4),
PPP and its control protocols (RFC 1661), and enough IP to use a tunnel.

Everything can be built wrong on purpose: each length, magic number, flag and
reserved field has an argument that overrides it.
"""

import socket
import struct

COOKIE = 0x1a2b3c4d
PORT = 1723

SCCRQ, SCCRP, STOPCCRQ, STOPCCRP, ECHORQ, ECHORP, OCRQ, OCRP, ICRQ, ICRP, \
    ICCN, CCRQ, CDN, WEN, SLI = range(1, 16)

# type: name, then (field, struct code, default) for all behind the header
_MESSAGES = {
    SCCRQ: ("SCCRQ", [
        ("version", "H", 0x0100), ("reserved1", "H", 0),
        ("framing", "I", 3), ("bearer", "I", 3),
        ("max_channels", "H", 0), ("firmware", "H", 0),
        ("host", "64s", b"client"), ("vendor", "64s", b"peer.py")]),
    SCCRP: ("SCCRP", [
        ("version", "H", 0x0100), ("result", "B", 1), ("error", "B", 0),
        ("framing", "I", 3), ("bearer", "I", 3),
        ("max_channels", "H", 0), ("firmware", "H", 0),
        ("host", "64s", b""), ("vendor", "64s", b"")]),
    STOPCCRQ: ("StopCCRQ", [
        ("reason", "B", 1), ("reserved1", "B", 0), ("reserved2", "H", 0)]),
    STOPCCRP: ("StopCCRP", [
        ("result", "B", 1), ("error", "B", 0), ("reserved1", "H", 0)]),
    ECHORQ: ("EchoRq", [("id", "I", 0)]),
    ECHORP: ("EchoRp", [
        ("id", "I", 0), ("result", "B", 1), ("error", "B", 0),
        ("reserved1", "H", 0)]),
    OCRQ: ("OCRQ", [
        ("call_id", "H", 0), ("serial", "H", 0),
        ("min_bps", "I", 300), ("max_bps", "I", 100000000),
        ("bearer", "I", 3), ("framing", "I", 3),
        ("window", "H", 64), ("delay", "H", 0), ("phone_len", "H", 0),
        ("reserved1", "H", 0), ("phone", "64s", b""),
        ("subaddress", "64s", b"")]),
    OCRP: ("OCRP", [
        ("call_id", "H", 0), ("peer_call_id", "H", 0),
        ("result", "B", 1), ("error", "B", 0), ("cause", "H", 0),
        ("speed", "I", 0), ("window", "H", 0), ("delay", "H", 0),
        ("channel", "I", 0)]),
    ICRQ: ("ICRQ", [
        ("call_id", "H", 0), ("serial", "H", 0), ("bearer", "I", 3),
        ("channel", "I", 0), ("dialed_len", "H", 0),
        ("dialing_len", "H", 0), ("dialed", "64s", b""),
        ("dialing", "64s", b""), ("subaddress", "64s", b"")]),
    ICRP: ("ICRP", [
        ("call_id", "H", 0), ("peer_call_id", "H", 0),
        ("result", "B", 1), ("error", "B", 0), ("window", "H", 0),
        ("delay", "H", 0), ("reserved1", "H", 0)]),
    ICCN: ("ICCN", [
        ("peer_call_id", "H", 0), ("reserved1", "H", 0),
        ("speed", "I", 0), ("window", "H", 0), ("delay", "H", 0),
        ("framing", "I", 1)]),
    CCRQ: ("CCRQ", [("call_id", "H", 0), ("reserved1", "H", 0)]),
    CDN: ("CDN", [
        ("call_id", "H", 0), ("result", "B", 0), ("error", "B", 0),
        ("cause", "H", 0), ("reserved1", "H", 0), ("stats", "128s", b"")]),
    WEN: ("WEN", [
        ("peer_call_id", "H", 0), ("reserved1", "H", 0),
        ("crc", "I", 0), ("framing", "I", 0), ("hardware", "I", 0),
        ("buffer", "I", 0), ("timeouts", "I", 0), ("alignment", "I", 0)]),
    SLI: ("SLI", [
        ("peer_call_id", "H", 0), ("reserved1", "H", 0),
        ("send_accm", "I", 0xffffffff), ("recv_accm", "I", 0xffffffff)]),
}


def _format(kind):
    return ">" + "".join(code for _, code, _ in _MESSAGES[kind][1])


NAMES = {kind: m[0] for kind, m in _MESSAGES.items()}
LENGTHS = {kind: (m[0], 12 + struct.calcsize(_format(kind)))
           for kind, m in _MESSAGES.items()}


def control(kind, *, length=None, cookie=COOKIE, message_type=1, reserved0=0,
            **fields):
    """A whole control message; unknown types have no body."""
    body = b""
    if kind in _MESSAGES:
        values = []
        for name, _, default in _MESSAGES[kind][1]:
            values.append(fields.pop(name, default))
        body = struct.pack(_format(kind), *values)
    if fields:
        raise TypeError("no such field: " + ", ".join(fields))
    if length is None:
        length = 12 + len(body)
    return struct.pack(">HHIHH", length, message_type, cookie, kind,
                       reserved0) + body


class Control:
    """A received control message: .type, .name, .raw and its fields."""

    def __init__(self, raw):
        self.raw = raw
        self.length, self.message_type, self.cookie, self.type, \
            self.reserved0 = struct.unpack(">HHIHH", raw[:12])
        self.name, fields = _MESSAGES[self.type]
        values = struct.unpack(_format(self.type), raw[12:])
        self.fields = {f[0]: v for f, v in zip(fields, values)}

    def __getattr__(self, name):
        try:
            return self.__dict__["fields"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __repr__(self):
        return "%s(%s)" % (self.name, ", ".join(
            "%s=%r" % (k, v.rstrip(b"\0") if isinstance(v, bytes) else v)
            for k, v in self.fields.items()))

    def check(self):
        """What RFC 2637 section 2 demands of every message."""
        assert self.length == len(self.raw), self
        assert self.message_type == 1 and self.cookie == COOKIE, self
        assert self.reserved0 == 0, self
        for name, value in self.fields.items():
            if name.startswith("reserved"):
                assert value == 0, (self, name)
            elif isinstance(value, bytes):
                # Nothing may follow the end of a text.
                assert value.split(b"\0", 1)[-1].strip(b"\0") == b"" or \
                    b"\0" not in value, (self, name)


def split_controls(data):
    """([Control...], rest) of a stream of octets from the server."""
    messages = []
    while len(data) >= 12:
        length, _, _, kind, _ = struct.unpack(">HHIHH", data[:12])
        assert kind in LENGTHS and LENGTHS[kind][1] == length, \
            "not a control message: " + data[:24].hex()
        if len(data) < length:
            break
        messages.append(Control(data[:length]))
        data = data[length:]
    return messages, data


# ------------------------------------------------------------------------ GRE

GRE_K, GRE_S, GRE_A = 0x2000, 0x1000, 0x0080
GRE_PPP = 0x880b


def gre(call_id, payload=b"", seq=None, ack=None, *, flags=None,
        proto=GRE_PPP, length=None):
    word = GRE_K | 1
    if seq is not None:
        word |= GRE_S
    if ack is not None:
        word |= GRE_A
    out = struct.pack(">HHHH", word if flags is None else flags, proto,
                      len(payload) if length is None else length, call_id)
    if seq is not None:
        out += struct.pack(">I", seq & 0xffffffff)
    if ack is not None:
        out += struct.pack(">I", ack & 0xffffffff)
    return out + payload


class Gre:
    """A received GRE packet, which must be an exact one (section 4.1)."""

    def __init__(self, raw):
        word, proto, length, self.call_id = struct.unpack(">HHHH", raw[:8])
        assert proto == GRE_PPP, "GRE protocol %04x" % proto
        assert word & ~(GRE_S | GRE_A) == GRE_K | 1, "GRE flags %04x" % word
        off = 8
        self.seq = self.ack = None
        if word & GRE_S:
            self.seq, = struct.unpack(">I", raw[off:off + 4])
            off += 4
        if word & GRE_A:
            self.ack, = struct.unpack(">I", raw[off:off + 4])
            off += 4
        self.payload = raw[off:]
        assert length == len(self.payload), "GRE payload length"
        assert (self.seq is not None) == (length > 0), "GRE S bit"
        assert self.seq is not None or self.ack is not None, "empty GRE"


# ------------------------------------------------------------------------ PPP

IP, VJC, VJU, COMP, IPV6 = 0x0021, 0x002d, 0x002f, 0x00fd, 0x0057
IPCP, IPV6CP, CCP, LCP = 0x8021, 0x8057, 0x80fd, 0xc021
PAP, CHAP, LQR = 0xc023, 0xc223, 0xc025
ACSCP, MPLSCP, CBCP = 0x8235, 0x8281, 0xc029

CONF_REQ, CONF_ACK, CONF_NAK, CONF_REJ, TERM_REQ, TERM_ACK, CODE_REJ, \
    PROTO_REJ, ECHO_REQ, ECHO_REP, DISCARD, IDENT, TIME_LEFT = range(1, 14)
RESET_REQ, RESET_ACK = 14, 15

CHALLENGE, RESPONSE, SUCCESS, FAILURE = 1, 2, 3, 4
PAP_REQ, PAP_ACK, PAP_NAK = 1, 2, 3

LCP_MRU, LCP_ACCM, LCP_AUTH, LCP_LQR, LCP_MAGIC, LCP_PFC, LCP_ACFC = \
    1, 2, 3, 4, 5, 7, 8
LCP_CALLBACK, LCP_MRRU, LCP_SSN, LCP_ED = 13, 17, 18, 19
IPCP_ADDRS, IPCP_VJ, IPCP_ADDR = 1, 2, 3
IPCP_DNS1, IPCP_NBNS1, IPCP_DNS2, IPCP_NBNS2 = 129, 130, 131, 132
CCP_MPPE = 18

AUTH_OPTION = {
    "pap": b"\xc0\x23", "chap-md5": b"\xc2\x23\x05",
    "mschap": b"\xc2\x23\x80", "mschapv2": b"\xc2\x23\x81",
    "eap": b"\xc2\x27",
}
AUTH_NAME = {v: k for k, v in AUTH_OPTION.items()}


def ppp(proto, data, acfc=False, pfc=False):
    out = b"" if acfc else b"\xff\x03"
    if pfc and proto < 0x100:
        return out + bytes([proto]) + data
    return out + struct.pack(">H", proto) + data


def unppp(frame):
    """(protocol, information) of a PPP packet."""
    off = 2 if frame[:2] == b"\xff\x03" else 0
    if frame[off] & 1:
        return frame[off], frame[off + 1:]
    assert frame[off + 1] & 1, "PPP protocol " + frame[:6].hex()
    return struct.unpack(">H", frame[off:off + 2])[0], frame[off + 2:]


def cp(code, ident, data=b"", length=None):
    if length is None:
        length = 4 + len(data)
    return struct.pack(">BBH", code, ident & 255, length) + data


def pack_options(options):
    """[(type, value)...], or (type, value, length) to lie about it."""
    out = b""
    for option in options:
        length = option[2] if len(option) > 2 else 2 + len(option[1])
        out += bytes([option[0], length]) + option[1]
    return out


def unpack_options(data):
    options = []
    while data:
        assert len(data) >= 2 and 2 <= data[1] <= len(data), \
            "malformed options " + data.hex()
        options.append((data[0], data[2:data[1]]))
        data = data[data[1]:]
    return options


# ------------------------------------------------------------------- IP, TCP

def addr(text):
    return socket.inet_aton(text)


def text(address):
    return socket.inet_ntoa(address)


def checksum(data):
    if len(data) & 1:
        data += b"\0"
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip4(src, dst, proto, payload, *, ttl=64, df=False, ident=1, length=None):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0,
                       20 + len(payload) if length is None else length,
                       ident, 0x4000 if df else 0, ttl, proto, 0,
                       addr(src), addr(dst))
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def icmp_echo(src, dst, ident, seq, data=b"", reply=False, df=False):
    body = struct.pack(">BBHHH", 0 if reply else 8, 0, 0, ident, seq) + data
    body = body[:2] + struct.pack(">H", checksum(body)) + body[4:]
    return ip4(src, dst, 1, body, df=df, ident=seq)


def udp4(src, dst, sport, dport, data):
    body = struct.pack(">HHHH", sport, dport, 8 + len(data), 0) + data
    pseudo = addr(src) + addr(dst) + struct.pack(">BBH", 0, 17, len(body))
    total = checksum(pseudo + body) or 0xffff
    return ip4(src, dst, 17, body[:6] + struct.pack(">H", total) + body[8:])


def tcp_syn(src, dst, sport, dport, mss=None, flags=2, seq=1, ack=0):
    options = b"" if mss is None else struct.pack(">BBH", 2, 4, mss)
    body = struct.pack(">HHIIBBHHH", sport, dport, seq, ack,
                       (5 + len(options) // 4) << 4, flags, 65535, 0, 0)
    body += options
    pseudo = addr(src) + addr(dst) + struct.pack(">BBH", 0, 6, len(body))
    total = checksum(pseudo + body)
    return ip4(src, dst, 6, body[:16] + struct.pack(">H", total) + body[18:])


def tcp_check(packet):
    """Is the TCP checksum of an IP packet right?"""
    tcp = packet[(packet[0] & 15) * 4:]
    pseudo = packet[12:20] + struct.pack(">BBH", 0, 6, len(tcp))
    return checksum(pseudo + tcp) == 0


def tcp_mss(packet):
    """The MSS option of a TCP segment in an IP packet, or None."""
    tcp = packet[(packet[0] & 15) * 4:]
    options = tcp[20:(tcp[12] >> 4) * 4]
    while options and options[0] != 0:
        if options[0] == 1:
            options = options[1:]
            continue
        if options[0] == 2:
            return struct.unpack(">H", options[2:4])[0]
        options = options[options[1]:]
    return None
