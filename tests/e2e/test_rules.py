"""What providers are known to say, and what is done about it: the first digit
does not decide alone.  The rows are replies as they come; the rule that each is
for is in etc/providers.ini, and what follows from its class is here."""

import configparser
import time
from dataclasses import dataclass

import pytest
from faults import CLEAR, MAIL, clear
from pausefile import HOST, LOGIN, RATE, Pause
from queued import TO, until
from runner import PROVIDERS
from smarthost.script import at

MINUTE = 60
FIRST = 60  # seconds: the first step of the retry table
DAY = 24 * 60 * MINUTE
BEFORE_MAIL = ("GREETING", "HELO", "STARTTLS", "AUTH")


@dataclass
class Row:
    rule: str  # its section in providers.ini
    kind: str  # its class
    stage: str
    reply: str
    wait: int = 0  # seconds

    def __str__(self):
        return f"{self.stage} {self.reply}"


def rows(table):
    """Of a line each: class, and how long it is waited for; stages; what is
    said; the rule's name."""
    found = []
    for line in table.strip().splitlines():
        kind, stages, reply, rule = map(str.strip, line.split("|"))
        kind, _, wait = kind.partition(" ")
        found += [Row(rule, kind, stage, reply, int(wait or 0) * MINUTE)
                  for stage in stages.split()]
    return found


SUF = "163 gzga-smtp-mtada-g0-3,_____wAbCdEfGhIjKlMnOp--.123S2 1749744000"

NETEASE = rows(f"""
account       | AUTH | 535 Error: authentication failed | 163 wrong code
account       | AUTH | 550 User has no permission | 163 service off
account       | AUTH | 451 Requested mail action not taken: too much fail authentication | 163 too many failures
account       | GREETING AUTH | 554 Ip is rejected, smtp auth error limit exceed,163 gzsmtp1 | 163 address blocked
account       | GREETING AUTH | 554 IP is rejected, smtp auth error limit exceed,126 smtp3,x 1 | 163 address blocked
configuration | MAIL | 553 authentication is required,{SUF} | 163 not logged in
configuration | MAIL | 553 Mail from must equal authorized user | 163 other sender
configuration | MAIL | 553 Local user only,{SUF} | 163 foreign sender
configuration | MAIL | 553 Requested action not taken: NULL sender is not allowed | 163 null sender
configuration | DOT  | 554 DT:SUM {SUF} | 163 From differs
spam 10       | DOT  | 554 DT:SPM {SUF},please see http://mail.163.com/help/help_spam_16.htm?ip=1&hostid=x&time=1 | 163 spam
spam 10       | DOT  | 550 DT:SPM {SUF},please see http://mail.163.com/help/help_spam_16.htm?ip=1&hostid=x&time=1 | 163 spam
retry 2       | DOT  | 451 DT:SPM ,please try again | 163 soft spam
connection 1  | MAIL DOT | 450 MI:DMC {SUF} http://mail.163.com/help/help_spam_16.htm | 163 messages of a connection
connection 1  | MAIL DOT | 451 MI:DMC {SUF} http://mail.163.com/help/help_spam_16.htm | 163 messages of a connection
wait 15       | MAIL | 451 MI:SFQ {SUF} | 163 rate
wait 15       | MAIL | 554 MI:SFQ {SUF} | 163 rate
wait 30       | RCPT | 451 RP:QRC {SUF} | 163 recipients lately
wait 30       | RCPT | 550 RP:QRC {SUF} | 163 recipients lately
day           | MAIL DOT | 550 MI:STC {SUF} | 163 quota of the day
day           | MAIL DOT | 554 MI:STC {SUF} | 163 quota of the day
day           | MAIL | 554 5.5.0 MI:STC .For more information, please visit http://x | 163 quota of the day
day           | RCPT | 550 RP:TRC {SUF} | 163 recipients of the day
split         | RCPT | 550 RP:RCL {SUF} | 163 recipients of a message
split         | RCPT | 550 Requested mail action not taken: too much recipient | 163 recipients of a message, in words
connection 1  | RCPT | 450 RP:DRC {SUF} | 163 recipients of a connection
connection 1  | MAIL RCPT DOT | 450 MI:CEL {SUF} | 163 commands, MI:CEL
connection 1  | MAIL RCPT | 451 RP:CEL {SUF} | 163 commands, RP:CEL
connection 1  | RCPT | 550 RP:CEL {SUF} | 163 commands, RP:CEL
connection 1  | GREETING MAIL | 450 MI:CCL {SUF} | 163 commands, MI:CCL
connection 1  | RCPT | 451 RP:CCL {SUF} | 163 commands, RP:CCL
wait 15       | GREETING | 421 HL:ICC {SUF} | 163 connections
wait 15       | GREETING | 554 HL:ICC {SUF} | 163 connections
wait 15       | GREETING | 554 HL:ITC {SUF} | 163 connections, older
wait 15       | GREETING MAIL | 421 HL:IFC {SUF} | 163 messages of an address
wait 15       | GREETING | 554 HL:IFQ {SUF} | 163 messages of an address, older
wait 15       | GREETING | 421 HL:REP {SUF} | 163 unknown recipients
wait 15       | GREETING | 421 HL:MEP {SUF} | 163 false domains
wait 15       | GREETING | 451 HL:MEP {SUF} | 163 false domains
wait 30       | GREETING | 554 HL:IHU {SUF} | 163 address held
configuration | GREETING | 554 HL:IPB {SUF} | 163 address barred
configuration | GREETING | 554 IP in blacklist {SUF} | 163 address on a blacklist
configuration | GREETING | 450 DT:RBL {SUF} | 163 address listed
configuration | GREETING | 451 DT:RBL {SUF} | 163 address listed
configuration | GREETING | 450 WM:BLI {SUF} | 163 address blocked by policy
configuration | MAIL | 450 WM:BLU {SUF} | 163 sender on a blacklist
configuration | MAIL | 554 MI:SPB {SUF} | 163 sender barred
configuration | MAIL | 550 User in blacklist | 163 user on a blacklist
account       | AUTH | 550 User suspended | 163 account suspended
fail          | RCPT | 550 User suspended | 163 recipient suspended
fail          | RCPT | 550 User suspend | 163 recipient suspended
fail          | RCPT | 550 User not found: who@163.com | 163 no such recipient
fail          | RCPT | 550 Invalid User: who | 163 recipient without a domain
configuration | RCPT | 550 RP:FRL {SUF} | 163 no relay
fail          | DOT  | 552 Requested mail action aborted: exceeded mailsize limit | 163 too large
fail          | DOT  | 552 Illegal Attachment | 163 attachment
configuration | HELO | 550 MI:NHD {SUF} | 163 no name
configuration | HELO MAIL RCPT DATA | 500 Error: bad syntax | 163 bad syntax
configuration | MAIL | 550 MI:IMF {SUF} | 163 sender malformed
configuration | STARTTLS | 454 Command not permitted when TLS active | 163 STARTTLS within TLS
retry         | GREETING MAIL RCPT DATA DOT | 451 Requested action aborted: local error in processing | 163 local error
fail          | MAIL RCPT | 550 MI:SPF {SUF} | 163 direct delivery
fail          | MAIL DOT | 550 MI:DMA {SUF} | 163 direct delivery, DMARC
configuration | MAIL | 553 Requested action not taken: no smtp MX only | 163 incoming mail
""")

# the first digit misleads
OTHERS = rows("""
account       | AUTH | 535 Error: authentication failed, system busy | exmail login
configuration | MAIL | 440 mail from account doesn't conform with authentication | Aliyun sender
configuration | MAIL | 436 "MAIL FROM" doesn't conform with authentication [@id] | Aliyun sender, newer
configuration | MAIL | 451 5.7.3 STARTTLS is required to send mail | Microsoft TLS
configuration | MAIL DOT | 403 You are not authorized to send from that email address | SendGrid sender, older
account       | AUTH MAIL | 451 Authentication failed: Maximum credits exceeded | SendGrid credits
wait 10       | GREETING MAIL | 550 Connection frequency limited | QQ frequency
account       | AUTH | 535 Login fail. Account is abnormal, service is not open, password is incorrect, login frequency limited, or system is busy. More information at x | QQ code
wait 360      | MAIL DOT | 550 5.4.5 Daily user sending limit exceeded. x | Gmail quota
account       | AUTH | 535 5.7.139 Authentication unsuccessful, basic authentication is disabled. | Outlook password
account       | AUTH | 535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. | Microsoft 365 login by password
""")

# Section by section, what else others say
OTHERS += rows("""
account       | AUTH | 535 Login Fail. Please enter your authorization code to login. More information in x | QQ code
account       | AUTH | 535 Error: x http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=28&&no=1001256 | QQ code, older
configuration | MAIL | 503 Error: need EHLO and AUTH first ! | QQ not logged in
configuration | MAIL | 501 mail from address must be same as authorization user | QQ sender
configuration | MAIL | 502 Invalid input from 192.0.2.1 to smtp.qq.com. | QQ input
configuration | DOT  | 550 The "From" header is missing or invalid. Please follow RFC5322, RFC2047, RFC822 standard protocol. | QQ From
account       | AUTH | 526 Authentication failure[0] | Aliyun login
account       | AUTH | 526 Authentication failure[1] | Aliyun too many failures
configuration | AUTH | 524 username or passwd is NULL | Aliyun empty login
configuration | AUTH | 523 cipher text is invalid base64 format | Aliyun base64
configuration | MAIL | 501 "MAIL FROM" is non-local account | Aliyun foreign sender
configuration | MAIL | 450 "MAIL FROM" mailbox unavailable | Aliyun unknown sender
account       | MAIL | 541 sending is forbidden | Aliyun barred
fail          | RCPT | 542 receiving is forbidden | Aliyun receiving barred
fail          | RCPT | 553 "RCPT TO" mailbox unavailable | Aliyun no such recipient
fail          | RCPT | 554 RCPT (a@b) dosn't exist | Aliyun no such recipient, newer
fail          | RCPT | 504 limit of wrong recipients | Aliyun wrong recipients
split         | RCPT | 505 the total of RCPTs is achieved the maximum threshold | Aliyun recipients
retry         | RCPT | 552 mailbox is full | Aliyun full mailbox
fail          | DATA DOT | 510 attachment size | Aliyun size
fail          | DOT  | 551 virus infected | Aliyun virus
spam 30       | DOT  | 554 Reject by behaviour spam | Aliyun behaviour
retry 15      | DOT  | 454 Transient reject by behaviour spam | Aliyun behaviour, for a while
spam 10       | DOT  | 554 Reject by content spam | Aliyun content
account       | AUTH | 535 5.7.8 Username and Password not accepted. For more information, go to x | Gmail password
account       | AUTH | 534 5.7.9 Application-specific password required. For more information, go to x | Gmail app password
account       | AUTH | 454 4.7.0 Too many login attempts, please try again later. | Gmail too many logins
retry         | AUTH | 454 4.7.0 Cannot authenticate due to a temporary system problem. | Gmail trouble
account       | MAIL | 530 5.7.0 Authentication Required. For more information, go to x | not logged in
configuration | MAIL | 530 5.7.0 Must issue a STARTTLS command first. | STARTTLS first
wait 15       | GREETING MAIL | 421 4.7.0 Try again later, closing connection. | Gmail rate
account       | AUTH | 535 5.7.3 Authentication unsuccessful | Microsoft login
account       | AUTH | 550 5.7.30 Basic authentication is not supported for Client Submission. | Microsoft passwords over
configuration | AUTH | 504 5.7.4 Unrecognized authentication type | Microsoft mechanism
configuration | DOT  | 554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied | Microsoft sender
account       | AUTH | 535 Authentication Credentials Invalid | SES login
configuration | DOT  | 554 Message rejected: Email address is not verified. The following identities failed the check | SES sender
wait 1        | MAIL DOT | 454 Throttling failure: Maximum sending rate exceeded. | SES rate
wait 360      | DOT  | 454 Throttling failure: Daily message quota exceeded. | SES quota
account       | AUTH | 535 Authentication failed: Bad username / password | SendGrid login
configuration | DOT  | 550 The from address does not match a verified Sender Identity. | SendGrid sender
configuration | RCPT | 550 5.7.1 Relaying denied | Mailgun relay
configuration | RCPT | 550 5.7.1 <rcpt@d.example>... Relaying denied. Proper authentication required. | relaying denied
configuration | RCPT | 554 5.7.1 <rcpt@d.example>: Relay access denied | relay access denied
configuration | MAIL | 421 Domain d.example is not allowed to send: Free accounts are for test purposes only. | Mailgun domain
configuration | DOT  | 553 Relaying disallowed as tester@163.com | Zoho sender
account       | AUTH | 535 Authentication Failed | Zoho login
account       | AUTH | 535 5.7.0 (#AUTH005) Too many bad auth attempts. | Yahoo too many failures
account       | AUTH | 535 5.7.0 Incorrect username or password. | Fastmail login
configuration | DOT  | 551 5.7.1 Not authorised to send from this header address | Fastmail sender
configuration | DOT  | 553 Envolope sender mismatch with header from.. | Sina sender
""")


@pytest.fixture(scope="module")
def rules():
    """The sections of providers.ini."""
    found = configparser.RawConfigParser(
        strict=False, delimiters=("=",), comment_prefixes=("#", ";"))
    found.optionxform = str
    found.read(PROVIDERS, "utf-8")
    return found


def begin(queued, smarthost, row):
    """A smarthost that says so, and an account for it."""
    if row.stage == "STARTTLS":
        host = smarthost(tls="starttls", script=[
            at("STARTTLS", reply=row.reply)])
        queued.configure(host, smarthost={
            "tls": "starttls", "auth": "plain",
            "ca_file": queued.outpost.ca_file})
    elif row.stage == "AUTH":
        host = smarthost(tls="off", script=[at("VERDICT", reply=row.reply)])
        queued.configure(host, smarthost={"auth": "plain"})
    else:
        stages = ["EHLO", "HELO"] if row.stage == "HELO" else [row.stage]
        host = clear(smarthost, script=[at(stage, reply=row.reply)
                                        for stage in stages])
        queued.configure(host)
    return host


def to_midnight():
    """Seconds until the day is over in Beijing."""
    return DAY - (int(time.time()) + 8 * 60 * MINUTE) % DAY


def expected_pause(row):
    """Cause and seconds, the least and the most; or None."""
    if row.kind == "account":
        return LOGIN, 30 * MINUTE, 30 * MINUTE
    if row.kind == "wait":
        return RATE, row.wait, row.wait
    if row.kind == "day":
        left = to_midnight()
        return RATE, left, left + 10 * MINUTE
    if row.stage in BEFORE_MAIL or (row.kind == "retry"
                                    and row.stage == "MAIL"):
        return HOST, FIRST, FIRST
    return None


def check_pause(queued, row):
    pause, wanted = Pause(queued.spool), expected_pause(row)
    if wanted is None:
        assert pause.data is None
        return
    until, _, cause, failures = pause.numbers()
    assert (cause, failures) == (wanted[0], 1)
    left = until - time.time()
    assert wanted[1] - 20 < left < wanted[2] + 20, left


def check_next(queued, row):
    mail = queued.mail()
    wait = mail["next"] - mail["last"]
    least = min(row.wait, 60 * MINUTE)
    if row.kind == "connection":
        assert wait == least
    else:
        assert max(FIRST, least) <= wait <= max(FIRST * 6 / 5, least)


@pytest.mark.parametrize("row", NETEASE + OTHERS, ids=str)
def test_reply(queued, smarthost, rules, row):
    host = begin(queued, smarthost, row)
    en, zh = rules[row.rule]["en"], rules[row.rule]["zh"]
    done = queued.submit()
    assert len(host.connections) == 1
    if row.kind in ("fail", "split"):
        assert done.status in (67, 69)
        assert queued.waiting == [] and len(queued.failed) == 1
    else:
        assert done.status == 0
        assert len(queued.waiting) == 1 and queued.failed == []
        check_next(queued, row)
    check_pause(queued, row)
    if row.kind in ("fail", "split", "configuration"):
        assert row.reply in done.err and en in done.err
    else:
        assert done.err == ""
    assert row.reply in done.log
    for language, advice in (("C", en), ("zh_CN.UTF-8", zh)):
        said = queued.submit(["-v", TO], env={"LC_ALL": language})
        assert f": {advice}\n" in said.err


def test_every_rule_is_tried(rules):
    known = {row.rule for row in NETEASE + OTHERS}
    assert {name for name in rules.sections()
            if rules.has_option(name, "match")} - known == {
        # of generic software, of K marks, or a second wording
        "login refused", "Gmail rate of an address", "Yahoo login",
        "iCloud sender"}
    for row in NETEASE + OTHERS:
        assert rules[row.rule]["class"] == row.kind, row


# what follows from a class


def queue(queued, host, count, **sections):
    queued.configure(host, **sections)
    for _ in range(count):
        queued.submit(["-odq", TO]).ok()


def test_spam_is_for_good_at_the_third_time(queued, smarthost):
    host = clear(smarthost, script=[
        at("DOT", reply="554 DT:SPM 163 smtp8")])
    queued.configure(host).submit().ok()
    queued.run().ok()
    assert len(queued.waiting) == 1 and queued.failed == []
    host.script[:] = [at("DOT", nth=1, connection=3,
                         reply="554 DT:SPM 163 smtp8")]
    queued.run().ok()
    assert len(queued.failed) == 1 and len(host.connections) == 3
    log = queued.outpost.log()
    assert "given up after 3 attempts (taken for spam)" in log
    queued.run().ok()
    report = host.message.parsed()
    assert report.get_content_type() == "multipart/report"
    text = list(report.iter_parts())[0].get_content()
    assert "takes the message for spam" in text and "被判为垃圾邮件" in text


def test_spam_is_not_due_for_ten_minutes(queued, smarthost):
    host = clear(smarthost, script=[at("DOT", reply="554 DT:SPM")])
    queued.configure(host, queue={"retry": "1ms"}).submit().ok()
    queued.run_due().ok()
    assert len(host.connections) == 1


@pytest.mark.parametrize("code", [450, 451, 550])
@pytest.mark.parametrize("stage", ["MAIL", "DOT"])
def test_too_many_on_a_connection(queued, smarthost, code, stage):
    """None waits for what another connection is enough for."""
    host = smarthost("163", tls="off", dmc_limit=2, dmc_code=code,
                     dmc_stage=stage)
    queue(queued, host, 5, smarthost={"auth": "login"},
          sender={"rewrite": "always"})
    queued.run().ok()
    assert len(host.messages) == 5 and queued.waiting == []
    assert len(host.connections) == 3
    assert Pause(queued.spool).data is None


@pytest.mark.parametrize("pipelining", [True, False])
def test_too_many_recipients_on_a_connection(queued, smarthost, pipelining):
    """Who is too late on one goes over the next, and nobody twice."""
    host = clear(smarthost, pipelining=pipelining, script=[
        at("RCPT", nth=3, reply="450 RP:DRC"),
        at("RCPT", nth=4, reply="450 RP:DRC"),
        at("RCPT", nth=5, reply="450 RP:DRC")])
    queued.configure(host).submit(
        ["-odq", *(f"r{i}@d.example" for i in range(5))]).ok()
    queued.run().ok()
    assert [mail.recipients for mail in host.messages] == [
        ["r0@d.example", "r1@d.example"], ["r2@d.example", "r3@d.example"],
        ["r4@d.example"]]
    assert len(host.connections) == 3 and queued.waiting == []


def test_a_new_connection_that_is_not_enough(queued, smarthost):
    """Then it is not tried with all that waits."""
    host = clear(smarthost, script=[at("MAIL", reply="451 MI:CEL")])
    queue(queued, host, 5)
    queued.run().ok()
    assert len(host.connections) == 1 and len(queued.waiting) == 5
    assert Pause(queued.spool).data is None


def test_too_many_recipients_while_the_caller_waits(queued, smarthost):
    host = clear(smarthost, script=[at("RCPT", nth=2, reply="450 RP:DRC")])
    queued.configure(host).submit(["a@d.example", "b@d.example"]).ok()
    mail = queued.mail()
    assert mail["next"] - mail["last"] == 60
    queued.run().ok()
    assert [mail.recipients for mail in host.messages] == [
        ["a@d.example"], ["b@d.example"]]


@pytest.mark.parametrize("pipelining", [True, False])
def test_too_many_recipients_of_a_message(queued, smarthost, pipelining):
    host = clear(smarthost, pipelining=pipelining, script=[
        at("RCPT", nth=3, reply="550 RP:RCL 163 smtp8")])
    queued.configure(host).submit(
        [f"r{i}@d.example" for i in range(4)]).ok()
    assert len(host.connections) == 1 and queued.waiting == []
    assert sorted(name for mail in host.messages
                  for name in mail.recipients) == [
        f"r{i}@d.example" for i in range(4)]


@pytest.mark.parametrize("stage, reply", [
    ("MAIL", "553 Mail from must equal authorized user"),
    ("RCPT", "550 RP:FRL"), ("DOT", "554 DT:SUM"),
    ("MAIL", "421 Domain x is not allowed to send")])
def test_one_bad_sender_stops_nobody(queued, smarthost, stage, reply):
    host = clear(smarthost, script=[at(stage, nth=1, connection=1,
                                       reply=reply)])
    queue(queued, host, 3)
    queued.run().ok()
    assert len(host.messages) == 2 and len(queued.waiting) == 1
    assert Pause(queued.spool).data is None


def test_hanging_up_on_bad_senders_stops_nobody(queued, smarthost):
    host = clear(smarthost, script=[
        at("MAIL", connection=n, cut="after",
           reply="421 Domain x is not allowed to send") for n in (1, 2, 3)])
    queue(queued, host, 4)
    queued.run().ok()
    assert len(host.messages) == 1 and len(queued.waiting) == 3
    assert Pause(queued.spool).data is None


@pytest.mark.parametrize("stage, reply", [
    ("MAIL", "554 MI:STC"), ("DOT", "550 MI:STC"), ("MAIL", "451 MI:SFQ"),
    ("RCPT", "550 RP:TRC"), ("GREETING", "554 HL:IHU"),
    ("MAIL", "541 forbidden")])
def test_what_is_said_to_the_account_holds_all(queued, smarthost, stage,
                                               reply):
    host = clear(smarthost, script=[at(stage, reply=reply)])
    queue(queued, host, 3)
    queued.run().ok()
    queued.submit().ok()
    queued.run_due().ok()
    assert len(host.connections) == 1 and len(queued.waiting) == 4
    assert Pause(queued.spool).numbers()[3] == 1
    host.script.clear()
    queued.run("-qf").ok()
    assert len(host.messages) == 4 and Pause(queued.spool).data is None


@pytest.mark.parametrize("stage, reply", [
    ("DOT", "550 MI:STC"), ("RCPT", "451 RP:QRC"), ("MAIL", "451 later")])
def test_nobody_is_taken_along_then(queued, smarthost, stage, reply):
    host = clear(smarthost, script=[at(stage, reply=reply)])
    queue(queued, host, 2)
    queued.submit().ok()
    until(lambda: host.connection.quit)
    assert len(host.connections) == 1
    assert host.connection.verbs.count("MAIL") == 1


def test_nothing_is_forgiven_by_a_recipient_who_was_taken(queued, smarthost):
    host = clear(smarthost, script=[at("RCPT", nth=2, reply="451 RP:QRC")])
    queued.configure(host).submit(["a@d.example", "b@d.example"]).ok()
    assert host.message.recipients == ["a@d.example"]
    assert Pause(queued.spool).numbers()[2] == RATE


def test_a_repeated_address_is_not_the_server_s_word(queued, smarthost):
    """Anybody could stop the account by writing to a name of this kind."""
    to = "MI:STC@d.example"
    host = clear(smarthost, script=[
        at("RCPT", reply=f"550 User not found: {to}")])
    queued.configure(host).submit([to]).failed(67, "no such recipient")
    assert Pause(queued.spool).data is None


def test_without_a_queue(outpost, smarthost):
    host = clear(smarthost, script=[
        at("MAIL", reply="553 Mail from must equal authorized user")])
    outpost([TO], MAIL, host=host, config=CLEAR).failed(
        75, "553 mail from must", "rewrite = always")


def test_the_end_of_a_mistake_in_the_configuration(queued, smarthost):
    """It is reported when the mail has had its life."""
    host = clear(smarthost, script=[
        at("MAIL", connection=n, nth=1,
           reply="553 Mail from must equal authorized user")
        for n in range(1, 6)])
    queued.configure(host, queue={"lifetime": "1s", "retry": "1ms"})
    queued.submit(["-odq", TO]).ok()
    time.sleep(1.1)
    for _ in range(7):
        queued.run().ok()
    assert len(queued.failed) == 1
    text = list(host.message.parsed().iter_parts())[0].get_content()
    assert "rewrite = always" in text


# the file


def test_a_rule_of_ones_own(queued, smarthost, tmp_path):
    rules = tmp_path / "rules.ini"
    rules.write_text("[mine]\nmatch = 550 not today\nclass = wait\n"
                     "wait = 3h\nen = Wait until the evening.\n")
    queued.outpost.providers = rules
    host = clear(smarthost, script=[at("MAIL", reply="550 5.7.1 Not today")])
    queued.configure(host)
    done = queued.submit(["-v", TO])
    assert "Wait until the evening." in done.err
    assert abs(Pause(queued.spool).numbers()[0] - time.time() - 10800) < 20


@pytest.mark.parametrize("text, told", [
    (None, False), ("", False), ("[x\n", True),
    ("[x]\nmatch = MI:STC\nclass = unknown\n", False)],
    ids=["missing", "empty", "broken", "of a later version"])
def test_without_rules_the_digit_counts(queued, smarthost, tmp_path, text,
                                        told):
    queued.outpost.providers = tmp_path / "rules.ini"
    if text is not None:
        queued.outpost.providers.write_text(text)
    host = clear(smarthost, script=[at("MAIL", reply="554 MI:STC")])
    done = queued.configure(host).submit()
    done.failed(69, "554 MI:STC")
    assert ("what is known of providers is not used" in done.log) == told


# text in Chinese

GBK = bytes.fromhex("C7EBCAB9D3C3CADAC8A8C2EBB5C7C2BCA1A3")
SAID = "请使用授权码登录。"


def test_text_in_gbk(queued, smarthost):
    host = smarthost(tls="off", script=[at(
        "VERDICT", raw=b"535 Error: " + GBK
        + b" http://service.mail.qq.com/cgi-bin/help?id=28\r\n",
        cut="after")])
    queued.configure(host, smarthost={"auth": "plain"})
    done = queued.submit(["-v", TO])
    assert done.err.count(f"535 Error: {SAID} http://") >= 2
    assert "16 letters" in done.err
    assert f"535 Error: {SAID} http://" in done.log
    assert SAID in queued.admin("list").out.decode()


def test_report_of_text_in_gbk(queued, smarthost):
    host = clear(smarthost, script=[
        at("RCPT", when=TO, raw=b"550 " + GBK + b"\r\n")])
    queued.configure(host).submit(["-odq", TO]).ok()
    for _ in range(2):
        queued.run().ok()
    text = list(host.message.parsed().iter_parts())[0].get_content()
    assert SAID in text


@pytest.mark.parametrize("raw, shown", [
    ("用户不存在".encode(), "用户不存在"),
    ("用户不存在".encode("gb18030"), "用户不存在"),
    (b"\xff\xfe x", "\\xff\\xfe x"), (b"J\xf6", "J\\xf6")])
def test_other_text(queued, smarthost, raw, shown):
    host = clear(smarthost, script=[
        at("RCPT", raw=b"550 " + raw + b"\r\n")])
    done = queued.configure(host).submit()
    assert f"550 {shown}" in done.err and f"550 {shown}" in done.log
