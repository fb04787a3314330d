"""A mail sent at once, and the same one by way of the queue."""

import re
from dataclasses import dataclass

from faults import clear
from queued import TO, Nobody
from runner import Run

# what differs between two mails that give neither themselves
MADE = re.compile(rb"(?im)^((?:Resent-)?(?:Date|Message-ID)): [^\r]*")


def given(mail):
    """What is in it that was given, with where it came from."""
    where = mail.trace.split(b"\r\n")[0]
    return where, MADE.sub(rb"\1", mail.raw[len(mail.trace):])


@dataclass
class Pair:
    """What became of the two."""
    runs: tuple  # how the submissions ended: at once, and later
    mails: tuple  # what arrived

    def same(self):
        """Asserts that the queue made no difference, and gives the mail."""
        assert [run.status for run in self.runs] == [0, 0], self.runs
        first, second = self.mails
        assert first.sender == second.sender
        assert first.sender_params == second.sender_params
        assert first.recipients == second.recipients
        assert first.recipient_params == second.recipient_params
        assert given(first) == given(second)
        return second


def queue(queued, host, args=(TO,), stdin=b"", sections=None, **options):
    """Submits while the smarthost is down, then runs the queue with `host`;
    returns how the submission ended."""
    sections = sections or {}
    done: Run = queued.configure(Nobody(), **sections).submit(
        args, stdin, **options)
    queued.configure(host, **sections)
    queued.run(**options).ok()
    assert queued.waiting == []
    return done


def twice(queued, smarthost, args=(TO,), stdin=b"", sections=None,
          switches=None, **options):
    """Both ways to a smarthost in clear; returns the Pair."""
    host = clear(smarthost, **(switches or {}))
    queued.configure(host, **(sections or {}))
    first = queued.submit(args, stdin, **options)
    later = queue(queued, host, args, stdin, sections, **options)
    return Pair((first, later), tuple(host.messages))
