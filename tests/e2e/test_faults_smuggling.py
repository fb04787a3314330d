"""Smuggling (group G): where tests/e2e/test_faults.py does not look, and with
the eyes of readers that are less strict than the smarthost."""

import itertools
import re

import pytest
from faults import CLEAR, clear

X = "x@a.example"
BEFORE = [b"\n", b"\r", b"\r\n", b"\r\r\n", b"\r\n\0", b"\n\0"]
AFTER = [b"\n", b"\r", b"\r\n", b"\0\r\n"]
SEQUENCES = [before + b"." + after
             for before, after in itertools.product(BEFORE, AFTER)]
EVIL = (b"MAIL FROM:<evil@x>\r\nRCPT TO:<evil@x>\r\nDATA\r\n"
        b"Subject: smuggled\r\n\r\nx")


@pytest.fixture
def host(outpost, smarthost):
    made = clear(smarthost)
    outpost.configure(made, CLEAR)
    return made


# how a reader may find the ends of messages: each must find one, the last
READERS = {
    "strict": lambda wire: re.findall(rb"\r\n\.\r\n", wire),
    "bare LF": lambda wire: re.findall(
        rb"\n\.\n", wire.replace(b"\r\n", b"\n")),
    "bare CR": lambda wire: re.findall(
        rb"\r\.\r", re.sub(rb"\r?\n", b"\r", wire)),
    "any": lambda wire: re.findall(
        rb"(?:\r\n|\n|\r)\.(?=\r\n|\n|\r)", wire),
    "dropping NUL": lambda wire: re.findall(
        rb"\r?\n\.\r?\n", wire.replace(b"\0", b"")),
    "dropping CR": lambda wire: re.findall(
        rb"\n\.\n", wire.replace(b"\r", b"")),
}


def one_mail_for_all(message):
    wire = message.raw + b".\r\n"
    assert wire.endswith(b"\r\n.\r\n")
    for name, find in READERS.items():
        assert len(find(b"\r\n" + wire)) == 1, (name, wire[:300])
    assert wire.count(b"\r") == wire.count(b"\n") == wire.count(b"\r\n")
    assert b"\0" not in wire


def test_fault_g1_readers_agree(outpost, host):
    for sequence in SEQUENCES:
        outpost(["-i", X], b"Subject: s\n\ntext" + sequence + EVIL + sequence
                ).ok()
    for message in host.messages:
        one_mail_for_all(message)
        assert b"MAIL FROM:<evil@x>" in message.raw
    assert len(host.messages) == 24
    assert not any(b"evil" in line for line in host.commands)


BORDERS = (4096, 8192, 65536, 131072, 262144)


@pytest.mark.parametrize("border", BORDERS)
def test_fault_g1_across_borders(outpost, host, border):
    """Each byte of a sequence at the border of a buffer."""
    head = b"Subject: s\n\n"
    for sequence in (b"\r\n.\r\n", b"\n.\n", b"\r.\r\n", b"\r\n\0.\r\n"):
        for offset in range(-len(sequence), 2):
            size = border + offset - len(head)
            text = (b"x" * 71 + b"\n") * (size // 72) + b"y" * (size % 72)
            outpost(["-i", X], head + text + sequence + EVIL + b"\n").ok()
            one_mail_for_all(host.message)
            assert host.message.body.replace(b"\r\n", b"\n").startswith(text)
            host.record.connections.clear()


FIELDS = [b"Subject: a%s", b"From: a@x.example%s", b"To: \"%s\" <b@x.example>",
          b"X-A:%s", b"X-A: b\n folded%s", b"X-A: b\r\n\tfolded%s c",
          b"Message-ID: <a%s@b>", b"Date: Mon%s", b"Content-Type: text/plain;"
          b"\n boundary=\"%s\"", b"Reply-To: a (%s) <b@x.example>",
          b"X%s: b", b"%sX-A: b", b"Received: from a%s"]


@pytest.mark.parametrize("rewrite", ["never", "always"])
@pytest.mark.parametrize("field", FIELDS)
def test_fault_g2_fields(outpost, host, field, rewrite):
    config = {**CLEAR, "sender": {"rewrite": rewrite,
                                  "address": "me@x.example"}}
    outpost.configure(host, config)
    for sequence in SEQUENCES:
        mail = field.replace(b"%s", sequence + EVIL + sequence) + b"\n\nb\n"
        outpost(["-i", X], mail).ok()
        one_mail_for_all(host.message)
        assert host.message.recipients == [X]
        host.record.connections.clear()


@pytest.mark.parametrize("place", ["-F", "NAME", "-f", "operand", "-V",
                                   "-L", "-t"])
def test_fault_g2_arguments(outpost, smarthost, place):
    for sequence in SEQUENCES:
        if b"\0" in sequence and place != "-t":
            continue
        host = clear(smarthost, dsn=True)
        text = b"a" + sequence + EVIL + sequence + b"@b.example"
        env, mail, args = {}, b"Subject: s\n\nb\n", ["-i", X]
        if place == "NAME":
            env["NAME"] = text.decode()
        elif place == "operand":
            args = ["-i", text]
        elif place == "-t":
            mail = b"To: \"" + text + b"\"@c.example\n" + mail
            args = ["-i", "-t"]
        else:
            args = ["-i", place, text, X]
        done = outpost(args, mail, env=env, host=host, config=CLEAR)
        assert done.status in (0, 64, 65), done
        assert done.status != 0 or place in ("-F", "NAME", "-L", "-V", "-t")
        for message in host.messages:
            one_mail_for_all(message)
            assert message.recipients == [X] or place == "-t"
        for line in host.commands:
            assert re.fullmatch(rb"[ -~]+", line)
            assert not line.startswith((b"MAIL FROM:<evil", b"RCPT TO:<evil"))


@pytest.mark.parametrize("text, body", [
    (b"..\n", b"..\r\n"), (b".a\n", b".a\r\n"), (b".\n", b".\r\n"),
    (b".", b".\r\n"), (b"a\n.", b"a\r\n.\r\n"), (b".\r", b".\r\n"),
    (b"\r.\n", b" .\r\n"), (b"\0.\n", b".\r\n"), (b"a\r.\r\n", b"a .\r\n"),
    (b"x" * 998 + b".\n", b"x" * 998 + b".\r\n"),
    (b"x" * 998 + b"\r\n.\r\n", b"x" * 998 + b"\r\n.\r\n")],
    ids=lambda text: repr(text)[:12])
def test_fault_g2_dots_are_text(outpost, host, text, body):
    outpost(["-i", X], b"Subject: s\n\n" + text).ok()
    assert host.message.text == body
    one_mail_for_all(host.message)
