"""LMTP: a server that answers for each recipient."""

import re

import pytest
from faults import CLEAR, MAIL
from queued import merged
from smarthost.script import at

A, B, C = "a@d.example", "b@d.example", "c@d.example"
LMTP = merged(CLEAR, {"smarthost": {"protocol": "lmtp"}})
FULL = "552 5.2.2 Mailbox full"
LATER = "450 4.2.0 Later"


@pytest.fixture(params=[False, True], ids=["DATA", "BDAT"])
def lmtp(request, smarthost):
    """Makes LMTP servers: lmtp(rules about recipients ...)."""
    def make(*rules, **options):
        stage = "BDAT" if request.param else "DOT"
        return smarthost(
            tls="off", auth="", lmtp=True, chunking=request.param,
            script=[at(stage, **rule) for rule in rules], **options)
    return make


def told(log, recipient):
    """What the log says of a recipient: its result, and the words."""
    found = re.findall(
        rf" to=\S*<{recipient}>\S* .* result=(\w+) (.*)", log)
    assert found, log
    return found[-1]


def test_lmtp(outpost, lmtp):
    host = lmtp()
    outpost([A, B], MAIL, host=host, config=LMTP).ok()
    assert host.message.taken == [A, B]
    assert host.connection.verbs[0] == "LHLO"
    assert "EHLO" not in host.connection.verbs
    assert "HELO" not in host.connection.verbs
    assert host.connection.quit


def test_each_his_own(outpost, lmtp):
    """Without a queue: one has it, so nobody must send it again."""
    host = lmtp({"when": B, "reply": FULL}, {"when": C, "reply": LATER})
    done = outpost([A, B, C], MAIL, host=host, config=LMTP)
    done.failed(69, f"the message for <{B}>: {FULL}",
                f"the message for <{C}>: {LATER}")
    assert host.message.taken == [A]
    log = outpost.log()
    assert told(log, A)[0] == "delivered"
    assert told(log, B)[0] == "failed"
    assert told(log, C)[0] == "deferred"


def test_all_refused(outpost, lmtp):
    host = lmtp({"reply": FULL})
    outpost([A, B], MAIL, host=host, config=LMTP).failed(69, FULL)
    assert host.messages == []


def test_queue(queued, lmtp):
    """Who was put off is tried again, and nobody else."""
    host = lmtp({"when": B, "reply": FULL, "connection": 1},
                {"when": C, "reply": LATER, "connection": 1})
    queued.configure(host, smarthost={"protocol": "lmtp"})
    queued.submit([A, B, C]).failed(69, B)
    assert len(queued.ids()) == 1
    queued.run().ok()
    assert [message.taken for message in host.messages if C in message.taken
            or A in message.taken] == [[A], [C]]
    assert all(B not in message.taken for message in host.messages)


@pytest.mark.parametrize("cut", ["before", "after"])
def test_lost_between_replies(outpost, lmtp, cut):
    host = lmtp({"when": B, "cut": cut})
    done = outpost([A, B, C], MAIL, host=host, config=LMTP)
    assert done.status == 69
    have = [A, B] if cut == "after" else [A]
    assert host.message.taken == have
    for recipient in (A, B, C):
        result, words = told(outpost.log(), recipient)
        if recipient in have:
            assert result == "delivered"
        else:
            assert (result, "may have been delivered" in words) == (
                "deferred", True)


def test_closing_between_replies(outpost, lmtp):
    host = lmtp({"when": B, "reply": "421 4.3.2 Shutting down",
                 "cut": "after"})
    outpost([A, B, C], MAIL, host=host, config=LMTP).failed(69, "421 4.3.2")
    assert told(outpost.log(), A)[0] == "delivered"
    result, words = told(outpost.log(), C)
    assert result == "deferred" and "may have taken" in words


def test_many(queued, lmtp):
    """Several mails over a connection, in batches: each reply is taken for
    whom it is."""
    people = [f"p{n}@d.example" for n in range(7)]
    refused = {person for person in people if person[1] in "036"}
    host = lmtp(*[{"when": person, "reply": FULL} for person in refused])
    queued.configure(host, smarthost={
        "protocol": "lmtp", "recipients_per_message": 3})
    for _ in range(3):
        queued.submit(["-odq", "-f", "s@d.example", *people]).ok()
    queued.run("-q")
    mails = [message for message in host.messages
             if set(message.recipients) & set(people)]
    assert sorted(person for mail in mails for person in mail.taken) \
        == sorted(3 * [person for person in people if person not in refused])
    assert len(queued.failed) == 3


def test_flights(queued, smarthost):
    """The next mail goes along with the dot, as by SMTP."""
    host = smarthost(tls="off", auth="", lmtp=True)
    queued.configure(host, smarthost={"protocol": "lmtp"})
    for _ in range(2):
        queued.submit(["-odq", A, B]).ok()
    queued.run().ok()
    assert [flight.steps for flight in host.connection.flights if
            flight.steps] == [
        ["LHLO"], ["MAIL", "RCPT", "RCPT", "DATA"],
        ["body", "MAIL", "RCPT", "RCPT", "DATA"], ["body", "QUIT"]]


def test_on_a_socket(outpost, smarthost, tmp_path):
    host = smarthost(address=str(tmp_path / "lmtp"), tls="off", auth="",
                     lmtp=True)
    outpost([A], MAIL, config=merged(LMTP, {"smarthost": {
        "host": host.address}})).ok()
    assert host.message.taken == [A]


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_tls_and_login(outpost, smarthost, tls):
    host = smarthost(tls=tls, lmtp=True)
    outpost([A], MAIL, host=host, config={"smarthost": {
        "protocol": "lmtp", "tls": tls}}).ok()
    assert host.message.taken == [A]
    assert host.connection.verbs.count("LHLO") == (1 if tls == "implicit"
                                                   else 2)


def test_no_lmtp_server(outpost, smarthost):
    """There is no way back to HELO."""
    host = smarthost(tls="off", auth="")
    host.expect_violations()
    outpost([A], MAIL, host=host, config=LMTP).failed(75, "refused LHLO: 500")
    assert host.connection.verbs == ["LHLO", "QUIT"]


def test_never_on_port_25(outpost):
    outpost([A], MAIL, config=merged(LMTP, {"smarthost": {
        "port": 25}})).failed(78, "[smarthost] protocol: cannot be lmtp with port 25")
