"""Print the version: `stalkeer version`."""

from __future__ import annotations

import platform
from importlib.metadata import version as installed

import typer

from stalkeer.faces.cli.output import emit

app = typer.Typer(help="Print the version.")


@app.command()
def version(context: typer.Context) -> None:
    """Print the version of Stalkeer and of Python.

    Example: stalkeer version --json
    """
    document = {"version": installed("stalkeer"), "python": platform.python_version()}
    emit(context, document, lambda console: console.print(document["version"], highlight=False))
