"""What users may put into the drop folder to harm others: none of it is
followed, waited for or believed, and the others' mail goes out in the same
run."""

import os
import socket
import stat
import time

import pytest
import spoolfile
from faults import clear
from places import OTHER, OWNER, WWW
from queued import TO
from spoolfile import DROP, MAIL, REPORT, mail

pytestmark = pytest.mark.root
SHADOW = b"root:$6$secret:19000:0:99999:7:::\n"


def dropped(subject="s", kind=DROP, **options):
    return mail(TO, subject=subject, kind=kind, sender=b"", return_to=None,
                **options)


GOOD = dropped("evil").data()


@pytest.fixture
def machine(place, smarthost):
    """One where each of two users has left a mail, before and after what is
    put there by machine.put(function of the path)."""
    made = place().make_spool()
    made.host = clear(smarthost)
    made.configure(made.host)
    (made.etc / "shadow").write_bytes(SHADOW)
    (made.etc / "shadow").chmod(0o600)
    folder = made.spool / "drop"

    def put(how, name=None, uid=WWW):
        made.leave(dropped("before"), OTHER, name=spoolfile.new_id(1))
        made.leave(dropped("after"), OTHER, name=spoolfile.new_id(3))
        path = folder / (name or spoolfile.new_id(2))
        how(path)
        os.chown(path, uid, OWNER, follow_symlinks=False)
        return path

    made.put = put
    return made


def others_are_served(machine, seconds=10, more=()):
    """By one run, as outpost."""
    begun = time.monotonic()
    machine.run().ok()
    assert time.monotonic() - begun < seconds
    subjects = [message.only("Subject") for message in machine.host.messages]
    assert sorted(subjects) == sorted(["before", "after", *more])
    for message in machine.host.messages:
        assert b"secret" not in message.data


def set_aside(machine, path):
    """It is in corrupt/, and the log says so."""
    assert not os.path.lexists(path)
    assert len(machine.corrupt) == 1
    assert any("corrupt" in line or "no mail" in line
               for line in machine.outpost.log().splitlines())
    return machine.spool / "corrupt" / machine.corrupt[0]


def link(target):
    return lambda path: os.symlink(target, path)


def make_socket(path):
    where = os.open(path.parent, os.O_RDONLY)
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(f"/proc/self/fd/{where}/{path.name}")
    sock.close()
    os.close(where)


def make_device(path):
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("no devices can be made here")


SPECIAL = {
    "symlink": link("/etc/shadow"), "dangling": link("/nonexistent"),
    "symlink to a device": link("/dev/zero"),
    "symlink out": link("../../../../etc/shadow"),
    "symlink to the queue": link("../queue"),
    "fifo": lambda path: os.mkfifo(path, 0o666), "socket": make_socket,
    "device": make_device,
}


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("name", [None, "passwd"], ids=["id", "name"])
def test_drop_special_file(machine, kind, name):
    path = machine.put(SPECIAL[kind], name)
    before = os.lstat(path)
    others_are_served(machine)
    after = os.lstat(set_aside(machine, path))
    assert (before.st_ino, before.st_mode) == (after.st_ino, after.st_mode)
    assert (machine.etc / "shadow").read_bytes() == SHADOW


@pytest.mark.parametrize("mode", [0o777, 0o700, 0o000])
def test_drop_directory(machine, mode):
    """Somebody else's cannot always be moved; it is told, and no more."""
    def make(path):
        path.mkdir()
        (path / spoolfile.new_id()).write_bytes(GOOD)
        path.chmod(mode)

    path = machine.put(make)
    others_are_served(machine)
    assert path.name in machine.outpost.log()
    assert os.path.lexists(path) != bool(machine.corrupt)


def write(data, mode=0o640):
    def make(path):
        path.write_bytes(data)
        path.chmod(mode)
    return make


def sparse(path):
    write(GOOD)(path)
    os.truncate(path, 1 << 40)


def sparse_message(path):
    """A message of a TiB that is not there."""
    file = dropped("evil")
    file.sizes = (1 << 39, 100)
    write(file.data())(path)
    os.truncate(path, (1 << 39) + 4096)


FILES = {
    "empty": write(b""), "garbage": write(b"\0\xff" * 5000),
    "a mail, but no entry": write(b"To: a@b.example\n\nx\n"),
    "nobody may read it": write(GOOD, 0), "its owner only": write(GOOD, 0o600),
    "sparse": sparse, "sparse message": sparse_message,
    "torn": write(GOOD[:-20]),
    "checksum": write(GOOD[:-1] + bytes([GOOD[-1] ^ 1])),
    "origin MAIL": write(mail(TO, subject="evil").data()),
    "origin MAIL, sender empty": write(dropped("evil", MAIL).data()),
    "origin REPORT": write(dropped("evil", REPORT).data()),
    "two recipients that are one": write(mail(
        TO, TO, subject="evil", kind=DROP, sender=b"",
        return_to=None).data()),
    "newline in a recipient": write(mail(
        "a@b\nx: y", kind=DROP, sender=b"", return_to=None).data()),
}


@pytest.mark.parametrize("kind", FILES)
def test_drop_forged_file(machine, kind):
    """To corrupt/, as it was."""
    path = machine.put(FILES[kind])
    before = os.lstat(path)
    others_are_served(machine)
    after = os.lstat(set_aside(machine, path))
    assert (before.st_ino, before.st_size) == (after.st_ino, after.st_size)
    assert path.name in machine.outpost.log()
    machine.run().ok()
    assert len(machine.corrupt) == 1 and len(machine.host.messages) == 2


@pytest.mark.parametrize("text", [
    *(b"a" + end + b"MAIL FROM:<evil@x.example>\r\n" for end in (
        b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\r",
        b"\0.\r\n", b"\r\r\n.\r\n")),
    b"no end"])
def test_drop_smuggled(machine, text):
    """A second mail behind what some servers take for the first one's end: no
    line but a clean one goes out."""
    file = dropped("evil")
    file.message += text
    path = machine.put(write(file.data()))
    others_are_served(machine)
    set_aside(machine, path)
    assert "of the message" in machine.outpost.log()


@pytest.mark.parametrize("target", ["/etc/shadow", "queue"])
def test_drop_hard_link(machine, target):
    """Of a file of outpost's own, or one's own elsewhere."""
    machine.leave(GOOD, name="victim")
    victim = machine.spool / "drop" / "victim"
    elsewhere = machine.spool / "queue" / spoolfile.new_id(5)
    os.rename(victim, elsewhere)
    os.chown(elsewhere, OWNER if target == "queue" else WWW, OWNER)
    if target != "queue":
        elsewhere = elsewhere.rename(machine.spool / "elsewhere")

    path = machine.put(lambda path: os.link(elsewhere, path),
                       uid=OWNER if target == "queue" else WWW)
    begun = time.monotonic()
    machine.run().ok()
    assert time.monotonic() - begun < 10
    subjects = [message.only("Subject") for message in machine.host.messages]
    assert subjects.count("before") == subjects.count("after") == 1
    assert not os.path.lexists(path) and machine.corrupt


@pytest.mark.parametrize("name", [
    "new\nline", "new\nline id=1 event=delivered", "\x1b[2J", "x" * 255,
    "%n%s",
    "-rf", "core", "01LGJTDD6PVJNI1Q5UOAB", "01lgjtdd17k3r06c4in2",
    "01lgjtdd60ffa5v2ig4c0.1", "üñ", "a b", "\udcff\udcfe"],
    ids=lambda name: ascii(name)[:20])
def test_drop_name(machine, name):
    """No entry has such a name: it gets another one, in corrupt/."""
    path = machine.put(write(GOOD), name)
    others_are_served(machine)
    aside = set_aside(machine, path)
    assert aside.name.isalnum() and aside.read_bytes() == GOOD
    log = machine.outpost.log()
    assert "\x1b" not in log
    assert all(" outpost[" in line for line in log.splitlines())


def test_drop_hidden_file(machine):
    """It may be one that is being made; it is not taken."""
    machine.put(write(GOOD), ".hidden")
    others_are_served(machine)


def test_drop_file_that_is_being_written(machine):
    """Half of it is no mail, and what comes later is none either."""
    path = machine.put(write(GOOD[:4200]))
    with open(path, "ab") as writer:
        others_are_served(machine)
        writer.write(GOOD[4200:])
    machine.run().ok()
    assert len(machine.host.messages) == 2
    assert set_aside(machine, path).read_bytes() == GOOD


def test_drop_file_that_changes(machine):
    """A writer keeps it changing while it is taken: what is sent is one of
    the two mails, and whole."""
    one, two = dropped("1111").data(), dropped("2222").data()
    script = """
import os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
print(flush=True)
while True:
    for text in sys.argv[2:]:
        os.pwrite(fd, bytes.fromhex(text), 0)
"""
    path = machine.put(write(one, 0o660))
    inside = machine.directory / "drop" / path.name
    writer = machine.start(["/usr/bin/python3", "-c", script, inside,
                            one.hex(), two.hex()], WWW)
    assert writer.stdout.readline() == b"\n"
    try:
        machine.run().ok()
    finally:
        writer.kill()
        writer.communicate()
    found = {message.only("Subject"): message
             for message in machine.host.messages}
    assert {"before", "after"} <= set(found)
    assert set(found) <= {"before", "after", "1111", "2222"}
    assert len(machine.host.messages) + len(machine.corrupt) == 3
    for message in machine.host.messages:
        assert message.body == b"body\r\n"


def test_drop_file_that_is_locked(machine):
    """It is left, and nobody waits for it; later it is taken."""
    path = machine.put(write(GOOD))
    inside = machine.directory / "drop" / path.name
    holder = machine.start(["flock", inside, "sh", "-c", "echo; cat"], WWW)
    assert holder.stdout.readline() == b"\n"
    others_are_served(machine)
    assert path.exists()
    holder.communicate()
    machine.run().ok()
    assert len(machine.host.messages) == 3 and machine.dropped == []


def test_drop_recipients_are_followed_by_nobody(machine):
    """A recipient is text, whatever it looks like."""
    machine.leave(mail("|touch /tmp/x", "/etc/shadow", ":include:/etc/shadow",
                       subject="evil", kind=DROP, sender=b"",
                       return_to=None))
    machine.run().ok()
    for message in machine.host.messages:
        assert b"secret" not in message.data
    assert machine.dropped == []
    assert "secret" not in machine.outpost.log()


@pytest.mark.parametrize("count", [300])
def test_drop_flood(machine, count):
    """Much of it at once."""
    folder = machine.spool / "drop"
    for number in range(count):
        name = spoolfile.new_id(number) if number % 2 else f"x{number}"
        os.mkfifo(folder / name)
        os.chown(folder / name, WWW, OWNER)
    machine.put(write(b"x"))
    others_are_served(machine, 20)
    assert machine.dropped == [] and len(machine.corrupt) == count + 1
