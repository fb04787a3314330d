"""The account rests after a refused log-in: providers shut out who tries a
wrong password too often."""

import time

import pytest
from faults import clear
from pausefile import LOGIN, Pause
from queued import TO, Nobody
from runner import CODE, USER
from smarthost.script import at

AUTH = {"smarthost": {"auth": "plain"}}
WRONG = "535 5.7.8 wrong"


@pytest.fixture
def refused(queued, smarthost):
    """A queue with one mail in it, whose first log-in was refused."""
    queued.host = smarthost(tls="off", script=[at("VERDICT", reply=WRONG)])
    queued.configure(queued.host, **AUTH)
    queued.submit().ok()
    assert len(queued.host.connections) == 1 and len(queued.waiting) == 1
    queued.pause = Pause(queued.spool)
    return queued


def is_at_rest(queued, count=1):
    return len(queued.host.connections) == count


def test_next_mail_is_kept(refused):
    for args in ([TO], ["-odi", TO]):
        refused.submit(args).ok()
    assert is_at_rest(refused) and len(refused.waiting) == 3
    lines = [line for line in refused.outpost.log().splitlines()
             if "result=deferred" in line]
    assert all(WRONG in line for line in lines)
    assert all("paused until" in line and USER in line for line in lines[1:])


def test_runs_do_not_connect(refused):
    refused.run_due().ok()
    refused.run("-q").ok()
    assert is_at_rest(refused) and len(refused.waiting) == 1


def test_it_rests_for_half_an_hour(refused):
    until, since, cause, failures = refused.pause.numbers()
    assert (cause, failures) == (LOGIN, 1)
    assert abs(until - time.time() - 1800) < 60 and since <= time.time()


def test_runs_by_force_connect(refused):
    refused.run("-qf").ok()
    assert is_at_rest(refused, 2) and len(refused.waiting) == 1
    assert refused.pause.numbers()[3] == 2
    refused.host.script.clear()
    refused.run("-qf").ok()
    assert len(refused.host.messages) == 1 and refused.waiting == []


def test_it_is_over_after_success(refused):
    refused.host.script.clear()
    refused.run("-qf").ok()
    assert refused.pause.data is None
    refused.submit().ok()
    assert len(refused.host.messages) == 2


def test_it_is_over_in_time(refused):
    refused.host.script.clear()
    refused.pause.set(int(time.time()) - 1)
    refused.submit().ok()
    assert len(refused.host.messages) >= 1


def test_each_failure_counts(refused):
    """The second time it rests for longer: what comes between does not
    count."""
    refused.pause.set(int(time.time()) - 1)
    refused.submit().ok()
    refused.submit().ok()
    until, _, cause, failures = refused.pause.numbers()
    assert (cause, failures) == (LOGIN, 2) and is_at_rest(refused, 2)
    assert abs(until - time.time() - 3600) < 60


@pytest.mark.parametrize("change", [
    {"password": "another"}, {"user": "other@163.com"},
    {"auth": "login"}], ids=["password", "user", "auth"])
def test_another_configuration_closes_it(refused, change):
    refused.configure(refused.host, smarthost={
        **AUTH["smarthost"], **change})
    refused.run_due().ok()
    assert is_at_rest(refused, 1)  # the mail itself is not due
    refused.submit().ok()
    assert is_at_rest(refused, 2)


def test_the_old_password_again(refused):
    """Whoever only looked elsewhere in between has not made it work."""
    refused.configure(refused.host, smarthost={
        **AUTH["smarthost"]}, sender={"name": "x"})
    refused.submit().ok()
    assert is_at_rest(refused)


def test_the_password_is_not_in_the_file(refused):
    assert CODE.encode() not in refused.pause.data
    assert refused.pause.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("data", [
    b"", b"pause 1\n", b"\0" * 944, b"x" * 5000], ids=[
        "empty", "short", "zeros", "long"])
def test_a_broken_file_stops_nothing(refused, data):
    refused.host.script.clear()
    refused.pause.path.write_bytes(data)
    refused.submit().ok()
    assert refused.host.messages


def test_one_bit_of_the_file(refused):
    refused.host.script.clear()
    data = bytearray(refused.pause.data)
    data[60] ^= 1
    refused.pause.path.write_bytes(data)
    refused.submit().ok()
    assert refused.host.messages


@pytest.mark.parametrize("reply", ["530 5.7.0 log in", "535 5.7.8 wrong",
                                   "538 5.7.11 no"])
def test_refused_for_want_of_a_login_later(queued, smarthost, reply):
    """At MAIL: nobody is refused, and all mail waits for the account."""
    host = clear(smarthost, script=[at("MAIL", reply=reply)])
    queued.configure(host)
    for _ in range(3):
        queued.submit(["-odq", TO]).ok()
    queued.run().ok()
    queued.submit().ok()
    assert len(host.connections) == 1
    assert len(queued.waiting) == 4 and queued.failed == []


@pytest.mark.parametrize("stage, reply", [
    ("RCPT", "550 5.1.1 nobody"), ("RCPT", "450 4.2.1 later"),
    ("DATA", "451 4.3.0 later"), ("DOT", "451 4.3.0 later"),
    ("DOT", "554 5.7.1 spam")])
def test_what_concerns_one_mail_stops_no_other(queued, smarthost, stage,
                                               reply):
    host = clear(smarthost, script=[at(stage, nth=1, reply=reply)])
    queued.configure(host)
    for _ in range(2):
        queued.submit(["-odq", TO]).ok()
    queued.run().ok()
    assert Pause(queued.spool).data is None
    assert any(mail.recipients == [TO] for mail in host.messages)


def test_163_shuts_nobody_out(queued, smarthost):
    """Who fails to log in 5 times is banned there, with all his mail."""
    host = smarthost("163", tls="off", auth_limit=3)
    queued.configure(host, smarthost={"auth": "login", "password": "old"},
                     sender={"rewrite": "always"})
    for _ in range(10):
        queued.submit().ok()
        queued.run_due().ok()
        queued.run().ok()
    queued.configure(host, smarthost={"auth": "login"},
                     sender={"rewrite": "always"})
    queued.run().ok()
    assert len(host.messages) == 10 and queued.waiting == []


def test_the_way_is_tried_again_by_q(queued, smarthost):
    """A host that was down is another matter: whoever says -q knows."""
    queued.configure(Nobody()).submit().ok()
    log = queued.outpost.log()
    queued.run().ok()
    assert queued.outpost.log().count("event=paused") \
        == log.count("event=paused") + 1
    queued.run_due().ok()
    queued.submit().ok()
    assert queued.outpost.log().count("event=paused") == 2
