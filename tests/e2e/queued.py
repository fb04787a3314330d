"""An installation of the program that keeps mail in a queue."""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import time

import spoolfile
from faults import CLEAR, MAIL

TO = "rcpt@d.example"
# every step of the retry table is over at once
SOON = {"retry": "1ms"}


def merged(*changes):
    """Changes {section: {key: value}} put together, the last one winning."""
    result = {}
    for one in changes:
        for section, keys in (one or {}).items():
            result.setdefault(section, {}).update(keys)
    return result


def dead_port():
    """A port of this machine that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Nobody:
    """A smarthost that is down."""

    def __init__(self):
        self.address, self.port = "127.0.0.1", dead_port()


class Queued:
    """Submits, runs and looks.  The smarthost is one of CLEAR, unless `changes`
    of a call say otherwise."""

    def __init__(self, outpost):
        self.outpost = outpost
        self.spool = outpost.directory / "spool"
        self.changes = merged(CLEAR, {"queue": {"directory": self.spool}})

    def configure(self, host, **sections):
        """Sets the smarthost and what differs: queue={...}, sender={...}."""
        self.outpost.configure(
            host, merged(self.changes, sections))
        return self

    def submit(self, args=(TO,), stdin=MAIL, **options):
        return self.outpost(list(args), stdin, **options)

    def run(self, *args, **options):
        """One run of the queue: -q, which tries everything."""
        return self.outpost(list(args) or ["-q"], b"", **options)

    def run_due(self, **options):
        """One run of what is due."""
        return self.admin("run", **options)

    def admin(self, *words, **options):
        return self.outpost(["queue", *words], b"", program="outpost",
                            **options)

    def ids(self, folder="queue"):
        """The names in a folder, oldest first."""
        try:
            return sorted(name for name in os.listdir(self.spool / folder)
                          if not name.startswith("."))
        except FileNotFoundError:
            return []

    def let_go(self, name):
        """Waits until nobody is at work on that mail of queue/."""
        with open(self.spool / "queue" / name, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)

    @property
    def waiting(self):
        """The ids in queue/."""
        return self.ids()

    @property
    def failed(self):
        return self.ids("failed")

    @property
    def corrupt(self):
        return self.ids("corrupt")

    @property
    def litter(self):
        """Whatever is in the spool beside entries and state/."""
        found = []
        for folder in ("queue", "failed", "drop", "."):
            try:
                found += [name for name in os.listdir(self.spool / folder)
                          if name.startswith(".")]
            except FileNotFoundError:
                pass
        return found

    def mails(self, *words):
        """What `outpost queue list --json` says, one dict a mail."""
        done = self.admin("list", "--json", *words)
        assert done.status == 0, done
        return [mail for mail in map(json.loads, done.out.splitlines())
                if "id" in mail]

    def mail(self, *words):
        """The only one."""
        found = self.mails(*words)
        assert len(found) == 1, found
        return found[0]

    def place(self, *files):
        """Puts entries (spoolfile.File, or bytes) into queue/; their ids."""
        folder = self.spool / "queue"
        folder.mkdir(0o700, parents=True, exist_ok=True)
        return [spoolfile.place(folder, file) for file in files]

    def copy_of_spool(self, name="copy"):
        """The spool as it is now, elsewhere."""
        target = self.outpost.directory / name
        shutil.copytree(self.spool, target)
        return target


def strace(queued, options, args, stdin=MAIL):
    """Runs the program under strace with the options; returns the Run."""
    from faults import needs, run
    needs("strace")
    command = ["strace", "-f", "-qq", "-o", str(queued.outpost.directory /
                                                "trace"),
               *options, *queued.outpost.command(list(args))]
    return run(queued.outpost, command, stdin)


def trace(queued):
    """The lines of the last strace."""
    return (queued.outpost.directory / "trace").read_text(
        "utf-8", "replace").splitlines()


def until(condition, seconds=20):
    """Waits until a condition comes true that nothing tells of."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.01)


def wait_for_end(process, timeout=30):
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
