"""A socket, in clear or with TLS, that knows round trips.

Replies are gathered and sent when input has run out, so that what a client
sent without waiting for an answer is one flight, however it was cut up."""

import select
import socket
import ssl
import struct

from smarthost.record import Flight

CHUNK = 256 * 1024
IDLE = 60  # seconds until a silent client is given up


class Gone(Exception):
    """The connection is over; the text says how."""


def common_name(certificate):
    """That of getpeercert()'s answer."""
    for part in (certificate or {}).get("subject", ()):
        for name, value in part:
            if name == "commonName":
                return value
    return ""


class Channel:
    def __init__(self, sock, connection, settle=0.0):
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._tls = None
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._due = bytearray()
        self._flight = Flight()
        self._connection = connection
        self._settle = settle
        self.input = bytearray()

    # input

    @property
    def owes(self):
        """Whether a reply is due that the client has not been sent."""
        return bool(self._due)

    def line(self, limit=1 << 20):
        """The next line with its end."""
        searched = 0
        while (end := self.input.find(b"\n", searched)) < 0:
            searched = len(self.input)
            if searched > limit:
                raise Gone("flood")
            self.more()
        line = bytes(self.input[:end + 1])
        del self.input[:end + 1]
        return line

    def more(self):
        """Waits for more input; sends first what is due."""
        if self._due and not self._readable(self._settle):
            self.flush()
        data = self._receive()
        if not data:
            raise Gone("eof")
        self._flight.add(data)
        self.input += data

    def step(self, name):
        """Notes in the flight what the client said."""
        self._flight.steps.append(name)

    def _readable(self, seconds):
        if self._tls is not None and (self._tls.pending()
                                      or self._incoming.pending):
            return True
        return bool(select.select([self._sock], [], [], seconds)[0])

    def _receive(self):
        if self._tls is None:
            return self._recv()
        while True:
            try:
                return self._tls.read(CHUNK)
            except ssl.SSLWantReadError:
                self._pump()
                data = self._recv()
                if not data:
                    return b""
                self._incoming.write(data)
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            except ssl.SSLError as error:
                self._connection.tls_error = str(error)
                raise Gone("tls") from error

    def _recv(self):
        self._sock.settimeout(IDLE)
        try:
            return self._sock.recv(CHUNK)
        except socket.timeout as error:
            raise Gone("idle") from error
        except OSError as error:
            raise Gone("reset") from error

    # output

    def put(self, data):
        """Makes bytes due."""
        self._due += data

    def flush(self):
        """Sends what is due; a flight ends here."""
        data = bytes(self._due)
        self._due.clear()
        self._end_flight()
        self._send(data)

    def _end_flight(self):
        if self._flight.size or self._flight.steps:
            self._connection.flights.append(self._flight)
            self._flight = Flight()

    def _send(self, data):
        try:
            if self._tls is None:
                self._sock.sendall(data)
            elif data:
                self._tls.write(data)
                self._pump()
        except (OSError, ssl.SSLError) as error:
            raise Gone("reset") from error

    def _pump(self):
        if self._outgoing.pending:
            self._sock.sendall(self._outgoing.read())

    # TLS

    @property
    def secure(self):
        return self._tls is not None

    def start_tls(self, context):
        """The server's side of the handshake."""
        tls = context.wrap_bio(self._incoming, self._outgoing,
                               server_side=True)
        try:
            self._shake(tls)
        except (ssl.SSLError, OSError) as error:
            self._connection.tls_error = str(error)
            self._connection.add("tls", str(error))
            raise Gone("tls") from error
        self._tls = tls
        self._connection.tls = tls.version()
        self._connection.client = common_name(tls.getpeercert())
        self._connection.add("tls", f"{tls.version()} {tls.cipher()[0]}")

    def _shake(self, tls):
        while True:
            try:
                tls.do_handshake()
                self._pump()
                return
            except ssl.SSLWantReadError:
                self._pump()
                data = self._recv()
                if not data:
                    raise ssl.SSLError("closed in the handshake") from None
                self._incoming.write(data)
            except ssl.SSLError:
                self._pump()
                raise

    def raw_send(self, data):
        """Bytes past TLS and past all order."""
        try:
            self._sock.sendall(data)
        except OSError as error:
            raise Gone("reset") from error

    def raw_receive(self):
        """Bytes as the kernel has them; empty at the end."""
        return self._recv()

    # the end

    def finish(self):
        """Ends in order: says goodbye, and lets the client close first, so
        that nothing it has not read yet is lost to a reset."""
        self._end_flight()
        try:
            self._goodbye()
            self._sock.shutdown(socket.SHUT_WR)
            self._sock.settimeout(5)
            while self._sock.recv(CHUNK):
                pass
        except (OSError, ssl.SSLError):
            pass
        self._sock.close()

    def _goodbye(self):
        if self._tls is None:
            return
        try:
            self._tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self._pump()

    def abort(self):
        """Ends with a reset."""
        self._end_flight()
        linger = struct.pack("ii", 1, 0)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._sock.close()

    def interrupt(self):
        """From another thread: makes every wait end."""
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
