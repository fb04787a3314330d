"""Where the password comes from when the configuration does not hold it."""

import os
import signal
import time

import pytest
import spoolfile
from runner import CODE, USER, finish

MAIL = b"Subject: s\n\nfirst line\nsecond line\n"
TO = "rcpt@d.example"


def by(command, **more):
    """The changes of the configuration that have a command say it."""
    return {"smarthost": {"password": None, "password_command": command,
                          **more}}


def nowhere(**more):
    return {"smarthost": {"password": None, **more}}


def logged_in(host, code=CODE):
    (_, user, password), = host.connection.credentials
    return (user, password) == (USER.encode(), code.encode())


def is_gone(file):
    """Whether the process that the file names is, or soon will be, no more
    than a zombie."""
    name = f"/proc/{int(file.read_text())}/cmdline"
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            with open(name, "rb") as cmdline:
                if cmdline.read() == b"":
                    return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False


def body(host):
    return host.message.data.replace(b"\r\n", b"\n").partition(b"\n\n")[2]


@pytest.mark.parametrize("command", [
    f"cat >/dev/null; echo {CODE}", f"read line; echo {CODE}$line",
    f"cat; echo {CODE}", f"head -c 5; echo {CODE}"])
def test_case_1_54_the_command_reads_no_mail(outpost, smarthost, command):
    host = smarthost()
    outpost([TO], MAIL, host=host, config=by(command)).ok()
    assert logged_in(host)
    assert body(host) == b"first line\nsecond line\n"


FAILING = {
    "status": (f"echo {CODE}; echo locked >&2; exit 3", "exit status is 3",
               "locked"),
    "nothing": ("echo locked >&2", "first line", "locked"),
    "empty line": (f"echo; echo {CODE}; echo locked >&2", "first line",
                   "locked"),
    "no command": ("no-such-command", "exit status is 127", "not found"),
    "too long": ("head -c 5000 /dev/zero | tr '\\0' x", "longer than 4096",
                 ""),
    "killed": ("kill -9 $$", "killed by signal 9", ""),
}


@pytest.mark.parametrize("kind", FAILING)
def test_case_1_55_no_attempt_to_log_in(outpost, smarthost, kind):
    command, *words = FAILING[kind]
    host = smarthost()
    run = outpost([TO], MAIL, host=host, config=by(command))
    line = outpost.config_file.read_text().split("\n").index(
        f"password_command = {command}") + 1
    run.failed(75, f"{outpost.config_file}:{line}: [smarthost] "
               "password_command: ", *words)
    assert host.connections == []
    assert CODE not in run.err + run.log


def test_case_1_55_sleeps_for_ever(outpost, smarthost):
    pid = outpost.directory / "pid"
    host = smarthost()
    began = time.monotonic()
    run = outpost([TO], MAIL, host=host, config=by(
        f"echo waiting >&2; sleep 1000 & echo $! >{pid}; wait"))
    run.failed(75, "did not end within 10 seconds", "waiting")
    assert 9 < time.monotonic() - began < 20
    assert host.connections == []
    assert is_gone(pid)


def test_case_1_55_what_it_says_is_masked_and_escaped(outpost, smarthost):
    run = outpost([TO], MAIL, host=smarthost(), config=by(
        f"echo {CODE}; printf 'a\\033[2Jb {CODE}\\nc' >&2; exit 1"))
    run.failed(75, "a\\x1b[2Jb " + "*" * len(CODE) + " c")
    assert run.err.count("\n") == 1
    assert CODE not in run.err + run.log


def test_case_1_55_the_mail_is_kept(queued, smarthost):
    host = smarthost()
    queued.outpost.configure(host, {
        **by("exit 1"), "queue": {"directory": queued.spool}})
    run = queued.submit([TO], MAIL)
    assert run.status == 0, run
    assert len(queued.ids()) == 1 and host.connections == []
    # a run of the queue fares no better, until the command does
    queued.run().failed(75, "password_command")
    queued.outpost.configure(host, {
        **by(f"echo {CODE}"), "queue": {"directory": queued.spool}})
    queued.run().ok()
    assert logged_in(host) and queued.ids() == []


def test_command_is_not_run_for_what_is_sent_later(queued, smarthost):
    mark = queued.outpost.directory / "mark"
    queued.outpost.configure(smarthost(), {
        **by(f": >{mark}; echo {CODE}"), "queue": {
            "directory": queued.spool}})
    queued.submit(["-odq", TO], MAIL).ok()
    assert not mark.exists()


def test_run_asks_only_for_mail_to_send(queued, smarthost):
    mark = queued.outpost.directory / "mark"
    host = smarthost()
    queued.outpost.configure(host, {
        **by(f"echo x >>{mark}; echo {CODE}"),
        "queue": {"directory": queued.spool}})
    queued.run().ok()
    assert not mark.exists()
    for _ in range(2):
        queued.submit(["-odq", TO], MAIL).ok()
    queued.run().ok()
    assert mark.read_text() == "x\n" and len(host.messages) == 2


def test_run_without_a_password_ends_what_is_old(queued, smarthost):
    """Nothing is sent, but nobody waits for his report."""
    queued.outpost.configure(smarthost(), {
        **by("exit 1"), "queue": {"directory": queued.spool,
                                  "lifetime": "1s"}})
    queued.submit(["-odq", TO], MAIL).ok()
    placed = spoolfile.place(
        queued.spool / "queue", spoolfile.mail(TO, created=1, attempts=9),
        name=spoolfile.new_id(1))
    queued.run().failed(75, "password_command")
    # the other mail, and the report
    assert queued.failed == [placed] and len(queued.waiting) == 2


def test_command_ends_with_its_caller(outpost, smarthost):
    pid = outpost.directory / "pid"
    process = outpost.start([TO], host=smarthost(), config=by(
        f"echo $$ >{pid}.new; mv {pid}.new {pid}; exec sleep 1000"))
    until = time.monotonic() + 10
    while not pid.exists() and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert finish(process, MAIL)[0] == -signal.SIGTERM
    assert is_gone(pid)


def test_command_inherits_little(outpost, smarthost):
    seen = outpost.directory / "seen"
    read, write = os.pipe()
    os.set_inheritable(write, True)
    try:
        outpost([TO], MAIL, host=smarthost(), pass_fds=[write], config=by(
            f"(env; ls -l /proc/self/fd) >{seen}; echo {CODE}"), env={
                "GNUPGHOME": "/keys", "SECRET": "x", "LD_LIBRARY_PATH": "/x",
                "XDG_RUNTIME_DIR": "/run/user/1"}).ok()
    finally:
        os.close(read)
        os.close(write)
    text = seen.read_text()
    assert "GNUPGHOME=/keys\n" in text and "XDG_RUNTIME_DIR=" in text
    assert "PATH=" in text and "OUTPOST" not in text
    assert "SECRET" not in text and "LD_LIBRARY_PATH" not in text
    assert text.count("pipe:") == 1 and "0 -> /dev/null\n" in text


@pytest.mark.root
@pytest.mark.parametrize("owner, status", [(0, 0), (54321, 78)])
def test_command_of_another_user(outpost, smarthost, owner, status):
    """Root runs none that others may write."""
    mark = outpost.directory / "mark"
    host = smarthost()
    outpost.configure(host, by(f": >{mark}; echo {CODE}"))
    os.chown(outpost.config_file, owner, 0)
    run = outpost([TO], MAIL)
    assert (run.status, mark.exists()) == (status, status == 0)
    assert status == 0 or f"chown 0 {outpost.config_file}" in run.err


@pytest.mark.parametrize("other", ["password", "password_file"])
def test_one_source_only(outpost, other):
    run = outpost([TO], MAIL, config={"smarthost": {
        "password": None, other: "/x", "password_command": "echo x"}})
    run.failed(78, "cannot be set together with " + other)


def test_command_is_checked(outpost, smarthost):
    outpost(["-bC"], host=smarthost(), config=by(f"echo {CODE}")).ok()
    outpost(["-bC"], host=smarthost(), config=by("exit 9")).failed(
        75, "[smarthost] password_command: its exit status is 9")


def put(directory, name, text, mode=0o600):
    file = directory / name
    file.write_text(text)
    file.chmod(mode)
    return file


def test_credential_of_a_service(outpost, smarthost):
    host = smarthost()
    put(outpost.directory, "outpost.password", CODE + "\n", 0o400)
    put(outpost.directory, ".netrc", f"default login {USER} password no\n")
    outpost([TO], MAIL, host=host, config=nowhere(), env={
        "CREDENTIALS_DIRECTORY": str(outpost.directory),
        "HOME": str(outpost.directory)}).ok()
    assert logged_in(host)


def test_netrc(outpost, smarthost):
    host = smarthost(code='a "b"')
    put(outpost.directory, ".netrc", "machine 127.0.0.2 login x password y\n"
        f'machine 127.0.0.1\n\tlogin {USER}\n\tpassword "a \\"b\\""\n')
    outpost([TO], MAIL, host=host, config=nowhere(),
            env={"HOME": str(outpost.directory),
                 "CREDENTIALS_DIRECTORY": "/nonexistent"}).ok()
    assert logged_in(host, 'a "b"')


@pytest.mark.parametrize("name, variable, text", [
    (".netrc", "HOME", f"machine 127.0.0.1 login {USER} password {CODE}"),
    ("outpost.password", "CREDENTIALS_DIRECTORY", CODE)])
@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660])
def test_sources_that_others_can_read(outpost, smarthost, name, variable, text,
                                      mode):
    host = smarthost()
    file = put(outpost.directory, name, text, mode)
    run = outpost([TO], MAIL, host=host, config=nowhere(),
                  env={variable: str(outpost.directory)})
    run.failed(78, f"run: chmod g-w,o-rwx {file}")
    assert host.connections == [] and CODE not in run.err + run.log


def test_no_source(outpost, smarthost):
    host = smarthost()
    put(outpost.directory, ".netrc", "machine other login x password y\n")
    run = outpost([TO], MAIL, host=host, config=nowhere(),
                  env={"HOME": str(outpost.directory)})
    run.failed(78, "[smarthost] password: must be set, or password_file")
    assert host.connections == []
