"""Workers in processes of their own, started by fork from a clean process: what kills and freezes are aimed at."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import event

from stalkeer.engine.intervals import Intervals
from stalkeer.engine.process import work_until_signal
from stalkeer.store.db.database import Database, open_database
from tests.doubles.app import make_app
from tests.doubles.house import QUICK, QUICKLY, House, now

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.engine.processes", "dbos", "httpx2", "stalkeer.engine.engine"])


@dataclass(frozen=True)
class Spec:
    """A worker over a House's rows. `dies_at`: the number of the commit, of threads that carry downloads, at which it
    kills itself; `dies_after`: once that commit is done, else just before.
    """

    database_url: str
    data_dir: Path
    provider_url: str
    given: Mapping[str, object] = field(default_factory=dict)
    intervals: Intervals = QUICKLY
    role: str = "worker"
    dies_at: int | None = None
    dies_after: bool = False

    @classmethod
    def of(cls, house: House, **more: object) -> Spec:
        url = house.database.engine.url.render_as_string(hide_password=False)
        return cls(url, house.app.paths.data_dir, house.provider.url, **more)  # type: ignore[arg-type]


def work(spec: Spec) -> None:
    database = open_database(spec.database_url)
    if spec.dies_at is not None:
        _plant(database, spec.dies_at, after=spec.dies_after)
    app = make_app(spec.data_dir, database, now, {**QUICK, **spec.given})
    house = House(app, provider=None, radarr=None, provider_url=spec.provider_url)
    work_until_signal(house.engine(spec.role, spec.intervals))
    os._exit(0)


def _plant(database: Database, number: int, *, after: bool) -> None:
    seen = 0
    lock = threading.Lock()

    def count(_connection: object) -> None:
        nonlocal seen
        if not threading.current_thread().name.startswith(("dl-", "fin-", "grabs")):
            return
        with lock:
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)

    if not after:
        event.listen(database.engine, "commit", count)
        return

    committed = threading.local()

    @event.listens_for(database.engine, "commit")
    def note(_connection: object) -> None:
        committed.is_pending = True

    @event.listens_for(database.engine, "checkin")
    def done(_dbapi: object, _record: object) -> None:
        if getattr(committed, "is_pending", False):
            committed.is_pending = False
            count(None)


@contextmanager
def worker(spec: Spec) -> Iterator[multiprocessing.process.BaseProcess]:
    """A running worker; killed at the end where it still runs."""
    process = CONTEXT.Process(target=work, args=(spec,), daemon=True)
    process.start()
    try:
        yield process
    finally:
        if process.is_alive():
            with suppress(ProcessLookupError):  # one that was killed a moment ago may still seem to live
                os.kill(process.pid, signal.SIGCONT)
            process.kill()
        process.join(10)
        process.close()
