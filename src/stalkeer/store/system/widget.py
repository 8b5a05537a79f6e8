"""Compute the figures of the widget: a few counts, each by an index or a small table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from stalkeer.model import DownloadState
from stalkeer.store.downloads.downloads import count_by_state
from stalkeer.store.downloads.statistics import read_rate
from stalkeer.store.library.wanted_list import (
    BestMatch,
    WantedFilter,
    count_by_kind,
    count_to_review,
    count_wanted,
)
from stalkeer.store.system.dashboard import SourceCard, imported_since, source_cards


@dataclass(frozen=True)
class WidgetFigures:
    """Hold the counts that a dashboard shows. `speed` is bytes per second over all downloads."""

    wanted: int
    missing: int
    available: int  # wanted items with a confirmed match
    queued: int
    downloading: int
    speed: int
    imported_today: int
    to_review: int
    failed: int
    sources_in_trouble: int


def read_widget(connection: Connection, midnight: datetime) -> WidgetFigures:
    """Count everything at one moment. `midnight` is the beginning of today."""
    by_kind = count_by_kind(connection)
    by_state = count_by_state(connection).by_state
    return WidgetFigures(
        wanted=sum(by_kind.values()),
        missing=sum(count for group, count in by_kind.items() if group.reason == "missing"),
        available=count_wanted(connection, WantedFilter(found=BestMatch.CONFIRMED)),
        queued=by_state.get(DownloadState.QUEUED, 0),
        downloading=by_state.get(DownloadState.DOWNLOADING, 0),
        speed=round(read_rate(connection)),
        imported_today=imported_since(connection, midnight).count,
        to_review=count_to_review(connection),
        failed=by_state.get(DownloadState.FAILED, 0) + by_state.get(DownloadState.BLOCKED, 0),
        sources_in_trouble=sum(map(_is_in_trouble, source_cards(connection))),
    )


def _is_in_trouble(source: SourceCard) -> bool:
    """Tell whether downloads or refreshes from the source fail. A disabled source is left alone."""
    return source.enabled and bool(source.is_shut or source.last_error or source.guard)
