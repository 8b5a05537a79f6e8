"""Connect database, engine, API and pages, and serve them until a signal."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from stalkeer.app.build import build_app, take_up_key
from stalkeer.app.start import Start
from stalkeer.errors import ConfigurationError, StalkeerError, StoreError
from stalkeer.logs import LOG_FILE, LogTargets, configure_logging, get_logger
from stalkeer.runtime import App
from stalkeer.settings import Settings
from stalkeer.settings.change import OLD_LANGUAGES
from stalkeer.settings.folders import folder_problems
from stalkeer.store.library.instances import (
    known_root_folders,
)

if TYPE_CHECKING:
    from fastapi import FastAPI

    from stalkeer.engine.gate import EngineGate
    from stalkeer.faces.http.gate import Gate
    from stalkeer.faces.http.security import Security

RETRY_S = 5.0
RENEW_S = 5.0
log = get_logger(__name__)


def build_or_wait(start: Start, every_s: float = RETRY_S) -> App | None:
    """Build the program for `serve`. While its database or configuration is unusable, serve the reason and try again.

    Return None when a signal ended the wait. Raise errors that waiting cannot fix: a wrong flag or variable, a taken
    port.
    """
    try:
        return build_app(start)
    except (StoreError, ConfigurationError) as error:
        settings = _settings_to_wait_with(start)
        if settings is None:
            raise
        return _wait_until_usable(start, error, settings, every_s)


def _settings_to_wait_with(start: Start) -> Settings | None:
    """Return the settings without those of the database, and without an unusable file."""
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


def _log_unusable_folders(app: App) -> None:
    """Log unusable folders. The program starts all the same: the health page shows them, and downloads wait."""
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
    """Join the faces behind the gate: API and bridge get their own paths, `web` all others."""
    from stalkeer.faces.bridge.app import REFUSALS, create_bridge
    from stalkeer.faces.http.dispatch import Faces
    from stalkeer.faces.http.gate import Gate
    from stalkeer.faces.http.methods import MethodGuard

    url_base = security.settings().server.url_base
    bridge = create_bridge(api.state.app, security)
    return Gate(Faces(MethodGuard(api), web, bridge, url_base), security, url_base, forms=REFUSALS)


def run_server(app: App) -> None:
    """Serve until SIGINT or SIGTERM: API and pages by uvicorn, jobs by the engine, in this process."""
    from stalkeer.engine.build import build_engine
    from stalkeer.engine.child import child_command
    from stalkeer.engine.gate import WRONG_KEY, EngineGate
    from stalkeer.engine.loop import Loop, LoopPace
    from stalkeer.engine.process import leave
    from stalkeer.faces.http.server import run
    from stalkeer.jobs.health.watch import HealthWatch
    from stalkeer.jobs.journal.upgrades import note_started_version
    from stalkeer.jobs.refresh.refresh import clear_interrupted

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
    note_started_version(app.database, version("stalkeer"), app.clock())
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
        log.error("no job starts; see the health page", problems=[problem.subject for problem in problems])
    else:
        log.error("the secret key does not fit the database: no job starts; see the health page", key=str(app.key_file))
    _log_unusable_folders(app)
    for name in sorted(OLD_LANGUAGES & app.live.loaded.origins.keys()):
        log.warning("outdated setting: give `languages` to each radarr and sonarr, as [fr, en:require]", setting=name)
    watch = HealthWatch(look=lambda: _look_after(app, gate, security), check=app.check_health)
    lease = Loop("lease", lambda: _renew_lease(app), LoopPace(RENEW_S), "the lease of the database was not renewed")
    watch.start()
    lease.start()
    try:
        run(build_server(replace(app, engine=gate), security), app.settings.server)
    finally:
        watch.stop()
        lease.stop()
        leave(engine)


def _renew_lease(app: App) -> None:
    """Renew the lease of the database. End this process when another `serve` took it over."""
    lock = app.shared.lock
    if lock is None or lock.acquire():
        return
    log.error("another `stalkeer serve` took this database over while this one did not answer; this one stops")
    os.kill(os.getpid(), signal.SIGTERM)


def _look_after(app: App, gate: EngineGate, security: Security) -> None:
    """Start work once the secret key fits."""
    if not gate.is_open and not app.shared.problems:
        app.reread_settings()
        if take_up_key(app):
            log.info("the secret key fits now; jobs start")
            security.keys.ensure()
            gate.open()
