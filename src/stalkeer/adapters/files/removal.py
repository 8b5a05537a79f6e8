"""Remove the files of a download."""

from __future__ import annotations

import contextlib
from pathlib import Path

from stalkeer.adapters.files.extras import SUFFIXES, extra_part, remove_extras


def remove_part(part: Path) -> None:
    """Delete a part file and the files that a transfer keeps beside it."""
    part.unlink(missing_ok=True)
    for suffix in (".other", ".hls", ".hls.new", ".joined", ".state"):
        part.with_name(part.name + suffix).unlink(missing_ok=True)
    for suffix in SUFFIXES:
        extra_part(part, suffix).unlink(missing_ok=True)


def remove_staged(file: Path) -> None:
    """Delete the file and its extras, and its own folder where nothing else is in it."""
    file.unlink(missing_ok=True)
    remove_extras(file)
    remove_if_empty(file.parent)


def remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
