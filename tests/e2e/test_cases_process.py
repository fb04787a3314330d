"""Cases 37, 66-68, 70: slow and large input, the log, signals."""

import contextlib
import os
import re
import resource
import signal
import socket
import subprocess
import threading

import pytest
from measure import count_writes, measured
from runner import finish
from smarthost.script import at

MAIL = "Subject: s\nMessage-ID: <case@66>\n\nbody\n"
LINE = b"0123456789" * 7 + b"\n"


def test_case_1_37_slow_producer(outpost, smarthost):
    host = smarthost()
    process = outpost.start(["a@x"], host=host)
    process.stdin.write(b"Subject: s\n\n" + LINE * 30_000)
    process.stdin.flush()  # a pipe holds 64 KiB: most of it has been read
    assert host.connections == []
    process.stdin.write(b"end\n")
    assert finish(process) == (0, b"", "")
    assert host.message.body.endswith(b"\r\nend\r\n")


def test_case_1_37_killed_producer_sends_what_there_is(outpost, smarthost):
    host = smarthost()
    process = outpost.start(["a@x"], host=host)
    process.stdin.write(b"Subject: s\n\nhalf a li")
    assert finish(process) == (0, b"", "")
    assert host.message.body == b"half a li\r\n"


@contextlib.contextmanager
def syslog():
    """Stands in for the system's log; gives a function that returns the
    lines of one run."""
    if os.path.lexists("/dev/log"):
        pytest.skip("/dev/log is in use")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind("/dev/log")
        except OSError as error:
            pytest.skip(f"/dev/log: {error}")

        def read(run):
            lines = []
            with contextlib.suppress(BlockingIOError):
                while True:
                    lines.append(sock.recv(65536, socket.MSG_DONTWAIT)
                                 .decode("utf-8", "replace"))
            return [line for line in lines if f"[{run.pid}]: " in line]

        try:
            yield read
        finally:
            os.unlink("/dev/log")


LOGGED = {"log": {"syslog": None}}


def check_line(line, status):
    assert re.match(r"<\d+>\w{3} [ \d]\d \d\d:\d\d:\d\d [\w-]+\[\d+\]: ",
                    line), line
    assert f"uid={os.getuid()} " in line and f"exit={status} " in line
    assert not re.search(r"[\x00-\x1f\x7f]", line)


@pytest.mark.parametrize("args, config, status, word", [
    (["-Z", "a@x"], LOGGED, 64, "-Z"),
    (["-f", "a\nb@@c", "a@x"], LOGGED, None, "sender"),
    (["a@x"], {"smarthost": {"port": "x"}}, 78, "port"),
    (["a@x"], {**LOGGED, "smarthost": {"port": 1}}, 75, "127.0.0.1"),
])
def test_case_1_66_early_failures_in_syslog(outpost, args, config, status,
                                            word):
    with syslog() as read:
        run = outpost(args, MAIL, config=config)
        lines = read(run)
    assert run.status == status or status is None and run.status in (64, 65)
    assert len(lines) == 1
    check_line(lines[0], run.status)
    assert word in lines[0] or args[0] in lines[0]


@pytest.mark.parametrize("rule, status", [
    (at("VERDICT", reply="535 5.7.8 wrong \x1b[1m"), 75),
    (at("RCPT", reply="550 5.1.1 nobody"), 67),
    (at("MAIL", cut="before"), 75), (at("DOT", reply="554 spam"), 69),
    (at("GREETING", reply="421 busy"), 75), (at("NOOP"), 0),
])
def test_case_1_66_each_delivery_is_a_line(outpost, smarthost, rule, status):
    host = smarthost(script=[rule])
    run = outpost(["-f", "s@s.example", "a@x", "b@x"], MAIL, host=host)
    assert run.status == status
    lines = run.log.splitlines()
    # one line for all that share an answer; RCPT has an answer for each
    assert len(lines) == (2 if rule.stage == "RCPT" else 1)
    for line in lines:
        for text in ("msgid=<case@66>", "from=<s@s.example>",
                     f"relay=127.0.0.1[127.0.0.1]:{host.port}",
                     f"exit={status} ", f"uid={os.getuid()} ",
                     (rule.reply or "").split("\x1b")[0]):
            assert text in line
        assert re.match(r"\S+ \S+\[\d+\]: ", line)
        assert not re.search(r"[\x00-\x1f\x7f]", line)
    assert "<a@x>" in lines[0] and "<b@x>" in lines[-1]


def test_case_1_66_the_same_line_in_syslog(outpost, smarthost):
    host = smarthost(script=[at("RCPT", reply="550 5.1.1 nobody")])
    with syslog() as read:
        run = outpost(["-f", "s@s.example", "a@x"], MAIL, host=host,
                      config=LOGGED).failed(67)
        lines = read(run)
    assert len(lines) == 1
    check_line(lines[0], 67)
    for text in ("msgid=<case@66>", "<s@s.example>", "<a@x>",
                 "550 5.1.1 nobody"):
        assert text in lines[0]


@pytest.mark.parametrize("path", ["/nonexistent/log", "/", "/dev/full"])
def test_case_1_67_log_that_cannot_be_written(outpost, smarthost, path):
    host = smarthost()
    run = outpost(["-X", "/nonexistent/x", "a@x"], MAIL, host=host,
                  config={"log": {"file": path}})
    assert run.status == 0 and run.out == b""
    assert run.err.count("\n") <= 1
    assert len(host.messages) == 1


def test_case_1_67_one_warning(outpost, smarthost):
    host = smarthost()
    with syslog() as read:
        run = outpost(["a@x"], MAIL, host=host, config={
            "log": {"file": "/nonexistent/log", "syslog": None}})
        lines = read(run)
    assert len([line for line in lines if "/nonexistent/log" in line]) == 1


def test_case_1_67_x_makes_no_file(outpost, smarthost):
    target = outpost.directory / "made"
    outpost(["-X", str(target), "-X" + str(target), "a@x"], MAIL,
            host=smarthost()).ok()
    assert not target.exists()


def large(megabytes):
    """A message as chunks."""
    yield b"Subject: large\n\n"
    for _ in range(megabytes * 10):
        yield LINE * 1500  # more than 100,000 octets


def test_case_1_68_flat_memory(outpost, smarthost):
    host = smarthost()
    run, peak = measured(outpost, ["a@x"], large(100), host=host)
    run.ok()
    message = host.message
    assert message.body.count(b"\n") == 1_500_000
    assert message.body.startswith(LINE.replace(b"\n", b"\r\n"))
    if peak is None:
        pytest.skip("peak memory is not told here")
    assert peak < 16 * 1024


def test_case_1_68_few_writes(outpost, smarthost, tmp_path):
    host = smarthost()
    outpost.configure(host)
    path = tmp_path / "mail"
    path.write_bytes(b"".join(large(50)))
    writes = count_writes(outpost, ["a@x"], path)
    if writes is None:
        pytest.skip("system calls cannot be counted here")
    size = path.stat().st_size
    assert len(host.messages) == 1
    # into the temporary file and out to the smarthost, all counted
    assert writes <= size // 16384


def test_50_megabytes_in_under_10_of_memory(outpost, smarthost):
    host = smarthost()
    run, peak = measured(outpost, ["a@x"], large(50), host=host)
    run.ok()
    assert host.message.complete
    if peak is None:
        pytest.skip("peak memory is not told here")
    assert peak < 10 * 1024


def test_case_1_68_temporary_directory(outpost, smarthost):
    host = smarthost()
    place = outpost.directory / "place"
    place.mkdir()
    run, _ = measured(outpost, ["a@x"], large(2), host=host,
                      env={"TMPDIR": str(place)})
    run.ok()
    assert list(place.iterdir()) == []
    assert len(host.messages) == 1


@pytest.mark.parametrize("place", ["missing", "relative/missing", ""])
def test_case_1_68_no_temporary_directory(outpost, smarthost, place):
    host = smarthost()
    if place == "missing":
        place = outpost.directory / place
    run, _ = measured(outpost, ["a@x"], large(2), host=host,
                      env={"TMPDIR": str(place)})
    run.ok()
    assert len(host.messages) == 1


@pytest.mark.root
@pytest.mark.parametrize("mode", [0o755, 0o666])
def test_case_1_68_temporary_directory_of_another(public_outpost, smarthost,
                                                  mode):
    host = smarthost()
    place = public_outpost.directory / "private"
    place.mkdir()
    place.chmod(mode)
    public_outpost.configure(host)
    os.chown(public_outpost.config_file, 54321, 54321)
    public_outpost(["a@x"], b"".join(large(2)), env={"TMPDIR": str(place)},
                   user=54321, group=54321, extra_groups=[]).ok()
    assert len(host.messages) == 1


def test_case_1_68_file_size_limit(outpost, smarthost):
    host = smarthost()
    outpost.configure(host)
    done = outpost(["a@x"], b"".join(large(5)), preexec_fn=lambda: (
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))))
    done.failed(75)
    assert host.connections == []


@pytest.mark.root
def test_case_1_68_temporary_space_full(outpost, smarthost):
    host = smarthost()
    place = outpost.directory / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", place],
        capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        run = outpost(["a@x"], b"".join(large(5)), host=host,
                      env={"TMPDIR": str(place)})
        run.failed(75, str(place))
        assert list(place.iterdir()) == []
    finally:
        subprocess.run(["umount", place], check=True)
    assert host.connections == []


@pytest.mark.parametrize("number", [
    signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_case_1_70_signal_within_the_message(outpost, smarthost, number):
    go_on = threading.Event()
    host = smarthost(script=[at("BODY", after=100_000, hold=go_on,
                                cut="before")])
    place = outpost.directory / "place"
    place.mkdir()
    body = b"".join(large(30))
    outpost.configure(host)
    process = subprocess.Popen(
        outpost.command(["a@x"]),
        env=outpost.environment({"TMPDIR": str(place)}),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    process.stdin.write(body)
    process.stdin.close()
    process.stdin = None
    assert host.wait(lambda record: any(
        event.kind == "early" for connection in record.connections
        for event in connection.events))
    process.send_signal(number)
    status, out, err = finish(process)
    go_on.set()
    assert status == 75 and out == b"" and err
    assert not host.connection.messages[0].complete
    assert list(place.iterdir()) == []


def test_case_1_70_signal_while_reading(outpost, smarthost):
    host = smarthost()
    process = outpost.start(["a@x"], host=host)
    process.stdin.write(b"Subject: s\n\n" + LINE * 30_000)
    process.stdin.flush()
    process.send_signal(signal.SIGTERM)
    status, _, _ = finish(process)
    assert status != 0
    assert host.connections == []
