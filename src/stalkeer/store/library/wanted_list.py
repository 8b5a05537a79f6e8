"""Read the wanted list for all faces: the wanted items, their matches, and their downloads.

`wanted_series` groups the episodes; `wanted` stores the results of a sync.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, case, func, literal, or_, select, tuple_

from stalkeer.core.titles.labels import label_of
from stalkeer.errors import NotFound
from stalkeer.model import Decision, DownloadState, InstanceId, InstanceKind, LibraryId, WantedId, WantedKind
from stalkeer.store.db.tables import download_items, downloads, instances, library, matches, wanted
from stalkeer.store.library.visible import (
    IS_COUNTED,
    IS_WANTED,
    CountedMatches,
    is_downloading,
    read_counted_matches,
)

MOST_TO_REVIEW = 5_000
MANY = 2_000  # items from which sorting them takes longer than walking the titles of the library


class BestMatch(StrEnum):
    """Hold the best match of an item."""

    CONFIRMED = "confirmed"
    REVIEW = "review"
    NOTHING = "nothing"


class Status(StrEnum):
    """Define the status of an item; the first that applies of: downloading, skipped, best match."""

    NOTHING = "nothing"  # no entry matches
    FOUND = "found"
    REVIEW = "review"
    DOWNLOADING = "downloading"
    SKIPPED = "skipped"  # a rule prevents its download at present


class WantedOrder(StrEnum):
    TITLE = "title"
    NEWEST = "newest"  # by the time when it was first seen as wanted
    AIRED = "aired"


@dataclass(frozen=True)
class WantedFilter:
    """Select items that match every given field."""

    instance: str | None = None
    kind: WantedKind | None = None
    reason: str | None = None  # missing | cutoff
    found: BestMatch | None = None
    skipped: bool | None = None
    status: Status | None = None
    library_id: LibraryId | None = None
    library_ids: tuple[LibraryId, ...] = ()  # items of any of these movies or series
    text: str | None = None  # part of the movie's, series' or episode's title


@dataclass(frozen=True, slots=True)
class WantedRow:
    """Hold an item with its counted matches, and its open download or its last download."""

    id: WantedId
    instance: str
    instance_kind: InstanceKind
    library_id: LibraryId
    kind: WantedKind
    arr_id: int  # movieId or episodeId
    reason: str
    title: str  # title of the movie or series
    item_title: str  # title of the episode, or again of the movie
    year: int | None
    season: int | None
    episode: int | None
    air_date: str | None
    air_date_utc: datetime | None
    runtime_min: int | None
    poster: str | None
    quality_profile_id: int | None
    current_quality: Mapping[str, Any] | None
    skip: str | None
    owned_by: str | None
    first_seen: datetime
    last_searched_at: datetime | None
    gone_at: datetime | None = None  # no longer wanted
    sure: int = 0  # number of confirmed matches
    review: int = 0
    score: float | None = None  # score of the best match
    download_id: int | None = None
    download_state: DownloadState | None = None
    is_downloading: bool = False

    @property
    def label(self) -> str:
        """Return the name for users: `Dune (2021)`, `Severance S01E02`."""
        return label_of(self.title, self.year, self.season, self.episode, self.air_date)

    @property
    def is_wanted(self) -> bool:
        return self.gone_at is None

    @property
    def variants(self) -> int:
        return self.sure + self.review

    @property
    def found(self) -> BestMatch:
        if self.sure:
            return BestMatch.CONFIRMED
        return BestMatch.REVIEW if self.review else BestMatch.NOTHING

    @property
    def status(self) -> Status:
        if self.is_downloading:
            return Status.DOWNLOADING
        if self.skip:
            return Status.SKIPPED
        return _STATUS_OF[self.found]


_STATUS_OF = {BestMatch.CONFIRMED: Status.FOUND, BestMatch.REVIEW: Status.REVIEW, BestMatch.NOTHING: Status.NOTHING}


@dataclass(frozen=True, slots=True)
class FoundCounts:
    """Count counts of an instance's items that no rule skips, by their best match."""

    confirmed: int = 0
    review: int = 0
    nothing: int = 0


@dataclass(frozen=True)
class Slice:
    """Select a part of a list: `limit` rows from `offset`, or the rows after the row `after`."""

    limit: int = 50
    offset: int = 0
    after: WantedId | None = None


def list_wanted(
    connection: Connection,
    chosen: WantedFilter = WantedFilter(),
    order: WantedOrder = WantedOrder.TITLE,
    part: Slice = Slice(),
) -> list[WantedRow]:
    """List items. Paging by `after` has the same cost at any depth, even if that row has left the list."""
    return _read(connection, connection.scalars(_chosen_ids(connection, chosen, order, part, ITEMS)).all())


def list_wanted_ids(connection: Connection, chosen: WantedFilter, limit: int) -> Sequence[WantedId]:
    """List the ids of what a filter selects, in the order of the titles."""
    return connection.scalars(_chosen_ids(connection, chosen, WantedOrder.TITLE, Slice(limit), ITEMS)).all()


def page_wanted(
    connection: Connection,
    chosen: WantedFilter,
    order: WantedOrder = WantedOrder.TITLE,
    part: Slice = Slice(),
) -> tuple[list[WantedRow], int]:
    """List a page of items, and count those of all pages."""
    total = count_wanted(connection, chosen)
    # PostgreSQL chooses by its statistics; SQLite would always sort
    is_walked = order is WantedOrder.TITLE and total >= MANY and connection.dialect.name == "sqlite"
    ids = _chosen_ids(connection, chosen, order, part, _ITEMS_BY_TITLE if is_walked else ITEMS)
    return _read(connection, connection.scalars(ids).all()), total


def _chosen_ids(
    connection: Connection, chosen: WantedFilter, order: WantedOrder, part: Slice, items: FromClause
) -> Select[*tuple[Any, ...]]:
    columns = (*_ORDER[order], wanted.c.id)
    query = select(wanted.c.id).select_from(items).where(*wanted_clauses(connection, chosen))
    if part.after is not None:
        place = connection.execute(select(*columns).select_from(ITEMS).where(wanted.c.id == part.after)).one_or_none()
        if place is None:
            raise NotFound("The item that the cursor names has left the library; start without a cursor")
        bounds = tuple_(*(literal(value, column.type) for value, column in zip(place, columns, strict=True)))
        row = tuple_(*columns)
        query = query.where(row < bounds if order in _DESCENDING else row > bounds)
        # the first column again: an index of expressions serves no comparison of rows
        first = literal(place[0], columns[0].type)
        query = query.where(columns[0] <= first if order in _DESCENDING else columns[0] >= first)
    ordered = [column.desc() if order in _DESCENDING else column for column in columns]
    return query.order_by(*ordered).limit(part.limit).offset(part.offset)


def count_wanted(connection: Connection, chosen: WantedFilter = WantedFilter()) -> int:
    query = select(func.count()).select_from(items_of(chosen)).where(*wanted_clauses(connection, chosen))
    return int(connection.execute(query).scalar_one())


def get_wanted(connection: Connection, wanted_id: WantedId) -> WantedRow:
    rows = _read(connection, [wanted_id])
    if not rows:
        raise NotFound(f"There is no wanted item {wanted_id}: Radarr or Sonarr has removed it from its library.")
    return rows[0]


def list_to_review(
    connection: Connection, *, after: WantedId | None = None, limit: int = 1, offset: int = 0
) -> list[WantedRow]:
    """List the items that the user has to decide, the best match first. `after` is the last item seen."""
    counted = read_counted_matches(connection)
    best = (
        select(func.max(matches.c.score))
        .where(matches.c.wanted_id == wanted.c.id, matches.c.decision == Decision.REVIEW.value, counted.condition)
        .correlate(wanted)
        .scalar_subquery()
    )
    query = select(wanted.c.id).select_from(_PRESENT).where(IS_WANTED, counted.has_to_review())
    query = query.order_by(best.desc(), wanted.c.id).limit(limit if after is None else MOST_TO_REVIEW).offset(offset)
    ids = connection.scalars(query).all()
    start = 0 if after is None or after not in ids else ids.index(after) + 1
    return _read(connection, ids[start : start + limit])


def count_to_review(connection: Connection) -> int:
    to_review = read_counted_matches(connection).has_to_review()
    query = select(func.count()).select_from(_PRESENT).where(IS_WANTED, to_review)
    return int(connection.execute(query).scalar_one())


def list_unfound(connection: Connection, instance_id: InstanceId, before: datetime, limit: int) -> list[WantedRow]:
    """List items that were missing before `before`, without a match or an upstream search since.

    The item that has waited longest comes first.
    """
    query = (
        select(wanted.c.id)
        .select_from(ITEMS)
        .where(
            *wanted_clauses(connection, WantedFilter(found=BestMatch.NOTHING, skipped=False, reason="missing")),
            wanted.c.instance_id == instance_id,
            wanted.c.first_seen < before,
            or_(wanted.c.last_searched_at.is_(None), wanted.c.last_searched_at < before),
        )
    )
    longest_first = (func.coalesce(wanted.c.last_searched_at, wanted.c.first_seen), wanted.c.id)
    return _read(connection, connection.scalars(query.order_by(*longest_first).limit(limit)).all())


class ItemGroup(NamedTuple):
    kind: WantedKind
    reason: str


def count_by_kind(connection: Connection) -> dict[ItemGroup, int]:
    """Count all items by kind and reason."""
    groups = [ItemGroup(kind, reason) for kind in WantedKind for reason in ("missing", "cutoff")]
    # one pass without sorting, which a GROUP BY would need
    counts = (func.count().filter(wanted.c.kind == kind.value, wanted.c.reason == reason) for kind, reason in groups)
    row = connection.execute(select(*counts).select_from(_PRESENT).where(IS_WANTED)).one()
    return dict(zip(groups, row, strict=True))


def count_found(connection: Connection) -> dict[InstanceId, FoundCounts]:
    """Count what was found for the items that may be downloaded, by instance."""
    found = found_of(read_counted_matches(connection))
    query = (
        select(wanted.c.instance_id, found.label("found"), func.count().label("number"))
        .select_from(_PRESENT)
        .where(IS_WANTED, wanted.c.skip.is_(None))
        .group_by(wanted.c.instance_id, found)
    )
    numbers: dict[InstanceId, dict[str, int]] = {}
    for row in connection.execute(query):
        numbers.setdefault(InstanceId(row.instance_id), {})[row.found] = row.number
    return {
        instance_id: FoundCounts(
            confirmed=by_found.get(BestMatch.CONFIRMED, 0),
            review=by_found.get(BestMatch.REVIEW, 0),
            nothing=by_found.get(BestMatch.NOTHING, 0),
        )
        for instance_id, by_found in numbers.items()
    }


def read_open_ids(connection: Connection, instance_id: InstanceId) -> frozenset[WantedId]:
    """Return the items of an instance that no rule skips."""
    query = (
        select(wanted.c.id)
        .select_from(_PRESENT)
        .where(wanted.c.instance_id == instance_id, IS_WANTED, wanted.c.skip.is_(None))
    )
    return frozenset(connection.execute(query).scalars())


def found_of(counted: CountedMatches) -> ColumnElement[str]:
    """Return the expression for an item's best match, as a value of `Found`."""
    return case(
        (counted.has(Decision.CONFIRM), BestMatch.CONFIRMED.value),
        (counted.has(Decision.REVIEW), BestMatch.REVIEW.value),
        else_=BestMatch.NOTHING.value,
    )


_PRESENT: FromClause = wanted.join(instances, instances.c.id == wanted.c.instance_id)
ITEMS: FromClause = wanted.join(library, library.c.id == wanted.c.library_id).join(
    instances, instances.c.id == wanted.c.instance_id
)
# the same rows; + 0: SQLite walks the index of titles until the page is full, instead of sorting all items
_ITEMS_BY_TITLE: FromClause = wanted.join(library, library.c.id + 0 == wanted.c.library_id).join(
    instances, instances.c.id == wanted.c.instance_id
)
# no column may be null: comparing rows with a null gives neither true nor false
_ORDER: dict[WantedOrder, tuple[ColumnElement[Any], ...]] = {
    WantedOrder.TITLE: (
        func.lower(library.c.title),
        library.c.id,
        func.coalesce(wanted.c.season, -1),
        func.coalesce(wanted.c.episode, -1),
    ),
    WantedOrder.NEWEST: (wanted.c.first_seen,),
    WantedOrder.AIRED: (func.coalesce(wanted.c.air_date, ""),),
}
_DESCENDING = frozenset({WantedOrder.NEWEST, WantedOrder.AIRED})


def items_of(chosen: WantedFilter) -> FromClause:
    """Return the tables that the conditions of a filter need, so that counting reads as few as possible."""
    return ITEMS if chosen.text else _PRESENT


def wanted_clauses(connection: Connection, chosen: WantedFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter, for an item joined with its instance, and its library row for a text."""
    clauses: list[ColumnElement[bool]] = [IS_WANTED]
    equal = (
        (instances.c.slug, chosen.instance),
        (wanted.c.kind, chosen.kind.value if chosen.kind else None),
        (wanted.c.reason, chosen.reason),
        (wanted.c.library_id, chosen.library_id),
    )
    clauses += [column == value for column, value in equal if value is not None]
    if chosen.library_ids:
        clauses.append(wanted.c.library_id.in_(chosen.library_ids))
    if chosen.skipped is not None:
        clauses.append(wanted.c.skip.is_not(None) if chosen.skipped else wanted.c.skip.is_(None))
    if chosen.text:
        clauses.append(
            or_(
                library.c.title.icontains(chosen.text, autoescape=True),
                wanted.c.title.icontains(chosen.text, autoescape=True),
            )
        )
    if chosen.status is not None or chosen.found is not None:
        clauses += _found_clauses(read_counted_matches(connection), chosen)
    return clauses


def _found_clauses(counted: CountedMatches, chosen: WantedFilter) -> list[ColumnElement[bool]]:
    confirmed, review = counted.has(Decision.CONFIRM), counted.has(Decision.REVIEW)
    found: dict[BestMatch | None, list[ColumnElement[bool]]] = {
        None: [],
        BestMatch.CONFIRMED: [confirmed],
        BestMatch.REVIEW: [review, ~confirmed],
        BestMatch.NOTHING: [~confirmed, ~review],
    }
    idle = [wanted.c.skip.is_(None), ~is_downloading()]
    status: dict[Status | None, list[ColumnElement[bool]]] = {
        None: [],
        Status.DOWNLOADING: [is_downloading()],
        Status.SKIPPED: [wanted.c.skip.is_not(None), ~is_downloading()],
        **{status: [*idle, *found[of_found]] for of_found, status in _STATUS_OF.items()},
    }
    return [*found[chosen.found], *status[chosen.status]]


def _read(connection: Connection, ids: Sequence[int]) -> list[WantedRow]:
    """Return these items in this order. Matches and downloads are read only for them, because that is slow."""
    query = select(
        *(wanted.c[name] for name in _OF_ITEM),
        wanted.c.title.label("item_title"),
        *(library.c[name] for name in _OF_LIBRARY),
        func.coalesce(wanted.c.runtime_min, library.c.runtime_min).label("runtime_min"),
        instances.c.slug.label("instance"),
        instances.c.kind.label("instance_kind"),
    ).select_from(ITEMS)
    rows = {row.id: row for row in connection.execute(query.where(wanted.c.id.in_(ids)))}
    found = _read_matches(connection, ids)
    fetched = _read_downloads(connection, ids)
    return [_row(rows[item], found.get(item, {}), fetched.get(item, {})) for item in ids if item in rows]


_OF_ITEM = (
    "id", "library_id", "kind", "arr_id", "reason", "season", "episode", "air_date", "air_date_utc",
    "current_quality", "skip", "owned_by", "first_seen", "last_searched_at", "gone_at",
)  # fmt: skip
_OF_LIBRARY = ("title", "year", "poster", "quality_profile_id")


def _row(row: Row[*tuple[Any, ...]], found: Mapping[str, Any], fetched: Mapping[str, Any]) -> WantedRow:
    values = {
        **row._mapping,
        "kind": WantedKind(row.kind),
        "instance_kind": InstanceKind(row.instance_kind),
    }
    return WantedRow(**values, **found, **fetched)


def _read_matches(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    sure = case((matches.c.decision == Decision.CONFIRM.value, 1), else_=0)
    query = (
        select(matches.c.wanted_id, func.sum(sure), func.count(), func.max(matches.c.score))
        .where(
            matches.c.wanted_id.in_(ids),
            matches.c.decision.in_((Decision.CONFIRM.value, Decision.REVIEW.value)),
            IS_COUNTED,
        )
        .group_by(matches.c.wanted_id)
    )
    return {
        wanted_id: {"sure": int(sure), "review": count - int(sure), "score": best}
        for wanted_id, sure, count, best in connection.execute(query)
    }


def _read_downloads(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    query = (
        select(download_items.c.wanted_id, downloads.c.id, downloads.c.state, download_items.c.active)
        .join(downloads, downloads.c.id == download_items.c.download_id)
        .where(download_items.c.wanted_id.in_(ids))
        .order_by(download_items.c.active, downloads.c.id)
    )
    return {
        wanted_id: {"download_id": download_id, "download_state": DownloadState(state), "is_downloading": active}
        for wanted_id, download_id, state, active in connection.execute(query)
    }
