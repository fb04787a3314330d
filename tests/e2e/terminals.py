"""A person at a terminal: a program on a pseudo-terminal of its own."""

import fcntl
import os
import select
import struct
import subprocess
import termios
import time
import unicodedata

PATIENCE = 30  # seconds, for anything to appear


def widths(text):
    """How many columns each line takes."""
    return [sum(2 if unicodedata.east_asian_width(c) in "WF" else 1
                for c in line) for line in text.split("\n")]


def _take_terminal():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """Runs a command there; what appears is read up to what is waited for."""

    def __init__(self, words, env, columns=80):
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen(
            [str(word) for word in words], env=env, stdin=slave, stdout=slave,
            stderr=slave, start_new_session=True, preexec_fn=_take_terminal)
        os.close(slave)
        self.shown = ""  # all of it
        self._seen = 0  # up to here it was waited for
        self._bytes = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)

    def _read(self, deadline):
        """Reads what there is; False at the end."""
        ready, _, _ = select.select([self.master], [], [],
                                    max(0, deadline - time.monotonic()))
        assert ready, f"nothing more came after: {self.shown}"
        try:
            data = os.read(self.master, 65536)
        except OSError:  # EIO: the other end is closed
            data = b""
        self._bytes += data
        self.shown = self._bytes.decode("utf-8", "replace").replace(
            "\r\n", "\n")
        return data != b""

    def expect(self, text):
        """Waits until `text` appears after what was waited for before, and
        returns what came before it."""
        deadline = time.monotonic() + PATIENCE
        while (at := self.shown.find(text, self._seen)) == -1:
            assert self._read(deadline), f"no {text!r} in: {self.shown}"
        before = self.shown[self._seen:at]
        self._seen = at + len(text)
        return before

    def type(self, text):
        os.write(self.master, text.encode())

    def answer(self, question, text):
        """Types a line once the question is there."""
        before = self.expect(question)
        self.type(text + "\n")
        return before

    def echoes(self):
        """Whether what is typed is shown."""
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def interrupt(self):
        """Types ^C until the program ends: one that comes just before it
        begins to read is not seen by readpassphrase(3)."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.shown
            self.type("\x03")
            select.select([self.master], [], [], 0.1)
        return self.process.returncode

    def end(self):
        """Waits for the end; returns the exit status."""
        deadline = time.monotonic() + PATIENCE
        while self._read(deadline):
            pass
        return self.process.wait(PATIENCE)
