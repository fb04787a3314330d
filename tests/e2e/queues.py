"""What the tests of the queue have in common."""

import json

MAIL = b"Subject: kept\n\nbody\n"


class Queue:
    """The queue of one installation of the program."""

    def __init__(self, outpost, host=None, **keys):
        self.outpost = outpost
        self.spool = outpost.directory / "spool"
        self.configure(host, **keys)

    def configure(self, host=None, **keys):
        self.outpost.configure(
            host, {"queue": {"directory": self.spool, **keys}})

    def publish(self):
        """Lets everybody read the configuration, which holds no secret."""
        self.outpost.config_mode = 0o644
        self.outpost.configure(changes={
            "queue": {"directory": self.spool},
            "smarthost": {"auth": "off", "user": None, "password": None}})
        return self

    def keep(self, *recipients, mail=MAIL, sender="me@x.example"):
        """Keeps a mail to be sent later; returns its id."""
        before = set(self.ids())
        self.outpost(["-odq", "-i", "-f", sender, "--",
                      *(recipients or ["a@x.example"])], mail).ok()
        (new,) = set(self.ids()) - before
        return new

    def ids(self, folder="queue"):
        """The names in a folder, oldest first."""
        path = self.spool / folder
        return sorted(p.name for p in path.iterdir()) if path.exists() else []

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
