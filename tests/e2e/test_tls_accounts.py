"""TLS beyond the system's authorities: pinned keys, a certificate of this
machine, and the address to connect from."""

import os
import re
import shutil
import subprocess

import pytest
from faults import MAIL
from places import OTHER
from runner import CODE

X = "x@a.example"
OTHER_PIN = "sha256//" + "A" * 43 + "="
PIN = re.compile(r"sha256//[A-Za-z0-9+/]{43}=")
STRANGE = ["self-signed", "unknown-ca", "expired", "future", "wrong-name",
           "cn-only"]


def pinned(pin, **keys):
    return {"smarthost": {"ca_file": None, "tls_pin": pin, **keys}}


def digest(path):
    """As the manual has it."""
    done = subprocess.run(
        f"openssl x509 -in {path} -noout -pubkey |"
        " openssl pkey -pubin -outform DER | openssl sha256",
        shell=True, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.split()[-1]


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
@pytest.mark.parametrize("kind", STRANGE)
def test_pinned(outpost, smarthost, authority, kind, tls):
    host = smarthost(tls=tls, certificate=kind)
    pin = digest(authority.certificate(kind).cert)
    outpost([X], MAIL, host=host, config=pinned(pin, tls=tls)).ok()
    assert host.message.recipients == [X]
    assert host.connection.credentials[0][2] == CODE.encode()


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
@pytest.mark.parametrize("kind", ["good", "self-signed"])
def test_other_key(outpost, smarthost, kind, tls):
    """A certificate is not better for being signed by an authority; and what
    the message shows can be pasted."""
    host = smarthost(tls=tls, certificate=kind)
    done = outpost([X], MAIL, host=host, config=pinned(OTHER_PIN, tls=tls))
    done.failed(75, "tls_pin", "somebody may be in between")
    assert host.connection.credentials == []
    assert set(host.connection.verbs) <= {"EHLO", "STARTTLS"}
    assert "4.7.5" in done.log
    shown, = set(PIN.findall(done.err))
    outpost([X], MAIL, host=host,
            config=pinned(f"{OTHER_PIN} {shown}", tls=tls)).ok()
    assert host.message.recipients == [X]


def test_other_key_in_chinese(outpost, smarthost):
    host = smarthost(certificate="self-signed")
    outpost([X], MAIL, host=host, config=pinned(OTHER_PIN), env={
        "LC_ALL": "zh_CN.UTF-8"}).failed(75, OTHER_PIN[:8], "写入 tls_pin")


def test_pinned_host_is_failed_over(outpost, smarthost, authority):
    """To the one that has the key."""
    first = smarthost(certificate="self-signed")
    second = smarthost(address="127.0.0.2", port=first.port)
    pin = digest(authority.certificate("good").cert)
    outpost([X], MAIL, host=first, config=pinned(
        pin, host="127.0.0.1 127.0.0.2")).ok()
    assert second.message.recipients == [X]
    assert first.connection.credentials == []


@pytest.mark.parametrize("key, value, more", [
    ("tls_pin", "sha256//hunter2", {}), ("tls_pin", "hunter2", {}),
    ("ca_file", "/etc/ca.pem", {"tls_pin": OTHER_PIN}),
    ("tls_key", "/etc/own.key", {}),
    ("source_address", "localhost", {}),
    ("source_address", "127.0.0.1 127.0.0.2", {})])
def test_wrong_values(outpost, smarthost, key, value, more):
    host = smarthost()
    done = outpost([X], MAIL, host=host, config={
        "smarthost": {"ca_file": None, **more, key: value}})
    text = outpost.config_file.read_text().splitlines()
    line = text.index(f"{key} = {value}") + 1
    done.failed(78, f"{outpost.config_file}:{line}: [smarthost] {key}: ")
    assert "hunter2" not in done.err and host.connections == []


@pytest.fixture
def own(authority, tmp_path):
    """Copies a certificate and its key: own(kind, mode), their paths."""
    def make(kind="client", mode=0o600):
        made = authority.certificate(kind)
        cert, key = tmp_path / "own.pem", tmp_path / "own.key"
        shutil.copy(made.cert, cert)
        shutil.copy(made.key, key)
        key.chmod(mode)
        return {"tls_cert": cert, "tls_key": key}
    return make


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_own_certificate(outpost, smarthost, authority, own, version, tls):
    host = smarthost(tls=tls, oldest=version, newest=version,
                     client_ca=authority.ca_file)
    outpost([X], MAIL, host=host, config={
        "smarthost": {**own(), "tls": tls}}).ok()
    assert host.connection.client == "web1"
    assert host.message.recipients == [X]


def test_own_certificate_in_one_file(outpost, smarthost, authority, own):
    host = smarthost(client_ca=authority.ca_file)
    paths = own()
    with open(paths["tls_cert"], "ab") as file:
        file.write(paths["tls_key"].read_bytes())
    paths["tls_cert"].chmod(0o400)
    outpost([X], MAIL, host=host, config={
        "smarthost": {"tls_cert": paths["tls_cert"]}}).ok()
    assert host.connection.client == "web1"


def test_own_certificate_is_not_wanted(outpost, smarthost, own):
    host = smarthost()
    outpost([X], MAIL, host=host, config={"smarthost": own()}).ok()
    assert host.connection.client == ""


def test_own_certificate_is_missing(outpost, smarthost, authority):
    host = smarthost(client_ca=authority.ca_file)
    outpost([X], MAIL, host=host).failed(75, "tls_cert")
    assert host.messages == [] and host.connection.credentials == []


def test_own_certificate_is_unknown(outpost, smarthost, authority, own):
    host = smarthost(client_ca=authority.ca_file)
    outpost([X], MAIL, host=host, config={
        "smarthost": own("client-unknown")}).failed(
            75, "does not trust", "tls_cert")
    assert host.messages == [] and host.connection.credentials == []


def test_own_certificate_is_not_shown_to_strangers(
        outpost, smarthost, authority, own):
    host = smarthost(client_ca=authority.ca_file, certificate="good")
    outpost([X], MAIL, host=host,
            config=pinned(OTHER_PIN, **own())).failed(75, "tls_pin")
    assert host.connection.client == ""


@pytest.mark.parametrize("mode, bits", [
    (0o644, "o-rwx"), (0o604, "o-rwx"), (0o602, "o-rwx"), (0o620, "g-w")])
@pytest.mark.parametrize("args", [[X], ["-bC"]])
def test_key_that_others_can_read(outpost, smarthost, own, args, mode, bits):
    host = smarthost()
    paths = own(mode=mode)
    done = outpost(args, MAIL, host=host, config={"smarthost": paths})
    assert done.status == 78, done
    words = done.err + done.out.decode()
    command, = set(re.findall(r"run: (chmod \S+ \S+)", words))
    assert bits in command and command.endswith(str(paths["tls_key"]))
    assert host.connections == []
    subprocess.run(command.split(), check=True, timeout=20)
    outpost([X], MAIL).ok()


@pytest.mark.parametrize("name, data, words", [
    ("tls_cert", None, "No such file"), ("tls_key", None, "No such file"),
    ("tls_cert", b"", "no certificate"), ("tls_key", b"", "no key"),
    ("tls_cert", b"\0" * 5000, "no certificate"),
    ("tls_key", b"\0" * 5000, "no key"),
    ("tls_key", b"x" * 300_000, "larger than")],
                         ids=["no certificate", "no key", "empty certificate",
                              "empty key", "NUL certificate", "NUL key",
                              "large key"])
def test_own_certificate_is_worthless(outpost, smarthost, own, name, data,
                                      words):
    host = smarthost()
    paths = own()
    if data is None:
        paths[name].unlink()
    else:
        paths[name].write_bytes(data)
    outpost([X], MAIL, host=host, config={"smarthost": paths}).failed(
        78, name, str(paths[name]), words)
    assert host.connections == []


def test_key_of_another(outpost, smarthost, authority, own):
    paths = own()
    shutil.copy(authority.certificate("good").key, paths["tls_key"])
    outpost([X], MAIL, host=smarthost(), config={"smarthost": paths}).failed(
        78, f"{paths['tls_key']}: not the key of the certificate", "mismatch")


@pytest.mark.root
def test_users_who_may_not_read_the_key(place, smarthost, authority):
    """They leave their mail, and the queue's user, or root, shows it."""
    machine = place().make_spool()
    host = smarthost(client_ca=authority.ca_file, auth="")
    machine.configure(host, log={"file": None}, smarthost={
        "tls": "implicit", "ca_file": machine.outpost.ca_file,
        "tls_cert": "/etc/own.pem", "tls_key": "/etc/own.key",
        "user": None, "password": None})
    made = authority.certificate("client")
    shutil.copy(made.cert, machine.etc / "own.pem")
    shutil.copy(made.key, machine.etc / "own.key")
    (machine.etc / "own.key").chmod(0o600)
    for name in ("own.pem", "outpost.ini"):
        (machine.etc / name).chmod(0o644)
    machine.submit(uid=OTHER).ok()
    assert len(machine.dropped) == 1 and host.connections == []
    machine.run(uid=0).ok()
    assert host.connection.client == "web1"
    assert len(host.messages) == 1 and machine.dropped == []


@pytest.mark.parametrize("source", [
    "127.0.0.9", "[::1] 127.0.0.9", "127.0.0.9 ::1"])
def test_source_address(outpost, smarthost, source):
    host = smarthost()
    outpost([X], MAIL, host=host, config={
        "smarthost": {"source_address": source}}).ok()
    assert host.connection.peer[0] == "127.0.0.9"


@pytest.mark.parametrize("source, words", [
    ("203.0.113.9", "source_address 203.0.113.9: Cannot assign"),
    ("::1", "source_address is not of the family")])
def test_source_address_cannot_be_used(outpost, smarthost, source, words):
    host = smarthost()
    outpost([X], MAIL, host=host, config={
        "smarthost": {"source_address": source}}).failed(75, words)
    assert host.connections == []
