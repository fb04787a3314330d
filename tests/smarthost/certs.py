"""A throw-away authority and certificates good and bad, made with openssl."""

import os
import subprocess
import threading
import time
from dataclasses import dataclass

_CONFIG = """
[ca]
default_ca = authority
[authority]
dir = {dir}
database = {dir}/index.txt
serial = {dir}/serial
new_certs_dir = {dir}
certificate = {dir}/ca.pem
private_key = {dir}/ca.key
default_md = sha256
policy = anything
unique_subject = no
copy_extensions = none
[anything]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
commonName = {name}
[authority_extensions]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
"""
_GOOD = ("DNS:localhost,DNS:smarthost.example.test,DNS:*.163.com,"
         "IP:127.0.0.1,IP:127.0.0.2,IP:::1")
_VALID = ("20200101000000Z", "20991231235959Z")
# less than 14 days, and no less than 9
_SOON = time.strftime("%Y%m%d000000Z", time.gmtime(time.time() + 11 * 86400))

# name: (common name, subject alternative names, from, until, signer)
_KINDS = {
    "good": ("*.163.com", _GOOD, *_VALID, "ca"),
    "dns-only": ("localhost", "DNS:localhost", *_VALID, "ca"),
    "ip-only": ("whatever", "IP:127.0.0.1", *_VALID, "ca"),
    "wrong-name": ("mail.elsewhere.test", "DNS:mail.elsewhere.test",
                   *_VALID, "ca"),
    "cn-matches-san-not": ("localhost", "DNS:mail.elsewhere.test",
                           *_VALID, "ca"),
    "cn-only": ("localhost", "", *_VALID, "ca"),
    "expired": ("*.163.com", _GOOD, "20200101000000Z", "20210101000000Z",
                "ca"),
    "future": ("*.163.com", _GOOD, "20980101000000Z", "20991231235959Z",
               "ca"),
    "ending": ("*.163.com", _GOOD, _VALID[0], _SOON, "ca"),
    "unknown-ca": ("*.163.com", _GOOD, *_VALID, "other"),
    "client": ("web1", "", *_VALID, "ca"),
    "client-unknown": ("web1", "", *_VALID, "other"),
    "self-signed": ("*.163.com", _GOOD, *_VALID, "self"),
}


@dataclass(frozen=True)
class Certificate:
    cert: str  # PEM file
    key: str


class Authority:
    """Makes certificates on demand, each kind once, in one directory."""

    def __init__(self, directory):
        self.directory = os.path.abspath(directory)
        self._made = {}
        self._lock = threading.Lock()
        self._found("ca")

    @property
    def ca_file(self):
        return self._path("ca", "ca.pem")

    def certificate(self, kind="good"):
        with self._lock:
            if kind not in self._made:
                self._made[kind] = self._make(kind)
            return self._made[kind]

    def _path(self, *parts):
        return os.path.join(self.directory, *parts)

    def _found(self, name):
        """Makes an authority of its own under the directory."""
        place = self._path(name)
        os.makedirs(place, exist_ok=True)
        with open(os.path.join(place, "openssl.cnf"), "w") as config:
            config.write(_CONFIG.format(dir=place, name="Test CA " + name))
        with open(os.path.join(place, "index.txt"), "w"):
            pass
        with open(os.path.join(place, "serial"), "w") as serial:
            serial.write("1000\n")
        _openssl(place, "req", "-x509", "-new", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                 "ca.key", "-out", "ca.pem", "-days", "3650",
                 "-extensions", "authority_extensions")

    def _make(self, kind):
        common, names, start, end, signer = _KINDS[kind]
        place = self._path("ca" if signer == "self" else signer)
        if not os.path.exists(os.path.join(place, "ca.pem")):
            self._found(signer)
        cert, key = self._path(kind + ".pem"), self._path(kind + ".key")
        request = self._path(kind + ".csr")
        _openssl(place, "req", "-new", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
                 "-out", request, "-subj", "/CN=" + common)
        extensions = self._extensions(kind, names)
        sign = ["ca", "-batch", "-notext", "-in", request, "-out", cert,
                "-startdate", start, "-enddate", end, "-extfile", extensions]
        if signer == "self":
            sign += ["-selfsign", "-keyfile", key]
        _openssl(place, *sign)
        return Certificate(cert, key)

    def _extensions(self, kind, names):
        path = self._path(kind + ".ext")
        with open(path, "w") as file:
            file.write("basicConstraints = CA:FALSE\n"
                       "extendedKeyUsage = serverAuth, clientAuth\n")
            if names:
                file.write(f"subjectAltName = {names}\n")
        return path


def _openssl(place, command, *arguments):
    done = subprocess.run(
        ["openssl", command, "-config", "openssl.cnf", *arguments],
        cwd=place, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {command}: {done.stderr}")
