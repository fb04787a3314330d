"""Forged, torn, linked and special files in the folders of the spool (S8, S9,
P14), and what a smarthost or a user would like to write there (H3, N17)."""

import os
import socket
import stat
import struct
import time

import pytest
import spoolfile
from faults import clear
from queued import SOON, TO, Nobody
from smarthost.script import at
from spoolfile import File, mail, recipient, record
from spooling import make_spool

FAR = b"a" * 60


def entry(*records, **options):
    """A File whose records are given, and nothing else."""
    return File([spoolfile.origin(), *records], **options)


SENDER = record(spoolfile.SENDER, b"u@d.example")
RETURN = record(spoolfile.RETURN_TO, b"u@d.example")
ONE = recipient(TO.encode())


def flipped(data, at, mask=1):
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1:]


def written(**options):
    """The bytes of a good file, its parts changed."""
    return entry(SENDER, RETURN, ONE, **options).data()


def with_message(size, header):
    file = entry(SENDER, RETURN, ONE)
    file.sizes = (size, header)
    return file.data()


def slot_with(results, count=1):
    """Both slots say what their checksum agrees with."""
    file = entry(SENDER, RETURN, ONE)
    file.slot.results, file.slot.count = results, count
    return file.data()


def result(text, kind=b"DEFERRED", status=b"4.0.0", length=None):
    size = len(text) if length is None else length
    return b"".join((bytes([len(kind)]), kind, struct.pack(">H", 450),
                     bytes([len(status)]), status, b"\x04RCPT",
                     struct.pack(">H", size), text))


GOOD = written()
BAD = {
    # torn
    "empty": b"", "a byte": b"o", "head only": GOOD[:4096],
    "half a head": GOOD[:2000], "in the records": GOOD[:4110],
    "in the message": GOOD[:-60], "no end": GOOD[:-40],
    "half an end": GOOD[:-7], "zeros": b"\0" * len(GOOD),
    "zeros at the end": GOOD[:4096] + b"\0" * (len(GOOD) - 4096),
    "last block of zeros": GOOD[:-41] + b"\0" * 41,
    "nonsense": b"From: x\n\nthis is no entry\n" * 300,
    # flipped
    "magic": flipped(GOOD, 0), "version 0": written(version=0),
    "both slots": flipped(flipped(GOOD, 30), 2060),
    "a letter of the message": flipped(GOOD, -50),
    "a letter of the recipient": flipped(GOOD, GOOD.index(TO.encode())),
    "the checksum": flipped(GOOD, -1), "the end mark": flipped(GOOD, -38),
    "the head's tail": flipped(GOOD, 4090),
    "the uid": flipped(GOOD, 4096 + 5 + 13),
    # records
    "type 0": entry(record(0, b""), SENDER, RETURN, ONE).data(),
    "unknown type": entry(SENDER, RETURN, record(77, b"x"), ONE).data(),
    "type 255": entry(SENDER, RETURN, record(255, b"x"), ONE).data(),
    "end twice": GOOD + GOOD[-40:], "data after the end": GOOD + b"x",
    "another mail after the end": GOOD + GOOD,
    "no sender": entry(RETURN, ONE).data(),
    "two senders": entry(SENDER, SENDER, RETURN, ONE).data(),
    "no return address": entry(SENDER, ONE).data(),
    "no origin": File([SENDER, RETURN, ONE]).data(),
    "two origins": entry(spoolfile.origin(), SENDER, RETURN, ONE).data(),
    "out of order": entry(ONE, SENDER, RETURN).data(),
    "same recipient twice": entry(SENDER, RETURN, ONE, ONE).data(),
    "empty recipient": entry(SENDER, RETURN, recipient(b"")).data(),
    "unknown state": entry(SENDER, RETURN, recipient(TO.encode(), 7)).data(),
    "unknown origin": File([spoolfile.origin(9), SENDER, RETURN,
                            ONE]).data(),
    "unknown flags": File([spoolfile.origin(flags=128), SENDER, RETURN,
                           ONE]).data(),
    **{f"length {length:#x}": entry(
        SENDER, RETURN, record(spoolfile.RECIPIENT, b"\0\0\1a", length)).data()
       for length in (0, 1, 3, 5, 1 << 16, 1 << 31, (1 << 32) - 1,
                      (1 << 31) - 1)},
    "inner length": entry(SENDER, RETURN, record(
        spoolfile.RECIPIENT, b"\0\xff\xffa@b")).data(),
    **{f"{name} in {where}": change(byte)
       for name, byte in (("newline", b"\n"), ("NUL", b"\0"), ("CR", b"\r"),
                          ("ESC", b"\x1b"), ("DEL", b"\x7f"))
       for where, change in (
           ("sender", lambda byte: entry(record(
               spoolfile.SENDER, b"a" + byte + b"@b"), RETURN, ONE).data()),
           ("recipient", lambda byte: entry(SENDER, RETURN, recipient(
               b"a@b.c" + byte + b"RCPT TO:<x@y>")).data()),
           ("return", lambda byte: entry(SENDER, record(
               spoolfile.RETURN_TO, b"a" + byte), ONE).data()))},
    "a long sender": entry(record(spoolfile.SENDER, FAR * 100 + b"@b"),
                           RETURN, ONE).data(),
    "envid with a blank end": entry(SENDER, RETURN, record(
        spoolfile.ENVID, b"a\xff"), ONE).data(),
    "notify with an equals": entry(SENDER, RETURN, record(
        spoolfile.NOTIFY, b"NEVER SIZE=1"), ONE).data(),
    **{f"size {size:#x}": with_message(size, 0)
       for size in (0, 1, 1 << 31, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)},
    "header larger than all": with_message(len(spoolfile.TEXT % b"s"), 10**6),
    # slots that say too much
    "result too long": slot_with(result(b"x", length=60_000)),
    "result with a newline": slot_with(result(b"x\nrecipient: evil")),
    "200 results": slot_with(result(b"x"), 200),
}


@pytest.fixture
def forge(queued, smarthost):
    """forge(data): a file between two good mails; returns its path, the
    smarthost and the name."""
    host = clear(smarthost)
    queued.configure(host)
    make_spool(queued)
    folder = queued.spool / "queue"

    def make(put):
        spoolfile.place(folder, mail(TO, subject="before"),
                        spoolfile.new_id(1))
        name = spoolfile.new_id(2)
        put(folder / name)
        spoolfile.place(folder, mail(TO, subject="after"),
                        spoolfile.new_id(3))
        return name

    make.host = host
    return make


def got(host):
    return [message.only("Subject") for message in host.messages]


def told(queued, name):
    return [line for line in queued.outpost.log().splitlines()
            if name in line]


@pytest.mark.parametrize("kind", BAD)
def test_fault_p_14_record(queued, forge, kind):
    """To corrupt/, a line in the log, and the others go on (S8 too)."""
    name = forge(lambda path: path.write_bytes(BAD[kind]))
    queued.run().ok()
    assert got(forge.host) == ["before", "after"]
    assert (queued.waiting, queued.corrupt) == ([], [name])
    # never deleted, never changed
    assert (queued.spool / "corrupt" / name).read_bytes() == BAD[kind]
    lines = told(queued, name)
    assert len(lines) == 1 and "corrupt/" in lines[0], lines
    queued.run().ok()
    assert len(told(queued, name)) == 1 and queued.corrupt == [name]


def test_fault_s_08_a_slot_that_was_torn(queued, forge):
    """One of the two places for what changes may be bad."""
    for start in spoolfile.SLOTS:
        torn = flipped(GOOD, start + 10)
        name = forge(lambda path, torn=torn: path.write_bytes(torn))
        queued.run().ok()
        assert queued.waiting == queued.corrupt == []
        assert any("delivered" in line for line in told(queued, name))
    assert len(forge.host.messages) == 6


def test_fault_s_08_huge(queued, forge):
    """Sparse, and larger than anything that can be read."""
    def put(path):
        path.write_bytes(GOOD)
        os.truncate(path, 1 << 40)

    begun = time.monotonic()
    name = forge(put)
    queued.run().ok()
    assert time.monotonic() - begun < 10
    assert got(forge.host) == ["before", "after"]
    assert queued.corrupt == [name]


@pytest.mark.parametrize("data", [b"nonsense", flipped(GOOD, -50)],
                         ids=["nonsense", "checksum"])
def test_fault_s_08_name_that_is_taken(queued, forge, data):
    """In corrupt/ nothing is overwritten."""
    name = forge(lambda path: path.write_bytes(data))
    (queued.spool / "corrupt" / name).write_bytes(b"first")
    queued.run().ok()
    texts = sorted((queued.spool / "corrupt" / one).read_bytes()
                   for one in queued.corrupt)
    assert texts == sorted([b"first", data]) and queued.waiting == []


def test_fault_s_08_every_bit(queued, forge):
    """No bit of a file can be flipped so that something else is sent."""
    folder = queued.spool / "queue"
    places = [*range(12), 16, 40, 4095, *range(4096, len(GOOD), 3)]
    for number, at_ in enumerate(places):
        spoolfile.place(folder, flipped(GOOD, at_, 1 << number % 8),
                        spoolfile.new_id(number))
    queued.run().ok()
    for message in forge.host.messages:
        assert message.recipients == [TO] and message.sender == "u@d.example"
        assert message.data == spoolfile.TEXT % b"s"
    assert len(forge.host.messages) + len(queued.corrupt) \
        + len(queued.waiting) == len(places)
    assert len(forge.host.messages) < 5


def make_socket(path):
    where = os.open(path.parent, os.O_RDONLY)
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(f"/proc/self/fd/{where}/{path.name}")
    sock.close()
    os.close(where)


def link_to(target):
    return lambda path: os.symlink(target, path)


SPECIAL = {
    "symlink": link_to("/etc/passwd"), "dangling": link_to("/nonexistent"),
    "symlink to itself": lambda path: os.symlink(path.name, path),
    "symlink to a fifo": link_to("/dev/tty"),
    "fifo": os.mkfifo, "socket": make_socket, "directory": os.mkdir,
}


@pytest.mark.parametrize("kind", SPECIAL)
def test_fault_s_09_in_the_queue(queued, forge, kind):
    name = forge(SPECIAL[kind])
    before = os.lstat(queued.spool / "queue" / name)
    begun = time.monotonic()
    queued.run().ok()
    assert time.monotonic() - begun < 10
    assert got(forge.host) == ["before", "after"]
    assert told(queued, name)
    assert (queued.waiting, queued.corrupt) == ([], [name])
    after = os.lstat(queued.spool / "corrupt" / name)
    assert (before.st_ino, before.st_mode) == (after.st_ino, after.st_mode)


@pytest.mark.root
@pytest.mark.parametrize("major, minor", [(1, 3), (1, 5), (5, 0)])
def test_fault_s_09_device(queued, forge, major, minor):
    try:
        os.mknod(queued.spool / "device", stat.S_IFCHR | 0o600,
                 os.makedev(major, minor))
    except PermissionError:
        pytest.skip("no devices can be made here")
    name = forge(lambda path: os.rename(queued.spool / "device", path))
    queued.run().ok()
    assert got(forge.host) == ["before", "after"]
    assert told(queued, name) and queued.corrupt == [name]


@pytest.mark.parametrize("other", ["elsewhere", "queue"])
def test_fault_s_09_hard_link(queued, forge, other):
    """A file with another name may be changed by it at any time."""
    second = spoolfile.new_id(4) if other == "queue" else "../elsewhere"

    def put(path):
        path.write_bytes(GOOD)
        os.link(path, path.parent / second)

    name = forge(put)
    queued.run().ok()
    assert told(queued, name)
    assert got(forge.host)[:2] == ["before", "after"] or other == "queue"
    # moved away, the first name leaves the second the only one
    assert len(forge.host.messages) in ((2,) if other == "elsewhere"
                                        else (2, 3))
    assert name in queued.corrupt


def test_fault_s_09_names(queued, forge):
    """What has no name of ours in queue/ is left, and does no harm."""
    folder = queued.spool / "queue"
    forge(lambda path: None)
    strange = ["new\nline", "x" * 255, "\x1b[2J", "%n%s", "core", "-rf",
               spoolfile.new_id(5).upper(), spoolfile.new_id(5)[:-1],
               spoolfile.new_id(5) + "0", "üñ"]
    for name in strange:
        (folder / name).write_bytes(GOOD)
    queued.run().ok()
    assert got(forge.host) == ["before", "after"]
    assert sorted(os.listdir(folder)) == sorted(strange)
    assert "\x1b" not in queued.outpost.log()
    assert all(" outpost[" in line
               for line in queued.outpost.log().splitlines())


@pytest.mark.root
def test_fault_s_09_file_of_somebody_else(queued, forge):
    """Nobody else can put it there; it does not stop the others."""
    def put(path):
        path.write_bytes(GOOD)
        os.chown(path, 54321, 54321)

    forge(put)
    queued.run().ok()
    assert {"before", "after"} <= set(got(forge.host))


@pytest.mark.parametrize("text", ["a\nb@d.example", "a\r\nRCPT TO:<x@y>",
                                  "a\x1b@d.example", "a\x7f@d.example"])
@pytest.mark.parametrize("args", [["-f", "%s", TO], ["%s"], [TO, "%s"]],
                         ids=["sender", "only", "second"])
def test_fault_h_03_nothing_is_written(queued, text, args):
    queued.configure(Nobody())
    done = queued.submit(["-odq", *[word.replace("%s", text)
                                    for word in args]])
    assert done.status in (64, 65), done
    assert queued.waiting == queued.litter == []


EVIL = b"\nrecipient: evil@x\n"
REPLIES = {
    "controls": b"450 4.2.1 \x1b[2J\x1b]0;x\x07 and \x7f\xff\xfe \xc2\x9b\r\n",
    "90 lines": b"".join(b"450-4.2.1 %03d " % n + b"x" * 490 + b"\r\n"
                         for n in range(90)) + b"450 4.2.1 end\r\n",
    "a record": b"450 4.2.1 no" + b"\\nrecipient: evil@x " + record(
        spoolfile.RECIPIENT, b"\0\0\6evil@x").replace(b"\0", b"") + b"\r\n",
    "an end": b"450 4.2.1 the end the end the end\r\n",
    "percent": b"450 4.2.1 %n%s%999999d\r\n",
    "utf-8": "450 4.2.1 邮箱不存在 \u202e\u0085 ü\r\n".encode(),
    "8-bit": b"450 4.2.1 " + bytes(range(0x80, 0x100)) + b"\r\n",
}


@pytest.mark.parametrize("kind", REPLIES)
def test_fault_n_17_reply(queued, smarthost, kind):
    """It is kept cut and escaped, and the entry says what it said before."""
    host = clear(smarthost, script=[
        at("RCPT", raw=REPLIES[kind], connection=1)])
    queued.configure(host, queue=SOON)
    queued.submit(["-odq", "-f", "u@d.example", TO, "b@d.example"]).ok()
    name = queued.waiting[0]
    path = queued.spool / "queue" / name
    before, size = spoolfile.parse(path), path.stat().st_size
    queued.run().ok()
    after = spoolfile.parse(path)
    assert path.stat().st_size == size
    assert after.recipients == before.recipients
    assert after.message == before.message
    assert after.slot.attempts == 1
    texts = [text for *_, text in spoolfile.results(after.slot)]
    assert texts and all(
        0x20 <= byte != 0x7f for text in texts for byte in text)
    assert all(text.decode().isprintable() for text in texts), texts
    queued.run().ok()
    assert queued.waiting == queued.corrupt == []
    assert host.message.recipients == [TO, "b@d.example"]


def test_fault_n_17_many_different_replies(queued, smarthost):
    """More than there is room for, each as long as can be."""
    people = [f"r{number}@d.example" for number in range(40)]
    host = clear(smarthost, script=[
        at("RCPT", when=f"r{number}@", connection=1, raw=b"".join(
            b"450-4.2.1 %d " % number + b"y" * 480 + b"\r\n"
            for _ in range(20)) + b"450 4.2.1 %d\r\n" % number)
        for number in range(40)])
    queued.configure(host, queue=SOON)
    queued.submit(["-odq", *people]).ok()
    path = queued.spool / "queue" / queued.waiting[0]
    size = path.stat().st_size
    queued.run().ok()
    after = spoolfile.parse(path)
    assert path.stat().st_size == size
    assert [one for one, _ in after.recipients] == people
    queued.run().ok()
    assert sorted(host.message.recipients) == sorted(people)
