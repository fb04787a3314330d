"""What a smarthost offers beyond the ordinary: CHUNKING, LIMITS, SMTPUTF8."""

import pytest
from queued import TO
from smarthost.script import at

MAIL = b"Subject: s\n\n.\n..\n.text\nlast\n"
BODY = b".\r\n..\r\n.text\r\nlast\r\n"
TWO = ["a@d.example", "b@d.example"]
NO_BDAT = "offers CHUNKING but does not take BDAT"


def sized(lines):
    return b"Subject: s\n\n" + b".23456789012345\n" * lines


def declared(message):
    """What SIZE said of a message."""
    return [param for param in message.sender_params if "SIZE=" in param]


# CHUNKING


@pytest.mark.parametrize("pipelining", [True, False])
def test_octets_go_as_they_are(queued, smarthost, pipelining):
    host = smarthost(tls="off", auth="", chunking=True, size=10 ** 7,
                     pipelining=pipelining)
    queued.configure(host).submit(["-i", TO], MAIL).ok()
    message = host.message
    assert message.chunked and message.body == BODY
    assert declared(message) == [f"SIZE={len(message.raw)}"]
    assert f"BDAT {len(message.raw)} LAST".encode() in host.commands
    assert b"DATA" not in host.commands


@pytest.mark.parametrize("lines", [3000, 4096, 60000])
def test_large_and_small(queued, smarthost, lines):
    host = smarthost(tls="off", auth="", chunking=True, size=10 ** 8)
    queued.configure(host).submit(["-i", TO], sized(lines)).ok()
    message = host.message
    assert message.body == b".23456789012345\r\n" * lines
    assert declared(message) == [f"SIZE={len(message.raw)}"]


def test_no_body(queued, smarthost):
    host = smarthost(tls="off", auth="", chunking=True)
    queued.configure(host).submit(["-i", TO], b"Subject: s\n\n").ok()
    assert host.message.body == b""


def test_a_round_trip_less(outpost, smarthost):
    """TCP, TLS, greeting, EHLO, AUTH, and all of the mail: six."""
    host = smarthost(settle=0.25, chunking=True)
    outpost(TWO, MAIL, host=host,
            config={"sender": {"rewrite": "always"}}).ok()
    assert host.connection.steps == [
        ["EHLO"], ["AUTH"], ["MAIL", "RCPT", "RCPT", "BDAT", "body"]]
    assert host.connection.quit


def test_quit_goes_along(outpost, smarthost):
    host = smarthost(settle=0.25, chunking=True)
    outpost(["a@d.example"], MAIL, host=host,
            config={"sender": {"rewrite": "always"}}).ok()
    assert host.connection.steps[2:] == [
        ["MAIL", "RCPT", "BDAT", "body", "QUIT"]]


def test_a_large_one_waits_for_its_recipients(outpost, smarthost):
    host = smarthost(settle=0.25, chunking=True)
    outpost(TWO, sized(5000), host=host,
            config={"sender": {"rewrite": "always"}}).ok()
    assert host.connection.steps[2:] == [
        ["MAIL", "RCPT", "RCPT"], ["BDAT", "body", "QUIT"]]


def test_each_mail_of_a_run_is_one_round_trip(queued, smarthost):
    host = smarthost(tls="off", auth="", settle=0.25, chunking=True)
    queued.configure(host)
    for _ in range(3):
        queued.submit(["-odq", "-i", TO], MAIL).ok()
    queued.run().ok()
    assert [message.body for message in host.messages] == [BODY] * 3
    assert host.connection.steps == [
        ["EHLO"],
        ["MAIL", "RCPT", "BDAT", "body", "RSET", "MAIL", "RCPT"],
        ["BDAT", "body", "MAIL", "RCPT"], ["BDAT", "body", "QUIT"]]


@pytest.mark.parametrize("lines", [1, 5000])
def test_one_of_two_is_refused(queued, smarthost, lines):
    host = smarthost(tls="off", auth="", chunking=True,
                     script=[at("RCPT", when="b@", reply="550 5.1.1 no")])
    done = queued.configure(host).submit(["-i", *TWO], sized(lines))
    assert done.status == 67 and "550 5.1.1 no" in done.err
    assert host.message.recipients == TWO[:1]


@pytest.mark.parametrize("lines", [1, 5000])
def test_all_are_refused(queued, smarthost, lines):
    host = smarthost(tls="off", auth="", chunking=True,
                     script=[at("RCPT", reply="550 5.1.1 no")])
    done = queued.configure(host).submit(["-i", *TWO], sized(lines))
    assert done.status == 67
    assert host.messages == [] and queued.waiting == []
    assert (b"BDAT" in b" ".join(host.commands)) == (lines == 1)


def test_a_mail_to_nobody_holds_up_no_other(queued, smarthost):
    host = smarthost(tls="off", auth="", chunking=True,
                     script=[at("RCPT", nth=1, reply="550 5.1.1 no")])
    queued.configure(host)
    for _ in range(3):
        queued.submit(["-odq", "-f", "", TO], MAIL).ok()
    queued.run()
    assert len(host.connections) == 1
    assert len(host.messages) == 2 and queued.waiting == []


@pytest.mark.parametrize("reply, status", [
    ("554 5.7.1 spam", 69), ("451 4.7.1 later", 0)])
def test_the_answer_to_the_message(queued, smarthost, reply, status):
    host = smarthost(tls="off", auth="", chunking=True,
                     script=[at("BDAT", nth=1, connection=1, reply=reply)])
    done = queued.configure(host).submit(TWO, MAIL)
    assert done.status == status and reply in done.log
    assert len(queued.waiting) == (status == 0)


@pytest.mark.parametrize("lines", [1, 60000])
@pytest.mark.parametrize("fault", [
    "500 5.5.2 what", "502 what", "503 5.5.1 first", "close"])
def test_who_breaks_at_bdat_gets_data(queued, smarthost, fault, lines):
    host = smarthost(tls="off", auth="", chunking=True, bdat_fault=fault)
    done = queued.configure(host).submit(["-i", *TWO], sized(lines))
    assert (done.status, done.err) == (0, "")
    assert len(queued.waiting) == 1 and host.messages == []
    if fault != "close":
        assert NO_BDAT in done.log and fault in done.log
    queued.run().ok()
    assert len(host.messages) == 1 and queued.waiting == []
    assert not host.message.chunked and host.message.recipients == TWO
    first, second = host.connections
    assert "BDAT" in first.verbs and "BDAT" not in second.verbs


def test_who_breaks_is_not_given_up(queued, smarthost):
    host = smarthost(tls="off", auth="", chunking=True,
                     bdat_fault="500 5.5.2 what")
    queued.configure(host)
    for _ in range(3):
        queued.submit(["-odq", "-i", TO], MAIL).ok()
    for _ in range(4):
        queued.run()
    assert len(host.messages) == 3 and queued.waiting == []


# LIMITS


def test_mails_of_a_connection(queued, smarthost):
    host = smarthost(tls="off", auth="", mail_limit=2)
    queued.configure(host)
    for _ in range(5):
        queued.submit(["-odq", "-i", TO], MAIL).ok()
    queued.run().ok()
    assert len(host.messages) == 5 and queued.waiting == []
    assert [connection.verbs.count("MAIL")
            for connection in host.connections] == [2, 2, 1]


def test_recipients_of_a_transaction(queued, smarthost):
    host = smarthost(tls="off", auth="", rcpt_limit=2, mail_limit=2)
    names = [f"u{number}@d.example" for number in range(5)]
    queued.configure(host).submit(names, MAIL).ok()
    assert [message.recipients for message in host.messages] == [
        names[:2], names[2:4]]
    assert len(queued.waiting) == 1
    queued.run().ok()
    assert host.messages[-1].recipients == names[4:]
    assert queued.waiting == []


# SMTPUTF8


def test_not_a_word_where_it_is_not_needed(queued, smarthost):
    host = smarthost(tls="off", auth="", smtputf8=True)
    mail = "Subject: s\n\nGrüße\n".encode()
    queued.configure(host).submit([TO], mail).ok()
    assert host.message.body == "Grüße\r\n".encode()
    assert "SMTPUTF8" not in " ".join(host.message.sender_params)


UTF8 = "grüße@d.example"
NEEDY = {"recipient": ([UTF8], MAIL), "sender": (["-f", UTF8, TO], MAIL),
         "header": ([TO], f"Cc: {UTF8}\n".encode() + MAIL)}


@pytest.mark.parametrize("who", NEEDY)
@pytest.mark.parametrize("way", [[], ["-odq"]], ids=["wait", "queue"])
def test_utf8_where_it_is_offered(queued, smarthost, who, way):
    host = smarthost(tls="off", auth="", smtputf8=True)
    args, stdin = NEEDY[who]
    queued.configure(host).submit([*way, "-i", *args], stdin).ok()
    queued.run().ok()
    message = host.message
    assert "SMTPUTF8" in message.sender_params
    assert "BODY=8BITMIME" in message.sender_params
    assert UTF8 in [message.sender, *message.recipients] \
        or message.only("Cc") == UTF8
    assert message.body == BODY and queued.waiting == []


@pytest.mark.parametrize("who", NEEDY)
def test_utf8_where_it_is_not_offered(queued, smarthost, who):
    """Nothing is said of it to the smarthost."""
    host = smarthost(tls="off", auth="")
    args, stdin = NEEDY[who]
    run = queued.configure(host).submit(["-i", *args], stdin)
    run.failed(65, "SMTPUTF8")
    assert "status=5.6.7" in run.log and len(queued.failed) == 1
    assert not any(line.startswith(b"MAIL") for line in host.commands)


def test_utf8_recipient_among_others(queued, smarthost):
    host = smarthost(tls="off", auth="")
    run = queued.configure(host).submit(["-i", TO, UTF8], MAIL)
    run.failed(65, "SMTPUTF8", UTF8)
    assert host.message.recipients == [TO]


# REQUIRETLS


def wants_tls(queued, host, stdin):
    queued.configure(host, message={"require_tls": "yes"}, smarthost={
        "tls": "implicit", "ca_file": queued.outpost.ca_file})
    return queued.submit(["-i", TO], stdin)


@pytest.mark.parametrize("field, said", [
    (b"", True), (b"TLS-Required: No\n", False),
    (b"tls-required:\n no \n", False), (b"TLS-Required: Yes\n", True)])
def test_tls_is_wanted_on_all_of_the_way(queued, smarthost, field, said):
    host = smarthost(requiretls=True, auth="")
    wants_tls(queued, host, field + MAIL).ok()
    assert ("REQUIRETLS" in host.message.sender_params) == said


def test_tls_that_is_not_offered(queued, smarthost):
    run = wants_tls(queued, smarthost(auth=""), MAIL)
    run.failed(69, "REQUIRETLS", "require_tls = no")
    assert "status=5.7.30" in run.log and len(queued.failed) == 1
    host = smarthost(auth="")
    wants_tls(queued, host, b"TLS-Required: No\n" + MAIL).ok()
    assert len(host.messages) == 1
