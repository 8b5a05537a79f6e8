"""Search an instance's online catalogue by title. The results are not limited to its library."""

from __future__ import annotations

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Resource, Rows
from stalkeer.adapters.arr.client import ArrClient
from stalkeer.core.matching.lookup import Namesake
from stalkeer.model import InstanceKind

# `tmdb:12`, `imdb:tt12` and `tvdb:12` would be read as ids, not as words
_NO_ID = str.maketrans(":", " ")


class TitleResource(Resource):
    title: str = ""


class FoundResource(Resource):
    title: str = ""
    original_title: str = ""
    alternate_titles: tuple[TitleResource, ...] = ()
    year: int = 0
    tmdb_id: int = 0
    tvdb_id: int = 0


_FOUND = TypeAdapter(Rows[FoundResource])


def search_catalogue(client: ArrClient, term: str) -> tuple[Namesake, ...]:
    """Return the search results for `term`. The instance asks a service on the internet: space the calls."""
    path = "movie/lookup" if client.address.kind is InstanceKind.RADARR else "series/lookup"
    return tuple(
        Namesake(
            title=found.title,
            year=found.year,
            alternates=_others(found),
            tmdb_id=found.tmdb_id,
            tvdb_id=found.tvdb_id,
        )
        for found in client.get(_FOUND, path, {"term": term.translate(_NO_ID)})
    )


def _others(found: FoundResource) -> tuple[str, ...]:
    titles = (found.original_title, *(alternate.title for alternate in found.alternate_titles))
    return tuple(dict.fromkeys(title for title in titles if title and title != found.title))
