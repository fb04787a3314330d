"""The one Received field: where it came in, and the id that the log and the
queue know it by."""

import email.utils
import os
import re
import time

import pytest
from faults import CLEAR, MAIL, clear, private
from places import WWW
from queued import TO, Nobody, merged

FIELD = re.compile(rb"Received: by (\S+) \(outpost, from userid (\d+)\)\r\n"
                   rb"\tid (\w+); ([^\r\n]+)\r\n")
HIDDEN = re.compile(rb"Received: by localhost \(outpost\)\r\n"
                    rb"\tid (\w+); ([^\r\n]+)\r\n")
SECRET = "very-private.host.example"
NAMED = {"setup": f"hostname {SECRET}"}


def hops(count):
    return b"".join(b"Received: from h%d by h%d;\n\tMon, 1 Jan 2024 00:00:00 "
                    b"+0000\n" % (n, n + 1) for n in range(count))


def field(message, pattern=FIELD):
    """The field, which is the first."""
    found = pattern.match(message.data)
    assert found, message.data[:200]
    return found


def test_received_is_on_top(outpost, smarthost):
    host = clear(smarthost)
    done = outpost([TO], MAIL, host=host, config=CLEAR).ok()
    found = field(host.message)
    assert int(found[2]) == os.getuid()
    assert f"id={found[3].decode()} " in done.log
    date = email.utils.parsedate_to_datetime(found[4].decode())
    assert abs(date.timestamp() - time.time()) < 600
    assert host.message.data.count(b"\nReceived:") == 0
    assert max(map(len, found[0].split(b"\r\n"))) <= 78
    assert host.message.only("Date") == found[4].decode()


def test_received_names_this_host(outpost, smarthost):
    host = clear(smarthost)
    outpost.configure(host, CLEAR)
    private(outpost, {}, [TO], **NAMED).ok()
    assert field(host.message)[1].decode() == SECRET


def test_received_goes_above_those_that_are_there(outpost, smarthost):
    host = clear(smarthost)
    stdin = hops(3) + MAIL
    outpost([TO], stdin, host=host, config=CLEAR).ok()
    found = field(host.message)
    assert host.message.data[found.end():].startswith(
        hops(3).replace(b"\n", b"\r\n"))


@pytest.mark.parametrize("stdin", [
    b"", b"body\n", b"X-A: 1\n\n", b"Bcc: x@y\n\nb\n"])
@pytest.mark.parametrize("args", [[], ["-G"]])
def test_every_mail_has_it(outpost, smarthost, stdin, args):
    host = clear(smarthost)
    outpost([*args, TO], stdin, host=host, config=CLEAR).ok()
    field(host.message)
    assert host.message.data.count(b"Received:") == 1


def test_received_can_be_without_names(outpost, smarthost):
    host = clear(smarthost)
    outpost.configure(host, merged(CLEAR, {"message": {"received": "no"}}))
    done = private(outpost, {}, [TO], **NAMED).ok()
    found = field(host.message, HIDDEN)
    assert f"id={found[1].decode()} " in done.log
    assert b"userid" not in host.message.data
    assert b"very-private" not in host.message.data


def test_id_is_that_of_the_queue(queued, smarthost):
    host = clear(smarthost)
    queued.configure(host)
    queued.submit(["-odq", TO], MAIL).ok()
    name, = queued.waiting
    listed = queued.outpost(["-bp"], b"").out.decode()
    assert name in listed and queued.mail()["id"] == name
    queued.run().ok()
    assert field(host.message)[3].decode() == name
    assert f"id={name} " in queued.outpost.log()


def test_id_stays_when_it_is_deferred(queued, smarthost):
    host = clear(smarthost)
    queued.configure(Nobody()).submit([TO], MAIL)
    name, = queued.waiting
    queued.configure(host).run().ok()
    assert field(host.message)[3].decode() == name


def test_date_is_when_it_was_handed_in(queued, smarthost):
    """However long it waits, what is kept is made once."""
    host = clear(smarthost)
    queued.configure(Nobody()).submit([TO], MAIL)
    path, = (queued.spool / "queue").iterdir()
    kept = FIELD.search(path.read_bytes())
    queued.configure(host).run().ok()
    assert field(host.message)[0] == kept[0]


def test_ids_of_many(outpost, smarthost):
    host = clear(smarthost)
    outpost.configure(host, CLEAR)
    for _ in range(20):
        outpost([TO], MAIL).ok()
    assert len({field(mail)[3] for mail in host.messages}) == 20


@pytest.mark.parametrize("count", [49, 50, 51, 500])
@pytest.mark.parametrize("args", [[], ["-G"]])
def test_loop(outpost, smarthost, count, args):
    host = clear(smarthost)
    done = outpost([*args, TO], hops(count) + MAIL, host=host, config=CLEAR)
    if count <= 50:
        done.ok()
        assert host.message.data.count(b"Received:") == count + 1
    else:
        done.failed(65, "loop", str(count))
        assert host.connections == []


@pytest.mark.root
@pytest.mark.parametrize("received", ["yes", "no"])
def test_received_of_the_drop_folder(place, smarthost, received):
    """One field, and it tells of the owner, not of who emptied it."""
    host = clear(smarthost)
    machine = place().make_spool()
    machine.configure(host, message={"received": received})
    machine.submit([TO], "Subject: 备份\n\n备份\n".encode()).ok()
    path, = machine.dropped
    assert b"Received:" not in path.read_bytes()
    machine.run().ok()
    message = host.message
    assert message.data.count(b"Received:") == 1
    if received == "yes":
        assert int(field(message)[2]) == WWW
        assert field(message)[3].decode() == path.name
    else:
        assert field(message, HIDDEN)[1].decode() == path.name
        assert b"userid" not in message.data
    assert message.body == "备份\r\n".encode()
    assert message.parsed()["Subject"] == "备份"
    assert message.only("Content-Type") == "text/plain; charset=UTF-8"


@pytest.mark.root
@pytest.mark.parametrize("eightbit", [True, False])
def test_text_of_the_drop_folder(place, smarthost, eightbit):
    """It is made readable when it is taken, by the configuration's set."""
    host = clear(smarthost, eightbit=eightbit)
    machine = place().make_spool()
    machine.configure(host, message={"charset": "GB18030"})
    machine.submit(["-F", "王小明", TO],
                   "Subject: 备份\n\n备份\n".encode("gb18030")).ok()
    machine.run().ok()
    message = host.message.parsed()
    assert message["Subject"] == "备份"
    assert message["From"].addresses[0].display_name == "王小明"
    assert message.get_content() == "备份\r\n"
    assert message.get_param("charset").lower() == "gb18030"


@pytest.mark.root
def test_loop_of_the_drop_folder(place, smarthost):
    host = clear(smarthost)
    machine = place().make_spool()
    machine.configure(host)
    machine.submit([TO], hops(51) + MAIL)
    machine.run()
    assert [mail for mail in host.messages if b"\nSubject: s\r\n" in
            mail.data and mail.recipients == [TO]] == []
    assert machine.dropped == machine.waiting == []
