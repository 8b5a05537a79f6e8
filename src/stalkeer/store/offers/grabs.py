"""Store the releases that instances grabbed, which their download client shows as queue and history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from stalkeer.model import DownloadId, GrabId, GrabState, InstanceId, WantedId, WantedKind
from stalkeer.store.db.tables import grabs

_G = grabs.c


@dataclass(frozen=True)
class GrabbedItem:
    wanted_id: WantedId
    arr_id: int


@dataclass(frozen=True)
class NewGrab:
    nzo_id: str
    instance_id: InstanceId
    offer_guid: str
    release: str
    kind: WantedKind
    items: tuple[GrabbedItem, ...]
    category: str
    priority: int = 0
    download_id: DownloadId | None = None


@dataclass(frozen=True)
class GrabRow:
    """Hold a grab.

    `storage` is Stalkeer's path of the file, `removed` whether the instance removed it from its queue or history.
    """

    id: GrabId
    nzo_id: str
    instance_id: InstanceId
    offer_guid: str
    release: str
    kind: WantedKind
    items: tuple[GrabbedItem, ...]
    category: str
    priority: int
    download_id: DownloadId | None
    state: GrabState
    fail_message: str
    storage: str
    bytes: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    removed: bool


def add_grab(connection: Connection, new: NewGrab, now: datetime) -> GrabId:
    values = {
        "nzo_id": new.nzo_id,
        "instance_id": new.instance_id,
        "offer_guid": new.offer_guid,
        "release": new.release,
        "kind": new.kind.value,
        "items": [[item.wanted_id, item.arr_id] for item in new.items],
        "category": new.category,
        "priority": new.priority,
        "download_id": new.download_id,
        "state": GrabState.ACTIVE.value,
        "created_at": now,
    }
    return GrabId(connection.execute(insert(grabs).values(**values).returning(_G.id)).scalar_one())


def find_grab(connection: Connection, nzo_id: str) -> GrabRow | None:
    row = connection.execute(select(grabs).where(_G.nzo_id == nzo_id)).one_or_none()
    return None if row is None else _row(row)


def last_grab_of_offer(connection: Connection, instance_id: InstanceId, offer_guid: str) -> GrabRow | None:
    """Return the last grab of a release, removed or not."""
    of_offer = (_G.offer_guid == offer_guid, _G.instance_id == instance_id)
    row = connection.execute(select(grabs).where(*of_offer).order_by(_G.id.desc()).limit(1)).one_or_none()
    return None if row is None else _row(row)


def list_grabs_where(connection: Connection, *clauses: ColumnElement[bool]) -> list[GrabRow]:
    """List the grabs that fit, oldest first."""
    return [_row(row) for row in connection.execute(select(grabs).where(*clauses).order_by(_G.id))]


def list_grabs_of_download(connection: Connection, download_id: DownloadId) -> list[GrabRow]:
    return list_grabs_where(connection, _G.download_id == download_id)


def list_live_grabs(connection: Connection, download_id: DownloadId) -> list[GrabRow]:
    """List the grabs of a download that were not removed by their instances. A removed grab may have been repeated."""
    return list_grabs_where(connection, _G.download_id == download_id, ~_G.removed)


def fail_grabs(connection: Connection, download_id: DownloadId, reason: str, now: datetime) -> None:
    """Fail every open grab of a download. A file that an instance was shown stays with the instance."""
    mine = (_G.download_id == download_id, _G.state == GrabState.ACTIVE.value)
    failed = {"state": GrabState.FAILED.value, "fail_message": reason, "ended_at": now}
    connection.execute(update(grabs).where(*mine).values(**failed))


def remove_grab(connection: Connection, nzo_id: str) -> bool:
    """Remove a grab from the lists of its instance. Return whether there is such a grab."""
    return connection.execute(update(grabs).where(_G.nzo_id == nzo_id).values(removed=True)).rowcount > 0


def failed_offers(connection: Connection, instance_id: InstanceId) -> frozenset[str]:
    """Return the offers of which a grab failed."""
    query = select(_G.offer_guid).where(_G.instance_id == instance_id, _G.state == GrabState.FAILED.value)
    return frozenset(connection.scalars(query))


def _row(row: Row[Any]) -> GrabRow:
    values = {name: row._mapping[name] for name in GrabRow.__dataclass_fields__}
    return GrabRow(
        **values
        | {
            "kind": WantedKind(row.kind),
            "state": GrabState(row.state),
            "items": tuple(GrabbedItem(WantedId(item[0]), int(item[1])) for item in row.items),
        }
    )
