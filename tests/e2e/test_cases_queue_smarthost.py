"""Cases 10-18 of section 2: faults of the smarthost, of the account or of the
way there keep the mail, and nobody is told that it failed."""

import re

import pytest
from faults import SANITIZED, clear, cpu
from queued import TO, merged
from runner import USER
from smarthost.script import at
from test_cases_smtp import both_hosts

# what the fixture `queued` switches off
TLS = {"smarthost": {"tls": "implicit", "auth": "auto", "ca_file": None}}
AUTH = {"smarthost": {"auth": "auto"}}


def kept(queued, host, sections=None, **more):
    """Submits to a faulty smarthost; asserts that the mail waits, whole and
    alone, and that nobody was told.  Returns the Run."""
    queued.configure(host, **merged(sections, more))
    done = queued.submit().ok()
    assert len(queued.waiting) == 1 and queued.failed == []
    assert not [line for line in host.record.commands
                if line.startswith((b"MAIL", b"RCPT", b"DATA"))]
    assert re.search(r"result=deferred|event=queued", done.log)
    return done


def recovers(queued, host, sections=None):
    """The next run, which tries everything whatever was wrong, delivers."""
    queued.configure(host, **(sections or {}))
    queued.run("-qf").ok()
    assert queued.waiting == [] and queued.failed == []
    assert host.message.recipients == [TO]


@pytest.mark.parametrize("reply", ["421 bye", "451 later"])
def test_case_2_10_refused_at_ehlo(queued, smarthost, reply):
    host = clear(smarthost, script=[at("EHLO", connection=1, reply=reply)])
    assert reply in kept(queued, host).log
    recovers(queued, host)


@pytest.mark.parametrize("reply", ["554 go away", "421 busy", "550 no"])
def test_case_2_11_refused_at_the_greeting(queued, smarthost, reply):
    host = clear(smarthost, script=[at("GREETING", connection=1, reply=reply,
                                       cut="after")])
    assert reply in kept(queued, host).log
    recovers(queued, host)


def test_case_2_11_second_smarthost(queued, smarthost):
    first, second = both_hosts(smarthost, tls="off", auth="", script=[
        at("GREETING", reply="554 go away", cut="after")])
    second.profile.auth = ""
    queued.configure(second, smarthost={"host": "127.0.0.2 127.0.0.1"})
    queued.submit().ok()
    assert first.messages == [] and len(second.messages) == 1
    queued.submit(["-odq", TO]).ok()
    queued.run().ok()
    assert first.messages == [] and len(second.messages) == 2
    assert queued.waiting == []


@pytest.mark.parametrize("stage", ["EHLO", "VERDICT"])
def test_case_2_12_closed(queued, smarthost, stage):
    host = smarthost(tls="off", script=[at(stage, connection=1,
                                           cut="after")])
    before = cpu()
    kept(queued, host, AUTH)
    assert cpu() - before < 0.1 or SANITIZED
    recovers(queued, host, AUTH)


@pytest.mark.parametrize("reply", ["454 4.7.0 not now", "535 5.7.8 wrong"])
def test_case_2_13_login_refused(queued, smarthost, reply):
    host = smarthost(tls="off", script=[at("VERDICT", connection=1,
                                           reply=reply)])
    done = kept(queued, host, AUTH)
    lines = [line for line in done.log.splitlines() if "event=paused" in line]
    assert len(lines) == 1
    assert f"account={USER}" in lines[0] and reply in lines[0]
    recovers(queued, host, AUTH)


def test_case_2_13_first_not_now_and_then_wrong(queued, smarthost):
    host = smarthost(tls="off", script=[
        at("VERDICT", connection=1, reply="454 4.7.0 not now"),
        at("VERDICT", connection=2, reply="535 5.7.8 wrong")])
    kept(queued, host, AUTH)
    queued.run().ok()
    assert len(host.connections) == 2 and len(queued.waiting) == 1
    recovers(queued, host, AUTH)


@pytest.mark.parametrize("offered", ["", "GSSAPI NTLM"])
def test_case_2_14_no_way_to_log_in(queued, smarthost, offered):
    host = smarthost(tls="off", auth=offered)
    kept(queued, host, AUTH)
    assert "AUTH" not in host.connection.verbs
    host.profile.auth = "PLAIN"
    recovers(queued, host, AUTH)


@pytest.mark.parametrize("stage", ["AUTH-USER", "AUTH-PASS"])
def test_case_2_15_login_refused_at_either_step(queued, smarthost, stage):
    wanted = {"smarthost": {"auth": "login"}}
    host = smarthost(tls="off", script=[at(stage, connection=1,
                                           reply="535 5.7.8 wrong")])
    kept(queued, host, wanted)
    # the same class: the account rests, for this one and for the next
    queued.submit().ok()
    queued.run().ok()
    assert len(host.connections) == 1 and len(queued.waiting) == 2
    queued.run("-qf").ok()
    assert len(host.messages) == 2 and queued.waiting == []


@pytest.mark.parametrize("options", [
    {"offer_starttls": False},
    {"script": [at("STARTTLS", connection=1, reply="454 4.7.0 not now")]},
    {"script": [at("STARTTLS", connection=1, reply="502 5.5.1 what")]}],
    ids=["not offered", "454", "502"])
def test_case_2_16_no_starttls(queued, outpost, smarthost, options):
    wanted = {"smarthost": {"tls": "starttls", "auth": "auto",
                            "ca_file": outpost.ca_file}}
    host = smarthost(tls="starttls", **options)
    kept(queued, host, wanted)
    assert set(host.connection.verbs) <= {"EHLO", "STARTTLS", "QUIT"}
    host.profile.offer_starttls = True
    recovers(queued, host, wanted)


@pytest.mark.parametrize("kind, word", [
    ("self-signed", "self-signed"), ("wrong-name", "elsewhere"),
    ("expired", "expired")])
@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_case_2_17_bad_certificate(queued, outpost, smarthost, kind, word,
                                   tls):
    wanted = merged(TLS, {"smarthost": {"tls": tls,
                                        "ca_file": outpost.ca_file}})
    bad = smarthost(tls=tls, certificate=kind)
    done = kept(queued, bad, wanted)
    assert word in done.log
    assert bad.connection.credentials == []
    assert "AUTH" not in bad.connection.verbs
    recovers(queued, smarthost(tls=tls), wanted)


def test_case_2_17_trust_store_missing(queued, outpost, smarthost):
    host = smarthost()
    missing = outpost.directory / "missing.pem"
    done = kept(queued, host, TLS, smarthost={"ca_file": missing})
    assert str(missing) in done.log
    assert host.connections == []
    recovers(queued, host, merged(TLS, {
        "smarthost": {"ca_file": outpost.ca_file}}))


@pytest.mark.parametrize("more", [b"250 evil\r\n", b"250-evil\r\n250 AUTH\r\n"])
def test_case_2_18_bytes_before_the_handshake(queued, outpost, smarthost,
                                              more):
    wanted = {"smarthost": {"tls": "starttls", "auth": "auto",
                            "ca_file": outpost.ca_file}}
    host = smarthost(tls="starttls", script=[
        at("STARTTLS", connection=1, raw=b"220 go\r\n" + more)])
    kept(queued, host, wanted)
    assert host.connection.credentials == []
    recovers(queued, host, wanted)
