"""The instance's own reading of a release name: the free oracle before a name is used."""

from __future__ import annotations

from pydantic import TypeAdapter

from stalkeer.arr.answers import Resource
from stalkeer.arr.client import ArrClient
from stalkeer.arr.outcomes import EpisodesTarget, MovieTarget


class IdResource(Resource):
    id: int = 0


class ParseResource(Resource):
    movie: IdResource | None = None
    series: IdResource | None = None
    episodes: tuple[IdResource, ...] = ()


_PARSE = TypeAdapter(ParseResource)


def reads_as(client: ArrClient, release: str, target: MovieTarget | EpisodesTarget) -> bool:
    """Whether the instance maps a release of this name to the wanted item, and to nothing else."""
    read = client.get(_PARSE, "parse", {"title": release})
    if isinstance(target, MovieTarget):
        return read.movie is not None and read.movie.id == target.movie_id
    if read.series is None or read.series.id != target.series_id:
        return False
    return {episode.id for episode in read.episodes} == set(target.episode_ids)
