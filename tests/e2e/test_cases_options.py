"""Cases 20-23, 25, 38, 57, 65, 73: the command line and the caller."""

import os
import pwd
import subprocess

import pytest

MAIL = "Subject: s\n\nbody\n"


def login():
    return pwd.getpwuid(os.getuid()).pw_name


def sent(outpost, smarthost, args, stdin=MAIL, switches=None, **options):
    host = smarthost(**(switches or {}))
    outpost(args, stdin, host=host, **options).ok()
    return host.message


@pytest.mark.parametrize("args", [["-f", "<>"], ["-f", ""], ["-f<>"]])
def test_case_1_20_null_sender(outpost, smarthost, args):
    message = sent(outpost, smarthost, args + ["a@x"])
    assert message.sender == ""
    addresses = message.parsed()["From"].addresses
    assert [address.addr_spec for address in addresses] == [
        login() + "@example.test"]


@pytest.mark.parametrize("args", [
    ["-f", "s@s.example"], ["-r", "s@s.example"], ["-fs@s.example"],
    ["-rs@s.example"], ["-f", "<s@s.example>"], ["-f", "N <s@s.example>"]])
def test_case_1_21_sender(outpost, smarthost, args):
    message = sent(outpost, smarthost, args + ["a@x"])
    assert message.sender == "s@s.example"


def test_case_1_21_envelope_id(outpost, smarthost):
    args = ["-V", "id+1=2", "-N", "success,failure", "-R", "hdrs", "a@x"]
    message = sent(outpost, smarthost, args, switches={"dsn": True})
    assert sorted(message.sender_params) == ["ENVID=id+2B1+3D2", "RET=HDRS"]
    assert message.recipient_params == [["NOTIFY=SUCCESS,FAILURE"]]
    message = sent(outpost, smarthost, args)
    assert message.sender_params == [] and message.recipient_params == [[]]


@pytest.mark.parametrize("args", [
    ["-U"], ["-E"], ["-em"], ["-e", "m"], ["-eq"], ["-pP:h"], ["-p", "P"]])
def test_case_1_21_ignored_letters(outpost, smarthost, args):
    message = sent(outpost, smarthost, args + ["a@x"])
    assert message.recipients == ["a@x"] and message.body == b"body\r\n"


@pytest.mark.parametrize("option", [
    "-i", "-oi", "-oem", "-odi", "-odb", "-B8BITMIME", "-bm", "-G", "-n",
    "-m", "-h5", "-Ltag", "-Am", "-OX=y", "-oep", "-oeq", "-oew", "-oee",
    "-om", "-oo", "-x", "-Ac", "-c", "-s", "-J"])
def test_case_1_22_usual_options(outpost, smarthost, option):
    message = sent(outpost, smarthost, [option, "a@x"])
    assert message.recipients == ["a@x"] and message.body == b"body\r\n"


@pytest.mark.parametrize("args, stdin, want", [
    ([], "a\n.\nb\n", b"a\r\n"), ([], "a\r\n.\r\nb\r\n", b"a\r\n"),
    (["-i"], "a\n.\nb\n", b"a\r\n.\r\nb\r\n"),
    (["-oi"], "a\n.\nb\n", b"a\r\n.\r\nb\r\n"),
    ([], "..\n..a\n.a\n. \n", b"..\r\n..a\r\n.a\r\n. \r\n"),
    (["-i"], "a\n.", b"a\r\n.\r\n"), ([], "a\n.", b"a\r\n"),
])
def test_case_1_23_lone_dot(outpost, smarthost, args, stdin, want):
    message = sent(outpost, smarthost, args + ["a@x"], "S: 1\n\n" + stdin)
    assert message.body == want


def test_case_1_23_the_rest_is_drained(outpost, smarthost):
    # a writer that gets SIGPIPE would die, and so would this run
    message = sent(outpost, smarthost, ["a@x"],
                   "S: 1\n\na\n.\n" + "rest\n" * 500_000)
    assert message.body == b"a\r\n"


@pytest.mark.parametrize("program, args, out", [
    ("mailq", [], b"Mail queue is empty\n"),
    ("sendmail", ["-bp"], b"Mail queue is empty\n"),
    ("newaliases", [], b""), ("sendmail", ["-bi"], b""),
    ("sendmail", ["-I"], b""), ("sendmail", ["-q"], b""),
    ("hoststat", [], b""),
])
def test_case_1_25_personalities(outpost, program, args, out):
    outpost.configure()
    run = outpost(args, program=program)
    assert (run.status, run.out, run.err) == (0, out, "")


def test_case_1_25_last_mode_wins(outpost, smarthost):
    host = smarthost()
    outpost(["-bm", "a@x"], MAIL, host=host, program="mailq").ok()
    assert host.message.recipients == ["a@x"]


@pytest.mark.parametrize("redirection", ["<&-", "</"])
@pytest.mark.parametrize("args", ["-bm a@x", "-t"])
def test_case_1_38_no_standard_input(outpost, smarthost, redirection, args):
    host = smarthost()
    outpost.configure(host)
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" {args} {redirection}', outpost.program()],
        env=outpost.environment(), capture_output=True, timeout=30)
    assert done.returncode == 66
    assert b"standard input" in done.stderr
    assert host.connections == []


def test_case_1_38_empty_input_is_an_empty_mail(outpost, smarthost):
    message = sent(outpost, smarthost, ["-bm", "a@x"], "")
    assert message.body == b""
    assert message.all("Date") and message.all("From")


@pytest.mark.root
def test_case_1_57_configuration_of_root(public_outpost):
    public_outpost.configure()
    run = public_outpost(["a@x"], MAIL, user="nobody", group="nogroup",
                         extra_groups=[])
    run.failed(78, "permission denied", str(public_outpost.config_file))


def test_case_1_65_sender_is_the_real_user(outpost, smarthost):
    message = sent(outpost, smarthost, ["a@x"],
                   env={"USER": "mallory", "LOGNAME": "mallory"})
    assert message.sender == login() + "@example.test"
    assert "mallory" not in message.only("From")


def test_case_1_65_account_takes_its_place(outpost, smarthost):
    host = smarthost("163")
    outpost(["a@x"], "From: root@localhost\nSubject: s\n\nb\n", host=host,
            config={"sender": {"rewrite": None}}).ok()
    message = host.message
    assert message.sender == "tester@163.com"
    assert [address.addr_spec for address
            in message.parsed()["From"].addresses] == ["tester@163.com"]
    assert message.only("Reply-To") == "root@localhost"


def test_case_1_73_empty_environment(outpost, smarthost):
    host = smarthost()
    outpost(["a@x"], MAIL, host=host, env={"PATH": None, "HOME": None}).ok()
    assert host.message.sender == login() + "@example.test"


@pytest.mark.root
@pytest.mark.parametrize("env, sender", [
    ({}, "uid-54321@example.test"),
    ({"LOGNAME": "joe"}, "joe@example.test"),
    ({"LOGNAME": "x\ny", "USER": "a b"}, "uid-54321@example.test"),
])
def test_case_1_73_unknown_uid(public_outpost, smarthost, env, sender):
    host = smarthost()
    public_outpost.configure(host)
    os.chown(public_outpost.config_file, 54321, 54321)
    public_outpost(["a@x"], MAIL, env={"PATH": None, **env}, user=54321,
                   group=54321, extra_groups=[]).ok()
    assert host.message.sender == sender


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">&- 2>&-",
                                    "<&- >&- 2>&-"])
def test_case_1_73_closed_descriptors(outpost, smarthost, closed):
    host = smarthost()
    outpost.configure(host)
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" a@x {closed}', outpost.program()],
        env=outpost.environment(), input=MAIL.encode(), timeout=30)
    assert done.returncode == (66 if "<" in closed else 0)
    assert len(host.messages) == (0 if "<" in closed else 1)
