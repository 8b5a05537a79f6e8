"""Serve the system pages: status, health, tasks and log files."""

from __future__ import annotations

import json
import os
import platform
from collections import deque
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from stalkeer.engine.schedules import next_times
from stalkeer.errors import Conflict, NotFound
from stalkeer.faces.web.formats import plural, size
from stalkeer.faces.web.forms import FormFields
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import Toast, done, fragment, is_fragment, page
from stalkeer.jobs.health.instances import look_through_instances
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.journal.runs import cancel_run
from stalkeer.jobs.library.instances import add_path_mapping
from stalkeer.jobs.system.disks import disks_of
from stalkeer.jobs.system.first_run import read_setup
from stalkeer.jobs.system.log_files import find_log_file, list_log_files, read_end
from stalkeer.logs import open_log
from stalkeer.model import JobName
from stalkeer.runtime import App
from stalkeer.secrets import mask_text
from stalkeer.store.journal.runs import RunId, list_runs
from stalkeer.store.library.instances import FolderPair
from stalkeer.store.sources.sources import own_refresh_times
from stalkeer.store.system.health import list_findings

router = APIRouter(include_in_schema=False)
TAIL_LINES = 400
TAIL_BYTES = 400_000


@dataclass(frozen=True)
class Task:
    """Describe a job that users can start."""

    job: JobName
    text: str
    icon: str


TASKS = (
    Task(JobName.REFRESH, "Read all playlists and accounts again.", "refresh-cw"),
    Task(JobName.SCAN, "Read missing items from the instances, and match them.", "scan-search"),
    Task(JobName.DOWNLOAD, "Queue a download for each confirmed match.", "cloud-download"),
    Task(JobName.CLEANUP, "Remove old downloads, history, logs and archives.", "trash-2"),
    Task(JobName.BACKUP, "Save database and settings in one file.", "archive"),
)


@router.get("/system")
def get_status(request: Request) -> HTMLResponse:
    app = app_of(request)
    with app.database.connect() as connection:
        troubles = list_findings(connection)
        setup = read_setup(connection, app.settings)
    return page(request, "system/status.html", setup=setup, troubles=troubles, volumes=disks_of(app.settings))


def facts_of(app: App) -> list[tuple[str, str]]:
    engine = app.database.engine
    config = app.live.loaded.config
    return [
        ("Version", version("stalkeer")),
        ("Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        ("Database", f"{engine.dialect.name}, {engine.url.render_as_string(hide_password=True).partition('://')[2]}"),
        ("Data folder", str(app.paths.data_dir)),
        ("Configuration", str(config) if config else "no config.yml; environment, web UI and defaults"),
        ("Process ID", str(os.getpid())),
    ]


@router.post("/system/health")
def post_health(request: Request) -> Response:
    """Run the health checks now."""
    app = app_of(request)
    report = app.check_health()
    words = f"Found {plural(len(report.findings), 'issue')}." if report.findings else "No issues found."
    return done(request, Toast(words, "warn" if report.findings else "ok"), to="/system")


@router.post("/system/doctor")
def post_doctor(request: Request) -> HTMLResponse:
    """Test each folder with each instance. The page asks for the results separately, because this takes seconds.

    No GET: the test writes a file into each folder.
    """
    app = app_of(request)
    report = look_through_instances(app.arrs, app.settings.directories, QuietRun())
    return fragment(request, "system/doctor.html", checks=report.checks)


@router.post("/system/doctor/mapping")
def post_mapping(request: Request, given: FormFields) -> Response:
    """Save a path mapping that the doctor proposed."""
    app = app_of(request)
    pair = FolderPair(given.get("local", ""), given.get("remote", ""))
    row = add_path_mapping(app.arrs, given.get("instance", ""), pair)
    return done(request, Toast(f"{row.label} now sees {pair.local} as {pair.remote}."), changed="doctor")


@router.get("/system/tasks")
def get_tasks(request: Request) -> HTMLResponse:
    app = app_of(request)
    with app.database.connect() as connection:
        runs = list_runs(connection, limit=40)
        own = own_refresh_times(connection)
    plans = {plan.job: plan for plan in next_times(app.settings, app.clock(), own)}
    latest = {run.job: run for run in reversed(runs)}
    context = {"tasks": TASKS, "runs": runs, "plans": plans, "latest": latest}
    if is_fragment(request):
        return fragment(request, "system/runs.html", context)
    return page(request, "system/tasks.html", context)


@router.post("/system/tasks/{job}")
def post_task(request: Request, job: str) -> Response:
    task = next((task for task in TASKS if task.job == job), None)
    if task is None:
        raise NotFound(f"There is no task {job!r}.")
    start_job(app_of(request), task.job)
    words = f"Started: {task.job.label}. See System > Tasks for its progress."
    return done(request, Toast(words, "info"), changed="runs")


def start_job(app: App, job: JobName, subject: str | None = None) -> int:
    """Start a job and return the number of its run. Raises Conflict where no engine runs."""
    if app.engine is None:
        raise Conflict("This process does not run jobs. Start Stalkeer with `stalkeer serve`.")
    return app.engine.start(job, subject)


@router.post("/system/runs/{run_id}/cancel")
def post_cancel(request: Request, run_id: int) -> Response:
    app = app_of(request)
    cancel_run(app.database, app.clock(), RunId(run_id))
    return done(request, Toast("The task will stop at the next safe point.", "info"), changed="runs")


@dataclass(frozen=True)
class LogLine:
    at: str
    level: str
    text: str


@router.get("/system/logs")
def get_logs(request: Request, level: str = "", q: str = "") -> HTMLResponse:
    files = list_log_files(app_of(request).paths.logs)
    lines = read_tail(files[0], level, q) if files else []
    context = {
        "files": [(path.name, size(path.stat().st_size)) for path in files],
        "lines": lines,
        "level": level,
        "q": q,
    }
    if is_fragment(request):
        return fragment(request, "system/lines.html", context)
    return page(request, "system/logs.html", context)


@router.get("/system/logs/{name}")
def get_log_file(request: Request, name: str) -> Response:
    path = find_log_file(app_of(request).paths.logs, name)
    with open_log(path) as file:
        text = mask_text(file.read())
    return PlainTextResponse(
        text, headers={"Content-Disposition": f'attachment; filename="{path.name.removesuffix(".gz")}"'}
    )


def read_tail(path: Path, level: str, search: str) -> list[LogLine]:
    """Return the last matching lines, newest first."""
    kept: deque[LogLine] = deque(maxlen=TAIL_LINES)
    for raw in read_end(path, TAIL_BYTES).splitlines():
        line = read_line(raw)
        if (not level or line.level == level) and search.lower() in line.text.lower():
            kept.append(line)
    return list(reversed(kept))


def read_line(raw: str) -> LogLine:
    """Parse a line of JSON. Return any other line unchanged."""
    try:
        values = json.loads(raw)
        at, level, event = str(values.pop("timestamp", "")), str(values.pop("level", "")), str(values.pop("event", ""))
    except (ValueError, AttributeError):
        return LogLine("", "", mask_text(raw))
    rest = " ".join(f"{key}={value}" for key, value in values.items() if value not in (None, ""))
    return LogLine(at, level, mask_text(f"{event}  {rest}" if rest else event))
