"""Presets: `provider` in the configuration, `outpost providers`, and where
the values that `outpost config` shows are from."""

import os
import re
import shutil

import pytest
from faults import MAIL
from runner import CODE, REPO, USER
from smarthost.script import at

PRESETS = """
[provider here]
title = A server here
domains = here.example
host = 127.0.0.1:{port}
ca_file = {ca}
rewrite = local
user_en = a name
user_zh = 名字
code_en = from the box
code_zh = 见盒子

[provider nowhere]
host_en = HOST, as the letter says
user_en = a name
"""
LEAST = f"[smarthost]\nprovider = %s\nuser = {USER}\npassword = {CODE}\n"


@pytest.fixture
def presets(outpost):
    """Installs a file of providers: presets(text), its environment."""
    def install(text=None, port=1):
        path = outpost.directory / "providers.ini"
        if text is None:
            text = PRESETS.format(port=port, ca=outpost.ca_file)
        path.write_text(text)
        path.chmod(0o644)
        return {"OUTPOST_PROVIDERS": str(path)}
    return install


@pytest.fixture
def shipped(outpost):
    """The environment of a copy of the file that comes with the program."""
    path = outpost.directory / "shipped.ini"
    shutil.copyfile(os.path.join(REPO, "etc", "providers.ini"), path)
    path.chmod(0o644)
    return {"OUTPOST_PROVIDERS": str(path)}


def test_provider_and_account_are_enough(outpost, smarthost, presets):
    host = smarthost()
    run = outpost(["a@x"], MAIL, env=presets(port=host.port),
                  config=LEAST % "here" + "[queue]\ndirectory =\n"
                                          "[log]\nsyslog = off\n")
    run.ok()
    assert host.connection.credentials[0][1:] == (
        USER.encode(), CODE.encode())
    assert len(host.messages) == 1


@pytest.mark.parametrize("name, words", [
    ("her", ("outpost.ini:2: [smarthost] provider: ", "was here meant?")),
    ("here.example", ("was here meant?",)),
    ("unheard", ("`outpost providers`",)),
    ("nowhere", ("host must be set, too: HOST, as the letter says",))])
def test_provider_that_is_none(outpost, presets, name, words):
    run = outpost(["a@x"], MAIL, config=LEAST % name, env=presets())
    run.failed(78, *words)


def test_provider_without_the_file(outpost):
    missing = {"OUTPOST_PROVIDERS": str(outpost.directory / "none.ini")}
    run = outpost(["a@x"], MAIL, config=LEAST % "163", env=missing)
    run.failed(78, "outpost.ini:2: [smarthost] provider: ", "none.ini")
    run = outpost(["providers"], program="outpost", env=missing)
    run.failed(78, "none.ini")


def test_config_says_where_values_are_from(outpost, presets):
    env = presets(port=4650)
    outpost.configure(None, LEAST % "here" + "[sender]\nname = A ; B\n"
                                             "domain = \"a ;b\"\n")
    run = outpost(["config"], program="outpost", env=env)
    assert (run.status, run.err) == (0, "")
    text = run.out.decode()
    lines = dict(re.findall(r"(?m)^(\w+) = (.*)$", text))
    assert lines["provider"].split() == ["here", ";", "outpost.ini:2"]
    assert lines["host"].split() == ["127.0.0.1:4650", ";", "provider", "here"]
    assert lines["rewrite"].split() == ["local", ";", "provider", "here"]
    assert lines["port"].split() == ["465", ";", "default"]
    assert lines["name"].split() == ["A", ";", "outpost.ini:6"]
    assert lines["domain"].split('"')[1] == "a ;b"
    assert lines["password"].split() == ["********", ";", "outpost.ini:4"]
    # aligned, where there is room
    assert {line.index(";") for line in text.splitlines()
            if line.endswith("; default") and len(line) < 60} == {40}


def test_providers_in_80_columns(outpost, shipped):
    outpost.configure(None, LEAST % "163")
    run = outpost(["providers"], program="outpost", env=shipped)
    assert (run.status, run.err) == (0, "")
    lines = run.out.decode().splitlines()
    assert max(len(line) for line in lines) < 80
    assert any(re.fullmatch(
        r"163 +smtp\.163\.com:465 +implicit full address +163\.com", line)
        for line in lines)


def test_provider_in_the_language_of_the_configuration(outpost, presets):
    env = {**presets(), "LANG": "zh_CN.UTF-8"}
    for language, word, other in (("auto", "见盒子", "from the box"),
                                  ("zh", "见盒子", "from the box"),
                                  ("en", "from the box", "见盒子")):
        outpost.configure(
            None, LEAST % "here" + f"[log]\nlanguage = {language}\n")
        text = outpost(["providers", "here"], program="outpost",
                       env=env).out.decode()
        assert word in text and other not in text
        assert "\n[smarthost]\nhost = 127.0.0.1:1\n" in text
        assert "\n[sender]\nrewrite = local\n" in text


@pytest.mark.parametrize("args, words", [
    (["her"], ["was here meant?"]), (["x\033[1m"], ["no provider of this"]),
    (["here", "nowhere"], ["usage:"])])
def test_providers_that_are_none(outpost, presets, args, words):
    run = outpost(["providers", *args], program="outpost", env=presets())
    run.failed(64, *words)
    assert "\033" not in run.err


@pytest.mark.parametrize("language, lang, word", [
    ("en", "zh_CN.UTF-8", "authorisation code"), ("zh", "C", "授权码"),
    ("auto", "zh_CN.UTF-8", "授权码")])
def test_advice_in_the_language_of_the_configuration(
        outpost, smarthost, shipped, language, lang, word):
    host = smarthost(script=[at("VERDICT", reply="535 Login fail.")])
    run = outpost(["a@x"], MAIL, host=host, env={**shipped, "LANG": lang},
                  config={"log": {"language": language}})
    run.failed(75, word)
