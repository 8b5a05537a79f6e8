"""Describe runs in words: the names of the jobs, and one line of what a run did."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stalkeer.faces.web.formats import plural, size
from stalkeer.model import JobName

Report = Mapping[str, object]


def job_label(job: str) -> str:
    """Return the name of a job for users: `Scan for missing` for `scan`."""
    return JobName(job).label if job in tuple(JobName) else job.replace("-", " ").capitalize()


def run_text(job: str, report: Report | None) -> str:
    """Return one line about the result of a run; empty where there is nothing to tell."""
    describe = DESCRIBE.get(job)
    return describe(report) if describe is not None and report else ""


def _refresh(report: Report) -> str:
    sources = _dicts(report.get("sources"))
    if not sources:
        return "no source is enabled"
    if len(sources) == 1 and sources[0].get("message") and not _count(sources[0], "entries"):
        return str(sources[0]["message"])
    entries, added = (sum(_count(source, name) for source in sources) for name in ("entries", "added"))
    removed = sum(_count(source, "removed") for source in sources)
    failed = [str(source.get("source")) for source in sources if source.get("outcome") in ("failed", "refused")]
    parts = [plural(entries, "entry", "entries"), f"{added:,} new", f"{removed:,} gone"]
    return " · ".join([*parts, *([f"failed: {', '.join(failed)}"] if failed else [])])


def _scan(report: Report) -> str:
    found = (("wanted", "wanted"), ("confirmed", "found"), ("review", "to review"), ("nothing", "not found"))
    return " · ".join(f"{_count(report, key):,} {words}" for key, words in found)


def _match(report: Report) -> str:
    parts = [plural(_count(report, "items"), "item"), plural(_count(report, "confirmed"), "new match", "new matches")]
    waiting = _count(report, "lookupsOpen")
    return " · ".join([*parts, *([f"{waiting:,} lookups wait"] if waiting else [])])


def _download(report: Report) -> str:
    parts = [f"{plural(_count(report, 'queued'), 'download')} queued"]
    others = (("already", "already in the queue"), ("refused", "rejected"), ("resting", "failed lately"))
    return " · ".join(parts + [f"{_count(report, key):,} {words}" for key, words in others if _count(report, key)])


def _cleanup(report: Report) -> str:
    removed = report.get("removed")
    counts = removed if isinstance(removed, Mapping) else {}
    parts = [f"{count:,} {str(kind).replace('_', ' ')}" for kind, count in counts.items() if count]
    freed = _count(report, "freedBytes")
    return " · ".join(parts + ([f"{size(freed)} freed"] if freed else [])) or "nothing to remove"


def _backup(report: Report) -> str:
    return str(report.get("name") or report.get("file") or "")


DESCRIBE: Mapping[str, Callable[[Report], str]] = {
    JobName.REFRESH: _refresh,
    JobName.SCAN: _scan,
    JobName.MATCH: _match,
    JobName.DOWNLOAD: _download,
    JobName.CLEANUP: _cleanup,
    JobName.BACKUP: _backup,
}


def _count(report: Report, key: str) -> int:
    value = report.get(key)
    return value if isinstance(value, int) else 0


def _dicts(value: object) -> list[Report]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


WEEKDAYS = ("Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


def cron_text(cron: str) -> str:
    """Return the usual forms of a schedule in words: `every 6 hours`, `daily at 04:30`. Others stay as they are."""
    fields = cron.split()
    if len(fields) != 5:
        return cron
    minute, hour, day, month, weekday = fields
    if (day, month) != ("*", "*"):
        return cron
    if hour == weekday == "*" and minute.startswith("*/"):
        return _every(minute, "minute") or cron
    if hour == weekday == "*" and minute.isdigit():
        return f"every hour at {int(minute)} min" if int(minute) else "every hour"
    if weekday == "*" and hour.startswith("*/") and minute.isdigit():
        return _every(hour, "hour") or cron
    return _at_clock(minute, hour, weekday) or cron


def _every(step: str, unit: str) -> str:
    number = step.removeprefix("*/")
    if not number.isdigit():
        return ""
    return f"every {unit}" if number == "1" else f"every {number} {unit}s"


def _at_clock(minute: str, hour: str, weekday: str) -> str:
    hours = hour.split(",")
    if not minute.isdigit() or not all(hour.isdigit() for hour in hours):
        return ""
    times = " and ".join(f"{int(hour):02d}:{int(minute):02d}" for hour in hours)
    if weekday == "*":
        return f"daily at {times}"
    return f"{WEEKDAYS[int(weekday)]} at {times}" if weekday in "01234567" and len(weekday) == 1 else ""
