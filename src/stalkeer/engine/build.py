"""Build an engine from the wired program: its table of jobs and its clients for accounts and instances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from stalkeer.core.catalogue.access import Access
from stalkeer.engine.program import EngineClients, Program
from stalkeer.engine.schedules import may_start_by_itself
from stalkeer.engine.table import Job, JobTable
from stalkeer.jobs.catalogue.movie_extensions import find_address
from stalkeer.jobs.catalogue.panel_queries import ask_account
from stalkeer.jobs.downloads.context import DownloadQueue
from stalkeer.jobs.downloads.queue import QueueOptions, QueueRules, queue_confirmed
from stalkeer.jobs.journal.reporting import Report, Run
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.matching.library_cache import Matching
from stalkeer.jobs.matching.match_run import match_work
from stalkeer.jobs.native.offers import has_native_instances, prepare_offers
from stalkeer.jobs.refresh.refresh import RefreshContext, refresh_sources
from stalkeer.jobs.refresh.start import RefreshOptions
from stalkeer.jobs.releases.scores import read_missing_scores
from stalkeer.jobs.sources.account_status import AccountMonitor
from stalkeer.jobs.system.backup import BackupPlace, make_backup
from stalkeer.jobs.system.cleanup import CleanupPlace, clean_up
from stalkeer.jobs.wanted.scan import Scanner, rehearse_scan, scan
from stalkeer.jobs.watch.folder import WatchContext, look_at_watch_folders
from stalkeer.model import JobName, SourceId
from stalkeer.store.journal.runs import RunOptions
from stalkeer.store.sources.sources import get_access

if TYPE_CHECKING:
    from stalkeer.engine.engine import Engine


class WiredProgram(Program, Protocol):
    """Combine the program with its clients."""

    @property
    def arrs(self) -> Arrs: ...

    @property
    def matching(self) -> Matching: ...

    @property
    def backup_place(self) -> BackupPlace: ...

    @property
    def refresher(self) -> RefreshContext: ...

    @property
    def scanner(self) -> Scanner: ...

    @property
    def cleanup_place(self) -> CleanupPlace: ...

    def reread_settings(self) -> None: ...


def build_engine(
    program: WiredProgram, role: str = "serve", child: Callable[[int], Sequence[str]] | None = None
) -> Engine:
    """Build an engine. `child` returns the command line that executes a heavy job in its own process."""
    from stalkeer.engine.engine import Engine  # imported late: DBOS is slow, and a single run needs no engine

    clients = EngineClients(
        arrs=program.arrs,
        access=lambda source_id: read_access(program, source_id),
        accounts=AccountMonitor(
            program.database, lambda source_id: ask_account(program.refresher, source_id), program.clock
        ),
        movie_address=lambda source_id, key, template: find_address(program.refresher, source_id, key, template),
        watch_folders=lambda wake, is_stopping: look_at_watch_folders(
            WatchContext(
                DownloadQueue(program.database, program.clock, lambda: program.settings, wake),
                program.secrets,
                lambda: program.matching,
                is_stopping,
            )
        ),
    )
    return Engine(program, clients, build_table(program, child), role=role)


def build_table(program: WiredProgram, child: Callable[[int], Sequence[str]] | None = None) -> JobTable:
    def may_start(job: str) -> bool:
        program.reread_settings()  # another process may have changed the settings
        if job == JobName.OFFERS:
            with program.database.connect() as connection:
                return has_native_instances(connection)
        return may_start_by_itself(program.settings, job)

    return JobTable(program.database, program.clock, jobs_of(program), child, may_start)


def jobs_of(program: WiredProgram) -> tuple[Job, ...]:
    def refresh(subject: str | None, options: RunOptions, run: Run) -> Report:
        return refresh_sources(program.refresher, run, subject, RefreshOptions.of_run(options))

    def scan_instances(subject: str | None, _options: RunOptions, run: Run) -> Report:
        return scan(program.scanner, run, subject)

    def preview(subject: str | None, _options: RunOptions, run: Run) -> Report:
        return rehearse_scan(program.scanner, run, subject)

    def match(subject: str | None, _options: RunOptions, run: Run) -> Report:
        return match_work(program.matching, program.refresher, subject, run)

    def download(_subject: str | None, options: RunOptions, _run: Run) -> Report:
        rules = QueueRules.of(program.settings)
        read_missing_scores(program.database, program.arrs)
        return queue_confirmed(program.database, program.clock, rules, QueueOptions.of_run(options))

    def offers(subject: str | None, _options: RunOptions, run: Run) -> Report:
        return prepare_offers(program.database, program.arrs, run, subject)

    def cleanup(_subject: str | None, _options: RunOptions, run: Run) -> Report:
        return clean_up(program.database, program.settings, program.cleanup_place, program.clock(), run)

    def backup(_subject: str | None, _options: RunOptions, _run: Run) -> Report:
        return make_backup(program.database, program.backup_place, program.clock(), "scheduled")

    return (
        Job(JobName.REFRESH, refresh, is_heavy=True),
        Job(JobName.SCAN, scan_instances),
        Job(JobName.SCAN_PREVIEW, preview),
        Job(JobName.MATCH, match),
        Job(JobName.DOWNLOAD, download),
        Job(JobName.OFFERS, offers),
        Job(JobName.CLEANUP, cleanup),
        Job(JobName.BACKUP, backup),
    )


def read_access(program: Program, source_id: SourceId) -> Access:
    with program.database.connect() as connection:
        return get_access(connection, source_id, program.secrets)
