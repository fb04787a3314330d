"""A spool without room (S11), and who may see and touch what is in it (C15,
S17, K1)."""

import base64
import os
import struct

import pytest
import spoolfile
from faults import clear
from places import OTHER, OWNER, WWW
from queued import SOON, TO, Nobody, merged
from runner import CODE, USER
from smarthost.script import at
from spooling import subjects
from test_faults_secrets import forms, shown

root = pytest.mark.root
LARGE = b"Subject: large\n\n" + (b"0123456789" * 7 + b"\n") * 4000


@pytest.fixture
def small(place, smarthost):
    """small(options): a spool on a small file system, run by outpost."""
    def make(options):
        machine = place(options).make_spool(drop=False)
        machine.host = clear(smarthost)
        machine.configure(machine.host)
        return machine
    return make


def block(machine):
    """Takes all the room that is left; returns what gives it back."""
    files = [machine.spool / "ballast"]
    with open(files[0], "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
    while os.statvfs(machine.spool).f_favail in range(1, 1000):
        files.append(machine.spool / f"ballast{len(files)}")
        files[-1].touch()

    def release():
        for path in files:
            path.unlink()
    return release


@root
@pytest.mark.parametrize("options", ["size=128k", "size=1m,nr_inodes=7"])
@pytest.mark.parametrize("mode", ["-odq", "-odb", "-odi"])
def test_fault_s_11_submission(small, options, mode):
    """Told at once, nothing left; with the smarthost there is no need."""
    machine = small(options)
    release = block(machine)
    for host in (Nobody(), machine.host):
        machine.configure(host)
        done = machine.submit([mode, TO], LARGE, uid=0)
        if mode == "-odi" and host is machine.host:
            assert done.status == 0
            continue
        done.failed(75)
        if mode != "-odi":
            done.failed(75, str(machine.directory), "no space left")
        assert machine.waiting == machine.litter == machine.failed == []
    assert len(machine.host.messages) == (mode == "-odi")
    release()
    if options.startswith("size"):
        machine.submit([mode, TO], uid=0).ok()


@root
@pytest.mark.parametrize("inodes", range(7, 13))
def test_fault_s_11_inodes(small, inodes):
    """However few there are: all of it or nothing."""
    machine = small(f"size=1m,nr_inodes={inodes}")
    kept = 0
    for number in range(4):
        done = machine.submit(["-odq", TO], b"Subject: %d\n\nx\n" % number,
                              uid=0)
        assert done.status in (0, 75) and machine.litter == []
        kept += done.status == 0
        assert len(machine.waiting) == kept
    machine.run()
    assert len(machine.host.messages) in (0, kept)
    # and one that is taken away makes room again
    if len(machine.host.messages) == 0 and kept:
        path = machine.spool / "queue" / machine.waiting[0]
        path.unlink()
        machine.run()
        assert len(machine.host.messages) == kept - 1
    assert machine.waiting == []


@root
def test_fault_s_11_state_needs_no_room(small):
    """A full disk keeps no mail from being sent, noted and removed."""
    machine = small("size=256k")
    machine.configure(machine.host, queue=SOON)
    for number in range(3):
        machine.submit(["-odq", TO], b"Subject: %d\n\nx\n" % number,
                       uid=0).ok()
    block(machine)
    machine.host.script[:] = [at("RCPT", reply="450 4.2.1 later")]
    machine.run().ok()
    slots = [spoolfile.parse(machine.spool / "queue" / name).slot
             for name in machine.waiting]
    assert [slot.attempts for slot in slots] == [1, 1, 1]
    assert all(b"later" in slot.results for slot in slots)
    machine.host.script[:] = []
    machine.run().ok()
    assert subjects(machine.host) == ["0", "1", "2"]
    assert machine.waiting == []


@root
def test_fault_s_11_no_room_for_the_report(small):
    """The mail has not failed before that can be told."""
    machine = small("size=256k")
    machine.configure(machine.host, queue=SOON)
    machine.host.script[:] = [at("RCPT", when=TO, reply="550 5.1.1 no")]
    machine.submit(["-odq", "-f", "me@d.example", TO], uid=0).ok()
    release = block(machine)
    machine.run().ok()
    assert len(machine.waiting) == 1 and machine.host.messages == []
    assert "report-failed" in machine.outpost.log()
    release()
    machine.run().ok()
    machine.run().ok()
    assert machine.waiting == []
    assert machine.host.message.recipients == ["me@d.example"]


@root
def test_fault_s_11_no_room_to_take_from_drop(place, smarthost):
    """What was dropped stays there."""
    machine = place("size=256k").make_spool()
    host = clear(smarthost)
    machine.configure(host)
    machine.submit(stdin=b"Subject: 0\n\n" + b"x" * 60000 + b"\n").ok()
    release = block(machine)
    machine.run().ok()
    assert len(machine.dropped) == 1 and machine.corrupt == []
    assert "no space left" in machine.outpost.log().lower()
    release()
    machine.run().ok()
    assert subjects(host) == ["0"] and machine.dropped == []


@root
def test_fault_s_11_read_only(place, smarthost):
    machine = place().make_spool(drop=False)
    host = clear(smarthost)
    machine.configure(host)
    machine.submit(["-odq", TO], uid=0).ok()
    assert machine.do(["mount", "-o", "remount,ro",
                       machine.directory]).status == 0
    machine.submit(["-odq", TO], uid=0).failed(
        75, str(machine.directory), "read-only")
    machine.submit([TO], uid=0).ok()  # it needs no room
    assert machine.run().status == 75
    assert len(host.messages) == 1 and len(machine.waiting) == 1


@pytest.fixture
def shared(place, smarthost):
    """A machine where root's mail waits, and one of www's."""
    machine = place().make_spool()
    machine.host = clear(smarthost, script=[
        at("RCPT", raw=b"450 4.2.1 \x1b[31m\x9b later\r\n")])
    machine.configure(machine.host)
    machine.submit(["-odq", TO], uid=0).ok()
    machine.submit(uid=WWW).ok()
    machine.run().ok()
    assert len(machine.waiting) == 2
    return machine


@root
def test_fault_c_15_mailq(shared):
    """Root and outpost see all, escaped; others only what is theirs."""
    uids = {name: struct.unpack(">I", spoolfile.parse(
        shared.spool / "queue" / name).records[0][1][10:])[0]
        for name in shared.waiting}
    assert sorted(uids.values()) == [0, WWW]
    command = shared.outpost.command
    for uid in (0, OWNER, WWW, OTHER):
        for words in (command([], "mailq"), command(["-bp"]),
                      command(["queue", "list"], "outpost")):
            done = shared.do(words, uid)
            seen = {name for name in uids if name.encode() in done.out}
            assert seen == {name for name, owner in uids.items()
                            if uid in (0, OWNER, owner)}, done
            assert (b"later" in done.out) == bool(seen)
            assert b"\x1b" not in done.out and b"\x9b" not in done.out
        for name, owner in uids.items():
            done = shared.do(command(["queue", "show", name], "outpost"), uid)
            assert (TO.encode() in done.out) == (uid in (0, OWNER, owner))


@root
@pytest.mark.parametrize("verb", ["remove", "hold", "retry", "release"])
def test_fault_s_17_who_is_not_the_owner(shared, verb):
    names = shared.waiting
    for words in ((names[0],), (names[1],), ("--all",)):
        done = shared.admin(verb, *words, uid=WWW)
        assert done.status != 0 and done.err, done
    assert shared.waiting == names
    slots = [spoolfile.parse(shared.spool / "queue" / name).slot
             for name in names]
    assert [slot.held for slot in slots] == [0, 0]
    assert [slot.attempts for slot in slots] == [1, 1]


@pytest.mark.parametrize("auth", ["plain", "login"])
def test_fault_k_01_nowhere_in_the_spool(queued, smarthost, auth):
    """Whatever the smarthost says: entries, states, pauses, reports."""
    texts = b" ".join(sorted(forms(CODE)))[:800]
    queued.changes = merged(queued.changes, {
        "smarthost": {"auth": auth, "user": USER, "password": CODE},
        "queue": SOON})
    for number, rule in enumerate((
            at("VERDICT", raw=b"454 4.7.0 " + texts + b"\r\n"),
            at("VERDICT", raw=b"535 5.7.8 " + texts + b"\r\n"),
            at("MAIL", raw=b"451 4.3.0 " + texts + b"\r\n"),
            at("RCPT", raw=b"450 4.2.1 " + texts + b"\r\n"),
            at("DOT", raw=b"451 4.2.1 " + texts + b"\r\n"),
            at("RCPT", raw=b"550 5.1.1 " + texts + b"\r\n"))):
        host = smarthost(tls="off", script=[rule])
        queued.configure(host)
        queued.submit([TO], b"Subject: %d\n\nx\n" % number)
        queued.run()
    files = [path for path in queued.spool.rglob("*") if path.is_file()]
    assert len(files) > 3
    held = {str(path): path.read_bytes() for path in files}
    listed = queued.admin("list").out
    for form in forms(CODE) | {base64.b64encode(CODE.encode())}:
        for path, data in held.items():
            assert form not in data, (path, form)
        assert not shown(form, queued.outpost.log(), listed)
    for path in files:
        assert os.stat(path).st_mode & 0o077 == 0
