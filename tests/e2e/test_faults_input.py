"""Faults of standard input (group I)."""

import ctypes
import email
import mmap
import os
import re
import signal
import subprocess
import time
from email.header import decode_header, make_header

import pytest
from faults import CLEAR, MAIL, SANITIZED, Sink, clear, cpu, needs, run
from measure import measured
from runner import finish
from smarthost import wire

X = "x@a.example"
HEAD = b"Subject: s\n\n"
PAGE = mmap.PAGESIZE


@pytest.fixture
def host(outpost, smarthost):
    made = clear(smarthost)
    outpost.configure(made, CLEAR)
    return made


def read_error_after(data):
    """A descriptor that gives `data`, and then EIO: the memory before a page
    that is not there."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [
        ctypes.c_int] * 3 + [ctypes.c_long]
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    size = (len(data) // PAGE + 1) * PAGE
    start = libc.mmap(None, size + PAGE, mmap.PROT_READ | mmap.PROT_WRITE,
                      mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    libc.munmap(start + size, PAGE)
    ctypes.memmove(start + size - len(data), data, len(data))
    fd = os.open("/proc/self/mem", os.O_RDONLY)
    os.lseek(fd, start + size - len(data), os.SEEK_SET)
    return fd


def quick(outpost, args, stdin, *statuses, **options):
    """Runs in time that is far from being quadratic."""
    began = time.monotonic()
    done, peak = measured(outpost, args, stdin, **options)
    assert done.status in statuses, (done.status, done.err[:500])
    assert time.monotonic() - began < 10
    return done, peak


def test_fault_i2_write_only(outpost, host):
    fd = os.open(outpost.directory / "file", os.O_WRONLY | os.O_CREAT)
    try:
        for args in ([X], ["-t"], ["-i", X]):
            done = outpost(args, fd)
            done.failed(66, "standard input")
    finally:
        os.close(fd)
    assert (outpost.directory / "file").read_bytes() == b""
    assert host.connections == []


@pytest.mark.parametrize("data", [
    b"Subj", MAIL, b"To: x@a.example\n" + MAIL, HEAD + b"half",
    HEAD + b"line\n" * 60_000], ids=["header", "mail", "to", "half", "large"])
@pytest.mark.parametrize("args", [[X], ["-t"], ["-i", X]], ids=" ".join)
def test_fault_i3_read_error(outpost, host, data, args):
    fd = read_error_after(data)
    try:
        outpost(args, fd).failed(74, "reading the message failed")
    finally:
        os.close(fd)
    assert host.connections == []


def test_fault_i3_read_error_by_the_kernel(outpost, host):
    needs("strace")
    for count in range(1, 40):
        trace = outpost.directory / "trace"
        done = run(outpost, [
            "strace", "-o", trace, "-e", "trace=read", "-e",
            f"inject=read:error=EIO:when={count}", *outpost.command([X])])
        hit = re.search(r"read\((\d+),.*INJECTED", trace.read_text())
        if hit is None:
            break
        if hit[1] == "0":
            assert done.status == 74
        # of other files, only those are read without which it cannot go on
        assert len(host.messages) == (done.status == 0)
        host.record.connections.clear()
    assert 5 < count < 39


@pytest.mark.parametrize("text, want", [
    (b"a\r\nb\nc\r\r\nd", b"a\r\nb\r\nc\r\nd\r\n"),
    (b"\r\r\r\na\n", b"\r\na\r\n"), (b"a\r", b"a\r\n"),
    (b"a\r\r\r", b"a\r\n"), (b"\n\r", b"\r\n\r\n"),
    (b"a\rb\r\rc\n", b"a b  c\r\n"), (b"a" + b"\r" * 300 + b"\n", None),
    (b" \t \n", b" \t \r\n"), (b"\x0b\x0c\x1a\x04\n", b"\x0b\x0c\x1a\x04\r\n")])
def test_fault_i5_line_ends(outpost, host, text, want):
    outpost(["-i", X], HEAD + text).ok()
    body = host.message.body
    assert body == want if want else re.fullmatch(rb"a *\r\n", body)


MEGABYTE = b"0123456789abcdef" * 65536


@pytest.mark.parametrize("end", [b"\n", b""], ids=["ended", "open"])
def test_fault_i6_line_of_100_megabytes(outpost, end):
    sink = Sink(keep=True)

    def mail():
        yield HEAD
        for _ in range(100):
            yield MEGABYTE
        yield end

    done, peak = measured(outpost, [X], mail(), host=sink, config=CLEAR)
    done.ok()
    text = b"".join(sink.finished().pieces)
    assert text.endswith(b"\r\n.\r\n")
    assert max(map(len, text.split(b"\r\n"))) <= 998
    mail = email.message_from_bytes(wire.unstuff(text[:-3]))
    assert mail.get_payload(decode=True) == MEGABYTE * 100 + b"\r\n"
    assert peak is None or peak < 16 * 1024


@pytest.mark.parametrize("size", [1, 997, 998, 999, 1996, 4096, 70_000])
def test_fault_i6_line_of_other_lengths(outpost, host, size):
    text = ("é中😀" * (size // 9 + 1)).encode()[:size]
    while True:
        try:
            text.decode()
            break
        except UnicodeDecodeError:
            text = text[:-1]
    text = text or b"x"
    outpost([X], HEAD + text).ok()
    assert host.message.text == text + b"\r\n"
    if size <= 998:
        assert host.message.body == text + b"\r\n"


@pytest.mark.parametrize("name", [b"X-Long", b"To"])
@pytest.mark.parametrize("fill", [b"x", b"x ", b" ", b"x@a.example,", b"(",
                                  b"\"", b"\xe4\xb8\xad", b"\\"])
def test_fault_i6_header_line_of_10_megabytes(outpost, host, name, fill):
    text = fill * (10_000_000 // len(fill))
    _, peak = quick(outpost, [X], name + b": " + text + b"\n" + MAIL, 65)
    assert peak is None or peak < 16 * 1024
    assert host.connections == []


@pytest.mark.parametrize("fill", [b"x", b"x ", b"x@a.example,", b"(", b"\"",
                                  b"\xe4\xb8\xad", b"\\", b"\\\\ "])
def test_fault_i6_header_line_is_folded(outpost, host, fill):
    for octets in (1000, 300_000, 1_900_000 if fill == b"x" else 5000):
        text = fill * (octets // len(fill))
        _, peak = quick(outpost, [X], b"X-Long: " + text + b"\n" + MAIL, 0)
        assert peak is None or peak < 16 * 1024
        assert host.message.body == b"body\r\n"
        value = str(make_header(decode_header(host.message.only("X-Long"))))
        assert value.replace(" ", "") == text.decode().replace(" ", "")
        for line in host.message.head.split(b"\r\n"):
            assert len(line) <= 998 and line.isascii()
        host.record.connections.clear()


BORDERS = [4095, 4096, 4097, 65535, 65536, 65537, 131071, 131072, 131073,
           262143, 262144, 262145]


def lines_of(octets, end):
    """Whole lines that are as long, with line ends of that length."""
    line = b"y" * (72 - end) + b"\n"
    count, rest = divmod(octets, 72)
    if rest < end:
        count, rest = count - 1, rest + 72
    return line * count + b"z" * (rest - end) + b"\n"


@pytest.mark.parametrize("dots", [b".", b"..", b".x", b"...", b"\r\n."])
def test_fault_i7_dots_at_borders(outpost, host, dots):
    outpost([X], MAIL).ok()
    head = len(host.message.head) + 2
    host.record.connections.clear()
    for border in BORDERS:
        # of what is read, of the body as it is kept, of what is sent
        for text in (lines_of(border - len(HEAD), 1), lines_of(border, 2),
                     lines_of(border - head, 2)):
            mail = text + dots + b"\nend\n"
            outpost(["-i", X], HEAD + mail).ok()
            want = mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            assert host.message.body == want
            assert len(host.message.head) + 2 == head
            host.record.connections.clear()


@pytest.mark.parametrize("text", [
    b"(" * 1_000_000, b"(" * 1_000_000 + b")" * 1_000_000, b"<" * 1_000_000,
    b"a:" * 500_000, b"\"" * 1_000_001, b"[" * 1_000_000, b"\\" * 1_000_001,
    b"@" * 1_000_000, b"a.a" * 300_000, b"a@b " * 100_000, b"(a)" * 500_000,
    b"a (b) " * 250_000, b"," * 1_500_000, b";" * 1_500_000,
    b"a@b<" * 300_000, b"<@a,@b:c@d>," * 30_000, b"\xff" * 1_500_000,
    b"x\r\n " * 400_000, b"a@b(" * 300_000, b"=?u?q?x?= " * 150_000,
], ids=lambda text: text[:6].decode("latin-1") + "...")
def test_fault_i8_nesting(outpost, host, text):
    good = text.startswith((b"a@b a@b", b"<@a,@b:c@d>"))
    quick(outpost, ["-t"], b"To: " + text + b"\n" + MAIL,
          *((0,) if good else (64, 65)))
    host.record.connections.clear()
    config = {**CLEAR, "sender": {"rewrite": "always",
                                  "address": "me@163.example"}}
    quick(outpost, [X], b"From: " + text + b"\nCc: a@b\n" + MAIL, 0,
          host=host, config=config)
    assert host.message.recipients == [X]
    assert "me@163.example" in host.message.only("From")


def test_fault_i8_mime_nesting(outpost, host):
    text = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n)
        for n in range(200_000))
    _, peak = quick(outpost, [X], text, 0)
    assert peak is None or peak < 16 * 1024


@pytest.mark.parametrize("field, status", [
    (b"X-A: b\n", 65), (b"a:\n", 65), (b"Bcc: y@a.example\n", 65),
    (b"Received: x\n", 65)])
def test_fault_i8_a_million_fields(outpost, host, field, status):
    _, peak = quick(outpost, ["-t"], b"To: x@a.example\n" + field * 1_000_000
                    + MAIL, status)
    assert peak is None or peak < 16 * 1024
    assert host.connections == []


def test_fault_i8_a_million_recipients(outpost, host):
    text = b",\n ".join(b"user%07d@a.example" % n for n in range(1_000_000))
    assert len(text) > 20_000_000
    done, peak = quick(outpost, ["-t"], b"To: " + text + b"\n" + MAIL, 65)
    assert len(done.err) < 4096
    assert peak is None or peak < 16 * 1024
    # all or nobody
    assert host.connections == []


def test_fault_i8_as_many_recipients_as_fit(outpost, host):
    text = b",".join(b"u%d@a.example" % n for n in range(20_000))
    quick(outpost, ["-t"], b"To: " + text + b"\n" + MAIL, 0, host=host,
          config={"smarthost": {**CLEAR["smarthost"],
                                "recipients_per_message": 1000}})
    assert sum(len(message.recipients) for message in host.messages) == 20_000


def test_fault_i9_rest_is_drained_however_it_comes(outpost, host):
    process = outpost.start([X])
    for _ in range(3):
        process.stdin.write(HEAD + b"a\n.\n" + b"rest\n" * 100_000)
        process.stdin.flush()
    assert finish(process) == (0, b"", "")
    assert host.message.body == b"a\r\n"


def test_fault_i10_producer_that_stops(outpost, host):
    """It waits, and does nothing meanwhile."""
    before = cpu()
    outpost([X], MAIL).ok()
    usual = cpu() - before
    process = outpost.start([X])
    process.stdin.write(HEAD + b"begin\n")
    process.stdin.flush()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    assert len(host.connections) == 1
    process.stdin.write(b"end\n")
    before = cpu()
    assert finish(process) == (0, b"", "")
    assert SANITIZED or cpu() - before < usual + 0.05
    assert host.messages[-1].body == b"begin\r\nend\r\n"


def test_fault_i10_descriptor_that_does_not_block(outpost, host):
    """A pipe that another process has set so, with nothing in it yet."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    with subprocess.Popen(outpost.command([X]), stdin=reader,
                          env=outpost.environment()) as process:
        os.close(reader)
        with open(writer, "wb") as pipe:
            for piece in (b"", HEAD, b"a\n", b"b\n" * 100_000):
                pipe.write(piece)
                pipe.flush()
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(0.05)
        assert process.wait(20) == 0
    assert host.message.body == b"a\r\n" + b"b\r\n" * 100_000


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_fault_i11_killed_while_it_reads(outpost, host, number):
    process = outpost.start([X])
    process.stdin.write(HEAD + b"begin\n")
    process.stdin.flush()
    process.send_signal(number)
    assert finish(process)[0] == -number
    assert host.connections == []


def test_fault_i12_space_is_given_back(outpost, smarthost):
    host = clear(smarthost, size=1_000_000)
    outpost.configure(host, CLEAR)
    place = outpost.directory / "place"
    place.mkdir()
    outpost([X], HEAD + b"x\n" * 1_000_000, env={
        "TMPDIR": str(place)}).failed(65, "1000000")
    assert host.messages == [] and list(place.iterdir()) == []
    assert "MAIL" not in host.connection.verbs


@pytest.mark.parametrize("mail, head, body", [
    (b"Sub\0ject: s\0\n\0\nb\0ody\0\n", b"Subject: s\r\n", b"body\r\n"),
    (b"\0\0\0Subject: s\n\n\0.\0\nx\n", b"Subject: s\r\n", b".\r\nx\r\n"),
    (b"T\0o: x@a.ex\0ample\nSubject: s\n\n\0", b"To: x@a.example\r\n", b""),
    (b"Subject: s\n\0 folded\n\nb\n", b"Subject: s\r\n folded\r\n", b"b\r\n"),
])
def test_fault_i13_nul(outpost, host, mail, head, body):
    outpost(["-i", X], mail).ok()
    assert host.message.head.startswith(head)
    assert host.message.body == body or body == b"" \
        and host.message.body == b"\r\n"
