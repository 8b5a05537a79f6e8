"""Read the entries that were compared with a wanted item, with the evidence for and against each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from stalkeer.model import Decision, EntryId, MatchId, WantedId
from stalkeer.store.catalogue.traits import read_languages
from stalkeer.store.db.tables import entries, matches, sources
from stalkeer.store.library.visible import IS_COUNTED

MOST = 60


@dataclass(frozen=True)
class EvidenceRow:
    """Hold a piece of evidence for or against a match."""

    name: str
    weight: float
    text: str


@dataclass(frozen=True)
class Candidate:
    """Hold an entry that was compared with a wanted item."""

    match_id: MatchId
    entry_id: EntryId
    entry_key: str
    name: str
    group: str
    source: str
    logo: str
    year: int | None
    resolution: int | None
    languages: tuple[str, ...]
    size: int | None
    duration_s: int | None
    score: float
    decision: Decision
    decided_by: str
    reason: str
    findings: tuple[EvidenceRow, ...] = ()


def list_candidates(connection: Connection, wanted_id: WantedId) -> list[Candidate]:
    """List the entries with a counted match of the item, the best first."""
    query = _query().where(matches.c.wanted_id == wanted_id).limit(MOST)
    return [_candidate(row) for row in connection.execute(query)]


def best_to_review(connection: Connection, wanted_ids: Sequence[WantedId]) -> dict[WantedId, Candidate]:
    """Return the best open candidate of each of these items."""
    is_open = (matches.c.wanted_id.in_(wanted_ids), matches.c.decision == Decision.REVIEW.value)
    found: dict[WantedId, Candidate] = {}
    for row in connection.execute(_query().add_columns(matches.c.wanted_id).where(*is_open)):
        if row.wanted_id not in found:
            found[WantedId(row.wanted_id)] = _candidate(row)
    return found


def _query() -> Select[Any]:
    return (
        select(
            matches.c.id, matches.c.entry_id, matches.c.score, matches.c.decision, matches.c.decided_by,
            matches.c.evidence, entries.c.key, entries.c.name, entries.c.group_title, entries.c.logo, entries.c.year,
            entries.c.resolution, entries.c.languages, entries.c.size, entries.c.duration_s, sources.c.slug,
        )
        .join(entries, entries.c.id == matches.c.entry_id)
        .join(sources, sources.c.id == entries.c.source_id)
        .where(IS_COUNTED)
        .order_by(matches.c.score.desc(), entries.c.resolution.desc(), matches.c.id)
    )  # fmt: skip


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
        languages=read_languages(row.languages),
        size=row.size,
        duration_s=row.duration_s,
        score=row.score,
        decision=Decision(row.decision),
        decided_by=row.decided_by,
        reason=reason,
        findings=findings,
    )


def read_evidence(stored: object) -> tuple[str, tuple[EvidenceRow, ...]]:
    """Return the reason and the evidence that are stored with a match."""
    document: Mapping[str, Any] = stored if isinstance(stored, Mapping) else {}
    listed = document.get("evidence") or document.get("findings") or ()
    findings = tuple(
        EvidenceRow(str(item.get("name", "")), float(item.get("weight", 0.0)), str(item.get("text", "")))
        for item in listed
    )
    return str(document.get("reason", "")), findings
