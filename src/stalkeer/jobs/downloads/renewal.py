"""Find the items of a download in their instance as it is now, by TMDB or TVDB id, season and episode.

An item that was removed and added again, or an instance that was restored, has other ids. A download of an item that
is gone ends; none asks for a dead id for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.radarr import find_movie
from stalkeer.adapters.arr.resources import EpisodeResource
from stalkeer.adapters.arr.sonarr import find_series, read_episodes, read_episodes_by_id
from stalkeer.errors import NotFound
from stalkeer.model import EpisodeId, MovieId, SeriesId, WantedKind
from stalkeer.store.library.targets import TargetRow


def present_targets(client: ArrClient, targets: Sequence[TargetRow]) -> tuple[TargetRow, ...]:
    """Return the targets, all of one instance, under their present ids.

    Raises NotFound when the instance no longer has one of them, and ArrError when it cannot be asked.
    """
    if targets[0].kind is WantedKind.MOVIE:
        return tuple(_present_movie(client, target) for target in targets)
    return _present_episodes(client, targets)


def _present_movie(client: ArrClient, target: TargetRow) -> TargetRow:
    movie = find_movie(client, MovieId(target.library_arr_id), target.tmdb_id)
    if movie is None:
        raise _gone(client, target.title)
    return replace(target, arr_id=movie.id, library_arr_id=movie.id)


def _present_episodes(client: ArrClient, targets: Sequence[TargetRow]) -> tuple[TargetRow, ...]:
    first = targets[0]
    series = find_series(client, SeriesId(first.library_arr_id), first.tvdb_id)
    if series is None:
        raise _gone(client, first.title)
    episodes = _numbered(read_episodes_by_id(client, [EpisodeId(target.arr_id) for target in targets]), series.id)
    if any(_number(target) not in episodes for target in targets):
        episodes = _numbered(read_episodes(client, SeriesId(series.id)), series.id)
    return tuple(_present_episode(client, target, episodes) for target in targets)


def _numbered(episodes: Sequence[EpisodeResource], series_id: int) -> dict[tuple[int, int], EpisodeResource]:
    return {(e.season_number, e.episode_number): e for e in episodes if e.series_id == series_id}


def _number(target: TargetRow) -> tuple[int, int]:
    return target.season or 0, target.episode or 0


def _present_episode(
    client: ArrClient, target: TargetRow, episodes: dict[tuple[int, int], EpisodeResource]
) -> TargetRow:
    season, number = _number(target)
    episode = episodes.get((season, number))
    if episode is None:
        raise _gone(client, f"{target.title} S{season:02}E{number:02}")
    return replace(target, arr_id=episode.id, library_arr_id=episode.series_id)


def _gone(client: ArrClient, title: str) -> NotFound:
    return NotFound(f"{client.address.label} no longer has {title}. Add it there again and scan, or remove the file.")
