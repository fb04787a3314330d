"""Faults of the spool (group S)."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import spoolfile
from faults import clear, needs, run
from queued import SOON, TO, Nobody, strace, trace
from runner import finish
from smarthost.script import at
from spooling import (LARGE, calls_of, fill, make_spool, start_run,
                      subjects)


def ledger(queued, done, before=0):
    """Exit 0: one more mail, and whole.  Otherwise: nothing, of any name."""
    assert queued.litter == [], done
    assert len(queued.waiting) == before + (done.status == 0), done
    for name in queued.waiting:
        spoolfile.parse(queued.spool / "queue" / name)


COMMIT = ("openat", "linkat", "write", "fsync", "fchmod", "flock", "close",
          "renameat2", "newfstatat", "faccessat2", "pwrite64")


@pytest.mark.parametrize("error", ["EIO", "ENOSPC", "EDQUOT"])
def test_fault_s_04_each_call_of_the_commit(queued, error):
    needs("strace")
    queued.configure(Nobody())
    fill(queued, 1)
    calls = [call for call in calls_of(queued, ["-odq", TO],
                                       str(queued.spool))
             if call[0] in COMMIT]
    assert {"fsync", "write", "openat"} <= {name for name, _, _ in calls}
    written = 0
    for name, count, line in calls:
        before = len(queued.waiting)
        done = strace(queued, [
            "-e", f"inject={name}:error={error}:when={count}"],
            ["-odq", TO])
        # the name of a file may be refused to one that has none; the log,
        # and a descriptor at the end, say nothing of the mail
        must = name in ("fsync", "fchmod", "flock") or (
            name == "write" and f"{queued.spool}/queue/" in line)
        assert done.status in ((75,) if must else (0, 74, 75)), (line, done)
        written += must and name == "write"
        assert done.status == 0 or done.err, line
        ledger(queued, done, before)
    assert written > 0


def test_fault_s_04_a_second_fsync_proves_nothing(queued):
    needs("strace")
    queued.configure(Nobody())
    fill(queued, 1)
    strace(queued, [], ["-odq", TO])
    total = sum("fsync(" in line for line in trace(queued))
    for count in range(1, total + 1):
        done = strace(queued, ["-e", f"inject=fsync:error=EIO:when={count}"],
                      ["-odq", TO])
        done.failed(75, str(queued.spool))
        ledger(queued, done, 2)
        # nor is it tried
        assert sum("fsync(" in line for line in trace(queued)) == count


@pytest.mark.parametrize("call", ["fdatasync", "fsync", "unlinkat",
                                  "pwrite64", "write"])
def test_fault_s_04_delivery(queued, smarthost, call):
    """What cannot be noted may happen twice, and is said; it is not lost."""
    needs("strace")
    host = clear(smarthost)
    queued.configure(host)
    fill(queued, 2)
    done = strace(queued, ["-e", f"inject={call}:error=EIO"], ["-q"], b"")
    assert done.status == 0, done
    queued.run().ok()
    assert queued.waiting == queued.corrupt == queued.failed == []
    assert set(subjects(host)) == {"0", "1"}
    if len(host.messages) > 2 and call != "write":
        assert "unsettled" in queued.outpost.log()


@pytest.mark.root
def test_fault_s_05_one_process_number(queued, smarthost):
    """Many at once, each process 1 of a namespace of its own."""
    needs("unshare")
    host = clear(smarthost)
    queued.configure(host)
    make_spool(queued)
    command = ["unshare", "-p", "--fork"]
    if run(queued.outpost, [*command, "true"]).status != 0:
        pytest.skip("no namespaces can be had here")

    def one(number):
        return run(queued.outpost, [*command, *queued.outpost.command(
            ["-odq", TO])], b"Subject: %d\n\nx\n" % number)

    with ThreadPoolExecutor(16) as pool:
        done = list(pool.map(one, range(100)))
    assert all((one.status, one.err) == (0, "") for one in done)
    assert len(queued.waiting) == 100
    queued.run().ok()
    assert sorted(map(int, subjects(host))) == list(range(100))


@pytest.mark.parametrize("shift", ["-10y", "+10y", "-1d"])
def test_fault_s_05_clock_set(queued, smarthost, shift):
    needs("faketime")
    host = clear(smarthost)
    queued.configure(host)
    for command in ([], ["faketime", "-f", shift], []):
        done = run(queued.outpost,
                   [*command, *queued.outpost.command(["-odq", TO])])
        assert done.status == 0, done
    assert len(queued.waiting) == 3
    queued.run().ok()
    assert len(host.messages) == 3


@pytest.mark.parametrize("error, status", [("EINVAL", 0), ("EIO", 75)])
def test_fault_s_06_directory_without_fsync(queued, error, status):
    needs("strace")
    queued.configure(Nobody())
    fill(queued, 1)
    counts = [count for name, count, line in calls_of(
        queued, ["-odq", TO], str(queued.spool))
        if name == "fsync" and f"{queued.spool}/queue>" in line]
    assert len(counts) == 1
    done = strace(queued, ["-e",
                           f"inject=fsync:error={error}:when={counts[0]}"],
                  ["-odq", TO])
    assert done.status == status, done
    ledger(queued, done, 2)


@pytest.fixture
def busy(queued, smarthost):
    """A run of the queue that waits for an answer to RCPT; four mails."""
    go_on = threading.Event()
    host = clear(smarthost, script=[at("RCPT", hold=go_on, connection=1,
                                       nth=1)])
    queued.configure(host, smarthost={"max_connections": 4})
    fill(queued, 4)
    process = start_run(queued)
    assert host.wait(lambda record: any(
        line.startswith(b"RCPT") for line in record.commands))
    yield queued, host, process, go_on
    go_on.set()
    if process.poll() is None:
        process.kill()
    finish(process)


def test_fault_s_07_two_runs(busy):
    queued, host, process, go_on = busy
    queued.run().ok()
    assert 1 <= len(queued.waiting) <= 3
    go_on.set()
    assert finish(process) == (0, b"", "")
    assert queued.waiting == []
    assert subjects(host) == ["0", "1", "2", "3"]


def test_fault_s_07_killed_with_the_lock(busy):
    queued, host, process, go_on = busy
    process.kill()
    process.wait()
    queued.run().ok()
    go_on.set()
    assert queued.waiting == []
    assert subjects(host) == ["0", "1", "2", "3"]


def test_fault_s_07_many_runs(queued, smarthost):
    host = clear(smarthost)
    queued.configure(host, smarthost={"max_connections": 4})
    fill(queued, 40)
    runs = [start_run(queued) for _ in range(8)]
    assert [finish(process) for process in runs] == [(0, b"", "")] * 8
    assert queued.waiting == []
    assert sorted(map(int, subjects(host))) == list(range(40))


def test_fault_p_10_stopped_with_lock_and_connection(busy):
    """All others go on; when it wakes up, so does it."""
    queued, host, process, go_on = busy
    process.send_signal(signal.SIGSTOP)
    queued.submit([TO], b"Subject: 4\n\nx\n").ok()
    queued.submit(["-odq", TO], b"Subject: 5\n\nx\n").ok()
    queued.run().ok()
    got = {message.only("Subject") for message in host.record.messages}
    assert {"4", "5"} <= got
    assert 1 <= len(queued.waiting) <= 3
    process.send_signal(signal.SIGCONT)
    go_on.set()
    assert finish(process) == (0, b"", "")
    assert queued.waiting == []
    assert sorted(map(int, subjects(host))) == list(range(6))


@pytest.mark.parametrize("delivery", ["-odq", "-odb", "-odi"])
def test_fault_s_10_others_may_write(queued, smarthost, delivery):
    host = clear(smarthost)
    queued.configure(host)
    queued.spool.mkdir()
    os.chmod(queued.spool, 0o777)
    done = queued.submit([delivery, TO])
    if delivery == "-odi":
        done.ok()  # nothing needs to be kept
        queued.configure(Nobody())
        done = queued.submit([delivery, TO])
    assert done.status != 0 and "chmod" in done.err, done
    assert delivery == "-odi" or done.status == 78
    queued.run().failed(78, "chmod go-w", str(queued.spool))
    assert queued.spool.stat().st_mode & 0o777 == 0o777
    assert queued.waiting == [] and queued.litter == []


@pytest.mark.parametrize("folder", ["queue", "failed", "corrupt", "state"])
def test_fault_s_10_folders(queued, smarthost, folder):
    queued.configure(clear(smarthost))
    fill(queued, 1)
    place = queued.spool / folder
    place.chmod(0o770)
    queued.submit(["-odq", TO]).failed(78, "chmod go-w", str(place))
    queued.run().failed(78, "chmod go-w", str(place))
    place.chmod(0o700)
    queued.run().ok()
    assert queued.waiting == []


@pytest.mark.root
@pytest.mark.parametrize("folder", [".", "queue"])
def test_fault_s_10_owner(queued, smarthost, folder):
    queued.configure(clear(smarthost))
    fill(queued, 1)
    os.chown(queued.spool / folder, 54321, 54321)
    queued.submit(["-odq", TO]).failed(78, "chown", str(queued.spool))
    queued.run().failed(78, "chown", str(queued.spool))
    assert (queued.spool / folder).stat().st_uid == 54321


@pytest.mark.parametrize("what", ["file", "link", "dangling"])
def test_fault_s_10_no_folder(queued, smarthost, what):
    queued.configure(clear(smarthost))
    fill(queued, 1)
    os.rename(queued.spool / "queue", queued.spool / "elsewhere")
    if what == "file":
        (queued.spool / "queue").write_text("")
    else:
        (queued.spool / "queue").symlink_to(
            "elsewhere" if what == "link" else "nowhere")
    done = queued.submit(["-odq", TO])
    assert done.status in (75, 78) and f"{queued.spool}/queue" in done.err
    assert len(os.listdir(queued.spool / "elsewhere")) == 1


def held_at_data(queued, smarthost):
    """A run that has checked a large mail, and waits for 354."""
    go_on = threading.Event()
    host = clear(smarthost, script=[at("DATA", hold=go_on, connection=1)])
    queued.configure(host)
    queued.submit(["-odq", TO], LARGE).ok()
    process = start_run(queued)
    assert host.wait(lambda record: any(
        line.startswith(b"DATA") for line in record.commands))
    return host, process, go_on


@pytest.mark.parametrize("size", [5000, 100_000, 200_000])
def test_fault_s_12_shorter_than_it_says(queued, smarthost, size):
    host, process, go_on = held_at_data(queued, smarthost)
    host.expect_violations()  # it is cut off in the middle
    path = queued.spool / "queue" / queued.waiting[0]
    whole = path.read_bytes()
    os.truncate(path, size)
    go_on.set()
    assert finish(process) == (0, b"", "")
    assert not any(message.complete for connection in host.connections
                   for message in connection.messages)
    assert len(queued.waiting) == 1
    path.write_bytes(whole)
    queued.run().ok()
    assert subjects(host) == ["large"] and queued.waiting == []


def test_fault_s_12_it_cannot_be_read(queued, smarthost):
    """Whichever read fails: no dot, and the mail stays."""
    needs("strace")
    host = clear(smarthost)
    host.expect_violations()
    queued.configure(host, queue=SOON)
    queued.submit(["-odq", TO], LARGE).ok()
    name = queued.waiting[0]
    path = queued.spool / "queue" / name
    whole = path.read_bytes()
    strace(queued, ["-y"], ["-q"], b"")
    reads = [count for count, line in enumerate(
        [line for line in trace(queued) if "pread64(" in line], 1)
        if f"/queue/{name}>" in line]
    assert len(reads) > 5 and len(host.messages) == 1
    for count in reads:
        path.write_bytes(whole)
        path.chmod(0o600)
        done = strace(queued, ["-e",
                               f"inject=pread64:error=EIO:when={count}"],
                      ["-q"], b"")
        assert done.status == 0 and queued.waiting == [name], (count, done)
        assert queued.corrupt == []
    assert len(host.messages) == 1
    assert not any(message.complete and not message.accepted
                   for connection in host.connections
                   for message in connection.messages)


def test_fault_s_14_only_who_is_left(queued, smarthost):
    go_on = threading.Event()
    host = clear(smarthost, script=[
        at("RCPT", when="two", reply="550 5.1.1 no"),
        at("RCPT", when="three", reply="451 4.2.0 later", connection=1),
        at("RCPT", when="three", hold=go_on, connection=2)])
    queued.configure(host, queue=SOON)
    people = [f"{name}@d.example" for name in ("one", "two", "three")]
    queued.submit(["-odq", "-f", "<>", *people]).ok()
    queued.run().ok()
    name = queued.waiting[0]
    states = spoolfile.parse(queued.spool / "queue" / name).recipients
    assert states == list(zip(people, (
        spoolfile.DELIVERED, spoolfile.FAILED, spoolfile.OPEN)))
    process = start_run(queued)
    assert host.wait(lambda record: sum(
        b"three" in line for line in record.commands) == 2)
    process.kill()
    process.wait()
    assert queued.waiting == [name]
    queued.run().ok()
    go_on.set()
    assert [message.recipients for message in host.messages] == [
        people[:1], people[2:]]
    tried = [line for line in host.commands if b"two" in line]
    assert len(tried) == 1
    # who was refused is not forgotten
    assert queued.waiting == [] and queued.failed == [name]


@pytest.mark.parametrize("number, kept", [(spoolfile.DELIVERED, []),
                                          (spoolfile.FAILED, ["failed"])])
def test_fault_s_14_crash_before_it_was_put_away(queued, smarthost, number,
                                                 kept):
    """Nobody is left to try: it is put away, and nobody gets it again."""
    host = clear(smarthost)
    queued.configure(host)
    make_spool(queued)
    file = spoolfile.mail(TO)
    file.records[-1] = spoolfile.recipient(TO.encode(), number)
    name = spoolfile.place(queued.spool / "queue", file)
    queued.run().ok()
    assert queued.waiting == [] and host.messages == []
    assert queued.failed == [name] * len(kept)


def test_fault_s_15_another_version(queued, smarthost):
    """A newer one is left alone; this one's is what doc/SPOOL.md says."""
    host = clear(smarthost)
    queued.configure(host)
    make_spool(queued)
    folder = queued.spool / "queue"
    newer = spoolfile.mail(TO, subject="newer")
    newer.version = 2
    name = spoolfile.place(folder, newer, spoolfile.new_id(1))
    data = (folder / name).read_bytes()
    strange = spoolfile.place(folder, spoolfile.MAGIC + b"\xff" * 4000,
                              spoolfile.new_id(2))
    spoolfile.place(folder, spoolfile.mail(TO, subject="one"))
    queued.run().ok()
    assert subjects(host) == ["one"]
    assert queued.waiting == [name, strange] and queued.corrupt == []
    assert (folder / name).read_bytes() == data
    told = [line for line in queued.outpost.log().splitlines()
            if name in line]
    assert len(told) == 1 and "version 2" in told[0]


DAY = 86400


@pytest.mark.parametrize("attempts, over", [(0, False), (3, False), (4, True),
                                            (100, True)])
def test_fault_s_16_the_life_is_over(queued, smarthost, attempts, over):
    """Only after attempts that were really made: four, and this one."""
    host = clear(smarthost, script=[
        at("RCPT", when=TO, reply="450 4.2.1 try again")])
    queued.configure(host, recipients={"aliases": None})
    make_spool(queued)
    name = spoolfile.place(queued.spool / "queue", spoolfile.mail(
        TO, created=int(time.time()) - 30 * DAY, attempts=attempts))
    queued.run().ok()
    if not over:
        assert queued.waiting == [name] and queued.failed == []
        assert host.messages == []
        return
    queued.run().ok()
    assert queued.waiting == [] and queued.failed == [name]
    report = host.message
    assert (report.sender, report.recipients) == ("", ["u@d.example"])
    assert b"try again" in report.data
    assert b"Action: failed" in report.data
    assert sum(TO.encode() in line for line in host.commands) == 1


def test_fault_s_16_no_attempt_no_end(queued, smarthost):
    """Without the smarthost no life ends, however often it is looked for."""
    queued.configure(Nobody(), queue=SOON)
    make_spool(queued)
    names = [spoolfile.place(queued.spool / "queue", spoolfile.mail(
        TO, subject=str(number), created=int(time.time()) - 30 * DAY))
        for number in range(3)]
    queued.run().ok()
    assert queued.waiting == sorted(names) and queued.failed == []
    host = clear(smarthost)
    queued.configure(host, queue=SOON)
    queued.run().ok()
    assert subjects(host) == ["0", "1", "2"]


def test_fault_s_16_report_that_is_refused(queued, smarthost):
    """It is kept and logged, and nobody is told of it."""
    host = clear(smarthost, script=[at("RCPT", reply="550 5.1.1 no such")])
    queued.configure(host)
    queued.submit(["-odq", TO]).ok()
    for _ in range(3):
        queued.run().ok()
    assert queued.waiting == [] and host.messages == []
    assert len(queued.failed) == 2
    kinds = [spoolfile.parse(queued.spool / "failed" / name).records[0][1][0]
             for name in queued.failed]
    assert sorted(kinds) == [spoolfile.MAIL, spoolfile.REPORT]
    assert "a report is not reported on" in queued.outpost.log()
    assert len(host.commands) - host.commands.count(b"QUIT") < 12
