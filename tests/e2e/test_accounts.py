"""Several accounts: whose mail goes through which, and who stands in for
whom."""

import re
import threading

import pytest
from faults import clear
from queued import TO, Nobody, merged, until
from smarthost.script import at

FIRST, SHOP, SPARE = "me@163.com", "shop@shop.example", "spare@qq.example"
MAIL = "From: {0}\nTo: x@a.example\nSubject: {0}\n\nx\n"
RELAY = {"host": "127.0.0.1", "tls": "off"}


class Machine:
    """One with three accounts: the first, `shop` for senders of its own, and
    `spare`, which takes the mail of the others if it must."""

    def __init__(self, queued, smarthost):
        self.queued = queued
        self.first, self.shop, self.spare = (
            clear(smarthost) for _ in range(3))
        self.changes = {}

    def configure(self, **changes):
        self.changes = merged(self.changes, changes)
        account = {**RELAY, "auth": "off"}
        self.queued.changes = merged(self.queued.changes, {
            "smarthost": {"port": self.first.port, "user": FIRST},
            "sender": {"rewrite": "always", "name": "All"},
            "smarthost shop": {
                **account, "port": self.shop.port, "user": SHOP,
                "senders": "*@*.shop.example web@x.example"},
            "sender shop": {"name": "Shop"},
            "smarthost spare": {
                **account, "port": self.spare.port, "user": SPARE,
                "fallback": "yes"}}, self.changes)
        self.queued.configure(self.first)
        return self

    def send(self, sender=None, args=(TO,), **options):
        given = ["-f", sender] if sender else []
        return self.queued.submit(
            [*given, *args], MAIL.format(sender or "root"), **options)

    def counts(self):
        return tuple(len(host.messages)
                     for host in (self.first, self.shop, self.spare))

    def log(self):
        return self.queued.outpost.log()


@pytest.fixture
def machine(queued, smarthost):
    return Machine(queued, smarthost).configure()


@pytest.mark.parametrize("sender, counts, wanted, name", [
    (None, (1, 0, 0), FIRST, "All"),
    ("root", (1, 0, 0), FIRST, "All"),
    ("bob@elsewhere.example", (1, 0, 0), FIRST, "All"),
    (FIRST, (1, 0, 0), FIRST, "All"),
    (SHOP, (0, 1, 0), SHOP, "Shop"),
    ("SHOP@Shop.Example", (0, 1, 0), SHOP, "Shop"),
    ("a@b.shop.example", (0, 1, 0), SHOP, "Shop"),
    ("Web@X.example", (0, 1, 0), SHOP, "Shop"),
    ("other@x.example", (1, 0, 0), FIRST, "All"),
    (SPARE, (0, 0, 1), SPARE, "All"),
    ("<>", (1, 0, 0), FIRST, "All"),
])
@pytest.mark.parametrize("later", [False, True])
def test_the_sender_chooses(machine, sender, counts, wanted, name, later):
    machine.send(sender, [*(["-odq"] if later else []), TO]).ok()
    if later:
        assert machine.counts() == (0, 0, 0)
        machine.queued.run().ok()
    assert machine.counts() == counts and machine.queued.waiting == []
    (message,) = [message for host in (
        machine.first, machine.shop, machine.spare)
        for message in host.messages]
    assert message.sender == wanted
    assert message.only("From").strip() in (wanted, f"{name} <{wanted}>")


def test_without_a_policy_the_sender_stays(machine):
    machine.configure(**{"sender shop": {"rewrite": "never"}})
    machine.send("a@b.shop.example", ["-odq", TO]).ok()
    machine.queued.run().ok()
    assert machine.counts() == (0, 1, 0)
    assert machine.shop.message.sender == "a@b.shop.example"


def test_the_map_comes_first(machine):
    path = machine.queued.outpost.directory / "senders"
    path.write_text("www: a@b.shop.example\n")
    machine.configure(sender={"map": path})
    machine.send("www", ["-odq", TO]).ok()
    machine.send("www").ok()
    machine.queued.run().ok()
    assert machine.counts() == (0, 2, 0)
    assert {message.sender for message in machine.shop.messages} == {
        "a@b.shop.example"}


def test_all_with_names(queued, smarthost):
    host, other = clear(smarthost), clear(smarthost)
    queued.outpost.configure(None, f"""[smarthost one]
host = 127.0.0.1
port = {host.port}
tls = off
user = one@a.example
auth = off
[smarthost two]
host = 127.0.0.1
port = {other.port}
tls = off
user = two@b.example
auth = off
senders = *@b.example
[queue]
directory = {queued.spool}
[log]
syslog = off
file = {queued.outpost.log_file}
""")
    queued.submit().ok()
    queued.submit(["-f", "x@b.example", TO]).ok()
    assert host.message.sender == "one@a.example"
    assert other.message.sender == "two@b.example"


def down(machine, *names):
    """Their smarthosts cannot be connected to."""
    nobody = Nobody()
    return machine.configure(**{
        "smarthost" if name == "first" else f"smarthost {name}":
        {"port": nobody.port} for name in names})


@pytest.mark.parametrize("mode", [None, "-odb", "-odq"])
def test_spare_takes_over(machine, mode):
    down(machine, "first")
    machine.send("root", [*([mode] if mode else []), TO]).ok()
    if mode == "-odq":
        machine.queued.run().ok()
    assert machine.spare.wait(lambda record: len(record.messages) == 1)
    message = machine.spare.message
    assert message.sender == SPARE
    assert SPARE in message.only("From")
    assert message.body == b"x\r\n"
    assert message.only("Subject").strip() == "root"
    assert message.all("Received") == []  # but for the trace
    assert message.trace
    assert f"account={FIRST} event=fallback to=spare" in machine.log()


def test_spare_and_shop(machine):
    down(machine, "shop")
    machine.send("a@b.shop.example").ok()
    assert machine.counts() == (0, 0, 1)
    assert machine.spare.message.sender == SPARE
    assert machine.queued.waiting == []


def test_who_was_to_answer_is_said(machine):
    down(machine, "first")
    machine.queued.submit(
        ["-f", "root", TO], f"From: {FIRST}\nSubject: s\n\nx\n").ok()
    message = machine.spare.message
    assert message.only("From").strip() in (SPARE, f"All <{SPARE}>")
    assert message.only("Reply-To").strip() == FIRST


def test_without_a_policy_spare_sends_as_it_was(machine):
    machine.configure(sender={"rewrite": "never"})
    down(machine, "first")
    machine.send("bob@elsewhere.example").ok()
    message = machine.spare.message
    assert message.sender == "bob@elsewhere.example"
    assert message.only("From").strip() == "bob@elsewhere.example"


@pytest.mark.parametrize("stage, reply, waits, status", [
    ("MAIL", "553 not you", False, 69), ("RCPT", "550 no such", False, 67),
    ("DOT", "554 spam", False, 69), ("RCPT", "450 later", True, 0),
    ("DOT", "451 later", True, 0)])
def test_an_answer_is_an_answer(machine, stage, reply, waits, status):
    machine.first.script.append(at(stage, reply=reply))
    assert machine.send("root").status == status
    assert machine.counts() == (0, 0, 0)
    assert (machine.queued.waiting != []) == waits


def test_a_refused_login_is_an_answer(machine, smarthost):
    machine.first = smarthost(
        tls="off", script=[at("VERDICT", reply="535 5.7.8 wrong")])
    machine.configure(smarthost={"auth": "plain", "password": "x"})
    machine.send("root").ok()
    machine.send("root").ok()
    machine.queued.run().ok()
    assert machine.counts() == (0, 0, 0)
    assert len(machine.first.connections) == 1
    # and concerns nobody else
    machine.send("a@b.shop.example").ok()
    assert machine.counts() == (0, 1, 0)
    assert len(machine.queued.waiting) == 2


def test_nobody_is_there(machine):
    down(machine, "first", "shop", "spare")
    machine.send("root").ok()
    machine.send("a@b.shop.example").ok()
    assert len(machine.queued.waiting) == 2
    machine.queued.run().ok()
    assert len(machine.queued.waiting) == 2
    machine.changes = {}
    machine.configure()
    machine.queued.run("-qf").ok()
    assert machine.counts() == (1, 1, 0) and machine.queued.waiting == []


def test_the_first_is_used_again(machine):
    down(machine, "first")
    machine.send("root").ok()
    machine.changes = {}
    machine.configure()
    machine.send("root").ok()
    assert machine.counts() == (1, 0, 1)


def test_one_account_does_not_stop_another(machine):
    down(machine, "first", "spare")
    for sender in ("root", "a@b.shop.example") * 3:
        machine.send(sender, ["-odq", TO]).ok()
    machine.queued.run().ok()
    assert machine.counts() == (0, 3, 0)
    assert len(machine.queued.waiting) == 3


def test_a_whole_queue_goes_through_spare(machine):
    for _ in range(12):
        machine.send("root", ["-odq", TO]).ok()
    down(machine, "first")
    machine.queued.run().ok()
    assert machine.counts() == (0, 0, 12)
    assert [len(c.messages) for c in machine.spare.connections] == [10, 2]
    assert machine.queued.waiting == []


def test_who_waits_too_long_has_it_kept_as_his_own(machine):
    down(machine, "first")
    machine.configure(smarthost={"wait_timeout": "2s"})
    hold = threading.Event()
    machine.spare.script.append(at("DOT", hold=hold))
    machine.send("root").ok()
    (kept,) = machine.queued.mails()
    assert kept["sender"] == FIRST
    hold.set()
    until(lambda: machine.queued.waiting == [])
    assert machine.counts() == (0, 0, 1)
    assert machine.spare.message.sender == SPARE


def test_a_refusal_by_spare_is_reported_for_the_sender(machine):
    down(machine, "first")
    machine.spare.script.append(at("RCPT", reply="550 no such", nth=1))
    assert machine.send("root").status == 67
    assert len(machine.queued.failed) == 1
    done = machine.queued.admin("show", machine.queued.failed[0])
    # what is kept is what it was
    assert done.status == 0 and SPARE not in done.out.decode()
    assert FIRST in done.out.decode()


def test_only_who_is_used_says_his_password(machine):
    marks = machine.queued.outpost.directory

    def command(name):
        path = marks / name
        path.write_text(f"#!/bin/sh\ntouch {path}.asked; echo secret\n")
        path.chmod(0o755)
        return {"auth": "plain", "user": f"{name}@a.example",
                "password_command": str(path)}

    def asked():
        return sorted(path.stem for path in marks.glob("*.asked"))

    machine.configure(**{"smarthost": {**command("first"), "password": None},
                         "smarthost shop": command("shop"),
                         "smarthost spare": command("spare")})
    machine.send("root").ok()
    assert asked() == ["first"]
    machine.send("a@b.shop.example", ["-odq", TO]).ok()
    assert asked() == ["first"]
    machine.queued.run("-qf").ok()
    assert asked() == ["first", "shop"]
    down(machine, "first")
    machine.send("root").ok()
    assert asked() == ["first", "shop", "spare"]


def test_a_missing_secret_stops_only_its_account(machine):
    machine.configure(**{"smarthost shop": {
        "auth": "plain", "password_file": "/nonexistent"}})
    machine.send("root").ok()
    assert machine.counts() == (1, 0, 0)
    done = machine.send("a@b.shop.example")
    assert done.status == 78 and "/nonexistent" in done.err
    machine.send("root", ["-odq", TO]).ok()
    done = machine.queued.run()
    assert done.status == 78 and "/nonexistent" in done.err
    assert machine.counts() == (2, 0, 0)


def test_mailq_tells_which_account_rests(machine):
    down(machine, "shop", "spare")
    machine.send("a@b.shop.example").ok()
    done = machine.queued.admin("list")
    assert re.search(r"^shop: Paused until .*127\.0\.0\.1", done.out.decode(),
                     re.M), done
    assert "spare: Paused" in done.out.decode()
    assert not re.search(r"^Paused", done.out.decode(), re.M)


def test_verify_names_the_relay(machine):
    machine.configure(**{"smarthost shop": {"host": "localhost"}})
    done = machine.queued.outpost(["-bv", "-f", SHOP, TO], b"")
    assert b"relay localhost" in done.out, done
    done = machine.queued.outpost(["-bv", TO], b"")
    assert b"relay 127.0.0.1" in done.out, done
