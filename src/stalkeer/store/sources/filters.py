"""Store the users' filters, per source or for all. `core.catalogue.filters` applies them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, or_, select, update

from stalkeer.core.catalogue.filters import Field, Filter, Mode, check_pattern
from stalkeer.errors import Conflict, NotFound
from stalkeer.model import Origin, SourceId
from stalkeer.settings import Settings
from stalkeer.store.db.tables import filters, sources

CONFIG, UI = Origin.CONFIG, Origin.UI


@dataclass(frozen=True)
class FilterRow:
    id: int
    source_id: SourceId | None  # None: every source
    filter: Filter
    enabled: bool
    origin: Origin
    created_at: datetime


def list_filters(connection: Connection, source_id: SourceId | None = None) -> list[FilterRow]:
    """List all filters, or those that apply to a source."""
    query = select(filters).order_by(filters.c.id)
    if source_id is not None:
        query = query.where(or_(filters.c.source_id.is_(None), filters.c.source_id == source_id))
    return [_row(row) for row in connection.execute(query)]


def active_filters(connection: Connection, source_id: SourceId) -> tuple[Filter, ...]:
    return tuple(row.filter for row in list_filters(connection, source_id) if row.enabled)


def get_filter(connection: Connection, filter_id: int) -> FilterRow:
    row = connection.execute(select(filters).where(filters.c.id == filter_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no filter {filter_id}")
    return _row(row)


def add_filter(
    connection: Connection, new: Filter, source_id: SourceId | None, now: datetime, origin: Origin = UI
) -> FilterRow:
    """Store a filter. It takes effect at the next refresh. Raises InvalidInput for an unusable pattern."""
    check_pattern(new.pattern)
    added = connection.execute(
        filters.insert().values(
            source_id=source_id,
            field=new.field.value,
            mode=new.mode.value,
            pattern=new.pattern,
            enabled=True,
            origin=Origin(origin).value,
            created_at=now,
        )
    )
    assert added.inserted_primary_key is not None
    return get_filter(connection, added.inserted_primary_key[0])


def change_filter(connection: Connection, row: FilterRow, new: Filter, *, enabled: bool) -> FilterRow:
    """Replace a filter. Raises Conflict when it comes from the configuration, InvalidInput for an unusable pattern."""
    _check_is_ours(row)
    check_pattern(new.pattern)
    values = {"field": new.field.value, "mode": new.mode.value, "pattern": new.pattern, "enabled": enabled}
    connection.execute(update(filters).where(filters.c.id == row.id).values(**values))
    return get_filter(connection, row.id)


def remove_filter(connection: Connection, row: FilterRow) -> None:
    """Delete a filter. Raises Conflict when it comes from the configuration."""
    _check_is_ours(row)
    connection.execute(delete(filters).where(filters.c.id == row.id))


def take_over_filters(connection: Connection, source_id: SourceId) -> None:
    """Let the configured filters of a source be edited here from now on, as they are."""
    of_file = (filters.c.source_id == source_id, filters.c.origin == CONFIG.value)
    connection.execute(update(filters).where(*of_file).values(origin=UI.value))


def give_back_filters(connection: Connection, source_id: SourceId) -> None:
    """Forget the filters of a removed source that was taken over: the file's count again."""
    connection.execute(delete(filters).where(filters.c.source_id == source_id))


def sync_config_filters(connection: Connection, settings: Settings, now: datetime) -> None:
    """Update the configured filters of each source to the configuration file.

    A source that was taken over keeps the filters that its page shows.
    """
    of_file = select(sources.c.slug, sources.c.id).where(sources.c.origin == CONFIG.value)
    ids = {row.slug: row.id for row in connection.execute(of_file)}
    wanted: list[tuple[SourceId, Filter]] = []
    for playlist in (playlist for playlist in settings.playlists if playlist.name in ids):
        for rule in playlist.filters:
            mode = Mode.INCLUDE if rule.include else Mode.EXCLUDE
            wanted.append((ids[playlist.name], Filter(Field(rule.field.value), mode, rule.include or rule.exclude)))
    present = {
        (row.source_id, row.filter): row for row in list_filters(connection) if row.origin == CONFIG and row.source_id
    }
    for pair in dict.fromkeys(wanted):
        if pair not in present:
            add_filter(connection, pair[1], pair[0], now, origin=CONFIG)
    _drop(connection, [row.id for pair, row in present.items() if pair not in wanted])


def _drop(connection: Connection, ids: Sequence[int]) -> None:
    if ids:
        connection.execute(delete(filters).where(filters.c.id.in_(ids)))


def _check_is_ours(row: FilterRow) -> None:
    if row.origin == CONFIG:
        raise Conflict(f"Filter {row.id} comes from the configuration file; change it there")


def _row(row: Row[*tuple[Any, ...]]) -> FilterRow:
    values = row._mapping
    return FilterRow(
        id=values["id"],
        source_id=values["source_id"],
        filter=Filter(Field(values["field"]), Mode(values["mode"]), values["pattern"]),
        enabled=values["enabled"],
        origin=Origin(values["origin"]),
        created_at=values["created_at"],
    )
