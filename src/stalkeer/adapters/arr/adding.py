"""Look movies and series up in an instance, and add them to its library without a search of its own."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Resource, Rows
from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.resources import AlternateTitleResource
from stalkeer.model import InstanceKind

RELEASED = "released"  # the availability from which Radarr counts a movie as missing


class LookupResource(Resource):
    id: int | None = None
    title: str = ""
    original_title: str = ""
    alternate_titles: tuple[AlternateTitleResource, ...] = ()
    year: int = 0
    tmdb_id: int = 0
    tvdb_id: int = 0


class AddedResource(Resource):
    id: int


_FOUND = TypeAdapter(Rows[LookupResource])
_ADDED = TypeAdapter(AddedResource)


@dataclass(frozen=True)
class FoundItem:
    """Describe a movie or series that the instance's look-up knows. `number` is its TMDB or TVDB id.

    `arr_id` is its id in the library, or None where it is not in it. `other_titles` are its titles elsewhere.
    """

    title: str
    year: int | None
    number: int
    arr_id: int | None
    other_titles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shelf:
    """Hold the place and quality profile that a new item gets."""

    root_folder: str
    profile_id: int


def look_up(client: ArrClient, term: str) -> tuple[FoundItem, ...]:
    """Search by words, or by `tmdb:12` and `tvdb:12`. The instance asks a service on the internet."""
    is_radarr = client.address.kind is InstanceKind.RADARR
    rows = client.get(_FOUND, "movie/lookup" if is_radarr else "series/lookup", {"term": term})
    found = (_found(row, row.tmdb_id if is_radarr else row.tvdb_id) for row in rows)
    return tuple(item for item in found if item.number and item.title)


def _found(row: LookupResource, number: int) -> FoundItem:
    others = (row.original_title, *(other.title for other in row.alternate_titles))
    return FoundItem(row.title, row.year or None, number, row.id or None, tuple(filter(None, others)))


def add_movie(client: ArrClient, found: FoundItem, shelf: Shelf) -> int:
    """Add a movie, monitored. Radarr does not search for it. Return its id in the library."""
    body = {
        "title": found.title,
        "tmdbId": found.number,
        "year": found.year or 0,
        "qualityProfileId": shelf.profile_id,
        "rootFolderPath": shelf.root_folder,
        "minimumAvailability": RELEASED,
        "monitored": True,
        "addOptions": {"searchForMovie": False},
    }
    return client.post(_ADDED, "movie", body).id


def add_series(client: ArrClient, found: FoundItem, shelf: Shelf) -> int:
    """Add a series of which no episode is monitored yet. Sonarr does not search. Return its id in the library.

    Sonarr reads the episodes afterwards, within seconds.
    """
    body = {
        "title": found.title,
        "tvdbId": found.number,
        "qualityProfileId": shelf.profile_id,
        "rootFolderPath": shelf.root_folder,
        "seasonFolder": True,
        "monitored": True,
        "addOptions": {"monitor": "none", "searchForMissingEpisodes": False},
    }
    return client.post(_ADDED, "series", body).id
