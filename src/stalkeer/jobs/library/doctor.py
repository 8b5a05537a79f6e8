"""Check the paths: whether every instance sees our download folders, may move files out, and how fast.

It tests with a probe file instead of guessing. It names the fix: a path mapping, or a line of the compose file.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path, PurePosixPath

from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.folders import find_folder, shortest_pair
from stalkeer.adapters.arr.manual_import import sees_file
from stalkeer.adapters.arr.paths import PathMap, PathPair
from stalkeer.adapters.arr.reading import read_folder_troubles, read_media_management, read_root_folders
from stalkeer.adapters.arr.values import MediaManagement, RootFolder
from stalkeer.errors import ArrError
from stalkeer.jobs.journal.reporting import Run
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.library.folders import FolderFacts, look_at_folder
from stalkeer.jobs.library.path_map import path_map
from stalkeer.model import InstanceKind
from stalkeer.settings.sections.transfers import DirectorySettings
from stalkeer.store.library.instances import InstanceRow, get_instance, list_instances

MB = 1024 * 1024


class Move(StrEnum):
    """Define the cost of an import: an instant move, or a copy."""

    INSTANT = "instant"
    COPY = "copy"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class RootCheck:
    """Describe a root folder of an instance, and the cost of a move from our folder into it."""

    path: str
    move: Move
    free_bytes: int | None
    minimum_free_bytes: int
    problems: tuple[str, ...]


@dataclass(frozen=True)
class FolderCheck:
    """Describe a folder of Stalkeer as an instance sees it.

    `mapping` is proposed when the instance has another path for it.
    """

    instance: str
    folder: str
    remote: str | None
    mapping: PathPair | None
    roots: tuple[RootCheck, ...]
    problems: tuple[str, ...]
    advice: tuple[str, ...]
    is_known: bool = True  # False: the instance did not answer, or there was no probe file
    clock_ahead: timedelta | None = None  # how far the instance's clock is ahead of ours

    @property
    def is_good(self) -> bool:
        return not self.problems and not any(root.problems for root in self.roots)

    def to_document(self) -> dict[str, object]:
        mapping = {"local": self.mapping.local, "remote": self.mapping.remote} if self.mapping else None
        return {
            "instance": self.instance,
            "folder": self.folder,
            "ok": self.is_good,
            "remote": self.remote,
            "proposedMapping": mapping,
            "roots": [
                {
                    "path": root.path,
                    "move": root.move.value,
                    "freeBytes": root.free_bytes,
                    "minimumFreeBytes": root.minimum_free_bytes,
                    "problems": list(root.problems),
                }
                for root in self.roots
            ],
            "problems": list(self.problems),
            "advice": list(self.advice),
        }


@dataclass(frozen=True)
class DoctorReport:
    checks: tuple[FolderCheck, ...]

    @property
    def is_good(self) -> bool:
        return all(check.is_good for check in self.checks)

    def to_document(self) -> dict[str, object]:
        return {"ok": self.is_good, "checks": [check.to_document() for check in self.checks]}


@dataclass(frozen=True)
class _View:
    """Hold an instance with its own root folders and settings."""

    row: InstanceRow
    client: ArrClient
    roots: tuple[RootFolder, ...]
    media: MediaManagement


def examine_paths(arrs: Arrs, directories: DirectorySettings, run: Run, only: str | None = None) -> DoctorReport:
    """Check the hand-over folder of every enabled instance, or only of `only`. Probe files are removed."""
    with arrs.database.connect() as connection:
        rows = [get_instance(connection, only)] if only else [r for r in list_instances(connection) if r.enabled]
    checks: list[FolderCheck] = []
    for number, row in enumerate(rows):
        run.progress(number, len(rows), f"checking {row.label}")
        if run.is_cancelled():
            break
        folder = directories.movies if row.kind is InstanceKind.RADARR else directories.tvshows
        checks.append(_check(arrs, row, folder))
    return DoctorReport(tuple(checks))


def _check(arrs: Arrs, row: InstanceRow, folder: Path) -> FolderCheck:
    empty = FolderCheck(row.slug, str(folder), None, None, (), (), ())
    if not folder.is_absolute():
        words = f"{folder} is a relative path: each program would read it as another folder."
        return replace(empty, problems=(words,), advice=("Set the absolute path in `directories`.",), is_known=False)
    try:
        with _probe(folder) as probe, arrs.client(row) as client:
            view = _View(row, client, read_root_folders(client), read_media_management(client))
            own = tuple(f"{row.label} reports: {trouble}" for trouble in read_folder_troubles(client))
            ahead = client.answered_at - arrs.clock() if client.answered_at else None
            return _look(view, replace(empty, problems=own, clock_ahead=ahead), folder, probe)
    except ArrError as error:
        return replace(empty, problems=(str(error),), is_known=False)
    except OSError as error:
        words = f"Stalkeer cannot write to {folder}: {error.strerror}."
        fix = f"Mount it, and give user id {os.getuid()} write permission there (PUID, PGID, UMASK)."
        return replace(empty, problems=(words,), advice=(fix,), is_known=False)


@contextmanager
def _probe(folder: Path) -> Iterator[str]:
    """Create a small file for the block. Yield its unique name."""
    probe = folder / f"stalkeer-probe-{uuid.uuid4().hex[:12]}.txt"
    probe.write_text("Stalkeer asks whether this file is seen; it may be deleted.\n")
    try:
        yield probe.name
    finally:
        probe.unlink(missing_ok=True)


def _look(view: _View, empty: FolderCheck, folder: Path, probe: str) -> FolderCheck:
    paths = path_map(view.row)
    expected = paths.to_remote(folder)
    if sees_file(view.client, paths.to_remote(folder / probe)):
        return _with_roots(view, replace(empty, remote=expected), folder, paths)
    found = find_folder(view.client, folder, probe)
    if found is None:
        words = f"{view.row.label} does not see {folder}, neither as {expected} nor under another path that was tried."
        return replace(empty, problems=(words, *empty.problems), advice=_mount_advice(view, folder))
    pair = shortest_pair(folder, found.path)
    words = f"{view.row.label} sees {folder} as {found.path}, not as {expected}."
    fix = f"Add to its path_mappings: local: {pair.local}, remote: {pair.remote}"
    seen = replace(empty, remote=found.path, mapping=pair, problems=(words, *empty.problems), advice=(fix,))
    return _with_roots(view, seen, folder, PathMap([pair]))


def _mount_advice(view: _View, folder: Path) -> tuple[str, ...]:
    """Return the line that the instance's compose file lacks, as far as it can be known here."""
    root = _top(folder)
    program = view.row.kind.value
    return (
        f"Give {program} the same mount as Stalkeer. In its compose file, under volumes: "
        f'"- <the host folder that Stalkeer mounts at {root}>:{root}"',
        f"A common folder for library and downloads is best: the import is then instant. "
        f"{view.row.label} has its library in {', '.join(r.path for r in view.roots) or 'no root folder yet'}.",
    )


def _with_roots(view: _View, check: FolderCheck, folder: Path, paths: PathMap) -> FolderCheck:
    ours = look_at_folder(folder)
    roots = tuple(_check_root(view, root, check, ours, paths) for root in view.roots)
    problems = list(check.problems)
    advice = list(check.advice)
    if not view.roots:
        problems.append(f"{view.row.label} has no root folder: it cannot import anything.")
    inside = [root.path for root in view.roots if _is_inside(check.remote or "", root.path)]
    if inside:
        problems.append(f"{folder} lies inside {inside[0]}, a root folder: it would import incomplete files.")
        advice.append("Choose folders beside the root folders in `directories`.")
    if ours is not None and view.roots and not any(look_at_folder(paths.to_local(root.path)) for root in view.roots):
        advice.append(
            f"Let {view.row.label} run as user {ours.owner.uid}, or in group {ours.owner.gid} with UMASK 002. Its user "
            f"is not visible from here, and it needs permission to move files out of {folder}."
        )
    if any(root.move is Move.COPY for root in roots):
        advice.append(
            "Imports will copy files, which is slow and needs twice the space. A common mount makes them instant."
        )
    return replace(check, roots=roots, problems=tuple(problems), advice=tuple(advice))


def _check_root(
    view: _View, root: RootFolder, check: FolderCheck, ours: FolderFacts | None, paths: PathMap
) -> RootCheck:
    theirs = look_at_folder(paths.to_local(root.path))
    minimum = 0 if view.media.skips_free_space_check else view.media.minimum_free_mb * MB
    problems: list[str] = []
    if not root.accessible:
        problems.append(f"{view.row.label} cannot reach its root folder {root.path}.")
    if root.free_bytes is not None and root.free_bytes <= minimum:
        problems.append(f"{root.path} has {root.free_bytes // MB} MB free; {view.row.label} keeps {minimum // MB} MB.")
    if ours and theirs and not ours.may_be_changed_by(theirs.owner):
        problems.append(
            f"The library belongs to user {theirs.owner.uid}, group {theirs.owner.gid}, which cannot move files out of "
            f"{ours.path} (user {ours.owner.uid}, group {ours.owner.gid}, mode {ours.mode & 0o7777:o}): give both "
            "programs the same PUID and PGID, or the same group and UMASK 002."
        )
    return RootCheck(root.path, _move(ours, theirs, check.remote, root.path), root.free_bytes, minimum, tuple(problems))


def _move(ours: FolderFacts | None, theirs: FolderFacts | None, remote: str | None, root: str) -> Move:
    """Return the cost of a move. Instant needs one file system and, in the instance, one mount (by its top folder)."""
    if ours is not None and theirs is not None and ours.mount[0] != theirs.mount[0]:
        return Move.COPY
    if remote is not None and _top(PurePosixPath(remote)) != _top(PurePosixPath(root)):
        return Move.COPY
    return Move.INSTANT if ours is not None and theirs is not None else Move.UNKNOWN


def _top(path: PurePosixPath | Path) -> str:
    return "/".join(["", *path.parts[1:2]])


def _is_inside(path: str, folder: str) -> bool:
    return PurePosixPath(path).is_relative_to(PurePosixPath(folder))
