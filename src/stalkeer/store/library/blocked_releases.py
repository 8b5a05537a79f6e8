"""Read and write the instances' blocklists for wanted items. Blocked releases are not downloaded again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from stalkeer.adapters.arr.values import BlockedRelease
from stalkeer.core.naming.release import dotted
from stalkeer.model import InstanceId, SourceId, WantedId
from stalkeer.store.db.tables import blocked_releases, download_items, downloads, wanted

_B = blocked_releases
_NAMES = ("arr_id", "release", "reason", "source_id", "entry_key")
_Name = tuple[int, str]  # item and name of a release
_Entry = tuple[int | None, str | None]  # source and key
_Row = tuple[int, str, str, int | None, str | None]


@dataclass(frozen=True, slots=True)
class BlockedEntry:
    """Hold a blocked release of a wanted item, with source and key if it was one of our entries."""

    release: str
    reason: str
    source_id: SourceId | None
    entry_key: str | None

    def is_of(self, source_id: SourceId, entry_key: str, entry_name: str) -> bool:
        """Tell whether the entry is this release: it has the same name, or was handed over under this name before."""
        if self.entry_key is not None:
            return (self.source_id, self.entry_key) == (source_id, entry_key)
        return _words(self.release) == _words(entry_name)


def save_blocked_releases(connection: Connection, instance_id: InstanceId, blocked: Iterable[BlockedRelease]) -> None:
    """Replace the stored blocklist of an instance. Only releases of its wanted items are stored."""
    wanted_here = _wanted_arr_ids(connection, instance_id)
    named: dict[_Name, str] = {}
    for release in blocked:
        for arr_id in wanted_here.intersection(release.arr_ids):
            named.setdefault((arr_id, release.title), release.reason)
    present = _present(connection, instance_id)
    entries_by_name = _handed_over(connection, instance_id) if named else {}
    # keep known entries: the blocklist stays when old downloads are deleted
    for arr_id, title, _, source_id, entry_key in present:
        if entry_key is not None:
            entries_by_name.setdefault((arr_id, title), set()).add((source_id, entry_key))
    rows: set[_Row] = {
        (*name, reason, *entry)
        for name, reason in named.items()
        for entry in entries_by_name.get(name) or {(None, None)}
    }
    if rows == present:
        return
    connection.execute(delete(_B).where(_B.c.instance_id == instance_id))
    values = [{"instance_id": instance_id, **dict(zip(_NAMES, row, strict=True))} for row in sorted(rows, key=repr)]
    if values:
        connection.execute(insert(_B), values)


def read_blocked_releases(
    connection: Connection,
    wanted_ids: Collection[WantedId] | None = None,
    instance_id: InstanceId | None = None,
) -> dict[WantedId, tuple[BlockedEntry, ...]]:
    """Return blocked releases by wanted item: of all items, of these, or of an instance."""
    is_the_item = (wanted.c.instance_id == _B.c.instance_id) & (wanted.c.arr_id == _B.c.arr_id)
    query = select(wanted.c.id, _B.c.release, _B.c.reason, _B.c.source_id, _B.c.entry_key).join(wanted, is_the_item)
    if wanted_ids is not None:
        query = query.where(wanted.c.id.in_(wanted_ids))
    if instance_id is not None:
        query = query.where(_B.c.instance_id == instance_id)
    found: dict[WantedId, tuple[BlockedEntry, ...]] = defaultdict(tuple)
    for row in connection.execute(query.order_by(_B.c.id)):
        found[WantedId(row.id)] += (BlockedEntry(row.release, row.reason, row.source_id, row.entry_key),)
    return dict(found)


def _wanted_arr_ids(connection: Connection, instance_id: InstanceId) -> set[int]:
    query = select(wanted.c.arr_id).where(wanted.c.instance_id == instance_id, wanted.c.gone_at.is_(None))
    return set(connection.execute(query).scalars())


def _handed_over(connection: Connection, instance_id: InstanceId) -> dict[_Name, set[_Entry]]:
    """Return the entries of this instance's downloads, by item and release name."""
    query = (
        select(wanted.c.arr_id, downloads.c.release, downloads.c.source_id, downloads.c.entry_key)
        .join(download_items, download_items.c.wanted_id == wanted.c.id)
        .join(downloads, downloads.c.id == download_items.c.download_id)
        .where(wanted.c.instance_id == instance_id, downloads.c.release.is_not(None))
    )
    found: dict[_Name, set[_Entry]] = {}
    for row in connection.execute(query):
        found.setdefault((row.arr_id, row.release), set()).add((row.source_id, row.entry_key))
    return found


def _present(connection: Connection, instance_id: InstanceId) -> set[_Row]:
    columns = [_B.c[name] for name in _NAMES]
    query = select(*columns).where(_B.c.instance_id == instance_id)
    return {tuple(row) for row in connection.execute(query)}


def _words(name: str) -> str:
    return dotted(name).casefold()
