"""The sendmail command, case by case: options, recipients, sender.

The number in a name is the case's number in the table that CONTRIBUTING.md
tells of; what is asserted follows sendmail(8)."""

import os
import pwd
import subprocess

import pytest

from runner import binary

M = b"Subject: hi\n\nbody\n"
H = b"Subject: s\n\n"
X = "x@a.example"
LOGIN = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture
def send(smarthost, outpost):
    """send(args, stdin) -> (run, host): a fresh smarthost each time."""
    def run(args, stdin=M, config=None, env=None, program="sendmail",
            **switches):
        host = smarthost(**switches)
        done = outpost(args, stdin, host=host, config=config, env=env,
                       program=program)
        host.settled()
        return done, host
    return run


def sent(result):
    """The one message of a run that went well, and silently."""
    run, host = result
    run.ok()
    return host.message


def refused(result, status):
    """One line or two on stderr, and the smarthost was not even called."""
    run, host = result
    run.failed(status)
    assert 1 <= len(run.err.splitlines()) <= 2, run
    assert host.connections == []
    return run


# 1-13: input and options

def test_contract_01_plain(send):
    message = sent(send([X]))
    assert message.sender == f"{LOGIN}@example.test"
    assert message.recipients == [X]
    for name in ("Date", "Message-ID", "From"):
        message.only(name)
    assert message.body == b"body\r\n"


@pytest.mark.parametrize("flag", ["-i", "-oi"])
def test_contract_02_dot_is_text(send, flag):
    assert sent(send([flag, X], H + b"a\n.\nb\n")).body == b"a\r\n.\r\nb\r\n"


@pytest.mark.parametrize("args, head", [([X], b""), (["-t"], b"To: x@a.example\n")])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_contract_03_dot_ends(send, args, head, end):
    text = (head + H + b"a\n.\nb\n").replace(b"\n", end)
    assert sent(send(args, text)).body == b"a\r\n"


def test_contract_03_rest_is_drained(send):
    rest = b"more\n" * 100000
    assert sent(send([X], H + b"a\n.\n" + rest)).body == b"a\r\n"


def test_contract_04_dots_at_line_starts(send):
    body = sent(send([X], H + b"..\n..a\n.a\n")).body
    assert body == b"..\r\n..a\r\n.a\r\n"


def test_contract_05_dot_without_newline(send):
    assert sent(send(["-i", X], H + b"a\n.")).body == b"a\r\n.\r\n"


def test_contract_06_dot_first(send):
    message = sent(send([X], b".\nSubject: s\n"))
    assert message.body == b"" and message.all("Subject") == []


def test_contract_07_recipients_of_the_header(send):
    message = sent(send(["-i", "-t"], b"To: a@x.example\nCc: c@x.example\n"
                        b"Bcc: b@x.example\n" + M))
    assert sorted(message.recipients) == ["a@x.example", "b@x.example",
                                          "c@x.example"]
    assert message.only("To") == "a@x.example"
    assert message.only("Cc") == "c@x.example"
    assert message.all("Bcc") == []
    assert b"b@x.example" not in message.data


@pytest.mark.parametrize("args", [["-it"], ["-ti"], ["-oi", "-t"],
                                  ["-itFJoe"]])
def test_contract_08_bundles(send, args):
    message = sent(send(args, b"To: a@x.example\n" + H + b"a\n.\nb\n"))
    assert message.recipients == ["a@x.example"]
    assert message.body == b"a\r\n.\r\nb\r\n"
    if "-itFJoe" in args:
        assert message.only("From").startswith("Joe <")


def test_contract_09_union(send):
    message = sent(send(["-i", "-t", "y@x.example"], b"To: a@x.example\n" + M))
    assert message.recipients == ["a@x.example", "y@x.example"]


def test_contract_10_union_once(send):
    message = sent(send(["-i", "-t", "a@x.example"],
                        b"To: a@x.example, b@x.example\n" + M))
    assert sorted(message.recipients) == ["a@x.example", "b@x.example"]


@pytest.mark.parametrize("stdin", [b"", M, b"To: \n" + M])
def test_contract_11_no_recipients_in_the_header(send, stdin):
    refused(send(["-t"], stdin), 64)


@pytest.mark.parametrize("args", [[], ["-i"]])
def test_contract_12_no_recipients(send, args):
    refused(send(args), 64)


def test_contract_13_empty_input(send):
    message = sent(send(["-i", X], b""))
    assert message.body == b""
    for name in ("Date", "Message-ID", "From"):
        message.only(name)


# 14-26: recipients

def test_contract_14_resent(send):
    message = sent(send(["-t"], b"Resent-To: r@x.example\n"
                        b"Resent-Cc: rc@x.example\n"
                        b"Resent-Bcc: rb@x.example\nTo: old@x.example\n"
                        b"Date: Mon, 02 Jun 2025 10:00:00 +0800\n"
                        b"Message-ID: <1@x>\n" + M))
    assert sorted(message.recipients) == ["r@x.example", "rb@x.example",
                                          "rc@x.example"]
    assert message.all("Resent-Bcc") == []
    assert message.only("Date") == "Mon, 02 Jun 2025 10:00:00 +0800"
    assert message.only("Message-ID") == "<1@x>"
    message.only("Resent-Date")
    message.only("Resent-Message-ID")
    assert message.only("To") == "old@x.example"


def test_contract_15_resent_without_recipients(send):
    refused(send(["-t"], b"Resent-From: a@x.example\nTo: old@x.example\n"
                 + M), 64)


def test_contract_16_resent_without_t(send):
    message = sent(send([X], b"Resent-To: r@x.example\nTo: old@x.example\n"
                        + M))
    assert message.recipients == [X]
    assert message.only("Resent-To") == "r@x.example"
    assert message.only("To") == "old@x.example"


@pytest.mark.parametrize("field, want", [
    (b"To: g: a@x.example, b@x.example;, c@x.example",
     ["a@x.example", "b@x.example", "c@x.example"]),
    (b'To: "Doe, J" <j@a.example>, (c,c) k@b.example (x, y), m@d.example(n)',
     ["j@a.example", "k@b.example", "m@d.example"]),
    (b"To: a@x.example,\n\tb@x.example,\n  c@x.example",
     ["a@x.example", "b@x.example", "c@x.example"]),
    (b"To: a@x.example,, b@y.example,", ["a@x.example", "b@y.example"]),
    (b"To: a@x.example\nTo: b@x.example", ["a@x.example", "b@x.example"]),
])
def test_contract_17_lists(send, field, want):
    assert sent(send(["-t"], field + b"\n" + M)).recipients == want


def test_contract_18_undisclosed(send):
    message = sent(send(["-t"], b"To: undisclosed-recipients:;\n"
                        b"Bcc: c@x.example\n" + M))
    assert message.recipients == ["c@x.example"]


def test_contract_19_spelling_of_names(send):
    message = sent(send(["-t"], b"TO : a@x.example\ncc: b@x.example\n" + M))
    assert message.recipients == ["a@x.example", "b@x.example"]


def test_contract_20_duplicates(send):
    message = sent(send(["-t"], b"To: a@x.example, A@x.example, a@X.EXAMPLE\n"
                        b"Cc: a@x.example\n" + M))
    assert message.recipients == ["a@x.example", "A@x.example"]


def test_contract_21_header_ends_early(send):
    refused(send(["-t"], b"Subject: s\nnot a header\nTo: a@x.example\n"), 64)


def test_contract_22_bcc_only(send):
    message = sent(send(["-t"], b"From: f@x.example\nBcc: c@x.example\n" + M))
    assert message.recipients == ["c@x.example"]
    assert message.all("Bcc") == [] and message.all("To") == []


def test_contract_23_bcc_without_t(send):
    message = sent(send([X], b"To: a@x.example\nBcc: c@x.example\n" + M))
    assert message.recipients == [X] and message.all("Bcc") == []
    assert b"c@x.example" not in message.data


@pytest.mark.parametrize("stdin", [
    b"To: a@x.example\r\nSubject: s\r\n\r\none\r\ntwo\r\n",
    b"To: a@x.example\r\nSubject: s\r\n\r\none\ntwo\n",
])
def test_contract_24_line_ends(send, stdin):
    message = sent(send(["-t"], stdin))
    assert message.recipients == ["a@x.example"]
    assert message.body == b"one\r\ntwo\r\n"


def test_contract_25_dashed_recipient(send):
    assert sent(send(["--", "-x@a.example"])).recipients == ["-x@a.example"]


def test_contract_26_options_after_operands(send):
    message = sent(send([X, "-t"], b"To: a@x.example\n" + M))
    assert "a@x.example" not in message.recipients
    assert message.recipients == [X, "-t@example.test"]


# 27-38: sender and name

@pytest.mark.parametrize("args", [["-f", "s@s.example"], ["-fs@s.example"],
                                  ["-r", "s@s.example"], ["-rs@s.example"]])
def test_contract_27_sender(send, args):
    message = sent(send(args + [X]))
    assert message.sender == "s@s.example"
    assert message.only("From") == "s@s.example"


@pytest.mark.parametrize("args", [["-f", ""], ["-f", "<>"], ["-f<>"]])
def test_contract_28_null_sender(send, args):
    message = sent(send(args + [X]))
    assert message.sender == ""
    assert f"{LOGIN}@example.test" in message.only("From")


@pytest.mark.parametrize("given", ["<s@s.example>", "N <s@s.example>"])
def test_contract_29_sender_forms(send, given):
    assert sent(send(["-f", given, X])).sender == "s@s.example"


def test_contract_30_bare_sender(send):
    assert sent(send(["-f", "carol", X])).sender == "carol@example.test"


def test_contract_31_last_sender_wins(send):
    message = sent(send(["-f", "a@s.example", "-f", "b@s.example", X]))
    assert message.sender == "b@s.example"


def test_contract_32_newline_in_sender(send):
    refused(send(["-f", "a@b.example\nX: y", X]), 65)


@pytest.mark.parametrize("name", ["Public, Joe", "Jöe"])
def test_contract_33_names(send, name):
    message = sent(send(["-F", name, X]))
    address, = message.parsed()["From"].addresses
    assert address.display_name == name
    assert address.addr_spec == f"{LOGIN}@example.test"
    assert message.head.isascii()


def test_contract_33_quoted_form(send):
    message = sent(send(["-F", "Public, Joe", X]))
    assert message.only("From") == (
        f'"Public, Joe" <{LOGIN}@example.test>')


def test_contract_34_newline_in_name(send):
    message = sent(send(["-F", "a\nX-Evil: 1", X]))
    assert message.all("X-Evil") == []


def test_contract_35_name_with_from(send):
    message = sent(send(["-F", "Joe", X], b"From: a@x.example\n" + M))
    assert message.only("From") == "a@x.example"


def test_contract_36_name_of_the_environment(send):
    env = {"NAME": "E"}
    assert sent(send([X], env=env)).only("From").startswith("E <")
    message = sent(send(["-F", "O", X], env=env))
    assert message.only("From").startswith("O <")


def test_contract_37_user_is_not_believed(send):
    message = sent(send([X], env={"USER": "mallory", "LOGNAME": "mallory"}))
    assert message.sender == f"{LOGIN}@example.test"


@pytest.mark.root
@pytest.mark.parametrize("login, gecos, want", [
    ("bob", 'Bob "The" & (x),,', r'"Bob \"The\" Bob (x)" <bob@example.test>'),
    ("carol", "", "carol@example.test"),
])
def test_contract_38_gecos(smarthost, public_outpost, tmp_path, login, gecos,
                           want):
    passwd = tmp_path / "passwd"
    passwd.write_text(f"root:x:0:0::/root:/bin/sh\n"
                      f"{login}:x:54321:54321:{gecos}:/nonexistent:/bin/sh\n")
    passwd.chmod(0o644)
    host = smarthost()
    public_outpost.configure(host)
    os.chown(public_outpost.config_file, 54321, 54321)
    script = ('mount --bind "$0" /etc/passwd || exit 99; '
              'exec setpriv --reuid 54321 --regid 54321 --clear-groups "$@"')
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, passwd,
         public_outpost.program(), X], input=M, capture_output=True,
        env=public_outpost.environment(), timeout=30, check=False)
    if done.returncode == 99 or b"unshare" in done.stderr:
        pytest.skip("no mount namespace can be had here")
    assert (done.returncode, done.stderr) == (0, b"")
    host.settled()
    assert host.message.only("From") == want


# 39-44: operands

@pytest.mark.parametrize("operand, want", [
    ("a@x.example,b@y.example", ["a@x.example", "b@y.example"]),
    ("Joe Q <a@x.example>", ["a@x.example"]),
    ("a@x.example (J, Q)", ["a@x.example"]),
    ("a@x.example b@y.example", ["a@x.example", "b@y.example"]),
    ("a@x.example; b@y.example", ["a@x.example", "b@y.example"]),
    ("<@x.example,@y.example:u@z.example>", ["u@z.example"]),
    ("a@x.example.", ["a@x.example"]),
])
def test_contract_39_lists_in_operands(send, operand, want):
    assert sent(send([operand])).recipients == want


def test_contract_40_bare_recipient(send):
    assert sent(send(["bob"])).recipients == ["bob@example.test"]


@pytest.mark.parametrize("operand", ['"a b"@x.example', "u@[192.0.2.1]"])
def test_contract_41_odd_forms(send, operand):
    assert sent(send([operand])).recipients == [operand]


@pytest.mark.parametrize("args", [["a@@b"], [X, "a@@b"], [X, "a@"],
                                  [X, "@a"], [X, "<a@a"],
                                  [X, "Joe User a@x.example"],
                                  [X, "a@x.example\nb@y.example"]])
def test_contract_42_no_address(send, args):
    refused(send(args), 65)


def test_contract_43_empty_and_null(send):
    refused(send([""]), 64)
    refused(send(["<>"]), 65)


@pytest.mark.parametrize("operand", ["|/bin/true", "/tmp/f", "|touch ran",
                                     ":include:/etc/passwd"])
def test_contract_44_never_special(send, tmp_path, operand):
    run, host = send([operand])
    assert run.status in (0, 65), run
    for message in host.messages:
        assert all(r.endswith("@example.test") for r in message.recipients)
    assert not (tmp_path / "ran").exists()


# 45-57: other options

def test_contract_45_dsn(send):
    args = ["-N", "success,failure", "-R", "hdrs", "-V", "id+1", X]
    message = sent(send(args, dsn=True))
    assert "RET=HDRS" in message.sender_params
    assert "ENVID=id+2B1" in message.sender_params
    assert message.recipient_params == [["NOTIFY=SUCCESS,FAILURE"]]
    message = sent(send(args, dsn=False))
    assert message.recipient_params == [[]]


@pytest.mark.parametrize("args", [["-B8BITMIME"], ["-B", "8BITMIME"]])
def test_contract_46_body(send, args):
    assert sent(send(args + [X])).recipients == [X]


@pytest.mark.parametrize("args", [["-O", "ErrorMode=p"], ["-OErrorMode=p"]])
def test_contract_47_long_options(send, args):
    assert sent(send(args + [X])).recipients == [X]


@pytest.mark.parametrize("flag", [
    "-oem", "-oep", "-oeq", "-oew", "-oee", "-em", "-eq", "-odb", "-odi",
    "-om", "-oo", "-m"])
def test_contract_48_flags(send, flag):
    assert sent(send([flag, X])).recipients == [X]


@pytest.mark.parametrize("args", [["-odf"], ["-o", "i"]])
def test_contract_49_more_flags(send, args):
    assert sent(send(args + [X])).recipients == [X]


@pytest.mark.parametrize("args", [
    ["-x"], ["-n"], ["-U"], ["-G"], ["-h5"], ["-pP:h"], ["-Ac"], ["-Am"],
    ["-L", "t"], ["-c"], ["-s"], ["-E"], ["-J"]])
def test_contract_50_ignored(send, args):
    assert sent(send(args + [X])).recipients == [X]


@pytest.mark.parametrize("tag", ["t", "x" * 32])
def test_contract_50_log_tag(send, tag):
    run, _ = send(["-L", tag, X])
    assert f" {tag}[{run.ok().pid}]: " in run.log


@pytest.mark.parametrize("args", [["-Z"], ["-bX"], ["-C", "/f"], ["-D", "f"],
                                  ["-bd"], ["-be"], ["-Mx"], ["--nonsense"],
                                  ["-"], ["-bP"], ["-bt"], ["-bS"]])
def test_contract_51_refused(send, args):
    refused(send(args + [X]), 64)


def test_contract_52_queue_and_aliases(outpost):
    for args, program in ((["-bp"], "sendmail"), ([], "mailq")):
        run = outpost(args, program=program)
        assert (run.status, run.out, run.err) == (
            0, b"Mail queue is empty\n", "")
    for args, program in ((["-bi"], "sendmail"), ([], "newaliases")):
        outpost(args, program=program).ok()


def test_contract_53_smtp_comes_later(send):
    run = refused(send(["-bs"], b"EHLO x\r\nQUIT\r\n"), 69)
    assert "-bs" in run.err


def test_contract_55_verify(send):
    run, host = send(["-bv", "a@x.example", "b"])
    assert run.status == 0 and run.err == ""
    assert run.out.decode().splitlines() == [
        "a@x.example... deliverable: relay 127.0.0.1",
        "b@example.test... deliverable: relay 127.0.0.1"]
    assert host.connections == []
    run, host = send(["-bv", "a@@x"])
    assert run.status == 65 and host.connections == []


def test_contract_56_last_mode_wins(send, outpost):
    run = outpost(["-bm", "-bp"])
    assert run.out == b"Mail queue is empty\n"
    assert sent(send(["-bm", X], program="mailq")).recipients == [X]


def test_contract_57_verbose(send):
    run, host = send(["-v", X])
    assert run.status == 0 and run.out == b""
    assert "S: 220 " in run.err and "C: MAIL FROM:" in run.err
    assert host.message.recipients == [X]


def test_contract_binary_is_what_is_tested():
    assert os.access(binary(), os.X_OK)
