"""Read the confirmed matches of an instance with the data of their offers, and the offers that are valid now."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, exists, func, literal, or_, select

from stalkeer.core.naming.offers import named_resolution
from stalkeer.model import Decision, EntryId, EntryKind, InstanceId, LibraryId, SourceId, WantedId, WantedKind
from stalkeer.store.catalogue.pictures import is_measured
from stalkeer.store.catalogue.traits import read_languages
from stalkeer.store.catalogue.visible import IS_CURRENT
from stalkeer.store.db.tables import (
    entries,
    instances,
    library,
    matches,
    measured_pictures,
    offer_entries,
    offers,
    sources,
    wanted,
)
from stalkeer.store.library.visible import IS_WANTED
from stalkeer.store.sources.visible import IS_SOURCE_IN_USE

_FILES = (EntryKind.MOVIE.value, EntryKind.EPISODE.value)
_IN_PAGE = 500


@dataclass(frozen=True)
class OfferableMatch:
    """Pair an entry with a wanted item of an instance. Titles and ids are the instance's own."""

    wanted_id: WantedId
    arr_id: int
    kind: WantedKind
    library_id: LibraryId
    library_arr_id: int
    title: str
    year: int | None
    secondary_year: int | None
    series_type: str | None
    original_language: str | None
    tmdb_id: int | None
    tvdb_id: int | None
    imdb_id: str | None
    season: int | None
    episode: int | None
    absolute: int | None
    scene_season: int | None
    scene_episode: int | None
    scene_absolute: int | None
    air_date: str | None
    entry_id: EntryId
    source_id: SourceId
    entry_key: str
    entry_name: str
    first_episode: int | None
    last_episode: int | None
    resolution: int | None
    source_word: str | None  # the release source in its name: webdl, cam, ...
    languages: tuple[str, ...]
    size: int | None
    first_seen: datetime


def offerable_matches(
    connection: Connection,
    instance_id: InstanceId,
    held_back: Collection[str],
    library_arr_id: int | None = None,
    wanted_ids: Collection[WantedId] | None = None,
) -> list[OfferableMatch]:
    """Return the matches to offer, oldest entries first: all, those of one movie or series, or of some items.

    `held_back` lists the rules whose items are not offered.
    """
    query = _query(held_back).where(wanted.c.instance_id == instance_id)
    if wanted_ids is not None:
        query = query.where(wanted.c.id.in_(wanted_ids))
    if library_arr_id is not None:
        query = query.where(library.c.instance_id == instance_id, library.c.arr_id == library_arr_id)
    query = query.order_by(entries.c.first_seen, entries.c.id, wanted.c.id)
    return [_match(row) for row in connection.execute(query).mappings()]


class UnofferedMatch(NamedTuple):
    """Name a confirmed match that has no offer yet. `library_arr_id` is the instance's id of the movie or series."""

    library_arr_id: int
    wanted_id: WantedId
    entry_id: EntryId


def list_unoffered(
    connection: Connection,
    instance_id: InstanceId,
    held_back: Collection[str],
    wanted_ids: Sequence[WantedId],
) -> list[UnofferedMatch]:
    """List the matches of these items that have no offer yet."""
    known = exists().where(
        offer_entries.c.wanted_id == wanted.c.id,
        offer_entries.c.source_id + 0 == entries.c.source_id,  # + 0: SQLite would walk over all offers of the source
        offer_entries.c.entry_key == entries.c.key,
    )
    query = _query(held_back).where(wanted.c.instance_id == instance_id, wanted.c.id.in_(wanted_ids), ~known)
    rows = connection.execute(query.with_only_columns(library.c.arr_id, wanted.c.id, entries.c.id).distinct())
    return [UnofferedMatch(row[0], WantedId(row[1]), EntryId(row[2])) for row in rows]


@dataclass(frozen=True)
class OfferSearch:
    """Select the offers of an instance. `pictures` are LIKE patterns of picture formats, one of which must fit."""

    instance_id: InstanceId
    held_back: Collection[str]
    wanted_ids: Sequence[WantedId] | None = None  # None: every item
    with_words: tuple[str, ...] = ()
    without_words: tuple[str, ...] | None = None  # include titles that have none of these words


@dataclass(frozen=True)
class LiveOffer:
    """Hold a valid offer with the data for the feed. `size` is in bytes, `resolution` comes from its name."""

    release: str
    guid: str
    pub_date: datetime
    kind: WantedKind
    tmdb_id: int | None
    tvdb_id: int | None
    imdb_id: str | None
    series_type: str | None
    season: int | None
    episodes: tuple[int, ...]
    resolution: int | None
    languages: tuple[str, ...]
    size: int | None


@dataclass(frozen=True)
class PlaceInFeed:
    """Define where a page of the newest offers begins: `skip` offers after the date `after`, or after the start."""

    skip: int = 0
    after: datetime | None = None


@dataclass(frozen=True)
class OfferPage:
    """Hold a page of offers, the newest first.

    `end` is the date of its last one, `has_more` whether another follows.
    """

    offers: tuple[LiveOffer, ...]
    end: datetime | None
    has_more: bool


def list_live_offers(
    connection: Connection, chosen: OfferSearch, *, limit: int, place: PlaceInFeed = PlaceInFeed()
) -> OfferPage:
    """List the valid offers, newest first. Only the offers of the page are described."""
    query = _live(select(offers.c.id, offers.c.pub_date), chosen).order_by(offers.c.pub_date.desc())
    if place.after is not None:
        query = query.where(offers.c.pub_date < place.after)
    rows = connection.execute(query.limit(limit + 1).offset(place.skip)).all()
    kept = rows[:limit]
    found = _describe(connection, [row.id for row in kept], chosen.held_back)
    page = tuple(found[row.id] for row in kept if row.id in found)
    return OfferPage(page, kept[-1].pub_date if kept else None, len(rows) > limit)


def find_live_offer(connection: Connection, guid: str, held_back: Collection[str]) -> LiveOffer | None:
    """Return the offer if it is still valid: one of its entries is in the catalogue and confirmed."""
    offer_id = connection.scalar(select(offers.c.id).where(offers.c.guid == guid, offers.c.pub_date.is_not(None)))
    return None if offer_id is None else _describe(connection, [offer_id], held_back).get(offer_id)


# Building these expressions took most of the time of a search, and few `held_back` are used.
_KEPT = 16


@lru_cache(_KEPT)
def _counts(held_back: tuple[str, ...]) -> ColumnElement[bool]:
    """Return the condition for a match, joined with item, entry and source: it is confirmed, its item and entry are
    present, and the item is not held back.
    """
    is_free = or_(wanted.c.skip.is_(None), wanted.c.skip.not_in(held_back))
    return and_(
        matches.c.decision.concat("") == Decision.CONFIRM.value,  # concat: SQLite would begin at every confirmed match
        is_free,
        IS_WANTED,
        IS_CURRENT,
        IS_SOURCE_IN_USE,
        entries.c.kind.concat("").in_(_FILES),  # concat: SQLite would walk the index of kinds
        ~entries.c.protected,
    )


@lru_cache(_KEPT)
def _has_entry(held_back: tuple[str, ...]) -> ColumnElement[bool]:
    """Return the condition for an offer that has a match which counts."""
    return (
        select(literal(1))
        .select_from(offer_entries)
        .join(wanted, wanted.c.id == offer_entries.c.wanted_id)
        .join(instances, instances.c.id == wanted.c.instance_id)
        .join(
            entries,
            and_(entries.c.source_id == offer_entries.c.source_id, entries.c.key == offer_entries.c.entry_key),
        )
        .join(sources, sources.c.id == entries.c.source_id)
        .join(matches, and_(matches.c.wanted_id == wanted.c.id, matches.c.entry_id == entries.c.id))
        .where(offer_entries.c.offer_id == offers.c.id, _counts(held_back))
        .correlate(offers)
        .exists()
    )


def _live(query: Select[Any], chosen: OfferSearch) -> Select[Any]:
    query = query.where(offers.c.pub_date.is_not(None), _has_entry(tuple(chosen.held_back)))
    if chosen.wanted_ids is None:
        query = query.where(offers.c.instance_id == chosen.instance_id)
    else:  # + 0: SQLite would walk over all offers of the instance, in the order of their dates
        own = select(offer_entries.c.offer_id).where(offer_entries.c.wanted_id.in_(chosen.wanted_ids))
        query = query.where(offers.c.instance_id + 0 == chosen.instance_id, offers.c.id.in_(own))
    return query if chosen.without_words is None else query.where(_has_picture(chosen))


def _has_picture(chosen: OfferSearch) -> ColumnElement[bool]:
    having = [offers.c.release.contains(word, autoescape=True) for word in chosen.with_words]
    lacking = [~offers.c.release.contains(word, autoescape=True) for word in chosen.without_words or ()]
    return or_(*having, and_(*lacking)) if lacking else or_(*having)


def _describe(connection: Connection, ids: Sequence[int], held_back: Collection[str]) -> dict[int, LiveOffer]:
    found: dict[int, LiveOffer] = {}
    for start in range(0, len(ids), _IN_PAGE):
        query = _query(held_back, of_offers=True).where(offers.c.id.in_(ids[start : start + _IN_PAGE]))
        rows: dict[int, list[RowMapping]] = {}
        for row in connection.execute(query.order_by(entries.c.size.desc(), entries.c.id)).mappings():
            rows.setdefault(row["offer_id"], []).append(row)
        found.update((offer_id, _live_offer(own)) for offer_id, own in rows.items())
    return found


def _live_offer(rows: Sequence[RowMapping]) -> LiveOffer:
    first = next((row for row in rows if row["size"]), rows[0])
    numbers = sorted({row["episode"] for row in rows if row["episode"] is not None})
    return LiveOffer(
        release=first["release"],
        guid=first["guid"],
        pub_date=first["pub_date"],
        kind=WantedKind(first["kind"]),
        tmdb_id=first["tmdb_id"],
        tvdb_id=first["tvdb_id"],
        imdb_id=first["imdb_id"],
        series_type=first["series_type"],
        season=first["season"],
        episodes=tuple(numbers),
        resolution=named_resolution(first["release"]),
        languages=read_languages(first["languages"]),
        size=first["size"],
    )


def _query(held_back: Collection[str], *, of_offers: bool = False) -> Select[Any]:
    return _matches_query(tuple(held_back), of_offers=of_offers)


@lru_cache(_KEPT)
def _matches_query(held_back: tuple[str, ...], *, of_offers: bool) -> Select[Any]:
    columns = [
        wanted.c.id.label("wanted_id"), wanted.c.arr_id, wanted.c.kind, wanted.c.season, wanted.c.episode,
        wanted.c.absolute, wanted.c.scene_season, wanted.c.scene_episode, wanted.c.scene_absolute, wanted.c.air_date,
        library.c.id.label("library_id"), library.c.arr_id.label("library_arr_id"), library.c.title, library.c.year,
        library.c.secondary_year, library.c.series_type, library.c.original_language, library.c.tmdb_id,
        library.c.tvdb_id, library.c.imdb_id, entries.c.id.label("entry_id"), entries.c.source_id, entries.c.key,
        entries.c.name, entries.c.episode.label("first_episode"), entries.c.episode_end, entries.c.quality,
        entries.c.languages, entries.c.size, entries.c.first_seen,
        func.coalesce(measured_pictures.c.resolution, entries.c.resolution).label("resolution"),
    ]  # fmt: skip
    joined = matches.join(wanted, wanted.c.id == matches.c.wanted_id).join(entries, entries.c.id == matches.c.entry_id)
    if of_offers:
        of_match = and_(
            offer_entries.c.wanted_id == wanted.c.id,
            offer_entries.c.source_id == entries.c.source_id,
            offer_entries.c.entry_key == entries.c.key,
        )
        joined = joined.join(offer_entries, of_match).join(offers, offers.c.id == offer_entries.c.offer_id)
        columns += [offers.c.id.label("offer_id"), offers.c.release, offers.c.guid, offers.c.pub_date]
    joined = (
        joined.join(library, library.c.id == wanted.c.library_id)
        .join(sources, sources.c.id == entries.c.source_id)
        .join(instances, instances.c.id == wanted.c.instance_id)
        .outerjoin(measured_pictures, is_measured())
    )
    return select(*columns).select_from(joined).where(_counts(held_back))


def _match(row: RowMapping) -> OfferableMatch:
    quality = json.loads(row["quality"]) if row["quality"] else {}
    plain = {name: row[name] for name in OfferableMatch.__dataclass_fields__ if name in row}
    return OfferableMatch(
        **plain
        | {
            "kind": WantedKind(row["kind"]),
            "entry_key": row["key"],
            "entry_name": row["name"],
            "last_episode": row["episode_end"],
            "source_word": quality.get("source"),
            "languages": read_languages(row["languages"]),
        }
    )
