"""What a body holds is said, and it arrives decoded as it was given, whatever
the smarthost takes."""

import quopri
import re
from dataclasses import dataclass

import pytest
import reading
from faults import CLEAR, clear
from queued import TO, Nobody, merged
from reading import added, check_words, raw
from smarthost import wire
from smarthost.script import at

BODY = "备份已完成，共 1,234 个文件。\nGrüße\n"
GB = BODY.encode("gb18030")
LATIN = "Grüße aus Köln\n".encode("latin-1")
MIME = "MIME-Version: 1.0\n"
PLAIN = "Content-Type: text/plain; charset="
QP = "quoted-printable"
CRON = (MIME + PLAIN + "%s\nContent-Transfer-Encoding: 8bit\n"
        "X-Cron-Env: <LANG=C>\n")
NEW = {"MIME-Version", "Content-Type", "Content-Transfer-Encoding"}


@dataclass
class Case:
    """What becomes of a body."""
    name: str
    head: str
    body: bytes
    charset: str = "UTF-8"  # that is said in the end
    encoding: str = "8bit"
    kind: str = "text/plain"
    new: frozenset = frozenset()  # fields that are added
    config: str = None  # [message] charset
    env: str = None  # LANG

    def __str__(self):
        return self.name

    @property
    def stdin(self):
        return b"Subject: s\n" + self.head.encode() + b"\n" + self.body


def utf8(name, head, **others):
    return Case(name, head, BODY.encode(), **others)


CASES = [
    utf8("plain", "", new=NEW),
    Case("gb18030-config", "", GB, "GB18030", new=NEW, config="GB18030"),
    Case("gb18030-locale", "", GB, "GB18030", new=NEW, env="zh_CN.GB18030"),
    Case("euc-jp", "", "日本語\n".encode("euc-jp"), "EUC-JP", new=NEW,
         env="ja_JP.eucJP"),
    Case("latin1-locale", "", LATIN, "ISO-8859-1", new=NEW,
         env="de_DE.ISO-8859-1"),
    Case("latin1-in-other-words", "", LATIN, "ISO-8859-1", new=NEW,
         env="de_DE.iso88591"),
    Case("latin1-unknown", "", LATIN, "unknown-8bit", new=NEW),
    Case("config-then-locale", "", b"\xff\n", "ISO-8859-1", new=NEW,
         config="GB18030", env="de_DE.ISO-8859-1"),
    # what cron says, whatever the text is in
    utf8("cron-c", CRON % "ANSI_X3.4-1968"),
    utf8("cron-c-quoted", CRON % '"ANSI_X3.4-1968"'),
    utf8("cron-utf8", CRON % "UTF-8"),
    Case("cron-gb", CRON % "ANSI_X3.4-1968", GB, "GB18030",
         env="zh_CN.GB18030"),
    Case("cron-unknown", CRON % "ANSI_X3.4-1968", LATIN, "unknown-8bit"),
    Case("cron-ascii", CRON % "ANSI_X3.4-1968", b"ascii\n",
         "ANSI_X3.4-1968"),
    # ASCII by other names, or none
    utf8("us-ascii", MIME + PLAIN + "us-ascii\n",
         new=frozenset({"Content-Transfer-Encoding"})),
    utf8("ascii-and-more", MIME + "Content-Type: text/plain;\n"
         "\tcharset=US-ASCII; format=flowed\n",
         new=frozenset({"Content-Transfer-Encoding"})),
    utf8("html", MIME + "Content-Type: text/html\n"
         "Content-Transfer-Encoding: 8bit\n", kind="text/html"),
    utf8("html-with-a-blank-end", MIME + "Content-Type: text/html;\n"
         "Content-Transfer-Encoding: 8BIT\n", encoding="8BIT",
         kind="text/html"),
    utf8("says-7bit", MIME + PLAIN + "utf-8\n"
         "Content-Transfer-Encoding: 7bit\n", charset="utf-8"),
    # what says what it is stays
    utf8("utf8", MIME + PLAIN + "utf-8\nContent-Transfer-Encoding: 8bit\n",
         charset="utf-8"),
    Case("latin1", MIME + PLAIN + "iso-8859-1\n"
         "Content-Transfer-Encoding: 8bit\n", LATIN, "iso-8859-1"),
    Case("gbk", MIME + PLAIN + "gbk\nContent-Transfer-Encoding: 8bit\n", GB,
         "gbk"),
    Case("qp", MIME + PLAIN + "utf-8\n"
         "Content-Transfer-Encoding: quoted-printable\n", b"=E5=A4=87\n",
         "utf-8", QP),
    # the version that was forgotten
    utf8("no-version", PLAIN + "utf-8\nContent-Transfer-Encoding: 8bit\n",
         charset="utf-8", new=frozenset({"MIME-Version"})),
    Case("no-version-ascii", PLAIN + "utf-8\n", b"ascii\n", "utf-8", None,
         new=frozenset({"MIME-Version"})),
    Case("ascii", "", b"ascii\n", None, None),
    Case("binary", MIME + "Content-Type: image/png\n"
         "Content-Transfer-Encoding: 8bit\n", b"\x89PNG\xff\x1a\n", None,
         kind="image/png"),
    Case("no-text", MIME + "Content-Type: application/x-odd\n",
         b"\x89PNG\xff\n", None, kind="application/x-odd",
         new=frozenset({"Content-Transfer-Encoding"})),
]


def deliver(outpost, smarthost, case, **switches):
    """Sends a case; returns the mail as it came, checked."""
    host = clear(smarthost, **switches)
    outpost.configure(host, merged(
        CLEAR, {"message": {"charset": case.config}}))
    outpost(["-i", TO], case.stdin, env={"LANG": case.env}).ok()
    return check_words(host.message)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_body_with_8bitmime(outpost, smarthost, case):
    message = deliver(outpost, smarthost, case)
    kind, charset, encoding, content = reading.leaf(message)
    assert (kind, encoding) == (case.kind, case.encoding)
    assert (charset or "").lower() == (case.charset or "").lower()
    # not a byte of the body is another, nor of the header but for these
    assert message.body == case.body.replace(b"\n", b"\r\n")
    said = {name for name, _ in reading.raw_fields(
        case.head.replace("\n", "\r\n").encode())}
    names = [name for name, _ in reading.raw_fields(message)]
    assert len(names) == len(set(names))
    assert set(names) - said - {"Subject", "From", "Date", "Message-ID"} == \
        case.new
    assert message.sender_params == ([] if case.body.isascii()
                                     else ["BODY=8BITMIME"])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_body_without_8bitmime(outpost, smarthost, case):
    message = deliver(outpost, smarthost, case, eightbit=False)
    kind, charset, encoding, content = reading.leaf(message)
    assert kind == case.kind and content == (
        quopri.decodestring(case.body) if case.encoding == QP else case.body)
    assert (charset or "").lower() == (case.charset or "").lower()
    assert message.data.isascii() and message.sender_params == []
    if case.body.isascii():
        assert encoding == case.encoding
        assert message.body == case.body.replace(b"\n", b"\r\n")
    else:
        assert encoding in (QP, "base64")
        assert message.only("MIME-Version") == "1.0"


@pytest.mark.parametrize("text, encoding", [
    ("Die Größe der Datei beträgt 5 MB.\n" * 20, QP),
    ("备份已完成。文件都在。\n" * 20, "base64")], ids=["qp", "base64"])
def test_the_shorter_encoding(outpost, smarthost, text, encoding):
    message = deliver(outpost, smarthost, Case("", "", text.encode()),
                      eightbit=False)
    assert reading.leaf(message)[2:] == (encoding, text.encode())


@pytest.mark.parametrize("body", [
    b"\xc3\xa9", b"\xc3\xa9\n\n\n", b"\n\n\xc3\xa9\n", b".\xc3\xa9\n.\n..\n",
    b"\xc3\xa9 \n\t\n", b"--\n--x\n\xc3\xa9--\n", b"From \xc3\xa9\nFrom x\n",
    b"=\n=3D\xc3\xa9=\n", "é".encode() * 3000 + b"\n",
    b"\xc3\xa9" + b"x" * 5000 + b"\n.\n", bytes(range(1, 10)) + b"\xff\x7f\n",
    b"\xe9" * 998 + b"\n" + b"\xe9" * 999 + b"\n"],
    ids=lambda body: repr(body)[:16])
@pytest.mark.parametrize("eightbit", [True, False])
def test_odd_bodies(outpost, smarthost, body, eightbit):
    message = deliver(outpost, smarthost, Case("", "", body),
                      eightbit=eightbit)
    want = body if body.endswith(b"\n") else body + b"\n"
    assert reading.leaf(message)[3] == want


@pytest.mark.parametrize("length", [997, 998, 999, 1000, 20_000])
@pytest.mark.parametrize("head", [
    "", MIME + PLAIN + "us-ascii\nContent-Transfer-Encoding: 7bit\n",
    MIME + "Content-Type: text/html\n", MIME + "Content-Type: image/x-odd\n"],
    ids=["none", "plain", "html", "image"])
def test_long_lines_of_ascii(outpost, smarthost, head, length):
    body = b"a" + b"y" * (length - 1) + b"\nshort\n"
    message = deliver(outpost, smarthost, Case("", head, body))
    assert reading.leaf(message)[3] == body
    if length <= wire.LINE_MAX:
        assert message.body == body.replace(b"\n", b"\r\n")
        assert added(message, b"Subject: s\n" + head.encode()) == [
            "From", "Date", "Message-ID"]
    else:
        assert reading.leaf(message)[2] in (QP, "base64")
        assert message.only("MIME-Version") == "1.0"


def test_long_lines_of_8_bits_with_8bitmime(outpost, smarthost):
    body = ("备份" * 1000 + "\nshort\n").encode()
    message = deliver(outpost, smarthost, Case("", "", body))
    assert message.data.isascii() and reading.leaf(message)[3] == body
    assert reading.leaf(message)[1].lower() == "utf-8"


# a gateway's mail

GATEWAY = [
    b"Subject: s\n\n" + BODY.encode(), b"X-A: 1\n\nascii\n",
    b"Content-Type: text/plain; charset=utf-8\n\n" + BODY.encode(),
    b"From: \nDate: x\nSubject: s\n\nascii\n"]
KINDS = ["8-bit", "ascii", "typed", "empty"]


@pytest.mark.parametrize("stdin", GATEWAY, ids=KINDS)
def test_nothing_is_added_for_a_gateway(outpost, smarthost, stdin):
    host = clear(smarthost)
    outpost(["-G", TO], stdin, host=host, config=CLEAR).ok()
    message = host.message
    assert added(message, stdin.partition(b"\n\n")[0] + b"\n") == []
    assert message.trace != b""
    assert message.body == stdin.partition(b"\n\n")[2].replace(
        b"\n", b"\r\n")


@pytest.mark.parametrize("stdin", GATEWAY, ids=KINDS)
def test_gateway_mail_without_8bitmime(outpost, smarthost, stdin):
    host = clear(smarthost, eightbit=False)
    outpost(["-G", TO], stdin, host=host, config=CLEAR).ok()
    assert reading.leaf(host.message)[3] == stdin.partition(b"\n\n")[2]
    assert host.message.all("Message-ID") == []


def test_header_of_a_gateway_is_made_ascii(outpost, smarthost):
    """The wire takes nothing else."""
    host = clear(smarthost)
    outpost(["-G", TO], "Subject: 备份\n\nascii\n", host=host,
            config=CLEAR).ok()
    assert reading.text_of(check_words(host.message), "Subject") == "备份"


# what is kept

def entry_of(queued):
    path, = (queued.spool / "queue").iterdir()
    return path.read_bytes()


def test_what_is_kept_is_not_converted(queued, smarthost):
    """Each connection gets it as it can take it."""
    wide = clear(smarthost, script=[at("DOT", reply="451 later")])
    narrow = clear(smarthost, eightbit=False)
    queued.configure(Nobody()).submit(
        [TO], f"Subject: 备份\n\n{BODY}").ok()
    wire_body = BODY.encode().replace(b"\n", b"\r\n")
    kept = entry_of(queued)
    assert wire_body in kept
    queued.configure(wide).run()
    refused, = wide.settled().connections[0].messages
    assert refused.body == wire_body
    assert refused.sender_params == ["BODY=8BITMIME"]
    assert wire_body in entry_of(queued)
    queued.configure(narrow).run().ok()
    taken = check_words(narrow.message)
    assert taken.data.isascii()
    assert reading.leaf(taken)[3] == BODY.encode()
    assert reading.text_of(taken, "Subject") == "备份"
    assert taken.trace == refused.trace
    assert queued.waiting == []


def test_mails_of_a_run_are_converted_one_by_one(queued, smarthost):
    host = clear(smarthost, eightbit=False)
    bodies = [BODY.encode(), b"ascii\n", b"x" * 2000 + b"\n", LATIN]
    queued.configure(host)
    for body in bodies:
        queued.submit(["-odq", TO], b"Subject: s\n\n" + body).ok()
    queued.run().ok()
    assert len(host.connections) == 1
    assert sorted(reading.leaf(mail)[3] for mail in host.messages) == \
        sorted(bodies)


@pytest.mark.parametrize("switches", [
    {"helo_only": True}, {"max_rcpt": 1}, {"chunking": True},
    {"chunking": True, "max_rcpt": 1}, {"pipelining": False}], ids=str)
@pytest.mark.parametrize("eightbit", [True, False])
def test_every_way_to_hand_it_over(outpost, smarthost, switches, eightbit):
    """Each transaction of a mail carries the same."""
    host = clear(smarthost, eightbit=eightbit, **switches)
    text = BODY * 2000
    outpost(["-i", "a@d.example", "b@d.example"], "Subject: 备份\n\n" + text,
            host=host, config=CLEAR).ok()
    wide = eightbit and "helo_only" not in switches
    assert [to for mail in host.messages for to in mail.recipients] == [
        "a@d.example", "b@d.example"]
    assert len({mail.data for mail in host.messages}) == 1
    for message in host.messages:
        assert message.data.isascii() != wide
        assert reading.leaf(message)[3] == text.encode()


def test_size_that_is_said_is_the_one_that_comes(outpost, smarthost):
    host = clear(smarthost, eightbit=False, size=10_000_000)
    outpost([TO], "Subject: s\n\n" + BODY * 100, host=host, config=CLEAR).ok()
    message = host.message
    said, = [int(one[5:]) for one in message.sender_params
             if one.startswith("SIZE=")]
    assert abs(said - len(message.data)) <= 2


def test_too_big_when_it_is_converted(outpost, smarthost):
    """The size that counts is that of what goes out."""
    text = "备份已完成。\n" * 1000
    host = clear(smarthost, eightbit=False, size=len(text.encode()) + 2000)
    done = outpost([TO], "Subject: s\n\n" + text, host=host, config=CLEAR)
    done.failed(65)
    assert host.messages == [] and "DATA" not in host.connection.verbs


def test_report_fits_too(queued, smarthost):
    """It has advice in Chinese, and the header of the mail."""
    host = clear(smarthost, eightbit=False, script=[
        at("DOT", connection=1, nth=1, reply="552 Illegal Attachment")])
    queued.configure(host).submit(["-odq", TO],
                                  f"Subject: 备份\n\n{BODY}").ok()
    for _ in range(2):
        queued.run().ok()
    report = check_words(host.message)
    assert report.data.isascii()
    parts = list(report.parsed().iter_parts())
    assert re.search("[\u4e00-\u9fff]", parts[0].get_content())
    assert reading.text_of(parts[2].get_payload(decode=True),
                           "Subject") == "备份"


def test_raw_header_of_the_text_is_what_was_given(outpost, smarthost):
    """A charset goes into the field that is there; all else of it stays."""
    head = MIME + "Content-Type:  Text/Plain (plain) ;\n  X-a=\"b;c\"\n"
    message = deliver(outpost, smarthost, Case("", head, BODY.encode()))
    value = raw(message, "Content-Type")
    assert value.startswith(b"  Text/Plain (plain) ;\r\n  X-a=\"b;c\"")
    assert reading.parsed(message).get_param("charset") == "UTF-8"
