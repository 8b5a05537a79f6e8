"""Read the figures that the pages show on every visit: counts in the menu, marks of changes, cards of sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, select

from stalkeer.model import DownloadState, JobName, WantedKind, count_by_word
from stalkeer.store.db.tables import (
    catalogue_changes,
    downloads,
    events,
    health,
    instances,
    matches,
    rate_samples,
    runs,
    sources,
)
from stalkeer.store.downloads.downloads import count_by_state
from stalkeer.store.downloads.statistics import read_rate
from stalkeer.store.journal.runs import OPEN_STATES
from stalkeer.store.library.visible import IS_INSTANCE_CONFIGURED
from stalkeer.store.library.wanted_list import (
    BestMatch,
    ItemGroup,
    WantedFilter,
    count_by_kind,
    count_to_review,
    count_wanted,
)
from stalkeer.store.sources.visible import IS_SOURCE_CONFIGURED
from stalkeer.store.system.health import INFO


@dataclass(frozen=True)
class MenuCounts:
    """Hold the counts in the menu. `rate` is bytes/s over all downloads."""

    queue: int
    review: int
    health: int
    rate: float


@dataclass(frozen=True)
class Marks:
    """Hold a short text for each topic. It changes with the shown content of the topic, not with progress alone."""

    queue: str
    runs: str
    events: str
    matches: str
    health: str
    sources: str


@dataclass(frozen=True)
class WantedCounts:
    missing_movies: int
    missing_episodes: int
    cutoff: int
    found: int  # number of these items with a confirmed match
    review: int


@dataclass(frozen=True)
class SpeedSample:
    """Hold the bytes of a span of time."""

    at: datetime
    bytes: int
    seconds: float


def menu_counts(connection: Connection) -> MenuCounts:
    troubles = connection.scalar(select(func.count()).select_from(health).where(health.c.level != INFO)) or 0
    return MenuCounts(
        queue=count_by_state(connection).unfinished,
        review=count_to_review(connection),
        health=troubles,
        rate=read_rate(connection),
    )


def read_marks(connection: Connection) -> Marks:
    queue = connection.execute(
        select(
            downloads.c.state,
            func.count(),
            func.sum(downloads.c.id),
            func.sum((downloads.c.rank + 7.0 * downloads.c.priority) * downloads.c.id),
            func.sum(downloads.c.run + downloads.c.failures),
            func.count(downloads.c.intent),
        )
        .group_by(downloads.c.state)
        .order_by(downloads.c.state)
    ).all()
    run_state = connection.execute(
        select(func.max(runs.c.id), func.sum(case((runs.c.state.in_(OPEN_STATES), runs.c.id), else_=0)))
    ).one()
    last_event = connection.execute(select(func.max(events.c.id))).scalar_one()
    match_state = connection.execute(
        select(matches.c.decision, func.count()).group_by(matches.c.decision).order_by(matches.c.decision)
    ).all()
    troubles = connection.execute(select(func.count(), func.max(health.c.since))).one()
    source_state = connection.execute(
        select(func.count(), func.sum(sources.c.generation), func.max(sources.c.last_refresh_at))
    ).one()
    return Marks(
        queue=_mark(queue),
        runs=_mark(run_state),
        events=str(last_event),
        matches=_mark(match_state),
        health=_mark(troubles),
        sources=_mark(source_state),
    )


def _mark(values: object) -> str:
    return str(hash(str(values)))


def wanted_counts(connection: Connection) -> WantedCounts:
    counts = count_by_kind(connection)
    return WantedCounts(
        missing_movies=counts[ItemGroup(WantedKind.MOVIE, "missing")],
        missing_episodes=counts[ItemGroup(WantedKind.EPISODE, "missing")],
        cutoff=sum(count for group, count in counts.items() if group.reason == "cutoff"),
        found=count_wanted(connection, WantedFilter(found=BestMatch.CONFIRMED)),
        review=count_to_review(connection),
    )


@dataclass(frozen=True)
class OpenJobs:
    """Hold the state of the jobs, which explains an empty list.

    `scanned_at` is the last sync of an instance; None before the first scan.
    """

    scanned_at: datetime | None
    open_jobs: frozenset[str]

    @property
    def is_scanning(self) -> bool:
        return bool(self.open_jobs & {JobName.SCAN.value, JobName.MATCH.value})

    @property
    def is_refreshing(self) -> bool:
        return JobName.REFRESH.value in self.open_jobs


def read_open_jobs(connection: Connection) -> OpenJobs:
    scanned = select(func.max(instances.c.last_sync_at)).where(IS_INSTANCE_CONFIGURED)
    open_jobs = select(runs.c.job).where(runs.c.state.in_(OPEN_STATES)).distinct()
    return OpenJobs(connection.execute(scanned).scalar_one(), frozenset(connection.scalars(open_jobs)))


def has_anything(connection: Connection) -> tuple[bool, bool]:
    """Return whether an instance is configured, and whether a source is configured."""
    instance = connection.execute(select(instances.c.id).where(IS_INSTANCE_CONFIGURED).limit(1)).first()
    source = connection.execute(select(sources.c.id).where(IS_SOURCE_CONFIGURED).limit(1)).first()
    return instance is not None, source is not None


def rate_history(connection: Connection, since: datetime, limit: int = 20_000) -> list[SpeedSample]:
    """List the bytes fetched since then, oldest first, with a row for each download and heartbeat."""
    query = (
        select(rate_samples.c.at, rate_samples.c.bytes, rate_samples.c.seconds)
        .where(rate_samples.c.at >= since)
        .order_by(rate_samples.c.at)
        .limit(limit)
    )
    return [SpeedSample(at, count, seconds) for at, count, seconds in connection.execute(query)]


@dataclass(frozen=True)
class SourceCard:
    """Hold a source as the pages show it, without secrets. `connections` counts Stalkeer's downloads that run on it."""

    id: int
    slug: str
    kind: str
    enabled: bool
    counts: dict[str, int]
    last_success_at: datetime | None
    last_error: str | None
    guard: dict[str, object] | None
    account_status: str | None
    account_expires_at: datetime | None
    account_active: int | None
    account_max: int | None
    max_connections: int | None
    connections: int

    @property
    def limit(self) -> int | None:
        return self.max_connections if self.max_connections is not None else self.account_max

    @property
    def is_shut(self) -> bool:
        """Tell whether the account refuses all connections."""
        return self.account_status in ("expired", "banned", "disabled", "refused")


def source_cards(connection: Connection) -> list[SourceCard]:
    running = (
        select(downloads.c.source_id, func.count().label("running"))
        .where(downloads.c.state == DownloadState.DOWNLOADING.value)
        .group_by(downloads.c.source_id)
        .subquery()
    )
    query = (
        select(
            sources.c.id,
            sources.c.slug,
            sources.c.kind,
            sources.c.enabled,
            sources.c.counts,
            sources.c.last_success_at,
            sources.c.last_error,
            sources.c.guard,
            sources.c.account_status,
            sources.c.account_expires_at,
            sources.c.account_active,
            sources.c.account_max,
            sources.c.max_connections,
            func.coalesce(running.c.running, 0).label("connections"),
        )
        .outerjoin(running, running.c.source_id == sources.c.id)
        .where(IS_SOURCE_CONFIGURED)
        .order_by(sources.c.priority.desc(), sources.c.slug)
    )
    return [
        SourceCard(**{**row._mapping, "counts": count_by_word((row.counts or {}).get("kinds", {}))})
        for row in connection.execute(query)
    ]


@dataclass(frozen=True)
class ImportTotals:
    """Hold the totals of the downloads imported since a given time."""

    count: int
    bytes: int


def imported_since(connection: Connection, since: datetime) -> ImportTotals:
    query = select(func.count(), func.sum(downloads.c.total)).where(
        downloads.c.state == DownloadState.COMPLETED.value, downloads.c.finished_at >= since
    )
    count, total = connection.execute(query).one()
    return ImportTotals(count, int(total or 0))


@dataclass(frozen=True)
class RecentChange:
    change: str  # added | changed | removed | returned
    name: str


def last_changes(connection: Connection, source_id: int, generation: int, limit: int = 40) -> list[RecentChange]:
    """List the changes of the last refresh, removed entries first."""
    query = (
        select(catalogue_changes.c.change, catalogue_changes.c.name)
        .where(catalogue_changes.c.source_id == source_id, catalogue_changes.c.generation == generation)
        .order_by(case((catalogue_changes.c.change == "removed", 0), else_=1), catalogue_changes.c.id)
        .limit(limit)
    )
    return [RecentChange(change, name) for change, name in connection.execute(query)]
