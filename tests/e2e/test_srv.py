"""Servers that the SRV records of a domain name."""

import time

import pytest
from faults import MAIL, private
from queued import dead_port
from resolver import SRV, Resolver
from runner import CODE

pytestmark = pytest.mark.root

X = "x@a.example"
DOMAIN = "example.test"
NAME = "smarthost.example.test"  # in the certificate "good"
IMPLICIT, STARTTLS = "_submissions._tcp.", "_submission._tcp."


def settings(domain=DOMAIN, **keys):
    return {"smarthost": {"host": f"srv:{domain}", "port": None, **keys}}


def send(outpost, services, config=None, addresses=("127.0.0.1",), **options):
    """Sends a mail where the DNS says so; returns how that ended, and the
    names whose SRV records were asked for."""
    with Resolver(addresses=addresses, services=services,
                  **options) as resolver:
        outpost.configure(None, config or settings())
        done = private(outpost, resolver.files, ["-v", X], MAIL)
    done.asked = list(dict.fromkeys(
        name for name, kind in resolver.asked if kind == SRV))
    return done


def target(host, name=NAME, priority=0, weight=0):
    return (priority, weight, host.port, name)


def test_implicit_tls_comes_first(outpost, smarthost):
    host = smarthost()
    other = smarthost(tls="starttls")
    done = send(outpost, {IMPLICIT + DOMAIN: [target(host)],
                          STARTTLS + DOMAIN: [target(other)]})
    assert done.status == 0, done
    assert host.message.recipients == [X] and other.connections == []
    assert host.connection.sni == NAME
    assert host.connection.credentials[0][2] == CODE.encode()
    assert done.asked == [IMPLICIT + DOMAIN]
    assert f" relay={NAME}[127.0.0.1]:{host.port} " in outpost.log()


@pytest.mark.parametrize("first", [[], 3, [(0, 0, 0, ".")]],
                         ids=["empty", "NXDOMAIN", "not offered"])
@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_starttls_where_there_is_nothing_else(outpost, smarthost, first, tls):
    host = smarthost(tls="starttls")
    done = send(outpost, {IMPLICIT + DOMAIN: first,
                          STARTTLS + DOMAIN: [target(host)]},
                settings(tls=tls))
    assert done.status == 0, done
    assert host.message.recipients == [X]
    assert host.connection.tls and not host.connection.auth_in_clear
    assert done.asked == [IMPLICIT + DOMAIN, STARTTLS + DOMAIN]


def test_starttls_is_demanded(outpost, smarthost):
    host = smarthost(tls="off", offer_starttls=False)
    done = send(outpost, {STARTTLS + DOMAIN: [target(host)]})
    assert done.status == 75 and "does not offer STARTTLS" in done.err
    assert host.connection.credentials == []


def test_priorities(outpost, smarthost):
    """Each with its own port; the first that can be talked to."""
    host = smarthost()
    last = smarthost()
    done = send(outpost, {IMPLICIT + DOMAIN: [
        target(last, priority=30), (10, 5, dead_port(), NAME),
        target(host, priority=20), (10, 0, dead_port(), NAME)]})
    assert done.status == 0, done
    assert host.message.recipients == [X] and last.connections == []


def test_many_records(outpost, smarthost):
    """More than a datagram holds."""
    host = smarthost()
    done = send(outpost, {IMPLICIT + DOMAIN: [target(host)] + [
        (1, n, 1, f"{'x' * 60}{n}.{DOMAIN}") for n in range(100)]})
    assert done.status == 0, done
    assert host.message.recipients == [X]


@pytest.mark.parametrize("name", [NAME, DOMAIN.upper()])
def test_target_in_the_domain(outpost, smarthost, name):
    """Its certificate is for itself."""
    host = smarthost()
    done = send(outpost, {IMPLICIT + DOMAIN: [target(host, name)]})
    if name == NAME:
        assert done.status == 0, done
        assert host.message.recipients == [X]
    else:
        assert done.status == 75 and "certificate" in done.err
        assert host.connection.credentials == []


def test_target_elsewhere(outpost, smarthost):
    """Its certificate must be for the domain: the DNS alone is not believed."""
    host = smarthost()
    done = send(outpost, {IMPLICIT + "other.test": [target(host)]},
                settings("other.test"))
    assert done.status == 75, done
    assert "certificate" in done.err and "other.test" in done.err
    assert host.connection.credentials == []
    assert host.connection.sni == "other.test"


def test_target_elsewhere_for_the_domain(outpost, smarthost):
    host = smarthost()
    done = send(outpost, {IMPLICIT + NAME: [target(host, "mx.else.test")]},
                settings(NAME))
    assert done.status == 0, done
    assert host.connection.sni == NAME
    assert host.message.recipients == [X]
    assert f" relay=mx.else.test[127.0.0.1]:{host.port} " in outpost.log()


def test_name_that_only_ends_like_it(outpost, smarthost):
    host = smarthost()
    done = send(outpost, {IMPLICIT + "host.example.test": [target(host)]},
                settings("host.example.test"))
    assert done.status == 75 and "certificate" in done.err
    assert host.connection.credentials == []


@pytest.mark.parametrize("services, words", [
    ({}, "has no SRV records of mail submission"),
    ({IMPLICIT + DOMAIN: 3, STARTTLS + DOMAIN: 3}, "has no SRV records"),
    ({IMPLICIT + DOMAIN: [(0, 0, 0, ".")],
      STARTTLS + DOMAIN: [(0, 0, 0, ".")]}, "offers no mail submission"),
    ({STARTTLS + DOMAIN: [(0, 0, 0, ".")]}, "offers no mail submission"),
    ({IMPLICIT + DOMAIN: [(0, 0, 0, NAME)]}, "has no SRV records"),
    ({IMPLICIT + DOMAIN: [(0, 0, 465, "127.0.0.1")]}, "has no SRV records"),
    ({IMPLICIT + DOMAIN: 2}, f"cannot look up {IMPLICIT}{DOMAIN}: "),
    ({IMPLICIT + DOMAIN: 5}, f"cannot look up {IMPLICIT}{DOMAIN}: "),
], ids=["empty", "NXDOMAIN", "not offered", "STARTTLS not offered", "no port",
        "an address", "SERVFAIL", "REFUSED"])
def test_none(outpost, services, words):
    """A trouble of the DNS is no reason to ask for the other kind."""
    done = send(outpost, services)
    assert done.status == 75, done
    assert words in done.err
    assert (STARTTLS + DOMAIN in done.asked) == ("cannot" not in words)


def test_silence(outpost):
    began = time.monotonic()
    done = send(outpost, {}, settings(connect_timeout="1s"), silent=True)
    assert time.monotonic() - began < 10
    assert done.status == 75 and "no answer in time" in done.err


@pytest.mark.parametrize("services", [{}, {IMPLICIT + DOMAIN: 2}, {
    IMPLICIT + DOMAIN: [(0, 0, 1, NAME)]}])
def test_next_host(outpost, smarthost, services):
    """The targets stand in the place of the domain."""
    host = smarthost()
    done = send(outpost, services, {"smarthost": {
        "host": f"srv:{DOMAIN} 127.0.0.1", "port": host.port}})
    assert done.status == 0, done
    assert host.message.recipients == [X]


def test_host_before(outpost, smarthost):
    """Nothing is looked up where that is not needed."""
    host = smarthost()
    done = send(outpost, {}, {"smarthost": {
        "host": f"127.0.0.1 srv:{DOMAIN}", "port": host.port}})
    assert done.status == 0 and done.asked == []


@pytest.mark.parametrize("keys, words", [
    ({"tls": "off"}, "[smarthost] tls: cannot be off"),
    ({"protocol": "lmtp"}, "[smarthost] protocol: must be smtp"),
    ({"proxy": "socks5://127.0.0.1:1"}, "[smarthost] proxy: cannot be set"),
    ({"host": "srv:"}, "[smarthost] host: srv: must have a domain"),
    ({"host": "srv:test"}, "[smarthost] host: srv: must have a domain"),
    ({"host": "srv:127.0.0.1"}, "[smarthost] host: srv: must have a dom")])
def test_mistakes(outpost, keys, words):
    outpost([X], MAIL, config=settings(**keys)).failed(78, words)
