"""Put an engine together from the wired program: its table of jobs and its ways to accounts and instances."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from stalkeer.engine.engine import Engine, Outside, Program
from stalkeer.engine.table import Job, JobTable
from stalkeer.jobs.instances import Arrs
from stalkeer.jobs.queue import queue_confirmed
from stalkeer.jobs.reporting import Report, Run
from stalkeer.jobs.scan import build_scanner, scan_missing
from stalkeer.model import SourceId
from stalkeer.playlists.access import Access
from stalkeer.store.sources import get_access


class WiredProgram(Program, Protocol):
    """The program with its clients."""

    @property
    def arrs(self) -> Arrs: ...


def build_engine(
    program: WiredProgram, role: str = "serve", child: Callable[[int], Sequence[str]] | None = None
) -> Engine:
    """`child` makes the command line that carries out a heavy job in a process of its own."""
    outside = Outside(
        arrs=program.arrs,
        access=lambda source_id: read_access(program, source_id),
        ask_account=lambda _source_id: None,
    )
    return Engine(program, outside, build_table(program, child), role=role)


def build_table(program: WiredProgram, child: Callable[[int], Sequence[str]] | None = None) -> JobTable:
    return JobTable(program.database, program.clock, jobs_of(program), child)


def jobs_of(program: WiredProgram) -> tuple[Job, ...]:
    def scan(subject: str | None, _options: Mapping[str, object], run: Run) -> Report:
        scanner = build_scanner(program.database, program.arrs, program.settings)
        return scan_missing(scanner, run, subject)

    def download(_subject: str | None, options: Mapping[str, object], _run: Run) -> Report:
        limit = options.get("limit")
        return queue_confirmed(program.database, program.clock, limit if isinstance(limit, int) else None)

    return (Job("scan", scan), Job("download", download))


def read_access(program: Program, source_id: SourceId) -> Access:
    with program.database.connect() as connection:
        return get_access(connection, source_id, program.secrets)
