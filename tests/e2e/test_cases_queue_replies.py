"""Cases 19-28 of section 2: recipients refused and put off, copies, expiry,
and the reports about them."""

import os
import signal
import subprocess
import threading
import time

import pytest
import spoolfile
from faults import MAIL, clear
from queued import TO, strace
from runner import finish
from smarthost.script import at

GOOD, BAD = "good@d.example", "bad@d.example"
SENDER = "root@example.test"
NOBODY = "550 5.1.1 no such user"


def report_of(host):
    """The one delivery report that has arrived, parsed: its parts."""
    reports = [mail for mail in host.messages if mail.sender == ""]
    assert len(reports) == 1, [mail.sender for mail in host.messages]
    return reports[0], list(reports[0].parsed().iter_parts())


def facts(parts):
    """The fields about the first recipient in message/delivery-status."""
    return parts[1].get_payload()[1]


def test_case_2_19_one_of_two_refused(queued, smarthost):
    host = clear(smarthost, script=[at("RCPT", when=BAD, reply=NOBODY)])
    done = queued.configure(host).submit([GOOD, BAD])
    done.failed(67, BAD, NOBODY)
    assert host.message.recipients == [GOOD]
    assert len(queued.failed) == 1 and queued.waiting == []
    # the caller was told: nobody is told again
    queued.run().ok()
    assert len(host.messages) == 1


def test_case_2_19_one_of_two_refused_in_the_queue(queued, smarthost):
    host = clear(smarthost, script=[at("RCPT", when=BAD, reply=NOBODY)])
    queued.configure(host).submit(["-odq", GOOD, BAD]).ok()
    for _ in range(3):
        queued.run().ok()
    assert [mail.recipients for mail in host.messages] \
        == [[GOOD], [SENDER]]
    report, parts = report_of(host)
    assert facts(parts)["Final-Recipient"] == f"rfc822; {BAD}"
    assert GOOD not in parts[1].as_string()
    assert len(queued.failed) == 1 and queued.waiting == []


@pytest.mark.parametrize("args", [[], ["-odq"]], ids=["at once", "queued"])
def test_case_2_20_one_of_two_put_off(queued, smarthost, args):
    host = clear(smarthost, script=[
        at("RCPT", connection=1, when=BAD, reply="450 4.2.1 later")])
    queued.configure(host).submit([*args, GOOD, BAD]).ok()
    if args:
        queued.run().ok()
    assert host.message.recipients == [GOOD]
    assert len(queued.waiting) == 1
    queued.run().ok()
    assert [mail.recipients for mail in host.messages] == [[GOOD], [BAD]]
    assert host.connections[1].verbs.count("RCPT") == 1
    assert queued.waiting == [] and queued.failed == []


@pytest.mark.parametrize("args", [[], ["-odq"]], ids=["at once", "queued"])
def test_case_2_21_put_off_after_the_dot(queued, smarthost, args):
    host = clear(smarthost, script=[at("DOT", connection=1,
                                       reply="451 4.3.0 later")])
    queued.configure(host).submit([*args, TO]).ok()
    for _ in range(3):
        queued.run().ok()
    assert queued.waiting == [] and len(host.messages) == 1
    first, second = [mail for one in host.connections
                     for mail in one.messages]
    assert first.raw == second.raw and second.only("Message-ID")


@pytest.mark.parametrize("args", [[], ["-odq"]], ids=["at once", "queued"])
def test_case_2_22_lost_after_the_dot(queued, smarthost, args):
    """The smarthost has it, and never said so: it comes again, and is known
    by its Message-ID."""
    host = clear(smarthost, script=[at("DOT", connection=1, cut="before")])
    queued.configure(host).submit([*args, TO]).ok()
    for _ in range(3):
        queued.run().ok()
    assert queued.waiting == []
    first, second = [mail for one in host.connections
                     for mail in one.messages if mail.complete]
    assert first.raw == second.raw
    assert second.only("Message-ID") and second.only("Date")
    assert "may have been delivered" in queued.outpost.log()


@pytest.mark.parametrize("reply", ["554 5.7.1 spam", "552 5.3.4 too big"])
def test_case_2_23_refused_after_the_dot(queued, smarthost, reply):
    host = clear(smarthost, script=[at("DOT", nth=1, reply=reply)])
    queued.configure(host).submit().failed(69, reply)
    assert host.messages == [] and queued.waiting == []
    assert len(queued.failed) == 1


@pytest.mark.parametrize("reply", ["554 5.7.1 spam", "552 5.3.4 too big"])
def test_case_2_23_refused_after_the_dot_in_the_queue(queued, smarthost,
                                                      reply):
    host = clear(smarthost, script=[at("DOT", connection=1, nth=1,
                                       reply=reply)])
    queued.configure(host).submit(["-odq", TO]).ok()
    for _ in range(2):
        queued.run().ok()
    report, parts = report_of(host)
    assert report.recipients == [SENDER]
    assert facts(parts)["Action"] == "failed"
    assert reply in facts(parts)["Diagnostic-Code"]
    assert len(queued.failed) == 1 and queued.waiting == []


def start(queued, args, stdin=subprocess.DEVNULL):
    return subprocess.Popen(
        queued.outpost.command(args), env=queued.outpost.environment(),
        stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def bodies(count):
    """Whether that many messages have come, up to their dots."""
    return lambda record: sum(
        event.kind == "body" for one in record.connections
        for event in one.events) == count


def test_case_2_24_two_runners(queued, smarthost):
    go_on = threading.Event()
    host = clear(smarthost, script=[at("DOT", hold=go_on)])
    queued.configure(host, smarthost={"wait_timeout": "200ms"})
    queued.submit(["-odq", TO]).ok()
    first = start(queued, ["-q"])
    assert host.wait(bodies(1))
    queued.run().ok()
    queued.run("-qf").ok()
    go_on.set()
    assert finish(first) == (0, b"", "")
    assert host.commands.count(b"DATA") == 1
    assert len(host.messages) == 1 and queued.waiting == []


def test_case_2_24_a_runner_and_who_was_handed_the_mail(queued, smarthost):
    go_on = threading.Event()
    host = clear(smarthost, script=[at("DOT", hold=go_on)])
    queued.configure(host, smarthost={"wait_timeout": "200ms"})
    queued.submit().ok()
    assert len(queued.waiting) == 1
    queued.run().ok()
    go_on.set()
    assert host.wait(lambda record: len(record.messages) == 1)
    assert host.commands.count(b"DATA") == 1


def killed_at(queued, call, args=("-q",)):
    """Runs the program, which is killed before the call is made."""
    done = strace(queued, ["-e", f"trace={call}", "-e",
                           f"inject={call}:signal=KILL"], args, b"")
    assert done.status == -signal.SIGKILL, done
    return done


def test_case_2_25_killed_before_the_removal(queued, smarthost):
    host = clear(smarthost)
    queued.configure(host).submit(["-odq", TO]).ok()
    killed_at(queued, "unlinkat")
    assert len(host.messages) == 1 and len(queued.waiting) == 1
    queued.run().ok()
    # it was noted before that the recipient has it
    assert len(host.messages) == 1 and queued.waiting == []


def test_case_2_25_killed_before_it_is_noted(queued, smarthost):
    host = clear(smarthost)
    queued.configure(host).submit(["-odq", TO]).ok()
    killed_at(queued, "pwrite64")
    assert len(host.messages) == 1 and len(queued.waiting) == 1
    queued.run().ok()
    first, second = host.messages
    assert first.raw == second.raw and queued.waiting == []


def expire(queued, host):
    """Tries a mail that is older than the lifetime of 5 days as often as it
    takes to give it up."""
    queued.configure(host)
    queued.place(spoolfile.mail(TO, created=int(time.time()) - 6 * 86400))
    for _ in range(4):
        queued.run().ok()
        assert queued.failed == [] and len(queued.waiting) == 1
    queued.run().ok()
    assert len(queued.failed) == 1


def test_case_2_26_expiry(queued, smarthost):
    host = clear(smarthost, script=[at("RCPT", when=TO,
                                       reply="451 4.7.1 greylisted")])
    expire(queued, host)
    queued.run().ok()
    report, parts = report_of(host)
    assert report.recipients == ["u@d.example"]
    assert facts(parts)["Action"] == "failed"
    assert facts(parts)["Status"].startswith("4.")
    assert "451 4.7.1 greylisted" in facts(parts)["Diagnostic-Code"]
    assert len(queued.failed) == 1 and queued.waiting == []
    assert host.commands.count(f"RCPT TO:<{TO}>".encode()) == 5


def test_case_2_26_expiry_while_the_smarthost_is_down(queued, smarthost):
    host = clear(smarthost, script=[at("GREETING", reply="421 busy",
                                       cut="after")])
    expire(queued, host)
    host.script.clear()
    queued.run().ok()
    _, parts = report_of(host)
    assert facts(parts)["Status"].startswith("4.")
    assert "421 busy" in parts[0].get_content()


def test_case_2_27_report_refused(queued, smarthost):
    host = clear(smarthost, script=[at("RCPT", reply=NOBODY)])
    queued.configure(host).submit(["-odq", TO]).ok()
    for _ in range(4):
        queued.run().ok()
    assert host.commands.count(b"RCPT TO:<%s>" % TO.encode()) == 1
    assert host.commands.count(b"RCPT TO:<%s>" % SENDER.encode()) == 1
    assert queued.waiting == [] and len(queued.failed) == 2
    texts = [(queued.spool / "failed" / name).read_bytes()
             for name in queued.failed]
    assert all(NOBODY.encode() in text for text in texts)
    assert sum(b"Subject: s\r\n" in text for text in texts) == 2  # one quotes
    assert "report is not reported on" in queued.outpost.log()


@pytest.mark.parametrize("call", ["linkat,renameat,renameat2", "fsync"])
def test_case_2_28_no_room_for_the_report(queued, smarthost, call):
    host = clear(smarthost, script=[at("RCPT", when=TO, reply=NOBODY)])
    queued.configure(host).submit(["-odq", TO]).ok()
    done = strace(queued, ["-e", f"trace={call}", "-e",
                           f"inject={call}:error=ENOSPC"], ["-q"], b"")
    assert done.status == 0 and "No space left" in done.log
    assert len(queued.waiting) == 1 and queued.failed == []
    assert queued.litter == []
    # and when there is room again
    for _ in range(2):
        queued.run().ok()
    report_of(host)
    assert queued.waiting == [] and len(queued.failed) == 1


def test_reports_are_about_mail_of_root_too(queued, smarthost):
    """Who asked for it by -f is told, not who ran the program."""
    host = clear(smarthost, script=[at("RCPT", when=TO, reply=NOBODY)])
    queued.configure(host).submit(["-odq", "-f", "joe@d.example", TO],
                                  MAIL).ok()
    for _ in range(2):
        queued.run().ok()
    assert report_of(host)[0].recipients == ["joe@d.example"]
    assert os.listdir(queued.spool / "corrupt") == []
