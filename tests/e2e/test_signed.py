"""What is signed or encrypted arrives as it was, or not at all."""

import pytest
from faults import CLEAR, clear, needs
from queued import TO, Nobody, merged
from signing import HEAD, Dkim, Gpg, Smime, multipart
from test_readable_body import entry_of
from smarthost import wire

ASCII = b"Content-Type: text/plain\r\n\r\n-- asked \r\n.\r\nanswered\r\n"
EIGHT = ("Content-Type: text/plain; charset=UTF-8\r\n"
         "Content-Transfer-Encoding: 8bit\r\n\r\n"
         "备份已完成 \r\n.\r\nGrüße\r\n").encode()
LONG = b"Content-Type: text/plain\r\n\r\n" + b"x" * 1500 + b"\r\n"
OTHER = ("Content-Type: text/plain; charset=UTF-8\r\n"
         "Content-Transfer-Encoding: 8bit\r\n\r\n脚注\r\n").encode()


@pytest.fixture(scope="module")
def gpg():
    needs("gpg", "gpgconf")
    made = Gpg()
    yield made
    made.close()


@pytest.fixture(scope="module")
def smime(tmp_path_factory):
    needs("openssl")
    return Smime(tmp_path_factory.mktemp("smime"))


@pytest.fixture(scope="module")
def dkim(tmp_path_factory):
    needs("openssl")
    return Dkim(tmp_path_factory.mktemp("dkim"))


@pytest.fixture(params=["pgp", "cms", "smime"])
def signer(request):
    """(sign, verifies) of each kind that leaves the text readable."""
    if request.param == "pgp":
        tool = request.getfixturevalue("gpg")
        return tool.sign, tool.verifies
    tool = request.getfixturevalue("smime")
    return (lambda part: tool.sign(part, request.param),
            lambda data: tool.verifies(data, request.param))


def send(outpost, host, data):
    outpost.configure(host, CLEAR)
    return outpost(["-i", TO], data)


def arrives(outpost, host, data):
    """Sends; asserts that not a byte is another, but for the Received field on
    top; gives what came."""
    send(outpost, host, data).ok()
    message = host.message
    assert message.data == message.trace + data
    return message.data


def refused(outpost, host, data, *words):
    """Asserts that nothing was sent, and that it is said why."""
    done = send(outpost, host, data)
    done.failed(65, *words)
    assert "5.6.3" in done.log and words[0] in done.log.lower()
    assert host.messages == []
    for connection in host.connections:
        assert connection.messages == []
        assert not {"MAIL", "DATA"} & set(connection.verbs)


@pytest.mark.parametrize("part", [ASCII, EIGHT], ids=["ascii", "8bit"])
def test_signed_mail_verifies(outpost, smarthost, signer, part):
    sign, verifies = signer
    data = HEAD + sign(part)
    assert verifies(data)
    assert verifies(arrives(outpost, clear(smarthost), data))


def test_signed_ascii_goes_where_no_8bitmime_is(outpost, smarthost, signer):
    sign, verifies = signer
    host = clear(smarthost, eightbit=False)
    assert verifies(arrives(outpost, host, HEAD + sign(ASCII)))


def test_signed_8_bits_are_not_changed(outpost, smarthost, signer):
    host = clear(smarthost, eightbit=False)
    refused(outpost, host, HEAD + signer[0](EIGHT), "signed")


@pytest.mark.parametrize("eightbit", [True, False])
def test_signed_long_lines_are_not_changed(outpost, smarthost, signer,
                                           eightbit):
    host = clear(smarthost, eightbit=eightbit)
    refused(outpost, host, HEAD + signer[0](LONG), "signed")


def test_signed_by_way_of_the_queue(queued, smarthost, signer):
    sign, verifies = signer
    host = clear(smarthost)
    data = HEAD + sign(EIGHT)
    queued.configure(Nobody()).submit(["-i", TO], data)
    assert data.partition(b"\r\n\r\n")[2] in entry_of(queued)
    queued.configure(host).run().ok()
    assert verifies(host.message.data)
    assert host.message.data == host.message.trace + data


def test_signed_8_bits_from_the_queue(queued, smarthost, signer):
    """Who sent it is told that it could not be sent."""
    host = clear(smarthost, eightbit=False)
    queued.configure(Nobody()).submit(["-i", TO], HEAD + signer[0](EIGHT))
    queued.configure(host)
    for _ in range(2):  # the mail, and the report
        queued.run()
    assert queued.waiting == [] and len(queued.failed) == 1
    report = host.message
    assert report.recipients != [TO]
    assert b"5.6.3" in report.data and b"signed" in report.data.lower()


def test_signed_part_of_a_mail_that_is_converted(outpost, smarthost, signer):
    """A mailing list's footer beside it is made fit; it is not touched."""
    sign, verifies = signer
    signed = sign(ASCII)
    data = HEAD + multipart(b"mixed", b"outer", [signed, OTHER])
    host = clear(smarthost, eightbit=False)
    send(outpost, host, data).ok()
    message = host.message
    assert signed in message.data and OTHER not in message.data
    assert message.parsed().get_payload(1).get_content().split() == ["脚注"]
    start = message.data.index(signed)
    assert verifies(HEAD + message.data[start:start + len(signed)])


@pytest.mark.parametrize("inside", [
    lambda signed: multipart(b"mixed", b"outer", [OTHER, signed]),
    lambda signed: multipart(b"mixed", b"outer", [
        multipart(b"mixed", b"inner", [OTHER, signed]), OTHER]),
    lambda signed: b"Content-Type: message/rfc822\r\n\r\n" + HEAD + signed],
    ids=["mixed", "deeper", "attached"])
def test_signed_8_bits_deep_inside(outpost, smarthost, signer, inside):
    host = clear(smarthost, eightbit=False)
    refused(outpost, host, HEAD + inside(signer[0](EIGHT)), "signed")


def test_signed_multipart(outpost, smarthost, signer):
    sign, verifies = signer
    body = multipart(b"mixed", b"parts", [ASCII, EIGHT, OTHER])
    data = HEAD + sign(body)
    assert verifies(arrives(outpost, clear(smarthost), data))
    refused(outpost, clear(smarthost, eightbit=False), data, "signed")


def test_subject_of_a_signed_mail(outpost, smarthost, signer):
    """The header above is not signed, and is made ASCII."""
    sign, verifies = signer
    data = HEAD.replace(b"Subject: signed", "Subject: 签名".encode()) \
        + sign(ASCII)
    host = clear(smarthost)
    send(outpost, host, data).ok()
    assert verifies(host.message.data)
    assert host.message.parsed()["Subject"] == "签名"


def test_signed_with_lf(outpost, smarthost, signer):
    """Signatures are made over CRLF; callers pipe LF in."""
    sign, verifies = signer
    host = clear(smarthost)
    send(outpost, host, (HEAD + sign(EIGHT)).replace(b"\r\n", b"\n")).ok()
    assert verifies(host.message.data)


@pytest.mark.parametrize("eightbit", [True, False])
@pytest.mark.parametrize("part", [ASCII, EIGHT, LONG],
                         ids=["ascii", "8bit", "long"])
def test_opaque_signature(outpost, smarthost, smime, part, eightbit):
    """Whatever is in it, it is base64."""
    data = HEAD + smime.sign(part, "cms", ["-nodetach"])
    host = clear(smarthost, eightbit=eightbit)
    assert smime.verifies(arrives(outpost, host, data))


@pytest.mark.parametrize("eightbit", [True, False])
def test_encrypted_mail(outpost, smarthost, gpg, eightbit):
    data = HEAD + gpg.encrypt(EIGHT)
    host = clear(smarthost, eightbit=eightbit)
    assert gpg.decrypts(arrives(outpost, host, data)) == EIGHT


def test_encrypted_mail_is_not_changed(outpost, smarthost, gpg):
    data = HEAD + gpg.encrypt(ASCII).replace(
        b"Version: 1", b"Version: 1\r\nX: " + b"y" * wire.LINE_MAX)
    refused(outpost, clear(smarthost), data, "encrypted")


HOWS = [(b"relaxed", b"relaxed"), (b"relaxed", b"simple"),
        (b"simple", b"simple")]
BODIES = {
    "ascii": b"Content-Type: text/plain\r\n\r\nbody \r\n.\r\n\r\n",
    "8bit": EIGHT, "multipart": multipart(b"mixed", b"b", [ASCII, EIGHT]),
}


@pytest.mark.parametrize("how", HOWS, ids=str)
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("way", ["now", "queue"])
def test_dkim_verifies(queued, smarthost, dkim, how, body, way):
    data = dkim.sign(HEAD + BODIES[body], how)
    assert dkim.verifies(data)
    host = clear(smarthost)
    if way == "now":
        queued.configure(host).submit(["-i", TO], data).ok()
    else:
        queued.configure(Nobody()).submit(["-i", TO], data)
        queued.configure(host).run().ok()
    message = host.message
    assert message.data == message.trace + data
    assert dkim.verifies(message.data)


def test_dkim_is_broken_by_a_policy_only(queued, smarthost, dkim):
    """So the test above can fail."""
    data = dkim.sign(HEAD + BODIES["ascii"])
    host = clear(smarthost)
    queued.outpost.configure(host, merged(queued.changes, {
        "sender": {"rewrite": "always", "address": "a@b.example"}}))
    queued.submit(["-i", TO], data).ok()
    assert not dkim.verifies(host.message.data)
