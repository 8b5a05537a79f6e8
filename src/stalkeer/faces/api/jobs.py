"""Serve /jobs: runs of refresh, scan, match, download, cleanup and backup, and their schedules."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field, StrictBool

from stalkeer.engine.schedules import job_named, next_times
from stalkeer.faces.api.deps import CurrentApp, start_run
from stalkeer.faces.http.ids import RowId
from stalkeer.faces.http.models import ApiModel, RunAccepted
from stalkeer.faces.http.paging import PageOf, PageParams, encode_cursor, last_id, page_of_all
from stalkeer.jobs.journal.runs import cancel_run
from stalkeer.jobs.system.job_subject import check_subject
from stalkeer.store.journal.runs import RunId, RunOptions, RunRow, RunState, count_runs, get_run, list_runs
from stalkeer.store.sources.sources import own_refresh_times

router = APIRouter(tags=["jobs"])


class RunView(ApiModel):
    id: int
    job: str
    subject: str | None
    state: RunState
    progress: dict[str, Any] | None
    report: dict[str, Any] | None = Field(description="The result; its fields depend on the job.")
    error: str | None
    cancel_requested: StrictBool
    started_at: datetime
    heartbeat: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, row: RunRow) -> RunView:
        return cls(
            id=row.id,
            job=row.job,
            subject=row.subject,
            state=row.state,
            progress=None if row.progress is None else dict(row.progress),
            report=None if row.report is None else dict(row.report),
            error=row.error,
            cancel_requested=row.cancel_requested,
            started_at=row.started_at,
            heartbeat=row.heartbeat,
            finished_at=row.finished_at,
        )


class JobOptions(ApiModel):
    """Hold the options of a run. A job ignores those of other jobs."""

    accept: StrictBool = Field(False, description="refresh: accept a list that is on hold because it is much smaller.")
    anew: StrictBool = Field(False, description="refresh: read every entry, even of an unchanged list.")
    limit: int | None = Field(None, ge=1, le=100_000, description="download: queue at most this many.")

    def to_run(self) -> RunOptions:
        return RunOptions(accept=self.accept, anew=self.anew, limit=self.limit)


class StartJob(ApiModel):
    job: str = Field(max_length=50, description="refresh, scan, match, download, cleanup or backup.")
    subject: str | None = Field(None, max_length=100, description="A source for refresh, an instance for scan.")
    options: JobOptions = JobOptions()


class ScheduleView(ApiModel):
    job: str
    cron: str
    next_at: datetime | None = Field(description="Null: never.")


@router.get("/jobs")
def list_jobs(
    app: CurrentApp,
    page: PageParams,
    job: Annotated[str | None, Query(description="Only runs of this job.")] = None,
    open_only: Annotated[bool, Query(alias="open", description="Only queued and running jobs.")] = False,
) -> PageOf[RunView]:
    """List runs, newest first."""
    before = last_id(page)
    with app.database.connect() as connection:
        rows = list_runs(
            connection, job=job, open_only=open_only, before=before, limit=page.size + 1, offset=page.offset
        )
        total = count_runs(connection, job=job, open_only=open_only)
    more, rows = len(rows) > page.size, rows[: page.size]
    return PageOf[RunView](
        records=[RunView.of(row) for row in rows],
        page=None if page.after is not None else page.page,
        page_size=page.size,
        total_records=total,
        next_cursor=encode_cursor((rows[-1].id,)) if more else None,
    )


@router.post("/jobs", status_code=202)
def start_job(app: CurrentApp, wish: StartJob) -> RunAccepted:
    """Start a job. If a run with the same subject already waits, it is returned instead."""
    job = job_named(wish.job)
    check_subject(app.database, app.matching, job, wish.subject)
    return start_run(app, job, wish.subject, wish.options.to_run())


@router.get("/jobs/{run_id}")
def get_job(app: CurrentApp, run_id: RowId) -> RunView:
    """Show a run of a job: state, progress, report."""
    with app.database.connect() as connection:
        return RunView.of(get_run(connection, RunId(run_id)))


@router.post("/jobs/{run_id}/cancel", status_code=202)
def cancel_job(app: CurrentApp, run_id: RowId) -> RunView:
    """Ask a run to stop. It stops at its next step."""
    return RunView.of(cancel_run(app.database, app.clock(), RunId(run_id)))


@router.get("/schedules")
def list_schedules(app: CurrentApp, page: PageParams) -> PageOf[ScheduleView]:
    """List the next automatic starts of jobs."""
    with app.database.connect() as connection:
        own = own_refresh_times(connection)
    times = next_times(app.settings, app.clock(), own)
    return page_of_all([ScheduleView(job=time.job, cron=time.cron, next_at=time.at) for time in times], page)
