"""Faults and attacks by the command line (group C)."""

import ctypes
import os
import re
import shlex
import subprocess

import pytest
from faults import CLEAR, MAIL, clear, needs, run
from measure import measured
from runner import CODE, binary

X = "x@a.example"
KILO_128 = 128 * 1024 - 1  # the longest argument there can be, with its NUL


@pytest.fixture
def host(outpost, smarthost):
    """A smarthost in clear that the program is configured for."""
    made = clear(smarthost)
    outpost.configure(made, CLEAR)
    return made


def refused(host, done, *statuses):
    """Nothing was sent, nor was the smarthost called."""
    assert done.status in (statuses or (64, 65)), done
    assert 0 < len(done.err) < 4096 and done.out == b""
    assert host.connections == []


def files_of(directory):
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("args", [
    ["-X%s", X], ["-X", "%s", X], ["-fs@s.example", "-X%s", X],
    ["-f", "s@s.example", "-X", "%s", X], ["-iX%s", X], ["-oi", "-X%s", X],
    ["-t", "-i", "-f", "s@s.example -X%s", X], ["-fs@s.example -X%s", X]])
def test_fault_c1_trace_file(outpost, host, args):
    target = outpost.directory / "made"
    before = files_of(outpost.directory)
    done = outpost([arg.replace("%s", str(target)) for arg in args],
                   b"To: x@a.example\n" + MAIL)
    # a file in the value of -f is no address, or it is one and no more
    assert done.status in (0, 65)
    assert set(files_of(outpost.directory)) - set(before) <= {"log"}


@pytest.mark.parametrize("args", [
    ["-OQueueDirectory=%s"], ["-O", "QueueDirectory=%s"], ["-oQ%s"],
    ["-oQ", "%s"], ["-OLogLevel=99"], ["-O", "any=val"], ["-O", ""],
    ["-O", "DeliveryMode=b;rm -rf /"], ["-oA%s"], ["-OConfigFile=%s"]])
def test_fault_c2_settings(outpost, host, args):
    place = outpost.directory / "place"
    place.mkdir()
    args = [arg.replace("%s", str(place)) for arg in args]
    if args == ["-oQ", str(place)]:  # which is -oQ, and a recipient
        args = args[:1]
    outpost([*args, X], MAIL).ok()
    assert files_of(place) == []


MODES = ["-be", "-bt", "-bd", "-bD", "-bP", "-bl", "-bS", "-bw", "-bx",
         "-b", "-b0", "-b\x01", "-M", "-Mvl", "-MMx", "-M1a2b-3c", "-C",
         "-D/x", "-bpX", "-bmX", "-bdX"]


@pytest.mark.parametrize("mode", MODES)
def test_fault_c3_modes(outpost, host, mode):
    for args in ([mode], [mode, X], [mode, "${run{/bin/touch /x}}", X]):
        if mode != "-b" or len(args) > 1:
            refused(host, outpost(args, MAIL), 64)


def test_fault_c3_nothing_is_executed(outpost, host):
    needs("strace")
    for mode in ("-be", "-bd", "-bs", "-bi", "-bp", "-bv", "-q", "-M1"):
        trace = outpost.directory / "trace"
        run(outpost, ["strace", "-f", "-o", trace, "-e",
                      "trace=execve,fork,vfork,clone,clone3,listen,bind",
                      *outpost.command([mode, X])])
        calls = re.findall(r"(?m)^\d+\s+(\w+)\(", trace.read_text())
        assert calls == ["execve"], mode
    assert host.connections == []


@pytest.mark.parametrize("args", [["-d99"], ["-v"], ["-d99", "-v"],
                                  ["-d99.99", "-d0-99.127"]])
def test_fault_c4_debugging_tells_no_secret(outpost, smarthost, args):
    done = outpost([*args, X], MAIL, host=smarthost())
    assert done.status == 0
    assert CODE not in done.err + done.log


@pytest.mark.parametrize("args", [["-D%s"], ["-D", "%s"], ["-iD", "%s"]])
def test_fault_c4_no_file_is_written(outpost, host, args):
    target = outpost.directory / "debug"
    refused(host, outpost([arg.replace("%s", str(target)) for arg in args]
                          + [X], MAIL), 64)
    assert not target.exists()


@pytest.mark.parametrize("args", [
    ["-C%s", X], ["-C", "%s", X], ["-iC%s", X], ["-t", "-C%s"],
    ["-oi", "-fs@s.example", "-C", "%s", X], ["-c", "%s", X]])
def test_fault_c5_configuration_of_a_caller(outpost, smarthost, host, args):
    evil = clear(smarthost)
    target = outpost.directory / "evil.ini"
    target.write_text(f"[smarthost]\nhost = 127.0.0.1\nport = {evil.port}\n"
                      "tls = off\nauth = off\n")
    target.chmod(0o644)
    done = outpost([arg.replace("%s", str(target)) for arg in args],
                   b"To: x@a.example\n" + MAIL)
    assert evil.connections == []
    # as -c, "%s" is a recipient of the ordinary kind
    assert done.status == (0 if args[0] == "-c" else 64)


# CVE-2016-10033 and 10045, and those of other programs, as PHP hands them on
PAYLOADS = [
    '"attacker\\" -oQ/tmp/ -X%s  some"@email.com',
    '"attacker\' -oQ/tmp/ -X%s some"@email.com',
    "\"attacker\\' -oQ/tmp/ -X%s some\"@email.com",
    "attacker' -oQ/tmp/ -X%s b@c.example",
    "a( -OQueueDirectory=%d -X%s )@b.example",
    "a -C%s -X%s @b.example", "-X%s", "-oQ%d -X%s x", "a@b.example -be",
    "x@y.example -be ${run{touch %s}}", "<a@b.example> -X %s",
    "\"a\\\\\" -be ${run{/bin/touch${substr{0}{1}{$spool_directory}}%s}} "
    "b\"@c.example", "a@b.example\n-X%s", "a@b.example -bd -X%s",
    "$(touch %s)@b.example", "`touch %s`@b.example", "a@b.example;touch %s",
    "a@b.example|touch %s", "a@b.example -v -d99 -D%s",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_fault_c6_php(outpost, host, payload):
    place = outpost.directory / "place"
    place.mkdir()
    target = place / "made"
    text = payload.replace("%s", str(target)).replace("%d", str(place))
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    mail = b"To: x@a.example\n" + MAIL
    for args in (["-t", "-i", "-f" + text], ["-t", "-i", "-f", text],
                 ["-t", "-i", *words], ["-t", "-i", *text.split()],
                 ["-t", "-i", "-f" + words[0], *words[1:]],
                 ["-t", "-i", *shlex.split("-f" + shlex.quote(text))]):
        done = outpost(args, mail)
        assert done.status in (0, 64, 65), (args, done)
        assert files_of(place) == [], args
    for message in host.messages:
        # words that are left over are recipients, as they always were
        assert message.recipients[0] == "x@a.example"
        assert not any("\n" in name for name in message.recipients)


@pytest.mark.parametrize("option", [
    "-i", "-v", "-oi", "-m", "-Bx", "-Nx", "-Vx\x80", "-Lx", "-Rx", "-ex",
    "-fa@b", "-Fa", "-Ox=y", "-Xf", "-d9", "-iiiiii"])
def test_fault_c7_many_options(outpost, host, option):
    count = min(100_000, 1_400_000 // (len(option) + 9))
    done, peak = measured(outpost, [option] * count + ["--bad"], b"")
    assert done.status == 64 and len(done.err) < 4096
    assert peak is None or peak < 16 * 1024


def test_fault_c7_many_recipients(outpost, host):
    args = [f"u{number}@a.example" for number in range(40_000)]
    assert outpost(["-bv", *args], b"").out.count(b"\n") == len(args)
    done, peak = measured(outpost, args[:5000], MAIL)
    done.ok()
    assert sum(len(message.recipients) for message in host.messages) == 5000
    assert peak is None or peak < 16 * 1024


@pytest.mark.parametrize("option", ["", *"BbCDdeFfhLNoOpqRrVXZ", "-"])
def test_fault_c7_longest_argument(outpost, host, option):
    begin = "-" + option if option else ""
    for fill in ("x", "x@", "(", "\"", "%n", "\udcff", "<", ","):
        text = (begin + fill * KILO_128)[:KILO_128]
        done = outpost([text] + [X] * (option != ""), MAIL)
        assert done.status in (0, 64, 65, 67, 69), (option, fill, done.status)
        assert len(done.err) < 4096


CONTROLS = ["a\nb@c.example", "a@c.example\n", "a\r@c.example", "\x01@c",
            "a@c.example\r\nRCPT TO:<evil@x>", "a b@c.example> SIZE=1",
            "a@b<c", "a>b@c", "a@b.example>", "<a@b.example", "a\x7f@b.example",
            "a@b\t.example\x1b[2J", "\"a\nb\"@c.example", "\"a>b\"@c.example",
            "a@[1.2.3.4\n]", "a@[x>y]", "a@b.example\\\n"]


@pytest.mark.parametrize("address", CONTROLS)
@pytest.mark.parametrize("option", [["-f"], ["-r"], []])
def test_fault_c8_controls(outpost, host, option, address):
    args = [*option, address, X] if option else [address]
    done = outpost(args, MAIL)
    if done.status == 0:  # a blank is let pass where PHP puts one
        assert option and " " in address
        assert b"evil" not in b"".join(host.commands)
        return
    refused(host, done)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.err)


@pytest.mark.parametrize("address", [
    "a@b> SIZE=1 AUTH=<>", "a@b>SIZE=1", "a@b.example SIZE=1",
    "<a@b.example> BODY=8BITMIME", "a@b.example> RET=FULL ENVID=x <",
    "\"a@b> X\"@c.example", "a@b.example> AUTH=<x>"])
def test_fault_c9_parameters(outpost, host, address):
    refused(host, outpost(["-f", address, X], MAIL))
    refused(host, outpost([address], MAIL))


HARD = ["\x01", "a\nb", "%n%n%s", "x" * 101, "x" * 100_000, "a b", "+=&\"<>",
        "\x1b]0;t\x07", "\xe4\xb8\xad", "", "=", "%", "a\tb"]


@pytest.mark.parametrize("letter", "VNRLB")
def test_fault_c10_values(outpost, smarthost, letter):
    host = clear(smarthost, dsn=True)
    outpost.configure(host, CLEAR)
    for value in HARD:
        done = outpost(["-" + letter, value, X], MAIL)
        assert done.status in (0, 64), (value, done.status)
        assert len(done.err) < 1024
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.err + done.log)
    for message in host.messages:
        for param in message.sender_params + message.recipient_params[0]:
            assert re.fullmatch(
                r"(SIZE|BODY|RET|NOTIFY|ENVID)=[!-*,-<>-~+]+", param), param
            assert "%s" not in param or "ENVID=%n%n%s" == param


@pytest.mark.parametrize("name, works", [
    ("smtpd", False), ("", True), ("a\nb", True), ("\x1b[2J", True),
    ("/", True), ("x" * 10_000, True), ("%n%s", True), ("sendmail\n", True),
    ("../sendmail", True), ("-be", True), ("mailq\0", True)])
def test_fault_c11_names(outpost, host, name, works):
    name = name.split("\0")[0] + "/x" * (name.endswith("\0"))
    done = run(outpost, [name, X], executable=binary())
    assert done.status == (0 if works else 64)
    done = run(outpost, [name, "-Z"], executable=binary())
    assert done.status == 64
    # the name is not shown as it is
    assert len(done.err) < 500 and done.err.count("\n") == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.err + done.log)


def test_fault_c11_no_arguments_at_all(outpost, host):
    libc = ctypes.CDLL(None)
    path = os.fsencode(binary())
    env = [b"OUTPOST_CONFIG=" + os.fsencode(outpost.config_file), None]

    def execute():
        libc.execve(path, (ctypes.c_char_p * 1)(None),
                    (ctypes.c_char_p * 2)(*env))

    process = subprocess.run(["false"], preexec_fn=execute, input=MAIL,
                             capture_output=True, timeout=20)
    assert process.returncode == 64
    assert process.stderr.startswith(b"sendmail: ")
    assert host.connections == []


def test_fault_c12_working_directory(outpost, host):
    gone = outpost.directory / "gone"
    gone.mkdir()

    def leave():
        os.chdir(gone)
        os.rmdir(gone)

    outpost([X], MAIL * 40_000, preexec_fn=leave).ok()
    deep = outpost.directory
    for _ in range(30):
        deep = deep / ("d" * 120)
        try:
            deep.mkdir()
        except OSError:
            break
    outpost([X], MAIL, preexec_fn=lambda: os.chdir(deep)).ok()


@pytest.mark.root
def test_fault_c12_working_directory_unreadable(public_outpost, smarthost):
    public_outpost.configure(clear(smarthost), CLEAR)
    os.chown(public_outpost.config_file, 54321, 54321)
    place = public_outpost.directory / "closed"
    place.mkdir()

    def leave():
        os.chdir(place)
        place.chmod(0)
        os.setgid(54321)
        os.setuid(54321)

    public_outpost([X], MAIL, preexec_fn=leave).ok()


def test_fault_c13_special_recipients_of_the_header(outpost, host):
    target = outpost.directory / "made"
    secret = outpost.directory / "list"
    secret.write_text("hidden@a.example\n")
    for text in (f"|touch {target}", f'"|touch {target}"', str(target),
                 f":include:{secret}", f'":include:{secret}"', "~/x",
                 f'"{target}"', f"!touch {target}", f"|{target}"):
        outpost([text], MAIL)
        outpost(["-t"], f"To: {text}\nSubject: s\n\nb\n")
    assert not target.exists()
    for message in host.messages:
        assert message.recipients[0].endswith("@example.test")


def test_fault_c14_after_the_dashes(outpost, host):
    outpost(["--", "-oX@y.example", "-f@y.example", "-t@y.example", "-i"],
            MAIL).ok()
    assert host.message.recipients == [
        "-oX@y.example", "-f@y.example", "-t@y.example", "-i@example.test"]


OLD = ["-om", "-oem", "-oi", "-G", "-U", "-n", "-h 5", "-h5", "-p smtp",
       "-psmtp:host", "-x", "-c", "-m", "-s", "-T 3d", "-Ac", "-Am", "-A c",
       "-E", "-Ej", "-J", "-oo", "-odb", "-odq", "-odi", "-oA/f", "-ov",
       "-oD", "-o7", "-oT3d", "-os", "-og1", "-ou1", "-oLfile", "-oW"]


@pytest.mark.parametrize("option", OLD)
def test_fault_c16_old_options(outpost, host, option):
    done = outpost([*option.split(), X], MAIL)
    assert (done.status, done.out) == (0, b"")
    assert done.err == "" or option == "-ov"
    assert len(host.messages) == 1


@pytest.mark.parametrize("option", [
    "-a", "-g", "-H", "-j", "-K", "-k", "-l", "-P", "-Q", "-S", "-u", "-W",
    "-w", "-Y", "-y", "-Z", "-z", "-1", "-?", "-@", "-\x80", "--x", "-ia"])
def test_fault_c16_unknown_options(outpost, host, option):
    refused(host, outpost([option, X], MAIL), 64)
