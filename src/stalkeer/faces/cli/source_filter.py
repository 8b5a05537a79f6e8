"""`stalkeer source filter`: what of the sources is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.table import Table

from stalkeer.faces.cli.output import context_app, emit

if TYPE_CHECKING:
    from stalkeer.core.catalogue.filters import Filter

app = typer.Typer(no_args_is_help=True, help="What of the sources is kept.")

FieldOption = typer.Option("group", "--field", help="What it looks at: group, name, path, host.")
IncludeOption = typer.Option(False, "--include", help="Keep only what fits, instead of leaving out what fits.")
SourceOption = typer.Option(None, "--source", "-s", metavar="NAME", help="Only this source; all without it.")
Pattern = typer.Argument(metavar="PATTERN", help="A regular expression in RE2's syntax; case does not matter.")


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the filters.

    Example: stalkeer source filter list
    """
    from stalkeer.store.sources.filters import list_filters
    from stalkeer.store.sources.sources import list_sources

    parts = context_app(context)
    with parts.database.connect() as connection:
        slugs = {row.id: row.slug for row in list_sources(connection, with_removed=True)}
        rows = list_filters(connection)
    documents = [
        {
            "id": row.id,
            "source": slugs.get(row.source_id) if row.source_id else None,
            "field": row.filter.field.value,
            "mode": row.filter.mode.value,
            "pattern": row.filter.pattern,
            "enabled": row.enabled,
            "origin": row.origin,
        }
        for row in rows
    ]
    table = Table("Id", "Source", "What", "Field", "Pattern", "Origin")
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
    """Keep a filter; it takes effect with the next refresh.

    Example: stalkeer source filter add "^(sports?|news)" --source tv
    """
    from stalkeer.store.sources.filters import add_filter
    from stalkeer.store.sources.sources import get_source

    parts = context_app(context)
    new = _filter(field, pattern, include)
    with parts.database.begin() as connection:
        source_id = get_source(connection, source).id if source else None
        row = add_filter(connection, new, source_id, parts.clock())
    emit(context, {"id": row.id}, lambda console: console.print(f"Filter {row.id} is kept.", markup=False))


@app.command()
def preview(
    context: typer.Context,
    pattern: str = Pattern,
    field: str = FieldOption,
    include: bool = IncludeOption,
    source: str | None = SourceOption,
) -> None:
    """Show what a filter would leave out of the present catalogue.

    Example: stalkeer source filter preview trailer --field name
    """
    from stalkeer.jobs.sources.filter_preview import preview_filter
    from stalkeer.store.sources.sources import get_source

    parts = context_app(context)
    source_id = None
    if source:
        with parts.database.connect() as connection:
            source_id = get_source(connection, source).id
    found = preview_filter(parts.database, _filter(field, pattern, include), source_id)
    document = {
        "entries": found.entries,
        "dropped": found.dropped,
        "samples": list(found.samples),
        "groups": found.groups,
    }
    lines = [f"{found.dropped:,} of {found.entries:,} entries would be left out.", *(f"  {n}" for n in found.samples)]
    emit(context, document, lambda console: console.print("\n".join(lines), markup=False, highlight=False))


@app.command()
def remove(
    context: typer.Context, filter_id: int = typer.Argument(metavar="ID", help="From `source filter list`.")
) -> None:
    """Take a filter back; what it left out comes with the next refresh.

    Example: stalkeer source filter remove 3
    """
    from stalkeer.store.sources.filters import get_filter, remove_filter

    parts = context_app(context)
    with parts.database.begin() as connection:
        remove_filter(connection, get_filter(connection, filter_id))
    emit(context, {"removed": filter_id}, lambda console: console.print(f"Filter {filter_id} is gone.", markup=False))


def _filter(field: str, pattern: str, include: bool) -> Filter:
    from stalkeer.core.catalogue.filters import Field, Filter, Mode

    if field not in list(Field):
        raise typer.BadParameter(f"{field!r} is not a field; accepted: {', '.join(Field)}", param_hint="--field")
    return Filter(Field(field), Mode.INCLUDE if include else Mode.EXCLUDE, pattern)
