"""`stalkeer config`: what is set, where each value comes from, and whether it can be used."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from stalkeer.faces.cli.output import emit, loaded_settings
from stalkeer.settings import LoadedSettings
from stalkeer.settings.folders import check_folders
from stalkeer.settings.keys import flatten

app = typer.Typer(no_args_is_help=True, help="Check and show the settings in use.")


@app.command()
def check(context: typer.Context) -> None:
    """Check every setting and folder; exit code 5 when one cannot be used.

    Example: stalkeer --config config.yml config check
    """
    loaded = loaded_settings(context)
    check_folders(loaded)
    document = {"valid": True, "config": loaded.config, "dataDir": loaded.settings.data_dir}
    emit(
        context, document, lambda console: console.print(f"The settings are usable ({_source(loaded)}).", style="green")
    )


@app.command()
def show(context: typer.Context) -> None:
    """Show every setting with its value (secrets masked) and where it came from.

    Example: stalkeer config show --json
    """
    loaded = loaded_settings(context)
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


def _source(loaded: LoadedSettings) -> str:
    return str(Path(loaded.config).resolve()) if loaded.config else "no configuration file"


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)
