"""How real programs call sendmail: their arguments, and messages of the
shapes they send.  Each must be accepted in silence and arrive whole."""

import os
import socket
import subprocess
from dataclasses import dataclass, field

import pytest

from test_contract_envelope import send, sent  # noqa: F401


@dataclass
class Call:
    """One program's way: what it says, and what must come of it."""
    name: str
    args: list
    stdin: bytes
    recipients: list
    body: bytes
    sender: str = ""  # "" is the caller's own
    fields: dict = field(default_factory=dict)
    absent: tuple = ("Bcc",)


CRON = (b"From: root (Cron Daemon)\nTo: %s\nSubject: Cron <joe@web1> job\n"
        b"MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
        b"Content-Transfer-Encoding: 8bit\nX-Cron-Env: <SHELL=/bin/sh>\n"
        b"X-Cron-Env: <PATH=/usr/bin:/bin>\n\n")
CRON_ARGS = ["-FCronDaemon", "-i", "-B8BITMIME", "-oem"]
ROOT = "root@example.test (Cron Daemon)"

CALLS = [
    Call("cron", CRON_ARGS + ["joe"], CRON % b"joe" + b"hello\n.\nend\n",
         ["joe@example.test"], b"hello\r\n.\r\nend\r\n",
         fields={"From": ROOT, "To": "joe@example.test"}),
    Call("cron-list-in-one-operand", CRON_ARGS + ["a@x.example,b@y.example"],
         CRON % b"a@x.example,b@y.example" + b"no newline at the end",
         ["a@x.example", "b@y.example"], b"no newline at the end\r\n"),
    Call("cron-8bit-subject", CRON_ARGS + ["root"],
         (CRON % b"root").replace(b" job", " Grüße".encode()) + b"ok\n",
         ["root@example.test"], b"ok\r\n"),
    Call("cron-nul-and-cr", CRON_ARGS + ["root"],
         CRON % b"root" + b"a\0b\r\nprogress 1\rprogress 2\n\xff\n",
         ["root@example.test"], b"ab\r\nprogress 1 progress 2\r\n\xff\r\n"),
    Call("anacron-lone-dot-without-i", ["-FAnacron", "-odi", "root"],
         b"From: Anacron <root>\nTo: root\nSubject: job\n"
         b"Content-Type: text/plain; charset=\"UTF-8\"\n\nbefore\n.\nafter\n",
         ["root@example.test"], b"before\r\n",
         fields={"From": "Anacron <root@example.test>"}),
    Call("at-headers-only", ["-i", "joe"],
         b"Subject: Output from your job        1\nTo: joe\n",
         ["joe@example.test"], b""),
    Call("php", ["-t", "-i"],
         b"To: a@x.example\r\nSubject: s\r\nX-PHP: 1\r\n\r\none\ntwo\r\n",
         ["a@x.example"], b"one\r\ntwo\r\n"),
    Call("php-mixed-header-ends", ["-t", "-i", "-fb@x.example"],
         b"To: a@x.example\r\nSubject: s\r\nFrom: f@x.example\n"
         b"X-A: 1\r\nBcc: hid@x.example\r\n\r\n.\r\nend\r\n",
         ["a@x.example", "hid@x.example"], b".\r\nend\r\n", "b@x.example"),
    Call("php-empty-to", ["-t", "-i"],
         b"To: \r\nSubject: s\r\nBcc: a@x.example\r\n\r\nb\r\n",
         ["a@x.example"], b"b\r\n"),
    Call("php-blank-in-sender", ["-t", "-i", "-f", "o two@example.com"],
         b"To: a@x.example\r\nSubject: s\r\n\r\nb\r\n", ["a@x.example"],
         b"b\r\n", '"o two"@example.com'),
    Call("php-extra-options", ["-t", "-i", "-ODeliveryMode=d", "-N", "never"],
         b"To: a@x.example,\r\n b@x.example\r\nSubject: s\r\n\r\nb\r\n",
         ["a@x.example", "b@x.example"], b"b\r\n"),
    Call("phpmailer-twice", ["-t", "-i", "-oi", "-fme@x.example", "-t"],
         b"To: a@x.example\nFrom: me@x.example\nSubject: s\n\nb\n",
         ["a@x.example"], b"b\r\n", "me@x.example"),
    Call("bsd-mailx", ["-i", "-t"],
         "To: a@x.example\nSubject: Grüße\nMIME-Version: 1.0\nContent-Type: "
         "text/plain; charset=\"ANSI_X3.4-1968\"\n\ngrüße\n".encode(),
         ["a@x.example"], "grüße\r\n".encode()),
    Call("bsd-mailx-dashes", ["-i", "-t"],
         b"To: -F, -fraw@x.example, a@x.example\nSubject: s\n\nb\n",
         ["-F@example.test", "-fraw@x.example", "a@x.example"], b"b\r\n"),
    Call("mailutils", ["-oi", "-f", "joe@h.example", "-t"],
         "Subject: Grüße\nTo: <a@x.example>\n\ngrüße\n.\nend\n".encode(),
         ["a@x.example"], "grüße\r\n.\r\nend\r\n".encode(),
         "joe@h.example"),
    Call("mutt-undisclosed", ["-oem", "-oi", "--", "hid@x.example"],
         b"From: Joe <joe@h.example>\nTo: undisclosed-recipients: ;\n"
         b"Subject: s\nMessage-ID: <1@h>\n\nb\n", ["hid@x.example"], b"b\r\n",
         fields={"To": "undisclosed-recipients: ;", "Message-ID": "<1@h>"}),
    Call("mutt-dsn", ["-oem", "-oi", "-B8BITMIME", "-f", "e@x.example", "-N",
                      "failure,delay", "-R", "hdrs", "--", "a@x.example"],
         b"From: e@x.example\nTo: a@x.example\n\nlatin \xe9\n",
         ["a@x.example"], b"latin \xe9\r\n", "e@x.example"),
    Call("git-folded-with-tabs", ["-i", "l@x.example", "c@x.example",
                                  "hid@x.example"],
         b"From: A U Thor <a@x.example>\nTo: l@x.example\nCc: c@x.example,"
         b"\n\td@x.example\nSubject: [PATCH] x\n\n---\n+ 1\n-- \n2.39\n",
         ["l@x.example", "c@x.example", "hid@x.example"],
         b"---\r\n+ 1\r\n-- \r\n2.39\r\n"),
    Call("sudo", ["-t"],
         b"To: root\nFrom: joe\nAuto-Submitted: auto-generated\n"
         b"Subject: *** SECURITY information ***\n\nweb1 : Nov 22 : joe\n",
         ["root@example.test"], b"web1 : Nov 22 : joe\r\n",
         fields={"From": "joe@example.test"}),
    Call("fail2ban-bare-sender", ["-f", "fail2ban", "root"],
         b"Subject: [Fail2Ban] x: banned\nDate: Sun, 22 Nov 2026 18:00:00 "
         b"+0000\nFrom: Fail2Ban <fail2ban>\nTo: root\n\nHi,\nno newline",
         ["root@example.test"], b"Hi,\r\nno newline\r\n",
         "fail2ban@example.test",
         fields={"From": "Fail2Ban <fail2ban@example.test>"}),
    Call("maildrop-empty-sender", ["-oi", "-f", "", "a@x.example"],
         b"Subject: s\n\nb\n", ["a@x.example"], b"b\r\n", "<>"),
    Call("ruby-both-ways", ["-i", "-t", "-f", "me@x.example", "--",
                            "a@x.example", "hid@x.example"],
         b"From: me@x.example\nTo: a@x.example, \n b+tag@x.example\n"
         b"Subject: s\n\nb=0D\n",
         ["a@x.example", "b+tag@x.example", "hid@x.example"], b"b=0D\r\n",
         "me@x.example"),
    Call("ruby-quoted-sender", ["-i", "-f", '"odd one"@x.example', "--",
                                "a@x.example"],
         b"From: me@x.example\nTo: a@x.example\n\nb\n", ["a@x.example"],
         b"b\r\n", '"odd one"@x.example'),
    Call("nodemailer-bcc-in-the-header", ["-i", "-f", "me@x.example",
                                          "a@x.example", "hid@x.example"],
         b"From: =?UTF-8?B?TcOp?= <me@x.example>\r\nTo: a@x.example\r\n"
         b"Bcc: hid@x.example\r\nSubject: s\r\n\r\none\n..two\n",
         ["a@x.example", "hid@x.example"], b"one\r\n..two\r\n",
         "me@x.example"),
    Call("caff-cluster", ["-f", "me@x.example", "-it"],
         b"To: a@x.example\n\nb\n", ["a@x.example"], b"b\r\n",
         "me@x.example"),
    Call("two-to-lines", ["-t"],
         b"Bcc: hid@x.example\nTo: a@x.example\nTo: b@x.example\n\nb\n",
         ["hid@x.example", "a@x.example", "b@x.example"], b"b\r\n"),
    Call("nmh-dist", ["-t", "-i"],
         b"From: o@x.example\nTo: old@x.example\nDate: Mon, 02 Jun 2025 "
         b"10:00:00 +0800\nResent-To: r@x.example\nResent-From: joe\n\nb\n",
         ["r@x.example"], b"b\r\n",
         fields={"Resent-From": "joe@example.test"}),
    Call("proxmox", ["-B", "8BITMIME", "-f", "me@x.example", "--",
                     "a@x.example"],
         b"From: Proxmox <me@x.example>\nTo: a@x.example\n\nb\n",
         ["a@x.example"], b"b\r\n", "me@x.example"),
    Call("sympa-bulk", ["-oi", "-odi", "-oem", "-N", "success,delay,failure",
                        "-V0000abcd", "-f", "", "a@x.example"],
         b"From: l@x.example\nContent-length: 3\n\nb\n", ["a@x.example"],
         b"b\r\n", "<>", absent=("Content-Length",)),
    Call("netdata-literal-escapes", ["-t", "-f", "n@x.example", "-F", "N A"],
         b"To: a@x.example\nX-Alarm: one\\r\\ntwo\nSubject: s\n\nb\n",
         ["a@x.example"], b"b\r\n", "n@x.example",
         fields={"X-Alarm": "one\\r\\ntwo", "From": "N A <n@x.example>"}),
    Call("ddclient-crlf-end-of-header", ["-oi", "root"],
         b"To: root\nSubject: s\n\r\nb\n", ["root@example.test"], b"b\r\n"),
    Call("pacemaker-return-path", ["-t", "-r", "p@x.example"],
         b"Return-Path: <p@x.example>\nTo: a@x.example\n\nb\n",
         ["a@x.example"], b"b\r\n", "p@x.example", absent=("Return-Path",)),
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_caller(send, call):  # noqa: F811
    message = sent(send(call.args, call.stdin))
    assert message.recipients == call.recipients
    assert message.body == call.body
    if call.sender:
        assert message.sender == call.sender.replace("<>", "")
    for name in ("From", "Date", "Message-ID"):
        message.only(name)
    for name, value in call.fields.items():
        assert message.only(name) == value
    for name in call.absent:
        assert message.all(name) == []


@pytest.mark.parametrize("length", [2000, 5000])
def test_long_lines_of_cron_and_php(send, length):  # noqa: F811
    line = b"y" * length
    message = sent(send(["-i", "root"], b"Subject: s\n\n" + line + b"\n"))
    assert message.text == line + b"\r\n"


def test_probe_without_value_leaves_stdin_alone(smarthost, outpost):
    """netdata asks `sendmail -F` with the mail on stdin, then sends it."""
    host = smarthost()
    outpost.configure(host)
    script = '"$0" -F 2>&1 | head -n 1; "$0" -t -F N'
    run = subprocess.run(
        ["sh", "-c", script, outpost.program()], capture_output=True,
        input=b"To: a@x.example\n\nwhole\n", env=outpost.environment(),
        timeout=30, check=False)
    host.settled()
    assert run.returncode == 0 and host.message.body == b"whole\r\n"
    line = run.stdout.decode()
    assert line.strip() and "unrecognized option" not in line


def test_stdin_is_a_socket(smarthost, outpost):
    host = smarthost()
    here, there = socket.socketpair()
    with here, there:
        here.sendall(b"Subject: s\n\nby socket\n")
        here.shutdown(socket.SHUT_WR)
        outpost(["-i", "a@x.example"], there.fileno(), host=host).ok()
    host.settled()
    assert host.message.body == b"by socket\r\n"


@pytest.mark.parametrize("umask", [0o177, 0o777, 0])
def test_any_umask(smarthost, outpost, umask):
    host = smarthost()
    run = outpost(["-t"], b"To: a@x.example\n\n" + b"x" * 70 * 10000 + b"\n",
                  host=host, umask=umask)
    run.ok()
    host.settled()
    assert host.message.complete


def test_deleted_file_opened_for_writing_too(smarthost, outpost, tmp_path):
    path = tmp_path / "spool"
    path.write_bytes(b"Subject: s\n\nfrom a file\n")
    fd = os.open(path, os.O_RDWR)
    path.unlink()
    host = smarthost()
    try:
        outpost(["-i", "a@x.example"], fd, host=host).ok()
    finally:
        os.close(fd)
    host.settled()
    assert host.message.body == b"from a file\r\n"
