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

"""A PPTP client that does what it is told, right or wrong, one step at a time.

    p = Peer(open_socket, "10.9.0.1", user="test", password="testing")
    p.s5()                  # all the way up
    assert p.ping("10.99.0.1")

The states are those of a session as its server sees it:
    s0 TCP open, s1 SCCRP came, s2 OCRP came and GRE may flow,
    s3 LCP opened, authentication begins, s4 authenticated,
    s5 IPCP opened, and MPPE if it is wanted.
Nothing here sleeps: everything waits for an event, or for its time to be up.
To prove that something is NOT answered, send it and then call fence(): the
server answers in order, so what has not come before the fence never will.
"""

import os
import select
import socket
import struct
import time

import crypto
import wire


class Timeout(AssertionError):
    """What was waited for did not come."""


class Closed(AssertionError):
    """The server closed the control connection."""


class Packet:
    """One PPP packet from the server, and how it came."""

    def __init__(self, proto, data, gre, encrypted=False):
        self.proto, self.data = proto, data
        self.seq, self.ack, self.encrypted = gre.seq, gre.ack, encrypted
        self.frame = gre.payload
        self.code = self.ident = self.length = None
        self.body = b""
        if proto >= 0x8000 and len(data) >= 4:
            self.code, self.ident, self.length = struct.unpack(
                ">BBH", data[:4])
            self.body = data[4:self.length]

    @property
    def options(self):
        return wire.unpack_options(self.body)

    def is_(self, proto, code=None, ident=None):
        return self.proto == proto and code in (None, self.code) and \
            ident in (None, self.ident)

    def __repr__(self):
        return "<%04x %s%s>" % (self.proto, self.data[:32].hex(),
                                " encrypted" if self.encrypted else "")


class Peer:
    def __init__(self, open_socket, server, *, source=None, port=wire.PORT,
                 user="test", password="testing", auth=("mschapv2",),
                 mppe=((128, False),), mru=1400, address="0.0.0.0",
                 dns=True, timeout=5.0, window=64, call_id=None,
                 first_seq=0):
        self.open_socket = open_socket
        self.server, self.source, self.port = server, source, port
        self.user, self.password = user, password
        self.auth = list(auth)          # what we agree to, best first
        self.mppe = list(mppe)          # likewise; none: refuse MPPE
        self.mru, self.address, self.dns = mru, address, dns
        self.timeout, self.window = timeout, window
        self.call_id = call_id
        self.acks = "piggyback"         # or "lone", "never"
        self.knows_ccp = bool(mppe)     # or reject the protocol
        self.lcp_options = None         # instead of the usual ones
        self.tcp = self.raw = None
        self.stream = b""
        self.controls = []              # not asked for yet
        self.peer_call_id = None        # the server's
        self.seq = first_seq            # of our next packet
        self.seen = None                # last sequence number that came
        self.acked = None               # what we told the server
        self.server_ack = None          # what it told us
        self.order = []                 # every number as it came
        self.log = []                   # every PPP packet as it came
        self.ids = {}                   # our last identifier per protocol
        self.magic = int.from_bytes(os.urandom(4), "big") | 1
        self.opened = {wire.LCP: [False, False], wire.CCP: [False, False],
                       wire.IPCP: [False, False]}     # [ours, theirs]
        self.asked = {}                 # our options last asked for
        self.server_options = {}        # what the server asked for
        self.method = None
        self.challenge = None
        self.success = self.failure = None      # texts
        self.keys = None
        self.tx = self.rx = None        # MPPE
        self.terminated = False
        self.refused = []               # protocols it rejected
        self.resets = 0                 # CCP Reset-Requests received

    # ------------------------------------------------ the control connection

    def s0(self):
        """Connect."""
        self.tcp = self.open_socket(socket.AF_INET, socket.SOCK_STREAM, 0)
        self.tcp.settimeout(self.timeout)
        if self.source:
            self.tcp.bind((self.source, 0))
        self.tcp.connect((self.server, self.port))
        self.tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.source = self.tcp.getsockname()[0]
        return self

    def send(self, data):
        self.tcp.sendall(data)

    def control(self, kind, **fields):
        self.send(wire.control(kind, **fields))

    def next_control(self, timeout=None):
        """The next control message; Echo-Requests are answered unseen."""
        end = time.monotonic() + (self.timeout if timeout is None
                                  else timeout)
        while True:
            while self.controls:
                m = self.controls.pop(0)
                m.check()
                return m
            self._read_tcp(end)

    def _read_tcp(self, end):
        left = end - time.monotonic()
        if left <= 0 or not select.select([self.tcp], [], [], left)[0]:
            raise Timeout("no control message")
        self._take_tcp()

    def _take_tcp(self):
        try:
            data = self.tcp.recv(65536)
        except ConnectionError as e:
            raise Closed(str(e)) from None
        if not data:
            assert self.stream == b"", "closed inside a message"
            raise Closed("end of file")
        got, self.stream = wire.split_controls(self.stream + data)
        self.controls += got

    def expect_control(self, kind, timeout=None):
        """The next message must be of that type; Echo-Requests may precede
        it and are answered."""
        while True:
            m = self.next_control(timeout)
            if m.type == kind:
                return m
            if m.type == wire.ECHORQ:
                self.control(wire.ECHORP, id=m.id)
                continue
            raise AssertionError("expected %s, got %r" %
                                 (wire.NAMES[kind], m))

    def expect_close(self, timeout=None):
        """Wait for the server to close; returns the messages before it."""
        got = []
        while True:
            try:
                got.append(self.next_control(timeout))
            except Closed:
                return got
            except Timeout:
                raise Timeout("not closed, but %r" % got) from None

    def control_fence(self):
        """Messages that came before the answer to an Echo-Request."""
        ident = int.from_bytes(os.urandom(4), "big")
        self.control(wire.ECHORQ, id=ident)
        got = []
        while True:
            m = self.next_control()
            if m.type == wire.ECHORP and m.id == ident:
                assert (m.result, m.error) == (1, 0), m
                return got
            got.append(m)

    def s1(self, **fields):
        self.s0()
        self.control(wire.SCCRQ, **fields)
        self.sccrp = self.expect_control(wire.SCCRP)
        assert self.sccrp.result == 1, self.sccrp
        return self

    def s2(self, **fields):
        """A call, and GRE."""
        if self.tcp is None:
            self.s1()
        self.call(**fields)
        assert self.ocrp.result == 1, self.ocrp
        self.open_gre()
        return self

    def call(self, **fields):
        if self.call_id is None:
            self.call_id = int.from_bytes(os.urandom(2), "big") or 1
        fields.setdefault("window", self.window)
        self.control(wire.OCRQ, call_id=self.call_id, **fields)
        self.ocrp = self.expect_control(wire.OCRP)
        self.peer_call_id = self.ocrp.call_id
        return self.ocrp

    def close(self):
        for s in (self.tcp, self.raw):
            if s is not None:
                s.close()
        self.tcp = self.raw = None

    # ------------------------------------------------------------------- GRE

    def open_gre(self):
        self.raw = self.open_socket(socket.AF_INET, socket.SOCK_RAW, 47)
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.raw.bind((self.source, 0))
        self.raw.connect((self.server, 0))
        return self

    def send_gre(self, payload, *, seq=None, ack=None, call_id=None,
                 **wrong):
        """A packet with the next sequence number, or the one given."""
        if seq is None:
            seq = self.seq
            self.seq = self.seq + 1 & 0xffffffff
        if ack is None and self.acks == "piggyback" and \
                self.seen is not None and self.seen != self.acked:
            ack = self.acked = self.seen
        self.raw.send(wire.gre(
            self.peer_call_id if call_id is None else call_id, payload,
            seq=seq, ack=ack, **wrong))

    def send_ack(self, number=None):
        if number is None:
            number = self.seen
        self.raw.send(wire.gre(self.peer_call_id, ack=number))

    def spoof(self, source, gre):
        """The same to the server, from another source address."""
        s = self.open_socket(socket.AF_INET, socket.SOCK_RAW,
                             socket.IPPROTO_RAW)
        with s:
            s.sendto(wire.ip4(source, self.server, 47, gre),
                     (self.server, 0))

    def next_gre(self, timeout=None):
        """The next GRE packet for this call, lone acks too."""
        end = time.monotonic() + (self.timeout if timeout is None
                                  else timeout)
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.raw], [], [], left)[0]:
                raise Timeout("no GRE packet" + self._state())
            raw = self.raw.recv(65536)
            raw = raw[(raw[0] & 15) * 4:]
            if struct.unpack(">H", raw[6:8])[0] != self.call_id:
                continue
            g = wire.Gre(raw)
            if g.ack is not None:
                self.server_ack = g.ack
            if g.seq is not None:
                self.order.append(g.seq)
                self.seen = g.seq
                if self.acks == "lone":
                    self.send_ack()
            return g

    def _state(self):
        """For the message of a failure: what else is there."""
        try:
            while select.select([self.tcp], [], [], 0)[0]:
                self._take_tcp()
        except (Closed, OSError, ValueError):
            return " (control connection closed, %r; before %r)" % (
                self.controls, self.log[-3:])
        return " (control %r; before %r)" % (self.controls, self.log[-3:])

    # ------------------------------------------------------------------- PPP

    def next_ppp(self, timeout=None):
        """The next PPP packet, decrypted, answered by nobody."""
        end = time.monotonic() + (self.timeout if timeout is None
                                  else timeout)
        while True:
            g = self.next_gre(end - time.monotonic())
            if g.seq is None:
                continue
            proto, data = wire.unppp(g.payload)
            if proto != wire.COMP or self.rx is None:
                p = Packet(proto, data, g)
            else:
                p = Packet(*wire.unppp(self.rx.receive(data)), g, True)
            self.log.append(p)
            if p.is_(wire.CCP, wire.RESET_REQ):
                self.resets += 1
            return p

    def send_ppp(self, proto, data, *, acfc=False, pfc=False, **how):
        self.send_gre(wire.ppp(proto, data, acfc, pfc), **how)

    def send_cp(self, proto, code, data=b"", ident=None, **how):
        """A control packet; the identifier is fresh unless given."""
        if isinstance(data, list):
            data = wire.pack_options(data)
        if ident is None:
            ident = self.ids[proto] = self.ids.get(proto, 0) + 1 & 255
        length = how.pop("cp_length", None)
        self.send_ppp(proto, wire.cp(code, ident, data, length), **how)
        return ident

    def expect(self, proto, code=None, ident=None, timeout=None, auto=False):
        """Wait for a packet; others are passed over, or with auto answered
        as a good client does."""
        end = time.monotonic() + (self.timeout if timeout is None
                                  else timeout)
        while True:
            try:
                p = self.next_ppp(end - time.monotonic())
            except Timeout as e:
                raise Timeout("expected %04x code %s: %s" %
                              (proto, code, e)) from None
            if p.is_(proto, code, ident):
                return p
            if auto:
                self.handle(p)

    def run(self, until, timeout=None, what="progress"):
        """Be a good client until a condition holds."""
        end = time.monotonic() + (self.timeout if timeout is None
                                  else timeout)
        while not until():
            try:
                self.handle(self.next_ppp(end - time.monotonic()))
            except Timeout as e:
                raise Timeout("no %s: %s" % (what, e)) from None
        return self

    def fence(self, auto=False):
        """The packets that come before the answer to an LCP Echo-Request.
        LCP must be open.  Servers limit how many they answer in a second:
        so it is asked again after a while."""
        mark = os.urandom(8)
        got = []
        end = time.monotonic() + self.timeout
        ask = True
        while True:
            if ask:
                self.send_cp(wire.LCP, wire.ECHO_REQ, self._magic() + mark)
            try:
                p = self.next_ppp(0.3)
                ask = False
            except Timeout:
                if time.monotonic() > end:
                    raise
                ask = True
                continue
            if p.is_(wire.LCP, wire.ECHO_REP) and p.body[4:] == mark:
                return got
            got.append(p)
            if auto:
                self.handle(p)

    def silence(self, seconds):
        """All packets of a while, unanswered; for when no fence is left."""
        got = []
        end = time.monotonic() + seconds
        while True:
            try:
                got.append(self.next_ppp(end - time.monotonic()))
            except Timeout:
                return got

    def _magic(self):
        for kind, value in self.asked.get(wire.LCP, []):
            if kind == wire.LCP_MAGIC:
                return value
        return bytes(4)

    # ----------------------------------------------- a good client's answers

    def handle(self, p):
        """Answer one packet as a good client does."""
        if p.proto == wire.CCP and not self.knows_ccp:
            self.send_cp(wire.LCP, wire.PROTO_REJ,
                         struct.pack(">H", p.proto) + p.data)
        elif p.proto in self.opened:
            handlers = {
                wire.CONF_REQ: self._conf_req, wire.CONF_ACK: self._conf_ack,
                wire.CONF_NAK: self._conf_nak, wire.CONF_REJ: self._conf_rej,
                wire.TERM_REQ: self._term_req, wire.PROTO_REJ: self._rejected,
                wire.ECHO_REQ: self._echo,
            }
            if p.code in handlers:
                handlers[p.code](p)
        elif p.proto == wire.CHAP:
            self._chap(p)
        elif p.proto == wire.PAP:
            if p.code == wire.PAP_ACK:
                self.success = p.body[1:].decode()
            elif p.code == wire.PAP_NAK:
                self.failure = p.body[1:].decode()

    def request(self, proto, options=None, ident=None):
        """Send our Configure-Request."""
        if options is None:
            options = self.asked.get(proto)
        if options is None:
            if proto == wire.LCP:
                options = self.lcp_options or [
                    (wire.LCP_MRU, struct.pack(">H", self.mru)),
                    (wire.LCP_MAGIC, struct.pack(">I", self.magic)),
                    (wire.LCP_PFC, b""), (wire.LCP_ACFC, b"")]
            elif proto == wire.CCP:
                options = [(wire.CCP_MPPE, struct.pack(
                    ">I", crypto.mode_bits(*self.mppe[0])))]
            else:
                options = [(wire.IPCP_ADDR, wire.addr(self.address))]
                if self.dns:
                    options += [(k, bytes(4)) for k in (
                        wire.IPCP_DNS1, wire.IPCP_NBNS1,
                        wire.IPCP_DNS2, wire.IPCP_NBNS2)]
        self.asked[proto] = options
        if ident is not None:
            self.ids[proto] = ident
        return self.send_cp(proto, wire.CONF_REQ, options, ident)

    def _conf_req(self, p):
        self.server_options[p.proto] = p.options
        nak, rej = [], []
        for kind, value in p.options:
            if p.proto == wire.LCP and kind == wire.LCP_AUTH:
                method = wire.AUTH_NAME.get(value)
                if method in self.auth:
                    self.method = method
                elif self.auth:
                    nak.append((kind, wire.AUTH_OPTION[self.auth[0]]))
                else:
                    rej.append((kind, value))
            elif p.proto == wire.CCP and kind == wire.CCP_MPPE:
                mode = crypto.bits_mode(struct.unpack(">I", value)[0])
                if not self.mppe:
                    rej.append((kind, value))
                elif mode not in self.mppe:
                    nak.append((kind, struct.pack(
                        ">I", crypto.mode_bits(*self.mppe[0]))))
        if rej:
            self.send_cp(p.proto, wire.CONF_REJ, rej, p.ident)
        elif nak:
            self.send_cp(p.proto, wire.CONF_NAK, nak, p.ident)
        else:
            self.send_cp(p.proto, wire.CONF_ACK, p.body, p.ident)
            self.opened[p.proto][1] = True
            self._ccp_up()

    def _conf_ack(self, p):
        # One that comes late is about what was asked before.
        if p.ident != self.ids[p.proto]:
            return
        assert p.options == self.asked[p.proto], "Ack changes options"
        self.opened[p.proto][0] = True
        self._ccp_up()

    def _conf_nak(self, p):
        if p.ident != self.ids[p.proto]:
            return
        asked = dict(self.asked[p.proto])
        for kind, value in p.options:
            if kind == wire.CCP_MPPE and crypto.bits_mode(
                    struct.unpack(">I", value)[0]) not in self.mppe:
                continue        # we insist
            asked[kind] = value
        if p.proto == wire.IPCP and wire.IPCP_ADDR in asked:
            self.address = wire.text(asked[wire.IPCP_ADDR])
        self.request(p.proto, list(asked.items()))

    def _conf_rej(self, p):
        if p.ident != self.ids[p.proto]:
            return
        kinds = [kind for kind, _ in p.options]
        self.request(p.proto, [o for o in self.asked[p.proto]
                               if o[0] not in kinds])

    def _term_req(self, p):
        self.send_cp(p.proto, wire.TERM_ACK, b"", p.ident)
        if p.proto == wire.LCP:
            self.terminated = True

    def _rejected(self, p):
        self.refused.append(struct.unpack(">H", p.body[:2])[0])

    def _echo(self, p):
        self.send_cp(wire.LCP, wire.ECHO_REP, self._magic() + p.body[4:],
                     p.ident)

    def _chap(self, p):
        if p.code == wire.CHALLENGE:
            size = p.body[0]
            self.challenge = p.ident, p.body[1:1 + size]
            self.challenger = p.body[1 + size:]
            self.respond()
        elif p.code == wire.SUCCESS:
            self.success = p.body.decode()
        elif p.code == wire.FAILURE:
            self.failure = p.body.decode()

    def response(self, ident=None, challenge=None):
        """The Value of a CHAP Response; sets up the MPPE keys."""
        if ident is None:
            ident, challenge = self.challenge
        if self.method == "mschapv2":
            if not hasattr(self, "peer_challenge"):
                self.peer_challenge = os.urandom(16)
            nt = crypto.mschap2_response(challenge, self.peer_challenge,
                                         self.user, self.password)
            self.proof = crypto.mschap2_success(
                challenge, self.peer_challenge, self.user, self.password, nt)
            self.keys = crypto.mschap2_keys(self.password, nt)
            return self.peer_challenge + bytes(8) + nt + b"\0"
        if self.method == "mschap":
            self.keys = (crypto.mschap1_key(self.password, challenge),) * 2
            return bytes(24) + crypto.mschap1_response(
                challenge, self.password) + b"\1"
        return crypto.chap_md5(ident, self.password, challenge)

    def respond(self, ident=None, value=None, name=None):
        """Send a CHAP Response to the last challenge."""
        if value is None:
            value = self.response()
        if ident is None:
            ident = self.challenge[0]
        if name is None:
            name = self.user.encode("utf-8", "surrogateescape")
        self.send_cp(wire.CHAP, wire.RESPONSE,
                     bytes([len(value)]) + value + name, ident)

    def pap(self, name=None, password=None, ident=1):
        name = self.user.encode() if name is None else name
        password = self.password.encode() if password is None else password
        self.send_cp(wire.PAP, wire.PAP_REQ, bytes([len(name)]) + name +
                     bytes([len(password)]) + password, ident)

    def _ccp_up(self):
        if not all(self.opened[wire.CCP]) or self.tx is not None:
            return
        for options, key, name in (
                (self.server_options[wire.CCP], 0, "tx"),
                (self.asked[wire.CCP], 1, "rx")):
            options = dict(options)
            if wire.CCP_MPPE not in options:
                continue
            mode = crypto.bits_mode(struct.unpack(
                ">I", options[wire.CCP_MPPE])[0])
            setattr(self, name, crypto.Mppe(self.keys[key], *mode))

    def is_open(self, proto):
        return all(self.opened[proto])

    def s3(self):
        """LCP opened; whatever the server sent next is still to be read."""
        if self.raw is None:
            self.s2()
        self.request(wire.LCP)
        return self.run(lambda: self.is_open(wire.LCP), what="LCP")

    def s4(self):
        """Authenticated."""
        if not self.is_open(wire.LCP):
            self.s3()
        if self.method == "pap":
            self.pap()
        self.run(lambda: self.success is not None or self.failure is not None,
                 what="verdict")
        assert self.failure is None, "authentication: " + self.failure
        if self.method == "mschapv2":
            assert self.success.split(" ")[0] == self.proof, \
                "the server does not know the password: " + self.success
        return self

    def s5(self, settle=True):
        """IP may flow.  Servers open the way just after the last packet of
        IPCP; so unless told otherwise this ends with a ping answered."""
        if self.success is None:
            self.s4()
        if self.mppe:
            self.request(wire.CCP)
            self.run(lambda: self.is_open(wire.CCP), what="CCP")
        self.request(wire.IPCP)
        self.run(lambda: self.is_open(wire.IPCP), what="IPCP")
        self.gateway = wire.text(
            dict(self.server_options[wire.IPCP])[wire.IPCP_ADDR])
        if settle:
            self.settle()
        return self

    def settle(self):
        end = time.monotonic() + self.timeout
        while True:
            try:
                return self.ping(self.gateway, 8, timeout=0.1)
            except Timeout:
                if time.monotonic() > end:
                    raise

    # -------------------------------------------------------------------- IP

    def ip_frame(self, packet, proto=wire.IP):
        """A packet as a PPP frame, encrypted if MPPE is on."""
        if self.tx is not None:
            return wire.ppp(wire.COMP, self.tx.send(
                struct.pack(">H", proto) + packet))
        return wire.ppp(proto, packet)

    def send_ip(self, packet, **how):
        self.send_gre(self.ip_frame(packet), **how)

    def next_ip(self, want=None, timeout=None):
        """The next IP packet from the tunnel for which want() holds."""
        end = time.monotonic() + (self.timeout if timeout is None
                                  else timeout)
        while True:
            p = self.next_ppp(end - time.monotonic())
            if p.proto != wire.IP:
                self.handle(p)
                continue
            assert p.encrypted == (self.rx is not None), \
                "IP in clear though MPPE is on"
            if want is None or want(p.data):
                return p.data

    def ping(self, dst, size=56, source=None, timeout=None, **how):
        """Ping through the tunnel; returns the reply."""
        ident, seq = struct.unpack(">HH", os.urandom(4))
        data = os.urandom(8).ljust(size, b"p")[:size]
        self.send_ip(wire.icmp_echo(source or self.address, dst, ident, seq,
                                    data), **how)
        return self.next_ip(
            lambda p: p[9] == 1 and p[20] == 0 and p[24:28] ==
            struct.pack(">HH", ident, seq), timeout)

    def hang_up(self):
        """As Windows does: LCP, then the call, then the connection."""
        ident = self.send_cp(wire.LCP, wire.TERM_REQ)
        self.expect(wire.LCP, wire.TERM_ACK, ident)
        self.control(wire.CCRQ, call_id=self.call_id)
        cdn = self.expect_control(wire.CDN)
        assert cdn.call_id == self.peer_call_id, cdn
        self.control(wire.STOPCCRQ)
        self.expect_control(wire.STOPCCRP)
        self.expect_close()
        self.close()
