"""Read the type of the file system of a folder from Linux's list of mounts, and tell a container from a machine."""

from __future__ import annotations

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
# unions of disks: they pass reads and writes on without changing them
HARMLESS_FUSE = frozenset({"fuse.shfs", "fuse.mergerfs"})
# files that Docker, Podman and CRI-O put into each container
CONTAINER_MARKS = (".dockerenv", "run/.containerenv")
_OCTAL = re.compile(r"\\([0-7]{3})")


def file_system_of(folder: Path, mounts: Path = MOUNTS) -> str | None:
    """Return the type, such as `ext4`, `nfs4` or `fuse.rclone`; None where the system does not say."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    place, best, found = folder.resolve(), -1, None
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) < 5 or not after:
            continue
        mounted = Path(_OCTAL.sub(lambda sign: chr(int(sign[1], 8)), fields[4]))
        depth = len(mounted.parts)
        if depth >= best and place.is_relative_to(mounted):  # a later mount covers an earlier one
            best, found = depth, after.split()[0]
    return found


def is_slow_fuse(file_system: str | None) -> bool:
    """Tell whether writes at any offset may be slow or go wrong: a cloud or network drive behind FUSE."""
    is_fuse = file_system is not None and (file_system == "fuse" or file_system.startswith("fuse."))
    return is_fuse and file_system not in HARMLESS_FUSE


def is_in_container(root: Path = Path("/")) -> bool:
    """Tell whether this program runs in a container of Docker, Podman or their relatives."""
    return any((root / mark).exists() for mark in CONTAINER_MARKS)
