"""What the tests of the spool's faults share."""

import re

from queued import TO, strace, trace

FOLDERS = {"queue": 0o711, "failed": 0o711, "own": 0o711,
           "corrupt": 0o700, "state": 0o700}
LARGE = b"Subject: large\n\n" + (b"0123456789" * 7 + b"\n") * 4000


def subjects(host):
    return sorted(message.only("Subject") for message in host.messages)


def fill(queued, count, first=0):
    """Queues mails with the subjects 0, 1 ..."""
    for number in range(first, first + count):
        queued.submit(["-odq", TO], b"Subject: %d\n\nx\n" % number).ok()


def start_run(queued, **options):
    return queued.outpost.start(["-q"], **options)


def calls_of(queued, args, since):
    """(name, how often so far) of the calls that a run makes from the first
    one that names `since` on; the run is really made."""
    strace(queued, ["-y"], args)
    seen, found, begun = {}, [], False
    for line in trace(queued):
        name = re.match(r"\d+\s+(\w+)\(", line)
        if name is None:
            continue
        seen[name[1]] = seen.get(name[1], 0) + 1
        begun = begun or since in line
        if begun:
            found.append((name[1], seen[name[1]], line))
    return found


def make_spool(queued):
    """The folders, with nothing in them."""
    queued.spool.mkdir()
    queued.spool.chmod(0o711)
    for name, mode in FOLDERS.items():
        (queued.spool / name).mkdir()
        (queued.spool / name).chmod(mode)
