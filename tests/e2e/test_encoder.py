"""The encoder of headers beside Python's: what one writes the other reads, and
ours is never the longer."""

import email
import email.charset
import email.header
import email.utils
import random

import mails
import pytest
import reading
from faults import CLEAR, clear
from queued import TO

COUNT = 120
SCRIPTS = {
    "latin": "äöüßéèçñÿÆŒ", "chinese": "备份完成文件系统报告失败",
    "cyrillic": "приветмирЖЮЯ", "greek": "ελληνικάΩ", "hebrew": "שלוםעולם",
    "arabic": "مرحبابالعالم", "japanese": "日本語テストの件名", "korean": "한국어시험",
    "emoji": "😀👍🎉🚀", "thai": "ไทยรู้เรื่อง", "rare": "𠮷𝒳🀄\U0010ffff",
    "combining": "a\u0301e\u0308o\u0302",
}


def shortest(name, text):
    """The length of Python's own best, folds and all; None where it does not
    keep to 76 octets a line."""
    found = []
    for encoding in (email.charset.QP, email.charset.BASE64):
        charset = email.charset.Charset("utf-8")
        charset.header_encoding = encoding
        made = email.header.Header(text, charset, header_name=name).encode(
            linesep="\r\n")
        lines = f"{name}: {made}".split("\r\n")
        if max(map(len, lines)) <= 76:
            found.append(len(made))
    return min(found, default=None)


def send(outpost, smarthost, fields):
    """Sends the fields; gives the mail, its words checked."""
    host = clear(smarthost)
    stdin = "".join(f"{name}: {text}\n" for name, text in fields.items())
    outpost([TO], stdin + "\nbody\n", host=host, config=CLEAR).ok()
    return reading.check_words(host.message)


def texts(script, seed):
    """Of one script, without a blank: all of it has to be encoded."""
    rng = random.Random(f"{script}{seed}")
    for number in range(COUNT):
        yield "".join(rng.choice(SCRIPTS[script])
                      for _ in range(number % 60 + 1))


@pytest.mark.parametrize("script", SCRIPTS)
def test_text_that_is_all_encoded(outpost, smarthost, script):
    fields = {f"X-{number}": text
              for number, text in enumerate(texts(script, 0))}
    message = send(outpost, smarthost, fields)
    header = message.parsed()
    compared = 0
    for name, text in fields.items():
        value = reading.raw(message, name)
        assert reading.text_of(message, name) == header[name] == text
        best = shortest(name, text)
        assert best is None or len(value.lstrip(b" ")) <= best, value
        compared += best is not None
    assert compared > COUNT / 4


@pytest.mark.parametrize("seed", range(6))
def test_text_of_words(outpost, smarthost, seed):
    """ASCII words among others: they may stay as they are."""
    rng = random.Random(seed)
    fields = {f"X-{number}": " ".join(
        rng.choice(["plain", "words", "1/2", "(x)", *(
            "".join(rng.choice(letters) for _ in range(rng.randint(1, 9)))
            for letters in rng.sample(list(SCRIPTS.values()), 3))])
        for _ in range(rng.randint(1, 14))) for number in range(COUNT)}
    message = send(outpost, smarthost, fields)
    header = message.parsed()
    ours = theirs = 0
    for name, text in fields.items():
        assert reading.text_of(message, name) == text
        # Python's reader makes one blank of those around a word
        assert header[name].split() == text.split()
        best = None if text.isascii() else shortest(name, text)
        if best is not None:
            ours += len(reading.raw(message, name).lstrip(b" "))
            theirs += best
    assert 0 < ours <= theirs


@pytest.mark.parametrize("seed", range(6))
def test_names(outpost, smarthost, seed):
    """In phrases fewer characters stand for themselves."""
    rng = random.Random(seed)
    pairs = [(mails.text(rng, rng.randint(1, 50)).replace("\t", " "),
              f"r{number}@d.example") for number in range(COUNT)]
    quoted = [(name.replace("\\", "\\\\").replace('"', '\\"'), spec)
              for name, spec in pairs]
    message = send(outpost, smarthost, {
        "To": ", ".join(f'"{name}" <{spec}>' for name, spec in quoted)})
    assert reading.mailboxes(message, "To") == pairs
    header = reading.parsed(message)
    for (person, _), (name, _) in zip(
            email.utils.getaddresses([header["To"]]), pairs):
        assert str(email.header.make_header(email.header.decode_header(
            person))).split() == name.split()
