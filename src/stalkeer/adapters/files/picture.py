"""Read the picture size from the head of a file, which may be incomplete. Decodes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from stalkeer.adapters.files import avi, matroska, mp4, mpegts
from stalkeer.adapters.files.facts import Broken, Picture
from stalkeer.adapters.files.recognise import START

__all__ = ["Picture", "picture_in", "picture_of"]

FINDERS = (
    (matroska.is_matroska, matroska.find_picture),
    (mp4.is_mp4, mp4.find_picture),
    (avi.is_avi, avi.find_picture),
    (mpegts.is_mpegts, mpegts.find_picture),
)


def picture_of(path: Path) -> Picture | None:
    """Return the picture size of the file at `path`. Raises OSError when it cannot be read, not for bad contents."""
    size = path.stat().st_size
    with path.open("rb") as file:
        return picture_in(file, size)


def picture_in(file: BinaryIO, size: int) -> Picture | None:
    """Return the picture size, or None when the first `size` bytes do not contain it."""
    start = file.read(START)
    for recognises, find in FINDERS:
        if recognises(start):
            try:
                found = find(file, size)
            except Broken:  # a running download has only the beginning
                return None
            return found if found is not None and found.width and found.height else None
    return None
