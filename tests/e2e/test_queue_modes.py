"""How a mail is delivered: while the caller waits, in the background, later;
and what ends the waiting."""

import os
import signal
import subprocess
import threading
import time

import pytest
from faults import MAIL, clear
from queued import TO, Nobody, strace, trace, until
from runner import finish
from smarthost.script import at
from test_cases_queue_replies import bodies, start

STDIN = b"Subject: %s\n\nbody\n"


@pytest.fixture
def held(smarthost):
    """A smarthost that thinks about every message until it is told to go
    on."""
    go_on = threading.Event()
    host = clear(smarthost, script=[at("DOT", hold=go_on)])
    host.go_on = go_on
    yield host
    go_on.set()


def submitting(queued, args, stdin=MAIL):
    """Starts a submission."""
    process = start(queued, args, subprocess.PIPE)
    process.stdin.write(stdin)
    process.stdin.close()
    process.stdin = None
    return process


@pytest.mark.parametrize("configured", ["wait", "background", "queue"])
@pytest.mark.parametrize("option, mode", [
    ("-odi", "wait"), ("-odf", "wait"), ("-odb", "background"),
    ("-odq", "queue"), ("-odd", "queue"), (None, None)])
def test_delivery_mode(queued, held, configured, option, mode):
    queued.configure(held, queue={"delivery": configured})
    process = submitting(queued, [option, TO] if option else [TO])
    if (mode or configured) == "wait":
        assert held.wait(bodies(1))
        assert process.poll() is None and queued.waiting == []
        held.go_on.set()
        assert finish(process) == (0, b"", "")
    else:
        assert finish(process) == (0, b"", "")
        assert len(queued.waiting) == 1
    if (mode or configured) == "background":
        assert held.wait(bodies(1))
        held.go_on.set()
        until(lambda: queued.waiting == [])
    elif (mode or configured) == "queue":
        held.go_on.set()
        assert held.connections == []
        queued.run().ok()
    assert len(held.messages) == 1 and queued.waiting == []


@pytest.mark.parametrize("stage", ["GREETING", "EHLO", "MAIL", "DOT"])
def test_background_does_not_wait_for_the_smarthost(queued, smarthost, stage):
    """Nor does who reads what the program prints, up to its end."""
    go_on = threading.Event()
    host = clear(smarthost, script=[at(stage, hold=go_on)])
    queued.configure(host)
    try:
        queued.submit(["-odb", TO]).ok()  # reads both outputs to their ends
        assert len(queued.waiting) == 1
        assert host.wait(lambda record: record.connections)
    finally:
        go_on.set()
    until(lambda: queued.waiting == [])
    assert len(host.messages) == 1


@pytest.mark.parametrize("option", ["-odb", "-odq"])
def test_verbose_always_waits(queued, smarthost, option):
    host = clear(smarthost)
    done = queued.configure(host).submit(["-v", option, TO])
    assert done.status == 0 and "RCPT TO" in done.err
    assert len(host.messages) == 1 and queued.waiting == []


def test_background_with_the_smarthost_down(queued, smarthost):
    queued.configure(Nobody()).submit(["-odb", TO]).ok()
    until(lambda: "result=deferred" in queued.outpost.log())
    host = clear(smarthost)
    queued.configure(host).run().ok()
    assert len(host.messages) == 1 and queued.waiting == []


def test_background_and_refused(queued, smarthost):
    host = clear(smarthost, script=[at("RCPT", nth=1,
                                       reply="550 5.1.1 nobody")])
    queued.configure(host).submit(["-odb", TO]).ok()
    until(lambda: queued.failed and queued.waiting == [] or host.messages)
    queued.run().ok()
    assert len(queued.failed) == 1
    assert [mail.sender for mail in host.messages] == [""]


# the caller has waited long enough


def test_handed_over_and_taken(queued, held):
    queued.configure(held, smarthost={"wait_timeout": "300ms"})
    queued.submit().ok()
    assert len(queued.waiting) == 1 and held.record.messages == []
    held.go_on.set()
    until(lambda: queued.waiting == [])
    queued.run().ok()
    assert len(held.messages) == 1 and len(held.connections) == 1


def test_handed_over_and_refused(queued, smarthost):
    go_on = threading.Event()
    host = clear(smarthost, script=[at("DOT", connection=1, hold=go_on,
                                       reply="554 5.7.1 spam")])
    queued.configure(host, smarthost={"wait_timeout": "300ms"})
    queued.submit().ok()
    assert len(queued.waiting) == 1 and queued.failed == []
    go_on.set()
    until(lambda: queued.failed)
    queued.run().ok()
    assert host.message.sender == "" and len(queued.failed) == 1
    assert "554 5.7.1 spam" in host.message.parsed().as_string()


def test_handed_over_and_put_off(queued, smarthost):
    go_on = threading.Event()
    host = clear(smarthost, script=[at("DOT", connection=1, hold=go_on,
                                       reply="451 4.3.0 later")])
    queued.configure(host, smarthost={"wait_timeout": "300ms"})
    queued.submit().ok()
    go_on.set()
    until(lambda: "event=waiting" in queued.outpost.log())
    queued.run().ok()
    assert len(host.messages) == 1 and queued.waiting == []


@pytest.mark.parametrize("stage", ["GREETING", "EHLO", "MAIL", "RCPT",
                                   "DATA"])
def test_too_slow_before_the_message(queued, smarthost, stage):
    """Nothing has been said yet that could lead to a second copy."""
    host = clear(smarthost, pipelining=False, script=[
        at(stage, connection=1, silence=True)])
    queued.configure(host, smarthost={"wait_timeout": "300ms"})
    queued.submit().ok()
    assert len(queued.waiting) == 1
    queued.run().ok()
    assert len(host.messages) == 1
    until(lambda: queued.waiting == [])


# signals


def begun(stage):
    """Whether the dialogue has come to the command."""
    def is_there(record):
        if stage == "GREETING":
            return bool(record.connections)
        return any(line.startswith(stage.encode())
                   for line in record.commands)
    return is_there


@pytest.mark.parametrize("stage", ["GREETING", "EHLO", "MAIL", "RCPT",
                                   "DATA"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_before_the_message(queued, smarthost, stage, number):
    """The caller knows that it failed: nothing is kept behind his back."""
    go_on = threading.Event()
    host = clear(smarthost, pipelining=False, script=[
        at(stage, connection=1, hold=go_on)])
    queued.configure(host)
    process = submitting(queued, [TO])
    assert host.wait(begun(stage))
    process.send_signal(number)
    status, _, err = finish(process)
    go_on.set()
    assert status == 75 and "interrupted" in err
    assert queued.waiting == queued.failed == []
    queued.run().ok()
    assert host.messages == []


def test_signal_within_the_message(queued, smarthost):
    go_on = threading.Event()
    host = clear(smarthost, script=[at("BODY", after=100_000, hold=go_on,
                                       cut="before")])
    queued.configure(host)
    process = submitting(queued, [TO], STDIN % b"s" + b"x" * 70 * 400_000)
    assert host.wait(lambda record: any(
        event.kind == "early" for one in record.connections
        for event in one.events))
    process.send_signal(signal.SIGTERM)
    status, _, err = finish(process)
    go_on.set()
    assert status == 75 and "interrupted" in err
    assert queued.waiting == queued.failed == []


@pytest.mark.parametrize("args", [[], ["-odb"]], ids=["wait", "background"])
def test_signal_during_the_dot(queued, held, args):
    """The answer is waited for: no second copy, whatever it is."""
    queued.configure(held)
    process = submitting(queued, [*args, TO])
    assert held.wait(bodies(1))
    if process.poll() is None and not args:
        process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.2)
    held.go_on.set()
    assert finish(process) == (0, b"", "")
    until(lambda: queued.waiting == [])
    queued.run().ok()
    assert len(held.messages) == 1


def test_signal_to_a_run(queued, held):
    queued.configure(held)
    for _ in range(3):
        queued.submit(["-odq", TO]).ok()
    process = start(queued, ["-q"])
    assert held.wait(bodies(1))
    process.send_signal(signal.SIGTERM)
    held.go_on.set()
    assert finish(process)[0] in (0, 75)
    sent = len(held.messages)
    assert 1 <= sent and sent + len(queued.waiting) == 3
    queued.run().ok()
    assert len(held.messages) == 3 and queued.waiting == []


# one connection for many


def test_due_mail_is_taken_along(queued, smarthost):
    host = clear(smarthost)
    queued.configure(host)
    for number in range(5):
        queued.submit(["-odq", TO], STDIN % (b"%d" % number)).ok()
    queued.submit().ok()
    until(lambda: queued.waiting == [])
    assert len(host.connections) == 1 and len(host.messages) == 6
    assert host.messages[0].only("Subject") == "s"
    assert sorted(mail.only("Subject") for mail in host.messages[1:]) \
        == list("01234")


def test_mail_that_is_not_due_is_not_taken_along(queued, smarthost):
    host = clear(smarthost, script=[at("RCPT", connection=1,
                                       reply="450 4.2.1 later")])
    queued.configure(host)
    queued.submit().ok()
    queued.submit().ok()
    assert len(host.messages) == 1 and len(queued.waiting) == 1


def test_as_many_are_taken_along_as_a_connection_may_carry(queued,
                                                           smarthost):
    host = clear(smarthost)
    queued.configure(host, smarthost={"messages_per_connection": 3})
    for _ in range(5):
        queued.submit(["-odq", TO]).ok()
    queued.submit().ok()
    assert host.wait(lambda record: len(record.messages) == 3)
    assert len(host.connection.messages) == 3
    until(lambda: len(queued.waiting) == 3)


@pytest.mark.parametrize("rule", [
    at("MAIL", connection=1, nth=2, reply="421 4.7.0 enough", cut="after"),
    at("MAIL", connection=1, nth=2, cut="before"),
    at("MAIL", connection=1, nth=2, cut="before", reset=True),
    at("RCPT", connection=1, nth=2, reply="421 4.7.0 enough", cut="after"),
    at("DATA", connection=1, nth=2, reply="421 4.7.0 enough", cut="after")],
    ids=["421", "closed", "reset", "421 at RCPT", "421 at DATA"])
def test_fault_n21_second_mail_of_a_connection(queued, smarthost, rule):
    host = clear(smarthost, script=[rule])
    queued.configure(host)
    for number in range(4):
        queued.submit(["-odq", TO], STDIN % (b"%d" % number)).ok()
    queued.run().ok()
    assert sorted(mail.only("Subject") for mail in host.messages) \
        == list("0123")
    assert queued.waiting == [] and len(host.connections) == 2


def test_no_more_mails_than_163_takes(queued, smarthost):
    """Of a connection: 11; more are refused, and that is held against us."""
    host = smarthost("163", tls="off")
    queued.configure(host, smarthost={"auth": "login"},
                     sender={"rewrite": "always"})
    for _ in range(25):
        queued.submit(["-odq", TO]).ok()
    queued.run().ok()
    assert queued.waiting == [] and len(host.messages) == 25
    assert [len(one.messages) for one in host.connections] == [10, 10, 5]
    assert not [reply for one in host.connections for reply in one.replies
                if reply[:1] in b"45"]


@pytest.mark.parametrize("most", [1, 2])
def test_max_connections(queued, held, most):
    queued.configure(held, smarthost={"max_connections": most,
                                      "messages_per_connection": 1,
                                      "wait_timeout": "500ms"})
    for _ in range(4):
        queued.submit(["-odq", TO]).ok()
    runs = []
    for number in range(most):
        runs.append(start(queued, ["-q"]))
        assert held.wait(bodies(number + 1))
    queued.run().ok()  # waits for its turn, and does without it
    assert len(held.record.connections) == most
    assert len(queued.waiting) == 4
    held.go_on.set()
    assert [finish(one) for one in runs] == [(0, b"", "")] * most
    queued.run().ok()
    assert len(held.messages) == 4 and queued.waiting == []


def test_who_has_it_is_never_tried_again(queued, smarthost):
    host = clear(smarthost, script=[
        at("RCPT", when="c@d.example", reply="450 4.2.1 later"),
        at("RCPT", when="e@d.example", reply="452 4.2.2 full")])
    queued.configure(host).submit(
        ["a@d.example", "c@d.example", "b@d.example", "e@d.example"]).ok()
    for _ in range(3):
        queued.run().ok()
    host.script.clear()
    queued.run().ok()
    assert [mail.recipients for mail in host.messages] == [
        ["a@d.example", "b@d.example"], ["c@d.example", "e@d.example"]]
    for name, count in (("a", 1), ("b", 1), ("c", 5)):
        assert host.commands.count(
            b"RCPT TO:<%s@d.example>" % name.encode()) == count


SYNCS = "fsync,fdatasync,sync,syncfs,sync_file_range,msync"


def synced(queued, args):
    strace(queued, ["-e", f"trace={SYNCS}"], args).ok()
    return sum("sync" in line for line in trace(queued))


def test_nothing_is_synced_when_the_smarthost_takes_it(queued, smarthost):
    queued.configure(clear(smarthost))
    queued.run().ok()
    queued.submit(["-odq", TO]).ok()  # the folders are there
    queued.run().ok()
    assert synced(queued, [TO]) == 0
    assert synced(queued, ["-odq", TO]) == 2  # the file, and its name


# who sits before a terminal


@pytest.mark.parametrize("args, lines", [([], 1), (["-odq"], 0)])
def test_what_a_person_is_told(queued, args, lines):
    queued.configure(Nobody())
    ours, theirs = os.openpty()
    done = subprocess.run(
        queued.outpost.command([*args, TO]), input=MAIL, stderr=theirs,
        env=queued.outpost.environment(), timeout=30)
    os.close(theirs)
    os.set_blocking(ours, False)
    try:
        text = os.read(ours, 65536).decode()
    except (BlockingIOError, OSError):
        text = ""
    os.close(ours)
    assert done.returncode == 0
    kept = [line for line in text.splitlines() if "kept for later" in line]
    assert len(kept) == lines, text
    assert all(queued.waiting[0] in line for line in kept)


def test_time_the_caller_waits(queued, smarthost):
    """However slow the smarthost is."""
    host = clear(smarthost, script=[at("GREETING", silence=True)])
    queued.configure(host, smarthost={"wait_timeout": "1s"})
    began = time.monotonic()
    queued.submit().ok()
    assert time.monotonic() - began < 10 and len(queued.waiting) == 1
