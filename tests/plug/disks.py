"""Small and write-protected disks: real ones where root may mount them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MEGABYTE = 1 << 20


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A disk of its own for as long as the block runs.

    Skips where this user may mount nothing: root in most containers may not either.
    """
    if os.geteuid() != 0:
        pytest.skip("only root mounts a disk")
    place.mkdir(parents=True)
    done = _mount("-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(place))
    if done.returncode != 0:
        pytest.skip(f"may not mount a disk here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        # Lazily: a process that is about to end may still hold a file.
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def write_protected(disk: Path) -> Iterator[None]:
    """The disk of `small_disk`, for reading only."""
    done = _mount("-o", "remount,ro", str(disk))
    assert done.returncode == 0, done.stderr
    try:
        yield
    finally:
        _mount("-o", "remount,rw", str(disk))


def _mount(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["mount", *words], capture_output=True, text=True, check=False)


@contextmanager
def filled_up(disk: Path, but_bytes: int = 0) -> Iterator[None]:
    """All room of the disk is taken, but for so many bytes; given back at the end."""
    balloon = disk / "balloon"
    try:
        with balloon.open("wb", buffering=0) as out:
            free = os.statvfs(disk)
            left = free.f_bavail * free.f_frsize - but_bytes
            while left > 0:
                try:
                    left -= out.write(bytes(min(left, MEGABYTE)))
                except OSError:
                    break
        yield
    finally:
        balloon.unlink()
