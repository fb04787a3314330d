"""Cases 1-4, 9-11, 16, 18, 39, 42, 43, 46, 47, 64: from what is piped in to
what is on the wire."""

import email.utils
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

GENERATED = ("received", "from", "date", "message-id")


def sent(outpost, smarthost, args, stdin, **options):
    """Sends one message; returns it as the smarthost saw it."""
    host = smarthost()
    outpost(args, stdin, host=host, **options).ok()
    return host.message


def foreign(message):
    """The fields that were not generated, as they stand on the wire."""
    return [(name, value) for name, value in message.fields
            if name.lower() not in GENERATED]


def test_case_1_01_text_without_a_header(outpost, smarthost):
    message = sent(outpost, smarthost, ["a@x"], "hello\n")
    assert foreign(message) == []
    assert message.body == b"hello\r\n"


def test_case_1_02_header_without_a_body(outpost, smarthost):
    message = sent(outpost, smarthost, ["a@x"], "Subject: s\n")
    assert message.data.endswith(b"\r\n\r\n")
    assert message.body == b""
    assert message.only("Subject") == "s"


def test_case_1_03_blank_line_is_inserted(outpost, smarthost):
    message = sent(outpost, smarthost, ["a@x"],
                   "Subject: s\nnot a header\nmore\n\nlast\n")
    assert foreign(message) == [("Subject", b"s")]
    assert message.body == b"not a header\r\nmore\r\n\r\nlast\r\n"


def test_case_1_04_mbox_line(outpost, smarthost):
    message = sent(outpost, smarthost, ["a@x"],
                   "From root@x Mon Jan  1 00:00:00 2024\n"
                   "Subject: s\n\nFrom here\n")
    assert b"From root@x" not in message.data
    assert message.sender != "root@x"
    assert foreign(message) == [("Subject", b"s")]
    assert message.body == b"From here\r\n"


def test_case_1_09_resent(outpost, smarthost):
    message = sent(
        outpost, smarthost, ["-t"],
        "Resent-From: me@x\nResent-To: r@x\nResent-Bcc: rb@x\n"
        "From: o@x\nTo: old@x\nBcc: oldbcc@x\nSubject: s\n\nb\n")
    assert message.recipients == ["r@x", "rb@x"]
    assert b"rb@x" not in message.data and b"oldbcc@x" not in message.data
    assert message.all("Bcc") == message.all("Resent-Bcc") == []
    assert message.only("To") == "old@x"


def test_case_1_10_bcc_in_all_spellings(outpost, smarthost):
    other = ("To: a@x,\n  b@x\nX-A:  two  blanks \nx-b:\tTab\n"
             "Subject: folded\n\there\nX-Bcc: kept\n")
    message = sent(
        outpost, smarthost, ["-t"],
        "bCC: c@x\n" + other + "Bcc: d@x,\n e@x,\n\tf@x\nBCC : g@x\n"
        "Bcc:\n\nb\n")
    assert sorted(message.recipients) == [
        "a@x", "b@x", "c@x", "d@x", "e@x", "f@x", "g@x"]
    for address in b"cdefg":
        assert bytes([address]) + b"@x" not in message.data
    wire = b"".join(name.encode() + b":" + raw + b"\r\n"
                    for name, raw in raw_fields(message)
                    if name.lower() not in GENERATED)
    assert wire == other.replace("\n", "\r\n").encode()


def raw_fields(message):
    """Name and everything after the colon, to the byte."""
    text = re.sub(rb"\r\n([ \t])", rb"\n\1", message.head)
    for line in text.split(b"\r\n")[:-1]:
        name, _, value = line.partition(b":")
        yield name.decode(), value.replace(b"\n", b"\r\n")


def test_case_1_11_bcc_without_t(outpost, smarthost):
    message = sent(outpost, smarthost, ["a@x"],
                   "To: t@x\nBcc: b@x\nSubject: s\n\nb\n")
    assert message.recipients == ["a@x"]
    assert b"b@x" not in message.data and message.all("Bcc") == []


@pytest.mark.parametrize("name", [
    "x\r\nBcc: e@x", "x\nBcc: e@x\n\nbody", "é\r\nBcc: e@x", "\x01\x7f\tx"])
def test_case_1_16_name_with_control_characters(outpost, smarthost, name):
    message = sent(outpost, smarthost, ["-F", name, "a@x"], "b\n")
    assert message.recipients == ["a@x"] and message.all("Bcc") == []
    assert foreign(message) == [] and message.body == b"b\r\n"
    shown = message.parsed()["From"].addresses
    assert len(shown) == 1
    assert not re.search(r"[\x00-\x1f\x7f]", shown[0].display_name)


@pytest.mark.parametrize("name", ["Doe, John (Jr.)", 'Joe "Q" P\\x',
                                  "O'Neil", "Joe (Q", "Jöe Grün"])
def test_case_1_18_full_name(outpost, smarthost, name):
    message = sent(outpost, smarthost, ["-F", name, "a@x"], "b\n")
    parsed = message.parsed()["From"]
    assert [address.display_name for address in parsed.addresses] == [name]
    assert message.head.isascii()


def test_case_1_39_eight_bits_pass(outpost, smarthost):
    body = bytes(range(128, 256)) + "grüße 你好".encode()
    message = sent(outpost, smarthost, ["a@x"],
                   b"Subject: s\n\n" + body + b"\n")
    assert message.sender_params == ["BODY=8BITMIME"]
    assert message.body == body + b"\r\n"


@pytest.mark.parametrize("line, want", [
    (b"a\rbcdef\n", b"a bcdef\r\n"), (b"a\0bcdef\n", b"abcdef\r\n"),
    (b"abcdef\r\r\n", b"abcdef\r\n"), (b"a\r\0\nbcdef\n", None),
])
def test_case_1_42_odd_bytes_at_every_offset(outpost, smarthost, line, want):
    # the line's length has no factor in common with any buffer's: after
    # 65536 lines it has begun at every offset of every buffer
    if len(line) % 2 == 0:
        line, want = b"x" + line, want and b"x" + want
    message = sent(outpost, smarthost, ["a@x"], b"S: 1\n\n" + line * 66000)
    assert b"\0" not in message.raw  # and the wire checks did the rest
    if want is not None:
        assert message.body == want * 66000


@pytest.mark.parametrize("offset", [*range(1000, 1031), *range(4090, 4101)])
@pytest.mark.parametrize("odd, want", [(b"\r", b" "), (b"\0", b"")])
def test_case_1_42_odd_byte_at_offset(outpost, smarthost, offset, odd, want):
    head = b"Subject: s\n\n"
    text = (b"y" * 77 + b"\n") * 60
    before = text[:offset - len(head)]
    message = sent(outpost, smarthost, ["a@x"], head + before + odd + b"z\n")
    assert message.body == (before + want + b"z\n").replace(b"\n", b"\r\n")


def test_case_1_43_line_ends(outpost, smarthost):
    lines = [b"S: 1", b"X-A: 2", b"", b"one", b".", b"..", b"", b"two"]
    want = b"\r\n".join(lines[3:]) + b"\r\n"
    ends = {"lf": [b"\n"] * 8, "crlf": [b"\r\n"] * 8,
            "mixed": [b"\r\n"] * 3 + [b"\n"] * 5,
            "none at the end": [b"\n"] * 7 + [b""]}
    for name, each in ends.items():
        stdin = b"".join(line + end for line, end in zip(lines, each))
        message = sent(outpost, smarthost, ["-i", "a@x"], stdin)
        assert message.body == want, name
        assert foreign(message) == [("S", b"1"), ("X-A", b"2")], name


@pytest.mark.parametrize("line", [b".abcde\n", b".abcdef\r\n", b".\n\n"])
def test_case_1_43_dots_at_every_offset(outpost, smarthost, line):
    count = 66000
    message = sent(outpost, smarthost, ["-i", "a@x"],
                   b"S: 1\n\n" + line * count)
    assert message.body == (line.rstrip() + b"\r\n"
                            + b"\r\n" * (line == b".\n\n")) * count


def test_case_1_46_missing_fields_are_added(outpost, smarthost):
    message = sent(outpost, smarthost, ["a@x"], "Subject: s\nDate:\n\nb\n")
    date = email.utils.parsedate_to_datetime(message.only("Date"))
    assert abs(date.timestamp() - time.time()) < 600
    assert re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", message.only("Message-ID"))
    assert len(message.parsed()["From"].addresses) == 1
    assert "@" in message.only("From")


def test_case_1_46_present_fields_stay(outpost, smarthost):
    own = [("DATE", b"Mon, 1 Jan 2024 00:00:00 +0000"),
           ("message-id", b"<own@id>"), ("FrOm", b"Me <me@x>")]
    text = b"".join(name.encode() + b": " + value + b"\n"
                    for name, value in own)
    message = sent(outpost, smarthost, ["a@x"], text + b"\nb\n")
    assert [field for field in message.fields
            if field[0].lower() != "received"] == own


def test_case_1_47_message_ids_differ(outpost, smarthost):
    host = smarthost()
    outpost.configure(host)

    def one(_):
        return outpost(["a@x"], "Subject: s\n\nb\n").status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(one, range(200))) == {0}
    ids = [message.only("Message-ID") for message in host.messages]
    assert len(ids) == len(set(ids)) == 200
    for text in ids:
        local, domain = text.strip("<>").split("@")
        assert re.fullmatch(r"[0-9a-zA-Z._-]+", local)
        assert "root" not in local
        assert socket.gethostname() not in domain


@pytest.mark.parametrize("field, want", [
    ("From: root", "root@example.test"),
    ('From: "Root, the" <root>', '"Root, the" <root@example.test>'),
    ("To: root, Bob <bob>, c@d.example",
     "root@example.test, Bob <bob@example.test>, c@d.example"),
    ("Cc: root (the super user)", "root@example.test (the super user)"),
    ("Reply-To: root", "root@example.test"),
])
def test_case_1_64_bare_names_in_fields(outpost, smarthost, field, want):
    message = sent(outpost, smarthost, ["a@x"], field + "\n\nb\n")
    assert message.only(field.split(":")[0]) == want
