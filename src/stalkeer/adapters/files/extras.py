"""Keep the extra files of a movie (subtitles and descriptions with its name), and move them with the movie."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

SUFFIXES = (".srt", ".ass", ".ssa", ".vtt", ".nfo")
_PAGE = re.compile(rb"\s*(?:<!doctype html|<html)", re.I)


def is_extra_text(text: bytes) -> bool:
    """Tell whether a body is an extra text, and not the page that a server sends for a missing file."""
    return bool(text.strip()) and b"\x00" not in text and _PAGE.match(text.removeprefix(b"\xef\xbb\xbf")) is None


def extra_part(part: Path, suffix: str) -> Path:
    """Return the path of a part file's extra file until the movie is placed."""
    return part.with_name(f"{part.name}.extra{suffix}")


def keep_extra(part: Path, suffix: str, text: bytes) -> bool:
    """Store the extra file of a part file.

    Return False where it is no extra text, or the disk refuses it: the movie is more important.
    """
    if not is_extra_text(text):
        return False
    try:
        extra_part(part, suffix).write_bytes(text)
    except OSError:
        return False
    return True


def place_extras(part: Path, target: Path, suffixes: Iterable[str]) -> None:
    """Move the extra files of a part file to the place of its movie.

    Files that cannot be moved are left behind. The folder of `target` must exist. An existing extra file is not
    replaced.
    """
    for suffix in suffixes:
        extra, place = extra_part(part, suffix), target.with_suffix(suffix)
        with contextlib.suppress(OSError):
            if extra.is_file() and not place.exists():
                shutil.move(extra, place)


def remove_extras(file: Path) -> None:
    """Delete the extra files beside a placed file that no instance imported."""
    for suffix in SUFFIXES:
        with contextlib.suppress(OSError):
            file.with_suffix(suffix).unlink(missing_ok=True)
