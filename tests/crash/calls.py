"""System calls of a run: which there are, and what comes of one that is the
last, or that fails.

strace counts the calls of a name; here a call is its name and its number
among them.  SIGKILL comes before the call is made, an error instead of it."""

import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass

import pytest

from faults import SANITIZED
from runner import finish

KILLED = -signal.SIGKILL
EVERYTHING = os.environ.get("OUTPOST_CRASH") == "all"
# what can change a file, a lock or what the smarthost knows
EFFECTS = ("write", "pwrite64", "fsync", "fdatasync", "linkat", "renameat2",
           "unlinkat", "mkdirat", "ftruncate", "fchmod", "flock", "close",
           "connect", "sendto", "recvfrom", "clone", "setsid", "exit_group")
LOOKS = ("openat", "read", "pread64", "getdents64", "newfstatat",
         "faccessat2", "poll")
TRACED = ",".join(EFFECTS + LOOKS)
LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)")
DONE = re.compile(r"= \d+(<.*>)?$")


def needs_strace():
    """Skips where it cannot be used.  The program cannot be looked into but
    by root, and what a call is about is told by its descriptors."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    if not shutil.which("strace"):
        pytest.skip("there is no strace")
    if SANITIZED:
        pytest.skip("not with sanitizers")


@dataclass(frozen=True)
class Call:
    name: str
    nth: object  # as strace's when=
    text: str  # arguments and result, descriptors with their paths

    @property
    def done(self):
        """Whether it was made, and succeeded."""
        return DONE.search(self.text) is not None

    @property
    def creates(self):
        return self.name == "openat" and \
            re.search("O_CREAT|O_TMPFILE", self.text) is not None

    def __str__(self):
        return f"{self.name} #{self.nth} ({self.text[:100]}"


def read_trace(path):
    """The calls in a trace of one process."""
    counts, calls = {}, []
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            match = LINE.match(line)
            if match:
                name = match[1]
                counts[name] = counts.get(name, 0) + 1
                calls.append(Call(name, counts[name], match[2].rstrip()))
    return calls


def relevant(calls, place, wanted):
    """Those from the first use of spool or smarthost on that concern one of
    the place's files or a connection, and no system file."""
    own = str(place.directory)
    spool = str(place.spool)
    begin = next((i for i, call in enumerate(calls)
                  if spool in call.text or call.name == "connect"
                  and "sin_port" in call.text), len(calls))
    for call in calls[begin:]:
        mine = own in call.text or "<socket:" in call.text or \
            "<TCP:" in call.text or "sin_port" in call.text or \
            call.name in ("clone", "setsid", "exit_group") or \
            "</" not in call.text and call.name != "openat"
        if mine and wanted(call):
            yield call


def has_effect(call):
    return call.name in EFFECTS or call.creates or EVERYTHING


class Victim:
    """Runs a command, or a process that runs already, under strace."""

    def __init__(self, place, also=()):
        self.place = place
        self.also = also
        self.trace = place.directory / "trace"
        self.process = None

    def _strace(self, call, what):
        options = ["strace", "-q", "-y", "-o", str(self.trace),
                   "-e", "trace=" + TRACED]
        for other in self.also:
            options += ["-e", "inject=" + other]
        if call is not None:
            options += ["-e", f"inject={call.name}:{what}:when={call.nth}"]
        return options

    def run(self, command, call=None, what="signal=SIGKILL", nobody=False):
        """Starts a program under strace, with a pipe to its stdin.  strace
        itself has to see what nobody's descriptors are."""
        user = ["-u", "nobody"] if nobody else []
        self.process = self.place.start(
            self._strace(call, what) + user + command)
        return self

    def finish(self, stdin=b""):
        """(status, stderr); killed is -9."""
        status, _, err = finish(self.process, stdin)
        return status, err

    def attach(self, pid, call=None, what="signal=SIGKILL"):
        """Traces a process from here on."""
        self.process = subprocess.Popen(
            self._strace(call, what) + ["-p", str(pid)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        status = f"/proc/{pid}/status"
        while self.process.poll() is None:
            with open(status, encoding="ascii", errors="replace") as lines:
                if any(line.startswith("TracerPid:") and line.split()[1] != "0"
                       for line in lines):
                    return self
            time.sleep(0.001)
        pytest.skip("processes cannot be traced: "
                    + self.process.stderr.read().decode())

    def detach(self):
        """Waits for the end of the process; its status, as far as it is
        known, is in the trace."""
        finish(self.process)
        text = self.trace.read_text("utf-8", "replace")
        return KILLED if "+++ killed by SIGKILL +++" in text else 0

    @property
    def calls(self):
        return read_trace(self.trace)
