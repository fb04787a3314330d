"""What happened, as objects for tests and as JSON lines for everybody."""

import email
import email.policy
import json
import re
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property

from smarthost import wire

FLIGHT_KEPT = 64 * 1024  # bytes of a flight that are kept
TRACE = re.compile(rb"Received: by \S+ \(outpost[^)\r\n]*\)\r\n"
                   rb"\tid \w+; [^\r\n]+\r\n")


@dataclass
class Event:
    """One thing that happened: `kind` is connect, tls, command, response,
    reply, body, violation or close."""
    kind: str
    data: bytes
    when: float = field(default_factory=time.monotonic)


@dataclass
class Flight:
    """The bytes that came between two writes of ours: one round trip."""
    steps: list = field(default_factory=list)  # "EHLO", "MAIL", "body" ...
    size: int = 0
    head: bytes = b""

    def add(self, data):
        self.size += len(data)
        if len(self.head) < FLIGHT_KEPT:
            self.head += bytes(data[:FLIGHT_KEPT - len(self.head)])


@dataclass
class Message:
    """One message, from MAIL to the reply after its end mark."""
    sender: str
    sender_params: list
    recipients: list
    recipient_params: list
    raw: bytes = b""
    chunked: bool = False  # it came by BDAT
    complete: bool = False  # the end mark, or the last chunk, was seen
    reply: bytes = b""
    accepted: bool = False
    taken: list = field(default_factory=list)  # for whom
    stored: bytes = b""  # as its recipient would see it

    @cached_property
    def data(self):
        """The message without dot-stuffing."""
        return self.raw if self.chunked else wire.unstuff(self.raw)

    @cached_property
    def trace(self):
        """outpost's own Received field at the top, with its CRLF; or b""."""
        found = TRACE.match(self.data)
        return found[0] if found else b""

    @cached_property
    def _parts(self):
        rest = self.data[len(self.trace):]
        if rest.startswith(b"\r\n"):
            return b"", rest[2:]
        head, blank, body = rest.partition(b"\r\n\r\n")
        assert blank, "the message has no blank line"
        return head + b"\r\n", body

    @property
    def head(self):
        """The header below the trace, with its last CRLF, without the blank
        line."""
        return self._parts[0]

    @property
    def body(self):
        return self._parts[1]

    @cached_property
    def fields(self):
        """(name, value) as on the wire: folds are in the value, the blank
        after the colon and the last CRLF are not."""
        found = []
        for line in self.head.split(b"\r\n")[:-1]:
            if line[:1] in (b" ", b"\t") and found:
                found[-1][1] += b"\r\n" + line
                continue
            name, colon, value = line.partition(b":")
            assert colon, f"a header line without a colon: {line!r}"
            found.append([name.decode("latin-1"), value.removeprefix(b" ")])
        return [(name, value) for name, value in found]

    def all(self, name):
        """The values of all fields of this name, unfolded."""
        return [value.replace(b"\r\n", b"").decode("utf-8", "replace")
                for found, value in self.fields
                if found.strip().lower() == name.lower()]

    def only(self, name):
        """The value of the one field of this name."""
        values = self.all(name)
        assert len(values) == 1, f"{name}: {values}"
        return values[0]

    @property
    def text(self):
        """The body of a mail of one part, decoded."""
        return self.parsed().get_payload(decode=True)

    def parsed(self):
        return email.message_from_bytes(self.data, policy=email.policy.SMTP)


class Connection:
    """One connection, and all that was said on it."""

    def __init__(self, record, number, peer):
        self._record = record
        self.number = number
        self.peer = peer
        self.events = []
        self.flights = []
        self.messages = []
        self.credentials = []  # (mechanism, user, password)
        self.tls = ""  # version, once the handshake is done
        self.tls_error = ""
        self.sni = None
        self.client = ""  # common name in the certificate that it showed
        self.auth_in_clear = False
        self.quit = False
        self.end = ""  # quit, eof, reset, script, server, tls; "": open

    def add(self, kind, data=b""):
        data = data if isinstance(data, bytes) else data.encode()
        self._record.note(self, Event(kind, data))

    def violate(self, what):
        self.add("violation", what)

    def _of(self, kind):
        return [event.data for event in self.events if event.kind == kind]

    @property
    def commands(self):
        """Command lines without their ends; answers to 334 apart."""
        return self._of("command")

    @property
    def verbs(self):
        return [line.split(b" ")[0].upper().decode("latin-1")
                for line in self.commands]

    @property
    def replies(self):
        return self._of("reply")

    @property
    def violations(self):
        return [text.decode() for text in self._of("violation")]

    @property
    def steps(self):
        """The steps of each flight, a lone last QUIT not counted: nobody
        waits for its answer."""
        steps = [flight.steps for flight in self.flights if flight.steps]
        return steps[:-1] if steps and steps[-1] == ["QUIT"] else steps


class Record:
    """All connections of a smarthost.  Safe to read from other threads."""

    def __init__(self, log=None):
        self.changed = threading.Condition()
        self.connections = []
        self._log = log
        self._begun = time.monotonic()

    def open(self, peer):
        with self.changed:
            connection = Connection(self, len(self.connections) + 1, peer)
            self.connections.append(connection)
        connection.add("connect", f"{peer[0]} {peer[1]}")
        return connection

    def note(self, connection, event):
        with self.changed:
            connection.events.append(event)
            self._write(connection, event)
            self.changed.notify_all()

    def close(self, connection, how):
        with self.changed:
            connection.end = how
        connection.add("close", how)

    def _write(self, connection, event):
        if self._log is None:
            return
        line = {"t": round(event.when - self._begun, 4),
                "connection": connection.number, "event": event.kind,
                "data": event.data[:4096].decode("latin-1")}
        self._log.write(json.dumps(line) + "\n")
        self._log.flush()

    @property
    def messages(self):
        """The messages that were accepted."""
        with self.changed:
            return [message for connection in self.connections
                    for message in connection.messages if message.accepted]

    @property
    def commands(self):
        with self.changed:
            return [line for connection in self.connections
                    for line in connection.commands]

    @property
    def violations(self):
        with self.changed:
            return [f"connection {connection.number}: {text}"
                    for connection in self.connections
                    for text in connection.violations]

    def wait(self, predicate, timeout=20):
        """Waits until `predicate(record)` is true; says whether it is."""
        with self.changed:
            return self.changed.wait_for(lambda: predicate(self), timeout)
