"""The program's parts over a test's own folder and database, as `app.build_app` would make them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from stalkeer.runtime import App, Paths
from stalkeer.secrets import open_secret_box
from stalkeer.settings import load_settings
from stalkeer.settings.live import LiveSettings
from stalkeer.store.db.database import Database


def make_app(
    data_dir: Path,
    database: Database,
    clock: Callable[[], datetime],
    given: Mapping[str, object] | None = None,
) -> App:
    """An App whose settings are the defaults below `data_dir` and what `given` says by dotted key."""
    flags = {"data_dir": str(data_dir), **(given or {})}
    data_dir.mkdir(parents=True, exist_ok=True)
    return App(
        live=LiveSettings(lambda stored: load_settings(None, {}, flags, stored), {}),
        database=database,
        secrets=open_secret_box(data_dir),
        paths=Paths(data_dir),
        clock=clock,
        started_at=clock(),
    )
