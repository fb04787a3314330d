"""AUTH by other means than the password itself."""

import base64

import pytest
from queued import TO
from runner import CODE, USER
from smarthost.script import at

MAIL = "Subject: s\n\nb\n"


def encode(text):
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("offered, auth, taken", [
    ("PLAIN SCRAM-SHA-256 CRAM-MD5", "auto", "SCRAM-SHA-256"),
    ("PLAIN LOGIN CRAM-MD5", "auto", "PLAIN"),
    ("CRAM-MD5", "auto", "CRAM-MD5"),
    ("PLAIN CRAM-MD5", "cram-md5", "CRAM-MD5"),
    ("PLAIN SCRAM-SHA-256", "scram-sha-256", "SCRAM-SHA-256"),
    ("PLAIN XOAUTH2", "xoauth2", "XOAUTH2"),
])
def test_logs_in(outpost, smarthost, offered, auth, taken):
    host = smarthost(auth=offered)
    outpost(["a@x"], MAIL, host=host,
            config={"smarthost": {"auth": auth}}).ok()
    assert [(mechanism, user) for mechanism, user, _
            in host.connection.credentials] == [(taken, USER.encode())]


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_bound_to_the_connection(outpost, smarthost, tls):
    host = smarthost(auth="SCRAM-SHA-256 SCRAM-SHA-256-PLUS", newest="1.2",
                     tls=tls)
    outpost(["a@x"], MAIL, host=host, config={"smarthost": {"tls": tls}}).ok()
    assert host.connection.credentials[0][0] == "SCRAM-SHA-256-PLUS"


def test_cram_md5_before_plain_in_clear(outpost, smarthost):
    host = smarthost(auth="PLAIN CRAM-MD5", tls="off")
    outpost(["a@x"], MAIL, host=host,
            config={"smarthost": {"tls": "off", "ca_file": None}}).ok()
    assert host.connection.credentials[0][0] == "CRAM-MD5"


@pytest.mark.parametrize("auth", ["cram-md5", "scram-sha-256", "xoauth2"])
def test_nothing_of_it_is_shown(outpost, smarthost, auth):
    host = smarthost(auth=auth.upper())
    run = outpost(["-v", "a@x"], MAIL, host=host,
                  config={"smarthost": {"auth": auth}})
    assert (run.status, run.out) == (0, b"")
    assert "C: ********" in run.err or "XOAUTH2 ********" in run.err
    # by the server's proof the password could be guessed
    sealed = [line for line in run.err.splitlines() if "S: 334 " in line]
    assert auth != "scram-sha-256" or len(sealed) == 2
    assert all(line.endswith("S: 334 ********") for line in sealed
               if auth == "scram-sha-256")
    assert CODE not in run.err + run.log


@pytest.mark.parametrize("auth", ["cram-md5", "scram-sha-256", "xoauth2"])
def test_wrong_password(outpost, smarthost, auth):
    host = smarthost(auth=auth.upper())
    run = outpost(["a@x"], MAIL, host=host, config={
        "smarthost": {"auth": auth, "password": "wrong"}})
    run.failed(75, f"refused AUTH {auth.upper()} as {USER}", "535 5.7.8")
    assert ('({"status": "401"})' in run.err) == (auth == "xoauth2")


@pytest.mark.parametrize("reply", [
    "334 " + encode("v=" + encode("x" * 32)), "334 dg==", "334 what",
    "235 2.7.0 Authentication successful",
])
def test_a_server_that_does_not_know_the_password(outpost, smarthost, reply):
    host = smarthost(auth="SCRAM-SHA-256",
                     script=[at("AUTH-PROOF", reply=reply)])
    run = outpost(["a@x"], MAIL, host=host)
    run.failed(75, "AUTH SCRAM-SHA-256 as")
    assert host.messages == []


def offers(host, *mechanisms):
    """What the smarthost offers from now on."""
    host.script[:] = [at("EHLO", reply=[
        "250-mx", "250-AUTH " + " ".join(mechanisms), "250 8BITMIME"])]


def test_no_worse_login_than_before(queued, smarthost):
    host = smarthost(auth="SCRAM-SHA-256 PLAIN LOGIN", tls="implicit")
    secure = {"tls": "implicit", "auth": "auto",
              "ca_file": queued.outpost.ca_file}
    queued.configure(host, smarthost=secure)
    queued.submit().ok()
    assert host.connection.credentials[0][0] == "SCRAM-SHA-256"
    offers(host, "PLAIN", "LOGIN")
    done = queued.submit(["-v", TO])
    assert done.status == 0
    assert "log-in was by SCRAM before, offered now is: PLAIN LOGIN" in done.err
    assert "`auth = plain`" in done.err
    queued.run("-qf").ok()
    assert len(host.messages) == 1 and len(queued.waiting) == 1
    assert not any(line.startswith(b"AUTH") for connection in
                   host.connections[1:] for line in connection.commands)
    # whoever knows better says so
    queued.configure(host, smarthost={**secure, "auth": "plain"})
    queued.run("-qf").ok()
    assert len(host.messages) == 2 and queued.waiting == []


def test_a_changed_account_forgets_the_login_before(queued, smarthost):
    host = smarthost(auth="SCRAM-SHA-256 PLAIN", tls="implicit")
    secure = {"tls": "implicit", "auth": "auto",
              "ca_file": queued.outpost.ca_file}
    queued.configure(host, smarthost=secure)
    queued.submit().ok()
    offers(host, "PLAIN")
    queued.configure(host, smarthost={**secure, "timeout": "4m"})
    queued.submit().ok()
    assert [c.credentials[0][0] for c in host.connections] == [
        "SCRAM-SHA-256", "PLAIN"]
