"""A reply as it goes out."""

import re

_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])[^\0]*)?\Z")


class Reply:
    """Lines with their codes; `close` ends the connection after it."""

    def __init__(self, text, close=False):
        lines = [text] if isinstance(text, (str, bytes)) else list(text)
        self.lines = [_octets(line) for line in lines]
        self.close = close

    @property
    def code(self):
        """What the client is told; 0 where it can make nothing of it."""
        found = [_LINE.match(line) for line in self.lines]
        if not all(found) or len({line[1] for line in found}) != 1:
            return 0
        if [line[2] != b"-" for line in found].count(True) != 1:
            return 0
        return int(found[0][1])

    @property
    def is_good(self):
        return 200 <= self.code < 300

    def wire(self):
        return b"".join(line + b"\r\n" for line in self.lines)


def multiline(code, texts):
    """A reply of several lines, all but the last with a hyphen."""
    marks = ["-"] * (len(texts) - 1) + [" "]
    return Reply([f"{code}{mark}{text}" for mark, text in zip(marks, texts)])


def first_of(data):
    """The first reply in raw bytes, which may be malformed."""
    lines = data.replace(b"\r\n", b"\n").split(b"\n")[:-1]
    for number, line in enumerate(lines):
        if line[3:4] != b"-":
            return Reply(lines[:number + 1])
    return Reply(b"")


def as_reply(value):
    return value if isinstance(value, Reply) else Reply(value)


def _octets(line):
    return line if isinstance(line, bytes) else line.encode("utf-8")
