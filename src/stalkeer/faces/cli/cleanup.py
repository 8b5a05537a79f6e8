"""Remove old data by the `retention` settings: `stalkeer cleanup`."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from stalkeer.faces.cli.output import ExitCode, context_app, emit, fail_with
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.system.cleanup import CleanupReport, clean_up, plan_cleanup

app = typer.Typer(help="Remove old downloads, history, logs and archives.")


@app.command()
def cleanup(
    context: typer.Context,
    dry_run: bool = typer.Option(False, "--dry-run", help="Show what would be removed; remove nothing."),
) -> None:
    """Remove old downloads, history, jobs, logs, playlist copies, backups and incomplete files, by `retention`.

    Example: stalkeer cleanup --dry-run
    """
    program = context_app(context)
    subject = (program.database, program.settings, program.cleanup_place, program.clock())
    report = plan_cleanup(*subject).report() if dry_run else clean_up(*subject, QuietRun())
    emit(context, {"dryRun": dry_run, **report.to_document()}, lambda console: _show(console, report, dry_run))
    if report.is_partial:
        fail_with(ExitCode.PARTLY)


def _show(console: Console, report: CleanupReport, dry_run: bool) -> None:
    if not report.removed:
        console.print("Nothing is old enough to remove.")
        return
    table = Table("Type", "To remove" if dry_run else "Removed")
    for kind, count in report.removed.items():
        table.add_row(kind, str(count))
    console.print(table)
    if report.freed:
        console.print(f"{report.freed / 1e6:.1f} MB of files")
    for problem in report.failed:
        console.print(problem, style="red")
