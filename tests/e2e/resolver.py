"""A name server for the programs of a private /etc."""

import socket
import struct
import threading

import pytest

A, SRV = 1, 33


def wire_name(name):
    """A name as the DNS has it; "." is the root."""
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


class Resolver(threading.Thread):
    """A name server on 127.53.0.0/16: `rcode` and A records for every
    question, or silence.

    services: {name: [(priority, weight, port, target)], or an rcode}; where
    there are any, other questions for SRV have an empty answer."""

    def __init__(self, rcode=0, addresses=(), silent=False, services=None):
        super().__init__(daemon=True)
        self.rcode, self.addresses = rcode, addresses
        self.silent = silent
        self.services = services or {}
        self.questions = 0
        self.asked = []  # (name, type)
        for last in range(1, 250):
            self.address = f"127.53.{last}.1"
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.tcp = socket.socket()
            try:
                self.udp.bind((self.address, 53))
                self.tcp.bind((self.address, 53))
                break
            except OSError:
                self.close()
        else:
            pytest.skip("no name server can be run here")
        self.tcp.listen()
        threading.Thread(target=self._serve_tcp, daemon=True).start()
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for sock in (self.udp, self.tcp):
            sock.close()

    @property
    def files(self):
        """What a private /etc must have for it to be asked."""
        return {"resolv.conf": f"nameserver {self.address}\n",
                "hosts": "127.0.0.1 localhost\n",
                "nsswitch.conf": "hosts: files dns\n"}

    def _data(self, name, kind):
        """The records' data, and the rcode."""
        if kind == A:
            return [socket.inet_aton(text) for text in self.addresses], \
                self.rcode
        found = self.services.get(name, []) if kind == SRV else []
        if isinstance(found, int):
            return [], found
        return [struct.pack("!HHH", *numbers) + wire_name(target)
                for *numbers, target in found], self.rcode

    def answer(self, query, limit):
        end = query.index(b"\0", 12) + 5
        kind = struct.unpack("!H", query[end - 4:end - 2])[0]
        name = _read_name(query[12:end - 4])
        self.asked.append((name, kind))
        found, rcode = self._data(name, kind)
        records = b"".join(
            struct.pack("!HHHIH", 0xc00c, kind, 1, 1, len(data)) + data
            for data in found)
        flags = 0x8180 | rcode
        count = len(found)
        if 12 + len(query) + len(records) > limit:
            flags, records, count = flags | 0x200, b"", 0
        return query[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0) \
            + query[12:end] + records

    def run(self):
        try:
            while True:
                query, peer = self.udp.recvfrom(2048)
                self.questions += 1
                if not self.silent:
                    self.udp.sendto(self.answer(query, 512), peer)
        except OSError:
            pass

    def _serve_tcp(self):
        try:
            while True:
                sock = self.tcp.accept()[0]
                while len(head := sock.recv(2)) == 2:
                    query = sock.recv(struct.unpack("!H", head)[0])
                    text = self.answer(query, 65535)
                    sock.sendall(struct.pack("!H", len(text)) + text)
                sock.close()
        except OSError:
            pass


def _read_name(data):
    labels = []
    while data and data[0]:
        labels.append(data[1:1 + data[0]].decode("latin-1"))
        data = data[1 + data[0]:]
    return ".".join(labels)
