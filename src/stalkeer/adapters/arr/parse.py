"""Check how the instance parses a release name, before Stalkeer uses that name."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Resource, Rows
from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.outcomes import EpisodesTarget, MovieTarget
from stalkeer.adapters.arr.resources import FormatResource
from stalkeer.errors import ArrNotFound


class IdResource(Resource):
    id: int = 0


class ParseResource(Resource):
    movie: IdResource | None = None
    series: IdResource | None = None
    episodes: tuple[IdResource, ...] = ()
    custom_formats: tuple[FormatResource, ...] | None = None
    custom_format_score: int | None = None


_PARSE = TypeAdapter(ParseResource)
_FORMATS = TypeAdapter(Rows[FormatResource])


@dataclass(frozen=True)
class ParsedName:
    """Hold the item that the instance finds in a release name; None and empty for no item."""

    movie_id: int | None
    series_id: int | None
    episode_ids: frozenset[int]


def read_release(client: ArrClient, release: str) -> ParsedName:
    """Return the item that the instance finds in this release name."""
    read = client.get(_PARSE, "parse", {"title": release})
    return ParsedName(
        read.movie.id if read.movie else None,
        read.series.id if read.series else None,
        frozenset(episode.id for episode in read.episodes),
    )


def reads_as(client: ArrClient, release: str, target: MovieTarget | EpisodesTarget) -> bool:
    """Tell whether the instance maps this release name to the wanted item and to nothing else."""
    read = read_release(client, release)
    if isinstance(target, MovieTarget):
        return read.movie_id == target.movie_id
    return read.series_id == target.series_id and read.episode_ids == set(target.episode_ids)


def formats_for_names(client: ArrClient, release: str) -> tuple[str, ...]:
    """Return the custom formats of a release name that the instance puts into file names.

    The parse result has the formats that apply. The list of formats tells which of them belong in names. Without that
    list, the result is empty.
    """
    own = client.get(_PARSE, "parse", {"title": release}).custom_formats
    if not own:
        return ()
    try:
        known = client.get(_FORMATS, "customformat")
    except ArrNotFound:
        return ()
    shown = {custom_format.id for custom_format in known if custom_format.include_custom_format_when_renaming}
    return tuple(custom_format.name for custom_format in own if custom_format.id in shown)
