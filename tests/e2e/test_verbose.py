"""What -v shows on a terminal, and that it never shows a secret."""

import base64
import os
import pty
import subprocess

import pytest

from runner import CODE, TIMEOUT, USER
from smarthost.script import at

MAIL = b"Subject: s\n\nbody\n"


def on_terminal(outpost, args, stdin, **env):
    """Runs the program with its stderr on a terminal: (status, text)."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        process = subprocess.Popen(
            outpost.command(args), stdin=subprocess.PIPE, stderr=theirs,
            stdout=subprocess.DEVNULL,
            env=outpost.environment({"TERM": "xterm", **env}))
        os.close(theirs)
        process.stdin.write(stdin)
        process.stdin.close()
        text = b""
        while True:
            try:
                piece = screen.read(65536)
            except OSError:  # how a terminal ends when nobody has it open
                break
            if not piece:
                break
            text += piece
        return process.wait(TIMEOUT), text.decode()


def test_colour_on_a_terminal(smarthost, outpost):
    outpost.configure(smarthost())
    status, text = on_terminal(outpost, ["-v", "a@x.example"], MAIL)
    assert status == 0
    lines = text.split("\r\n")
    assert any(line.startswith("\033[36mC: EHLO") and
               line.endswith("\033[0m") for line in lines), lines
    assert any(line.startswith("\033[32mS: 250") for line in lines), lines


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"},
                                 {"TERM": None}])
def test_no_colour(smarthost, outpost, env):
    outpost.configure(smarthost())
    status, text = on_terminal(outpost, ["-v", "a@x.example"], MAIL, **env)
    assert status == 0 and "C: EHLO" in text and "\033" not in text


def test_progress_of_a_long_message(smarthost, outpost):
    outpost.configure(smarthost())
    stdin = MAIL + b"x" * 70 * 50000 + b"\n"
    status, text = on_terminal(outpost, ["-v", "a@x.example"], stdin)
    assert status == 0
    assert "100 % of 3.6 MB" in text  # in quoted-printable
    assert "% of" not in text.rsplit("\033[K", 1)[1]
    status, text = on_terminal(outpost, ["a@x.example"], stdin)
    assert status == 0 and text == ""


@pytest.mark.parametrize("auth", ["plain", "login"])
def test_no_secret_in_any_form(smarthost, outpost, auth):
    """Not even when the smarthost says it back in every encoding."""
    plain = base64.b64encode(f"\0{USER}\0{CODE}".encode()).decode()
    forms = [CODE, base64.b64encode(CODE.encode()).decode(), plain,
             CODE.encode().hex(), CODE.encode().hex().upper(),
             base64.b64encode(b"x" + CODE.encode()).decode()[2:-2],
             base64.b64encode(b"xy" + CODE.encode()).decode()[3:]]
    host = smarthost(script=[at("VERDICT", reply=[
        "535-5.7.8 no: " + form for form in forms] + ["535 5.7.8 no"])])
    run = outpost(["-v", "a@x.example"], MAIL, host=host,
                  config={"smarthost": {"auth": auth}})
    assert run.status == 75 and "535 5.7.8 no" in run.err
    for form in forms:
        assert form not in run.err and form not in run.log
