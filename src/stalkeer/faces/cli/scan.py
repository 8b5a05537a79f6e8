"""Read missing items from Radarr and Sonarr and match them: `stalkeer scan`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stalkeer.faces.cli.output import ExitCode, context_app, emit, fail_with

if TYPE_CHECKING:
    from stalkeer.jobs.wanted.scan import ScanReport

SHOWN_SERIES = 15
app = typer.Typer(no_args_is_help=True, help="Find missing items in Radarr and Sonarr.")


@app.callback()
def main() -> None:
    """Find missing items in Radarr and Sonarr."""


@app.command()
def missing(
    context: typer.Context,
    instance: str | None = typer.Option(None, "--instance", "-i", metavar="NAME", help="Only this Radarr or Sonarr."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Show what would be found; save nothing."),
) -> None:
    """Read the missing items of all instances and match them with the sources. Nothing is downloaded.

    Example: stalkeer scan missing --dry-run
    """
    from stalkeer.jobs.journal.reporting import QuietRun, record_run
    from stalkeer.jobs.wanted.scan import rehearse_scan, scan

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
        console.print("No instances. Add one: stalkeer arr add radarr URL --api-key KEY")
        return
    table = Table("Instance", "Library", "Wanted", "Confirmed", "Review", "Not found", "Skipped")
    for scan in report.instances:
        sync, found = scan.sync, scan.found
        numbers = (sync.library, sync.wanted, found.confirmed, found.review, found.nothing)
        skipped = sum(scan.skipped.values())
        table.add_row(sync.slug, *(str(number) for number in (*numbers, skipped)))
    console.print(table)
    for scan in report.instances:
        for rule, number in scan.skipped.items():
            console.print(f"{scan.sync.slug}: {number} skipped: {rule}", style="dim", markup=False)
        for note in scan.sync.notes:
            console.print(note, style="yellow", markup=False, soft_wrap=True)
        if scan.sync.error:
            console.print(scan.sync.error, style="red", markup=False, soft_wrap=True)
    _render_series(console, report)
    if report.recovered:
        console.print(f"{report.recovered} failed downloads were found in the library and completed.", style="dim")
    if report.handed_back:
        console.print(f"{report.handed_back} items are now searched by their instance on its indexers.", style="dim")
    if report.is_dry_run:
        console.print("Dry run: nothing was saved.", style="dim")


def _render_series(console: Console, report: ScanReport) -> None:
    """Print the series with the most missing episodes."""
    rows = [(scan.sync.slug, series) for scan in report.instances for series in scan.series]
    if not rows:
        return
    rows.sort(key=lambda row: -row[1].missing)
    table = Table("Series", "Seasons", "Episodes", "Confirmed", "Review", "Skipped", "Instance")
    for slug, series in rows[:SHOWN_SERIES]:
        numbers = (series.missing, series.confirmed, series.review, series.skipped)
        seasons = ", ".join(map(str, series.seasons))
        table.add_row(escape(series.title), seasons, *(str(number) for number in numbers), slug)
    if len(rows) > SHOWN_SERIES:
        table.caption = f"{len(rows) - SHOWN_SERIES} more; use --json to list all"
    console.print(table)
