"""Manage Radarr and Sonarr instances: `stalkeer arr`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import typer
from rich.console import Console
from rich.table import Column, Table

from stalkeer.errors import InvalidInput, StalkeerError
from stalkeer.faces.cli.output import ExitCode, context_app, emit, fail_with, note
from stalkeer.model import Drive, InstanceKind, SkipOwned

if TYPE_CHECKING:
    from stalkeer.jobs.library.instances import ConnectionTest
    from stalkeer.runtime import App
    from stalkeer.store.library.instances import InstanceRow

T = TypeVar("T")
app = typer.Typer(no_args_is_help=True, help="Add, test and list Radarr and Sonarr instances.")


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the instances from the settings and from the database.

    Example: stalkeer arr list --json
    """
    from stalkeer.store.library.instances import list_instances

    with context_app(context).database.connect() as connection:
        rows = list_instances(connection)

    def render(console: Console) -> None:
        if not rows:
            console.print("No instances. Add one: stalkeer arr add radarr http://radarr:7878 --api-key KEY")
            return
        table = Table("Name", Column("Address", overflow="fold"), "Version", "Last sync", "API calls")
        for row in rows:
            synced = f"{row.last_sync_at:%Y-%m-%d %H:%M}" if row.last_sync_at else "never"
            table.add_row(row.slug, row.url, row.version or "", synced, f"{row.api_calls:,}")
        console.print(table)
        for row in rows:
            state = "disabled" if not row.enabled else row.last_error
            if state:
                console.print(f"{row.slug}: {state}", style="yellow", markup=False, soft_wrap=True)

    emit(context, {"instances": [document_of(row) for row in rows]}, render)


@app.command()
def add(
    context: typer.Context,
    program: InstanceKind = typer.Argument(help="radarr or sonarr."),
    url: str = typer.Argument(help="Address, as in a browser."),
    api_key: str = typer.Option(..., "--api-key", envvar="STALKEER_ARR_API_KEY", help="Settings > General > API Key."),
    name: str = typer.Option("default", "--name", help="Name, to tell several instances of one program apart."),
    ca_file: str | None = typer.Option(None, "--ca-file", help="PEM file of a custom certificate authority."),
    quality_profile_id: int | None = typer.Option(
        None, "--quality-profile-id", help="ID of the Quality Profile that ranks releases, instead of each item's own."
    ),
    mapping: list[str] = typer.Option(
        [], "--map", metavar="LOCAL=REMOTE", help="Folder path in Stalkeer and in the instance; repeatable."
    ),
    exclude_tag: list[str] = typer.Option(
        [], "--exclude-tag", metavar="TAG", help="Skip movies and series with this tag; repeatable."
    ),
    skip_owned: SkipOwned = typer.Option(
        SkipOwned.AUTO,
        "--skip-owned-elsewhere",
        help="Skip items that another instance already has; auto: if both Quality Profiles share a resolution.",
    ),
    language: list[str] = typer.Option(
        [], "--language", help="Wanted language, best first: fr, en:require, original; repeatable."
    ),
    drive: Drive = typer.Option(
        Drive.OURS, "--drive", help="ours: Stalkeer looks for missing items. native: the instance searches Stalkeer."
    ),
) -> None:
    """Test and add an instance. A slightly wrong address is corrected.

    Example: stalkeer arr add radarr http://radarr:7878 --api-key 0123456789abcdef
    """
    from stalkeer.jobs.library.instances import add_instance
    from stalkeer.jobs.library.path_map import read_pair
    from stalkeer.store.library.instances import InstanceOptions, NewInstance, instance_slug

    options = InstanceOptions(
        quality_profile_id=quality_profile_id,
        ca_file=ca_file,
        path_mappings=tuple(read_pair(text) for text in mapping),
        exclude_tags=tuple(exclude_tag),
        skip_owned_elsewhere=skip_owned,
        drive=drive,
        languages=tuple(language),
    )
    new = NewInstance(instance_slug(program, name), program, url, api_key, options)
    added = add_instance(context_app(context).arrs, new)
    document = {"instance": document_of(added.row), "version": added.version, "notes": list(added.notes)}

    def render(console: Console) -> None:
        console.print(f"Added {added.row.label} {added.version} at {added.row.url}.", style="green", markup=False)
        for text in added.notes:
            console.print(f"Note: {text}", markup=False)

    emit(context, document, render)


@app.command("test")
def try_(
    context: typer.Context, name: str | None = typer.Argument(None, help="Only this instance; default: all.")
) -> None:
    """Test the connection to instances. The exit code is 4 if one does not answer.

    Example: stalkeer arr test
    """
    from stalkeer.jobs.library.instances import ConnectionOutcome, try_instances

    results = try_instances(context_app(context).arrs, name)

    def render(console: Console) -> None:
        for result in results:
            if result.error is not None:
                console.print(result.error, style="red", markup=False, soft_wrap=True)
                continue
            console.print(f"{result.row.label}: {result.version}", style="green", markup=False)
            for text in result.notes:
                console.print(f"  Note: {text}", markup=False)

    emit(context, {"results": [_tested(result) for result in results]}, render)
    if any(result.outcome is ConnectionOutcome.UNREACHABLE for result in results):
        fail_with(ExitCode.UNREACHABLE)
    if not all(result.is_good for result in results):
        fail_with(ExitCode.ERROR)


@app.command()
def languages(
    context: typer.Context,
    name: str = typer.Argument(help="Name of the instance."),
    wanted: list[str] = typer.Argument(
        None, metavar="LANGUAGE...", help="fr, en:require, original; `any` for no wish."
    ),
) -> None:
    """Set the languages that the items of an instance are wanted in, best first. Without one, show them.

    Example: stalkeer arr languages radarr fr original en:require
    """
    from stalkeer.jobs.library.instances import chosen_instances, set_languages

    arrs = context_app(context).arrs
    if wanted:
        row = set_languages(arrs, name, () if wanted == ["any"] else tuple(wanted))
    else:
        (row,) = chosen_instances(arrs, name)
    words = ", ".join(row.options.languages) or "any language"
    emit(context, document_of(row), lambda console: console.print(f"{name}: {words}", markup=False))


@app.command("take-over")
def take_over(context: typer.Context, name: str = typer.Argument(help="Name of the instance.")) -> None:
    """Let an instance of config.yml be edited by pages and commands. The file is not changed.

    Example: stalkeer arr take-over radarr
    """
    from stalkeer.jobs.library.instances import take_over_instance

    parts = context_app(context)
    row = take_over_instance(parts.arrs, name, parts.live.loaded)
    emit(context, document_of(row), lambda console: console.print(f"{name} is edited here now.", markup=False))


@app.command()
def remove(context: typer.Context, name: str = typer.Argument(help="Name of the instance.")) -> None:
    """Remove an instance. Its history is kept.

    Example: stalkeer arr remove radarr-4k
    """
    from stalkeer.jobs.library.instances import remove_instance

    parts = context_app(context)
    words = remove_instance(parts.arrs, name, parts.settings)
    emit(context, {"removed": name}, lambda console: console.print(words, markup=False))


@app.command()
def connect(
    context: typer.Context,
    name: str | None = typer.Argument(None, help="Only this instance; default: all."),
    url: str | None = typer.Option(None, "--url", help="Stalkeer's address, as seen from the instance."),
    remove: bool = typer.Option(False, "--remove", help="Remove the webhook; with --native, everything."),
    native: bool = typer.Option(
        False, "--native", help="Add Stalkeer as indexer and download client too: the instance grabs by itself."
    ),
    test: bool = typer.Option(False, "--test", help="Let the instances send a test event."),
) -> None:
    """Add a webhook to instances, so that they report changes at once. `stalkeer serve` must be running.

    With --native, the instance also gets Stalkeer as indexer and download client, and its drive becomes native. Run
    it again to repair what was changed there.

    Example: stalkeer arr connect radarr --native --url http://stalkeer:7825
    """
    from stalkeer.jobs.library.webhooks import connect_webhooks, disconnect_webhooks, test_webhooks

    app = context_app(context)
    arrs, url = app.arrs, url or app.settings.server.public_url
    if native:
        _connect_native(context, app, name, None if remove else _needed(url))
        return
    if test:
        heard, errors = _split(test_webhooks(arrs, name))
        words = [f"{slug}: the test event arrived" for slug in heard]
        _print_each(context, {"tested": heard, "errors": errors}, [*words, *errors.values()])
        return
    if remove:
        gone, errors = _split(disconnect_webhooks(arrs, name))
        words = [
            f"{slug}: {'webhook removed' if was_there else 'no webhook found'}" for slug, was_there in gone.items()
        ]
        _print_each(context, {"removed": gone, "errors": errors}, [*words, *errors.values()])
        return
    registered, errors = _split(connect_webhooks(arrs, name, _needed(url)))
    note(context, "Scheduled scans continue; webhooks only add updates between them.")
    words = [f"{slug}: webhook added, events go to {target}" for slug, target in registered.items()]
    _print_each(context, {"connected": registered, "errors": errors}, [*words, *errors.values()])


def _needed(url: str | None) -> str:
    if url is None:
        raise InvalidInput("Give --url, Stalkeer's address as seen from the instance, for example http://stalkeer:7825")
    return url


@app.command()
def search(
    context: typer.Context,
    wanted: str = typer.Argument(help="ID of a wanted item, or part of a title."),
    series: bool = typer.Option(False, "--series", help="All missing episodes of the item's series."),
) -> None:
    """Let Radarr or Sonarr search its own indexers for a missing item.

    Example: stalkeer arr search "Dune"
    """
    from stalkeer.jobs.matching.search_upstream import search_item, search_series_of
    from stalkeer.jobs.matching.wanted_items import find_item

    parts = context_app(context)
    wanted_id = find_item(parts.matching, wanted)
    if series:
        items = search_series_of(parts.database, parts.arrs, wanted_id)
    else:
        items = [search_item(parts.database, parts.arrs, wanted_id)]
    document: dict[str, object] = {
        "instance": items[0].instance,
        "items": [{"wantedId": item.id, "item": item.label} for item in items],
    }
    if not series:
        document |= {"wantedId": items[0].id, "item": items[0].label}
    what = items[0].label if len(items) == 1 else f"{len(items)} episodes of {items[0].title}"
    text = f"{items[0].instance} searches its own indexers for {what}."
    emit(context, document, lambda console: console.print(text, markup=False))


def _connect_native(context: typer.Context, app: App, name: str | None, url: str | None) -> None:
    """Set up the native drive of one instance; without an address, take it out."""
    from stalkeer.jobs.native.setup import connect_native, disconnect_native

    if name is None:
        raise InvalidInput("Name the instance to connect, for example: stalkeer arr connect radarr --native")
    if url is None:
        gone = disconnect_native(app.arrs, name)
        document: dict[str, object] = {"instance": name, "removed": list(gone.removed), "note": gone.note}
        lines = [f"{name}: removed {', '.join(gone.removed) or 'nothing; it had nothing of Stalkeer'}"]
        notes = gone.note
    else:
        made = connect_native(app.arrs, name, url, app.settings)
        app.offer_soon()
        document = {"instance": name, "url": made.url, "category": made.category, "drive": made.drive.value}
        document |= {"note": made.note}
        lines = [f"{name}: indexer, download client (category {made.category}) and webhook lead to {made.url}"]
        notes = made.note
    text = "\n".join([*lines, *filter(None, [notes])])
    emit(context, document, lambda console: console.print(text, markup=False, soft_wrap=True))


def _split(results: Sequence[tuple[InstanceRow, T | StalkeerError]]) -> tuple[dict[str, T], dict[str, str]]:
    """Return outcomes and errors by the name of the instance."""
    outcomes = {row.slug: result for row, result in results if not isinstance(result, StalkeerError)}
    return outcomes, {row.slug: str(result) for row, result in results if isinstance(result, StalkeerError)}


def _print_each(context: typer.Context, document: Mapping[str, Mapping[str, object]], lines: Sequence[str]) -> None:
    emit(context, document, lambda console: console.print("\n".join(lines), markup=False, soft_wrap=True))
    if document["errors"]:
        has_done = any(outcome for name, outcome in document.items() if name != "errors")
        fail_with(ExitCode.PARTLY if has_done else ExitCode.ERROR)


def document_of(row: InstanceRow) -> dict[str, object]:
    """Return an instance without its API key."""
    return {
        "name": row.slug,
        "kind": row.kind.value,
        "url": row.url,
        "origin": row.origin,
        "enabled": row.enabled,
        "default": row.is_default,
        "version": row.version,
        "lastSyncAt": row.last_sync_at,
        "lastSuccessAt": row.last_success_at,
        "lastError": row.last_error,
        "apiCalls": row.api_calls,
        "pathMappings": [{"local": pair.local, "remote": pair.remote} for pair in row.options.path_mappings],
        "qualityProfileId": row.options.quality_profile_id,
        "skipOwnedElsewhere": row.options.skip_owned_elsewhere.value,
        "drive": row.options.drive.value,
        "languages": list(row.options.languages),
    }


def _tested(result: ConnectionTest) -> dict[str, object]:
    return {
        "name": result.row.slug,
        "version": result.version,
        "notes": list(result.notes),
        "error": result.error,
    }
