"""Sonarr: its series, the episodes it misses, and the few things we change there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import read_value
from stalkeer.adapters.arr.client import ArrClient, Query
from stalkeer.adapters.arr.reading import Page, PagedList
from stalkeer.adapters.arr.resources import EpisodeResource, FileResource, SeriesResource
from stalkeer.adapters.arr.values import LibraryItem, MediaFile, WantedReason
from stalkeer.model import EpisodeId, SeriesId

_EPISODE_PAGE = TypeAdapter(Page[EpisodeResource])
_EPISODES = TypeAdapter(tuple[EpisodeResource, ...])
_SERIES = TypeAdapter(SeriesResource)
_FILES = TypeAdapter(tuple[FileResource, ...])


def read_series_list(client: ArrClient) -> Iterator[LibraryItem]:
    """The whole library in one request, series by series."""
    for value in client.stream("series"):
        yield read_value(_SERIES, value, f"{client.address.label}: GET series").to_library_item()


def read_series(client: ArrClient, series_id: SeriesId) -> SeriesResource | None:
    return client.get_or_none(_SERIES, f"series/{series_id}")


def wanted_episodes(client: ArrClient, reason: WantedReason, *, monitored: bool) -> PagedList[EpisodeResource]:
    """Aired episodes without a file, or below the cutoff; specials included. Series are not repeated in each record."""
    # a missing direction is `descending`, whatever the documentation says
    query: Query = {
        "sortKey": "episodes.airDateUtc",
        "sortDirection": "ascending",
        "monitored": monitored,
        "includeSeries": False,
        "includeImages": False,
    }
    if reason is WantedReason.CUTOFF:
        query = {**query, "includeEpisodeFile": True}
    return PagedList(client, f"wanted/{reason}", query, _EPISODE_PAGE)


def read_episodes(client: ArrClient, series_id: SeriesId) -> tuple[EpisodeResource, ...]:
    """All episodes of a series; without a series the list is refused."""
    return client.get(_EPISODES, "episode", {"seriesId": series_id})


def read_episodes_by_id(client: ArrClient, episode_ids: Sequence[EpisodeId]) -> tuple[EpisodeResource, ...]:
    """These episodes in one request. They name their files by id: only Sonarr 4.0.9 and newer can send them along."""
    return client.get(_EPISODES, "episode", {"episodeIds": list(episode_ids)})


def read_episode_files_by_id(client: ArrClient, file_ids: Sequence[int]) -> tuple[MediaFile, ...]:
    return tuple(file.to_value() for file in client.get(_FILES, "episodefile", {"episodeFileIds": list(file_ids)}))


def read_episode_files(client: ArrClient, series_id: SeriesId) -> tuple[MediaFile, ...]:
    return tuple(file.to_value() for file in client.get(_FILES, "episodefile", {"seriesId": series_id}))


def update_episode(client: ArrClient, episode_id: EpisodeId, *, monitored: bool) -> None:
    """Change an episode: whether it is monitored is all that can be said of it; tags belong to its series."""
    set_episodes_monitored(client, [episode_id], monitored=monitored)


def set_episodes_monitored(client: ArrClient, episode_ids: Sequence[EpisodeId], *, monitored: bool) -> None:
    client.put("episode/monitor", {"episodeIds": list(episode_ids), "monitored": monitored})


def tag_series(client: ArrClient, series_ids: Sequence[SeriesId], tag_ids: Sequence[int]) -> None:
    """Add tags and keep those that are there."""
    client.put("series/editor", {"seriesIds": list(series_ids), "tags": list(tag_ids), "applyTags": "add"})
