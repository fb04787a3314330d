"""The power fails: what was acknowledged is there and whole."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

import disk
from calls import EVERYTHING, Call
from matrix import WORKERS, points
from place import mail
from smarthost.script import rules_of
from ways import (TO, Commit, CommitToDrop, CommitToNewSpool, Deferral,
                  Expiry, PickUp, Release, Remove, Run, RunPartlyDeferred,
                  RunPartlyFailed)

MAILS = 6
ALL_FSYNCS = Call("fsync", "1+", "")
DURABLE = ("write", "pwrite64", "fsync", "fdatasync", "linkat", "renameat2",
           "unlinkat", "mkdirat", "exit_group")


@pytest.fixture(scope="module")
def image(workshop):
    """A file system with nothing in it."""
    disk.needs_disks(workshop.directory)
    return disk.make_image(workshop.directory / "image")


def put(path, data):
    """Writes a file; its descriptor."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(fd, data)
    return fd


def test_control(workshop, image):
    """The disk does forget what nobody made durable, and nothing else:
    without this the tests below would prove nothing."""
    with workshop.place() as place:
        original = disk.copy(image, place.directory / "image")
        with disk.mounted(original, place.spool) as spool:
            early = put(spool / "early", b"not synced" * 100)
            synced = put(spool / "synced", b"synced" * 100)
            os.fsync(synced)
            late = put(spool / "late", b"not synced" * 100)
            cut = disk.copy(original, place.directory / "cut")
            for fd in (early, synced, late):
                os.close(fd)
        with disk.mounted(cut, place.spool) as spool:
            assert (spool / "synced").read_bytes() == b"synced" * 100
            assert not (spool / "late").exists()
            # the journal was written with the other's, the data was not
            assert not (spool / "early").exists() or \
                (spool / "early").read_bytes() == b""


@dataclass
class Later:
    """What there is when the machine has been up again."""
    copies: dict
    reports: int
    failed: int
    wrong: list  # with the spool


def after(workshop, way, cut):
    """Brings the machine up again, and runs the queue."""
    with workshop.place() as place, disk.mounted(cut, place.spool):
        place.host.script = rules_of(way.lasting_script)
        place.configure(way.lasting)
        said = place.recover()
        wrong = [f"{folder}/: {place.files(folder)} {said}"
                 for folder in ("queue", "drop", "corrupt")
                 if place.files(folder)]
        wrong += [f"litter: {name}" for name in place.litter]
        wrong += place.not_whole()
        wrong += [f"a run said {run}" for run in said if run.status != 0]
        reports = sum(not m.sender for m in place.host.record.messages)
        return Later(place.copies(), reports, len(place.files("failed")),
                     wrong)


def test_control_of_fsync(workshop, image):
    """A program that only says that it has synced is found out."""
    way = Commit()
    for call, lost in ((None, False), (ALL_FSYNCS, True)):
        o, later = suffer_cut(workshop, image, way, call, "retval=0")
        assert o.status == 0
        assert (later.copies == {}) == lost


# acknowledged

@pytest.mark.parametrize("way", [Commit(), CommitToDrop(), Deferral()],
                         ids=lambda way: way.name)
def test_fault_s_01_acknowledged(workshop, image, way):
    """After each exit 0 the power fails: all mails so far are there."""
    cuts = []
    with workshop.place() as place:
        original = disk.copy(image, place.directory / "image")
        with disk.mounted(original, place.spool) as spool:
            place.fill(workshop.template(way.name, way.fill))
            place.configure(way.changes, way.down)
            if way.nobody:
                place.close()
            disk.sync(spool)
            for i in range(MAILS):
                run = place.call(way.args, mail(f"m{i}", 1 + 400 * i),
                                 way.nobody)
                assert run.status == 0, run
                cuts.append(disk.copy(
                    original, workshop.directory / f"cut-{way.name}-{i}"))

    def look(i):
        later = after(workshop, way, cuts[i])
        cuts[i].unlink()
        if later.copies == {(f"m{j}", TO): 1 for j in range(i + 1)}:
            return later.wrong
        return later.wrong + [f"{i}: {later.copies}"]

    with ThreadPoolExecutor(WORKERS) as pool:
        wrong = [text for found in pool.map(look, range(MAILS))
                 for text in found]
    assert wrong == []


# not acknowledged, and while mail is delivered

def suffer_cut(workshop, image, way, call, what):
    """Runs the way until `call` (None: to its end), then cuts the power;
    (Outcome, Later)."""
    with workshop.place() as place:
        original = disk.copy(image, place.directory / "image")
        with disk.mounted(original, place.spool) as spool:
            template = workshop.template(way.name, way.fill)
            if template is not None:
                place.fill(template)
            disk.sync(spool)
            o = way.suffer(place, call, what)
            cut = disk.copy(original, workshop.directory /
                            f"cut-{place.directory.name}")
    later = after(workshop, way, cut)
    cut.unlink()
    return o, later


def judge(way, o, later):
    # what a run of the queue works on was acknowledged before
    safe = o.status == 0 or way.args == ["-q"]
    for key, (_, most) in way.copies_after_cut(o).items():
        early, late = o.before[key], later.copies.get(key, 0)
        if early + late < (1 if safe and most else 0):
            yield f"{key} is lost"
        if early + late > max(most, 2 if early else 1) or not most and late:
            yield f"{early} and {late} copies of {key}"
        if early and late and (not o.killed or o.durable(key[0])):
            yield f"{key} was sent again, though it was settled"
    if not safe or way.subject:
        return
    told = later.reports + sum("Mail not delivered" in key[0]
                               for key in o.before)
    least, most = way.reports(o)
    if not least <= told <= max(2 * least, most):
        yield f"{told} reports"
    if later.failed != way.failed(o)[0]:
        yield f"{later.failed} in failed/"


def cut_everywhere(workshop, image, way):
    calls = [None] + points(workshop, way,
                            lambda c: EVERYTHING or c.name in DURABLE
                            or c.creates)

    def one(call):
        o, later = suffer_cut(workshop, image, way, call, "signal=SIGKILL")
        return [f"cut at {call}: {text}"
                for text in later.wrong + list(judge(way, o, later))]

    with ThreadPoolExecutor(WORKERS) as pool:
        wrong = [text for found in pool.map(one, calls) for text in found]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("way", [Commit(), CommitToNewSpool(), CommitToDrop(),
                                 Deferral()], ids=lambda way: way.name)
def test_fault_s_02_unacknowledged(workshop, image, way):
    cut_everywhere(workshop, image, way)


@pytest.mark.parametrize("way", [Run(), RunPartlyDeferred(),
                                 RunPartlyFailed(), Expiry(), PickUp()],
                         ids=lambda way: way.name)
def test_case_2_25_delivery(workshop, image, way):
    """What was settled stays so; what was not may come again, once."""
    cut_everywhere(workshop, image, way)


@pytest.mark.parametrize("way", [Release(), Remove()],
                         ids=lambda way: way.name)
def test_fault_s_01_administrator(workshop, image, way):
    """What he was told is done stays so."""
    cut_everywhere(workshop, image, way)
