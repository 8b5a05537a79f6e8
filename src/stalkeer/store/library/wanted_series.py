"""Read the wanted list by movie and series: the missing items of each, and their matches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, case, func, literal, select, tuple_

from stalkeer.errors import NotFound
from stalkeer.model import LibraryId, WantedId, WantedKind
from stalkeer.store.db.tables import instances, library, wanted
from stalkeer.store.library.visible import IS_WANTED, is_downloading, read_counted_matches
from stalkeer.store.library.wanted_list import (
    ITEMS,
    BestMatch,
    WantedFilter,
    found_of,
    items_of,
    wanted_clauses,
)


@dataclass(frozen=True, slots=True)
class WantedSeries:
    """Describe a series with wanted episodes. A skipped episode counts as skipped only, whatever was found for it."""

    library_id: LibraryId
    kind: WantedKind
    item_id: WantedId  # its first item
    instance: str
    title: str
    year: int | None
    poster: str | None
    missing: int
    confirmed: int
    review: int
    skipped: int
    downloading: int
    seasons: tuple[int, ...]

    @property
    def is_movie(self) -> bool:
        return self.kind is WantedKind.MOVIE


def list_wanted_series(
    connection: Connection,
    chosen: WantedFilter,
    limit: int = 50,
    offset: int = 0,
    after: LibraryId | None = None,
) -> list[WantedSeries]:
    """List the series by title. `after` is the last series seen."""
    return list_wanted_works(connection, replace(chosen, kind=WantedKind.EPISODE), limit, offset, after)


def list_wanted_works(
    connection: Connection,
    chosen: WantedFilter,
    limit: int = 50,
    offset: int = 0,
    after: LibraryId | None = None,
) -> list[WantedSeries]:
    """List the movies and series by title. `after` is the last one seen. A movie has a single item."""
    episodes = wanted_clauses(connection, chosen)
    place = (func.lower(library.c.title), library.c.id)
    # the works are sorted, not their many items
    wanted_works = select(wanted.c.library_id).select_from(items_of(chosen)).where(*episodes)
    page = select(library.c.id).where(library.c.id.in_(wanted_works)).order_by(*place)
    if after is not None:
        last = connection.execute(select(*place).where(library.c.id == after)).one_or_none()
        if last is None:
            raise NotFound("The series that the cursor names has left the library; start without a cursor")
        page = page.where(tuple_(*place) > tuple_(*(literal(value) for value in last)))
    ids = connection.scalars(page.limit(limit).offset(offset)).all()
    found = found_of(read_counted_matches(connection))
    is_open = wanted.c.skip.is_(None)
    groups = (
        select(
            library.c.id.label("library_id"),
            instances.c.slug.label("instance"),
            library.c.title,
            library.c.year,
            library.c.poster,
            func.count().label("missing"),
            func.count(case((is_open & (found == BestMatch.CONFIRMED.value), 1))).label("confirmed"),
            func.count(case((is_open & (found == BestMatch.REVIEW.value), 1))).label("review"),
            func.count(wanted.c.skip).label("skipped"),
            func.count(case((is_downloading(), 1))).label("downloading"),
            func.min(wanted.c.kind).label("kind"),
            func.min(wanted.c.id).label("item_id"),
        )
        .select_from(ITEMS)
        .where(*episodes, library.c.id.in_(ids))
        .group_by(library.c.id, instances.c.slug, library.c.title, library.c.year, library.c.poster)
    )
    seasons = _read_seasons(connection, ids)
    rows = {
        row.library_id: WantedSeries(
            **{**row._mapping, "kind": WantedKind(row.kind)}, seasons=tuple(sorted(seasons.get(row.library_id, ())))
        )
        for row in connection.execute(groups)
    }
    return [rows[library_id] for library_id in ids]


def count_wanted_series(connection: Connection, chosen: WantedFilter) -> int:
    return count_wanted_works(connection, replace(chosen, kind=WantedKind.EPISODE))


def count_wanted_works(connection: Connection, chosen: WantedFilter) -> int:
    query = select(func.count(wanted.c.library_id.distinct())).select_from(items_of(chosen))
    query = query.where(*wanted_clauses(connection, chosen))
    return int(connection.execute(query).scalar_one())


def _read_seasons(connection: Connection, library_ids: Sequence[int]) -> dict[int, set[int]]:
    query = select(wanted.c.library_id, wanted.c.season).distinct().select_from(ITEMS)
    query = query.where(wanted.c.library_id.in_(library_ids), IS_WANTED, wanted.c.season.is_not(None))
    seasons: dict[int, set[int]] = {}
    for row in connection.execute(query):
        seasons.setdefault(row.library_id, set()).add(row.season)
    return seasons
