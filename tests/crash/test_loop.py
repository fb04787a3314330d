"""Thousands of runs of the program killed at random moments.

OUTPOST_KILLS says how many, OUTPOST_SEED which moments."""

import collections
import os
import random
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from calls import KILLED
from place import mail

KILLS = int(os.environ.get("OUTPOST_KILLS", "2000"))
SEED = int(os.environ.get("OUTPOST_SEED", "1"))
WORKERS = 4
ROUND = 250  # runs, after which the ledger is compared
MORE = 1.6  # times what a run takes alone, until it is killed at the latest
TO = "r@d.example"
# (arguments, whether the smarthost is up): how often of 20
MODES = {(("-odq", TO), True): 6, ((TO,), True): 5, ((TO,), False): 4,
         (("-odb", TO), True): 3, (("-q",), True): 2}
CHANGES = {"smarthost": {"max_connections": "8"}}


class Killed:
    """One run, and how it ended."""

    def __init__(self, number, rnd):
        self.subject = f"kill-{number}"
        self.mode = rnd.choices(list(MODES), MODES.values())[0]
        self.moment = rnd.random() * MORE
        self.large = rnd.random() < 0.05
        self.status = None

    @property
    def submits(self):
        return self.mode[0] != ("-q",)

    def run(self, place, usual=None):
        """Kills it at its moment, in times of the usual length."""
        args, up = self.mode
        source = place.directory / self.subject
        source.write_bytes(mail(self.subject, 30000 if self.large else 3))
        env = place.outpost.environment(
            {} if up else {"OUTPOST_CONFIG": str(place.directory / "down")})
        with open(source, "rb") as stdin:
            process = subprocess.Popen(
                place.command(args), env=env, stdin=stdin,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if usual is not None:
            time.sleep(self.moment * usual[self.mode])
            process.kill()
        self.status = process.wait(60)
        source.unlink()


def prepare(place):
    """Two configurations: one for a smarthost that is down."""
    place.configure(CHANGES, down=True)
    shutil.copy(place.outpost.config_file, place.directory / "down")
    place.configure(CHANGES)


def measure(workshop):
    """How long a run of each mode takes: {mode: seconds}"""
    usual = {}
    for mode in MODES:
        took = []
        for i in range(5):
            with workshop.place() as place:
                prepare(place)
                run = Killed(i, random.Random(i))
                run.mode, run.large = mode, False
                begun = time.monotonic()
                run.run(place)
                took.append(time.monotonic() - begun)
                assert run.status == 0
        usual[mode] = sorted(took)[len(took) // 2]
    return usual


def judge(place, runs):
    """What is wrong with the ledger."""
    copies = collections.Counter()
    for (subject, _), n in place.copies().items():
        copies[subject] += n
    twice = 0
    for run in runs:
        n = copies.pop(run.subject, 0)
        twice += max(0, n - 1)
        if run.status not in (0, KILLED):
            yield f"{run.mode}: exit status {run.status}"
        if run.status == 0 and run.submits and n == 0:
            yield f"{run.subject} {run.mode}: exit 0, but it is lost"
    # who dies between the final dot and the state leaves one such mail
    runners = sum(not run.submits and run.status == KILLED for run in runs)
    if twice > runners:
        yield f"{twice} came twice, but only {runners} runs were killed"
    if copies:
        yield f"and {dict(copies)}"
    for folder in ("queue", "failed", "corrupt"):
        if place.files(folder):
            yield f"{folder}/ has {place.files(folder)}"
    if len(place.litter) > len(runs):
        yield f"litter: {place.litter}"
    yield from place.not_whole()


def one_round(workshop, runs, usual):
    with workshop.place() as place:
        prepare(place)
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda run: run.run(place, usual), runs))
        place.end()
        place.recover()
        return list(judge(place, runs))


def test_fault_s_03_kill_loop(workshop):
    rnd = random.Random(SEED)
    usual = measure(workshop)
    ends, wrong = collections.Counter(), []
    for first in range(0, KILLS, ROUND):
        runs = [Killed(first + i, rnd)
                for i in range(min(ROUND, KILLS - first))]
        wrong += one_round(workshop, runs, usual)
        ends.update(run.status for run in runs)
    print(f"seed {SEED}: {ends[KILLED]} killed, {ends[0]} came to their end")
    assert not wrong, "\n".join(wrong)
    # or the moments were chosen badly
    assert min(ends[KILLED], ends[0]) >= KILLS // 10
