"""`stalkeer restore`: put a backup in the place of the present database. The present one is kept aside."""

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
    backup: str = typer.Argument(help="A backup's file, or its name from `stalkeer backup --list`."),
) -> None:
    """Restore a backup; the program must not run. The key beside the backup is restored with it.

    Example: stalkeer restore stalkeer-scheduled-20260111-040000.zip
    """
    from stalkeer.logs import LogTargets, configure_logging

    configure_logging(LogTargets(level="warning"))  # on stderr: stdout is for the answer
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
            f"{restored.path} is restored. The database of before lies beside it, named .before-*"
        ),
    )
