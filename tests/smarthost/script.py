"""Misbehaviour: what is to happen at which point of the dialogue.

A Rule names a stage: GREETING, EHLO, HELO, LHLO, STARTTLS, AUTH, AUTH-USER,
AUTH-PASS, AUTH-PLAIN, AUTH-PROOF, AUTH-FINAL, AUTH-TOKEN, AUTH-ERROR,
VERDICT (whichever reply ends a login), MAIL, RCPT,
DATA, BODY (in the middle of a message), DOT, BDAT (when its octets have come),
RSET, NOOP, QUIT, OTHER.  By LMTP DOT and BDAT are met once for each recipient,
which is what `when` is about there.  What the smarthost would have answered there is
replaced or mistreated."""

import threading
from dataclasses import dataclass, field
from typing import Optional, Union

from smarthost.channel import Gone
from smarthost.replies import Reply, as_reply, first_of


@dataclass
class Rule:
    stage: str
    nth: int = 0  # which time the stage is met in a connection; 0: each
    connection: int = 0  # which connection; 0: each
    when: str = ""  # only where the command line holds this
    reply: Union[str, list, None] = None  # one line, or all of them
    raw: Optional[bytes] = None  # sent as it is, instead of the reply
    delay: float = 0.0  # seconds before the reply
    hold: Optional[threading.Event] = field(default=None, repr=False)
    cut: str = ""  # close: "before" or "after" the reply
    reset: bool = False  # close by a reset
    split: bool = False  # every byte in a write of its own
    interval: float = 0.0  # seconds between those bytes
    repeat: int = 1  # a flood: the bytes that many times
    silence: bool = False  # no answer at all
    after: int = 0  # BODY: when that many bytes have come

    def fits(self, stages, nth, connection, line):
        return (self.stage in stages and self.nth in (0, nth)
                and self.connection in (0, connection)
                and self.when in line)


at = Rule


def rules_of(items):
    """Rules from Rule objects or from dictionaries (JSON)."""
    return [item if isinstance(item, Rule) else Rule(**item)
            for item in items]


def perform(rule, usual, channel, stopping):
    """Does what `rule` says instead of sending `usual`; returns the reply
    that went out, or raises Gone.  To cut after the reply is left to the
    caller, who first has to see what the reply means: see cut()."""
    _wait(rule, channel, stopping)
    if rule.cut == "before":
        cut(rule, channel)
    reply = as_reply(rule.reply) if rule.reply is not None else usual
    data = rule.raw if rule.raw is not None else reply.wire()
    _send(rule, data, channel, stopping)
    if rule.raw is not None:
        reply = first_of(rule.raw)
    return Reply(reply.lines, usual.close and rule.reply is None)


def _wait(rule, channel, stopping):
    if not (rule.silence or rule.hold or rule.delay):
        return
    channel.flush()
    if rule.silence:
        while True:
            channel.more()
    if rule.hold:
        while not rule.hold.wait(0.1):
            _stop(stopping)
    if rule.delay and stopping.wait(rule.delay):
        raise Gone("stopped")


def _stop(stopping):
    if stopping.is_set():
        raise Gone("stopped")


def _send(rule, data, channel, stopping):
    if not rule.split:
        for _ in range(rule.repeat):
            channel.put(data)
            if rule.repeat > 1:
                channel.flush()
        return
    channel.flush()
    for byte in data * rule.repeat:
        channel.put(bytes([byte]))
        channel.flush()
        if rule.interval and stopping.wait(rule.interval):
            raise Gone("stopped")


def cut(rule, channel):
    """Ends the connection; raises Gone."""
    channel.flush()
    if rule.reset:
        channel.abort()
    raise Gone("script")
