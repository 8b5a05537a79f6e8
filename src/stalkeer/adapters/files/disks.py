"""Find and measure the disks of folders."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Disk:
    """Hold a disk and its folders. `free` and `total` are bytes, or None where the disk cannot be measured."""

    folders: tuple[str, ...]
    path: Path
    free: int | None
    total: int | None


def disks_under(folders: Mapping[str, Path]) -> list[Disk]:
    """Return each disk once, with the names of all folders on it."""
    found: dict[int, tuple[Path, list[str]]] = {}
    for name, folder in folders.items():
        found.setdefault(nearest(folder).stat().st_dev, (folder, []))[1].append(name)
    return [measured(path, tuple(names)) for path, names in found.values()]


def nearest(folder: Path) -> Path:
    """Return the folder, or its closest existing parent."""
    return next((place for place in (folder, *folder.parents) if is_there(place)), Path("/"))


def is_there(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:  # no permission, or a name that the file system does not accept
        return False


def measured(path: Path, names: tuple[str, ...]) -> Disk:
    try:
        usage = shutil.disk_usage(nearest(path))
    except OSError:
        return Disk(names, path, None, None)
    return Disk(names, path, usage.free, usage.total)
