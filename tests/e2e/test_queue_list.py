"""mailq, and `outpost queue list`."""

import fcntl
import os
import re
import subprocess
import time

import pytest

from queues import Queue
from runner import CODE
from smarthost.script import at

HEADER = ("-Queue ID-  --Size-- ----Arrival Time---- "
          "-Sender/Recipient-------")
ROW = re.compile(r"([0-9a-v]{21})([ *!]) +(\d+) "
                 r"([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)  (.*)")
NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}
OTHER = {"user": 54321, "group": 54321, "extra_groups": []}


@pytest.fixture
def queue(outpost):
    return Queue(outpost)


def as_plugin(text):
    """How many mails check_mailq finds: as Postfix, and as sendmail."""
    lines = text.splitlines()
    if lines[-1] == "Mail queue is empty":
        return 0, 0
    postfix = re.match(r"-- (\d+) Kbytes in (\d+) Requests?\.", lines[-1])
    totals = [re.match(r"\s+Total requests:\s+(\d+)", line) for line in lines]
    (sendmail,) = [match for match in totals if match]
    return int(postfix.group(2)), int(sendmail.group(1))


def test_no_spool_is_an_empty_queue(queue):
    for run in (queue.mailq(), queue.outpost(["-bp"])):
        assert (run.status, run.out, run.err) == (
            0, b"Mail queue is empty\n", "")
    assert not queue.spool.exists()
    assert queue.json() == ([], {"total": 0, "bytes": 0, "last_run": 0})


def test_no_queue_is_an_empty_queue(queue):
    queue.outpost.configure(changes={"queue": {"directory": ""}})
    assert queue.mailq().out == b"Mail queue is empty\n"


def test_contract_62_layout(queue):
    name = queue.keep("a@x.example", "b@x.example")
    run = queue.mailq()
    assert (run.status, run.err) == (0, "")
    lines = run.out.decode().split("\n")
    assert lines[0] == HEADER
    row = ROW.fullmatch(lines[1])
    assert row.group(1, 2, 5) == (name, " ", "me@x.example")
    assert abs(time.time() - time.mktime(time.strptime(
        f"{time.localtime().tm_year} {row.group(4)}",
        "%Y %a %b %d %H:%M:%S"))) < 60
    assert int(row.group(3)) == queue.mail(name)["size"] > 0
    assert lines[2].strip() == "(not tried yet)" and len(lines[2]) == 78
    assert lines[3:6] == [" " * 41 + "a@x.example", " " * 41 + "b@x.example",
                          ""]
    assert as_plugin(run.out.decode()) == (1, 1)
    assert lines[-2] == "-- 0 Kbytes in 1 Request." and lines[-1] == ""


def test_contract_62_plugins_count(queue):
    for count in (1, 2, 3):
        queue.keep(mail=b"Subject: big\n\n" + b"x" * 70 * 1024)
        text = queue.mailq().out.decode()
        assert as_plugin(text) == (count, count)
        total = queue.json()[1]["bytes"]
        assert text.endswith(
            f"-- {total // 1024} Kbytes in {count} Request"
            f"{'' if count == 1 else 's'}.\n")


def test_the_reason_and_the_next_try(queue, smarthost):
    host = smarthost(script=[
        at("RCPT", when="b@", reply="450 4.2.1 come back"),
        at("RCPT", when="c@", reply="550 5.1.1 unknown")])
    queue.configure(host)
    queue.outpost(["-i", "-f", "me@x.example", "a@x.example", "b@x.example",
                   "c@x.example"], b"Subject: x\n\nx\n")
    (name,) = queue.ids()
    text = queue.mailq().out.decode()
    # who has it, or will never get it, is not waited for
    assert "b@x.example\n" in text
    assert "a@x.example\n" not in text and "c@x.example\n" not in text
    reason = re.search(r"\((.*)\)\n", text).group(1)
    assert "come back" in reason
    assert re.search(r"; next try at \w{3} \w{3} .*, 1 attempt$", reason)
    mail = queue.mail(name)
    assert mail["attempts"] == 1 and mail["next"] > mail["last"] > 0
    states = {r["address"]: (r["state"], r["reply"])
              for r in mail["recipients"]}
    assert states["b@x.example"] == ("waiting", 450)
    assert states["c@x.example"] == ("failed", 550)
    assert states["a@x.example"][0] == "delivered"


def test_failed_mail(queue, smarthost):
    host = smarthost(script=[at("RCPT", reply="550 5.1.1 unknown")])
    queue.configure(host)
    assert queue("list", "--failed").out.startswith(b"No mail has failed\n")
    queue.outpost(["-i", "a@x.example"], b"Subject: x\n\nx\n").failed(67)
    (name,) = queue.ids("failed")
    assert queue.mailq().out == b"Mail queue is empty\n"
    text = queue("list", "--failed").out.decode()
    assert name in text and "unknown" in text and "a@x.example\n" in text
    mail = queue.mail(name, "--failed")
    assert (mail["queue"], mail["state"]) == ("failed", "failed")
    assert mail["recipients"][0]["status"] == "5.1.1"


def test_held_and_active(queue):
    held, active = queue.keep(), queue.keep()
    queue("hold", held).ok()
    with open(queue.spool / "queue" / active, "rb") as entry:
        fcntl.flock(entry, fcntl.LOCK_EX)
        text = queue.mailq().out.decode()
        assert queue.mail(active)["state"] == "active"
    assert f"{held}! " in text and f"{active}* " in text
    assert queue.mail(held)["state"] == "held"


def test_the_null_sender(queue):
    name = queue.keep(sender="<>")
    assert ROW.search(queue.mailq().out.decode()).group(5) == "MAILER-DAEMON"
    assert queue.mail(name)["sender"] == ""


def test_some_ids(queue):
    first, second = queue.keep(), queue.keep()
    assert [mail["id"] for mail in queue.json(second)[0]] == [second]
    run = queue("list", first, first[:-1] + ("0" if first[-1] != "0" else "1"))
    assert run.status == 69 and "there is no mail" in run.err
    assert first in run.out.decode()
    assert queue("list", "../" + first).status == 64


def test_json_holds_any_text(queue):
    sender = '"a\\"b \\\\ c"@x.example'
    name = queue.keep('"q\\"z"@x.example', sender=sender)
    mail = queue.mail(name)
    assert mail["sender"].count('"') >= 2
    assert mail["recipients"][0]["address"] == '"q\\"z"@x.example'
    assert mail["uid"] == os.geteuid()


def test_when_the_queue_was_run(queue):
    queue.keep()
    assert queue("list").out.endswith(
        b"Last run: never; see outpost(8)\n")
    queue("run")
    assert re.search(rb"\nLast run: \d+ seconds? ago\n$", queue("list").out)
    assert abs(time.time() - queue.json()[1]["last_run"]) < 60
    # the plugins' last line is mailq's
    assert as_plugin(queue.mailq().out.decode()) == (1, 1)


def test_a_pause_is_told(queue):
    queue.outpost(["-i", "a@x.example"], b"Subject: x\n\nx\n").ok()
    assert re.search(rb"\nPaused until .*: cannot connect to 127\.0\.0\.1",
                     queue("list").out)
    assert b"Paused" not in queue.mailq().out


def test_what_cannot_be_read_stops_nothing(queue):
    name = queue.keep()
    for i, data in enumerate((b"", b"\0" * 5000, b"\x1b[2J" * 3000)):
        (queue.spool / "queue" / f"0000000{i}0000000000000").write_bytes(data)
    os.symlink("/etc/passwd", queue.spool / "queue" / ("1" * 21))
    os.mkfifo(queue.spool / "queue" / ("2" * 21))
    (queue.spool / "queue" / "no entry").write_bytes(b"")
    run = queue.mailq()
    assert run.status == 0 and as_plugin(run.out.decode()) == (1, 1)
    assert name in run.out.decode()
    assert len(run.err.splitlines()) == 5 and "\x1b" not in run.err
    assert len(queue.ids()) == 7  # to look changes nothing


def test_output_that_cannot_be_written(queue):
    for _ in range(3):
        queue.keep()
    for program, args in (("mailq", []), ("outpost", ["queue", "list"])):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                queue.outpost.command(args, program),
                env=queue.outpost.environment(), stdout=full,
                stderr=subprocess.PIPE, timeout=15)
        assert done.returncode == 74 and b"cannot write" in done.stderr


@pytest.mark.root
def test_another_user_of_a_closed_queue(public_outpost):
    queue = Queue(public_outpost).publish()
    queue.keep()
    (queue.spool / "queue").chmod(0o700)
    run = queue.outpost(["-bp"], **NOBODY)
    run.failed(77, str(queue.spool), "root", "outpost")
    assert len(run.err.splitlines()) == 1


@pytest.mark.root
def test_another_user_sees_no_mail_of_others(public_outpost):
    queue = Queue(public_outpost).publish()
    name = queue.keep("of-root@x.example")
    for mode in (0o600, 0o644):
        (queue.spool / "queue" / name).chmod(mode)
        run = queue.outpost(["-bp"], **NOBODY)
        assert (run.status, run.out, run.err) == (
            0, b"Mail queue is empty\n", "")
        queue("show", name, **NOBODY).failed(77, name, "another user")
    assert b"of-root" in queue.mailq().out


@pytest.fixture
def shared(public_outpost, smarthost):
    """A queue with a mail of root's; others come by way of the drop folder:
    the secret is not theirs to read.  Nobody can be sent to until the script
    of queue.host is cleared."""
    queue = Queue(public_outpost).publish()
    queue.keep("of-root@x.example")
    drop = queue.spool / "drop"
    drop.mkdir()
    drop.chmod(0o3733)
    queue.host = smarthost(script=[at("RCPT", reply="450 4.2.1 later")])
    secret = public_outpost.directory / "secret"
    secret.write_text(CODE)
    secret.chmod(0o600)
    public_outpost.configure(queue.host, {
        "queue": {"directory": queue.spool, "retry": "1ms"},
        "smarthost": {"password": None, "password_file": secret}})
    return queue


def leave(queue):
    """A mail of NOBODY that was taken into the queue; its id."""
    before = set(queue.ids())
    queue.outpost(["-i", "mine@x.example"], b"Subject: m\n\nm\n",
                  **NOBODY).ok()
    assert len(queue.ids("drop")) == 1
    queue("run").ok()
    (name,) = set(queue.ids()) - before
    if not queue.ids("own"):
        pytest.skip("no access control lists here")
    return name


@pytest.mark.root
def test_users_see_their_own(shared):
    name = leave(shared)
    run = shared.outpost(["-bp"], **NOBODY)
    assert run.status == 0 and run.err == ""
    assert b"mine@x.example" in run.out and b"of-root" not in run.out
    assert as_plugin(run.out.decode()) == (1, 1)
    shown = shared("show", name, **NOBODY)
    assert shown.status == 0 and b"Subject: m" in shown.out
    shared("remove", name, **NOBODY).failed(77)


@pytest.mark.root
def test_users_see_their_own_that_failed(shared):
    shared.host.script[:] = [at("RCPT", reply="550 5.1.1 unknown")]
    shared.outpost(["-i", "mine@x.example"], b"Subject: m\n\nm\n",
                   **NOBODY).ok()
    shared("run").ok()
    if not shared.ids("own"):
        pytest.skip("no access control lists here")
    run = shared("list", "--failed", **NOBODY)
    assert run.status == 0 and run.err == ""
    assert b"mine@x.example" in run.out and b"of-root" not in run.out


@pytest.mark.root
def test_users_see_what_they_left(shared):
    """It is not listed before it is taken, but who has its id can see it."""
    shared.outpost(["-i", "mine@x.example"], b"Subject: m\n\nm\n",
                   **NOBODY).ok()
    (name,) = shared.ids("drop")
    shown = shared("show", name, **NOBODY)
    assert shown.status == 0 and b"Subject: m" in shown.out
    run = shared.outpost(["-bp"], **NOBODY)
    assert (run.status, run.out) == (0, b"Mail queue is empty\n")


@pytest.mark.root
def test_another_user_finds_nothing(shared):
    name = leave(shared)
    run = shared.outpost(["-bp"], **OTHER)
    assert (run.status, run.out, run.err) == (
        0, b"Mail queue is empty\n", "")
    shared("show", name, **OTHER).failed(77, name, "another user")
    for folder in ("queue", "failed", "own", f"own/{NOBODY['user']}"):
        done = subprocess.run(["ls", shared.spool / folder], **OTHER,
                              capture_output=True, timeout=15)
        assert done.returncode != 0 and done.stdout == b"", folder


@pytest.mark.root
def test_a_marker_goes_with_its_mail(shared):
    name = leave(shared)
    own = f"own/{NOBODY['user']}"
    assert shared.ids(own) == [name]
    shared("run").ok()
    assert shared.ids(own) == [name]
    shared.host.script.clear()
    shared.outpost(["-q"]).ok()
    assert shared.ids() == [] and shared.ids("own") == []
    run = shared.outpost(["-bp"], **NOBODY)
    assert (run.status, run.out, run.err) == (
        0, b"Mail queue is empty\n", "")


@pytest.mark.root
def test_without_a_configuration_to_read(public_outpost):
    queue = Queue(public_outpost)
    queue.keep()
    run = queue.outpost(["-bp"], **NOBODY)
    # the default spool, which is either not there or not his
    assert (run.status, run.out) in (
        (0, b"Mail queue is empty\n"), (77, b"")), run
    assert str(queue.spool) not in run.err


@pytest.mark.root
def test_dropped_mail(public_outpost):
    queue = Queue(public_outpost)
    name = queue.keep()
    (queue.spool / "drop").mkdir()
    dropped = queue.spool / "drop" / ("0" * 21)
    dropped.write_bytes((queue.spool / "queue" / name).read_bytes())
    os.chown(dropped, NOBODY["user"], NOBODY["group"])
    text = queue.mailq().out.decode()
    assert "(to be taken into the queue)" in text
    assert as_plugin(text) == (2, 2)
    mail = queue.mail(dropped.name)
    assert (mail["queue"], mail["state"]) == ("drop", "drop")
    assert mail["uid"] == NOBODY["user"]  # so says the file system
    assert queue("show", dropped.name).status == 0
