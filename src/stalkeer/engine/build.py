"""Put an engine together from the wired program: its table of jobs and its ways to accounts and instances."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from stalkeer.core.catalogue.access import Access
from stalkeer.engine.program import Outside, Program
from stalkeer.engine.schedules import may_start_by_itself
from stalkeer.engine.table import Job, JobTable
from stalkeer.jobs.catalogue.panel_queries import ask_account
from stalkeer.jobs.downloads.queue import queue_confirmed
from stalkeer.jobs.downloads.recovery import import_recovery
from stalkeer.jobs.journal.reporting import QuietRun, Report, Run
from stalkeer.jobs.library.instances import Arrs
from stalkeer.jobs.matching.expand_series import match_sources
from stalkeer.jobs.matching.match import Matching, match_wanted
from stalkeer.jobs.matching.scan import Scanner, build_scanner, rehearse_scan, scan_work
from stalkeer.jobs.sources.account_status import AccountDesk
from stalkeer.jobs.sources.refresh import Refresher, refresh_scheduled, refresh_sources
from stalkeer.jobs.system.backup import BackupPlace, make_backup
from stalkeer.jobs.system.cleanup import CleanupPlace, clean_up
from stalkeer.jobs.system.instance_health import look_through_instances
from stalkeer.model import SourceId, WantedId
from stalkeer.store.sources.sources import get_access

if TYPE_CHECKING:
    from stalkeer.engine.engine import Engine


class WiredProgram(Program, Protocol):
    """The program with its clients."""

    @property
    def arrs(self) -> Arrs: ...

    @property
    def backup_place(self) -> BackupPlace: ...

    @property
    def matching(self) -> Matching: ...

    @property
    def refresher(self) -> Refresher: ...

    @property
    def cleanup_place(self) -> CleanupPlace: ...

    def reread_settings(self) -> None: ...


def build_engine(
    program: WiredProgram, role: str = "serve", child: Callable[[int], Sequence[str]] | None = None
) -> Engine:
    """`child` makes the command line that carries out a heavy job in a process of its own."""
    from stalkeer.engine.engine import Engine  # a process for one run needs none, and DBOS takes its time

    outside = Outside(
        arrs=program.arrs,
        access=lambda source_id: read_access(program, source_id),
        accounts=AccountDesk(
            program.database, lambda source_id: ask_account(program.refresher, source_id), program.clock
        ),
    )
    return Engine(program, outside, build_table(program, child), role=role)


def build_table(program: WiredProgram, child: Callable[[int], Sequence[str]] | None = None) -> JobTable:
    def follows(job: str) -> bool:
        program.reread_settings()  # another process may have changed them
        return may_start_by_itself(program.settings, job)

    return JobTable(program.database, program.clock, jobs_of(program), child, follows)


def jobs_of(program: WiredProgram) -> tuple[Job, ...]:
    def refresh(subject: str | None, options: Mapping[str, object], run: Run) -> Report:
        return refresh_chosen(program.refresher, subject, options, run)

    def scan(subject: str | None, options: Mapping[str, object], run: Run) -> Report:
        scanner = _scanner(program)
        report = scan_work(scanner, subject, options, run)
        if "#" not in (subject or ""):  # not after each item's own scan
            look_through_instances(program.arrs, program.settings.directories, QuietRun(), subject)
        return report

    def preview(subject: str | None, _options: Mapping[str, object], run: Run) -> Report:
        return rehearse_scan(_scanner(program), run, subject)

    def match(_subject: str | None, options: Mapping[str, object], run: Run) -> Report:
        wanted = options.get("wanted")
        if isinstance(wanted, int):
            return match_wanted(program.matching, run, [WantedId(wanted)])
        return match_sources(program.matching, program.refresher, run)

    def download(_subject: str | None, options: Mapping[str, object], _run: Run) -> Report:
        limit = options.get("limit")
        most = limit if isinstance(limit, int) else None
        return queue_confirmed(program.database, program.clock, most, program.settings.matching.languages)

    def cleanup(_subject: str | None, _options: Mapping[str, object], run: Run) -> Report:
        return clean_up(program.database, program.settings, program.cleanup_place, program.clock(), run)

    def backup(_subject: str | None, options: Mapping[str, object], _run: Run) -> Report:
        occasion = "manual" if options.get("manual") else "scheduled"
        return make_backup(program.database, program.backup_place, program.clock(), occasion)

    return (
        Job("refresh", refresh, is_heavy=True),
        Job("scan", scan),
        Job("scan-preview", preview),
        Job("match", match),
        Job("download", download),
        Job("cleanup", cleanup),
        Job("backup", backup),
    )


def _scanner(program: WiredProgram) -> Scanner:
    recover = import_recovery(program.database, program.arrs, program.settings)
    return build_scanner(program.database, program.arrs, program.settings, recover)


def refresh_chosen(refresher: Refresher, subject: str | None, options: Mapping[str, object], run: Run) -> Report:
    if options.get("without_own_times"):
        return refresh_scheduled(refresher, run)
    return refresh_sources(refresher, run, subject, accept=bool(options.get("accept")))


def read_access(program: Program, source_id: SourceId) -> Access:
    with program.database.connect() as connection:
        return get_access(connection, source_id, program.secrets)
