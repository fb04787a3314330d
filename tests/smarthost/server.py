"""The smarthost: a listening socket, a thread for each connection."""

import hashlib
import json
import os
import socket
import ssl
import threading
import warnings

from smarthost.channel import Channel, Gone
from smarthost.dialogue import Dialogue
from smarthost.profile import Profile
from smarthost.record import Record
from smarthost.script import rules_of

_VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1,
             "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
_JUNK = b"HTTP/1.1 400 Bad Request\r\nServer: nothing\r\n\r\n"
_PLAIN = b"220 this port speaks no TLS\r\n"


def make_context(certificate, oldest="1.2", newest="1.3", client_ca=None):
    """A server's context; versions below 1.2 are switched on when asked.
    client_ca: the file of an authority; clients must show a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if oldest in ("1.0", "1.1"):
        context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # on purpose
        context.minimum_version = _VERSIONS[oldest]
        context.maximum_version = _VERSIONS[newest]
    context.load_cert_chain(certificate.cert, certificate.key)
    if client_ca is not None:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def end_point(certificate):
    """The digest of the certificate, whose own signature is by SHA-256."""
    with open(certificate.cert, encoding="ascii") as file:
        first = file.read().partition("-----END CERTIFICATE-----")
    der = ssl.PEM_cert_to_DER_cert(first[0][first[0].index("-----BEGIN"):]
                                   + first[1])
    return hashlib.sha256(der).digest()


def _family(address):
    if address.startswith("/"):
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in address else socket.AF_INET


class Smarthost:
    """Listens while used as a context manager.

    address: of this machine, or the path of a UNIX socket.
    tls: implicit, starttls (in clear until the client asks) or off.
    tls_fault: plain, junk, close or hang: instead of a handshake.
    client_ca: file of the authority whose certificate clients must show."""

    def __init__(self, profile=None, tls="implicit", certificate=None,
                 script=(), settle=0.0, address="127.0.0.1", port=0,
                 oldest="1.2", newest="1.3", tls_fault="", store=None,
                 log=None, client_ca=None):
        self.profile = profile or Profile()
        self.script = rules_of(script)
        self.record = Record(log)
        self.stopping = threading.Event()
        self.strict = True  # whether violations are the client's fault
        self._implicit = tls == "implicit"
        self._context = None
        self.end_point = b""  # tls-server-end-point (RFC 5929)
        if certificate is not None and tls != "off":
            self._context = make_context(certificate, oldest, newest,
                                         client_ca)
            self.end_point = end_point(certificate)
        self._tls_fault = tls_fault
        self._settle = settle
        self._place = (address, port)
        self._store = store
        self._stored = 0
        self._lock = threading.Lock()
        self._channels = {}  # thread: its channel
        self._probes = {}  # our own port, or name: event

    # life

    def __enter__(self):
        self._socket = socket.socket(_family(self._place[0]),
                                     socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self._socket.family == socket.AF_UNIX:
            self.address, self.port = self._place
            self._socket.bind(self.address)
        else:
            self._socket.bind(self._place)
            self.address, self.port = self._socket.getsockname()[:2]
        self._socket.listen(512)
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
        if self._socket.family == socket.AF_UNIX:
            os.unlink(self.address)
        self._acceptor.join(10)
        with self._lock:
            threads = list(self._channels.items())
        for thread, channel in threads:
            channel.interrupt()
            thread.join(10)

    def _accept(self):
        while not self.stopping.is_set():
            try:
                sock, peer = self._socket.accept()
            except OSError:
                return
            if self._socket.family == socket.AF_UNIX:
                peer = (self.address, peer)
            probe = self._probes.pop(peer[1], None)
            if probe is not None:
                sock.close()
                probe.set()
                continue
            self._begin(sock, peer)

    def _begin(self, sock, peer):
        connection = self.record.open(peer)
        channel = Channel(sock, connection, self._settle)
        thread = threading.Thread(target=self._serve, daemon=True,
                                  args=(channel, connection))
        with self._lock:
            self._channels[thread] = channel
        thread.start()

    # one connection

    def _serve(self, channel, connection):
        how = "failed"
        try:
            if self._implicit:
                self._handshake(channel, connection)
            Dialogue(channel, connection, self).run()
        except Gone as end:
            how = str(end)
        except Exception as error:
            connection.violate(f"the test smarthost failed: {error!r}")
            raise
        finally:
            channel.finish()
            self.record.close(connection, how)
            with self._lock:
                self._channels.pop(threading.current_thread(), None)

    def _handshake(self, channel, connection):
        if not self._tls_fault:
            channel.start_tls(self.context(connection))
        elif self._tls_fault in ("hang", "plain"):
            if self._tls_fault == "plain":
                channel.raw_send(_PLAIN)
            while channel.raw_receive():
                pass
            raise Gone("eof")
        else:
            channel.raw_receive()
            if self._tls_fault == "junk":
                channel.raw_send(_JUNK)
            raise Gone("script")

    def context(self, connection):
        """The TLS context, for one connection's handshake."""
        if self._context is None:
            raise Gone("script")

        def name(_socket, sni, _context):
            connection.sni = sni

        self._context.sni_callback = name
        return self._context

    # what tests ask

    def settled(self, timeout=20):
        """Waits until all connections made so far are over."""
        self._drain(timeout)
        if not self.record.wait(lambda record: all(
                connection.end for connection in record.connections),
                timeout):
            raise TimeoutError("a connection to the smarthost is still open")
        return self

    def _drain(self, timeout):
        """Connects, and waits for that to be accepted: so has been whatever
        came before it."""
        if self.stopping.is_set():
            return
        family = self._socket.family
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            seen = threading.Event()
            probe.settimeout(timeout)
            if family == socket.AF_UNIX:
                probe.bind("")  # a name of the kernel's choice
                self._probes[probe.getsockname()] = seen
                probe.connect(self.address)
            else:
                probe.bind((self.address, 0))
                self._probes[probe.getsockname()[1]] = seen
                probe.connect((self.address, self.port))
            if not seen.wait(timeout):
                raise TimeoutError("the smarthost accepts no connection")

    @property
    def connections(self):
        return self.settled().record.connections

    @property
    def connection(self):
        """The only connection."""
        connections = self.connections
        assert len(connections) == 1, f"{len(connections)} connections"
        return connections[0]

    @property
    def messages(self):
        """The messages that were accepted."""
        return self.settled().record.messages

    @property
    def message(self):
        """The only message that was accepted."""
        messages = self.messages
        assert len(messages) == 1, f"{len(messages)} messages"
        return messages[0]

    @property
    def commands(self):
        return self.settled().record.commands

    @property
    def violations(self):
        return self.settled().record.violations

    def expect_violations(self):
        """Says that the test itself looks at the violations."""
        self.strict = False

    def wait(self, predicate, timeout=20):
        return self.record.wait(predicate, timeout)

    # storing

    def keep(self, message):
        """Stores an accepted message: NNNN.eml, and NNNN.json about it."""
        if self._store is None:
            return
        with self._lock:
            self._stored += 1
            name = os.path.join(self._store, f"{self._stored:04}")
        with open(name + ".eml", "wb") as file:
            file.write(message.stored)
        about = {"sender": message.sender, "recipients": message.recipients,
                 "reply": message.reply.decode("utf-8", "replace")}
        with open(name + ".json", "w") as file:
            json.dump(about, file, indent=1, ensure_ascii=True)
            file.write("\n")
