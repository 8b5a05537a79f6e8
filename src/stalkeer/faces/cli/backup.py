"""Make and list backups: `stalkeer backup`."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from stalkeer.faces.cli.output import context_app, emit
from stalkeer.jobs.system.backup import Backup, list_backups, make_backup

app = typer.Typer(help="Make a backup.")


@app.command()
def backup(
    context: typer.Context,
    list_: bool = typer.Option(False, "--list", help="List the backups."),
) -> None:
    """Make a backup of database and configuration. Stalkeer may be running.

    Examples: stalkeer backup | stalkeer backup --list
    """
    program = context_app(context)
    place = program.backup_place
    if list_:
        found = list_backups(place)
        emit(context, {"backups": [backup.to_document() for backup in found]}, lambda console: _show(console, found))
        return
    made = make_backup(program.database, place, program.clock())
    document = {**made.to_document(), "path": place.backups / made.name}
    emit(
        context,
        document,
        lambda console: console.print(f"{place.backups / made.name} ({made.size / 1e6:.1f} MB)", soft_wrap=True),
    )


def _show(console: Console, found: list[Backup]) -> None:
    table = Table("Backup", "Date", "Size", "Key file")
    for backup in found:
        table.add_row(
            backup.name,
            f"{backup.made_at:%Y-%m-%d %H:%M}",
            f"{backup.size / 1e6:.1f} MB",
            "yes" if backup.has_key else "no",
        )
    console.print(table if found else "No backups. Make one: stalkeer backup")
