"""A smarthost on a UNIX socket."""

import pytest
from faults import CLEAR, MAIL
from queued import TO, merged
from runner import CODE
from smarthost.script import at
from test_cases_queue_replies import report_of
from test_tls_accounts import digest

X = "x@a.example"


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "s")


def test_path(outpost, smarthost, path):
    """Port, proxy and source address are no matter."""
    host = smarthost(address=path, tls="off", auth="")
    outpost([X], MAIL, config=merged(CLEAR, {"smarthost": {
        "host": path, "port": 1, "proxy": "socks5://127.0.0.1:1",
        "source_address": "203.0.113.9"}})).ok()
    assert host.message.recipients == [X]
    assert f" relay={path} " in outpost.log()


def test_password_in_clear(outpost, smarthost, path):
    """It does not leave the machine."""
    host = smarthost(address=path, tls="off")
    outpost([X], MAIL, config={"smarthost": {
        "host": path, "tls": "off", "ca_file": None}}).ok()
    assert host.connection.credentials[0][2] == CODE.encode()


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_tls_needs_a_pin(outpost, smarthost, authority, path, tls):
    host = smarthost(address=path, tls=tls)
    config = {"smarthost": {"host": path, "tls": tls}}
    outpost([X], MAIL, config=config).failed(
        78, "[smarthost] tls: must be off for a host that is a path")
    config["smarthost"].update(
        ca_file=None, tls_pin=digest(authority.certificate("good").cert))
    outpost([X], MAIL, config=config).ok()
    assert host.connection.sni is None
    assert host.message.recipients == [X]


@pytest.mark.parametrize("there, words", [
    (False, "No such file"), (True, "Connection refused")])
def test_nobody_there(outpost, path, there, words):
    if there:
        open(path, "w").close()
    outpost([X], MAIL, config=merged(CLEAR, {"smarthost": {
        "host": path}})).failed(75, f"cannot connect to {path}: {words}")


def test_failover(outpost, smarthost, path):
    host = smarthost(tls="off", auth="")
    outpost([X], MAIL, host=host, config=merged(CLEAR, {"smarthost": {
        "host": f"{path} 127.0.0.1"}})).ok()
    assert host.message.recipients == [X]


def test_queue(queued, smarthost, path):
    """What waited for the socket goes when it is there."""
    queued.configure(None, smarthost={"host": path})
    queued.submit().ok()
    assert len(queued.ids()) == 1
    host = smarthost(address=path, tls="off", auth="")
    queued.run().ok()
    assert len(host.messages) == 1 and queued.ids() == []


def test_report(queued, smarthost, path):
    """The report of a failure names the socket."""
    host = smarthost(address=path, tls="off", auth="",
                     script=[at("RCPT", when=TO, reply="550 5.1.1 no")])
    queued.configure(None, smarthost={"host": path})
    queued.submit(["-odq", TO]).ok()
    for _ in range(3):
        queued.run().ok()
    _, parts = report_of(host)
    about = parts[1].get_payload()[1]
    assert about["Remote-MTA"] == f"x-unix; {path}"
