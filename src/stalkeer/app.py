"""The only place that builds and wires: settings, key, database, engine, API and pages."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from stalkeer.engine.lock import is_held
from stalkeer.errors import ConfigurationError, Conflict, SecretError, StoreError
from stalkeer.logs import LOG_FILE, LogTargets, configure_logging, get_logger
from stalkeer.runtime import App, Paths, SettingsRole, SharedSettings, utc_now
from stalkeer.secrets import KEY_FILE, SecretBox, open_secret_box
from stalkeer.settings import LoadedSettings, Settings, find_config, load_settings
from stalkeer.settings.folders import check_playlists, folder_problems
from stalkeer.settings.live import LiveSettings
from stalkeer.settings.load import load_shared
from stalkeer.store.db.damage import set_aside_if_damaged
from stalkeer.store.db.database import Database, open_database
from stalkeer.store.db.locks import ServeLock
from stalkeer.store.db.migrate import check_schema, migrate
from stalkeer.store.library.instances import (
    configured_instances,
    known_root_folders,
    sync_config_instances,
)
from stalkeer.store.sources.filters import sync_config_filters
from stalkeer.store.sources.sources import configured_sources, sync_config_sources
from stalkeer.store.system.credentials import is_key_of, is_published, unreadable_credentials
from stalkeer.store.system.settings import read_published, read_settings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from stalkeer.engine.gate import EngineGate
    from stalkeer.faces.http.gate import Gate
    from stalkeer.faces.http.security import Security

__all__ = ["App", "Start", "build_app", "build_security", "build_server", "run_server"]
log = get_logger(__name__)


@dataclass(frozen=True)
class Start:
    """How the program was started: the file named with --config, the environment, and flags by dotted key."""

    config: Path | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    overrides: Mapping[str, object] = field(default_factory=dict)
    role: str = "command"  # serve | worker | doctor | command

    def load(self, stored: Mapping[str, object]) -> LoadedSettings:
        return load_settings(self.config_file, self.environ, self.overrides, stored)

    def load_shared(self, document: Mapping[str, object]) -> LoadedSettings:
        return load_shared(self.config_file, self.environ, self.overrides, document)

    @property
    def config_file(self) -> Path | None:
        return self.config or find_config(self.environ)


def build_app(start: Start, clock: Callable[[], datetime] = utc_now) -> App:
    """Read the settings, open the data folder and the database.

    One process leads: `serve`, or with SQLite whoever finds that nobody works on the data folder. It brings the schema
    up to date, makes the rows say what the configuration says, and publishes the settings. The others follow.
    """
    first = start.load({}).settings
    paths = Paths(first.data_dir)
    try:
        paths.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigurationError(
            f"data_dir: {str(paths.data_dir)!r} cannot be made: {error.strerror}; accepted: a writable folder"
        ) from error
    is_worked_on = is_held(paths.data_dir)
    if start.role == "serve" and is_worked_on:
        raise Conflict(f"Another Stalkeer works on {paths.data_dir} already; stop it, then start this one")
    url = first.database.url.get_secret_value()
    if start.role == "serve" and url.startswith("sqlite:///"):
        _prepare_database(first, paths, clock())
    _keep_private(url)
    database = open_database(url)
    try:
        leads = not is_worked_on if database.is_sqlite else start.role == "serve"
        if leads:
            return _leading_app(start, first, database, clock)
        return _following_app(start, first, database, clock)
    except BaseException:
        database.close()
        raise


def _leading_app(start: Start, first: Settings, database: Database, clock: Callable[[], datetime]) -> App:
    paths = Paths(first.data_dir)
    with ExitStack() as undo:
        shared = SharedSettings()
        if start.role == "serve" and not database.is_sqlite:
            shared.lock = _lock_out_others(database)
            undo.callback(shared.lock.release)
            _prepare_database(first, paths, clock())
        _keep_before_migration(database, first, paths, start, clock())
        migrate(database, paths.backups)
        secrets = open_secret_box(paths.data_dir, first.secret_key_file)
        with database.connect() as connection:
            live = LiveSettings(start.load, read_settings(connection, secrets))
        app = _app(start, live, database, secrets, clock, shared)
        if not take_up_key(app):
            _allow_wrong_key(start, app.key_file)
        undo.pop_all()
    return app


def _lock_out_others(database: Database) -> ServeLock:
    lock = ServeLock(database)
    if not lock.acquire():
        raise Conflict(
            "Another `stalkeer serve` works on this database already. Stop it first; on further machines start "
            "`stalkeer worker`"
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
        raise StoreError("The database has no settings yet. Start `stalkeer serve` first: it brings them there")
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
    """Take over the configuration and publish the settings, where the secret key fits the database; answers whether.

    A key that does not fit is taken nevertheless once everything that another one encrypted was entered again.
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
    app.adopt_key()
    return True


def _allow_wrong_key(start: Start, key_file: Path) -> None:
    """Raise SecretError unless this is `serve` or the doctor, which show what is wrong."""
    if start.role not in ("serve", "doctor"):
        raise SecretError(
            f"The key in {key_file} is not the one that this database was written with, so nothing is read or changed. "
            "Put secret.key of the machine where `stalkeer serve` runs there, or restore it from the backup; "
            "`stalkeer doctor health` lists what cannot be read"
        )


def _keep_before_migration(database: Database, first: Settings, paths: Paths, start: Start, now: datetime) -> None:
    """A whole backup, with the key beside it, before this release changes the schema."""
    from stalkeer.jobs.system.backup import BackupPlace, backup_before_migration

    key_file = first.secret_key_file or paths.data_dir / KEY_FILE
    config = start.config or find_config(start.environ)
    backup_before_migration(database, BackupPlace(paths.data_dir, paths.backups, key_file, config), now)


def _prepare_database(settings: Settings, paths: Paths, now: datetime) -> None:
    """Before the database is opened: restore what was staged, set aside what is damaged."""
    from stalkeer.jobs.system.backup import BackupPlace, restore_pending

    url = settings.database.url.get_secret_value()
    key_file = settings.secret_key_file or paths.data_dir / KEY_FILE
    restore_pending(BackupPlace(paths.data_dir, paths.backups, key_file), url, now)
    if url.startswith("sqlite:///"):
        set_aside_if_damaged(Path(url.removeprefix("sqlite:///")), now)


def _keep_private(url: str) -> None:
    """A new SQLite file that only its owner reads: SQLite itself would let others read it."""
    file = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and file.parent.is_dir():
        file.touch(0o600)


def _tell_unusable_folders(app: App) -> None:
    """A folder that cannot be used ends nothing: it is among the health findings, and downloads wait for it."""
    with app.database.connect() as connection:
        roots = known_root_folders(connection)
    for problem in folder_problems(app.settings, roots):
        log.error("a folder cannot be used; downloads wait until it can", problem=str(problem))


def build_security(app: App) -> Security:
    """The guards over this database; the first start makes the API key."""
    from stalkeer.faces.http.security import Security
    from stalkeer.jobs.system.api_keys import ApiKeys
    from stalkeer.jobs.system.rate_limits import RateLimits
    from stalkeer.jobs.system.sessions import Sessions

    limits = RateLimits()
    keys = ApiKeys(app.database, app.secrets, app.clock)
    if app.shared.is_key_right:  # else the key of those who have the right one would be replaced
        keys.ensure()
    return Security(
        settings=lambda: app.settings,
        keys=keys,
        sessions=Sessions(app.database, lambda: app.settings, limits, app.clock),
        limits=limits,
    )


def build_server(app: App, security: Security) -> Gate:
    """API and pages behind the gate, as uvicorn serves them."""
    from stalkeer.faces.api.app import create_api
    from stalkeer.faces.web.app import create_web

    web = create_web(app)
    web.state.security = security
    return join_faces(create_api(app, security), web, security)


def join_faces(api: FastAPI, web: FastAPI, security: Security) -> Gate:
    """One server of both: the gate before them, the API's paths to `api`, all others to `web`."""
    from stalkeer.faces.http.dispatch import Faces
    from stalkeer.faces.http.gate import Gate
    from stalkeer.faces.http.methods import MethodGuard

    url_base = security.settings().server.url_base
    return Gate(Faces(MethodGuard(api), web, url_base), security, url_base)


def run_server(app: App) -> None:
    """Serve until SIGINT or SIGTERM: API and pages by uvicorn, jobs by the engine, in this process."""
    from stalkeer.engine.build import build_engine
    from stalkeer.engine.child import child_command
    from stalkeer.engine.gate import EngineGate
    from stalkeer.engine.process import leave
    from stalkeer.faces.http.server import run
    from stalkeer.jobs.sources.refresh import clear_interrupted
    from stalkeer.jobs.system.health_watch import HealthWatch

    check_playlists(app.live.loaded)
    logging = app.settings.logging
    configure_logging(
        LogTargets(
            level=logging.level,
            format=logging.format,
            file=app.paths.logs / LOG_FILE if logging.file else None,
            file_size=logging.file_size,
            files=logging.files,
        )
    )
    security = build_security(app)
    if security.sessions.needs_setup():
        log.info(
            "no user yet: open the page from your own network, or with this token", token=security.sessions.setup_token
        )
    cleared = clear_interrupted(app.refresher)
    if cleared:
        log.info("a refresh was interrupted; its leftovers are cleared", rows=cleared)
    engine = build_engine(app, "serve", child_command(app.config))
    gate = EngineGate(engine)
    if app.shared.is_key_right:
        gate.open()
    else:
        log.error("the secret key does not fit the database: no job starts; see the health page", key=str(app.key_file))
    _tell_unusable_folders(app)
    watch = HealthWatch(look=lambda: _look_after(app, gate, security), check=app.check_health)
    watch.start()
    try:
        run(build_server(replace(app, engine=gate), security), app.settings.server)
    finally:
        watch.stop()
        leave(engine)


def _look_after(app: App, gate: EngineGate, security: Security) -> None:
    """Keep others out, and begin to work once the secret key fits."""
    if app.shared.lock is not None and not app.shared.lock.acquire():
        log.error("another `stalkeer serve` works on this database; stop one of them")
    if not gate.is_open:
        app.reread_settings()
        if take_up_key(app):
            log.info("the secret key fits now: work begins")
            security.keys.ensure()
            gate.open()
