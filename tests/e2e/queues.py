"""What the tests of the queue have in common."""

import json

from queued import Queued

MAIL = b"Subject: kept\n\nbody\n"


class Queue(Queued):
    """A queue that the tests of listing and administration fill and ask."""

    def __init__(self, outpost, **keys):
        super().__init__(outpost)
        self.changes = {"queue": {"directory": self.spool, **keys}}
        self.configure(None)

    def publish(self):
        """Lets everybody read the configuration, which holds no secret."""
        self.outpost.config_mode = 0o644
        return self.configure(None, smarthost={
            "auth": "off", "user": None, "password": None})

    def keep(self, *recipients, mail=MAIL, sender="me@x.example"):
        """Keeps a mail to be sent later; returns its id."""
        before = set(self.ids())
        self.submit(["-odq", "-i", "-f", sender, "--",
                     *(recipients or ["a@x.example"])], mail).ok()
        (new,) = set(self.ids()) - before
        return new

    def mailq(self):
        return self.outpost([], program="mailq")

    def __call__(self, *args, **options):
        """outpost queue ARGS."""
        return self.outpost(["queue", *args], program="outpost", **options)

    def json(self, *args):
        """The mails of `outpost queue list --json`, and the last line."""
        run = self("list", "--json", *args)
        assert (run.status, run.err) == (0, ""), run
        lines = [json.loads(line) for line in run.out.decode().splitlines()]
        assert list(lines[-1]) == ["total", "bytes", "last_run"]
        assert lines[-1]["total"] == len(lines) - 1
        return lines[:-1], lines[-1]

    def mail(self, name, *args):
        """What the listing says of one mail."""
        return {mail["id"]: mail for mail in self.json(*args)[0]}[name]
