"""Tell whether a file or folder exists, and why a folder cannot be created. Nothing is written."""

from __future__ import annotations

import os
from pathlib import Path


def is_folder(place: Path) -> bool:
    """Return whether the folder exists; False on a missing disk, and without permission to read."""
    try:
        return place.is_dir()
    except OSError:
        return False


def is_file(place: Path) -> bool:
    """Return whether the file exists; False on a missing disk, and without permission to read."""
    try:
        return place.is_file()
    except OSError:
        return False


def obstacle_of(folder: Path) -> Path | None:
    """Return the file or read-only folder that prevents the creation of `folder`.

    None where it exists or can be created.
    """
    if is_folder(folder):
        return None
    place = folder
    while not os.path.lexists(place):
        place = place.parent
    return None if is_folder(place) and os.access(place, os.W_OK | os.X_OK) else place
