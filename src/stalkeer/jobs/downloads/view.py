"""Show downloads: the same document for command line, API and pages, and the log of each download."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from stalkeer.core.downloads.sabnzbd import InHistory, place_of
from stalkeer.core.downloads.states import Priority
from stalkeer.core.downloads.waiting import Waiting
from stalkeer.logs import DOWNLOAD_LOG, LOG_NAME, open_log
from stalkeer.model import DownloadId, DownloadState, EventKind, InstanceId, SourceId
from stalkeer.secrets import mask_text
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.downloads.downloads import get_download
from stalkeer.store.downloads.native_items import NativeGrab, natives_of_download
from stalkeer.store.downloads.rows import DownloadRow
from stalkeer.store.journal.events import EventFilter, EventRow, list_events
from stalkeer.store.library.instances import InstanceRow, get_instance_by_id, instance_names
from stalkeer.store.sources.sources import source_names

MOST_LINES = 1000
MOST_SCRIPTS = 10
NOT_SHOWN = frozenset({"event", "level", "timestamp", "logger", "download", "exception", "request_id"})
FACT_NAMES = {
    "kind": "container",
    "is_whole": "isWhole",
    "reason": "reason",
    "duration_s": "durationSeconds",
    "audio_languages": "audioLanguages",
    "subtitle_languages": "subtitleLanguages",
    "has_video": "hasVideo",
    "is_encrypted": "isEncrypted",
    "flaw": "flaw",
    "extension": "extension",
    "checksums": "checksums",
}
PRIORITY_NAMES = {priority.level: priority.value for priority in Priority}


@dataclass(frozen=True)
class Names:
    """Hold the names of sources and instances. Users and programs know them by name, the tables by id."""

    sources: Mapping[SourceId, str] = field(default_factory=dict)
    instances: Mapping[InstanceId, str] = field(default_factory=dict)

    def source(self, source_id: SourceId | None) -> str | None:
        return None if source_id is None else self.sources.get(source_id)

    def instance(self, instance_id: InstanceId | None) -> str | None:
        return None if instance_id is None else self.instances.get(instance_id)

    def find_source(self, name: str) -> SourceId:
        """Return the id of the source, or an id that no row has."""
        return next((source_id for source_id, known in self.sources.items() if known == name), SourceId(0))

    def find_instance(self, name: str) -> InstanceId:
        """Return the id of the instance, or an id that no row has."""
        return next((instance_id for instance_id, known in self.instances.items() if known == name), InstanceId(0))


def read_names(connection: Transaction) -> Names:
    return Names(source_names(connection), instance_names(connection))


@dataclass(frozen=True)
class ShownGrab:
    """Describe a release that an instance grabbed. `status` is the state as the instance sees it."""

    instance: str  # name of the instance
    label: str
    download_id: str
    release: str
    category: str
    status: str
    is_imported: bool
    words: str  # Stalkeer's words on a failure

    def to_document(self) -> dict[str, object]:
        return {
            "instance": self.instance,
            "downloadId": self.download_id,
            "release": self.release,
            "category": self.category,
            "status": self.status,
            "imported": self.is_imported,
            "failMessage": self.words,
        }


@dataclass(frozen=True)
class Shown:
    """Hold a download, and the reason why it waits."""

    row: DownloadRow
    names: Names
    waiting: Waiting | None = None
    grabs: tuple[ShownGrab, ...] = ()

    @property
    def share(self) -> float | None:
        """Return the received share from 0 to 1; None where the size is unknown."""
        if self.row.state in (DownloadState.COMPLETED, DownloadState.IMPORTING, DownloadState.PLACED):
            return 1.0
        return None if not self.row.transfer.total else min(1.0, self.row.transfer.offset / self.row.transfer.total)

    @property
    def remark(self) -> str:
        """Return in a few words why the download waits or what went wrong."""
        if self.waiting is not None:
            return (
                f"{self.waiting.text} ({self.row.outcome.error})"
                if self.row.outcome.error and self.row.queue.failures
                else self.waiting.text
            )
        if self.row.queue.intent is not None:
            return f"asked to {self.row.queue.intent}"
        if self.row.state is DownloadState.IMPORTING and self.row.handing.is_waiting:
            return "waits until its instance imports it"
        return self.row.outcome.error or ""

    def to_document(self) -> dict[str, object]:
        row, waiting = self.row, self.waiting
        return {
            "id": row.id,
            "title": row.identity.title,
            "name": row.identity.name,
            "kind": row.identity.kind,
            "state": row.state.value,
            "waiting": None if waiting is None else _waiting(waiting),
            "priority": PRIORITY_NAMES.get(row.queue.priority, str(row.queue.priority)),
            "rank": row.queue.rank,
            "source": self.names.source(row.identity.source_id),
            "entryId": row.identity.entry_id,
            "size": row.transfer.total,
            "received": row.transfer.offset,
            "progress": None if self.share is None else round(self.share, 4),
            "speed": None if row.transfer.speed is None else round(row.transfer.speed),
            "etaSeconds": None if row.eta_s is None else round(row.eta_s),
            "bandwidthLimit": row.transfer.bandwidth_limit,
            "bytesResumed": row.transfer.bytes_resumed,
            "bytesFetched": row.transfer.bytes_fetched,
            "interruptions": row.transfer.interruptions,
            "failures": row.queue.failures,
            "notBefore": row.queue.not_before,
            "errorCode": row.outcome.error_code,
            "error": row.outcome.error,
            "worker": row.queue.worker,
            "facts": shown_facts(row.outcome.facts),
            "path": row.outcome.final_path or row.outcome.placed_path or row.transfer.part_path,
            "items": [
                {
                    "wantedId": item.wanted_id,
                    "instance": self.names.instance(item.instance_id),
                    "arrId": item.arr_id,
                    "state": item.state.value,
                    "importedFileId": item.imported_file_id,
                    "refusal": item.refusal,
                    "handOver": item.hand_over.value,
                }
                for item in row.items
            ],
            "grabs": [shown.to_document() for shown in self.grabs],
            "createdAt": row.identity.created_at,
            "startedAt": row.transfer.started_at,
            "finishedAt": row.outcome.finished_at,
            "updatedAt": row.updated_at,
        }


def shown_facts(facts: Mapping[str, object] | None) -> dict[str, object] | None:
    """Return what the file was found to be, without the notes of later steps. None before the file was read."""
    found = {} if facts is None else {shown: facts[name] for name, shown in FACT_NAMES.items() if name in facts}
    return found or None


def show(rows: Sequence[DownloadRow], names: Names, waiting: Mapping[DownloadId, Waiting]) -> list[Shown]:
    return [Shown(row, names, waiting.get(row.id)) for row in rows]


def read_grabs(connection: Transaction, download_id: DownloadId) -> tuple[ShownGrab, ...]:
    """Return the grabs of a download as their instances see them."""
    found = natives_of_download(connection, download_id)
    return tuple(_shown_grab(native, get_instance_by_id(connection, native.grab.instance_id)) for native in found)


def _shown_grab(native: NativeGrab, row: InstanceRow) -> ShownGrab:
    grab, place = native.grab, place_of(native.progress)
    words = place.fail_message if isinstance(place, InHistory) else ""
    status = "Removed" if grab.removed and not native.is_imported else place.status.value
    return ShownGrab(row.slug, row.label, grab.nzo_id, grab.release, grab.category, status, native.is_imported, words)


def _waiting(waiting: Waiting) -> dict[str, object]:
    return {"reason": waiting.reason.value, "until": waiting.until, "text": waiting.text}


# --- the story of a download -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StoryLine:
    """Hold an event or a log line of a download. `kind` is the event's kind, or `log`."""

    at: datetime
    kind: str
    level: str
    text: str
    output: str = ""  # of a script

    def to_document(self) -> Mapping[str, object]:
        return vars(self)


def _event_line(row: EventRow) -> StoryLine:
    return StoryLine(row.at, row.event.kind.value, row.event.level.value, row.event.message, row.event.output)


def read_story(database: Database, logs: Path, download_id: DownloadId) -> list[StoryLine]:
    """Return the last thousand events and log lines in order of time. Raises NotFound for an unknown download."""
    with database.connect() as connection:
        get_download(connection, download_id)
        rows = list_events(connection, EventFilter(download_id=download_id), limit=MOST_LINES)
    events = [_event_line(row) for row in reversed(rows)]
    logged = deque(_logged(logs, download_id), maxlen=MOST_LINES)
    return sorted([*events, *logged], key=lambda line: line.at)[-MOST_LINES:]


def read_scripts(database: Database, download_id: DownloadId) -> list[dict[str, object]]:
    """Return the last scripts that ran for a download, the oldest first: hook, ending, exit code and output."""
    chosen = EventFilter(kinds=(EventKind.HOOK_PASSED, EventKind.HOOK_FAILED), download_id=download_id)
    with database.connect() as connection:
        rows = list_events(connection, chosen, limit=MOST_SCRIPTS)
    return [{"at": row.at, **(row.event.data or {})} for row in reversed(rows)]


def _logged(folder: Path, download_id: DownloadId) -> Iterator[StoryLine]:
    """Yield the log lines, oldest file first.

    Lines of events are left out, because the events come from the database.
    """
    sign = f'"download": {download_id}'
    files = (path for path in folder.glob(f"{DOWNLOAD_LOG}*") if LOG_NAME.fullmatch(path.name))
    for path in sorted(files, key=_age_of_log, reverse=True):
        with open_log(path) as file:
            for text in file:
                line = _read(text, download_id) if sign in text else None
                if line is not None:
                    yield line


def _age_of_log(path: Path) -> int:
    """Return the number of the rotation: 0 for the present file, 1 for the one before it."""
    number = path.name.removeprefix(DOWNLOAD_LOG).removesuffix(".gz").lstrip(".")
    return int(number or 0)


def _read(text: str, download_id: DownloadId) -> StoryLine | None:
    try:
        fields = json.loads(text)
        at = datetime.fromisoformat(fields["timestamp"]).astimezone(UTC)
    except (ValueError, KeyError, TypeError):
        return None  # a line that was cut off by a full disk
    if fields.get("download") != download_id or "kind" in fields:
        return None
    more = " ".join(f"{name}={value}" for name, value in fields.items() if name not in NOT_SHOWN)
    words = f"{fields.get('event', '')} {more}".strip()
    return StoryLine(at, "log", str(fields.get("level", "info")), mask_text(words))
