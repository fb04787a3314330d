"""Faults and attacks of the network: smuggling (G), replies (N), TLS (T)."""

import itertools
import time

import pytest
from smarthost.script import at

MAIL = "Subject: s\n\nbody\n"
QUICK = {"smarthost": {"wait_timeout": "3s", "timeout": "3s"}}
LINES = b"x" * 63 + b"\n"

BEFORE = [b"\n", b"\r", b"\r\n", b"\r\r\n", b"\r\n\0", b"\n\0"]
AFTER = [b"\n", b"\r", b"\r\n", b"\0\r\n"]
SMUGGLED = (b"MAIL FROM:<evil@x>\r\nRCPT TO:<evil@x>\r\nDATA\r\n"
            b"Subject: smuggled\r\n\r\nx")
PLACES = {
    "header": b"Subject: a%s",
    "first line": b"Subject: s\n\n%s",
    "body": b"Subject: s\n\ntext%s\nmore\n.\n",
    "end": b"Subject: s\n\ntext\n%s",
    "buffer border": b"Subject: s\n\n" + LINES * 1023 + b"y" * 49 + b"%s",
}


@pytest.mark.parametrize("place", PLACES)
def test_g1_g2_smuggling(outpost, smarthost, place):
    host = smarthost()
    outpost.configure(host)
    for before, after in itertools.product(BEFORE, AFTER):
        attack = before + b"." + after + SMUGGLED + before + b"." + after
        outpost(["-i", "a@x"], PLACES[place].replace(b"%s", attack)).ok()
    # the wire checks see to it that all kinds of readers see the same
    assert len(host.messages) == len(BEFORE) * len(AFTER)
    for connection in host.connections:
        assert sorted(connection.verbs) == sorted(
            ["EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"])
        assert connection.messages[0].recipients == ["a@x"]


def deferred(outpost, smarthost, rules, **switches):
    """Nothing is delivered, and the caller is told to try again."""
    host = smarthost(script=rules, **switches)
    outpost(["a@x"], MAIL, host=host, config=QUICK).failed(75)
    assert host.messages == []
    return host


@pytest.mark.parametrize("stage", [
    "GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("more", [b"250 more\r\n", b"2"])
def test_n7_more_than_was_asked_for(outpost, smarthost, stage, more):
    codes = {"GREETING": b"220", "AUTH": b"235", "DATA": b"354"}
    raw = codes.get(stage, b"250") + b" ok\r\n" + more
    deferred(outpost, smarthost, [at(stage, raw=raw)], pipelining=False,
             auth="PLAIN" if stage != "EHLO" else "")


@pytest.mark.parametrize("stage", [
    "GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "DOT"])
@pytest.mark.parametrize("pipelining", [True, False])
def test_n8_421_anywhere(outpost, smarthost, stage, pipelining):
    deferred(outpost, smarthost,
             [at(stage, reply="421 going down", cut="after")],
             pipelining=pipelining)


def test_n8_421_after_the_message(outpost, smarthost):
    host = smarthost(script=[at("DOT", raw=b"250 ok\r\n421 bye\r\n",
                                cut="after")])
    outpost(["a@x"], MAIL, host=host).ok()
    assert len(host.messages) == 1


MALFORMED = [b"150 x", b"850 x", b"99 x", b"2500 x", b"25", b" 250 x",
             b"250ok", b"25O x", b"", b"ok", b"-250 x", b"250-a\r\n251 b",
             b"250-a\r\n550 b", b"4294967546 x", b"250\x00x"]


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DOT"])
@pytest.mark.parametrize("raw", MALFORMED)
def test_n9_malformed(outpost, smarthost, stage, raw):
    deferred(outpost, smarthost, [at(stage, raw=raw + b"\r\n")])


@pytest.mark.parametrize("rules", [
    [at("MAIL", raw=b"250\r\n"), at("RCPT", raw=b"250 \r\n"),
     at("DOT", raw=b"250\r\n")],
    [at("EHLO", raw=b"250-h\n250-AUTH PLAIN\n250 8BITMIME\n"),
     at("RCPT", raw=b"250 ok\n"), at("DOT", raw=b"250 taken\n")],
    [at("EHLO", raw=b"250-h\r\n250-auth=plain\r\n250 pipelining\r\n")],
    [at("MAIL", reply=["250-a", "250-b", "250 c"]),
     at("DOT", reply=["250-one", "250 two"])],
    [at("RCPT", reply="251 forwarded"), at("DOT", reply="250 " + "x" * 600)],
], ids=["no text", "lf", "lower case", "multi-line", "odd"])
def test_n10_odd_but_good(outpost, smarthost, rules):
    host = smarthost(script=rules)
    outpost(["a@x"], MAIL, host=host).ok()
    assert host.message.recipients == ["a@x"]


@pytest.mark.parametrize("stage", ["GREETING", "EHLO", "MAIL", "DOT"])
@pytest.mark.parametrize("raw", [b"250-a\r\n", b"250 ok", b"250 ok\r"])
def test_n11_end_within_a_reply(outpost, smarthost, stage, raw):
    deferred(outpost, smarthost, [at(stage, raw=raw, cut="after")])


@pytest.mark.parametrize("auth", ["plain", "login"])
def test_n12_endless_challenges(outpost, smarthost, auth):
    host = smarthost(script=[at("VERDICT", reply="334 bW9yZQ=="),
                             at("OTHER", reply="334 bW9yZQ==")])
    host.expect_violations()  # "*" is no command
    outpost(["a@x"], MAIL, host=host, config={
        "smarthost": {**QUICK["smarthost"], "auth": auth}}).failed(75)
    assert "MAIL" not in host.connection.verbs
    assert len(host.connection.credentials) == 1


@pytest.mark.parametrize("offer", [
    [], ["AUTH"], ["AUTH GSSAPI NTLM"], ["AUTH " + "X " * 200],
    ["XAUTH PLAIN"]])
def test_n12_nothing_to_log_in_with(outpost, smarthost, offer):
    lines = ["250-h"] + ["250-" + line for line in offer] + ["250 HELP"]
    host = deferred(outpost, smarthost, [at("EHLO", reply=lines)])
    assert set(host.connection.verbs) <= {"EHLO", "QUIT"}


@pytest.mark.parametrize("rule", [
    at("QUIT", silence=True), at("QUIT", cut="before"),
    at("QUIT", cut="before", reset=True), at("QUIT", reply="554 no")])
def test_n16_quit_is_not_waited_for(outpost, smarthost, rule):
    host = smarthost(script=[rule])
    began = time.monotonic()
    outpost(["a@x"], MAIL, host=host).ok()
    assert time.monotonic() - began < 10
    assert len(host.messages) == 1


@pytest.mark.parametrize("size", [
    "0", "-1", "99999999999999999999", "", "x", "1e3", "18446744073709551616"])
def test_n18_odd_sizes(outpost, smarthost, size):
    host = smarthost(extra=f"SIZE {size}")
    outpost(["a@x"], MAIL, host=host).ok()
    assert len(host.messages) == 1


@pytest.mark.parametrize("greeting", [
    b"HTTP/1.1 200 OK\r\n\r\n", b"+OK POP3 ready\r\n",
    b"* OK IMAP4 ready\r\n", b"SSH-2.0-x\r\n", b"250 hello\r\n",
    b"221 hello\r\n", b"354 hello\r\n"])
def test_t13_the_peer_speaks_something_else(outpost, smarthost, greeting):
    host = deferred(outpost, smarthost, [at("GREETING", raw=greeting)])
    assert set(host.connection.verbs) <= {"QUIT"}


def test_t8_starttls_within_tls_is_ignored(outpost, smarthost):
    host = smarthost("163")
    outpost(["a@x"], MAIL, host=host,
            config={"sender": {"rewrite": "always"}}).ok()
    assert "STARTTLS" not in host.connection.verbs


@pytest.mark.parametrize("cut", ["before", "after"])
def test_t11_truncated_by_a_reset(outpost, smarthost, cut):
    host = smarthost(script=[at("RCPT", cut=cut, reset=True)])
    outpost(["a@x"], MAIL, host=host).failed(75)
    assert host.messages == []
