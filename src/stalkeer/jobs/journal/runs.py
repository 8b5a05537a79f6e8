"""Queue and cancel runs on a user's request."""

from __future__ import annotations

from datetime import datetime

from stalkeer.store.db.database import Database
from stalkeer.store.journal import runs
from stalkeer.store.journal.runs import NO_OPTIONS, RunId, RunOptions, RunRow


def queue_run(
    database: Database, now: datetime, job: str, subject: str | None = None, options: RunOptions = NO_OPTIONS
) -> RunRow:
    """Queue a job for a worker. Return a waiting or running run of the same subject instead, if there is any."""
    with database.begin() as connection:
        return runs.get_run(connection, runs.queue_run(connection, now, job, subject, options))


def cancel_run(database: Database, now: datetime, run_id: RunId) -> RunRow:
    """Ask a run to stop at its next step. Raises NotFound for an unknown run."""
    with database.begin() as connection:
        runs.request_cancel(connection, run_id, now)
        return runs.get_run(connection, run_id)
