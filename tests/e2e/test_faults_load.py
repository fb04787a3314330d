"""Load and time (group L), a large queue (S13), many mails in a session
(N21)."""

import hashlib
import os
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import spoolfile
from faults import clear
from measure import measured
from queued import SOON, TO, Nobody, strace, trace
from smarthost.script import at
from spooling import fill, make_spool, subjects

# scripts/soak says 100000
ENTRIES = int(os.environ.get("OUTPOST_ENTRIES", "20000"))
MANY = int(os.environ.get("OUTPOST_MANY", "1000"))
YEAR = 365 * 86400
KIB_MAX = 16 * 1024


def numbers(host):
    return [int(message.only("Subject")) for message in host.messages]


def make_entries(queued, count, due=0, first=0, step=1):
    """Entries named 0, 1 ... oldest first, all due at `due`."""
    file = spoolfile.mail(TO, subject="NUMBER", due=due)
    folder = queued.spool / "queue"
    names = []
    for number in range(first, first + count * step, step):
        file.message = spoolfile.TEXT % (b"%d" % number)
        names.append(spoolfile.place(folder, file,
                                     spoolfile.new_id(1000 + number)))
    return names


def probes(host):
    return len(host.record.connections)


@pytest.fixture
def ready(queued):
    """The folders of the spool are there."""
    queued.configure(Nobody())
    make_spool(queued)
    return queued


def test_fault_s_13_a_large_queue(ready, smarthost):
    """Little memory, the oldest first, and no bad one stops the rest.  Most
    of them are not due: what is counted is what it takes to look."""
    later = int(time.time()) + 3600
    make_entries(ready, ENTRIES, due=later, first=100)
    due = make_entries(ready, 20, step=ENTRIES // 20)
    bad = ready.spool / "queue" / spoolfile.new_id(1000)
    bad.write_bytes(b"x" * 5000)
    host = clear(smarthost)
    ready.configure(host)
    begun = time.monotonic()
    outpost = ready.outpost
    outpost.command = lambda args, program="outpost": [
        outpost.program(program), *args]
    done, peak = measured(outpost, ["queue", "run"], b"")
    spent = time.monotonic() - begun
    done.ok()
    assert numbers(host) == sorted(numbers(host))
    assert len(host.messages) == len(due)
    assert ready.corrupt == [bad.name]
    assert len(ready.waiting) == ENTRIES
    assert peak is None or peak < KIB_MAX, peak
    assert spent < 10 + ENTRIES / 1000, spent


def calls(queued, *args):
    """How many system calls the program makes."""
    strace(queued, ["-c"], args).ok()
    total, = [line for line in trace(queued) if line.endswith(" total")]
    return int(total.split()[3])


def test_fault_s_13_work_is_linear(ready, smarthost):
    """Ten times the mails take ten times the work."""
    later = int(time.time()) + 3600
    ready.configure(clear(smarthost))
    made = []
    for count in (ENTRIES // 40, ENTRIES // 4):
        make_entries(ready, count, due=later, first=100)
        made.append(calls(ready, "-qSno-such-sender"))
    assert made[1] < 11 * made[0], made


def test_fault_s_13_list(ready):
    """mailq of them all, in the same memory."""
    make_entries(ready, ENTRIES)
    outpost = ready.outpost
    begun = time.monotonic()
    done, peak = measured(outpost, ["-bp"], b"")
    assert time.monotonic() - begun < 10 + ENTRIES / 1000
    assert done.status == 0 and done.out.count(TO.encode()) == ENTRIES
    assert peak is None or peak < KIB_MAX, peak


def test_fault_s_13_oldest_first(ready, smarthost):
    """One that is refused temporarily keeps no later one."""
    host = clear(smarthost, script=[
        at("RCPT", when="later@", reply="450 4.2.1 later")])
    ready.configure(host, smarthost={"messages_per_connection": 7})
    for number in range(60):
        who = "later@d.example" if number % 3 == 0 else TO
        spoolfile.place(ready.spool / "queue", spoolfile.mail(
            who, subject=str(number)), spoolfile.new_id(1000 + number))
    ready.run().ok()
    assert numbers(host) == [number for number in range(60) if number % 3]
    assert len(ready.waiting) == 20
    assert all(len(connection.messages) <= 7 + 4
               for connection in host.connections)


@pytest.mark.parametrize("due, runs", [(-50 * YEAR, True), (20 * YEAR, True),
                                       (YEAR, True), (3600, False)])
def test_fault_l_01_next_attempt(ready, smarthost, due, runs):
    """A clock that was wrong when it was noted: never later than the longest
    step from now."""
    host = clear(smarthost)
    ready.configure(host)
    make_entries(ready, 3, due=int(time.time()) + due)
    ready.run_due().ok()
    assert len(host.messages) == (3 if runs else 0)


@pytest.mark.parametrize("made", [-10 * YEAR, 10 * YEAR])
def test_fault_l_01_no_mass_expiry(ready, smarthost, made):
    """A jump of the clock ends no life: not one was tried often enough."""
    host = clear(smarthost, script=[
        at("RCPT", when=TO, reply="450 4.2.1 later", connection=1)])
    ready.configure(host, queue=SOON,
                    smarthost={"messages_per_connection": 100})
    for number in range(20):
        spoolfile.place(ready.spool / "queue", spoolfile.mail(
            TO, subject=str(number), attempts=2,
            created=int(time.time()) + made))
    ready.run().ok()
    assert len(ready.waiting) == 20 and ready.failed == []
    ready.run().ok()
    assert sorted(numbers(host)) == list(range(20))


def closed(smarthost):
    """A smarthost that takes connections, and says it is closed."""
    return clear(smarthost, script=[
        at("GREETING", reply="421 4.3.2 closed", cut="after")])


@pytest.mark.parametrize("ahead, holds", [(10 * YEAR, False), (60, True),
                                          (-10 * YEAR, False)])
def test_fault_l_01_pause(ready, smarthost, ahead, holds):
    """One that was noted by a clock far ahead does not hold for years."""
    host = closed(smarthost)
    ready.configure(host)
    ready.submit().ok()
    host.script[:] = []
    path, = (ready.spool / "state").glob("pause*")
    data = bytearray(path.read_bytes())
    # the machine's own form: a magic, a salt, a digest, until, since ... sum
    struct.pack_into("=q", data, 56, int(time.time()) + ahead)
    data[-32:] = hashlib.sha256(data[:-32]).digest()
    path.write_bytes(data)
    ready.submit(stdin=b"Subject: next\n\nx\n").ok()
    assert (len(host.messages) > 0) != holds
    if not holds:
        assert not list((ready.spool / "state").glob("pause*"))


def test_fault_l_02_one_probe_a_step(ready, smarthost):
    """However many mails, and however often somebody looks: a probe at each
    step of the schedule, by the account, not by the mail."""
    down = closed(smarthost)
    ready.configure(down, queue={"retry": "1m 5m 15m"})
    make_entries(ready, 500)
    ready.run_due().ok()
    assert probes(down) == 1
    for _ in range(10):
        ready.run_due().ok()
    for _ in range(5):
        ready.submit().ok()
        ready.submit(["-odq", TO]).ok()
        ready.submit(["-odb", TO]).ok()
    assert probes(down) == 1
    assert len(ready.waiting) == 515
    slots = [spoolfile.parse(ready.spool / "queue" / name).slot
             for name in ready.waiting]
    assert sum(slot.attempts for slot in slots) <= 1


@pytest.mark.parametrize("steps", [4])
def test_fault_l_02_a_day(ready, smarthost, steps):
    """Each pause is as long as the schedule says, and ends."""
    down = closed(smarthost)
    ready.configure(down, queue={"retry": "1s 2s"})
    make_entries(ready, 200)
    begun = time.monotonic()
    while probes(down) < steps and time.monotonic() - begun < 30:
        ready.run_due().ok()
        time.sleep(0.05)
    spent = time.monotonic() - begun
    assert probes(down) == steps
    # the first at once, then 1, 2 and 2 seconds later, of whole ones
    assert 3 <= spent < 20
    host = clear(smarthost)
    ready.configure(host, queue={"retry": "1s 2s"},
                    smarthost={"max_connections": 2,
                               "messages_per_connection": 50})
    ready.run().ok()
    assert sorted(numbers(host)) == list(range(200))
    # no storm
    assert len(host.connections) <= 5


@pytest.mark.parametrize("is_up", [False, True], ids=["down", "up"])
def test_fault_l_03_many_at_once(queued, smarthost, is_up):
    """Each has an answer in its time, and each mail arrives once."""
    host = clear(smarthost)
    most = {"smarthost": {"max_connections": 3, "wait_timeout": "5s",
                          "messages_per_connection": 100}}
    queued.configure(host if is_up else Nobody(), **most)
    count = MANY // 5 if is_up else MANY

    def one(number):
        begun = time.monotonic()
        done = queued.submit([TO], b"Subject: %d\n\nx\n" % number)
        return done, time.monotonic() - begun

    with ThreadPoolExecutor(64) as pool:
        done = list(pool.map(one, range(count)))
    assert all((run.status, run.err) == (0, "") for run, _ in done)
    assert max(spent for _, spent in done) < 20
    assert queued.litter == []
    if not is_up:
        assert len(queued.waiting) == count
        queued.configure(host, **most)
    deadline = time.monotonic() + 60
    while queued.waiting and time.monotonic() < deadline:
        queued.run().ok()
    assert sorted(numbers(host)) == list(range(count))
    assert queued.waiting == queued.failed == queued.corrupt == []


@pytest.mark.parametrize("most", [1, 3])
def test_fault_l_03_connections_are_bounded(queued, smarthost, most):
    """While each of them waits for an answer, nobody makes another."""
    go_on = threading.Event()
    host = clear(smarthost, script=[at("DOT", hold=go_on)])
    queued.configure(host, smarthost={"max_connections": most,
                                      "wait_timeout": "1s"})

    def one(number):
        return queued.submit(
            [("-odi", "-odb", "-odi")[number % 3], TO],
            b"Subject: %d\n\nx\n" % number)

    with ThreadPoolExecutor(30) as pool:
        done = list(pool.map(one, range(30)))
    assert all((run.status, run.err) == (0, "") for run in done)
    for _ in range(2):
        queued.run().ok()
    assert 1 <= len(host.record.connections) <= most
    go_on.set()
    deadline = time.monotonic() + 60
    while queued.waiting and time.monotonic() < deadline:
        queued.run().ok()
    assert sorted(numbers(host)) == list(range(30))
    assert queued.waiting == queued.failed == []


def test_fault_l_03_many_without_waiting(queued, smarthost):
    """-odb leaves many processes, which take turns."""
    host = clear(smarthost)
    queued.configure(host, smarthost={"max_connections": 2})

    def one(number):
        return queued.submit(["-odb", TO], b"Subject: %d\n\nx\n" % number)

    with ThreadPoolExecutor(32) as pool:
        done = list(pool.map(one, range(100)))
    assert all((run.status, run.err) == (0, "") for run in done)
    deadline = time.monotonic() + 60
    while queued.waiting and time.monotonic() < deadline:
        queued.run().ok()
    assert sorted(numbers(host)) == list(range(100))


def test_fault_l_04_many_recipients(queued, smarthost):
    """Kept and sent in time that grows as they do, and in parts."""
    host = clear(smarthost)
    queued.configure(host, smarthost={"recipients_per_message": 100})
    people = [f"r{number}@d.example" for number in range(10_000)]
    mail = b"Subject: s\nBcc: " + ",\n ".join(people).encode() + b"\n\nx\n"
    begun = time.monotonic()
    queued.submit(["-odq", "-t"], mail).ok()
    parsed = spoolfile.parse(queued.spool / "queue" / queued.waiting[0])
    assert [address for address, _ in parsed.recipients] == people
    done, peak = measured(queued.outpost, ["-q"], b"")
    done.ok()
    assert time.monotonic() - begun < 30
    assert max(len(message.recipients) for message in host.messages) == 100
    assert [who for message in host.messages
            for who in message.recipients] == people
    assert queued.waiting == []
    assert peak is None or peak < KIB_MAX, peak


@pytest.mark.parametrize("stage, nth, rule", [
    ("MAIL", 2, {"reply": "421 4.3.2 too many", "cut": "after"}),
    ("MAIL", 2, {"cut": "before"}),
    ("MAIL", 2, {"cut": "before", "reset": True}),
    ("MAIL", 2, {"reply": "503 5.5.1 one a session"}),
    ("MAIL", 3, {"reply": "550 5.7.0 no more"}),
    ("MAIL", 2, {"reply": "451 4.7.0 slow down"}),
    ("RCPT", 2, {"reply": "421 4.3.2 too many", "cut": "after"}),
    ("DATA", 2, {"reply": "421 4.3.2 too many", "cut": "after"}),
    ("RSET", 1, {"reply": "421 4.3.2 no more", "cut": "after"}),
    ("RSET", 1, {"reply": "500 5.5.1 what"})],
    ids=lambda value: str(value)[:30])
@pytest.mark.parametrize("connection", [0, 1])
def test_fault_n_21_second_mail(queued, smarthost, stage, nth, rule,
                                connection):
    """Refused because it is the second: a new connection, and no loss."""
    host = clear(smarthost, script=[at(stage, nth=nth, connection=connection,
                                       **rule)])
    queued.configure(host, queue=SOON)
    fill(queued, 5)
    for _ in range(8):
        if queued.waiting:
            queued.run().ok()
    assert queued.waiting == queued.failed == []
    assert subjects(host) == list("01234")
    # once more for each, not a storm
    assert len(host.connections) <= 10


def test_fault_n_21_after_a_refused_mail(queued, smarthost):
    """RSET, or MAIL without it, brings the session back."""
    host = clear(smarthost, script=[
        at("RCPT", when="bad", reply="550 5.1.1 no"),
        at("RCPT", when="later", reply="450 4.2.1 later")])
    queued.configure(host)
    for number, who in enumerate((TO, "bad@d.example", TO, "later@d.example",
                                  TO)):
        queued.submit(["-odq", "-f", "<>", who],
                      b"Subject: %d\n\nx\n" % number).ok()
    queued.run().ok()
    assert subjects(host) == ["0", "2", "4"]
    assert len(host.connections) == 1
    assert len(queued.waiting) == len(queued.failed) == 1


def test_fault_n_21_sender_that_is_refused(queued, smarthost):
    """Not because it is the second: once more, and then it has failed."""
    host = clear(smarthost, script=[
        at("MAIL", when="<bad@", reply="550 5.7.1 not this sender")])
    queued.configure(host)
    for number, sender in enumerate(("a@d.example", "bad@d.example",
                                     "b@d.example", "bad@d.example")):
        queued.submit(["-odq", "-f", sender, TO],
                      b"Subject: %d\n\nx\n" % number).ok()
    for _ in range(3):
        queued.run().ok()
    assert {"0", "2"} <= set(subjects(host))
    assert queued.waiting == [] and len(queued.failed) == 2
    tried = [line for line in host.commands if b"<bad@" in line
             and line.startswith(b"MAIL")]
    assert 2 <= len(tried) <= 4
