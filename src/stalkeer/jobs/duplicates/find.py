"""List duplicates with their sizes and advice. Nothing is deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from stalkeer.adapters.arr.values import LibraryKind
from stalkeer.errors import InvalidInput
from stalkeer.jobs.library.path_map import path_map
from stalkeer.jobs.library.profiles import profile_of, resolutions_of
from stalkeer.jobs.sources.account_status import hosts_of
from stalkeer.model import InstanceId, SourceId
from stalkeer.secrets import SecretBox
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.duplicates.duplicates import (
    FinishedFile,
    LibraryCopy,
    StreamEntry,
    repeated_downloads,
    repeated_streams,
    same_names,
    same_numbers,
)
from stalkeer.store.library.instances import InstanceRow, list_instances
from stalkeer.store.sources.credentials import kept_credentials
from stalkeer.store.sources.sources import list_sources

MOST_LOOKED_AT = 1000  # items whose files a page looks for on the disk
LARGEST_ID = 2**63 - 1


class DuplicateKind(StrEnum):
    """Define the kinds of duplicates."""

    FILES = "files"  # files of one item on the disk
    IDS = "ids"  # a movie or series under several ids of one instance
    INSTANCES = "instances"  # a movie or series in several instances whose profiles allow the same resolutions
    STREAMS = "streams"  # a stream of one provider in several sources


@dataclass(frozen=True)
class DuplicatePart:
    """Describe a file, copy or entry. `size` is in bytes; None where it is unknown."""

    place: str  # its path, instance or source
    name: str
    size: int | None


@dataclass(frozen=True)
class Duplicate:
    title: str
    parts: tuple[DuplicatePart, ...]
    advice: str

    def to_document(self) -> dict[str, object]:
        return {"title": self.title, "parts": [vars(part) for part in self.parts], "advice": self.advice}


@dataclass(frozen=True)
class DuplicatePage:
    """Hold a page of duplicates. `after` continues the list; None at its end."""

    found: tuple[Duplicate, ...]
    after: str | None


def list_duplicates(
    database: Database, secrets: SecretBox, kind: DuplicateKind, after: str = "", limit: int = 50
) -> DuplicatePage:
    """List a page of duplicates. Raises InvalidInput for a continuation that no page gave."""
    with database.connect() as connection:
        if kind is DuplicateKind.STREAMS:
            return _streams(connection, secrets, after, limit)
        if kind is DuplicateKind.INSTANCES:
            return _instances(connection, after, limit)
        number = _number(after)
        if kind is DuplicateKind.FILES:
            return _files(connection, number, limit)
        return _ids(connection, number, limit)


def _number(after: str) -> int:
    if after and not (after.isdecimal() and after.isascii() and int(after) <= LARGEST_ID):
        raise _unknown(after)
    return int(after or 0)


def _unknown(after: str) -> InvalidInput:
    return InvalidInput(f"{after[:80]!r} continues no list of duplicates; begin without it.")


# --- files --------------------------------------------------------------------------------------------------------


def _files(connection: Transaction, after: int, limit: int) -> DuplicatePage:
    rows = {row.id: row for row in list_instances(connection)}
    found: list[Duplicate] = []
    groups = repeated_downloads(connection, after, min(MOST_LOOKED_AT, limit * 4))
    last = after
    for files in groups:
        last = files[0].wanted_id
        parts = _on_disk(files, rows)
        if len(parts) > 1:
            advice = "Delete the file that you do not need. Where it lies in a library, delete it in its instance."
            found.append(Duplicate(files[0].title, parts, advice))
        if len(found) == limit:
            break
    is_last = len(found) < limit and len(groups) < min(MOST_LOOKED_AT, limit * 4)
    return DuplicatePage(tuple(found), None if is_last else str(last))


def _on_disk(files: Sequence[FinishedFile], rows: Mapping[InstanceId, InstanceRow]) -> tuple[DuplicatePart, ...]:
    """Return the files that exist, each once. Hard links to a file count as the same file."""
    parts: dict[tuple[int, int], DuplicatePart] = {}
    for file in files:
        for path in _places(file, rows):
            try:
                stat = path.stat()
            except (OSError, ValueError):
                continue
            parts.setdefault((stat.st_dev, stat.st_ino), DuplicatePart(str(path), path.name, stat.st_size))
    return tuple(parts.values())


def _places(file: FinishedFile, rows: Mapping[InstanceId, InstanceRow]) -> Iterable[Path]:
    if file.placed_path:
        yield Path(file.placed_path)
    if file.final_path:
        row = rows.get(file.instance_id)
        yield path_map(row).to_local(file.final_path) if row is not None else Path(file.final_path)


# --- libraries ----------------------------------------------------------------------------------------------------


def _ids(connection: Transaction, after: int, limit: int) -> DuplicatePage:
    groups = same_names(connection, after, limit)
    found = [
        Duplicate(
            _label(copies[0]),
            tuple(_copy_part(copy) for copy in copies),
            f"{_program(copies[0])} {copies[0].slug} has it under several ids. Compare them there, and remove the one "
            "that is wrong. Two different works may share a title and a year.",
        )
        for copies in groups
        if copies
    ]
    last = min((copy.library_id for copy in groups[-1]), default=after) if groups else after
    return DuplicatePage(tuple(found), str(last) if len(groups) == limit else None)


SERIES = "series:"  # begins the continuation after the movies
ADVICE = {
    LibraryKind.MOVIE: "Several instances have a file of it",
    LibraryKind.SERIES: "Several instances have episodes of it; compare their seasons there",
}


def _instances(connection: Transaction, after: str, limit: int) -> DuplicatePage:
    """List the movies, then the series."""
    found: tuple[Duplicate, ...] = ()
    start = after
    if not after.startswith(SERIES):
        found, last = _copies_of(connection, LibraryKind.MOVIE, _number(after), limit)
        if last is not None or len(found) == limit:
            return DuplicatePage(found, f"{SERIES}0" if last is None else str(last))
        start = f"{SERIES}0"
    series, last = _copies_of(connection, LibraryKind.SERIES, _number(start.removeprefix(SERIES)), limit - len(found))
    return DuplicatePage(found + series, None if last is None else f"{SERIES}{last}")


def _copies_of(
    connection: Transaction, kind: LibraryKind, after: int, limit: int
) -> tuple[tuple[Duplicate, ...], int | None]:
    """Return a page of movies or series, and the number to go on behind; None at the end."""
    rows = {row.id: row for row in list_instances(connection)}
    groups = same_numbers(connection, kind, after, limit)
    found = []
    for copies in groups:
        alike = _alike(copies, rows)
        if len(alike) > 1:
            advice = (
                f"{ADVICE[kind]}, and their profiles allow the same resolutions. Remove it from one of them, or set "
                "`skip_owned_elsewhere` so that it is not downloaded twice."
            )
            found.append(Duplicate(_label(alike[0]), tuple(_copy_part(copy) for copy in alike), advice))
    return tuple(found), groups[-1][0].number if len(groups) == limit else None


def _alike(copies: Sequence[LibraryCopy], rows: Mapping[InstanceId, InstanceRow]) -> list[LibraryCopy]:
    """Leave out the copies by choice: those whose profile shares no resolution with any other, as HD and 4K."""
    allowed = {
        copy.library_id: resolutions_of(profile_of(rows.get(copy.instance_id), copy.profile_id)) for copy in copies
    }
    return [
        copy
        for copy in copies
        if any(
            other.instance_id != copy.instance_id
            and not (
                allowed[copy.library_id]
                and allowed[other.library_id]
                and allowed[copy.library_id].isdisjoint(allowed[other.library_id])
            )
            for other in copies
        )
    ]


def _copy_part(copy: LibraryCopy) -> DuplicatePart:
    number = f"TMDB {copy.tmdb_id}" if copy.tmdb_id else f"TVDB {copy.tvdb_id}" if copy.tvdb_id else f"id {copy.arr_id}"
    return DuplicatePart(f"{copy.slug}, {number}", copy.path or copy.title, copy.size)


def _program(copy: LibraryCopy) -> str:
    return "Radarr" if copy.kind == "movie" else "Sonarr"


def _label(copy: LibraryCopy) -> str:
    return f"{copy.title} ({copy.year})" if copy.year else copy.title


# --- streams ------------------------------------------------------------------------------------------------------


def _streams(connection: Transaction, secrets: SecretBox, after: str, limit: int) -> DuplicatePage:
    walks = _walks(connection, secrets)
    named, _, key = after.partition(":")
    start = _number(named)
    if start >= len(walks):
        if after:
            raise _unknown(after)
        return DuplicatePage((), None)
    page = repeated_streams(connection, walks[start], key, limit)
    found = tuple(_stream(entries) for entries in page.streams)
    if page.after is not None:
        return DuplicatePage(found, f"{start}:{page.after}")
    return DuplicatePage(found, f"{start + 1}:" if start + 1 < len(walks) else None)


def _walks(connection: Transaction, secrets: SecretBox) -> list[tuple[SourceId, ...]]:
    """Return for each source those behind it that share a host with it: only there, a key means the same stream."""
    hosts = [(row.id, hosts_of(kept_credentials(row, secrets))) for row in list_sources(connection)]
    walks = []
    for index, (source_id, own) in enumerate(hosts):
        others = tuple(other for other, theirs in hosts[index + 1 :] if own & theirs)
        if others:
            walks.append((source_id, *others))
    return walks


def _stream(entries: Sequence[StreamEntry]) -> Duplicate:
    parts = tuple(DuplicatePart(entry.source, entry.name, entry.size) for entry in entries)
    advice = (
        "It is one stream of one provider, which several sources list. It is downloaded once. Remove a source or "
        "filter its groups where you do not need both."
    )
    return Duplicate(entries[0].name, parts, advice)
