"""Killed at each system call: what arrives then (DESIGN section 5)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from calls import Call, has_effect, relevant
from ways import ADMIN, CHILDREN, RUNS, SUBMISSIONS

WORKERS = 4


def points(workshop, way, wanted):
    """The calls to be killed at, or to fail, of a run that goes well."""
    o, wrong = way.run(workshop)
    assert wrong == [], o
    return list(relevant(o.calls, o.place, wanted))


def every(workshop, way, cases):
    """Runs the way for each (call, what); asserts that nothing is wrong."""
    def one(case):
        call, what = case
        o, wrong = way.run(workshop, call, what)
        return [f"{what} at {call}: {text} (exit {o.status} {o.err!r})"
                for text in wrong]

    with ThreadPoolExecutor(WORKERS) as pool:
        wrong = [text for found in pool.map(one, cases) for text in found]
    assert not wrong, f"{len(wrong)} wrong:\n" + "\n".join(wrong)


def kill_everywhere(workshop, way):
    calls = points(workshop, way, has_effect)
    assert isinstance(calls[0], Call)
    every(workshop, way, [(call, "signal=SIGKILL") for call in calls])


@pytest.mark.parametrize("way", SUBMISSIONS, ids=lambda way: way.name)
def test_fault_s_03_submission(workshop, way):
    kill_everywhere(workshop, way)


@pytest.mark.parametrize("way", CHILDREN, ids=lambda way: way.name)
def test_fault_s_03_process_left_behind(workshop, way):
    kill_everywhere(workshop, way)


@pytest.mark.parametrize("way", RUNS, ids=lambda way: way.name)
def test_fault_s_03_run(workshop, way):
    kill_everywhere(workshop, way)
