"""Launch, use and stop the engine."""

from __future__ import annotations

import logging
import os
import queue
import random
import socket
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from importlib.metadata import version

from stalkeer.adapters.transfers.memory import share_pools
from stalkeer.engine.follow_ups import EngineStep, Trigger, steps_after
from stalkeer.engine.heartbeat import BeatResult, Heartbeat
from stalkeer.engine.intervals import DEFAULT_INTERVALS, Intervals
from stalkeer.engine.lock import FolderLock
from stalkeer.engine.loops import Looks, make_loops
from stalkeer.engine.program import EngineClients, Program
from stalkeer.engine.resource_monitor import ResourceMonitor, SharedQueue
from stalkeer.engine.schedules import cron_times, local_timezone, previous_time
from stalkeer.engine.table import JobTable
from stalkeer.engine.worker import Worker
from stalkeer.engine.workflows import Dispatch, EngineDatabase, Handlers
from stalkeer.errors import Conflict, StalkeerError, StoreError
from stalkeer.jobs.downloads.context import DownloadContext
from stalkeer.jobs.hooks.run import HookRunner
from stalkeer.jobs.media.refresh import MediaContext, server_of, tell_media_server
from stalkeer.jobs.native.folders import make_native_folders
from stalkeer.jobs.native.watch import GrabWatch
from stalkeer.jobs.notify.sending import NotifyTools
from stalkeer.jobs.notify.tell import tell
from stalkeer.jobs.refresh.start import RefreshOptions
from stalkeer.jobs.sources.account_status import note_viewers
from stalkeer.model import DownloadState, JobName, SourceId
from stalkeer.settings.folders import make_own_folders
from stalkeer.settings.sections.connections import MediaServerType
from stalkeer.store.db.damage import MAYBE_DAMAGE, set_aside, set_aside_if_damaged
from stalkeer.store.db.database import Transaction
from stalkeer.store.downloads.admission import RunRef
from stalkeer.store.downloads.claims import is_unclaimed, release_all
from stalkeer.store.downloads.downloads import count_by_state
from stalkeer.store.downloads.native_items import resting_downloads
from stalkeer.store.downloads.workers import WorkerRow, database_now, is_first_worker, register_worker, remove_worker
from stalkeer.store.journal.runs import (
    NO_OPTIONS,
    RunOptions,
    last_finished,
    list_runs,
    list_unfollowed,
    queue_run,
    take_back_runs,
)
from stalkeer.store.library.instances import has_unsynced_instance_of_file
from stalkeer.store.sources.sources import own_refresh_times, unread_sources_of_file

log = logging.getLogger(__name__)

TIDY_EVERY_S = 3600.0
SQLITE_WORKER = "local"  # pinned: a data folder always has the same worker
UNSETTLED = (
    DownloadState.QUEUED,
    DownloadState.DOWNLOADING,
    DownloadState.FETCHED,
    DownloadState.PLACED,
    DownloadState.IMPORTING,
)


class Engine:
    """Run downloads and jobs in this process until `stop`. `role` is serve, worker or cli."""

    def __init__(
        self,
        program: Program,
        clients: EngineClients,
        jobs: JobTable,
        *,
        role: str = "serve",
        intervals: Intervals = DEFAULT_INTERVALS,
    ) -> None:
        self._program = program
        self._jobs = jobs
        self._role = role
        self._is_shared = not program.database.is_sqlite
        self.id = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}" if self._is_shared else SQLITE_WORKER
        self._lock = FolderLock(program.paths.data_dir)
        self._results: queue.SimpleQueue[BeatResult | None] = queue.SimpleQueue()
        self._hooks = HookRunner(program.database, lambda: program.settings.hooks, program.clock, self.id)
        # `stalkeer download start --limit 3` must not queue everything because a scan has ended before it
        self._followed_worker = self.id if role == "cli" else None
        self._tools = self._download_context(clients)
        self._heartbeat: Heartbeat
        self._resources: ResourceMonitor
        self._worker = Worker(self.id, self._tools, intervals.stale_s if self._is_shared else None)
        shared = SharedQueue(self.id, intervals.dead_after) if self._is_shared else None
        self._resources = ResourceMonitor(self._tools, self._wake_heartbeat, intervals.resources_s, shared)
        self._heartbeat = Heartbeat(
            self._worker, self._identity(), self._tools, self._resources, self._results.put, intervals
        )
        self._dead_after = intervals.dead_after
        self._watched: frozenset[SourceId] = frozenset()
        self._dispatch = Dispatch(self._engine_database(), self._handlers())
        self._dispatcher = threading.Thread(target=self._dispatch_all, name="dispatcher", daemon=True)
        every = timedelta(seconds=intervals.instance_s)
        self._watch = GrabWatch(program.database, clients.arrs, program.clock, self._wake_heartbeat, every=every)
        self._loops = make_loops(self._looks(clients), intervals)
        self._scheduled: Mapping[str, str] | None = None
        self._is_running = False

    def _download_context(self, clients: EngineClients) -> DownloadContext:
        program = self._program
        return DownloadContext(
            database=program.database,
            secrets=program.secrets,
            settings=lambda: program.settings,
            clock=program.clock,
            dice=random.random,
            accounts=clients.accounts,
            arrs=clients.arrs,
            access=clients.access,
            movie_address=clients.movie_address,
            disk_full=lambda: self._resources.note_disk_full(),
            note_fetched=lambda download_id, size, seconds: self._resources.note_fetched(download_id, size, seconds),
            wake=self._wake_all,
            hooks=self._hooks,
        )

    def _looks(self, clients: EngineClients) -> Looks:
        program, watch_folders = self._program, clients.watch_folders
        notifier = NotifyTools(program.database, program.secrets, program.clock, lambda at: at.astimezone())

        media = MediaContext(program.database, lambda: program.settings.media_server, program.clock)

        def look_at_watch_folders() -> bool:
            return watch_folders is not None and watch_folders(self._wake_heartbeat, lambda: not self._is_running)

        return Looks(
            viewers=self._look_at_viewers,
            settings=self._look_at_settings,
            grabs=self._look_at_grabs,
            notify=lambda: tell(notifier),
            watch_folders=look_at_watch_folders,
            hooks=self._hooks.run_following,
            media=lambda: tell_media_server(media),
        )

    # --- life

    def launch(self) -> None:
        """Start to work. Raises Conflict where another process already uses this data folder."""
        share_pools()
        make_own_folders(self._program.live.loaded)
        self._tools.database.open_ahead()
        if not self._is_shared and not self._lock.acquire():
            raise Conflict(
                f"Another Stalkeer already uses {self._program.paths.data_dir}: stop it, or use another data folder."
            )
        try:
            with self._tools.database.begin() as connection:
                now = database_now(connection, self._tools.clock())
                if not self._is_shared:
                    freed = release_all(connection, now)
                    take_back_runs(connection, self.id, now)
                    if freed:
                        log.info("%d downloads were interrupted and go on", freed)
                register_worker(connection, replace(self._identity(), started_at=now, heartbeat=now))
            self._launch_dispatch()
            self._set_schedules()
        except BaseException:
            self._lock.release()
            raise
        self._is_running = True
        self._resources.start()
        self._dispatcher.start()
        self._heartbeat.start()
        self._loops.start(of_serve=self._role != "worker" or not self._is_shared)
        self._follow(Trigger.STARTED)

    def _launch_dispatch(self) -> None:
        """Start DBOS. Set its file aside where DBOS cannot use it: Stalkeer's own tables hold the open work."""
        if self._is_shared:
            self._dispatch.launch()
            return
        path, now = self._program.paths.engine_database, self._tools.clock()
        if path.is_symlink() and not path.exists():
            set_aside(path, now)
        set_aside_if_damaged(path, now)
        try:
            self._dispatch.launch()
        except MAYBE_DAMAGE as error:
            log.warning("the job engine cannot use %s and gets a new file: %s", path, error)
            self._dispatch.destroy()
            set_aside(path, now)
            self._dispatch = Dispatch(self._engine_database(), self._handlers())
            self._dispatch.launch()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Stop: write the offsets and put rows back into the queue. Return False where a thread did not stop in time.

        The process should then end without waiting for its threads (`os._exit`): their work is repeatable.
        """
        if not self._is_running:
            return True
        self._is_running = False
        self._heartbeat.stop_admitting()
        self._loops.stop_looks()
        self._hooks.stop()
        is_quiet = self._worker.stop(timeout_s)
        self._loops.hooks.stop()
        is_quiet = self._jobs.stop(1.0) and is_quiet
        self._heartbeat.stop()
        self._resources.stop()
        self._loops.viewers.stop()
        self._results.put(None)
        self._dispatcher.join(timeout=2)
        self._leave()
        self._dispatch.destroy()
        self._lock.release()
        return is_quiet

    def _leave(self) -> None:
        try:
            with self._tools.database.begin() as connection:
                if not self._is_shared:
                    release_all(connection, self._tools.clock())
                remove_worker(connection, self.id)
        except StoreError as error:
            log.warning("the worker could not be marked as stopped: %s", error)

    def wake(self) -> None:
        """Check the queue now instead of within two seconds."""
        self._wake_all()

    def note_reported_import(self, nzo_id: str) -> None:
        """Ask an instance soon about a grab whose import it has reported without the path of the file."""
        self._watch.note_reported(nzo_id)
        self._loops.grabs.wake()

    def _wake_heartbeat(self) -> None:
        self._heartbeat.wake()

    def _wake_all(self) -> None:
        self._heartbeat.wake()
        self._loops.wake()

    # --- jobs

    def start(self, job: str, subject: str | None = None, options: RunOptions = NO_OPTIONS) -> int:
        """Queue a job and return its run id, or the id of a run that waits for the same subject."""
        self._jobs.check(job)
        with self._tools.database.begin() as connection:
            run_id = queue_run(connection, self._tools.clock(), job, subject, options)
        self._heartbeat.wake()
        return run_id

    def wait_idle(self, timeout_s: float = 600.0, poll_s: float = 0.2) -> bool:
        """Wait until no run is open and no download can proceed without the user. Return False after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while not self._is_idle():
            if time.monotonic() >= deadline:
                return False
            time.sleep(poll_s)
        return True

    def _is_idle(self) -> bool:
        with self._tools.database.connect() as connection:
            open_runs = list_runs(connection, open_only=True, limit=1)
            states = count_by_state(connection).by_state
            unsettled = sum(states.get(state, 0) for state in UNSETTLED) - resting_downloads(connection)
            unfollowed = list_unfollowed(connection, self._followed_worker)
        is_done = not open_runs and not unfollowed and not unsettled
        return is_done and self._worker.is_idle and not self._hooks.is_due()

    # --- parts

    def _look_at_viewers(self) -> None:
        server = self._program.settings.media_server
        if server.type is MediaServerType.NONE:
            return
        if not self._is_first_worker():  # other workers read its results from the database
            return
        watched = note_viewers(self._tools.database, self._tools.secrets, server_of(server), self._tools.clock)
        if watched - self._watched:
            self._heartbeat.wake()
        self._watched = watched

    def _is_first_worker(self) -> bool:
        with self._tools.database.connect() as connection:
            now = database_now(connection, self._tools.clock())
            return is_first_worker(connection, self.id, now, self._dead_after)

    def _identity(self) -> WorkerRow:
        now = self._program.clock()
        return WorkerRow(self.id, socket.gethostname(), os.getpid(), self._role, now, now, version("stalkeer"))

    def _engine_database(self) -> EngineDatabase:
        if not self._is_shared:
            return EngineDatabase(self.id, file=self._program.paths.engine_database)
        url = self._program.database.engine.url.set(drivername="postgresql")
        return EngineDatabase(self.id, url=url.render_as_string(hide_password=False))

    def _handlers(self) -> Handlers:
        return Handlers(
            transfer=self._transfer,
            finish=self._worker.finish,
            job=lambda run_id: self._jobs.carry_out(run_id, self.id, self._heartbeat.wake),
            tick=self._tick,
        )

    def _transfer(self, order: RunRef) -> None:
        """Carry out a run, or leave it to a worker that sees the folders: any worker gets what others admitted."""
        if not self._is_shared or not self._resources.is_blind:
            self._worker.transfer(order)
            return
        with self._tools.database.connect() as connection:
            if is_unclaimed(connection, order):
                self._results.put(BeatResult(passed_on=[order]))

    def _look_at_grabs(self) -> bool:
        """Follow the grabs.

        Also create the folders that instances look for, which may be missing after a start or a change.
        """
        make_native_folders(self._tools.database, self._tools.settings())
        return self._watch.look()

    def _look_at_settings(self) -> None:
        self._program.reread_settings()
        self._follow(Trigger.SETTINGS)

    def _follow(self, change: Trigger) -> None:
        steps = {EngineStep.SCHEDULE: self._set_schedules, EngineStep.CATCH_UP: self._catch_up}
        for step in steps_after(change):
            steps[step]()

    def _set_schedules(self) -> None:
        """Pass changed cron lines to the dispatch. Of several processes, only `serve` does this."""
        if self._is_shared and self._role != "serve":
            return
        times = self._cron_times()
        if times != self._scheduled:
            self._dispatch.schedule(times, local_timezone())
            self._scheduled = times

    def _cron_times(self) -> dict[str, str]:
        with self._tools.database.connect() as connection:
            return cron_times(self._program.settings, own_refresh_times(connection))

    def _tick(self, schedule: str) -> None:
        """Start the job of a schedule. `refresh:main` names the job and its subject."""
        job, _, subject = schedule.partition(":")
        if not self._jobs.may_start(job):
            return
        options = RefreshOptions(without_own_times=True).to_run() if schedule == JobName.REFRESH else NO_OPTIONS
        try:
            self.start(job, subject or None, options)
        except StalkeerError as error:
            log.warning("the schedule of %s: %s", schedule, error)

    def _catch_up(self) -> None:
        """Start each job once whose time passed while the program was stopped.

        A job that never ran waits for its time, except where the configuration file names something new: whoever
        writes a file and starts the program expects it to read those playlists and ask those instances.
        """
        now = self._program.clock()
        for schedule, cron in self._cron_times().items():
            job, _, subject = schedule.partition(":")
            with self._tools.database.connect() as connection:
                last = last_finished(connection, job, subject or None)
                is_new = _is_new_in_file(connection, schedule)
            if cron and (is_new or (last is not None and last < previous_time(cron, now))):
                self._tick(schedule)

    def _dispatch_all(self) -> None:
        """Dispatch the decisions of each heartbeat. A slow or missing engine database blocks only this thread."""
        tidied_at = -TIDY_EVERY_S
        while (result := self._results.get()) is not None:
            try:
                if time.monotonic() - tidied_at > TIDY_EVERY_S:
                    tidied_at = time.monotonic()
                    self._dispatch.forget_finished()
                for order in result.transfers:
                    self._dispatch.transfer(order)
                for order in result.passed_on:
                    self._dispatch.pass_on(order)
                for order in result.finishes:
                    self._dispatch.finish(order)
                for run in result.runs:
                    self._dispatch.job(run)
                if self._jobs.follow_ended(self._followed_worker):
                    self._heartbeat.wake()
            except Exception:
                log.exception(
                    "dispatch failed; admitted downloads that have not begun return to the queue after a while"
                )


def _is_new_in_file(connection: Transaction, schedule: str) -> bool:
    """Tell whether a schedule is about a playlist or an instance of the configuration file that was never asked."""
    job, _, subject = schedule.partition(":")
    if job == JobName.REFRESH:
        unread = unread_sources_of_file(connection)
        return subject in unread if subject else bool(unread - own_refresh_times(connection).keys())
    return job == JobName.SCAN and has_unsynced_instance_of_file(connection)
