"""Look after the videos of watch folders: `stalkeer watch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from stalkeer.core.downloads.watch import WatchState
from stalkeer.faces.cli.output import context_app, emit

if TYPE_CHECKING:
    from stalkeer.store.watch.watch_files import WatchFile

app = typer.Typer(no_args_is_help=True, help="List, match and retry the videos of the watch folders.")

FILE = typer.Argument(help="ID of the file.")


@app.command("list")
def list_(
    context: typer.Context,
    state: list[WatchState] = typer.Option([], help="Only files in this state; may be repeated."),
    limit: int = typer.Option(100, min=1, max=1000, help="Maximum number of results."),
) -> None:
    """List the videos of the watch folders, the newest first, and why they wait.

    Example: stalkeer watch list --state review
    """
    from stalkeer.store.watch.watch_files import count_watch_files, list_watch_files

    with context_app(context).database.connect() as connection:
        files = list_watch_files(connection, state, limit=limit)
        counts = count_watch_files(connection)

    def render(console: Console) -> None:
        table = Table("ID", "File", "State", "Reason", "Size")
        for file in files:
            reason = "; ".join(
                filter(
                    None, (file.reason, *(f"{candidate.wanted_id}: {candidate.label}" for candidate in file.candidates))
                )
            )
            table.add_row(str(file.id), file.found.path, file.state, reason, f"{file.found.size / 1e6:,.0f} MB")
        console.print(table if files else "No videos are in the watch folders. `watch.folders` names them.")

    rows = [to_document(file) for file in files]
    emit(context, {"files": rows, "counts": {key.value: count for key, count in counts.items()}}, render)


@app.command()
def take(
    context: typer.Context,
    file: int = FILE,
    item: list[int] = typer.Option(..., help="ID of the wanted item; may be repeated for a file of several episodes."),
) -> None:
    """Import a file as a wanted item, whatever its name says.

    Example: stalkeer watch take 3 --item 12
    """
    from stalkeer.jobs.watch.actions import choose_item
    from stalkeer.model import WantedId

    chosen = choose_item(context_app(context).download_queue, file, [WantedId(wanted_id) for wanted_id in item])
    emit(context, {"taken": chosen.id}, lambda console: console.print(f"{chosen.found.path} is imported as chosen."))


@app.command()
def retry(context: typer.Context, file: int = FILE) -> None:
    """Verify and match a file again.

    Example: stalkeer watch retry 3
    """
    from stalkeer.jobs.watch.actions import retry_file

    tried = retry_file(context_app(context).download_queue, file)
    emit(
        context,
        {"retried": tried.id},
        lambda console: console.print(f"{tried.found.path} is verified and matched again."),
    )


def to_document(file: WatchFile) -> dict[str, object]:
    return {
        "id": file.id,
        "path": file.found.path,
        "size": file.found.size,
        "state": file.state.value,
        "reason": file.reason,
        "candidates": [
            {"wantedId": candidate.wanted_id, "label": candidate.label, "reason": candidate.reason}
            for candidate in file.candidates
        ],
        "downloadId": file.download_id,
        "updatedAt": file.updated_at,
    }
