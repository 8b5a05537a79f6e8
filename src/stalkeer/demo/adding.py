"""Add movies and series that a look-up found to the demo's libraries, as the two programs do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stalkeer.demo.arr_answers import invalid
from stalkeer.demo.movies import Movie
from stalkeer.demo.series import Episode, LibrarySeries

NUMBERS = {"tmdbId": "This movie has already been added", "tvdbId": "This series has already been added"}


def take_out(
    body: Mapping[str, Any], name: str, found: list[Any], library: Sequence[Any], profiles: Sequence[Any]
) -> Any:  # noqa: ANN401 - a Movie or a LibrarySeries
    """Remove the item with the body's id from the look-up results, and return it.

    Refuse bodies that the programs refuse.
    """
    attribute = {"tmdbId": "tmdb_id", "tvdbId": "tvdb_id"}[name]
    number = int(body.get(name) or 0)
    property_name = name[0].upper() + name[1:]
    if any(getattr(item, attribute) == number for item in library):
        raise invalid(property_name, NUMBERS[name], number)
    if not any(profile["id"] == body.get("qualityProfileId") for profile in profiles):
        raise invalid("QualityProfileId", "Quality Profile does not exist", body.get("qualityProfileId"))
    if not body.get("rootFolderPath"):
        raise invalid("RootFolderPath", "'Root Folder Path' must not be empty.", body.get("rootFolderPath"))
    item = next((item for item in found if getattr(item, attribute) == number), None)
    if item is None:
        raise invalid(property_name, f"No item with id {number} was found", number)
    found.remove(item)
    return item


def shelve_movie(movie: Movie, number: int, body: Mapping[str, Any], library: Path) -> Movie:
    movie.id, movie.profile_id = number, int(body["qualityProfileId"])
    movie.path = library / f"{movie.title} ({movie.year})"
    movie.monitored = bool(body.get("monitored", False))
    movie.minimum_availability = str(body.get("minimumAvailability", "announced"))
    movie.tags = list(body.get("tags") or [])
    return movie


def shelve_series(series: LibrarySeries, number: int, body: Mapping[str, Any], library: Path) -> LibrarySeries:
    """Put the series into the library. Its episodes are monitored unless the body says `none`."""
    series.id, series.profile_id = number, int(body["qualityProfileId"])
    series.path = library / series.title
    series.monitored = bool(body.get("monitored", False))
    is_monitored = (body.get("addOptions") or {}).get("monitor") != "none"
    for episode in series.episodes:
        episode.series_id, episode.monitored = number, is_monitored
    return series


def number_episodes(episodes: Sequence[Episode], last: int) -> None:
    for number, episode in enumerate(episodes, start=last + 1):
        episode.id = number
