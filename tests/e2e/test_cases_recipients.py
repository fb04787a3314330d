"""Cases 5-8, 12-15, 17, 26-28, 61-63, 69: who gets it, and who does not."""

import socket

import pytest
from queues import Queue
from smarthost.script import at

MAIL = "Subject: s\n\nb\n"


def recipients(outpost, smarthost, args, stdin, **options):
    """Sends one message; returns its recipients on the wire."""
    host = smarthost()
    outpost(args, stdin, host=host, **options).ok()
    return host.message.recipients


@pytest.mark.parametrize("rewrite", ["never", "always"])
@pytest.mark.parametrize("header, want", [
    ("From: Doe, John <u@x>\nTo: a@x\n", ["a@x"]),  # case 5
    ("From: u@x, v@x\nSender: u@x\nTo: a@x\nCc: b@x\nBcc: c@x\n",
     ["a@x", "b@x", "c@x"]),  # case 6
])
def test_case_1_05_06_only_from_recipient_fields(
        outpost, smarthost, rewrite, header, want):
    assert recipients(outpost, smarthost, ["-t"], header + "\nb\n",
                      config={"sender": {"rewrite": rewrite}}) == want


@pytest.mark.parametrize("args, to, want", [
    (["-t", "a@x"], "a@x, a@X", ["a@x"]),
    (["-t", "a@x"], "a@x, A@X", ["a@x", "A@X"]),
    (["-t"], "a@x, b@x, a@x,\n b@X", ["a@x", "b@x"]),
])
def test_case_1_07_each_mailbox_once(outpost, smarthost, args, to, want):
    found = recipients(outpost, smarthost, args, f"To: {to}\n\nb\n")
    assert sorted(found) == sorted(want)


def test_case_1_08_blank_before_the_colon(outpost, smarthost):
    host = smarthost()
    outpost(["-t"], "Bcc : b@x\nTo : a@x\n\nb\n", host=host).ok()
    assert sorted(host.message.recipients) == ["a@x", "b@x"]
    assert b"\nbcc" not in b"\n" + host.message.head.lower()


@pytest.mark.parametrize("blanks", [990, 1000, 60000])
def test_case_1_08_many_blanks_before_the_colon(outpost, smarthost, blanks):
    gap = " " * blanks
    host = smarthost()
    outpost(["-t"], f"Bcc{gap}: b@x\nTo{gap}: a@x\nSubject{gap}: s\n\nb\n",
            host=host).ok()
    assert sorted(host.message.recipients) == ["a@x", "b@x"]
    assert b"bcc " not in host.message.data.lower()
    assert host.message.body == b"b\r\n"
    assert max(map(len, host.message.head.splitlines())) <= 998


def test_case_1_12_quoted_local_part(outpost, smarthost):
    host = smarthost()
    outpost(["-t"], 'To: "john doe"@x.org\n\nb\n', host=host).ok()
    assert b'RCPT TO:<"john doe"@x.org>' in host.commands


def test_case_1_12_at_sign_in_quotes(outpost, smarthost):
    host = smarthost()
    outpost(['"a@b"', '"c@d"@x'], MAIL, host=host).ok()
    assert host.message.recipients == ['"a@b"@example.test', '"c@d"@x']


@pytest.mark.parametrize("to, want", [
    ("Friends (my (best)) : a@x, Bob (the\n (builder)) <b@x> , ;, c@x",
     ["a@x", "b@x", "c@x"]),
    ("=?utf-8?q?D=C3=B6e=2C?= <a@x>, \"Doe, J\" <b@x>", ["a@x", "b@x"]),
    ("undisclosed-recipients:;, a@x,, b@x,", ["a@x", "b@x"]),
    ("<@r,@s:a@x>, b@x (c, d@x), e@x(n)", ["a@x", "b@x", "e@x"]),
])
def test_case_1_13_list_syntax(outpost, smarthost, to, want):
    assert recipients(outpost, smarthost, ["-t"],
                      f"To: {to}\n\nb\n") == want


@pytest.mark.parametrize("header", [
    "To: undisclosed-recipients:;\n", "Subject: s\n", "", "To:\n"])
def test_case_1_14_no_recipients(outpost, smarthost, header):
    host = smarthost()
    stdin = header + "\nb\n" if header else ""
    outpost(["-t"], stdin, host=host).failed(64, "recipient")
    assert host.connections == []


@pytest.mark.parametrize("args", [
    ["-f", "a@x>\r\nRCPT TO:<e@x", "a@x"],
    ["-f", "a@b> SIZE=1 AUTH=<>", "a@x"],
    ["-f", "a@@b", "a@x"],
])
def test_case_1_15_sender_that_is_no_address(outpost, smarthost, args):
    host = smarthost()
    run = outpost(args, MAIL, host=host)
    assert run.status in (64, 65) and run.err
    assert host.connections == []


@pytest.mark.parametrize("args", [
    ["a@x\r\nDATA"], ["a@x\nRCPT TO:<e@x>"], ["a@x", "b@\x01x"],
    ["a@@b"], ["a@x", "<>"], ["a@x> SIZE=1"],
])
def test_case_1_17_recipient_that_is_no_address(outpost, smarthost, args):
    host = smarthost()
    outpost(args, MAIL, host=host).failed(65)
    assert host.connections == []


def test_case_1_26_one_of_three_refused(outpost, smarthost):
    host = smarthost(script=[at("RCPT", when="bad@", reply=(
        "550 5.1.1 who is that"))])
    run = outpost(["a@x", "bad@x", "c@x"], MAIL, host=host)
    run.failed(67, "bad@x", "550 5.1.1 who is that")
    assert "a@x" not in run.err.replace("bad@x", "")
    assert host.message.recipients == ["a@x", "c@x"]


@pytest.mark.parametrize("code, status", [(550, 67), (450, 75)])
@pytest.mark.parametrize("pipelining", [True, False])
def test_case_1_27_all_refused(outpost, smarthost, code, status, pipelining):
    host = smarthost(pipelining=pipelining,
                     script=[at("RCPT", reply=f"{code} not today")])
    outpost(["a@x", "b@x"], MAIL, host=host).failed(
        status, f"{code} not today", "a@x", "b@x")
    assert host.messages == []


def test_case_1_28_refused_although_data_is_asked_for(outpost, smarthost):
    host = smarthost(script=[at("RCPT", reply="550 no"),
                             at("DATA", reply="354 go on"),
                             at("DOT", reply="250 taken")])
    outpost(["a@x", "b@x"], MAIL, host=host).failed(67, "550 no")
    for message in host.connection.messages:
        assert (message.recipients, message.raw) == ([], b"")


def test_case_1_28_some_refused_in_one_flight(outpost, smarthost):
    host = smarthost(script=[at("RCPT", nth=2, reply="550 no")])
    outpost(["a@x", "b@x", "c@x"], MAIL, host=host).failed(67, "b@x")
    assert host.message.recipients == ["a@x", "c@x"]
    assert host.message.body == b"b\r\n"


def test_case_1_61_aliases_of_both(outpost, smarthost):
    outpost.aliases("root: admin@a.test\ncron: root, ops@a.test\n")
    assert recipients(outpost, smarthost, ["root", "cron"], MAIL) == [
        "admin@a.test", "ops@a.test"]


ALIASES = """\
# a comment
Mixed-Case: one@a.test
long: one@a.test,
    two@a.test,
\tthree@a.test
self: self, other@a.test
back: \\back, other@a.test
named: Joe <joe@a.test>, "Doe, J" <doe@a.test>
chain: long
blank: one@a.test two@a.test
semicolon: one@a.test; two@a.test
"""


@pytest.mark.parametrize("name, want", [
    ("mixed-case", ["one@a.test"]), ("MIXED-case", ["one@a.test"]),
    ("long", ["one@a.test", "two@a.test", "three@a.test"]),
    ("self", ["other@a.test", "self@example.test"]),
    ("back", ["back@example.test", "other@a.test"]),
    ("named", ["joe@a.test", "doe@a.test"]),
    ("chain", ["one@a.test", "two@a.test", "three@a.test"]),
    ("blank", ["one@a.test", "two@a.test"]),
    ("semicolon", ["one@a.test", "two@a.test"]),
    ("\\long", ["long@example.test"]),
])
def test_case_1_62_alias_syntax(outpost, smarthost, name, want):
    outpost.aliases(ALIASES)
    found = recipients(outpost, smarthost, [name], MAIL)
    assert sorted(found) == sorted(want)


@pytest.mark.parametrize("target, word", [
    ("|/usr/bin/true", "command"), ('"|true -x"', "command"),
    ("/var/mail/x", "file"), (":include:/etc/list", "include"),
    ("loop2", "loop"), ("a@@b", "address"), ("a@x rubbish", "address"),
    ("a@x; b@@c", "address"),
])
def test_case_1_62_what_aliases_cannot_do(outpost, smarthost, target, word):
    outpost.aliases(f"bad: {target}\nloop2: loop3\nloop3: bad, loop2\n"
                    "good: fine@a.test\n")
    host = smarthost()
    run = outpost(["bad", "good", "other@a.test"], MAIL, host=host)
    run.failed(69, "bad", word, str(outpost.aliases_file))
    assert host.message.recipients == ["fine@a.test", "other@a.test"]


@pytest.mark.parametrize("mode", ["-odq", "-odb"])
@pytest.mark.parametrize("others", [[], ["other@a.test"]])
def test_case_1_62_refused_when_sent_later(outpost, mode, others):
    outpost.aliases("bad: /var/mail/x\n")
    queue = Queue(outpost, delivery="queue")
    run = outpost([mode, "bad", *others], MAIL)
    run.failed(69, "file", str(outpost.aliases_file))
    assert len(queue.ids("queue")) == len(others)
    assert len(queue.ids("failed")) == 1 - len(others)


@pytest.mark.parametrize("address", [
    "root", "ROOT", "root@localhost", f"root@{socket.gethostname()}"])
def test_case_1_63_local_user(outpost, smarthost, address):
    outpost.aliases("root: admin@a.test\n")
    assert recipients(outpost, smarthost, [address], MAIL) == [
        "admin@a.test"]


def test_case_1_63_local_user_without_alias(outpost, smarthost):
    assert recipients(outpost, smarthost, ["root"], MAIL) == [
        "root@example.test"]
    assert recipients(
        outpost, smarthost, ["root", "bob@localhost", "c@x"], MAIL,
        config={"recipients": {"local": "admin@a.test"}}) == [
        "admin@a.test", "c@x"]


MANY = [f"user{number}@dest.example" for number in range(5000)]


@pytest.mark.parametrize("switches, per_message", [
    ({}, 100), ({"max_rcpt": 40}, 50),
    ({"max_rcpt": 40, "pipelining": False}, 50),
])
def test_case_1_69_many_recipients(outpost, smarthost, switches,
                                   per_message):
    host = smarthost(**switches)
    outpost(["-t"], "To: " + ",\n ".join(MANY) + "\n\nb\n", host=host,
            config={"smarthost": {"recipients_per_message": per_message}}
            ).ok()
    found = [address for message in host.messages
             for address in message.recipients]
    assert sorted(found) == sorted(MANY)
    limit = min(per_message, switches.get("max_rcpt", per_message))
    assert max(len(message.recipients) for message in host.messages) <= limit
    assert len({message.data for message in host.messages}) == 1
