"""The disks behind Stalkeer's folders, as the pages show them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from stalkeer.settings import Settings


@dataclass(frozen=True)
class Volume:
    """One disk and what we keep on it; bytes. `total` is None where the disk cannot be asked."""

    folders: tuple[str, ...]
    path: Path
    free: int | None
    total: int | None


def volumes_of(settings: Settings) -> list[Volume]:
    """Each disk once, however many of our folders lie on it."""
    named = (
        ("incomplete", settings.directories.temp),
        ("films", settings.directories.movies),
        ("episodes", settings.directories.tvshows),
        ("data", settings.data_dir),
    )
    found: dict[int, tuple[Path, list[str]]] = {}
    for name, folder in named:
        place = nearest(folder)
        found.setdefault(place.stat().st_dev, (folder, []))[1].append(name)
    return [measured(path, tuple(names)) for path, names in found.values()]


def nearest(folder: Path) -> Path:
    """The folder, or the closest one above it that exists."""
    return next((place for place in (folder, *folder.parents) if is_there(place)), Path("/"))


def is_there(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:  # it may not be looked at, or has a name that the file system does not take
        return False


def measured(path: Path, names: tuple[str, ...]) -> Volume:
    try:
        usage = shutil.disk_usage(nearest(path))
    except OSError:
        return Volume(names, path, None, None)
    return Volume(names, path, usage.free, usage.total)
