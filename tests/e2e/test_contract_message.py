"""The sendmail command, case by case: the message, errors, surroundings."""

import os
import pwd
import subprocess

import pytest

from smarthost.script import at

from test_contract_envelope import (  # noqa: F401
    H, LOGIN, M, X, refused, send, sent)


@pytest.mark.parametrize("stdin, body", [
    (b"hello world\nfoo: bar\n", b"hello world\r\nfoo: bar\r\n"),
    (b" leading\nSubject: s\n", b" leading\r\nSubject: s\r\n"),
    (b"\nSubject: s\n", b"Subject: s\r\n"),
])
def test_contract_58_all_body(send, stdin, body):
    message = sent(send(["-i", X], stdin))
    assert message.body == body
    for name in ("Date", "Message-ID", "From"):
        message.only(name)


def test_contract_59_blank_line_is_inserted(send):
    message = sent(send(["-i", X], b"Subject: s\nbody line\nX-A: 1\n\nb"))
    assert message.body == b"body line\r\nX-A: 1\r\n\r\nb\r\n"
    assert message.only("Subject") == "s"


def test_contract_60_mbox_line(send):
    message = sent(send(["-i", X], b"From alice Mon Jan  1 00:00:00 2024\n"
                        b"Subject: s\n\nb\n"))
    assert b"Mon Jan  1" not in message.data
    assert message.only("Subject") == "s" and message.body == b"b\r\n"
    message = sent(send(["-i", X], H + b"From here\n>From there\n"))
    assert message.body == b"From here\r\n>From there\r\n"


def test_contract_61_text_that_begins_with_from(send):
    message = sent(send(["-i", X], b"From here on text\nmore\n"))
    assert message.body == b"From here on text\r\nmore\r\n"


def test_contract_62_header_without_end(send):
    message = sent(send(["-i", X], b"Subject: s\nX-A: 1"))
    assert message.only("Subject") == "s" and message.only("X-A") == "1"
    assert message.body == b""


def test_contract_63_bare_cr(send):
    assert sent(send(["-i", X], H + b"a\rb\n")).body == b"a b\r\n"


def test_contract_64_nul(send):
    assert sent(send(["-i", X], H + b"a\0b\n")).body == b"ab\r\n"


@pytest.mark.parametrize("length", [998, 999, 5000])
def test_contract_65_long_lines(send, length):
    message = sent(send(["-i", X], H + b"y" * length + b"\n"))
    assert max(map(len, message.data.split(b"\r\n"))) <= 998
    assert message.text == b"y" * length + b"\r\n"
    if length == 998:
        assert message.body == b"y" * 998 + b"\r\n"


def test_contract_66_removed_fields(send):
    message = sent(send(["-i", X], b"X-First: 1\nReturn-Path: <a@b>\n"
                        b"Content-Length: 5\nBcc: c@x.example\n"
                        b"Delivered-To: d@x.example\nStatus: RO\nX-A: 1\n"
                        + M))
    names = [name for name, _ in message.fields]
    assert names[:5] == ["X-First", "Delivered-To", "Status", "X-A",
                         "Subject"]
    assert not {"Return-Path", "Content-Length", "Bcc"} & set(names)


def test_contract_67_from_is_kept(send):
    message = sent(send(["-i", X], b"From: o@o.example\nTo: a@x.example\n"
                        + M))
    assert message.only("From") == "o@o.example"
    assert message.all("Sender") == []


def test_contract_68_qualified_in_place(send):
    message = sent(send(["-i", X], b"From: Alice <alice>\nTo: bob\n" + M))
    assert message.only("From") == "Alice <alice@example.test>"
    assert message.only("To") == "bob@example.test"


def test_contract_69_untouched(send):
    head = (b"Date: Mon, 02 Jun 2025 10:00:00 +0800\n"
            b"Message-ID: <7@x.example>\nFrom: f@x.example\n"
            b"Subject: a\n  b\n\tc\nX-Sp:   v\n")
    message = sent(send(["-i", X], head + b"\nb\n"))
    assert message.head == head.replace(b"\n", b"\r\n")


def reject(address, reply):
    return [at("RCPT", when=address, reply=reply)]


@pytest.mark.parametrize("flags, status, silent", [
    (["-odi"], 67, False), (["-oee"], 67, False), (["-oeq"], 67, True)])
def test_contract_70_rejected(send, flags, status, silent):
    run, host = send(["-i"] + flags + ["reject@x.example"],
                     script=reject("reject@", "550 5.1.1 no such user"))
    assert run.status == status and run.out == b""
    assert (run.err == "") == silent
    assert host.messages == []


def test_contract_70_the_others_get_it(send):
    run, host = send(["-i", X, "reject@x.example"],
                     script=reject("reject@", "550 5.1.1 no such user"))
    run.failed(67, "reject@x.example", "550 5.1.1 no such user")
    assert host.message.recipients == [X]


def test_contract_71_deferred(send, outpost):
    run, host = send(["-i", "defer@x.example"],
                     script=reject("defer@", "451 4.3.0 later"))
    run.failed(75, "451 4.3.0 later")
    assert host.messages == []
    host.__exit__()
    outpost(["-i", X], M).failed(75)


def test_contract_72_directory(smarthost, outpost, tmp_path):
    host = smarthost()
    fd = os.open(tmp_path, os.O_RDONLY)
    try:
        run = outpost(["-i", X], fd, host=host)
    finally:
        os.close(fd)
    refused((run, host), 66)


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "1>&- 2>&-",
                                    "0<&- 1>&- 2>&-"])
def test_contract_73_closed_descriptors(smarthost, outpost, closed):
    host = smarthost()
    outpost.configure(host)
    run = subprocess.run(
        ["sh", "-c", f'exec "$0" "$@" {closed}', outpost.program(), "-i", X],
        input=M, env=outpost.environment(), capture_output=True, timeout=30,
        check=False)
    host.settled()
    if "0<&-" in closed:
        assert run.returncode == 66 and host.connections == []
    else:
        assert run.returncode == 0 and host.message.body == b"body\r\n"


def test_contract_74_cron(send):
    stdin = (b"From: root (Cron Daemon)\nTo: alice\nSubject: Cron <root@h> "
             b"job\nX-Cron-Env: <SHELL=/bin/sh>\n\none\n.\ntwo\n")
    message = sent(send(["-FCronDaemon", "-i", "-B8BITMIME", "-oem",
                         "alice"], stdin))
    assert message.recipients == ["alice@example.test"]
    assert message.body == b"one\r\n.\r\ntwo\r\n"
    assert message.only("From") == "root@example.test (Cron Daemon)"


def test_contract_75_two_thousand_times(send):
    assert sent(send([X] * 2000)).recipients == [X]


@pytest.mark.root
def test_contract_76_uid_without_passwd_entry(smarthost, public_outpost):
    uid = 54321
    with pytest.raises(KeyError):
        pwd.getpwuid(uid)
    host = smarthost()
    public_outpost.configure(host)
    os.chown(public_outpost.config_file, uid, uid)
    run = public_outpost([X], M, user=uid, group=uid, extra_groups=[])
    run.ok()
    host.settled()
    assert host.message.sender == f"uid-{uid}@example.test"


def test_contract_77_too_many_hops(send):
    hop = b"Received: from a by b; Mon, 02 Jun 2025 10:00:00 +0800\n"
    refused(send(["-i", X], hop * 60 + M), 65)
    assert sent(send(["-i", X], hop * 50 + M)).recipients == [X]


def test_contract_login_is_known():
    assert LOGIN
