"""Manage the users of the web UI: `stalkeer user`."""

from __future__ import annotations

import sys

import typer
from rich.table import Table

from stalkeer.faces.cli.output import ask_password, context_app, emit
from stalkeer.jobs.system import users

app = typer.Typer(no_args_is_help=True, help="List, add and remove users; set a password.")

PASSWORD = typer.Option(False, "--password-stdin", help="Read the password from standard input.")


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the users.

    Example: stalkeer user list
    """
    rows = users.list_users(context_app(context).database)
    table = Table("User", "Created")
    for row in rows:
        table.add_row(row.name, f"{row.created_at:%Y-%m-%d}")
    document = {"users": [{"name": row.name, "createdAt": row.created_at} for row in rows]}
    emit(context, document, lambda console: console.print(table))


@app.command()
def add(
    context: typer.Context,
    name: str = typer.Argument(help="Name of the new user."),
    password_stdin: bool = PASSWORD,
) -> None:
    """Add a user and ask for the password.

    Example: stalkeer user add alice
    """
    program = context_app(context)
    users.add_user(program.database, name, _read_password(password_stdin), program.clock())
    emit(context, {"added": name}, lambda console: console.print(f"Added user {name}."))


@app.command()
def password(
    context: typer.Context,
    name: str = typer.Argument(help="Name of the user."),
    password_stdin: bool = PASSWORD,
) -> None:
    """Set the password of a user and log the user out everywhere.

    Example: stalkeer user password alice
    """
    program = context_app(context)
    users.set_password(program.database, name, _read_password(password_stdin))
    emit(context, {"changed": name}, lambda console: console.print(f"Changed the password of {name}."))


@app.command()
def remove(context: typer.Context, name: str = typer.Argument(help="Name of the user.")) -> None:
    """Remove a user and log the user out everywhere.

    Example: stalkeer user remove alice
    """
    users.remove_user(context_app(context).database, name)
    emit(context, {"removed": name}, lambda console: console.print(f"Removed user {name}."))


def _read_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n") if sys.stdin is not None else ""
    return ask_password("--password-stdin", confirm=True)
