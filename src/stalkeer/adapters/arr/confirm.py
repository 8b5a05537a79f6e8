"""Check whether the instance has our file. Files and history answer this; commands do not."""

from __future__ import annotations

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Resource, Rows
from stalkeer.adapters.arr.client import ArrClient, Query
from stalkeer.adapters.arr.outcomes import EpisodesTarget, HandOverRequest, Imported, MovieTarget
from stalkeer.adapters.arr.paths import is_same_path
from stalkeer.adapters.arr.radarr import read_movie_files
from stalkeer.adapters.arr.sonarr import read_episode_files_by_id, read_episodes_by_id
from stalkeer.adapters.arr.values import MediaFile
from stalkeer.errors import ArrRefused

# the number of downloadFolderImported in both programs, because the first versions of API v3 accept only numbers
IMPORTED_EVENT = 3


class HistoryData(Resource):
    dropped_path: str = ""
    imported_path: str = ""
    file_id: str = ""


class HistoryResource(Resource):
    data: HistoryData = HistoryData()


_HISTORY = TypeAdapter(Rows[HistoryResource])


def find_imported(client: ArrClient, request: HandOverRequest, path: str) -> Imported | None:
    """Return the instance's file that was imported from `path`, or None.

    A file of the item is ours when it has our size and the staged file is gone, or when the history names `path` as its
    origin. Any other file of the item is an older one.
    """
    files = files_of(client, request)
    if not files:
        return None
    if not request.file.exists():
        for file in files:
            if file.size == request.size:
                return Imported(file.id, file.path)
    origins = _imports_of(client, request, path)
    ours = next((file for file in files if any(_is_from(origin, file, request) for origin in origins)), None)
    return Imported(ours.id, ours.path) if ours else None


def _is_from(origin: HistoryData, file: MediaFile, request: HandOverRequest) -> bool:
    """Tell whether a row of the history is about this file. Earlier versions record only the file's folder."""
    if origin.file_id:
        return origin.file_id == str(file.id)
    return file.size == request.size and is_same_path(origin.imported_path, file.path)


def files_of(client: ArrClient, request: HandOverRequest) -> tuple[MediaFile, ...]:
    """Return the item's file; for several episodes, only the file that they all share."""
    if isinstance(request.target, MovieTarget):
        return read_movie_files(client, request.target.movie_id)
    episodes = read_episodes_by_id(client, request.target.episode_ids)
    for episode in episodes:
        if episode.episode_file_id is None and episode.owns_file is not False:
            raise ArrRefused(
                f"{client.address.label}: GET episode does not say whether S{episode.season_number:02}"
                f"E{episode.episode_number:02} has a file. Look at it there; it is asked again."
            )
    ids = {episode.episode_file_id for episode in episodes}
    common = ids.pop() if len(ids) == 1 else None
    if not common or len(episodes) != len(request.target.episode_ids):
        return ()
    return read_episode_files_by_id(client, [common])


def _imports_of(client: ArrClient, request: HandOverRequest, path: str) -> tuple[HistoryData, ...]:
    query: Query
    if isinstance(request.target, EpisodesTarget):
        where, query = "history/series", {"seriesId": request.target.series_id, "eventType": IMPORTED_EVENT}
    else:
        where, query = "history/movie", {"movieId": request.target.movie_id, "eventType": IMPORTED_EVENT}
    rows = client.get(_HISTORY, where, query)
    return tuple(row.data for row in rows if is_same_path(row.data.dropped_path, path))
