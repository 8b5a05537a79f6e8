"""Start with damaged files: set them aside, restore them or leave them out, and report it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from stalkeer.app.start import Start
from stalkeer.errors import ConfigurationError, SecretError, StalkeerError, StoreError
from stalkeer.logs import get_logger
from stalkeer.private_files import read_small
from stalkeer.runtime import Paths, SharedSettings
from stalkeer.secrets import KEY_FILE, SecretBox, mask_url, open_secret_box
from stalkeer.settings import Settings, find_config
from stalkeer.settings.change import LOCKED
from stalkeer.settings.shared import origins_of
from stalkeer.store.db.damage import set_aside, set_aside_if_damaged, set_aside_if_unusable
from stalkeer.store.db.database import Database
from stalkeer.store.library.instances import configured_instances, has_unconfigured_instances
from stalkeer.store.sources.description import configured_sources
from stalkeer.store.sources.sources import has_unconfigured_sources
from stalkeer.store.system.credentials import is_key_of, is_published
from stalkeer.store.system.health import ERROR, Finding
from stalkeer.store.system.settings import read_published

log = get_logger(__name__)


def without_damaged_config(start: Start) -> tuple[Start, tuple[Finding, ...]]:
    """Return the start without an unusable config.yml, and a finding that reports it.

    Raise ConfigurationError where the file may name the data folder or the database: without it, another one would be
    used.
    """
    try:
        start.load({})
    except ConfigurationError as error:
        bare = replace(start, ignores_config=True)
        if not start.shows_damage or start.config_file is None or not _finds_its_data(bare):
            raise
        message = f"The configuration cannot be used: {error}. None of its values apply, and no job starts"
        fix = f"Fix {start.config_file} (`stalkeer config check` lists its errors), then start Stalkeer again"
        log.error("the configuration cannot be used", error=str(error))
        return bare, (Finding("start", "config.yml", ERROR, message, fix),)
    return start, ()


def without_emptied_config(start: Start, database: Database, secrets: SecretBox, shared: SharedSettings) -> Start:
    """Return the start without a config.yml that lost its content, so that nothing it once configured is removed.

    An empty file that never had content is no problem, and neither is a file with a comment.
    """
    if not _is_empty(start.config_file) or not _has_configured(database, secrets, start.load({}).settings):
        return start
    message = f"{start.config_file} is empty, but sources, instances or settings of it are in use"
    fix = (
        f"Restore {start.config_file}, or write a comment into it if it is meant to be empty; then start Stalkeer again"
    )
    if not start.shows_damage:
        raise ConfigurationError(f"{message}. {fix}")
    log.error("the configuration is empty", path=str(start.config_file))
    shared.problems += (
        Finding("start", "config.yml", ERROR, f"{message}. Nothing is removed, and no job starts", fix),
    )
    return replace(start, ignores_config=True)


def _is_empty(config: Path | None) -> bool:
    try:
        return config is not None and not read_small(config).strip(b"\0 \t\r\n")
    except OSError:
        return False


def _has_configured(database: Database, secrets: SecretBox, settings: Settings) -> bool:
    """Tell whether the database has anything from config.yml that `settings` lack."""
    with database.connect() as connection:
        if has_unconfigured_sources(connection, configured_sources(settings)):
            return True
        if has_unconfigured_instances(connection, configured_instances(settings)):
            return True
        if not is_published(connection) or not is_key_of(connection, secrets):
            return False
        published = read_published(connection, secrets)
        return published is not None and "file" in origins_of(published.document).values()


def _finds_its_data(start: Start) -> bool:
    try:
        loaded = start.load({})
    except ConfigurationError:
        return False
    own = loaded.settings.data_dir / "stalkeer.db"
    # an empty variable names no file
    is_elsewhere = loaded.settings.database.url.get_secret_value() != f"sqlite:///{own}"
    return (is_elsewhere and loaded.origins.get("database.url") in LOCKED) or own.is_file()


def open_key(start: Start, first: Settings, shared: SharedSettings) -> SecretBox:
    """Open the key of this data folder. With a damaged key, `serve` runs no jobs but still shows the problem."""
    try:
        return open_secret_box(first.data_dir, first.secret_key_file)
    except SecretError as error:
        if not start.shows_damage:
            raise
        path = first.secret_key_file or first.data_dir / KEY_FILE
        message = f"The key of stored credentials cannot be used: {error}. No credential is read and no job starts"
        fix = (
            f"Put the key of your backup (the .key beside the zip) at {path} and start Stalkeer again. If it is lost, "
            f"remove {path}, start again and enter the credentials again"
        )
        shared.problems += (Finding("start", "secret.key", ERROR, message, fix),)
        shared.is_key_right = False
        log.error("the key of stored credentials cannot be used", key=str(path), error=str(error))
        return SecretBox.without_key(f"{message}. {fix}")


def set_aside_unusable(url: str, now: datetime) -> bool:
    """Set the SQLite file aside where it is damaged in a place that the check at start does not read.

    Return whether it was.
    """
    path = Path(url.removeprefix("sqlite:///"))
    return url.startswith("sqlite:///") and set_aside_if_unusable(path, now) is not None


def unusable(url: str, error: Exception) -> StalkeerError:
    if isinstance(error, StalkeerError):
        return error
    return StoreError(
        f"The database at {mask_url(url)} cannot be read: {error}. Start `stalkeer serve`, which sets a damaged file "
        "aside, or restore a backup: stalkeer restore"
    )


def keep_before_migration(database: Database, first: Settings, paths: Paths, start: Start, now: datetime) -> None:
    """Make a full backup, with the key beside it, before this release changes the schema."""
    from stalkeer.jobs.system.backup import BackupPlace, backup_before_migration

    key_file = first.secret_key_file or paths.data_dir / KEY_FILE
    config = start.config or find_config(start.environ)
    backup_before_migration(database, BackupPlace(paths.data_dir, paths.backups, key_file, config), now)


def prepare_database(settings: Settings, paths: Paths, now: datetime) -> None:
    """Prepare the database before it is opened: restore a staged backup, set a damaged file aside."""
    from stalkeer.jobs.system.backup import BackupPlace, restore_pending

    url = settings.database.url.get_secret_value()
    key_file = settings.secret_key_file or paths.data_dir / KEY_FILE
    restore_pending(BackupPlace(paths.data_dir, paths.backups, key_file), url, now)
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        if path.is_file() and path.stat().st_size == 0 and key_file.exists():
            set_aside(path, now)  # the key is made after the tables, so this empty file once had tables
        set_aside_if_damaged(path, now)
