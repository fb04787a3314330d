"""What the tests of faults share: ways to mistreat the program."""

import os
import resource
import select
import shutil
import socket
import struct
import subprocess
import threading

import pytest

from runner import Run, finish

MAIL = b"Subject: s\n\nbody\n"
# a smarthost without TLS, which makes many runs quick
CLEAR = {"smarthost": {"tls": "off", "auth": "off", "ca_file": None}}
SANITIZED = os.environ.get("OUTPOST_SANITIZED") == "1"


def clear(smarthost, **options):
    """A smarthost to go with CLEAR."""
    return smarthost(tls="off", auth="", **options)


def needs(*tools):
    """Skips a test where a tool is missing or cannot be used."""
    for tool in tools:
        if not shutil.which(tool):
            pytest.skip(f"there is no {tool}")
    # strace finds system calls of theirs, and what faketime preloads can
    # wait for ever for their memory, which is not there yet
    if SANITIZED and {"strace", "faketime"} & set(tools):
        pytest.skip("not with sanitizers")


def run(outpost, command, stdin=MAIL, env=None, **options):
    """Runs a command that comes to run the program by itself."""
    process = subprocess.Popen(
        command, env=outpost.environment(env), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    status, out, err = finish(process, stdin)
    return Run(status, out, err, outpost.log(), process.pid)


def limited(outpost, args, limits, stdin=MAIL, **options):
    """Runs the program with limits {RLIMIT_X: value}."""
    def limit():
        for which, value in limits.items():
            resource.setrlimit(which, (value, value))
    return outpost(args, stdin, preexec_fn=limit, **options)


def private(outpost, files, args, stdin=MAIL, setup="", **options):
    """Runs the program where /etc holds the files {name: text}, and what it
    takes beside; `setup` is what a shell does there first."""
    needs("unshare", "mount")
    etc = outpost.directory / "etc"
    etc.mkdir(exist_ok=True)
    for name in ("passwd", "group", "nsswitch.conf", "host.conf", "hosts"):
        shutil.copy("/etc/" + name, etc / name)
    for name, text in files.items():
        data = text if isinstance(text, bytes) else text.encode()
        (etc / name).write_bytes(data)
        (etc / name).chmod(0o644)
    script = f'mount --bind {etc} /etc && {setup or "true"} || exit 99\n' \
        'exec "$@"'
    done = run(outpost, ["unshare", "-m", "-u", "sh", "-c", script, "sh",
                         *outpost.command(args)], stdin, **options)
    if done.status == 99 or done.err.startswith("unshare:"):
        pytest.skip("no private mounts can be had here")
    return done


def cpu():
    """Seconds of processor time that all children have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Sink(threading.Thread):
    """A smarthost in clear for one message of any size: it looks at nothing,
    and keeps the message only when told to."""

    def __init__(self, keep=False, go=b"354 go"):
        super().__init__(daemon=True)
        self.go = go  # the answer to DATA
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address, self.port = self.listener.getsockname()
        self.octets = 0
        self.pieces = [] if keep else None
        self.start()

    def run(self):
        sock = self.listener.accept()[0]
        sock.sendall(b"220 sink\r\n")
        lines = sock.makefile("rb")
        for _ in range(4):
            verb = lines.readline()[:4]
            sock.sendall((self.go if verb == b"DATA" else b"250 ok") + b"\r\n")
        tail = b""
        while not tail.endswith(b"\r\n.\r\n"):
            data = lines.read1(1 << 20)
            if not data:
                break
            self.octets += len(data)
            tail = (tail + data)[-5:]
            if self.pieces is not None:
                self.pieces.append(data)
        sock.sendall(b"250 taken\r\n")
        sock.close()
        self.listener.close()

    def finished(self):
        self.join(20)
        assert not self.is_alive()
        return self


class Cut(Exception):
    """Raised by a filter to end the connection; the bytes go out first."""

    def __init__(self, data=b"", reset=False):
        super().__init__()
        self.data = data
        self.reset = reset


class Proxy:
    """Stands between the program and a smarthost.  `down` is given the bytes
    for the program and returns pieces of what to pass on, or raises Cut."""

    def __init__(self, host, down=None, stall=None):
        self.upstream = (host.address, host.port)
        self.down = down or (lambda data: [data])
        self.stall = stall  # bytes from the program that are taken at most
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address, self.port = self.listener.getsockname()
        self.passed = 0  # bytes that went to the program
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self._thread.join(20)

    def _accept(self):
        """One connection after the other: none is closed while in use."""
        while True:
            try:
                near = self.listener.accept()[0]
            except OSError:
                return
            with near, socket.create_connection(self.upstream) as far:
                for sock in (near, far):
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                try:
                    self._serve(near, far)
                except OSError:
                    pass

    def _serve(self, near, far):
        try:
            self._pass(near, far)
        except Cut as cut:
            self._cut(near, far, cut)

    def _pass(self, near, far):
        taken = 0
        waiting = [near, far]
        while waiting and not self._over.is_set():
            ready = select.select(waiting, [], [], 0.1)[0]
            if far in ready:
                data = far.recv(65536)
                for piece in self.down(data) if data else ():
                    near.sendall(piece)
                    self.passed += len(piece)
                if not data:
                    near.shutdown(socket.SHUT_WR)
                    waiting.remove(far)
            if near in ready:
                data = near.recv(65536)
                taken += len(data)
                if data:
                    far.sendall(data)
                else:
                    far.shutdown(socket.SHUT_WR)
                if not data or self.stall is not None and taken > self.stall:
                    waiting.remove(near)

    def _cut(self, near, far, cut):
        near.sendall(cut.data)
        if cut.reset:
            near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
            return
        near.shutdown(socket.SHUT_WR)
        while not self._over.is_set():
            if select.select([near], [], [], 0.1)[0]:
                data = near.recv(65536)
                if not data:
                    return
                far.sendall(data)
