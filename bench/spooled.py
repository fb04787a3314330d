"""What bench/run measures of mails that wait: how long keeping one takes, how
fast many are sent, and what many cost that are not due.

A command runs under `measure`, which says how long it took and what it used;
that a mail has arrived is what the smarthost says.
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import time

DIGITS = "0123456789abcdefghijklmnopqrstuv"     # of an entry's name
RARELY = "1h"       # until a mail that could not be sent is tried again
FILLERS = 4         # processes that keep mail at once
PATIENCE = 100      # seconds for a drain

KEEPING = ("keeping a mail", "small: ms", "p95 ms", "to floor", "fsyncs",
           "25 MB: ms", "to floor")
DRAINING = ("sending what was kept", "mails", "connections", "mails/s",
            "to floor")
LISTING = ("with {} mails waiting, none due", "s", "peak MB")


def measure(m, count, mail, command, env=None):
    """Rows of exit status, wall ms, CPU ms and peak KiB."""
    out = subprocess.run(
        [f"{m.ctx.work}/measure", str(count), f"{m.ctx.work}/{mail}",
         *command], env=env or m.env, timeout=300, capture_output=True,
        text=True, check=True).stdout
    rows = [[float(x) for x in line.split()] for line in out.splitlines()]
    if any(row[0] != 0 for row in rows):
        raise RuntimeError(f"{command[0]} failed")
    return rows


def traced(m, command, mail):
    """The names of the system calls of one run, all processes."""
    trace = m.ctx.dir / "trace"
    with open(f"{m.ctx.work}/{mail}", "rb") as f:
        subprocess.run(["strace", "-f", "-qq", "-o", str(trace), *command],
                       env=m.env, stdin=f, timeout=120, check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(trace, encoding="utf-8", errors="replace") as lines:
        calls = [line.split(None, 1)[1] for line in lines]
    return [c[:c.index("(")] for c in calls if "(" in c and c[0].isalpha()]


def syncs(calls):
    return sum(c in ("fsync", "fdatasync", "sync", "syncfs") for c in calls)


def calls_once(m):
    """System calls and fsyncs of a mail that is sent at once."""
    if not shutil.which("strace"):
        return "no strace", "no strace"
    calls = traced(m, m.argv(), "small")
    return str(len(calls)), str(syncs(calls))


def keep(m, results):
    """Keeps small mails, and one of 25 MB: (median, p95, fsyncs, big)."""
    m.peer.hold(m.ctx)
    count = 20 if m.ctx.quick else 100
    command = m.peer.keep(m.ctx) + ["r1@example.com"]
    walls = sorted(r[1] for r in measure(m, count, "small", command))
    big = min(r[1] for r in measure(m, 3, "medium", command))
    fsyncs = "no strace"
    if shutil.which("strace"):
        fsyncs = str(syncs(traced(m, command, "small")))
    results.keeping[m.peer.name] = (
        statistics.median(walls), walls[int(0.95 * (len(walls) - 1))],
        fsyncs, big)


def keep_many(m, count):
    """Keeps mails, a few at a time, in which the order of none matters."""
    command = [f"{m.ctx.work}/measure", str(count // FILLERS),
               f"{m.ctx.work}/small", *m.peer.keep(m.ctx), "r1@example.com"]
    fillers = [subprocess.Popen(command, env=m.env, stdout=subprocess.DEVNULL)
               for _ in range(FILLERS)]
    if any([f.wait(300) for f in fillers]):
        raise RuntimeError(f"{command[3]} failed")


def send_kept(m, way):
    """Sends all that is kept: (mails, connections, mails a second).  From the
    command's start until it is over and the smarthost has the last mail."""
    count = m.peer.most(m.ctx)
    m.peer.hold(m.ctx)
    keep_many(m, count)
    m.peer.release(m.ctx)
    since, before = len(m.sink.mails), m.sink.connections
    start = time.monotonic()
    command, more = m.peer.drain(m.ctx, way)
    returned = measure(m, 1, "small", command, {**m.env, **more})[0][1] / 1e3
    arrived = m.sink.wait_for(count, since, PATIENCE)
    if arrived is None:
        raise RuntimeError(f"{len(m.sink.mails) - since} of {count} arrived")
    return (count, m.sink.connections - before,
            count / max(arrived - start, returned))


def drain(m, results):
    """Keeps and sends many mails, in each way that the peer has."""
    m.peer.hold(m.ctx)
    m.peer.empty(m.ctx)
    for way in m.peer.ways:
        got = [send_kept(m, way) for _ in range(1 if m.ctx.quick else 3)]
        results.draining[m.peer.name, way] = max(got, key=lambda g: g[2])


def fill(m, queue, count):
    """One mail that could not be sent, so that it is not due, and copies."""
    nowhere = m.peer.configure(m.ctx, "nowhere", port=1, retry=RARELY)
    env = {**m.env, **nowhere}
    measure(m, 1, "small", m.peer.keep(m.ctx) + ["r1@example.com"], env)
    subprocess.run([m.ctx.outpost, "-q"], env=env, check=False,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    first = next(queue.iterdir())
    owner = first.stat()
    data, start = first.read_bytes(), first.name[:8]
    for i in range(1, count):
        name = "".join(DIGITS[i >> 5 * k & 31] for k in reversed(range(13)))
        with open(queue / (start + name), "xb",
                  opener=lambda p, f: os.open(p, f, 0o600)) as out:
            out.write(data)
            os.fchown(out.fileno(), owner.st_uid, owner.st_gid)


def list_many(m, results):
    """Rows of what outpost needs for many mails that are not due."""
    m.peer.empty(m.ctx)
    fill(m, pathlib.Path(m.peer.spool, "queue"), results.waiting)
    env = {**m.env, **m.peer.configure(m.ctx, "rarely", retry=RARELY)}
    for name in ("mailq", "outpost"):
        (m.ctx.dir / name).symlink_to(m.ctx.outpost)
    for command in (["mailq"], ["outpost", "queue", "run"]):
        title, since = " ".join(command), len(m.sink.mails)
        command[0] = str(m.ctx.dir / command[0])
        got = measure(m, 2, "small", command, env)[1]
        if len(m.sink.mails) != since:
            raise RuntimeError("a mail was due")
        results.listing.append(
            (title, f"{got[1] / 1e3:.2f}", f"{got[3] / 1024:.1f}"))


def ratio(a, b):
    return f"{a / b:.1f}" if a and b else "-"


def keeping_rows(keeping):
    floor = keeping.get("floor", (None, None, None, None))
    return [(name, f"{k[0]:.1f}", f"{k[1]:.1f}", ratio(k[0], floor[0]), k[2],
             f"{k[3]:.0f}", ratio(k[3], floor[3]))
            for name, k in keeping.items()]


def draining_rows(draining):
    rows = []
    for (name, way), (mails, connections, rate) in draining.items():
        floor = draining.get(("floor", way)) or \
            draining.get(("floor", "without a limit"))
        rows.append((f"{name}, {way}", str(mails), str(connections),
                     f"{rate:.0f}", f"{rate / floor[2]:.2f}" if floor else "-"))
    return rows


def verdict(what, got, want, is_met):
    return f"{what}: {got:.1f}, wanted {want:.1f}: " + \
        ("met" if is_met else "missed")


def targets(keeping, draining):
    """What outpost is to reach, and whether it did."""
    lines = []
    if "outpost" in keeping and "dma" in keeping:
        ours, dma = keeping["outpost"][0], keeping["dma"][0]
        lines.append(verdict("keeping a small mail, ms, no later than dma",
                             ours, dma, ours <= dma))
    free = draining.get(("outpost", "without a limit"))
    if free:
        lines.append(verdict("mails/s without a limit", free[2], 3000,
                             free[2] >= 3000))
    ten = draining.get(("outpost", "ten a connection"))
    postfix = draining.get(("postfix", "as installed"))
    if ten and postfix:
        lines.append(verdict("mails/s with ten a connection, three times "
                             "Postfix", ten[2], 3 * postfix[2],
                             ten[2] >= 3 * postfix[2]))
    return lines
