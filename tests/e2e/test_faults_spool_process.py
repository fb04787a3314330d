"""Faults of the process and of its input as far as they reach the spool
(groups P and I)."""

import os
import re
import signal
import subprocess
import threading

import pytest
import spoolfile
from faults import clear, needs
from queued import TO, Nobody, strace, trace, wait_for_end
from runner import finish
from smarthost.script import at
from spooling import LARGE, calls_of, fill, start_run, subjects


def test_fault_p_10_stopped_with_the_only_turn(queued, smarthost):
    """The others keep their mail, each within its time."""
    go_on = threading.Event()
    host = clear(smarthost, script=[at("RCPT", hold=go_on, connection=1)])
    queued.configure(host, smarthost={"wait_timeout": "500ms"})
    fill(queued, 1)
    process = start_run(queued)
    assert host.wait(lambda record: any(
        line.startswith(b"RCPT") for line in record.commands))
    process.send_signal(signal.SIGSTOP)
    queued.submit([TO], b"Subject: 1\n\nx\n").ok()
    queued.run().ok()
    assert len(queued.waiting) == 2
    process.kill()
    process.wait()
    go_on.set()
    queued.run().ok()
    assert queued.waiting == [] and subjects(host) == ["0", "1"]


def test_fault_p_10_many_stopped(queued, smarthost):
    """Those that still read have nothing that anybody waits for."""
    host = clear(smarthost)
    queued.configure(host)
    stopped = [queued.outpost.start(["-odq", TO]) for _ in range(20)]
    for process in stopped:
        process.stdin.write(LARGE)
        process.stdin.flush()
        process.send_signal(signal.SIGSTOP)
    queued.submit().ok()
    queued.run().ok()
    assert len(host.messages) == 1
    for process in stopped:
        process.kill()
        finish(process)
    assert queued.waiting == queued.litter == []


@pytest.mark.parametrize("number", ["TERM", "HUP", "INT", "KILL"])
def test_fault_p_08_signal_at_each_call(queued, smarthost, number):
    """Before the commit nothing is left; after it the mail stays."""
    needs("strace")
    host = clear(smarthost)
    queued.configure(host)
    fill(queued, 1)
    calls = calls_of(queued, ["-odq", TO], "outpost.ini")
    assert len(calls) > 30
    kept = len(queued.waiting)
    for name, count, line in calls[::1 if number == "TERM" else 4]:
        if name in ("exit_group", "exit"):
            continue
        done = strace(queued, ["-e",
                               f"inject={name}:signal={number}:when={count}"],
                      ["-odq", TO])
        names = queued.waiting
        assert len(names) - kept in ((1,) if done.status == 0 else (0, 1)), (
            line, done)
        if len(names) > kept and done.status != 0:
            # after the commit: it cannot be taken back
            assert name not in ("read", "fsync") or "/queue>" in line, line
        kept = len(names)
        for one in names:
            spoolfile.parse(queued.spool / "queue" / one)
    assert number == "KILL" or queued.litter == []
    queued.run().ok()
    assert len(host.messages) == kept and queued.waiting == []


def test_fault_i_03_the_input_cannot_be_read(queued):
    needs("strace")
    queued.configure(Nobody())
    strace(queued, [], ["-odq", TO], LARGE)
    before = len(queued.waiting)
    reads = [line for line in trace(queued)
             if re.match(r"\d+\s+read\(", line)]
    counts = [count for count, line in enumerate(reads, 1)
              if "read(0, " in line]
    # so many there are, however the pipe parts it
    for count in counts[:4]:
        for mode in ("-odq", "-odi"):
            done = strace(queued, [
                "-e", f"inject=read:error=EIO:when={count}"], [mode, TO],
                LARGE)
            done.failed(74)
            assert len(queued.waiting) == before and queued.litter == []
            assert queued.failed == []


def test_fault_i_10_the_producer_stops(queued, smarthost):
    """It waits, and nobody waits for it."""
    host = clear(smarthost)
    queued.configure(host)
    fill(queued, 1)
    process = queued.outpost.start(["-odq", TO])
    process.stdin.write(b"Subject: slow\n\n")
    process.stdin.flush()
    fill(queued, 1, 1)
    queued.run().ok()
    assert subjects(host) == ["0", "1"] and queued.waiting == []
    with open(f"/proc/{process.pid}/stat") as stat:
        times = stat.read().rpartition(")")[2].split()[11:13]
    assert sum(map(int, times)) < 20  # of the clock's ticks: 0.2 s
    with open("/proc/locks") as locks:
        assert f" {process.pid} " not in locks.read()
    assert finish(process, b"end\n") == (0, b"", "")
    queued.run().ok()
    assert subjects(host) == ["0", "1", "slow"]


def test_fault_i_11_the_producer_is_killed(queued, smarthost):
    """The end of the input is the end of the mail."""
    host = clear(smarthost)
    queued.configure(host)
    ends = os.pipe()
    producer = subprocess.Popen(
        ["sh", "-c", "printf 'Subject: s\\n\\nhalf\\n'; exec sleep 100"],
        stdout=ends[1])
    os.close(ends[1])
    process = subprocess.Popen(
        queued.outpost.command(["-odq", TO]), stdin=ends[0],
        env=queued.outpost.environment())
    os.close(ends[0])
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    producer.kill()
    producer.wait()
    assert wait_for_end(process) == 0
    queued.run().ok()
    assert host.message.body == b"half\r\n"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM,
                                    signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("mode", ["-odq", "-odb", "-odi"])
def test_fault_i_11_killed_while_it_reads(queued, smarthost, number, mode):
    host = clear(smarthost)
    queued.configure(host)
    process = queued.outpost.start([mode, TO])
    process.stdin.write(LARGE)
    process.stdin.flush()
    process.send_signal(number)
    assert process.wait(20) == -number
    process.stdin.close()
    process.stdout.close()
    process.stderr.close()
    queued.run().ok()
    assert queued.waiting == queued.litter == queued.failed == []
    assert host.connections == []


def test_fault_i_12_too_large_for_the_smarthost(queued, smarthost):
    """65 while somebody waits, a report later; and the room comes back."""
    host = clear(smarthost, size=20_000)
    queued.configure(host)
    queued.submit([TO], LARGE).failed(65, "20000")
    assert len(queued.failed) == 1 and host.messages == []
    queued.submit(["-odq", "-f", "me@d.example", TO], LARGE).ok()
    queued.run().ok()
    queued.run().ok()
    assert queued.waiting == [] and len(queued.failed) == 2
    assert host.message.recipients == ["me@d.example"]
    assert len(host.message.data) < 20_000
    sizes = [path.stat().st_size for path in queued.spool.rglob("*")
             if path.is_file() and path.parent.name != "failed"]
    assert sum(sizes) < 10_000
