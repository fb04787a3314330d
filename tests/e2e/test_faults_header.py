"""Faults and attacks by header fields and names (group H)."""

import email.header
import email.utils
import re

import pytest
from faults import CLEAR, MAIL, clear, private

X = "x@a.example"
FIELDS = {"Subject", "From", "Date", "Message-ID"}


@pytest.fixture
def host(outpost, smarthost):
    made = clear(smarthost)
    outpost.configure(made, CLEAR)
    return made


def only_usual_fields(message):
    names = [name for name, _ in message.fields]
    assert sorted(names) == sorted(FIELDS), names


def from_of(message):
    """The decoded name and the address of a From with one mailbox."""
    found = email.utils.getaddresses([message.only("From")])
    assert len(found) == 1, found
    name, address = found[0]
    parts = email.header.decode_header(name)
    return "".join(part.decode(charset or "ascii")
                   if isinstance(part, bytes) else part
                   for part, charset in parts), address


NAMES = {
    "a\r\nBcc: evil@x.example": "a  Bcc: evil@x.example",
    "a\n\nbody": "a  body", "a\rb": "a b", "\x1b[2J": " [2J".strip(),
    "a\n b": "a  b", "\x7f\x01": "", " ": "", "Dr. \"X\" <evil@x>": None,
    "evil@x.example, b@c.example": None, "a <evil@x.example>, b": None,
    # one that is encoded already is left so
    "=?utf-8?q?evil=40x.example=2C?=": "evil@x.example,", "\\": None, "\"": None,
    "a\\\"": None, "(comment)": None, "Grüße 中文 😀": None, "é" * 100: None,
    "x" * 100_000: None, "\"" * 2000: None, "é" * 30_000: None,
    "a b " * 10_000: ("a b " * 10_000).strip(), "group: a@b;": None,
    "undisclosed-recipients:;": None, "\tTab\t": "Tab", "a=?b?=": None,
}


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:30])
@pytest.mark.parametrize("source", ["-F", "NAME", "configuration"])
def test_fault_h1_full_name(outpost, host, name, source):
    args, env, config = ["-f", "s@s.example", X], {}, CLEAR
    if source == "-F":
        args = ["-F", name, *args]
    elif source == "NAME":
        env["NAME"] = name
    elif len(name) > 1000 or re.search(r"[\x00-\x1f\x7f]", name):
        pytest.skip("no configuration can hold it")
    else:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        config = {**CLEAR, "sender": {
            "name": f'"{quoted}"', "rewrite": "always",
            "address": "s@s.example"}}
    outpost(args, MAIL, env=env, host=host, config=config).ok()
    only_usual_fields(host.message)
    shown, address = from_of(host.message)
    want = NAMES[name] if NAMES[name] is not None else name
    assert address == "s@s.example"
    assert shown.split() == want.split()
    assert host.message.recipients == [X]


def test_fault_h1_bytes_that_are_no_text(outpost, host):
    outpost(["-f", "s@s.example", "-F", b"\xff\xfe\x80 \xc3(", X], MAIL).ok()
    only_usual_fields(host.message)
    assert host.message.only("From") == (
        "=?unknown-8bit?B?//6AIMMo?= <s@s.example>")


@pytest.mark.root
@pytest.mark.parametrize("name", [
    "a\nb", "a\r\nBcc: evil@x", "evil@x", "\"", "é中", "a b", "-", ".", "..",
    "x" * 64, "%n%n", "a;b", "localhost", "a.b>c"], ids=ascii)
def test_fault_h2_names_of_the_machine(outpost, host, name):
    changes = {**CLEAR, "sender": {"domain": None}}
    for mailname in (name, name * 50, name + "\n" + name):
        outpost.configure(host, changes)
        (outpost.directory / "name").write_text(name)
        done = private(
            outpost, {"mailname": mailname, "hosts": "127.0.0.1 " + name}, [X],
            setup=f'hostname -F {outpost.directory / "name"} 2>/dev/null'
                  ' || true')
        assert (done.status, done.err) == (0, ""), done
        assert re.fullmatch(r"root@[A-Za-z0-9._-]+", host.message.sender)
        only_usual_fields(host.message)
        assert re.fullmatch(rb"EHLO (\[127\.0\.0\.1\]|[A-Za-z0-9._-]+)",
                            host.commands[0])
        host.record.connections.clear()


@pytest.mark.root
def test_fault_h2_any_name_by_the_kernel(outpost, host):
    """hostname(1) refuses some that sethostname(2) takes."""
    for name in ("a\\nBcc: evil@x", "a@b", "\\x1b[2J"):
        changes = {**CLEAR, "sender": {"domain": None}}
        outpost.configure(host, changes)
        script = ("import ctypes; n = '%s'.encode(); "
                  "ctypes.CDLL(None).sethostname(n, len(n))" % name)
        done = private(outpost, {}, [X],
                       setup=f'/usr/bin/python3 -c "{script}"')
        assert (done.status, done.err) == (0, "")
        assert re.fullmatch(r"root@[A-Za-z0-9._-]+", host.message.sender)
        host.record.connections.clear()


@pytest.mark.root
@pytest.mark.parametrize("gecos", [
    "a\rb", "x" * 100_000, "\"\\", "&" * 5000, "é" * 200, "<evil@x>, y@z",
    "\x1b[2J", "", ",", "&&\t&"], ids=lambda text: ascii(text)[:20])
def test_fault_h2_gecos(outpost, host, gecos):
    done = private(outpost, {
        "passwd": f"root:x:0:0:{gecos}:/root:/bin/sh\n"}, [X])
    assert (done.status, done.err) == (0, "")
    only_usual_fields(host.message)
    assert from_of(host.message)[1] == "root@example.test"


@pytest.mark.root
@pytest.mark.parametrize("login", [
    "evil@x", "a b", "a>b", "é", "\"a\"", "x" * 2000, "a\rb"],
    ids=ascii)
def test_fault_h2_login(outpost, host, login):
    """A login that cannot be a local part stands for nobody else."""
    done = private(outpost, {
        "passwd": f"{login}:x:0:0::/root:/bin/sh\n"}, [X])
    assert (done.status, done.err) == (0, "")
    assert host.message.sender == "uid-0@example.test"


def test_fault_h4_recipients_in_every_form(outpost, host):
    outpost(["-t"], (
        "To: =?utf-8?q?A=2C_B_=3Cevil=40x=3E?= <a@x.example>,\r\n"
        "\t\"c, <evil@x>\" (evil@x) <c@x.example> (, evil@x,)\r\n"
        "to:\r\n"
        "TO : Grüße <d@x.example>; <@r.example,@s.example:e@x.example>\r\n"
        "Cc: group: f@x.example, \"g g\"@x.example;, a@X.EXAMPLE, ;\r\n"
        "cC: h@x.example (a (nested \\) ) comment)\r\n"
        "Bcc: i@x.example, (nobody)\r\n"
        "Resent-Foo\x01: evil@x\r\n"
        "X-To: evil@x\r\nTo-: evil@x\r\n"
        "Subject: To: evil@x\r\n To: evil@x\r\n\r\nTo: evil@x\r\n")).ok()
    assert host.message.recipients == [
        "a@x.example", "c@x.example", "d@x.example", "e@x.example",
        "f@x.example", '"g g"@x.example', "h@x.example", "i@x.example"]
    assert host.message.all("Bcc") == []


@pytest.mark.parametrize("head", [
    b" folded first\nTo: x@a.example\n\nb\n", b"\tTo: evil@x\n\nb\n",
    b"no colon\nBcc: evil@x\n\nb\n", b": no name\nBcc: evil@x\n\nb\n",
    b"a b: c\nBcc: evil@x\n\nb\n", b"\xff\xfe: c\nBcc: evil@x\n\nb\n",
    b"--b\nBcc: evil@x\n\nb\n", b"x" * 5000 + b": y\nBcc: evil@x\n\nb\n"])
def test_fault_h7_malformed_header(outpost, host, head):
    outpost([X], head).ok()
    message = host.message
    assert message.recipients == [X]
    assert set(name for name, _ in message.fields) <= FIELDS | {
        "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
    # all that was no field is body, to the byte
    assert message.text == head.replace(b"\n", b"\r\n")


NO_ADDRESSES = ["x@\u0308.example", "x@é..example", "é\x85@x.example",
                b"\xff@x.example", b"x@\xe9.example"]
# with the extension, and what they are on the wire
UTF8 = {"grüße@x.example": "grüße@x.example",
        '"中"@x.example': "中@x.example", "中": "中@example.test",
        "<é@x.example>": "é@x.example", "N <é@x.example>": "é@x.example"}
# without the extension
ASCII_FORMS = {"x@grüße.example": "x@xn--gre-6ka8l.example",
               "N <x@例え.テスト>": "x@xn--r8jz45g.xn--zckzah",
               "x@xn--grsse-0ra3e.example": "x@xn--grsse-0ra3e.example"}


def ways(address):
    """An address as an operand, as the sender, and in the header."""
    raw = address if isinstance(address, bytes) else address.encode()
    return (([address], MAIL), (["-f", address, X], MAIL),
            (["-t"], b"To: " + raw + b"\n" + MAIL))


@pytest.mark.parametrize("address", [*NO_ADDRESSES, *UTF8], ids=ascii)
@pytest.mark.parametrize("offered", [False, True])
def test_fault_h8_other_scripts(outpost, smarthost, address, offered):
    host = clear(smarthost, smtputf8=offered)
    outpost.configure(host, CLEAR)
    for args, text in ways(address):
        done = outpost(args, text)
        if offered and address in UTF8:
            done.ok()
            message = host.messages[-1]
            assert UTF8[address] in [message.sender, *message.recipients]
            assert "SMTPUTF8" in message.sender_params
        else:
            assert done.status == 65 and done.err, (args, done)
            assert not offered or host.messages == []
    for line in host.commands:
        assert offered or line.isascii()


DISGUISED = "é\u202e@x.example"  # U+202E: from here on right to left


def test_fault_h8_addresses_are_shown_without_disguise(outpost, smarthost):
    """What is text stays text, and nothing else gets to a terminal."""
    host = clear(smarthost)
    outpost.configure(host, CLEAR)
    shown = "é\\xe2\\x80\\xae@x.example"
    verified = outpost(["-bv", DISGUISED])
    assert verified.status == 0 and verified.out.decode().startswith(shown)
    done = outpost([DISGUISED, DISGUISED + ".x", X], MAIL)
    assert done.status == 65 and shown in done.err
    for text in (done.err, outpost.log()):
        assert "\u202e" not in text
    assert host.message.recipients == [X]


@pytest.mark.parametrize("address", ASCII_FORMS, ids=ascii)
def test_fault_h8_domains_in_their_ascii_form(outpost, smarthost, address):
    host = clear(smarthost)
    outpost.configure(host, CLEAR)
    want = ASCII_FORMS[address]
    done = outpost(["-f", address, "-t", want],
                   f"To: {address}\n".encode() + MAIL)
    if done.status == 65 and "without libidn2" in done.err:
        pytest.skip("built without libidn2")
    done.ok()
    assert host.message.sender == want
    assert host.message.recipients == [want]
    assert want in host.message.only("To")


@pytest.mark.parametrize("locale", ["tr_TR.UTF-8", "C", "zh_CN.GB18030",
                                    "POSIX", "", "xx_XX.ISO-8859-9"])
def test_fault_h9_locales(outpost, host, locale):
    env = {"LC_ALL": locale, "LANG": locale}
    raw = bytes(range(0x80, 0x100))
    outpost(["-t"], b"TO: I@A.EXAMPLE\nCC: i@a.example\nBCC: Bi@a.example\n"
            b"X-" + b"I: " + raw + b"\nSubject: " + raw + b"\n\n" + raw
            + b"\n", env=env).ok()
    message = host.message
    assert message.recipients == ["I@A.EXAMPLE", "i@a.example",
                                  "Bi@a.example"]
    assert message.all("Bcc") == []
    assert message.body == raw + b"\r\n"
    assert re.fullmatch(r"\w{3}, \d\d? \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}",
                        message.only("Date"))
