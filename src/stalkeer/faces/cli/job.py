"""List, start and cancel jobs: `stalkeer job`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from stalkeer.faces.cli.output import context_app, emit

if TYPE_CHECKING:
    from stalkeer.store.journal.runs import RunRow

app = typer.Typer(no_args_is_help=True, help="List, start and cancel jobs.")


@app.command("list")
def list_(
    context: typer.Context,
    job: str | None = typer.Option(None, help="Only runs of this job."),
    open_only: bool = typer.Option(False, "--open", help="Only queued and running jobs."),
    limit: int = typer.Option(20, min=1, max=500, help="Maximum number of results."),
) -> None:
    """List the runs of jobs, newest first.

    Example: stalkeer job list --open
    """
    from stalkeer.jobs.journal.reporting import end_runs_of_killed_commands
    from stalkeer.store.journal.runs import list_runs

    parts = context_app(context)
    end_runs_of_killed_commands(parts.database, parts.clock())
    with parts.database.connect() as connection:
        rows = list_runs(connection, job=job, open_only=open_only, limit=limit)
    emit(context, {"runs": [_document(row) for row in rows]}, lambda console: _render(console, rows))


@app.command()
def start(
    context: typer.Context,
    job: str = typer.Argument(help="refresh, scan, match, download, offers, cleanup or backup."),
    subject: str | None = typer.Argument(None, help="Source for refresh, instance for scan."),
) -> None:
    """Start a job in the running `serve` or worker.

    Example: stalkeer job start refresh main
    """
    from stalkeer.engine.schedules import job_named
    from stalkeer.jobs.journal.runs import queue_run
    from stalkeer.jobs.system.job_subject import check_subject

    named = job_named(job)
    parts = context_app(context)
    check_subject(parts.database, parts.matching, named, subject)
    row = queue_run(parts.database, parts.clock(), named, subject)
    emit(context, _document(row), lambda console: console.print(f"Run {row.id} of {row.job} is {row.state.value}."))


@app.command()
def cancel(context: typer.Context, run: int = typer.Argument(help="Number of the run.")) -> None:
    """Cancel a run. It stops at its next step.

    Example: stalkeer job cancel 7
    """
    from stalkeer.jobs.journal.runs import cancel_run
    from stalkeer.store.journal.runs import RunId

    parts = context_app(context)
    row = cancel_run(parts.database, parts.clock(), RunId(run))
    emit(context, _document(row), lambda console: console.print(f"Run {row.id} of {row.job} will stop."))


@app.command()
def show(context: typer.Context, run: int = typer.Argument(help="Number of the run.")) -> None:
    """Show a run with its report.

    Example: stalkeer job show 7 --json
    """
    from stalkeer.store.journal.runs import RunId, get_run

    with context_app(context).database.connect() as connection:
        document = _document(get_run(connection, RunId(run)))
    emit(context, document, lambda console: _render_one(console, document))


def _document(row: RunRow) -> dict[str, object]:
    return {
        "id": row.id,
        "job": row.job,
        "subject": row.subject,
        "state": row.state.value,
        "progress": None if row.progress is None else dict(row.progress),
        "report": None if row.report is None else dict(row.report),
        "error": row.error,
        "startedAt": row.started_at,
        "finishedAt": row.finished_at,
    }


def _render(console: Console, rows: list[RunRow]) -> None:
    table = Table("Run", "Job", "Subject", "State", "Started", "Seconds", "Remark", box=None)
    for row in rows:
        seconds = (row.finished_at - row.started_at).total_seconds() if row.finished_at else None
        progress = row.progress or {}
        remark = row.error or str(progress.get("message") or "")
        started = row.started_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        shown = "" if seconds is None else f"{seconds:.1f}"
        table.add_row(str(row.id), row.job, row.subject or "", row.state.value, started, shown, remark)
    console.print(table if rows else "No jobs have run yet.")


def _render_one(console: Console, document: dict[str, object]) -> None:
    table = Table(box=None, show_header=False)
    for name, value in document.items():
        if value is not None:
            table.add_row(name, str(value))
    console.print(table)
