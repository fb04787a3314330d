"""Mail as its reader sees it.  What the program makes of a header is decoded
here by the letter of RFC 2047, which most readers do not insist on."""

import base64
import binascii
import email
import email.header
import email.utils
import re

WORD = re.compile(rb"=\?([^?\s]+)\?([BbQq])\?([^?\s]*)\?=")
_BETWEEN = re.compile(rb"(%b)[ \t]+(?=%b)" % (
    2 * (re.sub(rb"[()]", b"", WORD.pattern),)))
TEXT = ("subject", "comments", "organization", "list-id")  # words anywhere
GENERATED = ("received", "date", "message-id", "from")


def raw_fields(message):
    """(name, body to the byte, without the last CRLF) of the header; `message`
    is one of the smarthost's, or bytes with CRLF."""
    head = message if isinstance(message, bytes) else message.head
    head = head.partition(b"\r\n\r\n")[0].removesuffix(b"\r\n")
    lines = re.split(rb"\r\n(?![ \t])", head)
    return [(line.partition(b":")[0].strip().decode("latin-1"),
             line.partition(b":")[2]) for line in lines if line]


def raw(message, name):
    """The body of the one field of this name, its folds in it."""
    found = [value for field, value in raw_fields(message)
             if field.lower() == name.lower()]
    assert len(found) == 1, (name, found)
    return found[0]


def word_bytes(match):
    """The bytes of an encoded word."""
    _, encoding, text = match.groups()
    if encoding in b"Bb":
        return base64.b64decode(text, validate=True)
    assert re.fullmatch(rb"(?:[!->@-~]|=[0-9A-Fa-f]{2})*", text), text
    return binascii.a2b_qp(text, header=True)


def word_text(match):
    return word_bytes(match).decode(match[1].decode("ascii"))


def decoded(value):
    """A field's body as it is read: unfolded, words decoded.  Bytes above 127
    that stand outside of words are taken for UTF-8."""
    value = value if isinstance(value, bytes) else value.encode()
    value = _BETWEEN.sub(rb"\1", value.replace(b"\r\n", b""))
    pieces, at = [], 0
    for match in WORD.finditer(value):
        pieces += [value[at:match.start()].decode(), word_text(match)]
        at = match.end()
    return "".join(pieces) + value[at:].decode()


def text_of(message, name):
    """The one field of this name, decoded, without the blanks around it."""
    return decoded(raw(message, name)).strip(" \t")


def mailboxes(message, name):
    """(display name, address) of an address field, decoded."""
    value = raw(message, name).replace(b"\r\n", b"").decode("ascii")
    return [(decoded(person), spec)
            for person, spec in email.utils.getaddresses([value])]


def check_words(message, given=b""):
    """Asserts of all encoded words of a header what RFC 2047 asks of them:
    each is whole by itself, at most 75 long, in a line of at most 76, apart
    from what is around it, and in no quoted string and no address.  Fields
    that are in `given` to the byte are somebody else's."""
    others = raw_fields(given)
    for name, value in raw_fields(message):
        if not WORD.search(value) or (name, value) in others:
            continue
        for line in (name.encode() + b":" + value).split(b"\r\n"):
            assert not WORD.search(line) or len(line) <= 76, line
        for match in WORD.finditer(value):
            assert len(match[0]) <= 75, match[0]
            if match[1].lower() != b"unknown-8bit":
                assert word_text(match) != "", match[0]
            before = value[:match.start()][-1:]
            after = value[match.end():][:1]
            assert before in (b"", b" ", b"\t", b"(", b","), value
            assert after in (b"", b" ", b"\t", b"\r", b")", b","), value
        if name.lower() in TEXT or name.lower().startswith("x-"):
            continue
        bare = re.sub(rb'"(?:[^"\\]|\\.)*"', _without_words, value)
        re.sub(rb"<[^>]*>", _without_words, bare)
    return message


def _without_words(match):
    assert not WORD.search(match[0]), match[0]
    return b""


def parsed(message):
    data = message if isinstance(message, bytes) else message.data
    return email.message_from_bytes(data)


def content(part):
    """What a leaf holds, decoded, with LF line ends."""
    return part.get_payload(decode=True).replace(b"\r\n", b"\n")


def leaf(message):
    """(type, charset, encoding, content) of a mail of one part."""
    part = parsed(message)
    assert not part.is_multipart()
    return (part.get_content_type(), part.get_param("charset"),
            part.get("Content-Transfer-Encoding"), content(part))


def added(message, original):
    """Asserts that the fields of `original` are all there, to the byte and in
    order; gives the names of the others."""
    want = raw_fields(original.replace(b"\r\n", b"\n").replace(
        b"\n", b"\r\n"))
    others = []
    for field in raw_fields(message):
        if want and field == want[0]:
            want.pop(0)
        else:
            others.append(field[0])
    assert want == [], (want, others)
    return others
