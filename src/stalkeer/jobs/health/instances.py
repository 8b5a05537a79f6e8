"""Check with each instance that it sees Stalkeer's folders and that its clock agrees with ours.

This sends requests to the instances, so it runs after a scan and with the path check, not every minute.
"""

from __future__ import annotations

from collections.abc import Iterator

from stalkeer.jobs.health.check import keep_findings
from stalkeer.jobs.health.facts import MOST_SKEW
from stalkeer.jobs.journal.reporting import Run
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.library.doctor import DoctorReport, FolderCheck, examine_paths
from stalkeer.settings.sections.transfers import DirectorySettings
from stalkeer.store.db.database import Database
from stalkeer.store.library.instances import list_instances
from stalkeer.store.system.health import ERROR, WARNING, Finding, HealthChange, list_findings

MOUNT, CLOCK = "mount", "instance-clock"


def look_through_instances(
    arrs: Arrs, directories: DirectorySettings, run: Run, only: str | None = None
) -> DoctorReport:
    """Check every enabled instance, or only the instance named `only`, and store the problems found."""
    report = examine_paths(arrs, directories, run, only)
    _keep(arrs, report)
    return report


def _keep(arrs: Arrs, report: DoctorReport) -> HealthChange:
    """Store the findings, and keep the earlier ones of an enabled instance that could not be reached."""
    seen = [check for check in report.checks if check.is_known]
    findings = [finding for check in seen for finding in (*_mount(check), *_clock(check))]
    kept = _findings_of_others(arrs.database, {check.instance for check in seen})
    return keep_findings(arrs.database, (MOUNT, CLOCK), [*findings, *kept], arrs.clock())


def _findings_of_others(database: Database, asked: set[str]) -> list[Finding]:
    with database.connect() as connection:
        enabled = {row.slug for row in list_instances(connection) if row.enabled}
        found = [row.finding for row in list_findings(connection) if row.finding.check in (MOUNT, CLOCK)]
    return [finding for finding in found if finding.subject in enabled - asked]


def _mount(check: FolderCheck) -> Iterator[Finding]:
    problems = (*check.problems, *(problem for root in check.roots for problem in root.problems))
    if problems:
        level = ERROR if check.remote is None else WARNING
        fix = " ".join(check.advice) or f"See: stalkeer doctor paths --instance {check.instance}"
        yield Finding(MOUNT, check.instance, level, " ".join(problems), fix)


def _clock(check: FolderCheck) -> Iterator[Finding]:
    if check.clock_ahead is not None and abs(check.clock_ahead) > MOST_SKEW:
        seconds = check.clock_ahead.total_seconds()
        message = f"The clock of {check.instance} is {abs(seconds):.0f} s {'before' if seconds > 0 else 'behind'} ours"
        yield Finding(CLOCK, check.instance, WARNING, message, "Let both machines keep their time by NTP")
