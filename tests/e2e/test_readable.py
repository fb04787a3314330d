"""What is above 127 in a header arrives as its reader should see it."""

import re

import pytest
import reading
from faults import MAIL, clear, private, run
from queued import TO, Nobody
from reading import (added, check_words, decoded, mailboxes, raw, text_of)
from smarthost import wire
from twice import twice

DONE = "备份完成"
BODY = "备份已完成，共 1,234 个文件。"
GB = {"LANG": "zh_CN.GB18030"}
# a word for each kind of script: two, three and four bytes, joined, from the
# right, and with marks that combine
TEXTS = ["Grüße aus Köln", DONE, "Ελληνικά", "Привет, мир", "שלום עולם",
         "مرحبا", "日本語テスト", "한국어", "ไทย", "e\u0301te\u0301",
         "😀 done 👩\u200d👩\u200d👧", "𠮷野家", "é", "ASCII then é",
         "é then ASCII", "a é b é c", "50% = 1/2? ü_ü", "  two  blanks  é",
         "tab\té\ttab", "(é) <é> [é] \"é\" @ é, é; é: é.",
         DONE * 30, "é" * 200, "word é " * 60, "x" * 70 + "é",
         "=?é?=", "=?utf-8?Q?not one ü", "\u00a0nbsp", "\ufeffbom"]


@pytest.fixture
def host(outpost, smarthost):
    made = clear(smarthost)
    outpost.configure(made, {"smarthost": {
        "tls": "off", "auth": "off", "ca_file": None}})
    return made


def send(outpost, host, stdin, *args, **options):
    """Sends one mail; returns it, its encoded words checked."""
    before = len(host.record.messages)
    outpost([*args, TO], stdin, **options).ok()
    message, = host.messages[before:]
    return check_words(message)


# the normal case

@pytest.mark.parametrize("eightbit", [True, False])
def test_script_that_says_that_the_backup_is_done(outpost, smarthost,
                                                  eightbit):
    host = smarthost(eightbit=eightbit)
    outpost.configure(host)
    script = f"printf 'Subject: {DONE}\\n\\n{BODY}\\n' | \"$0\" {TO}"
    run(outpost, ["sh", "-c", script, outpost.program()], b"").ok()
    message = check_words(host.message)
    assert text_of(message, "Subject") == DONE
    assert message.parsed()["Subject"] == DONE
    assert message.only("MIME-Version") == "1.0"
    assert message.only("Content-Type") == "text/plain; charset=UTF-8"
    assert message.parsed().get_content() == BODY + "\r\n"
    if eightbit:
        assert message.only("Content-Transfer-Encoding") == "8bit"
        assert message.body == BODY.encode() + b"\r\n"
        assert message.sender_params == ["BODY=8BITMIME"]
    else:
        assert message.data.isascii() and message.sender_params == []


def test_script_by_way_of_the_queue(queued, smarthost):
    mail = twice(queued, smarthost, [TO],
                 f"Subject: {DONE}\n\n{BODY}\n").same()
    assert text_of(check_words(mail), "Subject") == DONE
    assert mail.body == BODY.encode() + b"\r\n"


# unstructured fields

def test_text_of_every_script(outpost, host):
    fields = "".join(f"X-{number}: {text}\n"
                     for number, text in enumerate(TEXTS))
    message = send(outpost, host, fields + "\nbody\n")
    for number, text in enumerate(TEXTS):
        assert text_of(message, f"X-{number}") == text.strip(" \t"), text


@pytest.mark.parametrize("name", ["Subject", "Comments", "X-Odd",
                                  "Organization", "X-Mailer", "List-Id"])
def test_fields_of_every_name(outpost, host, name):
    message = send(outpost, host, f"{name}: {DONE} <a.b>\n\nbody\n")
    assert DONE in decoded(raw(message, name))
    assert "<a.b>" in decoded(raw(message, name))


def test_each_word_is_a_whole_one(outpost, host):
    """No character is cut in two, at whatever place a word must end."""
    fields = "".join(f"X-{n}: {'a' * n}{'中é😀' * 30}\n" for n in range(80))
    message = send(outpost, host, fields + "\nbody\n")
    for n in range(80):
        assert text_of(message, f"X-{n}") == "a" * n + "中é😀" * 30


def test_the_shorter_encoding(outpost, host):
    message = send(outpost, host, "X-Q: Übersichtlichkeit\n"
                   "X-B: 备份完成\n\nbody\n")
    assert re.search(rb"(?i)=\?utf-8\?q\?", raw(message, "X-Q"))
    assert re.search(rb"(?i)=\?utf-8\?b\?", raw(message, "X-B"))


@pytest.mark.parametrize("value", [
    b" =?UTF-8?B?5aSH5Lu9?= \xe5\xae\x8c\xe6\x88\x90",
    b" \xe5\xa4\x87\xe4\xbb\xbd =?UTF-8?B?5a6M5oiQ?=",
    b" =?iso-8859-1?Q?=E9?=\n =?UTF-8?B?5a6M5oiQ?= \xc3\xa9"])
def test_words_beside_raw_text(outpost, host, value):
    """What was encoded already stays, and the blank between is not lost."""
    message = send(outpost, host, b"Subject:" + value + b"\n\nbody\n")
    assert text_of(message, "Subject") == decoded(
        value.replace(b"\n", b"\r\n")).strip()


@pytest.mark.parametrize("stdin", [
    b"Subject: =?UTF-8?B?5aSH5Lu9?=\n\nbody\n",
    b"Subject:no blank\nX-A:\ttab\nX-B: a =?x?= b \nX-C: folded\n\t here\n\n"
    b"body\n",
    b'To: "A, B" <a@b.example>, (c) d@e.example\nX-Long: ' + b"w " * 300
    + b"\n\nbody\n"], ids=["words", "odd", "long"])
def test_ascii_stays_to_the_byte(outpost, host, stdin):
    message = send(outpost, host, stdin)
    assert [name for name in added(message, stdin)
            if name.lower() not in reading.GENERATED] == []


def test_folded_text_of_8_bits(outpost, host):
    message = send(outpost, host, "Subject: 备份\n 完成\n\tok 好\n\nbody\n")
    assert text_of(message, "Subject") == "备份 完成\tok 好"


# addresses

ADDRESSES = [
    ("张三 <zs@d.example>", [("张三", "zs@d.example")]),
    ('"张三" <zs@d.example>', [("张三", "zs@d.example")]),
    ('"张, 三 (三)" <zs@d.example>', [("张, 三 (三)", "zs@d.example")]),
    ('"J\\"ö\\\\rg" <j@d.example>', [('J"ö\\rg', "j@d.example")]),
    ("Jörg A. Müller <j@d.example>", [("Jörg A. Müller", "j@d.example")]),
    ("John 张 Doe <j@d.example>", [("John 张 Doe", "j@d.example")]),
    ("张三 <zs@d.example>, Bob <b@d.example>, 李四 <ls@d.example>",
     [("张三", "zs@d.example"), ("Bob", "b@d.example"),
      ("李四", "ls@d.example")]),
    ("j@d.example (Jörg)", [("Jörg", "j@d.example")]),
    ("Jörg  <j@d.example>", [("Jörg", "j@d.example")]),
    ("张三" * 40 + " <zs@d.example>", [("张三" * 40, "zs@d.example")]),
    ('"' + "é" * 300 + '" <e@d.example>', [("é" * 300, "e@d.example")]),
    ("Jörg\n <j@d.example>,\n\tRené <r@d.example>",
     [("Jörg", "j@d.example"), ("René", "r@d.example")]),
]


@pytest.mark.parametrize("name", ["To", "Cc", "Reply-To", "From", "Sender",
                                  "Resent-To"])
def test_names_in_addresses(outpost, host, name):
    for value, want in ADDRESSES:
        message = send(outpost, host, f"{name}: {value}\n\nbody\n")
        assert mailboxes(message, name) == want
        for _, spec in want:  # as it was given
            assert spec.encode() in raw(message, name)


def test_name_of_a_group(outpost, host):
    message = send(outpost, host, "To: Großes Team: Jörg <j@d.example>, "
                   "b@d.example;\n\nbody\n")
    group, = message.parsed()["To"].groups
    assert group.display_name == "Großes Team"
    assert [(one.display_name, one.addr_spec) for one in group.addresses] == [
        ("Jörg", "j@d.example"), ("", "b@d.example")]


def test_recipients_are_those_of_the_raw_header(outpost, host):
    outpost(["-t"], "To: 张三 <zs@d.example>, \"李, 四\" <ls@d.example>\n"
            "Cc: r@d.example (René)\nBcc: Jörg <j@d.example>\n\nbody\n").ok()
    message = check_words(host.message)
    assert message.recipients == ["zs@d.example", "ls@d.example",
                                  "r@d.example", "j@d.example"]
    assert message.all("Bcc") == [] and b"j@d" not in message.data


def test_from_that_is_rewritten(outpost, smarthost):
    host = clear(smarthost)
    outpost.configure(host, {
        "smarthost": {"tls": "off", "auth": "off", "ca_file": None},
        "sender": {"rewrite": "always", "address": "me@163.com"}})
    message = send(outpost, host,
                   "From: \"张三\" <zs@d.example>\n\nbody\n")
    assert mailboxes(message, "From") == [("张三", "me@163.com")]
    assert mailboxes(message, "Reply-To") == [("张三", "zs@d.example")]


def test_name_of_the_configuration(outpost, smarthost):
    host = clear(smarthost)
    outpost.configure(host, {
        "smarthost": {"tls": "off", "auth": "off", "ca_file": None},
        "sender": {"name": "监控系统"}})
    assert mailboxes(send(outpost, host, MAIL), "From")[0][0] == "监控系统"


@pytest.mark.parametrize("name", ["王小明", "Jörg \"J\" Müller", "é" * 200,
                                  "Øystein, O. (IT)"])
def test_name_of_option_f(outpost, host, name):
    message = send(outpost, host, MAIL, "-F", name)
    assert mailboxes(message, "From")[0][0] == name


def test_name_of_option_f_in_the_locale(outpost, host):
    message = send(outpost, host, MAIL, "-F", "王小明".encode("gb18030"),
                   env=GB)
    assert mailboxes(message, "From")[0][0] == "王小明"


@pytest.mark.parametrize("name", ["王小明", "Jörg Müller"])
def test_name_of_gecos(outpost, host, name):
    passwd = f"root:x:0:0:{name},room,,:/root:/bin/sh\n"
    private(outpost, {"passwd": passwd}, [TO]).ok()
    assert mailboxes(check_words(host.message), "From")[0][0] == name


# which character set it is

def charset_of(value):
    return reading.WORD.search(value)[1].decode().lower()


@pytest.mark.parametrize("config, env, charset", [
    ("GB18030", {}, "gb18030"), ("GBK", {}, "gbk"),
    (None, GB, "gb18030"), (None, {"LC_CTYPE": "zh_CN.GB18030"}, "gb18030"),
    (None, {"LC_ALL": "zh_CN.GB18030@stroke"}, "gb18030"),
    (None, {"LC_ALL": "", "LC_CTYPE": "", **GB}, "gb18030"),
    (None, {"LC_ALL": "zh_CN.GB18030", "LANG": "C"}, "gb18030"),
    ("GB18030", {"LANG": "de_DE.ISO-8859-1"}, "gb18030"),
])
def test_text_of_a_known_set(outpost, smarthost, config, env, charset):
    host = clear(smarthost)
    outpost.configure(host, {
        "smarthost": {"tls": "off", "auth": "off", "ca_file": None},
        "message": {"charset": config}})
    text = f"Subject: {DONE}\nTo: \"张三\" <zs@d.example>\n\n{BODY}\n"
    message = send(outpost, host, text.encode("gb18030"), env=env)
    assert text_of(message, "Subject") == DONE
    assert mailboxes(message, "To") == [("张三", "zs@d.example")]
    assert charset_of(raw(message, "Subject")) == "utf-8"
    # what the body is in is said, and not a byte of it is changed
    assert message.body == BODY.encode("gb18030") + b"\r\n"
    assert message.parsed().get_param("charset").lower() == charset


@pytest.mark.parametrize("env", [
    {}, {"LANG": "C"}, {"LANG": "C.UTF-8"}, {"LANG": "zh_CN"},
    {"LANG": "xx_XX.NO-SUCH-SET"}, {"LANG": "x.UTF-16"},
    {"LANG": "x." + "y" * 200}, {"LC_ALL": "C", **GB}])
def test_text_of_an_unknown_set(outpost, host, env):
    """It passes as it is, and is said to be what nobody knows."""
    message = send(outpost, host, b"Subject: J\xf6rg\n\nJ\xf6rg\n", env=env)
    value = raw(message, "Subject")
    assert charset_of(value) == "unknown-8bit"
    words = b"".join(map(reading.word_bytes, reading.WORD.finditer(value)))
    assert words in (b"J\xf6rg", b"\xf6rg")
    assert message.parsed().get_param("charset") == "unknown-8bit"
    assert message.body == b"J\xf6rg\r\n"


def test_utf8_is_utf8_whatever_the_locale_says(outpost, host):
    message = send(outpost, host, f"Subject: {DONE}\n\n{BODY}\n", env=GB)
    assert text_of(message, "Subject") == DONE
    assert message.parsed().get_content() == BODY + "\r\n"


def test_text_that_the_known_set_does_not_have(outpost, host):
    """0xff begins no character of GB18030."""
    message = send(outpost, host, b"Subject: \xff\xff\n\n\xff\n", env=GB)
    assert charset_of(raw(message, "Subject")) == "unknown-8bit"
    assert message.parsed().get_param("charset") == "unknown-8bit"


@pytest.mark.parametrize("name", ["no-such-set", "UTF-16", "ISO-2022-JP",
                                  "x y"])
def test_set_that_mail_cannot_be_in(outpost, smarthost, name):
    config = {"message": {"charset": name}}
    outpost([TO], MAIL, host=clear(smarthost), config=config).failed(
        78, "charset")


# parameters

PARAMETERS = [
    ('Content-Type', "text/plain; name=报告.txt", "name"),
    ('Content-Type', 'text/plain; name="报 告.txt"; charset=us-ascii', "name"),
    ('Content-Disposition', "attachment; filename=报告.pdf", "filename"),
    ('Content-Disposition', 'attachment; filename="Übersicht (1).pdf"',
     "filename"),
    ('Content-Disposition', "attachment;\n\tfilename=\"" + "长" * 120
     + ".pdf\";\n size=1", "filename"),
    ('Content-Disposition', 'attachment; filename="a\\"é.txt"', "filename"),
]


@pytest.mark.parametrize("name, value, parameter", PARAMETERS,
                         ids=lambda value: value[:30])
def test_parameters(outpost, host, name, value, parameter):
    message = send(outpost, host, f"MIME-Version: 1.0\n{name}: {value}\n\n"
                   "body\n")
    want = re.search(r'name="?((?:[^"\\;]|\\.)*)', value)[1]
    want = re.sub(r"\\(.)", r"\1", want)
    assert message.head.isascii()
    assert not reading.WORD.search(raw(message, name))
    parts = reading.parsed(message)
    found = parts.get_param(parameter, header=name)
    assert found[0].lower() == "utf-8" and \
        reading.email.utils.collapse_rfc2231_value(found) == want
    # what else there is stays
    assert parts.get_content_type() == "text/plain"
    for other in ("size", "charset"):
        said = re.search(other + r"=([\w-]+)", value)
        assert parts.get_param(other, header=name) == (said and said[1])
    assert max(map(len, raw(message, name).split(b"\r\n"))) <= 998


# long lines

@pytest.mark.parametrize("text", [
    "word " * 600, "a  b\t" * 500, "x" * 990 + " y " + "z" * 990],
    ids=["words", "blanks", "long words"])
def test_long_text_is_folded_at_white_space(outpost, host, text):
    message = send(outpost, host, f"X-Long: {text}\n\nbody\n")
    value = raw(message, "X-Long")
    assert not reading.WORD.search(value)
    assert value.replace(b"\r\n", b"").strip() == text.strip().encode()
    assert max(map(len, message.head.split(b"\r\n"))) <= wire.LINE_MAX


@pytest.mark.parametrize("text", [
    "x" * 999, "x" * 3000, "a " + "x" * 3000 + " b", "x" * 1500 + "é",
    "中" * 500], ids=["just", "one", "among others", "and 8-bit", "8-bit"])
def test_long_word_is_encoded(outpost, host, text):
    message = send(outpost, host, f"Subject: {text}\n\nbody\n")
    assert text_of(message, "Subject") == text
    assert max(map(len, message.head.split(b"\r\n"))) <= wire.LINE_MAX


@pytest.mark.parametrize("field", [
    "References: <" + "x" * 1200 + "@d.example>",
    "Message-ID: <" + "x" * 1200 + "@d.example>",
    "In-Reply-To: <" + "x" * 1200 + "@d.example>",
    "MIME-Version: " + "1" * 1200], ids=lambda field: field[:9])
def test_long_word_of_a_structured_field(outpost, host, field):
    name = field.partition(":")[0]
    done = outpost([TO], field + "\n\nbody\n")
    done.failed(65, name)
    assert host.messages == []


@pytest.mark.parametrize("field", [
    "References: " + " ".join(f"<{n}@d.example>" for n in range(400)),
    "To: " + ", ".join(f"Name {n} <n{n}@d.example>" for n in range(200)),
    "Cc: " + ", ".join(f'"张三 {n}" <n{n}@d.example>' for n in range(200))],
    ids=["ids", "addresses", "8-bit"])
def test_long_structured_field_is_folded(outpost, host, field):
    message = send(outpost, host, field + "\n\nbody\n")
    name, _, text = field.partition(": ")
    assert max(map(len, message.head.split(b"\r\n"))) <= wire.LINE_MAX
    if name == "References":
        assert message.only(name) == text
    else:
        assert mailboxes(message, name) == \
            reading.email.utils.getaddresses([text])


def test_long_header_line_fails_from_the_queue_too(queued, smarthost):
    """It is known before it is queued."""
    queued.configure(Nobody())
    queued.submit(["-odq", TO], "References: <" + "x" * 1200 + "@d>\n\nb\n"
                  ).failed(65, "References")
    assert queued.waiting == []


def test_python_reads_it_alike(outpost, host):
    """The reader of these tests is no friendlier than another."""
    fields = "".join(f"X-{number}: {text}\n"
                     for number, text in enumerate(TEXTS) if "=?" not in text)
    message = send(outpost, host, fields + "\nbody\n")
    header = message.parsed()
    for number, text in enumerate(TEXTS):
        if "=?" not in text:
            found = header[f"X-{number}"]
            assert re.sub(r"\s+", " ", found).strip() == \
                re.sub(r"\s+", " ", text).strip()
