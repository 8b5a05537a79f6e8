"""Look after files that turned out wrong and were set aside: `stalkeer quarantine`."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from stalkeer.faces.cli.output import context_app, emit

app = typer.Typer(no_args_is_help=True, help="List, accept and delete files that were set aside as wrong.")

FILE = typer.Argument(help="ID of the quarantined file.")


@app.command("list")
def list_(
    context: typer.Context, limit: int = typer.Option(100, min=1, max=1000, help="Maximum number of results.")
) -> None:
    """List the quarantined files, the newest first, and why they were set aside.

    Example: stalkeer quarantine list
    """
    from stalkeer.store.downloads.quarantine import list_set_aside, measure_set_aside

    with context_app(context).database.connect() as connection:
        files = list_set_aside(connection, limit=limit)
        amount = measure_set_aside(connection)
    rows = [
        {
            "id": file.id,
            "title": file.title,
            "name": file.name,
            "reason": file.reason,
            "size": file.size,
            "path": str(file.path),
            "source": file.source,
            "setAsideAt": file.set_aside_at,
        }
        for file in files
    ]

    def render(console: Console) -> None:
        table = Table("ID", "Title", "Reason", "Size", "Source", "Date")
        for file in files:
            size = f"{file.size / 1e6:,.0f} MB"
            table.add_row(str(file.id), file.title, file.reason, size, file.source, f"{file.set_aside_at:%Y-%m-%d}")
        console.print(table if files else "No files are in quarantine.")

    emit(context, {"files": rows, "total": amount.count, "totalSize": amount.size}, render)


@app.command()
def accept(context: typer.Context, file: int = FILE) -> None:
    """Import a quarantined file as it is.

    Example: stalkeer quarantine accept 3
    """
    from stalkeer.jobs.downloads.actions import accept_set_aside

    download = accept_set_aside(context_app(context).download_queue, file)
    emit(context, {"download": download}, lambda console: console.print(f"Download {download} imports the file."))


@app.command()
def delete(context: typer.Context, file: int = FILE) -> None:
    """Delete a quarantined file.

    Example: stalkeer quarantine delete 3
    """
    from stalkeer.jobs.downloads.actions import delete_set_aside

    gone = delete_set_aside(context_app(context).download_queue, file)
    emit(context, {"deleted": gone.id, "freed": gone.size}, lambda console: console.print(f"Deleted {gone.path}."))
