"""`stalkeer backup`: database and configuration in a zip, the key of stored credentials beside it."""

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
    list_: bool = typer.Option(False, "--list", help="List the backups instead."),
) -> None:
    """Make a backup now; it works beside a running program.

    Examples: stalkeer backup | stalkeer backup --list
    """
    program = context_app(context)
    place = program.backup_place
    if list_:
        found = list_backups(place)
        emit(context, {"backups": [one.to_document() for one in found]}, lambda console: _show(console, found))
        return
    made = make_backup(program.database, place, program.clock())
    document = {**made.to_document(), "path": place.backups / made.name}
    emit(
        context,
        document,
        lambda console: console.print(f"{place.backups / made.name} ({made.size / 1e6:.1f} MB)", soft_wrap=True),
    )


def _show(console: Console, found: list[Backup]) -> None:
    table = Table("Backup", "Made", "Size", "Key beside it")
    for one in found:
        table.add_row(
            one.name, f"{one.made_at:%Y-%m-%d %H:%M}", f"{one.size / 1e6:.1f} MB", "yes" if one.has_key else "no"
        )
    console.print(table if found else "There is no backup yet. Make one: stalkeer backup")
