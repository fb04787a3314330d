"""Each system call fails: what the caller is told, what is left, and what
arrives."""

import itertools

import pytest

from calls import EVERYTHING
from matrix import every, points
from ways import (ADMIN, CHILDREN, ONE, RUNS, SUBMISSIONS, Commit,
                  CommitToDrop, Deferral, RunOfLarge)

FULL = ("EIO", "ENOSPC", "EDQUOT")
MAKING = FULL + ("EROFS", "EMFILE", "ENOMEM")
NAMING = FULL + ("EROFS", "ENOMEM")
# call: what it may fail with
ERRORS = {
    "openat": ("EIO", "EMFILE", "ENOMEM"),
    "write": FULL, "pwrite64": FULL, "fsync": FULL, "fdatasync": FULL,
    "linkat": NAMING, "renameat2": NAMING, "mkdirat": NAMING,
    "unlinkat": ("EIO", "EROFS", "ENOMEM"), "fchmod": ("EIO", "EROFS"),
    "flock": ("ENOLCK", "EINTR"), "close": ("EIO",),
    "pread64": ("EIO", "ENOMEM"), "getdents64": ("EIO", "ENOMEM"),
    "newfstatat": ("EIO", "ENOMEM"), "faccessat2": ("EIO", "EROFS"),
    "connect": ("ENOMEM", "ECONNREFUSED"), "sendto": ("EIO", "ENOMEM"),
    "recvfrom": ("EIO", "ENOMEM"), "poll": ("ENOMEM",),
    "clone": ("EAGAIN", "ENOMEM"),
}


def errors_of(call):
    return MAKING if call.creates else ERRORS.get(call.name, ())


def mishaps(calls):
    """(call, what): each call, and with the most that matter each error."""
    turn = itertools.count()
    for call in calls:
        errors = errors_of(call)
        each = EVERYTHING or call.creates or call.name in ("fsync", "linkat")
        if errors and not each:
            errors = (errors[next(turn) % len(errors)],)
        for error in errors:
            yield call, f"error={error}"


def fail_everywhere(workshop, way):
    calls = points(workshop, way, errors_of)
    every(workshop, way, list(mishaps(calls)))


@pytest.mark.parametrize("way", SUBMISSIONS, ids=lambda way: way.name)
def test_fault_s_04_submission(workshop, way):
    fail_everywhere(workshop, way)


@pytest.mark.parametrize("way", CHILDREN, ids=lambda way: way.name)
def test_fault_s_04_process_left_behind(workshop, way):
    fail_everywhere(workshop, way)


@pytest.mark.parametrize("way", RUNS, ids=lambda way: way.name)
def test_fault_s_11_run(workshop, way):
    fail_everywhere(workshop, way)


@pytest.mark.parametrize("way", [Commit(), CommitToDrop(), Deferral()],
                         ids=lambda way: way.name)
def test_fault_s_06_fsync_unknown(workshop, way):
    """A directory that cannot be synced (EINVAL) is taken as it is, a file
    is not."""
    calls = [call for call in points(workshop, way, errors_of)
             if call.name == "fsync"]
    every(workshop, way, [(call, "error=EINVAL") for call in calls])
    folder = [call for call in calls if f"/{way.folder}>)" in call.text]
    for call in folder:
        assert way.run(workshop, call, "error=EINVAL")[0].status == 0


@pytest.mark.parametrize("way", ADMIN, ids=lambda way: way.name)
def test_fault_s_04_administrator(workshop, way):
    fail_everywhere(workshop, way)


def reads_of_body(calls, subject_id):
    """Those of an entry's file while it is sent."""
    sending = False
    for call in calls:
        sending |= call.name == "sendto" and "MAIL FROM" in call.text
        if sending and call.name == "pread64" and subject_id in call.text:
            yield call


@pytest.mark.parametrize("what", ["error=EIO", "retval=0"])
def test_fault_s_12_body_ends_early(workshop, what):
    """The file cannot be read to its end while it is sent: there is no final
    dot, and the mail waits."""
    way = RunOfLarge()
    o, wrong = way.run(workshop)
    assert wrong == []
    reads = list(reads_of_body(o.calls, o.ids[ONE]))
    assert len(reads) > 2
    every(workshop, way, [(call, what) for call in reads])
