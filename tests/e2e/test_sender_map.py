"""[sender] map: who local senders are outside."""

import os

import pytest
from faults import CLEAR, clear
from places import ACCOUNT, OWNER, WWW
from queued import TO

MAP = """# who we are
root: Root of web1 <ops@out.example>
cron-*: cron@out.example
*@*.internal:
\t"Example, Inc." <noreply@out.example>
www: web@out.example
bad: nobody
"""
MAIL = "From: {}\nTo: x@a.example\nSubject: s\n\nx\n"


@pytest.fixture
def send(outpost, smarthost):
    """Sends with a policy: send(policy, args, mail), the message."""
    path = outpost.directory / "senders"
    path.write_text(MAP)

    def send(policy, args, mail):
        host = clear(smarthost)
        outpost(args, mail, host=host, config={**CLEAR, "sender": {
            "address": ACCOUNT, "rewrite": policy, "map": path,
            "domain": "example.test"}}).ok()
        return host.message

    return send


@pytest.mark.parametrize("policy", ["always", "local", "never"])
@pytest.mark.parametrize("sender, address, display", [
    ("root (Cron Daemon)", "ops@out.example", "Root of web1"),
    ("root@localhost", "ops@out.example", "Root of web1"),
    ("cron-daily (Cron)", "cron@out.example", "(Cron)"),
    ("Daily <cron-daily>", "cron@out.example", "Daily"),
    ("App <app@db.internal>", "noreply@out.example", '"Example, Inc."'),
    ("APP@DB.INTERNAL", "noreply@out.example", '"Example, Inc."'),
])
def test_map_from_and_envelope(send, policy, sender, address, display):
    envelope = sender.partition(" (")[0]
    message = send(policy, ["-f", envelope, TO], MAIL.format(sender))
    assert message.sender == address
    assert address in message.only("From")
    assert display in message.only("From")
    assert [name for name, _ in message.fields if name == "Reply-To"] == []


@pytest.mark.parametrize("policy, want", [
    ("always", ACCOUNT), ("local", ACCOUNT), ("never", "bob@example.test")])
def test_map_others_follow_the_policy(send, policy, want):
    message = send(policy, ["-f", "bob", TO], MAIL.format("bob"))
    assert message.sender == want
    assert message.only("From").strip() == want


def test_map_address_outside_stays(send):
    message = send("always", ["-f", "ops@out.example", TO],
                   MAIL.format("Me <ops@out.example>"))
    assert message.sender == "ops@out.example"
    assert message.only("From").strip() == "Me <ops@out.example>"


@pytest.mark.parametrize("args, want", [
    (["-f", "root"], "Root of web1 <ops@out.example>"),
    (["-f", "root", "-F", "Me"], "Root of web1 <ops@out.example>"),
    (["-f", "cron-a", "-F", "Me"], "Me <cron@out.example>")])
def test_map_from_that_is_made(send, args, want):
    message = send("always", [*args, TO], "Subject: s\n\nx\n")
    assert message.only("From").strip() == want


def test_map_null_sender(send):
    message = send("never", ["-f", "<>", TO], MAIL.format("root"))
    assert message.sender == ""
    assert "ops@out.example" in message.only("From")


def test_map_bad_rule_stops_nobody(outpost, smarthost, send):
    send("never", ["-f", "bad", TO], MAIL.format("bad"))
    assert "senders:7: bad: what it becomes must be" in outpost.log()
    outpost(["-bC"]).failed(78, "senders:7: bad:")


@pytest.mark.parametrize("make, words", [
    (lambda path: None, ["[sender] map", "no such file"]),
    (lambda path: path.mkdir(), ["not a regular file"]),
    (lambda path: path.write_bytes(b"a\0b"), ["NUL"])],
    ids=["missing", "directory", "NUL"])
def test_map_unreadable(outpost, smarthost, tmp_path, make, words):
    host = clear(smarthost)
    path = tmp_path / "map"
    make(path)
    outpost([TO], MAIL.format("root"), host=host,
            config={**CLEAR, "sender": {"map": path}}).failed(78, *words)
    assert host.connections == []


@pytest.mark.root
@pytest.mark.parametrize("args", [[TO], ["-F", "Me", TO]], ids=str)
@pytest.mark.parametrize("mail", ["Subject: s\n\nx\n", MAIL.format("www")],
                         ids=["no From", "From"])
@pytest.mark.parametrize("mode", [0o640, 0o644])
def test_map_in_the_drop_folder(place, smarthost, args, mail, mode):
    """A run of the queue looks up the file's owner, also where all but the
    map may be read by all."""
    machine = place().make_spool()
    host = clear(smarthost)
    (machine.etc / "senders").write_text(MAP)
    (machine.etc / "senders").chmod(0o640)
    os.chown(machine.etc / "senders", 0, OWNER)
    machine.configure(host, sender={"map": "/etc/senders"}, smarthost={
        "user": None, "password": None})
    (machine.etc / "outpost.ini").chmod(mode)
    machine.submit(args, mail.encode()).ok()
    assert len(machine.dropped) == 1
    machine.run().ok()
    message = host.message
    assert message.sender == "web@out.example"
    assert "web@out.example" in message.only("From")
    assert [name for name, _ in message.fields if name == "Reply-To"] == []


@pytest.mark.root
def test_map_where_only_the_spool_is_shut(place, smarthost):
    """Composed by who sends it, and again by who takes it over."""
    machine = place().make_spool()
    host = clear(smarthost)
    (machine.etc / "senders").write_text(MAP)
    machine.configure(host, sender={"map": "/etc/senders"}, smarthost={
        "user": None, "password": None})
    (machine.etc / "outpost.ini").chmod(0o644)
    machine.outpost.log_file.chmod(0o666)
    machine.submit(["-odq", TO], MAIL.format("Web <www>").encode()).ok()
    assert len(machine.dropped) == 1
    machine.run(uid=OWNER).ok()
    assert host.message.sender == "web@out.example"
    assert host.message.only("From").strip() == "Web <web@out.example>"
    assert f"uid={WWW} " in machine.outpost.log()
