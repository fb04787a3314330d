"""Cases 32-38, 40, 43 of section 2: what the queue keeps is what would have
been sent at once, to the byte."""

import re
from email.header import decode_header, make_header

import pytest
from faults import MAIL, clear
from queued import TO
from twice import twice

HEAD = b"From: u@d.example\nDate: Fri, 27 Nov 2026 12:00:00 +0000\n" \
    b"Message-ID: <1@d.example>\nSubject: s\n"


def test_case_2_32_text_alone(queued, smarthost):
    mail = twice(queued, smarthost, ["c@d.example"],
                 b"hello world\nsecond\n").same()
    assert mail.body == b"hello world\r\nsecond\r\n"
    assert mail.recipients == ["c@d.example"]
    assert mail.only("Message-ID") and mail.only("Date")
    assert mail.parsed()["From"].addresses[0].domain == "example.test"


@pytest.mark.parametrize("stdin", [
    b"To: c@d.example\nSubject: s", b"To: c@d.example\nSubject: s\n",
    b"Subject: s\nTo: c@d.example"])
def test_case_2_33_header_alone(queued, smarthost, stdin):
    mail = twice(queued, smarthost, ["-t"], stdin).same()
    assert mail.recipients == ["c@d.example"]
    assert mail.only("Subject") == "s" and mail.body == b""


def test_case_2_33_last_line_without_its_end(queued, smarthost):
    mail = twice(queued, smarthost, ["-t"],
                 b"To: c@d.example\n\nfirst\nlast").same()
    assert mail.body == b"first\r\nlast\r\n"


@pytest.mark.parametrize("args, body, want", [
    ([], b"a\r\nb\r\n", b"a\r\nb\r\n"),
    ([], b"a\r\nb\nc\r\r\nd\n", b"a\r\nb\r\nc\r\nd\r\n"),
    ([], b"a\rb\n", b"a b\r\n"),
    (["-i"], b".a\n..\n...b\n", b".a\r\n..\r\n...b\r\n"),
    ([], b"..\n.a\n", b"..\r\n.a\r\n"),
    (["-i"], b"a\n.\nb\n", b"a\r\n.\r\nb\r\n"),
    ([], b"a\n.\nb\n", b"a\r\n"),
    (["-i"], b"a\n\n.\n", b"a\r\n\r\n.\r\n"),
    ([], b"a\n\n.\n", b"a\r\n\r\n"),
])
def test_case_2_34_line_ends_and_dots(queued, smarthost, args, body, want):
    mail = twice(queued, smarthost, [*args, TO], HEAD + b"\n" + body).same()
    assert mail.body == want


@pytest.mark.parametrize("length", [998, 999, 5000, 1 << 20])
def test_case_2_35_long_line_of_the_body(queued, smarthost, length):
    line = b"0123456789abcdef" * (length // 16 + 1)
    mail = twice(queued, smarthost, [TO],
                 HEAD + b"\n" + line[:length] + b"\nend\n").same()
    assert mail.text == line[:length] + b"\r\nend\r\n"
    assert max(map(len, mail.data.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("field", [
    b"X-Long: " + b"word " * 600, b"X-Long: " + b"\n word" * 600,
    b"X-Long: " + b"x" * 3000], ids=["words", "folded", "one word"])
def test_case_2_35_long_line_of_the_header(queued, smarthost, field):
    mail = twice(queued, smarthost, [TO],
                 HEAD + field + b"\n\nbody\n").same()
    value = b"".join(field.partition(b": ")[2].split())
    shown = str(make_header(decode_header(mail.only("X-Long"))))
    assert "".join(shown.split()).encode() == value
    assert mail.body == b"body\r\n"
    assert max(map(len, mail.data.split(b"\r\n"))) <= 998


def test_case_2_36_nul_in_the_body(queued, smarthost):
    mail = twice(queued, smarthost, [TO],
                 HEAD + b"\na\0b\n\0\nend\n").same()
    assert mail.body == b"ab\r\n\r\nend\r\n"


def test_case_2_36_nul_in_the_header(queued, smarthost):
    mail = twice(queued, smarthost, [TO],
                 HEAD + b"X-Odd: a\0b\nX-More: c\n\nend\n").same()
    assert mail.only("X-Odd") == "ab" and mail.only("X-More") == "c"
    assert mail.body == b"end\r\n"


FOLDED = b"To: " + b",\n ".join(b"r%d@d.example" % i for i in range(13))


@pytest.mark.parametrize("field, want", [
    (FOLDED, [f"r{i}@d.example" for i in range(13)]),
    (b"To: Group: a@b, c@d;", ["a@b", "c@d"]),
    (b"To: undisclosed-recipients:;\nCc: a@b", ["a@b"]),
    (b'To: "Doe, Joe" <a@b>, c@d', ["a@b", "c@d"]),
    (b"To: (one, two@x) a@b (c), <c@d> (e@f)", ["a@b", "c@d"]),
    (b"To: a@b, c@d, a@B\nCc: A <a@b>, c@d", ["a@b", "c@d"]),
], ids=["folded", "group", "empty group", "quotes", "comments", "twice"])
def test_case_2_37_recipients(queued, smarthost, field, want):
    mail = twice(queued, smarthost, ["-t"],
                 HEAD + field + b"\n\nbody\n").same()
    assert mail.recipients == want


@pytest.mark.parametrize("args, want", [(["-t"], ["a@b", "hidden@d.example"]),
                                        ([TO], [TO])])
@pytest.mark.parametrize("bcc", [
    b"Bcc: hidden@d.example", b"BCC : hidden@d.example",
    b"bcc:\n hidden@d.example",
    b"Bcc: hidden@d.example\nBCC:\n\thidden@d.example"])
def test_case_2_38_bcc(queued, smarthost, bcc, args, want):
    mail = twice(queued, smarthost, args,
                 HEAD + b"To: a@b\n" + bcc + b"\n\nbody\n").same()
    assert mail.recipients == want
    assert b"hidden" not in mail.data
    assert not re.search(rb"(?im)^bcc", mail.data)


def test_case_2_38_bcc_is_in_no_file_of_the_queue(queued, smarthost):
    """The recipient is in the envelope that is kept, and nowhere else."""
    host = clear(smarthost)
    queued.configure(host)
    queued.submit(["-odq", "-t"], HEAD + b"To: a@b\nBcc: hidden@d.example\n"
                  b"\nbody\n").ok()
    entry, = (queued.spool / "queue").iterdir()
    assert entry.read_bytes().count(b"hidden") == 1
    assert b"Bcc" not in entry.read_bytes()


def test_case_2_40_resent(queued, smarthost):
    mail = twice(queued, smarthost, ["-t"], HEAD + b"To: a@b\nCc: b@b\n"
                 b"Resent-To: c@d\nResent-Bcc: e@f\nResent-From: u@x\n"
                 b"\nbody\n").same()
    assert mail.recipients == ["c@d", "e@f"]
    assert b"e@f" not in mail.data


ODD = b"From: Foo [bar] <x@y>\nReply-To: a@@b\nReturn-Path: <>\n" \
    b"To: J\xc3\xb6rg <c@d.example>\nX-Odd:   two  blanks \n"


def test_case_2_43_odd_fields_stay(queued, smarthost):
    mail = twice(queued, smarthost, ["c@d.example"],
                 ODD + b"Subject: s\n\nbody\n").same()
    want = ODD.replace("Jörg".encode(), b"=?UTF-8?B?SsO2cmc=?=")
    for line in want.splitlines():
        if not line.startswith(b"Return-Path"):
            assert line.rstrip() in mail.head, line


@pytest.mark.parametrize("eightbit", [True, False])
def test_case_2_43_body_of_eight_bits(queued, smarthost, eightbit):
    mail = twice(queued, smarthost, [TO], HEAD + b"\nJ\xc3\xb6rg\n",
                 switches={"eightbit": eightbit}).same()
    assert ("BODY=8BITMIME" in mail.sender_params) == eightbit
    assert mail.text == b"J\xc3\xb6rg\r\n"
    assert mail.data.isascii() != eightbit


def test_mail_of_50_recipients_is_the_same(queued, smarthost):
    names = [f"r{i}@d.example" for i in range(50)]
    assert twice(queued, smarthost, names, MAIL).same().recipients == names


@pytest.mark.parametrize("switches, params", [
    ({"dsn": True}, ["RET=HDRS", "ENVID=id"]),
    ({"size": 100_000}, None), ({"pipelining": False}, [])])
def test_parameters_are_the_same(queued, smarthost, switches, params):
    mail = twice(queued, smarthost, ["-N", "success,failure", "-R", "hdrs",
                                     "-V", "id", TO], MAIL,
                 switches=switches).same()
    if params is not None:
        assert [one for one in mail.sender_params
                if not one.startswith("SIZE")] == params
    assert (mail.recipient_params != [[]]) == ("dsn" in switches)
