"""Whatever is sent arrives as it was, decoded, at a smarthost that takes 8-bit
text and at one that does not; and to the byte where nothing had to be done.
What may not be on the wire is seen to by the smarthost."""

import email
import email.message
import email.policy
import random
import re
import shutil

import mails
import pytest
import reading
from faults import clear
from queued import TO
from smarthost import wire

BATCH = 6
SEEDS = range(40)


def leaves(message):
    """The parts without parts, as Python's reader finds them."""
    return [part for part in message.walk()
            if not part.is_multipart() and part.get_content_maintype()
            != "message"]


def filename(part):
    """It may be raw, which compat32 does not show."""
    raw, = [value for name, value in part.raw_items()
            if name.lower() == "content-disposition"]
    field = email.message.Message()
    field["Content-Disposition"] = raw.encode(
        "utf-8", "surrogateescape").decode()
    value = field.get_param("filename", header="Content-Disposition")
    if isinstance(value, str):
        return value
    return value[2].encode("raw-unicode-escape").decode(value[0])


def check_leaf(part, leaf):
    assert part.get_content_type() == leaf.kind
    if leaf.charset is not None:
        assert part.get_param("charset").lower() == leaf.charset.lower()
    if leaf.filename is not None:
        assert filename(part) == leaf.filename
    assert reading.content(part) == leaf.content.replace(b"\r\n", b"\n")


def is_long(data):
    return any(len(line) > wire.LINE_MAX for line in data.split(b"\r\n"))


def stays(name, value):
    """Whether a field of the header has nothing to be done to it."""
    return value.isascii() and not is_long(name.encode() + b":" + value) \
        and not (b"text/" in value and b"charset" not in value.lower())


def check_bytes(message, given, wide):
    """What fits was not touched."""
    head, _, body = given.partition(b"\r\n\r\n")
    if is_long(body) or not wide and not body.isascii():
        return
    assert message.body == body
    have = reading.raw_fields(message)
    for field in reading.raw_fields(head):
        assert not stays(*field) or field in have


def check(message, mail, wide):
    reading.check_words(message, clean(mail.data))
    for name, text in mail.headers.items():
        assert reading.text_of(message, name) == text, name
    for name, pairs in mail.mailboxes.items():
        assert reading.mailboxes(message, name) == pairs
    for policy in (email.policy.compat32, email.policy.default):
        found = leaves(email.message_from_bytes(message.data, policy=policy))
        assert len(found) == len(mail.leaves)
        if policy is email.policy.compat32:
            for part, leaf in zip(found, mail.leaves):
                check_leaf(part, leaf)
    assert not wide or message.sender_params in ([], ["BODY=8BITMIME"])
    check_bytes(message, clean(mail.data), wide)


def clean(data):
    """As it is once it was read."""
    data = data.replace(b"\r\n", b"\n")
    data = data if data.endswith(b"\n") else data + b"\n"
    return data.replace(b"\n", b"\r\n")


def numbered(number, mail):
    return b"X-Number: %d\n" % number + mail.data


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_sent_arrives(queued, smarthost, seed):
    rng = random.Random(seed)
    batch = [mails.mail(rng) for _ in range(BATCH)]
    hosts = {True: clear(smarthost), False: clear(smarthost, eightbit=False)}
    queued.configure(hosts[True])
    for number, mail in enumerate(batch):
        queued.submit(["-odq", "-i", TO], numbered(number, mail)).ok()
    copy = queued.copy_of_spool()
    for wide, host in hosts.items():
        queued.configure(host)
        queued.run().ok()
        assert queued.waiting == queued.failed == []
        found = {int(one.only("X-Number")): one for one in host.messages}
        assert sorted(found) == list(range(BATCH))
        for number, mail in enumerate(batch):
            mail.data = numbered(number, mail) if wide else mail.data
            check(found[number], mail, wide)
        shutil.rmtree(queued.spool)
        shutil.copytree(copy, queued.spool)


@pytest.mark.parametrize("seed", range(1000, 1012))
def test_what_arrived_is_not_changed_again(queued, smarthost, seed):
    """What goes out is fit for any way: sent on, it is the same."""
    rng = random.Random(seed)
    host = clear(smarthost, eightbit=False)
    queued.configure(host)
    for _ in range(BATCH // 2):
        queued.submit(["-i", TO], mails.mail(rng).data).ok()
        queued.submit(["-i", TO], host.messages[-1].data).ok()
        first, second = host.messages[-2:]
        assert second.data == second.trace + first.data


def broken(rng, data):
    """A mail in which something went wrong."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data) + 1)
        how = rng.random()
        if how < 0.4:
            data[at:at + 1] = rng.choice([
                b"\n", b"\r", b"\0", b"\xff", b"\"", b"(", b"=?", b"--", b"",
                b"\n\n", b"\xc3", b" " * 1200, b";"])
        elif how < 0.7:
            del data[at:at + rng.randint(1, 200)]
        else:
            data[at:at] = data[rng.randrange(len(data) + 1):][:200]
    return bytes(data)


@pytest.mark.parametrize("eightbit", [True, False])
@pytest.mark.parametrize("seed", range(2000, 2008))
def test_broken_mails(queued, smarthost, seed, eightbit):
    """They go out clean, or not at all, with a sentence."""
    rng = random.Random(seed)
    queued.configure(clear(smarthost, eightbit=eightbit))
    for _ in range(10):
        done = queued.submit(["-i", TO], broken(rng, mails.mail(rng).data))
        assert done.status in (0, 65), done
        assert (done.status == 0) == (done.err == ""), done


def test_mails_can_be_told_apart():
    """The generator makes what it says: every kind turns up."""
    rng = random.Random(1)
    made = [mails.mail(rng) for _ in range(400)]
    data = [clean(mail.data) for mail in made]
    for what in (lambda one: b"message/rfc822" in one, is_long,
                 lambda one: not one.isascii(), bytes.isascii,
                 lambda one: one.count(b"multipart/") > 2,
                 lambda one: b"MIME-Version" not in one,
                 lambda one: b"filename*=" in one,
                 lambda one: re.search(rb"filename=[^\r]*[\x80-\xff]", one)):
        assert sum(map(bool, map(what, data))) > 20
