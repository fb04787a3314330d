"""All the ways: submissions, the processes that they leave behind, runs of the
queue, and what an administrator does."""

from place import mail
from smarthost.script import at, rules_of
from way import (ERROR_STATUSES, ONE, OTHER, SECOND, THIRD, TO, Way, sent,
                 submit)


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
        unknown = "EINVAL" in call.text and f"/{self.folder}>)" in call.text
        if o.status == 0 and call.name == "fsync" and not unknown and \
                f"/{self.folder}" in call.text:
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
    args = ()

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
RUNS = [Run(), RunOfLarge(), RunPartlyDeferred(), RunPartlyFailed(),
        RunOfThree(), Expiry(), PickUp()]
ADMIN = [Release(), Remove()]
