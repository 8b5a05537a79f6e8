"""Restore a backup: `stalkeer restore`. The current database is kept beside the restored one."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from stalkeer.engine.lock import is_held
from stalkeer.faces.cli.output import emit, loaded_settings
from stalkeer.jobs.system.backup import BackupPlace, restore_now
from stalkeer.secrets import KEY_FILE

app = typer.Typer(help="Restore a backup.")


@app.command()
def restore(
    context: typer.Context,
    backup: str = typer.Argument(help="File of a backup, or its name from `stalkeer backup --list`."),
) -> None:
    """Restore a backup and its key file. Stalkeer must be stopped.

    Example: stalkeer restore stalkeer-scheduled-20260111-040000.zip
    """
    from stalkeer.logs import LogTargets, configure_logging

    configure_logging(LogTargets(level="warning"))  # on stderr: stdout is for the output
    loaded = loaded_settings(context)
    settings = loaded.settings
    place = BackupPlace(
        data_dir=settings.data_dir,
        backups=settings.data_dir / "backups",
        key_file=settings.secret_key_file or settings.data_dir / KEY_FILE,
        config=loaded.config,
    )
    url = settings.database.url.get_secret_value()
    restored = restore_now(backup, place, url, datetime.now(UTC), is_held)
    emit(
        context,
        restored.to_document(),
        lambda console: console.print(
            f"{restored.path} is restored. The previous database is kept beside it, named .before-*"
        ),
    )
