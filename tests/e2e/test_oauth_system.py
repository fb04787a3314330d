"""Tokens of the system's configuration: root and the queue's user share
them."""

import json
import os
import shutil
import stat
from pathlib import Path

import pytest
from places import ACCOUNT, OWNER, WWW
from tokens import CLIENT, DEVICE, Endpoint, Login, grant, helper

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(helper() is None,
                       reason="outpost oauth was not built")]


class Machine:
    """A Place with /var/lib of its own and a server that gives tokens."""

    def __init__(self, place, endpoint):
        self.place, self.endpoint = place, endpoint
        outpost = place.outpost
        self.program = shutil.copy(helper(), outpost.directory / "helper")
        self.login = Login(outpost, endpoint, outpost.ca_file, self.program)
        self.login.env["XDG_STATE_HOME"] = None
        assert place.do(["mount", "-t", "tmpfs", "-o", "mode=755", "none",
                         "/var/lib"]).status == 0
        self.directory = place.root / "var/lib/outpost/oauth"
        self.file = self.directory / (ACCOUNT.replace("@", "%40") + ".json")

    def configure(self, host):
        words = " ".join(f"{name}={value}"
                         for name, value in self.login.env.items() if value)
        program = self.place.outpost.program("outpost")
        self.place.configure(host, smarthost={
            "user": ACCOUNT, "password": None, "auth": "xoauth2",
            "password_command": f"{words} {program} oauth token"})

    def __call__(self, *words, uid=0):
        return self.place.do(
            self.place.outpost.command(["oauth", *words], "outpost"), uid,
            env=self.login.env)

    def expire(self):
        self.file.write_text(json.dumps({
            **json.loads(self.file.read_text()), "expires": 0}))

    def renew(self, token):
        """Has the server give another token the next time."""
        self.expire()
        self.endpoint.token.append(grant(token))

    def owners(self):
        return [(path.stat().st_uid, stat.S_IMODE(path.stat().st_mode))
                for path in (self.directory, self.file)]


def users_of(program):
    """The user ids of each process that runs it: real, effective, saved, and
    of the file system."""
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(directory / "exe") == str(program):
                text = (directory / "status").read_text()
                yield [int(word) for word
                       in text.partition("\nUid:")[2].split()[:4]]
        except OSError:
            pass


@pytest.fixture
def machine(place, authority):
    with Endpoint(authority.certificate("good")) as endpoint:
        yield Machine(place().make_spool(), endpoint)


def test_root_and_queue_share_it(machine, smarthost):
    place, endpoint = machine.place, machine.endpoint
    host = smarthost(auth="XOAUTH2", code="TOKEN", user=ACCOUNT, tls="off")
    machine.configure(host)
    endpoint.token.append(grant("TOKEN"))
    run = machine("login")
    assert (run.status, run.err) == (0, ""), run
    assert endpoint.requests[0][1]["client_id"] == CLIENT
    assert machine.owners() == [(OWNER, 0o700), (OWNER, 0o600)]
    # by root, at once
    machine.renew("TOKEN")
    place.submit(uid=0).ok()
    assert machine.owners() == [(OWNER, 0o700), (OWNER, 0o600)]
    # by the queue's user, later
    machine.renew("TOKEN")
    place.submit(["-odq", "rcpt@d.example"], uid=0).ok()
    place.run().ok()
    assert machine.owners() == [(OWNER, 0o700), (OWNER, 0o600)]
    assert len(host.messages) == 2
    assert len(endpoint.asked("refresh_token")) == 2
    assert machine("token", uid=OWNER).out == b"TOKEN\n"
    # and nobody else
    run = machine("token", uid=WWW)
    assert (run.status, run.out) == (78, b""), run
    # the queue's user may log in, too, where the directory is there
    endpoint.device.append(DEVICE)
    endpoint.token.append(grant("TOKEN"))
    assert machine("login", uid=OWNER).status == 0
    assert machine("forget").status == 0
    assert list(machine.directory.iterdir()) == []


def test_another_configuration_of_the_queues_user(machine, smarthost):
    machine.configure(smarthost(tls="off"))
    (machine.place.etc / "outpost.ini").rename(
        machine.place.etc / "other.ini")
    machine.login.env.update(XDG_STATE_HOME="/var/lib",
                             OUTPOST_CONFIG="/etc/other.ini")
    machine.endpoint.token.append(grant("TOKEN"))
    assert machine("login").status == 0
    assert machine.owners() == [(OWNER, 0o700), (OWNER, 0o600)]
    assert machine("token").out == machine("token", uid=OWNER).out


def test_nothing_is_asked_as_root(machine, smarthost):
    """But the secret of the client may be for root alone."""
    machine.configure(smarthost(tls="off"))
    secret = machine.place.etc / "client"
    secret.write_text("CLIENT-SECRET\n")
    secret.chmod(0o600)
    seen = []

    def answer(handler):
        seen.extend(users_of(machine.program))
        handler.send(400, b'{"error":"access_denied"}', "x")

    machine.endpoint.token.append(answer)
    run = machine("login", "--client-secret-file", "/etc/client")
    assert run.status == 77, run
    assert machine.endpoint.requests[1][1]["client_secret"] == "CLIENT-SECRET"
    assert seen == [[OWNER] * 4]


def test_who_may_not_make_the_directory(machine, smarthost):
    machine.configure(smarthost(tls="off"))
    run = machine("login", uid=OWNER)
    assert run.status == 78 and "/var/lib/outpost: Permission" in run.err, run
    assert machine.endpoint.requests == []
