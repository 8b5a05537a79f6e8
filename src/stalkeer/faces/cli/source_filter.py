"""Manage the filters of sources: `stalkeer source filter`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.table import Table

from stalkeer.faces.cli.output import context_app, emit

if TYPE_CHECKING:
    from stalkeer.core.catalogue.filters import Filter

app = typer.Typer(no_args_is_help=True, help="Add, preview and remove filters.")

FieldOption = typer.Option("group", "--field", help="Field to match: group, name, path or host.")
IncludeOption = typer.Option(False, "--include", help="Keep only matching entries, instead of removing them.")
SourceOption = typer.Option(None, "--source", "-s", metavar="NAME", help="Only this source; default: all sources.")
Pattern = typer.Argument(metavar="PATTERN", help="Regular expression (RE2); case is ignored.")


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the filters.

    Example: stalkeer source filter list
    """
    from stalkeer.jobs.sources.filters import list_named_filters

    documents = [item.to_document() for item in list_named_filters(context_app(context).database)]
    table = Table("ID", "Source", "Mode", "Field", "Pattern", "Origin")
    for document in documents:
        cells = (document["id"], document["source"] or "all", document["mode"], document["field"], document["pattern"])
        table.add_row(*map(str, cells), str(document["origin"]))
    emit(context, {"filters": documents}, lambda console: console.print(table))


@app.command()
def add(
    context: typer.Context,
    pattern: str = Pattern,
    field: str = FieldOption,
    include: bool = IncludeOption,
    source: str | None = SourceOption,
) -> None:
    """Add a filter. It takes effect with the next refresh.

    Example: stalkeer source filter add "^(sports?|news)" --source tv
    """
    from stalkeer.jobs.sources.filters import create_filter

    parts = context_app(context)
    made = create_filter(parts.database, _filter(field, pattern, include), source, parts.clock())
    number = made.row.id
    emit(context, made.to_document(), lambda console: console.print(f"Added filter {number}.", markup=False))


@app.command()
def preview(
    context: typer.Context,
    pattern: str = Pattern,
    field: str = FieldOption,
    include: bool = IncludeOption,
    source: str | None = SourceOption,
) -> None:
    """Show which entries of the catalogue a filter would remove.

    Example: stalkeer source filter preview trailer --field name
    """
    from stalkeer.jobs.sources.filters import preview_filter

    found = preview_filter(context_app(context).database, _filter(field, pattern, include), source)
    lines = [f"{found.dropped:,} of {found.entries:,} entries would be removed.", *(f"  {n}" for n in found.samples)]
    emit(context, found.to_document(), lambda console: console.print("\n".join(lines), markup=False, highlight=False))


@app.command()
def remove(
    context: typer.Context, filter_id: int = typer.Argument(metavar="ID", help="ID from `source filter list`.")
) -> None:
    """Remove a filter. The entries that it removed return with the next refresh.

    Example: stalkeer source filter remove 3
    """
    from stalkeer.jobs.sources.filters import delete_filter

    delete_filter(context_app(context).database, filter_id)
    emit(context, {"removed": filter_id}, lambda console: console.print(f"Removed filter {filter_id}.", markup=False))


def _filter(field: str, pattern: str, include: bool) -> Filter:
    from stalkeer.core.catalogue.filters import Field, Filter, Mode

    if field not in list(Field):
        raise typer.BadParameter(f"{field!r} is not a field; accepted: {', '.join(Field)}", param_hint="--field")
    return Filter(Field(field), Mode.INCLUDE if include else Mode.EXCLUDE, pattern)
