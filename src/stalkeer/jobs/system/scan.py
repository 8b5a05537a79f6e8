"""Scan for missing items, match them, recover lost imports, and check that the instances see our folders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from stalkeer.jobs.downloads.recovery import import_recovery
from stalkeer.jobs.journal.reporting import QuietRun, Run
from stalkeer.jobs.library.instances import Arrs
from stalkeer.jobs.matching.library_cache import Matching
from stalkeer.jobs.matching.match import match_wanted
from stalkeer.jobs.matching.scan import Scanner, ScanReport, rehearse_scan, scan_work
from stalkeer.jobs.system.instance_health import look_through_instances
from stalkeer.settings import Settings
from stalkeer.store.db.database import Database


class ScanningProgram(Protocol):
    """The parts of the program that a scan uses."""

    @property
    def database(self) -> Database: ...

    @property
    def settings(self) -> Settings: ...

    @property
    def arrs(self) -> Arrs: ...

    @property
    def matching(self) -> Matching: ...

    def matching_over(self, database: Database) -> Matching:
        """Match in another database: a rehearsal's."""
        ...


def scan(program: ScanningProgram, subject: str | None, options: Mapping[str, object], run: Run) -> ScanReport:
    """Scan every instance, the one called `subject`, or one item of it; then look at the folders of those instances."""
    report = scan_work(_scanner(program), subject, options, run)
    if "#" not in (subject or ""):  # an item's own scan asks about that item only
        look_through_instances(program.arrs, program.settings.directories, QuietRun(), subject)
    return report


def preview_scan(program: ScanningProgram, subject: str | None, run: Run) -> ScanReport:
    """Scan a copy of the database that is thrown away afterwards."""
    return rehearse_scan(_scanner(program), run, subject)


def _scanner(program: ScanningProgram) -> Scanner:
    def match(where: Database, run: Run) -> object:
        matching = program.matching if where is program.database else program.matching_over(where)
        return match_wanted(matching, run)

    recover = import_recovery(program.database, program.arrs, program.settings)
    return Scanner(program.database, program.arrs, program.settings, match, recover)
