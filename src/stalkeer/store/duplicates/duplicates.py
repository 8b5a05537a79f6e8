"""Find duplicates: files of an item, movies and series of the libraries, streams of the catalogue.

Streams are read in the order of an index, and a page stops after a fixed number of entries. Files and ids are grouped
over the whole library, so their cost grows with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, distinct, func, select

from stalkeer.adapters.arr.values import LibraryKind
from stalkeer.model import DownloadState, EntryId, InstanceId, LibraryId, SourceId, WantedId
from stalkeer.store.catalogue.visible import IS_LISTED
from stalkeer.store.db.tables import (
    download_items,
    downloads,
    entries,
    instances,
    library,
    library_titles,
    sources,
)
from stalkeer.store.library.visible import IS_INSTANCE_CONFIGURED

MOST_COMPARED = 5_000  # entries that a page compares; the next page goes on behind them
_KEYS_AT_ONCE = 500


@dataclass(frozen=True)
class FinishedFile:
    """Name a file that a completed download left. `final_path` is the instance's view of it."""

    wanted_id: WantedId
    title: str
    instance_id: InstanceId
    placed_path: str | None
    final_path: str | None
    size: int | None


@dataclass(frozen=True)
class LibraryCopy:
    """Name a movie or series of an instance."""

    library_id: LibraryId
    instance_id: InstanceId
    slug: str
    kind: str  # movie | series
    title: str
    year: int | None
    arr_id: int
    tmdb_id: int | None
    tvdb_id: int | None
    profile_id: int | None
    path: str | None
    size: int | None

    @property
    def number(self) -> int | None:
        """Return the id that its instances share."""
        return self.tmdb_id if self.kind == LibraryKind.MOVIE.value else self.tvdb_id


@dataclass(frozen=True)
class StreamEntry:
    """Name an entry of a stream that several sources list."""

    entry_id: EntryId
    source_id: SourceId
    source: str
    key: str
    name: str
    kind: str
    size: int | None


@dataclass(frozen=True)
class StreamPage:
    """Hold a page of streams, and the key after which the next page begins, or None at the end."""

    streams: tuple[tuple[StreamEntry, ...], ...]
    after: str | None


def repeated_downloads(connection: Connection, after: int, limit: int) -> list[tuple[FinishedFile, ...]]:
    """Return the items behind `after` whose completed downloads left files at several places, ordered by item."""
    place = func.coalesce(downloads.c.final_path, downloads.c.placed_path)
    is_done = and_(downloads.c.state == DownloadState.COMPLETED.value, place.is_not(None))
    repeated = (
        select(download_items.c.wanted_id)
        .join(downloads, downloads.c.id == download_items.c.download_id)
        .where(is_done, download_items.c.wanted_id > after)
        .group_by(download_items.c.wanted_id)
        .having(func.count(distinct(place)) > 1)
        .order_by(download_items.c.wanted_id)
        .limit(limit)
    )
    query = (
        select(download_items.c.wanted_id, download_items.c.instance_id, downloads.c.title)
        .add_columns(downloads.c.placed_path, downloads.c.final_path, downloads.c.total)
        .join(downloads, downloads.c.id == download_items.c.download_id)
        .where(is_done, download_items.c.wanted_id.in_(repeated))
        .order_by(download_items.c.wanted_id, downloads.c.id)
    )
    found: dict[int, list[FinishedFile]] = defaultdict(list)
    for row in connection.execute(query):
        file = FinishedFile(
            WantedId(row.wanted_id),
            row.title,
            InstanceId(row.instance_id),
            row.placed_path,
            row.final_path,
            row.total,
        )
        found[row.wanted_id].append(file)
    return [tuple(files) for files in found.values()]


def same_numbers(connection: Connection, kind: LibraryKind, after: int, limit: int) -> list[tuple[LibraryCopy, ...]]:
    """Return the movies or series behind `after` that several instances have files of.

    They are found by TMDB id, or TVDB id for series, and come in its order.
    """
    number = library.c.tmdb_id if kind is LibraryKind.MOVIE else library.c.tvdb_id
    is_owned = and_(library.c.kind == kind.value, library.c.has_file)
    repeated = (
        select(number)
        .join(instances, instances.c.id == library.c.instance_id)
        .where(is_owned, number > after, IS_INSTANCE_CONFIGURED)
        .group_by(number)
        .having(func.count(distinct(library.c.instance_id)) > 1)
        .order_by(number)
        .limit(limit)
    )
    found: dict[int, list[LibraryCopy]] = defaultdict(list)
    for copy in _copies(connection, and_(is_owned, number.in_(repeated))):
        found[copy.number or 0].append(copy)
    return [tuple(found[number]) for number in sorted(found)]


def same_names(connection: Connection, after: int, limit: int) -> list[tuple[LibraryCopy, ...]]:
    """Return movies and series with files, which an instance has under several ids with the same title and year.

    They are ordered by the id of the first, behind `after`.
    """
    first = func.min(library.c.id)
    repeated = (
        select(first.label("first"), library.c.instance_id, library.c.kind, library.c.year, library_titles.c.key)
        .join(library_titles, library_titles.c.library_id == library.c.id)
        .join(instances, instances.c.id == library.c.instance_id)
        .where(library_titles.c.origin == "title", library.c.has_file, library.c.year.is_not(None))
        .where(IS_INSTANCE_CONFIGURED)
        .group_by(library.c.instance_id, library.c.kind, library.c.year, library_titles.c.key)
        .having(and_(func.count(distinct(library.c.id)) > 1, first > after))
        .order_by(first)
        .limit(limit)
    )
    groups = connection.execute(repeated).all()
    found = []
    for group in groups:
        own = select(library_titles.c.library_id).where(
            library_titles.c.key == group.key, library_titles.c.origin == "title"
        )
        is_copy = and_(
            library.c.id.in_(own),
            library.c.instance_id == group.instance_id,
            library.c.kind == group.kind,
            library.c.year == group.year,
            library.c.has_file,
        )
        found.append(tuple(_copies(connection, is_copy)))
    return found


def _copies(connection: Connection, condition: object) -> list[LibraryCopy]:
    query = (
        select(library, instances.c.slug.label("instance_slug"))
        .join(instances, instances.c.id == library.c.instance_id)
        .where(condition, IS_INSTANCE_CONFIGURED)  # type: ignore[arg-type]
        .order_by(library.c.id)
    )
    return [
        LibraryCopy(
            library_id=LibraryId(row.id),
            instance_id=InstanceId(row.instance_id),
            slug=row.instance_slug,
            kind=row.kind,
            title=row.title,
            year=row.year,
            arr_id=row.arr_id,
            tmdb_id=row.tmdb_id,
            tvdb_id=row.tvdb_id,
            profile_id=row.quality_profile_id,
            path=row.path,
            size=row.size,
        )
        for row in connection.execute(query)
    ]


def repeated_streams(connection: Connection, source_ids: Sequence[SourceId], after: str, limit: int) -> StreamPage:
    """Return the streams behind the key `after` that the first of these sources and any other of them list.

    At most `MOST_COMPARED` entries are compared, so a page may have fewer streams although more follow.
    """
    first, others = source_ids[0], source_ids[1:]
    found: list[tuple[StreamEntry, ...]] = []
    for _ in range(0, MOST_COMPARED, _KEYS_AT_ONCE):
        query = select(entries.c.key).where(entries.c.source_id == first, entries.c.key > after)
        keys = list(connection.execute(query.order_by(entries.c.key).limit(_KEYS_AT_ONCE)).scalars())
        if not keys:
            return StreamPage(tuple(found), None)
        streams = _streams(connection, first, others, keys)
        for key in keys:
            after = key
            if key in streams:
                found.append(streams[key])
                if len(found) == limit:
                    return StreamPage(tuple(found), after)
    return StreamPage(tuple(found), after)


def _streams(
    connection: Connection, first: SourceId, others: Sequence[SourceId], keys: Sequence[str]
) -> dict[str, tuple[StreamEntry, ...]]:
    """Return the listed entries of each key that the first source and another one list."""
    query = (
        select(entries.c.id, entries.c.source_id, entries.c.key, entries.c.name, entries.c.kind, entries.c.size)
        .add_columns(sources.c.slug)
        .join(sources, sources.c.id == entries.c.source_id)
        .where(entries.c.source_id.in_((first, *others)), entries.c.key.in_(keys), IS_LISTED)
    )
    by_key: dict[str, list[StreamEntry]] = defaultdict(list)
    # sorted here: for ORDER BY id, SQLite would walk all entries instead of looking the keys up
    for row in sorted(connection.execute(query), key=lambda row: row.id):
        entry = StreamEntry(EntryId(row.id), SourceId(row.source_id), row.slug, row.key, row.name, row.kind, row.size)
        by_key[row.key].append(entry)
    return {
        key: tuple(same)
        for key, same in by_key.items()
        if len(same) > 1 and any(entry.source_id == first for entry in same)
    }
