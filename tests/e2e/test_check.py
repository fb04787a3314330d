"""`outpost check`: each stage of the way, and what is said of it."""

import base64
import json
import os
import re
import socket
import subprocess
import time
import unicodedata

import pytest

from faults import needs, run as run_command
from pausefile import Pause
from places import ACCOUNT, OWNER, WWW
from queued import TO, Nobody, Queued, merged
from runner import CODE, REPO, TIMEOUT, USER
from smarthost.script import at
from terminals import Terminal, widths

STAGES = ["configuration", "permissions", "links", "queue", "dns", "tcp",
          "tls", "ehlo", "auth", "mail", "rcpt", "send"]
WAY = STAGES[4:]
OWN = {"sender": {"address": USER, "rewrite": "always"}}
ADVICE = {"OUTPOST_PROVIDERS": os.path.join(REPO, "etc", "providers.ini")}
ANSI = re.compile(r"\033\[[0-9;]*m")


class Checked:
    """What `outpost check --json` says."""

    def __init__(self, done):
        self.done = done
        self.status = done.status
        assert done.err == "", done
        assert CODE not in done.out.decode() + done.log, done
        said = json.loads(done.out)
        assert list(said) == ["stages", "ok", "exit"]
        assert said["ok"] == (done.status == 0)
        assert said["exit"] == done.status
        self.stages = said["stages"]
        for stage in self.stages:
            self._examine(stage)

    @staticmethod
    def _examine(stage):
        assert list(stage) == [
            "stage", "host", "account", "verdict", "ms", "text", "advice",
            "kind", "status", "reply"], stage
        assert (stage["host"] is None) == (stage["account"] is None)
        assert stage["stage"] in STAGES
        assert stage["verdict"] in ("ok", "warning", "failed", "skipped")
        assert 0 <= stage["ms"] < 1000 * TIMEOUT
        assert (stage["host"] is None) == (stage["stage"] not in WAY)
        assert all(isinstance(line, str) and line and "\n" not in line
                   for line in stage["text"] + stage["advice"])
        assert stage["text"] != []
        assert (stage["kind"] is None) == (stage["verdict"] != "failed")
        assert (stage["status"] is None) == (stage["kind"] is None)

    @property
    def names(self):
        return [stage["stage"] for stage in self.stages]

    def stage(self, name):
        (found,) = [stage for stage in self.stages if stage["stage"] == name]
        return found

    def verdict(self, name):
        return self.stage(name)["verdict"]

    def text(self, name):
        return "\n".join(self.stage(name)["text"])

    def advice(self, name):
        return "\n".join(self.stage(name)["advice"])

    def way(self):
        """The stages of the way, all of them well."""
        found = [stage["stage"] for stage in self.stages if stage["host"]]
        assert all(stage["verdict"] != "failed" for stage in self.stages), \
            self.stages
        return found

    def failed(self, name, kind, status):
        """That stage, the last one, failed, and no other."""
        assert [stage["stage"] for stage in self.stages
                if stage["verdict"] == "failed"] == [name], self.stages
        assert self.names[-1] == name
        stage = self.stage(name)
        assert (stage["kind"], self.status) == (kind, status), stage
        return stage


def check(outpost, *args, env=None, **options):
    return Checked(outpost(["check", "--json", *args], program="outpost",
                           env={**ADVICE, **(env or {})}, **options))


def commands(host):
    return [line.split(b" ")[0].decode().upper() for line in host.commands]


@pytest.fixture
def queue(outpost, smarthost):
    """With a queue of the caller's own, and a smarthost that is up."""
    queued = Queued(outpost)
    queued.configure(smarthost(tls="off", auth=""))
    return queued


# the way

def test_all_is_well(outpost, smarthost):
    host = smarthost(size=1000000)
    done = check(outpost, host=host, config=OWN)
    assert done.status == 0
    assert done.names == STAGES[:10] and done.way() == WAY[:6]
    assert str(outpost.config_file) in done.text("configuration")
    assert done.text("dns") == "127.0.0.1: 127.0.0.1"
    assert f"[127.0.0.1]:{host.port}" in done.text("tcp")
    assert "TLSv1.3" in done.text("tls")
    assert "localhost" in done.text("tls")
    assert "CN=Test CA" in done.text("tls")
    assert "2099-12-31" in done.text("tls")
    assert done.text("ehlo") == \
        "offers PIPELINING, 8BITMIME, SIZE 1000000, AUTH LOGIN PLAIN"
    assert done.text("auth") == f"PLAIN as {USER}"
    assert USER in done.text("mail")
    assert commands(host) == ["EHLO", "AUTH", "MAIL", "RSET", "QUIT"]
    assert host.messages == []


@pytest.mark.parametrize("options", [
    {}, {"pipelining": False}, {"chunking": True}], ids=str)
def test_recipient_is_asked_for(outpost, smarthost, options):
    host = smarthost(**options)
    done = check(outpost, "--to", TO, host=host, config=OWN)
    assert done.status == 0 and done.way() == WAY[:7]
    assert TO in done.text("rcpt")
    assert commands(host) == ["EHLO", "AUTH", "MAIL", "RCPT", "RSET", "QUIT"]
    assert host.messages == [] and outpost.log() == ""


@pytest.mark.parametrize("reply, kind, status, code", [
    ("550 5.1.1 no such user", "RECIPIENT", 67, 550),
    ("450 4.2.1 try later", "DEFERRED", 75, 450),
    ("452 4.2.2 full", "DEFERRED", 75, 452)])
@pytest.mark.parametrize("send", [[], ["--send"]], ids=["ask", "send"])
def test_recipient_is_refused(outpost, smarthost, reply, kind, status, code,
                              send):
    host = smarthost(script=[at("RCPT", reply=reply)])
    done = check(outpost, f"--to={TO}", *send, host=host)
    stage = done.failed("rcpt", kind, status)
    assert stage["reply"] == code and stage["status"] == reply[4:9]
    assert reply in done.text("rcpt")
    assert host.messages == []
    assert send or "DATA" not in commands(host)


def test_alias_that_leads_to_nobody(outpost, smarthost):
    outpost.aliases("nobody: |/bin/false\nsomebody: a@x.example, b@x.example\n")
    host = smarthost()
    done = check(outpost, "--to", "nobody", host=host)
    assert done.failed("rcpt", "ALIAS", 69)
    assert "mail" not in done.names and "MAIL" not in commands(host)
    done = check(outpost, "--to", "somebody")
    assert done.status == 0
    assert done.stage("rcpt")["text"] == ["<a@x.example> is taken",
                                          "<b@x.example> is taken"]


@pytest.mark.parametrize("options", [
    {}, {"pipelining": False}, {"chunking": True}, {"eightbit": False}],
    ids=str)
@pytest.mark.parametrize("lang", ["C", "zh_CN.UTF-8"])
def test_sends_a_mail(outpost, smarthost, options, lang):
    host = smarthost(**options)
    done = check(outpost, "--send", "--to", TO, host=host, config=OWN,
                 env={"LANG": lang})
    assert done.status == 0 and done.way() == WAY
    assert host.message.sender == USER
    assert host.message.recipients == [TO]
    assert host.message.only("To") == TO
    assert host.message.only("Auto-Submitted") == "auto-generated"
    assert "250 2.0.0" in done.text("send") and TO in done.text("send")
    assert f"to=<{TO}>" in outpost.log() and "delivered" in outpost.log()


def test_sends_to_the_account(outpost, smarthost):
    host = smarthost()
    done = check(outpost, "--send", host=host, config=OWN)
    assert done.status == 0 and host.message.recipients == [USER]
    # [sender] address is the account's own
    host = smarthost()
    check(outpost, "--send", host=host, config={
        "sender": {"address": TO, "rewrite": "always"}})
    assert host.message.recipients == [TO]


def test_account_without_an_address(outpost, smarthost):
    host = smarthost(user="tester")
    config = {"smarthost": {"user": "tester"}}
    assert check(outpost, host=host, config=config).status == 0
    done = check(outpost, "--send")
    assert done.failed("send", "CONFIG", 78)
    assert "--to" in done.advice("send")
    assert host.messages == []
    assert check(outpost, "--send", "--to", TO).status == 0
    assert host.message.recipients == [TO]


@pytest.mark.parametrize("stage, reply, kind, status", [
    ("DATA", "554 no", "REFUSED", 69), ("DOT", "554 spam", "REFUSED", 69),
    ("DOT", "451 later", "DEFERRED", 75)])
def test_mail_is_refused(outpost, smarthost, stage, reply, kind, status):
    host = smarthost(script=[at(stage, reply=reply)])
    done = check(outpost, "--send", "--to", TO, host=host)
    done.failed("send", kind, status)
    assert reply in done.text("send") and done.verdict("rcpt") == "ok"


@pytest.mark.parametrize("reply, kind, status", [
    ("553 Mail from must equal authorized user", "SETUP", 75),
    ("553 no such sender", "SENDER", 69),
    ("451 later", "DEFERRED", 75), ("530 log in", "AUTH", 75)])
@pytest.mark.parametrize("args", [[], ["--to", TO], ["--send", "--to", TO]],
                         ids=" ".join)
def test_sender_is_refused(outpost, smarthost, reply, kind, status, args):
    host = smarthost(script=[at("MAIL", reply=reply)])
    done = check(outpost, *args, host=host)
    done.failed("mail", kind, status)
    assert reply in done.text("mail") and host.messages == []


@pytest.mark.parametrize("stage, options, cut", [
    ("ehlo", "GREETING", {"reply": "554 go away"}),
    ("ehlo", "EHLO", {"reply": "421 bye"}),
    ("ehlo", "EHLO", {"cut": "before"}),
    ("auth", "AUTH", {"cut": "before"}),
    ("mail", "MAIL", {"cut": "before"}),
    ("rcpt", "RCPT", {"cut": "before"}),
    ("send", "DOT", {"cut": "before"})],
    ids=lambda value: str(value))
def test_it_ends_early(outpost, smarthost, stage, options, cut):
    host = smarthost(pipelining=False, script=[at(options, **cut)])
    done = check(outpost, "--send", "--to", TO, host=host)
    assert done.names[-1] == stage and done.verdict(stage) == "failed"
    assert done.status == 75
    assert all(done.verdict(name) != "failed" for name in done.names[:-1])


def test_silence_is_bounded(outpost, smarthost):
    for stage in ("EHLO", "MAIL"):
        host = smarthost(script=[at(stage, silence=True)])
        began = time.monotonic()
        done = check(outpost, host=host, config={
            "smarthost": {"wait_timeout": "1s"}})
        assert 0.9 < time.monotonic() - began < 10
        done.failed(stage.lower(), "TIMEOUT", 75)


def test_no_ehlo(outpost, smarthost):
    host = smarthost(helo_only=True, auth="")
    done = check(outpost, host=host, config={"smarthost": {"auth": "off"}})
    assert done.status == 0 and done.verdict("ehlo") == "warning"
    assert done.verdict("auth") == "skipped"


@pytest.mark.parametrize("auth, took", [
    ("LOGIN", "LOGIN"), ("PLAIN SCRAM-SHA-256", "SCRAM-SHA-256")])
def test_mechanism(outpost, smarthost, auth, took):
    host = smarthost(auth=auth)
    done = check(outpost, host=host)
    assert done.text("auth") == f"{took} as {USER}"
    assert f"AUTH {' '.join(sorted(auth.split()))}" in done.text("ehlo")


def test_login_is_refused(outpost, smarthost):
    host = smarthost()
    done = check(outpost, host=host, config={
        "smarthost": {"password": "wrong"}})
    stage = done.failed("auth", "AUTH", 75)
    assert stage["reply"] == 535 and len(stage["advice"]) == 1
    assert "AUTH PLAIN as" in done.text("auth")
    chinese = check(outpost, env={"LC_ALL": "zh_CN.UTF-8"})
    assert chinese.advice("auth") != done.advice("auth")
    assert unicodedata.east_asian_width(chinese.advice("auth")[-1]) in "WF"


def test_login_is_not_offered(outpost, smarthost):
    done = check(outpost, host=smarthost(auth="XOAUTH2"))
    done.failed("auth", "AUTH_METHOD", 75)
    assert "AUTH XOAUTH2" in done.text("ehlo")


def test_password_is_never_shown(outpost, smarthost):
    echo = base64.b64encode(f"\0{USER}\0{CODE}".encode()).decode()
    for reply in (f"535 your password {CODE} is wrong", f"535 {echo}"):
        host = smarthost(script=[at("AUTH", reply=reply)])
        done = check(outpost, host=host)
        done.failed("auth", "AUTH", 75)
        assert echo not in done.done.out.decode()
        assert "****" in done.text("auth")
        shown = outpost(["check"], program="outpost")
        assert CODE not in shown.out.decode() + shown.err


@pytest.mark.parametrize("password", [" secret", "secret ", '"secret\t"'])
def test_password_with_blanks(outpost, smarthost, password):
    secret = outpost.directory / "secret"
    secret.write_text(password.strip('"') + "\n")
    secret.chmod(0o600)
    host = smarthost(code=password.strip('"'))
    done = check(outpost, host=host, config={"smarthost": {
        "password": None, "password_file": secret}})
    assert done.status == 0
    assert done.verdict("configuration") == "warning"
    assert "blank" in done.text("configuration")
    assert str(secret) in done.text("permissions")


def test_password_command(outpost, smarthost):
    host = smarthost()
    for command, status in ((f"echo {CODE}", 0), ("exit 3", 75)):
        done = check(outpost, host=host, config={"smarthost": {
            "password": None, "password_command": command}})
        assert done.status == status
    done.failed("auth", "COMMAND", 75)
    assert len(host.connections) == 1


# the connection

def test_nobody_listens(outpost):
    done = check(outpost, host=Nobody())
    stage = done.failed("tcp", "CONNECT", 75)
    assert done.verdict("dns") == "ok"
    assert "refused" in done.text("tcp") and len(stage["advice"]) == 1


def test_no_such_name(outpost):
    name = "none.outpost.invalid"
    done = check(outpost, config={"smarthost": {
        "host": name, "connect_timeout": "2s"}})
    done.failed("dns", "RESOLVE", 75)
    assert name in done.text("dns")


@pytest.mark.root
def test_port_25_is_blocked(outpost):
    address = "127.25.%d.%d" % divmod(os.getpid() % 65536, 256)
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            deaf.bind((address, 25))
        except OSError:
            pytest.skip("port 25 is taken")
        deaf.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for one in fillers:
            one.setblocking(False)
            one.connect_ex((address, 25))
        done = check(outpost, config={"smarthost": {
            "host": address, "port": 25, "connect_timeout": "1s"}})
        for one in fillers:
            one.close()
    done.failed("tcp", "CONNECT", 75)
    assert "block" in done.advice("tcp") and "465" in done.advice("tcp")


def test_each_host(outpost, smarthost):
    host = smarthost(certificate="good")
    done = check(outpost, host=host, config={"smarthost": {
        "host": "127.0.0.3 127.0.0.1"}})
    hosts = [(stage["host"], stage["stage"], stage["verdict"])
             for stage in done.stages if stage["host"]]
    assert hosts[:2] == [("127.0.0.3", "dns", "ok"),
                         ("127.0.0.3", "tcp", "failed")]
    assert [stage for _, stage, _ in hosts[2:]] == WAY[:6]
    assert done.status == 75


def test_each_account(outpost, smarthost):
    host, other = smarthost(), smarthost(auth="")
    config = {**OWN, "smarthost work": {
        "host": "127.0.0.1", "port": other.port, "auth": "off",
        "ca_file": outpost.ca_file, "senders": "*@work.example"},
        "sender work": {"address": "me@work.example"}}
    done = check(outpost, host=host, config=config)
    assert done.status == 0
    assert [(stage["account"], stage["stage"]) for stage in done.stages
            if stage["host"]] == [(account, name) for account in ("", "work")
                                  for name in WAY[:6]]
    assert b"MAIL FROM:<me@work.example>" in other.commands[1]
    assert "[smarthost work]: 127.0.0.1" in done.text("configuration")
    done = check(outpost, "--account", "work", "--send")
    assert done.way() == WAY and len(host.connections) == 1
    assert other.message.recipients == ["me@work.example"]
    shown = outpost(["check"], program="outpost")
    assert shown.out.count(b"\n[smarthost work]\nDNS ") == 1
    done = check(outpost, "--account=play")
    assert not set(done.names) & set(WAY) and done.status == 78
    assert "no [smarthost play]" in done.text("configuration")


def test_no_worse_login_than_before(queue, smarthost):
    """As a mail would meet it (the best grade is kept with the queue)."""
    host = smarthost(auth="PLAIN SCRAM-SHA-256")
    queue.changes = {"queue": {"directory": queue.spool}}
    queue.configure(host)
    queue.submit().ok()
    port = host.port
    host.__exit__()
    worse = smarthost(auth="PLAIN", port=port)
    done = check(queue.outpost)
    done.failed("auth", "DOWNGRADE", 75)
    assert worse.connection.credentials == []


# TLS

@pytest.mark.parametrize("certificate, kind, words", [
    ("wrong-name", "CERT_NAME", "mail.elsewhere.test"),
    ("expired", "CERT_TIME", "2021-01-01"),
    ("future", "CERT_TIME", "2098-01-01"),
    ("unknown-ca", "CERT_TRUST", "CN=Test CA other"),
    ("self-signed", "CERT_PIN", "self-signed")])
@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_certificate_is_refused(outpost, smarthost, certificate, kind, words,
                                tls):
    host = smarthost(certificate=certificate, tls=tls)
    done = check(outpost, host=host, config={"smarthost": {"tls": tls}})
    stage = done.failed("tls", kind, 75)
    assert words in done.text("tls") and len(stage["advice"]) == 1
    assert "certificate for" in done.text("tls")


def test_certificate_ends_soon(outpost, smarthost):
    host = smarthost(certificate="ending")
    done = check(outpost, host=host)
    assert done.status == 0 and done.verdict("tls") == "warning"
    assert re.search(r"ends in (9|10)d", done.text("tls"))


def test_pinned_key(outpost, smarthost):
    wrong = "sha256//" + base64.b64encode(bytes(32)).decode()
    host = smarthost(certificate="self-signed")
    config = {"smarthost": {"tls_pin": wrong, "ca_file": None}}
    done = check(outpost, host=host, config=config)
    done.failed("tls", "CERT_PIN", 75)
    (key,) = set(re.findall(r"sha256//\S{43}=", done.text("tls")))
    config["smarthost"]["tls_pin"] = key
    done = check(outpost, host=host, config=config)
    assert done.status == 0 and f"its key: {key}" in done.text("tls")


@pytest.mark.parametrize("newest, words", [("1.1", "tls_min")])
def test_no_common_version(outpost, smarthost, newest, words):
    host = smarthost(oldest="1.0", newest=newest)
    done = check(outpost, host=host)
    done.failed("tls", "TLS", 75)
    assert words in done.text("tls")


def test_tls_where_there_is_none(outpost, smarthost):
    host = smarthost(tls="starttls")
    host.expect_violations()
    done = check(outpost, host=host)
    done.failed("tls", "NOT_TLS", 75)
    assert "tls = starttls" in done.advice("tls")


def test_none_where_there_is_tls(outpost, smarthost):
    host = smarthost(tls="implicit")
    for tls, stage in (("starttls", "tls"), ("off", "ehlo")):
        done = check(outpost, host=host, config={"smarthost": {
            "tls": tls, "wait_timeout": "1s",
            **({"ca_file": None} if tls == "off" else {})}})
        done.failed(stage, "NO_GREETING", 75)
        assert "tls = implicit" in done.advice(stage)


def test_an_alert_in_place_of_a_greeting(outpost, smarthost):
    host = smarthost(tls="off", script=[
        at("GREETING", raw=b"\x15\x03\x03\x00\x02\x02\x0a", cut="after")])
    done = check(outpost, host=host, config={
        "smarthost": {"tls": "starttls"}})
    done.failed("tls", "NO_GREETING", 75)
    assert "speaks TLS" in done.text("tls")
    assert "tls = implicit" in done.advice("tls")


def test_starttls(outpost, smarthost):
    config = {"smarthost": {"tls": "starttls"}}
    done = check(outpost, host=smarthost(tls="starttls"), config=config)
    assert done.status == 0 and done.way() == WAY[:6]
    host = smarthost(tls="starttls", offer_starttls=False)
    done = check(outpost, host=host, config=config)
    done.failed("tls", "NO_STARTTLS", 75)


def test_no_tls(outpost, smarthost):
    done = check(outpost, host=smarthost(tls="off"), config={
        "smarthost": {"tls": "off", "ca_file": None}})
    assert done.status == 0 and done.verdict("tls") == "skipped"
    assert "clear" in done.text("tls")


def test_no_trust_store(outpost, smarthost):
    done = check(outpost, host=smarthost(), config={
        "smarthost": {"ca_file": "/nonexistent"}})
    done.failed("tls", "CONFIG", 78)


def test_clock_is_behind(outpost, smarthost):
    needs("faketime")
    outpost.configure(smarthost())
    done = Checked(run_command(
        outpost, ["faketime", "-f", "@2019-05-05 00:00:00",
                  *outpost.command(["check", "--json"], "outpost")], b"",
        env={**ADVICE, "NO_FAKE_STAT": "1"}))
    done.failed("tls", "CERT_TIME", 75)
    assert "clock says 2019-05-0" in done.advice("tls")
    assert len(done.stage("tls")["advice"]) == 1


# this machine

@pytest.mark.parametrize("config, words", [
    ({"smarthost": {"prot": "1"}}, "prot"),
    ({"smarthost": {"password": None, "user": USER}}, "password"),
    ({"smarthost": {"password": None, "password_file": "/nonexistent"}},
     "/nonexistent"),
    ("[smarthost\n", "1")], ids=str)
def test_configuration_is_wrong(outpost, smarthost, config, words):
    done = check(outpost, host=smarthost(), config=config)
    assert not set(done.names) & set(WAY) and "links" in done.names
    assert done.verdict("configuration") == "failed" and done.status == 78
    assert words in done.text("configuration")


def test_configuration_that_others_read(outpost, smarthost):
    outpost.config_mode = 0o644
    done = check(outpost, host=smarthost())
    assert done.stage("configuration")["kind"] == "CONFIG"
    assert "chmod" in done.text("configuration")


@pytest.mark.parametrize("lang", ["C", "zh_CN.UTF-8"])
def test_language_of_the_configuration(outpost, smarthost, lang):
    for language, words in (("en", "offers"), ("zh", "提供")):
        done = check(outpost, host=smarthost(), env={"LANG": lang},
                     config={"log": {"language": language}})
        assert done.text("ehlo").startswith(words)


def test_configuration_by_name(outpost, smarthost):
    outpost.configure(smarthost())
    path = outpost.directory / "other.ini"
    outpost.config_file.rename(path)
    done = outpost(["-c", str(path), "check", "--json"], program="outpost")
    assert done.status == 0 and str(path) in done.out.decode()
    assert check(outpost).status == 78


@pytest.mark.parametrize("args, words", [
    (["--what"], "unknown option --what"), (["a@b"], "unknown option a@b"),
    (["--to"], "--to needs an address"), (["--json=1"], "unknown option"),
    (["--to", "no address"], "--to"), (["--to="], "--to"),
    (["--to", "a@b, c@d"], "--to"), (["--to", "a@b\nc"], "--to")])
def test_usage(outpost, smarthost, args, words):
    host = smarthost()
    outpost(["check", *args], program="outpost", host=host).failed(64, words)
    assert host.connections == []


def test_no_queue(outpost, smarthost):
    done = check(outpost, host=smarthost())
    assert done.verdict("queue") == "skipped"


def test_queue_is_run(queue):
    done = check(queue.outpost)
    assert done.verdict("queue") == "warning" and done.status == 0
    assert "never run" in done.text("queue")
    assert "queue" in done.advice("queue")
    assert not queue.spool.exists()
    queue.submit(["-odq", TO]).ok()
    assert check(queue.outpost).verdict("queue") == "warning"
    queue.run().ok()
    done = check(queue.outpost)
    assert done.verdict("queue") == "ok", done.stages
    assert re.search(r"last run \d+s ago", done.text("queue"))


def test_queue_is_run_no_more(queue):
    queue.submit(["-odq", TO]).ok()
    queue.run().ok()
    run = queue.spool / "state" / "run"
    run.write_text("%020d\n" % (time.time() - 3 * 3600 - 60))
    assert check(queue.outpost).verdict("queue") == "ok"
    queue.submit(["-odq", TO]).ok()
    done = check(queue.outpost)
    assert done.verdict("queue") == "warning"
    assert "last run 3h ago" in done.text("queue")
    assert "wait: 1" in done.text("queue")


def test_account_is_paused(queue):
    queue.configure(Nobody())
    queue.submit().ok()
    queue.run()
    Pause(queue.spool).set(int(time.time()) + 3600)
    done = check(queue.outpost)
    assert done.verdict("queue") == "warning"
    assert "paused until" in done.text("queue")
    assert "retry --all" in done.advice("queue")


def test_failed_mail_is_mentioned(queue, smarthost):
    host = smarthost(tls="off", auth="", script=[
        at("RCPT", reply="550 no")])
    queue.configure(host)
    queue.submit().failed(67)
    assert "failed: 1" in check(queue.outpost).text("queue")


@pytest.mark.parametrize("folder", ["", "queue", "state"])
def test_spool_that_others_write_to(queue, folder):
    queue.submit(["-odq", TO]).ok()
    (queue.spool / folder).chmod(0o777)
    done = check(queue.outpost)
    assert done.verdict("permissions") == "failed" and done.status == 78
    # and the rest of the way is gone all the same
    assert done.names == STAGES[:10]
    command, = [line for line in done.stage("permissions")["advice"]
                if line.startswith("Run: chmod")]
    subprocess.run(command[5:], shell=True, check=True)
    assert check(queue.outpost).verdict("permissions") == "ok"


# a machine with users

@pytest.fixture
def machine(place, smarthost):
    machine = place().make_spool()
    machine.host = smarthost(tls="off", auth="")
    machine.configure(machine.host)
    return machine


def check_there(machine, *args, uid=0, **options):
    return Checked(machine.do(machine.outpost.command(
        ["check", "--json", *args], "outpost"), uid, **options))


@pytest.mark.root
def test_machine_is_well(machine):
    machine.run().ok()
    for uid in (0, OWNER):
        done = check_there(machine, uid=uid)
        assert done.status == 0, done.stages
        assert done.verdict("permissions") == "ok", done.stages
        assert done.verdict("queue") == "ok"
        assert done.names == STAGES[:10]


@pytest.mark.root
@pytest.mark.parametrize("harm", [
    "chown root:root {etc}/outpost.ini", "chmod 600 {etc}/outpost.ini",
    "chown root:root {spool}", "chown 992 {spool}/queue",
    "chmod 755 {spool}/queue", "chmod 1777 {spool}/drop",
    "chmod 755 {spool}/corrupt", "chmod 733 {spool}",
    "chgrp root {spool}/drop", "rmdir {spool}/drop",
    "chmod 600 {spool}/drop"])
def test_what_is_advised_repairs_it(machine, harm):
    subprocess.run(harm.format(etc=machine.etc, spool=machine.spool),
                   shell=True, check=True)
    done = check_there(machine)
    stage = done.stage("permissions")
    assert stage["verdict"] == ("warning" if "rmdir" in harm else "failed")
    assert len(stage["advice"]) == 1, stage
    command = stage["advice"][0].partition(": ")[2]
    assert machine.do(["sh", "-c", command]).status == 0, command
    done = check_there(machine)
    assert done.verdict("permissions") == "ok", done.stages


@pytest.mark.root
def test_secret_that_the_queue_cannot_read(machine):
    secret = machine.etc / "secret"
    secret.write_text(CODE + "\n")
    secret.chmod(0o600)
    machine.changes = merged(machine.changes, {"smarthost": {
        "auth": None, "password": None, "password_file": "/etc/secret"}})
    machine.configure(machine.host)
    done = check_there(machine)
    stage = done.stage("permissions")
    assert stage["verdict"] == "failed"
    assert stage["advice"] == [
        "Run: chgrp outpost /etc/secret && chmod g+r /etc/secret"]


@pytest.mark.root
def test_user_who_may_not_read(machine):
    done = check_there(machine, uid=WWW)
    assert done.status == 0, done.stages
    assert done.names == STAGES[:3]
    assert done.verdict("configuration") == "skipped"
    assert "drop folder" in done.text("configuration")
    assert done.verdict("permissions") == "ok"
    assert f"{machine.directory}/drop" in done.text("permissions")
    assert machine.host.connections == []


@pytest.mark.root
def test_user_without_a_drop_folder(machine):
    (machine.spool / "drop").rmdir()
    done = check_there(machine, uid=WWW)
    assert done.verdict("permissions") == "failed" and done.status == 78
    command = done.advice("permissions").partition(": ")[2]
    assert machine.do(["sh", "-c", command]).status == 0, command
    assert check_there(machine, uid=WWW).status == 0


@pytest.mark.root
def test_member_of_the_group(machine):
    """Who may read the configuration, but not the spool."""
    (machine.etc / "outpost.ini").chmod(0o640)
    os.chown(machine.etc / "outpost.ini", 0, WWW)
    done = check_there(machine, uid=WWW, env={"OUTPOST_CONFIG": None})
    assert done.verdict("configuration") != "failed", done.stages
    assert done.verdict("permissions") == "ok", done.stages
    assert "drop" in done.text("permissions")


@pytest.mark.root
def test_sent_by_root(machine):
    done = check_there(machine, "--send")
    assert done.status == 0
    assert machine.host.message.sender == ACCOUNT
    assert machine.host.message.recipients == [ACCOUNT]


# for people

def on_terminal(outpost, *args, env=None):
    """Runs it on a terminal of its own; (status, what is shown)."""
    env = outpost.environment({**ADVICE, "TERM": "xterm", **(env or {})})
    with Terminal(outpost.command(["check", *args], "outpost"),
                  env) as terminal:
        return terminal.end(), terminal.shown


@pytest.mark.parametrize("lang, titles", [
    ("C", ["Configuration", "Sender", "Recipient", "FAILED"]),
    ("zh_CN.UTF-8", ["配置", "发件人", "收件人", "失败"])])
@pytest.mark.parametrize("colour", [
    {}, {"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": None}], ids=str)
def test_on_a_terminal(outpost, smarthost, lang, titles, colour):
    reply = "550 5.1.1 " + " ".join(f"word{n}" for n in range(60))
    outpost.configure(smarthost(script=[at("RCPT", reply=reply)]), OWN)
    status, shown = on_terminal(outpost, "--to", TO,
                                env={"LANG": lang, **colour})
    assert status == 67
    assert ("\033[" in shown) == (colour == {})
    plain = ANSI.sub("", shown)
    assert "\033" not in plain
    lines = plain.split("\n")
    assert 70 < max(widths(plain)) <= 80, lines
    assert all(any(title in line for line in lines) for title in titles)
    heads = [line for line in lines if re.match(r"\S.* +\d+ ms$", line)]
    assert len(heads) == 11
    assert len(set(widths("\n".join(heads)))) == 1, heads
    assert CODE not in shown


def test_not_on_a_terminal(outpost, smarthost):
    done = outpost(["check"], program="outpost", host=smarthost(),
                   env={**ADVICE, "TERM": "xterm"})
    assert done.status == 0 and b"\033" not in done.out and done.err == ""
    assert done.out.decode().isascii()


def test_output_that_cannot_be_written(outpost, smarthost):
    outpost.configure(smarthost())
    with open("/dev/full", "wb") as full:
        process = subprocess.Popen(
            outpost.command(["check"], "outpost"), stdout=full,
            stderr=subprocess.PIPE, env=outpost.environment())
        _, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 74 and b"standard output" in err
