"""Dispatch runs to threads and processes with DBOS, across crashes, and keep the cron times.

A workflow takes ids, has no steps and always returns; Stalkeer's own rows hold the state. So a run that is delivered
twice does nothing the second time, and a new release never meets the history of an old workflow.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID

from stalkeer.store.db.database import Database, open_dispatch_database, sqlite_url
from stalkeer.store.downloads.admission import RunRef
from stalkeer.store.journal.runs import RunOrder

log = logging.getLogger(__name__)

QUEUE = "stalkeer"
SCHEDULES_S = 5.0  # delay until changed cron lines apply
POLL_S = 1.0  # delay until a worker on PostgreSQL sees the admissions of another worker
KEEP_ENDED_S = 86400.0
KEEP_OPEN_S = 14 * 86400.0  # open workflows: their workers may be stopped for days
ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
OPEN = ["PENDING", "ENQUEUED"]
SCHEMA = "stalkeer_engine"


@dataclass(frozen=True)
class Handlers:
    """Hold the function for each kind of order."""

    transfer: Callable[[RunRef], None]
    finish: Callable[[RunRef], None]
    job: Callable[[int], None]
    tick: Callable[[str], None]  # called at the time of a schedule


@dataclass(frozen=True)
class EngineDatabase:
    """Locate the tables of DBOS: in a `file`, or at a `url` that several workers share, so that any free worker takes
    an order.
    """

    executor: str
    file: Path | None = None
    url: str = ""

    @property
    def is_shared(self) -> bool:
        return self.file is None


class Dispatch:
    """Enqueue and schedule work. Only one may exist in a process, because DBOS is a singleton."""

    def __init__(self, where: EngineDatabase, handlers: Handlers) -> None:
        self._where = where
        self._handlers = handlers
        self._workflows: dict[str, Callable[..., None]] = {}
        self._process = uuid.uuid4().hex
        self._database: Database | None = None

    def launch(self) -> None:
        quieten()
        if self._where.file is not None:
            self._database = open_dispatch_database(self._where.file)
        DBOS(
            config=DBOSConfig(
                name="stalkeer",
                system_database_url=self._where.url if self._where.file is None else sqlite_url(self._where.file),
                system_database_engine=None if self._database is None else self._database.engine,
                dbos_system_schema=SCHEMA,
                executor_id=self._where.executor,
                # pinned: a new release must find the workflows of the old release
                application_version="1",
                serializer=DBOSPortableJSONSerializer(),
                use_listen_notify=False,
                enable_otlp=False,
                log_level="WARNING",
                sys_db_pool_size=5,
                scheduler_polling_interval_sec=SCHEDULES_S,
                notification_listener_polling_interval_sec=0.25,  # unused: only sets the time to stop
            )
        )
        self._register()
        # in a separate thread, because DBOS would take over or refuse a running event loop
        with ThreadPoolExecutor(max_workers=1) as apart:
            apart.submit(self._begin).result()

    def _begin(self) -> None:
        DBOS.launch()
        if self._where.is_shared:
            DBOS.register_queue(QUEUE, polling_interval_sec=POLL_S)

    def transfer(self, order: RunRef) -> None:
        self._start_anywhere("transfer", f"dl-{order.download_id}-{order.run}", order.download_id, order.run)

    def pass_on(self, order: RunRef) -> None:
        """Enqueue again what this process got and cannot do, under an id that the queue has not seen."""
        workflow_id = f"dl-{order.download_id}-{order.run}-{uuid.uuid4().hex[:8]}"
        self._start_anywhere("transfer", workflow_id, order.download_id, order.run)

    def finish(self, order: RunRef) -> None:
        self._start("finish", f"fin-{order.download_id}-{order.run}", order.download_id, order.run)

    def job(self, order: RunOrder) -> None:
        # each process may start each run again: an earlier attempt ended with its process
        self._start("job", f"job-{order.run_id}-{order.crashes}-{self._process}", order.run_id)

    def schedule(self, times: Mapping[str, str], timezone: str | None) -> None:
        """Replace all cron lines. An empty line has no schedule."""
        wanted = {f"stalkeer-{name}": (name, cron) for name, cron in times.items() if cron}
        for known in DBOS.list_schedules():
            if known["schedule_name"] not in wanted:
                DBOS.delete_schedule(known["schedule_name"])
        if wanted:
            DBOS.apply_schedules(
                [
                    {
                        "schedule_name": schedule,
                        "workflow_fn": self._workflows["tick"],
                        "schedule": cron,
                        "context": name,
                        "cron_timezone": timezone,
                    }
                    for schedule, (name, cron) in wanted.items()
                ]
            )

    def forget_finished(self) -> None:
        """Delete old workflows from the tables of DBOS, which would grow forever."""
        for status, kept_s in ((ENDED, KEEP_ENDED_S), (OPEN, KEEP_OPEN_S)):
            before = datetime.fromtimestamp(time.time() - kept_s).astimezone().isoformat()
            old = DBOS.list_workflows(status=status, end_time=before, limit=500, load_input=False, load_output=False)
            if old:
                DBOS.delete_workflows([workflow.workflow_id for workflow in old])

    def destroy(self) -> None:
        DBOS.destroy(destroy_registry=True)
        if self._database is not None:
            self._database.close()

    def _start(self, kind: str, workflow_id: str, *arguments: int) -> None:
        """Start the work in a new thread of this process, which ends with it. Threads of DBOS's pool never end."""

        def work() -> None:
            try:
                with SetWorkflowID(workflow_id):  # an id that was already started has no effect
                    self._workflows[kind](*arguments)
            except Exception:
                log.exception("the end of workflow %s could not be recorded", workflow_id)

        threading.Thread(target=work, name=workflow_id, daemon=True).start()

    def _start_anywhere(self, kind: str, workflow_id: str, *arguments: int) -> None:
        """Enqueue for any free process."""
        if not self._where.is_shared:
            self._start(kind, workflow_id, *arguments)
            return
        with SetWorkflowID(workflow_id):
            DBOS.enqueue_workflow(QUEUE, self._workflows[kind], *arguments)

    def _register(self) -> None:
        handlers = self._handlers

        def transfer(download_id: int, run: int) -> None:
            handlers.transfer(RunRef(_id(download_id), run))

        def finish(download_id: int, run: int) -> None:
            handlers.finish(RunRef(_id(download_id), run))

        def job(run_id: int) -> None:
            handlers.job(run_id)

        def tick(_at: datetime, name: Any) -> None:  # noqa: ANN401 - DBOS's own signature
            handlers.tick(str(name))

        for function in (transfer, finish, job, tick):
            self._workflows[function.__name__] = DBOS.workflow(name=function.__name__)(function)


def quieten() -> None:
    """Remove the log handler of DBOS and log only its warnings."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.propagate = True
    logger.setLevel(logging.WARNING)


def _id(value: int) -> Any:  # noqa: ANN401
    return value
