"""Disks that are small, read-only or elsewhere. Mounting takes root; without it the test is skipped."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ELSEWHERE = Path("/dev/shm")


@contextlib.contextmanager
def mounted_disk(folder: Path, size: int) -> Iterator[Path]:
    """A file system of `size` bytes at `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.getuid() != 0 or _mount("-t", "tmpfs", "-o", f"size={size}", "stalkeer-test", str(folder)) != 0:
        pytest.skip("mounting a small disk takes root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)


def remount_read_only(folder: Path) -> None:
    assert _mount("-o", "remount,ro", str(folder)) == 0


def unmount(folder: Path) -> None:
    subprocess.run(["umount", str(folder)], check=True)


def _mount(*arguments: str) -> int:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode


def fill_up(folder: Path) -> None:
    """Leave not a byte free."""
    with (folder / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
