"""Build and connect everything: settings, key, database, engine, API and pages. No other module does so."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from stalkeer.engine.lock import is_held
from stalkeer.errors import ConfigurationError, Conflict, SecretError, StalkeerError, StoreError
from stalkeer.logs import LOG_FILE, LogTargets, configure_logging, get_logger
from stalkeer.private_files import FILE_MODE, FOLDER_MODE, withdraw_from_others, withdraw_sqlite
from stalkeer.runtime import App, Paths, SettingsRole, SharedSettings, utc_now
from stalkeer.secrets import KEY_FILE, SecretBox, mask_url, open_secret_box
from stalkeer.settings import LoadedSettings, Settings, find_config, load_settings
from stalkeer.settings.change import LOCKED
from stalkeer.settings.folders import check_playlists, folder_problems, shared_folders
from stalkeer.settings.live import LiveSettings
from stalkeer.settings.load import load_shared
from stalkeer.settings.shared import origins_of
from stalkeer.store.db.damage import MAYBE_DAMAGE, set_aside_if_damaged, set_aside_if_unusable
from stalkeer.store.db.database import Database, open_database
from stalkeer.store.db.locks import ServeLock
from stalkeer.store.db.migrate import check_schema, migrate
from stalkeer.store.library.instances import (
    configured_instances,
    has_unconfigured_instances,
    known_root_folders,
    sync_config_instances,
)
from stalkeer.store.sources.filters import sync_config_filters
from stalkeer.store.sources.sources import configured_sources, has_unconfigured_sources, sync_config_sources
from stalkeer.store.system.credentials import is_key_of, is_published, unreadable_credentials
from stalkeer.store.system.health import ERROR, Finding
from stalkeer.store.system.settings import read_published, read_settings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from stalkeer.engine.gate import EngineGate
    from stalkeer.faces.http.gate import Gate
    from stalkeer.faces.http.security import Security

__all__ = ["App", "Start", "build_app", "build_security", "build_server", "run_server"]
RETRY_S = 5.0
log = get_logger(__name__)


@dataclass(frozen=True)
class Start:
    """The start of the program: the --config file, the environment, and flags by dotted key."""

    config: Path | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    overrides: Mapping[str, object] = field(default_factory=dict)
    role: str = "command"  # serve | worker | doctor | command
    ignores_config: bool = False  # the file is damaged: what it said is missing

    @property
    def shows_damage(self) -> bool:
        """Return whether this process starts with damaged files, to show them; the others end with what is wrong."""
        return self.role in ("serve", "doctor")

    def load(self, stored: Mapping[str, object]) -> LoadedSettings:
        return load_settings(self.config_file, self.environ, self.overrides, stored)

    def load_shared(self, document: Mapping[str, object]) -> LoadedSettings:
        return load_shared(self.config_file, self.environ, self.overrides, document)

    @property
    def config_file(self) -> Path | None:
        return None if self.ignores_config else self.config or find_config(self.environ)


def build_app(start: Start, clock: Callable[[], datetime] = utc_now) -> App:
    """Read the settings, open the data folder and the database.

    A single process leads: `serve`, or on SQLite any process when no other uses the data folder. The leader migrates
    the schema, updates the rows to the configuration, and publishes the settings. The others follow.
    """
    start, problems = _without_damaged_config(start)
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
        _prepare_database(first, paths, clock())
    _keep_private(url)
    try:
        app = _open_app(start, first, problems, is_worked_on=is_worked_on, clock=clock)
    except MAYBE_DAMAGE as error:
        if start.role != "serve" or not _set_aside_unusable(url, clock()):
            raise _unusable(url, error) from error
        _keep_private(url)
        app = _open_app(start, first, problems, is_worked_on=is_worked_on, clock=clock)
    _withdraw_from_others(app)
    return app


def _withdraw_from_others(app: App) -> None:
    """Let only the owner read what was copied into the data folder, or made by an earlier release."""
    with app.database.connect() as connection:
        roots = known_root_folders(connection)
    withdraw_from_others(app.paths.data_dir, shared_folders(app.settings, roots))


def build_or_wait(start: Start, every_s: float = RETRY_S) -> App | None:
    """Build the program for `serve`. While its database or configuration is unusable, serve the reason and try again.

    None when a signal ended that. Raises what makes waiting pointless: a wrong flag or variable, a taken port.
    """
    try:
        return build_app(start)
    except (StoreError, ConfigurationError) as error:
        settings = _settings_to_wait_with(start)
        if settings is None:
            raise
        return _wait_until_usable(start, error, settings, every_s)


def _settings_to_wait_with(start: Start) -> Settings | None:
    """The settings without a database; without the file, where the file is unusable."""
    for given in (start, replace(start, ignores_config=True)):
        with suppress(ConfigurationError):
            return given.load({}).settings
    return None


def _wait_until_usable(start: Start, error: StalkeerError, settings: Settings, every_s: float) -> App | None:
    from stalkeer.faces.http.server import Server, run
    from stalkeer.faces.web.waiting import TrialWait, WaitingRoom

    log.error("the program cannot start yet; its page shows the reason", reason=str(error))
    trial = TrialWait(lambda: build_app(start), error)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def try_beside(server: Server) -> None:
        def stop() -> None:
            server.should_exit = True

        threading.Thread(target=trial.repeat, args=(every_s, stop), name="start", daemon=True).start()

    run(WaitingRoom(lambda: trial.reason, settings), settings.server, try_beside)
    trial.stopping.set()
    for number, handler in before.items():
        signal.signal(number, handler)
    return trial.app


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
            _prepare_database(first, paths, clock())
        _keep_before_migration(database, first, paths, start, clock())
        migrate(database, paths.backups)
        secrets = _open_key(start, first, shared)
        start = _without_emptied_config(start, database, secrets, shared)
        app = _app(start, _settings_of(start, database, secrets), database, secrets, clock, shared)
        if shared.problems:
            shared.role = SettingsRole.KEEPS
        elif not take_up_key(app):
            _allow_wrong_key(start, app.key_file)
        undo.pop_all()
    return app


def _without_damaged_config(start: Start) -> tuple[Start, tuple[Finding, ...]]:
    """Return where config.yml cannot be used: the start without it, and the finding that says so.

    Raise ConfigurationError where the file may be what names the data folder or the database: without it another one
    would be used.
    """
    try:
        start.load({})
    except ConfigurationError as error:
        bare = replace(start, ignores_config=True)
        if not start.shows_damage or start.config_file is None or not _finds_its_data(bare):
            raise
        message = f"The configuration cannot be used: {error}. Nothing of it is taken over and no job starts"
        fix = f"Mend {start.config_file}, see what `stalkeer config check` says, then start Stalkeer again"
        log.error("the configuration cannot be used", error=str(error))
        return bare, (Finding("start", "config.yml", ERROR, message, fix),)
    return start, ()


def _without_emptied_config(start: Start, database: Database, secrets: SecretBox, shared: SharedSettings) -> Start:
    """Return the start without a config.yml that lost its content: it must not remove what it once said.

    An empty file that never said anything is no problem, nor is one with a comment.
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
        Finding("start", "config.yml", ERROR, f"{message}. Nothing is taken away and no job starts", fix),
    )
    return replace(start, ignores_config=True)


def _is_empty(config: Path | None) -> bool:
    try:
        return config is not None and not config.read_bytes().strip(b"\0 \t\r\n")
    except OSError:
        return False


def _has_configured(database: Database, secrets: SecretBox, settings: Settings) -> bool:
    """Tell whether the database has anything of config.yml that `settings` lack."""
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
    is_elsewhere = loaded.settings.database.url.get_secret_value() != f"sqlite:///{own}"  # an empty variable names none
    return (is_elsewhere and loaded.origins.get("database.url") in LOCKED) or own.is_file()


def _open_key(start: Start, first: Settings, shared: SharedSettings) -> SecretBox:
    """The key of this data folder. One that is damaged keeps `serve` from working, and not from showing it."""
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


def _settings_of(start: Start, database: Database, secrets: SecretBox) -> LiveSettings:
    """Return those of file, environment and page; without the file, the ones that were last published."""
    with database.connect() as connection:
        stored = read_settings(connection, secrets)
        if start.ignores_config and is_published(connection) and is_key_of(connection, secrets):
            published = read_published(connection, secrets)
            assert published is not None, "is_published said so"
            return LiveSettings(start.load_shared, published.document, published.version)
    return LiveSettings(start.load, stored)


def _set_aside_unusable(url: str, now: datetime) -> bool:
    """Return whether the SQLite file was damaged where the check of the start does not look, and is now set aside."""
    path = Path(url.removeprefix("sqlite:///"))
    return url.startswith("sqlite:///") and set_aside_if_unusable(path, now) is not None


def _unusable(url: str, error: Exception) -> StalkeerError:
    if isinstance(error, StalkeerError):
        return error
    return StoreError(
        f"The database at {mask_url(url)} cannot be read: {error}. Start `stalkeer serve`, which sets a damaged file "
        "aside, or restore a backup: stalkeer restore"
    )


def _lock_out_others(database: Database) -> ServeLock:
    lock = ServeLock(database)
    if not lock.acquire():
        raise Conflict(
            "Another `stalkeer serve` already uses this database. Stop it first; on other machines, start "
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
    app.adopt_key()
    return True


def _allow_wrong_key(start: Start, key_file: Path) -> None:
    """Raise SecretError unless this is `serve` or the doctor, which report the problem."""
    if start.role not in ("serve", "doctor"):
        raise SecretError(
            f"The key in {key_file} is not the key of this database, so nothing is read or changed. Copy secret.key "
            "from the machine where `stalkeer serve` runs, or restore it from the backup; "
            "`stalkeer doctor health` lists the unreadable credentials"
        )


def _keep_before_migration(database: Database, first: Settings, paths: Paths, start: Start, now: datetime) -> None:
    """Make a full backup, with the key beside it, before this release changes the schema."""
    from stalkeer.jobs.system.backup import BackupPlace, backup_before_migration

    key_file = first.secret_key_file or paths.data_dir / KEY_FILE
    config = start.config or find_config(start.environ)
    backup_before_migration(database, BackupPlace(paths.data_dir, paths.backups, key_file, config), now)


def _prepare_database(settings: Settings, paths: Paths, now: datetime) -> None:
    """Prepare the database before it is opened: restore a staged backup, set a damaged file aside."""
    from stalkeer.jobs.system.backup import BackupPlace, restore_pending

    url = settings.database.url.get_secret_value()
    key_file = settings.secret_key_file or paths.data_dir / KEY_FILE
    restore_pending(BackupPlace(paths.data_dir, paths.backups, key_file), url, now)
    if url.startswith("sqlite:///"):
        set_aside_if_damaged(Path(url.removeprefix("sqlite:///")), now)


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


def _log_unusable_folders(app: App) -> None:
    """Log unusable folders. They stop nothing: the health page shows them, and downloads wait."""
    with app.database.connect() as connection:
        roots = known_root_folders(connection)
    for problem in folder_problems(app.settings, roots):
        log.error("a folder cannot be used; downloads wait until it can", problem=str(problem))


def build_security(app: App) -> Security:
    """Build the access control for this database. The first start creates the API key."""
    from stalkeer.faces.http.security import Security
    from stalkeer.jobs.system.api_keys import ApiKeys
    from stalkeer.jobs.system.rate_limits import RateLimits
    from stalkeer.jobs.system.sessions import Sessions

    limits = RateLimits()
    keys = ApiKeys(app.database, app.secrets, app.clock)
    if app.shared.is_key_right:  # with a wrong secret key, this would replace a valid API key
        keys.ensure()
    return Security(
        settings=lambda: app.settings,
        keys=keys,
        sessions=Sessions(app.database, lambda: app.settings, limits, app.clock),
        limits=limits,
    )


def build_server(app: App, security: Security) -> Gate:
    """Build the server of API and pages for uvicorn."""
    from stalkeer.faces.api.app import create_api
    from stalkeer.faces.web.app import create_web

    web = create_web(app)
    web.state.security = security
    return join_faces(create_api(app, security), web, security)


def join_faces(api: FastAPI, web: FastAPI, security: Security) -> Gate:
    """Join both faces behind the gate: the API's paths go to `api`, all others to `web`."""
    from stalkeer.faces.http.dispatch import Faces
    from stalkeer.faces.http.gate import Gate
    from stalkeer.faces.http.methods import MethodGuard

    url_base = security.settings().server.url_base
    return Gate(Faces(MethodGuard(api), web, url_base), security, url_base)


def run_server(app: App) -> None:
    """Serve until SIGINT or SIGTERM: API and pages by uvicorn, jobs by the engine, in this process."""
    from stalkeer.engine.build import build_engine
    from stalkeer.engine.child import child_command
    from stalkeer.engine.gate import WRONG_KEY, EngineGate
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
            "no user exists; open the web page from the local network, or with this token",
            token=security.sessions.setup_token,
        )
    cleared = clear_interrupted(app.refresher)
    if cleared:
        log.info("removed the rows of an interrupted refresh", rows=cleared)
    engine = build_engine(app, "serve", child_command(app.config))
    problems = app.shared.problems
    refusal = f"No job starts: {problems[0].message}. {problems[0].fix}" if problems else WRONG_KEY
    gate = EngineGate(engine, refusal)
    if app.shared.may_work:
        gate.open()
    elif problems:
        log.error("no job starts; see the health page", problems=[one.subject for one in problems])
    else:
        log.error("the secret key does not fit the database: no job starts; see the health page", key=str(app.key_file))
    _log_unusable_folders(app)
    watch = HealthWatch(look=lambda: _look_after(app, gate, security), check=app.check_health)
    watch.start()
    try:
        run(build_server(replace(app, engine=gate), security), app.settings.server)
    finally:
        watch.stop()
        leave(engine)


def _look_after(app: App, gate: EngineGate, security: Security) -> None:
    """Keep the lock of the database, and start work once the secret key fits."""
    if app.shared.lock is not None and not app.shared.lock.acquire():
        log.error("another `stalkeer serve` works on this database; stop one of them")
    if not gate.is_open and not app.shared.problems:
        app.reread_settings()
        if take_up_key(app):
            log.info("the secret key fits now; jobs start")
            security.keys.ensure()
            gate.open()
