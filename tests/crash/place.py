"""A place: one installation with a spool and a smarthost, to be used once."""

import collections
import contextlib
import itertools
import os
import shutil
import subprocess
import time
from pathlib import Path

from queued import Nobody, Queued, merged
from runner import Outpost, Run, binary, finish
from smarthost.profiles import make_profile
from smarthost.server import Smarthost

NOBODY = 65534
FOLDERS = ("queue", "failed", "corrupt", "drop")
RUNS = 5  # of the queue, until everything has been delivered


class Installed(Outpost):
    """The program by a path that tells whose process it is, and that every
    user can reach."""

    def program(self, name="sendmail"):
        return str(self.directory / name)


class Place:
    """A spool, a smarthost in clear, and what came of both."""

    def __init__(self, directory, program):
        directory.mkdir()
        directory.chmod(0o777)
        for name in ("sendmail", "outpost"):
            (directory / name).symlink_to(program)
        self.directory = directory
        self.outpost = Installed(directory, None)
        self.outpost.config_mode = 0o644
        self.queued = Queued(self.outpost)
        self.host = None
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        self.host = self._stack.enter_context(
            Smarthost(make_profile("plain", auth=""), tls="off"))
        return self

    def __exit__(self, *_):
        self._stack.close()
        self.end()
        shutil.rmtree(self.directory)

    @property
    def spool(self):
        return self.queued.spool

    def configure(self, changes=None, down=False):
        """For the smarthost, or for one that is down."""
        self.outpost.configure(
            Nobody() if down else self.host,
            merged(self.queued.changes, {"queue": {"retry": "1ms"},
                                         "smarthost": {"password": None}},
                   changes))

    def close(self):
        """From now on only root can send, since nobody else can read the
        password."""
        secret = self.directory / "secret"
        secret.touch(0o600)
        self.configure({"smarthost": {
            "auth": "plain", "password_file": secret}})

    def make_drop(self):
        """Makes the drop folder."""
        self.spool.mkdir(exist_ok=True)
        self.spool.chmod(0o711)
        drop = self.spool / "drop"
        drop.mkdir()
        drop.chmod(0o3733)

    def fill(self, template):
        """Makes the spool a copy of another one."""
        shutil.copytree(template, self.spool, dirs_exist_ok=True)

    def command(self, args, program="sendmail"):
        return self.outpost.command(list(args), program)

    def start(self, command, nobody=False, stdin=subprocess.PIPE):
        options = {"user": NOBODY, "group": NOBODY, "extra_groups": []} \
            if nobody else {}
        return subprocess.Popen(
            command, env=self.outpost.environment(), stdin=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def call(self, args, stdin=b"", nobody=False, program="sendmail"):
        """Runs the program to its end."""
        process = self.start(self.command(args, program), nobody)
        return Run(*finish(process, stdin), "", process.pid)

    def processes(self):
        """Those of this place: the program, and whoever traces it."""
        own = os.fsencode(str(self.directory)) + b"/"
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                line = Path("/proc", entry, "cmdline").read_bytes()
            except OSError:
                continue
            if line.startswith(own):
                yield int(entry)

    def end(self, timeout=20):
        """Waits until no process of this place is left."""
        until = time.monotonic() + timeout
        while list(self.processes()):
            assert time.monotonic() < until, "a process does not end"
            time.sleep(0.002)

    def recover(self):
        """Runs the queue until it is empty; what was said."""
        said = []
        for _ in range(RUNS):
            said.append(self.call(["-q"]))
            if not self.files("queue") and not self.files("drop"):
                break
        return said

    def files(self, folder):
        try:
            names = os.listdir(self.spool / folder)
        except FileNotFoundError:
            return []
        return sorted(name for name in names if not name.startswith("."))

    @property
    def litter(self):
        """Whatever is in the folders of mail under another name."""
        found = []
        for folder in FOLDERS + (".",):
            with contextlib.suppress(FileNotFoundError):
                found += [f"{folder}/{name}" for name
                          in os.listdir(self.spool / folder)
                          if name.startswith(".")]
        return found

    def copies(self):
        """{(subject, recipient): how often it was accepted}"""
        found = collections.Counter()
        for message in self.host.settled().record.messages:
            for recipient in message.recipients:
                found[message.only("Subject"), recipient] += 1
        return found

    def not_whole(self):
        """What arrived in another form than it was sent."""
        for message in self.host.record.messages:
            if message.sender and not is_whole(message):
                yield f"not whole: {message.data!r}"
        ids = collections.defaultdict(set)
        for message in self.host.record.messages:
            if message.sender:
                ids[message.only("Subject")].add(message.only("Message-ID"))
        for subject, found in ids.items():
            if len(found) > 1:
                yield f"{subject} has the Message-IDs {found}"


class Workshop:
    """Makes places, and keeps what many of them begin with."""

    def __init__(self, directory):
        self.directory = directory
        self.program = directory / "program"
        self._numbers = itertools.count()
        self._templates = {}
        shutil.copy(binary(), self.program)
        self.program.chmod(0o755)

    def place(self):
        return Place(self.directory / f"p{next(self._numbers)}", self.program)

    def template(self, name, make):
        """The spool that `make(place)` leaves, made once."""
        if name not in self._templates:
            target = self.directory / f"template-{name}"
            with self.place() as place:
                make(place)
                if place.spool.exists():
                    shutil.copytree(place.spool, target)
                else:
                    target = None
            self._templates[name] = target
        return self._templates[name]


def mail(subject, lines=3):
    """A mail whose body follows from its subject."""
    return f"Subject: {subject}\n\n".encode() + body(subject, lines)


def body(subject, lines=3):
    return b"".join(b"%d of %s\n" % (i, subject.encode())
                    for i in range(lines)) + b"end\n"


def is_whole(message):
    lines = message.body.split(b"\r\n")
    return message.body.replace(b"\r\n", b"\n") == \
        body(message.only("Subject"), len(lines) - 2)
