"""The files that outpost setup makes: whose they are, and who can send by
them."""

import os
import re
import shutil

import pytest
from faults import MAIL, needs
from places import NAMES, OTHER, OWNER, WWW
from queued import TO
from runner import CODE, USER
from setups import Setup

pytestmark = pytest.mark.root


class Machine:
    """A machine to itself, and setup on it."""

    def __init__(self, place, port):
        self.place = place
        self.setup = Setup(place.outpost, port)
        self.setup.code_file.chmod(0o644)
        self.config = place.etc / "outpost.ini"
        self.secret = place.etc / "outpost.secret"
        self.env = {"OUTPOST_PROVIDERS": str(self.setup.providers)}

    def run(self, *more, uid=0, env=None):
        """Runs setup by options."""
        return self.place.do(
            self.place.outpost.command(
                ["setup", *self.setup.options, *more], "outpost"),
            uid, env={**self.env, **(env or {})})

    def users(self, names):
        """Who is known on the machine."""
        lines = [f"{NAMES[uid]}:x:{uid}:{uid}::/nonexistent:/bin/sh\n"
                 for uid in names]
        root = "root:x:0:0:root:/root:/bin/sh\n"
        (self.place.etc / "passwd").write_text(root + "".join(lines))


@pytest.fixture
def host163(smarthost):
    return smarthost(profile="163")


@pytest.fixture
def machine(place, host163):
    return Machine(place(), host163.port)


def owner(path):
    status = path.stat()
    return status.st_uid, status.st_gid, status.st_mode & 0o7777


def test_of_the_machine(machine, host163):
    machine.place.make_spool()
    run = machine.run()
    assert (run.status, run.err) == (0, ""), run
    assert "/etc/outpost.secret: written (root:outpost 0640)" in (
        run.out.decode())
    assert owner(machine.secret) == (0, OWNER, 0o640)
    assert owner(machine.config) == (0, OWNER, 0o644)
    assert CODE not in machine.config.read_text()
    # root sends, and so does who runs the queue, for the others
    machine.place.submit([TO], MAIL, uid=0, env=machine.env).ok()
    assert len(host163.messages) == 1
    machine.place.submit([TO], MAIL, uid=WWW, env=machine.env).ok()
    assert len(machine.place.dropped) == 1
    machine.place.run(env=machine.env).ok()
    assert machine.place.dropped == [] and len(host163.messages) == 2
    assert [message.sender for message in host163.messages] == [USER, USER]


def test_before_there_is_a_user(machine):
    machine.users([WWW])
    run = machine.run()
    assert run.status == 0 and 'no user "outpost"' in run.out.decode(), run
    assert owner(machine.secret) == (0, 0, 0o600)
    assert owner(machine.config) == (0, 0, 0o644)
    machine.users([WWW, OWNER])
    again = machine.run()
    assert again.status == 0 and 'no user' not in again.out.decode(), again
    assert owner(machine.secret) == (0, OWNER, 0o640)
    assert sorted(p.name for p in machine.place.etc.glob("outpost*")) == [
        "outpost.ini", "outpost.secret"]
    assert "unchanged" in machine.run().out.decode()


@pytest.fixture
def home(machine):
    path = machine.place.outpost.directory / "home"
    path.mkdir()
    os.chown(path, OTHER, OTHER)
    machine.env["HOME"] = str(path)
    machine.env["OUTPOST_CONFIG"] = None
    return path


def test_of_a_user(machine, host163, home):
    run = machine.run(uid=OTHER)
    assert (run.status, run.err) == (0, ""), run
    config = home / ".config/outpost.ini"
    assert owner(config) == (OTHER, OTHER, 0o600)
    assert owner(config.with_suffix(".secret")) == (OTHER, OTHER, 0o600)
    assert f"directory = {home}/.local/state/outpost\n" in config.read_text()
    sent = machine.place.submit([TO], MAIL, uid=OTHER, env=machine.env)
    assert sent.status == 0, sent
    assert len(host163.messages) == 1
    assert "unchanged" in machine.run(uid=OTHER).out.decode()


def test_of_a_user_where_the_machine_has_one(machine, home):
    machine.config.write_text("[smarthost]\nhost = x.example\n")
    run = machine.run(uid=OTHER)
    assert run.status == 0, run
    assert f"OUTPOST_CONFIG={home}/.config/outpost.ini" in run.out.decode()


def test_links_are_followed(machine):
    elsewhere = machine.place.etc / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mail.ini").write_text("# old\n")
    machine.config.symlink_to("/etc/elsewhere/mail.ini")
    assert machine.run("--force").status == 0
    assert machine.config.is_symlink()
    assert "provider = 163" in (elsewhere / "mail.ini").read_text()
    assert (elsewhere / "mail.ini.bak").read_text() == "# old\n"
    assert (elsewhere / "mail.secret").read_text() == CODE + "\n"


def test_nothing_is_left_of_what_fails(machine):
    """A directory where the configuration is to be."""
    machine.config.mkdir()
    run = machine.run()
    assert run.status == 73 and "/etc/outpost.ini" in run.err, run
    assert not machine.secret.exists()
    shutil.rmtree(machine.config)
    assert machine.run().status == 0


def test_nobody_can_read_it_at_any_time(machine):
    """The secret has its owner before its mode, and both before its name."""
    needs("strace")
    setup = machine.setup
    trace = setup.outpost.directory / "trace"
    command = setup.outpost.command(
        ["setup", *setup.options, "--no-check"], "outpost")
    run = machine.place.do(
        ["strace", "-f", "-qq", "-y", "-o", str(trace), *command],
        env=machine.env)
    assert run.status == 0, run
    calls = [line.partition(" ")[2].strip()
             for line in trace.read_text("utf-8", "replace").splitlines()
             if "outpost.secret" in line]
    names = [re.match(r"\w+", call)[0] for call in calls]
    made = names.index("openat")
    assert "O_EXCL" in calls[made] and "0600" in calls[made]
    after = [name for name in names[made:] if name in (
        "write", "fchown", "fchmod", "fsync", "rename")]
    assert after[:5] == ["write", "fchown", "fchmod", "fsync", "rename"]
    assert ", 0640)" in calls[names.index("fchmod")]
    assert CODE not in " ".join(command)


def test_a_secret_that_was_there_by_hand(machine):
    """Where the given file is the one to be written, it stays."""
    machine.secret.write_text(CODE + "\n")
    machine.secret.chmod(0o644)
    machine.setup.code_file = "/etc/outpost.secret"
    assert machine.run("--no-check").status == 0
    assert owner(machine.secret) == (0, OWNER, 0o640)
    assert machine.secret.read_text() == CODE + "\n"
    assert not machine.secret.with_name("outpost.secret.bak").exists()
