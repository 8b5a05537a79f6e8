"""Translate paths between our file system and the instance's. Makes no requests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath


@dataclass(frozen=True)
class PathPair:
    """A folder under our path and under the instance's path."""

    local: str
    remote: str


class PathMap:
    """The path mappings of an instance. The longest match counts; a path without a match is the same on both sides."""

    def __init__(self, pairs: Iterable[PathPair] = ()) -> None:
        self._pairs = sorted(pairs, key=lambda pair: len(pair.local), reverse=True)

    def to_remote(self, local: Path) -> str:
        for pair in self._pairs:
            if local.is_relative_to(pair.local):
                return _joined(pair.remote, local.relative_to(pair.local).parts)
        return str(local)

    def to_local(self, remote: str) -> Path:
        """Return our path for the instance's path `remote`; the same path without a mapping."""
        for pair in sorted(self._pairs, key=lambda pair: len(pair.remote), reverse=True):
            base, path = _pure(pair.remote), _pure(remote)
            if path.is_relative_to(base):
                return Path(pair.local, *path.relative_to(base).parts)
        return Path(remote)


def is_windows_path(path: str) -> bool:
    return "\\" in path or (len(path) > 1 and path[1] == ":" and path[0].isalpha())


def remote_parent(path: str) -> str:
    """Return the folder of a file in the instance's notation."""
    return str(_pure(path).parent)


def _pure(path: str) -> PureWindowsPath | PurePosixPath:
    return PureWindowsPath(path) if is_windows_path(path) else PurePosixPath(path)


def _joined(remote: str, parts: tuple[str, ...]) -> str:
    return str(_pure(remote).joinpath(*parts))
