"""A real Postfix, with Dovecot's SASL, that delivers to maildirs."""
import email
import os
import pathlib
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
virtual_mailbox_domains = example.com
virtual_mailbox_base = {mail}
virtual_mailbox_maps = texthash:/etc/postfix/people
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{uid}
virtual_minimum_uid = 100
"""
SMTPS = """465 inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
"""
DOVECOT = """protocols =
ssl = no
auth_mechanisms = login
log_path = /var/log/dovecot.log
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u /etc/dovecot/users
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=/nonexistent
}
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
"""
UID = 5000


class Postfix:
    def __init__(self, scratch, authority, account, password, people):
        self.mail = scratch / "mail"
        self.mail.mkdir()
        os.chown(self.mail, UID, UID)
        cert = authority.certificate()
        files = {
            "postfix/main.cf": MAIN.format(key=cert.key, cert=cert.cert,
                                           mail=self.mail, uid=UID),
            "postfix/logins": f"{account} {account}\n",
            "postfix/people": "".join(f"{p} {p}/\n" for p in people),
            "dovecot/dovecot.conf": DOVECOT,
            "dovecot/users": f"{account}:{{PLAIN}}{password}\n",
        }
        for name, text in files.items():
            pathlib.Path("/etc", name).write_text(text, encoding="utf-8")
        master = pathlib.Path("/etc/postfix/master.cf")
        rows = [row if not row.startswith("smtp      inet") else "#" + row
                for row in master.read_text().splitlines()]
        master.write_text("\n".join(rows) + "\n" + SMTPS)

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
        log = pathlib.Path("/var/log/postfix.log")
        raise AssertionError(f"no mail {subject!r}:\n"
                             + (log.read_text() if log.exists() else ""))
