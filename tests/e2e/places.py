"""A machine to itself: private mounts that last as long as the test, with
users of its own and a spool as tmpfiles(8) would make it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import queued
import spoolfile
from faults import CLEAR, MAIL, needs
from runner import Run, finish
from spooling import FOLDERS

OWNER, WWW, OTHER = 990, 991, 992
STRANGER = 54321  # has no entry in passwd
NAMES = {OWNER: "outpost", WWW: "www", OTHER: "other"}
ACCOUNT = "account@example.test"

# $1: the new /etc; $2: the spool; $3: what has to be covered to make it; $4:
# options of the file system that it is on
MOUNTS = """set -e
mount --make-rprivate /
mount --bind "$1" /etc
[ "$3" = "$2" ] || mount -t tmpfs -o mode=755 none "$3"
mkdir -p "$2"
mount -t tmpfs -o "mode=711$4" none "$2"
echo ready
exec cat
"""


def default_spool(outpost):
    """Where the program keeps mail unless it is told otherwise."""
    empty = outpost.directory / "empty.ini"
    empty.write_text("[smarthost]\nhost = localhost\n")
    empty.chmod(0o600)
    done = outpost(["-c", str(empty), "config"], program="outpost")
    section = done.out.decode().partition("[queue]")[2]
    return section.partition("directory = ")[2].split(" ;")[0].strip('" ')


class Place(queued.Queued):
    """Queued, and every program runs there, as root or as another user."""

    def __init__(self, outpost, options=""):
        needs("unshare", "mount", "nsenter", "setpriv")
        super().__init__(outpost)
        self._link_programs()
        self.directory = Path(default_spool(outpost))
        cover = self.directory
        while not cover.is_dir():
            cover = cover.parent
        self.process = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", MOUNTS, "sh", self._make_etc(),
             self.directory, cover, options and "," + options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        if self.process.stdout.readline() != b"ready\n":
            self.close()
            pytest.skip("no private mounts can be had here")
        self.root = Path(f"/proc/{self.process.pid}/root")
        self.etc = self.root / "etc"
        self.spool = self.root / self.directory.relative_to("/")
        self.changes = queued.merged(CLEAR, {
            "queue": {"directory": None}, "sender": {
                "address": ACCOUNT, "rewrite": "always"}})

    def close(self):
        self.process.communicate(timeout=20)

    def _link_programs(self):
        """By each of its names, where any user can reach it."""
        outpost = self.outpost
        program = Path(outpost.program())
        for name in ("outpost", "mailq"):
            if not (program.parent / name).exists():
                (program.parent / name).symlink_to(program)
        outpost.program = lambda name="sendmail": str(program.parent / name)

    def _make_etc(self):
        etc = self.outpost.directory / "etc"
        etc.mkdir()
        for name in ("nsswitch.conf", "host.conf", "hosts", "ld.so.cache",
                     "localtime"):
            if os.path.exists("/etc/" + name):
                shutil.copy("/etc/" + name, etc / name)
        users = "root:x:0:0:root:/root:/bin/sh\n" + "".join(
            f"{name}:x:{uid}:{uid}:The {name}:/nonexistent:/bin/sh\n"
            for uid, name in NAMES.items())
        (etc / "passwd").write_text(users)
        (etc / "group").write_text("root:x:0:\n" + "".join(
            f"{name}:x:{uid}:\n" for uid, name in NAMES.items()))
        return etc

    def make_spool(self, drop=True):
        """As tmpfiles(8) does; without drop/ nobody may leave mail."""
        os.chown(self.spool, OWNER, OWNER)
        for name, mode in [*FOLDERS.items(), *[("drop", 0o3733)] * drop]:
            (self.spool / name).mkdir()
            os.chown(self.spool / name, OWNER, OWNER)
            (self.spool / name).chmod(mode)
        return self

    def configure(self, host, **sections):
        """/etc/outpost.ini, which root and outpost can read."""
        super().configure(host, **sections)
        self.outpost.log_file.touch()
        os.chown(self.outpost.log_file, OWNER, OWNER)
        path = self.etc / "outpost.ini"
        shutil.copy(self.outpost.config_file, path)
        os.chown(path, 0, OWNER)
        path.chmod(0o640)
        return self

    def command(self, words, uid=0):
        enter = ["nsenter", "-t", str(self.process.pid), "-m"]
        if uid != 0:
            enter += ["setpriv", f"--reuid={uid}", f"--regid={uid}",
                      "--clear-groups"]
        return [*enter, *map(str, words)]

    def environment(self, changes=None):
        return self.outpost.environment({
            "OUTPOST_CONFIG": "/etc/outpost.ini", **(changes or {})})

    def start(self, words, uid=0, env=None, **options):
        """Starts a command there."""
        return subprocess.Popen(
            self.command(words, uid), env=self.environment(env),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, **options)

    def do(self, words, uid=0, stdin=b"", **options):
        """Runs a command there to its end."""
        process = self.start(words, uid, **options)
        status, out, err = finish(process, stdin)
        return Run(status, out, err, self.outpost.log(), process.pid)

    def submit(self, args=(queued.TO,), stdin=MAIL, uid=WWW, **options):
        return self.do(self.outpost.command(list(args)), uid, stdin,
                       **options)

    def run(self, *args, uid=OWNER, **options):
        return self.do(self.outpost.command(list(args) or ["-q"]), uid,
                       **options)

    def admin(self, *words, uid=OWNER, **options):
        return self.do(self.outpost.command(["queue", *words], "outpost"),
                       uid, **options)

    @property
    def dropped(self):
        """The paths in drop/."""
        return sorted((self.spool / "drop").iterdir())

    def leave(self, data, uid=WWW, mode=0o640, name=None):
        """A file in drop/, as that user could have made it."""
        name = spoolfile.place(self.spool / "drop", data, name, mode)
        os.chown(self.spool / "drop" / name, uid, OWNER)
        return name
