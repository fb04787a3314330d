"""A plain submission server, strict, with switches.

A method gets the Dialogue and returns the reply: a text, a list of lines, or
a Reply.  Providers' profiles derive from this one."""

import base64

from smarthost.replies import Reply, multiline


class Profile:
    name = "plain"
    domain = "example.test"  # where the account lives
    challenges = tuple(base64.b64encode(text).decode()
                       for text in (b"Username:", b"Password:"))
    # no switches of all
    bdat_fault, mail_limit, rcpt_limit, lmtp = "", None, None, False
    # switch: default
    switches = {
        "host": "smarthost.example.test",
        "auth": "LOGIN PLAIN",  # mechanisms offered; "": none wanted
        "offer_starttls": True,
        "size": None,  # octets; None: SIZE is not offered
        "pipelining": True,
        "eightbit": True,
        "dsn": False,
        "smtputf8": False,
        "chunking": False,
        # what BDAT meets although it is offered: "close", or a reply, and
        # then its octets are taken for commands
        "bdat_fault": "",
        "requiretls": False,
        "mail_limit": None,  # of LIMITS: MAIL commands of a connection
        "rcpt_limit": None,  # and recipients of a transaction
        "lmtp": False,  # LHLO, and a reply for each recipient
        "helo_only": False,  # EHLO is unknown
        "max_rcpt": 1000,  # more in a transaction: 452
        "extra": "",  # one more line in the answer to EHLO
    }

    def __init__(self, user="tester@163.com", code="ABCDEFGHIJKLMNOP",
                 **switches):
        self.user = user
        self.code = code
        for name, default in self._all_switches().items():
            setattr(self, name, switches.pop(name, default))
        if switches:
            raise TypeError(f"profile {self.name} has no switch "
                            + ", ".join(switches))

    @classmethod
    def _all_switches(cls):
        return dict(cls.switches)

    # greeting

    def greeting(self, _dialogue):
        return f"220 {self.host} ESMTP ready"

    def ehlo(self, dialogue, argument):
        if self.helo_only:
            return "502 5.5.1 Command not implemented"
        if not argument:
            return "501 5.5.4 Syntax: EHLO hostname"
        return multiline(250, [self.host] + self.offered(dialogue))

    def offered(self, dialogue):
        """The lines that EHLO shows after the first."""
        lines = [
            ("PIPELINING", self.pipelining),
            (f"SIZE {self.size}", self.size is not None),
            ("STARTTLS", self.offer_starttls and not dialogue.secure),
            (f"AUTH {self.auth}", self.auth),
            ("8BITMIME", self.eightbit),
            ("DSN", self.dsn),
            ("SMTPUTF8", self.smtputf8),
            ("CHUNKING", self.chunking),
            ("REQUIRETLS", self.requiretls and dialogue.secure),
            (self._limits(), self._limits()),
            (self.extra, self.extra),
        ]
        return [line for line, on in lines if on]

    def _limits(self):
        """The line of LIMITS; "": it is not offered."""
        words = [f"{name}={value}" for name, value in (
            ("MAILMAX", self.mail_limit), ("RCPTMAX", self.rcpt_limit))
            if value is not None]
        return " ".join(["LIMITS", *words]) if words else ""

    def helo(self, _dialogue, argument):
        return f"250 {self.host}" if argument else "501 5.5.4 Syntax: HELO"

    def starttls(self, dialogue):
        if dialogue.secure:
            return "503 5.5.1 TLS is already on"
        if not self.offer_starttls:
            return "502 5.5.1 Command not implemented"
        return "220 2.0.0 Ready to start TLS"

    # logging in

    def bad_auth(self, dialogue, _mechanism):
        if dialogue.helo is None:
            return self.bad_sequence(dialogue)
        return "504 5.5.4 Unrecognized authentication type"

    def verdict(self, _dialogue, user, password):
        if self.is_right(user, password):
            return "235 2.7.0 Authentication successful"
        return "535 5.7.8 Error: authentication failed"

    def is_right(self, user, password):
        return (user == self.user.encode()
                and password == self.code.encode())

    # the transaction

    def mail(self, dialogue, _sender, params):
        if dialogue.helo is None or dialogue.message is not None:
            return self.bad_sequence(dialogue)
        if dialogue.mails > (self.mail_limit or 1 << 62):
            dialogue.connection.violate("more MAIL than MAILMAX allows")
            return Reply("421 4.7.0 Too many messages", close=True)
        if self.auth and dialogue.user is None:
            return "530 5.7.0 Authentication required"
        if self._declared_size(params) > (self.size or 1 << 62):
            return f"552 5.3.4 Message size exceeds limit of {self.size}"
        return "250 2.1.0 Ok"

    @staticmethod
    def _declared_size(params):
        for param in params:
            name, _, value = param.partition("=")
            if name.upper() == "SIZE" and value.isdigit():
                return int(value)
        return 0

    def rcpt(self, dialogue, _recipient):
        taken = len(dialogue.message.recipients)
        if taken >= (self.rcpt_limit or 1 << 62):
            dialogue.connection.violate("more RCPT than RCPTMAX allows")
        if taken >= min(self.max_rcpt, self.rcpt_limit or 1 << 62):
            return "452 4.5.3 Too many recipients"
        return "250 2.1.5 Ok"

    def data(self, _dialogue):
        return "354 End data with <CR><LF>.<CR><LF>"

    def dot(self, _dialogue, message):
        if len(message.raw) > (self.size or 1 << 62):
            return f"552 5.3.4 Message size exceeds limit of {self.size}"
        return "250 2.0.0 Ok: queued"

    def stamp(self, _dialogue, _message):
        """What is put before a message that was taken."""
        return b""

    # the rest

    def rset(self, _dialogue):
        return "250 2.0.0 Ok"

    def noop(self, _dialogue):
        return "250 2.0.0 Ok"

    def bye(self, _dialogue):
        return "221 2.0.0 Bye"

    def unknown(self, _dialogue, _line):
        return "500 5.5.2 Error: command not recognized"

    def bad_sequence(self, _dialogue):
        return "503 5.5.1 Error: bad sequence of commands"

    def bad_parameter(self, _dialogue):
        return "555 5.5.4 Unsupported parameter or bad syntax"
