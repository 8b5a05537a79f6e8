"""Queue and cancel runs of jobs, as a person asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from stalkeer.store.db.database import Database
from stalkeer.store.journal import runs
from stalkeer.store.journal.runs import RunId, RunRow


def queue_run(
    database: Database, now: datetime, job: str, subject: str | None = None, options: Mapping[str, object] | None = None
) -> RunRow:
    """Queue a job for a worker; answer a run that waits or runs for the same subject instead."""
    with database.begin() as connection:
        return runs.get_run(connection, runs.queue_run(connection, now, job, subject, options or {}))


def cancel_run(database: Database, now: datetime, run_id: RunId) -> RunRow:
    """Ask a run to stop at its next step. Raise NotFound for an unknown one."""
    with database.begin() as connection:
        runs.request_cancel(connection, run_id, now)
        return runs.get_run(connection, run_id)
