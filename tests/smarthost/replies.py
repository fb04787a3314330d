"""A reply as it goes out."""


class Reply:
    """Lines with their codes; `close` ends the connection after it."""

    def __init__(self, text, close=False):
        lines = [text] if isinstance(text, (str, bytes)) else list(text)
        self.lines = [_octets(line) for line in lines]
        self.close = close

    @property
    def code(self):
        digits = self.lines[0][:3]
        return int(digits) if digits.isdigit() else 0

    @property
    def is_good(self):
        return 200 <= self.code < 300

    def wire(self):
        return b"".join(line + b"\r\n" for line in self.lines)


def multiline(code, texts):
    """A reply of several lines, all but the last with a hyphen."""
    marks = ["-"] * (len(texts) - 1) + [" "]
    return Reply([f"{code}{mark}{text}" for mark, text in zip(marks, texts)])


def as_reply(value):
    return value if isinstance(value, Reply) else Reply(value)


def _octets(line):
    return line if isinstance(line, bytes) else line.encode("utf-8")
