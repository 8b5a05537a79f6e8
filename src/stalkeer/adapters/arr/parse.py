"""The instance's own reading of a release name: the free oracle before a name is used."""

from __future__ import annotations

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Resource
from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.outcomes import EpisodesTarget, MovieTarget
from stalkeer.errors import ArrNotFound


class IdResource(Resource):
    id: int = 0


class FormatResource(Resource):
    id: int = 0
    name: str = ""
    include_custom_format_when_renaming: bool = False


class ParseResource(Resource):
    movie: IdResource | None = None
    series: IdResource | None = None
    episodes: tuple[IdResource, ...] = ()
    custom_formats: tuple[FormatResource, ...] = ()


_PARSE = TypeAdapter(ParseResource)
_FORMATS = TypeAdapter(tuple[FormatResource, ...])


def reads_as(client: ArrClient, release: str, target: MovieTarget | EpisodesTarget) -> bool:
    """Whether the instance maps a release of this name to the wanted item, and to nothing else."""
    read = client.get(_PARSE, "parse", {"title": release})
    if isinstance(target, MovieTarget):
        return read.movie is not None and read.movie.id == target.movie_id
    if read.series is None or read.series.id != target.series_id:
        return False
    return {episode.id for episode in read.episodes} == set(target.episode_ids)


def formats_for_names(client: ArrClient, release: str) -> tuple[str, ...]:
    """The custom formats that a release of this name has, as far as the instance puts them into names.

    Its reading of the name tells which, its list of formats which of them belong into names. None without that list.
    """
    own = client.get(_PARSE, "parse", {"title": release}).custom_formats
    if not own:
        return ()
    try:
        known = client.get(_FORMATS, "customformat")
    except ArrNotFound:
        return ()
    shown = {one.id for one in known if one.include_custom_format_when_renaming}
    return tuple(one.name for one in own if one.id in shown)
