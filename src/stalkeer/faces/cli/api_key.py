"""Make, list, replace and revoke API keys: `stalkeer api-key`."""

from __future__ import annotations

import typer
from rich.table import Table

from stalkeer.core.security.scopes import Scope
from stalkeer.faces.cli.output import context_app, emit
from stalkeer.jobs.system import api_keys
from stalkeer.jobs.system.api_keys import ApiKeys
from stalkeer.store.system.api_keys import MAIN_KEY

app = typer.Typer(no_args_is_help=True, help="Make, list, show, replace and revoke API keys.")


@app.command()
def show(context: typer.Context) -> None:
    """Print the main API key.

    Example: curl -H "X-Api-Key: $(stalkeer api-key show)" http://localhost:7825/api/v1/system/status
    """
    _print(context, _keys(context).ensure())


@app.command()
def reset(context: typer.Context, name: str = typer.Argument(MAIN_KEY, help="The key's name.")) -> None:
    """Replace the main API key, or the one of this name; the old one stops working within two seconds.

    Example: stalkeer api-key reset
    """
    program = context_app(context)
    _print(context, api_keys.reset_key(program.database, program.secrets, name, program.clock()))


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the API keys with their last use; a key itself is shown only when it is made.

    Example: stalkeer api-key list
    """
    rows = api_keys.list_keys(context_app(context).database)
    table = Table("Key", "Scope", "Instance", "Made", "Last use")
    for row in rows:
        last = f"{row.last_used_at:%Y-%m-%d %H:%M}" if row.last_used_at else "never"
        table.add_row(row.name, row.scope.value, row.instance or "", f"{row.created_at:%Y-%m-%d}", last)
    documents = [
        {
            "name": row.name,
            "scope": row.scope.value,
            "instance": row.instance,
            "createdAt": row.created_at,
            "lastUsedAt": row.last_used_at,
        }
        for row in rows
    ]
    emit(context, {"keys": documents}, lambda console: console.print(table))


@app.command()
def add(
    context: typer.Context,
    name: str = typer.Argument(help="Name of the key."),
    scope: Scope = typer.Option(
        Scope.READ, "--scope", "-s", help="Rights of the key: read (lists and figures), admin or bridge."
    ),
    instance: str | None = typer.Option(
        None, "--instance", "-i", metavar="NAME", help="With --scope bridge: the Radarr or Sonarr that uses the key."
    ),
) -> None:
    """Make a key for a program and print it; it is not shown again.

    Example: stalkeer api-key add homepage --scope read
    """
    program = context_app(context)
    _print(context, api_keys.make_key(program.database, program.secrets, name, scope, instance, program.clock()))


@app.command()
def revoke(context: typer.Context, name: str = typer.Argument(help="The key's name.")) -> None:
    """Revoke a key; it stops working within two seconds.

    Example: stalkeer api-key revoke homepage
    """
    api_keys.revoke_key(context_app(context).database, name)
    emit(context, {"revoked": name}, lambda console: console.print(f"The key {name} is revoked."))


def _keys(context: typer.Context) -> ApiKeys:
    program = context_app(context)
    return ApiKeys(program.database, program.secrets, program.clock)


def _print(context: typer.Context, key: str) -> None:
    emit(context, {"key": key}, lambda console: console.print(key, highlight=False, soft_wrap=True))
