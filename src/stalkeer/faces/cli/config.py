"""Show and check the settings: `stalkeer config`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from stalkeer.faces.cli.output import emit, loaded_settings
from stalkeer.secrets import KEY_FILE
from stalkeer.settings import LoadedSettings
from stalkeer.settings.folders import RootFolder, check_folders
from stalkeer.settings.keys import flatten

app = typer.Typer(no_args_is_help=True, help="Check and show the settings in use.")


@app.command()
def check(context: typer.Context) -> None:
    """Check all settings and folders, including settings saved in the web UI. The exit code is 5 on an error.

    Example: stalkeer --config config.yml config check
    """
    loaded, roots = _in_use(context)
    check_folders(loaded, roots)
    document = {"valid": True, "config": loaded.config, "dataDir": loaded.settings.data_dir}
    emit(
        context, document, lambda console: console.print(f"The settings are valid ({_source(loaded)}).", style="green")
    )


@app.command()
def show(context: typer.Context) -> None:
    """Show every setting with its value and origin. Secrets are masked.

    Example: stalkeer config show --json
    """
    loaded, _ = _in_use(context)
    values = [
        {"key": key, "value": value, "origin": loaded.origins.get(key, "default")}
        for key, value in flatten(loaded.settings)
    ]

    def render(console: Console) -> None:
        table = Table("Setting", "Value", "Origin", title=_source(loaded))
        for row in values:
            style = "dim" if row["origin"] == "default" else None
            table.add_row(str(row["key"]), _shown(row["value"]), str(row["origin"]), style=style)
        console.print(table)

    emit(context, {"config": loaded.config, "settings": values}, render)


def _in_use(context: typer.Context) -> tuple[LoadedSettings, Sequence[RootFolder]]:
    """Return the settings, including those saved in the database, and the known root folders."""
    from stalkeer.store.system.saved import read_saved

    first = loaded_settings(context).settings
    key_file = first.secret_key_file or first.data_dir / KEY_FILE
    saved = read_saved(first.database.url.get_secret_value(), key_file)
    return loaded_settings(context, saved.settings), saved.root_folders


def _source(loaded: LoadedSettings) -> str:
    return str(Path(loaded.config).resolve()) if loaded.config else "no configuration file"


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)
