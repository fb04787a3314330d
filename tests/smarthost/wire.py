"""What RFC 5321 asks of the bytes on the wire, as checks and a reader."""

import re

END_MARK = b"\r\n.\r\n"
LINE_MAX = 998
COMMAND_MAX = 2048
_TOO_LONG = re.compile(rb"[^\n]{%d,}" % (LINE_MAX + 2))
_BARE_CR = re.compile(rb"\r(?!\n)")
_BARE_LF = re.compile(rb"(?<!\r)\n")
_8BIT = re.compile(rb"[\x80-\xff]")
_UNSTUFFED = re.compile(rb"(?:\A|\n)\.(?!\.)")


class BodyReader:
    """Takes the bytes after a 354 until the end mark."""

    def __init__(self):
        self._chunks = []
        self._tail = b"\r\n"
        self.size = 0
        self.done = False

    def feed(self, data):
        """Takes bytes; returns how many of them belong to the message."""
        window = self._tail + data
        found = window.find(END_MARK)
        if found < 0:
            self._keep(data)
            self._tail = window[-4:]
            return len(data)
        taken = found + len(END_MARK) - len(self._tail)
        self._keep(data[:taken])
        self.done = True
        return taken

    def _keep(self, data):
        self._chunks.append(bytes(data))
        self.size += len(data)

    def raw(self):
        """The message as received, dots still doubled, no end mark."""
        raw = b"".join(self._chunks)
        return raw[:-3] if self.done else raw


class ChunkReader:
    """Takes the octets of one chunk after BDAT."""

    def __init__(self, length):
        self._chunks = []
        self._length = length
        self.size = 0

    @property
    def done(self):
        return self.size == self._length

    def feed(self, data):
        """Takes bytes; returns how many of them belong to the chunk."""
        taken = min(len(data), self._length - self.size)
        self._chunks.append(bytes(data[:taken]))
        self.size += taken
        return taken

    def raw(self):
        return b"".join(self._chunks)


def unstuff(raw):
    """The message as the client meant it."""
    return (b"\r\n" + raw).replace(b"\r\n.", b"\r\n")[2:]


def check_message(raw, params=(), chunked=False):
    """Says what is wrong with a message as received, by DATA or in chunks,
    whose MAIL had the parameters; an empty list: nothing."""
    wrong = _check_bits(raw, {param.upper() for param in params})
    if b"\0" in raw:
        wrong.append("NUL in the message")
    # counting first: the expressions are slow on large messages
    pairs = raw.count(b"\r\n")
    if raw.count(b"\r") != pairs and _BARE_CR.search(raw):
        wrong.append("bare CR in the message: " + _around(_BARE_CR, raw))
    if raw.count(b"\n") != pairs and _BARE_LF.search(raw):
        wrong.append("bare LF in the message: " + _around(_BARE_LF, raw))
    if _TOO_LONG.search(raw):
        wrong.append(f"line of more than {LINE_MAX} octets")
    if not chunked and _UNSTUFFED.search(raw):
        wrong.append("line with a single leading dot: "
                     + _around(_UNSTUFFED, raw))
    return wrong


def _check_bits(raw, params):
    """8-bit bytes are declared (RFC 6152), and those of the header are UTF-8
    that is declared as such (RFC 6531)."""
    if raw.isascii():
        return []
    if "BODY=8BITMIME" not in params:
        return ["8-bit undeclared: " + _around(_8BIT, raw)]
    head = raw[:raw.find(b"\r\n\r\n") + 1]
    if not head.isascii() and "SMTPUTF8" not in params:
        return ["8-bit header without SMTPUTF8: " + _around(_8BIT, head)]
    return []


def _around(pattern, raw):
    start = pattern.search(raw).start()
    return repr(raw[max(0, start - 20):start + 20])


def check_command(line, utf8_allowed):
    """Says what is wrong with a command line, its end included."""
    wrong = []
    if not line.endswith(b"\r\n"):
        wrong.append("command without CRLF")
    text = line.rstrip(b"\n")
    text = text[:-1] if text.endswith(b"\r") else text
    if b"\r" in text or b"\0" in text:
        wrong.append("CR or NUL inside a command")
    if not utf8_allowed and any(byte > 126 for byte in text):
        wrong.append("8-bit command without SMTPUTF8")
    if len(line) > COMMAND_MAX:
        wrong.append(f"command of {len(line)} octets")
    return [f"{what}: {line[:80]!r}" for what in wrong]
