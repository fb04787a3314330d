"""Cases 1-9 of section 2: whatever happens while a mail is kept, the exit
status says what became of it."""

import os
import re
import signal
import subprocess

import pytest
import spoolfile
from faults import MAIL, clear, needs
from queued import TO, Nobody, merged, strace, trace
from runner import finish
from test_faults_input import read_error_after

BIG = b"Subject: s\n\n" + (b"x" * 71 + b"\n") * 3000  # more than 200 kB


@pytest.mark.parametrize("count", [1, 2, 50])
def test_case_2_01_02_copy_of_the_spool_at_exit(queued, smarthost, count):
    names = [f"r{i}@d.example" for i in range(count)]
    host = clear(smarthost)
    queued.configure(Nobody()).submit(names).ok()
    queued.spool = queued.copy_of_spool()
    queued.configure(host, queue={"directory": queued.spool})
    assert len(queued.waiting) == 1
    for _ in range(2):
        queued.run().ok()
    assert host.message.recipients == names
    assert host.message.body == b"body\r\n"
    assert queued.waiting == []


@pytest.mark.parametrize("recipients_max", [1, 20])
def test_case_2_02_all_recipients_or_none(queued, smarthost, recipients_max):
    """In as many transactions as the smarthost wants, each recipient once."""
    names = [f"r{i}@d.example" for i in range(50)]
    host = clear(smarthost, max_rcpt=recipients_max)
    queued.configure(Nobody()).submit(names).ok()
    queued.configure(host).run().ok()
    got = [name for mail in host.messages for name in mail.recipients]
    assert sorted(got) == sorted(names) and queued.waiting == []


def commit_calls(queued):
    """(name, how often so far) of the calls from the file's making to the
    end, at a submission that only keeps the mail."""
    strace(queued, [], ["-odq", TO]).ok()
    seen, found, begun = {}, [], False
    for line in trace(queued):
        name = re.match(r"\d+\s+(\w+)\(", line)
        if name is None:
            continue
        name = name[1]
        seen[name] = seen.get(name, 0) + 1
        begun = begun or "O_TMPFILE" in line
        if begun and name != "exit_group":
            found.append((name, seen[name]))
    return found


def test_case_2_03_killed_at_each_call_of_the_commit(queued, smarthost):
    host = clear(smarthost)
    queued.configure(host)
    queued.run().ok()  # the folders are there
    calls = commit_calls(queued)
    queued.run().ok()
    names = [name for name, _ in calls]
    assert {"linkat", "fsync", "flock", "openat"} <= set(names), calls
    commit = names.index("linkat")
    for number, (name, count) in enumerate(calls):
        before = len(host.messages)
        done = strace(queued, [
            "-e", f"trace={name}", "-e",
            f"inject={name}:signal=KILL:when={count}"], ["-odq", TO])
        assert done.status in (0, -signal.SIGKILL), done
        queued.run().ok()
        came = len(host.messages) - before
        assert came == (done.status == 0 or number > commit), (name, count)
        assert queued.waiting == queued.litter == queued.corrupt == []
    assert {mail.body for mail in host.messages} == {b"body\r\n"}


@pytest.mark.root
def test_case_2_04_the_same_process_ids_again(queued):
    needs("unshare")
    queued.configure(Nobody())
    many = ["unshare", "-p", "-f", "--mount-proc", "sh", "-c",
            'for i in $(seq $2); do printf "Subject: $1\\n\\n$i\\n" | '
            '"$0" -odq a@d.example || exit; done',
            *queued.outpost.command([])]

    def submit(word, count):
        done = subprocess.run([*many, word, str(count)], capture_output=True,
                              env=queued.outpost.environment(), timeout=60)
        if b"unshare" in done.stderr:
            pytest.skip("no process numbers of its own can be had here")
        assert done.returncode == 0, done

    submit("first", 20)
    before = {path: path.read_bytes()
              for path in (queued.spool / "queue").iterdir()}
    assert len(before) == 20
    submit("second", 200)
    assert len(queued.waiting) == 220
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("number", [
    signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("args", [[], ["-odq"], ["-odb"]])
def test_case_2_05_killed_while_it_reads(queued, smarthost, number, args):
    host = clear(smarthost)
    queued.configure(host)
    process = queued.outpost.start([*args, TO])
    process.stdin.write(BIG)  # a pipe holds 64 KiB: most of it has been read
    process.stdin.flush()
    process.send_signal(number)
    assert finish(process)[0] == -number
    queued.run().ok()
    assert queued.waiting == queued.failed == queued.litter == []
    assert host.messages == []


@pytest.mark.parametrize("args", [[], ["-odq"], ["-odb"]])
def test_case_2_06_read_error(queued, smarthost, args):
    host = clear(smarthost)
    queued.configure(host)
    fd = read_error_after(BIG)
    try:
        queued.submit([*args, TO], stdin=fd).failed(74)
    finally:
        os.close(fd)
    queued.run().ok()
    assert queued.waiting == queued.failed == [] and host.messages == []


def test_case_2_07_smtp_that_ends_within_the_message(queued, smarthost):
    host = clear(smarthost)
    queued.configure(host)
    queued.submit(["-bs"], b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\n"
                  b"DATA\r\nSubject: s\r\n\r\nhalf a li")
    queued.run().ok()
    assert queued.waiting == queued.failed == [] and host.messages == []


def mounted(queued, mount, args=(TO,), stdin=MAIL):
    """Submits where the shell has done `mount` to the spool's directory; then
    what is in the spool, and how it ended."""
    needs("unshare", "mount")
    queued.spool.mkdir(exist_ok=True)
    script = f'{mount} || exit 99; shift; "$@"; rc=$?; ' \
        f'find {queued.spool} -type f -path "*/*ue*/*" >&2; exit $rc'
    process = subprocess.Popen(
        ["unshare", "-m", "sh", "-c", script, "sh", str(queued.spool),
         *queued.outpost.command(list(args))],
        env=queued.outpost.environment(), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    status, out, err = finish(process, stdin)
    if status == 99 or err.startswith("unshare:"):
        pytest.skip("no private mounts can be had here")
    assert out == b""
    return status, err


SMALL = 'mount -t tmpfs -o size=64k,mode=755 none "$1"'
READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1"'


@pytest.mark.root
@pytest.mark.parametrize("args", [[], ["-odq"], ["-odb"]])
def test_case_2_08_no_room(queued, args):
    queued.configure(Nobody())
    status, err = mounted(queued, SMALL, [*args, TO], BIG)
    assert status in (74, 75), err
    assert "No space left" in err and str(queued.spool) in err
    assert f"{queued.spool}/queue/" not in err


def unwilling(queued, kind):
    """Makes the spool one that nothing can be kept in; returns how to
    submit."""
    if kind == "read-only":
        return lambda args=(TO,): mounted(queued, READ_ONLY, args)

    def submit(args=(TO,)):
        done = queued.submit(args)
        return done.status, done.err

    if kind == "missing":
        queued.spool = queued.spool / "not" / "there"
        queued.changes = merged(queued.changes,
                                {"queue": {"directory": queued.spool}})
    else:
        queued.spool.mkdir()
        os.chown(queued.spool, 54321, 54321)
    return submit


@pytest.mark.root
@pytest.mark.parametrize("kind", ["missing", "read-only", "wrong owner"])
@pytest.mark.parametrize("args", [[], ["-odq"], ["-odb"]])
def test_case_2_09_nowhere_to_keep_it(queued, kind, args):
    submit = unwilling(queued, kind)
    queued.configure(Nobody())
    status, err = submit([*args, TO])
    assert status in (75, 77, 78) and str(queued.spool) in err, err
    assert status != 78 or args, err


@pytest.mark.root
@pytest.mark.parametrize("kind", ["missing", "read-only", "wrong owner"])
def test_case_2_09_nowhere_to_keep_it_and_no_need(queued, smarthost, kind):
    host = clear(smarthost)
    submit = unwilling(queued, kind)
    queued.configure(host)
    assert submit() == (0, "")
    assert len(host.messages) == 1


def test_what_is_kept_can_be_read_by_the_format(queued):
    queued.configure(Nobody()).submit(["a@d.example", "b@d.example"]).ok()
    name, = queued.waiting
    kept = spoolfile.parse(queued.spool / "queue" / name)
    assert kept.recipients == [("a@d.example", 0), ("b@d.example", 0)]
    assert kept.message.endswith(b"\r\n\r\nbody\r\n")
    assert kept.slot.attempts == 1
