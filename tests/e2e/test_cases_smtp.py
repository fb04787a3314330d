"""Cases 29-36, 49-52, 71, 72, 74: what the smarthost says and does."""

import re
import socket
import time

import pytest
from measure import measured
from smarthost.script import at

MAIL = "Subject: s\n\nbody\n"
BIG = b"S: 1\n\n" + (b"x" * 77 + b"\n") * 250_000


@pytest.mark.parametrize("reply, status", [
    ("451 later", 75), ("452 full", 75), ("554 never", 69), ("552 big", 69)])
def test_case_1_29_answer_to_the_dot(outpost, smarthost, reply, status):
    host = smarthost(script=[at("DOT", reply=reply)])
    outpost(["a@x"], MAIL, host=host).failed(status, reply, "not sent")
    assert host.messages == []


@pytest.mark.parametrize("stage", ["DATA", "DOT"])
@pytest.mark.parametrize("reply, status", [("451 later", 75),
                                           ("554 never", 69)])
@pytest.mark.parametrize("pipelining", [True, False])
def test_case_1_29_a_refusal_is_asked_for_once(outpost, smarthost, stage,
                                               reply, status, pipelining):
    host = smarthost(script=[at(stage, reply=reply)], pipelining=pipelining)
    run = outpost([f"r{i}@x" for i in range(5)], MAIL, host=host,
                  config={"smarthost": {"recipients_per_message": 1}})
    run.failed(status, reply)
    assert host.connection.verbs.count("DATA") == 1
    for i in range(5):
        assert f"r{i}@x" in run.log


@pytest.mark.parametrize("reply", ["421 busy", "554 go away", "450 hm"])
def test_case_1_30_refused_at_the_greeting(outpost, smarthost, reply):
    host = smarthost(script=[at("GREETING", reply=reply, cut="after")])
    outpost(["a@x"], MAIL, host=host).failed(75, reply)
    assert set(host.connection.verbs) <= {"QUIT"}


@pytest.mark.parametrize("reply", ["502 what", "500 what", "550 no"])
def test_case_1_30_helo_instead(outpost, smarthost, reply):
    host = smarthost("163", script=[at("EHLO", reply=reply)])
    outpost(["a@x"], MAIL, host=host, config={
        "smarthost": {"auth": "login"}, "sender": {"rewrite": "always"}}).ok()
    assert host.connection.verbs[:3] == ["EHLO", "HELO", "AUTH"]
    assert host.message.sender_params == []


@pytest.mark.parametrize("reply", ["421 bye", "451 later"])
def test_case_1_30_no_helo_after_4xx(outpost, smarthost, reply):
    host = smarthost(script=[at("EHLO", reply=reply)])
    outpost(["a@x"], MAIL, host=host).failed(75, reply)
    assert set(host.connection.verbs) <= {"EHLO", "QUIT"}


@pytest.mark.parametrize("reply", [
    "535 5.7.8 wrong", "454 4.7.0 later", "550 User has no permission"])
@pytest.mark.parametrize("auth", ["plain", "login"])
def test_case_1_31_login_refused(outpost, smarthost, reply, auth):
    host = smarthost(script=[at("VERDICT", reply=reply)])
    outpost(["a@x"], MAIL, host=host, config={
        "smarthost": {"auth": auth}}).failed(75, reply)
    assert set(host.connection.verbs) <= {"EHLO", "AUTH", "QUIT"}
    assert len(host.connection.credentials) == 1


@pytest.mark.parametrize("stage", [
    "GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("reset", [False, True])
def test_case_1_32_closed(outpost, smarthost, stage, reset):
    host = smarthost(script=[at(stage, cut="before", reset=reset)])
    run = outpost(["a@x"], MAIL, host=host)
    run.failed(75, "connection")
    assert "may have been delivered" not in run.err
    if not reset:
        assert re.search(f"(?i){stage}", run.err), run.err


def test_case_1_32_closed_within_the_message(outpost, smarthost):
    host = smarthost(script=[at("BODY", after=100_000, cut="before")])
    outpost(["a@x"], BIG, host=host).failed(75, "connection")
    assert not host.connection.messages[0].complete


def test_case_1_32_closed_instead_of_the_last_answer(outpost, smarthost):
    host = smarthost(script=[at("DOT", cut="before")])
    outpost(["a@x"], MAIL, host=host).failed(75, "may have been delivered")
    assert "may have been delivered" in outpost.log()


@pytest.mark.parametrize("reset", [False, True])
def test_case_1_32_closed_after_the_last_answer(outpost, smarthost, reset):
    host = smarthost(script=[at("DOT", cut="after", reset=reset)])
    run = outpost(["a@x"], MAIL, host=host)
    assert len(host.messages) == 1
    if not reset:  # a reset may overtake the answer
        run.ok()


def test_case_1_33_refused_within_the_message(outpost, smarthost):
    host = smarthost(script=[at("BODY", after=100_000, cut="after",
                                reply="552 too big")])
    run = outpost(["a@x"], BIG, host=host)
    run.failed(69, "552 too big")


def test_case_1_34_larger_than_size(outpost, smarthost):
    host = smarthost(size=100)
    outpost(["a@x"], "S: 1\n\n" + "x" * 1000 + "\n",
            host=host).failed(65, "100")
    assert "DATA" not in host.connection.verbs
    assert host.messages == []


def test_case_1_34_size_is_declared(outpost, smarthost):
    host = smarthost(size=10_000)
    outpost(["a@x"], MAIL, host=host).ok()
    assert host.message.sender_params == [f"SIZE={len(host.message.data)}"]


QUICK = {"smarthost": {"wait_timeout": "2s", "timeout": "2s",
                       "connect_timeout": "2s"}}


@pytest.mark.parametrize("rule", [
    at("GREETING", silence=True), at("EHLO", silence=True),
    at("AUTH", silence=True), at("RCPT", silence=True),
    at("DOT", silence=True)])
def test_case_1_35_silence(outpost, smarthost, rule):
    host = smarthost(script=[rule])
    began = time.monotonic()
    outpost(["a@x"], MAIL, host=host, config=QUICK).failed(75)
    assert time.monotonic() - began < 15


def test_case_1_35_silence_in_the_handshake(outpost, smarthost):
    host = smarthost(tls_fault="hang")
    outpost(["a@x"], MAIL, host=host, config=QUICK).failed(75)


@pytest.mark.parametrize("stage", ["GREETING", "EHLO", "MAIL", "DOT"])
def test_case_1_36_one_byte_at_a_time(outpost, smarthost, stage):
    host = smarthost(script=[at(stage, split=True, interval=0.5, reply=(
        "250 " + "x" * 200))])
    began = time.monotonic()
    outpost(["a@x"], MAIL, host=host, config=QUICK).failed(75)
    assert time.monotonic() - began < 15


def test_case_1_36_bytes_split_but_in_time(outpost, smarthost):
    stages = ("GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "DOT")
    host = smarthost(script=[at(stage, split=True) for stage in stages])
    outpost(["a@x"], MAIL, host=host).ok()
    assert len(host.messages) == 1


STARTTLS = {"smarthost": {"tls": "starttls"}}


def test_case_1_49_starttls_stripped(outpost, smarthost):
    host = smarthost(tls="starttls", offer_starttls=False)
    outpost(["a@x"], MAIL, host=host, config=STARTTLS).failed(
        75, "STARTTLS")
    assert set(host.connection.verbs) <= {"EHLO", "QUIT"}


@pytest.mark.parametrize("reply", ["502 no", "454 no", "354 hm"])
def test_case_1_49_starttls_refused(outpost, smarthost, reply):
    host = smarthost(tls="starttls", script=[at("STARTTLS", reply=reply)])
    outpost(["a@x"], MAIL, host=host, config=STARTTLS).failed(75)
    assert set(host.connection.verbs) <= {"EHLO", "STARTTLS", "QUIT"}


@pytest.mark.parametrize("more", [b"250 evil\r\n", b"2", b"\n",
                                  b"250-a\r\n250 AUTH PLAIN\r\n"])
def test_case_1_50_bytes_before_the_handshake(outpost, smarthost, more):
    host = smarthost(tls="starttls",
                     script=[at("STARTTLS", raw=b"220 go\r\n" + more)])
    outpost(["a@x"], MAIL, host=host, config=STARTTLS).failed(75)
    assert host.connection.tls == "" and host.connection.credentials == []
    assert host.connection.verbs == ["EHLO", "STARTTLS"]


def test_case_1_50_what_was_said_before_tls_is_forgotten(outpost, smarthost):
    host = smarthost(tls="starttls", script=[at("EHLO", nth=1, reply=[
        "250-h", "250-STARTTLS", "250-SIZE 10", "250-DSN", "250 AUTH X"])])
    outpost(["a@x"], MAIL, host=host, config=STARTTLS).ok()
    assert host.connection.verbs[:3] == ["EHLO", "STARTTLS", "EHLO"]
    assert host.message.sender_params == []


@pytest.mark.parametrize("newest", ["1.0", "1.1"])
def test_case_1_51_old_tls_is_refused(outpost, smarthost, newest):
    host = smarthost(oldest="1.0", newest=newest)
    outpost(["a@x"], MAIL, host=host).failed(75, "TLS")
    assert host.commands == []


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_case_1_51_new_tls_is_spoken(outpost, smarthost, version):
    host = smarthost(oldest=version, newest=version)
    outpost(["a@x"], MAIL, host=host).ok()
    assert host.connection.tls == "TLSv" + version


def test_case_1_51_least_version_is_configured(outpost, smarthost):
    host = smarthost(oldest="1.2", newest="1.2")
    outpost(["a@x"], MAIL, host=host,
            config={"smarthost": {"tls_min": "1.3"}}).failed(75, "TLS")


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
@pytest.mark.parametrize("kind, name, word", [
    ("wrong-name", "localhost", "localhost"),
    ("wrong-name", "127.0.0.1", "127.0.0.1"),
    ("dns-only", "127.0.0.1", "127.0.0.1"),
    ("expired", "localhost", "expired"), ("future", "localhost", "before"),
    ("unknown-ca", "localhost", "issuer"),
    ("self-signed", "localhost", "self"),
    ("cn-matches-san-not", "localhost", "localhost"),
    ("cn-only", "localhost", "localhost"),
])
def test_case_1_52_bad_certificates(outpost, smarthost, tls, kind, name,
                                    word):
    host = smarthost(tls=tls, certificate=kind)
    outpost(["a@x"], MAIL, host=host, config={
        "smarthost": {"host": name, "tls": tls}}).failed(75, name, word)
    assert set(host.connection.verbs) <= {"EHLO", "STARTTLS"}


@pytest.mark.parametrize("kind, name", [
    ("good", "127.0.0.1"), ("good", "localhost"), ("ip-only", "127.0.0.1"),
    ("dns-only", "localhost"), ("good", "LOCALHOST")])
def test_case_1_52_good_certificates(outpost, smarthost, kind, name):
    host = smarthost(certificate=kind)
    outpost(["a@x"], MAIL, host=host,
            config={"smarthost": {"host": name}}).ok()
    sni = host.connection.sni
    assert (sni or "127.0.0.1").lower() == name.lower()


def test_case_1_52_trust_store_missing(outpost, smarthost):
    host = smarthost()
    outpost(["a@x"], MAIL, host=host, config={"smarthost": {
        "ca_file": "/nonexistent/ca.pem"}}).failed(78, "/nonexistent/ca.pem")
    assert host.commands == []


@pytest.mark.parametrize("fault", ["plain", "junk", "close"])
def test_case_1_52_no_handshake(outpost, smarthost, fault):
    host = smarthost(tls_fault=fault)
    outpost(["a@x"], MAIL, host=host).failed(75)
    assert host.commands == []


def test_case_1_71_first_host_refuses_connections(outpost, smarthost):
    host = smarthost()
    outpost(["a@x"], MAIL, host=host,
            config={"smarthost": {"host": "127.0.0.2 127.0.0.1"}}).ok()
    assert len(host.messages) == 1


def both_hosts(smarthost, tls="implicit", **first):
    """Two smarthosts on one port: on 127.0.0.2, tried first, and on
    127.0.0.1."""
    for _ in range(20):
        second = smarthost(tls=tls)
        try:
            return smarthost(address="127.0.0.2", port=second.port, tls=tls,
                             **first), second
        except OSError:
            continue
    pytest.skip("found no port that is free on both addresses")


TWO = {"smarthost": {"host": "127.0.0.2 127.0.0.1"}}


def test_case_1_71_first_host_is_busy(outpost, smarthost):
    first, second = both_hosts(smarthost, script=[
        at("GREETING", reply="421 busy", cut="after")])
    outpost(["a@x"], MAIL, host=second, config=TWO).ok()
    assert first.messages == [] and len(second.messages) == 1


def test_case_1_71_each_host_has_its_port(outpost, smarthost):
    first = smarthost(script=[at("GREETING", reply="421 busy", cut="after")])
    second = smarthost()
    run = outpost(["a@x"], MAIL, config={"smarthost": {
        "ca_file": outpost.ca_file, "port": first.port,
        "host": f"127.0.0.1 127.0.0.1:{second.port}"}})
    run.ok()
    assert len(first.connections) == 1 and len(second.messages) == 1
    assert f"relay=127.0.0.1[127.0.0.1]:{second.port}" in run.log


def test_case_1_71_port_of_an_ipv6_address(outpost):
    with socket.socket(socket.AF_INET6) as sock:  # bound: nobody listens
        sock.bind(("::1", 0))
        port = sock.getsockname()[1]
        outpost(["a@x"], MAIL, config={"smarthost": {
            "host": f"[::1]:{port}"}}).failed(75, f"[::1] port {port}: ")


@pytest.mark.parametrize("stage, reply, tls", [
    ("GREETING", "450 later", "implicit"), ("EHLO", "421 bye", "implicit"),
    ("EHLO", "451 later", "implicit"), ("STARTTLS", "454 later", "starttls"),
    ("STARTTLS", "421 bye", "starttls")])
def test_case_1_71_first_host_puts_off(outpost, smarthost, stage, reply, tls):
    first, second = both_hosts(smarthost, tls=tls, script=[
        at(stage, connection=1, reply=reply)])
    outpost(["a@x"], MAIL, host=second, config={
        "smarthost": {**TWO["smarthost"], "tls": tls}}).ok()
    assert len(first.connections) == 1 and len(second.messages) == 1


@pytest.mark.parametrize("fault", [
    {"certificate": "wrong-name"}, {"certificate": "expired"},
    {"certificate": "self-signed"}, {"tls_fault": "plain"}])
def test_case_1_71_first_host_without_good_tls(outpost, smarthost, fault):
    first, second = both_hosts(smarthost, **fault)
    outpost(["a@x"], MAIL, host=second, config=TWO).ok()
    assert first.commands == [] and len(second.messages) == 1


@pytest.mark.parametrize("fault", [
    {"tls_fault": "hang"}, {"script": [at("GREETING", silence=True)]},
    {"script": [at("EHLO", silence=True)]}])
def test_case_1_71_first_host_is_silent(outpost, smarthost, fault):
    first, second = both_hosts(smarthost, **fault)
    outpost(["a@x"], MAIL, host=second, config={
        "smarthost": {**TWO["smarthost"], "wait_timeout": "6s"}}).ok()
    assert first.messages == [] and len(second.messages) == 1


def test_case_1_71_every_host_is_silent(outpost, smarthost):
    first, second = both_hosts(smarthost, tls_fault="hang")
    start = time.monotonic()
    run = outpost(["a@x"], MAIL, host=second, config={
        "smarthost": {"host": "127.0.0.2 127.0.0.2 127.0.0.2",
                      "wait_timeout": "4s"}})
    run.failed(75, "127.0.0.2")
    assert time.monotonic() - start < 10
    assert len(first.connections) == 3


@pytest.mark.parametrize("rule, status", [
    (at("RCPT", reply="550 no"), 67), (at("VERDICT", reply="535 no"), 75),
    (at("VERDICT", reply="454 later"), 75), (at("VERDICT", reply="421 no"), 75),
    (at("DOT", reply="554 no"), 69)])
def test_case_1_71_a_refusal_is_no_failure(outpost, smarthost, rule, status):
    first, second = both_hosts(smarthost, script=[rule])
    outpost(["a@x"], MAIL, host=second, config=TWO).failed(status)
    assert len(first.connections) == 1 and second.connections == []


def test_case_1_71_nobody_listens(outpost):
    with socket.socket() as sock:  # bound, so that nobody else gets it
        sock.bind(("127.0.0.1", 0))
        outpost(["a@x"], MAIL, config={"smarthost": {
            "port": sock.getsockname()[1]}}).failed(75, "refused")


def test_case_1_72_name_in_ehlo(outpost, smarthost):
    host = smarthost()
    outpost(["a@x"], MAIL, host=host).ok()
    name = host.commands[0].split(b" ")[1].decode()
    assert re.fullmatch(r"\[127\.0\.0\.1\]|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+",
                        name)
    assert "localhost" not in name.lower()


def test_case_1_72_name_in_ehlo_configured(outpost, smarthost):
    host = smarthost()
    outpost(["a@x"], MAIL, host=host,
            config={"smarthost": {"ehlo": "me.example.test"}}).ok()
    assert host.commands[0] == b"EHLO me.example.test"


@pytest.mark.parametrize("stage, status", [
    ("GREETING", 75), ("VERDICT", 75), ("MAIL", 69), ("RCPT", 67),
    ("DOT", 69)])
def test_case_1_74_escape_sequences(outpost, smarthost, stage, status):
    host = smarthost(script=[at(stage, raw=(
        b"550 \x1b[2J\x1b]0;title\x07red\x00\x9b31m \x7f\r\n"))])
    run = outpost(["a@x"], MAIL, host=host)
    assert run.status == status
    for text in (run.err, run.log):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]", text)


@pytest.mark.parametrize("stage", ["GREETING", "EHLO", "RCPT", "DOT"])
@pytest.mark.parametrize("flood", [
    {"raw": b"250 " + b"x" * 1_000_000 + b"\r\n"},
    {"raw": b"250-a line\r\n" * 10_000 + b"250 end\r\n"},
    {"raw": b"y" * 1_000_000, "repeat": 50},
    {"raw": b"250-z\r\n" * 100_000, "repeat": 20},
])
def test_case_1_74_floods(outpost, smarthost, stage, flood):
    host = smarthost(script=[at(stage, **flood)])
    run, peak = measured(outpost, ["a@x"], MAIL, host=host)
    assert run.status in (75, 76) and 0 < len(run.err) < 4096
    if peak is not None:
        assert peak < 16 * 1024


def test_answer_of_auth_to_data(outpost, smarthost):
    """334 is no leave to send: the message would be read as commands."""
    host = smarthost(script=[at("DATA", reply="334 ")])
    outpost(["a@x"], MAIL, host=host).failed(75, "334")
    host.settled()
    assert [m for m in host.messages if m.raw] == []
    assert not any(b"Subject" in command for command in host.commands)
