"""Store the custom format scores that instances give releases and present files, so that each is asked for once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, select

from stalkeer.model import SourceId, WantedId
from stalkeer.store.db.tables import download_items, downloads, file_scores, release_scores


class ScoredEntry(NamedTuple):
    """Name an entry of a source, as the release of a wanted item."""

    wanted_id: WantedId
    source_id: SourceId
    entry_key: str


@dataclass(frozen=True)
class ReleaseScore:
    """Hold the score of a release name; None where the instance does not say. `profile` marks the profile's scores."""

    release: str
    profile: str
    score: int | None
    asked_at: datetime


@dataclass(frozen=True)
class FileScore:
    """Hold the score of the present file of an item."""

    file_id: int
    profile: str
    score: int | None
    asked_at: datetime


@dataclass(frozen=True)
class KnownScores:
    """Hold what is known of some items. `imported` lists the entries that were imported for their item before."""

    releases: Mapping[ScoredEntry, ReleaseScore] = field(default_factory=dict)
    files: Mapping[WantedId, FileScore] = field(default_factory=dict)
    imported: frozenset[ScoredEntry] = frozenset()


NOTHING_KNOWN = KnownScores()
_AT_ONCE = 500
_IMPORTED = "imported"  # of an item of a download


def read_scores(connection: Connection, wanted_ids: Sequence[WantedId]) -> KnownScores:
    """Return the stored scores of these items."""
    releases: dict[ScoredEntry, ReleaseScore] = {}
    files: dict[WantedId, FileScore] = {}
    imported: set[ScoredEntry] = set()
    ordered = sorted(set(wanted_ids))
    for start in range(0, len(ordered), _AT_ONCE):
        part = ordered[start : start + _AT_ONCE]
        for row in connection.execute(select(release_scores).where(release_scores.c.wanted_id.in_(part))):
            entry = ScoredEntry(WantedId(row.wanted_id), SourceId(row.source_id), row.entry_key)
            releases[entry] = ReleaseScore(row.release, row.profile, row.score, row.asked_at)
        for row in connection.execute(select(file_scores).where(file_scores.c.wanted_id.in_(part))):
            files[WantedId(row.wanted_id)] = FileScore(row.file_id, row.profile, row.score, row.asked_at)
        query = (
            select(download_items.c.wanted_id, downloads.c.source_id, downloads.c.entry_key)
            .join(downloads, downloads.c.id == download_items.c.download_id)
            .where(download_items.c.wanted_id.in_(part), download_items.c.state == _IMPORTED)
        )
        imported.update(ScoredEntry(*row) for row in connection.execute(query))
    return KnownScores(releases, files, frozenset(imported))


def save_release_score(connection: Connection, entries: Iterable[ScoredEntry], score: ReleaseScore) -> None:
    """Store the score of a release for all entries with its name."""
    found = sorted(set(entries))
    for entry in found:
        connection.execute(delete(release_scores).where(_is_of(entry)))
    values = {"release": score.release, "profile": score.profile, "score": score.score, "asked_at": score.asked_at}
    connection.execute(release_scores.insert(), [{**entry._asdict(), **values} for entry in found])


def save_file_score(connection: Connection, wanted_id: WantedId, score: FileScore) -> None:
    connection.execute(delete(file_scores).where(file_scores.c.wanted_id == wanted_id))
    values = {"file_id": score.file_id, "profile": score.profile, "score": score.score, "asked_at": score.asked_at}
    connection.execute(file_scores.insert().values(wanted_id=wanted_id, **values))


def _is_of(entry: ScoredEntry) -> ColumnElement[bool]:
    columns = release_scores.c
    is_source = and_(columns.source_id == entry.source_id, columns.entry_key == entry.entry_key)
    return and_(columns.wanted_id == entry.wanted_id, is_source)
