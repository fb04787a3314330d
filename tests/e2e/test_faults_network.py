"""Faults of the network and of what the smarthost says (group N)."""

import re
import socket
import struct
import subprocess
import threading
import time

import pytest
from faults import (CLEAR, MAIL, SANITIZED, Cut, Proxy, Sink, clear, cpu,
                    needs, private, run)
from resolver import Resolver
from smarthost.script import at

X = "x@a.example"
LINE = b"x" * 71 + b"\n"
LARGE = b"Subject: s\n\n" + LINE * 20_000


def times(**changes):
    """CLEAR with short time limits."""
    limits = {"wait_timeout": "2s", "timeout": "1s", "connect_timeout": "1s"}
    return {"smarthost": {**CLEAR["smarthost"], **limits, **changes}}


def within(seconds, call):
    began = time.monotonic()
    result = call()
    assert time.monotonic() - began < seconds
    return result


def test_fault_n1_black_hole(outpost):
    """A queue of connections that is full: the kernel answers nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fill = [socket.socket() for _ in range(4)]
        for sock in fill:
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        outpost.configure(None, times(port=listener.getsockname()[1]))
        done = within(5, lambda: outpost([X], MAIL))
        done.failed(75, "127.0.0.1")
        for sock in fill:
            sock.close()


def test_fault_n1_reset_at_once(outpost):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def reset():
            sock = listener.accept()[0]
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
            sock.close()

        thread = threading.Thread(target=reset)
        thread.start()
        outpost.configure(None, times(port=listener.getsockname()[1]))
        outpost([X], MAIL).failed(75, "127.0.0.1")
        thread.join(10)


@pytest.mark.root
@pytest.mark.parametrize("reply, word", [
    ({"rcode": 3}, "resolve"), ({"rcode": 2}, "resolve"),
    ({"rcode": 5}, "resolve"), ({}, "resolve"),
    ({"silent": True}, "no answer in time"),
    ({"addresses": ["127.9.%d.%d" % (n >> 8, n & 255)
                    for n in range(1000)]}, "refused"),
], ids=["NXDOMAIN", "SERVFAIL", "REFUSED", "empty", "silence", "1000"])
def test_fault_n2_name_service(outpost, reply, word):
    resolver = Resolver(**reply)
    try:
        outpost.configure(None, times(host="smarthost.outpost.test", port=9))
        done = within(8, lambda: private(outpost, {
            "resolv.conf": f"nameserver {resolver.address}\n",
            "hosts": "127.0.0.1 localhost\n",
            "nsswitch.conf": "hosts: files dns\n"}, [X]))
        done.failed(75, word)
        assert resolver.questions > 0
    finally:
        resolver.close()


@pytest.mark.root
def test_fault_n2_name_service_that_works(outpost, smarthost):
    host = clear(smarthost)
    resolver = Resolver(addresses=["127.0.0.9", "127.0.0.1"])
    try:
        outpost.configure(None, {"smarthost": {
            **CLEAR["smarthost"], "host": "smarthost.outpost.test",
            "port": host.port}})
        private(outpost, {
            "resolv.conf": f"nameserver {resolver.address}\n",
            "nsswitch.conf": "hosts: files dns\n"}, [X]).ok()
    finally:
        resolver.close()


def test_fault_n4_server_that_does_not_read(outpost, smarthost):
    host = smarthost()
    mail = b"Subject: s\n\n" + LINE * 200_000
    with Proxy(host, stall=150_000) as proxy:
        done = within(10, lambda: outpost([X], mail, host=proxy, config={
            "smarthost": {"timeout": "1s"}}))
        done.failed(75, "not taken in time")
    assert host.messages == []


def test_fault_n4_total_until_the_message(outpost, smarthost):
    """Each answer is in time, all of them together are not."""
    slow = [at(stage, delay=0.8) for stage in ("GREETING", "EHLO", "MAIL",
                                               "RCPT", "DATA")]
    host = clear(smarthost, script=slow, pipelining=False)
    done = within(4, lambda: outpost([X], MAIL, host=host, config=times()))
    done.failed(75, "in time")
    assert host.messages == []


def test_fault_n5_flood_costs_no_memory_after_the_login(outpost, smarthost):
    """Those of other stages are among the cases: number 74."""
    for stage in ("VERDICT", "MAIL", "DATA"):
        host = smarthost(script=[at(stage, raw=b"250-z\r\n" * 100_000,
                                    repeat=20)])
        done = within(10, lambda: outpost([X], MAIL, host=host))
        assert done.status == 75 and len(done.err) < 2048


STAGES = ("GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "DOT")


@pytest.mark.parametrize("tls", ["off", "implicit", "starttls"])
def test_fault_n6_one_byte_at_a_time(outpost, smarthost, tls):
    host = smarthost(tls=tls, auth="" if tls == "off" else "PLAIN")
    with Proxy(host, down=lambda data: [
            data[i:i + 1] for i in range(len(data))]) as proxy:
        config = CLEAR if tls == "off" else {"smarthost": {"tls": tls}}
        outpost([X, "y@a.example"], MAIL, host=proxy, config=config).ok()
    assert host.message.recipients == [X, "y@a.example"]


def test_fault_n6_line_ends_split(outpost, smarthost):
    host = clear(smarthost)
    with Proxy(host, down=lambda data: re.findall(
            rb"[^\r\n]+\r|\n|[^\r\n]+", data)) as proxy:
        outpost([X], MAIL, host=proxy, config=CLEAR).ok()
    assert len(host.messages) == 1


def test_fault_n6_replies_in_one_segment(outpost, smarthost):
    recipients = [f"u{n}@a.example" for n in range(400)]
    host = clear(smarthost, settle=0.1)
    outpost(recipients, MAIL, host=host, config={"smarthost": {
        **CLEAR["smarthost"], "recipients_per_message": 1000}}).ok()
    assert host.message.recipients == recipients


MALFORMED = [b"150 x", b"850 x", b"99 x", b"2500 x", b"25", b" 250 x",
             b"250ok", b"", b"-250 x", b"250-a\r\n251 b", b"250-a\r\n550 b",
             b"4294967546 x", b"250\x00x", b"250_x", b"+250 x", b"0250 x",
             b"2 50", b"\xef\xbb\xbf250 x", b"260 x", b"299999999999 x",
             b"250-a\r\n\r\n250 b", b"250-a\r\n 250 b", b"HTTP/1.1 250 OK"]


@pytest.mark.parametrize("stage", ["GREETING", "EHLO", "AUTH", "DATA"])
def test_fault_n9_malformed(outpost, smarthost, stage):
    code = {b"GREETING": b"220", b"AUTH": b"235", b"DATA": b"354"}.get(
        stage.encode(), b"250")
    for raw in MALFORMED:
        host = smarthost(script=[at(
            stage, raw=raw.replace(b"250", code) + b"\r\n")],
            tls="off", auth="" if stage != "AUTH" else "PLAIN")
        done = outpost([X], MAIL, host=host, config=times(
            auth="off" if stage != "AUTH" else "plain"))
        assert done.status == 75 and done.err, (raw, done)
        assert host.messages == [], raw
        assert "BODY" not in host.connection.verbs


@pytest.mark.parametrize("rules", [
    [at("DATA", raw=b"354\r\n")],
    [at("GREETING", raw=b"220\r\n")], [at("GREETING", raw=b"220-a\n220 b\n")],
    [at("VERDICT", raw=b"235\r\n")], [at("DOT", raw=b"250\xe4\n"[:3] + b"\n")],
    [at("EHLO", raw=b"250-h\r\n250-\r\n250-  AUTH   PLAIN  \r\n250 \r\n")],
    [at("EHLO", raw=b"250-h\r\n250-AUTH=LOGIN PLAIN\r\n250 X\r\n")],
    [at("EHLO", raw=b"250-h\r\n250-auth plain login\r\n250 x\r\n")],
    [at("RCPT", raw=b"252 will try\r\n")], [at("DOT", raw=b"259 hm\r\n")],
    [at("MAIL", raw=b"250 \t \t\r\n")],
    [at("DOT", raw=b"250 " + "好".encode() * 200 + b"\r\n")],
], ids=lambda rules: rules[0].raw[:20].decode("latin-1"))
def test_fault_n10_odd_but_good(outpost, smarthost, rules):
    host = smarthost(script=rules)
    outpost([X], MAIL, host=host).ok()
    assert len(host.messages) == 1


@pytest.mark.parametrize("go", [b"352 go on", b"354-go\r\n354 on", b"300"])
def test_fault_n10_other_words_for_go_on(outpost, go):
    sink = Sink(keep=True, go=go)
    outpost([X], MAIL, host=sink, config=CLEAR).ok()
    assert b"".join(sink.finished().pieces).endswith(b"body\r\n.\r\n")


@pytest.mark.parametrize("stage", ["VERDICT", "RCPT", "DATA"])
@pytest.mark.parametrize("raw", [b"250-a\r\n", b"250 ok", b"25"])
def test_fault_n11_end_within_a_reply(outpost, smarthost, stage, raw):
    code = {"VERDICT": b"235", "DATA": b"354"}.get(stage, b"250")
    host = smarthost(script=[at(stage, raw=raw.replace(b"250", code),
                                cut="after")])
    outpost([X], MAIL, host=host).failed(75)
    assert host.messages == []


@pytest.mark.parametrize("challenge", [
    "334 !!!!", "334 " + "A" * 6000, "334", "334 =", "334 dXNlcm5hbWU6\x00",
    ["334-a", "334 b"]])
@pytest.mark.parametrize("auth", ["plain", "login"])
def test_fault_n12_odd_challenges(outpost, smarthost, challenge, auth):
    """Answered by their turn, whatever they say; but not for ever."""
    host = smarthost(script=[at("VERDICT", reply=challenge),
                             at("OTHER", reply="500 what")])
    host.expect_violations()  # "*" is no command
    done = outpost([X], MAIL, host=host, config={"smarthost": {"auth": auth}})
    done.failed(75)
    assert "MAIL" not in host.connection.verbs
    assert len(host.connection.credentials) == 1


def test_fault_n14_mixed_answers(outpost, smarthost):
    host = clear(smarthost, max_rcpt=3, script=[
        at("RCPT", when="bad", reply="550 no"),
        at("RCPT", when="late", reply="450 later")])
    args = ["a@x", "bad1@x", "b@x", "late@x", "c@x", "d@x", "bad2@x", "e@x"]
    done = outpost(args, MAIL, host=host, config=CLEAR)
    # "try again" would be a second mail for most
    assert done.status == 67
    got = [name for message in host.messages for name in message.recipients]
    assert sorted(got) == ["a@x", "b@x", "c@x", "d@x", "e@x"]
    for name in ("bad1@x", "bad2@x", "late@x"):
        assert name in done.err and f"to=<{name}>" in done.log
    assert "450 later" in done.err and "550 no" in done.err


def test_fault_n14_one_at_a_time(outpost, smarthost):
    host = clear(smarthost, max_rcpt=1)
    args = [f"u{n}@a.example" for n in range(120)]
    outpost(args, MAIL, host=host, config=CLEAR).ok()
    assert sorted(message.recipients[0] for message in host.messages) \
        == sorted(args)


@pytest.mark.parametrize("tls", ["off", "implicit"])
@pytest.mark.parametrize("reset", [True, False])
def test_fault_n15_early_answer(outpost, smarthost, tls, reset):
    """The reply, where it can still be read; else try again."""
    host = smarthost(tls=tls, auth="" if tls == "off" else "PLAIN", script=[
        at("BODY", after=300_000, reply="552 5.3.4 too big", cut="after",
           reset=reset)])
    mail = b"Subject: s\n\n" + LINE * 300_000
    done = within(10, lambda: outpost(
        [X], mail, host=host, config=CLEAR if tls == "off" else None))
    assert done.status in ((69, 75) if reset else (69,)), done
    assert done.status == 75 or "552 5.3.4 too big" in done.err
    assert host.messages == []


def test_fault_n15_early_answer_and_no_reader(outpost, smarthost):
    """It says so, keeps the connection, and takes no more."""
    host = clear(smarthost, script=[
        at("BODY", after=100_000, reply="552 5.3.4 too big")])
    with Proxy(host, stall=150_000) as proxy:
        done = within(10, lambda: outpost(
            [X], b"Subject: s\n\n" + LINE * 300_000, host=proxy,
            config=times()))
    assert done.status == 69 and "552 5.3.4 too big" in done.err
    assert host.messages == []


def test_fault_n16_end_without_a_goodbye(outpost, smarthost):
    """After the last answer nothing matters: no close_notify, no QUIT."""
    for reset in (False, True):
        host = smarthost(pipelining=False)

        def down(data, host=host, reset=reset):
            if any(message.accepted for connection in host.record.connections
                   for message in connection.messages):
                raise Cut(data, reset)
            return [data]

        with Proxy(host, down=down) as proxy:
            done = within(10, lambda: outpost([X], MAIL, host=proxy))
        assert done.status in (0, 75) if reset else done.ok()
        assert len(host.messages) == 1


@pytest.mark.parametrize("text", [
    b"\x1b[31mred\x1b[0m", b"a\rb", b"a\x00b", b"\xff\xfe\x9b1m", b"%n%s%x",
    b"\nrecipient: x"[1:], b"\xe2\x80\xae" + b"evil", b"\x7f\x08\x08",
    b"uid=0 msgid=<x> result=delivered"], ids=repr)
@pytest.mark.parametrize("stage", ["GREETING", "VERDICT", "RCPT", "DOT"])
def test_fault_n17_hostile_text(outpost, smarthost, stage, text):
    for raw in (b"550 " + text + b"\r\n",
                b"550-" + text + b"\r\n550 " + text + b"\r\n",
                (b"550-" + (text * 500)[:500] + b"\r\n") * 90
                + b"550 end\r\n"):
        host = smarthost(script=[at(stage, raw=raw)])
        done = outpost(["-v", X], MAIL, host=host)
        assert done.status in (67, 69, 75)
        outpost.log_file.unlink()
        for shown in (done.err, done.log):
            assert not re.search("[\0-\x09\x0b-\x1f\x7f\x80-\x9f\u202e]",
                                 shown)
            assert "\ufffd" not in shown
        assert done.log.count("\n") == 1 and len(done.log) < 8192
        assert done.log.split(" result=")[1].startswith(
            ("failed", "deferred"))


@pytest.mark.parametrize("offer", [
    "SIZE=100", "SIZE 10 20", "SIZE +1", "SIZE 0x10", "SIZE\t5", "SIZE 5",
    "SIZE " + "9" * 500, "SIZE 18446744073709551615", "LIMITS MAILMAX=0",
    "LIMITS RCPTMAX=-1", "8BITMIME=no", "PIPELINING 0", "SMTPUTF8 x"])
def test_fault_n18_odd_keywords(outpost, smarthost, offer):
    host = smarthost(extra=offer)
    done = outpost([X], "Subject: ü\n\nü\n", host=host)
    if re.match(r"SIZE[=\s]\d{1,3}\b", offer):
        # more than it takes is refused without a try
        assert done.status == 65
        assert "MAIL" not in host.connection.verbs
    else:
        done.ok()


def test_fault_n19_another_day(outpost, smarthost):
    """What is configured is asked for, however it was the last time."""
    host = smarthost()
    outpost([X], MAIL, host=host).ok()
    bare = smarthost(auth="")
    outpost([X], MAIL, host=bare).failed(75, "AUTH")
    assert bare.messages == []
    bare = smarthost(tls="starttls", offer_starttls=False)
    outpost([X], MAIL, host=bare,
            config={"smarthost": {"tls": "starttls"}}).failed(75, "STARTTLS")
    assert bare.connection.credentials == [] and bare.messages == []


@pytest.mark.parametrize("inject", [
    "pread64:error=EIO", "pread64:retval=0", "sendto:error=ENOBUFS",
    "sendto:error=EPIPE"])
def test_fault_n20_no_dot_unless_all_was_written(outpost, smarthost, inject):
    needs("strace")
    host = clear(smarthost)
    outpost.configure(host, times())
    for count in (3, 7, 15) if "pread" in inject else (9,):
        done = run(outpost, [
            "strace", "-o", "/dev/null", "-e", "trace=pread64,sendto",
            "-e", f"inject={inject}:when={count}+", *outpost.command([X])],
            LARGE)
        sent = [message for connection in host.connections
                for message in connection.messages if message.complete]
        if done.status != 0:
            assert sent == []
        else:
            assert len(sent) == 1 and len(sent[0].data) > len(LARGE)
        host.record.connections.clear()


def test_fault_n_processor_time_of_waiting(outpost, smarthost):
    if SANITIZED:
        pytest.skip("not with sanitizers")
    host = smarthost()
    before = cpu()
    outpost([X], MAIL, host=host).ok()
    usual = cpu() - before
    host = smarthost(script=[at("RCPT", silence=True)])
    before = cpu()
    with pytest.raises(subprocess.TimeoutExpired):
        process = outpost.start([X], host=host)
        process.stdin.write(MAIL)
        process.stdin.close()
        process.wait(1)
    process.terminate()
    assert process.wait(10) == 75
    assert cpu() - before < usual + 0.05
