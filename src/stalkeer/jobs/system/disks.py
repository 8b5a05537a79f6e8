"""Measure the disks that hold Stalkeer's folders."""

from __future__ import annotations

from stalkeer.adapters.files.disks import Disk, disks_under
from stalkeer.settings import Settings

DATA = "data"


def disks_of(settings: Settings) -> list[Disk]:
    """Return the disks of all folders for downloads and of the data folder."""
    directories = settings.directories
    return disks_under(
        {
            "incomplete": directories.temp,
            "movies": directories.movies,
            "episodes": directories.tvshows,
            DATA: settings.data_dir,
        }
    )


def holds_downloads(disk: Disk) -> bool:
    """Return whether downloads are written to this disk, not only Stalkeer's own data."""
    return bool(set(disk.folders) - {DATA})
