"""A disk whose power can be cut: ext4 in a file, and a loop device.

What the file holds is what the file system has given to the disk: data that
nobody made durable is still in memory, and so is the journal (commit=300), so
a copy of the file is the disk as it is when power fails at that moment.
Nothing may write meanwhile.  Mounting the copy replays the journal.  (That
the disk itself obeys when it is told to flush is taken for granted.)"""

import contextlib
import os
import shutil
import subprocess

import pytest

SIZE = 24 << 20
OPTIONS = "loop,commit=300,noauto_da_alloc"


def run(*command):
    return subprocess.run([str(word) for word in command],
                          capture_output=True, check=False)


def needs_disks(directory):
    """Skips where no file system can be made and mounted."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount file systems")
    for tool in ("mkfs.ext4", "mount", "losetup"):
        if not shutil.which(tool):
            pytest.skip(f"there is no {tool}")
    point = directory / "try"
    point.mkdir()
    image = make_image(directory / "try.image")
    done = run("mount", "-o", OPTIONS, image, point)
    if done.returncode != 0:
        pytest.skip(f"loop devices cannot be mounted: {done.stderr.decode()}")
    run("umount", point)
    image.unlink()
    point.rmdir()


def make_image(path):
    with open(path, "wb") as file:
        file.truncate(SIZE)
    done = run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0", path)
    assert done.returncode == 0, done.stderr
    return path


def copy(image, target):
    """The image as it is now."""
    done = run("cp", "--reflink=never", "--sparse=always", image, target)
    assert done.returncode == 0, done.stderr
    return target


def sync(point):
    assert run("sync", "-f", point).returncode == 0


@contextlib.contextmanager
def mounted(image, point):
    """Mounts an image, replaying its journal."""
    point.mkdir(exist_ok=True)
    done = run("mount", "-o", OPTIONS, image, point)
    assert done.returncode == 0, done.stderr
    point.chmod(0o711)
    try:
        yield point
    finally:
        done = run("umount", point)
        assert done.returncode == 0, done.stderr
