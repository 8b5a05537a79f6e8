"""Read how an instance follows the downloads that it grabbed itself, and take one out of its queue."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Resource, Rows
from stalkeer.adapters.arr.client import ArrClient, Query
from stalkeer.adapters.arr.commands import issue_command
from stalkeer.adapters.arr.reading import PagedList, PageResource
from stalkeer.model import InstanceKind
from stalkeer.secrets import mask_text

IMPORTED = "downloadFolderImported"
GIVEN_UP = frozenset({"downloadFailed", "downloadIgnored"})
MOST_EVENTS = 100  # events that are read for a download: a season pack has one for each episode


class TrackedMessageResource(Resource):
    title: str = ""
    messages: tuple[str, ...] = ()


class TrackedResource(Resource):
    id: int
    download_id: str = ""
    tracked_download_state: str = ""
    tracked_download_status: str = ""
    status_messages: tuple[TrackedMessageResource, ...] = ()
    error_message: str = ""


class TrackedDataResource(Resource):
    imported_path: str = ""
    file_id: int | None = None


class TrackedEventResource(Resource):
    event_type: str = ""
    data: TrackedDataResource = TrackedDataResource()


_QUEUE = TypeAdapter(PageResource[TrackedResource])


class EventPageResource(Resource):
    records: Rows[TrackedEventResource] = ()


_EVENTS = TypeAdapter(EventPageResource)


@dataclass(frozen=True)
class TrackedDownload:
    """Describe a download in the queue of its instance. `trouble` is the instance's reason for not importing it."""

    row_id: int
    download_id: str
    is_imported: bool
    trouble: str = ""


@dataclass(frozen=True)
class DownloadHistory:
    """Hold the outcome of a download that has left the instance's queue. `path` is the instance's path."""

    path: str = ""
    file_id: int | None = None
    is_given_up: bool = False

    @property
    def is_imported(self) -> bool:
        return bool(self.path)


def read_tracked(client: ArrClient) -> dict[str, TrackedDownload]:
    """Return the downloads in the instance's queue by their id in lower case, including those of unknown movies and
    series.
    """
    unknown = "includeUnknownMovieItems" if client.address.kind is InstanceKind.RADARR else "includeUnknownSeriesItems"
    query: Query = {"sortKey": "timeleft", "sortDirection": "ascending", unknown: True}
    rows = [row for page in PagedList(client, "queue", query, _QUEUE).pages() for row in page if row.download_id]
    # every episode of a season pack has a row, and all rows have the same status
    return {row.download_id.casefold(): _tracked(row) for row in rows}


def _tracked(row: TrackedResource) -> TrackedDownload:
    said = [text for message in row.status_messages for text in (message.messages or (message.title,)) if text]
    words = mask_text("; ".join(dict.fromkeys(said)) or row.error_message)
    is_waiting = row.tracked_download_state in ("importBlocked", "importPending", "importFailed")
    # older versions report a blocked import as pending, with a warning
    is_blocked = row.tracked_download_state == "importBlocked" or row.tracked_download_status in ("warning", "error")
    trouble = (words or "it needs your action there") if is_waiting and is_blocked else ""
    return TrackedDownload(row.id, row.download_id, row.tracked_download_state == "imported", trouble)


def read_download_history(client: ArrClient, download_id: str) -> DownloadHistory:
    """Return the outcome of a download from the instance's history."""
    order: Query = {"sortKey": "date", "sortDirection": "descending"}
    query: Query = {"downloadId": download_id, "page": 1, "pageSize": MOST_EVENTS, **order}
    rows = client.get(_EVENTS, "history", query).records
    imported = next((row.data for row in rows if row.event_type == IMPORTED and row.data.imported_path), None)
    if imported is not None:
        return DownloadHistory(imported.imported_path, imported.file_id)
    return DownloadHistory(is_given_up=any(row.event_type in GIVEN_UP for row in rows))


def remove_tracked(client: ArrClient, row_id: int) -> None:
    """Take a download out of the queue and its client, block its release, and search for no other one."""
    client.delete(f"queue/{row_id}", {"removeFromClient": True, "blocklist": True, "skipRedownload": True})


def look_at_client(client: ArrClient) -> None:
    """Let the instance ask its download clients now instead of within a minute."""
    issue_command(client, "RefreshMonitoredDownloads")
