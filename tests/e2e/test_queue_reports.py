"""Delivery reports: what is in them, who gets one, and who is told of errors
in which way."""

import re
import threading

import pytest
from faults import clear
from queued import TO, until
from smarthost.script import at
from test_cases_queue_replies import SENDER, facts, report_of

NOBODY = "550 5.1.1 no such user"
MAIL = b"From: Root <root@example.test>\nSubject: J\xc3\xb6rg\n" \
    b"Message-ID: <1@d.example>\nX-Odd: kept\n\nthe body\n"


def fail(queued, smarthost, args=(TO,), stdin=MAIL, reply=NOBODY, rule=None,
         **switches):
    """A mail of the queue that is refused, and the runs that follow."""
    host = clear(smarthost, script=[
        rule or at("RCPT", when=TO, reply=reply)], **switches)
    queued.configure(host)
    queued.submit(["-odq", *args], stdin).ok()
    for _ in range(3):
        queued.run().ok()
    assert queued.waiting == []
    return host


def test_report(queued, smarthost):
    host = fail(queued, smarthost)
    report, parts = report_of(host)
    whole = report.parsed()
    assert report.sender == "" and report.recipients == [SENDER]
    assert whole.get_content_type() == "multipart/report"
    assert whole.get_param("report-type") == "delivery-status"
    assert [part.get_content_type() for part in parts] == [
        "text/plain", "message/delivery-status", "text/rfc822-headers"]
    assert whole.defects == [] and not any(part.defects for part in parts)
    assert whole["Auto-Submitted"] == "auto-replied"
    assert whole["From"].addresses[0].addr_spec == "MAILER-DAEMON@example.test"
    assert whole["To"].addresses[0].addr_spec == SENDER
    assert whole["In-Reply-To"] == "<1@d.example>"
    assert report.only("Message-ID") and report.only("Date")
    assert TO in whole["Subject"]


def test_report_says_what_and_why(queued, smarthost):
    host = fail(queued, smarthost)
    failed, = queued.failed
    _, parts = report_of(host)
    text = parts[0].get_content()
    for word in (TO, NOBODY, f"outpost queue release {failed}"):
        assert word in text, text
    about = parts[1].get_payload()[0]
    assert about["Reporting-MTA"].startswith("dns; ")
    assert about["X-Outpost-Queue-ID"] == failed and about["Arrival-Date"]
    one = facts(parts)
    assert one["Final-Recipient"] == f"rfc822; {TO}"
    assert (one["Action"], one["Status"]) == ("failed", "5.1.1")
    assert one["Diagnostic-Code"] == f"smtp; {NOBODY}"


def test_report_has_advice(queued, smarthost):
    """In both languages, since nobody knows who will read it."""
    host = clear(smarthost, script=[at("DOT", connection=1, nth=1,
                                       reply="552 Illegal Attachment")])
    queued.configure(host).submit(["-odq", TO]).ok()
    for _ in range(2):
        queued.run().ok()
    text = report_of(host)[1][0].get_content()
    assert "What to do about it" in text
    assert re.search("[\u4e00-\u9fff]", text), text


def test_report_has_the_header_alone(queued, smarthost):
    host = fail(queued, smarthost)
    _, parts = report_of(host)
    header = parts[2].get_payload(decode=True)
    assert b"X-Odd: kept\r\n" in header.replace(b"\n", b"\r\n").replace(
        b"\r\r\n", b"\r\n")
    assert b"Subject: =?UTF-8?B?SsO2cmc=?=" in header
    assert b"the body" not in report_of(host)[0].data


def test_one_report_for_all_recipients(queued, smarthost):
    host = fail(queued, smarthost, ["a@d.example", TO, "c@d.example"],
                rule=at("RCPT", nth=0, when="d.example>", reply=NOBODY))
    _, parts = report_of(host)
    assert [one["Final-Recipient"] for one in parts[1].get_payload()[1:]] \
        == [f"rfc822; {name}" for name in ("a@d.example", TO, "c@d.example")]


def test_report_names_the_alias(queued, smarthost):
    queued.outpost.aliases(f"team: {TO}, good@d.example\n")
    host = fail(queued, smarthost, ["team"])
    one = facts(report_of(host)[1])
    assert one["Final-Recipient"] == f"rfc822; {TO}"
    assert "team" in one["Original-Recipient"]


def test_report_and_hostile_words(queued, smarthost):
    reply = b"550-\x1b[2J \xff\xfe\r\n550 Action: delivered\x00\x07 \xe4\xb8" \
        b"\xad\r\n"
    host = fail(queued, smarthost,
                rule=at("RCPT", when=TO, raw=reply))
    report, parts = report_of(host)
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", report.data)
    assert facts(parts)["Action"] == "failed"
    assert len(parts[1].get_payload()) == 2 and len(parts) == 3


def test_report_of_a_hostile_header(queued, smarthost):
    """Neither a boundary nor a field of the report comes from the mail."""
    stdin = b"Subject: x\nX-1: --=_1\nContent-Type: multipart/mixed; " \
        b"boundary=a\nAuto-Submitted: no\n" + b"X-2: " + b"y" * 5000 \
        + b"\n\n--a--\n"
    host = fail(queued, smarthost, stdin=stdin)
    report, parts = report_of(host)
    assert len(parts) == 3
    assert report.only("Auto-Submitted") == "auto-replied"
    assert max(map(len, report.data.split(b"\r\n"))) <= 998


def test_report_of_a_very_large_header(queued, smarthost):
    stdin = b"".join(b"X-%d: %s\n" % (i, b"y" * 900) for i in range(800)) \
        + b"\nbody\n"
    host = fail(queued, smarthost, stdin=stdin)
    report, parts = report_of(host)
    assert 10_000 < len(report.data) < 200_000
    assert "\nX-0: yyy" in parts[2].get_payload().replace("\r", "")


def test_report_under_the_name_of_the_account(queued, smarthost):
    """163 takes no other sender, be it the null one."""
    host = smarthost("163", tls="off", script=[
        at("RCPT", when=TO, reply="550 User not found: " + TO)])
    queued.configure(host, smarthost={"auth": "login"},
                     sender={"rewrite": "always"})
    queued.submit(["-odq", "-f", "joe@d.example", TO]).ok()
    for _ in range(3):
        queued.run().ok()
    report = host.message
    assert report.sender == host.profile.user
    assert report.recipients == ["joe@d.example"]
    assert report.parsed()["From"].addresses[0].addr_spec \
        == host.profile.user
    assert report.only("Auto-Submitted") == "auto-replied"
    assert queued.waiting == [] and len(queued.failed) == 1


def test_no_report_about_a_report(queued, smarthost):
    host = fail(queued, smarthost,
                rule=at("RCPT", reply=NOBODY))
    assert host.messages == [] and len(queued.failed) == 2
    assert host.commands.count(b"RCPT TO:<%s>" % SENDER.encode()) == 1


@pytest.mark.parametrize("args", [["-f", "<>"], ["-f", ""], ["-N", "never"],
                                  ["-N", "success"], ["-N", "delay"]])
def test_nobody_wants_a_report(queued, smarthost, args):
    host = fail(queued, smarthost, [*args, TO])
    assert host.messages == [] and len(queued.failed) == 1
    assert "event=unreported" in queued.outpost.log()


@pytest.mark.parametrize("args", [["-N", "failure"],
                                  ["-N", "success,failure,delay"]])
def test_somebody_wants_a_report(queued, smarthost, args):
    assert report_of(fail(queued, smarthost, [*args, TO]))


def test_report_knows_the_envelope_id(queued, smarthost):
    _, parts = report_of(fail(queued, smarthost, ["-V", "my+2Bid", TO]))
    assert parts[1].get_payload()[0]["Original-Envelope-Id"]


def test_the_original_stays(queued, smarthost):
    fail(queued, smarthost)
    kept, = (queued.spool / "failed").iterdir()
    assert b"the body\r\n" in kept.read_bytes()


# -oe: who is told of errors, and how


@pytest.fixture
def refusing(queued, smarthost):
    queued.host = clear(smarthost, script=[at("RCPT", when=TO,
                                              reply=NOBODY)])
    queued.configure(queued.host)
    return queued


@pytest.mark.parametrize("args, status, printed, mailed", [
    ([], 67, True, 0), (["-oep"], 67, True, 0), (["-ep"], 67, True, 0),
    (["-oeq"], 67, False, 0), (["-oem"], 67, False, 1),
    (["-oew"], 67, False, 1), (["-oee"], 0, False, 1)])
def test_error_modes(refusing, args, status, printed, mailed):
    done = refusing.submit([*args, TO])
    assert done.status == status and done.out == b""
    assert (NOBODY in done.err) == printed == bool(done.err)
    assert len(refusing.failed) == 1
    refusing.run().ok()
    assert [mail.sender for mail in refusing.host.messages] == [""] * mailed


@pytest.mark.parametrize("args, status, printed, mailed", [
    (["-oep"], 65, True, 0), (["-oeq"], 65, False, 0),
    (["-oem"], 65, False, 1), (["-oew"], 65, False, 1),
    (["-oee"], 0, False, 1)])
def test_error_modes_and_no_address(refusing, args, status, printed, mailed):
    """Refused here, and kept."""
    done = refusing.submit([*args, "a@@b"])
    assert done.status == status and len(refusing.failed) == 1
    assert bool(done.err) == printed
    refusing.run().ok()
    assert [mail.sender for mail in refusing.host.messages] == [""] * mailed


@pytest.mark.parametrize("args", [["-oem"], ["-oew"], ["-oeq"], ["-oee"]])
def test_error_modes_and_nothing_kept(refusing, args):
    """Neither mail nor 0 where the mail is nowhere."""
    refusing.configure(refusing.host, queue={"directory": ""})
    done = refusing.submit([*args, TO])
    assert done.status == 67
    assert bool(done.err) == (args != ["-oeq"])


def test_error_mode_does_not_matter_to_what_is_kept(refusing):
    refusing.host.script[:] = [at("RCPT", reply="450 4.2.1 later")]
    for mode in "pqmwe":
        refusing.submit([f"-oe{mode}", TO]).ok()
    assert len(refusing.waiting) == 5 and refusing.failed == []


def test_report_of_a_mail_that_was_handed_over(queued, smarthost):
    """Once the caller has gone, mail is the only way to tell."""
    go_on = threading.Event()
    host = clear(smarthost, script=[
        at("DOT", connection=1, hold=go_on, reply="554 5.7.1 spam")])
    queued.configure(host, smarthost={"wait_timeout": "300ms"})
    queued.submit(["-oep", TO]).ok()
    go_on.set()
    until(lambda: queued.failed)
    queued.run().ok()
    assert facts(report_of(host)[1])["Diagnostic-Code"] \
        == "smtp; 554 5.7.1 spam"
