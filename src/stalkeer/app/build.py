"""Build the program of one process: settings, key and database."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from stalkeer.app.damage import (
    keep_before_migration,
    open_key,
    prepare_database,
    set_aside_unusable,
    unusable,
    without_damaged_config,
    without_emptied_config,
)
from stalkeer.app.start import Start
from stalkeer.engine.lock import is_held
from stalkeer.errors import ConfigurationError, Conflict, SecretError, StoreError
from stalkeer.private_files import FILE_MODE, FOLDER_MODE, withdraw_from_others, withdraw_sqlite
from stalkeer.runtime import App, Paths, SettingsRole, SharedSettings, utc_now
from stalkeer.secrets import SecretBox, open_secret_box
from stalkeer.settings import Settings
from stalkeer.settings.change import OLD_LANGUAGES
from stalkeer.settings.folders import shared_folders
from stalkeer.settings.live import LiveSettings
from stalkeer.store.db.damage import MAYBE_DAMAGE
from stalkeer.store.db.database import Database, open_database
from stalkeer.store.db.locks import LEASE_S, ServeLock
from stalkeer.store.db.migrate import check_schema, migrate
from stalkeer.store.library.instances import configured_instances, known_root_folders, sync_config_instances
from stalkeer.store.sources.description import configured_sources
from stalkeer.store.sources.filters import sync_config_filters
from stalkeer.store.sources.sources import sync_config_sources
from stalkeer.store.system.credentials import is_key_of, is_published, unreadable_credentials
from stalkeer.store.system.health import Finding
from stalkeer.store.system.settings import read_published, read_settings


def build_app(start: Start, clock: Callable[[], datetime] = utc_now) -> App:
    """Read the settings, and open the data folder and the database.

    A single process leads: `serve`, or on SQLite any process when no other uses the data folder. The leader migrates
    the schema, updates the rows to the configuration, and publishes the settings. The others follow.
    """
    start, problems = without_damaged_config(start)
    first = start.load({}).settings
    paths = Paths(first.data_dir)
    try:
        paths.data_dir.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    except OSError as error:
        raise ConfigurationError(
            f"data_dir: {str(paths.data_dir)!r} cannot be created: {error.strerror}; accepted: a writable folder"
        ) from error
    is_worked_on = is_held(paths.data_dir)
    if start.role == "serve" and is_worked_on:
        raise Conflict(f"Another Stalkeer already uses {paths.data_dir}; stop it, then start this one")
    url = first.database.url.get_secret_value()
    if start.role == "serve" and url.startswith("sqlite:///"):
        prepare_database(first, paths, clock())
    _keep_private(url)
    try:
        app = _open_app(start, first, problems, is_worked_on=is_worked_on, clock=clock)
    except MAYBE_DAMAGE as error:
        if start.role != "serve" or not set_aside_unusable(url, clock()):
            raise unusable(url, error) from error
        _keep_private(url)
        app = _open_app(start, first, problems, is_worked_on=is_worked_on, clock=clock)
    _withdraw_from_others(app)
    return app


def _withdraw_from_others(app: App) -> None:
    """Let only the owner read files that were copied into the data folder, or made by an earlier release."""
    with app.database.connect() as connection:
        roots = known_root_folders(connection)
    withdraw_from_others(app.paths.data_dir, shared_folders(app.settings, roots))


def _open_app(
    start: Start,
    first: Settings,
    problems: tuple[Finding, ...],
    *,
    is_worked_on: bool,
    clock: Callable[[], datetime],
) -> App:
    database = open_database(first.database.url.get_secret_value())
    try:
        leads = not is_worked_on if database.is_sqlite else start.role == "serve"
        if leads:
            return _leading_app(start, first, database, clock, problems)
        return _following_app(start, first, database, clock)
    except BaseException:
        database.close()
        raise


def _leading_app(
    start: Start,
    first: Settings,
    database: Database,
    clock: Callable[[], datetime],
    problems: tuple[Finding, ...],
) -> App:
    paths = Paths(first.data_dir)
    with ExitStack() as undo:
        shared = SharedSettings(problems=problems)
        if start.role == "serve" and not database.is_sqlite:
            shared.lock = _lock_out_others(database)
            undo.callback(shared.lock.release)
            prepare_database(first, paths, clock())
        keep_before_migration(database, first, paths, start, clock())
        migrate(database, paths.backups)
        secrets = open_key(start, first, shared)
        start = without_emptied_config(start, database, secrets, shared)
        app = _app(start, _settings_of(start, database, secrets), database, secrets, clock, shared)
        if shared.problems:
            shared.role = SettingsRole.KEEPS
        elif not take_up_key(app):
            _allow_wrong_key(start, app.key_file)
        undo.pop_all()
    return app


def _settings_of(start: Start, database: Database, secrets: SecretBox) -> LiveSettings:
    """Return the settings of file, environment and pages. Without a file, use the last published values."""
    with database.connect() as connection:
        stored = read_settings(connection, secrets)
        if start.ignores_config and is_published(connection) and is_key_of(connection, secrets):
            published = read_published(connection, secrets)
            assert published is not None, "is_published said so"
            return LiveSettings(start.load_shared, published.document, published.version)
    return LiveSettings(start.load, stored)


def _lock_out_others(database: Database) -> ServeLock:
    lock = ServeLock(database)
    if not lock.acquire():
        holder = lock.holder()
        raise Conflict(
            f"Another `stalkeer serve` already uses this database{f': {holder}' if holder else ''}. Stop it first; on "
            "other machines, start `stalkeer worker`. A `serve` that is frozen or lost its connection keeps the "
            f"database for at most {LEASE_S:.0f} s"
        )
    return lock


def _following_app(start: Start, first: Settings, database: Database, clock: Callable[[], datetime]) -> App:
    check_schema(database)
    secrets = open_secret_box(first.data_dir, first.secret_key_file, create=False)
    with database.connect() as connection:
        is_key_right = is_key_of(connection, secrets)
        published = read_published(connection, secrets) if is_key_right else None
        stored = read_settings(connection, secrets)
    if published is not None:
        live = LiveSettings(start.load_shared, published.document, published.version)
        return _app(start, live, database, secrets, clock, SharedSettings(SettingsRole.FOLLOWS))
    live = LiveSettings(start.load, stored)
    app = _app(start, live, database, secrets, clock, SharedSettings(SettingsRole.KEEPS, is_key_right))
    if not is_key_right:
        _allow_wrong_key(start, app.key_file)
    elif not database.is_sqlite:
        raise StoreError("The database has no settings yet. Start `stalkeer serve` first: it stores them")
    return app


def _app(
    start: Start,
    live: LiveSettings,
    database: Database,
    secrets: SecretBox,
    clock: Callable[[], datetime],
    shared: SharedSettings,
) -> App:
    return App(
        live=live,
        database=database,
        secrets=secrets,
        paths=Paths(live.current.data_dir),
        clock=clock,
        started_at=clock(),
        config=start.config_file,
        shared=shared,
    )


def take_up_key(app: App) -> bool:
    """Apply the configuration and publish the settings if the secret key fits the database. Return whether it fits.

    A new key is accepted, too, once every credential encrypted with the old key was entered again.
    """
    with app.database.connect() as connection:
        fits = is_key_of(connection, app.secrets) or (
            is_published(connection) and not unreadable_credentials(connection, app.secrets)
        )
    if not fits:
        app.shared.role, app.shared.is_key_right = SettingsRole.KEEPS, False
        return False
    with app.database.begin() as connection:
        sync_config_instances(connection, configured_instances(app.settings), app.secrets, app.clock())
        sync_config_sources(connection, configured_sources(app.settings), app.secrets, app.clock())
        sync_config_filters(connection, app.settings, app.clock())
    move_old_languages(app)
    app.adopt_key()
    return True


def move_old_languages(app: App) -> None:
    """Move the languages that the page stored for all to the instances."""
    if not OLD_LANGUAGES & app.live.stored.keys():
        return
    from stalkeer.jobs.library.instances import move_languages

    moved = move_languages(app.arrs, app.settings, app.live.stored)
    if moved:
        app.change_settings(dict.fromkeys(moved))


def _allow_wrong_key(start: Start, key_file: Path) -> None:
    """Raise SecretError unless this is `serve` or the doctor, which report the problem."""
    if start.role not in ("serve", "doctor"):
        raise SecretError(
            f"The key in {key_file} is not the key of this database, so nothing is read or changed. Copy secret.key "
            "from the machine where `stalkeer serve` runs, or restore it from the backup; "
            "`stalkeer doctor health` lists the unreadable credentials"
        )


def _keep_private(url: str) -> None:
    """Let only the owner read the SQLite file, new or not. SQLite itself would let others read it."""
    file = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and file.parent.is_dir():
        try:
            file.touch(FILE_MODE)
            withdraw_sqlite(file)
        except OSError as error:
            raise ConfigurationError(
                f"data_dir: {str(file)!r} cannot be written: {error.strerror}; accepted: a folder that the user who "
                f"runs Stalkeer (uid {os.getuid()}) can write"
            ) from error
