"""Mails and processes that meet: many at once, on one connection, for one
turn."""

import os
import signal
import subprocess
import threading

import pytest
import spoolfile
from faults import MAIL, clear
from pausefile import Pause
from queued import TO, until
from runner import finish
from smarthost.script import at
from test_cases_queue_replies import SENDER, bodies, start

STDIN = b"Subject: %d\n\nbody\n"


def subjects(host):
    return sorted(int(mail.only("Subject")) for mail in host.messages)


def submitting(queued, args, stdin=MAIL):
    process = start(queued, args, subprocess.PIPE)
    process.stdin.write(stdin)
    process.stdin.close()
    process.stdin = None
    return process


def test_nobody_waits_for_what_is_taken_along(queued, smarthost):
    go_on = threading.Event()
    host = clear(smarthost, script=[at("DOT", nth=2, hold=go_on)])
    queued.configure(host)
    for number in range(3):
        queued.submit(["-odq", TO], STDIN % number).ok()
    try:
        queued.submit([TO], STDIN % 9).ok()
        assert host.wait(bodies(2))
    finally:
        go_on.set()
    until(lambda: queued.waiting == [])
    assert subjects(host) == [0, 1, 2, 9] and len(host.connections) == 1


@pytest.mark.parametrize("rule", [
    at("MAIL", connection=1, nth=2, reply="421 4.7.0 enough", cut="after"),
    at("MAIL", connection=1, nth=2, cut="before"),
    at("DOT", connection=1, nth=2, reply="451 4.3.0 later")])
def test_what_is_taken_along_may_fail(queued, smarthost, rule):
    host = clear(smarthost, script=[rule])
    queued.configure(host)
    for number in range(2):
        queued.submit(["-odq", TO], STDIN % number).ok()
    queued.submit([TO], STDIN % 9).ok()
    host.settled()
    queued.run().ok()
    until(lambda: queued.waiting == [])
    assert subjects(host) == [0, 1, 9]


def test_no_turn_in_time(queued, smarthost):
    """It is kept, and that was no attempt."""
    go_on = threading.Event()
    host = clear(smarthost, script=[at("DOT", hold=go_on)])
    queued.configure(host, smarthost={"wait_timeout": "600ms"})
    queued.submit(["-odq", TO], STDIN % 1).ok()
    first = start(queued, ["-q"])
    try:
        assert host.wait(bodies(1))
        queued.submit([TO], STDIN % 2).ok()
        assert len(host.record.connections) == 1
        new, = (name for name in queued.waiting if b"Subject: 2" in
                (queued.spool / "queue" / name).read_bytes())
        slot = spoolfile.parse(queued.spool / "queue" / new).slot
        assert slot.attempts == 0 and Pause(queued.spool).data is None
    finally:
        go_on.set()
    assert finish(first) == (0, b"", "")
    queued.run_due().ok()
    assert subjects(host) == [1, 2] and queued.waiting == []


def test_many_submissions_at_once(queued, smarthost):
    host = clear(smarthost)
    queued.configure(host, smarthost={"max_connections": 2})
    queued.run().ok()
    started = [submitting(queued, [("-odi", "-odb", "-odq")[number % 3], TO],
                          STDIN % number) for number in range(30)]
    assert [finish(one) for one in started] == [(0, b"", "")] * 30
    until(lambda: queued.run().status == 0 and queued.waiting == [])
    assert subjects(host) == list(range(30))


def test_many_runs_at_once(queued, smarthost):
    host = clear(smarthost)
    queued.configure(host, smarthost={"max_connections": 4})
    queued.place(*(spoolfile.mail(TO, subject=str(number))
                   for number in range(100)))
    runs = [start(queued, ["-q"]) for _ in range(6)]
    assert [finish(one) for one in runs] == [(0, b"", "")] * 6
    assert subjects(host) == list(range(100)) and queued.waiting == []


def test_a_slow_smarthost_has_time_for_each_mail(queued, smarthost):
    """`timeout` is for one answer, not for all of a connection."""
    host = clear(smarthost, script=[at("DOT", delay=0.4)])
    queued.configure(host, smarthost={"timeout": "1s"})
    queued.place(*(spoolfile.mail(TO, subject=str(number))
                   for number in range(6)))
    queued.run().ok()
    assert subjects(host) == list(range(6)) and queued.waiting == []
    assert len(host.connections) == 1


@pytest.mark.parametrize("mode", ["-odi", "-odq", "-odb"])
def test_alias_that_leads_nowhere(queued, smarthost, mode):
    """The caller is told of who cannot be reached, whatever he waits for; who
    can be gets the mail."""
    queued.outpost.aliases("team: |cmd, good@d.example\n")
    host = clear(smarthost)
    queued.configure(host)
    done = queued.submit([mode, "team"])
    assert done.status != 0 and "team" in done.err
    until(lambda: queued.run().status == 0 and queued.waiting == [])
    # told at once, and so not again
    assert host.message.recipients == ["good@d.example"]
    assert len(queued.failed) == 1


@pytest.mark.parametrize("mode", ["-odi", "-odq", "-odb"])
def test_alias_that_leads_nowhere_at_all(queued, smarthost, mode):
    queued.outpost.aliases("team: |cmd\n")
    host = clear(smarthost)
    queued.configure(host)
    done = queued.submit([mode, "-oem", "team"])
    assert done.status != 0 and done.err == ""
    until(lambda: queued.run().status == 0 and queued.waiting == [])
    queued.run().ok()
    assert host.message.sender == "" and host.message.recipients == [SENDER]
    assert len(queued.failed) == 1


def heirs(queued):
    """The processes that go on with the mail of a caller who has gone."""
    mark = f"OUTPOST_CONFIG={queued.outpost.config_file}\0".encode()
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if mark in file.read():
                        found.append(int(name))
            except OSError:
                pass
    return found


@pytest.fixture
def handed_over(queued, smarthost):
    """Hands over a mail that the smarthost thinks about; one recipient was
    refused before."""
    queued.go_on = threading.Event()
    queued.host = clear(smarthost, script=[
        at("RCPT", connection=1, when="bad@", reply="550 5.1.1 nobody"),
        at("DOT", connection=1, hold=queued.go_on)])
    queued.configure(queued.host, smarthost={"wait_timeout": "300ms"})
    queued.submit(["bad@d.example", "good@d.example"]).failed(
        67, "bad@d.example", "550 5.1.1 nobody")
    assert len(queued.waiting) == 1
    yield queued
    queued.go_on.set()


def good_mails(queued):
    assert all(mail.recipients == ["good@d.example"] and mail.sender
               for mail in queued.host.messages)
    return len(queued.host.messages)


def test_refused_and_handed_over(handed_over):
    """The caller has learned what there was to learn: nobody is told
    again."""
    handed_over.go_on.set()
    until(lambda: handed_over.failed)
    handed_over.run().ok()
    assert good_mails(handed_over) == 1 and handed_over.waiting == []


@pytest.mark.root
def test_killed_after_it_was_handed_over(handed_over):
    heir, = heirs(handed_over)
    os.kill(heir, signal.SIGKILL)
    handed_over.go_on.set()
    until(lambda: heirs(handed_over) == [])
    handed_over.run().ok()
    assert 1 <= good_mails(handed_over) <= 2
    assert handed_over.waiting == [] and len(handed_over.failed) == 1


@pytest.mark.root
def test_signal_after_it_was_handed_over(handed_over):
    heir, = heirs(handed_over)
    os.kill(heir, signal.SIGTERM)
    handed_over.run().ok()
    handed_over.go_on.set()
    until(lambda: handed_over.failed and heirs(handed_over) == [])
    handed_over.run().ok()
    assert good_mails(handed_over) == 1


@pytest.mark.root
def test_stopped_after_it_was_handed_over(handed_over):
    """Nothing waits for who holds the lock, and the turn."""
    heir, = heirs(handed_over)
    os.kill(heir, signal.SIGSTOP)
    try:
        handed_over.run().ok()
        handed_over.submit(["other@d.example"]).ok()
        assert len(handed_over.waiting) == 2
    finally:
        os.kill(heir, signal.SIGCONT)
    handed_over.go_on.set()
    until(lambda: handed_over.failed)
    handed_over.run().ok()
    assert sorted(mail.recipients for mail in handed_over.host.messages) \
        == [["good@d.example"], ["other@d.example"]]


def test_lost_after_it_was_handed_over(queued, smarthost):
    go_on = threading.Event()
    host = clear(smarthost, script=[at("DOT", connection=1, hold=go_on,
                                       cut="before")])
    queued.configure(host, smarthost={"wait_timeout": "300ms"})
    queued.submit().ok()
    go_on.set()
    until(lambda: "event=waiting" in queued.outpost.log())
    assert "may have been delivered" in queued.outpost.log()
    queued.run().ok()
    assert len(host.messages) == 1 and queued.waiting == []


@pytest.mark.parametrize("rules", [
    [at("RCPT", when="bad@", cut="before")],
    [at("DATA", connection=number, nth=1, cut="before")
     for number in range(1, 4)],
    [at("DOT", connection=number, nth=1, cut="before")
     for number in range(1, 4)]], ids=["RCPT", "DATA", "DOT"])
def test_fault_s13_bad_mails_do_not_stop_the_rest(queued, smarthost, rules):
    """The smarthost hangs up on some, which are older than the others."""
    host = clear(smarthost, script=rules)
    queued.configure(host)
    for number, name in enumerate(queued.place(*(
            spoolfile.mail("bad@d.example") for _ in range(3)))):
        os.rename(queued.spool / "queue" / name,
                  queued.spool / "queue" / spoolfile.new_id(number + 1))
    queued.place(*(spoolfile.mail(TO, subject=str(number))
                   for number in range(20)))
    queued.run().ok()
    assert subjects(host) == list(range(20))
    assert len(queued.waiting) == 3


def test_smarthost_that_hangs_up_on_all(queued, smarthost):
    """Few connections find that out."""
    host = clear(smarthost, script=[at("RCPT", cut="before")])
    queued.configure(host)
    queued.place(*(spoolfile.mail(TO, subject=str(number))
                   for number in range(100)))
    queued.run().ok()
    assert len(host.connections) <= 10 and len(queued.waiting) == 100
    before = len(host.connections)
    queued.run_due().ok()
    assert len(host.connections) == before


NAMES = [f"r{number}@d.example" for number in range(7)]


@pytest.fixture
def half_sent(queued, smarthost):
    """Hands over a mail of 7 recipients, 3 of whom have it already."""
    queued.go_on = threading.Event()
    queued.host = clear(smarthost, script=[
        at("DOT", connection=1, nth=2, hold=queued.go_on)])
    queued.configure(queued.host, smarthost={"wait_timeout": "300ms",
                                             "recipients_per_message": 3})
    queued.submit(NAMES).ok()
    assert len(queued.waiting) == 1
    yield queued
    queued.go_on.set()


def served(host):
    return sorted(name for mail in host.messages for name in mail.recipients)


def test_handed_over_between_transactions(half_sent):
    half_sent.go_on.set()
    until(lambda: half_sent.waiting == [])
    half_sent.run().ok()
    assert served(half_sent.host) == NAMES
    assert [len(mail.recipients) for mail in half_sent.host.messages] \
        == [3, 3, 1]


@pytest.mark.root
def test_killed_between_transactions(half_sent):
    """Those who had it before it was kept do not get it again."""
    heir, = heirs(half_sent)
    os.kill(heir, signal.SIGKILL)
    until(lambda: heirs(half_sent) == [])
    half_sent.go_on.set()
    half_sent.run().ok()
    got = served(half_sent.host)
    assert sorted(set(got)) == NAMES and half_sent.waiting == []
    assert all(got.count(name) == 1 for name in NAMES[:3] + NAMES[6:])


@pytest.mark.parametrize("mode", ["-odi", "-odq"])
def test_put_off_between_transactions(queued, smarthost, mode):
    host = clear(smarthost, script=[at("DOT", connection=1, nth=2,
                                       reply="451 4.3.0 later")])
    queued.configure(host, smarthost={"recipients_per_message": 3})
    queued.submit([mode, *NAMES]).ok()
    for _ in range(2):
        queued.run().ok()
    assert served(host) == NAMES and queued.waiting == []


@pytest.mark.parametrize("mode", ["-odi", "-odq"])
def test_lost_between_transactions(queued, smarthost, mode):
    host = clear(smarthost, script=[at("RCPT", connection=1, nth=5,
                                       cut="before")])
    queued.configure(host, smarthost={"recipients_per_message": 3})
    queued.submit([mode, *NAMES]).ok()
    for _ in range(2):
        queued.run().ok()
    assert served(host) == NAMES and queued.waiting == []
