"""outpost and a real Postfix with Dovecot: how it logs in, whom it trusts,
and what the two of them make of a mail."""
import base64
import hashlib
import os
import re
import shutil
import subprocess

import pytest
from conftest import ACCOUNT, PASSWORD, make_spool, run, write

ADA = "ada@example.com"
TEXT = "Grüße\n.\n.. aus Köln, 北京\n"
WRONG = "xx" + PASSWORD
MECHANISMS = ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"]


class Client:
    """outpost, as it is installed, with another configuration and queue."""

    def __init__(self, place, authority, env):
        self.place, self.authority = place, authority
        self.config, self.log_file = place / "outpost.ini", place / "log"
        self.env = {**env, "OUTPOST_CONFIG": str(self.config)}
        make_spool(place / "spool")
        shutil.chown(place, "outpost")

    def configure(self, port=465, password=PASSWORD, **keys):
        secret = write(self.place / "secret", password + "\n", 0o600)
        keys = {"host": "smtp.163.com", "port": port, "user": ACCOUNT,
                "password_file": secret, "ca_file": self.authority.ca_file,
                "tls": "starttls" if port % 1000 == 587 else "implicit",
                **keys}
        smarthost = "".join(f"{name} = {value}\n" for name, value in
                            keys.items() if value is not None)
        write(self.config, f"""[smarthost]
{smarthost}
[sender]
address = {ACCOUNT}
[queue]
directory = {self.place}/spool
[log]
syslog = off
file = {self.log_file}
""", 0o600)
        return self

    def send(self, subject, *args, body=TEXT):
        """What it says of the dialogue and its result."""
        mail = f"Subject: {subject}\nContent-Type: text/plain; " \
            f"charset=utf-8\n\n{body}"
        done = run("sendmail", "-v", "-i", *(args or [ADA]), env=self.env,
                   input=mail.encode())
        said = done.stderr.decode()
        assert not done.stdout and PASSWORD not in said + self.log
        return said

    def run_queue(self):
        return run("sendmail", "-q", env=self.env)

    @property
    def log(self):
        return self.log_file.read_text() if self.log_file.exists() else ""

    @property
    def waiting(self):
        return len(os.listdir(self.place / "spool/queue"))


@pytest.fixture
def client(tmp_path_factory, scratch, authority, env, request):
    place = scratch / re.sub(r"\W+", "-", request.node.name)
    place.mkdir()
    return Client(place, authority, env)


def arrived(smarthost, subject, protocol, method):
    """The mail, which came whole and in this way."""
    mail = smarthost.wait_for(subject)
    mail.check(ACCOUNT, [ADA])
    assert mail.body.decode() == TEXT
    login = {"sasl_method": method, "sasl_username": ACCOUNT}
    assert smarthost.how(mail) == (protocol, login if method else {})
    return mail


@pytest.mark.parametrize("port", [465, 587])
@pytest.mark.parametrize("method", MECHANISMS)
def test_logs_in(smarthost, client, port, method):
    subject = f"server: {method} {port}"
    client.configure(port, auth=method.lower()).send(subject)
    arrived(smarthost, subject, "ESMTPSA", method)


@pytest.mark.parametrize("port, method", [
    (465, "SCRAM-SHA-256"), (1465, "SCRAM-SHA-1"), (2465, "PLAIN"),
    (3465, "LOGIN"), (4465, "CRAM-MD5")])
def test_the_best_that_is_offered(smarthost, client, port, method):
    subject = f"server: best of {port}"
    client.configure(port).send(subject)
    arrived(smarthost, subject, "ESMTPSA", method)


@pytest.mark.parametrize("method", MECHANISMS)
def test_wrong_password(smarthost, client, method):
    """Both mails are kept, the account is tried once, and the right password
    ends the pause."""
    failure = f": SASL {method} authentication failed"
    before = smarthost.log.count(failure)
    client.configure(auth=method.lower(), password=WRONG)
    subjects = [f"server: wrong {method} {i}" for i in (1, 2)]
    for i, subject in enumerate(subjects, 1):
        said = client.send(subject)
        assert f"refused AUTH {method} as {ACCOUNT}, with a password " \
            "that holds a blank: 535 5.7.8" in said
        assert "kept for later" in said and "authorisation code" in said
        assert client.waiting == i
    assert "status=4.7.8" in client.log or "535 5.7.8" in client.log
    assert smarthost.log.count(failure) == before + 1
    client.configure(auth=method.lower()).run_queue()
    for subject in subjects:
        arrived(smarthost, subject, "ESMTPSA", method)
    assert client.waiting == 0


def pin(cert):
    key = subprocess.run(
        f"openssl x509 -in {cert} -noout -pubkey |"
        " openssl pkey -pubin -outform DER", shell=True, capture_output=True,
        timeout=60, check=True).stdout
    return "sha256//" + base64.b64encode(hashlib.sha256(key).digest()).decode()


@pytest.mark.parametrize("port", [465, 587])
def test_pinned_key(smarthost, client, authority, port):
    """Another one gets the mail kept; the one it then shows is right."""
    subject = f"server: pinned {port}"
    right = pin(authority.certificate().cert)
    wrong = pin(authority.certificate("wrong-name").cert)
    said = client.configure(port, ca_file=None, tls_pin=wrong).send(subject)
    assert f"but {right}" in said and client.waiting == 1
    client.configure(port, ca_file=None, tls_pin=right).run_queue()
    arrived(smarthost, subject, "ESMTPSA", "SCRAM-SHA-256")


def test_certificate_of_another(smarthost, client):
    said = client.configure(5465).send("server: another")
    assert "it is for mail.elsewhere.test, not for smtp.163.com" in said
    assert client.waiting == 1
    client.configure().run_queue()
    arrived(smarthost, "server: another", "ESMTPSA", "SCRAM-SHA-256")


def own_certificate(authority, kind="client"):
    """The keys that show it."""
    own = authority.certificate(kind)
    os.chmod(own.key, 0o600)
    return {"tls_cert": own.cert, "tls_key": own.key}


@pytest.mark.parametrize("port", [6465, 6587])
def test_certificate_instead_of_a_login(smarthost, client, authority, port):
    """Without it the server refuses the recipient."""
    subject = f"server: certificate {port}"
    keys = {"auth": "off", "user": None, "password_file": None}
    client.configure(port, **keys, **own_certificate(authority))
    client.send(subject)
    arrived(smarthost, subject, "ESMTPS", None)
    client.configure(port, **keys)
    done = subprocess.run(["sendmail", "-i", ADA], env=client.env, timeout=60,
                          input=b"Subject: server: none\n\n", check=False,
                          capture_output=True)
    assert done.returncode == 67 and b"554 5.7.1" in done.stderr, done
    assert client.waiting == 0


def test_certificate_to_log_in_with(smarthost, client, authority):
    """EXTERNAL, which Dovecot's own server takes."""
    client.configure(7465, auth="external", user="web1", password_file=None,
                     **own_certificate(authority))
    said = client.send("server: external")
    assert "AUTH EXTERNAL ********" in said
    arrived(smarthost, "server: external", "ESMTP", None)
    assert smarthost.logins[-1] == ("web1", "EXTERNAL")


def test_certificate_of_a_stranger(client, authority):
    """It is by an authority that the server does not know."""
    client.configure(7465, auth="external", user="web1", password_file=None,
                     **own_certificate(authority, "client-unknown"))
    client.send("server: stranger")
    assert client.waiting == 1


@pytest.mark.parametrize("method", MECHANISMS)
def test_dovecot(smarthost, client, method):
    subject = f"server: dovecot {method}"
    said = client.configure(7465, auth=method.lower()).send(subject)
    assert " BDAT " in said
    arrived(smarthost, subject, "ESMTP", None)
    assert smarthost.logins[-1] == (ACCOUNT, method)


def test_octets_in_one_piece(smarthost, client):
    """CHUNKING and 8BITMIME: nothing is re-encoded, nothing stuffed."""
    subject = "server: chunks"
    said = client.configure().send(subject)
    assert "BODY=8BITMIME" in said and " BDAT " in said and "DATA\n" not in said
    mail = arrived(smarthost, subject, "ESMTPSA", "SCRAM-SHA-256")
    assert mail.only("Content-Transfer-Encoding").lower() == "8bit"


def test_many_octets(smarthost, client):
    line = "北京欢迎你 .\n.\n"
    body = line * (3_000_000 // len(line.encode()))
    said = client.configure(587).send("server: many", body=body)
    assert said.count(" BDAT ") >= 1
    assert smarthost.wait_for("server: many").body.decode() == body


def test_address_beyond_ascii(smarthost, client):
    to = "dörte@example.com"
    said = client.configure().send("server: für Dörte", to)
    assert " SMTPUTF8" in said
    mail = smarthost.wait_for("server: für Dörte")
    mail.check(ACCOUNT, [to])
    assert mail.body.decode() == TEXT
    assert smarthost.how(mail)[0] == "UTF8SMTPSA"


def test_told_of_the_delivery(smarthost, client):
    said = client.configure().send("server: tell me", "-N", "success", "-R",
                                   "hdrs", "-V", "id+7", ADA)
    assert "NOTIFY=SUCCESS" in said and "ENVID=id+2B7" in said
    arrived(smarthost, "server: tell me", "ESMTPSA", "SCRAM-SHA-256")
    report = smarthost.wait_for("Successful Mail Delivery Report")
    assert report.recipients == [ACCOUNT]
    assert b"Original-Envelope-Id: id+7" in report.data
    assert b"Action: delivered" in report.data
    assert "Grüße".encode() not in report.data


def test_not_told_of_anything(smarthost, client):
    said = client.configure().send("server: say nothing", "-N", "never", ADA)
    assert "NOTIFY=NEVER" in said
    arrived(smarthost, "server: say nothing", "ESMTPSA", "SCRAM-SHA-256")
