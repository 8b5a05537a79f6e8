"""What is missing, as people look at it: with what was found for it, what holds it back and how its download goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, literal, or_, select, tuple_

from stalkeer.errors import NotFound
from stalkeer.model import Decision, InstanceId, InstanceKind, LibraryId, WantedId, WantedKind
from stalkeer.store.db.tables import download_items, downloads, instances, library, matches, wanted


class Found(StrEnum):
    """The best that matching found for an item."""

    CONFIRMED = "confirmed"
    REVIEW = "review"
    NOTHING = "nothing"


class MissingOrder(StrEnum):
    TITLE = "title"
    NEWEST = "newest"  # first seen as missing
    AIRED = "aired"


@dataclass(frozen=True)
class MissingFilter:
    """Which items; every field that is set must fit."""

    instance: str | None = None
    kind: WantedKind | None = None
    found: Found | None = None
    reason: str | None = None
    skipped: bool | None = None
    library_id: LibraryId | None = None
    text: str | None = None  # part of the film's, series' or episode's title


@dataclass(frozen=True, slots=True)
class MissingRow:
    wanted_id: WantedId
    instance: str
    instance_kind: InstanceKind
    library_id: LibraryId
    kind: WantedKind
    arr_id: int  # movieId or episodeId
    reason: str
    title: str  # of the film or series
    item_title: str  # of the episode; the film's again
    year: int | None
    season: int | None
    episode: int | None
    air_date: str | None
    poster: str | None
    quality_profile_id: int | None
    current_quality: Mapping[str, Any] | None
    skip: str | None
    owned_by: str | None
    found: Found
    score: float | None
    variants: int
    download_id: int | None
    download_state: str | None
    first_seen: datetime
    last_searched_at: datetime | None

    @property
    def name(self) -> str:
        """`Dune (2021)`, `Severance S01E02`."""
        if self.season is None:
            return f"{self.title} ({self.year})" if self.year else self.title
        return f"{self.title} S{self.season:02}E{self.episode or 0:02}"


@dataclass(frozen=True, slots=True)
class MissingSeries:
    """A series with wanted episodes."""

    library_id: LibraryId
    instance: str
    title: str
    year: int | None
    poster: str | None
    missing: int
    confirmed: int
    review: int
    skipped: int
    seasons: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FoundCounts:
    """Of the items of one instance that no rule holds back: how many have what."""

    confirmed: int = 0
    review: int = 0
    nothing: int = 0


@dataclass(frozen=True)
class Slice:
    """Which part of a list: `limit` rows from `offset`, or those that come after the row `after`."""

    limit: int = 50
    offset: int = 0
    after: WantedId | None = None


def list_missing(
    connection: Connection,
    chosen: MissingFilter = MissingFilter(),
    order: MissingOrder = MissingOrder.TITLE,
    part: Slice = Slice(),
) -> list[MissingRow]:
    """Any depth costs the same with `after`. A row that has gone meanwhile still marks its place."""
    columns = (*_ORDER[order], wanted.c.id)
    query = select(wanted.c.id).select_from(_joined()).where(*_clauses(chosen))
    if part.after is not None:
        place = connection.execute(
            select(*columns).select_from(_joined()).where(wanted.c.id == part.after)
        ).one_or_none()
        if place is None:
            raise NotFound("The item that the cursor names has left the library; start without a cursor")
        bounds = tuple_(*(literal(value, column.type) for value, column in zip(place, columns, strict=True)))
        row = tuple_(*columns)
        query = query.where(row < bounds if order in _DESCENDING else row > bounds)
    ordered = [column.desc() if order in _DESCENDING else column for column in columns]
    # what was found for an item costs several look-ups: only for the rows of this page
    ids = connection.scalars(query.order_by(*ordered).limit(part.limit).offset(part.offset)).all()
    rows = {row.id: _row(row) for row in connection.execute(_rows().where(wanted.c.id.in_(ids)))}
    return [rows[wanted_id] for wanted_id in ids]


def list_unfound(connection: Connection, instance_id: InstanceId, before: datetime, limit: int) -> list[MissingRow]:
    """Missing since before that moment, with nothing found and no search handed back since: the longest first."""
    query = _rows().where(
        *_clauses(MissingFilter(found=Found.NOTHING, skipped=False, reason="missing")),
        wanted.c.instance_id == instance_id,
        wanted.c.first_seen < before,
        or_(wanted.c.last_searched_at.is_(None), wanted.c.last_searched_at < before),
    )
    longest_first = (func.coalesce(wanted.c.last_searched_at, wanted.c.first_seen), wanted.c.id)
    return [_row(row) for row in connection.execute(query.order_by(*longest_first).limit(limit))]


def count_missing(connection: Connection, chosen: MissingFilter = MissingFilter()) -> int:
    query = select(func.count()).select_from(_joined()).where(*_clauses(chosen))
    return int(connection.execute(query).scalar_one())


def get_missing(connection: Connection, wanted_id: WantedId) -> MissingRow:
    row = connection.execute(_rows().where(wanted.c.id == wanted_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no wanted item {wanted_id}.")
    return _row(row)


def list_missing_series(
    connection: Connection,
    chosen: MissingFilter = MissingFilter(),
    limit: int = 50,
    offset: int = 0,
    after: LibraryId | None = None,
) -> list[MissingSeries]:
    """Missing episodes grouped by series, by title; `after`: the last series seen."""
    episodes = (*_clauses(chosen), wanted.c.kind == WantedKind.EPISODE.value)
    place = (func.lower(library.c.title), library.c.id)
    page = select(library.c.id).select_from(_joined()).where(*episodes).group_by(*place).order_by(*place)
    if after is not None:
        last = connection.execute(select(*place).where(library.c.id == after)).one_or_none()
        if last is None:
            raise NotFound("The series that the cursor names has left the library; start without a cursor")
        page = page.having(tuple_(*place) > tuple_(*(literal(value) for value in last)))
    ids = connection.scalars(page.limit(limit).offset(offset)).all()
    groups = (
        select(
            library.c.id,
            instances.c.slug,
            library.c.title,
            library.c.year,
            library.c.poster,
            func.count().label("missing"),
            func.count(case((_found == Found.CONFIRMED.value, 1))).label("confirmed"),
            func.count(case((_found == Found.REVIEW.value, 1))).label("review"),
            func.count(wanted.c.skip).label("skipped"),
        )
        .select_from(_joined())
        .where(*episodes, library.c.id.in_(ids))
        .group_by(library.c.id, instances.c.slug, library.c.title, library.c.year, library.c.poster)
    )
    seasons = _seasons(connection, ids)
    found = {row.id: _series(row, seasons.get(row.id, set())) for row in connection.execute(groups)}
    return [found[library_id] for library_id in ids]


def _series(row: Row[Any], seasons: set[int]) -> MissingSeries:
    return MissingSeries(
        library_id=LibraryId(row.id),
        instance=row.slug,
        title=row.title,
        year=row.year,
        poster=row.poster,
        missing=row.missing,
        confirmed=row.confirmed,
        review=row.review,
        skipped=row.skipped,
        seasons=tuple(sorted(seasons)),
    )


def count_missing_series(connection: Connection, chosen: MissingFilter = MissingFilter()) -> int:
    query = select(func.count(library.c.id.distinct())).select_from(_joined())
    query = query.where(*_clauses(chosen), wanted.c.kind == WantedKind.EPISODE.value)
    return int(connection.execute(query).scalar_one())


def count_found(connection: Connection) -> dict[InstanceId, FoundCounts]:
    """What matching has for the items that may be downloaded, by instance."""
    query = (
        select(wanted.c.instance_id, _found.label("found"), func.count().label("number"))
        .where(wanted.c.gone_at.is_(None), wanted.c.skip.is_(None))
        .group_by(wanted.c.instance_id, _found)
    )
    numbers: dict[InstanceId, dict[str, int]] = {}
    for row in connection.execute(query):
        numbers.setdefault(InstanceId(row.instance_id), {})[row.found] = row.number
    return {
        instance_id: FoundCounts(
            confirmed=by_found.get(Found.CONFIRMED, 0),
            review=by_found.get(Found.REVIEW, 0),
            nothing=by_found.get(Found.NOTHING, 0),
        )
        for instance_id, by_found in numbers.items()
    }


def read_open_ids(connection: Connection, instance_id: InstanceId) -> frozenset[WantedId]:
    """The items of an instance that no rule holds back."""
    query = select(wanted.c.id).where(wanted.c.instance_id == instance_id)
    query = query.where(wanted.c.gone_at.is_(None), wanted.c.skip.is_(None))
    return frozenset(connection.execute(query).scalars())


def _has(decision: Decision) -> ColumnElement[bool]:
    return select(matches.c.id).where(matches.c.wanted_id == wanted.c.id, matches.c.decision == decision.value).exists()


_found = case(
    (_has(Decision.CONFIRM), Found.CONFIRMED.value),
    (_has(Decision.REVIEW), Found.REVIEW.value),
    else_=Found.NOTHING.value,
)
_FITTING = matches.c.decision.in_((Decision.CONFIRM.value, Decision.REVIEW.value))
# `case` and not `where`: with a condition on the decision SQLite walks all that were decided so, for each row
_fitting_score = case((_FITTING, matches.c.score))
_score = select(func.max(_fitting_score)).where(matches.c.wanted_id == wanted.c.id).correlate(wanted).scalar_subquery()
_variants = (
    select(func.count(_fitting_score)).where(matches.c.wanted_id == wanted.c.id).correlate(wanted).scalar_subquery()
)
_download = (
    select(func.max(download_items.c.download_id))
    .where(download_items.c.wanted_id == wanted.c.id)
    .correlate(wanted)
    .scalar_subquery()
)
# no column may be null: a comparison of rows with a null is neither true nor false
_ORDER: dict[MissingOrder, tuple[ColumnElement[Any], ...]] = {
    MissingOrder.TITLE: (
        func.lower(library.c.title),
        func.coalesce(wanted.c.season, -1),
        func.coalesce(wanted.c.episode, -1),
    ),
    MissingOrder.NEWEST: (wanted.c.first_seen,),
    MissingOrder.AIRED: (func.coalesce(wanted.c.air_date, ""),),
}
_DESCENDING = frozenset({MissingOrder.NEWEST, MissingOrder.AIRED})


def _joined() -> Any:
    return wanted.join(library, library.c.id == wanted.c.library_id).join(
        instances, instances.c.id == wanted.c.instance_id
    )


def _rows() -> Select[Any]:
    state = select(downloads.c.state).where(downloads.c.id == _download).scalar_subquery()
    return select(
        wanted,
        instances.c.slug.label("instance"),
        instances.c.kind.label("instance_kind"),
        library.c.title.label("library_title"),
        library.c.year.label("library_year"),
        library.c.poster.label("poster"),
        library.c.quality_profile_id.label("quality_profile_id"),
        _found.label("found"),
        _score.label("score"),
        _variants.label("variants"),
        _download.label("download_id"),
        state.label("download_state"),
    ).select_from(_joined())


def _clauses(chosen: MissingFilter) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = [and_(wanted.c.gone_at.is_(None), instances.c.removed_at.is_(None))]
    equal = (
        (instances.c.slug, chosen.instance),
        (wanted.c.kind, chosen.kind.value if chosen.kind else None),
        (wanted.c.reason, chosen.reason),
        (wanted.c.library_id, chosen.library_id),
        (_found, chosen.found.value if chosen.found else None),
    )
    clauses += [column == value for column, value in equal if value is not None]
    if chosen.skipped is not None:
        clauses.append(wanted.c.skip.is_not(None) if chosen.skipped else wanted.c.skip.is_(None))
    if chosen.text:
        clauses.append(
            or_(
                library.c.title.icontains(chosen.text, autoescape=True),
                wanted.c.title.icontains(chosen.text, autoescape=True),
            )
        )
    return clauses


def _seasons(connection: Connection, library_ids: Sequence[int]) -> dict[int, set[int]]:
    query = select(wanted.c.library_id, wanted.c.season).distinct()
    query = query.where(wanted.c.library_id.in_(library_ids), wanted.c.gone_at.is_(None), wanted.c.season.is_not(None))
    seasons: dict[int, set[int]] = {}
    for row in connection.execute(query):
        seasons.setdefault(row.library_id, set()).add(row.season)
    return seasons


def _row(row: Row[Any]) -> MissingRow:
    return MissingRow(
        wanted_id=WantedId(row.id),
        instance=row.instance,
        instance_kind=InstanceKind(row.instance_kind),
        library_id=LibraryId(row.library_id),
        kind=WantedKind(row.kind),
        arr_id=row.arr_id,
        reason=row.reason,
        title=row.library_title,
        item_title=row.title,
        year=row.library_year,
        season=row.season,
        episode=row.episode,
        air_date=row.air_date,
        poster=row.poster,
        quality_profile_id=row.quality_profile_id,
        current_quality=row.current_quality,
        skip=row.skip,
        owned_by=row.owned_by,
        found=Found(row.found),
        score=row.score,
        variants=row.variants,
        download_id=row.download_id,
        download_state=row.download_state,
        first_seen=row.first_seen,
        last_searched_at=row.last_searched_at,
    )
