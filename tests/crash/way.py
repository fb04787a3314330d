"""A way of a mail through the program, and its ledger: what may have arrived
after a crash at any point of it.

A way is run in a place of its own; then the queue is run until it is empty,
with a smarthost that works, and the ledger is compared.  Before exit
0 is possible 0 or 1 copies, after it 1, between the final dot and the durable
state 1 or 2; which of these it is follows from the calls that were made."""

import re
import threading
from dataclasses import dataclass, field

from calls import KILLED, Victim, needs_strace
from place import mail
from smarthost.script import at, rules_of

ONE = "one"
SECOND = "two"
TO = "rcpt@d.example"
OTHER = "other@d.example"
THIRD = "third@d.example"
PATIENCE = 0.6  # seconds; more than wait_timeout in HandOver
OK = (0,)
STATE = re.compile(r'", 1, \d+\) += 1$')  # one byte is written at a place
ERROR_STATUSES = (71, 74, 75)
# whose failure leaves open what has become of a mail that was sent
DOUBTFUL = ("connect", "fdatasync", "fsync", "poll", "pwrite64", "recvfrom",
            "renameat2", "sendto", "unlinkat")


@dataclass
class Outcome:
    """What there was when the victim had ended, before anything else ran."""
    place: object
    calls: list
    status: int  # of what the caller called
    ended: int  # how the victim ended
    err: str
    before: dict  # copies
    queue: list
    failed: list
    drop: list
    litter: list
    ids: dict  # {subject: id} of what there was at first
    said: list = field(default_factory=list)  # by the recovery

    @property
    def killed(self):
        return self.ended == KILLED

    @property
    def injected(self):
        """The call that failed, or None."""
        return next((c for c in self.calls if "(INJECTED)" in c.text), None)

    def made(self, name, *words):
        """How many such calls were made and succeeded."""
        return sum(call.name == name and call.done
                   and all(word in call.text for word in words)
                   for call in self.calls)

    def kept(self, folder="queue"):
        """Whether a new mail has its name there."""
        return self.made("linkat", f"/{folder}>") > 0 or \
            self.made("renameat2", '".tmp.', f"/{folder}>") > 0

    def durable(self, subject):
        """Whether it is on the disk that a mail was delivered: that it is
        gone, or its recipient's state."""
        mine = self.ids.get(subject, "/queue>")
        written = False
        for call in self.calls:
            if not call.done:
                continue
            written |= mine in call.text and (
                call.name == "unlinkat" or STATE.search(call.text) is not None)
            if written and (call.name == "fsync" and "/queue>" in call.text
                            or call.name == "fdatasync" and mine in call.text):
                return True
        return False

    def states(self, subject):
        """How many recipients' states were written."""
        return sum(call.done and call.name == "pwrite64"
                   and self.ids[subject] in call.text
                   and STATE.search(call.text) is not None
                   for call in self.calls)


class Way:
    """What a subclass says is for the victim's run alone, but for what is
    `lasting`."""
    args = ["-q"]
    subject = None  # of the mail that is submitted
    nobody = False  # it is called by somebody who may read nothing
    program = "sendmail"
    changes = None  # of the configuration
    lasting = None
    down = False  # the smarthost is
    script = []
    lasting_script = []
    hold = None  # the stage where the smarthost waits for the parent's end
    hold_nth = 0
    child = False  # the victim is the process that is left behind
    statuses = OK
    also = ()  # what else is to happen: "NAME:WHAT:when=N"

    @property
    def name(self):
        return re.sub(r"(?<!^)(?=[A-Z])", "-", type(self).__name__).lower()

    def fill(self, place):
        """What is in the spool before."""
        place.configure()
        submit(place, "before", TO)
        place.call(["-q"])

    def copies(self, o):
        """{(subject, recipient): (least, most)}"""
        return {}

    def copies_after_cut(self, o):
        """The same when the power fails, too."""
        return self.copies(o)

    def reports(self, o):
        return 0, 0

    def failed(self, o):
        return 0, 0

    def more(self, o):
        """Further complaints."""
        return ()

    def words(self, place):
        """The arguments."""
        return self.args

    def again(self, place):
        """What an administrator would do once more."""

    # running

    @property
    def stdin(self):
        return mail(self.subject) if self.subject else b""

    def run(self, workshop, call=None, what="signal=SIGKILL"):
        """Runs it once; returns the Outcome, and what is wrong with it."""
        needs_strace()
        template = workshop.template(self.name, self.fill)
        judge = self.judge if "signal" in what else self.judge_error
        with workshop.place() as place:
            if template is not None:
                place.fill(template)
            outcome = self.suffer(place, call, what)
            place.host.script = rules_of(self.lasting_script)
            place.configure(self.lasting)
            self.again(place)
            outcome.said = place.recover()
            return outcome, list(judge(outcome, call))

    def suffer(self, place, call, what):
        """The victim's run; returns the Outcome."""
        ids = subjects(place)
        go = threading.Event()
        rules = [at(self.hold, hold=go, nth=self.hold_nth, connection=1)] \
            if self.hold else []
        place.host.script = rules_of(
            rules + list(self.script) + list(self.lasting_script))
        place.configure(self.changes or self.lasting, self.down)
        if self.nobody:
            place.close()
        victim = Victim(place, self.also)
        hurt = self._hurt_child if self.child else self._hurt
        status, ended, err = hurt(place, victim, go, call, what)
        place.end()
        before = place.copies()
        return Outcome(place, victim.calls, status, ended, err, before,
                       place.files("queue"), place.files("failed"),
                       place.files("drop"), place.litter, ids)

    def _hurt(self, place, victim, go, call, what):
        victim.run(place.command(self.words(place), self.program), call,
                   what, self.nobody)
        # where it cannot be handed over it waits for the smarthost
        timer = threading.Timer(PATIENCE, go.set)
        timer.start()
        status, err = victim.finish(self.stdin)
        timer.cancel()
        go.set()
        return status, status, err

    def _hurt_child(self, place, victim, go, call, what):
        parent = place.call(self.args, self.stdin)
        assert place.host.wait(self.is_held), parent
        children = list(place.processes())
        if len(children) != 1:
            go.set()
        assert len(children) == 1, (children, parent)
        victim.attach(children[0], call, what)
        go.set()
        return parent.status, victim.detach(), parent.err

    def is_held(self, record):
        return record.connections

    # judging

    def judge(self, o, _):
        """What is wrong after a kill, or when nothing was to happen."""
        yield from self._judge_remains(o, *self.failed(o))
        if not o.killed and o.status not in self.statuses:
            yield f"exit status {o.status}"
        copies = o.place.copies()
        yield from self._judge_reports(o, copies, *self.reports(o))
        for key, (least, most) in self.copies(o).items():
            found = copies.pop(key, 0)
            if not least <= found <= most:
                yield f"{found} copies of {key}, not {least} to {most}"
        if copies:
            yield f"and {dict(copies)}"
        yield from o.place.not_whole()
        yield from self.more(o)

    def _judge_reports(self, o, copies, least, most):
        """Takes the reports out of the copies."""
        reports = [m for m in o.place.host.record.messages if not m.sender]
        for message in reports:
            copies.pop((message.only("Subject"), message.recipients[0]), None)
        made = len({m.only("Message-ID") for m in reports})
        if not least <= made <= most:
            yield f"{made} reports, not {least} to {most}"
        early = sum("Mail not delivered" in key[0] for key in o.before)
        hurt = o.killed or o.injected is not None
        if len(reports) > made + (early if hurt else 0):
            yield f"{len(reports)} copies of {made} reports"

    def _judge_remains(self, o, least, most):
        place = o.place
        if place.files("corrupt"):
            yield f"in corrupt/: {place.files('corrupt')}"
        if place.files("queue"):
            yield f"still in queue/: {o.said}"
        if place.files("drop"):
            yield f"still in drop/: {o.said}"
        if not least <= len(place.files("failed")) <= most:
            yield f"in failed/: {place.files('failed')}"
        if len(place.litter) > (1 if o.killed else 0):
            yield f"litter: {place.litter}"
        for run in o.said:
            if (run.status, run.err) != (0, ""):
                yield f"a run said {run}"

    def judge_error(self, o, call):
        """What is wrong after `call` failed: a caller who was told so has
        nothing in the spool and nothing sent; all else arrives, twice at
        the most, when it was not known that it had."""
        call = o.injected or call  # which may have come at another number
        place, copies = o.place, o.place.copies()
        expected = self.expected(o)
        yield from self._judge_remains(o, *self.failed_after_error(o))
        yield from self._judge_reports(o, copies, *self.reports_after_error(o))
        for key, number in expected.items():
            found, early = copies.pop(key, 0), o.before[key]
            most = number + (early if call.name in DOUBTFUL else 0)
            if not number <= found <= max(number, most):
                yield f"{found} copies of {key}, not {number} to {most}"
        if copies:
            yield f"and {dict(copies)}"
        yield from place.not_whole()
        if self.subject and o.status != 0:
            yield from self._judge_refusal(o, call)
        yield from self.more_after_error(o, call)

    def _judge_refusal(self, o, call):
        """What a caller who was told of an error must find."""
        if o.status not in ERROR_STATUSES + self.statuses:
            yield f"exit status {o.status}"
        if o.status not in self.statuses and \
                (o.queue or o.failed or o.drop or o.litter):
            yield f"left: {o.queue} {o.failed} {o.drop} {o.litter}"
        if str(o.place.spool) in call.text and o.status in ERROR_STATUSES \
                and str(o.place.spool) not in o.err:
            yield "the path is not named"
        if not o.err and "{fd=2<" not in call.text and \
                not call.text.startswith("2<") and \
                not any(not m.sender for m in o.place.host.record.messages):
            yield "nothing was said"

    def expected(self, o):
        """{(subject, recipient): copies} when some call fails."""
        ok = 1 if o.status == 0 else 0
        return {(ONE, self.args[-1]): ok} if self.subject else {}

    def more_after_error(self, o, call):
        return ()

    def failed_after_error(self, o):
        return self.failed(o)

    def reports_after_error(self, o):
        return self.reports(o)


def subjects(place):
    """{subject: id} of what waits."""
    found = {}
    for name in place.files("queue"):
        data = (place.spool / "queue" / name).read_bytes()
        found[re.search(rb"Subject: (.*)\r\n", data)[1].decode()] = name
    return found


def submit(place, subject, *recipients, nobody=False):
    """Queues a mail."""
    run = place.call(["-odq", *recipients], mail(subject), nobody)
    assert run.status == 0, run


def sent(o, key, settled):
    """What there may be of a mail that is safe: when it was delivered, and
    that is not settled, it goes out again."""
    return (1, 1) if not o.before[key] or settled else (1, 2)
