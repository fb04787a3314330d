"""Fixtures: places where the program may crash."""

import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.dont_write_bytecode = True
TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "crash"), str(TESTS / "e2e"), str(TESTS)]

from place import Workshop  # noqa: E402


@pytest.fixture(scope="session")
def workshop():
    """Makes places (place.py) that other users can reach, too."""
    directory = Path(tempfile.mkdtemp(prefix="outpost-crash-"))
    directory.chmod(0o755)
    yield Workshop(directory)
    shutil.rmtree(directory)
