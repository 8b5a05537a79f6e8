"""What a filter would drop of the present catalogue, before it is kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from stalkeer.core.catalogue.filters import Filter, FilterSet
from stalkeer.model import Entry, SourceId
from stalkeer.store.catalogue.entries import stream_for_filters
from stalkeer.store.db.database import Database

SAMPLES = 20
MOST_GROUPS = 50


@dataclass(frozen=True)
class FilterPreview:
    """How many of the visible entries a filter would drop, some of them, and the groups they are in."""

    entries: int
    dropped: int
    samples: tuple[str, ...]
    groups: dict[str, int]


def preview_filter(database: Database, new: Filter, source_id: SourceId | None) -> FilterPreview:
    """Raises InvalidInput for a pattern that cannot be used."""
    only = FilterSet((new,), keep_adult=True)
    seen = 0
    samples: list[str] = []
    groups: Counter[str] = Counter()
    with database.connect() as connection:
        for key, name, group, url in stream_for_filters(connection, source_id):
            seen += 1
            if only.left_out(Entry(key=key, kind="", name=name, url=url, group=group)) is not None:
                groups[group] += 1
                if len(samples) < SAMPLES:
                    samples.append(name)
    return FilterPreview(seen, groups.total(), tuple(samples), dict(groups.most_common(MOST_GROUPS)))
