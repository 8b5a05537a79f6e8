"""Show or reset the API key: `stalkeer api-key`."""

from __future__ import annotations

import typer

from stalkeer.faces.cli.output import context_app, emit
from stalkeer.jobs.system.api_keys import ApiKeys

app = typer.Typer(no_args_is_help=True, help="Show or replace the API key.")


@app.command()
def show(context: typer.Context) -> None:
    """Print the API key.

    Example: curl -H "X-Api-Key: $(stalkeer api-key show)" http://localhost:7825/api/v1/system/status
    """
    _print(context, _keys(context).ensure())


@app.command()
def reset(context: typer.Context) -> None:
    """Replace the API key; the old one stops working within two seconds.

    Example: stalkeer api-key reset
    """
    _print(context, _keys(context).reset())


def _keys(context: typer.Context) -> ApiKeys:
    program = context_app(context)
    return ApiKeys(program.database, program.secrets, program.clock)


def _print(context: typer.Context, key: str) -> None:
    emit(context, {"key": key}, lambda console: console.print(key, highlight=False, soft_wrap=True))
