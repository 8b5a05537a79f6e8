"""What matching reads of the libraries: works with all their names, wanted items of them, and when either changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Text, bindparam, cast, func, select, update

from stalkeer.matching.lookup import identity_of
from stalkeer.matching.works import WantedItem, Work, read_names
from stalkeer.model import InstanceId, LibraryId
from stalkeer.store.chunks import chunks
from stalkeer.store.tables import instances, library, library_titles, lookup_cache, rules, wanted


@dataclass(frozen=True, slots=True)
class WantedWork:
    """A wanted item with what decides whether it must be matched again."""

    item: WantedItem
    instance_id: InstanceId
    library_id: LibraryId
    fingerprint: str
    matched_fingerprint: str | None


def read_library_stamp(connection: Connection, up_to: int | None = None) -> tuple[object, ...]:
    """Equal as long as nothing that matching reads of the library, the instances, lookups and rules has changed.

    `up_to`: of the library rows up to this id alone.
    """
    mine = select(func.count(), func.max(library.c.id), func.max(library.c.synced_at))
    if up_to is not None:
        mine = mine.where(library.c.id <= up_to)
    enabled = select(instances.c.id).where(instances.c.enabled, instances.c.removed_at.is_(None))
    parts: list[object] = [tuple(connection.execute(mine).one())]
    parts.append(tuple(connection.scalars(enabled.order_by(instances.c.id))))
    parts.append(tuple(connection.execute(select(func.count(), func.max(lookup_cache.c.fetched_at))).one()))
    parts.append(tuple(connection.execute(select(func.count(), func.max(rules.c.id)).select_from(rules)).one()))
    return tuple(parts)


class WantedStates(NamedTuple):
    """Ids, fingerprints and what it was matched as, of everything wanted now: three lists with commas, in one order.

    As texts that the database puts together: ten thousand rows would cost more than all the rest of a small run.
    """

    ids: str = ""
    fingerprints: str = ""
    matched: str = ""

    def rows(self) -> Iterator[tuple[int, str, str | None]]:
        if self.ids:
            columns = (self.fingerprints.split(","), (print_ or None for print_ in self.matched.split(",")))
            yield from zip(map(int, self.ids.split(",")), *columns, strict=True)


def read_wanted_states(connection: Connection) -> WantedStates:
    columns = (cast(wanted.c.id, Text), *(func.coalesce(wanted.c[name], "") for name in _PRINTS))
    listed = (func.aggregate_strings(column, ",") for column in columns)
    row = connection.execute(select(*listed).where(wanted.c.gone_at.is_(None))).one()
    return WantedStates(*(text or "" for text in row))


_PRINTS = ("fingerprint", "matched_fingerprint")


def read_works(connection: Connection, after: int = 0) -> dict[LibraryId, Work]:
    """The library of every instance, or its rows after an id: what is wanted, and its rivals."""
    named: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for row in connection.execute(
        select(library_titles.c.library_id, library_titles.c.title, library_titles.c.origin)
        .where(library_titles.c.library_id > after)
        .order_by(library_titles.c.id)
    ):
        named[row.library_id].append((row.title, row.origin))
    query = (
        select(library, instances.c.slug)
        .join(instances, instances.c.id == library.c.instance_id)
        .where(instances.c.enabled, instances.c.removed_at.is_(None), library.c.id > after)
    )
    return {LibraryId(row.id): _work(row, named.get(row.id, [])) for row in connection.execute(query)}


def _work(row: Row[Any], named: Sequence[tuple[str, str]]) -> Work:
    return Work(
        identity=identity_of(row.kind, row.tmdb_id, row.tvdb_id, f"{row.slug}:{row.arr_id}"),
        kind=row.kind,
        names=read_names([(row.title, "title"), *named]),
        years=tuple(year for year in (row.year, row.secondary_year) if year),
        tmdb_id=row.tmdb_id,
        poster=row.poster,
        runtime_min=row.runtime_min,
        series_type=row.series_type,
    )


def read_wanted_works(
    connection: Connection, works: Mapping[LibraryId, Work], only: Collection[int] | None = None
) -> list[WantedWork]:
    """Everything that is wanted now, skipped or not: a rule may be lifted, and people look. `only`: of these ids."""
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
    if prints:
        rows = [{"row_id": wanted_id, "print": text} for wanted_id, text in prints.items()]
        statement = update(wanted).where(wanted.c.id == bindparam("row_id"))
        connection.execute(statement.values(matched_fingerprint=bindparam("print")), rows)


def forget_matched(connection: Connection, wanted_ids: Collection[int]) -> None:
    """Have these items matched again at the next run."""
    for chunk in chunks(sorted(wanted_ids)):
        connection.execute(update(wanted).where(wanted.c.id.in_(chunk)).values(matched_fingerprint=None))
