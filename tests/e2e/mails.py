"""Mails of every kind, at random, and what a reader should find in each.

A Mail is made with what is in it, so nobody has to parse it to know: by hand,
in ways that programs are not shy of, or by Python's own package."""

import base64
import binascii
import email.message
import email.policy
import re
from dataclasses import dataclass, field
from urllib.parse import quote

import reading

ALPHABETS = ["abc XYZ 019 .,-", "äöüß éàç Ñ", "备份完成文件系统报告", "Привет мир",
             "ελληνικά", "שלום", "日本語テスト", "한국어", "😀👍🎉", "ไทยรู้",
             "=_?%\"\\()<>@,;:[]", "a  b\tc é"]
KINDS = ["mixed", "alternative", "related", "report; report-type=x",
         "x-odd"]
DEPTH = 3


@dataclass
class Leaf:
    """A part without parts: what its reader gets."""
    kind: str
    content: bytes  # decoded, with LF
    charset: str = None
    filename: str = None


@dataclass
class Mail:
    data: bytes
    headers: dict  # name: decoded
    leaves: list
    way: str = ""  # how it was made, for whoever looks at a failure
    mailboxes: dict = field(default_factory=dict)  # name: [(who, address)]


@dataclass
class Part:
    """A part while it is made: its fields and its body, with LF."""
    fields: list
    body: bytes
    leaves: list = field(default_factory=list)
    tail: Leaf = None  # the one that the body's last line is of

    def data(self):
        head = b"".join(line + b"\n" for line in self.fields)
        return head + b"\n" + self.body


def text(rng, length=None, alphabets=ALPHABETS):
    """One line, without blanks around it."""
    letters = "".join(rng.sample(alphabets, rng.randint(1, 3)))
    length = rng.randint(1, 40) if length is None else length
    line = "".join(rng.choice(letters) for _ in range(length)).strip(" \t")
    return line.replace("=?", "=.") or "x"


def lines(rng, make):
    """The text of a body."""
    return "".join(make(rng) + rng.choice(["\n", "\n", "\n\n", " \n"])
                   for _ in range(rng.randint(0, 12)))


def _ascii_line(rng):
    return rng.choice(["", ".", "..", "From x", "--", "--x", "=", "a=3D",
                       "-- ", "plain text " * rng.randint(1, 6), "\t x"])


def _utf8_line(rng):
    return rng.choice([text(rng), text(rng, 200), "", ".", "--é", "="])


def _long_line(rng):
    size = rng.choice([997, 998, 999, 1000, 2500])
    return rng.choice(["x" * size, "é" * (size // 2), "word " * (size // 5)])


def _octets(rng):
    """Binary: what there cannot be in a line goes."""
    some = bytes(rng.getrandbits(8) for _ in range(rng.randint(0, 400)))
    return some.translate(None, b"\0\r")


# leaves

def encode(rng, content):
    """(name of the encoding, encoded) that leaves nothing to be changed."""
    if rng.random() < 0.5:
        coded = base64.encodebytes(content)
        return b"base64", coded
    coded = binascii.b2a_qp(content, istext=True)
    return b"quoted-printable", coded


def filename_parameter(rng, name):
    """filename=, in one of the ways that people write it."""
    way = rng.choice(["raw", "quoted", "2047", "2231"])
    if way == "raw" and name.isalnum():
        return b"filename=" + name.encode(), name
    if way == "2047":
        word = "=?UTF-8?B?" + base64.b64encode(name.encode()).decode() + "?="
        return b'filename="' + word.encode() + b'"', word  # not a word there
    if way == "2231":
        return b"filename*=UTF-8''" + quote(name, safe="").encode(), name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return b'filename="' + escaped.encode() + b'"', name


def text_leaf(rng):
    make = rng.choice([_ascii_line, _utf8_line, _utf8_line, _long_line])
    charset = rng.choice(["utf-8", "UTF-8", "gb18030"])
    content = lines(rng, make).encode(charset)
    kind = rng.choice(["text/plain", "text/html"])
    form = rng.choice([b"%s; charset=%s", b"%s; charset=\"%s\"",
                       b"%s;\n\tformat=flowed; Charset=%s"])
    fields = [b"Content-Type: " + form % (kind.encode(), charset.encode())]
    leaf = Leaf(kind, content, charset)
    if rng.random() < 0.4:
        name, content = encode(rng, content)
        fields.append(b"Content-Transfer-Encoding: "
                      + rng.choice([name, name.upper()]))
    elif not content.isascii() or rng.random() < 0.3:
        fields.append(b"Content-Transfer-Encoding: "
                      + rng.choice([b"8bit", b"8BIT", b"8bit (raw)"]))
    rng.shuffle(fields)
    return Part(fields, content, [leaf], leaf if b"base64" not in
                b"".join(fields).lower() else None)


def binary_leaf(rng):
    content = _octets(rng)
    # Python's reader is not sure of backslashes
    name = (text(rng, rng.randint(1, 30)).translate({9: " ", 92: "/"})
            + rng.choice([".pdf", ".png", ""])).strip()
    parameter, shown = filename_parameter(rng, name)
    fields = [b"Content-Type: application/octet-stream",
              b"Content-Disposition: attachment; " + parameter]
    leaf = Leaf("application/octet-stream", content, None, shown)
    if rng.random() < 0.6:
        fields.append(b"Content-Transfer-Encoding: base64")
        return Part(fields, base64.encodebytes(content), [leaf])
    fields.append(b"Content-Transfer-Encoding: 8bit")
    return Part(fields, content, [leaf], leaf)


def unlabelled_leaf(rng):
    """8-bit text that does not say what it is in a multipart."""
    content = lines(rng, _utf8_line).encode()
    fields = rng.choice([[b"Content-Type: text/plain"], [],
                         [b"Content-Description: x"]])
    leaf = Leaf("text/plain", content)
    return Part(fields, content, [leaf], leaf)


def empty_leaf(rng):
    fields = rng.choice([[b"Content-Type: text/plain"], []])
    return Part(fields, b"", [Leaf("text/plain", b"")])


# what holds others

def boundary(rng, parts):
    """One that no line in the parts is; many are the beginning of one."""
    letters = "abcXYZ0189'()+_,-./:=?"
    used = b"".join(part.data() for part in parts)
    while True:
        made = "".join(rng.choice(letters)
                       for _ in range(rng.choice([1, 5, 30, 70])))
        made = (rng.choice(["", "--", "=_"]) + made)[:70].encode()
        if not re.search(rb"(?m)^--" + re.escape(made) + rb"(--)?[ \t]*$",
                         used):
            return made


def boundary_parameter(rng, mark):
    if mark.isalnum() and rng.random() < 0.5:
        return rng.choice([b"boundary=", b"BOUNDARY="]) + mark
    return b'boundary="' + mark + b'"' + rng.choice([b"", b"; x=y"])


def around(rng):
    """What stands before the first part, or after the last."""
    return rng.choice([b"", b"", b"", b"\n", b"This has many parts.\n",
                       "Für alte Leser\n".encode(), b"y" * 1500 + b"\n"])


def multipart(rng, depth):
    parts = [part(rng, depth + 1) for _ in range(rng.randint(1, 4))]
    mark = boundary(rng, parts)
    body = around(rng)
    for one in parts:
        body += b"--" + mark + rng.choice([b"", b"", b" ", b"\t"]) + b"\n"
        body += one.data() + b"\n"
    body += b"--" + mark + b"--\n" + around(rng)
    kind = rng.choice(KINDS).encode()
    fields = [rng.choice([b"Content-Type: ", b"content-type:", b"CONTENT-TYPE:"
                          b"\n "]) + b"multipart/"
              + kind + rng.choice([b"; ", b";\n ", b" ;"])
              + boundary_parameter(rng, mark)]
    leaves = [leaf for one in parts for leaf in one.leaves]
    if rng.random() < 0.5 and not body.isascii():
        fields.append(b"Content-Transfer-Encoding: 8bit")
    return Part(fields, body, leaves)


def attached(rng, depth):
    inner = part(rng, depth + 1)
    head = [b"From: a@b.example", b"Subject: " + text(rng).encode(),
            b"MIME-Version: 1.0"]
    fields = [b"Content-Type: message/rfc822"]
    body = Part(head + inner.fields, inner.body).data()
    if not body.isascii():
        fields.append(b"Content-Transfer-Encoding: 8bit")
    return Part(fields, body, inner.leaves, inner.tail)


def part(rng, depth=0):
    """Any part."""
    choice = rng.random()
    if depth < DEPTH and choice < 0.4:
        return multipart(rng, depth)
    if depth < DEPTH and choice < 0.5:
        return attached(rng, depth)
    return rng.choice([text_leaf, text_leaf, binary_leaf, unlabelled_leaf,
                       empty_leaf])(rng)


# whole mails

def bare(rng):
    """Without a MIME field."""
    content = lines(rng, rng.choice([_ascii_line, _utf8_line, _long_line]))
    charset = None if content.isascii() else "UTF-8"
    leaf = Leaf("text/plain", content.encode(), charset)
    return Part([], content.encode(), [leaf], leaf)


def header(rng):
    """(fields, {name: decoded})."""
    fields, shown = [], {}
    for number in range(rng.randint(1, 4)):
        value = text(rng, rng.choice([5, 30, 150, 700]))
        name = f"X-Odd-{number}" if number else "Subject"
        fields.append(f"{name}: {value}".encode())
        shown[name] = value
    if rng.random() < 0.5:
        value = text(rng)
        word = base64.b64encode(value.encode()).decode()
        fields.append(f"X-Word: =?UTF-8?B?{word}?=".encode())
        shown["X-Word"] = value
    return fields, shown


def person(rng):
    """A display name, as it is written and as it is read."""
    name = text(rng, rng.choice([3, 10, 60])).replace("\t", " ")
    if all(one.isalnum() for one in name.split(" ")):
        return name, name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"', name


def recipients(rng):
    """(field, [(name, address)])"""
    pairs, written = [], []
    for number in range(rng.randint(1, 4)):
        address = f"r{number}@d.example"
        if rng.random() < 0.2:
            pairs.append(("", address))
            written.append(address)
            continue
        form, name = person(rng)
        pairs.append((name, address))
        written.append(f"{form} <{address}>")
    return b"To: " + rng.choice([", ", ",\n\t", ","]).join(
        written).encode(), pairs


def by_hand(rng):
    fields, shown = header(rng)
    to, pairs = recipients(rng)
    fields.append(to)
    made = bare(rng) if rng.random() < 0.25 else part(rng)
    mime = [b"MIME-Version: 1.0"] if rng.random() < 0.9 else []
    content = made.fields and mime + made.fields
    data = Part(fields + content, made.body).data()
    if made.tail is not None and made.body and not data.endswith(b"\n"):
        made.tail.content += b"\n"  # given or not, the last line has an end
    ends = rng.choice([b"\n", b"\r\n"])
    return Mail(data.replace(b"\n", ends), shown, made.leaves, "by hand",
                {"To": pairs})


def by_python(rng):
    mail = email.message.EmailMessage(policy=email.policy.SMTP.clone(
        cte_type=rng.choice(["7bit", "8bit"]), utf8=rng.random() < 0.5,
        max_line_length=rng.choice([78, 900])))
    for number in range(2):
        mail[f"X-{number}"] = text(rng, rng.choice([5, 60])).replace("\t",
                                                                     " ")
    content = lines(rng, _utf8_line) + "x\n"
    mail.set_content(content, cte=rng.choice(["8bit", "base64",
                                              "quoted-printable"]))
    leaves = [Leaf("text/plain", content.encode(), "utf-8")]
    if rng.random() < 0.5:
        html = f"<p>{text(rng)}</p>\n"
        mail.add_alternative(html, subtype="html")
        leaves.append(Leaf("text/html", html.encode(), "utf-8"))
    for _ in range(rng.randint(0, 2)):
        data = bytes(rng.getrandbits(8) for _ in range(rng.randint(0, 300)))
        name = text(rng, 12, ALPHABETS[1:4])
        mail.add_attachment(data, "application", "octet-stream",
                            filename=name)
        leaves.append(Leaf("application/octet-stream", data, None, name))
    data = mail.as_bytes()
    # which is not what it was told where a blank was at a fold
    shown = {name: reading.text_of(data, name) for name in ("X-0", "X-1")}
    return Mail(data, shown, leaves, "by python")


def mail(rng):
    return (by_hand if rng.random() < 0.75 else by_python)(rng)
