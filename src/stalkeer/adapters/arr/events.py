"""Read the webhook events that an instance sends. Unknown events are accepted and ignored."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field, TypeAdapter

from stalkeer.adapters.arr.answers import Resource, parse
from stalkeer.errors import ArrError, InvalidInput

LARGEST_ID = 2**31 - 1  # the largest id in both programs


class ArrEventKind(StrEnum):
    """Define the kinds of event that Stalkeer uses, with the same name for both programs."""

    TEST = "test"
    ADDED = "added"
    GRABBED = "grabbed"
    IMPORTED = "imported"
    FILE_DELETED = "file deleted"
    ITEM_DELETED = "item deleted"
    ATTENTION = "attention"  # the user must act in the instance
    HEALTH = "health"
    RESTORED = "restored"
    OTHER = "other"


_KINDS = {
    "Test": ArrEventKind.TEST,
    "MovieAdded": ArrEventKind.ADDED,
    "SeriesAdd": ArrEventKind.ADDED,
    "Grab": ArrEventKind.GRABBED,
    "Download": ArrEventKind.IMPORTED,
    "MovieFileDelete": ArrEventKind.FILE_DELETED,
    "EpisodeFileDelete": ArrEventKind.FILE_DELETED,
    "MovieDelete": ArrEventKind.ITEM_DELETED,
    "SeriesDelete": ArrEventKind.ITEM_DELETED,
    "ManualInteractionRequired": ArrEventKind.ATTENTION,
    "Health": ArrEventKind.HEALTH,
    "HealthRestored": ArrEventKind.RESTORED,
}


@dataclass(frozen=True)
class ArrEvent:
    """Describe an event.

    `library_arr_id` is the id of the movie or series. `arr_ids` are the ids of the movie or episodes.
    """

    kind: ArrEventKind
    library_arr_id: int | None
    arr_ids: tuple[int, ...]
    title: str
    message: str
    is_error: bool
    is_upgrade: bool  # a better file replaced another
    source_path: str
    download_id: str = ""  # id of the download in its download client
    file_path: str = ""  # path of the file in the instance
    file_id: int | None = None


class ItemResource(Resource):
    id: int = Field(0, ge=0, le=LARGEST_ID)
    title: str = ""


class StatusMessageResource(Resource):
    title: str = ""
    messages: tuple[str, ...] = ()


class EventFile(Resource):
    id: int | None = None
    path: str = ""
    source_path: str = ""


class EventResource(Resource):
    """Describe the JSON of an event. `deletedFiles` is not read: it is a list in one event and a bool in another."""

    event_type: str
    movie: ItemResource | None = None
    series: ItemResource | None = None
    episodes: tuple[ItemResource, ...] = ()
    movie_file: EventFile | None = None
    episode_file: EventFile | None = None
    download_id: str = ""
    source_path: str = ""
    is_upgrade: bool = False
    delete_reason: str = ""
    download_status_messages: tuple[StatusMessageResource, ...] = ()
    message: str = ""
    level: str = ""


_EVENT = TypeAdapter(EventResource)


def read_event(body: bytes) -> ArrEvent:
    """Read an event. Raises InvalidInput when Radarr and Sonarr send no such event."""
    try:
        event = parse(_EVENT, body, "The event")
    except ArrError as error:
        raise InvalidInput("This is not an event of Radarr or Sonarr: JSON with an `eventType` is needed.") from error
    kind = _KINDS.get(event.event_type, ArrEventKind.OTHER)
    item = event.movie or event.series
    reasons = [text for status in event.download_status_messages for text in (status.title, *status.messages) if text]
    file = event.movie_file or event.episode_file
    return ArrEvent(
        kind=kind,
        library_arr_id=item.id if item and item.id else None,
        arr_ids=_ids(event),
        title=item.title if item else "",
        message="; ".join(reasons) or event.message,
        is_error=event.level.lower() == "error",
        is_upgrade=event.is_upgrade or event.delete_reason.lower() == "upgrade",
        source_path=event.source_path or (file.source_path if file else ""),
        download_id=event.download_id,
        file_path=file.path if file else "",
        file_id=file.id if file and file.id else None,
    )


def _ids(event: EventResource) -> tuple[int, ...]:
    if event.movie:
        return (event.movie.id,) if event.movie.id else ()
    return tuple(episode.id for episode in event.episodes if episode.id)
