"""The story of one download: its events from the database, and what was logged about it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from stalkeer.logs import DOWNLOAD_LOG
from stalkeer.model import DownloadId
from stalkeer.secrets import mask_text
from stalkeer.store.db.database import Database
from stalkeer.store.downloads.downloads import get_download
from stalkeer.store.journal.events import EventFilter, list_events

MOST_LINES = 1000
NOT_SHOWN = frozenset({"event", "level", "timestamp", "logger", "download", "exception", "request_id"})


@dataclass(frozen=True)
class StoryLine:
    """`kind` is the event's, or `log`."""

    at: datetime
    kind: str
    level: str
    text: str

    def to_document(self) -> Mapping[str, object]:
        return {"at": self.at, "kind": self.kind, "level": self.level, "text": self.text}


def read_story(database: Database, logs: Path, download_id: DownloadId) -> list[StoryLine]:
    """In order of time, the last thousand lines. Raises NotFound for a download that there is not."""
    with database.connect() as connection:
        get_download(connection, download_id)
        rows = list_events(connection, EventFilter(download_id=download_id), limit=MOST_LINES)
    events = [StoryLine(row.at, row.event.kind, row.event.level.value, row.event.message) for row in reversed(rows)]
    logged = deque(_logged(logs, download_id), maxlen=MOST_LINES)
    return sorted([*events, *logged], key=lambda line: line.at)[-MOST_LINES:]


def _logged(folder: Path, download_id: DownloadId) -> Iterator[StoryLine]:
    """From the oldest file on. An event's own line is left out: the database has it."""
    sign = f'"download": {download_id}'
    for path in sorted(folder.glob(f"{DOWNLOAD_LOG}*"), key=lambda path: (len(path.name), path.name), reverse=True):
        with path.open(encoding="utf-8", errors="replace") as file:
            for text in file:
                line = _read(text, download_id) if sign in text else None
                if line is not None:
                    yield line


def _read(text: str, download_id: DownloadId) -> StoryLine | None:
    try:
        fields = json.loads(text)
        at = datetime.fromisoformat(fields["timestamp"]).astimezone(UTC)
    except (ValueError, KeyError, TypeError):
        return None  # a line that a full disk cut off
    if fields.get("download") != download_id or "kind" in fields:
        return None
    more = " ".join(f"{name}={value}" for name, value in fields.items() if name not in NOT_SHOWN)
    words = f"{fields.get('event', '')} {more}".strip()
    return StoryLine(at, "log", str(fields.get("level", "info")), mask_text(words))
