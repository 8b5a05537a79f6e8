"""Find movies and series that several instances share, by TMDB or TVDB id, and items that tags exclude."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, FromClause, Select, select

from stalkeer.model import DownloadState, InstanceId, WantedId
from stalkeer.store.db.tables import download_items, downloads, instances, library, wanted
from stalkeer.store.library.visible import IS_INSTANCE_CONFIGURED, IS_INSTANCE_IN_USE


@dataclass(frozen=True, slots=True)
class Copy:
    """Name a movie or series with files in another instance. `arr_id` and `profile_id` belong to that instance."""

    slug: str
    arr_id: int
    profile_id: int | None
    own_profile_id: int | None  # profile of the asking instance's item


def movies_owned_elsewhere(connection: Connection, instance_id: InstanceId) -> dict[int, tuple[Copy, ...]]:
    """Return this instance's movies that other instances have files of, by movieId."""
    other = library.alias("other")
    query = (
        _copies(other)
        .join(other, (other.c.tmdb_id == library.c.tmdb_id) & (other.c.kind == library.c.kind))
        .join(instances, instances.c.id == other.c.instance_id)
        .where(library.c.instance_id == instance_id, library.c.kind == "movie")
        .where(other.c.instance_id != instance_id, other.c.has_file, IS_INSTANCE_CONFIGURED)
        .order_by(instances.c.slug)
    )
    return _by_item(connection, query)


def shared_series(connection: Connection, instance_id: InstanceId) -> dict[int, tuple[Copy, ...]]:
    """Return this instance's series that other instances have files of, by seriesId."""
    other = library.alias("other")
    query = (
        _copies(other)
        .join(other, (other.c.tvdb_id == library.c.tvdb_id) & (other.c.kind == library.c.kind))
        .join(instances, instances.c.id == other.c.instance_id)
        .where(library.c.instance_id == instance_id, library.c.kind == "series")
        .where(other.c.instance_id != instance_id, other.c.has_file)
        .where(IS_INSTANCE_IN_USE)
        .order_by(instances.c.slug)
    )
    return _by_item(connection, query)


def _copies(other: FromClause) -> Select[Any]:
    return select(
        library.c.arr_id,
        instances.c.slug,
        other.c.arr_id.label("other_id"),
        other.c.quality_profile_id.label("other_profile"),
        library.c.quality_profile_id.label("own_profile"),
    )


def _by_item(connection: Connection, query: Select[Any]) -> dict[int, tuple[Copy, ...]]:
    copies: dict[int, tuple[Copy, ...]] = defaultdict(tuple)
    for row in connection.execute(query):
        copies[row.arr_id] += (Copy(row.slug, row.other_id, row.other_profile, row.own_profile),)
    return dict(copies)


def read_kept(connection: Connection, instance_id: InstanceId) -> frozenset[int]:
    """Return the items that were downloaded for an instance but never handed over, by movieId or episodeId."""
    query = select(wanted.c.arr_id).where(wanted.c.instance_id == instance_id, wanted.c.id.in_(_kept()))
    return frozenset(connection.execute(query).scalars())


def kept_wanted_ids(connection: Connection) -> frozenset[WantedId]:
    """Return the downloaded items of all instances that were never handed over."""
    return frozenset(WantedId(wanted_id) for wanted_id in connection.execute(_kept()).scalars())


def _kept() -> Select[int]:
    """Select the items of completed downloads that no instance has imported.

    An import is known by the state of its item: the history of Radarr 3 and Sonarr 3 names no id of the file.
    """
    return (
        select(download_items.c.wanted_id)
        .join(downloads, downloads.c.id == download_items.c.download_id)
        .where(downloads.c.state == DownloadState.COMPLETED.value, download_items.c.imported_file_id.is_(None))
        .where(download_items.c.state.not_in(("cancelled", "imported")))
    )


def read_tagged(connection: Connection, instance_id: InstanceId, tag_ids: AbstractSet[int]) -> frozenset[int]:
    """Return the movies or series with one of these tags, by the instance's ids."""
    query = select(library.c.arr_id, library.c.tags).where(library.c.instance_id == instance_id)
    return frozenset(row.arr_id for row in connection.execute(query) if not tag_ids.isdisjoint(row.tags or ()))
