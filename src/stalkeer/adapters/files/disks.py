"""Measure the disks of Stalkeer's folders."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from stalkeer.settings import Settings

DATA = "data"


@dataclass(frozen=True)
class Disk:
    """Hold a disk and its folders. `free` and `total` are bytes, or None where the disk cannot be measured."""

    folders: tuple[str, ...]
    path: Path
    free: int | None
    total: int | None

    @property
    def holds_downloads(self) -> bool:
        return bool(set(self.folders) - {DATA})


def disks_of(settings: Settings) -> list[Disk]:
    """Return each disk once, with all folders on it."""
    named = (
        ("incomplete", settings.directories.temp),
        ("movies", settings.directories.movies),
        ("episodes", settings.directories.tvshows),
        (DATA, settings.data_dir),
    )
    found: dict[int, tuple[Path, list[str]]] = {}
    for name, folder in named:
        place = nearest(folder)
        found.setdefault(place.stat().st_dev, (folder, []))[1].append(name)
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
