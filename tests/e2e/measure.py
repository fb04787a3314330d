"""Memory and system calls of a run."""

import os
import re
import shutil
import subprocess

from runner import Run

TIME = "/usr/bin/time"


def measured(outpost, args, stdin, host=None, config=None, env=None):
    """Runs the program; returns (run, its peak in KiB), the latter None
    where it cannot be told.

    A child begins with the size its parent has, and python is larger than
    what is measured here: time(1) stands in between."""
    if host is not None or config is not None:
        outpost.configure(host, config)
    command = outpost.command(args)
    report = outpost.directory / "peak"
    by_time = os.access(TIME, os.X_OK)
    if by_time:
        command = [TIME, "-q", "-f", "%M", "-o", str(report)] + command
    out, err, status = _feed(command, outpost.environment(env), stdin)
    run = Run(status, out, err.decode("utf-8", "replace"), outpost.log())
    if not by_time or os.environ.get("OUTPOST_SANITIZED") == "1":
        return run, None
    return run, int(report.read_text().split()[-1])


def _feed(command, env, stdin):
    """Runs a command; stdin is bytes or an iterable of bytes."""
    if isinstance(stdin, str):
        stdin = stdin.encode()
    chunks = [stdin] if isinstance(stdin, bytes) else stdin
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        try:
            for chunk in chunks:
                process.stdin.write(chunk)
        except BrokenPipeError:
            pass
        out, err = process.communicate(timeout=120)
    return out, err, process.returncode


def count_writes(outpost, args, stdin_file, env=None):
    """Runs the program under strace; returns its calls that write, or None
    where strace cannot be used."""
    if not shutil.which("strace") \
            or os.environ.get("OUTPOST_SANITIZED") == "1":
        return None
    trace = outpost.directory / "trace"
    with open(stdin_file, "rb") as stdin:
        done = subprocess.run(
            ["strace", "-f", "-c", "-o", trace,
             "-e", "trace=write,writev,pwrite64,sendto,sendmsg",
             *outpost.command(args)],
            env=outpost.environment(env), stdin=stdin, capture_output=True,
            timeout=120)
    text = trace.read_text() if trace.exists() else ""
    total = re.search(r"(?m)^\s*\S+\s+\S+\s+\S+\s+(\d+)\s.*total$", text)
    if done.returncode != 0 or total is None:
        return None
    return int(total.group(1))
