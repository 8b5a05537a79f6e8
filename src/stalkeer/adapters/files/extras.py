"""Texts that lie beside a movie under its name: subtitles and descriptions. They go the way of the movie."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

SUFFIXES = (".srt", ".ass", ".ssa", ".vtt", ".nfo")
_PAGE = re.compile(rb"\s*(?:<!doctype html|<html)", re.I)


def is_extra_text(text: bytes) -> bool:
    """Tell whether a body is a text of its own, and not the page that a server sends for a missing file."""
    return bool(text.strip()) and b"\x00" not in text and _PAGE.match(text.removeprefix(b"\xef\xbb\xbf")) is None


def extra_part(part: Path, suffix: str) -> Path:
    """Return where the extra of a part lies until the movie is placed."""
    return part.with_name(f"{part.name}.extra{suffix}")


def keep_extra(part: Path, suffix: str, text: bytes) -> bool:
    """Keep the extra of a part. False where it is none, or the disk does not take it: the movie counts more."""
    if not is_extra_text(text):
        return False
    try:
        extra_part(part, suffix).write_bytes(text)
    except OSError:
        return False
    return True


def place_extras(part: Path, target: Path, suffixes: Iterable[str]) -> None:
    """Move the extras of a part beside the place of its movie. What cannot be moved is left behind.

    `target`'s folder exists. An extra that lies there already is not replaced.
    """
    for suffix in suffixes:
        extra, place = extra_part(part, suffix), target.with_suffix(suffix)
        with contextlib.suppress(OSError):
            if extra.is_file() and not place.exists():
                shutil.move(extra, place)


def remove_extras(file: Path) -> None:
    """Delete the extras that were placed beside a file and that nobody took."""
    for suffix in SUFFIXES:
        with contextlib.suppress(OSError):
            file.with_suffix(suffix).unlink(missing_ok=True)
