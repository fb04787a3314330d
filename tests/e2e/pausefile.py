"""The file that says how long an account rests: state/pause.default."""

import hashlib
import struct

SIZE, SUM, UNTIL = 944, 912, 56
HOST, LOGIN, RATE = 1, 2, 3
# until, since, cause, failures, as this machine has them
NUMBERS = struct.Struct("=qqII")


class Pause:
    """What the file says; `set` changes when the pause ends."""

    def __init__(self, spool):
        self.path = spool / "state" / "pause.default"

    @property
    def data(self):
        """The bytes, or None: nothing is paused."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        assert len(data) == SIZE and data[:8] == b"pause 1\n"
        assert hashlib.sha256(data[:SUM]).digest() == data[SUM:]
        return data

    def numbers(self):
        """(until, since, cause, failures)"""
        return NUMBERS.unpack_from(self.data, UNTIL)

    def set(self, until):
        data = bytearray(self.data)
        struct.pack_into("=q", data, UNTIL, until)
        data[SUM:] = hashlib.sha256(data[:SUM]).digest()
        self.path.write_bytes(data)
