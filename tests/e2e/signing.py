"""Signed mail, made and checked by the tools that people use."""

import email
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

TIME = 60
FROM = "signer@example.test"
# whole, so that nothing has to be added
HEAD = (b"From: Signer <signer@example.test>\r\nTo: rcpt@d.example\r\n"
        b"Date: Fri, 27 Nov 2026 12:00:00 +0000\r\n"
        b"Message-ID: <1@example.test>\r\nSubject: signed\r\n"
        b"MIME-Version: 1.0\r\n")


def tool(command, stdin=b"", env=None, check=True):
    done = subprocess.run(command, input=stdin, capture_output=True,
                          timeout=TIME, env={**os.environ, **(env or {})})
    assert not check or done.returncode == 0, (command, done.stderr)
    return done


def multipart(kind, boundary, parts):
    """The field and the body of a multipart; each part as it is."""
    dash = b"--" + boundary
    return (b"Content-Type: multipart/" + kind + b"; boundary=\"" + boundary
            + b"\"\r\n\r\n" + b"".join(dash + b"\r\n" + part + b"\r\n"
                                       for part in parts) + dash + b"--\r\n")


def pieces(data):
    """The parts of the first multipart/signed in a mail, to the byte."""
    found = re.search(rb"(?is)multipart/signed;.*?boundary=\"?([^\"\r\n;]+)",
                      data)
    parts = re.split(rb"(?:\A|\r\n)--" + re.escape(found[1])
                     + rb"(?:--)?[ \t]*(?=\r\n)", data[found.end():])
    return [part.removeprefix(b"\r\n") for part in parts[1:3]]


class Gpg:
    """GnuPG with a key of its own."""

    def __init__(self):
        # not among pytest's directories: a socket's path is short
        self.home = tempfile.mkdtemp(prefix="gpg-")
        self.env = {"GNUPGHOME": self.home}
        self._run(["--quick-generate-key", FROM, "ed25519", "sign", "never"])
        key = self._run(["--list-keys", "--with-colons"]).stdout.decode()
        self._run(["--quick-add-key", re.search(r"fpr:+(\w+)", key)[1],
                   "cv25519", "encr", "never"])

    def _run(self, args, stdin=b"", check=True):
        return tool(["gpg", "--batch", "--quiet", "--no-tty", "--yes",
                     "--pinentry-mode", "loopback", "--passphrase", "",
                     "--trust-model", "always", *args], stdin, self.env,
                    check)

    def close(self):
        tool(["gpgconf", "--kill", "all"], env=self.env, check=False)
        shutil.rmtree(self.home, ignore_errors=True)

    def sign(self, part, boundary=b"=-=sig"):
        """PGP/MIME (RFC 3156) of a whole part with CRLF."""
        made = self._run(["--detach-sign", "--armor", "--digest-algo",
                          "SHA256", "--local-user", FROM], part).stdout
        return multipart(
            b"signed; micalg=pgp-sha256; "
            b"protocol=\"application/pgp-signature\"", boundary,
            [part, b"Content-Type: application/pgp-signature\r\n\r\n"
             + made.replace(b"\n", b"\r\n")])

    def verifies(self, data):
        signed, signature = pieces(data)
        where = Path(self.home)
        (where / "signed").write_bytes(signed)
        (where / "signature").write_bytes(
            email.message_from_bytes(signature).get_payload(decode=True))
        return self._run(["--verify", str(where / "signature"),
                          str(where / "signed")], check=False).returncode == 0

    def encrypt(self, part, boundary=b"=-=enc"):
        made = self._run(["--encrypt", "--armor", "--recipient", FROM],
                         part).stdout
        return multipart(
            b"encrypted; protocol=\"application/pgp-encrypted\"", boundary,
            [b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n",
             b"Content-Type: application/octet-stream\r\n\r\n"
             + made.replace(b"\n", b"\r\n")])

    def decrypts(self, data):
        """What is in it."""
        found = re.search(rb"(?s)-----BEGIN PGP MESSAGE.*END PGP MESSAGE-+",
                          data)[0]
        return self._run(["--decrypt"], found).stdout


class Smime:
    """S/MIME by openssl, with a certificate of its own."""

    def __init__(self, directory):
        self.key = str(directory / "key.pem")
        self.cert = str(directory / "cert.pem")
        tool(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
              "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", self.key,
              "-out", self.cert, "-days", "30", "-subj",
              "/CN=signer/emailAddress=" + FROM, "-addext",
              "extendedKeyUsage=emailProtection"])

    def sign(self, part, command="cms", options=()):
        """A whole body with its MIME fields, but for MIME-Version."""
        made = tool(["openssl", command, "-sign", "-binary", "-signer",
                     self.cert, "-inkey", self.key, *options], part).stdout
        made = made.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return re.sub(rb"(?i)MIME-Version: 1.0\r\n", b"", made, count=1)

    def verifies(self, data, command="cms"):
        done = tool(["openssl", command, "-verify", "-CAfile",
                     self.cert, "-out", os.devnull], data, check=False)
        return done.returncode == 0


class Dkim:
    """DKIM by python3-dkim, its key in no DNS."""

    def __init__(self, directory):
        self.dkim = pytest.importorskip("dkim")
        path = directory / "dkim.pem"
        tool(["openssl", "genrsa", "-traditional", "-out", str(path), "2048"])
        self.key = path.read_bytes()
        public = tool(["openssl", "rsa", "-in", str(path), "-pubout"]).stdout
        self.record = b"v=DKIM1; k=rsa; p=" + b"".join(
            public.splitlines()[1:-1])

    def sign(self, data, how=(b"relaxed", b"simple")):
        """The mail with its signature on top."""
        return self.dkim.sign(
            data, b"s1", b"example.test", self.key, canonicalize=how,
            include_headers=[b"from", b"to", b"subject", b"date",
                             b"message-id", b"mime-version",
                             b"content-type"]) + data

    def verifies(self, data):
        return self.dkim.verify(
            data, dnsfunc=lambda name, timeout=5: self.record)
