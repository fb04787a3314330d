"""Mistakes that people make, and the one sentence that ends each."""

import os
import re
import socket
import subprocess
from typing import NamedTuple

import pytest
from faults import MAIL, private
from runner import CODE, REPO
from smarthost.script import at

X = "x@a.example"
LOGIN = "hunter2hunter2"  # to the web mail
PASTED = "abcd efgh ijkl mnop"
SECRETS = (CODE, CODE[:15], LOGIN, PASTED)
ADVICE = {"OUTPOST_PROVIDERS": os.path.join(REPO, "etc", "providers.ini")}
CHINESE = {**ADVICE, "LC_ALL": "zh_CN.UTF-8"}

# Those that the configuration shows: 78, the mail is not kept, nobody is
# called.  Mistake: what differs in [smarthost], or all of the file; the
# sentence.
CONFIG = {
    "no host": (
        {"host": None}, "host: must be set to the server that takes your mail"),
    "smtps:// before the host": (
        {"host": "smtps://smtp.163.com"},
        "host: must be the name alone: what smtps:// says is tls = implicit"),
    "a port of letters": (
        {"port": "smtps"}, "port: must be a number from 1 to 65535"),
    "tls = on": (
        {"tls": "on"}, "tls: must be implicit, starttls or off"),
    "tls = off with a password": (
        {"host": "smtp.163.com", "tls": "off", "ca_file": None},
        "clear; set implicit for port 465, starttls for 587"),
    "a user without a domain": (
        {"user": "tester"},
        "address: must be set to the account's mail address"),
    "no user": (
        {"user": None}, "user: must be set to log in"),
    "no password": (
        {"password": None}, "password: must be set, or password_file"),
    "a password in two places": (
        {"password_file": "/etc/secret"}, "cannot be set together with"),
    "a password file that is not there": (
        {"password": None, "password_file": "/nonexistent/secret"},
        "/nonexistent/secret: no such file; its first line must be the "
        "password"),
    "~ in a path": (
        {"password": None, "password_file": "~/secret"},
        "password_file: must be an absolute path"),
    "no section": (
        "host = smtp.163.com\n",
        ":1: a key before the first [section]; put [smarthost] above it"),
    "no section, of the sender": (
        "address = me@163.com\n", "put [sender] above it"),
    "ssmtp.conf": (
        "# ssmtp\nmailhub=smtp.163.com:465\nAuthPass=hunter2hunter2\n",
        ":2: a key before the first [section]; put [smarthost] above it"),
    "msmtprc": (
        "defaults\nauth on\n",
        ":1: expected `name = value`, [section] or a comment"),
    "msmtprc in a section": (
        "[smarthost]\ntls_starttls on\n",
        ":2: expected `tls = value`, in [smarthost]"),
    "msmtprc without its head": (
        "host smtp.163.com\n", ":1: expected `host = value`, in [smarthost]"),
    "colons": (
        "[smarthost]\nhost: smtp.163.com\n", ":2: expected `host = value`"),
    "a wide =": (
        "[smarthost]\nhost＝smtp.163.com\n", ":2: expected `name = value`"),
    "a section of another program": (
        "[account]\nhost = smtp.163.com\n",
        "unknown section [account]; was [smarthost] meant?"),
    "a section in capitals": (
        "[Sender]\n", "unknown section [Sender]; was [sender] meant?"),
    "an empty file": (
        "", "host: must be set to the server that takes your mail"),
}

# key in [smarthost]: what it is called here
KEYS = {
    "passwd": "password in [smarthost]",
    "pasword": "password in [smarthost]",
    "username": "user in [smarthost]",
    "hostname": "host in [smarthost]",
    "server": "host in [smarthost]",
    "address": "address in [sender]",
    "mailhub": "host in [smarthost]",  # ssmtp
    "AuthUser": "user in [smarthost]",
    "AuthPass": "password in [smarthost]",
    "UseSTARTTLS": "tls in [smarthost]",
    "FromLineOverride": "rewrite in [sender]",
    "rewriteDomain": "domain in [sender]",
    "root": "local in [recipients]",
    "tls_starttls": "tls in [smarthost]",  # msmtp
    "tls_trust_file": "ca_file in [smarthost]",
    "tls_fingerprint": "tls_pin in [smarthost]",
    "passwordeval": "password_command in [smarthost]",
    "from": "address in [sender]",
    "logfile": "file in [log]",
    "SMARTHOST": "host in [smarthost]",  # dma
    "SECURETRANSFER": "tls in [smarthost]",
    "MAILNAME": "domain in [sender]",
    "relayhost": "host in [smarthost]",  # Postfix
    "smtpserverport": "port in [smarthost]",  # git
    "smtp-auth-user": "user in [smarthost]",  # mailx
    "EMAIL_HOST_PASSWORD": "password in [smarthost]",  # Django
}


class Row(NamedTuple):
    keys: dict  # what differs in [smarthost]
    server: dict  # what the smarthost is
    said: str  # stands in the line before the advice, and in the log
    english: str
    chinese: str
    status: int = 0  # 0: the mail is kept


NETEASE, TENCENT, ALIYUN = ({"profile": name} for name in
                            ("163", "qq", "aliyun"))
CODE_163 = ("Make a new one, of 16 letters", "16 位授权码")
CODE_QQ = ("authorisation code of 16 letters", "16 位授权码")
CODE_GMAIL = ("app password of 16 letters", "16 位的应用专用密码")
LOG_IN = ("Set `user` and `password`, and do not set `auth = off`.",
          "不要设置 auth = off。")
SENDER = ("`rewrite = always`", "rewrite = always")
IMPLICIT = ("set `tls = implicit`", "请设 tls = implicit")
SUBMISSION = ("Set `host` to the server for sending mail, not to an MX",
              "请把 host 设为发信服务器（不是收信的 MX）")
SMTP = ("Set `host` and `port` to the server for sending mail (SMTP).",
        "请把 host 和 port 设为发信服务器（SMTP）的地址和端口。")
HTTP = [at("GREETING", raw=b"HTTP/1.1 400 Bad Request\r\n\r\n")]
GMAIL = [at("VERDICT", reply="535 5.7.8 Username and Password not accepted. "
            "For more information, go to https://support.google.com/mail/?p="
            "BadCredentials x - gsmtp")]
OUTLOOK = [at("VERDICT", reply="535 5.7.139 Authentication unsuccessful, "
              "basic authentication is disabled. [x.outlook.com]")]


def refusing(stage, reply, **switches):
    return {"script": [at(stage, reply=reply)], **switches}


# Those that only the smarthost shows.
SERVER = {
    "port 587 with tls = implicit": Row(
        {}, {**NETEASE, "tls": "starttls"}, "does not speak TLS from the start",
        "Set `tls = starttls` for this port", "此端口请设 tls = starttls"),
    "port 465 with tls = starttls": Row(
        {"tls": "starttls", "wait_timeout": "1s"}, NETEASE,
        "no greeting in time", *IMPLICIT),
    "port 465 with tls = off": Row(
        {"tls": "off", "ca_file": None, "wait_timeout": "1s"}, NETEASE,
        "no greeting in time", *IMPLICIT),
    "a server without STARTTLS": Row(
        {"tls": "starttls"}, refusing("EHLO", ["250-x", "250 AUTH LOGIN"],
                                      tls="off"),
        "does not offer STARTTLS", "Use `tls = implicit` with `port = 465`.",
        "请用 tls = implicit 和 port = 465。"),
    "the login password at 163": Row(
        {"password": LOGIN}, NETEASE, "535 Error", *CODE_163),
    "the login password at QQ": Row(
        {"password": LOGIN}, TENCENT, "535 Error", *CODE_QQ),
    "the login password at QQ, newer": Row(
        {"password": LOGIN}, {**TENCENT, "gbk": False}, "535 Login fail",
        *CODE_QQ),
    "the login password at Gmail": Row(
        {"password": LOGIN}, {"script": GMAIL}, "535 5.7.8", *CODE_GMAIL),
    "a password at Outlook": Row(
        {"password": LOGIN}, {"script": OUTLOOK}, "535 5.7.139",
        "Microsoft does not take passwords from this account",
        "微软不接受该账户用密码登录"),
    "a wrong password elsewhere": Row(
        {"password": LOGIN}, {}, "535 5.7.8", "Check `user` and `password`",
        "请检查 user 和 password"),
    "a code without its last letter": Row(
        {"password": CODE[:15]}, NETEASE, "535 Error", *CODE_163),
    "a code with its blanks": Row(
        {"password": PASTED}, {"script": GMAIL},
        "with a password that holds a blank: 535", *CODE_GMAIL),
    "a code in quotes": Row(
        {"password": f"'{CODE}'"}, NETEASE,
        "with a password that stands in quotes: 535", *CODE_163),
    "a code in printer's quotes": Row(
        {"password": f"“{CODE}”"}, NETEASE,
        "with a password that holds more than ASCII: 535", *CODE_163),
    "a code and a blank": Row(
        {"password": f'"{CODE} "'}, NETEASE,
        "with a password that begins or ends with a blank: 535", *CODE_163),
    "a user of another provider": Row(
        {"user": "tester@126.com"}, NETEASE, "as tester@126.com: 535",
        "is not the authorisation code of this `user`",
        "不是该 user 的授权码"),
    "SMTP is not switched on": Row(
        {}, {**NETEASE, "smtp_enabled": False}, "550 User has no permission",
        "Switch it on in the web mail", "没有开启 SMTP 服务"),
    "too many failed logins": Row(
        {"password": LOGIN}, refusing(
            "VERDICT", "451 too much fail authentication, please try later"),
        "451 too much", "wait half an hour", "等半小时"),
    "an MX with TLS": Row(
        {"tls": "starttls"}, {"tls": "starttls", "auth": ""},
        "AUTH is not offered", *SUBMISSION),
    "a login that is not offered": Row(
        {"auth": "cram-md5"}, NETEASE,
        "AUTH CRAM-MD5 is wanted, offered is: PLAIN LOGIN",
        "Set `auth` to one that is offered.",
        "请把 auth 设为服务器提供的方式之一。"),
    "auth = off at 163": Row(
        {"auth": "off"}, NETEASE, "553 authentication is required", *LOG_IN),
    "auth = off at QQ": Row(
        {"auth": "off"}, TENCENT, "503 Error", *LOG_IN),
    "auth = off at Aliyun": Row(
        {"auth": "off"}, ALIYUN, "501 \"MAIL FROM\"", *LOG_IN),
    "auth = off elsewhere": Row(
        {"auth": "off"}, {}, "530 5.7.0 Authentication required", *LOG_IN),
    "auth = off at Postfix": Row(
        {"auth": "off"}, refusing(
            "RCPT", f"554 5.7.1 <{X}>: Relay access denied", auth=""),
        "Relay access denied", *LOG_IN),
    "tls = off where TLS is wanted": Row(
        {"tls": "off", "auth": "off", "ca_file": None}, refusing(
            "MAIL", "530 5.7.0 Must issue a STARTTLS command first",
            tls="off", auth=""), "530 5.7.0",
        "Set `tls = starttls` for this port", "此端口请设 tls = starttls"),
    "another sender at 163": Row(
        {"user": "other@163.com"}, {**NETEASE, "user": "other@163.com"},
        "553 Mail from must equal authorized user", *SENDER),
    "another sender at QQ": Row(
        {"user": "other@qq.com"}, {**TENCENT, "user": "other@qq.com"},
        "501 mail from address must be same", *SENDER),
    "another sender at Aliyun": Row(
        {"user": "other@aliyun.com"}, {**ALIYUN, "user": "other@aliyun.com"},
        "doesn't conform with authentication", *SENDER),
    "another sender at Postfix": Row(
        {}, refusing("MAIL", "553 5.7.1 <x>: Sender address rejected: not "
                     "owned by user tester@163.com"), "553 5.7.1", *SENDER,
        69),
    "another sender at Exchange": Row(
        {}, refusing("DOT", "554 5.2.252 SendAsDenied; a@b.example not allowed"
                     " to send as c@b.example"), "SendAsDenied", *SENDER),
    "an expired certificate, or a clock ahead": Row(
        {}, {"certificate": "expired"}, "it has expired (on 2021-01-01)",
        "If this machine's clock is right", "请检查本机时钟"),
    "a clock that stands": Row(
        {}, {"certificate": "future"}, "it is not valid before 2098-01-01",
        "If this machine's clock is right", "请检查本机时钟"),
    "another name": Row(
        {}, {"certificate": "wrong-name"},
        "it is for mail.elsewhere.test, not for 127.0.0.1",
        "Set `host` to a name that the certificate is for.",
        "请把 host 设为证书中的名字。"),
    "an authority of one's own": Row(
        {}, {"certificate": "unknown-ca"}, "(issuer CN=Test CA other)",
        "name the authority's certificate in `ca_file`", "用 ca_file 指定"),
    "a self-signed bridge": Row(
        {}, {"certificate": "self-signed"}, "its key is sha256//",
        "put it into `tls_pin`", "写入 tls_pin"),
    "the POP3 server": Row(
        {}, {"script": [at("GREETING", raw=b"+OK Welcome Pop3\r\n")]},
        '"+OK Welcome Pop3"', *SMTP),
    "the IMAP server": Row(
        {}, {"script": [at("GREETING", raw=b"* OK IMAP ready\r\n")]},
        '"* OK IMAP ready"', *SMTP),
    "a web server": Row(
        {}, {"tls": "off", "script": HTTP}, '"HTTP/1.1 400 Bad', *SMTP),
    "a web server, in clear": Row(
        {"tls": "starttls"}, {"tls": "off", "script": HTTP},
        '"HTTP/1.1 400 Bad', *SMTP),
    "nobody listens": Row(
        {"port": 1}, {}, "Connection refused",
        "Check `host` (most often smtp. and the domain)",
        "请检查 host（一般是 smtp. 加域名）"),
    "the domain for the host, misspelt": Row(
        {"host": "smtp.163.con.invalid"}, {}, "cannot resolve",
        "Check `host` in the configuration", "请检查配置中的 host"),
}


def lines(done):
    """What it says beside the dialogue."""
    assert not any(secret in done.err + done.log for secret in SECRETS), done
    return [line for line in done.err.splitlines()
            if line.startswith("sendmail: ")]


@pytest.fixture
def keeper(queued):
    """With a queue, so that what can be kept is; of the sender nothing is
    set."""
    queued.changes = {"queue": {"directory": queued.spool},
                      "sender": {"rewrite": None}}
    return queued


@pytest.mark.parametrize("mistake", CONFIG)
def test_configuration(outpost, smarthost, keeper, mistake):
    keys, sentence = CONFIG[mistake]
    host = smarthost()
    if isinstance(keys, str):
        outpost.configure(None, keys)
    else:
        keeper.configure(host, smarthost=keys)
    done = keeper.submit([X], env=ADVICE)
    line, = lines(done)
    assert done.status == 78 and sentence in line, done
    assert done.err.count("\n") == 1
    assert keeper.waiting == [] and host.connections == []


@pytest.mark.parametrize("key", KEYS)
def test_key_of_another_program(outpost, key):
    section = "recipients" if key == "address" else "smarthost"
    done = outpost([X], MAIL, config={section: {key: LOGIN}})
    line, = lines(done)
    assert done.status == 78
    assert line.endswith(
        f": unknown key {key} in [{section}]; was {KEYS[key]} meant?")


@pytest.mark.parametrize("language", [ADVICE, CHINESE], ids=["en", "zh"])
@pytest.mark.parametrize("mistake", SERVER)
def test_server(smarthost, keeper, mistake, language):
    row = SERVER[mistake]
    if "wait_timeout" in row.keys and language is CHINESE:
        pytest.skip("the same as the others, and a second's wait")
    host = smarthost(**row.server)
    host.expect_violations()  # a server that is none cannot tell
    keeper.configure(host, smarthost=row.keys,
                     sender={"address": "tester@163.com"})
    done = keeper.submit(["-v", X], env=language)
    said, advice = lines(done)
    assert row.said in said and row.said in done.log, done
    assert (row.english if language is ADVICE else row.chinese) in advice
    assert (done.status, len(keeper.waiting)) == (row.status,
                                                  row.status == 0), done


def test_nobody_looks(smarthost, keeper):
    """A daemon that sends hears nothing of what is kept; the log does."""
    keeper.configure(smarthost(**NETEASE), smarthost={"password": LOGIN})
    done = keeper.submit([X], env=ADVICE)
    assert (done.status, done.err) == (0, "")
    assert "refused AUTH PLAIN as tester@163.com: 535" in done.log


@pytest.fixture
def password_file(outpost, smarthost, keeper):
    """Configures it with this file: password_file(data, mode), its path."""
    def make(data, mode=0o600):
        path = outpost.directory / "secret"
        path.write_bytes(data)
        path.chmod(mode)
        keeper.configure(smarthost(**NETEASE), smarthost={
            "password": None, "password_file": path})
        return path
    return make


@pytest.mark.parametrize("data", [
    CODE.encode(), CODE.encode() + b"\r\n", CODE.encode() + b"\n\nnote\n"])
def test_password_file(password_file, keeper, data):
    password_file(data)
    keeper.submit([X], env=ADVICE).ok()
    assert keeper.waiting == []


@pytest.mark.parametrize("data", [b"", b"\n" + CODE.encode()])
def test_password_file_that_is_empty(password_file, keeper, data):
    path = password_file(data)
    line, = lines(keeper.submit([X], env=ADVICE))
    assert line.endswith(
        f"{path}: the first line, which is the password, is empty")


def test_what_others_may_read(password_file, outpost, keeper, smarthost):
    """The command that the one line says ends it: of the password's file, and
    of the configuration with a password in it."""
    path = password_file(CODE.encode(), 0o644)
    for each in (path, outpost.config_file):
        done = keeper.submit([X], env=ADVICE)
        line, = lines(done)
        command = re.search(r"; run: (chmod \S+ \S+)$", line).group(1)
        assert done.status == 78 and command.endswith(f" {each}")
        subprocess.run(command.split(), check=True, timeout=20)
        keeper.submit([X], env=ADVICE).ok()
        outpost.config_mode = 0o644
        keeper.configure(smarthost(**NETEASE))


def test_port_25_is_blocked(keeper):
    """Packets go nowhere: a queue of connections that is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fill = [socket.socket() for _ in range(4)]
        for sock in fill:
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        keeper.configure(None, smarthost={
            "port": listener.getsockname()[1], "tls": "starttls",
            "connect_timeout": "500ms"})
        done = keeper.submit(["-v", X], env=ADVICE)
        for sock in fill:
            sock.close()
    said, advice = lines(done)
    assert done.status == 0 and len(keeper.waiting) == 1
    assert "cannot connect to 127.0.0.1" in said
    assert "most clouds block port 25: use 465." in advice


@pytest.mark.parametrize("language, words", [
    (ADVICE, "mail for local users goes where `local` in [recipients]"),
    (CHINESE, "按 [recipients] 中的 local 或别名投递")], ids=["en", "zh"])
def test_mail_for_root_goes_nowhere(smarthost, keeper, language, words):
    host = smarthost(**NETEASE, script=[at(
        "RCPT", reply="550 User not found: root@example.test")])
    keeper.configure(host, sender={"domain": "example.test"})
    done = keeper.submit(["root"], env=language)
    said, advice = lines(done)
    assert done.status == 67 and keeper.waiting == []
    assert "RCPT TO:<root@example.test>: 550" in said and words in advice


def test_no_authorities(outpost, smarthost, keeper):
    keeper.configure(smarthost(), smarthost={"ca_file": "/nonexistent.pem"})
    done = keeper.submit(["-v", X], env=ADVICE)
    line, = lines(done)
    assert "trusted certificates in /nonexistent.pem: No such file" in line


@pytest.mark.root
def test_no_configuration(outpost):
    done = private(outpost, {"x": ""}, [X], env={
        "OUTPOST_CONFIG": None, "HOME": "/nonexistent", **ADVICE})
    assert lines(done) == [
        "sendmail: /etc/outpost.ini: no such file; outpost.ini(5) says what "
        "to put there"]
    assert done.status == 78
