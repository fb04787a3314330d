"""The server's side of SMTP: states and order.  What is answered is the
profile's business, unless a rule of the script overrules it; what the answer
means for the state follows from the code that really went out."""

import re

from smarthost import login, wire
from smarthost.channel import Gone
from smarthost.record import Message
from smarthost.replies import Reply, as_reply
from smarthost.script import cut, perform

_PATH = re.compile(
    r'^(?P<gap> *)<(?P<path>(?:"(?:[^"\\]|\\.)*"|[^">])*)>(?P<rest>.*)$')
_CHUNK = re.compile(r"(?P<size>\d{1,19})(?P<last> LAST)?", re.I)
# keyword in the answer to EHLO: parameters of MAIL and of RCPT it allows
PARAMETERS = {
    "SIZE": ({"SIZE"}, set()),
    "8BITMIME": ({"BODY"}, set()),
    "DSN": ({"RET", "ENVID"}, {"NOTIFY", "ORCPT"}),
    "SMTPUTF8": ({"SMTPUTF8"}, set()),
    "REQUIRETLS": ({"REQUIRETLS"}, set()),
    "AUTH": ({"AUTH"}, set()),
}


class Dialogue:
    """One connection's conversation."""

    def __init__(self, channel, connection, host):
        self.channel = channel
        self.connection = connection
        self.host = host  # the Smarthost: profile, script, shared state
        self.profile = host.profile
        self.peer = connection.peer[0]
        self.user = None  # who has logged in
        self.mails = 0  # MAIL commands so far, accepted or not
        self._counts = {}
        self._last = None  # the rule that ends the connection
        self._lost = False  # octets of a chunk are taken for commands
        self._hello = "LHLO" if self.profile.lmtp else "EHLO"
        self._commands = {
            self._hello: self._ehlo,
            "STARTTLS": self._starttls, "AUTH": self._auth,
            "MAIL": self._mail, "RCPT": self._rcpt, "DATA": self._data,
            "BDAT": self._bdat, "RSET": self._rset, "NOOP": self._noop,
            "QUIT": self._quit,
        }
        if not self.profile.lmtp:
            self._commands["HELO"] = self._helo
        self._forget()

    def _forget(self):
        """The state after the greeting, and after STARTTLS."""
        self.helo = None
        self.keywords = {}  # what the last EHLO offered
        self.user = None
        self._drop()

    def _drop(self):
        self.message = None  # the transaction under way

    @property
    def secure(self):
        return self.channel.secure

    def offers(self, keyword):
        return keyword in self.keywords

    # the loop

    def run(self):
        reply = self._answer(["GREETING"], self.profile.greeting(self))
        self._end_if_due()
        if reply.close:
            raise Gone("server")
        while True:
            line = self.channel.line()
            self._check(line)
            self._dispatch(line)
            self._end_if_due()

    def _end_if_due(self):
        """Cuts the connection where a rule wanted that after its reply."""
        if self._last is not None:
            cut(self._last, self.channel)

    def _check(self, line):
        if self._lost:
            return
        utf8 = self.offers("SMTPUTF8")
        for wrong in wire.check_command(line, utf8):
            self.connection.violate(wrong)
        if self.channel.owes and not self.offers("PIPELINING"):
            self.connection.violate(
                f"pipelined, which was not offered: {line[:60]!r}")

    def _dispatch(self, line):
        text = line.rstrip(b"\r\n")
        self.connection.add("command", text)
        words = text.decode("utf-8", "surrogateescape")
        verb, _, argument = words.partition(" ")
        handler = self._commands.get(verb.upper())
        self.channel.step(verb.upper() if handler else "?")
        if handler is None:
            self._unknown(text)
            self._answer(["OTHER"], self.profile.unknown(self, words), words)
        else:
            handler(argument)

    def _unknown(self, text):
        if not self._lost:
            self.connection.violate(f"unknown command: {text[:60]!r}")

    def _answer(self, stages, usual, line=""):
        """Sends what the profile would say, or what the script wants."""
        usual = as_reply(usual)
        self._counts[stages[0]] = nth = self._counts.get(stages[0], 0) + 1
        rule = self._rule(stages, nth, line)
        if rule is None:
            self.channel.put(usual.wire())
            reply = usual
        else:
            reply = perform(rule, usual, self.channel, self.host.stopping)
            self._last = rule if rule.cut == "after" else None
        self.connection.add("reply", b"\n".join(reply.lines))
        if reply.close:
            self.channel.flush()
            raise Gone("server")
        return reply

    def _rule(self, stages, nth, line):
        for rule in self.host.script:
            if rule.fits(stages, nth, self.connection.number, line):
                return rule
        return None

    # greeting and TLS

    def _ehlo(self, argument):
        reply = self._answer([self._hello],
                             self.profile.ehlo(self, argument), argument)
        if not reply.is_good:
            return
        self._drop()
        self.helo = argument
        self.keywords = _keywords(reply)

    def _helo(self, argument):
        reply = self._answer(["HELO"], self.profile.helo(self, argument),
                             argument)
        if reply.is_good:
            self._drop()
            self.helo = argument
            self.keywords = {}

    def _starttls(self, _argument):
        if not self.secure and not self.offers("STARTTLS"):
            self.connection.violate("STARTTLS was not offered")
        reply = self._answer(["STARTTLS"], self.profile.starttls(self))
        if reply.code != 220 or self.secure:
            return
        self._end_if_due()
        self.channel.flush()
        if self.channel.input:
            self.connection.violate("bytes sent ahead of the handshake")
            self.channel.input.clear()
        self.channel.start_tls(self.host.context(self.connection))
        self._forget()

    # logging in

    def _auth(self, argument):
        mechanism, _, initial = argument.partition(" ")
        mechanism = mechanism.upper()
        self._check_auth(mechanism)
        if not self.secure:
            self.connection.auth_in_clear = True
        exchange = login.MECHANISMS.get(mechanism)
        if self.helo is None or self.user or exchange is None:
            self._answer(["AUTH"], self.profile.bad_auth(self, mechanism))
            return
        exchange(self, initial)

    def _check_auth(self, mechanism):
        offered = self.keywords.get("AUTH", "").upper().split()
        if self.keywords and mechanism not in offered:
            self.connection.violate(f"AUTH {mechanism} was not offered")

    def challenge(self, stages, text):
        """Sends a 334; returns the client's answer, or None when the script
        made something else of it."""
        if self._answer(stages, f"334 {text}").code != 334:
            return None
        self._end_if_due()
        line = self.channel.line()
        self.connection.add("response", line.rstrip(b"\r\n"))
        self.channel.step("response")
        return line.rstrip(b"\r\n").decode("latin-1")

    def verdict(self, stage, mechanism, user, password):
        """Ends a log-in with what the profile says of it."""
        self.connection.credentials.append((mechanism, user, password))
        usual = self.profile.verdict(self, user, password)
        if self._answer([stage, "VERDICT"], usual).code == 235:
            self.user = (user or b"").decode("utf-8", "replace")

    # the transaction

    def _mail(self, argument):
        self.mails += 1
        path, params = self._path("MAIL", "FROM:", argument)
        bad = path is None or self._bad_parameters("MAIL", params)
        usual = (self.profile.bad_parameter(self) if bad
                 else self.profile.mail(self, path, params))
        if self._answer(["MAIL"], usual, argument).is_good:
            self.message = Message(path, params, [], [])

    def _rcpt(self, argument):
        path, params = self._path("RCPT", "TO:", argument)
        bad = path is None or self._bad_parameters("RCPT", params)
        if bad:
            usual = self.profile.bad_parameter(self)
        elif self.message is None:
            usual = self.profile.bad_sequence(self)
        else:
            usual = self.profile.rcpt(self, path)
        reply = self._answer(["RCPT"], usual, argument)
        if reply.is_good and self.message is not None:
            self.message.recipients.append(path)
            self.message.recipient_params.append(params)

    def _path(self, verb, keyword, argument):
        """The path and the parameters of MAIL or RCPT."""
        found = None
        if argument.upper().startswith(keyword):
            found = _PATH.match(argument[len(keyword):])
        if found is None or found["gap"]:
            self.connection.violate(f"bad syntax: {verb} {argument[:60]!r}")
        if found is None:
            return None, []
        return found["path"], found["rest"].split()

    def _bad_parameters(self, verb, params):
        which = 0 if verb == "MAIL" else 1
        allowed = {name for keyword, names in PARAMETERS.items()
                   if self.offers(keyword) for name in names[which]}
        bad = [param for param in params
               if param.partition("=")[0].upper() not in allowed]
        for param in bad:
            self.connection.violate(
                f"{verb} parameter {param}, which was not offered")
        return bad

    def _data(self, _argument):
        if self.message is None or not self.message.recipients:
            usual = self.profile.bad_sequence(self)
        else:
            usual = self.profile.data(self)
        if self._answer(["DATA"], usual).code != 354:
            return
        self._end_if_due()
        if self.message is None:
            self.message = Message("", [], [], [])
        self._body(self.message)
        self._drop()

    def _body(self, message):
        self.connection.messages.append(message)
        early = self._read(wire.BodyReader(), message)
        self._check_message(message)
        if early is None:
            self._end_of_data(message)

    def _read(self, reader, message):
        """Reads a message or a chunk of one; returns an early answer that
        was given, or None."""
        early, before = None, message.raw
        try:
            while not reader.done:
                if not self.channel.input:
                    self.channel.more()
                taken = reader.feed(self.channel.input)
                del self.channel.input[:taken]
                early = early or self._early(reader)
        finally:
            message.raw = before + reader.raw()
            message.complete = reader.done
            self.channel.step("body" if reader.done else "part")
            self.connection.add("body", f"{reader.size} octets")
        return early

    def _check_message(self, message):
        for wrong in wire.check_message(message.raw, message.sender_params,
                                        message.chunked):
            self.connection.violate(wrong)

    # chunks (RFC 3030)

    def _bdat(self, argument):
        """The octets are taken before anything is answered."""
        fault = self.profile.bdat_fault
        chunk = _CHUNK.fullmatch(argument)
        if fault == "close":
            raise Gone("server")
        if fault or chunk is None or not self.offers("CHUNKING"):
            self._no_bdat(argument, fault)
            return
        message = self._chunked()
        early = self._read(wire.ChunkReader(int(chunk["size"])), message)
        if early is None:
            self._end_of_chunk(message, chunk["last"])
        if message is self.message and (early or chunk["last"]):
            self._drop()

    def _no_bdat(self, argument, fault):
        if fault:
            self._lost = True
        elif not self.offers("CHUNKING"):
            self.connection.violate("BDAT, which was not offered")
        else:
            self.connection.violate(f"bad syntax: BDAT {argument[:60]!r}")
        self._answer(["BDAT"], fault or self.profile.unknown(self, "BDAT"))

    def _chunked(self):
        """The message that a chunk belongs to; one for nobody where there
        is no recipient, which the client may not know yet."""
        message = self.message
        if message is None or not message.recipients:
            if not self.channel.owes:
                self.connection.violate("BDAT without a recipient")
            return Message("", [], [], [], chunked=True)
        if not message.chunked:
            message.chunked = True
            self.connection.messages.append(message)
        return message

    def _end_of_chunk(self, message, last):
        message.complete = bool(last and message.recipients)
        if not message.recipients:
            self._answer(["BDAT"], self.profile.bad_sequence(self))
        elif not last:
            self._answer(["BDAT"], "250 2.0.0 Ok")
        else:
            self._check_message(message)
            self._store(message, "BDAT", self.profile.dot(self, message))

    # what comes of a message

    def _early(self, reader):
        """An answer in the middle of the message, where a rule wants it."""
        for rule in self.host.script:
            if rule.fits(["BODY"], 1, self.connection.number, "") \
                    and reader.size >= rule.after:
                self.connection.add("early", f"{reader.size} octets")
                reply = perform(rule, Reply("451 Too slow"), self.channel,
                                self.host.stopping)
                self.channel.flush()
                if rule.cut == "after":
                    cut(rule, self.channel)
                return reply
        return None

    def _end_of_data(self, message):
        # with no recipient the lone dot of RFC 2920 is expected, no mail
        usual = (self.profile.dot(self, message) if message.recipients
                 else self.profile.bad_sequence(self))
        if not message.recipients and message.raw:
            self.connection.violate("a message without recipients")
        self._store(message, "DOT", usual)

    def _store(self, message, stage, usual):
        if not self.profile.lmtp:
            self._verdict(message, self._answer([stage], usual),
                          message.recipients)
            return
        for recipient in message.recipients:
            self._verdict(message, self._answer([stage], usual, recipient),
                          [recipient])
            self._end_if_due()

    def _verdict(self, message, reply, recipients):
        message.reply = b"\n".join(reply.lines)
        if not reply.is_good:
            return
        message.taken += recipients
        if not message.accepted:
            message.stored = self.profile.stamp(self, message) + message.data
            message.accepted = True
            self.host.keep(message)

    # the rest

    def _rset(self, _argument):
        if self._answer(["RSET"], self.profile.rset(self)).is_good:
            self._drop()

    def _noop(self, _argument):
        self._answer(["NOOP"], self.profile.noop(self))

    def _quit(self, _argument):
        self.connection.quit = True
        self._answer(["QUIT"], self.profile.bye(self))
        try:
            self.channel.flush()
        except Gone:
            pass  # nobody waits for this answer
        raise Gone("quit")


def _keywords(reply):
    """The keywords of an EHLO reply: name to parameters, "AUTH=" as AUTH."""
    found = {}
    for line in reply.lines[1:]:
        text = line[4:].decode("utf-8", "replace").strip().upper()
        name, _, rest = text.replace("AUTH=", "AUTH ").partition(" ")
        found[name] = (found.get(name, "") + " " + rest).strip()
    return found
