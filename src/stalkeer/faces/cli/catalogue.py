"""Search the catalogue of all entries: `stalkeer catalogue`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from stalkeer.faces.cli.output import context_app, emit

if TYPE_CHECKING:
    from stalkeer.store.catalogue.entries import CatalogueEntry

app = typer.Typer(no_args_is_help=True, help="Search the entries of all playlists and accounts.")


@app.command()
def search(
    context: typer.Context,
    words: list[str] = typer.Argument(help="Words of the title, name or group in any order; a year; S02E04 or 2x04."),
    kind: str | None = typer.Option(None, "--kind", "-k", help="movie, episode, series, live or other."),
    source: str | None = typer.Option(None, "--source", "-s", help="Only this source."),
    limit: int = typer.Option(50, "--limit", "-n", min=1, max=10_000, help="Maximum number of results."),
) -> None:
    """Search the catalogue, the shortest names first.

    Example: stalkeer catalogue search quiet cartographers 2x04
    """
    from stalkeer.errors import InvalidInput
    from stalkeer.model import KindWord
    from stalkeer.store.catalogue.entries import EntrySearch, browse_entries

    try:
        stored = KindWord(kind).stored if kind is not None else None
    except ValueError:
        raise InvalidInput(f"There is no type {kind!r}; accepted: {', '.join(KindWord)}") from None
    with context_app(context).database.connect() as connection:
        found = browse_entries(connection, EntrySearch(" ".join(words), source, stored), limit=limit)
    emit(context, {"entries": [_document(entry) for entry in found]}, lambda console: _render(console, found))


@app.command()
def show(context: typer.Context, entry: int = typer.Argument(help="ID of the entry.")) -> None:
    """Show an entry.

    Example: stalkeer catalogue show 4711
    """
    from stalkeer.model import EntryId
    from stalkeer.store.catalogue.entries import get_entry

    with context_app(context).database.connect() as connection:
        found = get_entry(connection, EntryId(entry))
    document = _document(found)

    def render(console: Console) -> None:
        for name, value in document.items():
            if value not in (None, ""):
                console.print(f"{name}: {value}", markup=False, highlight=False)

    emit(context, document, render)


@app.command()
def download(
    context: typer.Context,
    entry: int = typer.Argument(help="ID of the entry, from `stalkeer catalogue search`."),
    scope: str = typer.Option("entry", "--scope", help="Episodes to download: entry, season or series."),
    folder: bool = typer.Option(
        False, "--folder", help="Download to the folder of movies or series, without an instance."
    ),
    instance: str | None = typer.Option(
        None, "--instance", "-i", help="Radarr or Sonarr; default: the default instance."
    ),
    number: int | None = typer.Option(None, "--id", help="TMDB or TVDB ID, for an ambiguous title."),
    root_folder: str | None = typer.Option(
        None, "--root-folder", help="Root folder; default: the first of the instance."
    ),
    profile: int | None = typer.Option(
        None, "--profile", help="ID of the Quality Profile; default: the first of the instance."
    ),
) -> None:
    """Add an entry to Radarr or Sonarr and download it, or download it to a folder.

    Example: stalkeer catalogue download 4711 --folder
    """
    from stalkeer.errors import InvalidInput
    from stalkeer.jobs.requests.add_item import AddWish
    from stalkeer.jobs.requests.from_catalogue import (
        DownloadScope,
        add_and_download,
        download_to_folder,
        has_instance_for,
        propose_for_entry,
        queued_ids,
    )
    from stalkeer.model import EntryId

    if scope not in tuple(DownloadScope):
        raise InvalidInput(f"There is no scope {scope!r}; accepted: {', '.join(DownloadScope)}")
    catalogue, entry_id = context_app(context).catalogue, EntryId(entry)
    if folder or (instance is None and not has_instance_for(catalogue, entry_id)):
        made, problems = download_to_folder(catalogue, entry_id, DownloadScope(scope)), []
    else:
        chosen = number
        if chosen is None:
            found = propose_for_entry(catalogue, entry_id, instance)
            if found.best is None:
                raise InvalidInput(found.doubt)
            chosen = found.best
        results = add_and_download(
            catalogue, entry_id, AddWish(chosen, root_folder, profile), instance, DownloadScope(scope)
        )
        made, problems = queued_ids(results), [str(result.error) for result in results if result.error is not None]
    words = [f"{len(made)} queued.", *problems]
    emit(
        context,
        {"downloads": made, "problems": problems},
        lambda console: console.print("\n".join(words), markup=False, highlight=False),
    )


@app.command()
def duplicates(
    context: typer.Context,
    kind: str = typer.Option("files", "--kind", "-k", help="files, ids, instances or streams."),
    after: str = typer.Option("", "--after", help="Continue a list: the value at the end of the previous page."),
    limit: int = typer.Option(50, "--limit", "-n", min=1, max=500, help="Maximum number of results."),
) -> None:
    """List duplicates with their sizes and advice. Nothing is deleted.

    Example: stalkeer catalogue duplicates --kind instances
    """
    from stalkeer.errors import InvalidInput
    from stalkeer.jobs.duplicates.find import DuplicateKind, list_duplicates

    if kind not in tuple(DuplicateKind):
        raise InvalidInput(f"There is no kind {kind!r} of duplicates; accepted: {', '.join(DuplicateKind)}")
    program = context_app(context)
    page = list_duplicates(program.database, program.secrets, DuplicateKind(kind), after, limit)

    def render(console: Console) -> None:
        for duplicate in page.found:
            console.print(duplicate.title, markup=False, highlight=False)
            for part in duplicate.parts:
                size = f"{part.size / 1e6:,.0f} MB" if part.size is not None else "size unknown"
                console.print(f"  {part.place}  {part.name}  {size}", markup=False, highlight=False)
            console.print(f"  {duplicate.advice}", markup=False, highlight=False)
        if not page.found:
            console.print("No duplicates." if page.after is None else "None on this page.")
        if page.after is not None:
            console.print(f"More with: --after {page.after!r}", markup=False, highlight=False)

    emit(context, {"duplicates": [duplicate.to_document() for duplicate in page.found], "after": page.after}, render)


def _document(entry: CatalogueEntry) -> dict[str, object]:
    from stalkeer.model import KindWord

    return {
        "id": entry.id,
        "source": entry.source,
        "kind": KindWord.of(entry.kind).value,
        "name": entry.name,
        "title": entry.title,
        "group": entry.group,
        "year": entry.year,
        "season": entry.season,
        "episode": entry.episode,
        "resolution": entry.resolution,
        "gone": entry.is_gone,
    }


def _render(console: Console, found: list[CatalogueEntry]) -> None:
    if not found:
        console.print("No entry has these words. Try fewer of them, or fewer letters", markup=False)
        return
    from stalkeer.model import KindWord

    table = Table("ID", "Type", "Name", "Group", "Source", box=None)
    for entry in found:
        table.add_row(str(entry.id), KindWord.of(entry.kind).value, entry.name, entry.group or "", entry.source)
    console.print(table, markup=False)
