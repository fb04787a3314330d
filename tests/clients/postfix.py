"""A real Postfix, with Dovecot's SASL, that delivers to maildirs."""
import email
import os
import pathlib
import re
import shutil
import subprocess
import time

from received import Received, decoded

MAIN = """compatibility_level = 3.6
myhostname = smtp.163.com
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
maillog_file = /var/log/postfix.log
alias_maps =
smtpd_tls_chain_files = {key}, {cert}
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sender_login_maps = texthash:/etc/postfix/logins
smtpd_sender_restrictions = reject_sender_login_mismatch
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_error_sleep_time = 0
virtual_mailbox_domains = example.com, 163.com
virtual_mailbox_base = {mail}
virtual_mailbox_maps = texthash:/etc/postfix/people
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{uid}
virtual_minimum_uid = 100
"""
IMPLICIT = {"smtpd_tls_wrappermode": "yes"}
STARTTLS = {"smtpd_tls_security_level": "encrypt"}
LOGIN = {"smtpd_sasl_auth_enable": "yes",
         "smtpd_client_restrictions": "permit_sasl_authenticated,reject"}
# who shows a certificate whose digest is known need not log in
CERTIFICATE = {"smtpd_tls_ask_ccert": "yes",
               "smtpd_tls_fingerprint_digest": "sha256",
               "relay_clientcerts": "texthash:/etc/postfix/clients",
               "smtpd_sender_restrictions": "",
               "smtpd_relay_restrictions": "permit_tls_clientcerts,reject"}


def offering(mechanisms):
    return {**IMPLICIT, **LOGIN, "smtpd_sasl_mechanism_filter": mechanisms}


# port: how its smtpd differs
SERVICES = {
    465: {**IMPLICIT, **LOGIN},
    587: {**STARTTLS, **LOGIN},
    1465: offering("scram-sha-1,cram-md5,plain,login"),
    2465: offering("cram-md5,plain,login"),
    3465: offering("cram-md5,login"),
    4465: offering("cram-md5"),
    5465: {**IMPLICIT, **LOGIN, "smtpd_tls_chain_files":
           "/etc/postfix/elsewhere.key,/etc/postfix/elsewhere.pem"},
    6465: {**IMPLICIT, **CERTIFICATE},
    6587: {**STARTTLS, **CERTIFICATE},
    7025: {"smtpd_sender_restrictions": "",
           "smtpd_relay_restrictions": "permit_mynetworks,reject"},
}
# its own submission server listens on 7465, and gives Postfix what it takes
DOVECOT = """protocols = submission
ssl = yes
ssl_cert = <%(cert)s
ssl_key = <%(key)s
ssl_ca = <%(ca)s
ssl_verify_client_cert = yes
ssl_require_crl = no
ssl_cert_username_field = commonName
auth_ssl_username_from_cert = yes
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 external
mail_location = maildir:%(mail)s/%%u
submission_relay_host = 127.0.0.1
submission_relay_port = 7025
auth_failure_delay = 0
log_path = /var/log/dovecot.log
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%%u /etc/dovecot/users
}
userdb {
  driver = static
  args = uid=5000 gid=5000 home=%(mail)s/%%u
}
service submission-login {
  inet_listener submission {
    port = 0
  }
  inet_listener submissions {
    port = 7465
    ssl = yes
  }
}
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
"""
UID = 5000
LOG = pathlib.Path("/var/log/postfix.log")
LOGINS = pathlib.Path("/var/log/dovecot.log")


def services():
    """Their rows of master.cf."""
    return "".join(f"{port} inet n - n - - smtpd\n" + "".join(
        f"  -o {name}={value}\n" for name, value in keys.items())
        for port, keys in SERVICES.items())


def digest(cert):
    """A certificate's, as Postfix writes it."""
    done = subprocess.run(
        ["openssl", "x509", "-in", cert, "-noout", "-sha256", "-fingerprint"],
        capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip().partition("=")[2]


class Postfix:
    def __init__(self, scratch, authority, account, password, people):
        self.mail = scratch / "mail"
        self.mail.mkdir()
        os.chown(self.mail, UID, UID)
        cert = authority.certificate()
        elsewhere = authority.certificate("wrong-name")
        client = digest(authority.certificate("client").cert)
        files = {
            "postfix/main.cf": MAIN.format(key=cert.key, cert=cert.cert,
                                           mail=self.mail, uid=UID),
            "postfix/logins": f"{account} {account}\n",
            "postfix/people": "".join(f"{p} {p}/\n"
                                      for p in [account, *people]),
            "postfix/clients": f"{client} web1\n",
            "dovecot/dovecot.conf": DOVECOT % {
                "cert": cert.cert, "key": cert.key, "ca": authority.ca_file,
                "mail": scratch / "home"},
            "dovecot/users": f"{account}:{{PLAIN}}{password}\n"
                             "web1:::::::nopassword=y\n",
        }
        for name, text in files.items():
            pathlib.Path("/etc", name).write_text(text, encoding="utf-8")
        for path, end in ((elsewhere.cert, "pem"), (elsewhere.key, "key")):
            shutil.copy(path, f"/etc/postfix/elsewhere.{end}")
        master = pathlib.Path("/etc/postfix/master.cf")
        rows = [row if not row.startswith("smtp      inet") else "#" + row
                for row in master.read_text().splitlines()]
        master.write_text("\n".join(rows) + "\n" + services())

    def __enter__(self):
        os.makedirs("/run/dovecot", exist_ok=True)
        subprocess.run(["postfix", "check"], check=True)
        subprocess.run(["dovecot"], check=True)
        subprocess.run(["postfix", "start"], check=True,
                       capture_output=True)
        return self

    def __exit__(self, *_):
        subprocess.run(["postfix", "stop"], check=False, capture_output=True)
        subprocess.run(["doveadm", "stop"], check=False)

    def _look(self, subject):
        """The mail with this subject, from all the maildirs it is in."""
        copies = {}
        for path in self.mail.glob("*/new/*"):
            data = path.read_bytes()
            mail = email.message_from_bytes(data)
            if [decoded(s) for s in mail.get_all("Subject", [])] == [subject]:
                copies[path.parts[-3]] = data
        if not copies:
            return None
        data = next(iter(copies.values()))
        sender = email.message_from_bytes(data)["Return-Path"].strip("<>")
        return Received(sender, copies, data)

    @property
    def log(self):
        return LOG.read_text() if LOG.exists() else ""

    @property
    def logins(self):
        """[(user, mechanism)] of those who logged in to Dovecot itself."""
        return re.findall(r"Login: user=<([^>]*)>, method=([A-Z0-9-]+)",
                          LOGINS.read_text())

    def how(self, mail):
        """(protocol, log-in) of a mail, as Postfix has noted them: the latter
        what it logged of the client, as {sasl_method: ...}."""
        received = mail.all("Received")[0]
        protocol, name = re.search(r"with (\w+)\s+id (\w+)",
                                   received).groups()
        client, = re.findall(rf" {name}: client=(.*)", self.log)
        return protocol, dict(re.findall(r"(sasl_\w+)=([^,]+)", client))

    def wait_for(self, subject, seconds=30):
        """The one mail with this subject, once Postfix has no more to do."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            queue = subprocess.run(["postqueue", "-j"], check=True,
                                   capture_output=True).stdout
            found = self._look(subject)
            if found and not queue:
                return found
            time.sleep(0.1)
        raise AssertionError(f"no mail {subject!r}:\n{self.log}")
