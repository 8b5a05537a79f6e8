"""Figures for /metrics, each from one aggregate query over an index or a small table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from stalkeer.store.db.tables import downloads, health, instances, matches, runs, sources, wanted
from stalkeer.store.downloads.statistics import Totals, totals


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
    """`rate` is bytes/s over all downloads; the maps count rows by a column's value."""

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
    def by(column: object, *clauses: object) -> dict[str, int]:
        query = select(column, func.count()).where(*clauses).group_by(column)  # type: ignore[call-overload]
        return {str(value): int(count) for value, count in connection.execute(query)}

    rate = select(func.coalesce(func.sum(downloads.c.speed), 0.0)).where(downloads.c.state == "downloading")
    by_run = select(runs.c.job, runs.c.state, func.count()).group_by(runs.c.job, runs.c.state)
    return Figures(
        downloads=by(downloads.c.state),
        rate=float(connection.execute(rate).scalar_one()),
        totals=totals(connection),
        wanted=by(wanted.c.kind, wanted.c.gone_at.is_(None)),
        matches=by(matches.c.decision),
        runs={(row[0], row[1]): int(row[2]) for row in connection.execute(by_run)},
        findings=by(health.c.level),
        sources=_sources(connection),
        instances=_instances(connection),
    )


def _sources(connection: Connection) -> tuple[SourceFigures, ...]:
    rows = connection.execute(select(sources).where(sources.c.removed_at.is_(None)).order_by(sources.c.slug))
    return tuple(
        SourceFigures(
            slug=row.slug,
            entries=sum(count for count in (row.counts or {}).values() if isinstance(count, int)),
            last_success_at=row.last_success_at,
            failures=row.failures,
            account_active=row.account_active,
            account_max=row.account_max,
        )
        for row in rows
    )


def _instances(connection: Connection) -> tuple[InstanceFigures, ...]:
    rows = connection.execute(select(instances).where(instances.c.removed_at.is_(None)).order_by(instances.c.slug))
    return tuple(
        InstanceFigures(row.slug, row.kind, int(row.api_calls), row.last_success_at, row.failures) for row in rows
    )
