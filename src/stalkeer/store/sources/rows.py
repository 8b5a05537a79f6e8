"""Describe a source as the database has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from stalkeer.model import Origin, SourceId, SourceKind
from stalkeer.store.sources.description import SourceOptions


@dataclass(frozen=True)
class SourceRow:
    id: SourceId
    slug: str
    kind: SourceKind
    origin: Origin
    enabled: bool
    removed_at: datetime | None
    priority: int
    credentials: str = field(repr=False)  # encrypted
    options: SourceOptions
    max_connections: int | None
    bandwidth_limit: int | None
    generation: int
    etag: str | None
    last_modified: str | None
    content_hash: str | None
    last_refresh_at: datetime | None
    last_success_at: datetime | None
    last_error: str | None
    failures: int
    guard: Mapping[str, Any] | None
    counts: Mapping[str, Any]
    account_status: str | None
    account_expires_at: datetime | None
    account_active: int | None
    account_max: int | None
    account_message: str | None
    account_checked_at: datetime | None
    created_at: datetime

    @property
    def is_removed(self) -> bool:
        return self.removed_at is not None

    @property
    def kinds(self) -> dict[str, int]:
        """Return the number of entries by kind."""
        return dict(self.counts.get("kinds", {}))

    @property
    def entries(self) -> int:
        return entries_of(self.counts)


def entries_of(counts: Mapping[str, Any] | None) -> int:
    """Return the number of a source's entries at its last refresh."""
    return sum(int(count) for count in (counts or {}).get("kinds", {}).values())


def to_source(row: Row[*tuple[Any, ...]]) -> SourceRow:
    values = dict(row._mapping)
    values["kind"] = SourceKind(values["kind"])
    values["origin"] = Origin(values["origin"])
    values["options"] = SourceOptions.of_json(values["options"] or {})
    values["counts"] = values["counts"] or {}
    return SourceRow(**{name: values[name] for name in SourceRow.__dataclass_fields__})
