"""Cases 48, 53, 56, 58-60: the configuration, and the secret in it."""

import base64
import re

import pytest
from runner import CODE, USER, ini
from smarthost.script import at

MAIL = "Subject: s\n\nb\n"


def test_case_1_48_tls_is_the_default(outpost, smarthost):
    host = smarthost(tls="off")
    host.expect_violations()  # it takes the handshake for commands
    run = outpost(["a@x"], MAIL, host=host,
                  config={"smarthost": {"tls": None}})
    run.failed(75, "tls")
    assert not any(b"EHLO" in line or b"AUTH" in line
                   for line in host.commands)


def test_case_1_48_clear_text_only_by_name(outpost, smarthost):
    host = smarthost(tls="off", auth="")
    outpost(["a@x"], MAIL, host=host, config={"smarthost": {
        "tls": "off", "auth": "off", "ca_file": None}}).ok()
    assert host.connection.tls == ""


@pytest.mark.parametrize("name", ["opportunistic", "auto", "maybe", ""])
def test_case_1_48_no_opportunistic_mode(outpost, smarthost, name):
    host = smarthost()
    outpost(["a@x"], MAIL, host=host,
            config={"smarthost": {"tls": name}}).failed(78, "tls")
    assert host.connections == []


@pytest.mark.parametrize("auth", ["plain", "login", "auto"])
def test_case_1_53_no_password_in_clear(outpost, auth):
    run = outpost(["a@x"], MAIL, config={"smarthost": {
        "host": "192.0.2.1", "tls": "off", "auth": auth, "port": 25}})
    run.failed(78, "insecure_auth", "clear")


def test_case_1_53_loopback_is_no_network(outpost, smarthost):
    host = smarthost(tls="off")
    outpost(["a@x"], MAIL, host=host, config={"smarthost": {
        "tls": "off", "auth": "plain"}}).ok()
    assert host.connection.auth_in_clear
    assert host.connection.credentials == [
        ("PLAIN", USER.encode(), CODE.encode())]


def forms(secret, user=USER):
    """Every form in which a password may show."""
    raw = secret.encode()
    found = {secret, raw.hex(), raw.hex().upper()}
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw).decode()
        found.add(encoded[(0, 2, 3)[shift]:].rstrip("=")[:-1])
    found.add(base64.b64encode(
        b"\0" + user.encode() + b"\0" + raw).decode().rstrip("=")[-12:])
    return found


@pytest.mark.parametrize("auth", ["plain", "login"])
def test_case_1_56_no_credential_is_shown(outpost, smarthost, auth):
    host = smarthost()
    run = outpost(["-v", "a@x"], MAIL, host=host,
                  config={"smarthost": {"auth": auth}})
    assert (run.status, run.out) == (0, b"")
    for line in ("C: EHLO ", "S: 220 ", "C: AUTH " + auth.upper(), "S: 235 ",
                 "C: MAIL FROM:<", "C: DATA", "S: 354 "):
        assert line in run.err
    for form in forms(CODE):
        assert form not in run.err and form not in run.log


@pytest.mark.parametrize("auth", ["plain", "login"])
def test_case_1_56_not_even_when_the_server_repeats_it(
        outpost, smarthost, auth):
    blob = base64.b64encode(f"\0{USER}\0{CODE}".encode()).decode()
    alone = base64.b64encode(CODE.encode()).decode()
    host = smarthost(script=[at("VERDICT", reply=(
        f"535 no: {CODE} {blob} {alone} {CODE.encode().hex()}"))])
    run = outpost(["-v", "a@x"], MAIL, host=host,
                  config={"smarthost": {"auth": auth}})
    run.failed(75, "535 no")
    for form in forms(CODE):
        assert form not in run.err and form not in run.log


@pytest.mark.parametrize("mode, fine", [
    (0o600, True), (0o400, True), (0o640, True), (0o440, True),
    (0o644, False), (0o604, False), (0o660, False), (0o666, False),
])
def test_case_1_58_mode_of_the_file(outpost, smarthost, mode, fine):
    host = smarthost()
    outpost.config_mode = mode
    run = outpost(["a@x"], MAIL, host=host)
    if fine:
        run.ok()
        return
    run.failed(78, "chmod", str(outpost.config_file))
    assert host.connections == []


def test_case_1_58_without_a_secret_all_may_read(outpost, smarthost):
    host = smarthost(auth="")
    outpost.config_mode = 0o644
    outpost(["a@x"], MAIL, host=host, config={"smarthost": {
        "auth": "off", "user": None, "password": None}}).ok()


@pytest.mark.parametrize("mode, fine", [(0o600, True), (0o644, False)])
def test_case_1_58_mode_of_the_password_file(outpost, smarthost, mode, fine):
    host = smarthost()
    secret = outpost.directory / "secret"
    secret.write_text(CODE + "\n")
    secret.chmod(mode)
    outpost.config_mode = 0o644
    run = outpost(["a@x"], MAIL, host=host, config={"smarthost": {
        "password": None, "password_file": secret}})
    if fine:
        run.ok()
    else:
        run.failed(78, "chmod", str(secret))


@pytest.mark.parametrize("extra, line", [
    ("[smarthost]\nprot = 25\n", 2), ("[smarthost]\nport = many\n", 2),
    ("[smarthost]\nport = 70000\n", 2), ("[smarthost]\nport = 25x\n", 2),
    ("[smarthost]\n\nport = 1\n# x\nport = 1\n", 5),
    ("[smarhtost]\n", 1), ("host = x\n", 1), ("[smarthost]\nnonsense\n", 2),
    ("[log]\nsyslog = nothing\n", 2), ("[sender]\nrewrite = maybe\n", 2),
    ("[smarthost]\nwait_timeout = soon\n", 2),
    ("[smarthost\n", 1), ("[smarthost]\ninsecure_auth = perhaps\n", 2),
])
def test_case_1_59_errors_name_the_line(outpost, smarthost, extra, line):
    host = smarthost()
    rest = ""
    if "[smarthost]" not in extra:
        rest = ini({"smarthost": {"host": "127.0.0.1", "auth": "off"}})
    run = outpost(["a@x"], MAIL, host=host, config=extra + rest)
    run.failed(78, f"{outpost.config_file}:{line}: ")
    assert host.connections == []


def test_case_1_59_secrets_stay_out_of_messages(outpost):
    run = outpost(["a@x"], MAIL, config=(
        '[smarthost]\nhost = h\npassword = "hunter2-hunter2\n'))
    run.failed(78, f"{outpost.config_file}:3: ")
    assert "hunter2" not in run.err


@pytest.mark.parametrize("written, meant", [
    ("plain", "plain"), ("a#b", "a#b"), ("a;b", "a;b"),
    ("value ; comment", "value"), ("value # comment", "value"),
    ('"a ; b # c"', "a ; b # c"), ('"  blanks  "', "  blanks  "),
    ("  trailing   ", "trailing"), ('"with \\"quotes\\" and \\\\"',
                                    'with "quotes" and \\'),
    ("it's", "it's"), ('mid"quote', 'mid"quote'), ("a=b==", "a=b=="),
    ("密码-pässword", "密码-pässword"), ("x" * 200, "x" * 200),
    ('"quoted" ; comment', "quoted"), ("back\\slash", "back\\slash"),
])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_case_1_60_hard_values(outpost, smarthost, written, meant, end):
    host = smarthost(code=meant)
    text = ini(outpost.sections(host, {"smarthost": {"password": written}}))
    run = outpost(["a@x"], MAIL, config=text.replace("\n", end))
    run.ok()
    assert host.connection.credentials[0][2] == meant.encode()


def values(text):
    """What `outpost config` prints, without where the values are from."""
    return re.sub(r"(?m) +; (default|[\w.]+:\d+)$", "", text)


def test_case_1_60_values_are_shown(outpost):
    outpost.configure(None, {
        "smarthost": {"user": '"me ; you # \\"x\\" "', "port": "587 ; why"},
        "sender": {"address": "me@a.test", "name": '"A ; B"'}})
    run = outpost(["config"], program="outpost")
    assert (run.status, run.err) == (0, "")
    text = run.out.decode()
    assert CODE not in text and re.search(r"(?m)^password = .*\*\*\*", text)
    assert re.search(r"(?m)^port = 587 +; outpost.ini:\d+$", text)
    # what is shown is itself a configuration, and means the same
    outpost.configure(None, text)
    again = outpost(["config"], program="outpost").out.decode()
    assert values(again) == values(text)
    assert 'me ; you # \\"x\\" ' in text and "A ; B" in text


@pytest.mark.parametrize("section, key, value", [
    ("smarthost", "ca_file", "/nonexistent/ca.pem"),
    ("smarthost", "ca_path", "/etc"),
    ("log", "file", "/nonexistent/log"),
    ("recipients", "aliases", "bad aliases"),
    ("smarthost", "password_file", "/nonexistent/secret"),
])
def test_check_looks_at_all_that_is_named(outpost, smarthost, section, key,
                                          value):
    changes = {section: {key: value}}
    if key == "aliases":
        outpost.aliases("root: x@x.example\nno colon\n")
        changes = {}
    if key == "password_file":
        changes[section]["password"] = None
    run = outpost(["-bC"], host=smarthost(), config=changes)
    run.failed(78, "aliases:2" if key == "aliases" else value)


def test_check_is_silent_when_all_is_well(outpost, smarthost):
    outpost(["-bC"], host=smarthost()).ok()


def test_login_without_an_address_needs_a_sender(outpost, smarthost):
    changes = {"smarthost": {"user": "apikey"}, "sender": {"rewrite": None}}
    run = outpost(["a@x"], MAIL, host=smarthost(), config=changes)
    run.failed(78, "[sender] address")


@pytest.mark.parametrize("tls, advice", [("starttls", True),
                                         ("implicit", False)])
def test_silence_has_advice_where_it_fits(outpost, smarthost, tls, advice):
    host = smarthost(tls=tls, script=[at("GREETING", silence=True)])
    run = outpost(["a@x"], MAIL, host=host, config={"smarthost": {
        "tls": tls, "wait_timeout": "1s"}})
    run.failed(75, "not sent")
    assert ("tls = implicit" in run.err) == advice


@pytest.mark.parametrize("lang, word", [("zh_CN.UTF-8", "请"),
                                        ("de_DE.UTF-8", "Check")])
def test_advice_in_the_language_of_the_caller(outpost, lang, word):
    run = outpost(["a@x"], MAIL, config={}, env={"LANG": lang})
    run.failed(75, "cannot connect", word)
