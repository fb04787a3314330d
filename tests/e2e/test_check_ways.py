"""`outpost check` by a proxy, over a socket, by LMTP and by SRV records."""

import json

import pytest
from faults import CLEAR, private
from queued import TO, merged
from resolver import Resolver
from socks import Socks5
from test_check import STAGES, WAY, Checked, check

NAME = "smarthost.example.test"


def test_proxy(outpost, smarthost):
    """Nothing is looked up here, so there is nothing to say of that."""
    host = smarthost()
    with Socks5(host) as proxy:
        done = check(outpost, host=host, config={"smarthost": {
            "host": NAME, "proxy": proxy.url("me:hunter2")}})
    assert done.status == 0 and "dns" not in done.names
    assert f"{NAME}[via 127.0.0.1]:{host.port}" in done.text("tcp")
    assert "hunter2" not in json.dumps(done.stages)
    assert proxy.asked == [(NAME, host.port)]


def test_proxy_refuses(outpost, smarthost):
    host = smarthost()
    with Socks5(host, answer=2) as proxy:
        done = check(outpost, host=host, config={"smarthost": {
            "host": NAME, "port": 25, "proxy": proxy.url()}})
    assert done.status == 75
    stage, = [s for s in done.stages if s["verdict"] == "failed"]
    assert (stage["stage"], stage["kind"]) == ("tcp", "CONNECT")
    assert "not allowed by its rules" in done.text("tcp")


@pytest.mark.parametrize("send", [[], ["--send"]], ids=["ask", "send"])
def test_lmtp_on_a_socket(outpost, smarthost, tmp_path, send):
    host = smarthost(address=str(tmp_path / "s"), tls="off", auth="",
                     lmtp=True)
    done = check(outpost, "--to", TO, *send, config=merged(CLEAR, {
        "smarthost": {"host": host.address, "protocol": "lmtp"}}))
    assert done.status == 0, done.stages
    assert done.text("tcp").endswith(host.address)
    assert done.text("ehlo") == "offers PIPELINING, 8BITMIME"
    assert host.connection.verbs[0] == "LHLO"
    assert [message.taken for message in host.messages] == (
        [[TO]] if send else [])


@pytest.mark.root
@pytest.mark.parametrize("known", [True, False])
def test_srv(outpost, smarthost, known):
    host = smarthost()
    services = {"_submissions._tcp.example.test": [(0, 0, host.port, NAME)]}
    with Resolver(addresses=["127.0.0.1"],
                  services=services if known else {}) as resolver:
        outpost.configure(None, {"smarthost": {
            "host": "srv:example.test", "port": None}})
        program = outpost.binary
        outpost.binary = outpost.program("outpost")
        done = Checked(private(outpost, resolver.files, ["check", "--json"],
                               b""))
        outpost.binary = program
    if not known:
        stage = done.failed("dns", "RESOLVE", 75)
        assert "has no SRV records" in stage["text"][0]
        return
    assert done.status == 0, done.stages
    assert done.way() == WAY[:6] and done.names == STAGES[:10]
    assert f"{NAME}[127.0.0.1]:{host.port}" in done.text("tcp")
