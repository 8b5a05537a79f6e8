"""Compute statistics: volume and speed over time, how often downloads succeed and resume, and the results of each
source.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import ColumnElement, Connection, case, func, select

from stalkeer.core.downloads.rate_graph import SampleSpan, Steps, spread_samples
from stalkeer.model import DownloadId, DownloadState, EventKind, SourceId
from stalkeer.store.db.tables import downloads, events, rate_samples, sources


@dataclass(frozen=True)
class RateSample:
    """Hold the `bytes` that were fetched within `seconds`."""

    source_id: SourceId
    download_id: DownloadId
    bytes: int
    seconds: float


@dataclass(frozen=True)
class Point:
    """Hold the mean rate in bytes/s over the `seconds` from `at` on."""

    at: datetime
    rate: float


@dataclass(frozen=True)
class Totals:
    """Hold totals over all stored downloads. Rates are shares from 0 to 1; None without any download."""

    completed: int
    failed: int
    bytes_fetched: int
    bytes_resumed: int  # bytes kept over interruptions, not fetched again
    interruptions: int
    resumes: int

    @property
    def success_rate(self) -> float | None:
        over = self.completed + self.failed
        return self.completed / over if over else None

    @property
    def resume_rate(self) -> float | None:
        return min(1.0, self.resumes / self.interruptions) if self.interruptions else None


@dataclass(frozen=True)
class Scorecard:
    """Rate one source. `speed_by_hour` is the median rate, bytes/s, by hour of the day in UTC."""

    source_id: SourceId
    slug: str
    completed: int
    failed: int
    refusals: int  # files that instances rejected
    bytes_fetched: int
    median_speed: float | None
    speed_by_hour: dict[int, float]

    @property
    def success_rate(self) -> float | None:
        over = self.completed + self.failed
        return self.completed / over if over else None


def add_samples(connection: Connection, samples: Sequence[RateSample], now: datetime) -> None:
    rows = [{"at": now, **vars(sample)} for sample in samples if sample.bytes > 0]
    if rows:
        connection.execute(rate_samples.insert(), rows)


def fetched_since(connection: Connection, moment: datetime, source_id: SourceId | None = None) -> int:
    """Return the bytes fetched after `moment`, from a source or all sources."""
    query = select(func.coalesce(func.sum(rate_samples.c.bytes), 0)).where(rate_samples.c.at > moment)
    if source_id is not None:
        query = query.where(rate_samples.c.source_id == source_id)
    return int(connection.execute(query).scalar_one())


def rates(connection: Connection, since: datetime, until: datetime, points: int = 120) -> list[Point]:
    """Return the speed over all downloads in `points` equal steps."""
    step = (until - since) / points
    query = select(rate_samples.c.at, rate_samples.c.seconds, rate_samples.c.bytes).where(
        rate_samples.c.at > since, rate_samples.c.at <= until
    )
    samples = (SampleSpan(at.timestamp(), seconds, size) for at, seconds, size in connection.execute(query))
    sums = spread_samples(samples, Steps(since.timestamp(), step.total_seconds(), points))
    return [Point(since + step * i, total / step.total_seconds()) for i, total in enumerate(sums)]


def read_rate(connection: Connection) -> float:
    """Return the speed over all downloads in bytes/s, as of the last heartbeat."""
    query = select(func.coalesce(func.sum(downloads.c.speed), 0.0))
    return float(connection.execute(query.where(downloads.c.state == DownloadState.DOWNLOADING.value)).scalar_one())


def totals(connection: Connection, source_id: SourceId | None = None, since: datetime | None = None) -> Totals:
    """Return the totals of all downloads, of a source's downloads, or of those that changed after `since`."""
    query = select(
        func.coalesce(func.sum(_is(DownloadState.COMPLETED)), 0),
        func.coalesce(func.sum(_is(DownloadState.FAILED)), 0),
        func.coalesce(func.sum(downloads.c.bytes_fetched), 0),
        func.coalesce(func.sum(downloads.c.bytes_resumed), 0),
        func.coalesce(func.sum(downloads.c.interruptions), 0),
        func.coalesce(func.sum(downloads.c.resumes), 0),
    )
    if source_id is not None:
        query = query.where(downloads.c.source_id == source_id)
    if since is not None:
        query = query.where(downloads.c.updated_at > since)
    return Totals(*(int(value) for value in connection.execute(query).one()))


def scorecards(connection: Connection, since: datetime) -> list[Scorecard]:
    """Return a scorecard for each used source."""
    speeds: dict[SourceId, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    query = select(rate_samples).where(rate_samples.c.at > since, rate_samples.c.seconds > 0)
    for row in connection.execute(query):
        speeds[SourceId(row.source_id)][row.at.hour].append(row.bytes / row.seconds)
    refused = select(events.c.source_id, func.count()).where(
        events.c.kind == EventKind.IMPORT_REFUSED, events.c.at > since
    )
    refusals: dict[int, int] = {row[0]: row[1] for row in connection.execute(refused.group_by(events.c.source_id))}
    names = connection.execute(select(sources.c.id, sources.c.slug).order_by(sources.c.slug)).all()
    return [
        _scorecard(
            totals(connection, row.id, since), SourceId(row.id), row.slug, refusals.get(row.id, 0), speeds[row.id]
        )
        for row in names
    ]


def _scorecard(
    sums: Totals, source_id: SourceId, slug: str, refusals: int, speeds: dict[int, list[float]]
) -> Scorecard:
    everything = [speed for hour in speeds.values() for speed in hour]
    return Scorecard(
        source_id=source_id,
        slug=slug,
        completed=sums.completed,
        failed=sums.failed,
        refusals=refusals,
        bytes_fetched=sums.bytes_fetched,
        median_speed=median(everything) if everything else None,
        speed_by_hour={hour: median(found) for hour, found in sorted(speeds.items())},
    )


def _is(state: DownloadState) -> ColumnElement[int]:
    return case((downloads.c.state == state.value, 1), else_=0)
