"""Faults of the process and its surroundings (groups P and L)."""

import itertools
import os
import re
import resource
import shutil
import signal
import stat
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from faults import (CLEAR, MAIL, SANITIZED, Sink, clear, limited, needs, private,
                    run)
from measure import measured
from runner import finish
from smarthost.script import at

X = "x@a.example"
LINE = b"0123456789" * 7 + b"\n"
LARGE = b"Subject: s\n\n" + LINE * 20_000
MANY = int(os.environ.get("OUTPOST_MANY", "100"))


@pytest.fixture
def host(outpost, smarthost):
    made = clear(smarthost)
    outpost.configure(made, CLEAR)
    return made


@pytest.mark.root
@pytest.mark.parametrize("bit", [stat.S_ISUID, stat.S_ISGID])
def test_fault_p1_set_id(public_outpost, smarthost, bit):
    if SANITIZED:
        pytest.skip("not with sanitizers")
    host = clear(smarthost)
    public_outpost.configure(host, CLEAR)
    public_outpost.config_file.chmod(0o644)
    program = public_outpost.program()
    os.chmod(program, 0o755 | bit)

    def leave():
        os.setgid(54321)
        os.setuid(54321)

    done = public_outpost([X], MAIL, preexec_fn=leave)
    if done.status == 0:
        pytest.skip("set-id bits mean nothing here")
    done.failed(77, "set-uid", "chmod")
    assert host.connections == []


HOSTILE = {
    "LD_BIND_NOW": "1", "SSLKEYLOGFILE": "%d/keys", "SSL_CERT_FILE": "%d/none",
    "SSL_CERT_DIR": "%d/none", "OPENSSL_CONF": "%d/openssl.cnf",
    "OPENSSL_MODULES": "%d", "OPENSSL_ENGINES": "%d",
    "TZ": ":/etc/shadow", "HOME": "/nonexistent", "IFS": "/", "PATH": "",
    "LOCALDOMAIN": "evil.test", "RES_OPTIONS": "ndots:15 timeout:30",
    "HOSTALIASES": "%d/hosts", "MALLOC_CHECK_": "3", "MALLOC_PERTURB_": "165",
    "MALLOC_ARENA_MAX": "0", "NLSPATH": "%d/%%N", "LOCPATH": "%d",
    "LC_ALL": "tr_TR.UTF-8", "LANG": "%n%s", "LANGUAGE": "../../x",
    "GCONV_PATH": "%d", "GETCONF_DIR": "%d",
    "POSIXLY_CORRECT": "1", "COLUMNS": "-1", "TERM": "\x1b[2J",
    "TMPDIR": "relative/%n", "LOGNAME": "a\nb", "USER": "root\r\nBcc: e@x",
    "MAIL": "/etc/passwd", "XDG_CONFIG_HOME": "%d", "NO_COLOR": "",
    "OUTPOST_PROVIDERS": "/dev/zero", "http_proxy": "http://127.0.0.1:1",
}
WEAK = """openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = weak
[weak]
MinProtocol = TLSv1
CipherString = ALL:eNULL:@SECLEVEL=0
VerifyCAFile = %s
"""


def test_fault_p2_environment(outpost, smarthost):
    place = outpost.directory / "place"
    place.mkdir()
    (place / "outpost.ini").write_text("nonsense")
    (place / "hosts").write_text("localhost evil.test\n")
    env = {name: value.replace("%d", str(place))
           for name, value in HOSTILE.items()}
    host = smarthost()
    done = outpost([X], LARGE, host=host, env=env)
    assert (done.status, done.out, done.err) == (0, b"", "")
    assert sorted(os.listdir(place)) == ["hosts", "outpost.ini"]
    assert host.message.recipients == [X]
    assert "evil" not in host.message.head.decode()
    assert host.commands[0].split()[1] not in (b"evil.test", b"localhost")
    assert host.message.all("Bcc") == []


@pytest.mark.parametrize("certificate, options", [
    ("good", {"oldest": "1.0", "newest": "1.1"}), ("self-signed", {}),
    ("unknown-ca", {})])
def test_fault_p2_openssl_configuration(outpost, smarthost, authority,
                                        certificate, options):
    host = smarthost(certificate=certificate, **options)
    other = authority.certificate(certificate).cert
    trusted = os.path.join(authority.directory, "other", "ca.pem")
    weak = outpost.directory / "openssl.cnf"
    for trust in (other, trusted):
        weak.write_text(WEAK % trust)
        done = outpost([X], MAIL, host=host, env={
            "OPENSSL_CONF": str(weak), "SSL_CERT_FILE": trust,
            "SSL_CERT_DIR": os.path.dirname(trust)})
        done.failed(75)
    assert host.commands == []


@pytest.mark.parametrize("closed", [
    fds for count in range(1, 4)
    for fds in itertools.combinations((0, 1, 2), count)], ids=str)
def test_fault_p3_closed_descriptors(outpost, smarthost, closed):
    host = clear(smarthost, script=[at("RCPT", when="bad", reply="550 no")])
    outpost.configure(host, CLEAR)
    before = outpost.config_file.read_bytes()

    def close():
        for fd in closed:
            os.close(fd)

    for args in ([X], ["-v", X], [X, "bad@a.example"]):
        done = outpost(args, MAIL, preexec_fn=close)
        assert done.status == (
            66 if 0 in closed else 67 if "bad" in args[-1] else 0)
        assert done.out == b"" and (2 not in closed or done.err == "")
    # nothing was written where a descriptor happened to lead
    assert outpost.config_file.read_bytes() == before
    assert all(re.match(r"\S+Z outpost\[\d+\]: id=\S+ uid=", line)
               for line in outpost.log().splitlines())
    assert len(host.messages) == (0 if 0 in closed else 3)


def descriptors(pid):
    """{number: where it leads} of a process."""
    place = f"/proc/{pid}/fd"
    return {int(name): os.readlink(f"{place}/{name}")
            for name in os.listdir(place)}


@pytest.fixture
def held(outpost, smarthost):
    """Starts the program, and shows it while the smarthost thinks."""
    go_on = threading.Event()
    host = clear(smarthost, script=[at("DOT", hold=go_on)])
    outpost.configure(host, CLEAR)

    def start(stdin=LARGE, command=None, **options):
        process = subprocess.Popen(
            command or outpost.command([X]), env=outpost.environment(),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, **options)
        process.stdin.write(stdin)
        process.stdin.close()
        process.stdin = None
        assert host.wait(lambda record: any(
            message.complete for connection in record.connections
            for message in connection.messages))
        return process

    start.go_on, start.host = go_on, host
    yield start
    go_on.set()


@pytest.mark.root
def test_fault_p3_inherited_descriptors(outpost, held):
    secret = outpost.directory / "secret"
    secret.write_text("secret\n")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    fds = [os.open(secret, os.O_RDWR) for _ in range(1000)]
    try:
        process = held(pass_fds=fds)
        found = descriptors(process.pid)
        assert str(secret) not in found.values()
        # ours: the log, the signals, the draft, the socket
        assert set(found) == set(range(7))
        held.go_on.set()
        assert finish(process) == (0, b"", "")
    finally:
        for fd in fds:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert secret.read_text() == "secret\n"


@pytest.mark.root
@pytest.mark.parametrize("umask", [0, 0o777])
def test_fault_p4_umask(outpost, held, umask):
    process = held(preexec_fn=lambda: os.umask(umask))
    for fd, place in descriptors(process.pid).items():
        if fd > 2 and place.startswith("/"):
            mode = os.stat(f"/proc/{process.pid}/fd/{fd}").st_mode
            assert mode & 0o777 == 0o600, place
    held.go_on.set()
    assert finish(process) == (0, b"", "")
    assert outpost.log_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.root
def test_fault_p5_own_descriptors(held):
    process = held()
    for fd in descriptors(process.pid):
        with open(f"/proc/{process.pid}/fdinfo/{fd}") as info:
            flags = int(re.search(r"flags:\s*(\d+)", info.read())[1], 8)
        assert fd <= 2 or flags & os.O_CLOEXEC, fd


@pytest.mark.parametrize("size", [0, 1024, 300_000])
def test_fault_p6_file_size(outpost, host, size):
    done = limited(outpost, [X], {resource.RLIMIT_FSIZE: size}, LARGE)
    done.failed(75)
    # what fits in memory needs no file; the log is no reason to fail
    limited(outpost, [X], {resource.RLIMIT_FSIZE: size}).ok()
    assert len(host.messages) == 1


@pytest.mark.parametrize("count", range(3, 11))
def test_fault_p6_descriptors(outpost, host, count):
    if SANITIZED:
        pytest.skip("not with sanitizers")
    for mail in (MAIL, LARGE):
        done = limited(outpost, [X], {resource.RLIMIT_NOFILE: count}, mail)
        # below five the shared libraries cannot even be opened
        assert done.status in (0, 75, 78, 127), done
        assert done.status == 0 or done.err
        assert done.status != 127 or count < 4
        assert len(host.messages) == (done.status == 0)
        host.record.connections.clear()


@pytest.mark.parametrize("megabytes", [8, 12, 14, 16, 18, 20, 24, 40, 80])
def test_fault_p6_address_space(outpost, smarthost, megabytes):
    if SANITIZED:
        pytest.skip("not with sanitizers")
    host = smarthost()
    done = limited(outpost, [X], {
        resource.RLIMIT_AS: megabytes << 20}, LARGE, host=host)
    # 127 is the loader's, 1 the random numbers'
    assert done.status in (0, 1, 75, 78, 127)
    assert done.status != 0 or len(host.messages) == 1
    assert done.status == 0 or host.messages == []
    assert done.status in (0, 1) or done.err


@pytest.mark.root
def test_fault_p6_no_processes(public_outpost, smarthost):
    """Names are looked up without a thread where there can be none."""
    if SANITIZED:
        pytest.skip("not with sanitizers")
    host = clear(smarthost)
    public_outpost.configure(host, {"smarthost": {
        **CLEAR["smarthost"], "host": "smarthost.outpost.test"}})
    os.chown(public_outpost.config_file, 54321, 54321)
    needs("setpriv", "prlimit")
    program = public_outpost.program()
    public_outpost.program = lambda name="sendmail": program
    public_outpost.command = lambda args, name="sendmail": [
        "prlimit", "--nproc=0", "setpriv", "--reuid=54321", "--regid=54321",
        "--clear-groups", program, *args]
    done = private(public_outpost, {
        "hosts": "127.0.0.1 localhost smarthost.outpost.test\n"}, [X])
    done.ok()
    assert len(host.messages) == 1


@pytest.mark.parametrize("limits", [
    {resource.RLIMIT_STACK: 64 * 1024}, {resource.RLIMIT_CPU: 1},
    {resource.RLIMIT_DATA: 64 << 20}, {resource.RLIMIT_MEMLOCK: 0},
    {resource.RLIMIT_SIGPENDING: 0}, {resource.RLIMIT_MSGQUEUE: 0}], ids=str)
def test_fault_p6_other_limits(outpost, smarthost, limits):
    if SANITIZED:
        pytest.skip("not with sanitizers")
    host = smarthost()
    limited(outpost, [X], limits, LARGE, host=host).ok()
    assert len(host.messages) == 1


@pytest.mark.root
def test_fault_p6_no_core_dump(outpost, held):
    process = held(preexec_fn=lambda: resource.setrlimit(
        resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2))
    limit = resource.prlimit(process.pid, resource.RLIMIT_CORE)
    assert limit == (0, 0)
    process.send_signal(signal.SIGSEGV)
    assert finish(process)[0] == -signal.SIGSEGV


def test_fault_p7_signals_and_timers(outpost, held):
    def spoil():
        for number in range(1, signal.NSIG):
            if number not in (signal.SIGKILL, signal.SIGSTOP, 32, 33):
                signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        for which in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL,
                      signal.ITIMER_PROF):
            signal.setitimer(which, 0.05, 0.05)
        # one that has gone off already
        for number in (signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF):
            os.kill(os.getpid(), number)

    process = held(preexec_fn=spoil)
    time.sleep(0.1)  # a timer that were left would have run out
    with open(f"/proc/{process.pid}/status") as status:
        text = status.read()
    blocked = int(re.search(r"SigBlk:\s*(\w+)", text)[1], 16)
    ignored = int(re.search(r"SigIgn:\s*(\w+)", text)[1], 16)
    # HUP, INT and TERM are waited for elsewhere; PIPE and XFSZ are ignored
    assert blocked == 1 << 0 | 1 << 1 | 1 << 14
    assert ignored & 0x7fffffff == 1 << 12 | 1 << 24
    held.go_on.set()
    assert finish(process) == (0, b"", "")


def test_fault_p7_pending_signal(outpost, host):
    """One that waits is delivered, and nothing is sent."""
    def leave_pending():
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        os.kill(os.getpid(), signal.SIGTERM)

    done = outpost([X], MAIL, preexec_fn=leave_pending)
    assert done.status == -signal.SIGTERM
    assert host.connections == []


CALLS_LEFT_OUT = ("rt_sigaction", "exit_group", "futex", "execve")


def system_calls(outpost, args, stdin):
    """(name, how often so far) of each call that the program itself makes,
    the loader's left out."""
    trace = outpost.directory / "trace"
    run(outpost, ["strace", "-f", "-o", trace, *outpost.command(args)], stdin)
    seen, found, begun = {}, [], False
    for name in re.findall(r"(?m)^\d+\s+(\w+)\(", trace.read_text()):
        seen[name] = seen.get(name, 0) + 1
        begun = begun or name == "fcntl"  # the first thing main does
        if begun and name not in CALLS_LEFT_OUT:
            found.append((name, seen[name]))
    return found


@pytest.mark.parametrize("number, mail", [
    ("TERM", MAIL), ("HUP", MAIL), ("INT", MAIL), ("TERM", LARGE)],
    ids=["term", "hup", "int", "large"])
def test_fault_p8_signal_at_each_call(outpost, smarthost, number, mail):
    needs("strace")
    host = clear(smarthost)
    outpost.configure(host, CLEAR)
    calls = system_calls(outpost, [X], mail)
    assert len(host.messages) == 1 and len(calls) > 50
    # the others are not treated otherwise: a sample of them
    step = 1 if mail == MAIL and number == "TERM" else 5

    def attempt(call):
        before = len(host.record.messages)
        name, count = call
        done = run(outpost, [
            "strace", "-f", "-o", "/dev/null", "-e", f"trace={name}", "-e",
            f"inject={name}:signal={number}:when={count}",
            *outpost.command([X])], mail)
        sent = len(host.messages) - before
        assert sent == (done.status == 0), (call, done)
        assert done.status in (0, 75) or done.status < 0, (call, done)
        assert done.status != 75 or "interrupted" in done.err, (call, done)

    for call in calls[::step]:
        attempt(call)
    whole = [message for connection in host.connections
             for message in connection.messages if message.complete]
    # what was broken off did not look like a whole message
    assert len(whole) == len(host.messages)


@pytest.mark.parametrize("number", [
    signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_fault_p8_the_last_answer_is_waited_for(held, number):
    process = held()
    for _ in range(3):
        process.send_signal(number)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    held.go_on.set()
    assert finish(process) == (0, b"", "")
    assert len(held.host.messages) == 1


def test_fault_p8_killed_while_it_reads(outpost, host):
    """SIGKILL: nothing is sent, nothing is left behind."""
    place = outpost.directory / "place"
    place.mkdir()
    process = subprocess.Popen(
        outpost.command([X]), stdin=subprocess.PIPE,
        env=outpost.environment({"TMPDIR": str(place)}))
    process.stdin.write(LARGE)
    process.stdin.flush()
    process.kill()
    assert process.wait(20) == -signal.SIGKILL
    process.stdin.close()
    assert host.connections == [] and os.listdir(place) == []


def test_fault_p10_stopped_for_a_while(held):
    process = held()
    process.send_signal(signal.SIGSTOP)
    held.go_on.set()
    process.send_signal(signal.SIGCONT)
    assert finish(process) == (0, b"", "")
    assert len(held.host.messages) == 1


def full_pipe():
    """Both ends of a pipe that takes no more."""
    ends = os.pipe()
    os.set_blocking(ends[1], False)
    try:
        while True:
            os.write(ends[1], b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(ends[1], True)
    return ends


@pytest.mark.parametrize("kind", ["full", "closed", "device"])
@pytest.mark.parametrize("args, status", [
    (["-v", X], 0), (["-v", "bad@a.example"], 67)])
def test_fault_p11_standard_error(outpost, smarthost, kind, args, status):
    host = clear(smarthost, script=[at("RCPT", when="bad", reply="550 no")])
    outpost.configure(host, CLEAR)
    if kind == "device":
        ends = [os.open("/dev/null", os.O_RDONLY),
                os.open("/dev/full", os.O_WRONLY)]
    else:
        ends = full_pipe() if kind == "full" else os.pipe()
    if kind == "closed":
        os.close(ends[0])
    try:
        done = subprocess.run(
            outpost.command(args), env=outpost.environment(), input=MAIL,
            stdout=ends[1], stderr=ends[1], timeout=15)
    finally:
        for fd in ends[kind == "closed":]:
            os.close(fd)
    assert done.returncode == status
    assert len(host.messages) == (status == 0)


def test_fault_p11_standard_output(outpost):
    for args in (["-bp"], ["--help"], ["-bV"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(outpost.command(args), stdout=full,
                                  stderr=subprocess.PIPE, timeout=15)
        assert done.returncode == 74 and done.stderr
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(outpost.command(args), stdout=writer,
                              stderr=subprocess.PIPE, timeout=15)
        os.close(writer)
        assert done.returncode == 74 and done.stderr


@pytest.mark.parametrize("command", [
    ["setpriv", "--no-new-privs"], ["unshare", "-U"],
    ["unshare", "-U", "--map-root-user"], ["env", "-u", "HOME"],
    ["env", "HOME=/proc/self"], ["env", "-i", "OUTPOST_CONFIG=%s"],
    ["unshare", "-p", "--fork"], ["setsid", "-w"], ["nice", "-n", "19"]],
    ids=" ".join)
def test_fault_p12_surroundings(outpost, smarthost, command):
    needs(command[0])
    host = smarthost()
    outpost.configure(host)
    command = [word.replace("%s", str(outpost.config_file))
               for word in command]
    tried = run(outpost, [*command, "true"])
    if tried.status != 0:
        pytest.skip(f"{command[0]} cannot be used here")
    done = run(outpost, [*command, *outpost.command([X])])
    if command == ["unshare", "-U"] and os.geteuid() == 0:
        # files of root are nobody's there, and not to be trusted
        assert done.status in (0, 78)
        return
    assert (done.status, done.err) == (0, "")
    assert len(host.messages) == 1


def test_fault_l3_many_at_once(outpost, host):
    """OUTPOST_MANY says how many."""
    def one(number):
        return run(outpost, outpost.command([f"u{number}@a.example"]))

    with ThreadPoolExecutor(32) as pool:
        done = list(pool.map(one, range(MANY)))
    assert all((one.status, one.err) == (0, "") for one in done)
    assert sorted(message.recipients[0] for message in host.messages) == \
        sorted(f"u{number}@a.example" for number in range(MANY))
    ids = {message.only("Message-ID") for message in host.messages}
    assert len(ids) == MANY


def test_fault_l5_message_of_any_size(outpost):
    """OUTPOST_MEGABYTES says how large."""
    megabytes = int(os.environ.get("OUTPOST_MEGABYTES", "128"))
    free = shutil.disk_usage("/tmp").free >> 20
    if free < megabytes + 100:
        pytest.skip("no room for it")
    sink = Sink()
    piece = LINE * 15_000

    def mail():
        yield b"Subject: s\n\n"
        for _ in range(megabytes):
            yield piece

    done, peak = measured(outpost, [X], mail(), host=sink, config=CLEAR)
    done.ok()
    assert sink.finished().octets > megabytes * len(piece)
    assert peak is None or peak < 16 * 1024
