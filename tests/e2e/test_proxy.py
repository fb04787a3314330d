"""The way to the smarthost through a SOCKS5 proxy."""

import ipaddress
import socket
import time

import pytest
from faults import MAIL
from queued import dead_port
from runner import CODE
from socks import REFUSED, Socks5

X = "x@a.example"
NAME = "smarthost.example.test"  # nobody here can resolve it


def through(proxy, login="", **keys):
    return {"smarthost": {"proxy": proxy.url(login), **keys}}


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize("tls", ["implicit", "starttls", "off"])
def test_proxy(outpost, smarthost, tls, split):
    """The name is the proxy's to resolve, and TLS is with the smarthost."""
    host = smarthost(tls=tls, auth="" if tls == "off" else "PLAIN")
    off = {"auth": "off", "ca_file": None} if tls == "off" else {}
    with Socks5(host, split=split) as proxy:
        outpost([X], MAIL, host=host, config=through(
            proxy, host=NAME, tls=tls, **off)).ok()
    assert proxy.asked == [(NAME, host.port)]
    assert host.message.recipients == [X]
    if tls != "off":
        assert host.connection.sni == NAME
    assert f"relay={NAME}[via 127.0.0.1]:{host.port} " in outpost.log()


@pytest.mark.parametrize("name, asked", [
    ("127.0.0.1", ipaddress.ip_address("127.0.0.1")),
    ("::1", ipaddress.ip_address("::1")),
    ("[::1]", ipaddress.ip_address("::1")),
    ("localhost", "localhost")])
def test_addresses(outpost, smarthost, name, asked):
    host = smarthost()
    with Socks5(host) as proxy:
        outpost([X], MAIL, host=host, config=through(proxy, host=name)).ok()
    assert proxy.asked == [(asked, host.port)]


@pytest.mark.parametrize("user, password, written", [
    ("me", "hunter2", "me:hunter2"),
    ("me", "", "me"),
    ("a:b", "c@d/%", "a%3ab:c@d%2f%25"),
    ("密", "x" * 255, "密:" + "x" * 255)])
def test_login(outpost, smarthost, user, password, written):
    host = smarthost()
    login = (user.encode(), password.encode())
    with Socks5(host, login=login) as proxy:
        done = outpost(["-v", X], MAIL, host=host,
                       config=through(proxy, written, host=NAME))
        assert done.status == 0
        assert not password or password not in done.err + done.log
    assert proxy.logins == [login]
    assert host.message.recipients == [X]


def test_login_not_wanted(outpost, smarthost):
    host = smarthost()
    with Socks5(host) as proxy:
        outpost([X], MAIL, host=host,
                config=through(proxy, "me:hunter2", host=NAME)).ok()
    assert proxy.logins == []


@pytest.mark.parametrize("login, options, words", [
    ("me:hunter2", {"login": (b"me", b"other")}, "refuses user and password"),
    ("", {"login": (b"me", b"other")}, "wants a log-in"),
    ("me:hunter2", {"answer": 2}, "not allowed by its rules"),
    ("me:hunter2", {"answer": REFUSED}, f"{NAME} port"),
    ("me:hunter2", {"answer": REFUSED}, "connection refused"),
    ("me:hunter2", {"answer": 99}, "no known reason"),
    ("", {"drop": 1}, "hangs up"), ("", {"drop": 7}, "hangs up")])
def test_refusals(outpost, smarthost, login, options, words):
    """In the proxy's words, without a secret."""
    host = smarthost()
    with Socks5(host, **options) as proxy:
        done = outpost(["-v", X], MAIL, host=host,
                       config=through(proxy, login, host=NAME))
    done.failed(75, f"the proxy 127.0.0.1 port {proxy.port}: ", words)
    assert "hunter2" not in done.err + done.log
    assert host.messages == []


def test_nobody_there(outpost):
    outpost([X], MAIL, config={"smarthost": {
        "host": NAME, "proxy": f"socks5://u:hunter2@127.0.0.1:{dead_port()}"
    }}).failed(75, "the proxy: cannot connect to 127.0.0.1 port",
               "Connection refused")


def test_no_proxy(outpost, smarthost):
    """But a smarthost, which speaks first."""
    host = smarthost(tls="off", auth="")
    host.expect_violations()
    outpost([X], MAIL, config={"smarthost": {
        "host": NAME, "proxy": f"socks5://127.0.0.1:{host.port}"
    }}).failed(75, f"the proxy 127.0.0.1 port {host.port}: ",
               "is no SOCKS5 proxy")


def test_silence(outpost):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began = time.monotonic()
        done = outpost([X], MAIL, config={"smarthost": {
            "host": NAME, "connect_timeout": "300ms",
            "proxy": f"socks5://127.0.0.1:{listener.getsockname()[1]}"}})
        assert time.monotonic() - began < 10
    done.failed(75, "the proxy 127.0.0.1 port", "no answer in time")


def test_failover(outpost, smarthost):
    """The proxy cannot reach the first."""
    host = smarthost()
    with Socks5(host, unknown="first.example") as proxy:
        outpost([X], MAIL, host=host,
                config=through(proxy, host=f"first.example {NAME}")).ok()
    assert [name for name, _ in proxy.asked] == ["first.example", NAME]
    assert host.message.recipients == [X]


def test_source_address(outpost, smarthost):
    host = smarthost()
    with Socks5(host) as proxy:
        outpost([X], MAIL, host=host, config=through(
            proxy, host=NAME, source_address="127.0.0.9")).ok()
    assert proxy.peers == ["127.0.0.9"]


@pytest.mark.parametrize("name", [NAME, "localhost", "127.0.0.1"])
def test_password_in_clear(outpost, smarthost, name):
    """What is behind a proxy is not this machine, whatever its name."""
    host = smarthost(tls="off")
    with Socks5(host) as proxy:
        config = through(proxy, host=name, tls="off", ca_file=None)
        outpost([X], MAIL, host=host, config=config).failed(
            78, "insecure_auth", "clear")
        assert proxy.asked == []
        config["smarthost"]["insecure_auth"] = "yes"
        outpost([X], MAIL, host=host, config=config).ok()
    assert host.connection.credentials[0][2] == CODE.encode()


def test_config_shows_no_login(outpost):
    outpost.configure(None, {"smarthost": {
        "proxy": "socks5://someone:hunter2@127.0.0.1:9"}})
    done = outpost(["config"], program="outpost")
    assert done.status == 0
    assert b"proxy = socks5://********@127.0.0.1:9 " in done.out
    assert b"hunter2" not in done.out and b"someone" not in done.out


@pytest.mark.parametrize("value", [
    "hunter2", "socks5://u:hunter2@h", "http://u:hunter2@h:1",
    "socks5://u:hunter2@a_/:1", "socks5://u:hunter2%@h:1"])
def test_mistakes(outpost, value):
    done = outpost([X], MAIL, config={"smarthost": {"proxy": value}})
    done.failed(78, "[smarthost] proxy: must be socks5://")
    assert "hunter2" not in done.err.replace(str(outpost.directory), "")


def test_others_may_not_read_it(outpost):
    outpost.config_mode = 0o644
    outpost([X], MAIL, config={"smarthost": {
        "user": None, "password": None,
        "proxy": "socks5://u:p@127.0.0.1:9"}}).failed(78, "chmod")
