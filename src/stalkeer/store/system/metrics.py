"""Compute the metrics for /metrics, each with an aggregate query over an index or a small table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from stalkeer.model import Decision
from stalkeer.store.db.tables import health, instances, runs, sources
from stalkeer.store.downloads.downloads import count_by_state
from stalkeer.store.downloads.statistics import Totals, read_rate, totals
from stalkeer.store.library.visible import IS_INSTANCE_CONFIGURED
from stalkeer.store.library.wanted_list import count_by_kind
from stalkeer.store.matching.matches import count_by_decision
from stalkeer.store.sources.rows import entries_of
from stalkeer.store.sources.visible import IS_SOURCE_CONFIGURED

LISTED = (Decision.CONFIRM, Decision.REVIEW, Decision.REJECTED)


@dataclass(frozen=True)
class SourceFigures:
    slug: str
    entries: int
    last_success_at: datetime | None
    failures: int
    account_active: int | None
    account_max: int | None


@dataclass(frozen=True)
class InstanceFigures:
    slug: str
    kind: str
    api_calls: int
    last_success_at: datetime | None
    failures: int


@dataclass(frozen=True)
class Figures:
    """Hold the metrics. `rate` is bytes/s over all downloads; the maps count rows by a column's value."""

    downloads: Mapping[str, int]
    rate: float
    totals: Totals
    wanted: Mapping[str, int]
    matches: Mapping[str, int]
    runs: Mapping[tuple[str, str], int]
    findings: Mapping[str, int]
    sources: tuple[SourceFigures, ...]
    instances: tuple[InstanceFigures, ...]


def read_figures(connection: Connection) -> Figures:
    by_run = select(runs.c.job, runs.c.state, func.count()).group_by(runs.c.job, runs.c.state)
    decided = count_by_decision(connection)
    by_level = select(health.c.level, func.count()).group_by(health.c.level)
    return Figures(
        downloads={state.value: count for state, count in count_by_state(connection).by_state.items()},
        rate=read_rate(connection),
        totals=totals(connection),
        wanted=_wanted(connection),
        matches={decision.value: decided[decision] for decision in LISTED},
        runs={(row[0], row[1]): int(row[2]) for row in connection.execute(by_run)},
        findings={str(row[0]): int(row[1]) for row in connection.execute(by_level)},
        sources=_sources(connection),
        instances=_instances(connection),
    )


def _wanted(connection: Connection) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for group, count in count_by_kind(connection).items():
        counts[group.kind.value] += count
    return dict(counts)


def _sources(connection: Connection) -> tuple[SourceFigures, ...]:
    rows = connection.execute(select(sources).where(IS_SOURCE_CONFIGURED).order_by(sources.c.slug))
    return tuple(
        SourceFigures(
            slug=row.slug,
            entries=entries_of(row.counts),
            last_success_at=row.last_success_at,
            failures=row.failures,
            account_active=row.account_active,
            account_max=row.account_max,
        )
        for row in rows
    )


def _instances(connection: Connection) -> tuple[InstanceFigures, ...]:
    rows = connection.execute(select(instances).where(IS_INSTANCE_CONFIGURED).order_by(instances.c.slug))
    return tuple(
        InstanceFigures(row.slug, row.kind, int(row.api_calls), row.last_success_at, row.failures) for row in rows
    )
