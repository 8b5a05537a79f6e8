"""`stalkeer scan`: ask Radarr and Sonarr what is missing and match it with the sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stalkeer.faces.cli.output import ExitCode, context_app, emit, fail_with

if TYPE_CHECKING:
    from stalkeer.jobs.library.scan import ScanReport

SHOWN_SERIES = 15
app = typer.Typer(no_args_is_help=True, help="Ask Radarr and Sonarr what is missing.")


@app.callback()
def main() -> None:
    """Ask Radarr and Sonarr what is missing."""


@app.command()
def missing(
    context: typer.Context,
    instance: str | None = typer.Option(None, "--instance", "-i", metavar="NAME", help="Only this Radarr or Sonarr."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Show what would be found; keep nothing."),
) -> None:
    """Read what every instance misses and match it with the sources. Nothing is downloaded.

    Example: stalkeer scan missing --dry-run
    """
    from stalkeer.jobs.journal.reporting import QuietRun, record_run
    from stalkeer.jobs.library.scan import rehearse_scan, scan

    parts = context_app(context)
    if dry_run:
        report = rehearse_scan(parts.scanner, QuietRun(), instance)
    else:
        report = record_run(
            parts.database, parts.clock, "scan", instance, lambda run: scan(parts.scanner, run, instance)
        )
    emit(context, report.to_document(), lambda console: _render(console, report))
    if report.has_failed:
        fail_with(ExitCode.UNREACHABLE)
    if report.is_partial:
        fail_with(ExitCode.PARTLY)


def _render(console: Console, report: ScanReport) -> None:
    if not report.instances:
        console.print("No Radarr or Sonarr is configured yet. Add one: stalkeer arr add radarr URL --api-key KEY")
        return
    table = Table("Instance", "Library", "Wanted", "Confirmed", "Review", "Nothing", "Held back")
    for scan in report.instances:
        sync, found = scan.sync, scan.found
        numbers = (sync.library, sync.wanted, found.confirmed, found.review, found.nothing)
        held_back = sum(scan.skipped.values())
        table.add_row(sync.slug, *(str(number) for number in (*numbers, held_back)))
    console.print(table)
    for scan in report.instances:
        for rule, number in scan.skipped.items():
            console.print(f"{scan.sync.slug}: {number} held back: {rule}", style="dim", markup=False)
        for note in scan.sync.notes:
            console.print(note, style="yellow", markup=False, soft_wrap=True)
        if scan.sync.error:
            console.print(scan.sync.error, style="red", markup=False, soft_wrap=True)
    _render_series(console, report)
    if report.recovered:
        console.print(f"{report.recovered} given up before, found in the library and completed.", style="dim")
    if report.handed_back:
        console.print(f"{report.handed_back} handed back: their instance searches its own indexers.", style="dim")
    if report.is_dry_run:
        console.print("Dry run: nothing of this was kept.", style="dim")


def _render_series(console: Console, report: ScanReport) -> None:
    """The series that miss most."""
    rows = [(scan.sync.slug, series) for scan in report.instances for series in scan.series]
    if not rows:
        return
    rows.sort(key=lambda row: -row[1].missing)
    table = Table("Series", "Seasons", "Episodes", "Confirmed", "Review", "Held back", "Instance")
    for slug, series in rows[:SHOWN_SERIES]:
        numbers = (series.missing, series.confirmed, series.review, series.skipped)
        seasons = ", ".join(map(str, series.seasons))
        table.add_row(escape(series.title), seasons, *(str(number) for number in numbers), slug)
    if len(rows) > SHOWN_SERIES:
        table.caption = f"{len(rows) - SHOWN_SERIES} more; --json has them"
    console.print(table)
