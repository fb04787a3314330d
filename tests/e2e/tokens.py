"""A server that gives tokens, as scripted, and `outpost oauth` to ask it."""

import http.server
import json
import os
import subprocess
import threading
import urllib.parse

from runner import REPO, USER
from smarthost.server import make_context

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
CLIENT = "11111111-2222-3333-4444-555555555555"
DEVICE = {"device_code": "DEVICE/CODE", "user_code": "ABCD-EFGH",
          "verification_uri": "https://example.test/device",
          "expires_in": 900, "interval": 0}


def helper():
    """The program behind `outpost oauth`; None where it was not built."""
    path = os.environ.get("OUTPOST_OAUTH") or os.path.join(REPO, "oauth")
    return path if os.access(path, os.X_OK) else None


def grant(access="ACCESS-1", refresh="REFRESH-1", lifetime=3600, **more):
    """The answer that grants a token."""
    given = {"token_type": "Bearer", "access_token": access,
             "refresh_token": refresh, "expires_in": lifetime, **more}
    return {name: value for name, value in given.items() if value is not None}


def error(code, description=None, status=400):
    """The answer that refuses."""
    words = {"error": code}
    if description is not None:
        words["error_description"] = description
    return status, words


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        size = int(self.headers["Content-Length"])
        form = dict(urllib.parse.parse_qsl(self.rfile.read(size).decode(),
                                           strict_parsing=True))
        answer = self.server.endpoint.answer(self.path, form)
        if callable(answer):
            self.close_connection = True
            answer(self)
            return
        status, words = answer if isinstance(answer, tuple) else (200, answer)
        self.send(status, json.dumps(words).encode(), "application/json")

    def send(self, status, body, kind, **fields):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # who hangs up on an endless answer does well


class Endpoint:
    """Listens while used as a context manager.  `device` and `token` are the
    answers to come, `requests` what was asked: (path, form)."""

    def __init__(self, certificate):
        self.device, self.token, self.requests = [DEVICE], [], []
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.endpoint = self
        self._server.socket = make_context(certificate).wrap_socket(
            self._server.socket, server_side=True,
            do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever,
                                        kwargs={"poll_interval": 0.05})

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *args):
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self):
        return f"https://localhost:{self._server.server_address[1]}"

    def answer(self, path, form):
        with self._lock:
            self.requests.append((path, form))
            answers = self.device if "device" in path else self.token
            return answers.pop(0) if answers else error("nothing_scripted")

    def asked(self, grant_type):
        """The forms of that kind."""
        return [form for _, form in self.requests
                if form.get("grant_type") == grant_type]


class Login:
    """`outpost oauth` with an endpoint and files of its own."""

    def __init__(self, outpost, endpoint, ca_file, helper_path):
        self.outpost, self.endpoint = outpost, endpoint
        self.state = outpost.directory / "state"
        self.directory = self.state / "outpost" / "oauth"
        self.file = self.directory / (USER.replace("@", "%40") + ".json")
        self.providers = outpost.directory / "providers.ini"
        self.env = {"OUTPOST_OAUTH": helper_path,
                    "OUTPOST_PROVIDERS": str(self.providers),
                    "SSL_CERT_FILE": ca_file,
                    "XDG_STATE_HOME": str(self.state)}
        self.provide()
        outpost.configure(None, {"smarthost": {"password": None}})

    def provide(self, **changes):
        """Writes providers.ini."""
        keys = {"hosts": "127.0.0.1",
                "device_url": self.endpoint.url + "/%TENANT%/device",
                "token_url": self.endpoint.url + "/%TENANT%/token",
                "scope": "send offline", "tenant": "common",
                "client_id": CLIENT, **changes}
        self.providers.write_text("[oauth test]\n" + "".join(
            f"{name} = {value}\n" for name, value in keys.items()
            if value is not None))

    def __call__(self, *words, env=None, **options):
        return self.outpost(["oauth", *words], program="outpost",
                            env={**self.env, **(env or {})}, **options)

    def start(self, *words):
        """Starts it; a process."""
        return subprocess.Popen(
            self.outpost.command(["oauth", *words], "outpost"),
            env=self.outpost.environment(self.env), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def login(self, *words, answer=None):
        """Logs in as the server wants it."""
        self.endpoint.token.append(answer or grant())
        run = self("login", *words)
        assert (run.status, run.err) == (0, ""), run
        return run

    def kept(self):
        return json.loads(self.file.read_text())

    def change(self, **members):
        """Changes what is kept."""
        self.file.write_text(json.dumps({**self.kept(), **members}))

    def command(self):
        """The line for password_command."""
        env = " ".join(f"{name}={value}" for name, value in self.env.items())
        return (f"{env} {self.outpost.program('outpost')} "
                f"-c {self.outpost.config_file} oauth token")
