"""Cases 39, 41, 42, 44-50 of section 2: who calls, how, and what others may
see of it."""

import base64
import os
import stat
import subprocess
import threading
import time

import pytest
import spoolfile
from faults import MAIL, clear
from queued import TO, Nobody, Queued, merged
from runner import CODE, USER, finish
from smarthost.script import at
from test_cases_queue_replies import bodies, start
from test_faults_secrets import forms, quoted, shown
from twice import queue, twice

OTHER = 54321  # a user without an entry in passwd
MODES = [[], ["-odq"], ["-odb"]]


def test_case_2_39_header_and_operands(queued, smarthost):
    mail = twice(queued, smarthost, ["-t", "e@f", "c@d"],
                 b"To: a@b\nCc: c@d\n\nbody\n").same()
    assert sorted(mail.recipients) == ["a@b", "c@d", "e@f"]


@pytest.mark.parametrize("args, stdin", [
    ([], b"To: a@b\n\nbody\n"), (["-t"], MAIL), (["-t"], b""),
    (["-t"], b"To: undisclosed-recipients:;\n\nbody\n"),
    (["-t"], b"To:\nCc: ()\n\nbody\n")],
    ids=["no -t", "no field", "empty", "empty group", "empty fields"])
@pytest.mark.parametrize("mode", MODES, ids=["wait", "queue", "background"])
def test_case_2_39_nobody_to_send_to(queued, smarthost, args, stdin, mode):
    host = clear(smarthost)
    queued.configure(host)
    done = queued.submit([*mode, *args], stdin)
    assert done.status in (64, 65) and done.err
    queued.run().ok()
    assert queued.waiting == [] and host.messages == []


@pytest.mark.parametrize("args, sender", [
    (["-f", ""], ""), (["-f", "<>"], ""), (["-r", "x"], "x@example.test"),
    (["-fx"], "x@example.test"), (["-f", "x@y"], "x@y"),
    (["-f", "Joe <x@y>"], "x@y")])
def test_case_2_41_sender(queued, smarthost, args, sender):
    mail = twice(queued, smarthost, [*args, TO],
                 b"From: f@d.example\nReturn-Path: <z@d.example>\n"
                 b"Subject: s\n\nbody\n").same()
    assert mail.sender == sender


@pytest.mark.parametrize("args, stdin", [
    (["a@x>\r\nRCPT TO:<e@x"], MAIL), (["a@x\r\nDATA"], MAIL),
    (["-f", "a@x>\nRCPT TO:<e@x", TO], MAIL), (["-f", "a>b@x", TO], MAIL),
    (["a" * 2000 + "@d.example"], MAIL),
    (["-f", "a@" + "d" * 2000, TO], MAIL),
    (["-t"], b"To: a@x>\n\nb\n"),
    (["-t"], b"To: " + b"a" * 2000 + b"@x\n\nb\n")],
    ids=["CRLF and command", "CRLF", "sender and LF", "sender and >",
         "long", "long sender", "field", "long field"])
@pytest.mark.parametrize("mode", MODES, ids=["wait", "queue", "background"])
def test_case_2_42_no_address(queued, smarthost, args, stdin, mode):
    host = clear(smarthost)
    queued.configure(host)
    done = queued.submit([*mode, *args], stdin)
    assert done.status in (64, 65) and done.err
    assert queued.waiting == []
    queued.run().ok()
    assert host.commands == []


def test_case_2_42_line_end_in_a_name(queued, smarthost):
    mail = twice(queued, smarthost, ["-F", "x\r\nBcc: e@x", TO], MAIL).same()
    assert mail.recipients == [TO] and mail.all("Bcc") == []


def test_case_2_42_nul_in_an_address(queued, smarthost):
    mail = twice(queued, smarthost, ["-t"],
                 b"To: a\0b@d.example\n\nbody\n").same()
    assert mail.recipients == ["ab@d.example"]


@pytest.mark.parametrize("args, stdin, want", [
    (["-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root"], MAIL,
     ["admin@d.example"]),
    (["-t", "-i", "-fwww@d.example"], b"To: a@b\n" + MAIL, ["a@b"]),
    (["-t", "-oi"], b"To: a@b\n" + MAIL, ["a@b"]),
    (["-i", "--", "a@b", "c@d"], MAIL, ["a@b", "c@d"]),
    (["-G", "-O", "DeliveryMode=b", "-N", "never", "-R", "hdrs", "-V", "id",
      "-bm", "-oem", "-L", "tag", "-A", "c", "-U", "-d0", "a@b"], MAIL,
     ["a@b"])], ids=["cron", "PHP", "-oi", "git", "all"])
def test_case_2_44_callers(queued, smarthost, args, stdin, want):
    queued.outpost.aliases("root: admin@d.example\n")
    mail = twice(queued, smarthost, args, stdin).same()
    assert mail.recipients == want and mail.body == b"body\r\n"


def test_case_2_44_in_the_background(queued, smarthost):
    host = clear(smarthost, dsn=True)
    queued.configure(host)
    queued.submit(["-G", "-odb", "-N", "never", "-R", "hdrs", "-V", "id",
                   "a@b"]).ok()
    assert host.wait(lambda record: len(record.messages) == 1)
    assert host.message.recipient_params == [["NOTIFY=NEVER"]]
    assert {"RET=HDRS", "ENVID=id"} <= set(host.message.sender_params)


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "DOT"])
def test_case_2_45_put_off(queued, smarthost, stage):
    host = clear(smarthost, script=[at(stage, reply="451 4.3.0 later")])
    queued.configure(host)
    began = time.monotonic()
    queued.submit(["-bm", TO]).ok()
    assert time.monotonic() - began < 20  # the default of wait_timeout
    assert len(queued.waiting) == 1 and queued.failed == []


@pytest.mark.root
@pytest.mark.parametrize("mode", [[], ["-odq"]])
def test_case_2_46_unknown_user(public_outpost, smarthost, mode):
    queued = Queued(public_outpost)
    options = {"user": OTHER, "group": OTHER, "extra_groups": [],
               "env": {"HOME": None, "USER": None, "PATH": None}}
    host = clear(smarthost)
    sections = {"sender": {"address": "box@d.example", "rewrite": "always"}}
    queued.configure(Nobody(), **sections)
    os.chown(public_outpost.config_file, OTHER, OTHER)
    queued.submit([*mode, TO], **options).ok()
    assert len(queued.waiting) == 1
    queued.configure(host, **sections)
    queued.run(**options).ok()
    assert queued.waiting == []
    assert host.message.sender == "box@d.example"


@pytest.mark.parametrize("password", [
    "a#b", "a=b", "a:b", " a b ", "it's", 'a"b', "p\u00e4ss\u5bc6", "x" * 200,
    "a;b ;c", "\\n\\"])
@pytest.mark.parametrize("auth", ["plain", "login"])
def test_case_2_47_password(queued, smarthost, password, auth):
    host = smarthost(tls="off", code=password)
    queue(queued, host, sections={"smarthost": {
        "auth": auth, "password": quoted(password)}})
    assert host.connection.credentials \
        == [(auth.upper(), USER.encode(), password.encode())]
    assert len(host.messages) == 1


@pytest.fixture
def shared(public_outpost, smarthost):
    """A queue and a drop folder of root's, where others can reach them."""
    queued = Queued(public_outpost)
    queued.host = clear(smarthost)
    queued.configure(queued.host).submit(["-odq", TO]).ok()
    (queued.spool / "drop").mkdir()
    (queued.spool / "drop").chmod(0o3733)
    return queued


def as_other(*command):
    return subprocess.run(command, user=OTHER, group=OTHER, extra_groups=[],
                          capture_output=True, timeout=30)


@pytest.mark.root
def test_case_2_48_mail_of_another_user(shared):
    name, = shared.waiting
    entry = shared.spool / "queue" / name
    spoolfile.place(shared.spool / "drop", spoolfile.mail(
        TO, kind=spoolfile.DROP, sender=b""))
    dropped, = (shared.spool / "drop").iterdir()
    for command in (["cat", entry], ["rm", "-f", entry],
                    ["mv", entry, f"{entry}x"], ["touch", f"{entry}x"],
                    ["ls", dropped.parent], ["cat", dropped],
                    ["rm", "-f", dropped], ["mv", dropped, f"{dropped}x"]):
        done = as_other(*command)
        assert done.returncode != 0 and done.stdout == b"", command
    assert shared.waiting == [name] and dropped.exists()


@pytest.mark.root
def test_case_2_48_strange_things_in_the_drop_folder(shared):
    drop = shared.spool / "drop"
    name, = shared.waiting
    secret = shared.outpost.directory / "secret"
    secret.write_text("secret\n")
    for target in (secret, shared.spool / "queue" / name,
                   drop / "nothing", "/dev/zero"):
        assert as_other("ln", "-s", target,
                        drop / spoolfile.new_id()).returncode == 0
    assert as_other("mkfifo", drop / spoolfile.new_id()).returncode == 0
    assert as_other("mkdir", drop / spoolfile.new_id()).returncode == 0
    assert as_other("touch", drop / "any name\n").returncode == 0
    # a mail, but one that may still be changed under another name
    own = spoolfile.place(shared.outpost.directory, spoolfile.mail(
        "linked@d.example", kind=spoolfile.DROP, sender=b""))
    os.link(shared.outpost.directory / own, drop / own)
    shared.run().ok()
    shared.run().ok()
    assert [mail.recipients for mail in shared.host.messages] == [[TO]]
    assert secret.read_text() == "secret\n"
    assert not [path for path in drop.iterdir()
                if stat.S_ISREG(path.lstat().st_mode)]
    assert "event=bad" in shared.outpost.log()


@pytest.mark.root
def test_case_2_48_strange_things_in_the_queue(shared):
    """Nobody else can put them there; and yet they stop nothing."""
    folder = shared.spool / "queue"
    (folder / spoolfile.new_id(0)).symlink_to("/etc/passwd")
    os.mkfifo(folder / spoolfile.new_id(0))
    (folder / spoolfile.new_id(0)).mkdir()
    shared.run().ok()
    assert len(shared.host.messages) == 1


def test_case_2_49_secrets(queued, smarthost):
    go_on = threading.Event()
    host = smarthost(tls="off", script=[
        at("DOT", hold=go_on, reply=f"451 {CODE}"),
        at("DATA", nth=2, reply=f"451 {CODE}")])
    queued.configure(host, smarthost={"auth": "plain"})
    queued.submit(["-odq", TO]).ok()
    process = start(queued, ["-v", "-qf"])
    assert host.wait(bodies(1))
    seen = [CODE.encode() in path.read_bytes() for path in
            queued.spool.rglob("*") if path.is_file()]
    for name in ("cmdline", "environ", "comm"):
        with open(f"/proc/{process.pid}/{name}", "rb") as file:
            seen.append(CODE.encode() in file.read())
    with open(f"/proc/{process.pid}/limits") as file:
        core = [line for line in file if line.startswith("Max core")]
    go_on.set()
    status, out, err = finish(process)
    assert status == 0 and "451" in err and "***" in err
    assert not any(seen) and core[0].split()[4] == "0"
    texts = [err, queued.outpost.log()] + [
        path.read_bytes() for path in queued.spool.rglob("*")
        if path.is_file()]
    for form in forms(CODE):
        assert not any(shown(form, text) for text in texts), form
    assert base64.b64encode(CODE.encode()) not in b"".join(
        text for text in texts if isinstance(text, bytes))


def mailq(queued):
    done = queued.outpost([], b"", program="mailq")
    assert (done.status, done.err) == (0, ""), done
    return done.out.decode()


def test_case_2_50_empty(queued, smarthost):
    queued.configure(clear(smarthost))
    assert mailq(queued) == "Mail queue is empty\n"
    assert queued.mails() == []
    queued.run().ok()
    assert mailq(queued) == "Mail queue is empty\n"


def test_case_2_50_deferred(queued, smarthost):
    host = clear(smarthost, script=[at("RCPT", reply="450 4.2.1 later")])
    queued.configure(host).submit().ok()
    mail = queued.mail()
    assert (mail["id"], mail["state"], mail["attempts"]) \
        == (queued.waiting[0], "waiting", 1)
    assert 55 <= mail["next"] - time.time() <= 72
    assert "450 4.2.1 later" in mail["recipients"][0]["reason"]
    listed = mailq(queued)
    assert queued.waiting[0] in listed and TO in listed
    assert "450 4.2.1 later" in listed and "next try" in listed


def test_case_2_50_in_flight(queued, smarthost):
    go_on = threading.Event()
    host = clear(smarthost, script=[at("DOT", hold=go_on)])
    queued.configure(host).submit(["-odq", TO]).ok()
    process = start(queued, ["-q"])
    assert host.wait(bodies(1))
    try:
        mail, listed = queued.mail(), mailq(queued)
    finally:
        go_on.set()
    assert finish(process) == (0, b"", "")
    assert mail["state"] == "active"
    assert mail["id"] + "*" in listed
    assert mailq(queued) == "Mail queue is empty\n"


def test_case_2_50_failed(queued, smarthost):
    host = clear(smarthost, script=[at("RCPT", reply="550 5.1.1 nobody")])
    queued.configure(host).submit().failed(67)
    assert queued.mails() == []
    mail = queued.mail("--failed")
    assert mail["state"] == "failed"
    assert "550 5.1.1 nobody" in mail["recipients"][0]["reason"]


def test_case_2_50_q_tries_all_now(queued, smarthost):
    host = clear(smarthost, script=[at("RCPT", reply="450 4.2.1 later")])
    queued.configure(host)
    for _ in range(3):
        queued.submit().ok()
    host.script.clear()
    queued.run_due().ok()
    assert host.messages == [] and len(queued.mails()) == 3
    queued.run().ok()
    assert len(host.messages) == 3 and queued.mails() == []
