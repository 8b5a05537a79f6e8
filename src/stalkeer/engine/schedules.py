"""Compute the start times of jobs from the cron lines of the settings and sources."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from croniter import croniter

from stalkeer.errors import NotFound
from stalkeer.model import JobName
from stalkeer.settings import Settings
from stalkeer.settings.units import is_cron

# the jobs that a person may start
JOBS = tuple(job for job in JobName if job is not JobName.SCAN_PREVIEW)


def job_named(text: str) -> JobName:
    """Return the job of this name. Raises NotFound for any other text."""
    try:
        return JobName(text)
    except ValueError:
        raise NotFound(f"There is no job {text!r}. Jobs: {', '.join(JOBS)}.") from None


def cron_times(settings: Settings, own: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """Return the cron lines by job.

    A job with an empty line never runs. `own` holds the refresh times of single sources by name.
    """
    schedule = settings.schedule
    times: dict[str, str] = {
        JobName.REFRESH: schedule.refresh,
        JobName.SCAN: schedule.scan,
        JobName.DOWNLOAD: schedule.download,
        JobName.CLEANUP: schedule.cleanup,
        JobName.BACKUP: schedule.backup,
    }
    return {**times, **{f"{JobName.REFRESH}:{name}": cron for name, cron in own.items() if is_cron(cron)}}


def may_start_by_itself(settings: Settings, job: str) -> bool:
    """Return whether a job may start automatically. `download` may not while its schedule is off or held."""
    schedule = settings.schedule
    return job != JobName.DOWNLOAD or (bool(schedule.download) and not schedule.hold_downloads)


def local_timezone() -> str | None:
    """Return the name of the machine's time zone for cron lines, or None (UTC) without one."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if named and not named.startswith("/"):
        return named
    try:
        target = str(Path("/etc/localtime").resolve())
    except OSError:
        return None
    _, mark, name = target.partition("zoneinfo/")
    return name if mark else None


@dataclass(frozen=True)
class NextTime:
    job: str
    cron: str
    at: datetime | None  # None: the job never starts automatically


def next_times(settings: Settings, now: datetime, own: Mapping[str, str] = MappingProxyType({})) -> list[NextTime]:
    """Return the next automatic start of each job. `own` is the value for `cron_times`."""
    local = now.astimezone()
    return [
        NextTime(
            job,
            cron,
            croniter(cron, local).get_next(datetime).astimezone(UTC)
            if cron and may_start_by_itself(settings, job)
            else None,
        )
        for job, cron in cron_times(settings, own).items()
    ]


def previous_time(cron: str, now: datetime) -> datetime:
    """Return the last time of a cron line."""
    found: datetime = croniter(cron, now.astimezone()).get_prev(datetime)
    return found.astimezone(UTC)
