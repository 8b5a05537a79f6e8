"""Matches as people see them: filtered, counted, found by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, literal, or_, select, tuple_

from stalkeer.errors import NotFound
from stalkeer.model import Decision, EntryId, MatchId, WantedId
from stalkeer.store.db.tables import entries, instances, library, matches, sources, wanted
from stalkeer.store.matching.entries import IS_VISIBLE

_FEW_VANISHED = 20_000  # beyond that, looking at the entry of each match costs less


@dataclass(frozen=True, slots=True)
class MatchRow:
    """A match as it is shown, with what rules name its two sides by."""

    id: MatchId
    wanted_id: WantedId
    entry_id: EntryId
    kind: str  # movie | series
    title: str
    year: int | None
    season: int | None
    episode: int | None
    instance: str
    tmdb_id: int | None
    tvdb_id: int | None
    entry_name: str
    entry_key: str
    source: str
    resolution: int | None
    languages: str
    size: int | None
    score: float
    decision: Decision
    decided_by: str
    evidence: Mapping[str, Any]
    matched_at: datetime

    @property
    def label(self) -> str:
        """`Dune (2021)`, `Severance S01E02`."""
        if self.season is None or self.episode is None:
            return f"{self.title} ({self.year})" if self.year else self.title
        return f"{self.title} S{self.season:02}E{self.episode:02}"


@dataclass(frozen=True, slots=True)
class MatchFilter:
    """Which matches; every field that is set must fit."""

    decision: Decision | None = None
    kind: str | None = None
    wanted_id: WantedId | None = None
    instance: str | None = None
    source: str | None = None
    text: str | None = None


def list_matches(
    connection: Connection,
    chosen: MatchFilter,
    *,
    limit: int = 50,
    offset: int = 0,
    after: tuple[float, int] | None = None,
) -> list[MatchRow]:
    """The surest first, of equally sure ones the newest. `after`: score and id of the last row seen."""
    place = (matches.c.score, matches.c.id)
    query = _match_query().where(*_match_clauses(chosen)).order_by(*(column.desc() for column in place))
    if after is not None:
        query = query.where(tuple_(*place) < tuple_(*(literal(value) for value in after)))
    return [_match(row) for row in connection.execute(query.limit(limit).offset(offset))]


def count_matches(connection: Connection, chosen: MatchFilter, up_to: int | None = None) -> int:
    """With `up_to` it stops counting there: each one costs a look at its entry, where more is asked than a decision."""
    if chosen == MatchFilter(decision=chosen.decision) and _is_mostly_shown(connection):
        count = _count_pairs(connection, chosen) - _count_vanished_pairs(connection, chosen)
        return count if up_to is None else min(count, up_to)
    shown = select(matches.c.id).join(wanted, wanted.c.id == matches.c.wanted_id)
    if chosen.kind is not None or chosen.text is not None:
        shown = shown.join(library, library.c.id == wanted.c.library_id)
    if chosen.instance is not None:
        shown = shown.join(instances, instances.c.id == wanted.c.instance_id)
    shown = shown.join(entries, entries.c.id == matches.c.entry_id).join(sources, sources.c.id == entries.c.source_id)
    inner = shown.where(wanted.c.gone_at.is_(None), IS_VISIBLE, *_match_clauses(chosen)).limit(up_to).subquery()
    return connection.scalar(select(func.count()).select_from(inner)) or 0


def _is_mostly_shown(connection: Connection) -> bool:
    """Whether every source is in use, and few entries have left their playlists."""
    hidden = select(sources.c.id).where(or_(~sources.c.enabled, sources.c.removed_at.is_not(None)))
    vanished = select(entries.c.id).where(entries.c.gone_gen.is_not(None)).offset(_FEW_VANISHED)
    return all(connection.execute(some.limit(1)).first() is None for some in (hidden, vanished))


def _count_pairs(connection: Connection, chosen: MatchFilter) -> int:
    """All, less those of the items that are wanted no longer: two looks at an index alone."""
    decided = [matches.c.decision == chosen.decision.value] if chosen.decision is not None else []
    of_item = select(func.count()).where(matches.c.wanted_id == wanted.c.id, *decided).correlate(wanted)
    of_gone = select(func.sum(of_item.scalar_subquery())).where(wanted.c.gone_at.is_not(None))
    of_all = select(func.count()).select_from(matches).where(*decided)
    return (connection.scalar(of_all) or 0) - (connection.scalar(of_gone) or 0)


def _count_vanished_pairs(connection: Connection, chosen: MatchFilter) -> int:
    """Those whose entry left its playlist; they stay until the item is matched again."""
    decided = [matches.c.decision == chosen.decision.value] if chosen.decision is not None else []
    of_entry = (
        select(func.count())
        .join(wanted, wanted.c.id == matches.c.wanted_id)
        .where(matches.c.entry_id == entries.c.id, wanted.c.gone_at.is_(None), *decided)
        .correlate(entries)
    )
    query = (
        select(func.sum(of_entry.scalar_subquery()))
        .join(sources, sources.c.id == entries.c.source_id)
        .where(entries.c.gone_gen.is_not(None), entries.c.gone_gen <= sources.c.generation)
    )
    return connection.scalar(query) or 0


def get_match(connection: Connection, match_id: MatchId) -> MatchRow:
    row = connection.execute(_match_query().where(matches.c.id == match_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no match {match_id}; `stalkeer match list` shows those that there are.")
    return _match(row)


def find_wanted_ids(connection: Connection, text: str) -> list[WantedId]:
    """Wanted items by id, or by part of their film's or series' title."""
    query = (
        select(wanted.c.id)
        .join(library, library.c.id == wanted.c.library_id)
        .join(instances, instances.c.id == wanted.c.instance_id)
        .where(wanted.c.gone_at.is_(None), instances.c.enabled, instances.c.removed_at.is_(None))
    )
    if text.isdecimal():
        query = query.where(wanted.c.id == int(text))
    else:
        query = query.where(library.c.title.icontains(text, autoescape=True))
    return [WantedId(row) for row in connection.scalars(query.order_by(wanted.c.id).limit(50))]


def _match_query() -> Select[Any]:
    return (
        select(
            matches.c.id, matches.c.wanted_id, matches.c.entry_id, library.c.kind, library.c.title, library.c.year,
            wanted.c.season, wanted.c.episode, instances.c.slug.label("instance"), library.c.tmdb_id, library.c.tvdb_id,
            entries.c.name.label("entry_name"), entries.c.key.label("entry_key"), sources.c.slug.label("source"),
            entries.c.resolution, entries.c.languages, entries.c.size, matches.c.score, matches.c.decision,
            matches.c.decided_by, matches.c.evidence, matches.c.matched_at,
        )
        .join(wanted, wanted.c.id == matches.c.wanted_id)
        .join(library, library.c.id == wanted.c.library_id)
        .join(instances, instances.c.id == wanted.c.instance_id)
        .join(entries, entries.c.id == matches.c.entry_id)
        .join(sources, sources.c.id == entries.c.source_id)
        .where(wanted.c.gone_at.is_(None), IS_VISIBLE)
    )  # fmt: skip


def _match_clauses(chosen: MatchFilter) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if chosen.decision is not None:
        clauses.append(matches.c.decision == chosen.decision.value)
    if chosen.kind is not None:
        clauses.append(library.c.kind == chosen.kind)
    if chosen.wanted_id is not None:
        clauses.append(matches.c.wanted_id == chosen.wanted_id)
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
    return MatchRow(**known | {"decision": Decision(row.decision), "languages": row.languages or ""})
