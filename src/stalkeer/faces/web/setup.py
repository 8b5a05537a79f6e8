"""Serve the setup wizard, from the first user to the list of found items. Each step can be skipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from stalkeer.core.downloads.viewing import UseWhen
from stalkeer.core.security.callers import CallerKind
from stalkeer.errors import ConfigurationError, InvalidInput
from stalkeer.faces.http.cookies import set_session_cookie
from stalkeer.faces.http.guard import find_caller
from stalkeer.faces.http.statuses import headers_of, status_of
from stalkeer.faces.web.answer_board import answers_of
from stalkeer.faces.web.forms import FormFields, asked_folders
from stalkeer.faces.web.frame import app_of, base_of
from stalkeer.faces.web.group_picker import read_choice
from stalkeer.faces.web.guard import NeedsLogin, OwnPageGuard, UserGuard, require_user, security_of
from stalkeer.faces.web.instances import InstanceForm, read_form, save_new
from stalkeer.faces.web.render import NOTHING, Toast, action_headers, fragment, is_fragment, moved, page, refuse
from stalkeer.faces.web.source_form import SourceForm, read_source_form, use_of
from stalkeer.faces.web.sources import save_new_source
from stalkeer.faces.web.system import start_job
from stalkeer.faces.web.webhooks import our_address
from stalkeer.jobs.downloads.forecast import Forecast
from stalkeer.jobs.sources.describe import SourcePatch, read_use
from stalkeer.jobs.sources.edit import edit_source
from stalkeer.jobs.system.first_run import hold_downloads, is_first_run, read_setup, release_downloads
from stalkeer.jobs.system.make_folders import make_folders, missing_folders
from stalkeer.jobs.system.rate_limits import TooManyRequests
from stalkeer.jobs.system.sessions import LoginRefused
from stalkeer.jobs.system.settings_change import without_fixed
from stalkeer.model import JobName, Origin
from stalkeer.runtime import App
from stalkeer.settings.folders import FOLDERS
from stalkeer.settings.units import show_size
from stalkeer.store.journal.runs import RunState, list_runs
from stalkeer.store.library.instances import list_instances
from stalkeer.store.sources.rows import SourceRow
from stalkeer.store.sources.sources import list_sources
from stalkeer.store.system.dashboard import source_cards

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class SetupStep:
    path: str
    label: str


STEPS = (
    SetupStep("account", "Account"),
    SetupStep("apps", "Radarr and Sonarr"),
    SetupStep("source", "Source"),
    SetupStep("paths", "Folders"),
    SetupStep("limits", "Limits"),
    SetupStep("answer", "Results"),
)
PATHS = tuple(step.path for step in STEPS)
LOOKS = (JobName.REFRESH, JobName.SCAN)


@router.get("/setup")
def get_setup(request: Request) -> Response:
    """Open the first unfinished step."""
    if security_of(request).sessions.needs_setup() and not is_known(request):
        return RedirectResponse(f"{base_of(request)}/setup/account", status_code=303)
    require_user(request)
    with app_of(request).database.connect() as connection:
        state = read_setup(connection, app_of(request).settings)
    step = "apps" if state.needs_instance else "paths" if state.has_source else "source"
    return RedirectResponse(f"{base_of(request)}/setup/{step}", status_code=303)


def is_known(request: Request) -> bool:
    return find_caller(request) is not None


@router.get("/setup/account")
def get_account(request: Request) -> HTMLResponse:
    return show_account(request)


def show_account(request: Request, name: str = "", error: str = "", status: int = 200) -> HTMLResponse:
    security = security_of(request)
    caller = find_caller(request)
    if not security.sessions.needs_setup() and caller is None:
        raise NeedsLogin
    context = {
        "name": name,
        "error": error,
        "has_user": not security.sessions.needs_setup(),
        "is_local": caller is not None and caller.kind is CallerKind.LOCAL,
        "needs_token": security.needs_setup_token(request.state.origin),
        "proxy_hint": security.proxy_hint(request.state.origin),
    }
    return step_page(request, "account", context, status=status)


@router.post("/setup/account", dependencies=[OwnPageGuard])
def post_account(request: Request, given: FormFields) -> Response:
    """Create the first user and log in."""
    security = security_of(request)
    name, password = given.get("name", ""), given.get("password", "")
    if password != given.get("again", password):
        return show_account(request, name, "The passwords do not match.", 422)
    token = given.get("token", "") if security.needs_setup_token(request.state.origin) else None
    try:
        session = security.sessions.set_up(name, password, token, request.state.origin.household)
    except (InvalidInput, LoginRefused, TooManyRequests) as error:
        answer = show_account(request, name, str(error), status_of(error))
        answer.headers.update(headers_of(error))
        return answer
    hold_downloads(app_of(request))
    response = moved(request, "/setup/apps", Toast(f"Welcome, {name}."))
    set_session_cookie(request, response, session, app_of(request).settings.security.session_lifetime)
    return response


@router.get("/setup/apps", dependencies=[UserGuard])
def get_apps(request: Request) -> HTMLResponse:
    with app_of(request).database.connect() as connection:
        instances = list_instances(connection)
    has_radarr = any(row.kind == "radarr" for row in instances)
    form = InstanceForm(kind="sonarr" if has_radarr else "radarr")
    return step_page(request, "apps", instances=instances, form=form, row=None, webhook_url=our_address(request))


@router.post("/setup/apps", dependencies=[UserGuard])
def post_apps(request: Request, given: FormFields) -> Response:
    """Test and add an instance, then show the page again for another instance."""
    hold_downloads(app_of(request))
    return save_new(request, read_form(given), anyway="anyway" in given, to="/setup/apps")


@router.post("/setup/apps/without", dependencies=[UserGuard])
def post_without_apps(request: Request) -> Response:
    """Go on without Radarr or Sonarr: the wizard is complete with a source."""
    return keep(request, {"wanted.without_instances": True}, "/setup/source")


@router.get("/setup/source", dependencies=[UserGuard])
def get_source(request: Request) -> HTMLResponse:
    with app_of(request).database.connect() as connection:
        cards = source_cards(connection)
    return step_page(request, "source", cards=cards, form=SourceForm(), is_change=False)


@router.post("/setup/source", dependencies=[UserGuard])
def post_source(request: Request, given: FormFields) -> Response:
    hold_downloads(app_of(request))  # adding a source starts a refresh, and the jobs after it must queue nothing
    return save_new_source(request, read_source_form(given), read_choice(given), to="/setup/source")


@router.get("/setup/paths", dependencies=[UserGuard])
def get_paths(request: Request) -> HTMLResponse:
    return step_page(request, "paths", directories=app_of(request).settings.directories)


@router.post("/setup/paths", dependencies=[UserGuard])
def post_paths(request: Request, given: FormFields) -> Response:
    """Save the folders. The page then loads the test results."""
    present = app_of(request).settings.directories
    shown = {f"directories.{name}": str(getattr(present, name)) for name in FOLDERS}
    changes = {name: given[name] for name in shown if given.get(name) and given[name] != shown[name]}
    try:
        make_folders(asked_folders(given))
    except InvalidInput as error:
        return refuse(request, error)
    return keep(request, changes, "/setup/paths")


@router.get("/setup/limits", dependencies=[UserGuard])
def get_limits(request: Request) -> HTMLResponse:
    settings = app_of(request).settings
    limit = settings.downloads.bandwidth_limit
    with app_of(request).database.connect() as connection:
        single = [use_of(row) for row in list_sources(connection) if may_ask_use(row)]
    return step_page(request, "limits", settings=settings, bandwidth=show_size(limit) if limit else "", single=single)


@router.post("/setup/limits", dependencies=[UserGuard])
def post_limits(request: Request, given: FormFields) -> Response:
    """Save the speed limit, the concurrent downloads and how downloads start."""
    changes: dict[str, object] = {"downloads.bandwidth_limit": given.get("bandwidth") or "0"}
    if given.get("concurrent", "").isdigit():
        changes["downloads.concurrent_limit"] = int(given["concurrent"])
    save_uses(app_of(request), given)
    changes["schedule.download"] = "off" if given.get("drive") == "ask" else None
    return keep(request, changes, "/setup/answer")


def may_ask_use(row: SourceRow) -> bool:
    """Return whether the account allows one connection, and nothing says yet when downloads may use it."""
    is_open = row.options.use_times.when is UseWhen.ANY
    return row.account_max == 1 and is_open and row.origin is Origin.UI and not row.is_removed


def save_uses(app: App, given: Mapping[str, str]) -> None:
    """Save when downloads may use each source that allows one connection."""
    for name, when in given.items():
        field, _, slug = name.partition(".")
        if field == "use" and slug:
            use = read_use(when, given.get(f"use_from.{slug}", ""), given.get(f"use_until.{slug}", ""))
            edit_source(app.database, app.secrets, slug, SourcePatch(use=use))


def keep(request: Request, changes: Mapping[str, object], to: str) -> Response:
    app = app_of(request)
    hold_downloads(app)
    try:
        app.change_settings(without_fixed(changes, app.live.loaded))
    except ConfigurationError as error:
        return refuse(request, error, missing_folders(changes))
    return moved(request, to)


@router.get("/setup/answer", dependencies=[UserGuard])
def get_answer(request: Request) -> HTMLResponse:
    """Show the results. The page then asks for the refresh and scan that have not run yet."""
    app = app_of(request)
    if is_fragment(request):
        return fragment(request, "setup/answer_parts.html", answer_context(app, answers_of(request).read()))
    context = answer_context(app, answers_of(request).read_at_once())
    return step_page(request, "answer", context, is_first_look=bool(unasked(app)) or is_first_run(app))


@router.post("/setup/answer/first", dependencies=[UserGuard])
def post_first_look(request: Request) -> Response:
    """Start the refresh and scan that have not run yet, and download nothing before the user says so."""
    app = app_of(request)
    hold_downloads(app)
    look(app, unasked(app))
    return Response(status_code=204, headers=action_headers(None, "runs"))


@router.post("/setup/answer/look", dependencies=[UserGuard])
def post_look(request: Request) -> Response:
    hold_downloads(app_of(request))
    look(app_of(request), LOOKS)
    return moved(request, "/setup/answer")


def unasked(app: App) -> list[JobName]:
    """Return the jobs that did not run recently, and neither run now nor are queued."""
    with app.database.connect() as connection:
        ran = {run.job for run in list_runs(connection, limit=30) if run.state is not RunState.FAILED}
    return [job for job in LOOKS if job not in ran]


def look(app: App, jobs: Sequence[JobName]) -> None:
    """Start the refresh and scan jobs. Matching follows automatically."""
    if app.engine is not None:
        for job in jobs:
            start_job(app, job)


def answer_context(app: App, found: Forecast | None) -> dict[str, object]:
    """Return the context of the results. Without `found`, the page loads the results later."""
    with app.database.connect() as connection:
        runs = list_runs(connection, limit=30)
        state = read_setup(connection, app.settings)
    looking = [run for run in runs if run.state in (RunState.QUEUED, RunState.RUNNING) and run.job in LOOKING]
    troubles = [run for run in runs[:12] if run.error and run.job in LOOKING]
    limit = app.settings.downloads.bandwidth_limit
    return {
        "found": found,
        "is_held": app.settings.schedule.hold_downloads,
        "is_automatic": bool(app.settings.schedule.download),
        "is_looking": bool(looking),
        "looking": looking,
        "troubles": troubles,
        "setup": state,
        "hours": found.size / limit if found is not None and limit and found.size else None,
        "limit": limit,
    }


LOOKING = (*LOOKS, JobName.MATCH)


@router.post("/setup/start", dependencies=[UserGuard])
def post_start(request: Request) -> Response:
    """Queue the confirmed matches and release the schedule."""
    app = app_of(request)
    start_job(app, JobName.DOWNLOAD)
    release_downloads(app)
    return moved(request, "/activity", Toast("The confirmed matches are being queued. They appear here."))


@router.post("/setup/finish", dependencies=[UserGuard])
def post_finish(request: Request) -> Response:
    """Finish the wizard without queueing anything, and release the schedule."""
    release_downloads(app_of(request))
    return moved(request, "/", Toast("Setup is complete."))


@router.post("/setup/finish/catalogue", dependencies=[UserGuard])
def post_finish_alone(request: Request) -> Response:
    """Finish the wizard of a program without instances in its catalogue."""
    release_downloads(app_of(request))
    return moved(request, "/catalogue", Toast("Setup is complete. Open an entry to download it."))


def step_page(
    request: Request, here: str, context: Mapping[str, object] = NOTHING, *, status: int = 200, **more: object
) -> HTMLResponse:
    at = PATHS.index(here)
    following = f"/setup/{PATHS[at + 1]}" if at + 1 < len(PATHS) else "/"
    steps = {"steps": STEPS, "here": here, "at": at, "following": following}
    return page(request, f"setup/{here}.html", {**steps, **context, **more}, status=status)
