"""Read and change series and episodes in Sonarr."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Rows, Unreadable, read_value
from stalkeer.adapters.arr.client import ArrClient, Query
from stalkeer.adapters.arr.reading import PagedList, PageResource
from stalkeer.adapters.arr.resources import EpisodeResource, FileResource, SeriesResource
from stalkeer.adapters.arr.values import LibraryItem, MediaFile, WantedReason
from stalkeer.errors import ArrError
from stalkeer.model import EpisodeId, SeriesId

_EPISODE_PAGE = TypeAdapter(PageResource[EpisodeResource])
_EPISODES = TypeAdapter(Rows[EpisodeResource])
_SERIES = TypeAdapter(SeriesResource)
_FILES = TypeAdapter(Rows[FileResource])


def read_series_list(client: ArrClient, unreadable: Unreadable | None = None) -> Iterator[LibraryItem]:
    """Yield the whole library from one request. A series that cannot be read is noted in `unreadable`."""
    for value in client.stream("series"):
        try:
            series = read_value(_SERIES, value, f"{client.address.label}: GET series")
        except ArrError as error:
            (unreadable or Unreadable()).note(value, error)
        else:
            yield series.to_library_item()


def read_series(client: ArrClient, series_id: SeriesId) -> SeriesResource | None:
    return client.get_or_none(_SERIES, f"series/{series_id}")


def find_series(client: ArrClient, series_id: SeriesId, tvdb_id: int | None) -> SeriesResource | None:
    """Return the series under its id, or under the id that Sonarr gave it when it was added again."""
    series = read_series(client, series_id)
    if series is not None and series.tvdb_id in (0, tvdb_id or series.tvdb_id):
        return series
    return None if tvdb_id is None else find_series_by_tvdb(client, tvdb_id)


def find_series_by_tvdb(client: ArrClient, tvdb_id: int) -> SeriesResource | None:
    values = client.stream("series", {"tvdbId": tvdb_id})
    found = (read_value(_SERIES, value, f"{client.address.label}: GET series") for value in values)
    return next((series for series in found if series.tvdb_id == tvdb_id), None)


def wanted_episodes(client: ArrClient, reason: WantedReason, *, monitored: bool) -> PagedList[EpisodeResource]:
    """Return aired episodes that are missing or below the cutoff, including specials. Records omit the series."""
    # without a direction the order is `descending`, whatever the documentation says
    query: Query = {
        "sortDirection": "ascending",
        "monitored": monitored,
        "includeSeries": False,
        "includeImages": False,
    }
    if reason is WantedReason.CUTOFF:
        query = {**query, "includeEpisodeFile": True}
    return PagedList(client, f"wanted/{reason}", query, _EPISODE_PAGE, sort_keys=("episodes.airDateUtc", "airDateUtc"))


def read_episodes(client: ArrClient, series_id: SeriesId) -> tuple[EpisodeResource, ...]:
    """Return all episodes of a series. Sonarr refuses the list without a series."""
    return client.get(_EPISODES, "episode", {"seriesId": series_id})


def read_episodes_by_id(client: ArrClient, episode_ids: Sequence[EpisodeId]) -> tuple[EpisodeResource, ...]:
    """Return these episodes from one request. They have file ids; only Sonarr 4.0.9 and newer can include the files."""
    return client.get(_EPISODES, "episode", {"episodeIds": list(episode_ids)})


def read_episode_files_by_id(client: ArrClient, file_ids: Sequence[int]) -> tuple[MediaFile, ...]:
    return tuple(file.to_value() for file in client.get(_FILES, "episodefile", {"episodeFileIds": list(file_ids)}))


def read_episode_files(client: ArrClient, series_id: SeriesId) -> tuple[MediaFile, ...]:
    return tuple(file.to_value() for file in client.get(_FILES, "episodefile", {"seriesId": series_id}))


def set_episodes_monitored(client: ArrClient, episode_ids: Sequence[EpisodeId], *, monitored: bool) -> None:
    client.put("episode/monitor", {"episodeIds": list(episode_ids), "monitored": monitored})


def set_series_monitored(client: ArrClient, series_ids: Sequence[SeriesId], *, monitored: bool) -> None:
    """Set the flag of the series itself. Those of its seasons and episodes stay as they are."""
    client.put("series/editor", {"seriesIds": list(series_ids), "monitored": monitored})


def tag_series(client: ArrClient, series_ids: Sequence[SeriesId], tag_ids: Sequence[int]) -> None:
    """Add tags to series and keep their present tags."""
    client.put("series/editor", {"seriesIds": list(series_ids), "tags": list(tag_ids), "applyTags": "add"})
