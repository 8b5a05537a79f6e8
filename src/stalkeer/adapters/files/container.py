"""Check whether a media file is complete, and read its playing time and languages.

Decodes nothing. Reads only a few pages of a file of any size: headers and indexes, and whether everything that they
refer to is within the file. A hole of zeros in the middle is not detected.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from stalkeer.adapters.files import asf, avi, flv, matroska, mp4, mpegps, mpegts, ogg, realmedia
from stalkeer.adapters.files.facts import Broken, ContainerFacts
from stalkeer.adapters.files.recognise import START, describe, kind_of

__all__ = ["Broken", "ContainerFacts", "inspect", "recognise"]

WALKS = {
    "matroska": matroska.walk,
    "mp4": mp4.walk,
    "avi": avi.walk,
    "mpegts": mpegts.walk,
    "mpegps": mpegps.walk,
    "flv": flv.walk,
    "asf": asf.walk,
    "ogg": ogg.walk,
    "realmedia": realmedia.walk,
}


def recognise(path: Path) -> ContainerFacts:
    """Return the facts from the first bytes, without a check whether the file is complete."""
    with path.open("rb") as file:
        start = file.read(START)
    kind = kind_of(start)
    return ContainerFacts(kind, is_whole=None, reason="" if kind else _refusal(start))


def inspect(path: Path) -> ContainerFacts:
    """Return the facts of the file at `path`. Raises OSError when it cannot be read, and no error for bad contents."""
    size = path.stat().st_size
    with path.open("rb") as file:
        return inspect_file(file, size)


def inspect_file(file: BinaryIO, size: int) -> ContainerFacts:
    """Return the facts of an open file. A `kind` of None means no video container; `reason` then says what it is."""
    start = file.read(START)
    kind = kind_of(start)
    if kind is None:
        return ContainerFacts(None, is_whole=None if start.strip(b"\0") else False, reason=_refusal(start))
    try:
        return WALKS[kind](file, size)
    except Broken as broken:
        return ContainerFacts(kind, is_whole=False, reason=str(broken))


def _refusal(start: bytes) -> str:
    return describe(start) if start else "an empty file"
