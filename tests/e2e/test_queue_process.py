"""The processes that keep and send mail later: what they have, what they
leave alone, and what happens when they cannot be had."""

import os
import resource
import subprocess
import threading

import pytest
import spoolfile
from faults import MAIL, SANITIZED, clear, limited
from measure import measured
from queued import TO, Nobody, strace, until
from smarthost.script import at
from test_cases_queue_replies import bodies
from test_queue_company import heirs

LINE = b"0123456789" * 7 + b"\n"


@pytest.mark.root
@pytest.mark.parametrize("args, wait", [(["-odb"], "20s"), ([], "300ms")],
                         ids=["background", "handed over"])
def test_detached_process(queued, smarthost, args, wait):
    """It holds nothing of the caller's: no terminal, directory, pipe."""
    go_on = threading.Event()
    host = clear(smarthost, script=[at("DOT", hold=go_on)])
    queued.configure(host, smarthost={"wait_timeout": wait})
    queued.submit([*args, TO], cwd=queued.outpost.directory).ok()
    try:
        assert host.wait(bodies(1))
        heir, = heirs(queued)
        assert os.getsid(heir) != os.getsid(0)
        assert os.readlink(f"/proc/{heir}/cwd") == "/"
        for fd in range(3):
            assert os.readlink(f"/proc/{heir}/fd/{fd}") == "/dev/null"
        assert not [name for name in os.listdir(f"/proc/{heir}/fd")
                    if "pipe" in os.readlink(f"/proc/{heir}/fd/{name}")]
    finally:
        go_on.set()
    until(lambda: queued.waiting == [] and heirs(queued) == [])
    assert len(host.messages) == 1


@pytest.mark.parametrize("umask", [0, 0o777, 0o177])
def test_any_umask(queued, smarthost, umask):
    host = clear(smarthost)
    queued.configure(host)
    queued.submit(["-odq", TO], preexec_fn=lambda: os.umask(umask)).ok()
    name, = queued.waiting
    assert (queued.spool / "queue" / name).stat().st_mode & 0o777 == 0o600
    for folder in (".", "queue", "failed", "corrupt", "state"):
        assert (queued.spool / folder).stat().st_mode & 0o022 == 0
    queued.run(preexec_fn=lambda: os.umask(umask)).ok()
    assert len(host.messages) == 1


@pytest.mark.parametrize("mode", ["-odi", "-odq", "-odb"])
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_descriptors(queued, smarthost, mode, closed):
    host = clear(smarthost)
    queued.configure(host)
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" "$1" {TO} {closed}',
         queued.outpost.program(), mode], input=MAIL, timeout=30,
        env=queued.outpost.environment())
    assert done.returncode == 0
    until(lambda: queued.run().status == 0 and queued.waiting == [])
    assert len(host.messages) == 1 and queued.corrupt == []
    assert host.message.body == b"body\r\n"


@pytest.mark.parametrize("size", [0, 4096, 5000])
@pytest.mark.parametrize("mode", ["-odq", "-odb"])
def test_file_size_limit(queued, mode, size):
    queued.configure(Nobody())
    done = limited(queued.outpost, [mode, TO], {resource.RLIMIT_FSIZE: size},
                   MAIL + LINE * 100)
    assert done.status == 75 and "not kept" in done.err
    assert queued.waiting == queued.litter == []


NO_PROCESS = ["-e", "trace=clone,clone3,fork,vfork", "-e",
              "inject=clone,clone3,fork,vfork:error=EAGAIN"]


def test_no_process_for_the_background(queued, smarthost):
    host = clear(smarthost)
    queued.configure(host)
    strace(queued, NO_PROCESS, ["-odb", TO]).ok()
    assert len(queued.waiting) == 1 and host.messages == []
    queued.run_due().ok()
    assert len(host.messages) == 1


def test_no_process_to_hand_over_to(queued, smarthost):
    """Then the caller has to wait: one mail, and a true answer."""
    host = clear(smarthost, script=[at("DOT", delay=1)])
    queued.configure(host, smarthost={"wait_timeout": "300ms"})
    strace(queued, NO_PROCESS, [TO]).ok()
    assert len(host.messages) == 1 and queued.waiting == []


def test_no_process_to_take_mail_along(queued, smarthost):
    host = clear(smarthost)
    queued.configure(host)
    queued.submit(["-odq", TO]).ok()
    strace(queued, NO_PROCESS, [TO]).ok()
    assert len(host.messages) == 1 and len(queued.waiting) == 1
    queued.run_due().ok()
    assert len(host.messages) == 2


def test_memory_does_not_grow_with_the_mail(queued, smarthost):
    host = clear(smarthost)
    queued.configure(host)
    body = b"Subject: s\n\n" + LINE * 700_000  # 50 MB
    for args, stdin in ((["-odq", TO], body), (["-q"], b"")):
        done, peak = measured(queued.outpost, args, stdin)
        done.ok()
        assert peak is None or peak < 10 * 1024, args
    assert len(host.message.raw) > 50_000_000 and queued.waiting == []


def test_memory_does_not_grow_with_the_queue(queued, smarthost):
    host = clear(smarthost, script=[at("RCPT", reply="450 4.2.1 later")])
    queued.configure(host, smarthost={"messages_per_connection": 1000})
    queued.place(*(spoolfile.mail(TO, subject=str(number))
                   for number in range(1000)))
    done, peak = measured(queued.outpost, ["-q"], b"")
    done.ok()
    assert SANITIZED or peak is None or peak < 10 * 1024
    assert host.commands.count(f"RCPT TO:<{TO}>".encode()) == 1000


def test_steps_of_the_schedule(queued, smarthost):
    host = clear(smarthost, script=[at("RCPT", reply="450 4.2.1 later")])
    queued.configure(host, queue={"retry": "1m 5m 1h"}).submit().ok()
    path = queued.spool / "queue" / queued.waiting[0]
    for attempts, step in enumerate((60, 300, 3600, 3600, 3600), 1):
        slot = spoolfile.parse(path).slot
        assert slot.attempts == attempts
        assert step <= slot.next - slot.last <= step * 1.2
        queued.run_due().ok()  # it is not due
        queued.run().ok()
    assert spoolfile.parse(path).slot.attempts == 6
