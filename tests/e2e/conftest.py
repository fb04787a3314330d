"""Fixtures: a scripted smarthost, and the real program to call it."""

import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [_HERE, os.path.dirname(_HERE)]
sys.dont_write_bytecode = True

from places import Place  # noqa: E402
from queued import Queued  # noqa: E402
from runner import Outpost, binary  # noqa: E402
from smarthost.certs import Authority  # noqa: E402
from smarthost.profiles import make_profile  # noqa: E402
from smarthost.server import Smarthost  # noqa: E402


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """Makes certificates, each kind once in a session."""
    return Authority(tmp_path_factory.mktemp("certs"))


@pytest.fixture
def smarthost(authority):
    """Makes smarthosts: smarthost(profile="plain", script=..., pipelining=
    False ...); what is no argument of Smarthost is a switch of the profile.

    When the test is over, no client may have sent anything that the wire
    checks object to, unless the test called host.expect_violations()."""
    hosts = []

    with ExitStack() as stack:
        def make(profile="plain", certificate="good", **options):
            own = {name: options.pop(name) for name in list(options)
                   if name in ("tls", "script", "settle", "address", "port",
                               "oldest", "newest", "tls_fault", "store",
                               "log", "client_ca")}
            host = Smarthost(make_profile(profile, **options),
                             certificate=authority.certificate(certificate),
                             **own)
            hosts.append(stack.enter_context(host))
            return host

        yield make
        wrong = [line for host in hosts if host.strict
                 for line in host.violations]
    assert wrong == []


@pytest.fixture
def outpost(tmp_path, authority):
    """Runs the program: outpost(args, stdin, host=..., config=...)."""
    if not os.access(binary(), os.X_OK):
        pytest.fail(f"there is no program to test: {binary()}")
    return Outpost(tmp_path, authority.ca_file)


@pytest.fixture
def queued(outpost):
    """The same with a queue: a Queued (queued.py)."""
    return Queued(outpost)


@pytest.fixture
def public_outpost(outpost):
    """The same in a directory that every user can reach."""
    with tempfile.TemporaryDirectory(prefix="outpost-test-") as directory:
        yield outpost.public(Path(directory))


@pytest.fixture
def place(public_outpost):
    """Makes machines with users and mounts of their own: place(options of
    the spool's file system), a Place (places.py)."""
    places = []

    def make(options=""):
        places.append(Place(public_outpost, options))
        return places[-1]

    yield make
    for one in places:
        one.close()


def pytest_collection_modifyitems(items):
    """Tests that need root say so by the mark `root`."""
    if os.geteuid() == 0:
        return
    for item in items:
        if item.get_closest_marker("root"):
            item.add_marker(pytest.mark.skip(reason="needs root"))


def pytest_configure(config):
    config.addinivalue_line("markers", "root: needs to be root")
