"""The same folder has one name here and another in the instance's container. Translates; asks nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath


@dataclass(frozen=True)
class PathPair:
    """A folder as we see it and as the instance does."""

    local: str
    remote: str


class PathMap:
    """The pairs of one instance; the longest that fits counts. Without a fitting one both see the same path."""

    def __init__(self, pairs: Iterable[PathPair] = ()) -> None:
        self._pairs = sorted(pairs, key=lambda pair: len(pair.local), reverse=True)

    def to_remote(self, local: Path) -> str:
        for pair in self._pairs:
            if local.is_relative_to(pair.local):
                return _joined(pair.remote, local.relative_to(pair.local).parts)
        return str(local)

    def to_local(self, remote: str) -> Path:
        """Where we see what the instance calls `remote`; the same path where no pair fits."""
        for pair in sorted(self._pairs, key=lambda pair: len(pair.remote), reverse=True):
            base, path = _pure(pair.remote), _pure(remote)
            if path.is_relative_to(base):
                return Path(pair.local, *path.relative_to(base).parts)
        return Path(remote)


def is_windows_path(path: str) -> bool:
    return "\\" in path or (len(path) > 1 and path[1] == ":" and path[0].isalpha())


def remote_parent(path: str) -> str:
    """The folder of a file, both as the instance writes them."""
    return str(_pure(path).parent)


def _pure(path: str) -> PureWindowsPath | PurePosixPath:
    return PureWindowsPath(path) if is_windows_path(path) else PurePosixPath(path)


def _joined(remote: str, parts: tuple[str, ...]) -> str:
    return str(_pure(remote).joinpath(*parts))
