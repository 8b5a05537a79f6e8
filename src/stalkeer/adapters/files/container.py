"""Check whether a media file is whole, and read its playing time and languages. Decodes nothing.

Reads a few pages of a file of any size: headers, indexes, and whether all that they refer to lies within the file.
A hole of zeros in the middle is not detected.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from stalkeer.adapters.files import avi, matroska, mp4, mpegts
from stalkeer.adapters.files.facts import Broken, ContainerFacts
from stalkeer.adapters.files.recognise import START, container_by_signature, describe, is_text

__all__ = ["Broken", "ContainerFacts", "inspect"]

WALKS = (
    ("matroska", matroska.is_matroska, matroska.walk),
    ("mp4", mp4.is_mp4, mp4.walk),
    ("avi", avi.is_avi, avi.walk),
    ("mpegts", mpegts.is_mpegts, mpegts.walk),
)


def inspect(path: Path) -> ContainerFacts:
    """Return the facts of the file at `path`. Raises OSError when it cannot be read, and nothing for bad contents."""
    size = path.stat().st_size
    with path.open("rb") as file:
        return inspect_file(file, size)


def inspect_file(file: BinaryIO, size: int) -> ContainerFacts:
    """Return the facts of an open file. A `kind` of None means no video container; `reason` then says what it is."""
    if size == 0:
        return ContainerFacts(None, is_whole=False, reason="an empty file")
    start = file.read(START)
    if is_text(start):  # the letters of a text could pass for the name of an MP4 box
        return ContainerFacts(None, is_whole=None, reason=describe(start))
    for kind, recognises, walk in WALKS:
        if recognises(start):
            try:
                return walk(file, size)
            except Broken as broken:
                return ContainerFacts(kind, is_whole=False, reason=str(broken))
    if not start.strip(b"\0"):
        return ContainerFacts(None, is_whole=False, reason="a file that begins with zeros only")
    kind_alone = container_by_signature(start)
    reason = "its end is not checked in this format" if kind_alone else describe(start)
    return ContainerFacts(kind_alone, is_whole=None, reason=reason)
