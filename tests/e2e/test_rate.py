"""[smarthost] messages_per_minute."""

import struct
import time

import pytest
from faults import clear
from queued import TO
from spooling import fill
from smarthost.script import at

MAGIC = b"rate 1\n\0"


class Minute:
    """What is kept of the minute that runs."""

    def __init__(self, queued):
        self.path = queued.spool / "state" / "rate.default"

    def count(self):
        magic, _, count, check = struct.unpack(
            "=8sqII", self.path.read_bytes())
        assert magic == MAGIC and count ^ check == 0xffffffff
        return count

    def began(self, seconds):
        """It is that old, and used up."""
        self.path.write_bytes(struct.pack(
            "=8sqII", MAGIC, int(time.time()) - seconds, 9, ~9 & 0xffffffff))


@pytest.fixture
def limited(queued, smarthost):
    queued.host = clear(smarthost)
    queued.configure(queued.host, smarthost={"messages_per_minute": "2"})
    queued.minute = Minute(queued)
    return queued


def test_more_is_kept(limited):
    for _ in range(3):
        limited.submit().ok()
    assert len(limited.host.messages) == 2
    assert len(limited.host.connections) == 2
    assert len(limited.waiting) == 1 and limited.minute.count() == 2
    assert "all that messages_per_minute allows" in limited.outpost.log()
    # it is nobody's fault
    assert "event=paused" not in limited.outpost.log()


def test_a_run_goes_on_in_the_next_minute(limited):
    fill(limited, 3)
    limited.minute.began(58)
    begun = time.monotonic()
    # a third mail has to wait for yet another minute
    limited.configure(limited.host, smarthost={"messages_per_minute": "3"})
    limited.run().ok()
    assert time.monotonic() - begun > 1
    assert len(limited.host.messages) == 3 and limited.waiting == []
    assert len(limited.host.connections) == 1


def test_a_run_that_waits_can_be_ended(limited):
    fill(limited, 3)
    process = limited.outpost.start(["-q"])
    assert limited.host.wait(lambda record: len(record.messages) == 2)
    limited.host.settled()
    process.terminate()
    process.communicate(timeout=20)
    assert len(limited.host.messages) == 2 and len(limited.waiting) == 1


def test_one_that_goes_again_is_no_other_mail(limited):
    limited.host.script.append(at("MAIL", nth=2, reply="554 enough"))
    fill(limited, 2)
    limited.configure(limited.host, smarthost={"messages_per_minute": "3"})
    limited.run().ok()
    assert len(limited.host.messages) == 2 and limited.waiting == []
    assert limited.minute.count() == 3


def test_along_with_another(limited):
    fill(limited, 3)
    limited.submit([TO]).ok()
    assert limited.host.wait(lambda record: len(record.messages) == 2)
    assert len(limited.host.connections) == 1
    assert len(limited.waiting) == 2


def test_no_limit_is_not_counted(queued, smarthost):
    queued.configure(clear(smarthost))
    queued.submit().ok()
    assert not Minute(queued).path.exists()
