"""Read the custom format scores that an instance gives release names and the files that it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Rows
from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.parse import ParseResource
from stalkeer.adapters.arr.resources import FileResource, FormatResource
from stalkeer.errors import ArrNotFound
from stalkeer.model import MovieId, SeriesId

FormatScores = Mapping[int, int]  # the scores of a quality profile by the id of the custom format
_PARSE = TypeAdapter(ParseResource)
_FILES: TypeAdapter[Rows[FileResource]] = TypeAdapter(Rows[FileResource])


def score_release(client: ArrClient, release: str, scores: FormatScores) -> int | None:
    """Return the score of a release name; None where the instance does not say which custom formats it has.

    `scores` count where the instance reads the name as no item, and so gives no score of its own.
    """
    try:
        read = client.get(_PARSE, "parse", {"title": release})
    except ArrNotFound:  # before Radarr 3.1
        return None
    if read.custom_formats is None:
        return None
    if read.custom_format_score is not None and (read.movie or read.series):
        return read.custom_format_score
    return _sum(read.custom_formats, scores)


def score_movie_file(client: ArrClient, movie_id: MovieId, scores: FormatScores) -> dict[int, int]:
    """Return the score of a movie's file by its id; empty where the instance does not say."""
    files = client.get(_FILES, "moviefile", {"movieId": movie_id})
    return _by_file(files, scores)


def score_episode_files(client: ArrClient, series_id: SeriesId, scores: FormatScores) -> dict[int, int]:
    """Return the scores of a series' files by their ids, without those that the instance does not say."""
    files = client.get(_FILES, "episodefile", {"seriesId": series_id})
    return _by_file(files, scores)


def _by_file(files: Sequence[FileResource], scores: FormatScores) -> dict[int, int]:
    found: dict[int, int] = {}
    for file in files:
        if file.custom_formats is None:
            continue
        own = file.custom_format_score
        found[file.id] = _sum(file.custom_formats, scores) if own is None else own
    return found


def _sum(formats: Sequence[FormatResource], scores: FormatScores) -> int:
    return sum(scores.get(custom_format.id, 0) for custom_format in formats)
