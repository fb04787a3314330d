"""outpost queue show, run, retry, hold, release, remove; sendmail -q."""

import errno
import fcntl
import os
import pty
import signal
import subprocess
import time
from contextlib import suppress

import pytest

from queues import Queue
from smarthost.script import at

NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}
NO_ID = "0" * 21


@pytest.fixture
def queue(outpost):
    return Queue(outpost)


def recipients(host):
    return sorted(r for message in host.messages for r in message.recipients)


def fail_one(queue, host, *others):
    """A mail in failed/, refused for a@x.example; returns its id."""
    queue.configure(host)
    queue.outpost(["-i", "-f", "me@x.example", "a@x.example", *others],
                  b"Subject: x\n\nx\n").failed(67)
    (name,) = queue.ids("failed")
    return name


def test_usage(queue):
    for args in ([], ["eat"], ["show"], ["hold"], ["hold", "--all", NO_ID],
                 ["show", "../" + NO_ID], ["remove", "x"], ["run", "x"],
                 ["run", "--every", "1ms"], ["list", "--all"]):
        assert queue(*args).failed(64).err.startswith("outpost: ")
    text = queue.outpost(["--help"], program="outpost").out
    commands = text.partition(b"outpost queue:\n")[2].partition(b"\n\n")[0]
    assert len(commands.splitlines()) == 7


@pytest.mark.parametrize("command", ["show", "retry", "hold", "release",
                                     "remove"])
def test_no_such_mail(queue, command):
    name = queue.keep()
    queue(command, NO_ID).failed(69, f"there is no mail {NO_ID}")
    if command != "show":  # and the others are done all the same
        queue(command, NO_ID, name).failed(69, NO_ID)
        assert f"id={name} " in queue.outpost.log().splitlines()[
            -1 if command != "retry" else -5]


def test_show(queue):
    name = queue.keep("a@x.example", mail=b"Subject: kept\n\na\tb\x1b[2J\n"
                      + b"x" * 5000 + b"\nend\n")
    run = queue("show", name)
    assert (run.status, run.err) == (0, "")
    facts, header, body = run.out.split(b"\n\n", 2)
    assert name.encode() in facts and b"a@x.example\n" in facts
    assert b"me@x.example" in facts
    assert b"\nSubject: kept\n" in header
    assert b"\r" not in run.out
    assert body.startswith(b"a\tb\x1b[2J\n")
    assert body.endswith(b"x\nend\n") and body.count(b"x") == 5000


def read_all(terminal):
    """What was written to a terminal that nobody has open now."""
    text = b""
    try:
        while piece := os.read(terminal, 65536):
            text += piece
    except OSError as e:
        assert e.errno == errno.EIO, e
    return text


def test_show_on_a_terminal(queue):
    name = queue.keep(mail=b"Subject: kept\n\na\tb\x1b[2J\x9b\n")
    ours, theirs = pty.openpty()
    subprocess.run(queue.outpost.command(["queue", "show", name], "outpost"),
                   env=queue.outpost.environment(), stdout=theirs, timeout=15,
                   check=True)
    os.close(theirs)
    text = read_all(ours)
    os.close(ours)
    assert b"\x1b" not in text and b"\x9b" not in text
    assert b"a\tb\\x1b[2J\\x9b" in text


def test_run_tries_what_is_due(queue, smarthost):
    host = smarthost()
    queue.configure(host)
    queue.keep("a@x.example")
    queue("run").ok()
    assert recipients(host) == ["a@x.example"] and queue.ids() == []


def test_run_every(queue, smarthost):
    host = smarthost()
    queue.configure(host)
    process = queue.outpost.start(["-q"])  # nothing yet, and no trace
    assert process.wait(15) == 0
    process = subprocess.Popen(
        queue.outpost.command(["queue", "run", "--every", "1s"], "outpost"),
        env=queue.outpost.environment())
    try:
        for count in (1, 2):
            queue.submit(["-odq", f"{count}@x.example"]).ok()
            limit = time.monotonic() + 20
            while len(host.messages) < count:
                assert time.monotonic() < limit
                time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.wait()


def test_hold_and_release(queue, smarthost):
    host = smarthost()
    queue.configure(host)
    held, free = queue.keep("held@x.example"), queue.keep("free@x.example")
    queue("hold", held).ok()
    queue.outpost(["-qf"]).ok()
    assert recipients(host) == ["free@x.example"] and queue.ids() == [held]
    queue("retry", held).failed(69, held, "is held")
    queue("release", held).ok()
    queue("run").ok()
    assert len(host.messages) == 2 and queue.ids() == []
    log = queue.outpost.log()
    for event in ("held", "released"):
        assert f"event={event} by={os.geteuid()}" in log
    assert free not in [line for line in log if "event=held" in line]


def test_all_of_them(queue, smarthost):
    host = smarthost(script=[at("RCPT", when="bad@",
                                reply="550 5.1.1 unknown")])
    queue.configure(host)
    names = sorted(queue.keep(f"{i}@x.example") for i in range(3))
    queue("hold", names[0]).ok()
    queue("hold", "--all").ok()
    assert queue.outpost.log().count("event=held") == 3
    queue("release", "--all").ok()
    assert {m["state"] for m in queue.json()[0]} == {"waiting"}
    queue("hold", names[1]).ok()
    queue("retry", "--all").ok()
    assert len(host.messages) == 2 and queue.ids() == [names[1]]
    queue("remove", "--all").ok()
    assert queue.ids() == [] and len(host.messages) == 2


def test_retry_does_not_wait(queue, smarthost):
    queue.outpost(["-i", "a@x.example"], b"Subject: x\n\nx\n").ok()
    (name,) = queue.ids()  # the account is paused, and the mail not due
    other = queue.keep("b@x.example")
    host = smarthost()
    queue.configure(host)
    queue("retry", name).ok()
    assert recipients(host) == ["a@x.example"] and queue.ids() == [other]
    assert f"id={name} " in queue.outpost.log()
    assert "event=retried" in queue.outpost.log()


def test_a_mail_that_is_worked_on(queue):
    name = queue.keep()
    with open(queue.spool / "queue" / name, "rb") as entry:
        fcntl.flock(entry, fcntl.LOCK_EX)
        for command in ("hold", "release", "remove"):
            queue(command, name).failed(75, name, "being delivered right now")
    queue("remove", name).ok()
    assert queue.ids() == []


def test_remove_failed_mail(queue, smarthost):
    name = fail_one(queue, smarthost(
        script=[at("RCPT", reply="550 5.1.1 unknown")]))
    for command in ("hold", "retry"):
        queue(command, name).failed(69, name, "has failed", "release")
    queue("remove", "--all").ok()  # of the queue
    assert queue.ids("failed") == [name]
    queue("remove", name).ok()
    assert queue.ids("failed") == []


def test_release_failed_mail(queue, smarthost):
    refusing = smarthost(script=[at("RCPT", when="a@",
                                    reply="550 5.1.1 unknown")])
    name = fail_one(queue, refusing, "b@x.example")
    assert recipients(refusing) == ["b@x.example"]
    host = smarthost()
    queue.configure(host)
    queue("release", name).ok()
    assert queue.ids() == [name] and queue.ids("failed") == []
    assert queue.mail(name)["attempts"] == 0
    queue("run").ok()
    # who has it does not get it again
    assert recipients(host) == ["a@x.example"]
    assert queue.ids() == [] and queue.ids("failed") == []


def test_a_queue_that_is_not_kept(queue):
    queue.outpost.configure(changes={"queue": {"directory": ""}})
    for command in ("hold", "release", "remove"):
        queue(command, "--all").failed(69, "no queue is kept")
    queue("run").ok()


def test_a_change_that_is_not_logged(queue):
    name = queue.keep()
    queue.outpost.configure(changes={
        "queue": {"directory": queue.spool},
        "log": {"file": queue.outpost.directory}})
    queue("hold", name).failed(0, str(queue.outpost.directory))
    assert queue.mail(name)["state"] == "held"


def test_another_configuration(queue, smarthost):
    host = smarthost()
    queue.configure(host)
    queue.keep()
    config = queue.outpost.directory / "other.ini"
    queue.outpost.config_file.rename(config)
    run = queue.outpost(["-c", str(config), "queue", "list", "--json"],
                        program="outpost")
    assert run.status == 0 and len(run.out.splitlines()) == 2
    queue.outpost(["-c", str(config), "queue", "run"], program="outpost").ok()
    assert len(host.messages) == 1
    run = queue.outpost(["-c", str(config) + "x", "queue", "list"],
                        program="outpost")
    run.failed(78, "no such file")


@pytest.mark.root
def test_fault_s17_another_user(public_outpost):
    queue = Queue(public_outpost).publish()
    name = queue.keep()
    for args in (["hold", name], ["release", name], ["remove", name],
                 ["remove", "--all"], ["retry", name], ["run"], ["run", "--every", "1s"]):
        run = queue(*args, **NOBODY).failed(77, str(queue.spool), "root")
        assert len(run.err.splitlines()) == 1
    queue("show", name, **NOBODY).failed(77, name, "another user", "root")
    queue.outpost(["-q"], **NOBODY).failed(77, str(queue.spool))
    assert queue.ids() == [name]
    assert queue.mail(name)["state"] == "waiting"


@pytest.mark.parametrize("args, sent", [
    (["-q"], "abc"), (["-qf"], "abc"), (["-q0"], "abc"),
    (["-qRA@X"], "a"), (["-qR@x.example"], "abc"), (["-q!Ra@x"], "bc"),
    (["-qSb-sender"], "b"), (["-q!Sb-sender"], "ac"), (["-qRa@", "-qSb-"], ""),
    (["-qRb@", "-qSb-"], "b"), (["-qI{a}"], "a"), (["-q!I{a}"], "bc"),
])
def test_contract_15_which_are_tried(queue, smarthost, args, sent):
    host = smarthost()
    queue.configure(host)
    names = {who: queue.keep(f"{who}@x.example",
                             sender=f"{who}-sender@x.example")
             for who in "abc"}
    queue.outpost([arg.format(**names) for arg in args]).ok()
    assert recipients(host) == [f"{who}@x.example" for who in sent]


@pytest.mark.parametrize("name", ["absolute", "relative"])
def test_contract_15_repeated_runs_go_on_alone(queue, smarthost, name):
    host = smarthost()
    queue.configure(host)
    queue.keep()
    command = queue.outpost.command(["-q1h"], program="runq")
    config = queue.outpost.config_file
    env = queue.outpost.environment(
        {"OUTPOST_CONFIG": config.name if name == "relative" else str(config)})
    done = subprocess.run(
        command, env=env, cwd=config.parent, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=15)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    limit = time.monotonic() + 20
    while not host.messages or queue.ids():
        assert time.monotonic() < limit
        time.sleep(0.02)
    assert running(command[0])  # and there is one that goes on
    for process in running(command[0]):
        with suppress(ProcessLookupError):  # that of a run may have ended
            os.kill(process, signal.SIGTERM)
    while running(command[0]):
        assert time.monotonic() < limit
        time.sleep(0.02)


def running(program):
    """The processes that were started as `program`."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as words:
                if words.read().split(b"\0")[0] == program.encode():
                    found.append(int(entry))
        except (OSError, ValueError):
            pass
    return found
