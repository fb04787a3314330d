"""Cases 29-31 of section 2: what a run costs when the smarthost is not well,
and what the clock does to the schedule."""

import os
import time

import pytest
import spoolfile
from faults import clear
from pausefile import Pause
from queued import TO, Nobody
from smarthost.script import at
from test_cases_smtp import both_hosts

DAY = 86400


def fill(queued, count, **options):
    """Puts that many mails into the queue, all due."""
    queued.place(*(spoolfile.mail(TO, subject=str(i), **options)
                   for i in range(count)))


def subjects(host):
    return sorted(int(mail.only("Subject")) for mail in host.messages)


def test_case_2_29_silent_greeting(queued, smarthost):
    host = clear(smarthost, script=[at("GREETING", connection=1,
                                       silence=True)])
    queued.configure(host, smarthost={"timeout": "500ms"})
    fill(queued, 500)
    began = time.monotonic()
    queued.run_due().ok()
    assert time.monotonic() - began < 10
    assert len(host.connections) == 1 and len(queued.waiting) == 500
    queued.configure(host).run().ok()
    assert subjects(host) == list(range(500)) and queued.waiting == []
    # no more than the account allows went over each connection
    assert len(host.connections) == 1 + 500 // 10


def test_case_2_29_silent_greeting_and_another_way(queued, smarthost):
    first, second = both_hosts(smarthost, tls="off", script=[
        at("GREETING", silence=True)])
    second.profile.auth = ""
    queued.configure(second, smarthost={
        "host": "127.0.0.2 127.0.0.1", "timeout": "2s",
        "messages_per_connection": 100})
    fill(queued, 20)
    queued.run().ok()
    assert subjects(second) == list(range(20)) and queued.waiting == []
    assert len(first.connections) == 1


def test_case_2_30_attempts_follow_the_schedule(queued, smarthost):
    host = clear(smarthost, script=[at("GREETING", cut="before", reset=True)])
    queued.configure(host)
    fill(queued, 100)
    pause = Pause(queued.spool)
    for attempt, minutes in enumerate((1, 5, 15, 30), 1):
        for _ in range(3):  # each minute, say
            queued.run_due().ok()
        assert len(host.connections) == attempt
        until, _, _, failures = pause.numbers()
        assert failures == attempt
        assert minutes * 60 - 5 <= until - time.time() <= minutes * 60 * 1.2
        # new mail changes nothing of that
        before = pause.data
        queued.submit().ok()
        others = set(queued.waiting)
        queued.submit(["-odb", TO]).ok()
        queued.let_go(*set(queued.waiting) - others)
        assert pause.data == before and len(host.connections) == attempt
        pause.set(int(time.time()) - 1)
    host.script.clear()
    queued.run_due().ok()
    assert len(queued.waiting) < 20 and pause.data is None


def test_case_2_30_q_tries_at_once(queued, smarthost):
    """Somebody who asks for it gets an attempt, one for all."""
    host = clear(smarthost, script=[at("GREETING", cut="before")])
    queued.configure(host)
    fill(queued, 100)
    for count in range(1, 4):
        queued.run().ok()
        assert len(host.connections) == count
    assert len(queued.waiting) == 100


@pytest.mark.parametrize("wait, goes", [
    (-1, True), (60, False), (3 * 3600, False), (DAY, True),
    (365 * DAY, True), (1 << 62, True)])
def test_case_2_31_stored_times(queued, smarthost, wait, goes):
    """A time further away than the longest step is one of another clock."""
    host = clear(smarthost)
    queued.configure(host)
    fill(queued, 1, due=int(time.time()) + wait, attempts=3)
    queued.run_due().ok()
    assert len(host.messages) == goes and len(queued.waiting) == 1 - goes


def test_case_2_31_reboot(queued, smarthost):
    """With all processes gone, and locks with them, the times stay."""
    host = clear(smarthost)
    queued.configure(Nobody()).submit().ok()
    name, = queued.waiting
    slot = spoolfile.parse(queued.spool / "queue" / name).slot
    assert 60 <= slot.next - slot.last <= 72
    queued.spool = queued.copy_of_spool()
    os.unlink(Pause(queued.spool).path)
    queued.configure(host, queue={"directory": queued.spool})
    queued.run_due().ok()
    assert queued.waiting == [name] and host.connections == []
    spoolfile.reschedule(queued.spool / "queue" / name,
                         next=int(time.time()))
    queued.run_due().ok()
    assert queued.waiting == [] and len(host.messages) == 1


def test_case_2_31_clock_that_was_set_back(queued, smarthost):
    """Neither the mail nor the account waits for the old time to come."""
    host = clear(smarthost)
    queued.configure(Nobody()).submit().ok()
    ahead = int(time.time()) + DAY
    Pause(queued.spool).set(ahead)
    name, = queued.waiting
    spoolfile.reschedule(queued.spool / "queue" / name, next=ahead,
                         last=ahead - 60)
    queued.configure(host).run_due().ok()
    assert len(host.messages) == 1 and queued.waiting == []
