"""Read the libraries for matching: works with all names, their wanted items, and marks of changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Text, cast, func, select, update

from stalkeer.core.matching.lookup import identity_of
from stalkeer.core.matching.works import WantedItem, Work, read_names
from stalkeer.model import InstanceId, LibraryId
from stalkeer.store.db.bulk import execute_many
from stalkeer.store.db.chunks import chunks
from stalkeer.store.db.tables import instances, library, library_titles, lookup_cache, rules, wanted
from stalkeer.store.library.visible import IS_INSTANCE_IN_USE
from stalkeer.store.sources.habits import read_habits


@dataclass(frozen=True, slots=True)
class WantedWork:
    """Hold a wanted item with the values that decide whether it must be matched again."""

    item: WantedItem
    instance_id: InstanceId
    library_id: LibraryId
    fingerprint: str
    matched_fingerprint: str | None


_LIBRARY = select(func.count(), func.max(library.c.id), func.max(library.c.synced_at))
_ENABLED = select(instances.c.id).where(IS_INSTANCE_IN_USE).order_by(instances.c.id)
_LOOKUPS = select(func.count(), func.max(lookup_cache.c.fetched_at))
# compare all columns, because SQLite reuses the id of a deleted rule
_DECIDING = [column for column in rules.c if column.name not in ("label", "origin", "created_at")]
_RULE = reduce(add, (func.coalesce(cast(column, Text), "") + "\n" for column in _DECIDING))
_RULES = select(func.aggregate_strings(_RULE, "\n"))


def read_library_stamp(connection: Connection) -> tuple[object, ...]:
    """Return a value that changes with the data that matching reads: library, instances, lookups and rules."""
    parts: list[object] = [tuple(connection.execute(_LIBRARY).one())]
    parts.append(tuple(connection.scalars(_ENABLED)))
    parts += [tuple(connection.execute(query).one()) for query in (_LOOKUPS, _RULES)]
    parts.append(tuple(sorted(read_habits(connection).items())))
    return tuple(parts)


def read_stamp_up_to(connection: Connection, last: int) -> object:
    """Return the library part of the stamp for rows up to this id."""
    return tuple(connection.execute(_LIBRARY.where(library.c.id <= last)).one())


class WantedState(NamedTuple):
    """Hold the marks that decide whether a wanted item is matched again."""

    id: int
    fingerprint: str
    matched: str | None


def read_wanted_states(connection: Connection) -> frozenset[str]:
    """Return a line for each item wanted now; `read_state` reads a line.

    The database joins the lines, because ten thousand rows would cost more than the rest of a small run.
    """
    listed: str | None = connection.scalar(_STATES)
    return frozenset(listed.split(",")) if listed else frozenset()


def read_state(line: str) -> WantedState:
    number, fingerprint, matched = line.split(" ")
    return WantedState(int(number), fingerprint, matched or None)


_PRINTS = (func.coalesce(wanted.c[name], "") for name in ("fingerprint", "matched_fingerprint"))
_STATE = cast(wanted.c.id, Text) + " " + next(_PRINTS) + " " + next(_PRINTS)
_STATES = select(func.aggregate_strings(_STATE, ",")).where(wanted.c.gone_at.is_(None))


def read_works(connection: Connection, after: int = 0) -> dict[LibraryId, Work]:
    """Return the library of every instance, or its rows after an id: wanted works and their rivals."""
    named: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for row in connection.execute(
        select(library_titles.c.library_id, library_titles.c.title, library_titles.c.origin)
        .where(library_titles.c.library_id > after)
        .order_by(library_titles.c.library_id, library_titles.c.id)  # uses the index for the few rows
    ):
        library_id, title, origin = row
        named[library_id].append((title, origin))
    query = (
        select(*(library.c[name] for name in _WORK), instances.c.slug)
        .join(instances, instances.c.id == library.c.instance_id)
        .where(IS_INSTANCE_IN_USE, library.c.id > after)
    )
    return {LibraryId(row[0]): _work(row, named.get(row[0], [])) for row in connection.execute(query)}


_WORK = (
    "id",
    "kind",
    "arr_id",
    "title",
    "tmdb_id",
    "tvdb_id",
    "imdb_id",
    "year",
    "secondary_year",
    "poster",
    "runtime_min",
    "series_type",
)


def _work(row: Sequence[Any], named: Sequence[tuple[str, str]]) -> Work:
    _, kind, arr_id, title, tmdb_id, tvdb_id, imdb_id, year, other_year, poster, runtime_min, series_type, slug = row
    return Work(
        identity=identity_of(kind, tmdb_id, tvdb_id, f"{slug}:{arr_id}"),
        kind=kind,
        names=read_names([(title, "title"), *named]),
        years=tuple(said for said in (year, other_year) if said),
        tmdb_id=tmdb_id,
        imdb_id=imdb_id,
        poster=poster,
        runtime_min=runtime_min,
        series_type=series_type,
    )


def read_wanted_works(
    connection: Connection, works: Mapping[LibraryId, Work], only: Collection[int] | None = None
) -> list[WantedWork]:
    """Return all wanted items, or those of `only`.

    Skipped items are included, because their rules may change and users may open them.
    """
    query = select(wanted).where(wanted.c.gone_at.is_(None)).order_by(wanted.c.id)
    if only is not None:
        query = query.where(wanted.c.id.in_(sorted(only)))
    return [
        WantedWork(
            item=_item(row, works[LibraryId(row.library_id)]),
            instance_id=InstanceId(row.instance_id),
            library_id=LibraryId(row.library_id),
            fingerprint=row.fingerprint or "",
            matched_fingerprint=row.matched_fingerprint,
        )
        for row in connection.execute(query)
        if row.library_id in works
    ]


def _item(row: Row[Any], work: Work) -> WantedItem:
    return WantedItem(
        id=row.id,
        work=work,
        season=row.season,
        episode=row.episode,
        absolute=row.absolute,
        scene_season=row.scene_season,
        scene_episode=row.scene_episode,
        scene_absolute=row.scene_absolute,
        air_date=row.air_date,
        runtime_min=row.runtime_min,
    )


def note_matched(connection: Connection, prints: Mapping[int, str]) -> None:
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    statement = f"UPDATE wanted SET matched_fingerprint = {mark} WHERE id = {mark}"  # noqa: S608
    if prints:
        execute_many(connection, statement, [(text, wanted_id) for wanted_id, text in prints.items()])


def forget_matched(connection: Connection, wanted_ids: Collection[int]) -> None:
    """Mark these items, so that the next run matches them again."""
    for chunk in chunks(sorted(wanted_ids)):
        connection.execute(update(wanted).where(wanted.c.id.in_(chunk)).values(matched_fingerprint=None))
