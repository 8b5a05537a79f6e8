"""Read confirmed matches with the data for ranking and queueing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from stalkeer.adapters.arr.values import FileQuality
from stalkeer.core.titles.labels import label_of
from stalkeer.model import Decision, EntryId, EntryKind, InstanceId, MatchId, SourceId, WantedId
from stalkeer.store.catalogue.pictures import is_measured
from stalkeer.store.catalogue.traits import read_languages
from stalkeer.store.catalogue.visible import IS_CURRENT
from stalkeer.store.db.tables import entries, instances, library, matches, measured_pictures, sources, wanted
from stalkeer.store.library.blocked_releases import BlockedEntry, read_blocked_releases
from stalkeer.store.library.visible import IS_INSTANCE_CONFIGURED, IS_WANTED
from stalkeer.store.offers.offers import OfferRow
from stalkeer.store.sources.visible import IS_SOURCE_IN_USE


@dataclass(frozen=True)
class ConfirmedMatch:
    """Hold a pair of an entry and a wanted item that are both present, allowed and enabled."""

    match_id: MatchId
    wanted_id: WantedId
    instance_id: InstanceId
    arr_id: int
    kind: str  # movie | episode
    title: str  # the title that users see
    profile_id: int | None
    original_language: str | None
    current_quality: FileQuality | None  # the quality of the item's present file, which is below its cutoff
    entry_id: EntryId
    entry_key: str
    entry_name: str
    group: str
    source_id: SourceId
    source_priority: int
    score: float
    resolution: int | None  # measured in the file, else from the name
    named_resolution: int | None  # from the entry's name
    quality: Mapping[str, Any]
    languages: tuple[str, ...]
    size: int | None
    runtime_min: int | None  # the item's runtime, times the episodes in the entry
    episodes: int = 1  # number of episodes in the entry
    serves: int = 1  # number of these episodes that are wanted
    blocked: str | None = None  # the release and the reason on the instance's blocklist


def confirmed_matches(connection: Connection, wanted_ids: Sequence[WantedId] | None = None) -> list[ConfirmedMatch]:
    """Return all confirmed matches, or those of some items, unordered."""
    query = _query().where(matches.c.decision == Decision.CONFIRM.value, wanted.c.skip.is_(None), IS_WANTED)
    if wanted_ids is not None:
        query = query.where(wanted.c.id.in_(wanted_ids))
    found = [_confirmed(row) for row in connection.execute(query).mappings()]
    blocked = read_blocked_releases(connection, wanted_ids)
    return [_with_blocks(match, blocked[match.wanted_id]) if match.wanted_id in blocked else match for match in found]


def _with_blocks(match: ConfirmedMatch, blocked: tuple[BlockedEntry, ...]) -> ConfirmedMatch:
    own = next((entry for entry in blocked if entry.is_of(match.source_id, match.entry_key, match.entry_name)), None)
    return (
        match if own is None else replace(match, blocked=f"{own.release}: {own.reason}" if own.reason else own.release)
    )


def offered_matches(connection: Connection, offer: OfferRow) -> list[ConfirmedMatch]:
    """Return the valid matches of an offered release, best first, even if its instance has files of the items.

    A match that the user has rejected since, or whose entry is gone or blocked, is left out.
    """
    files = set(offer.files)
    query = _query().where(matches.c.decision == Decision.CONFIRM.value, wanted.c.id.in_(offer.wanted_ids))
    query = query.where(wanted.c.instance_id == offer.instance_id, IS_INSTANCE_CONFIGURED)
    found = [_confirmed(row) for row in connection.execute(query).mappings()]
    held = [match for match in found if (match.source_id, match.entry_key) in files]
    return sorted(held, key=lambda match: (-match.source_priority, -match.score, match.entry_id, match.wanted_id))


def find_match(connection: Connection, match_id: MatchId) -> ConfirmedMatch | None:
    """Return a match whatever its decision, because the user chose it."""
    row = connection.execute(_query().where(matches.c.id == match_id)).mappings().one_or_none()
    return None if row is None else _confirmed(row)


def find_pair(connection: Connection, entry_id: EntryId, wanted_id: WantedId) -> ConfirmedMatch | None:
    query = _query().where(matches.c.entry_id == entry_id, matches.c.wanted_id == wanted_id)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _confirmed(row)


def _query() -> Any:  # noqa: ANN401 - a Select of many columns
    is_file = entries.c.kind.in_((EntryKind.MOVIE.value, EntryKind.EPISODE.value))
    return (
        select(
            matches.c.id.label("match_id"),
            matches.c.score,
            wanted.c.id.label("wanted_id"),
            wanted.c.instance_id,
            wanted.c.arr_id,
            wanted.c.kind,
            wanted.c.season,
            wanted.c.episode,
            wanted.c.air_date,
            wanted.c.current_quality,
            wanted.c.runtime_min,
            library.c.title.label("library_title"),
            library.c.year,
            library.c.quality_profile_id,
            library.c.original_language,
            library.c.runtime_min.label("usual_runtime_min"),
            entries.c.id.label("entry_id"),
            entries.c.key,
            entries.c.name,
            entries.c.group_title,
            entries.c.source_id,
            func.coalesce(measured_pictures.c.resolution, entries.c.resolution).label("resolution"),
            entries.c.resolution.label("named_resolution"),
            entries.c.quality,
            entries.c.languages,
            entries.c.size,
            entries.c.episode.label("first_episode"),
            entries.c.episode_end,
            sources.c.priority.label("source_priority"),
        )
        .join(wanted, wanted.c.id == matches.c.wanted_id)
        .join(library, library.c.id == wanted.c.library_id)
        .join(entries, entries.c.id == matches.c.entry_id)
        .join(sources, sources.c.id == entries.c.source_id)
        .join(instances, instances.c.id == wanted.c.instance_id)
        .outerjoin(measured_pictures, is_measured())
        .where(IS_CURRENT, IS_SOURCE_IN_USE, is_file, ~entries.c.protected)
    )


def _confirmed(row: RowMapping) -> ConfirmedMatch:
    return ConfirmedMatch(
        match_id=row["match_id"],
        wanted_id=row["wanted_id"],
        instance_id=row["instance_id"],
        arr_id=row["arr_id"],
        kind=row["kind"],
        title=_title(row),
        profile_id=row["quality_profile_id"],
        original_language=row["original_language"],
        current_quality=FileQuality(**row["current_quality"]) if row["current_quality"] else None,
        entry_id=row["entry_id"],
        entry_key=row["key"],
        entry_name=row["name"],
        group=row["group_title"] or "",
        source_id=row["source_id"],
        source_priority=row["source_priority"],
        score=row["score"],
        resolution=row["resolution"],
        named_resolution=row["named_resolution"],
        quality=json.loads(row["quality"]) if row["quality"] else {},
        languages=read_languages(row["languages"]),
        size=row["size"],
        runtime_min=_runtime(row),
        episodes=_held(row),
    )


def _runtime(row: RowMapping) -> int | None:
    own: int | None = row["runtime_min"] or row["usual_runtime_min"]
    return own * _held(row) if own else None


def _held(row: RowMapping) -> int:
    """Return how many episodes the entry holds."""
    if row["episode_end"] is None or row["first_episode"] is None:
        return 1
    held: int = row["episode_end"] - row["first_episode"] + 1
    return max(1, held)


def _title(row: RowMapping) -> str:
    return label_of(row["library_title"], row["year"], row["season"], row["episode"], row["air_date"])
