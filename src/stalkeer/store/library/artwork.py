"""Find the pictures of movies and series, and the movies and series that entries of the catalogue stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from stalkeer.model import Decision, EntryId, EntryKind, InstanceId, LibraryId
from stalkeer.store.db.tables import entries, instances, library, matches, wanted
from stalkeer.store.library.visible import IS_INSTANCE_IN_USE


@dataclass(frozen=True, slots=True)
class ArtworkPlace:
    """Hold the instance that has the pictures of a movie or series, and the file names of the pictures."""

    instance_id: InstanceId
    instance: str
    arr_id: int
    poster: str | None
    backdrop: str | None


@dataclass(frozen=True, slots=True)
class EntryPoster:
    """Hold the movie or series of an entry, with the file name of its poster."""

    library_id: LibraryId
    title: str
    poster: str | None


def find_artwork(connection: Connection, library_id: LibraryId) -> ArtworkPlace | None:
    query = (
        select(library.c.instance_id, instances.c.slug, library.c.arr_id, library.c.poster, library.c.backdrop)
        .join(instances, instances.c.id == library.c.instance_id)
        .where(library.c.id == library_id, IS_INSTANCE_IN_USE)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return ArtworkPlace(InstanceId(row.instance_id), row.slug, row.arr_id, row.poster, row.backdrop)


def posters_of_entries(connection: Connection, entry_ids: Sequence[EntryId]) -> dict[EntryId, EntryPoster]:
    """Return the posters of those entries that are known: by a confirmed match, or by the TMDB id of the account.

    An item that was imported meanwhile keeps its entries' posters.
    """
    return {**_posters(connection, _of_ids(entry_ids)), **_posters(connection, _of_matches(entry_ids))}


def _posters(connection: Connection, query: Select[Any]) -> dict[EntryId, EntryPoster]:
    return {
        EntryId(row.entry_id): EntryPoster(LibraryId(row.id), row.title, row.poster)
        for row in connection.execute(query.order_by(library.c.id.desc()))
    }


def _of_matches(entry_ids: Sequence[EntryId]) -> Select[Any]:
    return (
        select(matches.c.entry_id, library.c.id, library.c.title, library.c.poster)
        .select_from(matches.join(wanted, wanted.c.id == matches.c.wanted_id))
        .join(library, library.c.id == wanted.c.library_id)
        .join(instances, instances.c.id == wanted.c.instance_id)
        .where(matches.c.entry_id.in_(entry_ids), matches.c.decision == Decision.CONFIRM.value, IS_INSTANCE_IN_USE)
    )


def _of_ids(entry_ids: Sequence[EntryId]) -> Select[Any]:
    return (
        select(entries.c.id.label("entry_id"), library.c.id, library.c.title, library.c.poster)
        .select_from(entries.join(library, library.c.tmdb_id == entries.c.tmdb_id))
        .join(instances, instances.c.id == library.c.instance_id)
        .where(
            entries.c.id.in_(entry_ids),
            entries.c.kind == EntryKind.MOVIE.value,
            library.c.kind == "movie",
            IS_INSTANCE_IN_USE,
        )
    )
