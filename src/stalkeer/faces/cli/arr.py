"""`stalkeer arr`: the Radarr and Sonarr instances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import typer
from rich.console import Console
from rich.table import Column, Table

from stalkeer.errors import InvalidInput, StalkeerError
from stalkeer.faces.cli.output import ExitCode, context_app, emit, fail_with, note
from stalkeer.model import InstanceKind, SkipOwned

if TYPE_CHECKING:
    from stalkeer.jobs.library.instances import ConnectionTest
    from stalkeer.store.library.instances import InstanceRow

T = TypeVar("T")
app = typer.Typer(no_args_is_help=True, help="The Radarr and Sonarr instances.")


@app.command("list")
def list_(context: typer.Context) -> None:
    """Show the instances, from settings and added here.

    Example: stalkeer arr list --json
    """
    from stalkeer.store.library.instances import list_instances

    with context_app(context).database.connect() as connection:
        rows = list_instances(connection)

    def render(console: Console) -> None:
        if not rows:
            console.print("None yet. Add one: stalkeer arr add radarr http://radarr:7878 --api-key KEY")
            return
        table = Table("Name", Column("Address", overflow="fold"), "Version", "Last sync", "Calls")
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
    url: str = typer.Argument(help="Its address, as in a browser."),
    api_key: str = typer.Option(..., "--api-key", envvar="STALKEER_ARR_API_KEY", help="Settings > General > API Key."),
    name: str = typer.Option("default", "--name", help="A name, where there are several of one program."),
    ca_file: str | None = typer.Option(None, "--ca-file", help="PEM file of your own certificate authority."),
    quality_profile_id: int | None = typer.Option(
        None, "--quality-profile-id", help="Rank variants by this profile instead of each item's own."
    ),
    mapping: list[str] = typer.Option(
        [], "--map", metavar="LOCAL=REMOTE", help="A folder of ours and its name in the instance; may be repeated."
    ),
    exclude_tag: list[str] = typer.Option(
        [], "--exclude-tag", metavar="TAG", help="Leave films or series with this tag alone; may be repeated."
    ),
    skip_owned: SkipOwned = typer.Option(
        SkipOwned.AUTO,
        "--skip-owned-elsewhere",
        help="Leave alone what another instance has a file of; auto: where both profiles share a resolution.",
    ),
) -> None:
    """Try an instance and keep it. A slightly wrong address is repaired.

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
    )
    new = NewInstance(instance_slug(program, name), program, url, api_key, options)
    added = add_instance(context_app(context).arrs, new)
    document = {"instance": document_of(added.row), "version": added.version, "notes": list(added.notes)}

    def render(console: Console) -> None:
        console.print(f"{added.row.label} {added.version} at {added.row.url} is added.", style="green", markup=False)
        for text in added.notes:
            console.print(f"Note: {text}", markup=False)

    emit(context, document, render)


@app.command("test")
def try_(
    context: typer.Context, name: str | None = typer.Argument(None, help="One instance; all, unless named.")
) -> None:
    """Ask instances who they are; exit code 4 when one does not answer.

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
def remove(context: typer.Context, name: str = typer.Argument(help="The instance.")) -> None:
    """Forget an instance that was added here; its history stays.

    Example: stalkeer arr remove radarr-4k
    """
    from stalkeer.jobs.library.instances import remove_instance

    remove_instance(context_app(context).arrs, name)
    emit(context, {"removed": name}, lambda console: console.print(f"{name} is removed.", markup=False))


@app.command()
def connect(
    context: typer.Context,
    name: str | None = typer.Argument(None, help="One instance; all, unless named."),
    url: str | None = typer.Option(None, "--url", help="Stalkeer's address as the instance reaches it."),
    remove: bool = typer.Option(False, "--remove", help="Take the webhook out again."),
) -> None:
    """Let instances tell us at once what changed, by a webhook. `stalkeer serve` must be running: they try it.

    Example: stalkeer arr connect --url http://stalkeer:7825
    """
    from stalkeer.jobs.library.webhooks import connect_webhooks, disconnect_webhooks

    arrs = context_app(context).arrs
    if remove:
        gone, errors = _split(disconnect_webhooks(arrs, name))
        words = [f"{slug}: {'removed' if was_there else 'there was none'}" for slug, was_there in gone.items()]
        _tell_of_each(context, {"removed": gone, "errors": errors}, [*words, *errors.values()])
        return
    if url is None:
        raise InvalidInput(
            "Give --url, Stalkeer's address as the instance reaches it, for example http://stalkeer:7825"
        )
    registered, errors = _split(connect_webhooks(arrs, name, url))
    note(context, "Polling goes on: webhooks are hints.")
    words = [f"{slug}: sends its events to {target}" for slug, target in registered.items()]
    _tell_of_each(context, {"connected": registered, "errors": errors}, [*words, *errors.values()])


def _split(results: Sequence[tuple[InstanceRow, T | StalkeerError]]) -> tuple[dict[str, T], dict[str, str]]:
    """Return the outcomes and the errors, by the instances' names."""
    outcomes = {row.slug: result for row, result in results if not isinstance(result, StalkeerError)}
    return outcomes, {row.slug: str(result) for row, result in results if isinstance(result, StalkeerError)}


def _tell_of_each(context: typer.Context, document: Mapping[str, Mapping[str, object]], lines: Sequence[str]) -> None:
    emit(context, document, lambda console: console.print("\n".join(lines), markup=False, soft_wrap=True))
    if document["errors"]:
        has_done = any(outcome for name, outcome in document.items() if name != "errors")
        fail_with(ExitCode.PARTLY if has_done else ExitCode.ERROR)


def document_of(row: InstanceRow) -> dict[str, object]:
    """An instance without its key."""
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
    }


def _tested(result: ConnectionTest) -> dict[str, object]:
    return {
        "name": result.row.slug,
        "version": result.version,
        "notes": list(result.notes),
        "error": result.error,
    }
