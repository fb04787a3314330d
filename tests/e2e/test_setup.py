"""outpost setup: the dialogue on a terminal, and the same by options."""

import signal

import pytest
from queued import dead_port
from runner import CODE, USER
from setups import Setup
from terminals import widths

ENGLISH = {
    "address": "Mail address of the account: ",
    "code": "(it is not shown): ",
    "local": f"Mail for local users goes to [{USER}]: ",
    "again": "(a/w/s) [a]: ",
    "mail": f"Address for a test mail, - for none [{USER}]: ",
    "advice": "That is not the authorisation code.",
    "written": "written (",
    "done": "Done.",
}
CHINESE = {
    "address": "邮箱地址: ",
    "code": "（输入不显示）: ",
    "local": f"本机用户的邮件转发到 [{USER}]: ",
    "again": "(a/w/s) [a]: ",
    "mail": f"测试邮件的收件地址，- 表示不发 [{USER}]: ",
    "advice": "这不是授权码。",
    "written": "已写入",
    "done": "完成。",
}
LANGUAGES = [({}, ENGLISH), ({"LANG": "zh_CN.UTF-8"}, CHINESE)]


@pytest.fixture
def host163(smarthost):
    return smarthost(profile="163")


@pytest.fixture
def setup(outpost, host163):
    return Setup(outpost, host163.port)


@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize("env, words", LANGUAGES)
def test_dialogue(setup, host163, env, words, colour):
    env = env if colour else {**env, "NO_COLOR": "1"}
    with setup.terminal(env=env) as t:
        before = t.answer(words["address"].rstrip(": "), USER)
        t.expect(words["code"].rstrip(": "))
        t.expect(": ")
        assert not t.echoes()
        t.type(CODE + "\n")
        t.answer(words["local"].partition(" [")[0], "")
        t.answer(words["mail"].partition(" [")[0], "-")
        t.expect(words["done"])
        assert t.end() == 0
        assert t.echoes()
    assert before != ""
    assert CODE not in t.shown
    assert ("\033[" in t.shown) == colour
    if not colour:
        shown = t.shown.replace(str(setup.config.parent), "")
        assert max(widths(shown)) <= 80
    assert setup.secret.read_text() == CODE + "\n"
    assert CODE not in setup.config.read_text()
    assert [user for _, user, _ in host163.connection.credentials] == [
        USER.encode()]


PLAIN = {"NO_COLOR": "1"}


@pytest.mark.parametrize("env, words", LANGUAGES)
def test_wrong_code_then_the_right_one(setup, host163, env, words):
    with setup.terminal(env={**PLAIN, **env}) as t:
        t.answer(words["address"], USER)
        t.answer(words["code"], "WrongCode")
        t.answer(words["local"], "admin@example.com")
        t.expect(words["advice"])
        assert setup.nothing_was_written()
        t.answer(words["again"], "")
        t.answer(words["code"], CODE)
        t.answer(words["mail"], "-")
        assert t.end() == 0
    assert "local = admin@example.com\n" in setup.config.read_text()
    assert setup.secret.read_text() == CODE + "\n"
    assert len(host163.connections) >= 2
    assert "WrongCode" not in t.shown


@pytest.mark.parametrize("choice, status", [("s", 75), ("w", 0)])
def test_wrong_code_and_what_then(setup, choice, status):
    with setup.terminal(env=PLAIN) as t:
        t.answer(ENGLISH["address"], USER)
        t.answer(ENGLISH["code"], "wrong")
        t.answer(ENGLISH["local"], "")
        t.answer(ENGLISH["again"], "x")
        t.answer(ENGLISH["again"], choice)
        if choice == "w":
            t.answer(ENGLISH["mail"], "-")
        assert t.end() == status
    assert setup.nothing_was_written() == (choice == "s")


def test_answers_are_judged(setup):
    with setup.terminal(env=PLAIN) as t:
        for wrong in ("", "me", "me@163", "a@x.example, b@x.example"):
            t.answer(ENGLISH["address"], wrong)
            t.expect("is not a full mail address")
        t.answer(ENGLISH["address"], USER + " " * 1024)
        t.expect("too long for an answer")
        t.answer(ENGLISH["address"], f"  {USER} ")
        t.answer(ENGLISH["code"], "")
        t.expect("Nothing was entered.")
        t.answer(ENGLISH["code"], "c" * 1025)
        t.expect("longer than 1024 bytes")
        t.answer(ENGLISH["code"], f"  {CODE} ")
        t.answer(ENGLISH["local"], "root")
        t.expect('"root" is not a full mail address')
        t.answer(ENGLISH["local"], "")
        t.answer(ENGLISH["mail"], "-")
        assert t.end() == 0
    assert setup.secret.read_text() == CODE + "\n"


def test_blanks_of_app_passwords(setup, smarthost):
    host = smarthost(profile="163", code="abcdefghijklmnop")
    setup.point_to(host.port)
    with setup.terminal(env=PLAIN) as t:
        t.answer(ENGLISH["address"], USER)
        t.answer(ENGLISH["code"], "abcd efgh ijkl mnop")
        t.expect("The blanks in it were left out")
        t.answer(ENGLISH["local"], "")
        t.answer(ENGLISH["mail"], "-")
        assert t.end() == 0
    assert setup.secret.read_text() == "abcdefghijklmnop\n"


@pytest.mark.parametrize("to", [USER, "other@example.com"])
def test_test_mail(setup, host163, to):
    with setup.terminal(env=PLAIN) as t:
        t.answer(ENGLISH["address"], USER)
        t.answer(ENGLISH["code"], CODE)
        t.answer(ENGLISH["local"], "")
        t.answer(ENGLISH["mail"], "nobody")
        t.answer(ENGLISH["mail"], "" if to == USER else to)
        t.expect("Test mail")
        t.expect(f"sent to <{to}>")
        t.expect(ENGLISH["done"])
        assert t.end() == 0
    assert host163.message.recipients == [to]
    assert host163.message.sender == USER


def test_server_of_ones_own(setup, host163):
    with setup.terminal("--no-check", env=PLAIN) as t:
        t.answer(ENGLISH["address"], "me@example.com")
        t.expect("example.com is no provider's own domain")
        t.expect("163, outlook, ses")
        t.answer("Provider, or mail server: ", "gmial")
        t.answer("Provider, or mail server: ", "smtp.example.com")
        t.answer("Port [465]: ", "0")
        t.answer("Port [465]: ", "587")
        t.answer("User name to log in with [me@example.com]: ", "me")
        t.expect("STARTTLS")
        t.answer(ENGLISH["code"], CODE)
        t.answer("goes to [me@example.com]: ", "")
        assert t.end() == 0
    assert setup.config.read_text().split("\n\n", 1)[1].startswith(
        "[smarthost]\nhost = smtp.example.com\nport = 587\ntls = starttls\n"
        f"user = me\npassword_file = {setup.secret}\n\n"
        "[sender]\naddress = me@example.com\n\n"
        "[recipients]\nlocal = me@example.com\n")
    assert host163.connections == []


def test_interrupted_at_the_code(setup):
    with setup.terminal(env=PLAIN) as t:
        t.answer(ENGLISH["address"], USER)
        t.expect(ENGLISH["code"])
        assert not t.echoes()
        assert t.interrupt() == -signal.SIGINT
        assert t.echoes()
    assert setup.nothing_was_written()


def test_end_of_the_answers(setup):
    with setup.terminal(env=PLAIN) as t:
        t.answer(ENGLISH["address"], USER)
        t.answer(ENGLISH["code"], CODE)
        t.expect(ENGLISH["local"])
        t.type("\x04")
        assert t.end() == 75
    assert setup.nothing_was_written()


def test_host_cannot_be_reached(setup):
    setup.point_to(dead_port())
    run = setup.by_options()
    assert run.status == 75, run
    assert "refused" in run.out.decode(), run
    assert setup.nothing_was_written()
    assert setup.by_options("--no-check").status == 0
    assert not setup.nothing_was_written()


def test_several_hosts(setup, host163, smarthost):
    """One that can be had is enough; a wrong code is tried at one alone."""
    other = smarthost(profile="163")
    setup.give("WrongCode")
    setup.point_to(host163.port, other.port)
    assert setup.by_options().status == 75
    assert len(host163.connections) == 1 and other.connections == []
    setup.give(CODE)
    setup.point_to(dead_port(), host163.port)
    run = setup.by_options()
    assert run.status == 0 and "FAILED" in run.out.decode(), run


def test_by_options(setup, host163):
    run = setup.by_options()
    assert (run.status, run.err) == (0, ""), run
    assert CODE not in run.out.decode() + run.log
    assert "\033" not in run.out.decode()
    assert setup.secret.read_text() == CODE + "\n"
    assert "AUTH" in run.out.decode() and "Links" in run.out.decode()
    assert len(host163.connections) == 1
    before = setup.config.stat(), setup.secret.stat()
    again = setup.by_options()
    assert (again.status, again.err) == (0, "")
    assert again.out.decode() == (
        "Provider: NetEase 163\n" f"{setup.secret}: unchanged\n"
        f"{setup.config}: unchanged\n")
    assert (setup.config.stat(), setup.secret.stat()) == before
    assert len(host163.connections) == 1


def test_what_is_there_is_not_replaced(setup):
    assert setup.by_options("--no-check").status == 0
    setup.give("another")
    run = setup.by_options("--no-check")
    assert run.status == 73
    assert str(setup.secret) in run.err and "--force" in run.err
    assert setup.secret.read_text() == CODE + "\n"
    assert setup.by_options("--no-check", "--force").status == 0
    assert setup.secret.read_text() == "another\n"
    kept = setup.secret.with_name(setup.secret.name + ".bak")
    assert kept.read_text() == CODE + "\n"
    assert sorted(p.name for p in setup.config.parent.iterdir()
                  if p.name.startswith("outpost.")) == [
        "outpost.ini", "outpost.secret", "outpost.secret.bak"]


def test_what_is_there_is_asked_about(setup):
    setup.config.write_text("# mine\n")
    with setup.terminal(env=PLAIN) as t:
        t.answer("(y/n) [n]: ", "")
        assert t.end() == 73
    assert setup.config.read_text() == "# mine\n"
    with setup.terminal("--no-check", env=PLAIN) as t:
        t.answer("(y/n) [n]: ", "y")
        t.answer(ENGLISH["address"], USER)
        t.answer(ENGLISH["code"], CODE)
        t.answer(ENGLISH["local"], "")
        assert t.end() == 0
    assert "[smarthost]" in setup.config.read_text()
    kept = setup.config.with_name("outpost.ini.bak")
    assert kept.read_text() == "# mine\n"


@pytest.mark.parametrize("args, words", [
    (["--yes"], ["--address"]),
    (["--address", USER], ["--password-file"]),
    (["--address", USER, "--password-file", "CODE"], ["--local", "--yes"]),
    (["--address", "me@example.com", "--password-file", "CODE", "--yes"],
     ["--provider or --host"]),
    (["--address", "me@example.com", "--provider", "ses", "--yes",
      "--password-file", "CODE"], ["--host"]),
    (["--address", "me@example.com", "--host", "smtp.example.com",
      "--password-file", "CODE"], ["--host HOST:PORT"]),
    (["--address", "me", "--yes"], ["--address", "me"]),
    (["--address", USER, "--provider", "gmial"], ["gmial", "163, outlook"]),
    (["--provider", "163", "--host", "h.example", "--address", USER],
     ["--host"]),
    (["--address", USER, "--password-file", "/dev/null", "--yes"],
     ["/dev/null"]),
    (["--address"], ["--address"]), (["--nonsense"], ["--nonsense"]),
    (["x"], ["x"]), (["--yes=1"], ["--yes"]),
])
def test_what_is_missing_without_a_terminal(setup, args, words):
    args = [str(setup.code_file) if a == "CODE" else a for a in args]
    run = setup.batch(*args)
    assert run.status in (64, 78), run
    for word in words:
        assert word in run.err, run
    assert setup.nothing_was_written()


def test_provider_with_tokens(setup):
    run = setup.batch("--address", "me@outlook.com", "--yes")
    assert (run.status, run.err) == (0, ""), run
    assert f"outpost -c {setup.config} oauth login" in run.out.decode()
    text = setup.config.read_text()
    assert "provider = outlook\n" in text
    assert "auth = xoauth2\n" in text
    assert f"/outpost -c {setup.config} oauth token\n" in text
    assert not setup.secret.exists()
    read = setup.outpost(["config"], program="outpost",
                         env=setup.environment())
    assert read.status == 0 and b"auth = xoauth2" in read.out, read


def test_no_directory(setup):
    run = setup.batch("--yes", env={
        "OUTPOST_CONFIG": "/nonexistent/outpost.ini"})
    run.failed(77, "/nonexistent")
