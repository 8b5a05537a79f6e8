"""Ask an instance about a file: whether it sees the file, how it parses the name, and whether it would import it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Resource, Rows
from stalkeer.adapters.arr.client import ArrClient, Query
from stalkeer.adapters.arr.outcomes import EpisodesTarget, MovieTarget
from stalkeer.adapters.arr.paths import is_same_path, remote_parent


class RejectionResource(Resource):
    reason: str = ""
    type: str = "permanent"


class PreviewResource(Resource):
    """Describe an element of the preview. `quality` and `languages` are returned to the instance unchanged."""

    path: str = ""
    folder_name: str = ""
    quality: dict[str, Any] | None = None
    languages: list[dict[str, Any]] = []
    release_group: str = ""
    release_type: str = ""
    indexer_flags: int = 0
    rejections: tuple[RejectionResource, ...] = ()


_PREVIEWS = TypeAdapter(Rows[PreviewResource])
_TYPE = TypeAdapter(dict[str, Any])


@dataclass(frozen=True)
class ImportRejection:
    reason: str
    is_temporary: bool


@dataclass(frozen=True)
class ImportPreview:
    """Hold the instance's preview of a file. `quality` and `languages` are returned to it unchanged."""

    path: str
    _resource: PreviewResource = field(repr=False)


def sees_file(client: ArrClient, path: str) -> bool:
    """Tell whether the instance sees a file at `path`. It answers `folder` for a path that it does not see."""
    return client.get(_TYPE, "filesystem/type", {"path": path}).get("type") == "file"


def preview_file(client: ArrClient, path: str) -> ImportPreview | None:
    """Return how the instance reads the file; None when it would not import it.

    No item id is sent: with an id the instance ignores the folder and lists the item's own files.
    """
    query: Query = {"folder": remote_parent(path), "filterExistingFiles": False}
    for resource in client.get(_PREVIEWS, "manualimport", query):
        if is_same_path(resource.path, path):
            return ImportPreview(resource.path, resource)
    return None


def judge_file(
    client: ArrClient, preview: ImportPreview, target: MovieTarget | EpisodesTarget
) -> tuple[ImportRejection, ...]:
    """Return the instance's objections to importing this file as that item. Imports nothing."""
    row = {"id": 1, **_row(preview, target)}
    judged = client.post(_PREVIEWS, "manualimport", [row])
    return tuple(
        ImportRejection(rejection.reason, rejection.type == "temporary")
        for resource in judged
        for rejection in resource.rejections
    )


def import_arguments(preview: ImportPreview, target: MovieTarget | EpisodesTarget) -> dict[str, object]:
    """Build the file of a ManualImport command: explicit ids, and the quality and languages that the instance read."""
    resource = preview._resource
    return _row(preview, target) | {"folderName": resource.folder_name}


def _row(preview: ImportPreview, target: MovieTarget | EpisodesTarget) -> dict[str, object]:
    resource = preview._resource
    row: dict[str, object] = {
        "path": preview.path,
        "quality": resource.quality,
        "languages": resource.languages,
        "releaseGroup": resource.release_group,
        "indexerFlags": resource.indexer_flags,
    }
    if isinstance(target, MovieTarget):
        return row | {"movieId": target.movie_id}
    release_type = "multiEpisode" if len(target.episode_ids) > 1 else "singleEpisode"
    return row | {
        "seriesId": target.series_id,
        "episodeIds": list(target.episode_ids),
        "releaseType": release_type,
    }
