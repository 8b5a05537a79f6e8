"""Show, try and forget hook scripts: `stalkeer hook`."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from stalkeer.faces.cli.output import ExitCode, context_app, emit
from stalkeer.model import DownloadId

app = typer.Typer(no_args_is_help=True, help="Show and test the scripts around the import.")
NAME = typer.Argument(help="before_import, after_import or on_failure.")


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the hooks, the machines that have them set, and those that can run them now.

    Example: stalkeer hook list
    """
    from stalkeer.jobs.hooks.standing import read_hooks

    parts = context_app(context)
    hooks = read_hooks(parts.database, parts.clock())

    def render(console: Console) -> None:
        table = Table("Hook", "Set on", "Can run on", "Waiting")
        for hook in hooks:
            ready = ", ".join(hook.ready_on) or ("no running machine" if hook.is_set else "")
            table.add_row(hook.name.value, ", ".join(hook.set_on) or "not set", ready, str(hook.waiting or ""))
        console.print(table)

    emit(context, {"hooks": [hook.to_document() for hook in hooks]}, render)


@app.command("test")
def try_(
    context: typer.Context,
    name: str = NAME,
    download: int = typer.Option(..., "--download", "-d", help="ID of the download to run the script for."),
) -> None:
    """Run a script of this machine's configuration for a download, and show its output. Nothing is stored.

    Example: stalkeer hook test before_import --download 12
    """
    from stalkeer.errors import NotFound
    from stalkeer.jobs.hooks.run import try_hook
    from stalkeer.jobs.hooks.standing import hook_named
    from stalkeer.store.downloads.downloads import get_download

    parts = context_app(context)
    hook = hook_named(name)
    if not parts.settings.hooks.command(hook):
        raise NotFound(f"hooks.{hook.value} is not set in this machine's configuration.")
    with parts.database.connect() as connection:
        row = get_download(connection, DownloadId(download))
    done = try_hook(parts.database, parts.settings.hooks, hook, row)

    def render(console: Console) -> None:
        console.print(f"{done.words}.", style="green" if done.is_passed else "red", markup=False, highlight=False)
        console.print(done.output, markup=False, highlight=False, end="")

    emit(context, done.to_document(), render)
    if not done.is_passed:
        raise typer.Exit(ExitCode.ERROR)


@app.command()
def forget(context: typer.Context, name: str = NAME) -> None:
    """Forget a hook whose machines are gone, so that downloads go on without it.

    Example: stalkeer hook forget before_import
    """
    from stalkeer.jobs.hooks import standing

    parts = context_app(context)
    hook = standing.forget(parts.database, name, parts.clock())
    emit(
        context,
        {"forgotten": hook.value},
        lambda console: console.print(f"Downloads go on without hooks.{hook.value}."),
    )
