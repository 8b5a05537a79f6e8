"""Store the findings of the health checks. A finding that is found again keeps its `since`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, delete, func, insert, select

from stalkeer.core.downloads.failures import PLACEMENT
from stalkeer.core.downloads.states import FINISHING_STATES
from stalkeer.model import DownloadId, DownloadState
from stalkeer.store.db.tables import download_items, downloads, health, wanted
from stalkeer.store.downloads.downloads import get_download

INFO, WARNING, ERROR = "info", "warning", "error"  # INFO: a choice of the user, reported without a warning


@dataclass(frozen=True)
class Finding:
    """Describe a fault: the check that found it, its subject, the message and the fix."""

    check: str
    subject: str
    level: str
    message: str
    fix: str


@dataclass(frozen=True)
class HealthRow:
    finding: Finding
    since: datetime
    checked_at: datetime


@dataclass(frozen=True)
class HealthChange:
    """Hold the findings that are new or resolved since the last check, and those that became errors."""

    found: tuple[Finding, ...]
    over: tuple[Finding, ...]
    worse: tuple[Finding, ...] = ()


def list_findings(connection: Connection) -> list[HealthRow]:
    """List the findings, errors first, then by age."""
    order = (case((health.c.level == ERROR, 0), else_=1), health.c.since, health.c.check, health.c.subject)
    return [
        HealthRow(Finding(row.check, row.subject, row.level, row.message, row.fix), row.since, row.checked_at)
        for row in connection.execute(select(health).order_by(*order))
    ]


def replace_findings(
    connection: Connection, checks: Iterable[str], findings: Sequence[Finding], now: datetime
) -> HealthChange:
    """Replace the findings of these checks by `findings`. Those of other checks stay."""
    looked = tuple(checks)
    before = {
        (row.finding.check, row.finding.subject): row
        for row in list_findings(connection)
        if row.finding.check in looked
    }
    after = {(finding.check, finding.subject): finding for finding in findings}
    connection.execute(delete(health).where(health.c.check.in_(looked)))
    if after:
        rows = [
            {**vars(finding), "since": before[key].since if key in before else now, "checked_at": now}
            for key, finding in after.items()
        ]
        connection.execute(insert(health), rows)
    return HealthChange(
        found=tuple(finding for key, finding in after.items() if key not in before),
        over=tuple(row.finding for key, row in before.items() if key not in after),
        worse=tuple(
            finding
            for key, finding in after.items()
            if key in before and finding.level == ERROR and before[key].finding.level != ERROR
        ),
    )


@dataclass(frozen=True)
class RepeatedFailure:
    """Name an item whose last downloads all failed."""

    title: str
    count: int
    error: str


@dataclass(frozen=True)
class Unplaced:
    """Count finished files that could not be moved to their place, all blocked or all waiting, with the first of them
    and the reason.
    """

    is_blocked: bool
    count: int
    title: str
    error: str


def unplaced_files(connection: Connection) -> list[Unplaced]:
    """Return the files that could not be moved: first the waiting, then the blocked."""
    is_blocked = (downloads.c.state == DownloadState.BLOCKED.value).label("is_blocked")
    open_states = [state.value for state in (*FINISHING_STATES, DownloadState.BLOCKED)]
    unplaced = select(func.min(downloads.c.id), func.count(), is_blocked).where(
        downloads.c.state.in_(open_states), downloads.c.error_code == PLACEMENT
    )
    groups = connection.execute(unplaced.group_by("is_blocked").order_by("is_blocked")).all()
    rows = [get_download(connection, DownloadId(first)) for first, _count, _blocked in groups]
    return [
        Unplaced(bool(blocked), count, row.identity.title, row.outcome.error or "")
        for (_first, count, blocked), row in zip(groups, rows, strict=True)
    ]


def items_failing_repeatedly(connection: Connection, times: int, since: datetime) -> list[RepeatedFailure]:
    """Return the wanted items whose downloads failed at least `times` times since `since`, without a success."""
    failures = func.sum(case((downloads.c.state == "failed", 1), else_=0))
    successes = func.sum(case((downloads.c.state == "completed", 1), else_=0))
    query = (
        select(func.max(downloads.c.title), failures, func.max(downloads.c.error))
        .join(download_items, download_items.c.download_id == downloads.c.id)
        .join(wanted, (wanted.c.id == download_items.c.wanted_id) & wanted.c.gone_at.is_(None))
        .where(downloads.c.created_at >= since)
        .group_by(download_items.c.wanted_id)
        .having((failures >= times) & (successes == 0))
        .limit(50)
    )
    return [RepeatedFailure(str(row[0]), int(row[1]), str(row[2] or "")) for row in connection.execute(query)]
