"""Killed at each system call: what arrives then (DESIGN section 5)."""

import pytest

from calls import has_effect
from matrix import every, points
from ways import ADMIN, CHILDREN, RUNS, SUBMISSIONS


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
