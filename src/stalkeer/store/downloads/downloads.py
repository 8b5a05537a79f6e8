"""The queue as people see it: rows, lists, requests, and what the user does to them. Workers' writes: `dispatch`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from stalkeer.core.downloads.states import Action, AlreadySo, Ask, Become, FileStage, Refuse, decide
from stalkeer.errors import Conflict, NotFound
from stalkeer.model import FINAL_STATES, DownloadId, DownloadState, EntryId, InstanceId, SourceId, WantedId
from stalkeer.store.db.tables import download_items, downloads
from stalkeer.store.journal.events import Event, record_event
from stalkeer.store.library.targets import SettledItem, lock_settled

REFUSALS = "; "  # between the reasons of one refusal
# codes of errors that others than the user ask for, too
PLACEMENT = "placement"
NOT_A_VIDEO = "not_a_video"


class ItemState(StrEnum):
    """Where one wanted item of a download stands with its instance."""

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


@dataclass(frozen=True)
class DownloadRow:
    """One download. Sizes are bytes, `speed` bytes/s over the last seconds."""

    id: DownloadId
    entry_id: EntryId
    source_id: SourceId
    entry_key: str
    name: str
    title: str
    kind: str
    state: DownloadState
    intent: str | None
    run: int
    failures: int
    worker: str | None
    claimed_at: datetime | None
    admitted_at: datetime | None
    connection_closed_at: datetime | None
    not_before: datetime | None
    priority: int
    rank: float
    host: str
    bandwidth_limit: int | None
    durable_offset: int
    offset: int
    total: int | None
    validators: Mapping[str, str] | None
    part_path: str | None
    release: str | None
    placed_path: str | None
    final_path: str | None
    speed: float | None
    bytes_resumed: int
    bytes_fetched: int
    interruptions: int
    resumes: int
    error_code: str | None
    error: str | None
    facts: Mapping[str, object] | None
    variants_tried: tuple[int, ...]
    keep_partial: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    updated_at: datetime
    items: tuple[ItemRow, ...] = ()

    @property
    def is_owned(self) -> bool:
        """A worker has been admitted to it or has claimed it."""
        return self.admitted_at is not None

    @property
    def file_stage(self) -> FileStage:
        """The target is written down before the file moves there; the part is forgotten once it has."""
        if self.placed_path is not None and self.part_path is None:
            return FileStage.PLACED
        is_whole = self.part_path is not None and 0 < (self.total or 0) == self.durable_offset
        return FileStage.WHOLE if is_whole else FileStage.PARTIAL

    @property
    def eta_s(self) -> float | None:
        """Seconds until all bytes are here at the present speed."""
        if self.state is not DownloadState.DOWNLOADING or not self.speed or self.total is None:
            return None
        return max(0.0, (self.total - self.offset) / self.speed)


@dataclass(frozen=True)
class NewItem:
    wanted_id: WantedId
    instance_id: InstanceId
    arr_id: int


@dataclass(frozen=True)
class NewDownload:
    """A request. `total` is what the playlist claims; the server's word replaces it."""

    entry_id: EntryId
    source_id: SourceId
    entry_key: str
    name: str
    title: str
    kind: str  # movie | episode
    items: tuple[NewItem, ...]
    host: str = ""
    priority: int = 0
    bandwidth_limit: int | None = None


@dataclass(frozen=True)
class DownloadFilter:
    """Which downloads: every field that is set must fit."""

    states: tuple[DownloadState, ...] = ()
    source_id: SourceId | None = None
    instance_id: InstanceId | None = None
    search: str = ""


class Order(StrEnum):
    QUEUE = "queue"  # the order in which they start
    NEWEST = "newest"


@dataclass(frozen=True)
class ActionResult:
    """What an action came to: the new state, that its owner was asked, or why not."""

    download_id: DownloadId
    outcome: str  # done | asked | nothing | refused
    state: DownloadState | None = None
    reason: str = ""


@dataclass(frozen=True)
class StateCounts:
    by_state: Mapping[DownloadState, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.by_state.values())

    @property
    def unfinished(self) -> int:
        """What is in the queue."""
        return sum(count for state, count in self.by_state.items() if state not in FINAL_STATES)


# --- reading -----------------------------------------------------------------------------------------------------


def get_download(connection: Connection, download_id: DownloadId) -> DownloadRow:
    row = connection.execute(select(downloads).where(downloads.c.id == download_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no download {download_id}; `stalkeer download list` shows the queue.")
    return to_download(row, list_items(connection, [download_id]).get(download_id, ()))


def list_downloads(
    connection: Connection,
    chosen: DownloadFilter = DownloadFilter(),
    *,
    order: Order = Order.QUEUE,
    limit: int = 50,
    offset: int = 0,
    after: DownloadRow | None = None,
) -> list[DownloadRow]:
    """`after`: the last row already shown, for pages at any depth."""
    query = select(downloads).where(*_clauses(chosen)).limit(limit).offset(offset)
    if after is not None:
        query = query.where(_comes_after(after, order))
    if order is Order.QUEUE:
        query = query.order_by(downloads.c.priority.desc(), downloads.c.rank, downloads.c.id)
    else:
        query = query.order_by(downloads.c.id.desc())
    rows = connection.execute(query).all()
    items = list_items(connection, [DownloadId(row.id) for row in rows])
    return [to_download(row, items.get(DownloadId(row.id), ())) for row in rows]


def _comes_after(row: DownloadRow, order: Order) -> ColumnElement[bool]:
    if order is Order.NEWEST:
        return downloads.c.id < row.id
    same_priority = downloads.c.priority == row.priority
    return or_(
        downloads.c.priority < row.priority,
        and_(same_priority, downloads.c.rank > row.rank),
        and_(same_priority, downloads.c.rank == row.rank, downloads.c.id > row.id),
    )


def count_downloads(connection: Connection, chosen: DownloadFilter = DownloadFilter()) -> int:
    return int(connection.execute(select(func.count()).select_from(downloads).where(*_clauses(chosen))).scalar_one())


def has_downloads(connection: Connection) -> bool:
    """Whether anything was ever queued, as far as the retention of downloads reaches."""
    return connection.execute(select(downloads.c.id).limit(1)).first() is not None


def count_by_state(connection: Connection) -> StateCounts:
    query = select(downloads.c.state, func.count()).group_by(downloads.c.state)
    return StateCounts({DownloadState(state): count for state, count in connection.execute(query)})


def list_items(connection: Connection, download_ids: Sequence[DownloadId]) -> dict[DownloadId, tuple[ItemRow, ...]]:
    if not download_ids:
        return {}
    query = select(download_items).where(download_items.c.download_id.in_(download_ids)).order_by(download_items.c.id)
    found: dict[DownloadId, tuple[ItemRow, ...]] = {}
    for row in connection.execute(query):
        item = _to_item(row)
        found[item.download_id] = (*found.get(item.download_id, ()), item)
    return found


def active_wanted_ids(connection: Connection) -> frozenset[WantedId]:
    """What is being downloaded or waits for the user already."""
    query = select(download_items.c.wanted_id).where(download_items.c.active)
    return frozenset(WantedId(wanted_id) for (wanted_id,) in connection.execute(query))


def failed_wanted_ids(connection: Connection, since: datetime) -> frozenset[WantedId]:
    """Items whose download failed lately, or was cancelled by the user: not queued again by themselves."""
    query = (
        select(download_items.c.wanted_id)
        .join(downloads, downloads.c.id == download_items.c.download_id)
        .where(
            or_(
                downloads.c.state == DownloadState.CANCELLED.value,
                (downloads.c.state == DownloadState.FAILED.value) & (downloads.c.finished_at > since),
            )
        )
    )
    return frozenset(WantedId(wanted_id) for (wanted_id,) in connection.execute(query))


# --- requests ----------------------------------------------------------------------------------------------------


def create_download(connection: Connection, new: NewDownload, now: datetime) -> DownloadId | None:
    """Queue a download for those of its items that nothing is downloading yet; None where there is none.

    The unique index over active items decides, so two requests at one moment become one download.
    """
    values = {
        "entry_id": new.entry_id,
        "source_id": new.source_id,
        "entry_key": new.entry_key,
        "name": new.name,
        "title": new.title,
        "kind": new.kind,
        "state": DownloadState.QUEUED.value,
        "host": new.host,
        "priority": new.priority,
        "rank": _last_rank(connection) + 1,
        "bandwidth_limit": new.bandwidth_limit,
        "created_at": now,
        "updated_at": now,
    }
    download_id = DownloadId(
        connection.execute(downloads.insert().values(**values).returning(downloads.c.id)).scalar_one()
    )
    taken = [item for item in new.items if _claim_item(connection, download_id, item)]
    if not taken:
        connection.execute(delete(downloads).where(downloads.c.id == download_id))
        return None
    record_event(
        connection,
        now,
        Event(
            "download.queued",
            f"{new.title} was queued",
            download_id=download_id,
            wanted_id=taken[0].wanted_id,
            source_id=new.source_id,
            instance_id=taken[0].instance_id,
        ),
    )
    return download_id


def find_open_download(connection: Connection, entry_id: EntryId) -> DownloadId | None:
    """A download of this entry that has not got its file yet: a further item may join it."""
    waiting = (DownloadState.QUEUED.value, DownloadState.DOWNLOADING.value, DownloadState.PAUSED.value)
    query = select(downloads.c.id).where(downloads.c.entry_id == entry_id, downloads.c.state.in_(waiting))
    found = connection.execute(query.order_by(downloads.c.id).limit(1)).scalar_one_or_none()
    return None if found is None else DownloadId(found)


def add_item(connection: Connection, download_id: DownloadId, item: NewItem) -> bool:
    """Let a download that is under way serve another wanted item too; False where the item has one already."""
    return _claim_item(connection, download_id, item)


def _claim_item(connection: Connection, download_id: DownloadId, item: NewItem) -> bool:
    values = {
        "download_id": download_id,
        "wanted_id": item.wanted_id,
        "instance_id": item.instance_id,
        "arr_id": item.arr_id,
        "state": ItemState.WAITING.value,
        "active": True,
    }
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    statement = insert(download_items).values(**values).on_conflict_do_nothing().returning(download_items.c.id)
    return connection.execute(statement).one_or_none() is not None


def _last_rank(connection: Connection) -> float:
    return float(connection.execute(select(func.coalesce(func.max(downloads.c.rank), 0.0))).scalar_one())


# --- what the user does ------------------------------------------------------------------------------------------


def act(connection: Connection, download_id: DownloadId, action: Action, now: datetime) -> ActionResult:
    """Do what the user asked, or ask the worker that has the download to do it. Works from any process."""
    row = lock_download(connection, download_id)
    effect = decide(action, row.state, is_owned=row.is_owned, stage=row.file_stage)
    if action is Action.RETRY and effect == Become(DownloadState.QUEUED):
        settled = _settled(connection, row)
        if settled is not None:
            return ActionResult(download_id, "refused", row.state, settled.refusal(row.title))
    if isinstance(effect, Refuse):
        return ActionResult(
            download_id, "refused", row.state, f"{row.title} cannot be {_past(action)}: {effect.reason}."
        )
    if isinstance(effect, Ask):
        connection.execute(
            update(downloads).where(downloads.c.id == download_id).values(intent=effect.intent.value, updated_at=now)
        )
        return ActionResult(download_id, "asked", row.state)
    if isinstance(effect, AlreadySo):
        _withdraw(connection, row, action, now)
        return ActionResult(download_id, "nothing", row.state)
    _become(connection, row, effect, now)
    event = Event(
        f"download.{_past(action)}",
        f"{row.title} was {_past(action)}",
        download_id=download_id,
        source_id=row.source_id,
    )
    record_event(connection, now, event)
    return ActionResult(download_id, "done", effect.state)


def keep_part(connection: Connection, download_id: DownloadId, *, keep: bool) -> None:
    """Whether what a cancelled download has stays on disk, for a retry to go on from."""
    connection.execute(update(downloads).where(downloads.c.id == download_id).values(keep_partial=keep))


def fitting_ids(connection: Connection, action: Action) -> list[DownloadId]:
    """All downloads for which `action` makes sense: what "all" means."""
    states = {
        Action.PAUSE: (DownloadState.QUEUED, DownloadState.DOWNLOADING),
        Action.RESUME: (DownloadState.PAUSED,),
        Action.RETRY: (DownloadState.FAILED, DownloadState.BLOCKED),
        Action.CANCEL: tuple(set(DownloadState) - FINAL_STATES),
    }[action]
    query = select(downloads.c.id).where(downloads.c.state.in_([state.value for state in states]))
    return [DownloadId(download_id) for download_id in connection.execute(query.order_by(downloads.c.id)).scalars()]


def lock_download(connection: Connection, download_id: DownloadId) -> DownloadRow:
    """The row, held until the transaction ends; SQLite's write lock does that by itself."""
    query = select(downloads).where(downloads.c.id == download_id).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no download {download_id}; `stalkeer download list` shows the queue.")
    return to_download(row, list_items(connection, [download_id]).get(download_id, ()))


def _settled(connection: Connection, row: DownloadRow) -> SettledItem | None:
    """Why nothing is to be fetched for any item of the download; None where one is still wanted."""
    open_ids = [item.wanted_id for item in row.items if item.state is not ItemState.IMPORTED]
    settled = lock_settled(connection, open_ids)
    return settled[open_ids[0]] if open_ids and len(settled) == len(set(open_ids)) else None


def _withdraw(connection: Connection, row: DownloadRow, action: Action, now: datetime) -> None:
    """Resume takes back a pause its owner has not come to; resume and retry end a back-off."""
    if action in (Action.RESUME, Action.RETRY):
        query = update(downloads).where(downloads.c.id == row.id)
        connection.execute(query.values(intent=None, not_before=None, updated_at=now))


def _become(connection: Connection, row: DownloadRow, effect: Become, now: datetime) -> None:
    values: dict[str, Any] = {"state": effect.state.value, "intent": None, "updated_at": now, "speed": None}
    if effect.state is DownloadState.CANCELLED:
        values |= {"finished_at": now, "not_before": None}
        end_items(connection, row.id, ItemState.CANCELLED)
    elif effect.state is not DownloadState.PAUSED:
        values |= {"failures": 0, "not_before": None, "error": None, "error_code": None, "finished_at": None}
        values |= {"keep_partial": False}
        _revive_items(connection, row)
    connection.execute(update(downloads).where(downloads.c.id == row.id).values(**values))


def end_items(connection: Connection, download_id: DownloadId, state: ItemState) -> None:
    """Let the items be downloaded again by another request; what is imported stays imported."""
    of_this = download_items.c.download_id == download_id
    connection.execute(update(download_items).where(of_this).values(active=False))
    connection.execute(
        update(download_items)
        .where(of_this, download_items.c.state != ItemState.IMPORTED.value)
        .values(state=state.value)
    )


def _revive_items(connection: Connection, row: DownloadRow) -> None:
    wanted = [item.wanted_id for item in row.items if item.state is not ItemState.IMPORTED]
    query = select(download_items.c.download_id).where(
        download_items.c.active, download_items.c.wanted_id.in_(wanted), download_items.c.download_id != row.id
    )
    other = connection.execute(query.limit(1)).scalar_one_or_none()
    if other is not None:
        raise Conflict(f"{row.title} is being downloaded already, as download {other}; cancel that one first.")
    connection.execute(
        update(download_items)
        .where(download_items.c.download_id == row.id, download_items.c.state != ItemState.IMPORTED.value)
        .values(active=True, state=ItemState.WAITING.value, command_id=None, refusal=None)
    )


def accept_refusal(connection: Connection, download_id: DownloadId, now: datetime) -> ActionResult:
    """The user overrules what the instance said against the file: it is imported all the same."""
    row = lock_download(connection, download_id)
    reasons = [item.refusal for item in row.items if item.state is ItemState.REFUSED and item.refusal]
    if row.state is not DownloadState.BLOCKED or not reasons:
        raise Conflict(f"{row.title} is {row.state.value}; only what an instance refused can be accepted.")
    facts = {**(row.facts or {}), "accepted": [part for reason in reasons for part in reason.split(REFUSALS)]}
    connection.execute(update(downloads).where(downloads.c.id == download_id).values(facts=facts))
    return act(connection, download_id, Action.RETRY, now)


def set_priority(connection: Connection, download_id: DownloadId, priority: int, now: datetime) -> None:
    """Force 2, high 1, normal 0, low -1; effective at the next admission."""
    lock_download(connection, download_id)
    connection.execute(update(downloads).where(downloads.c.id == download_id).values(priority=priority, updated_at=now))


def start_now(connection: Connection, download_id: DownloadId, now: datetime) -> ActionResult:
    """First in the queue, whatever the calendar says; it takes the place of a running one where it must."""
    row = lock_download(connection, download_id)
    if row.state in (DownloadState.PAUSED, DownloadState.FAILED, DownloadState.CANCELLED):
        act(connection, download_id, Action.RESUME if row.state is DownloadState.PAUSED else Action.RETRY, now)
    elif row.state is not DownloadState.QUEUED:
        return ActionResult(download_id, "nothing", row.state)
    connection.execute(
        update(downloads).where(downloads.c.id == download_id).values(priority=2, not_before=None, updated_at=now)
    )
    move_to_top(connection, download_id, now)
    return ActionResult(download_id, "done", DownloadState.QUEUED)


def move_to_top(connection: Connection, download_id: DownloadId, now: datetime) -> None:
    first = connection.execute(select(func.coalesce(func.min(downloads.c.rank), 0.0))).scalar_one()
    _set_rank(connection, download_id, float(first) - 1, now)


def move_to_bottom(connection: Connection, download_id: DownloadId, now: datetime) -> None:
    _set_rank(connection, download_id, _last_rank(connection) + 1, now)


def move_before(connection: Connection, download_id: DownloadId, other: DownloadId, now: datetime) -> None:
    """Between `other` and the one that was before it; with a priority of its own it still stands with its equals."""
    target = lock_download(connection, other)
    before = connection.execute(
        select(func.max(downloads.c.rank)).where(downloads.c.rank < target.rank, downloads.c.id != download_id)
    ).scalar_one_or_none()
    _set_rank(connection, download_id, target.rank - 1 if before is None else (before + target.rank) / 2, now)


def move_after(connection: Connection, download_id: DownloadId, other: DownloadId, now: datetime) -> None:
    """Between `other` and the one that was behind it, likewise."""
    target = lock_download(connection, other)
    behind = connection.execute(
        select(func.min(downloads.c.rank)).where(downloads.c.rank > target.rank, downloads.c.id != download_id)
    ).scalar_one_or_none()
    _set_rank(connection, download_id, target.rank + 1 if behind is None else (target.rank + behind) / 2, now)


MOVABLE = (DownloadState.QUEUED, DownloadState.PAUSED)  # what waits has a place; what runs has none


def find_neighbour(connection: Connection, row: DownloadRow, *, above: bool) -> DownloadId | None:
    """Which of those that wait, and have its priority, stands next to it."""
    rank, own = downloads.c.rank, DownloadId(row.id)
    is_there = (
        or_(rank < row.rank, and_(rank == row.rank, downloads.c.id < own))
        if above
        else or_(rank > row.rank, and_(rank == row.rank, downloads.c.id > own))
    )
    order = (rank.desc(), downloads.c.id.desc()) if above else (rank, downloads.c.id)
    states = [state.value for state in MOVABLE]
    query = (
        select(downloads.c.id)
        .where(is_there, downloads.c.state.in_(states), downloads.c.priority == row.priority)
        .order_by(*order)
        .limit(1)
    )
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else DownloadId(found)


def set_limit(connection: Connection, download_id: DownloadId, limit: int | None, now: datetime) -> None:
    """This download's own bandwidth, bytes/s; None or 0: no limit of its own."""
    lock_download(connection, download_id)
    connection.execute(
        update(downloads).where(downloads.c.id == download_id).values(bandwidth_limit=limit or None, updated_at=now)
    )


def _set_rank(connection: Connection, download_id: DownloadId, rank: float, now: datetime) -> None:
    lock_download(connection, download_id)
    connection.execute(update(downloads).where(downloads.c.id == download_id).values(rank=rank, updated_at=now))


# --- rows --------------------------------------------------------------------------------------------------------


def to_download(row: Row[*tuple[Any, ...]], items: tuple[ItemRow, ...]) -> DownloadRow:
    values = dict(row._mapping)
    values["state"] = DownloadState(values["state"])
    values["host"] = values["host"] or ""
    values["variants_tried"] = tuple(values["variants_tried"] or ())
    return DownloadRow(**values, items=items)


def _to_item(row: Row[*tuple[Any, ...]]) -> ItemRow:
    values = dict(row._mapping)
    del values["active"]
    values["state"] = ItemState(values["state"])
    return ItemRow(**values)


def _clauses(chosen: DownloadFilter) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if chosen.states:
        clauses.append(downloads.c.state.in_([state.value for state in chosen.states]))
    if chosen.source_id is not None:
        clauses.append(downloads.c.source_id == chosen.source_id)
    if chosen.instance_id is not None:
        of_instance = select(download_items.c.download_id).where(download_items.c.instance_id == chosen.instance_id)
        clauses.append(downloads.c.id.in_(of_instance))
    if chosen.search:
        clauses.append(downloads.c.title.icontains(chosen.search, autoescape=True))
    return clauses


_PAST = {Action.PAUSE: "paused", Action.RESUME: "resumed", Action.CANCEL: "cancelled", Action.RETRY: "retried"}


def _past(action: Action) -> str:
    return _PAST[action]
