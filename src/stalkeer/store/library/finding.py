"""Find movies, series and wanted items of one instance by the ids, titles and numbers of a search."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from stalkeer.core.downloads.search_terms import ItemNumbers
from stalkeer.model import InstanceId, LibraryId, WantedId
from stalkeer.store.db.tables import instances, library, library_titles, wanted
from stalkeer.store.library.visible import IS_WANTED


@dataclass(frozen=True)
class ForeignIds:
    """Hold the ids of a movie or series in a request; `imdb` are digits only."""

    tmdb: int | None = None
    tvdb: int | None = None
    imdb: str | None = None

    @property
    def is_empty(self) -> bool:
        return self == NO_IDS


NO_IDS = ForeignIds()


@dataclass(frozen=True)
class TitledItem:
    """Hold a movie or series, one of its title keys, and its years."""

    library_id: LibraryId
    key: str
    years: frozenset[int]


def find_by_ids(connection: Connection, instance_id: InstanceId, ids: ForeignIds) -> list[LibraryId]:
    """Return the items with the first of the ids that any item has: TVDB, then TMDB, then IMDb."""
    conditions: list[ColumnElement[bool]] = []
    if ids.tvdb:
        conditions.append(library.c.tvdb_id == ids.tvdb)
    if ids.tmdb:
        conditions.append(library.c.tmdb_id == ids.tmdb)
    if ids.imdb:
        digits = ids.imdb.lstrip("0")
        conditions.append(library.c.imdb_id.in_([f"tt{digits.zfill(width)}" for width in (1, 7, 8)]))
    for condition in conditions:
        query = select(library.c.id).where(library.c.instance_id == instance_id, condition)
        found = [LibraryId(row) for row in connection.scalars(query)]
        if found:
            return found
    return []


def find_by_keys(connection: Connection, instance_id: InstanceId, keys: Collection[str]) -> list[TitledItem]:
    query = (
        select(library.c.id, library_titles.c.key, library.c.year, library.c.secondary_year)
        .join(library, library.c.id == library_titles.c.library_id)
        .where(library.c.instance_id == instance_id, library_titles.c.key.in_(keys))
        .distinct()
    )
    return [
        TitledItem(LibraryId(row.id), row.key, frozenset(filter(None, (row.year, row.secondary_year))))
        for row in connection.execute(query)
    ]


def read_arr_ids(connection: Connection, library_ids: Sequence[LibraryId]) -> list[int]:
    """Return the instance's own ids of these movies or series."""
    query = select(library.c.arr_id).where(library.c.id.in_(library_ids)).order_by(library.c.id)
    return list(connection.scalars(query))


def read_further_titles(connection: Connection, instance_id: InstanceId) -> dict[LibraryId, list[str]]:
    """Return the other titles of every movie or series of an instance, the original title first."""
    query = (
        select(library_titles.c.library_id, library_titles.c.title)
        .join(library, library.c.id == library_titles.c.library_id)
        .where(library.c.instance_id == instance_id, library_titles.c.origin != "title")
        .where(library_titles.c.season.is_(None))
        .order_by((library_titles.c.origin != "original"), library_titles.c.id)
    )
    found: dict[LibraryId, list[str]] = {}
    for row in connection.execute(query):
        found.setdefault(LibraryId(row.library_id), []).append(row.title)
    return found


@dataclass(frozen=True)
class NumberedItem:
    wanted_id: WantedId
    title: str  # of the movie or the episode


def find_wanted_of(
    connection: Connection, library_ids: Sequence[LibraryId], numbers: ItemNumbers
) -> list[NumberedItem]:
    """Return the wanted items of these movies or series with these numbers, by the instance's numbers or scene's."""
    query = (
        select(wanted.c.id, wanted.c.title)
        .join(instances, instances.c.id == wanted.c.instance_id)
        .where(wanted.c.library_id.in_(library_ids), IS_WANTED, *_numbered(numbers))
        .order_by(wanted.c.id)
    )
    return [NumberedItem(WantedId(row.id), row.title) for row in connection.execute(query)]


def find_numbered(
    connection: Connection, instance_id: InstanceId, library_arr_id: int, numbers: ItemNumbers
) -> list[WantedId]:
    """Return the wanted items with these numbers of a movie or series, by the instance's id of it."""
    query = select(library.c.id).where(library.c.instance_id == instance_id, library.c.arr_id == library_arr_id)
    library_ids = [LibraryId(row) for row in connection.scalars(query)]
    return [item.wanted_id for item in find_wanted_of(connection, library_ids, numbers)]


def _numbered(numbers: ItemNumbers) -> list[ColumnElement[bool]]:
    if numbers.air_date is not None:
        return [wanted.c.air_date == numbers.air_date]
    if numbers.absolute is not None:
        return [or_(wanted.c.absolute == numbers.absolute, wanted.c.scene_absolute == numbers.absolute)]
    if numbers.season is None:
        return []
    if numbers.episode is None:
        either = [wanted.c.season == numbers.season, wanted.c.scene_season == numbers.season]
        if numbers.year is not None:
            either.append(wanted.c.air_date.startswith(f"{numbers.year}-"))
        return [or_(*either)]
    own = and_(wanted.c.season == numbers.season, wanted.c.episode == numbers.episode)
    scene = and_(wanted.c.scene_season == numbers.season, wanted.c.scene_episode == numbers.episode)
    return [or_(own, scene)]
