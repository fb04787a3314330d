"""The files of the spool, by the words of doc/SPOOL.md and not by the
program's code: for tests that forge an entry, or change one."""

import hashlib
import os
import secrets
import struct
import time
from dataclasses import dataclass, field

MAGIC, END = b"outpost\n", b"the end\n"
HEAD, SLOT, SLOTS = 4096, 2032, (16, 2048)
(ORIGIN, SENDER, RETURN_TO, MESSAGE_ID, NOTIFY, RET, ENVID, RECIPIENT,
 MESSAGE) = range(1, 10)
MAIL, REPORT, DROP = range(3)
OPEN, DELIVERED, FAILED = 0, 3, 5
DIGITS = "0123456789abcdefghijklmnopqrstuv"
TEXT = (b"From: <u@d.example>\r\nMessage-ID: <1@d.example>\r\n"
        b"Date: Fri, 27 Nov 2026 12:00:00 +0000\r\nSubject: %s\r\n\r\nbody\r\n")


def new_id(created=None):
    """An id that sorts by the time."""
    number = int(time.time() if created is None else max(created, 0))
    number = number << 65 | secrets.randbits(64)
    return "".join(DIGITS[number >> 5 * i & 31] for i in reversed(range(21)))


def record(kind, payload, length=None):
    return struct.pack(">BI", kind, len(payload) if length is None
                       else length) + payload


def recipient(address, state=OPEN, asked=b""):
    return record(RECIPIENT, struct.pack(">BH", state, len(address))
                  + address + asked)


def origin(kind=MAIL, created=None, uid=0, flags=0):
    created = int(time.time()) if created is None else created
    return record(ORIGIN, struct.pack(">BBqI", kind, flags, created, uid))


@dataclass
class Slot:
    serial: int = 0
    next: int = 0
    last: int = 0
    attempts: int = 0
    held: int = 0
    count: int = 0
    results: bytes = b""

    def data(self):
        head = struct.pack(">QqqIBB", self.serial, self.next, self.last,
                           self.attempts, self.held, self.count)
        body = (head + self.results).ljust(SLOT - 8, b"\0")
        return body + hashlib.sha256(body).digest()[:8]

    @classmethod
    def parse(cls, data):
        """None where the checksum is wrong."""
        if hashlib.sha256(data[:-8]).digest()[:8] != data[-8:]:
            return None
        return cls(*struct.unpack(">QqqIBB", data[:30]),
                   data[30:-8].rstrip(b"\0"))


@dataclass
class File:
    """A file to be written.  `records` are all but the message's."""
    records: list
    message: bytes = TEXT % b"s"
    slot: Slot = field(default_factory=Slot)
    version: int = 1
    sizes: tuple = None

    def data(self):
        head = MAGIC + struct.pack(">I", self.version) + b"\0" * 4
        for serial in range(2):
            self.slot.serial = serial
            head += self.slot.data()
        records = list(self.records)
        sizes = self.sizes or (len(self.message),
                               self.message.find(b"\r\n\r\n") + 4)
        records.append(record(MESSAGE, struct.pack(">QQ", *sizes)))
        body = b"".join(records) + self.message
        return head.ljust(HEAD, b"\0") + body + END \
            + checksum(self.version, records, self.message)


def checksum(version, records, message):
    """Of what does not change: a recipient's state counts as 0."""
    total = hashlib.sha256(struct.pack(">I", version))
    for one in records:
        if one[0] == RECIPIENT and len(one) > 5:
            one = one[:5] + b"\0" + one[6:]
        total.update(one)
    total.update(message)
    return total.digest()


def mail(*recipients, subject="s", created=None, sender=b"u@d.example",
         return_to=b"u@d.example", kind=MAIL, uid=0, attempts=0, due=0):
    """An entry as the program would have made it."""
    records = [origin(kind, created, uid), record(SENDER, sender)]
    if return_to is not None:
        records.append(record(RETURN_TO, return_to))
    records.append(record(MESSAGE_ID, b"<1@d.example>"))
    records += [recipient(one.encode()) for one in recipients]
    return File(records, TEXT % subject.encode(),
                Slot(next=due, attempts=attempts))


def place(folder, file, name=None, mode=0o600):
    """Writes a File, or bytes, into a folder; returns its name."""
    name = name or new_id()
    path = os.path.join(folder, name)
    with open(path, "wb") as out:
        out.write(file if isinstance(file, bytes) else file.data())
    os.chmod(path, mode)
    return name


def reschedule(path, **changes):
    """Changes what an entry's file says of its schedule."""
    with open(path, "r+b") as file:
        data = file.read(HEAD)
        for at in SLOTS:
            slot = Slot.parse(data[at:at + SLOT])
            for name, value in changes.items():
                setattr(slot, name, value)
            file.seek(at)
            file.write(slot.data())


@dataclass
class Parsed:
    """What a file says: strictly, or it raises AssertionError."""
    slot: Slot
    records: list  # (type, payload)
    message: bytes

    @property
    def recipients(self):
        """(address, state) of each."""
        return [(payload[3:][:int.from_bytes(payload[1:3], "big")].decode(),
                 payload[0] & 7)
                for kind, payload in self.records if kind == RECIPIENT]


def parse(path):
    with open(path, "rb") as file:
        data = file.read()
    assert data[:8] == MAGIC and data[8:12] == struct.pack(">I", 1)
    slots = [Slot.parse(data[at:at + SLOT]) for at in SLOTS]
    assert all(slots)
    at, records, raw = HEAD, [], []
    while not records or records[-1][0] != MESSAGE:
        kind, length = struct.unpack_from(">BI", data, at)
        raw.append(data[at:at + 5 + length])
        records.append((kind, raw[-1][5:]))
        at += 5 + length
    size = struct.unpack(">QQ", records[-1][1])[0]
    message, rest = data[at:at + size], data[at + size:]
    assert rest == END + checksum(1, raw, message)
    assert [kind for kind, _ in records] == sorted(k for k, _ in records)
    return Parsed(max(slots, key=lambda slot: slot.serial), records, message)


def results(slot):
    """(kind, reply, status, stage, text) of each result in a Slot."""
    data, at, found = slot.results.ljust(SLOT, b"\0"), 0, []

    def take(form):
        nonlocal at
        number = struct.unpack_from(form, data, at)[0]
        at += struct.calcsize(form)
        return number

    def string(form=">B"):
        nonlocal at
        length = take(form)
        at += length
        return data[at - length:at]

    for _ in range(slot.count):
        found.append((string(), take(">H"), string(), string(),
                      string(">H")))
    return found
