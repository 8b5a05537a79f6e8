"""Downloads as they are shown: one document for the command line, the API and the pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stalkeer.core.downloads.states import Priority
from stalkeer.core.downloads.waiting import Waiting
from stalkeer.model import DownloadId, DownloadState
from stalkeer.store.downloads.downloads import DownloadRow

PRIORITY_NAMES = {priority.level: priority.value for priority in Priority}


@dataclass(frozen=True)
class Shown:
    """A download, and why it waits where it does."""

    row: DownloadRow
    waiting: Waiting | None = None

    @property
    def share(self) -> float | None:
        """How much of it is here, from 0 to 1; None where its size is not known."""
        if self.row.state in (DownloadState.COMPLETED, DownloadState.IMPORTING, DownloadState.PLACED):
            return 1.0
        return None if not self.row.total else min(1.0, self.row.offset / self.row.total)

    @property
    def remark(self) -> str:
        """Why it waits, or what went wrong, in a few words."""
        if self.waiting is not None:
            return (
                f"{self.waiting.text} ({self.row.error})" if self.row.error and self.row.failures else self.waiting.text
            )
        if self.row.intent is not None:
            return f"asked to {self.row.intent}"
        return self.row.error or ""

    def to_document(self) -> dict[str, object]:
        row, waiting = self.row, self.waiting
        return {
            "id": row.id,
            "title": row.title,
            "name": row.name,
            "kind": row.kind,
            "state": row.state.value,
            "waiting": None if waiting is None else _waiting(waiting),
            "priority": PRIORITY_NAMES.get(row.priority, str(row.priority)),
            "rank": row.rank,
            "sourceId": row.source_id,
            "entryId": row.entry_id,
            "size": row.total,
            "received": row.offset,
            "progress": None if self.share is None else round(self.share, 4),
            "speed": None if row.speed is None else round(row.speed),
            "etaSeconds": None if row.eta_s is None else round(row.eta_s),
            "bandwidthLimit": row.bandwidth_limit,
            "bytesResumed": row.bytes_resumed,
            "bytesFetched": row.bytes_fetched,
            "interruptions": row.interruptions,
            "failures": row.failures,
            "notBefore": row.not_before,
            "errorCode": row.error_code,
            "error": row.error,
            "worker": row.worker,
            "facts": None if row.facts is None else dict(row.facts),
            "path": row.final_path or row.placed_path or row.part_path,
            "items": [
                {
                    "wantedId": item.wanted_id,
                    "instanceId": item.instance_id,
                    "arrId": item.arr_id,
                    "state": item.state.value,
                    "importedFileId": item.imported_file_id,
                    "refusal": item.refusal,
                }
                for item in row.items
            ],
            "createdAt": row.created_at,
            "startedAt": row.started_at,
            "finishedAt": row.finished_at,
            "updatedAt": row.updated_at,
        }


def show(rows: Sequence[DownloadRow], waiting: Mapping[DownloadId, Waiting]) -> list[Shown]:
    return [Shown(row, waiting.get(row.id)) for row in rows]


def _waiting(waiting: Waiting) -> dict[str, object]:
    return {"reason": waiting.reason.value, "until": waiting.until, "text": waiting.text}
