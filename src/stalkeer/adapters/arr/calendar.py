"""Read the release dates in the instances' calendars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Rows
from stalkeer.adapters.arr.client import ArrClient, Query
from stalkeer.adapters.arr.resources import EpisodeResource, MovieResource, SeriesResource, as_utc
from stalkeer.model import InstanceKind, WantedKind


@dataclass(frozen=True, slots=True)
class Premiere:
    """Describe a movie or an episode and its release time. `what` names the kind of date."""

    kind: WantedKind
    arr_id: int
    title: str
    item_title: str
    season: int | None
    episode: int | None
    at: datetime
    what: str  # cinema | digital | physical | air
    has_file: bool
    monitored: bool


class ScheduledEpisode(EpisodeResource):
    series: SeriesResource | None = None


_MOVIES = TypeAdapter(Rows[MovieResource])
_EPISODES = TypeAdapter(Rows[ScheduledEpisode])


def read_calendar(client: ArrClient, start: datetime, end: datetime) -> tuple[Premiere, ...]:
    """Return the monitored releases between two times. A movie appears once per date in that range."""
    query: Query = {"start": _text(start), "end": _text(end), "unmonitored": False}
    if client.address.kind is InstanceKind.RADARR:
        movies = client.get(_MOVIES, "calendar", query)
        return tuple(premiere for movie in movies for premiere in _movie_dates(movie, start, end))
    episodes = client.get(_EPISODES, "calendar", {**query, "includeSeries": True})
    return tuple(
        Premiere(
            kind=WantedKind.EPISODE,
            arr_id=episode.id,
            title=episode.series.title if episode.series else "",
            item_title=episode.title,
            season=episode.season_number,
            episode=episode.episode_number,
            at=at,
            what="air",
            has_file=bool(episode.owns_file),
            monitored=episode.monitored,
        )
        for episode in episodes
        if (at := as_utc(episode.air_date_utc)) is not None
    )


def _movie_dates(movie: MovieResource, start: datetime, end: datetime) -> list[Premiere]:
    dates = (("cinema", movie.in_cinemas), ("digital", movie.digital_release), ("physical", movie.physical_release))
    return [
        Premiere(
            kind=WantedKind.MOVIE,
            arr_id=movie.id,
            title=movie.title,
            item_title=movie.title,
            season=None,
            episode=None,
            at=at,
            what=what,
            has_file=bool(movie.owns_file),
            monitored=movie.monitored,
        )
        for what, moment in dates
        if (at := as_utc(moment)) is not None and start <= at <= end
    ]


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
