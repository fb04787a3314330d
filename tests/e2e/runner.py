"""Runs the real program: a private configuration, a clean environment."""

import os
import shutil
import subprocess
from dataclasses import dataclass

REPO = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
TIMEOUT = 30
PROVIDERS = os.path.join(REPO, "etc", "providers.ini")
USER = "tester@163.com"
CODE = "ABCDEFGHIJKLMNOP"
# handed through, so that a build with sanitizers can be told what to do
KEPT = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS")


def binary():
    return os.environ.get("OUTPOST_BIN") or os.path.join(REPO, "sendmail")


@dataclass
class Run:
    """How a run ended."""
    status: int
    out: bytes
    err: str
    log: str  # the log file
    pid: int = 0

    def ok(self):
        """Asserts what success looks like: 0, and silence."""
        assert (self.status, self.out, self.err) == (0, b"", ""), self
        return self

    def failed(self, status, *words):
        """Asserts a failure that says each of the words."""
        assert self.status == status, self
        assert self.out == b"", self
        for word in words:
            assert word.lower() in self.err.lower(), (word, self)
        return self


def ini(sections):
    """The text of a configuration; keys whose value is None are left out."""
    lines = []
    for section, keys in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{name} = {value}" for name, value in keys.items()
                  if value is not None]
    return "\n".join(lines) + "\n"


class Outpost:
    """One test's installation of the program."""

    def __init__(self, directory, ca_file):
        self.directory = directory
        self.binary = os.path.abspath(binary())
        self.ca_file = ca_file
        self.log_file = directory / "log"
        self.aliases_file = directory / "aliases"
        self.config_file = directory / "outpost.ini"
        self.config_mode = 0o600
        self.providers = PROVIDERS

    def aliases(self, text):
        self.aliases_file.write_text(text)

    def sections(self, host=None, changes=None):
        """The default configuration for a smarthost, with changes
        {section: {key: value or None}}."""
        port = host.port if host is not None else 1
        sections = {
            "smarthost": {
                "host": "127.0.0.1", "port": port, "tls": "implicit",
                "ca_file": self.ca_file, "user": USER, "password": CODE},
            "sender": {"rewrite": "never", "domain": "example.test"},
            "recipients": {"aliases": self.aliases_file},
            "queue": {"directory": ""},
            "log": {"syslog": "off", "file": self.log_file},
        }
        for section, keys in (changes or {}).items():
            sections.setdefault(section, {}).update(keys)
        return sections

    def configure(self, host=None, changes=None):
        """Writes the configuration: changes as above, or its whole text."""
        text = changes
        if not isinstance(changes, (str, bytes)):
            text = ini(self.sections(host, changes))
        data = text.encode() if isinstance(text, str) else text
        self.config_file.write_bytes(data)
        self.config_file.chmod(self.config_mode)

    def environment(self, changes=None):
        env = {name: os.environ[name] for name in KEPT if name in os.environ}
        env["PATH"] = "/usr/bin:/bin"
        env["OUTPOST_CONFIG"] = str(self.config_file)
        env["OUTPOST_PROVIDERS"] = str(self.providers)
        env.update(changes or {})
        return {name: value for name, value in env.items()
                if value is not None}

    def program(self, name="sendmail"):
        """The binary by the name of one of its personalities."""
        if name == "sendmail":
            return self.binary
        link = self.directory / name
        if not link.is_symlink():
            link.symlink_to(self.binary)
        return str(link)

    def command(self, args, program="sendmail"):
        return [self.program(program)] + list(args)

    def __call__(self, args, stdin=b"", host=None, config=None, env=None,
                 program="sendmail", **options):
        """Runs the program to its end.  `host` or `config` make a new
        configuration first; without both the last one is used."""
        if host is not None or config is not None:
            self.configure(host, config)
        if isinstance(stdin, str):
            stdin = stdin.encode()
        data = stdin if isinstance(stdin, bytes) else None
        process = subprocess.Popen(
            self.command(args, program), env=self.environment(env),
            stdin=subprocess.PIPE if data is not None else stdin,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        status, out, err = finish(process, data)
        return Run(status, out, err, self.log(), process.pid)

    def start(self, args, host=None, config=None, **options):
        """Starts the program with a pipe to its standard input."""
        if host is not None or config is not None:
            self.configure(host, config)
        return subprocess.Popen(
            self.command(args), env=self.environment(),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, **options)

    def log(self):
        try:
            return self.log_file.read_text("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def public(self, directory):
        """The same installation where any user can reach it."""
        os.chmod(directory, 0o777)
        copy = Outpost(directory, self.ca_file)
        program = directory / "sendmail"
        shutil.copy(binary(), program)
        program.chmod(0o755)
        shutil.copy(self.ca_file, directory / "ca.pem")
        (directory / "ca.pem").chmod(0o644)
        shutil.copy(PROVIDERS, directory / "providers.ini")
        (directory / "providers.ini").chmod(0o644)
        copy.ca_file = directory / "ca.pem"
        copy.providers = directory / "providers.ini"
        copy.binary = str(program)
        return copy


def finish(process, stdin=None):
    """Waits for a started program; returns (status, out, err)."""
    try:
        out, err = process.communicate(stdin, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill() # and no word of whoever has its pipes still
        process.wait()
        raise
    return process.returncode, out, err.decode("utf-8", "replace")
