"""Watch disks, accounts, incomplete files and rates in a separate thread, so that the heartbeat never waits."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from stalkeer.adapters.files.space import unclaimed
from stalkeer.core.downloads.admission import DiskRoom, Running
from stalkeer.core.downloads.sight import SeenFolder
from stalkeer.errors import StalkeerError
from stalkeer.jobs.downloads.admission import look_at_folders, measure_volume
from stalkeer.jobs.downloads.context import DownloadContext
from stalkeer.jobs.downloads.outcomes import sweep
from stalkeer.jobs.journal.reporting import end_runs_of_killed_commands
from stalkeer.jobs.sources.account_status import ASK_EVERY, SETTLING
from stalkeer.model import DownloadId, SourceId
from stalkeer.store.db.database import Transaction
from stalkeer.store.downloads.admission import running_parts, source_of, sources_in_use
from stalkeer.store.downloads.statistics import RateSample, add_samples
from stalkeer.store.downloads.workers import database_now
from stalkeer.store.sources.accounts import is_settled, questions_due

log = logging.getLogger(__name__)

SAMPLE_S = 30.0
IN_TROUBLE_S = 2.0  # a disk problem is probably being fixed: check more often


@dataclass(frozen=True)
class FetchedBytes:
    """Hold the bytes that a download fetched, and the seconds it took."""

    bytes: int = 0
    seconds: float = 0.0

    def __add__(self, more: FetchedBytes) -> FetchedBytes:
        return FetchedBytes(self.bytes + more.bytes, self.seconds + more.seconds)

    def __sub__(self, less: FetchedBytes) -> FetchedBytes:
        return FetchedBytes(self.bytes - less.bytes, self.seconds - less.seconds)


@dataclass(frozen=True)
class SharedQueue:
    """Name this worker among those that share its queue. Without a heartbeat for `dead_after`, a worker is dead."""

    worker_id: str
    dead_after: timedelta


class ResourceMonitor:
    """Hold the latest measurements. The heartbeat reads them without waiting."""

    def __init__(
        self,
        tools: DownloadContext,
        wake_heartbeat: Callable[[], None],
        every_s: float,
        shared: SharedQueue | None = None,
    ) -> None:
        """Create a monitor. `shared` is None for the only worker of a database."""
        self._tools = tools
        self._shared = shared
        self._folders: tuple[SeenFolder, ...] = ()
        self._wake_heartbeat = wake_heartbeat
        self._every_s = every_s
        self._lock = threading.Lock()
        self._volume = DiskRoom()
        self._is_full = False
        self._unclaimed: dict[DownloadId, int] = {}
        self._wanting: set[SourceId] = set()
        self._fetched: dict[DownloadId, FetchedBytes] = {}
        self._sampled_at = time.monotonic()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="resource-monitor", daemon=True)

    def start(self) -> None:
        self._measure()
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout=5)
        self._tools.accounts.stop()
        try:
            self._sample()
        except StalkeerError as error:
            log.warning("the last rate samples are lost: %s", error)

    # --- for the heartbeat

    @property
    def volume(self) -> DiskRoom:
        with self._lock:
            return replace(self._volume, is_full=self._is_full)

    @property
    def folders(self) -> tuple[SeenFolder, ...]:
        """Return the folders that this worker sees, for the other workers and for the health page."""
        with self._lock:
            return self._folders

    @property
    def is_blind(self) -> bool:
        """Tell whether this worker cannot use a folder that every download needs."""
        with self._lock:
            return self._volume.trouble is not None

    def unclaimed_by(self, running: Running) -> int | None:
        """Return the disk space that a download still needs. Its incomplete file may already occupy the whole space."""
        with self._lock:
            return self._unclaimed.get(running.id, running.remaining)

    def ask_soon(self, sources: Iterable[SourceId]) -> None:
        """Read these accounts before their first download starts."""
        with self._lock:
            self._wanting.update(sources)
            is_wanted = bool(self._wanting)
        if is_wanted:
            self._wake.set()

    def note_fetched(self, download_id: DownloadId, size: int, seconds: float) -> None:
        with self._lock:
            self._fetched[download_id] = self._fetched.get(download_id, FetchedBytes()) + FetchedBytes(size, seconds)

    @property
    def unsampled(self) -> dict[DownloadId, int]:
        """Return the fetched bytes that are in no sample yet. Quotas include them."""
        with self._lock:
            return {download_id: fetched.bytes for download_id, fetched in self._fetched.items()}

    def note_disk_full(self) -> None:
        """Note a full disk. Nothing starts until twice the minimum free space is free."""
        with self._lock:
            self._is_full = True

    # --- its own thread

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(min(self._every_s, IN_TROUBLE_S) if self._is_in_trouble else self._every_s)
            self._wake.clear()
            if self._stop.is_set():
                return
            for look in (self._ask_accounts, self._measure, self._sweep, self._sample_in_time, self._end_commands):
                try:
                    look()
                except StalkeerError as error:
                    log.warning("resource monitor: %s", error)
                except Exception:
                    log.exception("resource-monitor")

    @property
    def _is_in_trouble(self) -> bool:
        with self._lock:
            return self._is_full or self._volume.trouble is not None

    def _measure(self) -> None:
        settings = self._tools.settings()
        floor = settings.downloads.min_free
        with self._tools.database.connect() as connection:
            folders = self._look_at_folders(connection)
            trouble = next((folder.problem for folder in folders if folder.problem), None)
            volume = measure_volume(connection, settings) if trouble is None else DiskRoom(trouble=trouble)
            parts = running_parts(connection)
        claims = {part.download_id: unclaimed(Path(part.path), part.total) for part in parts}
        self._tell(volume.trouble)
        with self._lock:
            self._volume = volume
            self._folders = folders
            self._unclaimed = claims
            if self._is_full and volume.room is not None and volume.room >= floor:
                self._is_full = False

    def _look_at_folders(self, connection: Transaction) -> tuple[SeenFolder, ...]:
        if self._shared is None:
            return ()
        now = database_now(connection, self._tools.clock())
        since = now - self._shared.dead_after
        return look_at_folders(connection, self._tools.settings(), self._shared.worker_id, since)

    def _tell(self, trouble: str | None) -> None:
        """Log that this worker stops to take downloads, or takes them again."""
        if self._shared is None or trouble == self._volume.trouble:
            return
        if trouble is None:
            log.info("this worker sees all folders and takes downloads again")
        else:
            log.warning("this worker takes no downloads. %s", trouble)

    def _ask_accounts(self) -> None:
        """Read the accounts in use every 30 s, and accounts that are needed next."""
        with self._lock:
            wanting, self._wanting = self._wanting, set()
        with self._tools.database.connect() as connection:
            now = database_now(connection, self._tools.clock())
            in_use = sources_in_use(connection)
            ready = [source_id for source_id in in_use if is_settled(connection, source_id, now - SETTLING)]
            due = questions_due(connection, {*ready, *wanting}, now, ASK_EVERY)
        for source_id in due:
            self._tools.accounts.ask_beside(source_id, self._wake_heartbeat)
        if wanting - due:  # somebody has asked them meanwhile
            self._wake_heartbeat()

    def _sweep(self) -> None:
        sweep(self._tools.database)

    def _end_commands(self) -> None:
        end_runs_of_killed_commands(self._tools.database, self._tools.clock())

    def _sample_in_time(self) -> None:
        has_quotas = bool(self._tools.settings().downloads.quotas)  # other workers need the samples soon
        if has_quotas or time.monotonic() - self._sampled_at >= SAMPLE_S:
            self._sample()

    def _sample(self) -> None:
        self._sampled_at = time.monotonic()
        with self._lock:
            fetched = dict(self._fetched)
        if not fetched:
            return
        with self._tools.database.begin() as connection:
            of = source_of(connection, list(fetched))
            samples = [
                RateSample(of[download_id], download_id, part.bytes, part.seconds)
                for download_id, part in fetched.items()
                if download_id in of
            ]
            add_samples(connection, samples, self._tools.clock())
        with self._lock:  # not earlier: quotas must count these bytes at every moment
            left = {
                download_id: total - fetched.get(download_id, FetchedBytes())
                for download_id, total in self._fetched.items()
            }
            self._fetched = {download_id: part for download_id, part in left.items() if part.bytes}
