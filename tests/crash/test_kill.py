"""Killed at each system call: what arrives then (doc/SPOOL.md)."""

import pytest

from calls import has_effect
from matrix import every, points
from ways import ADMIN, CHILDREN, RUNS, SUBMISSIONS, Commit


def kill_everywhere(workshop, way):
    calls = points(workshop, way, has_effect)
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


@pytest.mark.parametrize("way", ADMIN, ids=lambda way: way.name)
def test_fault_s_03_administrator(workshop, way):
    kill_everywhere(workshop, way)


def test_fault_s_03_without_nameless_files(workshop):
    """Where the file system has no O_TMPFILE: under a name with a dot."""
    first = points(workshop, Commit(), lambda call: "O_TMPFILE" in call.text)
    way = Commit()
    way.also = [f"openat:error=EOPNOTSUPP:when={first[0].nth}"]
    calls = [call for call in points(workshop, way, has_effect)
             if call.name != "openat"]
    assert any('".tmp.' in call.text for call in calls)
    every(workshop, way, [(call, "signal=SIGKILL") for call in calls])
