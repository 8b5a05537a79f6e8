"""Run the user's scripts for downloads, one at a time in each process, and note their output with the download.

A script runs at least once: it runs again where Stalkeer is killed before its end was stored.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from stalkeer.adapters.scripts.run import Ending, Script, ScriptResult, is_runnable, run_script
from stalkeer.core.security.plain_text import show_lines
from stalkeer.errors import NotFound
from stalkeer.jobs.downloads.context import ImportCheck
from stalkeer.jobs.hooks.describe import describe
from stalkeer.model import DownloadId, EventKind, HookName
from stalkeer.secrets import mask_text
from stalkeer.settings.sections.hooks import HookSettings
from stalkeer.settings.units import show_duration
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.downloads.downloads import get_download
from stalkeer.store.downloads.rows import DownloadRow
from stalkeer.store.journal.events import Event, Level, record_event
from stalkeer.store.journal.hooks import HookRun, claim_run, count_runs, end_run, noted_hooks, release_run

LONGEST_OUTPUT = 8000  # characters kept with the download
LONGEST_LAST_LINE = 300
LOCK_LOOK_S = 0.2
FOLLOWING = frozenset({HookName.AFTER_IMPORT, HookName.ON_FAILURE})


@dataclass(frozen=True)
class HookResult:
    """Hold the end of a script as users see it."""

    hook: HookName
    result: ScriptResult
    limit_s: float
    output: str

    @property
    def is_passed(self) -> bool:
        return self.result.exit_code == 0

    @property
    def is_stopped(self) -> bool:
        return self.result.ending is Ending.STOPPED

    @property
    def words(self) -> str:
        """Return how the script ended, with its last line where it failed."""
        name, result = f"The script of hooks.{self.hook.value}", self.result
        if result.ending is Ending.NOT_STARTED:
            return f"{name} could not be started: {result.problem}"
        if result.ending is Ending.TIMED_OUT:
            said = f"{name} took longer than {show_duration(self.limit_s)} and was killed"
        elif result.exit_code is not None and result.exit_code < 0:
            said = f"{name} was ended by signal {-result.exit_code}"
        else:
            said = f"{name} ended with exit code {result.exit_code} after {result.seconds:.1f} s"
        last = next((line.strip() for line in reversed(self.output.splitlines()) if line.strip()), "")
        return said if self.is_passed or not last else f"{said}: {last[:LONGEST_LAST_LINE]}"

    def to_document(self) -> dict[str, object]:
        """Return the data of the event, also for programs."""
        return {
            "hook": self.hook.value,
            "ending": self.result.ending.value,
            "exit_code": self.result.exit_code,
            "seconds": round(self.result.seconds, 3),
            "output": self.output,
        }


@dataclass(frozen=True)
class HookRunner:
    """Run the scripts that this process has in its own configuration. `worker` is its id in the table of workers."""

    database: Database
    settings: Callable[[], HookSettings]
    clock: Callable[[], datetime]
    worker: str
    _one: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _stopping: threading.Event = field(default_factory=threading.Event, repr=False)

    def names(self) -> frozenset[HookName]:
        """Return the hooks that are set in this process."""
        return self.settings().names

    def ready(self) -> frozenset[HookName]:
        """Return the hooks whose script can be run here now."""
        settings = self.settings()
        return frozenset(hook for hook in settings.names if is_runnable(settings.command(hook)))

    def check_import(self, row: DownloadRow, file: Path, should_stop: Callable[[], bool]) -> ImportCheck:
        """Run `hooks.before_import`, where it is set. An exit code other than 0 refuses the import."""
        hook = HookName.BEFORE_IMPORT
        if hook not in self.names():
            return ImportCheck()
        while not self._one.acquire(timeout=LOCK_LOOK_S):
            if should_stop():
                return ImportCheck(is_stopped=True)
        try:
            done = _run(self.database, self.settings(), hook, row, should_stop)
        finally:
            self._one.release()
        if done.is_stopped:
            return ImportCheck(is_stopped=True)
        self._note(done, row)
        if not done.is_passed:
            return ImportCheck(refusal=done.words)
        if not file.is_file():
            return ImportCheck(refusal=f"The script of hooks.{hook.value} passed, but {file} is gone")
        return ImportCheck(is_checked=True)

    def run_following(self) -> bool:
        """Run the oldest script that is due after the end of a download. Return False where none is due here."""
        names = self.ready() & FOLLOWING
        if not names:
            return False
        with self.database.begin() as connection:
            run = claim_run(connection, self.worker, names)
        if run is None:
            return False
        row = self._row(run.download_id)
        if row is None:
            return True  # the run was deleted with its download
        with self._one:
            done = _run(self.database, self.settings(), run.hook, row, self._stopping.is_set)
        self._settle(run, done, row)
        return not done.is_stopped

    def is_due(self) -> bool:
        """Tell whether a script is due that this process can run."""
        names = self.ready() & FOLLOWING
        with self.database.connect() as connection:
            return bool(names & count_runs(connection).keys())

    def stop(self) -> None:
        """Kill the script that runs after a download. It runs again at the next start."""
        self._stopping.set()

    def _row(self, download_id: DownloadId) -> DownloadRow | None:
        try:
            with self.database.connect() as connection:
                return get_download(connection, download_id)
        except NotFound:
            return None

    def _settle(self, run: HookRun, done: HookResult, row: DownloadRow) -> None:
        with self.database.begin() as connection:
            if done.is_stopped:
                release_run(connection, run, self.worker)
            elif end_run(connection, run, self.worker):
                record_event(connection, self.clock(), _event(done, row))

    def _note(self, done: HookResult, row: DownloadRow) -> None:
        with self.database.begin() as connection:
            record_event(connection, self.clock(), _event(done, row))


def may_finish(connection: Transaction, ready: Collection[HookName]) -> bool:
    """Tell whether a worker with these scripts may bring files into the library: no file passes unchecked."""
    hook = HookName.BEFORE_IMPORT
    return hook in ready or hook not in noted_hooks(connection)


def show_output(result: ScriptResult) -> str:
    """Return the last part of the output, without secrets and harmful characters."""
    text = show_lines(mask_text(result.output.decode("utf-8", "replace")))
    if len(text) <= LONGEST_OUTPUT and not result.is_shortened:
        return text
    return f"(the beginning is left out)\n{text[-LONGEST_OUTPUT:]}"


def try_hook(database: Database, settings: HookSettings, hook: HookName, row: DownloadRow) -> HookResult:
    """Run a script for a download, whatever its state is. Nothing is stored."""
    return _run(database, settings, hook, row, lambda: False)


def _run(
    database: Database, settings: HookSettings, hook: HookName, row: DownloadRow, should_stop: Callable[[], bool]
) -> HookResult:
    described = describe(database, hook, row)
    script = Script(settings.command(hook), described.variables, described.document, settings.timeout)
    result = run_script(script, should_stop)
    return HookResult(hook, result, settings.timeout, show_output(result))


def _event(done: HookResult, row: DownloadRow) -> Event:
    event = Event(
        EventKind.HOOK_PASSED if done.is_passed else EventKind.HOOK_FAILED,
        f"{row.identity.title}: {done.words}",
        Level.INFO if done.is_passed else Level.WARNING,
        download_id=row.id,
        wanted_id=row.items[0].wanted_id if row.items else None,
        source_id=row.identity.source_id,
        instance_id=row.items[0].instance_id if row.items else None,
    )
    return replace(event, data=done.to_document())
