"""List, preview, add, change and remove filters. A filter takes effect with the next refresh of its sources."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from stalkeer.core.catalogue.filters import Field, Filter, FilterSet, Mode
from stalkeer.errors import NotFound
from stalkeer.model import Entry, SourceId
from stalkeer.store.catalogue.entries import stream_for_filters
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.sources.filters import (
    FilterRow,
    add_filter,
    change_filter,
    get_filter,
    list_filters,
    remove_filter,
)
from stalkeer.store.sources.sources import get_source, list_sources

SAMPLES = 20
MOST_GROUPS = 50


@dataclass(frozen=True)
class NamedFilter:
    """Hold a filter with the name of its source, or None for every source."""

    row: FilterRow
    source: str | None

    def to_document(self) -> dict[str, object]:
        return {
            "id": self.row.id,
            "source": self.source,
            "field": self.row.filter.field.value,
            "mode": self.row.filter.mode.value,
            "pattern": self.row.filter.pattern,
            "enabled": self.row.enabled,
            "origin": self.row.origin.value,
            "createdAt": self.row.created_at,
        }


@dataclass(frozen=True)
class FilterPatch:
    """Hold the new values of a filter. None leaves a value as it is."""

    field: Field | None = None
    mode: Mode | None = None
    pattern: str | None = None
    enabled: bool | None = None


@dataclass(frozen=True)
class FilterPreview:
    """Hold the effect of a filter on the visible entries: the number of dropped entries, some of them, and their
    groups.
    """

    entries: int
    dropped: int
    samples: tuple[str, ...]
    groups: dict[str, int]

    def to_document(self) -> dict[str, object]:
        return {
            "entries": self.entries,
            "dropped": self.dropped,
            "samples": list(self.samples),
            "groups": self.groups,
        }


def list_named_filters(database: Database) -> list[NamedFilter]:
    with database.connect() as connection:
        names = _source_names(connection)
        return [_named(row, names) for row in list_filters(connection)]


def create_filter(database: Database, new: Filter, source: str | None, now: datetime) -> NamedFilter:
    """Store a filter for a source, or for every source without a name.

    Raises NotFound for an unknown source, InvalidInput for a pattern that cannot be used.
    """
    with database.begin() as connection:
        return NamedFilter(add_filter(connection, new, _source_id(connection, source), now), source)


def edit_filter(database: Database, filter_id: int, patch: FilterPatch) -> NamedFilter:
    """Apply the patch. Raises NotFound, InvalidInput, and Conflict for a filter of the configuration."""
    with database.begin() as connection:
        row = get_filter(connection, filter_id)
        old = row.filter
        pattern = old.pattern if patch.pattern is None else patch.pattern
        new = Filter(patch.field or old.field, patch.mode or old.mode, pattern)
        enabled = row.enabled if patch.enabled is None else patch.enabled
        return _named(change_filter(connection, row, new, enabled=enabled), _source_names(connection))


def delete_filter(database: Database, filter_id: int, of: str | None = None) -> NamedFilter:
    """Remove a filter. `of` names a source to which it must apply.

    Raises NotFound, and Conflict for a filter of the configuration.
    """
    with database.begin() as connection:
        row = get_filter(connection, filter_id)
        if of is not None and row.source_id not in (None, get_source(connection, of).id):
            raise NotFound(f"{of} has no filter {filter_id}")
        remove_filter(connection, row)
        return _named(row, _source_names(connection))


def preview_filter(database: Database, new: Filter, source: str | None) -> FilterPreview:
    """Count the effect of a filter on the present catalogue, or on a source's part of it.

    Raises NotFound for an unknown source, InvalidInput for a pattern that cannot be used.
    """
    only = FilterSet((new,), keep_adult=True)
    seen = 0
    samples: list[str] = []
    groups: Counter[str] = Counter()
    with database.connect() as connection:
        for key, name, group, url in stream_for_filters(connection, _source_id(connection, source)):
            seen += 1
            if only.left_out(Entry(key=key, kind="", name=name, url=url, group=group)) is not None:
                groups[group] += 1
                if len(samples) < SAMPLES:
                    samples.append(name)
    return FilterPreview(seen, groups.total(), tuple(samples), dict(groups.most_common(MOST_GROUPS)))


def _source_id(connection: Transaction, source: str | None) -> SourceId | None:
    return get_source(connection, source).id if source else None


def _source_names(connection: Transaction) -> dict[SourceId, str]:
    return {row.id: row.slug for row in list_sources(connection, with_removed=True)}


def _named(row: FilterRow, names: dict[SourceId, str]) -> NamedFilter:
    return NamedFilter(row, None if row.source_id is None else names.get(row.source_id))
