"""smtp.163.com and smtp.126.com, as public transcripts show them."""

import hashlib
import re
import secrets
import string
import time

from smarthost.profile import Profile
from smarthost.replies import Reply, multiline

_TOKEN = string.ascii_letters + string.digits + "_-"
_NETEASE = ("163.com", "126.com", "yeah.net")
_SUBJECT = re.compile(rb"(?im)^subject:([^\r]*)")
_HELP = "http://mail.163.com/help/help_spam_16.htm"


class NetEase(Profile):
    name = "163"
    challenges = ("dXNlcm5hbWU6", "UGFzc3dvcmQ6")
    switches = {
        "year": "2026",  # 2018, 2022 or 2026
        "suffix": "163",  # or 126
        "host": "",  # "": as the year has it
        "auth_trailing_space": False,
        "smtp_enabled": True,
        "local_users": "",  # NetEase addresses that exist; "": all do
        "dmc_limit": 11,  # messages of a connection
        "dmc_code": 451,
        "dmc_stage": "MAIL",  # or DOT
        "rcpt_limit": 40,
        "auth_limit": 5,  # failed logins of an address
        "auth_ban": 600.0,  # seconds
        "accept_parameters": False,
        "autospam": False,  # the third like message is spam
        "connect_refusal": "",  # such as "421 HL:ICC"
        "verdict_text": "",  # at the dot, such as "554 DT:SPM"
    }

    def __init__(self, user="tester@163.com", code="ABCDEFGHIJKLMNOP",
                 **switches):
        super().__init__(user, code, **switches)
        self.year = str(self.year)
        if self.year not in ("2018", "2022", "2026"):
            raise ValueError("year is 2018, 2022 or 2026")
        if not self.host:
            self.host = ("gzga-smtp-mtada-g0-3" if self.year == "2026"
                         else "smtp8")
        self._failed = {}  # peer: [number, time of the last]
        self._seen = {}  # digest of a message: times it came
        self._ids = {}  # (connection, mail): queue id

    # identifiers

    def _qid(self, dialogue):
        """The id of the transaction, the same in all its replies."""
        key = (dialogue.connection.number, dialogue.mails)
        if key not in self._ids:
            middle = _random(16)
            digits = secrets.randbelow(99000) + 1000
            self._ids[key] = (f"_____w{middle}--.{digits}"
                              f"S{dialogue.mails + 1}")
        return self._ids[key]

    def _place(self, dialogue):
        return f"{self.host},{self._qid(dialogue)} {int(time.time())}"

    def _suffix(self, dialogue):
        return f"{self.suffix} {self._place(dialogue)}"

    def _link(self, dialogue):
        return (f"{_HELP}?ip={dialogue.peer}&hostid={self.host}"
                f"&time={int(time.time())}")

    # greeting

    def greeting(self, dialogue):
        if self._is_banned(dialogue.peer):
            return Reply(self._ban_text(), close=True)
        if self.connect_refusal:
            return Reply(f"{self.connect_refusal} {self._suffix(dialogue)}",
                         close=True)
        build = {"163": "20141201", "126": "20140526"}[self.suffix]
        return (f"220 {self.suffix}.com Anti-spam GT for Coremail System "
                f"({self.suffix}com[{build}])")

    def ehlo(self, _dialogue, argument):
        if not argument:
            return "500 Error: bad syntax"
        mechanisms = "LOGIN PLAIN"
        if self.year != "2018":
            mechanisms += " XOAUTH2"
        space = " " if self.auth_trailing_space else ""
        lines = ["mail", "PIPELINING", f"AUTH {mechanisms}{space}",
                 f"AUTH={mechanisms}", f"coremail {self._token()}",
                 "STARTTLS", "ID", "8BITMIME"]
        if self.year == "2026":
            lines.remove("PIPELINING")
        if self.year == "2018":
            lines.remove("ID")
        return multiline(250, lines)

    @staticmethod
    def _token():
        return ("1Uxr2xKj7kG0xkI17xGrU7I0s8FY2U3Uj8Cz28x1UUUUU7Ic2I0Y2U"
                + secrets.choice("Fr") + _random(5) + "UCa0xDrUUUUj")

    def helo(self, dialogue, argument):
        if argument:
            return "250 OK"
        return f"550 MI:NHD {self._suffix(dialogue)}"

    def starttls(self, dialogue):
        if dialogue.secure:
            return "454 Command not permitted when TLS active"
        return "220 Ready to start TLS"

    # logging in

    def bad_auth(self, dialogue, _mechanism):
        if dialogue.helo is None:
            return self.bad_sequence(dialogue)
        return "504 Error: unrecognized authentication type"

    def verdict(self, dialogue, user, password):
        if not self.is_right(user, password):
            return self._failure(dialogue.peer)
        if not self.smtp_enabled:
            return "550 User has no permission"
        return "235 Authentication successful"

    def is_right(self, user, password):
        names = (self.user.encode(), self.user.split("@")[0].encode())
        return user in names and password == self.code.encode()

    def _failure(self, peer):
        number = self._failed.get(peer, [0, 0])[0] + 1
        self._failed[peer] = [number, time.monotonic()]
        if number >= self.auth_limit:
            return Reply(self._ban_text(), close=True)
        return "535 Error: authentication failed"

    def _is_banned(self, peer):
        number, when = self._failed.get(peer, [0, 0])
        return (number >= self.auth_limit
                and time.monotonic() - when < self.auth_ban)

    def _ban_text(self):
        return ("554 Ip is rejected, smtp auth error limit exceed,"
                f"{self.suffix} {self.host}")

    # the transaction

    def mail(self, dialogue, sender, _params):
        if dialogue.helo is None:
            return "503 Error: send HELO/EHLO first"
        if dialogue.message is not None:
            return self.bad_sequence(dialogue)
        if dialogue.user is None:
            return self._unknown_sender(dialogue, sender)
        if self._is_exhausted(dialogue, "MAIL"):
            return self._dmc(dialogue)
        if sender.lower() != self.user.lower():
            return "553 Mail from must equal authorized user"
        return "250 Mail OK"

    def _unknown_sender(self, dialogue, sender):
        what = "Local user only"
        if sender.rpartition("@")[2].lower() in _NETEASE:
            what = "authentication is required"
        return f"553 {what},{self._suffix(dialogue)}"

    def _is_exhausted(self, dialogue, stage):
        return self.dmc_stage == stage and dialogue.mails > self.dmc_limit

    def _dmc(self, dialogue):
        return (f"{self.dmc_code} MI:DMC {self._suffix(dialogue)} "
                f"{self._link(dialogue)}")

    def rcpt(self, dialogue, recipient):
        local, at, domain = recipient.rpartition("@")
        if not at or not local:
            return f"550 Invalid User: {recipient}"
        if len(dialogue.message.recipients) >= self.rcpt_limit:
            return f"550 RP:RCL {self._suffix(dialogue)}"
        known = self.local_users.lower().split()
        if (known and domain.lower() in _NETEASE
                and recipient.lower() not in known + [self.user.lower()]):
            return f"550 User not found: {recipient}"
        return "250 Mail OK"

    def dot(self, dialogue, message):
        if self._is_exhausted(dialogue, "DOT"):
            return self._dmc(dialogue)
        if self.verdict_text:
            return self._refusal(dialogue, self.verdict_text)
        if self.autospam and self._comes_again(message):
            return self._refusal(dialogue, "554 DT:SPM")
        return f"250 Mail OK queued as {self._place(dialogue)}"

    def _refusal(self, dialogue, text):
        if text == "451 DT:SPM":
            return "451 DT:SPM ,please try again"
        text = f"{text} {self._suffix(dialogue)}"
        if "DT:SPM" in text:
            text += f",please see {self._link(dialogue)}"
        return text

    def _comes_again(self, message):
        head, _, body = message.data.partition(b"\r\n\r\n")
        subject = b"".join(_SUBJECT.findall(head))
        digest = hashlib.sha256(subject + b"\0" + body).digest()
        self._seen[digest] = self._seen.get(digest, 0) + 1
        return self._seen[digest] >= 3

    def stamp(self, dialogue, _message):
        date = time.strftime("%a, %d %b %Y %H:%M:%S +0800 (CST)",
                             time.gmtime(time.time() + 8 * 3600))
        return (f"Received: from {dialogue.helo} (unknown [])\r\n"
                f"\tby {self.host} (Coremail) with SMTP id "
                f"{self._qid(dialogue)};\r\n\t{date}\r\n"
                f"X-CM-TRANSID: {self._qid(dialogue)}\r\n"
                f"X-Coremail-Antispam: 1Uf129KBjvdXoW7\r\n"
                f"X-CM-SenderInfo: {_random(20)}/1tbi\r\n").encode()

    # the rest

    def rset(self, _dialogue):
        return "250 OK"

    def noop(self, _dialogue):
        return "250 OK"

    def bye(self, _dialogue):
        return "221 Bye"

    def unknown(self, _dialogue, line):
        if not line:
            return "500 Error: bad syntax"
        return "502 Error: command not implemented"

    def bad_sequence(self, _dialogue):
        return "503 bad sequence of commands"

    def bad_parameter(self, _dialogue):
        return "500 Error: bad syntax"


def _random(count):
    return "".join(secrets.choice(_TOKEN) for _ in range(count))
