"""The ways of a mail through the program, and the ledger of each: what may
have arrived after a crash at any point of it.

A way is run in a place of its own; then the queue is run until it is empty,
with a smarthost that works, and the ledger is compared.  DESIGN: before exit
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
        return self.made("linkat", f"/{folder}>") > 0

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
    """One way.  What a subclass says is for the victim's run alone, but for
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
        ids = subjects(place)
        go = threading.Event()
        rules = [at(self.hold, hold=go, nth=self.hold_nth, connection=1)] \
            if self.hold else []
        place.host.script = rules_of(
            rules + list(self.script) + list(self.lasting_script))
        place.configure(self.changes or self.lasting, self.down)
        if self.nobody:
            place.close()
        victim = Victim(place)
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
            most = number + (early if is_doubtful(call) else 0)
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


def is_doubtful(call):
    """Whether its failure leaves open what has become of a mail that was
    sent."""
    return call.name in ("recvfrom", "sendto", "poll", "connect") or \
        call.name in ("pwrite64", "fdatasync", "unlinkat", "renameat2",
                      "fsync")


def subjects(place):
    """{subject: id} of what waits."""
    found = {}
    for name in place.files("queue"):
        data = (place.spool / "queue" / name).read_bytes()
        found[re.search(rb"Subject: (.*)\r\n", data)[1].decode()] = name
    return found


def submit(place, subject, *recipients, nobody=False):
    run = place.call(["-odq", *recipients], mail(subject), nobody)
    assert run.status == 0, run


def sent(o, key, settled):
    """What there may be of a mail that is safe: when it was delivered, and
    that is not settled, it goes out again."""
    return (1, 1) if not o.before[key] or settled else (1, 2)


class Commit(Way):
    args = ["-odq", TO]
    subject = ONE
    folder = "queue"

    def copies(self, o):
        n = 1 if o.kept(self.folder) else 0
        return {(ONE, TO): (n, n)}

    def more(self, o):
        if o.status == 0 and not o.kept(self.folder):
            yield "exit 0, but it was not kept"

    def more_after_error(self, o, call):
        """What was not made durable is not kept, and no second fsync makes
        up for it; a directory that knows none is another thing."""
        if o.status == 0 and call.name == "fsync" and \
                f"/{self.folder}" in call.text and \
                not ("EINVAL" in call.text and f"{self.folder}>)" in call.text):
            yield "exit 0, but fsync failed"


class CommitToNewSpool(Commit):
    def fill(self, place):
        pass


class CommitToDrop(Commit):
    nobody = True
    folder = "drop"

    def fill(self, place):
        place.make_drop()


class Deferral(Commit):
    """The caller waits, and the smarthost is down."""
    args = [TO]
    down = True


class Delivery(Way):
    """The caller waits, and the smarthost takes the mail."""
    args = [TO]
    subject = ONE

    def copies(self, o):
        n = 1 if o.status == 0 else o.before[ONE, TO]
        return {(ONE, TO): (n, n)}

    def more(self, o):
        if o.kept():
            yield "it was kept, though it was delivered"


class Refusal(Way):
    args = [TO]
    subject = ONE
    lasting_script = [at("RCPT", when=TO, reply="550 5.1.1 no such user")]
    statuses = (67,)

    def copies(self, o):
        return {(ONE, TO): (0, 0)}

    def failed(self, o):
        n = 1 if o.kept("failed") else 0
        return n, n

    def more(self, o):
        if not o.killed and not o.kept("failed"):
            yield "it was not kept in failed/"

    def expected(self, o):
        return {(ONE, TO): 0}

    def failed_after_error(self, o):
        return 0, 1

    def reports_after_error(self, o):
        return 0, 1


class RefusalByMail(Refusal):
    args = ["-oem", TO]

    def reports(self, o):
        n = 1 if o.kept() else 0
        return n, n


class HandOver(Way):
    """wait_timeout is over in mid-message: the process that was called."""
    args = [TO]
    subject = ONE
    changes = {"smarthost": {"wait_timeout": "200ms"}}
    hold = "DOT"

    def copies(self, o):
        if not o.kept():
            return {(ONE, TO): (o.before[ONE, TO],) * 2}
        return {(ONE, TO): sent(o, (ONE, TO), o.made("clone") > 0)}

    def more(self, o):
        if o.status == 0 and not o.kept() and not o.before[ONE, TO]:
            yield "exit 0, but neither kept nor sent"


class HandOverChild(HandOver):
    """The process that goes on with it."""
    child = True

    def is_held(self, record):
        return any(m.complete for c in record.connections
                   for m in c.messages)

    def copies(self, o):
        return {(ONE, TO): sent(o, (ONE, TO), o.made("unlinkat", "/queue>"))}

    def more(self, o):
        if o.status != 0:
            yield f"exit status {o.status}"


class Background(Commit):
    args = ["-odb", TO]


class BackgroundChild(HandOverChild):
    args = ["-odb", TO]
    changes = None
    hold = "GREETING"

    def is_held(self, record):
        return record.connections


class Along(Way):
    """The mail has gone, and one that waited is taken along."""
    args = [TO]
    subject = ONE

    def fill(self, place):
        place.configure()
        submit(place, SECOND, OTHER)

    def copies(self, o):
        n = 1 if o.status == 0 else o.before[ONE, TO]
        return {(ONE, TO): (n, n), (SECOND, OTHER): (1, 1)}


    def expected(self, o):
        return {(ONE, TO): 1 if o.status == 0 else 0, (SECOND, OTHER): 1}


class AlongChild(Along):
    child = True
    hold = "MAIL"
    hold_nth = 2

    def is_held(self, record):
        return any(b"MAIL" in line for c in record.connections
                   for line in c.commands[3:])

    def copies(self, o):
        key = SECOND, OTHER
        return {(ONE, TO): (1, 1),
                key: sent(o, key, o.made("unlinkat", o.ids[SECOND]))}


class Run(Way):
    """Two mails over one connection."""

    def fill(self, place):
        place.configure()
        submit(place, ONE, TO)
        submit(place, SECOND, OTHER)

    def copies(self, o):
        return {key: sent(o, key, o.made("unlinkat", o.ids[key[0]]))
                for key in ((ONE, TO), (SECOND, OTHER))}

    def expected(self, o):
        return {(ONE, TO): 1, (SECOND, OTHER): 1}

    def more_after_error(self, o, call):
        """A fault of one mail stops no other."""
        for subject, to in ((ONE, OTHER), (SECOND, TO)):
            other = SECOND if subject == ONE else ONE
            if o.ids[subject] in call.text and not o.before[other, to]:
                yield f"{other} had to wait for {subject}"


class RunOfLarge(Run):
    """Which is read while it is sent."""

    def fill(self, place):
        place.configure()
        assert place.call(["-odq", TO], mail(ONE, 30000)).status == 0
        submit(place, SECOND, OTHER)


class RunPartlyDeferred(Way):
    script = [at("RCPT", when=OTHER, reply="450 4.2.0 later")]

    def fill(self, place):
        place.configure()
        submit(place, ONE, TO, OTHER)

    def copies(self, o):
        return {(ONE, TO): sent(o, (ONE, TO), o.states(ONE)),
                (ONE, OTHER): (1, 1)}

    def expected(self, o):
        return {(ONE, TO): 1, (ONE, OTHER): 1}


class RunPartlyFailed(RunPartlyDeferred):
    script = []
    lasting_script = [at("RCPT", when=OTHER, reply="550 5.1.1 no such user")]

    def copies(self, o):
        return {(ONE, TO): sent(o, (ONE, TO), o.states(ONE)),
                (ONE, OTHER): (0, 0)}

    def reports(self, o):
        return 1, 2 if o.kept() and o.states(ONE) < 2 else 1

    def failed(self, o):
        return 1, 1

    def expected(self, o):
        return {(ONE, TO): 1, (ONE, OTHER): 0}

    def reports_after_error(self, o):
        return 1, 2


class RunOfThree(RunPartlyFailed):
    """One has it, one fails, one is tried again: and only he, ever."""
    script = [at("RCPT", when=THIRD, reply="450 4.2.0 later")]

    def fill(self, place):
        place.configure()
        submit(place, ONE, TO, OTHER, THIRD)

    def copies(self, o):
        return {**super().copies(o), (ONE, THIRD): (1, 1)}

    def expected(self, o):
        return {**super().expected(o), (ONE, THIRD): 1}


class Expiry(Way):
    lasting = {"queue": {"lifetime": "1ms"}}
    lasting_script = [at("RCPT", when=TO, reply="450 4.2.0 later")]

    def fill(self, place):
        place.configure()
        submit(place, ONE, TO)
        place.host.script = rules_of(self.lasting_script)
        for _ in range(5):
            place.call(["-q"])
        assert place.files("queue")

    def copies(self, o):
        return {(ONE, TO): (0, 0)}

    def reports(self, o):
        return 1, 2 if o.kept() and not o.states(ONE) else 1

    def failed(self, o):
        return 1, 1

    def expected(self, o):
        return {(ONE, TO): 0}

    def reports_after_error(self, o):
        return 1, 2


class PickUp(Way):
    """Between its name in queue/ and the end of that in drop/ there are two
    of it."""

    def fill(self, place):
        place.make_drop()
        place.close()
        submit(place, ONE, TO, nobody=True)
        assert place.files("drop")

    def copies(self, o):
        least, most = sent(o, (ONE, TO), o.made("unlinkat", "/queue>"))
        if o.kept() and o.drop:
            most = 2
        return {(ONE, TO): (least, most)}

    def copies_after_cut(self, o):
        if o.kept() and not o.made("fsync", "/drop>"):
            return {(ONE, TO): (1, 2)}
        return self.copies(o)

    def expected(self, o):
        return {(ONE, TO): 1}


class Admin(Way):
    """What an administrator does with a mail that failed."""
    program = "outpost"
    command = ""

    def fill(self, place):
        place.configure()
        place.host.script = rules_of(Refusal.lasting_script)
        assert place.call([TO], mail(ONE)).status == 67
        assert place.files("failed")

    def words(self, place):
        return ["queue", self.command, *place.files("failed")]

    def again(self, place):
        """Once more, where it did not come to its end."""
        if place.files("failed"):
            run = place.call(self.words(place), program="outpost")
            assert run.status == 0, run

    def more(self, o):
        if len(o.failed + o.queue) > 1:
            yield f"failed/ has {o.failed}, queue/ has {o.queue}"

    def more_after_error(self, o, call):
        if o.status not in (0, *ERROR_STATUSES):
            yield f"exit status {o.status}"
        if o.status != 0 and not o.err:
            yield "nothing was said"


class Release(Admin):
    command = "release"

    def copies(self, o):
        return {(ONE, TO): (1, 1)}

    def expected(self, o):
        return {(ONE, TO): 1}


class Remove(Admin):
    command = "remove"

    def copies(self, o):
        return {(ONE, TO): (0, 0)}

    def expected(self, o):
        return {(ONE, TO): 0}

    def more_after_error(self, o, call):
        yield from super().more_after_error(o, call)
        if o.status == 0 and o.failed:
            yield "exit 0, but it is still there"


SUBMISSIONS = [Commit(), CommitToNewSpool(), CommitToDrop(), Deferral(),
               Delivery(), Refusal(), RefusalByMail(), HandOver(),
               Background(), Along()]
CHILDREN = [HandOverChild(), BackgroundChild(), AlongChild()]
RUNS = [Run(), RunOfLarge(), RunPartlyDeferred(), RunPartlyFailed(), RunOfThree(),
        Expiry(), PickUp()]
ADMIN = [Release(), Remove()]
