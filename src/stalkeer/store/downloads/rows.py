"""Describe a download and its wanted items as the database has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from stalkeer.core.downloads.states import FileStage, Handing
from stalkeer.model import DownloadId, DownloadState, Drive, EntryId, InstanceId, SourceId, WantedId

REFUSALS = "; "  # separates the reasons of a refusal
# codes of errors that other modules look for
NOT_A_VIDEO = "not_a_video"
UNPROVEN = "unproven"  # it could not be checked whether the file is complete
WATCHED_ENTRY = EntryId(0)  # in the place of the entry, for a file of a watch folder
# keys in `downloads.facts`
ACCEPTED = "is_accepted"  # the user accepted the file as it is
NAMED = "named"  # resolution and codec in the name of a file that is no entry
REFUSED_TIMES = "refused_times"  # attempts in a row that returned something else than the media file


class ItemState(StrEnum):
    """List the states of a download's wanted item at its instance."""

    WAITING = "waiting"
    IMPORTING = "importing"
    IMPORTED = "imported"
    REFUSED = "refused"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class ItemRow:
    id: int
    download_id: DownloadId
    wanted_id: WantedId
    instance_id: InstanceId
    arr_id: int
    state: ItemState
    command_id: int | None
    imported_file_id: int | None
    refusal: str | None
    hand_over: Drive = Drive.OURS  # the program that has the instance import the file

    @property
    def is_open(self) -> bool:
        return self.state in (ItemState.WAITING, ItemState.IMPORTING)

    @property
    def waits_for_instance(self) -> bool:
        """Tell whether the instance has the file and imports it by itself."""
        return self.hand_over is Drive.NATIVE and self.state is ItemState.IMPORTING


def is_resting(items: Iterable[ItemRow]) -> bool:
    """Tell whether only the import by instances that grabbed the file is left."""
    left = [item for item in items if item.is_open]
    return bool(left) and all(item.waits_for_instance for item in left)


@dataclass(frozen=True)
class Identity:
    """Hold the entry of a download, and the title that users see."""

    entry_id: EntryId
    source_id: SourceId
    entry_key: str
    name: str
    title: str
    kind: str
    created_at: datetime
    variants_tried: tuple[int, ...]  # entries that were given up before this one
    replaces: bool  # the user downloaded it again: its file is imported whatever the library has
    destination: Mapping[str, object] | None  # for a download without wanted items: the parts of the file name

    @property
    def is_watched_file(self) -> bool:
        """Return whether the file lies in a watch folder, so that there is nothing to fetch."""
        return self.entry_id == WATCHED_ENTRY


@dataclass(frozen=True)
class QueuePlace:
    """Hold the place of a download in the queue, and the worker that runs it."""

    priority: int
    rank: float
    intent: str | None
    run: int
    failures: int
    not_before: datetime | None
    worker: str | None
    claimed_at: datetime | None
    admitted_at: datetime | None

    @property
    def is_owned(self) -> bool:
        """Tell whether a worker has been admitted to it or has claimed it."""
        return self.admitted_at is not None


@dataclass(frozen=True)
class TransferState:
    """Hold the state of the transfer. Sizes are in bytes, `speed` is the recent bytes/s."""

    host: str
    bandwidth_limit: int | None
    connection_closed_at: datetime | None
    offset: int
    durable_offset: int
    total: int | None
    validators: Mapping[str, str] | None
    learned: Mapping[str, bool] | None  # facts about the server and its file, see `core.downloads.resume.Held`
    high_water: int  # durable bytes at the last progress
    part_path: str | None
    keep_partial: bool
    speed: float | None
    bytes_resumed: int
    bytes_fetched: int
    interruptions: int
    resumes: int
    started_at: datetime | None

    @property
    def is_whole(self) -> bool:
        """Tell whether all bytes of a known total are on the disk, and the part file is still in its place."""
        return self.part_path is not None and 0 < (self.total or 0) == self.durable_offset


@dataclass(frozen=True)
class DownloadOutcome:
    """Hold the result of a download: its files, or its error."""

    release: str | None
    placed_path: str | None
    final_path: str | None
    facts: Mapping[str, object] | None
    error_code: str | None
    error: str | None
    finished_at: datetime | None


@dataclass(frozen=True)
class DownloadRow:
    """Hold a download: its identity, its place in the queue, its transfer and its outcome."""

    id: DownloadId
    state: DownloadState
    identity: Identity
    queue: QueuePlace
    transfer: TransferState
    outcome: DownloadOutcome
    updated_at: datetime
    items: tuple[ItemRow, ...] = ()

    @property
    def file_stage(self) -> FileStage:
        """Return how far the file has moved.

        The target is stored before the move, and the part file is forgotten after it.
        """
        if self.outcome.placed_path is not None and self.transfer.part_path is None:
            return FileStage.PLACED
        return FileStage.WHOLE if self.transfer.is_whole else FileStage.PARTIAL

    @property
    def handing(self) -> Handing:
        by_instance = any(
            item.hand_over is Drive.NATIVE and item.state is not ItemState.IMPORTED for item in self.items
        )
        return Handing(by_instance, is_resting(self.items), self.identity.is_watched_file)

    @property
    def eta_s(self) -> float | None:
        """Return the seconds until all bytes are received at the present speed."""
        transfer = self.transfer
        if self.state is not DownloadState.DOWNLOADING or not transfer.speed or transfer.total is None:
            return None
        return max(0.0, (transfer.total - transfer.offset) / transfer.speed)


def to_download(row: Row[*tuple[Any, ...]], items: tuple[ItemRow, ...]) -> DownloadRow:
    values = dict(row._mapping)
    values["host"] = values["host"] or ""
    values["variants_tried"] = tuple(values["variants_tried"] or ())
    return DownloadRow(
        id=DownloadId(values["id"]),
        state=DownloadState(values["state"]),
        identity=Identity(**_pick(values, Identity)),
        queue=QueuePlace(**_pick(values, QueuePlace)),
        transfer=TransferState(**_pick(values, TransferState)),
        outcome=DownloadOutcome(**_pick(values, DownloadOutcome)),
        updated_at=values["updated_at"],
        items=items,
    )


def _pick(
    values: Mapping[str, Any], part: type[Identity | QueuePlace | TransferState | DownloadOutcome]
) -> dict[str, Any]:
    """Return the columns that a part of the row has fields for."""
    return {column.name: values[column.name] for column in fields(part)}


def to_item(row: Row[*tuple[Any, ...]]) -> ItemRow:
    values = dict(row._mapping)
    del values["active"]
    values["state"] = ItemState(values["state"])
    values["hand_over"] = Drive(values["hand_over"])
    return ItemRow(**values)
