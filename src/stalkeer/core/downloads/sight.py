"""Compare the folders that the workers of several machines see under the same settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class SeenFolder:
    """Hold what a worker finds at a folder of the settings.

    `mark` is the content of Stalkeer's mark in it, the same on every machine that sees this folder; empty where the
    folder cannot be used. `problem` says why the worker cannot use it.
    """

    key: str
    path: str
    mark: str = ""
    problem: str = ""


@dataclass(frozen=True)
class WorkerSight:
    """Hold the folders that a worker sees."""

    host: str
    folders: tuple[SeenFolder, ...]

    @property
    def trouble(self) -> str:
        """Return why this worker takes no downloads; empty when it sees every folder."""
        return next((folder.problem for folder in self.folders if folder.problem), "")


def right_folders(workers: Iterable[WorkerSight]) -> dict[str, tuple[str, SeenFolder]]:
    """Return, for each setting, the host and the folder of the first worker that can use its folder.

    That one is right, because the files of the queue lie there.
    """
    right: dict[str, tuple[str, SeenFolder]] = {}
    for worker in workers:
        for folder in worker.folders:
            if folder.mark and not folder.problem:
                right.setdefault(folder.key, (worker.host, folder))
    return right


def compare(folder: SeenFolder, right: Mapping[str, tuple[str, SeenFolder]]) -> SeenFolder:
    """Return `folder`, with a problem where it is not the folder that another worker rightly sees."""
    if folder.key not in right or right[folder.key][1].mark == folder.mark:
        return folder
    host, other = right[folder.key]
    problem = (
        f"{folder.key}: {folder.path!r} is not the folder that {host} sees at {other.path!r}. Mount the same share at "
        "the same path on both machines"
    )
    return replace(folder, mark="", problem=problem)
