"""Translate paths between our file system and the instance's, and compare them. Makes no requests.

The disks of a Mac, ZFS and some shares return decomposed letters (NFD) for names that were written in composed letters
(NFC). Both forms count as the same name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath


@dataclass(frozen=True)
class PathPair:
    """Hold a folder's path here and in the instance."""

    local: str
    remote: str


class PathMap:
    """Hold the path mappings of an instance.

    The longest match counts; a path without a match is the same on both sides.
    """

    def __init__(self, pairs: Iterable[PathPair] = ()) -> None:
        self._pairs = sorted(pairs, key=lambda pair: len(pair.local), reverse=True)

    def to_remote(self, local: Path) -> str:
        for pair in self._pairs:
            rest = _below(local, Path(pair.local))
            if rest is not None:
                return _joined(pair.remote, rest)
        return str(local)

    def to_local(self, remote: str) -> Path:
        """Return our path for the instance's path `remote`; the same path without a mapping."""
        for pair in sorted(self._pairs, key=lambda pair: len(pair.remote), reverse=True):
            rest = _below(_pure(remote), _pure(pair.remote))
            if rest is not None:
                return Path(pair.local, *rest)
        return Path(remote)


def is_same_path(path: str, other: str) -> bool:
    """Tell whether two paths of an instance are the same. The Unicode form of the letters does not matter."""
    return unicodedata.normalize("NFC", path) == unicodedata.normalize("NFC", other)


def is_below(path: str, folder: str) -> bool:
    """Tell whether a path is a folder or lies in it. Both are in the notation of the same program."""
    return _below(_pure(path), _pure(folder)) is not None


def _below(path: PurePath, base: PurePath) -> tuple[str, ...] | None:
    """Return the parts of `path` below `base`, unchanged; None when `path` is elsewhere."""
    if type(path) is not type(base) or not _composed(path).is_relative_to(_composed(base)):
        return None
    return path.parts[len(base.parts) :]


def _composed(path: PurePath) -> PurePath:
    return type(path)(unicodedata.normalize("NFC", str(path)))


def is_windows_path(path: str) -> bool:
    return "\\" in path or (len(path) > 1 and path[1] == ":" and path[0].isalpha())


def remote_parent(path: str) -> str:
    """Return the folder of a file in the instance's notation."""
    return str(_pure(path).parent)


def _pure(path: str) -> PureWindowsPath | PurePosixPath:
    return PureWindowsPath(path) if is_windows_path(path) else PurePosixPath(path)


def _joined(remote: str, parts: tuple[str, ...]) -> str:
    return str(_pure(remote).joinpath(*parts))
