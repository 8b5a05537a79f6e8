"""Read and change movies in Radarr."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Rows, Unreadable, read_value
from stalkeer.adapters.arr.client import ArrClient, Query
from stalkeer.adapters.arr.reading import PagedList, PageResource
from stalkeer.adapters.arr.resources import FileResource, MovieResource
from stalkeer.adapters.arr.values import MediaFile, WantedReason
from stalkeer.errors import ArrError
from stalkeer.model import MovieId

_MOVIES = TypeAdapter(PageResource[MovieResource])
_MOVIE = TypeAdapter(MovieResource)
_FILES = TypeAdapter(Rows[FileResource])


def read_movies(client: ArrClient, unreadable: Unreadable | None = None) -> Iterator[MovieResource]:
    """Yield the whole library from one request. The request leaves out local covers, because the instance would have to
    read its disk for them.

    A movie that cannot be read is noted in `unreadable`.
    """
    for value in client.stream("movie", {"excludeLocalCovers": True}):
        try:
            movie = read_value(_MOVIE, value, f"{client.address.label}: GET movie")
        except ArrError as error:
            (unreadable or Unreadable()).note(value, error)
        else:
            yield movie


def wanted_movies(client: ArrClient, reason: WantedReason, *, monitored: bool) -> PagedList[MovieResource]:
    """Return complete records of movies that are missing or below the cutoff. Movies that are not available yet are
    included.

    Before Radarr 5.6, reading these lists raises ArrNotFound; use `MovieResource.lacks` there.
    """
    # without a direction the order is `descending`, whatever the documentation says
    query: Query = {
        "sortKey": "movieMetadata.sortTitle",
        "sortDirection": "ascending",
        "monitored": monitored,
    }
    return PagedList(client, f"wanted/{reason}", query, _MOVIES)


def read_movie(client: ArrClient, movie_id: MovieId) -> MovieResource | None:
    return client.get_or_none(_MOVIE, f"movie/{movie_id}")


def find_movie(client: ArrClient, movie_id: MovieId, tmdb_id: int | None) -> MovieResource | None:
    """Return the movie under its id, or under the id that Radarr gave it when it was added again."""
    movie = read_movie(client, movie_id)
    if movie is not None and movie.tmdb_id in (0, tmdb_id or movie.tmdb_id):
        return movie
    return None if tmdb_id is None else find_movie_by_tmdb(client, tmdb_id)


def find_movie_by_tmdb(client: ArrClient, tmdb_id: int) -> MovieResource | None:
    found = (read_value(_MOVIE, value, f"{client.address.label}: GET movie") for value in _movies_of(client, tmdb_id))
    return next((movie for movie in found if movie.tmdb_id == tmdb_id), None)


def _movies_of(client: ArrClient, tmdb_id: int) -> Iterator[object]:
    return client.stream("movie", {"tmdbId": tmdb_id, "excludeLocalCovers": True})


def read_movie_files(client: ArrClient, movie_id: MovieId) -> tuple[MediaFile, ...]:
    return tuple(file.to_value() for file in client.get(_FILES, "moviefile", {"movieId": movie_id}))


@dataclass(frozen=True)
class MovieChange:
    """Hold the changes to a movie. None and empty leave a field as it is."""

    monitored: bool | None = None
    add_tags: tuple[int, ...] = ()


def update_movie(client: ArrClient, movie_id: MovieId, change: MovieChange) -> None:
    """Change a movie. Its file cannot be set here: only import and scan do that."""
    if change.monitored is not None:
        set_movies_monitored(client, [movie_id], monitored=change.monitored)
    if change.add_tags:
        tag_movies(client, [movie_id], change.add_tags)


def set_movies_monitored(client: ArrClient, movie_ids: Sequence[MovieId], *, monitored: bool) -> None:
    """Set the flag through the movie editor, which changes nothing else. A partial PUT of a movie wipes its tags."""
    client.put("movie/editor", {"movieIds": list(movie_ids), "monitored": monitored})


def tag_movies(client: ArrClient, movie_ids: Sequence[MovieId], tag_ids: Sequence[int]) -> None:
    """Add tags to movies and keep their present tags."""
    client.put("movie/editor", {"movieIds": list(movie_ids), "tags": list(tag_ids), "applyTags": "add"})
