"""Mail of any size is converted in little memory, and soon."""

import base64
import hashlib
import quopri

import pytest
from faults import CLEAR, Sink, clear
from measure import measured
from queued import TO
from signing import multipart
from smarthost import wire

MEGABYTE = 1 << 20
TEXT = ("Die Größe der Datei " + "x" * 40 + "\r\n").encode()
# 8-bit lines that base64 is the shorter for
BYTES = bytes(range(128, 256)) * 4 + b"\r\n"


def text_part(size):
    return (b"Content-Type: text/plain; charset=UTF-8\r\n"
            b"Content-Transfer-Encoding: 8bit\r\n\r\n",
            TEXT * (size // len(TEXT)))


def binary_part(size):
    return (b"Content-Type: application/octet-stream\r\n"
            b"Content-Transfer-Encoding: 8bit\r\n\r\n",
            BYTES * (size // len(BYTES)))


def convert(outpost, stdin):
    """(peak, what came) of a mail to a smarthost without 8BITMIME."""
    sink = Sink(keep=True)
    done, peak = measured(outpost, ["-i", TO], stdin, host=sink,
                          config=CLEAR)
    done.ok()
    data = b"".join(sink.finished().pieces)
    assert data.isascii() and data.endswith(b"\r\n.\r\n")
    assert wire.check_message(data[:-3]) == []
    return peak, wire.unstuff(data[:-3])


def part_of(data, number, mark):
    """(header, body) of a part, without a reader that would be slow."""
    part = data.split(b"\r\n--" + mark)[number + 1]
    head, _, body = part.partition(b"\r\n\r\n")
    return head.lower(), body


def digest(data):
    return hashlib.sha256(data).hexdigest()


def test_multipart_of_50_megabytes(outpost):
    parts = [text_part(25 * MEGABYTE), binary_part(25 * MEGABYTE)]
    stdin = b"Subject: s\r\nMIME-Version: 1.0\r\n" + multipart(
        b"mixed", b"mark", [head + body for head, body in parts])
    peak, data = convert(outpost, stdin)
    head, body = part_of(data, 0, b"mark")
    assert b"quoted-printable" in head
    assert digest(quopri.decodestring(body)) == digest(parts[0][1])
    head, body = part_of(data, 1, b"mark")
    assert b"base64" in head
    assert digest(base64.b64decode(body)) == digest(parts[1][1])
    assert peak is None or peak < 10 * 1024


def test_text_of_50_megabytes(outpost):
    stdin = TEXT * (50 * MEGABYTE // len(TEXT))
    peak, data = convert(outpost, b"Subject: s\r\n\r\n" + stdin)
    body = data.partition(b"\r\n\r\n")[2]
    assert digest(quopri.decodestring(body)) == digest(stdin)
    assert peak is None or peak < 10 * 1024


def nested(depth):
    head, data = text_part(1000)
    data = head + data
    for level in range(depth):
        data = multipart(b"mixed", b"mark%d" % level, [data])
    return data


def test_parts_inside_of_parts(outpost):
    peak, data = convert(outpost, b"MIME-Version: 1.0\r\n" + nested(30))
    assert data.count(b"quoted-printable") == 1
    assert peak is None or peak < 10 * 1024


@pytest.mark.parametrize("make", [
    lambda: multipart(b"mixed", b"m", [b"\r\n\xc3\xa9"] * 20_000),
    lambda: nested(200)], ids=["parts", "levels"])
def test_too_many_parts(outpost, smarthost, make):
    host = clear(smarthost, eightbit=False)
    done, peak = measured(outpost, ["-i", TO], b"MIME-Version: 1.0\r\n"
                          + make(), host=host, config=CLEAR)
    done.failed(65)
    assert "5.6.3" in done.log and host.messages == []
    assert peak is None or peak < 20 * 1024
