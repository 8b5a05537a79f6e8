"""Read the matches that count, for all faces: filtered, counted, by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, literal, not_, or_, select, tuple_, union

from stalkeer.core.titles.labels import label_of
from stalkeer.errors import NotFound
from stalkeer.model import Decision, EntryId, MatchId, WantedId
from stalkeer.store.catalogue.traits import read_languages
from stalkeer.store.catalogue.visible import VANISHED, Hidden, estimate_hidden
from stalkeer.store.db.tables import download_items, entries, instances, library, matches, sources, wanted
from stalkeer.store.library.visible import (
    IS_COUNTED,
    IS_INSTANCE_CONFIGURED,
    IS_INSTANCE_IN_USE,
    IS_WANTED,
    read_counted_matches,
)
from stalkeer.store.matching.candidates import EvidenceRow, read_evidence


@dataclass(frozen=True, slots=True)
class MatchRow:
    """Hold a match as shown, with the identifiers that rules use for both sides."""

    id: MatchId
    wanted_id: WantedId
    entry_id: EntryId
    kind: str  # movie | series
    title: str
    year: int | None
    season: int | None
    episode: int | None
    air_date: str | None
    instance: str
    target_service: str  # radarr | sonarr
    target_item_id: int  # the instance's own id of the movie or episode
    tmdb_id: int | None
    tvdb_id: int | None
    entry_name: str
    entry_key: str
    source: str
    resolution: int | None
    languages: tuple[str, ...]
    size: int | None
    duration_s: int | None
    score: float
    decision: Decision
    decided_by: str
    evidence: Mapping[str, Any]
    matched_at: datetime

    @property
    def label(self) -> str:
        """Return the name of the item: `Dune (2021)`, `Severance S01E02`."""
        return label_of(self.title, self.year, self.season, self.episode, self.air_date)

    @property
    def reason(self) -> str:
        return read_evidence(self.evidence)[0]

    @property
    def findings(self) -> tuple[EvidenceRow, ...]:
        return read_evidence(self.evidence)[1]


@dataclass(frozen=True, slots=True)
class MatchFilter:
    """Select matches that match every given field."""

    decision: Decision | None = None
    kind: str | None = None
    wanted_id: WantedId | None = None
    instance: str | None = None
    source: str | None = None
    text: str | None = None
    entry_id: EntryId | None = None
    imported: bool = False  # only items that Stalkeer downloaded and had imported, wanted or not


class MatchOrder(StrEnum):
    SCORE = "score"  # the best match first
    NEWEST = "newest"


def list_matches(
    connection: Connection,
    chosen: MatchFilter,
    *,
    order: MatchOrder = MatchOrder.SCORE,
    limit: int = 50,
    offset: int = 0,
    after: tuple[float, int] | None = None,
) -> list[MatchRow]:
    """List matches; equal ones by age, the newest first. `after`: score and id of the last row seen, by score only."""
    place = (matches.c.score if order is MatchOrder.SCORE else matches.c.matched_at, matches.c.id)
    # by score, the query ends with the page; by time, it sorts all rows
    counts = IS_COUNTED if order is MatchOrder.SCORE else read_counted_matches(connection).condition
    page = _chosen_ids(chosen, counts)
    if after is not None:
        page = page.where(tuple_(*place) < tuple_(*(literal(value) for value in after)))
    # the evidence is large: read it for the rows of this page only
    ids = connection.scalars(page.order_by(*(column.desc() for column in place)).limit(limit).offset(offset)).all()
    rows = {row.id: _match(row) for row in connection.execute(_match_query().where(matches.c.id.in_(ids)))}
    return [rows[match_id] for match_id in ids]


def list_match_ids(connection: Connection, chosen: MatchFilter, limit: int) -> Sequence[MatchId]:
    """List the ids of what a filter selects, the best match first."""
    query = _chosen_ids(chosen, read_counted_matches(connection).condition)
    return connection.scalars(query.order_by(matches.c.score.desc(), matches.c.id.desc()).limit(limit)).all()


def count_matches(connection: Connection, chosen: MatchFilter, up_to: int | None = None) -> int:
    """Count matches, at most `up_to`. With other filters than the decision, each counted match costs a look-up."""
    if chosen == MatchFilter(decision=chosen.decision) and estimate_hidden(connection) is not Hidden.MANY:
        counts = _count_by_decision(connection)
        count = sum(counts.values()) if chosen.decision is None else counts[chosen.decision]
        return count if up_to is None else min(count, up_to)
    inner = _chosen_ids(chosen, read_counted_matches(connection).condition).limit(up_to).subquery()
    return connection.scalar(select(func.count()).select_from(inner)) or 0


def _chosen_ids(chosen: MatchFilter, counts: ColumnElement[bool]) -> Select[Any]:
    """Select the ids of matches that count and fit, with only the joins that the filter needs."""
    joined = _WITH_ITEM
    if chosen.kind is not None or chosen.text is not None:
        joined = joined.join(library, library.c.id == wanted.c.library_id)
    if chosen.source is not None or chosen.text is not None:
        joined = joined.join(entries, entries.c.id == matches.c.entry_id)
        joined = joined.join(sources, sources.c.id == entries.c.source_id)
    are_listed = (_IS_IMPORTED,) if chosen.imported else (IS_WANTED, counts)
    return select(matches.c.id).select_from(joined).where(*are_listed, *_match_clauses(chosen))


def count_by_decision(connection: Connection) -> dict[Decision, int]:
    if estimate_hidden(connection) is Hidden.MANY:
        return {decision: count_matches(connection, MatchFilter(decision)) for decision in Decision}
    return _count_by_decision(connection)


def _count_by_decision(connection: Connection) -> dict[Decision, int]:
    """Count all matches, less those of items no longer wanted, less those whose entry left its playlist.

    The latter stay until the item is matched again. Each of the three counts reads an index or a few rows.
    """
    # two selects of few rows each: one condition would read all items
    removed = select(instances.c.id).where(not_(IS_INSTANCE_CONFIGURED))
    gone = select(wanted.c.id).where(wanted.c.gone_at.is_not(None))
    is_gone = matches.c.wanted_id.in_(union(gone, select(wanted.c.id).where(wanted.c.instance_id.in_(removed))))

    def count(*clauses: ColumnElement[bool]) -> dict[Decision, int]:
        query = select(matches.c.decision, func.count()).where(*clauses).group_by(matches.c.decision)
        return {Decision(decision): number for decision, number in connection.execute(query)}

    everything = count()
    of_gone = count(is_gone)
    vanished = count(matches.c.entry_id.in_(VANISHED), ~is_gone)
    return {
        decision: everything.get(decision, 0) - of_gone.get(decision, 0) - vanished.get(decision, 0)
        for decision in Decision
    }


def get_match(connection: Connection, match_id: MatchId) -> MatchRow:
    """Return a match that counts, or one of an item that was imported: history leads to it."""
    counts = or_(and_(IS_WANTED, IS_COUNTED), _IS_IMPORTED)
    query = _match_query().where(matches.c.id == match_id, counts)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no match {match_id}; `stalkeer match list` shows all matches.")
    return _match(row)


def find_wanted_ids(connection: Connection, text: str) -> list[WantedId]:
    """Find wanted items by id, or by part of the title of their movie or series."""
    query = (
        select(wanted.c.id)
        .join(library, library.c.id == wanted.c.library_id)
        .join(instances, instances.c.id == wanted.c.instance_id)
        .where(IS_WANTED, IS_INSTANCE_IN_USE)
    )
    if text.isdecimal():
        query = query.where(wanted.c.id == int(text))
    else:
        query = query.where(library.c.title.icontains(text, autoescape=True))
    return [WantedId(row) for row in connection.scalars(query.order_by(wanted.c.id).limit(50))]


# a condition on a match: Stalkeer downloaded its item, and the instance imported it
_IS_IMPORTED = (
    select(literal(1))
    .where(download_items.c.wanted_id == matches.c.wanted_id, download_items.c.imported_file_id.is_not(None))
    .correlate(matches)
    .exists()
)
_WITH_ITEM = matches.join(wanted, wanted.c.id == matches.c.wanted_id).join(
    instances, instances.c.id == wanted.c.instance_id
)


def _match_query() -> Select[Any]:
    return select(
        matches.c.id, matches.c.wanted_id, matches.c.entry_id, library.c.kind, library.c.title, library.c.year,
        wanted.c.season, wanted.c.episode, wanted.c.air_date, instances.c.slug.label("instance"),
        instances.c.kind.label("target_service"), wanted.c.arr_id.label("target_item_id"), library.c.tmdb_id,
        library.c.tvdb_id,
        entries.c.name.label("entry_name"), entries.c.key.label("entry_key"), sources.c.slug.label("source"),
        entries.c.resolution, entries.c.languages, entries.c.size, entries.c.duration_s, matches.c.score,
        matches.c.decision, matches.c.decided_by, matches.c.evidence, matches.c.matched_at,
    ).select_from(
        _WITH_ITEM.join(library, library.c.id == wanted.c.library_id)
        .join(entries, entries.c.id == matches.c.entry_id)
        .join(sources, sources.c.id == entries.c.source_id)
    )  # fmt: skip


def _match_clauses(chosen: MatchFilter) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if chosen.decision is not None:
        clauses.append(matches.c.decision == chosen.decision.value)
    if chosen.kind is not None:
        clauses.append(library.c.kind == chosen.kind)
    if chosen.wanted_id is not None:
        clauses.append(matches.c.wanted_id == chosen.wanted_id)
    if chosen.entry_id is not None:
        clauses.append(matches.c.entry_id == chosen.entry_id)
    if chosen.instance is not None:
        clauses.append(instances.c.slug == chosen.instance)
    if chosen.source is not None:
        clauses.append(sources.c.slug == chosen.source)
    if chosen.text is not None:
        clauses.append(
            or_(
                library.c.title.icontains(chosen.text, autoescape=True),
                entries.c.name.icontains(chosen.text, autoescape=True),
            )
        )
    return clauses


def _match(row: Row[Any]) -> MatchRow:
    values = row._mapping
    known = {name: values[name] for name in MatchRow.__dataclass_fields__}
    return MatchRow(**known | {"decision": Decision(row.decision), "languages": read_languages(row.languages)})
