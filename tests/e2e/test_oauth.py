"""`outpost oauth`: tokens by the device grant, kept, renewed, and used."""

import fcntl
import json
import os
import resource
import signal
import stat
import threading
import time

import pytest
from runner import USER, finish
from tokens import CLIENT, DEVICE, DEVICE_GRANT, Endpoint, Login, error, \
    grant, helper

MAIL = "Subject: s\n\nb\n"
SECRETS = ("ACCESS-1", "ACCESS-2", "REFRESH-1", "REFRESH-2", "DEVICE/CODE",
           "DEVICE%2FCODE", "CLIENT-SECRET")
AGAIN = "run `outpost oauth login` again"

NOT_IN_TIME = f"outpost: the code was not entered in time; {AGAIN}\n"

pytestmark = pytest.mark.skipif(helper() is None,
                                reason="outpost oauth was not built")


@pytest.fixture
def endpoint(authority):
    with Endpoint(authority.certificate("good")) as server:
        yield server


@pytest.fixture
def oauth(outpost, endpoint, authority):
    return Login(outpost, endpoint, authority.ca_file, helper())


def failed(run, status, *words):
    """A failure of one line that gives nothing away."""
    run.failed(status, *words)
    assert run.err.startswith("outpost: ") and run.err.count("\n") == 1, run
    assert not any(secret in run.err for secret in SECRETS), run


def printed(run, token="ACCESS-1"):
    assert (run.status, run.out, run.err) == (0, token.encode() + b"\n", "")


# logging in

def test_login(oauth, endpoint):
    run = oauth.login()
    assert run.out.decode() == (
        "Open https://example.test/device in a browser, on any machine, "
        f"enter the code ABCD-EFGH, and log in as {USER}. "
        f"The code is good for 15m.\nThe token is kept in {oauth.file}.\n")
    assert endpoint.requests == [
        ("/common/device", {"client_id": CLIENT, "scope": "send offline"}),
        ("/common/token", {"client_id": CLIENT, "grant_type": DEVICE_GRANT,
                           "device_code": "DEVICE/CODE"})]
    kept = oauth.kept()
    assert kept.pop("expires") == pytest.approx(time.time() + 3600, abs=60)
    assert kept == {
        "version": 1, "user": USER, "provider": "test", "tenant": "common",
        "client_id": CLIENT, "token_url": endpoint.url + "/common/token",
        "scope": "send offline", "access_token": "ACCESS-1",
        "refresh_token": "REFRESH-1"}
    assert stat.S_IMODE(oauth.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(oauth.directory.stat().st_mode) == 0o700
    assert os.listdir(oauth.directory) == [oauth.file.name]
    printed(oauth("token"))


def test_login_says_what_to_do_before_it_waits(oauth, endpoint):
    """Even to a pipe."""
    shown = threading.Event()
    endpoint.token.append(
        lambda handler: (shown.wait(20), handler.send(
            400, b'{"error":"access_denied"}', "x")))
    process = oauth.start("login")
    assert b"enter the code ABCD-EFGH" in process.stdout.readline()
    shown.set()
    assert finish(process)[0] == 77


def test_login_waits(oauth, endpoint):
    endpoint.token += [error("authorization_pending"),
                       error("authorization_pending", status=428)]
    oauth.login()
    assert len(endpoint.asked(DEVICE_GRANT)) == 3


def test_login_slows_down(oauth, endpoint):
    """By 5 seconds: more than the code is good for."""
    endpoint.device = [{**DEVICE, "expires_in": 2}]
    endpoint.token += [error("slow_down")]
    run = oauth("login")
    assert (run.status, run.err) == (77, NOT_IN_TIME)
    assert len(endpoint.asked(DEVICE_GRANT)) == 1


def test_login_takes_the_interval_of_the_standard(oauth, endpoint):
    endpoint.device = [{name: value for name, value in DEVICE.items()
                        if name != "interval"}]
    endpoint.device[0]["expires_in"] = 1
    run = oauth("login")
    assert (run.status, run.err) == (77, NOT_IN_TIME)
    assert endpoint.asked(DEVICE_GRANT) == []


@pytest.mark.parametrize("answer", [
    error("server_error"), error("temporarily_unavailable", status=503),
    lambda handler: handler.send(502, b"<html>Bad gateway", "text/html"),
    lambda handler: handler.wfile.close()])
def test_login_outlasts_trouble(oauth, endpoint, answer):
    endpoint.token.append(answer)
    oauth.login()
    assert len(endpoint.asked(DEVICE_GRANT)) == 2


REFUSALS = {
    "access_denied": (77, "the login was refused"),
    "authorization_declined": (77, "the login was refused"),
    "expired_token": (77, AGAIN),
    "invalid_client": (78, "invalid_client"),
    "unheard_of": (78, "unheard_of"),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_login_is_refused(oauth, endpoint, code):
    endpoint.token.append(error(code, "why \x1b[1m not: DEVICE/CODE"))
    status, words = REFUSALS[code]
    run = oauth("login")
    assert run.status == status and words in run.err, run
    assert f"said {code}: why \\x1b[1m not: ***********" in run.err
    assert not oauth.file.exists()


def test_login_is_refused_from_the_start(oauth, endpoint):
    endpoint.device = [error("invalid_scope", "no such scope", 400)]
    failed(oauth("login"), 78, "localhost", "invalid_scope: no such scope")


def test_login_without_a_refresh_token(oauth, endpoint):
    endpoint.token.append(grant(refresh=None))
    run = oauth("login")
    assert run.status == 78 and "cannot be renewed" in run.err
    assert not oauth.file.exists()


def test_login_with_a_client_of_its_own(oauth, endpoint):
    secret = oauth.outpost.directory / "client"
    secret.write_text("CLIENT-SECRET\n")
    secret.chmod(0o600)
    oauth.login("--provider", "test", "--client-id=me", "--tenant", "a.example",
                "--client-secret-file", str(secret))
    (path, _), (_, form) = endpoint.requests
    assert path == "/a.example/device"
    assert (form["client_id"], form["client_secret"]) == (
        "me", "CLIENT-SECRET")
    # and the next time it is known
    endpoint.device.append(DEVICE)
    oauth.login()
    (path, _), (_, form) = endpoint.requests[2:]
    assert path == "/a.example/device"
    assert (form["client_id"], form["client_secret"]) == (
        "me", "CLIENT-SECRET")
    endpoint.token.append(grant("ACCESS-2"))
    oauth.change(expires=0)
    printed(oauth("token"), "ACCESS-2")
    assert endpoint.requests[-1][1]["client_secret"] == "CLIENT-SECRET"


def test_secret_file_that_others_can_read(oauth, endpoint):
    secret = oauth.outpost.directory / "client"
    secret.write_text("CLIENT-SECRET\n")
    secret.chmod(0o644)
    failed(oauth("login", "--client-secret-file", str(secret)), 78,
           f"chmod g-w,o-rwx {secret}")
    assert endpoint.requests == []


USAGE = {
    (): "say login, token, show or forget",
    ("what",): 'unknown command "what"',
    ("token", "x"): 'what is "x"?',
    ("show", "--provider", "x"): "unknown option --provider",
    ("login", "--tenant"): "--tenant needs a value",
    ("login", "--tenant", ""): "not fit to be a value",
    ("login", "--tenant", "a/b"): "is no tenant",
    ("login", "--provider", "other"): 'there is no provider "other"',
    ("login", "-xy"): "unknown option -xy",
    ("login", "--provider=test", "--what=x"): "unknown option --what=x",
}


@pytest.mark.parametrize("words", USAGE)
def test_usage(oauth, endpoint, words):
    failed(oauth(*words), 64, USAGE[words])
    assert endpoint.requests == []


def test_login_without_what_must_be_known(oauth):
    oauth.provide(client_id=None)
    failed(oauth("login"), 64, "--client-id")
    oauth.provide(hosts="other")
    failed(oauth("login"), 64, "--provider: test")
    oauth.provide(scope=None)
    failed(oauth("login"), 78, "[oauth test] must have device_url")
    oauth.providers.unlink()
    failed(oauth("login"), 78, "providers.ini: No such file")
    oauth.outpost.configure(None, {"smarthost": {
        "user": None, "password": None}})
    failed(oauth("login"), 78, "[smarthost] user: must be set")


# tokens

def renewals(endpoint):
    return endpoint.asked("refresh_token")


def test_token_is_renewed(oauth, endpoint):
    oauth.login()
    oauth.change(expires=int(time.time()) + 30)
    endpoint.token.append(grant("ACCESS-2", "REFRESH-2", scope="send"))
    printed(oauth("token"), "ACCESS-2")
    assert renewals(endpoint) == [{
        "client_id": CLIENT, "grant_type": "refresh_token",
        "refresh_token": "REFRESH-1", "scope": "send offline"}]
    printed(oauth("token"), "ACCESS-2")
    assert len(renewals(endpoint)) == 1
    assert (oauth.kept()["refresh_token"], oauth.kept()["granted"]) == (
        "REFRESH-2", "send")
    # the one that came last is the one that counts
    oauth.change(expires=0)
    endpoint.token.append(grant("ACCESS-3", None))
    printed(oauth("token"), "ACCESS-3")
    assert renewals(endpoint)[1]["refresh_token"] == "REFRESH-2"
    assert oauth.kept()["refresh_token"] == "REFRESH-2"
    assert stat.S_IMODE(oauth.file.stat().st_mode) == 0o600


def test_token_of_unknown_life(oauth, endpoint):
    """Is asked for each time."""
    oauth.login(answer=grant(lifetime=None))
    endpoint.token += [grant("ACCESS-2", lifetime="3600")]
    printed(oauth("token"), "ACCESS-2")
    printed(oauth("token"), "ACCESS-2")
    assert len(renewals(endpoint)) == 1


def html(handler):
    handler.send(200, b"<html>Log in to the hotel's network", "text/html")


def huge(handler):
    handler.send(200, b'{"access_token": "' + b"x" * 1000000 + b'"}', "x")


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.endpoint.stopping.wait(0.2):
        handler.wfile.write(b" ")


def redirect(handler):
    handler.send(302, b"", "x", Location=handler.server.endpoint.url + "/new")


ANSWERS = {
    "invalid_grant": (error("invalid_grant", "AADSTS: REFRESH-1 is old"),
                      77, AGAIN + ": localhost"),
    "echo": (error("REFRESH-1", "REFRESH-1"), 78, "said *********"),
    "not now": (error("temporarily_unavailable"), 75, "not available"),
    "pending": (error("slow_down"), 75, "asked later"),
    "html": (html, 75, "something that is not JSON"),
    "huge": (huge, 75, "longer than 65536 bytes"),
    "endless": (endless, 75, "timed out"),
    "redirect": (redirect, 75, "a redirect (status 302), which is not"),
    "no token": ({"token_type": "Bearer"}, 75, "no access_token"),
    "list": ([], 75, "not JSON"),
    "number": (grant(5), 75, "no access_token"),
    "lines": (grant("a\nb"), 75, "strange characters"),
    "long": (grant("x" * 5000), 75, "longer than 4096 bytes"),
    "mac": (grant(token_type="mac"), 75, "another type than Bearer"),
    "nothing": (lambda handler: None, 75, "localhost"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_token_is_not_renewed(oauth, endpoint, name):
    oauth.login()
    oauth.change(expires=0)
    before = oauth.file.read_bytes()
    answer, status, words = ANSWERS[name]
    endpoint.token.append(answer)
    failed(oauth("token"), status, words)
    assert oauth.file.read_bytes() == before
    assert os.listdir(oauth.directory) == [oauth.file.name]
    assert len(renewals(endpoint)) == 1


@pytest.mark.parametrize("certificate", ["wrong-name", "expired",
                                         "self-signed", "unknown-ca"])
def test_wrong_certificate(outpost, authority, certificate):
    with Endpoint(authority.certificate(certificate)) as server:
        oauth = Login(outpost, server, authority.ca_file, helper())
        failed(oauth("login"), 75, "localhost", "certificate")
        assert server.requests == []


def test_without_tls(oauth, endpoint):
    oauth.provide(device_url=endpoint.url.replace("https", "http"))
    failed(oauth("login"), 78, "begins with https://")
    assert endpoint.requests == []


def test_nobody_listens(oauth):
    oauth.login()
    oauth.change(expires=0, token_url="https://127.0.0.1:1/x")
    failed(oauth("token"), 75, "127.0.0.1:1")


def looks_into(process, directory):
    """Whether the process has the directory open; or it is not to be told."""
    try:
        return any(os.readlink(entry.path) == str(directory)
                   for entry in os.scandir(f"/proc/{process.pid}/fd"))
    except OSError:
        return os.geteuid() != 0


def test_many_at_once_renew_once(oauth, endpoint):
    oauth.login()
    oauth.change(expires=0)
    processes = []

    def answer(handler):
        until = time.monotonic() + 5
        while (not all(looks_into(one, oauth.directory) for one in processes)
               and time.monotonic() < until):
            time.sleep(0.01)
        handler.send(200, json.dumps(grant("ACCESS-2")).encode(), "x")

    endpoint.token.append(answer)
    for _ in range(8):
        processes.append(oauth.start("token"))
    ended = [finish(process) for process in processes]
    assert ended == [(0, b"ACCESS-2\n", "")] * 8
    assert len(renewals(endpoint)) == 1


def test_lock_of_a_stopped_process(oauth, endpoint):
    """Nobody waits for ever; and what is fresh needs no lock."""
    oauth.login()
    fd = os.open(oauth.directory, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        printed(oauth("token"))
        oauth.change(expires=0)
        failed(oauth("token"), 75, "another process has it for too long")
    finally:
        os.close(fd)
    assert renewals(endpoint) == []


def test_ended_while_it_renews(oauth, endpoint):
    """What was given is kept: it may be the last."""
    oauth.login()
    oauth.change(expires=0)

    def answer(handler):
        process.send_signal(signal.SIGTERM)
        handler.send(200, json.dumps(grant("ACCESS-2",
                                           "REFRESH-2")).encode(), "x")

    endpoint.token.append(answer)
    process = oauth.start("token")
    assert finish(process)[0] == -signal.SIGTERM
    assert oauth.kept()["refresh_token"] == "REFRESH-2"


# what is kept

def test_show(oauth):
    oauth.login(answer=grant(scope="send"))
    oauth.change(expires=4102444799)
    run = oauth("show")
    assert (run.status, run.err) == (0, "")
    assert run.out.decode() == (
        f"user       {USER}\nprovider   test\ntenant     common\n"
        f"client id  {CLIENT}\ntoken      valid until "
        "2099-12-31 23:59:59 UTC\nscopes     send\n"
        f"file       {oauth.file}\n")
    oauth.change(expires=86400)
    assert b"was valid until 1970-01-02 00:00:00 UTC" in oauth("show").out
    oauth.change(expires=0)
    assert b"renewed each time" in oauth("show").out


def test_forget(oauth):
    oauth.login()
    run = oauth("forget")
    assert (run.status, run.out, run.err) == (0, b"", "")
    assert os.listdir(oauth.directory) == []
    for command in ("forget", "show", "token"):
        failed(oauth(command), 78, "run `outpost oauth login`")


def test_nothing_kept(oauth):
    for command in ("forget", "show", "token"):
        failed(oauth(command), 78, "run `outpost oauth login`")
    assert not oauth.state.exists()


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o620])
@pytest.mark.parametrize("what", ["file", "directory"])
def test_what_others_can_read(oauth, what, mode):
    oauth.login()
    path = getattr(oauth, what)
    path.chmod(mode | 0o100)
    failed(oauth("token"), 78, f"chmod g-w,o-rwx {path}")
    if what == "directory":
        asked = len(oauth.endpoint.requests)
        failed(oauth("login"), 78, f"chmod g-w,o-rwx {path}")
        assert len(oauth.endpoint.requests) == asked


@pytest.mark.root
@pytest.mark.parametrize("what", ["file", "directory"])
def test_what_is_another_users(oauth, what):
    oauth.login()
    path = getattr(oauth, what)
    os.chown(path, 54321, 54321)
    failed(oauth("token"), 78, f"chown 0 {path}")


@pytest.mark.parametrize("text, words", [
    ("", "not the file of a token"), ("[]", "not the file of a token"),
    ("{}", "another version"), ('{"version": 2}', "another version"),
    ('{"version": 1}', "there is no user in it"),
])
def test_broken_file(oauth, text, words):
    oauth.login()
    oauth.file.write_text(text)
    failed(oauth("token"), 78, words)
    # a new login does not mind
    oauth.endpoint.device.append(DEVICE)
    oauth.login()
    printed(oauth("token"))


def test_file_of_another_user(oauth):
    oauth.login()
    oauth.change(user="other@example.com")
    failed(oauth("token"), 78, "the token of another user")


def test_name_that_is_a_path(oauth):
    oauth.outpost.configure(None, {"smarthost": {
        "user": "../../x/\u5bc6", "password": None}})
    oauth.login()
    assert os.listdir(oauth.directory) == ["..%2F..%2Fx%2F%E5%AF%86.json"]


def test_home(oauth):
    """Where there is no XDG_STATE_HOME."""
    env = {"XDG_STATE_HOME": None, "HOME": str(oauth.outpost.directory)}
    oauth.endpoint.token.append(grant())
    assert oauth("login", env=env).status == 0
    assert (oauth.outpost.directory / ".local/state/outpost/oauth").is_dir()
    printed(oauth("token", env=env))
    failed(oauth("token", env={"XDG_STATE_HOME": "x"}), 78,
           "neither XDG_STATE_HOME nor HOME")


def test_nowhere_to_keep_it(oauth, endpoint):
    """Is known before it is asked for."""
    oauth.login()
    oauth.change(expires=0)
    (oauth.directory / oauth.file.name.replace(".json", ".new")).mkdir()
    failed(oauth("token"), 75, str(oauth.file))
    assert renewals(endpoint) == []


def test_renewed_but_not_kept(oauth, endpoint):
    """As when the disk is full: it is used all the same, for once."""
    oauth.login()
    oauth.change(expires=0)
    before = oauth.file.read_bytes()
    endpoint.token.append(grant("ACCESS-2", "REFRESH-2"))
    run = oauth("token", preexec_fn=lambda: resource.setrlimit(
        resource.RLIMIT_FSIZE, (100, 100)))
    assert (run.status, run.out) == (0, b"ACCESS-2\n")
    assert "renewed, but is not kept: " + str(oauth.file) in run.err
    assert not any(secret in run.err for secret in SECRETS)
    assert oauth.file.read_bytes() == before
    assert os.listdir(oauth.directory) == [oauth.file.name]


# the mail

@pytest.mark.parametrize("token", ["ACCESS-2", "x" * 4096])
def test_mail_by_token(oauth, endpoint, outpost, smarthost, token):
    oauth.login()
    oauth.change(expires=0)
    endpoint.token.append(grant(token))
    host = smarthost(auth="XOAUTH2", code=token)
    outpost.configure(host, {"smarthost": {
        "auth": "xoauth2", "password": None,
        "password_command": oauth.command()}})
    for _ in range(2):
        outpost(["a@x"], MAIL).ok()
    assert [one.credentials for one in host.connections] == [
        [("XOAUTH2", USER.encode(), token.encode())]] * 2
    assert len(renewals(endpoint)) == 1 and len(host.messages) == 2


def test_mail_without_a_token(oauth, outpost, smarthost):
    host = smarthost(auth="XOAUTH2")
    outpost.configure(host, {"smarthost": {
        "auth": "xoauth2", "password": None,
        "password_command": oauth.command()}})
    outpost(["a@x"], MAIL).failed(75, "password_command", "exit status is 78",
                                  "run `outpost oauth login`")
    assert host.connections == []


def test_helper_is_missing(oauth):
    failed(oauth("show", env={"OUTPOST_OAUTH": "/nonexistent/oauth"}), 69,
           "oauth is not available", "libcurl and jansson")


def test_accounts(oauth, endpoint):
    """Each has a token of its own."""
    oauth.outpost.configure(None, {
        "smarthost": {"user": "first@a.example", "password": None},
        "smarthost second": {"host": "127.0.0.1", "user": "second@a.example",
                             "tls": "implicit"}})
    for name, token, words in ((None, "ACCESS-1", ()),
                               ("second", "ACCESS-2",
                                ("--account", "second"))):
        endpoint.device = [DEVICE]
        oauth.login(*words, answer=grant(token))
        printed(oauth("token", *words), token)
    assert b"second@a.example\n" in oauth("show", "--account=second").out
    assert sorted(os.listdir(oauth.directory)) == [
        "first%40a.example.json", "second%40a.example.json"]
    failed(oauth("token", "--account", "third"), 64,
           "there is no [smarthost third] in")
    assert oauth("forget", "--account=second").status == 0
    printed(oauth("token"))


def test_config_by_option(oauth):
    """-c goes before the environment."""
    oauth.login()
    run = oauth.outpost(["-c", str(oauth.outpost.config_file), "oauth",
                         "token"], program="outpost",
                        env={**oauth.env, "OUTPOST_CONFIG": "/nonexistent"})
    printed(run)
