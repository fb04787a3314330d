"""The drop folder: users who can read neither the configuration nor its
secret leave their mail there."""

import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import spoolfile
from faults import MAIL, clear, needs
from places import ACCOUNT, OTHER, OWNER, STRANGER, WWW
from queued import TO, Nobody
from smarthost.script import at
from spooling import FOLDERS

pytestmark = pytest.mark.root
X = "x@a.example"
NO_SECRET = {"user": None, "password": None}
LARGE = b"Subject: large\n\n" + (b"0123456789" * 7 + b"\n") * 4000


@pytest.fixture
def machine(place):
    return place().make_spool()


@pytest.fixture
def open_machine(machine, smarthost):
    """The same, whose smarthost is up: (machine, host)."""
    host = clear(smarthost)
    machine.configure(host)
    return machine, host


def subjects(host):
    return sorted(message.only("Subject") for message in host.messages)


@pytest.mark.parametrize("runner", [0, OWNER])
@pytest.mark.parametrize("command", ["-q", "queue run"])
def test_drop_delivered_with_the_policy(open_machine, runner, command):
    machine, host = open_machine
    machine.outpost.aliases("root: alice@b.example\n")
    machine.outpost.aliases_file.chmod(0o644)
    machine.submit(["-i", "root", X], b"From: Web <web@c.example>\n"
                   b"To: root\nSubject: s\n\nbody\n").ok()
    assert machine.waiting == [] and host.connections == []
    path, = machine.dropped
    status = path.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (
        WWW, OWNER, 0o640)
    assert status.st_nlink == 1
    if command == "-q":
        machine.run(uid=runner).ok()
    else:
        machine.admin("run", uid=runner).ok()
    message = host.message
    assert message.sender == ACCOUNT
    assert message.recipients == ["alice@b.example", X]
    assert ACCOUNT in message.only("From") and "Web" in message.only("From")
    assert "web@c.example" in message.only("Reply-To")
    assert message.body == b"body\r\n"
    assert machine.dropped == [] and machine.waiting == machine.corrupt == []
    assert f"uid={WWW} " in machine.outpost.log()
    machine.run(uid=runner).ok()
    assert len(host.messages) == 1


def test_drop_header_as_it_would_have_been(open_machine):
    """Who could read the configuration would have sent the same."""
    machine, host = open_machine
    mail = (b"To: a@b.example\nCc: b@b.example\nSubject: s\nX-A: 1\n\n"
            b".dot\nFrom line\n")
    args = ["-t", "-i", "-F", "Some One", "-f", "me@c.example"]
    machine.submit(args, mail).ok()
    machine.run().ok()
    machine.submit(args, mail, uid=0).ok()
    one, two = host.messages
    assert (one.sender, one.recipients) == (two.sender, two.recipients)
    names = [{name for name, _ in message.fields} for message in (one, two)]
    assert names[0] - {"Reply-To"} == names[1]
    for name in ("From", "To", "Cc", "Subject", "X-A"):
        assert one.only(name) == two.only(name)
    assert one.body == two.body


def test_drop_sender_that_was_given(machine, smarthost):
    host = clear(smarthost)
    machine.configure(host, sender={"rewrite": "never"})
    for sender, want in (("me@c.example", "me@c.example"), ("<>", ""),
                         (None, "www@example.test")):
        machine.submit([*(["-f", sender] if sender else []), TO]).ok()
        machine.run().ok()
        assert host.messages[-1].sender == want


def test_drop_owner_is_the_sender(open_machine):
    """Whatever the file says of it."""
    machine, host = open_machine
    machine.leave(spoolfile.mail(TO, kind=spoolfile.DROP, sender=b"",
                                 return_to=None, uid=0))
    machine.run().ok()
    assert len(host.messages) == 1
    log = machine.outpost.log()
    assert f"uid={WWW} " in log and "uid=0 " not in log


@pytest.mark.parametrize("field", [b"Bcc: ", b"bCC :", b"BCC:\n "])
def test_drop_without_bcc(open_machine, field):
    machine, host = open_machine
    machine.submit(["-t"], b"To: a@b.example\n" + field
                   + b"hidden@b.example\nSubject: s\n\nx\n").ok()
    path, = machine.dropped
    parsed = spoolfile.parse(path)
    assert not re.search(rb"(?im)^bcc\s*:", path.read_bytes())
    assert b"hidden" not in parsed.message
    machine.run().ok()
    assert sorted(host.message.recipients) == ["a@b.example",
                                               "hidden@b.example"]
    assert b"hidden" not in host.message.data


@pytest.mark.parametrize("args, mail, status", [
    (["a@@b"], MAIL, 65), (["a\nb@c.example"], MAIL, 65),
    (["a b@c"], MAIL, 65),
    (["-t"], b"To: a@b, <c@\n\nx\n", 65), (["-t"], b"Subject: s\n\nx\n", 64),
    ([], MAIL, 64), (["-f", "a@b\n", TO], MAIL, 65)],
    ids=str)
def test_drop_what_is_no_mail_is_refused_at_once(open_machine, args, mail,
                                                 status):
    machine, _ = open_machine
    done = machine.submit(args, mail)
    assert done.status == status and done.err, done
    assert machine.dropped == []


def test_drop_no_configuration(machine, smarthost):
    """It can come later."""
    env = {"OUTPOST_CONFIG": None, "HOME": "/nonexistent"}
    machine.submit(env=env).ok()
    assert len(machine.dropped) == 1
    host = clear(smarthost)
    machine.configure(host)
    machine.run().ok()
    assert host.message.recipients == [TO]


def test_drop_no_folder(place, smarthost):
    machine = place().make_spool(drop=False)
    machine.configure(clear(smarthost))
    machine.submit().failed(78, "/etc/outpost.ini", "permission denied")
    assert machine.litter == [] and machine.waiting == []


def test_drop_unreadable_secret(machine, smarthost):
    """The configuration may be read by all, the secret not."""
    host = smarthost(tls="off")
    secret = machine.etc / "secret"
    secret.write_text("ABCDEFGHIJKLMNOP\n")
    os.chown(secret, 0, OWNER)
    secret.chmod(0o640)
    machine.configure(host, smarthost={
        "auth": "plain", "user": "tester@163.com", "password": None,
        "password_file": "/etc/secret"})
    (machine.etc / "outpost.ini").chmod(0o644)
    machine.submit().ok()
    assert len(machine.dropped) == 1 and host.connections == []
    machine.run().ok()
    assert len(host.messages) == 1
    assert host.connection.credentials[0][2] == b"ABCDEFGHIJKLMNOP"


@pytest.mark.parametrize("options", ["size=64k", "size=1m,nr_inodes=7"])
def test_drop_full(place, smarthost, options):
    machine = place(options).make_spool()
    machine.configure(clear(smarthost))
    machine.submit(stdin=LARGE).failed(
        75, f"{machine.directory}/drop", "no space left")
    assert machine.dropped == []
    if "inodes" not in options:
        machine.submit().ok()


def test_drop_mail_of_root(machine, smarthost):
    """It goes to the queue, and is outpost's."""
    machine.configure(Nobody())
    machine.submit(["-odq", TO], uid=0).ok()
    machine.submit([TO], uid=0).ok()
    assert machine.dropped == [] and len(machine.waiting) == 2
    for name in machine.waiting:
        status = (machine.spool / "queue" / name).stat()
        assert (status.st_uid, status.st_gid) == (OWNER, OWNER)
        assert status.st_mode & 0o007 == 0
        path = machine.directory / "queue" / name
        assert machine.do(["cat", path], WWW).status != 0
    host = clear(smarthost)
    machine.configure(host)
    machine.run(uid=OWNER).ok()
    assert len(host.messages) == 2 and machine.waiting == []
    assert "uid=0 " in machine.outpost.log()


def test_drop_first_mail_of_root_makes_the_spool(place, smarthost):
    """Where nobody prepared the machine."""
    machine = place()
    machine.configure(clear(smarthost), queue={
        "directory": machine.directory / "new"})
    machine.submit(["-odq", TO], uid=0).ok()
    machine.spool /= "new"
    assert len(machine.waiting) == 1
    for path in (machine.spool, *machine.spool.iterdir()):
        status = path.stat()
        assert status.st_uid == OWNER
        assert status.st_mode & 0o777 == FOLDERS.get(path.name, 0o711)
    machine.run().ok()
    assert machine.waiting == []


def test_drop_others_have_no_say(open_machine):
    """Nobody lists the folder, nor reads, changes or removes what is not
    his."""
    machine, _ = open_machine
    machine.submit().ok()
    path = machine.directory / "drop" / machine.dropped[0].name
    for uid in (WWW, OTHER):
        assert machine.do(["ls", path.parent], uid).status != 0
    for words in (["cat", path], ["rm", "-f", path], ["mv", path, f"{path}x"],
                  ["sh", "-c", f"echo x >> {path}"], ["chmod", "666", path],
                  ["ln", path, f"{path}x"]):
        assert machine.do(words, OTHER).status != 0, words
    for folder, mode in FOLDERS.items():
        place = machine.directory / folder
        assert machine.do(["touch", place / "x"], WWW).status != 0
        assert mode & 0o005 or machine.do(["ls", place], WWW).status != 0
    assert len(machine.dropped) == 1


@pytest.mark.parametrize("umask", [0, 0o777, 0o177])
def test_drop_umask(open_machine, umask):
    machine, host = open_machine
    machine.submit(preexec_fn=lambda: os.umask(umask)).ok()
    path, = machine.dropped
    assert path.stat().st_mode & 0o777 == 0o640
    machine.run().ok()
    assert len(host.messages) == 1


def test_drop_user_without_an_entry(machine, smarthost):
    host = clear(smarthost)
    machine.configure(host, sender={"rewrite": "never"})
    machine.submit(uid=STRANGER).ok()
    machine.run().ok()
    assert host.message.sender == f"uid-{STRANGER}@example.test"
    assert f"uid={STRANGER} " in machine.outpost.log()


@pytest.mark.parametrize("home", ["/proc", "/nonexistent", "/root", None, ""])
def test_drop_home(open_machine, home):
    machine, host = open_machine
    machine.submit(stdin=LARGE, env={"HOME": home}).ok()
    machine.run(env={"HOME": home}).ok()
    assert len(host.messages) == 1


def test_drop_smarthost_down(machine, smarthost):
    machine.configure(Nobody())
    machine.submit().ok()
    machine.run().ok()
    assert machine.dropped == [] and len(machine.waiting) == 1
    host = clear(smarthost)
    machine.configure(host)
    machine.run().ok()
    assert len(host.messages) == 1 and machine.waiting == []


@pytest.mark.parametrize("mode", ["-odi", "-odq", "-odb"])
def test_drop_queue_of_another_user(machine, smarthost, mode):
    """Who may read all but not write to the queue: what one recipient got at
    once goes to the other later, and to him alone."""
    host = clear(smarthost, script=[at("RCPT", when="late",
                                       reply="450 4.2.1 later")])
    machine.configure(host, smarthost=NO_SECRET)
    (machine.etc / "outpost.ini").chmod(0o644)
    machine.outpost.log_file.chmod(0o666)
    machine.submit([mode, TO, "late@d.example"]).ok()
    assert len(machine.dropped) == 1
    assert len(host.messages) == (mode == "-odi")
    host.script.clear()
    machine.run().ok()
    assert machine.dropped == machine.waiting == []
    assert sorted(rcpt for message in host.messages
                  for rcpt in message.recipients) == ["late@d.example", TO]
    assert f"uid={WWW} " in machine.outpost.log()


def test_drop_not_with_a_configuration_of_ones_own(machine):
    """Its mail is for another account."""
    machine.configure(Nobody(), smarthost=NO_SECRET)
    own = machine.etc / "own.ini"
    own.write_bytes((machine.etc / "outpost.ini").read_bytes())
    own.chmod(0o644)
    machine.submit(env={"OUTPOST_CONFIG": "/etc/own.ini"}).failed(
        75, str(machine.directory))
    assert machine.dropped == machine.waiting == []


def test_drop_many_at_once(open_machine):
    machine, host = open_machine

    def one(number):
        return machine.submit(stdin=b"Subject: %d\n\nx\n" % number,
                              uid=(WWW, OTHER, STRANGER)[number % 3])

    with ThreadPoolExecutor(16) as pool:
        runs = [pool.submit(one, number) for number in range(100)]
        while not all(run.done() for run in runs):
            machine.run().ok()
        for run in runs:
            run.result().ok()
    machine.run().ok()
    assert sorted(map(int, subjects(host))) == list(range(100))
    assert machine.dropped == machine.waiting == machine.corrupt == []


@pytest.mark.parametrize("runner", [0, OWNER])
def test_fault_p_12_who_delivers(machine, smarthost, runner):
    """Nothing of root is left in a process that talks."""
    go_on = threading.Event()
    host = clear(smarthost, script=[at("RCPT", hold=go_on)])
    machine.configure(host)
    machine.submit().ok()
    jobs = [(["-q"], b""), ([TO], MAIL)] if runner == 0 else [(["-q"], b"")]
    for number, (args, mail) in enumerate(jobs, 1):
        process = machine.start(machine.outpost.command(args), runner)
        process.stdin.write(mail)
        process.stdin.close()
        process.stdin = None
        assert host.wait(lambda record, number=number: sum(
            line.startswith(b"RCPT") for line in record.commands) == number)
        with open(f"/proc/{process.pid}/status") as file:
            status = dict(line.split(":\t", 1) for line in file)
        for key in ("Uid", "Gid"):
            assert status[key].split() == [str(OWNER)] * 4
        assert set(status["Groups"].split()) <= {str(OWNER)}
        for key in ("CapPrm", "CapEff", "CapAmb"):
            assert int(status[key], 16) == 0
        go_on.set()
        assert process.wait(20) == 0
        process.communicate()
        go_on.clear()
    go_on.set()
    assert len(host.messages) == len(jobs)


@pytest.mark.parametrize("call", ["linkat", "fsync", "unlinkat", "pwrite64",
                                  "write", "flock", "close"])
def test_drop_killed_in_the_pick_up(machine, smarthost, call):
    """Wherever a run is killed: there is one mail, not two, and not none."""
    needs("strace")
    machine.configure(Nobody())
    for count in range(1, 4):
        machine.submit(stdin=b"Subject: %d\n\nx\n" % count).ok()
        machine.do(["strace", "-f", "-o", "/dev/null", "-e",
                    f"inject={call}:signal=KILL:when={count}",
                    *machine.outpost.command(["-q"])], OWNER)
    host = clear(smarthost)
    machine.configure(host)
    machine.run().ok()
    assert subjects(host) == ["1", "2", "3"]
    assert machine.dropped == machine.waiting == []


def test_drop_through_the_account_of_the_sender(machine, smarthost):
    host, other = clear(smarthost), clear(smarthost)
    machine.configure(host, **{"smarthost other": {
        "host": "127.0.0.1", "port": other.port, "tls": "off", "auth": "off",
        "user": "other@o.example", "senders": "*@*.o.example"}})
    machine.submit(["-f", "app@www.o.example", X],
                   b"From: app@www.o.example\nSubject: other\n\nx\n").ok()
    machine.submit([X], b"Subject: first\n\nx\n").ok()
    machine.run().ok()
    assert subjects(host) == ["first"] and subjects(other) == ["other"]
    assert other.message.sender == "other@o.example"
    assert other.message.only("From").strip() == "other@o.example"
