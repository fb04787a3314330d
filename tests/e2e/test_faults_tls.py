"""Faults and attacks on TLS and STARTTLS (group T)."""

import itertools
import os
import subprocess
import time

import pytest
from faults import MAIL, SANITIZED, Cut, Proxy, cpu
from smarthost.certs import Certificate
from smarthost.server import Smarthost
from smarthost.profiles import make_profile
from smarthost.script import at

X = "x@a.example"
STARTTLS = {"smarthost": {"tls": "starttls"}}
SHORT = {"wait_timeout": "2s", "timeout": "1s", "connect_timeout": "1s"}
LARGE = b"Subject: s\n\n" + (b"x" * 71 + b"\n") * 20_000


@pytest.mark.parametrize("rules, offer", [
    ([at("EHLO", reply="502 what")], True), ([at("EHLO", reply="421 bye")], True),
    ([at("EHLO", reply="550 no")], True), ([], False),
    ([at("STARTTLS", reply="502 no")], True),
    ([at("STARTTLS", reply="454 no")], True),
    ([at("STARTTLS", reply="354 hm")], True),
    ([at("STARTTLS", reply="250 ok")], True),
    ([at("STARTTLS", reply="235 ok")], True),
    ([at("EHLO", reply=["250-h", "250-STARTTLSX", "250-XSTARTTLS",
                        "250-AUTH PLAIN STARTTLS", "250 OK"])], True)])
def test_fault_t1_starttls_not_to_be_had(outpost, smarthost, rules, offer):
    host = smarthost(tls="starttls", script=rules, offer_starttls=offer)
    outpost([X], MAIL, host=host, config=STARTTLS).failed(75)
    assert set(host.connection.verbs) <= {"EHLO", "STARTTLS", "QUIT"}
    assert host.connection.credentials == []


@pytest.mark.parametrize("store", [
    b"", b"no certificate\n", b"-----BEGIN CERTIFICATE-----\nAAAA\n"
    b"-----END CERTIFICATE-----\n", b"\0" * 5000],
                         ids=["empty", "text", "bad", "nul"])
@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_fault_t4_trust_store_is_worthless(outpost, smarthost, store, tls):
    path = outpost.directory / "store"
    path.write_bytes(store)
    host = smarthost(tls=tls)
    for keys in ({"ca_file": path}, {"ca_file": outpost.directory},
                 {"ca_file": None, "ca_path": path},
                 {"ca_file": None, "ca_path": outpost.directory},
                 {"ca_file": None, "ca_path": "/nonexistent"}):
        done = outpost([X], MAIL, host=host, config={
            "smarthost": {**keys, "tls": tls}})
        assert done.status in (75, 78) and "certificates" in done.err
    assert b"AUTH" not in b" ".join(host.commands)


@pytest.mark.parametrize("mode", [0o000, 0o200])
@pytest.mark.root
def test_fault_t4_trust_store_is_unreadable(public_outpost, smarthost, mode):
    host = smarthost()
    public_outpost.configure(host)
    os.chown(public_outpost.config_file, 54321, 54321)
    public_outpost.ca_file.chmod(mode)

    def leave():
        os.setgid(54321)
        os.setuid(54321)

    done = public_outpost([X], MAIL, preexec_fn=leave)
    assert done.status in (75, 78) and "denied" in done.err
    assert host.commands == []


class Maker:
    """Makes certificates of odd kinds, signed by the tests' authority."""

    def __init__(self, authority, directory):
        self.ca = os.path.join(authority.directory, "ca")
        self.directory = directory

    def __call__(self, names="DNS:localhost,IP:127.0.0.1", key="ec",
                 digest="sha256", subject="/CN=localhost", extra=""):
        base = str(self.directory / "odd")
        kinds = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
                 "rsa1024": ["rsa:1024"], "rsa2048": ["rsa:2048"]}
        self._openssl("req", "-new", "-newkey", *kinds[key], "-nodes",
                      "-keyout", base + ".key", "-out", base + ".csr",
                      "-subj", subject)
        with open(base + ".ext", "w") as file:
            file.write(f"basicConstraints = CA:FALSE\n{extra}\n")
            if names:
                file.write(f"subjectAltName = {names}\n")
        self._openssl("x509", "-req", "-in", base + ".csr", "-days", "30",
                      f"-{digest}", "-CA", self.ca + "/ca.pem", "-CAkey",
                      self.ca + "/ca.key", "-CAcreateserial", "-extfile",
                      base + ".ext", "-out", base + ".pem")
        return Certificate(base + ".pem", base + ".key")

    @staticmethod
    def _openssl(*arguments):
        done = subprocess.run(["openssl", *arguments], capture_output=True,
                              timeout=60)
        if done.returncode != 0:
            pytest.skip(f"openssl cannot make it: {done.stderr!r}")


@pytest.fixture
def odd(authority, tmp_path):
    return Maker(authority, tmp_path)


def try_certificate(outpost, certificate, name="localhost", **options):
    """Sends to a smarthost with this certificate; (run, smarthost)."""
    profile = make_profile("plain")
    with Smarthost(profile, certificate=certificate, **options) as host:
        done = outpost([X], MAIL, host=host,
                       config={"smarthost": {"host": name}})
        host.settled()
        return done, host


@pytest.mark.parametrize("names, good", [
    ("DNS:localhost", True), ("DNS:LOCALHOST", True),
    ("DNS:x.test,DNS:localhost", True),
    ("DNS:*", False), ("DNS:l*", False), ("DNS:*host", False),
    ("DNS:localhost.", False), ("DNS:localhost.x", False),
    ("DNS:.localhost", False), ("DNS:*.localhost", False),
    ("DNS:xlocalhost", False), ("email:localhost", False),
    ("URI:https://localhost/", False), ("IP:127.0.0.1", False),
    ("DNS:127.0.0.1", False), ("", False)])
def test_fault_t5_names(outpost, odd, names, good):
    done, host = try_certificate(outpost, odd(names))
    assert (done.status == 0) == good, done
    assert good or host.commands == []


@pytest.mark.parametrize("names, good", [
    ("IP:127.0.0.1", True), ("DNS:127.0.0.1", False),
    ("IP:127.0.0.2", False), ("DNS:*.0.0.1", False), ("DNS:localhost", False),
    ("IP:0:0:0:0:0:ffff:7f00:1", False)])
def test_fault_t5_addresses(outpost, odd, names, good):
    done, host = try_certificate(outpost, odd(names), "127.0.0.1")
    assert (done.status == 0) == good, done
    assert host.connections[0].sni is None
    assert good or host.commands == []


def test_fault_t5_nul_in_a_name(outpost, odd):
    """DER with "localhost\\0.evil.test", as it was once used."""
    done, host = try_certificate(outpost, odd(
        names="", extra="subjectAltName = DER:30:16:82:14:"
        + ":".join(f"{byte:02x}" for byte in b"localhost\0.evil.test"[:20])))
    assert done.status == 75 and host.commands == []


@pytest.mark.parametrize("what, options", [
    ({"key": "rsa1024"}, {"oldest": "1.0", "newest": "1.2"}),
    ({"digest": "sha1"}, {"oldest": "1.0", "newest": "1.2"}),
    ({"digest": "md5"}, {"oldest": "1.0", "newest": "1.2"}),
    ({"extra": "extendedKeyUsage = clientAuth"}, {}),
    ({"extra": "extendedKeyUsage = codeSigning"}, {}),
    ({"extra": "1.2.3.4 = critical, DER:05:00"}, {})], ids=str)
def test_fault_t6_weak_certificates(outpost, odd, what, options):
    certificate = odd(**what)
    try:
        done, host = try_certificate(outpost, certificate, **options)
    except OSError as error:  # the server's own OpenSSL refuses it
        pytest.skip(str(error))
    assert done.status == 75, done
    assert host.commands == []


@pytest.mark.parametrize("ciphers", [
    "aNULL:@SECLEVEL=0", "eNULL:@SECLEVEL=0", "AES128-SHA:@SECLEVEL=0",
    "ADH-AES128-SHA256:@SECLEVEL=0"])
def test_fault_t6_worthless_ciphers(outpost, smarthost, ciphers):
    host = smarthost(oldest="1.2", newest="1.2")
    host._context.set_ciphers(ciphers)
    done = outpost([X], MAIL, host=host)
    if ciphers.startswith("AES"):  # weak, but it is a cipher
        assert done.status in (0, 75)
        return
    done.failed(75, "TLS")
    assert host.commands == []


def test_fault_t9_large_chain(outpost, odd):
    """A megabyte of certificates."""
    certificate = odd()
    with open(certificate.cert) as file:
        text = file.read()
    with open(certificate.cert, "a") as file:
        file.write(text * (1_000_000 // len(text)))
    done, host = try_certificate(outpost, certificate)
    assert done.status == 75 and host.commands == []


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_fault_t9_handshake_that_drips(outpost, smarthost, tls):
    host = smarthost(tls=tls)

    def down(data):
        for byte in data:
            if data[:1] in b"\x14\x15\x16\x17":
                time.sleep(0.05)
            yield bytes([byte])

    began = time.monotonic()
    with Proxy(host, down=down) as proxy:
        outpost([X], MAIL, host=proxy, config={
            "smarthost": {**SHORT, "tls": tls}}).failed(75, "in time")
    assert time.monotonic() - began < 6
    assert host.record.messages == []


def cut_points(passed):
    """Where to cut a stream of so many bytes: a sample, and all of its end,
    where the answer to the message is."""
    return sorted({*range(1, passed - 120, max(1, passed // 24)),
                   *range(passed - 120, passed + 1, 3)})


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_fault_t11_truncated_anywhere(outpost, smarthost, tls, reset):
    """Without close_notify.  What is said to be delivered was; what was not
    even received whole is never said to be."""
    config = {"smarthost": {"tls": tls, "timeout": "5s"}}
    host = smarthost(tls=tls)
    with Proxy(host) as proxy:
        outpost([X], MAIL, host=proxy, config=config).ok()
    delivered = 0
    for point in cut_points(proxy.passed):
        state = {"left": point}

        def down(data, state=state):
            if len(data) >= state["left"]:
                raise Cut(data[:state["left"]], reset)
            state["left"] -= len(data)
            return [data]

        before = len(host.record.messages)
        with Proxy(host, down=down) as proxy:
            done = outpost([X], MAIL, host=proxy, config=config)
        sent = len(host.messages) - before
        assert done.status in (0, 75), (point, done)
        assert done.status == 75 or sent == 1, point
        # in doubt it is said that there is doubt
        assert sent == 0 or done.status == 0 or "may have" in done.err
        delivered += done.status == 0
    # a reset may overtake the answer
    assert delivered > 0 or reset


@pytest.mark.parametrize("record", [
    b"\x15\x03\x03\x00\x02\x02\x28", b"\x15\x03\x03\x00\x02\x02\x50",
    b"\x15\x03\x03\x00\x02\x01\x00", b"\x17\x03\x03\x00\x00",
    b"\x17\x03\x03\x40\x00" + b"x" * 16384, b"\x17\x03\x03\xff\xff",
    b"\x16\x03\x03\x00\x04\x00\x00\x00\x00", b"250 ok\r\n" * 10,
    b"\0" * 1000], ids=lambda record: record[:9].hex())
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_fault_t15_forged_records(outpost, smarthost, record, version):
    """In the middle of the message: it ends at once, and without a spin."""
    host = smarthost(oldest=version, newest=version, script=[
        at("BODY", after=1000, reply="", silence=True)])
    state = {}

    def down(data):
        begun = any(b"DATA" in line for line in host.record.commands)
        if begun and not state:
            state["done"] = True
            return [data, record]
        return [data]

    before, began = cpu(), time.monotonic()
    with Proxy(host, down=down) as proxy:
        done = outpost([X], LARGE, host=proxy,
                       config={"smarthost": {"timeout": "1s"}})
    assert done.status == 75, done
    assert time.monotonic() - began < 6
    assert SANITIZED or cpu() - before < 0.5
    assert host.messages == []


def test_fault_t15_waiting_costs_nothing(outpost, smarthost):
    if SANITIZED:
        pytest.skip("not with sanitizers")
    host = smarthost()
    before = cpu()
    outpost([X], LARGE, host=host).ok()
    usual = cpu() - before
    host = smarthost(script=[at("DOT", silence=True)])
    before = cpu()
    outpost([X], LARGE, host=host,
            config={"smarthost": {"timeout": "1s"}}).failed(75)
    # 1 % of the second, and what the work takes
    assert cpu() - before < 1.5 * usual + 0.04


def test_fault_t13_other_protocols_with_a_good_certificate(
        outpost, smarthost):
    """No line of theirs makes it say anything, let alone a secret."""
    lines = [b"HTTP/1.0 220 OK\r\n\r\n", b"220\x00 hello\r\n", b"<html>\r\n",
             b"* OK [220 ] IMAP\r\n", b"+OK 220\r\n", b"\r\n220 hello\r\n",
             b"331 user?\r\n", b"200 NNTP\r\n", b"RFB 003.008\n",
             b"SSH-2.0-x\r\n220 hello\r\n"]
    for line, tls in itertools.product(lines, ("implicit", "starttls")):
        host = smarthost(tls=tls, script=[at("GREETING", raw=line)])
        outpost([X], MAIL, host=host,
                config={"smarthost": {"tls": tls}}).failed(75)
        assert set(host.connection.verbs) <= {"QUIT"}
