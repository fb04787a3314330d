"""QQ and Aliyun: where they differ from NetEase."""

import re

from smarthost.profile import Profile
from smarthost.replies import Reply, multiline

# "please log in with an authorisation code", in GBK as QQ sent it
_GBK = bytes.fromhex("C7EBCAB9D3C3CADAC8A8C2EBB5C7C2BCA1A3")
_HELP = (b" http://service.mail.qq.com/cgi-bin/help"
         b"?subtype=1&&id=28&&no=1001256")
_FROM = re.compile(rb"(?im)^from:(?P<value>[^\r]*(?:\r\n[ \t][^\r]*)*)")
_ENCODED_ADDRESS = re.compile(rb"=\?[^?]*\?[bq]\?[^?]*@", re.I)


class Tencent(Profile):
    name = "qq"
    domain = "qq.com"
    switches = {
        "host": "newxmesmtplogicsvrszb20-0.qq.com",
        "size": 73400320,
        "gbk": True,  # the text of 535; else as in 2025
        "max_rcpt": 100,
    }

    def greeting(self, _dialogue):
        return f"220 {self.host} XMail Esmtp QQ Mail Server."

    def ehlo(self, dialogue, _argument):
        lines = [self.host, "PIPELINING", f"SIZE {self.size}", "STARTTLS",
                 "AUTH LOGIN PLAIN XOAUTH XOAUTH2", "AUTH=LOGIN",
                 "MAILCOMPRESS", "SMTPUTF8", "8BITMIME"]
        if dialogue.secure:
            lines.remove("STARTTLS")
        return multiline(250, lines)

    def helo(self, dialogue, _argument):
        return multiline(250, [f"{self.host}-{dialogue.peer}-1",
                               f"SIZE {self.size}", "OK"])

    def starttls(self, dialogue):
        if dialogue.secure:
            return self.unknown(dialogue, "STARTTLS")
        return f"220 Ready to start TLS from {dialogue.peer} to {self.host}."

    def verdict(self, dialogue, user, password):
        if not dialogue.secure:
            return "530 Must issue a STARTTLS command first."
        if self.is_right(user, password):
            return "235 Authentication successful"
        if self.gbk:
            return Reply(b"535 Error: " + _GBK + _HELP, close=True)
        return Reply("535 Login fail. Account is abnormal, service is not "
                     "open, password is incorrect, login frequency limited, "
                     "or system is busy.", close=True)

    def mail(self, dialogue, sender, _params):
        if dialogue.user is None:
            return "503 Error: need EHLO and AUTH first !"
        if sender.lower() != self.user.lower():
            return ("501 mail from address must be same as authorization "
                    "user")
        return "250 OK."

    def rcpt(self, dialogue, recipient):
        reply = super().rcpt(dialogue, recipient)
        return "250 OK" if reply.startswith("250") else reply

    def data(self, _dialogue):
        return "354 End data with <CR><LF>.<CR><LF>."

    def dot(self, _dialogue, message):
        head = message.data.partition(b"\r\n\r\n")[0]
        if self._from_is_good(head):
            return "250 OK: queued as."
        return ('550 The "From" header is missing or invalid. Please follow '
                "RFC5322, RFC2047, RFC822 standard protocol. "
                "https://service.mail.qq.com/detail/124/995.")

    @staticmethod
    def _from_is_good(head):
        found = _FROM.findall(head)
        if len(found) != 1 or b"@" not in found[0]:
            return False
        return found[0].isascii() and not _ENCODED_ADDRESS.search(found[0])

    def rset(self, _dialogue):
        return "250 OK"

    def noop(self, _dialogue):
        return "250 OK"

    def bye(self, _dialogue):
        return "221 Bye."

    def unknown(self, dialogue, _line):
        return f"502 Invalid input from {dialogue.peer} to {self.host}."


class Aliyun(Profile):
    name = "aliyun"
    domain = "aliyun.com"
    switches = {
        "host": "smtp.aliyun-inc.com",
        "offer_starttls": False,
        "max_rcpt": 100,
    }

    def greeting(self, _dialogue):
        return f"220 {self.host} MX AliMail Server"

    def ehlo(self, _dialogue, _argument):
        return multiline(250, [self.host, "AUTH LOGIN PLAIN",
                               "AUTH=LOGIN PLAIN", "8BITMIME"])

    def verdict(self, _dialogue, user, password):
        if user is None or password is None:
            return "523 cipher text is invalid base64 format"
        if not user or not password:
            return "524 username or passwd is NULL"
        if self.is_right(user, password):
            return "235 Authentication successful"
        return "526 Authentication failure[0]"

    def mail(self, dialogue, sender, _params):
        if dialogue.user is None:
            return '501 "MAIL FROM" is non-local account'
        if sender.lower() != self.user.lower():
            return "440 mail from account doesn't conform with authentication"
        return "250 Mail Ok"

    def rcpt(self, dialogue, _recipient):
        if len(dialogue.message.recipients) >= self.max_rcpt:
            return "505 the total of RCPTs is achieved the maximum threshold"
        return "250 Rcpt Ok"

    def dot(self, _dialogue, _message):
        return "250 Data Ok: queued as freedom"
