"""The test smarthost itself: each row of the 163 profile, the others for
contrast, misbehaviour, and that it sees what clients do wrong."""

import base64
import json
import re
import smtplib
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from smarthost import wire
from smarthost.script import at

USER, CODE = "tester@163.com", "ABCDEFGHIJKLMNOP"
QID = r"_____w[A-Za-z0-9_-]{16}--\.\d{3,5}S%d"
SUFFIX = r"163 gzga-smtp-mtada-g0-3," + QID + r" \d+"


class Raw:
    """A client that does just what it is told."""

    def __init__(self, host, authority, tls=True):
        self.host = host
        self.authority = authority
        self.sock = socket.create_connection(
            (host.address, host.port), timeout=20)
        if tls:
            self.start_tls()
        else:
            self.file = self.sock.makefile("rb")

    def start_tls(self):
        context = ssl.create_default_context(cafile=self.authority.ca_file)
        context.hostname_checks_common_name = False
        self.sock = context.wrap_socket(self.sock,
                                        server_hostname="localhost")
        self.file = self.sock.makefile("rb")

    def send(self, *lines):
        self.sock.sendall(b"".join(
            line.encode() + b"\r\n" for line in lines))

    def reply(self):
        """One reply, as a list of lines."""
        lines = []
        while True:
            line = self.file.readline()
            if not line:
                return lines
            assert line.endswith(b"\r\n")
            lines.append(line[:-2].decode("utf-8", "surrogateescape"))
            if lines[-1][3:4] != "-":
                return lines

    def ask(self, line):
        self.send(line)
        return "\n".join(self.reply())

    def log_in(self, hello="EHLO me.test", user=USER, code=CODE):
        self.ask(hello)
        return self.ask("AUTH PLAIN " + plain(user, code))

    def __enter__(self):
        self.greeting = "\n".join(self.reply())
        return self

    def __exit__(self, *_):
        self.file.close()
        self.sock.close()


def b64(text):
    return base64.b64encode(text.encode()).decode()


def plain(user, code):
    return b64(f"\0{user}\0{code}")


@pytest.fixture
def dial(authority):
    return lambda host, **options: Raw(host, authority, **options)


@pytest.mark.parametrize("year, pipelining, xoauth, ident", [
    ("2018", True, False, False),
    ("2022", True, True, True),
    ("2026", False, True, True),
])
def test_163_ehlo(smarthost, dial, year, pipelining, xoauth, ident):
    with dial(smarthost("163", year=year)) as raw:
        assert raw.greeting == ("220 163.com Anti-spam GT for Coremail "
                                "System (163com[20141201])")
        lines = raw.ask("EHLO me.test").split("\n")
    assert lines[0] == "250-mail" and lines[-1] == "250 8BITMIME"
    assert ("250-PIPELINING" in lines) == pipelining
    assert ("250-ID" in lines) == ident
    mechanisms = "LOGIN PLAIN" + (" XOAUTH2" if xoauth else "")
    assert "250-AUTH " + mechanisms in lines
    assert "250-AUTH=" + mechanisms in lines
    assert "250-STARTTLS" in lines
    assert any(re.fullmatch(r"250-coremail \S{54}[Fr]\S{5}UCa0xDrUUUUj", line)
               for line in lines)


def test_163_switches_of_ehlo_and_host(smarthost, dial):
    with dial(smarthost("163", year="2018", suffix="126",
                        auth_trailing_space=True)) as raw:
        assert "126com[20140526]" in raw.greeting
        assert "250-AUTH LOGIN PLAIN \n" in raw.ask("EHLO x")
        assert re.fullmatch(r"550 MI:NHD 126 smtp8,_____w.*",
                            raw.ask("HELO "))


def test_163_helo_then_auth_login(smarthost, dial):
    host = smarthost("163")
    with dial(host) as raw:
        assert raw.ask("HELO me") == "250 OK"
        assert raw.ask("AUTH LOGIN") == "334 dXNlcm5hbWU6"
        assert raw.ask(b64("tester")) == "334 UGFzc3dvcmQ6"
        assert raw.ask(b64(CODE)) == "235 Authentication successful"
    assert host.connection.credentials == [
        ("LOGIN", b"tester", CODE.encode())]


def test_163_auth_forms(smarthost, dial):
    with dial(smarthost("163")) as raw:
        raw.ask("EHLO me")
        assert raw.ask("AUTH LOGIN " + b64(USER)) == "334 UGFzc3dvcmQ6"
        assert raw.ask("*") == "535 Error: authentication failed"
        assert raw.ask("AUTH PLAIN") == "334 "
        assert raw.ask("!!!") == "535 Error: authentication failed"
        assert raw.ask("AUTH PLAIN " + plain(USER, CODE)).startswith("235")


def test_163_bans_after_failures(smarthost, dial):
    host = smarthost("163", auth_limit=2)
    with dial(host) as raw:
        assert raw.log_in(code="wrong").startswith("535 ")
        answer = raw.ask("AUTH PLAIN " + plain(USER, "wrong"))
        assert answer == ("554 Ip is rejected, smtp auth error limit "
                          "exceed,163 gzga-smtp-mtada-g0-3")
        assert raw.reply() == []
    with dial(host) as raw:
        assert raw.greeting == answer


def test_163_refuses_without_permission(smarthost, dial):
    with dial(smarthost("163", smtp_enabled=False)) as raw:
        assert raw.log_in() == "550 User has no permission"


@pytest.mark.parametrize("command, pattern", [
    ("MAIL FROM:<a@163.com>", r"553 authentication is required," + SUFFIX),
    ("MAIL FROM:<a@example.com>", r"553 Local user only," + SUFFIX),
])
def test_163_before_login(smarthost, dial, command, pattern):
    with dial(smarthost("163")) as raw:
        assert raw.ask(command) == "503 Error: send HELO/EHLO first"
        raw.ask("EHLO me")
        assert re.fullmatch(pattern % 3, raw.ask(command))


@pytest.mark.parametrize("sender", ["", "root@localhost"])
def test_163_wants_its_own_sender(smarthost, dial, sender):
    with dial(smarthost("163")) as raw:
        raw.log_in()
        assert raw.ask(f"MAIL FROM:<{sender}>") == \
            "553 Mail from must equal authorized user"
        assert raw.ask("MAIL FROM:<Tester@163.com> BODY=8BITMIME") == \
            "250 Mail OK"


@pytest.mark.parametrize("parameter", ["SIZE=3", "SMTPUTF8", "RET=HDRS"])
def test_163_refuses_what_it_did_not_offer(smarthost, dial, parameter):
    host = smarthost("163")
    host.expect_violations()
    with dial(host) as raw:
        raw.log_in()
        assert raw.ask(f"MAIL FROM:<{USER}> {parameter}") == \
            "500 Error: bad syntax"
    assert any(parameter in line for line in host.violations)


def test_163_transaction(smarthost, dial):
    host = smarthost("163", local_users="friend@163.com", rcpt_limit=2)
    with dial(host) as raw:
        raw.log_in()
        raw.ask(f"MAIL FROM:<{USER}>")
        assert raw.ask("DATA") == "503 bad sequence of commands"
        assert raw.ask("RCPT TO:<no@163.com>") == \
            "550 User not found: no@163.com"
        assert raw.ask("RCPT TO:<no>") == "550 Invalid User: no"
        assert raw.ask("RCPT TO:<friend@163.com>") == "250 Mail OK"
        assert raw.ask("RCPT TO:<a@b.example>") == "250 Mail OK"
        assert raw.ask("RCPT TO:<c@b.example>").startswith("550 RP:RCL 163 ")
        assert raw.ask("DATA") == "354 End data with <CR><LF>.<CR><LF>"
        raw.send("Subject: s", "", "..dot", ".")
        assert re.fullmatch(
            r"250 Mail OK queued as gzga-smtp-mtada-g0-3," + QID % 2
            + r" \d+", raw.reply()[0])
        assert raw.ask("QUIT") == "221 Bye"
        assert raw.reply() == []
    message = host.message
    assert message.recipients == ["friend@163.com", "a@b.example"]
    assert message.raw == b"Subject: s\r\n\r\n..dot\r\n"
    assert message.data == b"Subject: s\r\n\r\n.dot\r\n"
    assert message.body == b".dot\r\n"
    assert message.stored.startswith(b"Received: from me.test (unknown [])")
    assert host.connection.quit and host.connection.end == "quit"


@pytest.mark.parametrize("stage, code", [("MAIL", 451), ("DOT", 450)])
def test_163_counts_messages(smarthost, dial, stage, code):
    host = smarthost("163", dmc_limit=1, dmc_stage=stage, dmc_code=code)
    with dial(host) as raw:
        raw.log_in()
        for turn in range(2):
            answer = raw.ask(f"MAIL FROM:<{USER}>")
            if stage == "MAIL" and turn == 1:
                break
            raw.ask("RCPT TO:<a@b.example>")
            raw.ask("DATA")
            raw.send("S: 1", "", "x", ".")
            answer = raw.reply()[0]
    assert re.match(rf"{code} MI:DMC " + SUFFIX % 3
                    + r" http://mail.163.com/help/", answer)


@pytest.mark.parametrize("switch, answer", [
    ({"verdict_text": "554 DT:SUM"}, "554 DT:SUM 163 "),
    ({"verdict_text": "451 DT:SPM"}, "451 DT:SPM ,please try again"),
    ({"verdict_text": "554 DT:SPM"}, "554 DT:SPM 163 "),
    ({"verdict_text": "552 Illegal Attachment"}, "552 Illegal Attachment"),
])
def test_163_verdicts(smarthost, dial, switch, answer):
    with dial(smarthost("163", **switch)) as raw:
        raw.log_in()
        raw.ask(f"MAIL FROM:<{USER}>")
        raw.ask("RCPT TO:<a@b.example>")
        raw.ask("DATA")
        raw.send("S: 1", "", "x", ".")
        assert raw.reply()[0].startswith(answer)


def test_163_takes_the_third_like_message_for_spam(smarthost, dial):
    with dial(smarthost("163", autospam=True)) as raw:
        raw.log_in()
        answers = []
        for _ in range(3):
            raw.ask(f"MAIL FROM:<{USER}>")
            raw.ask("RCPT TO:<a@b.example>")
            raw.ask("DATA")
            raw.send("Subject: alarm", "", "x", ".")
            answers.append(raw.reply()[0][:10])
    assert answers == ["250 Mail O", "250 Mail O", "554 DT:SPM"]


def test_163_other_commands(smarthost, dial):
    host = smarthost("163")
    host.expect_violations()
    with dial(host) as raw:
        assert raw.ask("HELP") == "502 Error: command not implemented"
        assert raw.ask("") == "500 Error: bad syntax"
        assert raw.ask("NOOP") == raw.ask("RSET") == "250 OK"
        assert raw.ask("STARTTLS") == \
            "454 Command not permitted when TLS active"


def test_163_refuses_at_connect(smarthost, dial):
    with dial(smarthost("163", connect_refusal="421 HL:ICC")) as raw:
        assert re.fullmatch("421 HL:ICC " + SUFFIX % 1, raw.greeting)
        assert raw.reply() == []


def test_163_plain_port_and_starttls(smarthost, dial):
    host = smarthost("163", tls="starttls")
    with dial(host, tls=False) as raw:
        assert "250-STARTTLS" in raw.ask("EHLO me")
        assert raw.ask("STARTTLS") == "220 Ready to start TLS"
        raw.start_tls()
        assert raw.ask(f"MAIL FROM:<{USER}>").startswith("503 ")
        assert raw.log_in().startswith("235 ")
    assert host.connection.tls == "TLSv1.3"
    assert not host.connection.auth_in_clear


def test_qq(smarthost, dial):
    host = smarthost("qq", user="me@qq.com")
    with dial(host) as raw:
        assert raw.ask("HELO me").count("\n") == 2
        assert "STARTTLS" not in raw.ask("EHLO me")
        assert raw.ask("AUTH LOGIN") == "334 VXNlcm5hbWU6"
        raw.ask(b64("me@qq.com"))
        answer = raw.ask(b64("wrong")).encode("utf-8", "surrogateescape")
        assert "请使用授权码登录。" in answer.decode("gbk")
        assert raw.reply() == []
    with dial(host) as raw:
        raw.log_in(user="me@qq.com")
        assert raw.ask("MAIL FROM:<root@h>").startswith("501 mail from")
        raw.ask("MAIL FROM:<me@qq.com>")
        raw.ask("RCPT TO:<a@b.example>")
        raw.ask("DATA")
        raw.send("From: =?utf-8?B?bWVAcXEuY29t?=", "", "x", ".")
        assert raw.reply()[0].startswith('550 The "From" header')


def test_aliyun(smarthost, dial):
    with dial(smarthost("aliyun", user="me@aliyun.com")) as raw:
        assert raw.log_in(code="no") == "526 Authentication failure[0]"
        raw.ask("AUTH PLAIN " + plain("me@aliyun.com", CODE))
        assert raw.ask("MAIL FROM:<root@h>").startswith("440 mail from")


def test_smtplib_gets_through(smarthost, authority):
    host = smarthost("163")
    context = ssl.create_default_context(cafile=authority.ca_file)
    with smtplib.SMTP_SSL("localhost", host.port, context=context) as client:
        client.login(USER, CODE)
        client.sendmail(USER, ["a@b.example"], b"Subject: s\r\n\r\n.\r\n")
    assert host.message.body == b".\r\n"


def test_sees_what_a_client_does_wrong(smarthost, dial):
    host = smarthost("163")
    host.expect_violations()
    with dial(host) as raw:
        raw.log_in()
        raw.send(f"MAIL FROM: <{USER}>", "RCPT TO:<a@b.example>", "DATA")
        for _ in range(3):
            raw.reply()
        raw.sock.sendall(b"S: 1\r\n\r\na\rb\nc\0\r\n.d\r\n"
                         + b"x" * 999 + b"\r\n.\r\n")
        raw.reply()
    wrong = "\n".join(host.violations)
    for what in ("bad syntax", "pipelined", "bare CR", "bare LF", "NUL",
                 "998", "leading dot"):
        assert what in wrong


@pytest.mark.parametrize("text, wrong", [
    (b"a\r\n..b\r\n", 0), (b"x" * 998 + b"\r\n", 0), (b"", 0),
    (b".a\r\n", 1), (b"\n", 1), (b"\r\r\n", 1), (b"\0\r\n", 1),
    (b"x" * 999 + b"\r\n", 1), (b"S: 1\r\n\r\n\xe9\r\n", 1),
    (b"S: \xc3\xa9\r\n\r\nx\r\n", 1),
])
def test_wire_checks(text, wrong):
    assert len(wire.check_message(text)) == wrong


@pytest.mark.parametrize("text, params, wrong", [
    (b"S: 1\r\n\r\n\xe9\r\n", ["BODY=8BITMIME"], 0),
    (b"S: 1\r\n\r\n\xe9\r\n", ["BODY=7BIT"], 1),
    (b"S: 1\r\n\r\n\xe9\r\n", ["SMTPUTF8"], 1),
    (b"\r\n\xe9\r\n", ["body=8bitmime"], 0),
    (b"S: \xc3\xa9\r\n\r\nx\r\n", ["BODY=8BITMIME"], 1),
    (b"S: \xc3\xa9\r\n\r\nx\r\n", ["SMTPUTF8", "BODY=8BITMIME"], 0),
])
def test_wire_checks_of_8_bits(text, params, wrong):
    assert len(wire.check_message(text, params)) == wrong


def test_the_end_mark_is_found_at_every_offset():
    text = b"a\r\n..\r\n\r\n.\r\nQUIT\r\n"
    for cut in range(len(text)):
        reader = wire.BodyReader()
        taken = reader.feed(text[:cut])
        if not reader.done:
            taken += reader.feed(text[taken:])
        assert reader.done and text[taken:] == b"QUIT\r\n"
        assert reader.raw() == b"a\r\n..\r\n\r\n"


def test_flights(smarthost, dial):
    host = smarthost(settle=0.3)
    with dial(host) as raw:
        raw.log_in()
        raw.send("MAIL FROM:<a@b.example>", "RCPT TO:<a@b.example>", "DATA")
        for _ in range(3):
            raw.reply()
        raw.send("S: 1", "", "x")
        raw.send(".", "QUIT")
        raw.reply()
    assert host.connection.steps == [
        ["EHLO"], ["AUTH"], ["MAIL", "RCPT", "DATA"], ["body", "QUIT"]]


def transaction(raw, *recipients):
    """Up to the message; the answers to RCPT."""
    raw.ask("MAIL FROM:<a@b.example>")
    return [raw.ask(f"RCPT TO:<{to}>") for to in recipients or ["a@b.example"]]


def test_chunks(smarthost, dial):
    host = smarthost(chunking=True, size=100)
    with dial(host) as raw:
        raw.log_in()
        transaction(raw)
        raw.sock.sendall(b"BDAT 5\r\nS: 1\r")
        assert raw.reply()[0].startswith("250 ")
        raw.sock.sendall(b"BDAT 5 LAST\r\n\n.a\r\n")
        assert raw.reply()[0].startswith("250 2.0.0 Ok: queued")
        transaction(raw)
        raw.sock.sendall(b"BDAT 101 LAST\r\n" + b"x" * 99 + b"\r\n")
        assert raw.reply()[0].startswith("552 ")
        transaction(raw)
        assert raw.ask("BDAT 0 LAST").startswith("250 ")
    first, last = host.messages
    assert (first.raw, first.data) == (b"S: 1\r\n.a\r\n",) * 2
    assert first.complete and last.raw == b""


def test_chunks_to_nobody_are_swallowed(smarthost, dial):
    host = smarthost(chunking=True, settle=0.3,
                     script=[at("RCPT", reply="550 no")])
    with dial(host) as raw:
        raw.log_in()
        raw.send("MAIL FROM:<a@b.example>", "RCPT TO:<a@b.example>",
                 "BDAT 6 LAST", "S: 1", "RSET")
        answers = [raw.reply()[0][:3] for _ in range(4)]
        assert answers == ["250", "550", "503", "250"]
    assert host.messages == []
    assert host.connection.steps == [
        ["EHLO"], ["AUTH"], ["MAIL", "RCPT", "BDAT", "body", "RSET"]]


def test_sees_wrong_chunks(smarthost, dial):
    host = smarthost(chunking=True)
    host.expect_violations()
    with dial(host) as raw:
        raw.log_in()
        raw.ask("MAIL FROM:<a@b.example>")
        raw.sock.sendall(b"BDAT 3 LAST\r\nx\r\n")
        assert raw.reply()[0].startswith("503 ")
        raw.ask("BDAT x LAST")
        raw.ask("RCPT TO:<a@b.example>")
        raw.sock.sendall(b"BDAT 7 LAST\r\na\rb\nc\r\n")
        raw.reply()
    host.profile.chunking = False
    with dial(host) as raw:
        raw.log_in()
        raw.ask("BDAT 0 LAST")
    wrong = "\n".join(host.violations)
    for what in ("without a recipient", "bad syntax: BDAT", "bare CR",
                 "bare LF", "not offered"):
        assert what in wrong


@pytest.mark.parametrize("fault", ["500 5.5.2 what", "close"])
def test_breaks_at_chunks(smarthost, dial, fault):
    host = smarthost(chunking=True, bdat_fault=fault)
    with dial(host) as raw:
        raw.log_in()
        transaction(raw)
        raw.sock.sendall(b"BDAT 12 LAST\r\nNOOP\r\nNONO\r\n")
        answers = [raw.reply() for _ in range(3)]
    if fault == "close":
        assert answers == [[], [], []]
    else:
        assert [answer[0][:3] for answer in answers] == ["500", "250", "500"]


def test_limits(smarthost, dial):
    host = smarthost(mail_limit=1, rcpt_limit=2)
    host.expect_violations()
    with dial(host) as raw:
        assert "LIMITS MAILMAX=1 RCPTMAX=2" in raw.ask("EHLO me.test")
        raw.log_in()
        answers = transaction(raw, *["a@b.example"] * 3)
        assert [answer[:3] for answer in answers] == ["250", "250", "452"]
        raw.ask("RSET")
        assert raw.ask("MAIL FROM:<a@b.example>").startswith("421 ")
        assert raw.reply() == []
    assert len(host.violations) == 2


def test_requiretls_is_offered_in_tls_alone(smarthost, dial):
    host = smarthost(tls="starttls", requiretls=True)
    with dial(host, tls=False) as raw:
        assert "REQUIRETLS" not in raw.ask("EHLO me")
        raw.ask("STARTTLS")
        raw.start_tls()
        assert "REQUIRETLS" in raw.ask("EHLO me")
        raw.log_in()
        assert raw.ask("MAIL FROM:<a@b.example> REQUIRETLS").startswith("250")


def test_script(smarthost, dial):
    host = smarthost(script=[
        at("RCPT", nth=2, reply="550 5.1.1 no"),
        at("RCPT", when="slow", split=True),
        at("NOOP", nth=1, raw=b"250-a\r\n250 b\r\n"),
        at("NOOP", nth=2, repeat=3),
        at("RSET", cut="before"),
    ])
    with dial(host) as raw:
        raw.log_in()
        raw.ask("MAIL FROM:<a@b.example>")
        assert raw.ask("RCPT TO:<a@b.example>").startswith("250 ")
        assert raw.ask("RCPT TO:<a@b.example>") == "550 5.1.1 no"
        assert raw.ask("RCPT TO:<slow@b.example>").startswith("250 ")
        assert raw.ask("NOOP") == "250-a\n250 b"
        assert [raw.ask("NOOP"), raw.reply(), raw.reply()] == \
            ["250 2.0.0 Ok", ["250 2.0.0 Ok"], ["250 2.0.0 Ok"]]
        assert raw.ask("RSET") == ""
    assert host.connection.end == "script"


def test_early_answer_in_a_message(smarthost, dial):
    host = smarthost(script=[at("BODY", after=1000, reply="552 too big",
                                cut="after")])
    with dial(host) as raw:
        raw.log_in()
        raw.ask("MAIL FROM:<a@b.example>")
        raw.ask("RCPT TO:<a@b.example>")
        raw.ask("DATA")
        raw.send(*["x" * 70] * 20)
        assert raw.reply() == ["552 too big"]
        assert raw.reply() == []
    assert host.messages == []
    assert not host.record.connections[0].messages[0].complete


@pytest.mark.parametrize("kind, says", [
    ("good", ""), ("dns-only", ""), ("expired", "expired"),
    ("future", "not yet valid"), ("wrong-name", "mismatch"),
    ("cn-matches-san-not", "mismatch"), ("cn-only", "mismatch"),
    ("unknown-ca", "issuer"), ("self-signed", "self-signed"),
    ("ip-only", "mismatch"),
])
def test_certificates(smarthost, dial, kind, says):
    host = smarthost(certificate=kind)
    if not says:
        with dial(host) as raw:
            assert raw.greeting.startswith("220 ")
        return
    with pytest.raises(ssl.SSLCertVerificationError, match=says):
        dial(host)


@pytest.mark.parametrize("options", [
    {"oldest": "1.0", "newest": "1.1"}, {"tls_fault": "plain"},
    {"tls_fault": "junk"}, {"tls_fault": "close"},
])
def test_tls_faults(smarthost, dial, options):
    with pytest.raises((ssl.SSLError, OSError)):
        dial(smarthost(**options))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_versions_do_work_with_old_clients(smarthost, authority):
    host = smarthost(oldest="1.0", newest="1.1")
    context = ssl.create_default_context(cafile=authority.ca_file)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    with socket.create_connection((host.address, host.port)) as sock:
        with context.wrap_socket(sock, server_hostname="localhost") as tls:
            assert tls.version() == "TLSv1.1"


def test_command_line(tmp_path, authority):
    script = Path(__file__).parent.parent / "smarthost" / "smarthost.py"
    process = subprocess.Popen(
        [sys.executable, script, "--profile", "163", "--year", "2022",
         "--certs", tmp_path / "certs", "--store", tmp_path / "mail",
         "--log", tmp_path / "log", "--until-eof"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        ready, port = process.stdout.readline().decode().split()
        assert ready == "ready"
        context = ssl.create_default_context(
            cafile=tmp_path / "certs/ca/ca.pem")
        with smtplib.SMTP_SSL("localhost", int(port),
                              context=context) as client:
            client.login(USER, CODE)
            client.sendmail(USER, ["a@b.example"], b"Subject: s\r\n\r\nx\r\n")
    finally:
        process.communicate(timeout=20)
    assert process.returncode == 0
    assert (tmp_path / "mail/0001.eml").read_bytes().endswith(
        b"Subject: s\r\n\r\nx\r\n")
    about = json.loads((tmp_path / "mail/0001.json").read_text())
    assert about["recipients"] == ["a@b.example"]
    events = [json.loads(line)["event"]
              for line in (tmp_path / "log").read_text().splitlines()]
    assert events[0] == "connect" and events[-1] == "close"
