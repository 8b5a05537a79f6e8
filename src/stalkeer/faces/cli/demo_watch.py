"""Run the jobs of the demo and print the progress until every download has ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Column

from stalkeer.errors import StalkeerError
from stalkeer.jobs.journal.runs import queue_run
from stalkeer.model import DownloadState
from stalkeer.runtime import App
from stalkeer.store.downloads.downloads import count_by_state, list_downloads
from stalkeer.store.downloads.rows import DownloadRow
from stalkeer.store.journal.runs import RunId, RunRow, RunState, get_run, list_runs
from stalkeer.store.library.wanted_list import Slice, WantedRow, list_wanted
from stalkeer.store.matching.candidates import Candidate, list_candidates

LOOK_S = 0.25
QUIET_LOOKS = 8  # so many checks without a change end the demo: jobs start a moment after each other
LONGEST_S = 600.0
MOVING = (
    DownloadState.QUEUED,
    DownloadState.DOWNLOADING,
    DownloadState.FETCHED,
    DownloadState.PLACED,
    DownloadState.IMPORTING,
)
WORDS = {
    DownloadState.QUEUED: "waits",
    DownloadState.DOWNLOADING: "downloads",
    DownloadState.FETCHED: "checking",
    DownloadState.PLACED: "waiting for import",
    DownloadState.IMPORTING: "importing",
    DownloadState.COMPLETED: "imported",
    DownloadState.BLOCKED: "refused",
    DownloadState.FAILED: "failed",
    DownloadState.CANCELLED: "cancelled",
    DownloadState.PAUSED: "paused",
}


class DemoFailed(StalkeerError):
    """Report that a job of the demo failed."""


@dataclass(frozen=True)
class WantedMatch:
    """Hold a wanted item with its best match after the scan."""

    item: WantedRow
    best: Candidate | None


@dataclass(frozen=True)
class Story:
    """Hold the results of the demo, read from the database."""

    wanted: tuple[WantedMatch, ...]
    downloads: tuple[DownloadRow, ...]
    refresh: RunRow
    scan: RunRow


@dataclass
class DemoWatcher:
    """Run beside the engine. `note` receives a line for each finished step."""

    app: App
    console: Console
    is_live: bool
    note: Callable[[str], None]
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self._deadline = self.monotonic() + LONGEST_S

    def watch(self) -> Story:
        """Refresh, scan, and follow the downloads to their end."""
        refresh = self._run_job("refresh", "Refreshing the playlist")
        scan = self._run_job("scan", "Reading missing items from Radarr and Sonarr, and matching")
        wanted = self._look_at_wanted()
        self._follow_downloads()
        with self.app.database.connect() as connection:
            downloads = tuple(reversed(list_downloads(connection, limit=1000)))
        return Story(wanted, downloads, refresh, scan)

    def _run_job(self, job: str, title: str) -> RunRow:
        run_id = queue_run(self.app.database, self.app.clock(), job).id
        with self.console.status(f"{title} ...") if self.is_live else _Quiet():
            while (run := self._read_run(run_id)).finished_at is None:
                self._wait(title)
        if run.state not in (RunState.DONE, RunState.PARTLY):
            raise DemoFailed(f"{title}: {run.error or run.state.value}")
        self.note(f"{title}: {_sums(run)}")
        return run

    def _read_run(self, run_id: RunId) -> RunRow:
        with self.app.database.connect() as connection:
            return get_run(connection, run_id)

    def _wait(self, what: str) -> None:
        if self.monotonic() > self._deadline:
            raise DemoFailed(f"{what}: no result within {LONGEST_S:.0f} s")
        self.sleep(LOOK_S)

    def _look_at_wanted(self) -> tuple[WantedMatch, ...]:
        with self.app.database.connect() as connection:
            rows = list_wanted(connection, part=Slice(1000))
            return tuple(WantedMatch(row, next(iter(list_candidates(connection, row.id)), None)) for row in rows)

    def _follow_downloads(self) -> None:
        columns = (
            TextColumn("{task.description}", table_column=Column(ratio=3, no_wrap=True, overflow="ellipsis")),
            BarColumn(table_column=Column(ratio=2)),
            DownloadColumn(),
            TextColumn("{task.fields[state]}", table_column=Column(min_width=14)),
        )
        total = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=self.console)
        bars = Progress(*columns, console=self.console, expand=True)
        with _live(self.console, total, bars) if self.is_live else _Quiet():
            overall = total.add_task("Downloads", total=None)
            tasks: dict[int, TaskID] = {}
            quiet = 0
            while quiet < QUIET_LOOKS:
                rows, is_moving = self._look_at_downloads()
                quiet = 0 if is_moving else quiet + 1
                _draw(bars, tasks, rows)
                total.update(overall, total=len(rows), completed=sum(row.state not in MOVING for row in rows))
                self._wait("Downloading")
        self.note("Downloading and importing")

    def _look_at_downloads(self) -> tuple[list[DownloadRow], bool]:
        with self.app.database.connect() as connection:
            rows = list_downloads(connection, limit=1000)
            states = count_by_state(connection).by_state
            is_moving = any(states.get(state) for state in MOVING) or bool(list_runs(connection, open_only=True))
        return rows, is_moving


def _sums(run: RunRow) -> str:
    """Return the figures from the report of a refresh or scan."""
    report = run.report or {}
    sources = report.get("sources")
    if isinstance(sources, list):
        return f"{sum(int(source.get('entries', 0)) for source in sources):,} entries"
    return ", ".join(f"{report.get(name, 0)} {name}" for name in ("wanted", "confirmed", "review", "nothing"))


def _draw(bars: Progress, tasks: dict[int, TaskID], rows: list[DownloadRow]) -> None:
    """Draw a progress bar for each active download."""
    for row in rows:
        is_shown = row.state in MOVING and row.state is not DownloadState.QUEUED
        if is_shown and row.id not in tasks:
            tasks[row.id] = bars.add_task(row.identity.title, total=row.transfer.total, state="")
        if row.id in tasks:
            done = row.transfer.offset if row.state is DownloadState.DOWNLOADING else row.transfer.total or 0
            bars.update(
                tasks[row.id], completed=done, total=row.transfer.total, state=WORDS[row.state], visible=is_shown
            )


def _live(console: Console, total: Progress, bars: Progress) -> Live:
    return Live(Group(total, bars), console=console, refresh_per_second=8, transient=True)


class _Quiet:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_exc: object) -> None:
        return None
