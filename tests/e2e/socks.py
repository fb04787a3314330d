"""A SOCKS5 proxy (RFC 1928, 1929) for one smarthost, whatever name is asked
for."""

import ipaddress
import select
import socket
import struct
import threading

UNREACHABLE = 4
REFUSED = 5


class Socks5:
    """Listens while used as a context manager.  `asked` has what clients
    wanted: (host, port) with the host as it came, a str for a name, an
    ipaddress for an address.

    login: (user, password) that it wants; answer: the code it gives; split:
    each octet comes alone; unknown: a host that it cannot reach; drop: how many octets of its answers come until it
    hangs up."""

    def __init__(self, host, login=None, answer=0, split=False, unknown=None,
                 drop=None):
        self.upstream = (host.address, host.port)
        self.login = login
        self.code = answer
        self.split = split
        self.unknown = unknown
        self.left = drop
        self.asked = []
        self.peers = []
        self.logins = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address, self.port = self.listener.getsockname()[:2]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self._thread.join(20)

    def url(self, login=""):
        return f"socks5://{login and login + '@'}{self.address}:{self.port}"

    def _accept(self):
        while True:
            try:
                near, peer = self.listener.accept()
            except OSError:
                return
            self.peers.append(peer[0])
            with near:
                near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                try:
                    self._serve(near)
                except (OSError, EOFError):
                    pass

    def _serve(self, near):
        self._greet(near)
        host, port = self._request(near)
        self.asked.append((host, port))
        code = UNREACHABLE if host == self.unknown else self.code
        if code:
            self._say(near, bytes([5, code, 0, 1]) + bytes(6))
            return
        with socket.create_connection(self.upstream) as far:
            # an address of every length: the client must get past it
            self._say(near, b"\5\0\0\3\x0bproxy.local\0\0")
            _pass(near, far)

    def _greet(self, near):
        version, count = _take(near, 2)
        methods = _take(near, count)
        assert version == 5
        wanted = 2 if self.login else 0
        if wanted not in methods:
            self._say(near, b"\5\xff")
            raise EOFError
        self._say(near, bytes([5, wanted]))
        if self.login:
            self._log_in(near)

    def _log_in(self, near):
        assert _take(near, 1) == b"\1"
        user = _take(near, _take(near, 1)[0])
        password = _take(near, _take(near, 1)[0])
        self.logins.append((user, password))
        good = (user, password) == self.login
        self._say(near, b"\1" + (b"\0" if good else b"\1"))
        if not good:
            raise EOFError

    def _request(self, near):
        head = _take(near, 4)
        assert head[:3] == b"\5\1\0", head
        if head[3] == 3:
            host = _take(near, _take(near, 1)[0]).decode("ascii")
        else:
            host = ipaddress.ip_address(_take(near, {1: 4, 4: 16}[head[3]]))
        return host, struct.unpack("!H", _take(near, 2))[0]

    def _say(self, near, data):
        if self.left is not None:
            data, self.left = data[:self.left], max(self.left - len(data), 0)
        for piece in [data[i:i + 1] for i in range(len(data))] \
                if self.split else [data]:
            near.sendall(piece)
        if self.left == 0:
            raise EOFError


def _take(sock, count):
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def _pass(near, far):
    """Passes bytes on until both have said all."""
    other = {near: far, far: near}
    waiting = [near, far]
    while waiting:
        for sock in select.select(waiting, [], [], 20)[0] or [near, far]:
            data = sock.recv(65536)
            if data:
                other[sock].sendall(data)
            else:
                other[sock].shutdown(socket.SHUT_WR)
                waiting.remove(sock)
