"""Secrets, the log, the configuration (group K)."""

import base64
import os
import re
import signal
import stat
import subprocess
import threading
import urllib.parse

import pytest
from faults import CLEAR, MAIL, SANITIZED, clear, needs, private, run
from runner import CODE, USER, finish, ini
from smarthost.script import at

X = "x@a.example"
SECRETS = [CODE, "pass word;#=\"x", "密码-pässword", "x" * 40, "p%q+r/s=t",
           "aaaa", "\\\\\"\"''"]


def forms(secret, user=USER):
    """Every form in which a password may show: as it is, in base64 wherever
    it stands in it, in hexadecimal, in a URL."""
    raw = secret.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode(),
             urllib.parse.quote(secret, safe="").encode(),
             base64.b64encode(raw)}
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw + b"\0" * (
            -(shift + len(raw)) % 3))
        first = (8 * shift + 5) // 6
        found.add(text[first:8 * (shift + len(raw)) // 6])
    found.add(base64.b64encode(b"\0" + user.encode() + b"\0" + raw))
    return {form for form in found if len(form) >= 4}


def quoted(secret):
    return '"' + secret.replace("\\", "\\\\").replace('"', '\\"') + '"'


def shown(form, *texts):
    return [text for text in texts
            if form in (text if isinstance(text, bytes)
                        else text.encode("utf-8", "surrogateescape"))]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("auth", ["plain", "login"])
def test_fault_k1_nowhere_in_the_output(outpost, smarthost, secret, auth):
    """Not even when the smarthost says it, in any answer and form."""
    for stage in ("VERDICT", "MAIL", "RCPT", "DATA", "DOT"):
        rules = [at(stage, raw=b"".join(
            b"550-" + form + b" <" + form + b">\r\n" for form in forms(secret))
            + b"550 end\r\n")]
        host = smarthost(code=secret, script=rules)
        done = outpost(["-v", X], MAIL, host=host, config={"smarthost": {
            "auth": auth, "password": quoted(secret)}})
        assert done.status in (69, 75, 67) and "***" in done.err
        for form in forms(secret):
            assert not shown(form, done.err, done.log), (stage, form)


def test_fault_k1_pieces_of_an_answer(outpost, smarthost):
    """However the bytes come, and whatever is wrong with them."""
    for rule in (at("VERDICT", split=True, reply=f"535 {CODE}"),
                 at("VERDICT", raw=f"{CODE}\r\n".encode()),
                 at("VERDICT", raw=f"535-{CODE}\r\n{CODE}\r\n".encode()),
                 at("VERDICT", raw=b"535 " + b"x" * 9000 + CODE.encode()),
                 at("VERDICT", raw=b"535 " + b"x" * 1010 + CODE.encode()
                    + b"\r\n"),
                 at("VERDICT", raw=f"535 \x1b{CODE}\x00{CODE}\r\n".encode()),
                 at("VERDICT", raw=f"334 {CODE}\r\n".encode()),
                 at("VERDICT", raw=f"235 {CODE}\r\n{CODE}\r\n".encode())):
        host = smarthost(script=[rule])
        host.expect_violations()  # "*" is no command
        done = outpost(["-v", X], MAIL, host=host)
        assert done.status == 75
        for form in forms(CODE):
            assert not shown(form, done.err, done.log), rule
        # nor a beginning of it that was cut off
        assert CODE[:8] not in done.err + done.log


@pytest.fixture
def held(outpost, smarthost):
    """The program, logged in, while the smarthost thinks."""
    go_on = threading.Event()
    host = smarthost(script=[at("MAIL", hold=go_on)])

    def start(args=(X,), **options):
        process = outpost.start(["-v", *args], host=host, **options)
        process.stdin.write(MAIL)
        process.stdin.close()
        process.stdin = None
        assert host.wait(lambda record: any(
            line.startswith(b"MAIL") for line in record.commands))
        return process

    yield start, go_on, host
    go_on.set()


@pytest.mark.root
def test_fault_k1_nowhere_in_proc(outpost, held):
    start, go_on, _ = held
    process = start()
    for name in ("cmdline", "environ", "comm", "stat", "maps"):
        with open(f"/proc/{process.pid}/{name}", "rb") as file:
            text = file.read()
        assert not any(shown(form, text) for form in forms(CODE)), name
    # it has no children whose arguments could hold it
    with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
        assert file.read() == ""
    go_on.set()
    assert finish(process)[0] == 0


@pytest.mark.root
def test_fault_k1_other_processes_of_the_user(public_outpost, smarthost):
    """Not to be looked into by what else runs as this user."""
    go_on = threading.Event()
    host = smarthost(script=[at("MAIL", hold=go_on)])
    public_outpost.configure(host)
    os.chown(public_outpost.config_file, 54321, 54321)

    def leave():
        os.setgid(54321)
        os.setuid(54321)

    process = public_outpost.start([X], preexec_fn=leave)
    process.stdin.write(MAIL)
    process.stdin.close()
    process.stdin = None
    assert host.wait(lambda record: any(
        line.startswith(b"MAIL") for line in record.commands))
    for name in ("mem", "environ", "maps", "fd/3", "auxv"):
        done = subprocess.run(["head", "-c1", f"/proc/{process.pid}/{name}"],
                              preexec_fn=leave, capture_output=True)
        assert done.returncode != 0 and done.stdout == b"", name
    go_on.set()
    assert finish(process) == (0, b"", "")


def test_fault_k1_nowhere_on_disk(outpost, smarthost):
    host = smarthost(script=[at("DOT", cut="before")])
    place = outpost.directory / "place"
    place.mkdir()
    outpost(["-v", X], MAIL * 40_000, host=host,
            env={"TMPDIR": str(place)}).failed(75)
    assert os.listdir(place) == []
    for path in outpost.directory.iterdir():
        if path.is_file() and path != outpost.config_file:
            text = path.read_bytes()
            assert not any(shown(form, text) for form in forms(CODE)), path


def test_fault_k1_the_configuration_as_shown(outpost):
    for secret in SECRETS:
        outpost.configure(None, {"smarthost": {"password": quoted(secret)}})
        done = outpost(["config"], program="outpost")
        assert done.status == 0
        assert not any(shown(form, done.out) for form in forms(secret)
                       if len(form) > 4)


GOOD, BAD = 0, 78
FILES = {
    "plain": (CODE.encode() + b"\n", 0o600, GOOD),
    "no newline": (CODE.encode(), 0o600, GOOD),
    "crlf": (CODE.encode() + b"\r\n", 0o600, GOOD),
    "more lines": (CODE.encode() + b"\n\nsecond\n", 0o600, GOOD),
    "read only": (CODE.encode(), 0o400, GOOD),
    "of a group": (CODE.encode(), 0o640, GOOD),
    "empty": (b"", 0o600, BAD), "newline": (b"\n" + CODE.encode(), 0o600, BAD),
    "nul": (CODE.encode() + b"\0\n", 0o600, BAD),
    "nul later": (CODE.encode() + b"\n\0", 0o600, BAD),
    "large": (CODE.encode() + b"\n" + b"x" * 65536, 0o600, BAD),
    "long": (b"x" * 5000, 0o600, BAD),
    "for all": (CODE.encode(), 0o644, BAD),
    "for all to write": (CODE.encode(), 0o602, BAD),
    "for the group to write": (CODE.encode(), 0o660, BAD),
    "for others to execute": (CODE.encode(), 0o601, BAD),
}


@pytest.mark.parametrize("kind", FILES)
def test_fault_k2_secret_files(outpost, smarthost, kind):
    data, mode, status = FILES[kind]
    secret = outpost.directory / "secret"
    secret.write_bytes(data)
    secret.chmod(mode)
    host = smarthost()
    done = outpost([X], MAIL, host=host, config={"smarthost": {
        "password": None, "password_file": secret}})
    assert done.status == status, done
    if status != GOOD:
        assert str(secret) in done.err
        assert CODE not in done.err + done.log
        assert host.connections == []


@pytest.mark.parametrize("kind", ["directory", "fifo", "socket", "missing",
                                  "device", "link to nothing", "link to self",
                                  "link to bad", "link to good", "endless"])
def test_fault_k2_no_secret_files(outpost, smarthost, kind):
    path = outpost.directory / "secret"
    target = outpost.directory / "target"
    target.write_text(CODE)
    target.chmod(0o600 if "good" in kind else 0o644)
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path, 0o600)
    elif kind == "socket":
        os.mknod(path, stat.S_IFSOCK | 0o600)
    elif kind.startswith("link"):
        path.symlink_to({"link to nothing": "none", "link to self": "secret"}
                        .get(kind, target))
    elif kind in ("device", "endless"):
        path = "/dev/null" if kind == "device" else "/dev/zero"
    host = smarthost()
    done = outpost([X], MAIL, host=host, config={"smarthost": {
        "password": None, "password_file": path}})
    if kind == "link to good":
        # what is opened is what is checked
        done.ok()
        return
    done.failed(78, str(path))
    assert host.connections == []


@pytest.mark.root
def test_fault_k2_owner(public_outpost, smarthost):
    host = smarthost()
    secret = public_outpost.directory / "secret"
    secret.write_text(CODE)
    public_outpost.configure(host, {"smarthost": {
        "password": None, "password_file": secret}})
    public_outpost.config_file.chmod(0o644)
    for owner, group, mode, status in (
            (54321, 54321, 0o600, 0), (0, 54321, 0o640, 0),
            (54322, 54321, 0o640, 78), (54322, 54322, 0o600, 78)):
        secret.chmod(mode)
        os.chown(secret, owner, group)
        public_outpost.log_file.unlink(missing_ok=True)

        def leave():
            os.setgroups([])
            os.setgid(54321)
            os.setuid(54321)

        done = public_outpost([X], MAIL, preexec_fn=leave)
        assert done.status == status, (owner, group, mode, done)


TEXTS = ["%s%n%x", "a\nb", "a\x1b[2Jb", "\x07\x08", "\x85\x9b31m", "\u202e",
         "\udcff\udc80", "uid=0 result=delivered", "x" * 100_000, "\t"]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text)[:20])
def test_fault_k4_hostile_text_in_the_log(outpost, smarthost, text):
    host = clear(smarthost)
    outpost.configure(host, CLEAR)
    for args in (["-f", text, X], [text], ["-f", f'"{text}"@s.example', X],
                 [f'"{text}"@a.example'], ["-Z", text], [f"-Z{text}"],
                 ["-L", text, X], ["-F", text, X], ["-" + text]):
        done = outpost(args, MAIL)
        assert done.status in (0, 64, 65), (args, done)
        assert not re.search("[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]",
                             done.log + done.err)
        if done.status == 64:  # goes to syslog: no file is known by then
            continue
        # one record for each run, and bounded
        assert done.log.count("\n") == 1 and len(done.log) < 7000
        assert re.match(r"\S+Z \S+\[\d+\]: id=\S+ uid=\d+ ", done.log)
        outpost.log_file.unlink()


def test_fault_k4_hostile_message_id(outpost, smarthost):
    host = clear(smarthost)
    outpost.configure(host, CLEAR)
    for value in ("<a b%n%s>", "<x\x1b[2J>", "<a>\n result=x", "x" * 990,
                  "<\u202e>", "<a result=failed>", "\x01\x02"):
        done = outpost([X], f"Message-ID: {value}\n".encode() + MAIL)
        assert done.status == 0
        assert done.log.count("\n") == 1 and len(done.log) < 7000
        assert " result=delivered " in done.log
        assert not re.search("[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.log)
        outpost.log_file.unlink()


def test_fault_k4_longest_addresses(outpost, smarthost):
    """What became of the mail is not what is cut off."""
    host = clear(smarthost, script=[at("RCPT", reply="550 no " + "y" * 700)])
    local = ".".join(["l" * 60] * 14)
    args = ["-f", f"s.{local}@{'d' * 60}.example"] + [
        f"r{number}.{local}@{'d' * 60}.example" for number in range(3)]
    done = outpost(args, b"Message-ID: <" + b"m" * 390 + b">\n" + MAIL,
                   host=host, config=CLEAR)
    assert done.status == 67
    lines = done.log.splitlines()
    assert len(lines) == 3
    for number, line in enumerate(lines):
        assert f"to=<r{number}.{local}" in line
        assert " exit=67 " in line and " result=failed " in line
        assert "550 no yyy" in line


LOGS = {
    "full": "s.bind('/dev/log'); c.connect('/dev/log')\n"
            "try:\n  while True: c.send(b'x' * 1000)\n"
            "except BlockingIOError: pass",
    "stream": "s = socket.socket(socket.AF_UNIX); s.bind('/dev/log'); "
              "s.listen(0)",
    "closed": "s.bind('/dev/log'); s.close()",
    "file": "open('/dev/log', 'w').close()", "directory": "os.mkdir('/dev/log')",
    "fifo": "os.mkfifo('/dev/log')", "loop": "os.symlink('log', '/dev/log')",
    "absent": "pass",
}
AROUND = """import os, socket, subprocess, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
c = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
c.setblocking(False)
%s
sys.exit(subprocess.run(sys.argv[1:], timeout=10).returncode)
"""


@pytest.mark.root
@pytest.mark.parametrize("kind", LOGS)
def test_fault_k5_log_socket(outpost, smarthost, kind):
    host = clear(smarthost)
    outpost.configure(host, {**CLEAR, "log": {"syslog": "mail", "file": None}})
    script = outpost.directory / "around"
    script.write_text(AROUND % LOGS[kind])
    command = outpost.command
    outpost.command = lambda args, program="sendmail": [
        "/usr/bin/python3", str(script), *command(args, program)]
    done = private(outpost, {}, [X], setup="mount -t tmpfs none /dev && "
                   "mknod /dev/null c 1 3 && mknod /dev/urandom c 1 9")
    assert (done.status, done.err) == (0, ""), done
    assert len(host.messages) == 1


@pytest.mark.parametrize("kind", ["fifo", "directory", "full", "link"])
def test_fault_k5_log_file(outpost, smarthost, kind):
    path = outpost.directory / "odd"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    else:
        path.symlink_to("/dev/full" if kind == "full" else "odd")
    host = clear(smarthost)
    done = outpost([X], MAIL, host=host,
                   config={**CLEAR, "log": {"file": path}})
    assert done.status == 0 and done.err.count("\n") <= 1
    assert len(host.messages) == 1


BASE = ini({"smarthost": {"host": "127.0.0.1", "auth": "off"}})
CONFIGURATIONS = {
    "nul": BASE.encode() + b"\n[log]\nsyslog = ma\0il\n",
    "long line": BASE.encode() + b"[log]\nfile = /" + b"x" * 1_000_000,
    "long comment": b";" * 5000 + b"\n" + BASE.encode(),
    "large": BASE.encode() + b"; comment\n" * 200_000,
    "tilde": BASE.encode() + b"[log]\nfile = ~/log\n",
    "relative": BASE.encode() + b"[smarthost]\nca_file = ca.pem\n",
    "include": BASE.encode() + b"include = /etc/outpost.ini\n",
    "include line": b"@include /etc/passwd\n" + BASE.encode(),
    "twice": BASE.encode() + b"[smarthost]\nhost = evil\n",
    "continued": b"[smarthost]\nhost = 127.0.0.1\n  .evil\nauth = off\n",
    "cr": b"[smarthost]\nhost = 127.0.0.1\rauth = off\n",
    "no equals": BASE.encode() + b"password secret-secret\n",
    "colon": b"[smarthost]\nhost: 127.0.0.1\n",
    "utf-16": BASE.encode("utf-16"),
    "control": BASE.encode() + b"ehlo = a\x01b\n",
    "ehlo": BASE.encode() + b"ehlo = a b\n",
    "host with command": b"[smarthost]\nhost = 127.0.0.1;x\nauth = off\n",
    "no host": b"[smarthost]\nauth = off\n", "empty": b"",
    "no user": b"[smarthost]\nhost = h\npassword = secret-secret\n",
    "no password": b"[smarthost]\nhost = h\nuser = u\nauth = plain\n",
    "both": b"[smarthost]\nhost = h\nuser = u\npassword = secret-secret\n"
            b"password_file = /x\n",
    "password alone": b"[smarthost]\nhost = h\nuser = u\nsecret-secret = x\n",
    "broken password": b"[smarthost]\nhost = h\npassword = \"a\nsecret-secret",
    "unknown": b"[smarthost]\nhost = h\npasswrd = secret-secret\n",
    "section": b"[secret-secret\n", "weak": BASE.encode() + b"tls_min = 1.0\n",
    "verify": BASE.encode() + b"verify = no\n",
    "insecure": BASE.encode() + b"tls_verify = off\n",
    "tls": BASE.encode() + b"tls = starttls-if-available\n",
}


@pytest.mark.parametrize("kind", CONFIGURATIONS)
def test_fault_k6_configuration(outpost, kind):
    data = CONFIGURATIONS[kind]
    done = outpost([X], MAIL, config=data)
    done.failed(78, str(outpost.config_file))
    assert "secret-secret" not in done.err + done.log
    assert len(done.err) < 1024 and done.err.count("\n") <= 2
    if kind not in ("no host", "no user", "no password", "large", "empty"):
        assert re.search(rf"{outpost.config_file}:\d+: ", done.err), done.err


@pytest.mark.parametrize("kind", ["missing", "directory", "fifo", "device",
                                  "endless", "loop", "writable"])
def test_fault_k6_no_configuration(outpost, kind):
    path = outpost.directory / "odd.ini"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to("odd.ini")
    elif kind == "writable":
        path.write_text(BASE)
        path.chmod(0o666)
    elif kind in ("device", "endless"):
        path = "/dev/null" if kind == "device" else "/dev/zero"
    done = outpost([X], MAIL, env={"OUTPOST_CONFIG": str(path)})
    done.failed(78, str(path))


def test_fault_k6_defaults_are_not_weaker(outpost, smarthost):
    """With nothing but a host and a login: TLS, verified."""
    host = smarthost(certificate="self-signed")
    text = (f"[smarthost]\nhost = 127.0.0.1\nport = {host.port}\n"
            f"user = {USER}\npassword = {CODE}\n[queue]\ndirectory =\n"
            f"[log]\nsyslog = off\nfile = {outpost.log_file}\n")
    outpost([X], MAIL, config=text).failed(75, "certificate")
    assert host.commands == []
    host = smarthost(tls="off")
    host.expect_violations()
    outpost([X], MAIL, config=re.sub(r"port = \d+", f"port = {host.port}",
                                     text)).failed(75, "TLS")
    assert host.connection.credentials == []


def test_fault_k7_the_log_is_the_ledger(outpost, smarthost):
    host = clear(smarthost, script=[
        at("RCPT", when="bad", reply="550 5.1.1 nobody"),
        at("RCPT", when="late", reply="450 4.2.1 later")])
    outpost.aliases("team: m1@x.example, bad2@x.example\n")
    done = outpost(["-f", "s@s.example", "a@x.example", "bad@x.example",
                    "team@localhost", "late@x.example"], MAIL, host=host,
                   config=CLEAR)
    found = {}
    for line in done.log.splitlines():
        fields = re.match(
            rf"\S+Z outpost\[{done.pid}\]: id=\S+ uid={os.getuid()} msgid=(<\S+>) "
            r"from=<s@s\.example> to=(\S+) relay=\S+ delay=[\d.]+ "
            r"exit=(\d+) status=([245]\.\d+\.\d+) result=(\w+) (.*)$", line)
        assert fields, line
        assert fields[1] == host.message.only("Message-ID")
        for name in re.findall(r"<([^>]+)>", fields[2]):
            found[name] = (fields[5], fields[4], fields[6])
    assert {name: state for name, (state, _, _) in found.items()} == {
        "a@x.example": "delivered", "m1@x.example": "delivered",
        "bad@x.example": "failed", "bad2@x.example": "failed",
        "late@x.example": "deferred"}
    assert found["bad@x.example"][1] == "5.1.1"
    assert "550 5.1.1 nobody" in found["bad2@x.example"][2]
    assert "450 4.2.1 later" in found["late@x.example"][2]
