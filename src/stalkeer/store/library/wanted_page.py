"""The wanted list and the review queue as people see them: each item with what was found for it and how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Case, ColumnElement, Connection, Exists, Row, Select, case, func, literal, or_, select

from stalkeer.errors import NotFound
from stalkeer.model import FINAL_STATES, Decision, DownloadState, EntryId, MatchId, WantedId
from stalkeer.store.db.tables import download_items, downloads, entries, instances, library, matches, sources, wanted

FINAL = tuple(state.value for state in FINAL_STATES)


class Status(StrEnum):
    """Where a wanted item stands."""

    NOTHING = "nothing"  # no entry fits
    FOUND = "found"
    REVIEW = "review"
    DOWNLOADING = "downloading"
    SKIPPED = "skipped"  # a rule keeps it from being downloaded now


@dataclass(frozen=True)
class WantedFilter:
    """Which items: every field that is set must fit."""

    reason: str = ""  # missing | cutoff
    kind: str = ""  # movie | episode
    instance: str = ""
    status: str = ""
    search: str = ""


@dataclass(frozen=True)
class WantedRow:
    """One item. `title` is the film's or the series'; an episode has a code and its own `name`."""

    id: WantedId
    kind: str
    title: str
    year: int | None
    name: str
    season: int | None
    episode: int | None
    poster: str | None
    instance: str
    instance_kind: str
    instance_url: str
    reason: str
    current_quality: str
    air_date_utc: datetime | None
    runtime_min: int | None
    skip: str | None
    owned_by: str | None
    tmdb_id: int | None
    tvdb_id: int | None
    sure: int = 0
    review: int = 0
    best_score: float | None = None
    download_id: int | None = None
    download_state: DownloadState | None = None

    @property
    def label(self) -> str:
        """`Dune (2021)`, `Severance S01E02`."""
        if self.kind == "movie":
            return f"{self.title} ({self.year})" if self.year else self.title
        if self.season is None or self.episode is None:
            return f"{self.title} {self.name}"
        return f"{self.title} S{self.season:02d}E{self.episode:02d}"

    @property
    def status(self) -> Status:
        if self.download_id is not None:
            return Status.DOWNLOADING
        if self.skip:
            return Status.SKIPPED
        if self.sure:
            return Status.FOUND
        return Status.REVIEW if self.review else Status.NOTHING


@dataclass(frozen=True)
class Candidate:
    """An entry that was compared with a wanted item; `evidence` is as the matching wrote it."""

    match_id: MatchId
    entry_id: EntryId
    entry_key: str
    name: str
    group: str
    source: str
    logo: str
    year: int | None
    resolution: int | None
    languages: str
    size: int | None
    duration_s: int | None
    score: float
    decision: Decision
    decided_by: str
    reason: str
    findings: tuple[Finding, ...] = field(default=())


@dataclass(frozen=True)
class Finding:
    """One thing that speaks for or against."""

    name: str
    weight: float
    text: str


def list_wanted(connection: Connection, chosen: WantedFilter, *, limit: int = 50, offset: int = 0) -> list[WantedRow]:
    """By title, a series' episodes in their order."""
    query = (
        _select()
        .where(*_clauses(chosen))
        .order_by(func.lower(library.c.title), library.c.id, wanted.c.season, wanted.c.episode)
        .limit(limit)
        .offset(offset)
    )
    return _with_states(connection, connection.execute(query).all())


def count_wanted_page(connection: Connection, chosen: WantedFilter) -> int:
    query = (
        select(func.count())
        .select_from(wanted)
        .join(library, library.c.id == wanted.c.library_id)
        .join(instances, instances.c.id == wanted.c.instance_id)
        .where(*_clauses(chosen))
    )
    return int(connection.execute(query).scalar_one())


def get_wanted(connection: Connection, wanted_id: WantedId) -> WantedRow:
    rows = connection.execute(_select().where(wanted.c.id == wanted_id)).all()
    if not rows:
        raise NotFound("This item is wanted no longer: Radarr or Sonarr has it now, or it was removed there.")
    return _with_states(connection, rows)[0]


@dataclass(frozen=True)
class PosterPlace:
    """Whom to ask for a picture, and under which of its own numbers."""

    instance: str
    arr_id: int


def poster_place(connection: Connection, wanted_id: WantedId) -> PosterPlace | None:
    query = (
        select(instances.c.slug, library.c.arr_id)
        .select_from(wanted)
        .join(library, library.c.id == wanted.c.library_id)
        .join(instances, instances.c.id == wanted.c.instance_id)
        .where(wanted.c.id == wanted_id, library.c.poster.is_not(None))
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else PosterPlace(row.slug, row.arr_id)


def list_to_review(connection: Connection, *, after: WantedId | None = None, limit: int = 1) -> list[WantedRow]:
    """Items with something to decide and nothing sure, the best match first."""
    best = (
        select(matches.c.wanted_id, func.max(matches.c.score).label("best"))
        .where(matches.c.decision == Decision.REVIEW.value)
        .group_by(matches.c.wanted_id)
        .subquery()
    )
    query = (
        _select()
        .join(best, best.c.wanted_id == wanted.c.id)
        .where(wanted.c.gone_at.is_(None), ~_has(Decision.CONFIRM), ~_is_downloading())
        .order_by(best.c.best.desc(), wanted.c.id)
    )
    rows = _with_states(connection, connection.execute(query.limit(limit if after is None else 5000)).all())
    if after is None:
        return rows
    at = next((number for number, row in enumerate(rows) if row.id == after), -1)
    return rows[at + 1 : at + 1 + limit]


def list_candidates(connection: Connection, wanted_id: WantedId) -> list[Candidate]:
    """Everything that was compared with it and is worth telling, the best first."""
    return _candidates(connection, matches.c.wanted_id == wanted_id, limit=60)


@dataclass(frozen=True)
class MatchRow:
    item: WantedRow
    candidate: Candidate


def list_match_rows(
    connection: Connection, decision: Decision, search: str, *, limit: int, offset: int
) -> list[MatchRow]:
    """Matches of one decision, the newest first."""
    query = (
        select(matches.c.id, matches.c.wanted_id)
        .join(wanted, wanted.c.id == matches.c.wanted_id)
        .join(library, library.c.id == wanted.c.library_id)
        .where(matches.c.decision == decision.value, wanted.c.gone_at.is_(None))
        .order_by(matches.c.matched_at.desc(), matches.c.id)
        .limit(limit)
        .offset(offset)
    )
    if search:
        query = query.where(library.c.title.icontains(search, autoescape=True))
    pairs = connection.execute(query).all()
    items = {
        row.id: row
        for row in _with_states(
            connection, connection.execute(_select().where(wanted.c.id.in_([pair.wanted_id for pair in pairs]))).all()
        )
    }
    found = {
        candidate.match_id: candidate
        for candidate in _candidates(connection, matches.c.id.in_([pair.id for pair in pairs]), limit=limit)
    }
    return [MatchRow(items[pair.wanted_id], found[pair.id]) for pair in pairs if pair.id in found]


def count_match_rows(connection: Connection, decision: Decision, search: str) -> int:
    query = (
        select(func.count())
        .select_from(matches)
        .join(wanted, wanted.c.id == matches.c.wanted_id)
        .join(library, library.c.id == wanted.c.library_id)
        .where(matches.c.decision == decision.value, wanted.c.gone_at.is_(None))
    )
    if search:
        query = query.where(library.c.title.icontains(search, autoescape=True))
    return int(connection.execute(query).scalar_one())


def count_present(connection: Connection) -> int:
    """Everything that the instances miss or would have better."""
    return int(
        connection.execute(select(func.count()).select_from(wanted).where(wanted.c.gone_at.is_(None))).scalar_one()
    )


def count_review(connection: Connection) -> int:
    """Items with a doubtful match and no sure one."""
    query = (
        select(func.count())
        .select_from(wanted)
        .where(wanted.c.gone_at.is_(None), _has(Decision.REVIEW), ~_has(Decision.CONFIRM))
    )
    return int(connection.execute(query).scalar_one())


# --- how the rows are put together -------------------------------------------------------------------------------


def _select() -> Select[Any]:
    return (
        select(
            wanted.c.id,
            wanted.c.kind,
            library.c.title,
            library.c.year,
            wanted.c.title.label("name"),
            wanted.c.season,
            wanted.c.episode,
            library.c.poster,
            instances.c.slug.label("instance"),
            instances.c.kind.label("instance_kind"),
            instances.c.url.label("instance_url"),
            wanted.c.reason,
            wanted.c.current_quality,
            wanted.c.air_date_utc,
            func.coalesce(wanted.c.runtime_min, library.c.runtime_min).label("runtime_min"),
            wanted.c.skip,
            wanted.c.owned_by,
            library.c.tmdb_id,
            library.c.tvdb_id,
        )
        .join(library, library.c.id == wanted.c.library_id)
        .join(instances, instances.c.id == wanted.c.instance_id)
    )


def _with_states(connection: Connection, rows: Sequence[Row[Any]]) -> list[WantedRow]:
    ids = [row.id for row in rows]
    found = _match_counts(connection, ids)
    running = _running(connection, ids)
    return [
        WantedRow(
            **{name: getattr(row, name) for name in _BASE},
            current_quality=str((row.current_quality or {}).get("name", "")),
            **found.get(row.id, {}),
            **running.get(row.id, {}),
        )
        for row in rows
    ]


_BASE = tuple(
    name
    for name in WantedRow.__dataclass_fields__
    if name not in ("current_quality", "sure", "review", "best_score", "download_id", "download_state")
)


def _match_counts(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    query = (
        select(
            matches.c.wanted_id,
            func.sum(_one_if(matches.c.decision == Decision.CONFIRM.value)),
            func.sum(_one_if(matches.c.decision == Decision.REVIEW.value)),
            func.max(matches.c.score),
        )
        .where(matches.c.wanted_id.in_(ids), matches.c.decision.in_(("confirm", "review")))
        .group_by(matches.c.wanted_id)
    )
    return {
        wanted_id: {"sure": int(sure), "review": int(review), "best_score": best}
        for wanted_id, sure, review, best in connection.execute(query)
    }


def _running(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    query = (
        select(download_items.c.wanted_id, downloads.c.id, downloads.c.state)
        .join(downloads, downloads.c.id == download_items.c.download_id)
        .where(download_items.c.wanted_id.in_(ids), download_items.c.active)
    )
    return {
        wanted_id: {"download_id": download_id, "download_state": DownloadState(state)}
        for wanted_id, download_id, state in connection.execute(query)
    }


def _candidates(connection: Connection, which: ColumnElement[bool], *, limit: int) -> list[Candidate]:
    query = (
        select(
            matches.c.id,
            matches.c.entry_id,
            matches.c.score,
            matches.c.decision,
            matches.c.decided_by,
            matches.c.evidence,
            entries.c.key,
            entries.c.name,
            entries.c.group_title,
            entries.c.logo,
            entries.c.year,
            entries.c.resolution,
            entries.c.languages,
            entries.c.size,
            entries.c.duration_s,
            sources.c.slug,
        )
        .join(entries, entries.c.id == matches.c.entry_id)
        .join(sources, sources.c.id == entries.c.source_id)
        .where(which)
        .order_by(matches.c.score.desc(), entries.c.resolution.desc(), matches.c.id)
        .limit(limit)
    )
    return [_candidate(row) for row in connection.execute(query)]


def _candidate(row: Row[*tuple[Any, ...]]) -> Candidate:
    reason, findings = read_evidence(row.evidence)
    return Candidate(
        match_id=MatchId(row.id),
        entry_id=EntryId(row.entry_id),
        entry_key=row.key,
        name=row.name,
        group=row.group_title or "",
        source=row.slug,
        logo=row.logo or "",
        year=row.year,
        resolution=row.resolution,
        languages=row.languages or "",
        size=row.size,
        duration_s=row.duration_s,
        score=row.score,
        decision=Decision(row.decision),
        decided_by=row.decided_by,
        reason=reason,
        findings=findings,
    )


def read_evidence(stored: object) -> tuple[str, tuple[Finding, ...]]:
    """The reason and the findings of a match, as they lie in its row."""
    document: Mapping[str, Any] = stored if isinstance(stored, Mapping) else {}
    listed = document.get("evidence") or document.get("findings") or ()
    findings = tuple(
        Finding(str(item.get("name", "")), float(item.get("weight", 0.0)), str(item.get("text", ""))) for item in listed
    )
    return str(document.get("reason", "")), findings


def _clauses(chosen: WantedFilter) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = [wanted.c.gone_at.is_(None)]
    if chosen.reason:
        clauses.append(wanted.c.reason == chosen.reason)
    if chosen.kind:
        clauses.append(wanted.c.kind == chosen.kind)
    if chosen.instance:
        clauses.append(instances.c.slug == chosen.instance)
    if chosen.search:
        clauses.append(
            or_(
                library.c.title.icontains(chosen.search, autoescape=True),
                wanted.c.title.icontains(chosen.search, autoescape=True),
            )
        )
    return [*clauses, *_status_clauses(chosen.status)]


def _status_clauses(status: str) -> list[ColumnElement[bool]]:
    idle = [~_is_downloading(), wanted.c.skip.is_(None)]
    by_status: dict[str, list[ColumnElement[bool]]] = {
        Status.DOWNLOADING.value: [_is_downloading()],
        Status.SKIPPED.value: [wanted.c.skip.is_not(None), ~_is_downloading()],
        Status.FOUND.value: [*idle, _has(Decision.CONFIRM)],
        Status.REVIEW.value: [*idle, _has(Decision.REVIEW), ~_has(Decision.CONFIRM)],
        Status.NOTHING.value: [*idle, ~_has(Decision.CONFIRM), ~_has(Decision.REVIEW)],
    }
    return by_status.get(status, [])


def _has(decision: Decision) -> Exists:
    return (
        select(literal(1))
        .where(matches.c.wanted_id == wanted.c.id, matches.c.decision == decision.value)
        .correlate(wanted)
        .exists()
    )


def _is_downloading() -> Exists:
    return (
        select(literal(1))
        .where(download_items.c.wanted_id == wanted.c.id, download_items.c.active)
        .correlate(wanted)
        .exists()
    )


def _one_if(condition: ColumnElement[bool]) -> Case[int]:
    return case((condition, 1), else_=0)
