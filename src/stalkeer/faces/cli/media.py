"""Test the media server and list the folders to report to it: `stalkeer media`."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Column, Table

from stalkeer.faces.cli.output import ExitCode, context_app, emit

app = typer.Typer(no_args_is_help=True, help="Test Plex, Jellyfin or Emby, and list new files to report.")


@app.command("test")
def try_(
    context: typer.Context,
    path: str = typer.Argument("", help="File or folder in Stalkeer, to show the libraries that would scan it."),
) -> None:
    """Ask the media server for its libraries, and show which of them would look for a new file. Nothing changes there.

    Example: stalkeer media test "/data/vod/complete/movies/Alien (1979)/Alien (1979).mkv"
    """
    from stalkeer.jobs.media.trying import try_saved

    tested = try_saved(context_app(context).media, path)

    def render(console: Console) -> None:
        console.print(tested.words, style="red" if tested.problem else "green", markup=False, soft_wrap=True)
        table = Table("Library", Column("Folders", overflow="fold"))
        for library in tested.libraries:
            table.add_row(library.name, "\n".join(library.folders))
        console.print(table)

    libraries = [{"name": library.name, "folders": list(library.folders)} for library in tested.libraries]
    chosen = [library.name for library in tested.chosen]
    document = {"server": tested.server, "folder": tested.folder, "chosen": chosen, "problem": tested.problem}
    emit(context, {**document, "libraries": libraries}, render)
    if tested.problem:
        raise typer.Exit(ExitCode.ERROR)


@app.command("list")
def list_(
    context: typer.Context, limit: int = typer.Option(50, "--limit", "-n", min=1, max=1000, help="Number of folders.")
) -> None:
    """List the folders with new files to report to the media server.

    Example: stalkeer media list
    """
    from stalkeer.jobs.media.trying import waiting_folders

    folders, count = waiting_folders(context_app(context).media, limit)

    def render(console: Console) -> None:
        if not folders:
            console.print("No folders wait to be reported.")
            return
        columns = ("Folder", "Files", "Since", "Next attempt", "Why not yet")
        table = Table(*(Column(name, overflow="fold") for name in columns))
        for folder in folders:
            since, soon = f"{folder.queued_at:%Y-%m-%d %H:%M}", f"{folder.not_before:%H:%M:%S}"
            table.add_row(folder.folder, str(folder.files), since, soon, folder.error or "")
        console.print(table)
        if count > len(folders):
            console.print(f"{count} in all.")

    documents = [
        {
            "folder": folder.folder,
            "files": folder.files,
            "queuedAt": folder.queued_at,
            "notBefore": folder.not_before,
            "attempts": folder.attempts,
            "error": folder.error,
        }
        for folder in folders
    ]
    emit(context, {"folders": documents, "total": count}, render)
